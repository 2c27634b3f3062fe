//! What is read is exactly what is written: nothing more, nothing else, nothing longer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{Meter, Segment, Tariff, Units};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::stream::EventId;
use fiacre_domain::units::Millimetres;
use fiacre_wire::signature::SignedReceipt;
use fiacre_wire::stored::{self, NoTariffs, Opening, Privacy};
use fiacre_wire::{JSON_BYTES_MAX, WireError, quote_from_json, receipt_from_json, receipt_to_json};
use serde_json::{Value, json};
use std::sync::Arc;

const RECEIPTS: [&str; 2] = [
    include_str!("../golden/receipt-v1.json"),
    include_str!("../golden/fee-receipt-v1.json"),
];
const QUOTE: &str = include_str!("../golden/quote-v1.json");
const SIGNED: &str = include_str!("../golden/signed-receipt-v1.json");

fn tariff() -> Arc<Tariff> {
    let segment = Segment::new(Millimetres::ZERO, Ratio::ONE, Ratio::from(1_000)).unwrap();
    let meter = Meter::distance(Ratio::from(250), Ratio::ONE, vec![segment], Units::Begun).unwrap();
    Arc::new(Tariff::new("any".parse().unwrap(), 1, Currency::USD, meter))
}

#[test]
fn a_receipt_that_is_read_is_written_the_same() {
    for text in RECEIPTS {
        assert_eq!(receipt_to_json(&receipt_from_json(text).unwrap()).unwrap(), text);
    }
}

#[test]
fn another_version_is_named_before_its_fields_are_judged() {
    let newer = RECEIPTS[0].replacen("\"version\": 1", "\"version\": 2, \"new\": true", 1);
    let error = receipt_from_json(&newer).unwrap_err();
    assert_eq!(error.code(), "wire_unsupported_version");
}

#[test]
fn what_is_not_a_receipt_is_refused_with_a_reason() {
    let receipt = RECEIPTS[0];
    for (right, wrong, code) in [
        ("\"currency\"", "\"colour\": 1, \"currency\"", "wire_malformed"),
        (
            "\"at\": \"2018-07-03T17:00:00\"",
            "\"at\": \"2018-07-03 17:00\"",
            "wire_value",
        ),
        ("\"USD\"", "\"usd\"", "wire_value"),
        ("\"stops\": 1", "\"stops\": -1", "wire_malformed"),
        ("\"stops\": 1", "\"stops\": 1.0", "wire_malformed"),
        (
            "\"fast_mm\": 0",
            "\"fast_mm\": -1",
            "pricing_reading_out_of_range",
        ),
        ("\"nyc-2018\"", "\"NYC 2018\"", "wire_value"),
        ("}\n", "", "wire_not_json"),
        ("\"stops\": 1", "\"stops\": -0", "wire_malformed"),
        ("\"stops\": 1", "\"stops\": 65536", "wire_malformed"),
        ("\"stops\": 1", "\"stops\": 1, \"stops\": 1", "wire_malformed"),
        ("\"stops\": 1", "\"stops\": \"1\"", "wire_malformed"),
        ("\"holiday\": false", "\"holiday\": 0", "wire_malformed"),
        ("\"nyc-2018\"", "\"\\ud800\"", "wire_malformed"),
    ] {
        assert!(receipt.contains(right), "the case {wrong} changes nothing");
        let position = receipt.rfind(right).unwrap();
        let edited = format!(
            "{}{wrong}{}",
            &receipt[..position],
            &receipt[position + right.len()..]
        );
        assert_eq!(receipt_from_json(&edited).unwrap_err().code(), code, "{wrong}");
    }
    assert_eq!(
        receipt_from_json(&" ".repeat(JSON_BYTES_MAX + 1))
            .unwrap_err()
            .code(),
        "wire_too_large"
    );
    assert_eq!(
        receipt_from_json(&"[".repeat(100_000)).unwrap_err().code(),
        "wire_not_json"
    );
    let deep = ["[", "]"].map(|bracket| bracket.repeat(100_000)).concat();
    assert_eq!(receipt_from_json(&deep).unwrap_err().code(), "wire_malformed");
}

