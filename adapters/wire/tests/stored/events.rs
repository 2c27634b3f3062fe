//! An event of every kind, by its name.

use crate::dice::Dice;
use crate::rides;
use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferCounts, OfferNumber, SearchBrief, WithdrawReason};
use fiacre_domain::driver::{DriverEvent, ReleaseReason};
use fiacre_domain::event::Event;
use fiacre_domain::matching::{Outcome, Terms, Verdict, VerdictCounts, Verdicts};
use fiacre_domain::ops::{Erasure, OpsEvent, ParkedMessage, ParkingRuling, PolicyChange, PolicyKind};
use fiacre_domain::payment::{
    AuthorizationStart, DebtReason, DeclineReason, FurtherCharge, PaymentEvent, SettlementBasis, Waiver,
};
use fiacre_domain::pricing::{Fault, TariffEvent};
use fiacre_domain::stream::{ChargeNumber, Commit, Version};
use fiacre_domain::trip::{
    AdjustReason, Adjustment, CancelReason, Cancelled, Completion, FailReason, PaymentMethodId,
    ReassignReason, RejectReason, Stage, Start, StartProof, Tip, TripEvent,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

/// An event of this name. A kind that nobody draws here has no test.
pub(crate) fn event(name: &str, dice: &mut Dice) -> Event {
    None.or_else(|| order(name, dice).map(Event::Trip))
        .or_else(|| ride(name, dice).map(Event::Trip))
        .or_else(|| offer_event(name, dice).map(Event::Dispatch))
        .or_else(|| search(name, dice).map(Event::Dispatch))
        .or_else(|| driver(name, dice).map(Event::Driver))
        .or_else(|| hold(name, dice).map(Event::Payment))
        .or_else(|| debt(name, dice).map(Event::Payment))
        .or_else(|| ops(name, dice).map(Event::Ops))
        .or_else(|| tariff(name, dice).map(Event::Tariff))
        .unwrap_or_else(|| panic!("draw {name} here"))
}

/// A commit of one to four events of any kind.
pub(crate) fn commit(dice: &mut Dice) -> Commit {
    let names: Vec<&str> = fiacre_wire::stored::kinds().map(|kind| kind.name).collect();
    let stream = dice.stream();
    let count = 1 + dice.below(4);
    let events = (0..count).map(|_| {
        let name = dice.one_of(&names);
        event(name, dice)
    });
    let events = events.collect();
    Commit {
        stream,
        version: Version::new(dice.word().max(1)),
        at: dice.at(),
        cause: dice.cause(stream),
        region: dice.slug(),
        trace: dice.maybe(Dice::trace),
        events,
    }
}

fn order(name: &str, dice: &mut Dice) -> Option<TripEvent> {
    Some(match name {
        "TripRequested" => TripEvent::Requested(rides::request(dice)),
        "TripRejected" => TripEvent::Rejected {
            reason: dice.one_of(&[
                RejectReason::Expired,
                RejectReason::PartyTooLarge,
                RejectReason::Dropped,
                RejectReason::QuoteOfAnotherRide,
            ]),
        },
        "DriverNoted" => TripEvent::DriverNoted {
            round: dice.small(),
            fence: dice.fence(),
            driver: dice.driver(),
        },
        "PaymentNoted" => TripEvent::PaymentNoted {
            secured: dice.secured(),
        },
        "PaymentUnnoted" => TripEvent::PaymentUnnoted {
            authorization: dice.authorization(),
        },
        "TripConfirmed" => TripEvent::Confirmed {
            round: dice.small(),
            fence: dice.fence(),
            secured: dice.secured(),
            arrival_due_at: dice.at(),
        },
        "TripReassigning" => TripEvent::Reassigning {
            round: dice.small(),
            reason: dice.one_of(&[ReassignReason::Withdrawn, ReassignReason::ArrivalOverdue]),
            request: rides::request(dice),
            change: dice.maybe(rides::change),
        },
        "DriverArrived" => TripEvent::DriverArrived {
            round: dice.small(),
            distance_to_pick_up: Millimetres::new(dice.signed()),
            device: dice.device(),
            no_show_at: dice.at(),
            no_show_due_at: dice.at(),
        },
        "StartCodeRefused" => TripEvent::StartCodeRefused {
            round: dice.small(),
            attempts: dice.small(),
        },
        "TripStarted" => TripEvent::Started(Arc::new(Start {
            proof: match dice.maybe(Dice::principal) {
                Some(operator) => StartProof::Operator(operator),
                None => StartProof::Code,
            },
            device: dice.device(),
            overdue_at: dice.at(),
        })),
        "TripPlanChanged" => TripEvent::PlanChanged(rides::change(dice)),
        _ => return None,
    })
}

fn ride(name: &str, dice: &mut Dice) -> Option<TripEvent> {
    Some(match name {
        "TripCompleted" => TripEvent::Completed(Arc::new(Completion {
            by: dice.actor(),
            reading: dice.maybe(|dice| {
                let quote = rides::quote(dice);
                Arc::new(rides::reading(dice, &quote))
            }),
            device: dice.maybe(Dice::device),
            due: dice.money(),
        })),
        "TripCancelled" => TripEvent::Cancelled(Arc::new(Cancelled {
            by: dice.actor(),
            reason: dice.one_of(&[
                CancelReason::ChangedPlans,
                CancelReason::WaitTooLong,
                CancelReason::DriverAsked,
                CancelReason::NoShow,
                CancelReason::Safety,
                CancelReason::Other,
            ]),
            stage: dice.one_of(&[Stage::BeforeConfirmed, Stage::EnRoute, Stage::Arrived]),
            fault: dice.one_of(&[Fault::Rider, Fault::Driver, Fault::Platform]),
            receipt: dice.maybe(rides::receipt).map(Arc::new),
            due: dice.maybe(Dice::money),
        })),
        "TripFailed" => TripEvent::Failed {
            reason: dice.one_of(&[
                FailReason::NoDriver,
                FailReason::PaymentDeclined,
                FailReason::Expired,
                FailReason::ReassignmentsUsedUp,
            ]),
        },
        "FareSettled" => TripEvent::FareSettled(Arc::new(rides::receipt(dice))),
        "FareAdjusted" => TripEvent::FareAdjusted(Arc::new(Adjustment {
            supersedes: dice.short(),
            reason: dice.one_of(&[
                AdjustReason::LateToll,
                AdjustReason::WrongReading,
                AdjustReason::Goodwill,
            ]),
            superseded: Arc::new(rides::receipt(dice)),
            receipt: Arc::new(rides::receipt(dice)),
            further: ChargeNumber(dice.short()),
        })),
        "TripTipped" => TripEvent::Tipped(Arc::new(Tip {
            charge: ChargeNumber(dice.short()),
            amount: dice.money(),
            method: PaymentMethodId(dice.number()),
            budget: Millis::new(dice.signed()),
            action_budget: Millis::new(dice.signed()),
        })),
        "LockCleared" => TripEvent::LockCleared,
        "MoneySettled" => TripEvent::MoneySettled {
            outcome: dice.outcome(),
        },
        "TripClosed" => TripEvent::Closed,
        _ => return None,
    })
}

fn terms(dice: &mut Dice) -> Terms {
    let mut number = || dice.word().cast_signed();
    Terms {
        travel_ms: number(),
        waiting_ms: number(),
        idle_ms: number(),
        acceptance_ms: number(),
        heading_ms: number(),
    }
}

fn verdict(dice: &mut Dice) -> Verdict {
    let terms = terms(dice);
    let outcome = match dice.below(8) {
        0 => Outcome::Chosen { terms },
        1 => Outcome::Lost {
            terms,
            to: dice.trip(),
            by_ms: dice.signed(),
        },
        2 => Outcome::Dearer {
            terms,
            by_ms: dice.signed(),
        },
        3 => Outcome::Busy,
        4 => Outcome::StaleLocation {
            age_ms: dice.signed(),
        },
        5 => Outcome::WrongCapability,
        6 => Outcome::Declined,
        _ => Outcome::TooFar {
            travel_ms: dice.signed(),
        },
    };
    Verdict::new(dice.driver(), outcome)
}

pub(crate) fn offer(dice: &mut Dice) -> Offer {
    Offer {
        number: OfferNumber(dice.short()),
        driver: dice.driver(),
        round: dice.small(),
        wave: dice.small(),
        expires_at: dice.at(),
        promised_pick_up_at: dice.at(),
        driver_pay: dice.money(),
        plan_revision: dice.short(),
        terms: terms(dice),
        verdicts: Verdicts::with_rest(
            dice.list(8, verdict),
            VerdictCounts::from_array(std::array::from_fn(|_| dice.word())),
        ),
    }
}

pub(crate) fn brief(dice: &mut Dice) -> Arc<SearchBrief> {
    Arc::new(SearchBrief {
        plan: dice.plan(),
        plan_revision: dice.short(),
        requirements: dice.requirements(),
        product: dice.slug(),
        region: dice.slug(),
        requested_at: dice.at(),
        driver_pay: dice.money(),
    })
}

fn offer_event(name: &str, dice: &mut Dice) -> Option<DispatchEvent> {
    let number = OfferNumber(dice.short());
    let driver = dice.driver();
    Some(match name {
        "OfferMade" => DispatchEvent::OfferMade(Arc::new(offer(dice))),
        "OfferAccepted" => DispatchEvent::OfferAccepted {
            offer: number,
            driver,
            round: dice.small(),
        },
        "OfferDeclined" => DispatchEvent::OfferDeclined {
            offer: number,
            driver,
        },
        "OfferExpired" => DispatchEvent::OfferExpired {
            offer: number,
            driver,
        },
        "OfferWithdrawn" => DispatchEvent::OfferWithdrawn {
            offer: number,
            driver,
            reason: dice.one_of(&[
                WithdrawReason::Taken,
                WithdrawReason::Cancelled,
                WithdrawReason::Superseded,
                WithdrawReason::LockRefused,
            ]),
        },
        _ => return None,
    })
}

fn release(dice: &mut Dice) -> ReleaseReason {
    dice.one_of(&[
        ReleaseReason::TripEnded,
        ReleaseReason::Reassigned,
        ReleaseReason::StaleRound,
    ])
}

fn search(name: &str, dice: &mut Dice) -> Option<DispatchEvent> {
    let round = dice.small();
    Some(match name {
        "SearchStarted" => DispatchEvent::SearchStarted {
            round,
            budget_ends_at: dice.at(),
            brief: brief(dice),
        },
        "SearchPaused" => DispatchEvent::SearchPaused {
            round,
            left_ms: dice.signed(),
        },
        "SearchResumed" => DispatchEvent::SearchResumed {
            round,
            budget_ends_at: dice.at(),
        },
        "DriverAssigned" => DispatchEvent::DriverAssigned {
            round,
            fence: dice.fence(),
            driver: dice.driver(),
        },
        "ReleaseAsked" => DispatchEvent::ReleaseAsked {
            round,
            fence: dice.fence(),
            driver: dice.driver(),
            reason: release(dice),
        },
        "ReleaseNoted" => DispatchEvent::ReleaseNoted {
            round,
            fence: dice.fence(),
        },
        "NoDriverFound" => DispatchEvent::NoDriverFound {
            round,
            offers: OfferCounts {
                made: dice.short(),
                declined: dice.short(),
                expired: dice.short(),
                lock_refused: dice.short(),
            },
        },
        "DispatchEnding" => DispatchEvent::DispatchEnding,
        "DispatchClosed" => DispatchEvent::DispatchClosed,
        "SearchChanged" => DispatchEvent::SearchChanged { brief: brief(dice) },
        _ => return None,
    })
}

fn driver(name: &str, dice: &mut Dice) -> Option<DriverEvent> {
    Some(match name {
        "DriverOnline" => DriverEvent::Online {
            region: dice.slug(),
            capabilities: dice.capabilities(),
        },
        "DriverRegionChanged" => DriverEvent::RegionChanged {
            from: dice.slug(),
            region: dice.slug(),
        },
        "OfflineRequested" => DriverEvent::OfflineRequested,
        "DriverOffline" => DriverEvent::Offline,
        "DriverLocked" => DriverEvent::Locked {
            trip: dice.trip(),
            round: dice.small(),
            fence: dice.fence(),
            slot: dice.small(),
            review_at: dice.at(),
        },
        "LockRefused" => DriverEvent::LockRefused {
            trip: dice.trip(),
            round: dice.small(),
        },
        "DriverReleased" => DriverEvent::Released {
            trip: dice.trip(),
            fence: dice.fence(),
            reason: release(dice),
        },
        _ => return None,
    })
}

fn hold(name: &str, dice: &mut Dice) -> Option<PaymentEvent> {
    let (charge, authorization, amount) = (dice.charge(), dice.authorization(), dice.money());
    let released = amount;
    Some(match name {
        "PaymentWaived" => PaymentEvent::Waived {
            charge,
            waiver: dice.one_of(&[Waiver::Cash, Waiver::Account, Waiver::NothingDue]),
        },
        "AuthorizationStarted" => PaymentEvent::AuthorizationStarted(Arc::new(AuthorizationStart {
            charge,
            authorization,
            epoch: dice.word(),
            amount,
            method: PaymentMethodId(dice.number()),
            budget: Millis::new(dice.signed()),
            action_budget: Millis::new(dice.signed()),
            budget_ends_at: dice.at(),
        })),
        "IntentCreated" => PaymentEvent::IntentCreated {
            charge,
            authorization,
            intent: dice.intent(),
        },
        "ActionRequired" => PaymentEvent::ActionRequired {
            charge,
            authorization,
            budget_ends_at: dice.at(),
        },
        "PaymentAuthorized" => PaymentEvent::Authorized {
            charge,
            authorization,
            amount,
            capture_before: dice.at(),
        },
        "AuthorizationLost" => PaymentEvent::AuthorizationLost {
            charge,
            authorization,
            released,
        },
        "PaymentDeclined" => PaymentEvent::Declined {
            charge,
            authorization,
            reason: dice.one_of(&[
                DeclineReason::Issuer,
                DeclineReason::ActionFailed,
                DeclineReason::BudgetOver,
                DeclineReason::LostAgain,
                DeclineReason::InsufficientFunds,
                DeclineReason::CardExpired,
                DeclineReason::CardBlocked,
                DeclineReason::MethodRefused,
            ]),
        },
        "CaptureStarted" => PaymentEvent::CaptureStarted {
            charge,
            authorization,
            amount,
        },
        "PaymentCaptured" => PaymentEvent::Captured {
            charge,
            authorization,
            captured: amount,
            released_minor: dice.signed(),
        },
        "CaptureFailed" => PaymentEvent::CaptureFailed {
            charge,
            authorization,
            released,
        },
        "VoidStarted" => PaymentEvent::VoidStarted {
            charge,
            authorization,
        },
        "PaymentVoided" => PaymentEvent::Voided {
            charge,
            authorization,
            released,
        },
        "VoidRefused" => PaymentEvent::VoidRefused {
            charge,
            authorization,
            captured: amount,
            released_minor: dice.signed(),
        },
        _ => return None,
    })
}

fn debt(name: &str, dice: &mut Dice) -> Option<PaymentEvent> {
    let (charge, amount) = (dice.charge(), dice.money());
    let (refund, dispute) = (dice.short(), dice.short());
    Some(match name {
        "SettlementAsked" => PaymentEvent::SettlementAsked {
            charge,
            basis: dice.one_of(&[
                SettlementBasis::Fare,
                SettlementBasis::Fee,
                SettlementBasis::Nothing,
            ]),
            due: dice.maybe(Dice::money),
        },
        "PaymentClosed" => PaymentEvent::Closed {
            charge,
            outcome: dice.outcome(),
        },
        "DebtRecorded" => PaymentEvent::DebtRecorded {
            charge,
            amount,
            reason: dice.one_of(&[
                DebtReason::NoHold,
                DebtReason::CaptureFailed,
                DebtReason::AboveHold,
                DebtReason::Account,
                DebtReason::CashFee,
                DebtReason::Corrected,
            ]),
        },
        "DebtSettled" => PaymentEvent::DebtSettled { charge, amount },
        "DebtWrittenOff" => PaymentEvent::DebtWrittenOff { charge, amount },
        "RefundStarted" => PaymentEvent::RefundStarted {
            charge,
            refund,
            amount,
        },
        "PaymentRefunded" => PaymentEvent::Refunded {
            charge,
            refund,
            amount,
        },
        "RefundFailed" => PaymentEvent::RefundFailed {
            charge,
            refund,
            amount,
        },
        "DisputeOpened" => PaymentEvent::DisputeOpened {
            charge,
            dispute,
            amount,
        },
        "DisputeFundsMoved" => PaymentEvent::DisputeFundsMoved {
            charge,
            dispute,
            movement: dice.short(),
            amount,
        },
        "DisputeClosed" => PaymentEvent::DisputeClosed {
            charge,
            dispute,
            won: dice.flag(),
        },
        "CorrectionAsked" => PaymentEvent::CorrectionAsked {
            charge,
            correction: dice.correction(),
        },
        "FurtherChargeAsked" => PaymentEvent::FurtherChargeAsked(Arc::new(FurtherCharge {
            charge,
            number: ChargeNumber(refund),
            revision: dispute,
            due: amount,
            method: PaymentMethodId(dice.number()),
            budget: Millis::new(dice.signed()),
            action_budget: Millis::new(dice.signed()),
        })),
        "DebtReduced" => PaymentEvent::DebtReduced { charge, amount },
        "CashReturned" => PaymentEvent::CashReturned { charge, amount },
        _ => return None,
    })
}

fn parked(dice: &mut Dice) -> ParkedMessage {
    let parked = ParkedMessage::new(&dice.text(), &dice.text(), &dice.text(), &dice.text()).unwrap();
    let parked = parked.with_attempts(dice.word());
    match dice.maybe(Dice::text) {
        Some(message) => parked.with_message(&message).unwrap(),
        None => parked,
    }
}

fn ruling(dice: &mut Dice) -> Arc<ParkingRuling> {
    Arc::new(ParkingRuling::on(&parked(dice), dice.principal(), &dice.text()).unwrap())
}

fn ops(name: &str, dice: &mut Dice) -> Option<OpsEvent> {
    Some(match name {
        "MessageParked" => OpsEvent::MessageParked(Arc::new(parked(dice))),
        "MessageReplayed" => OpsEvent::MessageReplayed(ruling(dice)),
        "MessageDropped" => OpsEvent::MessageDropped(ruling(dice)),
        "PolicyChanged" => {
            let kinds = [
                PolicyKind::Trip,
                PolicyKind::Matching,
                PolicyKind::Offers,
                PolicyKind::Surge,
            ];
            let (kind, by, after) = (dice.one_of(&kinds), dice.principal(), dice.print());
            let change = match dice.maybe(Dice::print) {
                Some(before) => PolicyChange::replacing(before, kind, by, after).unwrap(),
                None => PolicyChange::first(kind, by, after),
            };
            OpsEvent::PolicyChanged(Arc::new(change))
        }
        "SubjectErased" => OpsEvent::SubjectErased(Arc::new(Erasure::new(
            dice.principal(),
            dice.principal(),
            dice.print(),
        ))),
        _ => return None,
    })
}

fn tariff(name: &str, dice: &mut Dice) -> Option<TariffEvent> {
    match name {
        "TariffPublished" => Some(TariffEvent::Published(Arc::new(rides::publication(dice)))),
        _ => None,
    }
}
