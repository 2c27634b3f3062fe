//! Receipts, recomputed: what riders were charged is what the tariff makes of what happened.

use super::finding::{Flaw, Notes};
use crate::event::Event;
use crate::id::TariffId;
use crate::pricing::{Quote, Receipt, Tariff, TariffEdition, TariffEvent};
use crate::trip::TripEvent;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tariffs that receipts are held to.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    by_name: BTreeMap<(TariffId, u32), Arc<Tariff>>,
    pub(super) verified: u64,
    pub(super) unpriced: u64,
}

impl Receipts {
    /// Of one name and version the first counts: what a log says later does not change what it is held to.
    pub(super) fn know(&mut self, tariff: &Arc<Tariff>) {
        self.by_name
            .entry((tariff.id(), tariff.version()))
            .or_insert_with(|| Arc::clone(tariff));
    }

    /// The one that goes by the name and version of `edition`.
    fn known(&self, edition: TariffEdition) -> Option<&Arc<Tariff>> {
        self.by_name.get(&(edition.tariff(), edition.version()))
    }

    /// The tariff that a quote is held to: the known one of that name and version, else its own.
    pub(super) fn tariff_of<'a>(&'a self, quote: &'a Quote) -> Option<&'a Arc<Tariff>> {
        let known = self.known(quote.edition());
        known.or_else(|| quote.tariff().ok())
    }

    pub(super) fn observe(&mut self, events: &[Event], notes: &mut Notes<'_>) {
        for event in events {
            match event {
                Event::Trip(TripEvent::Requested(request)) => {
                    self.hold_to_the_known(request.quote(), notes);
                }
                Event::Trip(TripEvent::FareSettled(receipt)) => self.verify(receipt, notes),
                Event::Trip(TripEvent::FareAdjusted(adjustment)) => self.verify(&adjustment.receipt, notes),
                Event::Trip(TripEvent::Cancelled(cancelled)) => {
                    if let Some(receipt) = &cancelled.receipt {
                        self.verify(receipt, notes);
                    }
                }
                Event::Tariff(TariffEvent::Published(publication)) => self.know(publication.tariff()),
                Event::Trip(_)
                | Event::Dispatch(_)
                | Event::Payment(_)
                | Event::Driver(_)
                | Event::Ops(_) => {}
            }
        }
    }

    /// Without this, a fee that an edited tariff leaves out would be missed: where nothing is charged, no receipt is wrong.
    fn hold_to_the_known(&mut self, quote: &Quote, notes: &mut Notes<'_>) {
        if let Ok(tariff) = quote.tariff() {
            self.know(tariff);
        }
        let known = self.known(quote.edition());
        let is_known = |tariff: &Arc<Tariff>| tariff.edition() == quote.edition();
        notes.expect(known.is_none_or(is_known), Flaw::TariffEdited);
    }

    /// A receipt that was made without pricing follows from no tariff: its trip holds it to the quote.
    fn verify(&mut self, receipt: &Receipt, notes: &mut Notes<'_>) {
        if receipt.is_unpriced() {
            self.unpriced = self.unpriced.saturating_add(1);
            return;
        }
        let tariff = self.known(receipt.edition());
        if tariff.is_some_and(|tariff| receipt.verify(tariff).is_ok()) {
            self.verified = self.verified.saturating_add(1);
        } else {
            notes.add(Flaw::ReceiptUnfounded);
        }
    }
}
