//! What a command answers with: words for people, or with `--json` exactly one JSON object on one line, whatever happens
//! (docs/adr/0077-the-command-line-is-one-contract.md).

use serde_json::{Number, Value};
use std::io::{self, Write};

/// Takes a command's answer, and sees to it that an object is one and whole, also where the command fails half-way.
pub(crate) struct Answer<W> {
    out: W,
    is_json: bool,
    written: Written,
}

/// How much of the object is written: all but its last brace at the most, for an error may join it.
enum Written {
    Nothing,
    Fields { any: bool },
    Items { any: bool },
}

impl<W: Write> Answer<W> {
    pub(crate) const fn new(out: W, is_json: bool) -> Self {
        Self {
            out,
            is_json,
            written: Written::Nothing,
        }
    }

    /// Whether programs read it.
    pub(crate) const fn is_json(&self) -> bool {
        self.is_json
    }

    /// Where words for people go; not where [`is_json`](Self::is_json).
    pub(crate) const fn words(&mut self) -> &mut W {
        &mut self.out
    }

    /// Answers with an object; once, and nothing else.
    pub(crate) fn object(&mut self, object: &Value) -> io::Result<()> {
        self.object_in_json(&object.to_string())
    }

    /// As [`object`](Self::object), of one that is in JSON already.
    pub(crate) fn object_in_json(&mut self, object: &str) -> io::Result<()> {
        let fields = object.trim_end().strip_suffix('}').unwrap_or(object);
        self.written = Written::Fields {
            any: fields.trim_end() != "{",
        };
        self.out.write_all(fields.as_bytes())
    }

    /// Answers with an object that holds a list of this name, whose items come one by one.
    pub(crate) fn list(&mut self, name: &str) -> io::Result<()> {
        self.written = Written::Items { any: false };
        write!(self.out, "{{\"{name}\":[")
    }

    /// The next of the list.
    pub(crate) fn item(&mut self, item: &Value) -> io::Result<()> {
        let comma = if matches!(self.written, Written::Items { any: true }) {
            ","
        } else {
            ""
        };
        self.written = Written::Items { any: true };
        write!(self.out, "{comma}{item}")
    }

    /// Ends it; with an error, it says so beside what was answered.
    pub(crate) fn end(&mut self, error: Option<&Value>) -> io::Result<()> {
        if self.is_json {
            let comma = match self.written {
                Written::Nothing => {
                    self.out.write_all(b"{")?;
                    ""
                }
                Written::Fields { any } => {
                    if any {
                        ","
                    } else {
                        ""
                    }
                }
                Written::Items { .. } => {
                    self.out.write_all(b"]")?;
                    ","
                }
            };
            if let Some(error) = error {
                write!(self.out, "{comma}\"error\":{error}")?;
            }
            self.out.write_all(b"}\n")?;
        }
        self.out.flush()
    }
}

/// Minor units as a JSON number; as text what is beyond 64 bits, which no number of JSON's readers holds.
pub(crate) fn minor(minor: i128) -> Value {
    Number::from_i128(minor).map_or_else(|| Value::String(minor.to_string()), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(say: impl FnOnce(&mut Answer<&mut Vec<u8>>), error: Option<&Value>) -> String {
        let mut page = Vec::new();
        let mut answer = Answer::new(&mut page, true);
        say(&mut answer);
        answer.end(error).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn it_is_one_object_on_one_line_wherever_it_ends() {
        let error = &json!({ "code": "c" });
        let list = |items: i64| {
            move |answer: &mut Answer<&mut Vec<u8>>| {
                answer.list("trips").unwrap();
                (0..items).for_each(|item| answer.item(&json!({ "trip": item })).unwrap());
            }
        };
        for (answer, expected) in [
            (answered(|_| {}, None), "{}\n"),
            (answered(|_| {}, Some(error)), "{\"error\":{\"code\":\"c\"}}\n"),
            (answered(|it| it.object(&json!({})).unwrap(), None), "{}\n"),
            (
                answered(|it| it.object(&json!({})).unwrap(), Some(error)),
                "{\"error\":{\"code\":\"c\"}}\n",
            ),
            (
                answered(|it| it.object(&json!({ "a": { "b": 1 } })).unwrap(), Some(error)),
                "{\"a\":{\"b\":1},\"error\":{\"code\":\"c\"}}\n",
            ),
            (
                answered(|it| it.object_in_json("{\"a\":1}\n").unwrap(), None),
                "{\"a\":1}\n",
            ),
            (answered(list(0), None), "{\"trips\":[]}\n"),
            (
                answered(list(2), Some(error)),
                "{\"trips\":[{\"trip\":0},{\"trip\":1}],\"error\":{\"code\":\"c\"}}\n",
            ),
        ] {
            assert_eq!(answer, expected);
        }
    }

    #[test]
    fn sums_are_numbers_as_far_as_numbers_go() {
        assert_eq!(minor(-1_880), json!(-1_880));
        assert_eq!(minor(i128::MAX), json!(i128::MAX.to_string()));
    }
}
