//! What was decided about each driver who was considered for a trip, and why.
//!
//! ```
//! use fiacre_domain::id::{DriverId, TripId};
//! use fiacre_domain::matching::{Outcome, Terms, Verdict, Verdicts};
//! let terms = Terms { travel_ms: 240_000, waiting_ms: -30_000, idle_ms: -60_000, acceptance_ms: 0, heading_ms: 5_000 };
//! let verdicts = Verdicts::new([
//!     Verdict::new(DriverId::from_u128(1), Outcome::Chosen { terms }),
//!     Verdict::new(DriverId::from_u128(2), Outcome::Busy),
//! ]);
//! assert_eq!(terms.cost_ms(), 155_000);
//! assert_eq!(verdicts.listed().len(), 2);
//! assert!(verdicts.rest().is_empty());
//! ```

use super::packed;
use crate::canonical::{Canonical, CanonicalBytes};
use crate::id::{DriverId, TripId};
use crate::{canonical_enum, canonical_struct};
use std::fmt;

/// The parts of what it costs to send a driver to a rider, in milliseconds of travel to the pick-up; their sum is the
/// cost that an assignment minimises. A [`Policy`](super) says how each is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Terms {
    /// Estimated travel time to the pick-up.
    pub travel_ms: i32,
    /// For how long the rider waits already; zero or negative, so that those who wait longest go first.
    pub waiting_ms: i32,
    /// For how long the driver is idle; zero or negative, so that rides are shared out.
    pub idle_ms: i32,
    /// What an offer that may be declined costs; zero or positive.
    pub acceptance_ms: i32,
    /// What turning round costs a driver who moves away from the pick-up; zero or positive.
    pub heading_ms: i32,
}
canonical_struct!(Terms {
    travel_ms,
    waiting_ms,
    idle_ms,
    acceptance_ms,
    heading_ms
});

impl Terms {
    /// The sum of all terms.
    pub const fn cost_ms(&self) -> i64 {
        let Self {
            travel_ms,
            waiting_ms,
            idle_ms,
            acceptance_ms,
            heading_ms,
        } = *self;
        travel_ms as i64 + waiting_ms as i64 + idle_ms as i64 + acceptance_ms as i64 + heading_ms as i64
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cost {} ms = travel {} + waiting {} + idle {} + acceptance {} + heading {}",
            self.cost_ms(),
            self.travel_ms,
            self.waiting_ms,
            self.idle_ms,
            self.acceptance_ms,
            self.heading_ms
        )
    }
}

/// What became of one driver for one trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Gets the offer.
    Chosen {
        /// What this pairing costs.
        terms: Terms,
    },
    /// Would have done, but went to another trip: in a batch, where they save more.
    Lost {
        /// What this pairing would have cost.
        terms: Terms,
        /// The trip that got the driver.
        to: TripId,
        /// By how much this pairing would have made the whole decision dearer; see [`Verdict::excess_ms`].
        by_ms: i64,
    },
    /// Would have done and stayed free: another driver, or waiting for one, was better for this trip.
    Dearer {
        /// What this pairing would have cost.
        terms: Terms,
        /// By how much this pairing would have made the whole decision dearer; see [`Verdict::excess_ms`].
        by_ms: i64,
    },
    /// Has a trip or an offer in hand.
    Busy,
    /// Was last heard of too long ago, or has a clock too far ahead.
    StaleLocation {
        /// Age of the last sample by the device's clock; negative where it is ahead.
        age_ms: i64,
    },
    /// Lacks seats or a feature that the trip requires.
    WrongCapability,
    /// Declined this trip, let its offer expire, or was withdrawn from it.
    Declined,
    /// Would need longer than the policy's limit to the pick-up.
    TooFar {
        /// Estimated travel time to the pick-up.
        travel_ms: i64,
    },
}
canonical_enum!(Outcome {
    0 = Chosen { terms },
    1 = Lost { terms, to, by_ms },
    2 = Dearer { terms, by_ms },
    3 = Busy,
    4 = StaleLocation { age_ms },
    5 = WrongCapability,
    6 = Declined,
    7 = TooFar { travel_ms }
});

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen { terms } => write!(f, "chosen: {terms}"),
            Self::Lost { terms, to, by_ms } => write!(f, "lost to trip {to} by {by_ms} ms: {terms}"),
            Self::Dearer { terms, by_ms } => write!(f, "too dear by {by_ms} ms: {terms}"),
            Self::Busy => f.write_str("busy"),
            Self::StaleLocation { age_ms } => write!(f, "stale location: {age_ms} ms old"),
            Self::WrongCapability => f.write_str("lacks what the trip requires"),
            Self::Declined => f.write_str("declined this trip before"),
            Self::TooFar { travel_ms } => write!(f, "too far: {travel_ms} ms to the pick-up"),
        }
    }
}

/// One driver's [`Outcome`] for one trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Verdict {
    driver: DriverId,
    outcome: Outcome,
}
canonical_struct!(Verdict { driver, outcome });

impl Verdict {
    /// `outcome` of `driver`.
    pub const fn new(driver: DriverId, outcome: Outcome) -> Self {
        Self { driver, outcome }
    }

    /// The driver considered.
    pub const fn driver(&self) -> DriverId {
        self.driver
    }

