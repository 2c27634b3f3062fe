//! What a ride costs: the receipt is of this trip, of what was driven, and comes to what is due.

use super::Trip;
use crate::audit::finding::{Flaw, Notes};
use crate::event::Event;
use crate::money::Money;
use crate::pricing::{Happened, Receipt};
use crate::trip::{Actor, Adjustment, Completion, TripEvent};

impl Trip {
    /// A ride that a deadline ended has no reading; every other has one.
    pub(super) fn check_end(&self, completion: &Completion, notes: &mut Notes<'_>) {
        self.check_actor(completion.by, notes);
        let is_read = match completion.by {
            Actor::Timer => completion.reading.is_none(),
            Actor::Rider(_) | Actor::Driver(_) | Actor::Operator(_) => completion.reading.is_some(),
        };
        notes.expect(is_read, Flaw::ReadingDiffers);
    }

    /// The fare is of the reading that the ride's end tells, in the same commit.
    pub(super) fn check_reading(events: &[Event], notes: &mut Notes<'_>) {
        let completion = events.iter().find_map(|event| match event {
            Event::Trip(TripEvent::Completed(completion)) => Some(completion),
            Event::Trip(_)
            | Event::Dispatch(_)
            | Event::Payment(_)
            | Event::Driver(_)
            | Event::Ops(_)
            | Event::Tariff(_) => None,
        });
        let Some(completion) = completion else { return };
        for event in events {
            if let Event::Trip(TripEvent::FareSettled(receipt)) = event {
                let is_same = match (receipt.happened(), &completion.reading) {
                    (Happened::Driven(priced), Some(told)) => priced == &**told,
                    (Happened::Unread, None) | (Happened::UnpricedRide, Some(_) | None) => true,
                    (
                        Happened::Driven(_)
                        | Happened::Unread
                        | Happened::Cancelled(_)
                        | Happened::UnpricedCancellation(_),
                        Some(_) | None,
                    ) => false,
                };
                notes.expect(is_same, Flaw::ReadingDiffers);
            }
        }
    }

    /// The receipt settles the quote in force, and comes to what is due.
    pub(super) fn check_receipt(&self, due: Option<Money>, receipt: &Receipt, notes: &mut Notes<'_>) {
        let total = receipt.total();
        let is_same = due.map_or(total.is_zero(), |due| due == total);
        let flaw = Flaw::ReceiptDiffers {
            due_minor: due.map_or(0, Money::minor),
            total_minor: total.minor(),
        };
        notes.expect(is_same, flaw);
        notes.expect(self.is_settled_by(receipt), Flaw::ReceiptOfAnotherQuote);
    }

    pub(super) fn check_correction(&self, adjustment: &Adjustment, notes: &mut Notes<'_>) {
        let is_latest = self.end.receipts.checked_sub(1) == Some(adjustment.supersedes)
            && self.end.total == Some(adjustment.superseded.total());
        notes.expect(is_latest, Flaw::CorrectionDiffers);
        let currency = adjustment.receipt.total().currency();
        let is_same = self.end.total.is_none_or(|total| total.currency() == currency);
        notes.expect(is_same, Flaw::CurrencyMixed);
        let asked = |receipt: &Receipt| {
            let parts = receipt.parts();
            (parts.tariff, parts.ride.clone(), parts.at, parts.surge)
        };
        let (before, now) = (&adjustment.superseded, &adjustment.receipt);
        let is_within = now.total().minor() <= before.parts().computed.hold.minor();
        notes.expect(
            is_within && asked(before) == asked(now) && self.is_settled_by(now),
            Flaw::CorrectionUnfounded,
        );
    }

    /// Whether the receipt is of the quote in force; of a trip that was forgotten nobody can tell.
    fn is_settled_by(&self, receipt: &Receipt) -> bool {
        self.quote().is_none_or(|quote| quote.is_settled_by(receipt))
    }
}
