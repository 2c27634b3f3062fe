//! Streams of commits.

use crate::error::PortError;
use crate::scope::Scope;
use async_trait::async_trait;
use fiacre_domain::dispatch::Dispatch;
use fiacre_domain::driver::Driver;
use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::payment::Payment;
use fiacre_domain::stream::{Cause, Commit, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::Trip;
use std::sync::Arc;

/// How fresh a load must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May miss the newest commits: good enough to decide on, since the append checks the version.
    Cached,
    /// Sees every commit that was acknowledged before the call. Needed before "nothing to do" is believed.
    Linearizable,
}

/// Which stream to load, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadRequest {
    /// The stream.
    pub stream: StreamId,
    /// How fresh.
    pub consistency: Consistency,
    /// What the asker knows of it already: every commit up to here. [`Version::EMPTY`] for nothing.
    pub after: Version,
}

impl LoadRequest {
    /// All of `stream`, for an asker who knows nothing of it.
    pub const fn whole(stream: StreamId, consistency: Consistency) -> Self {
        Self {
            stream,
            consistency,
            after: Version::EMPTY,
        }
    }
}

/// A folded state that can be thrown away: a load from it and a load without it give the same. Those of drivers are kept by
/// the thousand and are the smallest: the others are boxed.
#[derive(Debug, Clone, PartialEq)]
pub enum SnapshotState {
    /// Of `trip-{id}`.
    Trip(Box<Trip>),
    /// Of `dispatch-{trip}`.
    Dispatch(Box<Dispatch>),
    /// Of `driver-{id}`.
    Driver(Driver),
    /// Of `payment-{trip}[-{n}]`.
    Payment(Box<Payment>),
}

/// The state of a stream after a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The last commit that is folded in.
    pub version: Version,
    /// The state.
    pub state: Arc<SnapshotState>,
}

/// A loaded stream, or the part of it that the asker did not know.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// A state to start from, if one is kept that is newer than what the asker knows.
    pub snapshot: Option<Snapshot>,
    /// Every commit after the snapshot (without one, all that the asker does not know), in order.
    pub commits: Vec<Commit>,
    /// The version of the last commit; [`Version::EMPTY`] for a stream without any.
    pub head: Version,
}

/// A commit to append.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommit {
    /// The stream.
    pub stream: StreamId,
    /// The head that the decision stands on; the commit gets the version after it.
    pub expected: Version,
    /// What led to it.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
    /// The region whose queues carry it.
    pub region: RegionId,
    /// The request that it belongs to.
    pub trace: Option<Arc<TraceContext>>,
    /// What happened; not empty.
    pub events: Arc<[Event]>,
}

impl NewCommit {
    /// The commit that an append makes of this.
    pub fn into_commit(self) -> Commit {
        let Self {
            stream,
            expected,
            cause,
            at,
            region,
            trace,
            events,
        } = self;
        Commit {
            stream,
            version: expected.next(),
            at,
            cause,
            region,
            trace,
            events,
        }
    }
}

/// What became of a commit.
#[derive(Debug)]
pub enum Appended {
    /// It is in the log, durably, at this version.
    Applied(Version),
    /// Its cause has a commit in this stream already, at this version: nothing was written.
    Duplicate(Version),
    /// The stream's head is another: nothing was written.
    Conflict {
        /// The head that was found, if the store tells.
        head: Option<Version>,
    },
    /// It failed; see the kind.
    Failed(PortError),
}

/// Stands for a commit of the feed until it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// The stream.
    pub stream: StreamId,
    /// The commit.
    pub version: Version,
}

/// Where a scan or a list goes on; opaque, made by the adapter, for what it was read from and this release. The empty cursor is
/// the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(pub Vec<u8>);

/// A commit of a feed or of a scan, or why it cannot be read.
#[derive(Debug)]
pub struct Entry {
    /// Its place in the log.
    pub ticket: Ticket,
    /// The commit; else an error of kind [`Newer`](crate::PortErrorKind::Newer) or
    /// [`Damaged`](crate::PortErrorKind::Damaged).
    pub commit: Result<Arc<Commit>, PortError>,
}

impl From<Arc<Commit>> for Entry {
    fn from(commit: Arc<Commit>) -> Self {
        Self {
            ticket: Ticket {
                stream: commit.stream,
                version: commit.version,
            },
            commit: Ok(commit),
        }
    }
}

/// A page of a scan.
#[derive(Debug, Default)]
pub struct Page {
    /// Commits, of each stream in order, each on its own: one that cannot be read does not hide its neighbours.
    pub entries: Vec<Entry>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// Streams of commits: the truth of the platform, its outbox and its inbox.
///
/// One commit is one atomic, immutable write. Unique (stream, version) is the lock; unique (stream, cause) is the inbox,
/// kept for ever.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Loads streams; answers in the order of the requests.
    ///
    /// - MUST answer a stream without commits with an empty [`Loaded`], not an error (`es_01_absent_stream_is_empty`).
    /// - MUST give commits in order, without a gap, up to `head` (`es_02_versions_are_gapless`).
    /// - MUST, if [`Consistency::Linearizable`], include every commit acknowledged before the call
    ///   (`es_03_linearizable_load_sees_acknowledged`).
    /// - MUST give the same state with a snapshot as without (`es_14_snapshots_may_vanish`,
    ///   `es_31_forgotten_snapshots_harm_nobody`).
    /// - MUST answer [`Newer`](crate::PortErrorKind::Newer) for a stream with a commit that a newer release wrote,
    ///   [`Damaged`](crate::PortErrorKind::Damaged) for one with a commit that is damaged, and the others as ever
    ///   (`es_38_load_tells_newer_from_damaged`).
    /// - MUST give only what is newer than `after`, and no snapshot that is not: a load at the confirmed head of a stream
    ///   that is known then costs next to nothing (`es_40_load_gives_what_is_newer`).
    /// - MUST answer in the order of the requests (`es_13_answers_follow_the_requests`).
    /// - MUST keep what was acknowledged over a crash and a restart (`es_22_acknowledged_survives_a_crash`,
    ///   `es_32_restart_keeps_the_log`).
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>>;

