//! What happens to a region's operation: messages that nobody could take, policies that changed, people who were forgotten.
//!
//! An auditor reads these without bus, configuration or key store at hand, so each event says on its own what was done, and
//! by whom; when and at whose command, its commit says.
//!
//! ```
//! use fiacre_domain::event::Event;
//! use fiacre_domain::id::PrincipalId;
//! use fiacre_domain::ops::{OpsEvent, ParkedMessage, ParkingRuling};
//! use std::sync::Arc;
//!
//! let parked = ParkedMessage::new("payments-42", "payments", "PaymentAuthorized", "store_corrupt")?.with_attempts(8);
//! let operator = PrincipalId::from_u128(7);
//! let ruling = ParkingRuling::on(&parked, operator, "a copy of what is in the log")?;
//! assert_eq!(ruling.parking(), parked.parking());
//! assert_eq!(Event::from(OpsEvent::MessageDropped(Arc::new(ruling))).name(), "MessageDropped");
//! # Ok::<(), fiacre_domain::ops::OpsError>(())
//! ```

use crate::fingerprint::Fingerprint;
use crate::id::PrincipalId;
use crate::{canonical_enum, canonical_struct};
use std::fmt;
use std::sync::Arc;

/// The longest text that an operational event holds, in bytes: it is kept for ever.
pub const TEXT_BYTES_MAX: usize = 200;

/// Why an operational event cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpsError {
    /// A text says nothing; the field's name.
    Empty(&'static str),
    /// A text is longer than [`TEXT_BYTES_MAX`]; the field's name.
    TooLong(&'static str),
    /// The policy is the one that was in force already.
    PolicyUnchanged,
}

impl OpsError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty(_) => "ops_empty",
            Self::TooLong(_) => "ops_too_long",
            Self::PolicyUnchanged => "ops_policy_unchanged",
        }
    }
}

impl fmt::Display for OpsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to record the operation: ")?;
        match self {
            Self::Empty(field) => write!(f, "say the {field}"),
            Self::TooLong(field) => {
                write!(f, "the {field} is longer than {TEXT_BYTES_MAX} bytes; shorten it")
            }
            Self::PolicyUnchanged => f.write_str("the policy is the one in force already; change nothing"),
        }
    }
}

impl std::error::Error for OpsError {}

/// The text, if it says something and fits.
fn said(field: &'static str, text: &str) -> Result<Box<str>, OpsError> {
    match text.len() {
        0 => Err(OpsError::Empty(field)),
        length if length > TEXT_BYTES_MAX => Err(OpsError::TooLong(field)),
        _ => Ok(text.into()),
    }
}

/// A message that was parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedMessage {
    parking: Box<str>,
    queue: Box<str>,
    kind: Box<str>,
    reason: Box<str>,
    message: Option<Box<str>>,
    attempts: u32,
}
canonical_struct!(ParkedMessage {
    parking,
    queue,
    kind,
    reason,
    message,
    attempts
});

impl ParkedMessage {
    /// What was parked as `parking` (the bus's name for this parking: a message may be parked twice) from `queue`: what
    /// `kind` of message it is, and the stable code of the `reason`, never a text that may quote a person's data.
    ///
    /// # Errors
    /// [`OpsError::Empty`] and [`OpsError::TooLong`], with the field's name.
    pub fn new(parking: &str, queue: &str, kind: &str, reason: &str) -> Result<Self, OpsError> {
        Ok(Self {
            parking: said("parking", parking)?,
            queue: said("queue", queue)?,
            kind: said("kind", kind)?,
            reason: said("reason", reason)?,
            message: None,
            attempts: 0,
        })
    }

    /// The message's own id; bytes that nobody could decode have none.
    ///
    /// # Errors
    /// [`OpsError::Empty`] and [`OpsError::TooLong`].
    pub fn with_message(mut self, message: &str) -> Result<Self, OpsError> {
        self.message = Some(said("message", message)?);
        Ok(self)
    }

