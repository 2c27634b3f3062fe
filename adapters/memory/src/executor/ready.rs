//! Which tasks can run, and which is next.

use super::TaskId;
use crate::lock::lock;
use crate::random::Random;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Wake;

/// Tasks that were woken and not polled since.
#[derive(Debug)]
pub(super) struct Ready(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    tasks: VecDeque<TaskId>,
    /// Picks the next task; without it the longest waiting is next.
    random: Option<Random>,
}

impl Ready {
    pub(super) fn fifo() -> Self {
        Self::with(None)
    }

    pub(super) fn seeded(seed: u64) -> Self {
        Self::with(Some(Random::new(seed)))
    }

    fn with(random: Option<Random>) -> Self {
        Self(Mutex::new(Queue {
            tasks: VecDeque::new(),
            random,
        }))
    }

    pub(super) fn push(&self, task: TaskId) {
        lock(&self.0).tasks.push_back(task);
    }

    pub(super) fn pick(&self) -> Option<TaskId> {
        let queue = &mut *lock(&self.0);
        match &mut queue.random {
            Some(random) if queue.tasks.len() > 1 => {
                let index = random.index(queue.tasks.len());
                queue.tasks.swap_remove_back(index)
            }
            Some(_) | None => queue.tasks.pop_front(),
        }
    }
}

/// Wakes one task; it stands in the queue once, however often it is woken.
#[derive(Debug)]
pub(super) struct Alarm {
    task: TaskId,
    is_queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Alarm {
    pub(super) fn new(task: TaskId, ready: Arc<Ready>) -> Self {
        Self {
            task,
            is_queued: AtomicBool::new(false),
            ready,
        }
    }

    /// From here on a wake-up counts again.
    pub(super) fn arm(&self) {
        self.is_queued.store(false, Ordering::Release);
    }

    pub(super) fn ring(&self) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.ready.push(self.task);
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
