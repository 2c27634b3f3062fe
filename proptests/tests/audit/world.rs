//! A small platform: the real aggregates and reactions, a network that delivers late, doubled and in any order, a gateway
//! with moods, riders and drivers. It leaves a log.

use crate::dice::Dice;
use fiacre_domain::decision::{Aggregate, Decision};
use fiacre_domain::dispatch::{self, Dispatch, Proposal};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, IntentId, PrincipalId, TripId, WebhookId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{self, DeclineReason, GatewayCall, Hold, Operation, Payment};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{
    CancellationMatrix, CancellationStageKind, Fault, FeePayer, FeeRule, Meter, MeterReading, Quote, Ride,
    Segment, Surge, Tariff,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::{self, Setting};
use fiacre_domain::stream::{Cause, ChargeNumber, Commit, EventId, StreamId, TimerId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    self, Actor, AdjustReason, CancelReason, DeviceFact, Order, PaymentMethod, PaymentMethodId,
    PersonalPlace, PersonalPlan, Phase, StartCheck, StartProof, Trip, TripPolicy, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const AT: &str = "2018-07-03T10:00";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Trip,
    Driver,
    Payment,
}

/// An event on its way to a service.
#[derive(Debug, Clone)]
struct Message {
    to: Service,
    id: EventId,
    event: Event,
}

#[derive(Debug)]
pub(crate) struct World {
    dice: Dice,
    now: Timestamp,
    trips: BTreeMap<TripId, Trip>,
    searches: BTreeMap<TripId, Dispatch>,
    drivers: BTreeMap<DriverId, Driver>,
    charges: BTreeMap<(TripId, ChargeNumber), Payment>,
    inbox: BTreeSet<(StreamId, Cause)>,
    heads: BTreeMap<StreamId, u32>,
    network: Vec<Message>,
    timers: BTreeSet<(Timestamp, TimerId)>,
    asked: u128,
    quote: Arc<Quote>,
    pub(crate) log: Vec<Commit>,
}

impl World {
    pub(crate) fn new(seed: u64, trips: u32, drivers: u32) -> Self {
        let mut world = Self {
            dice: Dice::new(seed),
            now: Timestamp::from_ms(1_000_000),
            trips: BTreeMap::new(),
            searches: BTreeMap::new(),
            drivers: BTreeMap::new(),
            charges: BTreeMap::new(),
            inbox: BTreeSet::new(),
            heads: BTreeMap::new(),
            network: Vec::new(),
            timers: BTreeSet::new(),
            asked: 0,
            quote: quote(),
            log: Vec::new(),
        };
        for number in 0..drivers {
            let driver = DriverId::from_u128(u128::from(number) + 1);
            world.ask(&saga::Command::Driver(
                driver,
                driver::Command::GoOnline {
                    region: "manhattan".parse().unwrap(),
                    capabilities: Capabilities::new(4).unwrap(),
                },
            ));
        }
        for number in 0..trips {
            world.order(TripId::from_u128(u128::from(number) + 1));
        }
        world
    }

    fn order(&mut self, trip: TripId) {
        let payment = if self.dice.lucky(20) {
            PaymentMethod::Cash
        } else {
            let method = PaymentMethodId(1);
            PaymentMethod::Hold { method }
        };
        let order = Order {
            trip,
            rider: rider(trip),
            region: "manhattan".parse().unwrap(),
            accepted_at: self.now,
            quote: Arc::clone(&self.quote),
            quote_fingerprint: Fingerprint::new([0; 32]),
            plan: PersonalPlan {
                pick_up: PersonalPlace::Known(Place::from_e7(407_000_000, -739_000_000).unwrap()),
                stops: Vec::new(),
                destination: None,
            },
            payment,
            product: "taxi".parse().unwrap(),
        };
        if self.dice.lucky(5) {
            self.cancel(trip);
        }
        let request = Arc::new(TripRequest::new(order).unwrap());
        self.ask(&saga::Command::Trip(trip, trip::Command::Request(request)));
    }

    /// One thing that happens, whatever it is.
    pub(crate) fn step(&mut self) {
        self.now = self
            .now
            .plus(Millis::new(i64::try_from(self.dice.below(2_000)).unwrap()));
        match self.dice.below(10) {
            0..=3 => self.deliver(),
            4..=5 => self.call_gateway(false),
            6 if self.dice.lucky(10) => self.lose_hold(),
            6 | 7 => self.fire(),
            _ => self.act(false),
        }
    }

    /// Lets everything come to rest: messages arrive, the gateway answers, rides end, deadlines pass.
    pub(crate) fn drain(&mut self) {
        for _ in 0..20_000 {
            if !self.network.is_empty() {
                self.deliver();
            } else if self.charges.values().any(|charge| charge.next_call().is_some()) {
                self.call_gateway(true);
            } else if self.is_at_rest() {
                return;
            } else if self.dice.lucky(50) {
                self.act(true);
            } else {
                let next = self.timers.first().map(|(due_at, _)| *due_at);
                self.now = self.now.max(next.unwrap_or(self.now));
                self.fire();
            }
        }
        panic!("the platform does not come to rest");
    }

    /// What comes after the end: fares are corrected, once or twice, and money follows; drivers are tipped; debts are given up.
    pub(crate) fn look_back(&mut self) {
        let ids: Vec<TripId> = self.trips.keys().copied().collect();
        for trip in ids {
            let fare = (trip, ChargeNumber::FARE);
            let debt_minor = self.charges.entry(fare).or_default().debt_minor();
            if debt_minor > 0 && self.dice.lucky(50) {
                let amount = Money::new(debt_minor, Currency::USD);
                self.notify(fare, payment::Command::WriteOffDebt { amount });
                continue;
            }
            for _ in 0..self.dice.below(3) {
                self.correct(trip);
            }
            if self.dice.lucky(30) {
                let amount = Money::new(1 + i64::try_from(self.dice.below(500)).unwrap(), Currency::USD);
                let tip = trip::Command::Tip {
                    rider: rider(trip),
                    amount,
                };
                self.ask(&saga::Command::Trip(trip, tip));
            }
        }
        self.drain();
    }

    /// To what some other ride would have cost.
    fn correct(&mut self, trip: TripId) {
        let driven = self.driven();
        let receipt = Arc::new(self.quote.settle(&driven).unwrap());
        let reason = AdjustReason::WrongReading;
        self.ask(&saga::Command::Trip(
            trip,
            trip::Command::AdjustFare { reason, receipt },
        ));
    }

    fn driven(&mut self) -> MeterReading {
        let mut recorder = self.quote.recorder(AT.parse().unwrap()).unwrap();
        let distance = Millimetres::new(i64::try_from(self.dice.below(20)).unwrap() * 1_000_000);
        recorder.drive(distance, Millis::from_minutes(20)).unwrap();
        recorder.finish().unwrap()
    }

    fn is_at_rest(&self) -> bool {
        self.trips.values().all(|trip| {
            let control = trip.control();
            control.closed || control.phase == Phase::Absent
        })
    }

    fn deliver(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let place = self.dice.below(self.network.len());
        let message = if self.dice.lucky(10) {
            self.network[place].clone()
        } else {
            self.network.swap_remove(place)
        };
        let (stream, event) = (message.id.stream(), &message.event);
        let setting = Setting::default();
        let command = match message.to {
            Service::Trip => saga::trip_service(stream, event),
            Service::Driver => saga::driver_service(stream, event, &setting, self.now),
            Service::Payment => saga::payment_service(stream, event, &setting),
        };
        if let Some(command) = command {
            self.run(Cause::Event(message.id), &command);
        }
    }

    fn any_trip(&mut self) -> Option<TripId> {
        let place = self.dice.below(self.trips.len());
        self.trips.keys().nth(place).copied()
    }

    fn any_charge(&mut self) -> Option<(TripId, ChargeNumber)> {
        let place = self.dice.below(self.charges.len().max(1));
        self.charges.keys().nth(place).copied()
    }

    fn call_gateway(&mut self, is_kind: bool) {
        let Some(key) = self.any_charge() else { return };
        let charge = self.charges.entry(key).or_default();
        let Some(call) = charge.next_call() else { return };
        let (authorization, held) = (charge.authorization(), charge.held());
        let amount = charge.start().map(|start| start.amount);
        let is_well = is_kind || self.dice.lucky(70);
        let cancelled = payment::Command::RecordCancelled {
            authorization,
            reason: DeclineReason::Issuer,
        };
        let captured = |captured| payment::Command::RecordCaptured {
            authorization,
            captured,
        };
        let command = match call {
            GatewayCall::Create => payment::Command::RecordIntent {
                authorization,
                intent: IntentId::from_u128(7),
            },
            GatewayCall::Confirm { .. } if !is_well && self.dice.lucky(50) => cancelled,
            GatewayCall::Confirm { .. } if !is_well => {
                payment::Command::RecordActionRequired { authorization }
            }
            GatewayCall::Confirm { .. } => payment::Command::RecordAuthorized {
                authorization,
                amount: amount.unwrap(),
                capture_before: self.now.plus(Millis::from_minutes(300)),
            },
            GatewayCall::Capture { .. } if self.dice.lucky(5) => cancelled,
            GatewayCall::Capture { amount, .. } => captured(amount),
            GatewayCall::Cancel { .. } if !is_well && held.is_some() => captured(held.unwrap()),
            GatewayCall::Cancel { .. } => cancelled,
            GatewayCall::Refund { refund, .. } => payment::Command::RecordRefunded { refund },
        };
        self.notify(key, command);
    }

    /// An issuer takes a hold back without being asked.
    fn lose_hold(&mut self) {
        let Some(key) = self.any_charge() else { return };
        let charge = self.charges.entry(key).or_default();
        let control = charge.control();
        if control.hold == Hold::Open && control.operation == Operation::None {
            let command = payment::Command::RecordCancelled {
                authorization: charge.authorization(),
                reason: DeclineReason::Issuer,
            };
            self.notify(key, command);
        }
    }

    fn notify(&mut self, (trip, charge): (TripId, ChargeNumber), command: payment::Command) {
        self.asked += 1;
        let cause = Cause::Webhook(WebhookId::from_u128(self.asked));
        self.run(cause, &saga::Command::Payment(trip, charge, command));
    }

    /// Fires the first timer that is due.
    fn fire(&mut self) {
        let Some((_, id)) = self
            .timers
            .first()
            .copied()
            .filter(|(due_at, _)| *due_at <= self.now)
        else {
            return;
        };
        self.timers.pop_first();
        let command = match (id.kind, id.stream) {
            (TimerKind::AuthorizationBudget(number), StreamId::Payment(trip, charge_number)) => {
                let charge = self.charges.entry((trip, charge_number)).or_default();
                let authorization = trip::AuthorizationNumber(number);
                if !charge.is_overdue(authorization, self.now)
                    || charge.control().operation != Operation::None
                {
                    return;
                }
                let command = if charge.intent().is_some() {
                    let reason = DeclineReason::BudgetOver;
                    payment::Command::RecordCancelled {
                        authorization,
                        reason,
                    }
                } else {
                    payment::Command::AbandonAuthorization { authorization }
                };
                saga::Command::Payment(trip, charge_number, command)
            }
            (_, StreamId::Driver(driver)) => match saga::timer_command(id, self.drivers.get(&driver)) {
                Some(command) => command,
                None => return,
            },
            (_, _) => match saga::timer_command(id, None) {
                Some(command) => command,
                None => return,
            },
        };
        self.run(Cause::Timer(id), &command);
    }

    /// A rider or a driver does something; `is_kind` leaves out what ends trips before they are driven.
    fn act(&mut self, is_kind: bool) {
        let Some(trip) = self.any_trip() else { return };
        if !is_kind && self.dice.lucky(2) {
            return self.cancel(trip);
        }
        let state = self.trips.entry(trip).or_default();
        let (phase, lock) = (state.control().phase, state.driver());
        let device = DeviceFact {
            occurred_at: self.now,
            sequence: 1,
        };
        match (phase, lock) {
            (Phase::Requested | Phase::Reassigning, _) => self.search(trip),
            (Phase::Confirmed | Phase::Arrived, Some((driver, fence))) if !is_kind && self.dice.lucky(10) => {
                self.ask(&saga::Command::Trip(
                    trip,
                    trip::Command::Withdraw { driver, fence },
                ));
            }
            (Phase::Confirmed | Phase::Arrived, Some((driver, _))) if !is_kind && self.dice.lucky(4) => {
                self.cancel_for(trip, driver);
            }
            (Phase::Arrived, Some((driver, fence))) if !is_kind && self.dice.lucky(10) => {
                self.now = self.now.plus(TripPolicy::default().no_show_grace);
                self.ask(&saga::Command::Trip(
                    trip,
                    trip::Command::NoShow { driver, fence },
                ));
            }
            (Phase::Confirmed, Some((driver, fence))) => self.ask(&saga::Command::Trip(
                trip,
                trip::Command::Arrive {
                    driver,
                    fence,
                    distance_to_pick_up: Millimetres::ZERO,
                    device,
                },
            )),
            (Phase::Arrived, Some((driver, fence))) => {
                let check = if self.dice.lucky(80) {
                    StartCheck::Proven(StartProof::Code)
                } else {
                    StartCheck::WrongCode
                };
                self.ask(&saga::Command::Trip(
                    trip,
                    trip::Command::Start {
                        driver,
                        fence,
                        check,
                        device,
                    },
                ));
            }
            (Phase::Started, Some((driver, fence))) => {
                let reading = Arc::new(self.driven());
                let complete = trip::Command::Complete {
                    fence,
                    by: Actor::Driver(driver),
                    reading,
                    device,
                };
                self.ask(&saga::Command::Trip(trip, complete));
            }
            (_, _) => {}
        }
    }

    fn cancel(&mut self, trip: TripId) {
        self.cancel_by(trip, Actor::Rider(rider(trip)), CancelReason::ChangedPlans);
    }

    /// Somebody else than the rider cancels.
    fn cancel_for(&mut self, trip: TripId, driver: DriverId) {
        let operator = Actor::Operator(PrincipalId::from_u128(u128::MAX));
        let (by, reason) = match self.dice.below(3) {
            0 => (Actor::Driver(driver), CancelReason::Other),
            1 => (operator, CancelReason::DriverAsked),
            _ => (operator, CancelReason::Safety),
        };
        self.cancel_by(trip, by, reason);
    }

    fn cancel_by(&mut self, trip: TripId, by: Actor, reason: CancelReason) {
        self.ask(&saga::Command::Trip(trip, trip::Command::Cancel { by, reason }));
    }

    /// A driver is offered the trip, or answers.
    fn search(&mut self, trip: TripId) {
        let search = self.searches.entry(trip).or_default();
        let open = search.open_offers();
        let command = if open.is_empty() || self.dice.lucky(30) {
            let place = self.dice.below(self.drivers.len());
            let Some(driver) = self.drivers.keys().nth(place).copied() else {
                return;
            };
            dispatch::Command::Propose(Proposal {
                round: search.control().round,
                driver,
                wave: 0,
                expires_at: self.now.plus(Millis::from_secs(25)),
                promised_pick_up_at: self.now.plus(Millis::from_minutes(5)),
                plan_revision: search.brief().map_or(0, |brief| brief.plan_revision),
                terms: Terms::default(),
                verdicts: Verdicts::default(),
            })
        } else {
            let offer = open[self.dice.below(open.len())];
            let (offer, driver) = (offer.number, offer.driver);
            if self.dice.lucky(70) {
                dispatch::Command::Accept { offer, driver }
            } else {
                dispatch::Command::Decline { offer, driver }
            }
        };
        self.ask(&saga::Command::Dispatch(trip, command));
    }

    fn ask(&mut self, command: &saga::Command) {
        self.asked += 1;
        self.run(Cause::Command(CommandId::from_u128(self.asked)), command);
    }

    /// Decides and commits, as a service would: one cause, one commit a stream.
    fn run(&mut self, cause: Cause, command: &saga::Command) {
        let stream = command.stream();
        if self.inbox.contains(&(stream, cause)) {
            return;
        }
        let events: Vec<Event> = match command {
            saga::Command::Trip(id, command) => {
                decided(self.trips.entry(*id).or_default(), command, self.now)
            }
            saga::Command::Dispatch(id, command) => {
                decided(self.searches.entry(*id).or_default(), command, self.now)
            }
            saga::Command::Driver(id, command) => {
                decided(self.drivers.entry(*id).or_default(), command, self.now)
            }
            saga::Command::Payment(id, number, command) => {
                decided(self.charges.entry((*id, *number)).or_default(), command, self.now)
            }
        };
        if !events.is_empty() {
            self.inbox.insert((stream, cause));
            self.commit(stream, cause, events);
        }
    }

    fn commit(&mut self, stream: StreamId, cause: Cause, events: Vec<Event>) {
        let head = self.heads.entry(stream).or_default();
        *head += 1;
        let commit = Commit {
            stream,
            version: fiacre_domain::stream::Version::new(*head),
            at: self.now,
            cause,
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: events.into(),
        };
        for (id, event) in commit.numbered() {
            if let Some(deadline) = saga::deadline(id, event) {
                self.timers.insert((deadline.due_at, deadline.id));
            }
            for to in [Service::Trip, Service::Driver, Service::Payment] {
                let event = event.clone();
                self.network.push(Message { to, id, event });
            }
        }
        self.log.push(commit);
    }
}

fn decided<A: Aggregate>(state: &mut A, command: &A::Command, now: Timestamp) -> Vec<Event>
where
    Event: From<A::Event>,
{
    let events = state
        .decide(command, now)
        .map_or_else(|_| Vec::new(), Decision::into_events);
    for event in &events {
        state.evolve(event, now);
    }
    events.into_iter().map(Event::from).collect()
}

fn rider(trip: TripId) -> PrincipalId {
    PrincipalId::from_u128(trip.to_u128())
}

/// A meter with a fee for whoever cancels late.
fn quote() -> Arc<Quote> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
    let kilometre = kilometre.with_time(Ratio::from(180_000)).unwrap();
    let meter = Meter::joint(Ratio::from(1_000), Ratio::ONE, vec![kilometre]).unwrap();
    let fee = FeeRule::new(500).unwrap();
    let later = FeeRule::new(700).unwrap();
    let fees = CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee)
        .with(CancellationStageKind::Arrived, Fault::Rider, later)
        .with(
            CancellationStageKind::Arrived,
            Fault::Driver,
            later.paid_by(FeePayer::Driver),
        )
        .with(CancellationStageKind::NoShow, Fault::Rider, later);
    let tariff = Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter).with_cancellation(fees);
    let ride = Ride::new(Millimetres::new(8_000_000), Millis::from_minutes(20));
    Arc::new(
        Arc::new(tariff)
            .quote(&ride, AT.parse().unwrap(), Surge::NONE)
            .unwrap(),
    )
}
