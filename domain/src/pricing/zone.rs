//! The zones of a tariff: named areas, some of them inside others.
//!
//! ```
//! use fiacre_domain::pricing::{ZoneSet, Zones};
//! let mut zones = Zones::new();
//! let manhattan = zones.add("manhattan".parse()?, ZoneSet::NONE)?;
//! let midtown = zones.add("midtown".parse()?, manhattan)?;
//! assert!(zones.around("midtown".parse()?).intersects(manhattan));
//! assert!(!zones.around("manhattan".parse()?).intersects(midtown));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{TariffError, TariffFault};
use super::print::NamePrint;
use super::tariff::Tariff;
use crate::canonical_struct;
use crate::id::ZoneId;
use std::fmt;

/// How many zones a tariff may name.
pub const ZONES_MAX: usize = 64;

/// Some zones of one list of [`Zones`], by their places and names: a tariff with other names at those places refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ZoneSet {
    bits: u64,
    print: NamePrint,
}
canonical_struct!(ZoneSet { bits, print });

impl fmt::Debug for ZoneSet {
    /// The places; the print follows from the names there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ZoneSet").field(&self.bits).finish()
    }
}

impl ZoneSet {
    /// No zone.
    pub const NONE: Self = Self {
        bits: 0,
        print: NamePrint::NONE,
    };

    /// The zones of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            bits: self.bits | other.bits,
            print: self.print.union(other.print),
        }
    }

    /// Whether a zone is in both sets, which are of one list.
    pub const fn intersects(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }

    /// Whether no zone is in the set.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Zone {
    id: ZoneId,
    /// The zone, and all that it lies within.
    around: ZoneSet,
    print: NamePrint,
}
canonical_struct!(Zone { id, around, print });

/// The zones that a tariff knows, each with those that it lies within.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zones {
    zones: Vec<Zone>,
}
canonical_struct!(Zones { zones });

impl Zones {
    /// Starts with no zone.
    pub const fn new() -> Self {
        Self { zones: Vec::new() }
    }

    /// Adds a zone that lies inside each of `within` (and inside what those lie in); gives the set of it alone.
    ///
    /// # Errors
    ///
    /// `TariffFault::TooMany` beyond the zones that a tariff holds, `Duplicate` for a name that it has, `Unknown` where
    /// `within` is not of this list.
    pub fn add(&mut self, id: ZoneId, within: ZoneSet) -> Result<ZoneSet, TariffError> {
        if self.zones.len() >= ZONES_MAX {
            return Err(TariffError::new("zones", TariffFault::TooMany { max: ZONES_MAX }));
        }
        if self.get(id).is_some() {
            return Err(TariffError::new("zone", TariffFault::Duplicate(id.into())));
        }
        if !self.knows(within) {
            return Err(TariffError::new("zone", TariffFault::Unknown));
        }
        let print = NamePrint::of(&id);
        let alone = ZoneSet {
            bits: 1 << self.zones.len(),
            print,
        };
        let around = self
            .sets()
            .filter(|(outer, _)| outer.intersects(within))
            .fold(alone, |set, (_, zone)| set.union(zone.around));
        self.zones.push(Zone { id, around, print });
        Ok(alone)
    }

    /// The set of this zone alone, or `None` where the tariff does not name it.
    pub fn get(&self, id: ZoneId) -> Option<ZoneSet> {
        self.sets()
            .find(|(_, zone)| zone.id == id)
            .map(|(alone, _)| alone)
    }

    /// The zone and all that it lies within; no zone where the tariff does not name it.
    pub fn around(&self, id: ZoneId) -> ZoneSet {
        self.zones
            .iter()
            .find(|zone| zone.id == id)
            .map_or(ZoneSet::NONE, |zone| zone.around)
    }