    /// Appends commits, each under optimistic concurrency on its stream; answers in the order of the commits, each on its own: one
    /// may fail and the next succeed.
    ///
    /// - MUST write all events of a commit or none (`es_04_commit_is_atomic`).
    /// - MUST answer [`Appended::Conflict`] where the head is not `expected`, below or above
    ///   (`es_05_stale_version_conflicts`, `es_06_version_ahead_conflicts`).
    /// - MUST answer [`Appended::Duplicate`] where the stream has a commit with this cause, whatever `expected` says:
    ///   duplicate beats conflict, also between rivals, and the inbox is kept for ever
    ///   (`es_07_duplicate_cause_is_no_commit`, `es_08_duplicate_beats_conflict`, `es_28_inbox_is_kept`,
    ///   `es_29_same_cause_side_by_side_is_one_commit`).
    /// - MUST let one cause make a commit in each of several streams (`es_30_cause_counts_per_stream`).
    /// - MUST let exactly one of several concurrent commits on one version through (`es_09_one_of_many_wins`).
    /// - MUST take batches of any size, as a load must (`es_39_batches_of_any_size_are_taken`).
    /// - MUST judge each member of a batch on its own (`es_10_batch_members_fail_alone`).
    /// - MUST be safe to call again with the identical commit after [`OutcomeUnknown`](crate::PortErrorKind::OutcomeUnknown)
    ///   (`es_11_retry_of_identical_commit_is_safe`), and answer so wherever the commit may have been written
    ///   (`es_27_lost_answer_is_unknown`).
    /// - MUST refuse as [`Invalid`](crate::PortErrorKind::Invalid) a commit without events, and every commit of a
    ///   stream that stands twice in the batch (`es_12_malformed_commits_are_invalid`).
    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended>;

    /// The oldest commits in `scope` that are neither marked as published nor on hold, at most `max`; waits until there is
    /// one or until `until`, then gives none. Oldest as far as the adapter can tell; only the order within a stream counts.
    ///
    /// - MUST yield every commit sooner or later, also one that became visible late (`es_15_feed_is_complete`,
    ///   `es_16_feed_never_skips_late_commits`, `es_24_held_append_is_yielded_once_it_lands`).
    /// - MUST yield only commits of streams that the service owns (`es_26_feed_is_of_one_service`) and that lie in the
    ///   shard, so that readers of all shards together see each commit once (`es_33_shards_divide_the_feed`).
    /// - MUST wait until there is one, or until `until` (`es_25_feed_waits`).
    /// - MUST yield the commits of one stream in order, but for those on hold (`es_17_feed_keeps_stream_order`).
    /// - MUST yield a commit that it cannot read as such, and its neighbours as ever (`es_34_unreadable_spares_the_feed`);
    ///   what a newer release wrote is [`Newer`](crate::PortErrorKind::Newer), what is damaged is
    ///   [`Damaged`](crate::PortErrorKind::Damaged).
    /// - MUST never yield what can still roll back (`es_18_feed_yields_only_durable`).
    /// - MUST yield again what was not marked, also after a crash (`es_19_unmarked_is_yielded_again`,
    ///   `es_23_crash_before_publish_repeats`).
    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError>;

    /// Marks commits as published. A hint of the adapter's own, never part of the commit: losing it only repeats messages.
    ///
    /// - MUST not yield a marked commit to a later `feed`, as long as the mark is kept (`es_20_marked_is_not_yielded`).
    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError>;

    /// Sets commits aside that cannot be published now: what this release cannot read, what no queue takes. A hint like a
    /// mark, but of this handle alone if the adapter likes: losing it only yields them sooner.
    ///
    /// - MUST not yield them to this handle's `feed` before `until`, and yield what follows them, of their streams as well
    ///   (`es_35_hold_sets_aside`); MUST yield them again afterwards (`es_36_hold_ends`).
    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError>;

    /// Keeps states to load from. May keep none of them, and may forget any at any time: an error is no more than a snapshot that
    /// was not kept, and nobody repeats the call. They may come late, after a newer one of their stream.
    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError>;

    /// Reads the whole log, page by page, at most `max` commits a page. Only [`Page::next`] says where it ends: a page may be short,
    /// or empty, before that. The order between streams is the adapter's own. What is appended while a scan goes on, it may give
    /// or not; whoever needs it reads the streams.
    ///
    /// - MUST give every commit that was acknowledged before the scan began, once, of each stream in order
    ///   (`es_21_scan_is_complete`); what it cannot read it gives as such (`es_37_unreadable_spares_the_scan`).
    /// - MUST take its cursor after a crash as well (`es_41_scan_goes_on_after_a_crash`).
    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError>;
}
