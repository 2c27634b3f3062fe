//! Who is forgotten can be read nowhere; what is left still adds up.

use crate::dice::Dice;
use crate::events;
use crate::laws::KEY;
use crate::rides::{self, TARIFFS};
use fiacre_domain::event::Event;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::pricing::Fault;
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::trip::{Actor, CancelReason, Cancelled, PersonalPlace, PersonalPlan, Stage, TripEvent};
use fiacre_ports::SealingKey;
use fiacre_wire::stored::{self, Opening, People, Privacy};
use proptest::prelude::*;
use std::sync::Arc;

fn forgotten(id: EventId, event: &Event) -> Event {
    let bytes = stored::encode_event(id, event, Privacy::Sealed(&KEY)).unwrap();
    stored::decode_event(id, &bytes, Opening::new(&*TARIFFS)).unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn requested(id: EventId, rider: PrincipalId, dice: &mut Dice) -> (EventId, Event) {
    (
        id,
        TripEvent::Requested(Arc::new(rides::request_of(dice, rider))).into(),
    )
}

fn cancelled(by: PrincipalId) -> Event {
    TripEvent::Cancelled(Arc::new(Cancelled {
        by: Actor::Rider(by),
        reason: CancelReason::Other,
        stage: Stage::BeforeConfirmed,
        fault: Fault::Rider,
        receipt: None,
        due: None,
    }))
    .into()
}

fn rider_of(event: &Event) -> PrincipalId {
    if let Event::Trip(TripEvent::Requested(request)) = event {
        return request.rider();
    }
    let Event::Trip(TripEvent::Cancelled(cancelled)) = event else {
        panic!("{event:?} is of no rider");
    };
    let Actor::Rider(rider) = cancelled.by else {
        panic!("{event:?} is of no rider");
    };
    rider
}

fn is_erased(plan: &PersonalPlan) -> bool {
    let PersonalPlan {
        pick_up,
        stops,
        destination,
    } = plan;
    let mut places = std::iter::once(pick_up).chain(stops).chain(destination);
    places.all(|place| *place == PersonalPlace::Erased)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn without_the_key_places_are_erased_and_nothing_else_is(seed: u64) {
        let mut dice = Dice::new(seed);
        let (rider, trip) = (dice.principal(), dice.trip());
        let id = EventId::new(StreamId::Trip(trip), Version::new(1), 0);
        let (_, event) = requested(id, rider, &mut dice);
        let bytes = stored::encode_event(id, &event, Privacy::Sealed(&KEY)).unwrap();
        prop_assert!(!contains(&bytes, &rider.to_u128().to_be_bytes()));
        let Event::Trip(TripEvent::Requested(before)) = &event else { panic!() };
        let after = forgotten(id, &event);
        let Event::Trip(TripEvent::Requested(after)) = &after else { panic!() };
        prop_assert!(is_erased(after.plan()));
        prop_assert_eq!(after.plan().stops.len(), before.plan().stops.len());
        prop_assert_eq!(after.plan().destination.is_some(), before.plan().destination.is_some());
        prop_assert!(after.rider() != rider);
        let rest = |request: &fiacre_domain::trip::TripRequest| {
            (request.trip(), request.region(), request.accepted_at(), request.expires_at(), Arc::clone(request.quote()))
        };
        prop_assert_eq!(rest(after), rest(before));
    }

    /// The same commit has the same bytes; the same place in another commit, event or trip has others.
    #[test]
    fn what_is_sealed_is_told_apart_by_its_place_alone(seed: u64) {
        let mut dice = Dice::new(seed);
        let (rider, trip) = (dice.principal(), dice.trip());
        let ids = [
            EventId::new(StreamId::Trip(trip), Version::new(1), 0),
            EventId::new(StreamId::Trip(trip), Version::new(2), 0),
            EventId::new(StreamId::Trip(trip), Version::new(1), 1),
            EventId::new(StreamId::Dispatch(trip), Version::new(1), 0),
        ];
        let (_, event) = requested(ids[0], rider, &mut dice);
        let sealed = |id, key| stored::encode_event(id, &event, Privacy::Sealed(key)).unwrap();
        let other = SealingKey::new([8; 32]);
        prop_assert_eq!(sealed(ids[0], &KEY), sealed(ids[0], &KEY));
        let mut all: Vec<_> = ids.iter().map(|id| sealed(*id, &KEY)).collect();
        all.push(sealed(ids[0], &other));
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), 5);
        let moved = stored::decode_event(ids[1], &sealed(ids[0], &KEY), Opening::new(&*TARIFFS).with_key(Some(&KEY)));
        prop_assert_eq!(moved.unwrap_err().code(), "stored_damaged");
        let foreign = stored::decode_event(ids[0], &sealed(ids[0], &KEY), Opening::new(&*TARIFFS).with_key(Some(&other)));
        prop_assert_eq!(foreign.unwrap_err().code(), "stored_damaged");
    }

    /// Whoever audits a trip still sees whether its own rider cancelled it; of two trips nobody sees that they are
    /// one person's.
    #[test]
    fn a_stand_in_is_one_person_of_one_trip(seed: u64) {
        let mut dice = Dice::new(seed);
        let (rider, stranger) = (dice.principal(), dice.principal());
        let at = |trip, version| EventId::new(StreamId::Trip(trip), Version::new(version), 0);
        let (trip, other) = (dice.trip(), dice.trip());
        let (id, order) = requested(at(trip, 1), rider, &mut dice);
        let own = rider_of(&forgotten(id, &order));
        prop_assert_eq!(rider_of(&forgotten(at(trip, 2), &cancelled(rider))), own);
        prop_assert!(rider_of(&forgotten(at(trip, 3), &cancelled(stranger))) != own);
        prop_assert!(rider_of(&forgotten(at(other, 1), &cancelled(rider))) != own);
    }
}

