//! Which part of the streams a reader takes, whether of their commits or of their timers: one service's, and of those a shard.

use fiacre_domain::saga::Service;
use fiacre_domain::stream::StreamId;
use std::error::Error;
use std::fmt::{self, Write};

/// Into how many slots streams are divided: the most shards that can be.
pub const SLOTS: u16 = 256;

/// The slot of a stream, for ever: an adapter may store it and index by it.
///
/// FNV-1a over the stream's name (Fowler, Noll, Vo; draft-eastlake-fnv), mixed by the golden ratio, its top byte.
///
/// ```
/// use fiacre_domain::{id::TripId, stream::StreamId};
/// assert_eq!(fiacre_ports::slot(StreamId::Trip(TripId::from_u128(7))), 44);
/// ```
pub fn slot(stream: StreamId) -> u8 {
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut name = Fnv1a::default();
    // Writing to a hash cannot fail.
    let _always_written = write!(name, "{stream}");
    let [top, ..] = name.finish().wrapping_mul(GOLDEN_RATIO).to_be_bytes();
    top
}

/// FNV-1a with 64 bits.
pub(crate) struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    pub(crate) const fn finish(&self) -> u64 {
        self.0
    }
}

impl Write for Fnv1a {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

/// A shard that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardError {
    /// There is no shard, or there are more than [`SLOTS`].
    Count,
    /// Shards are counted from 0.
    Index,
}

impl ShardError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Count => "shard_count",
            Self::Index => "shard_index",
        }
    }
}

impl fmt::Display for ShardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "failed to name a shard: there must be 1 to 256 of them",
            Self::Index => "failed to name a shard: its index must be below their count",
        })
    }
}

impl Error for ShardError {}

/// One of `count` equal parts of the slots: how readers divide the work. Which reader takes which is configuration; two that
/// take the same do the work twice, and nothing is lost or spoilt.
///
/// ```
/// use fiacre_domain::{id::TripId, stream::StreamId};
/// use fiacre_ports::Shard;
/// let (stream, halves) = (StreamId::Trip(TripId::from_u128(7)), [Shard::new(0, 2)?, Shard::new(1, 2)?]);
/// assert_eq!(halves.map(|half| half.covers(stream)), [true, false]);
/// assert!(Shard::new(2, 2).is_err());
/// # Ok::<(), fiacre_ports::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: u16,
    count: u16,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Shard `index`, from 0, of `count`.
    ///
    /// # Errors
    ///
    /// `ShardError::Count` for none or more than [`SLOTS`], `ShardError::Index` where there is no such shard.
    pub const fn new(index: u16, count: u16) -> Result<Self, ShardError> {
        if count == 0 || count > SLOTS {
            return Err(ShardError::Count);
        }
        if index >= count {
            return Err(ShardError::Index);
        }
        Ok(Self { index, count })
    }

    /// Whether it is all of it.
    pub const fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Its slots, in rising order.
    pub fn slots(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |&slot| self.has(slot))
    }

    /// Whether a slot is its own.
    pub const fn has(self, slot: u8) -> bool {
        slot as u16 % self.count == self.index
    }

    /// Whether a stream is in one of its slots.
    pub fn covers(self, stream: StreamId) -> bool {
        self.is_whole() || self.has(slot(stream))
    }
}

/// What a reader of a feed or of timers takes: the commits, or the timers, of the streams that it [covers](Scope::covers).
/// Nothing else decides; a timer carries no owner of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    service: Service,
    shard: Shard,
}

impl Scope {
    /// All streams of a service.
    pub const fn of(service: Service) -> Self {
        Self {
            service,
            shard: Shard::WHOLE,
        }
    }

    /// A shard of them.
    #[must_use]
    pub const fn with_shard(mut self, shard: Shard) -> Self {
        self.shard = shard;
        self
    }

    /// The service.
    pub const fn service(self) -> Service {
        self.service
    }

    /// The shard.
    pub const fn shard(self) -> Shard {
        self.shard
    }

    /// Whether a stream is the service's and in the shard.
    pub fn covers(self, stream: StreamId) -> bool {
        Service::owner(stream) == Some(self.service) && self.shard.covers(stream)
    }
}
