//! The open searches of a region, found in the log: for a board that was lost, or never was.

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_ports::{Cursor, OpenSearch, Page};
use std::collections::BTreeMap;

/// A reading of the log, page by page.
#[derive(Debug, Default)]
pub(super) struct Rebuild {
    cursor: Cursor,
    open: BTreeMap<TripId, Version>,
}

impl Rebuild {
    /// Where to read on.
    pub(super) const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Takes a page in; gives the open searches once it was the last.
    pub(super) fn take(&mut self, region: RegionId, page: Page) -> Option<Vec<OpenSearch>> {
        for entry in page.entries {
            match entry.commit {
                Ok(commit) if commit.region == region => self.learn(&commit),
                Ok(_) => {}
                Err(error) => {
                    let (stream, version) = (entry.ticket.stream, entry.ticket.version);
                    tracing::error!(%stream, %version, %error, "commit not read; a search may be missing on the board");
                }
            }
        }
        if let Some(next) = page.next {
            self.cursor = next;
            return None;
        }
        let open = std::mem::take(&mut self.open).into_iter();
        Some(open.map(|(trip, version)| OpenSearch { trip, version }).collect())
    }

    /// The commits of a stream come in order: the last that says whether a search is open counts.
    fn learn(&mut self, commit: &Commit) {
        let StreamId::Dispatch(trip) = commit.stream else {
            return;
        };
        for event in commit.events.iter() {
            let Event::Dispatch(event) = event else { continue };
            match standing_of(event) {
                Some(true) => {
                    self.open.insert(trip, commit.version);
                }
                Some(false) => {
                    self.open.remove(&trip);
                }
                None => {}
            }
        }
    }
}

/// Whether a search is open (`true`) or over (`false`) after this event; none where the event does not say.
pub(super) const fn standing_of(event: &DispatchEvent) -> Option<bool> {
    match event {
        DispatchEvent::SearchStarted { .. } | DispatchEvent::SearchResumed { .. } => Some(true),
        DispatchEvent::SearchPaused { .. }
        | DispatchEvent::DriverAssigned { .. }
        | DispatchEvent::NoDriverFound { .. }
        | DispatchEvent::DispatchEnding
        | DispatchEvent::DispatchClosed => Some(false),
        DispatchEvent::SearchChanged { .. }
        | DispatchEvent::OfferMade(_)
        | DispatchEvent::OfferAccepted { .. }
        | DispatchEvent::OfferDeclined { .. }
        | DispatchEvent::OfferExpired { .. }
        | DispatchEvent::OfferWithdrawn { .. }
        | DispatchEvent::ReleaseAsked { .. }
        | DispatchEvent::ReleaseNoted { .. } => None,
    }
}
