//! The stream of requests: rates, order, seeds, bursts.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use fiacre_city::demand::{Burst, BusinessDay, Demand, DemandPlan, Multiplier, PARTY_SHARES, Request};
use fiacre_city::manhattan::{Manhattan, ZoneIndex};
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use std::sync::LazyLock;

static MANHATTAN: LazyLock<Manhattan> = LazyLock::new(|| Manhattan::load().unwrap());
static DEMAND: LazyLock<Demand> = LazyLock::new(|| Demand::load().unwrap());

fn plan(weekday: Weekday, start: &str, minutes: i64) -> DemandPlan {
    DemandPlan::new(weekday, start.parse().unwrap(), Millis::from_minutes(minutes)).unwrap()
}

fn draw(plan: DemandPlan) -> Vec<Request> {
    DEMAND.requests(&MANHATTAN, plan).collect()
}

fn times(factor: f64) -> Multiplier {
    Multiplier::new(factor).unwrap()
}

#[test]
fn golden_first_requests_of_a_seed() {
    let drawn: Vec<String> = DEMAND
        .requests(&MANHATTAN, plan(Weekday::Friday, "18:00", 1).with_seed(42))
        .take(10)
        .map(|request| {
            let zone = |index| MANHATTAN.zone(index).number();
            format!(
                "{} {} {} to {} {} for {}",
                request.at().get(),
                zone(request.pickup_zone()),
                request.pickup(),
                zone(request.dropoff_zone()),
                request.dropoff(),
                request.party()
            )
        })
        .collect();
    assert_eq!(
        drawn,
        [
            "64800031 161 40.7548946,-73.9799780 to 137 40.7391411,-73.9812232 for 1",
            "64800136 246 40.7534551,-74.0058775 to 186 40.7473013,-73.9906954 for 1",
            "64800186 158 40.7398265,-74.0109570 to 186 40.7497535,-73.9896498 for 1",
            "64800271 90 40.7445041,-73.9944796 to 170 40.7518911,-73.9804477 for 1",
            "64800284 229 40.7539745,-73.9644358 to 143 40.7763828,-73.9857611 for 2",
            "64800330 236 40.7839604,-73.9551286 to 236 40.7770272,-73.9560603 for 1",
            "64800331 161 40.7605467,-73.9790078 to 163 40.7644656,-73.9772027 for 1",
            "64800364 143 40.7760175,-73.9838890 to 164 40.7481161,-73.9859340 for 1",
            "64800406 170 40.7498761,-73.9803906 to 68 40.7496185,-74.0001426 for 1",
            "64800581 229 40.7542055,-73.9678199 to 74 40.8028188,-73.9318922 for 4",
        ]
    );
}

#[test]
fn requests_come_in_order_within_the_run_and_from_their_zones() {
    let thursday_night = plan(Weekday::Thursday, "23:00", 120).with_seed(5);
    let (start, end) = (thursday_night.start(), thursday_night.end());
    let drawn = draw(thursday_night);
    assert!(drawn.is_sorted_by_key(Request::at), "out of order");
    assert!(
        drawn
            .iter()
            .all(|request| start <= request.at() && request.at() < end)
    );
    for request in &drawn {
        assert_eq!(MANHATTAN.zone_of(request.pickup()), Some(request.pickup_zone()));
        assert_eq!(MANHATTAN.zone_of(request.dropoff()), Some(request.dropoff_zone()));
    }
    let midnight = Millis::from_minutes(24 * 60);
    let after = drawn.iter().filter(|request| request.at() >= midnight).count();
    // The hour before midnight on Thursday has 20,887 trips, the hour after it, on Friday, 14,223.
    assert!(after.abs_diff(14_223) < 500, "{after} after midnight");
    assert!(
        (drawn.len() - after).abs_diff(20_887) < 600,
        "{} before",
        drawn.len() - after
    );
}

