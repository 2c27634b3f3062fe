//! A charge's decisions. Precedence: another attempt's answer is stale and changes nothing; then what is under way; then
//! what the end of the trip asked.

use super::{
    AUTHORIZATIONS_MAX, Ask, AuthorizationStart, Authorize, Charge, Command, DebtReason, DeclineReason, Hold,
    Operation, Payment, PaymentEvent, Purpose, Refusal, SettlementBasis, Waiver,
};
use crate::decision::{Aggregate, Decision};
use crate::id::IntentId;
use crate::money::{Currency, Money};
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, MoneyOutcome, PaymentMethod};
use std::sync::Arc;

pub(super) type Answer = Result<Decision<PaymentEvent>, Refusal>;

pub(super) const NOTHING: Answer = Ok(Decision::AlreadyApplied);

impl Aggregate for Payment {
    type Command = Command;
    type Event = PaymentEvent;
    type Refusal = Refusal;

    fn decide(&self, command: &Command, now: Timestamp) -> Answer {
        Ok(self.and_corrected(self.decide_alone(command, now)?))
    }

    fn evolve(&mut self, event: &PaymentEvent, _at: Timestamp) {
        self.apply(event);
    }
}

impl Payment {
    /// What `command` leads to, without the money that a correction moves where it reaches the charge's end.
    fn decide_alone(&self, command: &Command, now: Timestamp) -> Answer {
        match *command {
            Command::Authorize(authorize) => self.decide_authorize(authorize, now),
            Command::RecordIntent {
                authorization,
                intent,
            } => self.decide_intent(authorization, intent),
            Command::RecordActionRequired { authorization } => self.decide_action(authorization),
            Command::RecordAuthorized {
                authorization,
                amount,
                capture_before,
            } => self.decide_authorized(authorization, amount, capture_before),
            Command::RecordCancelled {
                authorization,
                reason,
            } => self.decide_cancelled(authorization, reason, now),
            Command::AbandonAuthorization { authorization } => self.decide_abandon(authorization, now),
            Command::AskSettlement { charge, basis, due } => self.decide_settlement(charge, basis, due),
            Command::RecordCaptured {
                authorization,
                captured,
            } => self.decide_captured(authorization, captured),
            Command::Correct { charge, correction } => self.decide_correction(charge, correction),
            Command::Collect(collect) => self.decide_collect(collect, now),
            Command::RecordRefunded { refund } => Ok(self.decide_refunded(refund)),
            Command::RecordRefundFailed { refund } => Ok(self.decide_refund_failed(refund)),
            Command::SettleDebt { amount } => {
                let charge = self.owed(amount)?;
                Ok(Decision::one(PaymentEvent::DebtSettled { charge, amount }))
            }
            Command::WriteOffDebt { amount } => {
                let charge = self.owed(amount)?;
                Ok(Decision::one(PaymentEvent::DebtWrittenOff { charge, amount }))
            }
            Command::OpenDispute { dispute, amount } => self.decide_dispute_opened(dispute, amount),
            Command::MoveDisputeFunds {
                dispute,
                movement,
                amount,
            } => self.decide_dispute_funds(dispute, movement, amount),
            Command::CloseDispute { dispute, won } => self.decide_dispute_closed(dispute, won),
        }
    }
}

/// Placing the hold.
impl Payment {
    fn decide_authorize(&self, authorize: Authorize, now: Timestamp) -> Answer {
        if self.control.ask.is_some() || self.control.hold != Hold::None {
            return NOTHING;
        }
        let Authorize {
            charge,
            payment,
            amount,
            budget,
            action_budget,
            epoch,
        } = authorize;
        let waived = |waiver| Ok(Decision::one(PaymentEvent::Waived { charge, waiver }));
        match payment {
            PaymentMethod::Cash => waived(Waiver::Cash),
            PaymentMethod::Account => waived(Waiver::Account),
            PaymentMethod::Hold { .. } if amount.minor() <= 0 => waived(Waiver::NothingDue),
            PaymentMethod::Hold { method } => {
                let start = AuthorizationStart {
                    charge,
                    authorization: AuthorizationNumber(0),
                    epoch,
                    amount,
                    method,
                    budget,
                    action_budget,
                    budget_ends_at: now.plus(budget),
                };
                Ok(Decision::one(PaymentEvent::AuthorizationStarted(Arc::new(start))))
            }
        }
    }

