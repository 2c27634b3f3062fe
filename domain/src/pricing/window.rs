//! Windows: the civil times in which a surcharge, a multiplier, a scale or another rate is in force.
//!
//! ```
//! use fiacre_domain::pricing::{DecidedBy, HolidayRule, Schedule, Span, Weekdays, Window};
//! use fiacre_domain::time::TimeOfDay;
//! let rush = Span::new(Weekdays::MONDAY_TO_FRIDAY, TimeOfDay::new(16, 0, 0)?, TimeOfDay::new(20, 0, 0)?)?
//!     .with_holidays(HolidayRule::Except);
//! let mut schedule = Schedule::new(vec!["2018-07-04".parse()?])?;
//! let rush = schedule.add(Window::new("rush".parse()?, DecidedBy::Start, vec![rush])?)?;
//! assert!(schedule.active("2018-07-03T16:00".parse()?, None).intersects(rush));
//! assert!(!schedule.active("2018-07-03T20:00".parse()?, None).intersects(rush), "half-open");
//! assert!(!schedule.active("2018-07-04T16:00".parse()?, None).intersects(rush), "a holiday");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{TariffError, TariffFault};
use super::print::NamePrint;
use crate::id::WindowId;
use crate::time::{CivilDate, CivilDateTime, TimeOfDay, Weekday};
use crate::{canonical_enum, canonical_struct};
use std::cmp::Ordering;
use std::fmt;

/// How many windows a tariff may name.
pub const WINDOWS_MAX: usize = 32;
/// How many spans a window may have.
pub const SPANS_MAX: usize = 64;
/// How many holidays a tariff may list.
pub const HOLIDAYS_MAX: usize = 4_096;

/// Times of day are below it, and 32 bits hold 49 of it: no sum or difference of them is cut off below.
const DAY_MS: u32 = 86_400_000;

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);
canonical_struct!(Weekdays(bits));

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);
    /// Monday to Friday.
    pub const MONDAY_TO_FRIDAY: Self = Self(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0b110_0000);

    /// The days listed; at least one.
    ///
    /// # Errors
    ///
    /// `TariffFault::Missing` without a day.
    pub fn of(days: &[Weekday]) -> Result<Self, TariffError> {
        if days.is_empty() {
            return Err(TariffError::new(
                "weekdays",
                TariffFault::Missing("are missing: name at least one"),
            ));
        }
        Ok(Self(days.iter().fold(0, |bits, day| bits | 1 << day.index())))
    }

    /// Whether `day` is one of them.
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 >> day.index() & 1 == 1
    }
}

/// What holidays do to a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolidayRule {
    /// A holiday is a day like any other.
    Any,
    /// Does not begin on a holiday.
    Except,
    /// Begins on holidays only.
    Only,
}
canonical_enum!(HolidayRule { 0 = Any, 1 = Except, 2 = Only });

/// A half-open stretch of the day, `[from, to)`, on some weekdays. Past midnight it belongs to the day on which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    weekdays: Weekdays,
    from: TimeOfDay,
    length_ms: u32,
    holidays: HolidayRule,
    first: CivilDate,
    last: CivilDate,
}
canonical_struct!(Span {
    weekdays,
    from,
    length_ms,
    holidays,
    first,
    last
});

impl Span {
    /// From `from` to before `to`; a `to` that is earlier than `from` is on the next day.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where both are equal: [`Span::whole_day`] is what lasts a day.
    pub fn new(weekdays: Weekdays, from: TimeOfDay, to: TimeOfDay) -> Result<Self, TariffError> {
        let length_ms = match to.cmp(&from) {
            Ordering::Less => to.ms().saturating_add(DAY_MS).saturating_sub(from.ms()),
            Ordering::Equal => return Err(TariffError::new("span length", TariffFault::NotPositive)),
            Ordering::Greater => to.ms().saturating_sub(from.ms()),
        };
        Ok(Self {
            weekdays,
            from,
            length_ms,
            holidays: HolidayRule::Any,
            first: CivilDate::MIN,
            last: CivilDate::MAX,
        })
    }

    /// From midnight to midnight.
    pub const fn whole_day(weekdays: Weekdays) -> Self {
        Self {
            weekdays,
            from: TimeOfDay::MIDNIGHT,
            length_ms: DAY_MS,
            holidays: HolidayRule::Any,
            first: CivilDate::MIN,
            last: CivilDate::MAX,
        }
    }

    /// With another rule for holidays.
    #[must_use]
    pub const fn with_holidays(self, holidays: HolidayRule) -> Self {
        Self { holidays, ..self }
    }

    /// Beginning on `first` to `last` only, both included.
    ///
    /// # Errors
    ///
    /// `TariffFault::OutOfOrder` where `first` is after `last`.
    pub fn with_dates(self, first: CivilDate, last: CivilDate) -> Result<Self, TariffError> {
        if first > last {
            return Err(TariffError::new(
                "dates",
                TariffFault::OutOfOrder("must ascend: the first is after the last"),
            ));
        }
        Ok(Self { first, last, ..self })
    }

