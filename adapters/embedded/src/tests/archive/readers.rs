//! Who reads beside a move.

use super::super::time::Time;
use super::super::world::World;
use super::{IDS, append, in_log, in_tables, load, moves};
use crate::archive::Step;
use crate::database::Database;
use crate::tables::{Moment, Table};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Consistency, EventStore, LoadRequest};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::{fs, thread};

/// Readers see a stream in the log or in its segment, and never in both or neither, whenever they begin.
#[test]
fn readers_beside_an_archive_find_each_commit_once() {
    let (world, stream) = (World::new(), IDS.driver(1));
    append(&world, stream, 0..3);
    let database = world.database();
    let core = database.core();
    let seen = |moment: &Moment<'_>| {
        let archived = core.archive.commits(moment, stream, Version::EMPTY).unwrap();
        (archived.len(), moment.prefix(Table::Commits, &[]).count())
    };
    let before = core.tables.moment();
    let mut steps = Vec::new();
    let moved = database.archive_in_steps(&moves(&[(stream, 3)]), None, |step| {
        let now = core.tables.moment();
        assert_eq!(load(&world, stream).unwrap().commits.len(), 3, "{step:?}");
        steps.push((step, seen(&before), seen(&now)));
    });
    moved.unwrap();
    let then = |step, now| (step, (0, 3), now);
    assert_eq!(
        steps,
        [
            then(Step::Begun, (0, 3)),
            then(Step::Written, (0, 3)),
            then(Step::Noted, (3, 0)),
            then(Step::Named, (3, 0))
        ]
    );
}

/// How many commits of a stream a new reader finds.
fn found(database: &Database, stream: StreamId) -> usize {
    let time = Time::starting_at(Timestamp::from_ms(1_700_000_000_000));
    let store = database.event_store(Arc::new(time));
    let request = LoadRequest::whole(stream, Consistency::Linearizable);
    match pin!(store.load(&[request])).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(mut loaded) => loaded.remove(0).unwrap().commits.len(),
        Poll::Pending => panic!("a load waits for nobody"),
    }
}

/// The store holds two streams, one of which is archived, so that stubs are looked for.
fn with_stubs() -> (World, StreamId) {
    let (world, other) = (World::new(), IDS.driver(2));
    append(&world, IDS.driver(1), 0..3);
    append(&world, other, 0..1);
    world.database().archive(&moves(&[(other, 1)]), None).unwrap();
    (world, IDS.driver(1))
}

#[test]
fn a_stream_that_is_moved_once_its_stub_was_looked_for_is_found_whole() {
    let (world, stream) = with_stubs();
    let database = world.database();
    let mover = database.clone();
    let planted = &database.core().archive.after_stub;
    planted.plant(move || {
        mover.archive(&moves(&[(stream, 3)]), None).unwrap();
    });
    assert_eq!(found(&database, stream), 3);
    assert_eq!(in_log(&world), 0, "it was moved meanwhile");
    assert_eq!(found(&database, stream), 3);
}

#[test]
fn a_stream_is_found_whole_at_the_moment_at_which_it_is_moved() {
    let world = World::new();
    let stream = IDS.driver(1);
    append(&world, stream, 0..3);
    let database = world.database();
    let (seen, told) = mpsc::channel();
    let reader = database.clone();
    let moved = database.archive_in_steps(&moves(&[(stream, 3)]), None, |step| {
        if step == Step::Written {
            let (reader, seen) = (reader.clone(), seen.clone());
            database.core().after_write.plant(move || {
                seen.send((in_tables(&reader), found(&reader, stream))).unwrap();
                Ok(())
            });
        }
    });
    assert!(moved.unwrap().is_some());
    assert_eq!(told.recv().unwrap(), (0, 3));
}

/// For how many looks a reader lets a segment get its name, if it may.
const LOOKS: u32 = 20_000;

#[test]
fn a_segment_that_gets_its_name_while_it_is_read_is_found() {
    let (world, stream) = (World::new(), IDS.driver(1));
    append(&world, stream, 0..3);
    let database = world.database();
    let named = database.folder().join("archive/000001.segment");
    let ((noted, reads), (reading, names)) = (mpsc::channel(), mpsc::channel());
    database.core().archive.after_path.plant(move || {
        reading.send(()).unwrap();
        let _named = (0..LOOKS).any(|_| {
            thread::yield_now();
            named.is_file()
        });
    });
    let reader = database.clone();
    let read = thread::spawn(move || {
        reads.recv().unwrap();
        found(&reader, stream)
    });
    let moved = database.archive_in_steps(&moves(&[(stream, 3)]), None, |step| {
        if step == Step::Noted {
            noted.send(()).unwrap();
            names.recv().unwrap();
        }
    });
    assert!(moved.unwrap().is_some());
    assert_eq!(read.join().unwrap(), 3);
}

#[test]
fn a_segment_that_gets_its_name_while_it_is_verified_is_found() {
    let (world, stream) = (World::new(), IDS.driver(1));
    append(&world, stream, 0..3);
    let database = world.database();
    database.archive(&moves(&[(stream, 3)]), None).unwrap();
    let named = database.folder().join("archive/000001.segment");
    let unnamed = named.with_extension("segment.new");
    fs::rename(&named, &unnamed).unwrap();
    let archive = &database.core().archive;
    archive
        .after_path
        .plant(move || fs::rename(&unnamed, &named).unwrap());
    let checked = archive.verify(|_| ());
    assert_eq!(
        checked.iter().map(|segment| &segment.fault).collect::<Vec<_>>(),
        [&None]
    );
}
