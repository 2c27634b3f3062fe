//! Each figure of a policy has its effect, and the same one for the same seed.

use crate::stage::{DAY, PLAIN, Stage, is_held};
use fiacre_domain::units::Millis;
use fiacre_ports::{GatewayError, IntentStatus, RefundStatus};
use fiacre_sandbox_payments::{DisputeStatus, Policy, Rate, Span};

fn minutes(from: i64, to: i64) -> Span {
    Span::new(Millis::from_minutes(from), Millis::from_minutes(to)).unwrap()
}

#[test]
fn declines_come_in_their_share() {
    let policy = Policy::default().with_declines(Rate::from_basis_points(1_000).unwrap());
    let stage = Stage::with_policy(policy);
    let declined = (0..2_000)
        .filter(|trip| {
            let view = stage.create(*trip, PLAIN).unwrap();
            stage.confirm(&view).unwrap().status
                == IntentStatus::RequiresConfirmation {
                    declined: Some(fiacre_ports::Decline::Unspecified),
                }
        })
        .count();
    // Three standard deviations of a binomial with n = 2,000 and p = 0.1 are 40.
    assert!(declined.abs_diff(200) <= 40, "{declined}");
}

#[test]
fn actions_are_taken_or_abandoned() {
    let policy = Policy::default().with_actions(Rate::ALWAYS, minutes(1, 2));
    for (abandoned, expected) in [(Rate::NEVER, true), (Rate::ALWAYS, false)] {
        let stage = Stage::with_policy(policy.with_actions_abandoned(abandoned));
        let view = stage.create(1, PLAIN).unwrap();
        assert_eq!(stage.confirm(&view).unwrap().status, IntentStatus::RequiresAction);
        stage.pass(Millis::from_minutes(2));
        assert_eq!(is_held(stage.status(&view)), expected);
    }
}

#[test]
fn processing_ends_in_a_hold() {
    let stage = Stage::with_policy(Policy::default().with_processing(Rate::ALWAYS, minutes(1, 1)));
    let view = stage.create(1, PLAIN).unwrap();
    assert_eq!(stage.confirm(&view).unwrap().status, IntentStatus::Processing);
    stage.pass(Millis::from_minutes(1));
    assert!(is_held(stage.status(&view)));
}

#[test]
fn a_hold_lapses_when_it_says_so() {
    let days = |count| Millis::new(DAY.get() * count);
    let short = Policy::default()
        .with_hold_lifetime(Span::new(days(3), days(30)).unwrap())
        .unwrap();
    for (policy, range) in [(Policy::default(), 7..=7), (short, 3..=30)] {
        let stage = Stage::with_policy(policy);
        let view = stage.held(1, PLAIN);
        let IntentStatus::RequiresCapture { capture_before, .. } = view.status else {
            panic!("{view:?}")
        };
        let lasts = capture_before.since(stage.now());
        assert!(range.contains(&(lasts.get() / DAY.get())), "{lasts}");
        stage.pass(lasts.saturating_sub(Millis::new(1)));
        assert!(is_held(stage.status(&view)));
        stage.pass(Millis::new(1));
        assert_eq!(stage.status(&view), IntentStatus::Canceled);
        assert_eq!(stage.totals().released_minor, 2_000);
    }
}

#[test]
fn a_hold_captured_in_time_neither_lapses_nor_gets_lost() {
    let stage = Stage::with_policy(Policy::default().with_holds_lost(Rate::ALWAYS, minutes(1, 1)));
    let lost = stage.held(1, PLAIN);
    let kept = stage.held(2, PLAIN);
    stage.capture(&kept, 900).unwrap();
    stage.pass(Millis::from_minutes(1));
    assert_eq!(stage.status(&lost), IntentStatus::Canceled);
    assert_eq!(stage.totals().captured_minor, 900);
}

#[test]
fn captures_and_refunds_fail() {
    let stage = Stage::with_policy(Policy::default().with_captures_failing(Rate::ALWAYS));
    let view = stage.held(1, PLAIN);
    assert_eq!(stage.capture(&view, 900), Err(GatewayError::WrongStatus));
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
    let stage = Stage::with_policy(Policy::default().with_refunds_failing(Rate::ALWAYS));
    let view = stage.held(1, PLAIN);
    stage.capture(&view, 900).unwrap();
    assert_eq!(stage.refund(&view, 1, 100), Ok(RefundStatus::Failed));
}

