//! `fiacre trip`: what an operator asks of a platform's trips.

mod explain;
mod list;
mod state;

use crate::answer::Answer;
use crate::failure::{AtRestFailure, Failure};
use clap::Subcommand;
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
