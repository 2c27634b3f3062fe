//! Three books that agree, and each way in which they may not.

use crate::folder::{at_rest, block_on_ready, city, folder, folder_of};
use crate::planted::{Plant, Planted};
use async_trait::async_trait;
use fiacre_auditing::log::Log;
use fiacre_auditing::reconcile::{Difference, Reconciled, compare};
use fiacre_domain::decision::Aggregate;
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{Payment, PaymentEvent};
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_ports::{
    Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus, IntentView, Operation,
    PaymentGateway, RefundStatus, RiderAction, Ticket,
};
use fiacre_wire::stored::{self, Privacy, Stored};
use std::collections::BTreeMap;

/// A company that has this list, and does nothing.
struct Company(BTreeMap<IntentId, IntentView>);

#[async_trait]
impl PaymentGateway for Company {
    async fn create(&self, _: IntentRequest) -> Result<IntentView, GatewayError> {
        Err(GatewayError::Refused)
    }

    async fn confirm(&self, _: IntentId, _: IdempotencyKey) -> Result<IntentView, GatewayError> {
        Err(GatewayError::Refused)
    }

    async fn capture(&self, _: IntentId, _: Money, _: IdempotencyKey) -> Result<IntentView, GatewayError> {
        Err(GatewayError::Refused)
    }

    async fn cancel(&self, _: IntentId, _: IdempotencyKey) -> Result<IntentView, GatewayError> {
        Err(GatewayError::Refused)
    }

    async fn refund(&self, _: IntentId, _: Money, _: IdempotencyKey) -> Result<RefundStatus, GatewayError> {
        Err(GatewayError::Refused)
    }

    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.0.get(&intent).copied().ok_or(GatewayError::NotFound)
    }

    async fn action(&self, _: IntentId) -> Result<RiderAction, GatewayError> {
        Err(GatewayError::WrongStatus)
    }

    /// The newest first, in pages of what is left: the first page is empty.
    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        let Some(given) = from.0.first_chunk().map(|bytes| usize::from_be_bytes(*bytes)) else {
            return Ok(IntentPage {
                intents: Vec::new(),
                next: Some(Cursor(0_usize.to_be_bytes().to_vec())),
            });
        };
        let intents: Vec<_> = self.0.values().rev().skip(given).take(max).copied().collect();
        let given = given + intents.len();
        let next = (given < self.0.len()).then(|| Cursor(given.to_be_bytes().to_vec()));
        Ok(IntentPage { intents, next })
    }
}

/// The company that did what the log says.
fn honest() -> Company {
    let mut charges: BTreeMap<(TripId, ChargeNumber), Payment> = BTreeMap::new();
    let mut views = BTreeMap::new();
    for commit in &city().commits {
        let StreamId::Payment(trip, number) = commit.stream else {
            continue;
        };
        let charge = charges.entry((trip, number)).or_default();
        for event in commit.events.iter() {
            let Event::Payment(event) = event else { continue };
            charge.evolve(event, commit.at);
            if let (Some(intent), Some(start)) = (charge.intent(), charge.start()) {
                views.insert(intent, view(trip, number, intent, start.amount, charge));
            }
        }
    }
    Company(views)
}

fn view(
    trip: TripId,
    charge: ChargeNumber,
    intent: IntentId,
    amount: Money,
    payment: &Payment,
) -> IntentView {
    let status = match (payment.captured(), payment.held()) {
        (Some(captured), _) => IntentStatus::Succeeded { captured },
        (None, Some(amount)) => IntentStatus::RequiresCapture {
            amount,
            capture_before: Timestamp::MAX,
        },
        (None, None) => IntentStatus::Canceled,
    };
    let key = IdempotencyKey {
        epoch: 0,
        trip,
        charge,
        authorization: AuthorizationNumber(0),
        operation: Operation::Create,
    };
    IntentView {
        intent,
        key,
        amount,
        status,
        refunded_minor: 0,
    }
}

fn reconcile(log: impl Log, company: &Company) -> Reconciled {
    block_on_ready(compare(&[log], company)).unwrap()
}

fn whole(company: &Company) -> Reconciled {
    reconcile(at_rest(folder().path()), company)
}

/// A payment that was captured.
fn captured(company: &Company) -> IntentView {
    let is_captured = |view: &&IntentView| matches!(view.status, IntentStatus::Succeeded { .. });
    *company.0.values().find(is_captured).unwrap()
}

#[test]
fn three_books_of_the_same_city_agree() {
    let reconciled = whole(&honest());
    assert_eq!(reconciled.differences, []);
    assert!(
        reconciled.trips > 40 && reconciled.payments > 40,
        "{reconciled:?}"
    );
    let sums = reconciled.sums[&Currency::USD];
    assert!(sums.receipts_minor > 0 && sums.ledger_captured_minor > 0);
    assert_eq!(sums.ledger_captured_minor, sums.company_captured_minor);
    assert_eq!((sums.ledger_held_minor, sums.company_held_minor), (0, 0));
}

#[test]
fn an_amount_that_the_company_has_otherwise_is_named_with_both() {
    let mut company = honest();
    let view = captured(&company);
    let IntentStatus::Succeeded { captured } = view.status else {
        return;
    };
    let more = Money::new(captured.minor() + 1, captured.currency());
    let edited = company.0.get_mut(&view.intent).unwrap();
    edited.status = IntentStatus::Succeeded { captured: more };
    edited.refunded_minor = 5;
    let (intent, trip, currency) = (view.intent, view.key.trip, Currency::USD);
    let differs = |of, log_minor, company_minor| Difference::Amount {
        intent,
        trip,
        of,
        currency,
        log_minor,
        company_minor,
    };
    let expected = [
        differs(Difference::CAPTURED, captured.minor(), more.minor()),
        differs(Difference::REFUNDED, 0, 5),
    ];
    assert_eq!(whole(&company).differences, expected);
}

