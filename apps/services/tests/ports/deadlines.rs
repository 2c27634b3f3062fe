//! What is due is asked of the aggregate that set it.

use crate::sample::brief;
use crate::stage::{NOW, Tape, applied, bus, error, loaded, ports, store, timer, timers, turn};
use fiacre_domain::dispatch::{DispatchEvent, OfferNumber, WithdrawReason};
use fiacre_domain::driver::{DriverEvent, Fence, ReleaseReason};
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::saga::{Service, Setting};
use fiacre_domain::stream::{StreamId, TimerKind};
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockEventStore, MockPaymentGateway, MockTimers};
use fiacre_ports::{PortErrorKind, Scope, Shard, Timer};
use fiacre_services::deadlines::Deadlines;
use fiacre_services::payments::PaymentDeadlines;
use std::sync::Arc;

const TRIP: TripId = TripId::from_u128(1);
const ANN: DriverId = DriverId::from_u128(1);
const BOB: DriverId = DriverId::from_u128(2);
const SEARCH: StreamId = StreamId::Dispatch(TRIP);
const FENCE: Fence = Fence { epoch: 0, count: 1 };

/// A search whose budget ends at `ends_s` from now.
fn searching(ends_s: i64) -> Vec<Event> {
    let budget_ends_at = NOW.plus(Millis::from_secs(ends_s));
    let started = DispatchEvent::SearchStarted {
        round: 0,
        budget_ends_at,
        brief: brief(),
    };
    vec![started.into()]
}

/// A driver whose lock is to be given back, and the search that asked for it once.
fn releasing(stream: StreamId) -> Vec<Event> {
    let asked = DispatchEvent::ReleaseAsked {
        round: 0,
        fence: FENCE,
        driver: ANN,
        reason: ReleaseReason::TripEnded,
    };
    let locked = DriverEvent::Locked {
        trip: TRIP,
        round: 0,
        fence: FENCE,
        slot: 0,
        review_at: NOW,
    };
    match stream {
        StreamId::Driver(_) => vec![locked.into()],
        _ => [
            searching(0),
            vec![DispatchEvent::DispatchEnding.into(), asked.into()],
        ]
        .concat(),
    }
}

/// Timers that are asked once, for this shard of a service.
fn timers_of(service: Service, shard: Shard) -> MockTimers {
    let (own, mut timers) = (Scope::of(service).with_shard(shard), MockTimers::new());
    let due = timers.expect_due().withf(move |scope, _, _| *scope == own);
    due.times(1).returning(|_, _, _| Ok(Vec::new()));
    timers
}

#[test]
fn processes_that_share_a_service_each_ask_for_their_shard() {
    let (tape, shard) = (Tape::default(), Shard::new(2, 3).unwrap());
    let ports = |service| {
        let timers = timers_of(service, shard);
        ports(&tape, MockEventStore::new(), bus(&tape, vec![]), timers)
    };
    let deadlines = Deadlines::new(Service::Trip, Setting::default(), ports(Service::Trip), 8);
    turn(&mut deadlines.with_shard(shard));
    let gateway = Arc::new(MockPaymentGateway::new());
    let payments = PaymentDeadlines::new(gateway, ports(Service::Payment), 8);
    turn(&mut payments.with_shard(shard));
}

fn handle(store: MockEventStore, due: Vec<Timer>, tape: &Tape) {
    let ports = ports(tape, store, bus(tape, vec![]), timers(tape, due));
    turn(&mut Deadlines::new(Service::Driver, Setting::default(), ports, 8));
}

#[test]
fn a_deadline_that_has_come_is_committed_and_done() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| Ok(loaded(request.stream, vec![searching(0)])),
        applied,
    );
    handle(store, vec![timer(SEARCH, TimerKind::SearchBudget(0))], &tape);
    assert_eq!(tape.appended(), ["NoDriverFound"]);
    assert_eq!(
        (tape.armed(), tape.done()),
        (vec![], vec![TimerKind::SearchBudget(0)])
    );
}

