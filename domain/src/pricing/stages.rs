//! The stages of pricing, in their order.

use super::charge::Charge;
use super::course::Course;
use super::discount::LineGroups;
use super::error::PricingError;
use super::line::{Line, LineKind, LineTraits, Payee};
use super::stage::Stage;
use super::tariff::Tariff;
use super::tax::{TaxMode, checked_sum};
use super::walk::{Walked, walk};
use super::window::WindowSet;
use crate::money::Money;
use crate::ratio::{Overflow, Ratio};
use crate::units::BasisPoints;

/// A price with its lines.
#[derive(Debug)]
pub(super) struct Priced {
    pub(super) lines: Vec<Line>,
    pub(super) total_minor: i64,
    /// The initial price or the flat: what cancellation fees may be a share of.
    pub(super) base_fare_minor: i64,
}

/// Prices a course. Each stage sees the lines of those before it, already rounded; it rounds once itself, and where its
/// result is not the sum of its parts, the difference is a line.
///
/// The order is the law of the receipt, here and nowhere else:
/// 1. meter or flat, time and waiting;
/// 2. multipliers: running ones and rate areas, then those decided at the start;
/// 3. surcharges;
/// 4. the minimum's top-up;
/// 5. surge, on surgeable lines;
/// 6. the cap;
/// 7. discounts, by rank;
/// 8. taxes, on taxable lines;
/// 9. what is passed to authorities, tolls included;
/// 10. the step of the total.
pub(super) fn price(course: &Course<'_>, surge: BasisPoints) -> Result<Priced, PricingError> {
    let walked = walk(course)?;
    let mut bill = Bill {
        tariff: course.tariff,
        lines: Vec::with_capacity(12),
    };
    let base_fare_minor = bill.meter(course, &walked)?;
    bill.multiply(course, &walked)?;
    bill.surcharge(course, &walked)?;
    bill.top_up()?;
    bill.surge(surge)?;
    bill.cap()?;
    bill.discount()?;
    bill.tax()?;
    bill.pass_through(course, &walked)?;
    let total_minor = bill.round_total()?;
    Ok(Priced {
        lines: bill.lines,
        total_minor,
        base_fare_minor,
    })
}

struct Bill<'t> {
    tariff: &'t Tariff,
    lines: Vec<Line>,
}

