//! How long a round may search, and how long an offer stands.

use super::{Search, Step};
use crate::audit::finding::{Flaw, Notes};
use crate::audit::trip::{apart_ms, early_ms};
use crate::dispatch::OfferNumber;
use crate::id::DriverId;
use crate::time::Timestamp;
use crate::units::Millis;

impl Search {
    /// Every round of a trip is given the same: what its order says, once both streams are known.
    pub(super) fn check_given(&self, ends_at: Timestamp, at: Timestamp, notes: &mut Notes<'_>) {
        if let Some(given) = self.given {
            expect_same(ends_at, at.plus(given), notes);
        }
    }

    pub(super) fn give(&mut self, ends_at: Timestamp, at: Timestamp) {
        self.budget_ms = ends_at.ms();
        self.given.get_or_insert_with(|| ends_at.since(at));
    }

    const fn ends_at(&self) -> Timestamp {
        Timestamp::from_ms(self.budget_ms)
    }

    /// A pause keeps what was left.
    pub(super) fn check_paused(&self, left_ms: i64, at: Timestamp, notes: &mut Notes<'_>) {
        let by_ms = left_ms.saturating_sub(self.ends_at().since(at).get().max(0));
        notes.expect(by_ms == 0, Flaw::SearchBudgetDiffers { by_ms });
    }

    /// After a pause what was left runs on; after a lock that was refused, nothing has changed.
    pub(super) fn check_resumed(&self, ends_at: Timestamp, at: Timestamp, notes: &mut Notes<'_>) {
        let expected = if self.step == Step::Paused {
            at.plus(Millis::new(self.budget_ms))
        } else {
            self.ends_at()
        };
        expect_same(ends_at, expected, notes);
    }

    /// A round is given up only once its budget is over.
    pub(super) fn check_given_up(&self, at: Timestamp, notes: &mut Notes<'_>) {
        if let Some(by_ms) = early_ms(at, self.ends_at()) {
            notes.add(Flaw::SearchGivenUpEarly { by_ms });
        }
    }

    /// A driver has until the offer's own end to answer.
    pub(super) fn check_offer_expired(
        &self,
        (number, driver): (OfferNumber, DriverId),
        at: Timestamp,
        notes: &mut Notes<'_>,
    ) {
        let offer = self.offer(number, driver);
        let early = offer.and_then(|offer| early_ms(at, offer.expires_at));
        if let Some(by_ms) = early {
            notes.add(Flaw::OfferExpiredEarly { by_ms });
        }
    }
}

fn expect_same(claimed: Timestamp, expected: Timestamp, notes: &mut Notes<'_>) {
    let by_ms = apart_ms(claimed, expected);
    notes.expect(by_ms == 0, Flaw::SearchBudgetDiffers { by_ms });
}
