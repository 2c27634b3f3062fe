//! The store, the network, the services and the timers: everything between the walk and the aggregates.

use crate::gateway::{Gateway, Key, Mood, Status, intent_id};
use crate::orders::{DRIVERS, TRIPS};
use fiacre_domain::decision::{Aggregate, Decision};
use fiacre_domain::dispatch::{self, Dispatch};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId, TripId, WebhookId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{self, GatewayCall, Hold, Payment};
use fiacre_domain::saga::{self, Command, Deadline, Service, Setting};
use fiacre_domain::stream::{Cause, ChargeNumber, EventId, StreamId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{self, AuthorizationNumber, Trip};
use fiacre_domain::units::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// One commit of one stream.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) at: Timestamp,
    pub(crate) events: Vec<Event>,
}

/// All there is.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) trips: BTreeMap<TripId, Trip>,
    pub(crate) dispatches: BTreeMap<TripId, Dispatch>,
    pub(crate) drivers: BTreeMap<DriverId, Driver>,
    pub(crate) payments: BTreeMap<(TripId, ChargeNumber), Payment>,
    pub(crate) log: BTreeMap<StreamId, Vec<Written>>,
    pub(crate) gateway: Gateway,
    /// What was found wrong while a command was decided.
    pub(crate) findings: Vec<String>,
    /// The cells of the saga's table that were reached: a trip's step, and what it was told there.
    pub(crate) met: BTreeSet<(trip::Phase, trip::CommandKind)>,
    inbox: BTreeSet<(StreamId, Cause)>,
    network: Vec<(EventId, Event)>,
    /// Facts that a service reacts to and has not handled yet.
    unhandled: Vec<(usize, Service)>,
    /// Deadlines, and whether they were handled when due.
    timers: Vec<(Deadline, bool)>,
    /// Answers of the gateway that are still under way.
    letters: Vec<(TripId, ChargeNumber, Vec<payment::Command>)>,
    /// Streams whose facts are slow to arrive: they wait for the end.
    slow: Option<Slow>,
    causes: u128,
}

/// What is slow in a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    Searches,
    Payments,
    Trips,
}

impl World {
    pub(crate) fn new(slow: Option<Slow>) -> Self {
        let mut world = Self {
            slow,
            ..Self::default()
        };
        for id in DRIVERS {
            let _ = world.person(&Command::Driver(id, crate::orders::online()));
        }
        world
    }

    pub(crate) fn facts(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.network.iter().map(|(_, event)| event)
    }

    fn fresh_cause(&mut self) -> u128 {
        self.causes += 1;
        self.causes
    }

    /// A person asks: they may be refused. Whether it did anything.
    pub(crate) fn person(&mut self, command: &Command) -> bool {
        let cause = Cause::Command(CommandId::from_u128(self.fresh_cause()));
        let _ = self.commit(std::slice::from_ref(command), cause);
        self.inbox.contains(&(command.stream(), cause))
    }

    /// The gateway tells: all of it in one commit.
    fn told(
        &mut self,
        trip: TripId,
        charge: ChargeNumber,
        commands: impl IntoIterator<Item = payment::Command>,
    ) {
        let cause = Cause::Webhook(WebhookId::from_u128(self.fresh_cause()));
        let commands: Vec<_> = commands
            .into_iter()
            .map(|command| Command::Payment(trip, charge, command))
            .collect();
        if let Err(refusal) = self.commit(&commands, cause) {
            self.findings
                .push(format!("what the gateway told was refused: {refusal}"));
        }
    }

