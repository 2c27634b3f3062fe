//! Those who ride and drive: they hear of events on a queue of their own, and ask again until the bus has it.

use crate::world::START;
use fiacre_city::random::Random;
use fiacre_domain::dispatch::{DispatchEvent, OfferNumber};
use fiacre_domain::driver::Fence;
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId, PrincipalId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, Quote, Ride, Surge, Tariff};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::stream::{EventId, StreamId};
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::{
    CancelReason, DeviceFact, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, TripEvent,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_memory::MemoryBus;
use fiacre_ports::{Body, Bus, Clock, EventKinds, Prefetch, QueueSpec, Settlement};
use fiacre_sandbox_payments::methods::PM_OK;
use fiacre_services::desk::{Booking, DeskError, DriverDesk, Origin, PricedTrip, RiderDesk, SupportDesk};
use fiacre_services::topology;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

const RIDER: PrincipalId = PrincipalId::from_u128(9);
const LOCATED_EVERY: Millis = Millis::from_secs(10);
const DISTANCE: Millimetres = Millimetres::from_metres(3_000);
const DURATION: Millis = Millis::from_minutes(5);

/// Who there is, and what they are like.
#[derive(Clone)]
pub(crate) struct Habits {
    pub(crate) trips: u64,
    pub(crate) drivers: u64,
    pub(crate) booked_every: Millis,
    /// How each trip is paid for, in turn.
    pub(crate) methods: Vec<PaymentMethodId>,
    /// Of a hundred offers, how many are declined, and how many are left unanswered.
    pub(crate) declined: u64,
    pub(crate) ignored: u64,
    /// Of a hundred trips, how many does the rider cancel, sooner or later, and how many gives the driver back.
    pub(crate) cancelled: u64,
    pub(crate) withdrawn: u64,
    /// Of a hundred rides, how many fares are corrected, first to more or to less and then once more, and how many drivers
    /// are tipped.
    pub(crate) corrected: u64,
    pub(crate) tipped: u64,
}

impl Habits {
    pub(crate) fn golden() -> Self {
        Self {
            trips: 1,
            drivers: 2,
            booked_every: Millis::from_secs(20),
            methods: vec![PM_OK],
            declined: 0,
            ignored: 0,
            cancelled: 0,
            withdrawn: 0,
            corrected: 0,
            tipped: 0,
        }
    }

    /// Those of a busy day.
    pub(crate) fn mixed(methods: Vec<PaymentMethodId>) -> Self {
        Self {
            trips: 6,
            drivers: 4,
            booked_every: Millis::from_secs(30),
            methods,
            declined: 10,
            ignored: 10,
            cancelled: 20,
            withdrawn: 10,
            corrected: 50,
            tipped: 50,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    GoOnline(DriverId),
    Book(u64),
    Cancel(TripId),
    Accept(TripId, OfferNumber, DriverId),
    Decline(TripId, OfferNumber, DriverId),
    Withdraw(TripId, Fence),
    Arrive(TripId, Fence),
    Start(TripId, Fence),
    Complete(TripId, Fence),
    /// To what so many metres cost.
    Correct(TripId, i64),
    Tip(TripId),
}

struct Life {
    habits: Habits,
    random: Random,
    agenda: BTreeMap<(Timestamp, u64), (CommandId, Deed)>,
    noted: u64,
    heard: BTreeSet<EventId>,
    priced: BTreeMap<u64, PricedTrip>,
    accepted: BTreeSet<TripId>,
    booked: u64,
    fences: BTreeMap<TripId, Fence>,
    assigned: BTreeMap<(TripId, Fence), DriverId>,
    sequence: u32,
}

/// All of them.
#[derive(Clone)]
pub(crate) struct People {
    life: Rc<RefCell<Life>>,
    riders: RiderDesk,
    drivers: DriverDesk,
    support: SupportDesk,
    tariff: Arc<Tariff>,
}

fn seconds(seconds: u64) -> Millis {
    Millis::from_secs(i64::try_from(seconds).unwrap())
}

fn at_desk() -> CivilDateTime {
    "2018-06-01T18:00".parse().unwrap()
}

impl People {
    pub(crate) fn new(
        habits: Habits,
        seed: u64,
        (riders, drivers, support): (RiderDesk, DriverDesk, SupportDesk),
    ) -> Self {
        let mut life = Life {
            random: Random::keyed(seed, &[1]),
            agenda: BTreeMap::new(),
            noted: 0,
            heard: BTreeSet::new(),
            priced: BTreeMap::new(),
            accepted: BTreeSet::new(),
            booked: 0,
            fences: BTreeMap::new(),
            assigned: BTreeMap::new(),
            sequence: 0,
            habits,
        };
        for driver in 1..=life.habits.drivers {
            life.note(START, Deed::GoOnline(DriverId::from_u128(driver.into())));
        }
        for number in 0..life.habits.trips {
            let after = life.habits.booked_every.get() * i64::try_from(number).unwrap();
            life.note(START.plus(Millis::new(5_000 + after)), Deed::Book(number));
        }
        Self {
            life: Rc::new(RefCell::new(life)),
            riders,
            drivers,
            support,
            tariff: Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap()),
        }
    }

    /// Where they hear what happens.
    pub(crate) fn queue(region: RegionId) -> QueueSpec {
        QueueSpec {
            events: EventKinds::All,
            ..topology::reader_queue("people", region, &[])
        }
    }

    /// The trips that the platform has accepted.
    pub(crate) fn accepted(&self) -> BTreeSet<TripId> {
        self.life.borrow().accepted.clone()
    }

    /// Whether every rider has an answer to the order, and nobody wants anything after a ride.
    pub(crate) fn has_asked_all(&self) -> bool {
        let life = self.life.borrow();
        let is_later = |deed: &Deed| matches!(deed, Deed::Correct(..) | Deed::Tip(_));
        let is_waiting = life.agenda.values().any(|(_, deed)| is_later(deed));
        life.booked == life.habits.trips && !is_waiting
    }

    /// Lives for ever.
    pub(crate) async fn live(&self, bus: &MemoryBus, clock: Arc<dyn Clock>) {
        let queue = Self::queue("manhattan".parse().unwrap()).name;
        let mut consumer = bus.consume(&queue, Prefetch::default()).await.unwrap();
        loop {
            let now = clock.now();
            self.locate(now).await;
            let next = self
                .life
                .borrow()
                .agenda
                .keys()
                .next()
                .map_or(Timestamp::MAX, |(at, _)| *at);
            let until = next.min(now.plus(LOCATED_EVERY));
            let heard = consumer.next(256, until).await.unwrap();
            for delivery in &heard {
                if let Body::Event { id, event, .. } = &delivery.message.body {
                    self.life.borrow_mut().hear(*id, event, clock.now());
                }
            }
            let acks = heard
                .iter()
                .map(|delivery| (delivery.tag, Settlement::Ack))
                .collect();
            consumer.settle(acks).await.unwrap();
            let due = self.life.borrow_mut().due(clock.now());
            for (id, deed) in due {
                if self.act(deed, Origin::new(id)).await.is_err() {
                    // A phone repeats what it had no answer to under the same id: it may have arrived.
                    let again = clock.now().plus(Millis::from_secs(1));
                    self.life.borrow_mut().repeat(again, id, deed);
                }
            }
        }
    }

    async fn locate(&self, now: Timestamp) {
        let samples: Vec<_> = {
            let mut life = self.life.borrow_mut();
            life.sequence += 1;
            let place = |driver: u64| {
                let north = i32::try_from(driver).unwrap() * 10_000;
                Place::from_e7(407_580_000 + north, -739_855_000).unwrap()
            };
            (1..=life.habits.drivers)
                .map(|driver| {
                    Sample::new(
                        DriverId::from_u128(driver.into()),
                        place(driver),
                        now,
                        life.sequence.into(),
                    )
                })
                .collect()
        };
        // A phone that cannot be heard is heard the next time.
        let _ = self.drivers.locate(samples).await;
    }

    async fn book(&self, origin: Origin, number: u64) -> Result<(), DeskError> {
        let ride = Ride::new(DISTANCE, DURATION);
        let pick_up = Place::from_e7(407_580_000, -739_855_000).unwrap();
        let plan = PersonalPlan {
            pick_up: PersonalPlace::Known(pick_up),
            stops: Vec::new(),
            destination: None,
        };
        let (priced, method) = {
            let life = &mut *self.life.borrow_mut();
            let quote = || {
                self.riders
                    .quote(&self.tariff, &plan, &ride, at_desk(), Surge::NONE)
                    .unwrap()
            };
            let priced = life.priced.entry(number).or_insert_with(quote).clone();
            let methods = &life.habits.methods;
            (priced, methods[usize::try_from(number).unwrap() % methods.len()])
        };
        let booking = Booking {
            priced,
            rider: RIDER,
            plan,
            payment: PaymentMethod::Hold { method },
            product: "taxi".parse().unwrap(),
            party_size: 1,
            requirements: Requirements::ONE_SEAT,
            policy: Arc::default(),
            expires_at: None,
        };
        let trip = self.riders.book(origin, booking).await?;
        let life = &mut *self.life.borrow_mut();
        life.accepted.insert(trip);
        life.booked += 1;
        Ok(())
    }

    /// What the meter shows after so far, and the price that it is of.
    fn driven(&self, distance: Millimetres) -> (Quote, MeterReading) {
        let ride = Ride::new(DISTANCE, DURATION);
        let quote = self.tariff.quote(&ride, at_desk(), Surge::NONE).unwrap();
        let mut recorder = quote.recorder(at_desk()).unwrap();
        recorder.drive(distance, DURATION).unwrap();
        let reading = recorder.finish().unwrap();
        (quote, reading)
    }

    async fn act(&self, deed: Deed, origin: Origin) -> Result<(), DeskError> {
        let device = DeviceFact {
            occurred_at: START,
            sequence: 1,
        };
        let driver_of = |trip, fence| {
            let life = self.life.borrow();
            life.assigned
                .get(&(trip, fence))
                .copied()
                .unwrap_or(DriverId::from_u128(1))
        };
        match deed {
            Deed::GoOnline(driver) => {
                let capabilities = Capabilities::new(4).unwrap();
                self.drivers.go_online(origin, driver, capabilities).await?;
            }
            Deed::Book(number) => self.book(origin, number).await?,
            Deed::Cancel(trip) => {
                let reason = CancelReason::ChangedPlans;
                self.riders.cancel(origin, trip, RIDER, reason).await?;
            }
            Deed::Accept(trip, offer, driver) => {
                self.drivers.accept(origin, trip, offer, driver).await?;
            }
            Deed::Decline(trip, offer, driver) => {
                self.drivers.decline(origin, trip, offer, driver).await?;
            }
            Deed::Withdraw(trip, fence) => {
                self.drivers
                    .withdraw(origin, trip, driver_of(trip, fence), fence)
                    .await?;
            }
            Deed::Arrive(trip, fence) => {
                let driver = driver_of(trip, fence);
                self.drivers
                    .arrive(origin, trip, driver, fence, Millimetres::ZERO, device)
                    .await?;
            }
            Deed::Start(trip, fence) => {
                let code = self.riders.start_code(trip);
                let driver = driver_of(trip, fence);
                self.drivers
                    .start(origin, trip, driver, fence, code, device)
                    .await?;
            }
            Deed::Complete(trip, fence) => {
                let (_, reading) = self.driven(DISTANCE);
                let driver = driver_of(trip, fence);
                self.drivers
                    .complete(origin, trip, fence, driver, Arc::new(reading), device)
                    .await?;
            }
            Deed::Correct(trip, metres) => {
                let (quote, reading) = self.driven(Millimetres::from_metres(metres));
                self.support
                    .correct_reading(origin, trip, &quote, &reading)
                    .await?;
            }
            Deed::Tip(trip) => {
                let amount = Money::new(150, Currency::USD);
                self.riders.tip(origin, trip, RIDER, amount).await?;
            }
        }
        Ok(())
    }
}

impl Life {
    fn note(&mut self, at: Timestamp, deed: Deed) {
        let id = CommandId::from_u128(u128::from(self.noted));
        self.repeat(at, id, deed);
    }

    fn repeat(&mut self, at: Timestamp, id: CommandId, deed: Deed) {
        self.noted += 1;
        self.agenda.insert((at, self.noted), (id, deed));
    }

    fn due(&mut self, now: Timestamp) -> Vec<(CommandId, Deed)> {
        let later = self.agenda.split_off(&(now.plus(Millis::new(1)), 0));
        std::mem::replace(&mut self.agenda, later).into_values().collect()
    }

    /// Hears of an event, once.
    fn hear(&mut self, id: EventId, event: &Event, now: Timestamp) {
        if !self.heard.insert(id) {
            return;
        }
        match (id.stream(), event) {
            (StreamId::Trip(trip), Event::Trip(event)) => self.hear_trip(trip, event, now),
            (StreamId::Dispatch(trip), Event::Dispatch(event)) => self.hear_search(trip, event, now),
            (_, _) => {}
        }
    }

    fn hear_trip(&mut self, trip: TripId, event: &TripEvent, now: Timestamp) {
        let fence = self.fences.get(&trip).copied();
        match (event, fence) {
            (TripEvent::Requested(_), _) if self.random.happens(self.habits.cancelled, 100) => {
                let after = seconds(self.random.below(300));
                self.note(now.plus(after), Deed::Cancel(trip));
            }
            (TripEvent::Confirmed { fence, .. }, _) => {
                self.fences.insert(trip, *fence);
                let deed = if self.random.happens(self.habits.withdrawn, 100) {
                    Deed::Withdraw(trip, *fence)
                } else {
                    Deed::Arrive(trip, *fence)
                };
                self.note(now.plus(seconds(60)), deed);
            }
            (TripEvent::DriverArrived { .. }, Some(fence)) => {
                self.note(now.plus(seconds(30)), Deed::Start(trip, fence));
            }
            (TripEvent::Started(_), Some(fence)) => {
                self.note(now.plus(DURATION), Deed::Complete(trip, fence));
            }
            (TripEvent::Completed(_), _) => self.look_back(trip, now),
            (_, _) => {}
        }
    }

    /// Some fares turn out to be wrong, soon after the ride or long after, and so does what was made of them.
    fn look_back(&mut self, trip: TripId, now: Timestamp) {
        if self.random.happens(self.habits.corrected, 100) {
            for metres in [1_000, 6_000] {
                let after = seconds(self.random.below(180));
                self.note(now.plus(after), Deed::Correct(trip, metres));
            }
        }
        if self.random.happens(self.habits.tipped, 100) {
            let after = seconds(self.random.below(60));
            self.note(now.plus(after), Deed::Tip(trip));
        }
    }

    fn hear_search(&mut self, trip: TripId, event: &DispatchEvent, now: Timestamp) {
        match event {
            DispatchEvent::OfferMade(offer) => {
                let chance = self.random.below(100);
                let (number, driver) = (offer.number, offer.driver);
                let soon = now.plus(seconds(3));
                if chance < self.habits.declined {
                    self.note(soon, Deed::Decline(trip, number, driver));
                } else if chance >= self.habits.declined + self.habits.ignored {
                    self.note(soon, Deed::Accept(trip, number, driver));
                }
            }
            DispatchEvent::DriverAssigned { fence, driver, .. } => {
                self.assigned.insert((trip, *fence), *driver);
            }
            _ => {}
        }
    }
}
