//! Streams in the order of their keys, whether their commits lie in the log or in segments.

use super::{Archive, Stub};
use crate::at_rest::{LogRow, log_row};
use crate::bytes::Reader;
use crate::tables::{ReadError, RowRead};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::PortError;
use std::iter::Peekable;
use std::sync::Arc;
use std::vec;

/// Rows of the log and, where a stub stands before them, those of the archive: of each stream whole, in order.
#[derive(Debug)]
pub(crate) struct Merged<L: Iterator<Item = RowRead>, S: Iterator<Item = RowRead>> {
    archive: Arc<Archive>,
    in_log: Peekable<L>,
    stubs: Peekable<S>,
    archived: vec::IntoIter<LogRow>,
}

impl<L: Iterator<Item = RowRead>, S: Iterator<Item = RowRead>> Merged<L, S> {
    pub(crate) fn new(archive: Arc<Archive>, in_log: L, stubs: S) -> Self {
        Self {
            archive,
            in_log: in_log.peekable(),
            stubs: stubs.peekable(),
            archived: Vec::new().into_iter(),
        }
    }

    /// Whether a stub comes next: its key is the beginning of its commits' keys.
    fn is_stub_next(&mut self) -> bool {
        match (self.stubs.peek(), self.in_log.peek()) {
            (Some(Ok((stub, _))), Some(Ok((commit, _)))) => stub <= commit,
            // What cannot be read is said at once.
            (Some(Err(_)), _) | (Some(Ok(_)), None) => true,
            (None, _) | (Some(Ok(_)), Some(Err(_))) => false,
        }
    }
}

impl<L: Iterator<Item = RowRead>, S: Iterator<Item = RowRead>> Iterator for Merged<L, S> {
    type Item = Result<LogRow, PortError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.archived.next() {
                return Some(Ok(row));
            }
            if !self.is_stub_next() {
                return self.in_log.next().map(log_row);
            }
            let read = self.stubs.next()?.and_then(|(key, value)| {
                let mut key = Reader::new(&key);
                let stream: StreamId = key.stream()?;
                Ok((stream, Stub::read(&value)?))
            });
            match read {
                Ok((stream, stub)) => {
                    self.archived = self.archive.rows(stream, &stub, Version::EMPTY).into_iter();
                }
                Err(error) => return Some(Err(ReadError::into_error(error, "read the archive"))),
            }
        }
    }
}
