//! `fiacre audit reconcile`: do receipts, ledger and the payment company agree?

use crate::answer::{Answer, minor};
use crate::failure::{AtRestFailure, Failure};
use crate::words::{counted, sum};
use async_trait::async_trait;
use clap::Args;
use fiacre_auditing::reconcile::{self, Reconciled, Settled, Sums};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::{AtRest, OpenError, Options};
use fiacre_folder::ScratchFolder;
use fiacre_ports::Clock;
use fiacre_sandbox_payments::{self as sandbox, Sandbox};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Where a platform's folder holds the payment sandbox's own.
const COMPANY: &str = "sandbox-payments";

/// How many differences are shown in words.
const SHOWN_MAX: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre audit reconcile data
  fiacre audit reconcile data --json
  fiacre audit reconcile data --company data/sandbox-payments

Both folders are read as they lie: nothing in them is changed, and a folder that a process uses is refused. Payments that the \
platform has a call under way for are counted and not judged: `fiacre resume` brings them to an end. Payments that the log does not name \
and of which nothing is left, as after `fiacre resume` of a restored folder, are named, and are no difference.
Exit codes: 0 no difference, 2 differences, 3 a folder cannot be read, 64 bad usage, 74 the answer cannot be written.")]
pub(crate) struct ReconcileArguments {
    /// The platform's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The payment sandbox's folder [default: DIR/sandbox-payments]
    #[arg(long, value_name = "DIR")]
    company: Option<PathBuf>,
}

impl ReconcileArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let log = AtRest::open(&self.folder, &Options::default()).map_err(AtRestFailure::Folder)?;
        let place = self.company.unwrap_or_else(|| self.folder.join(COMPANY));
        let company = company_of(&log, place)?;
        let reconciled = block_on(reconcile::compare(&[log], &company)).map_err(AtRestFailure::Reconcile)?;
        let shown = if answer.is_json() {
            answer.object(&as_json(&reconciled)).map_err(Failure::Output)
        } else {
            show_text(&reconciled, answer.words())
        };
        let verdict = match reconciled.differences.len() {
            0 => Ok(()),
            differences => Err(AtRestFailure::Differences(differences).into()),
        };
        verdict.and(shown)
    }
}

/// The company, as its folder has it. A run that was killed in its first second has founded none, and asked for nothing.
fn company_of(log: &AtRest, place: PathBuf) -> Result<Sandbox, AtRestFailure> {
    let has_asked = log.commits_about() > 0;
    // Opening mends a last write that was cut short; so a copy is opened, which is gone afterwards.
    let copy = match copy_of(&place) {
        Ok(copy) => copy,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !has_asked => {
            return Ok(Sandbox::new(0, Arc::new(Before)));
        }
        Err(error) => return Err(AtRestFailure::NoCompany(place, error)),
    };
    match Sandbox::reopen(copy.path(), Arc::new(Before)) {
        Err(sandbox::OpenError::Folder(OpenError::Absent { .. })) if !has_asked => {
            Ok(Sandbox::new(0, Arc::new(Before)))
        }
        opened => opened.map_err(|error| AtRestFailure::Company(place, error)),
    }
}

/// A moment before all others: what the company still has to do does not come to pass while it is only read.
#[derive(Debug)]
struct Before;

#[async_trait]
impl Clock for Before {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(i64::MIN)
    }

    async fn wait_until(&self, _: Timestamp) {}
}

/// A copy of the files of a folder.
fn copy_of(folder: &Path) -> io::Result<ScratchFolder> {
    let copy = ScratchFolder::make()?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    Ok(copy)
}

