//! What a taximeter shows: how far and how long the car drove in which zones, how much of it standing, and the wait before.

use crate::manhattan::{street, traffic};
use fiacre_domain::geo::{Stretch, ZoneMap};
use fiacre_domain::id::ZoneId;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, PricingError, Quote, Recorder};
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::{Millimetres, Millis};

/// What a car did with its rider.
#[derive(Debug)]
pub(super) struct Trace {
    /// The pick-up, where the plan changed, and where it is now: from each to the next along an avenue, then across.
    pub(super) way: Vec<Place>,
    pub(super) distance: Millimetres,
    pub(super) duration: Millis,
    /// How long it waited at the pick-up for the rider to get in.
    pub(super) waited: Millis,
}

impl Trace {
    /// Nothing yet.
    pub(super) fn begun_at(pick_up: Place) -> Self {
        Self {
            way: vec![pick_up],
            distance: Millimetres::ZERO,
            duration: Millis::ZERO,
            waited: Millis::ZERO,
        }
    }

    /// What the meter shows under the quote's tariff where the rider got in at local time `boarded`. The wait for the rider is on it
    /// where the tariff has a rule for waiting: New York's meters begin when the rider is in.
    pub(super) fn reading(
        &self,
        quote: &Quote,
        zones: &ZoneMap,
        boarded: CivilDateTime,
    ) -> Result<MeterReading, PricingError> {
        let tariff = quote.tariff()?;
        let waited = if tariff.prices_waiting() {
            self.waited
        } else {
            Millis::ZERO
        };
        let started = boarded.plus(Millis::ZERO.saturating_sub(waited));
        let mut recorder = quote.recorder(started.ok_or(PricingError::RideOutOfCalendar)?)?;
        recorder.wait(waited)?;
        // The city plays no tariff whose zones it does not know.
        if let Ok(map) = zones.under(tariff) {
            recorder = recorder.zones_as_driven();
            recorder.end_in(self.way.last().and_then(|place| map.zone_at(*place)));
            self.drive(&mut recorder, &map.stretches(&self.along_streets()))?;
        } else {
            self.drive(&mut recorder, &[])?;
        }
        recorder.finish()
    }

    fn along_streets(&self) -> Vec<Place> {
        let mut streets = Vec::with_capacity(self.way.len() * 2);
        streets.extend(self.way.first());
        for (from, to) in self.way.iter().zip(self.way.iter().skip(1)) {
            streets.extend([street::corner(*from, *to), *to]);
        }
        streets
    }

    /// Drives the stretches one after the other, each its share of the distance, of the time and of the standing; what rounding
    /// leaves is driven in the last one.
    fn drive(&self, recorder: &mut Recorder<'_>, stretches: &[Stretch]) -> Result<(), PricingError> {
        let standing = traffic::standing(self.distance, self.duration).min(self.duration);
        let whole = [
            self.distance.get(),
            self.duration.saturating_sub(standing).get(),
            standing.get(),
        ];
        let length: i64 = stretches.iter().map(|stretch| stretch.length().get()).sum();
        let (last, before) = match stretches {
            [before @ .., last] => (last.zone(), before),
            [] => (None, stretches),
        };
        let mut left = whole;
        for stretch in before {
            let parts = whole.map(|whole| share(whole, stretch.length().get(), length));
            left = std::array::from_fn(|at| left[at] - parts[at]);
            drive_inside(recorder, stretch.zone(), parts)?;
        }
        drive_inside(recorder, last, left)
    }
}

/// Drives so far, rolling and standing so long, in a zone.
fn drive_inside(
    recorder: &mut Recorder<'_>,
    zone: Option<ZoneId>,
    [distance, rolling, standing]: [i64; 3],
) -> Result<(), PricingError> {
    if let Some(zone) = zone {
        recorder.enter(zone)?;
    }
    recorder.drive(Millimetres::new(distance), Millis::new(rolling))?;
    recorder.drive(Millimetres::ZERO, Millis::new(standing))?;
    if let Some(zone) = zone {
        recorder.leave(zone);
    }
    Ok(())
}

