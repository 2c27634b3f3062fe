//! Matches a small city: waiting riders to free drivers, exactly, with a certificate and the reasons.
//!
//! `cargo run -p fiacre-domain --example match`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{self, Availability, Policy, Request, Sample, Supply};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::time::Timestamp;
use std::error::Error;

/// A street corner of the city: `east` and `north` blocks from its south-western one.
fn corner(east: i32, north: i32) -> Result<Place, Box<dyn Error>> {
    Ok(Place::from_e7(
        407_400_000 + north * 10_000,
        -740_000_000 + east * 10_000,
    )?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::from_ms(1_530_000_000_000);
    let mut supply = Supply::new(ServiceArea::bounding(corner(-10, -10)?, corner(60, 60)?)?);
    // Eight taxis; the last one seats six.
    for (number, east, north) in [
        (1, 3, 4),
        (2, 5, 20),
        (3, 12, 6),
        (4, 14, 18),
        (5, 21, 22),
        (6, 23, 3),
        (7, 30, 30),
        (8, 9, 12),
    ] {
        let driver = DriverId::from_u128(number);
        let seats = if number == 8 { 6 } else { 4 };
        supply.set_capabilities(driver, Capabilities::new(seats)?);
        supply.set_availability(driver, Availability::Free { since: now });
        supply.report(&[Sample::new(driver, corner(east, north)?, now, 1)]);
    }
    // Five riders; the last one brings five friends.
    let mut requests = Vec::new();
    for (number, east, north, seats) in [
        (1, 4, 5, 1),
        (2, 6, 5, 1),
        (3, 13, 17, 2),
        (4, 22, 20, 1),
        (5, 11, 11, 6),
    ] {
        let trip = TripId::from_u128(number);
        requests.push(Request::new(
            trip,
            corner(east, north)?,
            Requirements::new(seats)?,
            now,
        ));
    }

    let policy = Policy::city();
    let batch = matching::assign(&requests, &supply, &policy, now);
    // The second rider is nearer to the first taxi, which saves the batch more elsewhere: the verdicts say how much.
    println!("{}\n", batch.explain(TripId::from_u128(2)));

    // The batch proves that no other assignment is cheaper; the check shares no code with the solver.
    let certificate = batch.certificate();
    certificate.verify(&requests, &supply, &policy)?;
    println!(
        "{} of {} riders matched; the certificate holds",
        batch.pairs().len(),
        requests.len()
    );

    // A certificate for one rider fewer proves nothing about this batch.
    let other = matching::assign(&requests[1..], &supply, &policy, now).certificate();
    let flaw = other.verify(&requests, &supply, &policy).err();
    println!(
        "another batch's certificate: {}",
        flaw.ok_or("a wrong certificate was accepted")?
    );
    Ok(())
}
