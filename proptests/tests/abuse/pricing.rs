//! Tariffs and rides at the limits of their types.

use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    Charge, ChargeAmount, Circumstances, DecidedBy, Meter, MeterReading, Party, PricingError, Recorder, Ride,
    RidePart, Schedule, Segment, Slice, Span, Surge, Tariff, Toll, Units, Weekdays, Window, ZoneSet, Zones,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

/// The values that arithmetic trips over.
const EXTREMES: [i64; 9] = [
    i64::MIN,
    i64::MIN + 1,
    -1,
    0,
    1,
    999_999_999_999,
    1_000_000_000_001,
    i64::MAX - 1,
    i64::MAX,
];

fn dearest() -> Arc<Tariff> {
    let most = Ratio::from(1_000_000_000_000_i64);
    let unit = Segment::new(Millimetres::ZERO, most, Ratio::from(100)).unwrap();
    let meter = Meter::distance(most, Ratio::ZERO, vec![unit], Units::ProRata).unwrap();
    Arc::new(Tariff::new(
        "dearest".parse().unwrap(),
        u32::MAX,
        Currency::USD,
        meter,
    ))
}

fn plain() -> Arc<Tariff> {
    let unit = Segment::new(
        Millimetres::ZERO,
        Ratio::from(50),
        Ratio::new(1_609_344, 5).unwrap(),
    )
    .unwrap();
    let unit = unit.with_time(Ratio::from(60_000)).unwrap();
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![unit]).unwrap();
    Arc::new(Tariff::new("plain".parse().unwrap(), 1, Currency::USD, meter))
}

fn noon() -> CivilDateTime {
    "2026-03-04T12:00".parse().unwrap()
}

#[test]
fn a_ride_at_the_limits_is_priced_or_refused() {
    for tariff in [dearest(), plain()] {
        for first in EXTREMES {
            for second in EXTREMES {
                let (distance, duration) = (Millimetres::new(first), Millis::new(second));
                let zone = "anywhere".parse().unwrap();
                let rides = [
                    Ride::new(distance, duration),
                    Ride::new(distance, Millis::ZERO).with_waiting(duration),
                    Ride::new(Millimetres::ZERO, duration).with_slow(Millis::new(first)),
                    Ride::new(distance, duration).with_part(RidePart::new(
                        zone,
                        Millimetres::new(second),
                        Millis::new(first),
                    )),
                    Ride::new(distance, duration).with_stops(u16::MAX),
                ];
                for ride in rides {
                    match tariff.quote(&ride, noon(), Surge::NONE) {
                        Ok(quote) => assert!(
                            quote.total().minor() >= 0 && quote.hold().minor() >= quote.total().minor()
                        ),
                        Err(error) => assert!(
                            matches!(
                                error,
                                PricingError::Overflow
                                    | PricingError::RideNegative(_)
                                    | PricingError::RideBeyondLimit { .. }
                                    | PricingError::SlowBeyondDuration
                                    | PricingError::PartsBeyondRide(_)
                            ),
                            "{error}"
                        ),
                    }
                }
            }
        }
    }
}

#[test]
fn a_ride_at_the_end_of_the_calendar_is_refused() {
    let last = CivilDateTime::new(CivilDate::MAX, TimeOfDay::from_ms(86_399_999).unwrap());
    let ride = Ride::new(Millimetres::new(1_000_000), Millis::from_minutes(5));
    let refused = plain().quote(&ride, last, Surge::NONE).unwrap_err();
    assert_eq!(refused.code(), "pricing_ride_out_of_calendar");
}

