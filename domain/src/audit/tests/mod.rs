mod aftermath;
mod bookings;
mod endings;
mod events;
mod fees;
mod findings;
mod limits;
mod log;
mod orders;
mod rules;
mod seldom;
mod unpriced;

use super::Audit;
use crate::ledger::Account;
use crate::money::Currency;
use crate::stream::Commit;
use bookings::ALL;
use log::Log;

#[test]
fn a_log_without_a_flaw_has_no_finding() {
    for (name, booking) in ALL {
        let report = booking().audited();
        let texts: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
        assert_eq!(texts, [""; 0], "{name}");
    }
}

/// Takes the streams one after the other, from the last to the first: as far from the order of the log as it gets.
fn backwards(log: &Log) -> Vec<Commit> {
    let mut commits = log.commits.clone();
    commits.sort_by(|one, other| (other.stream, one.version).cmp(&(one.stream, other.version)));
    commits
}

#[test]
fn effects_may_be_read_long_before_their_causes() {
    for (name, booking) in ALL {
        let mut audit = Audit::default();
        for commit in backwards(&booking()) {
            audit.observe(&commit);
        }
        assert_eq!(audit.finish().findings(), [], "{name}");
    }
}

#[test]
fn a_closed_trip_is_forgotten_unless_its_money_went_on() {
    for (name, booking) in ALL {
        let mut audit = Audit::default();
        for commit in &booking().commits {
            audit.observe(commit);
        }
        let goes_on = [
            "with aftermath",
            "stray capture returned",
            "lost twice",
            "cancelled first",
        ];
        let is_corrected = name.contains("corrected") || name == "tip declined";
        let kept = usize::from(goes_on.contains(&name) || is_corrected);
        assert_eq!(audit.trips_kept(), kept, "{name}");
        assert_eq!(audit.trips_open(), 0, "what is kept is over: {name}");
    }
}

#[test]
fn every_booking_leaves_the_rider_owing_nothing_but_what_is_being_collected() {
    for (name, booking) in ALL {
        let report = booking().audited();
        let ledger = report.ledger();
        assert_eq!(ledger.sum(Currency::USD), 0, "{name}");
        assert!(ledger.movements(Currency::USD).is_balanced(), "{name}");
        assert_eq!(ledger.movements(Currency::USD).open_minor, 0, "{name}");
        let collected = if name == "lost twice" { log::FARE_MINOR } else { 0 };
        let rider = ledger.balance(Account::Rider, Currency::USD);
        assert_eq!(rider, i128::from(collected), "{name}");
    }
}

#[test]
fn the_report_counts_what_it_read() {
    let log = bookings::whole();
    let report = log.audited();
    let events: usize = log.commits.iter().map(|commit| commit.events.len()).sum();
    assert_eq!(report.commits(), log.commits.len() as u64);
    assert_eq!(report.events(), events as u64);
    assert_eq!(report.findings_count(), 0);
}
