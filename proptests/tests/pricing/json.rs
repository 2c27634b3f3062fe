//! Receipts, quotes and tariffs survive JSON, and what was edited on the way is noticed.

use super::generate::{Shape, tariff};
use super::{priced, receipts};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_wire::stored::{tariff_from_json, tariff_to_json};
use fiacre_wire::{quote_from_json, quote_to_json, receipt_from_json, receipt_to_json};
use proptest::prelude::*;
use serde_json::Value;

/// The text with each leaf under `branch` changed in turn: numbers by one, texts by a letter, flags flipped; lists and
/// objects also with an entry taken out.
fn edits(document: &Value, branch: &str) -> Vec<(String, String)> {
    let mut edited = Vec::new();
    visit(
        document.pointer(branch).unwrap(),
        branch,
        &mut |pointer, value| {
            let mut copy = document.clone();
            *copy.pointer_mut(pointer).unwrap() = value;
            edited.push((pointer.to_owned(), copy.to_string()));
        },
    );
    edited
}

fn visit(value: &Value, pointer: &str, edit: &mut impl FnMut(&str, Value)) {
    match value {
        Value::Null => edit(pointer, Value::from(1)),
        Value::Bool(flag) => edit(pointer, Value::from(!flag)),
        Value::Number(number) => edit(pointer, Value::from(number.as_i64().unwrap() + 1)),
        Value::String(text) => edit(pointer, Value::from(format!("{text}x"))),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut rest = items.clone();
                rest.remove(index);
                edit(pointer, Value::from(rest));
                visit(item, &format!("{pointer}/{index}"), edit);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut rest = fields.clone();
                rest.remove(name);
                edit(pointer, Value::from(rest));
                visit(field, &format!("{pointer}/{name}"), edit);
            }
            let more = fields
                .clone()
                .into_iter()
                .chain([("more".to_owned(), Value::from(1))])
                .collect();
            edit(pointer, Value::Object(more));
        }
    }
}

/// The text with each key of each object taken out in turn.
fn without_keys(document: &Value) -> Vec<(String, String)> {
    let keys = |value: Option<&Value>| value.and_then(Value::as_object).map_or(0, serde_json::Map::len);
    edits(document, "")
        .into_iter()
        .filter(|(path, edited)| {
            let edited: Value = serde_json::from_str(edited).unwrap();
            keys(edited.pointer(path)) < keys(document.pointer(path))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_receipt_survives_json_and_no_edited_leaf_does((quote, reading) in priced()) {
        for receipt in receipts(&quote, &reading) {
            let text = receipt_to_json(&receipt).unwrap();
            let back = receipt_from_json(&text).unwrap();
            prop_assert_eq!(&back, &receipt);
            prop_assert_eq!(back.verify(quote.tariff().unwrap()), Ok(()));
            let document: Value = serde_json::from_str(&text).unwrap();
            for (path, edited) in edits(&document, "/computed") {
                let accepted = receipt_from_json(&edited).is_ok_and(|edited| edited.verify(quote.tariff().unwrap()).is_ok());
                prop_assert!(!accepted, "an edit of {} was accepted", path);
            }
        }
    }

    #[test]
    fn a_tariff_survives_json_with_its_fingerprint(tariff in tariff(Shape::Any)) {
        let back = tariff_from_json(&tariff_to_json(&tariff).unwrap()).unwrap();
        prop_assert_eq!(Fingerprint::of(&back), Fingerprint::of(&tariff));
        prop_assert_eq!(back, tariff);
    }

    #[test]
    fn a_quote_survives_json_and_no_edited_amount_does((quote, _) in priced()) {
        let text = quote_to_json(&quote).unwrap();
        prop_assert_eq!(&quote_from_json(&text, quote.tariff().unwrap()).unwrap(), &quote);
        let document: Value = serde_json::from_str(&text).unwrap();
        for (path, edited) in without_keys(&document) {
            prop_assert!(quote_from_json(&edited, quote.tariff().unwrap()).is_err(), "{} without one key was accepted", path);
        }
        for branch in ["/version", "/tariff", "/tariff_version", "/currency", "/total", "/hold", "/driver_pay"] {
            for (path, edited) in edits(&document, branch) {
                prop_assert!(quote_from_json(&edited, quote.tariff().unwrap()).is_err(), "an edit of {} was accepted", path);
            }
        }
    }
}

#[test]
fn the_published_tariffs_survive_json() {
    for name in fiacre_tariffs::built_in_names() {
        let tariff = fiacre_tariffs::built_in(name).unwrap();
        let back = tariff_from_json(&tariff_to_json(&tariff).unwrap()).unwrap();
        assert_eq!(back, tariff, "{name}");
    }
}
