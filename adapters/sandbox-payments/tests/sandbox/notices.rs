//! Notices come at least once, in any order, until they are acknowledged.

use crate::stage::{DAY, PLAIN, Stage, is_held};
use fiacre_domain::id::IntentId;
use fiacre_domain::units::Millis;
use fiacre_ports::{IntentStatus, PaymentNotice};
use fiacre_sandbox_payments::methods::*;
use fiacre_sandbox_payments::{Policy, Rate, Span, Subscription};

fn due(stage: &Stage) -> Vec<PaymentNotice> {
    stage.sandbox.due_notices(stage.now(), usize::MAX)
}

fn acknowledge_all(stage: &Stage) -> Vec<PaymentNotice> {
    let notices = due(stage);
    for notice in &notices {
        stage.sandbox.acknowledge(notice.id);
    }
    notices
}

#[test]
fn every_change_is_told_with_an_id_of_its_own() {
    let stage = Stage::new();
    let view = stage.held(1, PM_OK);
    stage.capture(&view, 900).unwrap();
    stage.refund(&view, 1, 100).unwrap();
    let notices = acknowledge_all(&stage);
    assert_eq!(notices.len(), 4);
    assert!(notices.iter().all(|notice| notice.intent == view.intent));
    for (position, notice) in notices.iter().enumerate() {
        assert!(notices[..position].iter().all(|other| other.id != notice.id));
    }
    stage.pass(DAY);
    assert_eq!(due(&stage), []);
}

#[test]
fn what_is_not_acknowledged_comes_again_and_ever_less_often() {
    let stage = Stage::new();
    stage.create(1, PM_OK).unwrap();
    let first = due(&stage);
    assert_eq!(first.len(), 1);
    assert_eq!(due(&stage), [], "not twice at once");
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        stage.pass(Millis::from_minutes(minutes).saturating_sub(Millis::new(1)));
        assert_eq!(due(&stage), [], "before {minutes} minutes");
        stage.pass(Millis::new(1));
        assert_eq!(due(&stage), first, "after {minutes} minutes");
    }
    acknowledge_all(&stage);
    stage.sandbox.acknowledge(first[0].id);
    assert_eq!(stage.sandbox.next_notice_at(), None);
}

#[test]
fn trips_have_notices_until_the_last_is_acknowledged() {
    let stage = Stage::new();
    let trips = || stage.sandbox.trips_with_notices().into_iter();
    assert_eq!(trips().count(), 0);
    let views = [1, 2].map(|trip| stage.held(trip, PM_OK));
    assert!(trips().eq(views.iter().map(|view| view.key.trip)));
    let given = due(&stage);
    assert_eq!(trips().count(), 2, "what was given may be lost on its way");
    for notice in given.iter().filter(|notice| notice.intent == views[0].intent) {
        stage.sandbox.acknowledge(notice.id);
    }
    assert!(trips().eq([views[1].key.trip]));
    stage.capture(&views[0], 900).unwrap();
    assert_eq!(trips().count(), 2);
    stage.sandbox.forget(views[0].intent);
    assert!(
        trips().eq([views[1].key.trip]),
        "of what is forgotten nobody says anything"
    );
}

#[test]
fn no_more_are_given_than_asked_for() {
    let stage = Stage::new();
    for trip in 0..5 {
        stage.create(trip, PM_OK).unwrap();
    }
    assert_eq!(stage.sandbox.due_notices(stage.now(), 0), []);
    assert_eq!(stage.sandbox.due_notices(stage.now(), 2).len(), 2);
    assert_eq!(due(&stage).len(), 3);
}

#[test]
fn an_own_change_is_announced_by_the_time_of_the_next_notice() {
    let stage = Stage::new();
    let view = stage.create(1, PM_3DS).unwrap();
    stage.confirm(&view).unwrap();
    acknowledge_all(&stage);
    let at = stage.sandbox.next_notice_at().unwrap();
    assert_eq!(at, stage.now().plus(ACTION_DELAY));
    stage.pass(ACTION_DELAY);
    assert_eq!(acknowledge_all(&stage).len(), 1);
    assert!(is_held(stage.status(&view)));
}

