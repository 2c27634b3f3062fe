//! The drivers of a region as they move: where each one is, whether they are free, and what their vehicle offers.

use super::Sample;
use super::grid::{Finder, Grid, Spot};
use super::slots::Slots;
use crate::geo::{AreaError, PlanePoint, ServiceArea};
use crate::id::DriverId;
use crate::place::Place;
use crate::requirements::Capabilities;
use crate::time::Timestamp;
use crate::units::BasisPoints;

/// About as many drivers share a cell where they are spread evenly.
const DRIVERS_PER_CELL: usize = 4;
/// For how many drivers a supply is laid out if nothing else is said.
const DRIVERS_EXPECTED: usize = 10_000;

/// Whether a driver can be given a trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Availability {
    /// Not working; also anyone of whom only samples are known.
    Offline,
    /// Waiting for a trip.
    Free {
        /// Since when.
        since: Timestamp,
    },
    /// Has a trip or an offer in hand.
    Busy,
}

/// What is known of one driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    id: DriverId,
    sample: Option<Sample>,
    availability: Availability,
    capabilities: Capabilities,
    acceptance: BasisPoints,
}

impl Driver {
    const fn new(id: DriverId) -> Self {
        Self {
            id,
            sample: None,
            availability: Availability::Offline,
            capabilities: Capabilities::UNKNOWN,
            acceptance: BasisPoints::ONE,
        }
    }

    /// Who.
    pub const fn id(&self) -> DriverId {
        self.id
    }

    /// The latest location by sequence, if any.
    pub const fn sample(&self) -> Option<&Sample> {
        self.sample.as_ref()
    }

    /// Whether they can be given a trip.
    pub const fn availability(&self) -> Availability {
        self.availability
    }

    /// What their vehicle offers.
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Since when they are free, if they are.
    pub(super) const fn idle_since(&self) -> Option<Timestamp> {
        match self.availability {
            Availability::Free { since } => Some(since),
            Availability::Offline | Availability::Busy => None,
        }
    }

    /// The share of offers that they accept, 0 to 10,000.
    pub const fn acceptance(&self) -> BasisPoints {
        self.acceptance
    }
}

/// The part of a driver that each new location reads, apart from the rest and within one cache line.
#[derive(Debug, Clone)]
struct Track {
    id: DriverId,
    /// Of the latest sample; meaningful once there is one.
    sequence: u64,
    has_sample: bool,
    /// The grid to be kept in while in the area; none for who is offline.
    layer: Option<Layer>,
    /// Where the latest sample lies in the area's plane, if in the area.
    point: Option<PlanePoint>,
    /// Where the point is kept in the grid, if it is.
    spot: Option<Spot>,
}

impl Track {
    const fn new(id: DriverId) -> Self {
        Self {
            id,
            sequence: 0,
            has_sample: false,
            layer: None,
            point: None,
            spot: None,
        }
    }
}

/// What became of a batch of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reported {
    /// Taken as the driver's location.
    pub applied: usize,
    /// Not newer, by sequence, than what was known.
    pub superseded: usize,
    /// Outside the service area: taken, and the driver is out of matching until they are back.
    pub outside: usize,
}

/// An index of moving drivers: exact nearest free drivers, each change in constant time, never rebuilt.
///
/// "Nearest" is by distance in the plane of the [`ServiceArea`], then by driver id. Results depend on what is known of the
/// drivers alone, not on the order in which it became known.
///
/// ```
/// use fiacre_domain::geo::ServiceArea;
/// use fiacre_domain::id::DriverId;
/// use fiacre_domain::matching::{Availability, Sample, Supply};
/// use fiacre_domain::place::Place;
/// use fiacre_domain::time::Timestamp;
/// let area = ServiceArea::bounding(
///     Place::from_e7(406_800_000, -740_500_000)?,
///     Place::from_e7(408_900_000, -738_900_000)?,
/// )?;
/// let (driver, now) = (DriverId::from_u128(7), Timestamp::from_ms(1_530_000_000_000));
/// let times_square = Place::from_e7(407_580_000, -739_855_000)?;
/// let mut supply = Supply::new(area);
/// supply.set_availability(driver, Availability::Free { since: now });
/// supply.report(&[Sample::new(driver, times_square, now, 1)]);
/// assert_eq!(supply.nearest(times_square, 1)?, [driver]);
/// supply.set_availability(driver, Availability::Busy);
/// assert!(supply.nearest(times_square, 1)?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Supply {
    area: ServiceArea,
    slots: Slots,
    tracks: Vec<Track>,
    drivers: Vec<Driver>,
    spare_slots: Vec<u32>,
    free: Grid,
    busy: Grid,
}

impl Supply {
    /// Of an area, laid out for some ten thousand drivers.
    pub fn new(area: ServiceArea) -> Self {
        Self::sized_for(area, DRIVERS_EXPECTED)
    }

