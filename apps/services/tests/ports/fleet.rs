//! What a matcher offers to whom, and what it does when a part of its world is away.

use crate::sample::{ANN, TRIP, brief, pick_up, usd};
use crate::stage::{
    NOW, Tape, applied, assert_rests, bus, commit, error, loaded, ports, region, store, timers, told, turn,
};
use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferNumber};
use fiacre_domain::driver::{DriverEvent, Fence, ReleaseReason};
use fiacre_domain::event::Event;
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{CommandId, DriverId, TripId};
use fiacre_domain::matching::{Batch, Market, Request, Sample, Terms, Verdicts};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::mocks::{
    MockDispatchBoard, MockEventStore, MockIdSource, MockLocationFeed, MockLocationReader, MockRouteProvider,
};
use fiacre_ports::{
    Basis, Cursor, Delivery, Entry, LoadRequest, OpenSearch, Page, PortErrorKind, Prefetch, Route,
    Settlement, Tag,
};
use fiacre_services::fleet::{Fleet, FleetConfig, FleetPorts, Matching};
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use std::sync::{Arc, Mutex};

const OTHER: TripId = TripId::from_u128(2);
const BOB: DriverId = DriverId::from_u128(2);
const PAUSE: Millis = Millis::from_secs(1);

fn searching() -> Vec<Event> {
    let budget_ends_at = NOW.plus(Millis::from_secs(120));
    vec![started(budget_ends_at).into()]
}

fn started(budget_ends_at: fiacre_domain::time::Timestamp) -> DispatchEvent {
    DispatchEvent::SearchStarted {
        round: 0,
        budget_ends_at,
        brief: brief(),
    }
}

fn offered(driver: DriverId) -> Event {
    let offer = Offer {
        plan_revision: 0,
        terms: Terms::default(),
        number: OfferNumber(1),
        driver,
        round: 0,
        wave: 0,
        expires_at: NOW.plus(Millis::from_secs(25)),
        promised_pick_up_at: NOW,
        driver_pay: usd(1),
        verdicts: Verdicts::new([]),
    };
    DispatchEvent::OfferMade(Arc::new(offer)).into()
}

fn online() -> Event {
    let capabilities = Capabilities::new(4).unwrap();
    DriverEvent::Online {
        region: region(),
        capabilities,
    }
    .into()
}

fn locked() -> Event {
    DriverEvent::Locked {
        trip: OTHER,
        round: 0,
        fence: FENCE,
        slot: 0,
        review_at: NOW,
    }
    .into()
}

const FENCE: Fence = Fence { epoch: 0, count: 1 };

fn open(trip: TripId) -> OpenSearch {
    OpenSearch {
        trip,
        version: Version::new(1),
    }
}

/// A board that has these searches.
fn board(searches: Vec<OpenSearch>) -> MockDispatchBoard {
    let mut board = MockDispatchBoard::new();
    board.expect_list().returning(move |_| Ok(Some(searches.clone())));
    board
}

/// Every way takes seven minutes, but from where no road leads.
fn routes() -> MockRouteProvider {
    let mut routes = MockRouteProvider::new();
    routes.expect_routes().returning(|pairs, _| {
        let route = |(from, _): &(Place, Place)| {
            if *from == nowhere() {
                return Err(error(PortErrorKind::Invalid));
            }
            Ok(Route {
                distance: Millimetres::from_metres(3_000),
                duration: Millis::from_minutes(7),
                standing: None,
                turns: Vec::new(),
                basis: Basis::Measured,
            })
        };
        pairs.iter().map(route).collect()
    });
    routes
}

fn nowhere() -> Place {
    Place::from_e7(407_581_000, -739_855_000).unwrap()
}

/// A matcher that sees these drivers at the place where riders wait.
fn fleet(
    tape: &Tape,
    store: MockEventStore,
    board: MockDispatchBoard,
    drivers: &[DriverId],
    heard: Vec<Delivery>,
) -> Fleet {
    let sample = |driver: &DriverId| Sample::new(*driver, pick_up(), NOW, 1);
    let samples = drivers.iter().map(sample).collect();
    fleet_seeing(tape, store, board, samples, heard)
}

