//! Logs, written commit by commit.

use crate::audit::{Audit, Finding, Report};
use crate::dispatch::{DispatchEvent, Offer, OfferNumber, SearchBrief};
use crate::driver::{DriverEvent, Fence, ReleaseReason};
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::id::{CommandId, DriverId, IntentId, PrincipalId, TripId};
use crate::matching::{Terms, Verdicts};
use crate::money::{Currency, Money};
use crate::payment::{AuthorizationStart, Charge, PaymentEvent, Purpose, SettlementBasis};
use crate::place::Place;
use crate::pricing::{
    Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, Fault, FeeRule, Meter,
    MeterReading, Quote, Receipt, Ride, Segment, Surge, Tariff,
};
use crate::ratio::Ratio;
use crate::requirements::{Capabilities, Requirements};
use crate::stream::{Cause, ChargeNumber, Commit, EventId, StreamId, Version};
use crate::time::Timestamp;
use crate::trip::{
    Actor, AuthorizationNumber, CancelReason, Cancelled, Completion, DeviceFact, MoneyOutcome, Order,
    PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, PlanChange, Secured, Stage, Start,
    StartProof, TripEvent, TripPolicy, TripRequest,
};
use crate::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

pub(super) const TRIP_ID: TripId = TripId::from_u128(0x71);
pub(super) const OTHER_ID: TripId = TripId::from_u128(0x72);
pub(super) const TRIP: StreamId = StreamId::Trip(TRIP_ID);
pub(super) const SEARCH: StreamId = StreamId::Dispatch(TRIP_ID);
pub(super) const FARE: StreamId = StreamId::Payment(TRIP_ID, ChargeNumber::FARE);
/// Charges beside the fare: of a correction, and of a tip.
pub(super) const FURTHER: Charge = Charge {
    number: ChargeNumber(1),
    purpose: Purpose::Correction,
};
pub(super) const TIPPED: Charge = Charge {
    number: ChargeNumber(2),
    purpose: Purpose::Tip,
};
pub(super) const MORE: StreamId = StreamId::Payment(TRIP_ID, FURTHER.number);
pub(super) const TIP: StreamId = StreamId::Payment(TRIP_ID, TIPPED.number);
pub(super) const ADA: DriverId = DriverId::from_u128(0xada);
pub(super) const BOB: DriverId = DriverId::from_u128(0xb0b);
pub(super) const A0: AuthorizationNumber = AuthorizationNumber(0);
pub(super) const A1: AuthorizationNumber = AuthorizationNumber(1);
/// What the quoted ride costs, and the fee of a late cancellation, in cents.
pub(super) const FARE_MINOR: i64 = 1_700;
pub(super) const FEE_MINOR: i64 = 500;
/// What a no-show costs, in cents: four fifths of it are the driver's.
pub(super) const NO_SHOW_MINOR: i64 = 700;
/// A payment that was captured in whole.
pub(super) const CAPTURED: MoneyOutcome = outcome(FARE_MINOR, 0, 0);

pub(super) const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

pub(super) const fn outcome(captured_minor: i64, debt_minor: i64, cash_minor: i64) -> MoneyOutcome {
    MoneyOutcome {
        currency: Some(Currency::USD),
        captured_minor,
        debt_minor,
        cash_minor,
    }
}

pub(super) const fn fence(count: u32) -> Fence {
    Fence { epoch: 0, count }
}

/// What leads to a commit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// Somebody's command, another each time.
    Asked,
    /// The first event of this commit.
    On(StreamId, u32),
}

/// A second passes with each commit. A deadline that an event gives as [`UNSET`] is set as the order's policy says.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    pub(super) commits: Vec<Commit>,
    /// What passed besides.
    waited: Millis,
}

/// A deadline that the log sets as the policy says.
pub(super) const UNSET: Timestamp = Timestamp::MAX;

impl Log {
    /// With one more commit at the end of its stream.
    pub(super) fn with<E: Into<Event>>(
        mut self,
        stream: StreamId,
        why: Why,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        let number = self.commits.len();
        let cause = match why {
            Why::Asked => Cause::Command(CommandId::from_u128(number as u128)),
            Why::On(stream, version) => Cause::Event(EventId::new(stream, Version::new(version), 0)),
        };
        let at = Timestamp::from_ms(1_000 * i64::try_from(number).unwrap()).plus(self.waited);
        self.commits.push(Commit {
            stream,
            version: self.head(stream).next(),
            at,
            cause,
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: events.into_iter().map(|event| dated(event.into(), at)).collect(),
        });
        self
    }

    /// What follows is so much later.
    pub(super) fn later(mut self, by: Millis) -> Self {
        self.waited = self.waited.saturating_add(by);
        self
    }

