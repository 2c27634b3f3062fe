//! Meters, and what changes their rate: scales, multipliers, areas, waiting.

use crate::build::{At, Scope, each_once, place, whole_mm, whole_ms};
use crate::error::Located;
use crate::file::{self, Name};
use fiacre_domain::pricing::{
    AreaEffect, Grace, Meter, Segment, SlowRule, Tariff, TimeBasis, TimeRate, Units, Waiting, WaitingRate,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::units::{Millimetres, Millis};
use toml::Spanned;

pub(crate) fn meter(scope: &Scope, meter: &Spanned<file::Meter>) -> Result<Meter, Located> {
    let file::Meter {
        initial,
        initial_units,
        segments,
        units: written_units,
        slow,
        time,
    } = meter.get_ref();
    let places = [
        ("initial price", place(initial)),
        ("initial units", initial_units.as_ref().and_then(place)),
        ("segments", out_of_order(segments).and_then(place)),
        (
            "unit time",
            segments
                .iter()
                .find(|segment| segment.get_ref().time.is_none())
                .and_then(place),
        ),
    ];
    let initial = scope.minor(initial)?;
    let initial_units = initial_units
        .as_ref()
        .map_or(Ratio::ZERO, |number| number.get_ref().0.0);
    let built = segments
        .iter()
        .map(|known| segment(scope, known))
        .collect::<Result<Vec<_>, _>>()?;
    check_time_once(segments, time.as_ref())?;
    let joint = time.is_none() && segments.iter().any(|segment| segment.get_ref().time.is_some());
    let metered = if joint {
        Meter::joint(initial, initial_units, built)
            .at_value_of(meter, &places)?
            .with_units(units(*written_units))
    } else {
        Meter::distance(initial, initial_units, built, units(*written_units)).at_value_of(meter, &places)?
    };
    let metered = match slow {
        None => metered,
        Some(file::Slow::Below(speed)) => metered.with_slow(SlowRule::Below(speed.0.0)).at(meter)?,
        Some(file::Slow::AtOrBelow(speed)) => metered.with_slow(SlowRule::AtOrBelow(speed.0.0)).at(meter)?,
    };
    match time {
        None => Ok(metered),
        Some(time) => metered.with_time(time_rate(scope, time)?).at(time),
    }
}

/// A segment's time beside a price of elapsed time would mean nothing; beside one of slow time, it says what is slow.
fn check_time_once(
    segments: &[Spanned<file::Segment>],
    time: Option<&Spanned<file::Time>>,
) -> Result<(), Located> {
    let is_elapsed = time.is_some_and(|time| matches!(time.get_ref().counts, file::TimeBasis::Elapsed));
    match segments
        .iter()
        .find_map(|segment| segment.get_ref().time.as_ref())
    {
        Some(joint) if is_elapsed => Err(Located::value(
            joint.span(),
            "time has a price of its own below: take this one out, or that",
        )),
        Some(_) | None => Ok(()),
    }
}

/// The first segment that does not begin beyond the one before it, or away from zero where none is before it.
fn out_of_order(segments: &[Spanned<file::Segment>]) -> Option<&Spanned<file::Segment>> {
    let from = |segment: &Spanned<file::Segment>| {
        let from = segment.get_ref().from.as_ref();
        from.map_or(Ratio::ZERO, |from| from.get_ref().0.0)
    };
    let astray = segments.first().filter(|first| from(first) != Ratio::ZERO);
    let mut pairs = segments.iter().zip(segments.iter().skip(1));
    astray.or_else(|| {
        pairs
            .find(|(before, after)| from(before) >= from(after))
            .map(|(_, after)| after)
    })
}

fn segment(scope: &Scope, segment: &Spanned<file::Segment>) -> Result<Segment, Located> {
    let file::Segment {
        from,
        price,
        distance,
        time,
    } = segment.get_ref();
    let places = [
        ("segment from", from.as_ref().and_then(place)),
        ("unit price", place(price)),
        ("unit distance", place(distance)),
    ];
    let from = from.as_ref().map_or(Ok(Millimetres::ZERO), whole_mm)?;
    let built =
        Segment::new(from, scope.minor(price)?, distance.get_ref().0.0).at_value_of(segment, &places)?;
    match time {
        None => Ok(built),
        Some(time) => built.with_time(time.get_ref().0.0).at(time),
    }
}

fn time_rate(scope: &Scope, time: &Spanned<file::Time>) -> Result<TimeRate, Located> {
    let file::Time {
        price,
        per,
        units: written_units,
        included,
        counts,
    } = time.get_ref();
    let basis = match counts {
        file::TimeBasis::Elapsed => TimeBasis::Elapsed,
        file::TimeBasis::Slow => TimeBasis::Slow,
    };
    let rate = TimeRate::new(
        scope.minor(price)?,
        per.get_ref().0.0,
        units(*written_units),
        basis,
    )
    .at_value_of(time, &[("time price", place(price)), ("time unit", place(per))])?;
    match included {
        None => Ok(rate),
        Some(included) => rate.with_included(whole_ms(included)?).at(included),
    }
}

const fn units(written: file::Units) -> Units {
    match written {
        file::Units::Begun => Units::Begun,
        file::Units::Completed => Units::Completed,
        file::Units::ProRata => Units::ProRata,
    }
}

pub(crate) fn changes(
    scope: &Scope,
    mut tariff: Tariff,
    scales: &[Spanned<file::Scale>],
    multipliers: &[Spanned<file::Multiplier>],
    areas: &[Spanned<file::Area>],
) -> Result<Tariff, Located> {
    for scale in scales {
        let file::Scale { during, factor } = scale.get_ref();
        tariff = tariff
            .with_scale(scope.windows(scale, during)?, factor.get_ref().0.0)
            .at_value_of(scale, &[("scale", place(factor))])?;
    }
    let during: Vec<Name> = multipliers
        .iter()
        .map(|known| known.get_ref().during.clone())
        .collect();
    each_once(&during)?;
    for multiplier in multipliers {
        let file::Multiplier { during, factor } = multiplier.get_ref();
        let (window, _) = scope.window(during)?;
        tariff = tariff
            .with_multiplier(window, factor.get_ref().0.0)
            .at_value_of(multiplier, &[("multiplier", place(factor))])?;
    }
    let zones: Vec<Name> = areas.iter().map(|known| known.get_ref().zone.clone()).collect();
    each_once(&zones)?;
    for area in areas {
        let file::Area {
            zone,
            factor,
            time_off,
        } = area.get_ref();
        let effect = match (factor, time_off) {
            (Some(factor), false) => AreaEffect::Multiply(factor.get_ref().0.0),
            (None, true) => AreaEffect::TimeOff,
            (Some(_), true) | (None, false) => {
                return Err(Located::value(
                    area.span(),
                    "an area needs either `factor` or `time-off = true`",
                ));
            }
        };
        let (zone, _) = scope.zone(zone)?;
        let places = [("area multiplier", factor.as_ref().and_then(place))];
        tariff = tariff.with_area(zone, effect).at_value_of(area, &places)?;
    }
    Ok(tariff)
}

pub(crate) fn waiting(scope: &Scope, waiting: &Spanned<file::Waiting>) -> Result<Waiting, Located> {
    let file::Waiting {
        free,
        price,
        per,
        units: written_units,
        grace,
        grace_per,
    } = waiting.get_ref();
    let (price, per) = match (free, price, per) {
        (true, None, None) => return Ok(Waiting::Free),
        (false, Some(price), Some(per)) => (price, per),
        _ => {
            let how = "waiting needs either `free = true`, or both `price` and `per`";
            return Err(Located::value(waiting.span(), how));
        }
    };
    let places = [
        ("waiting price", place(price)),
        ("waiting unit", place(per)),
        ("waiting grace", grace.as_ref().and_then(place)),
    ];
    let rate = WaitingRate::new(scope.minor(price)?, per.get_ref().0.0, units(*written_units))
        .at_value_of(waiting, &places)?;
    let grace = grace.as_ref().map_or(Ok(Millis::ZERO), whole_ms)?;
    let grace = match grace_per {
        file::GracePer::Trip => Grace::PerTrip(grace),
        file::GracePer::Stop => Grace::PerStop(grace),
    };
    rate.with_grace(grace)
        .map(Waiting::Charged)
        .at_value_of(waiting, &places)
}
