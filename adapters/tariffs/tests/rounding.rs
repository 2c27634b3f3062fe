//! Each stage rounds once, and what that changes is a line.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::pricing::{LineKind, PricingError, Ride, Stage, Surge, SurgeInputs, SurgePolicy, Tariff};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use fiacre_tariffs::TariffFileFault;
use std::sync::Arc;

/// More riders than any tariff's surge stops at.
fn crowd() -> Surge {
    let policy = SurgePolicy::new(1, BasisPoints::ONE, BasisPoints::new(50_000)).unwrap();
    let inputs = SurgeInputs {
        zone: None,
        demand: 1_000,
        supply: 1,
    };
    Surge::compute(policy, inputs)
}

/// A made-up tariff: an initial price, a price a kilometre, the highest surge, and its rounding.
fn made_up(
    currency: &str,
    initial: &str,
    per_km: &str,
    factor: &str,
    rule: &str,
    total_step: &str,
) -> Arc<Tariff> {
    let stage = format!("rule = \"{rule}\"");
    let text = format!(
        "[tariff]\nid = \"made-up\"\nversion = 1\ncurrency = \"{currency}\"\ngateway-step = \"{total_step}\"\n\
         [meter]\ninitial = \"{initial}\"\nunits = \"pro-rata\"\nsegments = [{{ price = \"{per_km}\", distance = \"1 km\" }}]\n\
         [surge]\nmin = \"1\"\nmax = \"{factor}\"\n\
         [rounding]\nmeter = {{ {stage} }}\nsurge = {{ {stage} }}\ntotal = {{ step = \"{total_step}\", {stage} }}\n"
    );
    Arc::new(fiacre_tariffs::parse("made-up", &text).unwrap())
}

#[test]
fn each_stage_rounds_once() {
    for (tariff, metres, expected) in [
        (
            made_up("JPY", "420", "87", "1.3", "half-up", "10"),
            1_400,
            "710 JPY",
        ),
        (
            made_up("KWD", "0.250", "0.137", "1.25", "half-even", "0.001"),
            7_300,
            "1.562 KWD",
        ),
        (
            made_up("KWD", "0.250", "0.137", "1.25", "half-even", "0.010"),
            7_300,
            "1.560 KWD",
        ),
    ] {
        let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(5));
        let quote = tariff
            .quote(&ride, "2025-09-02T12:00".parse().unwrap(), crowd())
            .unwrap();
        assert_eq!(quote.total().to_string(), expected);
        let sum: i64 = quote
            .lines()
            .unwrap()
            .iter()
            .map(|line| line.amount().minor())
            .sum();
        assert_eq!(sum, quote.total().minor());
    }
}

#[test]
fn rounding_once_only_would_make_another_total() {
    let ratio = |above, below| Ratio::new(above, below).unwrap();
    let exact = ratio(420, 1)
        .checked_add(ratio(87 * 14, 10))
        .and_then(|meter| meter.checked_mul(ratio(13, 10)))
        .unwrap();
    assert_eq!(exact, ratio(70_434, 100));
    assert_eq!(exact.round_to_step(10, Rounding::HalfUp), Ok(700), "not 710");
    let ride = Ride::new(Millimetres::from_metres(1_400), Millis::from_minutes(5));
    let quote = made_up("JPY", "420", "87", "1.3", "half-up", "10")
        .quote(&ride, "2025-09-02T12:00".parse().unwrap(), crowd())
        .unwrap();
    let lines = quote.lines().unwrap();
    let parts: Vec<_> = lines
        .iter()
        .map(|line| (line.kind(), line.amount().minor()))
        .collect();
    assert_eq!(
        parts,
        [
            (LineKind::Initial, 420),
            (LineKind::Units, 122),
            (LineKind::Surge, 163),
            (LineKind::Rounding(Stage::Total), 5),
        ],
        "541.8 is 542, 704.6 is 705, and 705 is 710"
    );
}

#[test]
fn a_total_that_the_gateway_cannot_take_is_refused_with_the_file_and_at_the_quote() {
    let text = "[tariff]\nid = \"kwd\"\nversion = 1\ncurrency = \"KWD\"\n[meter]\ninitial = \"0.250\"\n\
                segments = [{ price = \"0.137\", distance = \"1 km\" }]\n";
    let ride = Ride::new(Millimetres::from_metres(1_000), Millis::from_minutes(5));
    let at = "2025-09-02T12:00".parse().unwrap();
    let fine = fiacre_tariffs::parse("fine", text).unwrap_err();
    let unpriceable = TariffFileFault::Unpriceable(PricingError::StepDoesNotFitGateway {
        gateway_step_minor: 10,
    });
    assert_eq!((fine.fault(), fine.place()), (&unpriceable, Some((4, 12))));
    let coarse = format!("{text}[rounding]\ntotal = {{ step = \"0.010\" }}\n");
    let coarse = Arc::new(fiacre_tariffs::parse("coarse", &coarse).unwrap());
    assert!(coarse.quote(&ride, at, Surge::NONE).is_ok());
    let coarser = Arc::new((*coarse).clone().with_gateway_step(20).unwrap());
    assert_eq!(
        coarser.quote(&ride, at, Surge::NONE),
        Err(PricingError::StepDoesNotFitGateway {
            gateway_step_minor: 20
        })
    );
}
