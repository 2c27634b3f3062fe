//! The envelope of a commit, and its bytes.

use super::dto::{Dto, stored_enum, stored_struct};
use super::error::{Newer, StoredError};
use super::events::Record;
use super::personal::{Reading, Writing};
use super::upcast::{UPCASTERS, Upcaster};
use super::{COMMIT_BYTES_MAX, FORMAT, Opening, Privacy};
use crate::hash::digest;
use crate::text::Text;
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, RegionId, TariffId, TripId, WebhookId};
use fiacre_domain::stream::{
    Cause, ChargeNumber, Commit, EventId, StreamId, TimerId, TimerKind, TraceContext, Version,
};
use fiacre_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How many bytes of its hash end a commit, in every format: what a disk spoilt is told from what a newer release
/// wrote.
const CHECK_BYTES: usize = 4;

/// A stream; the trip of a cause is left out where it is that of the commit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum StreamDto {
    Trip(Option<Text<TripId>>),
    Dispatch(Option<Text<TripId>>),
    Driver(Text<DriverId>),
    Payment(Option<Text<TripId>>, u16),
    Ops(Text<RegionId>),
    Tariff(Text<TariffId>),
}

impl StreamDto {
    pub(super) fn of(stream: StreamId, beside: Option<TripId>) -> Self {
        let told = |trip: TripId| (Some(trip) != beside).then(|| Text::new(trip));
        match stream {
            StreamId::Trip(trip) => Self::Trip(told(trip)),
            StreamId::Dispatch(trip) => Self::Dispatch(told(trip)),
            StreamId::Driver(driver) => Self::Driver(Text::new(driver)),
            StreamId::Payment(trip, ChargeNumber(charge)) => Self::Payment(told(trip), charge),
            StreamId::Ops(region) => Self::Ops(Text::new(region)),
            StreamId::Tariff(tariff) => Self::Tariff(Text::new(tariff)),
        }
    }

    pub(super) fn into_domain(self, beside: Option<TripId>) -> Result<StreamId, StoredError> {
        let told = |trip: Option<Text<TripId>>| match (trip, beside) {
            (Some(trip), _) => Ok(trip.take("trip")?),
            (None, Some(trip)) => Ok(trip),
            (None, None) => Err(StoredError::damaged("a stream names no trip")),
        };
        Ok(match self {
            Self::Trip(trip) => StreamId::Trip(told(trip)?),
            Self::Dispatch(trip) => StreamId::Dispatch(told(trip)?),
            Self::Driver(driver) => StreamId::Driver(driver.take("driver")?),
            Self::Payment(trip, charge) => StreamId::Payment(told(trip)?, ChargeNumber(charge)),
            Self::Ops(region) => StreamId::Ops(region.take("region")?),
            Self::Tariff(tariff) => StreamId::Tariff(tariff.take("tariff")?),
        })
    }
}

stored_enum!(TimerKindDto = TimerKind {
    OrderExpires,
    SearchBudget(round: u8),
    OfferExpires(offer: u16),
    AuthorizationBudget(authorization: u8),
    ArrivalOverdue(round: u8),
    NoShow(round: u8),
    TripOverdue,
    LockReview(time: u16),
    HoldExpires(authorization: u8),
});

#[derive(Debug, Serialize, Deserialize)]
enum CauseDto {
    Event(StreamDto, u32, u16),
    Command(Text<CommandId>),
    Timer(StreamDto, u32, TimerKindDto),
    Webhook(Text<WebhookId>),
}

impl CauseDto {
    fn of(cause: Cause, beside: Option<TripId>, writing: &mut Writing<'_>) -> Self {
        match cause {
            Cause::Event(id) => {
                Self::Event(StreamDto::of(id.stream(), beside), id.version().get(), id.index())
            }
            Cause::Command(id) => Self::Command(Text::new(id)),
            Cause::Timer(TimerId {
                stream,
                version,
                kind,
            }) => Self::Timer(
                StreamDto::of(stream, beside),
                version.get(),
                Dto::of(&kind, writing),
            ),
            Cause::Webhook(id) => Self::Webhook(Text::new(id)),
        }
    }

