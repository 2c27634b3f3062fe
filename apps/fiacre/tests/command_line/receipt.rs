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
        assert!(said.contains(" is true: "), "{said}");
        let fingerprint = fiacre_wire::fingerprint(&fiacre_tariffs::built_in(tariff).unwrap());
        assert!(said.contains(&fingerprint.to_string()), "{said}");
        let quote = json(&format!(
            "quote --tariff {tariff} --distance-m 5000 --duration-s 900 --at 2024-03-05T23:50"
        ));
        let verdict = json(&format!("receipt verify {path} --tariff {tariff}"));
        assert_eq!(
            (&verdict["ok"], &verdict["total"]),
            (&json!(true), &quote["total"])
        );
        assert_eq!(verdict["tariff_fingerprint"], json!(fingerprint.to_string()));
    }
}

#[test]
fn no_computed_field_can_be_edited() {
    let (path, original) = receipt("edited.json");
    let mut leaves = Vec::new();
    list_leaves(&original["computed"], "/computed", &mut leaves);
    assert!(leaves.len() > 20, "{leaves:?}");
    for leaf in leaves {
        let mut edited = original.clone();
        let value = edited.pointer_mut(&leaf).unwrap();
        *value = match value {
            Value::Number(number) => json!(number.as_i64().unwrap() + 1),
            Value::Bool(flag) => json!(!*flag),
            Value::String(text) => json!(format!("{text}-not")),
            Value::Null | Value::Array(_) | Value::Object(_) => json!(0),
        };
        let (code, said) = verified(&path, edited.to_string());
        assert_eq!(code, FINDINGS, "{leaf}: {said}");
    }
    assert_eq!(
        verified(&path, original.to_string()).0,
        0,
        "the unedited one is still true"
    );
}

fn list_leaves(value: &Value, pointer: &str, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                list_leaves(field, &format!("{pointer}/{name}"), leaves);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list_leaves(item, &format!("{pointer}/{index}"), leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(pointer.to_owned()),
    }
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
fn what_is_no_receipt_is_a_finding_and_what_is_no_document_is_bad_usage() {
    let (path, original) = receipt("illegible.json");
    let mut longer = original.clone();
    longer["note"] = json!("paid in cash");
    let mut listed = original.clone();
    listed["surge"] = json!([10_000, null]);
    for (place, content, expected) in [
        ("line 1, column 1: it is cut off", Vec::new(), USAGE),
        ("line 1, column 2: it is no JSON", b"total: 18.80".to_vec(), USAGE),
        ("its first 1 bytes is no text", vec![b'{', 0xff, 0xfe], USAGE),
        (
            "there is no key `note`",
            longer.to_string().into_bytes(),
            FINDINGS,
        ),
        (
            "surge: write an object",
            listed.to_string().into_bytes(),
            FINDINGS,
        ),
        (": write an object", b"[1]".to_vec(), FINDINGS),
        (
            "line 1, column 200: it is cut off",
            original.to_string().into_bytes()[..200].to_vec(),
            USAGE,
        ),
    ] {
        let (code, said) = verified(&path, content);
        assert_eq!(code, expected, "{place}: {said}");
        assert!(said.contains("failed to read the document: "), "{place}: {said}");
        assert!(said.contains(place), "{place}: {said}");
        assert!(said.contains("give a receipt as"), "{place}: {said}");
    }
}

#[test]
fn a_receipt_of_another_version_is_no_finding_but_needs_another_release() {
    let (path, mut newer) = receipt("newer.json");
    newer["version"] = json!(2);
    let (code, said) = verified(&path, newer.to_string());
    assert_eq!(code, USAGE, "{said}");
    assert!(said.contains("use a newer release"), "{said}");
}

#[test]
fn a_receipt_of_another_tariff_is_no_finding_but_needs_that_one() {
    let (path, _) = receipt("elsewhere.json");
    let verdict = json(&format!("receipt verify {path} --tariff nyc-2022"));
    assert_eq!(
        (&verdict["ok"], &verdict["code"]),
        (&json!(false), &json!("receipt_of_another_tariff"))
    );
    assert_eq!(
        exit(&words(&format!("receipt verify {path} --tariff nyc-2022"))).0,
        USAGE
    );
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
