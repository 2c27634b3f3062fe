//! Which part of the week is played, and how hard.

use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use std::collections::BTreeSet;
use std::fmt;

const MINUTES_PER_DAY: u32 = 1_440;
const MS_PER_MINUTE: u32 = 60_000;
const MILLIONTHS: f64 = 1_000_000.0;

/// The largest factor, of a multiplier and of all that apply together: 10,000 times Manhattan.
pub const FACTOR_MAX: u32 = 10_000;
const FACTOR_MILLIONTHS_MAX: u128 = FACTOR_MAX as u128 * 1_000_000;

/// Why a plan of demand could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemandError {
    /// It starts on a Saturday or Sunday, of which there is no data.
    Weekend,
    /// It starts on a business day and runs into Saturday.
    RunsIntoWeekend,
    /// A time or a length is not a whole number of minutes.
    NotWholeMinutes,
    /// The length is negative.
    NegativeLength,
    /// A multiplier is not a number from 0 to [`FACTOR_MAX`].
    MultiplierOutOfRange,
    /// A burst ends when it begins.
    EmptyBurst,
    /// A burst ends before it begins.
    ReversedBurst,
    /// A minute of a burst lies outside the run: it would not be played as asked.
    BurstOutsideRun,
}

impl DemandError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Weekend => "demand_weekend",
            Self::RunsIntoWeekend => "demand_runs_into_weekend",
            Self::NotWholeMinutes => "demand_not_whole_minutes",
            Self::NegativeLength => "demand_negative_length",
            Self::MultiplierOutOfRange => "demand_multiplier_out_of_range",
            Self::EmptyBurst => "demand_empty_burst",
            Self::ReversedBurst => "demand_reversed_burst",
            Self::BurstOutsideRun => "demand_burst_outside_run",
        }
    }
}

impl fmt::Display for DemandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to plan the demand: ")?;
        match self {
            Self::Weekend => f.write_str("the data has business days only; choose Monday to Friday"),
            Self::RunsIntoWeekend => f.write_str(
                "it runs into Saturday, and the data has business days only; end by midnight on Friday",
            ),
            Self::NotWholeMinutes => f.write_str("times and lengths are whole minutes"),
            Self::NegativeLength => f.write_str("the length is negative"),
            Self::MultiplierOutOfRange => write!(f, "a multiplier is a number from 0 to {FACTOR_MAX}"),
            Self::EmptyBurst => f.write_str("a burst ends when it begins; give it at least a minute"),
            Self::ReversedBurst => f.write_str(
                "a burst ends before it begins; over midnight give two, one that ends at 24:00 and one that begins at 00:00",
            ),
            Self::BurstOutsideRun => {
                f.write_str("a burst lies outside the run, wholly or in part; let it begin and end within the run")
            }
        }
    }
}

impl std::error::Error for DemandError {}

/// A weekday that has data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BusinessDay {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
}

impl BusinessDay {
    /// How many there are in a week.
    pub const COUNT: usize = 5;

    /// Monday to Friday.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
    ];

    /// 0 for Monday to 4 for Friday.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl TryFrom<Weekday> for BusinessDay {
    type Error = DemandError;

    fn try_from(weekday: Weekday) -> Result<Self, DemandError> {
        match weekday {
            Weekday::Monday => Ok(Self::Monday),
            Weekday::Tuesday => Ok(Self::Tuesday),
            Weekday::Wednesday => Ok(Self::Wednesday),
            Weekday::Thursday => Ok(Self::Thursday),
            Weekday::Friday => Ok(Self::Friday),
            Weekday::Saturday | Weekday::Sunday => Err(DemandError::Weekend),
        }
    }
}

/// A factor on demand: 0 silences it, 1 is as counted. Kept in whole millionths, so that drawing needs no float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multiplier {
    millionths: u64,
}

impl Multiplier {
    /// As counted.
    pub const ONE: Self = Self {
        millionths: 1_000_000,
    };

    /// A number from 0 to [`FACTOR_MAX`], rounded to a millionth. NaN, infinities and negative numbers are refused.
    ///
    /// # Errors
    ///
    /// `DemandError::MultiplierOutOfRange` for what is no such number.
    pub fn new(factor: f64) -> Result<Self, DemandError> {
        if !(0.0..=f64::from(FACTOR_MAX)).contains(&factor) {
            return Err(DemandError::MultiplierOutOfRange);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 1e10"
        )]
        let millionths = (factor * MILLIONTHS + 0.5) as u64;
        Ok(Self { millionths })
    }

    /// The factor in millionths.
    pub const fn millionths(self) -> u64 {
        self.millionths
    }
}

