//! The area that a service covers, and the plane that stands for it in an index.

use super::quarter_turn;
use crate::place::Place;
use crate::units::Millimetres;
use std::fmt;

/// The tallest and the widest area, in 1e-7 degrees: 10°, about 1,100 km.
const SPAN_E7_MAX: i64 = 100_000_000;
/// The northernmost and southernmost edge, in 1e-7 degrees: 80°.
const LATITUDE_E7_EDGE: i32 = 800_000_000;
const FULL_TURN_E7: i64 = 3_600_000_000;
/// The cosine of the middle latitude is kept as an integer of this many fractional bits.
const COSINE_BITS: u32 = 30;
/// A degree e-7 of latitude on the sphere of [`super::EARTH_RADIUS_MM`] is 11.1195 mm; rounded down.
const MM_PER_UNIT_FLOOR: i64 = 11;

/// Why an area could not be made, or a place does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaError {
    /// The south-western corner is not south of the north-eastern one, or both have the same longitude.
    Empty,
    /// Taller or wider than 10°.
    TooLarge,
    /// Reaches beyond 80° north or south.
    NearPole,
    /// An outline of fewer than three corners.
    OutlineTooShort,
    /// A corner of the outline lies outside the bounding box.
    OutlineOutsideBounds,
    /// The place lies outside the service area; most often latitude and longitude were swapped.
    OutsideServiceArea,
}

impl AreaError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "area_empty",
            Self::TooLarge => "area_too_large",
            Self::NearPole => "area_near_pole",
            Self::OutlineTooShort => "area_outline_too_short",
            Self::OutlineOutsideBounds => "area_outline_outside_bounds",
            Self::OutsideServiceArea => "place_outside_service_area",
        }
    }
}

impl fmt::Display for AreaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "failed to bound the area: give the south-western corner, then the north-eastern one",
            Self::TooLarge => "failed to bound the area: it may span 10° at most; split it into regions",
            Self::NearPole => "failed to bound the area: it must lie between 80° south and 80° north",
            Self::OutlineTooShort => "failed to outline the area: an outline has three corners or more",
            Self::OutlineOutsideBounds => {
                "failed to outline the area: every corner must lie in the bounding box"
            }
            Self::OutsideServiceArea => {
                "failed to serve the place: it lies outside the service area; are latitude and longitude swapped?"
            }
        })
    }
}

impl std::error::Error for AreaError {}

/// A point of a [`ServiceArea`]'s plane: units of 1e-7 degree of latitude (11.1 mm) east and north of its
/// south-western corner, longitude shrunk by the cosine of the middle latitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlanePoint {
    x: i32,
    y: i32,
}

impl PlanePoint {
    /// Units east of the corner, 0 to 100,000,000.
    pub const fn x(self) -> i32 {
        self.x
    }

    /// Units north of the corner, 0 to 100,000,000.
    pub const fn y(self) -> i32 {
        self.y
    }

    /// The square of the distance in the plane, in square units.
    pub const fn squared_distance(self, other: Self) -> i64 {
        let (x, y) = ((self.x - other.x) as i64, (self.y - other.y) as i64);
        x * x + y * y
    }
}

/// Where a service takes passengers: a box in latitude and longitude, which may cross the antimeridian, and optionally an
/// outline within it. At most 10° tall and wide, so that a plane can stand for it.
///
/// ```
/// use fiacre_domain::geo::{AreaError, ServiceArea};
/// use fiacre_domain::place::Place;
/// let manhattan = ServiceArea::bounding(
///     Place::from_e7(406_800_000, -740_500_000)?,
///     Place::from_e7(408_900_000, -738_900_000)?,
/// )?;
/// let times_square = Place::from_e7(407_580_000, -739_855_000)?;
/// let swapped = Place::from_e7(-739_855_000, 407_580_000)?;
/// assert!(manhattan.check(times_square).is_ok());
/// assert_eq!(manhattan.check(swapped), Err(AreaError::OutsideServiceArea));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceArea {
    south_e7: i32,
    west_e7: i32,
    height_e7: i32,
    width_e7: i32,
    /// cos(middle latitude) × 2^30.
    cosine: i64,
    /// How much longer than the true distance a distance in the plane can be, in 1/1024.
    stretch: i64,
    outline: Vec<(i64, i64)>,
}

