//! Demand: who wants to go where and when.
//!
//! [`Demand`] is what was counted: trips of Manhattan's 251 business days of 2018 by weekday, quarter-hour, pick-up and
//! drop-off zone. A [`DemandPlan`] says which part of the week to play and how hard; [`Demand::requests`] draws it.
//!
//! ```
//! use fiacre_city::demand::{Burst, Demand, DemandPlan, Multiplier};
//! use fiacre_city::manhattan::Manhattan;
//! use fiacre_domain::time::{TimeOfDay, Weekday};
//! use fiacre_domain::units::Millis;
//!
//! let (manhattan, demand) = (Manhattan::load()?, Demand::load()?);
//! let concert_ends = Burst::new("22:00".parse()?, "22:30".parse()?, Multiplier::new(3.0)?)?;
//! let plan = DemandPlan::new(Weekday::Thursday, "21:00".parse::<TimeOfDay>()?, Millis::from_minutes(120))?
//!     .with_seed(1)
//!     .with_multiplier(Multiplier::new(0.1)?)
//!     .with_burst(concert_ends)?;
//! let (drawn, expected) = (demand.requests(&manhattan, plan.clone()).count(), demand.expected_requests(&plan));
//! assert!(drawn.abs_diff(usize::try_from(expected)?) < 500, "{drawn} drawn, {expected} expected");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod plan;
mod requests;

use crate::manhattan::{Manhattan, ZONES, ZoneIndex};
use crate::table::{Reader, Table, TableError, TableFault};
pub(crate) use ahead::Ahead;
use fiacre_domain::time::TimeOfDay;
pub use plan::{Burst, BusinessDay, DemandError, DemandPlan, FACTOR_MAX, Multiplier};
pub use requests::{PARTY_SHARES, Request, Requests};

const QUARTERS: usize = 96;
const PAIRS: usize = ZONES * ZONES;
const MS_PER_QUARTER: u32 = 900_000;
const MINUTES_PER_QUARTER: u32 = 15;

/// The counted trips of a year.
#[derive(Debug, Clone)]
pub struct Demand {
    /// By weekday, then quarter of the day, then pick-up zone, then drop-off zone.
    trips: Vec<u16>,
    /// Their sums by weekday, then quarter of the day.
    trips_of_quarter: Vec<u32>,
    days: [u8; BusinessDay::COUNT],
}

impl Demand {
    /// Reads the table that is compiled in.
    ///
    /// # Errors
    ///
    /// A [`TableError`] where the table is damaged; the one that is compiled in is not.
    pub fn load() -> Result<Self, TableError> {
        Self::decode(include_bytes!("../data/demand.bin"))
    }

    /// Reads `demand.bin`.
    fn decode(file: &[u8]) -> Result<Self, TableError> {
        let mut reader = Reader::open(Table::Demand, file)?;
        let shape = reader.array::<3>()?.map(usize::from);
        if shape != [ZONES, BusinessDay::COUNT, QUARTERS] {
            return Err(reader.error(TableFault::WrongShape));
        }
        let days = reader.array()?;
        let mut totals = [0; BusinessDay::COUNT];
        for total in &mut totals {
            *total = u64::from(u32::from_le_bytes(reader.array()?));
        }
        let out_of_range = reader.error(TableFault::ValueOutOfRange);
        let mut trips = vec![0; BusinessDay::COUNT * QUARTERS * PAIRS];
        let mut grid = [0; BusinessDay::COUNT * QUARTERS];
        let mut grids = reader.grids();
        for pair in 0..PAIRS {
            grids.read(QUARTERS, &mut grid)?;
            for (cell, count) in trips.iter_mut().skip(pair).step_by(PAIRS).zip(&grid) {
                *cell = *count;
            }
        }
        grids.finish()?;
        let trips_of_quarter = trips
            .chunks(PAIRS)
            .map(|quarter| quarter.iter().copied().map(u32::from).sum())
            .collect();
        let demand = Self {
            trips,
            trips_of_quarter,
            days,
        };
        let found = BusinessDay::ALL.map(|day| demand.trips_of_year(day));
        if found == totals && !days.contains(&0) {
            Ok(demand)
        } else {
            Err(out_of_range)
        }
    }

    /// On how many business days of 2018 this weekday's trips were counted: 46 Mondays, 51, 51, 51, 52 Fridays.
    pub const fn days(&self, day: BusinessDay) -> u8 {
        self.days[day.index()]
    }

    /// All trips that were counted on this weekday.
    pub fn trips_of_year(&self, day: BusinessDay) -> u64 {
        let start = day.index() * QUARTERS;
        let quarters = &self.trips_of_quarter[start..start + QUARTERS];
        quarters.iter().copied().map(u64::from).sum()
    }