#[test]
fn what_is_left_out_is_not_in_the_bytes() {
    let mut dice = Dice::new(3);
    for kind in stored::kinds() {
        let event = events::event(kind.name, &mut dice);
        let id = EventId::new(StreamId::Trip(dice.trip()), Version::new(1), 0);
        let bytes = stored::encode_event(id, &event, Privacy::Erased).unwrap();
        let read = stored::decode_event(id, &bytes, Opening::new(&*TARIFFS).with_key(Some(&KEY))).unwrap();
        let again = stored::encode_event(id, &read, Privacy::Erased).unwrap();
        assert_eq!(again.len(), bytes.len(), "{}", kind.name);
    }
}

/// What an adapter asks of the vault before it encodes.
#[test]
fn a_commit_says_whose_data_it_holds() {
    let mut dice = Dice::new(5);
    let (rider, canceller, trip) = (dice.principal(), dice.principal(), dice.trip());
    let id = EventId::new(StreamId::Trip(trip), Version::new(1), 0);
    let (_, order) = requested(id, rider, &mut dice);
    let mut commit = events::commit(&mut dice);
    commit.stream = StreamId::Trip(trip);
    commit.events = [
        order,
        cancelled(canceller),
        cancelled(rider),
        TripEvent::Closed.into(),
    ]
    .into();
    let people = People::of(&commit);
    let mut riders = vec![rider, canceller];
    riders.sort_unstable();
    let bound: Vec<_> = people
        .bindings()
        .iter()
        .map(|bound| (bound.trip, bound.rider))
        .collect();
    let expected: Vec<_> = riders.into_iter().map(|rider| (trip, rider)).collect();
    assert_eq!((people.trip(), bound), (Some(trip), expected));

    commit.events = [events::event("SearchStarted", &mut dice)].into();
    let people = People::of(&commit);
    assert_eq!((people.trip(), people.bindings()), (Some(trip), &[][..]));

    commit.events = [TripEvent::Closed.into(), events::event("OfferMade", &mut dice)].into();
    assert_eq!(People::of(&commit).trip(), None);
    commit.events = [cancelled(rider)].into();
    commit.stream = StreamId::Driver(dice.driver());
    let people = People::of(&commit);
    assert_eq!((people.trip(), people.bindings()), (None, &[][..]));
}
