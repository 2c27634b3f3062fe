//! Why a batch decided as it did, and what anything else would have cost.
//!
//! Whoever insists on a pair displaces the rider who has the driver, and leaves the rider's own driver to others; then
//! everyone may be seated anew. What that adds to the cost of the batch is exact: the pair's reduced cost, and the shortest
//! way back from the driver to the rider in the residual graph of the assignment (R. Ahuja, T. Magnanti and J. Orlin,
//! "Network Flows", 1993, chapter 9), over reduced costs, none of which the dual prices let be negative.
//!
//! The graph is folded to its rows and one pool, in which all free columns lie beside the right to stay unassigned. An arc
//! from a row to the pool: the row takes a free column, or none. From the pool to a row: the row's column is left free; a row
//! that has none is left at no cost. From one row to another: it takes that row's column. So a way is one through the pool,
//! which two searches a batch find for all rows, or one between rows, which is followed only while it is shorter.

use super::{Batch, Explanation, Outcome, Standing, Terms, Verdict};
use crate::id::TripId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Explains the trips of one batch, one after the other. What they share is computed once, when it is made.
///
/// ```
/// # use fiacre_domain::{geo::ServiceArea, place::Place, requirements::{Capabilities, Requirements}, time::Timestamp};
/// use fiacre_domain::id::{DriverId, TripId};
/// use fiacre_domain::matching::{Availability, Policy, Request, Sample, Supply, Verdict, assign};
///
/// # let now = Timestamp::from_ms(0);
/// # let area = ServiceArea::bounding(Place::from_e7(0, 0)?, Place::from_e7(10_000_000, 10_000_000)?)?;
/// # let at = |north| Place::from_e7(5_000_000 + north, 5_000_000);
/// let mut supply = Supply::new(area);
/// for (number, north) in [(1, 10_000), (2, 30_000)] {
///     let driver = DriverId::from_u128(number);
///     supply.set_capabilities(driver, Capabilities::new(4)?);
///     supply.set_availability(driver, Availability::Free { since: now });
///     supply.report(&[Sample::new(driver, at(north)?, now, 1)]);
/// }
/// let trip = TripId::from_u128(1);
/// let requests = [Request::new(trip, at(0)?, Requirements::ONE_SEAT, now)];
/// let batch = assign(&requests, &supply, &Policy::city(), now);
///
/// let explanation = batch.explainer().explain(trip);
/// let missed_by_ms: Vec<_> = explanation.verdicts().iter().map(Verdict::excess_ms).collect();
/// assert!(matches!(missed_by_ms[..], [Some(0), Some(1..)]), "the nearer driver was chosen, the other is dearer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Explainer<'b> {
    batch: &'b Batch,
    rivals: Rivals,
    /// For each row the shortest way from it to the pool.
    to_pool: Vec<i64>,
    /// For each row the shortest way from the pool to it.
    from_pool: Vec<i64>,
}

/// For each row those who could take its column instead, and at which reduced cost.
#[derive(Debug)]
struct Rivals {
    starts: Vec<usize>,
    arcs: Vec<(usize, i64)>,
}

impl Rivals {
    fn new(batch: &Batch) -> Self {
        let count = batch.rows.len();
        let mut by_row: Vec<(usize, usize, i64)> = (0..count)
            .flat_map(|row| batch.displaced(row).map(move |(loser, cost)| (loser, row, cost)))
            .collect();
        by_row.sort_unstable();
        let mut starts = vec![0; count + 1];
        for (loser, ..) in &by_row {
            starts[loser + 1] += 1;
        }
        for row in 0..count {
            starts[row + 1] += starts[row];
        }
        let arcs = by_row.into_iter().map(|(_, rival, cost)| (rival, cost));
        Self {
            starts,
            arcs: arcs.collect(),
        }
    }

    fn of(&self, row: usize) -> &[(usize, i64)] {
        &self.arcs[self.starts[row]..self.starts[row + 1]]
    }
}

impl<'b> Explainer<'b> {
    pub(super) fn new(batch: &'b Batch) -> Self {
        let rivals = Rivals::new(batch);
        let rows = 0..batch.rows.len();
        let mut to_pool: Vec<i64> = rows.clone().map(|row| batch.seated_alone_ms(row)).collect();
        shorten(&mut to_pool, |row| rivals.of(row).iter().copied());
        let mut from_pool: Vec<i64> = rows.map(|row| batch.left_free_ms(row)).collect();
        shorten(&mut from_pool, |row| batch.displaced(row));
        Self {
            batch,
            rivals,
            to_pool,
            from_pool,
        }
    }