fn fleet_seeing(
    tape: &Tape,
    store: MockEventStore,
    board: MockDispatchBoard,
    samples: Vec<Sample>,
    heard: Vec<Delivery>,
) -> Fleet {
    Fleet::new(
        config(),
        ports_seeing(tape, store, board, samples, heard),
        Prefetch(64),
    )
}

fn config() -> FleetConfig {
    let corner = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
    let area = ServiceArea::bounding(
        corner(406_800_000, -740_500_000),
        corner(408_900_000, -739_000_000),
    );
    FleetConfig::new(region(), area.unwrap())
}

fn ports_seeing(
    tape: &Tape,
    store: MockEventStore,
    board: MockDispatchBoard,
    samples: Vec<Sample>,
    heard: Vec<Delivery>,
) -> FleetPorts {
    let (mut locations, mut ids) = (MockLocationFeed::new(), MockIdSource::new());
    locations.expect_subscribe().returning(move |_| {
        let (mut reader, samples) = (MockLocationReader::new(), samples.clone());
        reader.expect_drain().returning(move || Ok(samples.clone()));
        Ok(Box::new(reader))
    });
    let mut next = 0;
    ids.expect_command_id().returning(move || {
        next += 1;
        CommandId::from_u128(next)
    });
    FleetPorts {
        service: ports(tape, store, bus(tape, heard), timers(tape, vec![])),
        board: Arc::new(board),
        locations: Arc::new(locations),
        ids: Arc::new(ids),
        routes: Arc::new(routes()),
    }
}

/// A log in which every driver's stream holds the one history, and every search's the other.
fn log_of(tape: &Tape, driver: Vec<Event>, search: Vec<Event>) -> MockEventStore {
    let load = move |request: &LoadRequest| {
        let history = match request.stream {
            StreamId::Driver(_) => &driver,
            _ => &search,
        };
        Ok(loaded(request.stream, vec![history.clone()]))
    };
    store(tape, load, applied)
}

/// To which streams offers were made.
fn offers(tape: &Tape) -> Vec<StreamId> {
    tape.appends()
        .concat()
        .iter()
        .map(|commit| commit.stream)
        .collect()
}

#[test]
fn a_matcher_that_starts_anew_learns_searches_from_the_board_and_drivers_from_their_samples() {
    let tape = Tape::default();
    let store = log_of(&tape, vec![online()], searching());
    turn(&mut fleet(&tape, store, board(vec![open(TRIP)]), &[ANN], vec![]));
    assert_eq!(offers(&tape), [StreamId::Dispatch(TRIP)]);
    assert_eq!(tape.appended(), ["OfferMade"]);
}

#[test]
fn only_a_free_driver_on_duty_here_is_offered_a_trip() {
    let elsewhere = DriverEvent::RegionChanged {
        from: region(),
        region: "brooklyn".parse().unwrap(),
    };
    let released = DriverEvent::Released {
        trip: OTHER,
        fence: FENCE,
        reason: ReleaseReason::TripEnded,
    };
    for (history, is_free) in [
        (vec![], false),
        (vec![online()], true),
        (vec![online(), locked()], false),
        (vec![online(), locked(), released.into()], true),
        (vec![online(), DriverEvent::Offline.into()], false),
        (vec![online(), DriverEvent::OfflineRequested.into()], false),
        (vec![online(), elsewhere.into()], false),
    ] {
        let tape = Tape::default();
        let store = log_of(&tape, history.clone(), searching());
        turn(&mut fleet(&tape, store, board(vec![open(TRIP)]), &[ANN], vec![]));
        assert_eq!(offers(&tape).len(), usize::from(is_free), "{history:?}");
    }
}

#[test]
fn who_declined_let_pass_or_is_asked_already_is_not_asked() {
    let (offer, driver) = (OfferNumber(1), ANN);
    for answer in [
        vec![],
        vec![DispatchEvent::OfferDeclined { offer, driver }.into()],
        vec![DispatchEvent::OfferExpired { offer, driver }.into()],
        vec![
            DispatchEvent::OfferAccepted {
                offer,
                driver,
                round: 0,
            }
            .into(),
        ],
    ] {
        let (tape, search) = (
            Tape::default(),
            [searching(), vec![offered(ANN)], answer].concat(),
        );
        let store = log_of(&tape, vec![online()], search);
        turn(&mut fleet(&tape, store, board(vec![open(TRIP)]), &[ANN], vec![]));
        assert_eq!(offers(&tape), []);
    }
}

