//! How a region's matcher works, within what can be worked with.

use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::RegionId;
use fiacre_domain::matching::Policy;
use fiacre_domain::units::Millis;
use std::error::Error;
use std::fmt;

/// Batches that follow each other faster than this would match the same few requests again and again.
const TICK_MIN: Millis = Millis::new(100);
/// A rider who is looked at less often than this waits for nothing.
const TICK_MAX: Millis = Millis::from_minutes(1);
/// Nobody reads an offer and answers it sooner.
const OFFER_EXPIRY_MIN: Millis = Millis::from_secs(1);
/// Beyond this an offer keeps its driver longer than a search may last.
const OFFER_EXPIRY_MAX: Millis = Millis::from_minutes(10);
/// More drivers than this are never asked at the same time for one trip: all but one are asked in vain.
pub const FAN_OUT_MAX: u8 = 10;

/// How requests and drivers are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matching {
    /// The exact optimum of each batch.
    Batch,
    /// Each request in turn takes its cheapest free driver.
    Greedy,
}

/// A matcher that cannot work as it is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetConfigError {
    /// Batches follow each other too fast or too slowly.
    Tick,
    /// Offers are open for too short or too long a time.
    OfferExpiry,
    /// A trip is offered to nobody, or to too many at a time.
    FanOut,
}

impl FleetConfigError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tick => "fleet_tick",
            Self::OfferExpiry => "fleet_offer_expiry",
            Self::FanOut => "fleet_fan_out",
        }
    }
}

impl fmt::Display for FleetConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to configure the matcher: ")?;
        match self {
            Self::Tick => write!(f, "between two batches lie {TICK_MIN} to {TICK_MAX}"),
            Self::OfferExpiry => write!(f, "an offer is open for {OFFER_EXPIRY_MIN} to {OFFER_EXPIRY_MAX}"),
            Self::FanOut => write!(f, "a trip is offered to 1 to {FAN_OUT_MAX} drivers at a time"),
        }
    }
}

impl Error for FleetConfigError {}

/// How a region's matcher works.
///
/// ```
/// use fiacre_domain::{geo::ServiceArea, place::Place, units::Millis};
/// use fiacre_services::fleet::{FleetConfig, FleetConfigError};
/// let area = ServiceArea::bounding(Place::from_e7(0, 0)?, Place::from_e7(10_000_000, 10_000_000)?)?;
/// let config = FleetConfig::new("manhattan".parse()?, area).with_fan_out(3)?;
/// assert_eq!((config.fan_out(), config.tick()), (3, Millis::from_secs(2)));
/// assert_eq!(config.with_fan_out(0).err(), Some(FleetConfigError::FanOut));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FleetConfig {
    region: RegionId,
    area: ServiceArea,
    policy: Policy,
    matching: Matching,
    tick: Millis,
    offer_expiry: Millis,
    fan_out: u8,
}

impl FleetConfig {
    /// In `region` over `area`: a place outside is never matched. A batch each 2 s by [`Policy::city`], one driver at a time,
    /// who has 25 s to answer.
    pub const fn new(region: RegionId, area: ServiceArea) -> Self {
        Self {
            region,
            area,
            policy: Policy::city(),
            matching: Matching::Batch,
            tick: Millis::from_secs(2),
            offer_expiry: Millis::from_secs(25),
            fan_out: 1,
        }
    }

    /// With drivers weighed like this.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With requests and drivers joined like this.
    #[must_use]
    pub const fn with_matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    /// With so much time between two batches.
    ///
    /// # Errors
    ///
    /// `FleetConfigError::Tick` below 100 ms or above a minute.
    pub fn with_tick(mut self, tick: Millis) -> Result<Self, FleetConfigError> {
        if !(TICK_MIN..=TICK_MAX).contains(&tick) {
            return Err(FleetConfigError::Tick);
        }
        self.tick = tick;
        Ok(self)
    }

