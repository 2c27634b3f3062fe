//! Messages, deliveries and queues as rows.

use crate::bytes::{Malformed, Reader, Row};
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{EventKinds, ParkReason, QueueSpec, RawMessage};
use std::collections::BTreeSet;

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// An event that lies in the log, with all that its message says but this.
    InLog { id: EventId, mandatory: bool },
    /// What the wire wrote.
    Whole(Vec<u8>),
    /// Bytes that are no message, as they came.
    Foreign(RawMessage),
}

impl Body {
    fn write(&self, row: &mut Row) {
        match self {
            Self::InLog { id, mandatory } => {
                row.u8(0).stream(id.stream()).version(id.version());
                row.u16(id.index()).u8((*mandatory).into());
            }
            Self::Whole(bytes) => {
                row.u8(1).bytes(bytes);
            }
            Self::Foreign(RawMessage { bytes, headers }) => {
                row.u8(2).bytes(bytes).count(headers.len());
                for (name, value) in headers {
                    row.text(name).text(value);
                }
            }
        }
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match row.u8()? {
            0 => {
                let (stream, version): (StreamId, Version) = (row.stream()?, row.version()?);
                Self::InLog {
                    id: EventId::new(stream, version, row.u16()?),
                    mandatory: row.u8()? == 1,
                }
            }
            1 => Self::Whole(row.bytes()?.to_vec()),
            2 => {
                let bytes = row.bytes()?.into();
                let count = row.u32()?;
                let headers = (0..count).map(|_| Ok((row.text()?, row.text()?)));
                Self::Foreign(RawMessage {
                    bytes,
                    headers: headers.collect::<Result<_, _>>()?,
                })
            }
            _ => return Err(Malformed),
        })
    }
}

/// A message in the log of messages, and the numbers of the queues that took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogEntry {
    pub(super) takers: Vec<u16>,
    pub(super) body: Body,
}

pub(super) fn log_key(first: u64) -> Vec<u8> {
    first.to_be_bytes().to_vec()
}

pub(super) fn read_log_key(key: &[u8]) -> Result<u64, Malformed> {
    let mut key = Reader::new(key);
    let first = key.u64()?;
    key.end()?;
    Ok(first)
}

pub(super) fn log_row(entries: &[LogEntry]) -> Vec<u8> {
    let mut row = Row::default();
    for LogEntry { takers, body } in entries {
        row.count(takers.len());
        for taker in takers {
            row.u16(*taker);
        }
        body.write(&mut row);
    }
    row.into_vec()
}

pub(super) fn read_log_row(value: &[u8]) -> Result<Vec<LogEntry>, Malformed> {
    let mut row = Reader::new(value);
    let mut entries = Vec::new();
    while !row.is_empty() {
        let count = row.u32()?;
        let takers = (0..count).map(|_| row.u16()).collect::<Result<_, _>>()?;
        let body = Body::read(&mut row)?;
        entries.push(LogEntry { takers, body });
    }
    Ok(entries)
}

/// The key of what a queue keeps on its own: by queue and number.
pub(super) fn own_key(queue: u16, number: u64) -> Vec<u8> {
    let mut key = Row::default();
    key.u16(queue).u64(number);
    key.into_vec()
}

pub(super) fn read_own_key(key: &[u8]) -> Result<(u16, u64), Malformed> {
    let mut key = Reader::new(key);
    let own = (key.u16()?, key.u64()?);
    key.end()?;
    Ok(own)
}

/// A message that a queue took out of the log: it failed, or was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeferredRow {
    pub(super) due_at: Timestamp,
    pub(super) failed: u32,
    pub(super) body: Body,
}

impl DeferredRow {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut row = Row::default();
        row.i64(self.due_at.ms()).u32(self.failed);
        self.body.write(&mut row);
        row.into_vec()
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut row = Reader::new(value);
        let deferred = Self {
            due_at: Timestamp::from_ms(row.i64()?),
            failed: row.u32()?,
            body: Body::read(&mut row)?,
        };
        row.end()?;
        Ok(deferred)
    }
}

/// What is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParkedRow {
    pub(super) at: Timestamp,
    pub(super) attempts: u32,
    pub(super) reason: ParkReason,
    pub(super) body: Body,
}

