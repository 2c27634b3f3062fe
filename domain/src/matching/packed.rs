//! Verdicts as bytes: an offer carries eight for as long as its trip lives, and packed they take less than half of the room.
//!
//! Counts of the rest first, then verdicts up to the end. Whole numbers take seven bits a byte, the lowest first (LEB128),
//! their sign in the lowest bit; terms are written as differences to those before, since some are the same for a whole trip.
//! Of a driver's id only what differs from the one before is written: ids are given in an order, and begin alike.

use super::verdict::{Outcome, Terms, Verdict, VerdictCounts};
use crate::id::{DriverId, TripId};
use std::slice::Iter;

/// How long an id is.
const ID_BYTES: u8 = 16;

/// Packs verdicts, and counts of those that are not among them; nothing for none at all.
pub(super) fn pack(listed: impl IntoIterator<Item = Verdict>, rest: VerdictCounts) -> Box<[u8]> {
    let mut packer = Packer::default();
    packer.counts(rest);
    let head = packer.bytes.len();
    for verdict in listed {
        packer.verdict(&verdict);
    }
    if packer.bytes.len() == head && rest.is_empty() {
        return Box::default();
    }
    packer.bytes.into_boxed_slice()
}

/// The verdicts, and the counts of the rest.
pub(super) fn unpack(bytes: &[u8]) -> (impl Iterator<Item = Verdict>, VerdictCounts) {
    let mut reader = Reader {
        bytes: bytes.iter(),
        driver: 0,
        before: Terms::default(),
    };
    let rest = reader.counts().unwrap_or_default();
    (reader, rest)
}

#[derive(Default)]
struct Packer {
    bytes: Vec<u8>,
    driver: u128,
    before: Terms,
}

impl Packer {
    fn number(&mut self, number: i64) {
        // The sign goes to the lowest bit, so that small negative numbers are short too.
        let mut left = (number << 1 ^ number >> 63).cast_unsigned();
        while left > 0x7f {
            self.bytes.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        self.bytes.push(left.to_le_bytes()[0]);
    }

    fn counts(&mut self, counts: VerdictCounts) {
        for count in counts.to_array() {
            self.number(count.into());
        }
    }

    /// How many of the last bytes differ, and these.
    fn driver(&mut self, driver: DriverId) {
        let driver = driver.to_u128();
        let differing = driver ^ std::mem::replace(&mut self.driver, driver);
        let same = differing.leading_zeros() / u8::BITS;
        self.bytes.push(ID_BYTES - same.to_le_bytes()[0]);
        self.bytes
            .extend(differing.to_be_bytes().iter().skip(same as usize));
    }

    fn terms(&mut self, terms: Terms) {
        for (term, before) in parts(terms).into_iter().zip(parts(self.before)) {
            self.number(i64::from(term) - i64::from(before));
        }
        self.before = terms;
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let tag = match verdict.outcome() {
            Outcome::Chosen { .. } => 0,
            Outcome::Lost { .. } => 1,
            Outcome::Dearer { .. } => 2,
            Outcome::Busy => 3,
            Outcome::StaleLocation { .. } => 4,
            Outcome::WrongCapability => 5,
            Outcome::Declined => 6,
            Outcome::TooFar { .. } => 7,
        };
        self.bytes.push(tag);
        self.driver(verdict.driver());
        match verdict.outcome() {
            Outcome::Chosen { terms } => self.terms(terms),
            Outcome::Lost { terms, to, by_ms } => {
                self.terms(terms);
                self.bytes.extend_from_slice(&to.to_u128().to_be_bytes());
                self.number(by_ms);
            }
            Outcome::Dearer { terms, by_ms } => {
                self.terms(terms);
                self.number(by_ms);
            }
            Outcome::StaleLocation { age_ms: ms } | Outcome::TooFar { travel_ms: ms } => self.number(ms),
            Outcome::Busy | Outcome::WrongCapability | Outcome::Declined => {}
        }
    }
}

const fn parts(terms: Terms) -> [i32; 5] {
    let Terms {
        travel_ms,
        waiting_ms,
        idle_ms,
        acceptance_ms,
        heading_ms,
    } = terms;
    [travel_ms, waiting_ms, idle_ms, acceptance_ms, heading_ms]
}

/// Reads what was packed, and ends where it does.
struct Reader<'a> {
    bytes: Iter<'a, u8>,
    driver: u128,
    before: Terms,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.bytes.next().copied()
    }

    fn id(&mut self) -> Option<u128> {
        let (id, rest) = self.bytes.as_slice().split_first_chunk()?;
        self.bytes = rest.iter();
        Some(u128::from_be_bytes(*id))
    }

    fn driver(&mut self) -> Option<DriverId> {
        let length = self.byte()?;
        let mut differing = 0;
        for _ in 0..length {
            differing = differing << u8::BITS | u128::from(self.byte()?);
        }
        self.driver ^= differing;
        Some(DriverId::from_u128(self.driver))
    }

    fn number(&mut self) -> Option<i64> {
        let (mut read, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = self.byte()?;
            read |= u64::from(byte & 0x7f).unbounded_shl(shift);
            shift += 7;
            if byte < 0x80 {
                return Some((read >> 1).cast_signed() ^ -(read & 1).cast_signed());
            }
        }
    }

    fn count(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn counts(&mut self) -> Option<VerdictCounts> {
        let mut counts = [0; VerdictCounts::KINDS];
        for count in &mut counts {
            *count = self.count()?;
        }
        Some(VerdictCounts::from_array(counts))
    }

    fn term(&mut self, before: i32) -> Option<i32> {
        let term = i64::from(before).checked_add(self.number()?)?;
        term.try_into().ok()
    }

    fn terms(&mut self) -> Option<Terms> {
        let before = self.before;
        self.before = Terms {
            travel_ms: self.term(before.travel_ms)?,
            waiting_ms: self.term(before.waiting_ms)?,
            idle_ms: self.term(before.idle_ms)?,
            acceptance_ms: self.term(before.acceptance_ms)?,
            heading_ms: self.term(before.heading_ms)?,
        };
        Some(self.before)
    }

    fn outcome(&mut self, tag: u8) -> Option<Outcome> {
        Some(match tag {
            0 => Outcome::Chosen { terms: self.terms()? },
            1 => Outcome::Lost {
                terms: self.terms()?,
                to: TripId::from_u128(self.id()?),
                by_ms: self.number()?,
            },
            2 => Outcome::Dearer {
                terms: self.terms()?,
                by_ms: self.number()?,
            },
            3 => Outcome::Busy,
            4 => Outcome::StaleLocation {
                age_ms: self.number()?,
            },
            5 => Outcome::WrongCapability,
            6 => Outcome::Declined,
            // There is no other: whatever is read was packed here.
            _ => Outcome::TooFar {
                travel_ms: self.number()?,
            },
        })
    }
}

