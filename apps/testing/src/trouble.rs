//! What goes wrong: faults, outages, crashes, clocks, and messages that are parked.

use crate::error::Error;
use crate::fault::Fault;
use crate::part::Part;
use crate::platform::{Platform, at_once};
use fiacre_domain::saga::Service;
use fiacre_domain::units::Millis;
use fiacre_memory::{self as memory, Call, Faults, Port};
use fiacre_ports::{Bus, Parked, PortError, QueueName};

/// How many parked messages of a queue are listed at most.
const PARKED_MAX: usize = 10_000;

/// A message that was set aside, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct ParkedMessage {
    /// The queue that it was set aside from.
    pub queue: QueueName,
    /// What it is, why, and after how many attempts.
    pub parked: Parked,
}

/// Faults.
impl Platform {
    /// What the next service that reads or writes at this port meets; more of them are met one after the other.
    ///
    /// # Panics
    ///
    /// If the port cannot suffer it: roads are not written to.
    #[track_caller]
    pub fn fail_next(&mut self, port: Port, fault: Fault) {
        let call = fault.call(port);
        self.check_fault(call, fault);
        // Phones alone report where they are.
        let faults = if call == Call::Report {
            &self.phones
        } else {
            &self.machines.faults
        };
        faults.strike_next(call, memory::Fault::new(fault.kind()));
    }

    /// What the next person who asks for something meets at the desk's way to the bus.
    ///
    /// # Panics
    ///
    /// If it is a death: a desk has nothing that a death could interrupt.
    #[track_caller]
    pub fn fail_next_request(&mut self, fault: Fault) {
        if matches!(fault, Fault::DiesBeforeWrite | Fault::DiesAfterWrite) {
            self.give_up("a desk has nothing that a death could interrupt; use BeforeWrite or AfterWrite");
        }
        let call = fault.call(Port::Bus);
        self.check_fault(call, fault);
        self.phones.strike_next(call, memory::Fault::new(fault.kind()));
    }

    #[track_caller]
    fn check_fault(&self, call: Call, fault: Fault) {
        if !call.faults().contains(&fault.kind()) {
            self.give_up(&format!("{} cannot suffer {fault:?}", call.name()));
        }
    }

    /// Makes a port unavailable to everyone from now on, for so long.
    pub fn outage(&mut self, port: Port, lasting: Millis) {
        let (from, until) = (self.now(), self.now().plus(lasting));
        self.machines.faults.outage(port, from, until);
        self.phones.outage(port, from, until);
    }

    /// Ends every fault and outage, and drops those that have not struck yet.
    pub fn heal(&mut self) {
        self.machines.faults.heal();
        self.phones.heal();
    }

    /// What strikes the services, for everything that these methods do not say: chances, the nth opportunity, doubled and
    /// overtaken messages.
    pub fn faults(&self) -> &Faults {
        &self.machines.faults
    }
}

/// Processes and their clocks.
impl Platform {
    /// Kills a part of the platform where it is: nothing of it runs until it is [started](Self::start) again.
    pub fn stop(&mut self, part: Part) {
        self.machinery.stop(part);
    }

    /// Starts a part that was stopped; it remembers nothing but what it has written.
    pub fn start(&mut self, part: Part) {
        self.machinery.start(part);
        self.looked_at = None;
    }

    /// Kills a part of the platform where it is, and starts it again.
    pub fn restart(&mut self, part: Part) {
        self.stop(part);
        self.start(part);
    }

    /// Kills one of a part's processes, by the order in which they were begun, from 0, and begins none in its place: the others go
    /// on, if the [composition](crate::Setup::composition) has any.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    #[track_caller]
    pub fn remove(&mut self, part: Part, number: usize) {
        if !self.machinery.remove(part, number) {
            self.give_up(&format!("{part:?} has no process number {number}"));
        }
    }

    /// How many processes have died so far, by faults or by being stopped.
    pub fn deaths(&self) -> u64 {
        self.machinery.deaths()
    }

    /// Sets a service's clock so far ahead of true time (behind, if negative), from now on.
    pub fn set_skew(&mut self, service: Service, ahead: Millis) {
        self.machines.clocks.of(service).set_offset(ahead);
    }
}

/// What was set aside.
impl Platform {
    /// Every message that is parked, queue by queue.
    pub fn parked(&self) -> Vec<ParkedMessage> {
        let parked_in = |queue: &QueueName| {
            let listed = at_once(self.machines.bus.parked(queue, None, PARKED_MAX));
            listed.and_then(Result::ok).unwrap_or_default()
        };
        let queues = self.machinery.queues().iter().map(|queue| queue.name.clone());
        queues
            .flat_map(|queue| {
                let parked = parked_in(&queue).into_iter();
                parked.map(move |parked| ParkedMessage {
                    queue: queue.clone(),
                    parked,
                })
            })
            .collect()
    }

    /// Puts a parked message back into its queue; whether it was still parked.
    ///
    /// # Errors
    ///
    /// `Error::Parking` where the bus does not answer, or fails.
    pub fn replay(&mut self, message: &ParkedMessage) -> Result<bool, Error> {
        let ParkedMessage { queue, parked } = message;
        one(at_once(self.machines.bus.replay(queue, &[parked.id])))
    }

    /// Throws a parked message away; whether it was still parked.
    ///
    /// # Errors
    ///
    /// `Error::Parking` where the bus does not answer, or fails.
    pub fn drop_parked(&mut self, message: &ParkedMessage) -> Result<bool, Error> {
        let ParkedMessage { queue, parked } = message;
        one(at_once(self.machines.bus.drop_parked(queue, &[parked.id])))
    }
}

/// What became of the one message.
fn one(asked: Option<Result<Vec<bool>, PortError>>) -> Result<bool, Error> {
    let answers = asked.transpose().map_err(Error::Parking)?;
    Ok(answers
        .and_then(|answers| answers.first().copied())
        .unwrap_or_default())
}
