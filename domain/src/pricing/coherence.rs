//! What makes a reading one that a [`Recorder`](super::Recorder) can have written.

use super::error::PricingError;
use super::limits;
use super::reading::Slice;
use crate::time::{CivilDateTime, Timestamp};
use crate::units::{Millimetres, Millis};
use std::fmt;

/// Every offset from UTC is a multiple of a quarter of an hour, so local quarter-hours are those of UTC.
pub(super) const QUARTER_HOUR_MS: i64 = 900_000;

/// By how much clocks on walls are put on or back: half an hour on Lord Howe Island, two hours at Troll, else an hour (IANA
/// tz database, 2024).
const CLOCK_CHANGES_MS: [i64; 3] = [1_800_000, 3_600_000, 7_200_000];

/// What a slice of a reading says that no recorder can have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingFlaw {
    /// A band of speed is below zero, beyond any ride, or holds nothing.
    BandOutOfRange,
    /// Bands of speed do not ascend, or one is there twice.
    BandsOutOfOrder,
    /// The bands of speed do not add up to the slice's driving.
    BandsDiffer,
    /// A band's distance and time are of another speed than the band says.
    BandOfAnotherSpeed,
    /// The slice runs across a quarter of an hour.
    NotCutAtQuarterHour,
    /// The first slice does not begin at the start.
    NotAtStart,
    /// The slice does not begin where the one before ended; one change of the clock (summer time) is allowed for.
    OutOfTimeOrder,
}

impl ReadingFlaw {
    /// The stable code of this flaw.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BandOutOfRange => "reading_band_out_of_range",
            Self::BandsOutOfOrder => "reading_bands_out_of_order",
            Self::BandsDiffer => "reading_bands_differ",
            Self::BandOfAnotherSpeed => "reading_band_of_another_speed",
            Self::NotCutAtQuarterHour => "reading_not_cut_at_quarter_hour",
            Self::NotAtStart => "reading_not_at_start",
            Self::OutOfTimeOrder => "reading_out_of_time_order",
        }
    }

    /// The field of the slice that it is about.
    ///
    /// ```
    /// use fiacre_domain::pricing::ReadingFlaw;
    /// assert_eq!(ReadingFlaw::BandsDiffer.field(), "bands");
    /// assert_eq!(ReadingFlaw::OutOfTimeOrder.field(), "at");
    /// ```
    pub const fn field(self) -> &'static str {
        match self {
            Self::BandOutOfRange | Self::BandsOutOfOrder | Self::BandsDiffer | Self::BandOfAnotherSpeed => {
                "bands"
            }
            Self::NotCutAtQuarterHour | Self::NotAtStart | Self::OutOfTimeOrder => "at",
        }
    }
}

impl fmt::Display for ReadingFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BandOutOfRange => "has a band of speed that is negative, too large or empty",
            Self::BandsOutOfOrder => "has bands of speed that do not ascend",
            Self::BandsDiffer => "has bands of speed that do not add up to its driving",
            Self::BandOfAnotherSpeed => "has a band of speed whose distance and time are of another speed",
            Self::NotCutAtQuarterHour => "runs across a quarter of an hour",
            Self::NotAtStart => "does not begin at the start of the ride",
            Self::OutOfTimeOrder => "does not begin where the one before ended",
        })
    }
}

/// Whether slices follow one another from the start, each in its quarter of an hour, and each is the sum of its bands.
pub(super) fn check(started: CivilDateTime, slices: &[Slice]) -> Result<(), PricingError> {
    let mut clock = Clock {
        now: local(started),
        is_changed: false,
    };
    // A cut moves less than a millimetre and a millisecond of a sample into the next slice, and a slice has two ends.
    let off_by = i64::try_from(slices.len()).unwrap_or(i64::MAX).saturating_mul(2);
    for (slice, index) in slices.iter().zip(0_u16..) {
        check_bands(slice, off_by)
            .and_then(|()| clock.pass(slice, index == 0))
            .map_err(|flaw| PricingError::ReadingIncoherent { slice: index, flaw })?;
    }
    Ok(())
}

fn check_bands(slice: &Slice, off_by: i64) -> Result<(), ReadingFlaw> {
    let (mut distance, mut duration) = (Millimetres::ZERO, Millis::ZERO);
    for band in slice.bands() {
        limits::distance("bands", band.distance())
            .and_then(|()| limits::duration("bands", band.duration()))
            .map_err(|_| ReadingFlaw::BandOutOfRange)?;
        if (band.distance(), band.duration()) == (Millimetres::ZERO, Millis::ZERO) {
            return Err(ReadingFlaw::BandOutOfRange);
        }
        distance = distance.saturating_add(band.distance());
        duration = duration.saturating_add(band.duration());
    }
    if !slice.bands().is_sorted_by(|one, next| one.key() < next.key()) {
        return Err(ReadingFlaw::BandsOutOfOrder);
    }
    let driving = slice.duration().saturating_sub(slice.waiting());
    if (distance, duration) != (slice.distance(), driving) {
        return Err(ReadingFlaw::BandsDiffer);
    }
    if slice
        .bands()
        .iter()
        .all(|band| band.agrees_with_its_speed(off_by))
    {
        Ok(())
    } else {
        Err(ReadingFlaw::BandOfAnotherSpeed)
    }
}

/// The clock on the wall, while slices pass.
struct Clock {
    now: Timestamp,
    is_changed: bool,
}

impl Clock {
    fn pass(&mut self, slice: &Slice, is_first: bool) -> Result<(), ReadingFlaw> {
        let into_quarter_ms = i64::from(slice.at().time().ms()) % QUARTER_HOUR_MS;
        if slice.duration().get() > QUARTER_HOUR_MS.saturating_sub(into_quarter_ms) {
            return Err(ReadingFlaw::NotCutAtQuarterHour);
        }
        let at = local(slice.at());
        if at != self.now {
            if is_first {
                return Err(ReadingFlaw::NotAtStart);
            }
            let change_ms = at.since(self.now).get().saturating_abs();
            if self.is_changed || !CLOCK_CHANGES_MS.contains(&change_ms) {
                return Err(ReadingFlaw::OutOfTimeOrder);
            }
            self.is_changed = true;
        }
        self.now = at.plus(slice.duration());
        Ok(())
    }
}

/// Local times on one line, to be subtracted.
fn local(at: CivilDateTime) -> Timestamp {
    at.to_timestamp(Millis::ZERO)
}
