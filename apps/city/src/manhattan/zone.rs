//! Zones: their names, outlines and what lies inside. Integer arithmetic only, so a place on a border is in the same zone
//! on every platform.

use super::ZONES;
use crate::random::Random;
use crate::table::{Reader, Table, TableError, TableFault};
use fiacre_domain::place::Place;

/// Outlines larger than a degree are refused: within that, products of differences fit an `i64`.
const EXTENT_E7_MAX: i64 = 10_000_000;
/// The slimmest zone fills more than a tenth of its bounding box, so this many misses in a row (0.9⁵¹² ≈ 10⁻²⁴) never come.
const SAMPLE_ATTEMPTS: usize = 512;

/// Which of the 61 zones: their position by ascending TLC number. Always valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneIndex(u8);

impl ZoneIndex {
    /// The zone with the lowest number.
    pub const FIRST: Self = Self(0);

    /// The `index`th zone; `None` from 61 on.
    pub fn new(index: usize) -> Option<Self> {
        u8::try_from(index).ok().filter(|_| index < ZONES).map(Self)
    }

    /// The position, below 61.
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    /// All zones in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..ZONES).filter_map(Self::new)
    }
}

/// A taxi zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    number: u16,
    name: String,
    outline: Vec<Place>,
    centroid: Place,
    south_west: Place,
    north_east: Place,
}

impl Zone {
    fn new(number: u16, name: String, outline: Vec<Place>) -> Option<Self> {
        let latitudes = || outline.iter().map(|corner| corner.latitude_e7());
        let longitudes = || outline.iter().map(|corner| corner.longitude_e7());
        let south_west = Place::from_e7(latitudes().min()?, longitudes().min()?).ok()?;
        let north_east = Place::from_e7(latitudes().max()?, longitudes().max()?).ok()?;
        let extent = |low: i32, high: i32| i64::from(high) - i64::from(low);
        if extent(south_west.latitude_e7(), north_east.latitude_e7()) > EXTENT_E7_MAX
            || extent(south_west.longitude_e7(), north_east.longitude_e7()) > EXTENT_E7_MAX
        {
            return None;
        }
        let centroid = centroid(&outline)?;
        let zone = Self {
            number,
            name,
            outline,
            centroid,
            south_west,
            north_east,
        };
        zone.contains(centroid).then_some(zone)
    }

    /// The number that New York's Taxi and Limousine Commission gave it.
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its corners in order; the last is joined to the first.
    pub fn outline(&self) -> &[Place] {
        &self.outline
    }

    /// Its centre of area. It lies inside (loading checks that).
    pub const fn centroid(&self) -> Place {
        self.centroid
    }

    /// Whether `place` lies inside. A place on a border that two zones share is in exactly one of them.
    pub fn contains(&self, place: Place) -> bool {
        let (latitude, longitude) = (place.latitude_e7(), place.longitude_e7());
        if !(self.south_west.latitude_e7()..=self.north_east.latitude_e7()).contains(&latitude)
            || !(self.south_west.longitude_e7()..=self.north_east.longitude_e7()).contains(&longitude)
        {
            return false;
        }
        // Even-odd rule: count the edges that an eastward ray from `place` crosses. An edge owns its lower end only.
        let crossings = edges(&self.outline).filter(|(start, end)| {
            let rises = end.latitude_e7() > start.latitude_e7();
            if (start.latitude_e7() > latitude) == (end.latitude_e7() > latitude) {
                return false;
            }
            let (ahead_lat, ahead_lon) = difference(*start, *end);
            let (own_lat, own_lon) = difference(*start, place);
            let side = ahead_lon * own_lat - own_lon * ahead_lat;
            if rises { side > 0 } else { side < 0 }
        });
        crossings.count() % 2 == 1
    }

