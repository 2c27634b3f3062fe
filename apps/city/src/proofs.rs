//! Holds the batches of matching to their certificates while the city plays.
//!
//! The verifier is the domain's own, which shares no code with the solver nor with its index: it works the pairings and their
//! costs out again, going through all drivers, and from the dual prices that no other assignment could cost less. A batch can be
//! verified only while the drivers are where they were, so this is done where the batch is made.

use crate::chronicle::lock;
use fiacre_domain::matching::{Batch, Certificate, Market, Pair, Request};
use fiacre_domain::time::Timestamp;
use std::sync::{Mutex, MutexGuard};

/// Of how many batches one is verified. All of them would take 3% of an evening's processor time, all of it where the city
/// itself is played.
pub const ONE_IN: u64 = 4;
/// How many refusals are kept in words; the others are counted.
const EXAMPLES_MAX: usize = 10;

/// What became of the batches of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofFigures {
    /// Batches that were made.
    pub batches: u64,
    /// Of those, whose certificates were verified: one in [`ONE_IN`], the first among them.
    pub verified: u64,
    /// Of those that were looked at, whose certificates prove nothing, or not what is offered: 0, or something is broken.
    pub refused: u64,
    /// Some of the refusals, in words.
    pub examples: Vec<String>,
}

/// Verifies batches, and counts them.
#[derive(Debug, Default)]
pub struct Proofs {
    figures: Mutex<ProofFigures>,
}

impl Proofs {
    /// Takes note of a batch that `requests` were joined to in `market`, and verifies it if it is its turn.
    pub fn take(&self, requests: &[Request], market: &Market<'_>, batch: &Batch) {
        let due = {
            let mut figures = self.figures();
            figures.batches += 1;
            figures.batches % ONE_IN == 1
        };
        if due {
            self.hold(requests, market, batch.pairs(), &batch.certificate());
        }
    }

    /// Holds what is `offered` to a certificate, and notes what it comes to.
    fn hold(&self, requests: &[Request], market: &Market<'_>, offered: &[Pair], certificate: &Certificate) {
        let proven = certificate
            .trips()
            .filter_map(|(trip, driver, _)| Some((trip, driver?)));
        let flaw = match certificate.verify_in(requests, market) {
            Err(flaw) => Some(flaw.to_string()),
            Ok(_) if proven.eq(offered.iter().map(|pair| (pair.trip(), pair.driver()))) => None,
            Ok(_) => {
                Some("failed to prove the batch optimal: other pairs are offered than were proven".to_owned())
            }
        };
        let mut figures = self.figures();
        match flaw {
            None => figures.verified += 1,
            Some(flaw) => figures.refuse(certificate.now(), &flaw),
        }
    }

    /// What became of the batches so far.
    pub fn so_far(&self) -> ProofFigures {
        self.figures().clone()
    }

    fn figures(&self) -> MutexGuard<'_, ProofFigures> {
        lock(&self.figures)
    }
}

impl ProofFigures {
    fn refuse(&mut self, at: Timestamp, flaw: &str) {
        self.refused += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(format!("matcher at {at}: {flaw}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::geo::ServiceArea;
    use fiacre_domain::id::{DriverId, TripId};
    use fiacre_domain::matching::{Availability, Matcher, Policy, Sample, Supply};
    use fiacre_domain::place::Place;
    use fiacre_domain::requirements::{Capabilities, Requirements};

    const NOW: Timestamp = Timestamp::from_ms(1_530_000_000_000);

    fn place(number: u32) -> Place {
        let north_e7 = i32::try_from(number).unwrap() * 20_000;
        Place::from_e7(407_000_000 + north_e7, -739_855_000).unwrap()
    }

    /// Three drivers along a line, one step north of three riders each.
    fn market_of_three(hold: impl FnOnce(&[Request], &Market<'_>, &Batch)) {
        let corner = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
        let area = ServiceArea::bounding(
            corner(406_800_000, -740_500_000),
            corner(408_900_000, -739_000_000),
        );
        let mut supply = Supply::new(area.unwrap());
        let mut requests = Vec::new();
        for number in 1..=3 {
            let driver = DriverId::from_u128(number.into());
            supply.set_capabilities(driver, Capabilities::new(4).unwrap());
            supply.set_availability(driver, Availability::Free { since: NOW });
            supply.report(&[Sample::new(driver, place(10 * number + 1), NOW, 1)]);
            let (trip, seat) = (TripId::from_u128(number.into()), Requirements::ONE_SEAT);
            requests.push(Request::new(trip, place(10 * number), seat, NOW));
        }
        let policy = Policy::city();
        let market = Market::new(&supply, &policy, NOW);
        hold(&requests, &market, &Matcher::new().assign(&requests, &market));
    }

    /// The certificate with the drivers of its first two trips exchanged.
    fn edited(certificate: &Certificate) -> Certificate {
        let mut trips: Vec<_> = certificate.trips().collect();
        (trips[0].1, trips[1].1) = (trips[1].1, trips[0].1);
        Certificate::new(certificate.now(), trips, certificate.drivers())
    }

    #[test]
    fn the_first_batch_and_one_in_so_many_after_it_are_verified() {
        market_of_three(|requests, market, batch| {
            let proofs = Proofs::default();
            assert_eq!(batch.pairs().len(), 3);
            for _ in 0..=ONE_IN {
                proofs.take(requests, market, batch);
            }
            let figures = proofs.so_far();
            assert_eq!(
                (figures.batches, figures.verified, figures.refused),
                (ONE_IN + 1, 2, 0)
            );
            assert!(figures.examples.is_empty());
        });
    }

    #[test]
    fn an_edited_assignment_is_refused_and_said() {
        market_of_three(|requests, market, batch| {
            let proofs = Proofs::default();
            proofs.hold(requests, market, batch.pairs(), &edited(&batch.certificate()));
            let figures = proofs.so_far();
            assert_eq!((figures.verified, figures.refused), (0, 1));
            assert!(
                figures.examples[0].contains("the prices prove only"),
                "{figures:?}"
            );
        });
    }

    #[test]
    fn offers_that_are_not_what_was_proven_are_refused() {
        market_of_three(|requests, market, batch| {
            let proofs = Proofs::default();
            proofs.hold(requests, market, &batch.pairs()[1..], &batch.certificate());
            let figures = proofs.so_far();
            assert_eq!((figures.verified, figures.refused), (0, 1));
            assert!(
                figures.examples[0].contains("other pairs are offered"),
                "{figures:?}"
            );
        });
    }

    #[test]
    fn of_many_refusals_some_are_kept_and_all_are_counted() {
        market_of_three(|requests, market, batch| {
            let proofs = Proofs::default();
            let wrong = edited(&batch.certificate());
            for _ in 0..25 {
                proofs.hold(requests, market, batch.pairs(), &wrong);
            }
            let figures = proofs.so_far();
            assert_eq!((figures.refused, figures.examples.len()), (25, EXAMPLES_MAX));
        });
    }
}
