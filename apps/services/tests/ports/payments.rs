//! Each answer of the gateway to each call, and what notices tell.

use crate::gateway::{
    BACK, DECLINED, FARE, HELD, MISSING, MOVED_ON, NEW, REFUSED, REUSED, Script, TAKEN, UNAVAILABLE, UNKNOWN,
    begun, capturing, created, held, key, refunding, view, voiding,
};
use crate::sample::{FIRST, INTENT, TRIP, usd};
use crate::stage::{
    NOW, Tape, applied, bus, delivery, error, helpings, loaded, ports, region, store, timers, told, turn,
};
use async_trait::async_trait;
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{Charge, PaymentEvent};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockClock, MockPaymentGateway};
use fiacre_ports::{
    Body, Cursor, Delivery, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus,
    IntentView, Operation, ParkReason, PaymentGateway, PaymentNotice, PortErrorKind, Prefetch, RefundStatus,
    RiderAction, Settlement, Tag,
};
use fiacre_services::payments::PaymentCalls;
use fiacre_services::process::Process;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A gateway that never answers for one trip.
struct Deaf {
    to: TripId,
    others: Arc<MockPaymentGateway>,
}

#[async_trait]
impl PaymentGateway for Deaf {
    async fn create(&self, request: IntentRequest) -> Result<IntentView, GatewayError> {
        if request.key.trip == self.to {
            pending::<()>().await;
        }
        self.others.create(request).await
    }

    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.others.confirm(intent, key).await
    }

    async fn capture(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        self.others.capture(intent, amount, key).await
    }

    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.others.cancel(intent, key).await
    }

    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        self.others.refund(intent, amount, key).await
    }

    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.others.get(intent).await
    }

    async fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError> {
        self.others.action(intent).await
    }

    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        self.others.list(from, max).await
    }
}

/// Calls that are made while the one for trip 2 gets no answer, from a bus that gives these `helpings`; polled once.
fn called_meanwhile(script: Script, given: Vec<Vec<Delivery>>) -> Tape {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| Ok(loaded(request.stream, vec![begun()])),
        applied,
    );
    let gateway = Deaf {
        to: TripId::from_u128(2),
        others: script.gateway(),
    };
    let ports = ports(&tape, store, helpings(&tape, given), timers(&tape, vec![]));
    let mut calls = PaymentCalls::new(region(), Arc::new(gateway), ports, Prefetch(4));
    let turned = pin!(calls.turn(Timestamp::MAX)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(turned, Poll::Pending, "the slow one is still called");
    tape
}

/// A call that is asked for, of the trip that gets an answer.
fn asked(tag: u64) -> Delivery {
    told(tag, FARE, begun().last().cloned().unwrap())
}

/// A call that is asked for, of the trip that gets none.
fn asked_of_the_deaf(tag: u64) -> Delivery {
    let charge = StreamId::Payment(TripId::from_u128(2), ChargeNumber::FARE);
    told(tag, charge, begun().last().cloned().unwrap())
}

/// The outcomes of a batch were committed once its slowest call had answered; a crash before lost them all.
#[test]
fn an_outcome_is_committed_without_waiting_for_the_slowest_call_of_its_batch() {
    let script = Script {
        create: Some(Ok(NEW)),
        ..Script::default()
    };
    let tape = called_meanwhile(script, vec![vec![asked_of_the_deaf(1), asked(2)]]);
    assert_eq!(tape.appended(), ["IntentCreated"]);
    assert_eq!(tape.settled(), [(Tag(2), Settlement::Ack)]);
    assert_eq!(
        tape.loads()[0].len(),
        2,
        "all charges of a batch are loaded at once"
    );
}

