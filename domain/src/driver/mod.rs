//! A driver: on duty or not, and locked to at most one trip.
//!
//! A lock is a compare-and-set on the driver's own stream. It ends only by a release that carries its fence, and such a
//! release is only ever asked because of one of its trip's own events: nothing expires a lock. The review time makes the
//! driver side ask the trip whether the lock is still wanted.
//!
//! A refused lock stays refused: the store's inbox (one cause, one commit) answers a repeated ask with the first answer.
//!
//! ```
//! use fiacre_domain::decision::{Aggregate, Decision};
//! use fiacre_domain::driver::{Command, Driver, DriverEvent};
//! use fiacre_domain::id::TripId;
//! use fiacre_domain::requirements::Capabilities;
//! use fiacre_domain::time::Timestamp;
//!
//! let now = Timestamp::from_ms(0);
//! let mut driver = Driver::default();
//! let online = Command::GoOnline { region: "manhattan".parse()?, capabilities: Capabilities::new(4)? };
//! for event in driver.decide(&online, now)?.into_events() {
//!     driver.evolve(&event, now);
//! }
//! let lock = Command::Lock { trip: TripId::from_u128(1), round: 0, epoch: 0, review_at: Timestamp::from_ms(60_000) };
//! let Decision::Applied(events) = driver.decide(&lock, now)? else { panic!("a free driver takes a lock") };
//! assert!(matches!(events[..], [DriverEvent::Locked { .. }]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::decision::{Aggregate, Decision, StateError, state_parts};
use crate::id::{RegionId, TripId};
use crate::requirements::Capabilities;
use crate::time::Timestamp;
use crate::{canonical_enum, canonical_struct};
use std::fmt;

/// A fencing token, which a release, a start and a completion must match: the store's epoch (raised by a restore from
/// backup) and the count of this driver's locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fence {
    /// The store's epoch.
    pub epoch: u32,
    /// Which lock of this driver, from 1.
    pub count: u32,
}
canonical_struct!(Fence { epoch, count });

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.count)
    }
}

/// What happened to a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriverEvent {
    /// On duty in a region.
    Online {
        /// The region that may offer trips.
        region: RegionId,
        /// What driver and vehicle can serve.
        capabilities: Capabilities,
    },
    /// Serves another region from now on.
    RegionChanged {
        /// The region that was served until now, whose matcher must let go.
        from: RegionId,
        /// The new region.
        region: RegionId,
    },
    /// Goes off duty when the trip in progress has ended.
    OfflineRequested,
    /// Off duty.
    Offline,
    /// Locked to a trip.
    Locked {
        /// The trip.
        trip: TripId,
        /// The search round that asked.
        round: u8,
        /// What releases it.
        fence: Fence,
        /// Room for chained trips: 0 is the trip in progress.
        slot: u8,
        /// When the driver side asks the trip whether the lock is still wanted.
        review_at: Timestamp,
    },
    /// Not locked: busy or off duty. Final for this ask.
    LockRefused {
        /// The trip that asked.
        trip: TripId,
        /// The search round that asked.
        round: u8,
    },
    /// Free again.
    Released {
        /// The trip.
        trip: TripId,
        /// The lock that ended.
        fence: Fence,
        /// Why.
        reason: ReleaseReason,
    },
}
canonical_enum!(DriverEvent {
    0 = Online { region, capabilities },
    1 = RegionChanged { from, region },
    2 = OfflineRequested,
    3 = Offline,
    4 = Locked { trip, round, fence, slot, review_at },
    5 = LockRefused { trip, round },
    6 = Released { trip, fence, reason },
});

impl DriverEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Online { .. } => "DriverOnline",
            Self::RegionChanged { .. } => "DriverRegionChanged",
            Self::OfflineRequested => "OfflineRequested",
            Self::Offline => "DriverOffline",
            Self::Locked { .. } => "DriverLocked",
            Self::LockRefused { .. } => "LockRefused",
            Self::Released { .. } => "DriverReleased",
        }
    }
}

/// Why a driver is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReleaseReason {
    /// The trip has ended.
    TripEnded,
    /// The trip looks for another driver.
    Reassigned,
    /// The lock came for a round that is over.
    StaleRound,
}
canonical_enum!(ReleaseReason { 0 = TripEnded, 1 = Reassigned, 2 = StaleRound });

/// What can be asked of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Go on duty, or change what is offered.
    GoOnline {
        /// The region to serve.
        region: RegionId,
        /// What driver and vehicle can serve.
        capabilities: Capabilities,
    },
    /// Serve another region.
    ChangeRegion {
        /// The region to serve.
        region: RegionId,
    },
    /// Go off duty; after the trip in progress, if there is one.
    GoOffline,
    /// Lock the driver for a trip. Sent by the driver service alone, caused by the accepted offer.
    Lock {
        /// The trip.
        trip: TripId,
        /// Its search round.
        round: u8,
        /// The store's epoch.
        epoch: u32,
        /// When to ask the trip whether the lock is still wanted.
        review_at: Timestamp,
    },
    /// Release a lock. Sent by the driver service alone, caused by one of the trip's own events.
    Release {
        /// The trip.
        trip: TripId,
        /// The lock to end.
        fence: Fence,
        /// Why.
        reason: ReleaseReason,
    },
}

/// Why a driver's request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The driver is off duty.
    OffDuty,
}

impl Refusal {
    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OffDuty => "driver_off_duty",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OffDuty => f.write_str("failed to change the region: go on duty first"),
        }
    }
}

impl std::error::Error for Refusal {}