    /// A trip that ended in the meantime wants no hold: the intent is cancelled instead of confirmed.
    fn decide_intent(&self, authorization: AuthorizationNumber, intent: IntentId) -> Answer {
        let Some(charge) = self.charge_at(authorization, Hold::Pending) else {
            return NOTHING;
        };
        let mut events = vec![PaymentEvent::IntentCreated {
            charge,
            authorization,
            intent,
        }];
        if self.control.ask == Some(Ask::Void) {
            events.push(PaymentEvent::VoidStarted {
                charge,
                authorization,
            });
        }
        Ok(Decision::Applied(events))
    }

    /// The charge, where `authorization` is the present attempt and stands at `hold`.
    fn charge_at(&self, authorization: AuthorizationNumber, hold: Hold) -> Option<Charge> {
        self.charge
            .filter(|_| authorization == self.authorization() && self.control.hold == hold)
    }

    fn decide_action(&self, authorization: AuthorizationNumber) -> Answer {
        let Some(start) = &self.start else { return NOTHING };
        let Some(charge) = self.charge_at(authorization, Hold::Created) else {
            return NOTHING;
        };
        let budget_ends_at = start.budget_ends_at.plus(start.action_budget);
        Ok(Decision::one(PaymentEvent::ActionRequired {
            charge,
            authorization,
            budget_ends_at,
        }))
    }

    fn decide_authorized(
        &self,
        authorization: AuthorizationNumber,
        amount: Money,
        capture_before: Timestamp,
    ) -> Answer {
        let awaited = matches!(self.control.hold, Hold::Created | Hold::ActionRequired);
        let Some(charge) = self
            .charge
            .filter(|_| awaited && authorization == self.authorization())
        else {
            return NOTHING;
        };
        self.in_currency(amount)?;
        let mut events = vec![PaymentEvent::Authorized {
            charge,
            authorization,
            amount,
            capture_before,
        }];
        // Where a void is asked, it is under way already.
        if self.control.ask == Some(Ask::Capture) {
            let held = Self {
                held: Some(amount),
                ..self.clone()
            };
            events.extend(held.capture(charge, authorization));
        }
        Ok(Decision::Applied(events))
    }

    /// The gateway holds nothing and never will: what that means depends on what was wanted.
    fn decide_cancelled(
        &self,
        authorization: AuthorizationNumber,
        reason: DeclineReason,
        now: Timestamp,
    ) -> Answer {
        if authorization != self.authorization() {
            return NOTHING;
        }
        let (Some(charge), Some(start)) = (self.charge, &self.start) else {
            return NOTHING;
        };
        let released = self.held.unwrap_or(Money::zero(start.amount.currency()));
        let hold = self.control.hold;
        let mut events = match self.control.operation {
            Operation::Voiding if matches!(hold, Hold::Created | Hold::ActionRequired | Hold::Open) => {
                vec![PaymentEvent::Voided {
                    charge,
                    authorization,
                    released,
                }]
            }
            Operation::Capturing if hold == Hold::Open => vec![PaymentEvent::CaptureFailed {
                charge,
                authorization,
                released,
            }],
            Operation::Voiding | Operation::Capturing | Operation::Refunding => return NOTHING,
            Operation::None => match hold {
                Hold::Pending | Hold::Created | Hold::ActionRequired => vec![PaymentEvent::Declined {
                    charge,
                    authorization,
                    reason,
                }],
                Hold::Open => vec![
                    PaymentEvent::AuthorizationLost {
                        charge,
                        authorization,
                        released,
                    },
                    after_loss(start, now),
                ],
                Hold::None | Hold::Waived(_) | Hold::Captured | Hold::Ended => return NOTHING,
            },
        };
        if self.control.ask.is_some() {
            let debt = match self.control.operation {
                Operation::Capturing => DebtReason::CaptureFailed,
                Operation::None | Operation::Voiding | Operation::Refunding => DebtReason::NoHold,
            };
            events.extend(self.closing_without_hold(charge, debt));
        }
        Ok(Decision::Applied(events))
    }

