//! `fiacre trip explain`.

use super::{open, state};
use crate::answer::{Answer, minor};
use crate::commands::vault::{Privacy, VaultArguments};
use crate::failure::{AtRestFailure, Failure};
use crate::moment;
use clap::Args;
use fiacre_auditing::timeline::{Entry, Standing, Timeline};
use fiacre_domain::id::TripId;
use fiacre_domain::money::Currency;
use fiacre_domain::stream::{Cause, ChargeNumber, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::AtRest;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre trip explain 0163e134-7ec0-7000-8000-5025d0b9e6d1 --data data
  fiacre trip explain 0163e134-7ec0-7000-8000-5025d0b9e6d1 --data data \\
      --at 2018-06-08T21:05:30Z
  fiacre trip explain 0163e134-7ec0-7000-8000-5025d0b9e6d1 --data data --json

Every line: how long after the beginning, on which stream, what happened, its place in the log, and what led to it. Effects come \
after their causes, whatever the clocks of the services say. Of each offer: who was considered, and why they were in or out.
Exit codes: 0 done, 2 no such trip, or some of its commits cannot be read, 3 the folder cannot be read, 64 bad usage, 74 the answer \
cannot be written.")]
pub(crate) struct ExplainArguments {
    /// The trip's id
    trip: TripId,

    /// The platform's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    #[command(flatten)]
    vault: VaultArguments,

    /// Tell it as it stood then: a date, or a moment, in UTC, such as 2018-06-08T21:05:30Z or as --json shows it
    #[arg(long, value_name = "TIME", value_parser = moment::utc)]
    at: Option<Timestamp>,
}

/// Where none of a trip's commits can be read.
const NEVER_SAID: &str = "nobody can say: none of its commits can be read";

impl ExplainArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let folder = open(&self.data)?;
        let privacy = self.vault.ask(&self.data, self.trip)?;
        let timeline = Timeline::read(&folder, self.trip, privacy.key(), self.at)
            .map_err(|error| AtRestFailure::Rows(self.data.clone(), error))?;
        if timeline.is_empty() {
            return Err(self.untold(&folder)?.into());
        }
        if answer.is_json() {
            answer.object(&self.as_json(&timeline, &privacy))?;
        } else {
            self.show(&timeline, &privacy, answer.words())?;
        }
        match timeline.unreadable.len() {
            0 => Ok(()),
            commits => Err(AtRestFailure::UnreadableCommits(commits).into()),
        }
    }

    /// Why there is nothing to tell: there is no such trip, or there was none yet.
    fn untold(&self, folder: &AtRest) -> Result<AtRestFailure, Failure> {
        let whole = Timeline::read(folder, self.trip, None, None)
            .map_err(|error| AtRestFailure::Rows(self.data.clone(), error))?;
        Ok(match whole.began_at() {
            Some(began_at) => AtRestFailure::NotBegun(self.trip, began_at),
            None => AtRestFailure::NoSuchTrip(self.trip),
        })
    }

    fn show(&self, timeline: &Timeline, privacy: &Privacy, out: &mut impl Write) -> std::io::Result<()> {
        let standing = &timeline.standing;
        let began_at = timeline.began_at();
        writeln!(out, "trip     {}", self.trip)?;
        let began = began_at.map(|at| at.to_string());
        writeln!(out, "began    {}", began.as_deref().unwrap_or(NEVER_SAID))?;
        // Without one nothing is told that lies behind it.
        let began_at = began_at.unwrap_or(Timestamp::from_ms(0));
        match privacy {
            Privacy::Open(_) => {}
            Privacy::Sealed => writeln!(
                out,
                "places   sealed: --vault names the folder of the keys, if they are elsewhere"
            )?,
            Privacy::Forgotten => writeln!(out, "places   forgotten with their rider")?,
        }
        if let Some(at) = self.at {
            writeln!(out, "as of    {at} ({})", offset(began_at, at))?;
        }
        writeln!(out, "\n{:>12}  {:<8}  what happened", "after", "stream")?;
        let mut traced = None;
        for entry in &timeline.entries {
            let (stream, place) = (
                side(entry.id.stream()),
                place(entry.id.stream(), entry.id.version()),
            );
            writeln!(
                out,
                "{:>12}  {stream:<8}  {}  [{place} ← {}]",
                offset(began_at, entry.at),
                entry.text,
                cause(&entry.cause)
            )?;
            let trace = entry
                .traceparent
                .as_deref()
                .filter(|trace| traced != Some(*trace));
            if let Some(trace) = trace {
                // Said where it changes: a request leads to many events.
                writeln!(out, "{:24}trace {trace}", "")?;
                traced = Some(trace);
            }
            for detail in &entry.details {
                writeln!(out, "{:24}{detail}", "")?;
            }
        }
        for unreadable in &timeline.unreadable {
            let place = place(unreadable.ticket.stream, unreadable.ticket.version);
            writeln!(out, "{:>12}  cannot be read: {place}: {}", "?", unreadable.why)?;
        }
        writeln!(out, "\nstate    trip: {}", standing.trip_state())?;
        writeln!(out, "         search: {}", standing.search_state())?;
        for (number, charge) in &standing.charges {
            writeln!(
                out,
                "         {}: {}",
                charge_name(*number),
                Standing::charge_state(charge)
            )?;
        }
        show_money(timeline, out)?;
        show_waits(timeline, began_at, out)
    }

    fn as_json(&self, timeline: &Timeline, privacy: &Privacy) -> Value {
        let standing = &timeline.standing;
        let balances: Vec<_> = timeline
            .balances
            .iter()
            .map(|(currency, account, amount)| {
                json!({ "account": account.to_string(), "currency": currency.code(), "amount": minor(*amount) })
            })
            .collect();
        let waits: Vec<_> = standing
            .waits_for()
            .into_iter()
            .map(|wait| json!({ "for": wait.what, "until": wait.until.map(|until| until.to_string()) }))
            .collect();
        let unreadable: Vec<_> = timeline
            .unreadable
            .iter()
            .map(|commit| {
                json!({ "stream": commit.ticket.stream.to_string(), "version": commit.ticket.version.get(), "why": commit.why })
            })
            .collect();
        json!({
            "trip": self.trip.to_string(),
            "places": privacy.name(),
            "at": self.at.map(|at| at.to_string()),
            "events": timeline.entries.iter().map(as_json).collect::<Vec<_>>(),
            "state": state::as_json(standing),
            "ledger": balances,
            "waits_for": waits,
            "unreadable": unreadable,
        })
    }
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "at": entry.at.to_string(),
        "event": entry.name,
        "id": entry.id.to_string(),
        "cause": cause_in_full(&entry.cause),
        "traceparent": entry.traceparent,
        "text": entry.text,
        "details": entry.details,
    })
}

