//! One trip, told from beginning to end: what happened on every stream that it has, in the order in which one thing led to another.

mod order;
mod standing;
mod words;

pub use standing::{Standing, Wait};
pub use words::{plain, short};

use crate::log::{Log, Rows};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::driver::DriverEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::ledger::{self, Account, Ledger};
use fiacre_domain::money::Currency;
use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, SealingKey, Ticket};
use std::collections::BTreeSet;

/// Something that happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was committed, by the clock of the service that decided it.
    pub at: Timestamp,
    /// Its place in the log.
    pub id: EventId,
    /// What led to it.
    pub cause: Cause,
    /// Its name in the log.
    pub name: &'static str,
    /// What happened, in a line.
    pub text: String,
    /// The trace of the request that it belongs to, as W3C's `traceparent`, where the log has one.
    pub traceparent: Option<String>,
    /// More of it, a line each: why candidates were in or out, what was posted to the ledger.
    pub details: Vec<String>,
}

/// A commit of the trip that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its place.
    pub ticket: Ticket,
    /// Why.
    pub why: String,
}

/// A trip's timeline up to some moment, and where the trip stands then.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// What happened, effects after their causes.
    pub entries: Vec<Entry>,
    /// Where the trip stands, and what it waits for.
    pub standing: Standing,
    /// What the trip's events came to in the ledger, in minor units: debits above zero.
    pub balances: Vec<(Currency, Account, i128)>,
    /// What of it cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl Timeline {
    /// Reads a trip's streams, and of its drivers' what they say of it; `until` leaves out what came later. Without the trip's
    /// key, personal data that was sealed is told as such.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn read(
        log: &impl Log,
        trip: TripId,
        key: Option<&SealingKey>,
        until: Option<Timestamp>,
    ) -> Result<Self, PortError> {
        let mut reading = Reading {
            log,
            key,
            commits: Vec::new(),
            unreadable: Vec::new(),
        };
        reading.take(log.stream(StreamId::Trip(trip), Version::EMPTY), |_| true)?;
        reading.take(log.stream(StreamId::Dispatch(trip), Version::EMPTY), |_| true)?;
        reading.take(log.charges(trip), |_| true)?;
        for driver in drivers(&reading.commits) {
            let rows = log.stream(StreamId::Driver(driver), Version::EMPTY);
            reading.take(rows, |commit| {
                commit.events.iter().any(|event| is_about(event, trip))
            })?;
        }
        let mut commits = reading.commits;
        commits.retain(|commit| until.is_none_or(|until| commit.at <= until));
        let commits = order::by_cause(commits);
        let mut ledger = Ledger::default();
        for commit in &commits {
            for event in commit.events.iter() {
                // What does not balance is the audit's to say.
                let _unbalanced = ledger.fold(commit.stream, event);
            }
        }
        Ok(Self {
            entries: commits.iter().flat_map(|commit| entries(commit, trip)).collect(),
            standing: Standing::of(&commits),
            balances: ledger.balances().filter(|(_, _, minor)| *minor != 0).collect(),
            unreadable: reading.unreadable,
        })
    }

    /// Whether the log knows nothing of the trip.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.unreadable.is_empty()
    }

    /// When it began.
    pub fn began_at(&self) -> Option<Timestamp> {
        self.entries.first().map(|entry| entry.at)
    }
}

/// Commits as they are gathered.
struct Reading<'l, L> {
    log: &'l L,
    key: Option<&'l SealingKey>,
    commits: Vec<Commit>,
    unreadable: Vec<Unreadable>,
}

impl<L: Log> Reading<'_, L> {
    fn take(&mut self, rows: Rows<'_>, is_wanted: impl Fn(&Commit) -> bool) -> Result<(), PortError> {
        for row in rows {
            let row = row?;
            match self.log.decode(&row, self.key) {
                Ok(commit) if is_wanted(&commit) => self.commits.push(commit),
                Ok(_) => {}
                // Of a driver's stream nobody knows whether it is about this trip.
                Err(_) if matches!(row.ticket().stream, StreamId::Driver(_)) => {}
                Err(error) => self.unreadable.push(Unreadable {
                    ticket: row.ticket(),
                    why: crate::check::innermost(&error),
                }),
            }
        }
        Ok(())
    }
}

/// The drivers whose locks the trip asked for.
fn drivers(commits: &[Commit]) -> BTreeSet<DriverId> {
    let events = commits.iter().flat_map(|commit| commit.events.iter());
    events
        .filter_map(|event| {
            if let Event::Dispatch(DispatchEvent::OfferAccepted { driver, .. }) = event {
                Some(*driver)
            } else {
                None
            }
        })
        .collect()
}

/// Whether a driver's event is about the trip.
fn is_about(event: &Event, trip: TripId) -> bool {
    if let Event::Driver(
        DriverEvent::Locked { trip: about, .. }
        | DriverEvent::LockRefused { trip: about, .. }
        | DriverEvent::Released { trip: about, .. },
    ) = event
    {
        *about == trip
    } else {
        false
    }
}

fn entries(commit: &Commit, trip: TripId) -> Vec<Entry> {
    let is_told = |event: &Event| !matches!(event, Event::Driver(_)) || is_about(event, trip);
    let told = commit.numbered().filter(|(_, event)| is_told(event));
    told.map(|(id, event)| {
        let (text, mut details) = words::of(event);
        details.extend(postings(event));
        Entry {
            at: commit.at,
            id,
            cause: commit.cause,
            name: event.name(),
            traceparent: commit.trace.as_deref().map(traceparent),
            text,
            details,
        }
    })
    .collect()
}

/// A trace as its header says it (W3C Trace Context, version 00).
fn traceparent(trace: &TraceContext) -> String {
    let TraceContext {
        trace_id,
        span_id,
        flags,
    } = trace;
    let (trace_id, span_id) = (u128::from_be_bytes(*trace_id), u64::from_be_bytes(*span_id));
    format!("00-{trace_id:032x}-{span_id:016x}-{flags:02x}")
}

/// What an event posts to the ledger, an entry a line.
fn postings(event: &Event) -> Vec<String> {
    let entries = ledger::entries(event).unwrap_or_default();
    let told = entries.iter().map(|entry| {
        let postings: Vec<_> = entry
            .postings()
            .iter()
            .map(|posting| format!("{} {}", posting.account(), posting.amount()))
            .collect();
        format!("ledger, {}: {}", entry.reason().name(), postings.join(", "))
    });
    told.collect()
}