#[test]
fn a_reading_that_no_recorder_writes_is_refused_with_its_place() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str, &str); 10] = [
        (
            |driven| {
                driven["slices"]
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .for_each(|slice| slice["bands"] = json!([]));
            },
            "slices[0].bands",
            "reading_bands_differ",
        ),
        (
            |driven| driven["slices"][1]["bands"] = json!(vec![driven["slices"][1]["bands"][0].clone(); 5]),
            "slices[1].bands",
            "reading_bands_out_of_order",
        ),
        (
            |driven| driven["slices"][0]["bands"][0][3] = json!(1_000_000_000_000_i64),
            "slices[0].bands",
            "reading_bands_differ",
        ),
        (
            |driven| driven["slices"][0]["bands"][0][0] = json!(5),
            "slices[0].bands",
            "reading_band_of_another_speed",
        ),
        (
            |driven| driven["slices"][2]["bands"][0][3] = json!(-2_500_000),
            "slices[2].bands",
            "reading_band_out_of_range",
        ),
        (
            |driven| driven["slices"].as_array_mut().unwrap().swap(0, 1),
            "slices[0].at",
            "reading_not_at_start",
        ),
        (
            |driven| driven["slices"][1]["at"] = json!("2018-07-03T17:04:00"),
            "slices[1].at",
            "reading_out_of_time_order",
        ),
        (
            |driven| driven["started"] = json!("2018-07-03T17:06:00"),
            "slices[0].at",
            "reading_not_at_start",
        ),
        (
            |driven| driven["slices"][0]["waiting_ms"] = json!(40_001),
            "slices[0].at",
            "reading_not_cut_at_quarter_hour",
        ),
        (
            |driven| driven["circumstances"]["ages"] = json!([]),
            "circumstances.ages",
            "pricing_ride_without_passenger",
        ),
    ];
    for (edit, place, code) in edits {
        let mut edited: Value = serde_json::from_str(RECEIPTS[0]).unwrap();
        edit(&mut edited["happened"]["driven"]);
        let refused = receipt_from_json(&edited.to_string()).map(drop).unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        let said = format!("failed to read the document: happened.driven.{place}: ");
        assert!(refused.to_string().starts_with(&said), "{refused}");
    }
}

#[test]
fn no_key_may_be_missing() {
    for text in RECEIPTS {
        let whole: Value = serde_json::from_str(text).unwrap();
        let keys = keys(&whole);
        assert!(keys.len() > 40, "{keys:?}");
        for (object, key) in keys {
            let mut edited = whole.clone();
            let fields = edited.pointer_mut(&object).and_then(Value::as_object_mut);
            assert!(fields.unwrap().remove(&key).is_some());
            let refused = receipt_from_json(&edited.to_string()).map(drop).unwrap_err();
            assert_eq!(refused.code(), "wire_malformed", "without {object}/{key}");
            // A variant without its name is nothing yet.
            let said = [
                format!("{}: it is missing; ", place(&format!("{object}/{key}"))),
                format!("{}: write one of ", place(&object)),
            ];
            let refused = refused.to_string();
            assert!(said.iter().any(|said| refused.contains(said)), "{refused}");
        }
    }
}

/// A pointer as errors write it: `/computed/lines/0/kind` as `computed.lines[0].kind`.
fn place(pointer: &str) -> String {
    let parts = pointer
        .split('/')
        .skip(1)
        .map(|part| match part.parse::<usize>() {
            Ok(index) => format!("[{index}]"),
            Err(_) => format!(".{part}"),
        });
    parts.collect::<String>().trim_start_matches('.').to_owned()
}

