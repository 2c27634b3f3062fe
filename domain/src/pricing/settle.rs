//! From a quote and what happened to a receipt.

use super::cancellation::{Cancellation, FeePayer};
use super::error::PricingError;
use super::line::{Line, LineKind, LineTraits, Payee};
use super::pay::PayPolicy;
use super::quote::Quoted;
use super::reading::{DeviationReason, MeterReading};
use super::receipt::{Basis, Computed, Happened, Receipt};
use super::replay::certain_course;
use super::ride::Ride;
use super::stages::{self, Priced};
use super::surge::Surge;
use super::tariff::Tariff;
use super::tax::checked_sum;
use crate::money::Money;
use crate::ratio::{Overflow, Ratio};
use crate::time::CivilDateTime;

/// What a quote is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) ride: &'a Ride,
    pub(super) at: CivilDateTime,
    pub(super) surge: &'a Surge,
}

impl Asked<'_> {
    pub(super) fn quoted(self) -> Result<Quoted, PricingError> {
        Quoted::new(self.tariff, self.ride, self.at, self.surge)
    }
}

pub(super) fn settle(
    asked: Asked<'_>,
    quoted: Quoted,
    reading: &MeterReading,
) -> Result<Receipt, PricingError> {
    let computed = computed_for_reading(asked, quoted, reading)?;
    Ok(Receipt::new(asked, Happened::Driven(reading.clone()), computed))
}

pub(super) fn cancel(
    asked: Asked<'_>,
    quoted: &Quoted,
    cancellation: &Cancellation,
) -> Result<Receipt, PricingError> {
    let computed = computed_for_cancellation(asked, quoted, cancellation)?;
    Ok(Receipt::new(asked, Happened::Cancelled(*cancellation), computed))
}

pub(super) fn settle_as_quoted(asked: Asked<'_>, quoted: Quoted) -> Receipt {
    let computed = computed_as_quoted(asked, quoted);
    Receipt::new(asked, Happened::Unread, computed)
}

pub(super) fn computed_as_quoted(asked: Asked<'_>, quoted: Quoted) -> Computed {
    let money = |minor| Money::new(minor, asked.tariff.currency());
    Computed {
        basis: Basis::Quoted,
        quoted: money(quoted.priced.total_minor),
        metered: None,
        hold: money(quoted.hold_minor),
        total: money(quoted.priced.total_minor),
        lines: quoted.priced.lines,
        pay: quoted.pay,
    }
}

pub(super) fn computed_for_reading(
    Asked {
        tariff, ride, surge, ..
    }: Asked<'_>,
    quoted: Quoted,
    reading: &MeterReading,
) -> Result<Computed, PricingError> {
    let metered = stages::price(&certain_course(tariff, reading)?, tariff.held_surge(surge))?;
    let (quoted_minor, metered_minor) = (quoted.priced.total_minor, metered.total_minor);
    let money = |minor| Money::new(minor, tariff.currency());
    let hold = money(quoted.hold_minor);
    let Standing {
        basis,
        lines,
        total_minor,
    } = standing(tariff, quoted, metered, deviation_reason(ride, reading))?;
    let pay = tariff
        .pay
        .pay(&lines, reading.distance(), reading.duration(), tariff.currency())?;
    Ok(Computed {
        basis,
        quoted: money(quoted_minor),
        metered: Some(money(metered_minor)),
        hold,
        lines,
        total: money(total_minor),
        pay,
    })
}

/// The price that stands.
struct Standing {
    basis: Basis,
    lines: Vec<Line>,
    total_minor: i64,
}

