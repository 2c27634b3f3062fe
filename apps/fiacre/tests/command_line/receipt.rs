//! `fiacre receipt verify`: its own receipts are true, and no computed amount can be edited.

use crate::{FINDINGS, USAGE, exit, json, scratch, text, words};
use serde_json::{Value, json};
use std::path::Path;

const RIDE: &str = "--distance-m 8046.72 --duration-s 1200 --slow-s 300 --at 2018-07-03T17:00";

/// A receipt of New York, in a file of the test's own.
fn receipt(name: &str) -> (String, Value) {
    let path = scratch(name).display().to_string();
    text(&format!("quote --tariff nyc-2018 {RIDE} --receipt {path}"));
    let value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, value)
}

/// The exit code for this text as a receipt.
fn verified(path: &str, content: impl AsRef<[u8]>) -> (i32, String) {
    std::fs::write(path, content).unwrap();
    exit(&words(&format!("receipt verify {path} --tariff nyc-2018")))
}

#[test]
fn every_built_in_tariff_makes_receipts_that_verify() {
    for tariff in fiacre_tariffs::built_in_names() {
        let path = scratch(&format!("{tariff}.json")).display().to_string();
        text(&format!(
            "quote --tariff {tariff} --distance-m 5000 --duration-s 900 --at 2024-03-05T23:50 --receipt {path}"
        ));
        let said = text(&format!("receipt verify {path} --tariff {tariff}"));
        assert!(said.contains("every amount, "), "{said}");
        assert!(
            said.contains("not verified: whether that ride was so, and who wrote"),
            "{said}"
        );
        let fingerprint =
            fiacre_domain::fingerprint::Fingerprint::of(&fiacre_tariffs::built_in(tariff).unwrap());
        assert!(said.contains(&fingerprint.to_string()), "{said}");
        let quote = json(&format!(
            "quote --tariff {tariff} --distance-m 5000 --duration-s 900 --at 2024-03-05T23:50"
        ));
        let verdict = json(&format!("receipt verify {path} --tariff {tariff}"));
        assert_eq!(
            (&verdict["error"], &verdict["total"]),
            (&Value::Null, &quote["total"])
        );
        assert_eq!(verdict["tariff_fingerprint"], json!(fingerprint.to_string()));
        assert_eq!(verdict["verified"], json!(["tariff", "amounts"]));
        assert_eq!(verdict["not_verified"], json!(["ride", "author"]));
    }
}

#[test]
fn no_computed_field_can_be_edited() {
    let (path, original) = receipt("edited.json");
    let mut values = Vec::new();
    list_values(&original["computed"], "/computed", &mut values);
    assert!(values.len() > 20, "{values:?}");
    for pointer in values {
        let mut edited = original.clone();
        let value = edited.pointer_mut(&pointer).unwrap();
        *value = edits(value).swap_remove(0);
        let (code, said) = verified(&path, edited.to_string());
        assert_eq!(code, FINDINGS, "{pointer}: {said}");
    }
    assert_eq!(
        verified(&path, original.to_string()).0,
        0,
        "the unedited one is still true"
    );
}

#[test]
fn a_reading_that_no_recorder_writes_or_of_another_tariff_is_not_true() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../adapters/wire/golden/receipt-v1.json")).unwrap();
    let path = scratch("reading.json").display().to_string();
    assert_eq!(verified(&path, golden.to_string()).0, 0);
    for (leaf, value) in [
        ("/happened/driven/tariff_fingerprint", json!("0".repeat(64))),
        ("/tariff_fingerprint", json!("0".repeat(64))),
        ("/happened/driven/slices/0/bands", json!([])),
        ("/happened/driven/started", json!("2018-07-03T17:06:00")),
        ("/happened/driven/circumstances/ages", json!([])),
        ("/ride/circumstances/ages", json!([])),
    ] {
        let mut edited = golden.clone();
        *edited.pointer_mut(leaf).unwrap() = value;
        let (code, said) = verified(&path, edited.to_string());
        assert_eq!(code, FINDINGS, "{leaf}: {said}");
    }
}

