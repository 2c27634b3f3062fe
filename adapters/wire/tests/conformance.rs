//! The keyed seal keeps every clause of its port.

use fiacre_conformance::Harness;
use fiacre_conformance::sample::AT;
use fiacre_conformance::seal::SealHarness;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::Seal;
use fiacre_wire::seal::KeyedSeal;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Seals know no time and wait for nothing.
struct World;

impl Harness for World {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
        }
    }

    fn now(&self) -> Timestamp {
        AT
    }

    fn pass(&self, _duration: Millis) {}
}

impl SealHarness for World {
    fn open(&self) -> Arc<dyn Seal> {
        Arc::new(KeyedSeal::new([7; 32]))
    }

    fn open_foreign(&self) -> Arc<dyn Seal> {
        Arc::new(KeyedSeal::new([8; 32]))
    }
}

fiacre_conformance::seal_suite!(World);
