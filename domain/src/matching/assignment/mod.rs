//! The sparse assignment problem: give each row at most one column, each column at most one row, and pay the edge's cost
//! for a row that got one and the unassigned cost for a row that did not. The optimum is exact, over integers.
//!
//! The solver is augmenting row reduction (R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and
//! sparse linear assignment problems", Computing 38, 1987), then shortest augmenting paths on reduced costs, with a
//! private "stay unassigned" column for each row. It leaves dual prices, and [`Assignment::verify`] proves the optimum from
//! them in one pass over the edges, by code of its own.
//!
//! ```
//! use fiacre_domain::matching::assignment::{SparseCosts, solve};
//! // Two riders, two drivers: each rider's own nearest driver is the same one.
//! let costs = SparseCosts::from_rows(2, 1_000, [vec![(0, 10), (1, 15)], vec![(0, 20), (1, 90)]])?;
//! let assignment = solve(&costs);
//! assert_eq!(assignment.column_of(0), Some(1));
//! assert_eq!(assignment.column_of(1), Some(0));
//! assert_eq!(assignment.verify(&costs)?, 35);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod costs;
mod solver;

pub use check::AssignmentFlaw;
pub use costs::{CostsError, SparseCosts};
pub use solver::{Solver, solve};

/// Which column each row got, and the dual prices that prove it optimal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    columns: Vec<Option<u32>>,
    row_prices: Vec<i64>,
    column_prices: Vec<i64>,
}

impl Assignment {
    /// An assignment from elsewhere, to be [verified](Assignment::verify): for each row its column, if any; a price for each row; a price
    /// for each column.
    pub fn new(columns: Vec<Option<u32>>, row_prices: Vec<i64>, column_prices: Vec<i64>) -> Self {
        Self {
            columns,
            row_prices,
            column_prices,
        }
    }

    /// The column that `row` got; `None` where it got none or does not exist.
    pub fn column_of(&self, row: usize) -> Option<u32> {
        self.columns.get(row).copied().flatten()
    }

    /// For each row its column, if any.
    pub fn columns(&self) -> &[Option<u32>] {
        &self.columns
    }

    /// Rows and the columns that they got, by row.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, u32)> {
        self.columns
            .iter()
            .enumerate()
            .filter_map(|(row, column)| column.map(|column| (row, column)))
    }

    /// What each row pays at most: never above the unassigned cost.
    pub fn row_prices(&self) -> &[i64] {
        &self.row_prices
    }

    /// What each column is worth to those who compete for it, as a number that is zero or negative; zero where it is free.
    pub fn column_prices(&self) -> &[i64] {
        &self.column_prices
    }
}
