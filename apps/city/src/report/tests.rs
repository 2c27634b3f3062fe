//! A made-up day, and what is said of it.

use super::*;
use crate::coverage::Coverage;
use crate::measures::Earnings;
use fiacre_domain::money::Currency;
use fiacre_domain::trip::{CommandKind, Phase};

/// Figures nobody measured, each different from the others.
pub(super) fn made_up() -> Report {
    let zone = |number: u16, name: &str, requested, unserved, wait_p50, wait_p95| ZoneFigures {
        zone: number,
        requested,
        unserved,
        wait_p50: Some(wait_p50),
        wait_p95: Some(wait_p95),
        name: name.to_owned(),
    };
    let zones = vec![
        zone(74, "East Harlem North", 1_204, 121, 244, 702),
        zone(127, "Inwood", 88, 17, 412, 1_065),
        zone(161, "Midtown Center", 22_310, 402, 121, 305),
        zone(236, "Upper East Side North", 19_007, 611, 133, 360),
    ];
    let timing = |mean, p50, p95| Timing {
        mean: Some(mean),
        p50: Some(p50),
        p95: Some(p95),
    };
    Report {
        facts: facts(),
        trips: TripCounts {
            requested: 61_450,
            confirmed: 57_002,
            completed: 55_101,
            failed: 3_308,
            cancelled: 3_037,
            rejected: 4,
            flagged: 2,
        },
        failed_by_reason: FailCounts {
            no_driver: 2_100,
            payment_declined: 950,
            payment_unconfirmed: 48,
            payment_unanswered: 3,
            payment_lost: 4,
            expired: 201,
            reassignments_used_up: 2,
        },
        cancelled_by: CancelCounts {
            rider: 2_800,
            driver: 7,
            operator: 1,
            timer: 229,
        },
        peak_live_trips: 10_412,
        assign: timing(9.104, 4, 31),
        wait: timing(231.52, 210, 470),
        pickup: timing(222.416, 201, 455),
        eta_error: EtaError {
            bias: Some(-4.5),
            mae: Some(21.013),
            p90: Some(55),
        },
        within_120_s: Some(0.9871),
        offers: OfferCounts {
            made: 63_000,
            accepted: 57_900,
            declined: 3_300,
            expired: 1_200,
            withdrawn: 850,
        },
        holds: HoldCounts {
            asked: 52_000,
            declined: 980,
        },
        drivers: DriverFigures {
            count: 13_500,
            occupied_share: Some(0.6112),
            enroute_share: Some(0.2214),
            deadhead_share_m: Some(0.3105),
            completed_per_h: Some(2.914),
            earnings_per_h: Earnings {
                p10: Some(1_985),
                p50: Some(2_640),
                p90: Some(3_302),
            },
            gini: Some(0.1207),
            open_share: Some(0.1674),
            hours: Some(18_908.25),
        },
        equity: Equity::of(&zones),
        zones,
        money: MoneyFigures {
            currency: Currency::USD,
            authorised: 104_300_250,
            captured: 74_802_115,
            released: 29_498_135,
            open: 0,
            debt: 52_340,
            debt_on_account: 40_300,
        },
        series: series(),
    }
}

fn facts() -> Facts {
    let slug = |name: &str| name.parse().unwrap();
    Facts {
        run: Run {
            seed: 42,
            weekday: Weekday::Friday,
            from: TimeOfDay::new(18, 0, 0).unwrap(),
            duration: Millis::from_minutes(120),
            demand: 2.0,
            matching: "batch".to_owned(),
            tariff: "nyc-2018".to_owned(),
            cancel_rate: Share::per_million(50_000),
            decline_rate: Share::per_million(55_000),
            payment_decline_rate: Share::per_million(12_500),
            asked: Asked {
                hours: 2.0,
                tariff: "my-city.toml".to_owned(),
                drivers: 16_000,
                ..Asked::default()
            },
        },
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        verdict: Verdict {
            events: 1_512_345,
            findings: 0,
            receipts_verified: 41_873,
            batches: 1_800,
            batches_verified: 450,
            parked: 0,
            examples: Vec::new(),
        },
        accounts: vec![
            (Account::Rider, 0),
            (Account::Clearing, 74_802_115),
            (Account::DriverPayable, -57_901_200),
            (Account::Commission, -14_100_600),
            (Account::Authority(slug("mta")), -2_755_050),
            (Account::Authority(slug("tlc")), -97_605),
            (Account::Debts, 52_340),
        ],
        ledger_sum: 0,
        saga: saga(),
        speed: Speed {
            virtual_time: Millis::from_secs(8_400),
            wall: Duration::from_millis(6_250),
            rss_peak_bytes: Some(612_000_000),
        },
        refused: vec![("pricing_step_does_not_fit_gateway", 1_012)],
    }
}

