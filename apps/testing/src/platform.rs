//! The platform under test, and its time.

use crate::error::Error;
use crate::machinery::Machinery;
use crate::machines::Machines;
use crate::part::Part;
use crate::people::{Answer, People};
use crate::probe::{AuditProbe, DriverProbe, Record, TripProbe};
use crate::strike::Run;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::ledger::Ledger;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::Commit;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::units::Millis;
use fiacre_memory::{Faults, MemoryBus, MemoryEventStore, Step};
use fiacre_ports::{Consumer, IdSource, Settlement, TripView};
use fiacre_sandbox_payments::Sandbox;
use fiacre_services::desk::{DriverDesk, Origin, RiderDesk, SupportDesk};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// For how long at most [`Platform::run_until_idle`] lets time pass.
pub const IDLE_WITHIN: Millis = Millis::from_minutes(60);

/// Where people ask.
pub(crate) struct Desks {
    pub(crate) riders: RiderDesk,
    pub(crate) drivers: DriverDesk,
    pub(crate) support: SupportDesk,
    pub(crate) ids: Arc<dyn IdSource>,
}

/// What rides are priced by.
pub(crate) struct Prices {
    pub(crate) tariff: Arc<Tariff>,
    pub(crate) utc_offset: Millis,
}

/// A whole platform: every service, its store, bus and timers, the payment company, and drivers; see the [crate](crate).
///
/// Nothing runs beside the test: things happen while it asks for something, and time passes only in
/// [`run_until_idle`](Self::run_until_idle), [`advance`](Self::advance) and their like. Two platforms know nothing of each other.
pub struct Platform {
    pub(crate) run: Run,
    pub(crate) start: Timestamp,
    pub(crate) machinery: Machinery,
    pub(crate) machines: Arc<Machines>,
    /// What strikes the phones' way to the platform.
    pub(crate) phones: Faults,
    pub(crate) desks: Desks,
    pub(crate) people: People,
    pub(crate) prices: Prices,
    pub(crate) riders: BTreeMap<TripId, PrincipalId>,
    /// Where drivers hear of offers.
    pub(crate) hears: Box<dyn Consumer>,
    /// What the matcher had looked at when nothing else was to be heard.
    pub(crate) looked_at: Option<Seen>,
    /// How often a test has moved a driver.
    pub(crate) moves: u64,
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform")
            .field("run", &self.run)
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

/// What a matcher may do something about, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    commits: usize,
    /// Of drivers.
    moves: u64,
    /// What a fault kept it from, it does at its next look.
    faults: u64,
}

/// What a future gives that need not wait.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Time.
impl Platform {
    /// True time: that of phones and of the payment company. Services may have [other clocks](Self::set_skew).
    pub fn now(&self) -> Timestamp {
        self.machinery.now()
    }

    /// What this run can be repeated with.
    pub const fn seed(&self) -> u64 {
        self.run.seed
    }

    /// Local time, by which rides are priced.
    #[track_caller]
    pub(crate) fn local_time(&self) -> CivilDateTime {
        CivilDateTime::from_timestamp(self.now(), self.prices.utc_offset)
            .unwrap_or_else(|| self.give_up("the year is beyond the calendar"))
    }

    /// Runs until nothing is under way.
    ///
    /// Exactly: until nothing can run at this instant, no queue holds a message (parked ones apart), no commit waits to be
    /// published, the payment company has no notice that is due, and the matcher has looked at all of it, unharmed. What is under way
    /// takes the time that it takes, and that time passes: a matcher's batch up to two seconds, a slow call, the pause
    /// before a retry.
    ///
    /// Time does not pass for what only waits: deadlines (an offer's expiry, budgets, a no-show), a driver who
    /// [thinks](crate::Habit::AcceptsAfter), a rider who is to act, a hold that lapses. That is what
    /// [`advance`](Self::advance) is for. A deadline that falls due while something is under way is kept, of course. What waits for a
    /// part that was [stopped](Self::stop) is not under way.
    ///
    /// # Panics
    ///
    /// If something is still under way after [`IDLE_WITHIN`], because a port is out of order, say: then use `advance`. If
    /// processes wake each other at one instant for ever.
    #[track_caller]
    pub fn run_until_idle(&mut self) {
        let until = self.now().plus(IDLE_WITHIN);
        loop {
            self.run_instant();
            if !self.machinery.is_quiet() {
                self.pass_to_next(until);
                continue;
            }
            let seen = self.seen();
            if self.looked_at == Some(seen) || self.machinery.is_stopped(Part::Matcher) {
                return;
            }
            self.let_matcher_look(until);
            self.looked_at = Some(seen);
        }
    }

