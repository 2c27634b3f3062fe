//! The way into the company from the same process: calls take time, get lost, and come again.

use crate::books::Totals;
use crate::company::Order;
use crate::dispute::Dispute;
use crate::errand::Errand;
use crate::fate::Passage;
use crate::house::House;
use crate::journal::{OpenError, Records};
use crate::policy::Policy;
use crate::record::Change;
use async_trait::async_trait;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Clock, Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentView, PaymentGateway,
    PaymentNotice, RefundStatus, RiderAction,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// A payment company in process. See the [crate](crate) for what it does.
pub struct Sandbox {
    seed: u64,
    clock: Arc<dyn Clock>,
    house: Mutex<House>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A company where everything works at once, on `clock`. Ids, and with a policy all chance, come from `seed`. It is kept
    /// in memory alone.
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self::with_house(seed, clock, House::new(seed))
    }

    /// The company whose records are in `folder`, as it was when it last answered; a [new](Self::new) one where there are
    /// none. One with another seed is [`OpenError::OtherCompany`].
    ///
    /// Every call is on disk before it is answered, and so is what the answer tells of. Once a write has failed, its callers
    /// are told that the outcome is unknown, and everybody else finds the door closed until the folder is opened again.
    ///
    /// # Errors
    ///
    /// `OpenError::OtherCompany` for a folder of another seed, `OpenError::Folder` where the folder cannot be used.
    pub fn open(folder: impl AsRef<Path>, seed: u64, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let records = Records::open_or_begin(folder.as_ref(), seed)?;
        Ok(Self::with_house(seed, clock, House::of_records(records)?))
    }

    /// As [`open`](Self::open), with the seed that is found there; where there is no company it says so (`folder_absent`).
    ///
    /// # Errors
    ///
    /// `OpenError::Folder` where the folder holds no company, or cannot be used.
    pub fn reopen(folder: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let records = Records::open(folder.as_ref())?;
        let seed = records.seed();
        Ok(Self::with_house(seed, clock, House::of_records(records)?))
    }

    fn with_house(seed: u64, clock: Arc<dyn Clock>, house: House) -> Self {
        Self {
            seed,
            clock,
            house: Mutex::new(house),
        }
    }

    /// When the records that it was opened with end, by the company's clock; none for a new company. Whoever comes back with an
    /// older clock, from a backup say, finds a company for which more time has passed.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.house().left_at()
    }

    /// Behaves as `policy` says from now on; one that was opened behaves as it did until it is told otherwise.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        self.behave(policy);
        self
    }

    /// The same, of a company that is shared.
    pub fn behave(&self, policy: Policy) {
        self.house().set_policy(policy, self.clock.now());
    }

    /// Answers wait for [`sync`](Self::sync), which writes what many callers wait for at once: for an executor that calls it
    /// when nothing else can run. In memory they wait as well, so that both run alike. Else each call is written by itself.
    #[must_use]
    pub fn grouped(self) -> Self {
        self.house().journal().group();
        self
    }

    /// Writes what somebody waits for, and lets the answers through in the order of the calls; gives how many there were.
    pub fn sync(&self) -> usize {
        let waiting = self.house().sync();
        let count = waiting.len();
        waiting.into_iter().for_each(Waker::wake);
        count
    }

    /// Writes the journal anew, without the history of what is remembered: where each intent stands, its keys until they
    /// expire, refunds, disputes, books and notices that are under way. It does so by itself whenever more was done since than
    /// there was to remember; this is for whoever cannot wait, to measure or to copy it.
    ///
    /// # Errors
    ///
    /// What the operating system says. Unless [`failure`](Self::failure) says so too, the old journal is there as it was.
    pub fn compact(&self) -> io::Result<()> {
        self.house().compact()
    }

    /// Whether anybody waits for [`sync`](Self::sync).
    pub fn is_awaited(&self) -> bool {
        self.house().journal().is_awaited()
    }

    /// How a write has failed, if one has: nothing more is done until the folder is opened again.
    pub fn failure(&self) -> Option<io::ErrorKind> {
        self.house().journal().failure()
    }

    /// Waits until everything that was done so far is on disk, at once where nothing is kept there; whether it is. What
    /// [`due_notices`](Self::due_notices) gave is to be carried no further before.
    pub async fn written(&self) -> bool {
        let noted = self.house().begin_wait();
        let written = poll_fn(|context| self.house().journal().poll_written(noted, context)).await;
        written.is_ok()
    }

    /// Notices that are due at `now` (of the company's clock), at most `max`, in no order that means anything. Each comes
    /// again, after a minute and then ever less often, until it is [acknowledged](Self::acknowledge).
    pub fn due_notices(&self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        let mut house = self.house();
        if house.journal().has_failed() {
            return Vec::new();
        }
        house.due_notices(now, max)
    }

    /// When [`due_notices`](Self::due_notices) may next have something to give: a notice is due, or the company does
    /// something by itself. `None` while nothing is planned. A hold plans its lapse, days ahead.
    pub fn next_notice_at(&self) -> Option<Timestamp> {
        self.house().next_notice_at()
    }

    /// Stops the redelivery of a notice. Of one that was never delivered, or is forgotten, it changes nothing.
    pub fn acknowledge(&self, notice: WebhookId) {
        self.house().acknowledge(notice, self.clock.now());
    }

    /// Drops an intent that is captured or cancelled, with its keys; what may still move stays. For simulations only, where
    /// nobody will ask for it again: no company forgets. Books are kept.
    pub fn forget(&self, intent: IntentId) {
        self.house().forget(intent, self.clock.now());
    }

    /// The trips of whose payments notices are still to be delivered or [acknowledged](Self::acknowledge). Of the payments of
    /// others the company says nothing more, unless something happens to them.
    pub fn trips_with_notices(&self) -> BTreeSet<TripId> {
        self.house().trips_with_notices()
    }

    /// The company's own money books, by currency.
    pub fn totals(&self) -> BTreeMap<Currency, Totals> {
        self.house().totals(self.clock.now())
    }

    /// The dispute of an intent, if there is one.
    pub fn dispute(&self, intent: IntentId) -> Option<Dispute> {
        self.house().dispute(intent, self.clock.now())
    }

    /// Closes or opens the company's door: while closed, every call is [`Unavailable`](GatewayError::Unavailable) and
    /// nothing is done. What the company does by itself goes on.
    pub fn set_open(&self, open: bool) {
        self.house().set_open(open, self.clock.now());
    }

    /// The rider acts now; whether an action was required.
    pub fn complete_action(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::Hold)
    }

    /// The issuer drops the hold now; whether there was one.
    pub fn lose_hold(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::LoseHold)
    }

    /// The rider disputes what was captured now; whether anything was left to dispute.
    pub fn open_dispute(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::OpenDispute)
    }

    /// The dispute is decided now, by the policy's share of won ones; whether one was open.
    pub fn close_dispute(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::CloseDispute)
    }

    fn make_happen(&self, intent: IntentId, change: Change) -> bool {
        self.house().make_happen(intent, change, self.clock.now())
    }

    /// A caller that panicked has left no half-done change behind that matters more than going on.
    fn house(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call: there, done, and back, or not.
    async fn call<T: Send>(
        &self,
        errand: Errand,
        method: Option<PaymentMethodId>,
        done: impl FnOnce(&mut House, Timestamp) -> Result<T, GatewayError> + Send,
    ) -> Result<T, GatewayError> {
        let journey = self.house().journey(errand, method, self.clock.now());
        self.wait(journey.there).await;
        let answer = match journey.passage {
            Passage::Clear => self.visit(done),
            Passage::Unavailable => Err(GatewayError::Unavailable),
            Passage::RequestLost => Err(GatewayError::OutcomeUnknown),
            Passage::AnswerLost => match self.visit(done) {
                Err(GatewayError::Unavailable) => Err(GatewayError::Unavailable),
                Ok(_) | Err(_) => Err(GatewayError::OutcomeUnknown),
            },
        };
        let answer = self.once_written(answer).await;
        self.wait(journey.back).await;
        answer
    }

    /// An answer leaves once what was done, and what it tells of, is on disk.
    async fn once_written<T>(&self, answer: Result<T, GatewayError>) -> Result<T, GatewayError> {
        if self.written().await {
            return answer;
        }
        match answer {
            Err(GatewayError::Unavailable) => Err(GatewayError::Unavailable),
            Ok(_) | Err(_) => Err(GatewayError::OutcomeUnknown),
        }
    }

    fn visit<T>(
        &self,
        done: impl FnOnce(&mut House, Timestamp) -> Result<T, GatewayError>,
    ) -> Result<T, GatewayError> {
        let now = self.clock.now();
        let mut house = self.house();
        if house.is_closed() {
            return Err(GatewayError::Unavailable);
        }
        done(&mut house, now)
    }

    async fn order(
        &self,
        intent: IntentId,
        order: Order,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        self.call(Errand::Act(key), self.method(intent), move |house, now| {
            house.order(intent, order, key, now)
        })
        .await
    }

    fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.house().method(intent)
    }

    async fn wait(&self, duration: Millis) {
        if duration > Millis::ZERO {
            self.clock.wait_until(self.clock.now().plus(duration)).await;
        }
    }
}

