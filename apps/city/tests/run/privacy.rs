//! Where people rode from and to is in no byte of a folder: only with the keys, which lie elsewhere. (The city's riders have
//! numbers so small that they are found anywhere; `fiacre-embedded` looks for the reference of one who has a name.)

use super::folder::empty_folder;
use super::town::evening;
use fiacre_city::keep::{Folders, KeepError};
use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityError, CityOptions, RunObserver, Unexplained, Venue};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::place::Place;
use fiacre_domain::stream::Commit;
use fiacre_domain::trip::{PersonalPlace, TripEvent};
use fiacre_domain::units::Millis;
use std::collections::BTreeSet;
use std::path::Path;

/// From where people rode, and whereto, in units of 1e-7 degrees.
#[derive(Debug, Default)]
struct Orders(BTreeSet<(i32, i32)>);

impl RunObserver for Orders {
    fn saw(&mut self, commit: &Commit) {
        for event in &*commit.events {
            if let Event::Trip(TripEvent::Requested(order)) = event {
                let plan = order.plan();
                let places = [Some(plan.pick_up), plan.destination].into_iter().flatten();
                let places = places.filter_map(PersonalPlace::known);
                let e7 = |place: Place| (place.latitude_e7(), place.longitude_e7());
                self.0.extend(places.map(e7));
            }
        }
    }

    fn drove(&mut self, _driven: Driven) {}
}

impl Orders {
    /// As they would stand in a file.
    fn traces(&self) -> Vec<Vec<u8>> {
        let places = self.0.iter();
        let traces = places.map(|(latitude_e7, longitude_e7)| {
            let mut bytes = packed(*latitude_e7);
            bytes.extend(packed(*longitude_e7));
            bytes
        });
        traces.collect()
    }
}

/// A signed number as postcard packs it: zigzag, seven bits a byte.
fn packed(number: i32) -> Vec<u8> {
    let mut rest = (number.cast_unsigned() << 1) ^ (number >> 31).cast_unsigned();
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap();
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// How many of the traces stand in some file of a folder.
fn found(folder: &Path, traces: &[Vec<u8>]) -> usize {
    let mut all = Vec::new();
    read_all(folder, &mut all);
    let mut beginnings: Vec<Vec<usize>> = vec![Vec::new(); 1 << 16];
    for (at, trace) in traces.iter().enumerate() {
        beginnings[usize::from(u16::from_be_bytes([trace[0], trace[1]]))].push(at);
    }
    let mut seen = BTreeSet::new();
    for (at, pair) in all.array_windows().enumerate() {
        for &trace in &beginnings[usize::from(u16::from_be_bytes(*pair))] {
            if all[at..].starts_with(&traces[trace]) {
                seen.insert(trace);
            }
        }
    }
    seen.len()
}

fn read_all(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else {
            into.extend(std::fs::read(path).unwrap());
        }
    }
}

fn options() -> CityOptions {
    let mut options = evening();
    options.length = Millis::from_minutes(2);
    options
}

fn play_in(folders: Folders) -> Result<(Fingerprint, Orders), CityError> {
    let venue = Venue {
        folders: Some(folders),
        ..Venue::default()
    };
    let (played, orders) = run::play_at(&options(), venue, Orders::default(), |_, _| {})?;
    Ok((played.digest, orders))
}

#[test]
fn places_are_in_no_byte_of_the_folder_and_in_the_clear_they_are() {
    let place = empty_folder();
    let (sealed, clear) = (place.path().join("sealed"), place.path().join("clear"));
    let (digest, orders) = play_in(Folders::new(&sealed)).unwrap();
    let traces = orders.traces();
    assert!(traces.len() > 20, "{}", traces.len());
    assert_eq!(found(&sealed, &traces), 0);
    // What is looked for would be found; and the log says the same, however it is kept.
    let (in_the_clear, _) = play_in(Folders::new(&clear).without_vault()).unwrap();
    assert_eq!(in_the_clear, digest);
    assert_eq!(found(&clear, &traces), traces.len());
}

#[test]
fn a_run_goes_on_with_its_own_keys_alone() {
    let place = empty_folder();
    let folders = Folders::new(place.path().join("data"));
    play_in(folders.clone()).unwrap();
    let resume =
        |folders: &Folders| run::resume(folders, &[], Unexplained::Keep).map(|resumed| resumed.commits_added);
    assert_eq!(resume(&folders).unwrap(), 0);
    let keep = |refused: CityError| {
        let CityError::Keep(error) = refused else {
            panic!("{refused}")
        };
        error
    };
    let absent = place.path().join("absent");
    let refused = keep(resume(&folders.clone().with_vault(&absent)).unwrap_err());
    assert!(
        matches!(&refused, KeepError::NoVault(named) if *named == absent),
        "{refused}"
    );
    assert!(!absent.exists());
    let used = keep(
        play_in(Folders::new(place.path().join("next")).with_vault(folders.vault().unwrap())).unwrap_err(),
    );
    assert!(matches!(used, KeepError::UsedVault(_)), "{used}");
    let within = Folders::new(place.path().join("next"));
    let within = within.clone().with_vault(within.data().join("keys"));
    let within = keep(play_in(within).unwrap_err());
    assert!(matches!(within, KeepError::VaultWithin(_)), "{within}");
    let other = Folders::new(place.path().join("other"));
    play_in(other.clone()).unwrap();
    let refused = keep(resume(&folders.clone().with_vault(other.vault().unwrap())).unwrap_err());
    assert!(matches!(refused, KeepError::OtherVault(_)), "{refused}");
    // Whoever has lost them says so.
    assert_eq!(resume(&folders.without_vault()).unwrap(), 0);
}
