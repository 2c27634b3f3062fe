//! What a law says of one case. `planted.rs` shows that each refuses what breaks it.

use super::order::with_totals;
use fiacre_domain::pricing::{Line, LineKind, Receipt, Ride, Stage};
use fiacre_domain::time::{CivilDateTime, TimeOfDay, Weekday};
use fiacre_domain::units::Millis;
use proptest::prelude::*;

type Held = Result<(), TestCaseError>;

pub(crate) fn sum(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.amount().minor()).sum()
}

/// The lines come to the total, and those of the pay to the pay.
pub(crate) fn lines_sum(receipt: &Receipt) -> Held {
    prop_assert_eq!(sum(receipt.lines()), receipt.total().minor());
    let pay = receipt.pay().lines().iter().map(|line| line.amount().minor());
    prop_assert_eq!(pay.sum::<i64>(), receipt.pay().total().minor());
    Ok(())
}

/// What the minimum looks at is not below it, and what the cap looks at is not above that.
pub(crate) fn bounded(lines: &[Line], minimum_minor: i64, cap_minor: i64) -> Held {
    let is_after_minimum = |line: &Line| {
        matches!(
            line.kind(),
            LineKind::Surge | LineKind::Rounding(Stage::Surge | Stage::Total)
        )
    };
    let looked_at = lines
        .iter()
        .filter(|line| line.is_in_minimum() && !is_after_minimum(line));
    prop_assert!(looked_at.map(|line| line.amount().minor()).sum::<i64>() >= minimum_minor);
    let up_to_cap = lines.iter().take_while(|line| {
        !matches!(
            line.kind(),
            LineKind::Discount(_)
                | LineKind::Tax(_)
                | LineKind::TaxIncluded(_)
                | LineKind::PassThrough(_)
                | LineKind::Toll(_)
                | LineKind::Rounding(Stage::Total)
        )
    });
    prop_assert!(up_to_cap.map(|line| line.amount().minor()).sum::<i64>() <= cap_minor);
    Ok(())
}

/// `more` millimetres, or milliseconds of driving, of waiting or of slow driving, never make `total` less.
pub(crate) fn more_never_costs_less(total: impl Fn(&Ride) -> i64, ride: &Ride, more: i64) -> Held {
    let (mm, ms) = (ride.distance().get(), ride.duration().get());
    let before = total(ride);
    prop_assert!(total(&with_totals(ride, mm + more, ms)) >= before);
    prop_assert!(total(&with_totals(ride, mm, ms + more)) >= before);
    let waiting = ride.waiting().saturating_add(Millis::new(more));
    prop_assert!(total(&with_totals(ride, mm, ms + more).with_waiting(waiting)) >= before);
    if let Some(slow) = ride.slow() {
        let slower = with_totals(ride, mm, ms + more).with_slow(slow.saturating_add(Millis::new(more)));
        prop_assert!(total(&slower) >= before);
    }
    Ok(())
}

/// A span of `day` is open from its begin to before its end, and belongs to the day on which it began.
pub(crate) fn half_open_from_its_day(
    open: impl Fn(CivilDateTime) -> bool,
    day: Weekday,
    (from, to): (TimeOfDay, TimeOfDay),
    at: CivilDateTime,
) -> Held {
    let length_ms = if to > from {
        to.ms() - from.ms()
    } else {
        to.ms() + 86_400_000 - from.ms()
    };
    let days = |days: i64| Millis::new(days * 86_400_000);
    // By the milliseconds since the span last began: another way to say the same.
    let since_ms = (0..7)
        .map(|earlier| at.plus(days(-earlier)).unwrap())
        .find(|earlier| earlier.date().weekday() == day)
        .map(|earlier| {
            let began = CivilDateTime::new(earlier.date(), from);
            at.to_timestamp(Millis::ZERO)
                .since(began.to_timestamp(Millis::ZERO))
                .get()
        })
        .unwrap();
    prop_assert_eq!(open(at), (0..i64::from(length_ms)).contains(&since_ms));
    let mut begins = (0..7).map(|later| at.plus(days(later)).unwrap().date());
    let first = CivilDateTime::new(begins.find(|date| date.weekday() == day).unwrap(), from);
    let last = first.plus(Millis::new(i64::from(length_ms) - 1)).unwrap();
    prop_assert!(open(first) && open(last));
    prop_assert!(!open(last.plus(Millis::new(1)).unwrap()));
    prop_assert!(!open(first.plus(Millis::new(-1)).unwrap()));
    Ok(())
}
