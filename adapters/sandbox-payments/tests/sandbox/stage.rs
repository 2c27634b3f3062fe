//! A clock that tests turn, and calls without a runtime.

use async_trait::async_trait;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Clock, GatewayError, IdempotencyKey, IntentRequest, IntentStatus, IntentView, Operation, PaymentGateway,
    RefundStatus,
};
use fiacre_sandbox_payments::{Policy, Sandbox, Totals};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// A method that no script knows: the policy decides.
pub(crate) const PLAIN: PaymentMethodId = PaymentMethodId(7);
pub(crate) const DAY: Millis = Millis::from_minutes(24 * 60);

#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

/// Waiting turns the clock.
#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }

    async fn wait_until(&self, at: Timestamp) {
        self.0.fetch_max(at.ms(), Ordering::SeqCst);
    }
}

/// A company with its clock, and a merchant with a hand for every operation.
pub(crate) struct Stage {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) sandbox: Sandbox,
    /// Where its records are, if they are kept.
    folder: Option<TempDir>,
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

pub(crate) fn key(trip: u128, operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        epoch: 1,
        trip: TripId::from_u128(trip),
        charge: ChargeNumber::FARE,
        authorization: AuthorizationNumber(0),
        operation,
    }
}

pub(crate) fn request(trip: u128, method: PaymentMethodId) -> IntentRequest {
    IntentRequest {
        key: key(trip, Operation::Create),
        amount: usd(2_000),
        method,
    }
}

/// Drives a future that never waits for anything but a [`HandClock`].
pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits for something that the test does not have"),
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_policy(Policy::default())
    }

    pub(crate) fn with_policy(policy: Policy) -> Self {
        Self::seeded(1, policy)
    }

    pub(crate) fn seeded(seed: u64, policy: Policy) -> Self {
        let clock = Arc::new(HandClock::default());
        let sandbox = Sandbox::new(seed, clock.clone()).with_policy(policy);
        Self {
            clock,
            sandbox,
            folder: None,
        }
    }

    /// The same, with its records on disk.
    pub(crate) fn on_disk(seed: u64, policy: Policy) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), seed, policy)
    }

    /// The same, in this folder.
    pub(crate) fn in_folder(folder: TempDir, seed: u64, policy: Policy) -> Self {
        let clock = Arc::new(HandClock::default());
        let sandbox = Sandbox::open(folder.path(), seed, clock.clone()).unwrap();
        Self {
            clock,
            sandbox: sandbox.with_policy(policy),
            folder: Some(folder),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Ends as a process ends that has time to, and is there again.
    pub(crate) fn restart(self) -> Self {
        let Self {
            clock,
            sandbox,
            folder,
        } = self;
        drop(sandbox);
        let sandbox = Sandbox::reopen(folder.as_ref().unwrap(), clock.clone()).unwrap();
        Self {
            clock,
            sandbox,
            folder,
        }
    }

    /// Is killed, and there again: what was in memory alone is gone.
    pub(crate) fn crash(self) -> Self {
        let (clock, folder) = (self.clock.clone(), tempfile::tempdir().unwrap());
        std::fs::copy(self.folder().join("journal"), folder.path().join("journal")).unwrap();
        let sandbox = Sandbox::reopen(folder.path(), clock.clone()).unwrap();
        Self {
            clock,
            sandbox,
            folder: Some(folder),
        }
    }

    /// With its journal written anew.
    pub(crate) fn compact(self) -> Self {
        self.sandbox.compact().unwrap();
        self
    }

    pub(crate) fn pass(&self, duration: Millis) {
        self.clock.0.fetch_add(duration.get(), Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn create(&self, trip: u128, method: PaymentMethodId) -> Result<IntentView, GatewayError> {
        now_or_never(self.sandbox.create(request(trip, method)))
    }

    pub(crate) fn confirm(&self, view: &IntentView) -> Result<IntentView, GatewayError> {
        let key = with(view, Operation::Confirm);
        now_or_never(self.sandbox.confirm(view.intent, key))
    }

    pub(crate) fn capture(&self, view: &IntentView, minor: i64) -> Result<IntentView, GatewayError> {
        let key = with(view, Operation::Capture);
        now_or_never(self.sandbox.capture(view.intent, usd(minor), key))
    }

    pub(crate) fn cancel(&self, view: &IntentView) -> Result<IntentView, GatewayError> {
        let key = with(view, Operation::Cancel);
        now_or_never(self.sandbox.cancel(view.intent, key))
    }

    pub(crate) fn refund(
        &self,
        view: &IntentView,
        number: u16,
        minor: i64,
    ) -> Result<RefundStatus, GatewayError> {
        let key = with(view, Operation::Refund(number));
        now_or_never(self.sandbox.refund(view.intent, usd(minor), key))
    }

    pub(crate) fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        now_or_never(self.sandbox.get(intent))
    }

    pub(crate) fn status(&self, view: &IntentView) -> IntentStatus {
        self.get(view.intent).unwrap().status
    }

    /// An intent with its money held.
    pub(crate) fn held(&self, trip: u128, method: PaymentMethodId) -> IntentView {
        let view = self.create(trip, method).unwrap();
        let view = self.confirm(&view).unwrap();
        assert!(is_held(view.status), "{view:?}");
        view
    }

    pub(crate) fn totals(&self) -> Totals {
        self.sandbox
            .totals()
            .get(&Currency::USD)
            .copied()
            .unwrap_or_default()
    }
}

/// The intent's key of another operation.
pub(crate) fn with(view: &IntentView, operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        operation,
        ..view.key
    }
}

pub(crate) fn is_held(status: IntentStatus) -> bool {
    matches!(status, IntentStatus::RequiresCapture { .. })
}
