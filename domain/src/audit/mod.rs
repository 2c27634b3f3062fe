//! The auditor: reads a log and says what is wrong with it.
//!
//! It knows the promises, not the code that keeps them: the rules of the saga, the locks and the money are written down here
//! a second time, so that a bug in an aggregate cannot hide itself. Of the aggregates it uses only the events; the
//! [ledger](crate::ledger) is its book, and the order's own policy its measure.
//!
//! # What is checked
//!
//! | what | where |
//! |---|---|
//! | versions, causes and times of each stream; that every cause is in the log | `tape`, here |
//! | which event may follow which, in every state of a trip, a search, a charge and a driver | `trip/sequence`, `search/sequence`, `charge/sequence`, `driver` |
//! | a confirmation has its order, its lock and its payment, and comes as soon as it has them | `trip` |
//! | deadlines are set as the order's policy says, and nothing that waits for one comes before it: expiry, arrival, no-show, ride | `trip/deadlines` |
//! | rounds and offers: their time, and what pauses leave of it | `search/budgets` |
//! | attempts at a hold: how many, how long, alike | `charge/attempts` |
//! | reassignments, start codes, the party, changes of plan, and whether whoever acts may | `trip/limits` |
//! | what a cancellation costs, by stage, time and fault, and who gets which part of it | `trip/cancellations` |
//! | a fare is of the ride's own reading and quote; every receipt is what its tariff makes of what happened | `trip/fares`, `receipts` |
//! | tips: how late, how many, how much, by card | `trip/tips` |
//! | each hold ends once and whole; what is due is captured, owed or paid in cash, and no more | `charge/amounts` |
//! | money follows corrections and tips, across all charges of a trip | `charge/correction` |
//! | locks: one trip a driver, fences, who asked for them and for their release | `driver`, `booking/judgement` |
//! | what streams say of each other: notes, assignments, amounts, budgets, cards, why a trip failed | `booking/judgement` |
//! | every trip ends, and leaves no lock and no hold behind | `booking/judgement` |
//! | parked messages that the log tells of, policies, published tariffs | `ops`, `tariff` |
//!
//! # What is not
//!
//! - **Whether an order was rightly rejected**: the log does not hold what it turned away.
//! - **What a tariff says a ride costs** is computed by [`pricing`](crate::pricing) alone, from the tariff and what happened
//!   (fees are computed here a second time): its laws are held by tests over generated tariffs, and a quote is a promise that
//!   is never priced again.
//! - **Who was offered what, and why**: matching proves itself by its [certificate](crate::matching), and whether a driver was
//!   near is telemetry, which is not in the log.
//! - **When a lock is looked at again**, and when a hold lapses at the gateway: nothing is decided by either alone.
//! - **Whether a start code was right**, a reading true or a no-show real: those are people's and devices' words.
//! - **Messages that are parked** where no event tells of them: they lie in the bus, and whoever runs it reports them.
//! - Of a trip that was forgotten: whether a later tip is of the order's card, and whether a correction is of its quote.
//!
//! # How it is fed
//!
//! Feed it every commit, in any interleaving that keeps the order within each stream. Rules of one stream are judged at
//! once; what streams claim about each other is judged when a trip is closed on all of them, and [`Audit::finish`] judges
//! the rest, the money of corrected fares and tips among it: it takes the log to be complete and the platform to be at rest.
//! A log without a flaw has no finding in any interleaving. Order between streams is never read from clocks, only from
//! causes; a deadline is judged by the clock of the stream that it is on, which is its own service's.
//!
//! A trip that is closed on every stream and plainly so (no refund, dispute, tip) is forgotten but for 40 bytes, which
//! detect whatever comes later; a trip that comes back is judged on, only a repeated cause from before is not seen any more.
//!
//! ```
//! use fiacre_domain::audit::Audit;
//! use fiacre_domain::dispatch::DispatchEvent;
//! use fiacre_domain::event::Event;
//! use fiacre_domain::id::{CommandId, TripId};
//! use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
//! use fiacre_domain::time::Timestamp;
//!
//! let ending = Commit {
//!     stream: StreamId::Dispatch(TripId::from_u128(1)),
//!     version: Version::new(2),
//!     at: Timestamp::from_ms(0),
//!     cause: Cause::Command(CommandId::from_u128(7)),
//!     region: "manhattan".parse()?,
//!     trace: None,
//!     events: [Event::from(DispatchEvent::DispatchEnding)].into(),
//! };
//! let mut audit = Audit::default();
//! audit.observe(&ending);
//! let report = audit.finish();
//! let codes: Vec<_> = report.findings().iter().map(|finding| finding.code()).collect();
//! assert_eq!(codes, ["audit_never_ended", "audit_version_gap"]);
//! assert_eq!(
//!     report.findings()[1].to_string(),
//!     "dispatch-00000000-0000-0000-0000-000000000001/2: commits from version 1 on are missing before this one"
//! );
//! # Ok::<(), fiacre_domain::id::IdError>(())
//! ```

