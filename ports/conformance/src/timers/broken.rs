//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness};
use super::{Capability, Clause, TimersHarness};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{TimerId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, Scope, Timer, Timers};
use std::fmt::Debug;
use std::sync::Arc;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn schedule(&self, inner: &Reference, timers: Vec<Timer>) -> Result<(), PortError> {
        inner.schedule(timers).await
    }
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        inner.due(scope, max, until).await
    }
    async fn done(&self, inner: &Reference, timers: &[Timer]) -> Result<(), PortError> {
        inner.done(timers).await
    }
    /// After the timers stopped in order.
    fn restarted(&self, _inner: &Reference) {}
    /// After the timers died.
    fn crashed(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl Timers for Handle {
    async fn schedule(&self, timers: Vec<Timer>) -> Result<(), PortError> {
        self.bug.schedule(&self.inner, timers).await
    }
    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError> {
        self.bug.due(&self.inner, scope, max, until).await
    }
    async fn done(&self, timers: &[Timer]) -> Result<(), PortError> {
        self.bug.done(&self.inner, timers).await
    }
}

broken_model!();

impl TimersHarness for Broken {
    fn open(&self) -> Arc<dyn Timers> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn restart(&self) {
        self.harness.restart();
        self.bug.restarted(&self.harness.reference());
    }
    fn crash(&self) {
        self.harness.crash();
        self.bug.crashed(&self.harness.reference());
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::SameIdIsOneTimer => Broken::new(FirstTimeStays),
        Clause::NeverEarly => Broken::new(RoundsDown),
        Clause::DueUntilDone => Broken::new(FiresOnce),
        Clause::DoneIsGone => Broken::new(EndsTheFirstAlone),
        Clause::TimersSurviveARestart => Broken::new(InMemory),
        Clause::DoneSparesTheMoved => Broken::new(EndsById),
        Clause::DueWaits => Broken::new(SleepsThrough),
        Clause::TimersAreOfOneService => Broken::new(OneForAll),
        Clause::EarliestFirst => Broken::new(ByIdNotTime),
        Clause::TimersSurviveACrash => Broken::new(LosesTheNewest),
        Clause::TimersOfOneMomentAllCome => Broken::new(KindWithoutItsNumber),
        Clause::DoneCanBeArmedAgain => Broken::new(DoneForEver::default()),
        Clause::TimerIsKeptWhole => Broken::new(LosesTheTrace),
        Clause::ShardsDivideTheTimers => Broken::new(EveryShardIsTheWhole),
        Clause::NobodysTimerIsRefused => Broken::new(KeepsNobodys),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[
    (
        Clause::NeverEarly,
        Clause::SameIdIsOneTimer,
        "it looks at the time at which a moved timer comes",
    ),
    (
        Clause::NeverEarly,
        Clause::TimersSurviveARestart,
        "one of its timers is to come, another due",
    ),
    (
        Clause::NeverEarly,
        Clause::TimersSurviveACrash,
        "one of its timers is to come, another due",
    ),
    (
        Clause::DoneIsGone,
        Clause::TimersOfOneMomentAllCome,
        "it ends timers in batches and counts what comes",
    ),
    (Clause::DueUntilDone, Clause::EarliestFirst, "it asks twice"),
    (
        Clause::SameIdIsOneTimer,
        Clause::DoneSparesTheMoved,
        "it moves a timer",
    ),
    (
        Clause::TimerIsKeptWhole,
        Clause::TimersSurviveARestart,
        "it compares what the timers carry",
    ),
    (
        Clause::TimerIsKeptWhole,
        Clause::TimersSurviveACrash,
        "it compares what the timers carry",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// A timer that is scheduled again keeps its first time.
#[derive(Debug)]
struct FirstTimeStays;
#[async_trait]
impl Bug for FirstTimeStays {
    async fn schedule(&self, inner: &Reference, mut timers: Vec<Timer>) -> Result<(), PortError> {
        let known: Vec<_> = inner.armed().iter().map(|timer| timer.id).collect();
        timers.retain(|timer| !known.contains(&timer.id));
        inner.schedule(timers).await
    }
}

/// Times are kept in whole seconds.
#[derive(Debug)]
struct RoundsDown;
#[async_trait]
impl Bug for RoundsDown {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        // A timer of the running second is given; everything else is as it should be.
        let now = inner.time().now();
        let second_ends = Timestamp::from_ms(now.ms() - now.ms().rem_euclid(1_000) + 999);
        let soon = |timer: &Timer| timer.due_at > now && timer.due_at <= second_ends;
        let early: Vec<_> = {
            let armed = inner.armed();
            let own = armed
                .iter()
                .filter(|timer| scope.covers(timer.id.stream) && soon(timer));
            own.take(max).cloned().collect()
        };
        if early.is_empty() {
            inner.due(scope, max, until).await
        } else {
            Ok(early)
        }
    }
}

/// What was given is taken for done.
#[derive(Debug)]
struct FiresOnce;
#[async_trait]
impl Bug for FiresOnce {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        let due = inner.due(scope, max, until).await?;
        inner.done(&due).await?;
        Ok(due)
    }
}

/// Of several timers only the first is ended.
#[derive(Debug)]
struct EndsTheFirstAlone;
#[async_trait]
impl Bug for EndsTheFirstAlone {
    async fn done(&self, inner: &Reference, timers: &[Timer]) -> Result<(), PortError> {
        inner.done(timers.get(..1).unwrap_or_default()).await
    }
}

/// Timers do not outlive their process.
#[derive(Debug)]
struct InMemory;
#[async_trait]
impl Bug for InMemory {
    fn restarted(&self, inner: &Reference) {
        inner.armed().clear();
    }
}

/// A timer is ended whatever its time is by now.
#[derive(Debug)]
struct EndsById;
#[async_trait]
impl Bug for EndsById {
    async fn done(&self, inner: &Reference, timers: &[Timer]) -> Result<(), PortError> {
        let ended = |known: &Timer| timers.iter().any(|timer| timer.id == known.id);
        inner.armed().retain(|known| !ended(known));
        Ok(())
    }
}

/// Whoever waits with nothing armed does not hear of what is scheduled meanwhile.
#[derive(Debug)]
struct SleepsThrough;
#[async_trait]
impl Bug for SleepsThrough {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        let idle = inner.armed().is_empty();
        if !idle {
            return inner.due(scope, max, until).await;
        }
        let nothing = inner.time().wait(until, || None, || None).await;
        Ok(nothing.unwrap_or_default())
    }
}

/// Whoever asks gets the timers of every service in the shard.
#[derive(Debug)]
struct OneForAll;
#[async_trait]
impl Bug for OneForAll {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        let everyone = || Service::ALL.map(|service| Scope::of(service).with_shard(scope.shard()));
        let now = inner.time().now();
        let mut due = inner.armed().clone();
        due.retain(|timer| timer.due_at <= now && everyone().iter().any(|own| own.covers(timer.id.stream)));
        if due.is_empty() {
            return inner.due(scope, max, until).await;
        }
        due.sort_by_key(|timer| timer.due_at);
        due.truncate(max);
        Ok(due)
    }
}

/// What nobody will ever ask for is kept.
#[derive(Debug)]
struct KeepsNobodys;
#[async_trait]
impl Bug for KeepsNobodys {
    async fn schedule(&self, inner: &Reference, mut timers: Vec<Timer>) -> Result<(), PortError> {
        timers.retain(|timer| timer.service().is_ok());
        inner.schedule(timers).await
    }
}

/// Timers come in the order of their ids.
#[derive(Debug)]
struct ByIdNotTime;
#[async_trait]
impl Bug for ByIdNotTime {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        let mut due = inner.due(scope, usize::MAX, until).await?;
        due.sort_by_key(|timer| timer.id);
        due.truncate(max);
        Ok(due)
    }
}

