//! A day in the city: demand in, players and platform on one virtual clock, until every trip is closed.

mod census;
mod left;
mod options;
mod orphans;
mod resume;
mod stage;

pub use options::{
    CityError, CityOptions, DEMAND_MAX, DRIVERS_MAX, DRIVERS_PER_DEMAND, PAYMENT_DECLINES, drivers_for,
};

pub use census::End;
pub(crate) use left::{Beginning, NAME as NOTE};
pub use orphans::{Fate, Orphan, Unexplained};
pub use resume::{Resumed, Way, resume, resume_watched};

use crate::books;
use crate::chronicle::{ChronicleThread, lock};
use crate::coverage::Cell;
use crate::demand::{Ahead, Demand};
use crate::keep::Folders;
use crate::parked::ParkedFigures;
use crate::players::{Accepted, Driven};
use crate::proofs::ProofFigures;
use fiacre_domain::audit::Report as AuditReport;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::Commit;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::units::Millis;
use fiacre_sandbox_payments as sandbox;
use options::UTC_OFFSET;
use stage::Stage;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How much virtual time passes between two looks at the run.
pub const SLICE: Millis = Millis::from_secs(10);
/// How long the city may take to come to rest after its last request: longer than the longest deadline of an order.
const DRAIN_MAX: Millis = Millis::from_minutes(24 * 60);

/// Sees the run while it lasts: every commit, every drive. [`Measures`](crate::measures::Measures) is one.
pub trait RunObserver: Send {
    /// A commit was acknowledged.
    fn saw(&mut self, commit: &Commit);

    /// Somebody drove.
    fn drove(&mut self, driven: Driven);

    /// The trip is over on every stream.
    fn closed(&mut self, _trip: TripId) {}

    /// Nothing more will come of the trip: tips and corrections, which may follow its close, have come to an end too.
    fn over(&mut self, _trip: TripId) {}
}

/// What a run came to.
#[derive(Debug)]
pub struct Played {
    /// The digest of the whole log.
    pub digest: Fingerprint,
    /// The audit of the whole log.
    pub audit: AuditReport,
    /// The price list that was played: what was asked for, or that [with the city's commission](crate::commission).
    pub tariff: Arc<Tariff>,
    /// What was exercised of the saga's table.
    pub coverage: Vec<Cell>,
    /// What became of the batches of matching.
    pub proofs: ProofFigures,
    /// What the payment company says that it moved, by its own books.
    pub company: BTreeMap<Currency, sandbox::Totals>,
    /// How much virtual time passed.
    pub virtual_time: Millis,
    /// Events in the log.
    pub events: u64,
    /// Requests that no desk took, by error code.
    pub refused: Vec<(&'static str, u64)>,
    /// Messages that nobody could handle.
    pub parked: ParkedFigures,
}

impl Played {
    /// Where the ledger and the payment company's own books differ: each is a finding.
    pub fn differences(&self) -> Vec<books::Difference> {
        books::differences(self.audit.ledger(), &self.company)
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Virtual time.
    pub now: Timestamp,
    /// The same, as the clock on the wall shows it.
    pub civil: Option<CivilDateTime>,
    /// Trips that are not closed.
    pub open: usize,
    /// Whether requests are still coming.
    pub demand_lasts: bool,
}

/// The way to a run's observer, for whoever looks at the run.
///
/// The observer sees the run a little later than it happens, beside it; the city stands still until it has caught up. So it is
/// worth asking only by who has something to show.
pub struct ObserverAccess<'a, S>(&'a mut ChronicleThread<S>);

impl<S> std::fmt::Debug for ObserverAccess<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObserverAccess").finish_non_exhaustive()
    }
}

impl<S: RunObserver + 'static> ObserverAccess<'_, S> {
    /// Waits until the observer has seen everything up to this moment, and asks it.
    pub fn with<T>(&mut self, ask: impl FnOnce(&mut S) -> T) -> T {
        ask(&mut self.0.read().observer)
    }
}

/// Where a city is played, and who hears of what is accepted.
pub struct Venue {
    /// Where on disk the platform keeps what it knows, which must hold no run yet; nothing for in memory.
    pub folders: Option<Folders>,
    /// Is told of each trip the moment that its order is accepted: from then on it is durable.
    pub accepted: Accepted,
}

impl Default for Venue {
    fn default() -> Self {
        Self {
            folders: None,
            accepted: Box::new(|_| {}),
        }
    }
}

impl std::fmt::Debug for Venue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Venue")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

/// Plays the city to its end, in memory; `look` is called every ten seconds of virtual time.
///
/// # Errors
///
/// A [`CityError`]: what was [asked](CityOptions::check) cannot be played, a port failed, or the city came to no end.
pub fn play<S: RunObserver + 'static>(
    options: &CityOptions,
    observer: S,
    look: impl FnMut(&Moment, &mut ObserverAccess<'_, S>),
) -> Result<(Played, S), CityError> {
    play_at(options, Venue::default(), observer, look)
}

/// As [`play`], at this venue. One seed gives one digest at each.
///
/// # Errors
///
/// As [`play`]; `CityError::Keep` where what the platform knows cannot be kept there.
pub fn play_at<S: RunObserver + 'static>(
    options: &CityOptions,
    venue: Venue,
    observer: S,
    mut look: impl FnMut(&Moment, &mut ObserverAccess<'_, S>),
) -> Result<(Played, S), CityError> {
    let mut stage = Stage::set(options, venue, observer)?;
    let plan = options.plan()?;
    let demand_ends_at = stage.midnight.plus(plan.end());
    let requests = Ahead::begin(Demand::load()?, Arc::clone(&stage.manhattan), plan);
    let mut requests = requests.map_err(CityError::Thread)?.peekable();
    loop {
        let now = stage.platform.time.now();
        let until = now.plus(SLICE);
        let mut fed = VecDeque::new();
        while requests
            .peek()
            .is_some_and(|request| stage.midnight.plus(request.at()) <= until)
        {
            fed.extend(requests.next());
        }
        lock(&stage.shared).requests.extend(fed);
        // Until the demand ends drivers are on duty, also where nobody asks any more.
        let demand_lasts = requests.peek().is_some() || until <= demand_ends_at;
        stage.platform.executor.run_until(until)?;
        stage.platform.check()?;
        if let Some(error) = lock(&stage.shared).failed.take() {
            return Err(error.into());
        }
        let open = stage.tidy(until)?;
        let moment = Moment {
            now: until,
            civil: CivilDateTime::from_timestamp(until, UTC_OFFSET),
            open,
            demand_lasts,
        };
        look(&moment, &mut ObserverAccess(&mut stage.chronicle));
        let waiting = lock(&stage.shared).requests.len();
        if !demand_lasts && open == 0 && waiting == 0 {
            return stage.end();
        }
        if until > demand_ends_at.plus(DRAIN_MAX) {
            let parked = stage.platform.parked()?;
            return Err(CityError::NotClosed { open, parked });
        }
    }
}
