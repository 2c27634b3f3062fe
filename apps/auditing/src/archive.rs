//! Which bookings are over and done with, and moving them out of the log into an archive.
//!
//! A booking is moved whole: its trip, its search and its charges. Drivers' streams, which are about many bookings, stay.

use crate::timeline::Standing;
use fiacre_domain::dispatch::Phase as SearchPhase;
use fiacre_domain::id::TripId;
use fiacre_domain::payment::Payment;
use fiacre_domain::saga;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::{ArchiveError, AtRest, Database, Segment};
use fiacre_ports::PortError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A booking that may be moved: its streams, and the version at which each ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    trip: TripId,
    streams: Vec<(StreamId, Version)>,
    bytes: u64,
}

impl Booking {
    /// Its trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }
}

/// The bookings of a log that are not archived yet, or have gone on since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Those that may be moved, by their trips' ids.
    pub bookings: Vec<Booking>,
    /// How many are not at rest: something may still happen by itself.
    pub open: u64,
    /// How many are at rest, and have changed at that moment or later.
    pub recent: u64,
    /// How many are at rest, and some message about them is not handled: it is to be published, waits or is parked.
    pub unsettled: u64,
    /// How many hold a commit that cannot be read.
    pub unreadable: u64,
}

/// What is to be done with a booking.
enum Verdict {
    Move(Booking),
    Open,
    Recent,
    Unreadable,
}

/// Finds the bookings that came to rest before a moment, by the domain's own rule; `progress` is told how many were looked at, of
/// how many.
///
/// # Errors
/// Where the log cannot be read.
pub fn select(
    folder: &AtRest,
    before: Timestamp,
    mut progress: impl FnMut(u64, u64),
) -> Result<Selection, PortError> {
    let trips = folder.trips_in_log()?;
    let unsettled = trips_of(&folder.unsettled()?);
    let mut selection = Selection::default();
    for (done, trip) in (1..).zip(&trips) {
        match judge(folder, *trip, before)? {
            Verdict::Move(_) if unsettled.contains(trip) => selection.unsettled += 1,
            Verdict::Move(booking) => selection.bookings.push(booking),
            Verdict::Open => selection.open += 1,
            Verdict::Recent => selection.recent += 1,
            Verdict::Unreadable => selection.unreadable += 1,
        }
        progress(done, trips.len() as u64);
    }
    Ok(selection)
}

fn trips_of(streams: &BTreeSet<StreamId>) -> BTreeSet<TripId> {
    streams.iter().filter_map(|stream| stream.trip()).collect()
}

fn judge(folder: &AtRest, trip: TripId, before: Timestamp) -> Result<Verdict, PortError> {
    let own = folder.stream(StreamId::Trip(trip), Version::EMPTY);
    let search = folder.stream(StreamId::Dispatch(trip), Version::EMPTY);
    let (mut commits, mut heads, mut bytes) = (Vec::<Commit>::new(), BTreeMap::new(), 0_u64);
    for row in own.chain(search).chain(folder.charges(trip)) {
        let row = row?;
        let Ok(commit) = folder.decode(&row, None) else {
            return Ok(Verdict::Unreadable);
        };
        heads.insert(commit.stream, commit.version);
        bytes = bytes.saturating_add(row.bytes().len() as u64);
        commits.push(commit);
    }
    if !is_at_rest(&Standing::of(&commits)) {
        return Ok(Verdict::Open);
    }
    if commits.iter().any(|commit| commit.at >= before) {
        return Ok(Verdict::Recent);
    }
    let streams = heads.into_iter().collect();
    Ok(Verdict::Move(Booking { trip, streams, bytes }))
}

/// Whether nothing more happens by itself to the trip, its search and any of its charges.
fn is_at_rest(standing: &Standing) -> bool {
    let Standing {
        trip,
        search,
        charges,
        ..
    } = standing;
    let is_sought = match search.control().phase {
        SearchPhase::Absent | SearchPhase::Closed => false,
        SearchPhase::Searching
        | SearchPhase::Paused
        | SearchPhase::Assigned
        | SearchPhase::Exhausted
        | SearchPhase::Ending => true,
    };
    !is_sought
        && charges.values().all(Payment::is_at_rest)
        && saga::is_at_rest(trip, |number| charges.get(&number).cloned().unwrap_or_default())
}

/// What was moved, also where something failed.
#[derive(Debug, Default)]
pub struct Archived {
    /// The segments that were written.
    pub segments: Vec<Segment>,
    /// How many bookings lie in them: those that the selection begins with.
    pub bookings: usize,
    /// Why the rest stays, or why the disk has not got back what was moved.
    pub failure: Option<ArchiveError>,
}

/// Moves bookings into segments of about so many bytes each, within the database's folder or to `to`, and gives the disk back what
/// they took; `progress` is told how many are moved. Where a segment cannot be written, those before it are moved all the same:
/// whoever selects again goes on with the rest.
pub fn archive(
    database: &Database,
    selection: &Selection,
    to: Option<&Path>,
    segment_bytes: u64,
    mut progress: impl FnMut(u64),
) -> Archived {
    let mut archived = Archived::default();
    let (mut streams, mut bytes) = (Vec::new(), 0_u64);
    for (done, booking) in (1..).zip(&selection.bookings) {
        streams.extend_from_slice(&booking.streams);
        bytes = bytes.saturating_add(booking.bytes);
        if bytes < segment_bytes && done < selection.bookings.len() {
            continue;
        }
        match database.archive(&streams, to) {
            Ok(segment) => archived.segments.extend(segment),
            Err(error) => {
                archived.failure = Some(error);
                break;
            }
        }
        (archived.bookings, bytes) = (done, 0);
        streams.clear();
        progress(done as u64);
    }
    // A store that was not written to will not be now.
    let is_stuck = matches!(
        archived.failure,
        Some(ArchiveError::Store(_) | ArchiveError::Unknown(_))
    );
    if !archived.segments.is_empty() && !is_stuck {
        let compacted = database.compact();
        archived.failure = archived.failure.or(compacted.err());
    }
    archived
}
