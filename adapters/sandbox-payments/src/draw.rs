//! Chance that depends on the seed and on what is asked, never on the order of calls: the same key meets the same fate
//! however many other intents are served in between.

use crate::journal::{Malformed, Reader, Stored};
use crate::policy::{Rate, Span};
use fiacre_domain::id::IntentId;
use fiacre_domain::spread::{GOLDEN_GAMMA, spread};
use fiacre_domain::units::Millis;
use fiacre_ports::{IdempotencyKey, Operation};

/// What a draw is for; two topics of one key are independent of each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    IntentId,
    Decline,
    Action,
    ActionAbandoned,
    ActionDelay,
    Processing,
    ProcessingDelay,
    HoldLifetime,
    HoldLost,
    HoldLostDelay,
    CaptureFails,
    Dispute,
    DisputeDelay,
    DisputeWon,
    RefundFails,
    RefundPending,
    RefundDelay,
    Unavailable,
    RequestLost,
    AnswerLost,
    Latency,
    NoticeId,
    NoticeDelay,
    NoticeLate,
    NoticeLateDelay,
    NoticeDoubled,
    ActionSecret,
}

/// Everything that a draw depends on, hashed into one word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw(u64);

impl Stored for Draw {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        bytes.read().map(Self)
    }
}

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(GOLDEN_GAMMA).with(seed)
    }

    #[must_use]
    pub(crate) const fn with(self, word: u64) -> Self {
        Self(spread(
            self.0
                .rotate_left(32)
                .wrapping_add(spread(word.wrapping_add(GOLDEN_GAMMA))),
        ))
    }

    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the halves are cut on purpose")]
    const fn with_bits(self, bits: u128) -> Self {
        self.with((bits >> 64) as u64).with(bits as u64)
    }

    #[must_use]
    pub(crate) const fn with_intent(self, intent: IntentId) -> Self {
        self.with_bits(intent.to_u128())
    }

    #[must_use]
    pub(crate) fn with_key(self, key: &IdempotencyKey) -> Self {
        let operation = match key.operation {
            Operation::Create => 0,
            Operation::Confirm => 1,
            Operation::Capture => 2,
            Operation::Cancel => 3,
            Operation::Refund(number) => 4 + u64::from(number),
        };
        self.with(u64::from(key.epoch))
            .with_bits(key.trip.to_u128())
            .with(u64::from(key.charge.0) << 8 | u64::from(key.authorization.0))
            .with(operation)
    }

    pub(crate) const fn bits(self, topic: Topic) -> u128 {
        let high = self.with(topic as u64);
        (high.0 as u128) << 64 | high.with(0).0 as u128
    }

    /// Whether what happens in `rate` of all cases happens in this one.
    pub(crate) fn happens(self, topic: Topic, rate: Rate) -> bool {
        self.below(topic, 10_000) < u64::from(rate.basis_points())
    }

    /// A duration within `span`, both ends included.
    pub(crate) fn between(self, topic: Topic, span: Span) -> Millis {
        let width = span.max().get().abs_diff(span.min().get());
        let offset = self.below(topic, width.saturating_add(1));
        Millis::new(span.min().get().saturating_add_unsigned(offset))
    }

    /// A number below `bound`, by Lemire's multiplication (its bias of `bound` ÷ 2⁶⁴ is of no account here).
    fn below(self, topic: Topic, bound: u64) -> u64 {
        ((u128::from(self.with(topic as u64).0) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_met_over_many_keys() {
        let rate = Rate::from_basis_points(300).unwrap();
        let hits = (0..100_000)
            .filter(|word| Draw::new(7).with(*word).happens(Topic::Decline, rate))
            .count();
        // Three standard deviations of a binomial with n = 100,000 and p = 0.03 are 162.
        assert!(hits.abs_diff(3_000) < 162, "{hits}");
    }

    #[test]
    fn never_and_always_are_exact() {
        for word in 0..10_000 {
            let draw = Draw::new(1).with(word);
            assert!(!draw.happens(Topic::Dispute, Rate::NEVER));
            assert!(draw.happens(Topic::Dispute, Rate::ALWAYS));
        }
    }

    #[test]
    fn a_span_is_filled_to_both_ends() {
        let span = Span::new(Millis::new(5), Millis::new(8)).unwrap();
        let mut seen = [false; 4];
        for word in 0..1_000 {
            let drawn = Draw::new(1).with(word).between(Topic::Latency, span).get();
            seen[usize::try_from(drawn - 5).unwrap()] = true;
        }
        assert_eq!(seen, [true; 4]);
    }

    #[test]
    fn topics_seeds_and_words_draw_apart() {
        let draw = Draw::new(1).with(2);
        let others = [
            draw.bits(Topic::Latency),
            Draw::new(2).with(2).bits(Topic::IntentId),
            Draw::new(1).with(1).bits(Topic::IntentId),
            Draw::new(2).with(1).bits(Topic::IntentId),
        ];
        assert!(!others.contains(&draw.bits(Topic::IntentId)));
    }
}
