//! `fiacre tariff`: is a tariff file what it must be?

use crate::answer::Answer;
use crate::failure::{Failure, listed};
use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::pricing::Tariff;
use fiacre_tariffs::{TariffFileError, TariffFileFault};
use serde_json::json;
use std::io::Write;

#[derive(Debug, Subcommand)]
pub(crate) enum TariffCommand {
    /// Name the first fault of a tariff file, with line, column and why, or what the tariff is and knows
    #[command(after_help = "\
Examples:
  fiacre tariff check my-city.toml
  fiacre tariff check tokyo --json

Exit codes: 0 the file is a tariff, 2 it has a fault, 64 it cannot be read, 74 the answer cannot be written.
Built-in tariffs: bengaluru-auto, bengaluru-cab, chicago, london, nyc-2018, nyc-2022, tokyo.
The format of a file is described in adapters/tariffs/README.md.")]
    Check {
        /// A tariff file, or the name of a built-in tariff
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        file: String,
    },
}

impl TariffCommand {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        match self {
            Self::Check { file } => check(&file, answer),
        }
    }
}

/// The tariff that another command needs: a fault in it is bad configuration.
pub(super) fn open(file: &str) -> Result<Tariff, Failure> {
    fiacre_tariffs::open(file).map_err(Failure::Tariff)
}

fn check(file: &str, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    match fiacre_tariffs::open(file) {
        Ok(tariff) => praise(file, &tariff, answer),
        Err(error) if is_unreadable(&error) => Err(Failure::Tariff(error)),
        Err(error) => Err(Failure::FaultyTariff(error)),
    }
}

const fn is_unreadable(error: &TariffFileError) -> bool {
    matches!(error.fault(), TariffFileFault::Unreadable(_))
}

fn praise(file: &str, tariff: &Tariff, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    let (id, version, currency) = (tariff.id(), tariff.version(), tariff.currency());
    let fingerprint = tariff.fingerprint();
    let zones: Vec<ZoneId> = tariff.zones().ids().collect();
    let extras: Vec<ExtraId> = tariff.extras().collect();
    if answer.is_json() {
        answer.object(&json!({
            "file": file,
            "tariff": id.as_str(),
            "tariff_version": version,
            "currency": currency.code(),
            "tariff_fingerprint": fingerprint.to_string(),
            "zones": zones.iter().map(ZoneId::as_str).collect::<Vec<_>>(),
            "extras": extras.iter().map(ExtraId::as_str).collect::<Vec<_>>(),
        }))?;
    } else {
        let out = answer.words();
        writeln!(
            out,
            "{file} is fine: tariff {id}, version {version}, in {currency}"
        )?;
        for (what, names) in [("zones", listed(&zones)), ("extras", listed(&extras))] {
            if !names.is_empty() {
                writeln!(out, "{what} {names}")?;
            }
        }
        writeln!(out, "fingerprint {fingerprint}")?;
    }
    Ok(())
}

/// Whether `tariff` has each extra that was asked for by an option. Who names one wants it priced: one that the tariff does not
/// know is a slip of the hand, and a price without it would be a wrong one.
pub(crate) fn check_extras(option: &'static str, tariff: &Tariff, asked: &[ExtraId]) -> Result<(), Failure> {
    let known: Vec<ExtraId> = tariff.extras().collect();
    match asked.iter().find(|extra| !known.contains(extra)) {
        Some(extra) => Err(unknown(option, extra, tariff, &known)),
        None => Ok(()),
    }
}

/// Whether `tariff` has each zone that was named by an option: as [`check_extras`].
pub(crate) fn check_zones(option: &'static str, tariff: &Tariff, named: &[ZoneId]) -> Result<(), Failure> {
    let known: Vec<ZoneId> = tariff.zones().ids().collect();
    match named.iter().find(|zone| !known.contains(zone)) {
        Some(zone) => Err(unknown(option, zone, tariff, &known)),
        None => Ok(()),
    }
}

fn unknown<T: ToString>(option: &'static str, name: &T, tariff: &Tariff, known: &[T]) -> Failure {
    Failure::UnknownName {
        option,
        name: name.to_string(),
        tariff: tariff.id(),
        known: known.iter().map(ToString::to_string).collect(),
    }
}
