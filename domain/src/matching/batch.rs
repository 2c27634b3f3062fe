//! All waiting riders against all free drivers at once.

use super::assignment::{Assignment, Solver, SparseCosts};
use super::candidate::Search;
use super::{Candidate, Certificate, Explainer, Explanation, Market, Policy, Request, RouteEstimate};
use super::{Supply, Terms, Verdict};
use crate::id::{DriverId, TripId};
use crate::time::Timestamp;

/// The assignment of drivers to requests that costs least in all, where each request without a driver costs the policy's
/// unassigned cost. Exact among the [`candidates`](super::candidates) of each request.
///
/// Of requests for the same trip one counts; a pick-up outside the area gets nobody, and the batch says so.
///
/// ```
/// use fiacre_domain::geo::ServiceArea;
/// use fiacre_domain::id::{DriverId, TripId};
/// use fiacre_domain::matching::{self, Availability, Policy, Request, Sample, Supply};
/// use fiacre_domain::place::Place;
/// use fiacre_domain::requirements::{Capabilities, Requirements};
/// use fiacre_domain::time::Timestamp;
/// let now = Timestamp::from_ms(1_530_000_000_000);
/// let area = ServiceArea::bounding(
///     Place::from_e7(406_800_000, -740_500_000)?,
///     Place::from_e7(408_900_000, -738_900_000)?,
/// )?;
/// let mut supply = Supply::new(area);
/// for (number, latitude_e7) in [(1, 407_580_000), (2, 407_600_000)] {
///     let driver = DriverId::from_u128(number);
///     supply.set_capabilities(driver, Capabilities::new(4)?);
///     supply.set_availability(driver, Availability::Free { since: now });
///     supply.report(&[Sample::new(driver, Place::from_e7(latitude_e7, -739_855_000)?, now, 1)]);
/// }
/// let request = |number, latitude_e7| {
///     let pick_up = Place::from_e7(latitude_e7, -739_855_000)?;
///     Ok::<_, Box<dyn std::error::Error>>(Request::new(TripId::from_u128(number), pick_up, Requirements::ONE_SEAT, now))
/// };
/// let requests = [request(1, 407_590_000)?, request(2, 407_620_000)?];
/// let policy = Policy::city();
///
/// let batch = matching::assign(&requests, &supply, &policy, now);
/// assert_eq!(batch.pairs().len(), 2);
/// assert_eq!(batch.driver_of(TripId::from_u128(2)), Some(DriverId::from_u128(2)));
/// batch.certificate().verify(&requests, &supply, &policy)?;
/// println!("{}", batch.explain(TripId::from_u128(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn assign(requests: &[Request], supply: &Supply, policy: &Policy, now: Timestamp) -> Batch {
    Matcher::new().assign(requests, &Market::new(supply, policy, now))
}

/// A trip and the driver it is to be offered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    trip: TripId,
    driver: DriverId,
    terms: Terms,
}

impl Pair {
    pub(super) const fn new(trip: TripId, candidate: Candidate) -> Self {
        Self {
            trip,
            driver: candidate.driver(),
            terms: candidate.terms(),
        }
    }

    /// The trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// The driver.
    pub const fn driver(&self) -> DriverId {
        self.driver
    }

    /// What the pairing costs.
    pub const fn terms(&self) -> Terms {
        self.terms
    }

    /// The driver, as the one who could take the trip.
    pub const fn candidate(&self) -> Candidate {
        Candidate::new(self.driver, self.terms)
    }
}

/// One request of a batch: where its edges and the verdicts on those who were out begin and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) trip: TripId,
    pub(super) outside: bool,
    pub(super) edges: std::ops::Range<usize>,
    pub(super) out: std::ops::Range<usize>,
}

/// What was decided about a batch of requests, and everything needed to say why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    now: Timestamp,
    pub(super) unassigned_ms: i32,
    /// By trip.
    pub(super) rows: Vec<Row>,
    /// For each row its candidates, nearest first: column and terms.
    pub(super) edges: Vec<(u32, Terms)>,
    pub(super) out: Vec<Verdict>,
    /// For each column its driver, by id.
    pub(super) drivers: Vec<DriverId>,
    /// For each column the row that got it.
    pub(super) row_of: Vec<Option<usize>>,
    pub(super) assignment: Assignment,
    pairs: Vec<Pair>,
}

/// Makes batches, one after the other in the same memory.
#[derive(Debug, Default)]
pub struct Matcher {
    search: Search,
    solver: Solver,
    /// For each slot of the supply its column, of those in `slots`.
    columns: Vec<u32>,
    slots: Vec<u32>,
}

impl Matcher {
    /// A batch takes this many requests at most, the first by trip; the others are left for the next.
    pub const REQUESTS_MAX: usize = 1 << 20;

