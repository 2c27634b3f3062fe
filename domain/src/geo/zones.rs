//! Which zones of a tariff places lie in and ways lead through.
//!
//! A tariff names zones and says what they cost; where they lie is the operator's to say, in a [`ZoneMap`]: areas with outlines, and
//! the names of zones that no ride of this operator touches. What the tariff names and the map does not know is refused by name:
//! a surcharge that is silently never charged is worse than no price.
//!
//! ```
//! use fiacre_domain::geo::{ZoneArea, ZoneMap};
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::place::Place;
//! use fiacre_domain::pricing::{Charge, ChargeAmount, Condition, Meter, Segment, Tariff, ZoneSet, Zones};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::Millimetres;
//!
//! let mut zones = Zones::new();
//! let centre = zones.add("centre".parse()?, ZoneSet::NONE)?;
//! zones.add("airport".parse()?, ZoneSet::NONE)?;
//! # let unit = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000))?.with_time(Ratio::from(60_000))?;
//! # let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![unit])?;
//! let toll = Charge::passed_to("toll".parse()?, "city".parse()?, ChargeAmount::Once(275)).under(Condition::ANY.touching(centre));
//! let tariff = Tariff::new("town".parse()?, 1, Currency::USD, meter).with_zones(zones)?.with_charge(toll)?;
//!
//! let place = |east_e7| Place::from_e7(500_000, east_e7);
//! let corners = [(0, 0), (0, 1_000_000), (1_000_000, 1_000_000), (1_000_000, 0)];
//! let corners = corners.map(|(latitude_e7, longitude_e7)| Place::from_e7(latitude_e7, longitude_e7));
//! let outline = corners.into_iter().collect::<Result<Vec<_>, _>>()?;
//! let map = ZoneMap::new(vec![ZoneArea::new("centre".parse()?, &outline)?]);
//! assert_eq!(map.under(&tariff).unwrap_err().missing(), ["airport".parse()?], "where is it?");
//!
//! let map = map.with_elsewhere("airport".parse()?);
//! let under = map.under(&tariff)?;
//! assert_eq!(under.zone_at(place(500_000)?), Some("centre".parse()?));
//! assert_eq!(under.zone_at(place(2_000_000)?), None);
//! let through = under.stretches(&[place(-500_000)?, place(1_500_000)?]);
//! let zones: Vec<_> = through.iter().map(|stretch| stretch.zone()).collect();
//! assert_eq!(zones, [None, Some("centre".parse()?), None]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::area::encloses;
use super::{AreaError, great_circle};
use crate::id::{TariffId, ZoneId};
use crate::place::Place;
use crate::pricing::Tariff;
use crate::units::Millimetres;
use std::fmt;

/// The tallest and the widest area of a zone, in 1e-7 degrees: 10°.
const SPAN_E7_MAX: i64 = 100_000_000;
const FULL_TURN_E7: i64 = 3_600_000_000;
/// Where along a leg something lies is kept as an integer of this many fractional bits: a millimetre in four thousand kilometres.
const PART_BITS: u32 = 32;
const WHOLE_LEG: i64 = 1 << PART_BITS;

/// A point, in 1e-7 degrees east and north of another.
type Offset = (i64, i64);

/// Where a zone lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneArea {
    zone: ZoneId,
    /// The first corner; all others are offsets from it, so that the antimeridian is a meridian like any other.
    origin: Place,
    corners: Vec<Offset>,
    low: Offset,
    high: Offset,
}

