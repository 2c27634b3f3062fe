//! Keys that must be there, though their value may be `null`: a document from which one was cut says less than was
//! written.

use serde::{Deserialize, Deserializer};

/// What serde reads where the key is there; a field that names this function has no default, so its absence is an
/// error.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer)
}
