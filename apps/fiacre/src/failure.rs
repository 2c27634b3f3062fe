//! Why a command did not succeed, and the exit code that says so.

mod at_rest;
mod city;
mod slip;
mod unsaid;
mod usage;

pub(crate) use at_rest::AtRestFailure;
pub(crate) use unsaid::Unsaid;
pub(crate) use usage::UsageError;

use fiacre_auditing::ack_log::AckLogError;
use fiacre_city::run::CityError;
use fiacre_domain::id::TariffId;
use fiacre_domain::pricing::{PricingError, VerifyError};
use fiacre_embedded::OpenError;
use fiacre_tariffs::{TariffFileError, TariffFileFault};
use fiacre_wire::WireError;
use serde_json::{Value, json};
use slip::nearest;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Findings: what was looked at is not what it must be.
pub(crate) const EXIT_FINDINGS: u8 = 2;
/// A folder, a vault, a backup or a segment cannot be opened or read.
pub(crate) const EXIT_UNREADABLE: u8 = 3;
/// Bad usage: an option, or a file or place that it names; `EX_USAGE` of sysexits.h.
pub(crate) const EXIT_USAGE: u8 = 64;
/// Something of ours went wrong: `EX_SOFTWARE` of sysexits.h.
pub(crate) const EXIT_SOFTWARE: u8 = 70;
/// Something cannot be written: `EX_IOERR` of sysexits.h.
pub(crate) const EXIT_OUTPUT: u8 = 74;

/// No ride is faster: more than any car that people are driven in.
pub(crate) const SPEED_KMH_MAX: i64 = 500;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments cannot be read.
    Usage(UsageError),
    /// The same folder or file is named twice, for what must be two.
    Twice(PathBuf),
    /// The tariff that a command needs cannot be used.
    Tariff(TariffFileError),
    /// The tariff that was to be checked has a fault.
    FaultyTariff(TariffFileError),
    /// The ride cannot be priced.
    Ride(PricingError),
    /// No car drives so far in so short a time.
    TooFast,
    /// The price depends on what was not said.
    Unsaid(Unsaid),
    /// An extra or a zone was named that the tariff does not know.
    UnknownName {
        /// By which option.
        option: &'static str,
        /// Which.
        name: String,
        /// Where it was looked for.
        tariff: TariffId,
        /// What could be named.
        known: Vec<String>,
    },
    /// A file could not be read.
    Unreadable(PathBuf, io::Error),
    /// A file could not be made where it was asked for, or not be written to its end.
    Unwritten(PathBuf, io::Error),
    /// What was given for a receipt is none.
    Illegible(PathBuf, WireError),
    /// The receipt holds what no receipt holds.
    Edited(PathBuf, WireError),
    /// The receipt is not what its tariff makes of it.
    Refused(PathBuf, VerifyError),
    /// The receipt could not be put into words.
    Unspeakable(WireError),
    /// A store on disk needs a folder.
    NoFolder,
    /// A store in memory has no use for a folder.
    NoUseForFolder,
    /// Nor for keys.
    NoUseForVault,
    /// The city cannot be played as asked, or came to no end.
    City(CityError),
    /// The audit has findings; the report shows them.
    Findings(u64),
    /// A platform's folder cannot be asked, or answers that something is amiss.
    AtRest(AtRestFailure),
    /// The list of acknowledged trips is none.
    AckLog(PathBuf, AckLogError),
    /// So many trips that were accepted are not there, or not over.
    MissingTrips(usize),
    /// Money is still at the payment company that the folder does not explain.
    OrphanPayments {
        /// In how many payments.
        open: usize,
        /// How many of these stay as they were captured, for people to decide upon.
        kept: usize,
    },
    /// The report could not be put into words.
    Unserialisable(serde_json::Error),
    /// Stdout does not take the answer.
    Output(io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::FaultyTariff(_)
            | Self::Refused(..)
            | Self::Findings(_)
            | Self::MissingTrips(_)
            | Self::OrphanPayments { .. } => EXIT_FINDINGS,
            Self::AtRest(failure) => failure.exit_code(),
            Self::City(error) => city::exit_code(error),
            Self::Usage(_)
            | Self::Twice(_)
            | Self::Tariff(_)
            | Self::Ride(_)
            | Self::TooFast
            | Self::Unsaid(_)
            | Self::UnknownName { .. }
            | Self::Unreadable(..)
            | Self::Illegible(..)
            | Self::AckLog(..)
            | Self::NoFolder
            | Self::NoUseForFolder
            | Self::NoUseForVault => EXIT_USAGE,
            Self::Edited(..) => EXIT_FINDINGS,
            Self::Unwritten(_, error) => writing(error.kind()),
            Self::Unspeakable(_) | Self::Unserialisable(_) => EXIT_SOFTWARE,
            Self::Output(_) => EXIT_OUTPUT,
        }
    }

    /// The stable code of this error.
    fn code(&self) -> &'static str {
        match self {
            Self::Usage(error) => error.code(),
            Self::Twice(_) => "usage_named_twice",
            Self::Tariff(error) | Self::FaultyTariff(error) => error.code(),
            Self::Ride(error) => error.code(),
            Self::TooFast => "ride_too_fast",
            Self::Unsaid(unsaid) => unsaid.code(),
            Self::UnknownName { .. } => "name_unknown_to_tariff",
            Self::Unreadable(..) => "file_unreadable",
            Self::Unwritten(..) => "file_unwritten",
            Self::Illegible(_, error) | Self::Edited(_, error) | Self::Unspeakable(error) => error.code(),
            Self::Refused(_, error) => error.code(),
            Self::NoFolder => "store_without_folder",
            Self::NoUseForFolder => "folder_without_store",
            Self::NoUseForVault => "vault_without_store",
            Self::City(error) => city::code(error),
            Self::Findings(_) => "findings",
            Self::AtRest(failure) => failure.code(),
            Self::AckLog(_, error) => error.code(),
            Self::MissingTrips(_) => "trips_missing",
            Self::OrphanPayments { .. } => "payments_orphaned",
            Self::Unserialisable(_) => "answer_unserialisable",
            Self::Output(_) => "answer_unwritten",
        }
    }

    /// As `error` of an answer in JSON.
    pub(crate) fn to_json(&self) -> Value {
        let message = if let Self::Usage(error) = self {
            error.message()
        } else {
            self.to_string()
        };
        let mut error = json!({ "code": self.code(), "exit_code": self.exit_code(), "message": message });
        match self {
            Self::Usage(usage) => error["argument"] = json!(usage.argument()),
            Self::Unsaid(unsaid) => error["argument"] = json!(unsaid.argument()),
            Self::UnknownName { option, known, .. } => {
                error["argument"] = json!(option);
                error["known"] = json!(known);
            }
            Self::Tariff(fault) | Self::FaultyTariff(fault) => {
                let (line, column) = fault.place().unzip();
                error["file"] = json!(fault.file());
                error["line"] = json!(line);
                error["column"] = json!(column);
            }
            Self::Twice(path)
            | Self::Unreadable(path, _)
            | Self::Unwritten(path, _)
            | Self::Illegible(path, _)
            | Self::Edited(path, _)
            | Self::Refused(path, _)
            | Self::AckLog(path, _) => error["file"] = json!(path.display().to_string()),
            Self::Ride(_)
            | Self::TooFast
            | Self::Unspeakable(_)
            | Self::NoFolder
            | Self::NoUseForFolder
            | Self::NoUseForVault
            | Self::Findings(_)
            | Self::MissingTrips(_)
            | Self::OrphanPayments { .. }
            | Self::Unserialisable(_)
            | Self::Output(_) => {}
            Self::City(failure) => note_file(&mut error, city::file(failure)),
            Self::AtRest(failure) => note_file(&mut error, failure.file()),
        }
        error
    }
}

