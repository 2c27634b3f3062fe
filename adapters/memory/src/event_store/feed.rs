//! What is not published yet.

use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Shard, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Which commits of a batch their feed sees late, by stream, and when.
pub(super) type LateCommits = BTreeMap<StreamId, Timestamp>;

/// The unpublished commits of one service's streams, in the order in which they became visible.
#[derive(Debug, Default)]
pub(super) struct Feed {
    visible: VecDeque<Arc<Commit>>,
    /// Commits that became visible late, and what followed them in their streams.
    late: BTreeMap<(Timestamp, u64), Arc<Commit>>,
    late_next: u64,
    /// Until when a stream with late commits holds back what follows.
    held_until: BTreeMap<StreamId, Timestamp>,
    /// Commits that were set aside, and until when.
    on_hold: BTreeMap<Ticket, Timestamp>,
}

impl Feed {
    /// Adds a commit; `visible_at` is later than now for a late one.
    pub(super) fn push(&mut self, commit: Arc<Commit>, visible_at: Option<Timestamp>) {
        if visible_at.is_none()
            && (self.held_until.is_empty() || !self.held_until.contains_key(&commit.stream))
        {
            self.visible.push_back(commit);
            return;
        }
        // A later commit of the stream waits for an earlier one: the feed keeps the order of each stream.
        let held = self
            .held_until
            .entry(commit.stream)
            .or_insert(Timestamp::from_ms(i64::MIN));
        *held = visible_at.map_or(*held, |visible_at| visible_at.max(*held));
        self.late.insert((*held, self.late_next), commit);
        self.late_next += 1;
    }

    /// The oldest commits that are visible at `now`, at most `max`; else when the next will be.
    pub(super) fn oldest(
        &mut self,
        shard: Shard,
        now: Timestamp,
        max: usize,
    ) -> Result<Vec<Arc<Commit>>, Timestamp> {
        self.release(now);
        self.end_holds(now);
        let own = self.visible.iter().filter(|commit| shard.covers(commit.stream));
        let oldest: Vec<_> = own
            .filter(|commit| self.on_hold.is_empty() || !self.on_hold.contains_key(&ticket(commit)))
            .take(max)
            .cloned()
            .collect();
        if oldest.is_empty() {
            let late = self.late.first_key_value().map(|(&(at, _), _)| at);
            let hold_ends = self.on_hold.values().min().copied();
            return Err(late.into_iter().chain(hold_ends).min().unwrap_or(Timestamp::MAX));
        }
        Ok(oldest)
    }

    /// How many there are, visible or not.
    pub(super) fn len(&self) -> usize {
        self.visible.len() + self.late.len()
    }

    /// Sets a commit aside.
    fn hold(&mut self, commit: Ticket, until: Timestamp) {
        self.on_hold.insert(commit, until);
    }

    fn release(&mut self, now: Timestamp) {
        while let Some(first) = self.late.first_entry() {
            if first.key().0 > now {
                return;
            }
            self.visible.push_back(first.remove());
        }
        self.held_until.clear();
    }

    /// Ends the holds that are over.
    fn end_holds(&mut self, now: Timestamp) {
        if !self.on_hold.is_empty() {
            self.on_hold.retain(|_, until| *until > now);
        }
    }

    /// Removes what was published. Tickets mostly come as the feed gave them: then nothing is searched.
    pub(super) fn remove(&mut self, tickets: impl Iterator<Item = Ticket>) {
        let mut others = BTreeSet::new();
        for published in tickets {
            let is_first = self
                .visible
                .front()
                .is_some_and(|first| ticket(first) == published);
            if is_first && others.is_empty() {
                self.visible.pop_front();
            } else {
                others.insert(published);
            }
        }
        let mut kept = Vec::new();
        while !others.is_empty()
            && let Some(first) = self.visible.pop_front()
        {
            if !others.remove(&ticket(&first)) {
                kept.push(first);
            }
        }
        for commit in kept.into_iter().rev() {
            self.visible.push_front(commit);
        }
    }
}

fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

/// One feed a service.
#[derive(Debug, Default)]
pub(super) struct Feeds([Feed; Service::ALL.len()]);

impl Feeds {
    pub(super) const fn of(&mut self, service: Service) -> &mut Feed {
        let [trip, driver, payment] = &mut self.0;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    pub(super) fn hold(&mut self, tickets: &[Ticket], until: Timestamp) {
        for ticket in tickets {
            if let Some(service) = Service::owner(ticket.stream) {
                self.of(service).hold(*ticket, until);
            }
        }
    }

    pub(super) fn mark_published(&mut self, tickets: &[Ticket]) {
        for service in Service::ALL {
            let own = |ticket: &&Ticket| Service::owner(ticket.stream) == Some(service);
            self.of(service).remove(tickets.iter().filter(own).copied());
        }
    }
}
