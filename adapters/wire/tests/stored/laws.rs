//! What is written is read: every kind of event, in every way of writing it.

use crate::dice::Dice;
use crate::events;
use crate::rides::{TARIFFS, request};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::Quote;
use fiacre_domain::stream::EventId;
use fiacre_domain::trip::{Order, TripEvent, TripRequest};
use fiacre_ports::SealingKey;
use fiacre_wire::stored::{self, NoTariffs, Opening, Privacy};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const KEY: SealingKey = SealingKey::new([7; 32]);

#[test]
fn kinds_are_told_apart_by_name() {
    let names: BTreeSet<&str> = stored::kinds().map(|kind| kind.name).collect();
    assert_eq!(names.len(), stored::kinds().count());
    for name in names {
        assert_eq!(events::event(name, &mut Dice::new(1)).name(), name);
    }
}

/// What was promised stands, whatever today's rules would come to.
#[test]
fn an_order_that_would_be_priced_otherwise_today_is_read_as_it_was_accepted() {
    let mut dice = Dice::new(1);
    let accepted = request(&mut dice);
    let mut parts = accepted.quote().parts();
    parts.total_minor /= 2;
    let older = Quote::from_parts(parts).unwrap();
    let tariff = Arc::clone(accepted.quote().tariff().unwrap());
    let older = older.with_tariff(tariff).unwrap();
    assert_eq!(older.is_recomputable(), Ok(false));
    let order = Order {
        trip: accepted.trip(),
        rider: accepted.rider(),
        region: accepted.region(),
        accepted_at: accepted.accepted_at(),
        quote: Arc::new(older),
        quote_fingerprint: *accepted.quote_fingerprint(),
        plan: accepted.plan().clone(),
        payment: accepted.payment(),
        product: accepted.product(),
    };
    let event = Event::Trip(TripEvent::Requested(Arc::new(TripRequest::new(order).unwrap())));
    let id = EventId::new(dice.stream(), dice.version(), 0);
    let bytes = stored::encode_event(id, &event, Privacy::Clear).unwrap();
    assert_eq!(
        stored::decode_event(id, &bytes, Opening::new(&*TARIFFS)),
        Ok(event)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_commit_is_read_as_it_was_written(seed: u64) {
        let mut dice = Dice::new(seed);
        let (commit, prev) = (events::commit(&mut dice), dice.maybe(Dice::print));
        let opening = Opening::new(&*TARIFFS).with_key(Some(&KEY));
        for privacy in [Privacy::Clear, Privacy::Sealed(&KEY)] {
            let bytes = stored::encode(&commit, prev, privacy).unwrap();
            prop_assert_eq!(&stored::decode(&bytes, opening).unwrap(), &commit);
            prop_assert_eq!(stored::encode(&commit, prev, privacy).unwrap(), bytes);
            let text = stored::commit_to_json(&commit, prev, privacy).unwrap();
            prop_assert_eq!(stored::commit_from_json(&text, opening).unwrap(), (commit.clone(), prev));
        }
    }

    /// Whoever knows no tariff reads what was promised; writing it again loses nothing.
    #[test]
    fn every_kind_of_event_is_read_without_its_tariff(seed: u64) {
        let (strict, lenient) = (Opening::new(&NoTariffs), Opening::new(&NoTariffs).even_without_tariffs());
        for kind in stored::kinds() {
            let mut dice = Dice::new(seed);
            let event = events::event(kind.name, &mut dice);
            let id = EventId::new(dice.stream(), dice.version(), dice.short());
            let bytes = stored::encode_event(id, &event, Privacy::Clear).unwrap();
            let read = stored::decode_event(id, &bytes, lenient).unwrap();
            prop_assert_eq!(&stored::encode_event(id, &read, Privacy::Clear).unwrap(), &bytes);
            prop_assert_eq!(Fingerprint::of(&read), Fingerprint::of(&event));
            let is_strict = stored::decode_event(id, &bytes, strict);
            prop_assert_eq!(is_strict.is_err(), read != event, "{}", kind.name);
        }
    }

    #[test]
    fn every_kind_of_event_is_read_as_it_was_written(seed: u64) {
        let opening = Opening::new(&*TARIFFS).with_key(Some(&KEY));
        for kind in stored::kinds() {
            let mut dice = Dice::new(seed);
            let event = events::event(kind.name, &mut dice);
            let id = EventId::new(dice.stream(), dice.version(), dice.short());
            let bytes = stored::encode_event(id, &event, Privacy::Sealed(&KEY)).unwrap();
            prop_assert_eq!(&stored::decode_event(id, &bytes, opening).unwrap(), &event);
            let text = stored::event_to_json(id, &event, Privacy::Clear).unwrap();
            prop_assert_eq!(&stored::event_from_json(id, &text, opening).unwrap(), &event);
        }
    }
}
