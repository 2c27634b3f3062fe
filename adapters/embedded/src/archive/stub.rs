//! What stays in the store of a stream whose commits were moved into segments: where it ends, and what caused its commits, so
//! that nothing is done twice and it goes on where it was; and where its commits lie.

use super::segment::Span;
use crate::bytes::{Malformed, Reader, Row};
use crate::store::CAUSES_READ;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::Version;

/// Commits of a stream that lie in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) segment: u32,
    /// The version of the last.
    pub(super) until: Version,
    pub(super) span: Span,
}

/// The end of a stream, and where its commits lie, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stub {
    pub(super) head: Version,
    pub(super) hash: Fingerprint,
    /// The hashes of the first causes, by version.
    pub(super) causes: Vec<u64>,
    pub(super) pieces: Vec<Piece>,
}

impl Stub {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut row = Row::default();
        row.version(self.head).raw(self.hash.bytes());
        let causes = self.causes.iter().take(CAUSES_READ as usize);
        row.count(causes.len());
        for cause in causes {
            row.u64(*cause);
        }
        for Piece {
            segment,
            until,
            span: Span { offset, length },
        } in &self.pieces
        {
            row.u32(*segment).version(*until).u64(*offset).u32(*length);
        }
        row.into_vec()
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut row = Reader::new(value);
        let head = row.version()?;
        let hash = Fingerprint::new(row.raw(32)?.try_into().map_err(|_| Malformed)?);
        let count = row.u32()?;
        let causes = (0..count).map(|_| row.u64()).collect::<Result<_, _>>()?;
        let mut pieces = Vec::new();
        while !row.is_empty() {
            pieces.push(Piece {
                segment: row.u32()?,
                until: row.version()?,
                span: Span {
                    offset: row.u64()?,
                    length: row.u32()?,
                },
            });
        }
        Ok(Self {
            head,
            hash,
            causes,
            pieces,
        })
    }

    /// The pieces that hold a commit after this version, each with the version before its first.
    pub(super) fn after(&self, after: Version) -> impl DoubleEndedIterator<Item = (Version, Piece)> {
        let before = std::iter::once(Version::EMPTY).chain(self.pieces.iter().map(|piece| piece.until));
        before
            .zip(self.pieces.clone())
            .filter(move |(_, piece)| piece.until > after)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The version of the last commit that lies in a segment.
    pub(crate) const fn head(&self) -> Version {
        self.head
    }

    /// The hash of that commit.
    pub(crate) const fn hash(&self) -> Fingerprint {
        self.hash
    }

    /// The hashes of the first causes, by version.
    pub(crate) fn causes(&self) -> &[u64] {
        &self.causes
    }
}
