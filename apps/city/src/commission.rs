//! What the platform keeps of a fare, where the tariff does not say.
//!
//! Taxi tariffs set what riders pay and know no platform. For them the city takes [`SHARE`] of the driver's lines, so that
//! the day's books show where the money went: an assumption in the range that ride-hailing companies have published.
//!
//! ```
//! use fiacre_city::commission;
//! use fiacre_domain::pricing::PayPolicy;
//! use std::sync::Arc;
//!
//! let tariff = commission::taken(&Arc::new(fiacre_tariffs::built_in("nyc-2018")?))?;
//! assert_eq!(*tariff.pay(), PayPolicy::commission(1, commission::SHARE)?);
//! assert_eq!(tariff.id().as_str(), "nyc-2018.c20", "not what was published");
//! assert_eq!(commission::taken(&tariff)?, tariff);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use fiacre_domain::id::{TARIFF_NAME_LENGTH_MAX, TariffId};
use fiacre_domain::pricing::{PayPolicy, Tariff, TariffError};
use fiacre_domain::units::BasisPoints;
use std::sync::Arc;

/// The share of what the driver earns: 20%.
pub const SHARE: BasisPoints = BasisPoints::new(2_000);
/// The version of the pay policy.
const VERSION: u32 = 1;

/// How the name of a tariff with the city's commission ends: it is not the published one.
const SUFFIX: &str = ".c20";

/// Why a tariff gets no commission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommissionError {
    /// The tariff cannot be paid by.
    #[error(transparent)]
    Tariff(#[from] TariffError),
    /// There is no room for what the name must end with.
    #[error(
        "failed to name the tariff with the city's commission: {0}{SUFFIX} is longer than {TARIFF_NAME_LENGTH_MAX} characters; \
         shorten its id, or say in the tariff what drivers are paid"
    )]
    NameTooLong(TariffId),
}

impl CommissionError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Tariff(error) => error.code(),
            Self::NameTooLong(_) => "commission_name_too_long",
        }
    }
}

/// The tariff with a pay policy: its own, or a commission of [`SHARE`] under a name that ends with `.c20`.
///
/// # Errors
///
/// `CommissionError::NameTooLong` where there is no room for the suffix, `CommissionError::Tariff` where the tariff cannot be paid
/// by.
pub fn taken(tariff: &Arc<Tariff>) -> Result<Arc<Tariff>, CommissionError> {
    if *tariff.pay() != PayPolicy::NO_COMMISSION {
        return Ok(Arc::clone(tariff));
    }
    let pay = PayPolicy::commission(VERSION, SHARE)?;
    let published = tariff.id();
    let id = format!("{published}{SUFFIX}")
        .parse()
        .map_err(|_| CommissionError::NameTooLong(published))?;
    Ok(Arc::new(Tariff::clone(tariff).with_pay(pay).with_id(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> Result<Arc<Tariff>, CommissionError> {
        let tariff = fiacre_tariffs::built_in("bengaluru-auto").unwrap();
        taken(&Arc::new(tariff.with_id(id.parse().unwrap())))
    }

    #[test]
    fn every_published_name_has_room_for_its_end_and_one_with_pay_needs_none() {
        for name in fiacre_tariffs::built_in_names() {
            let tariff = Arc::new(fiacre_tariffs::built_in(name).unwrap());
            let ends_with_it = taken(&tariff).unwrap().id().as_str() == format!("{}{SUFFIX}", tariff.id());
            assert_eq!(ends_with_it, *tariff.pay() == PayPolicy::NO_COMMISSION, "{name}");
        }
    }

    #[test]
    fn a_name_is_never_cut() {
        assert_eq!(
            named("eighteen-letters-a").unwrap().id().as_str(),
            "eighteen-letters-a.c20"
        );
        let refused = named("nineteen-letters-ab").unwrap_err();
        assert_eq!(refused.code(), "commission_name_too_long");
        assert!(
            refused.to_string().contains("nineteen-letters-ab.c20"),
            "{refused}"
        );
    }
}
