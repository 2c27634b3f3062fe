//! What happens on `trip-{id}`.

use super::dto::{stored_enum, stored_names, stored_struct};
use super::events::stored_events;
use super::personal::RiderDto;
use super::request::{PlanChangeDto, RequestDto};
use super::value::{DeviceFactDto, FenceDto, MoneyDto, MoneyOutcomeDto};
use crate::present::present;
use crate::reading::ReadingDto;
use crate::receipt::ReceiptDto;
use crate::text::Text;
use fiacre_domain::id::{DriverId, PrincipalId};
use fiacre_domain::pricing::Fault;
use fiacre_domain::trip::{
    Actor, AdjustReason, Adjustment, CancelReason, Cancelled, Completion, FailReason, ReassignReason,
    RejectReason, Secured, Stage, Start, StartProof, Tip, TripEvent,
};

stored_enum!(SecuredDto = Secured { Waived, Authorized(number: u8) });

stored_enum!(ActorDto = Actor {
    Rider(id: RiderDto),
    Driver(id: Text<DriverId>),
    Operator(id: Text<PrincipalId>),
    Timer,
});

stored_enum!(StartProofDto = StartProof { Code, Operator(id: Text<PrincipalId>) });

stored_names!(
    RejectReasonDto = RejectReason {
        Expired,
        PartyTooLarge,
        Dropped,
        QuoteOfAnotherRide
    }
);

stored_names!(
    FailReasonDto = FailReason {
        NoDriver,
        PaymentDeclined,
        Expired,
        ReassignmentsUsedUp
    }
);

stored_names!(
    ReassignReasonDto = ReassignReason {
        Withdrawn,
        ArrivalOverdue
    }
);

stored_names!(
    CancelReasonDto = CancelReason {
        ChangedPlans,
        WaitTooLong,
        DriverAsked,
        NoShow,
        Safety,
        Other,
    }
);

stored_names!(
    StageDto = Stage {
        BeforeConfirmed,
        EnRoute,
        Arrived
    }
);

stored_names!(
    FaultDto = Fault {
        Rider,
        Driver,
        Platform
    }
);

stored_names!(
    AdjustReasonDto = AdjustReason {
        LateToll,
        WrongReading,
        Goodwill
    }
);

stored_struct!(
    StartDto = Start {
        proof: StartProofDto,
        device: DeviceFactDto,
        #[serde(rename = "overdue_at_ms")]
        overdue_at: i64,
    }
);

stored_struct!(CompletionDto = Completion {
    by: ActorDto,
    #[serde(deserialize_with = "present")]
    reading: Option<Box<ReadingDto>>,
    #[serde(deserialize_with = "present")]
    device: Option<DeviceFactDto>,
    due: MoneyDto,
});

stored_struct!(CancelledDto = Cancelled {
    by: ActorDto,
    reason: CancelReasonDto,
    stage: StageDto,
    fault: FaultDto,
    #[serde(deserialize_with = "present")]
    receipt: Option<Box<ReceiptDto>>,
    #[serde(deserialize_with = "present")]
    due: Option<MoneyDto>,
});

stored_struct!(
    AdjustmentDto = Adjustment {
        supersedes: u16,
        reason: AdjustReasonDto,
        superseded: Box<ReceiptDto>,
        receipt: Box<ReceiptDto>,
        further: u16,
    }
);

stored_struct!(
    TipDto = Tip {
        charge: u16,
        amount: MoneyDto,
        method: u64,
        #[serde(rename = "budget_ms")]
        budget: i64,
        #[serde(rename = "action_budget_ms")]
        action_budget: i64,
    }
);

stored_events!(TripDto = TripEvent {
    "TripRequested" 1: Requested(request: Box<RequestDto>),
    "TripRejected" 1: Rejected { reason: RejectReasonDto },
    "DriverNoted" 1: DriverNoted { round: u8, fence: FenceDto, driver: Text<DriverId> },
    "PaymentNoted" 1: PaymentNoted { secured: SecuredDto },
    "PaymentUnnoted" 1: PaymentUnnoted { authorization: u8 },
    "TripConfirmed" 1: Confirmed {
        round: u8,
        fence: FenceDto,
        secured: SecuredDto,
        #[serde(rename = "arrival_due_at_ms")]
        arrival_due_at: i64,
    },
    "TripReassigning" 1: Reassigning {
        round: u8,
        reason: ReassignReasonDto,
        request: Box<RequestDto>,
        #[serde(deserialize_with = "present")]
        change: Option<Box<PlanChangeDto>>,
    },
    "DriverArrived" 1: DriverArrived {
        round: u8,
        #[serde(rename = "distance_to_pick_up_mm")]
        distance_to_pick_up: i64,
        device: DeviceFactDto,
        #[serde(rename = "no_show_at_ms")]
        no_show_at: i64,
        #[serde(rename = "no_show_due_at_ms")]
        no_show_due_at: i64,
    },
    "StartCodeRefused" 1: StartCodeRefused { round: u8, attempts: u8 },
    "TripStarted" 1: Started(start: Box<StartDto>),
    "TripPlanChanged" 1: PlanChanged(change: Box<PlanChangeDto>),
    "TripCompleted" 1: Completed(completion: Box<CompletionDto>),
    "TripCancelled" 1: Cancelled(cancelled: Box<CancelledDto>),
    "TripFailed" 1: Failed { reason: FailReasonDto },
    "FareSettled" 1: FareSettled(receipt: Box<ReceiptDto>),
    "FareAdjusted" 1: FareAdjusted(adjustment: Box<AdjustmentDto>),
    "LockCleared" 1: LockCleared,
    "MoneySettled" 1: MoneySettled { outcome: MoneyOutcomeDto },
    "TripClosed" 1: Closed,
    "TripTipped" 1: Tipped(tip: Box<TipDto>),
});
