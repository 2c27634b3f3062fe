//! The measures as plain figures, in the shape and under the names of the report's JSON.

use fiacre_domain::money::Currency;
use serde::Serialize;

/// How many trips, by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TripCounts {
    /// Orders that reached the trip service: requested = completed + failed + cancelled + rejected, once all have ended.
    pub requested: u64,
    /// Trips that were confirmed at least once.
    pub confirmed: u64,
    /// Rides.
    pub completed: u64,
    /// Trips without a driver or a payment, or too late.
    pub failed: u64,
    /// Trips that somebody cancelled, no-shows included.
    pub cancelled: u64,
    /// Orders that were not taken.
    pub rejected: u64,
    /// Trips that ended for an operator to look at: without a reading, or without a price. They are among the others.
    pub flagged: u64,
}

/// Why trips failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FailCounts {
    /// No driver in the search's budget.
    pub no_driver: u64,
    /// The rider's bank declined the payment for good.
    pub payment_declined: u64,
    /// The rider did not confirm the payment to their bank in time (3-D Secure), or could not.
    pub payment_unconfirmed: u64,
    /// Nobody could say in time whether the payment was good.
    pub payment_unanswered: u64,
    /// The hold was lost, and the one in its place too.
    pub payment_lost: u64,
    /// The order lapsed before a driver and a payment.
    pub expired: u64,
    /// Too many drivers gave it back.
    pub reassignments_used_up: u64,
}

/// Who cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CancelCounts {
    /// The rider.
    pub rider: u64,
    /// The driver; a rider who did not come is theirs to report.
    pub driver: u64,
    /// An operator.
    pub operator: u64,
    /// A deadline.
    pub timer: u64,
}

/// How far drivers came from the pick-up that the accepted offer promised, in seconds; above zero is late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EtaError {
    /// The mean: how biased promises are.
    pub bias: Option<f64>,
    /// The mean absolute error.
    pub mae: Option<f64>,
    /// Nine in ten were off by at most this.
    pub p90: Option<u32>,
}

/// What became of offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OfferCounts {
    /// Offers made.
    pub made: u64,
    /// Accepted; some are withdrawn afterwards, where the driver was not free any more.
    pub accepted: u64,
    /// Refused by the driver.
    pub declined: u64,
    /// Unanswered.
    pub expired: u64,
    /// Taken back.
    pub withdrawn: u64,
}

/// What the payment company was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct HoldCounts {
    /// Holds asked for; one that is lost is asked for once more.
    pub asked: u64,
    /// Refused by the rider's bank.
    pub declined: u64,
}

/// What moved, in minor units. Always: authorised = captured + released + open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyFigures {
    /// The currency.
    pub currency: Currency,
    /// What holds were placed for.
    pub authorised: i128,
    /// What was taken from holds.
    pub captured: i128,
    /// What of holds was given back, or lapsed.
    pub released: i128,
    /// What is held now.
    pub open: i128,
    /// What is owed now.
    pub debt: i128,
    /// What of that is billed to accounts, as was agreed.
    pub debt_on_account: i128,
}

/// What the progress line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LiveFigures {
    /// Trips requested and not yet completed, failed, cancelled or rejected.
    pub live_trips: u64,
    /// Of those, riders without a car at the door.
    pub waiting: u64,
    /// Trips confirmed so far.
    pub confirmed: u64,
    /// The 95th percentile of waits so far, in seconds.
    pub wait_p95_s: Option<u32>,
    /// Events so far.
    pub events: u64,
}
