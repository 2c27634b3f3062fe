//! Logs, written commit by commit.

use crate::audit::{Audit, Finding, Report};
use crate::dispatch::DispatchEvent;
use crate::driver::Fence;
use crate::event::Event;
use crate::id::{CommandId, DriverId, TripId};
use crate::money::{Currency, Money};
use crate::payment::{Charge, PaymentEvent, Purpose};
use crate::stream::{Cause, ChargeNumber, Commit, EventId, StreamId, Version};
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, MoneyOutcome, TripEvent, TripPolicy};
use crate::units::Millis;
use std::sync::Arc;

pub(super) const TRIP_ID: TripId = TripId::from_u128(0x71);
pub(super) const OTHER_ID: TripId = TripId::from_u128(0x72);
pub(super) const TRIP: StreamId = StreamId::Trip(TRIP_ID);
pub(super) const SEARCH: StreamId = StreamId::Dispatch(TRIP_ID);
pub(super) const FARE: StreamId = StreamId::Payment(TRIP_ID, ChargeNumber::FARE);
/// Charges beside the fare: of a correction, and of a tip.
pub(super) const FURTHER: Charge = Charge {
    number: ChargeNumber(1),
    purpose: Purpose::Correction,
};
pub(super) const TIPPED: Charge = Charge {
    number: ChargeNumber(2),
    purpose: Purpose::Tip,
};
pub(super) const MORE: StreamId = StreamId::Payment(TRIP_ID, FURTHER.number);
pub(super) const TIP: StreamId = StreamId::Payment(TRIP_ID, TIPPED.number);
pub(super) const ADA: DriverId = DriverId::from_u128(0xada);
pub(super) const BOB: DriverId = DriverId::from_u128(0xb0b);
pub(super) const A0: AuthorizationNumber = AuthorizationNumber(0);
pub(super) const A1: AuthorizationNumber = AuthorizationNumber(1);
/// What the quoted ride costs, and the fee of a late cancellation, in cents.
pub(super) const FARE_MINOR: i64 = 1_700;
pub(super) const FEE_MINOR: i64 = 500;
/// What a no-show costs, in cents: four fifths of it are the driver's.
pub(super) const NO_SHOW_MINOR: i64 = 700;
/// A payment that was captured in whole.
pub(super) const CAPTURED: MoneyOutcome = outcome(FARE_MINOR, 0, 0);
/// A payment of which nothing was captured, nothing owed.
pub(super) const NOTHING: MoneyOutcome = outcome(0, 0, 0);

pub(super) const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

pub(super) const fn outcome(captured_minor: i64, debt_minor: i64, cash_minor: i64) -> MoneyOutcome {
    MoneyOutcome {
        currency: Some(Currency::USD),
        captured_minor,
        debt_minor,
        cash_minor,
    }
}

pub(super) const fn fence(count: u32) -> Fence {
    Fence { epoch: 0, count }
}

/// What leads to a commit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// Somebody's command, another each time.
    Asked,
    /// The first event of this commit.
    On(StreamId, u32),
}

/// A second passes with each commit. A deadline that an event gives as [`UNSET`] is set as the order's policy says.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    pub(super) commits: Vec<Commit>,
    /// What passed besides.
    waited: Millis,
}

/// A deadline that the log sets as the policy says.
pub(super) const UNSET: Timestamp = Timestamp::MAX;

impl Log {
    /// With one more commit at the end of its stream.
    pub(super) fn with<E: Into<Event>>(
        mut self,
        stream: StreamId,
        why: Why,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        let number = self.commits.len();
        let cause = match why {
            Why::Asked => Cause::Command(CommandId::from_u128(number as u128)),
            Why::On(stream, version) => Cause::Event(EventId::new(stream, Version::new(version), 0)),
        };
        let at = Timestamp::from_ms(1_000 * i64::try_from(number).unwrap()).plus(self.waited);
        self.commits.push(Commit {
            stream,
            version: self.head(stream).next(),
            at,
            cause,
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: events.into_iter().map(|event| dated(event.into(), at)).collect(),
        });
        self
    }

