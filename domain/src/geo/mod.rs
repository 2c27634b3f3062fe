//! Distance on the Earth, the area that a service covers, and where the zones of its tariffs lie.
//!
//! The Earth is a sphere of the mean radius R₁ = (2a + b) / 3 = 6,371,008.7714 m of GRS 80 (H. Moritz, "Geodetic Reference
//! System 1980", Journal of Geodesy 74, 2000). Against the ellipsoid a great-circle distance errs by up to 0.56%.
//!
//! ```
//! use fiacre_domain::geo::great_circle;
//! use fiacre_domain::place::Place;
//! let times_square = Place::from_e7(407_580_000, -739_855_000)?;
//! let jfk = Place::from_e7(406_413_000, -737_781_000)?;
//! assert_eq!(great_circle(times_square, jfk).get(), 21_773_406);
//! # Ok::<(), fiacre_domain::place::PlaceError>(())
//! ```

mod area;
mod great_circle;
mod heading;
mod zones;

pub use area::{AreaError, PlanePoint, ServiceArea};
pub use great_circle::{EARTH_RADIUS_MM, great_circle};

use great_circle::quarter_turn;
pub(crate) use heading::turn_65536;
pub use zones::{Stretch, TariffMap, ZoneArea, ZoneMap, ZonesMissing};
