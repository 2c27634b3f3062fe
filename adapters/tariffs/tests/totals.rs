//! The totals that published tariffs come to, worked by hand from their texts. Which of them rest on an assumption, and
//! which were corrected: `docs/adr/0041-where-worked-totals-were-corrected.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::pricing::{
    Cancellation, CancellationStage, Circumstances, Fault, Line, LineKind, Party, PricingError, Receipt,
    Recorder, Ride, RidePart, SettlementPolicy, Surge, SurgeInputs, SurgePolicy, Tariff,
};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

const MILE_MM: i64 = 1_609_344;
const KM_MM: i64 = 1_000_000;

/// The files that come with the crate; each is read once a test.
fn tariff(name: &str) -> Arc<Tariff> {
    Arc::new(fiacre_tariffs::built_in(name).unwrap())
}

fn circumstances() -> Circumstances {
    Circumstances::new()
}

fn from_to(from: &str, to: &str) -> Circumstances {
    circumstances()
        .starting_in(from.parse().unwrap())
        .ending_in(to.parse().unwrap())
}

/// What was driven, step by step: the receipt of a quote for the same distance and time.
fn driven(
    tariff: &Arc<Tariff>,
    at: &str,
    asked: Circumstances,
    steps: impl Fn(&mut Recorder<'_>) -> Result<(), PricingError>,
) -> Receipt {
    let at = at.parse().unwrap();
    // A hold that is never in the way: the tests are about the meter.
    let (band, cap) = (BasisPoints::ZERO, BasisPoints::new(1_000_000));
    let settlement = SettlementPolicy::new(band, band, cap, 0).unwrap();
    let generous = Arc::new((**tariff).clone().with_settlement(settlement));
    let mut recorder = Recorder::new(&generous, at, asked.clone());
    steps(&mut recorder).unwrap();
    let reading = recorder.finish().unwrap();
    let ride = Ride::new(reading.distance(), reading.duration()).with_circumstances(asked);
    let quote = generous.quote(&ride, at, Surge::NONE).unwrap();
    let receipt = quote.settle(&reading).unwrap();
    receipt.verify(quote.tariff().unwrap()).unwrap();
    receipt
}

fn total(receipt: &Receipt) -> String {
    receipt.total().to_string()
}

/// The part of the total that the meter shows.
fn meter(receipt: &Receipt) -> String {
    let on_meter = |line: &Line| matches!(line.kind(), LineKind::Initial | LineKind::Units | LineKind::Time);
    receipt.sum_of(on_meter).unwrap().to_string()
}

/// `mm` in no traffic, then `standing_s` seconds without moving.
fn drive(mm: i64, standing_s: i64) -> impl Fn(&mut Recorder<'_>) -> Result<(), PricingError> {
    move |recorder| {
        // 50 km/h: fast under every tariff here.
        recorder.drive(Millimetres::new(mm), Millis::new(mm * 72 / 1_000))?;
        recorder.drive(Millimetres::ZERO, Millis::from_secs(standing_s))
    }
}

#[test]
fn new_york_2018_by_time_of_day() {
    let tariff = tariff("nyc-2018");
    for (at, expected) in [
        ("2018-07-03T10:00", "17.80 USD"),
        ("2018-07-03T17:00", "18.80 USD"),
        ("2018-07-03T19:59:59", "18.80 USD"),
        ("2018-07-03T20:00:00", "18.30 USD"),
        ("2018-07-03T21:00", "18.30 USD"),
        ("2018-07-04T17:00", "17.80 USD"),
        ("2018-07-07T17:00", "17.80 USD"),
        ("2018-07-04T05:59:59", "18.30 USD"),
        ("2018-07-04T06:00", "17.80 USD"),
    ] {
        let receipt = driven(&tariff, at, circumstances(), drive(5 * MILE_MM, 300));
        assert_eq!(meter(&receipt), "17.00 USD", "{at}");
        assert_eq!(total(&receipt), expected, "{at}");
        let ride = Ride::new(Millimetres::new(5 * MILE_MM), Millis::from_minutes(20))
            .with_slow(Millis::from_minutes(5));
        let quote = tariff.quote(&ride, at.parse().unwrap(), Surge::NONE).unwrap();
        assert_eq!(quote.total().to_string(), expected, "quoted {at}");
    }
}

#[test]
fn new_york_2018_joins_distance_and_time_in_one_ceiling() {
    let tariff = tariff("nyc-2018");
    let day = "2018-07-03T10:00";
    let joint = driven(&tariff, day, circumstances(), drive(MILE_MM * 105 / 100, 90));
    assert_eq!(meter(&joint), "5.50 USD");
    let crawling = driven(&tariff, day, circumstances(), |recorder| {
        recorder.drive(Millimetres::new(5 * MILE_MM), Millis::from_minutes(10))?;
        recorder.drive(Millimetres::new(MILE_MM / 2), Millis::from_minutes(5))
    });
    assert_eq!(meter(&crawling), "17.00 USD");
    for (mm, expected) in [(321_868, "2.50 USD"), (321_869, "3.00 USD")] {
        assert_eq!(
            meter(&driven(&tariff, day, circumstances(), drive(mm, 0))),
            expected,
            "{mm}"
        );
    }
}

#[test]
fn new_york_2018_flats_and_zones() {
    let tariff = tariff("nyc-2018");
    for (at, from, to, expected) in [
        ("2018-07-03T10:00", "jfk", "manhattan", "52.80 USD"),
        ("2018-07-03T17:00", "manhattan", "jfk", "57.30 USD"),
        ("2018-07-03T21:00", "jfk", "manhattan", "52.80 USD"),
        ("2018-07-03T10:00", "manhattan", "new-jersey", "17.30 USD"),
        ("2018-07-03T10:00", "manhattan", "newark", "34.80 USD"),
    ] {
        let receipt = driven(&tariff, at, from_to(from, to), drive(5 * MILE_MM, 300));
        assert_eq!(total(&receipt), expected, "{at} {from} {to}");
    }
    let with_stop = driven(
        &tariff,
        "2018-07-03T10:00",
        from_to("jfk", "manhattan"),
        |recorder| {
            recorder.drive(Millimetres::new(15 * MILE_MM), Millis::from_minutes(40))?;
            recorder.stop(Some("manhattan".parse().unwrap()))?;
            recorder.drive(Millimetres::new(MILE_MM), Millis::from_minutes(4))
        },
    );
    // The flat to the first stop, then the meter: 2.50 and four further fifths.
    assert_eq!(total(&with_stop), "57.30 USD");
    // A quote knows totals alone, and takes the legs as equally long: eight miles on the meter, and 22 minutes.
    let ride = Ride::new(Millimetres::new(16 * MILE_MM), Millis::from_minutes(44))
        .with_slow(Millis::ZERO)
        .with_circumstances(
            from_to("jfk", "manhattan")
                .with_stops(1)
                .stopping_first_in("manhattan".parse().unwrap()),
        );
    let quote = tariff.quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    assert_eq!(quote.unwrap().total().to_string(), "74.80 USD");
}

#[test]
fn new_york_since_2022() {
    let tariff = tariff("nyc-2022");
    let both = || from_to("south-of-60", "south-of-60");
    for (at, expected) in [
        ("2025-03-04T10:00", "28.05 USD"),
        ("2025-03-04T17:00", "30.55 USD"),
        ("2024-03-05T10:00", "27.30 USD"),
    ] {
        assert_eq!(
            total(&driven(&tariff, at, both(), drive(5 * MILE_MM, 300))),
            expected,
            "{at}"
        );
    }
    for (at, expected) in [
        ("2025-03-04T17:00", "79.75 USD"),
        ("2025-03-04T21:00", "74.75 USD"),
    ] {
        let receipt = driven(
            &tariff,
            at,
            from_to("jfk", "south-of-60"),
            drive(15 * MILE_MM, 300),
        );
        assert_eq!(total(&receipt), expected, "{at}");
    }
    let day = "2025-03-04T10:00";
    // Beside the trip's 23.30: improvement 1.00 and MTA 0.50, where they apply.
    for (from, to, expected) in [
        ("lga", "lga", "29.80 USD"),
        ("jfk", "lga", "29.80 USD"),
        ("jfk", "newark", "44.30 USD"),
    ] {
        assert_eq!(
            total(&driven(&tariff, day, from_to(from, to), drive(5 * MILE_MM, 300))),
            expected,
            "{from} {to}"
        );
    }
}

#[test]
fn chicago() {
    let tariff = tariff("chicago");
    let day = "2020-03-03T10:00";
    let party = |adults: u8, ages: &[u8]| {
        let party = ages.iter().fold(Party::adults(adults).unwrap(), |party, age| {
            party.with_age(*age).unwrap()
        });
        circumstances().with_party(party)
    };
    for (asked, standing_s, expected) in [
        (party(1, &[]), 360, "11.75 USD"),
        (party(4, &[]), 360, "13.75 USD"),
        (
            circumstances()
                .with_party(Party::adults(4).unwrap())
                .starting_in("ohare".parse().unwrap()),
            360,
            "17.75 USD",
        ),
        (party(2, &[12, 65]), 360, "12.75 USD"),
        (party(1, &[]), 50, "9.95 USD"),
    ] {
        assert_eq!(
            total(&driven(&tariff, day, asked, drive(3 * MILE_MM, standing_s))),
            expected
        );
    }
    let beyond = driven(&tariff, day, circumstances(), |recorder| {
        recorder.drive(Millimetres::new(3 * MILE_MM), Millis::from_minutes(6))?;
        recorder.enter("suburbs".parse().unwrap())?;
        recorder.drive(Millimetres::new(2 * MILE_MM), Millis::from_minutes(4))
    });
    // 3.25 + 26 × 0.25, then 18 × 0.25 and half of it.
    assert_eq!(total(&beyond), "16.50 USD");
    let suburbs = RidePart::new(
        "suburbs".parse().unwrap(),
        Millimetres::new(2 * MILE_MM),
        Millis::from_minutes(4),
    );
    let ride = Ride::new(Millimetres::new(5 * MILE_MM), Millis::from_minutes(10))
        .with_slow(Millis::ZERO)
        .with_part(suburbs);
    assert_eq!(
        tariff
            .quote(&ride, day.parse().unwrap(), Surge::NONE)
            .unwrap()
            .total()
            .to_string(),
        "16.50 USD"
    );
}

/// Assumed: half of the metered fare is half of all that the meter shows, the flag pull with it, as from the airports.
#[test]
fn chicago_beyond_the_limits_from_the_start() {
    let tariff = tariff("chicago");
    let (distance, duration) = (Millimetres::new(5 * MILE_MM), Millis::from_minutes(10));
    for (asked, expected) in [
        // 1.5 × (3.25 + 44 × 0.25); the flag pull left straight would make it 19.75.
        (from_to("suburbs", "suburbs"), "21.38 USD"),
        // The same, and the departure tax.
        (from_to("ohare", "suburbs"), "25.38 USD"),
    ] {
        let receipt = driven(&tariff, "2020-03-03T10:00", asked.clone(), |recorder| {
            recorder.enter("suburbs".parse().unwrap())?;
            recorder.drive(distance, duration)
        });
        assert_eq!(total(&receipt), expected);
        let ride = Ride::new(distance, duration)
            .with_slow(Millis::ZERO)
            .with_part(RidePart::new("suburbs".parse().unwrap(), distance, duration))
            .with_circumstances(asked);
        let quote = tariff.quote(&ride, "2020-03-03T10:00".parse().unwrap(), Surge::NONE);
        assert_eq!(quote.unwrap().total().to_string(), expected);
    }
}

#[test]
fn tokyo() {
    let tariff = tariff("tokyo");
    let (day, night) = ("2023-03-07T10:00", "2023-03-07T23:00");
    for (at, mm, standing_s, expected) in [
        (day, 4_600_000, 380, "2300 JPY"),
        (night, 4_600_000, 380, "2800 JPY"),
        (night, 0, 340, "500 JPY"),
        (night, 0, 341, "600 JPY"),
        (day, 1_096_000, 0, "500 JPY"),
        (day, 1_096_001, 0, "600 JPY"),
        (day, 40 * KM_MM, 0, "15120 JPY"),
    ] {
        assert_eq!(
            total(&driven(&tariff, at, circumstances(), drive(mm, standing_s))),
            expected,
            "{at} {mm} {standing_s}"
        );
    }
    let called = || circumstances().with_extra("pick-up".parse().unwrap());
    assert_eq!(
        total(&driven(&tariff, day, called(), drive(40 * KM_MM, 0))),
        "15420 JPY"
    );
    // 18 drops make 500 + 1,800 without the pick-up charge; the total was first given as 2,300 with it (ADR 41).
    for (at, expected) in [(day, "2600 JPY"), (night, "3100 JPY")] {
        let receipt = driven(&tariff, at, called(), drive(4_600_000, 380));
        assert_eq!(total(&receipt), expected, "{at}");
    }
    let crawling = driven(&tariff, day, circumstances(), |recorder| {
        recorder.drive(Millimetres::new(1_644_500), Millis::from_secs(598))
    });
    assert_eq!(total(&crawling), "700 JPY");
}

#[test]
fn tokyo_crosses_into_the_night_and_onto_an_expressway() {
    let tariff = tariff("tokyo");
    let into_night = driven(&tariff, "2023-03-07T21:50", circumstances(), |recorder| {
        recorder.drive(Millimetres::from_metres(10_000), Millis::from_minutes(20))
    });
    // 5 km by day and 5 km by night: 1.2 of the second half, 43.14 units, 39 beyond the first.
    assert_eq!(total(&into_night), "4400 JPY");
    let jam = |recorder: &mut Recorder<'_>| {
        recorder.drive(Millimetres::from_metres(4_600), Millis::from_minutes(5))?;
        recorder.drive(Millimetres::ZERO, Millis::from_secs(380))
    };
    let on_expressway = driven(&tariff, "2023-03-07T10:00", circumstances(), |recorder| {
        recorder.enter("expressway".parse().unwrap())?;
        jam(recorder)
    });
    assert_eq!(total(&on_expressway), "1900 JPY", "standing costs nothing there");
}

