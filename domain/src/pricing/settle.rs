//! From a quote and what happened to a receipt.

use super::cancellation::{Cancellation, FeePayer};
use super::course::Course;
use super::error::PricingError;
use super::line::{Line, LineKind, LineTraits, Payee};
use super::pay::PayPolicy;
use super::quote::Quoted;
use super::reading::{DeviationReason, MeterReading};
use super::receipt::{Basis, Computed, Happened, Receipt};
use super::ride::Ride;
use super::stages::{self, Priced};
use super::surge::Surge;
use super::tariff::Tariff;
use crate::money::Money;
use crate::ratio::Ratio;
use crate::time::CivilDateTime;

/// What a quote is made from, beside the tariff.
pub(super) type Asked<'a> = (&'a Ride, CivilDateTime, &'a Surge);

pub(super) fn settle(
    tariff: &Tariff,
    asked: Asked<'_>,
    reading: &MeterReading,
) -> Result<Receipt, PricingError> {
    let computed = computed_for_reading(tariff, asked, reading)?;
    Ok(Receipt::new(
        tariff,
        asked,
        Happened::Driven(reading.clone()),
        computed,
    ))
}

pub(super) fn cancel(
    tariff: &Tariff,
    asked: Asked<'_>,
    cancellation: &Cancellation,
) -> Result<Receipt, PricingError> {
    let computed = computed_for_cancellation(tariff, asked, cancellation)?;
    Ok(Receipt::new(
        tariff,
        asked,
        Happened::Cancelled(*cancellation),
        computed,
    ))
}

pub(super) fn settle_as_quoted(tariff: &Tariff, asked: Asked<'_>) -> Result<Receipt, PricingError> {
    let computed = computed_as_quoted(tariff, asked)?;
    Ok(Receipt::new(tariff, asked, Happened::Unread, computed))
}

pub(super) fn computed_as_quoted(
    tariff: &Tariff,
    (ride, at, surge): Asked<'_>,
) -> Result<Computed, PricingError> {
    let quoted = Quoted::new(tariff, ride, at, surge)?;
    let money = |minor| Money::new(minor, tariff.currency());
    Ok(Computed {
        basis: Basis::Quoted,
        quoted: money(quoted.priced.total_minor),
        metered: None,
        hold: money(quoted.hold_minor),
        total: money(quoted.priced.total_minor),
        lines: quoted.priced.lines,
        pay: quoted.pay,
    })
}

pub(super) fn computed_for_reading(
    tariff: &Tariff,
    (ride, at, surge): Asked<'_>,
    reading: &MeterReading,
) -> Result<Computed, PricingError> {
    if reading.tariff() != (tariff.id(), tariff.version()) {
        return Err(PricingError::ReadingOfAnotherTariff);
    }
    let quoted = Quoted::new(tariff, ride, at, surge)?;
    let metered = stages::price(&Course::driven(tariff, reading), tariff.held_surge(surge)?)?;
    let metered_minor = metered.total_minor;
    let basis = basis(tariff, &quoted, metered_minor, ride, reading)?;
    let lines = match basis {
        Basis::Quoted | Basis::DetourNotCharged => quoted.priced.lines,
        Basis::Metered(_) => metered.lines,
        Basis::Capped(_) => capped(tariff, metered, quoted.cap_minor)?,
        // A reading never settles as a fee.
        Basis::Fee => return Err(PricingError::ReadingOutOfRange("basis")),
    };
    let total_minor = match basis {
        Basis::Quoted | Basis::DetourNotCharged => quoted.priced.total_minor,
        Basis::Metered(_) => metered_minor,
        Basis::Capped(_) => quoted.cap_minor,
        Basis::Fee => 0,
    };
    let pay = tariff
        .pay
        .pay(&lines, reading.distance(), reading.duration(), tariff.currency())?;
    let money = |minor| Money::new(minor, tariff.currency());
    Ok(Computed {
        basis,
        quoted: money(quoted.priced.total_minor),
        metered: Some(money(metered_minor)),
        hold: money(quoted.hold_minor),
        lines,
        total: money(total_minor),
        pay,
    })
}

