//! Events in plain words, a line each, and what stands behind them.

mod charge;
mod search;
mod trip;

use fiacre_domain::driver::DriverEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::DriverId;
use std::fmt::{self, Debug, Display};

/// What happened, and more of it a line each.
pub(super) fn of(event: &Event) -> (String, Vec<String>) {
    match event {
        Event::Trip(event) => trip::of(event),
        Event::Dispatch(event) => search::of(event),
        Event::Payment(event) => (charge::of(event), Vec::new()),
        Event::Driver(event) => (of_driver(event), Vec::new()),
        // No trip has one.
        Event::Ops(_) | Event::Tariff(_) => (event.name().to_owned(), Vec::new()),
    }
}

fn of_driver(event: &DriverEvent) -> String {
    match event {
        DriverEvent::Locked { round, fence, .. } => {
            format!("locked to this trip for round {round}, fence {fence}")
        }
        DriverEvent::LockRefused { round, .. } => format!("not locked for round {round}: busy or off duty"),
        DriverEvent::Released { fence, reason, .. } => format!("released, fence {fence}: {}", plain(reason)),
        DriverEvent::Online { .. }
        | DriverEvent::RegionChanged { .. }
        | DriverEvent::OfflineRequested
        | DriverEvent::Offline => plain(&event.name()),
    }
}

/// The name of a reason or a state, as words: `NoDriver` is `no driver`.
///
/// ```
/// use fiacre_auditing::timeline::plain;
/// use fiacre_domain::trip::FailReason;
/// assert_eq!(plain(&FailReason::ReassignmentsUsedUp), "reassignments used up");
/// ```
pub fn plain(name: &impl Debug) -> String {
    let mut words = String::new();
    let debug = format!("{name:?}");
    for letter in debug.trim_matches('"').chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The end of a driver's id: enough to tell drivers of one trip apart.
///
/// ```
/// use fiacre_domain::id::DriverId;
/// assert_eq!(fiacre_auditing::timeline::short(DriverId::from_u128(0x1f)).to_string(), "…0000001f");
/// ```
pub fn short(driver: DriverId) -> impl Display {
    struct Short(DriverId);
    impl Display for Short {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "…{:08x}", self.0.to_u128() & 0xffff_ffff)
        }
    }
    Short(driver)
}

/// A length of time in ms, as `2 min 30 s`, `3.4 s` or `80 ms`; a minus before it where it is below zero.
fn span(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    match (ms / 60_000, ms % 60_000) {
        (0, ms) if ms < 1_000 => format!("{sign}{ms} ms"),
        (0, ms) if ms.is_multiple_of(1_000) => format!("{sign}{} s", ms / 1_000),
        (0, ms) => format!("{sign}{}.{} s", ms / 1_000, ms % 1_000 / 100),
        (minutes, rest) if rest < 1_000 => format!("{sign}{minutes} min"),
        (minutes, rest) => format!("{sign}{minutes} min {} s", rest / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short_and_exact_enough() {
        let spans = [0, 80, 3_000, 3_450, -62_000, 120_000, 3_600_000].map(span);
        assert_eq!(
            spans,
            ["0 ms", "80 ms", "3 s", "3.4 s", "-1 min 2 s", "2 min", "60 min"]
        );
    }
}
