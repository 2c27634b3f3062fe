//! Instants in UTC milliseconds, and civil time (what a clock on the wall shows) for tariffs.
//!
//! The domain knows no time zone database: whoever calls it says what the local civil time is.
//!
//! ```
//! use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay, Weekday};
//! let at = CivilDateTime::new(CivilDate::new(2018, 7, 4)?, TimeOfDay::new(17, 0, 0)?);
//! assert_eq!(at.date().weekday(), Weekday::Wednesday);
//! assert_eq!("2018-07-04T17:00:00".parse::<CivilDateTime>()?, at);
//! # Ok::<(), fiacre_domain::time::TimeError>(())
//! ```

use crate::units::Millis;
use crate::{canonical_enum, canonical_struct};
use std::fmt;
use std::str::FromStr;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);
canonical_struct!(Timestamp(ms));

impl Timestamp {
    /// The latest instant that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// Takes milliseconds since the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant and `duration` later (earlier if negative), held at the limits.
    #[must_use]
    pub const fn plus(self, duration: Millis) -> Self {
        Self(self.0.saturating_add(duration.get()))
    }

    /// The time from `earlier` to this instant; negative where `earlier` is later; held at the limits.
    pub const fn since(self, earlier: Self) -> Millis {
        Millis::new(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(MS_PER_DAY);
        let ms_of_day = self.0.rem_euclid(MS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, rest) = (ms_of_day / 3_600_000, ms_of_day / 60_000 % 60, ms_of_day % 60_000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z",
            rest / 1_000,
            rest % 1_000
        )
    }
}

const MS_PER_DAY: i64 = 86_400_000;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
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
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}
canonical_enum!(Weekday {
    0 = Monday,
    1 = Tuesday,
    2 = Wednesday,
    3 = Thursday,
    4 = Friday,
    5 = Saturday,
    6 = Sunday
});

impl Weekday {
    /// Monday to Sunday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// 0 for Monday to 6 for Sunday.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % 7]
    }

    /// The day before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self::ALL[(self as usize + 6) % 7]
    }
}

/// Why a civil date or time could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// No such day in the Gregorian calendar, or a year outside 1..=9999.
    NoSuchDate,
    /// No such time of day.
    NoSuchTime,
    /// The text is no time of day: not `HH:MM[:SS]`.
    MalformedTimeOfDay,
    /// The text is not `YYYY-MM-DD`, or not a date and a time of day joined by `T`.
    Malformed,
}

impl TimeError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchDate => "time_no_such_date",
            Self::NoSuchTime => "time_no_such_time",
            Self::MalformedTimeOfDay => "time_malformed_time_of_day",
            Self::Malformed => "time_malformed",
        }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchDate => "failed to read the date: no such day between the years 1 and 9999",
            Self::NoSuchTime => "failed to read the time: use 00:00:00 to 23:59:59.999",
            Self::MalformedTimeOfDay => {
                "failed to read the time of day: write it with two digits each, as 07:05 or 17:00:30"
            }
            Self::Malformed => {
                "failed to read the local time: write it as 2018-07-04T17:00 or 2018-07-04T17:00:00"
            }
        })
    }
}

impl std::error::Error for TimeError {}

/// A Gregorian date, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    year: i16,
    month: u8,
    day: u8,
}
canonical_struct!(CivilDate { year, month, day });

impl CivilDate {
    /// The first date.
    pub const MIN: Self = Self {
        year: 1,
        month: 1,
        day: 1,
    };
    /// The last date.
    pub const MAX: Self = Self {
        year: 9_999,
        month: 12,
        day: 31,
    };

