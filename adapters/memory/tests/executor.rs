//! One seed, one run.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{Executor, OutsideCalls, Paced, RunError, SkewedClock, Step, VirtualTime};
use fiacre_ports::Clock;
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

type Log = Rc<RefCell<Vec<String>>>;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn time() -> VirtualTime {
    VirtualTime::starting_at(at(0))
}

/// Ready once, after letting everyone else go first.
async fn step_back() {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Eight tasks that write down their name four times, stepping back in between.
fn trace(mut executor: Executor) -> Vec<String> {
    let log = Log::default();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let log = Rc::clone(&log);
        executor.spawn(name, async move {
            for _ in 0..4 {
                log.borrow_mut().push(name.to_owned());
                step_back().await;
            }
        });
    }
    executor.run_until_idle().unwrap();
    log.take()
}

#[test]
fn without_a_seed_tasks_run_in_the_order_in_which_they_became_ready() {
    assert_eq!(trace(Executor::fifo(time())).concat(), "abcdefgh".repeat(4));
}

#[test]
fn a_seed_decides_the_order_and_another_seed_decides_otherwise() {
    let of_seed = |seed| trace(Executor::seeded(time(), seed));
    assert_eq!(of_seed(1), of_seed(1));
    assert_ne!(of_seed(1), of_seed(2));
    assert_ne!(of_seed(1), trace(Executor::fifo(time())));
}

#[test]
fn time_stands_still_while_anything_can_run_and_then_jumps_to_the_next_sleeper() {
    let time = time();
    let mut executor = Executor::fifo(time.clone());
    let log = Log::default();
    for (name, until) in [("late", 70_000), ("early", 5), ("early too", 5)] {
        let (log, time) = (Rc::clone(&log), time.clone());
        executor.spawn(name, async move {
            step_back().await;
            assert_eq!(time.now(), at(0));
            time.sleep_until(at(until)).await;
            log.borrow_mut().push(format!("{name} at {}", time.now().ms()));
        });
    }
    executor.run_until(at(69_999)).unwrap();
    assert_eq!(time.now(), at(69_999));
    assert_eq!(log.take(), ["early at 5", "early too at 5"]);
    executor.run_until_idle().unwrap();
    assert_eq!(log.take(), ["late at 70000"]);
}

#[test]
fn outside_calls_end_before_time_goes_on_and_in_the_order_of_their_beginning() {
    let time = time();
    let calls = OutsideCalls::default();
    let mut executor = Executor::fifo(time.clone());
    executor.add_outside(calls.clone());
    let log = Log::default();
    let mut answers = Vec::new();
    for name in ["first", "second", "third"] {
        let (answer, call) = calls.begin();
        let (log, time) = (Rc::clone(&log), time.clone());
        answers.push(answer);
        executor.spawn(name, async move {
            let answer: i32 = call.await.unwrap();
            log.borrow_mut()
                .push(format!("{name}={answer} at {}", time.now().ms()));
        });
    }
    executor.spawn("sleeper", async move { time.sleep_until(at(9)).await });
    // Answered in the opposite order, by a thread of its own.
    let answering = std::thread::Builder::new().spawn(move || {
        for (number, answer) in (0..3).rev().zip(answers.into_iter().rev()) {
            answer.give(number);
        }
    });
    executor.run_until_idle().unwrap();
    answering.unwrap().join().unwrap();
    assert_eq!(log.take(), ["first=0 at 0", "second=1 at 0", "third=2 at 0"]);
}

#[test]
fn calls_that_take_time_end_with_the_first_of_them_and_the_next_ones_take_as_long() {
    let (time, calls) = (time(), OutsideCalls::default());
    let mut executor = Executor::fifo(time.clone());
    executor.add_outside(Paced::new(calls.clone(), time.clone(), Millis::new(20)));
    let log = Log::default();
    for (name, begins) in [("first", 5), ("meanwhile", 24), ("at its end", 25), ("later", 60)] {
        let (log, time, calls) = (Rc::clone(&log), time.clone(), calls.clone());
        executor.spawn(name, async move {
            time.sleep_until(at(begins)).await;
            let (answer, call) = calls.begin();
            answer.give(());
            call.await.unwrap();
            log.borrow_mut().push(format!("{name} at {}", time.now().ms()));
        });
    }
    executor.run_until_idle().unwrap();
    assert_eq!(
        log.take(),
        [
            "first at 25",
            "meanwhile at 25",
            "at its end at 25",
            "later at 80"
        ]
    );
}