/// A caller took nothing more until the slowest call of its batch had answered: with enough demand, every caller waited, and
/// charges ran out of time that nobody had called for.
#[test]
fn what_comes_while_a_call_is_out_is_called_for_meanwhile() {
    let script = Script {
        create: Some(Ok(NEW)),
        ..Script::default()
    };
    let given = vec![
        vec![asked_of_the_deaf(1), asked(2)],
        vec![asked(3)],
        vec![asked(4)],
    ];
    let tape = called_meanwhile(script, given);
    let acked = [2, 3, 4].map(|tag| (Tag(tag), Settlement::Ack));
    assert_eq!(tape.settled(), acked);
}

#[test]
fn while_the_gateway_is_away_nothing_more_is_taken() {
    let script = Script {
        create: Some(UNAVAILABLE),
        ..Script::default()
    };
    let given = vec![vec![asked_of_the_deaf(1), asked(2)], vec![asked(3)]];
    assert_eq!(called_meanwhile(script, given).settled(), []);
}

#[test]
fn what_was_delivered_before_waits_for_the_others_and_drags_nothing_along() {
    let script = Script {
        create: Some(Ok(NEW)),
        ..Script::default()
    };
    let again = Delivery {
        redelivered: true,
        ..asked(3)
    };
    let given = vec![vec![asked_of_the_deaf(1), asked(2)], vec![again.clone()]];
    let acked = |tag| (Tag(tag), Settlement::Ack);
    assert_eq!(called_meanwhile(script, given).settled(), [acked(2)]);

    let tape = Tape::default();
    let store = store(
        &tape,
        |request| Ok(loaded(request.stream, vec![begun()])),
        applied,
    );
    let given = vec![vec![asked(2)], vec![again], vec![asked(4)]];
    let ports = ports(&tape, store, helpings(&tape, given), timers(&tape, vec![]));
    turn(&mut PaymentCalls::new(
        region(),
        script.gateway(),
        ports,
        Prefetch(4),
    ));
    assert_eq!(
        tape.settled(),
        [acked(2), acked(3)],
        "the last is for the next turn"
    );
}

/// Whoever runs a process ends it between turns: however much comes, there is one.
#[test]
fn a_turn_ends_though_more_keeps_coming() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| Ok(loaded(request.stream, vec![begun()])),
        applied,
    );
    let given = (1..=10_000).map(|tag| vec![asked(tag)]).collect();
    let script = Script {
        create: Some(Ok(NEW)),
        ..Script::default()
    };
    let mut ports = ports(&tape, store, helpings(&tape, given), timers(&tape, vec![]));
    let (mut clock, mut now) = (MockClock::new(), NOW);
    clock.expect_now().returning(move || {
        now = now.plus(Millis::new(10));
        now
    });
    ports.clock = Arc::new(clock);
    turn(&mut PaymentCalls::new(
        region(),
        script.gateway(),
        ports,
        Prefetch(4),
    ));
    let called = tape.settled().len();
    assert!((100..10_000).contains(&called), "{called}");
}

/// Handles `delivery` where the charge's history is `history`.
fn handled(history: Vec<Event>, script: Script, delivery: Delivery) -> Tape {
    let tape = Tape::default();
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, vec![history.clone()])),
        applied,
    );
    let ports = ports(&tape, store, bus(&tape, vec![delivery]), timers(&tape, vec![]));
    turn(&mut PaymentCalls::new(
        region(),
        script.gateway(),
        ports,
        Prefetch(4),
    ));
    tape
}

/// Handles the last event of `history`.
pub(crate) fn called(history: Vec<Event>, script: Script) -> Tape {
    let last = history.last().cloned().unwrap();
    handled(history, script, told(1, FARE, last))
}

