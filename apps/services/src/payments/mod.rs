//! Charges and the payment gateway: calls as reactions to published events, notices as hints, deadlines that ask first.

mod calls;
mod cashier;
mod deadlines;

pub use calls::PaymentCalls;
pub use cashier::Cashier;
pub use deadlines::PaymentDeadlines;
