//! From a driver's id to a dense slot: open addressing with a fixed mixing function. It is only ever looked up in, never
//! walked through, so its order can reach no result.

use crate::id::DriverId;

const EMPTY: u32 = u32::MAX;
const ENTRIES_MIN: usize = 16;

/// A slot and 32 bits of its id's hash, so that a look-up seldom has to read the id itself.
#[derive(Debug, Clone, Copy)]
struct Entry {
    mark: u32,
    slot: u32,
}

const VACANT: Entry = Entry { mark: 0, slot: EMPTY };

#[derive(Debug, Clone)]
pub(super) struct Slots {
    /// A power of two of entries, at most three quarters taken.
    entries: Vec<Entry>,
    taken: usize,
}

impl Slots {
    pub(super) fn for_drivers(drivers: usize) -> Self {
        let entries = (drivers.min(1 << 28) * 4 / 3)
            .next_power_of_two()
            .max(ENTRIES_MIN);
        Self {
            entries: vec![VACANT; entries],
            taken: 0,
        }
    }

    /// The slot of `driver`; `owner` says whose a slot is.
    pub(super) fn find(&self, driver: DriverId, owner: impl Fn(u32) -> DriverId) -> Option<u32> {
        self.position(driver, owner)
            .map(|position| self.entries[position].slot)
    }

    /// Adds a driver that is not in yet.
    pub(super) fn insert(&mut self, driver: DriverId, slot: u32) {
        if (self.taken + 1) * 4 > self.entries.len() * 3 {
            self.grow();
        }
        self.taken += 1;
        let mark = mark(driver);
        self.place(Entry { mark, slot });
    }

    /// Removes a driver and closes the gap, so that no look-up ends too early.
    pub(super) fn remove(&mut self, driver: DriverId, owner: impl Fn(u32) -> DriverId) {
        let Some(mut gap) = self.position(driver, owner) else {
            return;
        };
        self.taken -= 1;
        let last = self.entries.len() - 1;
        let mut next = gap;
        loop {
            next = (next + 1) & last;
            let entry = self.entries[next];
            if entry.slot == EMPTY {
                break;
            }
            let home = entry.mark as usize & last;
            // An entry may move back only if its home is not past the gap.
            if next.wrapping_sub(home) & last >= next.wrapping_sub(gap) & last {
                self.entries[gap] = entry;
                gap = next;
            }
        }
        self.entries[gap] = VACANT;
    }

    fn position(&self, driver: DriverId, owner: impl Fn(u32) -> DriverId) -> Option<usize> {
        let mark = mark(driver);
        let last = self.entries.len() - 1;
        let mut position = mark as usize & last;
        loop {
            let entry = self.entries[position];
            if entry.slot == EMPTY {
                return None;
            }
            if entry.mark == mark && owner(entry.slot) == driver {
                return Some(position);
            }
            position = (position + 1) & last;
        }
    }

    fn place(&mut self, entry: Entry) {
        let last = self.entries.len() - 1;
        let mut position = entry.mark as usize & last;
        while self.entries[position].slot != EMPTY {
            position = (position + 1) & last;
        }
        self.entries[position] = entry;
    }

    fn grow(&mut self) {
        let doubled = vec![VACANT; self.entries.len() * 2];
        for entry in std::mem::replace(&mut self.entries, doubled) {
            if entry.slot != EMPTY {
                self.place(entry);
            }
        }
    }
}

/// 32 well-mixed bits of an id (the finaliser of `MurmurHash3` over both halves).
#[expect(
    clippy::cast_possible_truncation,
    reason = "halves are folded and cut on purpose"
)]
fn mark(driver: DriverId) -> u32 {
    let bits = driver.to_u128();
    let mut folded = bits as u64 ^ ((bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    folded ^= folded >> 33;
    folded = folded.wrapping_mul(0xff51_afd7_ed55_8ccd);
    folded ^= folded >> 33;
    folded = folded.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (folded >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_drivers_leave_the_others_reachable() {
        let id = |slot: u32| DriverId::from_u128(u128::from(slot) << 64);
        let mut slots = Slots::for_drivers(0);
        for slot in 0..1_000 {
            slots.insert(id(slot), slot);
        }
        for slot in (0..1_000).step_by(3) {
            slots.remove(id(slot), id);
            slots.remove(id(slot), id);
        }
        for slot in 0..1_000 {
            let expected = (slot % 3 != 0).then_some(slot);
            assert_eq!(slots.find(id(slot), id), expected, "{slot}");
        }
        assert_eq!(slots.taken, 666);
    }
}
