//! Who travels, how they pay, and what can happen to them.

use fiacre_domain::driver;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{DriverId, PrincipalId, TripId};
use fiacre_domain::money::Currency;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{
    CancellationMatrix, CancellationStageKind, Fault, FeeRule, Meter, MeterReading, Quote, Receipt, Ride,
    Segment, Surge, Tariff,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    Order, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, TripPolicy, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::{Arc, LazyLock};

pub(crate) const TRIPS: [TripId; 2] = [TripId::from_u128(1), TripId::from_u128(2)];
pub(crate) const DRIVERS: [DriverId; 3] = [
    DriverId::from_u128(100),
    DriverId::from_u128(101),
    DriverId::from_u128(102),
];
/// Orders both trips.
pub(crate) const RIDER: PrincipalId = PrincipalId::from_u128(10);
/// Orders nothing.
pub(crate) const STRANGER: PrincipalId = PrincipalId::from_u128(12);
pub(crate) const OPERATOR: PrincipalId = PrincipalId::from_u128(11);

/// Every event that the walks must come across.
pub(crate) const REACHABLE: &[&str] = &[
    "TripRequested",
    "TripRejected",
    "DriverNoted",
    "PaymentNoted",
    "PaymentUnnoted",
    "TripConfirmed",
    "TripReassigning",
    "DriverArrived",
    "StartCodeRefused",
    "TripStarted",
    "TripPlanChanged",
    "TripCompleted",
    "TripCancelled",
    "TripFailed",
    "FareSettled",
    "FareAdjusted",
    "LockCleared",
    "MoneySettled",
    "TripClosed",
    "TripTipped",
    "SearchStarted",
    "SearchPaused",
    "SearchResumed",
    "OfferMade",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferWithdrawn",
    "DriverAssigned",
    "ReleaseAsked",
    "ReleaseNoted",
    "NoDriverFound",
    "DispatchEnding",
    "DispatchClosed",
    "DriverOnline",
    "OfflineRequested",
    "DriverOffline",
    "DriverLocked",
    "LockRefused",
    "DriverReleased",
    "PaymentWaived",
    "AuthorizationStarted",
    "IntentCreated",
    "ActionRequired",
    "PaymentAuthorized",
    "AuthorizationLost",
    "PaymentDeclined",
    "SettlementAsked",
    "CaptureStarted",
    "PaymentCaptured",
    "CaptureFailed",
    "VoidStarted",
    "PaymentVoided",
    "VoidRefused",
    "PaymentClosed",
    "DebtRecorded",
    "RefundStarted",
    "PaymentRefunded",
    "RefundFailed",
    "CorrectionAsked",
    "FurtherChargeAsked",
    "DebtReduced",
    "CashReturned",
];

static TARIFF: LazyLock<Arc<Tariff>> = LazyLock::new(|| {
    let fifth = Segment::new(
        Millimetres::ZERO,
        Ratio::from(50),
        Ratio::new(1_609_344, 5).unwrap(),
    )
    .and_then(|fifth| fifth.with_time(Ratio::from(60_000)))
    .unwrap();
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth]).unwrap();
    let fee = |minor| FeeRule::new(minor).unwrap();
    let matrix = CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee(300))
        .with(CancellationStageKind::Arrived, Fault::Rider, fee(400))
        .with(CancellationStageKind::NoShow, Fault::Rider, fee(500));
    Arc::new(Tariff::new("nyc".parse().unwrap(), 1, Currency::USD, meter).with_cancellation(matrix))
});

/// What was ordered.
static QUOTE: LazyLock<Arc<Quote>> = LazyLock::new(|| quote_of(8_000));

/// What a shorter way costs.
static SHORTER: LazyLock<Arc<Quote>> = LazyLock::new(|| quote_of(4_000));

fn quote_of(metres: i64) -> Arc<Quote> {
    let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(10));
    let at = "2018-07-03T10:00".parse().unwrap();
    Arc::new(TARIFF.quote(&ride, at, Surge::NONE).unwrap())
}

pub(crate) fn quote(shorter: bool) -> Arc<Quote> {
    Arc::clone(if shorter { &SHORTER } else { &QUOTE })
}

pub(crate) fn plan() -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(Place::from_e7(407_580_000, -739_855_000).unwrap()),
        stops: Vec::new(),
        destination: None,
    }
}

/// What a driver records who drives as far as the quote said.
pub(crate) static READING: LazyLock<Arc<MeterReading>> = LazyLock::new(|| {
    let mut recorder = QUOTE.recorder(QUOTE.at()).unwrap();
    recorder
        .drive(QUOTE.ride().distance(), QUOTE.ride().duration())
        .unwrap();
    Arc::new(recorder.finish().unwrap())
});

/// What `quote` comes to where so many kilometres were driven.
pub(crate) fn receipt(quote: &Quote, kilometres: i64) -> Arc<Receipt> {
    let mut recorder = quote.recorder(quote.at()).unwrap();
    let driven = Millimetres::from_metres(kilometres * 1_000);
    recorder.drive(driven, quote.ride().duration()).unwrap();
    Arc::new(quote.settle(&recorder.finish().unwrap()).unwrap())
}

/// An order for `trip`, accepted now.
pub(crate) fn order(trip: TripId, payment: PaymentMethod, now: Timestamp) -> Arc<TripRequest> {
    let policy = TripPolicy {
        reassignments_max: 2,
        start_codes_max: 2,
        ..TripPolicy::default()
    };
    order_under(policy, trip, payment, now)
}

/// The same, under a policy.
pub(crate) fn order_under(
    policy: TripPolicy,
    trip: TripId,
    payment: PaymentMethod,
    now: Timestamp,
) -> Arc<TripRequest> {
    let order = Order {
        trip,
        rider: RIDER,
        region: "manhattan".parse().unwrap(),
        accepted_at: now,
        quote: Arc::clone(&QUOTE),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: plan(),
        payment,
        product: "taxi".parse().unwrap(),
    };
    let request = TripRequest::new(order).unwrap();
    Arc::new(request.with_policy(Arc::new(policy)).unwrap())
}

/// Mostly a card, else cash or an account.
pub(crate) const fn method(choice: u8) -> PaymentMethod {
    match choice % 16 {
        0 => PaymentMethod::Cash,
        1 => PaymentMethod::Account,
        _ => PaymentMethod::Hold {
            method: PaymentMethodId(1),
        },
    }
}

pub(crate) fn online() -> driver::Command {
    driver::Command::GoOnline {
        region: "manhattan".parse().unwrap(),
        capabilities: Capabilities::new(4).unwrap(),
    }
}
