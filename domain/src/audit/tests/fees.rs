//! Fees of every shape: what the tariff says is sound, and a cent more, less, or to somebody else is not.

use super::bookings::confirmed_ride;
use super::endings::no_show;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::id::PrincipalId;
use crate::pricing::{
    Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, Fault, FeeBase, FeePayer,
    FeeRule, Quote, Receipt, Tariff,
};
use crate::trip::{Actor, PaymentMethod, PaymentMethodId, TripEvent, TripPolicy};
use crate::units::{BasisPoints, Millis};
use Why::Asked;
use std::sync::Arc;

/// The driver is cancelled on so long after the confirmation.
const ELAPSED: Millis = Millis::from_secs(90);

/// The quote, where a cancellation on the way costs this, whoever's fault it is.
fn quote_under(rule: FeeRule) -> Arc<Quote> {
    let fees = [Fault::Rider, Fault::Driver, Fault::Platform]
        .into_iter()
        .fold(CancellationMatrix::FREE, |fees, fault| {
            fees.with(CancellationStageKind::Assigned, fault, rule)
        });
    let tariff = Tariff::clone(quote().tariff().unwrap()).with_cancellation(fees);
    let (asked, at, surge) = (quote(), quote().at(), *quote().surge());
    Arc::new(Arc::new(tariff).quote(asked.ride(), at, surge).unwrap())
}

fn receipt(charged: &Quote, fault: Fault) -> Receipt {
    let stage = CancellationStage::Assigned { elapsed: ELAPSED };
    charged.cancel(&Cancellation::new(stage, fault)).unwrap()
}

/// What is found of the fee where the order was priced with one quote, and the fee with another of the same name.
fn found(ordered: &Arc<Quote>, charged: &Quote, fault: Fault) -> Vec<&'static str> {
    let by = match fault {
        Fault::Rider => Actor::Rider(PrincipalId::from_u128(1)),
        Fault::Driver => Actor::Driver(ADA),
        Fault::Platform => Actor::Operator(PrincipalId::from_u128(9)),
    };
    let receipt = receipt(charged, fault);
    let due_minor = receipt.total().minor();
    let cancelled = cancelled_with((Some(receipt), due_minor), |cancelled| {
        (cancelled.by, cancelled.fault) = (by, fault);
    });
    let method = PaymentMethodId(1);
    let order = order_at(Arc::clone(ordered), PaymentMethod::Hold { method });
    let log = confirmed_ride()
        .with_events(TRIP, 1, [TripEvent::Requested(Arc::new(order))])
        .later(ELAPSED.saturating_sub(Millis::from_secs(1)))
        .with(TRIP, Asked, [cancelled]);
    let codes = log.codes();
    codes.into_iter().filter(|code| code.contains("_fee_")).collect()
}

const fn bps(share: i32) -> BasisPoints {
    BasisPoints::new(share)
}

#[test]
fn a_fee_of_any_shape_is_computed_as_the_tariff_says() {
    let fixed = FeeRule::new(333).unwrap();
    let of_base = fixed.with_share(bps(1_250), FeeBase::BaseFare).unwrap();
    let of_total = fixed.with_share(bps(1_250), FeeBase::Total).unwrap();
    for rule in [
        fixed,
        of_base,
        of_total,
        of_total.with_cap(500).unwrap(),
        of_total.with_driver_share(bps(3_333)).unwrap(),
        of_total.with_driver_share(bps(0)).unwrap(),
        fixed.with_share(bps(0), FeeBase::BaseFare).unwrap(),
        fixed.with_free_for(ELAPSED).unwrap(),
        fixed
            .with_free_for(ELAPSED.saturating_sub(Millis::new(1)))
            .unwrap(),
        of_total.paid_by(FeePayer::Driver),
        of_total.paid_by(FeePayer::Platform),
    ] {
        let quote = quote_under(rule);
        for fault in [Fault::Rider, Fault::Driver, Fault::Platform] {
            assert_eq!(found(&quote, &quote, fault), [""; 0], "{rule:?} {fault:?}");
        }
    }
}