#[test]
fn london() {
    let tariff = tariff("london");
    let day = "2018-03-06T10:00";
    for (mm, standing_s, expected) in [(3 * KM_MM, 126, "8.40 GBP"), (9_700_000, 0, "18.80 GBP")] {
        assert_eq!(
            total(&driven(&tariff, day, circumstances(), drive(mm, standing_s))),
            expected,
            "{mm}"
        );
    }
    for (stop_km, expected) in [(5, "26.20 GBP"), (10, "26.80 GBP")] {
        let receipt = driven(&tariff, day, circumstances(), |recorder| {
            drive(stop_km * KM_MM, 252)(recorder)?;
            drive((12 - stop_km) * KM_MM, 0)(recorder)
        });
        assert_eq!(total(&receipt), expected, "{stop_km} km");
    }
    let into_tariff_2 = driven(&tariff, "2018-03-06T19:50", circumstances(), |recorder| {
        recorder.drive(Millimetres::from_metres(5_000), Millis::from_minutes(10))?;
        recorder.drive(Millimetres::from_metres(3_000), Millis::from_minutes(6))
    });
    assert_eq!(total(&into_tariff_2), "17.20 GBP");
    // A bank holiday is Tariff 3 all day: 2.60 and ⌈3,000 ÷ 81.2 − 2⌉ units.
    let holiday = driven(&tariff, "2018-05-07T10:00", circumstances(), drive(3 * KM_MM, 0));
    assert_eq!(total(&holiday), "9.60 GBP");
}

