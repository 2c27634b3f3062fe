//! How the company behaves: shares of what goes wrong, and how long things take.

use fiacre_domain::units::Millis;
use std::fmt;

/// Why a policy cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// A share above the whole.
    RateAboveOne,
    /// A span that begins below zero or ends before it begins.
    SpanBackwards,
    /// Holds that last less than 3 or more than 30 days.
    HoldLifetimeOutOfRange,
    /// A duration below zero.
    Negative,
}

impl PolicyError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateAboveOne => "sandbox_rate_above_one",
            Self::SpanBackwards => "sandbox_span_backwards",
            Self::HoldLifetimeOutOfRange => "sandbox_hold_lifetime_out_of_range",
            Self::Negative => "sandbox_negative_duration",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RateAboveOne => "failed to set the share: use 0 to 10000 basis points",
            Self::SpanBackwards => "failed to set the span: use 0 ≤ shortest ≤ longest",
            Self::HoldLifetimeOutOfRange => "failed to set how long holds last: use 3 to 30 days",
            Self::Negative => "failed to set the duration: use zero or more",
        })
    }
}

impl std::error::Error for PolicyError {}

/// In which share of all cases something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rate(u16);

impl Rate {
    /// In no case.
    pub const NEVER: Self = Self(0);
    /// In every case.
    pub const ALWAYS: Self = Self(10_000);

    /// From basis points: 10,000 are every case; more is [`PolicyError::RateAboveOne`].
    ///
    /// # Errors
    ///
    /// `PolicyError::RateAboveOne` beyond 10,000.
    pub const fn from_basis_points(basis_points: u16) -> Result<Self, PolicyError> {
        if basis_points <= Self::ALWAYS.0 {
            Ok(Self(basis_points))
        } else {
            Err(PolicyError::RateAboveOne)
        }
    }

    /// The share in basis points.
    pub const fn basis_points(self) -> u16 {
        self.0
    }
}

/// How long something takes: evenly between the shortest and the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    min: Millis,
    max: Millis,
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self::constant(Millis::ZERO);

    /// From `min` to `max`, both included; [`PolicyError::SpanBackwards`] unless 0 ≤ `min` ≤ `max`.
    ///
    /// # Errors
    ///
    /// `PolicyError::SpanBackwards` unless 0 ≤ `min` ≤ `max`.
    pub const fn new(min: Millis, max: Millis) -> Result<Self, PolicyError> {
        if min.get() < 0 || max.get() < min.get() {
            return Err(PolicyError::SpanBackwards);
        }
        Ok(Self { min, max })
    }

    const fn constant(duration: Millis) -> Self {
        Self {
            min: duration,
            max: duration,
        }
    }

    /// The shortest.
    pub const fn min(self) -> Millis {
        self.min
    }

    /// The longest.
    pub const fn max(self) -> Millis {
        self.max
    }
}

/// Which changes of an intent the company sends notices of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Subscription {
    /// Every change, also those that the caller has asked for.
    #[default]
    Everything,
    /// What the company or the rider's issuer did by itself: an action done, a hold lost, a dispute.
    OwnChanges,
    /// None: whoever wants to know asks.
    Nothing,
}

/// Something that happens in a share of all cases, some time later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Later {
    pub(crate) rate: Rate,
    pub(crate) after: Span,
}

/// How the company behaves towards every method that is not scripted (see [`methods`](crate::methods)).
///
/// The default does everything at once and nothing wrong; holds last 7 days, keys are kept for 24 hours.
///
/// ```
/// use fiacre_domain::units::Millis;
/// use fiacre_sandbox_payments::{Policy, Rate, Span};
/// let seconds = |from, to| Span::new(Millis::from_secs(from), Millis::from_secs(to));
/// let policy = Policy::default()
///     .with_declines(Rate::from_basis_points(300)?)
///     .with_actions(Rate::from_basis_points(500)?, seconds(5, 90)?)
///     .with_late_notices(Rate::from_basis_points(100)?, seconds(60, 900)?);
/// assert_ne!(policy, Policy::default());
/// # Ok::<(), fiacre_sandbox_payments::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub(crate) declines: Rate,
    pub(crate) actions: Later,
    pub(crate) actions_abandoned: Rate,
    pub(crate) processing: Later,
    pub(crate) hold_lifetime: Span,
    pub(crate) holds_lost: Later,
    pub(crate) captures_failing: Rate,
    pub(crate) refunds_failing: Rate,
    pub(crate) refunds_pending: Later,
    pub(crate) disputes: Later,
    pub(crate) disputes_won: Rate,
    pub(crate) unavailable: Rate,
    pub(crate) requests_lost: Rate,
    pub(crate) answers_lost: Rate,
    pub(crate) latency: Span,
    pub(crate) timeout: Millis,
    pub(crate) subscription: Subscription,
    pub(crate) notice_delay: Span,
    pub(crate) notices_late: Later,
    pub(crate) notices_doubled: Rate,
    pub(crate) keys_kept: Millis,
}

