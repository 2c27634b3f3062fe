//! The steps that the payment gateway's checks are made of.

use super::PaymentGatewayHarness;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::script::Script;
use crate::told::Told;
use fiacre_domain::id::IntentId;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_ports::{
    Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus, IntentView, Operation,
    PaymentGateway, RefundStatus, RiderAction,
};
use std::sync::Arc;

/// A handle on the gateway under test.
pub(super) type Gateway = Arc<dyn PaymentGateway>;

/// What a call answers.
pub(super) type Answer<T = IntentView> = Result<T, GatewayError>;

/// How much the samples hold, in minor units.
pub(super) const HELD_MINOR: i64 = 20_00;

/// US dollars.
pub(super) const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn show(view: &IntentView) -> String {
    let IntentView {
        intent,
        status,
        refunded_minor,
        ..
    } = view;
    format!("{intent} {}, {refunded_minor} refunded", status.told())
}

/// The answer must be this refusal.
pub(super) fn expect_refused<T: Told>(answer: &Answer<T>, expected: GatewayError) -> Check {
    expect(
        matches!(answer, Err(error) if *error == expected),
        expected.told(),
        answer,
    )
}

/// The answer must be an intent.
pub(super) fn granted(answer: Answer) -> Check<IntentView> {
    answer.map_err(|error| Mismatch {
        expected: "the intent".to_owned(),
        observed: error.told(),
    })
}

/// The amount that the intent holds; fails if it holds nothing.
pub(super) fn expect_held(view: &IntentView, minor: i64) -> Check {
    let held = match view.status {
        IntentStatus::RequiresCapture { amount, .. } => Some(amount),
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::Succeeded { .. }
        | IntentStatus::Canceled => None,
    };
    expect(
        held == Some(usd(minor)),
        format!("a hold of {}", usd(minor)),
        view,
    )
}

/// The intent must be captured.
pub(super) fn expect_captured(view: &IntentView, minor: i64) -> Check {
    let captured = usd(minor);
    expect_same("the status", &IntentStatus::Succeeded { captured }, &view.status)
}

impl<H: PaymentGatewayHarness> Script<'_, H> {
    pub(super) fn open_gateway(&self) -> Gateway {
        self.harness().open()
    }

    /// The key of an operation on the fare of trip `number`.
    pub(super) fn key(&self, number: u64, operation: Operation) -> IdempotencyKey {
        IdempotencyKey {
            epoch: 0,
            trip: self.ids().trip(number),
            charge: ChargeNumber::FARE,
            authorization: AuthorizationNumber(0),
            operation,
        }
    }

    /// Another attempt's key of the same operation; attempts count from 1.
    pub(super) fn key_again(&self, number: u64, attempt: u8, operation: Operation) -> IdempotencyKey {
        IdempotencyKey {
            authorization: AuthorizationNumber(attempt),
            ..self.key(number, operation)
        }
    }

    /// What creates the intent of trip `number`.
    pub(super) fn request(&self, number: u64, method: PaymentMethodId) -> IntentRequest {
        IntentRequest {
            key: self.key(number, Operation::Create),
            amount: usd(HELD_MINOR),
            method,
        }
    }

    pub(super) fn create(&self, gateway: &Gateway, request: IntentRequest) -> Answer {
        self.ask(
            format!("create {} under {}", request.amount, request.key),
            show,
            async || gateway.create(request).await,
        )
    }

    pub(super) fn confirm(&self, gateway: &Gateway, intent: IntentId, key: IdempotencyKey) -> Answer {
        self.ask(format!("confirm under {key}"), show, async || {
            gateway.confirm(intent, key).await
        })
    }

    pub(super) fn capture(
        &self,
        gateway: &Gateway,
        intent: IntentId,
        minor: i64,
        key: IdempotencyKey,
    ) -> Answer {
        self.ask(format!("capture {} under {key}", usd(minor)), show, async || {
            gateway.capture(intent, usd(minor), key).await
        })
    }

    pub(super) fn cancel(&self, gateway: &Gateway, intent: IntentId, key: IdempotencyKey) -> Answer {
        self.ask(format!("cancel under {key}"), show, async || {
            gateway.cancel(intent, key).await
        })
    }

    pub(super) fn refund(
        &self,
        gateway: &Gateway,
        intent: IntentId,
        minor: i64,
        key: IdempotencyKey,
    ) -> Answer<RefundStatus> {
        let show = |status: &RefundStatus| status.told();
        self.ask(format!("refund {} under {key}", usd(minor)), show, async || {
            gateway.refund(intent, usd(minor), key).await
        })
    }

    pub(super) fn get(&self, gateway: &Gateway, intent: IntentId) -> Answer {
        self.ask(format!("get {intent}"), show, async || gateway.get(intent).await)
    }

    pub(super) fn action(&self, gateway: &Gateway, intent: IntentId) -> Answer<RiderAction> {
        self.ask(format!("action of {intent}"), Told::told, async || {
            gateway.action(intent).await
        })
    }

    /// The intent as it stands, which must be there.
    pub(super) fn standing(&self, gateway: &Gateway, intent: IntentId) -> Check<IntentView> {
        granted(self.get(gateway, intent))
    }

    /// Creates the intent of trip `number`.
    pub(super) fn created(&self, gateway: &Gateway, number: u64, method: PaymentMethodId) -> Check<IntentId> {
        granted(self.create(gateway, self.request(number, method))).map(|view| view.intent)
    }

    /// Creates and confirms the intent of trip `number`.
    pub(super) fn held(&self, gateway: &Gateway, number: u64) -> Check<IntentId> {
        let intent = self.created(gateway, number, self.harness().method())?;
        let key = self.key(number, Operation::Confirm);
        expect_held(&granted(self.confirm(gateway, intent, key))?, HELD_MINOR)?;
        Ok(intent)
    }

    /// Creates, confirms and captures the intent of trip `number`.
    pub(super) fn captured(&self, gateway: &Gateway, number: u64, minor: i64) -> Check<IntentId> {
        let intent = self.held(gateway, number)?;
        let key = self.key(number, Operation::Capture);
        expect_captured(&granted(self.capture(gateway, intent, minor, key))?, minor)?;
        Ok(intent)
    }

    /// Every intent of this world's trips, page by page.
    pub(super) fn list(&self, gateway: &Gateway, max: usize) -> Check<Vec<IntentView>> {
        const PAGES_MAX: usize = 1_000;
        let own = |view: &IntentView| (0..100).any(|number| view.key.trip == self.ids().trip(number));
        let mut listed: Vec<IntentView> = Vec::new();
        let mut from = Cursor::default();
        for _ in 0..PAGES_MAX {
            let lines = |page: &IntentPage| page.intents.iter().map(show).collect::<Vec<_>>().join("; ");
            let page = self.call(format!("list (at most {max})"), lines, async || {
                gateway.list(&from, max).await
            })?;
            let IntentPage { intents, next } = page;
            expect(
                intents.len() <= max,
                format!("at most {max} a page"),
                intents.len(),
            )?;
            listed.extend(intents);
            let Some(next) = next else {
                listed.retain(own);
                return Ok(listed);
            };
            from = next;
        }
        Err(Mismatch {
            expected: "the list to end".to_owned(),
            observed: format!("{PAGES_MAX} pages and no end"),
        })
    }
}
