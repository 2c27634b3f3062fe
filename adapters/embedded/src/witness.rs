//! What the database surely holds, noted beside the engine's files.
//!
//! The engine takes a journal or a keyspace that is not there for one that never was, and begins a new one: a folder that lost
//! one would be read as if nothing had happened. So a small file says how far the journal goes at least, and how many keyspaces
//! there are. It is written when the database is made, opened and closed, and now and then while groups are written; each
//! time after what it says is on disk. A crash leaves an older one, which says less.

use crate::journal::{self, JournalError, Tip};
use fiacre_folder::{OpenError, rename, sync_file};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// In the database's folder.
const WITNESS: &str = "written";
/// The same, until it takes the other's place.
const WITNESS_NEW: &str = "written.new";
const KEYSPACES: &str = "keyspaces";
/// In each keyspace: which of its files count. The engine takes a keyspace without it for one that is not made yet.
const CURRENT: &str = "current";
/// Of the engine: a folder without it is made anew.
const VERSION: &str = "version";
/// After how many groups it is written again; before, after the first and each power of two.
const GROUPS_A_NOTE: u64 = 1_024;

/// What was on disk at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Witness {
    /// The newest journal, and a write which that surely holds, or a later one.
    tip: Tip,
    /// Keyspaces were there with all numbers below this.
    keyspaces: u64,
}

impl Witness {
    /// That the journals of the database in `path` end at `tip`.
    pub(crate) fn of(path: &Path, tip: Tip) -> Self {
        let folder = path.join(KEYSPACES);
        let is_missing = |number: &u64| !current(&folder, *number).exists();
        let keyspaces = (0..u64::MAX).find(is_missing).unwrap_or(u64::MAX);
        Self { tip, keyspaces }
    }

    /// The one in `path`, a database of `folder`; none for a database that was made before there were any.
    pub(crate) fn read(folder: &Path, path: &Path) -> Result<Option<Self>, OpenError> {
        match std::fs::read_to_string(path.join(WITNESS)) {
            Ok(text) => {
                let what = || OpenError::damaged(folder, format!("db/{WITNESS} is not as it was written"));
                parse(&text).ok_or_else(what).map(Some)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OpenError::from_io(folder, error)),
        }
    }

    /// Where the journals end at least.
    pub(crate) const fn tip(&self) -> Tip {
        self.tip
    }

    /// Says that the journal is needed no more, whatever it holds.
    pub(crate) const fn without_journal(self) -> Self {
        let tip = Tip {
            write: None,
            ..self.tip
        };
        Self { tip, ..self }
    }

    /// Writes it into the database in `path`; what it says must be on disk.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let (note, new) = (path.join(WITNESS), path.join(WITNESS_NEW));
        let Self { tip, keyspaces } = self;
        let mut file = File::create(&new)?;
        writeln!(file, "journal {}", tip.journal)?;
        match tip.write {
            Some(write) => writeln!(file, "write {write}")?,
            None => writeln!(file, "write none")?,
        }
        writeln!(file, "keyspaces {keyspaces}")?;
        sync_file(&file, &new)?;
        rename(&new, &note)
    }

    /// Whether the engine finds what it would otherwise make anew.
    fn check(&self, folder: &Path, path: &Path) -> Result<(), OpenError> {
        let keyspaces = path.join(KEYSPACES);
        let mut needed = (0..self.keyspaces).map(|number| current(&keyspaces, number));
        match needed.find(|file| !file.exists()) {
            None => Ok(()),
            Some(file) => Err(missing(folder, path, &file)),
        }
    }
}

/// Refuses the database in `path`, of `folder`, if the engine would make anew what it does not find; gives what it surely holds.
pub(crate) fn check(folder: &Path, path: &Path) -> Result<Option<Witness>, OpenError> {
    let version = path.join(VERSION);
    if !version.exists() {
        return Err(missing(folder, path, &version));
    }
    let witness = Witness::read(folder, path)?;
    if let Some(witness) = &witness {
        witness.check(folder, path)?;
    }
    Ok(witness)
}

/// Notes what a database that was just made in `path`, and is on disk, holds.
pub(crate) fn begin(path: &Path) -> Result<(), JournalError> {
    let tip = journal::mend(path, None)?.tip;
    Ok(Witness::of(path, tip).write(path)?)
}

/// Notes how far the journal goes while groups are written.
#[derive(Debug)]
pub(crate) struct Notary {
    path: PathBuf,
    groups: AtomicU64,
}

impl Notary {
    /// For the database in `path`, which is open.
    pub(crate) const fn new(path: PathBuf) -> Self {
        let groups = AtomicU64::new(0);
        Self { path, groups }
    }

    /// Before a group that gets the number `write`, or a later one: what is to be noted once it is on disk, if it is time.
    pub(crate) fn before_group(&self, write: u64) -> Option<Witness> {
        let group = self.groups.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if !group.is_power_of_two() && !group.is_multiple_of(GROUPS_A_NOTE) {
            return None;
        }
        let (journal, _) = journal::newest(&self.path).ok()??;
        let write = Some(write);
        Some(Witness::of(&self.path, Tip { journal, write }))
    }

    /// After it, with what [`before_group`](Self::before_group) gave. What cannot be noted is not: then less is known to be there.
    pub(crate) fn after_group(&self, witness: &Witness) {
        let note = || {
            match journal::newest(&self.path)? {
                // Else the engine went on in another one, before or after it wrote the group.
                Some((journal, file)) if journal == witness.tip.journal => {
                    sync_file(&File::open(&file)?, &file)?;
                    Ok(witness.write(&self.path)?)
                }
                Some(_) | None => Ok(()),
            }
        };
        warn_of(note());
    }

    /// Notes where the journal ends, if anything was written: nothing more is.
    pub(crate) fn end(&self) {
        if self.groups.load(Ordering::Relaxed) > 0 {
            let note = || match journal::tip(&self.path)? {
                Some(tip) => Ok(Witness::of(&self.path, tip).write(&self.path)?),
                None => Ok(()),
            };
            warn_of(note());
        }
    }
}

fn warn_of(noted: Result<(), JournalError>) {
    if let Err(error) = noted {
        tracing::warn!(?error, "how far the journal goes is not noted");
    }
}

fn current(keyspaces: &Path, number: u64) -> PathBuf {
    keyspaces.join(number.to_string()).join(CURRENT)
}

fn missing(folder: &Path, path: &Path, file: &Path) -> OpenError {
    let name = Path::new("db").join(file.strip_prefix(path).unwrap_or(file));
    OpenError::damaged(folder, format!("{} is missing", name.display()))
}

fn parse(text: &str) -> Option<Witness> {
    let mut lines = text.lines();
    let mut line = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let journal = line("journal")?.parse().ok()?;
    let write = match line("write")? {
        "none" => None,
        write => Some(write.parse().ok()?),
    };
    let keyspaces = line("keyspaces")?.parse().ok()?;
    let tip = Tip { journal, write };
    let is_all = text.ends_with('\n') && lines.next().is_none();
    is_all.then_some(Witness { tip, keyspaces })
}
