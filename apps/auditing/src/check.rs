//! Is every promise kept, on every stream, and is every acknowledged trip there?
//!
//! Every commit of the folders goes through the domain's [audit](fiacre_domain::audit); its bytes through the chain of hashes
//! that each stream is. What cannot be read is named, and its neighbours are judged as ever.
//!
//! The commits are read trip by trip (ADR 58), so that what is kept
//! in memory is 40 bytes for each trip that is closed, some hundreds for each driver, what is open, and the list of
//! acknowledged trips.

use crate::log::Log;
use crate::walk::{Seen, walk};
use fiacre_domain::audit::{Audit, Finding, Flaw, Report};
use fiacre_domain::driver::DriverEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_embedded::{CheckedSegment, LogRow, ParkedAtRest, SegmentFault};
use fiacre_ports::{PortError, PortErrorKind, Ticket};
use fiacre_wire::stored::{Chain, Stored};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What is wrong with how a commit is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not as it was written.
    Damaged {
        /// What was found.
        what: String,
    },
    /// A newer release wrote it: nothing can be said of it and of what follows.
    Newer {
        /// What was found.
        what: String,
    },
    /// It names another commit before it than the one that lies there: one of the two was changed or replaced.
    ChainBroken,
    /// It says that it is another commit than its place does.
    Misplaced {
        /// What it says that it is.
        stream: StreamId,
        /// What it says that it is.
        version: Version,
    },
}

impl Fault {
    /// The stable code of this kind.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "commit_damaged",
            Self::Newer { .. } => "commit_newer",
            Self::ChainBroken => "commit_chain_broken",
            Self::Misplaced { .. } => "commit_misplaced",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { what } => write!(f, "the commit cannot be read: {what}"),
            Self::Newer { what } => write!(f, "a newer release wrote the commit: {what}; audit with that release"),
            Self::ChainBroken => f.write_str(
                "the commit does not name the one that lies before it: one of the two was changed; compare both with a backup",
            ),
            Self::Misplaced { stream, version } => write!(f, "the commit that lies here says that it is {stream}/{version}"),
        }
    }
}

/// Where commits cannot be read any further.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to read {} to its end: {}; restore it from a backup",
    folder,
    innermost(source)
)]
pub struct CheckError {
    folder: String,
    source: PortError,
}

impl CheckError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "log_unreadable"
    }
}

/// Acknowledged trips, and those among them that the folders know nothing of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acknowledged {
    /// How many trips were acknowledged.
    pub count: usize,
    /// Those whose orders still wait in a queue.
    pub waiting: usize,
    /// Those that are nowhere: neither ordered, nor rejected, nor waiting.
    pub missing: Vec<TripId>,
}

/// What a check came to.
#[derive(Debug)]
pub struct Checked {
    /// What the audit of the log found.
    pub report: Report,
    /// What is wrong with how commits are stored, by place; at most [`FAULTS_MAX`].
    pub faults: BTreeMap<Ticket, Fault>,
    /// How many faults there were, those beyond [`FAULTS_MAX`] too.
    pub faults_count: u64,
    /// Every segment of the archives, in the order of the folders.
    pub segments: Vec<CheckedSegment>,
    /// What cannot be read with a segment, by the segment's file: part of its finding, and none of their own.
    pub lost: BTreeMap<PathBuf, Lost>,
    /// How many findings of the report say no more than that what lies in such segments is missing.
    lost_report: u64,
    locks: Locks,
    /// What is parked, and waits for a person: no finding, since it can be replayed.
    pub parked: Vec<ParkedAtRest>,
    /// What became of the acknowledged trips, where a list was given.
    pub acknowledged: Option<Acknowledged>,
    /// How many trips are not closed on every stream.
    pub trips_open: usize,
}

/// How many faults are kept; the rest are counted.
pub const FAULTS_MAX: usize = 100_000;

/// What cannot be read because a segment is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lost {
    /// The trips that it holds something of.
    pub trips: BTreeSet<TripId>,
    /// How many commits.
    pub commits: u64,
}