impl ParkedRow {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut row = Row::default();
        row.i64(self.at.ms()).u32(self.attempts);
        match &self.reason {
            ParkReason::AttemptsUsedUp { code, text } => row.u8(0).text(code).text(text),
            ParkReason::Refused { code, text } => row.u8(1).text(code).text(text),
            ParkReason::Undecodable { text } => row.u8(2).text(text),
        };
        self.body.write(&mut row);
        row.into_vec()
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut row = Reader::new(value);
        let (at, attempts) = (Timestamp::from_ms(row.i64()?), row.u32()?);
        let reason = match row.u8()? {
            0 => ParkReason::AttemptsUsedUp {
                code: row.text()?,
                text: row.text()?,
            },
            1 => ParkReason::Refused {
                code: row.text()?,
                text: row.text()?,
            },
            2 => ParkReason::Undecodable { text: row.text()? },
            _ => return Err(Malformed),
        };
        let parked = Self {
            at,
            attempts,
            reason,
            body: Body::read(&mut row)?,
        };
        row.end()?;
        Ok(parked)
    }
}

/// How far a queue has come in the log of messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cursor {
    /// What lies below may have been handed to a consumer.
    pub(super) handed: u64,
    /// Everything below is settled,
    pub(super) through: u64,
    /// but these.
    pub(super) open: BTreeSet<u64>,
}

impl Cursor {
    pub(super) fn is_open(&self, position: u64) -> bool {
        position >= self.through || self.open.contains(&position)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut row = Row::default();
        row.u64(self.handed).u64(self.through);
        for position in &self.open {
            row.u64(*position);
        }
        row.into_vec()
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut row = Reader::new(value);
        let (handed, through) = (row.u64()?, row.u64()?);
        let mut open = BTreeSet::new();
        while !row.is_empty() {
            open.insert(row.u64()?);
        }
        Ok(Self {
            handed,
            through,
            open,
        })
    }
}

/// What a queue takes, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) region: RegionId,
    /// The names of the events; nothing for all.
    pub(super) events: Option<BTreeSet<String>>,
    pub(super) commands_of: Option<Service>,
    pub(super) notices: bool,
    pub(super) single_active: bool,
    pub(super) attempts_max: u32,
}

impl From<&QueueSpec> for Binding {
    fn from(spec: &QueueSpec) -> Self {
        let QueueSpec {
            name: _,
            region,
            events,
            commands_of,
            notices,
            single_active,
            attempts_max,
        } = spec;
        Self {
            region: *region,
            events: match events {
                EventKinds::All => None,
                EventKinds::Of(kinds) => Some(kinds.iter().map(|kind| kind.name().to_owned()).collect()),
            },
            commands_of: *commands_of,
            notices: *notices,
            single_active: *single_active,
            attempts_max: *attempts_max,
        }
    }
}

/// The flags of a binding. Folders from before there was a single active consumer have the first alone.
const NOTICES: u8 = 1;
const SINGLE_ACTIVE: u8 = 2;

const fn number(service: Service) -> u8 {
    match service {
        Service::Trip => 0,
        Service::Driver => 1,
        Service::Payment => 2,
    }
}

impl Binding {
    pub(super) fn write(&self, queue: u16) -> Vec<u8> {
        let mut row = Row::default();
        row.u16(queue).region(self.region);
        row.option(self.events.as_ref(), |row, events| {
            row.count(events.len());
            for event in events {
                row.text(event);
            }
        });
        row.option(self.commands_of, |row, service| {
            row.u8(number(service));
        });
        let is = |flag: u8, set: bool| if set { flag } else { 0 };
        row.u8(is(NOTICES, self.notices) | is(SINGLE_ACTIVE, self.single_active));
        row.u32(self.attempts_max);
        row.into_vec()
    }

    pub(super) fn read(value: &[u8]) -> Result<(u16, Self), Malformed> {
        let mut row = Reader::new(value);
        let (queue, region) = (row.u16()?, row.region()?);
        let events = row.option(|row| {
            let count = row.u32()?;
            (0..count).map(|_| row.text()).collect()
        })?;
        let commands_of = row.option(|row| {
            let tag = row.u8()?;
            let service = Service::ALL.into_iter().find(|service| number(*service) == tag);
            service.ok_or(Malformed)
        })?;
        let flags = row.u8()?;
        if flags & !(NOTICES | SINGLE_ACTIVE) != 0 {
            return Err(Malformed);
        }
        let binding = Self {
            region,
            events,
            commands_of,
            notices: flags & NOTICES != 0,
            single_active: flags & SINGLE_ACTIVE != 0,
            attempts_max: row.u32()?,
        };
        row.end()?;
        Ok((queue, binding))
    }
}