/// Inside the band the quote stands; so it does where the driver went astray. Outside, the meter decides, up to the cap.
fn basis(
    tariff: &Tariff,
    quoted: &Quoted,
    metered_minor: i64,
    ride: &Ride,
    reading: &MeterReading,
) -> Result<Basis, PricingError> {
    let (low, high, _) = tariff.settlement.bounds(quoted.priced.total_minor)?;
    let metered = Ratio::from(metered_minor);
    if low <= metered && metered <= high {
        return Ok(Basis::Quoted);
    }
    let reason = deviation_reason(ride, reading);
    Ok(if reason == DeviationReason::DriverDetour && metered > high {
        Basis::DetourNotCharged
    } else if metered_minor > quoted.cap_minor {
        Basis::Capped(reason)
    } else {
        Basis::Metered(reason)
    })
}

/// The reason that was given, else the first that the reading itself shows.
fn deviation_reason(ride: &Ride, reading: &MeterReading) -> DeviationReason {
    let (asked, driven) = (ride.circumstances(), reading.circumstances());
    if let Some(given) = reading.deviation() {
        given
    } else if asked.end() != driven.end() {
        DeviationReason::Destination
    } else if driven.stops() > asked.stops() {
        DeviationReason::Stop
    } else if asked.tolls() != driven.tolls() {
        DeviationReason::Toll
    } else if reading.waiting() > ride.waiting() {
        DeviationReason::Waiting
    } else {
        DeviationReason::Meter
    }
}

/// The platform set the cap, so the platform bears what is above it.
fn capped(tariff: &Tariff, metered: Priced, cap_minor: i64) -> Result<Vec<Line>, PricingError> {
    let above = cap_minor
        .checked_sub(metered.total_minor)
        .ok_or(PricingError::Overflow)?;
    let mut lines = metered.lines;
    let amount = Money::new(above, tariff.currency());
    lines.push(Line::new(
        LineKind::SettlementCap,
        amount,
        LineTraits::untouched(Payee::Platform),
    ));
    Ok(lines)
}

pub(super) fn computed_for_cancellation(
    tariff: &Tariff,
    (ride, at, surge): Asked<'_>,
    cancellation: &Cancellation,
) -> Result<Computed, PricingError> {
    let quoted = Quoted::new(tariff, ride, at, surge)?;
    let (base_fare_minor, total_minor) = (quoted.priced.base_fare_minor, quoted.priced.total_minor);
    let (rule, fee_minor) = tariff
        .cancellation
        .fee(cancellation, base_fare_minor, total_minor)?;
    let payments = match rule.map(|rule| (rule, rule.payer())) {
        None => [(Payee::Driver, 0), (Payee::Platform, 0)],
        Some((rule, FeePayer::Rider)) => {
            let drivers = rule.driver_minor(fee_minor)?;
            [(Payee::Driver, drivers), (Payee::Platform, fee_minor - drivers)]
        }
        Some((_, FeePayer::Driver)) => [(Payee::Driver, -fee_minor), (Payee::Platform, fee_minor)],
        Some((_, FeePayer::Platform)) => [(Payee::Driver, fee_minor), (Payee::Platform, -fee_minor)],
    };
    let money = |minor| Money::new(minor, tariff.currency());
    let lines: Vec<Line> = payments
        .into_iter()
        .filter(|(_, minor)| *minor != 0)
        .map(|(payee, minor)| {
            Line::new(
                LineKind::CancellationFee,
                money(minor),
                LineTraits::untouched(payee),
            )
        })
        .collect();
    let pay = PayPolicy::pay_fee(&lines, tariff.currency())?;
    Ok(Computed {
        basis: Basis::Fee,
        quoted: money(total_minor),
        metered: None,
        hold: money(quoted.hold_minor),
        total: money(payments[0].1 + payments[1].1),
        lines,
        pay,
    })
}
