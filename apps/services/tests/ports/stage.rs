//! Mocks of the ports that write down what they are asked.

use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::mocks::{MockBus, MockClock, MockConsumer, MockEventStore, MockTimers};
use fiacre_ports::{
    Appended, Body, Delivery, LoadRequest, Loaded, Message, NewCommit, PortError, PortErrorKind, Settlement,
    Tag, Timer,
};
use fiacre_services::backoff::REST_FIRST;
use fiacre_services::observer::NoObserver;
use fiacre_services::process::Process;
use fiacre_services::reactor::ServicePorts;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_000_000);

/// What the ports were asked, in order.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<Asked>>>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    Load(Vec<LoadRequest>),
    Append(Vec<NewCommit>),
    Publish(Vec<EventId>),
    Mark(Vec<StreamId>),
    Hold(Vec<StreamId>, Timestamp),
    Arm(Vec<Timer>),
    Done(Vec<Timer>),
    Settle(Vec<(Tag, Settlement)>),
    Wait(Timestamp),
}

impl Tape {
    pub(crate) fn note(&self, asked: Asked) {
        self.0.lock().unwrap().push(asked);
    }

    /// What was asked so far, and nothing that comes later.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.all())))
    }

    pub(crate) fn all(&self) -> Vec<Asked> {
        self.0.lock().unwrap().clone()
    }

    fn pick<T>(&self, pick: impl Fn(Asked) -> Option<T>) -> Vec<T> {
        self.all().into_iter().filter_map(pick).collect()
    }

    pub(crate) fn loads(&self) -> Vec<Vec<LoadRequest>> {
        self.pick(|asked| {
            if let Asked::Load(requests) = asked {
                Some(requests)
            } else {
                None
            }
        })
    }

    pub(crate) fn appends(&self) -> Vec<Vec<NewCommit>> {
        self.pick(|asked| {
            if let Asked::Append(commits) = asked {
                Some(commits)
            } else {
                None
            }
        })
    }

    /// The names of all events that were appended.
    pub(crate) fn appended(&self) -> Vec<&'static str> {
        let commits = self.appends().concat();
        commits
            .iter()
            .flat_map(|commit| commit.events.iter().map(Event::name))
            .collect()
    }

    pub(crate) fn settled(&self) -> Vec<(Tag, Settlement)> {
        self.pick(|asked| {
            if let Asked::Settle(settled) = asked {
                Some(settled)
            } else {
                None
            }
        })
        .concat()
    }

    /// Until when each wait lasted.
    pub(crate) fn waits(&self) -> Vec<Timestamp> {
        self.pick(|asked| {
            if let Asked::Wait(until) = asked {
                Some(until)
            } else {
                None
            }
        })
    }

    pub(crate) fn armed(&self) -> Vec<(TimerKind, Timestamp)> {
        let armed = self.pick(|asked| {
            if let Asked::Arm(timers) = asked {
                Some(timers)
            } else {
                None
            }
        });
        armed
            .concat()
            .iter()
            .map(|timer| (timer.id.kind, timer.due_at))
            .collect()
    }

    pub(crate) fn done(&self) -> Vec<TimerKind> {
        let done = self.pick(|asked| {
            if let Asked::Done(timers) = asked {
                Some(timers)
            } else {
                None
            }
        });
        done.concat().iter().map(|timer| timer.id.kind).collect()
    }
}

/// What a future gives that need not wait: no mock does.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits"),
    }
}

pub(crate) fn turn(process: &mut impl Process) {
    at_once(process.turn(Timestamp::MAX));
}

/// Runs one turn more, and asserts that it begins with the rest of a process that has just lost something for the first
/// time.
pub(crate) fn assert_rests(process: &mut impl Process, tape: &Tape) {
    assert_eq!(tape.waits(), [], "it rests in the turn after");
    turn(process);
    let [until, ..] = tape.waits()[..] else {
        panic!("it does not rest: {:?}", tape.all())
    };
    let rest = until.since(NOW);
    assert!(
        (REST_FIRST.get() / 2..=REST_FIRST.get()).contains(&rest.get()),
        "{rest:?}"
    );
}

pub(crate) fn region() -> RegionId {
    "manhattan".parse().unwrap()
}

pub(crate) fn error(kind: PortErrorKind) -> PortError {
    PortError::new(kind, "play a part")
}

pub(crate) fn commit(stream: StreamId, version: u32, events: Vec<Event>) -> Commit {
    Commit {
        stream,
        version: Version::new(version),
        at: NOW,
        cause: Cause::Event(EventId::new(stream, Version::new(version), 0)),
        region: region(),
        trace: None,
        events: events.into(),
    }
}

/// A stream of one commit for each list of events.
pub(crate) fn loaded(stream: StreamId, commits: Vec<Vec<Event>>) -> Loaded {
    let head = Version::new(u32::try_from(commits.len()).unwrap());
    let commits = (1..)
        .zip(commits)
        .map(|(version, events)| commit(stream, version, events));
    Loaded {
        snapshot: None,
        commits: commits.collect(),
        head,
    }
}

