//! Deadlines on disk, and in memory by the time at which they are due.

use crate::bytes::{Malformed, Reader, Row};
use crate::database::{Core, Database};
use crate::draft::Draft;
use crate::lock::lock;
use crate::signal::Signal;
use crate::tables::{ReadError, Table, Tables};
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{TimerId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Clock, PortError, Scope, Shard, Timer, Timers};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

/// The timers of every service.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    armed: [Mutex<Armed>; Service::ALL.len()],
    changed: [Signal; Service::ALL.len()],
}

/// Timers of one service, as they are on disk.
#[derive(Debug, Default)]
struct Armed {
    by_id: BTreeMap<TimerId, Timer>,
    by_due: BTreeSet<(Timestamp, TimerId)>,
}

impl Armed {
    fn arm(&mut self, timer: Timer) {
        self.remove(timer.id);
        self.by_due.insert((timer.due_at, timer.id));
        self.by_id.insert(timer.id, timer);
    }

    fn remove(&mut self, id: TimerId) {
        if let Some(timer) = self.by_id.remove(&id) {
            self.by_due.remove(&(timer.due_at, id));
        }
    }

    fn due_at(&self, id: TimerId) -> Option<Timestamp> {
        self.by_id.get(&id).map(|timer| timer.due_at)
    }

    /// Timers of `shard` due at `now`, earliest first; else when the next is.
    fn due(&self, shard: Shard, now: Timestamp, max: usize) -> Result<Vec<Timer>, Timestamp> {
        let mut own = self.by_due.iter().filter(|(_, id)| shard.covers(id.stream));
        let mut due = Vec::new();
        while due.len() < max {
            match own.next() {
                Some((due_at, id)) if *due_at <= now => due.extend(self.by_id.get(id).cloned()),
                Some((due_at, _)) if due.is_empty() => return Err(*due_at),
                Some(_) => break,
                None if due.is_empty() => return Err(Timestamp::MAX),
                None => break,
            }
        }
        if due.is_empty() {
            Err(Timestamp::MAX)
        } else {
            Ok(due)
        }
    }
}

impl Deadlines {
    /// Reads every timer.
    pub(crate) fn read(tables: &Tables) -> Result<Self, ReadError> {
        let deadlines = Self::default();
        for row in tables.prefix(Table::Timers, &[]) {
            let (key, value) = row?;
            let (service, timer) = read_timer(&key, &value)?;
            lock(deadlines.of(service)).arm(timer);
        }
        Ok(deadlines)
    }

