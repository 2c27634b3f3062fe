//! What a ride comes to.

use super::*;

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
    assert!(measures.take_rows().is_empty(), "a tip may still come");
    measures.see(tip_of(trip), 920, [tipped(200)]);
    measures.note_over(trip);

    let trips = measures.trips();
    assert_eq!(
        (trips.requested, trips.confirmed, trips.completed, trips.failed),
        (1, 1, 1, 0)
    );
    assert_eq!(trips.flagged, 1, "a deadline ended it");
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
        (row.fare_minor, row.fee_minor, row.captured_minor, row.tips_minor),
        (quote().total().minor(), 0, 675, 200)
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
