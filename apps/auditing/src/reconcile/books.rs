//! What the log says of money: payment by payment, and trip by trip.

use super::{Difference, Reconciled, Sums};
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::ledger::{Account, Ledger};
use fiacre_domain::money::Money;
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId};
use fiacre_domain::trip::{AuthorizationNumber, TripEvent};
use fiacre_ports::IntentView;
use std::collections::{BTreeMap, BTreeSet};

/// A payment at the company, as the log has it; amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) trip: TripId,
    intent: Option<IntentId>,
    pub(super) held_minor: i64,
    pub(super) captured_minor: i64,
    pub(super) refunded_minor: i64,
    /// A call was begun whose outcome is not in the log yet.
    pub(super) is_under_way: bool,
}

impl Attempt {
    const fn begin(&mut self) {
        self.is_under_way = true;
    }

    /// So much is held now: nothing once the hold has ended.
    const fn hold(&mut self, minor: i64) {
        self.held_minor = minor;
        self.is_under_way = false;
    }

    const fn capture(&mut self, minor: i64) {
        self.hold(0);
        self.captured_minor = minor;
    }

    /// A refund has ended, by so much.
    const fn give_back(&mut self, minor: i64) {
        self.refunded_minor = self.refunded_minor.saturating_add(minor);
        self.is_under_way = false;
    }
}

type Key = (ChargeNumber, AuthorizationNumber);

/// The log's books. Commits come trip by trip.
#[derive(Debug, Default)]
pub(super) struct Books {
    page: Option<Page>,
    attempts: BTreeMap<IntentId, Attempt>,
    /// Attempts that have begun, and whose payment the log does not name (yet).
    begun: BTreeSet<(TripId, Key)>,
    reconciled: Reconciled,
}

/// The books of one trip.
#[derive(Debug)]
struct Page {
    trip: TripId,
    ledger: Ledger,
    receipt: Option<Money>,
    is_closed: bool,
    attempts: BTreeMap<Key, Attempt>,
}

impl Books {
    pub(super) fn enter(&mut self, commit: &Commit) {
        let Some(trip) = commit.stream.trip() else {
            return;
        };
        if self.page.as_ref().is_some_and(|page| page.trip != trip) {
            self.turn();
        }
        let page = self.page.get_or_insert_with(|| Page::of(trip));
        for event in commit.events.iter() {
            page.enter(commit.stream, event);
        }
    }

    /// Ends the books; gives the payments that the log names.
    pub(super) fn close(&mut self, reconciled: &mut Reconciled) -> BTreeMap<IntentId, Attempt> {
        self.turn();
        *reconciled = std::mem::take(&mut self.reconciled);
        std::mem::take(&mut self.attempts)
    }

    /// Whether the log has begun the attempt that a payment is of, without naming it.
    pub(super) fn knows(&self, view: &IntentView) -> bool {
        let key = (view.key.charge, view.key.authorization);
        self.begun.contains(&(view.key.trip, key))
    }

    /// Sums a trip up, and goes on to the next.
    fn turn(&mut self) {
        let Some(page) = self.page.take() else {
            return;
        };
        for (key, attempt) in &page.attempts {
            match attempt.intent {
                Some(intent) => drop(self.attempts.insert(intent, *attempt)),
                None => drop(self.begun.insert((page.trip, *key))),
            }
        }
        page.sum_up(&mut self.reconciled);
    }
}

impl Page {
    fn of(trip: TripId) -> Self {
        Self {
            trip,
            ledger: Ledger::default(),
            receipt: None,
            is_closed: false,
            attempts: BTreeMap::new(),
        }
    }

    fn enter(&mut self, stream: StreamId, event: &Event) {
        // What does not balance is the audit's to say.
        let _unbalanced = self.ledger.fold(stream, event);
        match event {
            Event::Trip(TripEvent::FareSettled(receipt)) => self.receipt = Some(receipt.total()),
            Event::Trip(TripEvent::FareAdjusted(adjustment)) => {
                self.receipt = Some(adjustment.receipt.total());
            }
            Event::Trip(TripEvent::Cancelled(cancelled)) => {
                self.receipt = cancelled.receipt.as_ref().map(|receipt| receipt.total());
            }
            Event::Trip(TripEvent::Closed) => self.is_closed = true,
            Event::Payment(event) => self.pay(event),
            Event::Trip(_) | Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {}
        }
    }

