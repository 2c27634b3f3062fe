//! Load → decide → append, for a batch of jobs on many streams.
//!
//! Jobs on one stream are done in their order, each on the state that the one before left; jobs on different streams go
//! into one append. A commit that loses its race is decided again on what won. An answer without events ("nothing to do",
//! or a refusal) is believed only at the confirmed head of the stream. A job that is given back takes along whatever comes
//! after it on its stream.

use crate::observer::{Decided, Observer};
use crate::recent::{Known, RecentStates};
use crate::state::{Refusal, State};
use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{Cause, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Clock, Consistency, EventStore, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind,
    Snapshot,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a job is decided anew after losing a race, before its message is given back.
const RACES_MAX: u32 = 16;
/// How often a commit of unknown outcome is appended again, before its message is given back.
const UNKNOWN_MAX: u32 = 3;
/// After how many commits a driver's state is kept as a snapshot: a load costs the same on every day, and a simulation can
/// drop what is folded in, a trip or two after it was made.
const SNAPSHOT_EVERY: u32 = 4;

/// Commands on one stream that make one commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What led to it: one cause, one commit on the stream.
    pub cause: Cause,
    /// The region whose queues will carry its events.
    pub region: RegionId,
    /// The request that it belongs to.
    pub trace: Option<Arc<TraceContext>>,
    /// The stream of all commands.
    pub stream: StreamId,
    /// What is asked, in sequence.
    pub commands: Vec<Command>,
}

impl Job {
    /// One command.
    pub fn new(cause: Cause, region: RegionId, trace: Option<Arc<TraceContext>>, command: Command) -> Self {
        Self {
            cause,
            region,
            trace,
            stream: command.stream(),
            commands: vec![command],
        }
    }

    /// Most deadlines have been overtaken by events. That is believed at the confirmed head only, so it is loaded at once.
    const fn mostly_does_nothing(&self) -> bool {
        matches!(self.cause, Cause::Timer(_))
    }
}

/// What became of a job.
#[derive(Debug)]
pub enum Outcome {
    /// Committed now.
    Committed(Arc<[Event]>),
    /// Committed before, by the same cause.
    Duplicate,
    /// Nothing was to be done.
    Nothing,
    /// Refused; writes nothing.
    Refused(Refusal),
    /// The store could not do it, or not an earlier job of the stream: try again later, nothing is wrong with the job.
    Unavailable(PortError),
    /// The store will never do it.
    Failed(PortError),
}

/// Decides jobs and appends what they come to.
#[derive(Clone)]
pub struct Writer {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    recent: Arc<RecentStates>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Over `store`, judging deadlines by `clock`, telling `observer`.
    pub fn new(store: Arc<dyn EventStore>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self {
            store,
            clock,
            observer,
            recent: Arc::default(),
        }
    }

    /// Begins and ends with the states in `recent`, as do others who share it: then they lose fewer races to each other.
    #[must_use]
    pub fn with_recent(mut self, recent: Arc<RecentStates>) -> Self {
        self.recent = recent;
        self
    }

    /// Does every job; answers in their order.
    pub async fn run(&self, jobs: Vec<Job>) -> Vec<Outcome> {
        let mut round = Round::new(jobs, Arc::clone(&self.observer));
        round.recall(&self.recent);
        while let Some(wave) = round.next_wave() {
            self.load(&mut round, &wave).await;
            let commits = round.decide(&wave, self.clock.now());
            if !commits.is_empty() {
                let (slots, commits): (Vec<usize>, Vec<NewCommit>) = commits.into_iter().unzip();
                let appended = self.store.append(commits.clone()).await;
                for ((slot, commit), appended) in slots.into_iter().zip(commits).zip(appended) {
                    round.note(slot, commit, appended);
                }
            }
        }
        let mut known = std::mem::take(&mut round.known);
        self.keep_snapshots(&mut known).await;
        self.recent.keep(known);
        round.into_outcomes()
    }

    /// The present state of streams, each at its confirmed head.
    pub async fn states(&self, streams: &[StreamId]) -> Vec<Result<(State, Version), PortError>> {
        let mut known = self.recent.take(streams.iter().copied());
        let request = |&stream: &StreamId| LoadRequest {
            stream,
            consistency: Consistency::Linearizable,
            after: head_of(&known, stream),
        };
        let requests: Vec<_> = streams.iter().map(request).collect();
        let loaded = self.store.load(&requests).await;
        let mut state = |(request, loaded): (LoadRequest, Result<Loaded, PortError>)| {
            // First what failed: a stream that stands twice may be loaded the second time, from what is known.
            let (stream, loaded) = (request.stream, loaded?);
            let before = known.remove(&stream);
            let now = Known::after(before, request, &loaded).ok_or(PortError::new(
                PortErrorKind::Invalid,
                "fold a stream that holds no aggregate",
            ))?;
            let state = (now.state.clone(), now.head);
            known.insert(stream, now);
            Ok(state)
        };
        let states = requests.into_iter().zip(loaded).map(&mut state).collect();
        self.recent.keep(known);
        states
    }