#[test]
fn bengaluru_cab() {
    let tariff = tariff("bengaluru-cab");
    let (day, night) = ("2024-03-05T10:00", "2024-03-05T02:00");
    for (at, metres, waiting, expected) in [
        (day, 12_400, 8, "319.83 INR"),
        (night, 12_400, 8, "351.81 INR"),
        (day, 3_900, 0, "105.00 INR"),
        (day, 3_900, 5, "105.00 INR"),
    ] {
        let receipt = driven(&tariff, at, circumstances(), |recorder| {
            recorder.wait(Millis::from_minutes(waiting))?;
            recorder.drive(Millimetres::from_metres(metres), Millis::from_minutes(25))
        });
        assert_eq!(total(&receipt), expected, "{at} {metres}");
        let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(25))
            .with_waiting(Millis::from_minutes(waiting));
        let quote = tariff.quote(&ride, at.parse().unwrap(), Surge::NONE).unwrap();
        assert_eq!(quote.total().to_string(), expected, "quoted {at} {metres}");
    }
}

#[test]
fn bengaluru_cab_read_with_begun_kilometres_costs_more() {
    let text = fiacre_tariffs::built_in_text("bengaluru-cab").unwrap();
    assert!(text.contains("units = \"pro-rata\""));
    let begun = text.replacen("units = \"pro-rata\"", "units = \"begun\"", 1);
    let tariff = Arc::new(fiacre_tariffs::parse("begun", &begun).unwrap());
    let receipt = driven(&tariff, "2024-03-05T10:00", circumstances(), |recorder| {
        recorder.wait(Millis::from_minutes(8))?;
        recorder.drive(Millimetres::from_metres(12_400), Millis::from_minutes(25))
    });
    assert_eq!(total(&receipt), "334.95 INR");
}

