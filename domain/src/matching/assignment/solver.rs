//! Augmenting row reduction, then shortest augmenting paths.

use super::costs::COST_MAX;
use super::{Assignment, SparseCosts};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NONE: u32 = u32::MAX;
/// How often each row, on average, may bid before paths take over. Bids are cheap but can fight over small differences.
const BIDS_PER_ROW: usize = 16;
/// How many of a row's edges are put in order of cost at first; then twice as many each time that more are needed.
const SORTED_FIRST: usize = 16;

/// The optimal assignment for `costs`. Deterministic: rows and columns are taken in their given order.
pub fn solve(costs: &SparseCosts) -> Assignment {
    Solver::new().solve(costs)
}

/// Solves assignments one after the other in the same memory.
#[derive(Debug, Default)]
pub struct Solver {
    narrow: Workspace<i32>,
    wide: Workspace<i64>,
}

impl Solver {
    /// With no memory taken yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The optimal assignment for `costs`; as [`solve`].
    pub fn solve(&mut self, costs: &SparseCosts) -> Assignment {
        let (low, high) = costs.cost_range();
        if <i32 as Number>::COST_MAX.saturating_neg() <= low && high <= <i32 as Number>::COST_MAX {
            self.narrow.solve(costs)
        } else {
            self.wide.solve(costs)
        }
    }
}

/// No number that the solver computes is further from zero than so many times the largest cost C, above or below zero:
///
/// - A column's price is at most zero. Whoever has the column pays its edge less its price, and no row ever pays more
///   than the unassigned cost: prices lie within 2 C, and an edge less a price within 3 C.
/// - A path is followed only while it is shorter than the unassigned cost, and none is shorter than its first edge:
///   lengths lie within C. A path's offset is its length less what a row pays, and what a row pays lies within C:
///   offsets lie within 2 C, and an offset and an edge within 3 C.
const COSTS_MAX: i64 = 3;

const _: () = assert!(
    COST_MAX <= <i64 as Number>::COST_MAX,
    "what the costs allow, the wide numbers hold"
);

/// An integer that costs are computed in; narrow ones halve the memory that the inner loops walk through.
trait Number: Copy + Ord + Default + std::fmt::Debug + Into<i64> {
    /// A path length and a column in one ordered integer, for the heap.
    type Key: Copy + Ord + std::fmt::Debug;
    /// The largest cost of which no number of the solver leaves the type.
    const COST_MAX: i64;
    /// A cost within ±[`Number::COST_MAX`].
    fn narrow(cost: i64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn key(self, column: u32) -> Self::Key;
    fn length(key: Self::Key) -> Self;
    fn column(key: Self::Key) -> u32;
}

macro_rules! number {
    ($number:ty, $key:ty) => {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "costs lie within COST_MAX; keys are cut on purpose"
        )]
        impl Number for $number {
            type Key = $key;
            const COST_MAX: i64 = <$number>::MAX as i64 / COSTS_MAX;
            fn narrow(cost: i64) -> Self {
                cost as Self
            }
            fn plus(self, other: Self) -> Self {
                self + other
            }
            fn minus(self, other: Self) -> Self {
                self - other
            }
            fn key(self, column: u32) -> $key {
                <$key>::from(self) << 32 | <$key>::from(column)
            }
            fn length(key: $key) -> Self {
                (key >> 32) as Self
            }
            fn column(key: $key) -> u32 {
                key as u32
            }
        }
    };
}
number!(i32, i64);
number!(i64, i128);

/// The shortest way found to a column in the search that `search` numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Reach<N> {
    length: N,
    /// Cost of the edge from `row`.
    cost: N,
    row: u32,
    search: u32,
}

/// Where the shortest augmenting path ends.
#[derive(Debug, Clone, Copy)]
enum End {
    FreeColumn(u32),
    Unassigned { row: u32 },
}

#[derive(Debug, Default)]
struct Workspace<N: Number> {
    starts: Vec<u32>,
    /// Each row's edges: cheapest first up to `sorted`, then the dearer ones in any order.
    edges: Vec<(N, u32)>,
    /// For each row the edge up to which its edges are in order.
    sorted: Vec<u32>,
    unassigned: N,
    column_of: Vec<u32>,
    /// Cost of the edge that a row is assigned over.
    cost_of: Vec<N>,
    row_of: Vec<u32>,
    price: Vec<N>,
    reach: Vec<Reach<N>>,
    heap: BinaryHeap<Reverse<N::Key>>,
    scanned: Vec<u32>,
    waiting: Vec<u32>,
    search: u32,
}

impl<N: Number> Workspace<N> {
    fn solve(&mut self, costs: &SparseCosts) -> Assignment {
        self.load(costs);
        self.bid();
        let waiting = std::mem::take(&mut self.waiting);
        for row in &waiting {
            self.augment(*row);
        }
        self.waiting = waiting;
        self.result()
    }

