//! The whole platform under faults: whatever strikes, every accepted order ends, every cent is accounted for, and no two
//! trips share a driver.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test's helpers fail like its body"
)]

mod booking;
mod broken;
mod machines;
mod people;
mod seeds;
mod setup;
mod world;
