//! The lists of which queue takes what follow from the reactions of the saga.

use crate::sample::every_event;
use crate::stage::NOW;
use fiacre_domain::event::Event;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_ports::EventKind;
use fiacre_services::topology::{
    DRIVER_SERVICE, MATCHER, PAYMENT_CALLS, PAYMENT_SERVICE, TRIP_SERVICE, is_mandatory,
};
use std::collections::BTreeSet;

/// Whether a service reacts to an event, or takes a deadline of its own from it.
fn concerns(service: Service, stream: StreamId, event: &Event) -> bool {
    let setting = Setting::default();
    let command = match service {
        Service::Trip => saga::trip_service(stream, event),
        Service::Driver => saga::driver_service(stream, event, &setting, NOW),
        Service::Payment => saga::payment_service(stream, event, &setting),
    };
    let id = EventId::new(stream, Version::new(1), 0);
    let own = Service::owner(stream) == Some(service);
    command.is_some() || (own && saga::deadline(id, event).is_some())
}

#[test]
fn every_service_hears_of_what_it_reacts_to_and_of_nothing_else() {
    for (service, list) in [
        (Service::Trip, TRIP_SERVICE),
        (Service::Driver, DRIVER_SERVICE),
        (Service::Payment, PAYMENT_SERVICE),
    ] {
        let listed: BTreeSet<_> = list.iter().map(|kind| kind.name()).collect();
        let every = every_event();
        let concerned = every
            .iter()
            .filter(|(stream, event)| concerns(service, *stream, event));
        let wanted: BTreeSet<_> = concerned.map(|(_, event)| event.name()).collect();
        assert_eq!(listed, wanted, "{}", service.name());
        assert_eq!(listed.len(), list.len(), "{} lists one twice", service.name());
    }
}

#[test]
fn no_list_names_an_event_that_there_is_not() {
    let every: BTreeSet<_> = every_event().iter().map(|(_, event)| event.name()).collect();
    for kind in [MATCHER, PAYMENT_CALLS].concat() {
        assert!(every.contains(kind.name()), "{}", kind.name());
    }
}

#[test]
fn what_a_service_needs_may_not_be_lost_for_want_of_a_queue() {
    for (stream, event) in every_event() {
        let needed = Service::ALL
            .into_iter()
            .any(|service| concerns(service, stream, &event))
            || PAYMENT_CALLS.contains(&EventKind::of(&event));
        assert_eq!(is_mandatory(&event), needed, "{}", event.name());
    }
}
