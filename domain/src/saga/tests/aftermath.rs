//! What comes after the ride: corrections and tips.

use super::*;
use crate::payment::{Collect, Correction, FurtherCharge, Purpose};
use crate::trip::{AdjustReason, Adjustment, Tip};

/// A correction is the fare's charge's to know, a tip a charge of its own.
#[test]
fn what_comes_after_the_ride_is_charged() {
    let quote = fixture::quote();
    let (before, after) = (fixture::receipt(&quote), fixture::receipt_of_drive(&quote, 4_000));
    let adjusted = TripEvent::FareAdjusted(Arc::new(Adjustment {
        supersedes: 2,
        reason: AdjustReason::WrongReading,
        superseded: before,
        receipt: Arc::clone(&after),
        further: ChargeNumber(7),
    }));
    let correction = Correction {
        revision: 3,
        due: after.total(),
        further: ChargeNumber(7),
    };
    let charge = Charge::FARE;
    let correct = payment::Command::Correct { charge, correction };
    let told = Some(Command::Payment(TRIP, ChargeNumber::FARE, correct));
    assert_eq!(reactions(StreamId::Trip(TRIP), adjusted), [None, None, told]);

    let (method, due) = (PaymentMethodId(1), usd(300));
    let (budget, action_budget) = (Millis::from_secs(120), Millis::from_secs(180));
    let collect = |number, purpose, revision| {
        let collect = Collect {
            charge: Charge { number, purpose },
            revision,
            due,
            method,
            budget,
            action_budget,
            epoch: 0,
        };
        let command = payment::Command::Collect(collect);
        [None, None, Some(Command::Payment(TRIP, number, command))]
    };
    let number = ChargeNumber(7);
    let tip = Tip {
        charge: number,
        amount: due,
        method,
        budget,
        action_budget,
    };
    let tipped = reactions(StreamId::Trip(TRIP), TripEvent::Tipped(Arc::new(tip)));
    assert_eq!(tipped, collect(number, Purpose::Tip, 0));
    let further = FurtherCharge {
        charge,
        number,
        revision: 3,
        due,
        method,
        budget,
        action_budget,
    };
    let asked = reactions(FARE, PaymentEvent::FurtherChargeAsked(Arc::new(further)));
    assert_eq!(asked, collect(number, Purpose::Correction, 3));
}