#[test]
fn bengaluru_auto() {
    let tariff = tariff("bengaluru-auto");
    // Five minutes free, then 10.00 for each quarter of an hour begun.
    for (minutes, expected) in [
        (5, "126.00 INR"),
        (6, "136.00 INR"),
        (20, "136.00 INR"),
        (21, "146.00 INR"),
    ] {
        let receipt = driven(&tariff, "2025-09-02T12:00", circumstances(), |recorder| {
            recorder.wait(Millis::from_minutes(minutes))?;
            drive(7 * KM_MM, 0)(recorder)
        });
        assert_eq!(total(&receipt), expected, "{minutes}");
    }
    let ride = || drive(7 * KM_MM, 0);
    assert_eq!(
        total(&driven(&tariff, "2025-09-02T23:00", circumstances(), ride())),
        "189.00 INR"
    );
    assert_eq!(
        total(&driven(&tariff, "2025-09-02T12:00", circumstances(), ride())),
        "126.00 INR"
    );
}

#[test]
fn india_2025_cancellation_is_a_tenth_and_at_most_a_hundred_rupees() {
    let tariff = tariff("bengaluru-cab");
    let no_show = Cancellation::new(
        CancellationStage::NoShow {
            waited: Millis::from_minutes(5),
        },
        Fault::Rider,
    );
    // Without the tax, so that the quotes are the round fares of the guidelines' example: 4 km and 22.5 km or 58⅓ km more.
    for (km_mm, fare, fee) in [
        (26_500_000, "640.00 INR", "64.00 INR"),
        (62_333_333, "1500.00 INR", "100.00 INR"),
    ] {
        let ride = Ride::new(Millimetres::new(km_mm), Millis::from_minutes(60));
        let untaxed = Arc::new(untaxed(&tariff));
        let quote = untaxed
            .quote(&ride, "2025-09-02T12:00".parse().unwrap(), Surge::NONE)
            .unwrap();
        assert_eq!(quote.total().to_string(), fare);
        let receipt = quote.cancel(&no_show).unwrap();
        receipt.verify(&untaxed).unwrap();
        assert_eq!(receipt.total().to_string(), fee);
        let by_driver = Cancellation::new(
            CancellationStage::Assigned {
                elapsed: Millis::from_minutes(3),
            },
            Fault::Driver,
        );
        let receipt = quote.cancel(&by_driver).unwrap();
        assert_eq!(receipt.total().minor(), 0, "the rider owes nothing");
        assert_eq!(receipt.pay().total().to_string(), format!("-{fee}"));
    }
}

