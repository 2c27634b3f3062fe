//! Laws of great-circle distance and of the plane that stands for a service area.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::geo::{EARTH_RADIUS_MM, ServiceArea, great_circle};
use fiacre_domain::place::Place;
use fiacre_domain::units::Millimetres;
use proptest::prelude::*;

fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
    Place::from_e7(latitude_e7, longitude_e7).unwrap()
}

/// Anywhere, and often where formulas fail: poles, the equator, the antimeridian.
fn anywhere() -> impl Strategy<Value = Place> {
    let latitude = prop_oneof![
        4 => -900_000_000..=900_000_000,
        1 => prop::sample::select(vec![-900_000_000, -899_999_999, 0, 1, 899_999_999, 900_000_000]),
    ];
    let longitude = prop_oneof![
        4 => -1_800_000_000..=1_800_000_000,
        1 => prop::sample::select(vec![-1_800_000_000, -1_799_999_999, -900_000_000, 0, 1, 1_799_999_999]),
    ];
    (latitude, longitude).prop_map(|(latitude, longitude)| place(latitude, longitude))
}

/// Half the circumference, to the nearest millimetre.
const HALF_TURN_MM: i64 = 20_015_114_352;

/// The same distance by vectors and the platform's own functions: sound to a few parts in 10^16 at every angle.
fn reference_mm(from: Place, to: Place) -> f64 {
    let vector = |place: Place| {
        let latitude = (f64::from(place.latitude_e7()) / 1e7).to_radians();
        let longitude = (f64::from(place.longitude_e7()) / 1e7).to_radians();
        let (sine, cosine) = latitude.sin_cos();
        [cosine * longitude.cos(), cosine * longitude.sin(), sine]
    };
    let (a, b) = (vector(from), vector(to));
    let length = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let difference = length([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
    let sum = length([a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
    2.0 * EARTH_RADIUS_MM * difference.atan2(sum)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn distance_is_symmetric_bounded_and_zero_only_at_home(a in anywhere(), b in anywhere()) {
        let distance = great_circle(a, b).get();
        prop_assert_eq!(distance, great_circle(b, a).get());
        prop_assert!((0..=HALF_TURN_MM).contains(&distance));
        prop_assert_eq!(great_circle(a, a).get(), 0);
        // Two places lie a centimetre apart at least, but for longitudes next to a pole.
        if a.latitude_e7() != b.latitude_e7() {
            prop_assert!(distance >= 11);
        }
    }

    #[test]
    fn no_way_round_is_shorter(a in anywhere(), b in anywhere(), c in anywhere()) {
        let (direct, first, second) = (great_circle(a, c), great_circle(a, b), great_circle(b, c));
        // Each of the three is rounded to the nearest millimetre.
        prop_assert!(direct.get() <= first.get() + second.get() + 1);
    }

    #[test]
    fn distance_agrees_with_the_platforms_library(a in anywhere(), b in anywhere()) {
        let reference = reference_mm(a, b);
        #[expect(clippy::cast_precision_loss, reason = "below 2^35")]
        let distance = great_circle(a, b).get() as f64;
        // The reference forms differences of unit vectors: good to some 1e-16 radians, a few thousandths of a millimetre.
        prop_assert!((distance - reference).abs() <= 0.51, "{} against {}", distance, reference);
    }

    #[test]
    fn a_place_and_its_antipode_are_half_a_turn_apart(a in anywhere(), b in anywhere()) {
        let opposite_longitude = if a.longitude_e7() > 0 { -1_800_000_000 } else { 1_800_000_000 };
        let antipode = place(-a.latitude_e7(), a.longitude_e7() + opposite_longitude);
        prop_assert_eq!(great_circle(a, antipode).get(), HALF_TURN_MM);
        let both = great_circle(a, b).get() + great_circle(b, antipode).get();
        prop_assert!((both - HALF_TURN_MM).abs() <= 1);
    }

    #[test]
    fn the_planes_reach_covers_every_place_within_a_distance(
        south in -800_000_000_i32..700_000_000,
        west in -1_800_000_000_i32..=1_800_000_000,
        (height, width) in (1_i32..=100_000_000, 1_i32..=100_000_000),
        (a, b) in (any::<(u32, u32)>(), any::<(u32, u32)>()),
    ) {
        let wrap = |longitude: i64| (longitude + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000;
        let at = |(north, east): (u32, u32)| {
            let north = i64::from(south) + i64::from(north) % (i64::from(height) + 1);
            let east = wrap(i64::from(west) + i64::from(east) % (i64::from(width) + 1));
            place(i32::try_from(north).unwrap(), i32::try_from(east).unwrap())
        };
        let north_east = place(south + height, i32::try_from(wrap(i64::from(west) + i64::from(width))).unwrap());
        let area = ServiceArea::bounding(place(south, west), north_east).unwrap();
        let (a, b) = (at(a), at(b));
        let squared = area.project(a).unwrap().squared_distance(area.project(b).unwrap());
        let reach = area.plane_reach(great_circle(a, b));
        prop_assert!(squared <= reach * reach, "{} beyond {}", squared.isqrt(), reach);
        prop_assert!(area.plane_reach(Millimetres::MAX).checked_pow(2).is_some());
    }
}
