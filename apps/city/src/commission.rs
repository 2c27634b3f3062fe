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

use fiacre_domain::id::TariffId;
use fiacre_domain::pricing::{PayPolicy, Tariff, TariffError};
use fiacre_domain::units::BasisPoints;
use std::sync::Arc;

/// The share of what the driver earns: 20%.
pub const SHARE: BasisPoints = BasisPoints::new(2_000);
/// The version of the pay policy.
const VERSION: u32 = 1;

/// The tariff with a pay policy: its own, or a commission of [`SHARE`].
pub fn taken(tariff: &Arc<Tariff>) -> Result<Arc<Tariff>, TariffError> {
    if *tariff.pay() != PayPolicy::NO_COMMISSION {
        return Ok(Arc::clone(tariff));
    }
    let pay = PayPolicy::commission(VERSION, SHARE)?;
    let changed = Tariff::clone(tariff).with_pay(pay);
    Ok(Arc::new(match name_of(tariff.id()) {
        Some(id) => changed.with_id(id),
        None => changed,
    }))
}

/// The published name, cut to fit, and what was changed: a tariff with a commission is not the published one.
fn name_of(published: TariffId) -> Option<TariffId> {
    let name: String = published.as_str().chars().take(11).collect();
    format!("{name}.c20").parse().ok()
}
