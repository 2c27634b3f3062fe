//! Three books of the same money: what trips' receipts say, what the ledger says, and what the payment company says.
//!
//! - **Receipts and ledger**, trip by trip: once a trip is closed, what its receipt asks of the rider is what was captured and not given
//!   back, paid in cash or is owed, so that the rider's account stands at nothing.
//! - **Ledger and company**, payment by payment: what is held, was captured and was given back, by the
//!   company's own list. What the log holds no trace of is named (a hold that nobody would ever release), and so is what the
//!   company does not know.
//!
//! A hold that the company has let go of, by lapse or otherwise, and of which the log has not heard (a process was killed before the notice
//! came) is named as that. A payment that the log has a call under way for is counted, and judged once the call has an outcome. In memory: some
//! hundred bytes for each payment.

mod books;
mod difference;

pub use difference::Difference;

use crate::log::Log;
use crate::walk::{Seen, walk};
use books::{Attempt, Books};
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_ports::{Cursor, GatewayError, IntentStatus, IntentView, PaymentGateway};
use std::collections::BTreeMap;

/// How many payments are asked for at a time.
const PAGE: usize = 1_024;

/// Why books cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A log cannot be read to its end.
    #[error("failed to read {log} to its end: {}", crate::check::innermost(source))]
    Log {
        /// Which.
        log: String,
        /// Why.
        source: fiacre_ports::PortError,
    },
    /// Commits cannot be read, so that nobody knows what they say of money.
    #[error("failed to read {count} commits; `fiacre audit check` names them")]
    Commits {
        /// How many.
        count: u64,
    },
    /// The company does not give its list.
    #[error("failed to get the payment company's list: {0}")]
    Company(#[from] GatewayError),
}

impl ReconcileError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Log { .. } => "log_unreadable",
            Self::Commits { .. } => "commits_unreadable",
            Self::Company(error) => error.code(),
        }
    }
}

/// What each of the books comes to in a currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// The latest receipts of trips, of fares and fees.
    pub receipts_minor: i128,
    /// Captured, by the log.
    pub ledger_captured_minor: i128,
    /// Captured, by the company's list.
    pub company_captured_minor: i128,
    /// Given back, by the log.
    pub ledger_refunded_minor: i128,
    /// Given back, by the company's list.
    pub company_refunded_minor: i128,
    /// Held now, by the log.
    pub ledger_held_minor: i128,
    /// Held now, by the company's list.
    pub company_held_minor: i128,
    /// By how much the company is ahead of the log in what was captured, where a call is under way.
    pub under_way_captured_minor: i128,
    /// The same of what was given back.
    pub under_way_refunded_minor: i128,
    /// The same of what is held; less than nothing where a hold has ended, and the log has not heard yet.
    pub under_way_held_minor: i128,
}

/// A payment that the log does not name, and of which the company has nothing left: no difference, but somebody's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The payment.
    pub intent: IntentId,
    /// The trip that it says it was for.
    pub trip: TripId,
    /// The hold that was released, where nothing was captured.
    pub released: Option<Money>,
    /// What was captured, and given back to the last cent.
    pub given_back: Option<Money>,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// Where the books differ: receipts first, then by payment.
    pub differences: Vec<Difference>,
    /// How many closed trips were compared.
    pub trips: u64,
    /// How many of the company's payments were compared.
    pub payments: u64,
    /// How many payments have a call under way, and are not judged yet.
    pub under_way: u64,
    /// What the log does not name and nothing is left of, by payment: `resume` has ended it after an older backup was restored.
    pub settled: Vec<Settled>,
    /// What the books come to, by currency.
    pub sums: BTreeMap<Currency, Sums>,
}

