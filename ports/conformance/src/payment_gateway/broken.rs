//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness, Used, action};
use super::{Capability, Clause, PaymentGatewayHarness};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use crate::reference::turn_away;
use async_trait::async_trait;
use fiacre_domain::id::IntentId;
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_ports::{
    Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus, IntentView, Operation,
    PaymentGateway, RefundStatus, RiderAction,
};
use std::fmt::Debug;
use std::sync::Arc;

type Viewed = Result<IntentView, GatewayError>;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn create(&self, inner: &Reference, request: IntentRequest) -> Viewed {
        inner.create(request).await
    }
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        inner.confirm(intent, key).await
    }
    async fn capture(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Viewed {
        inner.capture(intent, amount, key).await
    }
    async fn cancel(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        inner.cancel(intent, key).await
    }
    async fn refund(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        inner.refund(intent, amount, key).await
    }
    async fn get(&self, inner: &Reference, intent: IntentId) -> Viewed {
        inner.get(intent).await
    }
    async fn action(&self, inner: &Reference, intent: IntentId) -> Result<RiderAction, GatewayError> {
        inner.action(intent).await
    }
    async fn list(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        inner.list(from, max).await
    }
    /// After the process died.
    fn crashed(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl PaymentGateway for Handle {
    async fn create(&self, request: IntentRequest) -> Viewed {
        self.bug.create(&self.inner, request).await
    }
    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Viewed {
        self.bug.confirm(&self.inner, intent, key).await
    }
    async fn capture(&self, intent: IntentId, amount: Money, key: IdempotencyKey) -> Viewed {
        self.bug.capture(&self.inner, intent, amount, key).await
    }
    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Viewed {
        self.bug.cancel(&self.inner, intent, key).await
    }
    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        self.bug.refund(&self.inner, intent, amount, key).await
    }
    async fn get(&self, intent: IntentId) -> Viewed {
        self.bug.get(&self.inner, intent).await
    }
    async fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError> {
        self.bug.action(&self.inner, intent).await
    }
    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        self.bug.list(&self.inner, from, max).await
    }
}

broken_model!();

