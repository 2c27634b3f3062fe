//! Trips walked through the measures, event by event.

mod money;
mod offers;
mod rides;
mod unserved;

use super::*;
use fiacre_domain::dispatch::{Offer, WithdrawReason};
use fiacre_domain::driver::Fence;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, PrincipalId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::payment::{Charge, DebtReason, DeclineReason, PaymentEvent, Purpose, Waiver};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{
    Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, Fault, FeeRule, Meter, Quote,
    Receipt, Ride, Segment, Surge, Tariff,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::stream::{Cause, ChargeNumber, StreamId, Version};
use fiacre_domain::trip::{
    Actor, AuthorizationNumber, CancelReason, Cancelled, Completion, DeviceFact, FailReason, Order,
    PaymentMethod, PersonalPlace, PersonalPlan, ReassignReason, RejectReason, Secured, Stage, Start,
    StartProof,
};

const FENCE: Fence = Fence { epoch: 0, count: 1 };
const A0: AuthorizationNumber = AuthorizationNumber(0);

fn id(number: u128) -> TripId {
    TripId::from_u128(number)
}

fn driver(number: u128) -> DriverId {
    DriverId::from_u128(number)
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

/// Service starts at 0; times are seconds from there.
fn at_s(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1_000)
}

fn quote() -> Arc<Quote> {
    let mile = Segment::new(Millimetres::ZERO, Ratio::from(250), Ratio::from(1_609_344))
        .and_then(|mile| mile.with_time(Ratio::from(60_000)))
        .unwrap();
    let meter = Meter::joint(Ratio::from(300), Ratio::ONE, vec![mile]).unwrap();
    let fee = FeeRule::new(500).unwrap();
    let fees = CancellationMatrix::FREE.with(CancellationStageKind::NoShow, Fault::Rider, fee);
    let tariff = Tariff::new("nyc".parse().unwrap(), 1, Currency::USD, meter).with_cancellation(fees);
    let tariff = Arc::new(tariff);
    let ride = Ride::new(Millimetres::from_metres(4_000), Millis::from_minutes(12));
    let quote = tariff.quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    Arc::new(quote.unwrap())
}

/// An order from Times Square to a place that was forgotten.
pub(crate) fn request(trip: TripId, accepted_at: Timestamp) -> TripEvent {
    let times_square = Place::from_e7(407_580_000, -739_855_000).unwrap();
    let order = Order {
        trip,
        rider: PrincipalId::from_u128(9),
        region: "manhattan".parse().unwrap(),
        accepted_at,
        quote: quote(),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: PersonalPlan {
            pick_up: PersonalPlace::Known(times_square),
            stops: Vec::new(),
            destination: Some(PersonalPlace::Erased),
        },
        payment: PaymentMethod::Cash,
        product: "taxi".parse().unwrap(),
    };
    TripEvent::Requested(Arc::new(TripRequest::new(order).unwrap()))
}

fn offer(number: u16, to: DriverId, promised_pick_up_at: Timestamp) -> DispatchEvent {
    DispatchEvent::OfferMade(Arc::new(Offer {
        plan_revision: 0,
        terms: Terms::default(),
        number: OfferNumber(number),
        driver: to,
        round: 0,
        wave: 0,
        expires_at: promised_pick_up_at,
        promised_pick_up_at,
        driver_pay: usd(1),
        verdicts: Verdicts::new([]),
    }))
}

fn accepted(number: u16, by: DriverId) -> DispatchEvent {
    DispatchEvent::OfferAccepted {
        offer: OfferNumber(number),
        driver: by,
        round: 0,
    }
}

fn assigned(round: u8, to: DriverId) -> DispatchEvent {
    DispatchEvent::DriverAssigned {
        round,
        fence: FENCE,
        driver: to,
    }
}

fn confirmed() -> TripEvent {
    TripEvent::Confirmed {
        round: 0,
        fence: FENCE,
        secured: Secured::Waived,
        arrival_due_at: Timestamp::MAX,
    }
}

fn arrived(occurred_at: Timestamp) -> TripEvent {
    TripEvent::DriverArrived {
        round: 0,
        distance_to_pick_up: Millimetres::ZERO,
        device: DeviceFact {
            occurred_at,
            sequence: 1,
        },
        no_show_at: Timestamp::MAX,
        no_show_due_at: Timestamp::MAX,
    }
}

fn started() -> TripEvent {
    TripEvent::Started(Arc::new(Start {
        proof: StartProof::Code,
        device: DeviceFact {
            occurred_at: at_s(0),
            sequence: 2,
        },
        overdue_at: Timestamp::MAX,
    }))
}

fn completed() -> [TripEvent; 2] {
    let receipt = quote().settle_as_quoted().unwrap();
    let completion = Completion {
        by: Actor::Timer,
        reading: None,
        device: None,
        due: receipt.total(),
    };
    [
        TripEvent::Completed(Arc::new(completion)),
        TripEvent::FareSettled(Arc::new(receipt)),
    ]
}

fn cancelled(by: Actor, due: Option<Money>) -> TripEvent {
    TripEvent::Cancelled(Arc::new(Cancelled {
        by,
        reason: CancelReason::WaitTooLong,
        stage: Stage::EnRoute,
        fault: Fault::Rider,
        receipt: None,
        due,
    }))
}

/// The rider did not come, and owes a fee.
fn no_show(waited: Millis) -> (TripEvent, Arc<Receipt>) {
    let cancellation = Cancellation::new(CancellationStage::NoShow { waited }, Fault::Rider);
    let receipt = Arc::new(quote().cancel(&cancellation).unwrap());
    let cancelled = Cancelled {
        by: Actor::Timer,
        reason: CancelReason::NoShow,
        stage: Stage::Arrived,
        fault: Fault::Rider,
        due: Some(receipt.total()),
        receipt: Some(Arc::clone(&receipt)),
    };
    (TripEvent::Cancelled(Arc::new(cancelled)), receipt)
}

fn settled(captured_minor: i64) -> TripEvent {
    let currency = Some(Currency::USD);
    TripEvent::MoneySettled {
        outcome: MoneyOutcome {
            currency,
            captured_minor,
            debt_minor: 0,
            cash_minor: 0,
        },
    }
}

fn tip_of(trip: TripId) -> StreamId {
    StreamId::Payment(trip, ChargeNumber(1))
}

/// A tip was taken by card.
fn tipped(minor: i64) -> PaymentEvent {
    PaymentEvent::Captured {
        charge: Charge {
            number: ChargeNumber(1),
            purpose: Purpose::Tip,
        },
        authorization: A0,
        captured: usd(minor),
        released_minor: 0,
    }
}

fn measures() -> Measures {
    Measures::new(Arc::new(Manhattan::load().unwrap()), Currency::USD, at_s(0)).keeping_rows()
}

impl Measures {
    /// A commit of these events.
    fn see<E: Into<Event>>(
        &mut self,
        stream: StreamId,
        at_seconds: i64,
        events: impl IntoIterator<Item = E>,
    ) {
        self.observe(&Commit {
            stream,
            version: Version::new(1),
            at: at_s(at_seconds),
            cause: Cause::Command(CommandId::from_u128(0)),
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: events.into_iter().map(Into::into).collect(),
        });
    }

    fn trip<const N: usize>(&mut self, trip: TripId, at_seconds: i64, events: [TripEvent; N]) {
        self.see(StreamId::Trip(trip), at_seconds, events);
    }

    fn search<const N: usize>(&mut self, trip: TripId, at_seconds: i64, events: [DispatchEvent; N]) {
        self.see(StreamId::Dispatch(trip), at_seconds, events);
    }

    fn times_square(&self) -> ZoneFigures {
        self.zones().into_iter().find(|zone| zone.requested > 0).unwrap()
    }
}
