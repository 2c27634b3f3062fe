//! What is stored is read for ever: laws over every kind of event, golden files, damage and privacy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chain;
mod damage;
mod dice;
mod envelope;
mod events;
mod golden;
mod laws;
mod messages;
mod privacy;
mod rich;
mod rides;
mod whole;
