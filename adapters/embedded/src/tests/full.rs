//! A disk that is full, then has room again; a folder that may not be written to.
//!
//! They mount small file systems, for which a user must be root: `just disk-faults` runs them.

use super::time::Time;
use super::world::empty_folder;
use crate::database::Database;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_ports::{Appended, Consistency, EventStore, LoadRequest, NewCommit, PortErrorKind};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

const IDS: Ids = Ids::new(23);
const STREAMS: u64 = 64;

/// A file system of its own, in memory.
struct Mounted(TempDir);

impl Mounted {
    fn with_room(room: &str) -> Self {
        let folder = empty_folder();
        mount(folder.path(), &format!("size={room}"));
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, options: &str) {
        mount(self.path(), &format!("remount,{options}"));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.path()).status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "what was mounted stays"
        );
    }
}

fn mount(folder: &Path, options: &str) {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    assert!(mount.status().unwrap().success(), "failed to mount: be root");
}

fn group(expected: u32) -> Vec<NewCommit> {
    (0..STREAMS)
        .map(|driver| {
            IDS.commit(
                IDS.driver(driver),
                expected,
                u64::from(expected) * STREAMS + driver,
            )
        })
        .collect()
}

fn append(database: &Database, expected: u32) -> Vec<Appended> {
    let time = Time::starting_at(AT);
    let store = database.event_store(Arc::new(time.clone()));
    time.block_on(database, store.append(group(expected)))
}

fn is_applied(answers: &[Appended]) -> bool {
    answers
        .iter()
        .all(|answer| matches!(answer, Appended::Applied(_)))
}

fn kinds(answers: &[Appended]) -> Vec<PortErrorKind> {
    let failed = answers.iter().filter_map(|answer| match answer {
        Appended::Failed(error) => Some(error.kind()),
        Appended::Applied(_) | Appended::Duplicate(_) | Appended::Conflict { .. } => None,
    });
    let mut kinds: Vec<_> = failed.collect();
    kinds.dedup();
    kinds
}

/// The heads of all streams, which are alike.
fn head(database: &Database) -> u32 {
    let time = Time::starting_at(AT);
    let store = database.event_store(Arc::new(time.clone()));
    let requests: Vec<_> = (0..STREAMS)
        .map(|driver| LoadRequest::whole(IDS.driver(driver), Consistency::Linearizable))
        .collect();
    let loaded = time.block_on(database, store.load(&requests));
    let heads: Vec<_> = loaded
        .into_iter()
        .map(|loaded| loaded.unwrap().head.get())
        .collect();
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    heads[0]
}

#[test]
#[ignore = "needs the right to mount: just disk-faults"]
fn disk_faults_full_and_room_again() {
    let disk = Mounted::with_room("1m");
    let mut applied = 0;
    {
        let database = Database::open(disk.path()).unwrap();
        let unknown = loop {
            let answers = append(&database, applied);
            if !is_applied(&answers) {
                break answers;
            }
            applied += 1;
        };
        assert!(applied > 3);
        assert_eq!(kinds(&unknown), [PortErrorKind::OutcomeUnknown]);
        assert_eq!(kinds(&append(&database, applied)), [PortErrorKind::Unavailable]);
        assert_eq!(head(&database), applied);
    }
    disk.remount("size=64m");
    let database = Database::open(disk.path()).unwrap();
    let found = head(&database);
    assert!(found == applied || found == applied + 1, "{found} of {applied}");
    assert!(is_applied(&append(&database, found)));
}

#[test]
#[ignore = "needs the right to mount: just disk-faults"]
fn disk_faults_no_room_to_begin() {
    let disk = Mounted::with_room("16k");
    let error = Database::open(disk.path()).unwrap_err();
    assert_eq!(error.code(), "folder_no_space", "{error}");
    disk.remount("size=64m");
    assert_eq!(head(&Database::open(disk.path()).unwrap()), 0);
}

#[test]
#[ignore = "needs the right to mount: just disk-faults"]
fn disk_faults_read_only() {
    let disk = Mounted::with_room("64m");
    assert!(is_applied(&append(&Database::open(disk.path()).unwrap(), 0)));
    disk.remount("ro");
    let error = Database::open(disk.path()).unwrap_err();
    assert_eq!(error.code(), "folder_read_only", "{error}");
    disk.remount("rw");
    assert_eq!(head(&Database::open(disk.path()).unwrap()), 1);
}
