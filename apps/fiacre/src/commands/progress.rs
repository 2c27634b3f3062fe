//! How far long work has come, for a person at a terminal.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// A line on stderr, drawn over and over; nothing where nobody watches.
pub(crate) struct Progress {
    is_terminal: bool,
    of_about: u64,
    done: &'static str,
    what: &'static str,
    drawn_at: Instant,
}

impl Progress {
    /// Of work on about so many things: `read` of `commits`, say.
    pub(crate) fn over(of_about: u64, done: &'static str, what: &'static str) -> Self {
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            is_terminal: io::stderr().is_terminal() && !is_dumb,
            of_about,
            done,
            what,
            drawn_at: Instant::now(),
        }
    }

    /// Of work on things that nobody has counted.
    pub(crate) fn of_unknown(done: &'static str, what: &'static str) -> Self {
        Self::over(0, done, what)
    }

    /// So many are done.
    pub(crate) fn show(&mut self, count: u64) {
        if !self.is_terminal || self.drawn_at.elapsed() < DRAW_EVERY {
            return;
        }
        self.drawn_at = Instant::now();
        let (done, what) = (self.done, self.what);
        let of = match self.of_about {
            0 => String::new(),
            about => format!("of about {} ", about.max(count)),
        };
        // A terminal that cannot be written to loses the line, not the work.
        let _ = write!(io::stderr(), "\r{done} {count} {of}{what}\x1b[K");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