impl Bill<'_> {
    fn meter(&mut self, course: &Course<'_>, walked: &Walked) -> Result<i64, PricingError> {
        let rounding = self.tariff.rounding.of(Stage::Meter);
        let mut exact = Ratio::ZERO;
        let flat = course
            .flat
            .map(|flat| (LineKind::Flat(flat.id()), Ratio::from(flat.price_minor())));
        let metered = [
            (LineKind::Initial, walked.initial),
            (LineKind::Units, walked.units),
            (LineKind::Time, walked.time),
            (LineKind::Waiting, walked.waiting),
        ];
        let mut base_fare_minor = None;
        for (kind, part) in flat.into_iter().chain(metered) {
            exact = exact.checked_add(part)?;
            let minor = rounding.narrow(part)?;
            base_fare_minor.get_or_insert(minor);
            self.push(kind, minor, LineTraits::FARE);
        }
        self.close(Stage::Meter, exact, self.sum(|_| true)?)?;
        Ok(base_fare_minor.unwrap_or_default())
    }

    fn multiply(&mut self, course: &Course<'_>, walked: &Walked) -> Result<(), PricingError> {
        let schedule = &self.tariff.schedule;
        let by_start =
            |during: WindowSet| course.open_at_start.intersects(during) && !schedule.is_running(during);
        if walked.running.is_empty() && !self.tariff.multipliers.iter().any(|known| by_start(known.during)) {
            return Ok(());
        }
        let rounding = self.tariff.rounding.of(Stage::Multipliers);
        let mut exact = Ratio::from(self.sum(|_| true)?);
        for (kind, added) in &walked.running {
            exact = exact.checked_add(*added)?;
            self.push(*kind, rounding.narrow(*added)?, LineTraits::FARE);
        }
        let tariff = self.tariff;
        for multiplier in tariff.multipliers.iter().filter(|known| by_start(known.during)) {
            let raised = exact.checked_mul(multiplier.factor)?;
            let added = rounding.narrow(raised.checked_sub(exact)?)?;
            exact = raised;
            self.push(LineKind::Multiplier(multiplier.id), added, LineTraits::FARE);
        }
        self.close(Stage::Multipliers, exact, self.sum(|_| true)?)
    }

    fn surcharge(&mut self, course: &Course<'_>, walked: &Walked) -> Result<(), PricingError> {
        let tariff = self.tariff;
        for charge in tariff.charges.iter().filter(|charge| !charge.is_passed_through()) {
            let minor = charged_minor(charge, course, walked)?;
            self.push(LineKind::Surcharge(charge.id()), minor, charge.traits());
        }
        Ok(())
    }

    fn top_up(&mut self) -> Result<(), PricingError> {
        let looked_at = self.sum(Line::is_in_minimum)?;
        let missing = self.tariff.minimum_minor.checked_sub(looked_at).ok_or(Overflow)?;
        self.push(LineKind::Minimum, missing.max(0), LineTraits::FARE);
        Ok(())
    }

    fn surge(&mut self, factor: BasisPoints) -> Result<(), PricingError> {
        if factor == BasisPoints::ONE {
            return Ok(());
        }
        let before_minor = self.sum(Line::is_surgeable)?;
        let exact = Ratio::from(before_minor).checked_mul(Ratio::new(i128::from(factor.get()), 10_000)?)?;
        let narrowed = self.tariff.rounding.of(Stage::Surge).narrow(exact)?;
        let added = narrowed.checked_sub(before_minor).ok_or(Overflow)?;
        self.push(LineKind::Surge, added, LineTraits::FARE);
        self.close(Stage::Surge, exact, narrowed)
    }

    fn cap(&mut self) -> Result<(), PricingError> {
        if let Some(cap_minor) = self.tariff.cap_minor {
            let below = cap_minor.checked_sub(self.sum(|_| true)?).ok_or(Overflow)?;
            self.push(LineKind::Cap, below.min(0), LineTraits::SURCHARGE);
        }
        Ok(())
    }

    fn discount(&mut self) -> Result<(), PricingError> {
        let tariff = self.tariff;
        let mut granted: Vec<(LineGroups, i64)> = Vec::new();
        for discount in &tariff.discounts {
            let priced = self.sum(|line| discount.on().contains(line.kind()))?;
            let earlier = granted.iter().filter(|(on, _)| on.overlaps(discount.on()));
            let left = priced
                .checked_sub(checked_sum(earlier.map(|(_, taken)| *taken))?)
                .ok_or(Overflow)?;
            // A cap or an earlier discount may have left less of everything than of these lines.
            let taken = discount.minor(left.min(self.sum(|_| true)?))?;
            granted.push((discount.on(), taken));
            let given = taken.checked_neg().ok_or(Overflow)?;
            self.push(LineKind::Discount(discount.id()), given, discount.traits());
        }
        Ok(())
    }

    fn tax(&mut self) -> Result<(), PricingError> {
        // No tax on a tax: all look at the lines as they are now.
        let priced = self.lines.len();
        let tariff = self.tariff;
        for tax in &tariff.taxes {
            let taxable = self.lines.iter().take(priced).filter(|line| line.is_taxable());
            let minor = tax.minor(taxable.map(|line| line.amount().minor()))?;
            match tax.mode() {
                TaxMode::Added => {}
                TaxMode::Included => {
                    let from_fare = LineTraits::untouched(Payee::Driver).with_commission(true);
                    let inside = minor.checked_neg().ok_or(Overflow)?;
                    self.push(LineKind::TaxIncluded(tax.id()), inside, from_fare);
                }
            }
            let traits = LineTraits::untouched(Payee::Authority(tax.authority()));
            self.push(LineKind::Tax(tax.id()), minor, traits);
        }
        Ok(())
    }

    fn pass_through(&mut self, course: &Course<'_>, walked: &Walked) -> Result<(), PricingError> {
        let tariff = self.tariff;
        for charge in tariff.charges.iter().filter(|charge| charge.is_passed_through()) {
            let minor = charged_minor(charge, course, walked)?;
            self.push(LineKind::PassThrough(charge.id()), minor, charge.traits());
        }
        for toll in course.circumstances.tolls() {
            let traits = LineTraits::untouched(Payee::Authority(toll.authority()));
            self.push(LineKind::Toll(toll.authority()), toll.amount_minor(), traits);
        }
        Ok(())
    }

    fn round_total(&mut self) -> Result<i64, PricingError> {
        let sum_minor = self.sum(|_| true)?;
        self.close(Stage::Total, Ratio::from(sum_minor), sum_minor)?;
        self.sum(|_| true)
    }

    /// Rounds a stage's exact result once; the difference to what its lines come to becomes a line.
    fn close(&mut self, stage: Stage, exact: Ratio, parts_minor: i64) -> Result<(), PricingError> {
        let rounded = self.tariff.rounding.of(stage).apply(exact)?;
        let difference = rounded.checked_sub(parts_minor).ok_or(Overflow)?;
        let traits = match stage {
            Stage::Meter | Stage::Multipliers | Stage::Surge => LineTraits::FARE,
            Stage::Total => LineTraits::untouched(Payee::Platform),
        };
        self.push(LineKind::Rounding(stage), difference, traits);
        Ok(())
    }

    /// Adds a line unless it is nothing.
    fn push(&mut self, kind: LineKind, minor: i64, traits: LineTraits) {
        if minor != 0 {
            let amount = Money::new(minor, self.tariff.currency());
            self.lines.push(Line::new(kind, amount, traits));
        }
    }

    fn sum(&self, of: impl Fn(&Line) -> bool) -> Result<i64, PricingError> {
        let wanted = self.lines.iter().filter(|line| of(line));
        Ok(checked_sum(wanted.map(|line| line.amount().minor()))?)
    }
}

/// What a charge comes to; 0 where its window, its condition or the flat keeps it out.
fn charged_minor(charge: &Charge, course: &Course<'_>, walked: &Walked) -> Result<i64, Overflow> {
    let in_window = charge
        .window()
        .is_none_or(|windows| windows.intersects(walked.ever));
    let allowed = match course.flat {
        Some(flat) => flat.charges().contains(&charge.id()),
        None => !charge.is_flat_only(),
    };
    let circumstances = course.circumstances;
    let holds = || {
        charge
            .condition()
            .holds(course.start, course.end, course.touched, circumstances.extras())
    };
    if in_window && allowed && holds() {
        charge
            .amount()
            .minor(circumstances.party(), circumstances.stops())
            .ok_or(Overflow)
    } else {
        Ok(0)
    }
}
