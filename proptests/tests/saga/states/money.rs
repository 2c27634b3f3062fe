//! A charge and the gateway's side of it: what is called, answered, told late, and done there by others.
//!
//! They are one place: the payment service reads an intent back before it notes anything of it, so that what is told is how
//! the intent stands. Every call may be made and its answer be lost, and is then made again.

use super::flaw::Flaw;
use super::local::{EARLY, LATE, Local, Outcome, Rules};
use super::message::{TRIP, sent};
use crate::gateway::{Gateway, Mood, Status, intent_id};
use crate::ledger::Account;
use crate::orders;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::event::Event;
use fiacre_domain::money;
use fiacre_domain::payment::{
    AUTHORIZATIONS_MAX, Ask, Charge, Command, Correction, GatewayCall, Hold, Payment, PaymentEvent,
};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;

/// A charge, what its events say of it, and the gateway.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Money {
    pub(crate) payment: Payment,
    pub(crate) account: Account,
    pub(crate) gateway: Gateway,
}

impl Money {
    fn at_gateway(&self, act: impl FnOnce(&mut Gateway)) -> Self {
        let mut money = self.clone();
        act(&mut money.gateway);
        money
    }
}

impl Rules {
    /// The charge is told something, in one commit. `None` where it changes nothing.
    pub(crate) fn told(
        self,
        what: &str,
        money: &Money,
        commands: &[Command],
        now: Timestamp,
    ) -> Option<Outcome> {
        let events = match money.payment.decide_all(commands, now) {
            Ok(events) => events,
            Err(refusal) => {
                let mut outcome = Outcome::new(what, Local::Money(Box::new(money.clone())), Vec::new());
                outcome.finding = Some(format!("what the charge was told was refused: {refusal}"));
                return Some(outcome);
            }
        };
        let mut next = money.clone();
        for event in &events {
            next.payment.evolve(event, EARLY);
            next.account.note(event);
        }
        let named: Vec<_> = events.iter().map(PaymentEvent::name).collect();
        let what = format!("{what}: {}", named.join(" "));
        let events: Vec<Event> = events.into_iter().map(Event::from).collect();
        let messages = sent(StreamId::Payment(TRIP, ChargeNumber::FARE), &events, self.flaw);
        (!events.is_empty()).then(|| Outcome::new(what, Local::Money(Box::new(next)), messages))
    }

    /// An intent is read back; where that says nothing new, the gateway's side alone has changed.
    fn read_back(self, what: &str, money: Money, number: u8) -> Outcome {
        let says = money.gateway.says((TRIP, ChargeNumber::FARE, number), LATE);
        let told = self.told(what, &money, &says, EARLY);
        told.unwrap_or_else(|| Outcome::new(what, Local::Money(Box::new(money)), Vec::new()))
    }

    /// All that can happen to a charge without another service.
    pub(crate) fn happens(self, money: &Money) -> Vec<Outcome> {
        let mut outcomes = self.called(money);
        outcomes.extend(self.overdue(money));
        for number in 0..AUTHORIZATIONS_MAX {
            outcomes.extend(self.elsewhere(money, number));
        }
        outcomes.extend(self.corrected(money).map(Outcome::at_will));
        outcomes
    }

    /// An agent finds that less is due: at last nothing, so that no other charge is needed.
    fn corrected(self, money: &Money) -> Option<Outcome> {
        let revision = money.payment.corrections() + 1;
        let left = self.bounds.corrections.checked_sub(revision)?;
        if money.payment.control().ask != Some(Ask::Capture) {
            return None;
        }
        let currency = orders::quote(false).hold().currency();
        let correction = Correction {
            revision,
            due: money::Money::new(left.into(), currency),
            further: ChargeNumber(revision),
        };
        let charge = Charge::FARE;
        let correct = Command::Correct { charge, correction };
        self.told("the fare is corrected", money, &[correct], EARLY)
    }

