//! JSON is read as strictly as it is written, and what is wrong is told with its place.
//!
//! Derived shapes would take a list of values where an object with keys is meant, and a variant's name with nothing
//! behind it in two ways. Here a value is read in the one way in which it is written, and an error gathers the keys
//! that it passes on its way out: `computed.lines[2].amount`. Packed bytes have no keys; they are read by their own
//! rules.

use crate::JSON_BYTES_MAX;
use crate::error::WireError;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;
use std::fmt;

/// How much of a name that nobody knows is shown.
const NAME_CHARS_MAX: usize = 40;

/// What this text says, all of it.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, WireError> {
    if text.len() > JSON_BYTES_MAX {
        return Err(WireError::TooLarge);
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| WireError::not_json(&error))?;
    T::deserialize(Node(whole.get())).map_err(|Flaw(error)| error)
}

/// An error on its way out of a document.
#[derive(Debug)]
struct Flaw(WireError);

impl Flaw {
    /// Something else must be written here.
    fn shape(why: impl fmt::Display) -> Self {
        Self(WireError::Malformed {
            path: String::new(),
            why: why.to_string(),
        })
    }

    fn within(self, key: &str) -> Self {
        Self(self.0.within(key))
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Flaw {}

impl serde::de::Error for Flaw {
    /// What a type says of a text that it is not.
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(WireError::Value {
            path: String::new(),
            why: why.to_string(),
        })
    }

    fn invalid_length(length: usize, _expected: &dyn Expected) -> Self {
        Self::shape(format_args!("{length} values are too few; {UNEDITED}"))
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::shape(format_args!(
            "`{}` is not known here; write one of: {}",
            shown(name),
            known.join(", ")
        ))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::shape(format_args!(
            "there is no key `{}`; take it out, or write one of: {}",
            shown(name),
            known.join(", ")
        ))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::shape(format_args!("it is missing; {UNEDITED}")).within(key)
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::shape(format_args!("it is there twice; {UNEDITED}")).within(key)
    }
}

const UNEDITED: &str = "take the document as it was written";

/// A name that somebody else chose, short and in one line.
fn shown(name: &str) -> String {
    name.chars()
        .take(NAME_CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect()
}

/// Well-formed JSON may still hold an escape that stands for no character.
fn not_unicode<E>(_: E) -> Flaw {
    Flaw::shape("write text in Unicode, without half of a surrogate pair")
}

/// One value, from its first character to its last.
#[derive(Debug, Clone, Copy)]
struct Node<'de>(&'de str);

impl<'de> Node<'de> {
    fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    fn is_text(self) -> bool {
        self.0.starts_with('"')
    }

