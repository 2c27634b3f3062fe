//! `fiacre quote`: what a ride costs, line by line, and a receipt for it.

use super::tariff::{self, check_extras, check_zones};
use crate::failure::Failure;
use crate::{fare, quantity};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::pricing::{Line, Party, PricingError, Quote, Ride, Surge};
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::{Millimetres, Millis};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre quote --tariff nyc-2018 --distance-m 8046.72 --duration-s 1200 --slow-s 300 \\
      --at 2018-07-03T17:00
  fiacre quote --tariff nyc-2022 --distance-m 24000 --duration-s 2400 --at 2025-03-04T17:00 \\
      --pickup-zone jfk --dropoff-zone south-of-60 --json
  fiacre quote --tariff tokyo --distance-m 40000 --duration-s 2880 --slow-s 0 \\
      --extra pick-up --at 2023-03-07T10:00
  fiacre quote --tariff my-city.toml --distance-m 5000 --duration-s 900 --stops 1 --wait-s 120 \\
      --passengers 3 --at 2026-01-31T23:30 --receipt receipt.json

Built-in tariffs: bengaluru-auto, bengaluru-cab, chicago, london, nyc-2018, nyc-2022, tokyo.
`fiacre tariff check` lists the zones and extras of a tariff.
Exit codes: 0 priced, 64 bad usage or configuration, 74 the answer or the receipt cannot be written.")]
pub(crate) struct QuoteArguments {
    /// A tariff file, or the name of a built-in tariff
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    tariff: String,

    /// How far, in metres (up to three decimals)
    #[arg(long, value_name = "N", value_parser = quantity::metres, allow_negative_numbers = true)]
    distance_m: Millimetres,

    /// How long, in seconds, waiting at stops not counted
    #[arg(long, value_name = "N", value_parser = quantity::seconds, allow_negative_numbers = true)]
    duration_s: Millis,

    /// How much of the duration stands still in traffic; estimated where it is left out
    #[arg(long, value_name = "N", value_parser = quantity::seconds, allow_negative_numbers = true)]
    slow_s: Option<Millis>,

    /// Waiting at stops, or at the pick-up where there is no stop, in seconds
    #[arg(long, value_name = "N", value_parser = quantity::seconds, allow_negative_numbers = true)]
    wait_s: Option<Millis>,

    /// Stops on the way
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=255))]
    stops: u16,

    /// Passengers who are adults
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=15))]
    passengers: u8,

    /// The age of one more passenger, for tariffs that ask; may be given several times
    #[arg(long, value_name = "YEARS", value_parser = clap::value_parser!(u8).range(..=120), allow_negative_numbers = true)]
    passenger_age: Vec<u8>,

    /// Something that the tariff prices where it is asked for, such as pick-up; may be given several times
    #[arg(long, value_name = "NAME")]
    extra: Vec<ExtraId>,

    /// The day is a holiday, also where the tariff does not list it
    #[arg(long)]
    holiday: bool,

    /// The tariff's zone of the pick-up
    #[arg(long, value_name = "Z")]
    pickup_zone: Option<ZoneId>,

    /// The tariff's zone of the end
    #[arg(long, value_name = "Z")]
    dropoff_zone: Option<ZoneId>,

    /// A zone on the way; may be given several times
    #[arg(long, value_name = "Z")]
    via: Vec<ZoneId>,

    /// The local time of the start, such as 2018-07-03T17:00 or 2018-07-03T19:59:59
    #[arg(long, value_name = "LOCAL")]
    at: CivilDateTime,

    /// Settle the ride as quoted, and write its receipt here, as JSON
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl QuoteArguments {
    pub(crate) fn run(self, json: bool, out: &mut impl Write) -> Result<(), Failure> {
        let tariff = Arc::new(tariff::open(&self.tariff)?);
        check_extras("--extra", &tariff, &self.extra)?;
        check_zones("--pickup-zone", &tariff, self.pickup_zone.as_slice())?;
        check_zones("--dropoff-zone", &tariff, self.dropoff_zone.as_slice())?;
        check_zones("--via", &tariff, &self.via)?;
        let quote = tariff.quote(&self.ride()?, self.at, Surge::NONE)?;
        let lines = quote.lines()?;
        if let Some(path) = &self.receipt {
            write_receipt(&quote, path)?;
        }
        if json {
            Ok(writeln!(out, "{:#}", object(&quote, &lines))?)
        } else {
            write_table(&quote, &lines, out)
        }
    }

    fn ride(&self) -> Result<Ride, Failure> {
        let mut ride = Ride::new(self.distance_m, self.duration_s)
            .with_waiting(self.wait_s.unwrap_or_default())
            .with_stops(self.stops)
            .with_party(self.party()?);
        if let Some(slow) = self.slow_s {
            ride = ride.with_slow(slow);
        }
        if let Some(zone) = self.pickup_zone {
            ride = ride.starting_in(zone);
        }
        if let Some(zone) = self.dropoff_zone {
            ride = ride.ending_in(zone);
        }
        if self.holiday {
            ride = ride.on_holiday();
        }
        let ride = self
            .extra
            .iter()
            .fold(ride, |ride, extra| ride.with_extra(*extra));
        Ok(self.via.iter().fold(ride, |ride, zone| ride.through(*zone)))
    }

    fn party(&self) -> Result<Party, PricingError> {
        let adults = Party::adults(self.passengers);
        self.passenger_age
            .iter()
            .try_fold(adults?, |party, age| party.with_age(*age))
    }
}

