//! Great-circle distance over + − × ÷ and square root alone, all of which IEEE 754 rounds exactly, in one fixed order:
//! so every platform gives the same bits, which libm's sine does not.

use crate::place::Place;
use crate::units::Millimetres;

/// Mean radius R₁ of GRS 80 in millimetres.
pub const EARTH_RADIUS_MM: f64 = 6_371_008_771.4;

/// Angles below are counted in half units of [`Place`]: 5e-8 degrees. This many make a right angle.
const QUARTER_TURN: u32 = 1_800_000_000;
const RADIANS_PER_COUNT: f64 = std::f64::consts::FRAC_PI_2 / 1_800_000_000.0;

/// Taylor coefficients of sin(x)/x in x², from the highest: cut where the next term is below 1e-18 on [0, π/4].
const SINE: [f64; 9] = [
    1.0 / 355_687_428_096_000.0,
    -1.0 / 1_307_674_368_000.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 39_916_800.0,
    1.0 / 362_880.0,
    -1.0 / 5_040.0,
    1.0 / 120.0,
    -1.0 / 6.0,
    1.0,
];
/// Taylor coefficients of cos(x) in x², from the highest: cut where the next term is below 1e-17 on [0, π/4].
const COSINE: [f64; 9] = [
    1.0 / 20_922_789_888_000.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    -1.0 / 2.0,
    1.0,
];
/// Taylor coefficients of atan(t)/t in t², from the highest: cut where the next term is below 1e-18 on [0, 0.1].
const ARCTANGENT: [f64; 9] = [
    1.0 / 17.0,
    -1.0 / 15.0,
    1.0 / 13.0,
    -1.0 / 11.0,
    1.0 / 9.0,
    -1.0 / 7.0,
    1.0 / 5.0,
    -1.0 / 3.0,
    1.0,
];

/// The distance between two places along the surface of a sphere of radius [`EARTH_RADIUS_MM`], to the nearest millimetre.
///
/// The computed value is within 0.001 mm of the exact one on that sphere, for every pair of places: the half-angle's
/// sine and cosine are both formed as sums of terms that are not negative, so neither near nor antipodal places cancel.
/// Symmetric to the bit, and zero only for places less than half a millimetre apart.
pub fn great_circle(from: Place, to: Place) -> Millimetres {
    let (latitude_a, latitude_b) = (from.latitude_e7(), to.latitude_e7());
    let across = from.longitude_e7().abs_diff(to.longitude_e7());
    let across = across.min(2 * QUARTER_TURN - across);

    let (sine_apart, _) = quarter_turn(latitude_a.abs_diff(latitude_b));
    let (sine_mean, _) = quarter_turn((latitude_a + latitude_b).unsigned_abs());
    let (sine_across, cosine_across) = quarter_turn(across);
    let (_, cosine_a) = quarter_turn(2 * latitude_a.unsigned_abs());
    let (_, cosine_b) = quarter_turn(2 * latitude_b.unsigned_abs());

    let shrink = cosine_a * cosine_b;
    let sine_squared = sine_apart * sine_apart + shrink * (sine_across * sine_across);
    let cosine_squared = sine_mean * sine_mean + shrink * (cosine_across * cosine_across);
    let half_angle = if sine_squared <= cosine_squared {
        arctangent((sine_squared / cosine_squared).sqrt())
    } else {
        std::f64::consts::FRAC_PI_2 - arctangent((cosine_squared / sine_squared).sqrt())
    };
    let distance_mm = 2.0 * EARTH_RADIUS_MM * half_angle;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "between 0 and half the circumference, 2.0e10 mm"
    )]
    Millimetres::new((distance_mm + 0.5) as i64)
}

/// Sine and cosine of `count` × 5e-8 degrees, for counts up to a right angle (more is taken as a right angle).
/// The reduction is done on the integer, so 0° and 90° are exact.
pub(super) fn quarter_turn(count: u32) -> (f64, f64) {
    let count = count.min(QUARTER_TURN);
    let mirrored = count > QUARTER_TURN / 2;
    let angle = f64::from(if mirrored { QUARTER_TURN - count } else { count }) * RADIANS_PER_COUNT;
    let square = angle * angle;
    let (sine, cosine) = (angle * polynomial(&SINE, square), polynomial(&COSINE, square));
    if mirrored { (cosine, sine) } else { (sine, cosine) }
}