    const fn of(&self, service: Service) -> &Mutex<Armed> {
        let [trip, driver, payment] = &self.armed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    const fn changed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.changed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    /// When a timer is due, seen by a group that is being planned; nothing for one that is not armed, or not known here.
    fn due_at(&self, draft: &Draft, service: Service, id: TimerId) -> Option<Timestamp> {
        match draft.timers.get(&(service, id)) {
            Some(planned) => planned.as_ref().map(|timer| timer.due_at),
            None => lock(self.of(service)).due_at(id),
        }
    }

    fn plan_schedule(draft: &mut Draft, timers: Vec<(Service, Timer)>) {
        for (service, timer) in timers {
            draft.put(Table::Timers, key(service, timer.id), value(&timer));
            draft.timers.insert((service, timer.id), Some(timer));
        }
    }

    fn plan_done(&self, draft: &mut Draft, timers: &[(Service, Timer)]) {
        for &(service, ref timer) in timers {
            let due_at = self.due_at(draft, service, timer.id);
            if due_at.is_none_or(|due_at| due_at <= timer.due_at) {
                draft.remove(Table::Timers, key(service, timer.id));
                draft.timers.insert((service, timer.id), None);
            }
        }
    }

    /// Learns what a group has written.
    pub(crate) fn learn(&self, written: &mut BTreeMap<(Service, TimerId), Option<Timer>>) {
        let mut changed = BTreeSet::new();
        for ((service, id), timer) in std::mem::take(written) {
            let mut armed = lock(self.of(service));
            match timer {
                Some(timer) => {
                    armed.arm(timer);
                    changed.insert(service);
                }
                None => armed.remove(id),
            }
        }
        for service in changed {
            self.changed(service).notify();
        }
    }
}

const fn number(service: Service) -> u8 {
    match service {
        Service::Trip => 0,
        Service::Driver => 1,
        Service::Payment => 2,
    }
}

const fn kind(kind: TimerKind) -> (u8, u16) {
    match kind {
        TimerKind::OrderExpires => (0, 0),
        TimerKind::SearchBudget(round) => (1, round as u16),
        TimerKind::OfferExpires(offer) => (2, offer),
        TimerKind::AuthorizationBudget(authorization) => (3, authorization as u16),
        TimerKind::ArrivalOverdue(round) => (4, round as u16),
        TimerKind::NoShow(round) => (5, round as u16),
        TimerKind::TripOverdue => (6, 0),
        TimerKind::LockReview(time) => (7, time),
        TimerKind::HoldExpires(authorization) => (8, authorization as u16),
    }
}

fn read_kind(tag: u8, number: u16) -> Result<TimerKind, Malformed> {
    let small = || u8::try_from(number).map_err(|_| Malformed);
    Ok(match tag {
        0 => TimerKind::OrderExpires,
        1 => TimerKind::SearchBudget(small()?),
        2 => TimerKind::OfferExpires(number),
        3 => TimerKind::AuthorizationBudget(small()?),
        4 => TimerKind::ArrivalOverdue(small()?),
        5 => TimerKind::NoShow(small()?),
        6 => TimerKind::TripOverdue,
        7 => TimerKind::LockReview(number),
        8 => TimerKind::HoldExpires(small()?),
        _ => return Err(Malformed),
    })
}

fn key(service: Service, id: TimerId) -> Vec<u8> {
    let (tag, of_kind) = kind(id.kind);
    let mut row = Row::default();
    row.u8(number(service)).stream(id.stream).version(id.version);
    row.u8(tag).u16(of_kind);
    row.into_vec()
}

fn value(timer: &Timer) -> Vec<u8> {
    let mut row = Row::default();
    row.i64(timer.due_at.ms()).region(timer.region);
    row.trace(timer.trace.as_deref());
    row.into_vec()
}

fn read_timer(key: &[u8], value: &[u8]) -> Result<(Service, Timer), Malformed> {
    let (mut key, mut value) = (Reader::new(key), Reader::new(value));
    let tag = key.u8()?;
    let id = TimerId {
        stream: key.stream()?,
        version: key.version()?,
        kind: read_kind(key.u8()?, key.u16()?)?,
    };
    let timer = Timer {
        id,
        due_at: Timestamp::from_ms(value.i64()?),
        region: value.region()?,
        trace: value.trace()?,
    };
    key.end().and(value.end())?;
    let service = timer.service().ok().filter(|service| number(*service) == tag);
    Ok((service.ok_or(Malformed)?, timer))
}

/// Timers on disk, for a process with a clock of its own.
///
/// What is armed is on disk when [`schedule`](Timers::schedule) returns. That a timer is done is written with the next group:
/// a crash may forget it, and the timer fires again.
#[derive(Clone)]
pub struct EmbeddedTimers {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
}

impl EmbeddedTimers {
    pub(crate) fn new(database: &Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            core: Arc::clone(database.core()),
            clock,
        }
    }
}

impl fmt::Debug for EmbeddedTimers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedTimers").finish_non_exhaustive()
    }
}

#[async_trait]
impl Timers for EmbeddedTimers {
    async fn schedule(&self, timers: Vec<Timer>) -> Result<(), PortError> {
        if timers.is_empty() {
            return Ok(());
        }
        let owned = timers.into_iter().map(|timer| Ok((timer.service()?, timer)));
        let timers = owned.collect::<Result<Vec<_>, PortError>>()?;
        let plan = move |_: &Core, draft: &mut Draft| Deadlines::plan_schedule(draft, timers);
        let written = self.core.join(plan).await;
        written.map_err(|failure| failure.into_error("schedule timers"))
    }

    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError> {
        let deadlines = &self.core.deadlines;
        let attempt = || lock(deadlines.of(scope.service())).due(scope.shard(), self.clock.now(), max);
        let changed = deadlines.changed(scope.service());
        let due = changed.wait(&*self.clock, until, attempt).await;
        Ok(due.unwrap_or_default())
    }

    async fn done(&self, timers: &[Timer]) -> Result<(), PortError> {
        let owned = timers
            .iter()
            .filter_map(|timer| Some((timer.service().ok()?, timer.clone())));
        let timers: Vec<_> = owned.collect();
        for &(service, ref timer) in &timers {
            let mut armed = lock(self.core.deadlines.of(service));
            if armed
                .due_at(timer.id)
                .is_some_and(|due_at| due_at <= timer.due_at)
            {
                armed.remove(timer.id);
            }
        }
        self.core
            .hint(move |core, draft| core.deadlines.plan_done(draft, &timers));
        Ok(())
    }
}
