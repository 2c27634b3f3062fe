//! Snapshots of drivers, whose streams grow for years, are there after a start.

use super::world::World;
use crate::draft::Draft;
use crate::tables::Table;
use fiacre_conformance::sample::Ids;
use fiacre_domain::driver::Driver;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{Consistency, EventStore, LoadRequest, Snapshot, SnapshotState};
use std::sync::Arc;

const IDS: Ids = Ids::new(19);

/// Writes five commits of a driver and the snapshot before the last, and ends the process.
fn keep_a_snapshot(world: &World, stream: StreamId) -> Snapshot {
    let database = world.database();
    let store = database.event_store(world.clock());
    for version in 0..5 {
        let commit = IDS.commit(stream, version, version.into());
        world.time.block_on(&database, store.append(vec![commit]));
    }
    let snapshot = Snapshot {
        version: Version::new(4),
        state: Arc::new(SnapshotState::Driver(Driver::default())),
    };
    let save = store.save_snapshots(vec![(stream, snapshot.clone())]);
    world.time.block_on(&database, save).unwrap();
    world.end();
    snapshot
}

#[test]
fn a_driver_is_loaded_from_the_snapshot_that_another_process_kept() {
    let world = World::new();
    let stream = IDS.driver(1);
    let load = |world: &World| {
        let database = world.database();
        let store = database.event_store(world.clock());
        let request = LoadRequest::whole(stream, Consistency::Linearizable);
        let mut loaded = world.time.block_on(&database, store.load(&[request]));
        loaded.remove(0).unwrap()
    };
    let snapshot = keep_a_snapshot(&world, stream);
    let loaded = load(&world);
    assert_eq!((loaded.snapshot, loaded.commits.len()), (Some(snapshot), 1));
    let database = world.database();
    database.core().log.forget_kept(&database.core().tables);
    let loaded = load(&world);
    assert_eq!((loaded.snapshot, loaded.commits.len()), (None, 5));
}

/// A snapshot is a cache: whatever became of its bytes, the stream is there.
#[test]
fn a_snapshot_that_cannot_be_read_is_as_good_as_none() {
    let stream = IDS.driver(1);
    let spoils: [fn(&mut Vec<u8>); 4] = [
        Vec::clear,
        |row| row.truncate(3),
        |row| row.truncate(row.len() - 1),
        // Of a version of states that nobody has written yet.
        |row| row.iter_mut().skip(4).for_each(|byte| *byte = 0xff),
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let world = World::new();
        keep_a_snapshot(&world, stream);
        let database = world.database();
        let (tables, mut draft) = (&database.core().tables, Draft::default());
        for row in tables.prefix(Table::Snapshots, &[]) {
            let (key, value) = row.unwrap();
            let mut value = value.to_vec();
            spoil(&mut value);
            draft.put(Table::Snapshots, key.to_vec(), value);
        }
        tables.write(&mut draft).unwrap();
        let store = database.event_store(world.clock());
        let request = LoadRequest::whole(stream, Consistency::Linearizable);
        let loaded = world
            .time
            .block_on(&database, store.load(&[request]))
            .remove(0)
            .unwrap();
        assert_eq!(
            (loaded.snapshot, loaded.commits.len()),
            (None, 5),
            "spoil {number}"
        );
    }
}