#[test]
fn a_pending_refund_that_fails_can_be_tried_again() {
    let policy = Policy::default()
        .with_refunds_failing(Rate::ALWAYS)
        .with_refunds_pending(Rate::ALWAYS, minutes(5, 5));
    let stage = Stage::with_policy(policy);
    let view = stage.held(1, PLAIN);
    stage.capture(&view, 900).unwrap();
    assert_eq!(stage.refund(&view, 1, 900), Ok(RefundStatus::Pending));
    assert_eq!(stage.totals().refunded_minor, 900);
    stage.pass(Millis::from_minutes(5));
    assert_eq!(stage.refund(&view, 1, 900), Ok(RefundStatus::Failed));
    assert_eq!(stage.totals().refunded_minor, 0);
    assert_eq!(stage.refund(&view, 2, 900), Ok(RefundStatus::Pending));
}

#[test]
fn disputes_are_won_or_lost() {
    let policy = Policy::default();
    for (won, status, disputed_minor) in [
        (Rate::ALWAYS, DisputeStatus::Won, 0),
        (Rate::NEVER, DisputeStatus::Lost, 900),
    ] {
        let stage = Stage::with_policy(policy.with_disputes(Rate::ALWAYS, minutes(5, 5), won));
        let view = stage.held(1, PLAIN);
        stage.capture(&view, 900).unwrap();
        stage.pass(Millis::from_minutes(5));
        assert_eq!(stage.totals().disputed_minor, 900);
        stage.pass(Millis::from_minutes(5));
        assert_eq!(stage.sandbox.dispute(view.intent).unwrap().status(), status);
        assert_eq!(stage.totals().disputed_minor, disputed_minor);
    }
}

#[test]
fn unavailable_and_lost_requests_do_nothing_lost_answers_do() {
    let policy = Policy::default();
    for (policy, error, done) in [
        (
            policy.with_unavailable(Rate::ALWAYS),
            GatewayError::Unavailable,
            false,
        ),
        (
            policy.with_unknown_outcomes(Rate::ALWAYS, Rate::NEVER),
            GatewayError::OutcomeUnknown,
            false,
        ),
        (
            policy.with_unknown_outcomes(Rate::NEVER, Rate::ALWAYS),
            GatewayError::OutcomeUnknown,
            true,
        ),
    ] {
        let stage = Stage::with_policy(policy);
        assert_eq!(stage.create(1, PLAIN), Err(error));
        let there = crate::stage::now_or_never(fiacre_ports::PaymentGateway::list(
            &stage.sandbox,
            &fiacre_ports::Cursor::default(),
            9,
        ));
        assert_eq!(there.unwrap().intents.len(), usize::from(done), "{error}");
    }
}

#[test]
fn a_repetition_gets_through_some_time() {
    let policy = Policy::default()
        .with_unavailable(Rate::from_basis_points(3_000).unwrap())
        .with_unknown_outcomes(
            Rate::from_basis_points(3_000).unwrap(),
            Rate::from_basis_points(3_000).unwrap(),
        );
    let stage = Stage::with_policy(policy);
    for trip in 0..200 {
        let created = (0..200).find_map(|_| stage.create(trip, PLAIN).ok());
        let view = created.expect("never in 200 repetitions");
        let held = (0..200).find_map(|_| stage.confirm(&view).ok());
        assert!(held.is_some_and(|view| is_held(view.status)), "{trip}");
    }
    assert_eq!(stage.totals().authorised_minor, 200 * 2_000);
}

#[test]
fn latency_takes_time_both_ways() {
    let span = Span::new(Millis::new(101), Millis::new(101)).unwrap();
    let stage = Stage::with_policy(Policy::default().with_latency(span));
    let began = stage.now();
    let view = stage.create(1, PLAIN).unwrap();
    assert_eq!(stage.now().since(began), Millis::new(101));
    let IntentStatus::RequiresCapture { capture_before, .. } = stage.confirm(&view).unwrap().status else {
        panic!("not held")
    };
    let held_at = began.plus(Millis::new(101 + 50));
    assert_eq!(
        capture_before.since(held_at),
        Millis::new(7 * DAY.get()),
        "done half-way"
    );
}

#[test]
fn an_unknown_outcome_takes_the_timeout() {
    let policy = Policy::default()
        .with_unknown_outcomes(Rate::ALWAYS, Rate::NEVER)
        .with_timeout(Millis::from_secs(3))
        .unwrap();
    let stage = Stage::with_policy(policy);
    let began = stage.now();
    assert_eq!(stage.create(1, PLAIN), Err(GatewayError::OutcomeUnknown));
    assert_eq!(stage.now().since(began), Millis::from_secs(3));
}
