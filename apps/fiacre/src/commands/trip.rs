//! `fiacre trip`: what an operator asks of a platform's trips.

mod explain;
mod list;

use crate::answer::Answer;
use crate::failure::{AtRestFailure, Failure};
use clap::Subcommand;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::units::Millis;
use fiacre_embedded::{AtRest, Options};
use std::io::Write;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(crate) enum TripCommand {
    /// Which trips are there, and where do they stand?
    List(list::ListArguments),

    /// What happened to a trip, in order, and what does it wait for?
    Explain(explain::ExplainArguments),
}

impl TripCommand {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        match self {
            Self::List(arguments) => arguments.run(answer),
            Self::Explain(arguments) => arguments.run(answer),
        }
    }
}

fn open(folder: &Path) -> Result<AtRest, Failure> {
    Ok(AtRest::open(folder, &Options::default()).map_err(AtRestFailure::Folder)?)
}

/// A moment in UTC, with or without the `Z` at its end.
fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let civil = text.strip_suffix('Z').unwrap_or(text).parse::<CivilDateTime>();
    let civil =
        civil.map_err(|_| "write a moment in UTC, such as 2018-06-08T21:00Z or 2018-06-08T21:00:30Z")?;
    Ok(civil.to_timestamp(Millis::ZERO))
}
