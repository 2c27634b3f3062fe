//! States as data: all of a state is in its parts, and parts that no stream leads to are none.

use fiacre_domain::decision::StateError;
use fiacre_domain::dispatch::{self, Dispatch, DispatchParts};
use fiacre_domain::driver::{Driver, DriverParts, Duty, Fence};
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::payment::{Payment, PaymentParts};
use fiacre_domain::trip::{self, Tombstones, Trip};

#[test]
fn a_state_is_what_its_parts_are() {
    let mut parts = Trip::default().parts();
    parts.tombstones = Tombstones {
        riders: vec![PrincipalId::from_u128(7)],
        is_for_all: true,
    };
    let trip = Trip::from_parts(parts.clone()).unwrap();
    assert_ne!(trip, Trip::default());
    assert_eq!(trip.parts(), parts);
    let search = DispatchParts {
        offers_made: 3,
        ..Dispatch::default().parts()
    };
    assert_eq!(Dispatch::from_parts(search.clone()).unwrap().parts(), search);
    let payment = Payment::default();
    assert_eq!(Payment::from_parts(payment.parts()), Ok(payment));
    let released = DriverParts {
        fence: Fence { epoch: 1, count: 9 },
        ..Driver::default().parts()
    };
    assert_eq!(Driver::from_parts(released.clone()).unwrap().parts(), released);
}

#[test]
fn what_no_stream_leads_to_is_no_state() {
    let mut ordered = Trip::default().parts();
    ordered.control.phase = trip::Phase::Confirmed;
    let mut searched = Dispatch::default().parts();
    searched.control.phase = dispatch::Phase::Searching;
    let charged = PaymentParts {
        debt_minor: 1,
        ..Payment::default().parts()
    };
    let mut driving = Driver::default().parts();
    driving.control.duty = Duty::On;
    let mut locked = Driver::default().parts();
    locked.control.lock = Some((TripId::from_u128(1), 0));
    let refused: [(Option<StateError>, StateError, &str); 5] = [
        (
            Trip::from_parts(ordered).err(),
            StateError::TripWithoutOrder,
            "state_trip_without_order",
        ),
        (
            Dispatch::from_parts(searched).err(),
            StateError::SearchWithoutBrief,
            "state_search_without_brief",
        ),
        (
            Payment::from_parts(charged).err(),
            StateError::MoneyWithoutCharge,
            "state_money_without_charge",
        ),
        (
            Driver::from_parts(driving).err(),
            StateError::DriverWithoutShift,
            "state_driver_without_shift",
        ),
        (
            Driver::from_parts(locked).err(),
            StateError::DriverWithoutShift,
            "state_driver_without_shift",
        ),
    ];
    for (refused, error, code) in refused {
        assert_eq!(refused, Some(error));
        assert_eq!(error.code(), code);
        assert!(error.to_string().ends_with("fold it from its stream"), "{error}");
    }
}
