//! A trip whose price nobody can compute any more ends as every other does: by its driver, by its rider, by its deadline.

use crate::{one_driver, ride};
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::Quote;
use fiacre_services::desk::PricedTrip;
use fiacre_testing::{Error, Millis, Phase, Platform, TripId};
use std::sync::Arc;

/// Books at a price of which only the tariff's name is known, up to a confirmed driver.
fn booked_without_tariff(p: &mut Platform) -> (TripId, Arc<Quote>) {
    let priced = p.price(&ride()).unwrap();
    let known = Arc::clone(&priced.quote);
    let quote = Arc::new(Quote::from_parts(known.parts()).unwrap());
    let trip = p.book_at(PricedTrip { quote, ..priced }, ride()).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
    (trip, known)
}

fn ridden(p: &mut Platform, trip: TripId) {
    for step in [Platform::arrive, Platform::pick_up] as [fn(&mut Platform, TripId) -> Result<(), Error>; 2] {
        step(p, trip).unwrap();
        p.run_until_idle();
    }
    p.trip(trip).assert_state(Phase::Started);
}

fn is_over(p: &Platform, trip: TripId, phase: Phase, captured_minor: i64) {
    let probe = p.trip(trip);
    probe.assert_state(phase);
    probe.assert_closed();
    probe.assert_captured(captured_minor);
    p.driver("ann").assert_free();
    assert_eq!(p.ledger().sum(Currency::USD), 0);
    assert!(p.view(trip).unwrap().flagged);
    p.audit().assert_over();
}

#[test]
fn the_driver_ends_it_at_the_price_that_was_accepted() {
    let mut p = one_driver().start();
    let (trip, quote) = booked_without_tariff(&mut p);
    ridden(&mut p, trip);
    let mut recorder = quote.recorder(quote.at()).unwrap();
    recorder
        .drive(quote.ride().distance(), quote.ride().duration())
        .unwrap();
    p.complete_with(trip, recorder.finish().unwrap()).unwrap();
    p.run_until_idle();
    is_over(&p, trip, Phase::Completed, quote.total().minor());
}

#[test]
fn its_deadline_ends_it_at_the_price_that_was_accepted() {
    let mut p = one_driver().start();
    let (trip, quote) = booked_without_tariff(&mut p);
    ridden(&mut p, trip);
    p.advance_until(Millis::from_minutes(2 * 24 * 60), |p| {
        p.trip(trip).state().control().closed
    });
    p.run_until_idle();
    is_over(&p, trip, Phase::Completed, quote.total().minor());
}

#[test]
fn its_rider_cancels_it_for_nothing() {
    let mut p = one_driver().start();
    let (trip, _) = booked_without_tariff(&mut p);
    p.cancel(trip).unwrap();
    p.run_until_idle();
    is_over(&p, trip, Phase::Cancelled, 0);
}
