//! `fiacre quote`: the totals that published tariffs come to, as far as they can be asked for on a command line. How each is
//! worked, and what a command line has no option for (where on the way a car stood, a slow stretch, a leg's own length), is in
//! `adapters/tariffs/tests/totals.rs`.

use crate::{json, scratch};
use serde_json::json;

/// Rides, each with a local time and what it costs there and then, in minor units.
type Totals<'a> = &'a [(&'a str, &'a str, i64)];

fn assert_totals(tariff: &str, totals: Totals<'_>) {
    for (ride, at, total) in totals {
        let quote = json(&format!("quote --tariff {tariff} {ride} --at {at}"));
        assert_eq!(quote["total"], json!(total), "{tariff} {ride} {at}: {quote}");
    }
}

/// Five miles in twenty minutes, five of them standing still.
const FIVE_MILES: &str = "--distance-m 8046.72 --duration-s 1200 --slow-s 300";

#[test]
fn new_york_2018() {
    let joint = "--distance-m 1689.811 --duration-s 390 --slow-s 90";
    let flat = "--distance-m 24140 --duration-s 2400";
    let into_town = &format!("{flat} --pickup-zone jfk --dropoff-zone manhattan");
    let out_of_town = &format!("{flat} --pickup-zone manhattan --dropoff-zone jfk");
    assert_totals(
        "nyc-2018",
        &[
            (FIVE_MILES, "2018-07-03T10:00", 1_780),
            (FIVE_MILES, "2018-07-03T17:00", 1_880),
            (FIVE_MILES, "2018-07-03T19:59:59", 1_880),
            (FIVE_MILES, "2018-07-03T20:00:00", 1_830),
            (FIVE_MILES, "2018-07-03T21:00", 1_830),
            (FIVE_MILES, "2018-07-04T17:00", 1_780),
            // The meter's 5.50, 2.50 and 3.00, and 0.80 of charges.
            (joint, "2018-07-03T10:00", 630),
            (
                "--distance-m 321.868 --duration-s 30 --slow-s 0",
                "2018-07-03T10:00",
                330,
            ),
            (
                "--distance-m 321.869 --duration-s 30 --slow-s 0",
                "2018-07-03T10:00",
                380,
            ),
            (into_town, "2018-07-03T10:00", 5_280),
            (out_of_town, "2018-07-03T17:00", 5_730),
        ],
    );
}

#[test]
fn new_york_since_2022() {
    let both = &format!("{FIVE_MILES} --pickup-zone south-of-60 --dropoff-zone south-of-60");
    let jfk = "--distance-m 24140.16 --duration-s 2400 --pickup-zone jfk --dropoff-zone south-of-60";
    let through = &format!("{FIVE_MILES} --via south-of-60");
    assert_totals(
        "nyc-2022",
        &[
            (both, "2025-03-04T10:00", 2_805),
            (both, "2025-03-04T17:00", 3_055),
            (both, "2024-03-05T10:00", 2_730),
            (jfk, "2025-03-04T17:00", 7_975),
            (jfk, "2025-03-04T21:00", 7_475),
            // The congestion charge is due on the way through, too.
            (through, "2025-03-04T10:00", 2_805),
        ],
    );
}

#[test]
fn new_york_driver_pay() {
    let card = "\n[pay]\nversion = 1\nrate-card = { distance = { price = \"1.088\", per = \"1 mi\" }, time = { price = \"0.495\", per = \"1 min\" } }\n";
    let path = scratch("driver-pay.toml");
    std::fs::write(
        &path,
        fiacre_tariffs::built_in_text("nyc-2018").unwrap().to_owned() + card,
    )
    .unwrap();
    let quote = json(&format!(
        "quote --tariff {} --distance-m 12070.08 --duration-s 1800 --at 2019-02-05T10:00",
        path.display()
    ));
    assert_eq!(quote["driver_pay"], json!(2_301), "{quote}");
}

#[test]
fn chicago() {
    let ride = "--distance-m 4828.032 --duration-s 720 --slow-s 360";
    assert_totals(
        "chicago",
        &[
            (ride, "2020-03-03T10:00", 1_175),
            (&format!("{ride} --passengers 4"), "2020-03-03T10:00", 1_375),
            (
                &format!("{ride} --passengers 4 --pickup-zone ohare"),
                "2020-03-03T10:00",
                1_775,
            ),
            (
                &format!("{ride} --passengers 2 --passenger-age 12 --passenger-age 65"),
                "2020-03-03T10:00",
                1_275,
            ),
            (
                "--distance-m 4828.032 --duration-s 410 --slow-s 50",
                "2020-03-03T10:00",
                995,
            ),
        ],
    );
}

#[test]
fn tokyo_with_and_without_its_pick_up_charge() {
    let (day, night) = ("2023-03-07T10:00", "2023-03-07T23:00");
    let town = "--distance-m 4600 --duration-s 712 --slow-s 380";
    let far = "--distance-m 40000 --duration-s 2880 --slow-s 0";
    let called = |ride: &str| format!("{ride} --extra pick-up");
    assert_totals(
        "tokyo",
        &[
            (town, day, 2_300),
            (&called(town), day, 2_600),
            (town, night, 2_800),
            (&called(town), night, 3_100),
            ("--distance-m 0 --duration-s 340 --slow-s 340", night, 500),
            ("--distance-m 0 --duration-s 341 --slow-s 341", night, 600),
            (far, day, 15_120),
            (&called(far), day, 15_420),
        ],
    );
}

#[test]
fn london() {
    assert_totals(
        "london",
        &[
            (
                "--distance-m 3000 --duration-s 342 --slow-s 126",
                "2018-03-06T10:00",
                840,
            ),
            (
                "--distance-m 9700 --duration-s 700 --slow-s 0",
                "2018-03-06T10:00",
                1_880,
            ),
            // Five kilometres by Tariff 1, then three by Tariff 2.
            (
                "--distance-m 8000 --duration-s 960 --slow-s 0",
                "2018-03-06T19:50",
                1_720,
            ),
        ],
    );
}

#[test]
fn bengaluru() {
    let ride = "--distance-m 12400 --duration-s 1500 --wait-s 480";
    assert_totals(
        "bengaluru-cab",
        &[
            (ride, "2024-03-05T10:00", 31_983),
            (ride, "2024-03-05T02:00", 35_181),
            ("--distance-m 3900 --duration-s 1500", "2024-03-05T10:00", 10_500),
        ],
    );
    let ride = "--distance-m 7000 --duration-s 504 --slow-s 0";
    assert_totals(
        "bengaluru-auto",
        &[
            (ride, "2025-09-02T12:00", 12_600),
            (ride, "2025-09-02T23:00", 18_900),
        ],
    );
}
