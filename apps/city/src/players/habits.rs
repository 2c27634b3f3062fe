//! How riders and drivers behave: documented shares, drawn for each person from the seed.
//!
//! The figures are assumptions, and no source is known for any of them. They are chosen so that a whole day reaches every cell of
//! the saga's table that can be reached (`just every-cell` counts them; an hour or two reach fewer, and not every path through
//! the cells is walked). The shares of cancelled orders and declined offers can be given on the command line, the others here.

use super::level::Level;
use crate::random::Random;
use fiacre_domain::units::Millis;
use serde::{Serialize, Serializer};
use std::fmt;

/// The whole, in parts per million.
pub(super) const WHOLE: u32 = 1_000_000;

/// A share is not between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareError;

impl ShareError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "share_out_of_range"
    }
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read the rate: it must lie between 0 and 1")
    }
}

impl std::error::Error for ShareError {}

/// A share of all cases, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// Never.
    pub const NEVER: Self = Self(0);

    /// Parts per million, held at the whole.
    pub const fn per_million(parts: u32) -> Self {
        Self(if parts > WHOLE { WHOLE } else { parts })
    }

    /// From a number between 0 and 1.
    ///
    /// # Errors
    ///
    /// [`ShareError`] for anything else, NaN included.
    pub fn new(share: f64) -> Result<Self, ShareError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(ShareError);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a million"
        )]
        Ok(Self((share * f64::from(WHOLE)).round() as u32))
    }

    /// As a number between 0 and 1.
    fn of_one(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// As a number between 0 and 100.
    pub fn per_cent(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE / 100)
    }

    /// The share in basis points, rounded down: what the payment company's rates are in.
    pub const fn basis_points(self) -> u16 {
        #[expect(clippy::cast_possible_truncation, reason = "at most 10,000")]
        let basis_points = (self.0 / 100) as u16;
        basis_points
    }

    /// So many times this share, held at the whole.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self::per_million(self.0.saturating_mul(factor))
    }

    /// In millionths.
    pub(super) const fn parts(self) -> i64 {
        self.0 as i64
    }

    pub(super) fn happens(self, random: &mut Random) -> bool {
        random.happens(u64::from(self.0), u64::from(WHOLE))
    }
}

/// As a number between 0 and 1.
impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.of_one())
    }
}

/// As a number between 0 and 1, which reads back as the same share.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.of_one())
    }
}

/// The shares of everything that people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// Riders who cancel, [within two minutes](CANCELLED_MS_MAX) of ordering and without getting into the car (default 3%). Where the
    /// trips of some end by themselves before that, or others [think again](Self::rethink), riders to come make up for it.
    pub cancel: Share,
    /// Of those who cancel, who do so in the same breath as they order, so that the cancellation may come first (default 2%).
    pub cancel_at_once: Share,
    /// Riders who want to go somewhere else, at some moment within ten minutes of ordering (default 1%).
    pub change_plan: Share,
    /// Riders who think again at a step of a trip, and cancel, go elsewhere, complain or tip (default 0.1% of every step;
    /// [twenty times](RETHINK_ON_LOSS) as many where the driver is gone).
    pub rethink: Share,
    /// Offers that the driver declines (default 8%; more of trips that [few want](UNWANTED_DECLINES), and as many fewer of others).
    pub decline: Share,
    /// Offers, out of those not declined, that the driver does not answer (default 2%).
    pub silent: Share,
    /// Assigned trips that the driver gives back on the way (default 2%).
    pub withdraw: Share,
    /// Trips that few want, such as one with five suitcases (default 0.3%): they are [declined](UNWANTED_DECLINES) and
    /// [given back](UNWANTED_WITHDRAWALS) so many times as often.
    pub unwanted: Share,
    /// Assigned drivers who give the trip back when its confirmation takes more than half a minute or so (default 50%).
    pub hurried: Share,
    /// Assigned drivers who never turn up (default 0.1%).
    pub lost: Share,
    /// Riders who are not there when the driver is (default 0.5%).
    pub no_show: Share,
    /// Start codes that are typed wrong (default 1%).
    pub wrong_code: Share,
    /// Rides whose driver's phone dies and never reports the end (default 0.01%).
    pub dead_phone: Share,
    /// Riders who pay in cash (default 10%; New York's yellow cabs of 2018 had about 30%).
    pub cash: Share,
    /// Riders whose account is billed (default 1%).
    pub account: Share,
    /// Riders who want a confirmation within 20 seconds to three minutes, or no car (default 5%).
    pub impatient: Share,
    /// Buttons that drivers press at a moment at which they do not fit (default 0.5% of every step of a trip;
    /// [more](FUMBLE_WHILE_WAITING) while they wait, and [more](FUMBLE_ON_LOSS) when a trip is taken from them).
    pub fumble: Share,
}

