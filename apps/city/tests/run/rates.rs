//! Whatever share of people cancels, declines or cannot pay, a day ends without a finding and with nothing parked.

use super::town::{ALWAYS, evening, play, times};
use fiacre_city::players::Share;
use fiacre_domain::units::Millis;

/// The ends of each rate, and its middle.
const RATES: [Share; 3] = [Share::NEVER, Share::per_million(500_000), ALWAYS];

/// Plays `minutes` at each combination of rates, once with each seed; [`play`] checks what must hold of every day.
fn play_at_all_rates(minutes: i64, seeds: std::ops::RangeInclusive<u64>) {
    for (cancel, decline) in RATES
        .iter()
        .flat_map(|cancel| RATES.map(|decline| (*cancel, decline)))
    {
        for (payment_declines, seed) in RATES
            .iter()
            .flat_map(|rate| seeds.clone().map(|seed| (*rate, seed)))
        {
            let mut options = evening();
            options.length = Millis::from_minutes(minutes);
            options.demand = times(0.02);
            options.drivers = 40;
            options.seed = seed;
            options.habits.cancel = cancel;
            options.habits.decline = decline;
            options.payment_declines = payment_declines;
            let trips = play(&options).measures.trips();
            assert!(trips.requested > 0, "{options:?}");
        }
    }
}

#[test]
fn at_all_rates_a_day_ends_well() {
    play_at_all_rates(2, 1..=2);
}

#[test]
#[ignore = "some minutes; `just rates` plays it in release"]
fn at_all_rates_and_many_seeds_a_day_ends_well() {
    play_at_all_rates(10, 1..=20);
}
