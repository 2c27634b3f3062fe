//! `fiacre receipt`: anyone who has the tariff can recompute a receipt.

use super::tariff;
use crate::answer::Answer;
use crate::failure::Failure;
use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use fiacre_domain::pricing::Receipt;
use fiacre_wire::{JSON_BYTES_MAX, WireError};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What a receipt that holds was found to be, for programs.
const VERIFIED: [&str; 2] = ["tariff", "amounts"];
/// What nobody can tell by a receipt alone.
const NOT_VERIFIED: [&str; 2] = ["ride", "author"];

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Recompute every amount of a receipt with the tariff it names, from the ride it tells of
    #[command(after_help = "\
Examples:
  fiacre receipt verify receipt.json --tariff nyc-2018
  fiacre receipt verify receipt.json --tariff my-city.toml --json

A receipt comes from `fiacre quote … --receipt receipt.json`.
What holds says that every amount follows from the tariff and from the ride that the receipt tells of. It does not say that there \
was such a ride, nor who wrote the receipt: whoever has the tariff can write another, of another ride. Against that there is a \
signature (fiacre-wire).
Exit codes: 0 every amount follows from the tariff, 2 it is a receipt (an object with a version and what was computed) and something \
in it does not hold with this tariff, 64 bad usage, or a file that cannot be read or is no receipt of a version that is known here, \
74 the answer cannot be written.")]
    Verify {
        /// The receipt, as JSON
        file: PathBuf,

        /// The tariff it was made with: a file, or the name of a built-in tariff
        #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
        tariff: String,
    },
}

impl ReceiptCommand {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        match self {
            Self::Verify { file, tariff } => verify(file, &tariff, answer),
        }
    }
}

fn verify(file: PathBuf, tariff: &str, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    let tariff = tariff::open(tariff)?;
    let receipt = read(&file)?;
    let name = file.display().to_string();
    receipt
        .verify(&tariff)
        .map_err(|error| Failure::Refused(file, error))?;
    let (id, version, fingerprint) = (tariff.id(), tariff.version(), tariff.fingerprint());
    let total = receipt.total();
    if answer.is_json() {
        answer.object(&json!({
            "file": name,
            "tariff": id.as_str(),
            "tariff_version": version,
            "tariff_fingerprint": fingerprint.to_string(),
            "currency": total.currency().code(),
            "total": total.minor(),
            "verified": VERIFIED,
            "not_verified": NOT_VERIFIED,
        }))?;
    } else {
        writeln!(
            answer.words(),
            "{name}: every amount, {total} in all, follows from tariff {id}, version {version}, and from the ride that the receipt \
             tells of\nnot verified: whether that ride was so, and who wrote the receipt; only a signature says that\n\
             fingerprint {fingerprint}"
        )?;
    }
    Ok(())
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
    fiacre_wire::receipt_from_json(&text).map_err(|error| {
        let is_of_another_version = matches!(error, WireError::UnsupportedVersion(_));
        if is_of_receipts_form(&text) && !is_of_another_version {
            Failure::Edited(file.to_owned(), error)
        } else {
            illegible(error)
        }
    })
}

/// Whether it says of itself what only receipts do: a form, and what was computed. Then whatever else is amiss was edited.
fn is_of_receipts_form(text: &str) -> bool {
    let receipt: Option<Value> = serde_json::from_str(text).ok();
    receipt.is_some_and(|receipt| {
        receipt.get("version").is_some_and(Value::is_u64) && receipt.get("computed").is_some()
    })
}
