//! `fiacre city`: Manhattan's demand through the whole platform, in one process, on a virtual clock.

mod options;
mod screen;

pub(crate) use options::CityArguments;

use crate::failure::Failure;
use fiacre_city::manhattan::Manhattan;
use fiacre_city::measures::Measures;
use fiacre_city::players::Driven;
use fiacre_city::report::{Facts, Report, Speed, Verdict};
use fiacre_city::run::{self, CityOptions, Moment, Played, Spectator};
use fiacre_city::trips_csv::TripsCsv;
use fiacre_domain::ledger::Account;
use fiacre_domain::money::Currency;
use fiacre_domain::stream::Commit;
use screen::Screen;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many findings are shown in words.
const FINDINGS_SHOWN: usize = 10;

/// What is measured while the city plays.
struct Watch {
    measures: Measures,
}

impl Spectator for Watch {
    fn saw(&mut self, commit: &Commit) {
        self.measures.observe(commit);
    }

    fn drove(&mut self, driven: Driven) {
        let Driven {
            driver,
            kind,
            distance,
            duration,
        } = driven;
        self.measures.note_drive(driver, kind, distance, duration);
    }
}

/// The table of trips, written as they close.
struct Trips {
    path: PathBuf,
    csv: TripsCsv<BufWriter<File>>,
}

impl Trips {
    fn begin(path: &Path, options: &CityOptions) -> Result<Self, Failure> {
        let unwritable = |error| Failure::Unwritable(path.to_owned(), error);
        let file = File::create(path).map_err(unwritable)?;
        let csv = TripsCsv::begin(BufWriter::new(file), options.start(), options.local_start())
            .map_err(unwritable)?;
        Ok(Self {
            path: path.to_owned(),
            csv,
        })
    }

    fn write(&mut self, measures: &mut Measures) -> Result<(), Failure> {
        for row in measures.take_rows() {
            self.csv
                .write(&row)
                .map_err(|error| Failure::Unwritable(self.path.clone(), error))?;
        }
        Ok(())
    }

    fn finish(mut self, measures: &mut Measures) -> Result<(), Failure> {
        self.write(measures)?;
        let written = self.csv.finish().and_then(|mut out| out.flush());
        written.map_err(|error| Failure::Unwritable(self.path, error))
    }
}

impl CityArguments {
    pub(crate) fn run(self, json: bool, out: &mut impl Write) -> Result<(), Failure> {
        let options = self.options()?;
        let mut trips = self
            .trips
            .as_deref()
            .map(|path| Trips::begin(path, &options))
            .transpose()?;
        let mut screen = Screen::new(self.speed);
        let began = Instant::now();
        let manhattan = Manhattan::load().map_err(|error| Failure::City(error.into()))?;
        let currency = options.tariff.currency();
        let mut measures = Measures::new(Arc::new(manhattan), currency, options.start());
        measures.set_drivers(options.drivers);
        if trips.is_some() {
            measures = measures.keeping_rows();
        }
        let mut unwritten = None;
        let look = |moment: &Moment, watch: &mut Watch| {
            if let Some(trips) = &mut trips
                && unwritten.is_none()
            {
                unwritten = trips.write(&mut watch.measures).err();
            }
            screen.show(moment, &watch.measures);
        };
        let (played, mut watch) = run::play(&options, Watch { measures }, look).map_err(Failure::City)?;
        screen.clear();
        if let Some(failure) = unwritten {
            return Err(failure);
        }
        if let Some(trips) = trips {
            trips.finish(&mut watch.measures)?;
        }
        let report = Report::new(&watch.measures, self.facts(&options, &played, began.elapsed()));
        if json {
            writeln!(out, "{}", report.to_json().map_err(Failure::Unserialisable)?)?;
        } else {
            write!(out, "{}", report.to_text(screen::style()))?;
            for (code, count) in &played.refused {
                writeln!(out, "note: {count} requests were refused with {code}")?;
            }
        }
        match played.audit.findings_count() {
            0 => Ok(()),
            findings => Err(Failure::Findings(findings)),
        }
    }

    fn facts(&self, options: &CityOptions, played: &Played, wall: Duration) -> Facts {
        let currency = options.tariff.currency();
        let ledger = played.audit.ledger();
        Facts {
            run: self.described(options),
            digest: played.digest.to_string(),
            verdict: Verdict {
                events: played.events,
                findings: played.audit.findings_count(),
                examples: played
                    .audit
                    .findings()
                    .iter()
                    .take(FINDINGS_SHOWN)
                    .map(ToString::to_string)
                    .collect(),
            },
            accounts: accounts(played, currency),
            ledger_sum: ledger.sum(currency),
            saga: played.coverage.clone(),
            speed: Speed {
                virtual_time: played.virtual_time,
                wall,
                rss_peak_bytes: rss_peak_bytes(),
            },
        }
    }
}

fn accounts(played: &Played, currency: Currency) -> Vec<(Account, i128)> {
    let balances = played.audit.ledger().balances();
    balances
        .filter(|(of, _, _)| *of == currency)
        .map(|(_, account, minor)| (account, minor))
        .collect()
}

/// The most memory that was ever resident, where Linux says so.
fn rss_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}
