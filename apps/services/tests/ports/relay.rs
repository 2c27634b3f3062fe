//! The log is the outbox.

use crate::stage::{Asked, NOW, Tape, commit, error, ports, timers, turn};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::id::TripId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, EventId, StreamId, Version};
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockBus, MockEventStore};
use fiacre_ports::{Body, PortErrorKind, Published, Ticket};
use fiacre_services::relay::Relay;
use std::sync::Arc;

fn stream(number: u128) -> StreamId {
    StreamId::Dispatch(TripId::from_u128(number))
}

/// A commit of two events, and one of one.
fn feed() -> Vec<(Ticket, Arc<Commit>)> {
    let (ending, closed) = (DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed);
    let commits = [
        commit(stream(1), 1, vec![ending.into(), closed.clone().into()]),
        commit(stream(2), 1, vec![closed.into()]),
    ];
    let ticket = |commit: &Commit| Ticket {
        stream: commit.stream,
        version: commit.version,
    };
    commits
        .into_iter()
        .map(|commit| (ticket(&commit), Arc::new(commit)))
        .collect()
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Confirmed,
    Returned,
    Unknown,
}
use Answer::{Confirmed, Returned, Unknown};

fn relayed(answers: [Answer; 3], marks: bool) -> Tape {
    let tape = Tape::default();
    let (mut store, mut bus) = (MockEventStore::new(), MockBus::new());
    store.expect_feed().returning(|_, _, _| Ok(feed()));
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
        let published = answers.map(|answer| match answer {
            Confirmed => Published::Confirmed,
            Returned => Published::Returned,
            Unknown => Published::OutcomeUnknown(error(PortErrorKind::OutcomeUnknown)),
        });
        published.into()
    });
    let ports = ports(&tape, store, bus, timers(&tape, vec![]));
    turn(&mut Relay::new(Service::Driver, ports, 8));
    tape
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
fn only_what_arrived_whole_is_marked() {
    let pause = Asked::Wait(NOW.plus(Millis::from_secs(1)));
    for (answers, marked) in [
        ([Confirmed, Returned, Confirmed], vec![stream(2)]),
        ([Returned, Returned, Confirmed], vec![stream(2)]),
        ([Unknown, Confirmed, Confirmed], vec![stream(2)]),
        ([Confirmed, Confirmed, Unknown], vec![stream(1)]),
        ([Confirmed, Confirmed, Returned], vec![stream(1)]),
        ([Unknown, Returned, Unknown], vec![]),
    ] {
        let asked = relayed(answers, true).all();
        assert_eq!(asked[1..], [Asked::Mark(marked), pause.clone()], "{answers:?}");
    }
}

#[test]
fn what_cannot_be_marked_is_published_again_after_a_pause() {
    let asked = relayed([Confirmed; 3], false).all();
    assert_eq!(asked.last(), Some(&Asked::Wait(NOW.plus(Millis::from_secs(1)))));
}
