//! A world around one folder, which can be killed and started again.

use super::time::Time;
use super::way::Way;
use crate::database::{Database, Options};
use fiacre_conformance::Harness;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, Ticket};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// What an event of the bus's suite takes, but for one that is made longer.
const EVENT_BYTES: usize = 92;

pub(super) struct World {
    pub(super) time: Time,
    pub(super) state: RefCell<Process>,
    pub(super) way: Way,
    /// Rows that were made unreadable, as they were.
    pub(super) spoilt: RefCell<BTreeMap<Ticket, Vec<u8>>>,
    pub(super) takes_any_message: bool,
}

/// A process and its folder.
pub(super) struct Process {
    pub(super) database: Database,
    pub(super) folder: TempDir,
}

impl Process {
    fn start(folder: TempDir, options: Options) -> Self {
        Self {
            database: Database::open_with(folder.path(), options).unwrap(),
            folder,
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Options::default(), true)
    }

    /// A world whose bus takes no message that is longer than an event of the bus's suite.
    pub(super) fn of_short_messages() -> Self {
        Self::with(Options::default().with_message_bytes_max(EVENT_BYTES), false)
    }

    fn with(options: Options, takes_any_message: bool) -> Self {
        Self {
            time: Time::starting_at(Timestamp::from_ms(1_700_000_000_000)),
            state: RefCell::new(Process::start(empty_folder(), options)),
            way: Way::default(),
            spoilt: RefCell::default(),
            takes_any_message,
        }
    }

    pub(super) fn database(&self) -> Database {
        self.state.borrow().database.clone()
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.time.clone())
    }

    /// What a process that is killed leaves behind is found by the next: the files as they are. Handles of the dead one may
    /// still be about.
    pub(super) fn kill(&self) {
        let left = copy_of(self.state.borrow().folder.path());
        self.state.replace(Process::start(left, Options::default()));
    }

    /// Begins with an empty folder.
    pub(super) fn start_empty(&self) {
        self.state
            .replace(Process::start(empty_folder(), Options::default()));
    }

    /// Writes what is still to be written, as a process does that ends in order; then as above.
    pub(super) fn end(&self) {
        self.database().core().sync_all();
        self.kill();
    }
}

impl Harness for World {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.time.block_on(&self.database(), future)
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        self.time.pass(duration);
    }
}

/// A folder of its own; in memory, where the system has a place for that: an fsync costs nothing there.
pub(super) fn empty_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// A copy of a folder as it is now.
pub(super) fn copy_of(folder: &Path) -> TempDir {
    let copy = empty_folder();
    copy_into(folder, copy.path());
    copy
}

pub(super) fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            copy_file(&entry.path(), &target);
        }
    }
}

/// Copies a file; what is reserved and was never written stays so.
fn copy_file(from: &Path, to: &Path) {
    let (mut from, mut to) = (File::open(from).unwrap(), File::create(to).unwrap());
    let (zeros, mut chunk) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut length = 0;
    loop {
        let read = from.read(&mut chunk).unwrap();
        if read == 0 {
            break;
        }
        if chunk[..read] != zeros[..read] {
            to.seek(SeekFrom::Start(length)).unwrap();
            to.write_all(&chunk[..read]).unwrap();
        }
        length += read as u64;
    }
    to.set_len(length).unwrap();
}