mod archive;
mod booking;
mod charge;
mod driver;
mod few;
mod finding;
mod later;
mod ops;
mod receipts;
mod search;
mod tape;
mod tariff;
#[cfg(test)]
mod tests;
mod trip;

pub use finding::{FINDINGS_MAX, Finding, Flaw};
pub use tape::CLOCK_STEP_MAX;

use crate::id::{DriverId, RegionId, TariffId, TripId};
use crate::ledger::Ledger;
use crate::pricing::Tariff;
use crate::stream::{Cause, Commit, EventId, StreamId, Version};
use archive::Archive;
use booking::Booking;
use driver::{Driver, LockFact};
use finding::{Findings, Notes};
use ops::Operation;
use receipts::Receipts;
use std::collections::BTreeMap;
use std::sync::Arc;
use tariff::Publications;

/// An audit under way.
#[derive(Debug, Default)]
pub struct Audit {
    findings: Findings,
    open: BTreeMap<TripId, Box<Booking>>,
    closed: Archive,
    drivers: BTreeMap<DriverId, Driver>,
    regions: BTreeMap<RegionId, Operation>,
    tariffs: BTreeMap<TariffId, Publications>,
    receipts: Receipts,
    /// Commits that were named as causes before they were seen: which event, and by whom.
    awaited: BTreeMap<(StreamId, Version), Vec<Effect>>,
    ledger: Ledger,
    commits: u64,
    events: u64,
}

/// A commit that names a cause.
#[derive(Debug, Clone, Copy)]
struct Effect {
    cause: EventId,
    stream: StreamId,
    version: Version,
}

impl Audit {
    /// Holds receipts to `tariff`, whatever the log says of a tariff with its name and version. Of others the log is
    /// believed: that which an order was priced with, or was published, first.
    #[must_use]
    pub fn with_tariff(mut self, tariff: &Arc<Tariff>) -> Self {
        self.receipts.know(tariff);
        self
    }

    /// Reads one commit.
    pub fn observe(&mut self, commit: &Commit) {
        self.commits = self.commits.saturating_add(1);
        self.events = self
            .events
            .saturating_add(u64::try_from(commit.events.len()).unwrap_or(u64::MAX));
        let is_new = match commit.stream {
            StreamId::Trip(trip) | StreamId::Dispatch(trip) | StreamId::Payment(trip, _) => {
                self.observe_booking(trip, commit)
            }
            StreamId::Driver(driver) => self.observe_driver(driver, commit),
            StreamId::Ops(region) => {
                let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
                self.regions
                    .entry(region)
                    .or_default()
                    .observe(commit, &mut notes)
            }
            StreamId::Tariff(tariff) => self.observe_tariff(tariff, commit),
        };
        if is_new {
            let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
            self.receipts.observe(&commit.events, &mut notes);
            self.find_cause(commit);
            self.answer_effects(commit);
            self.enter(commit);
        }
    }

    fn observe_booking(&mut self, trip: TripId, commit: &Commit) -> bool {
        let booking = booking(&mut self.open, &mut self.closed, trip);
        let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
        let is_new = booking.observe(commit, &self.receipts, &mut notes);
        self.settle(trip, commit);
        is_new
    }

