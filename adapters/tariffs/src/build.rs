//! From a file to a tariff of the domain: names are resolved, amounts become minor units, every refusal has its place.

use crate::charges;
use crate::error::{Located, why};
use crate::fees;
use crate::file::{self, Name, TariffFile};
use crate::rates;
use crate::trial;
use crate::value::{Amount, Distance, Duration, MINOR_UNIT, Share, Value};
use fiacre_domain::id::{ChargeId, IdError, WindowId, ZoneId};
use fiacre_domain::money::{Currency, MoneyError};
use fiacre_domain::pricing::{
    DecidedBy, HOLIDAYS_MAX, HolidayRule, RoundingPlan, Schedule, SettlementPolicy, Span, Stage,
    StageRounding, Tariff, TariffError, Weekdays, Window, WindowSet, ZoneSet, Zones,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::{CivilDate, TimeError, Weekday};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;

/// The domain's name of a field, and where its value is written.
pub(crate) type FieldPlace = (&'static str, Option<Range<usize>>);

/// Where a value is written.
pub(crate) fn place<S>(value: &Spanned<S>) -> Option<Range<usize>> {
    Some(value.span())
}

/// A refusal of the domain, put at the place that caused it.
pub(crate) trait At<T> {
    /// At the only value that it can be about, or at the table where no single value is to blame.
    fn at<S>(self, place: &Spanned<S>) -> Result<T, Located>;

    /// At the value of the field that it names, else at the table.
    fn at_value_of<S>(self, table: &Spanned<S>, values: &[FieldPlace]) -> Result<T, Located>;
}

impl<T> At<T> for Result<T, TariffError> {
    fn at<S>(self, place: &Spanned<S>) -> Result<T, Located> {
        self.map_err(|error| Located::rule(place.span(), error))
    }

    fn at_value_of<S>(self, table: &Spanned<S>, values: &[FieldPlace]) -> Result<T, Located> {
        self.map_err(|error| {
            let named = values.iter().find(|(field, _)| *field == error.field());
            let value = named.and_then(|(_, value)| value.clone());
            Located::rule(value.unwrap_or_else(|| table.span()), error)
        })
    }
}

/// What names and amounts mean in one file.
pub(crate) struct Scope {
    currency: Currency,
    pub(crate) zones: Zones,
    pub(crate) schedule: Schedule,
}

pub(crate) fn build(file: TariffFile) -> Result<Tariff, Located> {
    let TariffFile {
        tariff: head,
        zone,
        window,
        meter,
        rate,
        scale,
        multiplier,
        area,
        waiting,
        charge,
        flat,
        discount,
        tax,
        rounding,
        surge,
        settlement,
        cancellation,
        pay,
    } = file;
    let scope = Scope::new(&head, &zone, &window)?;
    let mut tariff = scope.head(&head, rates::meter(&scope, &meter)?)?;
    for rate in &rate {
        let during = scope.windows(rate, &rate.get_ref().during)?;
        let meter = &rate.get_ref().meter;
        tariff = tariff.with_rate(during, rates::meter(&scope, meter)?).at(meter)?;
    }
    tariff = rates::changes(&scope, tariff, &scale, &multiplier, &area)?;
    if let Some(waiting) = &waiting {
        tariff = tariff.with_waiting(rates::waiting(&scope, waiting)?);
    }
    tariff = charges::charges(&scope, tariff, &charge)?;
    tariff = charges::flats(&scope, tariff, &flat, &charge)?;
    tariff = charges::discounts(&scope, tariff, &discount)?;
    tariff = charges::taxes(&scope, tariff, &tax)?;
    if let Some(plan) = &rounding {
        tariff = tariff.with_rounding(scope.rounding_plan(plan)?);
    }
    if let Some(surge) = &surge {
        let file::Surge { min, max } = surge.get_ref();
        let places = [
            ("surge min", place(min)),
            ("surge max", place(max)),
            ("surge limits", place(max)),
        ];
        tariff = tariff
            .with_surge_limits(bps(min)?, bps(max)?)
            .at_value_of(surge, &places)?;
    }
    if let Some(settlement) = &settlement {
        tariff = tariff.with_settlement(scope.settlement(settlement)?);
    }
    tariff = tariff.with_cancellation(fees::cancellation(&scope, &cancellation)?);
    if let Some(pay) = &pay {
        tariff = tariff.with_pay(fees::pay(&scope, pay)?);
    }
    trial::tried(tariff, &head, rounding.as_ref())
}

impl Scope {
    fn new(
        head: &Spanned<file::Head>,
        zones: &[Spanned<file::Zone>],
        windows: &[Spanned<file::Window>],
    ) -> Result<Self, Located> {
        let currency = &head.get_ref().currency;
        let currency = built_currency(currency)?;
        let schedule = built_schedule(head)?;
        let mut scope = Self {
            currency,
            zones: Zones::new(),
            schedule,
        };
        for zone in zones {
            let file::Zone { name, inside } = zone.get_ref();
            for outer in inside {
                check_outer(name, outer, zones, &scope)?;
            }
            scope.zones.add(id(name)?, scope.zone_set(inside)?).at(name)?;
        }
        for window in windows {
            scope
                .schedule
                .add(built_window(window)?)
                .at(&window.get_ref().name)?;
        }
        Ok(scope)
    }

    fn head(
        &self,
        head: &Spanned<file::Head>,
        meter: fiacre_domain::pricing::Meter,
    ) -> Result<Tariff, Located> {
        let fields = head.get_ref();
        let mut tariff = Tariff::new(id(&fields.id)?, version(&fields.version)?, self.currency, meter)
            .with_zones(self.zones.clone())
            .and_then(|tariff| tariff.with_schedule(self.schedule.clone()))
            .at(head)?;
        if let Some(minimum) = &fields.minimum {
            tariff = tariff.with_minimum(self.whole_minor(minimum)?).at(minimum)?;
        }
        if let Some(cap) = &fields.cap {
            tariff = tariff.with_cap(self.whole_minor(cap)?).at(cap)?;
        }
        if let Some(step) = &fields.gateway_step {
            tariff = tariff.with_gateway_step(self.whole_minor(step)?).at(step)?;
        }
        Ok(tariff)
    }

    /// An amount in exact minor units.
    pub(crate) fn minor(&self, amount: &Spanned<Value<Amount>>) -> Result<Ratio, Located> {
        let scale = Ratio::from(10_i64.pow(u32::from(self.currency.exponent())));
        let too_large = |_| {
            Located::value(
                amount.span(),
                "the amount is too large: write one of at most 18 digits",
            )
        };
        amount.get_ref().0.0.checked_mul(scale).map_err(too_large)
    }

    /// An amount in whole minor units.
    pub(crate) fn whole_minor(&self, amount: &Spanned<Value<Amount>>) -> Result<i64, Located> {
        let how = || match self.currency.exponent() {
            0 => format!("{} has no decimals: write a whole amount", self.currency),
            decimals => format!(
                "the amount is finer than a minor unit of {}: write at most {decimals} decimals",
                self.currency
            ),
        };
        whole(self.minor(amount)?).ok_or_else(|| Located::value(amount.span(), how()))
    }

    pub(crate) fn rounding(&self, rounding: Option<&file::Rounding>) -> Result<StageRounding, Located> {
        let Some(file::Rounding { step, rule }) = rounding else {
            return Ok(MINOR_UNIT);
        };
        let rule = rule.map_or(
            fiacre_domain::ratio::Rounding::HalfUp,
            crate::value::RoundingName::rule,
        );
        match step {
            None => Ok(StageRounding::new(1, rule).unwrap_or(MINOR_UNIT)),
            Some(step) => StageRounding::new(self.whole_minor(step)?, rule).at(step),
        }
    }

    fn rounding_plan(&self, plan: &file::RoundingPlan) -> Result<RoundingPlan, Located> {
        let file::RoundingPlan {
            meter,
            multipliers,
            surge,
            total,
        } = plan;
        Ok(RoundingPlan::MINOR_UNITS
            .with(Stage::Meter, self.rounding(meter.as_ref())?)
            .with(Stage::Multipliers, self.rounding(multipliers.as_ref())?)
            .with(Stage::Surge, self.rounding(surge.as_ref())?)
            .with(Stage::Total, self.rounding(total.as_ref())?))
    }

    fn settlement(&self, settlement: &Spanned<file::Settlement>) -> Result<SettlementPolicy, Located> {
        let file::Settlement {
            up,
            down,
            cap,
            cap_fixed,
        } = settlement.get_ref();
        let places = [
            ("settlement up", place(up)),
            ("settlement down", place(down)),
            ("settlement cap", place(cap)),
            ("settlement fixed cap", cap_fixed.as_ref().and_then(place)),
        ];
        let cap_fixed = cap_fixed
            .as_ref()
            .map_or(Ok(0), |amount| self.whole_minor(amount))?;
        SettlementPolicy::new(bps(up)?, bps(down)?, bps(cap)?, cap_fixed).at_value_of(settlement, &places)
    }

    pub(crate) fn zone_set(&self, names: &[Name]) -> Result<ZoneSet, Located> {
        each_once(names)?;
        names
            .iter()
            .try_fold(ZoneSet::NONE, |set, name| Ok(set.union(self.zone(name)?.1)))
    }

    pub(crate) fn zone(&self, name: &Name) -> Result<(ZoneId, ZoneSet), Located> {
        let known: Vec<ZoneId> = self.zones.ids().collect();
        let unknown = || {
            Located::unknown_name(
                name.span(),
                "zone",
                name.get_ref(),
                known.iter().map(ZoneId::as_str),
            )
        };
        let zone: ZoneId = id(name)?;
        self.zones.get(zone).map(|set| (zone, set)).ok_or_else(unknown)
    }

    /// At least one, for what counts `during` them.
    pub(crate) fn windows<S>(&self, of: &Spanned<S>, names: &[Name]) -> Result<WindowSet, Located> {
        if names.is_empty() {
            let how = "`during` names no window, so that this would never count: name one, or take it out";
            return Err(Located::value(of.span(), how));
        }
        each_once(names)?;
        names
            .iter()
            .try_fold(WindowSet::NONE, |set, name| Ok(set.union(self.window(name)?.1)))
    }

    pub(crate) fn window(&self, name: &Name) -> Result<(WindowId, WindowSet), Located> {
        let known: Vec<WindowId> = self.schedule.ids().collect();
        let unknown = || {
            Located::unknown_name(
                name.span(),
                "window",
                name.get_ref(),
                known.iter().map(WindowId::as_str),
            )
        };
        let window: WindowId = id(name)?;
        self.schedule
            .get(window)
            .map(|set| (window, set))
            .ok_or_else(unknown)
    }
}

fn built_window(window: &Spanned<file::Window>) -> Result<Window, Located> {
    let file::Window {
        name,
        decided_by,
        spans,
    } = window.get_ref();
    let decided_by = match decided_by {
        file::DecidedBy::Start => DecidedBy::Start,
        file::DecidedBy::EachMoment => DecidedBy::Running,
    };
    let spans = spans.iter().map(built_span).collect::<Result<_, _>>()?;
    Window::new(id(name)?, decided_by, spans).at(window)
}

fn built_span(span: &Spanned<file::Span>) -> Result<Span, Located> {
    let file::Span {
        days,
        from,
        to,
        holidays,
        first,
        last,
    } = span.get_ref();
    let weekdays = match days {
        None => Weekdays::ALL,
        Some(days) => weekdays(span, days)?,
    };
    let built = match (from, to) {
        (None, None) => Span::whole_day(weekdays),
        (Some(from), Some(to)) => {
            let (begins, ends) = (time(from)?, time(to)?);
            if begins == ends {
                return Err(Located::value(
                    to.span(),
                    "a span ends when it begins: leave out both `from` and `to` for a whole day, or write another time",
                ));
            }
            Span::new(weekdays, begins, ends).at(span)?
        }
        (Some(_), None) | (None, Some(_)) => {
            return Err(Located::value(
                span.span(),
                "a span needs both `from` and `to`, or neither: a whole day",
            ));
        }
    };
    let dates = [("dates", last.as_ref().or(first.as_ref()).and_then(place))];
    let first = first.as_ref().map_or(Ok(CivilDate::MIN), date)?;
    let last = last.as_ref().map_or(Ok(CivilDate::MAX), date)?;
    let holidays = match holidays {
        file::HolidayRule::Any => HolidayRule::Any,
        file::HolidayRule::Except => HolidayRule::Except,
        file::HolidayRule::Only => HolidayRule::Only,
    };
    built
        .with_holidays(holidays)
        .with_dates(first, last)
        .at_value_of(span, &dates)
}

fn weekdays(span: &Spanned<file::Span>, days: &[Spanned<file::Day>]) -> Result<Weekdays, Located> {
    if let Some(again) = repeated(days) {
        return Err(Located::value(
            again.span(),
            "the day is named twice: name each once",
        ));
    }
    let days: Vec<Weekday> = days.iter().map(|day| weekday(*day.get_ref())).collect();
    Weekdays::of(&days).at(span)
}

/// The first that is there a second time.
pub(crate) fn repeated<T: PartialEq>(items: &[Spanned<T>]) -> Option<&Spanned<T>> {
    let known = |(place, item): &(usize, &Spanned<T>)| {
        let mut before = items.iter().take(*place);
        before.any(|other| other.get_ref() == item.get_ref())
    };
    items.iter().enumerate().find(known).map(|(_, item)| item)
}

pub(crate) fn each_once(names: &[Name]) -> Result<(), Located> {
    match repeated(names) {
        Some(again) => {
            let how = format!("`{}` is named twice: name it once", again.get_ref());
            Err(Located::value(again.span(), how))
        }
        None => Ok(()),
    }
}

fn built_currency(code: &Name) -> Result<Currency, Located> {
    let meant = code.get_ref().to_ascii_uppercase();
    code.get_ref().parse().map_err(|error: MoneyError| {
        let how = match meant.parse::<Currency>() {
            Ok(currency) => format!("there is no currency `{}`: write \"{currency}\"", code.get_ref()),
            Err(_) => format!("there is no currency `{}`: {}", code.get_ref(), why(&error)),
        };
        Located::value(code.span(), how)
    })
}

fn built_schedule(head: &Spanned<file::Head>) -> Result<Schedule, Located> {
    let holidays = &head.get_ref().holidays;
    each_once(holidays)?;
    let dates = holidays.iter().map(date).collect::<Result<_, _>>()?;
    let beyond = holidays.get(HOLIDAYS_MAX);
    Schedule::new(dates).at_value_of(head, &[("holidays", beyond.and_then(place))])
}

/// A zone lies inside others that stand above it.
fn check_outer(
    name: &Name,
    outer: &Name,
    zones: &[Spanned<file::Zone>],
    scope: &Scope,
) -> Result<(), Located> {
    let is_read = scope.zones.ids().any(|known| known.as_str() == outer.get_ref());
    let how = if outer.get_ref() == name.get_ref() {
        format!("zone `{}` cannot lie inside itself: take it out", name.get_ref())
    } else if !is_read
        && zones
            .iter()
            .any(|zone| zone.get_ref().name.get_ref() == outer.get_ref())
    {
        let outer = outer.get_ref();
        if lies_in(outer, name.get_ref(), zones) {
            format!(
                "zones `{}` and `{outer}` lie inside each other: take one `inside` out",
                name.get_ref()
            )
        } else {
            format!("zone `{outer}` stands further down: put it above those inside it")
        }
    } else {
        return Ok(());
    };
    Err(Located::value(outer.span(), how))
}

/// Whether a zone lies in another by what the file says, through others too.
fn lies_in(zone: &str, other: &str, zones: &[Spanned<file::Zone>]) -> bool {
    let (mut reached, mut next) = (vec![zone], 0);
    while let Some(inner) = reached.get(next).copied() {
        let found = zones.iter().find(|zone| zone.get_ref().name.get_ref() == inner);
        for outer in found.into_iter().flat_map(|zone| &zone.get_ref().inside) {
            if outer.get_ref() == other {
                return true;
            }
            if !reached.contains(&outer.get_ref().as_str()) {
                reached.push(outer.get_ref());
            }
        }
        next += 1;
    }
    false
}

const fn weekday(day: file::Day) -> Weekday {
    match day {
        file::Day::Mon => Weekday::Monday,
        file::Day::Tue => Weekday::Tuesday,
        file::Day::Wed => Weekday::Wednesday,
        file::Day::Thu => Weekday::Thursday,
        file::Day::Fri => Weekday::Friday,
        file::Day::Sat => Weekday::Saturday,
        file::Day::Sun => Weekday::Sunday,
    }
}

/// A version; the first is 1.
pub(crate) fn version(written: &Spanned<u32>) -> Result<u32, Located> {
    match *written.get_ref() {
        0 => Err(Located::value(
            written.span(),
            "there is no version 0: write 1, and one more with each change",
        )),
        version => Ok(version),
    }
}

pub(crate) fn id<T: FromStr<Err = IdError>>(name: &Name) -> Result<T, Located> {
    name.get_ref().parse().map_err(|error: IdError| {
        let how = format!("`{}` is no name: {}", name.get_ref(), why(&error));
        Located::value(name.span(), how)
    })
}

fn date(name: &Name) -> Result<CivilDate, Located> {
    let how = || format!("`{}` is no date: write it as \"2018-07-04\"", name.get_ref());
    name.get_ref()
        .parse()
        .map_err(|_: TimeError| Located::value(name.span(), how()))
}

fn time(name: &Name) -> Result<fiacre_domain::time::TimeOfDay, Located> {
    let how = || {
        format!(
            "`{}` is no time of day: write it as \"16:00\"; a `to` of \"00:00\" is the end of the day",
            name.get_ref()
        )
    };
    name.get_ref()
        .parse()
        .map_err(|_: TimeError| Located::value(name.span(), how()))
}

fn whole(exact: Ratio) -> Option<i64> {
    if exact.denominator() == 1 {
        i64::try_from(exact.numerator()).ok()
    } else {
        None
    }
}

pub(crate) fn bps(share: &Spanned<Value<Share>>) -> Result<BasisPoints, Located> {
    let how = || {
        Located::value(
            share.span(),
            "the share is too fine or too large: write whole hundredths of a per cent, such as \"12.5%\" or \"12.34%\"",
        )
    };
    let exact = share
        .get_ref()
        .0
        .0
        .checked_mul(Ratio::from(10_000))
        .map_err(|_| how())?;
    whole(exact)
        .and_then(|bps| i32::try_from(bps).ok())
        .map(BasisPoints::new)
        .ok_or_else(how)
}

pub(crate) fn whole_mm(distance: &Spanned<Value<Distance>>) -> Result<Millimetres, Located> {
    let how = || {
        Located::value(
            distance.span(),
            "this distance must be whole millimetres, such as \"234.8 m\"",
        )
    };
    whole(distance.get_ref().0.0)
        .map(Millimetres::new)
        .ok_or_else(how)
}

pub(crate) fn whole_ms(duration: &Spanned<Value<Duration>>) -> Result<Millis, Located> {
    let how = || {
        Located::value(
            duration.span(),
            "this duration must be whole milliseconds, such as \"25.2 s\", and 0 or more",
        )
    };
    whole(duration.get_ref().0.0)
        .filter(|ms| *ms >= 0)
        .map(Millis::new)
        .ok_or_else(how)
}

pub(crate) fn charge_id(name: &Name, known: &[Spanned<file::Charge>]) -> Result<ChargeId, Located> {
    let names = || {
        known
            .iter()
            .map(|charge| charge.get_ref().name.get_ref().as_str())
    };
    if names().any(|other| other == name.get_ref()) {
        id(name)
    } else {
        Err(Located::unknown_name(
            name.span(),
            "charge",
            name.get_ref(),
            names(),
        ))
    }
}
