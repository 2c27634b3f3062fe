//! A tariff is tried before it is given out: what prices no ordinary ride is no tariff to ride by, though each of its values is
//! right. An example is a total in steps that no payment gateway takes.

use crate::error::{Located, why};
use crate::file;
use fiacre_domain::pricing::{PricingError, Ride, Surge, Tariff};
use fiacre_domain::time::TimeError;
use fiacre_domain::units::{Millimetres, Millis};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// Ordinary rides: metres, seconds, and when they begin. They are by day, in the rush hour and into the night; short and long.
const RIDES: [(i64, i64, &str); 4] = [
    (800, 180, "2024-03-05T10:00"),
    (5_000, 900, "2024-03-05T17:30"),
    (12_000, 1_800, "2024-03-09T23:50"),
    (60_000, 4_500, "2024-03-10T02:30"),
];

/// The tariff, if it prices each of [`RIDES`].
pub(crate) fn tried(
    tariff: Tariff,
    head: &Spanned<file::Head>,
    rounding: Option<&file::RoundingPlan>,
) -> Result<Tariff, Located> {
    let tariff = Arc::new(tariff);
    for (metres, secs, at) in RIDES {
        let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_secs(secs));
        let at = at
            .parse()
            .map_err(|error: TimeError| Located::value(head.span(), why(&error)))?;
        tariff
            .quote(&ride, at, Surge::NONE)
            .map_err(|error| Located::unpriceable(cause(&error, head, rounding), error))?;
    }
    Ok(Arc::unwrap_or_clone(tariff))
}

/// What is written of the step that the gateway does not take; for anything else the tariff as a whole.
fn cause(
    error: &PricingError,
    head: &Spanned<file::Head>,
    rounding: Option<&file::RoundingPlan>,
) -> Range<usize> {
    if !matches!(error, PricingError::StepDoesNotFitGateway { .. }) {
        return head.span();
    }
    let total = rounding.and_then(|plan| plan.total.as_ref());
    let step = total.and_then(|total| total.step.as_ref()).map(Spanned::span);
    let gateway = head.get_ref().gateway_step.as_ref().map(Spanned::span);
    step.or(gateway).unwrap_or_else(|| head.get_ref().currency.span())
}
