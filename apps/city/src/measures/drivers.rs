//! How drivers spent their day, and what it paid.

use super::quotient::quotient;
use fiacre_domain::id::DriverId;
use fiacre_domain::units::{Millimetres, Millis};
use serde::Serialize;
use std::collections::BTreeMap;

const MS_PER_HOUR: i128 = 3_600_000;

/// What a driver does on duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriveKind {
    /// Free: standing or cruising.
    Idle,
    /// On the way to a rider, and waiting for them.
    EnRoute,
    /// With a rider.
    Occupied,
}

/// Time and distance of one kind, over all drivers.
#[derive(Debug, Clone, Copy, Default)]
struct Driven {
    distance_mm: i128,
    duration_ms: i128,
}

#[derive(Debug, Clone, Copy, Default)]
struct Day {
    on_duty_ms: i64,
    earned_minor: i64,
}

/// All drivers' days.
#[derive(Debug, Clone, Default)]
pub(super) struct Drivers {
    count: u32,
    idle: Driven,
    en_route: Driven,
    occupied: Driven,
    days: BTreeMap<DriverId, Day>,
}

/// Percentiles over drivers, in minor units an hour on duty; `None` where no driver had a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Earnings {
    /// A tenth earned at most this.
    pub p10: Option<i64>,
    /// Half earned at most this.
    pub p50: Option<i64>,
    /// Nine tenths earned at most this.
    pub p90: Option<i64>,
}

/// How drivers spent their day, and what it paid. Shares are of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriverFigures {
    /// How many were on duty.
    pub count: u32,
    /// The share of their time with a rider.
    pub occupied_share: Option<f64>,
    /// The share of their time on the way to a rider or waiting for one.
    pub enroute_share: Option<f64>,
    /// The share of their metres without a rider.
    pub deadhead_share_m: Option<f64>,
    /// Rides completed in an hour of duty, mean.
    pub completed_per_h: Option<f64>,
    /// Pay by the receipts, over the driver's hours on duty.
    pub earnings_per_h: Earnings,
    /// The Gini coefficient of what drivers earn an hour: 0 all the same, 1 one has it all.
    pub gini: Option<f64>,
    /// The share of their time free.
    pub open_share: Option<f64>,
    /// All time on duty, in hours.
    pub hours: Option<f64>,
}

impl Drivers {
    pub(super) const fn set_count(&mut self, count: u32) {
        self.count = count;
    }

    pub(super) fn note(
        &mut self,
        driver: DriverId,
        kind: DriveKind,
        distance: Millimetres,
        duration: Millis,
    ) {
        let (distance_mm, duration_ms) = (distance.get().max(0), duration.get().max(0));
        let driven = match kind {
            DriveKind::Idle => &mut self.idle,
            DriveKind::EnRoute => &mut self.en_route,
            DriveKind::Occupied => &mut self.occupied,
        };
        driven.distance_mm += i128::from(distance_mm);
        driven.duration_ms += i128::from(duration_ms);
        let day = self.days.entry(driver).or_default();
        day.on_duty_ms = day.on_duty_ms.saturating_add(duration_ms);
    }

    pub(super) fn earn(&mut self, driver: DriverId, pay_minor: i64) {
        let day = self.days.entry(driver).or_default();
        day.earned_minor = day.earned_minor.saturating_add(pay_minor);
    }

    #[cfg(test)]
    pub(super) fn earned_minor(&self, driver: DriverId) -> i64 {
        self.days.get(&driver).map_or(0, |day| day.earned_minor)
    }

