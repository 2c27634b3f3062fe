//! What is no tariff is refused where it is made, with the field and what is wrong with it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::ChargeId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    AgeRange, AreaEffect, CancellationMatrix, CancellationStageKind, Charge, ChargeAmount, Condition,
    DecidedBy, Discount, Fault, FeeBase, FeeRule, Flat, Grace, LineGroups, LineTraits, Meter, PayPolicy,
    RateCard, RoundingPlan, SEGMENTS_MAX, SPANS_MAX, SURGE_BPS_MAX, Schedule, Segment, SettlementPolicy,
    SlowRule, Span, Speed, Stage, StageRounding, SurgePolicy, TARIFF_ENTRIES_MAX, Tariff, TariffError,
    TariffFault, Tax, TimeBasis, TimeRate, Units, WINDOWS_MAX, Waiting, WaitingRate, Weekdays, Window,
    WindowSet, ZONES_MAX, ZoneSet, Zones,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::collections::BTreeSet;

const TOO_DEAR: i64 = i64::MAX;
const ABOVE_ONE: BasisPoints = BasisPoints::new(10_001);
const BELOW_ZERO: BasisPoints = BasisPoints::new(-1);

fn ratio(value: i64) -> Ratio {
    Ratio::from(value)
}

fn id(name: &str) -> ChargeId {
    name.parse().unwrap()
}

fn segment(from_mm: i64) -> Segment {
    Segment::new(Millimetres::new(from_mm), ratio(50), ratio(1_000)).unwrap()
}

fn meter() -> Meter {
    Meter::distance(ratio(250), Ratio::ZERO, vec![segment(0)], Units::Begun).unwrap()
}

fn timed(basis: TimeBasis) -> TimeRate {
    TimeRate::new(ratio(1), ratio(1_000), Units::Begun, basis).unwrap()
}

fn tariff() -> Tariff {
    Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter())
}

fn waiting() -> WaitingRate {
    WaitingRate::new(ratio(1), ratio(1_000), Units::Begun).unwrap()
}

fn card() -> RateCard {
    RateCard::new(0).unwrap()
}

/// Sets of a schedule with two windows and of zones with two, of which a tariff without any knows nothing.
fn strange() -> (WindowSet, ZoneSet) {
    let (mut schedule, mut zones) = (Schedule::default(), Zones::new());
    (
        schedule.add(window("night")).unwrap(),
        zones.add("port".parse().unwrap(), ZoneSet::NONE).unwrap(),
    )
}

fn window(name: &str) -> Window {
    Window::new(
        name.parse().unwrap(),
        DecidedBy::Running,
        vec![Span::whole_day(Weekdays::ALL)],
    )
    .unwrap()
}

fn charge(name: &str) -> Charge {
    Charge::surcharge(id(name), ChargeAmount::Once(1))
}

