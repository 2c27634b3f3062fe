//! States of streams: caches that may be thrown away at any time, which is why a version that is not known is no loss.
//!
//! A state is all that its aggregate keeps, as its `parts`; riders and places are sealed in it as in events. What no
//! stream leads to is damage, and whoever cannot read a state folds the stream.

use super::commit::{framed, unframed};
use super::dispatch::{OfferCountsDto, SearchBriefDto};
use super::dto::{Dto, stored_enum, stored_names, stored_struct};
use super::error::{Newer, StoredError};
use super::export::{expect_version, is_known, pretty};
use super::payment::{AuthorizationStartDto, ChargeDto, CorrectionDto, WaiverDto};
use super::people::People;
use super::personal::{Reading, RiderDto, Writing};
use super::request::{PlanChangeDto, RequestDto};
use super::trip::{CancelReasonDto, FailReasonDto, RejectReasonDto, SecuredDto};
use super::value::{FenceDto, MoneyDto, MoneyOutcomeDto, SeatingDto};
use super::{Opening, Privacy};
use crate::bytes::Bytes;
use crate::json;
use crate::present::present;
use crate::quote::QuoteDto;
use crate::receipt::ReceiptDto;
use crate::text::Text;
use fiacre_domain::decision::StateError;
use fiacre_domain::dispatch::{self, Dispatch, DispatchParts, GrantedLock, LockState, OpenOffer};
use fiacre_domain::driver::{self, Driver, DriverParts, Duty, Shift};
use fiacre_domain::id::{DriverId, IntentId, RegionId, TripId};
use fiacre_domain::payment::{self, Ask, Corrections, Hold, Operation, Payment, PaymentParts};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::trip::{self, EndReason, Tombstones, Trip, TripParts};
use fiacre_ports::SnapshotState;
use serde::{Deserialize, Serialize};

/// The version of states that this release writes.
const STATE_VERSION: u32 = 1;

/// Where a state stands among the events of its commit, for the seals of its fields: behind any that there can be.
const PLACE: u16 = u16::MAX;

type DriverControl = driver::Control;
type TripControl = trip::Control;
type DispatchControl = dispatch::Control;
type PaymentControl = payment::Control;
type TripPhase = trip::Phase;
type DispatchPhase = dispatch::Phase;

stored_names!(DutyDto = Duty { Off, On, Leaving });

stored_struct!(ShiftDto = Shift { region: Text<RegionId>, capabilities: SeatingDto });

stored_struct!(DriverControlDto = DriverControl {
    duty: DutyDto,
    #[serde(deserialize_with = "present")]
    lock: Option<(Text<TripId>, u8)>,
});

stored_struct!(DriverPartsDto = DriverParts {
    control: DriverControlDto,
    fence: FenceDto,
    #[serde(deserialize_with = "present")]
    shift: Option<ShiftDto>,
});

stored_names!(
    TripPhaseDto = TripPhase {
        Absent,
        Rejected,
        Requested,
        Reassigning,
        Confirmed,
        Arrived,
        Started,
        Completed,
        Cancelled,
        Failed,
    }
);

stored_struct!(
    TripControlDto = TripControl {
        phase: TripPhaseDto,
        round: u8,
        driver_noted: bool,
        #[serde(deserialize_with = "present")]
        secured: Option<SecuredDto>,
        #[serde(deserialize_with = "present")]
        lost: Option<u8>,
        was_confirmed: bool,
        wrong_codes: u8,
        lock_cleared: bool,
        money_settled: bool,
        closed: bool,
    }
);

stored_struct!(
    TombstonesDto = Tombstones {
        riders: Vec<RiderDto>,
        is_for_all: bool
    }
);

stored_enum!(EndReasonDto = EndReason {
    Rejected(reason: RejectReasonDto),
    Cancelled(reason: CancelReasonDto),
    Failed(reason: FailReasonDto),
});

