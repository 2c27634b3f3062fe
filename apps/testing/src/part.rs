//! The parts of the platform that a test can stop, start and kill.

use fiacre_domain::saga::Service;

/// A part of the platform: some of its processes, which run, stand still and die together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The trip service: its consumer, its relay and its deadlines.
    TripService,
    /// The driver service, without its matcher.
    DriverService,
    /// The payment service, with its calls at the payment company.
    PaymentService,
    /// The region's matcher.
    Matcher,
    /// What keeps the rows that people read.
    Views,
    /// What carries the payment company's notices to the platform.
    Notices,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] = [
        Self::TripService,
        Self::DriverService,
        Self::PaymentService,
        Self::Matcher,
        Self::Views,
        Self::Notices,
    ];

    /// The part that a process belongs to, by the name of its role or its queue.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name.split('.').next()? {
            "trip-service" => Some(Self::TripService),
            "driver-service" => Some(Self::DriverService),
            "payment-service" | "payment-calls" => Some(Self::PaymentService),
            "matcher" => Some(Self::Matcher),
            "views" => Some(Self::Views),
            "notices" => Some(Self::Notices),
            _ => None,
        }
    }

    /// The part that publishes what a service has written.
    pub(crate) const fn that_relays(service: Service) -> Self {
        match service {
            Service::Trip => Self::TripService,
            Service::Driver => Self::DriverService,
            Service::Payment => Self::PaymentService,
        }
    }
}
