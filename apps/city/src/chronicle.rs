//! The chronicle: audit, digest and measures, kept on a thread of their own while the city goes on.
//!
//! Notes are written down in the order in which they were taken, by one writer, so nothing depends on how fast it writes;
//! whoever reads waits until everything is written down.

use crate::digest::Digest;
use crate::keep::Held;
use crate::observer::CommitObserver;
use crate::players::Driven;
use crate::run::RunObserver;
use fiacre_domain::audit::Audit;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_memory::Dropped;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// How many notes go over to the writer at a time: it is mostly waiting, and waking it is a call of the system.
const NOTES_A_PAGE: usize = 1_024;
/// How many pages may wait for the writer before the city waits for it.
const PAGES_WAITING_MAX: usize = 16;

/// What there is to write down.
pub(crate) enum Note {
    /// A commit was acknowledged.
    Committed(Commit),
    /// Somebody drove.
    Drove(Driven),
    /// The trip is over on every stream.
    Closed(TripId),
    /// Nothing more will come of a trip, whose streams held this.
    Over(TripId, Held),
    /// A stream goes on, and this of it was dropped from the log.
    Trimmed(StreamId, Dropped),
    /// The log ends, and these commits of a stream were not in it so far.
    Left(StreamId, Vec<Arc<Commit>>),
}

/// What is written down.
#[derive(Debug)]
pub(crate) struct Chronicle<S> {
    /// Of every commit.
    pub(crate) audit: Audit,
    /// Of what is over, or was dropped from the log.
    pub(crate) digest: Digest,
    /// Whoever else watches.
    pub(crate) observer: S,
}

impl<S: RunObserver> Chronicle<S> {
    fn write(&mut self, note: Note) {
        match note {
            Note::Committed(commit) => {
                self.audit.observe(&commit);
                self.observer.saw(&commit);
            }
            Note::Drove(driven) => self.observer.drove(driven),
            Note::Closed(trip) => self.observer.closed(trip),
            Note::Over(trip, held) => {
                match held {
                    Held::Dropped(dropped) => self.digest.add_trip(trip, dropped.commits()),
                    Held::Read(commits) => self.digest.add_trip(trip, commits),
                }
                self.observer.over(trip);
            }
            Note::Trimmed(stream, dropped) => self.digest.add_part(stream, dropped.commits()),
            Note::Left(stream, commits) => self.digest.add_part(stream, commits),
        }
    }
}

enum Page {
    Notes(Vec<Note>),
    /// Answered once everything before it is written down.
    Mark(SyncSender<()>),
    End,
}

/// Takes notes, and hands them over page by page. A writer that died is found out by whoever reads next.
pub(crate) struct ChronicleSender {
    notes: Vec<Note>,
    pages: SyncSender<Page>,
}

impl ChronicleSender {
    /// Takes a note.
    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
        if self.notes.len() >= NOTES_A_PAGE {
            self.turn_over();
        }
    }

    fn turn_over(&mut self) {
        let notes = std::mem::replace(&mut self.notes, Vec::with_capacity(NOTES_A_PAGE));
        self.pages.send(Page::Notes(notes)).ok();
    }

    fn hand_over(&mut self, page: Page) {
        self.turn_over();
        self.pages.send(page).ok();
    }
}

impl CommitObserver for ChronicleSender {
    fn saw(&mut self, commit: Commit) {
        self.note(Note::Committed(commit));
    }
}

/// Keeps a chronicle.
pub(crate) struct ChronicleThread<S> {
    sender: Arc<Mutex<ChronicleSender>>,
    chronicle: Arc<Mutex<Chronicle<S>>>,
    writer: Option<JoinHandle<()>>,
}

impl<S: RunObserver + 'static> ChronicleThread<S> {
    /// Begins a chronicle, and the thread that writes it; every receipt is held to `tariff`.
    pub(crate) fn begin(observer: S, tariff: &Arc<Tariff>) -> io::Result<Self> {
        let (pages, to_write) = sync_channel(PAGES_WAITING_MAX);
        let chronicle = Arc::new(Mutex::new(Chronicle {
            audit: Audit::default().with_tariff(tariff),
            digest: Digest::default(),
            observer,
        }));
        let written = Arc::clone(&chronicle);
        let writer = Builder::new()
            .name("chronicle".to_owned())
            .spawn(move || write(&to_write, &written))?;
        Ok(Self {
            sender: Arc::new(Mutex::new(ChronicleSender {
                notes: Vec::new(),
                pages,
            })),
            chronicle,
            writer: Some(writer),
        })
    }

    /// Where notes are taken.
    pub(crate) const fn sender(&self) -> &Arc<Mutex<ChronicleSender>> {
        &self.sender
    }

    /// The chronicle, once everything that was noted is written down. A panic of the writer goes on here.
    pub(crate) fn read(&mut self) -> MutexGuard<'_, Chronicle<S>> {
        let (written, is_written) = sync_channel(1);
        lock(&self.sender).hand_over(Page::Mark(written));
        if is_written.recv().is_err() {
            self.join();
        }
        lock(&self.chronicle)
    }

    /// Ends the chronicle; none if somebody still reads it.
    pub(crate) fn finish(mut self) -> Option<Chronicle<S>> {
        lock(&self.sender).hand_over(Page::End);
        self.join();
        let chronicle = Arc::into_inner(self.chronicle)?;
        Some(chronicle.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn join(&mut self) {
        if let Some(writer) = self.writer.take()
            && let Err(panic) = writer.join()
        {
            resume_unwind(panic);
        }
    }
}

fn write<S: RunObserver>(pages: &Receiver<Page>, chronicle: &Mutex<Chronicle<S>>) {
    while let Ok(page) = pages.recv() {
        match page {
            Page::Notes(notes) => {
                let mut chronicle = lock(chronicle);
                for note in notes {
                    chronicle.write(note);
                }
            }
            Page::Mark(written) => {
                // Whoever asked may be gone.
                written.send(()).ok();
            }
            Page::End => return,
        }
    }
}

/// Locks; a holder that panicked has its panic told by the chronicle.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
