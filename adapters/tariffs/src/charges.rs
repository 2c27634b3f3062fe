//! Charges, flats, discounts and taxes.

use crate::build::{At, FieldPlace, Scope, bps, charge_id, each_once, id, place};
use crate::error::Located;
use crate::file;
use fiacre_domain::pricing::{
    AgeRange, Charge, ChargeAmount, Condition, Discount, Flat, LineGroups, LineTraits, Payee, Tariff,
    TariffError, Tax, TaxScope,
};
use toml::Spanned;

pub(crate) fn charges(
    scope: &Scope,
    mut tariff: Tariff,
    charges: &[Spanned<file::Charge>],
) -> Result<Tariff, Located> {
    for charge in charges {
        tariff = tariff
            .with_charge(built_charge(scope, charge)?)
            .at_value_of(charge, &places(charge.get_ref()))?;
    }
    Ok(tariff)
}

/// Where a charge's values are.
fn places(fields: &file::Charge) -> [FieldPlace; 4] {
    let passenger = fields.per_passenger.as_ref();
    let amount = fields.amount.as_ref().or(fields.per_stop.as_ref());
    [
        ("charge", place(&fields.name)),
        ("charge amount", amount.and_then(place)),
        (
            "charge first",
            passenger.and_then(|passenger| place(&passenger.first)),
        ),
        (
            "charge further",
            passenger.and_then(|passenger| place(&passenger.further)),
        ),
    ]
}

fn built_charge(scope: &Scope, charge: &Spanned<file::Charge>) -> Result<Charge, Located> {
    let fields = charge.get_ref();
    let (name, amount) = (id(&fields.name)?, amount(scope, charge)?);
    let built = match &fields.passed_to {
        Some(authority) => Charge::passed_to(name, id(authority)?, amount),
        None => Charge::surcharge(name, amount),
    };
    let built = match traits(fields) {
        Some(traits) => built.with_traits(traits).at(charge)?,
        None => built,
    };
    let built = match &fields.during {
        Some(windows) => built.during(scope.windows(charge, windows)?),
        None => built,
    };
    let built = if fields.flats_only {
        built.on_flats_only()
    } else {
        built
    };
    Ok(built.under(condition(scope, fields)?))
}

fn amount(scope: &Scope, charge: &Spanned<file::Charge>) -> Result<ChargeAmount, Located> {
    let fields = charge.get_ref();
    match (&fields.amount, &fields.per_stop, &fields.per_passenger) {
        (Some(amount), None, None) => Ok(ChargeAmount::Once(scope.whole_minor(amount)?)),
        (None, Some(amount), None) => Ok(ChargeAmount::PerStop(scope.whole_minor(amount)?)),
        (None, None, Some(passenger)) => {
            let file::PerPassenger {
                included,
                first,
                further,
                youngest,
                oldest,
            } = passenger;
            let places = [("ages", youngest.as_ref().or(oldest.as_ref()).and_then(place))];
            Ok(ChargeAmount::PerPassenger {
                ages: ages(youngest.as_ref(), oldest.as_ref()).at_value_of(charge, &places)?,
                included: *included,
                first: scope.whole_minor(first)?,
                further: scope.whole_minor(further)?,
            })
        }
        _ => {
            let how = "a charge needs exactly one of `amount`, `per-stop` and `per-passenger`: write one, take out the others";
            Err(Located::value(charge.span(), how))
        }
    }
}

fn ages(youngest: Option<&Spanned<u8>>, oldest: Option<&Spanned<u8>>) -> Result<AgeRange, TariffError> {
    let years = |age: Option<&Spanned<u8>>| age.map(|age| *age.get_ref());
    AgeRange::new(years(youngest).unwrap_or(0), years(oldest).unwrap_or(u8::MAX))
}

/// `None` where the file leaves them as they are.
fn traits(fields: &file::Charge) -> Option<LineTraits> {
    let changes = [
        fields.surged,
        fields.commissioned,
        fields.taxed,
        fields.in_minimum,
    ];
    if fields.payee.is_none() && changes.iter().all(Option::is_none) {
        return None;
    }
    let payee = match fields.payee {
        Some(file::ChargePayee::Platform) => Payee::Platform,
        Some(file::ChargePayee::Driver) | None => Payee::Driver,
    };
    let by_default = LineTraits::SURCHARGE;
    Some(
        by_default
            .with_payee(payee)
            .with_surge(fields.surged.unwrap_or(false))
            .with_commission(fields.commissioned.unwrap_or(payee == Payee::Driver))
            .with_tax(fields.taxed.unwrap_or(true))
            .with_minimum(fields.in_minimum.unwrap_or(false)),
    )
}

