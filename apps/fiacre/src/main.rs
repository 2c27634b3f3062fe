//! `fiacre` on the command line.
//!
//! | exit | means |
//! |---:|---|
//! | 0 | done, and nothing found |
//! | 2 | findings: a tariff, a receipt or a log is not what it must be |
//! | 3 | what is stored cannot be read: damaged, or written by a newer release |
//! | 64 | bad usage or configuration; the message says what to do |
//! | 70 | something of ours went wrong |
//! | 74 | the answer, or what is kept in a folder, could not be written |

mod commands;
mod failure;
mod fare;
mod quantity;

use clap::Parser;
use clap::error::ErrorKind;
use commands::Command;
use failure::{EXIT_USAGE, Failure};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// A city asks for many small pieces of memory, which another thread gives back: a fifth of its time is the system's heap
/// (docs/adr/0068-a-heap-for-many-small-things.md).
#[cfg(feature = "mimalloc")]
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A ride-hailing platform in one binary
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Examples:
  fiacre city
  fiacre city --store embedded --data friday
  fiacre resume --data friday
  fiacre audit check friday
  fiacre tariff check nyc-2018
  fiacre quote --tariff nyc-2018 --distance-m 8046.72 --duration-s 1200 --slow-s 300 \\
      --at 2018-07-03T17:00
  fiacre receipt verify receipt.json --tariff nyc-2018

Exit codes: 0 done, 2 findings, 3 what is stored cannot be read, 64 bad usage or configuration, 70 an error of ours, 74 the answer \
or a folder could not be written."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Answer with one JSON object on stdout; money in minor units
    #[arg(long, global = true, display_order = 900)]
    json: bool,
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => answer(arguments),
        Err(error) => explain(&error),
    }
}

/// Runs the command; its answer goes to stdout, its complaint to stderr.
fn answer(Arguments { command, json }: Arguments) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = command.run(json, &mut out);
    // What was answered so far is worth reading also where the command failed.
    let outcome = outcome.and(out.flush().map_err(Failure::Output));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads only the first lines has got what they wanted.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // Where not even stderr can be written, the exit code says it all.
            let _ = writeln!(io::stderr(), "fiacre: {failure}");
            failure.exit_code()
        }
    }
}

/// Help and version are answers; everything else that clap says is about bad usage, for which it would exit with 2.
fn explain(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_USAGE)
    }
}