    /// How often it was tried, the last time included; 0 where it was never delivered.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The bus's name for this parking, within its queue.
    pub const fn parking(&self) -> &str {
        &self.parking
    }

    /// The queue that could not take it.
    pub const fn queue(&self) -> &str {
        &self.queue
    }

    /// What kind of message it is.
    pub const fn kind(&self) -> &str {
        &self.kind
    }

    /// The stable code of why.
    pub const fn reason(&self) -> &str {
        &self.reason
    }

    /// The message's own id, if it has one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// How often it was tried.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// What an operator ruled on a parked message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkingRuling {
    parking: Box<str>,
    queue: Box<str>,
    by: PrincipalId,
    because: Box<str>,
}
canonical_struct!(ParkingRuling {
    parking,
    queue,
    by,
    because
});

impl ParkingRuling {
    /// On `parked`, `by` an operator, who says why.
    ///
    /// # Errors
    /// [`OpsError::Empty`] and [`OpsError::TooLong`] of what the operator says.
    pub fn on(parked: &ParkedMessage, by: PrincipalId, because: &str) -> Result<Self, OpsError> {
        Ok(Self {
            parking: parked.parking.clone(),
            queue: parked.queue.clone(),
            by,
            because: said("reason", because)?,
        })
    }

    /// The bus's name for the parking, within its queue.
    pub const fn parking(&self) -> &str {
        &self.parking
    }

    /// The queue that it was parked from.
    pub const fn queue(&self) -> &str {
        &self.queue
    }

    /// Who ruled.
    pub const fn by(&self) -> PrincipalId {
        self.by
    }

    /// Why, in the operator's words.
    pub const fn because(&self) -> &str {
        &self.because
    }
}

/// Which of a region's policies. What tariffs say of money is in [tariffs](crate::pricing::TariffEvent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// [Budgets and limits of new orders](crate::trip::TripPolicy).
    Trip,
    /// [What matching weighs](crate::matching::Policy).
    Matching,
    /// How offers are made: how many at a time, and for how long.
    Offers,
    /// [How prices rise](crate::pricing::SurgePolicy).
    Surge,
}
canonical_enum!(PolicyKind {
    0 = Trip,
    1 = Matching,
    2 = Offers,
    3 = Surge,
});

/// A policy that an operator changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    policy: PolicyKind,
    by: PrincipalId,
    before: Option<Fingerprint>,
    after: Fingerprint,
}
canonical_struct!(PolicyChange {
    policy,
    by,
    before,
    after
});

impl PolicyChange {
    /// The first of its kind in the region, set `by` an operator; the fingerprint is that of its canonical bytes.
    pub const fn first(policy: PolicyKind, by: PrincipalId, after: Fingerprint) -> Self {
        Self {
            policy,
            by,
            before: None,
            after,
        }
    }

    /// In place of the policy whose fingerprint was `before`.
    ///
    /// # Errors
    /// [`OpsError::PolicyUnchanged`] where both are one policy.
    pub fn replacing(
        before: Fingerprint,
        policy: PolicyKind,
        by: PrincipalId,
        after: Fingerprint,
    ) -> Result<Self, OpsError> {
        if before == after {
            return Err(OpsError::PolicyUnchanged);
        }
        let before = Some(before);
        Ok(Self {
            policy,
            by,
            before,
            after,
        })
    }

    /// Which policy.
    pub const fn policy(&self) -> PolicyKind {
        self.policy
    }

    /// Who changed it.
    pub const fn by(&self) -> PrincipalId {
        self.by
    }

    /// The fingerprint of what was in force; none before the first.
    pub const fn before(&self) -> Option<Fingerprint> {
        self.before
    }

    /// The fingerprint of what is in force from then on.
    pub const fn after(&self) -> Fingerprint {
        self.after
    }
}