impl ZoneArea {
    /// `zone` is what this closed outline surrounds, its edges included. The last corner joins the first. A zone of several parts
    /// is several areas.
    ///
    /// # Errors
    ///
    /// `AreaError::OutlineTooShort` for fewer than three corners, `TooLarge` beyond 10° either way: split it.
    pub fn new(zone: ZoneId, outline: &[Place]) -> Result<Self, AreaError> {
        let [origin, _, _, ..] = *outline else {
            return Err(AreaError::OutlineTooShort);
        };
        let corners: Vec<Offset> = outline.iter().map(|corner| offset(origin, *corner)).collect();
        let fold = |(east, north): Offset, (other_east, other_north): Offset, choose: fn(i64, i64) -> i64| {
            (choose(east, other_east), choose(north, other_north))
        };
        let low = corners
            .iter()
            .fold((0, 0), |low, corner| fold(low, *corner, i64::min));
        let high = corners
            .iter()
            .fold((0, 0), |high, corner| fold(high, *corner, i64::max));
        if high.0 - low.0 > SPAN_E7_MAX || high.1 - low.1 > SPAN_E7_MAX {
            return Err(AreaError::TooLarge);
        }
        Ok(Self {
            zone,
            origin,
            corners,
            low,
            high,
        })
    }

    /// Which zone.
    pub const fn zone(&self) -> ZoneId {
        self.zone
    }

    /// Whether `place` lies inside, or on the edge.
    pub fn contains(&self, place: Place) -> bool {
        let (east, north) = offset(self.origin, place);
        (self.low.0..=self.high.0).contains(&east)
            && (self.low.1..=self.high.1).contains(&north)
            && encloses(&self.corners, (east, north))
    }

    /// Notes where the leg crosses the outline.
    fn cut(&self, from: Place, leg: Offset, cuts: &mut Vec<i64>) {
        let start = offset(self.origin, from);
        let end = (start.0 + leg.0, start.1 + leg.1);
        if start.0.max(end.0) < self.low.0
            || start.0.min(end.0) > self.high.0
            || start.1.max(end.1) < self.low.1
            || start.1.min(end.1) > self.high.1
        {
            return;
        }
        let next = self.corners.iter().cycle().skip(1);
        for (corner, next) in self.corners.iter().zip(next) {
            let edge = (next.0 - corner.0, next.1 - corner.1);
            let ahead = (corner.0 - start.0, corner.1 - start.1);
            let turn = cross(leg, edge);
            if turn == 0 {
                continue;
            }
            let (along_leg, along_edge) = (
                cross(ahead, edge) * turn.signum(),
                cross(ahead, leg) * turn.signum(),
            );
            let whole = turn.abs();
            if along_leg > 0 && along_leg < whole && (0..=whole).contains(&along_edge) {
                let part = (along_leg << PART_BITS) / whole;
                cuts.extend(i64::try_from(part).ok().filter(|part| *part > 0));
            }
        }
    }
}

/// The areas of zones, and the zones that lie elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneMap {
    areas: Vec<ZoneArea>,
    elsewhere: Vec<ZoneId>,
}

impl ZoneMap {
    /// These areas, the innermost first: of those that hold a place and that the tariff names, the first is the place's. What a
    /// zone lies within, the tariff knows.
    pub const fn new(areas: Vec<ZoneArea>) -> Self {
        Self {
            areas,
            elsewhere: Vec::new(),
        }
    }

    /// No ride ever touches `zone`: another operator's airport, or the tariff of a larger city.
    #[must_use]
    pub fn with_elsewhere(mut self, zone: ZoneId) -> Self {
        self.elsewhere.push(zone);
        self
    }

    /// The map as `tariff` sees it: with the zones that it names, and no other.
    ///
    /// # Errors
    ///
    /// [`ZonesMissing`] where the tariff names zones that are neither drawn here nor said to lie elsewhere: nobody could tell
    /// what to charge.
    pub fn under<'a>(&'a self, tariff: &'a Tariff) -> Result<TariffMap<'a>, ZonesMissing> {
        if tariff.zones().ids().all(|zone| self.knows(zone)) {
            Ok(TariffMap { map: self, tariff })
        } else {
            Err(ZonesMissing {
                tariff: tariff.id(),
                zones: tariff.zones().ids().filter(|zone| !self.knows(*zone)).collect(),
            })
        }
    }

    fn knows(&self, zone: ZoneId) -> bool {
        self.areas.iter().any(|area| area.zone == zone) || self.elsewhere.contains(&zone)
    }
}

/// A tariff names zones of which nobody said where they lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonesMissing {
    tariff: TariffId,
    zones: Vec<ZoneId>,
}

