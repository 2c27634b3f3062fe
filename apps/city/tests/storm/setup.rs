//! How a world is set up.

use crate::broken::Breakage;
use crate::people::Habits;
use fiacre_domain::units::Millis;
use fiacre_sandbox_payments::Policy;

/// How a world is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    /// Whether the executor picks tasks by the seed, rather than in turn.
    pub(crate) seeded: bool,
    pub(crate) payments: Policy,
    pub(crate) habits: Habits,
    pub(crate) skews: Skews,
    /// Whether the region has a second matcher, and a second driver service, that know nothing of the first; and whether two
    /// relays and two processes for timers share each service.
    pub(crate) twins: bool,
    pub(crate) breakage: Breakage,
}

/// How far each service's clock is ahead of true time, which phones, the gateway and the payment company have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Skews {
    pub(crate) trip: Millis,
    pub(crate) driver: Millis,
    pub(crate) payment: Millis,
}

impl Setup {
    /// One rider and two drivers who do what they should, with a payment company without whims.
    pub(crate) fn golden() -> Self {
        Self {
            seed: 7,
            seeded: false,
            payments: Policy::default(),
            habits: Habits::golden(),
            skews: Skews::default(),
            twins: false,
            breakage: Breakage::Sound,
        }
    }
}
