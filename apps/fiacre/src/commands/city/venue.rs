//! Where a city is played: in memory or on a folder, and who notes what was accepted.

use crate::commands::vault::VaultArguments;
use crate::failure::Failure;
use crate::output;
use clap::{Args, ValueEnum};
use fiacre_city::run::Venue;
use fiacre_domain::id::TripId;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Args)]
pub(super) struct VenueArguments {
    /// Keep everything in memory, or in a folder on disk, which survives a kill at any moment [default: memory, or embedded
    /// where --data is given]
    #[arg(long, value_enum)]
    store: Option<StoreName>,

    /// The folder; it is made where there is none, and must hold no other run
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    #[command(flatten)]
    vault: VaultArguments,

    /// Write the id of each trip here, one a line, the moment its order is accepted: from then on the trip is durable; the
    /// file must not be there yet
    #[arg(long, value_name = "FILE")]
    ack_log: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StoreName {
    Memory,
    Embedded,
}

impl VenueArguments {
    /// Whether acceptances are noted in this very file.
    pub(super) fn notes_in(&self, path: &Path) -> bool {
        self.ack_log.as_deref() == Some(path)
    }

    /// The store's name, the folder, the list of acceptances and the vault, as they were asked for.
    pub(super) fn asked(&self) -> (&'static str, [Option<&Path>; 3]) {
        let store = if self.data.is_some() { "embedded" } else { "memory" };
        let (data, ack_log) = (self.data.as_deref(), self.ack_log.as_deref());
        (store, [data, ack_log, self.vault.named()])
    }

    /// Where the city is asked to be played, and what its acceptances are noted in.
    pub(super) fn venue(&self) -> Result<(Venue, AckLog), Failure> {
        let folders = match (self.store, &self.data) {
            (None | Some(StoreName::Memory), None) if self.vault.is_named() => {
                return Err(Failure::NoUseForVault);
            }
            (None | Some(StoreName::Memory), None) => None,
            (None | Some(StoreName::Embedded), Some(data)) => Some(self.vault.folders(data)),
            (Some(StoreName::Embedded), None) => return Err(Failure::NoFolder),
            (Some(StoreName::Memory), Some(_)) => return Err(Failure::NoUseForFolder),
        };
        let log = AckLog::begin(self.ack_log.as_deref())?;
        let noted = log.clone();
        let accepted = Box::new(move |trip| noted.note(trip));
        Ok((Venue { folders, accepted }, log))
    }
}

/// The ids of trips whose orders were accepted, written as that happens; clones write to the same file.
#[derive(Debug, Clone)]
pub(super) struct AckLog(Option<Arc<Notes>>);

#[derive(Debug)]
struct Notes {
    path: PathBuf,
    /// What failed ends it: a log with a gap would say that a trip was not accepted.
    file: Mutex<Result<File, io::Error>>,
}

impl AckLog {
    fn begin(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let file = output::create(path)?;
        Ok(Self(Some(Arc::new(Notes {
            path: path.to_owned(),
            file: Mutex::new(Ok(file)),
        }))))
    }

    fn note(&self, trip: TripId) {
        let Some(notes) = &self.0 else { return };
        let mut file = notes.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write a line, past every buffer of ours: a kill leaves whole lines, and all of them.
        if let Ok(open) = &mut *file
            && let Err(error) = open.write_all(format!("{trip}\n").as_bytes())
        {
            *file = Err(error);
        }
    }

    /// There is nothing to note of a run that did not begin.
    pub(super) fn take_back(&self) {
        if let Some(notes) = &self.0 {
            output::take_back(&notes.path);
        }
    }

    /// Whether every acceptance was noted.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let Some(notes) = &self.0 else { return Ok(()) };
        let mut file = notes.file.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *file, Err(io::ErrorKind::NotConnected.into())) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Unwritten(notes.path.clone(), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use fiacre_city::keep::Folders;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        venue: VenueArguments,
    }

    fn folders(options: &[&str]) -> Result<Option<Folders>, Failure> {
        let line = Line::try_parse_from(["city"].iter().chain(options)).unwrap();
        line.venue.venue().map(|(venue, _)| venue.folders)
    }

    #[test]
    fn a_folder_is_what_the_embedded_store_needs_and_memory_has_no_use_for() {
        let named = || Some(Folders::new("d"));
        assert_eq!(folders(&[]).unwrap(), None);
        assert_eq!(folders(&["--store", "memory"]).unwrap(), None);
        assert_eq!(folders(&["--data", "d"]).unwrap(), named());
        assert_eq!(folders(&["--store", "embedded", "--data", "d"]).unwrap(), named());
        let apart = folders(&["--data", "d", "--vault", "k"]).unwrap();
        assert_eq!(apart, named().map(|folders| folders.with_vault("k")));
        let without = folders(&["--store", "embedded"]).unwrap_err();
        assert!(matches!(without, Failure::NoFolder), "{without}");
        let useless = folders(&["--store", "memory", "--data", "d"]).unwrap_err();
        assert!(matches!(useless, Failure::NoUseForFolder), "{useless}");
        let useless = folders(&["--vault", "k"]).unwrap_err();
        assert!(matches!(useless, Failure::NoUseForVault), "{useless}");
    }
}