/// `whole × part ÷ of`, rounded down; nothing of it where `of` is nothing.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let exact = i128::from(whole) * i128::from(part);
    exact
        .checked_div(i128::from(of))
        .and_then(|share| i64::try_from(share).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manhattan::tariff_zones;
    use fiacre_domain::pricing::{Ride, Surge, Tariff};
    use std::sync::Arc;

    const BOARDED: &str = "2018-06-08T18:00";

    fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
        Place::from_e7(latitude_e7, longitude_e7).unwrap()
    }

    fn quote(tariff: &str) -> Quote {
        let tariff: Arc<Tariff> = Arc::new(fiacre_tariffs::built_in(tariff).unwrap());
        let ride = Ride::new(Millimetres::from_metres(9_000), Millis::from_minutes(30));
        tariff
            .quote(&ride, BOARDED.parse().unwrap(), Surge::NONE)
            .unwrap()
    }

    fn reading(tariff: &str, way: Vec<Place>) -> MeterReading {
        let trace = Trace {
            way,
            distance: Millimetres::from_metres(9_000),
            duration: Millis::from_minutes(30),
            waited: Millis::from_secs(40),
        };
        let map = tariff_zones::map(&[]).unwrap();
        trace
            .reading(&quote(tariff), &map, BOARDED.parse().unwrap())
            .unwrap()
    }

    /// From Columbia past the park to Wall Street.
    #[test]
    fn a_meter_shows_the_zones_driven_through_and_all_that_was_driven() {
        let (columbia, wall_street) = (place(408_075_000, -739_626_000), place(407_060_000, -740_090_000));
        let shown = reading("nyc-2022", vec![columbia, wall_street]);
        let names: Vec<&str> = shown.zones().iter().map(ZoneId::as_str).collect();
        assert_eq!(names, ["manhattan", "south-of-96", "south-of-60"]);
        assert_eq!(shown.distance(), Millimetres::from_metres(9_000));
        assert_eq!(
            shown.duration(),
            Millis::from_minutes(30),
            "the meter begins when the rider is in"
        );
        let of_zone = |bit: u64| {
            let slices = shown.slices().iter().filter(|slice| slice.zones() == 1 << bit);
            slices.map(|slice| slice.distance().get()).sum::<i64>() / 1_000
        };
        let [north, middle, south] = [0, 1, 2].map(of_zone);
        assert!((700..1_500).contains(&north), "{north} m north of 96th Street");
        assert!(
            (1_500..2_500).contains(&middle),
            "{middle} m between 96th and 60th"
        );
        // The rest leads over the water beside Battery Park City: corners are those of a grid.
        assert!((3_500..6_500).contains(&south), "{south} m south of 60th");
        assert_eq!(shown.circumstances().end(), Some("south-of-60".parse().unwrap()));
    }

    #[test]
    fn a_ride_that_ends_on_the_way_touches_no_zone_ahead() {
        let (columbia, cloisters) = (place(408_075_000, -739_626_000), place(408_649_000, -739_317_000));
        let shown = reading("nyc-2022", vec![columbia, cloisters]);
        assert_eq!(shown.zones(), ["manhattan".parse().unwrap()]);
        let nowhere = reading("nyc-2022", vec![columbia]);
        assert_eq!(
            nowhere.distance(),
            Millimetres::from_metres(9_000),
            "what was driven is kept"
        );
    }

    #[test]
    fn a_wait_is_shown_where_waiting_has_a_price() {
        let way = vec![place(408_075_000, -739_626_000), place(407_060_000, -740_090_000)];
        let shown = reading("bengaluru-cab", way.clone());
        assert_eq!(shown.waiting(), Millis::from_secs(40));
        assert_eq!(shown.started(), "2018-06-08T17:59:20".parse().unwrap());
        assert_eq!(reading("nyc-2018", way).waiting(), Millis::ZERO);
    }
}
