//! What is remembered of a trip that is closed on every stream.

use super::Booking;
use crate::audit::charge::Charge;
use crate::audit::search::Search;
use crate::audit::tape::Tape;
use crate::audit::trip::{Past, Step, Trip};
use crate::money::{Currency, Money};
use crate::stream::{ChargeNumber, StreamId, Version};
use crate::time::Timestamp;

/// A trip that is closed on every stream, in 24 bytes. A trip that does not fit is kept whole.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct Closed {
    total_minor: i32,
    /// What the order held at most; below zero where it was not paid by card.
    card_hold_minor: i32,
    currency: Option<Currency>,
    /// When the ride ended, in ms, the lowest byte first: tips are given for a while after it.
    ended_at: [u8; 6],
    trip_head: u8,
    search_head: u8,
    fare_head: u8,
    receipts: u8,
    step: Step,
    covered: Covered,
}

/// How the whole of what was due came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Covered {
    Captured,
    Owed,
    Cash,
}

impl Covered {
    /// None where it came in by parts.
    const fn of(total_minor: i64, captured_minor: i64, debt_minor: i64) -> Option<Self> {
        if captured_minor == total_minor && debt_minor == 0 {
            Some(Self::Captured)
        } else if captured_minor == 0 && debt_minor == total_minor {
            Some(Self::Owed)
        } else if captured_minor == 0 && debt_minor == 0 {
            Some(Self::Cash)
        } else {
            None
        }
    }

    /// What was captured, and what is owed, of `total_minor`.
    const fn parts(self, total_minor: i64) -> (i64, i64) {
        match self {
            Self::Captured => (total_minor, 0),
            Self::Owed => (0, total_minor),
            Self::Cash => (0, 0),
        }
    }
}

impl Closed {
    /// Whether one of the trip's streams holds a commit.
    pub(in crate::audit) fn holds(&self, stream: StreamId, version: Version) -> bool {
        let head = match stream {
            StreamId::Trip(_) => self.trip_head,
            StreamId::Dispatch(_) => self.search_head,
            StreamId::Payment(_, ChargeNumber::FARE) => self.fare_head,
            StreamId::Payment(..) | StreamId::Driver(_) | StreamId::Ops(_) | StreamId::Tariff(_) => {
                return false;
            }
        };
        version > Version::EMPTY && version.get() <= u32::from(head)
    }
}

impl Booking {
    /// What must be remembered of a complete booking; none where more must be, and it is kept whole.
    pub(in crate::audit) fn closed(&self) -> Option<Closed> {
        if !self.others.is_empty() || !(self.fare.is_plain() || self.fare.tape.is_empty()) {
            return None;
        }
        let head = |tape: &Tape| u8::try_from(tape.head().get()).ok();
        let total_minor = self.trip.end.total.map_or(0, Money::minor);
        let [ended_at @ .., 0, 0] = u64::try_from(self.trip.since.ms()).ok()?.to_le_bytes() else {
            return None;
        };
        Some(Closed {
            total_minor: i32::try_from(total_minor).ok()?,
            card_hold_minor: i32::try_from(self.trip.card_hold_minor().unwrap_or(-1)).ok()?,
            currency: self.trip.end.total.map(Money::currency).or(self.fare.currency),
            ended_at,
            trip_head: head(&self.trip_tape)?,
            search_head: head(&self.search_tape)?,
            fare_head: head(&self.fare.tape)?,
            receipts: u8::try_from(self.trip.end.receipts).ok()?,
            step: self.trip.step,
            covered: Covered::of(
                total_minor,
                self.fare.end.captured_minor,
                self.fare.end.debt_minor,
            )?,
        })
    }

    /// A booking that completed, for what may still come: a refund, a dispute, a correction, a tip.
    pub(in crate::audit) fn resumed(closed: &Closed) -> Self {
        let total_minor = i64::from(closed.total_minor);
        let total = closed
            .currency
            .filter(|_| closed.receipts > 0)
            .map(|currency| Money::new(total_minor, currency));
        let resumed = |head: u8| Tape::resumed(Version::new(head.into()));
        let ended_ms = closed.ended_at.iter().rev();
        let ended_ms = ended_ms.fold(0, |ms, byte| ms << 8 | i64::from(*byte));
        let past = Past {
            step: closed.step,
            since: Timestamp::from_ms(ended_ms),
            total,
            receipts: closed.receipts.into(),
            card_hold_minor: (closed.card_hold_minor >= 0).then_some(closed.card_hold_minor.into()),
        };
        Self {
            trip_tape: resumed(closed.trip_head),
            trip: Trip::resumed(past),
            search_tape: resumed(closed.search_head),
            search: Search::resumed(),
            fare: Charge::resumed(
                resumed(closed.fare_head),
                closed.currency,
                total_minor,
                closed.covered.parts(total_minor),
            ),
            is_judged: true,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trip_that_is_too_long_to_be_remembered_in_short_is_kept_whole() {
        let booking = |trip_head| Booking {
            trip_tape: Tape::resumed(Version::new(trip_head)),
            ..Booking::default()
        };
        assert!(booking(255).closed().is_some());
        assert!(booking(256).closed().is_none());
    }

    #[test]
    fn what_was_due_comes_in_whole_or_is_remembered_whole() {
        for (covered, parts) in [
            (Some(Covered::Captured), (7, 0)),
            (Some(Covered::Owed), (0, 7)),
            (Some(Covered::Cash), (0, 0)),
            (None, (3, 4)),
        ] {
            assert_eq!(Covered::of(7, parts.0, parts.1), covered);
            assert!(covered.is_none_or(|covered| covered.parts(7) == parts));
        }
    }
}
