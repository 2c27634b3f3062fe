//! Amounts and deadlines, edited one at a time, and receipts of other quotes and of what did not happen.

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::money::Money;
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::pricing::{Cancellation, Fault, Happened, Receipt};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{MoneyOutcome, TripEvent};
use fiacre_domain::units::Millis;
use std::sync::Arc;

/// The commit's events, with one amount changed by `by` minor units: as often as there are amounts.
pub(crate) fn of(commit: &Commit, by: i64) -> impl Iterator<Item = Arc<[Event]>> {
    let events = Arc::clone(&commit.events);
    (0..commit.events.len()).filter_map(move |place| {
        let mut edited = events.to_vec();
        edited[place] = edit(&events[place], by)?;
        Some(edited.into())
    })
}

/// The commit's events, with the fare settled as of a quote for a minute later: true in itself, but not the trip's own.
pub(crate) fn settled_later(log: &[Commit], commit: &Commit) -> Option<Arc<[Event]>> {
    let ordered = log.iter().find(|other| other.stream == commit.stream)?;
    let Some(Event::Trip(TripEvent::Requested(request))) = ordered.events.first() else {
        return None;
    };
    let quote = request.quote();
    let later = quote.at().plus(Millis::from_minutes(1))?;
    let later = quote
        .tariff()
        .ok()?
        .quote(quote.ride(), later, *quote.surge())
        .ok()?;
    let mut events = commit.events.to_vec();
    let receipt = events.iter_mut().find_map(|event| {
        if let Event::Trip(TripEvent::FareSettled(receipt)) = event {
            Some(receipt)
        } else {
            None
        }
    })?;
    let settled = match receipt.happened() {
        Happened::Driven(reading) => later.settle(reading),
        Happened::Cancelled(cancellation) => later.cancel(cancellation),
        Happened::Unread => later.settle_as_quoted(),
        Happened::UnpricedRide => Ok(later.settle_as_accepted()),
        Happened::UnpricedCancellation(cancellation) => Ok(later.cancel_unpriced(cancellation)),
    };
    *receipt = Arc::new(settled.ok()?);
    Some(events.into())
}

/// The commit's events, with one deadline `by_ms` later.
pub(crate) fn deadline_moved(commit: &Commit, by_ms: i64) -> Option<Arc<[Event]>> {
    let mut events = commit.events.to_vec();
    let deadline = events.iter_mut().find_map(deadline_of)?;
    *deadline = deadline.plus(Millis::new(by_ms));
    Some(events.into())
}

/// The deadline that an event sets by its order's policy; an offer's is whatever was offered.
fn deadline_of(event: &mut Event) -> Option<&mut Timestamp> {
    match event {
        Event::Trip(TripEvent::Confirmed { arrival_due_at, .. }) => Some(arrival_due_at),
        Event::Trip(TripEvent::DriverArrived { no_show_due_at, .. }) => Some(no_show_due_at),
        Event::Trip(TripEvent::Started(start)) => Some(&mut Arc::make_mut(start).overdue_at),
        Event::Dispatch(
            DispatchEvent::SearchStarted { budget_ends_at, .. }
            | DispatchEvent::SearchResumed { budget_ends_at, .. },
        )
        | Event::Payment(PaymentEvent::ActionRequired { budget_ends_at, .. }) => Some(budget_ends_at),
        Event::Payment(PaymentEvent::AuthorizationStarted(start)) => {
            Some(&mut Arc::make_mut(start).budget_ends_at)
        }
        Event::Trip(_)
        | Event::Dispatch(_)
        | Event::Payment(_)
        | Event::Driver(_)
        | Event::Ops(_)
        | Event::Tariff(_) => None,
    }
}

/// The commit's events, with the cancellation priced as another's fault: receipt, fee and fault say so alike.
pub(crate) fn blamed(log: &[Commit], commit: &Commit, fault: Fault) -> Option<Arc<[Event]>> {
    let ordered = log.iter().find(|other| other.stream == commit.stream)?;
    let Some(Event::Trip(TripEvent::Requested(request))) = ordered.events.first() else {
        return None;
    };
    let mut events = commit.events.to_vec();
    let Some(Event::Trip(TripEvent::Cancelled(cancelled))) = events.first_mut() else {
        return None;
    };
    let cancelled = Arc::make_mut(cancelled);
    let Happened::Cancelled(happened) = cancelled.receipt.as_ref()?.happened() else {
        return None;
    };
    let stage = happened.stage();
    let receipt = request.quote().cancel(&Cancellation::new(stage, fault)).ok()?;
    let is_another = cancelled.fault != fault;
    cancelled.fault = fault;
    cancelled.due = Some(receipt.total());
    cancelled.receipt = Some(Arc::new(receipt));
    is_another.then(|| events.into())
}

