//! The harness to begin with.

use crate::dispatch_board::{self, DispatchBoardHarness};
use crate::event_store::{self, EventStoreHarness};
use crate::harness::{Harness, Support};
use crate::key_vault::{self, KeyVaultHarness};
use crate::location_feed::LocationFeedHarness;
use crate::reference::VirtualTime;
use crate::sample::AT;
use crate::trip_views::{self, TripViewsHarness};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{DispatchBoard, EventStore, KeyVault, LocationFeed, TripViews};
use std::sync::Arc;

/// A world for an adapter that needs neither a runtime nor a clock, such as one that is still being written: it polls the
/// adapter where the test is, in a virtual time, and promises nothing that only some adapters can do.
///
/// An adapter that waits for a socket, or judges deadlines, needs a [`Harness`] of its own.
///
/// ```
/// use fiacre_conformance::{InProcess, location_feed};
/// # use async_trait::async_trait;
/// # use fiacre_domain::{id::RegionId, matching::Sample};
/// # use fiacre_ports::{LocationFeed, LocationReader, PortError, PortErrorKind};
/// # struct MyFeed;
/// # #[async_trait]
/// # impl LocationFeed for MyFeed {
/// #     async fn report(&self, _: RegionId, _: Vec<Sample>) -> Result<(), PortError> { Ok(()) }
/// #     async fn subscribe(&self, _: RegionId) -> Result<Box<dyn LocationReader>, PortError> {
/// #         Err(PortError::new(PortErrorKind::Unavailable, "subscribe"))
/// #     }
/// # }
/// let failure = location_feed::run(&InProcess::new(MyFeed), location_feed::Clause::LatestSampleWins).unwrap_err();
/// assert!(failure.to_string().contains("lf_01_latest_sample_wins"), "{failure}");
/// ```
#[derive(Debug)]
pub struct InProcess<A> {
    time: VirtualTime,
    adapter: Arc<A>,
}

impl<A> InProcess<A> {
    /// Around `adapter`, which nobody else uses.
    pub fn new(adapter: A) -> Self {
        Self {
            time: VirtualTime::new(AT),
            adapter: Arc::new(adapter),
        }
    }
}

impl<A> Harness for InProcess<A> {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.time.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        self.time.pass(duration);
    }
}

macro_rules! opens {
    ($($harness:ident for $port:ident, $capability:ty);+ $(;)?) => {$(
        impl<A: $port + 'static> $harness for InProcess<A> {
            fn open(&self) -> Arc<dyn $port> {
                self.adapter.clone()
            }

            fn support(&self, _capability: $capability) -> Support {
                Support::No("its harness is the one to begin with")
            }
        }
    )+};
}

opens! {
    EventStoreHarness for EventStore, event_store::Capability;
    TripViewsHarness for TripViews, trip_views::Capability;
    DispatchBoardHarness for DispatchBoard, dispatch_board::Capability;
    KeyVaultHarness for KeyVault, key_vault::Capability;
}

impl<A: LocationFeed + 'static> LocationFeedHarness for InProcess<A> {
    fn open(&self) -> Arc<dyn LocationFeed> {
        self.adapter.clone()
    }
}