    /// What became of `trip` and of everyone who was considered for it.
    pub fn explain(&self, trip: TripId) -> Explanation {
        let batch = self.batch;
        let Ok(number) = batch.rows.binary_search_by_key(&trip, |row| row.trip) else {
            return Explanation::new(trip, Standing::NotInBatch, Vec::new());
        };
        let row = &batch.rows[number];
        let standing = match batch.assignment.column_of(number) {
            Some(column) => Standing::Assigned(batch.drivers[column as usize]),
            None if row.outside => Standing::OutsideServiceArea,
            None => Standing::Unassigned,
        };
        let shortcuts = self.shortcuts(number);
        let mut verdicts: Vec<Verdict> = batch.edges[row.edges.clone()]
            .iter()
            .map(|(column, terms)| self.verdict(number, *column, *terms, &shortcuts))
            .collect();
        verdicts.sort_unstable_by_key(|verdict| {
            let is_chosen = matches!(verdict.outcome(), Outcome::Chosen { .. });
            (!is_chosen, verdict.excess_ms(), verdict.driver())
        });
        verdicts.extend_from_slice(&batch.out[row.out.clone()]);
        Explanation::new(trip, standing, verdicts)
    }

    fn verdict(&self, row: usize, column: u32, terms: Terms, shortcuts: &BTreeMap<usize, i64>) -> Verdict {
        let batch = self.batch;
        let reduced_ms = batch.reduced_ms(row, column, terms);
        let outcome = match batch.row_of[column as usize] {
            Some(winner) if winner == row => Outcome::Chosen { terms },
            Some(winner) => {
                let back_ms = shortcuts.get(&winner).copied();
                Outcome::Lost {
                    terms,
                    to: batch.rows[winner].trip,
                    by_ms: reduced_ms + back_ms.unwrap_or_else(|| self.through_pool(winner, row)),
                }
            }
            None => Outcome::Dearer {
                terms,
                by_ms: reduced_ms + self.from_pool[row],
            },
        };
        Verdict::new(batch.drivers[column as usize], outcome)
    }

    /// The length of the shortest way through the pool.
    fn through_pool(&self, from: usize, to: usize) -> i64 {
        self.to_pool[from] + self.from_pool[to]
    }

    /// The rows from which a way to row `to` past the pool is shorter than one through it, and its length.
    fn shortcuts(&self, to: usize) -> BTreeMap<usize, i64> {
        let mut lengths = BTreeMap::from([(to, 0)]);
        let mut heap = BinaryHeap::from([Reverse((0, to))]);
        while let Some(Reverse((length, row))) = heap.pop() {
            if lengths.get(&row) != Some(&length) {
                continue;
            }
            for &(rival, cost) in self.rivals.of(row) {
                let further = length + cost;
                let known = lengths.get(&rival).copied();
                if further < known.unwrap_or_else(|| self.through_pool(rival, to)) {
                    lengths.insert(rival, further);
                    heap.push(Reverse((further, rival)));
                }
            }
        }
        lengths
    }
}

impl Batch {
    fn reduced_ms(&self, row: usize, column: u32, terms: Terms) -> i64 {
        let prices = self.assignment.row_prices()[row] + self.assignment.column_prices()[column as usize];
        terms.cost_ms() - prices
    }

    /// The rows whose columns `row` could take instead of its own, and at which reduced cost.
    fn displaced(&self, row: usize) -> impl Iterator<Item = (usize, i64)> {
        let edges = self.edges[self.rows[row].edges.clone()].iter();
        edges.filter_map(move |(column, terms)| {
            let loser = self.row_of[*column as usize].filter(|loser| *loser != row)?;
            Some((loser, self.reduced_ms(row, *column, *terms)))
        })
    }

    /// The reduced cost of seating `row` so that nobody is displaced: on a free column, or on none.
    fn seated_alone_ms(&self, row: usize) -> i64 {
        let none_ms = i64::from(self.unassigned_ms) - self.assignment.row_prices()[row];
        let edges = self.edges[self.rows[row].edges.clone()].iter();
        let free = edges.filter(|(column, _)| self.row_of[*column as usize].is_none());
        free.map(|(column, terms)| self.reduced_ms(row, *column, *terms))
            .fold(none_ms, i64::min)
    }

    /// What it costs to leave `row`'s column to nobody.
    fn left_free_ms(&self, row: usize) -> i64 {
        let column = self.assignment.column_of(row);
        column.map_or(0, |column| -self.assignment.column_prices()[column as usize])
    }
}

/// Lowers each row's length by ways over other rows: the shortest of all, by E. Dijkstra's algorithm.
fn shorten<Arcs: Iterator<Item = (usize, i64)>>(lengths: &mut [i64], arcs: impl Fn(usize) -> Arcs) {
    let all = lengths.iter().zip(0..);
    let mut heap: BinaryHeap<_> = all.map(|(length, row)| Reverse((*length, row))).collect();
    while let Some(Reverse((length, row))) = heap.pop() {
        if length > lengths[row] {
            continue;
        }
        for (next, cost) in arcs(row) {
            if length + cost < lengths[next] {
                lengths[next] = length + cost;
                heap.push(Reverse((length + cost, next)));
            }
        }
    }
}
