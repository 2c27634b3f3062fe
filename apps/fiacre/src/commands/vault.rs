//! Where the keys of riders and places lie.

use clap::Args;
use fiacre_city::keep::Folders;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct VaultArguments {
    /// The folder of the keys that riders and places are sealed with [default: DIR.vault, next to the folder DIR of --data]
    #[arg(long, value_name = "DIR")]
    vault: Option<PathBuf>,
}

impl VaultArguments {
    /// The folders of a run whose data lie in `data`.
    pub(crate) fn folders(&self, data: &Path) -> Folders {
        let folders = Folders::new(data);
        match &self.vault {
            Some(vault) => folders.with_vault(vault),
            None => folders,
        }
    }

    /// Whether a folder was named.
    pub(crate) const fn is_named(&self) -> bool {
        self.vault.is_some()
    }
}
