//! What people are going to do, and when.

use fiacre_domain::dispatch::OfferNumber;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::TripId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::collections::{BTreeMap, VecDeque};

/// Something that somebody is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// A rider who was turned away asks again.
    OrderAgain { trip: TripId },
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whim {
    /// Not to go.
    Cancel,
    /// To go somewhere else.
    ChangePlan,
    /// To ring support about the price, however far the ride has come.
    Complain,
    /// To tip the driver, however far the ride has come.
    Tip,
}

impl Whim {
    pub(super) const ALL: [Self; 4] = [Self::Cancel, Self::ChangePlan, Self::Complain, Self::Tip];
}

/// The buttons of a driver's app, while there is a trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A calendar of actions by second; those of one second in the order in which they were planned.
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeMap<Timestamp, VecDeque<Action>>);

impl Agenda {
    pub(super) fn plan(&mut self, at: Timestamp, action: Action) {
        self.0.entry(whole_second(at)).or_default().push_back(action);
    }

    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.0.first_key_value().map(|(at, _)| *at)
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Action> {
        let mut first = self.0.first_entry().filter(|first| *first.key() <= now)?;
        let action = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        action
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wander(cab: u32) -> Action {
        Action::Wander { cab, plan: 0 }
    }

    fn taken(agenda: &mut Agenda, now_ms: i64) -> Vec<Action> {
        std::iter::from_fn(|| agenda.take_due(Timestamp::from_ms(now_ms))).collect()
    }

    #[test]
    fn actions_come_by_second_and_within_one_as_they_were_planned() {
        let mut agenda = Agenda::default();
        for (at_ms, cab) in [(2_001, 1), (1_000, 2), (2_999, 3), (3_000, 4), (1, 5)] {
            agenda.plan(Timestamp::from_ms(at_ms), wander(cab));
        }
        assert_eq!(agenda.next_at(), Some(Timestamp::from_ms(1_000)));
        assert_eq!(taken(&mut agenda, 999), []);
        assert_eq!(taken(&mut agenda, 2_500), [wander(2), wander(5)]);
        assert_eq!(taken(&mut agenda, 3_000), [wander(1), wander(3), wander(4)]);
        assert_eq!(agenda.next_at(), None);
    }

    #[test]
    fn what_is_planned_for_a_second_under_way_comes_last_in_it() {
        let mut agenda = Agenda::default();
        let now = Timestamp::from_ms(1_000);
        agenda.plan(now, wander(1));
        agenda.plan(now, wander(2));
        assert_eq!(agenda.take_due(now), Some(wander(1)));
        agenda.plan(now, wander(3));
        assert_eq!(taken(&mut agenda, 1_000), [wander(2), wander(3)]);
        agenda.plan(now, wander(4));
        assert_eq!(taken(&mut agenda, 1_000), [wander(4)]);
    }
}
