//! Trips walked through the measures, event by event.

use super::*;
use fiacre_domain::dispatch::{Offer, WithdrawReason};
use fiacre_domain::driver::Fence;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, PrincipalId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::payment::{Charge, DebtReason, PaymentEvent};
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
fn request(trip: TripId, accepted_at: Timestamp) -> TripEvent {
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

#[test]
fn a_ride_is_measured_from_order_to_money() {
    let (mut measures, trip, ann) = (measures(), id(1), driver(1));
    measures.trip(trip, 11, [request(trip, at_s(10))]);
    assert_eq!((measures.live().live_trips, measures.live().waiting), (1, 1));
    measures.search(trip, 12, [offer(1, ann, at_s(130))]);
    measures.search(trip, 20, [accepted(1, ann)]);
    measures.search(trip, 25, [assigned(0, ann)]);
    measures.trip(trip, 26, [confirmed()]);
    // The phone was offline: it reports at 170 s that it had been there at 160 s.
    measures.trip(trip, 170, [arrived(at_s(160))]);
    assert_eq!((measures.live().live_trips, measures.live().waiting), (1, 0));
    measures.trip(trip, 200, [started()]);
    measures.trip(trip, 900, completed());
    measures.trip(trip, 910, [settled(675)]);

    let trips = measures.trips();
    assert_eq!(
        (trips.requested, trips.confirmed, trips.completed, trips.failed),
        (1, 1, 1, 0)
    );
    assert_eq!(
        (
            measures.live().live_trips,
            measures.peak_live_trips(),
            measures.trips_open()
        ),
        (0, 1, 0)
    );
    assert_eq!(measures.assign().p50, Some(15));
    assert_eq!(measures.wait().mean, Some(150.0));
    assert_eq!(measures.pickup().p95, Some(135));
    assert_eq!(
        measures.eta_error(),
        EtaError {
            bias: Some(30.0),
            mae: Some(30.0),
            p90: Some(30)
        }
    );
    assert_eq!(measures.within_120_s(), Some(1.0));
    assert_eq!(measures.series()[0].wait_mean_s(), Some(150.0));
    let zone = measures.times_square();
    assert_eq!(
        (zone.name.as_str(), zone.unserved, zone.wait_p95),
        ("Times Sq/Theatre District", 0, Some(150))
    );

    let pay_minor = quote().driver_pay().minor();
    measures.note_drive(
        ann,
        DriveKind::Occupied,
        Millimetres::from_metres(4_000),
        Millis::from_minutes(60),
    );
    assert_eq!(measures.drivers().earnings_per_h.p50, Some(pay_minor));

    let rows = measures.take_rows();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.end, row.driver, row.offers),
        (TripEnd::Completed, Some(ann), 1)
    );
    assert_eq!(
        (row.assign_ms, row.wait_ms, row.pickup_ms),
        (Some(15_000), Some(150_000), Some(135_000))
    );
    assert_eq!(
        (row.fare_minor, row.fee_minor, row.captured_minor),
        (quote().total().minor(), 0, 675)
    );
    let zones = row.order.unwrap().zones;
    assert_eq!((zones.pickup, zones.dropoff), (Some(zone.zone), None));
    assert!(measures.take_rows().is_empty(), "a row is given once");
}

#[test]
fn only_the_driver_who_came_counts() {
    let (mut measures, trip, (ann, bob)) = (measures(), id(1), (driver(1), driver(2)));
    measures.trip(trip, 0, [request(trip, at_s(0))]);
    measures.search(trip, 5, [offer(1, ann, at_s(60)), offer(2, bob, at_s(90))]);
    measures.search(trip, 6, [accepted(1, ann), assigned(0, ann)]);
    measures.trip(trip, 7, [confirmed()]);
    measures.trip(trip, 50, [arrived(at_s(50))]);
    let reason = ReassignReason::Withdrawn;
    let TripEvent::Requested(order) = request(trip, at_s(0)) else {
        unreachable!()
    };
    measures.trip(
        trip,
        60,
        [TripEvent::Reassigning {
            change: None,
            round: 1,
            reason,
            request: order,
        }],
    );
    assert_eq!(measures.live().waiting, 1, "the rider waits again");
    measures.search(trip, 70, [accepted(2, bob), assigned(1, bob)]);
    measures.trip(trip, 71, [confirmed()]);
    measures.search(trip, 72, [assigned(0, ann)]);
    measures.trip(trip, 100, [arrived(at_s(400))]);
    measures.trip(trip, 110, [started()]);
    measures.trip(trip, 500, completed());

    assert_eq!(
        measures.trips().confirmed,
        1,
        "a trip is confirmed once, however many drivers it has"
    );
    assert_eq!(measures.assign().p50, Some(70));
    assert_eq!(
        measures.wait().p50,
        Some(100),
        "an arrival is no later than its record"
    );
    assert_eq!(measures.pickup().p50, Some(30));
    assert_eq!(measures.eta_error().bias, Some(10.0));
    for (to, minor) in [(ann, 0), (bob, quote().driver_pay().minor())] {
        assert_eq!(measures.drivers.earned_minor(to), minor, "{to}");
    }
}

