//! What `fiacre city` shows: one line while it runs, a page at its end, or one JSON object.
//!
//! ```
//! use fiacre_city::manhattan::Manhattan;
//! use fiacre_city::measures::Measures;
//! use fiacre_city::players::Share;
//! use fiacre_city::report::{Asked, Facts, Report, Run, Speed, Verdict};
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::time::{TimeOfDay, Timestamp, Weekday};
//! use fiacre_domain::units::Millis;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! let run = Run {
//!     seed: 7,
//!     weekday: Weekday::Friday,
//!     from: TimeOfDay::new(18, 0, 0)?,
//!     duration: Millis::from_minutes(60),
//!     demand: 1.0,
//!     matching: "batch".to_owned(),
//!     tariff: "nyc-2018".to_owned(),
//!     cancel_rate: Share::NEVER,
//!     decline_rate: Share::NEVER,
//!     payment_decline_rate: Share::NEVER,
//!     asked: Asked::default(),
//! };
//! let facts = Facts {
//!     run,
//!     digest: "00ff".to_owned(),
//!     verdict: Verdict { events: 0, findings: 0, receipts_verified: 0, batches: 0, batches_verified: 0, parked: 0, examples: Vec::new() },
//!     accounts: Vec::new(),
//!     ledger_sum: 0,
//!     saga: Vec::new(),
//!     speed: Speed { virtual_time: Millis::from_minutes(60), wall: Duration::from_secs(2), rss_peak_bytes: None },
//!     refused: Vec::new(),
//! };
//! let measures = Measures::new(Arc::new(Manhattan::load()?), Currency::USD, Timestamp::from_ms(0));
//! let report = Report::new(&measures, facts);
//! assert!(report.to_json()?.starts_with(r#"{"seed":7,"digest":"00ff","trips":{"requested":0,"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chart;
mod json;
mod money;
mod page;
mod progress;
mod saga;
mod style;
#[cfg(test)]
mod tests;
mod words;

pub use progress::{Live, progress_line};
pub use style::{Style, WIDTH_MAX, WIDTH_MIN};

use crate::coverage::Cell;
use crate::measures::{
    CancelCounts, DriverFigures, Equity, EtaError, FailCounts, HoldCounts, Measures, MoneyFigures,
    OfferCounts, Quarter, Timing, TripCounts, ZoneFigures, quotient,
};
use crate::players::Share;
use fiacre_domain::ledger::Account;
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use serde::Serialize;
use std::time::Duration;

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The day of the week.
    pub weekday: Weekday,
    /// When service starts, local time.
    pub from: TimeOfDay,
    /// For how long requests come.
    pub duration: Millis,
    /// Times the demand that was counted.
    pub demand: f64,
    /// How drivers are matched: `batch` or `greedy`.
    pub matching: String,
    /// The tariff.
    pub tariff: String,
    /// Of riders, how many cancel.
    pub cancel_rate: Share,
    /// Of offers, how many are declined.
    pub decline_rate: Share,
    /// Of card holds, how many are declined.
    pub payment_decline_rate: Share,
    /// What was asked for, option by option and as it was written there, for programs.
    pub asked: Asked,
}

/// What else was asked for, by the names of the options and as they take it; `run` in JSON holds it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Asked {
    /// The length, in hours.
    pub hours: f64,
    /// The tariff: a file, or a built-in one's name.
    pub tariff: String,
    /// How many drivers are on duty, also where it follows from the demand.
    pub drivers: u32,
    /// The seed.
    pub seed: u64,
    /// Zones that no ride touches.
    pub elsewhere: Vec<String>,
    /// What every rider asks for.
    pub extra: Vec<String>,
    /// Spikes of demand.
    pub burst: Vec<String>,
    /// `max`, or how many times as fast as the city's clock.
    pub speed: String,
    /// `memory` or `embedded`.
    pub store: String,
    /// The platform's folder.
    pub data: Option<String>,
    /// The table of trips.
    pub trips: Option<String>,
    /// The list of accepted trips.
    pub ack_log: Option<String>,
    /// The folder of keys.
    pub vault: Option<String>,
}

/// What a share was asked to be, and what it came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// As asked for.
    pub asked: Share,
    /// As it was counted, of 1; `None` where there was nothing to take a share of.
    pub realised: Option<f64>,
}

/// The shares that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// Riders who cancelled, of all who ordered.
    pub cancel: Rate,
    /// Offers that the driver declined, of all that were answered or ran out.
    pub decline: Rate,
    /// Holds that the rider's bank declined, of all that were asked for.
    pub payment_decline: Rate,
}

/// What the audit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How many events it read.
    pub events: u64,
    /// How many findings it has, [differences](crate::books) to the payment company's books among them: 0, or something is broken.
    pub findings: u64,
    /// How many receipts were recomputed from the tariff and found right; every other one is a finding.
    pub receipts_verified: u64,
    /// How many batches matching made; greedy matching makes none.
    pub batches: u64,
    /// Of how many of them the certificate was [verified](crate::proofs::ONE_IN); one that is refused is a finding.
    pub batches_verified: u64,
    /// How many messages are parked because nobody could handle them; each is a finding.
    pub parked: u64,
    /// Some of the findings, in words.
    pub examples: Vec<String>,
}

