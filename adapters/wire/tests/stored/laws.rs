//! What is written is read: every kind of event, in every way of writing it.

use crate::dice::Dice;
use crate::events;
use crate::rides::TARIFFS;
use fiacre_domain::stream::EventId;
use fiacre_ports::SealingKey;
use fiacre_wire::stored::{self, Opening, Privacy};
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(crate) const KEY: SealingKey = SealingKey::new([7; 32]);

#[test]
fn kinds_are_told_apart_by_name() {
    let names: BTreeSet<&str> = stored::kinds().map(|kind| kind.name).collect();
    assert_eq!(names.len(), stored::kinds().count());
    for name in names {
        assert_eq!(events::event(name, &mut Dice::new(1)).name(), name);
    }
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
