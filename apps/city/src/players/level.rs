//! What holds a share to what was asked, though some cases have more than their part of it.

use super::habits::{Share, WHOLE};

/// How far what has happened is beyond what chance would have brought at the share that was asked for. Cases that are drawn at that
/// share make up for it, one by one, so that all of them together come to the share.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Level {
    /// In millionths of a case; below zero where fewer happen.
    beyond: i64,
}

impl Level {
    /// A case is drawn at `other` instead of `asked`: those to come make up for the difference.
    pub(super) fn apart(&mut self, asked: Share, other: Share) {
        self.note(other.parts() - asked.parts());
    }

    /// A case that nobody had drawn has happened.
    pub(super) fn happened(&mut self) {
        self.note(WHOLE.into());
    }

    /// A case that was drawn will not happen.
    pub(super) fn failed(&mut self) {
        self.note(-i64::from(WHOLE));
    }

    fn note(&mut self, parts: i64) {
        self.beyond = self.beyond.saturating_add(parts);
    }

    /// Whether one case more has happened than has been made up for.
    pub(super) fn is_beyond(self) -> bool {
        self.beyond >= WHOLE.into()
    }

    /// Whether a case happens that was drawn at the share that was asked for.
    pub(super) fn evened(&mut self, is_drawn: bool) -> bool {
        let whole = i64::from(WHOLE);
        if is_drawn && self.beyond >= whole {
            self.note(-whole);
            false
        } else if !is_drawn && self.beyond <= -whole {
            self.note(whole);
            true
        } else {
            is_drawn
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// How many of `of` may be missing or too many, four standard deviations of a binomial of `share`.
    fn spread(share: Share, of: u64) -> u64 {
        let variance =
            i128::from(share.parts()) * i128::from(i64::from(WHOLE) - share.parts()) * i128::from(of);
        let millionths = u128::try_from(variance).unwrap().isqrt();
        u64::try_from(4 * millionths / u128::from(WHOLE)).unwrap() + 1
    }

    fn expected(share: Share, of: u64) -> u64 {
        of * u64::try_from(share.parts()).unwrap() / u64::from(WHOLE)
    }

    #[test]
    fn those_with_another_share_change_nothing_of_the_whole() {
        const CASES: u64 = 40_000;
        for seed in 0..20 {
            for (asked, other, in_a_hundred) in [
                (80_000, 800_000, 1),
                (80_000, 800_000, 9),
                (20_000, 0, 30),
                (0, 0, 50),
            ] {
                let (asked, other) = (Share::per_million(asked), Share::per_million(other));
                let (mut random, mut level) = (Random::new(seed), Level::default());
                let happened = (0..CASES)
                    .filter(|_| {
                        if random.happens(in_a_hundred, 100) {
                            level.apart(asked, other);
                            other.happens(&mut random)
                        } else {
                            let is_drawn = asked.happens(&mut random);
                            level.evened(is_drawn)
                        }
                    })
                    .count() as u64;
                let (expected, spread) = (
                    expected(asked, CASES),
                    spread(asked, CASES) + spread(other, CASES * in_a_hundred / 100),
                );
                assert!(
                    happened.abs_diff(expected) <= spread,
                    "{happened} for {expected} ± {spread} of seed {seed}"
                );
            }
        }
    }

    #[test]
    fn what_was_not_drawn_or_came_to_nothing_is_made_up_for() {
        const CASES: u64 = 40_000;
        let asked = Share::per_million(30_000);
        for seed in 0..20 {
            let (mut random, mut level, mut happened) = (Random::new(seed), Level::default(), 0_u64);
            for case in 0..CASES {
                let is_drawn = asked.happens(&mut random);
                if level.evened(is_drawn) {
                    if random.happens(1, 10) {
                        level.failed();
                    } else {
                        happened += 1;
                    }
                }
                if case % 200 == 0 && !level.is_beyond() {
                    level.happened();
                    happened += 1;
                }
            }
            let (expected, spread) = (expected(asked, CASES), spread(asked, CASES));
            assert!(
                happened.abs_diff(expected) <= spread,
                "{happened} for {expected} ± {spread} of seed {seed}"
            );
        }
    }
}