    /// Decides commands on one stream into one commit, unless the cause made one already.
    fn commit(&mut self, commands: &[Command], cause: Cause) -> Result<(), &'static str> {
        let Some(stream) = commands.first().map(Command::stream) else {
            return Ok(());
        };
        if self.inbox.contains(&(stream, cause)) {
            return Ok(());
        }
        let now = self.now;
        let mut decided = Vec::new();
        for command in commands {
            let (events, again) = match command {
                Command::Trip(id, command) => {
                    let trip = self.trips.entry(*id).or_default();
                    self.met.insert((trip.control().phase, command.kind()));
                    decide(trip, command, now).map_err(|refusal| refusal.code())?
                }
                Command::Dispatch(id, command) => {
                    decide(self.dispatches.entry(*id).or_default(), command, now)
                        .map_err(|refusal| refusal.code())?
                }
                Command::Driver(id, command) => decide(self.drivers.entry(*id).or_default(), command, now)
                    .map_err(|refusal| refusal.code())?,
                Command::Payment(id, number, command) => {
                    decide(self.payments.entry((*id, *number)).or_default(), command, now)
                        .map_err(|refusal| refusal.code())?
                }
            };
            if again && !counts_each_time(command) {
                self.findings
                    .push(format!("a repeat was not recognised: {command:?}"));
            }
            decided.extend(events);
        }
        if !decided.is_empty() {
            self.inbox.insert((stream, cause));
            self.write(stream, decided);
        }
        Ok(())
    }

    fn write(&mut self, stream: StreamId, events: Vec<Event>) {
        let written = self.log.entry(stream).or_default();
        let version = u32::try_from(written.len())
            .map_or(Version::EMPTY, Version::new)
            .next();
        for (index, event) in (0_u16..).zip(&events) {
            let id = EventId::new(stream, version, index);
            if let Some(deadline) = saga::deadline(id, event) {
                self.timers.push((deadline, false));
            }
            for service in Service::ALL {
                if reaction(service, id, event, self.now).is_some() {
                    self.unhandled.push((self.network.len(), service));
                }
            }
            self.network.push((id, event.clone()));
        }
        written.push(Written { at: self.now, events });
    }

    /// Brings a fact to a service that has not handled it, unless its stream is slow.
    pub(crate) fn deliver_new(&mut self, choice: usize) {
        let Some(place) = choice.checked_rem(self.unhandled.len()) else {
            return;
        };
        let (fact, service) = self.unhandled[place];
        let slow = match self.network[fact].0.stream() {
            StreamId::Dispatch(_) | StreamId::Driver(_) => Slow::Searches,
            StreamId::Payment(..) => Slow::Payments,
            StreamId::Trip(_) | StreamId::Ops(_) | StreamId::Tariff(_) => Slow::Trips,
        };
        // One in eight gets through all the same.
        if self.slow != Some(slow) || choice.is_multiple_of(8) {
            self.unhandled.swap_remove(place);
            self.deliver(fact, service);
        }
    }

    /// An answer that was under way arrives.
    pub(crate) fn letter(&mut self, choice: usize) {
        if let Some(place) = choice.checked_rem(self.letters.len()) {
            let (trip, charge, told) = self.letters.swap_remove(place);
            self.told(trip, charge, told);
        }
    }

    /// Brings any fact to any service, again or for the first time; it does not count as handled.
    pub(crate) fn deliver_any(&mut self, choice: usize) {
        if let Some(fact) = choice.checked_rem(self.network.len()) {
            for service in Service::ALL {
                self.deliver(fact, service);
            }
        }
    }

    fn deliver(&mut self, fact: usize, service: Service) {
        let (id, event) = &self.network[fact];
        let cause = Cause::Event(*id);
        if let Some(command) = reaction(service, *id, event, self.now)
            && let Err(refusal) = self.commit(std::slice::from_ref(&command), cause)
        {
            self.findings
                .push(format!("a fact was refused: {refusal} to {command:?}"));
        }
    }

    /// Fires the next timer, by letting the time pass; or any timer at once, too early or once more.
    pub(crate) fn fire(&mut self, choice: usize, at_once: bool) {
        if at_once {
            if let Some(place) = choice.checked_rem(self.timers.len()) {
                self.fire_at(place);
            }
        } else if let Some(place) = self.next_timer() {
            self.now = self.now.max(self.timers[place].0.due_at);
            self.fire_at(place);
        }
    }

    fn fire_at(&mut self, place: usize) {
        let (deadline, _) = self.timers[place];
        let due = self.now >= deadline.due_at;
        self.timers[place].1 |= due;
        match (deadline.id.kind, deadline.id.stream) {
            (TimerKind::AuthorizationBudget(number), StreamId::Payment(trip, charge)) => {
                self.budget_over((trip, charge, number));
            }
            (TimerKind::HoldExpires(number), StreamId::Payment(trip, charge)) if due => {
                let key = (trip, charge, number);
                let held = self.gateway.intent(key);
                if held.is_some_and(|intent| intent.status == Status::Held) {
                    self.gateway.cancel(key);
                }
                self.read_back(key);
            }
            _ => {
                let driver = self
                    .drivers
                    .iter()
                    .find(|(id, _)| StreamId::Driver(**id) == deadline.id.stream)
                    .map(|(_, driver)| driver);
                let Some(command) = saga::timer_command(deadline.id, driver) else {
                    return;
                };
                let cause = Cause::Timer(deadline.id);
                if let Err(refusal) = self.commit(std::slice::from_ref(&command), cause)
                    && due
                    && !refusal.ends_with("not_due_yet")
                {
                    self.findings.push(format!("a due timer was refused: {refusal}"));
                }
            }
        }
    }

    /// The budget of an authorisation is over: without an intent it is abandoned, else its intent is cancelled.
    fn budget_over(&mut self, key: Key) {
        let (trip, charge, number) = key;
        let Some(payment) = self.payments.get(&(trip, charge)) else {
            return;
        };
        let authorization = AuthorizationNumber(number);
        if !payment.is_overdue(authorization, self.now) {
            return;
        }
        if payment.control().hold == Hold::Pending {
            let abandon = payment::Command::AbandonAuthorization { authorization };
            self.told(trip, charge, [abandon]);
        } else {
            self.gateway.cancel(key);
            self.read_back(key);
        }
    }

    /// One of the trip's charges: the fare's where there is no other.
    pub(crate) fn charge_of(&self, trip: TripId, choice: u8) -> ChargeNumber {
        let mut numbers = self.payments.keys().filter(|(of, _)| *of == trip);
        let count = numbers.clone().count().max(1);
        numbers
            .nth(usize::from(choice) % count)
            .map_or(ChargeNumber::FARE, |(_, number)| *number)
    }

    /// Makes the call that a charge wants, as the company's mood allows.
    pub(crate) fn call(&mut self, trip: TripId, charge: ChargeNumber, mood: Mood) {
        let Some(payment) = self.payments.get(&(trip, charge)) else {
            return;
        };
        let authorization = payment.authorization();
        let (key, start) = ((trip, charge, authorization.0), payment.start().cloned());
        match (payment.next_call(), start) {
            (Some(GatewayCall::Create), Some(start)) => {
                self.gateway.create(key, start.amount);
                if mood != Mood::Silent {
                    let intent = intent_id(key);
                    let made = payment::Command::RecordIntent {
                        authorization,
                        intent,
                    };
                    self.told(trip, charge, [made]);
                }
                return;
            }
            (Some(GatewayCall::Confirm { .. }), _) => {
                self.gateway.confirm(key, mood);
                // A decline is not final at the gateway: the intent is cancelled before anyone is told.
                if mood == Mood::Unwilling {
                    self.gateway.cancel(key);
                }
            }
            (Some(GatewayCall::Capture { .. }), _) if mood == Mood::Unwilling => self.gateway.cancel(key),
            (Some(GatewayCall::Capture { amount, .. }), _) => self.gateway.capture(key, amount),
            (Some(GatewayCall::Cancel { .. }), _) => self.gateway.cancel(key),
            (Some(GatewayCall::Refund { refund, amount, .. }), _) => {
                self.give_back((trip, charge), refund, amount, mood);
                return;
            }
            (None, _) | (Some(GatewayCall::Create), None) => return,
        }
        match mood {
            Mood::Silent => {}
            Mood::Late => {
                let told = self.fetched(key);
                self.letters.push((trip, charge, told));
            }
            Mood::Willing | Mood::Unwilling | Mood::Asking => self.read_back(key),
        }
    }

    /// A key that was used gives the first answer again.
    fn give_back(&mut self, (trip, charge): (TripId, ChargeNumber), refund: u16, amount: Money, mood: Mood) {
        let done = self.gateway.is_refunded(trip, charge, refund) || mood != Mood::Unwilling;
        if done {
            self.gateway.refund(trip, charge, refund, amount);
        }
        if mood != Mood::Silent {
            let outcome = if done {
                payment::Command::RecordRefunded { refund }
            } else {
                payment::Command::RecordRefundFailed { refund }
            };
            self.told(trip, charge, [outcome]);
        }
    }

    /// A webhook, or an outcome that was unknown: the intent is fetched, and what it says is told.
    pub(crate) fn read_back(&mut self, key: Key) {
        let told = self.fetched(key);
        if !told.is_empty() {
            self.told(key.0, key.1, told);
        }
    }

    /// What an intent says just now.
    fn fetched(&self, key: Key) -> Vec<payment::Command> {
        let capture_before = self.now.plus(Millis::from_minutes(7 * 24 * 60));
        self.gateway.says(key, capture_before)
    }

    /// Lets everything come to its end: every fact is handled once more than never, every call is answered, every timer
    /// fires once. Nothing is repeated that was handled before: nothing may rely on that.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..10_000 {
            if let Some((fact, service)) = self.unhandled.pop() {
                self.deliver(fact, service);
            } else if !self.letters.is_empty() {
                self.letter(0);
            } else if let Some((trip, charge)) = self.charge_that_wants_a_call() {
                self.call(trip, charge, Mood::Willing);
            } else if let Some(trip) = self.paused() {
                let _ = self.person(&Command::Dispatch(trip, dispatch::Command::Resume));
            } else if let Some(place) = self.next_timer() {
                crate::promises::at_rest(self)?;
                self.now = self.now.max(self.timers[place].0.due_at);
                self.fire_at(place);
            } else {
                return Ok(());
            }
        }
        Err("no rest after 10,000 steps".to_owned())
    }

    fn charge_that_wants_a_call(&self) -> Option<(TripId, ChargeNumber)> {
        let mut charges = self.payments.iter();
        let wanting = charges.find(|(_, payment)| payment.next_call().is_some());
        wanting.map(|(key, _)| *key)
    }

    fn paused(&self) -> Option<TripId> {
        let paused = |dispatch: &Dispatch| dispatch.control().phase == dispatch::Phase::Paused;
        let mut trips = TRIPS.into_iter();
        trips.find(|trip| self.dispatches.get(trip).is_some_and(paused))
    }

    fn next_timer(&self) -> Option<usize> {
        let waiting = self
            .timers
            .iter()
            .enumerate()
            .filter(|(_, (_, handled))| !handled);
        waiting
            .min_by_key(|(_, (deadline, _))| deadline.due_at)
            .map(|(place, _)| place)
    }
}