    /// `month` 1–12, `day` 1–31 as the month allows.
    ///
    /// # Errors
    ///
    /// `TimeError::NoSuchDate` where the calendar has no such day, or the year is not 1 to 9999.
    pub const fn new(year: i16, month: u8, day: u8) -> Result<Self, TimeError> {
        if year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)
        {
            return Err(TimeError::NoSuchDate);
        }
        Ok(Self { year, month, day })
    }

    /// The year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// 1 for January to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day of the week.
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        #[expect(clippy::cast_possible_truncation, reason = "rem_euclid(7) is in 0..7")]
        let index = (days_from_civil(self.year, self.month, self.day) + 3).rem_euclid(7) as usize;
        Weekday::ALL[index]
    }

    /// The day before, or `None` before the first.
    pub fn previous(self) -> Option<Self> {
        Self::from_epoch_days(self.epoch_days() - 1)
    }

    /// The day after, or `None` after the last.
    pub fn next(self) -> Option<Self> {
        Self::from_epoch_days(self.epoch_days() + 1)
    }

    /// Days since 1970-01-01.
    pub const fn epoch_days(self) -> i64 {
        days_from_civil(self.year, self.month, self.day)
    }

    /// The date `days` after 1970-01-01, or `None` outside the years 1 to 9999.
    pub fn from_epoch_days(days: i64) -> Option<Self> {
        if !(Self::MIN.epoch_days()..=Self::MAX.epoch_days()).contains(&days) {
            return None;
        }
        let (year, month, day) = civil_from_days(days);
        Some(Self {
            year: i16::try_from(year).ok()?,
            month,
            day,
        })
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for CivilDate {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut parts = text.splitn(3, '-');
        let mut number = |width: usize| {
            let part = parts
                .next()
                .filter(|part| part.len() == width)
                .ok_or(TimeError::Malformed)?;
            digits(part)
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        #[expect(clippy::cast_possible_truncation, reason = "at most four and two digits")]
        Self::new(year.cast_signed(), month as u8, day as u8)
    }
}

/// A time of day to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u32);
canonical_struct!(TimeOfDay(ms));

impl TimeOfDay {
    /// 00:00:00.
    pub const MIDNIGHT: Self = Self(0);

    /// `hour` 0–23, `minute` and `second` 0–59.
    ///
    /// # Errors
    ///
    /// `TimeError::NoSuchTime` beyond those: a leap second is none.
    pub const fn new(hour: u8, minute: u8, second: u8) -> Result<Self, TimeError> {
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimeError::NoSuchTime);
        }
        Ok(Self(
            (hour as u32 * 3_600 + minute as u32 * 60 + second as u32) * 1_000,
        ))
    }

    /// Milliseconds since midnight, below 86,400,000.
    ///
    /// # Errors
    ///
    /// `TimeError::NoSuchTime` from 86,400,000 on.
    pub const fn from_ms(ms: u32) -> Result<Self, TimeError> {
        if ms < 86_400_000 {
            Ok(Self(ms))
        } else {
            Err(TimeError::NoSuchTime)
        }
    }

    /// Milliseconds since midnight.
    pub const fn ms(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}:{:02}",
            self.0 / 3_600_000,
            self.0 / 60_000 % 60,
            self.0 / 1_000 % 60
        )
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeError;

    /// `HH:MM` or `HH:MM:SS`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let parts: Vec<&str> = text.split(':').collect();
        if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.len() != 2) {
            return Err(TimeError::MalformedTimeOfDay);
        }
        let mut numbers = [0_u8; 3];
        for (number, part) in numbers.iter_mut().zip(&parts) {
            *number = digits(part)
                .ok()
                .and_then(|read| u8::try_from(read).ok())
                .ok_or(TimeError::MalformedTimeOfDay)?;
        }
        let [hour, minute, second] = numbers;
        Self::new(hour, minute, second)
    }
}

/// A local date and time, as the clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDateTime {
    date: CivilDate,
    time: TimeOfDay,
}
canonical_struct!(CivilDateTime { date, time });

impl CivilDateTime {
    /// `time` on `date`.
    pub const fn new(date: CivilDate, time: TimeOfDay) -> Self {
        Self { date, time }
    }

    /// The date.
    pub const fn date(self) -> CivilDate {
        self.date
    }

    /// The time of day.
    pub const fn time(self) -> TimeOfDay {
        self.time
    }

    /// This local time and `duration` later (or earlier), without a change of offset; `None` outside the years 1 to 9999.
    pub fn plus(self, duration: Millis) -> Option<Self> {
        let total = i64::from(self.time.0).checked_add(duration.get())?;
        let days = self.date.epoch_days().checked_add(total.div_euclid(MS_PER_DAY))?;
        let time = TimeOfDay::from_ms(u32::try_from(total.rem_euclid(MS_PER_DAY)).ok()?).ok()?;
        Some(Self {
            date: CivilDate::from_epoch_days(days)?,
            time,
        })
    }

    /// The local time of an instant where civil time is `offset` ahead of UTC; `None` outside the years 1 to 9999.
    pub fn from_timestamp(at: Timestamp, offset: Millis) -> Option<Self> {
        let local = at.ms().checked_add(offset.get())?;
        let date = CivilDate::from_epoch_days(local.div_euclid(MS_PER_DAY))?;
        let time = TimeOfDay::from_ms(u32::try_from(local.rem_euclid(MS_PER_DAY)).ok()?).ok()?;
        Some(Self { date, time })
    }