/// On duty or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Duty {
    /// Off duty.
    #[default]
    Off,
    /// On duty.
    On,
    /// Off duty as soon as the lock ends.
    Leaving,
}

/// The part of the state that the saga turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Control {
    /// On duty or not.
    pub duty: Duty,
    /// The trip and round that hold the driver.
    pub lock: Option<(TripId, u8)>,
}

/// What a driver last went on duty with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// The region that may offer trips.
    pub region: RegionId,
    /// What driver and vehicle can serve.
    pub capabilities: Capabilities,
}

/// A driver's state, folded from `driver-{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Driver {
    control: Control,
    fence: Fence,
    shift: Option<Shift>,
}

state_parts!(
    /// A driver's state as data.
    DriverParts of Driver {
        /// The part that the saga turns on.
        control: Control,
        /// The fence of the present lock, or of the last one.
        fence: Fence,
        /// Region and capabilities, once on duty.
        shift: Option<Shift>,
    }
);

impl Driver {
    const fn check(&self) -> Result<(), StateError> {
        let is_off = match self.control.duty {
            Duty::Off => true,
            Duty::On | Duty::Leaving => false,
        };
        if self.shift.is_none() && (!is_off || self.control.lock.is_some()) {
            return Err(StateError::DriverWithoutShift);
        }
        Ok(())
    }

    /// The part that the saga turns on.
    pub const fn control(&self) -> Control {
        self.control
    }

    /// The fence of the present lock, or of the last one.
    pub const fn fence(&self) -> Fence {
        self.fence
    }

    /// Region and capabilities, once on duty.
    pub const fn shift(&self) -> Option<Shift> {
        self.shift
    }

    /// Precedence: the same lock again changes nothing; a free driver on duty takes it; all else is refused, as an event,
    /// because the search waits for the answer.
    fn decide_lock(
        &self,
        trip: TripId,
        round: u8,
        epoch: u32,
        review_at: Timestamp,
    ) -> Decision<DriverEvent> {
        match (self.control.duty, self.control.lock) {
            (_, Some(held)) if held == (trip, round) => Decision::AlreadyApplied,
            (Duty::On, None) => {
                let fence = Fence {
                    epoch: epoch.max(self.fence.epoch),
                    count: self.fence.count.saturating_add(1),
                };
                Decision::one(DriverEvent::Locked {
                    trip,
                    round,
                    fence,
                    slot: 0,
                    review_at,
                })
            }
            (Duty::Off | Duty::Leaving, None) | (_, Some(_)) => {
                Decision::one(DriverEvent::LockRefused { trip, round })
            }
        }
    }

    fn decide_release(&self, trip: TripId, fence: Fence, reason: ReleaseReason) -> Decision<DriverEvent> {
        let holds = self.control.lock.is_some_and(|(held, _)| held == trip) && self.fence == fence;
        if !holds {
            return Decision::AlreadyApplied;
        }
        let mut events = vec![DriverEvent::Released { trip, fence, reason }];
        if self.control.duty == Duty::Leaving {
            events.push(DriverEvent::Offline);
        }
        Decision::Applied(events)
    }
}

impl Aggregate for Driver {
    type Command = Command;
    type Event = DriverEvent;
    type Refusal = Refusal;

    fn decide(&self, command: &Command, _now: Timestamp) -> Result<Decision<DriverEvent>, Refusal> {
        Ok(match *command {
            Command::GoOnline { region, capabilities } => {
                if self.control.duty == Duty::On && self.shift == Some(Shift { region, capabilities }) {
                    Decision::AlreadyApplied
                } else {
                    Decision::one(DriverEvent::Online { region, capabilities })
                }
            }
            Command::ChangeRegion { region } => match (self.control.duty, self.shift) {
                (Duty::Off, _) | (Duty::On | Duty::Leaving, None) => return Err(Refusal::OffDuty),
                (Duty::On | Duty::Leaving, Some(shift)) if shift.region == region => Decision::AlreadyApplied,
                (Duty::On | Duty::Leaving, Some(shift)) => Decision::one(DriverEvent::RegionChanged {
                    from: shift.region,
                    region,
                }),
            },
            Command::GoOffline => match (self.control.duty, self.control.lock) {
                (Duty::Off, _) | (Duty::Leaving, Some(_)) => Decision::AlreadyApplied,
                (Duty::On, Some(_)) => Decision::one(DriverEvent::OfflineRequested),
                (Duty::On | Duty::Leaving, None) => Decision::one(DriverEvent::Offline),
            },
            Command::Lock {
                trip,
                round,
                epoch,
                review_at,
            } => self.decide_lock(trip, round, epoch, review_at),
            Command::Release { trip, fence, reason } => self.decide_release(trip, fence, reason),
        })
    }

    fn evolve(&mut self, event: &DriverEvent, _at: Timestamp) {
        match *event {
            DriverEvent::Online { region, capabilities } => {
                self.control.duty = Duty::On;
                self.shift = Some(Shift { region, capabilities });
            }
            DriverEvent::RegionChanged { region, .. } => {
                if let Some(shift) = &mut self.shift {
                    shift.region = region;
                }
            }
            DriverEvent::OfflineRequested => self.control.duty = Duty::Leaving,
            DriverEvent::Offline => self.control.duty = Duty::Off,
            DriverEvent::Locked {
                trip, round, fence, ..
            } => {
                self.control.lock = Some((trip, round));
                self.fence = fence;
            }
            DriverEvent::LockRefused { .. } => {}
            DriverEvent::Released { .. } => self.control.lock = None,
        }
    }
}

#[cfg(test)]
mod tests;