/// Refusals of one kind of value: the field, what is wrong, and what was refused.
type Refusals = Vec<(&'static str, fn(TariffFault) -> bool, Option<TariffError>)>;

macro_rules! refused {
    ($($field:literal $fault:ident $made:expr;)+) => { vec![$(($field, |fault| matches!(fault, TariffFault::$fault { .. }), $made.err())),+] };
}

fn of_meters() -> Refusals {
    let crowd = (0..).map(segment).take(SEGMENTS_MAX + 1).collect();
    let unsorted = vec![segment(0), segment(7), segment(7)];
    let distance = |segments| Meter::distance(ratio(1), Ratio::ZERO, segments, Units::Begun);
    let walking = SlowRule::Below(Speed::from_kmh(5).unwrap());
    let slow = meter()
        .with_slow(walking)
        .and_then(|meter| meter.with_time(timed(TimeBasis::Slow)))
        .unwrap();
    let joint = Meter::joint(
        ratio(1),
        Ratio::ZERO,
        vec![segment(0).with_time(ratio(1_000)).unwrap()],
    )
    .unwrap();
    refused! {
        "speed" NotPositive Speed::from_mm_per_hour(0);
        "speed" NotPositive Speed::from_kmh(0);
        "speed" NotPositive Speed::from_mph(0);
        "segment from" Negative Segment::new(Millimetres::new(-1), ratio(1), ratio(1));
        "unit price" TooLarge Segment::new(Millimetres::ZERO, ratio(TOO_DEAR), ratio(1));
        "unit distance" NotPositive Segment::new(Millimetres::ZERO, ratio(1), Ratio::ZERO);
        "unit distance" TooSmall Segment::new(Millimetres::ZERO, ratio(1), ratio(99));
        "unit time" NotPositive segment(0).with_time(Ratio::ZERO);
        "unit time" TooSmall segment(0).with_time(ratio(999));
        "unit time" Missing Meter::joint(ratio(1), Ratio::ZERO, vec![segment(0)]);
        "segments" Missing distance(vec![]);
        "segments" OutOfOrder distance(vec![segment(1)]);
        "segments" OutOfOrder distance(unsorted);
        "segments" TooMany distance(crowd);
        "initial price" Negative Meter::distance(ratio(-1), Ratio::ZERO, vec![segment(0)], Units::Begun);
        "initial units" TooLarge Meter::distance(ratio(1), ratio(TOO_DEAR), vec![segment(0)], Units::Begun);
        "time price" Negative TimeRate::new(ratio(-1), ratio(1), Units::Begun, TimeBasis::Elapsed);
        "time unit" NotPositive TimeRate::new(ratio(1), Ratio::ZERO, Units::Begun, TimeBasis::Elapsed);
        "included time" Negative timed(TimeBasis::Elapsed).with_included(Millis::new(-1));
        "slow speed" Missing meter().with_time(timed(TimeBasis::Slow));
        "slow speed" Missing slow.with_slow(SlowRule::BelowCrossover);
        "time" Contradiction joint.with_time(timed(TimeBasis::Elapsed));
        "waiting price" Negative WaitingRate::new(ratio(-1), ratio(1), Units::Begun);
        "waiting unit" NotPositive WaitingRate::new(ratio(1), Ratio::ZERO, Units::Begun);
        "waiting grace" Negative waiting().with_grace(Grace::PerStop(Millis::new(-1)));
    }
}

fn of_windows_and_zones() -> Refusals {
    let (today, yesterday) = ("2018-07-04".parse().unwrap(), "2018-07-03".parse().unwrap());
    let noon = TimeOfDay::new(12, 0, 0).unwrap();
    let spans = vec![Span::whole_day(Weekdays::ALL); SPANS_MAX + 1];
    let mut full = Schedule::default();
    for number in 0..WINDOWS_MAX {
        full.add(window(&format!("w{number}"))).unwrap();
    }
    let mut one = Schedule::default();
    one.add(window("night")).unwrap();
    let mut crowded = Zones::new();
    for number in 0..ZONES_MAX {
        crowded
            .add(format!("z{number}").parse().unwrap(), ZoneSet::NONE)
            .unwrap();
    }
    let mut zones = Zones::new();
    let port = zones.add("port".parse().unwrap(), ZoneSet::NONE).unwrap();
    refused! {
        "weekdays" Missing Weekdays::of(&[]);
        "span length" NotPositive Span::new(Weekdays::ALL, noon, noon);
        "dates" OutOfOrder Span::whole_day(Weekdays::ALL).with_dates(today, yesterday);
        "spans" Missing Window::new("night".parse().unwrap(), DecidedBy::Start, vec![]);
        "spans" TooMany Window::new("night".parse().unwrap(), DecidedBy::Start, spans);
        "windows" TooMany full.add(window("night"));
        "window" Duplicate one.add(window("night"));
        "zones" TooMany crowded.add("port".parse().unwrap(), ZoneSet::NONE);
        "zone" Duplicate zones.add("port".parse().unwrap(), ZoneSet::NONE);
        "zone" Unknown Zones::new().add("port".parse().unwrap(), port);
        "ages" OutOfOrder AgeRange::new(9, 8);
    }
}

fn of_prices() -> Refusals {
    let authority = || "mta".parse().unwrap();
    let passed = Charge::passed_to(id("mta"), authority(), ChargeAmount::Once(1));
    let policy = SurgePolicy::new(1, BasisPoints::ONE, BasisPoints::ONE).unwrap();
    let beyond = BasisPoints::new(SURGE_BPS_MAX + 1);
    let (zero, half, one) = (BasisPoints::ZERO, BasisPoints::new(5_000), BasisPoints::ONE);
    let (_, port) = strange();
    refused! {
        "charge traits" Contradiction passed.with_traits(LineTraits::SURCHARGE);
        "flat price" Negative Flat::new(id("jfk"), port, port, -1, vec![]);
        "flat zones" Missing Flat::new(id("jfk"), port, ZoneSet::NONE, 1, vec![]);
        "flat zones" Missing Flat::new(id("jfk"), ZoneSet::NONE, port, 1, vec![]);
        "discount share" Negative Discount::new(id("less"), LineGroups::ALL, BELOW_ZERO);
        "discount share" TooLarge Discount::new(id("less"), LineGroups::ALL, ABOVE_ONE);
        "discount above" Negative Discount::new(id("less"), LineGroups::ALL, one).unwrap().above(-1);
        "tax rate" Negative Tax::added(id("vat"), authority(), ratio(-1));
        "tax rate" TooLarge Tax::included(id("vat"), authority(), ratio(TOO_DEAR));
        "tax rate" TooLarge Tax::added(id("vat"), authority(), Ratio::new(101, 100).unwrap());
        "rounding step" NotPositive StageRounding::new(0, Rounding::HalfUp);
        "rounding step" UnusualStep StageRounding::new(3, Rounding::HalfUp);
        "rounding step" UnusualStep StageRounding::new(1_500, Rounding::HalfUp);
        "rounding step" TooLarge StageRounding::new(TOO_DEAR, Rounding::HalfUp);
        "surge min" NotPositive SurgePolicy::new(1, BELOW_ZERO, one);
        "surge max" TooLarge SurgePolicy::new(1, one, beyond);
        "surge limits" OutOfOrder SurgePolicy::new(1, one, half);
        "surge response" NotPositive policy.with_response(zero, one, one);
        "surge response" NotPositive policy.with_response(one, zero, one);
        "surge response" NotPositive policy.with_response(one, one, zero);
        "settlement up" Negative SettlementPolicy::new(BELOW_ZERO, zero, zero, 0);
        "settlement down" Negative SettlementPolicy::new(zero, BELOW_ZERO, zero, 0);
        "settlement cap" Negative SettlementPolicy::new(zero, zero, BELOW_ZERO, 0);
        "settlement down" TooLarge SettlementPolicy::new(zero, ABOVE_ONE, zero, 0);
        "settlement up" Contradiction SettlementPolicy::new(one, zero, zero, 0);
        "settlement cap" TooLarge SettlementPolicy::new(zero, zero, beyond, 0);
        "settlement fixed cap" Negative SettlementPolicy::new(zero, zero, zero, -1);
    }
}

fn of_fees_and_pay() -> Refusals {
    let fee = || FeeRule::new(0).unwrap();
    refused! {
        "fee fixed" Negative FeeRule::new(-1);
        "fee share" Negative fee().with_share(BELOW_ZERO, FeeBase::Total);
        "fee share" TooLarge fee().with_share(ABOVE_ONE, FeeBase::BaseFare);
        "fee cap" Negative fee().with_cap(-1);
        "fee free time" Negative fee().with_free_for(Millis::new(-1));
        "fee free time" TooLarge fee().with_free_for(Millis::MAX);
        "fee driver share" TooLarge fee().with_driver_share(ABOVE_ONE);
        "commission" Negative PayPolicy::commission(1, BELOW_ZERO);
        "commission" TooLarge PayPolicy::commission(1, ABOVE_ONE);
        "pay base" Negative RateCard::new(-1);
        "pay distance price" Negative card().with_distance(ratio(-1), ratio(1));
        "pay distance unit" NotPositive card().with_distance(ratio(1), Ratio::ZERO);
        "pay time price" Negative card().with_time(ratio(-1), ratio(1));
        "pay time unit" NotPositive card().with_time(ratio(1), Ratio::ZERO);
    }
}

fn of_tariffs() -> Refusals {
    let (night, port) = strange();
    let (half, one) = (BasisPoints::new(5_000), BasisPoints::ONE);
    let separate = meter().with_time(timed(TimeBasis::Elapsed)).unwrap();
    let per_head = |first, further| {
        let ages = AgeRange::ALL;
        let amount = ChargeAmount::PerPassenger {
            ages,
            included: 1,
            first,
            further,
        };
        tariff().with_charge(Charge::surcharge(id("heads"), amount))
    };
    refused! {
        "window" Unknown tariff().with_rate(night, meter());
        "rate time" Contradiction tariff().with_rate(WindowSet::NONE, separate);
        "window" Unknown tariff().with_scale(night, ratio(2));
        "scale" Negative tariff().with_scale(WindowSet::NONE, ratio(-1));
        "window" Unknown tariff().with_multiplier("night".parse().unwrap(), ratio(2));
        "zone" Unknown tariff().with_area("port".parse().unwrap(), AreaEffect::TimeOff);
        "charge amount" Negative tariff().with_charge(Charge::surcharge(id("c"), ChargeAmount::PerStop(-1)));
        "charge first" Negative per_head(-1, 0);
        "charge further" Negative per_head(0, -1);
        "window" Unknown tariff().with_charge(charge("c").during(night));
        "zone" Unknown tariff().with_charge(charge("c").under(Condition::default().avoiding(port)));
        "charge" Duplicate tariff().with_charge(charge("c")).unwrap().with_charge(charge("c"));
        "zone" Unknown tariff().with_flat(Flat::new(id("jfk"), port, port, 1, vec![]).unwrap());
        "minimum" Negative tariff().with_minimum(-1);
        "cap" Negative tariff().with_cap(-1);
        "cap" Contradiction tariff().with_minimum(2).unwrap().with_cap(1);
        "minimum" Contradiction tariff().with_cap(1).unwrap().with_minimum(2);
        "surge min" NotPositive tariff().with_surge_limits(BELOW_ZERO, one);
        "surge max" TooLarge tariff().with_surge_limits(one, BasisPoints::new(SURGE_BPS_MAX + 1));
        "surge limits" OutOfOrder tariff().with_surge_limits(one, half);
        "surge limits" Contradiction tariff().with_surge_limits(half, half);
        "surge limits" Contradiction tariff().with_surge_limits(ABOVE_ONE, ABOVE_ONE);
        "gateway step" NotPositive tariff().with_gateway_step(0);
    }
}

/// Of a tariff that has a window and a zone.
fn of_equipped_tariffs() -> Refusals {
    let (mut schedule, mut zones) = (Schedule::default(), Zones::new());
    let night = schedule.add(window("night")).unwrap();
    let port = zones.add("port".parse().unwrap(), ZoneSet::NONE).unwrap();
    let tariff = tariff()
        .with_schedule(schedule.clone())
        .and_then(|tariff| tariff.with_zones(zones.clone()))
        .unwrap();
    let (mut other_schedule, mut other_zones) = (Schedule::default(), Zones::new());
    other_schedule.add(window("day")).unwrap();
    other_zones.add("centre".parse().unwrap(), ZoneSet::NONE).unwrap();
    let charged = Flat::new(id("jfk"), port, port, 1, vec![id("c")]).unwrap();
    let flat = |name: &str| Flat::new(id(name), port, port, 1, vec![]).unwrap();
    let discount = |name: &str| Discount::new(id(name), LineGroups::ALL, BasisPoints::ZERO).unwrap();
    let tax = |name: &str| Tax::added(id(name), "mta".parse().unwrap(), Ratio::ONE).unwrap();
    let twice = |factor| tariff.clone().with_multiplier("night".parse().unwrap(), factor);
    let inside = |factor| {
        tariff
            .clone()
            .with_area("port".parse().unwrap(), AreaEffect::Multiply(factor))
    };
    refused! {
        "zones" Contradiction tariff.clone().with_zones(other_zones);
        "zones" Contradiction tariff.clone().with_zones(Zones::new());
        "windows" Contradiction tariff.clone().with_schedule(other_schedule);
        "windows" Contradiction tariff.clone().with_schedule(Schedule::default());
        "multiplier" Negative twice(ratio(-1));
        "multiplier" TooFine twice(Ratio::new(1, 1_000_000_007).unwrap());
        "area multiplier" TooLarge inside(ratio(TOO_DEAR));
        "flat charge" Unknown tariff.clone().with_flat(charged);
        "rates" TooMany filled(&tariff, |tariff, _| tariff.with_rate(night, meter()));
        "scales" TooMany filled(&tariff, |tariff, _| tariff.with_scale(night, ratio(2)));
        "multipliers" TooMany filled(&tariff, |tariff, _| tariff.with_multiplier("night".parse().unwrap(), ratio(2)));
        "areas" TooMany filled(&tariff, |tariff, _| tariff.with_area("port".parse().unwrap(), AreaEffect::TimeOff));
        "flats" TooMany filled(&tariff, |tariff, number| tariff.with_flat(flat(&format!("f{number}"))));
        "charges" TooMany filled(&tariff, |tariff, number| tariff.with_charge(charge(&format!("c{number}"))));
        "discounts" TooMany filled(&tariff, |tariff, number| tariff.with_discount(discount(&format!("d{number}"))));
        "taxes" TooMany filled(&tariff, |tariff, number| tariff.with_tax(tax(&format!("t{number}"))));
        "flat" Duplicate tariff.clone().with_flat(flat("f")).unwrap().with_flat(flat("f"));
        "discount" Duplicate tariff.clone().with_discount(discount("d")).unwrap().with_discount(discount("d"));
        "tax" Duplicate tariff.clone().with_tax(tax("t")).unwrap().with_tax(tax("t"));
    }
}

/// One entry more than a tariff may have.
fn filled(
    tariff: &Tariff,
    add: impl Fn(Tariff, usize) -> Result<Tariff, TariffError>,
) -> Result<Tariff, TariffError> {
    let full = (0..TARIFF_ENTRIES_MAX).try_fold(tariff.clone(), &add).unwrap();
    add(full, TARIFF_ENTRIES_MAX)
}

fn all() -> Refusals {
    [
        of_meters(),
        of_windows_and_zones(),
        of_prices(),
        of_fees_and_pay(),
        of_tariffs(),
        of_equipped_tariffs(),
    ]
    .concat()
}

type Step<'a> = dyn Fn(Tariff) -> Result<Tariff, TariffError> + 'a;

/// A fingerprint is computed once, and never outlives what it was computed of.
#[test]
fn each_step_that_changes_a_tariff_changes_its_fingerprint() {
    let (mut schedule, mut zones) = (Schedule::default(), Zones::new());
    let night = schedule.add(window("night")).unwrap();
    let port = zones.add("port".parse().unwrap(), ZoneSet::NONE).unwrap();
    let (one, half) = (BasisPoints::ONE, BasisPoints::new(5_000));
    let steps: Vec<Box<Step<'_>>> = vec![
        Box::new(|tariff| tariff.with_zones(zones.clone())),
        Box::new(|tariff| tariff.with_schedule(schedule.clone())),
        Box::new(|tariff| tariff.with_rate(night, meter())),
        Box::new(|tariff| tariff.with_scale(night, ratio(2))),
        Box::new(|tariff| tariff.with_multiplier("night".parse().unwrap(), ratio(2))),
        Box::new(|tariff| tariff.with_area("port".parse().unwrap(), AreaEffect::TimeOff)),
        Box::new(|tariff| tariff.with_charge(charge("c"))),
        Box::new(|tariff| tariff.with_flat(Flat::new(id("f"), port, port, 1, vec![])?)),
        Box::new(|tariff| Ok(tariff.with_waiting(Waiting::Free))),
        Box::new(|tariff| tariff.with_minimum(1)),
        Box::new(|tariff| tariff.with_cap(9)),
        Box::new(|tariff| tariff.with_discount(Discount::new(id("less"), LineGroups::ALL, half)?)),
        Box::new(|tariff| tariff.with_tax(Tax::added(id("vat"), "mta".parse().unwrap(), ratio(1))?)),
        Box::new(|tariff| {
            let ten = StageRounding::new(10, Rounding::Floor)?;
            Ok(tariff.with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Total, ten)))
        }),
        Box::new(|tariff| tariff.with_surge_limits(half, one)),
        Box::new(|tariff| Ok(tariff.with_settlement(SettlementPolicy::new(half, half, one, 0)?))),
        Box::new(|tariff| {
            Ok(tariff.with_cancellation(CancellationMatrix::FREE.with(
                CancellationStageKind::NoShow,
                Fault::Rider,
                FeeRule::new(1)?,
            )))
        }),
        Box::new(|tariff| Ok(tariff.with_pay(PayPolicy::commission(1, half)?))),
        Box::new(|tariff| Ok(tariff.with_id("other".parse().unwrap()))),
        Box::new(|tariff| tariff.with_gateway_step(5)),
    ];
    let mut seen = BTreeSet::new();
    let mut built = tariff();
    seen.insert(built.fingerprint());
    for step in &steps {
        built = step(built).unwrap();
        assert_eq!(built.fingerprint(), Fingerprint::of(&built));
        seen.insert(built.fingerprint());
    }
    assert_eq!(seen.len(), steps.len() + 1);
}

