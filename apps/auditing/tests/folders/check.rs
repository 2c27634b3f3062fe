//! What a check finds, and what it leaves alone.

use crate::folder::{at_rest, city, folder, folder_of};
use crate::planted::{Plant, Planted};
use fiacre_auditing::check::{Acknowledged, Check, Checked, Fault};
use fiacre_auditing::log::Log;
use fiacre_domain::audit::Finding;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::AtRest;
use fiacre_ports::Ticket;
use fiacre_wire::stored::{self, Privacy, Stored};
use std::collections::BTreeSet;
use std::sync::Arc;

fn open() -> AtRest {
    at_rest(folder().path())
}

fn rules() -> Check {
    Check::default().with_tariffs([Arc::clone(&city().tariff)])
}

fn check(logs: &[impl Log]) -> Checked {
    rules().with_all_ended().run(logs, |_, _| {}).unwrap()
}

fn codes(checked: &Checked) -> BTreeSet<&'static str> {
    let found = checked.report.findings().iter().map(Finding::code);
    found.chain(checked.faults.values().map(Fault::code)).collect()
}

/// A commit in the middle of a trip's own stream.
fn middle() -> &'static Commit {
    let is_third = |commit: &&Commit| matches!(commit.stream, StreamId::Trip(_)) && commit.version.get() == 3;
    city().commits.iter().find(is_third).unwrap()
}

