//! What names a person or a place, looked for in the bytes of every file.

use super::forgotten::{cancelled, database, files_with, order_to_cancel, orders};
use super::tariffs::{requested_by, tariff};
use super::time::Time;
use super::world::{copy_of, empty_folder};
use crate::database::{Database, Options};
use fiacre_conformance::key_vault::reference::Reference;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::id::PrincipalId;
use fiacre_domain::place::Place;
use fiacre_domain::stream::Version;
use fiacre_domain::trip::{PersonalPlace, Phase};
use fiacre_ports::{Appended, Bus, EventStore, KeyVault, Published, TripView, TripViews};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

const IDS: Ids = Ids::new(43);
const LATITUDE_E7: i32 = 407_581_237;
const LONGITUDE_E7: i32 = -739_853_419;

fn home() -> PersonalPlace {
    PersonalPlace::Known(Place::from_e7(LATITUDE_E7, LONGITUDE_E7).unwrap())
}

fn row(trip: u64, version: u32, rider: PrincipalId) -> TripView {
    TripView {
        trip: IDS.trip(trip),
        version: Version::new(version),
        rider: Some(rider),
        region: IDS.region(),
        phase: Phase::Requested,
        reason: None,
        driver: None,
        quoted: None,
        due: None,
        changed_at: AT,
        closed: false,
        flagged: false,
    }
}

/// However a number may stand in a file: as it is, the other way round, and as text.
fn ways_to_write_rider(rider: PrincipalId) -> Vec<Vec<u8>> {
    let number = rider.to_u128();
    vec![
        number.to_be_bytes().to_vec(),
        number.to_le_bytes().to_vec(),
        rider.to_string().into_bytes(),
    ]
}

fn ways_to_write_degree(degree_e7: i32) -> Vec<Vec<u8>> {
    let folded = ((degree_e7 << 1) ^ (degree_e7 >> 31)).cast_unsigned();
    let mut short = Vec::new();
    let mut left = folded;
    while left > 0x7f {
        short.push(left.to_le_bytes()[0] | 0x80);
        left >>= 7;
    }
    short.push(left.to_le_bytes()[0]);
    vec![
        degree_e7.to_be_bytes().to_vec(),
        degree_e7.to_le_bytes().to_vec(),
        degree_e7.to_string().into_bytes(),
        short,
    ]
}

/// In how many files any of these stands.
fn count(folder: &Path, ways: &[Vec<u8>]) -> usize {
    ways.iter().map(|way| files_with(folder, way).len()).sum()
}

/// An order, a cancellation, messages in a queue and a row of one rider; then the order is moved to a segment.
fn live(database: &Database, time: &Time, rider: PrincipalId) {
    let clock = || Arc::new(time.clone());
    let (store, bus) = (database.event_store(clock()), database.bus(clock()));
    let order = requested_by(rider, home(), 7, &tariff(250));
    let stream = order.stream;
    let appended = time.block_on(database, store.append(vec![order, cancelled(rider)]));
    assert!(
        appended
            .iter()
            .all(|answer| matches!(answer, Appended::Applied(_)))
    );
    time.block_on(database, bus.declare(&orders())).unwrap();
    let published = time.block_on(database, bus.publish(vec![order_to_cancel(rider)]));
    assert!(matches!(published[..], [Published::Confirmed]));
    let views = database.views();
    time.block_on(
        database,
        views.put(vec![row(1, 1, rider), row(2, 1, IDS.rider(2))]),
    )
    .unwrap();
    database.archive(&[(stream, Version::new(1))], None).unwrap();
}

/// Once the database is started again, what was written anew has no past.
fn at_rest(open: impl Fn() -> Database) {
    open().compact().unwrap();
    drop(open());
}

#[test]
fn who_is_forgotten_and_where_they_were_stand_in_no_byte_of_any_file() {
    let (folder, vault) = (empty_folder(), Arc::new(Reference::default()));
    let (rider, time) = (IDS.rider(77), Time::starting_at(AT));
    let open = || database(folder.path(), &vault);
    let of_rider = |rider| {
        let database = open();
        let found = time.block_on(&database, database.views().of_rider(rider, None, 9));
        found.unwrap().len()
    };
    live(&open(), &time, rider);
    // From the journal into the tables' files.
    at_rest(open);
    let (names, places) = (
        ways_to_write_rider(rider),
        [LATITUDE_E7, LONGITUDE_E7].map(ways_to_write_degree).concat(),
    );
    assert_eq!(
        count(folder.path(), &places),
        0,
        "places are sealed from the first"
    );
    assert!(count(folder.path(), &names) > 0, "a row of views names its rider");
    assert_eq!((of_rider(rider), of_rider(IDS.rider(2))), (1, 1));
    {
        let database = open();
        time.block_on(&database, vault.forget(rider)).unwrap();
        time.block_on(&database, database.views().forget(rider)).unwrap();
        let row = time
            .block_on(&database, database.views().get(&[IDS.trip(1)]))
            .unwrap()[0]
            .unwrap();
        assert_eq!((row.rider, row.version), (None, Version::new(1)), "the row stays");
    }
    at_rest(open);
    assert_eq!(count(folder.path(), &names), 0);
    assert_eq!(count(folder.path(), &places), 0);
    assert_eq!((of_rider(rider), of_rider(IDS.rider(2))), (0, 1));
}

/// Without a vault all of it stands there: so the search above finds what it looks for.
#[test]
fn without_a_vault_both_are_found() {
    let (folder, rider, time) = (empty_folder(), IDS.rider(77), Time::starting_at(AT));
    let open = || Database::open_with(folder.path(), Options::default()).unwrap();
    live(&open(), &time, rider);
    at_rest(open);
    let copy = copy_of(folder.path());
    assert!(count(copy.path(), &ways_to_write_rider(rider)) > 0);
    assert!(count(copy.path(), &ways_to_write_degree(LATITUDE_E7)) > 0);
    assert!(count(copy.path(), &ways_to_write_degree(LONGITUDE_E7)) > 0);
}

#[test]
fn a_rider_is_forgotten_in_rows_of_the_same_group_too() {
    let (folder, time) = (empty_folder(), Time::starting_at(AT));
    let database = Database::open(folder.path()).unwrap();
    let (views, rider) = (database.views(), IDS.rider(3));
    let mut put = pin!(views.put(vec![row(1, 1, rider)]));
    let mut context = Context::from_waker(Waker::noop());
    assert!(put.as_mut().poll(&mut context).is_pending());
    time.block_on(&database, views.forget(rider)).unwrap();
    assert!(put.as_mut().poll(&mut context).is_ready());
    let found = time.block_on(&database, views.of_rider(rider, None, 9));
    assert_eq!(found.unwrap(), []);
    let row = time.block_on(&database, views.get(&[IDS.trip(1)])).unwrap()[0];
    assert_eq!(row.unwrap().rider, None);
}
