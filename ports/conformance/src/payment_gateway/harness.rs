//! What the payment gateway's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_domain::trip::PaymentMethodId;
use fiacre_ports::PaymentGateway;
use std::sync::Arc;

/// What only some gateways and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// A method that the issuer declines.
    Decline,
    /// A method whose rider must act.
    Challenge,
    /// Operations that are done while their answers are lost.
    LoseAnswers,
    /// A method with which the gateway refuses to create or to confirm, for good.
    Refuse,
    /// The process that the gateway lives in, killed and begun again: for a gateway in process that keeps its records.
    Crash,
}

/// A world around a gateway; where it is shared, [`Harness::salt`] keeps keys apart, and `list` may show others' intents.
pub trait PaymentGatewayHarness: Harness {
    /// A handle on the gateway, as a process of its own would open it.
    fn open(&self) -> Arc<dyn PaymentGateway>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// A method with which everything works at once.
    fn method(&self) -> PaymentMethodId;

    /// A method that the issuer declines.
    fn method_declined(&self) -> PaymentMethodId {
        undeclared("method_declined")
    }

    /// A method whose rider must act, and does not as long as the clause runs.
    fn method_challenged(&self) -> PaymentMethodId {
        undeclared("method_challenged")
    }

    /// A method with which the gateway refuses the creation or the confirmation, for good: one that is gone, say.
    fn method_refused(&self) -> PaymentMethodId {
        undeclared("method_refused")
    }

    /// A method with which every operation is done, but its first answer is lost as [`OutcomeUnknown`].
    ///
    /// [`OutcomeUnknown`]: fiacre_ports::GatewayError::OutcomeUnknown
    fn method_with_lost_answers(&self) -> PaymentMethodId {
        undeclared("method_with_lost_answers")
    }

    /// Kills the process that the gateway lives in, and begins it again; a handle of before is not used any more.
    fn crash(&self) {
        undeclared("crash")
    }

    /// Called before each call whose answer must be lost, for a harness that loses answers by itself and not by the method.
    fn lose_next_answer(&self) {}
}