    /// A place inside, each square metre equally likely: a place in the bounding box, again until it is inside.
    pub(super) fn sample(&self, random: &mut Random) -> Place {
        let between = |random: &mut Random, low: i32, high: i32| {
            let span = u64::from(high.abs_diff(low)) + 1;
            i32::try_from(i64::from(low) + random.below(span).cast_signed()).unwrap_or(high)
        };
        for _ in 0..SAMPLE_ATTEMPTS {
            let latitude = between(
                random,
                self.south_west.latitude_e7(),
                self.north_east.latitude_e7(),
            );
            let longitude = between(
                random,
                self.south_west.longitude_e7(),
                self.north_east.longitude_e7(),
            );
            if let Some(place) = Place::from_e7(latitude, longitude)
                .ok()
                .filter(|place| self.contains(*place))
            {
                return place;
            }
        }
        self.centroid
    }
}

/// Reads `zones.bin`.
pub(super) fn decode(file: &[u8]) -> Result<[Zone; ZONES], TableError> {
    let mut reader = Reader::open(Table::Zones, file)?;
    let count = usize::from(reader.u8()?);
    let mut zones: Vec<Zone> = Vec::with_capacity(count);
    for _ in 0..count {
        let zone = read_zone(&mut reader)?;
        if zones.last().is_some_and(|before| before.number >= zone.number) {
            return Err(reader.error(TableFault::ValueOutOfRange));
        }
        zones.push(zone);
    }
    reader.finish()?;
    <[Zone; ZONES]>::try_from(zones).map_err(|_| TableError::new(Table::Zones, TableFault::WrongShape))
}

fn read_zone(reader: &mut Reader<'_>) -> Result<Zone, TableError> {
    let number = u16::from_le_bytes(reader.array()?);
    let name_length = reader.u8()?;
    let name = reader.text(name_length)?.to_owned();
    let corners = reader.varint()?;
    let mut outline = Vec::new();
    let (mut latitude, mut longitude) = (0_i64, 0_i64);
    for _ in 0..corners {
        latitude += reader.signed_varint()?;
        longitude += reader.signed_varint()?;
        let place = i32::try_from(latitude)
            .ok()
            .zip(i32::try_from(longitude).ok())
            .and_then(|(latitude, longitude)| Place::from_e7(latitude, longitude).ok())
            .ok_or(reader.error(TableFault::ValueOutOfRange))?;
        outline.push(place);
    }
    Zone::new(number, name, outline).ok_or(reader.error(TableFault::BadOutline))
}

fn edges(outline: &[Place]) -> impl Iterator<Item = (Place, Place)> {
    let closing = outline.last().copied().zip(outline.first().copied());
    let sides = outline.array_windows().map(|[start, end]| (*start, *end));
    sides.chain(closing)
}

/// North and east from `from` to `to`, in 1e-7 degrees.
fn difference(from: Place, to: Place) -> (i64, i64) {
    (
        i64::from(to.latitude_e7()) - i64::from(from.latitude_e7()),
        i64::from(to.longitude_e7()) - i64::from(from.longitude_e7()),
    )
}

