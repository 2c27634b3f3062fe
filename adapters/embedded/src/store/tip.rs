//! What an append must know of a stream: where it ends, and what caused its commits.

use super::split;
use crate::archive::{Archive, Stub};
use crate::bytes::Row;
use crate::tables::{ReadError, Table, Tables};
use fiacre_domain::canonical::Canonical;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{Cause, StreamId, Version};
use fiacre_wire::stored::Stored;
use xxhash_rust::xxh3::xxh3_64;

/// The causes of this many first commits of a stream stand in their own rows, and are read with them: most streams never have
/// more. Those of later ones stand in a table.
pub(crate) const CAUSES_READ: u32 = 64;

/// The end of a stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tip {
    pub(super) head: Version,
    /// Of the last commit.
    pub(super) hash: Option<Fingerprint>,
    /// The hashes of the first causes, by version.
    pub(super) causes: Vec<u64>,
}

impl Tip {
    /// Reads it from the stream's rows, and from what stays of those that were archived.
    pub(crate) fn read(tables: &Tables, archive: &Archive, stream: StreamId) -> Result<Self, ReadError> {
        let moment = tables.moment();
        let archived = archive.stub(&moment, stream)?;
        if archived.is_none() && !moment.has(Table::Commits, &key(stream, Version::new(1)))? {
            return Ok(Self::default());
        }
        let mut tip = archived.as_ref().map_or_else(Self::default, Self::of_archived);
        let mut prefix = Row::default();
        prefix.stream(stream);
        let prefix = prefix.into_vec();
        let left = (CAUSES_READ as usize).saturating_sub(tip.causes.len());
        for row in moment.prefix(Table::Commits, &prefix).take(left) {
            let (_, row) = row?;
            tip.causes.push(split(&row)?.0);
        }
        let last = moment.prefix(Table::Commits, &prefix).next_back();
        if let Some(last) = last.transpose()? {
            let stored = Stored::read(split(&last.1)?.1)?;
            tip.head = stored.version();
            tip.hash = Some(stored.hash());
        }
        Ok(tip)
    }

    fn of_archived(stub: &Stub) -> Self {
        Self {
            head: stub.head(),
            hash: Some(stub.hash()),
            causes: stub.causes().to_vec(),
        }
    }

    /// The version of the last commit.
    pub(crate) const fn head(&self) -> Version {
        self.head
    }

    /// Its hash, if there is one.
    pub(crate) const fn hash(&self) -> Option<Fingerprint> {
        self.hash
    }

    /// The hashes of the first causes, by version.
    pub(crate) fn causes(&self) -> &[u64] {
        &self.causes
    }

    /// Which of the first commits may have this cause.
    pub(super) fn suspects(&self, hash: u64) -> impl Iterator<Item = Version> {
        let numbered = (1..).zip(&self.causes);
        let alike = numbered.filter(move |(_, known)| **known == hash);
        alike.map(|(version, _)| Version::new(version))
    }

    /// Goes on by one commit.
    pub(super) fn advance(&mut self, hash: Fingerprint, cause: u64) {
        self.head = self.head.next();
        self.hash = Some(hash);
        if self.head.get() <= CAUSES_READ {
            self.causes.push(cause);
        }
    }

    /// Whether the next commit's cause goes to the table.
    pub(super) const fn is_long(&self) -> bool {
        self.head.get() >= CAUSES_READ
    }
}

/// A short stand-in for a cause; what looks alike is compared.
pub(super) fn hash_of(cause: &Cause) -> u64 {
    xxh3_64(&cause.canonical_bytes())
}

/// Where a commit lies.
pub(crate) fn key(stream: StreamId, version: Version) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(stream).version(version);
    key.into_vec()
}

/// Where the version lies that a cause made in a long stream.
pub(super) fn cause_key(stream: StreamId, cause: &Cause) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(stream).raw(&cause.canonical_bytes());
    key.into_vec()
}
