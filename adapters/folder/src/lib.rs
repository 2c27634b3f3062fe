#![doc = include_str!("../README.md")]

mod error;
mod own;

pub use error::{OpenError, is_full};
pub use own::OwnFolder;
