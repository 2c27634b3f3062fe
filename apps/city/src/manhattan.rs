//! Manhattan: its taxi zones, its street grid and how fast it is driven at.
//!
//! ```
//! use fiacre_city::manhattan::Manhattan;
//! use fiacre_domain::place::Place;
//! use fiacre_domain::time::TimeOfDay;
//!
//! let manhattan = Manhattan::load()?;
//! let (times_square, wall_street) = (Place::from_e7(407_580_000, -739_855_000)?, Place::from_e7(407_060_000, -740_090_000)?);
//! let zone = manhattan.zone_of(times_square).ok_or("outside")?;
//! assert_eq!(manhattan.zone(zone).name(), "Times Sq/Theatre District");
//!
//! let drive = manhattan.drive(times_square, wall_street, TimeOfDay::new(18, 0, 0)?);
//! assert!((6_500..8_500).contains(&(drive.distance().get() / 1_000)), "metres");
//! assert!((10..60).contains(&(drive.duration().get() / 60_000)), "minutes");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod speeds;
pub mod street;
pub mod tariff_zones;
pub mod traffic;
mod zone;

use crate::random::Random;
use crate::table::TableError;
use fiacre_domain::place::Place;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::{Millimetres, Millis};
use speeds::Speeds;
pub use zone::{Zone, ZoneIndex};

/// How many zones Manhattan has: those of the island itself, without its smaller islands and Marble Hill.
pub const ZONES: usize = 61;

/// The city's map.
#[derive(Debug, Clone)]
pub struct Manhattan {
    zones: [Zone; ZONES],
    speeds: Speeds,
}

/// How far and how long a drive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Drive {
    distance: Millimetres,
    duration: Millis,
}

impl Drive {
    /// Along avenues and streets, in millimetres.
    pub const fn distance(self) -> Millimetres {
        self.distance
    }

    /// At the mean speed, in milliseconds, rounded up; zero only where nothing is driven.
    pub const fn duration(self) -> Millis {
        self.duration
    }
}

impl Manhattan {
    /// Reads the zones and speeds that are compiled in.
    ///
    /// # Errors
    ///
    /// A [`TableError`] where a table is damaged; those that are compiled in are not.
    pub fn load() -> Result<Self, TableError> {
        Ok(Self {
            zones: zone::decode(include_bytes!("../data/zones.bin"))?,
            speeds: Speeds::decode(include_bytes!("../data/speeds.bin"))?,
        })
    }

    /// All zones, in the order of their [`ZoneIndex`], which is that of their TLC numbers.
    pub const fn zones(&self) -> &[Zone; ZONES] {
        &self.zones
    }

    /// One zone.
    pub const fn zone(&self, index: ZoneIndex) -> &Zone {
        &self.zones[index.get()]
    }

    /// The zone that contains `place`; `None` in the river, in a park that is no zone, or outside Manhattan.
    pub fn zone_of(&self, place: Place) -> Option<ZoneIndex> {
        ZoneIndex::all().find(|index| self.zone(*index).contains(place))
    }

    /// The zone that contains `place`, else the one whose centroid is nearest along the streets (ties: the lower number).
    ///
    /// For drivers on their way: a street may leave the outlines for a moment, along the rivers above all.
    pub fn nearest_zone(&self, place: Place) -> ZoneIndex {
        self.zone_of(place).unwrap_or_else(|| {
            ZoneIndex::all()
                .min_by_key(|index| street::distance(place, self.zone(*index).centroid()))
                .unwrap_or(ZoneIndex::FIRST)
        })
    }

    /// A place in the zone, each square metre equally likely.
    pub fn sample(&self, zone: ZoneIndex, random: &mut Random) -> Place {
        self.zone(zone).sample(random)
    }

    /// The mean speed of a drive that starts at `at` in zone `from` and ends in zone `to`, in mm/s: at least 1,280 (4.6 km/h),
    /// at most 22,350 (80 km/h).
    ///
    /// The data has a mean for each pair of zones and each quarter-hour, the same on all weekdays, so no cell needs a
    /// fallback; loading refuses a table with a hole.
    pub fn speed_mm_per_s(&self, from: ZoneIndex, to: ZoneIndex, at: TimeOfDay) -> u16 {
        self.speeds.mm_per_s(from, to, at)
    }

