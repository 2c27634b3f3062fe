//! One planted bug a clause.

use super::reference::{Reference, ReferenceHarness, hash};
use super::{Clause, SealHarness};
use crate::reference::keeps_time;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Quote;
use fiacre_domain::trip::PersonalPlan;
use fiacre_ports::Seal;
use std::sync::Arc;

/// A seal with the bug of a clause.
#[derive(Debug)]
struct Handle {
    inner: Reference,
    bug: Clause,
}

impl Seal for Handle {
    fn fingerprint(&self, quote: &Quote) -> Fingerprint {
        match self.bug {
            // The key is hashed with the quote.
            Clause::SameQuoteSamePrint => {
                let mut bytes = *self.inner.fingerprint(quote).bytes();
                for (byte, key) in bytes.iter_mut().zip(self.inner.key.to_le_bytes()) {
                    *byte ^= key;
                }
                Fingerprint::new(bytes)
            }
            // The total stands for the quote.
            Clause::QuotesAreToldApart => {
                let mut bytes = [0; 32];
                for (byte, total) in bytes.iter_mut().zip(quote.total().minor().to_be_bytes()) {
                    *byte = total;
                }
                Fingerprint::new(bytes)
            }
            Clause::CodeIsOfTheTrip
            | Clause::CodesCannotBeGuessed
            | Clause::TicketIsOfTripPriceAndPlan
            | Clause::TicketsCannotBeForged => self.inner.fingerprint(quote),
        }
    }

    fn ticket(&self, trip: TripId, price: Fingerprint, plan: &PersonalPlan) -> Fingerprint {
        match self.bug {
            // Any way is as good as another to the same place.
            Clause::TicketIsOfTripPriceAndPlan => {
                let ends = PersonalPlan {
                    stops: Vec::new(),
                    ..plan.clone()
                };
                self.inner.ticket(trip, price, &ends)
            }
            // Anyone can compute it.
            Clause::TicketsCannotBeForged => Reference { key: 0 }.ticket(trip, price, plan),
            Clause::SameQuoteSamePrint
            | Clause::QuotesAreToldApart
            | Clause::CodeIsOfTheTrip
            | Clause::CodesCannotBeGuessed => self.inner.ticket(trip, price, plan),
        }
    }

    fn start_code(&self, trip: TripId) -> u16 {
        match self.bug {
            // Five digits.
            Clause::CodeIsOfTheTrip => self.inner.start_code(trip).saturating_mul(6),
            // Anyone can compute it.
            Clause::CodesCannotBeGuessed => {
                let code = hash(&trip.to_string()) % 10_000;
                u16::try_from(code).unwrap_or_default()
            }
            Clause::SameQuoteSamePrint
            | Clause::QuotesAreToldApart
            | Clause::TicketIsOfTripPriceAndPlan
            | Clause::TicketsCannotBeForged => self.inner.start_code(trip),
        }
    }
}

/// The reference model with one bug, in a world of its own.
#[derive(Debug)]
pub struct Broken {
    harness: ReferenceHarness,
    bug: Clause,
}

impl Broken {
    fn handle(&self, key: u64) -> Arc<dyn Seal> {
        Arc::new(Handle {
            inner: Reference { key },
            bug: self.bug,
        })
    }
}

keeps_time!(Broken, world => world.harness);

impl SealHarness for Broken {
    fn open(&self) -> Arc<dyn Seal> {
        self.handle(1)
    }

    fn open_foreign(&self) -> Arc<dyn Seal> {
        self.handle(2)
    }
}

/// The adapter that `clause` rejects.
pub fn broken(clause: Clause) -> Broken {
    Broken {
        harness: ReferenceHarness::new(),
        bug: clause,
    }
}

/// The other clauses that the bug of `planted` breaks, and why: none.
pub fn also(_planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    std::iter::empty()
}
