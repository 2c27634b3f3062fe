//! What riders are told of why they were declined.

use crate::gateway::{REFUSED, Script, begun, created};
use crate::payments::called;
use fiacre_domain::event::Event;
use fiacre_domain::payment::{DeclineReason, PaymentEvent};
use fiacre_ports::{Decline, IntentStatus};

/// The reason that is recorded after a call of `script`, on a charge with this `history`.
fn reason(history: Vec<Event>, script: Script) -> DeclineReason {
    let appends = called(history, script).appends().concat();
    match appends[0].events.first() {
        Some(Event::Payment(PaymentEvent::Declined { reason, .. })) => *reason,
        other => panic!("{other:?}"),
    }
}

/// "The issuer said no" was all that was known of a card that had expired, and of an empty account.
#[test]
fn what_the_issuer_says_is_kept_with_the_decline() {
    for (declined, expected) in [
        (Decline::Unspecified, DeclineReason::Issuer),
        (Decline::InsufficientFunds, DeclineReason::InsufficientFunds),
        (Decline::CardExpired, DeclineReason::CardExpired),
        (Decline::CardBlocked, DeclineReason::CardBlocked),
        (Decline::AuthenticationFailed, DeclineReason::ActionFailed),
    ] {
        let script = Script {
            confirm: Some(Ok(IntentStatus::RequiresConfirmation {
                declined: Some(declined),
            })),
            cancel: Some(Ok(IntentStatus::Canceled)),
            ..Script::default()
        };
        assert_eq!(reason(created(), script), expected);
    }
}

#[test]
fn a_method_that_the_gateway_will_not_take_is_no_issuers_decline() {
    let created_in_vain = Script {
        create: Some(REFUSED),
        ..Script::default()
    };
    assert_eq!(reason(begun(), created_in_vain), DeclineReason::MethodRefused);
    let confirmed_in_vain = Script {
        confirm: Some(REFUSED),
        cancel: Some(Ok(IntentStatus::Canceled)),
        ..Script::default()
    };
    assert_eq!(reason(created(), confirmed_in_vain), DeclineReason::MethodRefused);
}
