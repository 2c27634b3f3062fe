//! How long a company's records are, and how long it takes to open them again, as they grew and once they are compacted:
//! `just company-records [TRIPS]`.

#![expect(clippy::print_stdout, reason = "it is its purpose")]

use async_trait::async_trait;
use fiacre_domain::id::TripId;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_ports::{Clock, Cursor, GatewayError, IdempotencyKey, IntentRequest, Operation, PaymentGateway};
use fiacre_sandbox_payments::{Policy, Sandbox, Subscription, methods};
use std::error::Error;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

const TRIPS: u128 = 100_000;
const CALLS_A_TRIP: u128 = 3;
/// How many trips' calls one sync writes.
const GROUP: u128 = 64;

/// A second for each look.
#[derive(Default)]
struct Ticking(AtomicI64);

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.fetch_add(1_000, Ordering::Relaxed))
    }

    async fn wait_until(&self, _at: Timestamp) {}
}

const fn key(trip: u128, operation: Operation) -> IdempotencyKey {
    IdempotencyKey {
        epoch: 0,
        trip: TripId::from_u128(trip),
        charge: ChargeNumber::FARE,
        authorization: AuthorizationNumber(0),
        operation,
    }
}

/// Creates, confirms and captures, all in one group with the neighbours.
async fn ride(company: &Sandbox, trip: u128) -> Result<(), GatewayError> {
    let amount = Money::new(2_000, Currency::USD);
    let request = IntentRequest {
        key: key(trip, Operation::Create),
        amount,
        method: methods::PM_OK,
    };
    let intent = company.create(request).await?.intent;
    company.confirm(intent, key(trip, Operation::Confirm)).await?;
    company
        .capture(intent, amount, key(trip, Operation::Capture))
        .await?;
    Ok(())
}

/// Drives the rides of a group side by side, syncing whenever all of them wait.
fn drive(company: &Sandbox, from: u128, to: u128) -> Result<(), GatewayError> {
    let mut rides: Vec<_> = (from..to).map(|trip| Box::pin(ride(company, trip))).collect();
    let mut context = Context::from_waker(Waker::noop());
    while !rides.is_empty() {
        let mut waiting = Vec::new();
        for mut ride in rides {
            match ride.as_mut().poll(&mut context) {
                Poll::Ready(done) => done?,
                Poll::Pending => waiting.push(ride),
            }
        }
        company.sync();
        rides = waiting;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let trips = std::env::args().nth(1).map_or(Ok(TRIPS), |trips| trips.parse())?;
    let folder = tempfile::tempdir()?;
    let clock = Arc::new(Ticking::default());
    let began = Instant::now();
    // Nobody fetches notices here; they would pile up.
    let policy = Policy::default().with_subscription(Subscription::Nothing);
    let company = Sandbox::open(folder.path(), 1, clock.clone())?
        .with_policy(policy)
        .grouped();
    for from in (0..trips).step_by(usize::try_from(GROUP)?) {
        drive(&company, from, trips.min(from + GROUP))?;
    }
    drop(company);
    println!(
        "{} calls written in {:.1?}",
        trips * CALLS_A_TRIP,
        began.elapsed()
    );
    show("as it grew", folder.path(), &clock)?.compact()?;
    show("compacted", folder.path(), &clock)?;
    Ok(())
}

/// Opens the company, and says how long that took and how long its journal is.
fn show(when: &str, folder: &Path, clock: &Arc<Ticking>) -> Result<Sandbox, Box<dyn Error>> {
    let bytes = std::fs::metadata(folder.join("journal"))?.len();
    let began = Instant::now();
    let company = Sandbox::reopen(folder, clock.clone())?;
    let opened = began.elapsed();
    let listed =
        pin!(company.list(&Cursor::default(), usize::MAX)).poll(&mut Context::from_waker(Waker::noop()));
    let intents = match listed {
        Poll::Ready(listed) => listed?.intents.len(),
        Poll::Pending => 0,
    };
    let each = bytes / (intents as u64).max(1);
    println!("{when}: {intents} intents in {bytes} bytes, {each} each, opened in {opened:.1?}");
    Ok(company)
}