/// The centre of area (shoelace formula, relative to the first corner); `None` where there is no area.
fn centroid(outline: &[Place]) -> Option<Place> {
    let origin = *outline.first()?;
    let (mut twice_area, mut latitude, mut longitude) = (0_i128, 0_i128, 0_i128);
    for (start, end) in edges(outline) {
        let (start_lat, start_lon) = difference(origin, start);
        let (end_lat, end_lon) = difference(origin, end);
        let cross = i128::from(start_lon) * i128::from(end_lat) - i128::from(end_lon) * i128::from(start_lat);
        twice_area += cross;
        latitude += i128::from(start_lat + end_lat) * cross;
        longitude += i128::from(start_lon + end_lon) * cross;
    }
    let moved = |start: i32, moment: i128| {
        // The sign of the area is the direction of the outline; rounding must not depend on it.
        let offset = (moment * twice_area.signum()).checked_div_euclid(3 * twice_area.abs())?;
        i32::try_from(i128::from(start) + offset).ok()
    };
    Place::from_e7(
        moved(origin.latitude_e7(), latitude)?,
        moved(origin.longitude_e7(), longitude)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(corners: &[(i32, i32)]) -> Option<Zone> {
        let outline = corners
            .iter()
            .map(|(latitude, longitude)| Place::from_e7(*latitude, *longitude).unwrap())
            .collect();
        Zone::new(1, "test".to_owned(), outline)
    }

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    #[test]
    fn a_border_belongs_to_one_of_two_neighbours() {
        let west = zone(&[(0, 0), (0, 10), (7, 13), (10, 10), (10, 0)]).unwrap();
        let east = zone(&[(0, 10), (0, 20), (10, 20), (10, 10), (7, 13)]).unwrap();
        for latitude in 0..10 {
            for longitude in 0..20 {
                let here = place(latitude, longitude);
                let owners = u8::from(west.contains(here)) + u8::from(east.contains(here));
                assert_eq!(owners, 1, "{here} has {owners} owners");
            }
        }
        assert!(!west.contains(place(5, -1)) && !west.contains(place(-1, 5)) && !east.contains(place(5, 21)));
    }

    #[test]
    fn the_direction_of_an_outline_does_not_matter() {
        let corners = [(0, 0), (0, 100), (40, 30), (100, 0)];
        let mut turned = corners;
        turned.reverse();
        let (one, other) = (zone(&corners).unwrap(), zone(&turned).unwrap());
        assert_eq!(one.centroid(), other.centroid());
        for latitude in -5..105 {
            for longitude in -5..105 {
                let here = place(latitude, longitude);
                assert_eq!(one.contains(here), other.contains(here), "{here}");
            }
        }
    }

    #[test]
    fn outlines_without_area_or_without_end_are_refused() {
        assert_eq!(zone(&[]), None);
        assert_eq!(zone(&[(1, 1)]), None);
        assert_eq!(zone(&[(0, 0), (5, 5), (10, 10)]), None);
        assert_eq!(
            zone(&[(-900_000_000, 0), (900_000_000, 0), (0, 1_800_000_000)]),
            None
        );
        // A sickle: its centre of area lies outside.
        assert_eq!(
            zone(&[
                (0, 0),
                (0, 100),
                (100, 100),
                (100, 0),
                (99, 0),
                (99, 99),
                (1, 99),
                (1, 0)
            ]),
            None
        );
    }

    #[test]
    fn samples_fill_a_zone_evenly() {
        // An L of three equal squares.
        let zone = zone(&[
            (0, 0),
            (0, 2_000),
            (1_000, 2_000),
            (1_000, 1_000),
            (2_000, 1_000),
            (2_000, 0),
        ]);
        let zone = zone.unwrap();
        let mut random = Random::new(9);
        let mut squares = [0_u32; 3];
        for _ in 0..30_000 {
            let place = zone.sample(&mut random);
            let square =
                usize::from(place.longitude_e7() >= 1_000) + 2 * usize::from(place.latitude_e7() >= 1_000);
            squares[square] += 1;
        }
        assert!(
            squares.iter().all(|count| count.abs_diff(10_000) < 400),
            "{squares:?}"
        );
    }

    #[test]
    fn the_slimmest_zone_fills_a_tenth_of_its_box() {
        let zones = decode(include_bytes!("../../data/zones.bin")).unwrap();
        let mut random = Random::new(4);
        for zone in zones {
            let (height, width) = difference(zone.south_west, zone.north_east);
            let hits = (0..2_000)
                .filter(|_| {
                    let latitude = random.below(height.cast_unsigned()).cast_signed();
                    let longitude = random.below(width.cast_unsigned()).cast_signed();
                    zone.contains(place(
                        zone.south_west.latitude_e7() + i32::try_from(latitude).unwrap(),
                        zone.south_west.longitude_e7() + i32::try_from(longitude).unwrap(),
                    ))
                })
                .count();
            assert!(hits > 200, "{} fills {hits} of 2,000", zone.name());
        }
    }
}
