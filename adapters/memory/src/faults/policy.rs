//! How often each kind of fault strikes.

use super::call::{Call, Fault, FaultKind};
use crate::random::Random;
use fiacre_domain::units::Millis;
use std::collections::BTreeMap;

const MILLION: u32 = 1_000_000;

/// Chances of faults, in parts per million of the calls that each can strike.
///
/// ```
/// use fiacre_memory::{FaultKind, FaultPolicy};
/// let policy = FaultPolicy::none().with_rate_ppm(FaultKind::FailAfter, 10_000);
/// assert_eq!(policy.rate_ppm(FaultKind::FailAfter), 10_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPolicy {
    rates_ppm: BTreeMap<FaultKind, u32>,
    delay_max: Millis,
    stale_commits_max: u32,
}

impl FaultPolicy {
    /// No faults; delays of up to five seconds and stale reads of up to three commits, once they have a chance.
    pub const fn none() -> Self {
        Self {
            rates_ppm: BTreeMap::new(),
            delay_max: Millis::from_secs(5),
            stale_commits_max: 3,
        }
    }

    /// With this chance for a kind; above a million is a million. [`FaultKind::Outage`] has none: it lasts, and does not
    /// strike.
    #[must_use]
    pub fn with_rate_ppm(mut self, kind: FaultKind, rate_ppm: u32) -> Self {
        self.rates_ppm.insert(kind, rate_ppm.min(MILLION));
        self
    }

    /// With delays and late commits of 1 ms to `delay_max`.
    #[must_use]
    pub const fn with_delay_max(mut self, delay_max: Millis) -> Self {
        self.delay_max = delay_max;
        self
    }

    /// With stale reads that miss 1 to `stale_commits_max` commits.
    #[must_use]
    pub const fn with_stale_commits_max(mut self, stale_commits_max: u32) -> Self {
        self.stale_commits_max = stale_commits_max;
        self
    }

    /// The chance of a kind.
    pub fn rate_ppm(&self, kind: FaultKind) -> u32 {
        self.rates_ppm.get(&kind).copied().unwrap_or_default()
    }

    /// Draws once, and once more for the amount if a fault strikes.
    pub(super) fn draw(&self, call: Call, random: &mut Random) -> Option<Fault> {
        let mut drawn = u32::try_from(random.below(MILLION.into())).unwrap_or(MILLION);
        let struck = call.faults().iter().find(|kind| {
            let rate = self.rate_ppm(**kind);
            let strikes = drawn < rate;
            drawn = drawn.saturating_sub(rate);
            strikes
        })?;
        let amount = random.next_u64();
        let up_to = |max: u64| 1 + amount % max.max(1);
        let delay_ms = up_to(self.delay_max.get().max(0).unsigned_abs());
        let commits = up_to(self.stale_commits_max.into());
        Some(
            Fault::new(*struck)
                .with_delay(Millis::new(delay_ms.cast_signed()))
                .with_salt(amount)
                .with_commits(u32::try_from(commits).unwrap_or(1)),
        )
    }
}
