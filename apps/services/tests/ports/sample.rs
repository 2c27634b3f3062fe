//! One rider's order, and one event of every kind.

use crate::stage::{NOW, region};
use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferCounts, OfferNumber, SearchBrief, WithdrawReason};
use fiacre_domain::driver::{DriverEvent, Fence, ReleaseReason};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{DriverId, IntentId, PrincipalId, TripId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::ops::{Erasure, OpsEvent, ParkedMessage, ParkingRuling, PolicyChange, PolicyKind};
use fiacre_domain::payment::{
    AuthorizationStart, Charge, Correction, DebtReason, DeclineReason, FurtherCharge, PaymentEvent,
    SettlementBasis, Waiver,
};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{
    Fault, Meter, MeterReading, Publication, Quote, Receipt, Ride, Segment, Surge, Tariff, TariffEvent,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::trip::{
    Actor, AdjustReason, Adjustment, AuthorizationNumber, CancelReason, Cancelled, Completion, DeviceFact,
    FailReason, MoneyOutcome, Order, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, PlanChange,
    ReassignReason, RejectReason, Secured, Stage, Start, StartProof, Tip, TripEvent, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

pub(crate) const TRIP: TripId = TripId::from_u128(1);
pub(crate) const ANN: DriverId = DriverId::from_u128(1);
pub(crate) const FENCE: Fence = Fence { epoch: 0, count: 1 };
pub(crate) const FIRST: AuthorizationNumber = AuthorizationNumber(0);
pub(crate) const INTENT: IntentId = IntentId::from_u128(1);
const OPERATOR: PrincipalId = PrincipalId::from_u128(1);
const PRINT: Fingerprint = Fingerprint::new([0; 32]);

pub(crate) const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

pub(crate) fn pick_up() -> Place {
    Place::from_e7(407_580_000, -739_855_000).unwrap()
}

pub(crate) fn plan() -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(pick_up()),
        stops: Vec::new(),
        destination: None,
    }
}

pub(crate) fn tariff() -> Arc<Tariff> {
    let fifth = Segment::new(
        Millimetres::ZERO,
        Ratio::from(50),
        Ratio::new(1_609_344, 5).unwrap(),
    )
    .unwrap();
    let fifth = fifth.with_time(Ratio::from(60_000)).unwrap();
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth]).unwrap();
    Arc::new(Tariff::new("nyc".parse().unwrap(), 1, Currency::USD, meter))
}

pub(crate) fn quote() -> Arc<Quote> {
    let ride = Ride::new(Millimetres::from_metres(3_000), Millis::from_minutes(10));
    let quote = tariff().quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    Arc::new(quote.unwrap())
}

/// What the meter read on the quoted ride.
pub(crate) fn reading() -> Arc<MeterReading> {
    let quote = quote();
    let mut recorder = quote.recorder(quote.at()).unwrap();
    recorder
        .drive(quote.ride().distance(), quote.ride().duration())
        .unwrap();
    Arc::new(recorder.finish().unwrap())
}

pub(crate) fn receipt() -> Arc<Receipt> {
    Arc::new(quote().settle(&reading()).unwrap())
}

pub(crate) fn request() -> Arc<TripRequest> {
    let order = Order {
        trip: TRIP,
        rider: PrincipalId::from_u128(9),
        region: region(),
        accepted_at: NOW,
        quote: quote(),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: plan(),
        payment: PaymentMethod::Hold {
            method: PaymentMethodId(1),
        },
        product: "taxi".parse().unwrap(),
    };
    Arc::new(TripRequest::new(order).unwrap())
}

pub(crate) fn brief() -> Arc<SearchBrief> {
    Arc::new(SearchBrief {
        plan: plan(),
        plan_revision: 0,
        requirements: Requirements::ONE_SEAT,
        product: "taxi".parse().unwrap(),
        region: region(),
        requested_at: NOW,
        driver_pay: usd(1_000),
    })
}

/// A hold of $40, begun now.
pub(crate) fn start() -> Arc<AuthorizationStart> {
    Arc::new(AuthorizationStart {
        charge: Charge::FARE,
        authorization: FIRST,
        epoch: 0,
        amount: usd(4_000),
        method: PaymentMethodId(1),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
        budget_ends_at: NOW.plus(Millis::from_secs(120)),
    })
}

/// One sample of each variant; a variant without one does not compile.
macro_rules! samples {
    ($kind:ident { $($variant:ident => $sample:expr,)* }) => {{
        const fn is_known(event: &$kind) -> bool {
            match event {
                $($kind::$variant { .. } => true,)*
            }
        }
        let samples = vec![$($sample),*];
        assert!(samples.iter().all(is_known));
        samples.into_iter().map(Event::from)
    }};
}

