//! How zones were served, and how evenly.

use super::histogram::Histogram;
use super::quotient::quotient;
use crate::manhattan::{Manhattan, ZoneIndex};
use serde::Serialize;

/// A zone with fewer requests is left out of comparisons: its p95 would be one rider's luck.
pub const REQUESTS_COMPARED_MIN: u32 = 20;

#[derive(Debug, Clone)]
struct Zone {
    number: u16,
    name: String,
    requested: u32,
    unserved: u32,
    waits: Histogram,
}

/// All zones, by pick-up.
#[derive(Debug, Clone)]
pub(super) struct Zones {
    zones: Vec<Zone>,
}

/// How one zone's riders were served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneFigures {
    /// Its number at New York's Taxi and Limousine Commission.
    pub zone: u16,
    /// Orders with their pick-up here.
    pub requested: u32,
    /// Those that ended without a ride, for whatever reason.
    pub unserved: u32,
    /// The median wait, in seconds.
    pub wait_p50: Option<u32>,
    /// The 95th percentile of waits, in seconds.
    pub wait_p95: Option<u32>,
    /// Its name.
    pub name: String,
}

impl ZoneFigures {
    /// The share that ended without a ride, of 1.
    pub fn unserved_share(&self) -> Option<f64> {
        quotient(i128::from(self.unserved), i128::from(self.requested), 4)
    }
}

/// The tenth of the zones that fares worst beside the tenth that fares best: waits as the mean of its zones' p95, unserved as
/// the share of its riders. Only zones with [`REQUESTS_COMPARED_MIN`] requests are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Equity {
    /// How many zones are compared.
    pub zones: usize,
    /// The 95th percentile of waits in the worst decile, in seconds.
    pub wait_p95_worst_s: Option<f64>,
    /// The same in the best.
    pub wait_p95_best_s: Option<f64>,
    /// Worst ÷ best.
    pub wait_p95_ratio: Option<f64>,
    /// The share without a ride in the worst decile, of 1.
    pub unserved_worst: Option<f64>,
    /// The same in the best.
    pub unserved_best: Option<f64>,
    /// Worst ÷ best; `None` where the best leaves nobody unserved.
    pub unserved_ratio: Option<f64>,
}

impl Zones {
    pub(super) fn new(manhattan: &Manhattan) -> Self {
        let zones = manhattan.zones().iter().map(|zone| Zone {
            number: zone.number(),
            name: zone.name().to_owned(),
            requested: 0,
            unserved: 0,
            waits: Histogram::default(),
        });
        Self {
            zones: zones.collect(),
        }
    }

    pub(super) fn number(&self, zone: ZoneIndex) -> Option<u16> {
        self.zones.get(zone.get()).map(|zone| zone.number)
    }

    pub(super) fn requested(&mut self, zone: ZoneIndex) {
        if let Some(zone) = self.zones.get_mut(zone.get()) {
            zone.requested += 1;
        }
    }

    pub(super) fn unserved(&mut self, zone: ZoneIndex) {
        if let Some(zone) = self.zones.get_mut(zone.get()) {
            zone.unserved += 1;
        }
    }

    pub(super) fn waited(&mut self, zone: ZoneIndex, wait_ms: i64) {
        if let Some(zone) = self.zones.get_mut(zone.get()) {
            zone.waits.record(wait_ms);
        }
    }

    /// By ascending number.
    pub(super) fn figures(&self) -> Vec<ZoneFigures> {
        let figures = self.zones.iter().map(|zone| ZoneFigures {
            zone: zone.number,
            requested: zone.requested,
            unserved: zone.unserved,
            wait_p50: zone.waits.percentile_s(50),
            wait_p95: zone.waits.percentile_s(95),
            name: zone.name.clone(),
        });
        figures.collect()
    }
}

impl Equity {
    /// Compares the deciles of `zones`.
    pub fn of(zones: &[ZoneFigures]) -> Self {
        let compared = || {
            zones
                .iter()
                .filter(|zone| zone.requested >= REQUESTS_COMPARED_MIN)
        };
        let waits = compared()
            .filter_map(|zone| zone.wait_p95)
            .map(|wait_s| (i128::from(wait_s), 1));
        let unserved = compared().map(|zone| (i128::from(zone.unserved), i128::from(zone.requested)));
        let (wait_best, wait_worst) = deciles(waits.collect());
        let (unserved_best, unserved_worst) = deciles(unserved.collect());
        let mean = |(numerator, denominator), digits| quotient(numerator, denominator, digits);
        let ratio = |worst: (i128, i128), best: (i128, i128)| quotient(worst.0 * best.1, worst.1 * best.0, 2);
        Self {
            zones: compared().count(),
            wait_p95_worst_s: mean(wait_worst, 1),
            wait_p95_best_s: mean(wait_best, 1),
            wait_p95_ratio: ratio(wait_worst, wait_best),
            unserved_worst: mean(unserved_worst, 4),
            unserved_best: mean(unserved_best, 4),
            unserved_ratio: ratio(unserved_worst, unserved_best),
        }
    }
}

/// The lowest and the highest tenth (at least one) of some quotients, numerators and denominators summed up: (best, worst).
fn deciles(mut quotients: Vec<(i128, i128)>) -> ((i128, i128), (i128, i128)) {
    quotients.sort_by_key(|(numerator, denominator)| numerator * 1_000_000 / (*denominator).max(1));
    let tenth = quotients.len().div_ceil(10);
    let sum = |part: &[(i128, i128)]| {
        part.iter()
            .fold((0, 0), |sum, quotient| (sum.0 + quotient.0, sum.1 + quotient.1))
    };
    let best = quotients.get(..tenth).map(sum);
    let worst = quotients.get(quotients.len() - tenth..).map(sum);
    (best.unwrap_or_default(), worst.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(number: u16, requested: u32, unserved: u32, wait_p95: Option<u32>) -> ZoneFigures {
        ZoneFigures {
            zone: number,
            requested,
            unserved,
            wait_p50: wait_p95,
            wait_p95,
            name: number.to_string(),
        }
    }

    #[test]
    fn equity_compares_the_outer_deciles_of_busy_zones() {
        let mut zones: Vec<ZoneFigures> = (1..=20)
            .map(|number| zone(number, 100, u32::from(number), Some(u32::from(number) * 10)))
            .collect();
        zones.push(zone(99, REQUESTS_COMPARED_MIN - 1, 19, Some(7_000)));
        let equity = Equity::of(&zones);
        assert_eq!(equity.zones, 20);
        assert_eq!(
            (equity.wait_p95_best_s, equity.wait_p95_worst_s),
            (Some(15.0), Some(195.0))
        );
        assert_eq!(equity.wait_p95_ratio, Some(13.0));
        assert_eq!(
            (equity.unserved_best, equity.unserved_worst),
            (Some(0.015), Some(0.195))
        );
        assert_eq!(equity.unserved_ratio, Some(13.0));
    }

    #[test]
    fn quiet_cities_have_no_equity_and_full_service_no_ratio() {
        let quiet = Equity::of(&[zone(1, 3, 3, None)]);
        assert_eq!(
            (quiet.zones, quiet.wait_p95_worst_s, quiet.unserved_worst),
            (0, None, None)
        );
        let served = Equity::of(&[zone(1, 50, 0, Some(60)), zone(2, 50, 5, Some(120))]);
        assert_eq!((served.unserved_best, served.unserved_ratio), (Some(0.0), None));
        assert_eq!(served.wait_p95_ratio, Some(2.0));
    }
}
