//! `fiacre city`: Manhattan's demand through the whole platform, in one process, on a virtual clock.

mod options;
mod screen;
mod venue;

pub(crate) use options::CityArguments;

use crate::answer::Answer;
use crate::failure::{EXIT_UNREADABLE, EXIT_USAGE, Failure};
use crate::output;
use fiacre_city::manhattan::Manhattan;
use fiacre_city::measures::Measures;
use fiacre_city::report::{Facts, Report, Speed, Verdict};
use fiacre_city::run::{self, CityOptions, Moment, ObserverAccess, Played};
use fiacre_city::trips_csv::TripsCsv;
use fiacre_domain::ledger::Account;
use fiacre_domain::money::Currency;
use screen::Screen;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many findings are shown in words.
const FINDINGS_SHOWN: usize = 10;

/// The table of trips, written as they close.
struct Trips {
    path: PathBuf,
    csv: TripsCsv<BufWriter<File>>,
}

impl Trips {
    fn begin(path: &Path, options: &CityOptions) -> Result<Self, Failure> {
        let file = output::create(path)?;
        let csv = TripsCsv::begin(BufWriter::new(file), options.start(), options.local_start())
            .map_err(|error| Failure::Unwritten(path.to_owned(), error))?;
        Ok(Self {
            path: path.to_owned(),
            csv,
        })
    }

    /// There is no table of a run that did not begin.
    fn take_back(self) {
        drop(self.csv);
        output::take_back(&self.path);
    }

    fn write(&mut self, measures: &mut Measures) -> Result<(), Failure> {
        for row in measures.take_rows() {
            self.csv
                .write(&row)
                .map_err(|error| Failure::Unwritten(self.path.clone(), error))?;
        }
        Ok(())
    }

    fn finish(mut self, measures: &mut Measures) -> Result<(), Failure> {
        self.write(measures)?;
        let written = self.csv.finish().and_then(|mut out| out.flush());
        written.map_err(|error| Failure::Unwritten(self.path, error))
    }
}

impl CityArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let options = self.options()?;
        if let Some(path) = self.trips.as_ref().filter(|path| self.venue.notes_in(path)) {
            return Err(Failure::Twice(path.clone()));
        }
        let (venue, acknowledged) = self.venue.venue()?;
        let mut trips = self
            .trips
            .as_deref()
            .map(|path| Trips::begin(path, &options))
            .transpose()
            .inspect_err(|_| acknowledged.take_back())?;
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
        let look = |moment: &Moment, observer: &mut ObserverAccess<'_, Measures>| {
            if let Some(trips) = &mut trips
                && unwritten.is_none()
            {
                unwritten = observer.with(|measures| trips.write(measures)).err();
            }
            screen.keep_pace(moment);
            if screen.is_due() {
                let figures = observer.with(|measures| measures.live());
                screen.show(moment, figures);
            }
        };
        let played = run::play_at(&options, venue, measures, look);
        screen.clear();
        let (played, mut measures) = match played.map_err(Failure::City) {
            Err(failure) => {
                if has_not_begun(&failure) {
                    acknowledged.take_back();
                    trips.into_iter().for_each(Trips::take_back);
                }
                return Err(failure);
            }
            Ok(ended) => ended,
        };
        let kept = match (unwritten, trips) {
            (Some(failure), _) => Err(failure),
            (None, Some(trips)) => trips.finish(&mut measures),
            (None, None) => Ok(()),
        };
        let report = Report::new(&measures, self.facts(&options, &played, began.elapsed()));
        let shown = show(&report, answer);
        // What was found weighs most, then the table of trips; the report comes last, for its reader may have seen enough,
        // which is no failure and must hide none.
        verdict(&report).and(acknowledged.finish()).and(kept).and(shown)
    }

    fn facts(&self, options: &CityOptions, played: &Played, wall: Duration) -> Facts {
        let currency = options.tariff.currency();
        let ledger = played.audit.ledger();
        let proofs = &played.proofs;
        let found = played.audit.findings().iter().map(ToString::to_string);
        let differences = played.differences();
        Facts {
            run: self.described(options, &played.tariff),
            digest: played.digest.to_string(),
            verdict: Verdict {
                events: played.events,
                findings: played.audit.findings_count()
                    + u64::try_from(differences.len()).unwrap_or(u64::MAX)
                    + proofs.refused
                    + played.parked.count,
                receipts_verified: played.audit.receipts_verified(),
                batches: proofs.batches,
                batches_verified: proofs.verified,
                parked: played.parked.count,
                examples: found
                    .chain(differences.iter().map(ToString::to_string))
                    .chain(proofs.examples.iter().chain(&played.parked.examples).cloned())
                    .take(FINDINGS_SHOWN)
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
            refused: played.refused.clone(),
        }
    }
}