/// A window of each day in which demand is multiplied, on top of the plan's own factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Burst {
    from_minute: u32,
    to_minute: u32,
    multiplier: Multiplier,
}

impl Burst {
    /// From `from` until just before `to`, later on the same day. Both in whole minutes.
    ///
    /// # Errors
    ///
    /// `DemandError::NotWholeMinutes`; `EmptyBurst` or `ReversedBurst` where `to` is not after `from`.
    pub fn new(from: TimeOfDay, to: TimeOfDay, multiplier: Multiplier) -> Result<Self, DemandError> {
        Self::between(minute_of_day(from)?, minute_of_day(to)?, multiplier)
    }

    /// From `from`, in whole minutes, until midnight.
    ///
    /// # Errors
    ///
    /// `DemandError::NotWholeMinutes`.
    pub fn to_midnight(from: TimeOfDay, multiplier: Multiplier) -> Result<Self, DemandError> {
        Self::between(minute_of_day(from)?, MINUTES_PER_DAY, multiplier)
    }

    const fn between(from_minute: u32, to_minute: u32, multiplier: Multiplier) -> Result<Self, DemandError> {
        if from_minute == to_minute {
            return Err(DemandError::EmptyBurst);
        }
        if from_minute > to_minute {
            return Err(DemandError::ReversedBurst);
        }
        Ok(Self {
            from_minute,
            to_minute,
            multiplier,
        })
    }

    const fn contains(&self, minute: u32) -> bool {
        self.from_minute <= minute && minute < self.to_minute
    }
}

/// Which part of the week is played, how hard, and with which seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandPlan {
    day: BusinessDay,
    start_minute: u32,
    minutes: u32,
    seed: u64,
    multiplier: Multiplier,
    bursts: Vec<Burst>,
}

impl DemandPlan {
    /// Plays `length` from `start` on `weekday`: seed 0, demand as counted, no burst.
    ///
    /// A run may go on through the following weekdays, each with its own demand. It must end by midnight after Friday:
    /// to cut it there in silence would answer another question than the one asked.
    ///
    /// # Errors
    ///
    /// `DemandError::Weekend` for a day without data, `RunsIntoWeekend` beyond Friday's midnight, `NotWholeMinutes`, and
    /// `NegativeLength`.
    pub fn new(weekday: Weekday, start: TimeOfDay, length: Millis) -> Result<Self, DemandError> {
        let day = BusinessDay::try_from(weekday)?;
        let start_minute = minute_of_day(start)?;
        let length_ms = u64::try_from(length.get()).map_err(|_| DemandError::NegativeLength)?;
        if !length_ms.is_multiple_of(u64::from(MS_PER_MINUTE)) {
            return Err(DemandError::NotWholeMinutes);
        }
        let week_minutes = BusinessDay::ALL[day.index()..]
            .iter()
            .fold(0, |minutes, _| minutes + MINUTES_PER_DAY);
        let minutes = u32::try_from(length_ms / u64::from(MS_PER_MINUTE))
            .ok()
            .filter(|minutes| *minutes <= week_minutes - start_minute)
            .ok_or(DemandError::RunsIntoWeekend)?;
        Ok(Self {
            day,
            start_minute,
            minutes,
            seed: 0,
            multiplier: Multiplier::ONE,
            bursts: Vec::new(),
        })
    }

    /// Draws with this seed.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Multiplies the demand of the whole run.
    #[must_use]
    pub const fn with_multiplier(mut self, multiplier: Multiplier) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// Adds a burst, each minute of which must lie in the run. Where bursts overlap their factors multiply; the product, with
    /// the plan's own, is held at [`FACTOR_MAX`].
    ///
    /// # Errors
    ///
    /// `DemandError::BurstOutsideRun` for a burst that would not be played as asked.
    pub fn with_burst(mut self, burst: Burst) -> Result<Self, DemandError> {
        let played: BTreeSet<u32> = (0..self.minutes)
            .filter_map(|minute| self.civil(minute))
            .map(|(_, minute_of_day)| minute_of_day)
            .collect();
        if !(burst.from_minute..burst.to_minute).all(|minute| played.contains(&minute)) {
            return Err(DemandError::BurstOutsideRun);
        }
        self.bursts.push(burst);
        Ok(self)
    }

