//! The ledger: where every minor unit went, by double entry.
//!
//! It is a pure fold over trip and payment events. What an event posts follows from the event alone, so that events of
//! different streams can be folded in any order, years after the trip closed, and a day of trips costs no memory: the
//! ledger keeps a total per account and currency, and the holds that are open. Nothing is ever edited: a correction posts
//! the reversal of what it replaces, then the new entry.
//!
//! Amounts above zero are debits (owed to us, held by us, spent), below zero credits (owed by us, earned). The sum over all
//! accounts of a currency is zero.
//!
//! | event | posts |
//! |---|---|
//! | FareSettled, TripCancelled with a fee | rider + → driver payable −, commission −, tax −, authorities −, promotions +, rounding ± |
//! | FareAdjusted | the reversal of the receipt that it replaces, then the new one |
//! | PaymentCaptured, VoidRefused | clearing +, rider − (of a tip: tips −) |
//! | PaymentClosed with cash | driver cash +, rider − |
//! | DebtRecorded | debts +, rider − |
//! | DebtSettled | rider +, debts −: what the charge that collects it then captures |
//! | DebtWrittenOff | losses +, debts − |
//! | DebtReduced | rider +, debts − |
//! | CashReturned | rider +, driver cash − |
//! | PaymentRefunded | rider + (of a tip: tips +), clearing − |
//! | DisputeFundsMoved | clearing ±, losses ∓ |
//!
//! A gateway's own fees are in its statements, not in the log: [`Entry::gateway_fee`] and [`Ledger::post`] enter them.
//!
//! ```
//! use fiacre_domain::event::Event;
//! use fiacre_domain::id::TripId;
//! use fiacre_domain::ledger::{Account, Ledger};
//! use fiacre_domain::money::{Currency, Money};
//! use fiacre_domain::payment::{Charge, PaymentEvent};
//! use fiacre_domain::stream::{ChargeNumber, StreamId};
//! use fiacre_domain::time::Timestamp;
//! use fiacre_domain::trip::AuthorizationNumber;
//!
//! let stream = StreamId::Payment(TripId::from_u128(1), ChargeNumber::FARE);
//! let (charge, authorization) = (Charge::FARE, AuthorizationNumber(0));
//! let (amount, captured) = (Money::new(2_500, Currency::USD), Money::new(1_780, Currency::USD));
//! let mut ledger = Ledger::default();
//! for event in [
//!     PaymentEvent::Authorized { charge, authorization, amount, capture_before: Timestamp::MAX },
//!     PaymentEvent::Captured { charge, authorization, captured, released_minor: 720 },
//! ] {
//!     ledger.fold(stream, &Event::from(event))?;
//! }
//! assert_eq!(ledger.balance(Account::Clearing, Currency::USD), 1_780);
//! assert_eq!(ledger.balance(Account::Rider, Currency::USD), -1_780); // until the fare is settled on the trip's stream
//! assert_eq!(ledger.sum(Currency::USD), 0);
//! assert!(ledger.movements(Currency::USD).is_balanced());
//! # Ok::<(), fiacre_domain::ledger::LedgerError>(())
//! ```

mod account;
mod entry;
mod movements;
mod rules;
mod statement;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use entry::{Entry, LedgerError, Posting, Reason};
pub use movements::Movements;
pub use rules::entries;
pub use statement::Statement;

use crate::event::Event;
use crate::money::Currency;
use crate::stream::StreamId;
use movements::Holds;
use std::collections::BTreeMap;

/// Totals per account and currency, and what moved at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    totals: BTreeMap<(Currency, Account), i128>,
    movements: BTreeMap<Currency, Movements>,
    holds: Holds,
}

impl Ledger {
    /// Posts what `event` of `stream` means. Feed each event once; streams may interleave in any way that keeps the order
    /// within each.
    ///
    /// An entry that does not balance is refused, and then nothing of the event is posted; the movements at the gateway are
    /// counted all the same, since they happened.
    ///
    /// # Errors
    ///
    /// Those of [`entries`]. Such an event should never have been written: name it to an operator, and go on with the
    /// next.
    pub fn fold(&mut self, stream: StreamId, event: &Event) -> Result<(), LedgerError> {
        match event {
            Event::Payment(event) => self.holds.observe(stream, event, &mut self.movements),
            Event::Trip(_) | Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {}
        }
        for entry in entries(event)? {
            self.post(&entry);
        }
        Ok(())
    }

    /// Adds an entry that is in no log, such as a gateway's fee.
    pub fn post(&mut self, entry: &Entry) {
        for posting in entry.postings() {
            let amount = posting.amount();
            let total = self
                .totals
                .entry((amount.currency(), posting.account()))
                .or_default();
            // 2^63 postings of the largest amount stay within 128 bits.
            *total = total.saturating_add(i128::from(amount.minor()));
        }
    }

    /// What `account` stands at in `currency`, in minor units: debits above zero, credits below.
    pub fn balance(&self, account: Account, currency: Currency) -> i128 {
        self.totals.get(&(currency, account)).copied().unwrap_or_default()
    }

    /// Every account that was ever posted to, by currency, with its balance in minor units.
    pub fn balances(&self) -> impl Iterator<Item = (Currency, Account, i128)> {
        self.totals
            .iter()
            .map(|(&(currency, account), &minor)| (currency, account, minor))
    }

    /// The sum over all accounts in `currency`, in minor units: zero, unless the ledger is broken.
    pub fn sum(&self, currency: Currency) -> i128 {
        self.balances()
            .filter(|(other, _, _)| *other == currency)
            .fold(0, |sum, (_, _, minor)| sum.saturating_add(minor))
    }

    /// What moved at the gateway in `currency`.
    pub fn movements(&self, currency: Currency) -> Movements {
        self.movements.get(&currency).copied().unwrap_or_default()
    }

    /// The currencies that anything was posted, held or owed in.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        let mut all: Vec<Currency> = self.totals.keys().map(|(currency, _)| *currency).collect();
        all.extend(self.movements.keys());
        all.sort_unstable();
        all.dedup();
        all.into_iter()
    }
}
