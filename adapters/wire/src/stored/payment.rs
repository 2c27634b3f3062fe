//! What happens on `payment-{trip}[-{n}]`.

use super::dto::{stored_names, stored_struct};
use super::events::stored_events;
use super::value::{MoneyDto, MoneyOutcomeDto};
use crate::present::present;
use crate::text::Text;
use fiacre_domain::id::IntentId;
use fiacre_domain::payment::{
    AuthorizationStart, Charge, Correction, DebtReason, DeclineReason, FurtherCharge, PaymentEvent, Purpose,
    SettlementBasis, Waiver,
};

stored_names!(
    PurposeDto = Purpose {
        Fare,
        Tip,
        Debt,
        Correction
    }
);

stored_names!(
    WaiverDto = Waiver {
        Cash,
        Account,
        NothingDue
    }
);

stored_names!(
    DeclineReasonDto = DeclineReason {
        Issuer,
        ActionFailed,
        BudgetOver,
        LostAgain,
        InsufficientFunds,
        CardExpired,
        CardBlocked,
        MethodRefused
    }
);

stored_names!(SettlementBasisDto = SettlementBasis { Fare, Fee, Nothing });

stored_names!(
    DebtReasonDto = DebtReason {
        NoHold,
        CaptureFailed,
        AboveHold,
        Account,
        CashFee,
        Corrected
    }
);

stored_struct!(
    ChargeDto = Charge {
        number: u16,
        purpose: PurposeDto
    }
);

stored_struct!(
    AuthorizationStartDto = AuthorizationStart {
        charge: ChargeDto,
        authorization: u8,
        epoch: u32,
        amount: MoneyDto,
        method: u64,
        #[serde(rename = "budget_ms")]
        budget: i64,
        #[serde(rename = "action_budget_ms")]
        action_budget: i64,
        #[serde(rename = "budget_ends_at_ms")]
        budget_ends_at: i64,
    }
);

stored_struct!(
    CorrectionDto = Correction {
        revision: u16,
        due: MoneyDto,
        further: u16
    }
);

stored_struct!(
    FurtherChargeDto = FurtherCharge {
        charge: ChargeDto,
        number: u16,
        revision: u16,
        due: MoneyDto,
        method: u64,
        #[serde(rename = "budget_ms")]
        budget: i64,
        #[serde(rename = "action_budget_ms")]
        action_budget: i64,
    }
);

stored_events!(PaymentDto = PaymentEvent {
    "PaymentWaived" 1: Waived { charge: ChargeDto, waiver: WaiverDto },
    "AuthorizationStarted" 1: AuthorizationStarted(start: Box<AuthorizationStartDto>),
    "IntentCreated" 1: IntentCreated { charge: ChargeDto, authorization: u8, intent: Text<IntentId> },
    "ActionRequired" 1: ActionRequired {
        charge: ChargeDto,
        authorization: u8,
        #[serde(rename = "budget_ends_at_ms")]
        budget_ends_at: i64,
    },
    "PaymentAuthorized" 1: Authorized {
        charge: ChargeDto,
        authorization: u8,
        amount: MoneyDto,
        #[serde(rename = "capture_before_ms")]
        capture_before: i64,
    },
    "AuthorizationLost" 1: AuthorizationLost { charge: ChargeDto, authorization: u8, released: MoneyDto },
    "PaymentDeclined" 1: Declined { charge: ChargeDto, authorization: u8, reason: DeclineReasonDto },
    "SettlementAsked" 1: SettlementAsked {
        charge: ChargeDto,
        basis: SettlementBasisDto,
        #[serde(deserialize_with = "present")]
        due: Option<MoneyDto>,
    },
    "CaptureStarted" 1: CaptureStarted { charge: ChargeDto, authorization: u8, amount: MoneyDto },
    "PaymentCaptured" 1: Captured {
        charge: ChargeDto,
        authorization: u8,
        captured: MoneyDto,
        released_minor: i64,
    },
    "CaptureFailed" 1: CaptureFailed { charge: ChargeDto, authorization: u8, released: MoneyDto },
    "VoidStarted" 1: VoidStarted { charge: ChargeDto, authorization: u8 },
    "PaymentVoided" 1: Voided { charge: ChargeDto, authorization: u8, released: MoneyDto },
    "VoidRefused" 1: VoidRefused {
        charge: ChargeDto,
        authorization: u8,
        captured: MoneyDto,
        released_minor: i64,
    },
    "PaymentClosed" 1: Closed { charge: ChargeDto, outcome: MoneyOutcomeDto },
    "DebtRecorded" 1: DebtRecorded { charge: ChargeDto, amount: MoneyDto, reason: DebtReasonDto },
    "DebtSettled" 1: DebtSettled { charge: ChargeDto, amount: MoneyDto },
    "DebtWrittenOff" 1: DebtWrittenOff { charge: ChargeDto, amount: MoneyDto },
    "RefundStarted" 1: RefundStarted { charge: ChargeDto, refund: u16, amount: MoneyDto },
    "PaymentRefunded" 1: Refunded { charge: ChargeDto, refund: u16, amount: MoneyDto },
    "RefundFailed" 1: RefundFailed { charge: ChargeDto, refund: u16, amount: MoneyDto },
    "DisputeOpened" 1: DisputeOpened { charge: ChargeDto, dispute: u16, amount: MoneyDto },
    "DisputeFundsMoved" 1: DisputeFundsMoved {
        charge: ChargeDto,
        dispute: u16,
        movement: u16,
        amount: MoneyDto,
    },
    "DisputeClosed" 1: DisputeClosed { charge: ChargeDto, dispute: u16, won: bool },
    "CorrectionAsked" 1: CorrectionAsked { charge: ChargeDto, correction: CorrectionDto },
    "FurtherChargeAsked" 1: FurtherChargeAsked(further: Box<FurtherChargeDto>),
    "DebtReduced" 1: DebtReduced { charge: ChargeDto, amount: MoneyDto },
    "CashReturned" 1: CashReturned { charge: ChargeDto, amount: MoneyDto },
});
