//! The suite of [`EventStore`](fiacre_ports::EventStore).

mod appends;
pub mod broken;
mod feeds;
mod harness;
mod loads;
mod readers;
pub mod reference;
mod steps;

pub use harness::{Capability, EventStoreHarness, Unreadable};

crate::clause::clauses! {
    $ event_store_suite for "an event store" in event_store over EventStoreHarness;

    AbsentStreamIsEmpty es_01_absent_stream_is_empty by loads::absent_stream_is_empty:
        "answer a stream without commits with an empty `Loaded`, not an error";
    VersionsAreGapless es_02_versions_are_gapless by loads::versions_are_gapless:
        "give a stream's commits in order, without a gap, up to `head`";
    LinearizableLoadSeesAcknowledged es_03_linearizable_load_sees_acknowledged by loads::linearizable_load_sees_acknowledged:
        "include in a linearizable load every commit that was acknowledged before the call, through any handle";
    CommitIsAtomic es_04_commit_is_atomic by loads::commit_is_atomic:
        "keep a commit whole: all its events in order, with its cause, time, region and trace";
    StaleVersionConflicts es_05_stale_version_conflicts by appends::stale_version_conflicts:
        "answer `Conflict` where the head is above `expected`, and write nothing";
    VersionAheadConflicts es_06_version_ahead_conflicts by appends::version_ahead_conflicts:
        "answer `Conflict` where the head is below `expected`, and write nothing";
    DuplicateCauseIsNoCommit es_07_duplicate_cause_is_no_commit by appends::duplicate_cause_is_no_commit:
        "answer `Duplicate` with its version where the stream has a commit with this cause, and write nothing";
    DuplicateBeatsConflict es_08_duplicate_beats_conflict by appends::duplicate_beats_conflict:
        "answer `Duplicate`, not `Conflict`, where the cause is known and `expected` is wrong as well";
    OneOfManyWins es_09_one_of_many_wins by appends::one_of_many_wins:
        "let exactly one of several concurrent commits on one version through, and answer the others `Conflict`";
    BatchMembersFailAlone es_10_batch_members_fail_alone by appends::batch_members_fail_alone:
        "judge each member of a batch on its own: one may fail and the next succeed";
    RetryOfIdenticalCommitIsSafe es_11_retry_of_identical_commit_is_safe by appends::retry_of_identical_commit_is_safe:
        "answer the identical commit, appended again at any time later, with `Duplicate` and the version it got";
    MalformedCommitsAreInvalid es_12_malformed_commits_are_invalid by appends::malformed_commits_are_invalid:
        "refuse as `Invalid` a commit without events, and every commit of a stream that stands twice in a batch, and write none of them";
    AnswersFollowTheRequests es_13_answers_follow_the_requests by loads::answers_follow_the_requests:
        "answer loads and appends in the order of the requests";
    SnapshotsMayVanish es_14_snapshots_may_vanish by loads::snapshots_may_vanish:
        "give after `save_snapshots` a state to start from and every commit after it, or every commit";
    FeedIsComplete es_15_feed_is_complete by feeds::feed_is_complete:
        "yield every commit sooner or later, also those that are appended side by side while the feed is read";
    FeedNeverSkipsLateCommits es_16_feed_never_skips_late_commits by feeds::feed_never_skips_late_commits:
        "yield a commit that came late: decided before, and sorted before, what was already yielded and marked";
    FeedKeepsStreamOrder es_17_feed_keeps_stream_order by feeds::feed_keeps_stream_order:
        "yield the commits of one stream in order";
    FeedYieldsOnlyDurable es_18_feed_yields_only_durable needs HoldAppend by feeds::feed_yields_only_durable:
        "never yield what can still roll back";
    UnmarkedIsYieldedAgain es_19_unmarked_is_yielded_again by feeds::unmarked_is_yielded_again:
        "yield again what was not marked";
    MarkedIsNotYielded es_20_marked_is_not_yielded by feeds::marked_is_not_yielded:
        "not yield a marked commit again";
    ScanIsComplete es_21_scan_is_complete by feeds::scan_is_complete:
        "scan every commit that was acknowledged before, once, of each stream in order, whatever is marked, at most `max` a page";
    AcknowledgedSurvivesACrash es_22_acknowledged_survives_a_crash needs Crash by loads::acknowledged_survives_a_crash:
        "keep over a crash every commit that it answered with `Applied`";
    CrashBeforePublishRepeats es_23_crash_before_publish_repeats needs Crash by feeds::crash_before_publish_repeats:
        "yield after a crash what was committed and not marked, whether or not it had been yielded";
    HeldAppendIsYieldedOnceItLands es_24_held_append_is_yielded_once_it_lands needs HoldAppend by feeds::held_append_is_yielded_once_it_lands:
        "yield a commit that began before others and landed after they were yielded and marked";
    FeedWaits es_25_feed_waits by feeds::feed_waits:
        "wait in `feed` until there is a commit, and give none only once `until` has come";
    FeedIsOfOneService es_26_feed_is_of_one_service by feeds::feed_is_of_one_service:
        "yield only commits of the streams that the service owns, at most `max`";
    LostAnswerIsUnknown es_27_lost_answer_is_unknown needs LoseAnswer by appends::lost_answer_is_unknown:
        "answer `OutcomeUnknown` where a commit may have been written, and never `Unavailable`, which says that it was not";
    InboxIsKept es_28_inbox_is_kept by appends::inbox_is_kept:
        "know the causes of a stream for ever, however many commits came since";
    SameCauseSideBySideIsOneCommit es_29_same_cause_side_by_side_is_one_commit by appends::same_cause_side_by_side_is_one_commit:
        "answer one of several identical commits that arrive side by side `Applied` and the others `Duplicate`";
    CauseCountsPerStream es_30_cause_counts_per_stream by appends::cause_counts_per_stream:
        "let one cause make a commit in each of several streams";
    LoadWithoutSnapshots es_31_forgotten_snapshots_harm_nobody needs ForgetSnapshots by loads::forgotten_snapshots_harm_nobody:
        "give every commit of a stream whose snapshot was forgotten";
    RestartKeepsTheLog es_32_restart_keeps_the_log needs Restart by loads::restart_keeps_the_log:
        "keep commits, causes and what is to be published over a restart";
    ShardsDivideTheFeed es_33_shards_divide_the_feed by readers::shards_divide_the_feed:
        "yield to the reader of a shard the commits of its streams alone, so that all shards together see each once";
    UnreadableSparesTheFeed es_34_unreadable_spares_the_feed needs Unreadable by readers::unreadable_spares_the_feed:
        "yield a commit that cannot be read as `Newer` or `Damaged` and its neighbours as ever, and itself once it can be read";
    HoldSetsAside es_35_hold_sets_aside by readers::hold_sets_aside:
        "not yield a commit on hold, and yield what follows it, of its stream as well";
    HoldEnds es_36_hold_ends by readers::hold_ends:
        "yield a commit again once its hold is over, and not before";
    UnreadableSparesTheScan es_37_unreadable_spares_the_scan needs Unreadable by readers::unreadable_spares_the_scan:
        "scan past a commit that cannot be read, and say that it is `Newer` or `Damaged`";
    LoadTellsNewerFromDamaged es_38_load_tells_newer_from_damaged needs Unreadable by readers::load_tells_newer_from_damaged:
        "answer the load of a stream with a commit that cannot be read `Newer` or `Damaged`, and the others as ever";
    BatchesOfAnySizeAreTaken es_39_batches_of_any_size_are_taken by appends::batches_of_any_size_are_taken:
        "take batches of thousands of appends and loads, in as many requests as it likes, and empty ones";
    LoadGivesWhatIsNewer es_40_load_gives_what_is_newer by loads::load_gives_what_is_newer:
        "give of a stream that the asker knows up to a version only what is newer, and no snapshot that is not";
    ScanGoesOnAfterACrash es_41_scan_goes_on_after_a_crash needs Crash by feeds::scan_goes_on_after_a_crash:
        "go on after a crash with a scan that began before it, by its cursor";
}
