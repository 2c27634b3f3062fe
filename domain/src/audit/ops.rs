//! Parked messages: never dropped but by an audited command.

use super::finding::{Flaw, Notes};
use super::tape::Tape;
use crate::event::{Event, OpsEvent};
use crate::stream::{Cause, Commit, StreamId, Version};
use std::collections::BTreeMap;

/// What is parked in a region.
#[derive(Debug, Default)]
pub(super) struct Parking {
    pub(super) tape: Tape,
    parked: BTreeMap<String, Version>,
}

impl Parking {
    pub(super) fn observe(&mut self, commit: &Commit, notes: &mut Notes<'_>) -> bool {
        if !self.tape.observe(commit, notes) {
            return false;
        }
        for event in commit.events.iter() {
            let Event::Ops(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            match event {
                OpsEvent::MessageParked(note) => {
                    self.parked.insert(note.message.clone(), commit.version);
                }
                OpsEvent::MessageReplayed(note) => {
                    notes.expect(self.parked.remove(&note.message).is_some(), Flaw::MessageUnknown);
                }
                OpsEvent::MessageDropped(note) => {
                    notes.expect(self.parked.remove(&note.message).is_some(), Flaw::MessageUnknown);
                    notes.expect(
                        matches!(commit.cause, Cause::Command(_)),
                        Flaw::MessageDroppedUnasked,
                    );
                }
                OpsEvent::PolicyChanged { .. } | OpsEvent::SubjectErased { .. } => {}
            }
        }
        true
    }

    pub(super) fn finish(&self, stream: StreamId, notes: &mut Notes<'_>) {
        for version in self.parked.values() {
            notes.add_at(stream, *version, Flaw::MessageStillParked);
        }
    }
}
