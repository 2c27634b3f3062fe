//! The sparse assignment is optimal, says so provably, and nothing that was tampered with passes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::matching::assignment::{Assignment, AssignmentFlaw, SparseCosts, solve};
use proptest::collection::vec;
use proptest::prelude::*;

type Rows = Vec<Vec<(u32, i64)>>;

/// Rows of edges to `columns` columns: some dense, some with many ties.
fn rows(rows: usize, columns: u32, edges: usize) -> impl Strategy<Value = Rows> {
    let cost = prop_oneof![-60_i64..60, 0_i64..4];
    vec(vec((0..columns, cost), 0..=edges), 0..=rows)
}

/// The least that an assignment costs, by trying all.
fn brute_force(rows: &[Vec<(u32, i64)>], unassigned: i64, taken: u32) -> i64 {
    let Some((first, rest)) = rows.split_first() else {
        return 0;
    };
    let alone = unassigned + brute_force(rest, unassigned, taken);
    let free = first.iter().filter(|(column, _)| taken & 1 << column == 0);
    free.map(|(column, cost)| cost + brute_force(rest, unassigned, taken | 1 << column))
        .fold(alone, i64::min)
}

fn sparse(columns: usize, unassigned: i64, rows: &Rows) -> SparseCosts {
    SparseCosts::from_rows(columns, unassigned, rows.iter().cloned()).unwrap()
}

