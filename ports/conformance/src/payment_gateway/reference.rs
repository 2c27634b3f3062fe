//! The reference model: a list of intents and a list of keys with their answers.

use super::{Capability, PaymentGatewayHarness};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::{AT, Ids};
use async_trait::async_trait;
use fiacre_domain::id::IntentId;
use fiacre_domain::money::Money;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    ActionSecret, Cursor, Decline, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus,
    IntentView, PaymentGateway, RefundStatus, RiderAction,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

const HELD: PaymentMethodId = PaymentMethodId(1);
const DECLINED: PaymentMethodId = PaymentMethodId(2);
const GONE: PaymentMethodId = PaymentMethodId(4);
const CHALLENGED: PaymentMethodId = PaymentMethodId(3);
const HOLD_LASTS: Millis = Millis::from_minutes(7 * 24 * 60);

/// What a key was used for, and what it was answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Used {
    Intent(IntentId, Money, Result<IntentView, GatewayError>),
    Refund(IntentId, Money, RefundStatus),
}

/// What the model holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) intents: BTreeMap<IntentId, (IntentView, PaymentMethodId)>,
    pub(super) used: BTreeMap<IdempotencyKey, Used>,
    pub(super) lose_next: bool,
}

impl State {
    pub(super) fn view(&mut self, intent: IntentId) -> Result<&mut IntentView, GatewayError> {
        self.intents
            .get_mut(&intent)
            .map(|(view, _)| view)
            .ok_or(GatewayError::NotFound)
    }

    /// What `key` was answered before, if it was for the same.
    fn before(
        &self,
        key: IdempotencyKey,
        of: Option<IntentId>,
        amount: Money,
    ) -> Option<Result<IntentView, GatewayError>> {
        match *self.used.get(&key)? {
            Used::Intent(intent, used, answer) if used == amount && of.is_none_or(|of| of == intent) => {
                Some(answer)
            }
            Used::Intent(..) | Used::Refund(..) => Some(Err(GatewayError::KeyReused)),
        }
    }

    /// Moves an intent, and remembers the answer for the key.
    fn act(
        &mut self,
        key: IdempotencyKey,
        intent: IntentId,
        amount: Money,
        to: impl FnOnce(&IntentView, PaymentMethodId) -> Result<IntentStatus, GatewayError>,
    ) -> Result<IntentView, GatewayError> {
        if let Some(answer) = self.before(key, Some(intent), amount) {
            return answer;
        }
        let (view, method) = self.intents.get_mut(&intent).ok_or(GatewayError::NotFound)?;
        let answer = to(view, *method).map(|status| {
            view.status = status;
            *view
        });
        self.used.insert(key, Used::Intent(intent, amount, answer));
        answer
    }
}

/// A payment gateway that obviously keeps every clause.
#[derive(Debug)]
pub struct Reference {
    time: VirtualTime,
    state: Mutex<State>,
}

impl Reference {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The answer, unless it is lost.
    fn say<T>(&self, answer: Result<T, GatewayError>) -> Result<T, GatewayError> {
        let lost = std::mem::take(&mut self.state().lose_next);
        if lost {
            Err(GatewayError::OutcomeUnknown)
        } else {
            answer
        }
    }
}

/// What the rider of `intent` acts with.
pub(super) fn action(intent: IntentId) -> Result<RiderAction, GatewayError> {
    let secret = ActionSecret::new(format!("{intent}_secret"));
    secret
        .map(RiderAction::ClientSecret)
        .map_err(|_| GatewayError::Unavailable)
}

fn captured(status: IntentStatus) -> Option<Money> {
    match status {
        IntentStatus::Succeeded { captured } => Some(captured),
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::RequiresCapture { .. }
        | IntentStatus::Canceled => None,
    }
}

