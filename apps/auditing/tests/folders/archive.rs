//! An archive is found as the log was, whatever is asked; and what is over does not begin again.

use crate::folder::{block_on_ready, city_options, clock};
use fiacre_auditing::archive::{self, Selection};
use fiacre_auditing::check::{Check, Checked};
use fiacre_auditing::list::{self, Filter, Row};
use fiacre_auditing::timeline::Timeline;
use fiacre_city::commission;
use fiacre_city::keep::Folders;
use fiacre_city::players::Driven;
use fiacre_city::run::{self, RunObserver, Venue};
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::TripEvent;
use fiacre_domain::units::Millis;
use fiacre_embedded::{AtRest, Database, Kept, Options, Segment};
use fiacre_ports::{Body, Bus, KeyVault, Message, PaymentNotice, Published};
use fiacre_vault::{FolderVault, Said, VaultAtRest};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// Small, so that there are several.
const SEGMENT_BYTES: u64 = 20_000;

struct Nobody;

impl RunObserver for Nobody {
    fn saw(&mut self, _: &Commit) {}

    fn drove(&mut self, _: Driven) {}
}

/// A folder that a city has left, sealed, with its vault beside it; made once.
fn played() -> &'static TempDir {
    static PLACE: OnceLock<TempDir> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = empty();
        let venue = Venue {
            folders: Some(Folders::new(place.path().join("data"))),
            ..Venue::default()
        };
        let mut options = city_options();
        options.length = Millis::from_minutes(1);
        let (played, _) = run::play_at(&options, venue, Nobody, |_, _| {}).unwrap();
        assert_eq!(played.audit.findings(), []);
        place
    })
}

