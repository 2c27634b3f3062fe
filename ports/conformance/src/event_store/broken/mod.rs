//! One planted bug a clause: each is a decorator around the reference model.

mod appends;
mod feeds;
mod loads;
mod readers;

use super::reference::{Reference, ReferenceHarness};
use super::{Capability, Clause, EventStoreHarness, Unreadable};
use crate::harness::Support;
use crate::planted::others;
use crate::reference::keeps_time;
use async_trait::async_trait;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, Scope, Snapshot,
    Ticket,
};
use std::fmt::Debug;
use std::sync::Arc;

type Fed = Result<Vec<Entry>, PortError>;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        inner.load(requests).await
    }
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        inner.append(commits).await
    }
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        inner.feed(scope, max, until).await
    }
    async fn mark_published(&self, inner: &Reference, tickets: &[Ticket]) -> Result<(), PortError> {
        inner.mark_published(tickets).await
    }
    async fn hold(&self, inner: &Reference, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        inner.hold(tickets, until).await
    }
    async fn save_snapshots(
        &self,
        inner: &Reference,
        snapshots: Vec<(StreamId, Snapshot)>,
    ) -> Result<(), PortError> {
        inner.save_snapshots(snapshots).await
    }
    async fn scan(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<Page, PortError> {
        inner.scan(from, max).await
    }
    /// After the store died.
    fn crashed(&self, _inner: &Reference) {}
    /// After the store stopped in order.
    fn restarted(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl EventStore for Handle {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        self.bug.load(&self.inner, requests).await
    }
    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        self.bug.append(&self.inner, commits).await
    }
    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Fed {
        self.bug.feed(&self.inner, scope, max, until).await
    }
    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.bug.mark_published(&self.inner, tickets).await
    }
    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        self.bug.hold(&self.inner, tickets, until).await
    }
    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        self.bug.save_snapshots(&self.inner, snapshots).await
    }
    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        self.bug.scan(&self.inner, from, max).await
    }
}

/// The reference model with one bug, in a world of its own.
#[derive(Debug)]
pub struct Broken {
    harness: ReferenceHarness,
    open: fn() -> Arc<dyn Bug>,
}

impl Broken {
    fn new<B: Bug + Default + 'static>() -> Self {
        Self {
            harness: ReferenceHarness::new(),
            open: || Arc::new(B::default()),
        }
    }
}

keeps_time!(Broken, world => world.harness);

