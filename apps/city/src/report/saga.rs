//! The saga's table as it was exercised: what came up at which step of a trip, as shades.

use super::Report;
use super::style::{Ink, Style, shortened};
use crate::coverage::{Cell, LIVING, reason};
use fiacre_domain::trip::{CommandKind, Phase};
use std::fmt::Write as _;

const NAME_WIDTH: usize = 18;
/// Facts stand in so many columns.
const COLUMNS: usize = 3;
/// The steps of a trip, as the table's columns are headed.
const STEPS: &str = "12345";
/// How many missed cells are named.
const MISSED_NAMED: usize = 6;

/// One block for what came up at a step, the darker the more often; nothing where it cannot. What comes before and after a
/// trip lives is counted, not drawn.
pub(super) fn draw(report: &Report, style: Style) -> String {
    let ordinary = report.facts.saga.iter().filter(|cell| cell.reason().is_none());
    let (living, apart): (Vec<&Cell>, Vec<&Cell>) = ordinary.partition(|cell| LIVING.contains(&cell.phase));
    let all = [&living[..], &apart].concat();
    let mut page = style.paint(Ink::Strong, "What trips went through");
    let _ = writeln!(page, ": {} situations of an ordinary day", met_of(&all));
    for hint in [
        "steps: 1 requested · 2 driver lost · 3 confirmed · 4 driver there · 5 riding",
        "· never   ░ once   ▒ 10 times   ▓ 100   █ 1,000 or more   blank: cannot happen",
    ] {
        let _ = writeln!(page, "  {}", style.paint(Ink::Faint, hint));
    }
    page.push_str(&table(&living, style));
    let _ = writeln!(page, "  before the order and after the end: {}", met_of(&apart));
    let missed: Vec<String> = all
        .iter()
        .filter(|cell| cell.is_missed())
        .map(|cell| named(cell))
        .collect();
    if !missed.is_empty() && missed.len() <= MISSED_NAMED {
        let text = format!("  never: {}", missed.join(", "));
        let _ = writeln!(page, "{}", shortened(&text, style.columns()));
    }
    page
}

/// `82 of 83`.
fn met_of(cells: &[&Cell]) -> String {
    let missed = cells.iter().filter(|cell| cell.is_missed()).count();
    format!("{} of {}", cells.len() - missed, cells.len())
}

fn table(cells: &[&Cell], style: Style) -> String {
    let facts: Vec<CommandKind> = CommandKind::ALL
        .into_iter()
        .filter(|fact| LIVING.iter().any(|phase| reason(*phase, *fact).is_none()))
        .collect();
    let rows = facts.len().div_ceil(COLUMNS);
    let head = format!("  {:NAME_WIDTH$} {STEPS}", "").repeat(COLUMNS);
    let mut page = style.paint(Ink::Faint, &head) + "\n";
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
    let found = cells.iter().find(|cell| (cell.phase, cell.fact) == (phase, fact));
    match found.map(|cell| cell.count) {
        None => ' ',
        Some(0) => '·',
        Some(1..10) => '░',
        Some(10..100) => '▒',
        Some(100..1_000) => '▓',
        Some(1_000..) => '█',
    }
}

fn named(cell: &Cell) -> String {
    let when = match cell.phase {
        Phase::Absent => "before the order",
        Phase::Rejected => "after the refusal",
        Phase::Requested => "at step 1",
        Phase::Reassigning => "at step 2",
        Phase::Confirmed => "at step 3",
        Phase::Arrived => "at step 4",
        Phase::Started => "at step 5",
        Phase::Completed => "after the ride",
        Phase::Cancelled => "after the cancel",
        Phase::Failed => "after the failure",
    };
    format!("{} {when}", words(cell.fact))
}

/// What happens, as who runs a fleet would say it.
const fn words(fact: CommandKind) -> &'static str {
    match fact {
        CommandKind::Request => "ride requested",
        CommandKind::Reject => "order rejected",
        CommandKind::NoteDriver => "driver found",
        CommandKind::NotePayment => "payment secured",
        CommandKind::LosePayment => "card hold lost",
        CommandKind::DeclinePayment => "payment declined",
        CommandKind::NoDriver => "no driver found",
        CommandKind::Expire => "rider's time is up",
        CommandKind::Withdraw => "driver gives back",
        CommandKind::ArrivalOverdue => "driver is late",
        CommandKind::Cancel => "rider cancels",
        CommandKind::Arrive => "driver arrives",
        CommandKind::NoShow => "rider not there",
        CommandKind::NoShowOverdue => "rider never came",
        CommandKind::Start => "ride starts",
        CommandKind::StartWrongCode => "wrong start code",
        CommandKind::ChangePlan => "new destination",
        CommandKind::Complete => "ride ends",
        CommandKind::RideOverdue => "ride never ended",
        CommandKind::ClearLock => "driver released",
        CommandKind::SettleMoney => "money settled",
        CommandKind::AdjustFare => "fare corrected",
        CommandKind::Tip => "tip",
    }
}