#[async_trait]
impl PaymentGateway for Reference {
    async fn create(&self, request: IntentRequest) -> Result<IntentView, GatewayError> {
        let IntentRequest { key, amount, method } = request;
        let answer = {
            let mut state = self.state();
            state.before(key, None, amount).unwrap_or_else(|| {
                let number = u64::try_from(state.intents.len()).unwrap_or(u64::MAX);
                let view = IntentView {
                    intent: Ids::new(u32::MAX).intent(number),
                    key,
                    amount,
                    status: IntentStatus::RequiresConfirmation { declined: None },
                    refunded_minor: 0,
                };
                state.intents.insert(view.intent, (view, method));
                state
                    .used
                    .insert(key, Used::Intent(view.intent, amount, Ok(view)));
                Ok(view)
            })
        };
        self.say(answer)
    }

    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        let capture_before = self.time.now().plus(HOLD_LASTS);
        let none = Money::zero(self.get(intent).await?.amount.currency());
        let answer = self
            .state()
            .act(key, intent, none, |view, method| match view.status {
                IntentStatus::RequiresConfirmation { .. } if method == GONE => Err(GatewayError::Refused),
                IntentStatus::RequiresConfirmation { .. } => Ok(match method {
                    DECLINED => IntentStatus::RequiresConfirmation {
                        declined: Some(Decline::Unspecified),
                    },
                    CHALLENGED => IntentStatus::RequiresAction,
                    _ => IntentStatus::RequiresCapture {
                        amount: view.amount,
                        capture_before,
                    },
                }),
                IntentStatus::RequiresAction
                | IntentStatus::Processing
                | IntentStatus::RequiresCapture { .. }
                | IntentStatus::Succeeded { .. }
                | IntentStatus::Canceled => Err(GatewayError::WrongStatus),
            });
        self.say(answer)
    }

    async fn capture(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        let possible = |held: Money| {
            held.currency() == amount.currency() && (1..=held.minor()).contains(&amount.minor())
        };
        let answer = self
            .state()
            .act(key, intent, amount, |view, _| match view.status {
                IntentStatus::RequiresCapture { amount: held, .. } if possible(held) => {
                    Ok(IntentStatus::Succeeded { captured: amount })
                }
                IntentStatus::RequiresConfirmation { .. }
                | IntentStatus::RequiresAction
                | IntentStatus::Processing
                | IntentStatus::RequiresCapture { .. }
                | IntentStatus::Succeeded { .. }
                | IntentStatus::Canceled => Err(GatewayError::WrongStatus),
            });
        self.say(answer)
    }

    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        let none = Money::zero(self.get(intent).await?.amount.currency());
        let answer = self.state().act(key, intent, none, |view, _| match view.status {
            IntentStatus::Succeeded { .. } => Ok(view.status),
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::RequiresCapture { .. }
            | IntentStatus::Canceled => Ok(IntentStatus::Canceled),
        });
        self.say(answer)
    }

    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        let answer = {
            let mut state = self.state();
            match state.used.get(&key).copied() {
                Some(Used::Refund(of, used, status)) if (of, used) == (intent, amount) => Ok(status),
                Some(Used::Refund(..) | Used::Intent(..)) => Err(GatewayError::KeyReused),
                None => {
                    let view = state.view(intent)?;
                    let left = captured(view.status).map_or(0, |taken| taken.minor() - view.refunded_minor);
                    if (1..=left).contains(&amount.minor()) {
                        view.refunded_minor += amount.minor();
                        let status = RefundStatus::Succeeded;
                        state.used.insert(key, Used::Refund(intent, amount, status));
                        Ok(status)
                    } else {
                        Err(GatewayError::WrongStatus)
                    }
                }
            }
        };
        self.say(answer)
    }

    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.state().view(intent).copied()
    }

    async fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError> {
        match self.state().view(intent)?.status {
            IntentStatus::RequiresAction => action(intent),
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::Processing
            | IntentStatus::RequiresCapture { .. }
            | IntentStatus::Succeeded { .. }
            | IntentStatus::Canceled => Err(GatewayError::WrongStatus),
        }
    }

    /// The newest first, as companies list them.
    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        let after = std::str::from_utf8(&from.0).ok().and_then(|id| id.parse().ok());
        let state = self.state();
        let later = |view: &IntentView| after.is_none_or(|after: IntentId| view.intent < after);
        let views = state.intents.values().rev().map(|(view, _)| *view);
        let mut left = views.filter(later).peekable();
        let intents: Vec<_> = left.by_ref().take(max).collect();
        let last = intents.last().filter(|_| left.peek().is_some());
        let next = last.map(|view| Cursor(view.intent.to_string().into_bytes()));
        Ok(IntentPage { intents, next })
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    gateway: Arc<Reference>,
}

impl ReferenceHarness {
    /// A gateway without intents.
    pub fn new() -> Self {
        let gateway = Arc::new(Reference {
            time: VirtualTime::new(AT),
            state: Mutex::default(),
        });
        Self { gateway }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.gateway)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.gateway.time);

impl PaymentGatewayHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn PaymentGateway> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Decline
            | Capability::Challenge
            | Capability::LoseAnswers
            | Capability::Refuse
            | Capability::Crash => Support::Yes,
        }
    }

    fn method(&self) -> PaymentMethodId {
        HELD
    }

    fn method_declined(&self) -> PaymentMethodId {
        DECLINED
    }

    fn method_challenged(&self) -> PaymentMethodId {
        CHALLENGED
    }

    fn method_refused(&self) -> PaymentMethodId {
        GONE
    }

    fn method_with_lost_answers(&self) -> PaymentMethodId {
        HELD
    }

    /// Everything that the model was told is kept.
    fn crash(&self) {}

    fn lose_next_answer(&self) {
        self.gateway.state().lose_next = true;
    }
}
