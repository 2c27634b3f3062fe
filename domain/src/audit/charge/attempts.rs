//! How often a hold is tried, and how long each attempt may take.

use super::{ATTEMPTS_MAX, Charge, Hold};
use crate::audit::finding::{Flaw, Notes};
use crate::audit::tape::CLOCK_STEP_MAX;
use crate::audit::trip::{apart_ms, early_ms};
use crate::payment::{AuthorizationStart, DeclineReason};
use crate::time::Timestamp;

impl Charge {
    /// A hold that was lost is placed once more, as the first time.
    pub(super) fn check_start(&self, start: &AuthorizationStart, at: Timestamp, notes: &mut Notes<'_>) {
        let may_start = self.hold == Hold::None || self.hold == Hold::Lost;
        let is_within = self.attempts < ATTEMPTS_MAX;
        // A charge that is asked to end refuses the start as out of place.
        notes.expect(self.is_asked || (may_start && is_within), Flaw::TwoHolds);
        let by_ms = apart_ms(start.budget_ends_at, at.plus(start.budget));
        notes.expect(by_ms == 0, Flaw::AuthorizationBudgetDiffers { by_ms });
        let asked =
            |start: &AuthorizationStart| (start.amount, start.method, start.budget, start.action_budget);
        let is_as_before = self
            .start
            .as_ref()
            .is_none_or(|first| asked(first) == asked(start));
        notes.expect(is_as_before, Flaw::AttemptDiffers);
    }

    /// Where the rider must act, the attempt may take longer, once.
    pub(super) fn check_action_budget(&self, ends_at: Timestamp, notes: &mut Notes<'_>) {
        if let Some(start) = &self.start {
            let by_ms = apart_ms(ends_at, start.budget_ends_at.plus(start.action_budget));
            notes.expect(by_ms == 0, Flaw::AuthorizationBudgetDiffers { by_ms });
        }
    }

    /// An attempt is given up for its time only once that is over. It is judged before the gateway is called, and written
    /// once it has answered: in between, the service's clock may have been set back.
    pub(super) fn check_given_up(&self, reason: DeclineReason, at: Timestamp, notes: &mut Notes<'_>) {
        match reason {
            DeclineReason::BudgetOver => {
                let early = self.budget_ends_at().and_then(|ends_at| early_ms(at, ends_at));
                if let Some(by_ms) = early.filter(|by_ms| *by_ms > CLOCK_STEP_MAX.get()) {
                    notes.add(Flaw::AuthorizationGivenUpEarly { by_ms });
                }
            }
            DeclineReason::Issuer
            | DeclineReason::InsufficientFunds
            | DeclineReason::CardExpired
            | DeclineReason::CardBlocked
            | DeclineReason::MethodRefused
            | DeclineReason::ActionFailed
            | DeclineReason::LostAgain => {}
        }
    }

    fn budget_ends_at(&self) -> Option<Timestamp> {
        let start = self.start.as_ref()?;
        Some(if self.hold == Hold::ActionRequired {
            start.budget_ends_at.plus(start.action_budget)
        } else {
            start.budget_ends_at
        })
    }
}
