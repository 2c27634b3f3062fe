//! Drives a booking by hand, from the order to its confirmation. No service, no store, no clock: four streams as the states
//! that their events fold into, and the reactions that say what follows from each event.
//!
//! `cargo run -p fiacre-domain --example saga`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use fiacre_domain::dispatch::{self, Dispatch, Proposal};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::id::{DriverId, PrincipalId, TripId};
use fiacre_domain::pricing::{Meter, Ride, Segment, Surge, Tariff, Units};
use fiacre_domain::saga::{self, Command, Setting};
use fiacre_domain::trip::{
    self, Order, PaymentMethod, PersonalPlace, PersonalPlan, Phase, Trip, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_domain::{
    decision::Aggregate, event::Event, fingerprint::Fingerprint, money::Currency, ratio::Ratio,
};
use fiacre_domain::{
    matching::Terms, matching::Verdicts, payment::Payment, requirements::Capabilities, time::Timestamp,
};
use std::{error::Error, sync::Arc};

const TRIP: TripId = TripId::from_u128(1);
const ANN: DriverId = DriverId::from_u128(100);
const NOW: Timestamp = Timestamp::from_ms(1_530_000_000_000);

/// What a store would do with what was decided: append it, and fold it.
fn commit<A: Aggregate<Event: Into<Event>, Refusal: 'static>>(
    state: &mut A,
    command: &A::Command,
) -> Result<Vec<Event>, Box<dyn Error>> {
    let events = state.decide(command, NOW)?.into_events();
    let fold = |event: A::Event| {
        state.evolve(&event, NOW);
        event.into()
    };
    Ok(events.into_iter().map(fold).collect())
}

#[derive(Default)]
struct Booking(Trip, Dispatch, Driver, Payment);

impl Booking {
    /// Decides a command, and what the services' reactions make of its events, until nothing follows any more.
    fn ask(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let stream = command.stream();
        let events = match command {
            Command::Trip(_, command) => commit(&mut self.0, command),
            Command::Dispatch(_, command) => commit(&mut self.1, command),
            Command::Driver(_, command) => commit(&mut self.2, command),
            Command::Payment(_, _, command) => commit(&mut self.3, command),
        };
        for event in events? {
            println!("{stream} {}", event.name());
            let reactions = [
                saga::trip_service(stream, &event),
                saga::driver_service(stream, &event, &Setting::default(), NOW),
                saga::payment_service(stream, &event, &Setting::default()),
            ];
            let mut reactions = reactions.into_iter().flatten();
            reactions.try_for_each(|command| self.ask(&command))?;
        }
        Ok(())
    }
}

/// An order for five kilometres at 2.50 and 1.50 a kilometre, paid to the driver.
fn order() -> Result<Order, Box<dyn Error>> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(150), Ratio::from(1_000_000))?;
    let meter = Meter::distance(Ratio::from(250), Ratio::ZERO, vec![kilometre], Units::Begun)?;
    let tariff = Arc::new(Tariff::new("example".parse()?, 1, Currency::EUR, meter));
    let ride = Ride::new(Millimetres::from_metres(5_000), Millis::from_minutes(12));
    let (pick_up, stops) = (PersonalPlace::Known("48.856,2.352".parse()?), Vec::new());
    Ok(Order {
        trip: TRIP,
        rider: PrincipalId::from_u128(10),
        region: "paris".parse()?,
        accepted_at: NOW,
        quote: Arc::new(tariff.quote(&ride, "2026-01-31T10:00".parse()?, Surge::NONE)?),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: PersonalPlan {
            pick_up,
            stops,
            destination: None,
        },
        payment: PaymentMethod::Cash,
        product: "taxi".parse()?,
    })
}

/// What a matcher would propose to the trip's search.
fn proposal() -> Proposal {
    Proposal {
        round: 0,
        driver: ANN,
        wave: 0,
        expires_at: NOW.plus(Millis::from_secs(25)),
        promised_pick_up_at: NOW.plus(Millis::from_minutes(4)),
        plan_revision: 0,
        terms: Terms::default(),
        verdicts: Verdicts::default(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut booking = Booking::default();
    let (region, capabilities) = ("paris".parse()?, Capabilities::new(4)?);
    booking.ask(&Command::Driver(
        ANN,
        driver::Command::GoOnline { region, capabilities },
    ))?;
    booking.ask(&Command::Trip(
        TRIP,
        trip::Command::Request(Arc::new(TripRequest::new(order()?)?)),
    ))?;
    booking.ask(&Command::Dispatch(TRIP, dispatch::Command::Propose(proposal())))?;
    let offer = booking.1.open_offers().first().ok_or("no offer was made")?.number;
    let accept = dispatch::Command::Accept { offer, driver: ANN };
    booking.ask(&Command::Dispatch(TRIP, accept))?;
    assert_eq!(booking.0.control().phase, Phase::Confirmed);
    println!("confirmed");
    Ok(())
}
