//! Lists that mostly stay at one.

use std::ops::{Deref, DerefMut};

/// A list with room for exactly what it holds. The room for four with which a [`Vec`] begins would be most of what an audit
/// keeps of a trip: offers, locks, assignments and notes mostly come once, and offers go again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Few<T>(Box<[T]>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Few<T> {
    pub(super) fn push(&mut self, item: T) {
        self.insert(self.len(), item);
    }

    /// Puts `item` before the one at `place`; at the end where there is none.
    pub(super) fn insert(&mut self, place: usize, item: T) {
        let mut list = std::mem::take(&mut self.0).into_vec();
        list.reserve_exact(1);
        list.insert(place.min(list.len()), item);
        self.0 = list.into_boxed_slice();
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if !self.is_empty() {
            let mut list = std::mem::take(&mut self.0).into_vec();
            list.retain(keep);
            self.0 = list.into_boxed_slice();
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_keeps_its_order_and_takes_what_it_holds() {
        let mut list = Few::default();
        list.retain(|_: &u8| true);
        list.push(3);
        list.insert(0, 1);
        list.insert(9, 4);
        assert_eq!(*list, [1, 3, 4]);
        list[1] = 2;
        list.retain(|item| item % 2 == 0);
        assert_eq!(*list, [2, 4]);
        assert_eq!(size_of_val(&list), 16);
    }
}
