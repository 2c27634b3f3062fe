//! A signed receipt is of its trip and its signer, and of nobody else.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is frozen is checked by `frozen.rs`")]
mod golden_files;

use fiacre_domain::id::TripId;
use fiacre_wire::signature::{PublicKey, ReceiptSigner, SignatureError, SignedReceipt};
use fiacre_wire::{receipt_from_json, receipt_to_json};
use serde_json::Value;

const RECEIPTS: [&str; 2] = [
    include_str!("../golden/receipt-v1.json"),
    include_str!("../golden/fee-receipt-v1.json"),
];
const GOLDEN: &str = include_str!("../golden/signed-receipt-v1.json");
const TRIP: TripId = TripId::from_u128(42);

/// RFC 8032, 7.1, test 1: the secret, and the public key that follows from it.
const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn signer() -> ReceiptSigner {
    let byte = |at: usize| u8::from_str_radix(&SECRET[2 * at..2 * at + 2], 16).unwrap();
    ReceiptSigner::new(std::array::from_fn(byte))
}

fn signed(text: &str) -> SignedReceipt {
    signer().sign(TRIP, receipt_from_json(text).unwrap())
}

#[test]
fn keys_are_those_of_the_standard() {
    let key = signer().public_key();
    assert_eq!(key.to_string(), PUBLIC);
    assert_eq!(PUBLIC.parse(), Ok(key));
    assert!(!format!("{:?}", signer()).contains("9d61"));
}

#[test]
fn what_is_no_key_is_refused() {
    // Of the order 1: under it anybody's signature would verify.
    let weak = format!("01{}", "0".repeat(62));
    let upper = PUBLIC.to_uppercase();
    for wrong in ["", "d75a", &PUBLIC[1..], &upper, &weak] {
        assert_eq!(
            wrong.parse::<PublicKey>(),
            Err(SignatureError::NotAKey),
            "{wrong}"
        );
    }
}

#[test]
fn a_signed_receipt_survives_json() {
    for text in RECEIPTS {
        let signed = signed(text);
        let back = SignedReceipt::from_json(&signed.to_json().unwrap()).unwrap();
        assert_eq!(back, signed);
        assert_eq!(back.verify(&[signer().public_key()]), Ok(()));
        assert_eq!((back.trip(), back.key()), (TRIP, signer().public_key().id()));
        assert_eq!(receipt_to_json(back.receipt()).unwrap(), text);
    }
}

#[test]
fn a_signature_stays() {
    let today = signed(RECEIPTS[1]).to_json().unwrap();
    let golden = golden_files::kept("signed-receipt-v1.json", || today.clone());
    assert_eq!(today, golden);
    let kept = SignedReceipt::from_json(&golden).unwrap();
    assert_eq!(kept.verify(&[PUBLIC.parse().unwrap()]), Ok(()));
}

#[test]
fn another_key_did_not_sign_it() {
    let other = ReceiptSigner::new([8; 32]).public_key();
    let error = signed(RECEIPTS[0]).verify(&[other]).unwrap_err();
    assert_eq!(error, SignatureError::UnknownKey(signer().public_key().id()));
    assert_eq!(
        signed(RECEIPTS[0]).verify(&[other, signer().public_key()]),
        Ok(())
    );
    // A key that signed under the name of another.
    let renamed = GOLDEN.replace(&signer().public_key().id().to_string(), &other.id().to_string());
    let forged = SignedReceipt::from_json(&renamed).unwrap();
    assert_eq!(forged.verify(&[other]), Err(SignatureError::Wrong));
}

/// Whatever of it is changed: it is no receipt any more, or it is not what was signed.
#[test]
fn no_edited_leaf_verifies() {
    let document: Value = serde_json::from_str(&signed(RECEIPTS[0]).to_json().unwrap()).unwrap();
    let (mut edited, mut accepted) = (0, Vec::new());
    for pointer in leaves(&document) {
        let mut copy = document.clone();
        let leaf = copy.pointer_mut(&pointer).unwrap();
        *leaf = match leaf.take() {
            Value::Number(number) => Value::from(number.as_i64().unwrap() + 1),
            Value::Bool(flag) => Value::from(!flag),
            Value::String(text) if text.ends_with('1') => {
                Value::from(format!("{}2", &text[..text.len() - 1]))
            }
            Value::String(text) => Value::from(format!("{}1", &text[..text.len() - 1])),
            Value::Null => Value::from(1),
            Value::Array(_) | Value::Object(_) => Value::from("leaf"),
        };
        edited += 1;
        let read = SignedReceipt::from_json(&copy.to_string());
        if read.is_ok_and(|read| read.verify(&[signer().public_key()]).is_ok()) {
            accepted.push(pointer);
        }
    }
    assert!(edited > 100, "{edited}");
    assert_eq!(accepted, Vec::<String>::new());
}

fn leaves(document: &Value) -> Vec<String> {
    let mut leaves = Vec::new();
    let mut left = vec![(String::new(), document)];
    while let Some((pointer, value)) = left.pop() {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter();
                left.extend(fields.map(|(name, field)| (format!("{pointer}/{name}"), field)));
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                left.extend(items.map(|(index, item)| (format!("{pointer}/{index}"), item)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(pointer),
        }
    }
    leaves
}

#[test]
fn what_is_not_a_signed_receipt_is_refused() {
    for (right, wrong, code) in [
        ("\"version\": 1", "\"version\": 2", "wire_unsupported_version"),
        ("\"trip\"", "\"journey\"", "wire_malformed"),
        ("\"signature\": \"", "\"signature\": \"0", "wire_value"),
        ("\"signature\": \"", "\"signature\": \"00", "wire_value"),
        ("\"key\": \"", "\"key\": \"00", "wire_value"),
    ] {
        assert!(GOLDEN.contains(right), "the case {wrong} changes nothing");
        let error = SignedReceipt::from_json(&GOLDEN.replacen(right, wrong, 1)).unwrap_err();
        assert_eq!(error.code(), code, "{wrong}");
    }
}