    async fn load(&self, round: &mut Round, wave: &[usize]) {
        let requests = round.missing(wave);
        if requests.is_empty() {
            return;
        }
        let loaded = self.store.load(&requests).await;
        for (request, loaded) in requests.into_iter().zip(loaded) {
            round.learn(request, loaded);
        }
    }

    /// Keeps the states of long streams. Losing one costs time only, so a failure is not the job's.
    async fn keep_snapshots(&self, known: &mut BTreeMap<StreamId, Box<Known>>) {
        let mut due = Vec::new();
        for (&stream, known) in known {
            let is_due = known.head.get().saturating_sub(known.kept.get()) >= SNAPSHOT_EVERY;
            if is_due && matches!(stream, StreamId::Driver(_)) {
                known.kept = known.head;
                let state = Arc::new(known.state.to_snapshot());
                let version = known.head;
                due.push((stream, Snapshot { version, state }));
            }
        }
        if !due.is_empty()
            && let Err(error) = self.store.save_snapshots(due).await
        {
            tracing::debug!(%error, "snapshots not kept");
        }
    }
}

/// Up to where a stream is known.
fn head_of(known: &BTreeMap<StreamId, Box<Known>>, stream: StreamId) -> Version {
    known.get(&stream).map_or(Version::EMPTY, |known| known.head)
}

/// A commit of unknown outcome.
struct Attempt {
    commit: NewCommit,
    tries: u32,
    /// What it was decided on: by the time that its outcome is known, the stream may hold it.
    before: State,
}

/// The jobs of one run, and what is known of their streams.
struct Round {
    observer: Arc<dyn Observer>,
    jobs: Vec<Job>,
    outcomes: Vec<Option<Outcome>>,
    races: Vec<u32>,
    unknown: Vec<Option<Attempt>>,
    known: BTreeMap<StreamId, Box<Known>>,
    unconfirmed: BTreeSet<StreamId>,
}

impl Round {
    fn new(jobs: Vec<Job>, observer: Arc<dyn Observer>) -> Self {
        let count = jobs.len();
        Self {
            observer,
            jobs,
            outcomes: (0..count).map(|_| None).collect(),
            races: vec![0; count],
            unknown: (0..count).map(|_| None).collect(),
            known: BTreeMap::new(),
            unconfirmed: BTreeSet::new(),
        }
    }

    /// Takes what is still known from earlier runs; it may be behind.
    fn recall(&mut self, recent: &RecentStates) {
        self.known = recent.take(self.jobs.iter().map(|job| job.stream));
    }

    /// The first unfinished job of each stream: a batch holds at most one commit a stream.
    fn next_wave(&self) -> Option<Vec<usize>> {
        let mut streams = BTreeSet::new();
        let wave: Vec<usize> = (0..self.jobs.len())
            .filter(|&slot| self.outcomes[slot].is_none() && streams.insert(self.jobs[slot].stream))
            .collect();
        (!wave.is_empty()).then_some(wave)
    }

    /// What must be loaded before the wave can be decided: of each stream what is newer than what is known of it.
    fn missing(&self, wave: &[usize]) -> Vec<LoadRequest> {
        let missing = |&slot: &usize| {
            let job = &self.jobs[slot];
            let stream = job.stream;
            let known = self.known.get(&stream);
            let doubted = job.mostly_does_nothing() || self.unconfirmed.contains(&stream);
            let suffices = known.is_some_and(|known| known.confirmed || !doubted);
            (!suffices).then(|| LoadRequest {
                stream,
                consistency: if doubted {
                    Consistency::Linearizable
                } else {
                    Consistency::Cached
                },
                after: head_of(&self.known, stream),
            })
        };
        wave.iter().filter_map(missing).collect()
    }

    fn learn(&mut self, request: LoadRequest, loaded: Result<Loaded, PortError>) {
        let stream = request.stream;
        let before = self.known.remove(&stream);
        match loaded.map(|loaded| Known::after(before, request, &loaded)) {
            Ok(Some(known)) => {
                self.known.insert(stream, known);
            }
            Ok(None) => self.fail(stream, &|| {
                Outcome::Failed(PortError::new(
                    PortErrorKind::Invalid,
                    "write to a stream that holds no aggregate",
                ))
            }),
            Err(error) => {
                let kind = error.kind();
                self.fail(stream, &|| {
                    let error = PortError::new(kind, "load a stream");
                    match kind {
                        // What a newer release wrote waits for the upgrade, uncounted: it is held, never parked.
                        PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown | PortErrorKind::Newer => {
                            Outcome::Unavailable(error)
                        }
                        PortErrorKind::Invalid | PortErrorKind::Damaged => Outcome::Failed(error),
                    }
                });
                tracing::warn!(%stream, %error, "stream not loaded");
            }
        }
    }

    /// Ends every unfinished job of a stream.
    fn fail(&mut self, stream: StreamId, outcome: &dyn Fn() -> Outcome) {
        for (job, slot) in self.jobs.iter().zip(&mut self.outcomes) {
            if job.stream == stream && slot.is_none() {
                *slot = Some(outcome());
            }
        }
    }

