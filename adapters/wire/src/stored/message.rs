//! Messages between processes, for queues that are kept on disk.

use super::command::{DispatchCommandDto, DriverCommandDto, PaymentCommandDto, TripCommandDto};
use super::commit::{StreamDto, TraceDto, framed, unframed};
use super::dto::Dto;
use super::error::StoredError;
use super::events::Record;
use super::people::People;
use super::personal::{Reading, Writing};
use super::upcast::UPCASTERS;
use super::{Opening, Privacy};
use crate::text::Text;
use fiacre_domain::id::{CommandId, DriverId, IntentId, RegionId, TripId, WebhookId};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{ChargeNumber, EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Body, Message, PaymentNotice};
use serde::{Deserialize, Serialize};

/// A command, with whom it asks.
#[derive(Debug, Serialize, Deserialize)]
enum CommandDto {
    Trip(Text<TripId>, TripCommandDto),
    Dispatch(Text<TripId>, DispatchCommandDto),
    Driver(Text<DriverId>, DriverCommandDto),
    Payment(Text<TripId>, u16, PaymentCommandDto),
}

impl Dto<Command> for CommandDto {
    fn of(value: &Command, writing: &mut Writing<'_>) -> Self {
        match value {
            Command::Trip(trip, command) => Self::Trip(Text::new(*trip), Dto::of(command, writing)),
            Command::Dispatch(trip, command) => Self::Dispatch(Text::new(*trip), Dto::of(command, writing)),
            Command::Driver(driver, command) => Self::Driver(Text::new(*driver), Dto::of(command, writing)),
            Command::Payment(trip, ChargeNumber(charge), command) => {
                Self::Payment(Text::new(*trip), *charge, Dto::of(command, writing))
            }
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Command, StoredError> {
        Ok(match self {
            Self::Trip(trip, command) => Command::Trip(trip.take("trip")?, command.into_domain(reading)?),
            Self::Dispatch(trip, command) => {
                Command::Dispatch(trip.take("trip")?, command.into_domain(reading)?)
            }
            Self::Driver(driver, command) => {
                Command::Driver(driver.take("driver")?, command.into_domain(reading)?)
            }
            Self::Payment(trip, charge, command) => Command::Payment(
                trip.take("trip")?,
                ChargeNumber(charge),
                command.into_domain(reading)?,
            ),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum BodyDto {
    Event {
        stream: StreamDto,
        version: u32,
        index: u16,
        committed_at_ms: i64,
        event: Record,
    },
    Command {
        id: Text<CommandId>,
        /// Whom it asks: personal data stands under its trip's key.
        stream: StreamDto,
        command: Box<CommandDto>,
    },
    Notice {
        id: Text<WebhookId>,
        intent: Text<IntentId>,
    },
}

/// Format 1.
#[derive(Debug, Serialize, Deserialize)]
struct MessageDto {
    region: Text<RegionId>,
    trace: Option<Box<TraceDto>>,
    mandatory: bool,
    body: BodyDto,
}

/// Where a command's personal data is sealed: before the first commit of its stream.
const fn before(stream: StreamId) -> EventId {
    EventId::new(stream, Version::EMPTY, 0)
}

/// Of what holds nothing personal.
const NOWHERE: EventId = before(StreamId::Trip(TripId::from_u128(0)));

/// The stream that a message is about, under whose trip's key its personal data stands; none for a notice.
pub const fn stream_of(message: &Message) -> Option<StreamId> {
    match &message.body {
        Body::Event { id, .. } => Some(id.stream()),
        Body::Command { command, .. } => Some(command.stream()),
        Body::Notice(_) => None,
    }
}

impl People {
    /// Of a message: see [`of`](Self::of).
    pub fn of_message(message: &Message) -> Self {
        match &message.body {
            Body::Event { id, event, .. } => {
                let mut writing = Writing::new(*id, Privacy::Erased);
                let _shape = Record::of(event, &mut writing);
                Self::read_from(id.stream().trip(), writing)
            }
            Body::Command { command, .. } => {
                let mut writing = Writing::new(before(command.stream()), Privacy::Erased);
                let _shape = CommandDto::of(command, &mut writing);
                Self::read_from(command.stream().trip(), writing)
            }
            Body::Notice(_) => Self::none(),
        }
    }
}

/// The bytes of a message.
///
/// # Errors
/// [`StoredError::TooLarge`] beyond [`COMMIT_BYTES_MAX`](super::COMMIT_BYTES_MAX).
pub fn encode_message(message: &Message, privacy: Privacy<'_>) -> Result<Vec<u8>, StoredError> {
    let Message {
        body,
        region,
        trace,
        mandatory,
    } = message;
    let body = match body {
        Body::Event {
            id,
            committed_at,
            event,
        } => BodyDto::Event {
            stream: StreamDto::of(id.stream(), None),
            version: id.version().get(),
            index: id.index(),
            committed_at_ms: committed_at.ms(),
            event: Record::of(event, &mut Writing::new(*id, privacy))?,
        },
        Body::Command { id, command } => BodyDto::Command {
            id: Text::new(*id),
            stream: StreamDto::of(command.stream(), None),
            command: Box::new(Dto::of(
                command,
                &mut Writing::new(before(command.stream()), privacy),
            )),
        },
        Body::Notice(PaymentNotice { id, intent }) => BodyDto::Notice {
            id: Text::new(*id),
            intent: Text::new(*intent),
        },
    };
    framed(&MessageDto {
        region: Text::new(*region),
        trace: Dto::of(trace, &mut Writing::new(NOWHERE, Privacy::Erased)),
        mandatory: *mandatory,
        body,
    })
}

/// A message of which is known what it is about, and not yet what it says.
#[derive(Debug)]
pub struct StoredMessage {
    stream: Option<StreamId>,
    message: MessageDto,
}

impl StoredMessage {
    /// Reads what a message is about.
    ///
    /// # Errors
    /// See [`StoredError`].
    pub fn read(bytes: &[u8]) -> Result<Self, StoredError> {
        let (mut message, _) = unframed::<MessageDto>(bytes)?;
        let stream = match &mut message.body {
            BodyDto::Event { stream, .. } | BodyDto::Command { stream, .. } => {
                // Taken out, to be read once; nothing else asks for it.
                Some(std::mem::replace(stream, StreamDto::Trip(None)).into_domain(None)?)
            }
            BodyDto::Notice { .. } => None,
        };
        Ok(Self { stream, message })
    }

    /// The stream that it is about; none for a notice.
    pub const fn stream(&self) -> Option<StreamId> {
        self.stream
    }

    /// The message.
    ///
    /// # Errors
    /// See [`StoredError`].
    pub fn into_message(self, opening: Opening<'_>) -> Result<Message, StoredError> {
        let Self {
            stream,
            message:
                MessageDto {
                    region,
                    trace,
                    mandatory,
                    body,
                },
        } = self;
        let known = || stream.ok_or_else(|| StoredError::damaged("it names no stream"));
        let body = match body {
            BodyDto::Event {
                stream: _,
                version,
                index,
                committed_at_ms,
                event,
            } => {
                let id = EventId::new(known()?, Version::new(version), index);
                Body::Event {
                    id,
                    committed_at: Timestamp::from_ms(committed_at_ms),
                    event: event.read(&Reading::new(id, opening), UPCASTERS)?,
                }
            }
            BodyDto::Command {
                id,
                stream: _,
                command,
            } => Body::Command {
                id: id.take("id")?,
                command: (*command).into_domain(&Reading::new(before(known()?), opening))?,
            },
            BodyDto::Notice { id, intent } => Body::Notice(PaymentNotice {
                id: id.take("id")?,
                intent: intent.take("intent")?,
            }),
        };
        Ok(Message {
            body,
            region: region.take("region")?,
            trace: trace
                .map(|trace| trace.into_domain(&Reading::NOWHERE))
                .transpose()?,
            mandatory,
        })
    }
}