/// Which file or folder an error is about, where that is known.
fn note_file(error: &mut Value, file: Option<&Path>) {
    if let Some(file) = file {
        error["file"] = json!(file.display().to_string());
    }
}

/// The exit code where a store cannot be opened: it cannot be read, or not be written.
pub(crate) const fn opening(error: &OpenError) -> u8 {
    match error {
        OpenError::InUse { .. }
        | OpenError::Foreign { .. }
        | OpenError::Unmarked { .. }
        | OpenError::Absent { .. }
        | OpenError::Newer { .. }
        | OpenError::Damaged { .. }
        | OpenError::Io { .. } => EXIT_UNREADABLE,
        OpenError::ReadOnly { .. } | OpenError::NoSpace { .. } => EXIT_OUTPUT,
    }
}

/// The exit code where something cannot be written: the place that was named cannot take it, or it can and the writing fails.
pub(crate) const fn writing(error: io::ErrorKind) -> u8 {
    let is_place_wrong = matches!(
        error,
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
    );
    if is_place_wrong { EXIT_USAGE } else { EXIT_OUTPUT }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::Twice(path) => write!(
                f,
                "failed to tell two apart: {} is named twice; name each once",
                path.display()
            ),
            Self::Tariff(error) | Self::FaultyTariff(error) => fmt_tariff(error, f),
            Self::Ride(error) => write!(f, "{error}"),
            Self::TooFast => write!(
                f,
                "failed to price the ride: it is faster than {SPEED_KMH_MAX} km/h; look at --distance-m (metres) and --duration-s (seconds)"
            ),
            Self::Unsaid(unsaid) => write!(f, "{unsaid}"),
            Self::UnknownName {
                option,
                name,
                tariff,
                known,
            } => {
                write!(f, "failed to price {option} {name}: tariff {tariff} ")?;
                fmt_known(option, name, known, f)
            }
            Self::Unreadable(path, error) => {
                let path = path.display();
                write!(f, "failed to read {path}: {error}; give the path of a file")
            }
            Self::Unwritten(path, error) => fmt_unwritten(path, error, f),
            Self::Illegible(path, error) => write!(
                f,
                "{}: {error}; give a receipt as `fiacre quote … --receipt FILE` writes it",
                path.display()
            ),
            Self::Edited(path, error) => write!(
                f,
                "{}: {error}; no receipt is written so: somebody has edited it",
                path.display()
            ),
            Self::Refused(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Unspeakable(error) => write!(f, "{error}"),
            Self::NoFolder => f.write_str(
                "failed to choose a folder: --store embedded keeps everything in one; name it by --data DIR",
            ),
            Self::NoUseForFolder => f.write_str(
                "failed to choose a store: --store memory has no use for --data; leave out one of them, or ask for --store embedded",
            ),
            Self::NoUseForVault => f.write_str(
                "failed to choose a vault: nothing is sealed in memory; leave out --vault, or name a folder by --data DIR",
            ),
            Self::City(CityError::Zones(error)) => {
                write!(f, "{error}: in the city, by")?;
                error
                    .missing()
                    .iter()
                    .try_for_each(|zone| write!(f, " --elsewhere {zone}"))
            }
            Self::City(error) => write!(f, "{error}"),
            Self::MissingTrips(count) => write!(
                f,
                "{count} trips that were accepted are not there, or not over; look at them by `fiacre audit check`"
            ),
            Self::OrphanPayments { open, kept } => fmt_orphans(*open, *kept, f),
            Self::Findings(1) => f.write_str("the audit has a finding: see the report"),
            Self::Findings(count) => write!(f, "the audit has {count} findings: see the report"),
            Self::AtRest(failure) => write!(f, "{failure}"),
            Self::AckLog(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Unserialisable(error) => write!(f, "failed to put the report into JSON: {error}"),
            Self::Output(error) => write!(f, "failed to write the answer: {error}"),
        }
    }
}

