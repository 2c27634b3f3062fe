//! What is kept of a company: a journal of everything that was done to it. Whoever opens it does all of it again, and has
//! the company as it was, because what it does follows from its seed and from what is done to it alone.
//!
//! What is done joins a group; one sync writes the group, and only then are its callers answered. Once more was done than there
//! is to remember, the journal begins anew with a picture of the company: its files as they are, in one piece.

mod bytes;
mod entry;
mod error;
mod several;
mod short;
mod volume;

pub(crate) use bytes::{Malformed, Reader, Stored, stored_fields};
pub(crate) use entry::{Deed, Entry, Outcome, Said};
pub use error::OpenError;
pub(crate) use short::Short;

use fiacre_domain::time::Timestamp;
use std::io;
use std::path::Path;
use std::task::{Context, Poll, Waker};
use volume::{AnewError, Picture, Volume, blank_frame, is_blank};

/// How much waits at most for somebody else's sync.
const GROUP_BYTES_MAX: usize = 1 << 20;

/// Where what is done is written down.
#[derive(Debug)]
enum Kept {
    Nowhere,
    /// It is being done again; this came of the last deed.
    Again(Outcome),
    OnDisk(Volume),
    /// A write failed, in this way: nothing is written any more.
    Failed(io::ErrorKind),
}

/// It cannot be said what the disk holds, until the company is opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteFailed;

/// A journal that is open, and not read yet.
pub(crate) struct Records {
    volume: Volume,
    picture: Picture,
}

impl Records {
    /// Opens what is in a folder, and begins it with `seed` if there is nothing.
    pub(crate) fn open_or_begin(folder: &Path, seed: u64) -> Result<Self, OpenError> {
        let (volume, picture) = Volume::open(folder, seed)?;
        if volume.seed() != seed {
            return Err(volume.other_company());
        }
        Ok(Self { volume, picture })
    }

    /// Opens what is in a folder, which must be there.
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        let (volume, picture) = Volume::open_existing(folder)?;
        Ok(Self { volume, picture })
    }

    /// The company's seed.
    pub(crate) const fn seed(&self) -> u64 {
        self.volume.seed()
    }

    /// What the journal begins with, if that is more than a seed.
    pub(crate) fn picture<T: Stored>(&self) -> Result<Option<T>, OpenError> {
        let Some(mut bytes) = self.picture.bytes() else {
            return Ok(None);
        };
        match bytes.read() {
            Ok(picture) if bytes.is_empty() => Ok(Some(picture)),
            Ok(_) | Err(Malformed) => Err(self.volume.no_company(&self.picture)),
        }
    }

    /// Shows every entry to `again`, which does it again and gives what came of it.
    pub(crate) fn replay(mut self, mut again: impl FnMut(Entry) -> Outcome) -> Result<Journal, OpenError> {
        self.volume.read(|entry| {
            let then = entry.outcome;
            let same = again(entry) == then;
            same.then_some(())
                .ok_or("what this release does otherwise than the one that wrote it")
        })?;
        Ok(Journal::new(Kept::OnDisk(self.volume)))
    }
}

/// A company's journal, and who waits for it to be written.
#[derive(Debug)]
pub(crate) struct Journal {
    kept: Kept,
    /// Whether somebody else calls `sync`, or every caller does for itself.
    is_grouped: bool,
    group: Vec<u8>,
    scratch: Vec<u8>,
    noted: u64,
    synced: u64,
    waiting: Vec<Waker>,
}

impl Journal {
    /// One that keeps nothing.
    pub(crate) fn nowhere() -> Self {
        Self::new(Kept::Nowhere)
    }

    /// For a company that does again what it did.
    pub(crate) fn again() -> Self {
        Self::new(Kept::Again(Outcome::of(&(), &mut Vec::new())))
    }

    fn new(kept: Kept) -> Self {
        Self {
            kept,
            is_grouped: false,
            group: blank_frame(),
            scratch: Vec::new(),
            noted: 0,
            synced: 0,
            waiting: Vec::new(),
        }
    }

    /// What came of the last deed that was done again, once.
    pub(crate) fn take_outcome(&mut self) -> Outcome {
        let nothing = Outcome::of(&(), &mut self.scratch);
        match &mut self.kept {
            Kept::Again(outcome) => std::mem::replace(outcome, nothing),
            Kept::Nowhere | Kept::OnDisk(_) | Kept::Failed(_) => nothing,
        }
    }