/// What `service` does about a fact.
pub(crate) fn reaction(service: Service, id: EventId, event: &Event, now: Timestamp) -> Option<Command> {
    let setting = Setting::default();
    match service {
        Service::Trip => saga::trip_service(id.stream(), event),
        Service::Driver => saga::driver_service(id.stream(), event, &setting, now),
        Service::Payment => saga::payment_service(id.stream(), event, &setting),
    }
}

/// The events, folded, and whether the same command again would write once more.
fn decide<A: Aggregate>(
    state: &mut A,
    command: &A::Command,
    now: Timestamp,
) -> Result<(Vec<Event>, bool), A::Refusal>
where
    Event: From<A::Event>,
{
    let events = state.decide(command, now)?.into_events();
    for event in &events {
        state.evolve(event, now);
    }
    let repeat = state.decide(command, now).map(Decision::into_events);
    let again = !events.is_empty() && repeat.is_ok_and(|events| !events.is_empty());
    Ok((events.into_iter().map(Event::from).collect(), again))
}

/// Commands that count each time: only the store's inbox knows one from its repeat.
fn counts_each_time(command: &Command) -> bool {
    match command {
        Command::Trip(_, command) => matches!(
            command.kind(),
            trip::CommandKind::StartWrongCode | trip::CommandKind::Tip
        ),
        Command::Dispatch(_, command) => matches!(command, dispatch::Command::ReviewLock { .. }),
        Command::Driver(_, command) => matches!(command, driver::Command::Lock { .. }),
        Command::Payment(..) => false,
    }
}