const DAY_MS: i64 = 86_400_000;
const HOLD_LIFETIME_DEFAULT: Millis = Millis::new(7 * DAY_MS);
const HOLD_LIFETIME_MIN_MS: i64 = 3 * DAY_MS;
const HOLD_LIFETIME_MAX_MS: i64 = 30 * DAY_MS;

impl Default for Policy {
    fn default() -> Self {
        Self {
            declines: Rate::NEVER,
            actions: Later::default(),
            actions_abandoned: Rate::NEVER,
            processing: Later::default(),
            hold_lifetime: Span::constant(HOLD_LIFETIME_DEFAULT),
            holds_lost: Later::default(),
            captures_failing: Rate::NEVER,
            refunds_failing: Rate::NEVER,
            refunds_pending: Later::default(),
            disputes: Later::default(),
            disputes_won: Rate::NEVER,
            unavailable: Rate::NEVER,
            requests_lost: Rate::NEVER,
            answers_lost: Rate::NEVER,
            latency: Span::ZERO,
            timeout: Millis::from_secs(10),
            subscription: Subscription::Everything,
            notice_delay: Span::ZERO,
            notices_late: Later::default(),
            notices_doubled: Rate::NEVER,
            keys_kept: Millis::new(DAY_MS),
        }
    }
}

impl Policy {
    /// Confirmations that the issuer declines.
    #[must_use]
    pub const fn with_declines(mut self, rate: Rate) -> Self {
        self.declines = rate;
        self
    }

    /// Confirmations, out of those not declined, that need the rider to act (3-D Secure), and how long riders take.
    #[must_use]
    pub const fn with_actions(mut self, rate: Rate, after: Span) -> Self {
        self.actions = Later { rate, after };
        self
    }

    /// Actions that riders never take.
    #[must_use]
    pub const fn with_actions_abandoned(mut self, rate: Rate) -> Self {
        self.actions_abandoned = rate;
        self
    }

    /// Confirmations, out of those that need nothing else, that are being worked on for a while.
    #[must_use]
    pub const fn with_processing(mut self, rate: Rate, after: Span) -> Self {
        self.processing = Later { rate, after };
        self
    }

    /// How long holds last before they lapse: 3 to 30 days, else [`PolicyError::HoldLifetimeOutOfRange`]. Stripe's card
    /// networks differ, some under five days (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).
    ///
    /// # Errors
    ///
    /// `PolicyError::HoldLifetimeOutOfRange` for a span that is not within 3 to 30 days.
    pub const fn with_hold_lifetime(mut self, lifetime: Span) -> Result<Self, PolicyError> {
        if lifetime.min.get() < HOLD_LIFETIME_MIN_MS || lifetime.max.get() > HOLD_LIFETIME_MAX_MS {
            return Err(PolicyError::HoldLifetimeOutOfRange);
        }
        self.hold_lifetime = lifetime;
        Ok(self)
    }

    /// Holds that the issuer drops, and after how long.
    #[must_use]
    pub const fn with_holds_lost(mut self, rate: Rate, after: Span) -> Self {
        self.holds_lost = Later { rate, after };
        self
    }

    /// Captures that fail for good: the hold is released, the intent cancelled.
    #[must_use]
    pub const fn with_captures_failing(mut self, rate: Rate) -> Self {
        self.captures_failing = rate;
        self
    }

    /// Refunds that fail.
    #[must_use]
    pub const fn with_refunds_failing(mut self, rate: Rate) -> Self {
        self.refunds_failing = rate;
        self
    }

