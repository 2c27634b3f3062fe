//! `fiacre quote`: what a ride costs, line by line, and a receipt for it.

mod way;

use super::tariff::{self, check_extras, check_zones};
use crate::answer::Answer;
use crate::failure::{Failure, SPEED_KMH_MAX};
use crate::{fare, moment, output, quantity};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::pricing::{Line, Party, PricingError, Quote, Ride, Surge, Tariff};
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::{Millimetres, Millis};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use way::{FirstStop, Part};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre quote --tariff nyc-2018 --at 2018-07-03T17:00 \\
      --distance-m 8046.72 --duration-s 1200 --slow-s 300
  fiacre quote --tariff nyc-2022 --at 2025-03-04T17:00 \\
      --distance-m 24000 --duration-s 2400 \\
      --pickup-zone jfk --dropoff-zone south-of-60 --json
  fiacre quote --tariff tokyo --at 2023-03-07T10:00 \\
      --distance-m 40000 --duration-s 2880 --slow-s 0 --extra pick-up
  fiacre quote --tariff my-city.toml --at 2026-01-31T23:30 \\
      --distance-m 5000 --duration-s 900 --stops 1 --wait-s 120 \\
      --passengers 3 --receipt receipt.json
  fiacre quote --tariff nyc-2018 --at 2018-07-03T10:00 \\
      --distance-m 3218.688 --duration-s 480 --stops 1 \\
      --pickup-zone jfk --first-stop-zone manhattan --dropoff-zone manhattan
  fiacre quote --tariff chicago --at 2020-03-03T10:00 \\
      --distance-m 8046.72 --duration-s 600 --slow-s 0 \\
      --dropoff-zone suburbs --part suburbs:3218.688:240

A flat fare goes to the first stop; where one could, --first-stop-zone says whether it does, and legs are taken as equally long. Where \
a zone prices the driving inside it (Chicago's suburbs, Tokyo's expressway), --part says how much of the ride lies there; a ride from \
that zone to that zone, with nothing else said, lies there whole. What is not said, and would change the price, is refused.
Built-in tariffs: bengaluru-auto, bengaluru-cab, chicago, london, nyc-2018, nyc-2022, tokyo.
`fiacre tariff check` lists the zones and extras of a tariff.
Exit codes: 0 priced, 64 bad usage or configuration, such as a receipt's place that cannot take a file or is taken, \
74 the answer or the receipt cannot be written to its end.")]
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

    /// The tariff's zone of the first stop on the way, or none where it lies in none of them
    #[arg(long, value_name = "Z")]
    first_stop_zone: Option<FirstStop>,

    /// How much of the ride's distance and duration lies inside a zone, at the end of the ride; may be given several times
    #[arg(long, value_name = "Z:METRES:SECONDS")]
    part: Vec<Part>,

    /// The local time of the start, such as 2018-07-03T17:00 or 2018-07-03T19:59:59
    #[arg(long, value_name = "LOCAL", value_parser = moment::local)]
    at: CivilDateTime,

    /// Settle the ride as quoted, and write its receipt here, as JSON; the file must not be there yet
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

