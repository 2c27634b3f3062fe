//! How several values are written, one behind the other.

use super::bytes::{Malformed, Reader, Stored};
use std::collections::{BTreeMap, BTreeSet};

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

    #[test]
    fn a_number_of_values_that_are_not_there_is_malformed() {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.push(7);
        assert_eq!(Reader::new(&bytes).read::<Box<[u8]>>(), Err(Malformed));
    }
}
