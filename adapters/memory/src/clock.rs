//! The clock of a service, and identities that a seed decides.

use crate::signal::Signal;
use crate::time::VirtualTime;
use async_trait::async_trait;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_domain::spread::spread;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, IdSource};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// A service's clock: true time and an offset, which may jump. Clones are the same clock.
///
/// ```
/// use fiacre_domain::{time::Timestamp, units::Millis};
/// use fiacre_memory::{SkewedClock, VirtualTime};
/// use fiacre_ports::Clock;
/// let clock = SkewedClock::new(VirtualTime::starting_at(Timestamp::from_ms(10_000)), Millis::from_secs(-2));
/// assert_eq!(clock.now(), Timestamp::from_ms(8_000));
/// clock.set_offset(Millis::from_secs(3));
/// assert_eq!(clock.now(), Timestamp::from_ms(13_000));
/// ```
#[derive(Debug, Clone)]
pub struct SkewedClock {
    time: VirtualTime,
    offset_ms: Arc<AtomicI64>,
    jumped: Signal,
}

impl SkewedClock {
    /// A clock that is `offset` ahead of `time` (behind, if negative).
    pub fn new(time: VirtualTime, offset: Millis) -> Self {
        Self {
            time,
            offset_ms: Arc::new(AtomicI64::new(offset.get())),
            jumped: Signal::default(),
        }
    }

    /// The time that it is set by.
    pub const fn time(&self) -> &VirtualTime {
        &self.time
    }

    /// How far it is ahead.
    pub fn offset(&self) -> Millis {
        Millis::new(self.offset_ms.load(Ordering::Acquire))
    }

    /// Makes it jump.
    pub fn set_offset(&self, offset: Millis) {
        self.offset_ms.store(offset.get(), Ordering::Release);
        self.jumped.notify();
    }

    /// The true time at which this clock shows `shown`; "never" stays "never".
    pub(crate) fn true_time(&self, shown: Timestamp) -> Timestamp {
        if shown == Timestamp::MAX {
            return shown;
        }
        shown.plus(Millis::ZERO.saturating_sub(self.offset()))
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        self.time.now().plus(self.offset())
    }

    async fn wait_until(&self, at: Timestamp) {
        let shows = || {
            if self.now() >= at {
                Ok(())
            } else {
                Err(self.true_time(at))
            }
        };
        self.time.wait(&self.jumped, Timestamp::MAX, shows).await;
    }
}

/// Identities in the layout of UUID version 7 (RFC 9562): true time, a counter, and bits that the seed decides.
///
/// One source never repeats itself within 2³² ids of a millisecond; two sources need different seeds.
#[derive(Debug)]
pub struct SeededIds {
    time: VirtualTime,
    seed: u64,
    count: AtomicU32,
}

impl SeededIds {
    /// Ids of `seed`.
    pub const fn new(time: VirtualTime, seed: u64) -> Self {
        Self {
            time,
            seed,
            count: AtomicU32::new(0),
        }
    }

    fn next(&self) -> u128 {
        let count = u128::from(self.count.fetch_add(1, Ordering::AcqRel));
        let ms = u128::from(self.time.now().ms().unsigned_abs() & 0xffff_ffff_ffff);
        #[expect(clippy::cast_possible_truncation, reason = "the counter was 32 bits wide")]
        let random = u128::from(spread(self.seed ^ spread(count as u64)) >> 22);
        // 48 bits of time, version, 12 bits of the counter, variant, 20 more, 42 random.
        ms << 80 | 0x7 << 76 | (count >> 20) << 64 | 0b10 << 62 | (count & 0xf_ffff) << 42 | random
    }
}

impl IdSource for SeededIds {
    fn trip_id(&self) -> TripId {
        TripId::from_u128(self.next())
    }

    fn command_id(&self) -> CommandId {
        CommandId::from_u128(self.next())
    }
}
