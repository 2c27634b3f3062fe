//! What can be asked of `fiacre city`.

use super::venue::VenueArguments;
use crate::commands::tariff::{self, check_extras, check_zones};
use crate::failure::Failure;
use crate::moment;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use fiacre_city::demand::{Burst, DemandError, Multiplier};
use fiacre_city::players::{Habits, Share};
use fiacre_city::report::{Asked, Run};
use fiacre_city::run::{CityError, CityOptions, DEMAND_MAX, DRIVERS_MAX, PAYMENT_DECLINES, drivers_for};
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::pricing::Tariff;
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use fiacre_services::fleet::Matching;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre city
  fiacre city --weekday fri --from 18:00 --hours 1 --demand 2 --json
  fiacre city --weekday mon --from 00:00 --hours 24 --trips monday.csv
  fiacre city --matching greedy --seed 7
  fiacre city --tariff nyc-2022
  fiacre city --tariff tokyo --elsewhere expressway --extra pick-up
  fiacre city --burst 18:30-18:45:10 --drivers 9000
  fiacre city --data friday --ack-log accepted.txt

Demand: New York TLC records of business days of 2018, by weekday, quarter-hour and pair of zones.
Bursts: 24:00 ends the day; where they overlap, their factors multiply.
Trips: --trips writes a line for each order; apps/fiacre/README.md says what each column is, and its unit.
Built-in tariffs: bengaluru-auto, bengaluru-cab, chicago, london, nyc-2018, nyc-2022, tokyo. A tariff that does not say what \
drivers are paid is played with the city's commission of 20% of the driver's lines; the report then names it with .c20, as \
nyc-2018.c20.
Zones: Manhattan's map knows those of New York's tariffs (manhattan, south of 96th and of 60th Street; the airports and New Jersey \
lie elsewhere). A tariff with other zones is refused, for nobody could tell what to charge, unless --elsewhere says of each that no \
ride touches it. Parties are of adults, and ride without a stop; extras are asked for by --extra alone.
Drivers: 8,000 for each unit of demand, but no more than 100,000, unless --drivers says otherwise. The report says how many.
Rates: the report says what the three shares came to, as does \"rates\" in the JSON. They are of all riders, offers and holds: some \
rides are wanted by few, some trips end before their rider cancels, and the others make up for it.
Store: on a folder the platform keeps every commit, message, deadline and search, and the sandbox for payments its own records in \
sandbox-payments/ beside them. A write takes 100 ms of the city's time, on disk and in memory alike: one seed gives one digest on \
both. Killed at any moment, what was accepted goes on by `fiacre resume`.
Vault: riders and places are sealed in the folder, trip by trip; the keys lie in a folder of their own, DIR.vault next to DIR unless \
--vault says otherwise. Keep it, apart from the folder and its backups: without the keys nobody can say who rode where.
The report goes to stdout, the progress line to a terminal's stderr: how many trips are live now and how many of their riders wait \
for a car; and so far, how many were confirmed and within which minutes and seconds 95% had a car. NO_COLOR is respected. Ctrl-C ends it without a report.
Exit codes: 0 no finding, 2 audit findings, or a run that came to no end, 3 the folder cannot be opened: it is in use, foreign or \
damaged, 64 bad usage or configuration, such as a folder that holds another run, 70 an error of ours, 74 the report, the table of \
trips or the folder could not be written.")]
pub(crate) struct CityArguments {
    /// The day of the week, such as fri or friday: mon, tue, wed, thu or fri (the data has no weekend)
    #[arg(long, value_name = "DAY", default_value = "fri")]
    weekday: DayOfWeek,

    /// When requests begin, local time
    #[arg(long, value_name = "HH:MM", default_value = "17:00", value_parser = moment::time_of_day)]
    from: TimeOfDay,

    /// For how many hours requests come, up to 24 and in whole minutes; then the city drains until every trip is closed
    #[arg(long, value_name = "N", default_value = "2", value_parser = hours, allow_negative_numbers = true)]
    hours: Hours,

    /// Times the counted demand, from 0 to 100
    #[arg(long, value_name = "X", default_value = "1", value_parser = factor, allow_negative_numbers = true)]
    demand: f64,

    /// Drivers on duty, up to 100,000 [default: 8,000 × demand, at most 100,000]
    #[arg(long, value_name = "N", value_parser = drivers, allow_negative_numbers = true)]
    drivers: Option<u32>,

    /// Everything random follows from this number
    #[arg(long, value_name = "N", default_value = "1", value_parser = seed, allow_negative_numbers = true)]
    seed: u64,

    /// A tariff file, or the name of a built-in tariff
    #[arg(long, value_name = "FILE", default_value = "nyc-2018", value_parser = NonEmptyStringValueParser::new())]
    tariff: String,