/// Every cell of the table, reached more and more often, but one.
fn saga() -> Vec<Cell> {
    let mut count = 1;
    let mut cells = Coverage::default().cells();
    for cell in &mut cells {
        if cell.is_missed() && (cell.phase, cell.fact) != (Phase::Reassigning, CommandKind::Start) {
            cell.count = count;
            count = count * 5 % 30_011;
        }
    }
    cells
}

/// Two hours that rise and fall, with a poor half-hour in the middle.
fn series() -> Vec<Quarter> {
    [
        (6_900, 100, 150_000),
        (7_400, 140, 170_000),
        (8_300, 420, 240_000),
        (9_000, 1_900, 410_000),
        (8_800, 2_100, 430_000),
        (7_900, 900, 300_000),
        (6_800, 500, 210_000),
        (6_350, 289, 180_000),
    ]
    .map(|(requested, unserved, wait_ms): (u32, u32, i64)| {
        let completed = requested - unserved;
        let wait_sum_ms = wait_ms * i64::from(completed);
        Quarter {
            requested,
            completed,
            unserved,
            waits: completed,
            wait_sum_ms,
        }
    })
    .to_vec()
}

/// The keys of an object in the order in which they stand.
fn keys(json: &str) -> Vec<String> {
    let (mut depth, mut keys, mut rest) = (0_i32, Vec::new(), json);
    while let Some(at) = rest.find(['{', '}', '[', ']', '"']) {
        let (mark, after) = rest[at..].split_at(1);
        rest = after;
        match mark {
            "{" | "[" => depth += 1,
            "}" | "]" => depth -= 1,
            _ => {
                let (text, after) = rest.split_once('"').unwrap();
                rest = after;
                if depth == 1 && rest.starts_with(':') {
                    keys.push(text.to_owned());
                }
            }
        }
    }
    keys
}

#[test]
fn the_json_has_the_agreed_keys_first() {
    let json = made_up().to_json().unwrap();
    let agreed = [
        "seed",
        "digest",
        "trips",
        "failed_by_reason",
        "cancelled_by",
        "peak_live_trips",
        "assign_s",
        "wait_s",
        "pickup_s",
        "eta_error_s",
        "offers",
        "drivers",
        "zones",
        "money",
        "audit",
        "virtual_s",
        "wall_s",
        "events_per_s",
        "saga",
        "rss_peak_bytes",
    ];
    assert_eq!(keys(&json)[..agreed.len()], agreed);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (object, expected) in [
        (
            "/trips",
            &[
                "requested",
                "confirmed",
                "completed",
                "failed",
                "cancelled",
                "rejected",
                "flagged",
            ][..],
        ),
        ("/assign_s", &["mean", "p50", "p95"]),
        ("/wait_s", &["mean", "p50", "p95"]),
        ("/pickup_s", &["mean", "p50", "p95"]),
        ("/eta_error_s", &["bias", "mae", "p90"]),
        (
            "/offers",
            &["made", "accepted", "declined", "expired", "withdrawn"],
        ),
        (
            "/drivers",
            &[
                "count",
                "occupied_share",
                "enroute_share",
                "deadhead_share_m",
                "completed_per_h",
                "earnings_per_h",
                "gini",
            ],
        ),
        ("/drivers/earnings_per_h", &["p10", "p50", "p90"]),
        (
            "/zones/0",
            &["zone", "requested", "unserved", "wait_p50", "wait_p95"],
        ),
        (
            "/money",
            &[
                "currency",
                "authorised",
                "captured",
                "released",
                "open",
                "debt",
                "ledger_sum",
                "debt_on_account",
            ],
        ),
        (
            "/audit",
            &[
                "events",
                "findings",
                "receipts_verified",
                "batches",
                "batches_verified",
                "parked",
            ],
        ),
        ("/saga/1", &["state", "fact", "count", "reason"]),
    ] {
        let found = value.pointer(object).unwrap().as_object().unwrap();
        for key in expected {
            assert!(
                found.get(*key).is_some_and(|value| !value.is_null()),
                "{object}/{key}"
            );
        }
    }
}

