//! Events as they lie in the log: 32 bytes each, where an [`Event`] takes 48. A live trip has a dozen of them.
//!
//! What nearly every trip has lies here as it is, times that lie near the commit's as the difference; everything else lies
//! in a place of its own.

use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferNumber, SearchBrief};
use fiacre_domain::driver::{DriverEvent, Fence, ReleaseReason};
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, IntentId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{AuthorizationStart, Charge, PaymentEvent};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, DeviceFact, Secured, Start, TripEvent, TripRequest};
use fiacre_domain::units::Millimetres;
use std::sync::Arc;

/// An event of a commit; the names are those of [`TripEvent`] and its like.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Requested(Arc<TripRequest>),
    DriverNoted {
        round: u8,
        fence: Fence,
        driver: DriverId,
    },
    PaymentNoted(Secured),
    Confirmed(Confirmation),
    DriverArrived(Arrival),
    Started(Arc<Start>),
    SearchStarted(SearchStart),
    OfferMade(Arc<Offer>),
    OfferAccepted {
        offer: OfferNumber,
        driver: DriverId,
        round: u8,
    },
    DriverAssigned {
        round: u8,
        fence: Fence,
        driver: DriverId,
    },
    Locked {
        trip: TripId,
        round: u8,
        fence: Fence,
        slot: u8,
        review: Near,
    },
    Released {
        trip: TripId,
        fence: Fence,
        reason: ReleaseReason,
    },
    AuthorizationStarted(Arc<AuthorizationStart>),
    IntentCreated(Charge, AuthorizationNumber, IntentId),
    Authorized {
        charge: Charge,
        authorization: AuthorizationNumber,
        amount: Money,
        capture_before: Near,
    },
    Whole(Box<Event>),
}

/// A time within three weeks of the commit's, as the difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    after_ms: i32,
}

impl Near {
    fn of(time: Timestamp, at: Timestamp) -> Option<Self> {
        let after_ms = time.ms().checked_sub(at.ms())?.try_into().ok()?;
        Some(Self { after_ms })
    }

    fn time(self, at: Timestamp) -> Timestamp {
        Timestamp::from_ms(at.ms().saturating_add(self.after_ms.into()))
    }
}

/// [`TripEvent::Confirmed`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Confirmation {
    round: u8,
    fence: Fence,
    secured: Secured,
    arrival_due: Near,
}

impl Confirmation {
    fn of(event: &TripEvent, at: Timestamp) -> Option<Self> {
        let TripEvent::Confirmed {
            round,
            fence,
            secured,
            arrival_due_at,
        } = *event
        else {
            return None;
        };
        Some(Self {
            round,
            fence,
            secured,
            arrival_due: Near::of(arrival_due_at, at)?,
        })
    }

    fn event(self, at: Timestamp) -> TripEvent {
        TripEvent::Confirmed {
            round: self.round,
            fence: self.fence,
            secured: self.secured,
            arrival_due_at: self.arrival_due.time(at),
        }
    }
}

/// [`TripEvent::DriverArrived`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    round: u8,
    distance_mm: u32,
    occurred: Near,
    sequence: u32,
    no_show: Near,
    no_show_due: Near,
}

impl Arrival {
    fn of(event: &TripEvent, at: Timestamp) -> Option<Self> {
        let TripEvent::DriverArrived {
            round,
            distance_to_pick_up,
            device,
            no_show_at,
            no_show_due_at,
        } = *event
        else {
            return None;
        };
        Some(Self {
            round,
            distance_mm: distance_to_pick_up.get().try_into().ok()?,
            occurred: Near::of(device.occurred_at, at)?,
            sequence: device.sequence,
            no_show: Near::of(no_show_at, at)?,
            no_show_due: Near::of(no_show_due_at, at)?,
        })
    }

    fn event(self, at: Timestamp) -> TripEvent {
        TripEvent::DriverArrived {
            round: self.round,
            distance_to_pick_up: Millimetres::new(self.distance_mm.into()),
            device: DeviceFact {
                occurred_at: self.occurred.time(at),
                sequence: self.sequence,
            },
            no_show_at: self.no_show.time(at),
            no_show_due_at: self.no_show_due.time(at),
        }
    }
}

/// [`DispatchEvent::SearchStarted`].
#[derive(Debug, Clone)]
pub(super) struct SearchStart {
    round: u8,
    budget_ends: Near,
    brief: Arc<SearchBrief>,
}