/// For `tangent` in [0, 1]: halves the angle until the series converges, atan t = 2 atan(t / (1 + √(1 + t²))).
fn arctangent(mut tangent: f64) -> f64 {
    let mut doublings = 1.0;
    while tangent > 0.1 {
        tangent /= 1.0 + (1.0 + tangent * tangent).sqrt();
        doublings *= 2.0;
    }
    doublings * tangent * polynomial(&ARCTANGENT, tangent * tangent)
}

/// Horner's scheme; never fused, so never different.
fn polynomial(coefficients: &[f64; 9], x: f64) -> f64 {
    coefficients
        .iter()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    #[test]
    fn golden_values_hold_to_the_bit() {
        let bits = |count| {
            let (sine, cosine) = quarter_turn(count);
            (sine.to_bits(), cosine.to_bits())
        };
        assert_eq!(bits(0), (0.0_f64.to_bits(), 1.0_f64.to_bits()));
        assert_eq!(bits(QUARTER_TURN), (1.0_f64.to_bits(), 0.0_f64.to_bits()));
        // These are at most one unit in the last place from the correctly rounded values.
        assert_eq!(bits(600_000_000), (0x3fdf_ffff_ffff_ffff, 0x3feb_b67a_e858_4cab));
        assert_eq!(bits(815_160_000), (0x3fe4_e446_3c46_e604, 0x3fe8_3d39_c45e_39ae));
        assert_eq!(arctangent(1.0).to_bits(), 0x3fe9_21fb_5444_2d18);
        assert_eq!(arctangent(0.25).to_bits(), 0x3fcf_5b75_f92c_80dd);
    }

    #[test]
    fn golden_distances() {
        // Computed with 50 digits on the same sphere.
        for (from, to, distance_mm) in GOLDEN {
            let (from, to) = (place(from.0, from.1), place(to.0, to.1));
            assert_eq!(great_circle(from, to).get(), distance_mm, "{from} to {to}");
            assert_eq!(great_circle(to, from).get(), distance_mm, "{to} to {from}");
        }
    }

    const HALF_TURN_MM: i64 = 20_015_114_352;
    type Position = (i32, i32);
    const GOLDEN: [(Position, Position, i64); 9] = [
        (
            (407_580_000, -739_855_000),
            (406_413_000, -737_781_000),
            21_773_406,
        ),
        ((407_580_000, -739_855_000), (407_580_001, -739_855_000), 11),
        (
            (407_580_000, -739_855_000),
            (515_074_000, -1_278_000),
            5_565_735_901,
        ),
        (
            (-338_688_000, 1_512_093_000),
            (407_128_000, -740_060_000),
            15_988_777_520,
        ),
        (
            (-178_000_000, 1_799_000_000),
            (-178_000_000, -1_799_000_000),
            21_174_420,
        ),
        ((899_999_999, 0), (899_999_999, 1_800_000_000), 22),
        (
            (123_456_789, 987_654_321),
            (-123_456_788, -812_345_679),
            20_015_114_341,
        ),
        ((407_580_000, -739_855_000), (407_590_000, -739_860_000), 118_903),
        ((601_699_000, 249_384_000), (601_700_000, 249_500_000), 641_712),
    ];

    #[test]
    fn poles_antipodes_and_the_antimeridian_are_right() {
        let north = place(900_000_000, 0);
        let south = place(-900_000_000, 0);
        assert_eq!(great_circle(north, south).get(), HALF_TURN_MM);
        assert_eq!(great_circle(north, place(900_000_000, 1_234_567_890)).get(), 0);
        assert_eq!(
            great_circle(north, place(0, 77)),
            great_circle(south, place(0, -1_799_999_999))
        );
        for longitude_e7 in [0, 1, 900_000_000, 1_800_000_000] {
            let here = place(123_456_789, longitude_e7);
            let opposite = place(-123_456_789, longitude_e7 - 1_800_000_000);
            assert_eq!(great_circle(here, opposite).get(), HALF_TURN_MM);
            assert_eq!(great_circle(here, here).get(), 0);
        }
        let east = place(0, 1_799_999_999);
        let west = place(0, -1_799_999_999);
        assert_eq!(great_circle(east, west).get(), 22);
    }
}