    fn pay(&mut self, event: &PaymentEvent) {
        let charge = event.charge().number;
        match event {
            PaymentEvent::AuthorizationStarted(start) => self.attempt(charge, start.authorization).begin(),
            PaymentEvent::ActionRequired { authorization, .. }
            | PaymentEvent::CaptureStarted { authorization, .. }
            | PaymentEvent::VoidStarted { authorization, .. } => {
                self.attempt(charge, *authorization).begin();
            }
            PaymentEvent::IntentCreated {
                authorization,
                intent,
                ..
            } => self.attempt(charge, *authorization).intent = Some(*intent),
            PaymentEvent::Authorized {
                authorization,
                amount,
                ..
            } => self.attempt(charge, *authorization).hold(amount.minor()),
            PaymentEvent::Captured {
                authorization,
                captured,
                ..
            }
            | PaymentEvent::VoidRefused {
                authorization,
                captured,
                ..
            } => self.attempt(charge, *authorization).capture(captured.minor()),
            PaymentEvent::AuthorizationLost { authorization, .. }
            | PaymentEvent::Declined { authorization, .. }
            | PaymentEvent::CaptureFailed { authorization, .. }
            | PaymentEvent::Voided { authorization, .. } => self.attempt(charge, *authorization).hold(0),
            PaymentEvent::RefundStarted { .. } => self.refund(charge, Attempt::begin),
            PaymentEvent::RefundFailed { .. } => self.refund(charge, |attempt| attempt.give_back(0)),
            PaymentEvent::Refunded { amount, .. } => {
                self.refund(charge, |attempt| attempt.give_back(amount.minor()));
            }
            PaymentEvent::Waived { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::Closed { .. }
            | PaymentEvent::DebtRecorded { .. }
            | PaymentEvent::DebtSettled { .. }
            | PaymentEvent::DebtWrittenOff { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::FurtherChargeAsked(_)
            | PaymentEvent::DebtReduced { .. }
            | PaymentEvent::CashReturned { .. } => {}
        }
    }

    fn attempt(&mut self, charge: ChargeNumber, authorization: AuthorizationNumber) -> &mut Attempt {
        let trip = self.trip;
        self.attempts.entry((charge, authorization)).or_insert(Attempt {
            trip,
            intent: None,
            held_minor: 0,
            captured_minor: 0,
            refunded_minor: 0,
            is_under_way: false,
        })
    }

    /// Refunds name their charge: what was captured of it is given back.
    fn refund(&mut self, charge: ChargeNumber, change: impl FnOnce(&mut Attempt)) {
        let captured = self.attempts.iter_mut().rev();
        let mut of_charge = captured.filter(|((of, _), attempt)| *of == charge && attempt.captured_minor > 0);
        if let Some((_, attempt)) = of_charge.next() {
            change(attempt);
        }
    }

    fn sum_up(&self, reconciled: &mut Reconciled) {
        for currency in self.ledger.currencies() {
            let (moved, sums) = (
                self.ledger.movements(currency),
                reconciled.sums.entry(currency).or_default(),
            );
            let Sums {
                ledger_captured_minor,
                ledger_refunded_minor,
                ledger_held_minor,
                ..
            } = sums;
            *ledger_captured_minor += moved.captured_minor;
            *ledger_refunded_minor += moved.refunded_minor;
            *ledger_held_minor += moved.open_minor;
        }
        if let Some(receipt) = self.receipt {
            let sums = reconciled.sums.entry(receipt.currency()).or_default();
            sums.receipts_minor += i128::from(receipt.minor());
        }
        let is_settled = self.attempts.values().all(|attempt| !attempt.is_under_way);
        if !(self.is_closed && is_settled) {
            return;
        }
        reconciled.trips = reconciled.trips.saturating_add(1);
        for currency in self.ledger.currencies() {
            let left_minor = self.ledger.balance(Account::Rider, currency);
            if left_minor != 0 {
                let receipt = self.receipt.filter(|receipt| receipt.currency() == currency);
                reconciled.differences.push(Difference::Receipt {
                    trip: self.trip,
                    currency,
                    receipt_minor: receipt.map_or(0, Money::minor),
                    left_minor,
                });
            }
        }
    }
}
