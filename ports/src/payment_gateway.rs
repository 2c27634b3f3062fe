//! Holds, captures, cancellations and refunds at a payment company.

use crate::{Cursor, RiderAction};
use async_trait::async_trait;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use std::fmt;

/// What is done to an intent; part of the idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Create it.
    Create,
    /// Confirm it: place the hold.
    Confirm,
    /// Take money.
    Capture,
    /// Cancel it: give the hold back.
    Cancel,
    /// Give money back; which refund.
    Refund(u16),
}

/// The key under which a call may be repeated: the same call has the same key for ever, a new attempt a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey {
    /// The store's epoch: a restore from backup never reuses a key.
    pub epoch: u32,
    /// The trip.
    pub trip: TripId,
    /// Which of its charges.
    pub charge: ChargeNumber,
    /// Which authorisation of the charge.
    pub authorization: AuthorizationNumber,
    /// What is done.
    pub operation: Operation,
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            epoch,
            trip,
            charge,
            authorization,
            operation,
        } = self;
        write!(f, "{epoch}:{trip}:{}:{}:", charge.0, authorization.0)?;
        match operation {
            Operation::Create => f.write_str("create"),
            Operation::Confirm => f.write_str("confirm"),
            Operation::Capture => f.write_str("capture"),
            Operation::Cancel => f.write_str("cancel"),
            Operation::Refund(number) => write!(f, "refund-{number}"),
        }
    }
}

/// An intent to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentRequest {
    /// The key of the creation; its trip, charge and authorisation are kept with the intent.
    pub key: IdempotencyKey,
    /// How much to hold.
    pub amount: Money,
    /// The rider's stored method.
    pub method: PaymentMethodId,
}

/// Why an issuer declined, as far as a company tells; what riders can do about it differs. An adapter maps its company's codes
/// (<https://docs.stripe.com/declines/codes>), and what it does not know is [`Unspecified`](Self::Unspecified).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decline {
    /// No reason is given (`generic_decline`, `do_not_honor`).
    Unspecified,
    /// There is not enough money (`insufficient_funds`).
    InsufficientFunds,
    /// The card has expired (`expired_card`).
    CardExpired,
    /// The card was lost, stolen, closed or barred from such payments (`lost_card`, `card_not_supported`). Nobody is told which.
    CardBlocked,
    /// The rider could not prove to their bank who they are, or gave it up (`payment_intent_authentication_failure`).
    AuthenticationFailed,
}

/// Where an intent stands at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// Created; nothing is held. Also after a decline: it can be confirmed again, so a decline is not final.
    RequiresConfirmation {
        /// Why the issuer declined the last confirmation, if it did.
        declined: Option<Decline>,
    },
    /// The rider must act (3-D Secure): [`PaymentGateway::action`] gives what they need.
    RequiresAction,
    /// Being worked on: ask again later.
    Processing,
    /// Money is held.
    RequiresCapture {
        /// How much.
        amount: Money,
        /// When the hold lapses by itself.
        capture_before: Timestamp,
    },
    /// Money was taken; the rest of the hold is free.
    Succeeded {
        /// How much.
        captured: Money,
    },
    /// Nothing is held, and nothing ever will be.
    Canceled,
}

/// An intent as the gateway has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentView {
    /// Its id.
    pub intent: IntentId,
    /// The key that it was created under.
    pub key: IdempotencyKey,
    /// How much it is over.
    pub amount: Money,
    /// Where it stands.
    pub status: IntentStatus,
    /// How much was given back, in minor units.
    pub refunded_minor: i64,
}

/// A page of a company's intents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntentPage {
    /// The intents, each as it stands.
    pub intents: Vec<IntentView>,
    /// Where to go on; `None` at the end. The company's own: an id, a token of a page.
    pub next: Option<Cursor>,
}

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money was given back.
    Succeeded,
    /// It is under way: ask again later.
    Pending,
    /// It cannot be given back.
    Failed,
}