/// Where drivers were locked and released, and for which trip; noted only where something is wrong with a segment.
type Locks = BTreeSet<(StreamId, Version, TripId)>;

impl Checked {
    /// How many things are wrong; a segment that is not there is one of them, whatever it holds.
    pub fn findings_count(&self) -> u64 {
        let missing = self.acknowledged.as_ref().map_or(0, |trips| trips.missing.len());
        self.report
            .findings_count()
            .saturating_sub(self.lost_report)
            .saturating_add(self.faulty_segments().count() as u64)
            .saturating_add(self.faults_count)
            .saturating_add(missing as u64)
    }

    /// Whether something was written by a newer release, so that this one cannot tell.
    pub fn is_newer(&self) -> bool {
        let is_newer = |fault: &SegmentFault| matches!(fault, SegmentFault::Newer { .. });
        self.faults
            .values()
            .any(|fault| matches!(fault, Fault::Newer { .. }))
            || self.faulty_segments().any(|(_, fault)| is_newer(fault))
    }

    /// What the audit of the log found, without what only follows from segments that are not there.
    pub fn report_findings(&self) -> impl Iterator<Item = &Finding> {
        let found = self.report.findings().iter();
        found.filter(|finding| !follows_from(&self.lost, &self.locks, finding))
    }

    /// The segments with which something is wrong, and what.
    pub fn faulty_segments(&self) -> impl Iterator<Item = (&CheckedSegment, &SegmentFault)> {
        let segments = self.segments.iter();
        segments.filter_map(|segment| Some((segment, segment.fault.as_ref()?)))
    }
}

/// A check of folders that together hold one platform's log.
#[derive(Debug, Default)]
pub struct Check {
    acknowledged: Option<BTreeSet<TripId>>,
    tariffs: Vec<Arc<Tariff>>,
    others: Vec<Arc<Tariff>>,
    is_ended: bool,
}

impl Check {
    /// Looks for these trips, whose acceptance was acknowledged.
    #[must_use]
    pub fn with_acknowledged(mut self, trips: BTreeSet<TripId>) -> Self {
        self.acknowledged = Some(trips);
        self
    }

    /// Holds receipts to these tariffs, whatever the log says of tariffs with their names and versions.
    #[must_use]
    pub fn with_tariffs(mut self, tariffs: impl IntoIterator<Item = Arc<Tariff>>) -> Self {
        self.tariffs.extend(tariffs);
        self
    }

    /// Holds receipts to these tariffs as well, where the log holds none with their names and versions.
    #[must_use]
    pub fn with_other_tariffs(mut self, tariffs: impl IntoIterator<Item = Arc<Tariff>>) -> Self {
        self.others.extend(tariffs);
        self
    }

    /// Takes the platform to be at rest: what has not ended is a finding as well.
    #[must_use]
    pub const fn with_all_ended(mut self) -> Self {
        self.is_ended = true;
        self
    }

