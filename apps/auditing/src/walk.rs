//! The order in which an audit reads folders: trip by trip, and of each driver no more than has been spoken of.
//!
//! The log lies by kind of stream. Read so, every trip would be open until its last kind comes, and a million trips would be
//! in memory at once. Trips, searches and charges lie in the order of the trips' ids, so that three readers side by side give
//! trip after trip whole. A driver's stream speaks of many trips: once a search is read that locked a driver, the
//! driver's stream is read on until it has let go of the trip. Ids begin with the time, so what it says of other trips by then
//! is of those around it, and the audit keeps few open.

use crate::log::{Log, Rows};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::driver::DriverEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_embedded::{Kept, LogRow};
use fiacre_ports::PortError;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::sync::Arc;

/// A commit as the walk came by it.
pub(crate) struct Seen<'a> {
    pub(crate) row: &'a LogRow,
    pub(crate) commit: Result<Arc<Commit>, PortError>,
}

/// The folder in which the walk could not go on, by number, and why.
#[derive(Debug)]
pub(crate) struct Stuck {
    pub(crate) folder: usize,
    pub(crate) error: PortError,
}

/// How far a driver's stream has been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: usize,
    version: Version,
}

/// Shows every commit of the folders, of each stream in order; what cannot be read is shown as such.
pub(crate) fn walk(folders: &[impl Log], see: impl FnMut(Seen<'_>)) -> Result<(), Stuck> {
    let mut walk = Walk {
        folders,
        see,
        drivers: BTreeMap::new(),
        let_go: BTreeSet::new(),
    };
    for kind in [Kept::Tariffs, Kept::Operations] {
        walk.whole(kind)?;
    }
    walk.trips()?;
    walk.rest_of_drivers()
}

struct Walk<'f, L, S> {
    folders: &'f [L],
    see: S,
    drivers: BTreeMap<DriverId, Place>,
    /// Of trips that are still to come: drivers whose streams were read beyond having let go of them.
    let_go: BTreeSet<(TripId, DriverId)>,
}

impl<L: Log, S: FnMut(Seen<'_>)> Walk<'_, L, S> {
    fn whole(&mut self, kind: Kept) -> Result<(), Stuck> {
        for (number, folder) in self.folders.iter().enumerate() {
            for row in folder.streams(kind) {
                self.show(number, row)?;
            }
        }
        Ok(())
    }

    fn trips(&mut self) -> Result<(), Stuck> {
        let folders = self.folders.iter().enumerate();
        let mut readers: Vec<(usize, Peekable<Rows<'_>>)> = [Kept::Trips, Kept::Searches, Kept::Charges]
            .into_iter()
            .flat_map(|kind| {
                folders
                    .clone()
                    .map(move |(number, folder)| (number, folder.streams(kind).peekable()))
            })
            .collect();
        while let Some(trip) = readers.iter_mut().filter_map(|(_, rows)| next_trip(rows)).min() {
            let mut locked = BTreeSet::new();
            for (number, rows) in &mut readers {
                // A row that cannot be read is of no trip, and ends the walk here.
                while let Some(row) = rows.next_if(|row| trip_of(row).is_none_or(|of| of == trip)) {
                    let commit = self.show(*number, row)?;
                    locked.extend(commit.iter().flat_map(|commit| asked_locks(commit)));
                }
            }
            for driver in locked {
                self.follow(driver, trip)?;
            }
        }
        Ok(())
    }

    /// Reads a driver's stream on until it has answered the trip's lock, and ended it.
    fn follow(&mut self, driver: DriverId, trip: TripId) -> Result<(), Stuck> {
        if self.let_go.remove(&(trip, driver)) {
            return Ok(());
        }
        let place = self.drivers.get(&driver).copied().unwrap_or_default();
        for (number, folder) in self.folders.iter().enumerate().skip(place.folder) {
            let after = if number == place.folder {
                place.version
            } else {
                Version::EMPTY
            };
            for row in folder.stream(StreamId::Driver(driver), after) {
                let version = row.as_ref().map_or(after, |row| row.ticket().version);
                let commit = self.show(number, row)?;
                self.drivers.insert(
                    driver,
                    Place {
                        folder: number,
                        version,
                    },
                );
                let ended: BTreeSet<_> = commit.iter().flat_map(|commit| ended_locks(commit)).collect();
                let is_over = ended.contains(&trip);
                let others = ended.into_iter().filter(|other| *other > trip);
                self.let_go.extend(others.map(|other| (other, driver)));
                if is_over {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn rest_of_drivers(&mut self) -> Result<(), Stuck> {
        for (number, folder) in self.folders.iter().enumerate() {
            for row in folder.streams(Kept::Drivers) {
                let is_shown = row.as_ref().is_ok_and(|row| {
                    let StreamId::Driver(driver) = row.ticket().stream else {
                        return false;
                    };
                    let here = Place {
                        folder: number,
                        version: row.ticket().version,
                    };
                    self.drivers.get(&driver).is_some_and(|place| here <= *place)
                });
                if !is_shown {
                    self.show(number, row)?;
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, number: usize, row: Result<LogRow, PortError>) -> Result<Option<Arc<Commit>>, Stuck> {
        let stuck = |error| Stuck {
            folder: number,
            error,
        };
        let row = row.map_err(stuck)?;
        let Some(folder) = self.folders.get(number) else {
            return Ok(None);
        };
        let commit = folder.decode(&row, None).map(Arc::new);
        let shown = commit.as_ref().ok().cloned();
        (self.see)(Seen { row: &row, commit });
        Ok(shown)
    }
}

fn next_trip(rows: &mut Peekable<Rows<'_>>) -> Option<TripId> {
    // A row that cannot be read comes first: it ends the walk.
    rows.peek()
        .map(|row| trip_of(row).unwrap_or(TripId::from_u128(0)))
}

fn trip_of(row: &Result<LogRow, PortError>) -> Option<TripId> {
    row.as_ref().ok()?.ticket().stream.trip()
}

/// The drivers whose locks a search asks for.
fn asked_locks(commit: &Commit) -> impl Iterator<Item = DriverId> {
    commit.events.iter().filter_map(|event| {
        if let Event::Dispatch(DispatchEvent::OfferAccepted { driver, .. }) = event {
            Some(*driver)
        } else {
            None
        }
    })
}

/// The trips that a driver has let go of, or never was locked to.
fn ended_locks(commit: &Commit) -> impl Iterator<Item = TripId> {
    commit.events.iter().filter_map(|event| {
        if let Event::Driver(DriverEvent::Released { trip, .. } | DriverEvent::LockRefused { trip, .. }) =
            event
        {
            Some(*trip)
        } else {
            None
        }
    })
}
