//! Personal data is sealed under the keys of a vault, and gone with them.

use super::time::Time;
use super::world::{copy_of, empty_folder};
use crate::database::{Database, Options};
use fiacre_conformance::key_vault::reference::Reference;
use fiacre_conformance::sample::Ids;
use fiacre_domain::event::Event;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::pricing::Fault;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Actor, CancelReason, Cancelled, Stage, TripEvent};
use fiacre_ports::{Appended, Consistency, EventStore, KeyVault, LoadRequest, NewCommit};
use std::path::Path;
use std::sync::Arc;

const IDS: Ids = Ids::new(7);

fn database(folder: &Path, vault: &Arc<Reference>) -> Database {
    let vault: Arc<dyn KeyVault> = Arc::clone(vault) as _;
    Database::open_with(folder, Options::default().with_vault(vault)).unwrap()
}

fn cancelled(by: PrincipalId) -> NewCommit {
    let cancelled = Cancelled {
        by: Actor::Rider(by),
        reason: CancelReason::Other,
        stage: Stage::BeforeConfirmed,
        fault: Fault::Rider,
        receipt: None,
        due: None,
    };
    NewCommit {
        events: [TripEvent::Cancelled(Arc::new(cancelled)).into()].into(),
        ..IDS.commit(StreamId::Trip(IDS.trip(1)), 0, 1)
    }
}

/// Who cancelled, as a process finds it that opens the folder.
fn found(folder: &Path, vault: &Arc<Reference>) -> PrincipalId {
    let (database, time) = (database(folder, vault), Time::starting_at(Timestamp::from_ms(0)));
    let store = database.event_store(Arc::new(time.clone()));
    let request = LoadRequest::whole(StreamId::Trip(IDS.trip(1)), Consistency::Linearizable);
    let mut loaded = time.block_on(&database, store.load(&[request]));
    let commits = loaded.remove(0).unwrap().commits;
    let Event::Trip(TripEvent::Cancelled(cancelled)) = &commits[0].events[0] else {
        panic!("the commit is another");
    };
    let Actor::Rider(rider) = cancelled.by else {
        panic!("it was no rider");
    };
    rider
}

#[test]
fn a_rider_is_known_while_the_vault_knows_them() {
    let (folder, vault) = (empty_folder(), Arc::new(Reference::default()));
    let time = Time::starting_at(Timestamp::from_ms(0));
    let rider = IDS.rider(1);
    {
        let database = database(folder.path(), &vault);
        let store = database.event_store(Arc::new(time.clone()));
        let appended = time.block_on(&database, store.append(vec![cancelled(rider)]));
        assert!(matches!(appended[..], [Appended::Applied(_)]));
    }
    let (kept, later) = (copy_of(folder.path()), copy_of(folder.path()));
    assert_eq!(found(kept.path(), &vault), rider);
    let forget = vault.forget(rider);
    time.block_on(&database(folder.path(), &vault), forget).unwrap();
    assert_ne!(found(later.path(), &vault), rider);
}
