//! Each request of each desk, over mocks: what it puts on the bus, under which identity, and what it says of each answer.

mod support;

use crate::sample::{self, ANN, FENCE, TRIP, pick_up, plan, reading, tariff, usd};
use crate::stage::{NOW, Tape, at_once, clock, error, region};
use fiacre_domain::dispatch::OfferNumber;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, PrincipalId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Party, Quote, Ride, Surge};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::TraceContext;
use fiacre_domain::trip::{
    Actor, CancelReason, DeviceFact, Order, PaymentMethod, PersonalPlace, PersonalPlan, StartCheck,
    StartProof, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_domain::{dispatch, driver, trip};
use fiacre_ports::mocks::{MockBus, MockIdSource, MockLocationFeed, MockRouteProvider, MockSeal};
use fiacre_ports::{Body, Message, MessageId, PortError, PortErrorKind, Published, QueueName};
use fiacre_services::desk::{
    Admission, Booking, DeskError, DeskPorts, DriverDesk, Origin, PricedTrip, RiderDesk, SupportDesk,
};
use std::sync::{Arc, Mutex};

const RIDER: PrincipalId = PrincipalId::from_u128(9);
const FIRST_OFFER: OfferNumber = OfferNumber(1);
const CODE: u16 = 1_234;
const NEAR: Millimetres = Millimetres::from_metres(40);
const DEVICE: DeviceFact = DeviceFact {
    occurred_at: NOW,
    sequence: 3,
};

type BusAnswer = fn() -> Vec<Published>;

/// Every desk of a region, and what they published.
struct Desks {
    riders: RiderDesk,
    drivers: DriverDesk,
    support: SupportDesk,
    published: Arc<Mutex<Vec<Message>>>,
}

impl Desks {
    /// Over a bus that answers this to each message.
    fn answered(answer: BusAnswer) -> Self {
        Self::over(MockBus::new(), answer)
    }

    /// Over this bus, which answers so to each message.
    fn over(mut bus: MockBus, answer: BusAnswer) -> Self {
        let published = Arc::<Mutex<Vec<Message>>>::default();
        let kept = Arc::clone(&published);
        bus.expect_publish().returning(move |messages| {
            kept.lock().unwrap().extend(messages);
            answer()
        });
        let mut locations = MockLocationFeed::new();
        locations.expect_report().returning(|_, samples| {
            assert!(samples.iter().all(|sample| sample.at() <= NOW), "{samples:?}");
            let known = samples.iter().all(|sample| sample.driver() == ANN);
            known.then_some(()).ok_or(error(PortErrorKind::Unavailable))
        });
        let ports = DeskPorts {
            bus: Arc::new(bus),
            clock: Arc::new(clock(&Tape::default())),
            ids: Arc::new(ids()),
            seal: Arc::new(seal()),
            locations: Arc::new(locations),
            routes: Arc::new(MockRouteProvider::new()),
        };
        Self {
            riders: RiderDesk::new(region(), ports.clone()),
            drivers: DriverDesk::new(region(), ports.clone()),
            support: SupportDesk::new(region(), ports),
            published,
        }
    }

    fn confirmed() -> Self {
        Self::answered(|| vec![Published::Confirmed])
    }

    fn published(&self) -> Vec<Message> {
        self.published.lock().unwrap().clone()
    }
}

fn ids() -> MockIdSource {
    let mut ids = MockIdSource::new();
    ids.expect_trip_id().return_const(TRIP);
    ids
}

fn seal() -> MockSeal {
    let mut seal = MockSeal::new();
    seal.expect_start_code().return_const(CODE);
    seal.expect_fingerprint().return_const(print());
    seal.expect_ticket().returning(ticket);
    seal
}

/// As good as a keyed hash, for whoever does not look inside.
fn ticket(trip: TripId, price: Fingerprint, plan: &PersonalPlan) -> Fingerprint {
    let mut bytes = [0; 32];
    for (at, byte) in format!("{trip:?}{price:?}{plan:?}").bytes().enumerate() {
        bytes[at % 32] = byte.wrapping_add(bytes[at % 32]).rotate_left(3);
    }
    Fingerprint::new(bytes)
}

/// What two adults pay.
fn quote() -> Arc<Quote> {
    let ride = sample::quote()
        .ride()
        .clone()
        .with_party(Party::adults(2).unwrap());
    let quote = tariff().quote(&ride, sample::quote().at(), Surge::NONE);
    Arc::new(quote.unwrap())
}

fn priced() -> PricedTrip {
    PricedTrip {
        trip: TRIP,
        quote: quote(),
        fingerprint: print(),
        ticket: ticket(TRIP, print(), &plan()),
    }
}

const fn print() -> Fingerprint {
    Fingerprint::new([3; 32])
}

fn trace() -> Arc<TraceContext> {
    Arc::new(TraceContext {
        trace_id: [0x4b; 16],
        span_id: [0xa0; 8],
        flags: 1,
    })
}

fn origin(id: u128) -> Origin {
    Origin::new(CommandId::from_u128(id)).with_trace(trace())
}

fn booking() -> Booking {
    Booking {
        priced: priced(),
        rider: RIDER,
        plan: plan(),
        payment: PaymentMethod::Cash,
        product: "taxi".parse().unwrap(),
        party_size: 2,
        requirements: Requirements::ONE_SEAT,
        policy: Arc::default(),
        expires_at: Some(NOW.plus(Millis::from_minutes(3))),
    }
}

fn ordered() -> TripRequest {
    let order = Order {
        trip: TRIP,
        rider: RIDER,
        region: region(),
        accepted_at: NOW,
        quote: quote(),
        quote_fingerprint: print(),
        plan: plan(),
        payment: PaymentMethod::Cash,
        product: "taxi".parse().unwrap(),
    };
    let request = TripRequest::new(order)
        .unwrap()
        .with_party(2, Requirements::ONE_SEAT);
    let expires_at = NOW.plus(Millis::from_minutes(3));
    request.unwrap().with_expiry(expires_at).unwrap()
}

/// How a desk is asked, and what the services must then be told.
type Request = (fn(&Desks, Origin) -> Result<(), DeskError>, Command);

fn of_riders() -> Vec<Request> {
    let cancel = trip::Command::Cancel {
        by: Actor::Rider(RIDER),
        reason: CancelReason::ChangedPlans,
    };
    let change = trip::Command::ChangePlan {
        by: Actor::Rider(RIDER),
        plan: plan(),
        quote: quote(),
        quote_fingerprint: print(),
    };
    let tip = trip::Command::Tip {
        rider: RIDER,
        amount: usd(300),
    };
    vec![
        (
            |desks, origin| {
                let booked = at_once(desks.riders.book(origin, booking()));
                booked.map(|trip| assert_eq!(trip, TRIP, "a trip's id is its quote's"))
            },
            Command::Trip(TRIP, trip::Command::Request(Arc::new(ordered()))),
        ),
        (
            |desks, origin| {
                let reason = CancelReason::ChangedPlans;
                at_once(desks.riders.cancel(origin, TRIP, RIDER, reason))
            },
            Command::Trip(TRIP, cancel),
        ),
        (
            |desks, origin| at_once(desks.riders.change_plan(origin, TRIP, RIDER, plan(), priced())),
            Command::Trip(TRIP, change),
        ),
        (
            |desks, origin| at_once(desks.riders.tip(origin, TRIP, RIDER, usd(300))),
            Command::Trip(TRIP, tip),
        ),
    ]
}

fn of_drivers_at_work() -> Vec<Request> {
    let capabilities = Capabilities::new(4).unwrap();
    let region = region();
    let (offer, driver) = (FIRST_OFFER, ANN);
    vec![
        (
            |desks, origin| {
                at_once(
                    desks
                        .drivers
                        .go_online(origin, ANN, Capabilities::new(4).unwrap()),
                )
            },
            Command::Driver(ANN, driver::Command::GoOnline { region, capabilities }),
        ),
        (
            |desks, origin| at_once(desks.drivers.go_offline(origin, ANN)),
            Command::Driver(ANN, driver::Command::GoOffline),
        ),
        (
            |desks, origin| at_once(desks.drivers.accept(origin, TRIP, FIRST_OFFER, ANN)),
            Command::Dispatch(TRIP, dispatch::Command::Accept { offer, driver }),
        ),
        (
            |desks, origin| at_once(desks.drivers.decline(origin, TRIP, FIRST_OFFER, ANN)),
            Command::Dispatch(TRIP, dispatch::Command::Decline { offer, driver }),
        ),
    ]
}

fn of_drivers_on_the_way() -> Vec<Request> {
    let (driver, fence, device) = (ANN, FENCE, DEVICE);
    let arrive = trip::Command::Arrive {
        driver,
        fence,
        distance_to_pick_up: NEAR,
        device,
    };
    vec![
        (
            |desks, origin| at_once(desks.drivers.withdraw(origin, TRIP, ANN, FENCE)),
            Command::Trip(TRIP, trip::Command::Withdraw { driver, fence }),
        ),
        (
            |desks, origin| at_once(desks.drivers.arrive(origin, TRIP, ANN, FENCE, NEAR, DEVICE)),
            Command::Trip(TRIP, arrive),
        ),
        (
            |desks, origin| at_once(desks.drivers.no_show(origin, TRIP, ANN, FENCE)),
            Command::Trip(TRIP, trip::Command::NoShow { driver, fence }),
        ),
    ]
}

fn of_drivers_with_a_rider() -> Vec<Request> {
    let start = |check| trip::Command::Start {
        driver: ANN,
        fence: FENCE,
        check,
        device: DEVICE,
    };
    let complete = trip::Command::Complete {
        fence: FENCE,
        by: Actor::Driver(ANN),
        reading: reading(),
        device: DEVICE,
    };
    vec![
        (
            |desks, origin| at_once(desks.drivers.start(origin, TRIP, ANN, FENCE, CODE, DEVICE)),
            Command::Trip(TRIP, start(StartCheck::Proven(StartProof::Code))),
        ),
        (
            |desks, origin| at_once(desks.drivers.start(origin, TRIP, ANN, FENCE, CODE + 1, DEVICE)),
            Command::Trip(TRIP, start(StartCheck::WrongCode)),
        ),
        (
            |desks, origin| {
                at_once(
                    desks
                        .drivers
                        .complete(origin, TRIP, FENCE, ANN, reading(), DEVICE),
                )
            },
            Command::Trip(TRIP, complete),
        ),
    ]
}

fn all() -> Vec<Request> {
    [
        of_riders(),
        of_drivers_at_work(),
        of_drivers_on_the_way(),
        of_drivers_with_a_rider(),
        support::requests(),
    ]
    .concat()
}

#[test]
fn each_request_is_one_command_of_its_caller_that_somebody_must_get() {
    for (ask, command) in all() {
        let desks = Desks::confirmed();
        ask(&desks, origin(5)).unwrap();
        let id = CommandId::from_u128(5);
        let expected = Message {
            body: Body::Command { id, command },
            region: region(),
            trace: Some(trace()),
            mandatory: true,
        };
        assert_eq!(desks.published(), [expected]);
    }
}

#[test]
fn a_repeated_request_is_the_same_message_and_another_request_is_another() {
    for (ask, command) in all() {
        let desks = Desks::confirmed();
        for id in [5, 5, 6] {
            ask(&desks, origin(id)).unwrap();
        }
        let published: Vec<MessageId> = desks.published().iter().map(Message::id).collect();
        let named = [5, 5, 6].map(|id| MessageId::Command(CommandId::from_u128(id)));
        assert_eq!(published, named, "{command:?}");
    }
}

#[test]
fn no_request_is_accepted_that_the_bus_did_not_confirm() {
    let answers: [(BusAnswer, &str); 5] = [
        (|| vec![Published::Returned], "unavailable"),
        (
            || vec![Published::Refused(error(PortErrorKind::Invalid))],
            "invalid",
        ),
        (
            || vec![Published::OutcomeUnknown(error(PortErrorKind::OutcomeUnknown))],
            "outcome_unknown",
        ),
        (
            || vec![Published::OutcomeUnknown(error(PortErrorKind::Unavailable))],
            "unavailable",
        ),
        (Vec::new, "outcome_unknown"),
    ];
    for (answer, code) in answers {
        for (ask, command) in all() {
            let refused = ask(&Desks::answered(answer), origin(5)).unwrap_err();
            assert_eq!(refused.code(), code, "{command:?}");
            let told = refused.to_string();
            assert!(told.starts_with("failed to hand the request on"), "{told}");
        }
    }
}

/// Desks that let orders in while no more than 100 messages wait in a queue, and find so many in the second of two.
fn behind(backlog: fn() -> Result<usize, PortError>) -> Desks {
    let queues = [Service::Trip, Service::Driver].map(|service| QueueName::of_service(service, region()));
    let (mut bus, second) = (MockBus::new(), queues[1].clone());
    // Each queue is looked at once, however much is asked for within the second.
    bus.expect_backlog()
        .times(2)
        .returning(move |queue| if *queue == second { backlog() } else { Ok(0) });
    let mut desks = Desks::over(bus, || vec![Published::Confirmed]);
    let admission = Admission::new(queues, 100);
    desks.riders = desks.riders.with_admission(Arc::new(admission));
    desks
}

#[test]
fn an_order_is_turned_away_while_too_much_waits_and_nothing_else_is() {
    // Whether a bus that cannot count takes an order, it says itself.
    let unknown = || Err(error(PortErrorKind::Unavailable));
    for desks in [behind(|| Ok(100)), behind(unknown)] {
        for id in [1, 2] {
            at_once(desks.riders.book(origin(id), booking())).unwrap();
        }
        assert_eq!(desks.published().len(), 2);
    }
    let busy = behind(|| Ok(101));
    for (ask, command) in all() {
        let before = busy.published().len();
        let asked = ask(&busy, origin(3));
        if matches!(command, Command::Trip(_, trip::Command::Request(_))) {
            let away = asked.unwrap_err();
            assert_eq!((away.code(), busy.published().len()), ("desk_busy", before));
            assert!(away.to_string().ends_with("ask again in 10000 ms"), "{away}");
        } else {
            asked.unwrap();
        }
    }
}

#[test]
fn an_order_that_is_not_well_formed_is_refused_before_anything_is_published() {
    let nobody = Booking {
        party_size: 0,
        ..booking()
    };
    let late = Booking {
        expires_at: Some(NOW),
        ..booking()
    };
    let endless = PersonalPlan {
        stops: vec![plan().pick_up; 100],
        ..plan()
    };
    let endless = Booking {
        priced: PricedTrip {
            ticket: ticket(TRIP, print(), &endless),
            ..priced()
        },
        plan: endless,
        ..booking()
    };
    for (booking, code) in [
        (nobody, "request_empty_party"),
        (late, "request_expires_before_accepted"),
        (endless, "request_too_many_stops"),
    ] {
        let desks = Desks::confirmed();
        let refused = at_once(desks.riders.book(origin(5), booking)).unwrap_err();
        assert_eq!((refused.code(), desks.published()), (code, vec![]));
    }
}

#[test]
fn a_price_whose_fingerprint_is_anothers_is_refused_before_anything_is_published() {
    let other = Fingerprint::new([4; 32]);
    let mut changed = booking();
    changed.priced.fingerprint = other;
    let desks = Desks::confirmed();
    let booked = at_once(desks.riders.book(origin(5), changed)).unwrap_err();
    let priced = PricedTrip {
        fingerprint: other,
        ..priced()
    };
    let replanned = desks.riders.change_plan(origin(6), TRIP, RIDER, plan(), priced);
    let replanned = at_once(replanned).unwrap_err();
    assert_eq!([booked.code(), replanned.code()], ["desk_fingerprint"; 2]);
    assert_eq!(desks.published(), vec![]);
}

/// A price for a short way used to pay for a long one, and one for two people for four.
#[test]
fn a_price_is_taken_for_its_own_trip_plan_and_party_only() {
    let farther = PersonalPlan {
        destination: Some(PersonalPlace::Known(Place::from_e7(0, 0).unwrap())),
        ..plan()
    };
    let stopping = PersonalPlan {
        stops: vec![plan().pick_up],
        ..plan()
    };
    let taken = |change: fn(&mut Booking, PersonalPlan), plan: &PersonalPlan| {
        let mut booking = booking();
        change(&mut booking, plan.clone());
        let desks = Desks::confirmed();
        let booked = at_once(desks.riders.book(origin(5), booking));
        let published = desks.published().len();
        (booked.map_err(|error| error.code()), published)
    };
    let as_planned = |booking: &mut Booking, plan| booking.plan = plan;
    assert_eq!(taken(as_planned, &plan()), (Ok(TRIP), 1));
    assert_eq!(taken(as_planned, &farther), (Err("desk_another_plan"), 0));
    assert_eq!(taken(as_planned, &stopping), (Err("desk_another_plan"), 0));
    let other_trip = |booking: &mut Booking, _| booking.priced.trip = TripId::from_u128(77);
    assert_eq!(taken(other_trip, &plan()), (Err("desk_another_plan"), 0));
    let alone = |booking: &mut Booking, _| booking.party_size = 1;
    assert_eq!(taken(alone, &plan()), (Err("desk_another_party"), 0));
    // A ticket for a plan with more stops than were priced is none that this desk gives.
    let forged = |booking: &mut Booking, plan: PersonalPlan| {
        booking.priced.ticket = ticket(TRIP, print(), &plan);
        booking.plan = plan;
    };
    assert_eq!(taken(forged, &stopping), (Err("desk_another_plan"), 0));
    for other in [farther, stopping.clone()] {
        let desks = Desks::confirmed();
        let change = desks.riders.change_plan(origin(6), TRIP, RIDER, other, priced());
        assert_eq!(at_once(change).unwrap_err().code(), "desk_another_plan");
        assert_eq!(desks.published(), []);
    }
    let riders = Desks::confirmed().riders;
    let refused = riders.quote(&tariff(), &stopping, quote().ride(), quote().at(), Surge::NONE);
    assert_eq!(refused.unwrap_err().code(), "desk_another_plan");
}

#[test]
fn a_price_has_an_identity_and_a_print_of_its_own_and_publishes_nothing() {
    let desks = Desks::confirmed();
    let at = quote().at();
    let priced = desks
        .riders
        .quote(&tariff(), &plan(), quote().ride(), at, Surge::NONE);
    let PricedTrip {
        trip,
        quote: price,
        fingerprint,
        ticket: proof,
    } = priced.unwrap();
    assert_eq!((trip, price, fingerprint), (TRIP, quote(), print()));
    assert_eq!(proof, ticket(TRIP, print(), &plan()));
    let backwards = Ride::new(Millimetres::from_metres(-1), Millis::ZERO);
    let refused = desks
        .riders
        .quote(&tariff(), &plan(), &backwards, at, Surge::NONE);
    assert_eq!(refused.unwrap_err().code(), "pricing_ride_negative");
    assert_eq!(desks.published(), []);
    assert_eq!(desks.riders.start_code(TripId::from_u128(2)), CODE);
}

#[test]
fn a_report_of_places_says_whether_it_arrived() {
    let drivers = Desks::confirmed().drivers;
    let seen = |driver| Sample::new(driver, pick_up(), NOW, 1);
    at_once(drivers.locate(vec![seen(ANN)])).unwrap();
    // A phone whose clock is an hour ahead: the feed is told of the time at which the sample came.
    let ahead = Sample::new(ANN, pick_up(), NOW.plus(Millis::from_minutes(60)), 2);
    at_once(drivers.locate(vec![ahead])).unwrap();
    let bob = DriverId::from_u128(2);
    let refused = at_once(drivers.locate(vec![seen(bob)])).unwrap_err();
    assert_eq!(refused.code(), "unavailable");
}