    /// Of an area, laid out for about `drivers`. Any number can come; far more than this many make searches slower.
    pub fn sized_for(area: ServiceArea, drivers: usize) -> Self {
        let grid = Grid::new(area.plane_extent(), drivers / DRIVERS_PER_CELL);
        Self {
            area,
            slots: Slots::for_drivers(drivers),
            tracks: Vec::new(),
            drivers: Vec::new(),
            spare_slots: Vec::new(),
            free: grid.clone(),
            busy: grid,
        }
    }

    /// The area.
    pub const fn area(&self) -> &ServiceArea {
        &self.area
    }

    /// How many drivers anything is known of.
    pub fn len(&self) -> usize {
        self.drivers.len() - self.spare_slots.len()
    }

    /// Whether no driver is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many free drivers have a location in the area.
    pub const fn free_count(&self) -> usize {
        self.free.len()
    }

    /// How many busy drivers have a location in the area.
    pub const fn busy_count(&self) -> usize {
        self.busy.len()
    }

    /// What is known of `driver`.
    pub fn driver(&self, driver: DriverId) -> Option<&Driver> {
        self.find(driver).map(|slot| &self.drivers[slot as usize])
    }

    /// What is known of each driver, straight from the list that every index points into: in no order that means anything,
    /// and with an offline one in the place of whoever was removed.
    pub(super) fn everyone(&self) -> impl Iterator<Item = &Driver> {
        self.drivers.iter()
    }

    /// Takes locations. Each driver's latest by sequence wins, in whatever order they come.
    pub fn report(&mut self, samples: &[Sample]) -> Reported {
        self.report_noting(samples, |_| {})
    }

    /// As [`Supply::report`]; names to `note`, sample by sample, whoever is [offline](Availability::Offline): also who was not
    /// known at all.
    pub fn report_noting(&mut self, samples: &[Sample], mut note: impl FnMut(DriverId)) -> Reported {
        let mut reported = Reported::default();
        for sample in samples {
            let slot = self.find_or_add(sample.driver());
            if self.tracks[slot as usize].layer.is_none() {
                note(sample.driver());
            }
            let count = match self.locate(slot, sample) {
                Some(true) => &mut reported.applied,
                Some(false) => &mut reported.outside,
                None => &mut reported.superseded,
            };
            *count += 1;
        }
        reported
    }

    /// Says whether `driver` can be given a trip.
    pub fn set_availability(&mut self, driver: DriverId, availability: Availability) {
        let slot = self.find_or_add(driver);
        self.take_out(slot);
        self.drivers[slot as usize].availability = availability;
        self.tracks[slot as usize].layer = match availability {
            Availability::Offline => None,
            Availability::Free { .. } => Some(Layer::Free),
            Availability::Busy => Some(Layer::Busy),
        };
        self.put_in(slot);
    }

    /// Says what `driver`'s vehicle offers.
    pub fn set_capabilities(&mut self, driver: DriverId, capabilities: Capabilities) {
        let slot = self.find_or_add(driver);
        self.drivers[slot as usize].capabilities = capabilities;
    }

    /// Says which share of offers `driver` accepts; held between 0 and the whole.
    pub fn set_acceptance(&mut self, driver: DriverId, share: BasisPoints) {
        let slot = self.find_or_add(driver);
        self.drivers[slot as usize].acceptance = share.clamp(BasisPoints::ZERO, BasisPoints::ONE);
    }

    /// Forgets `driver`; `false` where nothing was known of them.
    pub fn remove(&mut self, driver: DriverId) -> bool {
        let Some(slot) = self.find(driver) else {
            return false;
        };
        self.take_out(slot);
        self.slots.remove(driver, |slot| self.tracks[slot as usize].id);
        self.tracks[slot as usize] = Track::new(driver);
        self.drivers[slot as usize] = Driver::new(driver);
        self.spare_slots.push(slot);
        true
    }

    /// The `count` free drivers nearest to `place`, nearest first; fewer where there are not as many.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where `place` is not in the supply's area.
    pub fn nearest(&self, place: Place, count: usize) -> Result<Vec<DriverId>, AreaError> {
        let mut drivers = Vec::new();
        self.nearest_into(place, count, &mut drivers)?;
        Ok(drivers)
    }

    /// As [`Supply::nearest`], into `drivers`, which is emptied first and whose memory is used again.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where `place` is not in the supply's area; `drivers` is then empty or as it was.
    pub fn nearest_into(
        &self,
        place: Place,
        count: usize,
        drivers: &mut Vec<DriverId>,
    ) -> Result<(), AreaError> {
        drivers.clear();
        let centre = self.area.project(place)?;
        let mut near = Vec::with_capacity(count.min(self.free.len()));
        self.nearest_slots(Layer::Free, centre, count, i64::MAX, &mut near, |_, _| true);
        drivers.extend(near.iter().map(|(_, slot)| self.tracks[*slot as usize].id));
        Ok(())
    }

