//! When a matcher learns anew what it believes, and when it may act on it.
//!
//! A bus tells no consumer that it has become the active one of its queue: its first delivery does. What was acknowledged by
//! another matcher before is heard of by nobody else, so a matcher looks again at its first delivery; until then it only watches,
//! since whoever is active may have died in a region where nothing happens that would be delivered.

use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;

/// A matcher that stands by looks at least so often. A look loads every driver on duty; a search lasts minutes.
pub(super) const STANDBY_LOOK_MAX: Millis = Millis::from_secs(30);

/// Of whom the queue's messages are, as far as one of its matchers can tell.
#[derive(Debug)]
pub(super) struct Watch {
    tick: Millis,
    /// The consumer by which what it believes is kept: none while it stands by.
    follows: Option<u64>,
    /// When it looks again, if it stands by.
    looks_at: Timestamp,
    /// The time between the last look and the next: it doubles.
    pause: Millis,
    /// Whether it has looked since it last acted.
    is_fresh: bool,
}

impl Watch {
    /// Of a matcher with so much time between two batches, which has not looked yet.
    pub(super) const fn new(tick: Millis) -> Self {
        Self {
            tick,
            follows: None,
            looks_at: Timestamp::from_ms(i64::MIN),
            pause: Millis::ZERO,
            is_fresh: false,
        }
    }

    /// Whether what it believes may be wrong: its consumer, the `active` one since it was handed something, is not the one that
    /// it followed; or it stands by, and it is time.
    pub(super) fn is_to_look(&self, active: Option<u64>, now: Timestamp) -> bool {
        match active {
            Some(_) => self.follows != active,
            None => now >= self.looks_at,
        }
    }

    /// It has looked.
    pub(super) fn looked(&mut self, active: Option<u64>, now: Timestamp) {
        let stood_by = active.is_none() && self.follows.is_none();
        self.pause = if stood_by {
            let twice = Millis::new(self.pause.get().saturating_mul(2));
            twice.clamp(self.tick, STANDBY_LOOK_MAX.max(self.tick))
        } else {
            self.tick
        };
        self.looks_at = now.plus(self.pause);
        self.follows = active;
        self.is_fresh = true;
    }

    /// Whether it may act on what it believes: while it is kept by what is heard, else once after each look.
    pub(super) fn may_act(&mut self, active: Option<u64>) -> bool {
        let is_fresh = std::mem::take(&mut self.is_fresh);
        is_fresh || (active.is_some() && self.follows == active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Millis = Millis::from_secs(2);

    /// Looks at every tick at which it is to look, from `from_s` on, and says when.
    fn looks(watch: &mut Watch, active: Option<u64>, from_s: i64, ticks: i64) -> Vec<i64> {
        let mut looks = Vec::new();
        for second in (0..ticks).map(|tick| from_s + 2 * tick) {
            let now = Timestamp::from_ms(second * 1_000);
            let is_to_look = watch.is_to_look(active, now);
            if is_to_look {
                watch.looked(active, now);
                looks.push(second);
            }
            let acts = watch.may_act(active);
            assert_eq!(acts, is_to_look || active.is_some(), "{second} s");
        }
        looks
    }

    #[test]
    fn who_stands_by_looks_more_and_more_rarely_but_at_least_every_thirty_seconds_and_acts_then_alone() {
        let mut watch = Watch::new(TICK);
        assert_eq!(looks(&mut watch, None, 0, 60), [0, 2, 6, 14, 30, 60, 90]);
    }

    #[test]
    fn who_is_handed_something_looks_once_and_acts_from_then_on_until_its_consumer_ends() {
        let mut watch = Watch::new(TICK);
        assert_eq!(looks(&mut watch, None, 0, 5), [0, 2, 6]);
        assert_eq!(looks(&mut watch, Some(1), 10, 100), [10]);
        assert_eq!(looks(&mut watch, Some(2), 300, 100), [300]);
        assert_eq!(looks(&mut watch, None, 600, 5), [600, 602, 606]);
    }
}