/// Compares the books of logs that together hold one platform's with the company's.
///
/// # Errors
/// Where a log or the company's list cannot be read to its end: then nothing is known for sure.
pub async fn compare(logs: &[impl Log], company: &dyn PaymentGateway) -> Result<Reconciled, ReconcileError> {
    let mut books = Books::default();
    let mut unreadable = 0_u64;
    walk(logs, |Seen { commit, .. }| match commit {
        Ok(commit) => books.enter(&commit),
        Err(_) => unreadable = unreadable.saturating_add(1),
    })
    .map_err(|stuck| ReconcileError::Log {
        log: logs.get(stuck.folder).map(Log::name).unwrap_or_default(),
        source: stuck.error,
    })?;
    if unreadable > 0 {
        return Err(ReconcileError::Commits { count: unreadable });
    }
    let mut reconciled = Reconciled::default();
    let mut expected = books.close(&mut reconciled);
    let mut next = Some(Cursor::default());
    while let Some(from) = next {
        let page = company.list(&from, PAGE).await?;
        next = page.next;
        for view in &page.intents {
            reconciled.payments = reconciled.payments.saturating_add(1);
            judge(
                view,
                expected.remove(&view.intent),
                books.knows(view),
                &mut reconciled,
            );
        }
    }
    for (intent, attempt) in expected {
        reconciled.differences.push(Difference::UnknownToCompany {
            intent,
            trip: attempt.trip,
        });
    }
    Ok(reconciled)
}

/// What the company holds, and has captured, in minor units.
const fn of_company(view: &IntentView) -> (i64, i64) {
    match view.status {
        IntentStatus::RequiresCapture { amount, .. } => (amount.minor(), 0),
        IntentStatus::Succeeded { captured } => (0, captured.minor()),
        IntentStatus::RequiresConfirmation { .. }
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::Canceled => (0, 0),
    }
}

fn judge(view: &IntentView, attempt: Option<Attempt>, is_begun: bool, reconciled: &mut Reconciled) {
    let currency = view.amount.currency();
    let (held, captured) = of_company(view);
    let sums = reconciled.sums.entry(currency).or_default();
    sums.company_held_minor += i128::from(held);
    sums.company_captured_minor += i128::from(captured);
    sums.company_refunded_minor += i128::from(view.refunded_minor);
    let (intent, trip) = (view.intent, view.key.trip);
    let Some(attempt) = attempt else {
        judge_unnamed(view, is_begun, reconciled);
        return;
    };
    if attempt.is_under_way {
        sums.under_way_held_minor += i128::from(held) - i128::from(attempt.held_minor);
        sums.under_way_captured_minor += i128::from(captured) - i128::from(attempt.captured_minor);
        sums.under_way_refunded_minor += i128::from(view.refunded_minor) - i128::from(attempt.refunded_minor);
        reconciled.under_way = reconciled.under_way.saturating_add(1);
        return;
    }
    if attempt.held_minor > 0 && matches!(view.status, IntentStatus::Canceled) {
        reconciled.differences.push(Difference::Lapsed {
            intent,
            trip,
            currency,
            log_minor: attempt.held_minor,
        });
        return;
    }
    let pairs = [
        (attempt.held_minor, held, Difference::HELD),
        (attempt.captured_minor, captured, Difference::CAPTURED),
        (attempt.refunded_minor, view.refunded_minor, Difference::REFUNDED),
    ];
    for (log_minor, company_minor, of) in pairs {
        if log_minor != company_minor {
            reconciled.differences.push(Difference::Amount {
                intent,
                trip,
                of,
                currency,
                log_minor,
                company_minor,
            });
        }
    }
}

/// Judges a payment that the log does not name.
fn judge_unnamed(view: &IntentView, is_begun: bool, reconciled: &mut Reconciled) {
    let currency = view.amount.currency();
    let (held, captured) = of_company(view);
    let (intent, trip) = (view.intent, view.key.trip);
    let moved = held != 0 || captured != view.refunded_minor;
    // Cancelled, or given back to the last cent, as `resume` does with what a lost time has left.
    let is_over = matches!(
        view.status,
        IntentStatus::Canceled | IntentStatus::Succeeded { .. }
    );
    // An attempt that has begun may have been created and not noted yet; nothing moves before it is.
    if moved || !(is_begun || is_over) {
        reconciled.differences.push(Difference::UnknownToLog {
            intent,
            trip,
            currency,
            held_minor: held,
            captured_minor: captured,
        });
    } else if is_over && !is_begun {
        reconciled.settled.push(Settled {
            intent,
            trip,
            released: (captured == 0).then_some(view.amount),
            given_back: (captured > 0).then_some(Money::new(captured, currency)),
        });
    }
}
