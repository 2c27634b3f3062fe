//! The report as a page for people.

use super::chart::Chart;
use super::style::{Ink, Style, shortened};
use super::words::{amount, clock, count, counted, dash, hours, minutes, percent, percent_of, span, weekday};
use super::{Report, money, per_s, saga};
use crate::measures::{REQUESTS_COMPARED_MIN, ZoneFigures};
use crate::players::TURNED_AWAY;
use std::cmp::Reverse;
use std::fmt::Write as _;

/// A zone with fewer riders without a ride is not listed among the worst: a share of few is somebody's luck.
const UNSERVED_LISTED_MIN: u32 = 5;
/// How many zones a table lists.
const ZONES_LISTED: usize = 5;
const ZONE_NAME_WIDTH: usize = 29;
/// What else stands in a line of a table: its margin, four figures and the blanks between them.
const ZONE_FIGURES_WIDTH: usize = 46;
const BAR_WIDTH: usize = 24;
const MS_PER_S: i64 = 1_000;

pub(super) struct Page<'a> {
    report: &'a Report,
    style: Style,
}

impl<'a> Page<'a> {
    pub(super) const fn new(report: &'a Report, style: Style) -> Self {
        Self { report, style }
    }

    /// All sections, an empty line between them.
    pub(super) fn draw(&self) -> String {
        let chart = Chart::new(self.style, self.report.facts.run.from, &self.report.series);
        let sections = [
            self.header(),
            self.riders(),
            chart.draw(),
            money::draw(self.report, self.style),
            self.zones(),
            self.drivers(),
            saga::draw(self.report, self.style),
            self.verdict(),
        ];
        let told: Vec<String> = sections
            .into_iter()
            .filter(|section| !section.is_empty())
            .collect();
        told.join("\n")
    }

    fn header(&self) -> String {
        let run = &self.report.facts.run;
        let title = format!(
            "Manhattan, {} {} for {}",
            weekday(run.weekday),
            clock(run.from),
            hours(run.duration.get())
        );
        let mut page = self.style.paint(Ink::Strong, &title);
        page.push('\n');
        let settings = [
            format!("demand × {}", run.demand),
            counted(self.report.drivers.count.into(), "driver"),
            format!("{} matching", run.matching),
            format!("tariff {}", run.tariff),
            format!("seed {}", run.seed),
        ]
        .map(|setting| self.style.paint(Ink::Faint, &setting));
        page + &self.style.flow(0, &settings)
    }

    fn riders(&self) -> String {
        let trips = &self.report.trips;
        let rode = format!(
            "{} rode ({})",
            count(trips.completed),
            percent_of(trips.completed, trips.requested)
        );
        let riders = [
            format!("{} asked for a ride", count(trips.requested)),
            self.style.paint(Ink::Strong, &rode),
            format!("at most {} at once", counted(self.report.peak_live_trips, "trip")),
        ];
        self.style.paragraph("Riders", &riders) + &self.without() + &self.waits() + &self.rates()
    }

    /// What kept riders from a ride.
    fn without(&self) -> String {
        let Report {
            trips,
            failed_by_reason: failed,
            cancelled_by: cancelled,
            ..
        } = self.report;
        let failures = [
            ("found no driver", failed.no_driver),
            ("were declined by their bank", failed.payment_declined),
            (
                "did not confirm the payment to their bank",
                failed.payment_unconfirmed,
            ),
            ("heard nothing from their bank in time", failed.payment_unanswered),
            ("lost the hold on their card twice", failed.payment_lost),
            ("were not confirmed in time", failed.expired),
            ("lost driver after driver", failed.reassignments_used_up),
        ];
        let cancels = [
            ("cancelled", cancelled.rider),
            // Whoever says so first, the driver or the platform's own timer.
            ("did not come to the car", cancelled.driver + cancelled.timer),
            ("cancelled by an operator", cancelled.operator),
            ("were refused", trips.rejected),
        ];
        let mut without: Vec<String> = failures
            .into_iter()
            .chain(cancels)
            .filter(|(_, number)| *number > 0)
            .map(|(what, number)| format!("{} {what}", count(number)))
            .collect();
        if without.is_empty() {
            without.push("nobody".to_owned());
        }
        self.style.paragraph("No ride", &without)
    }

