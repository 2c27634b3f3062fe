//! Drives a booking by hand: request → driver → payment → confirmed. No service, no store, no clock: four streams as the
//! states that their events fold into, and the reactions that say what follows from each event.
//!
//! `cargo run -p fiacre-domain --example saga`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::{self, Dispatch, Proposal};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{DriverId, IntentId, PrincipalId, TripId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::money::Currency;
use fiacre_domain::payment::{self, Payment};
use fiacre_domain::pricing::{Meter, Ride, Segment, Surge, Tariff, Units};
use fiacre_domain::saga::{self, Command, Setting};
use fiacre_domain::trip::{self, Order, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, Phase};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_domain::{place::Place, ratio::Ratio, requirements::Capabilities};
use fiacre_domain::{
    stream::ChargeNumber, time::Timestamp, trip::AuthorizationNumber, trip::Trip, trip::TripRequest,
};
use std::{error::Error, sync::Arc};

const TRIP: TripId = TripId::from_u128(1);
const ANN: DriverId = DriverId::from_u128(100);
const NOW: Timestamp = Timestamp::from_ms(1_530_000_000_000);

#[derive(Default)]
struct Booking {
    trip: Trip,
    dispatch: Dispatch,
    driver: Driver,
    payment: Payment,
}

impl Booking {
    /// Decides a command, and what the services' reactions make of its events, until nothing follows any more.
    fn ask(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let stream = command.stream();
        let events = match command {
            Command::Trip(_, command) => commit(&mut self.trip, command),
            Command::Dispatch(_, command) => commit(&mut self.dispatch, command),
            Command::Driver(_, command) => commit(&mut self.driver, command),
            Command::Payment(_, _, command) => commit(&mut self.payment, command),
        };
        for event in events? {
            println!("{stream} {}", event.name());
            let reactions = [
                saga::trip_service(stream, &event),
                saga::driver_service(stream, &event, &Setting::default(), NOW),
                saga::payment_service(stream, &event, &Setting::default()),
            ];
            reactions
                .into_iter()
                .flatten()
                .try_for_each(|command| self.ask(&command))?;
        }
        Ok(())
    }
}

/// What a store would do with what was decided: append it, and fold it.
fn commit<A: Aggregate<Event: Into<Event>, Refusal: 'static>>(
    state: &mut A,
    command: &A::Command,
) -> Result<Vec<Event>, Box<dyn Error>> {
    let events = state.decide(command, NOW)?.into_events();
    for event in &events {
        state.evolve(event, NOW);
    }
    Ok(events.into_iter().map(Into::into).collect())
}

/// An order for five kilometres at 2.50 and 1.50 a kilometre, paid by card.
fn order() -> Result<Order, Box<dyn Error>> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(150), Ratio::from(1_000_000))?;
    let meter = Meter::distance(Ratio::from(250), Ratio::ZERO, vec![kilometre], Units::Begun)?;
    let tariff = Arc::new(Tariff::new("example".parse()?, 1, Currency::EUR, meter));
    let ride = Ride::new(Millimetres::from_metres(5_000), Millis::from_minutes(12));
    let pick_up = PersonalPlace::Known(Place::from_e7(488_560_000, 23_520_000)?);
    Ok(Order {
        trip: TRIP,
        rider: PrincipalId::from_u128(10),
        region: "paris".parse()?,
        accepted_at: NOW,
        quote: Arc::new(tariff.quote(&ride, "2026-01-31T10:00".parse()?, Surge::NONE)?),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: PersonalPlan {
            pick_up,
            stops: Vec::new(),
            destination: None,
        },
        payment: PaymentMethod::Hold {
            method: PaymentMethodId(1),
        },
        product: "taxi".parse()?,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut booking = Booking::default();
    let (region, capabilities) = ("paris".parse()?, Capabilities::new(4)?);
    booking.ask(&Command::Driver(
        ANN,
        driver::Command::GoOnline { region, capabilities },
    ))?;
    let order = order()?;
    let amount = order.quote.hold();
    booking.ask(&Command::Trip(
        TRIP,
        trip::Command::Request(Arc::new(TripRequest::new(order)?)),
    ))?;

    // What a matcher and the driver's app would say.
    booking.ask(&Command::Dispatch(
        TRIP,
        dispatch::Command::Propose(Proposal {
            round: 0,
            driver: ANN,
            wave: 0,
            expires_at: NOW.plus(Millis::from_secs(25)),
            promised_pick_up_at: NOW.plus(Millis::from_minutes(4)),
            plan_revision: 0,
            terms: Terms {
                travel_ms: 240_000,
                ..Terms::default()
            },
            verdicts: Verdicts::default(),
        }),
    ))?;
    let offer = booking
        .dispatch
        .open_offers()
        .first()
        .ok_or("no offer was made")?
        .number;
    booking.ask(&Command::Dispatch(
        TRIP,
        dispatch::Command::Accept { offer, driver: ANN },
    ))?;

    // What a payment company would say. The same fact twice changes nothing.
    let (authorization, intent) = (AuthorizationNumber(0), IntentId::from_u128(7));
    let capture_before = NOW.plus(Millis::from_minutes(7 * 24 * 60));
    let held = payment::Command::RecordAuthorized {
        authorization,
        amount,
        capture_before,
    };
    for fact in [
        payment::Command::RecordIntent {
            authorization,
            intent,
        },
        held.clone(),
        held,
    ] {
        booking.ask(&Command::Payment(TRIP, ChargeNumber::FARE, fact))?;
    }
    assert_eq!(booking.trip.control().phase, Phase::Confirmed);
    println!("confirmed");
    Ok(())
}