/// An indented document with each of its objects in turn as the list of its values, and the place of that object.
fn with_lists_for_objects(document: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = document.lines().collect();
    let opening = lines.iter().enumerate().filter(|(_, line)| line.ends_with('{'));
    opening
        .map(|(first, line)| {
            let depth = depth(line);
            let is_last = |line: &&str| self::depth(line) == depth && line.trim().starts_with('}');
            let last = first + 1 + lines[first + 1..].iter().position(is_last).unwrap();
            let edited = lines.iter().enumerate().map(|(number, line)| match number {
                _ if number == first => line.replace('{', "["),
                _ if number == last => line.replace('}', "]"),
                _ if first < number && number < last && self::depth(line) == depth + 1 => line
                    .split_once("\": ")
                    .map_or(*line, |(_, value)| value)
                    .to_owned(),
                _ => (*line).to_owned(),
            });
            (place_of(&lines, first), edited.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// How many lists and objects are around a line.
fn depth(line: &str) -> usize {
    (line.len() - line.trim_start().len()) / 2
}

/// The place of the value that begins in a line.
fn place_of(lines: &[&str], number: usize) -> String {
    let mine = depth(lines[number]);
    let Some(around) = lines[..number].iter().rposition(|line| depth(line) + 1 == mine) else {
        return String::new();
    };
    let part = if let Some((key, _)) = lines[number].trim().split_once("\": ") {
        format!(".{}", key.trim_start_matches('"'))
    } else {
        let siblings = lines[around + 1..number].iter();
        let before = siblings.filter(|line| depth(line) == mine && !line.trim().starts_with(['}', ']']));
        format!("[{}]", before.count())
    };
    let place = place_of(lines, around) + &part;
    place.trim_start_matches('.').to_owned()
}

/// Reads a text, and says why not.
type Refusal = fn(&str) -> WireError;

#[test]
fn a_list_is_no_object() {
    let readers: [(&str, Refusal); 4] = [
        (RECEIPTS[0], |text| receipt_from_json(text).map(drop).unwrap_err()),
        (RECEIPTS[1], |text| receipt_from_json(text).map(drop).unwrap_err()),
        (QUOTE, |text| {
            quote_from_json(text, &tariff()).map(drop).unwrap_err()
        }),
        (SIGNED, |text| {
            SignedReceipt::from_json(text).map(drop).unwrap_err()
        }),
    ];
    for (document, refusal) in readers {
        let edited = with_lists_for_objects(document);
        assert!(edited.len() >= 4, "{}", edited.len());
        for (place, text) in edited {
            let refused = refusal(&text);
            assert_eq!(refused.code(), "wire_malformed", "{place}: {refused}");
            let said = match place.as_str() {
                "" => "failed to read the document: write an object".to_owned(),
                place => format!("failed to read the document: {place}: write "),
            };
            assert!(refused.to_string().starts_with(&said), "{said}: {refused}");
        }
    }
}

/// The same of what is exported of a log: every kind of event that was ever written.
#[test]
fn a_list_is_no_object_in_an_export() {
    let opening = Opening::new(&NoTariffs).even_without_tariffs();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/stored");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let kept = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let sample = &kept.as_array().unwrap()[0];
        let id: EventId = sample["id"].as_str().unwrap().parse().unwrap();
        let event = stored::event_from_json(id, &sample["json"].to_string(), opening).unwrap();
        let written = stored::event_to_json(id, &event, Privacy::Clear).unwrap();
        for (place, text) in with_lists_for_objects(&written) {
            let refused = stored::event_from_json(id, &text, opening).unwrap_err();
            assert_eq!(refused.code(), "stored_damaged", "{place}: {refused}");
            assert!(refused.to_string().contains("write "), "{place}: {refused}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Each kind of error, in our words: where it is and what to do.
#[test]
fn an_error_says_where_it_is_and_what_to_do() {
    for (right, wrong, said) in [
        ("\"at\": \"", "\"at\": \"x", "at: "),
        (
            "\"surge\": {",
            "\"surge\": {\"zone\": 1,",
            "surge: there is no key `zone`; take it out, or write one of: factor_bps, basis",
        ),
        (
            "\"holiday\": false",
            "\"holiday\": null",
            "ride.circumstances.holiday: write true or false",
        ),
        (
            "\"stops\": 1",
            "\"stops\": -1",
            "ride.circumstances.stops: write a whole number from 0 to 65535",
        ),
        (
            "\"via\": []",
            "\"via\": [7]",
            "ride.circumstances.via[0]: write a text in quotes",
        ),
        ("\"parts\": []", "\"parts\": {}", "ride.parts: write a list, […]"),
        (
            "\"kind\": \"initial\"",
            "\"kind\": \"gift\"",
            "computed.lines[0].kind: `gift` is not known here; write one of: initial, units, ",
        ),
        (
            "\"kind\": \"initial\"",
            "\"kind\": {\"initial\": null}",
            "computed.lines[0].kind: write the text \"initial\" alone",
        ),
        (
            "\"kind\": \"initial\"",
            "\"kind\": \"flat\"",
            "computed.lines[0].kind: write an object, {\"flat\": …}",
        ),
        (
            "\"version\": 1,",
            "\"version\": 1,\n}",
            "line 3, column 1: it is no JSON from here on; take the document as it was written",
        ),
    ] {
        let edited = RECEIPTS[0].replacen(right, wrong, 1);
        assert_ne!(edited, RECEIPTS[0], "the case {wrong} changes nothing");
        let refused = receipt_from_json(&edited).map(drop).unwrap_err();
        let expected = format!("failed to read the document: {said}");
        assert!(
            refused.to_string().starts_with(&expected),
            "{expected}: {refused}"
        );
    }
    let cut_off = receipt_from_json(RECEIPTS[0].trim_end().trim_end_matches('}'));
    let refused = cut_off.map(drop).unwrap_err().to_string();
    assert!(
        refused.ends_with("it is cut off here; take the whole document"),
        "{refused}"
    );
}

/// Every key of a document: the pointer of the object that has it, and its name.
fn keys(document: &Value) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    let mut left = vec![(String::new(), document)];
    while let Some((pointer, value)) = left.pop() {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    keys.push((pointer.clone(), name.clone()));
                    left.push((format!("{pointer}/{name}"), field));
                }
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                left.extend(items.map(|(index, item)| (format!("{pointer}/{index}"), item)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    keys
}
