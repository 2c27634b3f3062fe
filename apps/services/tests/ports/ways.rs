//! The ride that a wish makes: by the ways between its places, with everything that its tariff asks about.

use crate::desk::desk_ports;
use crate::stage::{at_once, error, region};
use fiacre_domain::geo::{ZoneArea, ZoneMap};
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Party, Ride, RidePart, Surge, Tariff};
use fiacre_domain::trip::{PersonalPlace, PersonalPlan};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::mocks::{MockBus, MockRouteProvider};
use fiacre_ports::{Basis, PortErrorKind, Route};
use fiacre_services::desk::{DeskError, RiderDesk, Wish};
use std::sync::Arc;

const STREET: i32 = 407_580_000;
const WEST: i32 = -739_900_000;
/// Of each leg.
const STANDING: Millis = Millis::from_minutes(1);

fn at(longitude_e7: i32) -> Place {
    Place::from_e7(STREET, longitude_e7).unwrap()
}

/// From west to east, by these stops.
fn plan(longitudes_e7: &[i32]) -> PersonalPlan {
    let mut places = longitudes_e7.iter().map(|at_e7| PersonalPlace::Known(at(*at_e7)));
    let pick_up = places.next().unwrap();
    let mut stops: Vec<PersonalPlace> = places.collect();
    let destination = stops.pop();
    PersonalPlan {
        pick_up,
        stops,
        destination,
    }
}

fn id(name: &str) -> ZoneId {
    name.parse().unwrap()
}

/// The blocks between longitudes, as a zone.
fn blocks(name: &str, west: i32, east: i32) -> ZoneArea {
    let corners = [(-1, west), (-1, east), (1, east), (1, west)];
    let corners = corners.map(|(north, at_e7)| Place::from_e7(STREET + north * 50_000, at_e7).unwrap());
    ZoneArea::new(id(name), &corners).unwrap()
}

fn built_in(name: &str) -> Arc<Tariff> {
    Arc::new(fiacre_tariffs::built_in(name).unwrap())
}

/// Roads of a kilometre in three minutes between any two places, by these turns; or none.
#[derive(Clone)]
struct Roads {
    standing: Option<Millis>,
    turns: Vec<Place>,
}

impl Roads {
    const STRAIGHT: Self = Self {
        standing: Some(STANDING),
        turns: Vec::new(),
    };

    fn mock(roads: Option<Self>) -> MockRouteProvider {
        let mut routes = MockRouteProvider::new();
        routes.expect_routes().returning(move |pairs, _| {
            let leg = |_: &(Place, Place)| {
                let Some(Self { standing, turns }) = roads.clone() else {
                    return Err(error(PortErrorKind::Invalid));
                };
                Ok(Route {
                    distance: Millimetres::from_metres(1_000),
                    duration: Millis::from_minutes(3),
                    standing,
                    turns,
                    basis: Basis::Measured,
                })
            };
            pairs.iter().map(leg).collect()
        });
        routes
    }
}

fn measured(wish: &Wish, tariff: &Tariff, map: ZoneMap, roads: Option<Roads>) -> Result<Ride, DeskError> {
    let desk = RiderDesk::new(region(), desk_ports(Arc::new(MockBus::new()), Roads::mock(roads)));
    at_once(desk.with_zones(Arc::new(map)).ride(wish, tariff))
}

/// New York's two zones side by side, the rest elsewhere.
fn new_york() -> ZoneMap {
    let drawn = vec![
        blocks("south-of-60", WEST, WEST + 100_000),
        blocks("south-of-96", WEST + 100_000, WEST + 200_000),
        blocks("manhattan", WEST + 200_000, WEST + 400_000),
    ];
    let elsewhere = ["jfk", "lga", "new-jersey", "newark"].map(id);
    elsewhere
        .into_iter()
        .fold(ZoneMap::new(drawn), ZoneMap::with_elsewhere)
}

