//! A charge as the auditor sees it: each hold ends once, and what is due is covered.
//!
//! What may follow what: [`sequence`]. How often a hold is tried, and how long: [`attempts`]. How much: [`amounts`]. What comes
//! after the end: [`correction`].

mod amounts;
mod attempts;
pub(super) mod correction;
mod sequence;

use super::finding::{Flaw, Notes};
use super::later::{Blank, Later};
use super::tape::Tape;
use crate::event::Event;
use crate::money::{Currency, Money};
use crate::payment::{AuthorizationStart, PaymentEvent, Purpose, SettlementBasis, Waiver};
use crate::stream::{ChargeNumber, Commit, Version};
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, MoneyOutcome};
use amounts::amount_of;
use correction::Corrected;
use std::sync::Arc;

/// A hold is placed once, and once more where it is lost.
const ATTEMPTS_MAX: u8 = 2;

/// The current attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Hold {
    #[default]
    None,
    Waived(Waiver),
    Started,
    Created,
    ActionRequired,
    Open,
    /// Lost without our doing: the only end after which another may start.
    Lost,
    Captured,
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Operation {
    #[default]
    None,
    Capturing,
    Voiding,
    /// Giving back this much, in minor units.
    Refunding(i64),
}

/// A charge, with its stream.
#[derive(Debug, Default)]
pub(super) struct Charge {
    pub(super) tape: Tape,
    hold: Hold,
    attempts: u8,
    /// What is held now.
    held_minor: i64,
    /// The latest attempt.
    pub(super) start: Option<Arc<AuthorizationStart>>,
    /// Attempts that held, and those that lost their hold: a bit each.
    held_once: u8,
    lost: u8,
    pub(super) is_declined: bool,
    is_asked: bool,
    pub(super) currency: Option<Currency>,
    /// What it is for, by its first event.
    purpose: Option<Purpose>,
    pub(super) end: Later<End>,
}

/// How a charge ends.
#[derive(Debug, Default)]
pub(super) struct End {
    operation: Operation,
    /// What the settlement stands on.
    pub(super) basis: Option<SettlementBasis>,
    pub(super) due: Option<Money>,
    pub(super) asked_at: Version,
    pub(super) captured_minor: i64,
    /// Captured though a void was asked: to be given back before the end.
    stray_minor: i64,
    pub(super) recorded_debt_minor: i64,
    pub(super) debt_minor: i64,
    pub(super) outcome: Option<MoneyOutcome>,
    aftermath: Option<Box<Aftermath>>,
}

impl Blank for End {
    const BLANK: &'static Self = &Self {
        operation: Operation::None,
        basis: None,
        due: None,
        asked_at: Version::EMPTY,
        captured_minor: 0,
        stray_minor: 0,
        recorded_debt_minor: 0,
        debt_minor: 0,
        outcome: None,
        aftermath: None,
    };
}

/// What seldom follows on a capture.
#[derive(Debug, Default)]
struct Aftermath {
    refunds: u16,
    refunded_minor: i64,
    corrected: Corrected,
    /// Disputes that are not decided.
    disputes: Vec<u16>,
    /// Disputes' numbers, each with the numbers of its movements.
    dispute_movements: Vec<(u16, u16)>,
}

impl Charge {
    /// A charge that closed in the past, over `due_minor`: what was neither captured nor is owed was paid in cash, or dealt
    /// with since.
    pub(super) fn resumed(
        tape: Tape,
        currency: Option<Currency>,
        due_minor: i64,
        (captured_minor, debt_minor): (i64, i64),
    ) -> Self {
        let outcome = MoneyOutcome {
            currency,
            captured_minor,
            debt_minor,
            cash_minor: due_minor
                .saturating_sub(captured_minor)
                .saturating_sub(debt_minor),
        };
        let end = End {
            due: currency.map(|currency| Money::new(due_minor, currency)),
            captured_minor,
            recorded_debt_minor: debt_minor,
            debt_minor,
            outcome: Some(outcome),
            ..End::default()
        };
        Self {
            tape,
            hold: Hold::Ended,
            is_asked: true,
            currency,
            end: end.into(),
            ..Self::default()
        }
    }