#[test]
fn a_payment_that_nobody_answered_in_time_is_told_from_one_that_was_declined() {
    let (mut measures, charge) = (measures(), Charge::FARE);
    for (trip, reason) in [(id(1), DeclineReason::BudgetOver), (id(2), DeclineReason::Issuer)] {
        let declined = PaymentEvent::Declined {
            charge,
            authorization: A0,
            reason,
        };
        let reason = FailReason::PaymentDeclined;
        measures.trip(trip, 0, [request(trip, at_s(0))]);
        measures.see(StreamId::Payment(trip, charge.number), 100, [declined]);
        measures.trip(trip, 120, [TripEvent::Failed { reason }]);
    }
    let failed = measures.failed_by_reason();
    assert_eq!((failed.payment_unanswered, failed.payment_declined), (1, 1));
}

#[test]
fn every_way_to_end_without_a_ride_is_unserved_and_leaves_nothing_behind() {
    let mut measures = measures();
    let rider = Actor::Rider(PrincipalId::from_u128(9));
    for number in 1..=3 {
        measures.trip(id(number), 0, [request(id(number), at_s(0))]);
    }
    assert_eq!(measures.peak_live_trips(), 3);
    measures.trip(
        id(1),
        120,
        [TripEvent::Failed {
            reason: FailReason::NoDriver,
        }],
    );
    measures.trip(id(2), 130, [cancelled(rider, Some(usd(300)))]);
    measures.trip(id(3), 140, [cancelled(Actor::Timer, Some(usd(0)))]);
    // A lock that comes after the end will only be released.
    measures.search(id(1), 141, [assigned(0, driver(1))]);
    // Neither a rejected order nor a cancel that overtook its order ever lived.
    measures.trip(
        id(4),
        150,
        [TripEvent::Rejected {
            reason: RejectReason::Expired,
        }],
    );
    measures.trip(id(5), 160, [cancelled(rider, None), TripEvent::Closed]);
    for number in 1..=3 {
        measures.trip(id(number), 170, [settled(0), TripEvent::Closed]);
    }

    let trips = measures.trips();
    assert_eq!(
        trips.requested,
        trips.completed + trips.failed + trips.cancelled + trips.rejected
    );
    assert_eq!(
        (trips.requested, trips.failed, trips.cancelled, trips.rejected),
        (5, 1, 3, 1)
    );
    assert_eq!(
        measures.failed_by_reason(),
        FailCounts {
            no_driver: 1,
            ..FailCounts::default()
        }
    );
    assert_eq!(
        measures.cancelled_by(),
        CancelCounts {
            rider: 2,
            timer: 1,
            ..CancelCounts::default()
        }
    );
    assert_eq!(
        measures.live(),
        LiveFigures {
            events: measures.live().events,
            ..LiveFigures::default()
        }
    );
    assert_eq!(
        measures.times_square().unserved,
        3,
        "an order without a place is in no zone"
    );
    assert_eq!(
        (measures.series()[0].requested, measures.series()[0].unserved),
        (5, 5)
    );
    assert_eq!((measures.trips_open(), measures.peak_live_trips()), (0, 3));
    let rows = measures.take_rows();
    assert_eq!(rows.len(), 5, "each order has one row: {rows:?}");
    assert!(
        rows.iter().all(|row| row.driver.is_none()),
        "nobody drove: {rows:?}"
    );
    measures.trip(id(6), 200, [request(id(6), at_s(200))]);
    assert_eq!((measures.live().live_trips, measures.peak_live_trips()), (1, 3));
}

