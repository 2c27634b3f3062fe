//! Prices that a single rule decides: each with the ride that shows it and the ride beside it that does not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod quotes;
mod receipts;
mod replays;
mod rides;

use fiacre_domain::id::{ChargeId, ZoneId};
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    Meter, Quote, Ride, Schedule, Segment, Surge, Tariff, Units, WindowSet, ZoneSet, Zones,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

/// A Tuesday.
const MORNING: &str = "2018-07-03T10:00";

fn ratio(value: i64) -> Ratio {
    Ratio::from(value)
}

fn charge_id(name: &str) -> ChargeId {
    name.parse().unwrap()
}

fn zone(name: &str) -> ZoneId {
    name.parse().unwrap()
}

fn morning() -> CivilDateTime {
    MORNING.parse().unwrap()
}

fn metres(metres: i64) -> Millimetres {
    Millimetres::new(metres * 1_000)
}

/// From `from_m` metres on, `cents` a kilometre.
fn segment(from_m: i64, cents: i64) -> Segment {
    Segment::new(metres(from_m), ratio(cents), ratio(1_000_000)).unwrap()
}

/// $2.50 at once, and $1 a kilometre, pro rata.
fn by_distance() -> Meter {
    Meter::distance(ratio(250), Ratio::ZERO, vec![segment(0, 100)], Units::ProRata).unwrap()
}

fn named(name: &str, meter: Meter) -> Tariff {
    Tariff::new(name.parse().unwrap(), 1, Currency::USD, meter)
}

fn tariff() -> Tariff {
    named("test", by_distance())
}

/// What goes by the tariff's name and version, and asks for a minimum that it does not.
fn edited() -> Tariff {
    tariff().with_minimum(2_000).unwrap()
}

/// The tariff with a zone `port`, and that zone.
fn with_port(tariff: Tariff) -> (Tariff, ZoneSet) {
    let mut zones = Zones::new();
    let port = zones.add(zone("port"), ZoneSet::NONE).unwrap();
    (tariff.with_zones(zones).unwrap(), port)
}

/// The tariff with a window.
fn with_window(tariff: Tariff, window: fiacre_domain::pricing::Window) -> (Tariff, WindowSet) {
    let mut schedule = Schedule::default();
    let alone = schedule.add(window).unwrap();
    (tariff.with_schedule(schedule).unwrap(), alone)
}

/// Ten kilometres in twenty minutes.
fn ride() -> Ride {
    Ride::new(metres(10_000), Millis::from_minutes(20))
}

fn quote(tariff: Tariff, ride: &Ride) -> Quote {
    Arc::new(tariff).quote(ride, morning(), Surge::default()).unwrap()
}

fn cents(tariff: &Tariff, ride: &Ride) -> i64 {
    quote(tariff.clone(), ride).total().minor()
}