    fn text(self) -> Result<String, Flaw> {
        if self.is_text() {
            serde_json::from_str(self.0).map_err(not_unicode)
        } else {
            Err(Flaw::shape("write a text in quotes"))
        }
    }

    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        if !self.is_object() {
            return Err(Flaw::shape("write an object, {…}, with its keys"));
        }
        let mut read = None;
        let parts = Parts {
            visitor,
            read: &mut read,
        };
        let end = serde_json::Deserializer::from_str(self.0).deserialize_map(parts);
        read.unwrap_or_else(|| Err(not_unicode(end)))
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        if !self.0.starts_with('[') {
            return Err(Flaw::shape("write a list, […]"));
        }
        let mut read = None;
        let parts = Parts {
            visitor,
            read: &mut read,
        };
        match serde_json::Deserializer::from_str(self.0).deserialize_seq(parts) {
            Err(_) if matches!(read, Some(Ok(_))) => {
                Err(Flaw::shape(format_args!("there are too many values; {UNEDITED}")))
            }
            end => read.unwrap_or_else(|| Err(not_unicode(end))),
        }
    }
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident $number:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
            let number = self.0.parse::<$number>().ok();
            // A number is written in one way: neither -0 nor 1.0 nor 1e3.
            match number.filter(|number| number.to_string() == self.0) {
                Some(number) => visitor.$visit(number),
                None => Err(Flaw::shape(format_args!(
                    "write a whole number from {} to {}",
                    <$number>::MIN,
                    <$number>::MAX
                ))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Flaw;

    integers! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Flaw::shape("write true or false")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        if self.0 == "null" {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Flaw> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        let choice = if self.is_text() {
            Some((self.text()?, None))
        } else {
            let single = serde_json::from_str(self.0).ok();
            single.map(|Single(name, content)| (name, Some(Node(content.get()))))
        };
        let Some((name, content)) = choice else {
            return Err(Flaw::shape(format_args!(
                "write one of them, as a text or as an object of one key: {}",
                variants.join(", ")
            )));
        };
        visitor.visit_enum(Choice { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Flaw> {
        Err(Flaw::shape("nobody says what is to be written here"))
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str bytes byte_buf unit unit_struct map identifier
    }
}

/// Reads the parts of an object or a list one by one. What comes of it is kept aside: whoever has seen enough leaves
/// the rest unread, which the parser below takes for an error of the text.
struct Parts<'r, V, T> {
    visitor: V,
    read: &'r mut Option<Result<T, Flaw>>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Parts<'_, V, V::Value> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        let key = String::new();
        *self.read = Some(self.visitor.visit_map(Entries { entries, key }));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        *self.read = Some(self.visitor.visit_seq(Items { items, index: 0 }));
        Ok(())
    }
}

struct Entries<A> {
    entries: A,
    /// Of the entry that is being read.
    key: String,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<A> {
    type Error = Flaw;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Flaw> {
        let Some(key) = self.entries.next_key().map_err(not_unicode)? else {
            return Ok(None);
        };
        self.key = key;
        let key: StrDeserializer<'_, Flaw> = self.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Flaw> {
        let value: &RawValue = self.entries.next_value().map_err(not_unicode)?;
        seed.deserialize(Node(value.get()))
            .map_err(|flaw| flaw.within(&self.key))
    }
}

struct Items<A> {
    items: A,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<A> {
    type Error = Flaw;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Flaw> {
        let Some(item) = self.items.next_element::<&RawValue>().map_err(not_unicode)? else {
            return Ok(None);
        };
        let value = seed
            .deserialize(Node(item.get()))
            .map_err(|flaw| flaw.within(&format!("[{}]", self.index)));
        self.index += 1;
        value.map(Some)
    }
}

/// An object of one key.
struct Single<'de>(String, &'de RawValue);

impl<'de> Deserialize<'de> for Single<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SingleEntry)
    }
}

struct SingleEntry;

impl<'de> Visitor<'de> for SingleEntry {
    type Value = Single<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of one key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Single<'de>, A::Error> {
        // A second key is left unread, which is an error of its own.
        match entries.next_entry()? {
            Some((name, content)) => Ok(Single(name, content)),
            None => Err(A::Error::invalid_length(0, &self)),
        }
    }
}

/// A variant: its name, and what it holds if it is written as an object.
struct Choice<'de> {
    name: String,
    content: Option<Node<'de>>,
}

impl<'de> Choice<'de> {
    /// Reads what the variant holds.
    fn with<T>(self, read: impl FnOnce(Node<'de>) -> Result<T, Flaw>) -> Result<T, Flaw> {
        let content = self
            .content
            .ok_or_else(|| Flaw::shape(format_args!("write an object, {{\"{}\": …}}", self.name)))?;
        read(content).map_err(|flaw| flaw.within(&self.name))
    }
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Flaw;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Flaw> {
        let name: StrDeserializer<'_, Flaw> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = Flaw;

    fn unit_variant(self) -> Result<(), Flaw> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Flaw::shape(format_args!(
                "write the text \"{}\" alone",
                self.name
            ))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Flaw> {
        self.with(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Flaw> {
        self.with(|content| content.list(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.with(|content| content.object(visitor))
    }
}
