//! The payment company, seen from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says where"
)]

mod compaction;
mod disk;
mod killed;
mod laws;
mod methods;
mod notices;
mod policy;
#[cfg(unix)]
mod power;
mod records;
mod repetition;
mod stage;
