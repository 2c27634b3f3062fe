//! What holds for every policy, seed and sequence of operations.

use crate::stage::{PLAIN, Stage, key, now_or_never, request, usd};
use fiacre_domain::id::IntentId;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{Cursor, IntentStatus, IntentView, Operation, PaymentGateway, PaymentNotice};
use fiacre_sandbox_payments::{Policy, Rate, Span, Totals, methods};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Create,
    Confirm,
    Capture(i64),
    Cancel,
    Refund(u16, i64),
    LoseHold,
    Act,
    Dispute,
    Decide,
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Create),
        4 => Just(Step::Confirm),
        3 => (-1_i64..2_100).prop_map(Step::Capture),
        1 => Just(Step::Cancel),
        2 => (0_u16..4, -1_i64..1_500).prop_map(|(number, minor)| Step::Refund(number, minor)),
        1 => Just(Step::LoseHold),
        1 => Just(Step::Act),
        1 => Just(Step::Dispute),
        1 => Just(Step::Decide),
        2 => (0_i64..3 * 86_400_000).prop_map(Step::Pass),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Lives),
        1 => Just(Fate::Ends),
        1 => Just(Fate::IsKilled),
        2 => Just(Fate::Compacts),
        1 => Just(Fate::CompactsAndIsKilled),
    ]
}

fn method() -> impl Strategy<Value = PaymentMethodId> {
    prop_oneof![
        Just(PLAIN),
        prop::sample::select(methods::ALL.as_slice()).prop_map(|(_, method)| method),
    ]
}

/// A policy where everything goes wrong often.
pub(crate) fn rough() -> Policy {
    let often = Rate::from_basis_points(2_000).unwrap();
    let while_ = Span::new(Millis::ZERO, Millis::from_minutes(60)).unwrap();
    Policy::default()
        .with_declines(often)
        .with_actions(often, while_)
        .with_actions_abandoned(often)
        .with_processing(often, while_)
        .with_holds_lost(often, while_)
        .with_captures_failing(often)
        .with_refunds_failing(often)
        .with_refunds_pending(often, while_)
        .with_disputes(often, while_, often)
        .with_unavailable(often)
        .with_unknown_outcomes(often, often)
}

/// Does a step on the intent of `trip`; answers are as unreliable as the policy, so nothing is made of them here.
fn take(stage: &Stage, trip: u128, method: PaymentMethodId, step: Step) -> String {
    let intent = intent_of(stage, trip);
    let sandbox = &stage.sandbox;
    let act = |operation| key(trip, operation);
    match step {
        Step::Create => format!("{:?}", now_or_never(sandbox.create(request(trip, method)))),
        Step::Confirm => format!(
            "{:?}",
            now_or_never(sandbox.confirm(intent, act(Operation::Confirm)))
        ),
        Step::Capture(minor) => {
            let capture = sandbox.capture(intent, usd(minor), act(Operation::Capture));
            format!("{:?}", now_or_never(capture))
        }
        Step::Cancel => format!(
            "{:?}",
            now_or_never(sandbox.cancel(intent, act(Operation::Cancel)))
        ),
        Step::Refund(number, minor) => {
            let refund = sandbox.refund(intent, usd(minor), act(Operation::Refund(number)));
            format!("{:?}", now_or_never(refund))
        }
        Step::LoseHold => sandbox.lose_hold(intent).to_string(),
        Step::Act => sandbox.complete_action(intent).to_string(),
        Step::Dispute => sandbox.open_dispute(intent).to_string(),
        Step::Decide => sandbox.close_dispute(intent).to_string(),
        Step::Pass(ms) => {
            stage.pass(Millis::new(ms));
            String::new()
        }
    }
}

/// What becomes of the process that a company lives in.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Lives,
    Ends,
    IsKilled,
    /// The company writes its journal anew.
    Compacts,
    CompactsAndIsKilled,
}

/// Fetches what is due, and acknowledges the first half.
fn carry_notices(stage: &Stage) -> Vec<PaymentNotice> {
    let notices = stage.sandbox.due_notices(stage.now(), 8);
    for notice in notices.iter().take(notices.len() / 2) {
        stage.sandbox.acknowledge(notice.id);
    }
    notices
}

/// By the list, as reconciliation would: a creation's answer may have been lost.
fn intent_of(stage: &Stage, trip: u128) -> IntentId {
    all(stage)
        .iter()
        .find(|view| view.key == key(trip, Operation::Create))
        .map_or(IntentId::from_u128(0), |view| view.intent)
}