    /// With no memory taken yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`assign`], over the market's routes.
    pub fn assign<R: RouteEstimate>(&mut self, requests: &[Request], market: &Market<'_, R>) -> Batch {
        let mut batch = Batch::empty(market.now(), market.policy());
        let mut requests = Request::one_a_trip(requests);
        requests.truncate(Self::REQUESTS_MAX);
        self.slots.clear();
        self.columns.clear();
        self.columns.resize(market.supply().slot_count(), u32::MAX);
        for request in requests {
            self.add_row(&mut batch, request, market);
        }
        self.number_columns(&mut batch, market.supply());
        batch.solve(&mut self.solver);
        batch
    }

    /// Adds a request and its candidates, whose columns are slots for now.
    fn add_row<R: RouteEstimate>(&mut self, batch: &mut Batch, request: &Request, market: &Market<'_, R>) {
        let first = (batch.edges.len(), batch.out.len());
        let supply = market.supply();
        let outside = self.search.run(
            market,
            request,
            |_| false,
            |slot, terms| {
                if std::mem::replace(&mut self.columns[slot as usize], 0) == u32::MAX {
                    self.slots.push(slot);
                }
                batch.edges.push((slot, terms));
            },
        );
        let outside = outside.is_err();
        let out = self
            .search
            .out()
            .iter()
            .map(|(_, slot, outcome)| Verdict::new(supply.at(*slot).id(), *outcome));
        batch.out.extend(out);
        batch.rows.push(Row {
            trip: request.trip(),
            outside,
            edges: first.0..batch.edges.len(),
            out: first.1..batch.out.len(),
        });
    }

    /// Columns are numbered by driver id, so that neither slots nor the order of requests decides a tie.
    fn number_columns(&mut self, batch: &mut Batch, supply: &Supply) {
        self.slots.sort_unstable_by_key(|slot| supply.at(*slot).id());
        for (slot, column) in self.slots.iter().zip(0..) {
            self.columns[*slot as usize] = column;
        }
        for (column, _) in &mut batch.edges {
            *column = self.columns[*column as usize];
        }
        batch
            .drivers
            .extend(self.slots.iter().map(|slot| supply.at(*slot).id()));
    }
}

impl Batch {
    fn empty(now: Timestamp, policy: &Policy) -> Self {
        Self {
            now,
            unassigned_ms: policy.unassigned_ms(),
            rows: Vec::new(),
            edges: Vec::new(),
            out: Vec::new(),
            drivers: Vec::new(),
            row_of: Vec::new(),
            assignment: Assignment::default(),
            pairs: Vec::new(),
        }
    }

    fn solve(&mut self, solver: &mut Solver) {
        let costs = SparseCosts::from_batch(
            self.drivers.len(),
            i64::from(self.unassigned_ms),
            self.rows.iter().map(|row| row.edges.end),
            self.edges
                .iter()
                .map(|(column, terms)| (*column, terms.cost_ms())),
        );
        self.assignment = solver.solve(&costs);
        self.row_of.resize(self.drivers.len(), None);
        for (row, column) in self.assignment.pairs() {
            self.row_of[column as usize] = Some(row);
            let edges = &self.edges[self.rows[row].edges.clone()];
            for (_, terms) in edges.iter().filter(|(listed, _)| *listed == column) {
                self.pairs.push(Pair {
                    trip: self.rows[row].trip,
                    driver: self.drivers[column as usize],
                    terms: *terms,
                });
            }
        }
    }

    /// The time of the decision.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Trips and the drivers they are to be offered to, by trip.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Trips that nobody is offered now, by trip.
    pub fn unassigned(&self) -> impl Iterator<Item = TripId> {
        let rows = self.rows.iter().zip(self.assignment.columns());
        rows.filter(|(_, column)| column.is_none())
            .map(|(row, _)| row.trip)
    }

    /// The driver that `trip` is to be offered to, if any.
    pub fn driver_of(&self, trip: TripId) -> Option<DriverId> {
        let pair = self.pairs.binary_search_by_key(&trip, Pair::trip).ok()?;
        self.pairs.get(pair).map(Pair::driver)
    }

    /// How many pairings were weighed.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// What proves that no other assignment of these requests costs less.
    pub fn certificate(&self) -> Certificate {
        let prices = self.assignment.row_prices().iter();
        let rows = self.rows.iter().zip(self.assignment.columns()).zip(prices);
        let drivers = self.drivers.iter().copied();
        Certificate::new(
            self.now,
            rows.map(|((row, column), price)| {
                (
                    row.trip,
                    column.map(|column| self.drivers[column as usize]),
                    *price,
                )
            }),
            drivers.zip(self.assignment.column_prices().iter().copied()),
        )
    }

    /// What became of `trip` and of everyone who was considered for it. For many trips of a batch make one
    /// [`Batch::explainer`]: what they share takes a pass over the whole batch.
    pub fn explain(&self, trip: TripId) -> Explanation {
        self.explainer().explain(trip)
    }

    /// Explains one trip after the other.
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer::new(self)
    }
}
