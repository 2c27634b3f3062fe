#![doc = include_str!("../README.md")]

mod answer;
mod commands;
mod failure;
mod fare;
mod moment;
mod output;
mod quantity;
mod words;

use answer::Answer;
use clap::Parser;
use clap::error::ErrorKind;
use commands::Command;
use failure::{Failure, UsageError};
use serde_json::json;
use std::env;
use std::ffi::OsString;
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
  fiacre city --data friday
  fiacre resume --data friday
  fiacre audit check friday
  fiacre tariff check nyc-2018
  fiacre quote --tariff nyc-2018 --at 2018-07-03T17:00 \\
      --distance-m 8046.72 --duration-s 1200 --slow-s 300 --receipt receipt.json
  fiacre receipt verify receipt.json --tariff nyc-2018

Exit codes, of every command:
   0  done, and nothing found
   2  findings: what was looked at is not what it must be
   3  a folder, a vault, a backup or a segment cannot be opened or read
  64  bad usage: an option, or a file or place that it names
  70  an error of ours
  74  something cannot be written: the disk is full, read-only or broken"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Answer with one JSON object on stdout, also where it fails; money in minor units
    #[arg(long, global = true, display_order = 900)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    let mut answer = Answer::new(BufWriter::new(io::stdout().lock()), asks_for_json(&arguments));
    let outcome = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command, .. }) => command.run(&mut answer),
        Err(error) => explain(error, &mut answer),
    };
    conclude(outcome, &mut answer)
}

/// Whether the answer is to be JSON, also where the arguments cannot be read otherwise.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().take_while(|it| *it != "--");
    options.any(|it| it == "--json")
}

/// Help and the version are answers; everything else that the reader of arguments says is about bad usage.
fn explain(error: clap::Error, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    let is_help = error.kind() == ErrorKind::DisplayHelp;
    if !is_help && error.kind() != ErrorKind::DisplayVersion {
        return Err(UsageError::from(error).into());
    }
    let text = error.render().to_string();
    let written = if !answer.is_json() {
        answer.words().write_all(text.as_bytes())
    } else if is_help {
        answer.object(&json!({ "help": text }))
    } else {
        answer.object(&json!({ "version": env!("CARGO_PKG_VERSION") }))
    };
    Ok(written?)
}

/// Ends the answer, and says on stderr why a command did not succeed.
fn conclude(outcome: Result<(), Failure>, answer: &mut Answer<impl Write>) -> ExitCode {
    let ended = match &outcome {
        // Nothing more can be said there.
        Err(Failure::Output(_)) => Ok(()),
        Ok(()) => answer.end(None),
        // What was answered so far is worth reading also where the command failed.
        Err(failure) => answer.end(Some(&failure.to_json())),
    };
    match outcome.and(ended.map_err(Failure::Output)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads only the first lines has got what they wanted.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // Where not even stderr can be written, the exit code says it all.
            let _ = writeln!(io::stderr(), "fiacre: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