    fn contains(&self, at: CivilDateTime, calendar: &Calendar<'_>) -> bool {
        let time_ms = at.time().ms();
        let since_ms = |from_ms: u32| time_ms.saturating_add(from_ms).saturating_sub(self.from.ms());
        let began_today = time_ms >= self.from.ms() && since_ms(0) < self.length_ms;
        let began_yesterday = since_ms(DAY_MS) < self.length_ms;
        (began_today && self.begins_on(at.date(), calendar))
            || (began_yesterday
                && at
                    .date()
                    .previous()
                    .is_some_and(|date| self.begins_on(date, calendar)))
    }

    fn begins_on(&self, date: CivilDate, calendar: &Calendar<'_>) -> bool {
        let fits_holiday = match self.holidays {
            HolidayRule::Any => true,
            HolidayRule::Except => !calendar.is_holiday(date),
            HolidayRule::Only => calendar.is_holiday(date),
        };
        self.weekdays.contains(date.weekday()) && (self.first..=self.last).contains(&date) && fits_holiday
    }

    const fn end_of_day_ms(&self) -> u32 {
        self.from.ms().saturating_add(self.length_ms) % DAY_MS
    }
}

/// What decides whether a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecidedBy {
    /// The start of the ride: the window counts for all of it, or not at all.
    Start,
    /// Each moment of the ride. A surcharge is still charged once.
    Running,
}
canonical_enum!(DecidedBy { 0 = Start, 1 = Running });

/// Named civil times, and whether the start or each moment of a ride decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    id: WindowId,
    decided_by: DecidedBy,
    spans: Vec<Span>,
    print: NamePrint,
}
canonical_struct!(Window {
    id,
    decided_by,
    spans,
    print
});

impl Window {
    /// At least one span, at most [`SPANS_MAX`].
    ///
    /// # Errors
    ///
    /// `TariffFault::Missing` without a span, `TooMany` beyond [`SPANS_MAX`].
    pub fn new(id: WindowId, decided_by: DecidedBy, spans: Vec<Span>) -> Result<Self, TariffError> {
        match spans.len() {
            0 => Err(TariffError::new(
                "spans",
                TariffFault::Missing("are missing: give at least one"),
            )),
            1..=SPANS_MAX => Ok(Self {
                id,
                decided_by,
                spans,
                print: NamePrint::of(&id),
            }),
            _ => Err(TariffError::new("spans", TariffFault::TooMany { max: SPANS_MAX })),
        }
    }

    /// The name.
    pub const fn id(&self) -> WindowId {
        self.id
    }

    fn contains(&self, at: CivilDateTime, calendar: &Calendar<'_>) -> bool {
        self.spans.iter().any(|span| span.contains(at, calendar))
    }
}

/// Some windows of one [`Schedule`], by their places and names: a tariff with other names at those places refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct WindowSet {
    bits: u32,
    print: NamePrint,
}
canonical_struct!(WindowSet { bits, print });

impl fmt::Debug for WindowSet {
    /// The places; the print follows from the names there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WindowSet").field(&self.bits).finish()
    }
}

impl WindowSet {
    /// No window.
    pub const NONE: Self = Self {
        bits: 0,
        print: NamePrint::NONE,
    };

    /// The windows of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            bits: self.bits | other.bits,
            print: self.print.union(other.print),
        }
    }

    /// Whether a window is in both sets, which are of one schedule.
    pub const fn intersects(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }

    /// Whether no window is in the set.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }
}

struct Calendar<'a> {
    holidays: &'a [CivilDate],
    also: Option<CivilDate>,
}

impl Calendar<'_> {
    fn is_holiday(&self, date: CivilDate) -> bool {
        self.also == Some(date) || self.holidays.binary_search(&date).is_ok()
    }
}

/// All windows of a tariff and its holidays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    windows: Vec<Window>,
    holidays: Vec<CivilDate>,
    running: WindowSet,
    /// The times of day at which a running window may open or close, ascending.
    edges_ms: Vec<u32>,
}
canonical_struct!(Schedule {
    windows,
    holidays,
    running,
    edges_ms
});

impl Schedule {
    /// Starts without windows; `holidays` in any order, at most [`HOLIDAYS_MAX`].
    ///
    /// # Errors
    ///
    /// `TariffFault::TooMany` beyond [`HOLIDAYS_MAX`].
    pub fn new(mut holidays: Vec<CivilDate>) -> Result<Self, TariffError> {
        if holidays.len() > HOLIDAYS_MAX {
            return Err(TariffError::new(
                "holidays",
                TariffFault::TooMany { max: HOLIDAYS_MAX },
            ));
        }
        holidays.sort_unstable();
        holidays.dedup();
        Ok(Self {
            holidays,
            ..Self::default()
        })
    }

