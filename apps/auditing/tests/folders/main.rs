//! What is asked of folders, on folders that a platform has left.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod archive;
mod check;
mod folder;
mod planted;
mod reconcile;
mod timeline;
