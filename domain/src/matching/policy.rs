//! How a region weighs drivers against riders.

use super::StraightLine;
use crate::units::{BasisPoints, Millis};
use std::fmt;

/// No term and no limit exceeds a day, so that any sum of terms fits in 32 bits.
pub(super) const TERM_MS_MAX: i32 = 86_400_000;
const NEAREST_MAX: u16 = 1_024;

/// Why a policy could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// A time below zero or above a day.
    TimeOutOfRange,
    /// No driver, or more than 1,024, to be considered for a request.
    NearestOutOfRange,
    /// A share below zero or above the whole.
    ShareOutOfRange,
}

impl PolicyError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimeOutOfRange => "policy_time_out_of_range",
            Self::NearestOutOfRange => "policy_nearest_out_of_range",
            Self::ShareOutOfRange => "policy_share_out_of_range",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimeOutOfRange => {
                "failed to set the matching policy: times lie between 0 and 86,400,000 ms"
            }
            Self::NearestOutOfRange => {
                "failed to set the matching policy: consider 1 to 1,024 drivers a request"
            }
            Self::ShareOutOfRange => "failed to set the matching policy: shares lie between 0 and 10,000 bp",
        })
    }
}

impl std::error::Error for PolicyError {}

/// How the time that someone waits already lowers a cost: a share of it, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeCredit {
    share: BasisPoints,
    ms_max: i32,
}

impl AgeCredit {
    /// Age counts for nothing.
    pub const NONE: Self = Self {
        share: BasisPoints::ZERO,
        ms_max: 0,
    };

    /// `share` of the age, 0 to the whole; the credit is at most `limit`.
    ///
    /// # Errors
    ///
    /// `PolicyError::ShareOutOfRange` where `share` is not 0 to the whole, `TimeOutOfRange` where `limit` is below zero
    /// or too long to be weighed.
    pub fn new(share: BasisPoints, limit: Millis) -> Result<Self, PolicyError> {
        if share < BasisPoints::ZERO || share > BasisPoints::ONE {
            return Err(PolicyError::ShareOutOfRange);
        }
        Ok(Self {
            share,
            ms_max: term_ms(limit)?,
        })
    }

    /// The share of the age that is credited.
    pub const fn share(&self) -> BasisPoints {
        self.share
    }

    /// The most that is credited, in milliseconds.
    pub const fn ms_max(&self) -> i32 {
        self.ms_max
    }
}

/// What an assignment minimises, and whom it may consider. All terms are milliseconds of travel to the pick-up.
///
/// ```
/// use fiacre_domain::matching::{AgeCredit, Policy};
/// use fiacre_domain::units::{BasisPoints, Millis};
/// let policy = Policy::city()
///     .with_nearest(8)?
///     .with_pick_up_limit(Millis::from_minutes(12))?
///     .with_idle_credit(AgeCredit::new(BasisPoints::new(500), Millis::from_minutes(2))?);
/// assert_eq!(policy.nearest(), 8);
/// # Ok::<(), fiacre_domain::matching::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policy {
    route: StraightLine,
    nearest: u16,
    pick_up_ms_max: i32,
    stale_ms: i32,
    unassigned_ms: i32,
    waiting: AgeCredit,
    idle: AgeCredit,
    decline_ms: i32,
    turn_ms: i32,
}

/// Checks a time and narrows it.
fn term_ms(time: Millis) -> Result<i32, PolicyError> {
    match i32::try_from(time.get()) {
        Ok(ms @ 0..=TERM_MS_MAX) => Ok(ms),
        Ok(_) | Err(_) => Err(PolicyError::TimeOutOfRange),
    }
}

impl Policy {
    /// Values for a dense city: the 16 nearest drivers, at most 15 minutes away, heard of within the last 30 s;
    /// travel time alone counts, but that a rider's wait is credited in full up to 10 minutes and a driver's idle time by
    /// 5% up to 1 minute; staying unassigned costs 30 minutes.
    ///
    /// Neither headings nor acceptance are weighed. A heading is worth what the region's phones report of it: where they do,
    /// give it with [`Sample::with_heading_degrees`](super::Sample::with_heading_degrees) and weigh it by
    /// [`with_turn_cost`](Self::with_turn_cost). No service counts how many offers a driver accepts, and whether that may be
    /// held against drivers is for the operator to say: who keeps a [`Supply`](super::Supply) of their own may tell it by
    /// [`set_acceptance`](super::Supply::set_acceptance) and weigh it by [`with_decline_cost`](Self::with_decline_cost).
    pub const fn city() -> Self {
        Self {
            route: StraightLine::CITY,
            nearest: 16,
            pick_up_ms_max: 900_000,
            stale_ms: 30_000,
            unassigned_ms: 1_800_000,
            waiting: AgeCredit {
                share: BasisPoints::ONE,
                ms_max: 600_000,
            },
            idle: AgeCredit {
                share: BasisPoints::new(500),
                ms_max: 60_000,
            },
            decline_ms: 0,
            turn_ms: 0,
        }
    }

    /// The estimate of travel time that serves where no other is given.
    #[must_use]
    pub const fn with_route(mut self, route: StraightLine) -> Self {
        self.route = route;
        self
    }