/// Inside the band the quote stands; so it does where the driver went astray. Outside, the meter decides, up to the cap.
fn standing(
    tariff: &Tariff,
    quoted: Quoted,
    metered: Priced,
    reason: DeviationReason,
) -> Result<Standing, PricingError> {
    let Quoted {
        priced, cap_minor, ..
    } = quoted;
    let (low, high, _) = tariff.settlement.bounds(priced.total_minor)?;
    let exact = Ratio::from(metered.total_minor);
    let stands = |basis, priced: Priced| Standing {
        basis,
        lines: priced.lines,
        total_minor: priced.total_minor,
    };
    Ok(if low <= exact && exact <= high {
        stands(Basis::Quoted, priced)
    } else if reason == DeviationReason::DriverDetour && exact > high {
        stands(Basis::DetourNotCharged, priced)
    } else if metered.total_minor > cap_minor {
        Standing {
            basis: Basis::Capped(reason),
            lines: capped(tariff, metered, cap_minor)?,
            total_minor: cap_minor,
        }
    } else {
        stands(Basis::Metered(reason), metered)
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
    Asked { tariff, .. }: Asked<'_>,
    quoted: &Quoted,
    cancellation: &Cancellation,
) -> Result<Computed, PricingError> {
    let (base_fare_minor, total_minor) = (quoted.priced.base_fare_minor, quoted.priced.total_minor);
    let (rule, fee_minor) = tariff
        .cancellation
        .fee(cancellation, base_fare_minor, total_minor)?;
    let given_minor = fee_minor.checked_neg().ok_or(Overflow)?;
    let payments = match rule.map(|rule| (rule, rule.payer())) {
        None => [(Payee::Driver, 0), (Payee::Platform, 0)],
        Some((rule, FeePayer::Rider)) => {
            let drivers = rule.driver_minor(fee_minor)?;
            let platforms = fee_minor.checked_sub(drivers).ok_or(Overflow)?;
            [(Payee::Driver, drivers), (Payee::Platform, platforms)]
        }
        Some((_, FeePayer::Driver)) => [(Payee::Driver, given_minor), (Payee::Platform, fee_minor)],
        Some((_, FeePayer::Platform)) => [(Payee::Driver, fee_minor), (Payee::Platform, given_minor)],
    };
    let paid_minor = checked_sum(payments.iter().map(|(_, minor)| *minor))?;
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
        total: money(paid_minor),
        lines,
        pay,
    })
}

#[cfg(test)]
mod tests {
    use crate::money::Currency;
    use crate::pricing::{
        Basis, Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, DeviationReason,
        Fault, FeePayer, FeeRule, Meter, Quote, Recorder, Ride, Segment, SettlementPolicy, Surge, Tariff,
        Toll, Units,
    };
    use crate::ratio::Ratio;
    use crate::units::{BasisPoints, Millimetres, Millis};
    use std::sync::Arc;

