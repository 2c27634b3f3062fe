//! What is done to the company, as values: written down, it can be done again.

use super::bytes::{Malformed, Reader, Stored};
use crate::company::Order;
use crate::errand::Errand;
use crate::policy::Policy;
use crate::record::Change;
use fiacre_domain::id::{IntentId, WebhookId};
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{GatewayError, IdempotencyKey, IntentRequest, IntentView, PaymentNotice, RefundStatus};
use xxhash_rust::xxh3::xxh3_64;

/// One thing that was done to the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Somebody looked, and what was planned until then came to pass.
    Advance,
    Create(IntentRequest),
    Order(IntentId, Order, IdempotencyKey),
    Refund(IntentId, Money, IdempotencyKey),
    MakeHappen(IntentId, Change),
    /// Notices were fetched, at most so many.
    Deliver(u64),
    Acknowledge(WebhookId),
    Forget(IntentId),
    SetOpen(bool),
    /// A call or its answer went wrong on the way.
    GoWrong(Errand),
    SetPolicy(Box<Policy>),
}

/// A deed, when it was done, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) deed: Deed,
    pub(crate) outcome: Outcome,
}

/// A hash of what was answered: done again, a deed must be answered as it was, or this is not the company that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome(u32);

impl Outcome {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "half of the hash tells them apart"
    )]
    pub(crate) fn of(said: &impl Said, scratch: &mut Vec<u8>) -> Self {
        scratch.clear();
        said.say(scratch);
        Self(xxh3_64(scratch) as u32)
    }
}

/// What a deed is answered.
pub(crate) trait Said {
    fn say(&self, bytes: &mut Vec<u8>);
}

impl Said for () {
    fn say(&self, _: &mut Vec<u8>) {}
}

impl Said for bool {
    fn say(&self, bytes: &mut Vec<u8>) {
        self.write(bytes);
    }
}

impl Said for Vec<PaymentNotice> {
    fn say(&self, bytes: &mut Vec<u8>) {
        for PaymentNotice { id, intent } in self {
            id.write(bytes);
            intent.write(bytes);
        }
    }
}

impl<T: Said> Said for Result<T, GatewayError> {
    fn say(&self, bytes: &mut Vec<u8>) {
        match self {
            Ok(said) => {
                bytes.push(0);
                said.say(bytes);
            }
            Err(error) => bytes.extend_from_slice(error.code().as_bytes()),
        }
    }
}

impl Said for RefundStatus {
    fn say(&self, bytes: &mut Vec<u8>) {
        self.write(bytes);
    }
}

impl Said for IntentView {
    fn say(&self, bytes: &mut Vec<u8>) {
        let Self {
            intent,
            key,
            amount,
            status,
            refunded_minor,
        } = self;
        intent.write(bytes);
        key.write(bytes);
        amount.write(bytes);
        status.write(bytes);
        refunded_minor.write(bytes);
    }
}

impl Stored for Entry {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Self { at, deed, outcome } = self;
        at.write(bytes);
        outcome.0.write(bytes);
        deed.write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            at: bytes.read()?,
            outcome: Outcome(bytes.read()?),
            deed: bytes.read()?,
        })
    }
}

impl Stored for Deed {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Advance => bytes.push(0),
            Self::Create(request) => {
                bytes.push(1);
                request.write(bytes);
            }
            Self::Order(intent, order, key) => {
                bytes.push(2);
                intent.write(bytes);
                order.write(bytes);
                key.write(bytes);
            }
            Self::Refund(intent, amount, key) => {
                bytes.push(3);
                intent.write(bytes);
                amount.write(bytes);
                key.write(bytes);
            }
            Self::MakeHappen(intent, change) => {
                bytes.push(4);
                intent.write(bytes);
                change.write(bytes);
            }
            Self::Deliver(max) => {
                bytes.push(5);
                max.write(bytes);
            }
            Self::Acknowledge(notice) => {
                bytes.push(6);
                notice.write(bytes);
            }
            Self::Forget(intent) => {
                bytes.push(7);
                intent.write(bytes);
            }
            Self::SetOpen(open) => {
                bytes.push(8);
                open.write(bytes);
            }
            Self::GoWrong(errand) => {
                bytes.push(9);
                errand.write(bytes);
            }
            Self::SetPolicy(policy) => {
                bytes.push(10);
                policy.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match bytes.read::<u8>()? {
            0 => Self::Advance,
            1 => Self::Create(bytes.read()?),
            2 => Self::Order(bytes.read()?, bytes.read()?, bytes.read()?),
            3 => Self::Refund(bytes.read()?, bytes.read()?, bytes.read()?),
            4 => Self::MakeHappen(bytes.read()?, bytes.read()?),
            5 => Self::Deliver(bytes.read()?),
            6 => Self::Acknowledge(bytes.read()?),
            7 => Self::Forget(bytes.read()?),
            8 => Self::SetOpen(bytes.read()?),
            9 => Self::GoWrong(bytes.read()?),
            10 => Self::SetPolicy(Box::new(bytes.read()?)),
            _ => return Err(Malformed),
        })
    }
}

impl Stored for Errand {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Act(key) => {
                bytes.push(0);
                key.write(bytes);
            }
            Self::Look(intent) => {
                bytes.push(1);
                intent.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(Self::Act(bytes.read()?)),
            1 => Ok(Self::Look(bytes.read()?)),
            _ => Err(Malformed),
        }
    }
}
