//! Commits and events as JSON, strict and versioned: the shapes are those that are stored, with names.
//!
//! Times are milliseconds since 1970 in UTC (`_ms`), distances millimetres (`_mm`), amounts minor units of their
//! currency.

use super::commit::TimerKindDto;
use super::dto::Dto;
use super::error::{Newer, StoredError};
use super::events::Exported;
use super::personal::{Reading, Writing};
use super::tariff::TariffDto;
use super::{FORMAT, Opening, Privacy};
use crate::bytes::Bytes;
use crate::present::present;
use crate::text::Text;
use crate::{JSON_VERSION, json};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, RegionId, WebhookId};
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, TimerId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CauseText {
    Event(Text<EventId>),
    Command(Text<CommandId>),
    Timer {
        stream: Text<StreamId>,
        version: u32,
        kind: TimerKindDto,
    },
    Webhook(Text<WebhookId>),
}

/// W3C trace context; the ids are hexadecimal digits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceText {
    trace_id: Bytes,
    span_id: Bytes,
    flags: u8,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitText {
    format: u8,
    stream: Text<StreamId>,
    version: u32,
    at_ms: i64,
    cause: CauseText,
    region: Text<RegionId>,
    #[serde(deserialize_with = "present")]
    trace: Option<TraceText>,
    #[serde(deserialize_with = "present")]
    prev_hash: Option<Text<Fingerprint>>,
    events: Vec<Exported>,
}

/// Reads only the format, so that a newer export says so instead of complaining of its fields.
#[derive(Debug, Deserialize)]
struct Formatted {
    format: u8,
}

/// A commit as JSON, indented, with a line break at its end; `prev` as for [`encode`](super::encode).
///
/// # Errors
/// None for what a log can hold.
pub fn commit_to_json(
    commit: &Commit,
    prev: Option<Fingerprint>,
    privacy: Privacy<'_>,
) -> Result<String, StoredError> {
    let Commit {
        stream,
        version,
        at,
        cause,
        region,
        trace,
        events: _,
    } = commit;
    let mut writing = Writing::new(EventId::new(*stream, *version, 0), privacy);
    let text = CommitText {
        format: FORMAT,
        stream: Text::new(*stream),
        version: version.get(),
        at_ms: at.ms(),
        cause: CauseText::of(*cause, &mut writing),
        region: Text::new(*region),
        trace: trace.as_deref().map(TraceText::of),
        prev_hash: prev.map(Text::new),
        events: commit
            .numbered()
            .map(|(id, event)| Exported::of(event, &mut Writing::new(id, privacy)))
            .collect::<Result<_, _>>()?,
    };
    pretty(&text)
}

/// A commit from JSON, with the hash that it names as that of the one before it.
///
/// # Errors
/// See [`StoredError`].
pub fn commit_from_json(
    text: &str,
    opening: Opening<'_>,
) -> Result<(Commit, Option<Fingerprint>), StoredError> {
    let Formatted { format } = json::read(text)?;
    is_known(format.into(), FORMAT.into(), Newer::Format)?;
    // The format was checked before.
    let CommitText {
        format: _,
        stream,
        version,
        at_ms,
        cause,
        region,
        trace,
        prev_hash,
        events,
    } = json::read(text)?;
    let (stream, version) = (stream.take("stream")?, Version::new(version));
    let place = |index| Reading::new(EventId::new(stream, version, index), opening);
    let events: Result<Vec<Event>, StoredError> = (0_u16..)
        .zip(events)
        .map(|(index, event)| event.read(&place(index)))
        .collect();
    let commit = Commit {
        stream,
        version,
        at: Timestamp::from_ms(at_ms),
        cause: cause.into_domain()?,
        region: region.take("region")?,
        trace: trace.map(TraceText::into_domain).transpose()?.map(Arc::new),
        events: events?.into(),
    };
    let prev = prev_hash.map(|prev| prev.take("prev_hash")).transpose()?;
    Ok((commit, prev))
}

/// An event as JSON, indented, with a line break at its end; `id` is its place in the log.
///
/// # Errors
/// None for what a log can hold.
pub fn event_to_json(id: EventId, event: &Event, privacy: Privacy<'_>) -> Result<String, StoredError> {
    pretty(&Exported::of(event, &mut Writing::new(id, privacy))?)
}