#[test]
fn what_is_no_receipt_at_all_is_bad_usage() {
    let (path, original) = receipt("illegible.json");
    let mut newer = original.clone();
    newer["version"] = json!(2);
    let mut quote = original.clone();
    quote.as_object_mut().unwrap().remove("computed");
    for (place, content) in [
        ("line 1, column 1: it is cut off", Vec::new()),
        ("line 1, column 2: it is no JSON", b"total: 18.80".to_vec()),
        ("its first 1 bytes is no text", vec![b'{', 0xff, 0xfe]),
        (": write an object", b"[1]".to_vec()),
        ("version", b"{}".to_vec()),
        ("computed", quote.to_string().into_bytes()),
        ("use a newer release", newer.to_string().into_bytes()),
        (
            "line 1, column 200: it is cut off",
            original.to_string().into_bytes()[..200].to_vec(),
        ),
    ] {
        let (code, said) = verified(&path, content);
        assert_eq!(code, USAGE, "{place}: {said}");
        assert!(said.contains("failed to read the document: "), "{place}: {said}");
        assert!(said.contains(place), "{place}: {said}");
        assert!(said.contains("give a receipt as"), "{place}: {said}");
    }
}

/// What is to be edited into a value, of whatever kind: a value of its own kind, one of another, and none.
fn edits(value: &Value) -> Vec<Value> {
    let own = match value {
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::Bool(flag) => json!(!*flag),
        Value::String(text) => json!(format!("{text}-not")),
        Value::Null | Value::Array(_) | Value::Object(_) => json!({ "note": 1 }),
    };
    vec![own, json!(-7), json!("dear"), json!([]), json!({}), Value::Null]
}

/// Every value of a document, whole or part of another, by its pointer.
fn list_values(value: &Value, pointer: &str, values: &mut Vec<String>) {
    if !pointer.is_empty() {
        values.push(pointer.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                list_values(field, &format!("{pointer}/{name}"), values);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list_values(item, &format!("{pointer}/{index}"), values);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The one rule: what says that it is a receipt of this version is judged, so that any edit is either harmless or a finding.
#[test]
fn an_edit_of_any_field_is_judged_and_only_one_of_the_form_makes_it_no_receipt() {
    let path = scratch("every-field.json").display().to_string();
    let golden = include_str!("../../../../adapters/wire/golden/receipt-v1.json");
    let original: Value = serde_json::from_str(golden).unwrap();
    let mut values = Vec::new();
    list_values(&original, "", &mut values);
    assert!(values.len() > 100, "{values:?}");
    for pointer in values {
        for edit in edits(original.pointer(&pointer).unwrap()) {
            let mut edited = original.clone();
            *edited.pointer_mut(&pointer).unwrap() = edit.clone();
            if edited == original {
                continue;
            }
            let (code, said) = verified(&path, edited.to_string());
            let expected: &[i32] = match pointer.as_str() {
                "/version" => &[USAGE],
                pointer if pointer.starts_with("/computed") => &[FINDINGS],
                _ => &[0, FINDINGS],
            };
            assert!(expected.contains(&code), "{pointer} = {edit}: {code}: {said}");
        }
    }
    for longer in ["", "ride", "computed"] {
        let mut edited = original.clone();
        let place = if longer.is_empty() {
            &mut edited
        } else {
            &mut edited[longer]
        };
        place["note"] = json!("paid in cash");
        let (code, said) = verified(&path, edited.to_string());
        assert_eq!(code, FINDINGS, "{said}");
        assert!(said.contains("there is no key `note`"), "{said}");
    }
}

#[test]
fn a_receipt_does_not_hold_with_another_tariff() {
    let (path, _) = receipt("elsewhere.json");
    let line = format!("receipt verify {path} --tariff nyc-2022");
    assert_eq!(json(&line)["error"]["code"], json!("receipt_of_another_tariff"));
    assert_eq!(exit(&words(&line)).0, FINDINGS);
}

#[test]
fn what_cannot_be_read_or_written_is_bad_usage() {
    let (path, _) = receipt("unread.json");
    for line in [
        format!("receipt verify {path}"),
        format!("receipt verify {path} --tariff no-such-tariff"),
        "receipt verify no/such/file.json --tariff nyc-2018".to_owned(),
        format!("receipt verify {} --tariff nyc-2018", env!("CARGO_TARGET_TMPDIR")),
        format!("quote --tariff nyc-2018 {RIDE} --receipt no/such/folder/receipt.json"),
    ] {
        let (code, said) = exit(&words(&line));
        assert_eq!(code, USAGE, "{line}: {said}");
    }
    assert!(!Path::new("no/such/folder").exists());
}