    fn waits(&self) -> String {
        let Report {
            wait, assign, pickup, ..
        } = self.report;
        let half = format!("half had a car within {} of ordering", span(wait.p50));
        let waits = [
            self.style.paint(Ink::Strong, &half),
            format!("95% within {}", span(wait.p95)),
        ];
        let parts = [
            format!("half had a driver within {}", span(assign.p50)),
            format!("half of the drivers came in {}", span(pickup.p50)),
        ];
        let is_told = wait.p50.is_some();
        self.paragraph_if(is_told, "Waits", &waits) + &self.paragraph_if(is_told, "", &parts)
    }

    /// What the shares that can be asked for came to: chance never meets them to the digit.
    fn rates(&self) -> String {
        let rates = self.report.rates();
        let told = [
            ("of riders cancelled", rates.cancel),
            ("of offers were declined", rates.decline),
            ("of card holds were declined", rates.payment_decline),
        ]
        .into_iter()
        .filter(|(_, rate)| rate.realised.is_some())
        .map(|(what, rate)| {
            let (realised, asked) = (percent(rate.realised), rate.asked.per_cent());
            format!("{realised} {what} (set: {asked}%)")
        })
        .collect::<Vec<_>>();
        self.paragraph_if(!told.is_empty(), "Habits", &told)
    }

    /// A paragraph where there is something to tell, and nothing elsewhere.
    fn paragraph_if(&self, is_told: bool, label: &str, items: &[String]) -> String {
        if is_told {
            self.style.paragraph(label, items)
        } else {
            String::new()
        }
    }

    fn zones(&self) -> String {
        let busy = || {
            self.report
                .zones
                .iter()
                .filter(|zone| zone.requested >= REQUESTS_COMPARED_MIN)
        };
        let mut by_wait: Vec<_> = busy().filter(|zone| zone.wait_p95.is_some()).collect();
        by_wait.sort_by_key(|zone| (Reverse(zone.wait_p95), zone.zone));
        let mut by_unserved: Vec<_> = busy()
            .filter(|zone| zone.unserved >= UNSERVED_LISTED_MIN)
            .collect();
        by_unserved.sort_by_key(|zone| (Reverse(unserved_ppm(zone)), zone.zone));
        let mut page = self.table("Longest waits (minutes:seconds)", &by_wait, |zone| {
            zone.wait_p95.unwrap_or_default().into()
        });
        page.push_str(&self.table("Most riders without a ride", &by_unserved, unserved_ppm));
        page
    }

    fn table(&self, title: &str, zones: &[&ZoneFigures], measure: impl Fn(&ZoneFigures) -> u64) -> String {
        let Some(worst) = zones.first().map(|zone| measure(zone)) else {
            return format!("{title}: too few anywhere to tell.\n");
        };
        let mut page = self.style.paint(
            Ink::Strong,
            &format!("{title:<width$}", width = ZONE_NAME_WIDTH + 2),
        );
        page.push_str(
            &self
                .style
                .paint(Ink::Faint, "   asked  no ride  half within  95% within"),
        );
        page.push('\n');
        let room = self
            .style
            .columns()
            .saturating_sub(ZONE_NAME_WIDTH + ZONE_FIGURES_WIDTH)
            .min(BAR_WIDTH);
        for zone in zones.iter().take(ZONES_LISTED) {
            let _ = write!(
                page,
                "  {:<ZONE_NAME_WIDTH$}{:>8} {:>8} {:>12} {:>11}  {}",
                shortened(&zone.name, ZONE_NAME_WIDTH),
                count(zone.requested.into()),
                percent(zone.unserved_share()),
                minutes(zone.wait_p50),
                minutes(zone.wait_p95),
                self.style
                    .paint(Ink::Poor, &money::bar(measure(zone).into(), worst.into(), room)),
            );
            page.truncate(page.trim_end().len());
            page.push('\n');
        }
        page
    }