    /// Without an intent nothing can be held, and a late intent finds no attempt and is never confirmed.
    fn decide_abandon(&self, authorization: AuthorizationNumber, now: Timestamp) -> Answer {
        let Some(charge) = self.charge_at(authorization, Hold::Pending) else {
            return NOTHING;
        };
        let due_at = self.budget_ends_at;
        if now < due_at {
            return Err(Refusal::NotDueYet { due_at });
        }
        let mut events = vec![PaymentEvent::Declined {
            charge,
            authorization,
            reason: DeclineReason::BudgetOver,
        }];
        if self.control.ask.is_some() {
            events.extend(self.closing_without_hold(charge, DebtReason::NoHold));
        }
        Ok(Decision::Applied(events))
    }
}

/// A lost hold is placed once more; a second loss is a decline for good.
fn after_loss(start: &AuthorizationStart, now: Timestamp) -> PaymentEvent {
    let next = start.authorization.0.saturating_add(1);
    if next < AUTHORIZATIONS_MAX {
        PaymentEvent::AuthorizationStarted(Arc::new(AuthorizationStart {
            authorization: AuthorizationNumber(next),
            budget_ends_at: now.plus(start.budget),
            ..*start
        }))
    } else {
        PaymentEvent::Declined {
            charge: start.charge,
            authorization: start.authorization,
            reason: DeclineReason::LostAgain,
        }
    }
}

/// The end of the trip.
impl Payment {
    fn decide_settlement(&self, charge: Charge, basis: SettlementBasis, due: Option<Money>) -> Answer {
        if self.control.ask.is_some() {
            return NOTHING;
        }
        due.map_or(Ok(()), |due| self.in_currency(due))?;
        let authorization = self.authorization();
        let asked = Self { due, ..self.clone() };
        let mut events = vec![PaymentEvent::SettlementAsked { charge, basis, due }];
        match (self.control.hold, asked.amount_due()) {
            (Hold::None | Hold::Ended | Hold::Captured, _) => {
                events.extend(asked.closing_without_hold(charge, DebtReason::NoHold));
            }
            (Hold::Waived(waiver), _) => events.extend(asked.closing_waived(charge, waiver, basis)),
            (Hold::Open, Some(_)) => events.extend(asked.capture(charge, authorization)),
            (Hold::Open | Hold::Created | Hold::ActionRequired, None) => {
                events.push(PaymentEvent::VoidStarted {
                    charge,
                    authorization,
                });
            }
            // Outstanding: first its outcome, then capture or void.
            (Hold::Pending, _) | (Hold::Created | Hold::ActionRequired, Some(_)) => {}
        }
        Ok(Decision::Applied(events))
    }

    fn capture(&self, charge: Charge, authorization: AuthorizationNumber) -> Option<PaymentEvent> {
        self.capture_amount().map(|amount| PaymentEvent::CaptureStarted {
            charge,
            authorization,
            amount,
        })
    }

    /// One charge, one currency: the hold's.
    pub(super) fn in_currency(&self, amount: Money) -> Result<(), Refusal> {
        match &self.start {
            Some(start) if start.amount.currency() != amount.currency() => Err(Refusal::CurrencyMismatch),
            Some(_) | None => Ok(()),
        }
    }

    /// What is due, where anything is.
    fn amount_due(&self) -> Option<Money> {
        self.due.filter(|due| due.minor() > 0)
    }

