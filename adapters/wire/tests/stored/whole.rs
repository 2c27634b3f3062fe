//! States and tariffs, both ways.

use crate::dice::Dice;
use crate::events;
use crate::rides::TARIFFS;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::driver::Driver;
use fiacre_domain::event::Event;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortErrorKind, SnapshotState};
use fiacre_wire::fingerprint;
use fiacre_wire::stored::{
    decode_state, encode_state, state_from_json, state_to_json, tariff_from_json, tariff_to_json,
};
use proptest::prelude::*;

/// What a driver has come to after some events in any order.
pub(crate) fn driver(dice: &mut Dice) -> Driver {
    let names = [
        "DriverOnline",
        "DriverLocked",
        "DriverReleased",
        "OfflineRequested",
        "DriverOffline",
        "DriverRegionChanged",
    ];
    let mut driver = Driver::default();
    for _ in 0..dice.below(8) {
        let name = dice.one_of(&names);
        if let Event::Driver(event) = events::event(name, dice) {
            driver.evolve(&event, Timestamp::default());
        }
    }
    driver
}

proptest! {
    #[test]
    fn a_drivers_state_is_read_as_it_was_written(seed: u64) {
        let driver = driver(&mut Dice::new(seed));
        let state = SnapshotState::Driver(driver.clone());
        let (bytes, text) = (encode_state(&state).unwrap(), state_to_json(&state).unwrap());
        prop_assert_eq!(bytes.is_some(), text.is_some());
        // Only a history that no driver has, such as leaving before ever coming, leads to what is not stored.
        let was_never_on = driver.shift().is_none();
        prop_assert!(bytes.is_some() || was_never_on);
        if let (Some(mut bytes), Some(text)) = (bytes, text) {
            prop_assert_eq!(&decode_state(&bytes).unwrap(), &state);
            prop_assert_eq!(&state_from_json(&text).unwrap(), &state);
            let place = usize::try_from(seed).unwrap_or(0) % bytes.len();
            bytes[place] ^= 1;
            prop_assert_eq!(decode_state(&bytes).unwrap_err().kind(), PortErrorKind::Damaged);
        }
    }
}

#[test]
fn a_short_streams_state_is_not_stored() {
    assert_eq!(encode_state(&SnapshotState::Trip(Box::default())), Ok(None));
    assert_eq!(state_to_json(&SnapshotState::Trip(Box::default())), Ok(None));
}

#[test]
fn a_state_of_another_version_is_told_from_a_damaged_one() {
    let text = state_to_json(&SnapshotState::Driver(Driver::default()))
        .unwrap()
        .unwrap();
    let newer = text.replacen("\"version\": 1", "\"version\": 2, \"more\": 1", 1);
    assert_eq!(state_from_json(&newer).unwrap_err().kind(), PortErrorKind::Newer);
    let older = text.replacen("\"version\": 1", "\"version\": 0", 1);
    assert_eq!(
        state_from_json(&older).unwrap_err().kind(),
        PortErrorKind::Damaged
    );
    // A frame of format 1 with a state of version 2.
    let mut bytes = vec![1, 2, 1, 0];
    bytes.extend(&fiacre_wire::digest(&bytes).bytes()[..4]);
    assert_eq!(decode_state(&bytes).unwrap_err().kind(), PortErrorKind::Newer);
}

#[test]
fn a_tariff_is_read_as_it_was_written_and_keeps_its_fingerprint() {
    for tariff in TARIFFS.iter() {
        let text = tariff_to_json(tariff).unwrap();
        let back = tariff_from_json(&text).unwrap();
        assert_eq!(back, **tariff);
        assert_eq!(fingerprint(&back), fingerprint(&**tariff));
    }
}

#[test]
fn an_edited_tariff_is_refused_where_it_contradicts_itself() {
    let text = tariff_to_json(&TARIFFS[1]).unwrap();
    for (right, wrong) in [
        ("\"running\": 1", "\"running\": 3"),
        ("\"around\": 3", "\"around\": 1"),
        ("\"exponent\": 2", "\"exponent\": 3"),
        ("\"rank\": 3", "\"rank\": 3, \"more\": 1"),
        ("\"6/5\"", "\"12/10\""),
        ("\"6/5\"", "\"-6/5\""),
        ("\"cuts_mm\": [", "\"cuts_mm\": [1,"),
        ("\"oldest\": 64", "\"oldest\": 1"),
    ] {
        assert!(text.contains(right), "the case {wrong} changes nothing");
        let error = tariff_from_json(&text.replacen(right, wrong, 1)).unwrap_err();
        assert_eq!(error.code(), "stored_damaged", "{wrong}");
    }
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert_eq!(tariff_from_json(&newer).unwrap_err().code(), "stored_newer");
}
