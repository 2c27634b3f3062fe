//! The checks of what proves that something is ours.

use super::SealHarness;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::script::Script;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::money::Currency;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Meter, Quote, Ride, Segment, Surge, Tariff};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::trip::{PersonalPlace, PersonalPlan};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::Seal;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

const TRIPS: u64 = 1_000;

fn priced(version: u32, metres: i64, at: &str, surge: Surge) -> Result<Quote, Box<dyn Error>> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000))?
        .with_time(Ratio::from(60_000))?;
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![kilometre])?;
    let tariff = Tariff::new("suite".parse()?, version, Currency::USD, meter);
    let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(10));
    Ok(Arc::new(tariff).quote(&ride, at.parse()?, surge)?)
}

/// A quote of the suite's own tariff.
fn quote(version: u32, metres: i64, at: &str, surge: Surge) -> Check<Quote> {
    priced(version, metres, at, surge).map_err(|error| Mismatch {
        expected: "a quote".to_owned(),
        observed: error.to_string(),
    })
}

fn plain() -> Check<Quote> {
    quote(1, 5_000, "2018-07-03T10:00", Surge::NONE)
}

pub(super) fn same_quote_same_print<H: SealHarness>(script: &Script<'_, H>) -> Check {
    let harness = script.harness();
    let first = harness.open().fingerprint(&plain()?);
    script.note(format!("one quote → {first}"));
    for seal in [harness.open(), harness.open_foreign()] {
        expect_same("the fingerprint", &first, &seal.fingerprint(&plain()?))?;
    }
    Ok(())
}

pub(super) fn quotes_are_told_apart<H: SealHarness>(script: &Script<'_, H>) -> Check {
    let seal = script.harness().open();
    let quotes = [
        plain()?,
        quote(1, 5_001, "2018-07-03T10:00", Surge::NONE)?,
        quote(1, 5_000, "2018-07-03T10:01", Surge::NONE)?,
        quote(2, 5_000, "2018-07-03T10:00", Surge::NONE)?,
    ];
    let prints: BTreeSet<_> = quotes.iter().map(|quote| seal.fingerprint(quote)).collect();
    expect_same("different fingerprints", &quotes.len(), &prints.len())
}

pub(super) fn code_is_of_the_trip<H: SealHarness>(script: &Script<'_, H>) -> Check {
    let [one, other] = [script.harness().open(), script.harness().open()];
    for trip in (0..TRIPS).map(|number| script.ids().trip(number)) {
        let codes = (one.start_code(trip), other.start_code(trip));
        let same = codes.0 == codes.1 && codes.0 < 10_000;
        expect(same, format!("one code below 10,000 for {trip}"), codes)?;
    }
    Ok(())
}

pub(super) fn codes_cannot_be_guessed<H: SealHarness>(script: &Script<'_, H>) -> Check {
    /// Of 1,000 draws from 10,000 about 952 differ.
    const DIFFERENT_MIN: usize = 900;
    let (own, foreign) = (script.harness().open(), script.harness().open_foreign());
    let trips: Vec<_> = (0..TRIPS).map(|number| script.ids().trip(number)).collect();
    let codes: BTreeSet<_> = trips.iter().map(|&trip| own.start_code(trip)).collect();
    let (spread, largest) = (codes.len(), codes.last().copied().unwrap_or_default());
    expect(
        spread >= DIFFERENT_MIN && largest >= 9_000,
        format!("{DIFFERENT_MIN} different codes up to 9,000 and more"),
        (spread, largest),
    )?;
    let alike = trips
        .iter()
        .filter(|&&trip| own.start_code(trip) == foreign.start_code(trip));
    let alike = alike.count();
    expect(alike <= 10, "other codes under another key", alike)
}

/// Plans that differ in one place each.
fn plans() -> [PersonalPlan; 4] {
    let at = |north: i32| {
        Place::from_e7(407_580_000 + north, -739_855_000).map_or(PersonalPlace::Erased, PersonalPlace::Known)
    };
    let plan = PersonalPlan {
        pick_up: at(0),
        stops: Vec::new(),
        destination: Some(at(50_000)),
    };
    let stopping = PersonalPlan {
        stops: vec![at(20_000)],
        ..plan.clone()
    };
    let farther = PersonalPlan {
        destination: Some(at(90_000)),
        ..plan.clone()
    };
    let from_elsewhere = PersonalPlan {
        pick_up: at(-1),
        ..plan.clone()
    };
    [plan, stopping, farther, from_elsewhere]
}

/// The tickets of two trips at two prices by each plan.
fn tickets<H: SealHarness>(script: &Script<'_, H>, seal: &dyn Seal) -> Vec<Fingerprint> {
    let trips = [script.ids().trip(1), script.ids().trip(2)];
    let prices = [Fingerprint::new([1; 32]), Fingerprint::new([2; 32])];
    let of = |trip| prices.map(|price| plans().map(|plan| seal.ticket(trip, price, &plan)));
    trips.map(of).as_flattened().as_flattened().to_vec()
}

pub(super) fn ticket_is_of_trip_price_and_plan<H: SealHarness>(script: &Script<'_, H>) -> Check {
    let own = tickets(script, &*script.harness().open());
    let again = tickets(script, &*script.harness().open());
    expect_same("the tickets of another process", &own, &again)?;
    let different: BTreeSet<_> = own.iter().collect();
    expect_same("different tickets", &own.len(), &different.len())
}

pub(super) fn tickets_cannot_be_forged<H: SealHarness>(script: &Script<'_, H>) -> Check {
    let own = tickets(script, &*script.harness().open());
    let foreign = tickets(script, &*script.harness().open_foreign());
    let alike = own.iter().filter(|ticket| foreign.contains(ticket)).count();
    expect(alike == 0, "other tickets under another key", alike)
}