    /// Copies the edges that can matter: one that costs no less than staying unassigned never does.
    fn load(&mut self, costs: &SparseCosts) {
        self.unassigned = N::narrow(costs.unassigned());
        self.starts.clear();
        self.edges.clear();
        self.starts.push(0);
        for row in 0..costs.row_count() {
            let useful = costs.row(row).filter(|(_, cost)| *cost < costs.unassigned());
            self.edges
                .extend(useful.map(|(column, cost)| (N::narrow(cost), column)));
            #[expect(
                clippy::cast_possible_truncation,
                reason = "no more edges than `costs` has, which fit u32"
            )]
            self.starts.push(self.edges.len() as u32);
        }
        self.sorted.clear();
        self.sorted
            .extend_from_slice(self.starts.get(..costs.row_count()).unwrap_or_default());
        refill(&mut self.column_of, costs.row_count(), NONE);
        refill(&mut self.cost_of, costs.row_count(), N::default());
        refill(&mut self.row_of, costs.column_count(), NONE);
        refill(&mut self.price, costs.column_count(), N::default());
        refill(&mut self.reach, costs.column_count(), Reach::default());
        self.search = 0;
    }

    fn edges_of(&self, row: u32) -> std::ops::Range<usize> {
        self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize
    }

    /// Puts more of `row`'s edges in order. No column has a price above zero, so a walk along a row that meets a cost
    /// above what it looks for is done: long rows are seldom walked, or sorted, to their end.
    #[cold]
    fn sort_further(&mut self, row: u32) {
        let range = self.edges_of(row);
        let done = self.sorted[row as usize] as usize;
        let more = SORTED_FIRST.max(done - range.start);
        let unsorted = &mut self.edges[done..range.end];
        let more = if more < unsorted.len() {
            unsorted.select_nth_unstable(more);
            more
        } else {
            unsorted.len()
        };
        unsorted[..more].sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an edge's index, and those fit u32"
        )]
        let end = (done + more) as u32;
        self.sorted[row as usize] = end;
    }

    /// Each row takes its cheapest column and lowers that column's price until its second choice is as good. Who loses a
    /// column bids again. Whatever is left in `waiting` needs a path.
    fn bid(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "rows are counted in u32")]
        let rows = self.column_of.len() as u32;
        let mut bids_left = self.column_of.len() * BIDS_PER_ROW;
        let mut queue: Vec<u32> = (0..rows).rev().collect();
        self.waiting.clear();
        while let Some(row) = queue.pop() {
            if bids_left == 0 {
                self.waiting.push(row);
                continue;
            }
            bids_left -= 1;
            let Some((column, cost, raise)) = self.best_bid(row) else {
                continue;
            };
            let loser = self.row_of[column as usize];
            if raise == N::default() && loser != NONE {
                // A tie for a taken column: taking it would only move the problem, perhaps for ever.
                self.waiting.push(row);
                continue;
            }
            self.price[column as usize] = self.price[column as usize].minus(raise);
            self.give(column, row, cost);
            if loser != NONE {
                self.column_of[loser as usize] = NONE;
                queue.push(loser);
            }
        }
    }

    /// The column that `row` would take, the edge's cost, and by how much its price can fall; `None` to stay unassigned.
    fn best_bid(&mut self, row: u32) -> Option<(u32, N, N)> {
        let mut best = self.unassigned;
        let mut second = self.unassigned;
        let mut choice = None;
        for edge in self.edges_of(row) {
            if edge == self.sorted[row as usize] as usize {
                self.sort_further(row);
            }
            let (cost, column) = self.edges[edge];
            if cost >= second {
                break;
            }
            let net = cost.minus(self.price[column as usize]);
            if net < best {
                second = best;
                best = net;
                choice = Some((column, cost));
            } else {
                if net == best && choice.is_some() && self.row_of[column as usize] == NONE {
                    // As good, and nobody loses it.
                    choice = Some((column, cost));
                }
                second = second.min(net);
            }
        }
        choice.map(|(column, cost)| (column, cost, second.minus(best)))
    }

    fn give(&mut self, column: u32, row: u32, cost: N) {
        self.row_of[column as usize] = row;
        self.column_of[row as usize] = column;
        self.cost_of[row as usize] = cost;
    }

    /// Assigns `start`, or leaves it or another row unassigned, along the shortest path on reduced costs.
    fn augment(&mut self, start: u32) {
        self.search += 1;
        self.heap.clear();
        self.scanned.clear();
        let mut nearest = (self.unassigned, End::Unassigned { row: start });
        self.relax(start, N::default(), &mut nearest);
        while let Some(Reverse(key)) = self.heap.pop() {
            let (length, column) = (N::length(key), N::column(key));
            if length >= nearest.0 {
                break;
            }
            if length > self.reach[column as usize].length {
                continue;
            }
            self.scanned.push(column);
            let row = self.row_of[column as usize];
            let offset = length.minus(self.cost_of[row as usize].minus(self.price[column as usize]));
            let alone = offset.plus(self.unassigned);
            if alone < nearest.0 {
                nearest = (alone, End::Unassigned { row });
            }
            self.relax(row, offset, &mut nearest);
        }
        for column in &self.scanned {
            let slack = nearest.0.minus(self.reach[*column as usize].length);
            self.price[*column as usize] = self.price[*column as usize].minus(slack);
        }
        self.flip(start, nearest.1);
    }

    /// Offers the edges of `row`, which lies `offset` from the start less its own price, to the search.
    fn relax(&mut self, row: u32, offset: N, nearest: &mut (N, End)) {
        let std::ops::Range { mut start, end } = self.edges_of(row);
        while start < end {
            let sorted = self.sorted[row as usize] as usize;
            if start == sorted {
                self.sort_further(row);
                continue;
            }
            for &(cost, column) in &self.edges[start..sorted] {
                let at_least = offset.plus(cost);
                if at_least >= nearest.0 {
                    return;
                }
                let length = at_least.minus(self.price[column as usize]);
                if length >= nearest.0 {
                    continue;
                }
                let reach = &mut self.reach[column as usize];
                if reach.search == self.search && reach.length <= length {
                    continue;
                }
                *reach = Reach {
                    length,
                    cost,
                    row,
                    search: self.search,
                };
                if self.row_of[column as usize] == NONE {
                    *nearest = (length, End::FreeColumn(column));
                } else {
                    self.heap.push(Reverse(length.key(column)));
                }
            }
            start = sorted;
        }
    }

    /// Reassigns along the path that ends at `end`, back to `start`.
    fn flip(&mut self, start: u32, end: End) {
        let mut column = match end {
            End::FreeColumn(column) => column,
            End::Unassigned { row } if row == start => return,
            End::Unassigned { row } => std::mem::replace(&mut self.column_of[row as usize], NONE),
        };
        loop {
            let Reach { row, cost, .. } = self.reach[column as usize];
            let left = self.column_of[row as usize];
            self.give(column, row, cost);
            if row == start {
                return;
            }
            column = left;
        }
    }

    fn result(&self) -> Assignment {
        let rows = self.column_of.iter().zip(&self.cost_of);
        let row_prices = rows.map(|(column, cost)| match *column {
            NONE => self.unassigned.into(),
            column => cost.minus(self.price[column as usize]).into(),
        });
        let columns = self
            .column_of
            .iter()
            .map(|column| (*column != NONE).then_some(*column));
        Assignment {
            columns: columns.collect(),
            row_prices: row_prices.collect(),
            column_prices: self.price.iter().map(|price| (*price).into()).collect(),
        }
    }
}