#[test]
fn an_outside_call_whose_answerer_is_gone_ends_too() {
    let calls = OutsideCalls::default();
    let mut executor = Executor::fifo(time());
    executor.add_outside(calls.clone());
    let (answer, call) = calls.begin::<()>();
    drop(answer);
    let outcome = executor.block_on(call).unwrap();
    assert_eq!(outcome.unwrap_err().code(), "outside_call_abandoned");
}

#[test]
fn a_crash_drops_the_future_where_it_waits_and_nothing_else() {
    struct Bell(Log);
    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.borrow_mut().push("dropped".to_owned());
        }
    }
    let time = time();
    let mut executor = Executor::fifo(time.clone());
    let log = Log::default();
    let bell = Bell(Rc::clone(&log));
    let victim = executor.spawn("victim", async move {
        let _bell = bell;
        pending::<()>().await;
    });
    let survivor = executor.spawn("survivor", async move { time.sleep_until(at(3)).await });
    executor.run_until(at(1)).unwrap();
    assert!(executor.is_alive(victim) && log.borrow().is_empty());
    assert!(executor.crash(victim));
    assert_eq!(*log.borrow(), ["dropped"]);
    assert!(!executor.is_alive(victim) && !executor.crash(victim) && executor.is_alive(survivor));
    executor.run_until_idle().unwrap();
    assert!(!executor.is_alive(survivor));
}

#[test]
fn tasks_begin_and_crash_tasks_even_themselves() {
    let mut executor = Executor::fifo(time());
    let spawner = executor.spawner();
    let log = Log::default();
    let inner = Rc::clone(&log);
    executor.spawn("parent", async move {
        let own = Rc::new(RefCell::new(None));
        let (child_own, child_spawner) = (Rc::clone(&own), spawner.clone());
        let child_log = Rc::clone(&inner);
        let child = spawner.spawn("child", async move {
            child_log.borrow_mut().push("child begins".to_owned());
            if let Some(me) = child_own.take() {
                child_spawner.crash(me);
            }
            step_back().await;
            child_log.borrow_mut().push("child ends".to_owned());
        });
        *own.borrow_mut() = Some(child);
    });
    executor.run_until_idle().unwrap();
    assert_eq!(log.take(), ["child begins"]);
}

#[test]
fn a_livelock_is_an_error_that_names_its_tasks() {
    let mut executor = Executor::fifo(time()).with_polls_per_instant_max(1_000);
    executor.spawn("spinner", async {
        loop {
            step_back().await;
        }
    });
    executor.spawn("innocent", async { step_back().await });
    let Err(RunError::Livelock { polls, busiest, .. }) = executor.run_until(at(1)) else {
        panic!("a task that spins was let through")
    };
    assert_eq!(polls, 1_001);
    assert_eq!(busiest, [("spinner".to_owned(), 999)]);
}

#[test]
fn many_polls_are_no_livelock_while_time_goes_on() {
    let time = time();
    let mut executor = Executor::fifo(time.clone()).with_polls_per_instant_max(10);
    executor.spawn("ticker", async move {
        for tick in 0..1_000 {
            time.sleep_until(at(tick)).await;
        }
    });
    executor.run_until_idle().unwrap();
    assert!(executor.polls() >= 999);
}

#[test]
fn what_nothing_can_wake_is_said_to_be_stuck() {
    let mut executor = Executor::fifo(time());
    executor.spawn("waiter", pending());
    let Err(RunError::Stuck { waiting }) = executor.block_on(pending::<()>()) else {
        panic!("a future that never ends has ended")
    };
    assert_eq!(waiting, ["waiter"]);
    assert_eq!(executor.step(), Ok(Step::Idle));
}

#[test]
fn a_clock_that_jumps_ahead_wakes_who_waits_for_it() {
    let time = time();
    let clock = SkewedClock::new(time.clone(), Millis::from_secs(-10));
    let mut executor = Executor::fifo(time.clone());
    let (waiting, jumping) = (clock.clone(), clock.clone());
    executor.spawn("jump", async move {
        time.sleep_until(at(2_000)).await;
        jumping.set_offset(Millis::from_secs(3));
    });
    executor
        .block_on(async move { waiting.wait_until(at(5_000)).await })
        .unwrap();
    assert_eq!((executor.time().now(), clock.now()), (at(2_000), at(5_000)));
}
