//! Checks of how readers divide the work, and of what cannot be read or published now.

use super::steps::{Read, Store, read, readable, ticket};
use super::{EventStoreHarness, Unreadable};
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use crate::told::Told;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::StreamId;
use fiacre_domain::units::Millis;
use fiacre_ports::{NewCommit, PortErrorKind, Scope, Shard, Ticket};

const DRIVER: Scope = Scope::of(Service::Driver);

fn ticket_of(commit: &NewCommit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.expected.next(),
    }
}

/// A place, and the stream that was read there or why it could not be.
type Seen = (Ticket, Result<StreamId, PortErrorKind>);

/// Places and what was read there, in the order of places: that of streams is the adapter's own.
fn sorted(mut read: Vec<Read>) -> Vec<Seen> {
    read.sort_by_key(|(ticket, _)| *ticket);
    let stream = |(ticket, commit): Read| (ticket, commit.map(|commit| commit.stream));
    read.into_iter().map(stream).collect()
}

pub(super) fn shards_divide_the_feed<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const SHARDS: u16 = 3;
    let ids = script.ids();
    let store = script.open_store();
    let commits: Vec<_> = (0..24)
        .map(|number| ids.commit(ids.driver(number), 0, number))
        .collect();
    script.apply(&store, &commits)?;
    for shard in (0..SHARDS).filter_map(|index| Shard::new(index, SHARDS).ok()) {
        let until = script.silence();
        let fed = readable(script.feed_of(&store, DRIVER.with_shard(shard), 100, until)?)?;
        let mut seen: Vec<_> = fed.iter().map(|commit| commit.stream).collect();
        seen.sort_unstable();
        let streams = commits.iter().map(|commit| commit.stream);
        let mut expected: Vec<_> = streams.filter(|&stream| shard.covers(stream)).collect();
        expected.sort_unstable();
        expect_same(&format!("the streams of {}", shard.told()), &expected, &seen)?;
    }
    Ok(())
}

/// A store of three commits, and which of them cannot be read.
type Three = (Store, [NewCommit; 3], Vec<(Ticket, Unreadable)>);

/// Three commits of three streams: one that a newer release wrote, one that is damaged, one that can be read.
fn three<H: EventStoreHarness>(script: &Script<'_, H>) -> Check<Three> {
    let ids = script.ids();
    let store = script.open_store();
    let commits = [1, 2, 3].map(|number| ids.commit(ids.driver(number), 0, number));
    script.apply(&store, &commits)?;
    let tickets = commits.iter().map(ticket_of);
    let unreadable: Vec<_> = tickets.zip([Unreadable::Newer, Unreadable::Damaged]).collect();
    for &(place, how) in &unreadable {
        script.note(format!(
            "{} becomes unreadable: {}",
            place.told(),
            match how {
                Unreadable::Newer => "a newer release wrote it",
                Unreadable::Damaged => "it is damaged",
            }
        ));
        script.harness().make_unreadable(place, how);
    }
    Ok((store, commits, unreadable))
}

fn expected_of(commits: &[NewCommit], unreadable: &[(Ticket, Unreadable)]) -> Vec<Seen> {
    let read = |commit: &NewCommit| {
        let place = ticket_of(commit);
        let found = unreadable.iter().find(|(bad, _)| *bad == place);
        (place, found.map_or(Ok(commit.stream), |(_, how)| Err(how.kind())))
    };
    let mut expected: Vec<_> = commits.iter().map(read).collect();
    expected.sort_by_key(|(ticket, _)| *ticket);
    expected
}

pub(super) fn unreadable_spares_the_feed<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let (store, commits, unreadable) = three(script)?;
    let fed = script.feed_of(&store, DRIVER, 7, script.patience())?;
    expect_same(
        "the feed",
        &expected_of(&commits, &unreadable),
        &sorted(read(fed)),
    )?;
    for (place, _) in unreadable {
        script.note(format!("{}/{} can be read again", place.stream, place.version));
        script.harness().make_readable(place);
    }
    let fed = script.feed_of(&store, DRIVER, 7, script.patience())?;
    expect_same("the mended feed", &expected_of(&commits, &[]), &sorted(read(fed)))
}

pub(super) fn unreadable_spares_the_scan<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let (store, commits, unreadable) = three(script)?;
    let expected = expected_of(&commits, &unreadable);
    let scanned = script.scan_entries(&store, 100)?;
    expect_same("the scan", &expected, &sorted(read(scanned)))
}

pub(super) fn load_tells_newer_from_damaged<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let (store, commits, unreadable) = three(script)?;
    let streams: Vec<_> = commits.iter().map(|commit| commit.stream).collect();
    let loaded = script.load_each(&store, &streams)?;
    let seen: Vec<_> = loaded
        .into_iter()
        .map(|loaded| {
            loaded
                .map(|loaded| loaded.head.get())
                .map_err(|error| error.kind())
        })
        .collect();
    let hows = unreadable.iter().map(|(_, how)| Err(how.kind()));
    let expected: Vec<_> = hows.chain([Ok(1)]).collect();
    expect_same("heads, or why there is none", &expected, &seen)
}

pub(super) fn hold_sets_aside<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let held = ids.commit(ids.driver(1), 0, 1);
    let others = [ids.commit(ids.driver(1), 1, 2), ids.commit(ids.driver(2), 0, 3)];
    script.apply(&store, std::slice::from_ref(&held))?;
    for other in &others {
        script.apply(&store, std::slice::from_ref(other))?;
    }
    let until = script.patience().plus(Millis::from_secs(60));
    script.hold(&store, &[ticket_of(&held)], until)?;
    let fed = script.feed(&store, Service::Driver, 7, script.patience())?;
    let mut seen: Vec<_> = fed.iter().map(|commit| ticket(commit)).collect();
    seen.sort_unstable();
    let mut expected: Vec<_> = others.iter().map(ticket_of).collect();
    expected.sort_unstable();
    expect_same("what is not on hold", &expected, &seen)?;
    script.mark(&store, &seen)?;
    script.expect_drained(&store)
}

pub(super) fn hold_ends<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let held = ids.commit(ids.driver(1), 0, 1);
    script.apply(&store, std::slice::from_ref(&held))?;
    let until = script.silence();
    script.hold(&store, &[ticket_of(&held)], until)?;
    let fed = script.feed(
        &store,
        Service::Driver,
        7,
        until.plus(script.harness().patience()),
    )?;
    let seen: Vec<_> = fed.iter().map(|commit| ticket(commit)).collect();
    expect_same("the feed once the hold is over", &vec![ticket_of(&held)], &seen)?;
    let now = script.harness().now();
    expect(now >= until, format!("not before the hold ends at {until}"), now)
}