    /// The `count` nearest drivers of a layer within a plane distance whose square is `reach_squared` that `accepts`
    /// lets pass, as squared distance and slot, into `near`.
    pub(super) fn nearest_slots(
        &self,
        layer: Layer,
        centre: PlanePoint,
        count: usize,
        reach_squared: i64,
        near: &mut Vec<(i64, u32)>,
        accepts: impl FnMut(i64, u32) -> bool,
    ) {
        near.clear();
        if count == 0 {
            return;
        }
        let mut finder = NearestFinder {
            tracks: &self.tracks,
            count,
            reach_squared,
            near,
            accepts,
        };
        self.search(layer, centre, &mut finder);
        finder.finish();
    }

    /// Shows `finder` every driver of a layer within its reach.
    pub(super) fn search(&self, layer: Layer, centre: PlanePoint, finder: &mut impl Finder) {
        match layer {
            Layer::Free => self.free.search(centre, finder),
            Layer::Busy => self.busy.search(centre, finder),
        }
    }

    /// The driver in a slot that a search gave.
    pub(super) fn at(&self, slot: u32) -> &Driver {
        &self.drivers[slot as usize]
    }

    /// One more than the highest slot.
    pub(super) fn slot_count(&self) -> usize {
        self.drivers.len()
    }

    /// `Some(inside the area)`, or `None` where the sample is not newer than what is known.
    fn locate(&mut self, slot: u32, sample: &Sample) -> Option<bool> {
        let track = &mut self.tracks[slot as usize];
        if track.has_sample && track.sequence >= sample.sequence() {
            return None;
        }
        self.drivers[slot as usize].sample = Some(*sample);
        track.has_sample = true;
        track.sequence = sample.sequence();
        let point = self.area.project(sample.place()).ok();
        if let (Some(from), Some(to), Some(spot), Some(layer)) = (track.point, point, track.spot, track.layer)
        {
            let grid = match layer {
                Layer::Free => &mut self.free,
                Layer::Busy => &mut self.busy,
            };
            if grid.slide(from, to, spot) {
                track.point = point;
                return Some(true);
            }
        }
        self.take_out(slot);
        self.tracks[slot as usize].point = point;
        self.put_in(slot);
        Some(point.is_some())
    }

    fn find(&self, driver: DriverId) -> Option<u32> {
        self.slots.find(driver, |slot| self.tracks[slot as usize].id)
    }

    fn find_or_add(&mut self, driver: DriverId) -> u32 {
        if let Some(slot) = self.find(driver) {
            return slot;
        }
        let slot = if let Some(spare) = self.spare_slots.pop() {
            self.tracks[spare as usize] = Track::new(driver);
            self.drivers[spare as usize] = Driver::new(driver);
            spare
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "2^32 drivers do not fit in memory"
            )]
            let next = self.drivers.len() as u32;
            self.tracks.push(Track::new(driver));
            self.drivers.push(Driver::new(driver));
            next
        };
        self.slots.insert(driver, slot);
        slot
    }

    fn take_out(&mut self, slot: u32) {
        let track = &mut self.tracks[slot as usize];
        let (Some(layer), Some(point), Some(kept)) = (track.layer, track.point, track.spot.take()) else {
            return;
        };
        let moved = match layer {
            Layer::Free => self.free.remove(point, kept),
            Layer::Busy => self.busy.remove(point, kept),
        };
        if let Some(moved) = moved {
            self.tracks[moved as usize].spot = Some(kept);
        }
    }

    fn put_in(&mut self, slot: u32) {
        let track = &mut self.tracks[slot as usize];
        let (Some(layer), Some(point)) = (track.layer, track.point) else {
            return;
        };
        track.spot = Some(match layer {
            Layer::Free => self.free.insert(point, slot),
            Layer::Busy => self.busy.insert(point, slot),
        });
    }
}

/// The drivers that a search goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Free,
    Busy,
}

/// Collects more than it needs, then drops all but the nearest: cheaper than keeping them in order one by one.
struct NearestFinder<'a, A> {
    tracks: &'a [Track],
    count: usize,
    reach_squared: i64,
    near: &'a mut Vec<(i64, u32)>,
    accepts: A,
}

