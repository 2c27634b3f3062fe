//! When all is said and done about a trip.

use crate::payment::Payment;
use crate::stream::ChargeNumber;
use crate::trip::Trip;

/// Whether nothing more will happen to a trip and its charges by itself: closed, every correction and tip has reached its
/// charge, and no charge awaits the gateway. A person may still correct the fare, tip or dispute it.
///
/// `charge` gives a charge by its number, an empty one where its stream does not exist.
///
/// ```
/// use fiacre_domain::payment::Payment;
/// use fiacre_domain::saga;
/// use fiacre_domain::trip::Trip;
///
/// assert!(!saga::is_at_rest(&Trip::default(), |_| Payment::default()), "an order may be on its way");
/// ```
pub fn is_at_rest(trip: &Trip, mut charge: impl FnMut(ChargeNumber) -> Payment) -> bool {
    if trip.request().is_none() {
        // Nobody's order: nothing was ever sought or held for it.
        return trip.control().closed;
    }
    let fare = charge(ChargeNumber::FARE);
    let has_heard = fare.corrections() == trip.corrections() && fare.is_at_rest();
    let others = (1..=trip.charges()).map(|number| charge(ChargeNumber(number)));
    // Of the numbers that were given out, corrections to less take none.
    let at_rest = others.filter(Payment::is_at_rest).count();
    let asked = usize::from(trip.tips()).saturating_add(fare.further_charges());
    trip.control().closed && has_heard && at_rest == asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Aggregate;
    use crate::fixture::{self, ANN, CARD, DEVICE, RIDER, after, at_s, fence, usd};
    use crate::payment::{self, Charge};
    use crate::saga::{Command, Setting, payment_service};
    use crate::stream::StreamId;
    use crate::time::Timestamp;
    use crate::trip::{
        self, Actor, AdjustReason, AuthorizationNumber, Secured, StartCheck, StartProof, TripEvent,
    };
    use crate::units::Millimetres;
    use std::collections::BTreeMap;

    const NOW: Timestamp = at_s(0);
    const A0: AuthorizationNumber = AuthorizationNumber(0);

    fn ridden() -> Trip {
        let start = trip::Command::Start {
            driver: ANN,
            fence: fence(1),
            check: StartCheck::Proven(StartProof::Code),
            device: DEVICE,
        };
        let ride = [
            trip::Command::Request(fixture::request()),
            trip::Command::NoteDriver {
                round: 0,
                fence: fence(1),
                driver: ANN,
            },
            trip::Command::NotePayment {
                secured: Secured::Authorized(A0),
            },
            trip::Command::Arrive {
                driver: ANN,
                fence: fence(1),
                distance_to_pick_up: Millimetres::ZERO,
                device: DEVICE,
            },
            start,
            trip::Command::Complete {
                fence: fence(1),
                by: Actor::Driver(ANN),
                reading: fixture::reading(&fixture::quote()),
                device: DEVICE,
            },
            trip::Command::ClearLock,
            trip::Command::SettleMoney {
                outcome: trip::MoneyOutcome::default(),
            },
        ];
        after(Trip::default(), &ride, NOW)
    }

    /// A trip, and the charges that hear of it one event at a time.
    struct Books {
        trip: Trip,
        charges: BTreeMap<ChargeNumber, Payment>,
    }

    impl Books {
        fn is_at_rest(&self) -> bool {
            is_at_rest(&self.trip, |number| {
                self.charges.get(&number).cloned().unwrap_or_default()
            })
        }

        fn tell(&mut self, number: ChargeNumber, command: &payment::Command) {
            let charge = self.charges.entry(number).or_default();
            *charge = after(std::mem::take(charge), std::slice::from_ref(command), NOW);
        }

        /// Takes what a charge asks for, as the gateway would.
        fn collect(&mut self, number: ChargeNumber, cents: i64) {
            let taken = [
                payment::Command::RecordIntent {
                    authorization: A0,
                    intent: fixture::INTENT,
                },
                payment::Command::RecordAuthorized {
                    authorization: A0,
                    amount: usd(cents),
                    capture_before: Timestamp::MAX,
                },
                payment::Command::RecordCaptured {
                    authorization: A0,
                    captured: usd(cents),
                },
            ];
            for command in &taken {
                self.tell(number, command);
                assert_eq!(
                    self.is_at_rest(),
                    matches!(command, payment::Command::RecordCaptured { .. })
                );
            }
        }

        fn ask(&mut self, command: &trip::Command) -> Command {
            let event = self.trip.decide(command, NOW).unwrap().into_events().remove(0);
            self.trip.evolve(&event, NOW);
            let stream = StreamId::Trip(fixture::TRIP);
            payment_service(stream, &event.into(), &Setting::default()).unwrap()
        }
    }

    #[test]
    fn a_trip_that_was_cancelled_before_it_was_ordered_rests() {
        let cancel = trip::Command::Cancel {
            by: Actor::Rider(RIDER),
            reason: trip::CancelReason::ChangedPlans,
        };
        let silenced = after(Trip::default(), &[cancel], NOW);
        assert!(is_at_rest(&silenced, |_| Payment::default()));
    }

    #[test]
    fn a_trip_rests_when_its_tip_and_its_correction_have_come_to_their_ends() {
        let trip = ridden();
        let due = trip.due().unwrap();
        let authorize = payment_service(
            StreamId::Trip(fixture::TRIP),
            &TripEvent::Requested(fixture::request()).into(),
            &Setting::default(),
        );
        let mut books = Books {
            trip,
            charges: BTreeMap::new(),
        };
        assert!(!books.is_at_rest());
        let Some(Command::Payment(_, fare, authorize)) = authorize else {
            panic!("no hold for {CARD:?}")
        };
        books.tell(fare, &authorize);
        let settle = payment::Command::AskSettlement {
            charge: Charge::FARE,
            basis: payment::SettlementBasis::Fare,
            due: Some(due),
        };
        books.tell(fare, &settle);
        books.collect(fare, due.minor());

        let Command::Payment(_, tip, give) = books.ask(&trip::Command::Tip {
            rider: RIDER,
            amount: usd(200),
        }) else {
            panic!("a tip is a charge")
        };
        assert!(!books.is_at_rest(), "nobody has asked for the tip");
        books.tell(tip, &give);
        books.collect(tip, 200);

        let receipt = fixture::receipt_of_drive(&fixture::quote(), 4_000);
        let adjust = trip::Command::AdjustFare {
            reason: AdjustReason::WrongReading,
            receipt,
        };
        let Command::Payment(_, fare, correct) = books.ask(&adjust) else {
            panic!("a correction is the charge's")
        };
        assert!(!books.is_at_rest(), "the charge was not told");
        books.tell(fare, &correct);
        assert!(!books.is_at_rest(), "the refund is under way");
        books.tell(fare, &payment::Command::RecordRefunded { refund: 1 });
        assert!(books.is_at_rest());
    }
}
