//! How long to wait before something is tried again.
//!
//! Three kinds of wait, for three kinds of failure: a message that fails climbs a ladder, and the climb is counted; what is
//! pending elsewhere is asked for again after half the time that it has been pending; and what cannot be reached at all
//! makes its process rest, longer each time, without a message being counted for it.

use fiacre_domain::spread::{GOLDEN_GAMMA, spread};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::Clock;
use std::fmt;
use std::sync::Arc;

/// The first rung of the ladder.
pub const RETRY_FIRST: Millis = Millis::new(50);
/// The last rung of the ladder.
pub const RETRY_MAX: Millis = Millis::from_secs(60);
/// How long a message is left alone that could not be worked on while its neighbours could.
pub const PAUSE: Millis = Millis::from_secs(1);
/// The longest that a process rests the first time something cannot be reached.
pub const REST_FIRST: Millis = Millis::new(500);
/// The longest that a process ever rests.
pub const REST_MAX: Millis = Millis::from_secs(16);

/// The wait after the `attempt`th failure, from 1: 50 ms, then four times as long each time, at most a minute.
pub const fn retry_delay(attempt: u32) -> Millis {
    let exponent = if attempt > 8 { 8 } else { attempt.saturating_sub(1) };
    let delay = RETRY_FIRST.get().saturating_mul(4_i64.saturating_pow(exponent));
    if delay > RETRY_MAX.get() {
        RETRY_MAX
    } else {
        Millis::new(delay)
    }
}

/// The wait before what has been pending since `since` is asked for again: half as long as it has been pending, from a
/// second to a minute.
///
/// It grows without anybody counting, since `since` is in the log: whoever asks next, after whichever crash, goes on where
/// the last one was. Clocks that differ make it longer or shorter, never none.
pub fn pending_delay(since: Timestamp, now: Timestamp) -> Millis {
    let half = now.since(since).get() / 2;
    Millis::new(half.clamp(PAUSE.get(), RETRY_MAX.get()))
}

/// A process's patience with what it cannot reach: it rests, up to twice as long after each failure in a row, up to
/// [`REST_MAX`], and is fresh after the first success.
///
/// Each rest is between half of the longest and the longest, so that processes that lost the same store do not come back
/// in step. What it falls on is drawn from the process's name and the time: chance that a seed repeats.
pub(crate) struct Patience {
    clock: Arc<dyn Clock>,
    salt: u64,
    failures: u32,
    rest_until: Option<Timestamp>,
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("failures", &self.failures)
            .field("rest_until", &self.rest_until)
            .finish_non_exhaustive()
    }
}

impl Patience {
    /// Of the process with this name, by its clock.
    pub(crate) fn new(name: &str, clock: Arc<dyn Clock>) -> Self {
        let salt = name.bytes().fold(0, |salt, byte| mixed(salt ^ u64::from(byte)));
        Self {
            clock,
            salt,
            failures: 0,
            rest_until: None,
        }
    }

    /// Something could not be reached: the next [`Patience::rest`] waits as long as this says.
    pub(crate) fn lost(&mut self) -> Millis {
        let now = self.clock.now();
        let doubled = REST_FIRST
            .get()
            .saturating_mul(1 << self.failures.min(16))
            .min(REST_MAX.get());
        let half = doubled / 2;
        let drawn = mixed(self.salt ^ now.ms().unsigned_abs().rotate_left(16) ^ u64::from(self.failures));
        let drawn = i64::try_from(drawn % (half.unsigned_abs() + 1)).unwrap_or(half);
        self.failures = self.failures.saturating_add(1);
        let rest = Millis::new(half + drawn);
        self.rest_until = Some(now.plus(rest));
        rest
    }

    /// Everything could be reached.
    pub(crate) const fn found(&mut self) {
        self.failures = 0;
        self.rest_until = None;
    }