impl ServiceArea {
    /// The box between two corners, edges included. A western longitude above the eastern one crosses the antimeridian.
    ///
    /// # Errors
    ///
    /// `AreaError::NearPole` beyond 80° north or south, `Empty` where the corners enclose nothing, `TooLarge` beyond
    /// 10° either way: choose other corners, or several areas.
    pub fn bounding(south_west: Place, north_east: Place) -> Result<Self, AreaError> {
        let (south, north) = (south_west.latitude_e7(), north_east.latitude_e7());
        if south.unsigned_abs().max(north.unsigned_abs()) > LATITUDE_E7_EDGE.unsigned_abs() {
            return Err(AreaError::NearPole);
        }
        let height = i64::from(north) - i64::from(south);
        let width = eastwards(south_west.longitude_e7(), north_east.longitude_e7());
        if height <= 0 || width == 0 {
            return Err(AreaError::Empty);
        }
        if height > SPAN_E7_MAX || width > SPAN_E7_MAX {
            return Err(AreaError::TooLarge);
        }
        // Twice a latitude in 1e-7 degrees counts 5e-8 degrees; the middle is half the sum.
        let (_, middle) = quarter_turn((south + north).unsigned_abs());
        let (_, narrowest) = quarter_turn(2 * south.unsigned_abs().max(north.unsigned_abs()));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cosine × 2^30, and a ratio of two cosines below 3"
        )]
        let (cosine, stretch) = (
            (middle * f64::from(1_u32 << COSINE_BITS)) as i64,
            // 1% covers what a plane cannot show of a sphere over 10°.
            (middle / narrowest * 1.01 * 1024.0) as i64 + 1,
        );
        #[expect(clippy::cast_possible_truncation, reason = "both at most SPAN_E7_MAX")]
        Ok(Self {
            south_e7: south,
            west_e7: south_west.longitude_e7(),
            height_e7: height as i32,
            width_e7: width as i32,
            cosine,
            stretch,
            outline: Vec::new(),
        })
    }

    /// Only what lies within this closed outline (its edges included) belongs to the area. The last corner joins the first.
    ///
    /// # Errors
    ///
    /// `AreaError::OutlineTooShort` for fewer than three corners, `OutlineOutsideBounds` where one lies outside the box.
    pub fn with_outline(mut self, corners: &[Place]) -> Result<Self, AreaError> {
        if corners.len() < 3 {
            return Err(AreaError::OutlineTooShort);
        }
        self.outline = corners
            .iter()
            .map(|corner| self.offset(*corner).ok_or(AreaError::OutlineOutsideBounds))
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Whether `place` belongs to the area.
    pub fn contains(&self, place: Place) -> bool {
        self.offset(place)
            .is_some_and(|offset| self.outline.is_empty() || encloses(&self.outline, offset))
    }

    /// `place` itself, if it belongs to the area.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where it does not belong to the area: tell the rider that nobody serves there.
    pub fn check(&self, place: Place) -> Result<Place, AreaError> {
        if self.contains(place) {
            Ok(place)
        } else {
            Err(AreaError::OutsideServiceArea)
        }
    }

    /// The point that stands for `place`; [`AreaError::OutsideServiceArea`] where it does not belong to the area.
    ///
    /// In the plane, north–south distances are true; east–west ones are off by the ratio of the cosines of the latitudes:
    /// at 41° by 0.15% for each 0.1° from the middle.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where `place` is outside the box or the outline.
    pub fn project(&self, place: Place) -> Result<PlanePoint, AreaError> {
        let (east, north) = self.offset(place).ok_or(AreaError::OutsideServiceArea)?;
        if !self.outline.is_empty() && !encloses(&self.outline, (east, north)) {
            return Err(AreaError::OutsideServiceArea);
        }
        #[expect(clippy::cast_possible_truncation, reason = "both at most SPAN_E7_MAX")]
        Ok(PlanePoint {
            x: ((east * self.cosine) >> COSINE_BITS) as i32,
            y: north as i32,
        })
    }

    /// The largest `x` and `y` of the plane.
    pub fn plane_extent(&self) -> PlanePoint {
        #[expect(clippy::cast_possible_truncation, reason = "at most SPAN_E7_MAX")]
        PlanePoint {
            x: ((i64::from(self.width_e7) * self.cosine) >> COSINE_BITS) as i32,
            y: self.height_e7,
        }
    }

    /// A distance in plane units that no two places of the area within `distance` of each other exceed.
    pub fn plane_reach(&self, distance: Millimetres) -> i64 {
        let units = distance.get().max(0) / MM_PER_UNIT_FLOOR;
        // 3 covers what truncation takes from either point and from the quotient.
        (units.min(4 * SPAN_E7_MAX) * self.stretch / 1024) + 3
    }

    /// Offsets east and north of the south-western corner in 1e-7 degrees, if within the box.
    fn offset(&self, place: Place) -> Option<(i64, i64)> {
        let east = eastwards(self.west_e7, place.longitude_e7());
        let north = i64::from(place.latitude_e7()) - i64::from(self.south_e7);
        let inside = east <= i64::from(self.width_e7) && (0..=i64::from(self.height_e7)).contains(&north);
        inside.then_some((east, north))
    }
}

