//! Whether the segments are as they were written, each by itself and all in their chain.

use super::segment::{Segment, SegmentFault};
use super::{Archive, Entry};
use crate::lock::lock;
use fiacre_domain::fingerprint::Fingerprint;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A segment that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSegment {
    /// Its number.
    pub number: u32,
    /// Where it lies, or should.
    pub file: PathBuf,
    /// What it is, as far as it could be read.
    pub segment: Option<Segment>,
    /// What is wrong with it, if anything.
    pub fault: Option<SegmentFault>,
}

/// What a segment must say of the one before it.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// The one before it cannot be read.
    Unknown,
    /// It is the first.
    Nothing,
    /// The one before it has this hash.
    Hash(Fingerprint),
}

impl CheckedSegment {
    /// That some are missing, however many: a stray file may have any number.
    fn missing(folder: &Path, first: u32, last: u32) -> Self {
        let fault = if first == last {
            SegmentFault::Missing
        } else {
            SegmentFault::MissingUntil { last }
        };
        Self {
            number: first,
            file: folder.join(Segment::file_name(first)),
            segment: None,
            fault: Some(fault),
        }
    }

    /// Holds a file to its number and to the one before it.
    fn of(number: u32, file: PathBuf, before: Before) -> Self {
        let (segment, fault) = match Segment::verify(&file) {
            Err(fault) => (None, Some(fault)),
            Ok(segment) => {
                let is_linked = match before {
                    Before::Unknown => true,
                    Before::Nothing => segment.prev.is_none(),
                    Before::Hash(hash) => segment.prev == Some(hash),
                };
                let fault = if segment.number != number {
                    let found = segment.number;
                    Some(SegmentFault::Misplaced { found })
                } else if is_linked {
                    None
                } else {
                    Some(SegmentFault::ChainBroken)
                };
                (Some(segment), fault)
            }
        };
        Self {
            number,
            file,
            segment,
            fault,
        }
    }
}

impl Archive {
    /// Reads every segment, and holds it to what the store knows of it; `seen` is told of each.
    pub(crate) fn verify(&self, mut seen: impl FnMut(&CheckedSegment)) -> Vec<CheckedSegment> {
        let catalog: Vec<Entry> = lock(&self.state).catalog.values().cloned().collect();
        let check = |entry: Entry| {
            let Segment {
                number, hash, prev, ..
            } = entry.segment;
            let before = prev.map_or(Before::Nothing, Before::Hash);
            let look = || CheckedSegment::of(number, self.lookup(&entry), before);
            let mut checked = look();
            if checked.fault == Some(SegmentFault::Missing) {
                // It may have got its name before it was opened by the other.
                checked = look();
            }
            let is_known = checked.segment.is_none_or(|segment| segment.hash == hash);
            if checked.fault.is_none() && !is_known {
                checked.fault = Some(SegmentFault::Replaced);
            }
            seen(&checked);
            checked
        };
        catalog.into_iter().map(check).collect()
    }
}

/// Reads every segment in a folder, without a store: each by itself, and all in their chain from the first. Those that are missing
/// between two are one finding. What came after the last one that is there only the store knows.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("000002.segment"), "Fiacre's archive, format 1\n")?;
/// let checked = fiacre_embedded::verify_segments(folder.path())?;
/// let faults: Vec<_> = checked.iter().filter_map(|segment| segment.fault.as_ref()).collect();
/// assert_eq!(faults.iter().map(|fault| fault.code()).collect::<Vec<_>>(), ["segment_missing", "segment_cut"]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Where the folder cannot be listed.
pub fn verify_segments(folder: &Path) -> io::Result<Vec<CheckedSegment>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(Segment::numbered) {
            files.insert(number, entry.path());
        }
    }
    let (mut checked, mut before) = (Vec::new(), Before::Nothing);
    let mut next = 1;
    for (number, file) in files {
        if number > next {
            checked.push(CheckedSegment::missing(folder, next, number.saturating_sub(1)));
            before = Before::Unknown;
        }
        let segment = CheckedSegment::of(number, file, before);
        let hash = segment.segment.map(|segment| segment.hash);
        before = hash.map_or(Before::Unknown, Before::Hash);
        next = number.saturating_add(1);
        checked.push(segment);
    }
    Ok(checked)
}
