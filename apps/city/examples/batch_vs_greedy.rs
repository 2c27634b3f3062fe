//! The exact optimum of each batch against each request's cheapest driver in turn: one city, one seed, two policies.
//!
//! `cargo run --release -p fiacre-city --example batch_vs_greedy -- [DEMAND] [DRIVERS] [SEED]`
//!
//! An hour of a Friday evening from 18:00. Riders have the same number under both policies, so that the same people are
//! compared: those who were driven under both. A policy that drops hard trips would look better on its own riders; the
//! completions stand beside it.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::demand::Multiplier;
use fiacre_city::run::{CityOptions, Played, RunObserver, drivers_for, play};
use fiacre_domain::event::Event;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::{TimeOfDay, Timestamp};
use fiacre_domain::trip::TripEvent;
use fiacre_domain::units::Millis;
use fiacre_services::fleet::Matching;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

/// What is compared of a ride, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Ridden {
    pickup: Millis,
    wait: Millis,
}

/// A trip on its way to a ride.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    rider: PrincipalId,
    asked_at: Timestamp,
    assigned_at: Timestamp,
    arrived_at: Timestamp,
}

/// Notes when each rider was assigned a driver and fetched.
#[derive(Debug, Default)]
struct Riders {
    waiting: BTreeMap<TripId, Waiting>,
    ridden: BTreeMap<PrincipalId, Ridden>,
}

impl RunObserver for Riders {
    fn saw(&mut self, commit: &Commit) {
        let Some(trip) = commit.stream.trip() else { return };
        for event in commit.events.iter() {
            if let Event::Trip(event) = event {
                self.observe(trip, event, commit.at);
            }
        }
    }

    fn drove(&mut self, _driven: fiacre_city::players::Driven) {}
}

impl Riders {
    fn observe(&mut self, trip: TripId, event: &TripEvent, at: Timestamp) {
        if let TripEvent::Requested(request) = event {
            let asked_at = request.accepted_at();
            let waiting = Waiting {
                rider: request.rider(),
                asked_at,
                assigned_at: asked_at,
                arrived_at: asked_at,
            };
            self.waiting.insert(trip, waiting);
        }
        let Some(waiting) = self.waiting.get_mut(&trip) else {
            return;
        };
        if let TripEvent::DriverNoted { .. } = event {
            waiting.assigned_at = at;
        } else if let TripEvent::DriverArrived { device, .. } = event {
            waiting.arrived_at = device.occurred_at.min(at);
        } else if let TripEvent::Completed(_) = event {
            let ridden = Ridden {
                pickup: waiting.arrived_at.since(waiting.assigned_at),
                wait: waiting.arrived_at.since(waiting.asked_at),
            };
            self.ridden.insert(waiting.rider, ridden);
        } else if let TripEvent::Closed = event {
            self.waiting.remove(&trip);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let demand: f64 = arguments.next().map_or(Ok(1.0), |text| text.parse())?;
    let drivers = arguments.next().map(|text| text.parse()).transpose()?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let multiplier = Multiplier::new(demand)?;
    let mut options = CityOptions {
        from: TimeOfDay::new(18, 0, 0)?,
        length: Millis::from_minutes(60),
        demand: multiplier,
        drivers: drivers.unwrap_or(drivers_for(multiplier)),
        seed,
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018")?))
    };
    println!(
        "Friday 18:00, 1 h, demand {demand}, {} drivers, seed {seed}",
        options.drivers
    );
    let batch = ridden(&options)?;
    options.matching = Matching::Greedy;
    let greedy = ridden(&options)?;
    println!("completed  batch {}  greedy {}", batch.len(), greedy.len());
    compare(&batch, &greedy);
    Ok(())
}

fn ridden(options: &CityOptions) -> Result<BTreeMap<PrincipalId, Ridden>, Box<dyn Error>> {
    let (played, riders): (Played, Riders) = play(options, Riders::default(), |_, _| {})?;
    if played.audit.findings_count() > 0 {
        return Err("the audit has findings: nothing to compare".into());
    }
    Ok(riders.ridden)
}

fn compare(batch: &BTreeMap<PrincipalId, Ridden>, greedy: &BTreeMap<PrincipalId, Ridden>) {
    let both: Vec<(Ridden, Ridden)> = batch
        .iter()
        .filter_map(|(rider, with_batch)| greedy.get(rider).map(|with_greedy| (*with_batch, *with_greedy)))
        .collect();
    println!("riders driven under both: {}", both.len());
    println!("mean, s    batch  greedy  batch − greedy");
    for (name, measure) in [
        ("pick-up", (|ridden| ridden.pickup) as fn(Ridden) -> Millis),
        ("wait", |ridden| ridden.wait),
    ] {
        let of_batch = mean_s(both.iter().map(|(batch, _)| measure(*batch)));
        let of_greedy = mean_s(both.iter().map(|(_, greedy)| measure(*greedy)));
        println!(
            "{name:<9}{of_batch:>7.2}{of_greedy:>8.2}{:>+9.2} ({:+.1}%)",
            of_batch - of_greedy,
            (of_batch / of_greedy - 1.0) * 100.0
        );
    }
}

fn mean_s(durations: impl ExactSizeIterator<Item = Millis>) -> f64 {
    let count = durations.len().max(1);
    let sum_ms: i64 = durations.map(Millis::get).sum();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let mean_ms = sum_ms as f64 / count as f64;
    mean_ms / 1_000.0
}
