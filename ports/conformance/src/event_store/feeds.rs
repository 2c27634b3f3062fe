//! Checks of what is to be published, and of the scan.

use super::EventStoreHarness;
use super::steps::{Answer, places, readable, ticket};
use crate::report::{Check, expect, expect_same};
use crate::sample::AT;
use crate::script::{Script, both, side_by_side};
use crate::told::Told;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Cursor, NewCommit, Scope};
use std::cell::RefCell;
use std::sync::Arc;

/// All that is to be published of drivers.
const DRIVER: Scope = Scope::of(Service::Driver);

fn place(commit: &Arc<Commit>) -> (StreamId, u32) {
    (commit.stream, commit.version.get())
}

fn sorted(commits: &[Arc<Commit>]) -> Vec<(StreamId, u32)> {
    let mut places: Vec<_> = commits.iter().map(place).collect();
    places.sort_unstable();
    places
}

fn sorted_new(commits: &[NewCommit]) -> Vec<(StreamId, u32)> {
    let mut places: Vec<_> = commits
        .iter()
        .map(|new| (new.stream, new.expected.next().get()))
        .collect();
    places.sort_unstable();
    places
}

/// Each stream's commits must come in order.
fn expect_order(what: &str, commits: &[Arc<Commit>]) -> Check {
    for commit in commits {
        let versions: Vec<_> = commits
            .iter()
            .filter(|other| other.stream == commit.stream)
            .map(|other| other.version.get())
            .collect();
        expect(
            versions.is_sorted(),
            format!("{what}: {} in order", commit.stream),
            &versions,
        )?;
    }
    Ok(())
}

/// Rounds of appends side by side, through two handles, while the feed is read; then all must have come.
pub(super) fn feed_is_complete<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const STREAMS: u64 = 12;
    let ids = script.ids();
    let harness = script.harness();
    let (one, other) = (script.open_store(), script.open_store());
    let mut appended = Vec::new();
    for round in 0..2_u32 {
        let commits: Vec<_> = (0..STREAMS)
            .map(|stream| ids.commit(ids.driver(stream), round, u64::from(round) * 100 + stream))
            .collect();
        let until = script.silence();
        let unsettled = RefCell::new(Vec::new());
        let mut calls: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
        for (commit, store) in commits.iter().zip([&one, &other].into_iter().cycle()) {
            let unsettled = &unsettled;
            calls.push(Box::pin(async move {
                let answers = store.append(vec![commit.clone()]).await;
                let settled =
                    answers.first().map(Answer::of) == Some(Answer::Applied(commit.expected.next().get()));
                if !settled {
                    unsettled.borrow_mut().push((commit.clone(), answers.told()));
                }
            }));
        }
        calls.push(Box::pin(async {
            // What it yields is not marked and must come again.
            drop(one.feed(DRIVER, 3, until).await);
        }));
        harness.disturb();
        harness.block_on(side_by_side(calls));
        script.note(format!(
            "append side by side {STREAMS} commits of version {}, while the feed is read",
            round + 1
        ));
        for (commit, answer) in unsettled.into_inner() {
            script.note(format!("  of which {} → {answer}", commit.stream));
            script.apply(&one, std::slice::from_ref(&commit))?;
        }
        appended.extend(commits);
    }
    let drained = script.drain(&one, 7, appended.len())?;
    expect_same(
        "the drained feed, sorted",
        &sorted_new(&appended),
        &sorted(&drained),
    )?;
    script.expect_drained(&one)
}

pub(super) fn feed_never_skips_late_commits<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const LATE: Millis = Millis::from_secs(10);
    let ids = script.ids();
    let store = script.open_store();
    let early = ids.commit(ids.driver(9), 0, 1);
    script.apply(&store, std::slice::from_ref(&early))?;
    script.drain(&store, 7, 1)?;
    let mut late = ids.commit(ids.driver(1), 0, 2);
    late.at = Timestamp::from_ms(AT.ms() - LATE.get());
    script.note(format!(
        "the next commit was decided {LATE} before the one that is marked"
    ));
    script.apply(&store, std::slice::from_ref(&late))?;
    let drained = script.drain(&store, 7, 1)?;
    expect_same("the drained feed", &sorted_new(&[late]), &sorted(&drained))
}

