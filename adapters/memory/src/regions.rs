//! Regions by number: a name takes 32 bytes, and what is kept by the hundred thousand has one each.

use fiacre_domain::id::RegionId;

/// The names of regions, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Regions(Vec<RegionId>);

impl Regions {
    /// The number of `region`; there are few.
    pub(crate) fn number(&mut self, region: RegionId) -> u32 {
        let known = self.0.iter().position(|known| *known == region);
        let place = known.unwrap_or_else(|| {
            self.0.push(region);
            self.0.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// The region with this number.
    pub(crate) fn name(&self, number: u32) -> Option<RegionId> {
        self.0.get(number as usize).copied()
    }
}