/// The way east from one longitude to another, in 1e-7 degrees, below a full turn.
fn eastwards(from_e7: i32, to_e7: i32) -> i64 {
    (i64::from(to_e7) - i64::from(from_e7)).rem_euclid(FULL_TURN_E7)
}

/// Whether a polygon encloses a point, by the parity of edges crossed on the way east; on an edge is inside.
pub(super) fn encloses(corners: &[(i64, i64)], (x, y): (i64, i64)) -> bool {
    let next = corners.iter().cycle().skip(1);
    let mut inside = false;
    for (&(x1, y1), &(x2, y2)) in corners.iter().zip(next) {
        let turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
        let within_box = x1.min(x2) <= x && x <= x1.max(x2) && y1.min(y2) <= y && y <= y1.max(y2);
        if turn == 0 && within_box {
            return true;
        }
        if (y1 > y) != (y2 > y) && (turn > 0) == (y2 > y1) {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    fn area(south_west: (i32, i32), north_east: (i32, i32)) -> Result<ServiceArea, AreaError> {
        ServiceArea::bounding(
            place(south_west.0, south_west.1),
            place(north_east.0, north_east.1),
        )
    }

    #[test]
    fn bounds_that_make_no_plane_are_refused() {
        assert_eq!(area((10, 0), (0, 10)), Err(AreaError::Empty));
        assert_eq!(area((0, 10), (10, 10)), Err(AreaError::Empty));
        assert_eq!(area((0, 10), (10, 0)), Err(AreaError::TooLarge));
        assert_eq!(area((0, 0), (10, 100_000_001)), Err(AreaError::TooLarge));
        assert_eq!(area((-1, 0), (100_000_000, 10)), Err(AreaError::TooLarge));
        assert_eq!(
            area((790_000_000, 0), (800_000_001, 10)),
            Err(AreaError::NearPole)
        );
        assert_eq!(
            area((-900_000_000, 0), (900_000_000, 1)),
            Err(AreaError::NearPole)
        );
        assert!(area((700_000_000, -50_000_000), (800_000_000, 50_000_000)).is_ok());
    }

    #[test]
    fn an_area_across_the_antimeridian_is_whole() {
        let fiji = area((-200_000_000, 1_770_000_000), (-150_000_000, -1_780_000_000)).unwrap();
        for longitude_e7 in [1_770_000_000, 1_800_000_000, -1_800_000_000, -1_780_000_000] {
            assert!(fiji.contains(place(-180_000_000, longitude_e7)), "{longitude_e7}");
        }
        for longitude_e7 in [1_769_999_999, -1_779_999_999, 0] {
            assert!(
                !fiji.contains(place(-180_000_000, longitude_e7)),
                "{longitude_e7}"
            );
        }
        let east = fiji.project(place(-180_000_000, 1_799_999_999)).unwrap();
        let west = fiji.project(place(-180_000_000, -1_799_999_999)).unwrap();
        assert!(east.squared_distance(west) <= 4);
    }

    #[test]
    fn an_outline_cuts_the_box_and_keeps_its_edges() {
        let triangle = area((0, 0), (100, 100))
            .unwrap()
            .with_outline(&[place(0, 0), place(0, 100), place(100, 0)])
            .unwrap();
        for inside in [(0, 0), (10, 10), (50, 50), (0, 100), (100, 0), (0, 50)] {
            assert!(triangle.contains(place(inside.0, inside.1)), "{inside:?}");
        }
        for outside in [(51, 50), (100, 100), (50, 51), (-1, 0)] {
            assert!(!triangle.contains(place(outside.0, outside.1)), "{outside:?}");
            assert_eq!(
                triangle.project(place(outside.0, outside.1)),
                Err(AreaError::OutsideServiceArea)
            );
        }
        let whole = area((0, 0), (100, 100)).unwrap();
        assert_eq!(
            whole.clone().with_outline(&[place(0, 0), place(1, 1)]),
            Err(AreaError::OutlineTooShort)
        );
        assert_eq!(
            whole.with_outline(&[place(0, 0), place(1, 1), place(0, 101)]),
            Err(AreaError::OutlineOutsideBounds)
        );
    }
}