#[async_trait]
impl PaymentGateway for Sandbox {
    async fn create(&self, request: IntentRequest) -> Result<IntentView, GatewayError> {
        let errand = Errand::Act(request.key);
        self.call(errand, Some(request.method), move |house, now| {
            house.create(request, now)
        })
        .await
    }

    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Confirm, key).await
    }

    async fn capture(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Capture(amount), key).await
    }

    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Cancel, key).await
    }

    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        self.call(Errand::Act(key), self.method(intent), move |house, now| {
            house.refund(intent, amount, key, now)
        })
        .await
    }

    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.call(Errand::Look(intent), self.method(intent), move |house, now| {
            house.get(intent, now)
        })
        .await
    }

    async fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError> {
        self.call(Errand::Look(intent), self.method(intent), move |house, now| {
            house.action(intent, now)
        })
        .await
    }

    /// Takes no time and never gets lost: reconciliation looks at the company from inside. Only a closed door stops it.
    async fn list(&self, from: &Cursor, max: usize) -> Result<IntentPage, GatewayError> {
        let listed = self.visit(|house, now| Ok(house.list(from, max, now)));
        self.once_written(listed).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::PM_OK;
    use fiacre_domain::id::TripId;
    use fiacre_domain::stream::ChargeNumber;
    use fiacre_domain::trip::AuthorizationNumber;
    use fiacre_ports::Operation;
    use std::pin::pin;
    use std::task::{Context, Poll};

    struct Noon;
    #[async_trait]
    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(43_200_000)
        }

        async fn wait_until(&self, _at: Timestamp) {}
    }

    #[test]
    fn after_a_failed_write_outcomes_are_unknown_and_the_door_is_closed_until_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Sandbox::open(folder.path(), 1, Arc::new(Noon)).unwrap().grouped();
        let request = |trip| IntentRequest {
            key: IdempotencyKey {
                epoch: 0,
                trip: TripId::from_u128(trip),
                charge: ChargeNumber::FARE,
                authorization: AuthorizationNumber(0),
                operation: Operation::Create,
            },
            amount: Money::new(100, Currency::USD),
            method: PM_OK,
        };
        let mut context = Context::from_waker(Waker::noop());
        let sandbox = open();
        {
            let mut waiting = pin!(sandbox.create(request(1)));
            assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
            sandbox.house().journal().fail();
            assert_eq!(sandbox.sync(), 1);
            let answered = waiting.as_mut().poll(&mut context);
            assert_eq!(answered, Poll::Ready(Err(GatewayError::OutcomeUnknown)));
        }
        let late = pin!(sandbox.create(request(2))).poll(&mut context);
        assert_eq!(late, Poll::Ready(Err(GatewayError::Unavailable)));
        assert!(sandbox.due_notices(Timestamp::MAX, 9).is_empty());
        drop(sandbox);
        let listed = pin!(open().list(&Cursor::default(), 9)).poll(&mut context);
        assert_eq!(listed, Poll::Ready(Ok(IntentPage::default())));
    }
}