#[test]
fn a_deadline_judged_too_early_is_armed_again_for_its_time() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| Ok(loaded(request.stream, vec![searching(9)])),
        applied,
    );
    handle(store, vec![timer(SEARCH, TimerKind::SearchBudget(0))], &tape);
    let due_at = NOW.plus(Millis::from_secs(9));
    assert_eq!(tape.armed(), [(TimerKind::SearchBudget(0), due_at)]);
    assert_eq!((tape.appended(), tape.done()), (vec![], vec![]));
}

#[test]
fn a_deadline_that_no_longer_matters_is_done() {
    let (tape, withdrawn) = (Tape::default(), WithdrawReason::Cancelled);
    let offer = OfferNumber(1);
    let gone = DispatchEvent::OfferWithdrawn {
        offer,
        driver: ANN,
        reason: withdrawn,
    };
    let events = vec![searching(9), vec![gone.into()]];
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, events.clone())),
        applied,
    );
    handle(store, vec![timer(SEARCH, TimerKind::OfferExpires(1))], &tape);
    assert_eq!((tape.appended(), tape.armed()), (vec![], vec![]));
    assert_eq!(tape.done(), [TimerKind::OfferExpires(1)]);
}

#[test]
fn a_deadline_is_asked_again_a_second_after_the_store_was_away_and_a_minute_after_it_could_not_be_read() {
    for (kind, wait_s) in [(PortErrorKind::Unavailable, 1), (PortErrorKind::Damaged, 60)] {
        let tape = Tape::default();
        let store = store(&tape, move |_| Err(error(kind)), applied);
        handle(store, vec![timer(SEARCH, TimerKind::SearchBudget(0))], &tape);
        let again = (TimerKind::SearchBudget(0), NOW.plus(Millis::from_secs(wait_s)));
        assert_eq!((tape.armed(), tape.done()), (vec![again], vec![]));
    }
}

/// The second review had the cause of the first, and the store took what it asked for as done.
#[test]
fn each_review_of_a_lock_asks_in_its_own_name() {
    let mut causes = Vec::new();
    let mut review = timer(StreamId::Driver(ANN), TimerKind::LockReview(0));
    for time in 0..3 {
        let tape = Tape::default();
        let store = store(
            &tape,
            |request| Ok(loaded(request.stream, vec![releasing(request.stream)])),
            applied,
        );
        handle(store, vec![review.clone()], &tape);
        assert_eq!(tape.appended(), ["ReleaseAsked"]);
        causes.extend(tape.appends().concat().iter().map(|commit| commit.cause));
        let next = TimerKind::LockReview(time + 1);
        assert_eq!(tape.armed(), [(next, NOW.plus(Setting::default().lock_review))]);
        assert_eq!(tape.done(), [TimerKind::LockReview(time)]);
        review.id.kind = next;
    }
    causes.dedup();
    assert_eq!(causes.len(), 3);
}

#[test]
fn a_lock_that_is_over_is_not_reviewed_again() {
    let tape = Tape::default();
    let store = store(&tape, |request| Ok(loaded(request.stream, vec![])), applied);
    handle(
        store,
        vec![timer(StreamId::Driver(ANN), TimerKind::LockReview(4))],
        &tape,
    );
    assert_eq!(
        (tape.armed(), tape.done()),
        (vec![], vec![TimerKind::LockReview(4)])
    );
}

/// One driver that could not be read kept all timers of the service from being handled, again and again.
#[test]
fn a_driver_that_cannot_be_read_holds_up_no_other_timer() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| match request.stream {
            StreamId::Driver(BOB) => Err(error(PortErrorKind::Damaged)),
            StreamId::Driver(_) => Ok(loaded(request.stream, vec![])),
            stream => Ok(loaded(stream, vec![searching(0)])),
        },
        applied,
    );
    let due = vec![
        timer(StreamId::Driver(BOB), TimerKind::LockReview(0)),
        timer(StreamId::Driver(ANN), TimerKind::LockReview(0)),
        timer(SEARCH, TimerKind::SearchBudget(0)),
    ];
    handle(store, due, &tape);
    assert_eq!(tape.appended(), ["NoDriverFound"]);
    assert_eq!(
        tape.armed(),
        [(TimerKind::LockReview(0), NOW.plus(Millis::from_secs(1)))]
    );
    assert_eq!(
        tape.done(),
        [TimerKind::LockReview(0), TimerKind::SearchBudget(0)]
    );
}
