//! Talking to the payment gateway: one call at a time, read back when its outcome is unknown.
//!
//! A decline is not final at a gateway: the intent could be confirmed again. It is cancelled there first, and only a
//! cancelled intent is told to the charge.

use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{AuthorizationStart, Command, DeclineReason, GatewayCall, Payment};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Decline, GatewayError, IdempotencyKey, IntentRequest, IntentStatus, IntentView, Operation,
    PaymentGateway, RefundStatus,
};
use std::sync::Arc;

/// What a call or a look came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Tell this to the charge.
    Record(Vec<Command>),
    /// Nothing is to be told.
    Nothing,
    /// The gateway has not done it yet, or could not be reached: ask again later.
    Later(Option<GatewayError>),
    /// The gateway will never do this as asked.
    Failed(GatewayError),
}

/// Which charge is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargeId {
    /// The trip.
    pub trip: TripId,
    /// Which of its charges.
    pub number: ChargeNumber,
}

/// Makes calls at the gateway for charges.
#[derive(Clone)]
pub struct Cashier {
    gateway: Arc<dyn PaymentGateway>,
}

impl std::fmt::Debug for Cashier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cashier").finish_non_exhaustive()
    }
}

impl Cashier {
    /// At `gateway`.
    pub fn new(gateway: Arc<dyn PaymentGateway>) -> Self {
        Self { gateway }
    }

    /// Makes the call that the charge wants.
    pub async fn call(&self, charge: ChargeId, start: &AuthorizationStart, call: GatewayCall) -> Answer {
        let key = |operation| key(charge, start, operation);
        match call {
            GatewayCall::Create => self.create(charge, start).await,
            GatewayCall::Confirm { intent } => {
                let answer = self.gateway.confirm(intent, key(Operation::Confirm)).await;
                if answer == Err(GatewayError::Refused) {
                    // No issuer was asked, and none will be: the attempt is over like one that was declined.
                    let reason = DeclineReason::MethodRefused;
                    return self.end_declined(charge, start, intent, reason).await;
                }
                self.after(charge, start, intent, answer, Wanted::Hold).await
            }
            GatewayCall::Capture { intent, amount } => {
                let answer = self
                    .gateway
                    .capture(intent, amount, key(Operation::Capture))
                    .await;
                self.after(charge, start, intent, answer, Wanted::End).await
            }
            GatewayCall::Cancel { intent } => {
                let answer = self.gateway.cancel(intent, key(Operation::Cancel)).await;
                self.after(charge, start, intent, answer, Wanted::End).await
            }
            GatewayCall::Refund {
                intent,
                refund,
                amount,
            } => {
                let key = key(Operation::Refund(refund));
                refunded(refund, self.gateway.refund(intent, amount, key).await)
            }
        }
    }

    /// Creating moves no money, and the same key gives the same intent: where it failed, it is simply asked again.
    async fn create(&self, charge: ChargeId, start: &AuthorizationStart) -> Answer {
        let request = IntentRequest {
            key: key(charge, start, Operation::Create),
            amount: start.amount,
            method: start.method,
        };
        match self.gateway.create(request).await {
            Ok(view) => Answer::Record(vec![Command::RecordIntent {
                authorization: start.authorization,
                intent: view.intent,
            }]),
            // There is no intent and will be none: the rider hears of it now, not when the budget is over.
            Err(GatewayError::Refused) => cancelled(start, DeclineReason::MethodRefused),
            Err(error) => failure(error),
        }
    }

    /// Gives an attempt up, since its budget is over, for `reason`. What the gateway says is what is told.
    pub async fn give_up(
        &self,
        charge: ChargeId,
        start: &AuthorizationStart,
        intent: IntentId,
        reason: DeclineReason,
    ) -> Answer {
        let answer = self
            .gateway
            .cancel(intent, key(charge, start, Operation::Cancel))
            .await;
        match self.read_back(intent, answer).await {
            Ok(view) if view.status == IntentStatus::Canceled => cancelled(start, reason),
            Ok(view) => self.tell(charge, start, view, Wanted::End).await,
            Err(error) => failure(error),
        }
    }

    /// Looks at the intent and tells what it shows.
    pub async fn look(&self, charge: ChargeId, start: &AuthorizationStart, intent: IntentId) -> Answer {
        match self.gateway.get(intent).await {
            Ok(view) => self.tell(charge, start, view, Wanted::Anything).await,
            Err(error) => failure(error),
        }
    }

    /// The intent that a notice speaks of.
    ///
    /// # Errors
    ///
    /// The gateway's: it cannot be reached, does not answer, or has no such intent.
    pub async fn noticed(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.gateway.get(intent).await
    }

    /// What a notice about `view` tells `payment`. An intent that the charge does not know yet is adopted only where trip,
    /// number and key agree.
    pub async fn hint(&self, charge: ChargeId, payment: &Payment, view: IntentView) -> Answer {
        let Some(start) = payment.start() else {
            return Answer::Nothing;
        };
        let agrees = view.key == key(charge, start, Operation::Create) && view.amount == start.amount;
        if !agrees || payment.intent().is_some_and(|known| known != view.intent) {
            return Answer::Nothing;
        }
        let adopt = payment.intent().is_none().then_some(Command::RecordIntent {
            authorization: start.authorization,
            intent: view.intent,
        });
        match self.tell(charge, start, view, Wanted::Anything).await {
            Answer::Record(commands) => Answer::Record(adopt.into_iter().chain(commands).collect()),
            other @ (Answer::Nothing | Answer::Later(_) | Answer::Failed(_)) => other,
        }
    }

