//! How large a platform is played on.

use crate::demand::Multiplier;
use fiacre_ports::{Prefetch, ShardError};
use fiacre_services::composition::Composition;
use fiacre_services::fleet::FleetConfig;

/// How many times the counted demand one process of each kind is meant to serve. It keeps up with three times as much; what is
/// beyond is for hours in which more is asked for than was thought.
pub const DEMAND_PER_PROCESS: u16 = 8;

/// How many open trips one process of each kind is meant to serve: those of [`DEMAND_PER_PROCESS`] times the counted demand, of
/// which each holds some 5,000 at Manhattan's busiest.
pub const OPEN_PER_PROCESS: u32 = 40_000;

/// How many processes of each kind the platform has, and how much each takes at a time.
///
/// ```
/// use fiacre_city::capacity::Capacity;
/// use fiacre_city::demand::Multiplier;
///
/// let for_demand = |demand| Multiplier::new(demand).map(Capacity::for_demand);
/// assert_eq!(for_demand(8.0)?, Capacity::ONE);
/// assert_eq!(for_demand(100.0)?.times(), 13);
/// assert_eq!(Capacity::for_open(40_001).times(), 2);
/// # Ok::<(), fiacre_city::demand::DemandError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    times: u16,
    batch: u16,
}

impl Capacity {
    /// One process of each kind, but for those that call the payment company.
    pub const ONE: Self = Self { times: 1, batch: 256 };

    /// As many as serve so many times the counted demand.
    pub fn for_demand(demand: Multiplier) -> Self {
        Self::of_times(
            demand
                .millionths()
                .div_ceil(u64::from(DEMAND_PER_PROCESS) * 1_000_000),
        )
    }

    /// As many as bring so many open trips to their end, where nobody asks for more.
    pub fn for_open(trips: u64) -> Self {
        Self::of_times(trips.div_ceil(u64::from(OPEN_PER_PROCESS)))
    }

    fn of_times(times: u64) -> Self {
        Self {
            times: u16::try_from(times).unwrap_or(u16::MAX).max(1),
            ..Self::ONE
        }
    }

    /// Where each process takes at most so many messages, commits or timers at a time, at least one: 256 unless told.
    #[must_use]
    pub const fn with_batch(self, batch: u16) -> Self {
        Self {
            batch: if batch == 0 { 1 } else { batch },
            ..self
        }
    }

    /// How many times one process of each kind it is.
    pub const fn times(self) -> u16 {
        self.times
    }

    /// The processes, on a store of this epoch.
    pub(crate) fn composition(self, fleet: FleetConfig, epoch: u32) -> Result<Composition, ShardError> {
        let mut one = Composition::new(fleet);
        one.setting.epoch = epoch;
        let matcher_prefetch = Prefetch(one.matcher_prefetch.0.min(self.batch));
        Composition {
            prefetch: Prefetch(self.batch),
            matcher_prefetch,
            batch_max: usize::from(self.batch),
            ..one
        }
        .times(self.times)
    }
}
