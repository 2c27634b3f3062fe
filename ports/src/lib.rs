#![doc = include_str!("../README.md")]
//!
//! | port | for |
//! |---|---|
//! | [`EventStore`] | streams of commits: the log is the truth, the outbox and the inbox |
//! | [`Bus`], [`Consumer`] | messages between processes, at least once, with retry and parking (a dead-letter queue that people work off) |
//! | [`Timers`] | deadlines that fire at least once |
//! | [`PaymentGateway`] | holds, captures, cancellations and refunds at a payment company |
//! | [`Clock`], [`IdSource`], [`Seal`] | time, identity, and what proves that something is ours |
//! | [`KeyVault`] | keys of personal data, so that a person can be forgotten |
//! | [`RouteProvider`], [`LocationFeed`] | roads, and where drivers are |
//! | [`DispatchBoard`], [`TripViews`] | what can be rebuilt from the log, kept for reading |
//!
//! What an adapter MUST do stands at each method, with the name of the clause in `fiacre-conformance` that checks it.
//!
//! # For who writes an adapter
//!
//! - **Batches**: answers come in input order, each member on its own. An adapter takes a batch of any size, in as many
//!   requests as its server likes (`es_39_batches_of_any_size_are_taken`); what a call gives is bounded by its `max`. An empty
//!   batch is answered with nothing, without a request.
//! - **Errors**: [`Unavailable`](PortErrorKind::Unavailable) says that nothing was done.
//!   [`OutcomeUnknown`](PortErrorKind::OutcomeUnknown) says that it may have been, or may still be: every call of every port
//!   may be repeated with the same arguments, and what was done once is not done twice, or harms nobody.
//!   [`Invalid`](PortErrorKind::Invalid) and [`Damaged`](PortErrorKind::Damaged) are final;
//!   [`Newer`](PortErrorKind::Newer) ends with an upgrade. Retries within a call are the adapter's own, within its timeouts.
//! - **Timeouts**: how long a call may take is the adapter's configuration; no caller cuts one short. A request that was sent and
//!   not answered in time is [`OutcomeUnknown`](PortErrorKind::OutcomeUnknown), whatever the driver calls it: a timeout of a
//!   write, a lost connection, a conditional write without an answer, a confirm that does not come. Only what certainly never
//!   left, or was certainly refused, is [`Unavailable`](PortErrorKind::Unavailable). To who reads the two are one: ask again.
//!   Where `until` is given, a call returns soon after it, with nothing if there is nothing; a server that does not answer by then
//!   is an error, not an empty answer.
//! - **Pages**: what is listed comes in a stable order and goes on after the last member of the page before (a [`Cursor`], an id).
//!   A page that is shorter than `max` is not yet the end, unless its method says so; an empty one is.
//! - **Sizes**: most events take some tens of bytes; those that carry a quote, a plan or a receipt grow with the lines of the
//!   tariff. What is beyond an adapter's limit (a document's 16 MB, a broker's largest message) is
//!   [`Invalid`](PortErrorKind::Invalid), or [`Refused`](Published::Refused) by a bus: never `Unavailable`, which would be
//!   repeated for ever. The name of a stream is ASCII, and at most 50 bytes long.
//! - **Order**: only commits of one stream have an order, which is their versions. Messages have none, nor do timers that are due
//!   together beyond what [`due`](Timers::due) says; a view or a board goes by versions.
//! - **Clocks**: `until`, due times and holds are read on the clock of the process that calls, which its handle was made
//!   with; a server's clock decides nothing. Domain times are carried, never judged. Waiting is a call with a deadline, and
//!   an adapter owns its timeouts.
//! - **Dropped futures**: only a crash drops a future of a port, and what was in flight is then done or not, as after
//!   [`OutcomeUnknown`](PortErrorKind::OutcomeUnknown). A driver that a dropped future harms gets a task of its own inside.
//! - **Objects**: every port is `Send + Sync` behind an `Arc<dyn _>` and may be called side by side; a [`Consumer`] and a
//!   [`LocationReader`] belong to one caller each.

mod board;
mod bus;
mod clock;
mod error;
mod event_store;
mod key_vault;
mod parking;
mod payment_gateway;
mod rider_action;
mod road;
mod scope;
mod seal;
mod timers;
mod views;

pub use board::{CLOSED_KEPT, DispatchBoard, OpenSearch};
pub use bus::{
    Address, Body, Bus, Consumer, Delivery, EventKind, EventKinds, Message, MessageId, PaymentNotice,
    Prefetch, Published, QueueName, QueueSpec, Settlement, Tag,
};
pub use clock::{Clock, IdSource};
pub use error::{BoxedError, PortError, PortErrorKind};
pub use event_store::{
    Appended, Consistency, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, Snapshot,
    SnapshotState, Ticket,
};
pub use key_vault::{Binding, KeyVault, SealingKey};
pub use parking::{Content, ParkReason, Parked, ParkingId, ParkingIdError, RawMessage};
pub use payment_gateway::{
    Decline, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus, IntentView, Operation,
    PaymentGateway, RefundStatus,
};
pub use rider_action::{ActionSecret, ActionSecretError, RiderAction};
pub use road::{Basis, LocationFeed, LocationReader, Route, RouteProvider};
pub use scope::{SLOTS, Scope, Shard, ShardError, slot};
pub use seal::Seal;
pub use timers::{Timer, Timers};
pub use views::{TripView, TripViews};

#[cfg(feature = "mocks")]
pub mod mocks {
    //! `mockall` mocks of the ports.
    pub use crate::board::MockDispatchBoard;
    pub use crate::bus::{MockBus, MockConsumer};
    pub use crate::clock::{MockClock, MockIdSource};
    pub use crate::event_store::MockEventStore;
    pub use crate::key_vault::MockKeyVault;
    pub use crate::payment_gateway::MockPaymentGateway;
    pub use crate::road::{MockLocationFeed, MockLocationReader, MockRouteProvider};
    pub use crate::seal::MockSeal;
    pub use crate::timers::MockTimers;
    pub use crate::views::MockTripViews;
}
