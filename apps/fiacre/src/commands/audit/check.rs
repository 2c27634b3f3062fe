//! `fiacre audit check`: is every promise kept, and is every acknowledged trip there?

use super::segments::segment_as_json;
use crate::answer::{Answer, minor};
use crate::commands::progress::Progress;
use crate::commands::tariff;
use crate::failure::{AtRestFailure, Failure};
use crate::words::{counted, sum};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fiacre_auditing::ack_log;
use fiacre_auditing::check::{Acknowledged, Check, Checked};
use fiacre_city::commission;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Tariff;
use fiacre_embedded::{AtRest, Options, ParkedAtRest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many findings are shown in words.
const SHOWN_MAX: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre audit check data
  fiacre audit check data --ack-log accepted.txt
  fiacre audit check data --ended --tariff my-city.toml --json

The folders are read as they lie: nothing in them is changed, and a folder that a process uses is refused. Several folders are \
taken for parts of one platform's log. A log that was stopped half-way is sound; with --ended, what is still open is a finding.
Room: what was written of late (some hundred MB at most) is copied to the system's temporary files, which TMPDIR moves.
Memory: 40 bytes for each closed trip, some hundreds for each driver, and what is open.
Exit codes: 0 clean, 2 findings or missing trips, 3 a folder cannot be read (not Fiacre's, of a newer release, damaged, or in use), \
64 bad usage, 74 the answer cannot be written.")]
pub(crate) struct CheckArguments {
    /// The platform's folders, as `--data` named them
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Look for every trip in this list: those whose acceptance was acknowledged
    #[arg(long, value_name = "FILE")]
    ack_log: Option<PathBuf>,

    /// The platform has come to rest: whatever is still open is a finding
    #[arg(long)]
    ended: bool,

    /// Hold receipts to this tariff: a file, or the name of a built-in tariff; may be repeated. For other tariffs the log is
    /// believed, then those that come with Fiacre
    #[arg(long = "tariff", value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    tariffs: Vec<String>,
}

impl CheckArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        self.check_folders()?;
        let tariffs = self.tariffs.iter().map(|name| tariff::open(name).map(Arc::new));
        let tariffs = tariffs.collect::<Result<Vec<_>, _>>()?;
        let acknowledged = self.ack_log.as_deref().map(read_ack_log).transpose()?;
        let options = Options::default().with_tariffs(tariffs.iter().cloned());
        let open = |folder: &PathBuf| AtRest::open(folder, &options).map_err(AtRestFailure::Folder);
        let folders = self.folders.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut check = Check::default()
            .with_tariffs(tariffs)
            .with_other_tariffs(our_own());
        if let Some(trips) = acknowledged {
            check = check.with_acknowledged(trips);
        }
        if self.ended {
            check = check.with_all_ended();
        }
        let about = folders.iter().map(|folder| folder.commits_about() as u64).sum();
        let mut progress = Progress::over(about, "read", "commits");
        let checked = check.run(&folders, |done, _| progress.show(done));
        drop(progress);
        let checked = checked.map_err(AtRestFailure::Log)?;
        let shown = if answer.is_json() {
            answer
                .object(&as_json(&checked, &folders))
                .map_err(Failure::Output)
        } else {
            show_text(&checked, &folders, answer.words())
        };
        verdict(&checked).and(shown)
    }
}

impl CheckArguments {
    /// Refuses a folder that is named twice: each of its commits would be there twice.
    fn check_folders(&self) -> Result<(), Failure> {
        let mut seen = BTreeSet::new();
        let twice = self.folders.iter().find(|folder| {
            // What is not there is said when it is opened.
            let place = folder.canonicalize().unwrap_or_else(|_| (*folder).clone());
            !seen.insert(place)
        });
        twice.map_or(Ok(()), |folder| Err(Failure::Twice(folder.clone())))
    }
}

/// The tariffs that come with Fiacre, as they are and as the city plays them.
fn our_own() -> impl Iterator<Item = Arc<Tariff>> {
    let built_in = fiacre_tariffs::built_in_names().filter_map(|name| fiacre_tariffs::built_in(name).ok());
    built_in.map(Arc::new).flat_map(|tariff| {
        let played = commission::taken(&tariff).ok();
        std::iter::once(tariff).chain(played)
    })
}

fn read_ack_log(path: &Path) -> Result<BTreeSet<TripId>, Failure> {
    let file = File::open(path).map_err(|error| Failure::Unreadable(path.to_owned(), error))?;
    ack_log::read(BufReader::new(file)).map_err(|error| Failure::AckLog(path.to_owned(), error))
}

/// What was found weighs more than whether it could be shown.
fn verdict(checked: &Checked) -> Result<(), Failure> {
    match checked.findings_count() {
        _ if checked.is_newer() => Err(AtRestFailure::NewerCommits.into()),
        0 => Ok(()),
        findings => Err(Failure::Findings(findings)),
    }
}

/// A finding as it is shown: where, its code, and what it says.
struct Shown {
    place: String,
    code: &'static str,
    text: String,
}

/// All findings that were kept; missing trips first, then what is stored wrongly, which others follow from.
fn findings(checked: &Checked) -> Vec<Shown> {
    let missing = checked
        .acknowledged
        .iter()
        .flat_map(|trips| &trips.missing)
        .map(|trip| Shown {
            place: format!("trip-{trip}"),
            code: "acknowledged_missing",
            text: "its acceptance was acknowledged, but it is neither in the log nor waiting".to_owned(),
        });
    let faults = checked.faults.iter().map(|(ticket, fault)| Shown {
        place: format!("{}/{}", ticket.stream, ticket.version),
        code: fault.code(),
        text: fault.to_string(),
    });
    let found = checked.report_findings().map(|finding| Shown {
        place: format!("{}/{}", finding.stream(), finding.version()),
        code: finding.code(),
        text: finding.flaw().to_string(),
    });
    let segments = checked.faulty_segments().map(|(segment, fault)| Shown {
        place: segment.file.display().to_string(),
        code: fault.code(),
        text: match checked.lost.get(&segment.file).filter(|lost| lost.commits > 0) {
            Some(lost) => format!(
                "{fault}; of {} trips {} commits cannot be read without it",
                lost.trips.len(),
                lost.commits
            ),
            None => fault.to_string(),
        },
    });
    missing.chain(segments).chain(faults).chain(found).collect()
}

