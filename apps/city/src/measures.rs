//! What a day in the city came to, counted from the commits as they are appended.
//!
//! [`Measures`] is a fold of its own: it knows the events and none of the rules, so that it can be held against the
//! ledger, the audit and the services. A trip is remembered only until its money has come to an end; everything else is
//! counts, sums and histograms, so that a day of half a million trips costs some megabytes.
//!
//! | measure | is |
//! |---|---|
//! | wait | from the order's acceptance to the driver's arrival |
//! | assign | from the order's acceptance to the assignment of the driver who came |
//! | pick-up | from that assignment to the arrival |
//! | ETA error | the arrival against the pick-up that the accepted offer promised |
//! | live | requested, and not yet completed, failed, cancelled or rejected |
//! | unserved | ended without a ride, for whatever reason |
//!
//! Each is taken once a trip, when the ride begins or the trip ends without one, of the driver who had it then. An arrival
//! is when the device says it was, but no later than when it was recorded. What drivers earn is the pay of the receipts at the
//! trip's end; corrections made later are not counted.
//!
//! ```
//! use fiacre_city::manhattan::Manhattan;
//! use fiacre_city::measures::Measures;
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::time::Timestamp;
//! use std::sync::Arc;
//!
//! let measures = Measures::new(Arc::new(Manhattan::load()?), Currency::USD, Timestamp::from_ms(0));
//! assert_eq!(measures.trips().requested, 0);
//! assert_eq!(measures.wait().p95, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod drivers;
mod figures;
mod histogram;
mod money;
mod quotient;
mod rows;
mod series;
#[cfg(test)]
pub(crate) mod tests;
mod trip;
mod zones;

pub use drivers::{DriveKind, DriverFigures, Earnings};
pub use figures::{
    CancelCounts, EtaError, FailCounts, HoldCounts, LiveFigures, MoneyFigures, OfferCounts, TripCounts,
};
pub use histogram::{Histogram, SECONDS_MAX, Timing};
pub(crate) use quotient::quotient;
pub(crate) use series::QuarterFigures;
pub use series::{QUARTER_MS, Quarter};
pub use trip::{CancelledBy, FailedFor, OrderRow, TripEnd, TripRow, ZoneNumbers};
pub use zones::{Equity, REQUESTS_COMPARED_MIN, ZoneFigures};

use crate::manhattan::Manhattan;
use crate::players::Driven;
use crate::run::RunObserver;
use drivers::Drivers;
use fiacre_domain::dispatch::{DispatchEvent, OfferNumber};
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::pricing::Receipt;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{MoneyOutcome, PersonalPlace, TripEvent, TripRequest};
use fiacre_domain::units::{Millimetres, Millis};
use money::Movements;
use rows::Rows;
use series::Series;
use std::collections::BTreeMap;
use std::sync::Arc;
use trip::OpenTrip;
use zones::Zones;

/// A promise within this is kept.
const PROMISE_KEPT_MS: i64 = 120_000;

/// The arrivals against what was promised.
#[derive(Debug, Clone, Default)]
struct Promises {
    off: Histogram,
    late_sum_ms: i128,
    kept: u64,
}

/// Counts a day as it happens.
#[derive(Debug)]
pub struct Measures {
    manhattan: Arc<Manhattan>,
    start: Timestamp,
    events: u64,
    trips: TripCounts,
    failed: FailCounts,
    cancelled: CancelCounts,
    offers: OfferCounts,
    live: u64,
    live_peak: u64,
    waiting: u64,
    assign: Histogram,
    wait: Histogram,
    pickup: Histogram,
    promises: Promises,
    drivers: Drivers,
    zones: Zones,
    money: Movements,
    series: Series,
    open: BTreeMap<TripId, Box<OpenTrip>>,
    /// When the driver of each offer that nobody has answered would be there.
    promised: BTreeMap<(TripId, OfferNumber), Timestamp>,
    rows: Option<Rows>,
}

impl RunObserver for Measures {
    fn saw(&mut self, commit: &Commit) {
        self.observe(commit);
    }

