//! Drivers' phones: beginning a shift, and saying where they are.

use super::Players;
use super::cab::{Cab, Doing, driver_id};
use super::habits::Draw;
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::sync::Arc;

/// How often some of the phones report.
pub(super) const TICK: Millis = Millis::from_secs(1);
/// An idle driver's phone reports every so many ticks; each phone has its own second.
pub(super) const IDLE_TICKS: usize = 20;
/// The phone of a driver with a trip: nobody matches them meanwhile.
const BUSY_TICKS: usize = 60;
/// Seats of an ordinary cab.
const SEATS: u8 = 4;

impl Players {
    pub(super) async fn begin_shifts(&mut self, cabs: usize) {
        let now = self.clock.now();
        let haunts = self.scene.haunts.len() as u64;
        let Ok(capabilities) = Capabilities::new(SEATS) else {
            return;
        };
        let fallback = self.scene.manhattan.zones()[0].centroid();
        let mut samples = Vec::with_capacity(cabs);
        for number in 0..cabs {
            let mut random = self.dice.of(Draw::Start, number as u64, 0);
            let haunt = usize::try_from(random.below(haunts))
                .ok()
                .and_then(|at| self.scene.haunts.get(at).copied());
            let place: Place = haunt.unwrap_or(fallback);
            self.cabs.push(Cab::at(place, now));
            let driver = driver_id(number);
            let (drivers, origin) = (Arc::clone(&self.drivers), self.origin());
            self.calls
                .ask(async move { drivers.go_online(origin, driver, capabilities).await });
            if let Some(car) = self.cabs.get_mut(number) {
                samples.push(Sample::new(driver, place, now, u64::from(car.next_sequence())));
            }
            if let Ok(cab) = u32::try_from(number) {
                self.idle(cab, now);
            }
        }
        self.hear_back().await;
        self.report(samples).await;
    }

    /// Those phones report whose second it is.
    pub(super) async fn report_places(&mut self, now: Timestamp) {
        let tick = usize::try_from(now.ms().rem_euclid(86_400_000) / TICK.get()).unwrap_or(0);
        let mut samples = Vec::with_capacity(self.cabs.len() / IDLE_TICKS + 1);
        let first = tick % IDLE_TICKS;
        for (number, cab) in self.cabs.iter_mut().enumerate().skip(first).step_by(IDLE_TICKS) {
            let due = match cab.doing() {
                Doing::Nothing => false,
                Doing::Idle => true,
                Doing::Fetching(_) | Doing::Carrying(_) => tick % BUSY_TICKS == number % BUSY_TICKS,
            };
            if due {
                let place = cab.place(now);
                samples.push(Sample::new(
                    driver_id(number),
                    place,
                    now,
                    u64::from(cab.next_sequence()),
                ));
            }
        }
        self.report(samples).await;
    }

    async fn report(&self, samples: Vec<Sample>) {
        if !samples.is_empty()
            && let Err(error) = self.drivers.locate(samples).await
        {
            self.told(&error);
        }
    }
}