    fn head(&self, stream: StreamId) -> Version {
        let own = self.commits.iter().filter(|commit| commit.stream == stream);
        own.map(|commit| commit.version).max().unwrap_or_default()
    }

    /// When a commit was written.
    pub(super) fn at(&self, stream: StreamId, version: u32) -> Timestamp {
        let is_it = |commit: &&Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        self.commits.iter().find(is_it).expect("a commit to look at").at
    }

    /// The log with one commit so many ms later, or earlier.
    pub(super) fn moved(self, stream: StreamId, version: u32, by_ms: i64) -> Self {
        self.with_changed(stream, version, |commit| {
            commit.at = commit.at.plus(Millis::new(by_ms));
        })
    }

    /// The log with one commit changed.
    pub(super) fn with_changed(
        mut self,
        stream: StreamId,
        version: u32,
        change: impl FnOnce(&mut Commit),
    ) -> Self {
        let is_it = |commit: &&mut Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        change(self.commits.iter_mut().find(is_it).expect("a commit to change"));
        self
    }

    /// The log with one commit saying something else.
    pub(super) fn with_events<E: Into<Event>>(
        self,
        stream: StreamId,
        version: u32,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        self.with_changed(stream, version, |commit| {
            let at = commit.at;
            commit.events = events.into_iter().map(|event| dated(event.into(), at)).collect();
        })
    }

    /// The log up to and without this commit.
    pub(super) fn until(mut self, stream: StreamId, version: u32) -> Self {
        let is_it = |commit: &Commit| (commit.stream, commit.version) == (stream, Version::new(version));
        let end = self.commits.iter().position(is_it).expect("a commit to stop at");
        self.commits.truncate(end);
        self
    }

    pub(super) fn without(mut self, stream: StreamId, version: u32) -> Self {
        self.commits
            .retain(|commit| (commit.stream, commit.version) != (stream, Version::new(version)));
        self
    }

    pub(super) fn audited(&self) -> Report {
        let mut audit = Audit::default();
        for commit in &self.commits {
            audit.observe(commit);
        }
        audit.finish()
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.audited().findings().iter().map(Finding::code).collect()
    }
}

/// The event with its deadline set, where that is left open, as the default policy says.
fn dated(event: Event, at: Timestamp) -> Event {
    let policy = TripPolicy::default();
    let set = |deadline: &mut Timestamp, budget| {
        if *deadline == UNSET {
            *deadline = at.plus(budget);
        }
    };
    let mut event = event;
    if let Event::Trip(TripEvent::Confirmed { arrival_due_at, .. }) = &mut event {
        set(arrival_due_at, policy.arrival_budget);
    } else if let Event::Trip(TripEvent::DriverArrived {
        no_show_at,
        no_show_due_at,
        ..
    }) = &mut event
    {
        set(no_show_at, policy.no_show_grace);
        set(
            no_show_due_at,
            policy.no_show_grace.saturating_add(policy.no_show_report),
        );
    } else if let Event::Trip(TripEvent::Started(start)) = &mut event {
        set(&mut Arc::make_mut(start).overdue_at, policy.ride_budget);
    } else if let Event::Dispatch(
        DispatchEvent::SearchStarted { budget_ends_at, .. }
        | DispatchEvent::SearchResumed { budget_ends_at, .. },
    ) = &mut event
    {
        set(budget_ends_at, policy.search_budget);
    } else if let Event::Dispatch(DispatchEvent::OfferMade(offer)) = &mut event {
        set(&mut Arc::make_mut(offer).expires_at, Millis::from_secs(25));
    } else if let Event::Payment(PaymentEvent::AuthorizationStarted(start)) = &mut event {
        let start = Arc::make_mut(start);
        set(&mut start.budget_ends_at, start.budget);
    }
    event
}

/// A dollar a kilometre after the first, ten dollars to begin with; a fee of five for a late cancellation,
/// of seven for a no-show.
pub(super) fn quote() -> Arc<Quote> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
    let kilometre = kilometre.with_time(Ratio::from(180_000)).unwrap();
    let meter = Meter::joint(Ratio::from(1_000), Ratio::ONE, vec![kilometre]).unwrap();
    let fee = FeeRule::new(FEE_MINOR).unwrap();
    let waited = FeeRule::new(NO_SHOW_MINOR).unwrap();
    let waited = waited.with_driver_share(BasisPoints::new(8_000)).unwrap();
    let fees = CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee)
        .with(CancellationStageKind::NoShow, Fault::Rider, waited);
    let tariff = Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter).with_cancellation(fees);
    let ride = Ride::new(Millimetres::new(8_000_000), Millis::from_minutes(20));
    let quote = Arc::new(tariff).quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    Arc::new(quote.unwrap())
}

pub(super) fn fare() -> Receipt {
    fare_of(8)
}