    pub(super) fn closed(
        &self,
        charge: Charge,
        (captured_minor, debt_minor, cash_minor): (i64, i64, i64),
    ) -> PaymentEvent {
        let held_in = self.start.as_ref().map(|start| start.amount.currency());
        let outcome = MoneyOutcome {
            currency: self.due.map(Money::currency).or(held_in),
            captured_minor,
            debt_minor,
            cash_minor,
        };
        PaymentEvent::Closed { charge, outcome }
    }

    /// Nothing is held and nothing will be: what is due is owed.
    ///
    /// A tip is a gift: what could not be taken of it is owed by nobody.
    fn closing_without_hold(&self, charge: Charge, reason: DebtReason) -> Vec<PaymentEvent> {
        let (amount, reason) = match charge.purpose {
            Purpose::Fare | Purpose::Debt => (self.amount_due(), reason),
            Purpose::Correction => (self.amount_due(), DebtReason::Corrected),
            Purpose::Tip => (None, reason),
        };
        match amount {
            Some(amount) => {
                vec![
                    PaymentEvent::DebtRecorded {
                        charge,
                        amount,
                        reason,
                    },
                    self.closed(charge, (0, amount.minor(), 0)),
                ]
            }
            None => vec![self.closed(charge, (0, 0, 0))],
        }
    }

    /// What no hold secures: cash is handed over with the ride; an account is billed; a cash trip's fee is owed.
    fn closing_waived(&self, charge: Charge, waiver: Waiver, basis: SettlementBasis) -> Vec<PaymentEvent> {
        match (self.amount_due(), waiver, basis) {
            (Some(fare), Waiver::Cash, SettlementBasis::Fare) => {
                vec![self.closed(charge, (0, 0, fare.minor()))]
            }
            (Some(_), Waiver::Cash, SettlementBasis::Fee | SettlementBasis::Nothing) => {
                self.closing_without_hold(charge, DebtReason::CashFee)
            }
            (_, Waiver::Account, _) => self.closing_without_hold(charge, DebtReason::Account),
            (_, Waiver::NothingDue, _) | (None, Waiver::Cash, _) => {
                self.closing_without_hold(charge, DebtReason::AboveHold)
            }
        }
    }

    fn decide_captured(&self, authorization: AuthorizationNumber, captured: Money) -> Answer {
        let (Some(charge), Some(held)) = (self.charge, self.held) else {
            return NOTHING;
        };
        if authorization != self.authorization() || self.control.hold != Hold::Open {
            return NOTHING;
        }
        positive(captured, held.currency())?;
        if captured.minor() > held.minor() {
            return Err(Refusal::CaptureAboveHold);
        }
        let released_minor = held.minor().saturating_sub(captured.minor());
        match (self.control.operation, self.due) {
            (Operation::Capturing, Some(due)) => {
                let mut events = vec![PaymentEvent::Captured {
                    charge,
                    authorization,
                    captured,
                    released_minor,
                }];
                let rest_minor = due.minor().saturating_sub(captured.minor());
                let amount = Money::new(rest_minor.saturating_abs(), due.currency());
                match rest_minor {
                    ..0 => events.push(self.refund_start(charge, amount)),
                    0 => events.push(self.closed(charge, (captured.minor(), 0, 0))),
                    1.. if charge.purpose == Purpose::Tip => {
                        events.push(self.closed(charge, (captured.minor(), 0, 0)));
                    }
                    1.. => {
                        events.push(PaymentEvent::DebtRecorded {
                            charge,
                            amount,
                            reason: DebtReason::AboveHold,
                        });
                        events.push(self.closed(charge, (captured.minor(), rest_minor, 0)));
                    }
                }
                Ok(Decision::Applied(events))
            }
            // Captured, though we never asked: what was taken is given back.
            (Operation::Voiding, _) => Ok(Decision::Applied(vec![
                PaymentEvent::VoidRefused {
                    charge,
                    authorization,
                    captured,
                    released_minor,
                },
                self.refund_start(charge, captured),
            ])),
            (Operation::None | Operation::Capturing | Operation::Refunding, _) => NOTHING,
        }
    }
}

