//! `fiacre audit`: what an auditor asks of folders that a platform has left.

mod check;
mod reconcile;
mod segments;

use crate::answer::Answer;
use crate::failure::Failure;
use clap::Subcommand;
use std::io::Write;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Hold every stream of a platform's folders to its promises
    Check(check::CheckArguments),

    /// Compare what receipts, the ledger and the payment company say of the same money
    Reconcile(reconcile::ReconcileArguments),

    /// Hold the segments of an archive to themselves and to each other
    Segments(segments::SegmentsArguments),
}

impl AuditCommand {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        match self {
            Self::Check(arguments) => arguments.run(answer),
            Self::Reconcile(arguments) => arguments.run(answer),
            Self::Segments(arguments) => arguments.run(answer),
        }
    }
}