    fn drove(&mut self, driven: Driven) {
        let Driven {
            driver,
            kind,
            distance,
            duration,
        } = driven;
        self.note_drive(driver, kind, distance, duration);
    }

    fn over(&mut self, trip: TripId) {
        self.note_over(trip);
    }
}

impl Measures {
    /// For a service that starts at `start` and takes money in `currency`.
    pub fn new(manhattan: Arc<Manhattan>, currency: Currency, start: Timestamp) -> Self {
        Self {
            zones: Zones::new(&manhattan),
            manhattan,
            start,
            events: 0,
            trips: TripCounts::default(),
            failed: FailCounts::default(),
            cancelled: CancelCounts::default(),
            offers: OfferCounts::default(),
            live: 0,
            live_peak: 0,
            waiting: 0,
            assign: Histogram::default(),
            wait: Histogram::default(),
            pickup: Histogram::default(),
            promises: Promises::default(),
            drivers: Drivers::default(),
            money: Movements::new(currency),
            series: Series::new(start),
            open: BTreeMap::new(),
            promised: BTreeMap::new(),
            rows: None,
        }
    }

    /// Keeps a [`TripRow`] of every trip that is [over](Measures::note_over), for [`Measures::take_rows`].
    #[must_use]
    pub fn keeping_rows(mut self) -> Self {
        self.rows = Some(Rows::default());
        self
    }

    /// How many drivers are on duty.
    pub const fn set_drivers(&mut self, count: u32) {
        self.drivers.set_count(count);
    }

    /// A driver did this for `duration`, over `distance`; below zero counts as zero. Time on duty is the sum of these.
    pub fn note_drive(&mut self, driver: DriverId, kind: DriveKind, distance: Millimetres, duration: Millis) {
        self.drivers.note(driver, kind, distance, duration);
    }

    /// Nothing more will come of the trip, on any stream: its row is done.
    pub fn note_over(&mut self, trip: TripId) {
        if let Some(rows) = &mut self.rows {
            rows.over(trip);
        }
    }

    /// Counts a commit. Feed every commit of every stream once, in the order in which they were appended.
    pub fn observe(&mut self, commit: &Commit) {
        self.events += u64::try_from(commit.events.len()).unwrap_or_default();
        let Some(trip) = commit.stream.trip() else {
            return;
        };
        for event in commit.events.iter() {
            match event {
                Event::Trip(event) => self.observe_trip(trip, event, commit.at),
                Event::Dispatch(event) => self.observe_search(trip, event, commit.at),
                Event::Payment(event) => self.observe_charge(trip, commit.stream, event),
                Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {}
            }
        }
    }

    fn observe_trip(&mut self, trip: TripId, event: &TripEvent, at: Timestamp) {
        match event {
            TripEvent::Requested(request) => self.request(trip, request),
            TripEvent::Rejected { reason } => self.end_unseen(trip, TripEnd::Rejected(*reason), at),
            TripEvent::Confirmed { .. } => self.confirm(trip),
            TripEvent::Reassigning { round, .. } => self.reassign(trip, *round),
            TripEvent::DriverArrived { device, .. } => self.arrive(trip, device.occurred_at.min(at)),
            TripEvent::Started(_) => self.take_times(trip),
            TripEvent::Completed(completion) => self.end(trip, TripEnd::Completed, Some(completion.due), at),
            TripEvent::Cancelled(cancelled) => {
                let end = TripEnd::Cancelled(cancelled.by.into(), cancelled.reason);
                self.end(trip, end, cancelled.due, at);
                if let Some(receipt) = &cancelled.receipt {
                    self.note_receipt(trip, receipt);
                }
            }
            TripEvent::Failed { reason } => {
                let declined = self.open.get(&trip).and_then(|open| open.declined);
                let reason = FailedFor::new(*reason, declined);
                self.end(trip, TripEnd::Failed(reason), None, at);
            }
            TripEvent::FareSettled(receipt) => self.note_receipt(trip, receipt),
            TripEvent::MoneySettled { outcome } => self.forget(trip, *outcome),
            TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::StartCodeRefused { .. }
            | TripEvent::PlanChanged(_)
            | TripEvent::FareAdjusted(_)
            | TripEvent::LockCleared
            | TripEvent::Closed
            | TripEvent::Tipped(_) => {}
        }
    }

