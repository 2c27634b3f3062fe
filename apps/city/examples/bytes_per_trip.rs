//! What a live trip costs in memory: the heap allocated at the peak of live trips, at two demands.
//!
//! `cargo run --release -p fiacre-city --example bytes_per_trip`
//!
//! Both runs have the same drivers, so that what they hold cancels out; what is left of the difference is divided by the
//! difference in live trips.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::demand::Multiplier;
use fiacre_city::manhattan::Manhattan;
use fiacre_city::measures::Measures;
use fiacre_city::players::{Driven, Habits, Share};
use fiacre_city::run::{CityOptions, DRIVERS_PER_DEMAND, HOLDS_LOST, Spectator, play};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use fiacre_services::fleet::Matching;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::error::Error;
use std::sync::Arc;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Demands that are compared.
const DEMANDS: [f64; 2] = [0.5, 1.0];

/// Counts as the city's report does.
struct Watch(Measures);

impl Spectator for Watch {
    fn saw(&mut self, commit: &Commit) {
        self.0.observe(commit);
    }

    fn drove(&mut self, _driven: Driven) {}
}

/// The most live trips that were seen, what was allocated then, and how many trips had not closed.
#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    live: u64,
    open: usize,
    heap_bytes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut peaks = Vec::new();
    println!("Friday 18:00, 1 h, {DRIVERS_PER_DEMAND} drivers, seed 1");
    println!("demand  live trips  not closed  heap, bytes");
    for demand in DEMANDS {
        let peak = peak(demand)?;
        println!(
            "{demand:>6}{:>12}{:>12}{:>13}",
            peak.live, peak.open, peak.heap_bytes
        );
        peaks.push(peak);
    }
    let [low, high] = peaks.as_slice() else {
        return Err("two demands are compared".into());
    };
    let bytes = high.heap_bytes.saturating_sub(low.heap_bytes);
    let live = usize::try_from(high.live.saturating_sub(low.live))?;
    println!("{} bytes a live trip", bytes / live.max(1));
    let open = high.open.saturating_sub(low.open);
    println!("{} bytes a trip that has not closed", bytes / open.max(1));
    Ok(())
}

/// Plays, and looks at the heap every ten seconds.
fn peak(demand: f64) -> Result<Peak, Box<dyn Error>> {
    let options = CityOptions {
        weekday: Weekday::Friday,
        from: TimeOfDay::new(18, 0, 0)?,
        length: Millis::from_minutes(60),
        demand: Multiplier::new(demand)?,
        bursts: Vec::new(),
        drivers: DRIVERS_PER_DEMAND,
        seed: 1,
        tariff: Arc::new(fiacre_tariffs::built_in("nyc-2018")?),
        matching: Matching::Batch,
        habits: Habits::default(),
        payment_declines: Share::per_million(10_000),
        holds_lost: HOLDS_LOST,
    };
    let currency = options.tariff.currency();
    let measures = Measures::new(Arc::new(Manhattan::load()?), currency, options.start());
    let before = allocated();
    let mut peak = Peak::default();
    play(&options, Watch(measures), |moment, watch| {
        let live = watch.0.live().live_trips;
        if live > peak.live {
            peak = Peak {
                live,
                open: moment.open,
                heap_bytes: allocated().saturating_sub(before),
            };
        }
    })?;
    Ok(peak)
}

/// Bytes that are allocated now.
fn allocated() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}
