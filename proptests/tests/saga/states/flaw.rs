//! Policies that are wrong on purpose: each must be found.

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::driver;
use fiacre_domain::event::Event;
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::trip::{self, TripEvent};

use super::message::TRIP;

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A cause may make a second commit.
    InboxForgotten,
    /// The driver is not told that the search lets go of them.
    ReleaseForgotten,
    /// The trip takes the beginning of the search's end for its end.
    LockClearedTooEarly,
    /// The trip takes the release of any lock for the end of the search.
    LockClearedByAnyRelease,
    /// Nobody searches again after a driver gave the trip back.
    SearchForgotten,
    /// A driver who was locked for long is let go, whatever the trip says.
    LockExpires,
    /// The hold is not given back at the gateway.
    VoidForgotten,
    /// A trip that found its driver is told that nobody was found, which does it no harm.
    NoDriverAfterAll,
}

impl Flaw {
    /// What a service does about `event`, instead of the right reaction.
    pub(crate) fn reaction(self, service: Service, event: &Event, right: Option<Command>) -> Option<Command> {
        let clear = Some(Command::Trip(TRIP, trip::Command::ClearLock));
        match (self, service, event) {
            (Self::LockClearedTooEarly, Service::Trip, Event::Dispatch(DispatchEvent::DispatchEnding))
            | (
                Self::LockClearedByAnyRelease,
                Service::Trip,
                Event::Dispatch(DispatchEvent::ReleaseNoted { .. }),
            ) => clear,
            (Self::NoDriverAfterAll, Service::Trip, Event::Trip(TripEvent::Confirmed { round, .. })) => {
                Some(Command::Trip(TRIP, trip::Command::NoDriver { round: *round }))
            }
            (Self::SearchForgotten, Service::Driver, Event::Trip(TripEvent::Reassigning { .. })) => None,
            (Self::ReleaseForgotten, ..) => right
                .filter(|command| !matches!(command, Command::Driver(_, driver::Command::Release { .. }))),
            (_, _, _) => right,
        }
    }
}
