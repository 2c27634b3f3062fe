//! `fiacre quote`: what it tells beside the total, and what it refuses.

use crate::{USAGE, exit, json, text, words};
use serde_json::json;

/// Five miles in twenty minutes, five of them standing still.
const FIVE_MILES: &str = "--distance-m 8046.72 --duration-s 1200 --slow-s 300";

#[test]
fn a_holiday_that_the_tariff_does_not_list_is_none_unless_told() {
    let at = "2018-07-03T17:00 --holiday";
    let quote = json(&format!("quote --tariff nyc-2018 {FIVE_MILES} --at {at}"));
    assert_eq!(quote["total"], json!(1780), "no rush hour on a holiday");
}

#[test]
fn a_day_of_a_year_whose_holidays_the_tariff_does_not_know_is_said_to_be_one() {
    for (tariff, at, is_told) in [
        ("nyc-2018", "2018-07-03T17:00", false),
        ("nyc-2018", "2013-07-04T17:00", true),
        ("nyc-2018", "2030-07-04T17:00", true),
        ("nyc-2018", "2030-07-04T17:00 --holiday", false),
        ("nyc-2022", "2024-07-04T17:00", false),
        ("nyc-2022", "2018-07-04T17:00", true),
        ("london", "2019-12-25T17:00", true),
        ("tokyo", "2030-07-04T17:00", false),
    ] {
        let line = format!("quote --tariff {tariff} {FIVE_MILES} --at {at}");
        let warnings = &json(&line)["warnings"];
        assert_eq!(
            warnings[0]["code"] == "holidays_unknown",
            is_told,
            "{line}: {warnings}"
        );
        assert_eq!(text(&line).contains("note: "), is_told, "{line}");
    }
}

#[test]
fn a_legal_holiday_of_any_year_of_the_tariff_has_no_rush_hour() {
    let total = |tariff: &str, day: &str| {
        json(&format!("quote --tariff {tariff} {FIVE_MILES} --at {day}T17:00"))["total"].clone()
    };
    for (tariff, day, rush) in [
        ("nyc-2018", "2018-11-12", 100),
        ("nyc-2022", "2022-12-26", 250),
        ("nyc-2022", "2023-06-19", 250),
        ("nyc-2022", "2024-11-28", 250),
    ] {
        let following = fiacre_domain::time::CivilDate::next(day.parse().unwrap()).unwrap();
        let holiday = total(tariff, day).as_i64().unwrap();
        let work_day = total(tariff, &following.to_string()).as_i64().unwrap();
        assert_eq!(work_day - holiday, rush, "{tariff} {day}");
    }
}

#[test]
fn a_local_time_is_taken_to_the_millisecond_and_given_back() {
    for (at, told) in [
        ("2018-07-03T17:00:00.000", "2018-07-03T17:00:00"),
        ("2018-07-03T17:00:00.25", "2018-07-03T17:00:00.250"),
    ] {
        let quote = json(&format!("quote --tariff nyc-2018 {FIVE_MILES} --at {at}"));
        assert_eq!((&quote["at"], &quote["total"]), (&json!(told), &json!(1_880)));
    }
    let refused = words(&format!(
        "quote --tariff nyc-2018 {FIVE_MILES} --at 2018-07-03T17:00:00.0000"
    ));
    assert_eq!(exit(&refused).0, USAGE);
}

/// From the airport into town, fifteen miles.
const JFK: &str = "quote --tariff nyc-2018 --at 2018-07-03T10:00 --pickup-zone jfk --dropoff-zone manhattan \
                   --distance-m 24140.16 --duration-s 2400";

#[test]
fn a_flat_fare_goes_to_the_first_stop_wherever_that_is_said_to_be() {
    assert_eq!(json(JFK)["total"], json!(5_280));
    let refused = json(&format!("{JFK} --stops 1"));
    assert_eq!(refused["error"]["code"], "ride_first_stop_unsaid", "{refused}");
    assert_eq!(refused["error"]["exit_code"], json!(USAGE));
    assert_eq!(refused["error"]["argument"], "--first-stop-zone");
    assert_eq!(
        json(&format!("{JFK} --stops 1 --first-stop-zone none"))["total"],
        json!(4_630)
    );
    // The flat for the first of two miles, then 2.50 and four further fifths.
    let two_miles = "quote --tariff nyc-2018 --at 2018-07-03T10:00 --pickup-zone jfk --dropoff-zone manhattan \
                     --distance-m 3218.688 --duration-s 480 --slow-s 0 --stops 1 --first-stop-zone manhattan";
    let quote = json(two_miles);
    assert_eq!(quote["total"], json!(5_730), "{quote}");
    assert_eq!(quote["ride"]["first_stop_zone"], "manhattan");
    let (code, said) = exit(&words(&format!("{JFK} --first-stop-zone manhattan")));
    assert_eq!(code, USAGE);
    assert!(said.contains("add --stops 1"), "{said}");
}

#[test]
fn a_stop_where_no_flat_fare_goes_need_not_be_placed() {
    let ride = format!("quote --tariff nyc-2018 {FIVE_MILES} --at 2018-07-03T10:00 --stops 1");
    assert_eq!(json(&ride)["total"], json!(1_780));
}

