//! Faults on demand: scripted one by one, by chance, or an outage.

mod call;
mod policy;

pub use call::{Call, Fault, FaultKind, Port};
pub use policy::FaultPolicy;

use crate::lock::lock;
use crate::random::Random;
use crate::signal::Signal;
use crate::time::VirtualTime;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, PortErrorKind};
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};

/// What strikes the calls to the adapters that were given it. Clones strike together, and count together.
///
/// ```
/// use fiacre_domain::time::Timestamp;
/// use fiacre_memory::{Call, Executor, Fault, FaultKind, Faults, MemoryTimers, VirtualTime};
/// use fiacre_domain::saga::Service;
/// use fiacre_ports::Timers;
/// let time = VirtualTime::starting_at(Timestamp::from_ms(0));
/// let faults = Faults::new(time.clone(), 42);
/// let timers = MemoryTimers::new(time.clone()).with_faults(&faults);
/// faults.strike_next(Call::Schedule, Fault::new(FaultKind::FailBefore));
/// let failed = Executor::fifo(time).block_on(timers.schedule(vec![]))?;
/// assert_eq!(failed.unwrap_err().code(), "unavailable");
/// assert_eq!(faults.fired_of(FaultKind::FailBefore), 1);
/// # Ok::<(), fiacre_memory::RunError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    time: VirtualTime,
    plan: Mutex<Plan>,
    delays_ended: Signal,
}

#[derive(Debug)]
struct Plan {
    random: Random,
    policy: FaultPolicy,
    next: BTreeMap<Call, VecDeque<Fault>>,
    /// By the number of the opportunity.
    scripted: BTreeMap<u64, Fault>,
    opportunities: u64,
    traced: Option<Vec<Call>>,
    outages: BTreeMap<Port, (Timestamp, Timestamp)>,
    fired: BTreeMap<(Call, FaultKind), u64>,
    crashes: VecDeque<Call>,
    /// How often delays were ended.
    ends_of_delays: u64,
}

impl Faults {
    /// No faults, ever: what adapters have unless told otherwise.
    pub const fn none() -> Self {
        Self(None)
    }

    /// No faults yet; `seed` decides what a policy draws.
    pub fn new(time: VirtualTime, seed: u64) -> Self {
        let plan = Plan {
            random: Random::new(seed),
            policy: FaultPolicy::none(),
            next: BTreeMap::new(),
            scripted: BTreeMap::new(),
            opportunities: 0,
            traced: None,
            outages: BTreeMap::new(),
            fired: BTreeMap::new(),
            crashes: VecDeque::new(),
            ends_of_delays: 0,
        };
        Self(Some(Arc::new(Shared {
            time,
            plan: Mutex::new(plan),
            delays_ended: Signal::default(),
        })))
    }

    fn plan<T>(&self, use_plan: impl FnOnce(&mut Plan) -> T) -> Option<T> {
        let shared = self.0.as_ref()?;
        Some(use_plan(&mut lock(&shared.plan)))
    }

    /// Strikes by chance from now on; [`FaultPolicy::none`] heals.
    pub fn set_policy(&self, policy: FaultPolicy) {
        self.plan(|plan| plan.policy = policy);
    }

    /// Strikes the next such call, after what was asked for it before.
    pub fn strike_next(&self, call: Call, fault: Fault) {
        self.plan(|plan| plan.next.entry(call).or_default().push_back(fault));
    }

    /// Strikes opportunity number `opportunity`, from 0, whichever call it is.
    pub fn strike_at(&self, opportunity: u64, fault: Fault) {
        self.plan(|plan| plan.scripted.insert(opportunity, fault));
    }

    /// Makes a port unavailable from `from` until before `until`, in true time; instead of any outage it had.
    pub fn outage(&self, port: Port, from: Timestamp, until: Timestamp) {
        self.plan(|plan| plan.outages.insert(port, (from, until)));
    }

    /// Lets every call that is delayed go on now.
    pub fn end_delays(&self) {
        if let Some(shared) = &self.0 {
            lock(&shared.plan).ends_of_delays += 1;
            shared.delays_ended.notify();
        }
    }

    /// Ends all faults: policy, scripts, outages and delays. Counters stay.
    pub fn heal(&self) {
        self.end_delays();
        self.plan(|plan| {
            plan.policy = FaultPolicy::none();
            plan.next.clear();
            plan.scripted.clear();
            plan.outages.clear();
        });
    }

    /// How often a fault could have struck so far.
    pub fn opportunities(&self) -> u64 {
        self.plan(|plan| plan.opportunities).unwrap_or_default()
    }

    /// Writes down every opportunity from now on, for who wants to strike each of them in turn.
    pub fn trace(&self) {
        self.plan(|plan| plan.traced = Some(Vec::new()));
    }

    /// The opportunities since [`Faults::trace`], in order.
    pub fn take_trace(&self) -> Vec<Call> {
        self.plan(|plan| plan.traced.take().unwrap_or_default())
            .unwrap_or_default()
    }

    /// How often each fault has struck each call.
    pub fn fired(&self) -> BTreeMap<(Call, FaultKind), u64> {
        self.plan(|plan| plan.fired.clone()).unwrap_or_default()
    }