stored_struct!(TripPartsDto = TripParts {
    control: TripControlDto,
    #[serde(deserialize_with = "present")]
    request: Option<Box<RequestDto>>,
    #[serde(deserialize_with = "present")]
    quote: Option<Box<QuoteDto>>,
    #[serde(deserialize_with = "present")]
    change: Option<Box<PlanChangeDto>>,
    #[serde(deserialize_with = "present")]
    noted: Option<(Text<DriverId>, FenceDto)>,
    tombstones: TombstonesDto,
    #[serde(rename = "confirmed_at_ms")]
    confirmed_at: i64,
    #[serde(rename = "arrival_due_at_ms")]
    arrival_due_at: i64,
    #[serde(rename = "arrived_at_ms")]
    arrived_at: i64,
    #[serde(rename = "no_show_at_ms")]
    no_show_at: i64,
    #[serde(rename = "no_show_due_at_ms")]
    no_show_due_at: i64,
    #[serde(rename = "overdue_at_ms")]
    overdue_at: i64,
    #[serde(deserialize_with = "present")]
    due: Option<MoneyDto>,
    #[serde(deserialize_with = "present")]
    receipt: Option<Box<ReceiptDto>>,
    receipts: u16,
    #[serde(deserialize_with = "present")]
    outcome: Option<MoneyOutcomeDto>,
    #[serde(rename = "completed_at_ms")]
    completed_at: i64,
    #[serde(deserialize_with = "present")]
    ended_for: Option<EndReasonDto>,
    charges: u16,
    tips: u8,
    tipped_minor: i64,
});

stored_names!(
    DispatchPhaseDto = DispatchPhase {
        Absent,
        Searching,
        Paused,
        Assigned,
        Exhausted,
        Ending,
        Closed,
    }
);

stored_names!(
    LockStateDto = LockState {
        None,
        Asked,
        Held,
        Releasing,
        Released
    }
);

stored_struct!(
    DispatchControlDto = DispatchControl {
        phase: DispatchPhaseDto,
        round: u8,
        locks: Vec<LockStateDto>
    }
);

stored_struct!(OpenOfferDto = OpenOffer {
    number: u16,
    driver: Text<DriverId>,
    round: u8,
    #[serde(rename = "expires_at_ms")]
    expires_at: i64,
    accepted: bool,
});

stored_struct!(GrantedLockDto = GrantedLock { round: u8, driver: Text<DriverId>, fence: FenceDto });

stored_struct!(DispatchPartsDto = DispatchParts {
    control: DispatchControlDto,
    #[serde(deserialize_with = "present")]
    brief: Option<Box<SearchBriefDto>>,
    #[serde(rename = "budget_ends_at_ms")]
    budget_ends_at: i64,
    paused_left_ms: i64,
    open: Vec<OpenOfferDto>,
    offers_made: u16,
    offers: OfferCountsDto,
    excluded: Vec<Text<DriverId>>,
    granted: Vec<GrantedLockDto>,
});

stored_enum!(HoldDto = Hold {
    None,
    Waived(waiver: WaiverDto),
    Pending,
    Created,
    ActionRequired,
    Open,
    Captured,
    Ended,
});

stored_names!(AskDto = Ask { Void, Capture });

stored_names!(
    OperationDto = Operation {
        None,
        Capturing,
        Voiding,
        Refunding
    }
);

stored_struct!(PaymentControlDto = PaymentControl {
    authorization: u8,
    hold: HoldDto,
    #[serde(deserialize_with = "present")]
    ask: Option<AskDto>,
    operation: OperationDto,
    closed: bool,
});

stored_struct!(
    CorrectionsDto = Corrections {
        latest: CorrectionDto,
        tried: u16,
        moved_minor: i64,
        cash_returned_minor: i64,
        shares: Vec<(u16, i64)>,
    }
);

stored_struct!(PaymentPartsDto = PaymentParts {
    control: PaymentControlDto,
    #[serde(deserialize_with = "present")]
    charge: Option<ChargeDto>,
    #[serde(deserialize_with = "present")]
    start: Option<Box<AuthorizationStartDto>>,
    #[serde(rename = "budget_ends_at_ms")]
    budget_ends_at: i64,
    #[serde(deserialize_with = "present")]
    intent: Option<Text<IntentId>>,
    #[serde(deserialize_with = "present")]
    held: Option<MoneyDto>,
    #[serde(deserialize_with = "present")]
    due: Option<MoneyDto>,
    #[serde(deserialize_with = "present")]
    captured: Option<MoneyDto>,
    refunded_minor: i64,
    #[serde(deserialize_with = "present")]
    refund: Option<(u16, MoneyDto)>,
    refunds: u16,
    debt_minor: i64,
    #[serde(deserialize_with = "present")]
    outcome: Option<MoneyOutcomeDto>,
    disputes: Vec<(u16, bool)>,
    dispute_movements: Vec<(u16, u16)>,
    #[serde(deserialize_with = "present")]
    corrections: Option<Box<CorrectionsDto>>,
});