impl Iterator for Reader<'_> {
    type Item = Verdict;

    fn next(&mut self) -> Option<Verdict> {
        let tag = self.byte()?;
        let driver = self.driver()?;
        Some(Verdict::new(driver, self.outcome(tag)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [i64; 9] = [0, 1, -1, 63, -64, 64, 1_000_000, i64::MAX, i64::MIN];

    fn terms(travel_ms: i32, heading_ms: i32) -> Terms {
        Terms {
            travel_ms,
            waiting_ms: -120_000,
            idle_ms: i32::MIN,
            acceptance_ms: 30_000,
            heading_ms,
        }
    }

    fn outcomes(ms: i64) -> [Outcome; 8] {
        let to = TripId::from_u128(u128::MAX - 1);
        [
            Outcome::Chosen {
                terms: terms(i32::MAX, 0),
            },
            Outcome::Lost {
                terms: terms(i32::MIN, i32::MAX),
                to,
                by_ms: ms,
            },
            Outcome::Dearer {
                terms: terms(240_000, i32::MIN),
                by_ms: ms,
            },
            Outcome::Busy,
            Outcome::StaleLocation { age_ms: ms },
            Outcome::WrongCapability,
            Outcome::Declined,
            Outcome::TooFar { travel_ms: ms },
        ]
    }

    #[test]
    fn whatever_is_packed_comes_back() {
        for ms in NUMBERS {
            let counts = VerdictCounts {
                chosen: u32::MAX,
                too_far: 1,
                ..VerdictCounts::NONE
            };
            let listed: Vec<_> = (0_u128..)
                .zip(outcomes(ms))
                .map(|(number, outcome)| Verdict::new(DriverId::from_u128(number << 64 | 7), outcome))
                .collect();
            let packed = pack(listed.iter().copied(), counts);
            let (unpacked, rest) = unpack(&packed);
            assert_eq!((unpacked.collect::<Vec<_>>(), rest), (listed, counts));
        }
    }

    #[test]
    fn whatever_drivers_follow_each_other_their_ids_come_back() {
        let ids = [0, 0, u128::MAX, 1, 1, 0xff, 0x100, 1 << 127, u128::MAX];
        let listed = ids.map(|id| Verdict::new(DriverId::from_u128(id), Outcome::Busy));
        let packed = pack(listed, VerdictCounts::NONE);
        assert!(unpack(&packed).0.eq(listed));
        let alike = listed.map(|_| Verdict::new(DriverId::from_u128(7), Outcome::Busy));
        assert!(pack(alike, VerdictCounts::NONE).len() < packed.len());
    }

    #[test]
    fn nothing_takes_nothing() {
        let packed = pack([], VerdictCounts::NONE);
        assert!(packed.is_empty());
        let (mut listed, rest) = unpack(&packed);
        assert!(listed.next().is_none() && rest.is_empty());
    }

    #[test]
    fn eight_common_verdicts_take_less_than_half_of_their_room() {
        let listed: Vec<_> = (0..8_i32)
            .map(|number| {
                let outcome = Outcome::Dearer {
                    terms: terms(240_000 + 20_000 * number, 0),
                    by_ms: 90_000,
                };
                Verdict::new(DriverId::from_u128(u128::MAX), outcome)
            })
            .collect();
        let bytes = pack(listed.iter().copied(), VerdictCounts::NONE).len();
        assert!(bytes * 2 < size_of_val(&*listed), "{bytes}");
    }
}
