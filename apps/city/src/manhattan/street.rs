//! The street grid: how far a drive is along avenues and cross-town streets.
//!
//! Manhattan's avenues run 29° east of north and its streets at right angles to them, so a drive between two places is as
//! long as its part along the avenues plus its part across: the L1 distance in axes turned by 29°. The package that the
//! speeds come from measures in the same way, so distance ÷ speed gives back its driving times. Against the straight line
//! that is a factor of 1 (along an avenue) to √2 (diagonally), 4/π ≈ 1.27 over all directions alike, and 1.20 over Manhattan's
//! real trips, most of which go up or down the island (`cargo run -p fiacre-city --example figures`).
//!
//! All is integer arithmetic on a plane that touches the ellipsoid at 40.78° N: within 0.2% anywhere on the island.
//!
//! ```
//! use fiacre_city::manhattan::street;
//! use fiacre_domain::place::Place;
//! use fiacre_domain::units::Millimetres;
//! // Fifth Avenue from 42nd to 59th Street is straight: 17 blocks of 80 metres.
//! let (library, plaza) = (Place::from_e7(407_537_000, -739_809_000)?, Place::from_e7(407_644_000, -739_731_000)?);
//! let distance = street::distance(library, plaza);
//! assert!((1_300_000..1_450_000).contains(&distance.get()), "{distance}");
//! assert_eq!(street::along(library, plaza, Millimetres::ZERO), library);
//! assert_eq!(street::along(library, plaza, distance), plaza);
//! # Ok::<(), fiacre_domain::place::PlaceError>(())
//! ```

use fiacre_domain::place::Place;
use fiacre_domain::units::Millimetres;

// What 1e-7 degrees are along the axes, in nanometres: at 40.78° N they are 8,441,432 nm east and 11,104,966 nm north
// (WGS 84: N cos φ and M), turned by 29°. `AVENUE` points up the avenues, `CROSS` east along the streets.
const AVENUE_PER_LONGITUDE: i64 = 4_092_487;
const AVENUE_PER_LATITUDE: i64 = 9_712_622;
const CROSS_PER_LONGITUDE: i64 = 7_383_042;
const CROSS_PER_LATITUDE: i64 = -5_383_794;
const NM_PER_MM: i64 = 1_000_000;

/// A displacement in the grid's axes, in nanometres.
#[derive(Clone, Copy)]
struct Displacement {
    avenue_nm: i64,
    cross_nm: i64,
}

impl Displacement {
    fn between(from: Place, to: Place) -> Self {
        // At most 1.8e9 and 3.6e9 in 1e-7 degrees: the sums stay below 1e17 nm.
        let latitude = i64::from(to.latitude_e7()) - i64::from(from.latitude_e7());
        let longitude = i64::from(to.longitude_e7()) - i64::from(from.longitude_e7());
        Self {
            avenue_nm: longitude * AVENUE_PER_LONGITUDE + latitude * AVENUE_PER_LATITUDE,
            cross_nm: longitude * CROSS_PER_LONGITUDE + latitude * CROSS_PER_LATITUDE,
        }
    }

    const fn length_nm(self) -> i64 {
        self.avenue_nm.abs() + self.cross_nm.abs()
    }
}

/// The distance along avenues and streets, in millimetres, rounded to the nearest.
///
/// It has a meaning within the city only; elsewhere it is still finite, symmetric, and zero only for equal places.
pub fn distance(from: Place, to: Place) -> Millimetres {
    Millimetres::new((Displacement::between(from, to).length_nm() + NM_PER_MM / 2) / NM_PER_MM)
}

/// Where a drive stands after `driven`: first along the avenue, then across.
///
/// `from` where nothing is driven yet, `to` from the whole distance on; places between are within 2 cm of the line.
pub fn along(from: Place, to: Place, driven: Millimetres) -> Place {
    let whole = Displacement::between(from, to);
    let driven_nm = driven.get().max(0).saturating_mul(NM_PER_MM);
    if driven_nm >= whole.length_nm() || driven >= distance(from, to) {
        return to;
    }
    let avenue_nm = driven_nm.min(whole.avenue_nm.abs());
    let part = Displacement {
        avenue_nm: avenue_nm * whole.avenue_nm.signum(),
        cross_nm: (driven_nm - avenue_nm) * whole.cross_nm.signum(),
    };
    offset(from, part).unwrap_or(to)
}

