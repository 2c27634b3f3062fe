//! What happens on `driver-{id}`.

use super::dto::stored_names;
use super::events::stored_events;
use super::value::{FenceDto, SeatingDto};
use crate::text::Text;
use fiacre_domain::driver::{DriverEvent, ReleaseReason};
use fiacre_domain::id::{RegionId, TripId};

stored_names!(
    ReleaseReasonDto = ReleaseReason {
        TripEnded,
        Reassigned,
        StaleRound
    }
);

stored_events!(DriverDto = DriverEvent {
    "DriverOnline" 1: Online { region: Text<RegionId>, capabilities: SeatingDto },
    "DriverRegionChanged" 1: RegionChanged { from: Text<RegionId>, region: Text<RegionId> },
    "OfflineRequested" 1: OfflineRequested,
    "DriverOffline" 1: Offline,
    "DriverLocked" 1: Locked {
        trip: Text<TripId>,
        round: u8,
        fence: FenceDto,
        slot: u8,
        #[serde(rename = "review_at_ms")]
        review_at: i64,
    },
    "LockRefused" 1: LockRefused { trip: Text<TripId>, round: u8 },
    "DriverReleased" 1: Released { trip: Text<TripId>, fence: FenceDto, reason: ReleaseReasonDto },
});
