//! Where the zones of New York's tariffs lie, as far as rides within Manhattan tell them apart.
//!
//! - **south-of-96**, of the state's congestion surcharge: Manhattan south of 96th Street (Tax Law § 1299-A). The street is taken from the
//!   outlines of the TLC's taxi zones in `data/zones.bin`: it is the border between Upper West Side North and Manhattan Valley, and
//!   between Upper East Side North, Yorkville West and East Harlem South; between them it is drawn straight through Central Park.
//! - **south-of-60**, of the MTA's congestion relief zone: Manhattan south of and including 60th Street. The street is a block
//!   (the first of Central Park's eastern side) north of the park's southern edge, which is 59th Street, and is drawn straight from
//!   river to river. The highways along the rivers, which the zone leaves out, are not told apart.
//! - **manhattan**: the island, drawn by hand along the middle of its rivers, without Marble Hill, and without Roosevelt, Governors
//!   and Randalls Island.
//! - **jfk**, **lga**, **new-jersey** and **newark** lie elsewhere: the demand has no ride to them.
//!
//! ```
//! use fiacre_city::manhattan::tariff_zones;
//! use fiacre_domain::place::Place;
//!
//! let (map, tariff) = (tariff_zones::map(&[])?, fiacre_tariffs::built_in("nyc-2022")?);
//! let zones = map.under(&tariff)?;
//! let times_square = Place::from_e7(407_580_000, -739_855_000)?;
//! assert_eq!(zones.zone_at(times_square), Some("south-of-60".parse()?));
//! let chicago = fiacre_tariffs::built_in("chicago")?;
//! assert!(map.under(&chicago).is_err(), "Manhattan has no suburbs");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::run::CityError;
use fiacre_domain::geo::{ZoneArea, ZoneMap};
use fiacre_domain::id::ZoneId;
use fiacre_domain::place::Place;

/// A corner: latitude and longitude in 1e-7 degrees.
type Corner = (i32, i32);

/// Down the East River and up the Hudson, as far as 60th Street.
const SOUTH: &[Corner] = &[
    (407_500_000, -739_640_000),
    (407_430_000, -739_665_000),
    (407_270_000, -739_665_000),
    (407_130_000, -739_715_000),
    (407_085_000, -739_755_000),
    (407_065_000, -739_880_000),
    (407_055_000, -739_980_000),
    (406_985_000, -740_110_000),
    (406_960_000, -740_240_000),
    (407_100_000, -740_250_000),
    (407_550_000, -740_140_000),
];
/// The Hudson at 60th Street.
const WEST: &[Corner] = &[(407_787_266, -740_050_000)];
/// 60th Street, from the Hudson to the East River.
const STREET_60: &[Corner] = &[
    (407_787_266, -740_050_000),
    (407_648_977, -739_725_535),
    (407_578_426, -739_560_000),
];
/// 96th Street, from the Hudson to the Harlem River.
const STREET_96: &[Corner] = &[
    (408_019_387, -739_850_000),
    (407_982_732, -739_763_995),
    (407_923_620, -739_641_760),
    (407_879_139, -739_557_774),
    (407_832_476, -739_447_226),
    (407_812_348, -739_390_000),
];
/// Down the East River, from 96th Street to 60th.
const EAST: &[Corner] = &[(407_740_000, -739_395_000), (407_700_000, -739_455_000)];
/// Up the Hudson from 96th Street, round Inwood and down the Harlem River.
const NORTH: &[Corner] = &[
    (408_019_387, -739_850_000),
    (408_500_000, -739_520_000),
    (408_785_000, -739_340_000),
    (408_785_000, -739_220_000),
    (408_725_000, -739_090_000),
    (408_620_000, -739_120_000),
    (408_460_000, -739_265_000),
    (408_280_000, -739_330_000),
    (408_140_000, -739_325_000),
    (408_000_000, -739_275_000),
    (407_945_000, -739_275_000),
    (407_912_000, -739_335_000),
    (407_870_000, -739_372_000),
];

/// Which zones exist, the innermost first, and where.
const AREAS: &[(&str, &[&[Corner]])] = &[
    ("south-of-60", &[SOUTH, STREET_60]),
    ("south-of-96", &[SOUTH, WEST, STREET_96, EAST]),
    ("manhattan", &[SOUTH, WEST, NORTH, EAST]),
];
/// Where no ride of the city goes.
const ELSEWHERE: &[&str] = &["jfk", "lga", "new-jersey", "newark"];

