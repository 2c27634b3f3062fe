//! What was written once is read for ever: files that only a new version may change.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../adapters/wire/tests/golden_files/mod.rs"]
#[expect(dead_code, reason = "what is frozen is checked by the tests of `fiacre-wire`")]
mod golden_files;

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::{
    Cancellation, CancellationStage, Fault, Quote, Ride, Surge, SurgeInputs, SurgePolicy,
};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use fiacre_wire::{quote_from_json, quote_to_json, receipt_from_json, receipt_to_json};
use std::sync::Arc;

/// Compares with the golden file.
fn golden(name: &str, text: &str) -> String {
    let kept = golden_files::kept(name, || text.to_owned());
    assert_eq!(text, kept, "{name} changed: a new format needs a new version");
    kept
}

fn quote() -> Quote {
    let tariff = Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap());
    let policy = SurgePolicy::new(1, BasisPoints::new(10_000), BasisPoints::new(20_000)).unwrap();
    let inputs = SurgeInputs {
        zone: Some("manhattan".parse().unwrap()),
        demand: 12,
        supply: 10,
    };
    let ride = Ride::new(Millimetres::new(8_046_720), Millis::from_minutes(20))
        .with_slow(Millis::from_minutes(5))
        .starting_in("manhattan".parse().unwrap())
        .ending_in("jfk".parse().unwrap())
        .with_stops(1);
    tariff
        .quote(
            &ride,
            "2018-07-03T17:00".parse().unwrap(),
            Surge::compute(policy, inputs),
        )
        .unwrap()
}

#[test]
fn a_quote_keeps_its_text() {
    let quote = quote();
    let text = golden("quote-v1.json", &quote_to_json(&quote).unwrap());
    assert_eq!(quote_from_json(&text, quote.tariff().unwrap()).unwrap(), quote);
}

#[test]
fn a_receipt_keeps_its_text_and_verifies_against_the_tariff_file_alone() {
    let quote = quote();
    let mut recorder = quote.recorder("2018-07-03T17:05:00".parse().unwrap()).unwrap();
    recorder.wait(Millis::from_secs(40)).unwrap();
    recorder
        .drive(Millimetres::new(6_000_000), Millis::from_minutes(12))
        .unwrap();
    recorder.stop(Some("manhattan".parse().unwrap())).unwrap();
    recorder
        .drive(Millimetres::new(2_500_000), Millis::new(600_250))
        .unwrap();
    let text = receipt_to_json(&quote.settle(&recorder.finish().unwrap()).unwrap()).unwrap();
    let receipt = receipt_from_json(&golden("receipt-v1.json", &text)).unwrap();
    receipt
        .verify(&fiacre_tariffs::built_in("nyc-2018").unwrap())
        .unwrap();
}

#[test]
fn a_fee_receipt_keeps_its_text() {
    let fee = Cancellation::new(
        CancellationStage::NoShow {
            waited: Millis::from_minutes(6),
        },
        Fault::Rider,
    );
    let text = receipt_to_json(&quote().cancel(&fee).unwrap()).unwrap();
    let receipt = receipt_from_json(&golden("fee-receipt-v1.json", &text)).unwrap();
    receipt
        .verify(&fiacre_tariffs::built_in("nyc-2018").unwrap())
        .unwrap();
}

/// A fingerprint that moves would orphan every stored one: canonical bytes are for ever, a new field needs a new tag.
#[test]
fn fingerprints_stay() {
    let quote = quote();
    let tariff = Fingerprint::of(&**quote.tariff().unwrap());
    let receipt = Fingerprint::of(&quote.settle_as_quoted().unwrap());
    let text = format!(
        "tariff {tariff}\nquote {}\nreceipt {receipt}\n",
        Fingerprint::of(&quote)
    );
    golden("fingerprints-v1.txt", &text);
}
