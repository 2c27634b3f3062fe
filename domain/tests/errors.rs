//! Whoever meets an error is stuck: each text says what failed, or what to do, and each kind has a code of its own to branch on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::geo::AreaError;
use fiacre_domain::id::{DriverId, IdError, TariffId, TripId};
use fiacre_domain::ledger::LedgerError;
use fiacre_domain::matching::assignment::{AssignmentFlaw, CostsError};
use fiacre_domain::matching::{CertificateFlaw, PolicyError, SampleError};
use fiacre_domain::money::{Currency, Money, MoneyError};
use fiacre_domain::ops::OpsError;
use fiacre_domain::place::PlaceError;
use fiacre_domain::pricing::{PricingError, ReadingFlaw, ReceiptField, VerifyError};
use fiacre_domain::ratio::Overflow;
use fiacre_domain::requirements::SeatsError;
use fiacre_domain::stream::StreamError;
use fiacre_domain::time::{TimeError, Timestamp};
use fiacre_domain::trip::RequestError;
use fiacre_domain::{dispatch, driver, payment, trip};
use std::collections::BTreeSet;
use std::error::Error;

const TRIP: TripId = TripId::from_u128(7);
const ANN: DriverId = DriverId::from_u128(8);
const NOON: Timestamp = Timestamp::from_ms(43_200_000);

/// Codes and texts of some kinds of one error.
macro_rules! told {
    ($($error:expr),+ $(,)?) => { vec![$(($error.code(), $error.to_string())),+] };
}

/// What is not a value, and cannot be computed with.
fn of_values() -> Vec<(&'static str, String)> {
    let fingerprint = "no fingerprint".parse::<Fingerprint>().unwrap_err();
    told![
        fingerprint,
        Overflow,
        SeatsError,
        StreamError,
        IdError::NotAUuid,
        IdError::NotASlug { length_max: 15 },
        MoneyError::UnknownCurrency,
        MoneyError::CurrencyMismatch {
            left: Currency::USD,
            right: Currency::JPY
        },
        MoneyError::Overflow,
        PlaceError::LatitudeOutOfRange,
        PlaceError::LongitudeOutOfRange,
        PlaceError::Malformed,
        TimeError::NoSuchDate,
        TimeError::NoSuchTime,
        TimeError::MalformedTimeOfDay,
        TimeError::Malformed,
        LedgerError::Unbalanced {
            currency: Currency::USD,
            sum_minor: 3
        },
        LedgerError::Overflow,
        OpsError::Empty("queue"),
        OpsError::TooLong("queue"),
        OpsError::PolicyUnchanged,
    ]
}

fn of_matching() -> Vec<(&'static str, String)> {
    told![
        AreaError::Empty,
        AreaError::TooLarge,
        AreaError::NearPole,
        AreaError::OutlineTooShort,
        AreaError::OutlineOutsideBounds,
        AreaError::OutsideServiceArea,
        CostsError::CostOutOfRange,
        CostsError::ColumnOutOfRange,
        CostsError::TooLarge,
        CostsError::MalformedRows,
        AssignmentFlaw::WrongShape,
        AssignmentFlaw::NoSuchEdge { row: 1 },
        AssignmentFlaw::SharedColumn { column: 2 },
        AssignmentFlaw::RowPriceTooHigh { row: 3 },
        AssignmentFlaw::ColumnPriceAboveZero { column: 4 },
        AssignmentFlaw::Gap { cost: 6, bound: 5 },
        CertificateFlaw::OtherTime,
        CertificateFlaw::TripMissing(TRIP),
        CertificateFlaw::TripUnknown(TRIP),
        CertificateFlaw::NoSuchPairing(TRIP),
        CertificateFlaw::DriverShared(ANN),
        CertificateFlaw::DriverKnownTwice(ANN),
        CertificateFlaw::TripPriceTooHigh(TRIP),
        CertificateFlaw::DriverPriceAboveZero(ANN),
        CertificateFlaw::Gap {
            cost_ms: 6,
            bound_ms: 5
        },
        PolicyError::TimeOutOfRange,
        PolicyError::NearestOutOfRange,
        PolicyError::ShareOutOfRange,
        SampleError::HeadingOutOfRange,
    ]
}