    fn into_domain(self, beside: Option<TripId>) -> Result<Cause, StoredError> {
        Ok(match self {
            Self::Event(stream, version, index) => Cause::Event(EventId::new(
                stream.into_domain(beside)?,
                Version::new(version),
                index,
            )),
            Self::Command(id) => Cause::Command(id.take("cause")?),
            Self::Timer(stream, version, kind) => Cause::Timer(TimerId {
                stream: stream.into_domain(beside)?,
                version: Version::new(version),
                kind: kind.into_domain(&Reading::NOWHERE)?,
            }),
            Self::Webhook(id) => Cause::Webhook(id.take("cause")?),
        })
    }
}

stored_struct!(
    TraceDto = TraceContext {
        trace_id: [u8; 16],
        span_id: [u8; 8],
        flags: u8
    }
);

impl<const N: usize> Dto<[u8; N]> for [u8; N] {
    fn of(value: &[u8; N], _: &mut Writing<'_>) -> Self {
        *value
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<[u8; N], StoredError> {
        Ok(self)
    }
}

/// Format 1.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    stream: StreamDto,
    version: u32,
    at_ms: i64,
    cause: CauseDto,
    region: Text<RegionId>,
    trace: Option<Box<TraceDto>>,
    prev: Option<Text<Fingerprint>>,
    events: Vec<Record>,
}

/// The bytes of a commit. `prev` is the [hash](Stored::hash) of the commit before it in its stream; `None` for the
/// first.
///
/// The same commit, `prev` and key give the same bytes.
///
/// # Errors
/// [`StoredError::TooLarge`] beyond [`COMMIT_BYTES_MAX`].
pub fn encode(
    commit: &Commit,
    prev: Option<Fingerprint>,
    privacy: Privacy<'_>,
) -> Result<Vec<u8>, StoredError> {
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
    let envelope = Envelope {
        stream: StreamDto::of(*stream, None),
        version: version.get(),
        at_ms: at.ms(),
        cause: CauseDto::of(*cause, stream.trip(), &mut writing),
        region: Text::new(*region),
        trace: Dto::of(trace, &mut writing),
        prev: prev.map(Text::new),
        events: commit
            .numbered()
            .map(|(id, event)| Record::of(event, &mut Writing::new(id, privacy)))
            .collect::<Result<_, _>>()?,
    };
    framed(&envelope)
}

/// The hash of a commit that [`encode`] wrote: what the next commit of its stream gives as `prev`. For bytes that
/// came from elsewhere see [`Stored::hash`], which checks them.
pub fn hash(bytes: &[u8]) -> Fingerprint {
    digest(&bytes[..bytes.len().saturating_sub(CHECK_BYTES)])
}

/// The commit of these bytes, with its check, its versions and its parts all in order.
///
/// # Errors
/// See [`StoredError`].
pub fn decode(bytes: &[u8], opening: Opening<'_>) -> Result<Commit, StoredError> {
    Stored::read(bytes)?.into_commit(opening)
}