#[test]
fn a_leg_that_nobody_answered_for_is_no_shorter_ride() {
    let mut routes = MockRouteProvider::new();
    routes.expect_routes().returning(|_, _| Vec::new());
    let desk = RiderDesk::new(region(), desk_ports(Arc::new(MockBus::new()), routes));
    let ride = at_once(desk.ride(&Wish::new(plan(&[WEST, WEST + 100])), &built_in("london")));
    assert_eq!(ride.map_err(|error| error.code()), Err("invalid"));
}

#[test]
fn a_ride_is_priced_by_the_ways_between_its_places() {
    let tariff = built_in("london");
    let rides = |plan, roads| {
        measured(&Wish::new(plan), &tariff, ZoneMap::default(), roads).map_err(|error| error.code())
    };
    let stopping = plan(&[WEST, WEST + 100, WEST + 200]);
    let expected = Ride::new(Millimetres::from_metres(2_000), Millis::from_minutes(6)).with_stops(1);
    let standing = expected.clone().with_slow(Millis::from_minutes(2));
    assert_eq!(rides(stopping.clone(), Some(Roads::STRAIGHT)), Ok(standing));
    let silent = Roads {
        standing: None,
        turns: Vec::new(),
    };
    assert_eq!(
        rides(stopping.clone(), Some(silent)),
        Ok(expected),
        "the tariff's own estimate"
    );
    assert_eq!(
        rides(stopping.clone(), None),
        Err("invalid"),
        "no road leads there"
    );
    let nowhere = PersonalPlan {
        destination: None,
        ..stopping.clone()
    };
    let erased = PersonalPlan {
        stops: vec![PersonalPlace::Erased],
        ..stopping
    };
    for plan in [nowhere, erased] {
        assert_eq!(rides(plan, Some(Roads::STRAIGHT)), Err("desk_plan"));
    }
}

#[test]
fn zones_at_the_ends_at_the_first_stop_and_on_the_way_are_the_rides() {
    let tariff = built_in("nyc-2022");
    let zones_of = |longitudes: &[i32], turns: Vec<Place>| {
        let roads = Roads {
            turns,
            ..Roads::STRAIGHT
        };
        let wish = Wish::new(plan(longitudes));
        let ride = measured(&wish, &tariff, new_york(), Some(roads)).unwrap();
        let asked = ride.circumstances();
        let ends = [asked.start(), asked.first_stop(), asked.end()];
        let via: Vec<String> = asked.via().iter().map(ToString::to_string).collect();
        (
            ends.map(|zone| zone.map_or(String::new(), |zone| zone.to_string())),
            via,
        )
    };
    let straight = |longitudes: &[i32]| zones_of(longitudes, Vec::new());
    let ends = |zones: [&str; 3]| zones.map(str::to_owned);
    assert_eq!(
        straight(&[WEST + 50_000, WEST + 60_000]),
        (ends(["south-of-60", "", "south-of-60"]), vec![])
    );
    assert_eq!(
        straight(&[WEST + 50_000, WEST + 300_000]),
        (
            ends(["south-of-60", "", "manhattan"]),
            vec!["south-of-96".to_owned()]
        )
    );
    assert_eq!(
        straight(&[WEST + 300_000, WEST + 150_000, WEST + 350_000]),
        (ends(["manhattan", "south-of-96", "manhattan"]), vec![])
    );
    assert_eq!(
        straight(&[WEST + 500_000, WEST + 600_000]),
        (ends(["", "", ""]), vec![])
    );
    // Round by the west.
    assert_eq!(
        zones_of(&[WEST + 300_000, WEST + 350_000], vec![at(WEST + 50_000)]),
        (
            ends(["manhattan", "", "manhattan"]),
            vec!["south-of-96".to_owned(), "south-of-60".to_owned()]
        )
    );
}

