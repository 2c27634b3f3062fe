//! The company's outgoing post: notices until they are acknowledged.

use crate::journal::stored_fields;
use fiacre_domain::id::{IntentId, WebhookId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::PaymentNotice;
use std::collections::{BTreeMap, BTreeSet};

/// How long after a first delivery without acknowledgement a notice is delivered again; twice as long each time.
const REDELIVERY_FIRST: Millis = Millis::from_secs(60);
/// The longest time between two deliveries.
const REDELIVERY_MAX: Millis = Millis::from_minutes(60);
/// How long after a notice was delivered its needless copy comes.
const COPY_GAP: Millis = Millis::from_secs(1);

#[derive(Debug)]
struct Letter {
    intent: IntentId,
    due: Timestamp,
    delivered_at: Option<Timestamp>,
    next_gap: Millis,
    copy_follows: bool,
}

/// Notices that wait to be delivered or acknowledged. At least once, in no order, without giving up.
#[derive(Debug, Default)]
pub(crate) struct Post {
    letters: BTreeMap<WebhookId, Letter>,
    due: BTreeSet<(Timestamp, WebhookId)>,
}

stored_fields! {
    Letter { intent due delivered_at next_gap copy_follows }
    Post { letters due }
}

impl Post {
    pub(crate) fn send(&mut self, notice: PaymentNotice, due: Timestamp, doubled: bool) {
        let letter = Letter {
            intent: notice.intent,
            due,
            delivered_at: None,
            next_gap: REDELIVERY_FIRST,
            copy_follows: doubled,
        };
        if let Some(replaced) = self.letters.insert(notice.id, letter) {
            self.due.remove(&(replaced.due, notice.id));
        }
        self.due.insert((due, notice.id));
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }

    /// What is due at `now`, at most `max`; each comes again unless it is acknowledged.
    pub(crate) fn take_due(&mut self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        let ids: Vec<WebhookId> = self
            .due
            .iter()
            .take_while(|(due, _)| *due <= now)
            .map(|(_, id)| *id)
            .take(max)
            .collect();
        ids.into_iter().filter_map(|id| self.deliver(id, now)).collect()
    }

    fn deliver(&mut self, id: WebhookId, now: Timestamp) -> Option<PaymentNotice> {
        let letter = self.letters.get_mut(&id)?;
        self.due.remove(&(letter.due, id));
        letter.due = now.plus(letter.next_gap);
        letter.delivered_at = Some(now);
        letter.next_gap = letter
            .next_gap
            .saturating_add(letter.next_gap)
            .min(REDELIVERY_MAX);
        self.due.insert((letter.due, id));
        Some(PaymentNotice {
            id,
            intent: letter.intent,
        })
    }

    /// Of which intents notices wait to be delivered or acknowledged, as often as there are notices.
    pub(crate) fn intents(&self) -> impl Iterator<Item = IntentId> {
        self.letters.values().map(|letter| letter.intent)
    }

    /// Takes an acknowledgement; of what was not delivered, or is forgotten, it changes nothing.
    pub(crate) fn acknowledge(&mut self, id: WebhookId) {
        let Some(letter) = self.letters.get_mut(&id) else {
            return;
        };
        let Some(delivered_at) = letter.delivered_at else {
            return;
        };
        self.due.remove(&(letter.due, id));
        if letter.copy_follows {
            letter.copy_follows = false;
            letter.delivered_at = None;
            letter.due = delivered_at.plus(COPY_GAP);
            self.due.insert((letter.due, id));
        } else {
            self.letters.remove(&id);
        }
    }
}
