//! How values are written into the journal: little-endian numbers of fixed width, enums by a tag of one byte.

use crate::company::Order;
use crate::policy::{Later, Policy, Rate, Span, Subscription};
use crate::record::Change;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_domain::units::Millis;
use fiacre_ports::{IdempotencyKey, IntentRequest, Operation};

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

stored_numbers!(u8 u16 u32 u64 u128 i64);

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
}

/// Structs, field by field in this order; one that is not named here does not build.
macro_rules! stored_fields {
    ($($value:ident { $($field:ident)* })*) => {$(
        impl Stored for $value {
            fn write(&self, bytes: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($field.write(bytes);)*
            }
            fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($field: bytes.read()?),* })
            }
        }
    )*};
}

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
        bytes.extend_from_slice(self.currency().code().as_bytes());
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        let minor = bytes.read()?;
        let code: [u8; 3] = bytes.take()?;
        let code = std::str::from_utf8(&code).map_err(|_| Malformed)?;
        let currency = code.parse::<Currency>().map_err(|_| Malformed)?;
        Ok(Self::new(minor, currency))
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
