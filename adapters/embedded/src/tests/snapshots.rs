//! Snapshots of drivers, whose streams grow for years, are there after a start.

use super::world::World;
use fiacre_conformance::sample::Ids;
use fiacre_domain::driver::Driver;
use fiacre_domain::stream::Version;
use fiacre_ports::{Consistency, EventStore, LoadRequest, Snapshot, SnapshotState};
use std::sync::Arc;

const IDS: Ids = Ids::new(19);

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
    let loaded = load(&world);
    assert_eq!((loaded.snapshot, loaded.commits.len()), (Some(snapshot), 1));
    let database = world.database();
    database.core().log.forget_kept(&database.core().tables);
    let loaded = load(&world);
    assert_eq!((loaded.snapshot, loaded.commits.len()), (None, 5));
}
