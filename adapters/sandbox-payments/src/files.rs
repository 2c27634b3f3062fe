//! The company's files. What may still move lies apart from what is over: each call reads and writes the first, which
//! stays small, and a day leaves hundreds of thousands in the second.

use crate::journal::stored_fields;
use crate::record::{Closed, Live, Record};
use fiacre_domain::id::IntentId;
use fiacre_ports::{Cursor, IntentPage, IntentView};
use std::collections::BTreeMap;
use std::ops::Bound;

#[derive(Debug, Default)]
pub(crate) struct Files {
    live: BTreeMap<IntentId, Box<Live>>,
    closed: BTreeMap<IntentId, Closed>,
}

stored_fields! { Files { live closed } }

impl Files {
    pub(crate) fn open(&mut self, intent: IntentId, live: Live) {
        self.live.insert(intent, Box::new(live));
    }

    /// Puts away what is over, with its keys forgotten; what is not over stays.
    pub(crate) fn close(&mut self, intent: IntentId) {
        if let Some(closed) = self.live(intent).and_then(Live::closed) {
            self.live.remove(&intent);
            self.closed.insert(intent, closed);
        }
    }

    pub(crate) fn drop_closed(&mut self, intent: IntentId) {
        self.closed.remove(&intent);
    }

    pub(crate) fn get(&self, intent: IntentId) -> Option<Record<'_>> {
        let closed = || self.closed.get(&intent).map(Record::Closed);
        self.live(intent).map(Record::Live).or_else(closed)
    }

    /// Counts what is given back, negative for what comes back after all; tells whether there is such an intent.
    pub(crate) fn add_refunded(&mut self, intent: IntentId, minor: i64) -> bool {
        if let Some(live) = self.live.get_mut(&intent) {
            live.refunded_minor = live.refunded_minor.saturating_add(minor);
            return true;
        }
        let closed = self.closed.get_mut(&intent);
        closed.map(|closed| closed.add_refunded(minor)).is_some()
    }

    pub(crate) fn live(&self, intent: IntentId) -> Option<&Live> {
        self.live.get(&intent).map(Box::as_ref)
    }

    pub(crate) fn live_mut(&mut self, intent: IntentId) -> Option<&mut Live> {
        self.live.get_mut(&intent).map(Box::as_mut)
    }

    /// What follows `from` in the order of ids, at most `max`, wherever it lies. A cursor is the bits of the last id.
    pub(crate) fn page(&self, from: &Cursor, max: usize) -> IntentPage {
        let after = <[u8; 16]>::try_from(&*from.0).ok();
        let after = after.map(|bits| IntentId::from_u128(u128::from_be_bytes(bits)));
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let one_more = max.saturating_add(1);
        let live = self.live.range(range).take(one_more);
        let live = live.map(|(intent, live)| Record::Live(live).view(*intent));
        let closed = self.closed.range(range).take(one_more);
        let closed = closed.map(|(intent, closed)| Record::Closed(closed).view(*intent));
        let mut intents: Vec<IntentView> = live.chain(closed).collect();
        intents.sort_unstable_by_key(|view| view.intent);
        let is_last = intents.len() <= max;
        intents.truncate(max);
        let last = intents.last().filter(|_| !is_last);
        let next = last.map(|view| Cursor(view.intent.to_u128().to_be_bytes().to_vec()));
        IntentPage { intents, next }
    }
}
