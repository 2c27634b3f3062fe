//! Which tariff: its name, its version and the fingerprint of all that it holds.
//!
//! ```
//! # use fiacre_domain::{money::Currency, ratio::Ratio, units::Millimetres};
//! # use fiacre_domain::pricing::{Meter, Segment, Tariff, Units};
//! # let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(150), Ratio::from(1_000_000))?;
//! # let meter = Meter::distance(Ratio::from(250), Ratio::ZERO, vec![kilometre], Units::Begun)?;
//! let tariff = Tariff::new("nyc".parse()?, 1, Currency::USD, meter);
//! let edited = tariff.clone().with_minimum(500)?;
//! assert!(tariff.edition().has_the_name_of(edited.edition()));
//! assert_ne!(tariff.edition(), edited.edition());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::canonical::{Canonical, CanonicalBytes};
use crate::canonical_struct;
use crate::fingerprint::Fingerprint;
use crate::id::TariffId;
use std::fmt;
use std::sync::OnceLock;

/// A version of a tariff as it was when something was made with it. Two that differ in anything have different fingerprints,
/// also under one name and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TariffEdition {
    tariff: TariffId,
    version: u32,
    fingerprint: Fingerprint,
}
canonical_struct!(TariffEdition {
    tariff,
    version,
    fingerprint
});

impl TariffEdition {
    /// Of this name, version and content, as they were stored. [`Tariff::edition`](super::Tariff::edition) gives that of a
    /// tariff.
    pub const fn new(tariff: TariffId, version: u32, fingerprint: Fingerprint) -> Self {
        Self {
            tariff,
            version,
            fingerprint,
        }
    }

    /// The tariff's name.
    pub const fn tariff(&self) -> TariffId {
        self.tariff
    }

    /// Its version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The SHA-256 of its canonical bytes.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether both go by one name and version; what they hold may still differ.
    pub fn has_the_name_of(&self, other: Self) -> bool {
        (self.tariff, self.version) == (other.tariff, other.version)
    }
}

impl fmt::Display for TariffEdition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tariff,
            version,
            fingerprint,
        } = self;
        write!(
            f,
            "version {version} of tariff {tariff}, fingerprint {fingerprint}"
        )
    }
}

/// A tariff's fingerprint, computed when it is first asked for. It follows from all else, and so takes part in nothing: not in
/// comparisons, not in canonical bytes.
#[derive(Clone, Default)]
pub(super) struct Memo(OnceLock<Fingerprint>);

impl Memo {
    pub(super) fn of(&self, value: &impl Canonical) -> Fingerprint {
        *self.0.get_or_init(|| Fingerprint::of(value))
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

impl Canonical for Memo {
    fn write_canonical(&self, _: &mut CanonicalBytes) {}
}