impl ZonesMissing {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "zones_missing"
    }

    /// Which zones.
    pub fn missing(&self) -> &[ZoneId] {
        &self.zones
    }
}

impl fmt::Display for ZonesMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zones: Vec<&str> = self.zones.iter().map(ZoneId::as_str).collect();
        write!(
            f,
            "failed to find zones of tariff {} on the map, so that nobody could tell what to charge: {}; draw them, or say \
             that they lie elsewhere",
            self.tariff,
            zones.join(", ")
        )
    }
}

impl std::error::Error for ZonesMissing {}

/// A part of a way that lies in one zone of a tariff, or in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    zone: Option<ZoneId>,
    length: Millimetres,
}

impl Stretch {
    /// In which zone.
    pub const fn zone(&self) -> Option<ZoneId> {
        self.zone
    }

    /// How long it is, in straight lines from place to place.
    pub const fn length(&self) -> Millimetres {
        self.length
    }
}

/// A map as one tariff sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TariffMap<'a> {
    map: &'a ZoneMap,
    tariff: &'a Tariff,
}

impl TariffMap<'_> {
    /// The innermost zone of the tariff that `place` lies in.
    pub fn zone_at(&self, place: Place) -> Option<ZoneId> {
        self.areas().find(|area| area.contains(place)).map(ZoneArea::zone)
    }

    /// The stretches of a way that leads straight from each place to the next, in order: each in another zone than the one
    /// before. A way of one place is a stretch of no length, one of none has no stretch.
    pub fn stretches(&self, way: &[Place]) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::with_capacity(1);
        let mut add = |zone, length| match stretches.last_mut() {
            Some(last) if last.zone == zone => last.length = last.length.saturating_add(length),
            Some(_) | None => stretches.push(Stretch { zone, length }),
        };
        if let [place] = way {
            add(self.zone_at(*place), Millimetres::ZERO);
        }
        let mut cuts = Vec::new();
        for (from, to) in way.iter().zip(way.iter().skip(1)) {
            let leg = offset(*from, *to);
            cuts.clear();
            for area in self.areas() {
                area.cut(*from, leg, &mut cuts);
            }
            cuts.push(WHOLE_LEG);
            cuts.sort_unstable();
            cuts.dedup();
            let length = great_circle(*from, *to).get();
            let length_until = |part: i64| share(length, part);
            let mut before = 0;
            for part in &cuts {
                // What a cut goes through has one zone from end to end: its middle tells which.
                let middle = before + (part - before) / 2;
                let place = moved(*from, (share(leg.0, middle), share(leg.1, middle)));
                let stretch = Millimetres::new(length_until(*part) - length_until(before));
                add(place.and_then(|place| self.zone_at(place)), stretch);
                before = *part;
            }
        }
        stretches
    }

    fn areas(&self) -> impl Iterator<Item = &ZoneArea> {
        let named = |area: &&ZoneArea| self.tariff.zones().get(area.zone).is_some();
        self.map.areas.iter().filter(named)
    }
}

/// East and north from one place to another, the shorter way round.
fn offset(from: Place, to: Place) -> Offset {
    let half = FULL_TURN_E7 / 2;
    let east = i64::from(to.longitude_e7()) - i64::from(from.longitude_e7());
    (
        (east + half).rem_euclid(FULL_TURN_E7) - half,
        i64::from(to.latitude_e7()) - i64::from(from.latitude_e7()),
    )
}

/// The place at an offset that is part of one.
fn moved(from: Place, (east, north): Offset) -> Option<Place> {
    let half = FULL_TURN_E7 / 2;
    let longitude = (i64::from(from.longitude_e7()) + east + half).rem_euclid(FULL_TURN_E7) - half;
    let latitude = i64::from(from.latitude_e7()) + north;
    Place::from_e7(i32::try_from(latitude).ok()?, i32::try_from(longitude).ok()?).ok()
}

const fn cross(one: Offset, other: Offset) -> i128 {
    one.0 as i128 * other.1 as i128 - one.1 as i128 * other.0 as i128
}

