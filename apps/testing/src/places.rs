//! Corners of Manhattan, where the platform of a test serves unless it is told otherwise.

use fiacre_domain::place::Place;

/// 42nd to 47th Street, Broadway.
pub const TIMES_SQUARE: Place = at(407_580_000, -739_855_000);
/// Half a kilometre east of Times Square.
pub const BRYANT_PARK: Place = at(407_536_000, -739_832_000);
/// 42nd Street and Park Avenue.
pub const GRAND_CENTRAL: Place = at(407_527_000, -739_772_000);
/// 14th Street, Broadway.
pub const UNION_SQUARE: Place = at(407_359_000, -739_911_000);
/// 59th Street, Broadway.
pub const COLUMBUS_CIRCLE: Place = at(407_681_000, -739_819_000);
/// The southern end.
pub const BATTERY: Place = at(407_033_000, -740_170_000);
/// 125th Street, far to the north: about ten kilometres from Union Square.
pub const HARLEM: Place = at(408_116_000, -739_465_000);

#[expect(
    clippy::panic,
    reason = "evaluated by the compiler: a place that is none does not build"
)]
const fn at(latitude_e7: i32, longitude_e7: i32) -> Place {
    match Place::from_e7(latitude_e7, longitude_e7) {
        Ok(place) => place,
        Err(_) => panic!("a place of Manhattan"),
    }
}