fn write_receipt(quote: &Quote, path: &Path) -> Result<(), Failure> {
    let receipt = quote.settle_as_quoted()?;
    let text = fiacre_wire::receipt_to_json(&receipt).map_err(Failure::Unspeakable)?;
    let mut file = File::create(path).map_err(|error| Failure::Unwritable(path.to_owned(), error))?;
    let written = file.write_all(text.as_bytes());
    written.map_err(|error| Failure::Unwritten(path.to_owned(), error))
}

fn object(quote: &Quote, lines: &[Line]) -> Value {
    let (tariff, version) = quote.tariff_name();
    let shares: Vec<Value> = fare::by_payee(lines)
        .iter()
        .map(|share| json!({ "payee": fare::payee_name(share.payee), "amount": share.sum_minor }))
        .collect();
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "for": line.kind().to_string(),
                "payee": fare::payee_name(line.payee()),
                "amount": line.amount().minor(),
            })
        })
        .collect();
    json!({
        "tariff": tariff.as_str(),
        "tariff_version": version,
        "currency": quote.currency().code(),
        "exponent": quote.currency().exponent(),
        "total": quote.total().minor(),
        "hold": quote.hold().minor(),
        "driver_pay": quote.driver_pay().minor(),
        "payees": shares,
        "lines": lines,
    })
}

/// How wide the words and the amounts of the table are.
const WORDS: usize = 32;
const AMOUNTS: usize = 14;

fn write_table(quote: &Quote, lines: &[Line], out: &mut impl Write) -> Result<(), Failure> {
    let (tariff, version) = quote.tariff_name();
    let title = format!("{tariff}, version {version}");
    writeln!(out, "{title:<WORDS$}{:>AMOUNTS$}", quote.currency().code())?;
    for share in fare::by_payee(lines) {
        writeln!(out, "\n{}", fare::payee_name(share.payee))?;
        for line in &share.lines {
            let purpose = format!("  {}", line.kind());
            writeln!(out, "{purpose:<WORDS$}{:>AMOUNTS$}", fare::amount(line.amount()))?;
        }
    }
    writeln!(out, "{:WORDS$}{:->AMOUNTS$}", "", "")?;
    for (words, money) in [
        ("total", quote.total()),
        ("held until it is settled", quote.hold()),
        ("the driver earns", quote.driver_pay()),
    ] {
        writeln!(out, "{words:<WORDS$}{:>AMOUNTS$}", fare::amount(money))?;
    }
    Ok(())
}
