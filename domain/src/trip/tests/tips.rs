//! What the rider gives on top.

use super::*;
use crate::fixture::usd;
use crate::money::{Currency, Money};
use crate::pricing::{Meter, Segment, Tariff, Units};
use crate::ratio::Ratio;
use crate::stream::ChargeNumber;
use crate::trip::{Order, PaymentMethod, TIP_WINDOW, TIPS_HOLDS_MAX, TIPS_MAX, TripRequest};
use crate::units::Millimetres;
use std::sync::Arc;

fn ridden() -> Trip {
    started_and(&[complete(Actor::Driver(ANN), fence(1))])
}

fn most() -> i64 {
    fixture::quote().hold().minor() * TIPS_HOLDS_MAX
}

/// The numbers of the charges that these commands ask for, in order.
fn charges(commands: &[Command]) -> Vec<ChargeNumber> {
    let mut trip = ridden();
    let events = commands
        .iter()
        .flat_map(|command| act(&mut trip, command, NOW).unwrap());
    let number = |event: TripEvent| {
        if let TripEvent::Tipped(tip) = &event {
            return Some(tip.charge);
        }
        if let TripEvent::FareAdjusted(adjustment) = &event {
            return Some(adjustment.further);
        }
        None
    };
    events.filter_map(number).collect()
}

#[test]
fn tips_and_corrections_never_share_a_charge() {
    let numbers = charges(&[tip(RIDER, 100), adjust(), tip(RIDER, 100)]);
    assert_eq!(numbers, [1, 2, 3].map(ChargeNumber));
}

#[test]
fn a_tip_is_above_nothing_in_the_trips_currency_and_within_what_a_ride_may_be_worth() {
    let trip = ridden();
    let refused = "!trip_tip_out_of_bounds";
    for cents in [i64::MIN, -1, 0, most() + 1, i64::MAX] {
        assert_eq!(answer(&trip, &tip(RIDER, cents), NOW), refused, "{cents}");
    }
    let yen = Command::Tip {
        rider: RIDER,
        amount: Money::new(100, Currency::JPY),
    };
    assert_eq!(answer(&trip, &yen, NOW), refused);
    let generous = after(trip, &[tip(RIDER, most() - 1)], NOW);
    assert_eq!(generous.tipped(), Some(usd(most() - 1)));
    assert_eq!(answer(&generous, &tip(RIDER, 2), NOW), refused);
    assert_eq!(answer(&generous, &tip(RIDER, 1), NOW), "TripTipped");
    let often = after(ridden(), &vec![tip(RIDER, 1); usize::from(TIPS_MAX)], NOW);
    assert_eq!(answer(&often, &tip(RIDER, 1), NOW), "!trip_tips_used_up");
    let all = after(generous, &[tip(RIDER, 1)], NOW);
    assert_eq!(answer(&all, &tip(RIDER, 1), NOW), "!trip_tips_used_up");
    assert_eq!(ridden().tipped(), None);
}

#[test]
fn the_window_is_counted_from_the_rides_end_and_a_correction_does_not_open_it_anew() {
    let last = NOW.plus(TIP_WINDOW);
    let corrected = after(ridden(), &[adjust()], last);
    for trip in [ridden(), corrected] {
        assert_eq!(answer(&trip, &tip(RIDER, 100), last), "TripTipped");
        let late = last.plus(crate::units::Millis::from_secs(1));
        assert_eq!(answer(&trip, &tip(RIDER, 100), late), "!trip_tip_too_late");
    }
}

#[test]
fn who_pays_the_driver_in_cash_or_by_account_tips_without_us() {
    for payment in [PaymentMethod::Cash, PaymentMethod::Account] {
        let order = Order {
            payment,
            ..fixture::order(fixture::CARD)
        };
        let request = Arc::new(TripRequest::new(order).unwrap());
        let ride = [
            Command::Request(request),
            driver(0, ANN, 1),
            super::payment(Secured::Waived),
            arrive(ANN, fence(1)),
            start(ANN, fence(1), RIGHT_CODE),
            complete(Actor::Driver(ANN), fence(1)),
        ];
        assert_eq!(
            answer(&absent_and(&ride), &tip(RIDER, 100), NOW),
            "!trip_tip_without_card"
        );
    }
}

/// Nobody knows what a tip on a ride that costs nothing may be.
#[test]
fn a_ride_for_which_nothing_was_held_takes_no_tip() {
    let segment = Segment::new(Millimetres::ZERO, Ratio::ZERO, Ratio::from(1_000)).unwrap();
    let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![segment], Units::Begun).unwrap();
    let free = Arc::new(Tariff::new("free".parse().unwrap(), 1, Currency::USD, meter));
    let order = Order {
        quote: fixture::quote_of(&free, 8_046),
        ..fixture::order(fixture::CARD)
    };
    let request = Arc::new(TripRequest::new(order).unwrap());
    let reading = fixture::reading(request.quote());
    let ride = [
        Command::Request(request),
        driver(0, ANN, 1),
        payment(Secured::Waived),
        arrive(ANN, fence(1)),
        start(ANN, fence(1), RIGHT_CODE),
        Command::Complete {
            fence: fence(1),
            by: Actor::Driver(ANN),
            reading,
            device: DEVICE,
        },
    ];
    let ridden = after(Trip::default(), &ride, NOW);
    for cents in [0, 1, 100] {
        assert_eq!(answer(&ridden, &tip(RIDER, cents), NOW), "!trip_tip_without_hold");
    }
}

#[test]
fn a_trip_that_is_over_may_still_be_tipped() {
    let closed = after(ridden(), &[Command::ClearLock, settle_money()], NOW);
    assert!(closed.control().closed);
    assert_eq!(answer(&closed, &tip(RIDER, 100), LATE), "TripTipped");
}
