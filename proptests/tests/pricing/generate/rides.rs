//! Rides as asked for and as driven.

use fiacre_domain::pricing::{
    Circumstances, DeviationReason, Party, PricingError, Recorder, Ride, RidePart, Toll,
};
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay};
use fiacre_domain::units::{Millimetres, Millis};
use proptest::collection::vec;
use proptest::prelude::*;

/// The zones of generated tariffs, and one that none of them names. `quay` lies within `centre`, `tunnel` within `motorway`.
const ZONES: [&str; 7] = [
    "centre",
    "quay",
    "airport",
    "motorway",
    "tunnel",
    "suburbs",
    "elsewhere",
];

fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(ZONES.to_vec())
}

/// A local time of 2026, often at a quarter of an hour.
pub(crate) fn civil() -> impl Strategy<Value = CivilDateTime> {
    let time_ms = prop_oneof![
        0_u32..86_400_000,
        (0_u32..96).prop_map(|quarter| quarter * 900_000)
    ];
    (0_i64..365, time_ms).prop_map(|(day, time_ms)| {
        let date = CivilDate::from_epoch_days(20_454 + day).unwrap();
        CivilDateTime::new(date, TimeOfDay::from_ms(time_ms).unwrap())
    })
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let zone = || prop::option::of(zone());
    let extras = prop::sample::subsequence(vec!["pet", "child-seat"], 0..=2);
    let zones = (zone(), zone(), zone(), zone());
    let toll = prop::option::of(0_i64..2_000);
    (zones, extras, 0_u8..6, any::<bool>(), toll).prop_map(
        |((start, first_stop, via, end), extras, adults, holiday, toll)| {
            let party = Party::adults(adults).unwrap().with_age(2).unwrap();
            let given = |zone: &str| zone.parse().unwrap();
            let mut all = Circumstances::new().with_party(party);
            all = start.map_or(all.clone(), |zone| all.starting_in(given(zone)));
            all = first_stop.map_or(all.clone(), |zone| all.stopping_first_in(given(zone)));
            all = via.map_or(all.clone(), |zone| all.through(given(zone)));
            all = end.map_or(all.clone(), |zone| all.ending_in(given(zone)));
            for extra in extras {
                all = all.with_extra(extra.parse().unwrap());
            }
            if let Some(toll) = toll {
                all = all.with_toll(bridge(toll));
            }
            if holiday { all.on_holiday() } else { all }
        },
    )
}

fn bridge(minor: i64) -> Toll {
    Toll::new("bridge".parse().unwrap(), minor).unwrap()
}

pub(crate) fn ride() -> impl Strategy<Value = Ride> {
    (
        0_i64..60_000_000,
        0_i64..7_200_000,
        prop::option::of(0_i64..=100),
        0_i64..1_200_000,
        0_u16..4,
        circumstances(),
    )
        .prop_map(|(mm, ms, slow_percent, waiting_ms, stops, circumstances)| {
            let ride = Ride::new(Millimetres::new(mm), Millis::new(ms))
                .with_circumstances(circumstances)
                .with_waiting(Millis::new(waiting_ms))
                .with_stops(stops);
            match slow_percent {
                Some(percent) => ride.with_slow(Millis::new(ms * percent / 100)),
                None => ride,
            }
        })
}

/// A ride, perhaps with parts of it where driving may be priced differently.
pub(crate) fn parted_ride() -> impl Strategy<Value = Ride> {
    let part = (zone(), 0_i64..=50, 0_i64..=50);
    (ride(), vec(part, 0..3)).prop_map(|(ride, parts)| {
        let (mm, ms) = (ride.distance().get(), ride.duration().get());
        parts.into_iter().fold(ride, |ride, (zone, of_way, of_time)| {
            let (distance, duration) = (mm * of_way / 100, ms * of_time / 100);
            let zone = zone.parse().unwrap();
            ride.with_part(RidePart::new(
                zone,
                Millimetres::new(distance),
                Millis::new(duration),
            ))
        })
    })
}

/// One thing that happens on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Drive(i64, i64),
    Wait(i64),
    Stop(&'static str),
    Enter(&'static str),
    Leave(&'static str),
    Toll(i64),
    Deviate(DeviationReason),
    EndIn(&'static str),
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reason = prop::sample::select(vec![DeviationReason::DriverDetour, DeviationReason::EarlyEnd]);
    let step = prop_oneof![
        12 => (0_i64..8_000_000, 0_i64..1_200_000).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        2 => (0_i64..1_000, 0_i64..3).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        2 => (0_i64..400_000_000, 0_i64..36_000_000).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        2 => (0_i64..600_000).prop_map(Step::Wait),
        2 => zone().prop_map(Step::Stop),
        2 => zone().prop_map(Step::Enter),
        2 => zone().prop_map(Step::Leave),
        1 => (0_i64..2_000).prop_map(Step::Toll),
        1 => reason.prop_map(Step::Deviate),
        1 => zone().prop_map(Step::EndIn),
    ];
    vec(step, 0..12)
}

pub(crate) fn take(recorder: &mut Recorder<'_>, step: Step) -> Result<(), PricingError> {
    match step {
        Step::Drive(mm, ms) => return recorder.drive(Millimetres::new(mm), Millis::new(ms)),
        Step::Wait(ms) => return recorder.wait(Millis::new(ms)),
        Step::Stop(zone) => return recorder.stop(Some(zone.parse().unwrap())),
        Step::Enter(zone) => return recorder.enter(zone.parse().unwrap()),
        Step::Leave(zone) => recorder.leave(zone.parse().unwrap()),
        Step::Toll(minor) => recorder.pay_toll(bridge(minor)),
        Step::Deviate(reason) => recorder.deviate(reason),
        Step::EndIn(zone) => recorder.end_in(Some(zone.parse().unwrap())),
    }
    Ok(())
}