fn fmt_tariff(error: &TariffFileError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    if matches!(error.fault(), TariffFileFault::Unreadable(_)) {
        let names: Vec<&str> = fiacre_tariffs::built_in_names().collect();
        let names = listed(&names);
        write!(f, "; give the path of a tariff file, or one of {names}")?;
    }
    Ok(())
}

/// What was captured and kept can be given back; what the company would not release or refund, nobody else can.
fn fmt_orphans(open: usize, kept: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match open {
        1 => f.write_str("a payment is still open at the company: see the answer")?,
        _ => write!(f, "{open} payments are still open at the company: see the answer")?,
    }
    match kept {
        0 => Ok(()),
        _ => f.write_str("; `fiacre resume --give-back` gives back what was kept"),
    }
}

/// What could be named by `option` instead of `name`.
/// How many names an error lists in words; in JSON it lists all.
const KNOWN_SHOWN_MAX: usize = 30;

fn fmt_known(option: &str, name: &str, known: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if known.is_empty() {
        return write!(f, "has none; leave out {option}");
    }
    let shown = known.get(..KNOWN_SHOWN_MAX).unwrap_or(known);
    write!(f, "has {}", listed(shown))?;
    match known.len() - shown.len() {
        0 => {}
        more => write!(f, " and {more} more")?,
    }
    match nearest(name, known) {
        Some(meant) => write!(f, "; is {meant} meant?"),
        None => Ok(()),
    }
}

/// What to do follows from whether the place is wrong, or right and full.
fn fmt_unwritten(path: &Path, error: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let path = path.display();
    if error.kind() == io::ErrorKind::AlreadyExists {
        write!(
            f,
            "failed to write {path}: it is there already, and nothing is written over; remove it, or name another file"
        )
    } else if writing(error.kind()) == EXIT_USAGE {
        write!(
            f,
            "failed to write {path}: {error}; give a path that can be written"
        )
    } else {
        write!(
            f,
            "failed to write {path} to its end: {error}; make room, or give another path"
        )
    }
}

/// `a, b, c`.
pub(crate) fn listed(names: &[impl fmt::Display]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<AtRestFailure> for Failure {
    fn from(failure: AtRestFailure) -> Self {
        Self::AtRest(failure)
    }
}

impl From<PricingError> for Failure {
    fn from(error: PricingError) -> Self {
        Self::Ride(error)
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn giving_back_is_offered_only_where_something_was_kept() {
        let said = |open, kept| Failure::OrphanPayments { open, kept }.to_string();
        for (open, kept) in [(1, 1), (3, 1), (3, 3)] {
            assert!(
                said(open, kept).ends_with("gives back what was kept"),
                "{open}, {kept}"
            );
        }
        assert_eq!(
            [said(1, 0), said(2, 0)],
            [
                "a payment is still open at the company: see the answer",
                "2 payments are still open at the company: see the answer"
            ]
        );
    }
}
