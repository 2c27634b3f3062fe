//! The payment company with records of its own: the same answers, and a life of its own.

use crate::{booked, one_driver, ride};
use fiacre_domain::id::TripId;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_memory::{Executor, SkewedClock, Step, VirtualTime};
use fiacre_ports::{Clock, IdempotencyKey, IntentRequest, Operation, PaymentGateway};
use fiacre_sandbox_payments::{Policy, Rate, Sandbox, Span};
use fiacre_testing::{Millis, Phase, START, payments};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// A company where much goes wrong, slowly.
fn rough() -> Policy {
    let often = Rate::from_basis_points(2_000).unwrap();
    let while_ = Span::new(Millis::ZERO, Millis::from_secs(60)).unwrap();
    Policy::default()
        .with_latency(Span::new(Millis::ZERO, Millis::new(20)).unwrap())
        .with_declines(often)
        .with_actions(often, while_)
        .with_unavailable(often)
        .with_unknown_outcomes(often, often)
}

#[test]
fn a_platform_runs_alike_whether_or_not_its_company_keeps_records() {
    let day = |folder: Option<&Path>| {
        let setup = one_driver().payments(rough());
        let mut p = match folder {
            Some(folder) => setup.company_in(folder),
            None => setup,
        }
        .start();
        for method in [
            PaymentMethodId(1),
            payments::PM_LOST_HOLD,
            payments::PM_TIMEOUT_AFTER_SUCCESS,
        ] {
            p.book(ride().paid_with(method)).unwrap();
            p.advance_s(200);
        }
        p.advance_s(900);
        format!("{:?}", p.log())
    };
    let folder = tempfile::tempdir().unwrap();
    assert!(day(None) == day(Some(folder.path())));
}

/// All that the platform had written is gone, and the company is still owed an answer.
#[test]
fn a_company_outlives_a_platform_that_lost_everything() {
    let folder = tempfile::tempdir().unwrap();
    let setup = || one_driver().company_in(folder.path());
    let mut p = setup().start();
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Confirmed);
    drop(p);
    let p = setup().start();
    p.trip(trip).assert_state(Phase::Absent);
    assert!(p.company().totals()[&Currency::USD].open_minor > 0);
}

#[test]
#[should_panic(expected = "founded with the seed 7")]
fn a_company_of_another_seed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(one_driver().company_in(folder.path()).start());
    one_driver().seed(8).company_in(folder.path()).start();
}

/// When each caller was answered, and what.
type Answers = Rc<RefCell<Vec<(Timestamp, u128, String)>>>;

struct Caller {
    company: Arc<Sandbox>,
    clock: Arc<dyn Clock>,
    answers: Answers,
    trip: u128,
}

impl Caller {
    /// Creates, confirms and captures, each again and again until it is answered for good.
    async fn call(&self) {
        let key = |operation| IdempotencyKey {
            epoch: 0,
            trip: TripId::from_u128(self.trip),
            charge: ChargeNumber::FARE,
            authorization: AuthorizationNumber(0),
            operation,
        };
        let request = IntentRequest {
            key: key(Operation::Create),
            amount: Money::new(1_000, Currency::USD),
            method: PaymentMethodId(1),
        };
        let intent = loop {
            let answer = self.company.create(request).await;
            self.note(&answer);
            if let Ok(view) = answer {
                break view.intent;
            }
        };
        for operation in [Operation::Confirm, Operation::Capture] {
            loop {
                let answer = if operation == Operation::Confirm {
                    self.company.confirm(intent, key(operation)).await
                } else {
                    self.company.capture(intent, request.amount, key(operation)).await
                };
                self.note(&answer);
                if !answer.is_err_and(|error| error.is_transient()) {
                    break;
                }
            }
        }
    }

    fn note(&self, answer: &impl std::fmt::Debug) {
        let entry = (self.clock.now(), self.trip, format!("{answer:?}"));
        self.answers.borrow_mut().push(entry);
    }
}

/// Callers who share one company, which answers whenever nothing else can run.
fn grouped_answers(
    seed: u64,
    open: impl FnOnce(Arc<dyn Clock>) -> Sandbox,
) -> Vec<(Timestamp, u128, String)> {
    let time = VirtualTime::starting_at(START);
    let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(time.clone(), Millis::ZERO));
    let company = Arc::new(open(Arc::clone(&clock)).with_policy(rough()).grouped());
    let mut executor = Executor::seeded(time, seed);
    let answers = Answers::default();
    for trip in 0..8 {
        let caller = Caller {
            company: Arc::clone(&company),
            clock: Arc::clone(&clock),
            answers: Rc::clone(&answers),
            trip,
        };
        executor.spawn("caller", async move { caller.call().await });
    }
    loop {
        let now = executor.time().now();
        if executor.step_until(now).unwrap() == Step::Idle
            && company.sync() == 0
            && executor.step().unwrap() == Step::Idle
        {
            break;
        }
    }
    drop(executor);
    answers.take()
}

#[test]
fn a_grouped_company_answers_alike_in_memory_and_on_disk_in_any_order_of_tasks() {
    for seed in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let in_memory = grouped_answers(seed, |clock| Sandbox::new(seed, clock));
        let on_disk = grouped_answers(seed, |clock| Sandbox::open(folder.path(), seed, clock).unwrap());
        assert!(in_memory.len() > 24, "something goes wrong");
        assert_eq!(in_memory, on_disk, "seed {seed}");
    }
}
