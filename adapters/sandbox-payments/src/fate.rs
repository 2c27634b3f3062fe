//! What becomes of a call: by the method's script, or, for every other method, by policy and chance.

use crate::draw::{Draw, Topic};
use crate::methods::{self, is_scripted};
use crate::policy::{Later, Policy, Rate};
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::Decline;

/// What the issuer says to a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    Declined(Decline),
    /// The rider must act, and does after this long, or never.
    ActionRequired(Option<Millis>),
    /// It takes this long.
    Processing(Millis),
}

/// What happens to a call on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It arrives, and so does its answer.
    Clear,
    /// It is refused at the door: not done.
    Unavailable,
    /// It never arrives: not done, and the caller cannot know.
    RequestLost,
    /// It is done, and the caller cannot know.
    AnswerLost,
}

impl Passage {
    /// A look changes nothing, so that its outcome is never in doubt: it is answered or not.
    pub(crate) const fn of_a_look(self) -> Self {
        match self {
            Self::Unavailable => Self::Unavailable,
            Self::Clear | Self::RequestLost | Self::AnswerLost => Self::Clear,
        }
    }
}

/// The fates of one method under one policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fates<'a> {
    policy: &'a Policy,
    method: PaymentMethodId,
}

impl<'a> Fates<'a> {
    pub(crate) const fn new(policy: &'a Policy, method: PaymentMethodId) -> Self {
        Self { policy, method }
    }

    pub(crate) fn verdict(self, draw: Draw) -> Verdict {
        match self.method {
            methods::PM_DECLINE => Verdict::Declined(Decline::Unspecified),
            methods::PM_NO_FUNDS => Verdict::Declined(Decline::InsufficientFunds),
            methods::PM_EXPIRED => Verdict::Declined(Decline::CardExpired),
            methods::PM_3DS => Verdict::ActionRequired(Some(methods::ACTION_DELAY)),
            methods::PM_3DS_ABANDONED => Verdict::ActionRequired(None),
            methods::PM_SLOW => Verdict::Processing(methods::PROCESSING_DELAY),
            method if is_scripted(method) => Verdict::Approved,
            _ => self.drawn_verdict(draw),
        }
    }

    fn drawn_verdict(self, draw: Draw) -> Verdict {
        let policy = self.policy;
        if draw.happens(Topic::Decline, policy.declines) {
            Verdict::Declined(Decline::Unspecified)
        } else if draw.happens(Topic::Action, policy.actions.rate) {
            let abandoned = draw.happens(Topic::ActionAbandoned, policy.actions_abandoned);
            let after = draw.between(Topic::ActionDelay, policy.actions.after);
            Verdict::ActionRequired((!abandoned).then_some(after))
        } else if draw.happens(Topic::Processing, policy.processing.rate) {
            Verdict::Processing(draw.between(Topic::ProcessingDelay, policy.processing.after))
        } else {
            Verdict::Approved
        }
    }

    /// How long a hold lasts.
    pub(crate) fn hold_lifetime(self, draw: Draw) -> Millis {
        draw.between(Topic::HoldLifetime, self.policy.hold_lifetime)
    }

    /// After how long the issuer drops the hold, if it does.
    pub(crate) fn hold_lost(self, draw: Draw) -> Option<Millis> {
        self.later(
            (methods::PM_LOST_HOLD, methods::HOLD_LOST_DELAY),
            self.policy.holds_lost,
            (Topic::HoldLost, Topic::HoldLostDelay),
            draw,
        )
    }

    /// After how long the rider disputes what was captured, and again how long until that is decided.
    pub(crate) fn disputed(self, draw: Draw) -> Option<Millis> {
        self.later(
            (methods::PM_DISPUTE, methods::DISPUTE_DELAY),
            self.policy.disputes,
            (Topic::Dispute, Topic::DisputeDelay),
            draw,
        )
    }

    pub(crate) fn dispute_won(self, draw: Draw) -> bool {
        !is_scripted(self.method) && draw.happens(Topic::DisputeWon, self.policy.disputes_won)
    }

    pub(crate) fn capture_fails(self, draw: Draw) -> bool {
        let rate = self.policy.captures_failing;
        self.happens(methods::PM_CAPTURE_FAILS, Topic::CaptureFails, rate, draw)
    }

    pub(crate) fn refund_fails(self, draw: Draw) -> bool {
        let rate = self.policy.refunds_failing;
        self.happens(methods::PM_REFUND_FAILS, Topic::RefundFails, rate, draw)
    }

    /// After how long a refund is decided, if not at once.
    pub(crate) fn refund_pending(self, draw: Draw) -> Option<Millis> {
        self.later(
            (methods::PM_REFUND_PENDING, methods::REFUND_DELAY),
            self.policy.refunds_pending,
            (Topic::RefundPending, Topic::RefundDelay),
            draw,
        )
    }

    /// `faults` counts what went wrong with this call before: each repetition has a chance of its own.
    pub(crate) fn passage(self, draw: Draw, faults: u32) -> Passage {
        let first = faults == 0;
        match self.method {
            methods::PM_UNAVAILABLE_ONCE if first => return Passage::Unavailable,
            methods::PM_TIMEOUT_AFTER_SUCCESS if first => return Passage::AnswerLost,
            method if is_scripted(method) => return Passage::Clear,
            _ => {}
        }
        let draw = draw.with(u64::from(faults));
        if draw.happens(Topic::Unavailable, self.policy.unavailable) {
            Passage::Unavailable
        } else if draw.happens(Topic::RequestLost, self.policy.requests_lost) {
            Passage::RequestLost
        } else if draw.happens(Topic::AnswerLost, self.policy.answers_lost) {
            Passage::AnswerLost
        } else {
            Passage::Clear
        }
    }

    /// How long a call takes, there and back.
    pub(crate) fn latency(self, draw: Draw) -> Millis {
        match self.method {
            methods::PM_SLOW => methods::CALL_DELAY,
            _ => draw.between(Topic::Latency, self.policy.latency),
        }
    }

    /// How long a notice takes.
    pub(crate) fn notice_delay(self, draw: Draw) -> Millis {
        let ordinary = draw.between(Topic::NoticeDelay, self.policy.notice_delay);
        let scripted = (methods::PM_LATE_WEBHOOK, methods::NOTICE_DELAY);
        let topics = (Topic::NoticeLate, Topic::NoticeLateDelay);
        match self.later(scripted, self.policy.notices_late, topics, draw) {
            Some(late) => ordinary.saturating_add(late),
            None => ordinary,
        }
    }

    pub(crate) fn notice_doubled(self, draw: Draw) -> bool {
        let rate = self.policy.notices_doubled;
        self.happens(methods::PM_DOUBLE_WEBHOOK, Topic::NoticeDoubled, rate, draw)
    }

    fn happens(self, scripted: PaymentMethodId, topic: Topic, rate: Rate, draw: Draw) -> bool {
        if is_scripted(self.method) {
            self.method == scripted
        } else {
            draw.happens(topic, rate)
        }
    }

    fn later(
        self,
        (scripted, script_delay): (PaymentMethodId, Millis),
        later: Later,
        (whether, when): (Topic, Topic),
        draw: Draw,
    ) -> Option<Millis> {
        if is_scripted(self.method) {
            return (self.method == scripted).then_some(script_delay);
        }
        draw.happens(whether, later.rate)
            .then(|| draw.between(when, later.after))
    }
}