fn all(stage: &Stage) -> Vec<IntentView> {
    now_or_never(stage.sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents
}

/// The books as the intents tell them.
fn told_by(views: &[IntentView]) -> Totals {
    let mut told = Totals::default();
    for view in views {
        told.refunded_minor += i128::from(view.refunded_minor);
        match view.status {
            IntentStatus::RequiresCapture { amount, .. } => told.open_minor += i128::from(amount.minor()),
            IntentStatus::Succeeded { captured } => told.captured_minor += i128::from(captured.minor()),
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::Canceled => {}
        }
    }
    told
}

fn check_books(stage: &Stage) {
    let totals = stage.totals();
    assert_eq!(
        totals.authorised_minor,
        totals.captured_minor + totals.released_minor + totals.open_minor,
        "{totals:?}"
    );
    assert!(totals.released_minor >= 0 && totals.open_minor >= 0, "{totals:?}");
    assert!(
        totals.refunded_minor + totals.disputed_minor <= totals.captured_minor,
        "{totals:?}"
    );
    let told = told_by(&all(stage));
    assert_eq!(
        (totals.open_minor, totals.captured_minor, totals.refunded_minor),
        (told.open_minor, told.captured_minor, told.refunded_minor)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_books_conserve_at_all_times(
        seed: u64,
        methods in vec(method(), 4),
        steps in vec((0_usize..4, step()), 1..120),
    ) {
        let stage = Stage::seeded(seed, rough());
        for (trip, step) in steps {
            take(&stage, trip as u128, methods[trip], step);
            check_books(&stage);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_answers(
        seed: u64,
        methods in vec(method(), 4),
        steps in vec((0_usize..4, step()), 1..80),
    ) {
        let run = || {
            let stage = Stage::seeded(seed, rough());
            let answers: Vec<String> = steps
                .iter()
                .map(|(trip, step)| take(&stage, *trip as u128, methods[*trip], *step))
                .collect();
            let notices = stage.sandbox.due_notices(stage.now(), usize::MAX);
            (answers, notices, all(&stage))
        };
        prop_assert_eq!(run(), run());
    }

    /// Two intents' histories in any interleaving: each is answered as if it were alone.
    #[test]
    fn the_order_of_calls_on_different_intents_changes_nothing(
        seed: u64,
        methods in vec(method(), 2),
        steps in vec((0_usize..2, step().prop_filter("time is shared", |step| !matches!(step, Step::Pass(_)))), 1..60),
    ) {
        let policy = rough().with_timeout(Millis::ZERO).unwrap();
        let together = Stage::seeded(seed, policy);
        let mixed: Vec<(usize, String)> = steps
            .iter()
            .map(|(trip, step)| (*trip, take_untimed(&together, *trip, methods[*trip], *step)))
            .collect();
        for lone in 0..2 {
            let alone = Stage::seeded(seed, policy);
            let answers: Vec<String> = steps
                .iter()
                .filter(|(trip, _)| *trip == lone)
                .map(|(trip, step)| take_untimed(&alone, *trip, methods[*trip], *step))
                .collect();
            let among: Vec<String> = mixed
                .iter()
                .filter(|(trip, _)| *trip == lone)
                .map(|(_, answer)| answer.clone())
                .collect();
            prop_assert_eq!(answers, among);
        }
    }
}

proptest! {
    // Each step syncs the disk.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// With its records on disk, written anew and opened again at any point, by a process that ended or by one that was killed.
    #[test]
    fn a_company_on_disk_answers_as_one_in_memory(
        seed: u64,
        methods in vec(method(), 4),
        steps in vec((0_usize..4, step(), fate()), 1..40),
    ) {
        let memory = Stage::seeded(seed, rough());
        let mut disk = Stage::on_disk(seed, rough());
        for (trip, step, fate) in steps {
            let method = methods[trip];
            prop_assert_eq!(take(&memory, trip as u128, method, step), take(&disk, trip as u128, method, step));
            prop_assert_eq!(carry_notices(&memory), carry_notices(&disk));
            // What this answers is on disk, and with it everything that was done before.
            prop_assert_eq!(all(&memory), all(&disk));
            disk = match fate {
                Fate::Lives => disk,
                Fate::Ends => disk.restart(),
                Fate::IsKilled => disk.crash(),
                Fate::Compacts => disk.compact(),
                Fate::CompactsAndIsKilled => disk.compact().crash(),
            };
            prop_assert_eq!(memory.totals(), disk.totals());
            prop_assert_eq!(memory.sandbox.next_notice_at(), disk.sandbox.next_notice_at());
        }
    }
}

/// A slow method takes time from its neighbours too: leave it out where time must stand still.
fn take_untimed(stage: &Stage, trip: usize, method: PaymentMethodId, step: Step) -> String {
    let method = if method == methods::PM_SLOW {
        methods::PM_OK
    } else {
        method
    };
    take(stage, trip as u128, method, step)
}