    pub(super) fn figures(&self, completed: u64) -> DriverFigures {
        let all_ms = self.idle.duration_ms + self.en_route.duration_ms + self.occupied.duration_ms;
        let empty_mm = self.idle.distance_mm + self.en_route.distance_mm;
        let per_hour = self.earned_per_hour();
        DriverFigures {
            count: self.count,
            occupied_share: quotient(self.occupied.duration_ms, all_ms, 4),
            enroute_share: quotient(self.en_route.duration_ms, all_ms, 4),
            deadhead_share_m: quotient(empty_mm, empty_mm + self.occupied.distance_mm, 4),
            completed_per_h: quotient(i128::from(completed) * MS_PER_HOUR, all_ms, 3),
            earnings_per_h: Earnings {
                p10: percentile(&per_hour, 10),
                p50: percentile(&per_hour, 50),
                p90: percentile(&per_hour, 90),
            },
            gini: gini(&per_hour),
            open_share: quotient(self.idle.duration_ms, all_ms, 4),
            hours: quotient(all_ms, MS_PER_HOUR, 2),
        }
    }

    /// What each driver with time on duty earned an hour, in minor units, in ascending order.
    fn earned_per_hour(&self) -> Vec<i64> {
        let on_duty = self.days.values().filter(|day| day.on_duty_ms > 0);
        let mut per_hour: Vec<i64> = on_duty
            .map(|day| {
                let minor = i128::from(day.earned_minor) * MS_PER_HOUR / i128::from(day.on_duty_ms);
                i64::try_from(minor).unwrap_or(i64::MAX)
            })
            .collect();
        per_hour.sort_unstable();
        per_hour
    }
}

/// By nearest rank, of ascending values.
fn percentile(ascending: &[i64], percent: usize) -> Option<i64> {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1).copied()
}

/// The Gini coefficient of ascending values: (2 Σ i·xᵢ − (n + 1) Σ xᵢ) ÷ (n Σ xᵢ), i from 1. Values below zero count as
/// zero; `None` where there is nothing to share.
fn gini(ascending: &[i64]) -> Option<f64> {
    let (mut count, mut sum, mut ranked) = (0_i128, 0_i128, 0_i128);
    for value in ascending {
        let value = i128::from((*value).max(0));
        count += 1;
        sum += value;
        ranked += count * value;
    }
    quotient(2 * ranked - (count + 1) * sum, count * sum, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_is_zero_among_equals_and_nears_one_where_one_has_all() {
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0, 0]), None);
        assert_eq!(gini(&[7, 7, 7]), Some(0.0));
        assert_eq!(gini(&[0, 0, 0, 10]), Some(0.75));
        assert_eq!(gini(&[1, 3]), Some(0.25));
    }

    #[test]
    fn shares_are_of_time_and_metres_and_earnings_of_hours() {
        let mut drivers = Drivers::default();
        drivers.set_count(2);
        let (ann, bob) = (DriverId::from_u128(1), DriverId::from_u128(2));
        drivers.note(ann, DriveKind::Idle, Millimetres::ZERO, Millis::from_minutes(30));
        drivers.note(
            ann,
            DriveKind::EnRoute,
            Millimetres::from_metres(500),
            Millis::from_minutes(15),
        );
        drivers.note(
            ann,
            DriveKind::Occupied,
            Millimetres::from_metres(1_500),
            Millis::from_minutes(15),
        );
        drivers.note(bob, DriveKind::Idle, Millimetres::ZERO, Millis::from_minutes(60));
        drivers.earn(ann, 1_200);
        let figures = drivers.figures(3);
        assert_eq!(figures.occupied_share, Some(0.125));
        assert_eq!(figures.enroute_share, Some(0.125));
        assert_eq!(figures.open_share, Some(0.75));
        assert_eq!(figures.deadhead_share_m, Some(0.25));
        assert_eq!(figures.completed_per_h, Some(1.5));
        assert_eq!(
            figures.earnings_per_h,
            Earnings {
                p10: Some(0),
                p50: Some(0),
                p90: Some(1_200)
            }
        );
        assert_eq!(figures.gini, Some(0.5));
    }

    #[test]
    fn nobody_on_duty_is_no_figure() {
        let figures = Drivers::default().figures(0);
        assert_eq!(
            (figures.count, figures.occupied_share, figures.gini),
            (0, None, None)
        );
        assert_eq!(
            figures.earnings_per_h,
            Earnings {
                p10: None,
                p50: None,
                p90: None
            }
        );
    }
}
