//! Calls that wait to be written together.
//!
//! A call joins the next group with a plan: what it writes, seen against what is stored and what the calls before it in the
//! group write, and what it answers once that is on disk. One [`sync`](crate::Database::sync) runs the plans in the order of
//! the calls, writes one batch, fsyncs it, and answers in the same order.

use crate::database::Core;
use crate::draft::Draft;
use crate::lock::lock;
use fiacre_ports::{PortError, PortErrorKind};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// How many hints wait at most for somebody else's group.
const HINTS_MAX: usize = 1024;

/// Why a group was not written.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nothing of it: the database is closed to writing since an earlier failure.
    NotDone(Arc<str>),
    /// It may be on disk or not.
    Unknown(Arc<str>),
}

impl Failure {
    /// As the error of a port that failed to do `doing`.
    pub(crate) fn into_error(self, doing: &'static str) -> PortError {
        let kind = match &self {
            Self::NotDone(_) => PortErrorKind::Unavailable,
            Self::Unknown(_) => PortErrorKind::OutcomeUnknown,
        };
        PortError::new(kind, doing).with_source(self)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDone(why) => write!(
                f,
                "failed to write: an earlier write failed ({why}); once that is mended, open the folder again"
            ),
            Self::Unknown(why) => write!(f, "failed to write: {why}"),
        }
    }
}

impl Error for Failure {}

type Answering = Box<dyn FnOnce(Result<(), &Failure>) + Send>;

/// What a call writes and, once that is done, answers.
type Plan = Box<dyn FnOnce(&Core, &mut Draft) -> Answering + Send>;

/// What the next sync writes.
#[derive(Default)]
pub(crate) struct Group {
    plans: Vec<Plan>,
    /// How many of them somebody waits for.
    awaited: usize,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans = self.plans.len();
        f.debug_struct("Group")
            .field("plans", &plans)
            .finish_non_exhaustive()
    }
}

impl Group {
    /// Adds a call that waits for its answer.
    pub(crate) fn join<T: Send + 'static>(
        &mut self,
        plan: impl FnOnce(&Core, &mut Draft) -> T + Send + 'static,
    ) -> Waiting<T> {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let waiting = Waiting(Arc::clone(&desk));
        self.awaited += 1;
        self.plans.push(Box::new(move |core, draft| {
            let value = plan(core, draft);
            Box::new(move |written| {
                let answer = written.map(|()| value).map_err(Clone::clone);
                let waker = {
                    let mut desk = lock(&desk);
                    desk.answer = Some(answer);
                    desk.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        }));
        waiting
    }

    /// Adds what nobody waits for: it is written with the next group, and a crash may lose it.
    pub(crate) fn hint(&mut self, plan: impl FnOnce(&Core, &mut Draft) + Send + 'static) {
        self.plans.push(Box::new(move |core, draft| {
            plan(core, draft);
            Box::new(|_| ())
        }));
    }

    /// Whether anybody waits for a sync, or too much is to be written for it to be put off.
    pub(crate) fn is_pressing(&self) -> bool {
        self.awaited > 0 || self.plans.len() > HINTS_MAX
    }

    /// Whether anybody waits for a sync.
    pub(crate) const fn is_awaited(&self) -> bool {
        self.awaited > 0
    }

    pub(crate) fn take(&mut self) -> (Vec<Plan>, usize) {
        let Self { plans, awaited } = std::mem::take(self);
        (plans, awaited)
    }
}

#[derive(Debug)]
struct Desk<T> {
    answer: Option<Result<T, Failure>>,
    waker: Option<Waker>,
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        Self {
            answer: None,
            waker: None,
        }
    }
}

/// Waits for the answer to one call. Dropped, it changes nothing: the call is written all the same.
#[derive(Debug)]
#[must_use = "what is not awaited may not be written yet"]
pub(crate) struct Waiting<T>(Arc<Mutex<Desk<T>>>);

impl<T> Future for Waiting<T> {
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut desk = lock(&self.0);
        if let Some(answer) = desk.answer.take() {
            return Poll::Ready(answer);
        }
        desk.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
