//! Where a driver's device says it is.

use crate::canonical_struct;
use crate::id::DriverId;
use crate::place::Place;
use crate::time::Timestamp;
use std::fmt;

/// One location from a driver's device. Samples are telemetry: the one with the highest sequence wins, none is logged.
///
/// ```
/// use fiacre_domain::id::DriverId;
/// use fiacre_domain::matching::Sample;
/// use fiacre_domain::place::Place;
/// use fiacre_domain::time::Timestamp;
/// let sample = Sample::new(
///     DriverId::from_u128(7),
///     Place::from_e7(407_580_000, -739_855_000)?,
///     Timestamp::from_ms(1_530_000_000_000),
///     42,
/// )
/// .with_heading_degrees(270)?
/// .with_speed_mm_per_s(8_000);
/// assert_eq!(sample.heading_degrees(), Some(270));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    driver: DriverId,
    place: Place,
    at: Timestamp,
    sequence: u64,
    accuracy_mm: Option<u32>,
    speed_mm_per_s: Option<u32>,
    heading_degrees: Option<u16>,
}
canonical_struct!(Sample {
    driver,
    place,
    at,
    sequence,
    accuracy_mm,
    speed_mm_per_s,
    heading_degrees
});

/// Why a sample could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleError {
    /// A heading of 360° or more.
    HeadingOutOfRange,
}
impl SampleError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::HeadingOutOfRange => "sample_heading_out_of_range",
        }
    }
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadingOutOfRange => {
                "failed to read the sample: a heading is 0 to 359 degrees clockwise from north"
            }
        })
    }
}

impl std::error::Error for SampleError {}

impl Sample {
    /// `at` is the device's own time; `sequence` rises with each sample of this driver.
    pub const fn new(driver: DriverId, place: Place, at: Timestamp, sequence: u64) -> Self {
        Self {
            driver,
            place,
            at,
            sequence,
            accuracy_mm: None,
            speed_mm_per_s: None,
            heading_degrees: None,
        }
    }

    /// The radius that the device believes itself to be in, in millimetres.
    #[must_use]
    pub const fn with_accuracy_mm(mut self, accuracy_mm: u32) -> Self {
        self.accuracy_mm = Some(accuracy_mm);
        self
    }

    /// Speed over ground, in millimetres per second.
    #[must_use]
    pub const fn with_speed_mm_per_s(mut self, speed_mm_per_s: u32) -> Self {
        self.speed_mm_per_s = Some(speed_mm_per_s);
        self
    }

    /// Direction of travel: 0 to 359 degrees clockwise from north.
    ///
    /// # Errors
    ///
    /// `SampleError::HeadingOutOfRange` from 360 on: a device that reports 360 means 0.
    pub const fn with_heading_degrees(mut self, heading_degrees: u16) -> Result<Self, SampleError> {
        if heading_degrees >= 360 {
            return Err(SampleError::HeadingOutOfRange);
        }
        self.heading_degrees = Some(heading_degrees);
        Ok(self)
    }

    /// As it was received at `received_at`, on the receiver's clock: no later than that, whatever the device's clock says. One
    /// that is behind is left as it is, for nobody can tell it from a sample that was long on its way.
    #[must_use]
    pub fn received(mut self, received_at: Timestamp) -> Self {
        self.at = self.at.min(received_at);
        self
    }

    /// Whose device.
    pub const fn driver(&self) -> DriverId {
        self.driver
    }

    /// Where it is.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// When, by the device's clock; not after it was [received](Sample::received).
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The sample's number at its device.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The radius that the device believes itself to be in, in millimetres.
    pub const fn accuracy_mm(&self) -> Option<u32> {
        self.accuracy_mm
    }

    /// Speed over ground, in millimetres per second.
    pub const fn speed_mm_per_s(&self) -> Option<u32> {
        self.speed_mm_per_s
    }

    /// Direction of travel: 0 to 359 degrees clockwise from north.
    pub const fn heading_degrees(&self) -> Option<u16> {
        self.heading_degrees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_no_later_than_it_was_received() {
        let sent = |at_ms| {
            let (driver, place) = (DriverId::from_u128(1), Place::from_e7(0, 0).unwrap());
            Sample::new(driver, place, Timestamp::from_ms(at_ms), 1)
        };
        let received_at = Timestamp::from_ms(5_000);
        for (at_ms, believed_ms) in [(4_000, 4_000), (5_000, 5_000), (90_000, 5_000), (i64::MAX, 5_000)] {
            assert_eq!(sent(at_ms).received(received_at), sent(believed_ms));
        }
    }

    #[test]
    fn a_full_turn_is_no_heading() {
        let sample = Sample::new(
            DriverId::from_u128(1),
            Place::from_e7(0, 0).unwrap(),
            Timestamp::from_ms(i64::MIN),
            u64::MAX,
        );
        assert_eq!(
            sample.with_heading_degrees(360),
            Err(SampleError::HeadingOutOfRange)
        );
        assert_eq!(
            sample.with_heading_degrees(359).unwrap().heading_degrees(),
            Some(359)
        );
    }
}
