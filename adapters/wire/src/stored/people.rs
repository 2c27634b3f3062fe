//! Whose personal data a commit holds, for whoever asks the vault for its key.

use super::Privacy;
use super::dto::Dto;
use super::events::EventDto;
use super::personal::Writing;
use super::state::people_of;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_ports::{Binding, SnapshotState};

/// Whose personal data a commit holds.
///
/// Before a commit is encoded, its key comes from the [`KeyVault`](fiacre_ports::KeyVault): from `bind` where the
/// commit names riders, else from `keys`; and no key is asked for where nothing is sealed. Which fields are personal
/// is written once, in the shapes: this reads it from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    trip: Option<TripId>,
    bindings: Vec<Binding>,
    has_personal_fields: bool,
}

impl People {
    /// Of a commit.
    pub fn of(commit: &Commit) -> Self {
        let (mut riders, mut has_personal_fields) = (Vec::new(), false);
        for (id, event) in commit.numbered() {
            let mut writing = Writing::new(id, Privacy::Erased);
            let _shape = EventDto::of(event, &mut writing);
            let (fields, named) = writing.into_people();
            has_personal_fields |= fields > 0;
            riders.extend(named);
        }
        Self::named(commit.stream.trip(), riders, has_personal_fields)
    }

    /// Of a state.
    pub fn of_state(stream: StreamId, state: &SnapshotState) -> Self {
        people_of(stream, state)
    }

    /// Of what was written once, without a key.
    pub(super) fn read_from(trip: Option<TripId>, writing: Writing<'_>) -> Self {
        let (fields, riders) = writing.into_people();
        Self::named(trip, riders, fields > 0)
    }

    /// Nobody's.
    pub(super) const fn none() -> Self {
        Self {
            trip: None,
            bindings: Vec::new(),
            has_personal_fields: false,
        }
    }

    fn named(trip: Option<TripId>, mut riders: Vec<PrincipalId>, has_personal_fields: bool) -> Self {
        riders.sort_unstable();
        riders.dedup();
        let bound = trip.map(|trip| riders.into_iter().map(move |rider| Binding { trip, rider }));
        Self {
            trip,
            bindings: bound.into_iter().flatten().collect(),
            has_personal_fields,
        }
    }

    /// The trip whose key seals it; `None` where nothing is sealed.
    pub fn trip(&self) -> Option<TripId> {
        self.trip.filter(|_| self.has_personal_fields)
    }

    /// The riders to bind its trip to, each once, in the order of their ids.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }
}
