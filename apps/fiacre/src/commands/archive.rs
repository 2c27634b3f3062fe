//! `fiacre archive`: trips that are over, out of the log and into segments that prove themselves.

use crate::answer::Answer;
use crate::commands::progress::Progress;
use crate::failure::{AtRestFailure, Failure};
use crate::moment;
use clap::Args;
use fiacre_auditing::archive::{self, Archived, Selection};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::{AtRest, Database, Options, Segment};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre archive --data data --before 2018-06-09 --dry-run
  fiacre archive --data data --before 2018-06-08T21:40Z
  fiacre archive --data data --before 2018-06-09 --to cold/data

Moves every booking that came to rest before that moment (UTC): its trip, its search and its charges. Drivers' streams stay. What is \
sealed stays sealed: a rider who is forgotten is forgotten there too, and no keys are needed. `fiacre trip` and `fiacre audit` find \
archived trips as before; a late webhook or a repeated request finds the trip as it ended, and what is added goes on behind it. \
Segments never change: copy them once, by any means; a backup does not hold them. Each names the one before it, and the store knows \
them all: `fiacre audit check` and `fiacre audit segments` name one that is cut, edited, replaced, renamed or missing. \
Killed at any moment, nothing is lost or doubled, and where a segment cannot be written those before it stay: ask again, for the \
same: what was left whole in --to is noted then, and refused where something else is to be moved, for it may be another store's. The folder must not be in use. Releases that know no archives refuse it afterwards.
Exit codes: 0 done, 3 the folder cannot be opened or read, or is in use, 64 bad usage, such as a place that holds segments which are none of this store's, or is there for something else of Fiacre's, \
74 a segment or the store cannot be written.")]
pub(crate) struct ArchiveArguments {
    /// The platform's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Bookings that changed at this moment or later stay: a date, or a moment, in UTC, such as 2018-06-08T21:40Z
    #[arg(long, value_name = "DATE", value_parser = moment::utc)]
    before: Timestamp,

    /// The folder of the segments, on another disk perhaps [default: DIR/archive]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// About how much a segment holds, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=1_024))]
    segment_mib: u64,

    /// Say what would be moved, and move nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was done.
struct Done {
    selection: Selection,
    archived: Archived,
    store_bytes_before: u64,
    store_bytes_after: u64,
}

impl ArchiveArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let done = self.archive()?;
        if answer.is_json() {
            answer.object(&self.as_json(&done))?;
        } else {
            self.show(&done, answer.words())?;
        }
        match done.archived.failure {
            Some(error) => Err(AtRestFailure::Archive(error).into()),
            None => Ok(()),
        }
    }

    fn archive(&self) -> Result<Done, Failure> {
        let selection = self.select()?;
        let store_bytes_before = disk_bytes(&self.data.join("db"));
        let mut archived = Archived::default();
        if !self.dry_run && !selection.bookings.is_empty() {
            let database =
                Database::open_with(&self.data, Options::default()).map_err(AtRestFailure::Folder)?;
            let mut progress = Progress::over(selection.bookings.len() as u64, "moved", "bookings");
            let bytes = self.segment_mib.saturating_mul(MIB);
            archived = archive::archive(&database, &selection, self.to.as_deref(), bytes, |done| {
                progress.show(done);
            });
        }
        Ok(Done {
            selection,
            archived,
            store_bytes_before,
            store_bytes_after: disk_bytes(&self.data.join("db")),
        })
    }

    fn select(&self) -> Result<Selection, Failure> {
        let folder = AtRest::open(&self.data, &Options::default()).map_err(AtRestFailure::Folder)?;
        let mut progress: Option<Progress> = None;
        let selection = archive::select(&folder, self.before, |done, of| {
            let progress = progress.get_or_insert_with(|| Progress::over(of, "looked at", "bookings"));
            progress.show(done);
        });
        Ok(selection.map_err(|error| AtRestFailure::Rows(self.data.clone(), error))?)
    }

    /// How many bookings were moved, or would be.
    const fn moved(&self, done: &Done) -> usize {
        if self.dry_run {
            done.selection.bookings.len()
        } else {
            done.archived.bookings
        }
    }

    fn place(&self) -> PathBuf {
        self.to.clone().unwrap_or_else(|| self.data.join("archive"))
    }

    fn as_json(&self, done: &Done) -> Value {
        let Selection {
            bookings,
            open,
            recent,
            unsettled,
            unreadable,
        } = &done.selection;
        let segments = done.archived.segments.iter().map(|segment| {
            json!({
                "number": segment.number(),
                "file": self.place().join(Segment::file_name(segment.number())).display().to_string(),
                "sha256": segment.hash().to_string(),
                "streams": segment.streams(),
                "commits": segment.commits(),
                "bytes": segment.bytes(),
            })
        });
        json!({
            "data": self.data.display().to_string(),
            "before": self.before.to_string(),
            "dry_run": self.dry_run,
            "moved": self.moved(done),
            "left": bookings.len() - self.moved(done),
            "stay": { "open": open, "recent": recent, "unsettled": unsettled, "unreadable": unreadable },
            "segments": segments.collect::<Vec<_>>(),
            "store_bytes": { "before": done.store_bytes_before, "after": done.store_bytes_after },
        })
    }

    fn show(&self, done: &Done, out: &mut impl Write) -> io::Result<()> {
        let Selection {
            bookings,
            open,
            recent,
            unsettled,
            unreadable,
        } = &done.selection;
        let (moved, before) = (self.moved(done), self.before);
        let verb = if self.dry_run { "would be moved" } else { "moved" };
        writeln!(out, "{moved} bookings that came to rest before {before} {verb}")?;
        let left = (bookings.len() - moved) as u64;
        let stay = [
            (&left, "could not be moved: ask again once that is mended"),
            (open, "are not at rest"),
            (recent, "have changed since"),
            (unsettled, "have messages that are not handled"),
            (
                unreadable,
                "hold commits that cannot be read: see `fiacre audit check`",
            ),
        ];
        for (count, why) in stay.iter().filter(|(count, _)| **count > 0) {
            writeln!(out, "{count} stay: they {why}")?;
        }
        for segment in &done.archived.segments {
            let file = self.place().join(Segment::file_name(segment.number()));
            let (commits, bytes) = (segment.commits(), mib(segment.bytes()));
            writeln!(out, "{}  {commits} commits, {bytes}", file.display())?;
        }
        if !done.archived.segments.is_empty() {
            let (before, after) = (mib(done.store_bytes_before), mib(done.store_bytes_after));
            writeln!(out, "the store took {before} of the disk, and takes {after}")?;
        }
        Ok(())
    }
}

fn mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / MIB;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// How much of the disk the files of a folder take; what is reserved and not written does not count, where the system says so.
fn disk_bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path()),
        Ok(metadata) => file_bytes(&metadata),
        Err(_) => 0,
    });
    sizes.sum()
}

#[cfg(unix)]
fn file_bytes(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn file_bytes(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}