    pub(crate) const fn group(&mut self) {
        self.is_grouped = true;
    }

    pub(crate) const fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    /// How a write failed, if one did.
    pub(crate) const fn failure(&self) -> Option<io::ErrorKind> {
        match self.kept {
            Kept::Failed(kind) => Some(kind),
            Kept::Nowhere | Kept::Again(_) | Kept::OnDisk(_) => None,
        }
    }

    /// Writes down what was done at `at`, and what it was answered.
    pub(crate) fn note(&mut self, at: Timestamp, deed: impl FnOnce() -> Deed, said: &impl Said) {
        self.noted += 1;
        self.note_by_the_way(at, deed, said);
    }

    /// The same, of what nobody waits for: it is written with what comes next.
    pub(crate) fn note_by_the_way(&mut self, at: Timestamp, deed: impl FnOnce() -> Deed, said: &impl Said) {
        match &mut self.kept {
            Kept::Nowhere | Kept::Failed(_) => {}
            Kept::Again(outcome) => *outcome = Outcome::of(said, &mut self.scratch),
            Kept::OnDisk(_) => {
                let outcome = Outcome::of(said, &mut self.scratch);
                let deed = deed();
                Entry { at, deed, outcome }.write(&mut self.group);
            }
        }
    }

    /// Begins to wait until what was noted so far is written: what to [ask for](Self::poll_written).
    pub(crate) fn begin_wait(&mut self) -> u64 {
        if !self.is_grouped {
            self.write();
        }
        self.noted
    }

    /// Whether what was noted up to `noted` is written.
    pub(crate) fn poll_written(
        &mut self,
        noted: u64,
        context: &Context<'_>,
    ) -> Poll<Result<(), WriteFailed>> {
        if self.synced >= noted {
            return Poll::Ready(Ok(()));
        }
        if self.has_failed() {
            return Poll::Ready(Err(WriteFailed));
        }
        self.waiting.push(context.waker().clone());
        Poll::Pending
    }

    /// Whether anybody waits for the group.
    pub(crate) const fn is_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes the group if anybody waits for it, or if it is long; gives who waited, in the order of the calls.
    pub(crate) fn sync(&mut self) -> Vec<Waker> {
        if !self.waiting.is_empty() || self.group.len() >= GROUP_BYTES_MAX {
            self.write();
        }
        std::mem::take(&mut self.waiting)
    }

    /// Whether it is [worth its time](Volume::is_long) to begin anew.
    pub(crate) fn is_long(&self) -> bool {
        match &self.kept {
            Kept::OnDisk(volume) => volume.is_long() && is_blank(&self.group),
            Kept::Nowhere | Kept::Again(_) | Kept::Failed(_) => false,
        }
    }

    /// Begins anew, with what `picture` writes of the company in the place of all that was done so far.
    pub(crate) fn begin_anew(&mut self, picture: &impl Stored) -> io::Result<()> {
        self.write();
        match &mut self.kept {
            Kept::OnDisk(volume) => match volume.begin_anew(|bytes| picture.write(bytes)) {
                Ok(()) => Ok(()),
                Err(AnewError::NotBegun(error)) => {
                    tracing::warn!(%error, "the payment sandbox's journal could not be written anew: it goes on as it is");
                    Err(error)
                }
                Err(AnewError::Unknown(error)) => {
                    tracing::error!(%error, "the payment sandbox cannot write: it is closed until it is opened again");
                    self.kept = Kept::Failed(error.kind());
                    Err(error)
                }
            },
            Kept::Failed(kind) => Err((*kind).into()),
            Kept::Nowhere | Kept::Again(_) => Ok(()),
        }
    }

    /// As if a write had failed.
    #[cfg(test)]
    pub(crate) fn fail(&mut self) {
        self.kept = Kept::Failed(io::ErrorKind::Other);
    }

    /// Writes what there is.
    fn write(&mut self) {
        if let Kept::OnDisk(volume) = &mut self.kept
            && !is_blank(&self.group)
        {
            if let Err(error) = volume.append(&mut self.group) {
                tracing::error!(%error, "the payment sandbox cannot write: it is closed until it is opened again");
                self.kept = Kept::Failed(error.kind());
            }
            self.group.truncate(blank_frame().len());
        }
        if !self.has_failed() {
            self.synced = self.noted;
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.write();
    }
}