    fn observe_driver(&mut self, driver: DriverId, commit: &Commit) -> bool {
        let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
        let (open, closed) = (&mut self.open, &mut self.closed);
        let mut released = None;
        let is_new = self
            .drivers
            .entry(driver)
            .or_default()
            .observe(commit, &mut notes, |fact| match fact {
                LockFact::Locked { trip, round, fence } => {
                    booking(open, closed, trip).lock(commit.version, driver, round, fence)
                }
                LockFact::Released { trip, fence } => {
                    released = Some(trip);
                    booking(open, closed, trip).release(driver, fence)
                }
            });
        if let Some(trip) = released {
            self.settle(trip, commit);
        }
        is_new
    }

    fn observe_tariff(&mut self, tariff: TariffId, commit: &Commit) -> bool {
        let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
        self.tariffs
            .entry(tariff)
            .or_default()
            .observe(tariff, commit, &mut notes)
    }

    /// Judges a trip that is closed on all streams, and forgets what it can.
    fn settle(&mut self, trip: TripId, commit: &Commit) {
        let Some(booking) = self.open.get_mut(&trip).filter(|booking| booking.is_complete()) else {
            return;
        };
        let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
        booking.judge(trip, &mut notes);
        match booking.closed() {
            Some(closed) => {
                booking.judge_charges(trip, &mut notes);
                self.open.remove(&trip);
                self.closed.insert(trip, closed);
            }
            None => booking.trim(),
        }
    }

    fn find_cause(&mut self, commit: &Commit) {
        let cause = match commit.cause {
            Cause::Event(id) => id,
            Cause::Timer(id) => EventId::new(id.stream, id.version, 0),
            Cause::Command(_) | Cause::Webhook(_) => return,
        };
        if cause.stream() == commit.stream && cause.version() >= commit.version {
            let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
            notes.add(Flaw::CauseNotBefore);
        } else if !self.holds(cause) {
            let effect = Effect {
                cause,
                stream: commit.stream,
                version: commit.version,
            };
            self.awaited
                .entry((cause.stream(), cause.version()))
                .or_default()
                .push(effect);
        }
    }

    fn holds(&self, id: EventId) -> bool {
        let (stream, version, index) = (id.stream(), id.version(), id.index());
        match stream {
            StreamId::Trip(trip) | StreamId::Dispatch(trip) | StreamId::Payment(trip, _) => {
                match (self.open.get(&trip), self.closed.get(trip)) {
                    (Some(booking), _) => booking.holds(stream, version, index),
                    (None, Some(closed)) => closed.holds(stream, version),
                    (None, None) => false,
                }
            }
            StreamId::Driver(driver) => self
                .drivers
                .get(&driver)
                .is_some_and(|driver| driver.tape.holds(version, index)),
            StreamId::Ops(region) => self
                .regions
                .get(&region)
                .is_some_and(|region| region.tape.holds(version, index)),
            StreamId::Tariff(tariff) => self
                .tariffs
                .get(&tariff)
                .is_some_and(|tariff| tariff.tape.holds(version, index)),
        }
    }

    /// Answers whoever named this commit as their cause before it was seen.
    fn answer_effects(&mut self, commit: &Commit) {
        if self.awaited.is_empty() {
            return;
        }
        let Some(effects) = self.awaited.remove(&(commit.stream, commit.version)) else {
            return;
        };
        for effect in effects {
            if usize::from(effect.cause.index()) >= commit.events.len() {
                let cause = effect.cause;
                let mut notes = Notes::new(&mut self.findings, effect.stream, effect.version);
                notes.add(Flaw::CauseMissing { cause });
            }
        }
    }

    fn enter(&mut self, commit: &Commit) {
        for event in commit.events.iter() {
            if self.ledger.fold(commit.stream, event).is_err() {
                let mut notes = Notes::new(&mut self.findings, commit.stream, commit.version);
                notes.add(Flaw::EntryUnbalanced);
            }
        }
    }

