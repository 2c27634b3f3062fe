//! What happens on `ops-{region}`.

use super::dto::{Dto, stored_names};
use super::error::StoredError;
use super::events::stored_events;
use super::personal::{Reading, Writing};
use crate::present::present;
use crate::text::Text;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::ops::{Erasure, OpsEvent, ParkedMessage, ParkingRuling, PolicyChange, PolicyKind};
use serde::{Deserialize, Serialize};

stored_names!(
    PolicyKindDto = PolicyKind {
        Trip,
        Matching,
        Offers,
        Surge
    }
);

stored_events!(OpsDto = OpsEvent {
    "MessageParked" 1: MessageParked(message: Box<ParkedMessageDto>),
    "MessageReplayed" 1: MessageReplayed(ruling: Box<ParkingRulingDto>),
    "MessageDropped" 1: MessageDropped(ruling: Box<ParkingRulingDto>),
    "PolicyChanged" 1: PolicyChanged(change: Box<PolicyChangeDto>),
    "SubjectErased" 1: SubjectErased(erasure: Box<ErasureDto>),
});

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParkedMessageDto {
    parking: String,
    queue: String,
    kind: String,
    reason: String,
    #[serde(deserialize_with = "present")]
    message: Option<String>,
    attempts: u32,
}

impl Dto<ParkedMessage> for ParkedMessageDto {
    fn of(value: &ParkedMessage, _: &mut Writing<'_>) -> Self {
        Self {
            parking: value.parking().to_owned(),
            queue: value.queue().to_owned(),
            kind: value.kind().to_owned(),
            reason: value.reason().to_owned(),
            message: value.message().map(str::to_owned),
            attempts: value.attempts(),
        }
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<ParkedMessage, StoredError> {
        let Self {
            parking,
            queue,
            kind,
            reason,
            message,
            attempts,
        } = self;
        let parked = ParkedMessage::new(&parking, &queue, &kind, &reason).map_err(StoredError::damaged)?;
        let parked = parked.with_attempts(attempts);
        match message {
            Some(message) => parked.with_message(&message).map_err(StoredError::damaged),
            None => Ok(parked),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParkingRulingDto {
    parking: String,
    queue: String,
    by: Text<PrincipalId>,
    because: String,
}

impl Dto<ParkingRuling> for ParkingRulingDto {
    fn of(value: &ParkingRuling, _: &mut Writing<'_>) -> Self {
        Self {
            parking: value.parking().to_owned(),
            queue: value.queue().to_owned(),
            by: Text::new(value.by()),
            because: value.because().to_owned(),
        }
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<ParkingRuling, StoredError> {
        let Self {
            parking,
            queue,
            by,
            because,
        } = self;
        // A ruling takes no more of the message than where it was parked.
        let parked = ParkedMessage::new(&parking, &queue, "any", "any").map_err(StoredError::damaged)?;
        ParkingRuling::on(&parked, by.take("by")?, &because).map_err(StoredError::damaged)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyChangeDto {
    policy: PolicyKindDto,
    by: Text<PrincipalId>,
    #[serde(deserialize_with = "present")]
    before: Option<Text<Fingerprint>>,
    after: Text<Fingerprint>,
}

impl Dto<PolicyChange> for PolicyChangeDto {
    fn of(value: &PolicyChange, writing: &mut Writing<'_>) -> Self {
        Self {
            policy: Dto::of(&value.policy(), writing),
            by: Text::new(value.by()),
            before: value.before().map(Text::new),
            after: Text::new(value.after()),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<PolicyChange, StoredError> {
        let Self {
            policy,
            by,
            before,
            after,
        } = self;
        let (policy, by, after) = (policy.into_domain(reading)?, by.take("by")?, after.take("after")?);
        match before {
            Some(before) => PolicyChange::replacing(before.take("before")?, policy, by, after)
                .map_err(StoredError::damaged),
            None => Ok(PolicyChange::first(policy, by, after)),
        }
    }
}

/// Who was forgotten stays written: the erasure itself is what an auditor must find.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureDto {
    subject: Text<PrincipalId>,
    by: Text<PrincipalId>,
    key: Text<Fingerprint>,
}

impl Dto<Erasure> for ErasureDto {
    fn of(value: &Erasure, _: &mut Writing<'_>) -> Self {
        Self {
            subject: Text::new(value.subject()),
            by: Text::new(value.by()),
            key: Text::new(value.key()),
        }
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<Erasure, StoredError> {
        let Self { subject, by, key } = self;
        Ok(Erasure::new(
            subject.take("subject")?,
            by.take("by")?,
            key.take("key")?,
        ))
    }
}
