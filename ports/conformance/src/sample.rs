//! Ids, events and commits for tests, in one line each.

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::driver::{DriverEvent, Fence};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, IntentId, PrincipalId, RegionId, TripId};
use fiacre_domain::ops::{Erasure, OpsEvent};
use fiacre_domain::payment::{Charge, PaymentEvent};
use fiacre_domain::stream::{Cause, ChargeNumber, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, TripEvent};
use fiacre_ports::NewCommit;
use std::sync::Arc;

/// When samples are decided: 1 July 2018, noon in UTC.
pub const AT: Timestamp = Timestamp::from_ms(1_530_446_400_000);

/// Ids that differ between worlds of different salt; the same number gives the same id.
///
/// ```
/// use fiacre_conformance::sample::Ids;
/// let ids = Ids::new(7);
/// let commit = ids.commit(ids.driver(1), 0, 42);
/// assert_eq!(commit.stream, ids.driver(1));
/// assert_eq!(commit.events.len(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    salt: u32,
}

impl Ids {
    /// Takes the salt of a harness.
    pub const fn new(salt: u32) -> Self {
        Self { salt }
    }

    /// Bits of a UUID version 8 (made by the application) that hold salt and number.
    pub(crate) const fn bits(self, number: u64) -> u128 {
        const VERSION_8: u128 = 0x8000 << 64;
        const VARIANT: u128 = 0x8 << 60;
        ((self.salt as u128) << 96) | VERSION_8 | VARIANT | (number as u128 & 0x0fff_ffff_ffff_ffff)
    }

    /// A trip.
    pub const fn trip(self, number: u64) -> TripId {
        TripId::from_u128(self.bits(number))
    }

    /// A rider.
    pub const fn rider(self, number: u64) -> PrincipalId {
        PrincipalId::from_u128(self.bits(number))
    }

    /// A driver's id.
    pub const fn driver_id(self, number: u64) -> DriverId {
        DriverId::from_u128(self.bits(number))
    }

    /// A payment intent that no gateway made.
    pub const fn intent(self, number: u64) -> IntentId {
        IntentId::from_u128(self.bits(number))
    }

    /// A driver's stream.
    pub const fn driver(self, number: u64) -> StreamId {
        StreamId::Driver(self.driver_id(number))
    }

    /// A command's id.
    pub const fn command_id(self, number: u64) -> CommandId {
        CommandId::from_u128(self.bits(number))
    }

    /// A command as a cause.
    pub const fn cause(self, number: u64) -> Cause {
        Cause::Command(self.command_id(number))
    }

    /// The region of the samples.
    pub fn region(self) -> RegionId {
        self.region_named('a')
    }

    /// Another region.
    pub fn elsewhere(self) -> RegionId {
        self.region_named('b')
    }

    #[expect(
        clippy::expect_used,
        reason = "twelve letters, digits and hyphens are a region"
    )]
    fn region_named(self, last: char) -> RegionId {
        format!("r-{:08x}-{last}", self.salt)
            .parse()
            .expect("a region's name")
    }

    /// A trace context.
    pub fn trace(self, number: u8) -> Arc<TraceContext> {
        Arc::new(TraceContext {
            trace_id: [number.max(1); 16],
            span_id: [number.max(1); 8],
            flags: 1,
        })
    }

    /// An event that may stand in `stream`; another number, another event (up to 255).
    pub fn event(self, stream: StreamId, number: u8) -> Event {
        let authorization = AuthorizationNumber(number);
        match stream {
            StreamId::Trip(_) => TripEvent::PaymentUnnoted { authorization }.into(),
            StreamId::Dispatch(_) => DispatchEvent::ReleaseNoted {
                round: number,
                fence: Fence::default(),
            }
            .into(),
            StreamId::Driver(_) => DriverEvent::LockRefused {
                trip: self.trip(u64::from(number)),
                round: number,
            }
            .into(),
            StreamId::Payment(..) => PaymentEvent::VoidStarted {
                charge: Charge::FARE,
                authorization,
            }
            .into(),
            StreamId::Ops(_) | StreamId::Tariff(_) => {
                let (rider, key) = (self.rider(u64::from(number)), Fingerprint::new([number; 32]));
                OpsEvent::SubjectErased(Arc::new(Erasure::new(rider, rider, key))).into()
            }
        }
    }

    /// A commit of one event after `expected` commits, caused by command `cause`.
    pub fn commit(self, stream: StreamId, expected: u32, cause: u64) -> NewCommit {
        let number = u8::try_from(cause % 251).unwrap_or_default();
        NewCommit {
            stream,
            expected: Version::new(expected),
            cause: self.cause(cause),
            at: AT,
            region: self.region(),
            trace: Some(self.trace(number)),
            events: [self.event(stream, number)].into(),
        }
    }

    /// The fare's payment stream of a trip.
    pub const fn payment(self, number: u64) -> StreamId {
        StreamId::Payment(self.trip(number), ChargeNumber::FARE)
    }

    /// A stream that no service owns: operators write it.
    pub fn nobodys(self) -> StreamId {
        StreamId::Ops(self.region())
    }
}