    /// Lets `span` pass, with everything that happens in it.
    ///
    /// # Panics
    ///
    /// If processes wake each other at one instant for ever.
    #[track_caller]
    pub fn advance(&mut self, span: Millis) {
        let until = self.now().plus(span);
        self.run_instant();
        while self.step_until(until) != Step::Idle {
            self.run_instant();
        }
        self.machinery.executor.time().advance_to(until);
        self.run_instant();
    }

    /// Lets so many seconds [pass](Self::advance).
    #[track_caller]
    pub fn advance_s(&mut self, seconds: i64) {
        self.advance(Millis::from_secs(seconds));
    }

    /// Lets time pass until `is_so`, looked at between two instants, for `within` at most; how long it took.
    ///
    /// # Panics
    ///
    /// If it is not so by then.
    #[track_caller]
    pub fn advance_until(&mut self, within: Millis, mut is_so: impl FnMut(&Self) -> bool) -> Millis {
        let began = self.now();
        loop {
            self.run_instant();
            if is_so(self) {
                return self.now().since(began);
            }
            if self.step_until(began.plus(within)) == Step::Idle {
                self.give_up(&format!("it is not so after {} ms", within.get()));
            }
        }
    }

    /// Everything that can happen at this instant, what people do about it included.
    #[track_caller]
    fn run_instant(&mut self) {
        loop {
            let now = self.now();
            while self.step_until(now) != Step::Idle {}
            if !self.people_act() {
                return;
            }
        }
    }

    /// Goes on to the next instant at which anything happens.
    #[track_caller]
    fn pass_to_next(&mut self, until: Timestamp) {
        if self.step_until(until) == Step::Idle {
            let work = self.machinery.describe_work();
            self.give_up(&format!(
                "not idle after {} minutes of virtual time; where a port is out of order, use `advance`:\n{work}",
                IDLE_WITHIN.get() / 60_000
            ));
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            commits: self.machines.store.history_len(),
            moves: self.moves,
            faults: self.machines.faults.fired().values().sum(),
        }
    }

    #[track_caller]
    fn let_matcher_look(&mut self, until: Timestamp) {
        let before = self.machines.looks.count();
        while self.machines.looks.count() == before {
            self.pass_to_next(until);
            self.run_instant();
        }
    }

    #[track_caller]
    pub(crate) fn step_until(&mut self, until: Timestamp) -> Step {
        match self.machinery.step_until(until) {
            Ok(step) => step,
            Err(error) => self.give_up(&error.to_string()),
        }
    }

    /// Ends the test: nothing that it could ask of the platform would mean anything.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test fails by panicking")]
    pub(crate) fn give_up(&self, why: &str) -> ! {
        panic!("{why}\n{}", self.run)
    }
}

/// What drivers do by themselves.
impl Platform {
    /// Hears of offers, and answers what is due; whether anything was done.
    fn people_act(&mut self) -> bool {
        let now = self.now();
        let heard = at_once(self.hears.next(256, now))
            .and_then(Result::ok)
            .unwrap_or_default();
        for delivery in &heard {
            let id = self.desks.ids.command_id();
            if let Some(at) = self.people.hear(&delivery.message, now, id) {
                self.wake_at(at);
            }
        }
        let acks = heard.iter().map(|delivery| (delivery.tag, Settlement::Ack));
        at_once(self.hears.settle(acks.collect()));
        let mut acted = !heard.is_empty();
        while let Some(answer) = self.people.next_answer(now) {
            acted = true;
            if self.answer(answer).is_err() {
                let at = self.people.repeat(now, answer);
                self.wake_at(at);
            }
        }
        acted
    }