/// What refers to zones and windows goes on to mean the same ones.
#[test]
fn zones_and_windows_may_be_followed_by_further_ones() {
    let (mut schedule, mut zones) = (Schedule::default(), Zones::new());
    let night = schedule.add(window("night")).unwrap();
    let port = zones.add("port".parse().unwrap(), ZoneSet::NONE).unwrap();
    let charged = charge("c").during(night).under(Condition::ANY.touching(port));
    let before = tariff().with_zones(zones.clone()).unwrap();
    let before = before
        .with_schedule(schedule.clone())
        .unwrap()
        .with_charge(charged)
        .unwrap();
    zones.add("centre".parse().unwrap(), port).unwrap();
    let mut further = Schedule::new(vec!["2018-07-04".parse().unwrap()]).unwrap();
    further.add(window("night")).unwrap();
    further.add(window("day")).unwrap();
    let after = before
        .with_zones(zones)
        .and_then(|tariff| tariff.with_schedule(further))
        .unwrap();
    assert_eq!(after.zones().get("port".parse().unwrap()), Some(port));
    assert_eq!(after.zones().ids().count(), 2);
}

#[test]
fn each_is_refused_by_field_and_fault() {
    for (number, (field, fault, refused)) in all().into_iter().enumerate() {
        let error = refused.unwrap();
        assert_eq!(error.field(), field, "the {number}th");
        assert!(fault(error.fault()), "the {number}th: {error}");
    }
}

