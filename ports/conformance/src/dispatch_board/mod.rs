//! The suite of [`DispatchBoard`](fiacre_ports::DispatchBoard).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, DispatchBoardHarness};

crate::clause::clauses! {
    $ dispatch_board_suite for "a dispatch board" in dispatch_board over DispatchBoardHarness;

    OpenIsListed db_01_open_is_listed by checks::open_is_listed:
        "list every open search of a region once, in the order of trips, at its newest version";
    ClosedIsGone db_02_closed_is_gone by checks::closed_is_gone:
        "not list a search that is closed";
    LateOpenChangesNothing db_03_late_open_changes_nothing by checks::late_open_changes_nothing:
        "leave a closed search closed where it is opened late, at the same or an older version, also before it was ever open";
    LateCloseChangesNothing db_04_late_close_changes_nothing by checks::late_close_changes_nothing:
        "leave a search open where it is closed at an older version";
    ClosedCanOpenAgain db_05_closed_can_open_again by checks::closed_can_open_again:
        "list a closed search that is opened at a newer version: its trip looks for another driver";
    RegionsAreApart db_06_regions_are_apart by checks::regions_are_apart:
        "keep the searches of regions apart";
    BoardSurvivesARestart db_07_board_survives_a_restart needs Restart by checks::board_survives_a_restart:
        "keep the board over a restart, what is closed as well";
    LostIsNotEmpty db_08_lost_is_not_empty needs Lose by checks::lost_is_not_empty:
        "list nothing at all, not an empty board, where a region was never restored or the board was lost since";
    RestoreKeepsWhatIsNewer db_09_restore_keeps_what_is_newer by checks::restore_keeps_what_is_newer:
        "keep over a restore what was opened and closed meanwhile at newer versions";
    ClosedIsForgotten db_10_closed_is_forgotten needs LetHoursPass by checks::closed_is_forgotten:
        "remember that a search was closed for `CLOSED_KEPT`, and forget it within twice that time";
}