impl<A> NearestFinder<'_, A> {
    /// Drops whoever is farther than as many as are wanted, and looks no farther than that. Ties stay for now.
    fn drop_farther(&mut self) {
        if self.near.len() >= self.count {
            let (_, last, _) = self
                .near
                .select_nth_unstable_by_key(self.count - 1, |near| near.0);
            let farthest = last.0;
            self.near.retain(|(distance, _)| *distance <= farthest);
            self.reach_squared = farthest.min(self.reach_squared);
        }
    }

    /// Leaves those wanted, nearest first, ties by id.
    fn finish(mut self) {
        self.drop_farther();
        self.near.sort_unstable_by_key(|near| near.0);
        let has_tie = self.near.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if has_tie {
            let tracks = self.tracks;
            self.near
                .sort_unstable_by_key(|(distance, slot)| (*distance, tracks[*slot as usize].id));
            self.near.truncate(self.count);
        }
    }
}

impl<A: FnMut(i64, u32) -> bool> Finder for NearestFinder<'_, A> {
    fn reach_squared(&self) -> i64 {
        self.reach_squared
    }

    fn found(&mut self, squared_distance: i64, slot: u32) {
        if (self.accepts)(squared_distance, slot) {
            self.near.push((squared_distance, slot));
        }
    }

    fn ring_ended(&mut self) {
        self.drop_farther();
    }
}

#[cfg(test)]
mod planted;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    fn supply() -> Supply {
        Supply::sized_for(
            ServiceArea::bounding(place(0, 0), place(1_000_000, 1_000_000)).unwrap(),
            100,
        )
    }

    fn id(number: u128) -> DriverId {
        DriverId::from_u128(number)
    }

    const NOW: Timestamp = Timestamp::from_ms(0);
    const FREE: Availability = Availability::Free { since: NOW };

    #[test]
    fn the_latest_sample_wins_in_whatever_order_they_come() {
        let near = Sample::new(id(1), place(10, 10), NOW, 2);
        let far = Sample::new(id(1), place(900_000, 900_000), NOW, 1);
        for samples in [[near, far], [far, near]] {
            let mut supply = supply();
            supply.set_availability(id(1), FREE);
            supply.report(&samples);
            assert_eq!(supply.driver(id(1)).unwrap().sample(), Some(&near));
        }
        let again = supply().report(&[near, near]);
        assert_eq!((again.applied, again.superseded), (1, 1));
    }

    #[test]
    fn who_is_offline_is_named_sample_by_sample() {
        let mut supply = supply();
        supply.set_availability(id(1), FREE);
        supply.set_availability(id(2), Availability::Busy);
        supply.set_availability(id(3), Availability::Offline);
        let samples = [4, 3, 2, 1, 4].map(|driver| Sample::new(id(driver), place(10, 10), NOW, 1));
        let mut named = Vec::new();
        let reported = supply.report_noting(&samples, |driver| named.push(driver));
        assert_eq!(named, [id(4), id(3), id(4)]);
        assert_eq!((reported.applied, reported.superseded), (4, 1));
    }

    #[test]
    fn a_driver_who_leaves_the_area_is_out_until_back() {
        let mut supply = supply();
        supply.set_availability(id(1), FREE);
        supply.report(&[Sample::new(id(1), place(10, 10), NOW, 1)]);
        assert_eq!(supply.free_count(), 1);
        let left = supply.report(&[Sample::new(id(1), place(-10, 10), NOW, 2)]);
        assert_eq!((left.outside, supply.free_count()), (1, 0));
        supply.report(&[Sample::new(id(1), place(20, 10), NOW, 3)]);
        assert_eq!(supply.nearest(place(0, 0), 9), Ok(vec![id(1)]));
        assert_eq!(
            supply.nearest(place(-1, 0), 9),
            Err(AreaError::OutsideServiceArea)
        );
    }

    #[test]
    fn only_who_is_free_is_idle() {
        let mut supply = supply();
        assert!(supply.is_empty());
        for (availability, idle_since) in [
            (FREE, Some(NOW)),
            (Availability::Busy, None),
            (Availability::Offline, None),
        ] {
            supply.set_availability(id(1), availability);
            assert_eq!(supply.driver(id(1)).unwrap().idle_since(), idle_since);
        }
        assert!(!supply.is_empty());
    }

    #[test]
    fn a_hundred_drivers_at_one_point_are_told_apart_by_id() {
        let mut supply = supply();
        for number in (1..=100).rev() {
            supply.report(&[Sample::new(id(number), place(1_000_000, 1_000_000), NOW, 1)]);
            supply.set_availability(id(number), FREE);
        }
        let nearest = supply.nearest(place(0, 0), 3).unwrap();
        assert_eq!(nearest, [id(1), id(2), id(3)]);
        for number in 1..=97 {
            assert!(supply.remove(id(number)));
            assert!(!supply.remove(id(number)));
        }
        assert_eq!(supply.nearest(place(0, 0), 9).unwrap(), [id(98), id(99), id(100)]);
        assert_eq!(
            (supply.len(), supply.free_count(), supply.busy_count()),
            (3, 3, 0)
        );
    }
}