/// A state; the order is that of the stored numbers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateDto {
    Driver(DriverPartsDto),
    Trip(Box<TripPartsDto>),
    Dispatch(Box<DispatchPartsDto>),
    Payment(Box<PaymentPartsDto>),
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
    fn of(state: &SnapshotState, writing: &mut Writing<'_>) -> Self {
        match state {
            SnapshotState::Driver(driver) => Self::Driver(Dto::of(&driver.parts(), writing)),
            SnapshotState::Trip(trip) => Self::Trip(Box::new(Dto::of(&trip.parts(), writing))),
            SnapshotState::Dispatch(search) => Self::Dispatch(Box::new(Dto::of(&search.parts(), writing))),
            SnapshotState::Payment(payment) => Self::Payment(Box::new(Dto::of(&payment.parts(), writing))),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<SnapshotState, StoredError> {
        let made = match self {
            Self::Driver(parts) => Driver::from_parts(parts.into_domain(reading)?).map(SnapshotState::Driver),
            Self::Trip(parts) => Trip::from_parts((*parts).into_domain(reading)?)
                .map(Box::new)
                .map(SnapshotState::Trip),
            Self::Dispatch(parts) => Dispatch::from_parts((*parts).into_domain(reading)?)
                .map(Box::new)
                .map(SnapshotState::Dispatch),
            Self::Payment(parts) => Payment::from_parts((*parts).into_domain(reading)?)
                .map(Box::new)
                .map(SnapshotState::Payment),
        };
        made.map_err(|error: StateError| StoredError::damaged(error))
    }
}

/// Where the state of `stream` after `version` is written.
const fn place(stream: StreamId, version: Version) -> EventId {
    EventId::new(stream, version, PLACE)
}

/// Whose personal data a state holds: what to ask the vault for before it is encoded.
pub(super) fn people_of(stream: StreamId, state: &SnapshotState) -> People {
    let mut writing = Writing::new(place(stream, Version::EMPTY), Privacy::Erased);
    let _shape = StateDto::of(state, &mut writing);
    People::read_from(stream.trip(), writing)
}

/// The bytes of the state of `stream` after `version`, to be kept beside it.
///
/// # Errors
/// [`StoredError::TooLarge`] beyond [`COMMIT_BYTES_MAX`](super::COMMIT_BYTES_MAX).
pub fn encode_state(
    stream: StreamId,
    version: Version,
    state: &SnapshotState,
    privacy: Privacy<'_>,
) -> Result<Vec<u8>, StoredError> {
    let state = StateDto::of(state, &mut Writing::new(place(stream, version), privacy));
    framed(&StateRecord {
        version: STATE_VERSION,
        state: Bytes(postcard::to_allocvec(&state)?),
    })
}

/// The state of these bytes, which were written for `stream` after `version`.
///
/// # Errors
/// [`StoredError::Newer`] for a version that is not known, [`StoredError::Damaged`] for what no state is.
pub fn decode_state(
    stream: StreamId,
    version: Version,
    bytes: &[u8],
    opening: Opening<'_>,
) -> Result<SnapshotState, StoredError> {
    let (record, _) = unframed::<StateRecord>(bytes)?;
    is_known(record.version, STATE_VERSION, Newer::State)?;
    match postcard::take_from_bytes::<StateDto>(&record.state.0)? {
        (state, []) => state.into_domain(&Reading::new(place(stream, version), opening)),
        (_, [_, ..]) => Err(StoredError::damaged("bytes are left over")),
    }
}

/// The state of `stream` after `version` as JSON, indented, with a line break at its end.
///
/// # Errors
/// None for what a stream leads to.
pub fn state_to_json(
    stream: StreamId,
    version: Version,
    state: &SnapshotState,
    privacy: Privacy<'_>,
) -> Result<String, StoredError> {
    pretty(&StateText {
        version: STATE_VERSION,
        state: StateDto::of(state, &mut Writing::new(place(stream, version), privacy)),
    })
}

/// A state from JSON.
///
/// # Errors
/// As for [`decode_state`].
pub fn state_from_json(
    stream: StreamId,
    version: Version,
    text: &str,
    opening: Opening<'_>,
) -> Result<SnapshotState, StoredError> {
    expect_version(text, STATE_VERSION, Newer::State)?;
    // The version was checked before.
    let StateText { version: _, state } = json::read(text)?;
    state.into_domain(&Reading::new(place(stream, version), opening))
}