/// Where a drive turns from its avenue into the cross street.
pub fn corner(from: Place, to: Place) -> Place {
    let avenue = Displacement {
        cross_nm: 0,
        ..Displacement::between(from, to)
    };
    offset(from, avenue).unwrap_or(to)
}

/// `from`, displaced; `None` beyond a pole or the antimeridian, where the plane no longer means anything.
fn offset(from: Place, by: Displacement) -> Option<Place> {
    // Cramer's rule; the determinant is that of the four constants above.
    const DETERMINANT: i128 = AVENUE_PER_LATITUDE as i128 * CROSS_PER_LONGITUDE as i128
        - AVENUE_PER_LONGITUDE as i128 * CROSS_PER_LATITUDE as i128;
    let (avenue, cross) = (i128::from(by.avenue_nm), i128::from(by.cross_nm));
    let latitude = avenue * i128::from(CROSS_PER_LONGITUDE) - cross * i128::from(AVENUE_PER_LONGITUDE);
    let longitude = cross * i128::from(AVENUE_PER_LATITUDE) - avenue * i128::from(CROSS_PER_LATITUDE);
    let moved = |start: i32, scaled: i128| i32::try_from(i128::from(start) + scaled / DETERMINANT).ok();
    Place::from_e7(
        moved(from.latitude_e7(), latitude)?,
        moved(from.longitude_e7(), longitude)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    #[test]
    fn the_distance_is_symmetric_and_between_the_line_and_root_two_lines() {
        let from = place(407_580_000, -739_855_000);
        for (north, east) in [
            (1, 0),
            (0, 1),
            (100_000, -70_000),
            (-150_000, 60_000),
            (80_000, 58_000),
        ] {
            let to = place(407_580_000 + north, -739_855_000 + east);
            let line_mm = (f64::from(north) * 11.104_966).hypot(f64::from(east) * 8.441_432);
            let grid = distance(from, to);
            assert_eq!(grid, distance(to, from));
            let ratio = f64::from(i32::try_from(grid.get()).unwrap()) / line_mm;
            assert!((0.9..1.5).contains(&ratio), "{north}, {east}: {ratio}");
            if line_mm > 1_000.0 {
                assert!((0.999..1.415).contains(&ratio), "{north}, {east}: {ratio}");
            }
        }
        assert_eq!(distance(from, from), Millimetres::ZERO);
    }

    #[test]
    fn a_drive_turns_at_its_corner() {
        let (from, to) = (place(407_060_000, -740_090_000), place(408_100_000, -739_500_000));
        let corner = corner(from, to);
        assert!(
            Displacement::between(from, corner).cross_nm.abs() < 20_000_000,
            "up the avenue"
        );
        assert!(
            Displacement::between(corner, to).avenue_nm.abs() < 20_000_000,
            "along the street"
        );
        let by_corner = distance(from, corner).saturating_add(distance(corner, to));
        assert!(
            (by_corner.get() - distance(from, to).get()).abs() <= 40,
            "no way round"
        );
        assert_eq!(super::corner(from, from), from);
    }

    #[test]
    fn a_drive_uses_up_its_distance_evenly() {
        let (from, to) = (place(407_060_000, -740_090_000), place(408_100_000, -739_500_000));
        let whole = distance(from, to);
        for tenth in 0..=10 {
            let driven = Millimetres::new(whole.get() * tenth / 10);
            let here = along(from, to, driven);
            let (behind, ahead) = (distance(from, here), distance(here, to));
            assert!(
                (behind.get() - driven.get()).abs() <= 40,
                "{tenth}: {behind} behind"
            );
            assert!(
                (behind.get() + ahead.get() - whole.get()).abs() <= 80,
                "{tenth}: {ahead} ahead"
            );
        }
        assert_eq!(along(from, to, Millimetres::MAX), to);
        assert_eq!(along(from, to, Millimetres::new(-5)), from);
    }

    #[test]
    fn the_ends_of_the_earth_are_far_and_no_overflow() {
        let corners = [
            place(900_000_000, 0),
            place(-900_000_000, 0),
            place(0, 1_800_000_000),
            place(0, -1_799_999_999),
        ];
        for from in corners {
            for to in corners {
                let whole = distance(from, to);
                assert_eq!(whole == Millimetres::ZERO, from == to);
                let _ = along(from, to, Millimetres::new(whole.get() / 2));
            }
        }
    }
}