#[test]
fn nothing_is_planned_for_a_finished_intent() {
    let stage = Stage::new();
    let captured = stage.held(1, PM_OK);
    assert!(stage.sandbox.next_notice_at().is_some());
    stage.capture(&captured, 900).unwrap();
    let cancelled = stage.create(2, PM_3DS).unwrap();
    stage.confirm(&cancelled).unwrap();
    stage.cancel(&cancelled).unwrap();
    acknowledge_all(&stage);
    assert_eq!(stage.sandbox.next_notice_at(), None);
}

#[test]
fn late_ones_are_late() {
    let stage = Stage::new();
    stage.create(1, PM_LATE_WEBHOOK).unwrap();
    stage.pass(NOTICE_DELAY.saturating_sub(Millis::new(1)));
    assert_eq!(due(&stage), []);
    stage.pass(Millis::new(1));
    assert_eq!(due(&stage).len(), 1);
}

#[test]
fn doubled_ones_come_again_though_acknowledged() {
    let stage = Stage::new();
    stage.create(1, PM_DOUBLE_WEBHOOK).unwrap();
    let first = acknowledge_all(&stage);
    stage.sandbox.acknowledge(first[0].id);
    stage.pass(Millis::from_secs(1));
    assert_eq!(acknowledge_all(&stage), first);
    stage.pass(DAY);
    assert_eq!(due(&stage), []);
}

#[test]
fn a_subscription_to_own_changes_hears_of_nothing_else() {
    let policy = Policy::default().with_subscription(Subscription::OwnChanges);
    let stage = Stage::with_policy(policy);
    let lost = stage.held(1, PM_LOST_HOLD);
    let captured = stage.held(2, PM_OK);
    stage.capture(&captured, 900).unwrap();
    assert_eq!(due(&stage), []);
    stage.pass(HOLD_LOST_DELAY);
    let told: Vec<IntentId> = acknowledge_all(&stage)
        .iter()
        .map(|notice| notice.intent)
        .collect();
    assert_eq!(told, [lost.intent]);
    assert!(stage.sandbox.open_dispute(captured.intent));
    assert_eq!(acknowledge_all(&stage).len(), 1);
    assert!(stage.sandbox.close_dispute(captured.intent));
    assert_eq!(acknowledge_all(&stage).len(), 1);
}

#[test]
fn no_subscription_hears_nothing_and_changes_go_on() {
    let stage = Stage::with_policy(Policy::default().with_subscription(Subscription::Nothing));
    let view = stage.held(1, PM_LOST_HOLD);
    stage.pass(HOLD_LOST_DELAY);
    assert_eq!(due(&stage), []);
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
}

#[test]
fn by_policy_they_are_late_doubled_and_overtake_each_other() {
    let policy = Policy::default()
        .with_notice_delay(Span::new(Millis::ZERO, Millis::from_secs(30)).unwrap())
        .with_doubled_notices(Rate::from_basis_points(5_000).unwrap());
    let stage = Stage::with_policy(policy);
    let created: Vec<IntentId> = (0..50)
        .map(|trip| stage.create(trip, PLAIN).unwrap().intent)
        .collect();
    let mut told = Vec::new();
    while let Some(at) = stage.sandbox.next_notice_at() {
        stage.pass(at.since(stage.now()));
        told.extend(acknowledge_all(&stage).iter().map(|notice| notice.intent));
    }
    let copies = told.len() - created.len();
    assert!((15..=35).contains(&copies), "{copies} of 50 doubled");
    assert!(created.iter().all(|intent| told.contains(intent)));
    told.dedup();
    assert_ne!(told[..10], created[..10], "in order of creation");
}