    /// How many drivers are considered for a request, nearest first: 1 to 1,024.
    ///
    /// # Errors
    ///
    /// `PolicyError::NearestOutOfRange` beyond those.
    pub const fn with_nearest(mut self, nearest: u16) -> Result<Self, PolicyError> {
        if nearest == 0 || nearest > NEAREST_MAX {
            return Err(PolicyError::NearestOutOfRange);
        }
        self.nearest = nearest;
        Ok(self)
    }

    /// The longest travel to a pick-up.
    ///
    /// # Errors
    ///
    /// `PolicyError::TimeOutOfRange` where it is below zero or too long to be weighed.
    pub fn with_pick_up_limit(mut self, limit: Millis) -> Result<Self, PolicyError> {
        self.pick_up_ms_max = term_ms(limit)?;
        Ok(self)
    }

    /// The age from which a location is stale. A device clock that is ahead by more is not believed either.
    ///
    /// # Errors
    ///
    /// `PolicyError::TimeOutOfRange` where it is below zero or too long to be weighed.
    pub fn with_stale_limit(mut self, limit: Millis) -> Result<Self, PolicyError> {
        self.stale_ms = term_ms(limit)?;
        Ok(self)
    }

    /// What leaving a rider without a driver costs, this time: a pairing that costs as much or more is not made.
    ///
    /// # Errors
    ///
    /// `PolicyError::TimeOutOfRange` where it is below zero or too long to be weighed.
    pub fn with_unassigned_cost(mut self, cost: Millis) -> Result<Self, PolicyError> {
        self.unassigned_ms = term_ms(cost)?;
        Ok(self)
    }

    /// What a rider's wait is worth. It is the same for all drivers, so it decides who goes first when drivers are few.
    #[must_use]
    pub const fn with_waiting_credit(mut self, credit: AgeCredit) -> Self {
        self.waiting = credit;
        self
    }

    /// What a driver's idle time is worth. It trades longer pick-ups for an even share of rides.
    #[must_use]
    pub const fn with_idle_credit(mut self, credit: AgeCredit) -> Self {
        self.idle = credit;
        self
    }

    /// What an offer costs that is certain to be declined; a driver's share of declined offers counts that much of it.
    ///
    /// # Errors
    ///
    /// `PolicyError::TimeOutOfRange` where it is below zero or too long to be weighed.
    pub fn with_decline_cost(mut self, cost: Millis) -> Result<Self, PolicyError> {
        self.decline_ms = term_ms(cost)?;
        Ok(self)
    }

    /// What it costs to send a driver the opposite way to where they are heading; other angles in proportion to
    /// (1 − cos angle) / 2.
    ///
    /// # Errors
    ///
    /// `PolicyError::TimeOutOfRange` where it is below zero or too long to be weighed.
    pub fn with_turn_cost(mut self, cost: Millis) -> Result<Self, PolicyError> {
        self.turn_ms = term_ms(cost)?;
        Ok(self)
    }

    /// The estimate of travel time that serves where no other is given.
    pub const fn route(&self) -> &StraightLine {
        &self.route
    }

    /// How many drivers are considered for a request.
    pub const fn nearest(&self) -> u16 {
        self.nearest
    }

    /// The longest travel to a pick-up, in milliseconds.
    pub const fn pick_up_ms_max(&self) -> i32 {
        self.pick_up_ms_max
    }

    /// The age from which a location is stale, in milliseconds.
    pub const fn stale_ms(&self) -> i32 {
        self.stale_ms
    }

    /// What leaving a rider without a driver costs, in milliseconds.
    pub const fn unassigned_ms(&self) -> i32 {
        self.unassigned_ms
    }

    /// What a rider's wait is worth.
    pub const fn waiting(&self) -> AgeCredit {
        self.waiting
    }

    /// What a driver's idle time is worth.
    pub const fn idle(&self) -> AgeCredit {
        self.idle
    }

    /// What a certain decline costs, in milliseconds.
    pub const fn decline_ms(&self) -> i32 {
        self.decline_ms
    }

    /// What turning back costs, in milliseconds.
    pub const fn turn_ms(&self) -> i32 {
        self.turn_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_refused() {
        let policy = Policy::city();
        assert_eq!(policy.with_nearest(0), Err(PolicyError::NearestOutOfRange));
        assert_eq!(policy.with_nearest(1_025), Err(PolicyError::NearestOutOfRange));
        for wrong in [-1, 86_400_001, i64::MIN, i64::MAX] {
            let wrong = Millis::new(wrong);
            let refused = Err(PolicyError::TimeOutOfRange);
            assert_eq!(policy.with_pick_up_limit(wrong), refused);
            assert_eq!(policy.with_stale_limit(wrong), refused);
            assert_eq!(policy.with_unassigned_cost(wrong), refused);
            assert_eq!(policy.with_decline_cost(wrong), refused);
            assert_eq!(policy.with_turn_cost(wrong), refused);
            assert!(AgeCredit::new(BasisPoints::ONE, wrong).is_err());
        }
        for wrong in [-1, 10_001] {
            assert_eq!(
                AgeCredit::new(BasisPoints::new(wrong), Millis::ZERO),
                Err(PolicyError::ShareOutOfRange)
            );
        }
    }
}
