//! What happens to a trip, in words.

use super::{plain, short};
use fiacre_domain::money::Money;
use fiacre_domain::pricing::Receipt;
use fiacre_domain::trip::{
    Actor, Adjustment, Cancelled, Completion, MoneyOutcome, PaymentMethod, PersonalPlace, PersonalPlan,
    PlanChange, Secured, StartProof, TripEvent, TripRequest,
};

pub(super) fn of(event: &TripEvent) -> (String, Vec<String>) {
    let line = match event {
        TripEvent::Requested(request) => return requested(request),
        TripEvent::FareSettled(receipt) => {
            return (format!("fare settled: {}", receipt.total()), lines(receipt));
        }
        TripEvent::FareAdjusted(adjustment) => return corrected(adjustment),
        TripEvent::PlanChanged(change) => return replanned(change),
        TripEvent::Cancelled(cancelled) => return cancellation(cancelled),
        TripEvent::Rejected { reason } => format!("order not taken: {}", plain(reason)),
        TripEvent::DriverNoted { round, fence, driver } => {
            format!("noted driver {}, round {round}, fence {fence}", short(*driver))
        }
        TripEvent::PaymentNoted { secured } => noted(*secured),
        TripEvent::PaymentUnnoted { authorization } => {
            format!("the hold of attempt {} is lost", authorization.0)
        }
        TripEvent::Confirmed {
            round,
            fence,
            arrival_due_at,
            ..
        } => {
            format!(
                "CONFIRMED: driver locked and payment secured (round {round}, fence {fence}); arrival due by {arrival_due_at}"
            )
        }
        TripEvent::Reassigning { round, reason, .. } => {
            format!("looks for another driver, round {round}: {}", plain(reason))
        }
        TripEvent::DriverArrived {
            distance_to_pick_up,
            no_show_at,
            ..
        } => format!(
            "driver ARRIVED, {} m from the pick-up; waits until {no_show_at}",
            distance_to_pick_up.get() / 1_000
        ),
        TripEvent::StartCodeRefused { attempts, .. } => {
            format!("wrong start code, the {attempts}. of this driver")
        }
        TripEvent::Started(start) => started(start.proof),
        TripEvent::Completed(completion) => completed(completion),
        TripEvent::Failed { reason } => format!("FAILED: {}; nothing is due", plain(reason)),
        TripEvent::LockCleared => "no driver is locked any more".to_owned(),
        TripEvent::MoneySettled { outcome } => format!("the money has come to an end: {}", money(outcome)),
        TripEvent::Closed => "CLOSED".to_owned(),
        TripEvent::Tipped(tip) => format!("the rider TIPPED {}, charge {}", tip.amount, tip.charge.0),
    };
    (line, Vec::new())
}

fn requested(request: &TripRequest) -> (String, Vec<String>) {
    let quote = request.quote();
    let payment = match request.payment() {
        PaymentMethod::Hold { .. } => format!("held up to {}", quote.hold()),
        PaymentMethod::Cash => "in cash".to_owned(),
        PaymentMethod::Account => "billed to an account".to_owned(),
    };
    let text = format!(
        "REQUESTED: {} for {}, quoted {}, {payment}; expires at {}",
        request.product(),
        request.party_size(),
        quote.total(),
        request.expires_at()
    );
    let (edition, ride) = (quote.edition(), quote.ride());
    let mut details = vec![format!(
        "tariff {} version {}; {} m, {} s",
        edition.tariff(),
        edition.version(),
        ride.distance().get() / 1_000,
        ride.duration().get() / 1_000
    )];
    details.push(match request.plan().pick_up {
        PersonalPlace::Known(_) => format!("rider {}", request.rider()),
        // What stands for the rider then names nobody.
        PersonalPlace::Erased => "rider sealed or forgotten".to_owned(),
    });
    details.extend(places(request.plan()));
    (text, details)
}

fn places(plan: &PersonalPlan) -> Vec<String> {
    let name = |place: &PersonalPlace| match place {
        PersonalPlace::Known(place) => place.to_string(),
        PersonalPlace::Erased => "sealed or forgotten".to_owned(),
    };
    let mut told = format!("pick-up {}", name(&plan.pick_up));
    for stop in &plan.stops {
        told.push_str("; stop ");
        told.push_str(&name(stop));
    }
    if let Some(destination) = &plan.destination {
        told.push_str("; to ");
        told.push_str(&name(destination));
    }
    vec![told]
}

fn noted(secured: Secured) -> String {
    match secured {
        Secured::Waived => "noted that nothing is to be held".to_owned(),
        Secured::Authorized(number) => format!("noted the hold of attempt {}", number.0),
    }
}

fn started(proof: StartProof) -> String {
    let text = match proof {
        StartProof::Code => "STARTED with the rider's code",
        StartProof::Operator(_) => "STARTED, vouched for by an operator",
    };
    text.to_owned()
}

fn replanned(change: &PlanChange) -> (String, Vec<String>) {
    let text = format!(
        "plan changed by {} (change {}): now quoted {}",
        actor(change.by),
        change.revision,
        change.quote.total()
    );
    (text, places(&change.plan))
}

fn completed(completion: &Completion) -> String {
    let flag = if completion.is_flagged() {
        "; no reading: for an operator to look at"
    } else {
        ""
    };
    format!(
        "COMPLETED by {}: {} due{flag}",
        actor(completion.by),
        completion.due
    )
}

fn cancellation(cancelled: &Cancelled) -> (String, Vec<String>) {
    let fee = match cancelled.due {
        Some(due) if due.is_zero() => "no fee".to_owned(),
        Some(due) => format!("a fee of {due}"),
        None => "before its order came".to_owned(),
    };
    let text = format!(
        "CANCELLED by {} ({}), {}, {} fault: {fee}",
        actor(cancelled.by),
        plain(&cancelled.reason),
        plain(&cancelled.stage),
        plain(&cancelled.fault)
    );
    (text, cancelled.receipt.as_deref().map(lines).unwrap_or_default())
}

fn corrected(adjustment: &Adjustment) -> (String, Vec<String>) {
    let text = format!(
        "fare corrected ({}): {} instead of {}",
        plain(&adjustment.reason),
        adjustment.receipt.total(),
        adjustment.superseded.total()
    );
    (text, lines(&adjustment.receipt))
}

fn lines(receipt: &Receipt) -> Vec<String> {
    let line = |line: &fiacre_domain::pricing::Line| format!("{}: {}", line.kind(), line.amount());
    receipt.lines().iter().map(line).collect()
}

fn actor(actor: Actor) -> String {
    match actor {
        Actor::Rider(_) => "the rider".to_owned(),
        Actor::Driver(driver) => format!("driver {}", short(driver)),
        Actor::Operator(_) => "an operator".to_owned(),
        Actor::Timer => "a deadline".to_owned(),
    }
}

/// How the money of a charge ended.
pub(super) fn money(outcome: &MoneyOutcome) -> String {
    let MoneyOutcome {
        currency,
        captured_minor,
        debt_minor,
        cash_minor,
    } = *outcome;
    let Some(currency) = currency else {
        return "nothing moved".to_owned();
    };
    let parts = [
        (captured_minor, "captured"),
        (debt_minor, "owed"),
        (cash_minor, "in cash"),
    ];
    let told: Vec<_> = parts
        .into_iter()
        .filter(|(minor, _)| *minor != 0)
        .map(|(minor, what)| format!("{} {what}", Money::new(minor, currency)))
        .collect();
    if told.is_empty() {
        "nothing taken, nothing owed".to_owned()
    } else {
        told.join(", ")
    }
}