fn tariff_id() -> TariffId {
    "test".parse().unwrap()
}

fn other_tariff() -> VerifyError {
    VerifyError::OtherTariff {
        tariff: tariff_id(),
        version: 1,
    }
}

fn other_fingerprint() -> VerifyError {
    VerifyError::OtherFingerprint {
        tariff: tariff_id(),
        version: 1,
    }
}

fn of_pricing() -> Vec<(&'static str, String)> {
    let incoherent = |flaw| PricingError::ReadingIncoherent { slice: 1, flaw };
    told![
        PricingError::Overflow,
        PricingError::RideNegative("distance"),
        PricingError::RideBeyondLimit {
            field: "distance",
            max: "1 km"
        },
        PricingError::SlowBeyondDuration,
        PricingError::PartsBeyondRide("distance"),
        PricingError::RideOutOfCalendar,
        PricingError::ReadingOutOfRange("slices"),
        PricingError::RideWithoutPassenger,
        incoherent(ReadingFlaw::BandOutOfRange),
        incoherent(ReadingFlaw::BandsOutOfOrder),
        incoherent(ReadingFlaw::BandsDiffer),
        incoherent(ReadingFlaw::BandOfAnotherSpeed),
        incoherent(ReadingFlaw::NotCutAtQuarterHour),
        incoherent(ReadingFlaw::NotAtStart),
        incoherent(ReadingFlaw::OutOfTimeOrder),
        PricingError::ReadingOfAnotherTariff,
        PricingError::ReadingNotCut,
        PricingError::SurgeNotRecomputable,
        PricingError::StepDoesNotFitGateway {
            gateway_step_minor: 10
        },
        PricingError::CurrencyMismatch,
        PricingError::QuoteOfAnotherTariff {
            tariff: tariff_id(),
            version: 1
        },
        PricingError::TariffEdited {
            tariff: tariff_id(),
            version: 1
        },
        PricingError::QuoteNotRecomputable,
        other_tariff(),
        other_fingerprint(),
        VerifyError::NotPriceable(PricingError::ReadingNotCut),
        VerifyError::Differs(ReceiptField::Total),
        VerifyError::Unpriced,
    ]
}

fn of_aggregates() -> Vec<(&'static str, String)> {
    let pricing = PricingError::ReadingNotCut;
    told![
        RequestError::ExpiresBeforeAccepted,
        RequestError::TooManyStops,
        RequestError::PolicyOutOfRange,
        RequestError::EmptyParty,
        trip::Refusal::NoSuchTrip,
        trip::Refusal::NotYours,
        trip::Refusal::WrongStep,
        trip::Refusal::RideBegan,
        trip::Refusal::NoShowIsReported,
        trip::Refusal::Ended,
        trip::Refusal::StaleFence,
        trip::Refusal::StartCodesUsedUp,
        trip::Refusal::NotDueYet { due_at: NOON },
        trip::Refusal::PickUpFixed,
        trip::Refusal::TooManyStops,
        trip::Refusal::PlanChangesUsedUp,
        trip::Refusal::QuoteBeyondHold,
        trip::Refusal::QuoteOfAnotherRide,
        trip::Refusal::Pricing(pricing),
        trip::Refusal::ReceiptOfAnotherQuote,
        trip::Refusal::ReceiptUnfounded(other_tariff()),
        trip::Refusal::TipWithoutCard,
        trip::Refusal::TipWithoutHold,
        trip::Refusal::TipsUsedUp,
        trip::Refusal::TipTooLate { until: NOON },
        trip::Refusal::TipOutOfBounds {
            most: Money::zero(Currency::USD)
        },
        dispatch::Refusal::NoSuchOffer,
        dispatch::Refusal::OfferGone,
        dispatch::Refusal::OfferTaken,
        dispatch::Refusal::NotSearching,
        dispatch::Refusal::DriverExcluded,
        dispatch::Refusal::NotDueYet { due_at: NOON },
        driver::Refusal::OffDuty,
        payment::Refusal::AboveDebt,
        payment::Refusal::NotPositive,
        payment::Refusal::CurrencyMismatch,
        payment::Refusal::CaptureAboveHold,
        payment::Refusal::NoSuchCharge,
        payment::Refusal::NotDueYet { due_at: NOON },
    ]
}