fn refill<T: Clone>(list: &mut Vec<T>, length: usize, value: T) {
    list.clear();
    list.resize(length, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that bid for the same few columns with costs at both ends of what is allowed, so that prices fall as low and
    /// paths grow as long as they can.
    fn extreme(cost_max: i64) -> impl Iterator<Item = SparseCosts> {
        let cost = move |word: u32| match word % 5 {
            0 => -cost_max,
            1 => 1 - cost_max,
            2 => 0,
            3 => cost_max - 1,
            _ => cost_max - 2,
        };
        (0..2_000_u32).map(move |case| {
            let mut word = case;
            let mut draw = || {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                word >> 8
            };
            let (rows, columns) = (1 + draw() % 6, 1 + draw() % 6);
            let unassigned = if draw() % 4 == 0 { cost(draw()) } else { cost_max };
            let rows: Vec<Vec<_>> = (0..rows)
                .map(|_| (0..columns).map(|column| (column, cost(draw()))).collect())
                .collect();
            SparseCosts::from_rows(columns as usize, unassigned, rows).unwrap()
        })
    }

    #[test]
    fn no_sum_leaves_the_numbers_at_the_largest_costs() {
        // Tests check every overflow.
        let (mut narrow, mut wide) = (Workspace::<i32>::default(), Workspace::<i64>::default());
        for costs in extreme(<i32 as Number>::COST_MAX) {
            let assignment = narrow.solve(&costs);
            assert!(assignment.verify(&costs).is_ok(), "{costs:?}");
            assert_eq!(assignment, wide.solve(&costs));
        }
        for costs in extreme(COST_MAX) {
            assert!(wide.solve(&costs).verify(&costs).is_ok(), "{costs:?}");
        }
    }

    #[test]
    fn costs_beyond_the_narrow_numbers_are_solved_in_wide_ones() {
        let beyond = <i32 as Number>::COST_MAX + 1;
        for cost in [beyond, -beyond, COST_MAX, -COST_MAX] {
            let costs =
                SparseCosts::from_rows(1, cost.max(0), [vec![(0, cost.min(0))], vec![(0, -1)]]).unwrap();
            let cheaper = cost.min(-1).min(cost.min(0));
            let expected = i128::from(cheaper) + i128::from(cost.max(0));
            assert_eq!(solve(&costs).verify(&costs), Ok(expected));
        }
    }
}
