//! Payments that the company has and the log does not name: what is left of a time that was lost, where the platform was restored
//! from an older backup. Nobody would ever capture or release them.

use super::CityError;
use crate::platform::Platform;
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Consistency, Cursor, GatewayError, IdempotencyKey, IntentStatus, IntentView, LoadRequest, Operation,
    PaymentGateway, RefundStatus,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many payments are asked for at a time.
const PAGE: usize = 1_024;
/// How often the company is asked at most, and how long after a call that did not come through.
const CALLS_MAX: u32 = 360;
const PAUSE: Millis = Millis::from_secs(10);
/// How many numbers are tried for a refund at most, where others have them; then it is left to people.
const REFUNDS_MAX: usize = 16;

/// What is done about money that was captured, and of which no receipt says what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unexplained {
    /// It is named, and left to people: what was given back cannot be taken again.
    #[default]
    Keep,
    /// It is given back.
    GiveBack,
}

/// What became of a payment that the log does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It holds nothing any more, and never will.
    Released,
    /// What was captured was given back.
    GivenBack,
    /// What was captured stays with the company.
    Kept,
    /// The company did not do what it was asked.
    Refused,
}

impl Fate {
    /// As reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::GivenBack => "given back",
            Self::Kept => "kept",
            Self::Refused => "refused",
        }
    }

    /// Whether money is still where nobody can explain it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Released | Self::GivenBack => false,
            Self::Kept | Self::Refused => true,
        }
    }
}

/// A payment that the log does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orphan {
    /// The company's id of it.
    pub intent: IntentId,
    /// The trip that the company has it for.
    pub trip: TripId,
    /// What was held when it was found.
    pub held: Money,
    /// What had been captured, and not given back, when it was found.
    pub captured: Money,
    /// What became of it.
    pub fate: Fate,
}

/// The payments that a commit names.
pub(super) fn named(commit: &Commit) -> impl Iterator<Item = IntentId> {
    commit.events.iter().filter_map(|event| match event {
        Event::Payment(PaymentEvent::IntentCreated { intent, .. }) => Some(*intent),
        Event::Payment(_)
        | Event::Trip(_)
        | Event::Dispatch(_)
        | Event::Driver(_)
        | Event::Ops(_)
        | Event::Tariff(_) => None,
    })
}

/// Finds the payments that neither `known` nor their charges name, and ends them. To be called at rest: what is under way would have
/// been named by then.
pub(super) fn settle(
    platform: &mut Platform,
    known: &BTreeSet<IntentId>,
    unexplained: Unexplained,
    epoch: u32,
) -> Result<Vec<Orphan>, CityError> {
    let mut orphans = Vec::new();
    for view in unnamed(platform, known)? {
        let zero = Money::zero(view.amount.currency());
        let (held, captured) = match view.status {
            IntentStatus::RequiresCapture { amount, .. } => (amount, zero),
            IntentStatus::Succeeded { captured } => {
                let left = captured.minor().saturating_sub(view.refunded_minor);
                (zero, Money::new(left, captured.currency()))
            }
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing => (zero, zero),
            IntentStatus::Canceled => continue,
        };
        let is_over = matches!(view.status, IntentStatus::Succeeded { .. });
        let fate = match unexplained {
            _ if is_over && captured.is_zero() => continue,
            Unexplained::Keep if is_over => Fate::Kept,
            Unexplained::GiveBack if is_over => give_back(platform, &view, captured, epoch)?,
            Unexplained::Keep | Unexplained::GiveBack => release(platform, &view)?,
        };
        orphans.push(Orphan {
            intent: view.intent,
            trip: view.key.trip,
            held,
            captured,
            fate,
        });
    }
    Ok(orphans)
}

/// The company's payments that the log does not name, those of trips that were archived included.
fn unnamed(platform: &mut Platform, known: &BTreeSet<IntentId>) -> Result<Vec<IntentView>, CityError> {
    let (mut unnamed, mut next) = (Vec::new(), Some(Cursor::default()));
    while let Some(from) = next {
        let company = Arc::clone(&platform.company);
        let listing = ask(platform, move || {
            let (company, from) = (Arc::clone(&company), from.clone());
            async move { company.list(&from, PAGE).await }
        })?;
        let page = listing.map_err(CityError::Company)?;
        next = page.next;
        for view in page.intents {
            if !known.contains(&view.intent) && !is_named_by_its_charge(platform, &view)? {
                unnamed.push(view);
            }
        }
    }
    Ok(unnamed)
}

