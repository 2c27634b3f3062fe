//! An intent in the company's files: whole while it lives and its keys are kept, small afterwards.

use crate::company::Order;
use crate::draw::Draw;
use crate::journal::{Malformed, Reader, Short, Stored, stored_fields};
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_ports::{GatewayError, IdempotencyKey, IntentStatus, IntentView, Operation};

/// What the company will do to an intent by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// The rider acts, or the work is done: the money is held.
    Hold,
    /// The issuer drops the hold.
    LoseHold,
    /// The hold lapses.
    LapseHold,
    /// The rider disputes what was captured.
    OpenDispute,
    /// The dispute is decided.
    CloseDispute,
}

/// A request that was answered under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Create(Money, PaymentMethodId),
    Order(Order),
}

/// What was answered: where the intent stood then, and what had been given back.
pub(crate) type Given = Result<(IntentStatus, i64), GatewayError>;

/// An order that was answered under a key of the intent's own.
#[derive(Debug)]
struct Told {
    operation: Operation,
    order: Order,
    given: Given,
}

/// An intent that may still move, or whose keys are kept.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) key: IdempotencyKey,
    pub(crate) amount: Money,
    pub(crate) method: PaymentMethodId,
    pub(crate) status: IntentStatus,
    pub(crate) refunded_minor: i64,
    /// What the hold's fate is drawn from: the key of the confirmation.
    pub(crate) hold_draw: Draw,
    /// What is planned for it, and when.
    pub(crate) planned: Option<(Timestamp, Change)>,
    /// What was answered under its own keys; that of its creation follows from what it is.
    told: Box<[Told]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Captured,
    Canceled,
}

/// An intent that was captured or cancelled, its keys expired. Kept for ever, so kept small: a day has hundreds of
/// thousands.
#[derive(Debug)]
pub(crate) struct Closed {
    trip: TripId,
    method: PaymentMethodId,
    amount_minor: i64,
    captured_minor: i64,
    refunded_minor: i64,
    epoch: u32,
    currency: Currency,
    charge: ChargeNumber,
    authorization: AuthorizationNumber,
    outcome: Outcome,
}

/// Either.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record<'a> {
    Live(&'a Live),
    Closed(&'a Closed),
}

stored_fields! {
    Told { operation order given }
    Live { key amount method status refunded_minor hold_draw planned told }
}

/// In few bytes: it is written again with every picture of the company.
impl Stored for Closed {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Self {
            trip,
            method,
            amount_minor,
            captured_minor,
            refunded_minor,
            epoch,
            currency,
            charge,
            authorization,
            outcome,
        } = self;
        trip.write(bytes);
        currency.write(bytes);
        bytes.push(match outcome {
            Outcome::Captured => 0,
            Outcome::Canceled => 1,
        });
        authorization.write(bytes);
        for number in [
            method.0.cast_signed(),
            i64::from(*epoch),
            i64::from(charge.0),
            *amount_minor,
            *captured_minor,
            *refunded_minor,
        ] {
            Short(number).write(bytes);
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            trip: bytes.read()?,
            currency: bytes.read()?,
            outcome: match bytes.read::<u8>()? {
                0 => Outcome::Captured,
                1 => Outcome::Canceled,
                _ => return Err(Malformed),
            },
            authorization: bytes.read()?,
            method: PaymentMethodId(bytes.read::<Short>()?.0.cast_unsigned()),
            epoch: bytes.read::<Short>()?.0.try_into().map_err(|_| Malformed)?,
            charge: ChargeNumber(bytes.read::<Short>()?.0.try_into().map_err(|_| Malformed)?),
            amount_minor: bytes.read::<Short>()?.0,
            captured_minor: bytes.read::<Short>()?.0,
            refunded_minor: bytes.read::<Short>()?.0,
        })
    }
}

impl Live {
    /// As it is created.
    pub(crate) const INITIAL: IntentStatus = IntentStatus::RequiresConfirmation { declined: None };