    /// With so much time for a driver to think about an offer.
    ///
    /// # Errors
    ///
    /// `FleetConfigError::OfferExpiry` below a second or above ten minutes.
    pub fn with_offer_expiry(mut self, offer_expiry: Millis) -> Result<Self, FleetConfigError> {
        if !(OFFER_EXPIRY_MIN..=OFFER_EXPIRY_MAX).contains(&offer_expiry) {
            return Err(FleetConfigError::OfferExpiry);
        }
        self.offer_expiry = offer_expiry;
        Ok(self)
    }

    /// With a trip offered to so many drivers at the same time. Each batch asks one more, until so many are asked; the first who
    /// accepts gets the trip, and the other offers are withdrawn.
    ///
    /// # Errors
    ///
    /// `FleetConfigError::FanOut` for none or more than [`FAN_OUT_MAX`].
    pub fn with_fan_out(mut self, fan_out: u8) -> Result<Self, FleetConfigError> {
        if fan_out == 0 || fan_out > FAN_OUT_MAX {
            return Err(FleetConfigError::FanOut);
        }
        self.fan_out = fan_out;
        Ok(self)
    }

    /// The region.
    pub const fn region(&self) -> RegionId {
        self.region
    }

    /// Where it serves.
    pub const fn area(&self) -> &ServiceArea {
        &self.area
    }

    /// How drivers are weighed.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How requests and drivers are joined.
    pub const fn matching(&self) -> Matching {
        self.matching
    }

    /// The time between two batches.
    pub const fn tick(&self) -> Millis {
        self.tick
    }

    /// How long a driver may think about an offer.
    pub const fn offer_expiry(&self) -> Millis {
        self.offer_expiry
    }

    /// How many drivers are offered a trip at the same time.
    pub const fn fan_out(&self) -> u8 {
        self.fan_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::place::Place;

    fn config() -> FleetConfig {
        let corner = |e7| Place::from_e7(e7, e7).unwrap();
        let area = ServiceArea::bounding(corner(0), corner(10_000_000));
        FleetConfig::new("manhattan".parse().unwrap(), area.unwrap())
    }

    #[test]
    fn what_cannot_be_worked_with_is_refused_and_says_what_can() {
        for ms in [i64::MIN, 0, 99, 60_001, i64::MAX] {
            assert_eq!(
                config().with_tick(Millis::new(ms)).err(),
                Some(FleetConfigError::Tick)
            );
        }
        for ms in [i64::MIN, 0, 999, 600_001, i64::MAX] {
            let refused = config().with_offer_expiry(Millis::new(ms)).err();
            assert_eq!(refused, Some(FleetConfigError::OfferExpiry));
        }
        for fan_out in [0, FAN_OUT_MAX + 1, u8::MAX] {
            assert_eq!(
                config().with_fan_out(fan_out).err(),
                Some(FleetConfigError::FanOut)
            );
        }
        for (error, says) in [
            (FleetConfigError::Tick, "100 ms to 60000 ms"),
            (FleetConfigError::OfferExpiry, "1000 ms to 600000 ms"),
            (FleetConfigError::FanOut, "1 to 10 drivers"),
        ] {
            assert!(error.to_string().contains(says), "{error}");
            assert!(error.code().starts_with("fleet_"));
        }
    }

    #[test]
    fn the_limits_themselves_can_be_worked_with() {
        for ms in [100, 60_000] {
            assert_eq!(config().with_tick(Millis::new(ms)).unwrap().tick().get(), ms);
        }
        for ms in [1_000, 600_000] {
            assert_eq!(
                config()
                    .with_offer_expiry(Millis::new(ms))
                    .unwrap()
                    .offer_expiry()
                    .get(),
                ms
            );
        }
        for fan_out in [1, FAN_OUT_MAX] {
            assert_eq!(config().with_fan_out(fan_out).unwrap().fan_out(), fan_out);
        }
    }
}