/// A person whose data can be read no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    subject: PrincipalId,
    by: PrincipalId,
    key: Fingerprint,
}
canonical_struct!(Erasure { subject, by, key });

impl Erasure {
    /// Of the `subject`'s data, `by` whoever did it, by destroying the `key` that it was encrypted with: its fingerprint, which
    /// names it and does not give it back.
    pub const fn new(subject: PrincipalId, by: PrincipalId, key: Fingerprint) -> Self {
        Self { subject, by, key }
    }

    /// Whose data.
    pub const fn subject(&self) -> PrincipalId {
        self.subject
    }

    /// Who erased it: the subject, or an operator.
    pub const fn by(&self) -> PrincipalId {
        self.by
    }

    /// The fingerprint of the key that was destroyed.
    pub const fn key(&self) -> Fingerprint {
        self.key
    }
}

/// What happened to a region's operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpsEvent {
    /// A message was parked.
    MessageParked(Arc<ParkedMessage>),
    /// A parked message was sent again.
    MessageReplayed(Arc<ParkingRuling>),
    /// A parked message was dropped by an operator.
    MessageDropped(Arc<ParkingRuling>),
    /// A policy was changed by an operator.
    PolicyChanged(Arc<PolicyChange>),
    /// A person's data was erased.
    SubjectErased(Arc<Erasure>),
}
canonical_enum!(OpsEvent {
    0 = MessageParked(message),
    1 = MessageReplayed(ruling),
    2 = MessageDropped(ruling),
    3 = PolicyChanged(change),
    4 = SubjectErased(erasure),
});

