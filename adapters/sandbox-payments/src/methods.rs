//! Payment methods that always do the same, so that a test says in one word what shall happen.
//!
//! Like the test cards of Stripe (<https://docs.stripe.com/testing>). They follow their own script alone: a
//! [`Policy`](crate::Policy) plays with every other method's money, never with theirs.

use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;

/// Everything works at once.
pub const PM_OK: PaymentMethodId = scripted(1);
/// The issuer declines every confirmation, and does not say why.
pub const PM_DECLINE: PaymentMethodId = scripted(2);
/// The rider must act, and does so [`ACTION_DELAY`] later; then the money is held.
pub const PM_3DS: PaymentMethodId = scripted(3);
/// The rider must act, and never does.
pub const PM_3DS_ABANDONED: PaymentMethodId = scripted(4);
/// Every operation is done, but its first answer is lost: [`OutcomeUnknown`](fiacre_ports::GatewayError::OutcomeUnknown).
pub const PM_TIMEOUT_AFTER_SUCCESS: PaymentMethodId = scripted(5);
/// Every operation finds the company [`Unavailable`](fiacre_ports::GatewayError::Unavailable) the first time.
pub const PM_UNAVAILABLE_ONCE: PaymentMethodId = scripted(6);
/// Notices come [`NOTICE_DELAY`] late.
pub const PM_LATE_WEBHOOK: PaymentMethodId = scripted(7);
/// Every notice comes twice.
pub const PM_DOUBLE_WEBHOOK: PaymentMethodId = scripted(8);
/// The issuer drops the hold after [`HOLD_LOST_DELAY`].
pub const PM_LOST_HOLD: PaymentMethodId = scripted(9);
/// The capture fails for good: the hold is released, the intent cancelled.
pub const PM_CAPTURE_FAILS: PaymentMethodId = scripted(10);
/// Every call takes [`CALL_DELAY`], and the confirmation is being worked on for [`PROCESSING_DELAY`].
pub const PM_SLOW: PaymentMethodId = scripted(11);
/// The rider disputes what was captured, [`DISPUTE_DELAY`] later.
pub const PM_DISPUTE: PaymentMethodId = scripted(12);
/// Refunds fail: the card is closed.
pub const PM_REFUND_FAILS: PaymentMethodId = scripted(13);
/// Refunds are pending for [`REFUND_DELAY`], then succeed.
pub const PM_REFUND_PENDING: PaymentMethodId = scripted(14);
/// The method is gone: every confirmation is [`Refused`](fiacre_ports::GatewayError::Refused), for good.
pub const PM_GONE: PaymentMethodId = scripted(15);
/// The issuer declines every confirmation: there is not enough money.
pub const PM_NO_FUNDS: PaymentMethodId = scripted(16);
/// The issuer declines every confirmation: the card has expired.
pub const PM_EXPIRED: PaymentMethodId = scripted(17);

/// How long [`PM_3DS`] takes the rider to act.
pub const ACTION_DELAY: Millis = Millis::from_secs(20);
/// How late the notices of [`PM_LATE_WEBHOOK`] are.
pub const NOTICE_DELAY: Millis = Millis::from_minutes(10);
/// How long the hold of [`PM_LOST_HOLD`] lasts.
pub const HOLD_LOST_DELAY: Millis = Millis::from_minutes(5);
/// How long a call with [`PM_SLOW`] takes.
pub const CALL_DELAY: Millis = Millis::from_secs(5);
/// How long the confirmation of [`PM_SLOW`] is being worked on.
pub const PROCESSING_DELAY: Millis = Millis::from_secs(30);
/// How long after the capture of [`PM_DISPUTE`] the dispute opens, and again until it is lost.
pub const DISPUTE_DELAY: Millis = Millis::from_minutes(60);
/// How long the refunds of [`PM_REFUND_PENDING`] are pending.
pub const REFUND_DELAY: Millis = Millis::from_minutes(30);

/// Every scripted method with the name that riders' test clients call it by.
pub const ALL: [(&str, PaymentMethodId); 17] = [
    ("pm_ok", PM_OK),
    ("pm_decline", PM_DECLINE),
    ("pm_3ds", PM_3DS),
    ("pm_3ds_abandoned", PM_3DS_ABANDONED),
    ("pm_timeout_after_success", PM_TIMEOUT_AFTER_SUCCESS),
    ("pm_unavailable_once", PM_UNAVAILABLE_ONCE),
    ("pm_late_webhook", PM_LATE_WEBHOOK),
    ("pm_double_webhook", PM_DOUBLE_WEBHOOK),
    ("pm_lost_hold", PM_LOST_HOLD),
    ("pm_capture_fails", PM_CAPTURE_FAILS),
    ("pm_slow", PM_SLOW),
    ("pm_dispute", PM_DISPUTE),
    ("pm_refund_fails", PM_REFUND_FAILS),
    ("pm_refund_pending", PM_REFUND_PENDING),
    ("pm_gone", PM_GONE),
    ("pm_no_funds", PM_NO_FUNDS),
    ("pm_expired", PM_EXPIRED),
];

/// The scripted method of this name, such as `pm_decline`.
///
/// ```
/// use fiacre_sandbox_payments::methods;
/// assert_eq!(methods::named("pm_3ds"), Some(methods::PM_3DS));
/// assert_eq!(methods::named("pm_gold"), None);
/// ```
pub fn named(name: &str) -> Option<PaymentMethodId> {
    ALL.into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, method)| method)
}

/// Whether `method` follows a script of its own, so that no policy touches it.
pub fn is_scripted(method: PaymentMethodId) -> bool {
    ALL.iter().any(|(_, known)| *known == method)
}

/// Numbers that start like the best known test card and stay below 2⁵³, so that JavaScript reads them exactly.
const fn scripted(number: u64) -> PaymentMethodId {
    PaymentMethodId(4_242_424_242_000_000 + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scripted_method_has_a_name_and_a_number_of_its_own() {
        for (position, (name, method)) in ALL.iter().enumerate() {
            assert_eq!(named(name), Some(*method));
            assert!(is_scripted(*method));
            assert!(method.0 < 1 << 53, "{name}");
            assert!(ALL[..position].iter().all(|(_, other)| other != method), "{name}");
        }
        assert!(!is_scripted(PaymentMethodId(1)));
    }
}