    /// Reads the logs and their archives to their end; after each commit `progress` is told how many were read, and how many trips are kept in
    /// memory.
    ///
    /// # Errors
    /// Where a folder cannot be read to its end.
    pub fn run(
        self,
        folders: &[impl Log],
        mut progress: impl FnMut(u64, usize),
    ) -> Result<Checked, CheckError> {
        let failed = |number: usize, source| CheckError {
            folder: folders.get(number).map(Log::name).unwrap_or_default(),
            source,
        };
        let audit = self.tariffs.iter().fold(Audit::default(), Audit::with_tariff);
        let mut segments = Vec::new();
        for folder in folders {
            segments.extend(folder.check_archive(&mut |_| ()));
        }
        let mut desk = Desk {
            audit,
            chains: Chains::default(),
            faults: BTreeMap::new(),
            faults_count: 0,
            lost: faulty(&segments),
            locks: Locks::new(),
            unseen: self.acknowledged.clone().unwrap_or_default(),
            others: self.others,
        };
        let mut count = 0_u64;
        walk(folders, |seen| {
            desk.take(&seen);
            count = count.saturating_add(1);
            progress(count, desk.audit.trips_kept());
        })
        .map_err(|stuck| failed(stuck.folder, stuck.error))?;
        let mut parked = Vec::new();
        for (number, folder) in folders.iter().enumerate() {
            parked.extend(folder.parked().map_err(|error| failed(number, error))?);
        }
        let mut acknowledged = None;
        if let Some(all) = self.acknowledged {
            let mut waiting = BTreeSet::new();
            for (number, folder) in folders.iter().enumerate() {
                waiting.extend(folder.waiting().map_err(|error| failed(number, error))?);
            }
            acknowledged = Some(Acknowledged::of(all.len(), desk.unseen, &waiting));
        }
        let trips_open = desk.audit.trips_open();
        let report = if self.is_ended {
            desk.audit.finish()
        } else {
            desk.audit.interrupt()
        };
        let follow = report.findings().iter();
        let follow = follow.filter(|finding| follows_from(&desk.lost, &desk.locks, finding));
        Ok(Checked {
            lost_report: follow.count() as u64,
            lost: desk.lost,
            locks: desk.locks,
            report,
            faults: desk.faults,
            faults_count: desk.faults_count,
            segments,
            parked,
            acknowledged,
            trips_open,
        })
    }
}

/// A place for what cannot be read with each segment that something is wrong with.
fn faulty(segments: &[CheckedSegment]) -> BTreeMap<PathBuf, Lost> {
    let faulty = segments.iter().filter(|segment| segment.fault.is_some());
    faulty
        .map(|segment| (segment.file.clone(), Lost::default()))
        .collect()
}

/// Whether a finding says no more than that something of a trip is missing, which lies in a segment that is.
fn follows_from(lost: &BTreeMap<PathBuf, Lost>, locks: &Locks, finding: &Finding) -> bool {
    let is_trip_lost = |trip: TripId| lost.values().any(|lost| lost.trips.contains(&trip));
    let is_lost = |stream: StreamId| stream.trip().is_some_and(is_trip_lost);
    let (stream, version) = (finding.stream(), finding.version());
    let is_unasked = matches!(finding.flaw(), Flaw::LockUnasked | Flaw::ReleasedUnasked);
    let least = TripId::from_u128(0);
    let mut locked = locks
        .range((stream, version, least)..)
        .take_while(|(of, at, _)| (*of, *at) == (stream, version));
    is_lost(stream)
        || matches!(finding.flaw(), Flaw::CauseMissing { cause } if is_lost(cause.stream()))
        || is_unasked && locked.any(|(_, _, trip)| is_trip_lost(*trip))
}

/// The trip that a driver was locked for, or released from.
const fn locked_trip(event: &Event) -> Option<TripId> {
    if let Event::Driver(DriverEvent::Locked { trip, .. } | DriverEvent::Released { trip, .. }) = event {
        Some(*trip)
    } else {
        None
    }
}

impl Acknowledged {
    fn of(count: usize, unseen: BTreeSet<TripId>, waiting: &BTreeSet<StreamId>) -> Self {
        let (waiting, missing): (Vec<_>, Vec<_>) = unseen
            .into_iter()
            .partition(|trip| waiting.contains(&StreamId::Trip(*trip)));
        Self {
            count,
            waiting: waiting.len(),
            missing,
        }
    }
}

/// Where commits are judged, one after the other.
struct Desk {
    audit: Audit,
    chains: Chains,
    faults: BTreeMap<Ticket, Fault>,
    faults_count: u64,
    /// What cannot be read with a segment that something is wrong with.
    lost: BTreeMap<PathBuf, Lost>,
    locks: Locks,
    /// Acknowledged trips that no commit has named so far.
    unseen: BTreeSet<TripId>,
    /// Tariffs to fall back on, until those of the log are known, which come first.
    others: Vec<Arc<Tariff>>,
}

