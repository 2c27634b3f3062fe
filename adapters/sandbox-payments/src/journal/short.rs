//! Numbers that are mostly small: seven bits a byte, the lowest first, the highest bit of a byte set while more follow.

use super::bytes::{Malformed, Reader, Stored};

/// A number that takes the fewer bytes the nearer it is to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short(pub(crate) i64);

impl Stored for Short {
    fn write(&self, bytes: &mut Vec<u8>) {
        // The sign goes to the lowest bit, so that what is just below zero is short as well.
        let mut left = ((self.0 << 1) ^ (self.0 >> 63)).cast_unsigned();
        while left > 0x7f {
            bytes.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        bytes.push(left.to_le_bytes()[0]);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut folded = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = bytes.read::<u8>()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Malformed);
            }
            folded |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(Self((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()));
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_short_number_is_read_as_it_was_written(number: i64) {
            let mut bytes = Vec::new();
            Short(number).write(&mut bytes);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.read(), Ok(Short(number)));
            prop_assert!(reader.is_empty() && bytes.len() <= 10);
        }

        #[test]
        fn any_bytes_are_a_short_number_or_malformed(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let _: Result<Short, Malformed> = Reader::new(&bytes).read();
        }
    }

    #[test]
    fn what_is_near_zero_takes_one_byte() {
        for number in -64..64 {
            let mut bytes = Vec::new();
            Short(number).write(&mut bytes);
            assert_eq!(bytes.len(), 1, "{number}");
        }
    }
}
