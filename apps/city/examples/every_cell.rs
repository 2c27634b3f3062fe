//! Plays a whole Friday at default rates and counts how often each cell of the saga's table was reached. Exits with 1 where a
//! cell was reached less often than it takes to be sure of it on any seed, or one that nothing should reach was.
//!
//! `cargo run --release -p fiacre-city --example every_cell -- [SEED]`, also as `just every-cell`: some minutes of one core.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::coverage::{LIVING, impossible};
use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityOptions, RunObserver};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::trip::CommandKind;
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
    let mut unsure = Vec::new();
    print!("{:<18}", "fact");
    for phase in LIVING {
        print!(" {:>11}", phase.name());
    }
    println!();
    for fact in CommandKind::ALL {
        print!("{:<18}", fact.name());
        for phase in LIVING {
            let cell = played
                .coverage
                .iter()
                .find(|cell| (cell.phase, cell.fact) == (phase, fact));
            let count = cell.map_or(0, |cell| cell.count);
            let is_possible = impossible(phase, fact).is_none();
            let shown = if is_possible {
                count.to_string()
            } else {
                "–".to_owned()
            };
            print!(" {shown:>11}");
            if is_possible != (count > 0) || (is_possible && count < SURE) {
                unsure.push(format!("{} when {}: {count}", fact.name(), phase.name()));
            }
        }
        println!();
    }
    if unsure.is_empty() {
        println!("every cell that can be reached was, {SURE} times or more");
        return Ok(ExitCode::SUCCESS);
    }
    println!("not as it should be: {}", unsure.join(", "));
    Ok(ExitCode::FAILURE)
}