/// What `fiacre city` used to leave out: the price has the congestion surcharge, and its authority is paid.
#[test]
fn a_surcharge_by_zone_is_in_the_price() {
    let tariff = built_in("nyc-2022");
    let at_ten = "2025-03-04T10:00".parse().unwrap();
    let total = |from: i32, to: i32| {
        let wish = Wish::new(plan(&[from, to]));
        let ride = measured(&wish, &tariff, new_york(), Some(Roads::STRAIGHT)).unwrap();
        tariff.quote(&ride, at_ten, Surge::NONE).unwrap().total().minor()
    };
    let north = total(WEST + 250_000, WEST + 300_000);
    assert_eq!(total(WEST + 150_000, WEST + 300_000), north + 250);
    assert_eq!(total(WEST + 50_000, WEST + 300_000), north + 325);
}

#[test]
fn what_lies_in_an_area_with_a_price_of_its_own_is_a_part_of_the_ride() {
    let tariff = built_in("chicago");
    let suburbs = ZoneMap::new(vec![blocks("suburbs", WEST + 100_000, WEST + 400_000)]);
    let map = ["airport", "ohare", "midway"].map(id);
    let map = map.into_iter().fold(suburbs, ZoneMap::with_elsewhere);
    let wish = Wish::new(plan(&[WEST, WEST + 400_000]));
    let ride = measured(&wish, &tariff, map.clone(), Some(Roads::STRAIGHT)).unwrap();
    let [part] = ride.parts() else {
        panic!("not one part: {ride:?}")
    };
    let expected = RidePart::new(
        id("suburbs"),
        Millimetres::from_metres(750),
        Millis::from_secs(135),
    );
    assert_eq!(part.zone(), expected.zone());
    assert!(
        part.distance().get().abs_diff(expected.distance().get()) <= 1,
        "{part:?}"
    );
    assert!(
        part.duration().get().abs_diff(expected.duration().get()) <= 1,
        "{part:?}"
    );
    let downtown = Wish::new(plan(&[WEST, WEST + 50_000]));
    let ride = measured(&downtown, &tariff, map, Some(Roads::STRAIGHT)).unwrap();
    assert_eq!(ride.parts(), []);
}

#[test]
fn party_extras_and_waiting_are_what_was_asked_for() {
    let tariff = built_in("tokyo");
    let map = ZoneMap::default().with_elsewhere(id("expressway"));
    let (family, pick_up): (Party, ExtraId) = (
        Party::adults(2).unwrap().with_age(6).unwrap(),
        "pick-up".parse().unwrap(),
    );
    let wish = Wish::new(plan(&[WEST, WEST + 100, WEST + 200]))
        .with_party(family)
        .with_extra(pick_up)
        .with_waiting(Millis::from_minutes(4));
    let ride = measured(&wish, &tariff, map.clone(), Some(Roads::STRAIGHT)).unwrap();
    assert_eq!(ride.circumstances().party(), &family);
    assert_eq!(ride.circumstances().extras(), [pick_up]);
    assert_eq!(ride.waiting(), Millis::from_minutes(4));
    let dog = Wish::new(plan(&[WEST, WEST + 100])).with_extra("dog".parse().unwrap());
    let refused = measured(&dog, &tariff, map, Some(Roads::STRAIGHT)).unwrap_err();
    assert_eq!(refused.code(), "desk_extra");
    assert!(
        refused.to_string().contains("extra dog: tariff tokyo"),
        "{refused}"
    );
}

/// No price is better than one without a surcharge that is due.
#[test]
fn a_tariff_whose_zones_the_map_does_not_know_is_refused_by_name() {
    let wish = Wish::new(plan(&[WEST, WEST + 100]));
    let refused = measured(
        &wish,
        &built_in("nyc-2022"),
        ZoneMap::default(),
        Some(Roads::STRAIGHT),
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), "zones_missing");
    let said = refused.to_string();
    assert!(
        said.contains("nyc-2022") && said.contains("south-of-96, south-of-60"),
        "{said}"
    );
}
