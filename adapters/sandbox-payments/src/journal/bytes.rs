//! How values are written into the journal: little-endian numbers of fixed width, enums by a tag of one byte.

use crate::company::Order;
use crate::dispute::DisputeStatus;
use crate::policy::{Later, Policy, Rate, Span, Subscription};
use crate::record::{Asked, Change};
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Decline, GatewayError, IdempotencyKey, IntentRequest, IntentStatus, Operation, RefundStatus,
};

/// Bytes that are no value of ours, though their checksum is right: another program's, or a fault of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What is left to be read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn read<T: Stored>(&mut self) -> Result<T, Malformed> {
        T::read(self)
    }
}

/// What can be written and read again.
pub(crate) trait Stored: Sized {
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed>;
}

macro_rules! stored_numbers {
    ($($number:ty)*) => {$(
        impl Stored for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
                bytes.take().map(Self::from_le_bytes)
            }
        }
    )*};
}

stored_numbers!(u8 u16 u32 u64 u128 i64 i128);

/// Values that are one other value, with the way there and back.
macro_rules! stored_as {
    ($($value:ty: $there:expr, $back:expr;)*) => {$(
        impl Stored for $value {
            fn write(&self, bytes: &mut Vec<u8>) {
                ($there)(*self).write(bytes);
            }
            fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
                bytes.read().map($back)
            }
        }
    )*};
}

stored_as! {
    Timestamp: Timestamp::ms, Timestamp::from_ms;
    Millis: Millis::get, Millis::new;
    IntentId: IntentId::to_u128, IntentId::from_u128;
    TripId: TripId::to_u128, TripId::from_u128;
    WebhookId: WebhookId::to_u128, WebhookId::from_u128;
    PaymentMethodId: |method: PaymentMethodId| method.0, PaymentMethodId;
    ChargeNumber: |charge: ChargeNumber| charge.0, ChargeNumber;
    AuthorizationNumber: |number: AuthorizationNumber| number.0, AuthorizationNumber;
}

/// Enums without fields, by their tags. A tag is never used for anything else again.
macro_rules! stored_tags {
    ($($value:ident: $($variant:ident = $tag:literal)*;)*) => {$(
        impl Stored for $value {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.push(match self { $(Self::$variant => $tag,)* });
            }
            fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
                match bytes.read::<u8>()? {
                    $($tag => Ok(Self::$variant),)*
                    _ => Err(Malformed),
                }
            }
        }
    )*};
}

stored_tags! {
    Change: Hold = 0 LoseHold = 1 LapseHold = 2 OpenDispute = 3 CloseDispute = 4;
    Subscription: Everything = 0 OwnChanges = 1 Nothing = 2;
    RefundStatus: Succeeded = 0 Pending = 1 Failed = 2;
    DisputeStatus: Open = 0 Won = 1 Lost = 2;
    GatewayError: Unavailable = 0 OutcomeUnknown = 1 KeyReused = 2 NotFound = 3 WrongStatus = 4 Refused = 5;
}

/// Structs, field by field in this order; one that is not named here does not build.
macro_rules! stored_fields {
    ($($value:ident { $($field:ident)* })*) => {$(
        impl $crate::journal::Stored for $value {
            fn write(&self, bytes: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::journal::Stored::write($field, bytes);)*
            }
            fn read(bytes: &mut $crate::journal::Reader<'_>) -> Result<Self, $crate::journal::Malformed> {
                Ok(Self { $($field: bytes.read()?),* })
            }
        }
    )*};
}

pub(crate) use stored_fields;

stored_fields! {
    IdempotencyKey { epoch trip charge authorization operation }
    IntentRequest { key amount method }
    Later { rate after }
    Policy {
        declines actions actions_abandoned processing hold_lifetime holds_lost captures_failing refunds_failing
        refunds_pending disputes disputes_won unavailable requests_lost answers_lost latency timeout subscription
        notice_delay notices_late notices_doubled keys_kept
    }
}

impl Stored for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl Stored for Money {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.minor().write(bytes);
        self.currency().write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(bytes.read()?, bytes.read()?))
    }
}

impl Stored for Currency {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.code().as_bytes());
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        let code: [u8; 3] = bytes.take()?;
        let code = std::str::from_utf8(&code).map_err(|_| Malformed)?;
        code.parse().map_err(|_| Malformed)
    }
}

impl Stored for Operation {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Create => bytes.push(0),
            Self::Confirm => bytes.push(1),
            Self::Capture => bytes.push(2),
            Self::Cancel => bytes.push(3),
            Self::Refund(number) => {
                bytes.push(4);
                number.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(Self::Create),
            1 => Ok(Self::Confirm),
            2 => Ok(Self::Capture),
            3 => Ok(Self::Cancel),
            4 => Ok(Self::Refund(bytes.read()?)),
            _ => Err(Malformed),
        }
    }
}

impl Stored for Order {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Confirm => bytes.push(0),
            Self::Capture(amount) => {
                bytes.push(1);
                amount.write(bytes);
            }
            Self::Cancel => bytes.push(2),
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(Self::Confirm),
            1 => Ok(Self::Capture(bytes.read()?)),
            2 => Ok(Self::Cancel),
            _ => Err(Malformed),
        }
    }
}

impl Stored for Asked {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Create(amount, method) => {
                bytes.push(0);
                amount.write(bytes);
                method.write(bytes);
            }
            Self::Order(order) => {
                bytes.push(1);
                order.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(Self::Create(bytes.read()?, bytes.read()?)),
            1 => Ok(Self::Order(bytes.read()?)),
            _ => Err(Malformed),
        }
    }
}

impl Stored for IntentStatus {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::RequiresConfirmation { declined } => {
                bytes.push(0);
                bytes.push(match declined {
                    None => 0,
                    Some(Decline::Unspecified) => 1,
                    Some(Decline::InsufficientFunds) => 2,
                    Some(Decline::CardExpired) => 3,
                    Some(Decline::CardBlocked) => 4,
                    Some(Decline::AuthenticationFailed) => 5,
                });
            }
            Self::RequiresAction => bytes.push(1),
            Self::Processing => bytes.push(2),
            Self::RequiresCapture {
                amount,
                capture_before,
            } => {
                bytes.push(3);
                amount.write(bytes);
                capture_before.write(bytes);
            }
            Self::Succeeded { captured } => {
                bytes.push(4);
                captured.write(bytes);
            }
            Self::Canceled => bytes.push(5),
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match bytes.read::<u8>()? {
            0 => Self::RequiresConfirmation {
                declined: match bytes.read::<u8>()? {
                    0 => None,
                    1 => Some(Decline::Unspecified),
                    2 => Some(Decline::InsufficientFunds),
                    3 => Some(Decline::CardExpired),
                    4 => Some(Decline::CardBlocked),
                    5 => Some(Decline::AuthenticationFailed),
                    _ => return Err(Malformed),
                },
            },
            1 => Self::RequiresAction,
            2 => Self::Processing,
            3 => Self::RequiresCapture {
                amount: bytes.read()?,
                capture_before: bytes.read()?,
            },
            4 => Self::Succeeded {
                captured: bytes.read()?,
            },
            5 => Self::Canceled,
            _ => return Err(Malformed),
        })
    }
}

impl Stored for Rate {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.basis_points().write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::from_basis_points(bytes.read()?).map_err(|_| Malformed)
    }
}

impl Stored for Span {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.min().write(bytes);
        self.max().write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::new(bytes.read()?, bytes.read()?).map_err(|_| Malformed)
    }
}
