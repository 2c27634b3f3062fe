//! Canonical bytes: one byte string per value, the same on every platform and in every release.
//!
//! Digests, fingerprints and signatures are taken over these bytes ([`Fingerprint::of`](crate::fingerprint::Fingerprint::of) is that of one value; the others are `fiacre-wire`'s).
//! Integers are big-endian and of fixed width, sequences carry their length, enums a tag byte, options one byte.
//! The encoding is not meant to be decoded: it is injective per type, which is all that a hash needs.
//!
//! ```
//! use fiacre_domain::canonical::Canonical;
//! use fiacre_domain::units::Millis;
//! assert_eq!(Millis::new(1).canonical_bytes(), [0, 0, 0, 0, 0, 0, 0, 1]);
//! ```

/// Collects canonical bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CanonicalBytes {
    bytes: Vec<u8>,
}

impl CanonicalBytes {
    /// Starts with no byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends raw bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends an enum's tag.
    pub fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the bytes, keeps the allocation.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Gives the bytes away.
    pub fn into_vec(self) -> Vec<u8> {
        self.bytes
    }
}

/// A value with exactly one byte string.
pub trait Canonical {
    /// Appends this value's bytes to `out`.
    fn write_canonical(&self, out: &mut CanonicalBytes);

    /// This value's bytes on their own.
    fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = CanonicalBytes::new();
        self.write_canonical(&mut out);
        out.into_vec()
    }
}

macro_rules! canonical_integers {
    ($($t:ty),*) => {$(
        impl Canonical for $t {
            fn write_canonical(&self, out: &mut CanonicalBytes) {
                out.raw(&self.to_be_bytes());
            }
        }
    )*};
}
canonical_integers!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl Canonical for bool {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        out.tag(u8::from(*self));
    }
}

impl Canonical for str {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        (self.len() as u64).write_canonical(out);
        out.raw(self.as_bytes());
    }
}

impl Canonical for String {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.as_str().write_canonical(out);
    }
}

impl<const N: usize> Canonical for [u8; N] {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        out.raw(self);
    }
}

impl<T: Canonical> Canonical for [T] {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        (self.len() as u64).write_canonical(out);
        for item in self {
            item.write_canonical(out);
        }
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.as_slice().write_canonical(out);
    }
}

impl<T: Canonical> Canonical for Option<T> {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        match self {
            None => out.tag(0),
            Some(value) => {
                out.tag(1);
                value.write_canonical(out);
            }
        }
    }
}

impl<T: Canonical + ?Sized> Canonical for std::sync::Arc<T> {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.as_ref().write_canonical(out);
    }
}

impl<T: Canonical + ?Sized> Canonical for Box<T> {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.as_ref().write_canonical(out);
    }
}

impl<T: Canonical + ?Sized> Canonical for &T {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        (**self).write_canonical(out);
    }
}

impl<A: Canonical, B: Canonical> Canonical for (A, B) {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.0.write_canonical(out);
        self.1.write_canonical(out);
    }
}

/// Implements [`Canonical`] for a struct, destructuring every field: a new field that is not listed breaks the build.
///
/// `canonical_struct!(Point { x, y });` or, for a newtype, `canonical_struct!(Metres(value));`
#[macro_export]
#[doc(hidden)]
macro_rules! canonical_struct {
    ($t:ident { $($field:ident),* $(,)? }) => {
        impl $crate::canonical::Canonical for $t {
            fn write_canonical(&self, out: &mut $crate::canonical::CanonicalBytes) {
                let Self { $($field),* } = self;
                $($crate::canonical::Canonical::write_canonical($field, out);)*
            }
        }
    };
    ($t:ident ( $($field:ident),* $(,)? )) => {
        impl $crate::canonical::Canonical for $t {
            fn write_canonical(&self, out: &mut $crate::canonical::CanonicalBytes) {
                let Self($($field),*) = self;
                $($crate::canonical::Canonical::write_canonical($field, out);)*
            }
        }
    };
}

/// Implements [`Canonical`] for an enum with explicit, permanent tags; every field of every variant is written.
///
/// `canonical_enum!(Shape { 0 = Empty, 1 = Circle { radius }, 2 = Named(name) });`
#[macro_export]
#[doc(hidden)]
macro_rules! canonical_enum {
    ($t:ident { $($tag:literal = $variant:ident $( { $($field:ident),* $(,)? } )? $( ( $($item:ident),* $(,)? ) )? ),* $(,)? }) => {
        impl $crate::canonical::Canonical for $t {
            fn write_canonical(&self, out: &mut $crate::canonical::CanonicalBytes) {
                match self {
                    $(Self::$variant $( { $($field),* } )? $( ( $($item),* ) )? => {
                        out.tag($tag);
                        $($($crate::canonical::Canonical::write_canonical($field, out);)*)?
                        $($($crate::canonical::Canonical::write_canonical($item, out);)*)?
                    })*
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Shape {
        Empty,
        Circle { radius: u16 },
        Named(String),
    }
    canonical_enum!(Shape { 0 = Empty, 1 = Circle { radius }, 2 = Named(name) });

    #[test]
    fn every_variant_starts_with_its_tag() {
        assert_eq!(Shape::Empty.canonical_bytes(), [0]);
        assert_eq!(Shape::Circle { radius: 258 }.canonical_bytes(), [1, 1, 2]);
        assert_eq!(
            Shape::Named("ab".into()).canonical_bytes(),
            [2, 0, 0, 0, 0, 0, 0, 0, 2, b'a', b'b']
        );
    }

    #[test]
    fn sequences_carry_their_length_so_that_neighbours_cannot_merge() {
        let split = (vec![1_u8], vec![2_u8, 3]).canonical_bytes();
        let other = (vec![1_u8, 2], vec![3_u8]).canonical_bytes();
        assert_ne!(split, other);
    }

    #[test]
    fn a_collector_that_is_used_again_keeps_nothing() {
        let mut out = CanonicalBytes::new();
        Shape::Circle { radius: 258 }.write_canonical(&mut out);
        out.clear();
        Shape::Empty.write_canonical(&mut out);
        assert_eq!(out.as_slice(), [0]);
    }

    #[test]
    fn absent_differs_from_zero() {
        assert_ne!(None::<u8>.canonical_bytes(), Some(0_u8).canonical_bytes());
    }
}
