//! Laws of pricing, over generated tariffs, rides and readings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod edits;
mod exceptions;
mod generate;
mod json;
mod laws;
mod order;
mod planted;
mod replay;
mod surges;

use fiacre_domain::pricing::{
    Cancellation, CancellationStage, DecidedBy, Fault, Meter, MeterReading, PricingError, Quote, QuoteParts,
    Receipt, Recorder, Ride, Schedule, Segment, Span, Surge, Tariff, Weekdays, Window,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::{CivilDateTime, TimeOfDay, Weekday};
use fiacre_domain::units::{Millimetres, Millis};
use generate::{Shape, Step, civil, parted_ride, ride, steps, take, tariff};
use proptest::prelude::*;
use std::sync::Arc;
use surges::surge;

fn read(tariff: &Tariff, started: CivilDateTime, ride: &Ride, steps: &[Step]) -> MeterReading {
    let mut recorder = Recorder::new(tariff, started, ride.circumstances().clone());
    for step in steps {
        take(&mut recorder, *step).unwrap();
    }
    recorder.finish().unwrap()
}

fn cancellations() -> Vec<Cancellation> {
    let stages = [
        CancellationStage::Searching,
        CancellationStage::Assigned {
            elapsed: Millis::from_minutes(2),
        },
        CancellationStage::Assigned {
            elapsed: Millis::from_minutes(3),
        },
        CancellationStage::Arrived { waited: Millis::ZERO },
        CancellationStage::NoShow {
            waited: Millis::from_minutes(5),
        },
    ];
    let faults = [Fault::Rider, Fault::Driver, Fault::Platform];
    stages
        .into_iter()
        .flat_map(|stage| faults.map(|fault| Cancellation::new(stage, fault)))
        .collect()
}

/// Everything that a quote can become.
fn receipts(quote: &Quote, reading: &MeterReading) -> Vec<Receipt> {
    let fees = cancellations()
        .into_iter()
        .map(|cancellation| quote.cancel(&cancellation).unwrap());
    let free = cancellations()
        .into_iter()
        .map(|cancellation| quote.cancel_unpriced(&cancellation));
    let rides = [
        quote.settle(reading).unwrap(),
        quote.settle_as_quoted().unwrap(),
        quote.settle_as_accepted(),
    ];
    fees.chain(free).chain(rides).collect()
}

prop_compose! {
    /// A quote and a reading under its tariff.
    fn priced()(
        tariff in tariff(Shape::Any),
        ride in parted_ride(),
        at in civil(),
        surge in surge(),
        steps in steps(),
    ) -> (Quote, MeterReading) {
        let tariff = Arc::new(tariff);
        let reading = read(&tariff, at, &ride, &steps);
        (tariff.quote(&ride, at, surge).unwrap(), reading)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_edit_reaches_each_leaf_of_what_is_computed((quote, reading) in priced(), which in any::<prop::sample::Index>()) {
        let receipts = receipts(&quote, &reading);
        prop_assert_eq!(edits::unedited(which.get(&receipts)), Vec::<String>::new());
    }
}

proptest! {
    #[test]
    fn lines_sum_to_the_total_which_the_hold_covers((quote, reading) in priced()) {
        prop_assert_eq!(laws::sum(&quote.lines().unwrap()), quote.total().minor());
        prop_assert!(quote.total().minor() >= 0 && quote.hold().minor() >= quote.total().minor());
        for receipt in receipts(&quote, &reading) {
            laws::lines_sum(&receipt)?;
            prop_assert!(receipt.total().minor() >= 0);
            prop_assert!(receipt.total().minor() <= quote.hold().minor());
        }
    }

    /// Of whatever it becomes: the fare, the cap, or a fee.
    #[test]
    fn what_a_rider_pays_is_what_the_gateway_takes_or_the_tariff_is_refused(
        tariff in tariff(Shape::Any), ride in ride(), at in civil(), surge in surge(), steps in steps(),
        gateway_step_minor in prop::sample::select(vec![1_i64, 2, 5, 10, 20]),
    ) {
        let tariff = Arc::new(tariff.with_gateway_step(gateway_step_minor).unwrap());
        let reading = read(&tariff, at, &ride, &steps);
        match tariff.quote(&ride, at, surge) {
            Ok(quote) => {
                prop_assert_eq!(quote.hold().minor() % gateway_step_minor, 0);
                for receipt in receipts(&quote, &reading) {
                    prop_assert_eq!(receipt.total().minor() % gateway_step_minor, 0);
                }
            }
            Err(refused) => {
                prop_assert_eq!(refused, PricingError::StepDoesNotFitGateway { gateway_step_minor });
                prop_assert!(gateway_step_minor > 1);
            }
        }
    }

    #[test]
    fn a_quote_is_what_is_stored_of_it((quote, _) in priced()) {
        let tariff = Arc::clone(quote.tariff().unwrap());
        let stored = Quote::from_parts(quote.parts()).and_then(|stored| stored.with_tariff(tariff));
        prop_assert_eq!(quote.is_recomputable(), Ok(true));
        prop_assert_eq!(stored, Ok(quote));
    }

    /// Whatever is brought under the name of a quote's tariff, and whatever is made of its amounts: what settles it is what it
    /// promised, within its hold, or it is refused.
    #[test]
    fn nothing_settles_a_quote_beyond_its_hold(
        (quote, reading) in priced(),
        other in tariff(Shape::Any),
        total_minor in 0_i64..5_000,
        more_minor in 0_i64..5_000,
    ) {
        let own = Arc::clone(quote.tariff().unwrap());
        let made_up = QuoteParts { total_minor, hold_minor: total_minor + more_minor, ..quote.parts() };
        for parts in [quote.parts(), made_up] {
            for tariff in [Arc::clone(&own), Arc::new(other.clone())] {
                let is_own = tariff == own;
                let stored = Quote::from_parts(parts.clone()).unwrap();
                let hold = stored.hold();
                let with_tariff = stored.with_tariff(tariff);
                prop_assert_eq!(with_tariff.is_ok(), is_own, "{:?}", with_tariff);
                let Ok(stored) = with_tariff else { continue };
                let settled = [stored.settle(&reading), stored.settle_as_quoted()];
                let fees = cancellations().into_iter().map(|cancellation| stored.cancel(&cancellation));
                for receipt in settled.into_iter().chain(fees) {
                    match receipt {
                        Ok(receipt) => prop_assert!(receipt.total().minor() <= hold.minor()),
                        Err(refused) => {
                            prop_assert_eq!(refused, PricingError::QuoteNotRecomputable);
                            prop_assert!(parts != quote.parts());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn tariffs_that_differ_have_editions_that_differ(one in tariff(Shape::Any), other in tariff(Shape::Any)) {
        prop_assert_eq!(one.edition() == other.edition(), one == other);
    }

    #[test]
    fn a_receipt_verifies_and_no_edited_field_of_it_does((quote, reading) in priced()) {
        for receipt in receipts(&quote, &reading) {
            prop_assert_eq!(receipt.verify(quote.tariff().unwrap()), Ok(()));
            for (field, edited) in edits::of(&receipt) {
                prop_assert!(edited != receipt, "the edit of {} changes nothing", field);
                prop_assert!(edited.verify(quote.tariff().unwrap()).is_err(), "an edit of {} was accepted", field);
            }
        }
    }

    #[test]
    fn a_quote_is_never_below_its_minimum_or_above_its_cap(
        tariff in tariff(Shape::Any), ride in parted_ride(), at in civil(), surge in surge(), minimum in 0_i64..5_000, more in 0_i64..9_000,
    ) {
        let cap = minimum + more;
        let unbound = tariff.with_minimum(0).unwrap().with_cap(cap).unwrap();
        let tariff = Arc::new(unbound.with_minimum(minimum).unwrap());
        let lines = tariff.quote(&ride, at, surge).unwrap().lines().unwrap();
        laws::bounded(&lines, minimum, cap)?;
    }

    #[test]
    fn a_reading_keeps_every_millimetre_and_millisecond(
        tariff in tariff(Shape::Any), ride in ride(), at in civil(), steps in steps(),
    ) {
        let reading = read(&tariff, at, &ride, &steps);
        let (mut mm, mut ms, mut waited) = (0, 0, 0);
        for step in &steps {
            match step {
                Step::Drive(more_mm, more_ms) => (mm, ms) = (mm + more_mm, ms + more_ms),
                Step::Wait(more_ms) => waited += more_ms,
                Step::Stop(_) | Step::Enter(_) | Step::Leave(_) | Step::Toll(_) | Step::Deviate(_) | Step::EndIn(_) => {}
            }
        }
        prop_assert_eq!(reading.distance().get(), mm);
        prop_assert_eq!(reading.duration().get(), ms + waited);
        prop_assert_eq!(reading.waiting().get(), waited);
        for slice in reading.slices() {
            let banded = slice.bands().iter().fold((0, 0), |(mm, ms), band| {
                (mm + band.distance().get(), ms + band.duration().get())
            });
            prop_assert_eq!(banded, (slice.distance().get(), slice.duration().get() - slice.waiting().get()));
            let into_quarter_ms = i64::from(slice.at().time().ms()) % 900_000;
            prop_assert!(into_quarter_ms + slice.duration().get() <= 900_000, "a slice stays in its quarter of an hour");
        }
    }

    #[test]
    fn how_often_the_device_reports_does_not_matter(
        tariff in tariff(Shape::Estimated), ride in ride(), at in civil(), mm in 0_i64..900_000, ms in 0_i64..300_000, parts in 1_i64..20,
    ) {
        let tariff = Arc::new(tariff.with_settlement(metered()));
        let quote = tariff.quote(&ride, at, Surge::NONE).unwrap();
        let once = read(&tariff, at, &ride, &[Step::Drive(mm * parts, ms * parts)]);
        let often: Vec<Step> = (0..parts).map(|_| Step::Drive(mm, ms)).collect();
        let often = read(&tariff, at, &ride, &often);
        prop_assert_eq!(quote.settle(&once).unwrap().metered(), quote.settle(&often).unwrap().metered());
    }

    #[test]
    fn a_window_is_half_open_and_belongs_to_the_day_it_begins_on(
        day in 0_usize..7, from in 0_u32..86_400_000, to in 0_u32..86_400_000, at in civil(),
    ) {
        let clock = |ms| TimeOfDay::from_ms(ms).unwrap();
        prop_assume!(from != to);
        let day = Weekday::ALL[day];
        let span = Span::new(Weekdays::of(&[day]).unwrap(), clock(from), clock(to)).unwrap();
        let mut schedule = Schedule::new(Vec::new()).unwrap();
        let window = Window::new("w".parse().unwrap(), DecidedBy::Start, vec![span]).unwrap();
        let window = schedule.add(window).unwrap();
        let open = |at: CivilDateTime| schedule.active(at, None).intersects(window);
        laws::half_open_from_its_day(open, day, (clock(from), clock(to)), at)?;
    }

    #[test]
    fn an_estimate_lies_between_its_bounds(
        metres in 20_i64..2_000, secs in 5_i64..300, mm in 0_i64..60_000_000, ms in 0_i64..7_200_000,
    ) {
        let segment = Segment::new(Millimetres::ZERO, Ratio::ONE, Ratio::from(metres * 1_000)).unwrap();
        let segment = segment.with_time(Ratio::from(secs * 1_000)).unwrap();
        let meter = Meter::joint(Ratio::ZERO, Ratio::ZERO, vec![segment]).unwrap();
        let units = meter.estimate_units(Millimetres::new(mm), Millis::new(ms)).unwrap();
        prop_assert!(units.low() <= units.likely() && units.likely() <= units.high());
        let by_distance = generate::ratio(mm, metres * 1_000);
        prop_assert_eq!(units.low(), by_distance.max(generate::ratio(ms, secs * 1_000)));
    }
}

/// The meter decides, and nothing is in its way.
fn metered() -> fiacre_domain::pricing::SettlementPolicy {
    use fiacre_domain::units::BasisPoints;
    let none = BasisPoints::ZERO;
    fiacre_domain::pricing::SettlementPolicy::new(none, none, BasisPoints::new(1_000_000), 1_000_000_000)
        .unwrap()
}
