//! Which queue takes which events. The lists follow from the reactions in [`fiacre_domain::saga`]; a test holds them to it.

use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_ports::{EventKind, EventKinds, QueueName, QueueSpec};

/// After how many failed attempts a message is parked.
pub const ATTEMPTS_MAX: u32 = 8;

macro_rules! kinds {
    ($($name:literal),* $(,)?) => { &[$(EventKind::named($name)),*] };
}

/// What the trip service reacts to, and the events of its own that set its deadlines.
pub const TRIP_SERVICE: &[EventKind] = kinds![
    "DriverAssigned",
    "NoDriverFound",
    "DispatchClosed",
    "PaymentWaived",
    "PaymentAuthorized",
    "AuthorizationLost",
    "PaymentDeclined",
    "PaymentClosed",
    "TripRequested",
    "TripConfirmed",
    "DriverArrived",
    "TripStarted",
];

/// What the driver service reacts to, and the events of its own that set its deadlines.
pub const DRIVER_SERVICE: &[EventKind] = kinds![
    "TripRequested",
    "TripReassigning",
    "TripPlanChanged",
    "TripCompleted",
    "TripCancelled",
    "TripFailed",
    "OfferAccepted",
    "ReleaseAsked",
    "LockRefused",
    "DriverReleased",
    "DriverLocked",
    "SearchStarted",
    "SearchResumed",
    "OfferMade",
];

/// What the payment service reacts to, and the events of its own that set its deadlines.
pub const PAYMENT_SERVICE: &[EventKind] = kinds![
    "TripRequested",
    "TripCompleted",
    "TripCancelled",
    "TripFailed",
    "FareAdjusted",
    "TripTipped",
    "FurtherChargeAsked",
    "AuthorizationStarted",
    "ActionRequired",
    "PaymentAuthorized",
];

/// What asks for a call at the payment gateway.
pub const PAYMENT_CALLS: &[EventKind] = kinds![
    "AuthorizationStarted",
    "IntentCreated",
    "CaptureStarted",
    "VoidStarted",
    "RefundStarted",
];

/// What a matcher keeps its picture of a region from.
pub const MATCHER: &[EventKind] = kinds![
    "SearchStarted",
    "SearchChanged",
    "SearchPaused",
    "SearchResumed",
    "OfferMade",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferWithdrawn",
    "DriverAssigned",
    "NoDriverFound",
    "DispatchEnding",
    "DriverOnline",
    "DriverRegionChanged",
    "OfflineRequested",
    "DriverOffline",
    "DriverLocked",
    "DriverReleased",
];

/// What rows of trips are made from: everything that happens to a trip.
pub const VIEWS: &[EventKind] = kinds![
    "TripRequested",
    "TripRejected",
    "DriverNoted",
    "PaymentNoted",
    "PaymentUnnoted",
    "TripConfirmed",
    "TripReassigning",
    "DriverArrived",
    "StartCodeRefused",
    "TripStarted",
    "TripPlanChanged",
    "TripCompleted",
    "TripCancelled",
    "TripFailed",
    "FareSettled",
    "FareAdjusted",
    "LockCleared",
    "MoneySettled",
    "TripClosed",
    "TripTipped",
];

/// The queue of a service in a region.
pub fn service_queue(service: Service, region: RegionId) -> QueueSpec {
    let events = match service {
        Service::Trip => TRIP_SERVICE,
        Service::Driver => DRIVER_SERVICE,
        Service::Payment => PAYMENT_SERVICE,
    };
    QueueSpec {
        name: QueueName::of_service(service, region),
        region,
        events: EventKinds::Of(events),
        commands_of: Some(service),
        notices: false,
        single_active: false,
        attempts_max: ATTEMPTS_MAX,
    }
}

/// The queue of calls at the payment gateway, and of its notices: apart, so that a slow gateway holds up nothing else.
pub fn payment_calls_queue(region: RegionId) -> QueueSpec {
    QueueSpec {
        notices: true,
        ..reader_queue("payment-calls", region, PAYMENT_CALLS)
    }
}

/// The queue of a region's matcher: all of it goes to one matcher, since what one hears the other would never learn of.
pub fn matcher_queue(region: RegionId) -> QueueSpec {
    QueueSpec {
        single_active: true,
        ..reader_queue("matcher", region, MATCHER)
    }
}

/// The queue of what makes a region's rows.
pub fn views_queue(region: RegionId) -> QueueSpec {
    reader_queue("views", region, VIEWS)
}

/// A queue of a reader that reacts to `events` without commands of its own.
pub fn reader_queue(reader: &str, region: RegionId, events: &'static [EventKind]) -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader(reader, region),
        region,
        events: EventKinds::Of(events),
        commands_of: None,
        notices: false,
        single_active: false,
        attempts_max: ATTEMPTS_MAX,
    }
}

/// Whether some service must get this event: it may not be lost for want of a queue.
pub fn is_mandatory(event: &Event) -> bool {
    let kind = EventKind::of(event);
    [TRIP_SERVICE, DRIVER_SERVICE, PAYMENT_SERVICE, PAYMENT_CALLS]
        .iter()
        .any(|kinds| kinds.contains(&kind))
}
