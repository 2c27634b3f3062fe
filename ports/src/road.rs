//! Roads, and where drivers are.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{Millimetres, Millis};

/// What a route stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Found on a map of roads.
    Measured,
    /// Estimated from the straight line.
    Estimated,
}

/// A way by road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// How far.
    pub distance: Millimetres,
    /// How long, by car, at that time.
    pub duration: Millis,
    /// How much of the duration the car is expected to stand in traffic, which taximeters charge by time; `None` where nobody
    /// knows, and the tariff's own estimate stands in.
    pub standing: Option<Millis>,
    /// Places on the way between its ends, in order, near enough for straight lines between them to tell which zones the way
    /// leads through; empty where the straight line from end to end is all that is known.
    pub turns: Vec<Place>,
    /// What it stands on.
    pub basis: Basis,
}

/// Finds ways by road; says whether they are measured or estimated.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RouteProvider: Send + Sync {
    /// A route for each pair of places, leaving at `at`; answers in the order of the pairs.
    ///
    /// - MUST answer each pair in its place, as it would alone (`rp_01_answers_follow_the_pairs`, `rp_04_pairs_fail_alone`,
    ///   `rp_05_no_pairs_no_answers`).
    /// - MUST keep the units (`rp_02_units_are_the_ports`) and say what the way stands on (`rp_06_basis_is_said`).
    /// - MUST not answer with a way from elsewhere where no road joins the places (`rp_03_far_is_not_nothing`).
    /// - MUST stand for no longer than the way takes (`rp_07_standing_is_part_of_the_duration`), and turn where the way does
    ///   (`rp_08_turns_lie_on_the_way`): zones are priced by them.
    async fn routes(&self, pairs: &[(Place, Place)], at: Timestamp) -> Vec<Result<Route, PortError>>;
}

/// Where drivers are: telemetry, not events. The latest sample of a driver wins by its sequence; losing one harms nobody.
///
/// What is kept is bounded by the number of drivers: at most one sample of each for each reader, however slow.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LocationFeed: Send + Sync {
    /// Reports samples of drivers in a region.
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError>;

    /// Begins to read a region: another reader, with a memory of its own of what it was given. It gets what is reported from
    /// now on; what was reported before, it may get or not. It ends when it is dropped.
    ///
    /// - MUST give what is reported to each reader (`lf_04_each_reader_gets_all`), of this region alone
    ///   (`lf_05_regions_are_apart`).
    async fn subscribe(&self, region: RegionId) -> Result<Box<dyn LocationReader>, PortError>;
}

/// One reader of a region's locations. After an error it goes on as it was, but what it was to give may be lost.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LocationReader: Send {
    /// What was reported since the last call, latest only, in the order of driver ids; does not wait.
    ///
    /// - MUST give the highest sequence of each driver, whole (`lf_01_latest_sample_wins`, `lf_06_sample_is_kept_whole`), in
    ///   order (`lf_03_drivers_in_order`).
    /// - MUST give it once, and nothing older after it (`lf_02_drained_is_gone`).
    async fn drain(&mut self) -> Result<Vec<Sample>, PortError>;
}
