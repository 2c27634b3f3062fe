//! Whether an assignment is optimal, by linear-programming duality. Shares nothing with the solver.
//!
//! With prices u for rows and v ≤ 0 for columns such that u + v ≤ cost on every edge and u ≤ the unassigned cost, no
//! assignment can cost less than Σu + Σv; so one that costs exactly that is optimal.

use super::{Assignment, SparseCosts};
use std::fmt;

/// Why an assignment is not proven optimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentFlaw {
    /// There are not as many assignments and prices as rows and columns.
    WrongShape,
    /// A row was given a column that it has no edge to.
    NoSuchEdge {
        /// The row.
        row: usize,
    },
    /// A column was given to two rows.
    SharedColumn {
        /// The column.
        column: u32,
    },
    /// A row's price is above the unassigned cost, or above an edge's cost less the column's price.
    RowPriceTooHigh {
        /// The row.
        row: usize,
    },
    /// A column's price is above zero.
    ColumnPriceAboveZero {
        /// The column.
        column: usize,
    },
    /// The assignment costs more than the prices add up to: either is not optimal.
    Gap {
        /// What the assignment costs.
        cost: i128,
        /// What the prices prove as a lower bound.
        bound: i128,
    },
}

impl AssignmentFlaw {
    /// The stable code of this flaw.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongShape => "assignment_wrong_shape",
            Self::NoSuchEdge { .. } => "assignment_no_such_edge",
            Self::SharedColumn { .. } => "assignment_shared_column",
            Self::RowPriceTooHigh { .. } => "assignment_row_price_too_high",
            Self::ColumnPriceAboveZero { .. } => "assignment_column_price_above_zero",
            Self::Gap { .. } => "assignment_gap",
        }
    }
}

impl fmt::Display for AssignmentFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to prove the assignment optimal: ")?;
        match self {
            Self::WrongShape => f.write_str("it has not as many entries as there are rows and columns"),
            Self::NoSuchEdge { row } => write!(f, "row {row} has no edge to its column"),
            Self::SharedColumn { column } => write!(f, "column {column} was given to two rows"),
            Self::RowPriceTooHigh { row } => write!(f, "the price of row {row} is above what it could pay"),
            Self::ColumnPriceAboveZero { column } => write!(f, "the price of column {column} is above zero"),
            Self::Gap { cost, bound } => write!(f, "it costs {cost}, the prices prove only {bound}"),
        }
    }
}

impl std::error::Error for AssignmentFlaw {}

impl Assignment {
    /// Proves that this is an optimal assignment for `costs`, in one pass over its edges, and gives what it costs.
    ///
    /// # Errors
    ///
    /// The first [`AssignmentFlaw`] that is found: the assignment is of other costs, is none, or its prices do not prove
    /// that it is optimal. Do not use it.
    pub fn verify(&self, costs: &SparseCosts) -> Result<i128, AssignmentFlaw> {
        let shape = (
            self.columns.len(),
            self.row_prices.len(),
            self.column_prices.len(),
        );
        if shape != (costs.row_count(), costs.row_count(), costs.column_count()) {
            return Err(AssignmentFlaw::WrongShape);
        }
        if let Some(column) = self.column_prices.iter().position(|price| *price > 0) {
            return Err(AssignmentFlaw::ColumnPriceAboveZero { column });
        }
        let mut taken = vec![false; costs.column_count()];
        let (mut cost, mut bound) = (0_i128, 0_i128);
        for (row, (column, price)) in self.columns.iter().zip(&self.row_prices).enumerate() {
            bound += i128::from(*price);
            cost += match column {
                None => i128::from(costs.unassigned()),
                Some(column) => {
                    let edges = costs.row(row).filter(|(listed, _)| listed == column);
                    let cheapest = edges.map(|(_, cost)| cost).min();
                    i128::from(cheapest.ok_or(AssignmentFlaw::NoSuchEdge { row })?)
                }
            };
            if let Some(given) = column {
                // An edge to it exists, so it is in range.
                if std::mem::replace(&mut taken[*given as usize], true) {
                    return Err(AssignmentFlaw::SharedColumn { column: *given });
                }
            }
            if *price > costs.unassigned() || costs.row(row).any(|edge| self.undercuts(*price, edge)) {
                return Err(AssignmentFlaw::RowPriceTooHigh { row });
            }
        }
        bound += self.column_prices.iter().copied().map(i128::from).sum::<i128>();
        if cost == bound {
            Ok(cost)
        } else {
            Err(AssignmentFlaw::Gap { cost, bound })
        }
    }

    /// Whether an edge costs less than its row's and its column's price together.
    fn undercuts(&self, row_price: i64, (column, cost): (u32, i64)) -> bool {
        let column_price = self.column_prices[column as usize];
        i128::from(row_price) + i128::from(column_price) > i128::from(cost)
    }
}