pub(super) fn feed_keeps_stream_order<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let mut appended = Vec::new();
    for round in 0..3_u32 {
        let batch: Vec<_> = [3, 1, 2]
            .map(|stream| ids.commit(ids.driver(stream), round, u64::from(round) * 10 + stream))
            .into();
        script.apply(&store, &batch)?;
        appended.extend(batch);
    }
    let page = script.feed(&store, Service::Driver, 100, script.patience())?;
    expect_order("one page", &page)?;
    let drained = script.drain(&store, 4, appended.len())?;
    expect_same(
        "the drained feed, sorted",
        &sorted_new(&appended),
        &sorted(&drained),
    )?;
    expect_order("pages of four", &drained)
}

pub(super) fn feed_yields_only_durable<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let harness = script.harness();
    let store = script.open_store();
    let held = ids.commit(ids.driver(1), 0, 1);
    let until = script.silence();
    harness.hold_next_append();
    let fed = RefCell::new(None);
    let append = async {
        // Its answer is judged by what the feed yields afterwards.
        drop(store.append(vec![held.clone()]).await);
    };
    let look = async {
        *fed.borrow_mut() = Some(store.feed(DRIVER, 7, until).await);
        harness.release_append();
    };
    harness.block_on(both(append, look));
    script.note("append side by side a commit that is held in flight, and read the feed before it lands");
    let fed = readable(fed.take().and_then(Result::ok).unwrap_or_default())?;
    expect(
        fed.is_empty(),
        "nothing yielded while the append is in flight",
        places(&fed),
    )?;
    let drained = script.drain(&store, 7, 1)?;
    expect_same(
        "the feed once it has landed",
        &sorted_new(&[held]),
        &sorted(&drained),
    )
}

pub(super) fn held_append_is_yielded_once_it_lands<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let harness = script.harness();
    let store = script.open_store();
    let [held, swift] = [ids.commit(ids.driver(1), 0, 1), ids.commit(ids.driver(2), 0, 2)];
    let until = script.patience();
    harness.hold_next_append();
    let append_held = async {
        drop(store.append(vec![held.clone()]).await);
    };
    let overtake = async {
        drop(store.append(vec![swift.clone()]).await);
        let fed = store.feed(DRIVER, 7, until).await.unwrap_or_default();
        let tickets: Vec<_> = fed.iter().map(|entry| entry.ticket).collect();
        // A lost mark repeats a message and spoils nothing here.
        drop(store.mark_published(&tickets).await);
        harness.release_append();
    };
    harness.block_on(both(append_held, overtake));
    script.note(format!(
        "begin to append {}, which is held in flight; append, yield and mark {}; let the first land",
        held.told(),
        swift.told()
    ));
    let drained = script.drain(&store, 7, 1)?;
    let came = sorted(&drained).contains(&(held.stream, 1));
    expect(came, "the held commit in the feed", places(&drained))
}

pub(super) fn unmarked_is_yielded_again<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let commits: Vec<_> = (1..=3)
        .map(|number| ids.commit(ids.driver(number), 0, number))
        .collect();
    script.apply(&store, &commits)?;
    for _ in 0..2 {
        let fed = script.feed(&store, Service::Driver, 7, script.patience())?;
        expect_same("the feed, sorted", &sorted_new(&commits), &sorted(&fed))?;
    }
    Ok(())
}

pub(super) fn marked_is_not_yielded<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let commits: Vec<_> = (1..=3)
        .map(|number| ids.commit(ids.driver(number), 0, number))
        .collect();
    script.apply(&store, &commits)?;
    let tickets: Vec<_> = script
        .feed(&store, Service::Driver, 7, script.patience())?
        .iter()
        .map(|commit| ticket(commit))
        .collect();
    let (marked, rest) = tickets.split_at(tickets.len().min(2));
    script.mark(&store, marked)?;
    let again = script.feed(&store, Service::Driver, 7, script.patience())?;
    let again: Vec<_> = again.iter().map(|commit| ticket(commit)).collect();
    expect_same("the feed after two were marked", &rest.to_vec(), &again)?;
    script.mark(&store, rest)?;
    script.expect_drained(&store)
}

