//! How long things took, without keeping every value.

use super::quotient::quotient;
use serde::Serialize;

/// Longer durations count as this long in percentiles; means stay exact.
pub const SECONDS_MAX: usize = 7_200;

/// Durations, counted in buckets of one second.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// How many rounded to the index, in seconds; as long as the longest one.
    seconds: Vec<u32>,
    count: u64,
    sum_ms: i128,
}

/// Mean and percentiles of durations, in seconds; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timing {
    /// The mean, to a millisecond.
    pub mean: Option<f64>,
    /// Half of all took at most this long.
    pub p50: Option<u32>,
    /// 95% of all took at most this long.
    pub p95: Option<u32>,
}

impl Histogram {
    /// Counts a duration in milliseconds; one below zero counts as zero.
    pub fn record(&mut self, duration_ms: i64) {
        let duration_ms = duration_ms.max(0);
        let second = usize::try_from(duration_ms.saturating_add(500) / 1_000)
            .unwrap_or(SECONDS_MAX)
            .min(SECONDS_MAX);
        if second >= self.seconds.len() {
            self.seconds.resize(second + 1, 0);
        }
        if let Some(bucket) = self.seconds.get_mut(second) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.sum_ms += i128::from(duration_ms);
    }

    /// How many were counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The mean in seconds, to a millisecond.
    pub fn mean_s(&self) -> Option<f64> {
        quotient(self.sum_ms, i128::from(self.count) * 1_000, 3)
    }

    /// The smallest whole second that at least `percent`% of all durations round to or stay below (nearest rank).
    pub fn percentile_s(&self, percent: u8) -> Option<u32> {
        let rank = (self.count * u64::from(percent)).div_ceil(100).max(1);
        let mut reached = 0;
        let at = self.seconds.iter().position(|bucket| {
            reached += u64::from(*bucket);
            reached >= rank
        })?;
        u32::try_from(at).ok()
    }

    /// Mean, median and 95th percentile.
    pub fn timing(&self) -> Timing {
        Timing {
            mean: self.mean_s(),
            p50: self.percentile_s(50),
            p95: self.percentile_s(95),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn percentiles_are_those_of_the_sorted_values() {
        let mut random = Random::new(5);
        for count in [1_usize, 2, 19, 20, 21, 1_000] {
            let mut seconds: Vec<i64> = (0..count)
                .map(|_| i64::try_from(random.below(7_000)).unwrap())
                .collect();
            let mut histogram = Histogram::default();
            for second in &seconds {
                histogram.record(second * 1_000);
            }
            seconds.sort_unstable();
            for percent in [0_u8, 10, 50, 90, 95, 100] {
                let rank = (count * usize::from(percent)).div_ceil(100).max(1);
                let expected = u32::try_from(seconds[rank - 1]).unwrap();
                assert_eq!(
                    histogram.percentile_s(percent),
                    Some(expected),
                    "p{percent} of {count}"
                );
            }
        }
    }

    #[test]
    fn nothing_measured_is_no_figure_and_extremes_are_held() {
        let mut histogram = Histogram::default();
        assert_eq!(
            histogram.timing(),
            Timing {
                mean: None,
                p50: None,
                p95: None
            }
        );
        histogram.record(i64::MIN);
        histogram.record(i64::MAX);
        assert_eq!(histogram.percentile_s(50), Some(0));
        assert_eq!(histogram.percentile_s(95), Some(7_200));
        assert_eq!(histogram.count(), 2);
    }

    #[test]
    fn the_mean_is_exact_where_percentiles_are_whole_seconds() {
        let mut histogram = Histogram::default();
        for duration_ms in [1_499, 1_500, 90_000] {
            histogram.record(duration_ms);
        }
        assert_eq!(histogram.mean_s(), Some(31.0));
        assert_eq!(histogram.percentile_s(10), Some(1));
        assert_eq!(histogram.percentile_s(50), Some(2));
    }
}
