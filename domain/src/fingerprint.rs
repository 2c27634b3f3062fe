//! A fingerprint: the SHA-256 of a value's [canonical bytes](crate::canonical).
//!
//! Quotes and readings know their tariff by one, and a request its quote. Hashes over whole logs are `fiacre-wire`'s.
//!
//! ```
//! use fiacre_domain::fingerprint::Fingerprint;
//! let fingerprint = Fingerprint::new([0xab; 32]);
//! assert_eq!(fingerprint.to_string(), "ab".repeat(32));
//! assert_eq!("ab".repeat(32).parse::<Fingerprint>()?, fingerprint);
//! # Ok::<(), fiacre_domain::fingerprint::FingerprintError>(())
//! ```

mod sha256;

use crate::canonical::Canonical;
use crate::canonical_struct;
use std::fmt;
use std::str::FromStr;

/// 32 bytes that stand for a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);
canonical_struct!(Fingerprint(bytes));

impl Fingerprint {
    /// Takes the hash's bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The SHA-256 of the value's canonical bytes.
    ///
    /// ```
    /// use fiacre_domain::fingerprint::Fingerprint;
    /// use fiacre_domain::units::Millis;
    /// let second = Fingerprint::of(&Millis::from_secs(1));
    /// assert!(second.to_string().starts_with("f652498d092a"));
    /// ```
    pub fn of(value: &(impl Canonical + ?Sized)) -> Self {
        Self(sha256::digest(&value.canonical_bytes()))
    }

    /// The hash's bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerprintError;

impl FingerprintError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "fingerprint_malformed"
    }
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read the fingerprint: write it as 64 lower-case hexadecimal digits")
    }
}

impl std::error::Error for FingerprintError {}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(FingerprintError);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

const fn digit(byte: u8) -> Result<u8, FingerprintError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(FingerprintError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sixty_four_small_hexadecimal_digits_are_read() {
        for wrong in [
            "",
            "ab",
            &"AB".repeat(32),
            &"ab".repeat(33),
            &format!("{}a", "ab".repeat(31)),
            &"zz".repeat(32),
        ] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(FingerprintError), "{wrong}");
        }
    }
}
