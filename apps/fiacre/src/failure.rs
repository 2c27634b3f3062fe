//! Why a command did not succeed, and the exit code that says so.

mod at_rest;
mod slip;

pub(crate) use at_rest::AtRestFailure;

use fiacre_auditing::ack_log::AckLogError;
use fiacre_city::keep::KeepError;
use fiacre_city::run::CityError;
use fiacre_domain::id::TariffId;
use fiacre_domain::pricing::{PricingError, VerifyError};
use fiacre_embedded::OpenError;
use fiacre_sandbox_payments as sandbox;
use fiacre_tariffs::{TariffFileError, TariffFileFault};
use fiacre_vault::VaultError;
use fiacre_wire::WireError;
use slip::nearest;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Findings.
pub(crate) const EXIT_FINDINGS: u8 = 2;
/// What is stored cannot be read: it is damaged, or a newer release wrote it.
pub(crate) const EXIT_UNREADABLE: u8 = 3;
/// Bad usage or configuration: `EX_USAGE` of sysexits.h.
pub(crate) const EXIT_USAGE: u8 = 64;
/// Something of ours went wrong: `EX_SOFTWARE` of sysexits.h.
pub(crate) const EXIT_SOFTWARE: u8 = 70;
/// The answer could not be written: `EX_IOERR` of sysexits.h.
pub(crate) const EXIT_OUTPUT: u8 = 74;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The tariff that a command needs cannot be used.
    Tariff(TariffFileError),
    /// The tariff that was to be checked has a fault.
    FaultyTariff(TariffFileError),
    /// The ride cannot be priced.
    Ride(PricingError),
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
    /// A file could not be made where it was asked for.
    Unwritable(PathBuf, io::Error),
    /// A file could not be written to its end.
    Unwritten(PathBuf, io::Error),
    /// The receipt is no receipt.
    Illegible(PathBuf, WireError),
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
    /// So many payments were captured for trips that the folder does not know.
    OrphanPayments(usize),
    /// The report could not be put into words.
    Unserialisable(serde_json::Error),
    /// Stdout does not take the answer.
    Output(io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            // Nothing is known of a receipt: the file holds no document, or another release or tariff is needed to tell.
            Self::Illegible(
                _,
                WireError::TooLarge
                | WireError::NotText { .. }
                | WireError::NotJson { .. }
                | WireError::UnsupportedVersion(_),
            )
            | Self::Refused(_, VerifyError::OtherTariff { .. }) => EXIT_USAGE,

            Self::FaultyTariff(_)
            | Self::Illegible(..)
            | Self::Refused(..)
            | Self::Findings(_)
            | Self::MissingTrips(_)
            | Self::OrphanPayments(_) => EXIT_FINDINGS,
            Self::AtRest(failure) => failure.exit_code(),
            Self::AckLog(..) => EXIT_USAGE,
            Self::City(CityError::Keep(error)) => keeping(error),
            Self::City(CityError::NotClosed { .. }) => EXIT_FINDINGS,
            Self::City(error) if error.is_usage() => EXIT_USAGE,
            Self::City(_) => EXIT_SOFTWARE,
            Self::Tariff(_)
            | Self::Ride(_)
            | Self::UnknownName { .. }
            | Self::Unreadable(..)
            | Self::Unwritable(..)
            | Self::NoFolder
            | Self::NoUseForFolder
            | Self::NoUseForVault => EXIT_USAGE,
            Self::Unwritten(..) | Self::Unspeakable(_) | Self::Unserialisable(_) | Self::Output(_) => {
                EXIT_OUTPUT
            }
        })
    }
}

/// The exit code where nothing can be kept in a folder.
fn keeping(error: &KeepError) -> u8 {
    match error {
        KeepError::OtherRun(_)
        | KeepError::NoRun(_)
        | KeepError::VaultWithin(_)
        | KeepError::UsedVault(_)
        | KeepError::OtherVault(_) => EXIT_USAGE,
        KeepError::UnreadableNote(..)
        | KeepError::Vault(VaultError::Headless | VaultError::Damaged { .. }) => EXIT_UNREADABLE,
        KeepError::Note(..)
        | KeepError::Write(_)
        | KeepError::CompanyWrite(_)
        | KeepError::Vault(VaultError::NoRandomness | VaultError::Io { .. } | VaultError::Unsure(_)) => {
            EXIT_OUTPUT
        }
        KeepError::Company(sandbox::OpenError::OtherCompany { .. }) => EXIT_USAGE,
        KeepError::Folder(error)
        | KeepError::Vault(VaultError::Folder(error))
        | KeepError::Company(sandbox::OpenError::Folder(error)) => match error {
            OpenError::InUse { .. } | OpenError::Foreign { .. } | OpenError::Absent { .. } => EXIT_USAGE,
            OpenError::Newer { .. } | OpenError::Damaged { .. } => EXIT_UNREADABLE,
            OpenError::ReadOnly { .. } | OpenError::NoSpace { .. } | OpenError::Io { .. } => EXIT_OUTPUT,
        },
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tariff(error) | Self::FaultyTariff(error) => fmt_tariff(error, f),
            Self::Ride(error) => write!(f, "{error}"),
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
            Self::Unwritable(path, error) => {
                let path = path.display();
                write!(f, "failed to write {path}: {error}; give a path that can be written")
            }
            Self::Unwritten(path, error) => {
                let path = path.display();
                write!(f, "failed to write {path} to its end: {error}; make room, or give another path")
            }
            Self::Illegible(path, error) if is_no_receipt(error) => write!(
                f,
                "{}: {error}; give a receipt as `fiacre quote … --receipt FILE` writes it, unedited",
                path.display()
            ),
            Self::Illegible(path, error) => write!(f, "{}: {error}", path.display()),
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
            Self::OrphanPayments(count) => write!(
                f,
                "{count} payments were captured for trips that the folder does not know: see the answer; \
                 `fiacre resume --give-back` gives them back"
            ),
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

/// What could be named by `option` instead of `name`.
fn fmt_known(option: &str, name: &str, known: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if known.is_empty() {
        return write!(f, "has none; leave out {option}");
    }
    write!(f, "has {}", listed(known))?;
    match nearest(name, known) {
        Some(meant) => write!(f, "; is {meant} meant?"),
        None => Ok(()),
    }
}

/// Whether a file is not a receipt at all, rather than one of something else.
const fn is_no_receipt(error: &WireError) -> bool {
    matches!(
        error,
        WireError::NotText { .. } | WireError::NotJson { .. } | WireError::Malformed { .. }
    )
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
