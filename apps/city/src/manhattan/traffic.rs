//! How much of a drive stands still: what taximeters charge by time.
//!
//! The data has mean speeds from door to door. A cab in traffic does not roll at the mean: it stands, at lights and in queues, and in
//! between it drives with the flow. So of the time of a drive, what is left over at the speed of the flow is standing. The flow is taken
//! as half again as fast as the mean, and no slower than 15 miles an hour: an assumption, three fifths of the city's limit of 25
//! (Administrative Code of New York City, § 19-177). At the mean of Friday's trips, 20 km/h, a third of the time is
//! standing; at a walker's pace nearly all of it.
//!
//! Desks quote by this share and taximeters in the city show it, so that a ride that is driven as it was quoted costs what it was quoted
//! at; over a few thousand real trips the published tariffs' own estimate comes to the same within some per cent.
//!
//! ```
//! use fiacre_city::manhattan::traffic::standing;
//! use fiacre_domain::units::{Millimetres, Millis};
//! let minutes = Millis::from_minutes;
//! assert_eq!(standing(Millimetres::from_metres(6_000), minutes(15)), minutes(5), "24 km/h");
//! assert!(standing(Millimetres::from_metres(1_000), minutes(15)) > minutes(12), "4 km/h");
//! ```

use fiacre_domain::units::{Millimetres, Millis};

/// The slowest that cars roll: 15 miles an hour, in millimetres an hour. Above the speed below which any of the published
/// tariffs counts time instead of distance.
const FLOW_MM_PER_HOUR_MIN: i128 = 15 * 1_609_344;
const HOUR_MS: i128 = 3_600_000;

/// How much of a drive of `duration` over `distance` the car stands: between a third of it and all of it.
pub fn standing(distance: Millimetres, duration: Millis) -> Millis {
    let third_ms = duration.get().max(0) / 3;
    let rolling_ms = (i128::from(distance.get().max(0)) * HOUR_MS).div_euclid(FLOW_MM_PER_HOUR_MIN);
    let left_ms = i128::from(duration.get()) - rolling_ms;
    Millis::new(i64::try_from(left_ms).unwrap_or(i64::MAX).max(third_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What rolls is fast for each of the published tariffs, so that distance and standing alone tell the price.
    #[test]
    fn a_car_rolls_faster_than_any_threshold_or_stands() {
        for metres in [0, 1, 99, 800, 5_000, 40_000] {
            let mut before = Millis::ZERO;
            for seconds in [0, 1, 60, 100, 500, 1_200, 7_200] {
                let (distance, duration) = (Millimetres::from_metres(metres), Millis::from_secs(seconds));
                let stands = standing(distance, duration);
                assert!(stands >= before && (Millis::new(duration.get() / 3)..=duration).contains(&stands));
                before = stands;
                let rolling_ms = i128::from(duration.get() - stands.get());
                let fast_enough =
                    i128::from(distance.get()) * HOUR_MS >= FLOW_MM_PER_HOUR_MIN * (rolling_ms - 1);
                assert!(fast_enough, "{metres} m in {seconds} s roll for {rolling_ms} ms");
            }
        }
        assert_eq!(standing(Millimetres::new(-1), Millis::new(-1)), Millis::ZERO);
        assert!(standing(Millimetres::MAX, Millis::MAX) >= Millis::new(i64::MAX / 3));
    }
}