    /// A zone of the tariff that no ride of Manhattan touches, such as another city's airport; may be given several times
    #[arg(long, value_name = "ZONE")]
    elsewhere: Vec<ZoneId>,

    /// What every rider asks for, of what the tariff prices on request, such as pick-up; may be given several times
    #[arg(long, value_name = "NAME")]
    extra: Vec<ExtraId>,

    /// The optimum of all requests every two seconds, or for each in turn its cheapest free driver
    #[arg(long, value_enum, default_value_t = MatchingName::Batch)]
    matching: MatchingName,

    /// The share of riders who cancel, within two minutes of ordering and before they get in
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = Habits::default().cancel,
        value_parser = share,
        allow_negative_numbers = true
    )]
    cancel_rate: Share,

    /// The share of offers that drivers decline; rides that few want are declined more often, and others less
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = Habits::default().decline,
        value_parser = share,
        allow_negative_numbers = true
    )]
    decline_rate: Share,

    /// The share of card holds that banks decline, in steps of 0.0001; riders who do not confirm to their bank come on top
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = PAYMENT_DECLINES,
        value_parser = bank_share,
        allow_negative_numbers = true
    )]
    payment_decline_rate: Share,

    /// A spike of demand within the run, such as 18:30-18:45:10; may be given several times
    #[arg(long, value_name = "HH:MM-HH:MM:X", value_parser = burst)]
    burst: Vec<Spike>,

    /// As fast as possible, or N times as fast as the city's own clock
    #[arg(
        long,
        value_name = "max|N",
        default_value = "max",
        allow_negative_numbers = true
    )]
    pub(super) speed: Pace,

    /// Write one line for each trip here, as CSV; the file must not be there yet
    #[arg(long, value_name = "FILE.csv")]
    pub(super) trips: Option<PathBuf>,

    #[command(flatten)]
    pub(super) venue: VenueArguments,
}

/// A length in hours, as it was written, and in whole minutes.
#[derive(Debug, Clone, Copy)]
struct Hours {
    written: f64,
    length: Millis,
}

/// A spike of demand, and how it was written.
#[derive(Debug, Clone)]
struct Spike {
    written: String,
    burst: Burst,
}

/// How fast the city plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As fast as possible.
    Max,
    /// So many times as fast as its own clock.
    Times(u32),
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Times(factor) => factor.fmt(f),
        }
    }
}

impl FromStr for Pace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(0) | Err(_) if text != "max" => Err("write max, or a whole number from 1 on"),
            Ok(factor) => Ok(Self::Times(factor)),
            Err(_) => Ok(Self::Max),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MatchingName {
    Batch,
    Greedy,
}

impl From<MatchingName> for Matching {
    fn from(name: MatchingName) -> Self {
        match name {
            MatchingName::Batch => Self::Batch,
            MatchingName::Greedy => Self::Greedy,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct DayOfWeek(Weekday);

impl FromStr for DayOfWeek {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = Weekday::ALL.into_iter().find(|day| {
            let (short, whole) = names(*day);
            [short, whole].iter().any(|name| name.eq_ignore_ascii_case(text))
        });
        match day {
            Some(Weekday::Saturday | Weekday::Sunday) => {
                Err("the demand was counted on business days: use mon, tue, wed, thu or fri")
            }
            Some(day) => Ok(Self(day)),
            None => Err("write mon, tue, wed, thu or fri"),
        }
    }
}

/// What a day is called, in short and in full.
const fn names(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Monday => ("mon", "monday"),
        Weekday::Tuesday => ("tue", "tuesday"),
        Weekday::Wednesday => ("wed", "wednesday"),
        Weekday::Thursday => ("thu", "thursday"),
        Weekday::Friday => ("fri", "friday"),
        Weekday::Saturday => ("sat", "saturday"),
        Weekday::Sunday => ("sun", "sunday"),
    }
}

/// A number that is not negative; nor is it -0, which nobody means who writes it.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_sign_positive())
}

fn hours(text: &str) -> Result<Hours, &'static str> {
    let hours = number(text).ok_or("write a number of hours above 0, such as 1 or 0.25")?;
    if !(0.0..=24.0).contains(&hours) {
        return Err("write a number of hours above 0 and up to 24");
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 86,400,000")]
    let length_ms = (hours * 3_600_000.0).round() as i64;
    if length_ms == 0 {
        return Err("write a number of hours that makes a minute or more, such as 0.25 or 1.5");
    }
    if length_ms % 60_000 != 0 {
        return Err("write a number of hours that makes whole minutes, such as 0.25 or 1.5");
    }
    Ok(Hours {
        written: hours,
        length: Millis::new(length_ms),
    })
}

