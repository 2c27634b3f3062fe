//! A reading under another tariff: what the meter would have shown lies between the bounds.

use super::generate::{Shape, Step, civil, ride, steps, take, tariff};
use super::{metered, read};
use fiacre_domain::pricing::{PricingError, Recorder, Ride, Surge, Tariff};
use fiacre_domain::time::CivilDateTime;
use proptest::prelude::*;
use std::sync::Arc;

/// What the meter of `tariff` shows when it is the one in the car.
fn shown(tariff: &Arc<Tariff>, started: CivilDateTime, ride: &Ride, steps: &[Step]) -> i64 {
    let mut recorder = Recorder::new(tariff, started, ride.circumstances().clone());
    for step in steps {
        take(&mut recorder, *step).unwrap();
    }
    let quote = tariff.quote(ride, started, Surge::NONE).unwrap();
    quote
        .settle(&recorder.finish().unwrap())
        .unwrap()
        .metered()
        .unwrap()
        .minor()
}

proptest! {
    #[test]
    fn the_meter_in_the_car_shows_something_between_the_bounds(
        recorded in tariff(Shape::Any), other in tariff(Shape::Alike), ride in ride(), at in civil(), steps in steps(),
    ) {
        let other = Arc::new(other.with_settlement(metered()));
        let reading = read(&recorded, at, &ride, &steps);
        let shown = shown(&other, at, &ride, &steps);
        let replay = other.replay(&reading, &Surge::NONE).unwrap();
        prop_assert!(replay.low().minor() <= shown && shown <= replay.high().minor(), "{} in {:?}", shown, replay);
        if replay.is_exact() {
            prop_assert_eq!(replay.low(), replay.high());
        }
    }

    #[test]
    fn a_tariff_replays_its_own_readings_to_the_unit(
        recorded in tariff(Shape::Alike), ride in ride(), at in civil(), steps in steps(),
    ) {
        let recorded = Arc::new(recorded.with_settlement(metered()));
        let reading = read(&recorded, at, &ride, &steps);
        let shown = shown(&recorded, at, &ride, &steps);
        let replay = recorded.replay(&reading, &Surge::NONE).unwrap();
        prop_assert!(replay.low().minor() <= shown && shown <= replay.high().minor());
    }

    #[test]
    fn any_tariff_answers_or_says_that_it_cannot(
        recorded in tariff(Shape::Any), other in tariff(Shape::Any), ride in ride(), at in civil(), steps in steps(),
    ) {
        let reading = read(&recorded, at, &ride, &steps);
        match other.replay(&reading, &Surge::NONE) {
            Ok(replay) => prop_assert!(!replay.is_exact() || replay.low() == replay.high()),
            Err(error) => prop_assert_eq!(error, PricingError::ReadingNotCut),
        }
    }
}
