//! The log is the outbox.

use crate::stage::{Asked, NOW, Tape, assert_rests, commit, error, ports, timers, turn};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::id::TripId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockBus, MockEventStore};
use fiacre_ports::{Body, Entry, PortError, PortErrorKind, Published, Scope, Shard};
use fiacre_services::relay::Relay;
use std::sync::Arc;

fn stream(number: u128) -> StreamId {
    StreamId::Dispatch(TripId::from_u128(number))
}

/// A commit of two events, and one of one.
fn feed() -> Vec<Entry> {
    let (ending, closed) = (DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed);
    let commits = [
        commit(stream(1), 1, vec![ending.into(), closed.clone().into()]),
        commit(stream(2), 1, vec![closed.into()]),
    ];
    commits
        .into_iter()
        .map(|commit| Entry::from(Arc::new(commit)))
        .collect()
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Confirmed,
    Returned,
    Unknown,
    Refused,
}
use Answer::{Confirmed, Refused, Returned, Unknown};

fn relayed(answers: [Answer; 3], marks: bool) -> Tape {
    relayed_of(feed, answers.into(), marks)
}

fn relayed_of(feed: fn() -> Vec<Entry>, answers: Vec<Answer>, marks: bool) -> Tape {
    let tape = Tape::default();
    let (mut store, mut bus) = (MockEventStore::new(), MockBus::new());
    store.expect_feed().returning(move |_, _, _| Ok(feed()));
    let own = tape.clone();
    store.expect_hold().returning(move |tickets, until| {
        let streams = tickets.iter().map(|ticket| ticket.stream).collect();
        own.note(Asked::Hold(streams, until));
        Ok(())
    });
    let own = tape.clone();
    store.expect_mark_published().returning(move |tickets| {
        own.note(Asked::Mark(tickets.iter().map(|ticket| ticket.stream).collect()));
        if marks {
            Ok(())
        } else {
            Err(error(PortErrorKind::Unavailable))
        }
    });
    let own = tape.clone();
    bus.expect_publish().returning(move |messages| {
        let id = |message: &fiacre_ports::Message| match message.body {
            Body::Event { id, .. } => id,
            Body::Command { .. } | Body::Notice(_) => panic!("not an event"),
        };
        own.note(Asked::Publish(messages.iter().map(id).collect()));
        let published = answers.iter().map(|answer| match answer {
            Confirmed => Published::Confirmed,
            Returned => Published::Returned,
            Unknown => Published::OutcomeUnknown(error(PortErrorKind::OutcomeUnknown)),
            Refused => Published::Refused(error(PortErrorKind::Invalid)),
        });
        published.collect()
    });
    let ports = ports(&tape, store, bus, timers(&tape, vec![]));
    let mut relay = Relay::new(Service::Driver, ports, 8);
    turn(&mut relay);
    let asked = tape.copy();
    if !marks || !asked.all().iter().any(got_on) {
        assert_rests(&mut relay, &tape);
    }
    asked
}

/// Whether something was published, or set aside.
fn got_on(asked: &Asked) -> bool {
    match asked {
        Asked::Mark(marked) => !marked.is_empty(),
        Asked::Hold(..) => true,
        _ => false,
    }
}

#[test]
fn relays_that_share_a_service_each_ask_for_their_shard() {
    let shard = Shard::new(1, 3).unwrap();
    let (tape, mut store) = (Tape::default(), MockEventStore::new());
    let own = Scope::of(Service::Driver).with_shard(shard);
    let feed = store.expect_feed().withf(move |scope, _, _| *scope == own);
    feed.times(1).returning(|_, _, _| Ok(Vec::new()));
    let ports = ports(&tape, store, MockBus::new(), timers(&tape, vec![]));
    turn(&mut Relay::new(Service::Driver, ports, 8).with_shard(shard));
}

#[test]
fn commits_are_published_in_the_order_of_the_feed_and_marked_afterwards() {
    let id = |number, index| EventId::new(stream(number), Version::new(1), index);
    assert_eq!(
        relayed([Confirmed; 3], true).all(),
        [
            Asked::Publish(vec![id(1, 0), id(1, 1), id(2, 0)]),
            Asked::Mark(vec![stream(1), stream(2)]),
        ]
    );
}

#[test]
fn only_what_arrived_whole_is_marked_and_what_may_have_arrived_is_repeated_later() {
    let soon = NOW.plus(Millis::from_secs(1));
    for (answers, marked, again) in [
        ([Unknown, Confirmed, Confirmed], stream(2), stream(1)),
        ([Confirmed, Unknown, Confirmed], stream(2), stream(1)),
        ([Confirmed, Confirmed, Unknown], stream(1), stream(2)),
    ] {
        let asked = relayed(answers, true).all();
        let expected = [Asked::Mark(vec![marked]), Asked::Hold(vec![again], soon)];
        assert_eq!(asked[1..], expected, "{answers:?}");
    }
}

#[test]
fn where_nothing_may_have_arrived_the_bus_is_left_alone_and_nothing_is_set_aside() {
    for answers in [[Unknown, Confirmed, Unknown], [Unknown; 3]] {
        let asked = relayed(answers, true).all();
        assert_eq!(asked[1..], [Asked::Mark(vec![])], "{answers:?}");
    }
}

#[test]
fn what_no_queue_takes_is_set_aside_and_holds_up_nobody() {
    let (soon, later) = (NOW.plus(Millis::from_secs(1)), NOW.plus(Millis::from_secs(60)));
    for (answers, marked, aside, until) in [
        ([Confirmed, Returned, Confirmed], stream(2), stream(1), soon),
        ([Returned, Unknown, Confirmed], stream(2), stream(1), soon),
        ([Confirmed, Confirmed, Returned], stream(1), stream(2), soon),
        ([Returned, Refused, Confirmed], stream(2), stream(1), later),
        ([Confirmed, Confirmed, Refused], stream(1), stream(2), later),
    ] {
        let asked = relayed(answers, true).all();
        let expected = [Asked::Mark(vec![marked]), Asked::Hold(vec![aside], until)];
        assert_eq!(asked[1..], expected, "{answers:?}");
    }
}

#[test]
fn what_cannot_be_read_is_set_aside_and_holds_up_nobody() {
    let unreadable = || {
        let mut feed = feed();
        feed[0].commit = Err(PortError::new(PortErrorKind::Newer, "read a commit"));
        feed
    };
    let asked = relayed_of(unreadable, vec![Confirmed], true).all();
    let until = NOW.plus(Millis::from_secs(60));
    let expected = [
        Asked::Publish(vec![EventId::new(stream(2), Version::new(1), 0)]),
        Asked::Mark(vec![stream(2)]),
        Asked::Hold(vec![stream(1)], until),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn what_cannot_be_marked_is_published_again_after_a_pause() {
    let asked = relayed([Confirmed; 3], false).all();
    assert_eq!(asked.last(), Some(&Asked::Mark(vec![stream(1), stream(2)])));
}