impl SearchStart {
    fn of(event: &DispatchEvent, at: Timestamp) -> Option<Self> {
        let DispatchEvent::SearchStarted {
            round,
            budget_ends_at,
            ref brief,
        } = *event
        else {
            return None;
        };
        Some(Self {
            round,
            budget_ends: Near::of(budget_ends_at, at)?,
            brief: Arc::clone(brief),
        })
    }

    fn event(&self, at: Timestamp) -> DispatchEvent {
        DispatchEvent::SearchStarted {
            round: self.round,
            budget_ends_at: self.budget_ends.time(at),
            brief: Arc::clone(&self.brief),
        }
    }
}

impl Kept {
    /// `event`, of a commit decided `at`.
    pub(super) fn of(event: &Event, at: Timestamp) -> Self {
        let kept = match event {
            Event::Trip(event) => of_trip(event, at),
            Event::Dispatch(event) => of_dispatch(event, at),
            Event::Driver(event) => of_driver(event, at),
            Event::Payment(event) => of_payment(event, at),
            Event::Ops(_) | Event::Tariff(_) => None,
        };
        kept.unwrap_or_else(|| Self::Whole(Box::new(event.clone())))
    }

    /// The event, of a commit decided `at`.
    pub(super) fn event(&self, at: Timestamp) -> Event {
        match *self {
            Self::Whole(ref event) => Event::clone(event),
            Self::Requested(ref request) => TripEvent::Requested(Arc::clone(request)).into(),
            Self::DriverNoted { round, fence, driver } => {
                TripEvent::DriverNoted { round, fence, driver }.into()
            }
            Self::PaymentNoted(secured) => TripEvent::PaymentNoted { secured }.into(),
            Self::Confirmed(confirmation) => confirmation.event(at).into(),
            Self::DriverArrived(arrival) => arrival.event(at).into(),
            Self::Started(ref start) => TripEvent::Started(Arc::clone(start)).into(),
            Self::SearchStarted(ref start) => start.event(at).into(),
            Self::OfferMade(ref offer) => DispatchEvent::OfferMade(Arc::clone(offer)).into(),
            Self::OfferAccepted { offer, driver, round } => {
                DispatchEvent::OfferAccepted { offer, driver, round }.into()
            }
            Self::DriverAssigned { round, fence, driver } => {
                DispatchEvent::DriverAssigned { round, fence, driver }.into()
            }
            Self::Locked {
                trip,
                round,
                fence,
                slot,
                review,
            } => DriverEvent::Locked {
                trip,
                round,
                fence,
                slot,
                review_at: review.time(at),
            }
            .into(),
            Self::Released { trip, fence, reason } => DriverEvent::Released { trip, fence, reason }.into(),
            Self::AuthorizationStarted(ref start) => {
                PaymentEvent::AuthorizationStarted(Arc::clone(start)).into()
            }
            Self::IntentCreated(charge, authorization, intent) => PaymentEvent::IntentCreated {
                charge,
                authorization,
                intent,
            }
            .into(),
            Self::Authorized {
                charge,
                authorization,
                amount,
                capture_before,
            } => PaymentEvent::Authorized {
                charge,
                authorization,
                amount,
                capture_before: capture_before.time(at),
            }
            .into(),
        }
    }
}

fn of_trip(event: &TripEvent, at: Timestamp) -> Option<Kept> {
    if let TripEvent::Requested(request) = event {
        Some(Kept::Requested(Arc::clone(request)))
    } else if let TripEvent::DriverNoted { round, fence, driver } = *event {
        Some(Kept::DriverNoted { round, fence, driver })
    } else if let TripEvent::PaymentNoted { secured } = *event {
        Some(Kept::PaymentNoted(secured))
    } else if let TripEvent::Started(start) = event {
        Some(Kept::Started(Arc::clone(start)))
    } else {
        let confirmation = || Confirmation::of(event, at).map(Kept::Confirmed);
        confirmation().or_else(|| Arrival::of(event, at).map(Kept::DriverArrived))
    }
}

fn of_dispatch(event: &DispatchEvent, at: Timestamp) -> Option<Kept> {
    if let DispatchEvent::OfferMade(offer) = event {
        Some(Kept::OfferMade(Arc::clone(offer)))
    } else if let DispatchEvent::OfferAccepted { offer, driver, round } = *event {
        Some(Kept::OfferAccepted { offer, driver, round })
    } else if let DispatchEvent::DriverAssigned { round, fence, driver } = *event {
        Some(Kept::DriverAssigned { round, fence, driver })
    } else {
        SearchStart::of(event, at).map(Kept::SearchStarted)
    }
}

