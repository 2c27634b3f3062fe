//! One bug for each law, which the law refuses; those in what `Receipt::verify` compares are in `edits.rs`.

use super::{edits, laws};
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{Line, LineKind, Meter, Quote, Ride, Segment, Surge, Tariff, Units};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::{CivilDateTime, TimeOfDay, Weekday};
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

const MINIMUM_MINOR: i64 = 500;
const CAP_MINOR: i64 = 2_000;

/// A euro a kilometre, at least five, at most twenty.
fn tariff() -> Arc<Tariff> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
    let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![kilometre], Units::ProRata).unwrap();
    let tariff = Tariff::new("made-up".parse().unwrap(), 1, Currency::EUR, meter)
        .with_minimum(MINIMUM_MINOR)
        .and_then(|tariff| tariff.with_cap(CAP_MINOR))
        .unwrap();
    Arc::new(tariff)
}

fn ride(km: i64) -> Ride {
    Ride::new(Millimetres::from_metres(km * 1_000), Millis::from_minutes(20))
}

fn quote(ride: &Ride) -> Quote {
    tariff()
        .quote(ride, "2026-03-03T12:00".parse().unwrap(), Surge::NONE)
        .unwrap()
}

#[test]
fn planted_cents_that_no_line_shows() {
    let receipt = quote(&ride(10)).settle_as_quoted().unwrap();
    assert!(laws::lines_sum(&receipt).is_ok());
    let wrong = |name: &str| {
        let edited = edits::of(&receipt);
        let mut named = edited.iter().filter(|(edit, _)| edit == name).peekable();
        assert!(named.peek().is_some(), "{name}");
        named.any(|(_, receipt)| laws::lines_sum(receipt).is_err())
    };
    for name in [
        "total",
        "line 0 changed",
        "line 0 dropped",
        "line 0 doubled",
        "pay total",
        "pay line 0 changed",
        "pay line 0 dropped",
    ] {
        assert!(wrong(name), "{name}");
    }
}

#[test]
fn planted_prices_out_of_bounds() {
    for (km, missing) in [(1, LineKind::Minimum), (30, LineKind::Cap)] {
        let lines = quote(&ride(km)).lines().unwrap();
        assert!(laws::bounded(&lines, MINIMUM_MINOR, CAP_MINOR).is_ok());
        let without: Vec<Line> = lines
            .iter()
            .copied()
            .filter(|line| line.kind() != missing)
            .collect();
        assert_ne!(without, lines);
        assert!(
            laws::bounded(&without, MINIMUM_MINOR, CAP_MINOR).is_err(),
            "{missing}"
        );
    }
}

#[test]
fn planted_rebates_for_more() {
    let ride = ride(10).with_slow(Millis::from_minutes(5));
    let total = |ride: &Ride| quote(ride).total().minor();
    let more = 1_000_000;
    assert!(laws::more_never_costs_less(total, &ride, more).is_ok());
    let rebates: [fn(&Ride) -> i64; 4] = [
        |ride| ride.distance().get() / 400_000,
        |ride| ride.duration().get() / 100_000,
        |ride| ride.waiting().get() / 100_000,
        |ride| ride.slow().unwrap_or_default().get() / 100_000,
    ];
    for (number, rebate) in rebates.into_iter().enumerate() {
        // Each takes ever more off a price that does not grow with it.
        let flat = |ride: &Ride| 1_000 - rebate(ride);
        assert!(
            laws::more_never_costs_less(flat, &ride, more).is_err(),
            "{number}"
        );
    }
}

#[test]
fn planted_windows_with_other_edges() {
    let clock = |hour| TimeOfDay::new(hour, 0, 0).unwrap();
    let at = |text: &str| text.parse::<CivilDateTime>().unwrap();
    // From Tuesday 22:00 to Wednesday 06:00.
    let (first, end) = (at("2026-03-03T22:00"), at("2026-03-04T06:00"));
    let holds = |open: &dyn Fn(CivilDateTime) -> bool| {
        let span = (clock(22), clock(6));
        laws::half_open_from_its_day(open, Weekday::Tuesday, span, at("2026-03-03T12:00")).is_ok()
    };
    assert!(holds(&|at| first <= at && at < end));
    assert!(!holds(&|at| first <= at && at <= end), "open at its end");
    assert!(!holds(&|at| first < at && at < end), "closed at its begin");
    let until_midnight = at("2026-03-04T00:00");
    assert!(
        !holds(&|at| first <= at && at < until_midnight),
        "of its day alone"
    );
    assert!(!holds(&|_| true) && !holds(&|_| false));
}
