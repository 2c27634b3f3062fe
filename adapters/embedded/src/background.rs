//! Writes groups beside their callers, for processes that run on real time.

use crate::database::{Core, Database};
use crate::lock::lock;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long hints wait at most for a group of somebody else's.
const HINTS_WAIT: Duration = Duration::from_secs(1);

/// Wakes the thread that writes.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct BellState {
    /// Whether a thread listens.
    is_heard: bool,
    is_rung: bool,
    ends: bool,
}

impl Bell {
    /// Says that there is something to write.
    pub(crate) fn ring(&self) {
        let mut state = lock(&self.state);
        if state.is_heard {
            state.is_rung = true;
            self.rung.notify_one();
        }
    }

    /// Waits for the bell; says whether to go on.
    fn listen(&self) -> bool {
        let state = lock(&self.state);
        let quiet = |state: &mut BellState| !state.is_rung && !state.ends;
        let waited = self.rung.wait_timeout_while(state, HINTS_WAIT, quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_rung = false;
        !state.ends
    }

    fn set(&self, is_heard: bool, ends: bool) {
        let mut state = lock(&self.state);
        *state = BellState {
            is_heard,
            is_rung: true,
            ends,
        };
        self.rung.notify_one();
    }
}

/// A thread that writes groups as they come, until this is dropped; what is under way then is written first.
#[must_use = "nothing is written any more once this is dropped"]
pub struct BackgroundSync {
    core: Arc<Core>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for BackgroundSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundSync").finish_non_exhaustive()
    }
}

impl BackgroundSync {
    pub(crate) fn start(database: &Database) -> std::io::Result<Self> {
        let core = Arc::clone(database.core());
        core.bell().set(true, false);
        let writing = Arc::clone(&core);
        let thread = std::thread::Builder::new()
            .name("fiacre-embedded".to_owned())
            .spawn(move || {
                while writing.bell().listen() {
                    writing.sync_all();
                }
                writing.sync_all();
            })?;
        Ok(Self {
            core,
            thread: Some(thread),
        })
    }
}

impl Drop for BackgroundSync {
    fn drop(&mut self) {
        self.core.bell().set(false, true);
        if let Some(thread) = self.thread.take() {
            // Had it panicked, its callers would wait for ever: there is nothing more to lose here.
            let _ended = thread.join();
        }
    }
}
