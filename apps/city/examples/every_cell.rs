//! Plays a whole Friday at default rates and counts how often each cell of the saga's table was reached, with the reason of
//! each that an ordinary day may leave out. Exits with 1 where a cell without a reason was reached less often than it takes to
//! be sure of it on any seed, or one that nothing should reach was.
//!
//! `cargo run --release -p fiacre-city --example every_cell -- [SEED]`, also as `just every-cell`: some minutes of one core.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::coverage::{Cell, Reason};
use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityOptions, RunObserver};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::trip::Phase;
use fiacre_domain::units::Millis;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

/// Counts of a cell scatter by about its root: seen so often on one day, it is missed on one day in twenty thousand.
const SURE: u64 = 10;

/// Nobody watches: the run counts by itself.
struct Nobody;

impl RunObserver for Nobody {
    fn saw(&mut self, _: &Commit) {}

    fn drove(&mut self, _: Driven) {}
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;
    let options = CityOptions {
        from: TimeOfDay::MIDNIGHT,
        length: Millis::from_minutes(24 * 60),
        seed,
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018")?))
    };
    let (played, _) = run::play(&options, Nobody, |_, _| {})?;
    print_table(&played.coverage);
    print_reasons(&played.coverage);
    let wrong = played.coverage.iter().filter(|cell| !is_right(cell)).map(named);
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() {
        println!(
            "every cell without a reason was reached, {SURE} times or more; none was that nothing can reach"
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("not as it should be: {}", wrong.join(", "));
    Ok(ExitCode::FAILURE)
}

fn is_right(cell: &Cell) -> bool {
    match cell.reason() {
        None => cell.count >= SURE,
        Some(reason) => cell.count == 0 || !reason.is_impossible(),
    }
}

/// A row for each fact, a column for each step; a dash where nothing should come.
fn print_table(cells: &[Cell]) {
    print!("{:<18}", "fact");
    for phase in Phase::ALL {
        print!(" {:>11}", phase.name());
    }
    println!();
    for first in cells.iter().filter(|cell| cell.phase == Phase::Absent) {
        print!("{:<18}", first.fact.name());
        for cell in cells.iter().filter(|cell| cell.fact == first.fact) {
            let is_blank = cell.count == 0 && cell.reason().is_some();
            let shown = if is_blank {
                "–".to_owned()
            } else {
                cell.count.to_string()
            };
            print!(" {shown:>11}");
        }
        println!();
    }
}

/// Each reason with the cells that it speaks of, and how often they were reached all the same.
fn print_reasons(cells: &[Cell]) {
    let expected = cells.iter().filter(|cell| cell.reason().is_none()).count();
    println!(
        "\n{} cells, {expected} of an ordinary day; the others:",
        cells.len()
    );
    for reason in Reason::ALL {
        println!("\n{}: {reason}", reason.name());
        for cell in cells.iter().filter(|cell| cell.reason() == Some(reason)) {
            println!("  {}", named(cell));
        }
    }
    println!();
}

fn named(cell: &Cell) -> String {
    format!("{} when {}: {}", cell.fact.name(), cell.phase.name(), cell.count)
}