impl QuoteArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let tariff = Arc::new(tariff::open(&self.tariff)?);
        check_extras("--extra", &tariff, &self.extra)?;
        check_zones("--pickup-zone", &tariff, self.pickup_zone.as_slice())?;
        check_zones("--dropoff-zone", &tariff, self.dropoff_zone.as_slice())?;
        check_zones("--via", &tariff, &self.via)?;
        check_zones("--first-stop-zone", &tariff, self.stop_in(&tariff).as_slice())?;
        let parts: Vec<ZoneId> = self.part.iter().map(|part| part.within().zone()).collect();
        check_zones("--part", &tariff, &parts)?;
        let inferred = self.whole_part(&tariff);
        let quote = tariff.quote(&self.ride(&tariff, inferred)?, self.at, Surge::NONE)?;
        self.check_speed()?;
        self.check_said(&tariff, inferred)?;
        let lines = quote.lines()?;
        if let Some(path) = &self.receipt {
            write_receipt(&quote, path)?;
        }
        if answer.is_json() {
            Ok(answer.object(&self.as_json(&tariff, &quote, &lines, inferred))?)
        } else {
            write_table(&quote, &lines, answer.words())?;
            if let Some(text) = self.beyond_holidays(&tariff) {
                writeln!(answer.words(), "\nnote: {text}")?;
            }
            Ok(())
        }
    }

    /// What to say where the price depends on holidays, and the tariff does not know those of the year.
    fn beyond_holidays(&self, tariff: &Tariff) -> Option<String> {
        let (first, last) = tariff.schedule().holiday_years()?;
        let year = self.at.date().year();
        if self.holiday || (first..=last).contains(&year) {
            return None;
        }
        let (id, date) = (tariff.id(), self.at.date());
        Some(format!(
            "{id} knows the holidays of {first} to {last}, and none of {year}: it may not be the tariff of that year, and {date} is \
             priced as no holiday; --holiday says that it is one"
        ))
    }

    /// Refuses what no car drives: a slip in a unit would be priced all the same.
    fn check_speed(&self) -> Result<(), Failure> {
        // km/h are 3.6 times mm/ms.
        let (distance, limit) = (i128::from(self.distance_m.get()), i128::from(SPEED_KMH_MAX));
        if distance * 36 > limit * 10 * i128::from(self.duration_s.get()) {
            Err(Failure::TooFast)
        } else {
            Ok(())
        }
    }

    /// What was asked, by the names of the options, and what it comes to.
    fn as_json(&self, tariff: &Tariff, quote: &Quote, lines: &[Line], inferred: Option<Part>) -> Value {
        json!({
            "tariff": tariff.id().as_str(),
            "tariff_version": tariff.version(),
            "tariff_fingerprint": tariff.fingerprint().to_string(),
            "at": moment::written(self.at),
            "ride": {
                "distance_m": thousandths(self.distance_m.get()),
                "duration_s": thousandths(self.duration_s.get()),
                "slow_s": self.slow_s.map(|slow| thousandths(slow.get())),
                "wait_s": thousandths(self.wait_s.unwrap_or_default().get()),
                "stops": self.stops,
                "passengers": self.passengers,
                "passenger_age": self.passenger_age,
                "extra": names(&self.extra),
                "holiday": self.holiday,
                "pickup_zone": self.pickup_zone.map(|zone| zone.to_string()),
                "dropoff_zone": self.dropoff_zone.map(|zone| zone.to_string()),
                "via": names(&self.via),
                "first_stop_zone": self.first_stop_zone.map(|stop| stop.to_string()),
                "part": names(&self.part),
                "part_inferred": inferred.map(|part| part.to_string()),
            },
            "currency": quote.currency().code(),
            "exponent": quote.currency().exponent(),
            "total": quote.total().minor(),
            "hold": quote.hold().minor(),
            "driver_pay": quote.driver_pay().minor(),
            "payees": fare::by_payee(lines).iter().map(share_as_json).collect::<Vec<_>>(),
            "lines": lines.iter().map(line_as_json).collect::<Vec<_>>(),
            "warnings": self.beyond_holidays(tariff).map(|text| {
                json!({ "code": "holidays_unknown", "text": text })
            }).into_iter().collect::<Vec<_>>(),
        })
    }

    fn ride(&self, tariff: &Tariff, inferred: Option<Part>) -> Result<Ride, Failure> {
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
        let ride = self.via.iter().fold(ride, |ride, zone| ride.through(*zone));
        let parts = self.part.iter().copied().chain(inferred);
        let ride = parts.fold(ride, |ride, part| ride.with_part(part.within()));
        Ok(match self.stop_in(tariff) {
            Some(zone) => way::stopping_first_in(ride, zone),
            None => ride,
        })
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
    let written = output::create(path)?.write_all(text.as_bytes());
    written.map_err(|error| Failure::Unwritten(path.to_owned(), error))
}

/// Whole, or with its decimals.
fn thousandths(number: i64) -> Value {
    if number % 1_000 == 0 {
        json!(number / 1_000)
    } else {
        #[expect(
            clippy::cast_precision_loss,
            reason = "what is priced is at most 1e12, which is exact"
        )]
        let number = number as f64;
        json!(number / 1_000.0)
    }
}

fn names(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn share_as_json(share: &fare::Share) -> Value {
    let (payee, name) = fare::payee_codes(share.payee);
    json!({ "payee": payee, "payee_name": name, "amount": share.sum_minor })
}

fn line_as_json(line: &Line) -> Value {
    let ((kind, kind_name), (payee, payee_name)) =
        (fare::kind_codes(line.kind()), fare::payee_codes(line.payee()));
    json!({
        "kind": kind,
        "kind_name": kind_name,
        "payee": payee,
        "payee_name": payee_name,
        "amount": line.amount().minor(),
    })
}

/// How wide the words and the amounts of the table are.
const WORDS: usize = 32;
const AMOUNTS: usize = 14;

fn write_table(quote: &Quote, lines: &[Line], out: &mut impl Write) -> Result<(), Failure> {
    let edition = quote.edition();
    let title = format!("{}, version {}", edition.tariff(), edition.version());
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
