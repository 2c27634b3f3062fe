//! Values that events of several aggregates hold.

use super::dto::{Dto, stored_names, stored_struct};
use super::error::StoredError;
use super::personal::{Reading, Writing};
use crate::text::Text;
use fiacre_domain::driver::Fence;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::requirements::{Capabilities, Feature, FeatureSet, Requirements};
use fiacre_domain::trip::{DeviceFact, MoneyOutcome};
use serde::{Deserialize, Serialize};

stored_struct!(
    FenceDto = Fence {
        epoch: u32,
        count: u32
    }
);

stored_struct!(
    DeviceFactDto = DeviceFact {
        #[serde(rename = "occurred_at_ms")]
        occurred_at: i64,
        sequence: u32,
    }
);

stored_struct!(MoneyOutcomeDto = MoneyOutcome {
    #[serde(deserialize_with = "crate::present::present")]
    currency: Option<Text<Currency>>,
    captured_minor: i64,
    debt_minor: i64,
    cash_minor: i64,
});

stored_names!(
    FeatureDto = Feature {
        Wheelchair,
        Luggage,
        ChildSeat,
        Pet
    }
);

/// An amount in minor units.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyDto {
    minor: i64,
    currency: Text<Currency>,
}

impl Dto<Money> for MoneyDto {
    fn of(value: &Money, _: &mut Writing<'_>) -> Self {
        Self {
            minor: value.minor(),
            currency: Text::new(value.currency()),
        }
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<Money, StoredError> {
        let Self { minor, currency } = self;
        let currency = currency
            .value()
            .map_err(|why| StoredError::damaged(why).within("currency"))?;
        Ok(Money::new(minor, currency))
    }
}

/// Seats and features, as needed or as offered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeatingDto {
    seats: u8,
    features: Vec<FeatureDto>,
}

impl SeatingDto {
    fn new(seats: u8, features: FeatureSet, writing: &mut Writing<'_>) -> Self {
        Self {
            seats,
            features: features
                .iter()
                .map(|feature| Dto::of(&feature, writing))
                .collect(),
        }
    }

    /// The seats, and the features that each are there once.
    fn read(self, reading: &Reading<'_>) -> Result<(u8, Vec<Feature>), StoredError> {
        let features = self.features.into_iter();
        let features = features.map(|feature| feature.into_domain(reading));
        Ok((self.seats, features.collect::<Result<_, _>>()?))
    }
}

impl Dto<Requirements> for SeatingDto {
    fn of(value: &Requirements, writing: &mut Writing<'_>) -> Self {
        Self::new(value.seats(), value.features(), writing)
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Requirements, StoredError> {
        let (seats, features) = self.read(reading)?;
        let seats = Requirements::new(seats).map_err(StoredError::damaged)?;
        Ok(features.into_iter().fold(seats, Requirements::with))
    }
}

impl Dto<Capabilities> for SeatingDto {
    fn of(value: &Capabilities, writing: &mut Writing<'_>) -> Self {
        Self::new(value.seats(), value.features(), writing)
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Capabilities, StoredError> {
        let (seats, features) = self.read(reading)?;
        // Without a seat nothing is known of the vehicle.
        let seats = Capabilities::new(seats).unwrap_or(Capabilities::UNKNOWN);
        Ok(features.into_iter().fold(seats, Capabilities::with))
    }
}
