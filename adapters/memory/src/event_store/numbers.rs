//! Bytes of known length, and whole numbers in as few as they need: seven bits a byte, the lowest first (LEB128).

/// How many bytes the head of a commit can take: a cause with its length, a count and a time.
const HEAD_MAX: usize = 64;

/// Bytes on the stack, to be written before they are kept; what goes beyond [`HEAD_MAX`] is not taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short {
    bytes: [u8; HEAD_MAX],
    length: usize,
}

impl Short {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; HEAD_MAX],
            length: 0,
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let place = self.bytes.get_mut(self.length..self.length + bytes.len());
        if let Some(place) = place {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) {
        let mut left = number.into();
        while left > 0x7f {
            self.bytes(&[left.to_le_bytes()[0] | 0x80]);
            left >>= 7;
        }
        self.bytes(&[left.to_le_bytes()[0]]);
    }
}

/// Reads what was appended, from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'a>(pub(super) &'a [u8]);

impl<'a> Numbers<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(super) fn id(&mut self) -> Option<u128> {
        self.array().map(u128::from_be_bytes)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).unbounded_shl(shift);
            shift += 7;
            if byte <= 0x7f {
                return Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_one_after_the_other_and_end_where_the_bytes_do() {
        let all = [0, 1, 0x7f, 0x80, 1_200_000, u64::MAX];
        let mut short = Short::new();
        for number in all {
            short.number(number);
        }
        assert_eq!(short.as_slice().len(), 1 + 1 + 1 + 2 + 3 + 10);
        let mut numbers = Numbers(short.as_slice());
        assert_eq!(all.map(|_| numbers.number()), all.map(Some));
        assert_eq!(
            (numbers.number(), numbers.id(), numbers.bytes(1)),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_too_long_is_not_taken() {
        let mut short = Short::new();
        short.bytes(&[1; HEAD_MAX]);
        short.bytes(&[2]);
        assert_eq!(short.as_slice(), [1; HEAD_MAX]);
    }
}
