//! Directions of travel in a [`ServiceArea`](super::ServiceArea)'s plane, in integers.

use super::PlanePoint;
use super::quarter_turn;

const UNITS_PER_DEGREE: u32 = 20_000_000;
/// Cosines are kept as integers of this many fractional bits.
const COSINE_BITS: u32 = 15;

/// How far a heading (degrees clockwise from north) is turned away from the way `from` → `to`: (1 − cos angle) / 2, as
/// 65,536ths from 0 (straight ahead) to 65,536 (straight back). 0 where the two points are one.
pub(crate) fn turn_65536(heading_degrees: u16, from: PlanePoint, to: PlanePoint) -> i64 {
    let (east, north) = direction(heading_degrees);
    let (x, y) = (i64::from(to.x() - from.x()), i64::from(to.y() - from.y()));
    let length = (x * x + y * y).isqrt();
    if length == 0 {
        return 0;
    }
    let whole = 1 << COSINE_BITS;
    let cosine = ((east * x + north * y) / length).clamp(-whole, whole);
    whole - cosine
}

/// East and north parts of a unit vector × 2^15.
fn direction(heading_degrees: u16) -> (i64, i64) {
    let quadrant = heading_degrees / 90 % 4;
    // A quarter turn is 1.8e9 counts of 5e-8 degrees.
    let (sine, cosine) = quarter_turn(u32::from(heading_degrees % 90) * UNITS_PER_DEGREE);
    let scale = f64::from(1_u32 << COSINE_BITS);
    #[expect(clippy::cast_possible_truncation, reason = "a sine or cosine × 2^15")]
    let (sine, cosine) = ((sine * scale + 0.5) as i64, (cosine * scale + 0.5) as i64);
    match quadrant {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::ServiceArea;
    use crate::place::Place;

    #[test]
    fn straight_ahead_is_free_and_straight_back_costs_the_whole() {
        let place = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
        let area = ServiceArea::bounding(place(-10_000, -10_000), place(10_000, 10_000)).unwrap();
        let point = |latitude_e7, longitude_e7| area.project(place(latitude_e7, longitude_e7)).unwrap();
        let centre = point(0, 0);
        let ways = [
            (0, (9_000, 0)),
            (90, (0, 9_000)),
            (180, (-9_000, 0)),
            (270, (0, -9_000)),
        ];
        for (heading, (north, east)) in ways {
            let ahead = point(north, east);
            assert_eq!(turn_65536(heading, centre, ahead), 0, "{heading}");
            assert_eq!(
                turn_65536((heading + 180) % 360, centre, ahead),
                65_536,
                "{heading}"
            );
            assert_eq!(
                turn_65536((heading + 90) % 360, centre, ahead),
                32_768,
                "{heading}"
            );
        }
        let north_east = point(9_000, 9_000);
        assert!(turn_65536(45, centre, north_east) <= 1);
        assert_eq!(turn_65536(123, centre, centre), 0);
    }
}
