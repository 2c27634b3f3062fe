//! Which trips are there, and where do they stand?

use crate::log::Log;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Phase, Trip};
use fiacre_embedded::Kept;
use fiacre_ports::PortError;

/// A trip in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub trip: TripId,
    /// When its first commit was made that can be read; none where none can be.
    pub began_at: Option<Timestamp>,
    /// When its latest was.
    pub changed_at: Option<Timestamp>,
    /// Where it stands.
    pub phase: Phase,
    /// Whether it is over: closed or rejected.
    pub is_over: bool,
    /// Whether an operator should look at how it ended.
    pub is_flagged: bool,
    /// The driver whom it has noted.
    pub driver: Option<DriverId>,
    /// What was to be captured at its end; before that, what was quoted.
    pub amount: Option<Money>,
    /// How many of its commits cannot be read; then the rest of the row may be wrong.
    pub unreadable: u32,
}

/// Which trips are listed: all, unless something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in one of these phases, if there are any.
    pub phases: Vec<Phase>,
    /// Only those that are not over.
    pub open: bool,
    /// Only those that an operator should look at.
    pub flagged: bool,
    /// Only those that began then or later.
    pub since: Option<Timestamp>,
}

impl Filter {
    /// Whether a trip is listed. What cannot be read may be in any phase: only a filter by phase leaves it out.
    pub fn takes(&self, row: &Row) -> bool {
        (self.phases.is_empty() || self.phases.contains(&row.phase))
            && !(self.open && row.is_over)
            && (row.is_flagged || !self.flagged)
            && self
                .since
                .is_none_or(|since| row.began_at.is_none_or(|at| at >= since))
    }
}

/// Gives every trip that the filter takes, in the order of their ids, hence of their age; one is in memory at a time. Ends where `tell`
/// says so.
///
/// # Errors
/// Where the log cannot be read.
pub fn trips(log: &impl Log, filter: &Filter, mut tell: impl FnMut(Row) -> bool) -> Result<(), PortError> {
    let mut folded: Option<(Row, Trip)> = None;
    let mut finish = |folded: Option<(Row, Trip)>| {
        let row = folded.map(|(mut row, trip)| {
            finish_row(&mut row, &trip);
            row
        });
        row.filter(|row| filter.takes(row)).is_none_or(&mut tell)
    };
    for row in log.streams(Kept::Trips) {
        let row = row?;
        let StreamId::Trip(trip) = row.ticket().stream else {
            continue;
        };
        if folded.as_ref().is_some_and(|(row, _)| row.trip != trip) && !finish(folded.take()) {
            return Ok(());
        }
        let commit = log.decode(&row, None).ok();
        let (row, state) = folded.get_or_insert_with(|| (begun(trip), Trip::default()));
        match commit {
            Some(commit) => {
                row.began_at = row.began_at.or(Some(commit.at));
                row.changed_at = Some(commit.at);
                for event in commit.events.iter() {
                    if let Event::Trip(event) = event {
                        state.evolve(event, commit.at);
                    }
                }
            }
            None => row.unreadable = row.unreadable.saturating_add(1),
        }
    }
    finish(folded);
    Ok(())
}

const fn begun(trip: TripId) -> Row {
    Row {
        trip,
        began_at: None,
        changed_at: None,
        phase: Phase::Absent,
        is_over: false,
        is_flagged: false,
        driver: None,
        amount: None,
        unreadable: 0,
    }
}

fn finish_row(row: &mut Row, trip: &Trip) {
    let control = trip.control();
    row.phase = control.phase;
    row.is_over = control.closed || control.phase == Phase::Rejected;
    row.is_flagged = trip.is_flagged();
    row.driver = trip.driver().map(|(driver, _)| driver);
    row.amount = trip.due().or_else(|| trip.quote().map(|quote| quote.total()));
}