#[test]
fn a_hold_that_the_log_does_not_name_is_an_orphan() {
    let mut company = honest();
    let orphan = IntentView {
        intent: IntentId::from_u128(7),
        key: IdempotencyKey {
            trip: TripId::from_u128(8),
            ..captured(&company).key
        },
        amount: Money::new(900, Currency::USD),
        status: IntentStatus::RequiresCapture {
            amount: Money::new(900, Currency::USD),
            capture_before: Timestamp::MAX,
        },
        refunded_minor: 0,
    };
    company.0.insert(orphan.intent, orphan);
    let differences = whole(&company).differences;
    let expected = Difference::UnknownToLog {
        intent: orphan.intent,
        trip: orphan.key.trip,
        currency: Currency::USD,
        held_minor: 900,
        captured_minor: 0,
    };
    assert_eq!(differences, [expected]);
}

#[test]
fn a_hold_that_lapsed_unheard_is_named_for_what_it_is() {
    let is_hold = |event: &Event| matches!(event, Event::Payment(PaymentEvent::Authorized { .. }));
    let commits = &city().commits;
    let held = commits
        .iter()
        .find(|commit| commit.events.iter().any(is_hold))
        .unwrap();
    let until = |commit: &&Commit| commit.stream == held.stream && commit.version <= held.version;
    let folder = folder_of(commits.iter().filter(until));
    let trip = held.stream.trip().unwrap();
    let mut company = honest();
    company.0.retain(|_, view| view.key.trip == trip);
    for view in company.0.values_mut() {
        view.status = IntentStatus::Canceled;
    }
    let differences = reconcile(at_rest(folder.path()), &company).differences;
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(matches!(differences[0], Difference::Lapsed { trip: of, log_minor: 1.., .. } if of == trip));
    assert_eq!(differences[0].code(), "hold_lapsed_unheard");
}

#[test]
fn a_payment_that_the_company_does_not_have_is_named() {
    let mut company = honest();
    let view = captured(&company);
    company.0.remove(&view.intent);
    let expected = Difference::UnknownToCompany {
        intent: view.intent,
        trip: view.key.trip,
    };
    assert_eq!(whole(&company).differences, [expected]);
}

#[test]
fn a_receipt_that_the_money_does_not_follow_is_named() {
    let company = honest();
    let (commit, event) = first_capture();
    let at = Ticket {
        stream: commit.stream,
        version: commit.version,
    };
    let log = at_rest(folder().path());
    let row = log
        .stream(
            at.stream,
            fiacre_domain::stream::Version::new(at.version.get() - 1),
        )
        .next()
        .unwrap()
        .unwrap();
    let prev = Stored::read(row.bytes()).unwrap().prev();
    let mut edited = commit.clone();
    edited.events = edited
        .events
        .iter()
        .map(|old| {
            if *old == Event::from(event.clone()) {
                less(&event).into()
            } else {
                old.clone()
            }
        })
        .collect();
    let bytes = stored::encode(&edited, prev, Privacy::Clear).unwrap();
    let differences = reconcile(Planted::new(log, at, Plant::Replaced(bytes)), &company).differences;
    let codes: Vec<_> = differences.iter().map(Difference::code).collect();
    assert_eq!(codes, ["receipt_not_covered", "payment_amount_differs"]);
    assert!(
        differences
            .iter()
            .all(|difference| Some(difference.trip()) == at.stream.trip())
    );
}

fn first_capture() -> (&'static Commit, PaymentEvent) {
    let captures = city().commits.iter().filter_map(|commit| {
        let event = commit.events.iter().find_map(|event| {
            if let Event::Payment(event @ PaymentEvent::Captured { .. }) = event {
                Some(event.clone())
            } else {
                None
            }
        });
        Some((commit, event?))
    });
    captures.into_iter().next().unwrap()
}

/// The same capture, by one minor unit less.
fn less(event: &PaymentEvent) -> PaymentEvent {
    let mut event = event.clone();
    if let PaymentEvent::Captured { captured, .. } = &mut event {
        *captured = Money::new(captured.minor() - 1, captured.currency());
    }
    event
}

#[test]
fn a_call_under_way_is_counted_and_not_judged() {
    let is_capture = |event: &Event| matches!(event, Event::Payment(PaymentEvent::CaptureStarted { .. }));
    let started = city()
        .commits
        .iter()
        .find(|commit| commit.events.iter().any(is_capture))
        .unwrap();
    let until = city()
        .commits
        .iter()
        .filter(|commit| commit.stream == started.stream && commit.version <= started.version);
    let folder = folder_of(until);
    let mut company = honest();
    company
        .0
        .retain(|_, view| Some(view.key.trip) == started.stream.trip());
    let reconciled = reconcile(at_rest(folder.path()), &company);
    assert_eq!((reconciled.differences, reconciled.under_way), (Vec::new(), 1));
    for sums in reconciled.sums.values() {
        let ahead = sums.company_captured_minor - sums.ledger_captured_minor;
        assert!(ahead > 0, "the company has captured, and the log has not heard");
        assert_eq!(sums.under_way_captured_minor, ahead);
        let held = sums.company_held_minor - sums.ledger_held_minor;
        assert_eq!(sums.under_way_held_minor, held);
    }
}
