//! The steps that the event store's checks are made of.

use super::EventStoreHarness;
use crate::harness::Weather;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::script::{Script, Transient};
use crate::told::Told;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Consistency, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError,
    PortErrorKind, Scope, Snapshot, SnapshotState, Ticket,
};
use std::borrow::Borrow;
use std::sync::Arc;

/// A handle on the store under test.
pub(super) type Store = Arc<dyn EventStore>;

/// What was read, each commit whole or with the kind of what keeps it from being read.
pub(super) type Read = (Ticket, Result<Arc<Commit>, PortErrorKind>);

/// One line for what was read.
pub(super) fn lines(entries: &[Entry]) -> String {
    let line = |entry: &Entry| match &entry.commit {
        Ok(commit) => format!("{}/{}", commit.stream, commit.version),
        Err(error) => format!(
            "{}/{}: {}",
            entry.ticket.stream,
            entry.ticket.version,
            error.code()
        ),
    };
    format!("[{}]", entries.iter().map(line).collect::<Vec<_>>().join(", "))
}

/// Entries, to be compared.
pub(super) fn read(entries: Vec<Entry>) -> Vec<Read> {
    let comparable = |entry: Entry| (entry.ticket, entry.commit.map_err(|error| error.kind()));
    entries.into_iter().map(comparable).collect()
}

/// The commits of entries that all can be read.
pub(super) fn readable(entries: Vec<Entry>) -> Check<Vec<Arc<Commit>>> {
    let observed = lines(&entries);
    let commits: Result<_, _> = entries.into_iter().map(|entry| entry.commit).collect();
    commits.map_err(|_unreadable: PortError| Mismatch {
        expected: "commits that can be read".to_owned(),
        observed,
    })
}

pub(super) fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

/// An answer, as the checks compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Applied(u32),
    Duplicate(u32),
    Conflict,
    Failed(PortErrorKind),
}

impl Told for Answer {
    fn told(&self) -> String {
        match self {
            Self::Applied(version) => format!("applied at @{version}"),
            Self::Duplicate(version) => format!("duplicate of @{version}"),
            Self::Conflict => "conflict".to_owned(),
            Self::Failed(kind) => format!("failed: {}", kind.told()),
        }
    }
}

impl Answer {
    pub(super) fn of(appended: &Appended) -> Self {
        match appended {
            Appended::Applied(version) => Self::Applied(version.get()),
            Appended::Duplicate(version) => Self::Duplicate(version.get()),
            Appended::Conflict { .. } => Self::Conflict,
            Appended::Failed(error) => Self::Failed(error.kind()),
        }
    }

    /// The error after which the same commit may be appended again.
    fn way_failed(self) -> Option<PortError> {
        match self {
            Self::Failed(kind) => Some(PortError::new(kind, "append")).filter(Transient::is_transient),
            Self::Applied(_) | Self::Duplicate(_) | Self::Conflict => None,
        }
    }
}

/// One line for commits that were read.
pub(super) fn places<'c>(commits: impl IntoIterator<Item = &'c (impl Borrow<Commit> + 'c)>) -> String {
    let places: Vec<_> = commits
        .into_iter()
        .map(Borrow::borrow)
        .map(|commit: &Commit| format!("{}/{}", commit.stream, commit.version))
        .collect();
    format!("[{}]", places.join(", "))
}

/// What an append of `commits` must have left in the log.
pub(super) fn committed(commits: &[NewCommit]) -> Vec<Commit> {
    commits.iter().cloned().map(NewCommit::into_commit).collect()
}

