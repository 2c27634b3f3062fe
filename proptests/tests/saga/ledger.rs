//! What a charge's events say of its money, counted by this test's own rules.

use crate::world::World;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::payment::{PaymentEvent, Purpose};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::trip::MoneyOutcome;
use std::collections::BTreeMap;

/// One authorisation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) released: i64,
    /// How often it came to an end: captured, voided, lost, or failed to be captured.
    pub(crate) ends: u8,
}

/// One charge.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) authorizations: BTreeMap<u8, Authorization>,
    pub(crate) waived: bool,
    pub(crate) attempts: u8,
    pub(crate) captures: u8,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) refunds_failed: u8,
    /// What refunds that failed were to give back.
    pub(crate) unreturned: i64,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) debt: i64,
    pub(crate) debt_at_close: i64,
    /// What the driver has of it.
    pub(crate) cash: i64,
    pub(crate) closed: Option<MoneyOutcome>,
    /// Captured and not refunded when it closed.
    pub(crate) kept_at_close: Option<i64>,
    pub(crate) events_after_close: Vec<&'static str>,
}

impl Account {
    pub(crate) fn of(world: &World, trip: TripId, charge: ChargeNumber) -> Self {
        let mut account = Self::default();
        let written = world.log.get(&StreamId::Payment(trip, charge));
        for event in written.into_iter().flatten().flat_map(|commit| &commit.events) {
            if let Event::Payment(event) = event {
                account.note(event);
            }
        }
        account
    }

    pub(crate) fn open(&self) -> i64 {
        self.authorizations
            .values()
            .map(|held| held.authorized - held.captured - held.released)
            .sum()
    }

    /// What the rider has paid or owes.
    pub(crate) fn moved(&self) -> i64 {
        self.captured - self.refunded + self.debt + self.cash
    }

    pub(crate) fn note(&mut self, event: &PaymentEvent) {
        self.purpose = Some(event.charge().purpose);
        if self.closed.is_some() {
            self.events_after_close.push(event.name());
        }
        let mut ends = |number: u8, captured: i64, released: i64| {
            let held = self.authorizations.entry(number).or_default();
            held.captured += captured;
            held.released += released;
            held.ends += 1;
        };
        match event {
            PaymentEvent::Authorized {
                authorization,
                amount,
                ..
            } => {
                self.authorizations.entry(authorization.0).or_default().authorized += amount.minor();
            }
            PaymentEvent::AuthorizationLost {
                authorization,
                released,
                ..
            }
            | PaymentEvent::CaptureFailed {
                authorization,
                released,
                ..
            }
            | PaymentEvent::Voided {
                authorization,
                released,
                ..
            } => ends(authorization.0, 0, released.minor()),
            PaymentEvent::Captured {
                authorization,
                captured,
                released_minor,
                ..
            }
            | PaymentEvent::VoidRefused {
                authorization,
                captured,
                released_minor,
                ..
            } => {
                ends(authorization.0, captured.minor(), *released_minor);
                self.captures += 1;
                self.captured += captured.minor();
            }
            PaymentEvent::Refunded { amount, .. } => self.refunded += amount.minor(),
            PaymentEvent::RefundFailed { amount, .. } => {
                self.refunds_failed += 1;
                self.unreturned += amount.minor();
            }
            PaymentEvent::DebtReduced { amount, .. } => self.debt -= amount.minor(),
            PaymentEvent::CashReturned { amount, .. } => self.cash -= amount.minor(),
            PaymentEvent::DebtRecorded { amount, .. } => self.debt += amount.minor(),
            PaymentEvent::Closed { outcome, .. } => {
                self.closed = Some(*outcome);
                self.cash = outcome.cash_minor;
                self.debt_at_close = self.debt;
                self.kept_at_close = Some(self.captured - self.refunded);
            }
            PaymentEvent::Waived { .. } => self.waived = true,
            PaymentEvent::AuthorizationStarted(_) => self.attempts += 1,
            PaymentEvent::IntentCreated { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::Declined { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::CaptureStarted { .. }
            | PaymentEvent::VoidStarted { .. }
            | PaymentEvent::DebtSettled { .. }
            | PaymentEvent::DebtWrittenOff { .. }
            | PaymentEvent::RefundStarted { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::FurtherChargeAsked(_) => {}
        }
    }
}
