//! Quotes that were stored: what was promised stands, and its tariff is needed only for what follows from it.

use crate::*;
use fiacre_domain::canonical::Canonical;
use fiacre_domain::money::Money;
use fiacre_domain::pricing::{
    Basis, Cancellation, CancellationStage, Computed, Fault, LineKind, Pay, PayPolicy, PricingError,
    QuoteParts, Receipt, Recorder, VerifyError, Waiting, WaitingRate,
};

fn promised() -> Quote {
    quote(tariff(), &ride())
}

fn stored() -> Quote {
    Quote::from_parts(promised().parts()).unwrap()
}

fn reading(recorder: Recorder<'_>) -> fiacre_domain::pricing::MeterReading {
    let mut recorder = recorder;
    recorder.drive(metres(10_000), Millis::from_minutes(20)).unwrap();
    recorder.finish().unwrap()
}

#[test]
fn what_was_promised_is_read_without_the_tariff_and_settled_with_it() {
    let (promised, stored) = (promised(), stored());
    assert_eq!(stored.parts(), promised.parts());
    assert_eq!(stored.canonical_bytes(), promised.canonical_bytes());
    assert_eq!(
        (stored.total(), stored.hold(), stored.driver_pay()),
        (promised.total(), promised.hold(), promised.driver_pay())
    );
    assert_eq!(stored.currency(), Currency::USD);
    let receipt = promised.settle_as_quoted().unwrap();
    assert!(stored.is_settled_by(&receipt));
    assert_eq!(stored.with_tariff(Arc::new(tariff())), Ok(promised));
}

#[test]
fn whoever_does_not_know_the_tariff_is_told_which_it_is() {
    let unknown = PricingError::TariffUnknown {
        tariff: "test".parse().unwrap(),
        version: 1,
    };
    let (promised, stored) = (promised(), stored());
    let reading = reading(promised.recorder(morning()).unwrap());
    let cancellation = Cancellation::new(CancellationStage::Searching, Fault::Rider);
    assert_eq!(stored.tariff(), Err(unknown));
    assert_eq!(stored.recorder(morning()).map(drop), Err(unknown));
    assert_eq!(stored.settle(&reading), Err(unknown));
    assert_eq!(stored.settle_as_quoted(), Err(unknown));
    assert_eq!(stored.cancel(&cancellation), Err(unknown));
    assert_eq!(stored.lines(), Err(unknown));
    assert_eq!(stored.is_recomputable(), Err(unknown));
    assert_eq!(unknown.code(), "pricing_tariff_unknown");
    assert!(
        unknown.to_string().contains("version 1 of tariff test"),
        "{unknown}"
    );
}

#[test]
fn another_tariff_is_not_the_one_it_names() {
    let newer = Tariff::new("test".parse().unwrap(), 2, Currency::USD, by_distance());
    let yen = Tariff::new("test".parse().unwrap(), 1, Currency::JPY, by_distance());
    for other in [named("other", by_distance()), newer, yen] {
        let refused = stored().with_tariff(Arc::new(other)).unwrap_err();
        let edition = promised().edition();
        let (tariff, version) = (edition.tariff(), edition.version());
        assert_eq!(refused, PricingError::QuoteOfAnotherTariff { tariff, version });
        assert_eq!(refused.code(), "pricing_quote_of_another_tariff");
        assert!(
            refused.to_string().contains("names version 1 of tariff test"),
            "{refused}"
        );
    }
}

#[test]
fn a_tariff_that_was_edited_under_its_name_and_version_is_not_the_one_it_was() {
    let refused = stored().with_tariff(Arc::new(edited())).unwrap_err();
    let edition = promised().edition();
    let (tariff, version) = (edition.tariff(), edition.version());
    assert_eq!(refused, PricingError::TariffEdited { tariff, version });
    assert_eq!(refused.code(), "pricing_tariff_edited");
    assert!(
        refused.to_string().contains("give what is changed a new version"),
        "{refused}"
    );
    let of_edited = quote(edited(), &ride());
    assert_ne!(of_edited.canonical_bytes(), promised().canonical_bytes());
    assert!(!promised().is_settled_by(&of_edited.settle_as_quoted().unwrap()));
}

#[test]
fn a_quote_of_an_older_release_stands_though_it_would_be_priced_otherwise_today() {
    let older = |total_minor| QuoteParts {
        total_minor,
        ..promised().parts()
    };
    let known = |parts| {
        Quote::from_parts(parts)
            .unwrap()
            .with_tariff(Arc::new(tariff()))
            .unwrap()
    };
    assert_eq!(known(promised().parts()).is_recomputable(), Ok(true));
    let older = known(older(1_200));
    assert_eq!(older.total().minor(), 1_200);
    assert_eq!(older.is_recomputable(), Ok(false));
    let reading = reading(older.recorder(morning()).unwrap());
    let cancellation = Cancellation::new(CancellationStage::Searching, Fault::Rider);
    let refused = PricingError::QuoteNotRecomputable;
    assert_eq!(older.settle(&reading), Err(refused));
    assert_eq!(older.settle_as_quoted(), Err(refused));
    assert_eq!(older.cancel(&cancellation), Err(refused));
    assert_eq!(older.lines(), Err(refused));
    assert_eq!(older.pay(), Err(refused));
}

