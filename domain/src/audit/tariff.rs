//! A tariff's publications: each on its own stream, each version above the one before.

use super::finding::{Flaw, Notes};
use super::tape::Tape;
use crate::event::Event;
use crate::id::TariffId;
use crate::pricing::TariffEvent;
use crate::stream::Commit;

/// What was published of a tariff.
#[derive(Debug, Default)]
pub(super) struct Publications {
    pub(super) tape: Tape,
    latest: Option<u32>,
}

impl Publications {
    pub(super) fn observe(&mut self, tariff: TariffId, commit: &Commit, notes: &mut Notes<'_>) -> bool {
        if !self.tape.observe(commit, notes) {
            return false;
        }
        for event in commit.events.iter() {
            let Event::Tariff(TariffEvent::Published(publication)) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            let version = Some(publication.version());
            let follows = publication.id() == tariff && self.latest < version;
            notes.expect(follows, Flaw::TariffOutOfPlace);
            self.latest = self.latest.max(version);
        }
        true
    }
}
