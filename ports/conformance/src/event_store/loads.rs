//! Checks of what is read back.

use super::EventStoreHarness;
use super::steps::{Answer, committed};
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::sample::AT;
use crate::script::Script;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::driver::{Command, Driver};
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_ports::{Loaded, SnapshotState};
use std::sync::Arc;

fn whole(commits: &[Arc<Commit>]) -> Vec<Commit> {
    commits.iter().map(|commit| (**commit).clone()).collect()
}

pub(super) fn absent_stream_is_empty<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let absent = script.load(&store, &[ids.driver(1)])?;
    expect_same("the answer", &vec![Loaded::default()], &absent)?;
    script.apply(&store, &[ids.commit(ids.driver(2), 0, 1)])?;
    let still_absent = script.load(&store, &[ids.driver(1)])?;
    expect_same("the answer", &vec![Loaded::default()], &still_absent)
}

pub(super) fn versions_are_gapless<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    for number in 0..6 {
        script.apply(&store, &[ids.commit(stream, number, u64::from(number))])?;
    }
    for loaded in script.load(&store, &[stream])? {
        let versions: Vec<_> = loaded.commits.iter().map(|commit| commit.version.get()).collect();
        expect_same("the versions", &vec![1, 2, 3, 4, 5, 6], &versions)?;
        expect_same("the head", &Version::new(6), &loaded.head)?;
    }
    Ok(())
}

pub(super) fn linearizable_load_sees_acknowledged<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (writer, reader) = (script.open_store(), script.open_store());
    script.note("two handles are open: one writes, the other reads");
    let stream = ids.driver(1);
    let commits: Vec<_> = (0..3)
        .map(|number| ids.commit(stream, number, u64::from(number)))
        .collect();
    script.expect_stream(&reader, stream, &[])?;
    for (count, commit) in (1..).zip(&commits) {
        script.apply(&writer, std::slice::from_ref(commit))?;
        script.expect_stream(&reader, stream, commits.get(..count).unwrap_or_default())?;
    }
    Ok(())
}

pub(super) fn commit_is_atomic<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let mut first = ids.commit(stream, 0, 1);
    first.events = (1..=5).map(|number| ids.event(stream, number)).collect();
    let mut second = ids.commit(stream, 1, 2);
    second.events = (6..=8).map(|number| ids.event(stream, number)).collect();
    second.region = ids.elsewhere();
    second.trace = None;
    script.apply(&store, std::slice::from_ref(&first))?;
    script.apply(&store, std::slice::from_ref(&second))?;
    let expected = committed(&[first, second]);
    for loaded in script.load(&store, &[stream])? {
        expect_same("the loaded commits, whole", &expected, &loaded.commits)?;
    }
    let scanned = script.scan(&store, 100)?;
    expect_same("the scanned commits, whole", &expected, &whole(&scanned))?;
    let fed: Vec<_> = script.feed(&store, Service::Driver, 1, script.patience())?;
    let oldest: Vec<_> = expected.into_iter().take(1).collect();
    expect_same("the oldest commit of the feed, whole", &oldest, &whole(&fed))
}

pub(super) fn answers_follow_the_requests<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let [low, middle, high] = [ids.driver(1), ids.driver(2), ids.driver(3)];
    script.apply(&store, &[ids.commit(low, 0, 1), ids.commit(high, 0, 2)])?;
    script.apply(&store, &[ids.commit(high, 1, 3)])?;
    let batch = [
        ids.commit(high, 2, 4),
        ids.commit(low, 1, 5),
        ids.commit(middle, 0, 6),
    ];
    let expected = [Answer::Applied(3), Answer::Applied(2), Answer::Applied(1)];
    script.expect_appends(&store, &batch, &expected)?;
    let loaded = script.load(&store, &[high, ids.driver(4), low, middle])?;
    let heads: Vec<_> = loaded.iter().map(|one| one.head.get()).collect();
    expect_same(
        "the heads in the order of the requests",
        &vec![3, 0, 2, 1],
        &heads,
    )
}

/// A driver's state that differs from the empty one.
fn on_duty<H: EventStoreHarness>(script: &Script<'_, H>, seats: u8) -> Check<Driver> {
    let mismatch = |observed: String| Mismatch {
        expected: "a driver who goes on duty".to_owned(),
        observed,
    };
    let capabilities = Capabilities::new(seats).map_err(|error| mismatch(error.to_string()))?;
    let region = script.ids().region();
    let mut driver = Driver::default();
    let decision = driver
        .decide(&Command::GoOnline { region, capabilities }, AT)
        .map_err(|error| mismatch(error.to_string()))?;
    for event in decision.into_events() {
        driver.evolve(&event, AT);
    }
    Ok(driver)
}

