//! What a cancellation costs, computed a second time: by what had happened until then, and by whose doing it was.

use super::{Step, Trip};
use crate::audit::finding::{Flaw, Notes};
use crate::audit::receipts::Receipts;
use crate::money::Money;
use crate::pricing::{
    CancellationStage, CancellationStageKind, Fault, FeeBase, FeePayer, FeeRule, Happened, Payee, Quote,
    Receipt, Tariff,
};
use crate::ratio::Ratio;
use crate::time::Timestamp;
use crate::trip::{Actor, CancelReason, Cancelled, Stage};
use crate::units::Millis;
use std::cmp::Ordering;
use std::sync::Arc;

/// One is so many basis points.
const WHOLE_BPS: i128 = 10_000;

/// What lasted longer than a week is priced like a week, so that a clock that was wrong keeps no trip from ending.
const LASTED_MAX: Millis = Millis::from_minutes(7 * 24 * 60);

/// Who pays a fee and who gets it, in minor units; below zero for whoever pays.
#[expect(clippy::struct_field_names, reason = "their unit is part of their names")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fee {
    /// What the rider owes.
    rider_minor: i64,
    driver_minor: i64,
    platform_minor: i64,
}

impl Fee {
    /// What a receipt makes of it; a cancellation without one moves nothing.
    fn of(receipt: Option<&Receipt>) -> Self {
        let Some(receipt) = receipt else {
            return Self::default();
        };
        let part = |payee| {
            let own = receipt.lines().iter().filter(|line| line.payee() == payee);
            own.fold(0, |sum: i64, line| sum.saturating_add(line.amount().minor()))
        };
        Self {
            rider_minor: receipt.total().minor(),
            driver_minor: part(Payee::Driver),
            platform_minor: part(Payee::Platform),
        }
    }

    /// What `rule` makes of a quote under its tariff, `lasted` after the stage began.
    ///
    /// Nothing within the time that is free; else the fixed part and the share of the base, rounded, at most the cap. A
    /// rider's fee is the driver's by the driver's share, to the nearest minor unit, ties up, and the platform's for the rest;
    /// one that another pays is between these two.
    fn owed(rule: &FeeRule, lasted: Millis, (quote, tariff): (&Quote, &Arc<Tariff>)) -> Option<Self> {
        if rule.free_for().is_some_and(|free_for| lasted <= free_for) {
            return Some(Self::default());
        }
        let (share, of) = rule.share();
        let base = match of {
            FeeBase::BaseFare if share.get() > 0 => quote
                .clone()
                .with_tariff(Arc::clone(tariff))
                .ok()?
                .base_fare()
                .ok()?,
            FeeBase::BaseFare | FeeBase::Total => quote.total(),
        };
        let exact_bps =
            i128::from(rule.fixed_minor()) * WHOLE_BPS + i128::from(base.minor()) * i128::from(share.get());
        let exact = Ratio::new(exact_bps, WHOLE_BPS).ok()?;
        let fee_minor = rule
            .rounding()
            .apply(exact)
            .ok()?
            .min(rule.cap_minor().unwrap_or(i64::MAX));
        let driver_bps = i128::from(fee_minor) * i128::from(rule.driver_share().get());
        let driver_minor = i64::try_from((driver_bps + WHOLE_BPS / 2).div_euclid(WHOLE_BPS)).ok()?;
        Some(match rule.payer() {
            FeePayer::Rider => Self {
                rider_minor: fee_minor,
                driver_minor,
                platform_minor: fee_minor.saturating_sub(driver_minor),
            },
            FeePayer::Driver => Self::between_others(fee_minor.saturating_neg()),
            FeePayer::Platform => Self::between_others(fee_minor),
        })
    }

    /// What the driver gets of the platform, or below zero gives it.
    const fn between_others(driver_minor: i64) -> Self {
        Self {
            rider_minor: 0,
            driver_minor,
            platform_minor: driver_minor.saturating_neg(),
        }
    }
}

impl Trip {
    pub(super) fn check_cancellation(
        &self,
        cancelled: &Cancelled,
        (at, tariffs): (Timestamp, &Receipts),
        notes: &mut Notes<'_>,
    ) {
        if cancelled.reason == CancelReason::NoShow {
            self.check_no_show(cancelled.by, at, notes);
        }
        self.check_actor(cancelled.by, notes);
        notes.expect(cancelled.stage == self.stage(), Flaw::StageDiffers);
        let fault = self.fault(cancelled, at);
        notes.expect(cancelled.fault == fault, Flaw::FaultDiffers);
        self.check_fee_receipt(cancelled, notes);
        if let Some(kind) = self.priced_stage(cancelled.reason) {
            let lasted = at.since(self.since).clamp(Millis::ZERO, LASTED_MAX);
            self.check_fee(cancelled, (kind, lasted, fault), tariffs, notes);
        } else {
            let fee_minor = cancelled.due.map_or(0, Money::minor);
            notes.expect(fee_minor == 0, Flaw::FeeUnconfirmed { fee_minor });
        }
    }

