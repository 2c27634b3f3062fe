//! A vault that cannot be reached for a while: what it must open waits, and is not lost.

use super::time::Time;
use super::world::{copy_of, empty_folder};
use crate::database::{Database, Options};
use async_trait::async_trait;
use fiacre_conformance::key_vault::reference::Reference;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_ports::{
    Binding, Body, Bus, EventKinds, KeyVault, Message, PortError, PortErrorKind, Prefetch, Published,
    QueueName, QueueSpec, SealingKey,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const IDS: Ids = Ids::new(29);

/// A vault behind a door.
#[derive(Default)]
struct Vault {
    vault: Reference,
    is_locked: AtomicBool,
}

#[async_trait]
impl KeyVault for Vault {
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        self.vault.bind(bindings).await
    }

    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        if self.is_locked.load(Ordering::Relaxed) {
            return Err(PortError::new(PortErrorKind::Unavailable, "reach the vault"));
        }
        self.vault.keys(trips).await
    }

    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        self.vault.forget(subject).await
    }
}

fn open(folder: &Path, vault: &Arc<Vault>) -> Database {
    let vault: Arc<dyn KeyVault> = Arc::clone(vault) as _;
    Database::open_with(folder, Options::default().with_vault(vault)).unwrap()
}

fn queue() -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader("locked", IDS.region()),
        region: IDS.region(),
        events: EventKinds::All,
        commands_of: None,
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

#[test]
fn what_cannot_be_opened_now_is_delivered_once_it_can() {
    let (folder, vault, time) = (empty_folder(), Arc::new(Vault::default()), Time::starting_at(AT));
    let trip = StreamId::Trip(IDS.trip(1));
    let message = Message {
        body: Body::Event {
            id: EventId::new(trip, Version::new(1), 0),
            committed_at: AT,
            event: IDS.event(trip, 1),
        },
        region: IDS.region(),
        trace: None,
        mandatory: true,
    };
    {
        let database = open(folder.path(), &vault);
        let bus = database.bus(Arc::new(time.clone()));
        time.block_on(&database, bus.declare(&queue())).unwrap();
        let published = time.block_on(&database, bus.publish(vec![message.clone()]));
        assert!(matches!(published[..], [Published::Confirmed]));
    }
    let copy = copy_of(folder.path());
    let database = open(copy.path(), &vault);
    let bus = database.bus(Arc::new(time.clone()));
    let name = queue().name;
    let consume = bus.consume(&name, Prefetch(1));
    let mut consumer = time.block_on(&database, consume).unwrap();
    vault.is_locked.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let error = time.block_on(&database, consumer.next(1, AT)).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
    }
    vault.is_locked.store(false, Ordering::Relaxed);
    let deliveries = time.block_on(&database, consumer.next(1, AT)).unwrap();
    assert_eq!(*deliveries[0].message, message);
}

/// Nothing is sealed under a key that the vault's disk does not have yet.
#[test]
fn a_group_is_not_written_where_what_comes_first_is_not() {
    let (folder, time) = (empty_folder(), Time::starting_at(AT));
    let is_full = Arc::new(AtomicBool::default());
    let asked = Arc::clone(&is_full);
    let first = move || {
        if asked.load(Ordering::Relaxed) {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        } else {
            Ok(())
        }
    };
    let database = Database::open_with(folder.path(), Options::default().with_first(first)).unwrap();
    let bus = database.bus(Arc::new(time.clone()));
    time.block_on(&database, bus.declare(&queue())).unwrap();
    is_full.store(true, Ordering::Relaxed);
    let another = |name| QueueSpec {
        name: QueueName::of_reader(name, IDS.region()),
        ..queue()
    };
    let declared = time.block_on(&database, bus.declare(&another("second")));
    let error = declared.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::OutcomeUnknown);
    assert_eq!(database.check().unwrap_err().code(), "store_no_space");
    is_full.store(false, Ordering::Relaxed);
    let declared = time.block_on(&database, bus.declare(&another("third")));
    let error = declared.unwrap_err();
    assert_eq!(
        error.kind(),
        PortErrorKind::Unavailable,
        "it is opened again first"
    );
}