#[test]
fn a_recorder_refuses_what_nobody_drives() {
    let tariff = plain();
    for first in EXTREMES {
        for second in EXTREMES {
            let mut recorder = Recorder::new(&tariff, noon(), Circumstances::new());
            let driven = recorder.drive(Millimetres::new(first), Millis::new(second));
            let again = recorder.drive(Millimetres::new(first), Millis::new(second));
            let waited = recorder.wait(Millis::new(second));
            for outcome in [driven, again, waited]
                .into_iter()
                .chain([recorder.finish().map(drop)])
            {
                if let Err(error) = outcome {
                    assert!(
                        matches!(
                            error,
                            PricingError::RideNegative(_)
                                | PricingError::RideBeyondLimit { .. }
                                | PricingError::RideOutOfCalendar
                                | PricingError::ReadingOutOfRange(_)
                        ),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_reading_from_elsewhere_is_checked() {
    let tariff = plain();
    let edition = tariff.edition();
    let read = |slices| MeterReading::new(edition, noon(), Vec::new(), slices, Circumstances::new());
    for (slice, code) in [
        (Slice::new(noon(), 1), "pricing_reading_out_of_range"),
        (
            Slice::new(noon(), 0).with_zones(1),
            "pricing_reading_out_of_range",
        ),
        (
            Slice::new(noon(), 0).with_fast(Millimetres::new(-1), Millis::ZERO),
            "pricing_reading_out_of_range",
        ),
        (
            Slice::new(noon(), 0).with_slow(Millimetres::ZERO, Millis::MAX),
            "pricing_reading_out_of_range",
        ),
        (
            Slice::new(noon(), 0).with_waiting(Millis::new(-1)),
            "pricing_reading_out_of_range",
        ),
    ] {
        assert_eq!(read(vec![slice]).unwrap_err().code(), code);
    }
    assert!(read(vec![Slice::new(noon(), 0); 4_097]).is_err());
    let long = Slice::new(noon(), 0).with_fast(Millimetres::new(999_999_999_999), Millis::ZERO);
    assert_eq!(
        read(vec![long; 2]).unwrap_err(),
        PricingError::ReadingOutOfRange("distance"),
        "a million kilometres in all"
    );

    let quote = tariff
        .quote(&Ride::new(Millimetres::ZERO, Millis::ZERO), noon(), Surge::NONE)
        .unwrap();
    let driven = Slice::new(noon(), 0).with_fast(Millimetres::new(1), Millis::new(1));
    // Without bands of speed nobody knows what another tariff makes of it.
    assert_eq!(read(vec![driven]).unwrap_err().code(), "reading_bands_differ");
    let empty = read(Vec::new()).unwrap();
    assert_eq!(
        quote.settle(&empty).unwrap().total().minor(),
        250,
        "a started trip owes the initial price"
    );
}

#[test]
fn a_tariff_without_windows_zones_or_prices_prices_at_nothing() {
    let unit = Segment::new(Millimetres::ZERO, Ratio::ZERO, Ratio::from(1_000)).unwrap();
    let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![unit], Units::Begun).unwrap();
    let tariff = Arc::new(Tariff::new("empty".parse().unwrap(), 0, Currency::JPY, meter));
    let quote = tariff
        .quote(
            &Ride::new(Millimetres::new(1), Millis::new(1)),
            noon(),
            Surge::NONE,
        )
        .unwrap();
    assert!(quote.total().is_zero() && quote.hold().is_zero());
    assert_eq!(quote.lines().unwrap(), []);
}

#[test]
fn a_huge_tariff_is_refused_where_it_becomes_too_large() {
    let mut tariff = (*plain()).clone();
    let refused = (0..1_000).find_map(|number| {
        let name = format!("charge-{number}").parse().unwrap();
        match tariff
            .clone()
            .with_charge(Charge::surcharge(name, ChargeAmount::Once(1)))
        {
            Ok(larger) => {
                tariff = larger;
                None
            }
            Err(error) => Some((number, error.code())),
        }
    });
    assert_eq!(refused, Some((64, "tariff_too_many")));
    let mut zones = Zones::new();
    let added = (0..1_000).take_while(|number| {
        zones
            .add(format!("zone-{number}").parse().unwrap(), ZoneSet::NONE)
            .is_ok()
    });
    assert_eq!(added.count(), 64);
    let spans = vec![Span::whole_day(Weekdays::ALL); 65];
    assert_eq!(
        Window::new("w".parse().unwrap(), DecidedBy::Start, spans)
            .unwrap_err()
            .code(),
        "tariff_too_many"
    );
    assert_eq!(
        Schedule::new(vec![CivilDate::MIN; 4_097]).unwrap_err().code(),
        "tariff_too_many"
    );
}

#[test]
fn prices_at_the_limits_are_refused() {
    for minor in [i64::MIN, -1, 1_000_000_000_001, i64::MAX] {
        let charge = Charge::surcharge("charge".parse().unwrap(), ChargeAmount::Once(minor));
        assert!((*plain()).clone().with_charge(charge).is_err());
        assert!((*plain()).clone().with_minimum(minor).is_err());
        assert!((*plain()).clone().with_cap(minor).is_err());
        assert!(Toll::new("bridge".parse().unwrap(), minor).is_err());
        assert!(Segment::new(Millimetres::ZERO, Ratio::from(minor), Ratio::ONE).is_err());
    }
    assert!(Segment::new(Millimetres::ZERO, Ratio::ONE, Ratio::ZERO).is_err());
    assert!(Party::adults(16).is_err());
    assert!(
        (*plain())
            .clone()
            .with_surge_limits(BasisPoints::new(i32::MIN), BasisPoints::MAX)
            .is_err()
    );
}

#[test]
fn a_tariff_file_that_is_not_one_is_refused_with_its_reason() {
    let right = fiacre_tariffs::built_in_text("nyc-2018").unwrap();
    let unknown = right.replacen("[meter]", "[metre]", 1);
    for (text, code) in [
        (String::new(), "tariff_file_syntax"),
        (unknown, "tariff_file_unknown_field"),
        ("\u{0}".repeat(1_000), "tariff_file_syntax"),
        ("[".repeat(10_000), "tariff_file_syntax"),
        ("#".repeat(1_000_000), "tariff_file_too_large"),
        (
            right.replacen("\"0.50\"", "\"99999999999999999\"", 1),
            "tariff_too_large",
        ),
        (
            right.replacen("\"1/5 mi\"", "\"1/0 mi\"", 1),
            "tariff_file_syntax",
        ),
    ] {
        assert_eq!(
            fiacre_tariffs::parse("abuse.toml", &text).unwrap_err().code(),
            code
        );
    }
}

#[test]
fn a_window_over_midnight_is_open_on_both_sides_of_it() {
    let tariff = Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap());
    let night = tariff.schedule().get("night".parse().unwrap()).unwrap();
    for (at, open) in [
        ("2018-07-03T19:59:59", false),
        ("2018-07-03T20:00", true),
        ("2018-07-03T23:59:59", true),
        ("2018-07-04T00:00", true),
        ("2018-07-04T05:59:59", true),
        ("2018-07-04T06:00", false),
    ] {
        assert_eq!(
            tariff
                .schedule()
                .active(at.parse().unwrap(), None)
                .intersects(night),
            open,
            "{at}"
        );
    }
}
