//! A folder that is read as it lies is not changed, and nobody writes it meanwhile.

use super::world::{World, copy_of, empty_folder};
use crate::at_rest::{AtRest, Kept};
use crate::database::{Database, Options};
use crate::tables::Table;
use fiacre_conformance::sample::Ids;
use fiacre_domain::driver;
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::units::Millis;
use fiacre_folder::OpenError;
use fiacre_ports::{
    Appended, Body, Bus, Clock, EventKinds, EventStore, Message, ParkReason, Prefetch, QueueName, QueueSpec,
    Settlement,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const IDS: Ids = Ids::new(23);

fn open(folder: &Path) -> Result<AtRest, OpenError> {
    AtRest::open(folder, &Options::default())
}

fn append(world: &World, commits: std::ops::Range<u32>) {
    let database = world.database();
    let store = database.event_store(world.clock());
    for expected in commits {
        let commit = IDS.commit(IDS.driver(1), expected, u64::from(expected));
        let answers = world.time.block_on(&database, store.append(vec![commit]));
        assert!(matches!(answers[..], [Appended::Applied(_)]));
    }
}

/// What a killed process leaves.
fn left(world: &World) -> TempDir {
    copy_of(world.state.borrow().folder.path())
}

/// Every file of a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

fn versions(at_rest: &AtRest, after: u32) -> Vec<u32> {
    let rows = at_rest.stream(IDS.driver(1), Version::new(after));
    rows.map(|row| {
        let row = row.unwrap();
        let commit = at_rest.decode(&row, None).unwrap();
        assert_eq!(
            (commit.stream, commit.version),
            (row.ticket().stream, row.ticket().version)
        );
        commit.version.get()
    })
    .collect()
}

#[test]
fn what_lies_in_journal_and_tables_is_read_and_left_as_it_was() {
    let world = World::new();
    append(&world, 0..3);
    world.database().core().tables.flush(Table::Commits);
    append(&world, 3..5);
    let folder = left(&world);
    let before = files(folder.path());
    assert!(
        before
            .keys()
            .any(|file| file.parent().unwrap().ends_with("tables"))
    );
    for _ in 0..2 {
        let at_rest = open(folder.path()).unwrap();
        assert_eq!(versions(&at_rest, 0), [1, 2, 3, 4, 5]);
        assert_eq!(versions(&at_rest, 2), [3, 4, 5]);
        assert_eq!(at_rest.streams(Kept::Drivers).count(), 5);
        assert_eq!(at_rest.streams(Kept::Trips).count(), 0);
        assert!(!at_rest.is_cut());
    }
    assert_eq!(files(folder.path()), before);
    let database = Database::open(folder.path()).unwrap();
    drop(database);
}

#[test]
fn a_torn_write_is_left_out_and_left_where_it_is() {
    let world = World::new();
    append(&world, 0..3);
    let folder = left(&world);
    let journal = folder.path().join("db/0.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end - 5] ^= 1;
    fs::write(&journal, bytes).unwrap();
    let before = files(folder.path());
    let at_rest = open(folder.path()).unwrap();
    assert!(at_rest.is_cut());
    assert_eq!(versions(&at_rest, 0), [1, 2]);
    drop(at_rest);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn readers_share_a_folder_and_keep_writers_out() {
    let world = World::new();
    let state = world.state.borrow();
    let error = open(state.folder.path()).unwrap_err();
    assert_eq!(error.code(), "folder_in_use");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    let folder = copy_of(state.folder.path());
    let (one, other) = (open(folder.path()).unwrap(), open(folder.path()).unwrap());
    drop(one);
    let error = Database::open(folder.path()).unwrap_err();
    assert!(
        matches!(error, OpenError::InUse { process: None, .. }),
        "a reader has no number: {error}"
    );
    drop(other);
    assert!(Database::open(folder.path()).is_ok());
}

#[test]
fn a_folder_that_no_process_ever_locked_gets_no_lock() {
    let folder = left(&World::new());
    fs::remove_file(folder.path().join("lock")).unwrap();
    let before = files(folder.path());
    assert!(open(folder.path()).is_ok());
    assert_eq!(files(folder.path()), before);
}

/// Killed in its first second: nothing was accepted yet, and nothing is amiss.
#[test]
fn a_start_that_was_cut_short_is_read_as_a_log_of_nothing() {
    for left in [&["db.new"][..], &["db.new", "lock"]] {
        let folder = empty_folder();
        for name in left {
            match *name {
                "lock" => fs::write(folder.path().join(name), "1\n").unwrap(),
                _ => fs::create_dir(folder.path().join(name)).unwrap(),
            }
        }
        let before = files(folder.path());
        let at_rest = open(folder.path()).unwrap();
        assert!(!at_rest.is_made() && !at_rest.is_cut());
        assert_eq!((at_rest.commits_about(), at_rest.epoch()), (0, 0));
        drop(at_rest);
        assert_eq!(files(folder.path()), before);
        drop(Database::open(folder.path()).unwrap());
        assert!(open(folder.path()).unwrap().is_made());
    }
}

#[test]
fn folders_that_are_none_of_ours_are_told_apart_and_left_alone() {
    let code = |folder: &Path| open(folder).unwrap_err().code();
    let empty = empty_folder();
    assert_eq!(code(empty.path()), "folder_absent");
    assert_eq!(code(&empty.path().join("nowhere")), "folder_io");
    fs::write(empty.path().join("letter.txt"), "dear").unwrap();
    assert_eq!(code(empty.path()), "folder_foreign");
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 1);
    let newer = left(&World::new());
    fs::write(
        newer.path().join("db/fiacre"),
        "Fiacre's embedded store, format 999\n",
    )
    .unwrap();
    assert_eq!(code(newer.path()), "folder_newer");
}

#[test]
fn damage_is_said_with_the_file_where_it_lies() {
    let world = World::new();
    append(&world, 0..3);
    let folder = left(&world);
    let journal = folder.path().join("db/0.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    bytes[40] ^= 1;
    fs::write(&journal, bytes).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert_eq!(error.code(), "folder_damaged");
    assert!(error.to_string().contains("db/0.jnl"), "{error}");
}

fn queue() -> QueueSpec {
    QueueSpec {
        name: QueueName::of_service(Service::Driver, IDS.region()),
        region: IDS.region(),
        events: EventKinds::All,
        commands_of: Some(Service::Driver),
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

fn order(number: u64) -> Message {
    Message {
        body: Body::Command {
            id: IDS.command_id(number),
            command: Command::Driver(IDS.driver_id(number), driver::Command::GoOffline),
        },
        region: IDS.region(),
        trace: None,
        mandatory: true,
    }
}

#[test]
fn what_waits_is_what_no_consumer_has_settled() {
    let world = World::new();
    let database = world.database();
    let bus = database.bus(world.clock());
    world.time.block_on(&database, bus.declare(&queue())).unwrap();
    let orders = (1..=4).map(order).collect();
    world.time.block_on(&database, bus.publish(orders));
    let name = queue().name;
    let consume = bus.consume(&name, Prefetch(8));
    let mut consumer = world.time.block_on(&database, consume).unwrap();
    let next = consumer.next(3, world.time.now());
    let deliveries = world.time.block_on(&database, next).unwrap();
    let park = ParkReason::Undecodable { text: "?".to_owned() };
    let settlements = deliveries.iter().map(|delivery| delivery.tag).zip([
        Settlement::Ack,
        Settlement::Return {
            delay: Millis::from_secs(60),
        },
        Settlement::Park(park),
    ]);
    let settle = consumer.settle(settlements.collect());
    world.time.block_on(&database, settle).unwrap();
    database.core().sync_all();
    let waiting = open(left(&world).path()).unwrap().waiting().unwrap();
    let expected = [2, 3, 4].map(|number| StreamId::Driver(IDS.driver_id(number)));
    assert_eq!(waiting.into_iter().collect::<Vec<_>>(), expected);
}
