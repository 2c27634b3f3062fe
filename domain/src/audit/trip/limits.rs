//! What an order, its drivers and its people may do, and how often.

use super::Trip;
use crate::audit::finding::{Flaw, Notes};
use crate::trip::{Actor, FailReason, PlanChange, Start, StartProof, TripRequest};

impl Trip {
    pub(super) fn check_party(request: &TripRequest, notes: &mut Notes<'_>) {
        let seats = request.requirements().seats().max(1);
        notes.expect(request.party_size() <= seats, Flaw::PartyTooLarge);
    }

    /// An order is its rider's, the noted driver's, and everybody's whom the platform lets speak for it.
    pub(super) fn check_actor(&self, by: Actor, notes: &mut Notes<'_>) {
        let is_theirs = match by {
            Actor::Rider(rider) => self.order.as_ref().is_none_or(|order| order.rider() == rider),
            Actor::Driver(driver) => self.noted().is_some_and(|noted| noted.driver == driver),
            Actor::Operator(_) | Actor::Timer => true,
        };
        notes.expect(is_theirs, Flaw::NotTheirs);
    }

    /// A change of plan leaves the pick-up where it is, and the hold and the tariff as they were.
    pub(super) fn check_plan(&self, change: &PlanChange, notes: &mut Notes<'_>) {
        self.check_actor(change.by, notes);
        let Some(order) = &self.order else { return };
        notes.expect(change.plan.pick_up == order.plan().pick_up, Flaw::PickUpMoved);
        let (first, now) = (order.quote(), &change.quote);
        if first.currency() == now.currency() {
            let is_within = now.hold().minor() <= first.hold().minor();
            notes.expect(is_within, Flaw::HoldAboveQuote);
        } else {
            notes.add(Flaw::CurrencyMixed);
        }
        notes.expect(first.edition() == now.edition(), Flaw::TariffReplaced);
    }

    pub(super) fn check_round(&self, round: u8, notes: &mut Notes<'_>) {
        if let Some(most) = self.reassignments_max() {
            notes.expect(round <= most, Flaw::ReassignedTooOften { round });
        }
    }

    /// The last driver is given up only once no other may be sought.
    pub(super) fn check_rounds_used_up(&self, reason: FailReason, notes: &mut Notes<'_>) {
        match reason {
            FailReason::ReassignmentsUsedUp => {
                let left = self
                    .reassignments_max()
                    .map_or(0, |most| most.saturating_sub(self.round));
                notes.expect(left == 0, Flaw::ReassignmentsLeft { left });
            }
            FailReason::NoDriver | FailReason::PaymentDeclined | FailReason::Expired => {}
        }
    }

    fn reassignments_max(&self) -> Option<u8> {
        self.order.as_ref().map(|order| order.policy().reassignments_max)
    }

    /// Each driver's wrong codes are counted one by one, up to the order's limit.
    pub(super) fn check_wrong_code(&self, attempts: u8, notes: &mut Notes<'_>) {
        let is_next = Some(attempts) == self.wrong_codes.checked_add(1);
        notes.expect(is_next, Flaw::StartCodeMiscounted { attempts });
        notes.expect(!self.are_codes_used_up(), Flaw::StartCodesExceeded { attempts });
    }

    /// After the last code that may be tried, an operator must vouch for the rider.
    pub(super) fn check_start(&self, start: &Start, notes: &mut Notes<'_>) {
        match start.proof {
            StartProof::Code => notes.expect(!self.are_codes_used_up(), Flaw::StartUnvouched),
            StartProof::Operator(_) => {}
        }
    }

    fn are_codes_used_up(&self) -> bool {
        let most = self.order.as_ref().map(|order| order.policy().start_codes_max);
        most.is_some_and(|most| self.wrong_codes >= most)
    }
}
