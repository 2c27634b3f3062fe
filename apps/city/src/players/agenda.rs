//! What people are going to do, and when.

use fiacre_domain::dispatch::OfferNumber;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::TripId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that somebody is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// A driver answers an offer.
    Answer {
        trip: TripId,
        offer: OfferNumber,
        cab: u32,
        accept: bool,
    },
    /// A driver does the next thing of a trip, unless the plan has changed since.
    Press {
        trip: TripId,
        cab: u32,
        plan: u32,
        button: Button,
    },
    /// A driver presses a button that does not fit.
    Fumble {
        trip: TripId,
        cab: u32,
        fence: Fence,
        button: Button,
    },
    /// A rider thinks again.
    Rethink { trip: TripId, whim: Whim },
    /// An idle driver looks for riders elsewhere, or has got there.
    Wander { cab: u32, plan: u32 },
}

/// The first whole second that is not before `at`. People act on whole seconds: nobody could tell the difference, and what
/// many do in one second reaches the services together, as it does under load.
fn whole_second(at: Timestamp) -> Timestamp {
    let past = at.ms().rem_euclid(1_000);
    if past == 0 {
        at
    } else {
        at.plus(Millis::new(1_000 - past))
    }
}

/// What riders come up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whim {
    /// Not to go.
    Cancel,
    /// To go somewhere else.
    ChangePlan,
    /// To ring support about the price, however far the ride has come.
    Complain,
}

impl Whim {
    pub(super) const ALL: [Self; 3] = [Self::Cancel, Self::ChangePlan, Self::Complain];
}

/// The buttons of a driver's app, while there is a trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Button {
    GiveBack,
    Arrived,
    NoShow,
    Start,
    Finish,
}

impl Button {
    pub(super) const ALL: [Self; 5] = [
        Self::GiveBack,
        Self::Arrived,
        Self::NoShow,
        Self::Start,
        Self::Finish,
    ];
}

/// The whole second that `at` lies in.
pub(super) fn second_of(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.ms() - at.ms().rem_euclid(1_000))
}

/// A queue of actions by time; those of one moment in the order in which they were planned.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Action)>>,
    planned: u64,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: Timestamp, action: Action) {
        self.planned += 1;
        self.heap.push(Reverse((whole_second(at), self.planned, action)));
    }

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Action> {
        if self.next_at()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, action))| action)
    }
}
