//! Golden files: what they hold, and who may change them.
//!
//! Until the first release a change of what is stored or sent regenerates version 1. At a release every golden file is listed in
//! `golden/RELEASED` with its SHA-256, and never changes again: a change is a new version beside it.
//! `FIACRE_BLESS=1` writes the files that are missing, and `FIACRE_BLESS=again` writes all of them anew that no release froze.

use fiacre_wire::digest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the golden files of this crate are.
pub(crate) fn folder() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sibling = own.join("../adapters/wire/golden");
    if sibling.exists() {
        sibling
    } else {
        own.join("golden")
    }
}

/// What is asked of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bless {
    /// Compare only.
    Nothing,
    /// Write what is missing.
    Missing,
    /// Write what is missing, and what is there and is not frozen.
    Again,
}

impl Bless {
    fn asked() -> Self {
        match std::env::var("FIACRE_BLESS").as_deref() {
            Err(_) => Self::Nothing,
            Ok("1") => Self::Missing,
            Ok("again") => Self::Again,
            Ok(other) => panic!(
                "FIACRE_BLESS={other}: write 1 for what is missing, again for all that is not released"
            ),
        }
    }

    /// Whether a file is to be written.
    pub(crate) const fn writes(self, exists: bool, is_frozen: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Missing => !exists,
            Self::Again => !is_frozen,
        }
    }
}

/// The text of a golden file; first written with what it would be `today` where that is asked for and no release froze it.
pub(crate) fn kept(name: &str, today: impl FnOnce() -> String) -> String {
    let path = folder().join(name);
    if Bless::asked().writes(path.exists(), released().contains_key(name)) {
        std::fs::write(&path, today()).unwrap();
    }
    assert!(path.exists(), "{name} is missing: FIACRE_BLESS=1 writes it");
    std::fs::read_to_string(&path).unwrap()
}

/// The files of `RELEASED` and their SHA-256, as `sha256sum` writes them.
pub(crate) fn released() -> BTreeMap<String, String> {
    listed(&std::fs::read_to_string(folder().join("RELEASED")).unwrap())
}

fn listed(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let files = lines.map(|line| line.split_once("  ").unwrap());
    files
        .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
        .collect()
}

/// The released files that are not as they were.
pub(crate) fn changed(released: &BTreeMap<String, String>) -> Vec<&str> {
    let is_changed = |(name, hash): &(&String, &String)| {
        let found = std::fs::read(folder().join(name)).map(|bytes| digest(&bytes).to_string());
        !found.is_ok_and(|found| found == **hash)
    };
    let changed = released.iter().filter(is_changed);
    changed.map(|(name, _)| name.as_str()).collect()
}