fn drivers(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|drivers| *drivers <= DRIVERS_MAX)
        .ok_or_else(|| format!("write a whole number from 0 to {DRIVERS_MAX}, such as 9000"))
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("write a whole number from 0 to {}, such as 7", u64::MAX))
}

/// As many times as one process plays, which is less than what a [`Multiplier`] may be.
fn factor(text: &str) -> Result<f64, String> {
    number(text)
        .filter(|factor| {
            Multiplier::new(*factor).is_ok_and(|times| times.millionths() <= DEMAND_MAX * 1_000_000)
        })
        .ok_or_else(|| format!("write a number from 0 to {DEMAND_MAX}, such as 1 or 0.5"))
}

fn share(text: &str) -> Result<Share, &'static str> {
    number(text)
        .and_then(|number| Share::new(number).ok())
        .ok_or("write a number between 0 and 1, such as 0.03")
}

/// What the payment company's shares are in.
fn bank_share(text: &str) -> Result<Share, &'static str> {
    let asked = share(text)?;
    if Share::per_million(u32::from(asked.basis_points()) * 100) == asked {
        Ok(asked)
    } else {
        Err("write a number between 0 and 1 with at most four decimals, such as 0.0125")
    }
}

fn burst(text: &str) -> Result<Spike, String> {
    const FORM: &str = "write it as HH:MM-HH:MM:X, such as 18:30-18:45:10";
    let (from, rest) = text.split_once('-').ok_or(FORM)?;
    let (to, factor) = rest
        .rsplit_once(':')
        .filter(|(to, _)| to.contains(':'))
        .ok_or(FORM)?;
    let read =
        |time: &str| moment::time_of_day(time).map_err(|_| format!("{time} is no time of day; {FORM}"));
    let multiplier = Multiplier::new(number(factor).ok_or(FORM)?).map_err(|error| error.to_string())?;
    let burst = if to == "24:00" {
        Burst::to_midnight(read(from)?, multiplier)
    } else {
        Burst::new(read(from)?, read(to)?, multiplier)
    };
    let burst = burst.map_err(|error| error.to_string())?;
    Ok(Spike {
        written: text.to_owned(),
        burst,
    })
}

impl CityArguments {
    /// What the city is asked to play.
    pub(super) fn options(&self) -> Result<CityOptions, Failure> {
        let usage = |error: DemandError| Failure::City(CityError::from(error));
        let demand = Multiplier::new(self.demand).map_err(usage)?;
        let tariff = Arc::new(tariff::open(&self.tariff)?);
        check_zones("--elsewhere", &tariff, &self.elsewhere)?;
        check_extras("--extra", &tariff, &self.extra)?;
        let habits = Habits {
            cancel: self.cancel_rate,
            decline: self.decline_rate,
            ..Habits::default()
        };
        let options = CityOptions {
            weekday: self.weekday.0,
            from: self.from,
            length: self.hours.length,
            demand,
            bursts: self.burst.iter().map(|spike| spike.burst).collect(),
            drivers: self.drivers.unwrap_or(drivers_for(demand)),
            seed: self.seed,
            elsewhere: self.elsewhere.clone(),
            extras: self.extra.clone(),
            matching: self.matching.into(),
            habits,
            payment_declines: self.payment_decline_rate,
            ..CityOptions::friday(tariff)
        };
        options.check().map_err(Failure::City)?;
        Ok(options)
    }

    /// The same, as the report shows it; the tariff is the one that was played.
    pub(super) fn described(&self, options: &CityOptions, tariff: &Tariff) -> Run {
        Run {
            seed: self.seed,
            weekday: options.weekday,
            from: options.from,
            duration: options.length,
            demand: self.demand,
            matching: match options.matching {
                Matching::Batch => "batch".to_owned(),
                Matching::Greedy => "greedy".to_owned(),
            },
            tariff: format!("{} (version {})", tariff.id(), tariff.version()),
            cancel_rate: self.cancel_rate,
            decline_rate: self.decline_rate,
            payment_decline_rate: self.payment_decline_rate,
            asked: self.asked(options),
        }
    }

    fn asked(&self, options: &CityOptions) -> Asked {
        let (store, folders) = self.venue.asked();
        let shown = |path: &Path| path.display().to_string();
        let [data, ack_log, vault] = folders.map(|path| path.map(shown));
        Asked {
            hours: self.hours.written,
            tariff: self.tariff.clone(),
            drivers: options.drivers,
            seed: self.seed,
            elsewhere: self.elsewhere.iter().map(ToString::to_string).collect(),
            extra: self.extra.iter().map(ToString::to_string).collect(),
            burst: self.burst.iter().map(|spike| spike.written.clone()).collect(),
            speed: self.speed.to_string(),
            store: store.to_owned(),
            data,
            trips: self.trips.as_deref().map(shown),
            ack_log,
            vault,
        }
    }
}