fn of_trips() -> impl Iterator<Item = Event> {
    use TripEvent as E;
    let (round, fence, driver, secured) = (0, FENCE, ANN, Secured::Authorized(FIRST));
    let device = DeviceFact {
        occurred_at: NOW,
        sequence: 1,
    };
    let by = Actor::Driver(ANN);
    let cancelled = Cancelled {
        by,
        reason: CancelReason::Other,
        stage: Stage::EnRoute,
        fault: Fault::Driver,
        receipt: None,
        due: Some(usd(0)),
    };
    let adjustment = Adjustment {
        supersedes: 0,
        reason: AdjustReason::Goodwill,
        superseded: receipt(),
        receipt: receipt(),
        further: ChargeNumber(1),
    };
    let tip = Tip {
        charge: ChargeNumber(2),
        amount: usd(1),
        method: PaymentMethodId(1),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
    };
    let start = Start {
        proof: StartProof::Code,
        device,
        overdue_at: NOW,
    };
    let completion = Completion {
        by,
        reading: None,
        device: None,
        due: usd(1),
    };
    let change = PlanChange {
        by,
        revision: 1,
        plan: plan(),
        quote: quote(),
        quote_fingerprint: Fingerprint::new([0; 32]),
        request: request(),
    };
    samples!(TripEvent {
        Requested => E::Requested(request()),
        Rejected => E::Rejected { reason: RejectReason::Expired },
        DriverNoted => E::DriverNoted { round, fence, driver },
        PaymentNoted => E::PaymentNoted { secured },
        PaymentUnnoted => E::PaymentUnnoted { authorization: FIRST },
        Confirmed => E::Confirmed { round, fence, secured, arrival_due_at: NOW },
        Reassigning => E::Reassigning { round: 1, reason: ReassignReason::Withdrawn, request: request(), change: None },
        DriverArrived => E::DriverArrived { round, distance_to_pick_up: Millimetres::ZERO, device, no_show_at: NOW, no_show_due_at: NOW },
        StartCodeRefused => E::StartCodeRefused { round, attempts: 1 },
        Started => E::Started(Arc::new(start)),
        PlanChanged => E::PlanChanged(Arc::new(change)),
        Completed => E::Completed(Arc::new(completion)),
        Cancelled => E::Cancelled(Arc::new(cancelled)),
        Failed => E::Failed { reason: FailReason::NoDriver },
        FareSettled => E::FareSettled(receipt()),
        FareAdjusted => E::FareAdjusted(Arc::new(adjustment)),
        LockCleared => E::LockCleared,
        MoneySettled => E::MoneySettled { outcome: MoneyOutcome::default() },
        Closed => E::Closed,
        Tipped => E::Tipped(Arc::new(tip)),
    })
}

fn of_searches() -> impl Iterator<Item = Event> {
    use DispatchEvent as E;
    let (round, fence, driver, offer, budget_ends_at) = (0, FENCE, ANN, OfferNumber(1), NOW);
    let made = Offer {
        number: offer,
        driver,
        round,
        wave: 0,
        expires_at: NOW,
        promised_pick_up_at: NOW,
        driver_pay: usd(1),
        plan_revision: 0,
        terms: Terms::default(),
        verdicts: Verdicts::new([]),
    };
    samples!(DispatchEvent {
        SearchStarted => E::SearchStarted { round, budget_ends_at, brief: brief() },
        SearchPaused => E::SearchPaused { round, left_ms: 1 },
        SearchResumed => E::SearchResumed { round, budget_ends_at },
        OfferMade => E::OfferMade(Arc::new(made)),
        OfferAccepted => E::OfferAccepted { offer, driver, round },
        OfferDeclined => E::OfferDeclined { offer, driver },
        OfferExpired => E::OfferExpired { offer, driver },
        OfferWithdrawn => E::OfferWithdrawn { offer, driver, reason: WithdrawReason::Taken },
        DriverAssigned => E::DriverAssigned { round, fence, driver },
        ReleaseAsked => E::ReleaseAsked { round, fence, driver, reason: ReleaseReason::TripEnded },
        ReleaseNoted => E::ReleaseNoted { round, fence },
        NoDriverFound => E::NoDriverFound { round, offers: OfferCounts::default() },
        DispatchEnding => E::DispatchEnding,
        DispatchClosed => E::DispatchClosed,
        SearchChanged => E::SearchChanged { brief: Arc::new(SearchBrief { plan_revision: 1, ..SearchBrief::clone(&brief()) }) },
    })
}

fn of_drivers() -> impl Iterator<Item = Event> {
    use DriverEvent as E;
    let (trip, round, fence) = (TRIP, 0, FENCE);
    let capabilities = Capabilities::new(4).unwrap();
    samples!(DriverEvent {
        Online => E::Online { region: region(), capabilities },
        RegionChanged => E::RegionChanged { from: region(), region: "brooklyn".parse().unwrap() },
        OfflineRequested => E::OfflineRequested,
        Offline => E::Offline,
        Locked => E::Locked { trip, round, fence, slot: 0, review_at: NOW },
        LockRefused => E::LockRefused { trip, round },
        Released => E::Released { trip, fence, reason: ReleaseReason::TripEnded },
    })
}