    /// Makes sure that time does not jump over this instant.
    fn wake_at(&mut self, at: Timestamp) {
        let sleep = self.machinery.executor.time().sleep_until(at);
        self.machinery.executor.spawn("a person", sleep);
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Result<(), Error> {
        let Answer {
            id,
            trip,
            offer,
            driver,
            accepts,
        } = answer;
        let (desk, origin) = (self.desks.drivers.clone(), Origin::new(id));
        self.ask(async move {
            if accepts {
                desk.accept(origin, trip, offer, driver).await
            } else {
                desk.decline(origin, trip, offer, driver).await
            }
        })?;
        Ok(())
    }

    /// What a desk answers. It need not wait for anything, unless a fault makes it.
    #[track_caller]
    pub(crate) fn ask<T: 'static>(&mut self, asked: impl Future<Output = T> + 'static) -> T {
        let mut asked = Box::pin(asked);
        if let Poll::Ready(answer) = asked.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return answer;
        }
        let slot = Rc::new(RefCell::new(None));
        let filled = Rc::clone(&slot);
        self.machinery.executor.spawn("a desk", async move {
            *filled.borrow_mut() = Some(asked.await);
        });
        loop {
            if let Some(answer) = slot.borrow_mut().take() {
                return answer;
            }
            if self.step_until(Timestamp::MAX) == Step::Idle {
                self.give_up("a desk never answers");
            }
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::new(self.desks.ids.command_id())
    }
}

/// What can be seen.
impl Platform {
    /// A trip as it is now.
    pub fn trip(&self, trip: TripId) -> TripProbe {
        TripProbe::new(trip, self.record())
    }

    /// A driver as they are now.
    ///
    /// # Panics
    ///
    /// If no driver has this name.
    #[track_caller]
    pub fn driver(&self, name: &str) -> DriverProbe {
        match self.people.driver(name) {
            Some(driver) => DriverProbe::new(driver, name, self.record()),
            None => self.give_up(&Error::NoSuchDriver(name.to_owned()).to_string()),
        }
    }

    /// What an auditor makes of the log so far.
    pub fn audit(&self) -> AuditProbe {
        let parked = self.parked().len();
        AuditProbe::new(self.record(), self.machines.company.totals(), parked)
    }

    /// Every account as the log leaves it so far.
    pub fn ledger(&self) -> Ledger {
        self.record().ledger()
    }

    /// Every commit so far with the true time at which it was written, in that order.
    pub fn log(&self) -> Vec<(Timestamp, Arc<Commit>)> {
        self.machines.store.history(0)
    }

    /// The row that its rider reads; `None` while nobody has written one.
    pub fn view(&self, trip: TripId) -> Option<TripView> {
        self.machines.row(trip)
    }

    /// The payment company, whose hand can be forced: [`Sandbox::set_open`], [`Sandbox::totals`] and others.
    pub fn company(&self) -> &Sandbox {
        &self.machines.company
    }

    /// The event store, for what only it can do: [`MemoryEventStore::make_unreadable`], say.
    pub fn store(&self) -> &MemoryEventStore {
        &self.machines.store
    }

    /// The bus, for what only it can do: [`MemoryBus::put_undecodable`], say.
    pub fn bus(&self) -> &MemoryBus {
        &self.machines.bus
    }

    /// What has happened so far, for probes.
    pub(crate) fn record(&self) -> Record {
        Record {
            run: self.run,
            start: self.start,
            log: self.log(),
            names: self.people.names(),
        }
    }
}
