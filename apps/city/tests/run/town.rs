//! A small town to play in, and what must hold after every day there, whatever people did.

use fiacre_city::demand::Multiplier;
use fiacre_city::manhattan::Manhattan;
use fiacre_city::measures::Measures;
use fiacre_city::players::{Habits, Share};
use fiacre_city::run::{self, CityError, CityOptions, Played, Venue};
use fiacre_domain::ledger::Movements;
use fiacre_domain::money::Currency;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::Millis;
use fiacre_sandbox_payments::Totals;
use std::sync::Arc;

/// In every case.
pub(crate) const ALWAYS: Share = Share::per_million(1_000_000);

/// People who do nothing but what they said.
pub(crate) const NONE: Habits = Habits {
    cancel: Share::NEVER,
    cancel_at_once: Share::NEVER,
    change_plan: Share::NEVER,
    rethink: Share::NEVER,
    decline: Share::NEVER,
    silent: Share::NEVER,
    withdraw: Share::NEVER,
    unwanted: Share::NEVER,
    hurried: Share::NEVER,
    lost: Share::NEVER,
    no_show: Share::NEVER,
    wrong_code: Share::NEVER,
    dead_phone: Share::NEVER,
    cash: Share::NEVER,
    account: Share::NEVER,
    impatient: Share::NEVER,
    fumble: Share::NEVER,
};

/// A day that was played, and what was counted.
pub(crate) struct Day {
    pub(crate) played: Played,
    pub(crate) measures: Measures,
}

impl Day {
    /// What the ledger says was moved.
    pub(crate) fn movements(&self) -> Movements {
        self.played.audit.ledger().movements(Currency::USD)
    }

    /// What the payment company says was moved.
    pub(crate) fn company(&self) -> Totals {
        self.played
            .company
            .get(&Currency::USD)
            .copied()
            .unwrap_or_default()
    }
}

pub(crate) fn at(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

pub(crate) fn times(factor: f64) -> Multiplier {
    Multiplier::new(factor).unwrap()
}

/// Six minutes of a Friday evening at three hundredths of Manhattan's demand.
pub(crate) fn evening() -> CityOptions {
    CityOptions {
        from: at("18:00"),
        length: Millis::from_minutes(6),
        demand: times(0.03),
        drivers: 200,
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap()))
    }
}

/// Plays in memory, and checks what must hold of every day.
pub(crate) fn play(options: &CityOptions) -> Day {
    play_at(options, Venue::default()).unwrap()
}

/// The same, somewhere.
pub(crate) fn play_at(options: &CityOptions, venue: Venue) -> Result<Day, CityError> {
    let measures = Measures::new(
        Arc::new(Manhattan::load().unwrap()),
        options.tariff.currency(),
        options.start(),
    )
    .keeping_rows();
    let (played, measures) = run::play_at(options, venue, measures, |_, _| {})?;
    let day = Day { played, measures };
    assert_sound(&day);
    Ok(day)
}

/// Why a day is not played.
pub(crate) fn refused(options: &CityOptions) -> CityError {
    let measures = Measures::new(
        Arc::new(Manhattan::load().unwrap()),
        Currency::USD,
        options.start(),
    );
    run::play(options, measures, |_, _| {}).map(|_| ()).unwrap_err()
}

fn assert_sound(day: &Day) {
    let audit = &day.played.audit;
    assert_eq!(audit.findings_count(), 0, "{:?}", audit.findings());
    assert_eq!(day.played.events, audit.events());
    assert_eq!(day.played.parked.count, 0, "{:?}", day.played.parked.examples);
    assert_eq!(day.played.proofs.refused, 0, "{:?}", day.played.proofs.examples);
    let trips = day.measures.trips();
    assert_eq!(
        trips.requested,
        trips.completed + trips.failed + trips.cancelled + trips.rejected
    );
    assert_books_agree(day);
}

/// Three books kept apart: what the trips' events say, what the ledger folds, and what the payment company booked.
fn assert_books_agree(day: &Day) {
    let ledger = day.played.audit.ledger();
    assert_eq!(ledger.sum(Currency::USD), 0);
    let moved = day.movements();
    assert_eq!(moved.open_minor, 0, "{moved:?}");
    assert!(moved.is_balanced(), "{moved:?}");
    let counted = day.measures.money();
    let of_trips = (
        counted.authorised,
        counted.captured,
        counted.released,
        counted.open,
    );
    let of_ledger = (
        moved.authorised_minor,
        moved.captured_minor,
        moved.released_minor,
        moved.open_minor,
    );
    assert_eq!(of_trips, of_ledger);
    let company = day.company();
    // A hold may be placed and lost before the platform hears of it: only the company can know of that one.
    let unseen = company.authorised_minor - moved.authorised_minor;
    assert!(unseen >= 0, "{company:?} against {moved:?}");
    let of_company = (
        company.authorised_minor - unseen,
        company.captured_minor,
        company.released_minor - unseen,
        company.open_minor,
    );
    assert_eq!(of_ledger, of_company);
    assert_eq!(moved.refunded_minor, company.refunded_minor);
    assert_eq!(day.played.differences(), []);
}