    fn observe_charge(&mut self, trip: TripId, stream: StreamId, event: &PaymentEvent) {
        self.money.fold(stream, event);
        if let (Some(rows), Some(tip)) = (&mut self.rows, self.money.tip_in(event)) {
            rows.tipped(trip, tip);
        }
        if let PaymentEvent::Declined { reason, .. } = event
            && let Some(open) = self.open.get_mut(&trip)
        {
            open.declined = Some(*reason);
        }
    }

    fn request(&mut self, trip: TripId, request: &Arc<TripRequest>) {
        let zone = |place: Option<_>| place.map(|place| self.manhattan.nearest_zone(place));
        let plan = request.plan();
        let pickup_zone = zone(plan.pick_up.known());
        let dropoff_zone = zone(plan.destination.and_then(PersonalPlace::known));
        self.trips.requested += 1;
        self.live += 1;
        self.live_peak = self.live_peak.max(self.live);
        self.waiting += 1;
        self.series.requested(request.accepted_at());
        if let Some(zone) = pickup_zone {
            self.zones.requested(zone);
        }
        let open = OpenTrip::new(Arc::clone(request), pickup_zone, dropoff_zone);
        self.open.insert(trip, Box::new(open));
    }

    fn confirm(&mut self, trip: TripId) {
        if let Some(open) = self.open.get_mut(&trip)
            && !open.was_confirmed
        {
            open.was_confirmed = true;
            self.trips.confirmed += 1;
        }
    }

    fn reassign(&mut self, trip: TripId, round: u8) {
        let Some(open) = self.open.get_mut(&trip) else {
            return;
        };
        open.round = round;
        (open.driver, open.assigned, open.promised, open.arrived) = (None, None, None, None);
        if !open.is_waiting {
            open.is_waiting = true;
            self.waiting += 1;
        }
    }

