//! The costs of a sparse assignment, row by row.

use std::fmt;

/// Costs lie within ± this, so that no sum of two prices and a cost leaves `i64`.
pub(super) const COST_MAX: i64 = 1 << 60;

/// Why costs could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostsError {
    /// A cost outside ±2^60.
    CostOutOfRange,
    /// A column that is not below the column count.
    ColumnOutOfRange,
    /// More than 2^32 − 2 rows, columns or edges.
    TooLarge,
    /// Row starts that do not rise from 0 to the number of edges, or as many costs as columns are not given.
    MalformedRows,
}

impl CostsError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CostOutOfRange => "costs_cost_out_of_range",
            Self::ColumnOutOfRange => "costs_column_out_of_range",
            Self::TooLarge => "costs_too_large",
            Self::MalformedRows => "costs_malformed_rows",
        }
    }
}

impl fmt::Display for CostsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CostOutOfRange => "failed to take the costs: each must lie within ±2^60",
            Self::ColumnOutOfRange => "failed to take the costs: a column is not below the column count",
            Self::TooLarge => "failed to take the costs: split the batch, it has more than 2^32 - 2 rows, columns or edges",
            Self::MalformedRows => {
                "failed to take the costs: row starts must rise from 0 to the number of edges, with one cost a column"
            }
        })
    }
}

impl std::error::Error for CostsError {}

/// A cost for some pairs of row and column, in compressed rows, and one for a row that gets no column.
///
/// A pair that is not listed cannot be assigned. Where a row lists a column twice, the cheaper one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparseCosts {
    starts: Vec<u32>,
    columns: Vec<u32>,
    costs: Vec<i64>,
    column_count: u32,
    unassigned: i64,
}

impl SparseCosts {
    /// From rows of (column, cost); `unassigned` is what a row without a column costs.
    ///
    /// # Errors
    ///
    /// `CostsError::ColumnOutOfRange` and `CostOutOfRange` for an edge that cannot be, `TooLarge` beyond 2³² rows,
    /// columns or edges.
    pub fn from_rows<Row>(
        column_count: usize,
        unassigned: i64,
        rows: impl IntoIterator<Item = Row>,
    ) -> Result<Self, CostsError>
    where
        Row: IntoIterator<Item = (u32, i64)>,
    {
        let mut costs = Self::empty(column_count, unassigned)?;
        for row in rows {
            for (column, cost) in row {
                costs.check_edge(column, cost)?;
                costs.columns.push(column);
                costs.costs.push(cost);
            }
            costs.end_row()?;
        }
        Ok(costs)
    }

    /// From compressed rows: row `r` has the edges `starts[r]..starts[r + 1]`, edge `e` leads to `columns[e]` at
    /// `costs[e]`.
    ///
    /// # Errors
    ///
    /// `CostsError::MalformedRows` where `starts` does not rise from 0 to the number of edges, or columns and costs are
    /// not as many; `ColumnOutOfRange`, `CostOutOfRange` and `TooLarge` as in [`SparseCosts::from_rows`].
    pub fn from_compressed(
        column_count: usize,
        unassigned: i64,
        starts: Vec<u32>,
        columns: Vec<u32>,
        costs: Vec<i64>,
    ) -> Result<Self, CostsError> {
        let checked = Self::empty(column_count, unassigned)?;
        let rises = starts.first() == Some(&0) && starts.is_sorted();
        let ends = starts.last().map(|end| *end as usize);
        if !rises || ends != Some(columns.len()) || columns.len() != costs.len() {
            return Err(CostsError::MalformedRows);
        }
        columns
            .iter()
            .zip(&costs)
            .try_for_each(|(column, cost)| checked.check_edge(*column, *cost))?;
        Ok(Self {
            starts,
            columns,
            costs,
            ..checked
        })
    }

