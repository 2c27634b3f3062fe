//! Load → decide → append, for a batch of jobs on many streams.
//!
//! Jobs on one stream are done in their order, each on the state that the one before left; jobs on different streams go
//! into one append. A commit that loses its race is decided again on what won. An answer without events ("nothing to do",
//! or a refusal) is believed only at the confirmed head of the stream. A job that is given back takes along whatever comes
//! after it on its stream.

use crate::known::{Known, Lines};
use crate::observer::{Decided, Observer};
use crate::recent::RecentStates;
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
        self.recent.recall(&mut round.lines);
        while let Some(wave) = round.next_wave() {
            self.load(&mut round, &wave).await;
            let drafts = round.decide(&wave, self.clock.now());
            if !drafts.is_empty() {
                let commits = drafts.iter().map(|draft| round.commit(draft)).collect();
                let appended = self.store.append(commits).await;
                for (draft, appended) in drafts.into_iter().zip(appended) {
                    round.note(draft, appended);
                }
            }
        }
        let (mut lines, outcomes) = round.end();
        self.keep_snapshots(&mut lines).await;
        self.recent.keep(lines);
        outcomes
    }

    /// Shows `see` the present state of each of `streams`, at its confirmed head; gives what it made of them.
    pub async fn states<T>(
        &self,
        streams: &[StreamId],
        mut see: impl FnMut(StreamId, Result<(&State, Version), PortError>) -> T,
    ) -> Vec<T> {
        let mut lines = Lines::of(streams.iter().copied());
        self.recent.recall(&mut lines);
        let asked = streams.iter().filter_map(|stream| lines.find(*stream));
        let requests: Vec<LoadRequest> = asked
            .map(|line| line.request(Consistency::Linearizable))
            .collect();
        let loaded = self.store.load(&requests).await;
        let learn = |(request, loaded): (LoadRequest, Result<Loaded, PortError>)| {
            let line = lines.find_mut(request.stream);
            let learnt = loaded.and_then(|loaded| {
                let known = line.and_then(|line| line.learn(request, &loaded));
                known.map(|known| (&known.state, known.head)).ok_or_else(|| {
                    PortError::new(PortErrorKind::Invalid, "fold a stream that holds no aggregate")
                })
            });
            see(request.stream, learnt)
        };
        let seen = requests.into_iter().zip(loaded).map(learn).collect();
        lines.iter_mut().for_each(|line| line.is_lively = true);
        self.recent.keep(lines);
        seen
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
    async fn keep_snapshots(&self, lines: &mut Lines) {
        let mut due = Vec::new();
        for line in lines.iter_mut() {
            let Some(known) = line.known.as_mut() else {
                continue;
            };
            let is_due = known.head.get().saturating_sub(known.kept.get()) >= SNAPSHOT_EVERY;
            if is_due && matches!(line.stream, StreamId::Driver(_)) {
                known.kept = known.head;
                let state = Arc::new(known.state.to_snapshot());
                let version = known.head;
                due.push((line.stream, Snapshot { version, state }));
            }
        }
        if !due.is_empty()
            && let Err(error) = self.store.save_snapshots(due).await
        {
            tracing::debug!(%error, "snapshots not kept");
        }
    }
}

/// What a job came to: its commit, but for what the job says itself.
#[derive(Clone)]
struct Draft {
    slot: usize,
    expected: Version,
    at: Timestamp,
    events: Arc<[Event]>,
}

/// A commit of unknown outcome.
struct Attempt {
    draft: Draft,
    tries: u32,
    /// What it was decided on: by the time that its outcome is known, the stream may hold it.
    before: State,
}

/// A job on its way.
struct Task {
    job: Job,
    /// Where the line of its stream stands.
    line: usize,
    outcome: Option<Outcome>,
    races: u32,
    /// What it appended and does not know the outcome of.
    unknown: Option<Box<Attempt>>,
}

/// The jobs of one run, and what is known of their streams.
struct Round {
    observer: Arc<dyn Observer>,
    tasks: Vec<Task>,
    lines: Lines,
}

