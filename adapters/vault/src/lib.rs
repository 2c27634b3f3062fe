#![doc = include_str!("../README.md")]
//!
//! - **Kept**: what a call acknowledges is on disk by then, as far as fsync promises; a crash in the middle of a call
//!   leaves what was there before it, or all of it.
//! - **Final**: forgetting a person overwrites their secret, the keys of their trips and which trips those were, in
//!   place, and waits for the disk. What stays is the fingerprint of the secret, the person's id and that the trips
//!   were forgotten: nothing can come back under the same keys, and nobody who asks again is answered otherwise.
//! - **Not promised**: what a file system or a disk keeps aside. A journal of data, copies on write (btrfs, ZFS,
//!   snapshots) and the spare cells of an SSD may hold the old bytes for a while, and so does every backup of this
//!   folder: take none that outlives the time within which people must be forgotten, and put the folder on an
//!   encrypted disk.
//! - **One process**: a second one is refused by name.
//!
//! Calls wait for the disk where they are: once for new trips (or once for many: [`FolderVault::grouped`]), three times for
//! a person who is forgotten, never to give known keys.

mod error;
mod file;
mod keys;
mod slot;
mod vault;

pub use error::VaultError;
pub use vault::{FolderVault, Said, VaultAtRest};
