//! What a terminal shows while the city plays.

use super::options::Pace;
use fiacre_city::measures::LiveFigures;
use fiacre_city::report::{Live, Style, WIDTH_MAX, WIDTH_MIN, progress_line};
use fiacre_city::run::Moment;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// A line that is longer than the terminal is wide is cut, not wrapped: what is wrapped cannot be drawn over.
const WRAP_OFF: &str = "\x1b[?7l";
const WRAP_ON: &str = "\x1b[?7h";

/// The progress line, and the pace.
pub(super) struct Screen {
    is_terminal: bool,
    pace: Pace,
    began: Instant,
    first_ms: Option<i64>,
    drawn_at: Instant,
    drawn_events: u64,
}

impl Screen {
    pub(super) fn new(pace: Pace) -> Self {
        let now = Instant::now();
        let is_terminal = io::stderr().is_terminal() && !is_dumb();
        Self {
            is_terminal,
            pace,
            began: now,
            first_ms: None,
            drawn_at: now,
            drawn_events: 0,
        }
    }

    /// Whether it is time to draw the line.
    pub(super) fn is_due(&self) -> bool {
        self.is_terminal && self.drawn_at.elapsed() >= DRAW_EVERY
    }

    /// Draws the line.
    pub(super) fn show(&mut self, moment: &Moment, figures: LiveFigures) {
        let since = self.drawn_at.elapsed();
        let events = u128::from(figures.events.saturating_sub(self.drawn_events));
        let events_per_s = u64::try_from(events * 1_000 / since.as_millis().max(1)).unwrap_or(u64::MAX);
        let Some(local) = moment.civil else { return };
        let line = progress_line(&Live {
            local_time: local.time(),
            figures,
            events_per_s,
        });
        // A terminal that cannot be written to loses the line, not the run.
        let _ = write!(io::stderr(), "\r{WRAP_OFF}{line}\x1b[K{WRAP_ON}");
        self.drawn_at = Instant::now();
        self.drawn_events = figures.events;
    }

    /// Waits where the city is ahead of its pace.
    pub(super) fn keep_pace(&mut self, moment: &Moment) {
        let Pace::Times(factor) = self.pace else { return };
        let first_ms = *self.first_ms.get_or_insert(moment.now.ms());
        let virtual_ms = u64::try_from(moment.now.ms() - first_ms).unwrap_or(0);
        let due = Duration::from_millis(virtual_ms / u64::from(factor));
        std::thread::sleep(due.saturating_sub(self.began.elapsed()));
    }

    pub(super) fn clear(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// How the report is drawn: in colour where stdout is a terminal and nobody objects (<https://no-color.org>); as wide as
/// `COLUMNS` says, else as narrow as terminals are, and wider in a file.
pub(super) fn style() -> Style {
    let is_terminal = io::stdout().is_terminal();
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Style {
        colour: is_terminal && !is_dumb() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        width: columns.unwrap_or(if is_terminal { WIDTH_MIN } else { WIDTH_MAX }),
    }
}

/// A terminal that knows no control sequences gets none.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}