#[test]
fn one_driver_is_asked_about_one_trip_at_a_time() {
    let tape = Tape::default();
    let store = log_of(&tape, vec![online()], searching());
    turn(&mut fleet(
        &tape,
        store,
        board(vec![open(TRIP), open(OTHER)]),
        &[ANN],
        vec![],
    ));
    assert_eq!(offers(&tape).len(), 1);
}

/// Keeps whom each batch gave to whom, of those whose certificates hold.
#[derive(Default)]
struct Verifier(Mutex<Vec<(TripId, DriverId)>>);

impl Observer for Verifier {
    fn decided(&self, _before: &State, _commands: &[Command], _decided: Decided<'_>) {}

    fn matched(&self, requests: &[Request], market: &Market<'_>, batch: &Batch) {
        batch.certificate().verify_in(requests, market).unwrap();
        let pairs = batch.pairs().iter().map(|pair| (pair.trip(), pair.driver()));
        self.0.lock().unwrap().extend(pairs);
    }
}

#[test]
fn each_batch_is_shown_with_what_its_certificate_is_verified_by() {
    for (matching, shown) in [(Matching::Batch, &[(TRIP, ANN)][..]), (Matching::Greedy, &[])] {
        let (tape, verifier) = (Tape::default(), Arc::new(Verifier::default()));
        let store = log_of(&tape, vec![online()], searching());
        let samples = vec![Sample::new(ANN, pick_up(), NOW, 1)];
        let mut ports = ports_seeing(&tape, store, board(vec![open(TRIP)]), samples, vec![]);
        ports.service.observer = Arc::clone(&verifier) as Arc<dyn Observer>;
        let config = config().with_matching(matching);
        turn(&mut Fleet::new(config, ports, Prefetch(64)));
        assert_eq!(offers(&tape), [StreamId::Dispatch(TRIP)], "{matching:?}");
        assert_eq!(verifier.0.lock().unwrap()[..], *shown, "{matching:?}");
    }
}

/// One stream that could not be read stopped the matching of its region, at every tick.
#[test]
fn a_stream_that_cannot_be_read_holds_up_nobody_else() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| match request.stream {
            // Loaded first, each of its kind.
            StreamId::Dispatch(TRIP) | StreamId::Driver(ANN) => Err(error(PortErrorKind::Damaged)),
            StreamId::Driver(_) => Ok(loaded(request.stream, vec![vec![online()]])),
            stream => Ok(loaded(stream, vec![searching()])),
        },
        applied,
    );
    let board = board(vec![open(TRIP), open(OTHER)]);
    turn(&mut fleet(&tape, store, board, &[ANN, BOB], vec![]));
    assert_eq!(offers(&tape), [StreamId::Dispatch(OTHER)]);
}

/// Messages that came while the board was away were never settled: after as many as the prefetch the matcher was deaf.
#[test]
fn while_the_board_is_away_what_is_heard_is_given_back() {
    let tape = Tape::default();
    let store = store(&tape, |request| Ok(loaded(request.stream, vec![])), applied);
    let mut board = board(vec![]);
    board
        .expect_open()
        .returning(|_, _| Err(error(PortErrorKind::Unavailable)));
    let search = |tag, trip| told(tag, StreamId::Dispatch(trip), started(NOW));
    let again = Delivery {
        redelivered: true,
        ..search(1, TRIP)
    };
    turn(&mut fleet(
        &tape,
        store,
        board,
        &[],
        vec![again, search(2, OTHER)],
    ));
    let back = Settlement::Return { delay: PAUSE };
    assert_eq!(tape.settled(), [(Tag(2), back.clone()), (Tag(1), back)]);
}

#[test]
fn what_is_heard_is_on_the_board_before_it_is_acknowledged() {
    let tape = Tape::default();
    let store = store(&tape, |request| Ok(loaded(request.stream, vec![])), applied);
    let mut board = board(vec![]);
    let kept = tape.clone();
    board.expect_open().returning(move |_, searches| {
        assert_eq!((searches, kept.settled()), (&[open(TRIP)][..], vec![]));
        Ok(())
    });
    let kept = tape.clone();
    board.expect_close().returning(move |_, searches| {
        assert_eq!((searches, kept.settled()), (&[open(OTHER)][..], vec![]));
        Ok(())
    });
    let version_1 = |trip, event: DispatchEvent| told(1, StreamId::Dispatch(trip), event);
    let heard = vec![
        version_1(TRIP, started(NOW)),
        version_1(OTHER, DispatchEvent::DispatchEnding),
    ];
    turn(&mut fleet(&tape, store, board, &[], heard));
    assert_eq!(
        tape.settled(),
        [(Tag(1), Settlement::Ack), (Tag(1), Settlement::Ack)]
    );
}

