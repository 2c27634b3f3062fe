//! The company's own money books: totals per currency, kept apart from the intents so that one can be checked against the
//! other.

use crate::journal::stored_fields;
use fiacre_domain::money::{Currency, Money};
use fiacre_ports::IntentStatus;
use std::collections::BTreeMap;

/// What the company has moved in one currency, in minor units. Always: authorised = captured + released + open, and
/// refunded ≤ captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Held, ever.
    pub authorised_minor: i128,
    /// Taken out of holds.
    pub captured_minor: i128,
    /// Given back out of holds: by cancelling, by capturing less, by lapse or loss.
    pub released_minor: i128,
    /// Held now.
    pub open_minor: i128,
    /// Given back after it was taken.
    pub refunded_minor: i128,
    /// Withdrawn because of disputes that are open or lost.
    pub disputed_minor: i128,
}

/// Totals of every currency that was ever held.
#[derive(Debug, Default)]
pub(crate) struct Books {
    totals: BTreeMap<Currency, Totals>,
}

stored_fields! {
    Totals { authorised_minor captured_minor released_minor open_minor refunded_minor disputed_minor }
    Books { totals }
}

impl Books {
    pub(crate) fn totals(&self) -> BTreeMap<Currency, Totals> {
        self.totals.clone()
    }

    /// Books what an intent's change of status moves.
    pub(crate) fn status_changed(&mut self, currency: Currency, from: IntentStatus, to: IntentStatus) {
        let (held_before, held_after) = (held_minor(from), held_minor(to));
        if held_before == held_after {
            return;
        }
        let totals = self.totals.entry(currency).or_default();
        totals.authorised_minor += held_after;
        totals.open_minor += held_after - held_before;
        if held_before > 0 {
            let captured = captured_minor(to);
            totals.captured_minor += captured;
            totals.released_minor += held_before - captured;
        }
    }

    pub(crate) fn refunded(&mut self, amount: Money) {
        self.totals.entry(amount.currency()).or_default().refunded_minor += i128::from(amount.minor());
    }

    /// Books disputed money as taken; negative for what comes back.
    pub(crate) fn disputed(&mut self, amount: Money) {
        self.totals.entry(amount.currency()).or_default().disputed_minor += i128::from(amount.minor());
    }
}

fn held_minor(status: IntentStatus) -> i128 {
    match status {
        IntentStatus::RequiresCapture { amount, .. } => i128::from(amount.minor()),
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::Succeeded { .. }
        | IntentStatus::Canceled => 0,
    }
}

fn captured_minor(status: IntentStatus) -> i128 {
    match status {
        IntentStatus::Succeeded { captured } => i128::from(captured.minor()),
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::RequiresCapture { .. }
        | IntentStatus::Canceled => 0,
    }
}
