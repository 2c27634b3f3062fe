//! What happens in the search for a driver, in words; of an offer, why each candidate was in or out.

use super::{plain, short, span};
use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferCounts, OfferNumber, WithdrawReason};
use fiacre_domain::driver::{Fence, ReleaseReason};
use fiacre_domain::id::DriverId;
use fiacre_domain::matching::{Outcome, Terms, Verdict};

pub(super) fn of(event: &DispatchEvent) -> (String, Vec<String>) {
    let line = match event {
        DispatchEvent::OfferMade(offer) => return made(offer),
        DispatchEvent::SearchStarted {
            round,
            budget_ends_at,
            ..
        } => {
            format!("search begins, round {round}; ends by {budget_ends_at}")
        }
        DispatchEvent::SearchPaused { left_ms, .. } => {
            format!(
                "search paused: the region cannot be served; {} left",
                span(*left_ms)
            )
        }
        DispatchEvent::SearchResumed { budget_ends_at, .. } => {
            format!("search goes on; ends by {budget_ends_at}")
        }
        DispatchEvent::SearchChanged { brief } => {
            format!("searches under changed plan {}", brief.plan_revision)
        }
        DispatchEvent::OfferAccepted { offer, driver, .. } => {
            format!("driver {} accepted offer {}; lock asked", short(*driver), offer.0)
        }
        DispatchEvent::OfferDeclined { offer, driver } => {
            format!("driver {} declined offer {}", short(*driver), offer.0)
        }
        DispatchEvent::OfferExpired { offer, driver } => {
            format!("driver {} did not answer offer {}", short(*driver), offer.0)
        }
        DispatchEvent::OfferWithdrawn {
            offer,
            driver,
            reason,
        } => withdrawn(*offer, *driver, *reason),
        DispatchEvent::DriverAssigned { round, fence, driver } => {
            format!("driver {} ASSIGNED, round {round}, fence {fence}", short(*driver))
        }
        DispatchEvent::ReleaseAsked {
            fence,
            driver,
            reason,
            ..
        } => release_asked(*fence, *driver, *reason),
        DispatchEvent::ReleaseNoted { fence, .. } => format!("the lock with fence {fence} has ended"),
        DispatchEvent::NoDriverFound { round, offers } => none_found(*round, *offers),
        DispatchEvent::DispatchEnding => "the trip has ended: lets go of what is held".to_owned(),
        DispatchEvent::DispatchClosed => "search closed: nothing is held".to_owned(),
    };
    (line, Vec::new())
}

fn made(offer: &Offer) -> (String, Vec<String>) {
    let text = format!(
        "offer {} to driver {}: {} away, pays {}; answer by {}",
        offer.number.0,
        short(offer.driver),
        span(offer.terms.travel_ms.into()),
        offer.driver_pay,
        offer.expires_at
    );
    let mut details: Vec<_> = offer.verdicts.listed().iter().map(verdict).collect();
    let rest = offer.verdicts.rest();
    if !rest.is_empty() {
        let counts = rest.to_string();
        let counted: Vec<_> = counts
            .split(", ")
            .filter(|count| !count.starts_with("0 "))
            .collect();
        details.push(format!("and the rest: {}", counted.join(", ")));
    }
    (text, details)
}

fn withdrawn(offer: OfferNumber, driver: DriverId, reason: WithdrawReason) -> String {
    let (driver, reason) = (short(driver), plain(&reason));
    format!("offer {} to driver {driver} taken back: {reason}", offer.0)
}

fn release_asked(fence: Fence, driver: DriverId, reason: ReleaseReason) -> String {
    let (driver, reason) = (short(driver), plain(&reason));
    format!("asks to release driver {driver}, fence {fence}: {reason}")
}

fn none_found(round: u8, offers: OfferCounts) -> String {
    format!(
        "NO DRIVER in round {round}: {} offers, {} declined, {} unanswered, {} no longer free",
        offers.made, offers.declined, offers.expired, offers.lock_refused
    )
}

fn verdict(verdict: &Verdict) -> String {
    let driver = short(verdict.driver());
    match verdict.outcome() {
        Outcome::Chosen { terms } => format!("in   {driver}  chosen: {}", cost(&terms)),
        Outcome::Lost { terms, to, by_ms } => {
            format!(
                "out  {driver}  went to trip {to}, better by {}: {}",
                span(by_ms),
                cost(&terms)
            )
        }
        Outcome::Dearer { terms, by_ms } => {
            format!("out  {driver}  dearer by {}: {}", span(by_ms), cost(&terms))
        }
        Outcome::Busy => format!("out  {driver}  has a trip or an offer in hand"),
        Outcome::StaleLocation { age_ms } => format!("out  {driver}  last heard of {} ago", span(age_ms)),
        Outcome::WrongCapability => format!("out  {driver}  lacks what the trip requires"),
        Outcome::Declined => format!("out  {driver}  declined, missed or gave back this trip"),
        Outcome::TooFar { travel_ms } => format!("out  {driver}  too far: {}", span(travel_ms)),
    }
}

/// What a pairing costs, and of what, but for what is nothing.
fn cost(terms: &Terms) -> String {
    let Terms {
        travel_ms,
        waiting_ms,
        idle_ms,
        acceptance_ms,
        heading_ms,
    } = *terms;
    let parts = [
        (travel_ms, "way"),
        (waiting_ms, "rider waits"),
        (idle_ms, "driver idle"),
        (acceptance_ms, "may decline"),
        (heading_ms, "turns round"),
    ];
    let told: Vec<_> = parts
        .into_iter()
        .filter(|(ms, _)| *ms != 0)
        .map(|(ms, what)| format!("{what} {}", span(ms.into())))
        .collect();
    format!("{} ({})", span(terms.cost_ms()), told.join(", "))
}
