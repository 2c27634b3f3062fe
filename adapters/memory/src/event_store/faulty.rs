//! Loads and appends whose members are struck one by one.

use super::MemoryEventStore;
use super::feed::LateCommits;
use crate::faults::{Call, Fault, FaultKind, unavailable, unknown};
use crate::lock::lock;
use fiacre_ports::{Appended, Consistency, LoadRequest, Loaded, NewCommit, PortError};
use std::collections::BTreeMap;

fn is(fault: Option<Fault>, kind: FaultKind) -> bool {
    fault.is_some_and(|fault| fault.kind == kind)
}

fn is_not_done(fault: Option<Fault>) -> bool {
    is(fault, FaultKind::FailBefore) || is(fault, FaultKind::Outage)
}

/// Commits of one stream in one batch reach the store together or not at all: alone, one of them would look well formed.
fn spread_to_twins(commits: &[NewCommit], strikes: &mut [Option<Fault>]) {
    let struck = commits.iter().zip(&*strikes);
    let missing: BTreeMap<_, _> = struck
        .filter(|(_, fault)| is_not_done(**fault))
        .map(|(commit, fault)| (commit.stream, *fault))
        .collect();
    for (commit, fault) in commits.iter().zip(strikes) {
        *fault = missing.get(&commit.stream).copied().unwrap_or(*fault);
    }
}

impl MemoryEventStore {
    /// Draws a fault for each member; waits or dies before the call, if one of them says so.
    async fn strike_members(&self, call: Call, members: usize) -> Vec<Option<Fault>> {
        let strikes: Vec<_> = (0..members).map(|_| self.faults.strike(call)).collect();
        for fault in strikes.iter().flatten() {
            if fault.kind == FaultKind::CrashBefore {
                return self.faults.die_in(call).await;
            }
            if fault.kind == FaultKind::Delay {
                self.faults.delay(*fault).await;
            }
        }
        strikes
    }

    pub(super) async fn load_with_faults(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let strikes = self.strike_members(Call::Load, requests.len()).await;
        if strikes.iter().any(|fault| is(*fault, FaultKind::CrashAfter)) {
            return self.faults.die_in(Call::Load).await;
        }
        let state = lock(&self.shared.state);
        let load = |(request, fault): (&LoadRequest, Option<Fault>)| {
            if is_not_done(fault) {
                return Err(unavailable(Call::Load));
            }
            let hidden = match (request.consistency, fault) {
                (Consistency::Cached, Some(fault)) if fault.kind == FaultKind::StaleRead => fault.commits,
                (Consistency::Cached | Consistency::Linearizable, _) => 0,
            };
            state.load(request, hidden as usize)
        };
        requests.iter().zip(strikes).map(load).collect()
    }

    pub(super) async fn append_with_faults(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut strikes = self.strike_members(Call::Append, commits.len()).await;
        spread_to_twins(&commits, &mut strikes);
        let now = self.clock.time().now();
        let mut late = LateCommits::new();
        let mut reaching = Vec::with_capacity(commits.len());
        for (commit, fault) in commits.into_iter().zip(&strikes) {
            if let Some(fault) = fault.filter(|fault| fault.kind == FaultKind::LateCommit) {
                late.insert(commit.stream, now.plus(fault.delay));
            }
            if !is_not_done(*fault) {
                reaching.push(commit);
            }
        }
        let mut written = self.write(reaching, late).await.into_iter();
        if strikes.iter().any(|fault| is(*fault, FaultKind::CrashAfter)) {
            return self.faults.die_in(Call::Append).await;
        }
        let answer = |fault| {
            if is_not_done(fault) {
                return Appended::Failed(unavailable(Call::Append));
            }
            let appended = written.next();
            match appended {
                Some(appended) if !is(fault, FaultKind::FailAfter) => appended,
                Some(_) | None => Appended::Failed(unknown(Call::Append)),
            }
        };
        strikes.into_iter().map(answer).collect()
    }
}
