//! Every kind of event: its name, its version, and how it is read.

use super::dispatch::DispatchDto;
use super::driver::DriverDto;
use super::dto::Dto;
use super::dto::stored_enum;
use super::error::{Newer, StoredError};
use super::ops::OpsDto;
use super::payment::PaymentDto;
use super::personal::{Reading, Writing};
use super::tariff::TariffEventDto;
use super::trip::TripDto;
use super::upcast::{Upcaster, lifted};
use crate::bytes::Bytes;
use fiacre_domain::event::Event;
use serde::{Deserialize, Serialize};

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name in the log, as [`Event::name`] gives it.
    pub name: &'static str,
    /// The version of its shape that this release writes, from 1.
    pub version: u8,
}

/// The shape of an aggregate's events, with their names and versions; the order is that of the stored numbers, so new
/// events come last.
macro_rules! stored_events {
    ($dto:ident = $domain:ident { $(
        $name:literal $version:literal: $variant:ident
        $(($item:ident: $item_ty:ty))?
        $({ $($(#[$attr:meta])* $field:ident: $ty:ty),* $(,)? })?
    ),* $(,)? }) => {
        $crate::stored::dto::stored_enum!($dto = $domain { $(
            #[serde(rename = $name)]
            $variant $(($item: $item_ty))? $({ $($(#[$attr])* $field: $ty),* })?
        ),* });

        impl $dto {
            /// The kinds of this aggregate, by their stored numbers.
            pub(crate) const KINDS: &'static [$crate::stored::events::Kind] = &[
                $($crate::stored::events::Kind { name: $name, version: $version }),*
            ];
        }
    };
}
pub(crate) use stored_events;

stored_enum!(EventDto = Event {
    Trip(event: TripDto),
    Dispatch(event: DispatchDto),
    Driver(event: DriverDto),
    Payment(event: PaymentDto),
    Ops(event: OpsDto),
    Tariff(event: TariffEventDto),
});

/// The kinds of every aggregate, by the stored numbers of aggregates.
pub(crate) const AGGREGATES: [&[Kind]; 6] = [
    TripDto::KINDS,
    DispatchDto::KINDS,
    DriverDto::KINDS,
    PaymentDto::KINDS,
    OpsDto::KINDS,
    TariffEventDto::KINDS,
];

/// Every kind of event that this release reads and writes.
pub fn kinds() -> impl Iterator<Item = Kind> {
    AGGREGATES.into_iter().flatten().copied()
}

/// An event as it lies in a commit. Its bytes begin with the number of its aggregate and that of its kind.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u8,
    event: Bytes,
}

impl Record {
    #[cfg(test)]
    pub(crate) const fn from_parts(version: u8, event: Bytes) -> Self {
        Self { version, event }
    }

    pub(crate) fn of(event: &Event, writing: &mut Writing<'_>) -> Result<Self, StoredError> {
        let event = postcard::to_allocvec(&EventDto::of(event, writing))?;
        let version = kind_of(&event)?.version;
        Ok(Self {
            version,
            event: Bytes(event),
        })
    }

    /// The event, lifted to the version that is known here.
    pub(crate) fn read(self, reading: &Reading<'_>, upcasters: &[Upcaster]) -> Result<Event, StoredError> {
        let Self {
            version,
            event: Bytes(bytes),
        } = self;
        let kind = kind_of(&bytes)?;
        if version > kind.version {
            return Err(StoredError::Newer {
                what: Newer::Event(kind.name),
                found: version.into(),
                known: kind.version.into(),
            });
        }
        let bytes = lifted(kind.name, version..kind.version, bytes, upcasters)?;
        let (shape, rest) = postcard::take_from_bytes::<EventDto>(&bytes)?;
        if !rest.is_empty() {
            return Err(StoredError::damaged("bytes are left over").within(kind.name));
        }
        shape
            .into_domain(reading)
            .map_err(|error| error.within(kind.name))
    }
}

/// The kind of an event's bytes; both numbers are one byte each, as long as they are below 128.
fn kind_of(event: &[u8]) -> Result<Kind, StoredError> {
    let [aggregate, number, ..] = *event else {
        return Err(StoredError::damaged("an event is cut off"));
    };
    let unknown = |found: u8, known: usize| StoredError::Newer {
        what: Newer::Kind,
        found: found.into(),
        known: u32::try_from(known).unwrap_or(u32::MAX),
    };
    let kinds = AGGREGATES
        .get(usize::from(aggregate))
        .ok_or_else(|| unknown(aggregate, AGGREGATES.len()))?;
    let kind = kinds.get(usize::from(number));
    kind.copied().ok_or_else(|| unknown(number, kinds.len()))
}

/// An event of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exported {
    version: u8,
    event: EventDto,
}

impl Exported {
    pub(crate) fn of(event: &Event, writing: &mut Writing<'_>) -> Result<Self, StoredError> {
        let event = EventDto::of(event, writing);
        let version = kind_of(&postcard::to_allocvec(&event)?)?.version;
        Ok(Self { version, event })
    }

    /// The event; an export of another version is made again from the log.
    pub(crate) fn read(self, reading: &Reading<'_>) -> Result<Event, StoredError> {
        let Self { version, event } = self;
        let event: Event = event.into_domain(reading)?;
        let known = kinds().find(|kind| kind.name == event.name());
        match known {
            Some(kind) if kind.version == version => Ok(event),
            Some(kind) if kind.version < version => Err(StoredError::Newer {
                what: Newer::Event(kind.name),
                found: version.into(),
                known: kind.version.into(),
            }),
            Some(_) | None => Err(StoredError::damaged(format!(
                "{} of version {version} is not read from an export; export it again from the log",
                event.name()
            ))),
        }
    }
}