/// `whole × part` of a leg; at most `whole`.
fn share(whole: i64, part: i64) -> i64 {
    i64::try_from((i128::from(whole) * i128::from(part)) >> PART_BITS).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::pricing::{Meter, Segment, ZoneSet, Zones};
    use crate::ratio::Ratio;

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    fn id(name: &str) -> ZoneId {
        name.parse().unwrap()
    }

    fn square(name: &str, south: i32, west: i32, size: i32) -> ZoneArea {
        let corners = [(0, 0), (0, size), (size, size), (size, 0)];
        let outline = corners.map(|(north, east)| place(south + north, west + east));
        ZoneArea::new(id(name), &outline).unwrap()
    }

    fn tariff(names: &[&str]) -> Tariff {
        let unit = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::from(1_000_000)).unwrap();
        let meter = Meter::joint(
            Ratio::from(250),
            Ratio::ONE,
            vec![unit.with_time(Ratio::from(60_000)).unwrap()],
        );
        let mut zones = Zones::new();
        for name in names {
            zones.add(id(name), ZoneSet::NONE).unwrap();
        }
        Tariff::new("made-up".parse().unwrap(), 1, Currency::EUR, meter.unwrap())
            .with_zones(zones)
            .unwrap()
    }

    /// A square of 4,000 within one of 10,000.
    fn town() -> ZoneMap {
        ZoneMap::new(vec![
            square("inner", 3_000, 3_000, 4_000),
            square("outer", 0, 0, 10_000),
        ])
    }

    #[test]
    fn the_first_area_that_the_tariff_names_is_a_places_zone() {
        let (both, outer) = (tariff(&["inner", "outer"]), tariff(&["outer"]));
        let map = town();
        let zone = |tariff, (north, east)| map.under(tariff).unwrap().zone_at(place(north, east));
        assert_eq!(zone(&both, (5_000, 5_000)), Some(id("inner")));
        assert_eq!(
            zone(&both, (3_000, 3_000)),
            Some(id("inner")),
            "the edge belongs to it"
        );
        assert_eq!(zone(&both, (1_000, 5_000)), Some(id("outer")));
        assert_eq!(zone(&both, (5_000, 10_001)), None);
        assert_eq!(zone(&both, (-1, 5_000)), None);
        assert_eq!(
            zone(&outer, (5_000, 5_000)),
            Some(id("outer")),
            "no other zone is its business"
        );
        assert_eq!(zone(&tariff(&[]), (5_000, 5_000)), None);
    }

    #[test]
    fn zones_that_are_not_on_the_map_are_refused_by_name_unless_they_lie_elsewhere() {
        let needs = tariff(&["jfk", "inner", "lga"]);
        let refused = town().under(&needs).unwrap_err();
        assert_eq!(refused.missing(), [id("jfk"), id("lga")]);
        assert_eq!(refused.code(), "zones_missing");
        let said = refused.to_string();
        assert!(
            said.contains("tariff made-up on the map") && said.contains(": jfk, lga; draw"),
            "{said}"
        );
        let map = town().with_elsewhere(id("jfk")).with_elsewhere(id("lga"));
        assert_eq!(
            map.under(&needs).unwrap().zone_at(place(5_000, 5_000)),
            Some(id("inner"))
        );
        assert_eq!(ZoneMap::default().under(&tariff(&[])).unwrap().stretches(&[]), []);
    }

    /// The zones of a way, and which share of it in per cent.
    fn through(map: &ZoneMap, way: &[(i32, i32)]) -> Vec<(Option<&'static str>, i64)> {
        let both = tariff(&["inner", "outer"]);
        let way: Vec<Place> = way.iter().map(|(north, east)| place(*north, *east)).collect();
        let stretches = map.under(&both).unwrap().stretches(&way);
        let whole: i64 = way.windows(2).map(|leg| great_circle(leg[0], leg[1]).get()).sum();
        let sum: i64 = stretches.iter().map(|stretch| stretch.length().get()).sum();
        assert_eq!(sum, whole, "stretches are the whole way");
        let name = |zone: ZoneId| if zone == id("inner") { "inner" } else { "outer" };
        let percent = |stretch: &Stretch| (stretch.length().get() * 100 + whole / 2) / whole.max(1);
        stretches
            .iter()
            .map(|stretch| (stretch.zone().map(name), percent(stretch)))
            .collect()
    }

    #[test]
    fn a_way_is_cut_where_it_crosses_an_outline() {
        let map = town();
        let (outer, inner) = (Some("outer"), Some("inner"));
        assert_eq!(through(&map, &[(5_000, 4_000), (5_000, 6_000)]), [(inner, 100)]);
        assert_eq!(
            through(&map, &[(5_000, -5_000), (5_000, 15_000)]),
            [(None, 25), (outer, 15), (inner, 20), (outer, 15), (None, 25)]
        );
        assert_eq!(
            through(&map, &[(5_000, 15_000), (5_000, 5_000)]),
            [(None, 50), (outer, 30), (inner, 20)]
        );
        // Round the inner square, and through both of its corners.
        assert_eq!(
            through(&map, &[(2_000, 2_000), (2_000, 8_000), (8_000, 8_000)]),
            [(outer, 100)]
        );
        assert_eq!(
            through(&map, &[(0, 0), (10_000, 10_000)]),
            [(outer, 30), (inner, 40), (outer, 30)]
        );
        // Along an edge, which belongs to what it surrounds.
        assert_eq!(
            through(&map, &[(3_000, 0), (3_000, 10_000)]),
            [(outer, 30), (inner, 40), (outer, 30)]
        );
        assert_eq!(through(&map, &[(5_000, 5_000)]), [(inner, 0)]);
        assert_eq!(through(&map, &[(5_000, 20_000), (9_000, 20_000)]), [(None, 100)]);
        assert_eq!(through(&map, &[(5_000, 5_000), (5_000, 5_000)]), [(inner, 0)]);
    }

    #[test]
    fn outlines_and_ways_cross_the_antimeridian() {
        let fiji = ZoneMap::new(vec![square("outer", 0, 1_799_990_000, 10_000)]);
        let outline = [(0, 1_799_995_000), (0, -1_799_995_000), (10_000, -1_799_995_000)];
        let across = ZoneArea::new(id("inner"), &outline.map(|(north, east)| place(north, east))).unwrap();
        assert!(across.contains(place(1_000, -1_799_996_000)) && across.contains(place(10, 1_799_999_000)));
        assert!(!across.contains(place(1_000, 0)));
        let both = tariff(&["outer"]);
        let way = [place(5_000, 1_799_995_000), place(5_000, -1_799_995_000)];
        let zones: Vec<_> = fiji
            .under(&both)
            .unwrap()
            .stretches(&way)
            .iter()
            .map(Stretch::zone)
            .collect();
        assert_eq!(zones, [Some(id("outer")), None]);
        let back: Vec<Place> = way.into_iter().rev().collect();
        assert_eq!(fiji.under(&both).unwrap().stretches(&back).len(), 2);
    }

    #[test]
    fn outlines_without_corners_or_limits_are_refused() {
        let outline = |corners: &[(i32, i32)]| {
            let corners = corners.iter().map(|(north, east)| place(*north, *east));
            ZoneArea::new(id("x"), &corners.collect::<Vec<_>>())
        };
        assert_eq!(outline(&[(0, 0), (1, 1)]), Err(AreaError::OutlineTooShort));
        assert_eq!(
            outline(&[(0, 0), (0, 100_000_001), (1, 0)]),
            Err(AreaError::TooLarge)
        );
        assert_eq!(
            outline(&[(0, 0), (-100_000_001, 0), (0, 1)]),
            Err(AreaError::TooLarge)
        );
        let large = outline(&[(0, 0), (0, 100_000_000), (100_000_000, 0)]).unwrap();
        assert_eq!(large.zone(), id("x"));
        // The farthest places of the globe.
        let map = ZoneMap::new(vec![large]);
        let named = tariff(&["x"]);
        let ends = [
            place(900_000_000, -1_800_000_000),
            place(-900_000_000, 1_799_999_999),
        ];
        assert!(!map.under(&named).unwrap().stretches(&ends).is_empty());
    }
}