    /// The years, first and last, of which holidays are known: a day of another counts as none. `None` where no window asks for
    /// holidays, or none is listed.
    ///
    /// ```
    /// use fiacre_domain::pricing::{DecidedBy, HolidayRule, Schedule, Span, Weekdays, Window};
    ///
    /// let mut schedule = Schedule::new(vec!["2019-01-01".parse()?, "2018-07-04".parse()?])?;
    /// assert_eq!(schedule.holiday_years(), None);
    /// let work_days = Span::whole_day(Weekdays::MONDAY_TO_FRIDAY).with_holidays(HolidayRule::Except);
    /// schedule.add(Window::new("rush".parse()?, DecidedBy::Start, vec![work_days])?)?;
    /// assert_eq!(schedule.holiday_years(), Some((2018, 2019)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holiday_years(&self) -> Option<(i16, i16)> {
        let mut spans = self.windows.iter().flat_map(|window| &window.spans);
        let (first, last) = self.holidays.first().zip(self.holidays.last())?;
        spans
            .any(|span| span.holidays != HolidayRule::Any)
            .then(|| (first.year(), last.year()))
    }

    /// Adds a window; gives the set of it alone.
    ///
    /// # Errors
    ///
    /// `TariffFault::TooMany` beyond the windows that a schedule holds, `Duplicate` for a name that it has.
    pub fn add(&mut self, window: Window) -> Result<WindowSet, TariffError> {
        if self.windows.len() >= WINDOWS_MAX {
            return Err(TariffError::new(
                "windows",
                TariffFault::TooMany { max: WINDOWS_MAX },
            ));
        }
        if self.get(window.id).is_some() {
            return Err(TariffError::new(
                "window",
                TariffFault::Duplicate(window.id.into()),
            ));
        }
        let alone = WindowSet {
            bits: 1 << self.windows.len(),
            print: window.print,
        };
        match window.decided_by {
            DecidedBy::Start => {}
            DecidedBy::Running => {
                self.running = self.running.union(alone);
                self.edges_ms.extend(
                    window
                        .spans
                        .iter()
                        .flat_map(|span| [span.from.ms(), span.end_of_day_ms()]),
                );
                self.edges_ms.sort_unstable();
                self.edges_ms.dedup();
            }
        }
        self.windows.push(window);
        Ok(alone)
    }

    /// The set of this window alone, or `None` where the tariff does not name it.
    pub fn get(&self, id: WindowId) -> Option<WindowSet> {
        self.sets()
            .find(|(_, window)| window.id == id)
            .map(|(alone, _)| alone)
    }

    /// The windows that are open at a civil time; `also_holiday` is a holiday that the tariff does not list.
    pub fn active(&self, at: CivilDateTime, also_holiday: Option<CivilDate>) -> WindowSet {
        let calendar = self.calendar(also_holiday);
        self.those(|_, window| window.contains(at, &calendar))
    }

    /// The names, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = WindowId> {
        self.windows.iter().map(|window| window.id)
    }

    /// Whether sets of `earlier` mean the same here.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        self.windows.starts_with(&earlier.windows)
    }

    /// Whether the set is of windows that are here, by their places and names.
    pub(super) fn knows(&self, set: WindowSet) -> bool {
        self.those(|alone, _| alone.intersects(set)) == set
    }

    /// Whether each moment decides about one of these windows.
    pub(super) const fn is_running(&self, set: WindowSet) -> bool {
        self.running.intersects(set)
    }

    /// The windows that count for a moment of a ride, given those open at its start.
    pub(super) fn counting(
        &self,
        at_start: WindowSet,
        at: CivilDateTime,
        also_holiday: Option<CivilDate>,
    ) -> WindowSet {
        if self.running.is_empty() {
            return at_start;
        }
        let calendar = self.calendar(also_holiday);
        self.those(|alone, window| {
            if self.is_running(alone) {
                window.contains(at, &calendar)
            } else {
                at_start.intersects(alone)
            }
        })
    }

    /// Milliseconds until a running window may next open or close; `None` where none ever does.
    pub(super) fn until_edge_ms(&self, at: CivilDateTime) -> Option<i64> {
        let time_ms = at.time().ms();
        let later_today = self.edges_ms.iter().find(|edge_ms| **edge_ms > time_ms);
        match (later_today, self.edges_ms.first()) {
            (Some(edge_ms), _) => Some(i64::from(edge_ms.saturating_sub(time_ms))),
            (None, Some(first_ms)) => {
                Some(i64::from(first_ms.saturating_add(DAY_MS).saturating_sub(time_ms)))
            }
            (None, None) => None,
        }
    }

    fn calendar(&self, also: Option<CivilDate>) -> Calendar<'_> {
        Calendar {
            holidays: &self.holidays,
            also,
        }
    }

    /// The windows that are `wanted`, which is asked with the set of each alone.
    fn those(&self, wanted: impl Fn(WindowSet, &Window) -> bool) -> WindowSet {
        self.sets()
            .filter(|(alone, window)| wanted(*alone, window))
            .fold(WindowSet::NONE, |set, (alone, _)| set.union(alone))
    }

    fn sets(&self) -> impl Iterator<Item = (WindowSet, &Window)> {
        (0..WINDOWS_MAX).zip(&self.windows).map(|(place, window)| {
            let (bits, print) = (1 << place, window.print);
            (WindowSet { bits, print }, window)
        })
    }
}