/// How often a rider asks again who was turned away because too many wait, each time when they were told to; then they go by
/// another way. An assumption: with the ten seconds that the desk names, most give an app that says "try again" a minute or so.
pub const ASKS_AGAIN_MAX: u32 = 6;
/// How much later than they were told riders ask again at most: no two look at their phones at once.
pub(super) const ASKS_LATE_MS_MAX: u64 = 5_000;
/// How many times as often a trip that few want is declined.
pub const UNWANTED_DECLINES: u32 = 10;
/// How many times as often it is given back.
pub const UNWANTED_WITHDRAWALS: u32 = 25;
/// How many times as many riders think again when their driver is gone.
pub const RETHINK_ON_LOSS: u32 = 20;
/// How many times as many drivers press a button when they wait for a confirmation.
pub const FUMBLE_WHILE_WAITING: u32 = 6;
/// How many times as many drivers press a button when the trip they look at is no longer theirs.
pub const FUMBLE_ON_LOSS: u32 = 10;

impl Default for Habits {
    fn default() -> Self {
        Self {
            cancel: Share::per_million(30_000),
            cancel_at_once: Share::per_million(20_000),
            change_plan: Share::per_million(10_000),
            rethink: Share::per_million(1_000),
            decline: Share::per_million(80_000),
            silent: Share::per_million(20_000),
            withdraw: Share::per_million(20_000),
            unwanted: Share::per_million(3_000),
            hurried: Share::per_million(500_000),
            lost: Share::per_million(1_000),
            no_show: Share::per_million(5_000),
            wrong_code: Share::per_million(10_000),
            dead_phone: Share::per_million(100),
            cash: Share::per_million(100_000),
            account: Share::per_million(10_000),
            impatient: Share::per_million(50_000),
            fumble: Share::per_million(5_000),
        }
    }
}

/// What is drawn for whom: part of the key, so that one draw never disturbs another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Draw {
    Payment,
    Cancel,
    ChangePlan,
    Rethink,
    Unwanted,
    Wait,
    Answer,
    Drive,
    Board,
    Code,
    Ride,
    Patience,
    Fumble,
    Wander,
    Start,
    Again,
}

/// The dice of one city: every draw depends on the seed and on who it is for, not on what was drawn before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice {
    seed: u64,
}

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(super) fn of(self, draw: Draw, rider: u64, other: u64) -> Random {
        Random::keyed(self.seed, &[0x6861_6269_7473, draw as u64, rider, other])
    }
}

/// What a driver does about an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accept(Millis),
    Decline(Millis),
    Silence,
}

impl Habits {
    /// What a driver does about an offer. All offers together are declined as often as was asked: trips that few want are
    /// declined more often, and drivers decline others less.
    pub(super) fn answer(&self, is_unwanted: bool, declines: &mut Level, mut random: Random) -> Answer {
        let after = between(&mut random, 2_000, 12_000);
        let is_declined = if is_unwanted {
            let share = self.decline.times(UNWANTED_DECLINES);
            declines.apart(self.decline, share);
            share.happens(&mut random)
        } else {
            declines.evened(self.decline.happens(&mut random))
        };
        if is_declined {
            Answer::Decline(after)
        } else if self.silent.happens(&mut random) {
            Answer::Silence
        } else {
            Answer::Accept(after)
        }
    }

    /// When a rider cancels, if ever.
    pub(super) fn cancels_after(&self, cancels: &mut Level, mut random: Random) -> Option<Millis> {
        let after = between(&mut random, 1_000, CANCELLED_MS_MAX);
        let is_at_once = self.cancel_at_once.happens(&mut random);
        let does_cancel = cancels.evened(self.cancel.happens(&mut random));
        does_cancel.then_some(if is_at_once { Millis::ZERO } else { after })
    }

    /// When a rider wants to go somewhere else, if ever.
    pub(super) fn changes_plan_after(&self, mut random: Random) -> Option<Millis> {
        let after = between(&mut random, 1_000, RETHOUGHT_MS_MAX);
        self.change_plan.happens(&mut random).then_some(after)
    }

    /// How long a rider waits for a confirmation, where the platform's own limit is too long for them.
    pub(super) fn patience(&self, mut random: Random) -> Option<Millis> {
        let within = between(&mut random, 20_000, 180_000);
        self.impatient.happens(&mut random).then_some(within)
    }

    pub(super) fn happens(share: Share, random: &mut Random) -> bool {
        share.happens(random)
    }
}

/// Who cancels does so within two minutes of ordering.
pub const CANCELLED_MS_MAX: u64 = 120_000;
/// Who goes somewhere else says so within ten minutes of ordering; many are on board by then.
const RETHOUGHT_MS_MAX: u64 = 600_000;

/// A duration between two numbers of milliseconds, each equally likely.
pub(super) fn between(random: &mut Random, from_ms: u64, to_ms: u64) -> Millis {
    let ms = from_ms + random.below(to_ms.saturating_sub(from_ms).saturating_add(1));
    Millis::new(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// `duration`, stretched by a factor between `from` and `to` per cent.
pub(super) fn stretched(duration: Millis, random: &mut Random, from: u64, to: u64) -> Millis {
    let per_cent = i64::try_from(from + random.below(to.saturating_sub(from) + 1)).unwrap_or(100);
    Millis::new(duration.get().saturating_mul(per_cent) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_back_as_it_is_written() {
        for parts in (0..=WHOLE).step_by(997).chain([1, WHOLE]) {
            let share = Share::per_million(parts);
            assert_eq!(Share::new(share.to_string().parse().unwrap()), Ok(share));
        }
    }
}