    /// The largest factor of any minute of the run, bursts included.
    pub fn factor_max(&self) -> Multiplier {
        let factors = (0..self.minutes).filter_map(|minute| self.civil(minute));
        let millionths = factors.map(|(_, minute)| self.factor_millionths(minute)).max();
        Multiplier {
            millionths: millionths.unwrap_or_default(),
        }
    }

    /// The weekday it starts on.
    pub const fn day(&self) -> BusinessDay {
        self.day
    }

    /// Its start, in milliseconds since that day's midnight.
    pub const fn start(&self) -> Millis {
        Millis::from_minutes(self.start_minute as i64)
    }

    /// Its end, in milliseconds since the midnight before its start.
    pub const fn end(&self) -> Millis {
        Millis::from_minutes(self.start_minute as i64 + self.minutes as i64)
    }

    /// The seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How many minutes it lasts.
    pub(super) const fn minutes(&self) -> u32 {
        self.minutes
    }

    /// Weekday and minute of day of the run's `minute`th minute; `None` beyond Friday.
    pub(super) fn civil(&self, minute: u32) -> Option<(BusinessDay, u32)> {
        let since_midnight = self.start_minute.checked_add(minute)?;
        let days_later = usize::try_from(since_midnight / MINUTES_PER_DAY).ok()?;
        let day = BusinessDay::ALL.get(self.day.index() + days_later)?;
        Some((*day, since_midnight % MINUTES_PER_DAY))
    }

    /// The factor on demand in a minute of the day, in millionths.
    pub(super) fn factor_millionths(&self, minute_of_day: u32) -> u64 {
        let start = u128::from(self.multiplier.millionths());
        let product = self
            .bursts
            .iter()
            .filter(|burst| burst.contains(minute_of_day))
            .fold(start, |factor, burst| {
                let scaled = factor * u128::from(burst.multiplier.millionths()) / 1_000_000;
                scaled.min(FACTOR_MILLIONTHS_MAX)
            });
        u64::try_from(product).unwrap_or(u64::MAX)
    }
}

