//! What no caller should send, and what must come of it: a typed error or a right answer, never a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod matching;
mod pricing;