/// What is to be known of the folders, and is no finding.
fn show_notes(folders: &[AtRest], out: &mut impl Write) -> Result<(), Failure> {
    for folder in folders.iter().filter(|folder| folder.is_cut()) {
        let folder = folder.folder().display();
        writeln!(
            out,
            "note: {folder}: a last write was cut short and is left out; it was acknowledged to nobody"
        )?;
    }
    for folder in folders.iter().filter(|folder| !folder.is_made()) {
        let folder = folder.folder().display();
        writeln!(
            out,
            "note: {folder}: its first start was cut short, before anything was accepted"
        )?;
    }
    Ok(())
}

fn show_text(checked: &Checked, folders: &[AtRest], out: &mut impl Write) -> Result<(), Failure> {
    show_notes(folders, out)?;
    let found = findings(checked);
    for Shown { place, code, text } in found.iter().take(SHOWN_MAX) {
        writeln!(out, "FINDING  {place}  {text}  [{code}]")?;
    }
    let rest = checked
        .findings_count()
        .saturating_sub(found.len().min(SHOWN_MAX) as u64);
    if rest > 0 {
        writeln!(out, "… and {rest} more; --json shows up to 100,000 of each kind")?;
    }
    let report = &checked.report;
    let unpriced = match report.receipts_unpriced() {
        0 => String::new(),
        count => format!(", {count} charged as accepted: for an operator to look at"),
    };
    writeln!(
        out,
        "log      {}, {}; {} recomputed{unpriced}",
        counted(report.commits(), "commit"),
        counted(report.events(), "event"),
        counted(report.receipts_verified(), "receipt")
    )?;
    let sums: Vec<_> = report
        .ledger()
        .currencies()
        .map(|currency| sum(report.ledger().sum(currency), currency))
        .collect();
    if !sums.is_empty() {
        writeln!(out, "ledger   sums to {} (0 is right)", sums.join(", "))?;
    }
    if let Some(Acknowledged {
        count,
        waiting,
        missing,
    }) = &checked.acknowledged
    {
        writeln!(
            out,
            "orders   {count} acknowledged: {waiting} wait in a queue, {} are missing",
            missing.len()
        )?;
    }
    show_archive(checked, out)?;
    show_parked(checked, out)?;
    writeln!(
        out,
        "open     {} not ended on every stream",
        counted(checked.trips_open as u64, "trip")
    )?;
    let verdict = match checked.findings_count() {
        0 => "clean".to_owned(),
        findings => counted(findings, "finding"),
    };
    writeln!(out, "verdict  {verdict}")?;
    Ok(())
}

/// What waits for a person, queue by queue, and why.
fn show_parked(checked: &Checked, out: &mut impl Write) -> Result<(), Failure> {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for parked in &checked.parked {
        *counts.entry((&parked.queue, parked.reason.code())).or_default() += 1;
    }
    for ((queue, code), count) in counts {
        writeln!(
            out,
            "parked   {} of {queue} to be replayed or dropped  [{code}]",
            counted(count, "message")
        )?;
    }
    Ok(())
}

fn show_archive(checked: &Checked, out: &mut impl Write) -> Result<(), Failure> {
    if !checked.segments.is_empty() {
        let (all, faulty) = (checked.segments.len(), checked.faulty_segments().count());
        writeln!(
            out,
            "archive  {} of {all} segments as they were written",
            all - faulty
        )?;
    }
    Ok(())
}

fn parked_as_json(parked: &ParkedAtRest) -> Value {
    json!({
        "queue": parked.queue,
        "at": parked.at.to_string(),
        "attempts": parked.attempts,
        "code": parked.reason.code(),
        "text": parked.text(),
        "stream": parked.stream.map(|stream| stream.to_string()),
    })
}

fn as_json(checked: &Checked, folders: &[AtRest]) -> Value {
    let report = &checked.report;
    let found: Vec<Value> = findings(checked)
        .into_iter()
        .map(|Shown { place, code, text }| json!({ "place": place, "code": code, "text": text }))
        .collect();
    let folders: Vec<Value> = folders
        .iter()
        .map(|folder| json!({ "folder": folder.folder().display().to_string(), "last_write_cut": folder.is_cut() }))
        .collect();
    let ledger = report.ledger();
    let sums = ledger
        .currencies()
        .map(|currency| json!({ "currency": currency.code(), "sum": minor(ledger.sum(currency)) }));
    json!({
        "folders": folders,
        "commits": report.commits(),
        "events": report.events(),
        "receipts_verified": report.receipts_verified(),
        "receipts_unpriced": report.receipts_unpriced(),
        "trips_open": checked.trips_open,
        "parked": checked.parked.iter().map(parked_as_json).collect::<Vec<_>>(),
        "segments": checked.segments.iter().map(segment_as_json).collect::<Vec<_>>(),
        "ledger_sums": sums.collect::<Vec<_>>(),
        "acknowledged": checked.acknowledged.as_ref().map(|trips| json!({
            "count": trips.count,
            "waiting": trips.waiting,
            "missing": trips.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        "findings_count": checked.findings_count(),
        "findings": found,
    })
}