    /// Refunds that the rider's bank takes a while to decide, whether they fail or not.
    #[must_use]
    pub const fn with_refunds_pending(mut self, rate: Rate, after: Span) -> Self {
        self.refunds_pending = Later { rate, after };
        self
    }

    /// Captures that the rider disputes, how long after, and how long until the dispute is decided; `won` is the share
    /// decided for the merchant.
    #[must_use]
    pub const fn with_disputes(mut self, rate: Rate, after: Span, won: Rate) -> Self {
        self.disputes = Later { rate, after };
        self.disputes_won = won;
        self
    }

    /// Calls that are not done and answered with [`Unavailable`](fiacre_ports::GatewayError::Unavailable).
    #[must_use]
    pub const fn with_unavailable(mut self, rate: Rate) -> Self {
        self.unavailable = rate;
        self
    }

    /// Calls with an unknown outcome: `requests` are not done, `answers` are; the caller cannot tell.
    #[must_use]
    pub const fn with_unknown_outcomes(mut self, requests: Rate, answers: Rate) -> Self {
        self.requests_lost = requests;
        self.answers_lost = answers;
        self
    }

    /// How long a call takes, there and back.
    #[must_use]
    pub const fn with_latency(mut self, latency: Span) -> Self {
        self.latency = latency;
        self
    }

    /// How long a caller waits for an answer that does not come (default 10 s); below zero is [`PolicyError::Negative`].
    ///
    /// # Errors
    ///
    /// `PolicyError::Negative` below zero.
    pub const fn with_timeout(mut self, timeout: Millis) -> Result<Self, PolicyError> {
        if timeout.get() < 0 {
            return Err(PolicyError::Negative);
        }
        self.timeout = timeout;
        Ok(self)
    }

    /// Which notices are sent.
    #[must_use]
    pub const fn with_subscription(mut self, subscription: Subscription) -> Self {
        self.subscription = subscription;
        self
    }

    /// How long notices take; a span that is not constant lets them overtake each other.
    #[must_use]
    pub const fn with_notice_delay(mut self, delay: Span) -> Self {
        self.notice_delay = delay;
        self
    }

    /// Notices that take `after` longer than the others.
    #[must_use]
    pub const fn with_late_notices(mut self, rate: Rate, after: Span) -> Self {
        self.notices_late = Later { rate, after };
        self
    }

    /// Notices that come twice, though they were acknowledged.
    #[must_use]
    pub const fn with_doubled_notices(mut self, rate: Rate) -> Self {
        self.notices_doubled = rate;
        self
    }

    /// How long the keys of a finished intent are kept (default 24 hours, as Stripe does:
    /// <https://docs.stripe.com/api/idempotent_requests>); below zero is [`PolicyError::Negative`]. Afterwards the intent
    /// is a small record, and a repeated call is answered by what the record says.
    ///
    /// # Errors
    ///
    /// `PolicyError::Negative` below zero.
    pub const fn with_keys_kept(mut self, kept: Millis) -> Result<Self, PolicyError> {
        if kept.get() < 0 {
            return Err(PolicyError::Negative);
        }
        self.keys_kept = kept;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_its_kind() {
        let days = |from, to| Span {
            min: Millis::new(from * DAY_MS),
            max: Millis::new(to * DAY_MS),
        };
        let policy = Policy::default();
        assert_eq!(Rate::from_basis_points(10_001), Err(PolicyError::RateAboveOne));
        for (min, max) in [(-1, 1), (2, 1)] {
            let span = Span::new(Millis::new(min), Millis::new(max));
            assert_eq!(span, Err(PolicyError::SpanBackwards), "{min}..{max}");
        }
        for (from, to) in [(2, 7), (7, 31)] {
            let refused = policy.with_hold_lifetime(days(from, to));
            assert_eq!(refused, Err(PolicyError::HoldLifetimeOutOfRange), "{from}..{to}");
        }
        assert!(policy.with_hold_lifetime(days(3, 30)).is_ok());
        assert_eq!(policy.with_timeout(Millis::new(-1)), Err(PolicyError::Negative));
        assert_eq!(policy.with_keys_kept(Millis::new(-1)), Err(PolicyError::Negative));
    }
}
