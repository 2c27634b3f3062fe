#![doc = include_str!("../README.md")]
//!
//! Calls that write join a group; one [`sync`](Database::sync) writes the group as one batch, syncs the disk once, and answers the
//! calls in their order.
//!
//! # The folder
//!
//! ```text
//! DATA/lock               locked by the process that uses the folder; holds its process id
//! DATA/db.new/            a database that is being made; thrown away at the next start
//! DATA/db/fiacre          says that the database is Fiacre's, and its format
//! DATA/db/epoch            how often the database was restored from a backup, or more; none for never
//! DATA/db/written          how far the journal goes at least, and how many keyspaces there are
//! DATA/db/*.jnl           the journal: a batch for each group
//! DATA/db/keyspaces/      the tables, as the storage engine (fjall 3) keeps them
//! DATA/asked/              backups that other processes ask for, while they do
//! DATA/archive/*.segment  streams at rest that were moved out of the log, unless they were moved elsewhere
//! ```
//!
//! | table | key → value |
//! |---|---|
//! | commits | stream, version → hash of the cause, the commit as `fiacre-wire` stores it |
//! | causes | stream, cause → version; from the 65th commit of a stream on (those of the first are read with it) |
//! | outbox | service, number → up to 256 places of commits that are not published yet |
//! | snapshots | stream → version, folded state; of drivers alone, and none that must be there |
//! | timers | service, stream, version, kind → when, region, trace |
//! | views, riders | trip → its row; rider, trip → nothing |
//! | board | region, trip → open or closed, since which version; region → that it is complete |
//! | queues | name → number, and what it takes |
//! | messages | position of the first → up to 256 messages, and who took each; an event that lies in the log is only named |
//! | cursors | queue → how far it has come in the messages |
//! | deferred | queue, number → a message that failed or was put back, and when it is due |
//! | parked | queue, number → a parked message and why |
//! | stubs | stream → where it ended when it was archived, the hashes of its first causes, and where in which segments it lies |
//! | segments | number → hash, counts, and where it lies |
//!
//! Numbers are big-endian, so that keys sort. A format newer than this release's is refused when the folder is opened.
//!
//! # What grows
//!
//! On disk: the commits, for ever; trip views; a row of the messages stays until every queue that took one of them has settled
//! it. In memory: what is armed, open or unsettled, a few dozen bytes each; commits and messages that wait are kept in memory
//! up to some thousands and read from disk beyond; so are snapshots, and the ends of the streams that were used last. The
//! engine's caches are bounded ([`Options::with_cache_bytes`], and 4 to 16 MiB for each table).
//!
//! # When a write fails
//!
//! The group's callers are answered [`OutcomeUnknown`](fiacre_ports::PortErrorKind::OutcomeUnknown), everybody after them
//! [`Unavailable`](fiacre_ports::PortErrorKind::Unavailable), until the folder is opened again: after a failed sync nobody can
//! say what the disk holds. What is found then is a prefix that holds every acknowledged group, each whole.

mod archive;
mod asked;
mod at_rest;
mod background;
mod backup;
mod board;
mod bus;
mod bytes;
mod codec;
mod database;
mod draft;
mod error;
mod folder;
mod group;
mod journal;
mod lock;
#[cfg(test)]
mod planted;
mod recent;
mod restore;
mod signal;
mod store;
mod tables;
mod timers;
mod views;
mod witness;

#[cfg(test)]
mod tests;

pub use archive::{ArchiveError, CheckedSegment, Segment, SegmentFault, verify_segments};
pub use asked::{AskError, AskedFailure, BackupService, ask_for_backup};
pub use at_rest::{AtRest, Kept, LogRow};
pub use background::BackgroundSync;
pub use backup::{Backup, BackupError};
pub use board::EmbeddedBoard;
pub use bus::{EmbeddedBus, ParkedAtRest};
pub use database::{Database, Options};
pub use error::WriteError;
pub use fiacre_folder::OpenError;
pub use restore::{RestoreError, restore};
pub use store::EmbeddedEventStore;
pub use timers::EmbeddedTimers;
pub use views::EmbeddedViews;