/// Behind its format and before its check.
pub(crate) fn framed(content: &impl Serialize) -> Result<Vec<u8>, StoredError> {
    let mut bytes = postcard::to_extend(content, vec![FORMAT])?;
    let check = check_of(&digest(&bytes));
    bytes.extend_from_slice(&check);
    if bytes.len() > COMMIT_BYTES_MAX {
        return Err(StoredError::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

const fn check_of(hash: &Fingerprint) -> [u8; CHECK_BYTES] {
    let [a, b, c, d, ..] = *hash.bytes();
    [a, b, c, d]
}

/// What lies between format and check, and the hash of it.
pub(crate) fn unframed<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
) -> Result<(T, Fingerprint), StoredError> {
    if bytes.len() > COMMIT_BYTES_MAX {
        return Err(StoredError::damaged("it is longer than any that was written"));
    }
    let Some((framed, check)) = bytes.split_last_chunk::<CHECK_BYTES>() else {
        return Err(StoredError::damaged("it is cut off"));
    };
    let hash = digest(framed);
    if check_of(&hash) != *check {
        return Err(StoredError::damaged("its bytes are not those that were written"));
    }
    match framed.split_first() {
        Some((&FORMAT, content)) => match postcard::take_from_bytes(content)? {
            (content, []) => Ok((content, hash)),
            (_, [_, ..]) => Err(StoredError::damaged("bytes are left over")),
        },
        Some((&format, _)) if format > FORMAT => Err(StoredError::Newer {
            what: Newer::Format,
            found: format.into(),
            known: FORMAT.into(),
        }),
        Some(_) | None => Err(StoredError::damaged("there never was such a format")),
    }
}

/// A commit whose envelope was read, and whose events were not yet: its place, hash and links, for which neither key
/// nor tariff is needed.
#[derive(Debug)]
pub struct Stored {
    stream: StreamId,
    version: Version,
    hash: Fingerprint,
    prev: Option<Fingerprint>,
    envelope: Envelope,
}

impl Stored {
    /// Reads the envelope.
    ///
    /// # Errors
    /// [`StoredError::Damaged`] for bytes that are not as they were written, [`StoredError::Newer`] for those of another format.
    pub fn read(bytes: &[u8]) -> Result<Self, StoredError> {
        let (mut envelope, hash) = unframed::<Envelope>(bytes)?;
        let prev = envelope.prev.take().map(|prev| prev.take("prev")).transpose()?;
        // Taken out, to be read once; nothing else asks for it.
        let stream = std::mem::replace(&mut envelope.stream, StreamDto::Trip(None)).into_domain(None)?;
        Ok(Self {
            stream,
            version: Version::new(envelope.version),
            hash,
            prev,
            envelope,
        })
    }

    /// The stream.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The version.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// SHA-256 of the bytes without their check: what the next commit of the stream names as `prev`.
    pub const fn hash(&self) -> Fingerprint {
        self.hash
    }

    /// The hash of the commit before it; `None` for the first of its stream.
    pub const fn prev(&self) -> Option<Fingerprint> {
        self.prev
    }

    /// The commit with its events.
    ///
    /// # Errors
    /// See [`StoredError`].
    pub fn into_commit(self, opening: Opening<'_>) -> Result<Commit, StoredError> {
        self.lifted(opening, UPCASTERS)
    }

    fn lifted(self, opening: Opening<'_>, upcasters: &[Upcaster]) -> Result<Commit, StoredError> {
        let Self {
            stream,
            version,
            envelope,
            ..
        } = self;
        // Stream and links were read with the envelope.
        let Envelope {
            stream: _,
            version: _,
            at_ms,
            cause,
            region,
            trace,
            prev: _,
            events,
        } = envelope;
        let place = |index| Reading::new(EventId::new(stream, version, index), opening);
        let events: Result<Vec<Event>, StoredError> = (0_u16..)
            .zip(events)
            .map(|(index, record)| record.read(&place(index), upcasters))
            .collect();
        Ok(Commit {
            stream,
            version,
            at: Timestamp::from_ms(at_ms),
            cause: cause.into_domain(stream.trip())?,
            region: region.take("region")?,
            trace: trace
                .map(|trace| trace.into_domain(&Reading::NOWHERE))
                .transpose()?,
            events: events?.into(),
        })
    }
}

/// The bytes of one event, for a message of its own; `id` is its place in the log.
///
/// # Errors
/// [`StoredError::TooLarge`] beyond [`COMMIT_BYTES_MAX`].
pub fn encode_event(id: EventId, event: &Event, privacy: Privacy<'_>) -> Result<Vec<u8>, StoredError> {
    framed(&Record::of(event, &mut Writing::new(id, privacy))?)
}

/// The event of these bytes, whose place in the log is `id`.
///
/// # Errors
/// See [`StoredError`].
pub fn decode_event(id: EventId, bytes: &[u8], opening: Opening<'_>) -> Result<Event, StoredError> {
    let (record, _) = unframed::<Record>(bytes)?;
    record.read(&Reading::new(id, opening), UPCASTERS)
}
