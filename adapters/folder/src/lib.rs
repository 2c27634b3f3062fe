#![doc = include_str!("../README.md")]

mod disk;
mod error;
mod own;
#[cfg(all(unix, feature = "power"))]
mod power;
mod scratch;

pub use disk::{make_folders, rename, sync_file, sync_folder};
pub use error::{OpenError, is_full};
pub use own::OwnFolder;
#[cfg(all(unix, feature = "power"))]
pub use power::PowerWatch;
pub use scratch::ScratchFolder;