    /// What follows is so much later.
    pub(super) fn later(mut self, by: Millis) -> Self {
        self.waited = self.waited.saturating_add(by);
        self
    }

    fn head(&self, stream: StreamId) -> Version {
        let own = self.commits.iter().filter(|commit| commit.stream == stream);
        own.map(|commit| commit.version).max().unwrap_or_default()
    }

    /// When a commit was written.
    pub(super) fn at(&self, stream: StreamId, version: u32) -> Timestamp {
        let is_it = |commit: &&Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        self.commits.iter().find(is_it).expect("a commit to look at").at
    }

    /// The log with one commit so many ms later, or earlier.
    pub(super) fn moved(self, stream: StreamId, version: u32, by_ms: i64) -> Self {
        self.with_changed(stream, version, |commit| {
            commit.at = commit.at.plus(Millis::new(by_ms));
        })
    }

    /// The log with one commit changed.
    pub(super) fn with_changed(
        mut self,
        stream: StreamId,
        version: u32,
        change: impl FnOnce(&mut Commit),
    ) -> Self {
        let is_it = |commit: &&mut Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        change(self.commits.iter_mut().find(is_it).expect("a commit to change"));
        self
    }

    /// The log with one commit saying something else.
    pub(super) fn with_events<E: Into<Event>>(
        self,
        stream: StreamId,
        version: u32,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        self.with_changed(stream, version, |commit| {
            let at = commit.at;
            commit.events = events.into_iter().map(|event| dated(event.into(), at)).collect();
        })
    }

    /// The log up to and without this commit.
    pub(super) fn until(mut self, stream: StreamId, version: u32) -> Self {
        let is_it = |commit: &Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        let end = self.commits.iter().position(is_it).expect("a commit to stop at");
        self.commits.truncate(end);
        self
    }

    pub(super) fn without(mut self, stream: StreamId, version: u32) -> Self {
        self.commits
            .retain(|commit| (commit.stream, commit.version) != (stream, Version::new(version)));
        self
    }

    pub(super) fn audited(&self) -> Report {
        let mut audit = Audit::default();
        for commit in &self.commits {
            audit.observe(commit);
        }
        audit.finish()
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.audited().findings().iter().map(Finding::code).collect()
    }
}

/// The event with its deadline set, where that is left open, as the default policy says.
fn dated(event: Event, at: Timestamp) -> Event {
    let policy = TripPolicy::default();
    let set = |deadline: &mut Timestamp, budget| {
        if *deadline == UNSET {
            *deadline = at.plus(budget);
        }
    };
    let mut event = event;
    if let Event::Trip(TripEvent::Confirmed { arrival_due_at, .. }) = &mut event {
        set(arrival_due_at, policy.arrival_budget);
    } else if let Event::Trip(TripEvent::DriverArrived {
        no_show_at,
        no_show_due_at,
        ..
    }) = &mut event
    {
        set(no_show_at, policy.no_show_grace);
        set(
            no_show_due_at,
            policy.no_show_grace.saturating_add(policy.no_show_report),
        );
    } else if let Event::Trip(TripEvent::Started(start)) = &mut event {
        set(&mut Arc::make_mut(start).overdue_at, policy.ride_budget);
    } else if let Event::Dispatch(
        DispatchEvent::SearchStarted { budget_ends_at, .. }
        | DispatchEvent::SearchResumed { budget_ends_at, .. },
    ) = &mut event
    {
        set(budget_ends_at, policy.search_budget);
    } else if let Event::Dispatch(DispatchEvent::OfferMade(offer)) = &mut event {
        set(&mut Arc::make_mut(offer).expires_at, Millis::from_secs(25));
    } else if let Event::Payment(PaymentEvent::AuthorizationStarted(start)) = &mut event {
        let start = Arc::make_mut(start);
        set(&mut start.budget_ends_at, start.budget);
    }
    event
}
