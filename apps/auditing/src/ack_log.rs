//! The list of trips whose acceptance was acknowledged, as the one who acknowledged kept it: what a store must not have lost.
//!
//! A line for each trip: its id, and whatever else after a blank. A last line without its end was being written when its writer
//! died, before anybody was told, and does not count.

use fiacre_domain::id::TripId;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};

/// No line is longer: what is none of ours may have no line's end at all.
const LINE_BYTES_MAX: u64 = 4_096;

/// Why a list of acknowledged trips cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AckLogError {
    /// The operating system failed.
    #[error("failed to read the list of acknowledged trips: {0}")]
    Io(#[from] io::Error),
    /// A line names no trip.
    #[error(
        "failed to read the list of acknowledged trips: line {line} begins with no trip's id; give the file that --ack-log wrote"
    )]
    NoTrip {
        /// The line, from 1.
        line: u64,
    },
}

impl AckLogError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "ack_log_io",
            Self::NoTrip { .. } => "ack_log_no_trip",
        }
    }
}

/// Reads a list.
///
/// ```
/// let list = "00000000-0000-0000-0000-000000000001 2018-07-06T16:00:01Z\n00000000-0000-00";
/// assert_eq!(fiacre_auditing::ack_log::read(list.as_bytes())?.len(), 1);
/// # Ok::<(), fiacre_auditing::ack_log::AckLogError>(())
/// ```
///
/// # Errors
/// [`AckLogError`], with the line.
pub fn read(mut list: impl BufRead) -> Result<BTreeSet<TripId>, AckLogError> {
    let mut trips = BTreeSet::new();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        list.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.len() as u64 == LINE_BYTES_MAX {
            return Err(AckLogError::NoTrip { line: number });
        }
        if line.pop() != Some(b'\n') {
            break;
        }
        let id = std::str::from_utf8(&line)
            .ok()
            .and_then(|line| line.split_whitespace().next()?.parse().ok());
        trips.insert(id.ok_or(AckLogError::NoTrip { line: number })?);
    }
    Ok(trips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_no_trip_is_said_by_number() {
        let id = TripId::from_u128(7);
        for (list, line) in [
            ("x\n".to_owned(), 1),
            (format!("{id}\n\n"), 2),
            (format!("{id}\n{}", "\0".repeat(5_000)), 2),
            (format!("{id} at noon\n{id}\nnoon {id}\n"), 3),
        ] {
            let error = read(list.as_bytes()).unwrap_err();
            assert!(
                matches!(error, AckLogError::NoTrip { line: found } if found == line),
                "{error}"
            );
        }
    }

    #[test]
    fn a_last_line_without_its_end_does_not_count() {
        let (one, two) = (TripId::from_u128(1), TripId::from_u128(2));
        for cut in ["", "0", "00000000-0000-0000-0000-000000000003"] {
            let list = format!("{one}\n{two}\n{cut}");
            assert_eq!(read(list.as_bytes()).unwrap(), BTreeSet::from([one, two]));
        }
    }
}
