//! States of streams, for snapshots that a load starts from.
//!
//! Only a driver's stream grows for years, and only its state is stored. It is made again by events that lead to it, since
//! nothing but events makes a state; trips, searches and charges are short streams, folded anew.

use super::Privacy;
use super::commit::{framed, unframed};
use super::dto::{Dto, stored_names, stored_struct};
use super::error::{Newer, StoredError};
use super::export::{expect_version, is_known, pretty};
use super::personal::{Reading, Writing};
use super::value::{FenceDto, SeatingDto};
use crate::bytes::Bytes;
use crate::json;
use crate::present::present;
use crate::text::Text;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::driver::{Control, Driver, DriverEvent, Duty, Fence, ReleaseReason, Shift};
use fiacre_domain::id::{DriverId, RegionId, TripId};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::SnapshotState;
use serde::{Deserialize, Serialize};

/// The version of states that this release writes.
const STATE_VERSION: u32 = 1;

stored_names!(DutyDto = Duty { Off, On, Leaving });

stored_struct!(ShiftDto = Shift { region: Text<RegionId>, capabilities: SeatingDto });

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockDto {
    trip: Text<TripId>,
    round: u8,
}

/// A driver's state.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DriverStateDto {
    duty: DutyDto,
    #[serde(deserialize_with = "present")]
    lock: Option<LockDto>,
    fence: FenceDto,
    #[serde(deserialize_with = "present")]
    shift: Option<ShiftDto>,
}

/// A state; those that are not here are not stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateDto {
    Driver(DriverStateDto),
}

/// A state of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateText {
    version: u32,
    state: StateDto,
}

/// A state as it is stored: of another version than this one, its bytes are left alone.
#[derive(Debug, Serialize, Deserialize)]
struct StateRecord {
    version: u32,
    state: Bytes,
}

impl StateDto {
    fn of(state: &SnapshotState) -> Option<Self> {
        match state {
            SnapshotState::Driver(driver) => DriverStateDto::of(driver).map(Self::Driver),
            SnapshotState::Trip(_) | SnapshotState::Dispatch(_) | SnapshotState::Payment(_) => None,
        }
    }

    fn into_domain(self) -> Result<SnapshotState, StoredError> {
        let Self::Driver(driver) = self;
        driver.into_domain().map(SnapshotState::Driver)
    }
}

impl DriverStateDto {
    fn shape(driver: &Driver) -> Self {
        let place = EventId::new(StreamId::Driver(DriverId::from_u128(0)), Version::EMPTY, 0);
        let mut writing = Writing::new(place, Privacy::Erased);
        let Control { duty, lock } = driver.control();
        Self {
            duty: Dto::of(&duty, &mut writing),
            lock: lock.map(|(trip, round)| LockDto {
                trip: Text::new(trip),
                round,
            }),
            fence: Dto::of(&driver.fence(), &mut writing),
            shift: Dto::of(&driver.shift(), &mut writing),
        }
    }

    /// The shape, if the driver can be made of it again: a state that no history leads to is not stored.
    fn of(driver: &Driver) -> Option<Self> {
        let again = Self::shape(driver).into_domain();
        (again.as_ref() == Ok(driver)).then(|| Self::shape(driver))
    }

    fn into_domain(self) -> Result<Driver, StoredError> {
        let reading = &Reading::NOWHERE;
        let Self {
            duty,
            lock,
            fence,
            shift,
        } = self;
        let lock = lock.map(|LockDto { trip, round }| Ok::<_, StoredError>((trip.take("lock")?, round)));
        let control = Control {
            duty: duty.into_domain(reading)?,
            lock: lock.transpose()?,
        };
        let (fence, shift) = (fence.into_domain(reading)?, shift.into_domain(reading)?);
        let mut driver = Driver::default();
        for event in history(control, fence, shift) {
            driver.evolve(&event, Timestamp::default());
        }
        if (driver.control(), driver.fence(), driver.shift()) == (control, fence, shift) {
            Ok(driver)
        } else {
            Err(StoredError::damaged("no driver comes to this state"))
        }
    }
}

/// A shortest history that leads to a state: on duty, locked, released if not held, and off duty if so.
fn history(control: Control, fence: Fence, shift: Option<Shift>) -> Vec<DriverEvent> {
    let mut events = Vec::new();
    if let Some(Shift { region, capabilities }) = shift {
        events.push(DriverEvent::Online { region, capabilities });
    }
    // Whose the last lock was is forgotten once it is released.
    let (trip, round) = control.lock.unwrap_or((TripId::from_u128(0), 0));
    if fence != Fence::default() || control.lock.is_some() {
        events.push(DriverEvent::Locked {
            trip,
            round,
            fence,
            slot: 0,
            review_at: Timestamp::default(),
        });
    }
    if control.lock.is_none() && fence != Fence::default() {
        let reason = ReleaseReason::TripEnded;
        events.push(DriverEvent::Released { trip, fence, reason });
    }
    match control.duty {
        Duty::On => {}
        Duty::Off => events.push(DriverEvent::Offline),
        Duty::Leaving => events.push(DriverEvent::OfflineRequested),
    }
    events
}

/// The bytes of a state, to be kept beside its stream; `None` for one that is not stored, and folded from the stream instead.
///
/// # Errors
/// None for what a driver can be.
pub fn encode_state(state: &SnapshotState) -> Result<Option<Vec<u8>>, StoredError> {
    let Some(state) = StateDto::of(state) else {
        return Ok(None);
    };
    framed(&StateRecord {
        version: STATE_VERSION,
        state: Bytes(postcard::to_allocvec(&state)?),
    })
    .map(Some)
}

/// The state of these bytes. Whoever cannot read one folds the stream.
///
/// # Errors
/// [`StoredError::Newer`] for a version that is not known, [`StoredError::Damaged`] for what no state is.
pub fn decode_state(bytes: &[u8]) -> Result<SnapshotState, StoredError> {
    let (StateRecord { version, state }, _) = unframed(bytes)?;
    is_known(version, STATE_VERSION, Newer::State)?;
    match postcard::take_from_bytes::<StateDto>(&state.0)? {
        (state, []) => state.into_domain(),
        (_, [_, ..]) => Err(StoredError::damaged("bytes are left over")),
    }
}

/// A state as JSON, indented, with a line break at its end; `None` as for [`encode_state`].
///
/// # Errors
/// None for what a driver can be.
pub fn state_to_json(state: &SnapshotState) -> Result<Option<String>, StoredError> {
    let text = StateDto::of(state).map(|state| StateText {
        version: STATE_VERSION,
        state,
    });
    text.map(|text| pretty(&text)).transpose()
}

/// A state from JSON.
///
/// # Errors
/// As for [`decode_state`].
pub fn state_from_json(text: &str) -> Result<SnapshotState, StoredError> {
    expect_version(text, STATE_VERSION, Newer::State)?;
    // The version was checked before.
    let StateText { version: _, state } = json::read(text)?;
    state.into_domain()
}
