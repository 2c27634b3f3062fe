//! A reading under another tariff than the one it was recorded with: bounds, and when there are none.

use crate::*;
use fiacre_domain::pricing::{
    AreaEffect, Circumstances, DecidedBy, MeterReading, PricingError, Recorder, Slice, SlowRule, Span, Speed,
    SpeedBand, TimeBasis, TimeRate, Weekdays, Window,
};
use fiacre_domain::time::TimeOfDay;

/// 50 cents for each 100 m or 30 s: the speeds cross at 12 km/h.
fn joint() -> Meter {
    let segment = Segment::new(Millimetres::ZERO, ratio(50), ratio(100_000)).unwrap();
    Meter::joint(
        ratio(250),
        Ratio::ZERO,
        vec![segment.with_time(ratio(30_000)).unwrap()],
    )
    .unwrap()
}

/// `distance_m` in `seconds`, as a tariff without anything records it.
fn driven(distance_m: i64, seconds: i64) -> MeterReading {
    let tariff = tariff();
    let mut recorder = Recorder::new(&tariff, morning(), Circumstances::new());
    recorder
        .drive(metres(distance_m), Millis::new(seconds * 1_000))
        .unwrap();
    recorder.finish().unwrap()
}

/// The bounds of a reading under `tariff`, in cents, and whether they are one.
fn bounds(tariff: &Tariff, reading: &MeterReading) -> (i64, i64, bool) {
    let replay = tariff.replay(reading, &Surge::NONE).unwrap();
    (replay.low().minor(), replay.high().minor(), replay.is_exact())
}

#[test]
fn a_speed_on_an_edge_replays_exactly_whatever_the_threshold() {
    // A kilometre in 240 s is 15 km/h.
    let reading = driven(1_000, 240);
    let at = |slow| bounds(&named("other", joint().with_slow(slow).unwrap()), &reading);
    assert_eq!(at(SlowRule::BelowCrossover), (750, 750, true));
    assert_eq!(
        at(SlowRule::Below(Speed::from_kmh(15).unwrap())),
        (750, 750, true)
    );
    assert_eq!(
        at(SlowRule::AtOrBelow(Speed::from_kmh(15).unwrap())),
        (650, 650, true)
    );
}

#[test]
fn a_speed_near_a_threshold_inside_its_band_has_bounds() {
    // A kilometre in 239 s: between 15 and 16 km/h.
    let reading = driven(1_000, 239);
    let threshold = Speed::from_mm_per_hour(15_500_000).unwrap();
    for slow in [SlowRule::Below(threshold), SlowRule::AtOrBelow(threshold)] {
        let (low, high, is_exact) = bounds(&named("other", joint().with_slow(slow).unwrap()), &reading);
        assert!(!is_exact && low < high, "{low} to {high}");
        let true_total = bounds(
            &named(
                "other",
                joint()
                    .with_slow(SlowRule::Below(Speed::from_kmh(15).unwrap()))
                    .unwrap(),
            ),
            &reading,
        );
        assert!(
            (low..=high).contains(&true_total.0),
            "{low} to {high}, really {true_total:?}"
        );
    }
}

#[test]
fn slow_time_apart_is_nothing_or_all_of_it() {
    let slow = TimeRate::new(ratio(10), ratio(1_000), Units::ProRata, TimeBasis::Slow).unwrap();
    let threshold = SlowRule::Below(Speed::from_mm_per_hour(15_500_000).unwrap());
    let apart = named(
        "other",
        by_distance()
            .with_slow(threshold)
            .unwrap()
            .with_time(slow)
            .unwrap(),
    );
    let (low, high, is_exact) = bounds(&apart, &driven(1_000, 239));
    assert!(!is_exact);
    assert_eq!(high - low, 2_390, "all of the time; the distance counts in both");
}

#[test]
fn where_bounds_differ_nothing_settles() {
    let threshold = SlowRule::Below(Speed::from_mm_per_hour(15_500_000).unwrap());
    let other = quote(named("other", joint().with_slow(threshold).unwrap()), &ride());
    assert_eq!(
        other.settle(&driven(1_000, 239)),
        Err(PricingError::ReadingOfAnotherTariff)
    );
    assert!(other.settle(&driven(1_000, 240)).is_ok(), "on an edge");
}

#[test]
fn doubt_where_the_way_matters_has_no_bounds() {
    let threshold = SlowRule::Below(Speed::from_mm_per_hour(15_500_000).unwrap());
    let doubtful = || named("other", joint().with_slow(threshold).unwrap());
    let (inside, _) = with_port(doubtful());
    let reading = driven(1_000, 239);
    let off = inside
        .clone()
        .with_area(zone("port"), AreaEffect::TimeOff)
        .unwrap();
    assert!(off.replay(&reading, &Surge::NONE).is_ok());
    let dearer = inside
        .with_area(zone("port"), AreaEffect::Multiply(ratio(2)))
        .unwrap();
    let refused = Err(PricingError::ReadingNotCut);
    assert_eq!(dearer.replay(&reading, &Surge::NONE), refused);
    let night = Window::new(
        "night".parse().unwrap(),
        DecidedBy::Running,
        vec![Span::whole_day(Weekdays::ALL)],
    );
    let (windowed, _) = with_window(doubtful(), night.unwrap());
    let running = windowed
        .with_multiplier("night".parse().unwrap(), ratio(2))
        .unwrap();
    assert_eq!(running.replay(&reading, &Surge::NONE), refused);
}

#[test]
fn a_slice_across_a_change_of_price_is_refused() {
    let noon = Span::new(
        Weekdays::ALL,
        TimeOfDay::new(10, 1, 0).unwrap(),
        TimeOfDay::new(12, 0, 0).unwrap(),
    );
    let window = Window::new("late".parse().unwrap(), DecidedBy::Running, vec![noon.unwrap()]).unwrap();
    let (windowed, _) = with_window(tariff(), window);
    let two_prices = Meter::distance(
        ratio(250),
        Ratio::ZERO,
        vec![segment(0, 100), segment(500, 200)],
        Units::ProRata,
    );
    for cut in [windowed, named("test", two_prices.unwrap())] {
        let (distance, duration) = (metres(1_000), Millis::from_minutes(4));
        let slice = Slice::new(morning(), 0)
            .with_fast(distance, duration)
            .with_bands(vec![SpeedBand::of(distance, duration)]);
        let reading = MeterReading::new(
            cut.edition(),
            morning(),
            vec![],
            vec![slice],
            Circumstances::new(),
        );
        assert_eq!(
            quote(cut, &ride()).settle(&reading.unwrap()),
            Err(PricingError::ReadingNotCut)
        );
    }
}
