//! The report's JSON: its keys are what programs rely on, so they stand here in one place.

use super::words::clock;
use super::{Asked, Rates, Report, Verdict};
use crate::coverage::Cell;
use crate::measures::{
    CancelCounts, DriverFigures, Equity, EtaError, FailCounts, HoldCounts, MoneyFigures, OfferCounts,
    QuarterFigures, Timing, TripCounts, ZoneFigures, quotient,
};
use crate::players::Share;
use fiacre_domain::time::Weekday;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    seed: u64,
    digest: &'a str,
    trips: TripCounts,
    failed_by_reason: FailCounts,
    cancelled_by: CancelCounts,
    peak_live_trips: u64,
    assign_s: Timing,
    wait_s: Timing,
    pickup_s: Timing,
    eta_error_s: EtaError,
    offers: OfferCounts,
    drivers: &'a DriverFigures,
    zones: &'a [ZoneFigures],
    money: Money<'a>,
    audit: &'a Verdict,
    virtual_s: Option<f64>,
    wall_s: f64,
    events_per_s: u64,
    saga: Vec<SagaCell>,
    rss_peak_bytes: Option<u64>,
    run: Run<'a>,
    rates: Rates,
    refused: BTreeMap<&'static str, u64>,
    holds: HoldCounts,
    within_120_s: Option<f64>,
    equity: Equity,
    quarters: Vec<QuarterFigures>,
    accounts: Vec<Balance>,
}

#[derive(Serialize)]
struct Money<'a> {
    currency: &'a str,
    authorised: i128,
    captured: i128,
    released: i128,
    open: i128,
    debt: i128,
    ledger_sum: i128,
    debt_on_account: i128,
}

#[derive(Serialize)]
struct Run<'a> {
    weekday: &'static str,
    from: String,
    demand: f64,
    matching: &'a str,
    /// The tariff that was played, with its version.
    tariff_played: &'a str,
    cancel_rate: Share,
    decline_rate: Share,
    payment_decline_rate: Share,
    /// Every option besides, by its own name.
    #[serde(flatten)]
    asked: &'a Asked,
}

/// A cell of the saga's table, reached or not.
#[derive(Serialize)]
struct SagaCell {
    state: &'static str,
    fact: &'static str,
    count: u64,
    /// Why an ordinary day may not reach it; none where it does.
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Balance {
    account: String,
    minor: i128,
}

impl<'a> Document<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let facts = &report.facts;
        let quarters = report.series.iter().map(QuarterFigures::from);
        let balances = facts.accounts.iter().map(|(account, minor)| Balance {
            account: account.to_string(),
            minor: *minor,
        });
        Self {
            seed: facts.run.seed,
            digest: &facts.digest,
            trips: report.trips,
            failed_by_reason: report.failed_by_reason,
            cancelled_by: report.cancelled_by,
            peak_live_trips: report.peak_live_trips,
            assign_s: report.assign,
            wait_s: report.wait,
            pickup_s: report.pickup,
            eta_error_s: report.eta_error,
            offers: report.offers,
            drivers: &report.drivers,
            zones: &report.zones,
            money: Money::of(&report.money, facts.ledger_sum),
            audit: &facts.verdict,
            virtual_s: quotient(facts.speed.virtual_time.get().into(), 1_000, 3),
            wall_s: facts.speed.wall.as_secs_f64(),
            events_per_s: report.events_per_s(),
            saga: facts.saga.iter().map(SagaCell::of).collect(),
            rss_peak_bytes: facts.speed.rss_peak_bytes,
            run: Run::of(&facts.run),
            rates: report.rates(),
            refused: facts.refused.iter().copied().collect(),
            holds: report.holds,
            within_120_s: report.within_120_s,
            equity: report.equity,
            quarters: quarters.collect(),
            accounts: balances.collect(),
        }
    }
}

impl SagaCell {
    const fn of(cell: &Cell) -> Self {
        Self {
            state: cell.phase.name(),
            fact: cell.fact.name(),
            count: cell.count,
            reason: match cell.reason() {
                Some(reason) => Some(reason.name()),
                None => None,
            },
        }
    }
}

impl<'a> Money<'a> {
    fn of(money: &'a MoneyFigures, ledger_sum: i128) -> Self {
        let MoneyFigures {
            currency,
            authorised,
            captured,
            released,
            open,
            debt,
            debt_on_account,
        } = money;
        Self {
            currency: currency.code(),
            authorised: *authorised,
            captured: *captured,
            released: *released,
            open: *open,
            debt: *debt,
            ledger_sum,
            debt_on_account: *debt_on_account,
        }
    }
}

impl<'a> Run<'a> {
    fn of(run: &'a super::Run) -> Self {
        Self {
            weekday: weekday(run.weekday),
            from: clock(run.from),
            demand: run.demand,
            matching: &run.matching,
            tariff_played: &run.tariff,
            cancel_rate: run.cancel_rate,
            decline_rate: run.decline_rate,
            payment_decline_rate: run.payment_decline_rate,
            asked: &run.asked,
        }
    }
}

/// As `--weekday` takes it.
const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}