impl OpsEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageParked(_) => "MessageParked",
            Self::MessageReplayed(_) => "MessageReplayed",
            Self::MessageDropped(_) => "MessageDropped",
            Self::PolicyChanged(_) => "PolicyChanged",
            Self::SubjectErased(_) => "SubjectErased",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Canonical;
    use std::collections::BTreeSet;

    const OPERATOR: PrincipalId = PrincipalId::from_u128(1);
    const RIDER: PrincipalId = PrincipalId::from_u128(2);

    fn parked(texts: [&str; 4]) -> Result<ParkedMessage, OpsError> {
        let [parking, queue, kind, reason] = texts;
        ParkedMessage::new(parking, queue, kind, reason)
    }

    fn print(byte: u8) -> Fingerprint {
        Fingerprint::new([byte; 32])
    }

    #[test]
    fn a_parking_says_what_why_and_how_often() {
        let message = parked(["p1", "payments", "PaymentAuthorized", "store_corrupt"]).unwrap();
        assert_eq!((message.message(), message.attempts()), (None, 0));
        let message = message.with_message("payment-1/2/0").unwrap().with_attempts(8);
        assert_eq!(
            [
                message.parking(),
                message.queue(),
                message.kind(),
                message.reason()
            ],
            ["p1", "payments", "PaymentAuthorized", "store_corrupt"]
        );
        assert_eq!(
            (message.message(), message.attempts()),
            (Some("payment-1/2/0"), 8)
        );
        let ruling = ParkingRuling::on(&message, OPERATOR, "fixed in 1.2").unwrap();
        assert_eq!(
            [ruling.parking(), ruling.queue(), ruling.because()],
            ["p1", "payments", "fixed in 1.2"]
        );
        assert_eq!(ruling.by(), OPERATOR);
    }

    #[test]
    fn texts_that_say_nothing_or_do_not_fit_are_refused_by_name() {
        let (long, fits) = ("x".repeat(TEXT_BYTES_MAX + 1), "x".repeat(TEXT_BYTES_MAX));
        for (place, field) in ["parking", "queue", "kind", "reason"].into_iter().enumerate() {
            for (text, expected) in [
                ("", Err(OpsError::Empty(field))),
                (long.as_str(), Err(OpsError::TooLong(field))),
                (fits.as_str(), Ok(())),
            ] {
                let mut texts = ["a", "b", "c", "d"];
                texts[place] = text;
                assert_eq!(parked(texts).map(|_| ()), expected, "{field}");
            }
        }
        let message = parked(["a", "b", "c", "d"]).unwrap();
        assert_eq!(
            ParkingRuling::on(&message, OPERATOR, ""),
            Err(OpsError::Empty("reason"))
        );
        assert_eq!(message.with_message(&long), Err(OpsError::TooLong("message")));
    }

    #[test]
    fn a_change_of_policy_changes_it() {
        let first = PolicyChange::first(PolicyKind::Surge, OPERATOR, print(1));
        assert_eq!((first.policy(), first.by()), (PolicyKind::Surge, OPERATOR));
        assert_eq!((first.before(), first.after()), (None, print(1)));
        let next = |after| {
            PolicyChange::replacing(first.after(), first.policy(), OPERATOR, after).map(|next| next.before())
        };
        assert_eq!(next(print(2)), Ok(Some(print(1))));
        assert_eq!(next(print(1)), Err(OpsError::PolicyUnchanged));
    }

    #[test]
    fn an_erasure_says_whose_by_whom_and_by_which_key() {
        let erasure = Erasure::new(RIDER, OPERATOR, print(3));
        assert_eq!(
            (erasure.subject(), erasure.by(), erasure.key()),
            (RIDER, OPERATOR, print(3))
        );
    }

    #[test]
    fn every_field_is_in_the_canonical_bytes() {
        let message = || parked(["a", "b", "c", "d"]).unwrap();
        let ruled = |message: &ParkedMessage, by, because| {
            OpsEvent::MessageReplayed(Arc::new(ParkingRuling::on(message, by, because).unwrap()))
        };
        let change =
            |kind, by, after| OpsEvent::PolicyChanged(Arc::new(PolicyChange::first(kind, by, after)));
        let erased = |subject, by, key| OpsEvent::SubjectErased(Arc::new(Erasure::new(subject, by, key)));
        let mut events: Vec<OpsEvent> = [
            message(),
            parked(["x", "b", "c", "d"]).unwrap(),
            parked(["a", "x", "c", "d"]).unwrap(),
            parked(["a", "b", "x", "d"]).unwrap(),
            parked(["a", "b", "c", "x"]).unwrap(),
            message().with_message("x").unwrap(),
            message().with_attempts(1),
        ]
        .map(|message| OpsEvent::MessageParked(Arc::new(message)))
        .into();
        let other_queue = parked(["a", "x", "c", "d"]).unwrap();
        let dropped = ParkingRuling::on(&message(), OPERATOR, "e").unwrap();
        let replaced = PolicyChange::replacing(print(9), PolicyKind::Trip, OPERATOR, print(1)).unwrap();
        events.extend([
            ruled(&message(), OPERATOR, "e"),
            ruled(&other_queue, OPERATOR, "e"),
            ruled(&message(), RIDER, "e"),
            ruled(&message(), OPERATOR, "x"),
            OpsEvent::MessageDropped(Arc::new(dropped)),
            change(PolicyKind::Trip, OPERATOR, print(1)),
            change(PolicyKind::Matching, OPERATOR, print(1)),
            change(PolicyKind::Offers, OPERATOR, print(1)),
            change(PolicyKind::Trip, RIDER, print(1)),
            change(PolicyKind::Trip, OPERATOR, print(2)),
            OpsEvent::PolicyChanged(Arc::new(replaced)),
            erased(RIDER, OPERATOR, print(1)),
            erased(OPERATOR, OPERATOR, print(1)),
            erased(RIDER, RIDER, print(1)),
            erased(RIDER, OPERATOR, print(2)),
        ]);
        let distinct: BTreeSet<Vec<u8>> = events.iter().map(Canonical::canonical_bytes).collect();
        assert_eq!(distinct.len(), events.len());
    }
}