/// An event from JSON, whose place in the log is `id`.
///
/// # Errors
/// See [`StoredError`].
pub fn event_from_json(id: EventId, text: &str, opening: Opening<'_>) -> Result<Event, StoredError> {
    json::read::<Exported>(text)?.read(&Reading::new(id, opening))
}

pub(crate) fn pretty(value: &impl Serialize) -> Result<String, StoredError> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

impl CauseText {
    fn of(cause: Cause, writing: &mut Writing<'_>) -> Self {
        match cause {
            Cause::Event(id) => Self::Event(Text::new(id)),
            Cause::Command(id) => Self::Command(Text::new(id)),
            Cause::Timer(TimerId {
                stream,
                version,
                kind,
            }) => Self::Timer {
                stream: Text::new(stream),
                version: version.get(),
                kind: Dto::of(&kind, writing),
            },
            Cause::Webhook(id) => Self::Webhook(Text::new(id)),
        }
    }

    fn into_domain(self) -> Result<Cause, StoredError> {
        Ok(match self {
            Self::Event(id) => Cause::Event(id.take("cause")?),
            Self::Command(id) => Cause::Command(id.take("cause")?),
            Self::Timer {
                stream,
                version,
                kind,
            } => Cause::Timer(TimerId {
                stream: stream.take("cause")?,
                version: Version::new(version),
                kind: kind.into_domain(&Reading::NOWHERE)?,
            }),
            Self::Webhook(id) => Cause::Webhook(id.take("cause")?),
        })
    }
}

impl TraceText {
    fn of(trace: &TraceContext) -> Self {
        let TraceContext {
            trace_id,
            span_id,
            flags,
        } = trace;
        Self {
            trace_id: Bytes(trace_id.to_vec()),
            span_id: Bytes(span_id.to_vec()),
            flags: *flags,
        }
    }

    fn into_domain(self) -> Result<TraceContext, StoredError> {
        let Self {
            trace_id: Bytes(trace_id),
            span_id: Bytes(span_id),
            flags,
        } = self;
        let other_length = |_| StoredError::damaged("a trace has ids of 16 and 8 bytes").within("trace");
        Ok(TraceContext {
            trace_id: trace_id.try_into().map_err(other_length)?,
            span_id: span_id.try_into().map_err(other_length)?,
            flags,
        })
    }
}

/// A tariff, with the version of its shape.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TariffText {
    version: u32,
    tariff: Box<TariffDto>,
}

/// Reads only the version, so that a newer text says so instead of complaining of its fields.
#[derive(Debug, Deserialize)]
struct Versioned {
    version: u32,
}

/// Refuses a text of another version than `known`.
pub(crate) fn expect_version(text: &str, known: u32, what: Newer) -> Result<(), StoredError> {
    let Versioned { version } = json::read(text)?;
    is_known(version, known, what)
}

/// Refuses another version than `known`.
pub(crate) fn is_known(found: u32, known: u32, what: Newer) -> Result<(), StoredError> {
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoredError::Newer { what, found, known }),
        Ordering::Less => Err(StoredError::damaged(format!("there never was a version {found}"))),
    }
}

/// A tariff as JSON, indented, with a line break at its end: all of it, as its canonical bytes have it.
///
/// # Errors
/// None for what the domain can make.
pub fn tariff_to_json(tariff: &Tariff) -> Result<String, StoredError> {
    pretty(&TariffText {
        version: JSON_VERSION,
        tariff: Box::new(TariffDto::of(tariff).map_err(StoredError::damaged)?),
    })
}

/// A tariff from JSON: checked as a tariff file is, and with the same canonical bytes, hence fingerprint, as the one
/// that was written.
///
/// # Errors
/// [`StoredError::Newer`] for another version, [`StoredError::Damaged`] for what no tariff is.
pub fn tariff_from_json(text: &str) -> Result<Tariff, StoredError> {
    expect_version(text, JSON_VERSION, Newer::Tariff)?;
    // The version was checked before.
    let TariffText { version: _, tariff } = json::read(text)?;
    tariff.into_tariff()
}