/// How fast it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    /// From the first request to the last trip closed, on the city's clock.
    pub virtual_time: Millis,
    /// The same on the wall's.
    pub wall: Duration,
    /// The most memory that was resident; `None` where the system does not say.
    pub rss_peak_bytes: Option<u64>,
}

/// What a report needs beside the measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What was asked for.
    pub run: Run,
    /// SHA-256 over each stream and its hash, sorted by stream, in hexadecimal digits: as [`crate::digest`] says.
    pub digest: String,
    /// What the audit says.
    pub verdict: Verdict,
    /// The ledger's balances in the city's currency, in minor units: debits above zero, credits below.
    pub accounts: Vec<(Account, i128)>,
    /// Their sum: 0, or something is broken.
    pub ledger_sum: i128,
    /// The saga's table as it was reached, every cell once.
    pub saga: Vec<Cell>,
    /// How fast it went.
    pub speed: Speed,
    /// Orders that no desk took, by error code.
    pub refused: Vec<(&'static str, u64)>,
}

/// A day in the city, as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What does not come from the measures.
    pub facts: Facts,
    /// How many trips, by how they ended.
    pub trips: TripCounts,
    /// Why trips failed.
    pub failed_by_reason: FailCounts,
    /// Who cancelled.
    pub cancelled_by: CancelCounts,
    /// The most trips that were live at once.
    pub peak_live_trips: u64,
    /// From the order to the assignment.
    pub assign: Timing,
    /// From the order to the arrival.
    pub wait: Timing,
    /// From the assignment to the arrival.
    pub pickup: Timing,
    /// Arrivals against what was promised.
    pub eta_error: EtaError,
    /// The share of arrivals within 120 s of the promise, of 1.
    pub within_120_s: Option<f64>,
    /// What became of offers.
    pub offers: OfferCounts,
    /// What became of holds.
    pub holds: HoldCounts,
    /// How drivers spent their day, and what it paid.
    pub drivers: DriverFigures,
    /// Every zone, by ascending TLC number.
    pub zones: Vec<ZoneFigures>,
    /// How evenly zones were served.
    pub equity: Equity,
    /// What moved at the gateway.
    pub money: MoneyFigures,
    /// The day by quarter-hours.
    pub series: Vec<Quarter>,
}

impl Report {
    /// Of what was measured, and `facts`.
    pub fn new(measures: &Measures, facts: Facts) -> Self {
        let zones = measures.zones();
        Self {
            facts,
            trips: measures.trips(),
            failed_by_reason: measures.failed_by_reason(),
            cancelled_by: measures.cancelled_by(),
            peak_live_trips: measures.peak_live_trips(),
            assign: measures.assign(),
            wait: measures.wait(),
            pickup: measures.pickup(),
            eta_error: measures.eta_error(),
            within_120_s: measures.within_120_s(),
            offers: measures.offers(),
            holds: measures.holds(),
            drivers: measures.drivers(),
            equity: Equity::of(&zones),
            zones,
            money: measures.money(),
            series: measures.series().to_vec(),
        }
    }

    /// One JSON object on one line. Money is in minor units, times in seconds, shares are of 1; what was never measured is
    /// `null`.
    ///
    /// # Errors
    ///
    /// What `serde_json` cannot write; it can write all that is in a report.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&json::Document::of(self))
    }

    /// A page for people, of at most [`WIDTH_MAX`] columns, its last line ended.
    pub fn to_text(&self, style: Style) -> String {
        page::Page::new(self, style).draw()
    }

    /// The shares that were asked for, and what they came to.
    pub fn rates(&self) -> Rates {
        let rate = |asked: Share, counted: u64, of: u64| Rate {
            asked,
            realised: quotient(counted.into(), of.into(), 4),
        };
        let Run {
            cancel_rate,
            decline_rate,
            payment_decline_rate,
            ..
        } = self.facts.run;
        let OfferCounts {
            accepted,
            declined,
            expired,
            ..
        } = self.offers;
        Rates {
            cancel: rate(cancel_rate, self.cancelled_by.rider, self.trips.requested),
            decline: rate(decline_rate, declined, accepted + declined + expired),
            payment_decline: rate(payment_decline_rate, self.holds.declined, self.holds.asked),
        }
    }

    /// Events a second of wall time, rounded down.
    pub fn events_per_s(&self) -> u64 {
        per_s(self.facts.verdict.events, self.facts.speed.wall)
    }
}

/// How many of `count` fall on a second of `wall`; 0 where no time passed.
fn per_s(count: u64, wall: Duration) -> u64 {
    let rate = (u128::from(count) * 1_000_000_000).checked_div(wall.as_nanos());
    rate.and_then(|rate| u64::try_from(rate).ok()).unwrap_or_default()
}
