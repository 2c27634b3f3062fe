//! Golden files of what is around events: commits of every kind of stream and cause, states, a tariff.
//!
//! Like those of events they are never changed once they are released; a new format or version gets a file of its own.

use crate::dice::Dice;
use crate::events;
use crate::golden::{self, bytes, hex};
use crate::golden_files;
use crate::laws::KEY;
use crate::rides::TARIFFS;
use crate::whole;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{Cause, Commit, StreamId, TimerKind, Version};
use fiacre_domain::trip::TripEvent;
use fiacre_ports::SnapshotState;
use fiacre_wire::stored::{self, NoTariffs, Opening, Privacy, Stored};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The golden file of this name.
pub(crate) fn kept(name: &str, today: impl FnOnce() -> Value) -> Value {
    document(&golden_files::kept(name, || golden::document(&today())))
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn commit(seed: u64) -> Commit {
    let mut dice = Dice::new(seed);
    Commit {
        events: [TripEvent::Closed.into()].into(),
        ..events::commit(&mut dice)
    }
}

fn sample(commit: &Commit, seed: u64) -> Value {
    let prev = Dice::new(seed).maybe(Dice::print);
    let written = stored::encode(commit, prev, Privacy::Erased).unwrap();
    let text = stored::commit_to_json(commit, prev, Privacy::Erased).unwrap();
    json!({
        "seed": seed,
        "bytes": hex(&written),
        "hash": stored::hash(&written).to_string(),
        "json": document(&text),
        "read": Fingerprint::of(commit).to_string(),
    })
}

/// Which kinds of stream, cause and timer a commit has.
fn kinds(commit: &Commit) -> BTreeSet<&'static str> {
    let stream = match commit.stream {
        StreamId::Trip(_) => "trip",
        StreamId::Dispatch(_) => "dispatch",
        StreamId::Driver(_) => "driver",
        StreamId::Payment(..) => "payment",
        StreamId::Ops(_) => "ops",
        StreamId::Tariff(_) => "tariff",
    };
    let cause = match commit.cause {
        Cause::Event(_) => "event",
        Cause::Command(_) => "command",
        Cause::Timer(timer) => match timer.kind {
            TimerKind::OrderExpires => "order expires",
            TimerKind::SearchBudget(_) => "search budget",
            TimerKind::OfferExpires(_) => "offer expires",
            TimerKind::AuthorizationBudget(_) => "authorization budget",
            TimerKind::ArrivalOverdue(_) => "arrival overdue",
            TimerKind::NoShow(_) => "no show",
            TimerKind::TripOverdue => "trip overdue",
            TimerKind::LockReview(_) => "lock review",
            TimerKind::HoldExpires(_) => "hold expires",
        },
        Cause::Webhook(_) => "webhook",
    };
    let trace = if commit.trace.is_some() {
        "trace"
    } else {
        "no trace"
    };
    [stream, cause, trace].into()
}

#[test]
fn commits_of_every_kind_are_read_for_ever() {
    let file = kept("commits-v1.json", || {
        let mut seen = BTreeSet::new();
        let adds = |seed: &u64| {
            let before = seen.len();
            seen.extend(kinds(&commit(*seed)));
            seen.len() > before
        };
        let seeds: Vec<u64> = (1..1_000).filter(adds).collect();
        seeds.iter().map(|seed| sample(&commit(*seed), *seed)).collect()
    });
    let mut seen = BTreeSet::new();
    for kept in file.as_array().unwrap() {
        let written = bytes(&kept["bytes"]);
        let stored = Stored::read(&written).unwrap();
        let (hash, prev) = (stored.hash(), stored.prev());
        let read = stored.into_commit(Opening::new(&NoTariffs)).unwrap();
        assert_eq!(json!(hash.to_string()), kept["hash"]);
        assert_eq!(json!(Fingerprint::of(&read).to_string()), kept["read"]);
        assert_eq!(sample(&read, kept["seed"].as_u64().unwrap()), *kept);
        let exported = stored::commit_from_json(&kept["json"].to_string(), Opening::new(&NoTariffs));
        assert_eq!(exported.unwrap(), (read.clone(), prev));
        seen.extend(kinds(&read));
    }
    assert_eq!(seen.len(), 6 + 3 + 9 + 2, "{seen:?}");
}

/// The states of one seed, and where they were written.
fn state_of(seed: u64) -> (StreamId, Version, SnapshotState) {
    let mut dice = Dice::new(seed);
    let state = whole::state(&mut dice);
    (whole::stream_of(&state, &mut dice), dice.version(), state)
}

fn aggregate(state: &SnapshotState) -> &'static str {
    match state {
        SnapshotState::Trip(_) => "trip",
        SnapshotState::Dispatch(_) => "dispatch",
        SnapshotState::Driver(_) => "driver",
        SnapshotState::Payment(_) => "payment",
    }
}

#[test]
fn states_are_read_for_ever() {
    let sample = |stream: StreamId, version: Version, state: &SnapshotState| {
        let bytes = stored::encode_state(stream, version, state, Privacy::Sealed(&KEY)).unwrap();
        let text = stored::state_to_json(stream, version, state, Privacy::Clear).unwrap();
        json!({
            "stream": stream.to_string(),
            "version": version.get(),
            "bytes": hex(&bytes),
            "json": document(&text),
        })
    };
    let file = kept("states-v1.json", || {
        let states = (1..=16).map(state_of);
        states
            .map(|(stream, version, state)| sample(stream, version, &state))
            .collect()
    });
    let opening = Opening::new(&*TARIFFS).with_key(Some(&KEY));
    let mut seen = BTreeSet::new();
    for kept in file.as_array().unwrap() {
        let stream: StreamId = kept["stream"].as_str().unwrap().parse().unwrap();
        let version = Version::new(u32::try_from(kept["version"].as_u64().unwrap()).unwrap());
        let state = stored::decode_state(stream, version, &bytes(&kept["bytes"]), opening).unwrap();
        assert_eq!(sample(stream, version, &state), *kept);
        let exported = stored::state_from_json(stream, version, &kept["json"].to_string(), opening);
        assert_eq!(exported.unwrap(), state);
        seen.insert(aggregate(&state));
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn a_tariff_is_read_for_ever() {
    let of = |tariff| document(&stored::tariff_to_json(tariff).unwrap());
    let file = kept("tariff-v1.json", || {
        let tariff = &TARIFFS[1];
        json!({ "fingerprint": Fingerprint::of(&**tariff).to_string(), "json": of(tariff) })
    });
    let tariff = stored::tariff_from_json(&file["json"].to_string()).unwrap();
    assert_eq!(json!(Fingerprint::of(&tariff).to_string()), file["fingerprint"]);
    assert_eq!(of(&tariff), file["json"]);
}