/// Why a gateway did not answer with an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It was not done; try again with the same key.
    #[error("failed to reach the payment gateway: not done, try again")]
    Unavailable,
    /// It may have been done: read back, or repeat with the same key.
    #[error("failed to learn the payment gateway's answer: read the intent back")]
    OutcomeUnknown,
    /// The key was used before with another request.
    #[error("failed to use the idempotency key: it belongs to another request")]
    KeyReused,
    /// No such intent.
    #[error("failed to find the payment intent")]
    NotFound,
    /// The intent is not where this can be done; read it back.
    #[error("failed to move the payment intent: read it back, it has moved on")]
    WrongStatus,
    /// It will never be done as asked, whatever is repeated: the method is gone, the account is closed, the request breaks
    /// a rule of the company's. Nothing was done; the adapter tells its operators the company's reason.
    #[error("failed to have the payment gateway do this: it never will, see its reason in the log")]
    Refused,
}

impl GatewayError {
    /// Whether the same call may yet succeed; else repeating it changes nothing.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable | Self::OutcomeUnknown => true,
            Self::KeyReused | Self::NotFound | Self::WrongStatus | Self::Refused => false,
        }
    }
}

impl GatewayError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable => "gateway_unavailable",
            Self::OutcomeUnknown => "gateway_outcome_unknown",
            Self::KeyReused => "gateway_key_reused",
            Self::NotFound => "gateway_not_found",
            Self::WrongStatus => "gateway_wrong_status",
            Self::Refused => "gateway_refused",
        }
    }
}

/// A payment company. Creating moves no money, so that an intent's id is persisted before anything does; everything else
/// is by intent id, each call with a key of its own, and may be repeated.
///
/// - MUST do a call with one key once, and answer a repetition like the first (`pg_01_same_key_is_one_effect`,
///   `pg_14_same_key_side_by_side_is_one_effect`, `pg_15_repetition_after_a_timeout_is_one_effect`).
/// - MUST refuse a key that comes with another request (`pg_02_key_of_another_request_is_refused`).
/// - MUST hold, take and give back no more than asked (`pg_03_amounts_are_conserved`,
///   `pg_10_refunds_add_up`): an amount that cannot be is [`GatewayError::WrongStatus`].
/// - MUST find an intent again after an unknown outcome (`pg_04_unknown_outcome_is_readable`), and not find what was
///   never created (`pg_11_absent_is_not_found`).
/// - MUST tell what it will never do from what may yet be done: [`GatewayError::Refused`], with nothing held and the intent
///   as it was (`pg_18_refused_for_good_is_said`).
/// - MUST never confirm a cancelled intent (`pg_05_cancelled_is_final`, `pg_17_cancel_before_confirm_wins`).
/// - MUST keep what it answered, also where it lives in a process of ours that dies (`pg_19_answered_survives_a_crash`).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Creates an intent; moves no money (`pg_06_creating_moves_no_money`).
    async fn create(&self, request: IntentRequest) -> Result<IntentView, GatewayError>;

    /// Places the hold (`pg_07_confirming_holds`). A decline is an answer, not an error: see
    /// [`IntentStatus::RequiresConfirmation`] (`pg_13_decline_is_an_answer`, `pg_16_challenge_holds_nothing`).
    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError>;

    /// Takes `amount` (above zero, at most what is held) and gives the rest of the hold back; once
    /// (`pg_08_capture_is_final`).
    async fn capture(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError>;

    /// Gives the hold back, or keeps it from ever being placed. An intent that was captured answers as it stands
    /// (`pg_09_captured_is_not_cancelled`).
    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError>;

    /// Gives back part of what was taken.
    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError>;

    /// The intent as it stands.
    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError>;

    /// What the rider needs in order to act while they must; asked for whenever their app wants it, and kept nowhere. Before and
    /// after it is [`WrongStatus`](GatewayError::WrongStatus): whoever has it could act in the rider's place.
    ///
    /// - MUST give it while the rider must act, however often, and at no other time (`pg_20_action_is_given_while_it_is_asked`).
    async fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError>;

    /// Intents, page by page, at most `max` a page, in any order that stays the same: for reconciliation. Only
    /// [`IntentPage::next`] says where the list ends: a page may be short, or empty, before that. What is created meanwhile may be
    /// missing.
    ///
    /// - MUST give every intent that was created before the list was begun, once (`pg_12_list_is_complete`).
    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError>;
}