fn of_payments() -> impl Iterator<Item = Event> {
    use PaymentEvent as E;
    let (charge, authorization, amount) = (Charge::FARE, FIRST, usd(1));
    let (refund, dispute, released, captured) = (1, 1, usd(0), usd(1));
    let further = FurtherCharge {
        charge,
        number: ChargeNumber(1),
        revision: 1,
        due: amount,
        method: PaymentMethodId(1),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
    };
    samples!(PaymentEvent {
        Waived => E::Waived { charge, waiver: Waiver::Cash },
        AuthorizationStarted => E::AuthorizationStarted(start()),
        IntentCreated => E::IntentCreated { charge, authorization, intent: INTENT },
        ActionRequired => E::ActionRequired { charge, authorization, budget_ends_at: NOW },
        Authorized => E::Authorized { charge, authorization, amount, capture_before: NOW },
        AuthorizationLost => E::AuthorizationLost { charge, authorization, released },
        Declined => E::Declined { charge, authorization, reason: DeclineReason::Issuer },
        SettlementAsked => E::SettlementAsked { charge, basis: SettlementBasis::Fare, due: Some(amount) },
        CaptureStarted => E::CaptureStarted { charge, authorization, amount },
        Captured => E::Captured { charge, authorization, captured, released_minor: 0 },
        CaptureFailed => E::CaptureFailed { charge, authorization, released },
        VoidStarted => E::VoidStarted { charge, authorization },
        Voided => E::Voided { charge, authorization, released },
        VoidRefused => E::VoidRefused { charge, authorization, captured, released_minor: 0 },
        Closed => E::Closed { charge, outcome: MoneyOutcome::default() },
        DebtRecorded => E::DebtRecorded { charge, amount, reason: DebtReason::NoHold },
        DebtSettled => E::DebtSettled { charge, amount },
        DebtWrittenOff => E::DebtWrittenOff { charge, amount },
        RefundStarted => E::RefundStarted { charge, refund, amount },
        Refunded => E::Refunded { charge, refund, amount },
        RefundFailed => E::RefundFailed { charge, refund, amount },
        DisputeOpened => E::DisputeOpened { charge, dispute, amount },
        DisputeFundsMoved => E::DisputeFundsMoved { charge, dispute, movement: 1, amount },
        DisputeClosed => E::DisputeClosed { charge, dispute, won: true },
        CorrectionAsked => E::CorrectionAsked { charge, correction: Correction { revision: 1, due: amount, further: ChargeNumber(1) } },
        FurtherChargeAsked => E::FurtherChargeAsked(Arc::new(further)),
        DebtReduced => E::DebtReduced { charge, amount },
        CashReturned => E::CashReturned { charge, amount },
    })
}

fn of_operations() -> impl Iterator<Item = Event> {
    use OpsEvent as E;
    let message = ParkedMessage::new("parking", "queue", "kind", "reason").unwrap();
    let ruling = || Arc::new(ParkingRuling::on(&message, OPERATOR, "because").unwrap());
    let change = Arc::new(PolicyChange::first(PolicyKind::Trip, OPERATOR, PRINT));
    samples!(OpsEvent {
        MessageParked => E::MessageParked(Arc::new(message.clone())),
        MessageReplayed => E::MessageReplayed(ruling()),
        MessageDropped => E::MessageDropped(ruling()),
        PolicyChanged => E::PolicyChanged(change),
        SubjectErased => E::SubjectErased(Arc::new(Erasure::new(OPERATOR, OPERATOR, PRINT))),
    })
}

fn of_tariffs() -> impl Iterator<Item = Event> {
    let publication = Publication::new(tariff(), OPERATOR);
    samples!(TariffEvent {
        Published => TariffEvent::Published(Arc::new(publication)),
    })
}

/// One event of every kind, on a stream of its own.
pub(crate) fn every_event() -> Vec<(StreamId, Event)> {
    let streamed = |event: Event| {
        let stream = match &event {
            Event::Trip(_) => StreamId::Trip(TRIP),
            Event::Dispatch(_) => StreamId::Dispatch(TRIP),
            Event::Driver(_) => StreamId::Driver(ANN),
            Event::Payment(_) => StreamId::Payment(TRIP, Charge::FARE.number),
            Event::Ops(_) => StreamId::Ops(region()),
            Event::Tariff(_) => StreamId::Tariff("nyc".parse().unwrap()),
        };
        (stream, event)
    };
    let bookings = of_trips()
        .chain(of_searches())
        .chain(of_drivers())
        .chain(of_payments());
    bookings
        .chain(of_operations())
        .chain(of_tariffs())
        .map(streamed)
        .collect()
}