    /// What was found so far, by stream and version; of a log that goes on, what is not closed yet is no finding.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.findings.kept.clone();
        findings.sort_unstable();
        findings
    }

    /// The money of what was read so far.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many trips are kept in memory: those that have not ended on every stream, and those whose money went on after their
    /// end, or of which otherwise something is to be remembered.
    pub fn trips_kept(&self) -> usize {
        self.open.len()
    }

    /// How many trips have not ended on every stream. Looks at each that is [kept](Self::trips_kept).
    pub fn trips_open(&self) -> usize {
        self.open.values().filter(|booking| !booking.is_ended()).count()
    }

    /// Ends the audit: the log is complete, and whatever is still open in it is a finding.
    pub fn finish(mut self) -> Report {
        for (trip, booking) in &mut self.open {
            let mut notes = Notes::new(&mut self.findings, StreamId::Trip(*trip), Version::EMPTY);
            if booking.is_complete() {
                booking.judge(*trip, &mut notes);
            } else {
                booking.finish(*trip, &mut notes);
            }
            booking.judge_charges(*trip, &mut notes);
        }
        for (region, parking) in &self.regions {
            let stream = StreamId::Ops(*region);
            parking.finish(
                stream,
                &mut Notes::new(&mut self.findings, stream, Version::EMPTY),
            );
        }
        self.close()
    }

    /// Ends the audit of a platform that goes on, or was stopped half-way: what has not ended yet is no finding, and what
    /// its streams say of each other is not judged yet. The log is complete otherwise: a cause that it does not hold is a
    /// finding.
    ///
    /// ```
    /// use fiacre_domain::audit::Audit;
    /// use fiacre_domain::driver::DriverEvent;
    /// use fiacre_domain::id::{DriverId, TripId};
    /// use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, Version};
    /// use fiacre_domain::time::Timestamp;
    ///
    /// let (trip, driver) = (TripId::from_u128(1), DriverId::from_u128(7));
    /// let refused = Commit {
    ///     stream: StreamId::Driver(driver),
    ///     version: Version::new(1),
    ///     at: Timestamp::from_ms(0),
    ///     cause: Cause::Event(EventId::new(StreamId::Dispatch(trip), Version::new(3), 0)),
    ///     region: "manhattan".parse()?,
    ///     trace: None,
    ///     events: [DriverEvent::LockRefused { trip, round: 0 }.into()].into(),
    /// };
    /// let mut audit = Audit::default();
    /// audit.observe(&refused);
    /// let codes: Vec<_> = audit.interrupt().findings().iter().map(|finding| finding.code()).collect();
    /// assert_eq!(codes, ["audit_cause_missing"]);
    /// # Ok::<(), fiacre_domain::id::IdError>(())
    /// ```
    pub fn interrupt(self) -> Report {
        self.close()
    }

    fn close(mut self) -> Report {
        for effect in self.awaited.values().flatten() {
            let cause = effect.cause;
            let mut notes = Notes::new(&mut self.findings, effect.stream, effect.version);
            notes.add(Flaw::CauseMissing { cause });
        }
        let findings = self.findings();
        Report {
            findings,
            findings_count: self.findings.count,
            commits: self.commits,
            events: self.events,
            receipts_verified: self.receipts.verified,
            receipts_unpriced: self.receipts.unpriced,
            ledger: self.ledger,
        }
    }
}

/// The booking of a trip: the open one, a closed one that comes back, or a new one.
fn booking<'a>(
    open: &'a mut BTreeMap<TripId, Box<Booking>>,
    closed: &mut Archive,
    trip: TripId,
) -> &'a mut Booking {
    open.entry(trip).or_insert_with(|| {
        Box::new(
            closed
                .remove(trip)
                .map_or_else(Booking::default, |closed| Booking::resumed(&closed)),
        )
    })
}

/// What an audit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    findings_count: u64,
    commits: u64,
    events: u64,
    receipts_verified: u64,
    receipts_unpriced: u64,
    ledger: Ledger,
}

impl Report {
    /// What is wrong, by stream and version; at most [`FINDINGS_MAX`].
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there were, those beyond [`FINDINGS_MAX`] too.
    pub const fn findings_count(&self) -> u64 {
        self.findings_count
    }

    /// How many commits were read.
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// How many events they held.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How many receipts were recomputed from a tariff and found to be what it makes of what happened; every other one is
    /// a finding, or [not priced](Self::receipts_unpriced).
    pub const fn receipts_verified(&self) -> u64 {
        self.receipts_verified
    }

    /// How many receipts were made without pricing, because the quote's tariff was not known or came to other amounts: they
    /// charge what was accepted, which was compared, and a cancellation nothing. No findings, but for an operator to look at.
    pub const fn receipts_unpriced(&self) -> u64 {
        self.receipts_unpriced
    }

    /// The money of the whole log.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}