/// In memory, where the system has a place for that: an fsync costs nothing there.
fn empty() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// A copy of it.
fn copy() -> TempDir {
    let place = empty();
    copy_into(played().path(), place.path());
    place
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn data(place: &TempDir) -> PathBuf {
    place.path().join("data")
}

fn open(place: &TempDir) -> AtRest {
    AtRest::open(data(place), &Options::default()).unwrap()
}

fn select(place: &TempDir, before: Timestamp) -> Selection {
    archive::select(&open(place), before, |_, _| ()).unwrap()
}

/// Archives what is over before then.
fn archived(place: &TempDir, before: Timestamp) -> Selection {
    let selection = select(place, before);
    let database = Database::open(data(place)).unwrap();
    let moved = archive::archive(&database, &selection, None, SEGMENT_BYTES, |_| ());
    assert!(moved.failure.is_none() && moved.bookings == selection.bookings.len());
    assert!(moved.segments.len() > 1 || selection.bookings.len() < 8);
    selection
}

fn rows(log: &AtRest) -> Vec<Row> {
    let mut rows = Vec::new();
    list::trips(log, &Filter::default(), |row| {
        rows.push(row);
        true
    })
    .unwrap();
    rows
}

fn check(log: AtRest) -> Checked {
    let all = rows(&log).iter().map(|row| row.trip).collect();
    let tariff = commission::taken(&city_options().tariff).unwrap();
    let check = Check::default()
        .with_all_ended()
        .with_acknowledged(all)
        .with_tariffs([tariff]);
    check.run(&[log], |_, _| ()).unwrap()
}

fn told(log: &AtRest, trip: TripId) -> String {
    let timeline = Timeline::read(log, trip, None, None).unwrap();
    format!("{timeline:?}")
}

#[test]
fn lists_timelines_and_audits_are_the_same_once_everything_is_archived() {
    let place = copy();
    let as_it_was = open(played());
    let before = rows(&as_it_was);
    let selection = archived(&place, Timestamp::MAX);
    let stay = (
        selection.open,
        selection.recent,
        selection.unsettled,
        selection.unreadable,
    );
    assert_eq!(stay, (0, 0, 0, 0));
    assert_eq!(selection.bookings.len(), before.len());
    let log = open(&place);
    assert_eq!(log.trips_in_log().unwrap().len(), 0, "nothing is moved twice");
    assert_eq!(rows(&log), before);
    for row in before.iter().step_by(7) {
        assert_eq!(told(&log, row.trip), told(&as_it_was, row.trip));
    }
    let (checked, after) = (check(as_it_was), check(log));
    assert_eq!(
        (checked.findings_count(), after.findings_count()),
        (0, 0),
        "{:?}",
        after.report.findings()
    );
    let counts = |checked: &Checked| {
        let report = &checked.report;
        (report.commits(), report.events(), report.receipts_verified())
    };
    assert_eq!(counts(&after), counts(&checked));
    assert!(after.segments.len() > 1);
}

/// Its finding says how much it holds; what only follows from it is none of its own.
#[test]
fn a_segment_that_is_missing_is_one_finding_and_its_trips_are_unreadable() {
    let place = copy();
    archived(&place, Timestamp::MAX);
    fs::remove_file(data(&place).join("archive/000002.segment")).unwrap();
    let log = open(&place);
    let all = rows(&log);
    let (unreadable, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|row| row.began_at.is_none());
    assert!(!unreadable.is_empty() && !others.is_empty());
    assert!(
        unreadable
            .iter()
            .all(|row| row.unreadable > 0 && row.changed_at.is_none())
    );
    assert!(others.iter().all(|row| row.unreadable == 0));

    let checked = check(log);
    assert_eq!(
        checked.findings_count(),
        1,
        "{:?}",
        checked.report_findings().collect::<Vec<_>>()
    );
    let (segment, fault) = checked.faulty_segments().next().unwrap();
    assert_eq!((segment.number, fault.code()), (2, "segment_missing"));
    let lost = &checked.lost[&segment.file];
    assert_eq!(lost.trips, unreadable.iter().map(|row| row.trip).collect());
    let acknowledged = checked.acknowledged.unwrap();
    assert_eq!(acknowledged.missing, [], "they are known to have been");
}

#[test]
fn what_has_changed_since_stays() {
    let place = copy();
    let all = rows(&open(&place));
    let middle = all[all.len() / 2].changed_at.unwrap();
    let selection = archived(&place, middle);
    assert!(selection.recent > 0 && !selection.bookings.is_empty());
    assert_eq!(
        usize::try_from(selection.recent).unwrap() + selection.bookings.len(),
        all.len()
    );
    let log = open(&place);
    for booking in &selection.bookings {
        let rows = log.stream(StreamId::Trip(booking.trip()), Version::EMPTY);
        let mut commits = rows.map(|row| log.decode(&row.unwrap(), None).unwrap());
        assert!(commits.all(|commit| commit.at < middle));
    }
    assert_eq!(rows(&log), all);
    drop(log);
    let rest = archived(&place, Timestamp::MAX);
    assert_eq!(rest.bookings.len(), usize::try_from(selection.recent).unwrap());
    assert_eq!(rows(&open(&place)), all);
}

/// The third segment cannot be written: what lies in the first two is told truly, and asking again goes on with the rest.
#[test]
fn what_was_moved_before_a_failure_stays_so_and_the_next_goes_on() {
    let place = copy();
    let trips = rows(&open(&place));
    let selection = select(&place, Timestamp::MAX);
    let stray = data(&place).join("archive/000003.segment");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, "none of ours").unwrap();
    let mut told = Vec::new();
    let database = Database::open(data(&place)).unwrap();
    let moved = archive::archive(&database, &selection, None, SEGMENT_BYTES, |done| told.push(done));
    drop(database);
    assert_eq!(moved.failure.unwrap().code(), "archive_occupied");
    assert_eq!((moved.segments.len(), told.len()), (2, 2));
    assert_eq!(told.last(), Some(&(moved.bookings as u64)));
    let streams: u64 = moved.segments.iter().map(Segment::streams).sum();
    let (log, rest) = (open(&place), select(&place, Timestamp::MAX));
    let moved_trips = &selection.bookings[..moved.bookings];
    assert!(streams >= moved_trips.len() as u64);
    for booking in moved_trips {
        assert!(log.archived(StreamId::Trip(booking.trip())).unwrap().is_some());
    }
    assert_eq!(rest.bookings, selection.bookings[moved.bookings..]);
    drop(log);

    fs::remove_file(&stray).unwrap();
    archived(&place, Timestamp::MAX);
    assert_eq!(select(&place, Timestamp::MAX).bookings, []);
    assert_eq!(rows(&open(&place)), trips);
    assert_eq!(check(open(&place)).findings_count(), 0);
}

#[test]
fn an_archived_run_is_at_rest_and_all_its_trips_are_known() {
    let place = copy();
    let all: Vec<_> = rows(&open(&place)).iter().map(|row| row.trip).collect();
    archived(&place, Timestamp::MAX);
    let resumed = run::resume(&Folders::new(data(&place)), &all, run::Unexplained::Keep).unwrap();
    assert_eq!((resumed.taken_up, resumed.commits_added), (0, 0));
    assert_eq!(resumed.trips, all.len() as u64);
    assert_eq!(resumed.missing, []);
}

fn commits(log: &AtRest, kind: Kept) -> Vec<Commit> {
    let rows = log.streams(kind);
    rows.map(|row| log.decode(&row.unwrap(), None).unwrap()).collect()
}

fn message(commit: &Commit, body: Body) -> Message {
    Message {
        body,
        region: commit.region,
        trace: None,
        mandatory: true,
    }
}

