//! Why a folder at rest could not be asked, or what it answered.

use super::{EXIT_FINDINGS, EXIT_OUTPUT, EXIT_UNREADABLE, EXIT_USAGE, city, opening, writing};
use fiacre_auditing::check::CheckError;
use fiacre_auditing::reconcile::ReconcileError;
use fiacre_domain::id::TripId;
use fiacre_domain::time::Timestamp;
use fiacre_embedded::{ArchiveError, AskError, AskedFailure, BackupError, OpenError, RestoreError};
use fiacre_ports::PortError;
use fiacre_sandbox_payments as sandbox;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command on a platform's folder did not succeed.
#[derive(Debug)]
pub(crate) enum AtRestFailure {
    /// The folder cannot be opened.
    Folder(OpenError),
    /// Its log cannot be read to its end.
    Log(CheckError),
    /// Some of its rows cannot be read.
    Rows(PathBuf, PortError),
    /// The log knows no such trip.
    NoSuchTrip(TripId),
    /// The trip had not begun by the moment that is asked of.
    NotBegun(TripId, Timestamp),
    /// Some of a trip's commits cannot be read; the answer names them.
    UnreadableCommits(usize),
    /// A payment sandbox's folder cannot be copied to be read.
    NoCompany(PathBuf, io::Error),
    /// A payment sandbox's folder cannot be opened; the error names a copy of it.
    Company(PathBuf, sandbox::OpenError),
    /// The books cannot be compared.
    Reconcile(ReconcileError),
    /// The books differ; the answer says where.
    Differences(usize),
    /// The folder cannot be backed up.
    Backup(BackupError),
    /// A backup cannot be restored.
    Restore(PathBuf, RestoreError),
    /// Bookings cannot be archived.
    Archive(ArchiveError),
    /// A folder of segments cannot be listed.
    Segments(PathBuf, io::Error),
    /// There are none in it.
    NoSegments(PathBuf),
    /// The log holds what a newer release wrote; the report shows it.
    NewerCommits,
}

impl AtRestFailure {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NoSuchTrip(_) | Self::NotBegun(..) | Self::UnreadableCommits(_) | Self::Differences(_) => {
                EXIT_FINDINGS
            }
            Self::Folder(error) | Self::Restore(_, RestoreError::Folder(error)) => opening(error),
            Self::Company(_, error) => city::opening_company(error),
            Self::Backup(error) => backing_up(error),
            Self::Archive(ArchiveError::Unwritten(_, error)) => writing(error.kind()),
            Self::Archive(
                ArchiveError::Store(_) | ArchiveError::Unknown(_) | ArchiveError::Uncompacted(_),
            ) => EXIT_OUTPUT,
            Self::Archive(
                ArchiveError::Occupied(_)
                | ArchiveError::Unnoted(_)
                | ArchiveError::Taken(_)
                | ArchiveError::Unnameable(_)
                | ArchiveError::Moved { .. }
                | ArchiveError::TooLong { .. },
            )
            | Self::Restore(_, RestoreError::NotEmpty { .. }) => EXIT_USAGE,
            Self::Restore(
                _,
                RestoreError::NoBackup
                | RestoreError::Damaged { .. }
                | RestoreError::Newer { .. }
                | RestoreError::Unreadable(_),
            )
            | Self::Log(_)
            | Self::Rows(..)
            | Self::NoCompany(..)
            | Self::Reconcile(_)
            | Self::Archive(ArchiveError::Unreadable { .. })
            | Self::Segments(..)
            | Self::NoSegments(_)
            | Self::NewerCommits => EXIT_UNREADABLE,
        }
    }

    /// The file or folder that it is about.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Folder(error) | Self::Restore(_, RestoreError::Folder(error)) => Some(error.folder()),
            Self::Rows(path, _)
            | Self::NoCompany(path, _)
            | Self::Company(path, _)
            | Self::Restore(path, _)
            | Self::Segments(path, _)
            | Self::NoSegments(path) => Some(path),
            Self::Backup(BackupError::Unreadable { folder, .. })
            | Self::Archive(ArchiveError::Unreadable { folder, .. }) => Some(folder),
            Self::Backup(BackupError::Unplaced(path, _))
            | Self::Archive(ArchiveError::Taken(path) | ArchiveError::Unwritten(path, _)) => Some(path),
            Self::Log(_)
            | Self::NoSuchTrip(_)
            | Self::NotBegun(..)
            | Self::UnreadableCommits(_)
            | Self::Reconcile(_)
            | Self::Differences(_)
            | Self::Backup(BackupError::Unwritten(_) | BackupError::Asked(_))
            | Self::Archive(
                ArchiveError::Moved { .. }
                | ArchiveError::Occupied(_)
                | ArchiveError::Unnoted(_)
                | ArchiveError::Unnameable(_)
                | ArchiveError::TooLong { .. }
                | ArchiveError::Store(_)
                | ArchiveError::Unknown(_)
                | ArchiveError::Uncompacted(_),
            )
            | Self::NewerCommits => None,
        }
    }

    /// The stable code of this error.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::Rows(_, error) => error.kind().code(),
            Self::NoSuchTrip(_) => "trip_unknown",
            Self::NotBegun(..) => "trip_not_begun",
            Self::UnreadableCommits(_) => "commits_unreadable",
            Self::NoCompany(..) => "company_unreadable",
            Self::Company(_, error) => error.code(),
            Self::Reconcile(error) => error.code(),
            Self::Differences(_) => "differences",
            Self::Backup(error) => error.code(),
            Self::Restore(_, error) => error.code(),
            Self::Archive(error) => error.code(),
            Self::Segments(..) => "segments_unreadable",
            Self::NoSegments(_) => "segments_absent",
            Self::NewerCommits => "commits_newer",
        }
    }
}

