//! The reference model: hashes that are good enough for a suite, and for nothing else.

use super::SealHarness;
use crate::reference::VirtualTime;
use crate::reference::keeps_time;
use crate::sample::AT;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Quote;
use fiacre_domain::trip::PersonalPlan;
use fiacre_ports::Seal;
use std::sync::Arc;

/// FNV-1a, and a mixing of its bits (the finaliser of `MurmurHash3`).
pub(super) fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ fnv >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ mixed >> 33
}

/// A hash as long as a fingerprint.
fn stretched(hash: u64) -> Fingerprint {
    let mut bytes = [0; 32];
    for (byte, print) in bytes.iter_mut().zip(hash.to_be_bytes().into_iter().cycle()) {
        *byte = print;
    }
    Fingerprint::new(bytes)
}

/// A seal that obviously keeps every clause.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    pub(super) key: u64,
}

impl Seal for Reference {
    fn fingerprint(&self, quote: &Quote) -> Fingerprint {
        stretched(hash(&format!("{quote:?}")))
    }

    fn ticket(&self, trip: TripId, price: Fingerprint, plan: &PersonalPlan) -> Fingerprint {
        stretched(hash(&format!("{} {trip} {price} {plan:?}", self.key)))
    }

    fn start_code(&self, trip: TripId) -> u16 {
        let code = hash(&format!("{} {trip}", self.key)) % 10_000;
        u16::try_from(code).unwrap_or_default()
    }
}

/// The model; no time passes in it by itself.
#[derive(Debug)]
pub struct ReferenceHarness(VirtualTime);

impl ReferenceHarness {
    /// Under two keys.
    pub fn new() -> Self {
        Self(VirtualTime::new(AT))
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.0);

impl SealHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn Seal> {
        Arc::new(Reference { key: 1 })
    }

    fn open_foreign(&self) -> Arc<dyn Seal> {
        Arc::new(Reference { key: 2 })
    }
}