#[test]
fn a_rider_who_did_not_come_still_waited_and_pays_the_driver() {
    let (mut measures, trip) = (measures(), id(1));
    measures.trip(trip, 0, [request(trip, at_s(0))]);
    measures.search(trip, 4, [assigned(0, driver(1))]);
    measures.trip(trip, 5, [confirmed()]);
    measures.trip(trip, 64, [arrived(at_s(64))]);
    let (cancelled, receipt) = no_show(Millis::from_minutes(5));
    measures.trip(trip, 364, [cancelled]);
    measures.trip(trip, 365, [settled(500)]);
    let pay_minor = receipt.pay().total().minor();
    assert!(pay_minor > 0);
    assert_eq!(measures.drivers.earned_minor(driver(1)), pay_minor);
    assert_eq!((measures.wait().p50, measures.pickup().p50), (Some(64), Some(60)));
    let rows = measures.take_rows();
    assert_eq!((rows[0].fare_minor, rows[0].fee_minor), (0, 500));
}

#[test]
fn offers_are_counted_by_what_became_of_them() {
    let (mut measures, trip, ann) = (measures(), id(1), driver(1));
    measures.trip(trip, 0, [request(trip, at_s(0))]);
    for number in 1..=4 {
        measures.search(trip, 1, [offer(number, ann, at_s(9))]);
    }
    let (first, second, third) = (OfferNumber(1), OfferNumber(2), OfferNumber(3));
    measures.search(
        trip,
        2,
        [DispatchEvent::OfferDeclined {
            offer: first,
            driver: ann,
        }],
    );
    measures.search(
        trip,
        3,
        [DispatchEvent::OfferExpired {
            offer: second,
            driver: ann,
        }],
    );
    let reason = WithdrawReason::Taken;
    measures.search(
        trip,
        4,
        [DispatchEvent::OfferWithdrawn {
            offer: third,
            driver: ann,
            reason,
        }],
    );
    measures.search(trip, 5, [accepted(4, ann)]);
    let expected = OfferCounts {
        made: 4,
        accepted: 1,
        declined: 1,
        expired: 1,
        withdrawn: 1,
    };
    assert_eq!(measures.offers(), expected);
    assert!(measures.promised.is_empty(), "answered offers are forgotten");
}

#[test]
fn money_moves_like_the_ledger_says() {
    let mut measures = measures();
    let mut ledger = fiacre_domain::ledger::Ledger::default();
    let (charge, authorization) = (Charge::FARE, A0);
    let held = PaymentEvent::Authorized {
        charge,
        authorization,
        amount: usd(2_000),
        capture_before: Timestamp::MAX,
    };
    let ends = [
        Some(PaymentEvent::Captured {
            charge,
            authorization,
            captured: usd(1_500),
            released_minor: 500,
        }),
        Some(PaymentEvent::Voided {
            charge,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::AuthorizationLost {
            charge: Charge::FARE,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::CaptureFailed {
            charge: Charge::FARE,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::VoidRefused {
            charge: Charge::FARE,
            authorization,
            captured: usd(2_000),
            released_minor: 0,
        }),
        Some(PaymentEvent::DebtRecorded {
            charge,
            amount: usd(70),
            reason: DebtReason::NoHold,
        }),
        None,
    ];
    for (number, end) in (1..).zip(ends) {
        let stream = StreamId::Payment(id(number), ChargeNumber::FARE);
        for event in [Some(held.clone()), end].into_iter().flatten() {
            ledger.fold(stream, &Event::from(event.clone())).unwrap();
            measures.see(stream, 0, [event]);
        }
    }
    let (money, movements) = (measures.money(), ledger.movements(Currency::USD));
    assert_eq!(money.authorised, money.captured + money.released + money.open);
    assert_eq!(
        (
            money.authorised,
            money.captured,
            money.released,
            money.open,
            money.debt
        ),
        (
            movements.authorised_minor,
            movements.captured_minor,
            movements.released_minor,
            movements.open_minor,
            movements.debt_minor
        )
    );
    assert_eq!(money.open, 4_000);
    let amount = Money::new(9, Currency::EUR);
    let elsewhere = PaymentEvent::DebtRecorded {
        charge,
        amount,
        reason: DebtReason::NoHold,
    };
    measures.see(StreamId::Payment(id(9), ChargeNumber::FARE), 0, [elsewhere]);
    assert_eq!(measures.money(), money, "two currencies are never added");
}
