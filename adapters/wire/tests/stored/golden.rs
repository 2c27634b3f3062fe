//! Golden files: what was stored once is read for ever.
//!
//! `golden/stored` has a file for each kind of event and version. Each holds samples: their bytes in the clear and
//! sealed, their JSON, and the fingerprints of what is read with the key and without. A file that a release froze is never
//! changed; who may write the others is said in `golden_files`.

use crate::dice::Dice;
use crate::events;
use crate::golden_files::{folder, kept};
use crate::laws::KEY;
use crate::rides::TARIFFS;
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::EventId;
use fiacre_wire::stored::{self, Opening, Privacy};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let (pairs, rest) = value.as_str().unwrap().as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(byte).collect()
}

fn keyed() -> Opening<'static> {
    Opening::new(&*TARIFFS).with_key(Some(&KEY))
}

fn sample(id: EventId, event: &Event) -> Value {
    let clear = stored::encode_event(id, event, Privacy::Clear).unwrap();
    let sealed = stored::encode_event(id, event, Privacy::Sealed(&KEY)).unwrap();
    let forgotten = stored::decode_event(id, &sealed, Opening::new(&*TARIFFS)).unwrap();
    let text = stored::event_to_json(id, event, Privacy::Clear).unwrap();
    json!({
        "id": id.to_string(),
        "clear": hex(&clear),
        "sealed": hex(&sealed),
        "json": serde_json::from_str::<Value>(&text).unwrap(),
        "read": Fingerprint::of(event).to_string(),
        "read_without_key": Fingerprint::of(&forgotten).to_string(),
    })
}

/// The text of a golden file of JSON.
pub(crate) fn document(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// Samples of a kind, as it is written today.
fn samples(name: &str) -> Vec<Value> {
    let draw = |seed| {
        let mut dice = Dice::new(seed);
        let event = events::event(name, &mut dice);
        sample(EventId::new(dice.stream(), dice.version(), dice.short()), &event)
    };
    (1..=3).map(draw).collect()
}

/// Every golden file of `golden/stored`, by name and version.
fn files() -> BTreeMap<(String, u8), Value> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder().join("stored")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (name, version) = stem.rsplit_once("-v").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let document = serde_json::from_str(&text).unwrap();
        files.insert((name.to_owned(), version.parse().unwrap()), document);
    }
    files
}

#[test]
fn every_kind_has_its_golden_file() {
    for kind in stored::kinds() {
        let name = format!("stored/{}-v{}.json", kind.name, kind.version);
        kept(&name, || document(&samples(kind.name)));
    }
}

#[test]
fn what_was_stored_once_is_read_for_ever() {
    let current: BTreeMap<&str, u8> = stored::kinds().map(|kind| (kind.name, kind.version)).collect();
    for ((name, version), samples) in files() {
        for sample in samples.as_array().unwrap() {
            let id: EventId = sample["id"].as_str().unwrap().parse().unwrap();
            let (clear, sealed) = (bytes(&sample["clear"]), bytes(&sample["sealed"]));
            let read = |bytes: &[u8], opening| stored::decode_event(id, bytes, opening).unwrap();
            let event = read(&sealed, keyed());
            let print = |event: &Event| json!(Fingerprint::of(event).to_string());
            let because = "its meaning changed: a field of the domain is lost, or has another default";
            assert_eq!(event.name(), name);
            assert_eq!(read(&clear, Opening::new(&*TARIFFS)), event);
            assert_eq!(print(&event), sample["read"], "{name}-v{version}: {because}");
            let forgotten = read(&sealed, Opening::new(&*TARIFFS));
            assert_eq!(
                print(&forgotten),
                sample["read_without_key"],
                "{name}-v{version}: {because}"
            );
            if current[&*name] == version {
                assert_eq!(
                    self::sample(id, &event),
                    *sample,
                    "{name} is stored in another shape than version {version}: give it a new version, and an upcaster"
                );
                let text = sample["json"].to_string();
                let exported = stored::event_from_json(id, &text, Opening::new(&*TARIFFS));
                assert_eq!(exported.unwrap(), event);
            }
        }
    }
}

#[test]
fn versions_have_no_gap() {
    let files = files();
    for kind in stored::kinds() {
        for version in 1..=kind.version {
            assert!(
                files.contains_key(&(kind.name.to_owned(), version)),
                "{} {version}",
                kind.name
            );
        }
    }
}