enum Then {
    Records(&'static [&'static str]),
    ComesBack,
    Climbs(&'static str),
    Parks(&'static str),
}
use Then::{Climbs, ComesBack, Parks, Records};

fn assert_then(tape: &Tape, then: &Then, case: &str) {
    let settled = tape.settled();
    let [(Tag(1), settlement)] = &settled[..] else {
        panic!("{case}: {settled:?}")
    };
    match (then, settlement) {
        (Records(names), Settlement::Ack) => assert_eq!(tape.appended(), *names, "{case}"),
        (ComesBack, settlement) => {
            assert_eq!((settlement, tape.appended()), (&BACK, vec![]), "{case}");
        }
        (Climbs(code), Settlement::RetryAfter { code: used, .. }) => assert_eq!(used, code, "{case}"),
        (Parks(code), Settlement::Park(reason)) => assert_eq!(reason.code(), *code, "{case}"),
        _ => panic!("{case}: {settlement:?} and {:?}", tape.appended()),
    }
}

#[test]
fn a_creation_is_simply_repeated_and_one_that_is_refused_for_good_is_declined_at_once() {
    for (answer, then) in [
        (Ok(NEW), Records(&["IntentCreated"])),
        (UNAVAILABLE, ComesBack),
        (UNKNOWN, ComesBack),
        (REUSED, Climbs("gateway_key_reused")),
        (MOVED_ON, Climbs("gateway_wrong_status")),
        (REFUSED, Records(&["PaymentDeclined"])),
    ] {
        let script = Script {
            create: Some(answer),
            ..Script::default()
        };
        assert_then(&called(begun(), script), &then, &format!("{answer:?}"));
    }
}

#[test]
fn a_confirmation_holds_waits_or_ends_at_the_gateway_first() {
    for (confirm, cancel, get, then) in [
        (Ok(HELD), None, None, Records(&["PaymentAuthorized"])),
        (
            Ok(IntentStatus::RequiresAction),
            None,
            None,
            Records(&["ActionRequired"]),
        ),
        (Ok(IntentStatus::Processing), None, None, ComesBack),
        (Ok(NEW), None, None, ComesBack),
        (
            Ok(IntentStatus::Canceled),
            None,
            None,
            Records(&["PaymentDeclined"]),
        ),
        (
            Ok(DECLINED),
            Some(Ok(IntentStatus::Canceled)),
            None,
            Records(&["PaymentDeclined"]),
        ),
        (Ok(DECLINED), Some(UNAVAILABLE), None, ComesBack),
        (
            Ok(DECLINED),
            Some(UNKNOWN),
            Some(Ok(IntentStatus::Canceled)),
            Records(&["PaymentDeclined"]),
        ),
        (Ok(DECLINED), Some(UNKNOWN), Some(Ok(DECLINED)), ComesBack),
        (UNAVAILABLE, None, None, ComesBack),
        (UNKNOWN, None, Some(Ok(HELD)), Records(&["PaymentAuthorized"])),
        (UNKNOWN, None, Some(UNAVAILABLE), ComesBack),
        (UNKNOWN, None, Some(UNKNOWN), ComesBack),
        (MOVED_ON, None, Some(Ok(HELD)), Records(&["PaymentAuthorized"])),
        (REUSED, None, None, Climbs("gateway_key_reused")),
        (MISSING, None, None, Climbs("gateway_not_found")),
        (MOVED_ON, None, Some(Ok(NEW)), Climbs("gateway_wrong_status")),
        (MOVED_ON, None, Some(Ok(IntentStatus::Processing)), ComesBack),
        (
            REFUSED,
            Some(Ok(IntentStatus::Canceled)),
            None,
            Records(&["PaymentDeclined"]),
        ),
        (REFUSED, Some(UNAVAILABLE), None, ComesBack),
        (REFUSED, Some(REFUSED), None, Parks("gateway_refused")),
    ] {
        let script = Script {
            confirm: Some(confirm),
            cancel,
            get,
            ..Script::default()
        };
        assert_then(&called(created(), script), &then, &format!("{script:?}"));
    }
}

#[test]
fn a_capture_is_recorded_once_the_gateway_says_so() {
    let captured: &[&str] = &["PaymentCaptured", "PaymentClosed"];
    for (capture, get, then) in [
        (Ok(TAKEN), None, Records(captured)),
        (Ok(HELD), None, ComesBack),
        (UNAVAILABLE, None, ComesBack),
        (UNKNOWN, Some(Ok(TAKEN)), Records(captured)),
        (UNKNOWN, Some(Ok(HELD)), ComesBack),
        (MOVED_ON, Some(Ok(TAKEN)), Records(captured)),
        (
            MOVED_ON,
            Some(Ok(IntentStatus::Canceled)),
            Records(&["CaptureFailed", "DebtRecorded", "PaymentClosed"]),
        ),
        (REUSED, None, Climbs("gateway_key_reused")),
        (MOVED_ON, Some(Ok(HELD)), Climbs("gateway_wrong_status")),
        (REFUSED, None, Parks("gateway_refused")),
    ] {
        let script = Script {
            capture: Some(capture),
            get,
            ..Script::default()
        };
        assert_then(&called(capturing(), script), &then, &format!("{script:?}"));
    }
}

#[test]
fn a_void_ends_the_hold_and_what_is_found_captured_is_refunded() {
    for (cancel, get, then) in [
        (
            Ok(IntentStatus::Canceled),
            None,
            Records(&["PaymentVoided", "PaymentClosed"]),
        ),
        (Ok(HELD), None, ComesBack),
        (UNAVAILABLE, None, ComesBack),
        (UNKNOWN, Some(Ok(HELD)), ComesBack),
        (
            UNKNOWN,
            Some(Ok(IntentStatus::Canceled)),
            Records(&["PaymentVoided", "PaymentClosed"]),
        ),
        (
            MOVED_ON,
            Some(Ok(TAKEN)),
            Records(&["VoidRefused", "RefundStarted"]),
        ),
    ] {
        let script = Script {
            cancel: Some(cancel),
            get,
            ..Script::default()
        };
        assert_then(&called(voiding(), script), &then, &format!("{script:?}"));
    }
}

#[test]
fn a_refund_is_asked_for_until_it_is_done_or_failed() {
    for (refund, first) in [
        (Ok(RefundStatus::Succeeded), Some("PaymentRefunded")),
        (Ok(RefundStatus::Failed), Some("RefundFailed")),
        (Err(GatewayError::Refused), Some("RefundFailed")),
        (Ok(RefundStatus::Pending), None),
        (Err(GatewayError::Unavailable), None),
        (Err(GatewayError::OutcomeUnknown), None),
    ] {
        let script = Script {
            refund: Some(refund),
            ..Script::default()
        };
        let tape = called(refunding(), script);
        assert_eq!(tape.appended().first().copied(), first, "{refund:?}");
        assert_eq!(tape.settled()[0].1 == BACK, first.is_none(), "{refund:?}");
    }
}

#[test]
fn a_call_that_the_charge_no_longer_wants_is_not_made() {
    let stale = told(1, FARE, begun().last().cloned().unwrap());
    assert_then(
        &handled(held(), Script::default(), stale),
        &Records(&[]),
        "held already",
    );
    let tape = handled(
        begun(),
        Script::default(),
        told(
            1,
            FARE,
            PaymentEvent::VoidStarted {
                charge: Charge::FARE,
                authorization: FIRST,
            },
        ),
    );
    assert_then(&tape, &Records(&[]), "a void of what was never held");
}

#[test]
fn a_message_of_another_queue_is_parked() {
    let search = StreamId::Dispatch(TRIP);
    let strange = told(1, search, fiacre_domain::dispatch::DispatchEvent::DispatchClosed);
    let tape = handled(held(), Script::default(), strange);
    assert!(matches!(
        tape.settled()[..],
        [(Tag(1), Settlement::Park(ParkReason::Refused { .. }))]
    ));
}

fn notice() -> Delivery {
    let notice = PaymentNotice {
        id: WebhookId::from_u128(1),
        intent: INTENT,
    };
    delivery(1, Body::Notice(notice))
}

#[test]
fn a_notice_is_a_hint_what_the_intent_shows_is_told() {
    let looks = |status| Script {
        get: Some(Ok(status)),
        ..Script::default()
    };
    for (history, status, records) in [
        (created(), HELD, &["PaymentAuthorized"][..]),
        (created(), NEW, &[]),
        (held(), HELD, &[]),
        (held(), IntentStatus::Canceled, &["AuthorizationLost"]),
        // Before the response to the creation: adopted, since trip, number and key agree.
        (begun(), HELD, &["IntentCreated", "PaymentAuthorized"]),
        (begun(), NEW, &[]),
        (vec![], HELD, &[]),
    ] {
        let tape = handled(history, looks(status), notice());
        let told: Vec<_> = tape
            .appended()
            .into_iter()
            .filter(|name| *name != "AuthorizationStarted")
            .collect();
        assert_eq!(
            (told, tape.settled()),
            (records.to_vec(), vec![(Tag(1), Settlement::Ack)]),
            "{status:?}"
        );
    }
}

#[test]
fn an_intent_that_is_not_the_charges_own_is_never_adopted() {
    let strange = IntentId::from_u128(99);
    let others = [
        IntentView {
            intent: strange,
            ..view(HELD)
        },
        IntentView {
            key: IdempotencyKey {
                epoch: 1,
                ..key(Operation::Create)
            },
            ..view(HELD)
        },
        IntentView {
            amount: usd(1),
            ..view(HELD)
        },
    ];
    for (history, other) in [(created(), others[0]), (begun(), others[1]), (begun(), others[2])] {
        let tape = Tape::default();
        let mut gateway = MockPaymentGateway::new();
        gateway.expect_get().returning(move |_| Ok(other));
        let store = store(
            &tape,
            move |request| Ok(loaded(request.stream, vec![history.clone()])),
            applied,
        );
        let ports = ports(&tape, store, bus(&tape, vec![notice()]), timers(&tape, vec![]));
        turn(&mut PaymentCalls::new(
            region(),
            Arc::new(gateway),
            ports,
            Prefetch(4),
        ));
        assert_then(&tape, &Records(&[]), &format!("{other:?}"));
    }
}

#[test]
fn a_notice_that_leads_nowhere_is_parked_for_its_reason_and_one_that_cannot_be_followed_comes_back() {
    let looks = |answer| Script {
        get: Some(answer),
        ..Script::default()
    };
    for (answer, code) in [
        (MISSING, "gateway_not_found"),
        (REUSED, "gateway_key_reused"),
        (REFUSED, "gateway_refused"),
    ] {
        let tape = handled(created(), looks(answer), notice());
        assert_then(&tape, &Parks(code), code);
    }
    for answer in [UNAVAILABLE, UNKNOWN, MOVED_ON] {
        assert_eq!(
            handled(created(), looks(answer), notice()).settled(),
            [(Tag(1), BACK)]
        );
    }
}

/// A charge that cannot be read came back each second for ever, where a reactor's message is parked with its reason.
#[test]
fn without_the_charge_no_call_is_made_and_what_is_unreadable_climbs_the_ladder() {
    for (kind, comes_back) in [
        (PortErrorKind::Unavailable, true),
        (PortErrorKind::Damaged, false),
    ] {
        let tape = Tape::default();
        let store = store(&tape, move |_| Err(error(kind)), applied);
        let told = told(1, FARE, begun().last().cloned().unwrap());
        let ports = ports(&tape, store, bus(&tape, vec![told]), timers(&tape, vec![]));
        turn(&mut PaymentCalls::new(
            region(),
            Script::default().gateway(),
            ports,
            Prefetch(4),
        ));
        let settled = tape.settled();
        let climbs =
            matches!(&settled[..], [(Tag(1), Settlement::RetryAfter { code, .. })] if code == kind.code());
        assert_eq!(
            (settled == [(Tag(1), BACK)], climbs),
            (comes_back, !comes_back),
            "{settled:?}"
        );
    }
}