    /// The trips from zone to zone that were counted in the quarter-hour that contains `at`, on all such weekdays together.
    pub fn trips(&self, day: BusinessDay, at: TimeOfDay, pickup: ZoneIndex, dropoff: ZoneIndex) -> u16 {
        let quarter = (at.ms() / MS_PER_QUARTER) as usize;
        self.quarter(day, quarter)[pickup.get() * ZONES + dropoff.get()]
    }

    /// How many requests a run of `plan` draws on average, rounded down.
    pub fn expected_requests(&self, plan: &DemandPlan) -> u64 {
        let hazard_q32: u128 = (0..plan.minutes())
            .map(|minute| u128::from(self.hazard_q32(plan, minute)))
            .sum();
        u64::try_from(hazard_q32 >> 32).unwrap_or(u64::MAX)
    }

    /// The requests of `plan` in time order, drawn one by one as they are asked for.
    pub fn requests<'a>(&'a self, manhattan: &'a Manhattan, plan: DemandPlan) -> Requests<'a> {
        Requests::new(self, manhattan, plan)
    }

    fn quarter(&self, day: BusinessDay, quarter: usize) -> &[u16] {
        let start = (day.index() * QUARTERS + quarter) * PAIRS;
        &self.trips[start..start + PAIRS]
    }

    /// The mean number of requests in the plan's `minute`th minute, in units of 2⁻³².
    ///
    /// A minute has a fifteenth of its quarter's trips, divided by the days they were counted on, times the plan's factor.
    fn hazard_q32(&self, plan: &DemandPlan, minute: u32) -> u64 {
        let Some((day, minute_of_day)) = plan.civil(minute) else {
            return 0;
        };
        let quarter = (minute_of_day / MINUTES_PER_QUARTER) as usize;
        let trips = self.trips_of_quarter[day.index() * QUARTERS + quarter];
        let minutes_counted = u128::from(MINUTES_PER_QUARTER) * u128::from(self.days(day));
        let millionths = u128::from(trips) * u128::from(plan.factor_millionths(minute_of_day));
        u64::try_from((millionths << 32) / (minutes_counted * 1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manhattan::Zone;

    /// What `make.py` printed; `data/README.md` states the same.
    const TRIPS: [u64; 5] = [17_759_102, 21_894_508, 22_767_240, 23_446_334, 25_065_678];
    const DAYS: [u8; 5] = [46, 51, 51, 51, 52];

    #[test]
    fn the_totals_are_those_of_the_source() {
        let demand = Demand::load().unwrap();
        assert_eq!(BusinessDay::ALL.map(|day| demand.trips_of_year(day)), TRIPS);
        assert_eq!(BusinessDay::ALL.map(|day| demand.days(day)), DAYS);
        assert_eq!(demand.trips.iter().filter(|count| **count > 0).count(), 1_600_497);
        assert_eq!(demand.trips.iter().max(), Some(&2_856));
    }

    #[test]
    fn cells_of_the_source_are_found_again() {
        let demand = Demand::load().unwrap();
        // The first rows of the source's trips.csv: Monday, first quarter, from zone 4 to zones 4, 13, 24 and 41.
        let zones: Vec<u16> = Manhattan::load()
            .unwrap()
            .zones()
            .iter()
            .map(Zone::number)
            .collect();
        for (number, expected) in [(4, 15), (13, 5), (24, 2), (41, 4)] {
            let to = ZoneIndex::new(zones.iter().position(|zone| *zone == number).unwrap()).unwrap();
            let found = demand.trips(BusinessDay::Monday, TimeOfDay::MIDNIGHT, ZoneIndex::FIRST, to);
            assert_eq!(found, expected, "to zone {number}");
        }
    }

    #[test]
    fn a_damaged_table_is_refused_wherever_the_damage_is() {
        let good = include_bytes!("../data/demand.bin");
        let fault = |file: &[u8]| Demand::decode(file).map(|_| ()).map_err(|error| error.fault());
        assert_eq!(fault(good), Ok(()));
        assert_eq!(fault(&[]), Err(TableFault::Truncated));
        assert_eq!(fault(&good[..11]), Err(TableFault::Truncated));
        assert_eq!(fault(&good[..good.len() - 1]), Err(TableFault::Corrupt));
        assert_eq!(
            fault(include_bytes!("../data/speeds.bin")),
            Err(TableFault::WrongMagic)
        );
        for at in (4..good.len()).step_by(100_003) {
            let mut damaged = good.to_vec();
            damaged[at] ^= 0x10;
            assert_eq!(fault(&damaged), Err(TableFault::Corrupt), "byte {at}");
        }
    }
}