fn of_driver(event: &DriverEvent, at: Timestamp) -> Option<Kept> {
    if let DriverEvent::Locked {
        trip,
        round,
        fence,
        slot,
        review_at,
    } = *event
    {
        let review = Near::of(review_at, at)?;
        Some(Kept::Locked {
            trip,
            round,
            fence,
            slot,
            review,
        })
    } else if let DriverEvent::Released { trip, fence, reason } = *event {
        Some(Kept::Released { trip, fence, reason })
    } else {
        None
    }
}

fn of_payment(event: &PaymentEvent, at: Timestamp) -> Option<Kept> {
    if let PaymentEvent::AuthorizationStarted(start) = event {
        Some(Kept::AuthorizationStarted(Arc::clone(start)))
    } else if let PaymentEvent::IntentCreated {
        charge,
        authorization,
        intent,
    } = *event
    {
        Some(Kept::IntentCreated(charge, authorization, intent))
    } else if let PaymentEvent::Authorized {
        charge,
        authorization,
        amount,
        capture_before,
    } = *event
    {
        Some(Kept::Authorized {
            charge,
            authorization,
            amount,
            capture_before: Near::of(capture_before, at)?,
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::money::Currency;
    use fiacre_domain::payment::Purpose;
    use fiacre_domain::stream::ChargeNumber;

    #[test]
    fn an_event_takes_32_bytes() {
        assert_eq!(size_of::<Kept>(), 32);
    }

    /// Every kind that lies in the list itself, with all times at `time`; those that are shared are only passed on.
    fn events(time: Timestamp) -> [Event; 9] {
        let (fence, driver) = (
            Fence {
                epoch: u32::MAX,
                count: 7,
            },
            DriverId::from_u128(u128::MAX),
        );
        let (trip, secured) = (TripId::from_u128(5), Secured::Authorized(AuthorizationNumber(1)));
        let charge = Charge {
            number: ChargeNumber(3),
            purpose: Purpose::Tip,
        };
        let authorization = AuthorizationNumber(2);
        [
            TripEvent::DriverNoted {
                round: 1,
                fence,
                driver,
            }
            .into(),
            TripEvent::PaymentNoted { secured }.into(),
            TripEvent::Confirmed {
                round: 2,
                fence,
                secured,
                arrival_due_at: time,
            }
            .into(),
            TripEvent::DriverArrived {
                round: 3,
                distance_to_pick_up: Millimetres::new(4),
                device: DeviceFact {
                    occurred_at: time,
                    sequence: 5,
                },
                no_show_at: time,
                no_show_due_at: time,
            }
            .into(),
            DispatchEvent::OfferAccepted {
                offer: OfferNumber(6),
                driver,
                round: 7,
            }
            .into(),
            DispatchEvent::DriverAssigned {
                round: 8,
                fence,
                driver,
            }
            .into(),
            DriverEvent::Locked {
                trip,
                round: 9,
                fence,
                slot: 1,
                review_at: time,
            }
            .into(),
            PaymentEvent::IntentCreated {
                charge,
                authorization,
                intent: IntentId::from_u128(10),
            }
            .into(),
            PaymentEvent::Authorized {
                charge,
                authorization,
                amount: Money::new(i64::MIN, Currency::USD),
                capture_before: time,
            }
            .into(),
        ]
    }

    #[test]
    fn every_event_comes_back_and_what_is_far_away_lies_in_a_place_of_its_own() {
        let week_ms = 7 * 24 * 3_600_000;
        for (at_ms, time_ms, are_near) in [
            (1_530_000_000_000, 1_530_000_000_000 + week_ms, true),
            (week_ms, 0, true),
            (0, i64::from(i32::MAX) + 1, false),
            (i64::MIN, i64::MAX, false),
        ] {
            let at = Timestamp::from_ms(at_ms);
            for event in events(Timestamp::from_ms(time_ms)) {
                let kept = Kept::of(&event, at);
                assert_eq!(kept.event(at), event);
                assert!(!are_near || !matches!(kept, Kept::Whole(_)), "{event:?}");
            }
        }
        let seldom = Event::from(DriverEvent::OfflineRequested);
        let kept = Kept::of(&seldom, Timestamp::from_ms(0));
        assert!(matches!(kept, Kept::Whole(_)));
        assert_eq!(kept.event(Timestamp::from_ms(1)), seldom);
    }
}
