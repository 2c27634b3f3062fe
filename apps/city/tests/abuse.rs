//! What nobody should ask for: a typed error or a right answer, never a panic.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use fiacre_city::demand::{Burst, Demand, DemandError, DemandPlan, FACTOR_MAX, Multiplier, Request};
use fiacre_city::manhattan::{Manhattan, ZoneIndex, street};
use fiacre_domain::place::Place;
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::{Millimetres, Millis};

const HOUR: Millis = Millis::from_minutes(60);

fn at(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

#[test]
fn zero_demand_gives_no_request() {
    let (manhattan, demand) = (Manhattan::load().unwrap(), Demand::load().unwrap());
    let silent = DemandPlan::new(Weekday::Monday, at("00:00"), Millis::from_minutes(5 * 24 * 60))
        .unwrap()
        .with_multiplier(Multiplier::new(0.0).unwrap());
    assert_eq!(demand.expected_requests(&silent), 0);
    assert_eq!(demand.requests(&manhattan, silent.clone()).next(), None);
    let burst = Burst::new(at("18:00"), at("19:00"), Multiplier::new(10_000.0).unwrap()).unwrap();
    assert_eq!(
        demand
            .requests(&manhattan, silent.with_burst(burst).unwrap())
            .next(),
        None
    );
}

#[test]
fn a_run_of_no_length_gives_no_request_again_and_again() {
    let (manhattan, demand) = (Manhattan::load().unwrap(), Demand::load().unwrap());
    let nothing = DemandPlan::new(Weekday::Friday, at("23:59"), Millis::ZERO).unwrap();
    let mut requests = demand.requests(&manhattan, nothing);
    assert_eq!(
        (requests.next(), requests.next(), requests.next()),
        (None, None, None)
    );
}

#[test]
fn requests_of_a_hundred_times_and_the_most_of_manhattan_are_drawn_without_being_held() {
    let (manhattan, demand) = (Manhattan::load().unwrap(), Demand::load().unwrap());
    let day = || {
        DemandPlan::new(
            Weekday::Friday,
            TimeOfDay::MIDNIGHT,
            Millis::from_minutes(24 * 60),
        )
        .unwrap()
    };
    let hundred = day().with_multiplier(Multiplier::new(100.0).unwrap());
    assert_eq!(demand.expected_requests(&hundred) / 1_000, 48_203);
    let most = Multiplier::new(f64::from(FACTOR_MAX)).unwrap();
    let bursts = Burst::new(at("00:00"), at("23:59"), most).unwrap();
    let flood = (0..100).fold(day().with_multiplier(most), |plan, _| {
        plan.with_burst(bursts).unwrap()
    });
    for plan in [hundred, flood] {
        let drawn: Vec<_> = demand.requests(&manhattan, plan).take(20_000).collect();
        assert_eq!(drawn.len(), 20_000);
        assert!(drawn.is_sorted_by_key(Request::at));
    }
}

#[test]
fn a_day_from_the_last_minute_of_friday_is_refused() {
    let day = Millis::from_minutes(24 * 60);
    assert_eq!(
        DemandPlan::new(Weekday::Friday, at("23:59"), day),
        Err(DemandError::RunsIntoWeekend)
    );
    assert!(DemandPlan::new(Weekday::Thursday, at("23:59"), day).is_ok());
    for (weekday, length) in [
        (Weekday::Saturday, HOUR),
        (Weekday::Sunday, HOUR),
        (Weekday::Sunday, Millis::MAX),
    ] {
        assert_eq!(
            DemandPlan::new(weekday, at("12:00"), length),
            Err(DemandError::Weekend)
        );
    }
}

#[test]
fn every_refusal_says_what_to_do_and_has_a_code_of_its_own() {
    let all = [
        DemandError::Weekend,
        DemandError::RunsIntoWeekend,
        DemandError::NotWholeMinutes,
        DemandError::NegativeLength,
        DemandError::MultiplierOutOfRange,
        DemandError::EmptyBurst,
    ];
    for (index, error) in all.iter().enumerate() {
        assert!(error.to_string().starts_with("failed to "), "{error}");
        assert!(all[index + 1..].iter().all(|other| other.code() != error.code()));
    }
}

#[test]
fn drives_over_the_whole_earth_are_answered() {
    let manhattan = Manhattan::load().unwrap();
    let ends: Vec<Place> = [
        (900_000_000, 0),
        (-900_000_000, 0),
        (0, 1_800_000_000),
        (0, -1_799_999_999),
        (-739_855_000, 407_580_000),
        (407_580_000, -739_855_000),
    ]
    .into_iter()
    .map(|(latitude, longitude)| Place::from_e7(latitude, longitude).unwrap())
    .collect();
    for from in &ends {
        for to in &ends {
            let drive = manhattan.drive(*from, *to, at("23:59"));
            assert_eq!(drive.duration() == Millis::ZERO, from == to, "{from} to {to}");
            for driven in [i64::MIN, -1, 0, 1, drive.distance().get() - 1, i64::MAX] {
                let _ = street::along(*from, *to, Millimetres::new(driven));
            }
        }
    }
    assert_eq!(ZoneIndex::new(61), None);
    assert_eq!(ZoneIndex::new(usize::MAX), None);
}