/// Of a ride of so many kilometres under the quote.
pub(super) fn fare_of(kilometres: i64) -> Receipt {
    quote().settle(&reading_of(kilometres)).unwrap()
}

pub(super) fn reading_of(kilometres: i64) -> MeterReading {
    let quote = quote();
    let mut recorder = quote.recorder("2018-07-03T10:00".parse().unwrap()).unwrap();
    recorder
        .drive(Millimetres::new(kilometres * 1_000_000), Millis::from_minutes(20))
        .unwrap();
    recorder.finish().unwrap()
}

pub(super) fn fee() -> Receipt {
    quote().cancel(&late()).unwrap()
}

/// A second after the confirmation.
pub(super) const fn late() -> Cancellation {
    let stage = CancellationStage::Assigned {
        elapsed: Millis::from_secs(1),
    };
    Cancellation::new(stage, Fault::Rider)
}

pub(super) fn request() -> Arc<TripRequest> {
    paid_by(PaymentMethod::Hold {
        method: PaymentMethodId(1),
    })
}

pub(super) fn paid_by(payment: PaymentMethod) -> Arc<TripRequest> {
    Arc::new(order(payment))
}

/// Paid by card, with so many other drivers to be sought.
pub(super) fn with_reassignments(reassignments_max: u8) -> Arc<TripRequest> {
    let policy = TripPolicy {
        reassignments_max,
        ..TripPolicy::default()
    };
    let method = PaymentMethodId(1);
    Arc::new(
        order(PaymentMethod::Hold { method })
            .with_policy(Arc::new(policy))
            .unwrap(),
    )
}

pub(super) fn order(payment: PaymentMethod) -> TripRequest {
    order_at(quote(), payment)
}

pub(super) fn order_at(quote: Arc<Quote>, payment: PaymentMethod) -> TripRequest {
    let order = Order {
        trip: TRIP_ID,
        rider: PrincipalId::from_u128(1),
        region: "manhattan".parse().unwrap(),
        accepted_at: Timestamp::from_ms(0),
        quote,
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: plan(),
        payment,
        product: "taxi".parse().unwrap(),
    };
    TripRequest::new(order).unwrap()
}

pub(super) fn plan() -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(Place::from_e7(407_000_000, -739_000_000).unwrap()),
        stops: Vec::new(),
        destination: None,
    }
}

pub(super) fn start(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::AuthorizationStarted(Arc::new(AuthorizationStart {
        charge: Charge::FARE,
        authorization,
        epoch: 0,
        amount: hold(),
        method: PaymentMethodId(1),
        budget: Millis::from_minutes(2),
        action_budget: Millis::from_minutes(3),
        budget_ends_at: UNSET,
    }))
}

pub(super) fn hold() -> Money {
    quote().hold()
}

pub(super) const fn intent(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::IntentCreated {
        charge: Charge::FARE,
        authorization,
        intent: IntentId::from_u128(9),
    }
}

pub(super) fn authorized(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization,
        amount: hold(),
        capture_before: Timestamp::MAX,
    }
}

pub(super) const fn asked(basis: SettlementBasis, due: Option<Money>) -> PaymentEvent {
    PaymentEvent::SettlementAsked {
        charge: Charge::FARE,
        basis,
        due,
    }
}

pub(super) fn captured(authorization: AuthorizationNumber, minor: i64) -> PaymentEvent {
    PaymentEvent::Captured {
        charge: Charge::FARE,
        authorization,
        captured: usd(minor),
        released_minor: hold().minor() - minor,
    }
}

pub(super) fn voided(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::Voided {
        charge: Charge::FARE,
        authorization,
        released: hold(),
    }
}

pub(super) const fn ended(outcome: MoneyOutcome) -> PaymentEvent {
    PaymentEvent::Closed {
        charge: Charge::FARE,
        outcome,
    }
}

pub(super) fn search(round: u8) -> DispatchEvent {
    DispatchEvent::SearchStarted {
        round,
        budget_ends_at: UNSET,
        brief: Arc::new(SearchBrief {
            plan: plan(),
            plan_revision: 0,
            requirements: Requirements::ONE_SEAT,
            product: "taxi".parse().unwrap(),
            region: "manhattan".parse().unwrap(),
            requested_at: Timestamp::from_ms(0),
            driver_pay: usd(FARE_MINOR),
        }),
    }
}

pub(super) fn offer(number: u16, driver: DriverId, round: u8) -> DispatchEvent {
    DispatchEvent::OfferMade(Arc::new(Offer {
        plan_revision: 0,
        terms: Terms::default(),
        number: OfferNumber(number),
        driver,
        round,
        wave: 0,
        expires_at: UNSET,
        promised_pick_up_at: Timestamp::from_ms(300_000),
        driver_pay: usd(FARE_MINOR),
        verdicts: Verdicts::default(),
    }))
}

