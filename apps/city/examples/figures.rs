//! Prints the figures that the city's defaults rest on: demand by weekday, and how long and how far its trips are.
//!
//! `cargo run --release -p fiacre-city --example figures`
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fiacre_city::demand::{BusinessDay, Demand, DemandPlan};
use fiacre_city::manhattan::{Drive, Manhattan};
use fiacre_domain::geo::great_circle;
use fiacre_domain::time::{TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use std::error::Error;

const HOUR_MS: i64 = 3_600_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (manhattan, demand) = (Manhattan::load()?, Demand::load()?);
    for day in BusinessDay::ALL {
        let (trips, days) = (demand.trips_of_year(day), demand.days(day));
        println!(
            "{day:?}: {trips} trips on {days} days, {} a day",
            trips / u64::from(days)
        );
    }
    println!("\nFriday, demand 1, seed 0; a trip is on board from its request on, without pick-up times");
    println!("hour  requests  metres  over the line  seconds  km/h  on board, mean");
    let plan = DemandPlan::new(Weekday::Friday, TimeOfDay::MIDNIGHT, Millis::new(24 * HOUR_MS))?;
    let mut hours = vec![Hour::default(); 24];
    for request in demand.requests(&manhattan, plan) {
        let at = TimeOfDay::from_ms(u32::try_from(request.at().get())?)?;
        let drive = manhattan.drive(request.pickup(), request.dropoff(), at);
        let line_mm = great_circle(request.pickup(), request.dropoff()).get();
        let hour = usize::try_from(request.at().get() / HOUR_MS)?;
        hours[hour].add(drive, line_mm);
    }
    let mut all = Hour::default();
    for (hour, sums) in hours.iter().enumerate() {
        println!("{hour:02}:00 {}", sums.row(HOUR_MS));
        all.merge(*sums);
    }
    println!("all   {}", all.row(24 * HOUR_MS));
    Ok(())
}

#[derive(Debug, Clone, Copy, Default)]
struct Hour {
    requests: i64,
    distance_mm: i64,
    line_mm: i64,
    duration_ms: i64,
}

impl Hour {
    fn add(&mut self, drive: Drive, line_mm: i64) {
        self.merge(Self {
            requests: 1,
            distance_mm: drive.distance().get(),
            line_mm,
            duration_ms: drive.duration().get(),
        });
    }

    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.distance_mm += other.distance_mm;
        self.line_mm += other.line_mm;
        self.duration_ms += other.duration_ms;
    }

    /// Little's law: the mean number on board is what was begun in `span_ms`, times its mean duration, over `span_ms`.
    fn row(&self, span_ms: i64) -> String {
        format!(
            "{:>9}  {:>6}  {:>12}%  {:>7}  {:>4}  {:>14}",
            self.requests,
            self.distance_mm / self.requests.max(1) / 1_000,
            self.distance_mm * 100 / self.line_mm.max(1) - 100,
            self.duration_ms / self.requests.max(1) / 1_000,
            self.distance_mm * 36 / 10 / self.duration_ms.max(1),
            self.duration_ms / span_ms,
        )
    }
}
