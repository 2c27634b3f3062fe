#![doc = include_str!("../README.md")]

mod build;
mod charges;
mod error;
mod fees;
mod file;
mod names;
mod rates;
mod trial;
mod value;

pub use error::{TariffFileError, TariffFileFault};

use fiacre_domain::pricing::Tariff;
use std::io::Read;
use std::path::Path;

/// The longest tariff file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 262_144;

/// The tariffs that come with the crate: name and text.
const BUILT_IN: [(&str, &str); 7] = [
    ("bengaluru-auto", include_str!("../tariffs/bengaluru-auto.toml")),
    ("bengaluru-cab", include_str!("../tariffs/bengaluru-cab.toml")),
    ("chicago", include_str!("../tariffs/chicago.toml")),
    ("london", include_str!("../tariffs/london.toml")),
    ("nyc-2018", include_str!("../tariffs/nyc-2018.toml")),
    ("nyc-2022", include_str!("../tariffs/nyc-2022.toml")),
    ("tokyo", include_str!("../tariffs/tokyo.toml")),
];

/// The names of the tariffs that come with the crate, in order.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The text of a tariff that comes with the crate.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// A tariff that comes with the crate, by name.
///
/// # Errors
/// [`TariffFileFault::UnknownName`] with the nearest name where there is none.
pub fn built_in(name: &str) -> Result<Tariff, TariffFileError> {
    let text =
        built_in_text(name).ok_or_else(|| TariffFileError::unknown_built_in(name, built_in_names()))?;
    parse(name, text)
}

/// Reads the text of a tariff file; `name` is what errors call it.
///
/// # Errors
///
/// A [`TariffFileError`] that names the line and column of the first fault: no TOML, an unknown field, or a value that no tariff
/// can have.
pub fn parse(name: &str, text: &str) -> Result<Tariff, TariffFileError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(TariffFileError::whole_file(name, TariffFileFault::TooLarge));
    }
    let file: file::TariffFile =
        toml::from_str(text).map_err(|error| TariffFileError::syntax(name, text, &error))?;
    build::build(file).map_err(|fault| fault.in_file(name, text))
}

/// Reads a tariff file.
///
/// # Errors
///
/// A [`TariffFileError`]: the file cannot be read, or it is [no tariff](parse).
pub fn load(path: &Path) -> Result<Tariff, TariffFileError> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        let fault = if error.kind() == std::io::ErrorKind::InvalidData {
            // The file is there; what is in it is wrong.
            TariffFileFault::Syntax("it is not UTF-8 text".to_owned())
        } else {
            TariffFileFault::Unreadable(error.to_string())
        };
        TariffFileError::whole_file(&name, fault)
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    // One byte beyond the limit tells a file that is too large from one that just fits.
    let limit = u64::try_from(FILE_BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    file.take(limit).read_to_string(&mut text).map_err(unreadable)?;
    parse(&name, &text)
}

/// A built-in tariff where `name_or_path` is the name of one, else the file at that path.
///
/// # Errors
///
/// As [`load`], where no built-in tariff has the name.
pub fn open(name_or_path: &str) -> Result<Tariff, TariffFileError> {
    match built_in_text(name_or_path) {
        Some(text) => parse(name_or_path, text),
        None => load(Path::new(name_or_path)),
    }
}
