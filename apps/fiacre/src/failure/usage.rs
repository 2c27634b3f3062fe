//! Arguments that cannot be read, as clap found them.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::fmt;

/// What is wrong with the arguments.
#[derive(Debug)]
pub(crate) struct UsageError(clap::Error);

impl From<clap::Error> for UsageError {
    fn from(error: clap::Error) -> Self {
        Self(error)
    }
}

impl UsageError {
    /// The stable code of this error.
    pub(super) fn code(&self) -> &'static str {
        match self.0.kind() {
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => "usage_value",
            ErrorKind::UnknownArgument => "usage_unknown_argument",
            ErrorKind::InvalidSubcommand => "usage_unknown_command",
            ErrorKind::MissingRequiredArgument => "usage_missing_argument",
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                "usage_missing_command"
            }
            ErrorKind::ArgumentConflict => "usage_conflict",
            ErrorKind::InvalidUtf8 => "usage_not_text",
            ErrorKind::NoEquals
            | ErrorKind::TooManyValues
            | ErrorKind::TooFewValues
            | ErrorKind::WrongNumberOfValues => "usage_count_of_values",
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::Io | ErrorKind::Format | _ => {
                "usage"
            }
        }
    }

    /// The option that it is about, as it is written.
    pub(super) fn argument(&self) -> Option<&str> {
        let context = self.0.get(ContextKind::InvalidArg)?;
        let argument = if let ContextValue::Strings(arguments) = context {
            arguments.first()
        } else if let ContextValue::String(argument) = context {
            Some(argument)
        } else {
            None
        };
        argument?.split([' ', '=']).next()
    }

    fn is_help(&self) -> bool {
        self.0.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    }

    /// What is wrong, in one line, without how the command is used.
    pub(super) fn message(&self) -> String {
        if self.is_help() {
            return "failed to choose a command: name one; --help lists them".to_owned();
        }
        let text = self.to_string();
        let parts = text
            .split("\n\n")
            .filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"));
        let words = parts.flat_map(str::split_whitespace);
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.render().to_string();
        if self.is_help() {
            return write!(f, "name a command\n\n{}", text.trim_end());
        }
        f.write_str(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    }
}
