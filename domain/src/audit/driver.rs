//! A driver as the auditor sees them: on duty or not, and locked to at most one trip.

use super::finding::{Flaw, Notes};
use super::tape::Tape;
use crate::driver::{DriverEvent, Fence};
use crate::event::Event;
use crate::id::{RegionId, TripId};
use crate::stream::{Cause, Commit, EventId, StreamId};

/// On duty or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Duty {
    #[default]
    Off,
    On,
    Leaving,
}

/// What a driver's event says about a trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockFact {
    Locked { trip: TripId, round: u8, fence: Fence },
    Released { trip: TripId, fence: Fence },
}

/// A driver.
#[derive(Debug, Default)]
pub(super) struct Driver {
    pub(super) tape: Tape,
    duty: Duty,
    region: Option<RegionId>,
    lock: Option<(TripId, Fence)>,
    fence: Fence,
}

impl Driver {
    /// Folds a commit and tells what it says about trips; `tell` answers whether the trip can want that.
    pub(super) fn observe(
        &mut self,
        commit: &Commit,
        notes: &mut Notes<'_>,
        mut tell: impl FnMut(LockFact) -> bool,
    ) -> bool {
        if !self.tape.observe(commit, notes) {
            return false;
        }
        for event in commit.events.iter() {
            let Event::Driver(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            if !self.may_follow(event) {
                notes.out_of_place(event.name());
            }
            match *event {
                DriverEvent::Online { region, .. } => {
                    self.duty = Duty::On;
                    self.region = Some(region);
                }
                DriverEvent::OfflineRequested => self.duty = Duty::Leaving,
                DriverEvent::Offline => self.duty = Duty::Off,
                DriverEvent::RegionChanged { region, .. } => self.region = Some(region),
                DriverEvent::LockRefused { .. } => {}
                DriverEvent::Locked {
                    trip, round, fence, ..
                } => {
                    self.lock(trip, fence, notes);
                    let is_wanted = tell(LockFact::Locked { trip, round, fence });
                    notes.expect(is_wanted, Flaw::LockUnasked);
                }
                DriverEvent::Released { trip, fence, .. } => {
                    let is_held = self.lock == Some((trip, fence));
                    notes.expect(is_held, Flaw::ReleasedWrongFence);
                    notes.expect(is_caused_by(&commit.cause, trip), Flaw::ReleasedUnasked);
                    if is_held {
                        self.lock = None;
                        let is_known = tell(LockFact::Released { trip, fence });
                        notes.expect(is_known, Flaw::ReleasedWrongFence);
                    }
                }
            }
        }
        true
    }

    fn may_follow(&self, event: &DriverEvent) -> bool {
        match event {
            DriverEvent::Online { .. } | DriverEvent::Released { .. } => true,
            DriverEvent::RegionChanged { from, region } => {
                self.duty != Duty::Off && self.region == Some(*from) && from != region
            }
            DriverEvent::OfflineRequested => self.duty == Duty::On && self.lock.is_some(),
            DriverEvent::Offline => self.duty != Duty::Off && self.lock.is_none(),
            // A lock that comes while another holds is a finding of its own.
            DriverEvent::Locked { .. } => self.duty == Duty::On || self.lock.is_some(),
            DriverEvent::LockRefused { .. } => self.duty != Duty::On || self.lock.is_some(),
        }
    }

    fn lock(&mut self, trip: TripId, fence: Fence, notes: &mut Notes<'_>) {
        if let Some((trip, _)) = self.lock {
            notes.add(Flaw::LockedTwice { trip });
        }
        let is_next = fence.count == self.fence.count.saturating_add(1) && fence.epoch >= self.fence.epoch;
        notes.expect(is_next, Flaw::FenceNotNext { fence });
        self.lock = Some((trip, fence));
        self.fence = fence;
    }
}

/// Whether an event of the trip's own search is the cause.
fn is_caused_by(cause: &Cause, trip: TripId) -> bool {
    match cause {
        Cause::Event(id) => EventId::stream(*id) == StreamId::Dispatch(trip),
        Cause::Command(_) | Cause::Timer(_) | Cause::Webhook(_) => false,
    }
}