#[test]
fn without_a_board_to_begin_from_a_matcher_waits() {
    let (tape, mut board) = (Tape::default(), MockDispatchBoard::new());
    board
        .expect_list()
        .returning(|_| Err(error(PortErrorKind::Unavailable)));
    let mut fleet = fleet(&tape, MockEventStore::new(), board, &[ANN], vec![]);
    turn(&mut fleet);
    assert_rests(&mut fleet, &tape);
}

#[test]
fn a_board_that_was_lost_is_restored_from_the_log_page_by_page() {
    let tape = Tape::default();
    let mut store = MockEventStore::new();
    let dispatch = |trip, event: DispatchEvent| {
        let commit = commit(StreamId::Dispatch(trip), 1, vec![event.into()]);
        Entry::from(Arc::new(commit))
    };
    store.expect_scan().returning(move |from, _| {
        let [first, second] = [Cursor::default(), Cursor(vec![1])];
        let damaged = Entry {
            commit: Err(error(PortErrorKind::Damaged)),
            ..dispatch(TRIP, started(NOW))
        };
        Ok(if *from == first {
            let entries = vec![dispatch(OTHER, started(NOW)), dispatch(TRIP, started(NOW))];
            let next = Some(second);
            Page { entries, next }
        } else {
            let entries = vec![damaged, dispatch(OTHER, DispatchEvent::DispatchEnding)];
            let next = None;
            Page { entries, next }
        })
    });
    let mut board = MockDispatchBoard::new();
    board.expect_list().returning(|_| Ok(None));
    board.expect_restore().times(1).returning(|_, searches| {
        assert_eq!(searches, [open(TRIP)]);
        Ok(())
    });
    let mut fleet = fleet(&tape, store, board, &[], vec![]);
    turn(&mut fleet);
    turn(&mut fleet);
}

#[test]
fn a_search_that_the_board_lists_and_that_is_over_is_closed_there() {
    let tape = Tape::default();
    let store = store(
        &tape,
        |request| match request.stream {
            StreamId::Dispatch(TRIP) => Ok(loaded(
                request.stream,
                vec![searching(), vec![DispatchEvent::DispatchEnding.into()]],
            )),
            stream => Ok(loaded(stream, vec![searching()])),
        },
        applied,
    );
    let mut board = board(vec![open(TRIP), open(OTHER)]);
    board.expect_close().times(1).returning(|_, searches| {
        let version = Version::new(2);
        assert_eq!(searches, [OpenSearch { trip: TRIP, version }]);
        Ok(())
    });
    turn(&mut fleet(&tape, store, board, &[], vec![]));
}

fn promised(tape: &Tape) -> Millis {
    let commits = tape.appends().concat();
    let promised = commits
        .iter()
        .flat_map(|commit| commit.events.iter())
        .find_map(|event| match event {
            Event::Dispatch(DispatchEvent::OfferMade(offer)) => Some(offer.promised_pick_up_at),
            _ => None,
        });
    promised.unwrap().since(NOW)
}

#[test]
fn what_is_promised_is_the_way_by_road_and_without_a_road_what_the_batch_reckoned_with() {
    for (place, promise) in [(pick_up(), 7 * 60_000..=7 * 60_000), (nowhere(), 1..=60_000)] {
        let tape = Tape::default();
        let store = log_of(&tape, vec![online()], searching());
        let seen = vec![Sample::new(ANN, place, NOW, 1)];
        let mut fleet = fleet_seeing(
            &tape,
            store,
            board(vec![OpenSearch {
                trip: TRIP,
                version: Version::new(1),
            }]),
            seen,
            vec![],
        );
        turn(&mut fleet);
        assert!(promise.contains(&promised(&tape).get()), "{:?}", promised(&tape));
    }
}