/// The exit code where there is no backup: the same whether this process was to write it, or another was asked to.
const fn backing_up(error: &BackupError) -> u8 {
    match error {
        BackupError::Unreadable { .. } => EXIT_UNREADABLE,
        BackupError::Unwritten(_) => EXIT_OUTPUT,
        BackupError::Unplaced(..) => EXIT_USAGE,
        BackupError::Asked(error) => match error {
            AskError::Unnameable(_) => EXIT_USAGE,
            AskError::Folder(..) | AskError::Lost { .. } => EXIT_OUTPUT,
            AskError::Silent(_) | AskError::Stuck(_) | AskError::Ended(_) => EXIT_UNREADABLE,
            AskError::Failed { cause, .. } => match cause {
                AskedFailure::Unreadable => EXIT_UNREADABLE,
                AskedFailure::Unwritten | AskedFailure::Request => EXIT_OUTPUT,
                AskedFailure::Unplaced => EXIT_USAGE,
            },
        },
    }
}

impl fmt::Display for AtRestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => {
                write!(f, "{error}")?;
                // The operating system's or the engine's own words, where there are any.
                match error.source() {
                    Some(source) if !error.to_string().contains(&source.to_string()) => write!(f, " ({source})"),
                    _ => Ok(()),
                }
            }
            Self::Log(error) => write!(f, "{error}"),
            Self::Rows(folder, error) => write!(f, "{}: {error}", folder.display()),
            Self::NoSuchTrip(trip) => write!(
                f,
                "failed to find trip {trip}; `fiacre trip list` says which trips the folder knows"
            ),
            Self::NotBegun(trip, began_at) => write!(
                f,
                "failed to tell of trip {trip}: it began at {began_at}; ask --at of that moment or later"
            ),
            Self::UnreadableCommits(commits) => write!(
                f,
                "{commits} of the trip's commits cannot be read: see the answer; `fiacre audit check` says more"
            ),
            Self::NoCompany(folder, error) => write!(
                f,
                "failed to read the payment sandbox's folder {}: {error}; name it with --company",
                folder.display()
            ),
            Self::Company(folder, error) => write!(
                f,
                "the payment sandbox's folder {} cannot be used: a copy of it says {}: {error}",
                folder.display(),
                error.code()
            ),
            Self::Reconcile(error) => write!(f, "{error}"),
            Self::Differences(1) => f.write_str("the books have a difference: see the answer"),
            Self::Differences(count) => write!(f, "the books have {count} differences: see the answer"),
            Self::Backup(error) => write!(f, "{error}"),
            Self::Archive(error) => write!(f, "{error}"),
            Self::Segments(folder, error) => write!(
                f,
                "failed to read {}: {error}; name the folder that `fiacre archive` wrote segments to",
                folder.display()
            ),
            Self::NoSegments(folder) => write!(
                f,
                "failed to read {}: no segment is in it; name the folder that `fiacre archive` wrote segments to",
                folder.display()
            ),
            Self::Restore(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NewerCommits => f.write_str(
                "a newer release wrote some of the log, so that nothing can be said for sure: see the report; audit with that release",
            ),
        }
    }
}