fn show_money(timeline: &Timeline, out: &mut impl Write) -> std::io::Result<()> {
    for (place, (currency, account, minor)) in timeline.balances.iter().enumerate() {
        let label = if place == 0 { "ledger" } else { "" };
        writeln!(
            out,
            "{label:<8} {:>12} {} {account}",
            amount(*minor, *currency),
            currency.code()
        )?;
    }
    Ok(())
}

fn show_waits(timeline: &Timeline, began_at: Timestamp, out: &mut impl Write) -> std::io::Result<()> {
    let waits = timeline.standing.waits_for();
    if waits.is_empty() {
        return writeln!(out, "waits    for nothing");
    }
    for (place, wait) in waits.iter().enumerate() {
        let label = if place == 0 { "waits" } else { "" };
        let until = wait.until.map_or_else(String::new, |until| {
            format!(", until {until} ({})", offset(began_at, until))
        });
        writeln!(out, "{label:<8} for {}{until}", wait.what)?;
    }
    Ok(())
}

/// Which side of the platform a stream belongs to.
const fn side(stream: StreamId) -> &'static str {
    match stream {
        StreamId::Trip(_) => "trip",
        StreamId::Dispatch(_) => "search",
        StreamId::Driver(_) => "driver",
        StreamId::Payment(..) => "payment",
        StreamId::Ops(_) => "ops",
        StreamId::Tariff(_) => "tariff",
    }
}

/// A commit's place, without the trip's id, which is the same throughout.
fn place(stream: StreamId, version: Version) -> String {
    let side = side(stream);
    if let StreamId::Driver(driver) = stream {
        return format!("{side} {}/{version}", fiacre_auditing::timeline::short(driver));
    }
    match stream {
        StreamId::Payment(_, ChargeNumber(number @ 1..)) => format!("{side}-{number}/{version}"),
        StreamId::Trip(_)
        | StreamId::Dispatch(_)
        | StreamId::Driver(_)
        | StreamId::Payment(..)
        | StreamId::Ops(_)
        | StreamId::Tariff(_) => format!("{side}/{version}"),
    }
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Event(id) => place(id.stream(), id.version()),
        Cause::Command(_) => "a command".to_owned(),
        Cause::Timer(id) => format!("deadline of {}", place(id.stream, id.version)),
        Cause::Webhook(_) => "a webhook".to_owned(),
    }
}

fn cause_in_full(cause: &Cause) -> String {
    match cause {
        Cause::Event(id) => format!("event {id}"),
        Cause::Command(id) => format!("command {id}"),
        Cause::Timer(id) => format!("timer {}/{} {:?}", id.stream, id.version, id.kind),
        Cause::Webhook(id) => format!("webhook {id}"),
    }
}

fn charge_name(number: ChargeNumber) -> String {
    match number {
        ChargeNumber::FARE => "payment".to_owned(),
        ChargeNumber(number) => format!("charge {number}"),
    }
}

/// `+1:02:03.004`, hours only where there are any.
fn offset(began_at: Timestamp, at: Timestamp) -> String {
    let ms = at.since(began_at).get();
    let (sign, ms) = (if ms < 0 { '-' } else { '+' }, ms.unsigned_abs());
    let (hours, minutes, seconds, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}.{ms:03}")
    } else {
        format!("{sign}{minutes}:{seconds:02}.{ms:03}")
    }
}

fn amount(minor: i128, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let decimals = usize::from(currency.exponent());
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}
