//! The vault keeps every clause of its port, also over a restart.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_conformance::key_vault::{Capability, KeyVaultHarness};
use fiacre_conformance::sample::AT;
use fiacre_conformance::{Harness, Support};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::KeyVault;
use fiacre_vault::FolderVault;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// A folder, and the vault that is open there.
struct World {
    folder: TempDir,
    vault: Mutex<Option<FolderVault>>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            vault: Mutex::new(None),
        }
    }
}

impl Harness for World {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
        }
    }

    fn now(&self) -> Timestamp {
        AT
    }

    fn pass(&self, _duration: Millis) {}
}

impl KeyVaultHarness for World {
    fn open(&self) -> Arc<dyn KeyVault> {
        let mut vault = self.vault.lock().unwrap();
        let open = || FolderVault::open(self.folder.path()).unwrap();
        Arc::new(vault.get_or_insert_with(open).clone())
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart => Support::Yes,
        }
    }

    fn restart(&self) {
        *self.vault.lock().unwrap() = None;
    }
}

fiacre_conformance::key_vault_suite!(World::new());
