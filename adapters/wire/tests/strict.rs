//! What is read is exactly what is written: nothing more, nothing else, nothing longer.

use fiacre_wire::{JSON_BYTES_MAX, receipt_from_json, receipt_to_json};
use serde_json::{Value, json};

const RECEIPTS: [&str; 2] = [
    include_str!("../golden/receipt-v1.json"),
    include_str!("../golden/fee-receipt-v1.json"),
];

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
        ("}\n", "", "wire_malformed"),
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
        "wire_malformed"
    );
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
        let said = format!("failed to read the message: happened.driven.{place}: ");
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
        }
    }
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
