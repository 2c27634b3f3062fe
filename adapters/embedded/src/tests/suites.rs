//! The conformance suites, on a folder for each clause.

use super::rows::too_long;
use super::world::World;
use fiacre_conformance::Support;
use fiacre_conformance::bus::{self, BusHarness};
use fiacre_conformance::dispatch_board::{self, DispatchBoardHarness};
use fiacre_conformance::event_store::{self, EventStoreHarness, Unreadable};
use fiacre_conformance::timers::{self, TimersHarness};
use fiacre_conformance::trip_views::{self, TripViewsHarness};
use fiacre_ports::{
    Bus, DispatchBoard, EventStore, Message, QueueName, RawMessage, Ticket, Timers, TripViews,
};
use std::sync::Arc;

impl EventStoreHarness for World {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store())
    }

    fn support(&self, capability: event_store::Capability) -> Support {
        match capability {
            event_store::Capability::Restart
            | event_store::Capability::Crash
            | event_store::Capability::HoldAppend
            | event_store::Capability::LoseAnswer
            | event_store::Capability::ForgetSnapshots
            | event_store::Capability::Unreadable => Support::Yes,
        }
    }

    fn restart(&self) {
        self.end();
    }

    fn crash(&self) {
        self.kill();
    }

    fn hold_next_append(&self) {
        self.way.hold_next();
    }

    fn release_append(&self) {
        self.way.release();
    }

    fn lose_next_answer(&self) {
        self.way.lose_next();
    }

    fn forget_snapshots(&self) {
        let database = self.database();
        database.core().log.forget_kept(&database.core().tables);
    }

    fn make_unreadable(&self, commit: Ticket, how: Unreadable) {
        self.rewrite(commit, how);
    }

    fn make_readable(&self, commit: Ticket) {
        self.put_back(commit);
    }
}

impl BusHarness for World {
    fn open(&self) -> Arc<dyn Bus> {
        Arc::new(self.bus())
    }

    fn support(&self, capability: bus::Capability) -> Support {
        match capability {
            bus::Capability::Cut => Support::No("no connection leads to a folder"),
            bus::Capability::Refuse if self.takes_any_message => {
                Support::No("every message of the suite fits; see the test with a short limit")
            }
            bus::Capability::Crash
            | bus::Capability::Undecodable
            | bus::Capability::Newer
            | bus::Capability::Refuse
            | bus::Capability::LoseConfirm => Support::Yes,
        }
    }

    fn crash(&self) {
        self.kill();
    }

    fn put_undecodable(&self, queue: &QueueName, raw: &RawMessage) {
        self.put_foreign(queue, raw);
    }

    fn put_newer(&self, queue: &QueueName, message: Message) {
        self.put_newer_message(queue, &message);
    }

    fn upgrade(&self) {
        self.lower_messages();
    }

    fn unpublishable(&self, message: Message) -> Message {
        too_long(message)
    }

    fn lose_next_confirm(&self) {
        self.way.lose_next();
    }
}

impl TimersHarness for World {
    fn open(&self) -> Arc<dyn Timers> {
        Arc::new(self.database().timers(self.clock()))
    }

    fn support(&self, capability: timers::Capability) -> Support {
        match capability {
            timers::Capability::Restart | timers::Capability::Crash => Support::Yes,
        }
    }

    fn restart(&self) {
        self.end();
    }

    fn crash(&self) {
        self.kill();
    }
}

impl TripViewsHarness for World {
    fn open(&self) -> Arc<dyn TripViews> {
        Arc::new(self.database().views())
    }

    fn support(&self, capability: trip_views::Capability) -> Support {
        match capability {
            trip_views::Capability::Restart => Support::Yes,
        }
    }

    fn restart(&self) {
        self.kill();
    }
}

impl DispatchBoardHarness for World {
    fn open(&self) -> Arc<dyn DispatchBoard> {
        Arc::new(self.database().board(self.clock()))
    }

    fn support(&self, capability: dispatch_board::Capability) -> Support {
        match capability {
            dispatch_board::Capability::Restart
            | dispatch_board::Capability::Lose
            | dispatch_board::Capability::LetHoursPass => Support::Yes,
        }
    }

    fn restart(&self) {
        self.end();
    }

    fn lose(&self) {
        self.start_empty();
    }
}

fiacre_conformance::event_store_suite!(World::new());
fiacre_conformance::bus_suite!(World::new());
fiacre_conformance::timers_suite!(World::new());
fiacre_conformance::trip_views_suite!(World::new());
fiacre_conformance::dispatch_board_suite!(World::new());

#[test]
fn a_message_that_is_too_long_is_refused() {
    bus::verify(&World::of_short_messages(), bus::Clause::RefusedIsFinal);
}
