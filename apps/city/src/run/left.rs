//! What a run notes of itself in its folder, for whoever goes on with it.

use crate::keep::KeepError;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::time::Timestamp;
use fiacre_folder::{rename, sync_file};
use fiacre_services::fleet::Matching;
use fiacre_wire::stored;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// The newest format of the note that this release reads, and the one that it writes.
const FORMAT: u32 = 1;
pub(crate) const NAME: &str = "run.json";
/// Where a note is written; it gets its name once it is whole.
const UNFINISHED: &str = "run.json.new";

/// How a run began: what whoever goes on with it must know, and the log does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) start: Timestamp,
    pub(crate) seed: u64,
    pub(crate) matching: Matching,
    /// What the vault of its keys is known by; none for a run in the clear.
    pub(crate) vault: Option<Fingerprint>,
    /// What it quotes with.
    pub(crate) tariff: Arc<Tariff>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    format: u32,
    start_ms: i64,
    seed: u64,
    matching: MatchingName,
    vault: Option<String>,
    tariff: Value,
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
    pub(crate) fn note(&self, folder: &Path) -> Result<(), KeepError> {
        let unspoken = |why: &dyn Display| {
            let why = io::Error::other(why.to_string());
            KeepError::Note(folder.join(NAME), why)
        };
        let tariff = stored::tariff_to_json(&self.tariff).map_err(|error| unspoken(&error))?;
        let note = Note {
            format: FORMAT,
            start_ms: self.start.ms(),
            seed: self.seed,
            matching: match self.matching {
                Matching::Batch => MatchingName::Batch,
                Matching::Greedy => MatchingName::Greedy,
            },
            vault: self.vault.map(|vault| vault.to_string()),
            tariff: serde_json::from_str(&tariff).map_err(|error| unspoken(&error))?,
        };
        let write = || -> io::Result<()> {
            let unfinished = folder.join(UNFINISHED);
            let mut file = File::create(&unfinished)?;
            file.write_all(serde_json::to_string_pretty(&note)?.as_bytes())?;
            sync_file(&file, &unfinished)?;
            rename(&unfinished, &folder.join(NAME))
        };
        write().map_err(|error| KeepError::Note(folder.join(NAME), error))
    }

    /// What was noted in a folder; nothing where the run did not come so far.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, KeepError> {
        let path = folder.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeepError::Note(path, error)),
        };
        let unreadable = |why: String| KeepError::UnreadableNote(path.clone(), why);
        match serde_json::from_str(&text) {
            Ok(Format { format }) if format > FORMAT => {
                let why =
                    format!("a newer release wrote it (format {format}, this one reads up to {FORMAT})");
                return Err(unreadable(why));
            }
            Ok(Format { .. }) | Err(_) => {}
        }
        let note: Note = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let tariff = stored::tariff_from_json(&note.tariff.to_string());
        let vault = note.vault.as_deref().map(str::parse::<Fingerprint>).transpose();
        Ok(Some(Self {
            start: Timestamp::from_ms(note.start_ms),
            seed: note.seed,
            matching: match note.matching {
                MatchingName::Batch => Matching::Batch,
                MatchingName::Greedy => Matching::Greedy,
            },
            vault: vault.map_err(|error| unreadable(error.to_string()))?,
            tariff: Arc::new(tariff.map_err(|error| unreadable(error.to_string()))?),
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
        let vaults = [None, Some(Fingerprint::new([7; 32]))];
        let both = [Matching::Batch, Matching::Greedy].into_iter().zip(vaults);
        for (name, (matching, vault)) in fiacre_tariffs::built_in_names().zip(both.cycle()) {
            let beginning = Beginning {
                start: Timestamp::from_ms(1_528_489_800_000),
                seed: u64::MAX,
                matching,
                vault,
                tariff: Arc::new(fiacre_tariffs::built_in(name).unwrap()),
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
