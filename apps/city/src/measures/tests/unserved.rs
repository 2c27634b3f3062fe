//! How trips end without a ride.

use super::*;

#[test]
fn of_a_payment_that_failed_a_trip_it_is_told_why() {
    let (mut measures, charge) = (measures(), Charge::FARE);
    for (trip, reason) in [
        (id(1), DeclineReason::BudgetOver),
        (id(2), DeclineReason::Issuer),
        (id(3), DeclineReason::ActionFailed),
        (id(4), DeclineReason::LostAgain),
        (id(5), DeclineReason::InsufficientFunds),
    ] {
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
    let told = [
        failed.payment_unanswered,
        failed.payment_declined,
        failed.payment_unconfirmed,
        failed.payment_lost,
    ];
    assert_eq!((told, measures.trips().failed), ([1, 2, 1, 1], 5));
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
    (1..=3).for_each(|number| measures.note_over(id(number)));
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
    measures.note_over(trip);
    let rows = measures.take_rows();
    assert_eq!((rows[0].fare_minor, rows[0].fee_minor), (0, 500));
}
