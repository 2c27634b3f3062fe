//! A trip whose quote cannot be priced any more has the same ends as every other.

use super::*;
use crate::fixture::{CARD, order, quote, tariff};
use crate::ledger;
use crate::pricing::{Quote, QuoteParts};
use crate::trip::{Order, TripRequest};
use std::sync::Arc;

/// The order's quote, as a log gives it where its tariff is not known, and where a release prices otherwise than was accepted.
fn unpriceable() -> [Arc<Quote>; 2] {
    let unknown = Quote::from_parts(quote().parts()).unwrap();
    let dearer = QuoteParts {
        total_minor: 1_700,
        hold_minor: 2_550,
        ..quote().parts()
    };
    let repriced = Quote::from_parts(dearer).unwrap().with_tariff(tariff(1)).unwrap();
    [unknown, repriced].map(Arc::new)
}

/// A trip of this quote, up to a confirmed driver and then so many steps.
fn ordered_at(quote: &Arc<Quote>, steps: &[Command]) -> Trip {
    let request = TripRequest::new(Order {
        quote: Arc::clone(quote),
        ..order(CARD)
    });
    let confirmed = [
        Command::Request(Arc::new(request.unwrap())),
        driver(0, ANN, 1),
        payment(A0),
    ];
    after(absent_and(&confirmed), steps, NOW)
}

/// Every end used to be refused, the deadline's too: the driver stayed locked, and the hold open, for ever.
#[test]
fn a_ride_whose_quote_cannot_be_priced_any_more_ends_as_it_was_accepted() {
    let ride = [arrive(ANN, fence(1)), start(ANN, fence(1), RIGHT_CODE)];
    for quote in unpriceable() {
        for end in [Command::RideOverdue, complete(Actor::Driver(ANN), fence(1))] {
            let mut trip = ordered_at(&quote, &ride);
            let events = act(&mut trip, &end, LATE).unwrap();
            let [TripEvent::Completed(completion), TripEvent::FareSettled(receipt)] = &events[..] else {
                panic!("not an end: {events:?}")
            };
            assert_eq!((completion.due, receipt.total()), (quote.total(), quote.total()));
            assert!(receipt.is_unpriced() && quote.is_settled_by(receipt));
            assert!(trip.is_flagged());
            posts_nothing_but_zero(&events);
        }
    }
}

#[test]
fn a_cancellation_whose_fee_cannot_be_priced_any_more_is_free() {
    let no_show = Command::NoShow {
        driver: ANN,
        fence: fence(1),
    };
    for quote in unpriceable() {
        for (steps, end) in [
            (vec![], cancel(Actor::Rider(RIDER))),
            (vec![arrive(ANN, fence(1))], no_show.clone()),
            (vec![arrive(ANN, fence(1))], Command::NoShowOverdue { round: 0 }),
        ] {
            let mut trip = ordered_at(&quote, &steps);
            let events = act(&mut trip, &end, LATE).unwrap();
            let [TripEvent::Cancelled(cancelled)] = &events[..] else {
                panic!("not an end: {events:?}")
            };
            assert_eq!(cancelled.due, Some(fixture::usd(0)));
            assert!(
                cancelled
                    .receipt
                    .as_ref()
                    .is_some_and(|receipt| receipt.is_unpriced())
            );
            assert!(trip.is_flagged());
            posts_nothing_but_zero(&events);
        }
    }
}

/// The ledger's entries of these events sum to zero.
fn posts_nothing_but_zero(events: &[TripEvent]) {
    for event in events {
        for entry in ledger::entries(&event.clone().into()).unwrap() {
            let amounts = entry.postings().iter().map(|posting| posting.amount().minor());
            assert_eq!(amounts.sum::<i64>(), 0, "{event:?}");
        }
    }
}