const fn place(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

fn bytes_at(at: Ticket) -> Vec<u8> {
    let before = Version::new(at.version.get() - 1);
    let row = open().stream(at.stream, before).next().unwrap().unwrap();
    row.bytes().to_vec()
}

#[test]
fn a_city_that_was_played_to_its_end_is_clean() {
    let checked = check(&[open()]);
    assert_eq!(checked.report.findings(), []);
    assert_eq!((checked.findings_count(), checked.trips_open), (0, 0));
    assert_eq!(checked.report.commits(), city().commits.len() as u64);
    assert!(checked.report.receipts_verified() > 10);
}

#[test]
fn one_log_may_lie_in_several_folders() {
    let trips: Vec<_> = city()
        .commits
        .iter()
        .filter(|commit| matches!(commit.stream, StreamId::Trip(_)))
        .collect();
    let others: Vec<_> = city()
        .commits
        .iter()
        .filter(|commit| !matches!(commit.stream, StreamId::Trip(_)))
        .collect();
    let (trips, others) = (folder_of(trips), folder_of(others));
    let checked = check(&[at_rest(trips.path()), at_rest(others.path())]);
    assert_eq!(checked.report.findings(), []);
    assert_eq!(checked.report.commits(), city().commits.len() as u64);
    assert!(codes(&check(&[at_rest(others.path())])).contains("audit_cause_missing"));
}

#[test]
fn few_trips_are_open_at_a_time() {
    let mut open_max = 0;
    let trips: BTreeSet<_> = city()
        .commits
        .iter()
        .filter_map(|commit| commit.stream.trip())
        .collect();
    rules()
        .run(&[open()], |_, open| open_max = open_max.max(open))
        .unwrap();
    assert!(open_max * 4 < trips.len(), "{open_max} of {} trips", trips.len());
}

#[test]
fn a_removed_commit_is_named_by_the_one_after_it() {
    let at = place(middle());
    let checked = check(&[Planted::new(open(), at, Plant::Removed)]);
    let named = checked
        .report
        .findings()
        .iter()
        .find(|finding| finding.code() == "audit_version_gap");
    assert_eq!(
        named.map(|finding| (finding.stream(), finding.version())),
        Some((at.stream, at.version.next()))
    );
}

#[test]
fn an_edited_byte_is_named_and_its_neighbours_are_judged_as_ever() {
    let at = place(middle());
    let whole = bytes_at(at);
    for byte in [0, 1, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1;
        let checked = check(&[Planted::new(open(), at, Plant::Replaced(bytes))]);
        assert_eq!(
            checked.faults.get(&at).map(Fault::code),
            Some("commit_damaged"),
            "byte {byte}"
        );
        assert_eq!(checked.report.commits(), city().commits.len() as u64 - 1);
        assert!(!checked.is_newer());
    }
    let cut = check(&[Planted::new(open(), at, Plant::Replaced(Vec::new()))]);
    assert_eq!(cut.faults.get(&at).map(Fault::code), Some("commit_damaged"));
}

#[test]
fn a_commit_that_was_rewritten_whole_breaks_the_chain() {
    let at = place(middle());
    let mut commit = middle().clone();
    commit.at = Timestamp::from_ms(commit.at.ms() + 1);
    let prev = Stored::read(&bytes_at(at)).unwrap().prev();
    let bytes = stored::encode(&commit, prev, Privacy::Clear).unwrap();
    let checked = check(&[Planted::new(open(), at, Plant::Replaced(bytes))]);
    let next = Ticket {
        version: at.version.next(),
        ..at
    };
    assert_eq!(
        checked.faults.into_iter().collect::<Vec<_>>(),
        [(next, Fault::ChainBroken)]
    );
}

#[test]
fn a_commit_in_the_place_of_another_is_named() {
    let at = place(middle());
    let (version, stream) = (Version::new(2), at.stream);
    let bytes = bytes_at(Ticket { stream, version });
    let checked = check(&[Planted::new(open(), at, Plant::Replaced(bytes))]);
    assert_eq!(
        checked.faults.get(&at),
        Some(&Fault::Misplaced { stream, version })
    );
}

#[test]
fn what_a_newer_release_wrote_is_told_from_damage() {
    let at = place(middle());
    let mut framed = bytes_at(at);
    framed.truncate(framed.len() - 4);
    framed[0] = stored::FORMAT + 1;
    let check_bytes = fiacre_wire::digest(&framed);
    framed.extend_from_slice(&check_bytes.bytes()[..4]);
    let checked = check(&[Planted::new(open(), at, Plant::Replaced(framed))]);
    assert_eq!(checked.faults.get(&at).map(Fault::code), Some("commit_newer"));
    assert!(checked.is_newer());
}

#[test]
fn a_log_that_cannot_be_read_on_is_no_clean_log() {
    let planted = Planted::new(open(), place(middle()), Plant::Unreadable);
    let error = rules().run(&[planted], |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "log_unreadable");
    assert!(error.to_string().contains("planted"), "{error}");
}

#[test]
fn an_acknowledged_trip_that_is_nowhere_is_named() {
    let lost = TripId::from_u128(7);
    let known: BTreeSet<_> = city()
        .commits
        .iter()
        .filter_map(|commit| commit.stream.trip())
        .collect();
    let all: BTreeSet<_> = known.iter().copied().chain([lost]).collect();
    let count = all.len();
    let checked = rules().with_acknowledged(all).run(&[open()], |_, _| {}).unwrap();
    let expected = Acknowledged {
        count,
        waiting: 0,
        missing: vec![lost],
    };
    assert_eq!(checked.acknowledged, Some(expected));
    assert_eq!(checked.findings_count(), 1);
}

#[test]
fn a_log_that_was_stopped_half_way_is_sound_until_it_is_said_to_have_ended() {
    let half = city().commits.len() / 2;
    let folder = folder_of(half_of_the_log(half));
    let checked = rules().run(&[at_rest(folder.path())], |_, _| {}).unwrap();
    assert_eq!(checked.report.findings(), []);
    assert!(checked.trips_open > 0);
    assert!(codes(&check(&[at_rest(folder.path())])).contains("audit_never_ended"));
}

/// What was there at some moment: the commits up to a time, each after its cause.
fn half_of_the_log(count: usize) -> Vec<&'static Commit> {
    let mut times: Vec<_> = city().commits.iter().map(|commit| commit.at).collect();
    times.sort_unstable();
    let until = times[count];
    city().commits.iter().filter(|commit| commit.at < until).collect()
}
