//! What operators and auditors ask of Fiacre's folders on disk, without running anything.
//!
//! - [`check`]: is every promise kept, on every stream, and is every acknowledged trip there?
//! - [`timeline`]: what happened to a trip, and what does it wait for?
//! - [`list`]: which trips are there, and where do they stand?
//! - [`reconcile`]: do receipts, ledger and the payment company agree?
//!
//! A folder is read [at rest](fiacre_embedded::AtRest): nothing in it is changed, and a folder that a process uses is refused.

pub mod ack_log;
pub mod check;
pub mod list;
pub mod log;
pub mod reconcile;
pub mod timeline;
mod walk;
