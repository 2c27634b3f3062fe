//! The lists of which queue takes what follow from the reactions of the saga.

use crate::gateway::{FARE, begun, capturing, created, held, refunding, voiding};
use crate::sample::every_event;
use crate::stage::{NOW, Tape, applied, bus, loaded, ports, region, store, timers, told, turn};
use fiacre_domain::dispatch::{LockState, Phase};
use fiacre_domain::driver::Duty;
use fiacre_domain::event::Event;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_ports::mocks::MockPaymentGateway;
use fiacre_ports::{EventKind, GatewayError, Prefetch};
use fiacre_services::payments::PaymentCalls;
use fiacre_services::state::State;
use fiacre_services::topology::{
    DRIVER_SERVICE, MATCHER, PAYMENT_CALLS, PAYMENT_SERVICE, TRIP_SERVICE, VIEWS, is_mandatory,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

fn names(list: &[EventKind]) -> BTreeSet<&'static str> {
    let names: BTreeSet<_> = list.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), list.len(), "one is listed twice");
    names
}

/// Whether a gateway is called because of `event`, where the charge has this history.
fn calls(history: &[Event], stream: StreamId, event: &Event) -> bool {
    let (tape, called) = (Tape::default(), Arc::new(AtomicBool::new(false)));
    let mut gateway = MockPaymentGateway::new();
    macro_rules! note {
        ($($expect:ident($($argument:tt),*)),*) => {$(
            let note = Arc::clone(&called);
            gateway.$expect().returning(move |$($argument),*| {
                note.store(true, Ordering::Relaxed);
                Err(GatewayError::Unavailable)
            });
        )*};
    }
    note!(
        expect_create(_),
        expect_confirm(_, _),
        expect_capture(_, _, _),
        expect_cancel(_, _)
    );
    note!(expect_refund(_, _, _), expect_get(_));
    let history = history.to_vec();
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, vec![history.clone()])),
        applied,
    );
    let deliveries = vec![told(1, stream, event.clone())];
    let ports = ports(&tape, store, bus(&tape, deliveries), timers(&tape, vec![]));
    turn(&mut PaymentCalls::new(
        region(),
        Arc::new(gateway),
        ports,
        Prefetch(1),
    ));
    called.load(Ordering::Relaxed)
}

#[test]
fn the_callers_of_the_gateway_hear_of_what_asks_for_a_call_and_of_nothing_else() {
    let histories = [
        vec![],
        begun(),
        created(),
        held(),
        capturing(),
        voiding(),
        refunding(),
    ];
    let of_charges = every_event().into_iter().filter(|(stream, _)| *stream == FARE);
    let asking =
        of_charges.filter(|(stream, event)| histories.iter().any(|history| calls(history, *stream, event)));
    let asking: BTreeSet<_> = asking.map(|(_, event)| event.name()).collect();
    assert_eq!(names(PAYMENT_CALLS), asking);
}

/// What a matcher's picture takes from a stream.
fn seen(state: &State) -> String {
    match state {
        State::Dispatch(dispatch) => {
            let control = dispatch.control();
            let is_open = control.phase == Phase::Searching && control.lock(control.round) == LockState::None;
            let (offers, excluded) = (dispatch.open_offers(), dispatch.excluded());
            format!(
                "{is_open} {} {offers:?} {excluded:?} {}",
                control.round,
                dispatch
                    .brief()
                    .map_or(-1, |brief| i32::from(brief.plan_revision))
            )
        }
        State::Driver(driver) => {
            let control = driver.control();
            let shift = driver.shift().filter(|_| control.duty == Duty::On);
            format!("{shift:?} {}", control.lock.is_none())
        }
        State::Trip(_) | State::Payment(_) => String::new(),
    }
}

/// Lives of searches and drivers, by their events' names; together they hold every event of theirs.
const LIVES: &[&[&str]] = &[
    &["DriverOnline", "DriverOffline"],
    &[
        "SearchStarted",
        "SearchPaused",
        "SearchResumed",
        "OfferMade",
        "OfferDeclined",
    ],
    &["SearchStarted", "SearchChanged", "OfferMade", "OfferExpired"],
    &["SearchStarted", "OfferMade", "OfferWithdrawn", "NoDriverFound"],
    &["SearchStarted", "DispatchEnding", "DispatchClosed"],
    &[
        "SearchStarted",
        "OfferMade",
        "OfferAccepted",
        "DriverAssigned",
        "DispatchEnding",
        "ReleaseAsked",
        "ReleaseNoted",
        "DispatchClosed",
    ],
    &[
        "DriverOnline",
        "DriverRegionChanged",
        "DriverLocked",
        "DriverReleased",
        "OfflineRequested",
    ],
    &[
        "DriverOnline",
        "LockRefused",
        "DriverLocked",
        "OfflineRequested",
        "DriverReleased",
        "DriverOffline",
    ],
];

#[test]
fn a_matcher_hears_of_what_changes_its_picture_and_of_nothing_else() {
    let every = every_event();
    let named = |name: &str| {
        every
            .iter()
            .find(|(_, event)| event.name() == name)
            .unwrap()
            .clone()
    };
    let (mut changing, mut lived) = (BTreeSet::new(), BTreeSet::new());
    for life in LIVES {
        let (stream, _) = named(life[0]);
        let mut state = State::empty(stream).unwrap();
        for name in *life {
            let (_, event) = named(name);
            let was = seen(&state);
            state.evolve_all(std::slice::from_ref(&event), NOW);
            lived.insert(event.name());
            if was != seen(&state) {
                changing.insert(event.name());
            }
        }
    }
    let theirs = |stream: &StreamId| matches!(stream, StreamId::Dispatch(_) | StreamId::Driver(_));
    let all = every.iter().filter(|(stream, _)| theirs(stream));
    assert_eq!(
        lived,
        all.map(|(_, event)| event.name()).collect(),
        "each is in some life"
    );
    assert_eq!(names(MATCHER), changing);
}

#[test]
fn rows_hear_of_everything_that_happens_to_a_trip() {
    let of_trips = every_event()
        .into_iter()
        .filter(|(stream, _)| matches!(stream, StreamId::Trip(_)));
    let of_trips: BTreeSet<_> = of_trips.map(|(_, event)| event.name()).collect();
    assert_eq!(names(VIEWS), of_trips);
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