    async fn after(
        &self,
        charge: ChargeId,
        start: &AuthorizationStart,
        intent: IntentId,
        answer: Result<IntentView, GatewayError>,
        wanted: Wanted,
    ) -> Answer {
        let was_wrong = answer == Err(GatewayError::WrongStatus);
        let view = match self.read_back(intent, answer).await {
            Ok(view) => view,
            Err(error) => return failure(error),
        };
        match self.tell(charge, start, view, wanted).await {
            // It has not moved on, and is refused all the same: asked again for ever, it would be refused for ever.
            Answer::Later(None) if was_wrong && stands_still(view.status) => {
                Answer::Failed(GatewayError::WrongStatus)
            }
            answer @ (Answer::Record(_) | Answer::Nothing | Answer::Later(_) | Answer::Failed(_)) => answer,
        }
    }

    /// An unknown outcome, or an intent that has moved on, is read back first.
    async fn read_back(
        &self,
        intent: IntentId,
        answer: Result<IntentView, GatewayError>,
    ) -> Result<IntentView, GatewayError> {
        match answer {
            Err(GatewayError::OutcomeUnknown | GatewayError::WrongStatus) => self.gateway.get(intent).await,
            known => known,
        }
    }

    async fn tell(
        &self,
        charge: ChargeId,
        start: &AuthorizationStart,
        view: IntentView,
        wanted: Wanted,
    ) -> Answer {
        let authorization = start.authorization;
        let record = |command| Answer::Record(vec![command]);
        match (view.status, wanted) {
            (
                IntentStatus::RequiresConfirmation {
                    declined: Some(decline),
                },
                _,
            ) => {
                self.end_declined(charge, start, view.intent, reason_of(decline))
                    .await
            }
            (
                IntentStatus::RequiresConfirmation { declined: None } | IntentStatus::Processing,
                Wanted::Anything,
            ) => Answer::Nothing,
            (IntentStatus::RequiresConfirmation { declined: None } | IntentStatus::Processing, _) => {
                Answer::Later(None)
            }
            (IntentStatus::RequiresAction, Wanted::End) => Answer::Later(None),
            (IntentStatus::RequiresAction, Wanted::Hold | Wanted::Anything) => {
                record(Command::RecordActionRequired { authorization })
            }
            // Asked to end, still open: not done yet.
            (IntentStatus::RequiresCapture { .. }, Wanted::End) => Answer::Later(None),
            (
                IntentStatus::RequiresCapture {
                    amount,
                    capture_before,
                },
                Wanted::Hold | Wanted::Anything,
            ) => record(authorized(start, amount, capture_before)),
            // Found captured before it was known to be held: both are told, in this order, in one commit.
            (IntentStatus::Succeeded { captured }, _) => {
                let held = authorized(start, view.amount, start.budget_ends_at);
                let taken = Command::RecordCaptured {
                    authorization,
                    captured,
                };
                Answer::Record(vec![held, taken])
            }
            (IntentStatus::Canceled, _) => cancelled(start, DeclineReason::ActionFailed),
        }
    }

    /// Cancels a declined intent at the gateway; declined for good only once the gateway says cancelled.
    async fn end_declined(
        &self,
        charge: ChargeId,
        start: &AuthorizationStart,
        intent: IntentId,
        reason: DeclineReason,
    ) -> Answer {
        let answer = self
            .gateway
            .cancel(intent, key(charge, start, Operation::Cancel))
            .await;
        match self.read_back(intent, answer).await {
            Ok(IntentView {
                status: IntentStatus::Canceled,
                ..
            }) => cancelled(start, reason),
            Ok(_) => Answer::Later(None),
            Err(error) => failure(error),
        }
    }
}

/// What the caller waits for: that money is held, that the hold ends, or nothing in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Hold,
    End,
    Anything,
}

/// What the charge is told of an issuer's reason.
const fn reason_of(decline: Decline) -> DeclineReason {
    match decline {
        Decline::Unspecified => DeclineReason::Issuer,
        Decline::InsufficientFunds => DeclineReason::InsufficientFunds,
        Decline::CardExpired => DeclineReason::CardExpired,
        Decline::CardBlocked => DeclineReason::CardBlocked,
        Decline::AuthenticationFailed => DeclineReason::ActionFailed,
    }
}

const fn authorized(start: &AuthorizationStart, amount: Money, capture_before: Timestamp) -> Command {
    Command::RecordAuthorized {
        authorization: start.authorization,
        amount,
        capture_before,
    }
}

fn cancelled(start: &AuthorizationStart, reason: DeclineReason) -> Answer {
    Answer::Record(vec![Command::RecordCancelled {
        authorization: start.authorization,
        reason,
    }])
}

fn refunded(refund: u16, answer: Result<RefundStatus, GatewayError>) -> Answer {
    match answer {
        Ok(RefundStatus::Succeeded) => Answer::Record(vec![Command::RecordRefunded { refund }]),
        Ok(RefundStatus::Failed) | Err(GatewayError::Refused) => {
            Answer::Record(vec![Command::RecordRefundFailed { refund }])
        }
        Ok(RefundStatus::Pending) => Answer::Later(None),
        Err(error) => failure(error),
    }
}

const fn failure(error: GatewayError) -> Answer {
    if error.is_transient() {
        Answer::Later(Some(error))
    } else {
        Answer::Failed(error)
    }
}

/// Whether an intent stands still: asked again, it would answer the same.
const fn stands_still(status: IntentStatus) -> bool {
    match status {
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::RequiresCapture { .. } => true,
        IntentStatus::Processing | IntentStatus::Succeeded { .. } | IntentStatus::Canceled => false,
    }
}

const fn key(charge: ChargeId, start: &AuthorizationStart, operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        epoch: start.epoch,
        trip: charge.trip,
        charge: charge.number,
        authorization: start.authorization,
        operation,
    }
}