#[test]
fn json_and_page_count_the_same_cells() {
    let report = made_up();
    let value: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    let cells = value["saga"].as_array().unwrap();
    assert_eq!(cells.len(), Phase::ALL.len() * CommandKind::ALL.len());
    let ordinary = cells.iter().filter(|cell| cell["reason"].is_null());
    let (met, missed): (Vec<_>, Vec<_>) = ordinary.partition(|cell| cell["count"] != 0);
    let counted = format!("{} of {} situations", met.len(), met.len() + missed.len());
    assert!(report.to_text(PLAIN).contains(&counted), "{counted}");
}

#[test]
fn the_json_says_what_the_report_says() {
    let value: serde_json::Value = serde_json::from_str(&made_up().to_json().unwrap()).unwrap();
    for (pointer, expected) in [
        ("/seed", "42"),
        ("/wait_s/p50", "210"),
        ("/wait_s/mean", "231.52"),
        ("/money/currency", "\"USD\""),
        ("/money/captured", "74802115"),
        ("/money/ledger_sum", "0"),
        ("/audit/findings", "0"),
        ("/audit/receipts_verified", "41873"),
        ("/audit/batches_verified", "450"),
        ("/audit/parked", "0"),
        ("/virtual_s", "8400.0"),
        ("/wall_s", "6.25"),
        ("/events_per_s", "241975"),
        ("/zones/1/name", "\"Inwood\""),
        ("/run/weekday", "\"fri\""),
        ("/run/tariff", "\"my-city.toml\""),
        ("/run/tariff_played", "\"nyc-2018\""),
        ("/run/drivers", "16000"),
        ("/rates/cancel/asked", "0.05"),
        ("/rates/cancel/realised", "0.0456"),
        ("/rates/decline/realised", "0.0529"),
        ("/rates/payment_decline/realised", "0.0188"),
        ("/holds/declined", "980"),
        ("/refused/pricing_step_does_not_fit_gateway", "1012"),
        ("/quarters/3/wait_mean_s", "410.0"),
        ("/accounts/4/account", "\"authority mta\""),
    ] {
        assert_eq!(value.pointer(pointer).unwrap().to_string(), expected, "{pointer}");
    }
}

const PLAIN: Style = Style {
    colour: false,
    width: WIDTH_MAX,
};

/// Compares with the page that is kept; with `FIACRE_BLESS=1` keeps this one instead.
#[test]
fn the_page_of_a_made_up_day_reads_as_it_did() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/made_up_day.txt");
    let page = made_up().to_text(PLAIN);
    if std::env::var_os("FIACRE_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        page, kept,
        "the page changed; if it should, keep it with FIACRE_BLESS=1:\n{page}"
    );
}

#[test]
fn no_page_is_wider_than_its_style_and_colours_change_no_word() {
    for quarters in [0, 1, 3, 8, 48, 96, 97, 400] {
        let mut report = made_up();
        report.series = series().into_iter().cycle().take(quarters).collect();
        for width in [0, WIDTH_MIN, 93, WIDTH_MAX, usize::MAX] {
            let plain = report.to_text(Style { colour: false, width });
            for line in plain.lines() {
                let columns = line.chars().count();
                assert!(
                    columns <= width.clamp(WIDTH_MIN, WIDTH_MAX),
                    "{columns} of {width}: {line}"
                );
                assert_eq!(line, line.trim_end(), "blanks at the end");
            }
            let coloured = report.to_text(Style { colour: true, width });
            assert!(coloured.contains("\u{1b}["));
            assert_eq!(without_colours(&coloured), plain);
        }
    }
}

