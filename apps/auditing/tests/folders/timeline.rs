//! What a timeline tells of the city's trips.

use crate::folder::{at_rest, city, folder};
use fiacre_auditing::list::{self, Filter};
use fiacre_auditing::timeline::Timeline;
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Cause, Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Phase, TripEvent};
use fiacre_domain::units::Millis;
use fiacre_embedded::AtRest;
use std::collections::{BTreeMap, BTreeSet};

fn open() -> AtRest {
    at_rest(folder().path())
}

fn told(trip: TripId, until: Option<Timestamp>) -> Timeline {
    Timeline::read(&open(), trip, None, until).unwrap()
}

fn find(is_it: impl Fn(&Event) -> bool) -> &'static Commit {
    city()
        .commits
        .iter()
        .find(|commit| commit.events.iter().any(&is_it))
        .unwrap()
}

fn trips() -> BTreeSet<TripId> {
    city()
        .commits
        .iter()
        .filter_map(|commit| commit.stream.trip())
        .collect()
}

#[test]
fn every_event_of_a_trip_is_told_once_after_its_cause() {
    let log = open();
    let mut events: BTreeMap<TripId, usize> = BTreeMap::new();
    for commit in &city().commits {
        if let Some(trip) = commit.stream.trip() {
            *events.entry(trip).or_default() += commit.events.len();
        }
    }
    for (trip, count) in events.into_iter().take(40) {
        let timeline = Timeline::read(&log, trip, None, None).unwrap();
        let own = timeline
            .entries
            .iter()
            .filter(|entry| entry.id.stream().trip() == Some(trip));
        assert_eq!(own.count(), count);
        let mut before = BTreeSet::new();
        for entry in &timeline.entries {
            if let Cause::Event(cause) = entry.cause
                && timeline.entries.iter().any(|other| other.id == cause)
            {
                assert!(before.contains(&cause), "{} before its cause {cause}", entry.id);
            }
            before.insert(entry.id);
        }
        assert!(
            timeline.standing.waits_for().is_empty(),
            "{:?}",
            timeline.standing.waits_for()
        );
    }
}

#[test]
fn an_offer_says_who_was_in_and_who_was_out() {
    let made = find(
        |event| matches!(event, Event::Dispatch(DispatchEvent::OfferMade(offer)) if offer.verdicts.listed().len() > 3),
    );
    let timeline = told(made.stream.trip().unwrap(), None);
    let offer = timeline
        .entries
        .iter()
        .find(|entry| entry.id.stream() == made.stream && entry.id.version() == made.version)
        .unwrap();
    assert!(
        offer.details.iter().any(|line| line.starts_with("in ")),
        "{:?}",
        offer.details
    );
    assert!(
        offer
            .details
            .iter()
            .filter(|line| line.starts_with("out"))
            .count()
            >= 3,
        "{:?}",
        offer.details
    );
}

#[test]
fn a_trip_is_told_as_it_stood_at_a_moment() {
    let confirmed = find(|event| matches!(event, Event::Trip(TripEvent::Confirmed { .. })));
    let trip = confirmed.stream.trip().unwrap();
    let now = told(trip, Some(confirmed.at));
    assert_eq!(now.standing.trip.control().phase, Phase::Confirmed);
    assert_eq!(now.standing.waits_for()[0].what, "the driver to arrive");
    let ordered = now.began_at().unwrap();
    let before = told(trip, Some(ordered));
    assert_eq!(before.standing.trip.control().phase, Phase::Requested);
    assert!(!before.standing.waits_for().is_empty());
    assert!(told(trip, Some(ordered.plus(Millis::new(-1)))).is_empty());
}

#[test]
fn the_lock_of_its_driver_is_told_and_no_other_trips() {
    let locked = find(|event| matches!(event, Event::Trip(TripEvent::Confirmed { .. })));
    let timeline = told(locked.stream.trip().unwrap(), None);
    let names: Vec<_> = timeline
        .entries
        .iter()
        .filter(|entry| matches!(entry.id.stream(), StreamId::Driver(_)))
        .map(|entry| entry.name)
        .collect();
    assert!(
        names.contains(&"DriverLocked") && names.contains(&"DriverReleased"),
        "{names:?}"
    );
}

#[test]
fn what_a_trip_came_to_in_the_ledger_sums_to_zero() {
    let captured = find(|event| matches!(event, Event::Trip(TripEvent::FareSettled(_))));
    let timeline = told(captured.stream.trip().unwrap(), None);
    assert!(!timeline.balances.is_empty());
    assert_eq!(
        timeline.balances.iter().map(|(_, _, minor)| minor).sum::<i128>(),
        0
    );
}

#[test]
fn a_trip_that_nobody_ordered_is_empty() {
    assert!(told(TripId::from_u128(7), None).is_empty());
}

fn listed(filter: &Filter) -> Vec<list::Row> {
    let mut rows = Vec::new();
    list::trips(&open(), filter, |row| {
        rows.push(row);
        true
    })
    .unwrap();
    rows
}

#[test]
fn every_trip_is_listed_once_and_filters_take_what_they_say() {
    let all = listed(&Filter::default());
    assert_eq!(all.iter().map(|row| row.trip).collect::<BTreeSet<_>>(), trips());
    assert_eq!(all.len(), trips().len());
    assert!(all.iter().all(|row| row.is_over && row.unreadable == 0));
    let completed = listed(&Filter {
        phases: vec![Phase::Completed],
        ..Filter::default()
    });
    let expected = all
        .iter()
        .filter(|row| row.phase == Phase::Completed)
        .cloned()
        .collect::<Vec<_>>();
    assert!(!completed.is_empty() && completed == expected);
    assert_eq!(
        listed(&Filter {
            open: true,
            ..Filter::default()
        }),
        []
    );
    let flagged = listed(&Filter {
        flagged: true,
        ..Filter::default()
    });
    assert!(flagged.iter().all(|row| row.is_flagged) && flagged.len() < all.len());
    let since = all[all.len() / 2].began_at;
    let late = listed(&Filter {
        since,
        ..Filter::default()
    });
    assert!(!late.is_empty() && late.iter().all(|row| row.began_at >= since) && late.len() < all.len());
}

#[test]
fn a_list_ends_where_its_reader_says_so() {
    let mut count = 0;
    list::trips(&open(), &Filter::default(), |_| {
        count += 1;
        count < 3
    })
    .unwrap();
    assert_eq!(count, 3);
}
