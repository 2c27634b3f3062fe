//! Cancellation fees and the driver's pay.

use crate::build::{self, At, Scope, bps, place, whole_ms};
use crate::error::Located;
use crate::file;
use fiacre_domain::pricing::{
    CancellationMatrix, CancellationStageKind, Fault, FeeBase, FeePayer, FeeRule, PayPolicy, RateCard,
};
use toml::Spanned;

pub(crate) fn cancellation(
    scope: &Scope,
    rules: &[Spanned<file::Cancellation>],
) -> Result<CancellationMatrix, Located> {
    let mut matrix = CancellationMatrix::FREE;
    for rule in rules {
        let fee = fee(scope, rule)?;
        let file::Cancellation { stages, faults, .. } = rule.get_ref();
        if stages.is_empty() || faults.is_empty() {
            let how = "a fee needs at least one of `stages` and one of `faults`: with none it is never due";
            return Err(Located::value(rule.span(), how));
        }
        for stage in stages {
            for fault in faults {
                let (at, by) = (stage_kind(*stage.get_ref()), who(*fault.get_ref()));
                if matrix.rule(at, by).is_some() {
                    let how = "this stage and one of the faults have a fee already: give each pair one";
                    return Err(Located::value(stage.span(), how));
                }
                matrix = matrix.with(at, by, fee);
            }
        }
    }
    Ok(matrix)
}

fn fee(scope: &Scope, rule: &Spanned<file::Cancellation>) -> Result<FeeRule, Located> {
    let file::Cancellation {
        stages: _,
        faults: _,
        fixed,
        share,
        of,
        cap,
        free_for,
        rounding,
        driver_share,
        paid_by,
    } = rule.get_ref();
    let places = [("fee fixed", fixed.as_ref().and_then(place))];
    let fixed = fixed.as_ref().map_or(Ok(0), |amount| scope.whole_minor(amount))?;
    let mut fee = FeeRule::new(fixed)
        .at_value_of(rule, &places)?
        .with_rounding(scope.rounding(rounding.as_ref())?);
    if let Some(share) = share {
        let of = match of {
            file::FeeBase::BaseFare => FeeBase::BaseFare,
            file::FeeBase::Total => FeeBase::Total,
        };
        fee = fee.with_share(bps(share)?, of).at(share)?;
    }
    if let Some(cap) = cap {
        fee = fee.with_cap(scope.whole_minor(cap)?).at(cap)?;
    }
    if let Some(free_for) = free_for {
        fee = fee.with_free_for(whole_ms(free_for)?).at(free_for)?;
    }
    if let Some(share) = driver_share {
        fee = fee.with_driver_share(bps(share)?).at(share)?;
    }
    Ok(fee.paid_by(match paid_by {
        file::FeePayer::Rider => FeePayer::Rider,
        file::FeePayer::Driver => FeePayer::Driver,
        file::FeePayer::Platform => FeePayer::Platform,
    }))
}

const fn stage_kind(stage: file::CancellationStage) -> CancellationStageKind {
    match stage {
        file::CancellationStage::Searching => CancellationStageKind::Searching,
        file::CancellationStage::Assigned => CancellationStageKind::Assigned,
        file::CancellationStage::Arrived => CancellationStageKind::Arrived,
        file::CancellationStage::NoShow => CancellationStageKind::NoShow,
    }
}

const fn who(fault: file::Fault) -> Fault {
    match fault {
        file::Fault::Rider => Fault::Rider,
        file::Fault::Driver => Fault::Driver,
        file::Fault::Platform => Fault::Platform,
    }
}

pub(crate) fn pay(scope: &Scope, pay: &Spanned<file::Pay>) -> Result<PayPolicy, Located> {
    let file::Pay {
        version,
        commission,
        rate_card,
        floor,
        rounding,
    } = pay.get_ref();
    let policy = match (commission, rate_card) {
        (Some(share), None) => PayPolicy::commission(build::version(version)?, bps(share)?).at(share)?,
        (None, Some(card)) => PayPolicy::rate_card(build::version(version)?, built_card(scope, card)?),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Located::value(
                pay.span(),
                "pay needs either `commission` or `rate-card`",
            ));
        }
    };
    let policy = policy.with_rounding(scope.rounding(rounding.as_ref())?);
    match floor {
        Some(floor) => Ok(policy.with_floor(built_card(scope, floor)?)),
        None => Ok(policy),
    }
}

fn built_card(scope: &Scope, card: &Spanned<file::RateCard>) -> Result<RateCard, Located> {
    let file::RateCard { base, distance, time } = card.get_ref();
    let places = [("pay base", base.as_ref().and_then(place))];
    let base = base.as_ref().map_or(Ok(0), |amount| scope.whole_minor(amount))?;
    let mut built = RateCard::new(base).at_value_of(card, &places)?;
    if let Some(file::PerDistance { price, per }) = distance {
        let places = [
            ("pay distance price", place(price)),
            ("pay distance unit", place(per)),
        ];
        built = built
            .with_distance(scope.minor(price)?, per.get_ref().0.0)
            .at_value_of(card, &places)?;
    }
    if let Some(file::PerTime { price, per }) = time {
        let places = [("pay time price", place(price)), ("pay time unit", place(per))];
        built = built
            .with_time(scope.minor(price)?, per.get_ref().0.0)
            .at_value_of(card, &places)?;
    }
    Ok(built)
}
