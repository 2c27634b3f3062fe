//! Tips: how long after a ride, how many, how much, and from which card.

use super::Trip;
use crate::audit::few::Few;
use crate::audit::finding::{Flaw, Notes};
use crate::money::Money;
use crate::stream::ChargeNumber;
use crate::time::Timestamp;
use crate::trip::{PaymentMethod, PaymentMethodId, Tip};
use crate::units::Millis;

/// A ride is tipped for 30 days.
const WINDOW: Millis = Millis::from_minutes(30 * 24 * 60);
/// Not more often than this.
const COUNT_MAX: usize = 8;
/// And all tips together come to at most so many of the order's holds.
const HOLDS_MAX: i64 = 2;

/// Tips that were given, and what they are held to.
#[derive(Debug, Default)]
pub(super) struct Tips {
    /// What the order held at most, in minor units, if it was paid by card.
    pub(super) hold_minor: Option<i64>,
    pub(super) given: Few<(ChargeNumber, Money)>,
}

impl Trip {
    /// What the rider tipped, by charge.
    pub(in crate::audit) fn tips(&self) -> &[(ChargeNumber, Money)] {
        self.end.tips.as_ref().map_or(&[], |tips| &tips.given)
    }

    /// What the order held at most, in minor units; none where it is not paid by card.
    pub(in crate::audit) fn card_hold_minor(&self) -> Option<i64> {
        let known = self.end.tips.as_ref().and_then(|tips| tips.hold_minor);
        known.or_else(|| {
            self.card()?;
            self.hold().map(Money::minor)
        })
    }

    /// The order's card.
    pub(in crate::audit) fn card(&self) -> Option<PaymentMethodId> {
        match self.order.as_ref()?.payment() {
            PaymentMethod::Hold { method } => Some(method),
            PaymentMethod::Cash | PaymentMethod::Account => None,
        }
    }

    pub(super) fn check_tip(&self, tip: &Tip, at: Timestamp, notes: &mut Notes<'_>) {
        let until = self.since.plus(WINDOW);
        if at > until {
            let by_ms = at.since(until).get();
            notes.add(Flaw::TipTooLate { by_ms });
        }
        let given = self.tips();
        notes.expect(given.len() < COUNT_MAX, Flaw::TipsTooMany);
        let Some(hold_minor) = self.card_hold_minor() else {
            notes.add(Flaw::TipWithoutCard);
            return;
        };
        let before = given
            .iter()
            .fold(0, |sum: i64, (_, tip)| sum.saturating_add(tip.minor()));
        let is_within = before.saturating_add(tip.amount.minor()) <= hold_minor.saturating_mul(HOLDS_MAX);
        notes.expect(is_within, Flaw::TipsTooHigh);
        let is_of_card = self.card().is_none_or(|card| card == tip.method);
        notes.expect(is_of_card, Flaw::CardDiffers);
    }

    pub(super) fn note_tip(&mut self, tip: &Tip) {
        let hold_minor = self.card_hold_minor();
        let tips = self.end.tips.get_or_insert_default();
        tips.hold_minor = hold_minor;
        tips.given.push((tip.charge, tip.amount));
    }
}