    /// The call that the charge wants, in each mood of the gateway, with its answer and without.
    fn called(self, money: &Money) -> Vec<Outcome> {
        let Some(call) = money.payment.next_call() else {
            return Vec::new();
        };
        let authorization = money.payment.authorization();
        let number = authorization.0;
        let key = (TRIP, ChargeNumber::FARE, number);
        let lost = |what: &str, after: &Money| {
            Outcome::new(
                format!("{what}, unheard"),
                Local::Money(Box::new(after.clone())),
                Vec::new(),
            )
            .at_will()
        };
        let mut outcomes = Vec::new();
        let mut answered = |what: &str, fair: bool, after: Money, says: Option<&[Command]>| {
            outcomes.push(lost(what, &after));
            let outcome = match says {
                Some(says) => self.told(what, &after, says, EARLY),
                None => Some(self.read_back(what, after, number)),
            };
            outcomes.extend(outcome.map(|outcome| if fair { outcome } else { outcome.at_will() }));
        };
        match call {
            GatewayCall::Create => {
                let intent = intent_id(key);
                let made = money.at_gateway(|gateway| gateway.create(key, orders::quote(false).hold()));
                answered(
                    "an intent is made",
                    true,
                    made,
                    Some(&[Command::RecordIntent {
                        authorization,
                        intent,
                    }]),
                );
            }
            GatewayCall::Confirm { .. } => {
                answered(
                    "confirmed",
                    true,
                    money.at_gateway(|gateway| gateway.confirm(key, Mood::Willing)),
                    None,
                );
                answered(
                    "the rider must act",
                    false,
                    money.at_gateway(|gateway| gateway.confirm(key, Mood::Asking)),
                    None,
                );
                // A decline is not final at the gateway: the intent is cancelled before anyone is told.
                answered(
                    "declined",
                    false,
                    money.at_gateway(|gateway| gateway.cancel(key)),
                    None,
                );
            }
            GatewayCall::Capture { amount, .. } => {
                answered(
                    "captured",
                    true,
                    money.at_gateway(|gateway| gateway.capture(key, amount)),
                    None,
                );
                answered(
                    "not to be captured",
                    false,
                    money.at_gateway(|gateway| gateway.cancel(key)),
                    None,
                );
            }
            GatewayCall::Cancel { .. } if self.is(Flaw::VoidForgotten) => {}
            GatewayCall::Cancel { .. } => {
                answered(
                    "cancelled",
                    true,
                    money.at_gateway(|gateway| gateway.cancel(key)),
                    None,
                );
            }
            GatewayCall::Refund { refund, amount, .. } => {
                let given =
                    money.at_gateway(|gateway| gateway.refund(TRIP, ChargeNumber::FARE, refund, amount));
                answered(
                    "refunded",
                    true,
                    given,
                    Some(&[Command::RecordRefunded { refund }]),
                );
                // A key that was used gives the first answer again.
                if !money.gateway.is_refunded(TRIP, ChargeNumber::FARE, refund) {
                    answered(
                        "not to be refunded",
                        false,
                        money.clone(),
                        Some(&[Command::RecordRefundFailed { refund }]),
                    );
                }
            }
        }
        outcomes
    }

    /// The budget of an authorisation is over: without an intent it is abandoned, else its intent is cancelled.
    fn overdue(self, money: &Money) -> Option<Outcome> {
        let authorization = money.payment.authorization();
        if !money.payment.is_overdue(authorization, LATE) {
            return None;
        }
        if money.payment.control().hold == Hold::Pending {
            return self.told(
                "over budget",
                money,
                &[Command::AbandonAuthorization { authorization }],
                LATE,
            );
        }
        let cancelled =
            money.at_gateway(|gateway| gateway.cancel((TRIP, ChargeNumber::FARE, authorization.0)));
        Some(self.read_back("over budget", cancelled, authorization.0))
    }

    /// What banks, riders' phones and people in the gateway's own pages do; and webhooks, which may come at any time.
    fn elsewhere(self, money: &Money, number: u8) -> Vec<Outcome> {
        let key = (TRIP, ChargeNumber::FARE, number);
        let Some(intent) = money.gateway.intent(key) else {
            return Vec::new();
        };
        let unheard = |what: &str, act: &dyn Fn(&mut Gateway)| {
            Outcome::new(what, Local::Money(Box::new(money.at_gateway(act))), Vec::new()).at_will()
        };
        let mut outcomes = vec![self.read_back("a webhook", money.clone(), number).at_will()];
        match intent.status {
            Status::NeedsAction => {
                outcomes.push(unheard("the rider acts", &|gateway| {
                    gateway.confirm(key, Mood::Willing);
                }));
                outcomes.push(unheard("the rider cannot act", &|gateway| gateway.cancel(key)));
            }
            Status::Held => {
                outcomes.push(unheard("the hold lapses", &|gateway| gateway.cancel(key)));
                outcomes.push(unheard("captured by hand", &|gateway| {
                    gateway.capture(key, intent.amount);
                }));
                // The platform's own timer, set once the hold was known.
                if money.account.authorizations.contains_key(&number) {
                    let lapsed = money.at_gateway(|gateway| gateway.cancel(key));
                    outcomes.push(self.read_back("the hold expires", lapsed, number));
                }
            }
            Status::Created | Status::Captured(_) | Status::Cancelled => {}
        }
        outcomes
    }
}