#[test]
fn a_fee_that_is_a_cent_off_is_found() {
    let rule = |minor| FeeRule::new(minor).unwrap();
    let shared = |minor| rule(minor).with_driver_share(bps(5_000)).unwrap();
    for (said, charged, code) in [
        (rule(500), rule(501), "audit_fee_too_high"),
        (rule(500), rule(499), "audit_fee_too_low"),
        (rule(500), rule(0), "audit_fee_missing"),
        (rule(0), rule(1), "audit_fee_unowed"),
        (
            rule(500).with_free_for(ELAPSED).unwrap(),
            rule(500),
            "audit_fee_unowed",
        ),
        (rule(500), shared(500), "audit_fee_shares_differ"),
        (
            rule(500).paid_by(FeePayer::Driver),
            rule(0),
            "audit_fee_shares_differ",
        ),
        (rule(500).paid_by(FeePayer::Driver), rule(500), "audit_fee_unowed"),
        (
            rule(500).paid_by(FeePayer::Platform),
            rule(500).paid_by(FeePayer::Driver),
            "audit_fee_shares_differ",
        ),
    ] {
        let found = found(&quote_under(said), &quote_under(charged), Fault::Rider);
        assert_eq!(found, [code], "{said:?} {charged:?}");
    }
}

/// Who knows the name of a tariff only cannot say what a fee comes to, and says so of the receipt.
#[test]
fn a_fee_by_a_tariff_that_nobody_knows_is_not_judged() {
    let named = Arc::new(Quote::from_parts(quote().parts()).unwrap());
    let (method, fee) = (PaymentMethodId(1), fee());
    let order = order_at(named, PaymentMethod::Hold { method });
    let cancelled = cancelled_with((Some(fee), FEE_MINOR), |_| ());
    let log = confirmed_ride()
        .with_events(TRIP, 1, [TripEvent::Requested(Arc::new(order))])
        .with(TRIP, Asked, [cancelled]);
    let codes = log.codes();
    assert!(codes.contains(&"audit_receipt_unfounded"), "{codes:?}");
    assert!(codes.iter().all(|code| !code.contains("_fee_")), "{codes:?}");
}

#[test]
fn a_fees_receipt_is_of_a_cancellation_on_the_way() {
    let searching = Cancellation::new(CancellationStage::Searching, Fault::Rider);
    let arrived = CancellationStage::Arrived {
        waited: Millis::from_secs(1),
    };
    for receipt in [
        fare(),
        quote().cancel(&searching).unwrap(),
        quote().cancel(&Cancellation::new(arrived, Fault::Rider)).unwrap(),
    ] {
        let due_minor = receipt.total().minor();
        let cancelled = cancelled_with((Some(receipt), due_minor), |_| ());
        let codes = confirmed_ride().with(TRIP, Asked, [cancelled]).codes();
        assert!(codes.contains(&"audit_fee_receipt_differs"), "{codes:?}");
    }
}

/// A fee of a rider who was there to say a code, and the same no-show without one.
#[test]
fn a_no_show_after_a_wrong_code_is_nobodys_fee() {
    let waited = TripPolicy::default().no_show_grace;
    let found = |fault| {
        let stage = CancellationStage::NoShow { waited };
        let receipt = quote().cancel(&Cancellation::new(stage, fault)).unwrap();
        let mut event = no_show(Actor::Driver(ADA), receipt);
        if let TripEvent::Cancelled(cancelled) = &mut event {
            Arc::make_mut(cancelled).fault = fault;
        }
        let refused = TripEvent::StartCodeRefused {
            round: 0,
            attempts: 1,
        };
        let tried = confirmed_ride()
            .with(TRIP, Asked, [arrived(0)])
            .with(TRIP, Asked, [refused]);
        let log = tried
            .later(waited.saturating_sub(Millis::from_secs(2)))
            .with(TRIP, Asked, [event]);
        let codes = log.codes();
        let of_fees = |code: &&str| code.contains("_fee_") || code.contains("_fault_");
        codes.into_iter().filter(of_fees).collect::<Vec<_>>()
    };
    assert_eq!(found(Fault::Platform), [""; 0]);
    assert_eq!(
        found(Fault::Rider),
        [
            "audit_fault_differs",
            "audit_fee_receipt_differs",
            "audit_fee_unowed"
        ]
    );
}
