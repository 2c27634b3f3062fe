//! Whatever became of the bytes, the answer has a kind.

use crate::dice::Dice;
use crate::events;
use crate::laws::KEY;
use crate::rides::TARIFFS;
use fiacre_domain::event::Event;
use fiacre_domain::stream::EventId;
use fiacre_ports::PortErrorKind;
use fiacre_wire::digest;
use fiacre_wire::stored::{self, COMMIT_BYTES_MAX, NoTariffs, Opening, Privacy, StoredError};
use proptest::prelude::*;

fn opening() -> Opening<'static> {
    Opening::new(&*TARIFFS).with_key(Some(&KEY))
}

/// The bytes with a check that fits: what someone wrote on purpose.
fn checked(mut bytes: Vec<u8>) -> Vec<u8> {
    let check = digest(&bytes).bytes()[..4].to_vec();
    bytes.extend(check);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_is_damage(seed: u64) {
        let mut dice = Dice::new(seed);
        let bytes = stored::encode(&events::commit(&mut dice), None, Privacy::Sealed(&KEY)).unwrap();
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 1 << dice.below(8);
            prop_assert_eq!(stored::decode(&flipped, opening()).unwrap_err().code(), "stored_damaged");
        }
    }

    #[test]
    fn what_is_cut_off_is_damage(seed: u64) {
        let bytes = stored::encode(&events::commit(&mut Dice::new(seed)), None, Privacy::Sealed(&KEY)).unwrap();
        for length in 0..bytes.len() {
            prop_assert_eq!(stored::decode(&bytes[..length], opening()).unwrap_err().code(), "stored_damaged");
        }
    }

    /// Behind a check that fits, any byte may be wrong: then there is another commit, or an error that says what it is.
    #[test]
    fn forged_bytes_have_an_answer(seed: u64) {
        let mut dice = Dice::new(seed);
        let bytes = stored::encode(&events::commit(&mut dice), None, Privacy::Clear).unwrap();
        let content = &bytes[..bytes.len() - 4];
        for index in 0..content.len() {
            let mut forged = content.to_vec();
            forged[index] = dice.small();
            match stored::decode(&checked(forged), opening()) {
                // What was read can be written again.
                Ok(read) => prop_assert!(stored::encode(&read, None, Privacy::Clear).is_ok()),
                Err(error) => prop_assert!(matches!(
                    error.kind(),
                    PortErrorKind::Damaged | PortErrorKind::Newer | PortErrorKind::Unavailable
                )),
            }
            prop_assert!(stored::decode(&checked(content[..index].to_vec()), opening()).is_err());
        }
    }

    #[test]
    fn noise_is_damage_or_newer(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        for bytes in [noise.clone(), checked(noise.clone())] {
            if let Err(error) = stored::decode(&bytes, opening()) {
                prop_assert!(matches!(error.kind(), PortErrorKind::Damaged | PortErrorKind::Newer));
            }
        }
        let text = String::from_utf8_lossy(&noise).into_owned();
        prop_assert!(stored::commit_from_json(&text, opening()).is_err());
    }
}

/// An event in its frame, and the place of its version: format, version, length, aggregate, kind.
fn framed(name: &str) -> (EventId, Vec<u8>) {
    let mut dice = Dice::new(1);
    let event: Event = events::event(name, &mut dice);
    let id = EventId::new(dice.stream(), dice.version(), 0);
    let mut bytes = stored::encode_event(id, &event, Privacy::Clear).unwrap();
    bytes.truncate(bytes.len() - 4);
    (id, bytes)
}

#[test]
fn what_is_newer_is_held_and_says_what_it_is() {
    let said = |edit: fn(&mut Vec<u8>)| {
        let (id, mut bytes) = framed("DriverOffline");
        edit(&mut bytes);
        let error = stored::decode_event(id, &checked(bytes), opening()).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Newer, "{error}");
        error.to_string()
    };
    let format = said(|bytes| bytes[0] = 9);
    assert!(
        format.contains("its format is 9, and 1 is known here"),
        "{format}"
    );
    let version = said(|bytes| bytes[1] = 2);
    assert!(version.contains("DriverOffline is of version 2"), "{version}");
    let aggregate = said(|bytes| bytes[3] = 6);
    assert!(aggregate.contains("unknown kind 6"), "{aggregate}");
    let kind = said(|bytes| bytes[4] = 7);
    assert!(kind.contains("unknown kind 7"), "{kind}");
}

#[test]
fn a_version_that_never_was_is_damage() {
    for edit in [
        |bytes: &mut Vec<u8>| bytes[0] = 0,
        |bytes: &mut Vec<u8>| bytes[1] = 0,
    ] {
        let (id, mut bytes) = framed("DriverOffline");
        edit(&mut bytes);
        let error = stored::decode_event(id, &checked(bytes), opening()).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Damaged);
    }
}

#[test]
fn a_quote_without_its_tariff_asks_for_it() {
    let (id, bytes) = framed("TripRequested");
    let error = stored::decode_event(id, &checked(bytes), Opening::new(&NoTariffs)).unwrap_err();
    assert!(matches!(error, StoredError::TariffUnknown { .. }), "{error}");
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
}

/// What claims to be long costs no more than it is.
#[test]
fn a_length_that_lies_is_damage() {
    let (id, bytes) = framed("MessageParked");
    for index in 2..bytes.len() {
        let mut lying = bytes.clone();
        lying.splice(index..=index, [0xff, 0xff, 0xff, 0xff, 0x7f]);
        assert!(stored::decode_event(id, &checked(lying), opening()).is_err());
    }
    let long = vec![1; COMMIT_BYTES_MAX + 1];
    assert_eq!(
        stored::decode(&long, opening()).unwrap_err().code(),
        "stored_damaged"
    );
}

#[test]
fn an_export_that_was_edited_is_refused() {
    let mut dice = Dice::new(4);
    let event = events::event("TripRequested", &mut dice);
    let id = EventId::new(dice.stream(), dice.version(), 0);
    let text = stored::event_to_json(id, &event, Privacy::Clear).unwrap();
    for (right, wrong, code) in [
        ("\"version\": 1", "\"version\": 1, \"more\": 1", "stored_damaged"),
        ("\"version\": 1", "\"version\": 2", "stored_newer"),
        ("\"version\": 1", "\"version\": 0", "stored_damaged"),
        ("\"TripRequested\"", "\"TripWanted\"", "stored_damaged"),
        ("\"pick_up_at_ms\": null,", "", "stored_damaged"),
        ("\"party_size\": ", "\"party_size\": -", "stored_damaged"),
    ] {
        assert!(text.contains(right), "the case {wrong} changes nothing");
        let edited = text.replacen(right, wrong, 1);
        let error = stored::event_from_json(id, &edited, opening()).unwrap_err();
        assert_eq!(error.code(), code, "{wrong}: {error}");
    }
}
