//! How long to wait before something is tried again.

use fiacre_domain::units::Millis;

/// The first rung of the ladder.
pub const RETRY_FIRST: Millis = Millis::new(50);
/// The last rung of the ladder.
pub const RETRY_MAX: Millis = Millis::from_secs(60);
/// How long a consumer leaves messages alone that it could not work on.
pub const PAUSE: Millis = Millis::from_secs(1);

/// The wait after the `attempt`th failure, from 1: 50 ms, then four times as long each time, at most a minute.
pub const fn retry_delay(attempt: u32) -> Millis {
    let exponent = if attempt > 8 { 8 } else { attempt.saturating_sub(1) };
    let delay = RETRY_FIRST.get().saturating_mul(4_i64.saturating_pow(exponent));
    if delay > RETRY_MAX.get() {
        RETRY_MAX
    } else {
        Millis::new(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_climbs_by_four_up_to_a_minute() {
        let rungs: Vec<i64> = (0..10).map(|attempt| retry_delay(attempt).get()).collect();
        assert_eq!(
            rungs,
            [50, 50, 200, 800, 3_200, 12_800, 51_200, 60_000, 60_000, 60_000]
        );
    }
}