    fn arrive(&mut self, trip: TripId, at: Timestamp) {
        let Some(open) = self.open.get_mut(&trip) else {
            return;
        };
        open.arrived = Some(open.after(at));
        if open.is_waiting {
            open.is_waiting = false;
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    /// The ride begins, or there will be none: what the rider waited for will not change any more.
    fn take_times(&mut self, trip: TripId) {
        let Some(open) = self.open.get(&trip) else {
            return;
        };
        if let Some(assigned) = open.assigned {
            self.assign.record(assigned.ms().into());
        }
        if let Some(pickup_ms) = open.pickup_ms() {
            self.pickup.record(pickup_ms.into());
        }
        let Some(wait_ms) = open.arrived.map(|arrived| i64::from(arrived.ms())) else {
            return;
        };
        self.wait.record(wait_ms);
        self.series.waited(open.request.accepted_at(), wait_ms);
        if let Some(zone) = open.pickup_zone {
            self.zones.waited(zone, wait_ms);
        }
        if let Some(promised) = open.promised {
            let late_ms = wait_ms - i64::from(promised.ms());
            self.promises.off.record(late_ms.abs());
            self.promises.late_sum_ms += i128::from(late_ms);
            self.promises.kept += u64::from(late_ms.abs() <= PROMISE_KEPT_MS);
        }
    }

    fn end(&mut self, trip: TripId, end: TripEnd, due: Option<Money>, at: Timestamp) {
        if end != TripEnd::Completed {
            self.take_times(trip);
        }
        let Some(open) = self.open.get_mut(&trip) else {
            self.end_unseen(trip, end, at);
            return;
        };
        open.end = Some(end);
        open.due_minor = due.map_or(0, Money::minor);
        self.live = self.live.saturating_sub(1);
        self.waiting = self.waiting.saturating_sub(u64::from(open.is_waiting));
        open.is_waiting = false;
        let (asked_at, zone) = (open.request.accepted_at(), open.pickup_zone);
        self.count_end(end, asked_at);
        if let Some(zone) = zone
            && end != TripEnd::Completed
        {
            self.zones.unserved(zone);
        }
    }

    /// An order was not taken, or cancelled before it was seen: it never lived.
    fn end_unseen(&mut self, trip: TripId, end: TripEnd, at: Timestamp) {
        self.trips.requested += 1;
        self.series.requested(at);
        self.count_end(end, at);
        if let Some(rows) = &mut self.rows {
            rows.unseen(TripRow::without_order(trip, end));
        }
    }

    fn count_end(&mut self, end: TripEnd, asked_at: Timestamp) {
        match end {
            TripEnd::Completed => {
                self.trips.completed += 1;
                self.series.completed(asked_at);
                return;
            }
            TripEnd::Failed(reason) => {
                self.trips.failed += 1;
                *match reason {
                    FailedFor::NoDriver => &mut self.failed.no_driver,
                    FailedFor::PaymentDeclined => &mut self.failed.payment_declined,
                    FailedFor::PaymentUnconfirmed => &mut self.failed.payment_unconfirmed,
                    FailedFor::PaymentUnanswered => &mut self.failed.payment_unanswered,
                    FailedFor::PaymentLost => &mut self.failed.payment_lost,
                    FailedFor::Expired => &mut self.failed.expired,
                    FailedFor::ReassignmentsUsedUp => &mut self.failed.reassignments_used_up,
                } += 1;
            }
            TripEnd::Cancelled(by, _) => {
                self.trips.cancelled += 1;
                *match by {
                    CancelledBy::Rider => &mut self.cancelled.rider,
                    CancelledBy::Driver => &mut self.cancelled.driver,
                    CancelledBy::Operator => &mut self.cancelled.operator,
                    CancelledBy::Timer => &mut self.cancelled.timer,
                } += 1;
            }
            TripEnd::Rejected(_) => self.trips.rejected += 1,
        }
        self.series.unserved(asked_at);
    }

    fn note_receipt(&mut self, trip: TripId, receipt: &Receipt) {
        self.trips.flagged += u64::from(receipt.is_flagged());
        let pay = receipt.pay().total();
        let driver = self.open.get(&trip).and_then(|open| open.driver);
        if let Some(driver) = driver
            && pay.currency() == self.money.currency
        {
            self.drivers.earn(driver, pay.minor());
        }
    }

    /// Nothing more will be measured of the trip.
    fn forget(&mut self, trip: TripId, money: MoneyOutcome) {
        let Some(open) = self.open.remove(&trip) else {
            return;
        };
        if let (Some(rows), Some(end)) = (&mut self.rows, open.end) {
            let zones = ZoneNumbers {
                pickup: open.pickup_zone.and_then(|zone| self.zones.number(zone)),
                dropoff: open.dropoff_zone.and_then(|zone| self.zones.number(zone)),
            };
            rows.settled(open.row(trip, end, money, zones));
        }
    }

    fn observe_search(&mut self, trip: TripId, event: &DispatchEvent, at: Timestamp) {
        match *event {
            DispatchEvent::OfferMade(ref offer) => {
                self.offers.made += 1;
                self.promised
                    .insert((trip, offer.number), offer.promised_pick_up_at);
                if let Some(open) = self.open.get_mut(&trip) {
                    open.offers = open.offers.saturating_add(1);
                }
            }
            DispatchEvent::OfferAccepted { offer, .. } => {
                self.offers.accepted += 1;
                if let (Some(promised_at), Some(open)) =
                    (self.promised.remove(&(trip, offer)), self.open.get_mut(&trip))
                {
                    open.promised = Some(open.after(promised_at));
                }
            }
            DispatchEvent::OfferDeclined { offer, .. } => {
                self.offers.declined += 1;
                self.promised.remove(&(trip, offer));
            }
            DispatchEvent::OfferExpired { offer, .. } => {
                self.offers.expired += 1;
                self.promised.remove(&(trip, offer));
            }
            DispatchEvent::OfferWithdrawn { offer, .. } => {
                self.offers.withdrawn += 1;
                self.promised.remove(&(trip, offer));
            }
            DispatchEvent::DriverAssigned { round, driver, .. } => {
                // A lock of an older round, or after the end, is only waiting for its release.
                if let Some(open) = self.open.get_mut(&trip)
                    && round >= open.round
                    && open.end.is_none()
                {
                    open.driver = Some(driver);
                    open.assigned = Some(open.after(at));
                }
            }
            DispatchEvent::SearchStarted { .. }
            | DispatchEvent::SearchChanged { .. }
            | DispatchEvent::SearchPaused { .. }
            | DispatchEvent::SearchResumed { .. }
            | DispatchEvent::ReleaseAsked { .. }
            | DispatchEvent::ReleaseNoted { .. }
            | DispatchEvent::NoDriverFound { .. }
            | DispatchEvent::DispatchEnding
            | DispatchEvent::DispatchClosed => {}
        }
    }
}

/// What was measured so far.
impl Measures {
    /// When service started.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// How many trips, by how they ended.
    pub const fn trips(&self) -> TripCounts {
        self.trips
    }

    /// Why trips failed.
    pub const fn failed_by_reason(&self) -> FailCounts {
        self.failed
    }

    /// Who cancelled.
    pub const fn cancelled_by(&self) -> CancelCounts {
        self.cancelled
    }

    /// The most trips that were live at once.
    pub const fn peak_live_trips(&self) -> u64 {
        self.live_peak
    }

    /// From the order to the assignment.
    pub fn assign(&self) -> Timing {
        self.assign.timing()
    }

    /// From the order to the arrival.
    pub fn wait(&self) -> Timing {
        self.wait.timing()
    }

    /// From the assignment to the arrival.
    pub fn pickup(&self) -> Timing {
        self.pickup.timing()
    }

    /// Arrivals against what was promised.
    pub fn eta_error(&self) -> EtaError {
        let Promises { off, late_sum_ms, .. } = &self.promises;
        EtaError {
            bias: quotient(*late_sum_ms, i128::from(off.count()) * 1_000, 1),
            mae: off.mean_s(),
            p90: off.percentile_s(90),
        }
    }

    /// The share of arrivals within 120 s of the promise, of 1.
    pub fn within_120_s(&self) -> Option<f64> {
        quotient(self.promises.kept.into(), self.promises.off.count().into(), 4)
    }

    /// What became of offers.
    pub const fn offers(&self) -> OfferCounts {
        self.offers
    }

    /// What became of holds.
    pub const fn holds(&self) -> HoldCounts {
        self.money.hold_counts
    }

    /// How drivers spent their day, and what it paid.
    pub fn drivers(&self) -> DriverFigures {
        self.drivers.figures(self.trips.completed)
    }

    /// Every zone, by ascending TLC number.
    pub fn zones(&self) -> Vec<ZoneFigures> {
        self.zones.figures()
    }

    /// What moved at the gateway.
    pub fn money(&self) -> MoneyFigures {
        MoneyFigures {
            currency: self.money.currency,
            authorised: self.money.authorised_minor,
            captured: self.money.captured_minor,
            released: self.money.released_minor,
            open: self.money.open_minor(),
            debt: self.money.debt_minor,
            debt_on_account: self.money.debt_on_account_minor,
        }
    }

    /// The day by quarter-hours, from the start of service.
    pub fn series(&self) -> &[Quarter] {
        self.series.quarters()
    }

    /// What the progress line shows.
    pub fn live(&self) -> LiveFigures {
        LiveFigures {
            live_trips: self.live,
            waiting: self.waiting,
            confirmed: self.trips.confirmed,
            wait_p95_s: self.wait.percentile_s(95),
            events: self.events,
        }
    }

    /// Trips whose money has not come to an end yet.
    pub fn trips_open(&self) -> usize {
        self.open.len()
    }

    /// The rows since the last call, in the order in which trips were [over](Measures::note_over); none unless rows are
    /// [kept](Measures::keeping_rows).
    pub fn take_rows(&mut self) -> Vec<TripRow> {
        self.rows.as_mut().map(Rows::take).unwrap_or_default()
    }
}
