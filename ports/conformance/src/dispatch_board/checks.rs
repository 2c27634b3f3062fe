//! The checks of the dispatch board.

use super::DispatchBoardHarness;
use crate::report::{Check, expect_same};
use crate::script::Script;
use fiacre_domain::id::RegionId;
use fiacre_domain::stream::Version;
use fiacre_domain::units::Millis;
use fiacre_ports::{CLOSED_KEPT, DispatchBoard, OpenSearch};
use std::sync::Arc;

type Board = Arc<dyn DispatchBoard>;

fn lines(searches: &[OpenSearch]) -> String {
    let line = |search: &OpenSearch| format!("{} at version {}", search.trip, search.version);
    let lines: Vec<_> = searches.iter().map(line).collect();
    format!("[{}]", lines.join(", "))
}

impl<H: DispatchBoardHarness> Script<'_, H> {
    /// Searches by number of trip and version.
    fn searches(&self, searches: &[(u64, u32)]) -> Vec<OpenSearch> {
        let search = |&(trip, version): &(u64, u32)| OpenSearch {
            trip: self.ids().trip(trip),
            version: Version::new(version),
        };
        searches.iter().map(search).collect()
    }

    fn open_in(&self, board: &Board, region: RegionId, searches: &[(u64, u32)]) -> Check {
        let searches = self.searches(searches);
        let what = format!("open in {region} {}", lines(&searches));
        self.call(
            what,
            |()| "done".to_owned(),
            async || board.open(region, &searches).await,
        )
    }

    fn close_in(&self, board: &Board, region: RegionId, searches: &[(u64, u32)]) -> Check {
        let searches = self.searches(searches);
        let what = format!("close in {region} {}", lines(&searches));
        self.call(
            what,
            |()| "done".to_owned(),
            async || board.close(region, &searches).await,
        )
    }

    fn open_searches(&self, board: &Board, searches: &[(u64, u32)]) -> Check {
        self.open_in(board, self.ids().region(), searches)
    }

    fn close_searches(&self, board: &Board, searches: &[(u64, u32)]) -> Check {
        self.close_in(board, self.ids().region(), searches)
    }

    fn expect_listed_in(&self, board: &Board, region: RegionId, searches: Option<&[(u64, u32)]>) -> Check {
        let what = format!("list of {region}");
        let show = |listed: &Option<Vec<OpenSearch>>| {
            let nothing = || "nothing: the board is not complete".to_owned();
            listed.as_ref().map_or_else(nothing, |listed| lines(listed))
        };
        let listed = self.call(what, show, async || board.list(region).await)?;
        let expected = searches.map(|searches| self.searches(searches));
        expect_same("the open searches", &expected, &listed)
    }

    fn restore_in(&self, board: &Board, region: RegionId, searches: &[(u64, u32)]) -> Check {
        let searches = self.searches(searches);
        let what = format!("restore in {region} {}", lines(&searches));
        self.call(
            what,
            |()| "done".to_owned(),
            async || board.restore(region, &searches).await,
        )
    }

    /// A board whose regions are complete.
    fn complete_board(&self) -> Check<Board> {
        let board = self.harness().open();
        for region in [self.ids().region(), self.ids().elsewhere()] {
            self.restore_in(&board, region, &[])?;
        }
        Ok(board)
    }

    fn expect_listed(&self, board: &Board, searches: &[(u64, u32)]) -> Check {
        self.expect_listed_in(board, self.ids().region(), Some(searches))
    }
}

pub(super) fn open_is_listed<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.expect_listed(&board, &[])?;
    script.open_searches(&board, &[(3, 1), (1, 2)])?;
    script.open_searches(&board, &[(2, 1), (3, 4)])?;
    script.open_searches(&board, &[(3, 2)])?;
    script.expect_listed(&board, &[(1, 2), (2, 1), (3, 4)])
}

pub(super) fn closed_is_gone<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 1), (2, 1), (3, 1)])?;
    script.close_searches(&board, &[(1, 2), (3, 5)])?;
    script.expect_listed(&board, &[(2, 1)])
}

pub(super) fn late_open_changes_nothing<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 1)])?;
    script.close_searches(&board, &[(1, 5), (2, 5)])?;
    script.open_searches(&board, &[(1, 3), (2, 1)])?;
    script.open_searches(&board, &[(1, 5), (2, 5)])?;
    script.expect_listed(&board, &[])
}

pub(super) fn late_close_changes_nothing<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 5)])?;
    script.close_searches(&board, &[(1, 3)])?;
    script.expect_listed(&board, &[(1, 5)])
}

pub(super) fn closed_can_open_again<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 1)])?;
    script.close_searches(&board, &[(1, 4)])?;
    script.open_searches(&board, &[(1, 6)])?;
    script.expect_listed(&board, &[(1, 6)])?;
    script.close_searches(&board, &[(1, 8)])?;
    script.expect_listed(&board, &[])
}

pub(super) fn regions_are_apart<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (here, elsewhere) = (ids.region(), ids.elsewhere());
    let board = script.complete_board()?;
    script.open_in(&board, here, &[(1, 1), (2, 1)])?;
    script.open_in(&board, elsewhere, &[(3, 1)])?;
    script.close_in(&board, elsewhere, &[(1, 2)])?;
    script.expect_listed_in(&board, here, Some(&[(1, 1), (2, 1)]))?;
    script.expect_listed_in(&board, elsewhere, Some(&[(3, 1)]))
}

pub(super) fn board_survives_a_restart<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 1), (2, 1)])?;
    script.close_searches(&board, &[(2, 3)])?;
    drop(board);
    script.note("the board restarts");
    script.harness().restart();
    let board = script.harness().open();
    script.open_searches(&board, &[(2, 2)])?;
    script.expect_listed(&board, &[(1, 1)])
}

pub(super) fn lost_is_not_empty<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let region = script.ids().region();
    let board = script.harness().open();
    script.expect_listed_in(&board, region, None)?;
    script.restore_in(&board, region, &[(1, 1)])?;
    script.expect_listed(&board, &[(1, 1)])?;
    drop(board);
    script.note("the board is lost");
    script.harness().lose();
    let board = script.harness().open();
    script.open_searches(&board, &[(2, 1)])?;
    script.expect_listed_in(&board, region, None)?;
    script.restore_in(&board, region, &[(1, 1), (2, 1)])?;
    script.expect_listed(&board, &[(1, 1), (2, 1)])
}

pub(super) fn restore_keeps_what_is_newer<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let region = script.ids().region();
    let board = script.harness().open();
    script.open_searches(&board, &[(1, 3), (2, 1)])?;
    script.close_searches(&board, &[(3, 4)])?;
    script.restore_in(&board, region, &[(1, 1), (3, 2), (4, 1)])?;
    script.expect_listed(&board, &[(1, 3), (2, 1), (4, 1)])
}

pub(super) fn closed_is_forgotten<H: DispatchBoardHarness>(script: &Script<'_, H>) -> Check {
    let board = script.complete_board()?;
    script.open_searches(&board, &[(1, 1), (2, 1)])?;
    script.close_searches(&board, &[(1, 2)])?;
    script.note("almost as long passes as it must remember");
    script
        .harness()
        .pass(CLOSED_KEPT.saturating_sub(Millis::from_secs(1)));
    script.open_searches(&board, &[(1, 1)])?;
    script.expect_listed(&board, &[(2, 1)])?;
    script.note("twice as long passes");
    script.harness().pass(CLOSED_KEPT);
    script.harness().pass(CLOSED_KEPT);
    script.open_searches(&board, &[(1, 1)])?;
    script.expect_listed(&board, &[(1, 1), (2, 1)])
}