#[test]
fn each_fault_has_a_code_and_a_text_with_the_field() {
    let refused: Vec<_> = all().into_iter().filter_map(|(_, _, refused)| refused).collect();
    let codes: BTreeSet<_> = refused.iter().map(TariffError::code).collect();
    assert_eq!(codes.len(), 12, "every kind of fault is met: {codes:?}");
    for error in refused {
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("failed to build the tariff: {} ", error.field())),
            "{text}"
        );
    }
}

#[test]
fn weekdays_hold_what_they_list() {
    let days = Weekdays::of(&[Weekday::Monday, Weekday::Sunday]).unwrap();
    let held: Vec<_> = Weekday::ALL
        .into_iter()
        .filter(|day| days.contains(*day))
        .collect();
    assert_eq!(held, [Weekday::Monday, Weekday::Sunday]);
}

/// A set fits by its places in another tariff too, where it would mean what stands there.
#[test]
fn sets_of_another_tariff_are_refused() {
    let frame = |zone_names: [&str; 2], window_names: [&str; 2]| {
        let (mut schedule, mut zones) = (Schedule::default(), Zones::new());
        let places = zone_names.map(|name| zones.add(name.parse().unwrap(), ZoneSet::NONE).unwrap());
        let times = window_names.map(|name| schedule.add(window(name)).unwrap());
        let framed = tariff().with_zones(zones).unwrap().with_schedule(schedule);
        (framed.unwrap(), places, times)
    };
    let (own, [port, airport], [night, rush]) = frame(["port", "airport"], ["night", "rush"]);
    let (_, foreign_zones, foreign_windows) = frame(["airport", "port"], ["rush", "night"]);
    let surcharge = |windows, zones| {
        let condition = Condition::ANY.avoiding(zones);
        own.clone()
            .with_charge(charge("c").during(windows).under(condition))
    };
    assert!(surcharge(night.union(rush), port.union(airport)).is_ok());
    for zone in foreign_zones {
        for foreign in [zone, zone.union(port), zone.union(airport)] {
            let fault = |made: Result<Tariff, TariffError>| made.unwrap_err().fault();
            let flat = |from, to| {
                own.clone()
                    .with_flat(Flat::new(id("f"), from, to, 1, vec![]).unwrap())
            };
            assert_eq!(fault(surcharge(night, foreign)), TariffFault::Unknown);
            assert_eq!(fault(flat(port, foreign)), TariffFault::Unknown);
            assert_eq!(fault(flat(foreign, port)), TariffFault::Unknown);
        }
    }
    for window in foreign_windows {
        for foreign in [window, window.union(night), window.union(rush)] {
            let fault = |made: Result<Tariff, TariffError>| made.unwrap_err().fault();
            assert_eq!(fault(surcharge(foreign, port)), TariffFault::Unknown);
            assert_eq!(
                fault(own.clone().with_rate(foreign, meter())),
                TariffFault::Unknown
            );
            assert_eq!(
                fault(own.clone().with_scale(foreign, ratio(2))),
                TariffFault::Unknown
            );
        }
    }
    let same_names = frame(["port", "airport"], ["night", "rush"]);
    assert!(surcharge(same_names.2[1], same_names.1[1]).is_ok());
}