    fn drivers(&self) -> String {
        [
            self.day(),
            self.earnings(),
            self.fairness(),
            self.offers(),
            self.promises(),
        ]
        .concat()
    }

    /// What drivers' time and metres went into.
    fn day(&self) -> String {
        let drivers = &self.report.drivers;
        let time = [
            format!("{} of their time with a rider", percent(drivers.occupied_share)),
            format!("{} on the way to one", percent(drivers.enroute_share)),
            format!("{} free", percent(drivers.open_share)),
        ];
        let rides = [
            format!("{} rides an hour each", figure(drivers.completed_per_h, 2)),
            format!(
                "{} of the distance without a rider",
                percent(drivers.deadhead_share_m)
            ),
        ];
        self.paragraph_if(drivers.count > 0, "Drivers", &time)
            + &self.paragraph_if(drivers.count > 0 && self.report.trips.completed > 0, "", &rides)
    }

    fn earnings(&self) -> String {
        let currency = self.report.money.currency;
        let pay = |minor: Option<i64>| minor.map_or_else(dash, |minor| amount(minor.into(), currency));
        let earned = &self.report.drivers.earnings_per_h;
        let earnings = [
            format!("half made {} {currency} an hour or more", pay(earned.p50)),
            format!("one in ten {} or less", pay(earned.p10)),
            format!("one in ten {} or more", pay(earned.p90)),
            format!(
                "inequality {} (Gini: 0 is none, 1 is all)",
                figure(self.report.drivers.gini, 2)
            ),
        ];
        self.paragraph_if(earned.p50.is_some(), "Earnings", &earnings)
    }

    /// How unlike the zones were.
    fn fairness(&self) -> String {
        let equity = &self.report.equity;
        if equity.zones < 2 {
            return String::new();
        }
        let compared = format!(
            "the worst tenth of {} zones against the best tenth:",
            equity.zones
        );
        let mut page = self.style.paragraph("Fairness", &[compared]);
        if equity.wait_p95_worst_s.is_some() {
            let waits = format!(
                "95% had a car within {} against {}: {} times as long",
                span(whole_s(equity.wait_p95_worst_s)),
                span(whole_s(equity.wait_p95_best_s)),
                figure(equity.wait_p95_ratio, 1)
            );
            page.push_str(&self.style.paragraph("", &[waits]));
        }
        let (worst, best) = (percent(equity.unserved_worst), percent(equity.unserved_best));
        page + &self
            .style
            .paragraph("", &[format!("{worst} of riders had no ride against {best}")])
    }

    fn offers(&self) -> String {
        let offers = &self.report.offers;
        let offered = [
            format!("{} made to drivers", count(offers.made)),
            format!("{} accepted", count(offers.accepted)),
            format!("{} declined", count(offers.declined)),
            format!("{} left unanswered", count(offers.expired)),
            format!("{} taken back", count(offers.withdrawn)),
        ];
        self.paragraph_if(offers.made > 0, "Offers", &offered)
    }

    fn promises(&self) -> String {
        let error = &self.report.eta_error;
        let Some(bias) = error.bias else {
            return String::new();
        };
        let bias = if bias < 0.0 {
            format!("{:.0} s early on average", -bias)
        } else {
            format!("{bias:.0} s late on average")
        };
        let promises = [
            format!(
                "{} of drivers came within 2 min of the time promised",
                percent(self.report.within_120_s)
            ),
            bias,
            format!("nine in ten were off by {} or less", span(error.p90)),
        ];
        self.style.paragraph("Promises", &promises)
    }

