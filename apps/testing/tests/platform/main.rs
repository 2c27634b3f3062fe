//! What a test can ask of the platform, each tried.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod booking;
mod company;
mod failing;
mod faults;
mod matchers;
mod payments;
mod time;
mod unpriced;

use fiacre_domain::id::TripId;
use fiacre_testing::{Platform, Ride, Setup, places};

/// One driver near Times Square, who takes whatever comes.
fn one_driver() -> Setup {
    Platform::in_memory().seed(7).driver("ann", places::BRYANT_PARK)
}

fn ride() -> Ride {
    Ride::new(places::TIMES_SQUARE, places::UNION_SQUARE)
}

/// Books a ride and runs until nothing is under way.
fn booked(platform: &mut Platform) -> TripId {
    booked_as(platform, ride())
}

fn booked_as(platform: &mut Platform, ride: Ride) -> TripId {
    let trip = platform.book(ride).unwrap();
    platform.run_until_idle();
    trip
}
