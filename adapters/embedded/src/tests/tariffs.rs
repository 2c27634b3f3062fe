//! Quotes are stored without their tariff, and read with the one that they were made with.

use super::time::Time;
use super::world::empty_folder;
use crate::database::{Database, Options};
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{Meter, Publication, Quote, Ride, Segment, Surge, Tariff, TariffEvent};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::stream::StreamId;
use fiacre_domain::trip::{Order, PaymentMethod, PersonalPlace, PersonalPlan, TripEvent, TripRequest};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{Appended, Consistency, EventStore, LoadRequest, NewCommit};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

const IDS: Ids = Ids::new(41);

/// A tariff whose name and version are always the same; it begins with so many cents.
pub(super) fn tariff(cents: i64) -> Arc<Tariff> {
    let segment = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::from(320_000)).unwrap();
    let meter = Meter::joint(
        Ratio::from(cents),
        Ratio::ONE,
        vec![segment.with_time(Ratio::from(60_000)).unwrap()],
    );
    Arc::new(Tariff::new(
        "nyc".parse().unwrap(),
        1,
        Currency::USD,
        meter.unwrap(),
    ))
}

fn requested(trip: u64, tariff: &Arc<Tariff>) -> NewCommit {
    requested_by(IDS.rider(1), PersonalPlace::Erased, trip, tariff)
}

/// A rider's order, from this place to nowhere in particular.
pub(super) fn requested_by(
    rider: PrincipalId,
    place: PersonalPlace,
    trip: u64,
    tariff: &Arc<Tariff>,
) -> NewCommit {
    let ride = Ride::new(Millimetres::from_metres(8_000), Millis::from_minutes(20));
    let at = "2018-07-03T17:00".parse().unwrap();
    let order = Order {
        trip: IDS.trip(trip),
        rider,
        region: IDS.region(),
        accepted_at: AT,
        quote: Arc::new(tariff.quote(&ride, at, Surge::NONE).unwrap()),
        quote_fingerprint: Fingerprint::new([7; 32]),
        plan: PersonalPlan {
            pick_up: place,
            stops: Vec::new(),
            destination: None,
        },
        payment: PaymentMethod::Cash,
        product: "taxi".parse().unwrap(),
    };
    let request = TripRequest::new(order).unwrap();
    NewCommit {
        events: [TripEvent::Requested(Arc::new(request)).into()].into(),
        ..IDS.commit(StreamId::Trip(IDS.trip(trip)), 0, trip)
    }
}

fn published(tariff: &Arc<Tariff>) -> NewCommit {
    let publication = Publication::new(Arc::clone(tariff), IDS.rider(9));
    NewCommit {
        events: [TariffEvent::Published(Arc::new(publication)).into()].into(),
        ..IDS.commit(StreamId::Tariff(tariff.id()), 0, 99)
    }
}

/// Appends to a folder, as a process does that is over then.
fn written(folder: &Path, commits: Vec<NewCommit>) {
    let (database, time) = (Database::open(folder).unwrap(), Time::starting_at(AT));
    let store = database.event_store(Arc::new(time.clone()));
    for commit in commits {
        let answers = time.block_on(&database, store.append(vec![commit]));
        assert!(matches!(answers[..], [Appended::Applied(_)]), "{answers:?}");
    }
}

fn quote(database: &Database, trip: u64) -> Arc<Quote> {
    let time = Time::starting_at(AT);
    let store = database.event_store(Arc::new(time.clone()));
    let request = LoadRequest::whole(StreamId::Trip(IDS.trip(trip)), Consistency::Linearizable);
    let mut loaded = time.block_on(database, store.load(&[request]));
    let commits = loaded.remove(0).unwrap().commits;
    let Event::Trip(TripEvent::Requested(request)) = &commits[0].events[0] else {
        panic!("the commit is another");
    };
    Arc::clone(request.quote())
}

#[test]
fn a_tariff_that_was_edited_under_its_name_and_version_is_another() {
    let folder = empty_folder();
    let (first, edited) = (tariff(250), tariff(300));
    assert!(first.edition().has_the_name_of(edited.edition()));
    written(
        folder.path(),
        vec![published(&first), requested(1, &first), requested(2, &edited)],
    );
    let options = Options::default().with_tariffs([Arc::clone(&edited)]);
    let database = Database::open_with(folder.path(), options).unwrap();
    for _ in 0..2 {
        for (trip, tariff) in [(1, &first), (2, &edited)] {
            let quote = quote(&database, trip);
            assert_eq!(quote.tariff().unwrap().edition(), tariff.edition());
        }
    }
}

#[test]
fn a_tariff_that_nobody_has_is_looked_for_once() {
    let folder = empty_folder();
    let (known, gone) = (tariff(250), tariff(300));
    let trips = 1..=5;
    let mut commits = vec![published(&known)];
    commits.extend(trips.clone().map(|trip| requested(trip, &gone)));
    written(folder.path(), commits);
    let database = Database::open(folder.path()).unwrap();
    let (looked, heard) = channel();
    for trip in trips {
        let looked = looked.clone();
        let look_up = move || looked.send(trip).unwrap();
        database.core().codec.looking_up.plant(look_up);
        assert!(
            quote(&database, trip).tariff().is_err(),
            "it is read as it was promised"
        );
    }
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [1]);
}