    /// How long `distance` takes from zone `from` to zone `to`, started at `at`: the speed at the start holds for the whole drive.
    /// Negative distances take no time.
    pub fn drive_time(&self, distance: Millimetres, from: ZoneIndex, to: ZoneIndex, at: TimeOfDay) -> Millis {
        let speed = i128::from(self.speed_mm_per_s(from, to, at));
        let duration_ms = (i128::from(distance.get().max(0)) * 1_000 + speed - 1) / speed;
        Millis::new(i64::try_from(duration_ms).unwrap_or(i64::MAX))
    }

    /// The drive between two places, started at `at`: [`street::distance`] at the mean speed of their (nearest) zones.
    pub fn drive(&self, from: Place, to: Place, at: TimeOfDay) -> Drive {
        let distance = street::distance(from, to);
        let duration = self.drive_time(distance, self.nearest_zone(from), self.nearest_zone(to), at);
        Drive { distance, duration }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manhattan() -> Manhattan {
        Manhattan::load().unwrap()
    }

    fn at(hour: u8) -> TimeOfDay {
        TimeOfDay::new(hour, 0, 0).unwrap()
    }

    #[test]
    fn landmarks_lie_in_their_zones() {
        let manhattan = manhattan();
        for (landmark, latitude_e7, longitude_e7, zone) in [
            ("Bethesda Fountain", 407_743_000, -739_708_000, "Central Park"),
            ("Union Square", 407_359_000, -739_906_000, "Union Sq"),
            ("Apollo Theater", 408_100_000, -739_500_000, "Central Harlem"),
            ("Dyckman Street", 408_655_000, -739_272_000, "Inwood"),
            ("Tompkins Square", 407_265_000, -739_818_000, "East Village"),
        ] {
            let place = Place::from_e7(latitude_e7, longitude_e7).unwrap();
            let found = manhattan.zone_of(place).map(|index| manhattan.zone(index).name());
            assert_eq!(found, Some(zone), "{landmark}");
        }
    }

    #[test]
    fn places_elsewhere_are_in_no_zone_but_have_a_nearest_one() {
        let manhattan = manhattan();
        for (latitude_e7, longitude_e7) in [
            (407_300_000, -739_600_000), // the East River
            (406_413_000, -737_781_000), // JFK
            (-739_855_000, 407_580_000), // swapped axes
            (900_000_000, 0),            // a pole
            (0, 1_800_000_000),          // the antimeridian
            (-900_000_000, 0),
        ] {
            let place = Place::from_e7(latitude_e7, longitude_e7).unwrap();
            assert_eq!(manhattan.zone_of(place), None, "{place}");
            assert!(manhattan.nearest_zone(place).get() < ZONES);
        }
    }

    #[test]
    fn sampled_places_lie_in_their_zone_and_in_no_zone_before_it() {
        let manhattan = manhattan();
        let mut random = Random::new(11);
        for zone in ZoneIndex::all() {
            for _ in 0..200 {
                let place = manhattan.sample(zone, &mut random);
                assert!(
                    manhattan.zone(zone).contains(place),
                    "{place} is outside {zone:?}"
                );
                assert_eq!(manhattan.zone_of(place), Some(zone), "{place} is in two zones");
            }
        }
    }

    #[test]
    fn a_drive_takes_its_distance_at_the_speed_of_its_zones() {
        let manhattan = manhattan();
        let mut random = Random::new(3);
        for (from, to) in ZoneIndex::all().zip(ZoneIndex::all().rev()) {
            let (start, end) = (
                manhattan.sample(from, &mut random),
                manhattan.sample(to, &mut random),
            );
            let drive = manhattan.drive(start, end, at(18));
            let speed = i64::from(manhattan.speed_mm_per_s(from, to, at(18)));
            assert_eq!(drive.distance(), street::distance(start, end));
            let driven_mm = drive.duration().get() * speed / 1_000;
            assert!(
                (0..=speed).contains(&(driven_mm - drive.distance().get())),
                "{from:?} to {to:?}"
            );
        }
    }

    #[test]
    fn nothing_driven_takes_no_time_and_the_longest_drive_does_not_overflow() {
        let manhattan = manhattan();
        let zone = ZoneIndex::FIRST;
        let time = |mm| manhattan.drive_time(Millimetres::new(mm), zone, zone, at(3));
        assert_eq!(time(0), Millis::ZERO);
        assert_eq!(time(i64::MIN), Millis::ZERO);
        assert_eq!(time(1), Millis::new(1));
        assert!(time(i64::MAX) > Millis::from_minutes(1_000_000));
    }
}
