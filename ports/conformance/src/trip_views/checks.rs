//! The checks of trip views.

use super::TripViewsHarness;
use crate::report::{Check, expect, expect_same};
use crate::sample::{AT, Ids};
use crate::script::Script;
use crate::told::Told;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::Version;
use fiacre_domain::trip::{EndReason, Phase};
use fiacre_ports::{TripView, TripViews};
use std::sync::Arc;

type Views = Arc<dyn TripViews>;

/// Row `version` of trip `number`, as little as is known at the beginning.
fn row(ids: Ids, number: u64, version: u32) -> TripView {
    TripView {
        trip: ids.trip(number),
        version: Version::new(version),
        rider: None,
        region: ids.region(),
        phase: Phase::Requested,
        reason: None,
        driver: None,
        quoted: None,
        due: None,
        changed_at: AT,
        closed: false,
        flagged: false,
    }
}

/// Row `version` of trip `number` of rider `rider`.
fn row_of(ids: Ids, number: u64, version: u32, rider: u64) -> TripView {
    TripView {
        rider: Some(ids.rider(rider)),
        ..row(ids, number, version)
    }
}

fn line(view: &TripView) -> String {
    format!("{} at version {}", view.trip, view.version)
}

fn lines(views: &[TripView]) -> String {
    let lines: Vec<_> = views.iter().map(line).collect();
    format!("[{}]", lines.join(", "))
}

impl<H: TripViewsHarness> Script<'_, H> {
    fn put_rows(&self, views: &Views, rows: &[TripView]) -> Check {
        self.call(
            format!("put {}", lines(rows)),
            |()| "done".to_owned(),
            async || views.put(rows.to_vec()).await,
        )
    }

    fn rows(&self, views: &Views, trips: &[TripId]) -> Check<Vec<Option<TripView>>> {
        let show = |rows: &Vec<Option<TripView>>| {
            let lines: Vec<_> = rows
                .iter()
                .map(|row| row.as_ref().map_or_else(|| "nothing".to_owned(), line))
                .collect();
            lines.join(", ")
        };
        self.call(format!("get {}", trips.told()), show, async || {
            views.get(trips).await
        })
    }

    fn expect_row(&self, views: &Views, expected: TripView) -> Check {
        let rows = self.rows(views, &[expected.trip])?;
        expect_same("the row", &vec![Some(expected)], &rows)
    }

    fn rows_of_rider(
        &self,
        views: &Views,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Check<Vec<TripView>> {
        let after_text = after.map_or_else(String::new, |trip| format!(", after {trip}"));
        let what = format!("trips of rider {rider}{after_text} (at most {max})");
        self.call(
            what,
            |rows: &Vec<TripView>| lines(rows),
            async || views.of_rider(rider, after, max).await,
        )
    }
}

pub(super) fn newest_version_wins<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    let of_version = |version| TripView {
        phase: if version < 3 {
            Phase::Requested
        } else {
            Phase::Confirmed
        },
        ..row(ids, 1, version)
    };
    for version in [2, 1, 4, 3, 4] {
        script.put_rows(&views, &[of_version(version)])?;
    }
    script.expect_row(&views, of_version(4))?;
    let same_version = TripView {
        phase: Phase::Failed,
        ..of_version(4)
    };
    script.put_rows(&views, &[same_version])?;
    script.expect_row(&views, of_version(4))?;
    let in_a_batch = [6, 7, 5].map(|version| row(ids, 2, version));
    script.put_rows(&views, &in_a_batch)?;
    script.expect_row(&views, row(ids, 2, 7))
}

pub(super) fn rows_follow_the_trips<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    script.put_rows(&views, &[row(ids, 1, 1), row(ids, 2, 2), row(ids, 3, 3)])?;
    let rows = script.rows(&views, &[ids.trip(3), ids.trip(9), ids.trip(1), ids.trip(3)])?;
    let expected = vec![
        Some(row(ids, 3, 3)),
        None,
        Some(row(ids, 1, 1)),
        Some(row(ids, 3, 3)),
    ];
    expect_same("the rows in the order of the trips", &expected, &rows)
}

pub(super) fn row_is_kept_whole<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    let dollar = Currency::USD;
    let full = TripView {
        region: ids.elsewhere(),
        driver: Some(ids.driver_id(1)),
        quoted: Some(Money::new(12_34, dollar)),
        due: Some(Money::new(0, dollar)),
        closed: true,
        ..row_of(ids, 1, 1, 1)
    };
    let flagged = TripView {
        flagged: true,
        ..row(ids, 99, 1)
    };
    let phases = (2..).zip(Phase::ALL).map(|(number, phase)| TripView {
        phase,
        ..row(ids, number, 1)
    });
    let rows: Vec<_> = [full, flagged].into_iter().chain(phases).collect();
    script.put_rows(&views, &rows)?;
    for expected in rows {
        script.expect_row(&views, expected)?;
    }
    Ok(())
}

pub(super) fn every_reason_is_kept<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    let phase = |reason| match reason {
        EndReason::Rejected(_) => Phase::Rejected,
        EndReason::Cancelled(_) => Phase::Cancelled,
        EndReason::Failed(_) => Phase::Failed,
    };
    let rows = (1..).zip(EndReason::ALL).map(|(number, reason)| TripView {
        phase: phase(reason),
        reason: Some(reason),
        ..row(ids, number, 1)
    });
    let rows: Vec<_> = rows.collect();
    script.put_rows(&views, &rows)?;
    for expected in rows {
        script.expect_row(&views, expected)?;
    }
    Ok(())
}

pub(super) fn riders_trips_newest_first<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    let mut rows: Vec<_> = [3, 1, 5, 2, 4].map(|number| row_of(ids, number, 1, 1)).into();
    rows.push(row_of(ids, 6, 1, 2));
    script.put_rows(&views, &rows)?;
    let pages = [
        (None, 2, vec![5, 4]),
        (Some(4), 2, vec![3, 2]),
        (Some(2), 2, vec![1]),
        (Some(1), 2, vec![]),
    ];
    for (after, max, expected) in pages {
        let page = script.rows_of_rider(&views, ids.rider(1), after.map(|number| ids.trip(number)), max)?;
        let listed: Vec<_> = page.iter().map(|row| row.trip).collect();
        let expected: Vec<_> = expected.into_iter().map(|number| ids.trip(number)).collect();
        expect_same("the trips, newest first", &expected, &listed)?;
    }
    let nobody = script.rows_of_rider(&views, ids.rider(9), None, 10)?;
    expect(
        nobody.is_empty(),
        "no trip of a rider without trips",
        lines(&nobody),
    )
}

pub(super) fn rider_learned_late<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    for known in [
        row(ids, 1, 1),
        row_of(ids, 1, 2, 1),
        row_of(ids, 1, 4, 1),
        row(ids, 1, 3),
    ] {
        script.put_rows(&views, &[known])?;
    }
    let rows = script.rows_of_rider(&views, ids.rider(1), None, 10)?;
    expect_same("the rider's trips", &vec![row_of(ids, 1, 4, 1)], &rows)
}

pub(super) fn rows_survive_a_restart<H: TripViewsHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let views = script.harness().open();
    let kept = row_of(ids, 1, 2, 1);
    script.put_rows(&views, &[kept])?;
    drop(views);
    script.note("the views restart");
    script.harness().restart();
    let views = script.harness().open();
    script.expect_row(&views, kept)?;
    script.put_rows(&views, &[row(ids, 1, 1)])?;
    script.expect_row(&views, kept)
}
