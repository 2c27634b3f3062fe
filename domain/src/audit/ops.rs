//! A region's operation: parked messages are never dropped but by an audited command, and each policy follows the one before.

use super::finding::{Flaw, Notes};
use super::tape::Tape;
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::ops::{OpsEvent, ParkingRuling, PolicyChange, PolicyKind};
use crate::stream::{Cause, Commit, StreamId, Version};
use std::collections::BTreeMap;

/// What is parked and in force in a region.
#[derive(Debug, Default)]
pub(super) struct Operation {
    pub(super) tape: Tape,
    /// By queue and parking.
    parked: BTreeMap<(String, String), Version>,
    policies: BTreeMap<PolicyKind, Fingerprint>,
}

impl Operation {
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
                OpsEvent::MessageParked(message) => {
                    let place = (message.queue().to_owned(), message.parking().to_owned());
                    self.parked.insert(place, commit.version);
                }
                OpsEvent::MessageReplayed(ruling) => self.rule(ruling, notes),
                OpsEvent::MessageDropped(ruling) => {
                    self.rule(ruling, notes);
                    notes.expect(
                        matches!(commit.cause, Cause::Command(_)),
                        Flaw::MessageDroppedUnasked,
                    );
                }
                OpsEvent::PolicyChanged(change) => self.change(change, notes),
                OpsEvent::SubjectErased(_) => {}
            }
        }
        true
    }

    fn rule(&mut self, ruling: &ParkingRuling, notes: &mut Notes<'_>) {
        let place = (ruling.queue().to_owned(), ruling.parking().to_owned());
        notes.expect(self.parked.remove(&place).is_some(), Flaw::MessageUnknown);
    }

    /// The first change of a kind may replace what was configured before the log began.
    fn change(&mut self, change: &PolicyChange, notes: &mut Notes<'_>) {
        let known = self.policies.insert(change.policy(), change.after());
        notes.expect(
            known.is_none() || known == change.before(),
            Flaw::PolicyOutOfOrder,
        );
    }

    pub(super) fn finish(&self, stream: StreamId, notes: &mut Notes<'_>) {
        for version in self.parked.values() {
            notes.add_at(stream, *version, Flaw::MessageStillParked);
        }
    }
}