/// Waits on this thread.
fn block_on<F: Future>(call: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut call = pin!(call);
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

fn show_text(reconciled: &Reconciled, out: &mut impl Write) -> Result<(), Failure> {
    for difference in reconciled.differences.iter().take(SHOWN_MAX) {
        writeln!(out, "DIFFERENCE  {difference}  [{}]", difference.code())?;
    }
    let rest = reconciled.differences.len().saturating_sub(SHOWN_MAX);
    if rest > 0 {
        writeln!(out, "… and {rest} more; --json shows all")?;
    }
    writeln!(
        out,
        "compared  {} closed trips with their receipts, {} payments with the company's list",
        reconciled.trips, reconciled.payments
    )?;
    if reconciled.under_way > 0 {
        writeln!(
            out,
            "under way {} payments have a call that is not answered yet",
            reconciled.under_way
        )?;
    }
    show_settled(&reconciled.settled, out)?;
    for (currency, sums) in &reconciled.sums {
        show_sums(*currency, sums, out)?;
    }
    let verdict = match reconciled.differences.len() {
        0 if reconciled.under_way > 0 => "the books agree, but for what is under way".to_owned(),
        0 => "the books agree".to_owned(),
        differences => counted(differences as u64, "difference"),
    };
    writeln!(out, "verdict   {verdict}")?;
    Ok(())
}

/// What the log never names, and is over all the same: whoever asks for a payment of a lost time finds it here.
fn show_settled(settled: &[Settled], out: &mut impl Write) -> io::Result<()> {
    for payment in settled.iter().take(SHOWN_MAX) {
        let Settled {
            intent,
            trip,
            released,
            given_back,
        } = payment;
        let fate = match (given_back, released) {
            (Some(captured), _) => format!("{captured} was captured and given back"),
            (None, Some(held)) => format!("the hold of up to {held} was released"),
            (None, None) => "nothing was moved".to_owned(),
        };
        writeln!(
            out,
            "settled   payment {intent} of trip {trip}: the log does not name it; {fate}"
        )?;
    }
    let rest = settled.len().saturating_sub(SHOWN_MAX);
    if rest > 0 {
        writeln!(out, "… and {rest} more; --json shows all")?;
    }
    Ok(())
}

fn show_sums(currency: Currency, sums: &Sums, out: &mut impl Write) -> io::Result<()> {
    let money = |minor: i128| sum(minor, currency);
    writeln!(out, "receipts  {:>18}", money(sums.receipts_minor))?;
    writeln!(
        out,
        "          {:>18}  {:>18}  {:>18}",
        "by the log", "by the company", "under way"
    )?;
    for Book {
        name,
        log,
        company,
        under_way,
    } in books(sums)
    {
        let (log, company, under_way) = (money(log), money(company), money(under_way));
        writeln!(out, "{name:<8}  {log:>18}  {company:>18}  {under_way:>18}")?;
    }
    Ok(())
}

/// What both sides say of one kind of money, in minor units; under way is by how much the company is ahead where a call is not answered.
struct Book {
    name: &'static str,
    log: i128,
    company: i128,
    under_way: i128,
}

const fn books(sums: &Sums) -> [Book; 3] {
    [
        Book {
            name: "captured",
            log: sums.ledger_captured_minor,
            company: sums.company_captured_minor,
            under_way: sums.under_way_captured_minor,
        },
        Book {
            name: "refunded",
            log: sums.ledger_refunded_minor,
            company: sums.company_refunded_minor,
            under_way: sums.under_way_refunded_minor,
        },
        Book {
            name: "held",
            log: sums.ledger_held_minor,
            company: sums.company_held_minor,
            under_way: sums.under_way_held_minor,
        },
    ]
}

fn as_json(reconciled: &Reconciled) -> Value {
    let differences: Vec<Value> = reconciled
        .differences
        .iter()
        .map(|difference| {
            json!({ "code": difference.code(), "trip": difference.trip().to_string(), "text": difference.to_string() })
        })
        .collect();
    let sums = reconciled.sums.iter().map(|(currency, sums)| {
        let mut answer = json!({ "currency": currency.code(), "receipts": minor(sums.receipts_minor) });
        for book in books(sums) {
            let (log, company, under_way) = (minor(book.log), minor(book.company), minor(book.under_way));
            answer[book.name] = json!({ "log": log, "company": company, "under_way": under_way });
        }
        answer
    });
    json!({
        "trips": reconciled.trips,
        "payments": reconciled.payments,
        "under_way": reconciled.under_way,
        "sums": sums.collect::<Vec<_>>(),
        "differences": differences,
        "settled": reconciled.settled.iter().map(settled_as_json).collect::<Vec<_>>(),
    })
}

fn settled_as_json(payment: &Settled) -> Value {
    let money = payment.given_back.or(payment.released);
    json!({
        "payment": payment.intent.to_string(),
        "trip": payment.trip.to_string(),
        "currency": money.map(|money| money.currency().code().to_owned()),
        "released": payment.released.map(Money::minor),
        "given_back": payment.given_back.map(Money::minor),
    })
}