fn edited(
    assignment: &Assignment,
    edit: impl FnOnce(&mut Vec<Option<u32>>, &mut Vec<i64>, &mut Vec<i64>),
) -> Assignment {
    let mut columns = assignment.columns().to_vec();
    let mut row_prices = assignment.row_prices().to_vec();
    let mut column_prices = assignment.column_prices().to_vec();
    edit(&mut columns, &mut row_prices, &mut column_prices);
    Assignment::new(columns, row_prices, column_prices)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_small_assignment_costs_what_trying_all_finds(rows in rows(6, 6, 8), unassigned in -70_i64..70) {
        let least = i128::from(brute_force(&rows, unassigned, 0));
        let costs = sparse(6, unassigned, &rows);
        prop_assert_eq!(solve(&costs).verify(&costs), Ok(least));
    }

    #[test]
    fn costs_beyond_32_bits_are_solved_alike(rows in rows(6, 6, 8), unassigned in -70_i64..70) {
        let narrow = sparse(6, unassigned, &rows);
        let scale = 1 << 53;
        let scaled: Rows = rows.iter().map(|row| row.iter().map(|(column, cost)| (*column, cost * scale)).collect()).collect();
        let wide = sparse(6, unassigned * scale, &scaled);
        let (narrow, wide_solution) = (solve(&narrow), solve(&wide));
        prop_assert_eq!(narrow.columns(), wide_solution.columns());
        prop_assert!(wide_solution.verify(&wide).is_ok());
    }

    #[test]
    fn the_order_of_a_rows_edges_changes_nothing(rows in rows(30, 30, 12), unassigned in 0_i64..70) {
        let backwards: Rows = rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
        prop_assert_eq!(solve(&sparse(30, unassigned, &rows)), solve(&sparse(30, unassigned, &backwards)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn large_assignments_prove_themselves(rows in rows(300, 300, 16), unassigned in -70_i64..200) {
        let costs = sparse(300, unassigned, &rows);
        prop_assert!(solve(&costs).verify(&costs).is_ok());
    }

    #[test]
    fn rows_longer_than_the_solver_sorts_at_once_prove_themselves(
        rows in vec(vec((0_u32..200, 0_i64..2_000), 150..=200), 1..=120),
        unassigned in prop_oneof![Just(500_i64), Just(1_000_000)],
    ) {
        let costs = sparse(200, unassigned, &rows);
        prop_assert!(solve(&costs).verify(&costs).is_ok());
    }

    #[test]
    fn a_dropped_or_doubled_pair_is_refused(rows in rows(60, 40, 8), pick in any::<prop::sample::Index>()) {
        let costs = sparse(40, 70, &rows);
        let solved = solve(&costs);
        let pairs: Vec<_> = solved.pairs().collect();
        prop_assume!(!pairs.is_empty());
        let (row, column) = pairs[pick.index(pairs.len())];
        let dropped = edited(&solved, |columns, _, _| columns[row] = None);
        let only_a_gap = matches!(dropped.verify(&costs), Err(AssignmentFlaw::Gap { .. }));
        prop_assert!(only_a_gap);
        for (other, edges) in rows.iter().enumerate().filter(|(other, _)| *other != row) {
            let doubled = edited(&solved, |columns, _, _| columns[other] = Some(column));
            let flaw = doubled.verify(&costs).map_err(|flaw| flaw.code());
            if edges.iter().any(|(listed, _)| *listed == column) {
                prop_assert!(flaw.is_err());
            } else {
                prop_assert_eq!(flaw, Err("assignment_no_such_edge"));
            }
        }
    }

    #[test]
    fn two_rows_may_swap_only_at_no_cost(rows in rows(60, 40, 12), picks in any::<[prop::sample::Index; 2]>()) {
        let costs = sparse(40, 70, &rows);
        let solved = solve(&costs);
        prop_assume!(!rows.is_empty());
        let [left, right] = picks.map(|pick| pick.index(rows.len()));
        let swapped = edited(&solved, |columns, _, _| columns.swap(left, right));
        let price = |row: usize, column: Option<u32>| match column {
            None => Some(70),
            Some(column) => rows[row].iter().filter(|(listed, _)| *listed == column).map(|(_, cost)| *cost).min(),
        };
        let before = price(left, solved.column_of(left)).zip(price(right, solved.column_of(right)));
        let after = price(left, swapped.column_of(left)).zip(price(right, swapped.column_of(right)));
        let as_good = after.is_some() && before.map(|(a, b)| a + b) == after.map(|(a, b)| a + b);
        prop_assert_eq!(swapped.verify(&costs).is_ok(), as_good);
    }

    #[test]
    fn any_edited_price_is_refused(
        rows in rows(60, 40, 8),
        pick in any::<prop::sample::Index>(),
        change in prop_oneof![Just(-1_i64), Just(1), -100_i64..-1, 2_i64..100],
    ) {
        let costs = sparse(40, 70, &rows);
        let solved = solve(&costs);
        let number = pick.index(rows.len() + 40);
        let changed = edited(&solved, |_, row_prices, column_prices| match row_prices.get_mut(number) {
            Some(price) => *price += change,
            None => column_prices[number - rows.len()] += change,
        });
        prop_assert!(changed.verify(&costs).is_err());
        let extreme = edited(&solved, |_, _, column_prices| column_prices[0] = i64::MIN);
        prop_assert!(extreme.verify(&costs).is_err());
        let short = edited(&solved, |_, _, column_prices| column_prices.truncate(39));
        prop_assert_eq!(short.verify(&costs), Err(AssignmentFlaw::WrongShape));
    }

    #[test]
    fn no_prices_prove_a_dearer_column(costs in vec(0_i64..60, 1..10)) {
        let unassigned = 100;
        let row: Vec<(u32, i64)> = (0..).zip(costs.iter().copied()).collect();
        let least = costs.iter().copied().min().unwrap();
        let costs = sparse(10, unassigned, &vec![row.clone()]);
        let verify = |column, price, first_column| {
            let mut column_prices = vec![0; 10];
            column_prices[9] = first_column;
            Assignment::new(vec![column], vec![price], column_prices).verify(&costs).map_err(|flaw| flaw.code())
        };
        let choices = row.iter().map(|(column, cost)| (Some(*column), *cost)).chain([(None, unassigned)]);
        for (column, cost) in choices {
            let honest = if cost == least { Ok(i128::from(least)) } else { Err("assignment_row_price_too_high") };
            prop_assert_eq!(verify(column, cost, 0), honest);
            prop_assert_eq!(verify(column, cost - 1, 1), Err("assignment_column_price_above_zero"));
        }
    }
}
