//! Bookings whose quote could not be priced any more when they ended: no findings, but counted apart.

use super::bookings::*;
use super::endings::ended_by_deadline;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::money::Currency;
use crate::payment::SettlementBasis;
use crate::pricing::{Quote, Receipt};
use crate::trip::{Actor, PaymentMethod, PaymentMethodId, TripEvent};
use Why::{Asked, On};
use std::sync::Arc;

/// The order of [`quote`], by somebody who knows the tariff's name only.
fn of_unknown_tariff(log: Log) -> Log {
    let method = PaymentMethodId(1);
    let order = order_at(unpriceable(), PaymentMethod::Hold { method });
    log.with_events(TRIP, 1, [TripEvent::Requested(Arc::new(order))])
}

fn unpriceable() -> Arc<Quote> {
    Arc::new(Quote::from_parts(quote().parts()).unwrap())
}

fn ended_by(by: Actor, receipt: Receipt) -> Log {
    let mut completed = completed_by(by, receipt.total().minor());
    if let (Actor::Timer, TripEvent::Completed(completion)) = (by, &mut completed) {
        Arc::make_mut(completion).reading = None;
    }
    let settled = TripEvent::FareSettled(Arc::new(receipt));
    of_unknown_tariff(ended_by_deadline()).with_events(TRIP, 6, [completed, settled])
}

fn cancelled_by_rider(receipt: Receipt) -> Log {
    let log = of_unknown_tariff(confirmed_ride());
    let cancelled = log.with(TRIP, Asked, [cancelled(Some(receipt), Some(usd(0)))]);
    released_after(cancelled, 4)
        .with(
            FARE,
            On(TRIP, 4),
            [asked(SettlementBasis::Fee, Some(usd(0))), void_started()],
        )
        .with(FARE, On(FARE, 4), [voided(A0), ended(NOTHING)])
        .with(TRIP, On(FARE, 5), [money_settled(NOTHING), TripEvent::Closed])
}

#[test]
fn what_was_charged_as_accepted_is_no_finding_but_is_counted() {
    for log in [
        ended_by(Actor::Timer, unpriceable().settle_as_accepted()),
        ended_by(Actor::Driver(ADA), unpriceable().settle_as_accepted()),
        cancelled_by_rider(unpriceable().cancel_unpriced(&late())),
    ] {
        let report = log.audited();
        assert_eq!(report.findings(), []);
        assert_eq!((report.receipts_verified(), report.receipts_unpriced()), (0, 1));
        assert_eq!(report.ledger().sum(Currency::USD), 0);
        assert_eq!(report.ledger().movements(Currency::USD).open_minor, 0);
    }
}

/// A receipt of this kind is not above suspicion: what it charges is what the order's quote says, and nothing else.
#[test]
fn what_was_charged_otherwise_than_accepted_is_found() {
    let edited = |receipt: Receipt| {
        let mut parts = receipt.parts().clone();
        parts.computed.hold = usd(1);
        Receipt::from_parts(parts)
    };
    let codes = ended_by(Actor::Timer, edited(unpriceable().settle_as_accepted())).codes();
    assert_eq!(codes, ["audit_receipt_of_another_quote"]);
    let codes = cancelled_by_rider(edited(unpriceable().cancel_unpriced(&late()))).codes();
    assert_eq!(codes, ["audit_receipt_of_another_quote"]);
    let codes = ended_by(Actor::Timer, unpriceable().cancel_unpriced(&late())).codes();
    assert!(codes.contains(&"audit_reading_differs"), "{codes:?}");
}
