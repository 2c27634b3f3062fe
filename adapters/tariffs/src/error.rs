//! What can be wrong with a tariff file, and where.

use crate::names::nearest;
use fiacre_domain::pricing::{PricingError, TariffError};
use std::fmt;
use std::ops::Range;

/// How many names an error lists.
const KNOWN_SHOWN_MAX: usize = 30;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TariffFileFault {
    /// Longer than [`FILE_BYTES_MAX`](crate::FILE_BYTES_MAX).
    TooLarge,
    /// Could not be read at all; the reason of the operating system.
    Unreadable(String),
    /// Not TOML, a field is missing or of the wrong type; the reason.
    Syntax(String),
    /// A field that the format does not have.
    UnknownField {
        /// As written.
        field: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// The fields that may stand there.
        known: Box<[String]>,
    },
    /// A value that cannot be read; how to write it.
    Value(String),
    /// Refers to a zone, window, charge or built-in tariff that is not there.
    UnknownName {
        /// What is missing: `zone`, `window`, `charge`, `tariff`.
        what: &'static str,
        /// As written.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// Those that there are.
        known: Box<[String]>,
    },
    /// The domain refuses it.
    Rule(TariffError),
    /// It is a tariff, and an ordinary ride cannot be priced with it.
    Unpriceable(PricingError),
}

impl TariffFileFault {
    fn unknown_name<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        Self::UnknownName {
            what,
            name: name.to_owned(),
            nearest: nearest(name, known.iter().copied()),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// A tariff file that could not be read: which, where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffFileError {
    file: Box<str>,
    /// Line and column, from 1.
    place: Option<(usize, usize)>,
    fault: TariffFileFault,
}

impl TariffFileError {
    pub(crate) fn whole_file(file: &str, fault: TariffFileFault) -> Self {
        Self {
            file: file.into(),
            place: None,
            fault,
        }
    }

    pub(crate) fn unknown_built_in<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self::whole_file(name, TariffFileFault::unknown_name("tariff", name, known))
    }

    pub(crate) fn syntax(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let fault =
            unknown_field(error.message()).unwrap_or_else(|| TariffFileFault::Syntax(plain(error.message())));
        Self {
            file: file.into(),
            place: error.span().map(|span| place_of(text, &span)),
            fault,
        }
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Line and column of the fault, from 1.
    pub const fn place(&self) -> Option<(usize, usize)> {
        self.place
    }

    /// What is wrong.
    pub const fn fault(&self) -> &TariffFileFault {
        &self.fault
    }

    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match &self.fault {
            TariffFileFault::TooLarge => "tariff_file_too_large",
            TariffFileFault::Unreadable(_) => "tariff_file_unreadable",
            TariffFileFault::Syntax(_) => "tariff_file_syntax",
            TariffFileFault::UnknownField { .. } => "tariff_file_unknown_field",
            TariffFileFault::Value(_) => "tariff_file_value",
            TariffFileFault::UnknownName { .. } => "tariff_file_unknown_name",
            TariffFileFault::Rule(error) => error.code(),
            TariffFileFault::Unpriceable(error) => error.code(),
        }
    }
}

/// serde's message for a field that `deny_unknown_fields` met: "unknown field `x`, expected one of `a`, `b`".
fn unknown_field(message: &str) -> Option<TariffFileFault> {
    let rest = message.strip_prefix("unknown field `")?;
    let (field, expected) = rest.split_once('`')?;
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    Some(TariffFileFault::UnknownField {
        field: field.to_owned(),
        nearest: nearest(field, known.iter().copied()),
        known: known.into_iter().map(str::to_owned).collect(),
    })
}

