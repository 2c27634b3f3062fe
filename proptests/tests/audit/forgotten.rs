//! A log whose riders were forgotten is audited like one whose riders are known.

use crate::{audited, log, texts};
use fiacre_domain::event::Event;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::Commit;
use fiacre_domain::trip::TripEvent;
use fiacre_ports::SealingKey;
use fiacre_wire::stored::{self, Opening, Privacy};
use proptest::prelude::*;
use std::sync::Arc;

/// The log as it is read from what was stored, once every key is gone.
fn forgotten(log: &[Commit]) -> Vec<Commit> {
    let mut tariffs: Vec<Arc<Tariff>> = Vec::new();
    let key = SealingKey::new([7; 32]);
    let read = |commit: &Commit| {
        for event in commit.events.iter() {
            if let Event::Trip(TripEvent::Requested(request)) = event {
                tariffs.push(Arc::clone(request.quote().tariff().unwrap()));
                tariffs.dedup();
            }
        }
        let bytes = stored::encode(commit, None, Privacy::Sealed(&key)).unwrap();
        stored::decode(&bytes, Opening::new(&tariffs)).unwrap()
    };
    log.iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_audit_needs_no_key(seed: u64, place: prop::sample::Index) {
        let mut log = log(seed);
        prop_assert!(forgotten(&log) != log);
        prop_assert_eq!(texts(&audited(&forgotten(&log))), texts(&audited(&log)));
        log.remove(place.index(log.len()));
        prop_assert_eq!(texts(&audited(&forgotten(&log))), texts(&audited(&log)));
    }
}