    fn has_outcome(&self) -> bool {
        self.end.outcome.is_some()
    }

    /// Closed, and no refund is under way.
    pub(super) fn is_closed(&self) -> bool {
        self.has_outcome() && self.end.operation == Operation::None
    }

    pub(super) fn is_holding(&self) -> bool {
        self.hold == Hold::Open
    }

    pub(super) fn is_waived(&self) -> bool {
        self.waiver().is_some()
    }

    /// Why nothing is held.
    pub(super) const fn waiver(&self) -> Option<Waiver> {
        match self.hold {
            Hold::Waived(waiver) => Some(waiver),
            Hold::None
            | Hold::Started
            | Hold::Created
            | Hold::ActionRequired
            | Hold::Open
            | Hold::Lost
            | Hold::Captured
            | Hold::Ended => None,
        }
    }

    /// Nothing is under way, and only what was captured and is owed matters to what may still come.
    pub(super) fn is_plain(&self) -> bool {
        self.is_closed()
            && self.end.aftermath.is_none()
            && self.end.stray_minor == 0
            && self.end.debt_minor == self.end.recorded_debt_minor
    }

    /// What corrections left, where there was one.
    pub(super) fn corrected(&self) -> Option<&Corrected> {
        self.end.aftermath.as_ref().map(|after| &after.corrected)
    }

    fn corrected_mut(&mut self) -> &mut Corrected {
        &mut self.aftermath_mut().corrected
    }

    /// What it is for, by its first event.
    pub(super) const fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    fn refunds(&self) -> u16 {
        self.end.aftermath.as_ref().map_or(0, |after| after.refunds)
    }

    fn refunded_minor(&self) -> i64 {
        self.end
            .aftermath
            .as_ref()
            .map_or(0, |after| after.refunded_minor)
    }

    /// Whether the dispute is not decided yet.
    fn is_disputed(&self, dispute: u16) -> bool {
        let after = self.end.aftermath.as_ref();
        after.is_some_and(|after| after.disputes.contains(&dispute))
    }

    fn has_moved(&self, dispute: u16, movement: u16) -> bool {
        let after = self.end.aftermath.as_ref();
        after.is_some_and(|after| after.dispute_movements.contains(&(dispute, movement)))
    }

    /// Whether attempt `number` ever held.
    pub(super) fn has_held(&self, number: AuthorizationNumber) -> bool {
        self.held_once & bit(number) != 0
    }

    /// Whether attempt `number` lost its hold.
    pub(super) fn has_lost(&self, number: AuthorizationNumber) -> bool {
        self.lost & bit(number) != 0
    }

    fn is_live(&self) -> bool {
        match self.hold {
            Hold::Started | Hold::Created | Hold::ActionRequired | Hold::Open => true,
            Hold::None | Hold::Waived(_) | Hold::Lost | Hold::Captured | Hold::Ended => false,
        }
    }