    /// The instant at which a place whose civil time is `offset` ahead of UTC shows this local time.
    pub const fn to_timestamp(self, offset: Millis) -> Timestamp {
        Timestamp((self.date.epoch_days() * MS_PER_DAY + self.time.0 as i64).saturating_sub(offset.get()))
    }
}

impl fmt::Display for CivilDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date, self.time)
    }
}

impl FromStr for CivilDateTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (date, time) = text.split_once('T').ok_or(TimeError::Malformed)?;
        Ok(Self {
            date: date.parse()?,
            // Whoever writes the two together is told how.
            time: time.parse().map_err(|error| match error {
                TimeError::MalformedTimeOfDay => TimeError::Malformed,
                TimeError::NoSuchDate | TimeError::NoSuchTime | TimeError::Malformed => error,
            })?,
        })
    }
}

fn digits(text: &str) -> Result<u16, TimeError> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| TimeError::Malformed)
    } else {
        Err(TimeError::Malformed)
    }
}

const fn is_leap(year: i16) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

const fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms": `days_from_civil`).
const fn days_from_civil(year: i16, month: u8, day: u8) -> i64 {
    let year = year as i64 - if month <= 2 { 1 } else { 0 };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month as i64 + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`] (same source: `civil_from_days`).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "month is 1..=12, day 1..=31"
)]
const fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse_over_the_whole_calendar() {
        let mut expected = CivilDate::MIN;
        let mut weekday = Weekday::Monday; // 0001-01-01 in the proleptic calendar
        for days in CivilDate::MIN.epoch_days()..=CivilDate::MAX.epoch_days() {
            let date = CivilDate::from_epoch_days(days).unwrap();
            assert_eq!(date, expected);
            assert_eq!(date.weekday(), weekday);
            weekday = weekday.next();
            if let Some(next) = date.next() {
                expected = next;
            }
        }
        assert_eq!(CivilDate::MAX.next(), None);
        assert_eq!(CivilDate::MIN.previous(), None);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (year, month, day) in [
            (2018, 2, 29),
            (2000, 2, 30),
            (1900, 2, 29),
            (2018, 13, 1),
            (0, 1, 1),
            (2018, 4, 31),
        ] {
            assert_eq!(
                CivilDate::new(year, month, day),
                Err(TimeError::NoSuchDate),
                "{year}-{month}-{day}"
            );
        }
        assert_eq!(TimeOfDay::new(24, 0, 0), Err(TimeError::NoSuchTime));
        assert_eq!(TimeOfDay::from_ms(86_400_000), Err(TimeError::NoSuchTime));
    }

    #[test]
    fn text_is_read_strictly() {
        for wrong in [
            "",
            "2018-7-4T17:00",
            "2018-07-04 17:00",
            "2018-07-04T1:00",
            "2018-07-04T17:00:00Z",
            "+018-07-04T17:00",
        ] {
            assert_eq!(
                wrong.parse::<CivilDateTime>(),
                Err(TimeError::Malformed),
                "{wrong}"
            );
        }
        for wrong in ["7:5", "noon", "17", "17:00:00:00", "-1:00", "1７:00"] {
            let refused = wrong.parse::<TimeOfDay>();
            assert_eq!(refused, Err(TimeError::MalformedTimeOfDay), "{wrong}");
        }
        assert_eq!(
            "2018-07-04T25:00".parse::<CivilDateTime>(),
            Err(TimeError::NoSuchTime)
        );
        let at: CivilDateTime = "2018-12-31T23:59:59".parse().unwrap();
        assert_eq!(
            at.plus(Millis::from_secs(1)).unwrap().to_string(),
            "2019-01-01T00:00:00"
        );
    }

    #[test]
    fn an_instant_and_its_local_time_are_inverse() {
        let offset = Millis::from_minutes(-300);
        let at: CivilDateTime = "2018-06-01T18:00".parse().unwrap();
        let instant = at.to_timestamp(offset);
        assert_eq!(instant.to_string(), "2018-06-01T23:00:00.000Z");
        assert_eq!(CivilDateTime::from_timestamp(instant, offset), Some(at));
        assert_eq!(CivilDateTime::from_timestamp(Timestamp::MAX, Millis::ZERO), None);
        assert_eq!(
            Timestamp::from_ms(i64::MIN).since(Timestamp::MAX),
            Millis::new(i64::MIN)
        );
    }
}