impl EventStoreHarness for Broken {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: (self.open)(),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn restart(&self) {
        self.harness.restart();
        (self.open)().restarted(&self.harness.reference());
    }
    fn crash(&self) {
        self.harness.crash();
        (self.open)().crashed(&self.harness.reference());
    }
    fn hold_next_append(&self) {
        self.harness.hold_next_append();
    }
    fn release_append(&self) {
        self.harness.release_append();
    }
    fn lose_next_answer(&self) {
        self.harness.lose_next_answer();
    }
    fn forget_snapshots(&self) {
        self.harness.forget_snapshots();
    }
    fn make_unreadable(&self, commit: Ticket, how: Unreadable) {
        self.harness.make_unreadable(commit, how);
    }
    fn make_readable(&self, commit: Ticket) {
        self.harness.make_readable(commit);
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::AbsentStreamIsEmpty => Broken::new::<loads::AbsentIsAnError>(),
        Clause::VersionsAreGapless => Broken::new::<loads::SkipsTheFifth>(),
        Clause::LinearizableLoadSeesAcknowledged => Broken::new::<loads::StaleHandle>(),
        Clause::CommitIsAtomic => Broken::new::<appends::KeepsTwoEvents>(),
        Clause::StaleVersionConflicts => Broken::new::<appends::AppendsAnyway>(),
        Clause::VersionAheadConflicts => Broken::new::<appends::UniqueIndexAlone>(),
        Clause::DuplicateCauseIsNoCommit => Broken::new::<appends::NoInboxAtTheHead>(),
        Clause::DuplicateBeatsConflict => Broken::new::<appends::VersionFirst>(),
        Clause::OneOfManyWins => Broken::new::<appends::CheckThenWrite>(),
        Clause::BatchMembersFailAlone => Broken::new::<appends::StopsAtTheFirstFailure>(),
        Clause::RetryOfIdenticalCommitIsSafe => Broken::new::<appends::DuplicateAtTheHead>(),
        Clause::MalformedCommitsAreInvalid => Broken::new::<appends::TakesEmptyCommits>(),
        Clause::AnswersFollowTheRequests => Broken::new::<loads::AnswersSorted>(),
        Clause::SnapshotsMayVanish => Broken::new::<loads::OneTooFewAfterSnapshot>(),
        Clause::FeedIsComplete => Broken::new::<feeds::CursorPastTheFullPage>(),
        Clause::FeedNeverSkipsLateCommits => Broken::new::<feeds::CursorByTime>(),
        Clause::FeedKeepsStreamOrder => Broken::new::<feeds::NewestFirst>(),
        Clause::FeedYieldsOnlyDurable => Broken::new::<feeds::YieldsInFlight>(),
        Clause::UnmarkedIsYieldedAgain => Broken::new::<feeds::MarksWhatItYields>(),
        Clause::MarkedIsNotYielded => Broken::new::<feeds::MarksTheFirstAlone>(),
        Clause::ScanIsComplete => Broken::new::<feeds::LosesAtThePageEdge>(),
        Clause::AcknowledgedSurvivesACrash => Broken::new::<loads::LosesTheLastOnCrash>(),
        Clause::CrashBeforePublishRepeats => Broken::new::<feeds::OutboxInMemory>(),
        Clause::HeldAppendIsYieldedOnceItLands => Broken::new::<feeds::CursorByBegin>(),
        Clause::FeedWaits => Broken::new::<feeds::NeverWaits>(),
        Clause::FeedIsOfOneService => Broken::new::<feeds::OneFeedForAll>(),
        Clause::LostAnswerIsUnknown => Broken::new::<appends::SaysUnavailable>(),
        Clause::InboxIsKept => Broken::new::<appends::ForgetsOldCauses>(),
        Clause::SameCauseSideBySideIsOneCommit => Broken::new::<appends::RivalIsAConflict>(),
        Clause::CauseCountsPerStream => Broken::new::<appends::CauseOncePerStore>(),
        Clause::LoadWithoutSnapshots => Broken::new::<loads::RemembersOnlyTheTail>(),
        Clause::RestartKeepsTheLog => Broken::new::<loads::LosesTheLastOnRestart>(),
        Clause::ShardsDivideTheFeed => Broken::new::<readers::EveryShardIsTheWhole>(),
        Clause::UnreadableSparesTheFeed => Broken::new::<readers::OneBadCommitFailsTheFeed>(),
        Clause::HoldSetsAside => Broken::new::<readers::HoldsTheStream>(),
        Clause::HoldEnds => Broken::new::<readers::HoldsForEver>(),
        Clause::UnreadableSparesTheScan => Broken::new::<readers::ScansWhatItCanRead>(),
        Clause::LoadTellsNewerFromDamaged => Broken::new::<readers::NewerIsDamaged>(),
        Clause::BatchesOfAnySizeAreTaken => Broken::new::<appends::AThousandAtATime>(),
        Clause::LoadGivesWhatIsNewer => Broken::new::<loads::AlwaysGivesAll>(),
        Clause::ScanGoesOnAfterACrash => Broken::new::<feeds::CursorsInMemory>(),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[
    (
        Clause::AbsentStreamIsEmpty,
        Clause::LinearizableLoadSeesAcknowledged,
        "it loads a stream before its first commit",
    ),
    (
        Clause::AbsentStreamIsEmpty,
        Clause::AnswersFollowTheRequests,
        "it loads an absent stream among others",
    ),
    (
        Clause::AbsentStreamIsEmpty,
        Clause::VersionAheadConflicts,
        "it loads a stream whose first commit was refused",
    ),
    (
        Clause::AbsentStreamIsEmpty,
        Clause::MalformedCommitsAreInvalid,
        "it loads a stream whose commits were refused",
    ),
    (
        Clause::StaleVersionConflicts,
        Clause::OneOfManyWins,
        "every rival but the first is stale",
    ),
    (
        Clause::StaleVersionConflicts,
        Clause::BatchMembersFailAlone,
        "one member of its batch is stale",
    ),
    (
        Clause::DuplicateCauseIsNoCommit,
        Clause::RestartKeepsTheLog,
        "it asks for the first commit's cause at the head",
    ),
    (
        Clause::DuplicateBeatsConflict,
        Clause::RetryOfIdenticalCommitIsSafe,
        "a retry comes with a version that is stale by then",
    ),
    (
        Clause::DuplicateBeatsConflict,
        Clause::BatchMembersFailAlone,
        "one member of its batch is a retry",
    ),
    (
        Clause::DuplicateBeatsConflict,
        Clause::InboxIsKept,
        "what it repeats is stale by then",
    ),
    (
        Clause::DuplicateBeatsConflict,
        Clause::LostAnswerIsUnknown,
        "it repeats the commit whose answer was lost",
    ),
    (
        Clause::DuplicateBeatsConflict,
        Clause::SameCauseSideBySideIsOneCommit,
        "all copies but the first are stale",
    ),
    (
        Clause::BatchMembersFailAlone,
        Clause::MalformedCommitsAreInvalid,
        "it takes a batch apart, so that it does not see a stream that stands twice",
    ),
    (
        Clause::RetryOfIdenticalCommitIsSafe,
        Clause::RestartKeepsTheLog,
        "it repeats a cause that is not the head's",
    ),
    (
        Clause::FeedIsComplete,
        Clause::FeedKeepsStreamOrder,
        "it reads full pages, and each commit must come",
    ),
    (
        Clause::FeedKeepsStreamOrder,
        Clause::RestartKeepsTheLog,
        "its feed holds two commits of one stream",
    ),
    (
        Clause::FeedKeepsStreamOrder,
        Clause::CommitIsAtomic,
        "it compares the oldest commit of a feed of two",
    ),
    (
        Clause::FeedYieldsOnlyDurable,
        Clause::HeldAppendIsYieldedOnceItLands,
        "it marks the commit in flight and misses it later",
    ),
    (
        Clause::UnmarkedIsYieldedAgain,
        Clause::FeedIsComplete,
        "a feed is read without marking while commits are appended",
    ),
    (
        Clause::UnmarkedIsYieldedAgain,
        Clause::FeedKeepsStreamOrder,
        "it reads one page without marking it",
    ),
    (
        Clause::UnmarkedIsYieldedAgain,
        Clause::MarkedIsNotYielded,
        "what it does not mark must come again",
    ),
    (
        Clause::UnmarkedIsYieldedAgain,
        Clause::FeedIsOfOneService,
        "it reads the driver service's feed twice",
    ),
    (
        Clause::UnmarkedIsYieldedAgain,
        Clause::UnreadableSparesTheFeed,
        "it reads the feed again once it is mended",
    ),
    (
        Clause::FeedWaits,
        Clause::HoldEnds,
        "it waits in the feed until the hold ends",
    ),
    (
        Clause::MarkedIsNotYielded,
        Clause::HoldSetsAside,
        "its feed must be empty at the end",
    ),
    (
        Clause::MarkedIsNotYielded,
        Clause::FeedIsComplete,
        "its feed must be empty at the end",
    ),
    (
        Clause::AcknowledgedSurvivesACrash,
        Clause::CrashBeforePublishRepeats,
        "the commit that was lost cannot be published",
    ),
    (
        Clause::LinearizableLoadSeesAcknowledged,
        Clause::LoadGivesWhatIsNewer,
        "it asks one handle for several parts of a stream, and gets the first again",
    ),
    (
        Clause::SnapshotsMayVanish,
        Clause::LoadGivesWhatIsNewer,
        "it loads from a snapshot as well",
    ),
    (
        Clause::CauseCountsPerStream,
        Clause::MalformedCommitsAreInvalid,
        "it takes a batch apart, so that it does not see a stream that stands twice",
    ),
    (
        Clause::ScanIsComplete,
        Clause::ScanGoesOnAfterACrash,
        "its first page is full",
    ),
    (
        Clause::AcknowledgedSurvivesACrash,
        Clause::ScanGoesOnAfterACrash,
        "it scans after the crash what was written before it",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}