fn condition(scope: &Scope, fields: &file::Charge) -> Result<Condition, Located> {
    let condition = Condition::ANY
        .starting_in(scope.zone_set(&fields.starting_in)?)
        .ending_in(scope.zone_set(&fields.ending_in)?)
        .touching(scope.zone_set(&fields.touching)?)
        .starting_outside(scope.zone_set(&fields.starting_outside)?)
        .ending_outside(scope.zone_set(&fields.ending_outside)?)
        .avoiding(scope.zone_set(&fields.avoiding)?);
    match &fields.on_request {
        Some(extra) => Ok(condition.on_request(id(extra)?)),
        None => Ok(condition),
    }
}

pub(crate) fn flats(
    scope: &Scope,
    mut tariff: Tariff,
    flats: &[Spanned<file::Flat>],
    known: &[Spanned<file::Charge>],
) -> Result<Tariff, Located> {
    for flat in flats {
        let file::Flat {
            name,
            from,
            to,
            price,
            charges,
        } = flat.get_ref();
        each_once(charges)?;
        let charges = charges
            .iter()
            .map(|name| charge_id(name, known))
            .collect::<Result<_, _>>()?;
        let (from, to) = (scope.zone_set(from)?, scope.zone_set(to)?);
        let places = [("flat price", place(price)), ("flat", place(name))];
        let built =
            Flat::new(id(name)?, from, to, scope.whole_minor(price)?, charges).at_value_of(flat, &places)?;
        tariff = tariff.with_flat(built).at_value_of(flat, &places)?;
    }
    Ok(tariff)
}

pub(crate) fn discounts(
    scope: &Scope,
    mut tariff: Tariff,
    discounts: &[Spanned<file::Discount>],
) -> Result<Tariff, Located> {
    for discount in discounts {
        let file::Discount {
            name,
            share,
            on,
            above,
            rounding,
            rank,
            funder,
        } = discount.get_ref();
        let on = on.as_deref().map_or(LineGroups::ALL, groups);
        let mut built = Discount::new(id(name)?, on, bps(share)?)
            .at(share)?
            .with_rounding(scope.rounding(rounding.as_ref())?)
            .with_rank(*rank);
        if let Some(above) = above {
            built = built.above(scope.whole_minor(above)?).at(above)?;
        }
        if let Some(funder) = funder {
            built = built.funded_by(id(funder)?);
        }
        tariff = tariff
            .with_discount(built)
            .at_value_of(discount, &[("discount", place(name))])?;
    }
    Ok(tariff)
}

fn groups(written: &[file::LineGroup]) -> LineGroups {
    written.iter().fold(LineGroups::NONE, |groups, group| {
        groups.union(match group {
            file::LineGroup::Meter => LineGroups::METER,
            file::LineGroup::Surcharges => LineGroups::SURCHARGES,
            file::LineGroup::Minimum => LineGroups::MINIMUM,
            file::LineGroup::Surge => LineGroups::SURGE,
            file::LineGroup::All => LineGroups::ALL,
        })
    })
}

pub(crate) fn taxes(
    scope: &Scope,
    mut tariff: Tariff,
    taxes: &[Spanned<file::Tax>],
) -> Result<Tariff, Located> {
    for tax in taxes {
        let file::Tax {
            name,
            authority,
            rate,
            included,
            per_line,
            rounding,
        } = tax.get_ref();
        let places = [("tax", place(name))];
        let (name, authority, share) = (id(name)?, id(authority)?, rate.get_ref().0.0);
        let built = if *included {
            Tax::included(name, authority, share)
        } else {
            Tax::added(name, authority, share)
        };
        let scope_of_tax = if *per_line { TaxScope::Line } else { TaxScope::Sum };
        let built = built
            .at(rate)?
            .with_scope(scope_of_tax)
            .with_rounding(scope.rounding(rounding.as_ref())?);
        tariff = tariff.with_tax(built).at_value_of(tax, &places)?;
    }
    Ok(tariff)
}