fn minute_of_day(time: TimeOfDay) -> Result<u32, DemandError> {
    if time.ms().is_multiple_of(MS_PER_MINUTE) {
        Ok(time.ms() / MS_PER_MINUTE)
    } else {
        Err(DemandError::NotWholeMinutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> TimeOfDay {
        text.parse().unwrap()
    }

    fn plan(weekday: Weekday, start: &str, hours: i64) -> Result<DemandPlan, DemandError> {
        DemandPlan::new(weekday, time(start), Millis::from_minutes(60 * hours))
    }

    #[test]
    fn a_run_may_cross_midnight_but_not_into_the_weekend() {
        let over_midnight = plan(Weekday::Thursday, "23:59", 24).unwrap();
        assert_eq!(over_midnight.civil(0), Some((BusinessDay::Thursday, 1_439)));
        assert_eq!(over_midnight.civil(1), Some((BusinessDay::Friday, 0)));
        assert_eq!(
            plan(Weekday::Friday, "23:59", 24),
            Err(DemandError::RunsIntoWeekend)
        );
        assert_eq!(
            plan(Weekday::Friday, "00:00", 24).map(|plan| plan.end()),
            Ok(Millis::from_minutes(1_440))
        );
        assert_eq!(
            plan(Weekday::Friday, "00:01", 24),
            Err(DemandError::RunsIntoWeekend)
        );
        assert!(plan(Weekday::Monday, "00:00", 120).is_ok());
        assert_eq!(
            plan(Weekday::Monday, "00:00", 121),
            Err(DemandError::RunsIntoWeekend)
        );
        assert_eq!(plan(Weekday::Saturday, "10:00", 1), Err(DemandError::Weekend));
        assert_eq!(plan(Weekday::Sunday, "10:00", 0), Err(DemandError::Weekend));
    }

    #[test]
    fn lengths_and_times_are_whole_minutes_from_zero() {
        let length = |ms| DemandPlan::new(Weekday::Monday, TimeOfDay::MIDNIGHT, Millis::new(ms)).map(|_| ());
        assert_eq!(length(0), Ok(()));
        assert_eq!(length(-60_000), Err(DemandError::NegativeLength));
        assert_eq!(length(i64::MIN), Err(DemandError::NegativeLength));
        assert_eq!(length(59_999), Err(DemandError::NotWholeMinutes));
        assert_eq!(
            length(i64::MAX / 60_000 * 60_000),
            Err(DemandError::RunsIntoWeekend)
        );
        assert_eq!(
            DemandPlan::new(Weekday::Monday, time("10:00:30"), Millis::ZERO),
            Err(DemandError::NotWholeMinutes)
        );
    }

    #[test]
    fn only_finite_numbers_from_zero_to_the_limit_are_multipliers() {
        for wrong in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.000_001,
            -1.0,
            10_000.1,
        ] {
            assert_eq!(
                Multiplier::new(wrong),
                Err(DemandError::MultiplierOutOfRange),
                "{wrong}"
            );
        }
        for (right, millionths) in [(0.0, 0), (-0.0, 0), (1e-9, 0), (0.1, 100_000), (2.0, 2_000_000)] {
            assert_eq!(
                Multiplier::new(right).map(Multiplier::millionths),
                Ok(millionths),
                "{right}"
            );
        }
        assert_eq!(
            Multiplier::new(10_000.0).map(Multiplier::millionths),
            Ok(10_000_000_000)
        );
    }

    #[test]
    fn bursts_hold_in_their_window_only_and_multiply_where_they_overlap() {
        let times = |factor| Multiplier::new(factor).unwrap();
        let evening = Burst::new(time("18:00"), time("19:00"), times(3.0)).unwrap();
        let night = Burst::to_midnight(time("23:30"), times(0.5)).unwrap();
        let morning = Burst::new(time("00:00"), time("00:30"), times(0.5)).unwrap();
        let late = Burst::new(time("18:30"), time("23:45"), times(2.0)).unwrap();
        let plan = plan(Weekday::Monday, "00:00", 24)
            .unwrap()
            .with_multiplier(times(10.0))
            .with_burst(evening)
            .and_then(|plan| plan.with_burst(night))
            .and_then(|plan| plan.with_burst(morning))
            .and_then(|plan| plan.with_burst(late))
            .unwrap();
        assert_eq!(plan.factor_max().millionths(), 60_000_000);
        for (at, factor) in [
            ("00:00", 5),
            ("00:29", 5),
            ("00:30", 10),
            ("17:59", 10),
            ("18:00", 30),
            ("18:30", 60),
            ("19:00", 20),
            ("23:30", 10),
            ("23:45", 5),
        ] {
            let minute = minute_of_day(time(at)).unwrap();
            assert_eq!(plan.factor_millionths(minute), factor * 1_000_000, "{at}");
        }
        assert_eq!(
            Burst::new(time("18:00"), time("18:00"), times(1.0)),
            Err(DemandError::EmptyBurst)
        );
        assert_eq!(
            Burst::new(time("18:00"), time("17:59"), times(1.0)),
            Err(DemandError::ReversedBurst)
        );
        let most = Burst::new(time("00:00"), time("23:59"), times(10_000.0)).unwrap();
        let held = plan.with_burst(most).and_then(|plan| plan.with_burst(most));
        assert_eq!(held.unwrap().factor_millionths(720), 10_000_000_000);
    }

    #[test]
    fn a_burst_with_a_minute_outside_the_run_is_refused() {
        let burst = |from, to| Burst::new(time(from), time(to), Multiplier::ONE).unwrap();
        let evening = plan(Weekday::Monday, "18:00", 1).unwrap();
        for (from, to, refused) in [
            ("17:00", "18:00", true),
            ("19:00", "20:00", true),
            ("17:59", "18:01", true),
            ("18:59", "19:01", true),
            ("17:00", "20:00", true),
            ("18:00", "19:00", false),
            ("18:59", "19:00", false),
        ] {
            let outcome = evening.clone().with_burst(burst(from, to)).map(|_| ());
            let expected = if refused {
                Err(DemandError::BurstOutsideRun)
            } else {
                Ok(())
            };
            assert_eq!(outcome, expected, "{from}-{to}");
        }
        let over_midnight = plan(Weekday::Monday, "23:00", 2).unwrap();
        assert!(over_midnight.clone().with_burst(burst("00:30", "00:45")).is_ok());
        let late = Burst::to_midnight(time("23:30"), Multiplier::ONE).unwrap();
        assert!(over_midnight.with_burst(late).is_ok());
    }
}