fn untaxed(tariff: &Tariff) -> Tariff {
    let text = fiacre_tariffs::built_in_text(tariff.id().as_str()).unwrap();
    let rate = "rate = \"5%\"";
    assert!(text.contains(rate));
    fiacre_tariffs::parse("untaxed", &text.replace(rate, "rate = \"0%\"")).unwrap()
}

#[test]
fn india_2025_surge_is_between_a_half_and_two() {
    let tariff = Arc::new(untaxed(&tariff("bengaluru-cab")));
    let policy = SurgePolicy::new(1, BasisPoints::new(1), BasisPoints::new(50_000)).unwrap();
    let ride = Ride::new(Millimetres::from_metres(4_000), Millis::from_minutes(12));
    for (demand, supply, expected) in [
        (1_000, 1, "200.00 INR"),
        (10, 10, "100.00 INR"),
        (0, 10, "50.00 INR"),
    ] {
        let surge = Surge::compute(
            policy,
            SurgeInputs {
                zone: None,
                demand,
                supply,
            },
        );
        let quote = tariff
            .quote(&ride, "2025-09-02T12:00".parse().unwrap(), surge)
            .unwrap();
        assert_eq!(quote.total().to_string(), expected, "{demand}/{supply}");
    }
}

#[test]
fn new_york_driver_pay_is_a_rate_card() {
    let text = fiacre_tariffs::built_in_text("nyc-2018").unwrap().to_owned()
        + "\n[pay]\nversion = 1\nrate-card = { distance = { price = \"1.088\", per = \"1 mi\" }, time = { price = \"0.495\", per = \"1 min\" } }\n";
    let tariff = Arc::new(fiacre_tariffs::parse("pay", &text).unwrap());
    let ride = Ride::new(Millimetres::new(MILE_MM * 15 / 2), Millis::from_minutes(30));
    let quote = tariff
        .quote(&ride, "2019-02-05T10:00".parse().unwrap(), Surge::NONE)
        .unwrap();
    assert_eq!(quote.driver_pay().to_string(), "23.01 USD");
    let floor = text.replace("rate-card", "commission = \"100%\"\nfloor");
    let tariff = Arc::new(fiacre_tariffs::parse("floor", &floor).unwrap());
    let quote = tariff
        .quote(&ride, "2019-02-05T10:00".parse().unwrap(), Surge::NONE)
        .unwrap();
    assert_eq!(
        quote.driver_pay().to_string(),
        "23.01 USD",
        "the law's floor, whatever the commission"
    );
}