    /// How often a kind of fault has struck.
    pub fn fired_of(&self, kind: FaultKind) -> u64 {
        let fired = self.fired();
        fired
            .iter()
            .filter(|((_, fired), _)| *fired == kind)
            .map(|(_, count)| count)
            .sum()
    }

    /// A call whose caller was to die in it and waits there for ever: its task is to be crashed. Ask after each step: the
    /// task is the one that was polled.
    pub fn take_crash(&self) -> Option<Call> {
        self.plan(|plan| plan.crashes.pop_front()).flatten()
    }

    /// Whether a call must ask at all.
    pub(crate) const fn are_possible(&self) -> bool {
        self.0.is_some()
    }

    /// The fault that strikes this opportunity, if any.
    pub(crate) fn strike(&self, call: Call) -> Option<Fault> {
        let shared = self.0.as_ref()?;
        let now = shared.time.now();
        lock(&shared.plan).strike(call, now)
    }

    /// Before a call: fails, waits or dies there, as a fault says; what is left of the fault comes after the call.
    pub(crate) async fn enter(&self, call: Call) -> Result<Strike<'_>, PortError> {
        let Some(fault) = self.strike(call) else {
            return Ok(self.after(call, None));
        };
        match fault.kind {
            FaultKind::FailBefore | FaultKind::Outage => Err(unavailable(call)),
            FaultKind::CrashBefore => self.die_in(call).await,
            FaultKind::Delay => {
                self.delay(fault).await;
                Ok(self.after(call, None))
            }
            FaultKind::FailAfter
            | FaultKind::CrashAfter
            | FaultKind::Duplicate
            | FaultKind::Reorder
            | FaultKind::Drop
            | FaultKind::StaleRead
            | FaultKind::LateCommit
            | FaultKind::Returned
            | FaultKind::Nack => Ok(self.after(call, Some(fault))),
        }
    }

    const fn after(&self, call: Call, fault: Option<Fault>) -> Strike<'_> {
        Strike {
            faults: self,
            call,
            fault,
        }
    }

    /// Waits as long as the fault says, or until delays are ended.
    pub(crate) async fn delay(&self, fault: Fault) {
        if let Some(shared) = &self.0 {
            let ends = || lock(&shared.plan).ends_of_delays;
            let before = ends();
            let until = shared.time.now().plus(fault.delay);
            let is_over = || if ends() == before { Err(until) } else { Ok(()) };
            shared.time.wait(&shared.delays_ended, until, is_over).await;
        }
    }

    /// Never returns: whoever runs the tasks finds the crash and drops the caller.
    pub(crate) async fn die_in<T>(&self, call: Call) -> T {
        self.plan(|plan| plan.crashes.push_back(call));
        pending().await
    }
}

impl Plan {
    fn strike(&mut self, call: Call, now: Timestamp) -> Option<Fault> {
        let number = self.opportunities;
        self.opportunities += 1;
        if let Some(trace) = &mut self.traced {
            trace.push(call);
        }
        let is_out = |(from, until): &(Timestamp, Timestamp)| (*from..*until).contains(&now);
        let fault = if self.outages.get(&call.port()).is_some_and(is_out) {
            Some(Fault::new(FaultKind::Outage))
        } else if let Some(fault) = self.scripted.remove(&number) {
            Some(fault)
        } else if let Some(fault) = self.next.get_mut(&call).and_then(VecDeque::pop_front) {
            Some(fault)
        } else {
            self.policy.draw(call, &mut self.random)
        }?;
        let can_strike = fault.kind == FaultKind::Outage || call.faults().contains(&fault.kind);
        if !can_strike {
            return None;
        }
        tracing::debug!(call = call.name(), fault = fault.kind.name(), "a fault strikes");
        *self.fired.entry((call, fault.kind)).or_default() += 1;
        Some(fault)
    }
}

/// What is left of a fault once its call has begun.
#[derive(Debug)]
#[must_use = "a fault that strikes after the call strikes in `leave`"]
pub(crate) struct Strike<'a> {
    faults: &'a Faults,
    call: Call,
    fault: Option<Fault>,
}

impl Strike<'_> {
    /// Whether this is the fault that strikes.
    pub(crate) fn is(&self, kind: FaultKind) -> bool {
        self.fault.is_some_and(|fault| fault.kind == kind)
    }

    /// After the call: gives its value, unless the fault keeps it from the caller.
    pub(crate) async fn leave<T>(self, value: T) -> Result<T, PortError> {
        if self.is(FaultKind::FailAfter) {
            return Err(unknown(self.call));
        }
        if self.is(FaultKind::CrashAfter) {
            return self.faults.die_in(self.call).await;
        }
        Ok(value)
    }
}

/// The call was not made.
pub(crate) fn unavailable(call: Call) -> PortError {
    PortError::new(PortErrorKind::Unavailable, call.doing()).with_source("a fault was injected")
}

/// The call was made, or not.
pub(crate) fn unknown(call: Call) -> PortError {
    PortError::new(PortErrorKind::OutcomeUnknown, call.doing()).with_source("a fault was injected")
}