fn edit(event: &Event, by: i64) -> Option<Event> {
    let mut edited = event.clone();
    match &mut edited {
        Event::Trip(event) => edit_trip(event, by)?,
        Event::Payment(event) => edit_payment(event, by)?,
        Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => return None,
    }
    Some(edited)
}

fn moved(amount: Money, by: i64) -> Money {
    Money::new(amount.minor() + by, amount.currency())
}

fn moved_outcome(outcome: &mut MoneyOutcome, by: i64) {
    outcome.captured_minor += by;
}

fn moved_total(receipt: &Receipt, by: i64) -> Arc<Receipt> {
    let mut parts = receipt.parts().clone();
    parts.computed.total = moved(parts.computed.total, by);
    Arc::new(Receipt::from_parts(parts))
}

fn edit_trip(event: &mut TripEvent, by: i64) -> Option<()> {
    match event {
        TripEvent::Completed(completion) => {
            let mut changed = (**completion).clone();
            changed.due = moved(changed.due, by);
            *completion = Arc::new(changed);
        }
        TripEvent::Cancelled(cancelled) => {
            let mut changed = (**cancelled).clone();
            changed.due = Some(moved(changed.due?, by));
            *cancelled = Arc::new(changed);
        }
        TripEvent::FareSettled(receipt) => *receipt = moved_total(receipt, by),
        TripEvent::FareAdjusted(adjustment) => {
            let mut changed = (**adjustment).clone();
            changed.superseded = moved_total(&changed.superseded, by);
            *adjustment = Arc::new(changed);
        }
        TripEvent::MoneySettled { outcome } => moved_outcome(outcome, by),
        TripEvent::Tipped(tip) => {
            let mut changed = (**tip).clone();
            changed.amount = moved(changed.amount, by);
            *tip = Arc::new(changed);
        }
        TripEvent::Requested(_)
        | TripEvent::Rejected { .. }
        | TripEvent::DriverNoted { .. }
        | TripEvent::PaymentNoted { .. }
        | TripEvent::PaymentUnnoted { .. }
        | TripEvent::Confirmed { .. }
        | TripEvent::Reassigning { .. }
        | TripEvent::DriverArrived { .. }
        | TripEvent::StartCodeRefused { .. }
        | TripEvent::Started(_)
        | TripEvent::PlanChanged(_)
        | TripEvent::Failed { .. }
        | TripEvent::LockCleared
        | TripEvent::Closed => return None,
    }
    Some(())
}

fn edit_payment(event: &mut PaymentEvent, by: i64) -> Option<()> {
    match event {
        PaymentEvent::SettlementAsked { due, .. } => *due = Some(moved((*due)?, by)),
        PaymentEvent::Closed { outcome, .. } => moved_outcome(outcome, by),
        PaymentEvent::Authorized { amount, .. }
        | PaymentEvent::AuthorizationLost { released: amount, .. }
        | PaymentEvent::Captured { captured: amount, .. }
        | PaymentEvent::CaptureFailed { released: amount, .. }
        | PaymentEvent::Voided { released: amount, .. }
        | PaymentEvent::VoidRefused { captured: amount, .. }
        | PaymentEvent::DebtRecorded { amount, .. }
        | PaymentEvent::RefundStarted { amount, .. }
        | PaymentEvent::Refunded { amount, .. }
        | PaymentEvent::DebtReduced { amount, .. }
        | PaymentEvent::CashReturned { amount, .. } => *amount = moved(*amount, by),
        // Less may be asked to be captured than is due, and less given up than is owed.
        PaymentEvent::CaptureStarted { amount, .. } | PaymentEvent::DebtWrittenOff { amount, .. }
            if by > 0 =>
        {
            *amount = moved(*amount, by);
        }
        PaymentEvent::CaptureStarted { .. }
        | PaymentEvent::DebtWrittenOff { .. }
        | PaymentEvent::Waived { .. }
        | PaymentEvent::AuthorizationStarted(_)
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::Declined { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::DebtSettled { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::DisputeFundsMoved { .. }
        | PaymentEvent::DisputeClosed { .. }
        // A later correction may stand, and then nothing is left of this one.
        | PaymentEvent::CorrectionAsked { .. }
        | PaymentEvent::FurtherChargeAsked(_) => return None,
    }
    Some(())
}
