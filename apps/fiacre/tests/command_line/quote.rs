//! `fiacre quote`: the worked totals of New York, and the table.

use crate::{USAGE, exit, json, text, words};
use serde_json::json;

/// Five miles in twenty minutes, five of them standing still.
const FIVE_MILES: &str = "--distance-m 8046.72 --duration-s 1200 --slow-s 300";

#[test]
fn new_york_2018_by_time_of_day() {
    for (at, total) in [
        ("2018-07-03T10:00", 1780),
        ("2018-07-03T17:00", 1880),
        ("2018-07-03T19:59:59", 1880),
        ("2018-07-03T20:00:00", 1830),
        ("2018-07-03T21:00", 1830),
        ("2018-07-04T17:00", 1780),
    ] {
        let quote = json(&format!("quote --tariff nyc-2018 {FIVE_MILES} --at {at}"));
        assert_eq!(quote["total"], json!(total), "{at}");
        assert_eq!(
            (&quote["currency"], &quote["exponent"]),
            (&json!("USD"), &json!(2))
        );
    }
}

#[test]
fn a_holiday_that_the_tariff_does_not_list_is_none_unless_told() {
    let at = "2018-07-03T17:00 --holiday";
    let quote = json(&format!("quote --tariff nyc-2018 {FIVE_MILES} --at {at}"));
    assert_eq!(quote["total"], json!(1780), "no rush hour on a holiday");
}

#[test]
fn new_york_since_2022_by_zone() {
    let zones = "--pickup-zone south-of-60 --dropoff-zone south-of-60";
    for (at, total) in [
        ("2025-03-04T10:00", 2805),
        ("2025-03-04T17:00", 3055),
        ("2024-03-05T10:00", 2730),
    ] {
        let quote = json(&format!("quote --tariff nyc-2022 {FIVE_MILES} {zones} --at {at}"));
        assert_eq!(quote["total"], json!(total), "{at}");
    }
    let jfk = "--distance-m 24140.16 --duration-s 2400 --pickup-zone jfk --dropoff-zone south-of-60";
    for (at, total) in [("2025-03-04T17:00", 7975), ("2025-03-04T21:00", 7475)] {
        let quote = json(&format!("quote --tariff nyc-2022 {jfk} --at {at}"));
        assert_eq!(quote["total"], json!(total), "{at}");
    }
    let through = json(&format!(
        "quote --tariff nyc-2022 {FIVE_MILES} --via south-of-60 --at 2025-03-04T10:00"
    ));
    assert_eq!(
        through["total"],
        json!(2805),
        "the congestion charge is due on the way through, too"
    );
}

#[test]
fn passengers_waiting_and_stops_are_priced() {
    let chicago =
        "quote --tariff chicago --distance-m 4828.032 --duration-s 720 --slow-s 360 --at 2020-03-03T10:00";
    let alone = json(chicago)["total"].as_i64().unwrap();
    let four = json(&format!("{chicago} --passengers 4"))["total"]
        .as_i64()
        .unwrap();
    assert_eq!(
        four - alone,
        200,
        "a dollar for the first further passenger, 50 cents for each other"
    );
    let waited = "quote --tariff bengaluru-cab --distance-m 12400 --duration-s 1500 --wait-s 480 --at 2024-03-05T10:00";
    assert_eq!(json(waited)["total"], json!(31_983));
    let jfk = "quote --tariff nyc-2018 --distance-m 24140 --duration-s 2400 --pickup-zone jfk --dropoff-zone manhattan \
               --at 2018-07-03T10:00";
    assert_eq!(json(jfk)["total"], json!(5280));
    let stopping = json(&format!("{jfk} --stops 1"));
    let flats = stopping["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["for"] == "flat jfk-in");
    assert_eq!(
        flats.count(),
        0,
        "a stop before the zone of the flat fare leaves the meter: {stopping}"
    );
}

#[test]
fn lines_and_payees_sum_to_the_total() {
    let quote = json(&format!(
        "quote --tariff nyc-2022 {FIVE_MILES} --at 2025-03-04T17:00 --pickup-zone south-of-60"
    ));
    for part in ["lines", "payees"] {
        let sum: i64 = quote[part]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["amount"].as_i64().unwrap())
            .sum();
        assert_eq!(json!(sum), quote["total"], "{part}");
    }
}

#[test]
fn the_table_names_payees_and_the_total() {
    let table = text(&format!(
        "quote --tariff nyc-2018 {FIVE_MILES} --at 2018-07-03T17:00"
    ));
    for line in [
        "driver",
        "  surcharge rush                          1.00",
        "authority mta",
        "total                                    18.80",
    ] {
        assert!(table.lines().any(|it| it == line), "no {line:?} in\n{table}");
    }
}

#[test]
fn a_zone_that_the_tariff_does_not_know_is_said() {
    let line =
        format!("quote --tariff nyc-2022 {FIVE_MILES} --at 2025-03-04T10:00 --pickup-zone south-of-06");
    assert_eq!(json(&line)["unknown_zones"], json!(["south-of-06"]));
    assert!(text(&line).contains("note: the tariff prices no zone south-of-06; it knows "));
}

#[test]
fn a_ride_that_has_started_owes_the_initial_price() {
    let nothing = json("quote --tariff nyc-2018 --distance-m 0 --duration-s 0 --at 2018-07-03T10:00");
    assert_eq!(nothing["total"], json!(330));
}

#[test]
fn what_is_no_ride_is_told_the_limit() {
    let quote = "quote --tariff nyc-2018";
    for (ride, told) in [
        (
            "--distance-m 1 --duration-s 100 --slow-s 200 --at 2018-07-03T10:00",
            "longer than the duration",
        ),
        (
            "--distance-m 1000000001 --duration-s 100 --at 2018-07-03T10:00",
            "at most 1,000,000 km (1,000,000,000 m)",
        ),
        (
            "--distance-m 1 --duration-s 10000001 --at 2018-07-03T10:00",
            "at most 10,000,000 s",
        ),
        (
            "--distance-m 1 --duration-s 100 --at 9999-12-31T23:59",
            "years 1 to 9999",
        ),
    ] {
        let (code, said) = exit(&words(&format!("{quote} {ride}")));
        assert_eq!(code, USAGE, "{ride}: {said}");
        assert!(said.contains(told), "{ride}: {said}");
    }
}