pub(super) const fn accepted(number: u16, driver: DriverId, round: u8) -> DispatchEvent {
    DispatchEvent::OfferAccepted {
        offer: OfferNumber(number),
        driver,
        round,
    }
}

pub(super) const fn assigned(driver: DriverId, round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::DriverAssigned {
        round,
        fence: fence(count),
        driver,
    }
}

pub(super) const fn release_asked(driver: DriverId, round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::ReleaseAsked {
        round,
        fence: fence(count),
        driver,
        reason: ReleaseReason::TripEnded,
    }
}

pub(super) const fn release_noted(round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::ReleaseNoted {
        round,
        fence: fence(count),
    }
}

pub(super) fn online() -> DriverEvent {
    DriverEvent::Online {
        region: "manhattan".parse().unwrap(),
        capabilities: Capabilities::new(4).unwrap(),
    }
}

pub(super) const fn locked(trip: TripId, round: u8, count: u32) -> DriverEvent {
    DriverEvent::Locked {
        trip,
        round,
        fence: fence(count),
        slot: 0,
        review_at: Timestamp::MAX,
    }
}

pub(super) const fn released(trip: TripId, count: u32) -> DriverEvent {
    DriverEvent::Released {
        trip,
        fence: fence(count),
        reason: ReleaseReason::TripEnded,
    }
}

pub(super) const fn noted(driver: DriverId, round: u8, count: u32) -> TripEvent {
    TripEvent::DriverNoted {
        round,
        fence: fence(count),
        driver,
    }
}

pub(super) const fn secured(authorization: AuthorizationNumber) -> TripEvent {
    TripEvent::PaymentNoted {
        secured: Secured::Authorized(authorization),
    }
}

pub(super) const fn confirmed(round: u8, count: u32, secured: Secured) -> TripEvent {
    TripEvent::Confirmed {
        round,
        fence: fence(count),
        secured,
        arrival_due_at: UNSET,
    }
}

pub(super) const fn device() -> DeviceFact {
    DeviceFact {
        occurred_at: Timestamp::from_ms(0),
        sequence: 1,
    }
}

pub(super) const fn arrived(round: u8) -> TripEvent {
    TripEvent::DriverArrived {
        round,
        distance_to_pick_up: Millimetres::ZERO,
        device: device(),
        no_show_at: UNSET,
        no_show_due_at: UNSET,
    }
}

pub(super) fn started() -> TripEvent {
    TripEvent::Started(Arc::new(Start {
        proof: StartProof::Code,
        device: device(),
        overdue_at: UNSET,
    }))
}

pub(super) fn completed(due_minor: i64) -> TripEvent {
    completed_by(Actor::Driver(ADA), due_minor)
}

pub(super) fn completed_by(by: Actor, due_minor: i64) -> TripEvent {
    TripEvent::Completed(Arc::new(Completion {
        by,
        reading: Some(Arc::new(reading_of(8))),
        device: Some(device()),
        due: usd(due_minor),
    }))
}

pub(super) fn settled() -> TripEvent {
    TripEvent::FareSettled(Arc::new(fare()))
}

/// By the rider, while the driver is on the way.
pub(super) fn cancelled(receipt: Option<Receipt>, due: Option<Money>) -> TripEvent {
    cancelled_at(Stage::EnRoute, receipt, due)
}

fn cancelled_at(stage: Stage, receipt: Option<Receipt>, due: Option<Money>) -> TripEvent {
    TripEvent::Cancelled(Arc::new(Cancelled {
        by: Actor::Rider(PrincipalId::from_u128(1)),
        reason: CancelReason::ChangedPlans,
        stage,
        fault: Fault::Rider,
        receipt: receipt.map(Arc::new),
        due,
    }))
}

/// The same, with something changed.
pub(super) fn cancelled_with(
    (receipt, due_minor): (Option<Receipt>, i64),
    change: impl FnOnce(&mut Cancelled),
) -> TripEvent {
    let mut event = cancelled(receipt, Some(usd(due_minor)));
    if let TripEvent::Cancelled(cancelled) = &mut event {
        change(Arc::make_mut(cancelled));
    }
    event
}

/// By the rider, before there was a driver.
pub(super) fn cancelled_early(due: Option<Money>) -> TripEvent {
    cancelled_at(Stage::BeforeConfirmed, None, due)
}

pub(super) fn plan_changed(quote: Arc<Quote>, plan: PersonalPlan) -> TripEvent {
    TripEvent::PlanChanged(Arc::new(PlanChange {
        revision: 1,
        by: Actor::Rider(PrincipalId::from_u128(1)),
        plan,
        quote,
        quote_fingerprint: Fingerprint::new([2; 32]),
        request: request(),
    }))
}

pub(super) const fn money_settled(outcome: MoneyOutcome) -> TripEvent {
    TripEvent::MoneySettled { outcome }
}
