//! A set of small numbers.

/// How many numbers there are: the messages of a booking stay below, within bounds that can be enumerated at all.
pub(crate) const SIZE: usize = u128::BITS as usize;

/// Some of the numbers below [`SIZE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Bits(u128);

impl Bits {
    pub(crate) const fn with(self, number: usize) -> Self {
        Self(self.0 | 1 << number)
    }

    pub(crate) const fn without(self, number: usize) -> Self {
        Self(self.0 & !(1 << number))
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn shared(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The numbers, rising.
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let number = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (number < SIZE).then_some(number)
        })
    }
}

#[test]
fn a_set_holds_what_was_put_in_and_not_taken_out() {
    let set = Bits::default().with(0).with(64).with(127).with(70).without(64);
    assert_eq!(set.iter().collect::<Vec<_>>(), [0, 70, 127]);
    let other = Bits::default().with(70).with(3);
    assert_eq!(set.union(other).iter().collect::<Vec<_>>(), [0, 3, 70, 127]);
    assert_eq!(set.shared(other).iter().collect::<Vec<_>>(), [70]);
    assert_eq!(set.minus(other).iter().collect::<Vec<_>>(), [0, 127]);
    assert!(set.minus(set).is_empty());
}
