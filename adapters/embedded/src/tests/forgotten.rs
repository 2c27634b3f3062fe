//! Personal data is sealed under the keys of a vault, and gone with them.

use super::time::Time;
use super::world::{copy_of, empty_folder};
use crate::database::{Database, Options};
use async_trait::async_trait;
use fiacre_conformance::key_vault::reference::Reference;
use fiacre_conformance::sample::Ids;
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, PrincipalId, TripId};
use fiacre_domain::pricing::Fault;
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{self, Actor, CancelReason, Cancelled, Stage, TripEvent};
use fiacre_ports::{
    Appended, Binding, Body, Bus, Consistency, EventKinds, EventStore, KeyVault, LoadRequest, Message,
    NewCommit, PortError, PortErrorKind, Published, QueueName, QueueSpec, SealingKey,
};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const IDS: Ids = Ids::new(7);

pub(super) fn database(folder: &Path, vault: &Arc<Reference>) -> Database {
    let vault: Arc<dyn KeyVault> = Arc::clone(vault) as _;
    Database::open_with(folder, Options::default().with_vault(vault)).unwrap()
}

pub(super) fn cancelled(by: PrincipalId) -> NewCommit {
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

pub(super) fn orders() -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader("orders", IDS.region()),
        region: IDS.region(),
        events: EventKinds::All,
        commands_of: Some(Service::Trip),
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

pub(super) fn order_to_cancel(rider: PrincipalId) -> Message {
    let cancel = trip::Command::Cancel {
        by: Actor::Rider(rider),
        reason: CancelReason::Other,
    };
    Message {
        body: Body::Command {
            id: CommandId::from_u128(1),
            command: Command::Trip(IDS.trip(2), cancel),
        },
        region: IDS.region(),
        trace: None,
        mandatory: true,
    }
}

/// In which of a folder's files these bytes stand.
pub(super) fn files_with(folder: &Path, trace: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, trace));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(trace.len())
            .any(|bytes| bytes == trace)
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_rider_is_in_no_byte_of_the_folder_and_without_a_vault_they_are() {
    let (rider, time) = (IDS.rider(77), Time::starting_at(Timestamp::from_ms(0)));
    let trace = rider.to_u128().to_be_bytes();
    let vault: Arc<dyn KeyVault> = Arc::new(Reference::default());
    let (sealed, clear) = (Options::default().with_vault(vault), Options::default());
    let found = [sealed, clear].map(|options| {
        let folder = empty_folder();
        let database = Database::open_with(folder.path(), options).unwrap();
        let (store, bus) = (
            database.event_store(Arc::new(time.clone())),
            database.bus(Arc::new(time.clone())),
        );
        let appended = time.block_on(&database, store.append(vec![cancelled(rider)]));
        assert!(matches!(appended[..], [Appended::Applied(_)]));
        // A command waits in a queue, of which the log knows nothing yet.
        time.block_on(&database, bus.declare(&orders())).unwrap();
        let published = time.block_on(&database, bus.publish(vec![order_to_cancel(rider)]));
        assert!(matches!(published[..], [Published::Confirmed]));
        drop((store, bus, database));
        files_with(folder.path(), &trace).len()
    });
    assert_eq!(found[0], 0);
    assert!(found[1] > 0);
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

/// A vault whose disk is gone.
#[derive(Debug)]
struct Unreachable;

fn gone() -> PortError {
    PortError::new(PortErrorKind::Unavailable, "ask the vault").with_source("the vault's disk is gone")
}

#[async_trait]
impl KeyVault for Unreachable {
    async fn bind(&self, _: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        Err(gone())
    }

    async fn keys(&self, _: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        Err(gone())
    }

    async fn forget(&self, _: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        Err(gone())
    }
}

/// An error and all its causes, outermost first.
fn causes(error: &PortError) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes
}

#[test]
fn what_the_vault_said_is_the_cause_of_each_member_that_failed_for_want_of_keys() {
    let (folder, time) = (empty_folder(), Time::starting_at(Timestamp::from_ms(0)));
    let options = Options::default().with_vault(Arc::new(Unreachable));
    let database = Database::open_with(folder.path(), options).unwrap();
    let (store, bus) = (
        database.event_store(Arc::new(time.clone())),
        database.bus(Arc::new(time.clone())),
    );
    let appended = time.block_on(&database, store.append(vec![cancelled(IDS.rider(1)); 2]));
    let request = LoadRequest::whole(StreamId::Trip(IDS.trip(1)), Consistency::Linearizable);
    let loaded = time.block_on(&database, store.load(&[request]));
    let published = time.block_on(&database, bus.publish(vec![order_to_cancel(IDS.rider(1))]));
    let failed = appended.into_iter().map(|appended| match appended {
        Appended::Failed(error) => error,
        Appended::Applied(_) | Appended::Duplicate(_) | Appended::Conflict { .. } => panic!("it was written"),
    });
    let unknown = published.into_iter().map(|published| match published {
        Published::OutcomeUnknown(error) => error,
        Published::Confirmed | Published::Returned | Published::Refused(_) => panic!("it was published"),
    });
    let refused = loaded.into_iter().map(Result::unwrap_err);
    let errors: Vec<_> = failed.chain(refused).chain(unknown).collect();
    assert_eq!(errors.len(), 4);
    for error in &errors {
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        let causes = causes(error);
        assert_eq!(
            causes[1..],
            [
                "failed to ask the vault: not done, try again",
                "the vault's disk is gone"
            ]
        );
    }
}
