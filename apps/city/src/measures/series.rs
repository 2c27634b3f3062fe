//! The day by quarter-hours.

use super::quotient::quotient;
use fiacre_domain::time::Timestamp;
use serde::Serialize;

/// The length of a step of the series.
pub const QUARTER_MS: i64 = 900_000;
/// Orders later than a week after the start count in the last quarter-hour.
const QUARTERS_MAX: usize = 7 * 96;

/// The riders who asked within one quarter-hour, and what became of them, whenever that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quarter {
    /// How many asked.
    pub requested: u32,
    /// How many of them rode.
    pub completed: u32,
    /// How many of them ended without a ride.
    pub unserved: u32,
    /// How many of them a driver came to.
    pub waits: u32,
    /// How long those waited, in all.
    pub wait_sum_ms: i64,
}

impl Quarter {
    /// Figures of several quarter-hours as one.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            requested: self.requested + other.requested,
            completed: self.completed + other.completed,
            unserved: self.unserved + other.unserved,
            waits: self.waits + other.waits,
            wait_sum_ms: self.wait_sum_ms.saturating_add(other.wait_sum_ms),
        }
    }

    /// Their mean wait, in seconds; `None` where no driver arrived.
    pub fn wait_mean_s(&self) -> Option<f64> {
        quotient(i128::from(self.wait_sum_ms), i128::from(self.waits) * 1_000, 1)
    }
}

/// A quarter-hour as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct QuarterFigures {
    requested: u32,
    completed: u32,
    unserved: u32,
    wait_mean_s: Option<f64>,
}

impl From<&Quarter> for QuarterFigures {
    fn from(quarter: &Quarter) -> Self {
        Self {
            requested: quarter.requested,
            completed: quarter.completed,
            unserved: quarter.unserved,
            wait_mean_s: quarter.wait_mean_s(),
        }
    }
}

/// Quarter-hours from the start of service.
#[derive(Debug, Clone)]
pub(super) struct Series {
    start: Timestamp,
    quarters: Vec<Quarter>,
}

impl Series {
    pub(super) const fn new(start: Timestamp) -> Self {
        Self {
            start,
            quarters: Vec::new(),
        }
    }

    pub(super) fn quarters(&self) -> &[Quarter] {
        &self.quarters
    }

    pub(super) fn requested(&mut self, asked_at: Timestamp) {
        self.change(asked_at, |quarter| quarter.requested += 1);
    }

    pub(super) fn completed(&mut self, asked_at: Timestamp) {
        self.change(asked_at, |quarter| quarter.completed += 1);
    }

    pub(super) fn unserved(&mut self, asked_at: Timestamp) {
        self.change(asked_at, |quarter| quarter.unserved += 1);
    }

    pub(super) fn waited(&mut self, asked_at: Timestamp, wait_ms: i64) {
        self.change(asked_at, |quarter| {
            quarter.waits += 1;
            quarter.wait_sum_ms = quarter.wait_sum_ms.saturating_add(wait_ms.max(0));
        });
    }

    fn change(&mut self, asked_at: Timestamp, change: impl FnOnce(&mut Quarter)) {
        let since_ms = asked_at.since(self.start).get().max(0);
        let index = usize::try_from(since_ms / QUARTER_MS)
            .unwrap_or(QUARTERS_MAX)
            .min(QUARTERS_MAX - 1);
        if index >= self.quarters.len() {
            self.quarters.resize(index + 1, Quarter::default());
        }
        if let Some(quarter) = self.quarters.get_mut(index) {
            change(quarter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn riders_count_where_they_asked_and_odd_times_at_the_edges() {
        let start = Timestamp::from_ms(1_000_000);
        let mut series = Series::new(start);
        series.requested(Timestamp::from_ms(0));
        series.requested(Timestamp::from_ms(1_000_000 + QUARTER_MS));
        series.waited(Timestamp::from_ms(1_000_000 + QUARTER_MS), 90_000);
        series.unserved(Timestamp::from_ms(i64::MAX));
        let quarters = series.quarters();
        assert_eq!(quarters.len(), QUARTERS_MAX);
        assert_eq!((quarters[0].requested, quarters[1].requested), (1, 1));
        assert_eq!(quarters[1].wait_mean_s(), Some(90.0));
        assert_eq!(quarters[0].wait_mean_s(), None);
        assert_eq!(quarters[QUARTERS_MAX - 1].unserved, 1);
    }
}