    pub(super) fn observe(&mut self, number: ChargeNumber, commit: &Commit, notes: &mut Notes<'_>) {
        for event in commit.events.iter() {
            let Event::Payment(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            let charge = event.charge();
            let purpose = *self.purpose.get_or_insert(charge.purpose);
            if (charge.number, charge.purpose) != (number, purpose) {
                notes.add(Flaw::WrongStream { event: event.name() });
            }
            if !self.may_follow(event) {
                notes.out_of_place(event.name());
            }
            self.check_currency(event, notes);
            self.check(event, commit.at, notes);
            self.fold(event, commit.version);
        }
    }

    fn check(&self, event: &PaymentEvent, at: Timestamp, notes: &mut Notes<'_>) {
        match *event {
            PaymentEvent::AuthorizationStarted(ref start) => self.check_start(start, at, notes),
            PaymentEvent::ActionRequired { budget_ends_at, .. } => {
                self.check_action_budget(budget_ends_at, notes);
            }
            PaymentEvent::Declined { reason, .. } => self.check_given_up(reason, at, notes),
            PaymentEvent::Authorized { amount, .. } => self.check_held(amount, notes),
            PaymentEvent::CaptureStarted { amount, .. } => {
                self.check_capture(amount, self.end.due.map_or(0, Money::minor), notes);
            }
            PaymentEvent::Captured {
                captured,
                released_minor,
                ..
            } => self.check_captured(captured, released_minor, notes),
            PaymentEvent::VoidRefused {
                captured,
                released_minor,
                ..
            } => self.check_end(captured.minor().saturating_add(released_minor), notes),
            PaymentEvent::AuthorizationLost { released, .. }
            | PaymentEvent::CaptureFailed { released, .. }
            | PaymentEvent::Voided { released, .. } => self.check_end(released.minor(), notes),
            PaymentEvent::RefundStarted { amount, .. } | PaymentEvent::Refunded { amount, .. } => {
                self.check_refund(amount, notes);
            }
            PaymentEvent::CashReturned { amount, .. } => self.check_cash_returned(amount, notes),
            PaymentEvent::DebtSettled { amount, .. }
            | PaymentEvent::DebtWrittenOff { amount, .. }
            | PaymentEvent::DebtReduced { amount, .. } => self.check_debt(amount, notes),
            PaymentEvent::Closed { outcome, .. } => self.check_outcome(outcome, notes),
            PaymentEvent::Waived { .. }
            | PaymentEvent::IntentCreated { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::VoidStarted { .. }
            | PaymentEvent::DebtRecorded { .. }
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::FurtherChargeAsked(_) => {}
        }
    }

    fn taken(&self) -> i64 {
        self.end.captured_minor.saturating_add(self.end.stray_minor)
    }

    /// What was taken and not given back.
    pub(super) fn kept_minor(&self) -> i64 {
        self.taken().saturating_sub(self.refunded_minor())
    }

    fn fold(&mut self, event: &PaymentEvent, version: Version) {
        if self.currency.is_none() {
            self.currency = amount_of(event).map(Money::currency);
        }
        match *event {
            PaymentEvent::Waived { waiver, .. } => self.hold = Hold::Waived(waiver),
            PaymentEvent::AuthorizationStarted(ref start) => self.attempt(start),
            PaymentEvent::IntentCreated { .. } => self.hold = Hold::Created,
            PaymentEvent::ActionRequired { .. } => self.hold = Hold::ActionRequired,
            PaymentEvent::Authorized {
                authorization,
                amount,
                ..
            } => self.place_hold(authorization, amount),
            PaymentEvent::AuthorizationLost { authorization, .. } => self.lose_hold(authorization),
            PaymentEvent::Declined { .. } => self.decline(),
            PaymentEvent::CaptureFailed { .. } | PaymentEvent::Voided { .. } => self.end_hold(Hold::Ended),
            PaymentEvent::SettlementAsked { basis, due, .. } => self.ask((basis, due), version),
            PaymentEvent::CaptureStarted { .. } => self.end.operation = Operation::Capturing,
            PaymentEvent::VoidStarted { .. } => self.end.operation = Operation::Voiding,
            PaymentEvent::Captured { captured, .. } => self.capture(captured),
            PaymentEvent::VoidRefused { captured, .. } => self.capture_unasked(captured),
            PaymentEvent::Closed { outcome, .. } => self.end.outcome = Some(outcome),
            PaymentEvent::DebtRecorded { amount, .. } => self.owe(amount),
            PaymentEvent::DebtSettled { amount, .. } | PaymentEvent::DebtWrittenOff { amount, .. } => {
                self.pay_debt(amount);
            }
            PaymentEvent::RefundStarted { refund, amount, .. } => self.start_refund(refund, amount),
            PaymentEvent::Refunded { amount, .. } => self.refund(amount),
            PaymentEvent::RefundFailed { amount, .. } => self.fail_refund(amount),
            PaymentEvent::CorrectionAsked { correction, .. } => self.corrected_mut().correct(correction),
            PaymentEvent::FurtherChargeAsked(ref further) => self.corrected_mut().share(further),
            PaymentEvent::DebtReduced { amount, .. } => self.reduce_debt(amount),
            PaymentEvent::CashReturned { amount, .. } => {
                add(&mut self.corrected_mut().returned_minor, amount);
            }
            PaymentEvent::DisputeOpened { dispute, .. } => self.aftermath_mut().disputes.push(dispute),
            PaymentEvent::DisputeFundsMoved {
                dispute, movement, ..
            } => self.aftermath_mut().dispute_movements.push((dispute, movement)),
            PaymentEvent::DisputeClosed { dispute, .. } => {
                self.aftermath_mut().disputes.retain(|open| *open != dispute);
            }
        }
    }

    fn attempt(&mut self, start: &Arc<AuthorizationStart>) {
        self.hold = Hold::Started;
        self.attempts = start.authorization.0.saturating_add(1);
        self.start = Some(Arc::clone(start));
    }

    fn place_hold(&mut self, number: AuthorizationNumber, amount: Money) {
        self.hold = Hold::Open;
        self.held_minor = amount.minor();
        self.held_once |= bit(number);
    }

    fn lose_hold(&mut self, number: AuthorizationNumber) {
        self.end_hold(Hold::Lost);
        self.lost |= bit(number);
    }

    fn decline(&mut self) {
        self.is_declined = true;
        self.end_hold(Hold::Ended);
    }

    fn capture(&mut self, captured: Money) {
        self.end_hold(Hold::Captured);
        add(&mut self.end.captured_minor, captured);
    }

    /// A void was asked, and money taken.
    fn capture_unasked(&mut self, captured: Money) {
        self.end_hold(Hold::Captured);
        add(&mut self.end.stray_minor, captured);
    }

    fn ask(&mut self, (basis, due): (SettlementBasis, Option<Money>), version: Version) {
        self.is_asked = true;
        let end = &mut *self.end;
        (end.basis, end.due, end.asked_at) = (Some(basis), due, version);
    }

    fn start_refund(&mut self, refund: u16, amount: Money) {
        self.end.operation = Operation::Refunding(amount.minor());
        self.aftermath_mut().refunds = refund;
    }

    fn refund(&mut self, amount: Money) {
        self.end.operation = Operation::None;
        add(&mut self.aftermath_mut().refunded_minor, amount);
    }

    fn fail_refund(&mut self, amount: Money) {
        self.end.operation = Operation::None;
        add(&mut self.corrected_mut().failed_minor, amount);
    }

    fn owe(&mut self, amount: Money) {
        add(&mut self.end.debt_minor, amount);
        add(&mut self.end.recorded_debt_minor, amount);
    }

    fn reduce_debt(&mut self, amount: Money) {
        self.pay_debt(amount);
        add(&mut self.corrected_mut().reduced_minor, amount);
    }

    fn pay_debt(&mut self, amount: Money) {
        self.end.debt_minor = self.end.debt_minor.saturating_sub(amount.minor());
    }

    fn aftermath_mut(&mut self) -> &mut Aftermath {
        self.end.aftermath.get_or_insert_default()
    }

    fn end_hold(&mut self, hold: Hold) {
        self.hold = hold;
        self.held_minor = 0;
        if self.end.operation != Operation::None {
            self.end.operation = Operation::None;
        }
    }
}

const fn add(sum_minor: &mut i64, amount: Money) {
    *sum_minor = sum_minor.saturating_add(amount.minor());
}

/// The bit of an attempt; attempts beyond the eighth share none.
fn bit(number: AuthorizationNumber) -> u8 {
    1_u8.checked_shl(u32::from(number.0)).unwrap_or_default()
}