impl Round {
    fn new(jobs: Vec<Job>, observer: Arc<dyn Observer>) -> Self {
        let lines = Lines::of(jobs.iter().map(|job| job.stream));
        let task = |job: Job| Task {
            line: lines.place(job.stream).unwrap_or(usize::MAX),
            job,
            outcome: None,
            races: 0,
            unknown: None,
        };
        let tasks = jobs.into_iter().map(task).collect();
        Self {
            observer,
            tasks,
            lines,
        }
    }

    /// The first unfinished job of each stream: a batch holds at most one commit a stream.
    fn next_wave(&mut self) -> Option<Vec<usize>> {
        if self.tasks.iter().all(|task| task.outcome.is_some()) {
            return None;
        }
        self.lines.iter_mut().for_each(|line| line.is_in_wave = false);
        let mut wave = Vec::with_capacity(self.tasks.len());
        for (slot, task) in self.tasks.iter().enumerate() {
            if task.outcome.is_none()
                && let Some(line) = self.lines.at_mut(task.line)
                && !std::mem::replace(&mut line.is_in_wave, true)
            {
                wave.push(slot);
            }
        }
        (!wave.is_empty()).then_some(wave)
    }

    /// What must be loaded before the wave can be decided: of each stream what is newer than what is known of it.
    fn missing(&self, wave: &[usize]) -> Vec<LoadRequest> {
        let missing = |&slot: &usize| {
            let task = &self.tasks[slot];
            let line = self.lines.at(task.line)?;
            let is_doubted = task.job.mostly_does_nothing() || line.is_doubted;
            let suffices = |known: &Known| known.confirmed || !is_doubted;
            let consistency = if is_doubted {
                Consistency::Linearizable
            } else {
                Consistency::Cached
            };
            (!line.known.as_deref().is_some_and(suffices)).then(|| line.request(consistency))
        };
        wave.iter().filter_map(missing).collect()
    }

