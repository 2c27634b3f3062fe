//! What moved at the gateway, folded apart from the ledger, so that one can be held against the other.

use super::HoldCounts;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{DeclineReason, PaymentEvent, Purpose, Waiver};
use fiacre_domain::stream::StreamId;
use std::collections::{BTreeMap, BTreeSet};

/// Amounts in minor units of one currency; what moves in another is not of this city and not counted.
#[derive(Debug, Clone)]
pub(super) struct Movements {
    pub(super) currency: Currency,
    pub(super) authorised_minor: i128,
    pub(super) captured_minor: i128,
    pub(super) released_minor: i128,
    pub(super) debt_minor: i128,
    pub(super) debt_on_account_minor: i128,
    pub(super) hold_counts: HoldCounts,
    /// What each charge holds now: a charge has one live authorisation at most.
    holds: BTreeMap<StreamId, i64>,
    /// Charges that are billed to an account.
    on_account: BTreeSet<StreamId>,
}

impl Movements {
    pub(super) const fn new(currency: Currency) -> Self {
        Self {
            currency,
            authorised_minor: 0,
            captured_minor: 0,
            released_minor: 0,
            debt_minor: 0,
            debt_on_account_minor: 0,
            hold_counts: HoldCounts {
                asked: 0,
                declined: 0,
            },
            holds: BTreeMap::new(),
            on_account: BTreeSet::new(),
        }
    }

    /// What is held now.
    pub(super) fn open_minor(&self) -> i128 {
        self.holds.values().copied().map(i128::from).sum()
    }

    pub(super) fn fold(&mut self, stream: StreamId, event: &PaymentEvent) {
        match *event {
            PaymentEvent::Authorized { amount, .. } => {
                let minor = self.minor(amount);
                self.authorised_minor += i128::from(minor);
                self.holds.insert(stream, minor);
            }
            PaymentEvent::Captured {
                captured,
                released_minor,
                ..
            }
            | PaymentEvent::VoidRefused {
                captured,
                released_minor,
                ..
            } => {
                self.captured_minor += i128::from(self.minor(captured));
                let released = Money::new(released_minor, captured.currency());
                self.released_minor += i128::from(self.minor(released));
                self.holds.remove(&stream);
            }
            PaymentEvent::AuthorizationLost { released, .. }
            | PaymentEvent::CaptureFailed { released, .. }
            | PaymentEvent::Voided { released, .. } => {
                self.released_minor += i128::from(self.minor(released));
                self.holds.remove(&stream);
            }
            PaymentEvent::AuthorizationStarted(_) => self.hold_counts.asked += 1,
            PaymentEvent::Declined { reason, .. } => self.decline(reason),
            PaymentEvent::DebtRecorded { amount, .. } => self.owe(stream, i128::from(self.minor(amount))),
            PaymentEvent::DebtSettled { amount, .. }
            | PaymentEvent::DebtWrittenOff { amount, .. }
            | PaymentEvent::DebtReduced { amount, .. } => {
                self.owe(stream, -i128::from(self.minor(amount)));
            }
            PaymentEvent::Waived { waiver, .. } => self.waive(stream, waiver),
            PaymentEvent::IntentCreated { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::CaptureStarted { .. }
            | PaymentEvent::VoidStarted { .. }
            | PaymentEvent::Closed { .. }
            | PaymentEvent::RefundStarted { .. }
            | PaymentEvent::Refunded { .. }
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::FurtherChargeAsked(_)
            | PaymentEvent::CashReturned { .. } => {}
        }
    }

    /// Counts what the rider's bank, or the company for it, said no to.
    const fn decline(&mut self, reason: DeclineReason) {
        match reason {
            DeclineReason::Issuer
            | DeclineReason::InsufficientFunds
            | DeclineReason::CardExpired
            | DeclineReason::CardBlocked
            | DeclineReason::MethodRefused => self.hold_counts.declined += 1,
            DeclineReason::ActionFailed | DeclineReason::BudgetOver | DeclineReason::LostAgain => {}
        }
    }

    fn waive(&mut self, stream: StreamId, waiver: Waiver) {
        match waiver {
            Waiver::Account => {
                self.on_account.insert(stream);
            }
            Waiver::Cash | Waiver::NothingDue => {}
        }
    }

    fn owe(&mut self, stream: StreamId, minor: i128) {
        self.debt_minor += minor;
        if self.on_account.contains(&stream) {
            self.debt_on_account_minor += minor;
        }
    }

    /// What the event takes as a tip, in minor units.
    pub(super) fn tip_in(&self, event: &PaymentEvent) -> Option<i64> {
        if let PaymentEvent::Captured { charge, captured, .. } = event
            && charge.purpose == Purpose::Tip
        {
            Some(self.minor(*captured))
        } else {
            None
        }
    }

    fn minor(&self, amount: Money) -> i64 {
        if amount.currency() == self.currency {
            amount.minor()
        } else {
            0
        }
    }
}
