//! How several values are written, one behind the other, and numbers that are mostly small: seven bits a byte, the lowest
//! first, the highest bit of a byte set while more follow.

use super::bytes::{Malformed, Reader, Stored};
use std::collections::{BTreeMap, BTreeSet};

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

fn write_all<'a, T: Stored + 'a>(values: impl ExactSizeIterator<Item = &'a T>, bytes: &mut Vec<u8>) {
    (values.len() as u64).write(bytes);
    values.for_each(|value| value.write(bytes));
}

/// No room is made before a value was read: the number of them is not to be trusted.
fn read_all<T: Stored, C: FromIterator<T>>(bytes: &mut Reader<'_>) -> Result<C, Malformed> {
    let count = bytes.read::<u64>()?;
    (0..count).map(|_| bytes.read()).collect()
}

impl<T: Stored> Stored for Box<[T]> {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_all(self.iter(), bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        read_all(bytes)
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_all(self.iter(), bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        read_all(bytes)
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, bytes: &mut Vec<u8>) {
        (self.len() as u64).write(bytes);
        for (key, value) in self {
            key.write(bytes);
            value.write(bytes);
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        read_all(bytes)
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        T::write(self, bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        bytes.read().map(Self::new)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            None => bytes.push(0),
            Some(value) => {
                bytes.push(1);
                value.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => Ok(None),
            1 => bytes.read().map(Some),
            _ => Err(Malformed),
        }
    }
}

impl<T: Stored, E: Stored> Stored for Result<T, E> {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Ok(value) => {
                bytes.push(0);
                value.write(bytes);
            }
            Err(error) => {
                bytes.push(1);
                error.write(bytes);
            }
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.read::<u8>()? {
            0 => bytes.read().map(Ok),
            1 => bytes.read().map(Err),
            _ => Err(Malformed),
        }
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok((bytes.read()?, bytes.read()?))
    }
}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
        self.2.write(bytes);
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok((bytes.read()?, bytes.read()?, bytes.read()?))
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

    #[test]
    fn a_number_of_values_that_are_not_there_is_malformed() {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.push(7);
        assert_eq!(Reader::new(&bytes).read::<Box<[u8]>>(), Err(Malformed));
    }
}