    /// Decides the wave; gives the commits to append, with their slots.
    fn decide(&mut self, wave: &[usize], now: Timestamp) -> Vec<(usize, NewCommit)> {
        let mut commits = Vec::new();
        for &slot in wave
            .iter()
            .filter(|&&slot| self.outcomes[slot].is_none())
            .collect::<Vec<_>>()
        {
            if let Some(attempt) = &self.unknown[slot] {
                commits.push((slot, attempt.commit.clone()));
                continue;
            }
            let job = &self.jobs[slot];
            let Some(known) = self.known.get(&job.stream) else {
                continue;
            };
            match known.state.decide(&job.commands, now) {
                Ok(events) if !events.is_empty() => commits.push((
                    slot,
                    NewCommit {
                        stream: job.stream,
                        expected: known.head,
                        cause: job.cause,
                        at: now,
                        region: job.region,
                        trace: job.trace.clone(),
                        events: events.into(),
                    },
                )),
                Ok(_) if known.confirmed => {
                    self.observer
                        .decided(&known.state, &job.commands, Decided::Nothing);
                    self.outcomes[slot] = Some(Outcome::Nothing);
                }
                Err(refusal) if known.confirmed => {
                    self.observer
                        .decided(&known.state, &job.commands, Decided::Refused(&refusal));
                    self.outcomes[slot] = Some(Outcome::Refused(refusal));
                }
                Ok(_) | Err(_) => self.reload(slot),
            }
        }
        commits
    }

    /// Doubts what is known of the job's stream, so that what is newer is loaded, at its confirmed head.
    fn reload(&mut self, slot: usize) {
        let stream = self.jobs[slot].stream;
        if let Some(known) = self.known.get_mut(&stream) {
            known.confirmed = false;
        }
        self.unconfirmed.insert(stream);
    }

    fn note(&mut self, slot: usize, commit: NewCommit, appended: Appended) {
        let earlier = self.unknown[slot].take();
        match appended {
            Appended::Applied(version) => {
                if let Some(known) = self.known.get_mut(&commit.stream) {
                    let decided = Decided::Committed(&commit.events);
                    self.observer
                        .decided(&known.state, &self.jobs[slot].commands, decided);
                    known.state.evolve_all(&commit.events, commit.at);
                    known.head = version;
                    // Our own commit is the head that was just confirmed.
                    known.confirmed = true;
                }
                self.outcomes[slot] = Some(Outcome::Committed(commit.events));
            }
            Appended::Duplicate(version) => {
                // Where an attempt of this run would stand: it was applied, and nobody was told.
                if let Some(attempt) = earlier.filter(|_| version == commit.expected.next()) {
                    let decided = Decided::Committed(&commit.events);
                    self.observer
                        .decided(&attempt.before, &self.jobs[slot].commands, decided);
                }
                self.reload(slot);
                self.outcomes[slot] = Some(Outcome::Duplicate);
            }
            Appended::Conflict { .. } => {
                self.reload(slot);
                self.races[slot] += 1;
                if self.races[slot] > RACES_MAX {
                    let error =
                        PortError::new(PortErrorKind::Unavailable, "append: other writers won every race");
                    self.give_back(slot, error);
                }
            }
            Appended::Failed(error) => self.note_failure(slot, commit, earlier, error),
        }
    }

    fn note_failure(&mut self, slot: usize, commit: NewCommit, earlier: Option<Attempt>, error: PortError) {
        match error.kind() {
            PortErrorKind::OutcomeUnknown => {
                let tries = earlier.as_ref().map_or(0, |attempt| attempt.tries) + 1;
                let known = self.known.get(&commit.stream);
                let before = earlier
                    .map(|attempt| attempt.before)
                    .or_else(|| known.map(|known| known.state.clone()));
                self.reload(slot);
                match before {
                    // Only the identical commit may be repeated: the first may still land.
                    Some(before) if tries <= UNKNOWN_MAX => {
                        self.unknown[slot] = Some(Attempt {
                            commit,
                            tries,
                            before,
                        });
                    }
                    Some(_) | None => self.give_back(slot, error),
                }
            }
            PortErrorKind::Unavailable | PortErrorKind::Newer => {
                self.reload(slot);
                self.give_back(slot, error);
            }
            // Of this commit alone: it goes up the ladder, and never stops its neighbours.
            PortErrorKind::Invalid | PortErrorKind::Damaged => {
                self.outcomes[slot] = Some(Outcome::Failed(error));
            }
        }
    }

    /// Gives a job back, and with it whatever comes after it on its stream: they would be done before it.
    fn give_back(&mut self, slot: usize, error: PortError) {
        self.outcomes[slot] = Some(Outcome::Unavailable(error));
        self.fail(self.jobs[slot].stream, &|| {
            Outcome::Unavailable(PortError::new(
                PortErrorKind::Unavailable,
                "append: an earlier job of the stream is given back",
            ))
        });
    }

    fn into_outcomes(self) -> Vec<Outcome> {
        let unfinished =
            || Outcome::Unavailable(PortError::new(PortErrorKind::Unavailable, "finish the batch"));
        self.outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(unfinished))
            .collect()
    }
}