    pub(crate) fn new(key: IdempotencyKey, amount: Money, method: PaymentMethodId, draw: Draw) -> Self {
        Self {
            key,
            amount,
            method,
            status: Self::INITIAL,
            refunded_minor: 0,
            hold_draw: draw,
            planned: None,
            told: Box::default(),
        }
    }

    /// Whether `key` is of the same authorisation, and so of this intent.
    pub(crate) fn owns(&self, key: &IdempotencyKey) -> bool {
        IdempotencyKey {
            operation: self.key.operation,
            ..*key
        } == self.key
    }

    /// What was asked and answered under its own key for `operation`.
    pub(crate) fn told(&self, operation: Operation) -> Option<(Asked, Given)> {
        if operation == self.key.operation {
            return Some((Asked::Create(self.amount, self.method), Ok((Self::INITIAL, 0))));
        }
        let told = self.told.iter().find(|told| told.operation == operation)?;
        Some((Asked::Order(told.order), told.given))
    }

    /// Keeps what was answered under its own key for `operation`.
    pub(crate) fn tell(&mut self, operation: Operation, order: Order, given: Given) {
        let mut told = std::mem::take(&mut self.told).into_vec();
        told.reserve_exact(1);
        told.push(Told {
            operation,
            order,
            given,
        });
        self.told = told.into_boxed_slice();
    }

    /// The small record, once nothing but refunds and disputes can happen.
    pub(crate) const fn closed(&self) -> Option<Closed> {
        let (outcome, captured_minor) = match self.status {
            IntentStatus::Succeeded { captured } => (Outcome::Captured, captured.minor()),
            IntentStatus::Canceled => (Outcome::Canceled, 0),
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::RequiresCapture { .. } => return None,
        };
        let IdempotencyKey {
            epoch,
            trip,
            charge,
            authorization,
            operation: _,
        } = self.key;
        Some(Closed {
            trip,
            method: self.method,
            amount_minor: self.amount.minor(),
            captured_minor,
            refunded_minor: self.refunded_minor,
            epoch,
            currency: self.amount.currency(),
            charge,
            authorization,
            outcome,
        })
    }
}

impl Closed {
    pub(crate) const fn add_refunded(&mut self, minor: i64) {
        self.refunded_minor = self.refunded_minor.saturating_add(minor);
    }
}

impl Record<'_> {
    /// The key of the creation.
    pub(crate) const fn key(&self) -> IdempotencyKey {
        match self {
            Self::Live(live) => live.key,
            Self::Closed(closed) => IdempotencyKey {
                epoch: closed.epoch,
                trip: closed.trip,
                charge: closed.charge,
                authorization: closed.authorization,
                operation: Operation::Create,
            },
        }
    }

    pub(crate) const fn amount(&self) -> Money {
        match self {
            Self::Live(live) => live.amount,
            Self::Closed(closed) => Money::new(closed.amount_minor, closed.currency),
        }
    }

    pub(crate) const fn method(&self) -> PaymentMethodId {
        match self {
            Self::Live(live) => live.method,
            Self::Closed(closed) => closed.method,
        }
    }

    pub(crate) const fn status(&self) -> IntentStatus {
        match self {
            Self::Live(live) => live.status,
            Self::Closed(closed) => match closed.outcome {
                Outcome::Captured => IntentStatus::Succeeded {
                    captured: Money::new(closed.captured_minor, closed.currency),
                },
                Outcome::Canceled => IntentStatus::Canceled,
            },
        }
    }

    pub(crate) const fn refunded_minor(&self) -> i64 {
        match self {
            Self::Live(live) => live.refunded_minor,
            Self::Closed(closed) => closed.refunded_minor,
        }
    }

    pub(crate) const fn view(&self, intent: IntentId) -> IntentView {
        IntentView {
            intent,
            key: self.key(),
            amount: self.amount(),
            status: self.status(),
            refunded_minor: self.refunded_minor(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_by_the_hundred_thousand_stays_small() {
        assert_eq!(size_of::<Closed>(), 64);
        assert_eq!(size_of::<Live>(), 128);
        assert_eq!(size_of::<Told>(), 56);
    }
}
