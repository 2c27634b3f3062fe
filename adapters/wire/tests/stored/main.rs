//! What is stored is read for ever: laws over every kind of event, golden files, damage and privacy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chain;
mod damage;
mod dice;
mod envelope;
mod events;
mod golden;
#[path = "../golden_files/mod.rs"]
#[expect(dead_code, reason = "what is frozen is checked by `frozen.rs`")]
mod golden_files;
mod laws;
mod messages;
mod privacy;
mod rich;
mod rides;
mod whole;