/// What of a whole stream is newer than `after`.
fn newer(after: Version, mut loaded: Loaded) -> Loaded {
    loaded.snapshot = loaded.snapshot.filter(|snapshot| snapshot.version > after);
    loaded.commits.retain(|commit| commit.version > after);
    loaded
}

/// A store whose answers are these, of whole streams: it leaves out what its asker knows.
pub(crate) fn store(
    tape: &Tape,
    load: impl Fn(&LoadRequest) -> Result<Loaded, PortError> + Send + 'static,
    mut append: impl FnMut(&NewCommit) -> Appended + Send + 'static,
) -> MockEventStore {
    let mut store = MockEventStore::new();
    let own = tape.clone();
    store.expect_load().returning(move |requests| {
        own.note(Asked::Load(requests.to_vec()));
        let newer = |request: &LoadRequest| load(request).map(|loaded| newer(request.after, loaded));
        requests.iter().map(newer).collect()
    });
    let own = tape.clone();
    store.expect_append().returning(move |commits| {
        own.note(Asked::Append(commits.clone()));
        commits.iter().map(&mut append).collect()
    });
    store
}

/// A commit that is not raced.
pub(crate) fn applied(commit: &NewCommit) -> Appended {
    Appended::Applied(commit.expected.next())
}

/// A bus with these deliveries, all at once.
pub(crate) fn bus(tape: &Tape, deliveries: Vec<Delivery>) -> MockBus {
    helpings(tape, vec![deliveries])
}

/// A bus that gives one helping of deliveries after the other.
pub(crate) fn helpings(tape: &Tape, helpings: Vec<Vec<Delivery>>) -> MockBus {
    let mut bus = MockBus::new();
    let left = Arc::new(Mutex::new(helpings.into_iter()));
    bus.expect_declare().returning(|_| Ok(()));
    let tape = tape.clone();
    bus.expect_consume().returning(move |_, _| {
        let mut consumer = MockConsumer::new();
        let left = Arc::clone(&left);
        consumer
            .expect_next()
            .returning(move |_, _| Ok(left.lock().unwrap().next().unwrap_or_default()));
        let tape = tape.clone();
        consumer.expect_settle().returning(move |settled| {
            tape.note(Asked::Settle(settled));
            Ok(())
        });
        Ok(Box::new(consumer))
    });
    bus
}

/// A clock that stands at [`NOW`] until someone waits.
pub(crate) fn clock(tape: &Tape) -> MockClock {
    let mut clock = MockClock::new();
    let now = Arc::new(Mutex::new(NOW));
    let shown = Arc::clone(&now);
    clock.expect_now().returning(move || *shown.lock().unwrap());
    let tape = tape.clone();
    clock.expect_wait_until().returning(move |at| {
        tape.note(Asked::Wait(at));
        let now = &mut *now.lock().unwrap();
        *now = at.max(*now);
    });
    clock
}

/// Timers of which these are due.
pub(crate) fn timers(tape: &Tape, due: Vec<Timer>) -> MockTimers {
    let mut timers = MockTimers::new();
    timers.expect_due().returning(move |_, _, _| Ok(due.clone()));
    let own = tape.clone();
    timers.expect_schedule().returning(move |timers| {
        own.note(Asked::Arm(timers));
        Ok(())
    });
    let own = tape.clone();
    timers.expect_done().returning(move |timers| {
        own.note(Asked::Done(timers.to_vec()));
        Ok(())
    });
    timers
}

pub(crate) fn ports(tape: &Tape, store: MockEventStore, bus: MockBus, timers: MockTimers) -> ServicePorts {
    ServicePorts {
        store: Arc::new(store),
        bus: Arc::new(bus),
        timers: Arc::new(timers),
        clock: Arc::new(clock(tape)),
        observer: Arc::new(NoObserver),
        recent: Arc::default(),
    }
}

pub(crate) fn timer(stream: StreamId, kind: TimerKind) -> Timer {
    Timer {
        id: TimerId {
            stream,
            version: Version::new(1),
            kind,
        },
        due_at: NOW,
        region: region(),
        trace: None,
    }
}

pub(crate) fn delivery(tag: u64, body: Body) -> Delivery {
    let message = Message {
        body,
        region: region(),
        trace: None,
        mandatory: true,
    };
    Delivery {
        tag: Tag(tag),
        message: Arc::new(message),
        attempt: 1,
        redelivered: false,
    }
}

/// The delivery of an event, the first of version `tag` of its stream.
pub(crate) fn told(tag: u64, stream: StreamId, event: impl Into<Event>) -> Delivery {
    let id = EventId::new(stream, Version::new(u32::try_from(tag).unwrap()), 0);
    let body = Body::Event {
        id,
        committed_at: NOW,
        event: event.into(),
    };
    delivery(tag, body)
}