pub(super) fn scan_goes_on_after_a_crash<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let streams = [
        ids.driver(2),
        StreamId::Trip(ids.trip(1)),
        StreamId::Ops(ids.region()),
    ];
    let commits = (1..)
        .zip(streams)
        .map(|(number, stream)| ids.commit(stream, 0, number));
    let appended: Vec<_> = commits.collect();
    script.apply(&store, &appended)?;
    let page = script.scan_page(&store, &Cursor::default(), 1)?;
    drop(store);
    script.note("the store crashes");
    script.harness().crash();
    let mut scanned = page.entries;
    if let Some(next) = page.next {
        scanned.extend(script.scan_from(&script.open_store(), next, 2)?);
    }
    let scanned = readable(scanned)?;
    expect_same("the scan, sorted", &sorted_new(&appended), &sorted(&scanned))
}

pub(super) fn scan_is_complete<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let streams = [
        ids.driver(2),
        StreamId::Trip(ids.trip(1)),
        StreamId::Ops(ids.region()),
    ];
    let mut appended = Vec::new();
    for round in 0..3_u32 {
        let batch: Vec<_> = (0..)
            .zip(streams)
            .map(|(number, stream)| ids.commit(stream, round, u64::from(round) * 10 + number))
            .collect();
        script.apply(&store, &batch)?;
        appended.extend(batch);
    }
    script.drain(&store, 7, 2)?;
    for max in [1, 2, 4, 100] {
        let scanned = script.scan(&store, max)?;
        expect_same(
            &format!("the scan in pages of {max}, sorted"),
            &sorted_new(&appended),
            &sorted(&scanned),
        )?;
        expect_order("the scan", &scanned)?;
    }
    Ok(())
}

pub(super) fn crash_before_publish_repeats<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let commits: Vec<_> = (1..=2)
        .map(|number| ids.commit(ids.driver(number), 0, number))
        .collect();
    let store = script.open_store();
    script.apply(&store, &commits)?;
    script.feed(&store, Service::Driver, 1, script.patience())?;
    drop(store);
    script.note("the process crashes before it has published anything");
    script.harness().crash();
    let drained = script.drain(&script.open_store(), 7, 2)?;
    expect_same(
        "the drained feed, sorted",
        &sorted_new(&commits),
        &sorted(&drained),
    )
}

pub(super) fn feed_waits<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let harness = script.harness();
    let store = script.open_store();
    let until = script.silence();
    let fed = script.feed(&store, Service::Driver, 7, until)?;
    expect(fed.is_empty(), "nothing: the store is empty", places(&fed))?;
    expect(
        harness.now() >= until,
        format!("to have waited until {until}"),
        harness.now(),
    )?;
    let commit = ids.commit(ids.driver(1), 0, 1);
    let until = script.patience();
    let fed = RefCell::new(Vec::new());
    let wait = async {
        *fed.borrow_mut() = store.feed(DRIVER, 7, until).await.unwrap_or_default();
    };
    let append = async {
        drop(store.append(vec![commit.clone()]).await);
    };
    harness.block_on(both(wait, append));
    script.note("wait in the feed while a commit is appended side by side");
    let fed = readable(fed.into_inner())?;
    expect_same(
        "what the waiting feed yields",
        &sorted_new(&[commit]),
        &sorted(&fed),
    )
}

pub(super) fn feed_is_of_one_service<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let trip = ids.trip(1);
    let streams = [
        StreamId::Trip(trip),
        StreamId::Dispatch(trip),
        ids.driver(2),
        ids.payment(1),
        StreamId::Ops(ids.region()),
    ];
    let commits: Vec<_> = (1..)
        .zip(streams)
        .map(|(cause, stream)| ids.commit(stream, 0, cause))
        .collect();
    script.apply(&store, &commits)?;
    for service in Service::ALL {
        let own: Vec<_> = commits
            .iter()
            .filter(|commit| Service::owner(commit.stream) == Some(service))
            .cloned()
            .collect();
        let fed = script.feed(&store, service, 7, script.patience())?;
        expect_same(
            &format!("the feed of {}, sorted", service.name()),
            &sorted_new(&own),
            &sorted(&fed),
        )?;
    }
    let page = script.feed(&store, Service::Driver, 1, script.patience())?;
    expect_same("the size of a page of at most one", &1, &page.len())
}