#[test]
fn one_seed_is_one_stream_and_another_seed_another() {
    let run = |seed| draw(plan(Weekday::Tuesday, "08:00", 10).with_seed(seed));
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_part_of_a_run_is_the_same_wherever_the_run_began() {
    let evening = draw(plan(Weekday::Wednesday, "18:00", 15));
    let from = evening[0].at();
    let first_of = |plan| DEMAND.requests(&MANHATTAN, plan).take(1_000).collect::<Vec<_>>();
    assert_eq!(
        first_of(plan(Weekday::Monday, "00:00", 5 * 24 * 60)),
        first_of(plan(Weekday::Monday, "00:00", 24 * 60))
    );
    let afternoon = draw(plan(Weekday::Wednesday, "17:00", 60 + 15));
    let tail: Vec<Request> = afternoon
        .into_iter()
        .filter(|request| request.at() >= from)
        .collect();
    assert_eq!(tail, evening);
}

#[test]
fn a_burst_multiplies_its_window_and_leaves_every_other_request_as_it_was() {
    let calm = plan(Weekday::Monday, "17:30", 90).with_seed(9);
    let burst = Burst::new("18:05".parse().unwrap(), "18:20".parse().unwrap(), times(4.0)).unwrap();
    let (without, with) = (draw(calm.clone()), draw(calm.with_burst(burst).unwrap()));
    let inside = |request: &&Request| {
        (Millis::from_minutes(18 * 60 + 5)..Millis::from_minutes(18 * 60 + 20)).contains(&request.at())
    };
    let outside = |request: &&Request| !inside(request);
    assert!(without.iter().filter(outside).eq(with.iter().filter(outside)));
    let (few, many) = (
        without.iter().filter(inside).count(),
        with.iter().filter(inside).count(),
    );
    assert!((few * 4).abs_diff(many) < few / 4, "{few} became {many}");
}

#[test]
fn each_weekday_has_its_mean_and_its_evening_peak() {
    for (day, weekday) in BusinessDay::ALL.into_iter().zip(Weekday::ALL) {
        let mean = DEMAND.trips_of_year(day) / u64::from(DEMAND.days(day));
        let of_day = DEMAND.expected_requests(&plan(weekday, "00:00", 24 * 60));
        assert!(of_day.abs_diff(mean) <= 1, "{day:?}: {of_day}, not {mean}");
        assert!((380_000..490_000).contains(&mean), "{day:?}: {mean}");
        let hours: Vec<u64> = (0..24)
            .map(|hour| {
                let start = TimeOfDay::new(hour, 0, 0).unwrap();
                DEMAND.expected_requests(&DemandPlan::new(weekday, start, Millis::from_minutes(60)).unwrap())
            })
            .collect();
        let busiest = (0..24).max_by_key(|hour| hours[*hour]).unwrap();
        let quietest = (0..24).min_by_key(|hour| hours[*hour]).unwrap();
        assert!((18..=19).contains(&busiest), "{day:?}: busiest at {busiest}");
        assert!((3..=4).contains(&quietest), "{day:?}: quietest at {quietest}");
        assert!(hours[busiest] > 9 * hours[quietest], "{day:?}: {hours:?}");
    }
}

/// Pearson's statistic over all pairs of zones with an expected count of five or more, per degree of freedom.
#[test]
fn drawn_pairs_follow_the_counted_ones() {
    let factor = 10.0;
    let drawn = draw(
        plan(Weekday::Friday, "18:00", 15)
            .with_seed(3)
            .with_multiplier(times(factor)),
    );
    let at = "18:00".parse().unwrap();
    let mut counts = vec![vec![0.0; 61]; 61];
    for request in &drawn {
        counts[request.pickup_zone().get()][request.dropoff_zone().get()] += 1.0;
    }
    let (mut statistic, mut cells) = (0.0, 0.0);
    for pickup in ZoneIndex::all() {
        for dropoff in ZoneIndex::all() {
            let expected = f64::from(DEMAND.trips(BusinessDay::Friday, at, pickup, dropoff)) / 52.0 * factor;
            let seen: f64 = counts[pickup.get()][dropoff.get()];
            assert!(
                expected > 0.0 || seen == 0.0,
                "{pickup:?} to {dropoff:?} was never counted"
            );
            if expected >= 5.0 {
                statistic += (seen - expected) * (seen - expected) / expected;
                cells += 1.0;
            }
        }
    }
    assert!(cells > 1_000.0, "only {cells} cells");
    // Standard deviation of the mean of some 1,500 chi-squares: 0.04.
    let mean: f64 = statistic / cells;
    assert!((mean - 1.0).abs() < 0.13, "{mean} over {cells} cells");
}

/// The counts of many minutes of one rate scatter as a Poisson stream's do: variance equals mean.
#[test]
fn minutes_scatter_as_a_poisson_stream_does() {
    let counts: Vec<f64> = (0..400)
        .map(|seed| {
            let minute = plan(Weekday::Friday, "18:07", 1).with_seed(seed);
            let count = DEMAND.requests(&MANHATTAN, minute).count();
            f64::from(u32::try_from(count).unwrap())
        })
        .collect();
    let mean = counts.iter().sum::<f64>() / 400.0;
    let variance = counts
        .iter()
        .map(|count| (count - mean) * (count - mean))
        .sum::<f64>()
        / 399.0;
    let expected = DEMAND.expected_requests(&plan(Weekday::Friday, "18:00", 15)) / 15;
    let expected = f64::from(u32::try_from(expected).unwrap());
    assert!((mean - expected).abs() < 5.0, "mean {mean}, expected {expected}");
    // Standard deviation of the ratio: √(2 / 400) ≈ 0.07.
    assert!(
        (variance / mean - 1.0).abs() < 0.25,
        "variance {variance}, mean {mean}"
    );
}

#[test]
fn parties_have_their_shares() {
    let drawn = draw(plan(Weekday::Friday, "18:00", 60));
    for (share, party) in PARTY_SHARES.into_iter().zip(1_u8..) {
        let seen = drawn.iter().filter(|request| request.party() == party).count();
        let expected = drawn.len() * usize::try_from(share).unwrap() / 100;
        assert!(
            seen.abs_diff(expected) < 400,
            "{seen} parties of {party}, expected {expected}"
        );
    }
}