fn is_named_by_its_charge(platform: &mut Platform, view: &IntentView) -> Result<bool, CityError> {
    let charge = StreamId::Payment(view.key.trip, view.key.charge);
    let store = Arc::clone(&platform.store);
    let whole = LoadRequest::whole(charge, Consistency::Linearizable);
    let loading = async move { store.load(&[whole]).await.pop() };
    let commits = match platform.executor.block_on(loading)? {
        Some(Ok(loaded)) => loaded.commits,
        // What cannot be read may name it: nothing is taken from it.
        Some(Err(error)) => {
            tracing::warn!(%charge, %error, "a charge cannot be read: its payments are left as they are");
            return Ok(true);
        }
        None => Vec::new(),
    };
    let names = |commit: &Commit| named(commit).any(|intent| intent == view.intent);
    Ok(commits.iter().any(names))
}

/// Cancels a payment by its own key, that of the life in which it was made: whoever cancels it, once or twice, does the same. The
/// key of this life is that of the payment that the charge may have made since.
fn release(platform: &mut Platform, view: &IntentView) -> Result<Fate, CityError> {
    let (company, intent) = (Arc::clone(&platform.company), view.intent);
    let key = IdempotencyKey {
        operation: Operation::Cancel,
        ..view.key
    };
    let cancelled = ask(platform, move || {
        let company = Arc::clone(&company);
        async move { company.cancel(intent, key).await }
    })?;
    Ok(match cancelled {
        Ok(view) if view.status == IntentStatus::Canceled => Fate::Released,
        Ok(_) | Err(_) => Fate::Refused,
    })
}

/// Gives back by a key of this life and of this second. A refund that failed has failed for ever: whoever asks again, some minutes
/// later at least, must ask for another one. Nothing is given back twice: what is asked for is all that is left.
fn give_back(
    platform: &mut Platform,
    view: &IntentView,
    amount: Money,
    epoch: u32,
) -> Result<Fate, CityError> {
    let second = platform.time.now().ms().div_euclid(1_000);
    for number in (second..).take(REFUNDS_MAX) {
        let number = u16::try_from(number.rem_euclid(1 << 16)).unwrap_or_default();
        let key = IdempotencyKey {
            epoch,
            operation: Operation::Refund(number),
            ..view.key
        };
        match refund(platform, view.intent, amount, key)? {
            Ok(RefundStatus::Succeeded) => return Ok(Fate::GivenBack),
            // A refund of the charge that was made anew in this life has that number.
            Err(GatewayError::KeyReused) => {}
            Ok(RefundStatus::Pending | RefundStatus::Failed) | Err(_) => break,
        }
    }
    Ok(Fate::Refused)
}

fn refund(
    platform: &mut Platform,
    intent: IntentId,
    amount: Money,
    key: IdempotencyKey,
) -> Result<Result<RefundStatus, GatewayError>, CityError> {
    let company = Arc::clone(&platform.company);
    ask(platform, move || {
        let company = Arc::clone(&company);
        async move {
            match company.refund(intent, amount, key).await {
                // Asked again it says what came of it.
                Ok(RefundStatus::Pending) => Err(GatewayError::OutcomeUnknown),
                answer => answer,
            }
        }
    })
}

/// Makes a call at the company until it comes through, or for an hour.
fn ask<T, F: Future<Output = Result<T, GatewayError>>>(
    platform: &mut Platform,
    call: impl Fn() -> F,
) -> Result<Result<T, GatewayError>, CityError> {
    let mut calls = 1;
    loop {
        let answer = platform.executor.block_on(call())?;
        platform.check()?;
        match answer {
            Err(error) if error.is_transient() && calls < CALLS_MAX => {
                let later = platform.time.now().plus(PAUSE);
                platform.executor.run_until(later)?;
            }
            answer => return Ok(answer),
        }
        calls += 1;
    }
}

#[cfg(test)]
mod tests;
