//! What each event posts.

use super::entry::negated;
use super::{Account, Entry, LedgerError, Posting, Reason};
use crate::event::Event;
use crate::money::Money;
use crate::payment::{Charge, PaymentEvent, Purpose};
use crate::pricing::{Line, LineKind, Payee, Receipt, Stage};
use crate::trip::{MoneyOutcome, TripEvent};

/// The entries of one event: a function of nothing else. Entries without a posting are left out.
///
/// # Errors
///
/// `LedgerError::Unbalanced` where the event's own amounts do not add up, `LedgerError::Overflow` where they leave 64
/// bits. No event that `decide` made does either; one that was altered may.
pub fn entries(event: &Event) -> Result<Vec<Entry>, LedgerError> {
    let mut entries = match event {
        Event::Trip(event) => of_trip(event)?,
        Event::Payment(event) => of_payment(event)?,
        Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => Vec::new(),
    };
    entries.retain(|entry| !entry.postings().is_empty());
    Ok(entries)
}

fn of_trip(event: &TripEvent) -> Result<Vec<Entry>, LedgerError> {
    Ok(match event {
        TripEvent::FareSettled(receipt) => vec![of_receipt(Reason::Fare, receipt)?],
        TripEvent::FareAdjusted(adjustment) => vec![
            of_receipt(Reason::Fare, &adjustment.superseded)?.reversed(Reason::FareReversed)?,
            of_receipt(Reason::Fare, &adjustment.receipt)?,
        ],
        TripEvent::Cancelled(cancelled) => match &cancelled.receipt {
            Some(receipt) => vec![of_receipt(Reason::Fee, receipt)?],
            None => Vec::new(),
        },
        TripEvent::Requested(_)
        | TripEvent::Rejected { .. }
        | TripEvent::DriverNoted { .. }
        | TripEvent::PaymentNoted { .. }
        | TripEvent::PaymentUnnoted { .. }
        | TripEvent::Confirmed { .. }
        | TripEvent::Reassigning { .. }
        | TripEvent::DriverArrived { .. }
        | TripEvent::StartCodeRefused { .. }
        | TripEvent::Started(_)
        | TripEvent::PlanChanged(_)
        | TripEvent::Completed(_)
        | TripEvent::Failed { .. }
        | TripEvent::LockCleared
        | TripEvent::MoneySettled { .. }
        | TripEvent::Closed
        | TripEvent::Tipped(_) => Vec::new(),
    })
}

fn of_payment(event: &PaymentEvent) -> Result<Vec<Entry>, LedgerError> {
    let transfer = |reason, from, to, amount| Ok(vec![Entry::transfer(reason, from, to, amount)?]);
    match *event {
        PaymentEvent::Captured { charge, captured, .. }
        | PaymentEvent::VoidRefused { charge, captured, .. } => {
            let reason = match charge.purpose {
                Purpose::Fare | Purpose::Debt | Purpose::Correction => Reason::Capture,
                Purpose::Tip => Reason::Tip,
            };
            transfer(reason, payer(charge), Account::Clearing, captured)
        }
        PaymentEvent::Closed { outcome, .. } => cash(outcome),
        PaymentEvent::DebtRecorded { amount, .. } => {
            transfer(Reason::Debt, Account::Rider, Account::Debts, amount)
        }
        PaymentEvent::DebtSettled { amount, .. } => {
            transfer(Reason::DebtSettled, Account::Debts, Account::Rider, amount)
        }
        PaymentEvent::DebtWrittenOff { amount, .. } => {
            transfer(Reason::DebtWrittenOff, Account::Debts, Account::Losses, amount)
        }
        PaymentEvent::DebtReduced { amount, .. } => {
            transfer(Reason::DebtReduced, Account::Debts, Account::Rider, amount)
        }
        PaymentEvent::CashReturned { amount, .. } => {
            transfer(Reason::CashReturned, Account::DriverCash, Account::Rider, amount)
        }
        PaymentEvent::Refunded { charge, amount, .. } => {
            transfer(Reason::Refund, Account::Clearing, payer(charge), amount)
        }
        PaymentEvent::DisputeFundsMoved { amount, .. } => {
            transfer(Reason::Dispute, Account::Losses, Account::Clearing, amount)
        }
        PaymentEvent::Waived { .. }
        | PaymentEvent::AuthorizationStarted(_)
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::Authorized { .. }
        | PaymentEvent::AuthorizationLost { .. }
        | PaymentEvent::Declined { .. }
        | PaymentEvent::SettlementAsked { .. }
        | PaymentEvent::CaptureStarted { .. }
        | PaymentEvent::CaptureFailed { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::Voided { .. }
        | PaymentEvent::RefundStarted { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::DisputeClosed { .. }
        | PaymentEvent::CorrectionAsked { .. }
        | PaymentEvent::FurtherChargeAsked(_) => Ok(Vec::new()),
    }
}

/// Whose account a charge settles. Nobody owes a tip: it is the driver's once it is taken.
const fn payer(charge: Charge) -> Account {
    match charge.purpose {
        Purpose::Fare | Purpose::Debt | Purpose::Correction => Account::Rider,
        Purpose::Tip => Account::Tips,
    }
}

fn cash(outcome: MoneyOutcome) -> Result<Vec<Entry>, LedgerError> {
    match outcome.currency {
        Some(currency) => {
            let amount = Money::new(outcome.cash_minor, currency);
            Ok(vec![Entry::transfer(
                Reason::Cash,
                Account::Rider,
                Account::DriverCash,
                amount,
            )?])
        }
        None => Ok(Vec::new()),
    }
}

/// The rider owes the total; each line goes to its payee, and of the driver's lines what the pay leaves is commission.
fn of_receipt(reason: Reason, receipt: &Receipt) -> Result<Entry, LedgerError> {
    let total = receipt.total();
    let pay = receipt.pay().total();
    let mut postings = Vec::with_capacity(receipt.lines().len().saturating_add(3));
    postings.push(Posting::new(Account::Rider, total));
    let mut drivers_minor = 0_i128;
    for line in receipt.lines() {
        match account_of(line) {
            Some(account) => postings.push(Posting::new(account, negated(line.amount())?)),
            None if line.amount().currency() == pay.currency() => {
                drivers_minor = drivers_minor.saturating_add(i128::from(line.amount().minor()));
            }
            // A line of another currency has nothing to balance it: the entry is refused below.
            None => postings.push(Posting::new(Account::DriverPayable, negated(line.amount())?)),
        }
    }
    let kept = i128::from(pay.minor()).saturating_sub(drivers_minor);
    let kept_minor = i64::try_from(kept).map_err(|_| LedgerError::Overflow)?;
    postings.push(Posting::new(Account::DriverPayable, negated(pay)?));
    postings.push(Posting::new(
        Account::Commission,
        Money::new(kept_minor, pay.currency()),
    ));
    Entry::new(reason, postings)
}

/// Whose a line is; `None` for the driver's lines, which pay and commission share.
const fn account_of(line: &Line) -> Option<Account> {
    match (line.payee(), line.kind()) {
        (Payee::Driver, _) => None,
        (Payee::Platform, LineKind::Rounding(Stage::Total)) => Some(Account::Rounding),
        (Payee::Platform, _) => Some(Account::Commission),
        (Payee::Authority(authority), LineKind::Tax(_)) => Some(Account::Tax(authority)),
        (Payee::Authority(authority), _) => Some(Account::Authority(authority)),
        (Payee::Funder(funder), _) => Some(Account::Promotion(funder)),
    }
}