/// Afterwards: refunds, debts, disputes.
impl Payment {
    pub(super) fn refund_start(&self, charge: Charge, amount: Money) -> PaymentEvent {
        PaymentEvent::RefundStarted {
            charge,
            refund: self.refunds.saturating_add(1),
            amount,
        }
    }

    fn decide_refunded(&self, refund: u16) -> Decision<PaymentEvent> {
        match self.charge.zip(self.refund) {
            Some((charge, (number, amount))) if number == refund => {
                let mut events = vec![PaymentEvent::Refunded {
                    charge,
                    refund,
                    amount,
                }];
                events.extend(self.closing_after_refund(charge, amount.minor()));
                Decision::Applied(events)
            }
            Some(_) | None => Decision::AlreadyApplied,
        }
    }

    fn decide_refund_failed(&self, refund: u16) -> Decision<PaymentEvent> {
        match self.charge.zip(self.refund) {
            Some((charge, (number, amount))) if number == refund => {
                let mut events = vec![PaymentEvent::RefundFailed {
                    charge,
                    refund,
                    amount,
                }];
                events.extend(self.closing_after_refund(charge, 0));
                Decision::Applied(events)
            }
            Some(_) | None => Decision::AlreadyApplied,
        }
    }

    /// A refund of what should not have been taken closes the charge; where it failed, the charge says what was kept.
    fn closing_after_refund(&self, charge: Charge, refunded_minor: i64) -> Option<PaymentEvent> {
        let taken_minor = self.captured.map_or(0, Money::minor);
        let kept_minor = taken_minor.saturating_sub(refunded_minor);
        (!self.control.closed).then(|| self.closed(charge, (kept_minor, 0, 0)))
    }

    /// The charge, where at least `amount` is owed for it.
    fn owed(&self, amount: Money) -> Result<Charge, Refusal> {
        let currency = self.due.map_or(amount.currency(), Money::currency);
        positive(amount, currency)?;
        if amount.minor() > self.debt_minor {
            Err(Refusal::AboveDebt)
        } else {
            self.charge.ok_or(Refusal::NoSuchCharge)
        }
    }

    fn decide_dispute_opened(&self, dispute: u16, amount: Money) -> Answer {
        let charge = self.charge.ok_or(Refusal::NoSuchCharge)?;
        if self.disputes.contains_key(&dispute) {
            return NOTHING;
        }
        Ok(Decision::one(PaymentEvent::DisputeOpened {
            charge,
            dispute,
            amount,
        }))
    }

    /// Gateways tell of the money before, during and after a dispute, and more than once.
    fn decide_dispute_funds(&self, dispute: u16, movement: u16, amount: Money) -> Answer {
        let charge = self.charge.ok_or(Refusal::NoSuchCharge)?;
        if self.dispute_movements.contains(&(dispute, movement)) {
            return NOTHING;
        }
        self.in_currency(amount)?;
        Ok(Decision::one(PaymentEvent::DisputeFundsMoved {
            charge,
            dispute,
            movement,
            amount,
        }))
    }

    fn decide_dispute_closed(&self, dispute: u16, won: bool) -> Answer {
        let charge = self.charge.ok_or(Refusal::NoSuchCharge)?;
        match self.disputes.get(&dispute) {
            Some(false) => Ok(Decision::one(PaymentEvent::DisputeClosed {
                charge,
                dispute,
                won,
            })),
            Some(true) | None => NOTHING,
        }
    }
}

fn positive(amount: Money, currency: Currency) -> Result<(), Refusal> {
    if amount.currency() != currency {
        return Err(Refusal::CurrencyMismatch);
    }
    if amount.minor() <= 0 {
        return Err(Refusal::NotPositive);
    }
    Ok(())
}
