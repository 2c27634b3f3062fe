//! How fast Manhattan is driven: a mean for each pair of zones and each quarter-hour of a business day.

use super::{ZONES, ZoneIndex};
use crate::table::{Reader, Table, TableError, TableFault};
use fiacre_domain::time::TimeOfDay;

const QUARTERS: usize = 96;
const QUARTER_MS: u32 = 900_000;
const BLOCKS: usize = 4;
/// The quarters of a six-hour block that the file has; the source is a straight line between them.
const KNOTS: [usize; 7] = [0, 4, 8, 12, 16, 20, 23];
const BLOCK_QUARTERS: usize = QUARTERS / BLOCKS;
const MM_PER_CM: u32 = 10;

/// Mean speeds in mm/s: pick-up zone, then drop-off zone, then quarter of the day. None is zero.
#[derive(Debug, Clone)]
pub(super) struct Speeds {
    mm_per_s: Vec<u16>,
}

impl Speeds {
    /// Reads `speeds.bin`.
    pub(super) fn decode(file: &[u8]) -> Result<Self, TableError> {
        let mut reader = Reader::open(Table::Speeds, file)?;
        let shape = reader.array::<3>()?.map(usize::from);
        if shape != [ZONES, BLOCKS, KNOTS.len()] {
            return Err(reader.error(TableFault::WrongShape));
        }
        let out_of_range = reader.error(TableFault::ValueOutOfRange);
        let mut grids = reader.grids();
        let mut mm_per_s = Vec::with_capacity(ZONES * ZONES * QUARTERS);
        let mut knots_cm_per_s = [0; BLOCKS * KNOTS.len()];
        for _ in 0..ZONES * ZONES {
            grids.read(KNOTS.len(), &mut knots_cm_per_s)?;
            // A speed of zero would make a drive endless; one that does not fit in mm/s is faster than sound.
            if knots_cm_per_s
                .iter()
                .any(|knot| *knot == 0 || u32::from(*knot) * MM_PER_CM > u32::from(u16::MAX))
            {
                return Err(out_of_range);
            }
            let (blocks, _) = knots_cm_per_s.as_chunks();
            mm_per_s.extend(blocks.iter().flat_map(interpolated));
        }
        grids.finish()?;
        Ok(Self { mm_per_s })
    }

    pub(super) fn mm_per_s(&self, from: ZoneIndex, to: ZoneIndex, at: TimeOfDay) -> u16 {
        let quarter = (at.ms() / QUARTER_MS) as usize;
        self.mm_per_s[(from.get() * ZONES + to.get()) * QUARTERS + quarter]
    }
}

/// The 24 speeds of a block, in mm/s.
fn interpolated(knots_cm_per_s: &[u16; KNOTS.len()]) -> [u16; BLOCK_QUARTERS] {
    let mut speeds = [0; BLOCK_QUARTERS];
    for (ends, values) in KNOTS.windows(2).zip(knots_cm_per_s.windows(2)) {
        let (&[start, end], &[first, last]) = (ends, values) else {
            continue;
        };
        for (done, speed) in speeds[start..=end].iter_mut().enumerate() {
            let sum = usize::from(first) * (end - start - done) + usize::from(last) * done;
            // A mean of two values that were checked to fit.
            *speed = u16::try_from(sum * MM_PER_CM as usize / (end - start)).unwrap_or(u16::MAX);
        }
    }
    speeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_are_kept_and_the_rest_is_a_straight_line() {
        let speeds = interpolated(&[100, 140, 100, 100, 100, 100, 130]);
        assert_eq!(
            speeds[..9],
            [1_000, 1_100, 1_200, 1_300, 1_400, 1_300, 1_200, 1_100, 1_000]
        );
        assert_eq!(speeds[20..], [1_000, 1_100, 1_200, 1_300]);
    }

    #[test]
    fn the_table_spans_the_stated_range() {
        let speeds = Speeds::decode(include_bytes!("../../data/speeds.bin")).unwrap();
        assert_eq!(speeds.mm_per_s.len(), 61 * 61 * 96);
        assert_eq!(speeds.mm_per_s.iter().min(), Some(&1_280));
        assert_eq!(speeds.mm_per_s.iter().max(), Some(&22_350));
    }

    #[test]
    fn cells_of_the_source_are_found_again() {
        let speeds = Speeds::decode(include_bytes!("../../data/speeds.bin")).unwrap();
        let first = ZoneIndex::FIRST; // Alphabet City, zone 4 of the source
        for (ms, km_per_s) in [(0, 0.004_769_425), (2_700_000, 0.004_705_153_75)] {
            let speed = f64::from(speeds.mm_per_s(first, first, TimeOfDay::from_ms(ms).unwrap()));
            assert!((speed - km_per_s * 1e6).abs() <= 10.0, "{speed} at {ms}");
        }
    }
}
