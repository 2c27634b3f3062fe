//! What a test lets happen at a place in the code that no caller can come between.

use crate::lock::lock;
use std::fmt;
use std::sync::Mutex;

type Happening<T> = Box<dyn FnOnce() -> T + Send>;

/// A place where something may happen, once.
pub(crate) struct Planted<T>(Mutex<Option<Happening<T>>>);

impl<T> Default for Planted<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Planted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planted").finish_non_exhaustive()
    }
}

impl<T> Planted<T> {
    /// Lets something happen when the code comes by next.
    pub(crate) fn plant(&self, happening: impl FnOnce() -> T + Send + 'static) {
        *lock(&self.0) = Some(Box::new(happening));
    }

    /// The code has come by.
    pub(crate) fn happen(&self) -> Option<T> {
        let happening = lock(&self.0).take();
        happening.map(|happening| happening())
    }
}
