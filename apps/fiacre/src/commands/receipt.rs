//! `fiacre receipt`: anyone who has the tariff can recompute a receipt.

use super::tariff;
use crate::failure::Failure;
use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use fiacre_domain::pricing::Receipt;
use fiacre_wire::{JSON_BYTES_MAX, WireError};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Recompute every line of a receipt with the tariff it names
    #[command(after_help = "\
Examples:
  fiacre receipt verify receipt.json --tariff nyc-2018
  fiacre receipt verify receipt.json --tariff my-city.toml --json

A receipt comes from `fiacre quote … --receipt receipt.json`.
Exit codes: 0 every amount follows from the tariff, 2 something does not, 64 bad usage, a file that cannot be read or holds no \
document (it is empty, cut off, or no JSON), or a receipt of another tariff or of a version that is not known here, 74 the answer \
cannot be written.")]
    Verify {
        /// The receipt, as JSON
        file: PathBuf,

        /// The tariff it was made with: a file, or the name of a built-in tariff
        #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
        tariff: String,
    },
}

impl ReceiptCommand {
    pub(crate) fn run(self, json: bool, out: &mut impl Write) -> Result<(), Failure> {
        match self {
            Self::Verify { file, tariff } => verify(file, &tariff, json, out),
        }
    }
}

fn verify(file: PathBuf, tariff: &str, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let tariff = tariff::open(tariff)?;
    let name = file.display().to_string();
    let fingerprint = tariff.fingerprint();
    let verdict = read(&file).and_then(|receipt| match receipt.verify(&tariff) {
        Ok(()) => Ok(receipt),
        Err(error) => Err(Failure::Refused(file, error)),
    });
    match &verdict {
        Ok(receipt) if json => {
            let (id, version) = receipt.tariff();
            let total = receipt.total();
            let answer = json!({
                "file": name,
                "ok": true,
                "tariff": id.as_str(),
                "tariff_version": version,
                "tariff_fingerprint": fingerprint.to_string(),
                "currency": total.currency().code(),
                "total": total.minor(),
            });
            writeln!(out, "{answer:#}")?;
        }
        Ok(receipt) => {
            let (id, version) = receipt.tariff();
            writeln!(
                out,
                "{name} is true: {} follows from tariff {id}, version {version}, as given, whose fingerprint is {fingerprint}",
                receipt.total()
            )?;
        }
        Err(failure) => {
            if let (true, Some(code)) = (json, finding_code(failure)) {
                let answer = json!({ "file": name, "ok": false, "code": code, "why": failure.to_string() });
                writeln!(out, "{answer:#}")?;
            }
        }
    }
    verdict.map(|_| ())
}

/// The code of what is wrong with the receipt itself.
const fn finding_code(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Illegible(_, error) => Some(error.code()),
        Failure::Refused(_, error) => Some(error.code()),
        Failure::Tariff(_)
        | Failure::FaultyTariff(_)
        | Failure::Ride(_)
        | Failure::UnknownName { .. }
        | Failure::Unreadable(..)
        | Failure::Unwritable(..)
        | Failure::Unwritten(..)
        | Failure::Unspeakable(_)
        | Failure::NoFolder
        | Failure::NoUseForFolder
        | Failure::NoUseForVault
        | Failure::City(_)
        | Failure::Findings(_)
        | Failure::MissingTrips(_)
        | Failure::OrphanPayments(_)
        | Failure::AtRest(_)
        | Failure::AckLog(..)
        | Failure::Unserialisable(_)
        | Failure::Output(_) => None,
    }
}

fn read(file: &Path) -> Result<Receipt, Failure> {
    let unreadable = |error| Failure::Unreadable(file.to_owned(), error);
    let illegible = |error| Failure::Illegible(file.to_owned(), error);
    // One byte beyond the limit tells a file that is too large from one that just fits.
    let limit = u64::try_from(JSON_BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        illegible(WireError::NotText {
            valid_bytes: error.utf8_error().valid_up_to(),
        })
    })?;
    fiacre_wire::receipt_from_json(&text).map_err(illegible)
}