    fn verdict(&self) -> String {
        [self.refused(), self.audit(), self.speed(), self.digest()].concat()
    }

    /// Orders that never became a trip.
    fn refused(&self) -> String {
        let refused = &self.report.facts.refused;
        let told: Vec<String> = refused
            .iter()
            .map(|(code, number)| match *code {
                TURNED_AWAY => format!("{} turned away for good ({code})", counted(*number, "rider")),
                code => format!("{} requests ({code})", count(*number)),
            })
            .collect();
        self.paragraph_if(!told.is_empty(), "Refused", &told)
    }

    fn audit(&self) -> String {
        let facts = &self.report.facts;
        let verdict = &facts.verdict;
        let findings = match verdict.findings {
            0 => self.style.paint(Ink::Good, "no finding"),
            1 => self.style.paint(Ink::Bad, "1 FINDING"),
            findings => self
                .style
                .paint(Ink::Bad, &format!("{} FINDINGS", count(findings))),
        };
        let currency = self.report.money.currency;
        let ledger = match facts.ledger_sum {
            0 => "the ledger sums to zero".to_owned(),
            sum => self.style.paint(
                Ink::Bad,
                &format!("THE LEDGER IS OFF BY {} {currency}", amount(sum, currency)),
            ),
        };
        let mut audit = vec![
            format!("{findings} in {}", counted(verdict.events, "event")),
            ledger,
            format!("{} verified", counted(verdict.receipts_verified, "receipt")),
        ];
        if verdict.batches > 0 {
            let (proven, made) = (count(verdict.batches_verified), count(verdict.batches));
            audit.push(format!("{proven} of {made} matchings sampled and proven optimal"));
        }
        if verdict.parked > 0 {
            let parked = counted(verdict.parked, "message");
            audit.push(
                self.style
                    .paint(Ink::Bad, &format!("{parked} THAT NOBODY COULD HANDLE")),
            );
        }
        let mut page = self.style.paragraph("Audit", &audit);
        for example in &verdict.examples {
            let _ = writeln!(
                page,
                "           {}",
                shortened(example, self.style.columns() - 11)
            );
        }
        page
    }

    fn speed(&self) -> String {
        let facts = &self.report.facts;
        // What counts is the demand that was played: until the last trip has closed, hours pass in which little happens.
        let demanded = facts.run.duration;
        let demanded_s = u64::try_from(demanded.get().max(0) / MS_PER_S).unwrap_or_default();
        let mut speed = vec![
            format!(
                "{} of demand played in {:.1} s",
                hours(demanded.get()),
                facts.speed.wall.as_secs_f64()
            ),
            self.style.paint(
                Ink::Strong,
                &format!("{} × real time", count(per_s(demanded_s, facts.speed.wall))),
            ),
            format!("{} events a second", count(self.report.events_per_s())),
            format!(
                "the last trip closed after {}",
                hours(facts.speed.virtual_time.get())
            ),
        ];
        if let Some(bytes) = facts.speed.rss_peak_bytes {
            speed.push(format!("{} MB of memory at most", count(bytes / 1_000_000)));
        }
        self.style.paragraph("Speed", &speed)
    }

    fn digest(&self) -> String {
        let digest = std::slice::from_ref(&self.report.facts.digest);
        self.style.paragraph("Digest", digest)
    }
}

/// The share without a ride, in millionths.
fn unserved_ppm(zone: &ZoneFigures) -> u64 {
    u64::from(zone.unserved) * 1_000_000 / u64::from(zone.requested.max(1))
}

/// In whole seconds.
fn whole_s(seconds: Option<f64>) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a wait is not negative, and shorter than a century"
    )]
    seconds.map(|seconds| seconds.round() as u32)
}

/// A figure with so many digits, or a dash where there is none.
fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(dash, |value| format!("{value:.digits$}"))
}