    fn learn(&mut self, request: LoadRequest, loaded: Result<Loaded, PortError>) {
        let stream = request.stream;
        let Some(line) = self.lines.find_mut(stream) else {
            return;
        };
        match loaded.map(|loaded| line.learn(request, &loaded).is_some()) {
            Ok(true) => {}
            Ok(false) => self.fail(stream, &|| {
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
        for task in self.tasks.iter_mut().filter(|task| task.job.stream == stream) {
            task.outcome.get_or_insert_with(outcome);
        }
    }

    /// Decides the wave; gives what is to be appended.
    fn decide(&mut self, wave: &[usize], now: Timestamp) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(wave.len());
        drafts.extend(wave.iter().filter_map(|&slot| self.decide_one(slot, now)));
        drafts
    }

    /// The commit of a draft; of the same draft always the same.
    fn commit(&self, draft: &Draft) -> NewCommit {
        let job = &self.tasks[draft.slot].job;
        NewCommit {
            stream: job.stream,
            expected: draft.expected,
            cause: job.cause,
            at: draft.at,
            region: job.region,
            trace: job.trace.clone(),
            events: Arc::clone(&draft.events),
        }
    }

    /// The commit that a job comes to; where it comes to none, that is its outcome, or its stream is loaded once more.
    fn decide_one(&mut self, slot: usize, now: Timestamp) -> Option<Draft> {
        let task = &mut self.tasks[slot];
        if task.outcome.is_some() {
            return None;
        }
        if let Some(attempt) = &task.unknown {
            return Some(attempt.draft.clone());
        }
        let job = &task.job;
        let line = self.lines.at_mut(task.line)?;
        line.is_lively |= !job.mostly_does_nothing();
        let known = line.known.as_ref()?;
        match known.state.decide(&job.commands, now) {
            Ok(events) if !events.is_empty() => {
                return Some(Draft {
                    slot,
                    expected: known.head,
                    at: now,
                    events,
                });
            }
            Ok(_) if known.confirmed => {
                self.observer
                    .decided(&known.state, &job.commands, Decided::Nothing);
                task.outcome = Some(Outcome::Nothing);
            }
            Err(refusal) if known.confirmed => {
                self.observer
                    .decided(&known.state, &job.commands, Decided::Refused(&refusal));
                task.outcome = Some(Outcome::Refused(refusal));
            }
            Ok(_) | Err(_) => line.doubt(),
        }
        None
    }

    /// Doubts what is known of the job's stream, so that what is newer is loaded, at its confirmed head.
    fn reload(&mut self, slot: usize) {
        if let Some(line) = self.lines.at_mut(self.tasks[slot].line) {
            line.doubt();
        }
    }

    fn note(&mut self, draft: Draft, appended: Appended) {
        let slot = draft.slot;
        let task = &mut self.tasks[slot];
        let earlier = task.unknown.take();
        match appended {
            Appended::Applied(version) => {
                if let Some(line) = self.lines.at_mut(task.line) {
                    line.is_lively = true;
                    if let Some(known) = &mut line.known {
                        let decided = Decided::Committed(&draft.events);
                        self.observer.decided(&known.state, &task.job.commands, decided);
                        known.state.evolve_all(&draft.events, draft.at);
                        known.head = version;
                        // Our own commit is the head that was just confirmed.
                        known.confirmed = true;
                    }
                }
                task.outcome = Some(Outcome::Committed(draft.events));
            }
            Appended::Duplicate(version) => {
                // Where an attempt of this run would stand: it was applied, and nobody was told.
                if let Some(attempt) = earlier.filter(|_| version == draft.expected.next()) {
                    let decided = Decided::Committed(&draft.events);
                    self.observer
                        .decided(&attempt.before, &task.job.commands, decided);
                }
                task.outcome = Some(Outcome::Duplicate);
                self.reload(slot);
            }
            Appended::Conflict { .. } => {
                task.races += 1;
                let lost_all = task.races > RACES_MAX;
                self.reload(slot);
                if lost_all {
                    let error =
                        PortError::new(PortErrorKind::Unavailable, "append: other writers won every race");
                    self.give_back(slot, error);
                }
            }
            Appended::Failed(error) => self.note_failure(draft, earlier, error),
        }
    }

    fn note_failure(&mut self, draft: Draft, earlier: Option<Box<Attempt>>, error: PortError) {
        let slot = draft.slot;
        match error.kind() {
            PortErrorKind::OutcomeUnknown => {
                let tries = earlier.as_ref().map_or(0, |attempt| attempt.tries) + 1;
                let line = self.lines.at(self.tasks[slot].line);
                let known = line.and_then(|line| line.known.as_ref());
                let before = earlier
                    .map(|attempt| attempt.before)
                    .or_else(|| known.map(|known| known.state.clone()));
                self.reload(slot);
                match before {
                    // Only the identical commit may be repeated: the first may still land.
                    Some(before) if tries <= UNKNOWN_MAX => {
                        self.tasks[slot].unknown = Some(Box::new(Attempt { draft, tries, before }));
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
                self.tasks[slot].outcome = Some(Outcome::Failed(error));
            }
        }
    }

    /// Gives a job back, and with it whatever comes after it on its stream: they would be done before it.
    fn give_back(&mut self, slot: usize, error: PortError) {
        let task = &mut self.tasks[slot];
        let stream = task.job.stream;
        task.outcome = Some(Outcome::Unavailable(error));
        self.fail(stream, &|| {
            Outcome::Unavailable(PortError::new(
                PortErrorKind::Unavailable,
                "append: an earlier job of the stream is given back",
            ))
        });
    }

    /// What is known now, and what became of every job.
    fn end(self) -> (Lines, Vec<Outcome>) {
        let unfinished =
            || Outcome::Unavailable(PortError::new(PortErrorKind::Unavailable, "finish the batch"));
        let outcomes = self.tasks.into_iter();
        let outcomes = outcomes.map(|task| task.outcome.unwrap_or_else(unfinished));
        (self.lines, outcomes.collect())
    }
}
