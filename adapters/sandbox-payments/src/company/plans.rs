//! What the company, the rider and the rider's issuer do by themselves, each at its time.

use super::{Company, Mover};
use crate::dispute::{Dispute, DisputeStatus};
use crate::fate::Fates;
use crate::record::Change;
use fiacre_domain::id::IntentId;
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_ports::IntentStatus;

impl Company {
    /// Does at once what the company would do to an intent by itself at some time or never; whether it could be done.
    pub(crate) fn make_happen(&mut self, intent: IntentId, change: Change, now: Timestamp) -> bool {
        self.advance(now);
        self.change(intent, change, now)
    }

    pub(crate) fn next_notice_at(&self) -> Option<Timestamp> {
        [self.next_own_change_at(), self.post.next_due()]
            .into_iter()
            .flatten()
            .min()
    }

    fn next_own_change_at(&self) -> Option<Timestamp> {
        let planned = self.plans.first().map(|(at, _, _)| *at);
        let refund = self.refunds_due.first().map(|(at, _)| *at);
        [planned, refund].into_iter().flatten().min()
    }

    /// Whether [`advance`](Self::advance) would do anything.
    pub(crate) fn has_planned(&self, now: Timestamp) -> bool {
        let expiry = self.expiries.first().map(|(at, _)| *at);
        let next = [self.next_own_change_at(), expiry];
        next.into_iter().flatten().any(|at| at <= now)
    }

    /// Does everything that was planned up to `now`, each at its own time, and lets keys expire.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(at) = self.next_own_change_at()
            && at <= now
        {
            self.make_own_change(at);
        }
        while let Some((at, intent)) = self.expiries.first().copied()
            && at <= now
        {
            self.expiries.pop_first();
            self.expire_keys(intent);
        }
    }

    fn make_own_change(&mut self, at: Timestamp) {
        if let Some((planned_at, intent, change)) = self.plans.first().copied()
            && planned_at == at
        {
            self.plans.pop_first();
            self.change(intent, change, at);
        } else if let Some((_, key)) = self.refunds_due.pop_first() {
            self.settle_refund(key, at);
        }
    }

    fn expire_keys(&mut self, intent: IntentId) {
        self.foreign.retain(|_, answer| answer.intent != intent);
        self.files.close(intent);
    }

    /// Drops an intent that is over.
    pub(crate) fn forget(&mut self, intent: IntentId) {
        self.expire_keys(intent);
        self.files.drop_closed(intent);
    }

    /// Places the hold and plans its end: the issuer may drop it before it lapses.
    pub(super) fn hold(&mut self, intent: IntentId, mover: Mover, at: Timestamp) {
        let Some(live) = self.files.live(intent) else {
            return;
        };
        let fates = Fates::new(&self.policy, live.method);
        let (amount, draw) = (live.amount, live.hold_draw);
        let capture_before = at.plus(fates.hold_lifetime(draw));
        let lapse = (capture_before, Change::LapseHold);
        let plan = fates
            .hold_lost(draw)
            .map(|after| (at.plus(after), Change::LoseHold))
            .filter(|(lost_at, _)| *lost_at < capture_before)
            .unwrap_or(lapse);
        let status = IntentStatus::RequiresCapture {
            amount,
            capture_before,
        };
        self.move_to(intent, status, Some(plan), mover, at);
    }

    /// Whether the change could be made: plans may be overtaken by what callers do.
    fn change(&mut self, intent: IntentId, change: Change, at: Timestamp) -> bool {
        let Some(status) = self.files.get(intent).map(|record| record.status()) else {
            return false;
        };
        let mover = Mover::Company(change);
        match (change, status) {
            (Change::Hold, IntentStatus::RequiresAction | IntentStatus::Processing) => {
                self.hold(intent, mover, at);
                true
            }
            (Change::LoseHold | Change::LapseHold, IntentStatus::RequiresCapture { .. }) => {
                self.move_to(intent, IntentStatus::Canceled, None, mover, at);
                true
            }
            (Change::OpenDispute, IntentStatus::Succeeded { captured }) => {
                self.open_dispute(intent, captured, at)
            }
            (Change::CloseDispute, IntentStatus::Succeeded { .. }) => self.close_dispute(intent, at),
            (
                Change::Hold
                | Change::LoseHold
                | Change::LapseHold
                | Change::OpenDispute
                | Change::CloseDispute,
                IntentStatus::RequiresConfirmation { .. }
                | IntentStatus::RequiresAction
                | IntentStatus::Processing
                | IntentStatus::RequiresCapture { .. }
                | IntentStatus::Succeeded { .. }
                | IntentStatus::Canceled,
            ) => false,
        }
    }

    fn open_dispute(&mut self, intent: IntentId, captured: Money, at: Timestamp) -> bool {
        let Some(record) = self.files.get(intent) else {
            return false;
        };
        let left_minor = captured.minor().saturating_sub(record.refunded_minor());
        if left_minor <= 0 || self.disputes.contains_key(&intent) {
            return false;
        }
        let draw = self.seed.with_intent(intent);
        let decided_after = Fates::new(&self.policy, record.method()).disputed(draw);
        let amount = Money::new(left_minor, captured.currency());
        self.disputes.insert(intent, Dispute::open(amount, at));
        self.books.disputed(amount);
        if let Some(after) = decided_after {
            self.plans.insert((at.plus(after), intent, Change::CloseDispute));
        }
        self.notify(intent, Mover::Company(Change::OpenDispute), at);
        true
    }

    fn close_dispute(&mut self, intent: IntentId, at: Timestamp) -> bool {
        let (Some(method), Some(dispute)) = (self.method(intent), self.disputes.get_mut(&intent)) else {
            return false;
        };
        if dispute.status() != DisputeStatus::Open {
            return false;
        }
        let won = Fates::new(&self.policy, method).dispute_won(self.seed.with_intent(intent));
        let amount = dispute.amount();
        dispute.close(won);
        if won {
            let back = Money::new(amount.minor().saturating_neg(), amount.currency());
            self.books.disputed(back);
        }
        self.notify(intent, Mover::Company(Change::CloseDispute), at);
        true
    }
}
