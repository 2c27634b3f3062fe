//! What is asked of each aggregate.

use super::dispatch::SearchBriefDto;
use super::driver::ReleaseReasonDto;
use super::dto::{stored_enum, stored_struct};
use super::payment::{ChargeDto, CorrectionDto, DeclineReasonDto, SettlementBasisDto};
use super::personal::{PlanDto, RiderDto};
use super::request::{PaymentMethodDto, RequestDto};
use super::trip::{ActorDto, AdjustReasonDto, CancelReasonDto, RejectReasonDto, SecuredDto, StartProofDto};
use super::value::{DeviceFactDto, FenceDto, MoneyDto, MoneyOutcomeDto, SeatingDto};
use super::verdict::{TermsDto, VerdictsDto};
use crate::present::present;
use crate::quote::QuoteDto;
use crate::reading::ReadingDto;
use crate::receipt::ReceiptDto;
use crate::text::Text;
use fiacre_domain::dispatch::{self, Proposal};
use fiacre_domain::driver;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{DriverId, IntentId, RegionId, TripId};
use fiacre_domain::payment::{self, Authorize, Collect};
use fiacre_domain::trip::{self, StartCheck};

type TripCommand = trip::Command;
type DispatchCommand = dispatch::Command;
type DriverCommand = driver::Command;
type PaymentCommand = payment::Command;

stored_enum!(StartCheckDto = StartCheck { Proven(proof: StartProofDto), WrongCode });

stored_enum!(TripCommandDto = TripCommand {
    Request(request: Box<RequestDto>),
    Reject { reason: RejectReasonDto },
    NoteDriver { round: u8, fence: FenceDto, driver: Text<DriverId> },
    NotePayment { secured: SecuredDto },
    LosePayment { authorization: u8 },
    DeclinePayment,
    NoDriver { round: u8 },
    Expire,
    Withdraw { driver: Text<DriverId>, fence: FenceDto },
    ArrivalOverdue { round: u8 },
    Cancel { by: ActorDto, reason: CancelReasonDto },
    Arrive { driver: Text<DriverId>, fence: FenceDto, distance_to_pick_up: i64, device: DeviceFactDto },
    NoShow { driver: Text<DriverId>, fence: FenceDto },
    NoShowOverdue { round: u8 },
    Start { driver: Text<DriverId>, fence: FenceDto, check: StartCheckDto, device: DeviceFactDto },
    ChangePlan {
        by: ActorDto,
        plan: PlanDto,
        quote: Box<QuoteDto>,
        quote_fingerprint: Text<Fingerprint>,
    },
    Complete { fence: FenceDto, by: ActorDto, reading: Box<ReadingDto>, device: DeviceFactDto },
    RideOverdue,
    ClearLock,
    SettleMoney { outcome: MoneyOutcomeDto },
    AdjustFare { reason: AdjustReasonDto, receipt: Box<ReceiptDto> },
    Tip { rider: RiderDto, amount: MoneyDto },
});

stored_struct!(ProposalDto = Proposal {
    round: u8,
    driver: Text<DriverId>,
    wave: u8,
    expires_at: i64,
    promised_pick_up_at: i64,
    plan_revision: u16,
    terms: TermsDto,
    verdicts: VerdictsDto,
});

stored_enum!(DispatchCommandDto = DispatchCommand {
    Search { round: u8, budget: i64, brief: Box<SearchBriefDto> },
    ChangeBrief { brief: Box<SearchBriefDto> },
    Pause,
    Resume,
    Propose(proposal: ProposalDto),
    Accept { offer: u16, driver: Text<DriverId> },
    Decline { offer: u16, driver: Text<DriverId> },
    ExpireOffer { offer: u16 },
    LockGranted { driver: Text<DriverId>, round: u8, fence: FenceDto },
    LockRefused { driver: Text<DriverId>, round: u8 },
    LockReleased { fence: FenceDto, driver: Text<DriverId> },
    ReviewLock { driver: Text<DriverId>, round: u8, fence: FenceDto },
    SearchBudgetOver { round: u8 },
    End,
});

stored_enum!(DriverCommandDto = DriverCommand {
    GoOnline { region: Text<RegionId>, capabilities: SeatingDto },
    ChangeRegion { region: Text<RegionId> },
    GoOffline,
    Lock { trip: Text<TripId>, round: u8, epoch: u32, review_at: i64 },
    Release { trip: Text<TripId>, fence: FenceDto, reason: ReleaseReasonDto },
});

stored_struct!(
    AuthorizeDto = Authorize {
        charge: ChargeDto,
        payment: PaymentMethodDto,
        amount: MoneyDto,
        budget: i64,
        action_budget: i64,
        epoch: u32,
    }
);

stored_struct!(
    CollectDto = Collect {
        charge: ChargeDto,
        revision: u16,
        due: MoneyDto,
        method: u64,
        budget: i64,
        action_budget: i64,
        epoch: u32,
    }
);

stored_enum!(PaymentCommandDto = PaymentCommand {
    Authorize(authorize: AuthorizeDto),
    RecordIntent { authorization: u8, intent: Text<IntentId> },
    RecordActionRequired { authorization: u8 },
    RecordAuthorized { authorization: u8, amount: MoneyDto, capture_before: i64 },
    RecordCancelled { authorization: u8, reason: DeclineReasonDto },
    AbandonAuthorization { authorization: u8 },
    AskSettlement {
        charge: ChargeDto,
        basis: SettlementBasisDto,
        #[serde(deserialize_with = "present")]
        due: Option<MoneyDto>,
    },
    RecordCaptured { authorization: u8, captured: MoneyDto },
    Correct { charge: ChargeDto, correction: CorrectionDto },
    Collect(collect: CollectDto),
    RecordRefunded { refund: u16 },
    RecordRefundFailed { refund: u16 },
    SettleDebt { amount: MoneyDto },
    WriteOffDebt { amount: MoneyDto },
    OpenDispute { dispute: u16, amount: MoneyDto },
    MoveDisputeFunds { dispute: u16, movement: u16, amount: MoneyDto },
    CloseDispute { dispute: u16, won: bool },
});