/// A load must be whole: from its snapshot, which must be one of those saved, or from the beginning.
fn expect_whole(loaded: &Loaded, head: u32, saved: &[(u32, SnapshotState)]) -> Check {
    expect_newer(loaded, 0, head, saved)
}

/// A load must give all that is newer than `after`, and nothing else: from its snapshot, which must be one of those saved,
/// or from there.
fn expect_newer(loaded: &Loaded, after: u32, head: u32, saved: &[(u32, SnapshotState)]) -> Check {
    let start = loaded
        .snapshot
        .as_ref()
        .map_or(after, |snapshot| snapshot.version.get());
    if let Some(snapshot) = &loaded.snapshot {
        expect(
            start > after,
            "a snapshot that is newer than what is known",
            snapshot,
        )?;
        let known = saved
            .iter()
            .any(|(version, state)| *version == snapshot.version.get() && *state == *snapshot.state);
        expect(known, "a snapshot as it was saved", snapshot)?;
    }
    let versions: Vec<_> = loaded.commits.iter().map(|commit| commit.version.get()).collect();
    let expected: Vec<_> = (start + 1..=head).collect();
    expect_same(&format!("every version after {start}"), &expected, &versions)?;
    expect_same("the head", &Version::new(head), &loaded.head)
}

/// Three commits, and snapshots after the second and, late, after the first.
fn with_snapshots<H: EventStoreHarness>(
    script: &Script<'_, H>,
    stream: StreamId,
) -> Check<Vec<(u32, SnapshotState)>> {
    let ids = script.ids();
    let store = script.open_store();
    for number in 0..3 {
        script.apply(&store, &[ids.commit(stream, number, u64::from(number))])?;
    }
    let saved = vec![
        (2, SnapshotState::Driver(on_duty(script, 4)?)),
        (1, SnapshotState::Driver(on_duty(script, 6)?)),
    ];
    for (version, state) in &saved {
        script.save_snapshot(&store, stream, *version, state.clone())?;
    }
    Ok(saved)
}

pub(super) fn snapshots_may_vanish<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let stream = ids.driver(1);
    let saved = with_snapshots(script, stream)?;
    let store = script.open_store();
    for loaded in script.load(&store, &[stream])? {
        expect_whole(&loaded, 3, &saved)?;
    }
    script.apply(&store, &[ids.commit(stream, 3, 3)])?;
    for loaded in script.load(&store, &[stream])? {
        expect_whole(&loaded, 4, &saved)?;
    }
    Ok(())
}

pub(super) fn load_gives_what_is_newer<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let stream = script.ids().driver(1);
    let saved = with_snapshots(script, stream)?;
    let store = script.open_store();
    for after in 0..=3 {
        for loaded in script.load_after(&store, &[stream], Version::new(after))? {
            expect_newer(&loaded, after, 3, &saved)?;
        }
    }
    Ok(())
}

pub(super) fn forgotten_snapshots_harm_nobody<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let stream = script.ids().driver(1);
    let _saved = with_snapshots(script, stream)?;
    script.note("the store forgets its snapshots");
    script.harness().forget_snapshots();
    let store = script.open_store();
    for loaded in script.load(&store, &[stream])? {
        expect_whole(&loaded, 3, &[])?;
    }
    Ok(())
}

pub(super) fn acknowledged_survives_a_crash<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let [one, other] = [ids.driver(1), ids.driver(2)];
    let batch = [ids.commit(one, 0, 1), ids.commit(other, 0, 2)];
    script.apply(&script.open_store(), &batch)?;
    script.note("the store crashes");
    script.harness().crash();
    let store = script.open_store();
    script.expect_stream(&store, one, batch.get(..1).unwrap_or_default())?;
    script.expect_stream(&store, other, batch.get(1..).unwrap_or_default())?;
    script.apply(&store, &[ids.commit(one, 1, 3)])
}

pub(super) fn restart_keeps_the_log<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let stream = ids.driver(1);
    let commits = [ids.commit(stream, 0, 1), ids.commit(stream, 1, 2)];
    let store = script.open_store();
    for commit in &commits {
        script.apply(&store, std::slice::from_ref(commit))?;
    }
    drop(store);
    script.note("the store restarts");
    script.harness().restart();
    let store = script.open_store();
    script.expect_stream(&store, stream, &commits)?;
    script.expect_append(&store, &ids.commit(stream, 2, 1), Answer::Duplicate(1))?;
    let drained = script.drain(&store, 7, 2)?;
    let versions: Vec<_> = drained.iter().map(|commit| commit.version.get()).collect();
    expect_same("what is to be published", &vec![1, 2], &versions)
}