impl<H: EventStoreHarness> Script<'_, H> {
    pub(super) fn open_store(&self) -> Store {
        self.harness().open()
    }

    /// Appends a batch. In stormy weather the members that failed on the way are repeated, as one batch, until each has an
    /// answer.
    pub(super) fn append(&self, store: &Store, commits: &[NewCommit]) -> Check<Vec<Answer>> {
        let mut answers = self.append_once(store, commits)?;
        let mut tries = 1;
        loop {
            let unsettled = |answer: &Answer| answer.way_failed().is_some();
            let Some(error) = answers.iter().find_map(|answer| answer.way_failed()) else {
                return Ok(answers);
            };
            if !self.repeats(tries, &error) {
                return Ok(answers);
            }
            tries += 1;
            let members = commits
                .iter()
                .zip(&answers)
                .filter(|(_, answer)| unsettled(answer));
            let again: Vec<_> = members.map(|(commit, _)| commit.clone()).collect();
            let mut again = self.append_once(store, &again)?.into_iter();
            for answer in answers.iter_mut().filter(|answer| unsettled(answer)) {
                *answer = again.next().unwrap_or(*answer);
            }
        }
    }

    /// Whether an answer is the one expected. After a storm a commit may turn out to be its own duplicate: a repetition
    /// cannot tell its own first try from a rival's.
    pub(super) fn is_answer(&self, expected: Answer, answer: Answer) -> bool {
        let own = match (expected, answer) {
            (Answer::Applied(own), Answer::Duplicate(version)) => own == version,
            (Answer::Applied(_) | Answer::Duplicate(_) | Answer::Conflict | Answer::Failed(_), _) => false,
        };
        expected == answer || own && self.harness().weather() == Weather::Stormy
    }

    /// Appends a batch whose answers are known.
    pub(super) fn expect_appends(&self, store: &Store, commits: &[NewCommit], expected: &[Answer]) -> Check {
        let answers = self.append(store, commits)?;
        let same = expected
            .iter()
            .zip(&answers)
            .all(|(&expected, &answer)| self.is_answer(expected, answer));
        expect(same, format!("the answers: {}", expected.told()), &answers)
    }

    /// Appends a batch, once, and notes what came.
    pub(super) fn append_once(&self, store: &Store, commits: &[NewCommit]) -> Check<Vec<Answer>> {
        self.harness().disturb();
        let appended = self.harness().block_on(store.append(commits.to_vec()));
        let answers: Vec<_> = appended.iter().map(Answer::of).collect();
        let lines: Vec<_> = commits.iter().map(Told::told).collect();
        self.note(format!("append {} → {}", lines.join("; "), answers.told()));
        expect_same("as many answers as commits", &commits.len(), &answers.len())?;
        Ok(answers)
    }

    /// Appends a batch of which every member must be applied.
    pub(super) fn apply(&self, store: &Store, commits: &[NewCommit]) -> Check {
        let expected: Vec<_> = commits
            .iter()
            .map(|commit| Answer::Applied(commit.expected.next().get()))
            .collect();
        self.expect_appends(store, commits, &expected)
    }

    /// Appends one commit whose answer is known.
    pub(super) fn expect_append(&self, store: &Store, commit: &NewCommit, expected: Answer) -> Check {
        self.expect_appends(store, std::slice::from_ref(commit), &[expected])
    }

    /// Loads streams at their confirmed heads.
    pub(super) fn load(&self, store: &Store, streams: &[StreamId]) -> Check<Vec<Loaded>> {
        self.load_after(store, streams, Version::EMPTY)
    }

    /// Loads what is newer than a version of streams, at their confirmed heads.
    pub(super) fn load_after(
        &self,
        store: &Store,
        streams: &[StreamId],
        after: Version,
    ) -> Check<Vec<Loaded>> {
        let requests: Vec<_> = streams
            .iter()
            .map(|&stream| LoadRequest {
                stream,
                consistency: Consistency::Linearizable,
                after,
            })
            .collect();
        let names: Vec<_> = streams.iter().map(ToString::to_string).collect();
        let show = |loaded: &Vec<Loaded>| {
            let heads: Vec<_> = loaded
                .iter()
                .map(|one| format!("head {} with {}", one.head, places(&one.commits)))
                .collect();
            heads.join("; ")
        };
        let loaded = self.call(
            format!("load {} after {after}", names.join(", ")),
            show,
            async || {
                store
                    .load(&requests)
                    .await
                    .into_iter()
                    .collect::<Result<Vec<_>, _>>()
            },
        )?;
        expect_same("as many answers as requests", &streams.len(), &loaded.len())?;
        Ok(loaded)
    }

    /// Loads streams, each on its own.
    pub(super) fn load_each(
        &self,
        store: &Store,
        streams: &[StreamId],
    ) -> Check<Vec<Result<Loaded, PortError>>> {
        let request = |stream: &StreamId| LoadRequest::whole(*stream, Consistency::Linearizable);
        let requests: Vec<_> = streams.iter().map(request).collect();
        let show = |loaded: &Vec<Result<Loaded, PortError>>| loaded.told();
        let way_failed = |loaded: &Result<Loaded, PortError>| match loaded {
            Err(error) if error.is_transient() => Some(PortError::new(error.kind(), "load")),
            Ok(_) | Err(_) => None,
        };
        self.call("load each on its own", show, async || {
            let loaded = store.load(&requests).await;
            loaded.iter().find_map(way_failed).map_or(Ok(loaded), Err)
        })
    }

    /// The stream must hold exactly these commits, told by version and cause.
    pub(super) fn expect_stream(&self, store: &Store, stream: StreamId, commits: &[NewCommit]) -> Check {
        let expected: Vec<_> = commits
            .iter()
            .map(|new| (new.expected.next(), new.cause))
            .collect();
        let head = expected.last().map_or(Version::EMPTY, |&(version, _)| version);
        for loaded in self.load(store, &[stream])? {
            let held: Vec<_> = loaded
                .commits
                .iter()
                .map(|held| (held.version, held.cause))
                .collect();
            expect_same("the stream's commits by version and cause", &expected, &held)?;
            expect_same("the head", &head, &loaded.head)?;
        }
        Ok(())
    }

    /// One call of the feed.
    pub(super) fn feed_of(
        &self,
        store: &Store,
        scope: Scope,
        max: usize,
        until: Timestamp,
    ) -> Check<Vec<Entry>> {
        self.call(
            format!("feed of {} (at most {max})", scope.service().name()),
            |fed: &Vec<Entry>| lines(fed),
            async || store.feed(scope, max, until).await,
        )
    }

    /// One call of a service's whole feed, of which every commit can be read.
    pub(super) fn feed(
        &self,
        store: &Store,
        service: Service,
        max: usize,
        until: Timestamp,
    ) -> Check<Vec<Arc<Commit>>> {
        readable(self.feed_of(store, Scope::of(service), max, until)?)
    }

    pub(super) fn hold(&self, store: &Store, tickets: &[Ticket], until: Timestamp) -> Check {
        let what = format!("hold {} commit(s) until {until}", tickets.len());
        self.call(
            what,
            |()| "done".to_owned(),
            async || store.hold(tickets, until).await,
        )
    }

    pub(super) fn mark(&self, store: &Store, tickets: &[Ticket]) -> Check {
        let names: Vec<_> = tickets
            .iter()
            .map(|ticket| format!("{}/{}", ticket.stream, ticket.version))
            .collect();
        let what = format!("mark published [{}]", names.join(", "));
        self.call(
            what,
            |()| "done".to_owned(),
            async || store.mark_published(tickets).await,
        )
    }

    /// Reads the feed of drivers in pages of at most `max`, marking each, until `count` different commits have come or
    /// patience ends; gives them as they first came.
    pub(super) fn drain(&self, store: &Store, max: usize, count: usize) -> Check<Vec<Arc<Commit>>> {
        const IDLE_PAGES_MAX: u32 = 10;
        let mut drained: Vec<Arc<Commit>> = Vec::new();
        let mut idle_pages = 0;
        let until = self.patience();
        while drained.len() < count && idle_pages < IDLE_PAGES_MAX {
            let fed = self.feed(store, Service::Driver, max, until)?;
            if fed.is_empty() {
                break;
            }
            let tickets: Vec<_> = fed.iter().map(|commit| ticket(commit)).collect();
            let before = drained.len();
            for commit in fed {
                let known =
                    |seen: &Arc<Commit>| (seen.stream, seen.version) == (commit.stream, commit.version);
                if !drained.iter().any(known) {
                    drained.push(commit);
                }
            }
            // A lost mark repeats a page, which is legal; a page that repeats for ever is not.
            idle_pages = if drained.len() == before {
                idle_pages + 1
            } else {
                0
            };
            self.mark(store, &tickets)?;
        }
        Ok(drained)
    }

    /// Nothing may be left to publish for drivers.
    pub(super) fn expect_drained(&self, store: &Store) -> Check {
        let fed = self.feed(store, Service::Driver, 7, self.silence())?;
        expect(fed.is_empty(), "nothing more to publish", places(&fed))
    }

    pub(super) fn save_snapshot(
        &self,
        store: &Store,
        stream: StreamId,
        version: u32,
        state: SnapshotState,
    ) -> Check {
        let snapshot = Snapshot {
            version: Version::new(version),
            state: Arc::new(state),
        };
        self.call(
            format!("save a snapshot of {stream} at {version}"),
            |()| "done".to_owned(),
            async || store.save_snapshots(vec![(stream, snapshot.clone())]).await,
        )
    }

    /// Scans the whole log, of which every commit can be read.
    pub(super) fn scan(&self, store: &Store, max: usize) -> Check<Vec<Arc<Commit>>> {
        readable(self.scan_entries(store, max)?)
    }

    /// Scans the whole log in pages of at most `max`.
    pub(super) fn scan_entries(&self, store: &Store, max: usize) -> Check<Vec<Entry>> {
        self.scan_from(store, Cursor::default(), max)
    }

    /// A page of a scan.
    pub(super) fn scan_page(&self, store: &Store, from: &Cursor, max: usize) -> Check<Page> {
        let show = |page: &Page| lines(&page.entries);
        let page = self.call(format!("scan (at most {max})"), show, async || {
            store.scan(from, max).await
        })?;
        expect(
            page.entries.len() <= max,
            format!("at most {max} commits a page"),
            lines(&page.entries),
        )?;
        Ok(page)
    }

    /// Scans the log from a cursor to the end, in pages of at most `max`.
    pub(super) fn scan_from(&self, store: &Store, mut from: Cursor, max: usize) -> Check<Vec<Entry>> {
        const PAGES_MAX: usize = 1_000;
        let mut scanned = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.scan_page(store, &from, max)?;
            scanned.extend(page.entries);
            match page.next {
                Some(next) => from = next,
                None => return Ok(scanned),
            }
        }
        Err(Mismatch {
            expected: "the scan to end".to_owned(),
            observed: format!("{PAGES_MAX} pages and no end"),
        })
    }
}