impl Desk {
    fn take(&mut self, seen: &Seen<'_>) {
        let ticket = seen.row.ticket();
        if !matches!(ticket.stream, StreamId::Tariff(_)) {
            for tariff in std::mem::take(&mut self.others) {
                self.audit = std::mem::take(&mut self.audit).with_tariff(&tariff);
            }
        }
        if self.is_lost(seen.row) {
            return;
        }
        if let Err(fault) = self.chains.follow(seen.row) {
            self.note(ticket, fault);
        }
        match &seen.commit {
            Ok(commit) if (commit.stream, commit.version) == (ticket.stream, ticket.version) => {
                self.observe(commit);
            }
            Ok(commit) => {
                let (stream, version) = (commit.stream, commit.version);
                self.note(ticket, Fault::Misplaced { stream, version });
            }
            Err(error) => self.note(ticket, unreadable(error)),
        }
    }

    /// Whether a commit is not there with its segment, whose finding says so; it is known to have been.
    fn is_lost(&mut self, row: &LogRow) -> bool {
        let Some(lost) = row.lost_with().and_then(|file| self.lost.get_mut(file)) else {
            return false;
        };
        let stream = row.ticket().stream;
        lost.commits = lost.commits.saturating_add(1);
        lost.trips.extend(stream.trip());
        if let StreamId::Trip(trip) = stream {
            self.unseen.remove(&trip);
        }
        true
    }

    fn observe(&mut self, commit: &Commit) {
        if let StreamId::Trip(trip) = commit.stream
            && commit.events.iter().any(|event| matches!(event, Event::Trip(_)))
        {
            self.unseen.remove(&trip);
        }
        if !self.lost.is_empty() && matches!(commit.stream, StreamId::Driver(_)) {
            let trips = commit.events.iter().filter_map(locked_trip);
            let locks = trips.map(|trip| (commit.stream, commit.version, trip));
            self.locks.extend(locks);
        }
        self.audit.observe(commit);
    }

    fn note(&mut self, ticket: Ticket, fault: Fault) {
        self.faults_count = self.faults_count.saturating_add(1);
        if self.faults.len() < FAULTS_MAX {
            self.faults.insert(ticket, fault);
        }
    }
}

fn unreadable(error: &PortError) -> Fault {
    let what = innermost(error);
    match error.kind() {
        PortErrorKind::Newer => Fault::Newer { what },
        PortErrorKind::Unavailable
        | PortErrorKind::OutcomeUnknown
        | PortErrorKind::Invalid
        | PortErrorKind::Damaged => Fault::Damaged { what },
    }
}

/// What was found, without who found it.
pub(crate) fn innermost(error: &PortError) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// The ends of streams: of one trip, since a trip comes whole, and of the drivers who were read so far.
#[derive(Debug, Default)]
struct Chains {
    trip: Option<TripId>,
    ends: BTreeMap<StreamId, Chain>,
    others: BTreeMap<StreamId, Chain>,
}

impl Chains {
    fn follow(&mut self, row: &LogRow) -> Result<(), Fault> {
        let Ok(stored) = Stored::read(row.bytes()) else {
            // What cannot be read is said where it is read whole.
            return Ok(());
        };
        let stream = row.ticket().stream;
        let ends = match stream.trip() {
            None => &mut self.others,
            Some(trip) => {
                if self.trip.replace(trip) != Some(trip) {
                    self.ends.clear();
                }
                &mut self.ends
            }
        };
        let chain = ends.entry(stream).or_insert(Chain::of(stream));
        let is_next = stored.version() == chain.head().next();
        let is_linked = chain.follow(&stored).is_ok();
        *chain = Chain::after(stream, stored.version(), stored.hash());
        // That versions are missing is the audit's to say.
        if is_linked || !is_next || stored.stream() != stream {
            Ok(())
        } else {
            Err(Fault::ChainBroken)
        }
    }
}
