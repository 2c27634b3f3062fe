//! The payment gateway's suite over the sandbox, in memory and with its records on disk.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use async_trait::async_trait;
use fiacre_conformance::payment_gateway::{Capability, PaymentGatewayHarness};
use fiacre_conformance::{Harness, Support};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, PaymentGateway};
use fiacre_sandbox_payments::{Sandbox, methods};
use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

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

/// Where the records are.
enum Kept {
    InMemory(Arc<Sandbox>),
    OnDisk(RefCell<Disk>),
}

struct Disk {
    folder: TempDir,
    sandbox: Arc<Sandbox>,
}

impl Disk {
    fn open(folder: TempDir, clock: Arc<HandClock>) -> Self {
        let sandbox = Arc::new(Sandbox::open(folder.path(), 1, clock).unwrap());
        Self { folder, sandbox }
    }
}

struct World {
    clock: Arc<HandClock>,
    kept: Kept,
}

impl World {
    fn in_memory() -> Self {
        let clock = Arc::new(HandClock::default());
        let kept = Kept::InMemory(Arc::new(Sandbox::new(1, clock.clone())));
        Self { clock, kept }
    }

    fn on_disk() -> Self {
        let clock = Arc::new(HandClock::default());
        let disk = Disk::open(tempfile::tempdir().unwrap(), clock.clone());
        let kept = Kept::OnDisk(RefCell::new(disk));
        Self { clock, kept }
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
        match &self.kept {
            Kept::InMemory(sandbox) => sandbox.clone(),
            Kept::OnDisk(disk) => disk.borrow().sandbox.clone(),
        }
    }

    fn support(&self, capability: Capability) -> Support {
        match (capability, &self.kept) {
            (Capability::Crash, Kept::InMemory(_)) => Support::No("what is in memory dies with it"),
            (
                Capability::Decline
                | Capability::Challenge
                | Capability::LoseAnswers
                | Capability::Refuse
                | Capability::Crash,
                Kept::InMemory(_) | Kept::OnDisk(_),
            ) => Support::Yes,
        }
    }

    /// What is on disk when a process is killed is what the next one finds; what was in memory is never written.
    fn crash(&self) {
        let Kept::OnDisk(disk) = &self.kept else {
            return;
        };
        let found = tempfile::tempdir().unwrap();
        let journal = |folder: &TempDir| folder.path().join("journal");
        std::fs::copy(journal(&disk.borrow().folder), journal(&found)).unwrap();
        *disk.borrow_mut() = Disk::open(found, self.clock.clone());
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

mod in_memory {
    use super::World;
    fiacre_conformance::payment_gateway_suite!(World::in_memory());
}

mod on_disk {
    use super::World;
    fiacre_conformance::payment_gateway_suite!(World::on_disk());
}