/// Whether the run was refused, or its folder: then nothing was played.
fn has_not_begun(failure: &Failure) -> bool {
    [EXIT_USAGE, EXIT_UNREADABLE].contains(&failure.exit_code())
}

/// The report, as a page or as JSON.
fn show(report: &Report, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    if answer.is_json() {
        let report = report.to_json().map_err(Failure::Unserialisable)?;
        answer.object_in_json(&report)?;
    } else {
        write!(answer.words(), "{}", report.to_text(screen::style()))?;
    }
    Ok(())
}

/// Whether the audit found anything.
const fn verdict(report: &Report) -> Result<(), Failure> {
    match report.facts.verdict.findings {
        0 => Ok(()),
        findings => Err(Failure::Findings(findings)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use fiacre_city::parked::ParkedFigures;
    use fiacre_city::proofs::ProofFigures;
    use fiacre_city::run::CityError;
    use fiacre_domain::audit::Audit;
    use fiacre_domain::event::Event;
    use fiacre_domain::id::{CommandId, TripId};
    use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
    use fiacre_domain::time::Timestamp;
    use fiacre_domain::trip::TripEvent;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        city: CityArguments,
    }

    /// The report of an empty run with something `planted` in what it came to.
    fn report_with(planted: impl FnOnce(&mut Played)) -> Report {
        let line = Line::try_parse_from(["city", "--demand", "0", "--drivers", "0"]).unwrap();
        let options = line.city.options().unwrap();
        let manhattan = Arc::new(Manhattan::load().unwrap());
        let measures = Measures::new(manhattan, options.tariff.currency(), options.start());
        let (mut played, measures) = run::play(&options, measures, |_, _| {}).unwrap();
        assert_eq!(played.audit.findings_count(), 0);
        planted(&mut played);
        let facts = line.city.facts(&options, &played, Duration::from_secs(1));
        Report::new(&measures, facts)
    }

    #[test]
    fn what_is_played_where_nothing_is_asked_for_is_the_citys_own_friday() {
        let line = Line::try_parse_from(["city"]).unwrap();
        let tariff = Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap());
        assert_eq!(
            format!("{:#?}", line.city.options().unwrap()),
            format!("{:#?}", CityOptions::friday(tariff))
        );
    }

    /// A log in which a trip closes that nobody ordered.
    fn plant_a_finding(played: &mut Played) {
        let mut audit = Audit::default();
        audit.observe(&Commit {
            stream: StreamId::Trip(TripId::from_u128(1)),
            version: Version::new(1),
            region: "manhattan".parse().unwrap(),
            cause: Cause::Command(CommandId::from_u128(1)),
            at: Timestamp::from_ms(0),
            trace: None,
            events: [Event::Trip(TripEvent::Closed)].into(),
        });
        played.audit = audit.finish();
    }

    #[test]
    fn a_batch_that_is_not_proven_is_a_finding() {
        let report = report_with(|played| {
            played.proofs = ProofFigures {
                batches: 4,
                verified: 0,
                refused: 1,
                examples: vec!["matcher: failed to prove the batch optimal".to_owned()],
            };
        });
        assert_eq!(verdict(&report).unwrap_err().exit_code(), 2);
        let page = report.to_text(screen::style());
        assert!(page.contains("0 of 4 matchings sampled and proven"), "{page}");
        assert!(page.contains("failed to prove the batch optimal"), "{page}");
    }

    #[test]
    fn a_parked_message_is_a_finding() {
        let report = report_with(|played| {
            assert_eq!(played.parked, ParkedFigures::default());
            played.parked = ParkedFigures {
                count: 1,
                examples: vec!["DriverLocked driver-7/1/0 is parked in driver-service.manhattan".to_owned()],
            };
        });
        assert_eq!(verdict(&report).unwrap_err().exit_code(), 2);
        let page = report.to_text(screen::style());
        assert!(page.contains("1 message THAT NOBODY COULD HANDLE"), "{page}");
        assert!(page.contains("DriverLocked driver-7/1/0 is parked"), "{page}");
        assert_eq!(
            Failure::City(CityError::NotClosed {
                open: 3,
                parked: ParkedFigures::default()
            })
            .exit_code(),
            2
        );
    }

    #[test]
    fn a_finding_is_shown_and_exits_2_also_where_the_report_cannot_be_written() {
        let report = report_with(plant_a_finding);
        let mut page = Vec::new();
        show(&report, &mut Answer::new(&mut page, false)).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("FINDING"), "{page}");
        let failure = verdict(&report).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("finding"), "{failure}");
        let full = show(&report, &mut Answer::new(Full, true)).unwrap_err();
        assert_eq!(full.exit_code(), 74);
        let both = verdict(&report).and(Err::<(), _>(full)).unwrap_err();
        assert_eq!(both.exit_code(), 2);
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
