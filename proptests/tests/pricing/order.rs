//! More of a ride never costs less: where that holds, over generated tariffs, and by numbers where it does not.

use super::generate::{Shape, Step, civil, ride, steps, tariff};
use super::surges::surge;
use super::{laws, metered, read};
use fiacre_domain::pricing::{Ride, Tariff};
use fiacre_domain::units::{Millimetres, Millis};
use proptest::prelude::*;
use std::sync::Arc;

/// A tariff and a ride of which it can tell that more of it never costs less.
fn planned() -> impl Strategy<Value = (Tariff, Ride)> {
    let known = ride().prop_map(|ride| {
        let slow = ride.slow().unwrap_or(Millis::ZERO);
        ride.with_slow(slow)
    });
    prop_oneof![(tariff(Shape::Estimated), ride()), (tariff(Shape::Known), known)]
}

/// The same ride with other totals.
pub(crate) fn with_totals(ride: &Ride, distance_mm: i64, duration_ms: i64) -> Ride {
    let other = Ride::new(Millimetres::new(distance_mm), Millis::new(duration_ms))
        .with_circumstances(ride.circumstances().clone())
        .with_waiting(ride.waiting());
    match ride.slow() {
        Some(slow) => other.with_slow(slow),
        None => other,
    }
}

proptest! {
    #[test]
    fn more_distance_or_time_never_costs_less(
        (tariff, ride) in planned(), at in civil(), surge in surge(), more in prop_oneof![0_i64..1_000, 0_i64..3_000_000],
    ) {
        let tariff = Arc::new(tariff);
        let total = |ride: &Ride| tariff.quote(ride, at, surge).unwrap().total().minor();
        laws::more_never_costs_less(total, &ride, more)?;
    }

    #[test]
    fn driving_on_never_costs_less(
        tariff in tariff(Shape::Onward), ride in ride(), at in civil(), surge in surge(), steps in steps(),
        mm in 0_i64..3_000_000, ms in 0_i64..900_000, waiting_ms in 0_i64..900_000,
    ) {
        let settled = |tariff: &Arc<Tariff>, steps: &[Step]| {
            let quote = tariff.quote(&ride, at, surge).unwrap();
            let receipt = quote.settle(&read(tariff, at, &ride, steps)).unwrap();
            (receipt.metered().unwrap().minor(), receipt.total().minor())
        };
        let on = |last: Step| steps.iter().copied().chain([last]).collect::<Vec<Step>>();
        let banded = Arc::new(tariff);
        let metered = Arc::new(Tariff::clone(&banded).with_settlement(metered()));
        for tariff in [&banded, &metered] {
            let before = settled(tariff, &steps);
            for last in [Step::Drive(mm, ms), Step::Wait(waiting_ms)] {
                let after = settled(tariff, &on(last));
                prop_assert!(after.0 >= before.0 && after.1 >= before.1, "{:?} after {:?}", after, before);
            }
        }
    }
}
