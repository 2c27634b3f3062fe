//! The city's random numbers: the same seed gives the same city on any platform.
//!
//! The generator is `SplitMix64` (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014): a
//! counter and a mixing function, so a generator can be made for any minute of any day without drawing what came before.
//! All arithmetic is on integers; there is no float, and so no rounding that could differ.
//!
//! ```
//! use fiacre_city::random::Random;
//! let mut minute = Random::keyed(42, &[4, 1_080]);
//! let mut again = Random::keyed(42, &[4, 1_080]);
//! assert_eq!(minute.next_u64(), again.next_u64());
//! assert_ne!(Random::keyed(42, &[4, 1_081]).next_u64(), Random::keyed(42, &[4, 1_080]).next_u64());
//! ```

use fiacre_domain::spread::{GOLDEN_GAMMA, spread};

/// A generator of random numbers. Cheap to make and to copy; never for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator of `seed`: the published `SplitMix64` sequence.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator of its own for each `seed` and `key` (a day, a minute, a driver): two keys, two unrelated sequences.
    pub fn keyed(seed: u64, key: &[u64]) -> Self {
        let start = key.iter().fold(spread(seed), |state, part| {
            spread(state.wrapping_add(GOLDEN_GAMMA) ^ spread(*part))
        });
        Self { state: start }
    }

    /// The next 64 random bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        spread(self.state)
    }

    /// A whole number in `0..bound`, each equally likely; 0 where `bound` is 0.
    ///
    /// Lemire's multiplication without its rejection step: two numbers' chances differ by at most 2⁻⁶⁴, which no city could
    /// show, and each call draws exactly once.
    pub fn below(&mut self, bound: u64) -> u64 {
        let (_, high) = self.next_u64().carrying_mul(bound, 0);
        high
    }

    /// Whether an event of probability `share` ÷ `of` happens. Never where `of` is 0.
    pub fn happens(&mut self, share: u64, of: u64) -> bool {
        self.below(of) < share && of > 0
    }

    /// An exponential waiting time of mean 1, in units of 2⁻³²: the gap between two requests of a Poisson stream.
    ///
    /// Von Neumann's comparison method ("Various techniques used in connection with random digits", 1951): a falling run
    /// of uniform numbers of odd length accepts its first number as the fraction, an even one adds 1. It needs no
    /// logarithm, so no platform's `ln` decides when a rider appears.
    pub fn exponential_q32(&mut self) -> u64 {
        let mut whole: u64 = 0;
        loop {
            let first = self.next_u64();
            let mut previous = first;
            let mut odd = true;
            loop {
                let next = self.next_u64();
                if next >= previous {
                    break;
                }
                previous = next;
                odd = !odd;
            }
            if odd {
                return (whole << 32) | (first >> 32);
            }
            whole += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_of_seed_1234567() {
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| random.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn golden_values_of_a_keyed_generator() {
        let mut random = Random::keyed(42, &[4, 1_080]);
        assert_eq!(
            [random.next_u64(), random.below(61), random.exponential_q32()],
            [5_049_374_035_888_219_086, 25, 4_576_022_795]
        );
    }

    #[test]
    fn the_parts_of_a_key_do_not_commute_and_their_number_counts() {
        let first = |key: &[u64]| Random::keyed(7, key).next_u64();
        let all = [
            first(&[]),
            first(&[0]),
            first(&[0, 0]),
            first(&[1, 2]),
            first(&[2, 1]),
            first(&[3]),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "key {index} shares its sequence");
        }
    }

    #[test]
    fn below_stays_below_and_reaches_each_number_evenly() {
        let mut random = Random::new(1);
        let mut seen = [0_u32; 7];
        for _ in 0..70_000 {
            seen[usize::try_from(random.below(7)).unwrap()] += 1;
        }
        // Standard deviation about 93.
        assert!(
            seen.iter().all(|count| count.abs_diff(10_000) < 400),
            "uneven: {seen:?}"
        );
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
        assert!(random.below(u64::MAX) < u64::MAX);
    }

    #[test]
    fn what_has_no_chance_never_happens_and_what_is_sure_always_does() {
        let mut random = Random::new(5);
        assert!(
            (0..1_000).all(|_| !random.happens(0, 10) && !random.happens(1, 0) && random.happens(10, 10))
        );
    }

    #[test]
    fn the_exponential_has_its_mean_its_variance_and_its_median() {
        let mut random = Random::new(2);
        let drawn: Vec<f64> = (0..200_000)
            .map(|_| {
                let gap = random.exponential_q32();
                f64::from(u32::try_from(gap >> 12).unwrap_or(u32::MAX)) / f64::from(1_u32 << 20)
            })
            .collect();
        let count = 200_000.0;
        let mean = drawn.iter().sum::<f64>() / count;
        let variance = drawn.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / count;
        let above_median = drawn.iter().filter(|gap| **gap > std::f64::consts::LN_2).count();
        assert!((mean - 1.0).abs() < 0.01, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.03, "variance {variance}");
        assert!(
            above_median.abs_diff(100_000) < 1_000,
            "{above_median} above the median"
        );
    }
}