    /// The names, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = ZoneId> {
        self.zones.iter().map(|zone| zone.id)
    }

    /// Whether sets of `earlier` mean the same here.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        self.zones.starts_with(&earlier.zones)
    }

    /// Whether the set is of zones that are here, by their places and names.
    pub(super) fn knows(&self, set: ZoneSet) -> bool {
        let members = self.sets().filter(|(alone, _)| alone.intersects(set));
        members.fold(ZoneSet::NONE, |here, (alone, _)| here.union(alone)) == set
    }

    fn sets(&self) -> impl Iterator<Item = (ZoneSet, &Zone)> {
        (0..ZONES_MAX).zip(&self.zones).map(|(place, zone)| {
            let (bits, print) = (1 << place, zone.print);
            (ZoneSet { bits, print }, zone)
        })
    }
}

impl Tariff {
    /// Whether driving inside `zone` is priced differently than elsewhere: the tariff has an area there. A quote then has to
    /// know how much of the ride lies inside ([`RidePart`](super::RidePart)).
    pub fn prices_inside(&self, zone: ZoneId) -> bool {
        let around = self.zones.around(zone);
        self.areas.iter().any(|area| area.zone.intersects(around))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::pricing::{AreaEffect, Meter, Segment, Units};
    use crate::ratio::Ratio;
    use crate::units::Millimetres;

    #[test]
    fn being_inside_is_inherited() {
        let mut zones = Zones::new();
        let outer = zones.add("outer".parse().unwrap(), ZoneSet::NONE).unwrap();
        let middle = zones.add("middle".parse().unwrap(), outer).unwrap();
        zones.add("inner".parse().unwrap(), middle).unwrap();
        assert!(zones.around("inner".parse().unwrap()).intersects(outer));
        assert_eq!(zones.around("elsewhere".parse().unwrap()), ZoneSet::NONE);
    }

    #[test]
    fn a_set_shows_its_places() {
        let mut zones = Zones::new();
        zones.add("outer".parse().unwrap(), ZoneSet::NONE).unwrap();
        let second = zones.add("apart".parse().unwrap(), ZoneSet::NONE).unwrap();
        assert_eq!(format!("{second:?}"), "ZoneSet(2)");
    }

    #[test]
    fn a_tariff_prices_inside_its_areas_and_what_lies_in_them() {
        let mut zones = Zones::new();
        let suburbs = zones.add("suburbs".parse().unwrap(), ZoneSet::NONE).unwrap();
        zones.add("north".parse().unwrap(), suburbs).unwrap();
        zones.add("centre".parse().unwrap(), ZoneSet::NONE).unwrap();
        let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
        let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![kilometre], Units::ProRata).unwrap();
        let half_more = AreaEffect::Multiply(Ratio::new(3, 2).unwrap());
        let tariff = Tariff::new("made-up".parse().unwrap(), 1, Currency::EUR, meter)
            .with_zones(zones)
            .unwrap()
            .with_area("suburbs".parse().unwrap(), half_more)
            .unwrap();
        for (zone, inside) in [
            ("suburbs", true),
            ("north", true),
            ("centre", false),
            ("elsewhere", false),
        ] {
            assert_eq!(tariff.prices_inside(zone.parse().unwrap()), inside, "{zone}");
        }
    }

    #[test]
    fn a_tariff_holds_sixty_four_zones_named_once() {
        let mut zones = Zones::new();
        for number in 0..ZONES_MAX {
            zones
                .add(format!("zone-{number}").parse().unwrap(), ZoneSet::NONE)
                .unwrap();
        }
        let one_more = zones.add("one-more".parse().unwrap(), ZoneSet::NONE);
        assert_eq!(one_more.unwrap_err().code(), "tariff_too_many");
        let mut zones = Zones::new();
        zones.add("twice".parse().unwrap(), ZoneSet::NONE).unwrap();
        let again = zones.add("twice".parse().unwrap(), ZoneSet::NONE);
        assert_eq!(again.unwrap_err().code(), "tariff_duplicate");
        let mut others = Zones::new();
        for name in ["once", "elsewhere"] {
            let within = others.add(name.parse().unwrap(), ZoneSet::NONE).unwrap();
            let stray = zones.add("stray".parse().unwrap(), within);
            assert_eq!(stray.unwrap_err().code(), "tariff_unknown", "{name}");
        }
    }
}
