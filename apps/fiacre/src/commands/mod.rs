//! The commands, one file each.

mod archive;
mod audit;
mod backup;
mod city;
mod progress;
mod quote;
mod receipt;
mod resume;
mod tariff;
mod trip;
mod vault;

use crate::answer::Answer;
use crate::failure::Failure;
use clap::Subcommand;
use std::io::Write;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch Manhattan's demand go through the whole platform, in this process
    City(city::CityArguments),

    /// Go on with a run that was killed, until every trip is over
    Resume(resume::ResumeArguments),

    /// Audits of what a platform has left on disk
    #[command(
        subcommand,
        after_help = "Examples:\n  fiacre audit check data --ack-log accepted.txt\n  fiacre audit reconcile data\n  fiacre audit segments data/archive"
    )]
    Audit(audit::AuditCommand),

    /// Check tariff files
    #[command(
        subcommand,
        after_help = "Examples:\n  fiacre tariff check nyc-2018\n  fiacre tariff check my-city.toml"
    )]
    Tariff(tariff::TariffCommand),

    /// What a ride costs, line by line
    Quote(quote::QuoteArguments),

    /// Verify receipts
    #[command(
        subcommand,
        after_help = "Examples:\n  fiacre receipt verify receipt.json --tariff nyc-2018"
    )]
    Receipt(receipt::ReceiptCommand),

    /// Move trips that are over out of the log, into segments that prove themselves
    Archive(archive::ArchiveArguments),

    /// Write a platform's folder into one file
    Backup(backup::BackupArguments),

    /// Make a platform's folder from a backup
    Restore(backup::RestoreArguments),

    /// The trips of a platform that has left its folder
    #[command(
        subcommand,
        after_help = "Examples:\n  fiacre trip list --data data --open\n  fiacre trip explain 0163e134-7ec0-7000-8000-5025d0b9e6d1 --data data"
    )]
    Trip(trip::TripCommand),
}

impl Command {
    /// Runs the command and writes its answer, as JSON where asked.
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        match self {
            Self::City(arguments) => arguments.run(answer),
            Self::Audit(command) => command.run(answer),
            Self::Archive(arguments) => arguments.run(answer),
            Self::Backup(arguments) => arguments.run(answer),
            Self::Restore(arguments) => arguments.run(answer),
            Self::Resume(arguments) => arguments.run(answer),
            Self::Tariff(command) => command.run(answer),
            Self::Quote(arguments) => arguments.run(answer),
            Self::Receipt(command) => command.run(answer),
            Self::Trip(command) => command.run(answer),
        }
    }
}
