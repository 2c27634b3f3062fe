//! A test played once for each place at which a fault can strike it.

use crate::fault::Fault;
use crate::platform::Platform;
use crate::setup::Setup;
use fiacre_memory::{self as memory, Faults, Port};
use std::fmt;

/// A fault at one place of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strike {
    /// The number of the opportunity, from the start of the platform.
    opportunity: u64,
    port: Port,
    fault: Fault,
}

impl Strike {
    pub(crate) fn script(self, faults: &Faults) {
        faults.strike_at(self.opportunity, memory::Fault::new(self.fault.kind()));
    }
}

/// What a run can be repeated with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) strike: Option<Strike>,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        if let Some(Strike {
            opportunity,
            port,
            fault,
        }) = self.strike
        {
            write!(f, ", {fault:?} at {port:?} (opportunity {opportunity})")?;
        }
        Ok(())
    }
}

/// Plays a test without faults, and then once for every read or write of a service at `port` that `fault` can strike, struck
/// there alone; gives how many there were.
///
/// `play` begins with the setup that it is given, and gives the platform back when it is done. Without faults it must make
/// the same calls each time, which it does where it asks for nothing but what it is given. An assertion that fails says which
/// call was struck.
///
/// ```
/// use fiacre_testing::{Fault, Port, Ride, places, strike_each};
/// let struck = strike_each(Port::EventStore, Fault::DiesAfterWrite, |setup| {
///     let mut p = setup.driver("ann", places::BRYANT_PARK).start();
///     let trip = p.book(Ride::new(places::TIMES_SQUARE, places::UNION_SQUARE)).unwrap();
///     p.run_until_idle();
///     p.drive(trip).unwrap();
///     p.audit().assert_over(); // whoever died, and after whichever commit
///     p
/// });
/// assert!(struck > 20);
/// ```
#[track_caller]
pub fn strike_each(port: Port, fault: Fault, mut play: impl FnMut(Setup) -> Platform) -> usize {
    let calm = play(Platform::in_memory().traced());
    let trace = (0..).zip(calm.faults().take_trace());
    let strikes = trace.filter(|(_, call)| *call == fault.call(port));
    let strikes: Vec<Strike> = strikes
        .map(|(opportunity, _)| Strike {
            opportunity,
            port,
            fault,
        })
        .collect();
    for &strike in &strikes {
        let struck = play(Platform::in_memory().struck(strike));
        if struck.faults().fired_of(fault.kind()) == 0 {
            struck.give_up("the test made other calls than without the fault: nothing was struck");
        }
    }
    strikes.len()
}
