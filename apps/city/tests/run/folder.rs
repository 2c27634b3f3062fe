//! A city on a folder is the city in memory: one seed, one digest; and what stands in the folder is what was audited.
use super::town::{Day, evening, play, play_at, times};
use fiacre_city::keep::{Folders, KeepError};
use fiacre_city::run::{CityError, CityOptions, Venue};
use fiacre_domain::id::TripId;
use fiacre_domain::units::Millis;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// In memory, where the system has a place for that: an fsync costs nothing there.
pub(crate) fn empty_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// Plays on a folder; gives the trips, too, whose orders were accepted.
fn play_on(folder: &Path, options: &CityOptions) -> Result<(Day, BTreeSet<TripId>), CityError> {
    let accepted = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&accepted);
    let venue = Venue {
        folders: Some(Folders::new(folder.join("data"))),
        accepted: Box::new(move |trip| {
            noted.lock().unwrap().insert(trip);
        }),
    };
    let day = play_at(options, venue)?;
    let accepted = std::mem::take(&mut *accepted.lock().unwrap());
    Ok((day, accepted))
}

#[test]
fn one_seed_gives_one_digest_in_memory_and_on_a_folder() {
    for (seed, minutes) in [(1, 6), (2, 3), (3, 3)] {
        let mut options = evening();
        options.length = Millis::from_minutes(minutes);
        options.seed = seed;
        let in_memory = play(&options);
        let folder = empty_folder();
        let (on_folder, accepted) = play_on(folder.path(), &options).unwrap();
        assert_eq!(on_folder.played.digest, in_memory.played.digest, "seed {seed}");
        assert_eq!(on_folder.played.events, in_memory.played.events);
        assert_eq!(on_folder.played.coverage, in_memory.played.coverage);
        assert_eq!(on_folder.played.company, in_memory.played.company);
        assert_eq!(on_folder.measures.trips(), in_memory.measures.trips());
        assert_eq!(accepted.len() as u64, on_folder.measures.trips().requested);
    }
}

#[test]
fn a_folder_that_holds_a_run_is_not_begun_again() {
    let folder = empty_folder();
    let mut options = evening();
    options.demand = times(0.001);
    play_on(folder.path(), &options).unwrap();
    let again = play_on(folder.path(), &options).map(|_| ()).unwrap_err();
    assert!(
        matches!(&again, CityError::Keep(KeepError::OtherRun(_))),
        "{again}"
    );
}