/// Five miles in ten minutes, none of them standing.
const CHICAGO: &str =
    "quote --tariff chicago --at 2020-03-03T10:00 --distance-m 8046.72 --duration-s 600 --slow-s 0";

#[test]
fn a_ride_inside_a_zone_is_priced_as_the_zone_says() {
    for (part, total) in [
        // Half as much again of all 14.25: the initial price falls due there, too.
        ("--pickup-zone suburbs --dropoff-zone suburbs", 2_138),
        ("--dropoff-zone suburbs --part suburbs:3218.688:240", 1_650),
        ("--part suburbs:3218.688:240", 1_650),
        ("--via suburbs --part suburbs:0:0", 1_425),
        ("", 1_425),
    ] {
        let quote = json(&format!("{CHICAGO} {part}"));
        assert_eq!(quote["total"], json!(total), "{part}: {quote}");
    }
    let whole = json(&format!("{CHICAGO} --pickup-zone suburbs --dropoff-zone suburbs"));
    assert_eq!(whole["ride"]["part_inferred"], "suburbs:8046.72:600");
    assert_eq!(whole["ride"]["part"], json!([]));
    let jam = "quote --tariff tokyo --at 2023-03-07T10:00 --distance-m 4600 --duration-s 680 --slow-s 380 \
               --via expressway --part expressway:4600:680";
    let quote = json(jam);
    assert_eq!(
        quote["total"],
        json!(1_900),
        "standing costs nothing there: {quote}"
    );
    assert_eq!(quote["ride"]["part"], json!(["expressway:4600:680"]));
}

#[test]
fn a_ride_that_touches_a_zone_with_prices_of_its_own_is_refused_until_it_is_said_how_much() {
    for touched in [
        "--pickup-zone suburbs",
        "--dropoff-zone suburbs",
        "--via suburbs",
        "--pickup-zone suburbs --dropoff-zone suburbs --via airport",
        "--pickup-zone suburbs --dropoff-zone suburbs --stops 1",
        "--dropoff-zone suburbs --part airport:1000:60",
    ] {
        let (code, said) = exit(&words(&format!("{CHICAGO} {touched}")));
        assert_eq!(code, USAGE, "{touched}: {said}");
        assert!(
            said.contains("add --part suburbs:METRES:SECONDS"),
            "{touched}: {said}"
        );
    }
    for (part, told) in [
        ("suburbs:8046.721:600", "distance"),
        ("suburbs:1000", "ZONE:METRES:SECONDS"),
        ("suburb:1000:60", "is suburbs meant?"),
        ("suburbs:1 km:60", "write a number of metres"),
    ] {
        let mut line = words(CHICAGO);
        line.extend(["--part".to_owned(), part.to_owned()]);
        let (code, said) = exit(&line);
        assert_eq!(code, USAGE, "{part}: {said}");
        assert!(said.contains(told), "{part}: {said}");
    }
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

/// A price without the zone or the extra that was meant would be a wrong one.
#[test]
fn a_zone_or_an_extra_that_the_tariff_does_not_know_is_refused_with_what_it_knows() {
    let ride = "--distance-m 1000 --duration-s 120 --at 2025-03-04T10:00";
    for (tariff, named, told) in [
        (
            "nyc-2022",
            "--pickup-zone south-of-06",
            "failed to price --pickup-zone south-of-06: tariff nyc-2022 has manhattan, south-of-96, south-of-60, jfk, lga, \
             new-jersey, newark; is south-of-96 meant?",
        ),
        ("nyc-2022", "--dropoff-zone newerk", "; is newark meant?"),
        ("nyc-2022", "--via manhatan --via jfk", "--via manhatan: "),
        ("nyc-2022", "--via jfk --via manhatan", "--via manhatan: "),
        (
            "london",
            "--via soho",
            "failed to price --via soho: tariff london has none; leave out --via",
        ),
        (
            "tokyo",
            "--extra dog",
            "failed to price --extra dog: tariff tokyo has pick-up",
        ),
        (
            "tokyo",
            "--extra pickup",
            "tariff tokyo has pick-up; is pick-up meant?",
        ),
        (
            "nyc-2018",
            "--extra dog",
            "failed to price --extra dog: tariff nyc-2018 has none; leave out --extra",
        ),
    ] {
        let (code, said) = exit(&words(&format!("quote --tariff {tariff} {ride} {named}")));
        assert_eq!(code, USAGE, "{said}");
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn an_extra_is_a_line() {
    let ride = "--distance-m 1000 --duration-s 120 --at 2023-03-07T10:00";
    let table = text(&format!("quote --tariff tokyo {ride} --extra pick-up"));
    assert!(table.contains("  surcharge pick-up "), "{table}");
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
            "--distance-m 8000000 --duration-s 1 --at 2018-07-03T10:00",
            "faster than 500 km/h",
        ),
        (
            "--distance-m 99999999999999999999 --duration-s 1 --at 2018-07-03T10:00",
            "at most 1,000,000,000 m",
        ),
        (
            "--distance-m 1 --duration-s 99999999999999999999 --at 2018-07-03T10:00",
            "at most 10,000,000 s",
        ),
        (
            "--distance-m 1 --duration-s 5m --at 2018-07-03T10:00",
            "seconds, such as 300 or 25.2",
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
