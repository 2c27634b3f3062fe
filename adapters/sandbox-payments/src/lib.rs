#![doc = include_str!("../README.md")]
//!
//! **Intents** move as Stripe's with manual capture do (<https://docs.stripe.com/payments/paymentintents/lifecycle>):
//! created, confirmed (held, declined, to be acted upon, being worked on), captured in part or whole, cancelled. A hold
//! lapses by itself; an issuer may drop it before. A capture that fails for good cancels the intent.
//!
//! **Keys**: the same key with the same request is answered as the first time, errors included; with another request it is
//! refused. The keys of a finished intent expire (24 hours, as Stripe's); then the intent's status answers, so that nothing
//! is ever done twice. The keys of refunds do not expire. An amount that cannot be is refused without using up its key.
//!
//! **Chance** comes from the seed and from the key of the call: no order of calls, and no other intent, changes what happens
//! to one. The [`methods`] follow a script instead; a [`Policy`] decides for all others.
//!
//! **Notices** ([`Sandbox::due_notices`]) are hints, at least once and unordered, until they are acknowledged;
//! [`deliver_notices`] carries them to a bus.
//!
//! **Records** are kept in memory, or in a folder ([`Sandbox::open`]): then every call is on disk before it is answered, and
//! the company survives the process that it lives in. Its answers are the same.
//!
//! **Time** is the [`Clock`](fiacre_ports::Clock)'s. A call is done when half of its latency is over, so that a caller who
//! dies while waiting may have done it all the same.

mod books;
mod company;
mod delivery;
mod dispute;
mod draw;
mod errand;
mod fate;
mod files;
mod house;
mod journal;
pub mod methods;
mod policy;
mod post;
mod record;
mod sandbox;

pub use books::Totals;
pub use delivery::deliver_notices;
pub use dispute::{Dispute, DisputeStatus};
pub use journal::OpenError;
pub use policy::{Policy, PolicyError, Rate, Span, Subscription};
pub use sandbox::Sandbox;