#[test]
fn a_short_run_is_drawn_as_lines_and_whoever_went_without_shows() {
    let mut report = made_up();
    report.series = series().into_iter().take(2).collect();
    let page = report.to_text(PLAIN);
    let lines: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("asked, waited"))
        .collect();
    assert_eq!(lines.len(), 2, "{page}");
    assert!(lines[0].starts_with("  18:00  ████") && lines[1].starts_with("  18:15  ████"));
    assert!(lines.iter().all(|line| line.contains('░')), "{page}");
    assert!(
        lines[0].ends_with("6,900 asked, waited  150 s on average"),
        "{page}"
    );
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

#[test]
fn what_is_broken_is_said_aloud() {
    let mut report = made_up();
    report.facts.verdict.findings = 2;
    report.facts.verdict.examples = vec!["payment-7: captured twice".to_owned(), "x".repeat(500)];
    report.facts.ledger_sum = -5;
    let page = report.to_text(PLAIN);
    for said in [
        "2 FINDINGS",
        "payment-7: captured twice",
        "THE LEDGER IS OFF BY -0.05 USD",
    ] {
        assert!(page.contains(said), "{said} is missing:\n{page}");
    }
    assert!(!page.contains("no finding"));
}

#[test]
fn riders_who_are_turned_away_for_good_are_said_to_be() {
    let mut report = made_up();
    report.facts.refused.push(("desk_busy", 1_234));
    let page = report.to_text(PLAIN);
    assert!(
        page.contains("1,234 riders turned away for good (desk_busy)"),
        "{page}"
    );
}

#[test]
fn a_city_without_riders_or_drivers_has_a_page_and_json_too() {
    let manhattan = std::sync::Arc::new(crate::manhattan::Manhattan::load().unwrap());
    let nothing = Measures::new(
        manhattan,
        Currency::USD,
        fiacre_domain::time::Timestamp::from_ms(0),
    );
    let facts = Facts {
        accounts: Vec::new(),
        refused: Vec::new(),
        ..facts()
    };
    let report = Report::new(&nothing, facts);
    let page = report.to_text(PLAIN);
    for said in [
        "Nobody asked for a ride.",
        "Where the money came from, and where it went: none moved.",
        "No ride    nobody",
    ] {
        assert!(page.contains(said), "{said} is missing:\n{page}");
    }
    // What nobody did has no figures.
    for label in [
        "Waits", "Habits", "Drivers", "Earnings", "Fairness", "Offers", "Promises", "Refused",
    ] {
        assert!(!page.contains(label), "{label} of nothing:\n{page}");
    }
    assert!(
        !page.contains("\n\n\n"),
        "a section of nothing leaves no gap:\n{page}"
    );
    let value: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert!(value.pointer("/wait_s/p50").unwrap().is_null());
    assert_eq!(
        value.pointer("/zones").unwrap().as_array().unwrap().len(),
        crate::manhattan::ZONES
    );
}

#[test]
fn the_progress_line_fits_a_hundred_columns() {
    let local_time = "18:42".parse().unwrap();
    let figures = crate::measures::LiveFigures {
        live_trips: 10_412,
        waiting: 1_203,
        confirmed: 12_345,
        wait_p95_s: Some(470),
        events: 99,
    };
    let line = progress_line(&Live {
        local_time,
        figures,
        events_per_s: 241_975,
    });
    let expected =
        "18:42 now 10,412 trips,  1,203 wait · so far 12,345 confirmed, 95% ≤  7:50 min · 241,975 events/s";
    assert_eq!(line, expected);
    let figures = crate::measures::LiveFigures {
        confirmed: 9_999_999,
        wait_p95_s: None,
        ..figures
    };
    let line = progress_line(&Live {
        local_time,
        figures,
        events_per_s: 999_999,
    });
    assert!(line.chars().count() <= 100, "{line}");
}
