//! What is on its way: what services make of each other's facts, and due timers.

use super::flaw::Flaw;
use crate::orders::{DRIVERS, TRIPS};
use crate::world::reaction;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::saga::{self, Command, Service};
use fiacre_domain::stream::{EventId, StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::TripRequest;
use std::sync::Arc;

/// The one trip.
pub(crate) const TRIP: TripId = TRIPS[0];

/// Whose state changes when a message arrives. Each place has an automaton of its own; only messages join them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Trip,
    Search,
    /// A driver, by their place in [`DRIVERS`].
    Driver(usize),
    /// A charge, and the gateway's side of it.
    Money,
}

/// How many places there are: two drivers among them.
pub(crate) const PLACES: usize = 5;

impl Place {
    pub(crate) const ALL: [Self; PLACES] = [
        Self::Trip,
        Self::Search,
        Self::Driver(0),
        Self::Driver(1),
        Self::Money,
    ];

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Trip => 0,
            Self::Search => 1,
            Self::Driver(driver) => 2 + driver,
            Self::Money => 4,
        }
    }
}

/// Something that will arrive once, and may arrive again unless it did something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    /// The rider's order, as the desk put it on the bus.
    Order(Arc<TripRequest>),
    /// What a service makes of a fact.
    Fact(Command),
    /// What a timer asks, once it is due.
    Due(Command),
    /// A driver has been locked for long. It comes round again as long as that is so.
    Review(usize),
}

impl Message {
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Order(_) => Place::Trip,
            Self::Fact(command) | Self::Due(command) => match command {
                Command::Trip(..) => Place::Trip,
                Command::Dispatch(..) => Place::Search,
                Command::Driver(driver, _) => {
                    Place::Driver(DRIVERS.iter().position(|id| id == driver).unwrap())
                }
                Command::Payment(..) => Place::Money,
            },
            Self::Review(driver) => Place::Driver(*driver),
        }
    }
}

/// All that the services and their timers make of one stream's new facts.
pub(crate) fn sent(stream: StreamId, events: &[Event], flaw: Option<Flaw>) -> Vec<Message> {
    let mut messages = Vec::new();
    for event in events {
        let id = EventId::new(stream, Version::EMPTY.next(), 0);
        for service in Service::ALL {
            let right = reaction(service, id, event, Timestamp::default());
            let made = flaw.map_or(right.clone(), |flaw| flaw.reaction(service, event, right));
            messages.extend(made.map(Message::Fact));
        }
        messages.extend(saga::deadline(id, event).and_then(|deadline| timer(deadline.id)));
    }
    messages
}

/// The message of a timer. Those of a charge need none: while they could do anything, they are set.
fn timer(id: TimerId) -> Option<Message> {
    match (id.kind, id.stream) {
        (TimerKind::LockReview(_), StreamId::Driver(driver)) => {
            DRIVERS.iter().position(|id| *id == driver).map(Message::Review)
        }
        (_, _) => saga::timer_command(id, None).map(Message::Due),
    }
}
