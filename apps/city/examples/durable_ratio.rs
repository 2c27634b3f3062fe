//! What it costs to keep everything on disk: Friday's hour from 18:00, played in memory and on a folder, with one digest.
//!
//! `cargo run --release -p fiacre-city --example durable_ratio -- [DEMAND] [HOURS] [FOLDER]`; the folder is made within FOLDER
//! (default: the system's place for temporary files), and removed.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(
    clippy::disallowed_types,
    reason = "what is measured is the time of this world"
)]

use fiacre_city::demand::Multiplier;
use fiacre_city::keep::Folders;
use fiacre_city::players::Driven;
use fiacre_city::run::{CityOptions, Played, RunObserver, Venue, drivers_for, play_at};
use fiacre_domain::event::Event;
use fiacre_domain::stream::Commit;
use fiacre_domain::trip::TripEvent;
use fiacre_domain::units::Millis;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counts trips.
#[derive(Default)]
struct Trips(u64);

impl RunObserver for Trips {
    fn saw(&mut self, commit: &Commit) {
        let is_one = |event: &&Event| matches!(event, Event::Trip(TripEvent::Requested(_)));
        let requested = commit.events.iter().filter(is_one);
        self.0 += requested.count() as u64;
    }

    fn drove(&mut self, _driven: Driven) {}
}

/// A run, and what it took.
struct Taken {
    played: Played,
    trips: u64,
    wall: Duration,
    processor: Option<Duration>,
}

fn taken(options: &CityOptions, folders: Option<Folders>) -> Result<Taken, Box<dyn Error>> {
    let (began, before) = (Instant::now(), processor_time());
    let venue = Venue {
        folders,
        ..Venue::default()
    };
    let (played, trips) = play_at(options, venue, Trips::default(), |_, _| {})?;
    Ok(Taken {
        played,
        trips: trips.0,
        wall: began.elapsed(),
        processor: processor_time()
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before)),
    })
}

/// What this process has used of processors, where Linux says so.
fn processor_time() -> Option<Duration> {
    const TICKS_PER_S: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the command may hold blanks; what follows its bracket does not.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_S))
}

/// What the files of a folder take on disk, where that is known: less than their lengths, since a journal is made ahead.
fn bytes_of(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() {
            bytes_of(&entry.path())?
        } else {
            on_disk(&about)
        };
    }
    Ok(bytes)
}

#[cfg(unix)]
fn on_disk(about: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(about) * 512
}

#[cfg(not(unix))]
fn on_disk(about: &std::fs::Metadata) -> u64 {
    about.len()
}

fn show(name: &str, taken: &Taken) {
    let wall_s = taken.wall.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let events_per_s = taken.played.events as f64 / wall_s;
    println!(
        "{name:<9} {wall_s:>8.1} s  {:>8} s of processors  {events_per_s:>9.0} events/s",
        taken
            .processor
            .map_or_else(|| "?".to_owned(), |time| format!("{:.1}", time.as_secs_f64())),
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let demand: f64 = arguments.next().map_or(Ok(2.0), |text| text.parse())?;
    let hours: f64 = arguments.next().map_or(Ok(1.0), |text| text.parse())?;
    let place = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let demand = Multiplier::new(demand)?;
    #[expect(clippy::cast_possible_truncation, reason = "some hours")]
    let length = Millis::from_minutes((hours * 60.0) as i64);
    let options = CityOptions {
        from: "18:00".parse()?,
        length,
        demand,
        drivers: drivers_for(demand),
        ..CityOptions::friday(Arc::new(fiacre_tariffs::open("nyc-2018")?))
    };
    let folder = place.join(format!("fiacre-durable-ratio-{}", std::process::id()));
    let in_memory = taken(&options, None)?;
    show("memory", &in_memory);
    let on_disk = taken(&options, Some(Folders::new(folder.join("data"))))?;
    show("embedded", &on_disk);
    let bytes = bytes_of(&folder)?;
    std::fs::remove_dir_all(&folder)?;
    if on_disk.played.digest != in_memory.played.digest {
        return Err("the two runs came to different digests".into());
    }
    println!(
        "ratio     {:>8.2}  one digest ({}); {} trips, {} bytes a trip on disk",
        on_disk.wall.as_secs_f64() / in_memory.wall.as_secs_f64(),
        in_memory.played.digest,
        on_disk.trips,
        bytes / on_disk.trips.max(1),
    );
    Ok(())
}