    /// What became of them.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// By how much a driver who could take the trip missed it: zero for who was chosen, `None` for who could not.
    ///
    /// It is what the decision costs at the least if this pair is insisted on and everyone else is seated anew, less what it
    /// does cost; a trip without a driver costs the policy's unassigned cost. Exact, in milliseconds of travel to the pick-up.
    /// Never negative. In a [`Batch`](super::Batch) the decision is the whole batch, and 0 is a tie. Of a trip that was decided
    /// alone ([`Candidates::verdicts`](super::Candidates::verdicts)) it is that trip, and 0 also of a cheaper driver who was
    /// passed over.
    pub const fn excess_ms(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Chosen { .. } => Some(0),
            Outcome::Lost { by_ms, .. } | Outcome::Dearer { by_ms, .. } => Some(by_ms),
            Outcome::Busy
            | Outcome::StaleLocation { .. }
            | Outcome::WrongCapability
            | Outcome::Declined
            | Outcome::TooFar { .. } => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "driver {}: {}", self.driver, self.outcome)
    }
}

/// Makes the counts of a list that says once which [`Outcome`] each of them is of, and how it is told.
macro_rules! verdict_counts {
    ($($count:ident: $outcome:pat => $word:literal,)+) => {
        /// How many drivers had each [`Outcome`], in the order of its variants.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct VerdictCounts {
            $(
                #[doc = concat!("Drivers of [`", stringify!($outcome), "`](Outcome).")]
                pub $count: u32,
            )+
        }
        canonical_struct!(VerdictCounts { $($count),+ });

        impl VerdictCounts {
            /// Nobody yet.
            pub const NONE: Self = Self { $($count: 0),+ };

            /// The counts, in the order of outcomes.
            pub const fn to_array(self) -> [u32; Self::KINDS] {
                let Self { $($count),+ } = self;
                [$($count),+]
            }

            /// From the counts in the order of outcomes.
            pub const fn from_array([$($count),+]: [u32; Self::KINDS]) -> Self {
                Self { $($count),+ }
            }

            /// Counts one more driver; a count stays at its limit.
            pub const fn add(&mut self, outcome: &Outcome) {
                let count = match outcome {
                    $($outcome => &mut self.$count,)+
                };
                *count = count.saturating_add(1);
            }
        }

        /// Every count with its word: `2 chosen, 0 lost`.
        impl fmt::Display for VerdictCounts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words = [$($word),+];
                for (place, (count, word)) in self.to_array().into_iter().zip(words).enumerate() {
                    let separator = if place == 0 { "" } else { ", " };
                    write!(f, "{separator}{count} {word}")?;
                }
                Ok(())
            }
        }
    };
}

verdict_counts! {
    chosen: Outcome::Chosen { .. } => "chosen",
    lost: Outcome::Lost { .. } => "lost",
    dearer: Outcome::Dearer { .. } => "too dear",
    busy: Outcome::Busy => "busy",
    stale_location: Outcome::StaleLocation { .. } => "stale",
    wrong_capability: Outcome::WrongCapability => "lacking",
    declined: Outcome::Declined => "declined",
    too_far: Outcome::TooFar { .. } => "too far",
}

impl VerdictCounts {
    /// How many outcomes there are.
    pub const KINDS: usize = 8;

    /// Whether nobody was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
}

/// The verdicts of one trip in the compact form that an offer carries: the first eight, and counts of the rest.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Verdicts {
    packed: Box<[u8]>,
}

impl Canonical for Verdicts {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.listed().write_canonical(out);
        self.rest().write_canonical(out);
    }
}

impl fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdicts")
            .field("listed", &self.listed())
            .field("rest", &self.rest())
            .finish()
    }
}

impl Verdicts {
    /// How many verdicts are listed at most.
    pub const LISTED_MAX: usize = 8;

    /// Lists the first [`Verdicts::LISTED_MAX`] verdicts and counts the others.
    pub fn new(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        Self::with_rest(verdicts, VerdictCounts::NONE)
    }

    /// The same, beside a `rest` of drivers who are counted already.
    pub fn with_rest(verdicts: impl IntoIterator<Item = Verdict>, mut rest: VerdictCounts) -> Self {
        let mut all = verdicts.into_iter();
        let listed = listed(all.by_ref().take(Self::LISTED_MAX));
        for verdict in all {
            rest.add(&verdict.outcome);
        }
        Self {
            packed: packed::pack(listed, rest),
        }
    }

    /// The verdicts listed, at most eight.
    pub fn listed(&self) -> Vec<Verdict> {
        listed(packed::unpack(&self.packed).0)
    }

    /// How many more drivers had each outcome.
    pub fn rest(&self) -> VerdictCounts {
        packed::unpack(&self.packed).1
    }
}

/// Nobody knows how many there are before the last: room for the most that there can be is taken once.
fn listed(verdicts: impl Iterator<Item = Verdict>) -> Vec<Verdict> {
    let mut listed = Vec::with_capacity(Verdicts::LISTED_MAX);
    listed.extend(verdicts);
    listed
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (listed, rest) = packed::unpack(&self.packed);
        for verdict in listed {
            writeln!(f, "{verdict}")?;
        }
        if rest.is_empty() {
            return Ok(());
        }
        write!(f, "and {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_are_listed_and_the_rest_is_counted() {
        let verdicts = Verdicts::new((0..20).map(|n| {
            let outcome = if n % 2 == 0 {
                Outcome::Busy
            } else {
                Outcome::Declined
            };
            Verdict::new(DriverId::from_u128(n), outcome)
        }));
        assert_eq!(verdicts.listed().len(), Verdicts::LISTED_MAX);
        let rest = verdicts.rest();
        assert_eq!((rest.busy, rest.declined, rest.lost), (6, 6, 0));
    }
}