    /// From a batch, whose costs and counts are bounded by its policy: for each row the number of the edge after its last.
    pub(in crate::matching) fn from_batch(
        column_count: usize,
        unassigned: i64,
        row_ends: impl Iterator<Item = usize>,
        edges: impl Iterator<Item = (u32, i64)>,
    ) -> Self {
        let (columns, costs) = edges.unzip();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 2^20 requests of 2^10 candidates"
        )]
        Self {
            starts: std::iter::once(0).chain(row_ends.map(|end| end as u32)).collect(),
            columns,
            costs,
            column_count: column_count as u32,
            unassigned,
        }
    }

    fn empty(column_count: usize, unassigned: i64) -> Result<Self, CostsError> {
        let column_count = u32::try_from(column_count).map_err(|_| CostsError::TooLarge)?;
        if column_count == u32::MAX {
            return Err(CostsError::TooLarge);
        }
        if unassigned.unsigned_abs() > COST_MAX.unsigned_abs() {
            return Err(CostsError::CostOutOfRange);
        }
        Ok(Self {
            starts: vec![0],
            columns: Vec::new(),
            costs: Vec::new(),
            column_count,
            unassigned,
        })
    }

    fn check_edge(&self, column: u32, cost: i64) -> Result<(), CostsError> {
        if column >= self.column_count {
            return Err(CostsError::ColumnOutOfRange);
        }
        if cost.unsigned_abs() > COST_MAX.unsigned_abs() {
            return Err(CostsError::CostOutOfRange);
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), CostsError> {
        let fewer_than_2_pow_32 = self.starts.len() < u32::MAX as usize;
        let end = u32::try_from(self.columns.len())
            .ok()
            .filter(|_| fewer_than_2_pow_32)
            .ok_or(CostsError::TooLarge)?;
        self.starts.push(end);
        Ok(())
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many columns there are.
    pub const fn column_count(&self) -> usize {
        self.column_count as usize
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.columns.len()
    }

    /// What a row without a column costs.
    pub const fn unassigned(&self) -> i64 {
        self.unassigned
    }

    /// The edges of `row`: columns and their costs. Empty for a row that does not exist.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, i64)> {
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        let edges = bounds.map_or(0..0, |(start, end)| *start as usize..*end as usize);
        let costs = self.costs.get(edges.clone()).unwrap_or_default();
        let columns = self.columns.get(edges).unwrap_or_default();
        columns.iter().copied().zip(costs.iter().copied())
    }

    /// The smallest and the largest of all costs, the unassigned one among them.
    pub(super) fn cost_range(&self) -> (i64, i64) {
        self.costs
            .iter()
            .fold((self.unassigned, self.unassigned), |(low, high), cost| {
                (low.min(*cost), high.max(*cost))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_costs_are_refused() {
        assert_eq!(
            SparseCosts::from_rows(1, 0, [vec![(1, 0)]]),
            Err(CostsError::ColumnOutOfRange)
        );
        assert_eq!(
            SparseCosts::from_rows(1, 0, [vec![(0, i64::MIN)]]),
            Err(CostsError::CostOutOfRange)
        );
        assert_eq!(
            SparseCosts::from_rows(1, i64::MAX, [vec![(0, 0)]]),
            Err(CostsError::CostOutOfRange)
        );
        assert_eq!(
            SparseCosts::from_rows(usize::MAX, 0, [vec![(0, 0)]]),
            Err(CostsError::TooLarge)
        );
        assert_eq!(
            SparseCosts::from_rows(u32::MAX as usize, 0, [vec![(0, 0)]]),
            Err(CostsError::TooLarge),
            "the last number of 32 bits stands for none"
        );
        for (starts, columns, costs) in [
            (vec![], vec![], vec![]),
            (vec![1], vec![0], vec![0]),
            (vec![0, 1], vec![0, 0], vec![0, 0]),
            (vec![0, 2, 1], vec![0], vec![0]),
            (vec![0, 1], vec![0], vec![]),
        ] {
            assert_eq!(
                SparseCosts::from_compressed(1, 0, starts, columns, costs),
                Err(CostsError::MalformedRows)
            );
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let rows = SparseCosts::from_rows(3, 9, [vec![(0, 1), (2, 2)], vec![], vec![(1, 3)]]);
        let compressed = SparseCosts::from_compressed(3, 9, vec![0, 2, 2, 3], vec![0, 2, 1], vec![1, 2, 3]);
        assert_eq!(rows, compressed);
        assert_eq!(rows.map(|costs| costs.edge_count()), Ok(3));
    }
}
