//! What the members of a set are called, so that a set of one tariff is not taken for one of another.

use crate::canonical::{Canonical, CanonicalBytes};
use crate::fingerprint::Fingerprint;

/// A few bits for each member's name, of the members together. A tariff that comes to other bits for the same places has other
/// names there. It follows from the names, and so takes no part in canonical bytes.
///
/// Three bits of 64 a name: of two names, one pair in forty thousand looks alike; of a name among seven that the tariff has,
/// one in a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct NamePrint(u64);

impl NamePrint {
    /// Of no member.
    pub(super) const NONE: Self = Self(0);

    /// Of one member.
    pub(super) fn of(name: &impl Canonical) -> Self {
        let fingerprint = Fingerprint::of(name);
        let places = fingerprint.bytes().iter().take(3).map(|byte| byte % 64);
        Self(places.fold(0, |bits, place| bits | 1 << place))
    }

    /// Of the members of both.
    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Canonical for NamePrint {
    fn write_canonical(&self, _: &mut CanonicalBytes) {}
}
