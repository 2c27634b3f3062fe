//! The folder: whose it is, of which format, and who uses it now.

use crate::asked;
use fiacre_folder::{OpenError, OwnFolder, rename, sync_file};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest format of the folder that this release reads: some of its streams are archived.
pub(crate) const FORMAT: u32 = 2;
/// The format without an archive, which releases before archives read as well.
const FORMAT_PLAIN: u32 = 1;

const DATABASE: &str = "db";
/// In the database's folder: says that it is Fiacre's, and of which format.
const MARKER: &str = "fiacre";
/// The same, until it takes the other's place.
const MARKER_NEW: &str = "fiacre.new";
const MARKER_LINE: &str = "Fiacre's embedded store, format ";
/// In the database's folder: the store's epoch, once it was restored from a backup.
const EPOCH: &str = "epoch";
const KEYSPACES: &str = "keyspaces";

/// The folder of a database, which this process alone uses, as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder(OwnFolder);

impl Folder {
    /// Takes a folder for this process; makes it where there is none.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        clear_left_of_none(path);
        OwnFolder::take(path, DATABASE).map(Self)
    }

    /// As [`take`](Self::take), of a folder that is to be restored with such files beside the database: what a restore that was cut
    /// short has left of them is removed.
    pub(crate) fn take_to_restore(path: &Path, beside: &[&str]) -> Result<Self, OpenError> {
        clear_left_of_none(path);
        OwnFolder::take_to_make(path, DATABASE, beside).map(Self)
    }

    /// What a file beside the database is called until it is whole.
    pub(crate) fn unfinished(name: &str) -> String {
        OwnFolder::unfinished(name)
    }

    /// Keeps processes that would write from a folder, which is only read and in which nothing is changed, and gives the
    /// database's own folder, checked; none where a first start was cut short, so that nothing was ever written.
    pub(crate) fn take_to_read(path: &Path) -> Result<(Self, Option<PathBuf>), OpenError> {
        let folder = Self(OwnFolder::take_to_read(path, DATABASE)?);
        let database = folder.0.held();
        if folder.has_database() {
            folder.check(&database)?;
            return Ok((folder, Some(database)));
        }
        if path.join(Self::unfinished(DATABASE)).join(EPOCH).exists() {
            // It was to be restored: what the backup holds is missing.
            let folder = path.to_owned();
            return Err(OpenError::Absent { folder });
        }
        Ok((folder, None))
    }

    /// Whether a folder is a platform's, a vault or a company's records, or lies in some database: a place for nothing else.
    pub(crate) fn is_taken(path: &Path) -> bool {
        let is_database = |place: &Path| {
            std::fs::read_to_string(place.join(MARKER)).is_ok_and(|marker| marker.starts_with(MARKER_LINE))
        };
        OwnFolder::is_one(path) || path.ancestors().any(is_database)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where the database is, or will be.
    pub(crate) fn database_path(&self) -> PathBuf {
        self.0.held()
    }

    /// Whether there is a database.
    pub(crate) fn has_database(&self) -> bool {
        self.0.is_whole()
    }

    /// Notes the epoch of a database that is being restored in `path`, before anything else: so it is told from a new one.
    pub(crate) fn write_epoch(path: &Path, epoch: u32) -> io::Result<()> {
        std::fs::create_dir(path)?;
        let path = path.join(EPOCH);
        let mut file = File::create(&path)?;
        writeln!(file, "{epoch}")?;
        sync_file(&file, &path)
    }

    /// The epoch of the database in `path`: 0 for one that was never restored.
    pub(crate) fn epoch(&self, path: &Path) -> Result<u32, OpenError> {
        match std::fs::read_to_string(path.join(EPOCH)) {
            Ok(epoch) => {
                let number = epoch.trim_end().parse();
                number.map_err(|_| {
                    OpenError::damaged(self.path(), format!("{DATABASE}/{EPOCH} holds no number"))
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(OpenError::from_io(self.path(), error)),
        }
    }

    /// The database's own folder, checked; `make` makes one where there is none, which is there whole or not at all.
    pub(crate) fn database<E: From<OpenError>>(
        &self,
        make: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        let database = self.0.whole(|unfinished| {
            make(unfinished)?;
            mark(unfinished).map_err(|error| E::from(OpenError::from_io(self.path(), error)))
        })?;
        self.check(&database).map_err(E::from)?;
        Ok(database)
    }

    /// Notes the newest format in a database, or in one that is being made in `path`.
    pub(crate) fn write_format(path: &Path) -> io::Result<()> {
        let (marker, new) = (path.join(MARKER), path.join(MARKER_NEW));
        write_marker(&new, FORMAT)?;
        rename(&new, &marker)
    }

    /// Notes the newest format in this folder's database.
    pub(crate) fn raise_format(&self) -> io::Result<()> {
        Self::write_format(&self.0.held())
    }

    /// What a database without its marker is: one of the engine's, of which a copy has lost it, or somebody else's.
    fn unmarked(&self, database: &Path) -> OpenError {
        let (folder, found) = (self.path().to_owned(), DATABASE.to_owned());
        if database.join(KEYSPACES).is_dir() {
            let marker = format!("{DATABASE}/{MARKER}");
            OpenError::Unmarked { folder, marker }
        } else {
            OpenError::Foreign { folder, found }
        }
    }

    /// Whether a database of this or an older release stands there, and nothing that the engine would stumble over.
    fn check(&self, database: &Path) -> Result<(), OpenError> {
        let failed = |error| OpenError::from_io(self.path(), error);
        let marker = match std::fs::read_to_string(database.join(MARKER)) {
            Ok(marker) => marker,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(self.unmarked(database));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let format = marker
            .strip_prefix(MARKER_LINE)
            .and_then(|format| format.trim_end().parse().ok());
        match format {
            Some(FORMAT_PLAIN..=FORMAT) => {}
            Some(found) if found > FORMAT => {
                return Err(OpenError::Newer {
                    folder: self.path().to_owned(),
                    found,
                    known: FORMAT,
                });
            }
            _ => {
                let what = format!("{DATABASE}/{MARKER} does not say which format it is");
                return Err(OpenError::damaged(self.path(), what));
            }
        }
        let keyspaces = std::fs::read_dir(database.join(KEYSPACES)).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                OpenError::damaged(self.path(), format!("{DATABASE}/{KEYSPACES} is missing"))
            } else {
                failed(error)
            }
        })?;
        for entry in keyspaces {
            let name = entry.map_err(failed)?.file_name();
            if name.to_str().is_none_or(|name| name.parse::<u64>().is_err()) {
                let what = format!("{DATABASE}/{KEYSPACES}/{} is not of the engine", name.display());
                return Err(OpenError::damaged(self.path(), what));
            }
        }
        Ok(())
    }
}

/// Removes what a process that was killed has left of requests, where its database was taken away since.
fn clear_left_of_none(path: &Path) {
    if !path.join(DATABASE).exists() {
        asked::clear_left(path);
    }
}

/// Says in a database that it is Fiacre's, and of which format.
fn mark(database: &Path) -> io::Result<()> {
    let marker = database.join(MARKER);
    if marker.exists() {
        // It was said by who made it: a backup of a database that has an archive was restored.
        return Ok(());
    }
    write_marker(&marker, FORMAT_PLAIN)
}

fn write_marker(marker: &Path, format: u32) -> io::Result<()> {
    let mut file = File::create(marker)?;
    writeln!(file, "{MARKER_LINE}{format}")?;
    sync_file(&file, marker)
}
