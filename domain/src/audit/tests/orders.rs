//! What the logs are about: an order, its quote and what a ride or an end under it costs.

use super::log::{FEE_MINOR, NO_SHOW_MINOR, TRIP_ID};
use crate::fingerprint::Fingerprint;
use crate::id::PrincipalId;
use crate::money::Currency;
use crate::place::Place;
use crate::pricing::{
    Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, Fault, FeeRule, Meter,
    MeterReading, Quote, Receipt, Ride, Segment, Surge, Tariff,
};
use crate::ratio::Ratio;
use crate::time::Timestamp;
use crate::trip::{
    Order, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, TripPolicy, TripRequest,
};
use crate::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

/// A dollar a kilometre after the first, ten dollars to begin with; a fee of five for a late cancellation,
/// of seven for a no-show.
pub(super) fn quote() -> Arc<Quote> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
    let kilometre = kilometre.with_time(Ratio::from(180_000)).unwrap();
    let meter = Meter::joint(Ratio::from(1_000), Ratio::ONE, vec![kilometre]).unwrap();
    let fee = FeeRule::new(FEE_MINOR).unwrap();
    let waited = FeeRule::new(NO_SHOW_MINOR).unwrap();
    let waited = waited.with_driver_share(BasisPoints::new(8_000)).unwrap();
    let fees = CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee)
        .with(CancellationStageKind::NoShow, Fault::Rider, waited);
    let tariff = Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter).with_cancellation(fees);
    let ride = Ride::new(Millimetres::new(8_000_000), Millis::from_minutes(20));
    let quote = Arc::new(tariff).quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    Arc::new(quote.unwrap())
}

pub(super) fn fare() -> Receipt {
    fare_of(8)
}

/// Of a ride of so many kilometres under the quote.
pub(super) fn fare_of(kilometres: i64) -> Receipt {
    quote().settle(&reading_of(kilometres)).unwrap()
}

pub(super) fn reading_of(kilometres: i64) -> MeterReading {
    let quote = quote();
    let mut recorder = quote.recorder("2018-07-03T10:00".parse().unwrap()).unwrap();
    recorder
        .drive(Millimetres::new(kilometres * 1_000_000), Millis::from_minutes(20))
        .unwrap();
    recorder.finish().unwrap()
}

pub(super) fn fee() -> Receipt {
    quote().cancel(&late()).unwrap()
}

/// A second after the confirmation.
pub(super) const fn late() -> Cancellation {
    let stage = CancellationStage::Assigned {
        elapsed: Millis::from_secs(1),
    };
    Cancellation::new(stage, Fault::Rider)
}

pub(super) fn request() -> Arc<TripRequest> {
    paid_by(PaymentMethod::Hold {
        method: PaymentMethodId(1),
    })
}

pub(super) fn paid_by(payment: PaymentMethod) -> Arc<TripRequest> {
    Arc::new(order(payment))
}

/// Paid by card, with so many other drivers to be sought.
pub(super) fn with_reassignments(reassignments_max: u8) -> Arc<TripRequest> {
    let policy = TripPolicy {
        reassignments_max,
        ..TripPolicy::default()
    };
    let method = PaymentMethodId(1);
    Arc::new(
        order(PaymentMethod::Hold { method })
            .with_policy(Arc::new(policy))
            .unwrap(),
    )
}

pub(super) fn order(payment: PaymentMethod) -> TripRequest {
    order_at(quote(), payment)
}

pub(super) fn order_at(quote: Arc<Quote>, payment: PaymentMethod) -> TripRequest {
    let order = Order {
        trip: TRIP_ID,
        rider: PrincipalId::from_u128(1),
        region: "manhattan".parse().unwrap(),
        accepted_at: Timestamp::from_ms(0),
        quote,
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: plan(),
        payment,
        product: "taxi".parse().unwrap(),
    };
    TripRequest::new(order).unwrap()
}

pub(super) fn plan() -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(Place::from_e7(407_000_000, -739_000_000).unwrap()),
        stops: Vec::new(),
        destination: None,
    }
}
