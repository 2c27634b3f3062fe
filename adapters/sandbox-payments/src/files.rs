//! The company's files. What may still move lies apart from what is over: each call reads and writes the first, which
//! stays small, and a day leaves hundreds of thousands in the second.

use crate::record::{Live, Record};
use fiacre_domain::id::IntentId;
use fiacre_ports::IntentView;
use std::collections::BTreeMap;
use std::ops::Bound;

#[derive(Debug, Default)]
pub(crate) struct Files {
    live: BTreeMap<IntentId, Record>,
    closed: BTreeMap<IntentId, Record>,
}

impl Files {
    pub(crate) fn open(&mut self, intent: IntentId, live: Live) {
        self.live.insert(intent, Record::Live(Box::new(live)));
    }

    /// Puts away what is over, with its keys forgotten; what is not over stays.
    pub(crate) fn close(&mut self, intent: IntentId) {
        if let Some(Record::Live(live)) = self.live.get(&intent)
            && let Some(closed) = live.closed()
        {
            self.live.remove(&intent);
            self.closed.insert(intent, Record::Closed(closed));
        }
    }

    pub(crate) fn drop_closed(&mut self, intent: IntentId) {
        self.closed.remove(&intent);
    }

    pub(crate) fn get(&self, intent: IntentId) -> Option<&Record> {
        self.live.get(&intent).or_else(|| self.closed.get(&intent))
    }

    pub(crate) fn get_mut(&mut self, intent: IntentId) -> Option<&mut Record> {
        self.live
            .get_mut(&intent)
            .or_else(|| self.closed.get_mut(&intent))
    }

    pub(crate) fn live(&self, intent: IntentId) -> Option<&Live> {
        match self.live.get(&intent)? {
            Record::Live(live) => Some(live),
            Record::Closed(_) => None,
        }
    }

    pub(crate) fn live_mut(&mut self, intent: IntentId) -> Option<&mut Live> {
        match self.live.get_mut(&intent)? {
            Record::Live(live) => Some(live),
            Record::Closed(_) => None,
        }
    }

    /// What follows `after` in the order of ids, at most `max`, wherever it lies.
    pub(crate) fn page(&self, after: Option<IntentId>, max: usize) -> Vec<IntentView> {
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut views: Vec<IntentView> = [&self.live, &self.closed]
            .into_iter()
            .flat_map(|files| files.range(range).take(max))
            .map(|(intent, record)| record.view(*intent))
            .collect();
        views.sort_unstable_by_key(|view| view.intent);
        views.truncate(max);
        views
    }
}
