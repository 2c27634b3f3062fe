//! A service's queue takes what the service reacts to or sets a timer by, and nothing else.

use crate::world::World;
use fiacre_domain::event::Event;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::EventKind;
use fiacre_services::topology::{DRIVER_SERVICE, PAYMENT_SERVICE, TRIP_SERVICE};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of events that each service wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted(BTreeMap<Service, BTreeSet<EventKind>>);

impl Wanted {
    /// Adds what the services want of everything that happened in `world`.
    pub(crate) fn add(&mut self, world: &World) {
        for (stream, log) in &world.log {
            for (version, written) in (1..).zip(log) {
                for (index, event) in (0..).zip(&written.events) {
                    let id = EventId::new(*stream, Version::new(version), index);
                    for service in Service::ALL
                        .into_iter()
                        .filter(|it| wants(*it, *stream, id, event))
                    {
                        self.0.entry(service).or_default().insert(EventKind::of(event));
                    }
                }
            }
        }
    }

    /// Compares with the queues, both ways.
    pub(crate) fn assert_routed(&self) {
        for service in Service::ALL {
            let queue = match service {
                Service::Trip => TRIP_SERVICE,
                Service::Driver => DRIVER_SERVICE,
                Service::Payment => PAYMENT_SERVICE,
            };
            let taken: BTreeSet<EventKind> = queue.iter().copied().collect();
            let wanted = self.0.get(&service).cloned().unwrap_or_default();
            let lost: Vec<_> = wanted.difference(&taken).collect();
            let idle: Vec<_> = taken.difference(&wanted).collect();
            assert!(
                lost.is_empty() && idle.is_empty(),
                "{}: lost {lost:?}, idle {idle:?}",
                service.name()
            );
        }
    }
}

fn wants(service: Service, stream: StreamId, id: EventId, event: &Event) -> bool {
    let setting = Setting::default();
    let reaction = match service {
        Service::Trip => saga::trip_service(stream, event),
        Service::Driver => saga::driver_service(stream, event, &setting, Timestamp::from_ms(0)),
        Service::Payment => saga::payment_service(stream, event, &setting),
    };
    let sets_timer = Service::owner(stream) == Some(service) && saga::deadline(id, event).is_some();
    reaction.is_some() || sets_timer
}
