//! What a trip takes where it is stored: the bytes of its commits, sealed and chained, kind by kind.
//!
//! `cargo run --release -p fiacre-city --example stored_bytes`
//!
//! Every commit of the run is written, read back and compared; its chain is followed. The times are of one core, for what is
//! written and read one commit after the other, keys and tariffs at hand.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(
    clippy::disallowed_types,
    reason = "what writing costs is measured in real time"
)]

use fiacre_city::demand::Multiplier;
use fiacre_city::players::Driven;
use fiacre_city::run::{CityOptions, RunObserver, drivers_for, play};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::trip::TripEvent;
use fiacre_domain::units::Millis;
use fiacre_ports::SealingKey;
use fiacre_wire::stored::{self, Chain, Opening, Privacy, Stored};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

/// One key stands for all: a real vault gives each trip its own.
const KEY: SealingKey = SealingKey::new([7; 32]);

/// Keeps every commit.
#[derive(Default)]
struct Log(Vec<Commit>);

impl RunObserver for Log {
    fn saw(&mut self, commit: &Commit) {
        self.0.push(commit.clone());
    }

    fn drove(&mut self, _driven: Driven) {}
}

/// A number of things, and their bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    things: usize,
    bytes: usize,
}

impl Count {
    const fn add(&mut self, bytes: usize) {
        self.things += 1;
        self.bytes += bytes;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let commits = played()?;
    let tariffs = tariffs(&commits);
    let opening = Opening::new(&tariffs).with_key(Some(&KEY));
    let began = Instant::now();
    let written = written(&commits)?;
    let writing = began.elapsed();
    let began = Instant::now();
    for (commit, bytes) in commits.iter().zip(&written) {
        if stored::decode(bytes, opening)? != *commit {
            return Err(format!("{} {} is not what was written", commit.stream, commit.version).into());
        }
    }
    let reading = began.elapsed();
    follow(&written)?;
    report(&commits, &written)?;
    let count = u128::try_from(written.len())?.max(1);
    println!(
        "{} ns to write a commit, {} ns to read one and compare it",
        writing.as_nanos() / count,
        reading.as_nanos() / count
    );
    Ok(())
}

/// The commits of a quarter of an hour.
fn played() -> Result<Vec<Commit>, Box<dyn Error>> {
    let demand = Multiplier::new(0.25)?;
    let options = CityOptions {
        from: TimeOfDay::new(18, 0, 0)?,
        length: Millis::from_minutes(15),
        demand,
        drivers: drivers_for(demand),
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018")?))
    };
    let (_, Log(commits)) = play(&options, Log::default(), |_, _| {})?;
    Ok(commits)
}

/// The tariffs that quotes were made with.
fn tariffs(commits: &[Commit]) -> Vec<Arc<Tariff>> {
    let mut tariffs: Vec<Arc<Tariff>> = Vec::new();
    for event in commits.iter().flat_map(|commit| commit.events.iter()) {
        if let Event::Trip(TripEvent::Requested(request)) = event
            && let Ok(tariff) = request.quote().tariff()
            && !tariffs.contains(tariff)
        {
            tariffs.push(Arc::clone(tariff));
        }
    }
    tariffs
}

fn written(commits: &[Commit]) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut heads: BTreeMap<StreamId, Fingerprint> = BTreeMap::new();
    let mut written = Vec::with_capacity(commits.len());
    for commit in commits {
        let prev = heads.get(&commit.stream).copied();
        let bytes = stored::encode(commit, prev, Privacy::Sealed(&KEY))?;
        heads.insert(commit.stream, stored::hash(&bytes));
        written.push(bytes);
    }
    Ok(written)
}

fn follow(written: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    let mut chains: BTreeMap<StreamId, Chain> = BTreeMap::new();
    for bytes in written {
        let commit = Stored::read(bytes)?;
        let stream = commit.stream();
        chains
            .entry(stream)
            .or_insert_with(|| Chain::of(stream))
            .follow(&commit)?;
    }
    Ok(())
}

fn report(commits: &[Commit], written: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    let mut kinds: BTreeMap<&str, Count> = BTreeMap::new();
    let mut streams: BTreeMap<&str, Count> = BTreeMap::new();
    let mut trips = 0;
    for (commit, bytes) in commits.iter().zip(written) {
        let stream = match commit.stream {
            StreamId::Trip(_) => "trip",
            StreamId::Dispatch(_) => "dispatch",
            StreamId::Driver(_) => "driver",
            StreamId::Payment(..) => "payment",
            StreamId::Ops(_) => "ops",
            StreamId::Tariff(_) => "tariff",
        };
        streams.entry(stream).or_default().add(bytes.len());
        for (id, event) in commit.numbered() {
            let event_bytes = stored::encode_event(id, event, Privacy::Sealed(&KEY))?.len();
            // The frame of a message of its own: a byte of format, four of check.
            kinds.entry(event.name()).or_default().add(event_bytes - 5);
        }
        trips += commit
            .events
            .iter()
            .filter(|event| event.name() == "TripRequested")
            .count();
    }
    println!("Friday 18:00, 15 min, a quarter of the demand, seed 1: {trips} trips");
    println!("event                       count  bytes each");
    for (name, Count { things, bytes }) in &kinds {
        println!("{name:<24}{things:>9}{:>12}", bytes / things);
    }
    println!("stream     commits  bytes each  bytes a trip");
    let mut all = Count::default();
    for (name, Count { things, bytes }) in &streams {
        println!(
            "{name:<8}{things:>10}{:>12}{:>14}",
            bytes / things,
            bytes / trips.max(1)
        );
        all.things += things;
        all.bytes += bytes;
    }
    println!(
        "all     {:>10}{:>12}{:>14}",
        all.things,
        all.bytes / all.things.max(1),
        all.bytes / trips.max(1)
    );
    Ok(())
}
