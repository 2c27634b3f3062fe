//! What one trip posted.

use super::{Account, Entry, LedgerError, entries};
use crate::event::Event;
use crate::id::TripId;
use crate::money::{Currency, Money};
use crate::stream::StreamId;
use std::collections::BTreeMap;
use std::fmt;

/// The entries of one trip, in the order in which its events were folded, and what they come to.
///
/// ```
/// use fiacre_domain::event::Event;
/// use fiacre_domain::id::TripId;
/// use fiacre_domain::ledger::Statement;
/// use fiacre_domain::money::{Currency, Money};
/// use fiacre_domain::payment::{Charge, DebtReason, PaymentEvent};
/// use fiacre_domain::stream::{ChargeNumber, StreamId};
///
/// let trip = TripId::from_u128(1);
/// let amount = Money::new(500, Currency::USD);
/// let owed = PaymentEvent::DebtRecorded { charge: Charge::FARE, amount, reason: DebtReason::NoHold };
/// let mut statement = Statement::new(trip);
/// statement.fold(StreamId::Payment(trip, ChargeNumber::FARE), &Event::from(owed))?;
/// assert_eq!(statement.to_string(), "debt\n  debts 5.00 USD\n  rider -5.00 USD\n");
/// # Ok::<(), fiacre_domain::ledger::LedgerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    trip: TripId,
    entries: Vec<Entry>,
}

impl Statement {
    /// A statement for `trip`, without an entry yet.
    pub const fn new(trip: TripId) -> Self {
        Self {
            trip,
            entries: Vec::new(),
        }
    }

    /// Adds what `event` posts, if its stream is the trip's.
    ///
    /// # Errors
    ///
    /// Those of [`entries`]; nothing of the event is then in the statement.
    pub fn fold(&mut self, stream: StreamId, event: &Event) -> Result<(), LedgerError> {
        if stream.trip() == Some(self.trip) {
            self.entries.extend(entries(event)?);
        }
        Ok(())
    }

    /// The trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// The entries so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the entries come to by account, in minor units; accounts that stand at nothing are left out.
    pub fn balances(&self) -> BTreeMap<(Currency, Account), i128> {
        let mut balances = BTreeMap::new();
        for posting in self.entries.iter().flat_map(Entry::postings) {
            let amount: Money = posting.amount();
            *balances
                .entry((amount.currency(), posting.account()))
                .or_default() += i128::from(amount.minor());
        }
        balances.retain(|_, minor| *minor != 0);
        balances
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            writeln!(f, "{}", entry.reason().name())?;
            for posting in entry.postings() {
                writeln!(f, "  {} {}", posting.account(), posting.amount())?;
            }
        }
        Ok(())
    }
}
