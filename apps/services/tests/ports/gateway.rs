//! A charge, its history, and a gateway that answers as scripted.

use crate::sample::{FIRST, INTENT, TRIP, start, usd};
use crate::stage::NOW;
use fiacre_domain::event::Event;
use fiacre_domain::payment::{Charge, PaymentEvent, SettlementBasis};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::MockPaymentGateway;
use fiacre_ports::{
    Decline, GatewayError, IdempotencyKey, IntentStatus, IntentView, Operation, RefundStatus, Settlement,
};
use std::sync::Arc;

pub(crate) const FARE: StreamId = StreamId::Payment(TRIP, ChargeNumber::FARE);
pub(crate) const PAUSE: Millis = Millis::from_secs(1);
pub(crate) const BACK: Settlement = Settlement::Return { delay: PAUSE };

pub(crate) type Answer = Result<IntentStatus, GatewayError>;

pub(crate) const HELD: IntentStatus = IntentStatus::RequiresCapture {
    amount: usd(4_000),
    capture_before: NOW,
};
pub(crate) const TAKEN: IntentStatus = IntentStatus::Succeeded { captured: usd(1_500) };
pub(crate) const DECLINED: IntentStatus = IntentStatus::RequiresConfirmation {
    declined: Some(Decline::CardExpired),
};
pub(crate) const NEW: IntentStatus = IntentStatus::RequiresConfirmation { declined: None };

pub(crate) fn key(operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        epoch: 0,
        trip: TRIP,
        charge: ChargeNumber::FARE,
        authorization: FIRST,
        operation,
    }
}

pub(crate) fn view(status: IntentStatus) -> IntentView {
    IntentView {
        intent: INTENT,
        key: key(Operation::Create),
        amount: usd(4_000),
        status,
        refunded_minor: 0,
    }
}

/// What a gateway answers; a call without an answer may not be made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Script {
    pub(crate) create: Option<Answer>,
    pub(crate) confirm: Option<Answer>,
    pub(crate) capture: Option<Answer>,
    pub(crate) cancel: Option<Answer>,
    pub(crate) refund: Option<Result<RefundStatus, GatewayError>>,
    pub(crate) get: Option<Answer>,
}

impl Script {
    pub(crate) fn gateway(self) -> Arc<MockPaymentGateway> {
        let mut gateway = MockPaymentGateway::new();
        if let Some(answer) = self.create {
            gateway.expect_create().returning(move |request| {
                assert_eq!(
                    (request.key, request.amount),
                    (key(Operation::Create), usd(4_000))
                );
                answer.map(view)
            });
        }
        if let Some(answer) = self.confirm {
            gateway.expect_confirm().returning(move |_, used| {
                assert_eq!(used, key(Operation::Confirm));
                answer.map(view)
            });
        }
        if let Some(answer) = self.capture {
            gateway.expect_capture().returning(move |_, amount, used| {
                assert_eq!((used, amount), (key(Operation::Capture), usd(1_500)));
                answer.map(view)
            });
        }
        if let Some(answer) = self.cancel {
            gateway.expect_cancel().returning(move |_, used| {
                assert_eq!(used, key(Operation::Cancel));
                answer.map(view)
            });
        }
        if let Some(answer) = self.refund {
            gateway.expect_refund().returning(move |_, _, used| {
                assert_eq!(used, key(Operation::Refund(1)));
                answer
            });
        }
        if let Some(answer) = self.get {
            gateway.expect_get().returning(move |_| answer.map(view));
        }
        Arc::new(gateway)
    }
}

pub(crate) fn begun() -> Vec<Event> {
    vec![PaymentEvent::AuthorizationStarted(start()).into()]
}

pub(crate) fn created() -> Vec<Event> {
    let intent = PaymentEvent::IntentCreated {
        charge: Charge::FARE,
        authorization: FIRST,
        intent: INTENT,
    };
    [begun(), vec![intent.into()]].concat()
}

pub(crate) fn held() -> Vec<Event> {
    let authorized = PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization: FIRST,
        amount: usd(4_000),
        capture_before: NOW,
    };
    [created(), vec![authorized.into()]].concat()
}

pub(crate) fn settling(due: i64, then: PaymentEvent) -> Vec<Event> {
    let basis = SettlementBasis::Fare;
    let due = Some(usd(due));
    let asked = PaymentEvent::SettlementAsked {
        charge: Charge::FARE,
        basis,
        due,
    };
    [held(), vec![asked.into(), then.into()]].concat()
}

pub(crate) fn capturing() -> Vec<Event> {
    settling(
        1_500,
        PaymentEvent::CaptureStarted {
            charge: Charge::FARE,
            authorization: FIRST,
            amount: usd(1_500),
        },
    )
}

pub(crate) fn voiding() -> Vec<Event> {
    settling(
        0,
        PaymentEvent::VoidStarted {
            charge: Charge::FARE,
            authorization: FIRST,
        },
    )
}

/// A hold that was found captured, and is given back.
pub(crate) fn refunding() -> Vec<Event> {
    let refused = PaymentEvent::VoidRefused {
        charge: Charge::FARE,
        authorization: FIRST,
        captured: usd(1_500),
        released_minor: 2_500,
    };
    let started = PaymentEvent::RefundStarted {
        charge: Charge::FARE,
        refund: 1,
        amount: usd(1_500),
    };
    [voiding(), vec![refused.into(), started.into()]].concat()
}

pub(crate) const UNAVAILABLE: Answer = Err(GatewayError::Unavailable);
pub(crate) const UNKNOWN: Answer = Err(GatewayError::OutcomeUnknown);
pub(crate) const MOVED_ON: Answer = Err(GatewayError::WrongStatus);
pub(crate) const REFUSED: Answer = Err(GatewayError::Refused);
pub(crate) const REUSED: Answer = Err(GatewayError::KeyReused);
pub(crate) const MISSING: Answer = Err(GatewayError::NotFound);
