//! The payment gateway's suite over the sandbox.

use async_trait::async_trait;
use fiacre_conformance::payment_gateway::{Capability, PaymentGatewayHarness};
use fiacre_conformance::{Harness, Support};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, PaymentGateway};
use fiacre_sandbox_payments::{Sandbox, methods};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

/// A clock that whoever waits turns forward.
#[derive(Default)]
struct HandClock(AtomicI64);

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }

    async fn wait_until(&self, at: Timestamp) {
        self.0.fetch_max(at.ms(), Ordering::SeqCst);
    }
}

struct World {
    clock: Arc<HandClock>,
    sandbox: Arc<Sandbox>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(HandClock::default());
        let sandbox = Arc::new(Sandbox::new(1, clock.clone()));
        Self { clock, sandbox }
    }
}

impl Harness for World {
    /// Nothing that the sandbox does waits for a waker, so polling again is enough.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pass(&self, duration: Millis) {
        self.clock.0.fetch_add(duration.get(), Ordering::SeqCst);
    }
}

impl PaymentGatewayHarness for World {
    fn open(&self) -> Arc<dyn PaymentGateway> {
        self.sandbox.clone()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Decline | Capability::Challenge | Capability::LoseAnswers | Capability::Refuse => {
                Support::Yes
            }
        }
    }

    fn method(&self) -> PaymentMethodId {
        methods::PM_OK
    }

    fn method_declined(&self) -> PaymentMethodId {
        methods::PM_DECLINE
    }

    fn method_challenged(&self) -> PaymentMethodId {
        methods::PM_3DS_ABANDONED
    }

    fn method_refused(&self) -> PaymentMethodId {
        methods::PM_GONE
    }

    fn method_with_lost_answers(&self) -> PaymentMethodId {
        methods::PM_TIMEOUT_AFTER_SUCCESS
    }
}

fiacre_conformance::payment_gateway_suite!(World::new());