fn all() -> Vec<(&'static str, String)> {
    [of_values(), of_matching(), of_pricing(), of_aggregates()].concat()
}

#[test]
fn every_text_completes_failed_to() {
    let others: Vec<_> = all()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("failed to ") || !text.contains(':') || text.ends_with('.'))
        .collect();
    assert_eq!(others, []);
}

#[test]
fn every_kind_has_a_code_of_its_own_in_snake_case() {
    let all = all();
    let codes: BTreeSet<_> = all.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), all.len());
    let plain = |code: &&str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert!(codes.iter().all(plain), "{codes:?}");
}

#[test]
fn a_text_names_what_is_wrong() {
    for (text, named) in [
        (AssignmentFlaw::NoSuchEdge { row: 17 }.to_string(), "row 17"),
        (
            AssignmentFlaw::Gap { cost: 19, bound: 18 }.to_string(),
            "costs 19, the prices prove only 18",
        ),
        (
            CertificateFlaw::DriverShared(ANN).to_string(),
            "driver 00000000-0000-0000-0000-000000000008",
        ),
        (PricingError::RideNegative("waiting").to_string(), "waiting"),
        (
            PricingError::RideBeyondLimit {
                field: "stops",
                max: "255",
            }
            .to_string(),
            "at most 255",
        ),
        (PricingError::ReadingOutOfRange("bands").to_string(), "bands"),
        (
            MoneyError::CurrencyMismatch {
                left: Currency::USD,
                right: Currency::JPY,
            }
            .to_string(),
            "JPY",
        ),
        (
            trip::Refusal::NotDueYet { due_at: NOON }.to_string(),
            &NOON.to_string(),
        ),
    ] {
        assert!(text.contains(named), "{text:?} does not name {named:?}");
    }
}

#[test]
fn a_receipt_that_cannot_be_priced_has_the_reason_as_its_source() {
    let refused = VerifyError::NotPriceable(PricingError::ReadingNotCut);
    assert_eq!(
        refused.source().unwrap().to_string(),
        PricingError::ReadingNotCut.to_string()
    );
    for other in [
        other_tariff(),
        other_fingerprint(),
        VerifyError::Differs(ReceiptField::Hold),
        VerifyError::Unpriced,
    ] {
        assert!(other.source().is_none());
    }
}

#[test]
fn each_field_of_a_receipt_is_named_differently() {
    let fields = [
        ReceiptField::Currency,
        ReceiptField::Basis,
        ReceiptField::Quoted,
        ReceiptField::Metered,
        ReceiptField::Hold,
        ReceiptField::LineCount,
        ReceiptField::Line(0),
        ReceiptField::Line(1),
        ReceiptField::Total,
        ReceiptField::PayLineCount,
        ReceiptField::PayLine(0),
        ReceiptField::PayLine(1),
        ReceiptField::PayTotal,
    ];
    let names: BTreeSet<_> = fields.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), fields.len());
    assert_eq!(
        ReceiptField::Line(0).to_string(),
        "line 1",
        "people count from one"
    );
    assert_eq!(ReceiptField::PayLine(1).to_string(), "line 2 of the driver's pay");
}

#[test]
fn errors_of_money_and_fractions_become_errors_of_pricing() {
    assert_eq!(MoneyError::from(Overflow), MoneyError::Overflow);
    assert_eq!(PricingError::from(Overflow), PricingError::Overflow);
    assert_eq!(PricingError::from(MoneyError::Overflow), PricingError::Overflow);
    let mismatch = MoneyError::CurrencyMismatch {
        left: Currency::USD,
        right: Currency::JPY,
    };
    assert_eq!(PricingError::from(mismatch), PricingError::CurrencyMismatch);
    assert_eq!(
        PricingError::from(MoneyError::UnknownCurrency),
        PricingError::CurrencyMismatch
    );
}