/// The map, where these zones lie elsewhere too: for tariffs of other cities.
///
/// # Errors
///
/// `CityError::ZoneIsHere` for one that the map draws.
pub fn map(elsewhere: &[ZoneId]) -> Result<ZoneMap, CityError> {
    let mut areas = Vec::with_capacity(AREAS.len());
    for (name, lines) in AREAS {
        let corners = lines.iter().copied().flatten();
        let outline: Result<Vec<Place>, _> = corners
            .map(|(latitude_e7, longitude_e7)| Place::from_e7(*latitude_e7, *longitude_e7))
            .collect();
        areas.push(ZoneArea::new(name.parse()?, &outline?)?);
    }
    if let Some(zone) = elsewhere
        .iter()
        .find(|zone| areas.iter().any(|area| area.zone() == **zone))
    {
        return Err(CityError::ZoneIsHere(*zone));
    }
    let mut map = ZoneMap::new(areas);
    for name in ELSEWHERE {
        map = map.with_elsewhere(name.parse()?);
    }
    Ok(elsewhere.iter().copied().fold(map, ZoneMap::with_elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manhattan::{Manhattan, ZoneIndex};
    use crate::random::Random;

    fn zone_at(place: Place) -> Option<ZoneId> {
        let tariff = fiacre_tariffs::built_in("nyc-2022").unwrap();
        map(&[]).unwrap().under(&tariff).unwrap().zone_at(place)
    }

    fn id(name: &str) -> Option<ZoneId> {
        Some(name.parse().unwrap())
    }

    /// The TLC's numbers of what lies between 60th and 96th Street, and north of it.
    const MIDDLE: [u16; 10] = [140, 141, 142, 143, 236, 237, 238, 239, 262, 263];
    const UPTOWN: [u16; 16] = [
        24, 41, 42, 74, 75, 116, 120, 127, 128, 151, 152, 153, 166, 194, 243, 244,
    ];
    const CENTRAL_PARK: u16 = 43;

    /// Of a thousand places of each zone nearly all are where the zone is: streets have two sides, and borders steps.
    #[test]
    fn taxi_zones_lie_on_their_side_of_the_streets() {
        let (map, tariff) = (map(&[]).unwrap(), fiacre_tariffs::built_in("nyc-2022").unwrap());
        let zones = map.under(&tariff).unwrap();
        let manhattan = Manhattan::load().unwrap();
        let mut random = Random::new(5);
        for index in ZoneIndex::all() {
            let zone = manhattan.zone(index);
            let expected = match zone.number() {
                CENTRAL_PARK => continue,
                middle if MIDDLE.contains(&middle) => id("south-of-96"),
                uptown if UPTOWN.contains(&uptown) => id("manhattan"),
                _ => id("south-of-60"),
            };
            let places = (0..1_000).map(|_| zones.zone_at(manhattan.sample(index, &mut random)));
            let strays = places.filter(|found| *found != expected).count();
            // Between 59th and 60th Street lies a block of the zones to the north of it.
            assert!(
                strays < 250,
                "{}: {strays} of 1,000 are not in {expected:?}",
                zone.name()
            );
        }
    }

    #[test]
    fn every_corner_of_the_city_is_in_manhattan() {
        let manhattan = Manhattan::load().unwrap();
        for zone in manhattan.zones() {
            for corner in zone.outline() {
                assert!(zone_at(*corner).is_some(), "{corner} of {}", zone.name());
            }
        }
    }

    #[test]
    fn landmarks_are_where_they_are() {
        for (landmark, latitude_e7, longitude_e7, zone) in [
            ("Wall Street", 407_060_000, -740_090_000, id("south-of-60")),
            ("Grand Central", 407_527_000, -739_772_000, id("south-of-60")),
            ("Lincoln Center", 407_725_000, -739_835_000, id("south-of-96")),
            ("the Met", 407_794_000, -739_632_000, id("south-of-96")),
            (
                "Mount Sinai, 100th Street",
                407_900_000,
                -739_526_000,
                id("manhattan"),
            ),
            ("Columbia", 408_075_000, -739_626_000, id("manhattan")),
            ("The Cloisters", 408_649_000, -739_317_000, id("manhattan")),
            ("Hoboken Terminal", 407_350_000, -740_280_000, None),
            ("Long Island City", 407_447_000, -739_485_000, None),
            ("DUMBO", 407_033_000, -739_881_000, None),
            ("Yankee Stadium", 408_296_000, -739_262_000, None),
            ("Fort Lee", 408_509_000, -739_701_000, None),
            ("Roosevelt Island", 407_620_000, -739_500_000, None),
            ("Governors Island", 406_895_000, -740_168_000, None),
            ("JFK", 406_413_000, -737_781_000, None),
        ] {
            let place = Place::from_e7(latitude_e7, longitude_e7).unwrap();
            assert_eq!(zone_at(place), zone, "{landmark}");
        }
    }

    #[test]
    fn what_is_drawn_here_lies_nowhere_else() {
        let refused = map(&["airport".parse().unwrap(), "south-of-96".parse().unwrap()]).unwrap_err();
        assert!(
            refused.is_usage() && refused.to_string().contains("south-of-96"),
            "{refused}"
        );
        let chicago = fiacre_tariffs::built_in("chicago").unwrap();
        let all: Vec<ZoneId> = chicago.zones().ids().collect();
        assert!(map(&all).unwrap().under(&chicago).is_ok());
        let missing = map(&all[1..])
            .unwrap()
            .under(&chicago)
            .unwrap_err()
            .missing()
            .to_vec();
        assert_eq!(missing, all[..1]);
    }
}