    /// A euro a kilometre; the quote stands up to a fifth above and a tenth below; the hold is half above.
    fn quote() -> Quote {
        let unit = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
        let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![unit], Units::ProRata).unwrap();
        let bps = BasisPoints::new;
        let fee = FeeRule::new(700).unwrap();
        let fees = CancellationMatrix::FREE
            .with(
                CancellationStageKind::Assigned,
                Fault::Rider,
                fee.with_free_for(Millis::from_minutes(2)).unwrap(),
            )
            .with(
                CancellationStageKind::NoShow,
                Fault::Rider,
                fee.with_driver_share(bps(8_000)).unwrap(),
            )
            .with(
                CancellationStageKind::Arrived,
                Fault::Driver,
                fee.paid_by(FeePayer::Driver),
            )
            .with(
                CancellationStageKind::Arrived,
                Fault::Platform,
                fee.paid_by(FeePayer::Platform),
            );
        let tariff = Tariff::new("made-up".parse().unwrap(), 1, Currency::EUR, meter)
            .with_settlement(SettlementPolicy::new(bps(2_000), bps(1_000), bps(5_000), 0).unwrap())
            .with_cancellation(fees);
        let ride = Ride::new(Millimetres::from_metres(10_000), Millis::from_minutes(20))
            .ending_in("centre".parse().unwrap());
        Arc::new(tariff)
            .quote(&ride, "2026-03-03T10:00".parse().unwrap(), Surge::NONE)
            .unwrap()
    }

    fn settled(metres: i64, and: impl Fn(&mut Recorder<'_>)) -> (Basis, i64) {
        let quote = quote();
        let mut recorder = quote.recorder(quote.at()).unwrap();
        recorder
            .drive(Millimetres::from_metres(metres), Millis::from_minutes(20))
            .unwrap();
        and(&mut recorder);
        let receipt = quote.settle(&recorder.finish().unwrap()).unwrap();
        assert_eq!(receipt.verify(quote.tariff().unwrap()), Ok(()));
        (receipt.basis(), receipt.total().minor())
    }

    #[test]
    fn inside_the_band_the_quote_stands_and_beyond_it_the_meter_decides_up_to_the_cap() {
        use DeviationReason::Meter;
        for (metres, basis, total) in [
            (10_000, Basis::Quoted, 1_000),
            (12_000, Basis::Quoted, 1_000),
            (9_000, Basis::Quoted, 1_000),
            (12_010, Basis::Metered(Meter), 1_201),
            (8_990, Basis::Metered(Meter), 899),
            (15_000, Basis::Metered(Meter), 1_500),
            (15_010, Basis::Capped(Meter), 1_500),
        ] {
            assert_eq!(settled(metres, |_| {}), (basis, total), "{metres} m");
        }
    }

    #[test]
    fn a_reason_is_the_one_given_or_the_first_that_the_reading_shows() {
        use DeviationReason::{Destination, DriverDetour, EarlyEnd, Stop, Toll as Tolled, Waiting};
        let toll = || Toll::new("bridge".parse().unwrap(), 200).unwrap();
        assert_eq!(
            settled(13_000, |recorder| recorder.end_in(None)).0,
            Basis::Metered(Destination)
        );
        assert_eq!(
            settled(13_000, |recorder| recorder.stop(None).unwrap()).0,
            Basis::Metered(Stop)
        );
        assert_eq!(
            settled(13_000, |recorder| recorder.pay_toll(toll())),
            (Basis::Metered(Tolled), 1_500)
        );
        let wait = |recorder: &mut Recorder<'_>| recorder.wait(Millis::from_minutes(1)).unwrap();
        assert_eq!(settled(13_000, wait).0, Basis::Metered(Waiting));
        assert_eq!(
            settled(5_000, |recorder| recorder.deviate(EarlyEnd)),
            (Basis::Metered(EarlyEnd), 500)
        );
        let detour = |recorder: &mut Recorder<'_>| recorder.deviate(DriverDetour);
        assert_eq!(settled(20_000, detour), (Basis::DetourNotCharged, 1_000));
        assert_eq!(
            settled(5_000, detour),
            (Basis::Metered(DriverDetour), 500),
            "a detour never costs the rider"
        );
    }

    #[test]
    fn a_fee_follows_stage_and_fault_and_moves_between_those_concerned() {
        let quote = quote();
        let minutes = Millis::from_minutes;
        let assigned = |elapsed| CancellationStage::Assigned { elapsed };
        let arrived = CancellationStage::Arrived { waited: Millis::ZERO };
        for (stage, fault, rider, driver) in [
            (CancellationStage::Searching, Fault::Rider, 0, 0),
            (assigned(minutes(2)), Fault::Rider, 0, 0),
            (assigned(Millis::new(120_001)), Fault::Rider, 700, 700),
            (
                CancellationStage::NoShow { waited: minutes(5) },
                Fault::Rider,
                700,
                560,
            ),
            (arrived, Fault::Driver, 0, -700),
            (arrived, Fault::Platform, 0, 700),
        ] {
            let receipt = quote.cancel(&Cancellation::new(stage, fault)).unwrap();
            assert_eq!(
                (receipt.total().minor(), receipt.pay().total().minor()),
                (rider, driver),
                "{stage:?} {fault:?}"
            );
            assert_eq!(receipt.verify(quote.tariff().unwrap()), Ok(()));
        }
    }
}
