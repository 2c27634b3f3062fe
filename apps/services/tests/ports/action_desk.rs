//! What a rider is told to do, and who is told nothing.

use crate::gateway::{created, held};
use crate::sample::{FIRST, INTENT, TRIP, request};
use crate::stage::{NOW, Tape, applied, at_once, bus, error, loaded, ports, store, timers};
use fiacre_domain::event::Event;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::payment::{Charge, PaymentEvent};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::trip::TripEvent;
use fiacre_ports::mocks::MockPaymentGateway;
use fiacre_ports::{ActionSecret, GatewayError, PortErrorKind, RiderAction};
use fiacre_services::payments::{ActionDesk, ActionError};
use std::sync::Arc;

type Answer = Result<RiderAction, GatewayError>;

fn page() -> RiderAction {
    RiderAction::Redirect(ActionSecret::new("https://bank.example/3ds/1").unwrap())
}

fn challenged() -> Vec<Event> {
    let asked = PaymentEvent::ActionRequired {
        charge: Charge::FARE,
        authorization: FIRST,
        budget_ends_at: NOW,
    };
    [created(), vec![asked.into()]].concat()
}

/// What `rider` is told where the charge has this `history` and the gateway gives this `answer`, if it may be asked.
fn told(
    history: Vec<Event>,
    answer: Option<Answer>,
    rider: PrincipalId,
) -> Result<Option<RiderAction>, ActionError> {
    let tape = Tape::default();
    let store = store(
        &tape,
        move |wanted| {
            let events = match wanted.stream {
                StreamId::Trip(TRIP) => vec![vec![TripEvent::Requested(request()).into()]],
                StreamId::Payment(TRIP, ChargeNumber::FARE) => {
                    history.iter().map(|event| vec![event.clone()]).collect()
                }
                _ => return Err(error(PortErrorKind::Unavailable)),
            };
            Ok(loaded(wanted.stream, events))
        },
        applied,
    );
    let mut gateway = MockPaymentGateway::new();
    if let Some(answer) = answer {
        gateway.expect_action().returning(move |intent| {
            assert_eq!(intent, INTENT);
            answer.clone()
        });
    }
    let ports = ports(&tape, store, bus(&tape, vec![]), timers(&tape, vec![]));
    let desk = ActionDesk::new(Arc::new(gateway), &ports);
    at_once(desk.action(TRIP, ChargeNumber::FARE, rider))
}

#[test]
fn riders_are_given_what_the_gateway_gives_while_they_must_act() {
    let rider = request().rider();
    assert_eq!(told(challenged(), Some(Ok(page())), rider).unwrap(), Some(page()));
    for history in [vec![], created(), held()] {
        assert_eq!(
            told(history, None, rider).unwrap(),
            None,
            "the gateway is not asked"
        );
    }
    let over = told(challenged(), Some(Err(GatewayError::WrongStatus)), rider);
    assert_eq!(over.unwrap(), None, "they have acted");
}

#[test]
fn others_are_told_nothing_and_the_gateway_is_not_asked() {
    let other = PrincipalId::from_u128(999);
    let refused = told(challenged(), None, other).unwrap_err();
    assert_eq!(refused.code(), "action_no_such_trip");
}

#[test]
fn a_gateway_that_does_not_answer_is_named() {
    let unavailable = Some(Err(GatewayError::Unavailable));
    let failed = told(challenged(), unavailable, request().rider()).unwrap_err();
    assert_eq!(failed.code(), "gateway_unavailable");
}