/// The timer that is last to come was acknowledged before it was durable.
#[derive(Debug)]
struct LosesTheNewest;
#[async_trait]
impl Bug for LosesTheNewest {
    fn crashed(&self, inner: &Reference) {
        let mut armed = inner.armed();
        let last = armed.iter().map(|timer| timer.due_at).max();
        armed.retain(|timer| Some(timer.due_at) != last);
    }
}

/// The number of an offer is not part of the id.
#[derive(Debug)]
struct KindWithoutItsNumber;
#[async_trait]
impl Bug for KindWithoutItsNumber {
    async fn schedule(&self, inner: &Reference, mut timers: Vec<Timer>) -> Result<(), PortError> {
        for timer in &mut timers {
            if let TimerKind::OfferExpires(number) = &mut timer.id.kind {
                *number = 1;
            }
        }
        inner.schedule(timers).await
    }
}

/// The id of a timer that was done is never armed again.
#[derive(Debug, Default)]
struct DoneForEver(std::sync::Mutex<Vec<TimerId>>);
#[async_trait]
impl Bug for DoneForEver {
    async fn schedule(&self, inner: &Reference, mut timers: Vec<Timer>) -> Result<(), PortError> {
        let done = crate::reference::lock(&self.0).clone();
        timers.retain(|timer| !done.contains(&timer.id));
        inner.schedule(timers).await
    }
    async fn done(&self, inner: &Reference, timers: &[Timer]) -> Result<(), PortError> {
        inner.done(timers).await?;
        let left: Vec<_> = inner.armed().iter().map(|timer| timer.id).collect();
        let ended = timers
            .iter()
            .map(|timer| timer.id)
            .filter(|id| !left.contains(id));
        crate::reference::lock(&self.0).extend(ended);
        Ok(())
    }
}

/// What a request's trace was is not kept.
#[derive(Debug)]
struct LosesTheTrace;
#[async_trait]
impl Bug for LosesTheTrace {
    async fn schedule(&self, inner: &Reference, mut timers: Vec<Timer>) -> Result<(), PortError> {
        for timer in &mut timers {
            timer.trace = None;
        }
        inner.schedule(timers).await
    }
}

/// Every reader reads everything.
#[derive(Debug)]
struct EveryShardIsTheWhole;
#[async_trait]
impl Bug for EveryShardIsTheWhole {
    async fn due(
        &self,
        inner: &Reference,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Timer>, PortError> {
        inner.due(Scope::of(scope.service()), max, until).await
    }
}
