//! The tasks of an executor, by number.

use super::ready::{Alarm, Ready};
use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

type BoxedTask = Pin<Box<dyn Future<Output = ()>>>;

/// A task of one executor; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    slot: u32,
    generation: u32,
}

struct Task {
    name: Cow<'static, str>,
    /// Absent while it is polled, and of a guest, which its caller polls.
    future: Option<BoxedTask>,
    alarm: Arc<Alarm>,
    waker: Waker,
    /// Polls since `instant`; stale when time has moved on.
    polls: u64,
    instant: u64,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    task: Option<Task>,
}

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
    /// Counts the jumps of time.
    instant: u64,
}

impl Slots {
    fn get(&mut self, id: TaskId) -> Option<&mut Task> {
        let slot = self.all.get_mut(id.slot as usize)?;
        slot.task.as_mut().filter(|_| slot.generation == id.generation)
    }

    fn take(&mut self, id: TaskId) -> Option<Task> {
        let slot = self.all.get_mut(id.slot as usize)?;
        if slot.generation != id.generation {
            return None;
        }
        let task = slot.task.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.slot);
        Some(task)
    }

    fn living(&self) -> impl Iterator<Item = &Task> {
        self.all.iter().filter_map(|slot| slot.task.as_ref())
    }
}

/// Begins and ends tasks from within a task. Clones are for the same executor.
#[derive(Clone)]
pub struct Spawner {
    slots: Rc<RefCell<Slots>>,
    ready: Arc<Ready>,
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner").finish_non_exhaustive()
    }
}

impl Spawner {
    /// Begins a task; it is polled with the others, not at once.
    pub fn spawn(
        &self,
        name: impl Into<Cow<'static, str>>,
        future: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        self.enter(name.into(), Some(Box::pin(future)))
    }

    /// Drops a task's future where it waits; a task that ends itself is dropped once its poll returns. Whether it was
    /// alive.
    pub fn crash(&self, task: TaskId) -> bool {
        // Dropped after the borrow ends: what it holds may end or begin tasks.
        let dropped = self.slots.borrow_mut().take(task);
        dropped.is_some()
    }

    fn enter(&self, name: Cow<'static, str>, future: Option<BoxedTask>) -> TaskId {
        let slots = &mut *self.slots.borrow_mut();
        let slot = slots.free.pop().unwrap_or_else(|| {
            slots.all.push(Slot::default());
            u32::try_from(slots.all.len() - 1).unwrap_or(u32::MAX)
        });
        let generation = slots.all.get(slot as usize).map_or(0, |slot| slot.generation);
        let id = TaskId { slot, generation };
        let alarm = Arc::new(Alarm::new(id, Arc::clone(&self.ready)));
        alarm.ring();
        if let Some(place) = slots.all.get_mut(slot as usize) {
            place.task = Some(Task {
                name,
                future,
                waker: Waker::from(Arc::clone(&alarm)),
                alarm,
                polls: 0,
                instant: slots.instant,
            });
        }
        id
    }
}

/// Owns the tasks.
pub(super) struct Tasks(Spawner);

impl Tasks {
    pub(super) fn new(ready: Arc<Ready>) -> Self {
        Self(Spawner {
            slots: Rc::default(),
            ready,
        })
    }

    pub(super) fn spawner(&self) -> Spawner {
        self.0.clone()
    }

    pub(super) fn spawn(&self, name: Cow<'static, str>, future: BoxedTask) -> TaskId {
        self.0.enter(name, Some(future))
    }

    pub(super) fn crash(&self, task: TaskId) -> bool {
        self.0.crash(task)
    }

    pub(super) fn is_alive(&self, task: TaskId) -> bool {
        self.0.slots.borrow_mut().get(task).is_some()
    }

    pub(super) fn name(&self, task: TaskId) -> Option<String> {
        self.0
            .slots
            .borrow_mut()
            .get(task)
            .map(|task| task.name.to_string())
    }

    /// A task without a future: whoever entered it polls what it stands for.
    pub(super) fn enter_guest(&self) -> TaskId {
        self.0.enter(Cow::Borrowed("block_on"), None)
    }

    pub(super) fn begin_guest_poll(&self, guest: TaskId) -> Option<Waker> {
        let slots = &mut *self.0.slots.borrow_mut();
        let instant = slots.instant;
        let task = slots.get(guest)?;
        task.count_poll(instant);
        task.alarm.arm();
        Some(task.waker.clone())
    }

    /// Polls a task; does nothing if it is gone.
    pub(super) fn poll(&self, id: TaskId) {
        let begun = {
            let slots = &mut *self.0.slots.borrow_mut();
            let instant = slots.instant;
            slots.get(id).and_then(|task| {
                task.count_poll(instant);
                task.alarm.arm();
                Some((task.future.take()?, task.waker.clone()))
            })
        };
        let Some((mut future, waker)) = begun else {
            return;
        };
        // No borrow is held here: the future may spawn and crash tasks.
        let outcome = future.as_mut().poll(&mut Context::from_waker(&waker));
        let finished = {
            let slots = &mut *self.0.slots.borrow_mut();
            if outcome.is_ready() {
                slots.take(id)
            } else {
                if let Some(task) = slots.get(id) {
                    task.future = Some(future);
                    return;
                }
                None
            }
        };
        drop(finished);
    }

    /// Begins to count polls anew.
    pub(super) fn forget_polls(&self) {
        self.0.slots.borrow_mut().instant += 1;
    }

    pub(super) fn busiest(&self, max: usize) -> Vec<(String, u64)> {
        let slots = self.0.slots.borrow();
        let mut busy: Vec<_> = slots
            .living()
            .filter(|task| task.instant == slots.instant && task.polls > 0)
            .map(|task| (task.name.to_string(), task.polls))
            .collect();
        busy.sort_by_key(|(_, polls)| Reverse(*polls));
        busy.truncate(max);
        busy
    }

    pub(super) fn names_except(&self, except: TaskId, max: usize) -> Vec<String> {
        let slots = self.0.slots.borrow();
        let indexed = (0_u32..).zip(&slots.all);
        indexed
            .filter(|(slot, _)| *slot != except.slot)
            .filter_map(|(_, slot)| slot.task.as_ref().map(|task| task.name.to_string()))
            .take(max)
            .collect()
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // Tasks may hold spawners, which hold the tasks: the circle is cut here.
        let dropped = std::mem::take(&mut self.0.slots.borrow_mut().all);
        drop(dropped);
    }
}

impl Task {
    const fn count_poll(&mut self, instant: u64) {
        if self.instant != instant {
            self.instant = instant;
            self.polls = 0;
        }
        self.polls += 1;
    }
}
