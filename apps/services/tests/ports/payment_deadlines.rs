//! What is done when an authorisation takes too long, or a hold lapses: the gateway is asked first.

use crate::gateway::{FARE, HELD, MISSING, PAUSE, Script, UNAVAILABLE, UNKNOWN, created, held};
use crate::sample::{FIRST, INTENT, start};
use crate::stage::{NOW, Tape, applied, bus, loaded, ports, store, timer, timers, turn};
use fiacre_domain::event::Event;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{Charge, DeclineReason, PaymentEvent};
use fiacre_domain::stream::TimerKind;
use fiacre_domain::units::Millis;
use fiacre_ports::IntentStatus;
use fiacre_services::backoff::RETRY_MAX;
use fiacre_services::payments::PaymentDeadlines;
use std::sync::Arc;

/// Lets a timer fire.
fn fired(history: Vec<Event>, kind: TimerKind, script: Script) -> Tape {
    let tape = Tape::default();
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, vec![history.clone()])),
        applied,
    );
    let ports = ports(
        &tape,
        store,
        bus(&tape, vec![]),
        timers(&tape, vec![timer(FARE, kind)]),
    );
    turn(&mut PaymentDeadlines::new(script.gateway(), ports, 8));
    tape
}

/// A charge whose budget is over.
fn overdue(then: Vec<PaymentEvent>) -> Vec<Event> {
    let mut late = (*start()).clone();
    late.budget_ends_at = NOW;
    let begun = PaymentEvent::AuthorizationStarted(Arc::new(late));
    [begun].into_iter().chain(then).map(Event::from).collect()
}

#[test]
fn an_authorisation_that_takes_too_long_is_declined_once_the_gateway_says_cancelled() {
    let budget = TimerKind::AuthorizationBudget(0);
    let intent = || {
        vec![PaymentEvent::IntentCreated {
            charge: Charge::FARE,
            authorization: FIRST,
            intent: INTENT,
        }]
    };
    for (history, cancel, get, records) in [
        (
            overdue(intent()),
            Some(Ok(IntentStatus::Canceled)),
            None,
            &["PaymentDeclined"][..],
        ),
        (
            overdue(intent()),
            Some(UNKNOWN),
            Some(Ok(IntentStatus::Canceled)),
            &["PaymentDeclined"],
        ),
        (overdue(vec![]), None, None, &["PaymentDeclined"]),
        (held(), None, None, &[]),
    ] {
        let tape = fired(
            history,
            budget,
            Script {
                cancel,
                get,
                ..Script::default()
            },
        );
        assert_eq!(
            (tape.appended(), tape.done(), tape.armed()),
            (records.to_vec(), vec![budget], vec![])
        );
    }
    for (cancel, get) in [
        (UNAVAILABLE, None),
        (UNKNOWN, Some(Ok(HELD))),
        (Ok(IntentStatus::Processing), None),
    ] {
        let script = Script {
            cancel: Some(cancel),
            get,
            ..Script::default()
        };
        let tape = fired(overdue(intent()), budget, script);
        assert_eq!((tape.appended(), tape.done()), (vec![], vec![]));
        assert_eq!(tape.armed(), [(budget, NOW.plus(PAUSE))]);
    }
}

/// Both were "the budget is over": nobody could tell a rider who did not come back from their bank from a gateway that we
/// did not reach in time.
#[test]
fn whose_time_ran_out_is_said() {
    let budget = TimerKind::AuthorizationBudget(0);
    let (charge, authorization) = (Charge::FARE, FIRST);
    let created = PaymentEvent::IntentCreated {
        charge,
        authorization,
        intent: INTENT,
    };
    let asked = PaymentEvent::ActionRequired {
        charge,
        authorization,
        budget_ends_at: NOW,
    };
    for (history, expected) in [
        (vec![], DeclineReason::BudgetOver),
        (vec![created.clone()], DeclineReason::BudgetOver),
        (vec![created, asked], DeclineReason::ActionFailed),
    ] {
        let script = Script {
            cancel: Some(Ok(IntentStatus::Canceled)),
            ..Script::default()
        };
        let appends = fired(overdue(history), budget, script).appends().concat();
        let reason = match &appends[0].events[..] {
            [Event::Payment(PaymentEvent::Declined { reason, .. })] => *reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason, expected);
    }
}

#[test]
fn a_budget_that_is_not_over_is_armed_again_for_its_end() {
    let budget = TimerKind::AuthorizationBudget(0);
    let tape = fired(created(), budget, Script::default());
    assert_eq!(tape.armed(), [(budget, start().budget_ends_at)]);
    assert_eq!(tape.done(), []);
}

#[test]
fn a_hold_that_lapses_is_lost_only_if_the_gateway_says_so() {
    let lapses = TimerKind::HoldExpires(0);
    let looks = |answer| Script {
        get: Some(answer),
        ..Script::default()
    };
    let lost = fired(held(), lapses, looks(Ok(IntentStatus::Canceled)));
    assert_eq!(lost.appended().first(), Some(&"AuthorizationLost"));
    assert_eq!(lost.done(), [lapses]);
    for (answer, after) in [
        (Ok(HELD), Millis::from_minutes(5)),
        (UNAVAILABLE, PAUSE),
        (MISSING, Millis::from_minutes(5)),
    ] {
        let tape = fired(held(), lapses, looks(answer));
        assert_eq!(
            (tape.appended(), tape.armed()),
            (vec![], vec![(lapses, NOW.plus(after))]),
            "{answer:?}"
        );
    }
    assert_eq!(
        fired(created(), lapses, Script::default()).done(),
        [lapses],
        "nothing is held"
    );
}

/// It used to be done with: whatever the timer was for, nobody would ever ask again.
#[test]
fn a_deadline_that_is_refused_is_kept() {
    let lapses = TimerKind::HoldExpires(0);
    let captured = Money::new(1_000_000, Currency::USD);
    let script = Script {
        get: Some(Ok(IntentStatus::Succeeded { captured })),
        ..Script::default()
    };
    let tape = fired(held(), lapses, script);
    assert_eq!((tape.appended(), tape.done()), (vec![], vec![]));
    assert_eq!(tape.armed(), [(lapses, NOW.plus(RETRY_MAX))]);
}
