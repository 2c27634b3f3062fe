//! A payment company that declines, loses holds, asks for 3-D Secure, answers late or not at all, and where someone may
//! capture by hand.

use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{self, DeclineReason};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use std::collections::BTreeMap;

/// An authorisation: of which charge of which trip, and its number.
pub(crate) type Key = (TripId, ChargeNumber, u8);

/// What an intent has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    NeedsAction,
    Held,
    Captured(Money),
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) amount: Money,
    pub(crate) status: Status,
}

/// How the company answers one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Does as asked, and says so.
    Willing,
    /// Does as asked, and the answer is lost.
    Silent,
    /// Does as asked, and the answer arrives later, when it may be old.
    Late,
    /// Will not: a decline, a capture that fails for good, a refund that cannot be made.
    Unwilling,
    /// Wants the rider to act first.
    Asking,
}

/// The company's books.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Gateway {
    intents: BTreeMap<Key, Intent>,
    /// What was given back, by charge and number of the refund.
    refunds: BTreeMap<(TripId, ChargeNumber, u16), i64>,
}

pub(crate) const fn intent_id((trip, charge, authorization): Key) -> IntentId {
    IntentId::from_u128((trip.to_u128() * 1_000 + charge.0 as u128) * 10 + authorization as u128)
}

impl Gateway {
    pub(crate) fn create(&mut self, key: Key, amount: Money) {
        let status = Status::Created;
        self.intents.entry(key).or_insert(Intent { amount, status });
    }

    pub(crate) fn intent(&self, key: Key) -> Option<Intent> {
        self.intents.get(&key).copied()
    }

    /// The intents of one charge.
    pub(crate) fn intents(&self, trip: TripId, charge: ChargeNumber) -> impl Iterator<Item = Intent> {
        self.intents
            .iter()
            .filter(move |((of, number, _), _)| (*of, *number) == (trip, charge))
            .map(|(_, intent)| *intent)
    }

    /// What an intent says just now, as the payment service notes it.
    pub(crate) fn says(&self, key: Key, capture_before: Timestamp) -> Vec<payment::Command> {
        let Some(intent) = self.intent(key) else {
            return Vec::new();
        };
        let authorization = AuthorizationNumber(key.2);
        let held = payment::Command::RecordAuthorized {
            authorization,
            amount: intent.amount,
            capture_before,
        };
        match intent.status {
            Status::Created => Vec::new(),
            Status::NeedsAction => vec![payment::Command::RecordActionRequired { authorization }],
            Status::Held => vec![held],
            Status::Captured(captured) => {
                let taken = payment::Command::RecordCaptured {
                    authorization,
                    captured,
                };
                vec![held, taken]
            }
            Status::Cancelled => {
                let reason = DeclineReason::Issuer;
                vec![payment::Command::RecordCancelled {
                    authorization,
                    reason,
                }]
            }
        }
    }

    fn change(&mut self, key: Key, to: impl FnOnce(Status) -> Status) {
        if let Some(intent) = self.intents.get_mut(&key) {
            intent.status = to(intent.status);
        }
    }

    /// The issuer's answer, by mood; a hold is placed from an intent that waits for it only.
    pub(crate) fn confirm(&mut self, key: Key, mood: Mood) {
        self.change(key, |status| match (status, mood) {
            (Status::Created | Status::NeedsAction, Mood::Willing | Mood::Silent | Mood::Late) => {
                Status::Held
            }
            (Status::Created, Mood::Asking) => Status::NeedsAction,
            (other, _) => other,
        });
    }

    pub(crate) fn capture(&mut self, key: Key, amount: Money) {
        self.change(key, |status| {
            if status == Status::Held {
                Status::Captured(amount)
            } else {
                status
            }
        });
    }

    pub(crate) fn cancel(&mut self, key: Key) {
        self.change(key, |status| match status {
            Status::Captured(amount) => Status::Captured(amount),
            Status::Created | Status::NeedsAction | Status::Held | Status::Cancelled => Status::Cancelled,
        });
    }

    pub(crate) fn is_refunded(&self, trip: TripId, charge: ChargeNumber, refund: u16) -> bool {
        self.refunds.contains_key(&(trip, charge, refund))
    }

    pub(crate) fn refund(&mut self, trip: TripId, charge: ChargeNumber, refund: u16, amount: Money) {
        self.refunds.insert((trip, charge, refund), amount.minor());
    }

    /// Taken and not given back, over all intents of a charge.
    pub(crate) fn kept_minor(&self, trip: TripId, charge: ChargeNumber) -> i64 {
        let taken: i64 = self
            .intents(trip, charge)
            .map(|intent| match intent.status {
                Status::Captured(amount) => amount.minor(),
                Status::Created | Status::NeedsAction | Status::Held | Status::Cancelled => 0,
            })
            .sum();
        let returned: i64 = self
            .refunds
            .iter()
            .filter(|((of, number, _), _)| (*of, *number) == (trip, charge))
            .map(|(_, minor)| minor)
            .sum();
        taken - returned
    }
}
