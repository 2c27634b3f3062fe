//! States and tariffs, both ways.

use crate::dice::Dice;
use crate::events;
use crate::laws::KEY;
use crate::rides::TARIFFS;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::driver::Driver;
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::DriverId;
use fiacre_domain::stream::{ChargeNumber, StreamId, Version};
use fiacre_ports::{PortErrorKind, SnapshotState};
use fiacre_wire::stored::{
    self, NoTariffs, Opening, People, Privacy, decode_state, encode_state, state_from_json, state_to_json,
    tariff_from_json, tariff_to_json,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// The names of events by their aggregates' numbers.
static NAMES: LazyLock<[Vec<&'static str>; 4]> = LazyLock::new(|| {
    let mut names: [Vec<&str>; 4] = Default::default();
    for kind in stored::kinds() {
        match events::event(kind.name, &mut Dice::new(1)) {
            Event::Trip(_) => names[0].push(kind.name),
            Event::Dispatch(_) => names[1].push(kind.name),
            Event::Payment(_) => names[2].push(kind.name),
            Event::Driver(_) => names[3].push(kind.name),
            Event::Ops(_) | Event::Tariff(_) => {}
        }
    }
    names
});

/// What a stream may come to: its first event, then any of its kind in any order. A short one may not have begun.
pub(crate) fn state(dice: &mut Dice) -> SnapshotState {
    match dice.below(4) {
        0 => SnapshotState::Trip(Box::new(folded(dice, "TripRequested", &NAMES[0], |event| {
            if let Event::Trip(event) = event {
                Some(event)
            } else {
                None
            }
        }))),
        1 => SnapshotState::Dispatch(Box::new(folded(dice, "SearchStarted", &NAMES[1], |event| {
            if let Event::Dispatch(event) = event {
                Some(event)
            } else {
                None
            }
        }))),
        2 => SnapshotState::Payment(Box::new(folded(
            dice,
            "AuthorizationStarted",
            &NAMES[2],
            |event| {
                if let Event::Payment(event) = event {
                    Some(event)
                } else {
                    None
                }
            },
        ))),
        _ => SnapshotState::Driver(folded(dice, "DriverOnline", &NAMES[3], |event| {
            if let Event::Driver(event) = event {
                Some(event)
            } else {
                None
            }
        })),
    }
}

fn folded<A: Aggregate>(
    dice: &mut Dice,
    first: &'static str,
    names: &[&'static str],
    own: impl Fn(Event) -> Option<A::Event>,
) -> A {
    let mut state = A::default();
    let count = dice.below(12);
    for number in 0..count {
        let name = if number == 0 { first } else { dice.one_of(names) };
        let at = dice.at();
        if let Some(event) = own(events::event(name, dice)) {
            state.evolve(&event, at);
        }
    }
    state
}

/// The name of a state's stream.
pub(crate) fn stream_of(state: &SnapshotState, dice: &mut Dice) -> StreamId {
    let trip = dice.trip();
    match state {
        SnapshotState::Trip(_) => StreamId::Trip(trip),
        SnapshotState::Dispatch(_) => StreamId::Dispatch(trip),
        SnapshotState::Payment(_) => StreamId::Payment(trip, ChargeNumber(dice.short())),
        SnapshotState::Driver(_) => StreamId::Driver(DriverId::from_u128(dice.number().into())),
    }
}

proptest! {
    #[test]
    fn a_state_is_read_as_it_was_written(seed: u64) {
        let mut dice = Dice::new(seed);
        let state = state(&mut dice);
        let (stream, version) = (stream_of(&state, &mut dice), dice.version());
        let opening = Opening::new(&*TARIFFS).with_key(Some(&KEY));
        for privacy in [Privacy::Clear, Privacy::Sealed(&KEY)] {
            let mut bytes = encode_state(stream, version, &state, privacy).unwrap();
            prop_assert_eq!(&decode_state(stream, version, &bytes, opening).unwrap(), &state);
            let text = state_to_json(stream, version, &state, privacy).unwrap();
            prop_assert_eq!(&state_from_json(stream, version, &text, opening).unwrap(), &state);
            let place = usize::try_from(seed % 1_000).unwrap() % bytes.len();
            bytes[place] ^= 1;
            let error = decode_state(stream, version, &bytes, opening).unwrap_err();
            prop_assert_eq!(error.kind(), PortErrorKind::Damaged);
        }
    }

    /// What the key sealed is nowhere in the bytes, and who is forgotten is not in the state that is read without it.
    #[test]
    fn a_state_names_nobody_without_the_key(seed: u64) {
        let mut dice = Dice::new(seed);
        let state = state(&mut dice);
        let (stream, version) = (stream_of(&state, &mut dice), dice.version());
        let bytes = encode_state(stream, version, &state, Privacy::Sealed(&KEY)).unwrap();
        let people = People::of_state(stream, &state);
        for binding in people.bindings() {
            let rider = binding.rider.to_u128().to_be_bytes();
            prop_assert!(!bytes.windows(rider.len()).any(|window| window == rider));
        }
        let read = decode_state(stream, version, &bytes, Opening::new(&*TARIFFS)).unwrap();
        if people.trip().is_none() {
            prop_assert_eq!(&read, &state);
        }
        prop_assert!(read != state || people.bindings().is_empty());
    }
}

#[test]
fn a_state_of_another_version_is_told_from_a_damaged_one() {
    let (stream, version) = (StreamId::Driver(DriverId::from_u128(7)), Version::new(1));
    let opening = Opening::new(&NoTariffs);
    let state = SnapshotState::Driver(Driver::default());
    let text = state_to_json(stream, version, &state, Privacy::Erased).unwrap();
    let newer = text.replacen("\"version\": 1", "\"version\": 2, \"more\": 1", 1);
    let read = |text: &str| {
        state_from_json(stream, version, text, opening)
            .unwrap_err()
            .kind()
    };
    assert_eq!(read(&newer), PortErrorKind::Newer);
    let older = text.replacen("\"version\": 1", "\"version\": 0", 1);
    assert_eq!(read(&older), PortErrorKind::Damaged);
    let on_duty_nowhere = text.replacen("\"off\"", "\"on\"", 1);
    assert_eq!(read(&on_duty_nowhere), PortErrorKind::Damaged);
    // A frame of format 1 with a state of version 2.
    let mut bytes = vec![1, 2, 1, 0];
    bytes.extend(&fiacre_wire::digest(&bytes).bytes()[..4]);
    let read = decode_state(stream, version, &bytes, opening);
    assert_eq!(read.unwrap_err().kind(), PortErrorKind::Newer);
}

#[test]
fn a_tariff_is_read_as_it_was_written_and_keeps_its_fingerprint() {
    for tariff in TARIFFS.iter() {
        let text = tariff_to_json(tariff).unwrap();
        let back = tariff_from_json(&text).unwrap();
        assert_eq!(back, **tariff);
        assert_eq!(Fingerprint::of(&back), Fingerprint::of(&**tariff));
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
