//! What can be wrong with a log.

use crate::driver::Fence;
use crate::id::{DriverId, TripId};
use crate::stream::{EventId, StreamId, Version};
use std::fmt;

macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* })? = $code:literal, $text:literal;)*) => {
        /// What is wrong, by kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Flaw {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Flaw {
            /// The code of every kind.
            pub const CODES: &[&str] = &[$($code),*];

            /// The stable code of this kind.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name $({ $($field: _),* })? => $code,)*
                }
            }
        }

        impl fmt::Display for Flaw {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $({ $($field),* })? => write!(f, $text),)*
                }
            }
        }
    };
}

flaws! {
    /// P7: versions do not follow one another.
    VersionGap {
        /// The version that was to come.
        expected: Version
    } = "audit_version_gap", "commits from version {expected} on are missing before this one";
    /// P7: a version came again.
    VersionRepeated = "audit_version_repeated", "the stream has a commit of this version already";
    /// A commit without an event.
    EmptyCommit = "audit_empty_commit", "the commit holds no event";
    /// One cause makes at most one commit a stream.
    CauseRepeated = "audit_cause_repeated", "an earlier commit of the stream has the same cause";
    /// A cause comes before its effect.
    CauseNotBefore = "audit_cause_not_before", "the commit names itself or a later commit of its stream as its cause";
    /// P7: what led to a commit is in the log.
    CauseMissing {
        /// What it names; of a timer, the first event of its commit.
        cause: EventId
    } = "audit_cause_missing", "its cause {cause} is not in the log";
    /// The writing service's clock ran back by more than [`CLOCK_STEP_MAX`](super::CLOCK_STEP_MAX).
    TimeRunsBack {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_time_runs_back", "it was written {by_ms} ms before an earlier commit of its stream";
    /// An event of another aggregate, or of another charge.
    WrongStream {
        /// The event's name.
        event: &'static str
    } = "audit_wrong_stream", "{event} does not belong on this stream";
    /// P7: an event that cannot follow what the stream holds.
    OutOfPlace {
        /// The event's name.
        event: &'static str
    } = "audit_out_of_place", "{event} cannot follow what the stream holds";
    /// One trip's money is in one currency.
    CurrencyMixed = "audit_currency_mixed", "the amount is in another currency than the charge or the trip";

    /// P3: confirmed without an order.
    ConfirmedUnrequested = "audit_confirmed_unrequested", "the trip was confirmed though no order was open";
    /// P3: confirmed without a driver's lock.
    ConfirmedUnlocked = "audit_confirmed_unlocked", "the trip was confirmed without this round's noted lock";
    /// P3: confirmed without a secured payment.
    ConfirmedUnsecured = "audit_confirmed_unsecured", "the trip was confirmed without this noted payment";
    /// P3: order, driver and payment were there, but the trip was not confirmed.
    ConfirmationMissed = "audit_confirmation_missed", "driver and payment are noted, but the trip was not confirmed in that commit";
    /// The trip noted a driver whom its search never assigned.
    DriverNoteUnfounded {
        /// Who was noted.
        driver: DriverId
    } = "audit_driver_note_unfounded", "the search never assigned driver {driver} with this round and lock";
    /// The trip noted a payment, or a loss, that its charge does not know.
    PaymentNoteUnfounded = "audit_payment_note_unfounded", "the charge knows nothing of the noted payment or loss";
    /// P3: nothing was held, for another reason than the order's way to pay.
    WaivedUnasked = "audit_waived_unasked", "the hold was waived for another reason than how the order is paid";
    /// A trip failed for a search or a payment that did not.
    FailureUnfounded = "audit_failure_unfounded", "the trip failed for want of a driver or a payment, but its search or its charge says otherwise";

    /// An order was taken after its own end.
    OrderExpired {
        /// How long after, in ms.
        by_ms: i64
    } = "audit_order_expired", "the order was taken {by_ms} ms after it had expired";
    /// More people than the order's seats.
    PartyTooLarge = "audit_party_too_large", "the order was taken though its party is larger than its seats";
    /// Done by a rider or a driver whose trip it is not.
    NotTheirs = "audit_not_theirs", "it was done by a rider or a driver whose trip this is not";
    /// A change of plan that changes where the trip begins.
    PickUpMoved = "audit_pick_up_moved", "the new plan has another pick-up than the order";
    /// A change of plan that changes the tariff.
    TariffReplaced = "audit_tariff_replaced", "the new plan is priced by another tariff than the order";
    /// An order by a tariff that is another one than the known tariff of its name and version.
    TariffEdited = "audit_tariff_edited", "it was priced by another tariff than is known by that name and version";
    /// An order was given up before its end.
    ExpiredEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_expired_early", "the order was given up {by_ms} ms before it expires";
    /// The time to arrive is not what the order's policy says.
    ArrivalDeadlineDiffers {
        /// By how much it is later, in ms.
        by_ms: i64
    } = "audit_arrival_deadline_differs", "the driver's arrival is due {by_ms} ms later than the order's policy says";
    /// A driver counted as late who was not.
    ArrivalOverdueEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_arrival_overdue_early", "the driver was given up as late {by_ms} ms before the arrival was due";
    /// More drivers were sought than the order's policy allows.
    ReassignedTooOften {
        /// The round that was begun.
        round: u8
    } = "audit_reassigned_too_often", "round {round} is beyond what the order's policy allows";
    /// A trip failed over its last driver though others could have been sought.
    ReassignmentsLeft {
        /// How many.
        left: u8
    } = "audit_reassignments_left", "the trip failed though {left} other drivers could still have been sought";
    /// The rider's grace, or the driver's time to report, is not what the order's policy says.
    NoShowDeadlineDiffers {
        /// By how much it is later, in ms.
        by_ms: i64
    } = "audit_no_show_deadline_differs", "the no-show is due {by_ms} ms later than the order's policy says";
    /// A no-show before the rider's grace was over.
    NoShowEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_no_show_early", "the no-show came {by_ms} ms before it could be reported";
    /// A no-show that nobody at the pick-up reported.
    NoShowUnreported = "audit_no_show_unreported", "neither a driver who had arrived nor their deadline reported the no-show";
    /// Wrong start codes that are not counted one by one.
    StartCodeMiscounted {
        /// What was counted.
        attempts: u8
    } = "audit_start_code_miscounted", "{attempts} wrong start codes does not follow the count before";
    /// Another start code was tried after the last that was allowed.
    StartCodesExceeded {
        /// How many wrong ones there are.
        attempts: u8
    } = "audit_start_codes_exceeded", "a start code was tried though all had been used up: {attempts} were wrong";
    /// A ride begun by a code after the last that was allowed.
    StartUnvouched = "audit_start_unvouched", "the ride began by a start code though all had been used up, and no operator vouched";
    /// The time that a ride may take is not what the order's policy says.
    RideDeadlineDiffers {
        /// By how much it is later, in ms.
        by_ms: i64
    } = "audit_ride_deadline_differs", "the ride is overdue {by_ms} ms later than the order's policy says";
    /// A ride was ended as overdue that was not.
    RideOverdueEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_ride_overdue_early", "the ride was ended {by_ms} ms before it was overdue";
    /// The fare is of another reading than the ride's end tells, or there is one where there can be none.
    ReadingDiffers = "audit_reading_differs", "the ride's end and its fare are not of the same reading, or of none where a deadline ended it";

    /// The cancellation says something else of how far the trip had come.
    StageDiffers = "audit_stage_differs", "the trip had come to another stage when it was cancelled";
    /// The cancellation says something else of whose doing it was.
    FaultDiffers = "audit_fault_differs", "the cancellation was another one's fault";
    /// A fee's receipt for another stage, time or fault.
    FeeReceiptDiffers = "audit_fee_receipt_differs", "the fee's receipt is for another stage, time or fault than the log shows";
    /// P4: a fee that this stage, at whose fault it was, does not cost.
    FeeUnowed {
        /// The fee, in minor units.
        fee_minor: i64
    } = "audit_fee_unowed", "a fee of {fee_minor} minor units is due though the rider owes none";
    /// No fee where there is one.
    FeeMissing {
        /// What the rider owes, in minor units.
        owed_minor: i64
    } = "audit_fee_missing", "no fee is due though the rider owes {owed_minor} minor units";
    /// A fee that is too high.
    FeeTooHigh {
        /// The fee, in minor units.
        fee_minor: i64,
        /// What the rider owes, in minor units.
        owed_minor: i64
    } = "audit_fee_too_high", "a fee of {fee_minor} minor units is due, but the rider owes {owed_minor}";
    /// A fee that is too low.
    FeeTooLow {
        /// The fee, in minor units.
        fee_minor: i64,
        /// What the rider owes, in minor units.
        owed_minor: i64
    } = "audit_fee_too_low", "a fee of {fee_minor} minor units is due, but the rider owes {owed_minor}";
    /// A fee that goes to others than the tariff says.
    FeeSharesDiffer {
        /// What the driver gets, in minor units.
        driver_minor: i64,
        /// What is the driver's, in minor units.
        owed_minor: i64
    } = "audit_fee_shares_differ", "of the fee {driver_minor} minor units go to the driver, whose part is {owed_minor}";
    /// P4: a fee of a trip that was not confirmed when it was cancelled.
    FeeUnconfirmed {
        /// The fee, in minor units.
        fee_minor: i64
    } = "audit_fee_unconfirmed", "a fee of {fee_minor} minor units is due though the trip was not confirmed";
    /// A ride's end without a settled fare in the same commit.
    FareUnsettled = "audit_fare_unsettled", "the ride ended, but its fare was not settled in that commit";
    /// The receipt's total is not what is due.
    ReceiptDiffers {
        /// What is due, in minor units.
        due_minor: i64,
        /// The receipt's total, in minor units.
        total_minor: i64
    } = "audit_receipt_differs", "{due_minor} minor units are due, but the receipt comes to {total_minor}";
    /// A receipt of another ride, time, surge or tariff than the trip's quote in force.
    ReceiptOfAnotherQuote = "audit_receipt_of_another_quote", "the receipt settles another quote than the trip's own";
    /// A correction does not replace the receipt in force.
    CorrectionDiffers = "audit_correction_differs", "the correction does not replace the receipt in force";
    /// A correction of another ride, or above what the ride could come to.
    CorrectionUnfounded = "audit_correction_unfounded", "the correction settles another quote than the trip's own or the receipt that it replaces, or exceeds its hold";
    /// A receipt that does not verify: its tariff is not known, or makes something else of what happened.
    ReceiptUnfounded = "audit_receipt_unfounded", "the receipt is not what its tariff makes of what happened";
    /// P6: an entry that does not balance.
    EntryUnbalanced = "audit_entry_unbalanced", "what the event posts to the ledger does not sum to zero";
    /// P1: the log ends before the trip does.
    NeverEnded = "audit_never_ended", "the log ends, but the trip has not ended";
    /// P4: ended, but lock or money were never cleared.
    NeverClosed = "audit_never_closed", "the trip has ended, but this stream was never closed, or a refund on it never ended";

    /// A driver who declined, was silent or gave the trip back was offered it again.
    DeclinerOffered {
        /// Who.
        driver: DriverId
    } = "audit_decliner_offered", "driver {driver} was offered the trip again after declining, missing or returning it";
    /// A round's time is not what the order's policy says, or not what was left of it.
    SearchBudgetDiffers {
        /// By how much it is longer, in ms.
        by_ms: i64
    } = "audit_search_budget_differs", "the search may take {by_ms} ms longer than the order's policy and its pauses leave it";
    /// A round was given up before its time was over.
    SearchGivenUpEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_search_given_up_early", "the search was given up {by_ms} ms before its budget was over";
    /// An offer expired before its time.
    OfferExpiredEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_offer_expired_early", "the offer expired {by_ms} ms before its time";
    /// P2: assigned without the driver's lock.
    AssignedUnlocked {
        /// Who.
        driver: DriverId
    } = "audit_assigned_unlocked", "driver {driver} was assigned, but never locked to the trip with this round and fence";
    /// P4: the search closed over a lock.
    ClosedWithLock = "audit_closed_with_lock", "the search closed while a lock was asked or held";
    /// P2: locked to two trips.
    LockedTwice {
        /// The trip that holds the driver.
        trip: TripId
    } = "audit_locked_twice", "the driver was locked while trip {trip} held them";
    /// A lock's fence is the next one.
    FenceNotNext {
        /// The lock's fence.
        fence: Fence
    } = "audit_fence_not_next", "fence {fence} does not follow the driver's last one";
    /// P2: a lock no offer asked for.
    LockUnasked = "audit_lock_unasked", "no accepted offer of this trip and round asked for the lock";
    /// P2: a release that does not match the lock.
    ReleasedWrongFence = "audit_released_wrong_fence", "the release matches no lock of the driver";
    /// P2: a release that the trip's search did not ask for.
    ReleasedUnasked = "audit_released_unasked", "no event of the trip led to this release";
    /// P2: a release while the trip was still in progress, so that the driver could be on two trips.
    ReleasedInProgress = "audit_released_in_progress", "the lock was released before the trip let go of its driver";
    /// P4: a lock outlives its trip.
    LockAfterEnd {
        /// The trip.
        trip: TripId
    } = "audit_lock_after_end", "trip {trip} has ended, but still holds the driver";

    /// P5: two holds of one charge at once, or more than two attempts.
    TwoHolds = "audit_two_holds", "the charge has a live authorisation already, or may not try again";
    /// The second attempt at a hold asks for something else than the first.
    AttemptDiffers = "audit_attempt_differs", "the attempt differs from the one before in its amount, card or time";
    /// The time of an attempt at a hold is not what the order's policy says.
    AuthorizationBudgetDiffers {
        /// By how much it is longer, in ms.
        by_ms: i64
    } = "audit_authorization_budget_differs", "the attempt may take {by_ms} ms longer than the order's policy says";
    /// An attempt at a hold was given up before its time was over.
    AuthorizationGivenUpEarly {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_authorization_given_up_early", "the attempt was given up {by_ms} ms before its budget was over";
    /// Money is held of an order that is not paid by card.
    HoldUnasked = "audit_hold_unasked", "money was to be held, but the order is paid in cash or on account";
    /// Another card than the order's.
    CardDiffers = "audit_card_differs", "the money is taken from another card than the order's";
    /// The settlement stands on something else than how the trip ended.
    BasisDiffers = "audit_basis_differs", "the settlement is not of how the trip ended: a fare, a fee or nothing";
    /// A hold is never larger than the quote's.
    HoldAboveQuote = "audit_hold_above_quote", "more is held than the quote allows";
    /// P5: more captured than held or due, or nothing.
    CaptureAboveHold = "audit_capture_above_hold", "the capture is not above zero and within what is held and due";
    /// P5: two captures of one charge.
    CapturedTwice = "audit_captured_twice", "the charge was captured already";
    /// P5: authorised is not captured + released + open.
    HoldUnbalanced {
        /// What was held, in minor units.
        held_minor: i64,
        /// What was taken and given back of it, in minor units.
        ended_minor: i64
    } = "audit_hold_unbalanced", "{held_minor} minor units were held, but {ended_minor} were taken and given back";
    /// P4: a late authorisation was not compensated.
    ClosedWithHold = "audit_closed_with_hold", "the charge closed while an authorisation was outstanding or open";
    /// P4: a hold outlives its trip.
    HoldAfterEnd = "audit_hold_after_end", "the trip has ended, but money is still held";
    /// What is settled is not what the trip's end says.
    DueDiffers {
        /// What the trip's end says, in minor units.
        due_minor: i64,
        /// What the charge was asked for, in minor units.
        asked_minor: i64
    } = "audit_due_differs", "{due_minor} minor units are due, but {asked_minor} were asked for";
    /// P4: captured + debt + cash is not what was due.
    NotCovered {
        /// What was due, in minor units.
        due_minor: i64,
        /// Captured, owed and paid in cash, in minor units.
        covered_minor: i64
    } = "audit_not_covered", "{due_minor} minor units were due, but {covered_minor} were captured, owed or paid in cash";
    /// A closing event says something else than what happened before it.
    OutcomeDiffers = "audit_outcome_differs", "the outcome is not what happened to the money";
    /// P5: more given back than taken.
    RefundAboveCaptured = "audit_refund_above_captured", "more would be given back than was captured";
    /// P4: a trip's charges have ended, and taken less given back and owed is not its receipt in force.
    FareNotMoved {
        /// What the receipt in force comes to, in minor units.
        total_minor: i64,
        /// What was taken and not given back, is owed or was paid in cash, in minor units.
        moved_minor: i64
    } = "audit_fare_not_moved", "the receipt in force comes to {total_minor} minor units, but {moved_minor} were kept, owed or paid in cash";
    /// A tip too long after the ride.
    TipTooLate {
        /// By how much, in ms.
        by_ms: i64
    } = "audit_tip_too_late", "the tip came {by_ms} ms after the time for tips was over";
    /// More tips than a trip may have.
    TipsTooMany = "audit_tips_too_many", "the trip has had as many tips as it may have";
    /// More than a trip's tips may come to.
    TipsTooHigh = "audit_tips_too_high", "the trip's tips come to more than its hold allows";
    /// A tip for a ride that was not paid by card.
    TipWithoutCard = "audit_tip_without_card", "the ride was not paid by card, so no card can be asked for a tip";
    /// A tip that no charge asks for as it was given, or one that nobody gave.
    TipDiffers = "audit_tip_differs", "the charge does not ask for the tip that the rider gave";
    /// More paid or given up than is owed.
    DebtAboveOwed = "audit_debt_above_owed", "more was paid or given up than is owed";

    /// P8: a message that was never parked.
    MessageUnknown = "audit_message_unknown", "the message was not parked";
    /// P8: a message dropped by nobody.
    MessageDroppedUnasked = "audit_message_dropped_unasked", "the message was dropped without an operator's command";
    /// P8: a message still parked at the end of the log.
    MessageStillParked = "audit_message_still_parked", "a message is still parked: replay it, or drop it";
    /// A policy was changed that was not in force.
    PolicyOutOfOrder = "audit_policy_out_of_order", "the policy that was replaced is not the one that was in force";
    /// A tariff where nobody would look for it, or a version that takes another's place.
    TariffOutOfPlace = "audit_tariff_out_of_place", "a tariff was published on another one's stream, or not above its last version";
}

/// What is wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    stream: StreamId,
    version: Version,
    flaw: Flaw,
}

impl Finding {
    /// `flaw` at the commit `version` of `stream`.
    pub const fn new(stream: StreamId, version: Version, flaw: Flaw) -> Self {
        Self {
            stream,
            version,
            flaw,
        }
    }

    /// The stream.
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The commit; of what never came, the stream's last one.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What is wrong.
    pub const fn flaw(&self) -> Flaw {
        self.flaw
    }

    /// The stable code of the kind.
    pub const fn code(&self) -> &'static str {
        self.flaw.code()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.stream, self.version, self.flaw)
    }
}

/// How many findings are kept; the rest are counted.
pub const FINDINGS_MAX: usize = 100_000;

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    pub(super) count: u64,
}

impl Findings {
    fn push(&mut self, finding: Finding) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(finding);
        }
    }
}

/// Where findings at one commit go.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    findings: &'a mut Findings,
    stream: StreamId,
    version: Version,
}

impl<'a> Notes<'a> {
    pub(super) const fn new(findings: &'a mut Findings, stream: StreamId, version: Version) -> Self {
        Self {
            findings,
            stream,
            version,
        }
    }

    pub(super) fn add(&mut self, flaw: Flaw) {
        self.findings.push(Finding::new(self.stream, self.version, flaw));
    }

    pub(super) fn out_of_place(&mut self, event: &'static str) {
        self.add(Flaw::OutOfPlace { event });
    }

    /// Adds `flaw` unless `is_well`.
    pub(super) fn expect(&mut self, is_well: bool, flaw: Flaw) {
        if !is_well {
            self.add(flaw);
        }
    }

    /// The same, at another place.
    pub(super) fn add_at(&mut self, stream: StreamId, version: Version, flaw: Flaw) {
        self.findings.push(Finding::new(stream, version, flaw));
    }
}
