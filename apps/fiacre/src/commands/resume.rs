//! `fiacre resume`: goes on with a run that a crash has ended.

use crate::answer::Answer;
use crate::commands::progress::Progress;
use crate::commands::vault::VaultArguments;
use crate::failure::Failure;
use clap::Args;
use fiacre_auditing::ack_log;
use fiacre_city::run::{self, Fate, Orphan, Resumed, Unexplained, Way};
use fiacre_domain::id::TripId;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

/// How many missing trips are named on the page.
const MISSING_SHOWN: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre city --data friday --ack-log accepted.txt   # is killed …
  fiacre resume --data friday --ack-log accepted.txt
  fiacre resume --data friday --json

The services go on where the last commit stands, by the city's clock, and until nothing is left to do. Nobody rides, drives or \
answers any more: deadlines bring every trip to its end, with its locks released and its money captured or given back. A folder \
that is at rest stays as it is. What the run began with, its tariff among it, is noted in the folder.
After an older backup was restored the payment company knows of payments that the folder's log does not name, of trips that it may know: they are named, and what is held \
for them is released. What was captured stays, for people to decide upon, unless --give-back is given.
Exit codes: 0 every trip is over, 2 accepted trips are missing or not over, trips come to no end, or payments are still open at the \
company, 3 the folder cannot be opened: it is in use, damaged, or holds no run, 64 bad usage, 70 an error of ours, 74 the folder \
cannot be written.")]
pub(crate) struct ResumeArguments {
    /// The folder of the run
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    #[command(flatten)]
    vault: VaultArguments,

    /// Go on without the keys, for they are lost: every rider is taken for forgotten, and searches find nobody for them
    #[arg(long, conflicts_with = "vault")]
    without_vault: bool,

    /// Give back what was captured in payments that the folder's log does not name
    #[arg(long)]
    give_back: bool,

    /// Trips that were accepted, as `city --ack-log` wrote them: each must be there, and over
    #[arg(long, value_name = "FILE")]
    ack_log: Option<PathBuf>,
}

impl ResumeArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let accepted = self.ack_log.as_deref().map_or_else(|| Ok(Vec::new()), read)?;
        let folders = self.vault.folders(&self.data);
        let folders = if self.without_vault {
            folders.without_vault()
        } else {
            folders
        };
        let unexplained = if self.give_back {
            Unexplained::GiveBack
        } else {
            Unexplained::Keep
        };
        let resumed = watched(|look| run::resume_watched(&folders, &accepted, unexplained, look));
        let resumed = resumed.map_err(Failure::City)?;
        let shown = show(&self.data, &resumed, answer);
        let fates = || resumed.orphans.iter().map(|orphan| orphan.fate);
        let open = fates().filter(|fate| fate.is_open()).count();
        let kept = fates().filter(|fate| *fate == Fate::Kept).count();
        let verdict = match (resumed.missing.len(), open) {
            (0, 0) => Ok(()),
            (0, open) => Err(Failure::OrphanPayments { open, kept }),
            (missing, _) => Err(Failure::MissingTrips(missing)),
        };
        verdict.and(shown)
    }
}

/// Shows how far it has come, where somebody watches.
fn watched<T>(resume: impl FnOnce(&mut dyn FnMut(Way)) -> T) -> T {
    let mut reading = Progress::of_unknown("read", "commits");
    let mut ending: Option<Progress> = None;
    resume(&mut |way| match way {
        Way::Reading { commits } => reading.show(commits),
        Way::Ending { of, ended } => ending
            .get_or_insert_with(|| Progress::over(of, "ended", "open trips"))
            .show(ended),
    })
}

fn read(path: &Path) -> Result<Vec<TripId>, Failure> {
    let file = File::open(path).map_err(|error| Failure::Unreadable(path.to_owned(), error))?;
    let trips = ack_log::read(BufReader::new(file));
    let trips = trips.map_err(|error| Failure::AckLog(path.to_owned(), error))?;
    Ok(trips.into_iter().collect())
}

