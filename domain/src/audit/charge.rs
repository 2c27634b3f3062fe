//! A charge as the auditor sees it: each hold ends once, and what is due is covered.

use super::correction::Corrected;
use super::finding::{Flaw, Notes};
use super::tape::Tape;
use crate::event::Event;
use crate::money::{Currency, Money};
use crate::payment::{DeclineReason, PaymentEvent, Purpose, Waiver};
use crate::stream::{ChargeNumber, Commit, Version};
use crate::trip::{AuthorizationNumber, MoneyOutcome};

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
    operation: Operation,
    attempts: u8,
    /// What is held now.
    held: Option<Money>,
    /// The most that any attempt wanted held.
    pub(super) wanted: Option<Money>,
    /// Attempts that held, and those that lost their hold: a bit each.
    held_once: u8,
    lost: u8,
    is_asked: bool,
    pub(super) due: Option<Money>,
    pub(super) asked_at: Version,
    pub(super) currency: Option<Currency>,
    pub(super) captured_minor: i64,
    /// Captured though a void was asked: to be given back before the end.
    stray_minor: i64,
    pub(super) recorded_debt_minor: i64,
    pub(super) debt_minor: i64,
    /// What it is for, by its first event.
    purpose: Option<Purpose>,
    pub(super) outcome: Option<Box<MoneyOutcome>>,
    aftermath: Option<Box<Aftermath>>,
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
        Self {
            tape,
            hold: Hold::Ended,
            is_asked: true,
            currency,
            due: currency.map(|currency| Money::new(due_minor, currency)),
            captured_minor,
            recorded_debt_minor: debt_minor,
            debt_minor,
            outcome: Some(Box::new(outcome)),
            ..Self::default()
        }
    }

    fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// Closed, and no refund is under way.
    pub(super) fn is_closed(&self) -> bool {
        self.has_outcome() && self.operation == Operation::None
    }

    pub(super) fn is_holding(&self) -> bool {
        self.hold == Hold::Open
    }

    pub(super) fn is_waived(&self) -> bool {
        matches!(self.hold, Hold::Waived(_))
    }

    /// Nothing is under way, and only what was captured and is owed matters to what may still come.
    pub(super) fn is_plain(&self) -> bool {
        self.is_closed()
            && self.aftermath.is_none()
            && self.stray_minor == 0
            && self.debt_minor == self.recorded_debt_minor
    }

    /// What corrections left, where there was one.
    pub(super) fn corrected(&self) -> Option<&Corrected> {
        self.aftermath.as_ref().map(|after| &after.corrected)
    }

    fn corrected_mut(&mut self) -> &mut Corrected {
        &mut self.aftermath_mut().corrected
    }

    /// What it is for, by its first event.
    pub(super) const fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    fn refunds(&self) -> u16 {
        self.aftermath.as_ref().map_or(0, |after| after.refunds)
    }

    fn refunded_minor(&self) -> i64 {
        self.aftermath.as_ref().map_or(0, |after| after.refunded_minor)
    }

    /// Whether the dispute is not decided yet.
    fn is_disputed(&self, dispute: u16) -> bool {
        let after = self.aftermath.as_ref();
        after.is_some_and(|after| after.disputes.contains(&dispute))
    }

    fn has_moved(&self, dispute: u16, movement: u16) -> bool {
        let after = self.aftermath.as_ref();
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

    fn is_current(&self, number: AuthorizationNumber) -> bool {
        self.attempts.checked_sub(1) == Some(number.0)
    }

    fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due.minor() > 0)
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
            self.check(event, notes);
            self.fold(event, notes.version());
        }
    }

    fn may_follow(&self, event: &PaymentEvent) -> bool {
        match *event {
            PaymentEvent::Waived { .. } => self.hold == Hold::None && !self.is_asked,
            PaymentEvent::AuthorizationStarted(ref start) => {
                !self.is_asked && start.authorization.0 == self.attempts && !self.is_waived()
            }
            PaymentEvent::IntentCreated { authorization, .. } => {
                self.is_current(authorization) && self.hold == Hold::Started
            }
            PaymentEvent::ActionRequired { authorization, .. } => {
                self.is_current(authorization) && self.hold == Hold::Created
            }
            PaymentEvent::Authorized { authorization, .. } => {
                self.is_current(authorization)
                    && (self.hold == Hold::Created || self.hold == Hold::ActionRequired)
            }
            PaymentEvent::AuthorizationLost { authorization, .. } => {
                self.is_current(authorization) && self.hold == Hold::Open && self.operation == Operation::None
            }
            PaymentEvent::Declined {
                authorization,
                reason,
                ..
            } => self.is_current(authorization) && self.may_decline(reason),
            PaymentEvent::SettlementAsked { .. } => !self.is_asked,
            PaymentEvent::CaptureStarted { authorization, .. } => {
                self.may_begin(authorization) && self.is_due() && self.hold == Hold::Open
            }
            // A second capture is a finding of its own.
            PaymentEvent::Captured { authorization, .. } => {
                self.hold == Hold::Captured || self.is_doing(authorization, Operation::Capturing)
            }
            PaymentEvent::CaptureFailed { authorization, .. } => {
                self.is_doing(authorization, Operation::Capturing)
            }
            PaymentEvent::VoidStarted { authorization, .. } => {
                self.may_begin(authorization)
                    && !self.is_due()
                    && self.is_live()
                    && self.hold != Hold::Started
            }
            PaymentEvent::Voided { authorization, .. } | PaymentEvent::VoidRefused { authorization, .. } => {
                self.is_doing(authorization, Operation::Voiding)
            }
            PaymentEvent::Closed { .. } => {
                self.is_asked && !self.has_outcome() && self.operation == Operation::None
            }
            PaymentEvent::DebtRecorded { .. } => {
                self.is_asked && (!self.has_outcome() || self.is_corrected_at_rest())
            }
            PaymentEvent::CorrectionAsked { correction, .. } => correction.revision > self.revision(),
            PaymentEvent::FurtherChargeAsked(ref further) => {
                self.is_corrected_at_rest()
                    && self.purpose == Some(Purpose::Fare)
                    && further.number != ChargeNumber::FARE
                    && further.revision == self.revision()
            }
            PaymentEvent::DebtReduced { .. } | PaymentEvent::CashReturned { .. } => {
                self.is_corrected_at_rest()
            }
            PaymentEvent::DebtSettled { .. } | PaymentEvent::DebtWrittenOff { .. } => self.is_asked,
            // After the end, only a correction gives back.
            PaymentEvent::RefundStarted { refund, .. } => {
                self.operation == Operation::None
                    && Some(refund) == self.refunds().checked_add(1)
                    && (!self.has_outcome() || self.revision() > 0)
            }
            PaymentEvent::Refunded { refund, amount, .. }
            | PaymentEvent::RefundFailed { refund, amount, .. } => {
                self.operation == Operation::Refunding(amount.minor()) && refund == self.refunds()
            }
            PaymentEvent::DisputeOpened { dispute, .. } => !self.is_disputed(dispute),
            // Gateways tell of the money before, during and after a dispute.
            PaymentEvent::DisputeFundsMoved {
                dispute, movement, ..
            } => !self.has_moved(dispute, movement),
            PaymentEvent::DisputeClosed { dispute, .. } => self.is_disputed(dispute),
        }
    }

    fn may_decline(&self, reason: DeclineReason) -> bool {
        match reason {
            DeclineReason::LostAgain => self.hold == Hold::Lost && self.attempts == ATTEMPTS_MAX,
            DeclineReason::Issuer | DeclineReason::ActionFailed | DeclineReason::BudgetOver => {
                self.is_live() && self.hold != Hold::Open && self.operation == Operation::None
            }
        }
    }

    /// Whether a correction may move something now.
    fn is_corrected_at_rest(&self) -> bool {
        self.is_closed() && self.revision() > 0
    }

    /// Whether the end of the hold may begin.
    fn may_begin(&self, authorization: AuthorizationNumber) -> bool {
        self.is_asked && self.operation == Operation::None && self.is_current(authorization)
    }

    fn is_doing(&self, authorization: AuthorizationNumber, operation: Operation) -> bool {
        self.operation == operation && self.is_current(authorization)
    }

    fn check_currency(&self, event: &PaymentEvent, notes: &mut Notes<'_>) {
        if let (Some(known), Some(amount)) = (self.currency, amount_of(event)) {
            notes.expect(known == amount.currency(), Flaw::CurrencyMixed);
        }
    }

    fn check(&self, event: &PaymentEvent, notes: &mut Notes<'_>) {
        match *event {
            PaymentEvent::AuthorizationStarted(_) => {
                let may_start = self.hold == Hold::None || self.hold == Hold::Lost;
                let is_within = self.attempts < ATTEMPTS_MAX;
                // A charge that is asked to end refuses the start as out of place.
                notes.expect(self.is_asked || (may_start && is_within), Flaw::TwoHolds);
            }
            PaymentEvent::Authorized { amount, .. } => {
                let is_wanted = self.wanted.is_none_or(|wanted| amount.minor() <= wanted.minor());
                notes.expect(is_wanted, Flaw::HoldAboveQuote);
            }
            PaymentEvent::CaptureStarted { amount, .. } => {
                let due_minor = self.due.map_or(0, Money::minor);
                self.check_capture(amount, due_minor, notes);
            }
            PaymentEvent::Captured {
                captured,
                released_minor,
                ..
            } => {
                notes.expect(self.hold != Hold::Captured, Flaw::CapturedTwice);
                if self.hold == Hold::Open {
                    // A gateway that took more than was due gives the rest back before the end.
                    self.check_capture(captured, i64::MAX, notes);
                    self.check_end(captured.minor().saturating_add(released_minor), notes);
                }
            }
            PaymentEvent::VoidRefused {
                captured,
                released_minor,
                ..
            } => self.check_end(captured.minor().saturating_add(released_minor), notes),
            PaymentEvent::AuthorizationLost { released, .. }
            | PaymentEvent::CaptureFailed { released, .. }
            | PaymentEvent::Voided { released, .. } => self.check_end(released.minor(), notes),
            PaymentEvent::RefundStarted { amount, .. } => {
                let left = self.taken().saturating_sub(self.refunded_minor());
                notes.expect((1..=left).contains(&amount.minor()), Flaw::RefundAboveCaptured);
            }
            PaymentEvent::Refunded { amount, .. } => {
                let left = self.taken().saturating_sub(self.refunded_minor());
                notes.expect(amount.minor() <= left, Flaw::RefundAboveCaptured);
            }
            PaymentEvent::CashReturned { amount, .. } => {
                let is_within = (1..=self.cash_minor()).contains(&amount.minor());
                notes.expect(is_within, Flaw::RefundAboveCaptured);
            }
            PaymentEvent::DebtSettled { amount, .. }
            | PaymentEvent::DebtWrittenOff { amount, .. }
            | PaymentEvent::DebtReduced { amount, .. } => {
                notes.expect(
                    (1..=self.debt_minor).contains(&amount.minor()),
                    Flaw::DebtAboveOwed,
                );
            }
            PaymentEvent::Closed { outcome, .. } => self.check_outcome(outcome, notes),
            PaymentEvent::Waived { .. }
            | PaymentEvent::IntentCreated { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::Declined { .. }
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

    const fn taken(&self) -> i64 {
        self.captured_minor.saturating_add(self.stray_minor)
    }

    /// What was taken and not given back.
    pub(super) fn kept_minor(&self) -> i64 {
        self.taken().saturating_sub(self.refunded_minor())
    }

    fn check_capture(&self, amount: Money, due_minor: i64, notes: &mut Notes<'_>) {
        let limit = due_minor.min(self.held.map_or(0, Money::minor));
        notes.expect((1..=limit).contains(&amount.minor()), Flaw::CaptureAboveHold);
    }

    /// A hold ends whole: what was taken and given back is what was held.
    fn check_end(&self, ended_minor: i64, notes: &mut Notes<'_>) {
        let held_minor = self.held.map_or(0, Money::minor);
        notes.expect(
            held_minor == ended_minor,
            Flaw::HoldUnbalanced {
                held_minor,
                ended_minor,
            },
        );
    }

    fn check_outcome(&self, outcome: MoneyOutcome, notes: &mut Notes<'_>) {
        notes.expect(!self.is_live(), Flaw::ClosedWithHold);
        let due_minor = self.due.map_or(0, Money::minor);
        let kept_minor = self.kept_minor();
        let may_be_cash = outcome.cash_minor == 0 || self.hold == Hold::Waived(Waiver::Cash);
        let is_told = outcome.captured_minor == kept_minor
            && outcome.debt_minor == self.recorded_debt_minor
            && may_be_cash
            && self
                .currency
                .is_none_or(|currency| outcome.currency == Some(currency));
        notes.expect(is_told, Flaw::OutcomeDiffers);
        let covered_minor = outcome
            .captured_minor
            .saturating_add(outcome.debt_minor)
            .saturating_add(outcome.cash_minor);
        // A tip that could not be taken is owed by nobody.
        let is_tip = self.purpose == Some(Purpose::Tip) && outcome.debt_minor == 0;
        notes.expect(
            covered_minor == due_minor || (is_tip && covered_minor < due_minor),
            Flaw::NotCovered {
                due_minor,
                covered_minor,
            },
        );
    }

    fn fold(&mut self, event: &PaymentEvent, version: Version) {
        if self.currency.is_none() {
            self.currency = amount_of(event).map(Money::currency);
        }
        match *event {
            PaymentEvent::Waived { waiver, .. } => self.hold = Hold::Waived(waiver),
            PaymentEvent::AuthorizationStarted(ref start) => {
                self.hold = Hold::Started;
                self.attempts = start.authorization.0.saturating_add(1);
                let is_more = |known: Money| start.amount.minor() > known.minor();
                if self.wanted.is_none_or(is_more) {
                    self.wanted = Some(start.amount);
                }
            }
            PaymentEvent::IntentCreated { .. } => self.hold = Hold::Created,
            PaymentEvent::ActionRequired { .. } => self.hold = Hold::ActionRequired,
            PaymentEvent::Authorized {
                authorization,
                amount,
                ..
            } => {
                self.hold = Hold::Open;
                self.held = Some(amount);
                self.held_once |= bit(authorization);
            }
            PaymentEvent::AuthorizationLost { authorization, .. } => {
                self.end_hold(Hold::Lost);
                self.lost |= bit(authorization);
            }
            PaymentEvent::Declined { .. }
            | PaymentEvent::CaptureFailed { .. }
            | PaymentEvent::Voided { .. } => self.end_hold(Hold::Ended),
            PaymentEvent::SettlementAsked { due, .. } => {
                self.is_asked = true;
                self.due = due;
                self.asked_at = version;
            }
            PaymentEvent::CaptureStarted { .. } => self.operation = Operation::Capturing,
            PaymentEvent::VoidStarted { .. } => self.operation = Operation::Voiding,
            PaymentEvent::Captured { captured, .. } => {
                self.end_hold(Hold::Captured);
                self.captured_minor = self.captured_minor.saturating_add(captured.minor());
            }
            PaymentEvent::VoidRefused { captured, .. } => {
                self.end_hold(Hold::Captured);
                self.stray_minor = self.stray_minor.saturating_add(captured.minor());
            }
            PaymentEvent::Closed { outcome, .. } => self.outcome = Some(Box::new(outcome)),
            PaymentEvent::DebtRecorded { amount, .. } => {
                self.debt_minor = self.debt_minor.saturating_add(amount.minor());
                self.recorded_debt_minor = self.recorded_debt_minor.saturating_add(amount.minor());
            }
            PaymentEvent::DebtSettled { amount, .. } | PaymentEvent::DebtWrittenOff { amount, .. } => {
                self.debt_minor = self.debt_minor.saturating_sub(amount.minor());
            }
            PaymentEvent::RefundStarted { refund, amount, .. } => {
                self.operation = Operation::Refunding(amount.minor());
                self.aftermath_mut().refunds = refund;
            }
            PaymentEvent::Refunded { amount, .. } => {
                self.operation = Operation::None;
                let after = self.aftermath_mut();
                after.refunded_minor = after.refunded_minor.saturating_add(amount.minor());
            }
            PaymentEvent::RefundFailed { amount, .. } => {
                self.operation = Operation::None;
                let corrected = self.corrected_mut();
                corrected.failed_minor = corrected.failed_minor.saturating_add(amount.minor());
            }
            PaymentEvent::CorrectionAsked { correction, .. } => self.corrected_mut().correct(correction),
            PaymentEvent::FurtherChargeAsked(ref further) => self.corrected_mut().share(further),
            PaymentEvent::DebtReduced { amount, .. } => {
                self.debt_minor = self.debt_minor.saturating_sub(amount.minor());
                let corrected = self.corrected_mut();
                corrected.reduced_minor = corrected.reduced_minor.saturating_add(amount.minor());
            }
            PaymentEvent::CashReturned { amount, .. } => {
                let corrected = self.corrected_mut();
                corrected.returned_minor = corrected.returned_minor.saturating_add(amount.minor());
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

    fn aftermath_mut(&mut self) -> &mut Aftermath {
        self.aftermath.get_or_insert_default()
    }

    fn end_hold(&mut self, hold: Hold) {
        self.hold = hold;
        self.operation = Operation::None;
        self.held = None;
    }
}

/// The bit of an attempt; attempts beyond the eighth share none.
fn bit(number: AuthorizationNumber) -> u8 {
    1_u8.checked_shl(u32::from(number.0)).unwrap_or_default()
}

/// The amount that an event names.
fn amount_of(event: &PaymentEvent) -> Option<Money> {
    match *event {
        PaymentEvent::AuthorizationStarted(ref start) => Some(start.amount),
        PaymentEvent::CorrectionAsked { correction, .. } => Some(correction.due),
        PaymentEvent::FurtherChargeAsked(ref further) => Some(further.due),
        PaymentEvent::SettlementAsked { due, .. } => due,
        PaymentEvent::Authorized { amount, .. }
        | PaymentEvent::AuthorizationLost { released: amount, .. }
        | PaymentEvent::CaptureStarted { amount, .. }
        | PaymentEvent::Captured { captured: amount, .. }
        | PaymentEvent::CaptureFailed { released: amount, .. }
        | PaymentEvent::Voided { released: amount, .. }
        | PaymentEvent::VoidRefused { captured: amount, .. }
        | PaymentEvent::DebtRecorded { amount, .. }
        | PaymentEvent::DebtSettled { amount, .. }
        | PaymentEvent::DebtWrittenOff { amount, .. }
        | PaymentEvent::DebtReduced { amount, .. }
        | PaymentEvent::CashReturned { amount, .. }
        | PaymentEvent::RefundStarted { amount, .. }
        | PaymentEvent::Refunded { amount, .. }
        | PaymentEvent::RefundFailed { amount, .. }
        | PaymentEvent::DisputeOpened { amount, .. }
        | PaymentEvent::DisputeFundsMoved { amount, .. } => Some(amount),
        PaymentEvent::Waived { .. }
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::Declined { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::Closed { .. }
        | PaymentEvent::DisputeClosed { .. } => None,
    }
}
