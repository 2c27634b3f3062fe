//! SHA-256 over bytes, and over many values one after the other. That of one value is [`Fingerprint::of`].
//!
//! ```
//! use fiacre_domain::canonical::Canonical;
//! use fiacre_domain::units::Millis;
//! let mut hasher = fiacre_wire::Hasher::new();
//! hasher.add(&Millis::new(1));
//! assert_eq!(hasher.finish(), fiacre_wire::digest(&Millis::new(1).canonical_bytes()));
//! ```

use fiacre_domain::canonical::{Canonical, CanonicalBytes};
use fiacre_domain::fingerprint::Fingerprint;
use sha2::{Digest, Sha256};

/// Hashes many values, one after the other, without keeping their bytes.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    hash: Sha256,
    bytes: CanonicalBytes,
}

impl Hasher {
    /// Starts with nothing hashed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value's canonical bytes.
    pub fn add(&mut self, value: &(impl Canonical + ?Sized)) {
        self.bytes.clear();
        value.write_canonical(&mut self.bytes);
        self.hash.update(self.bytes.as_slice());
    }

    /// The hash of everything added; then it starts anew with nothing, and has its memory still.
    pub fn take(&mut self) -> Fingerprint {
        Fingerprint::new(self.hash.finalize_reset().into())
    }

    /// The hash of everything added.
    pub fn finish(self) -> Fingerprint {
        Fingerprint::new(self.hash.finalize().into())
    }
}

/// The SHA-256 of some bytes.
pub fn digest(bytes: &[u8]) -> Fingerprint {
    Fingerprint::new(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hasher_that_was_emptied_is_as_new() {
        let mut hasher = Hasher::new();
        hasher.add(&1_u64);
        let first = hasher.take();
        hasher.add(&1_u64);
        assert_eq!((hasher.take(), first), (first, Fingerprint::of(&1_u64)));
    }

    /// The domain computes fingerprints by itself.
    #[test]
    fn the_domain_comes_to_the_same() {
        for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000] {
            let text = "f".repeat(length);
            assert_eq!(
                Fingerprint::of(&*text),
                digest(&text.canonical_bytes()),
                "{length}"
            );
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-4, example of one block.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc").to_string(), expected);
    }
}