/// Late notices of each payment that was made: by an id that is new, which comes twice, and by those that the log has seen. And
/// one of a payment that nobody made.
fn late_notices(log: &AtRest) -> Vec<Message> {
    let charges = commits(log, Kept::Charges);
    let told = |commit: &Commit, id, intent| message(commit, Body::Notice(PaymentNotice { id, intent }));
    let mut notices = vec![told(&charges[0], WebhookId::from_u128(1), IntentId::from_u128(1))];
    let mut intent = IntentId::from_u128(1);
    for commit in charges {
        for event in &*commit.events {
            if let Event::Payment(PaymentEvent::IntentCreated { intent: made, .. }) = event {
                intent = *made;
                let new = WebhookId::from_u128(1 + notices.len() as u128);
                notices.extend([told(&commit, new, intent), told(&commit, new, intent)]);
            }
        }
        if let Cause::Webhook(seen) = commit.cause {
            notices.push(told(&commit, seen, intent));
        }
    }
    notices
}

/// Each event of the bookings once more, as a relay sends it that does not know that it was sent.
fn doubled_events(log: &AtRest) -> Vec<Message> {
    let kinds = [Kept::Trips, Kept::Searches, Kept::Charges];
    let commits = kinds.into_iter().flat_map(|kind| commits(log, kind));
    let messages = commits.flat_map(|commit| {
        let events = commit.numbered().map(|(id, event)| Body::Event {
            id,
            committed_at: commit.at,
            event: event.clone(),
        });
        events.map(|body| message(&commit, body)).collect::<Vec<_>>()
    });
    messages.collect()
}

/// Puts messages into the queues that a run has left; gives how many of them somebody takes.
fn deliver(place: &TempDir, messages: Vec<Message>) -> usize {
    let database = Database::open(data(place)).unwrap();
    let bus = database.bus(clock());
    let mut publishing = bus.publish(messages);
    let mut context = Context::from_waker(Waker::noop());
    assert!(publishing.as_mut().poll(&mut context).is_pending());
    database.sync();
    let Poll::Ready(answers) = publishing.as_mut().poll(&mut context) else {
        panic!("it is written");
    };
    let taken = answers
        .iter()
        .filter(|answer| matches!(answer, Published::Confirmed));
    taken.count()
}

/// A webhook that comes after a month, or twice, is judged by the state that the trip ended in.
#[test]
fn what_comes_late_or_twice_opens_no_trip_that_was_archived() {
    let place = copy();
    let as_it_was = open(&place);
    let (trips, notices, doubled) = (
        rows(&as_it_was),
        late_notices(&as_it_was),
        doubled_events(&as_it_was),
    );
    assert!(notices.len() > trips.len() && doubled.len() > 5 * trips.len());
    drop(as_it_was);
    archived(&place, Timestamp::MAX);
    for late in [notices, doubled] {
        assert!(deliver(&place, late) > trips.len());
        let all: Vec<_> = trips.iter().map(|row| row.trip).collect();
        let resumed = run::resume(&Folders::new(data(&place)), &all, run::Unexplained::Keep).unwrap();
        assert_eq!((resumed.taken_up, resumed.commits_added), (0, 0));
        let log = open(&place);
        assert_eq!(log.unsettled().unwrap().len(), 0, "each was answered");
        let parked = log.parked().unwrap();
        let parked: Vec<_> = parked.iter().map(|parked| parked.reason.code()).collect();
        assert_eq!(
            parked,
            ["gateway_not_found"],
            "the notice that leads nowhere, and no other"
        );
        assert_eq!(
            log.trips_in_log().unwrap().len(),
            0,
            "each stream is in the archive, and there alone"
        );
        assert_eq!(rows(&log), trips);
        assert_eq!(check(log).findings_count(), 0);
    }
}

#[test]
fn archived_riders_stay_sealed_and_are_forgotten_with_their_keys() {
    let place = copy();
    archived(&place, Timestamp::MAX);
    let log = open(&place);
    let row = log.streams(Kept::Trips).next().unwrap().unwrap();
    let trip = row.ticket().stream.trip().unwrap();
    let vault = place.path().join("data.vault");
    let Said::Key(key) = VaultAtRest::open(&vault).unwrap().ask(trip) else {
        panic!("the trip was bound");
    };
    let rider = |commit: &Commit| {
        let words = format!("{commit:?}");
        words
            .split("rider: ")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    };
    let known = log.decode(&row, Some(&key)).unwrap();
    let sealed = log.decode(&row, None).unwrap();
    assert_ne!(
        rider(&known),
        rider(&sealed),
        "without the key a stand-in is told"
    );
    let Event::Trip(TripEvent::Requested(order)) = &known.events[0] else {
        panic!("a trip begins with its order");
    };
    let keys = FolderVault::open(&vault).unwrap();
    assert!(block_on_ready(keys.forget(order.rider())).unwrap().is_some());
    drop(keys);
    assert_eq!(VaultAtRest::open(&vault).unwrap().ask(trip), Said::Forgotten);
    assert_eq!(check(log).findings_count(), 0);
}
