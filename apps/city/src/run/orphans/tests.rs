//! Payments that no log names, made at a company by hand.

use super::*;
use crate::capacity::Capacity;
use crate::keep::Keep;
use crate::manhattan::Manhattan;
use crate::platform::PlatformConfig;
use crate::roads::Roads;
use crate::run::options::{UTC_OFFSET, approaches, fleet};
use fiacre_domain::money::Currency;
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, PaymentMethodId};
use fiacre_ports::IntentRequest;
use fiacre_sandbox_payments::methods::{PM_OK, PM_REFUND_FAILS};
use fiacre_sandbox_payments::{Policy, Rate, Span};
use fiacre_services::fleet::Matching;
use fiacre_services::observer::NoObserver;
use fiacre_wire::seal::KeyedSeal;
use std::sync::Mutex;

const EPOCH: u32 = 2;
const AMOUNT: Money = Money::new(1_250, Currency::USD);

struct Unseen;

impl crate::observer::CommitObserver for Unseen {
    fn saw(&mut self, _commit: Commit) {}
}

fn platform() -> Platform {
    let region = "manhattan".parse().unwrap();
    let config = PlatformConfig {
        capacity: Capacity::ONE,
        keep: Keep::Memory,
        region,
        start: Timestamp::from_ms(1_528_489_800_000),
        seed: 1,
        fleet: fleet(region, Matching::Batch).unwrap(),
        payments: None,
        roads: Arc::new(Roads::new(Arc::new(Manhattan::load().unwrap()), UTC_OFFSET)),
        zones: Arc::default(),
        approaches: Arc::new(approaches()),
    };
    let seal = Arc::new(KeyedSeal::new(super::super::stage::SEAL));
    Platform::begin(config, seal, Arc::new(Mutex::new(Unseen)), Arc::new(NoObserver)).unwrap()
}

fn key(epoch: u32, operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        epoch,
        trip: TripId::from_u128(7),
        charge: ChargeNumber::FARE,
        authorization: AuthorizationNumber(1),
        operation,
    }
}

/// A hold of that life, for one trip's first charge.
fn held(platform: &mut Platform, epoch: u32, method: PaymentMethodId) -> IntentId {
    let company = Arc::clone(&platform.company);
    let holding = async move {
        let request = IntentRequest {
            key: key(epoch, Operation::Create),
            amount: AMOUNT,
            method,
        };
        let intent = company.create(request).await.unwrap().intent;
        let view = company
            .confirm(intent, key(epoch, Operation::Confirm))
            .await
            .unwrap();
        assert!(matches!(view.status, IntentStatus::RequiresCapture { .. }));
        intent
    };
    platform.executor.block_on(holding).unwrap()
}

fn captured(platform: &mut Platform, method: PaymentMethodId) -> IntentId {
    let intent = held(platform, 0, method);
    let company = Arc::clone(&platform.company);
    let capturing = async move { company.capture(intent, AMOUNT, key(0, Operation::Capture)).await };
    platform.executor.block_on(capturing).unwrap().unwrap();
    intent
}

/// After some rest, as a run has it.
fn fates(platform: &mut Platform, known: &[IntentId], unexplained: Unexplained) -> Vec<(IntentId, Fate)> {
    let rested = platform.time.now().plus(Millis::from_minutes(3));
    platform.executor.run_until(rested).unwrap();
    let known = known.iter().copied().collect();
    let orphans = settle(platform, &known, unexplained, EPOCH).unwrap();
    orphans
        .iter()
        .map(|orphan| (orphan.intent, orphan.fate))
        .collect()
}

/// The platform was restored twice, and each life began the same charge anew; the last one has cancelled its own.
#[test]
fn each_life_of_one_charge_is_released() {
    let mut platform = platform();
    let mut lost = [0, 1].map(|epoch| held(&mut platform, epoch, PM_OK));
    let own = held(&mut platform, EPOCH, PM_OK);
    let company = Arc::clone(&platform.company);
    let cancelling = async move { company.cancel(own, key(EPOCH, Operation::Cancel)).await };
    platform.executor.block_on(cancelling).unwrap().unwrap();
    lost.sort_unstable();
    let mut released = fates(&mut platform, &[own], Unexplained::Keep);
    released.sort_unstable_by_key(|(intent, _)| *intent);
    assert_eq!(released, lost.map(|intent| (intent, Fate::Released)));
    assert_eq!(fates(&mut platform, &[own], Unexplained::Keep), []);
}

/// While its rider disputes it the company gives nothing back; afterwards it does, if it is asked anew.
#[test]
fn a_refund_that_failed_once_is_not_the_last() {
    let mut platform = platform();
    let at_once = Span::new(Millis::ZERO, Millis::ZERO).unwrap();
    let won = Policy::default().with_disputes(Rate::NEVER, at_once, Rate::ALWAYS);
    platform.company.behave(won);
    let intent = captured(&mut platform, PaymentMethodId(4_711));
    assert_eq!(
        fates(&mut platform, &[], Unexplained::Keep),
        [(intent, Fate::Kept)]
    );
    assert!(platform.company.open_dispute(intent));
    assert_eq!(
        fates(&mut platform, &[], Unexplained::GiveBack),
        [(intent, Fate::Refused)]
    );
    assert!(platform.company.close_dispute(intent));
    assert_eq!(
        fates(&mut platform, &[], Unexplained::GiveBack),
        [(intent, Fate::GivenBack)]
    );
    assert_eq!(fates(&mut platform, &[], Unexplained::GiveBack), []);
}

#[test]
fn what_is_never_given_back_is_left_to_people() {
    let mut platform = platform();
    let intent = captured(&mut platform, PM_REFUND_FAILS);
    for _ in 0..2 {
        assert_eq!(
            fates(&mut platform, &[], Unexplained::GiveBack),
            [(intent, Fate::Refused)]
        );
    }
}
