//! What most of what is open does not have yet.

use std::ops::{Deref, DerefMut};

/// What is noted when something ends, or seldom: it takes the room of a pointer until then, and reads as blank.
#[derive(Debug)]
pub(super) struct Later<T>(Option<Box<T>>);

/// What stands where nothing was noted.
pub(super) trait Blank: Default + 'static {
    /// The same as the default.
    const BLANK: &'static Self;
}

impl<T> Default for Later<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Later<T> {
    fn from(noted: T) -> Self {
        Self(Some(Box::new(noted)))
    }
}

impl<T: Blank> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::BLANK)
    }
}

impl<T: Blank> DerefMut for Later<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Blank for u64 {
        const BLANK: &'static Self = &0;
    }

    #[test]
    fn nothing_reads_as_blank_takes_a_pointer_and_becomes_what_is_noted() {
        let mut later = Later::default();
        assert_eq!((*later, later.0.is_none(), size_of_val(&later)), (0_u64, true, 8));
        *later += 2;
        assert_eq!((*later, *Later::from(3_u64)), (2, 3));
    }
}