/// What cannot be priced again still ends: the quoted price stands for a ride, and a cancellation is free.
#[test]
fn a_quote_that_cannot_be_priced_again_is_settled_as_it_was_accepted() {
    let older = QuoteParts {
        total_minor: 1_200,
        driver_pay_minor: 900,
        ..promised().parts()
    };
    let older = Quote::from_parts(older).unwrap();
    let cancellation = Cancellation::new(CancellationStage::Searching, Fault::Rider);
    let known = older.clone().with_tariff(Arc::new(tariff())).unwrap();
    for quote in [stored(), older, known] {
        let ride = quote.settle_as_accepted();
        assert_eq!((ride.total(), ride.quoted()), (quote.total(), quote.total()));
        assert_eq!((ride.basis(), ride.metered()), (Basis::Quoted, None));
        let sum = ride.sum_of(|_| true).unwrap();
        assert_eq!((sum, ride.lines().len()), (quote.total(), 1));
        assert_eq!(ride.lines()[0].kind(), LineKind::Accepted);
        assert_eq!(ride.pay().total(), quote.driver_pay());
        let free = quote.cancel_unpriced(&cancellation);
        assert!(free.total().is_zero() && free.lines().is_empty() && free.pay().total().is_zero());
        for receipt in [ride, free] {
            assert!(receipt.is_unpriced() && receipt.is_flagged());
            assert!(quote.is_settled_by(&receipt));
            let is_todays = quote.total() == promised().total();
            let verified = if is_todays {
                Ok(())
            } else {
                Err(VerifyError::Unpriced)
            };
            assert_eq!(receipt.verify(&tariff()), verified);
        }
    }
}

/// Such a receipt follows from no tariff, but it says what was accepted and nothing else.
#[test]
fn a_receipt_that_was_made_without_pricing_is_held_to_its_quote() {
    let quote = stored();
    let cancellation = Cancellation::new(CancellationStage::Searching, Fault::Rider);
    for receipt in [quote.settle_as_accepted(), quote.cancel_unpriced(&cancellation)] {
        let edits: [fn(&mut Computed); 4] = [
            |computed| computed.total = Money::new(computed.total.minor() + 1, Currency::USD),
            |computed| computed.quoted = Money::new(1, Currency::USD),
            |computed| computed.hold = Money::new(1, Currency::USD),
            |computed| computed.pay = Pay::from_parts(Vec::new(), Money::new(1, Currency::USD)),
        ];
        for edit in edits {
            let mut parts = receipt.parts().clone();
            edit(&mut parts.computed);
            let edited = Receipt::from_parts(parts);
            assert!(!quote.is_settled_by(&edited));
            assert_eq!(edited.verify(&tariff()), Err(VerifyError::Unpriced));
        }
        // A tariff that cannot price the ride says nothing of it either.
        let mut parts = receipt.parts().clone();
        parts.ride = Ride::new(Millimetres::new(-1), Millis::ZERO);
        let unpriceable = Receipt::from_parts(parts);
        assert_eq!(unpriceable.verify(&tariff()), Err(VerifyError::Unpriced));
    }
}

/// What comes to nothing has no lines.
#[test]
fn a_free_ride_that_cannot_be_priced_again_has_no_line() {
    let free = QuoteParts {
        total_minor: 0,
        hold_minor: 0,
        driver_pay_minor: 0,
        ..promised().parts()
    };
    let receipt = Quote::from_parts(free).unwrap().settle_as_accepted();
    assert!(receipt.lines().is_empty() && receipt.pay().lines().is_empty());
}

#[test]
fn what_no_quote_can_be_is_refused() {
    let incoherent = |total_minor, hold_minor| {
        Quote::from_parts(QuoteParts {
            total_minor,
            hold_minor,
            ..promised().parts()
        })
    };
    assert!(incoherent(0, 0).is_ok());
    for (refused, amount) in [(incoherent(-1, 10), "total"), (incoherent(11, 10), "hold")] {
        let refused = refused.unwrap_err();
        assert_eq!(refused, PricingError::QuoteIncoherent(amount));
        assert_eq!(refused.code(), "pricing_quote_incoherent");
        assert!(refused.to_string().contains(amount), "{refused}");
    }
    let nowhere = QuoteParts {
        ride: Ride::new(Millimetres::new(-1), Millis::ZERO),
        ..promised().parts()
    };
    assert_eq!(
        Quote::from_parts(nowhere),
        Err(PricingError::RideNegative("distance"))
    );
    let for_ever = QuoteParts {
        at: "9999-12-31T23:59".parse().unwrap(),
        ..promised().parts()
    };
    assert_eq!(Quote::from_parts(for_ever), Err(PricingError::RideOutOfCalendar));
}

#[test]
fn a_driver_is_paid_in_the_currency_of_the_lines_alone() {
    let (lines, ride) = (promised().lines().unwrap(), ride());
    let paid_in = |currency| {
        PayPolicy::NO_COMMISSION
            .pay(&lines, ride.distance(), ride.duration(), currency)
            .map(|pay| pay.total())
    };
    assert_eq!(paid_in(Currency::USD), Ok(promised().driver_pay()));
    assert_eq!(paid_in(Currency::JPY), Err(PricingError::CurrencyMismatch));
}

#[test]
fn an_edition_says_which_tariff_it_is_and_asking_for_it_changes_nothing() {
    let (asked, unasked) = (tariff(), tariff());
    let edition = asked.edition();
    let said = format!("version 1 of tariff test, fingerprint {}", asked.fingerprint());
    assert_eq!(edition.to_string(), said);
    assert_eq!(asked, unasked);
    assert_eq!(format!("{asked:?}"), format!("{unasked:?}"));
}

#[test]
fn waiting_has_a_price_of_its_own_unless_the_meter_goes_on() {
    let a_cent_a_second = WaitingRate::new(ratio(1), ratio(1_000), Units::Begun).unwrap();
    for (waiting, is_priced) in [
        (Waiting::Metered, false),
        (Waiting::Free, true),
        (Waiting::Charged(a_cent_a_second), true),
    ] {
        assert_eq!(
            tariff().with_waiting(waiting).prices_waiting(),
            is_priced,
            "{waiting:?}"
        );
    }
}
