//! What happened, line by line.

use super::{Record, trip_of};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::TripEvent;
use std::fmt::Write;

impl Record {
    /// What happened to a trip, on whatever stream.
    pub(super) fn timeline(&self, trip: TripId) -> String {
        let mut text = format!("trip {trip}\n");
        let about = self
            .events()
            .filter(|(_, stream, event)| trip_of(*stream, event) == Some(trip));
        for (at, stream, event) in about {
            let (after, kind) = (self.since_start(at), kind(stream));
            let detail = self.detail(stream, event);
            let _always_written = writeln!(text, "{after:>12}  {kind:<8}  {}{detail}", event.name());
        }
        text
    }

    /// In seconds, to the millisecond.
    fn since_start(&self, at: Timestamp) -> String {
        let ms = at.since(self.start).get();
        format!("{}.{:03} s", ms / 1_000, ms % 1_000)
    }

    /// What a reader of a failed test wants to know of an event beside its name.
    fn detail(&self, stream: StreamId, event: &Event) -> String {
        match event {
            Event::Trip(event) => self.detail_of_trip(event),
            Event::Dispatch(event) => self.detail_of_search(event),
            Event::Payment(event) => detail_of_payment(event),
            Event::Driver(_) => self.detail_of_driver(stream),
            Event::Ops(_) | Event::Tariff(_) => String::new(),
        }
    }

    /// Whose lock it is.
    fn detail_of_driver(&self, stream: StreamId) -> String {
        if let StreamId::Driver(driver) = stream {
            format!(" {}", self.name_of(driver))
        } else {
            String::new()
        }
    }

    fn detail_of_trip(&self, event: &TripEvent) -> String {
        if let TripEvent::DriverNoted { driver, round, .. } = event {
            format!(" {} in round {round}", self.name_of(*driver))
        } else if let TripEvent::Rejected { reason } = event {
            format!(" {reason:?}")
        } else if let TripEvent::Failed { reason } = event {
            format!(" {reason:?}")
        } else if let TripEvent::Reassigning { round, reason, .. } = event {
            format!(" {reason:?}, round {round}")
        } else if let TripEvent::Cancelled(cancelled) = event {
            format!(
                " {:?} {:?} by {:?}",
                cancelled.reason, cancelled.stage, cancelled.by
            )
        } else if let TripEvent::StartCodeRefused { attempts, .. } = event {
            format!(" {attempts}")
        } else if let TripEvent::FareSettled(receipt) = event {
            format!(" {}", receipt.total())
        } else {
            String::new()
        }
    }

    fn detail_of_search(&self, event: &DispatchEvent) -> String {
        if let DispatchEvent::OfferMade(offer) = event {
            format!(" {} to {}", offer.number.0, self.name_of(offer.driver))
        } else if let DispatchEvent::OfferAccepted { offer, driver, .. }
        | DispatchEvent::OfferDeclined { offer, driver, .. }
        | DispatchEvent::OfferExpired { offer, driver, .. }
        | DispatchEvent::OfferWithdrawn { offer, driver, .. } = event
        {
            format!(" {} of {}", offer.0, self.name_of(*driver))
        } else if let DispatchEvent::DriverAssigned { driver, round, .. } = event {
            format!(" {} in round {round}", self.name_of(*driver))
        } else {
            String::new()
        }
    }
}

fn detail_of_payment(event: &PaymentEvent) -> String {
    if let PaymentEvent::Authorized { amount, .. } = event {
        format!(" {amount}")
    } else if let PaymentEvent::Declined { reason, .. } = event {
        format!(" {reason:?}")
    } else if let PaymentEvent::SettlementAsked { due: Some(due), .. } = event {
        format!(" {due}")
    } else if let PaymentEvent::Captured { captured, .. } = event {
        format!(" {captured}")
    } else {
        String::new()
    }
}

/// Which kind of stream it is.
const fn kind(stream: StreamId) -> &'static str {
    match stream {
        StreamId::Trip(_) => "trip",
        StreamId::Dispatch(_) => "dispatch",
        StreamId::Driver(_) => "driver",
        StreamId::Payment(..) => "payment",
        StreamId::Ops(_) => "ops",
        StreamId::Tariff(_) => "tariff",
    }
}