    fn check_fee_receipt(&self, cancelled: &Cancelled, notes: &mut Notes<'_>) {
        if let Some(receipt) = &cancelled.receipt {
            self.check_receipt(cancelled.due, receipt, notes);
        } else {
            let due_minor = cancelled.due.map_or(0, Money::minor);
            let total_minor = 0;
            let flaw = Flaw::ReceiptDiffers {
                due_minor,
                total_minor,
            };
            notes.expect(due_minor == total_minor, flaw);
        }
    }

    fn check_fee(
        &self,
        cancelled: &Cancelled,
        (kind, lasted, fault): (CancellationStageKind, Millis, Fault),
        tariffs: &Receipts,
        notes: &mut Notes<'_>,
    ) {
        let receipt = cancelled.receipt.as_deref();
        let is_of_it = |receipt: &Receipt| is_for(receipt, (kind, lasted, fault));
        notes.expect(receipt.is_none_or(is_of_it), Flaw::FeeReceiptDiffers);
        // What could not be priced is free, and counted apart; what it would have cost is for people to say.
        if receipt.is_some_and(Receipt::is_unpriced) {
            return;
        }
        // Where the tariff is not known, a receipt is a finding as it is; where another one is, the order was.
        let Some(owed) = self.owed(kind, (lasted, fault), tariffs) else {
            return;
        };
        let charged = Fee::of(receipt);
        let (fee_minor, owed_minor) = (charged.rider_minor, owed.rider_minor);
        match fee_minor.cmp(&owed_minor) {
            Ordering::Equal => {
                let flaw = Flaw::FeeSharesDiffer {
                    driver_minor: charged.driver_minor,
                    owed_minor: owed.driver_minor,
                };
                notes.expect(charged == owed, flaw);
            }
            Ordering::Greater if owed_minor == 0 => notes.add(Flaw::FeeUnowed { fee_minor }),
            Ordering::Greater => notes.add(Flaw::FeeTooHigh {
                fee_minor,
                owed_minor,
            }),
            Ordering::Less if fee_minor == 0 => notes.add(Flaw::FeeMissing { owed_minor }),
            Ordering::Less => notes.add(Flaw::FeeTooLow {
                fee_minor,
                owed_minor,
            }),
        }
    }

    /// What the tariff of the quote in force makes of it; none where that tariff is not known.
    fn owed(
        &self,
        kind: CancellationStageKind,
        (lasted, fault): (Millis, Fault),
        tariffs: &Receipts,
    ) -> Option<Fee> {
        let quote = self.quote()?;
        let tariff = tariffs.tariff_of(quote)?;
        match tariff.cancellation().rule(kind, fault) {
            Some(rule) => Fee::owed(rule, lasted, (quote, tariff)),
            None => Some(Fee::default()),
        }
    }

    /// How far the trip has come.
    fn stage(&self) -> Stage {
        match self.step {
            Step::Confirmed => Stage::EnRoute,
            Step::Arrived => Stage::Arrived,
            Step::Absent
            | Step::Requested
            | Step::Reassigning
            | Step::Started
            | Step::Completed
            | Step::Cancelled
            | Step::Failed
            | Step::Rejected => Stage::BeforeConfirmed,
        }
    }

    /// Whose doing it was. A rider who waits for a driver who is late is not at fault, nor one who was there with a wrong code;
    /// nobody else is excused.
    fn fault(&self, cancelled: &Cancelled, at: Timestamp) -> Fault {
        let is_late = || self.arrival_due_at().is_some_and(|due_at| due_at <= at);
        if cancelled.reason == CancelReason::NoShow {
            return if self.wrong_codes == 0 {
                Fault::Rider
            } else {
                Fault::Platform
            };
        }
        match cancelled.by {
            Actor::Rider(_) if self.step == Step::Confirmed && is_late() => Fault::Driver,
            Actor::Rider(_) => Fault::Rider,
            Actor::Driver(_) => Fault::Driver,
            Actor::Operator(_) if cancelled.reason == CancelReason::DriverAsked => Fault::Driver,
            Actor::Operator(_) | Actor::Timer => Fault::Platform,
        }
    }

    /// The row of the tariff that prices it: none before the trip was confirmed.
    fn priced_stage(&self, reason: CancelReason) -> Option<CancellationStageKind> {
        match self.stage() {
            Stage::BeforeConfirmed => None,
            Stage::EnRoute => Some(CancellationStageKind::Assigned),
            Stage::Arrived if reason == CancelReason::NoShow => Some(CancellationStageKind::NoShow),
            Stage::Arrived => Some(CancellationStageKind::Arrived),
        }
    }
}

/// Whether a receipt is for this stage, time and fault.
fn is_for(receipt: &Receipt, (kind, lasted, fault): (CancellationStageKind, Millis, Fault)) -> bool {
    let (Happened::Cancelled(cancellation) | Happened::UnpricedCancellation(cancellation)) =
        receipt.happened()
    else {
        return false;
    };
    let priced = match cancellation.stage() {
        CancellationStage::Searching => (CancellationStageKind::Searching, Millis::ZERO),
        CancellationStage::Assigned { elapsed } => (CancellationStageKind::Assigned, elapsed),
        CancellationStage::Arrived { waited } => (CancellationStageKind::Arrived, waited),
        CancellationStage::NoShow { waited } => (CancellationStageKind::NoShow, waited),
    };
    (priced, cancellation.fault()) == ((kind, lasted), fault)
}
