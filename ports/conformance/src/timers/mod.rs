//! The suite of [`Timers`](fiacre_ports::Timers).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, TimersHarness};

crate::clause::clauses! {
    $ timers_suite for "a keeper of timers" in timers over TimersHarness;

    SameIdIsOneTimer tm_01_same_id_is_one_timer by checks::same_id_is_one_timer:
        "keep one timer per id: scheduling it again moves it, earlier or later";
    NeverEarly tm_02_never_early by checks::never_early:
        "not give a timer before its time";
    DueUntilDone tm_03_due_until_done by checks::due_until_done:
        "give every timer that is due, again and again until it is done";
    DoneIsGone tm_04_done_is_gone by checks::done_is_gone:
        "not give a timer that is done";
    TimersSurviveARestart tm_05_timers_survive_a_restart needs Restart by checks::timers_survive_a_restart:
        "keep timers over a restart, with what they carry";
    DoneSparesTheMoved tm_06_done_spares_the_moved by checks::done_spares_the_moved:
        "keep a timer that was moved to a later time after it was given, when what was given is done";
    DueWaits tm_07_due_waits by checks::due_waits:
        "wait in `due` until a timer is due, also one that is scheduled meanwhile, and give none only once `until` has come";
    TimersAreOfOneService tm_08_timers_are_of_one_service by checks::timers_are_of_one_service:
        "give a service the timers of the streams that it owns, and no others";
    EarliestFirst tm_09_earliest_first by checks::earliest_first:
        "give the earliest first, at most `max`";
    TimersSurviveACrash tm_10_timers_survive_a_crash needs Crash by checks::timers_survive_a_crash:
        "keep over a crash every timer whose scheduling was acknowledged";
    TimersOfOneMomentAllCome tm_11_timers_of_one_moment_all_come by checks::timers_of_one_moment_all_come:
        "give every timer of one moment, however they differ: by stream, version, kind or number";
    DoneCanBeArmedAgain tm_12_done_can_be_armed_again by checks::done_can_be_armed_again:
        "give a timer again that was done and is scheduled again, because its event came twice";
    TimerIsKeptWhole tm_13_timer_is_kept_whole by checks::timer_is_kept_whole:
        "give a timer as it was scheduled: id, time, region and trace";
    ShardsDivideTheTimers tm_14_shards_divide_the_timers by checks::shards_divide_the_timers:
        "give the reader of a shard the timers of its streams alone, so that all shards together see each";
    NobodysTimerIsRefused tm_15_nobodys_timer_is_refused by checks::nobodys_timer_is_refused:
        "refuse as `Invalid` a call with a timer of a stream that no service owns, and arm none of its timers";
}
