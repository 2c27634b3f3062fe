use super::Tariff;
use crate::fingerprint::Fingerprint;
use crate::id::{PrincipalId, TariffId};
use crate::{canonical_enum, canonical_struct};
use std::sync::Arc;

/// A version of a tariff, as it was published: the whole of it, for receipts outlive files.
///
/// ```
/// # use fiacre_domain::{id::PrincipalId, money::Currency, ratio::Ratio, units::Millimetres};
/// use fiacre_domain::event::Event;
/// use fiacre_domain::pricing::{Meter, Publication, Segment, Tariff, TariffEvent, Units};
/// use std::sync::Arc;
///
/// # let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(150), Ratio::from(1_000_000))?;
/// # let meter = Meter::distance(Ratio::from(250), Ratio::ZERO, vec![kilometre], Units::Begun)?;
/// # let operator = PrincipalId::from_u128(1);
/// let tariff = Arc::new(Tariff::new("nyc".parse()?, 2, Currency::USD, meter));
/// let publication = Publication::new(tariff, operator);
/// assert_eq!((publication.id().as_str(), publication.version()), ("nyc", 2));
/// assert_eq!(Event::from(TariffEvent::Published(Arc::new(publication))).name(), "TariffPublished");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    tariff: Arc<Tariff>,
    by: PrincipalId,
}
canonical_struct!(Publication { tariff, by });

impl Publication {
    /// Of `tariff`, `by` an operator.
    pub const fn new(tariff: Arc<Tariff>, by: PrincipalId) -> Self {
        Self { tariff, by }
    }

    /// The tariff's name: its stream.
    pub fn id(&self) -> TariffId {
        self.tariff.id()
    }

    /// The tariff's version.
    pub fn version(&self) -> u32 {
        self.tariff.version()
    }

    /// All of it.
    pub const fn tariff(&self) -> &Arc<Tariff> {
        &self.tariff
    }

    /// The hash of its canonical bytes: who has a copy sees by it that nothing was changed.
    pub fn fingerprint(&self) -> Fingerprint {
        self.tariff.fingerprint()
    }

    /// Who published it.
    pub const fn by(&self) -> PrincipalId {
        self.by
    }
}

/// What happened to a tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TariffEvent {
    /// A version was published.
    Published(Arc<Publication>),
}
canonical_enum!(TariffEvent { 0 = Published(publication) });

impl TariffEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Published(_) => "TariffPublished",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Canonical;

    #[test]
    fn a_publication_holds_the_whole_tariff_and_who_vouches_for_it() {
        let (ann, bob) = (PrincipalId::from_u128(1), PrincipalId::from_u128(2));
        let published = |version, by| Publication::new(crate::fixture::tariff(version), by);
        let first = published(1, ann);
        let print = Fingerprint::of(&*crate::fixture::tariff(1));
        assert_eq!((first.fingerprint(), first.by()), (print, ann));
        assert_eq!(first.tariff(), &crate::fixture::tariff(1));
        let bytes = first.canonical_bytes();
        assert!(bytes.starts_with(&first.tariff().canonical_bytes()));
        for changed in [published(2, ann), published(1, bob)] {
            assert_ne!(changed.canonical_bytes(), bytes);
        }
    }
}
