//! What a live trip costs in memory: the heap allocated at the peak of live trips, at two demands.
//!
//! `cargo run --release -p fiacre-city --example bytes_per_trip -- [--at-most BYTES]`, also as `just bytes-per-trip`. Exits
//! with 1 where a live trip costs more than that, all told.
//!
//! Both runs have the same drivers, so that what they hold cancels out; the figure is the difference in allocated heap at the
//! two peaks, divided by the difference in live trips. It is the whole process's heap: the log, bus and timers of the trip,
//! and beside them the payment company's file, the audit, the measures, the rider and the driver of the simulation. Trips
//! that closed within the last twenty seconds are still kept, for late messages, and are no live trips any more.
//!
//! A part of it is not of live trips at all: drivers' streams, the payment company's files and the digest keep something of
//! every trip that ever was. What is left when all trips have closed says how much, and the last line is without it.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::demand::Multiplier;
use fiacre_city::manhattan::Manhattan;
use fiacre_city::measures::Measures;
use fiacre_city::run::{CityOptions, DRIVERS_PER_DEMAND, play};
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::Millis;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Demands that are compared.
const DEMANDS: [f64; 2] = [0.5, 1.0];

/// What was allocated at some moment, and for how many trips.
#[derive(Debug, Clone, Copy, Default)]
struct Moment {
    requested: u64,
    live: u64,
    heap_bytes: usize,
}

/// A run at its peak of live trips, and after the last of them closed.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    peak: Moment,
    end: Moment,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let bytes_max = at_most(std::env::args().skip(1))?;
    println!("Friday 18:00, 1 h, {DRIVERS_PER_DEMAND} drivers, seed 1");
    println!("demand  live trips  requested  heap, bytes  requested at the end  heap at the end");
    let [low, high] = DEMANDS.map(measured);
    let (low, high) = (low?, high?);
    let past = bytes_each(low.end, high.end, |moment| moment.requested);
    let all_told = bytes_each(low.peak, high.peak, |moment| moment.live);
    println!("{all_told} bytes a live trip");
    println!("{past} bytes are kept of every past trip");
    let live = |moment: Moment| {
        let of_past = past.saturating_mul(moment.requested.saturating_sub(moment.live));
        Moment {
            heap_bytes: moment
                .heap_bytes
                .saturating_sub(usize::try_from(of_past).unwrap_or(usize::MAX)),
            ..moment
        }
    };
    println!(
        "{} bytes a live trip without those",
        bytes_each(live(low.peak), live(high.peak), |moment| moment.live)
    );
    match bytes_max {
        Some(bytes_max) if all_told > bytes_max => {
            println!("more than the {bytes_max} bytes that a live trip may cost");
            Ok(ExitCode::FAILURE)
        }
        Some(_) | None => Ok(ExitCode::SUCCESS),
    }
}

/// The ceiling in bytes, where one is asked for. A misspelt one is an error: it would let everything pass.
fn at_most(mut arguments: impl Iterator<Item = String>) -> Result<Option<u64>, Box<dyn Error>> {
    let Some(option) = arguments.next() else {
        return Ok(None);
    };
    match (option.as_str(), arguments.next(), arguments.next()) {
        ("--at-most", Some(bytes), None) => Ok(Some(bytes.parse()?)),
        _ => Err("takes `--at-most BYTES` and nothing else".into()),
    }
}

/// The difference in bytes, over the difference in trips.
fn bytes_each(low: Moment, high: Moment, trips: fn(&Moment) -> u64) -> u64 {
    let bytes = high.heap_bytes.saturating_sub(low.heap_bytes) as u64;
    bytes / trips(&high).saturating_sub(trips(&low)).max(1)
}

fn measured(demand: f64) -> Result<Run, Box<dyn Error>> {
    let run = play_at(demand)?;
    let Run { peak, end } = run;
    println!(
        "{demand:>6}{:>12}{:>11}{:>13}{:>22}{:>17}",
        peak.live, peak.requested, peak.heap_bytes, end.requested, end.heap_bytes
    );
    Ok(run)
}

/// Plays, and looks at the heap every ten seconds.
fn play_at(demand: f64) -> Result<Run, Box<dyn Error>> {
    let options = CityOptions {
        from: TimeOfDay::new(18, 0, 0)?,
        length: Millis::from_minutes(60),
        demand: Multiplier::new(demand)?,
        drivers: DRIVERS_PER_DEMAND,
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018")?))
    };
    let currency = options.tariff.currency();
    let measures = Measures::new(Arc::new(Manhattan::load()?), currency, options.start());
    let before = allocated();
    let mut run = Run::default();
    play(&options, measures, |_, observer| {
        let now = observer.with(|measures| Moment {
            requested: measures.trips().requested,
            live: measures.live().live_trips,
            heap_bytes: allocated().saturating_sub(before),
        });
        if now.live > run.peak.live {
            run.peak = now;
        }
        run.end = now;
    })?;
    Ok(run)
}

/// Bytes that are allocated now.
fn allocated() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}
