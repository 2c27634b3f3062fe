//! What a run notes of itself in its folder, for whoever goes on with it.

use super::CityError;
use crate::keep::KeepError;
use fiacre_domain::time::Timestamp;
use fiacre_services::fleet::Matching;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest format of the note that this release reads, and the one that it writes.
const FORMAT: u32 = 1;
const NAME: &str = "run.json";
/// Where a note is written; it gets its name once it is whole.
const UNFINISHED: &str = "run.json.new";

/// How a run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) start: Timestamp,
    pub(super) seed: u64,
    pub(super) matching: Matching,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    format: u32,
    start_ms: i64,
    seed: u64,
    matching: MatchingName,
}

/// Read before the rest: another format may have other fields.
#[derive(Debug, Deserialize)]
struct Format {
    format: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MatchingName {
    Batch,
    Greedy,
}

impl Beginning {
    /// Notes it in a folder: whole, or not at all.
    pub(super) fn note(self, folder: &Path) -> Result<(), CityError> {
        let note = Note {
            format: FORMAT,
            start_ms: self.start.ms(),
            seed: self.seed,
            matching: match self.matching {
                Matching::Batch => MatchingName::Batch,
                Matching::Greedy => MatchingName::Greedy,
            },
        };
        let write = || -> io::Result<()> {
            let mut file = File::create(folder.join(UNFINISHED))?;
            file.write_all(serde_json::to_string_pretty(&note)?.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(folder.join(UNFINISHED), folder.join(NAME))?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|error| KeepError::Note(folder.join(NAME), error).into())
    }

    /// What was noted in a folder; nothing where the run did not come so far.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, CityError> {
        let path = folder.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeepError::Note(path, error).into()),
        };
        let unreadable = |path: PathBuf, why: String| CityError::from(KeepError::UnreadableNote(path, why));
        match serde_json::from_str(&text) {
            Ok(Format { format }) if format > FORMAT => {
                let why =
                    format!("a newer release wrote it (format {format}, this one reads up to {FORMAT})");
                return Err(unreadable(path, why));
            }
            Ok(Format { .. }) | Err(_) => {}
        }
        let note: Note = serde_json::from_str(&text).map_err(|error| unreadable(path, error.to_string()))?;
        Ok(Some(Self {
            start: Timestamp::from_ms(note.start_ms),
            seed: note.seed,
            matching: match note.matching {
                MatchingName::Batch => Matching::Batch,
                MatchingName::Greedy => Matching::Greedy,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_a_newer_or_foreign_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Beginning::read(folder.path()).unwrap(), None);
        for matching in [Matching::Batch, Matching::Greedy] {
            let beginning = Beginning {
                start: Timestamp::from_ms(1_528_489_800_000),
                seed: u64::MAX,
                matching,
            };
            beginning.note(folder.path()).unwrap();
            assert_eq!(Beginning::read(folder.path()).unwrap(), Some(beginning));
        }
        for (text, why) in [
            (r#"{"format": 2, "more": 1}"#, "newer release"),
            ("{}", "missing field"),
        ] {
            std::fs::write(folder.path().join(NAME), text).unwrap();
            let refused = Beginning::read(folder.path()).unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