    /// Waits for the rest to be over, until `until` at most; whether it is over.
    pub(crate) async fn rest(&mut self, until: Timestamp) -> bool {
        let Some(rest_until) = self.rest_until else {
            return true;
        };
        self.clock.wait_until(rest_until.min(until)).await;
        if self.clock.now() < rest_until {
            return false;
        }
        self.rest_until = None;
        true
    }
}

/// Spreads a number over all numbers, zero as well.
pub(crate) const fn mixed(number: u64) -> u64 {
    spread(number.wrapping_add(GOLDEN_GAMMA))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::task::{Context, Poll, Waker};

    #[derive(Default)]
    struct Still(Mutex<i64>);

    #[async_trait]
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(*self.0.lock().unwrap())
        }

        async fn wait_until(&self, at: Timestamp) {
            *self.0.lock().unwrap() = at.ms();
        }
    }

    fn rest(patience: &mut Patience, until: Timestamp) -> bool {
        let rested = pin!(patience.rest(until)).poll(&mut Context::from_waker(Waker::noop()));
        rested == Poll::Ready(true)
    }

    fn rests(name: &str, count: usize) -> Vec<i64> {
        let clock = Arc::new(Still::default());
        let mut patience = Patience::new(name, clock);
        (0..count)
            .map(|_| {
                let lost = patience.lost().get();
                assert!(rest(&mut patience, Timestamp::MAX));
                lost
            })
            .collect()
    }

    #[test]
    fn the_ladder_climbs_by_four_up_to_a_minute() {
        let rungs: Vec<i64> = (0..10).map(|attempt| retry_delay(attempt).get()).collect();
        assert_eq!(
            rungs,
            [50, 50, 200, 800, 3_200, 12_800, 51_200, 60_000, 60_000, 60_000]
        );
    }

    #[test]
    fn what_is_pending_is_asked_for_less_and_less_often() {
        let since = Timestamp::from_ms(0);
        let (mut now, mut waits) = (since, Vec::new());
        while now < Timestamp::from_ms(3_600_000) {
            let wait = pending_delay(since, now);
            waits.push(wait);
            now = now.plus(wait);
        }
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!((waits[0], waits.last()), (PAUSE, Some(&RETRY_MAX)));
        assert!(waits.len() < 90, "{} in an hour", waits.len());
        assert_eq!(
            pending_delay(since, Timestamp::from_ms(-5)),
            PAUSE,
            "a clock that is behind"
        );
    }

    #[test]
    fn rests_grow_within_bounds_and_do_not_fall_together() {
        let mut longest = REST_FIRST.get();
        for rest in rests("trip-service.manhattan", 12) {
            assert!((longest / 2..=longest).contains(&rest), "{rest} of {longest}");
            longest = (longest * 2).min(REST_MAX.get());
        }
        assert_ne!(
            rests("trip-service.manhattan", 4),
            rests("driver-service.manhattan", 4)
        );
        assert_eq!(
            rests("trip-service.manhattan", 4),
            rests("trip-service.manhattan", 4)
        );
    }

    #[test]
    fn a_success_ends_the_rest_and_the_growth() {
        let clock = Arc::new(Still::default());
        let mut patience = Patience::new("matcher.manhattan", clock.clone());
        assert!(rest(&mut patience, Timestamp::MAX), "nothing was lost");
        for _ in 0..6 {
            patience.lost();
        }
        patience.found();
        assert!(rest(&mut patience, Timestamp::MAX));
        assert_eq!(clock.now().ms(), 0);
        assert!(patience.lost() <= REST_FIRST);
    }

    #[test]
    fn a_rest_lasts_no_longer_than_its_turn() {
        let mut patience = Patience::new("matcher.manhattan", Arc::new(Still::default()));
        let lost = patience.lost();
        assert!(!rest(&mut patience, Timestamp::from_ms(10)));
        assert!(rest(&mut patience, Timestamp::from_ms(lost.get())));
    }
}
