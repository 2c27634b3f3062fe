//! `fiacre trip list`.

use super::open;
use crate::answer::Answer;
use crate::failure::{AtRestFailure, Failure};
use crate::moment;
use clap::{Args, ValueEnum};
use fiacre_auditing::list::{self, Filter, Row};
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::Phase;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre trip list --data data
  fiacre trip list --data data --open --since 2018-06-08T21:00Z
  fiacre trip list --data data --since 2018-06-08
  fiacre trip list --data data --flagged
  fiacre trip list --data data --state failed --state cancelled --json

Oldest first; times are UTC. A trip of which nothing can be read, such as one whose segment is missing, is `unreadable`, whatever its \
state is. The folder is read as it lies; one that a process uses is refused.
Exit codes: 0 done, 3 the folder cannot be read, 64 bad usage, 74 the answer cannot be written.")]
pub(crate) struct ListArguments {
    /// The platform's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Only trips in this state; may be repeated
    #[arg(long, value_enum)]
    state: Vec<State>,

    /// Only trips that are not over
    #[arg(long)]
    open: bool,

    /// Only trips that an operator should look at: they ended without a reading, or could not be priced
    #[arg(long)]
    flagged: bool,

    /// Only trips that began at this moment or later: a date, or a moment, in UTC, such as 2018-06-08T21:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::utc)]
    since: Option<Timestamp>,

    /// At most so many, from 1 on
    #[arg(long, value_name = "COUNT", value_parser = count, allow_negative_numbers = true)]
    limit: Option<u64>,
}

fn count(text: &str) -> Result<u64, &'static str> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("write a whole number from 1 on, such as 20")
}

/// Where a trip can stand in a log.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Rejected,
    Requested,
    Reassigning,
    Confirmed,
    Arrived,
    Started,
    Completed,
    Cancelled,
    Failed,
}

impl State {
    const fn phase(self) -> Phase {
        match self {
            Self::Rejected => Phase::Rejected,
            Self::Requested => Phase::Requested,
            Self::Reassigning => Phase::Reassigning,
            Self::Confirmed => Phase::Confirmed,
            Self::Arrived => Phase::Arrived,
            Self::Started => Phase::Started,
            Self::Completed => Phase::Completed,
            Self::Cancelled => Phase::Cancelled,
            Self::Failed => Phase::Failed,
        }
    }
}

impl ListArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let folder = open(&self.data)?;
        let filter = Filter {
            phases: self.state.iter().map(|state| state.phase()).collect(),
            open: self.open,
            flagged: self.flagged,
            since: self.since,
        };
        let limit = self.limit.unwrap_or(u64::MAX);
        let mut count = 0_u64;
        let mut written = if answer.is_json() {
            answer.list("trips")
        } else {
            Ok(())
        };
        list::trips(&folder, &filter, |row| {
            if written.is_ok() {
                written = if answer.is_json() {
                    answer.item(&as_json(&row))
                } else {
                    show(&row, count == 0, answer.words())
                };
            }
            count += 1;
            written.is_ok() && count < limit
        })
        .map_err(|error| AtRestFailure::Rows(self.data.clone(), error))?;
        written?;
        if count == 0 && !answer.is_json() {
            writeln!(answer.words(), "no such trip")?;
        }
        Ok(())
    }
}

/// What stands where a trip cannot be read at all: a segment of the archive is missing, or its commits are damaged.
const UNREADABLE: &str = "unreadable";

/// Where a trip stands, as far as that can be read.
const fn phase(row: &Row) -> &'static str {
    if row.began_at.is_none() {
        UNREADABLE
    } else {
        row.phase.name()
    }
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

fn state(row: &Row) -> String {
    let name = phase(row);
    // A rejected trip has no other end.
    if row.is_over || row.phase == Phase::Rejected || row.began_at.is_none() {
        name.to_owned()
    } else {
        format!("{name}, open")
    }
}

fn show(row: &Row, is_first: bool, out: &mut impl Write) -> std::io::Result<()> {
    if is_first {
        let (trip, began, state) = ("trip", "began", "state");
        writeln!(
            out,
            "{trip:<36}  {began:<24}  {state:<18}  {:>14}  driver",
            "amount"
        )?;
    }
    let driver = row
        .driver
        .map_or_else(|| "-".to_owned(), |driver| driver.to_string());
    let amount = row
        .amount
        .map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    let flag = if row.is_flagged {
        "  (for an operator to look at)"
    } else {
        ""
    };
    let damage = match row.unreadable {
        0 => String::new(),
        commits => format!("  ({commits} commits cannot be read)"),
    };
    writeln!(
        out,
        "{}  {:<24}  {:<18}  {amount:>14}  {driver}{flag}{damage}",
        row.trip,
        time(row.began_at),
        state(row)
    )
}

fn as_json(row: &Row) -> Value {
    json!({
        "trip": row.trip.to_string(),
        "began_at": row.began_at.map(|at| at.to_string()),
        "changed_at": row.changed_at.map(|at| at.to_string()),
        "state": phase(row),
        "over": row.began_at.map(|_| row.is_over),
        "flagged": row.is_flagged,
        "driver": row.driver.map(|driver| driver.to_string()),
        "amount": row.amount.map(Money::minor),
        "currency": row.amount.map(|amount| amount.currency().code().to_owned()),
        "unreadable_commits": row.unreadable,
    })
}