fn show(folder: &Path, resumed: &Resumed, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    if answer.is_json() {
        Ok(answer.object(&as_json(folder, resumed))?)
    } else {
        write_page(folder, resumed, answer.words())
    }
}

fn as_json(folder: &Path, resumed: &Resumed) -> Value {
    let ends = resumed.ends.iter();
    let ends: Map<String, Value> = ends
        .map(|(end, count)| (end.name().to_owned(), json!(count)))
        .collect();
    let missing: Vec<String> = resumed.missing.iter().map(ToString::to_string).collect();
    let orphans: Vec<Value> = resumed.orphans.iter().map(orphan_as_json).collect();
    json!({
        "data": folder.display().to_string(),
        "from": resumed.from.to_string(),
        "until": resumed.until.to_string(),
        "virtual_s": resumed.until.since(resumed.from).get() / 1_000,
        "trips": resumed.trips,
        "taken_up": resumed.taken_up,
        "ended": ends,
        "commits": { "found": resumed.commits_found, "added": resumed.commits_added },
        "events_added": resumed.events_added,
        "missing": missing,
        "orphans": orphans,
    })
}

fn orphan_as_json(orphan: &Orphan) -> Value {
    json!({
        "payment": orphan.intent.to_string(),
        "trip": orphan.trip.to_string(),
        "currency": orphan.held.currency().code(),
        "held": orphan.held.minor(),
        "captured": orphan.captured.minor(),
        "fate": fate_code(orphan.fate),
    })
}

const fn fate_code(fate: Fate) -> &'static str {
    match fate {
        Fate::Released => "released",
        Fate::GivenBack => "given_back",
        Fate::Kept => "kept",
        Fate::Refused => "refused",
    }
}

fn write_page(folder: &Path, resumed: &Resumed, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "{}", folder.display())?;
    if resumed.commits_added == 0 {
        let (trips, commits) = (resumed.trips, resumed.commits_found);
        writeln!(
            out,
            "  at rest: {trips} trips are over, {commits} commits; nothing was to be done"
        )?;
    } else {
        let minutes = resumed.until.since(resumed.from).get() / 60_000;
        writeln!(
            out,
            "  from {} to {} ({minutes} minutes of the city's time)",
            resumed.from, resumed.until
        )?;
        let ends = resumed
            .ends
            .iter()
            .map(|(end, count)| format!("{count} {}", end.name()));
        let ends: Vec<String> = ends.collect();
        writeln!(
            out,
            "  {} of {} trips were taken up and ended: {}",
            resumed.taken_up,
            resumed.trips,
            ends.join(", ")
        )?;
        writeln!(
            out,
            "  {} commits added to the {} that were found",
            resumed.commits_added, resumed.commits_found
        )?;
    }
    write_orphans(resumed, out)?;
    for trip in resumed.missing.iter().take(MISSING_SHOWN) {
        writeln!(
            out,
            "  MISSING: {trip} was accepted, and is not there or not over"
        )?;
    }
    Ok(())
}

/// What the company had and the log does not name, of trips that it may know, by what became of it: each is somebody's money, and is named.
fn write_orphans(resumed: &Resumed, out: &mut impl Write) -> Result<(), Failure> {
    for fate in [Fate::Released, Fate::GivenBack, Fate::Kept, Fate::Refused] {
        let orphans = resumed.orphans.iter().filter(|orphan| orphan.fate == fate);
        let orphans: Vec<&Orphan> = orphans.collect();
        if orphans.is_empty() {
            continue;
        }
        let (count, fate) = (orphans.len(), fate.name());
        writeln!(
            out,
            "  {count} payments that the folder's log does not name were {fate}"
        )?;
        for orphan in orphans {
            let Orphan {
                intent,
                trip,
                held,
                captured,
                ..
            } = orphan;
            writeln!(
                out,
                "    payment {intent} of trip {trip}: {held} held, {captured} captured; {fate}"
            )?;
        }
    }
    Ok(())
}
