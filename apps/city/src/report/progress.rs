//! The line that shows how a run goes.

use super::words;
use crate::measures::LiveFigures;
use fiacre_domain::time::TimeOfDay;

/// What the progress line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// The city's local time.
    pub local_time: TimeOfDay,
    /// What was measured so far.
    pub figures: LiveFigures,
    /// Events a second of wall time, lately.
    pub events_per_s: u64,
}

/// One line of at most 100 columns, without its end: first what is now, then what has been so far.
pub fn progress_line(live: &Live) -> String {
    let LiveFigures {
        live_trips,
        waiting,
        confirmed,
        wait_p95_s,
        events: _,
    } = live.figures;
    format!(
        "{} now {:>6} trips, {:>6} wait · so far {:>6} confirmed, 95% ≤ {:>5} min · {:>7} events/s",
        words::clock(live.local_time),
        words::count(live_trips),
        words::count(waiting),
        words::count(confirmed),
        words::minutes(wait_p95_s),
        words::count(live.events_per_s),
    )
}
