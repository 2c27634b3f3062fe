//! The suite of [`Seal`].

pub mod broken;
mod checks;
pub mod reference;

use crate::harness::{Harness, Support};
use fiacre_ports::Seal;
use std::sync::Arc;

/// What only some seals and their harnesses can do: nothing so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {}

/// A world of processes that share a key.
pub trait SealHarness: Harness {
    /// A seal under the world's key, as a process of its own would have it.
    fn open(&self) -> Arc<dyn Seal>;

    /// A seal under another key.
    fn open_foreign(&self) -> Arc<dyn Seal>;

    /// Whether this world can do `capability`; there is none yet, so the default matches them all.
    fn support(&self, capability: Capability) -> Support {
        match capability {}
    }
}

crate::clause::clauses! {
    $ seal_suite for "a seal" in seal over SealHarness;

    SameQuoteSamePrint se_01_same_quote_same_print by checks::same_quote_same_print:
        "give equal quotes the same fingerprint, on every process and under every key";
    QuotesAreToldApart se_02_quotes_are_told_apart by checks::quotes_are_told_apart:
        "give quotes different fingerprints that differ in ride, time, surge or tariff";
    CodeIsOfTheTrip se_03_code_is_of_the_trip by checks::code_is_of_the_trip:
        "give a trip the same start code on every process, below 10,000";
    CodesCannotBeGuessed se_04_codes_cannot_be_guessed by checks::codes_cannot_be_guessed:
        "spread the start codes over all numbers, and give others under another key";
    TicketIsOfTripPriceAndPlan se_05_ticket_is_of_trip_price_and_plan by checks::ticket_is_of_trip_price_and_plan:
        "give a trip, a price and a plan the same ticket on every process, and another where one of them is another";
    TicketsCannotBeForged se_06_tickets_cannot_be_forged by checks::tickets_cannot_be_forged:
        "give other tickets under another key";
}
