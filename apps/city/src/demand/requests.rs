//! Drawing requests: a Poisson stream whose rate is the counted one.
//!
//! Each minute has a random generator of its own, keyed by seed, weekday and minute of day. So a run's part from 18:00 to 19:00
//! is the same whether it began at 18:00 or at midnight, a burst changes nothing outside its minutes, and nothing before or
//! after the current request is kept in memory. Starting each minute afresh is exact: a Poisson stream has no memory.
//!
//! Within a minute, gaps are exponential in units of the expected count ("hazard"), so only integers are needed: request n
//! comes where the sum of n gaps stands within the minute's hazard.

use super::{BusinessDay, Demand, DemandPlan, MINUTES_PER_QUARTER, PAIRS};
use crate::manhattan::{Manhattan, ZONES, ZoneIndex};
use crate::random::Random;
use fiacre_domain::place::Place;
use fiacre_domain::units::Millis;

const MS_PER_MINUTE: u64 = 60_000;

/// How many in a hundred requests are for parties of one, two, three and four.
///
/// An assumption: the data does not count passengers. It leans on what New York's taxi records look like (about seven in ten
/// trips have one passenger) and stays within the four seats of an ordinary cab.
pub const PARTY_SHARES: [u64; 4] = [72, 17, 6, 5];

/// Somebody asks for a ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    at: Millis,
    pickup: Place,
    dropoff: Place,
    pickup_zone: ZoneIndex,
    dropoff_zone: ZoneIndex,
    party: u8,
}

impl Request {
    /// When, in milliseconds since the midnight before the run's start: 86,400,000 and more on the days after.
    pub const fn at(&self) -> Millis {
        self.at
    }

    /// From where.
    pub const fn pickup(&self) -> Place {
        self.pickup
    }

    /// To where.
    pub const fn dropoff(&self) -> Place {
        self.dropoff
    }

    /// The zone of the pick-up.
    pub const fn pickup_zone(&self) -> ZoneIndex {
        self.pickup_zone
    }

    /// The zone of the drop-off.
    pub const fn dropoff_zone(&self) -> ZoneIndex {
        self.dropoff_zone
    }

    /// How many ride, 1 to 4.
    pub const fn party(&self) -> u8 {
        self.party
    }
}

/// The requests of a plan in time order. An iterator that draws each when it is asked for; its memory does not grow.
#[derive(Debug, Clone)]
pub struct Requests<'a> {
    demand: &'a Demand,
    manhattan: &'a Manhattan,
    plan: DemandPlan,
    /// The minute after the current one, counted from the plan's start.
    next_minute: u32,
    minute_start_ms: u64,
    hazard_q32: u64,
    passed_q32: u64,
    random: Random,
    quarter: Option<(BusinessDay, u32)>,
    /// The current quarter's trips, summed up to and including each pair of zones.
    cumulative: Vec<u32>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(demand: &'a Demand, manhattan: &'a Manhattan, plan: DemandPlan) -> Self {
        Self {
            demand,
            manhattan,
            random: Random::new(plan.seed()),
            plan,
            next_minute: 0,
            minute_start_ms: 0,
            hazard_q32: 0,
            passed_q32: 0,
            quarter: None,
            cumulative: Vec::with_capacity(PAIRS),
        }
    }

    /// Begins the next minute; `None` after the last.
    fn begin_minute(&mut self) -> Option<()> {
        if self.next_minute >= self.plan.minutes() {
            return None;
        }
        let (day, minute_of_day) = self.plan.civil(self.next_minute)?;
        let quarter = (day, minute_of_day / MINUTES_PER_QUARTER);
        if self.quarter != Some(quarter) {
            self.quarter = Some(quarter);
            self.sum_up(day, quarter.1);
        }
        self.minute_start_ms =
            self.plan.start().get().unsigned_abs() + u64::from(self.next_minute) * MS_PER_MINUTE;
        self.hazard_q32 = self.demand.hazard_q32(&self.plan, self.next_minute);
        self.passed_q32 = 0;
        self.random = Random::keyed(self.plan.seed(), &[day.index() as u64, u64::from(minute_of_day)]);
        self.next_minute += 1;
        Some(())
    }

    fn sum_up(&mut self, day: BusinessDay, quarter: u32) {
        let counts = self.demand.quarter(day, quarter as usize);
        self.cumulative.clear();
        self.cumulative.extend(counts.iter().scan(0, |sum, count| {
            *sum += u32::from(*count);
            Some(*sum)
        }));
    }

    /// A pair of zones, each as likely as its share of the quarter's trips.
    fn draw_zones(&mut self) -> Option<(ZoneIndex, ZoneIndex)> {
        let total = u64::from(*self.cumulative.last()?);
        let drawn = self.random.below(total);
        let pair = self.cumulative.partition_point(|sum| u64::from(*sum) <= drawn);
        ZoneIndex::new(pair / ZONES).zip(ZoneIndex::new(pair % ZONES))
    }

    fn draw_party(&mut self) -> u8 {
        let mut drawn = self.random.below(PARTY_SHARES.iter().sum());
        for (share, party) in PARTY_SHARES.into_iter().zip(1..) {
            if drawn < share {
                return party;
            }
            drawn -= share;
        }
        1
    }

    /// The offset within the minute of a request at `passed_q32` of its hazard.
    fn offset_ms(&self) -> u64 {
        let scaled = u128::from(self.passed_q32) * u128::from(MS_PER_MINUTE);
        scaled
            .checked_div(u128::from(self.hazard_q32))
            .and_then(|offset| u64::try_from(offset).ok())
            .unwrap_or(0)
    }
}

impl Iterator for Requests<'_> {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        loop {
            self.passed_q32 = self.passed_q32.saturating_add(self.random.exponential_q32());
            if self.passed_q32 < self.hazard_q32 {
                break;
            }
            self.begin_minute()?;
        }
        let at_ms = self.minute_start_ms + self.offset_ms();
        let (pickup_zone, dropoff_zone) = self.draw_zones()?;
        Some(Request {
            at: Millis::new(at_ms.cast_signed()),
            pickup: self.manhattan.sample(pickup_zone, &mut self.random),
            dropoff: self.manhattan.sample(dropoff_zone, &mut self.random),
            pickup_zone,
            dropoff_zone,
            party: self.draw_party(),
        })
    }
}

impl std::iter::FusedIterator for Requests<'_> {}
