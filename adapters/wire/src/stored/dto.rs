//! What every stored type has: a shape of its own, made of a value field by field, and made into it again.
//!
//! Each macro takes the domain's type apart completely: a new field or variant does not compile until its shape has
//! it, and then the golden files ask for a new version.

use super::error::StoredError;
use super::personal::{Reading, Writing};
use crate::quote::QuoteDto;
use crate::reading::ReadingDto;
use crate::receipt::ReceiptDto;
use crate::text::{Text, Written};
use fiacre_domain::dispatch::OfferNumber;
use fiacre_domain::pricing::{MeterReading, Quote, Receipt};
use fiacre_domain::stream::{ChargeNumber, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_domain::units::{Millimetres, Millis};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The stored shape of a `T`.
pub(crate) trait Dto<T>: Sized {
    fn of(value: &T, writing: &mut Writing<'_>) -> Self;
    fn into_domain(self, reading: &Reading<'_>) -> Result<T, StoredError>;
}

/// The shape of a struct whose fields are public.
macro_rules! stored_struct {
    ($(#[$about:meta])* $dto:ident = $domain:ident { $($(#[$attr:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $dto {
            $($(#[$attr])* $field: $ty),*
        }

        impl $crate::stored::dto::Dto<$domain> for $dto {
            fn of(value: &$domain, writing: &mut $crate::stored::personal::Writing<'_>) -> Self {
                let $domain { $($field),* } = value;
                Self { $($field: $crate::stored::dto::Dto::of($field, writing)),* }
            }

            fn into_domain(
                self,
                reading: &$crate::stored::personal::Reading<'_>,
            ) -> Result<$domain, $crate::stored::error::StoredError> {
                let Self { $($field),* } = self;
                Ok($domain {
                    $($field: $crate::stored::dto::Dto::into_domain($field, reading)
                        .map_err(|error| error.within(stringify!($field)))?),*
                })
            }
        }
    };
}
pub(crate) use stored_struct;

/// The shape of an enum; a variant is a name alone, holds one value, or has fields.
macro_rules! stored_enum {
    ($dto:ident = $domain:ident { $(
        $(#[$variant_attr:meta])* $variant:ident
        $(($item:ident: $item_ty:ty))?
        $({ $($(#[$attr:meta])* $field:ident: $ty:ty),* $(,)? })?
    ),* $(,)? }) => {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub(crate) enum $dto {
            $($(#[$variant_attr])* $variant $(($item_ty))? $({ $($(#[$attr])* $field: $ty),* })?),*
        }

        impl $crate::stored::dto::Dto<$domain> for $dto {
            fn of(value: &$domain, writing: &mut $crate::stored::personal::Writing<'_>) -> Self {
                match value {
                    $($domain::$variant $(($item))? $({ $($field),* })? => Self::$variant
                        $(($crate::stored::dto::Dto::of($item, writing)))?
                        $({ $($field: $crate::stored::dto::Dto::of($field, writing)),* })?,)*
                }
            }

            fn into_domain(
                self,
                reading: &$crate::stored::personal::Reading<'_>,
            ) -> Result<$domain, $crate::stored::error::StoredError> {
                Ok(match self {
                    $(Self::$variant $(($item))? $({ $($field),* })? => $domain::$variant
                        $(($crate::stored::dto::Dto::into_domain($item, reading)
                            .map_err(|error| error.within(stringify!($item)))?))?
                        $({ $($field: $crate::stored::dto::Dto::into_domain($field, reading)
                            .map_err(|error| error.within(stringify!($field)))?),* })?,)*
                })
            }
        }
    };
}
pub(crate) use stored_enum;

/// The shape of an enum of names.
macro_rules! stored_names {
    ($dto:ident = $domain:ident { $($variant:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $dto {
            $($variant),*
        }

        impl $crate::stored::dto::Dto<$domain> for $dto {
            fn of(value: &$domain, _: &mut $crate::stored::personal::Writing<'_>) -> Self {
                match value {
                    $($domain::$variant => Self::$variant),*
                }
            }

            fn into_domain(
                self,
                _: &$crate::stored::personal::Reading<'_>,
            ) -> Result<$domain, $crate::stored::error::StoredError> {
                Ok(match self {
                    $(Self::$variant => $domain::$variant),*
                })
            }
        }
    };
}
pub(crate) use stored_names;

/// What is stored as the number that it is.
macro_rules! numbers {
    ($($domain:ty as $number:ty: $of:expr, $into:expr;)*) => {$(
        impl Dto<$domain> for $number {
            fn of(value: &$domain, _: &mut Writing<'_>) -> Self {
                ($of)(*value)
            }

            fn into_domain(self, _: &Reading<'_>) -> Result<$domain, StoredError> {
                Ok(($into)(self))
            }
        }
    )*};
}
numbers! {
    bool as bool: std::convert::identity, std::convert::identity;
    u8 as u8: std::convert::identity, std::convert::identity;
    u16 as u16: std::convert::identity, std::convert::identity;
    u32 as u32: std::convert::identity, std::convert::identity;
    i32 as i32: std::convert::identity, std::convert::identity;
    i64 as i64: std::convert::identity, std::convert::identity;
    Millis as i64: Millis::get, Millis::new;
    Millimetres as i64: Millimetres::get, Millimetres::new;
    Timestamp as i64: Timestamp::ms, Timestamp::from_ms;
    AuthorizationNumber as u8: |AuthorizationNumber(number)| number, AuthorizationNumber;
    OfferNumber as u16: |OfferNumber(number)| number, OfferNumber;
    ChargeNumber as u16: |ChargeNumber(number)| number, ChargeNumber;
    PaymentMethodId as u64: |PaymentMethodId(number)| number, PaymentMethodId;
    Version as u32: Version::get, Version::new;
}

impl<T: Written + Copy> Dto<T> for Text<T> {
    fn of(value: &T, _: &mut Writing<'_>) -> Self {
        Self::new(*value)
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<T, StoredError> {
        self.value().map_err(StoredError::damaged)
    }
}

impl<T, D: Dto<T>> Dto<Option<T>> for Option<D> {
    fn of(value: &Option<T>, writing: &mut Writing<'_>) -> Self {
        value.as_ref().map(|value| D::of(value, writing))
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Option<T>, StoredError> {
        self.map(|shape| shape.into_domain(reading)).transpose()
    }
}

impl<T, D: Dto<T>> Dto<Vec<T>> for Vec<D> {
    fn of(value: &Vec<T>, writing: &mut Writing<'_>) -> Self {
        value.iter().map(|item| D::of(item, writing)).collect()
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Vec<T>, StoredError> {
        let items = (0..).zip(self);
        let item = |(index, shape): (usize, D)| {
            let value = shape.into_domain(reading);
            value.map_err(|error| error.within(&format!("[{index}]")))
        };
        items.map(item).collect()
    }
}

/// As many as there are in the domain, in their order.
impl<T, D: Dto<T>, const N: usize> Dto<[T; N]> for Vec<D> {
    fn of(value: &[T; N], writing: &mut Writing<'_>) -> Self {
        value.iter().map(|item| D::of(item, writing)).collect()
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<[T; N], StoredError> {
        let items: Vec<T> = Dto::into_domain(self, reading)?;
        let other_number = |_| StoredError::damaged(format_args!("{N} of them must be there"));
        items.try_into().map_err(other_number)
    }
}

impl<T, U, D: Dto<T>, E: Dto<U>> Dto<(T, U)> for (D, E) {
    fn of((first, second): &(T, U), writing: &mut Writing<'_>) -> Self {
        (D::of(first, writing), E::of(second, writing))
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<(T, U), StoredError> {
        let (first, second) = self;
        Ok((first.into_domain(reading)?, second.into_domain(reading)?))
    }
}

impl<K: Ord + Copy, V: Copy, D: Dto<(K, V)>> Dto<BTreeMap<K, V>> for Vec<D> {
    fn of(value: &BTreeMap<K, V>, writing: &mut Writing<'_>) -> Self {
        let entries = value.iter().map(|(key, value)| (*key, *value));
        entries.map(|entry| D::of(&entry, writing)).collect()
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<BTreeMap<K, V>, StoredError> {
        self.into_iter().map(|entry| entry.into_domain(reading)).collect()
    }
}

impl<T: Ord, D: Dto<T>> Dto<BTreeSet<T>> for Vec<D> {
    fn of(value: &BTreeSet<T>, writing: &mut Writing<'_>) -> Self {
        value.iter().map(|item| D::of(item, writing)).collect()
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<BTreeSet<T>, StoredError> {
        self.into_iter().map(|item| item.into_domain(reading)).collect()
    }
}

/// What is shared in the domain is apart in its shape too.
impl<T, D: Dto<T>> Dto<Arc<T>> for Box<D> {
    fn of(value: &Arc<T>, writing: &mut Writing<'_>) -> Self {
        Self::new(D::of(value, writing))
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Arc<T>, StoredError> {
        (*self).into_domain(reading).map(Arc::new)
    }
}

impl Dto<Quote> for QuoteDto {
    fn of(value: &Quote, _: &mut Writing<'_>) -> Self {
        Self::of(value)
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Quote, StoredError> {
        reading.with_tariff(self.into_domain()?)
    }
}

impl Dto<MeterReading> for ReadingDto {
    fn of(value: &MeterReading, _: &mut Writing<'_>) -> Self {
        Self::of(value)
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<MeterReading, StoredError> {
        Ok(self.into_domain()?)
    }
}

impl Dto<Receipt> for ReceiptDto {
    fn of(value: &Receipt, _: &mut Writing<'_>) -> Self {
        Self::of(value)
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<Receipt, StoredError> {
        Ok(self.into_domain()?)
    }
}