#[test]
fn an_app_tariff_has_tiers_time_a_minimum_and_taxes_inside_its_prices() {
    let text = r#"
        [tariff]
        id = "app"
        version = 1
        currency = "EUR"
        minimum = "8.00"
        [meter]
        initial = "2.50"
        units = "pro-rata"
        segments = [
            { price = "1.20", distance = "1 km" },
            { from = "10 km", price = "0.90", distance = "1 km" },
        ]
        time = { price = "0.30", per = "1 min", units = "pro-rata" }
        [[charge]]
        name = "booking"
        amount = "1.00"
        payee = "platform"
        [[discount]]
        name = "welcome"
        share = "10%"
        funder = "city"
        [[tax]]
        name = "vat"
        authority = "treasury"
        rate = "7%"
        included = true
        [pay]
        version = 1
        commission = "20%"
    "#;
    let tariff = Arc::new(fiacre_tariffs::parse("app", text).unwrap());
    let quote = |km: i64, minutes: i64| {
        let ride = Ride::new(Millimetres::new(km * KM_MM), Millis::from_minutes(minutes));
        tariff
            .quote(&ride, "2026-03-03T10:00".parse().unwrap(), Surge::NONE)
            .unwrap()
    };
    // 2.50 + 10 × 1.20 + 2 × 0.90 + 20 × 0.30 = 22.30; booking 1.00; a tenth off, paid by the city.
    let long = quote(12, 20);
    assert_eq!(long.total().to_string(), "20.97 EUR");
    let lines = long.lines().unwrap();
    let amount = |kind: LineKind| {
        lines
            .iter()
            .find(|line| line.kind() == kind)
            .map(|line| line.amount().minor())
    };
    assert_eq!(amount(LineKind::Discount("welcome".parse().unwrap())), Some(-233));
    // 20.97 × 7/107.
    assert_eq!(amount(LineKind::Tax("vat".parse().unwrap())), Some(137));
    assert_eq!(amount(LineKind::TaxIncluded("vat".parse().unwrap())), Some(-137));
    // The driver's 22.30 less the tax inside it, less a fifth.
    assert_eq!(long.driver_pay().to_string(), "16.74 EUR");
    // 2.50 + 1.20 + 1.50 = 5.20, topped up to 8.00.
    let short = quote(1, 5);
    let is_top_up = |line: &Line| line.kind() == LineKind::Minimum && line.amount().minor() == 280;
    assert!(short.lines().unwrap().iter().any(is_top_up));
    assert_eq!(short.total().to_string(), "8.10 EUR");
}