impl PaymentGatewayHarness for Broken {
    fn open(&self) -> Arc<dyn PaymentGateway> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn method(&self) -> PaymentMethodId {
        self.harness.method()
    }
    fn method_declined(&self) -> PaymentMethodId {
        self.harness.method_declined()
    }
    fn method_challenged(&self) -> PaymentMethodId {
        self.harness.method_challenged()
    }
    fn method_refused(&self) -> PaymentMethodId {
        self.harness.method_refused()
    }
    fn method_with_lost_answers(&self) -> PaymentMethodId {
        self.harness.method_with_lost_answers()
    }
    fn crash(&self) {
        self.harness.crash();
        self.bug.crashed(&self.harness.reference());
    }
    fn lose_next_answer(&self) {
        self.harness.lose_next_answer();
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::SameKeyIsOneEffect => Broken::new(RepetitionIsRefused),
        Clause::KeyOfAnotherRequestIsRefused => Broken::new(KeyAlone),
        Clause::AmountsAreConserved => Broken::new(TakesWhatThereIs),
        Clause::UnknownOutcomeIsReadable => Broken::new(SaysUnavailable),
        Clause::CancelledIsFinal => Broken::new(RevivesTheHeld),
        Clause::CreatingMovesNoMoney => Broken::new(ShowsAnotherKey),
        Clause::ConfirmingHolds => Broken::new(HoldIsOverAtOnce),
        Clause::CaptureIsFinal => Broken::new(CapturedIsCaptured),
        Clause::CapturedIsNotCancelled => Broken::new(CancelsTheCaptured),
        Clause::RefundsAddUp => Broken::new(RefundsByAmount),
        Clause::AbsentIsNotFound => Broken::new(AbsentIsWrong),
        Clause::ListIsComplete => Broken::new(LosesAtThePageEdge),
        Clause::DeclineIsAnAnswer => Broken::new(DeclineIsAnError),
        Clause::SameKeySideBySideIsOneEffect => Broken::new(ChecksTheKeyFirst),
        Clause::RepetitionAfterATimeoutIsOneEffect => Broken::new(KeyIsKeptWithTheAnswer),
        Clause::ChallengeHoldsNothing => Broken::new(TrustsTheRider),
        Clause::CancelBeforeConfirmWins => Broken::new(LateConfirmHolds),
        Clause::RefusedForGoodIsSaid => Broken::new(HopesForEver),
        Clause::AnsweredSurvivesACrash => Broken::new(KeepsKeysInMemory),
        Clause::ActionIsGivenWhileItIsAsked => Broken::new(SecretsNeverEnd),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[
    (
        Clause::SameKeyIsOneEffect,
        Clause::RepetitionAfterATimeoutIsOneEffect,
        "it repeats the capture",
    ),
    (
        Clause::UnknownOutcomeIsReadable,
        Clause::RepetitionAfterATimeoutIsOneEffect,
        "its answers are lost as well",
    ),
    (
        Clause::CancelledIsFinal,
        Clause::DeclineIsAnAnswer,
        "it confirms again what was confirmed in vain and cancelled",
    ),
    (
        Clause::CancelledIsFinal,
        Clause::ChallengeHoldsNothing,
        "it confirms again what was confirmed in vain and cancelled",
    ),
    (
        Clause::ChallengeHoldsNothing,
        Clause::ActionIsGivenWhileItIsAsked,
        "it asks nothing of the rider",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// A repeated capture is told that it comes too late.
#[derive(Debug)]
struct RepetitionIsRefused;
#[async_trait]
impl Bug for RepetitionIsRefused {
    async fn capture(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Viewed {
        let known = inner.state().used.contains_key(&key);
        let answer = inner.capture(intent, amount, key).await;
        if known && answer.is_ok() {
            return Err(GatewayError::WrongStatus);
        }
        answer
    }
}

/// Whatever comes under a known key is answered like the first.
#[derive(Debug)]
struct KeyAlone;
#[async_trait]
impl Bug for KeyAlone {
    async fn capture(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Viewed {
        match inner.capture(intent, amount, key).await {
            Err(GatewayError::KeyReused) => inner.get(intent).await,
            answer => answer,
        }
    }
}

/// A capture above the hold takes the hold.
#[derive(Debug)]
struct TakesWhatThereIs;
#[async_trait]
impl Bug for TakesWhatThereIs {
    async fn capture(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Viewed {
        let held = inner.get(intent).await?.amount;
        inner.capture(intent, amount.min(held).unwrap_or(held), key).await
    }
}

/// A lost answer is reported as "not done".
#[derive(Debug)]
struct SaysUnavailable;
#[async_trait]
impl Bug for SaysUnavailable {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        match inner.confirm(intent, key).await {
            Err(GatewayError::OutcomeUnknown) => Err(GatewayError::Unavailable),
            answer => answer,
        }
    }
}

/// Whether the intent was confirmed before, in vain or not.
fn was_confirmed(inner: &Reference, intent: IntentId) -> bool {
    inner.state().used.iter().any(|(key, used)| {
        key.operation == Operation::Confirm && matches!(used, Used::Intent(of, _, Ok(_)) if *of == intent)
    })
}

/// Holds the money of a cancelled intent, whatever its past.
fn revive(inner: &Reference, intent: IntentId) -> Viewed {
    let mut state = inner.state();
    let view = state.view(intent)?;
    if view.status != IntentStatus::Canceled {
        return Err(GatewayError::WrongStatus);
    }
    view.status = IntentStatus::RequiresCapture {
        amount: view.amount,
        capture_before: Timestamp::from_ms(i64::MAX),
    };
    Ok(*view)
}

/// A cancelled hold can be placed again.
#[derive(Debug)]
struct RevivesTheHeld;
#[async_trait]
impl Bug for RevivesTheHeld {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        let confirmed = was_confirmed(inner, intent);
        match inner.confirm(intent, key).await {
            Err(GatewayError::WrongStatus) if confirmed => revive(inner, intent),
            answer => answer,
        }
    }
}

/// A cancellation that comes first cancels nothing.
#[derive(Debug)]
struct LateConfirmHolds;
#[async_trait]
impl Bug for LateConfirmHolds {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        let confirmed = was_confirmed(inner, intent);
        match inner.confirm(intent, key).await {
            Err(GatewayError::WrongStatus) if !confirmed => revive(inner, intent),
            answer => answer,
        }
    }
}

/// An intent is shown with a key that it was not created under.
#[derive(Debug)]
struct ShowsAnotherKey;
#[async_trait]
impl Bug for ShowsAnotherKey {
    async fn get(&self, inner: &Reference, intent: IntentId) -> Viewed {
        let mut view = inner.get(intent).await?;
        view.key.epoch += 1;
        Ok(view)
    }
}

/// A hold does not last.
#[derive(Debug)]
struct HoldIsOverAtOnce;
#[async_trait]
impl Bug for HoldIsOverAtOnce {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        let mut view = inner.confirm(intent, key).await?;
        if let IntentStatus::RequiresCapture { capture_before, .. } = &mut view.status {
            *capture_before = Timestamp::from_ms(0);
        }
        Ok(view)
    }
}

/// Another capture is answered as if it had been done.
#[derive(Debug)]
struct CapturedIsCaptured;
#[async_trait]
impl Bug for CapturedIsCaptured {
    async fn capture(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Viewed {
        let before = inner.get(intent).await?;
        match inner.capture(intent, amount, key).await {
            Err(GatewayError::WrongStatus) if matches!(before.status, IntentStatus::Succeeded { .. }) => {
                Ok(before)
            }
            answer => answer,
        }
    }
}

/// A captured intent is cancelled all the same.
#[derive(Debug)]
struct CancelsTheCaptured;
#[async_trait]
impl Bug for CancelsTheCaptured {
    async fn cancel(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        inner.cancel(intent, key).await?;
        let mut state = inner.state();
        let view = state.view(intent)?;
        view.status = IntentStatus::Canceled;
        Ok(*view)
    }
}

/// A refund of the same amount is taken for the same refund.
#[derive(Debug)]
struct RefundsByAmount;
#[async_trait]
impl Bug for RefundsByAmount {
    async fn refund(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        let same =
            |used: &Used| matches!(used, Used::Refund(of, given, _) if (*of, *given) == (intent, amount));
        let known = inner.state().used.values().any(same);
        if known {
            return Ok(RefundStatus::Succeeded);
        }
        inner.refund(intent, amount, key).await
    }
}

/// What is not there is not where it should be.
#[derive(Debug)]
struct AbsentIsWrong;
#[async_trait]
impl Bug for AbsentIsWrong {
    async fn get(&self, inner: &Reference, intent: IntentId) -> Viewed {
        inner.get(intent).await.map_err(|_| GatewayError::WrongStatus)
    }
}

/// The cursor of a page skips an intent.
#[derive(Debug)]
struct LosesAtThePageEdge;
#[async_trait]
impl Bug for LosesAtThePageEdge {
    async fn list(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        let mut page = inner.list(from, max).await?;
        if *from != Cursor::default() && !page.intents.is_empty() {
            page.intents.remove(0);
        }
        Ok(page)
    }
}

/// A declined confirmation is an error.
#[derive(Debug)]
struct DeclineIsAnError;
#[async_trait]
impl Bug for DeclineIsAnError {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        let view = inner.confirm(intent, key).await?;
        if matches!(
            view.status,
            IntentStatus::RequiresConfirmation { declined: Some(_) }
        ) {
            return Err(GatewayError::WrongStatus);
        }
        Ok(view)
    }
}

/// The key is checked, then something else runs, then the intent is created.
#[derive(Debug)]
struct ChecksTheKeyFirst;
#[async_trait]
impl Bug for ChecksTheKeyFirst {
    async fn create(&self, inner: &Reference, request: IntentRequest) -> Viewed {
        let known = inner.state().used.contains_key(&request.key);
        turn_away().await;
        if !known {
            inner.state().used.remove(&request.key);
        }
        inner.create(request).await
    }
}

/// A key is remembered once its answer has arrived.
#[derive(Debug)]
struct KeyIsKeptWithTheAnswer;
#[async_trait]
impl Bug for KeyIsKeptWithTheAnswer {
    async fn refund(
        &self,
        inner: &Reference,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        let answer = inner.refund(intent, amount, key).await;
        if answer == Err(GatewayError::OutcomeUnknown) {
            inner.state().used.remove(&key);
        }
        answer
    }
}

/// Money is held before the rider has acted.
#[derive(Debug)]
struct TrustsTheRider;
#[async_trait]
impl Bug for TrustsTheRider {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        let view = inner.confirm(intent, key).await?;
        if view.status != IntentStatus::RequiresAction {
            return Ok(view);
        }
        if let Ok(view) = inner.state().view(intent) {
            view.status = IntentStatus::Canceled;
        }
        revive(inner, intent)
    }
}

/// What will never be done is reported as "not now".
#[derive(Debug)]
struct HopesForEver;
#[async_trait]
impl Bug for HopesForEver {
    async fn confirm(&self, inner: &Reference, intent: IntentId, key: IdempotencyKey) -> Viewed {
        match inner.confirm(intent, key).await {
            Err(GatewayError::Refused) => Err(GatewayError::Unavailable),
            answer => answer,
        }
    }
}

/// Intents are kept, the keys under which they were moved are not.
#[derive(Debug)]
struct KeepsKeysInMemory;
#[async_trait]
impl Bug for KeepsKeysInMemory {
    fn crashed(&self, inner: &Reference) {
        inner.state().used.clear();
    }
}

/// What a rider acts with is given for every intent, whether or not anything is asked of them.
#[derive(Debug)]
struct SecretsNeverEnd;
#[async_trait]
impl Bug for SecretsNeverEnd {
    async fn action(&self, inner: &Reference, intent: IntentId) -> Result<RiderAction, GatewayError> {
        inner.get(intent).await.and_then(|view| action(view.intent))
    }
}
