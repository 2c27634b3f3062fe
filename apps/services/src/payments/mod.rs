//! Charges and the payment gateway: calls as reactions to published events, notices as hints, deadlines that ask first,
//! and what riders need where their bank asks something of them.

mod action_desk;
mod calls;
mod cashier;
mod deadlines;

pub use action_desk::{ActionDesk, ActionError};
pub use calls::PaymentCalls;
pub use cashier::Cashier;
pub use deadlines::PaymentDeadlines;

use crate::state::State;
use crate::writer::Writer;
use fiacre_domain::payment::Payment;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::PortError;

/// A loaded charge, or why there is none; `Ok(None)` where the stream holds none.
type LoadedCharge = Result<Option<Payment>, PortError>;

/// The charges on `streams`, each at its confirmed head.
async fn loaded_charges(writer: &Writer, streams: &[StreamId]) -> Vec<LoadedCharge> {
    let charge = |_, loaded: Result<(&State, Version), PortError>| match loaded? {
        (State::Payment(payment), _) => Ok(Some(payment.clone())),
        (State::Trip(_) | State::Dispatch(_) | State::Driver(_), _) => Ok(None),
    };
    writer.states(streams, charge).await
}