/// The reader's message in the words of the format: whoever writes a tariff knows no types of Rust.
fn plain(message: &str) -> String {
    let message = message.trim().replace('\n', "; ");
    if message.starts_with("duplicate key") {
        return "this is written twice in one table: take one out".to_owned();
    }
    if message.contains("recursion") {
        return "brackets stand in brackets more deeply than in any tariff: close some, or take them out"
            .to_owned();
    }
    let Some((what, expected)) = message.split_once(", expected ") else {
        return message;
    };
    let what = match what {
        "invalid type: map" if expected == "a sequence" => {
            return "there may be several of it: write its name in double brackets, as in [[charge]]"
                .to_owned();
        }
        "invalid type: map" => "this is a table, or a date without quotes".to_owned(),
        what => what.replace("unknown variant", "cannot read"),
    };
    let expected = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "a sequence" => "a list, in square brackets",
        "a string" => "text, in quotes",
        "a boolean" => "true or false",
        table if table.starts_with("struct ") || table == "a map" => "a table",
        other => other,
    };
    format!("{what}: write {expected}")
}

/// What an error says, without what it failed to do: that is said of the file as a whole.
pub(crate) fn why(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    let reason = text
        .strip_prefix("failed to ")
        .and_then(|rest| rest.split_once(": "));
    reason.map_or_else(|| text.clone(), |(_, reason)| reason.to_owned())
}

/// Line and column (in characters), from 1, of the first byte of a span.
fn place_of(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before
        .get(line_start..)
        .map_or(1, |line| line.chars().count() + 1);
    (before.matches('\n').count() + 1, column)
}

impl fmt::Display for TariffFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to read {}", self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        let meant = |f: &mut fmt::Formatter<'_>, nearest: &Option<String>, known: &[String]| match nearest {
            Some(name) => write!(f, ": did you mean `{name}`?"),
            None if known.is_empty() => Ok(()),
            None => {
                let shown = known.get(..KNOWN_SHOWN_MAX).unwrap_or(known);
                write!(f, ": there is `{}`", shown.join("`, `"))?;
                match known.len() - shown.len() {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
        };
        match &self.fault {
            TariffFileFault::TooLarge => write!(f, "it is longer than {} bytes", crate::FILE_BYTES_MAX),
            TariffFileFault::Unreadable(why) | TariffFileFault::Syntax(why) | TariffFileFault::Value(why) => {
                f.write_str(why)
            }
            TariffFileFault::UnknownField {
                field,
                nearest,
                known,
            } => {
                write!(f, "unknown field `{field}`")?;
                meant(f, nearest, known)
            }
            TariffFileFault::UnknownName {
                what,
                name,
                nearest,
                known,
            } => {
                write!(f, "there is no {what} `{name}`")?;
                meant(f, nearest, known)
            }
            TariffFileFault::Rule(error) => f.write_str(&why(error)),
            TariffFileFault::Unpriceable(error) => {
                write!(f, "an ordinary ride cannot be priced with it: {}", why(error))
            }
        }
    }
}

impl std::error::Error for TariffFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            TariffFileFault::Rule(error) => Some(error),
            TariffFileFault::Unpriceable(error) => Some(error),
            TariffFileFault::TooLarge
            | TariffFileFault::Unreadable(_)
            | TariffFileFault::Syntax(_)
            | TariffFileFault::UnknownField { .. }
            | TariffFileFault::Value(_)
            | TariffFileFault::UnknownName { .. } => None,
        }
    }
}

/// A fault with its place in the text, before the file's name is known.
#[derive(Debug)]
pub(crate) struct Located {
    span: Range<usize>,
    fault: TariffFileFault,
}

impl Located {
    pub(crate) fn value(span: Range<usize>, how: impl Into<String>) -> Self {
        Self {
            span,
            fault: TariffFileFault::Value(how.into()),
        }
    }

    pub(crate) fn rule(span: Range<usize>, error: TariffError) -> Self {
        Self {
            span,
            fault: TariffFileFault::Rule(error),
        }
    }

    pub(crate) fn unpriceable(span: Range<usize>, error: PricingError) -> Self {
        Self {
            span,
            fault: TariffFileFault::Unpriceable(error),
        }
    }

    pub(crate) fn unknown_name<'a>(
        span: Range<usize>,
        what: &'static str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            span,
            fault: TariffFileFault::unknown_name(what, name, known),
        }
    }

    pub(crate) fn in_file(self, file: &str, text: &str) -> TariffFileError {
        TariffFileError {
            file: file.into(),
            place: Some(place_of(text, &self.span)),
            fault: self.fault,
        }
    }
}
