//! Every rule of the services, over mocks of the ports: what is loaded, appended, published, armed and settled, and when.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test's helpers fail like its body"
)]

mod action_desk;
mod deadlines;
mod declines;
mod desk;
mod fleet;
mod gateway;
mod payment_deadlines;
mod payments;
mod reactor;
mod relay;
mod requests;
mod rest;
mod sample;
mod stage;
mod topology;
mod views;
mod ways;
mod writer;
