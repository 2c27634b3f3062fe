//! The saga's table as it was exercised: what came at which step of a trip, as shades.

use super::Report;
use super::style::{Ink, Style, shortened};
use crate::coverage::{Cell, LIVING, impossible};
use fiacre_domain::trip::{CommandKind, Phase};
use std::fmt::Write as _;

const NAME_WIDTH: usize = 18;
/// Facts stand in so many columns.
const COLUMNS: usize = 3;
/// How many missed cells are named.
const MISSED_NAMED: usize = 6;

/// One square a cell, the darker the more often; nothing where a fact cannot come.
pub(super) fn draw(report: &Report, style: Style) -> String {
    let cells: Vec<&Cell> = report.facts.saga.iter().filter(|cell| cell.is_living()).collect();
    let possible = cells
        .iter()
        .filter(|cell| impossible(cell.phase, cell.fact).is_none())
        .count();
    let missed: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.is_missed()).collect();
    let mut page = style.paint(Ink::Strong, "What trips went through");
    let _ = writeln!(
        page,
        ": {} of {possible} meetings of a step and a fact came to pass",
        possible - missed.len()
    );
    for hint in [
        "squares: when requested, reassigning, confirmed, arrived, started",
        "· never   ░ once or more   ▒ 10 times   ▓ 100 times   █ 1,000 times",
    ] {
        let _ = writeln!(page, "  {}", style.paint(Ink::Faint, hint));
    }
    page.push_str(&table(&cells, style));
    if !missed.is_empty() && missed.len() <= MISSED_NAMED {
        let names: Vec<String> = missed.iter().map(|cell| named(cell)).collect();
        let text = format!("  not reached: {}", names.join(", "));
        let _ = writeln!(page, "{}", shortened(&text, style.columns()));
    }
    page
}

fn table(cells: &[&Cell], style: Style) -> String {
    let facts: Vec<CommandKind> = CommandKind::ALL
        .into_iter()
        .filter(|fact| LIVING.iter().any(|phase| impossible(*phase, *fact).is_none()))
        .collect();
    let rows = facts.len().div_ceil(COLUMNS);
    let mut page = String::new();
    for row in 0..rows {
        let mut line = String::new();
        for (column, fact) in facts.iter().skip(row).step_by(rows).enumerate() {
            let shades: String = LIVING.iter().map(|phase| shade(cells, *phase, *fact)).collect();
            let shades = if column + 1 < COLUMNS {
                &shades
            } else {
                shades.trim_end()
            };
            let _ = write!(
                line,
                "  {:<NAME_WIDTH$} {}",
                words(*fact),
                style.paint(Ink::Good, shades)
            );
        }
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}

fn shade(cells: &[&Cell], phase: Phase, fact: CommandKind) -> char {
    if impossible(phase, fact).is_some() {
        return ' ';
    }
    let found = cells.iter().find(|cell| (cell.phase, cell.fact) == (phase, fact));
    match found.map_or(0, |cell| cell.count) {
        0 => '·',
        1..10 => '░',
        10..100 => '▒',
        100..1_000 => '▓',
        1_000.. => '█',
    }
}

fn named(cell: &Cell) -> String {
    format!("{} when {}", words(cell.fact), cell.phase.name())
}

fn words(fact: CommandKind) -> String {
    fact.name().replace('_', " ")
}
