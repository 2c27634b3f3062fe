//! What is archived is found as before, goes on where it ended, and is neither lost nor doubled wherever the move is cut short.

mod faults;
mod readers;

use super::time::Time;
use super::world::{World, copy_into, copy_of, empty_folder};
use crate::archive::{CheckedSegment, Segment, verify_segments};
use crate::asked::ask_for_backup;
use crate::at_rest::{AtRest, Kept};
use crate::database::{Database, Options};
use crate::restore::restore;
use crate::tables::Table;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{
    Appended, Consistency, EventStore, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind,
};
use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const IDS: Ids = Ids::new(31);

fn append(world: &World, stream: StreamId, commits: std::ops::Range<u32>) {
    for expected in commits {
        let answer = append_one(world, stream, expected, u64::from(expected));
        assert!(matches!(answer, Appended::Applied(_)), "{answer:?}");
    }
}

/// Of an answer that nothing was written: the version that the cause made (`Ok`), or the head (`Err`).
fn refused(answer: &Appended) -> Option<Result<u32, u32>> {
    match answer {
        Appended::Duplicate(version) => Some(Ok(version.get())),
        Appended::Conflict { head } => head.map(|head| Err(head.get())),
        Appended::Applied(_) | Appended::Failed(_) => None,
    }
}

fn append_one(world: &World, stream: StreamId, expected: u32, cause: u64) -> Appended {
    let database = world.database();
    let store = database.event_store(world.clock());
    let commit = IDS.commit(stream, expected, cause);
    let mut answers = world.time.block_on(&database, store.append(vec![commit]));
    answers.remove(0)
}

fn load(world: &World, stream: StreamId) -> Result<Loaded, PortError> {
    let database = world.database();
    let store = database.event_store(world.clock());
    let whole = [LoadRequest::whole(stream, Consistency::Linearizable)];
    world.time.block_on(&database, store.load(&whole)).remove(0)
}

fn versions(loaded: &Loaded) -> Vec<u32> {
    loaded.commits.iter().map(|commit| commit.version.get()).collect()
}

/// The version up to which each stream is to be moved.
fn moves(streams: &[(StreamId, u32)]) -> Vec<(StreamId, Version)> {
    let moves = streams.iter();
    moves
        .map(|(stream, head)| (*stream, Version::new(*head)))
        .collect()
}

fn archive(world: &World, streams: &[(StreamId, u32)]) -> Option<Segment> {
    world.database().archive(&moves(streams), None).unwrap()
}

/// Every commit of the drivers of a folder, as a reader finds them: stream, version, and whether it can be read.
fn found(folder: &Path) -> Vec<(StreamId, u32, bool)> {
    let at_rest = AtRest::open(folder, &Options::default()).unwrap();
    let rows = at_rest.streams(Kept::Drivers).map(Result::unwrap);
    rows.map(|row| {
        let is_read = at_rest.decode(&row, None).is_ok();
        (row.ticket().stream, row.ticket().version.get(), is_read)
    })
    .collect()
}

fn whole(streams: &[(StreamId, u32)]) -> Vec<(StreamId, u32, bool)> {
    let streams = streams.iter();
    streams
        .flat_map(|(stream, head)| (1..=*head).map(|version| (*stream, version, true)))
        .collect()
}

fn faults(folder: &Path) -> Vec<(u32, &'static str)> {
    let at_rest = AtRest::open(folder, &Options::default()).unwrap();
    codes(&at_rest.check_archive(|_| ()))
}

fn codes(checked: &[CheckedSegment]) -> Vec<(u32, &'static str)> {
    let faulty = checked.iter().filter_map(|segment| {
        let fault = segment.fault.as_ref()?;
        Some((segment.number, fault.code()))
    });
    faulty.collect()
}

fn segment_file(folder: &Path, number: u32) -> PathBuf {
    folder.join("archive").join(Segment::file_name(number))
}

fn in_log(world: &World) -> usize {
    in_tables(&world.database())
}

fn in_tables(database: &Database) -> usize {
    database.core().tables.prefix(Table::Commits, &[]).count()
}

#[test]
fn an_archived_stream_is_loaded_as_before_and_goes_on() {
    let (world, one, other) = (World::new(), IDS.driver(1), IDS.driver(2));
    append(&world, one, 0..5);
    append(&world, other, 0..3);
    let before = load(&world, one).unwrap();
    let segment = archive(&world, &[(one, 5)]).unwrap();
    assert_eq!(
        (segment.number(), segment.streams(), segment.commits()),
        (1, 1, 5)
    );
    assert_eq!(in_log(&world), 3);
    for _ in 0..2 {
        assert_eq!(load(&world, one).unwrap().commits, before.commits);
        assert_eq!(refused(&append_one(&world, one, 5, 2)), Some(Ok(3)));
        assert_eq!(refused(&append_one(&world, one, 0, 99)), Some(Err(5)));
        world.kill();
    }
    append(&world, one, 5..7);
    assert_eq!(versions(&load(&world, one).unwrap()), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(
        archive(&world, &[(one, 7), (other, 3)]).unwrap().prev(),
        Some(segment.hash())
    );
    world.kill();
    assert_eq!(versions(&load(&world, one).unwrap()), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(refused(&append_one(&world, one, 7, 6)), Some(Ok(7)));
    let store = world.database().event_store(world.clock());
    let later = LoadRequest {
        after: Version::new(4),
        ..LoadRequest::whole(one, Consistency::Linearizable)
    };
    let loaded = world
        .time
        .block_on(&world.database(), store.load(&[later]))
        .remove(0)
        .unwrap();
    assert_eq!(versions(&loaded), [5, 6, 7]);
    assert_eq!(in_log(&world), 0);
}

#[test]
fn long_streams_keep_all_their_causes() {
    let (world, stream) = (World::new(), IDS.driver(1));
    append(&world, stream, 0..80);
    archive(&world, &[(stream, 80)]);
    world.kill();
    for cause in [0_u32, 63, 64, 79] {
        let answer = append_one(&world, stream, 80, cause.into());
        assert_eq!(refused(&answer), Some(Ok(cause + 1)));
    }
    append(&world, stream, 80..82);
    assert_eq!(load(&world, stream).unwrap().head, Version::new(82));
}

#[test]
fn readers_find_each_stream_whole_and_once_wherever_its_commits_lie() {
    let world = World::new();
    let streams: Vec<_> = (1..=6)
        .map(|number| (IDS.driver(number), 2 + u32::try_from(number).unwrap()))
        .collect();
    for (stream, head) in &streams {
        append(&world, *stream, 0..*head);
    }
    let expected = {
        let folder = copy_of(world.state.borrow().folder.path());
        found(folder.path())
    };
    archive(&world, &[streams[1], streams[4]]);
    archive(&world, &[streams[0]]);
    append(&world, streams[4].0, streams[4].1..streams[4].1 + 1);
    let folder = copy_of(world.state.borrow().folder.path());
    let after = found(folder.path());
    assert_eq!(after.len(), expected.len() + 1);
    assert!(expected.iter().all(|row| after.contains(row)));
    assert!(after.is_sorted_by_key(|(stream, version, _)| (*stream, *version)));
    let at_rest = AtRest::open(folder.path(), &Options::default()).unwrap();
    let part = at_rest.stream(streams[4].0, Version::new(3));
    let part: Vec<_> = part.map(|row| row.unwrap().ticket().version.get()).collect();
    assert_eq!(part, [4, 5, 6, 7, 8]);
    assert_eq!(at_rest.archived(streams[0].0).unwrap(), Some(Version::new(3)));
    assert_eq!(at_rest.archived(streams[2].0).unwrap(), None);
}

#[test]
fn killed_at_any_step_nothing_is_lost_or_doubled_and_the_next_move_succeeds() {
    let world = World::new();
    let streams = [(IDS.driver(1), 4), (IDS.driver(2), 3)];
    for (stream, head) in streams {
        append(&world, stream, 0..head);
    }
    let folder = world.state.borrow().folder.path().to_owned();
    let mut left = Vec::new();
    let note = |step| left.push((step, copy_of(&folder)));
    let moved = world
        .database()
        .archive_in_steps(&moves(&streams[..1]), None, note);
    assert!(moved.unwrap().is_some());
    assert_eq!(left.len(), 4);
    for (step, folder) in left {
        let folder = folder.path();
        assert_eq!(found(folder), whole(&streams), "{step:?}");
        assert_eq!(faults(folder), [], "{step:?}");
        let database = Database::open(folder).unwrap();
        let again = database.archive(&moves(&streams), None).unwrap().unwrap();
        drop(database);
        assert_eq!(found(folder), whole(&streams), "{step:?}");
        assert_eq!(faults(folder), [], "{step:?}");
        let alone = verify_segments(&folder.join("archive")).unwrap();
        assert_eq!(alone.len(), again.number() as usize, "{step:?}");
        assert_eq!(codes(&alone), [], "{step:?}");
        let files = fs::read_dir(folder.join("archive")).unwrap().count();
        assert_eq!(files, alone.len(), "{step:?}: nothing else is left");
    }
}

#[test]
fn a_backup_names_the_places_of_the_segments_that_it_does_not_hold() {
    let (world, cold) = (World::new(), empty_folder());
    for (driver, to) in [(1, Some(cold.path())), (2, Some(cold.path())), (3, None)] {
        append(&world, IDS.driver(driver), 0..2);
        let moved = world.database().archive(&moves(&[(IDS.driver(driver), 2)]), to);
        assert!(moved.unwrap().is_some());
    }
    let folder = world.state.borrow().folder.path().to_owned();
    let database = world.database();
    let serving = database.serve_backups(&[]).unwrap();
    let asked = ask_for_backup(&folder, &cold.path().join("backup"), |_| ()).unwrap();
    drop(serving);
    let places = [cold.path().to_owned(), folder.join("archive")];
    assert_eq!(asked.segments_in, BTreeSet::from(places));
    let at_rest = database.backup_to(&[], &cold.path().join("again"), |_| ());
    assert_eq!(at_rest.unwrap(), asked);
}

#[test]
fn a_scan_gives_what_is_archived_in_its_place_page_by_page() {
    let world = World::new();
    let streams: Vec<_> = (1..=4).map(|number| (IDS.driver(number), 4)).collect();
    for (stream, head) in &streams {
        append(&world, *stream, 0..*head);
    }
    let scan = |max: usize| {
        let database = world.database();
        let store = database.event_store(world.clock());
        let (mut found, mut cursor) = (Vec::new(), fiacre_ports::Cursor::default());
        loop {
            let page = world.time.block_on(&database, store.scan(&cursor, max)).unwrap();
            assert!(page.entries.len() <= max);
            found.extend(page.entries.into_iter().map(|entry| entry.commit.unwrap()));
            match page.next {
                Some(next) => cursor = next,
                None => return found,
            }
        }
    };
    let mut before = scan(100);
    archive(&world, &[streams[0], streams[2]]);
    append(&world, streams[2].0, 4..6);
    before.splice(12..12, scan(100).into_iter().skip(12).take(2));
    for max in [1, 2, 3, 5, 100] {
        assert_eq!(scan(max), before, "{max} a page");
    }
}

/// A folder with three segments of a stream each.
fn three() -> (World, Vec<(StreamId, u32)>) {
    let world = World::new();
    let streams: Vec<_> = (1..=3).map(|number| (IDS.driver(number), 3)).collect();
    for stream in &streams {
        append(&world, stream.0, 0..3);
        archive(&world, &[*stream]).unwrap();
    }
    (world, streams)
}

/// Does something to the segments of a folder.
type Spoil = fn(&Path);

#[test]
fn a_segment_that_is_cut_edited_moved_or_missing_is_named() {
    let (world, streams) = three();
    let cases: [(Spoil, &[(u32, &str)]); 6] = [
        (|_| (), &[]),
        (
            |folder| fs::remove_file(segment_file(folder, 3)).unwrap(),
            &[(3, "segment_missing")],
        ),
        (
            |folder| {
                let file = segment_file(folder, 2);
                let bytes = fs::read(&file).unwrap();
                fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
            },
            &[(2, "segment_cut")],
        ),
        (
            |folder| {
                let file = segment_file(folder, 2);
                let mut bytes = fs::read(&file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(&file, bytes).unwrap();
            },
            &[(2, "segment_edited")],
        ),
        (
            |folder| {
                let (one, other) = (segment_file(folder, 1), segment_file(folder, 2));
                let bytes = fs::read(&one).unwrap();
                fs::rename(&other, &one).unwrap();
                fs::write(&other, bytes).unwrap();
            },
            &[(1, "segment_misplaced"), (2, "segment_misplaced")],
        ),
        (
            |folder| fs::write(segment_file(folder, 1), "dear").unwrap(),
            &[(1, "segment_foreign")],
        ),
    ];
    for (spoil, expected) in cases {
        let folder = copy_of(world.state.borrow().folder.path());
        spoil(folder.path());
        assert_eq!(faults(folder.path()), expected);
        let found = found(folder.path());
        assert_eq!(found.len(), 9, "what cannot be read is named, commit by commit");
        let is_spoilt = |number: u64| expected.iter().any(|(segment, _)| u64::from(*segment) == number);
        for number in 1..=3 {
            let (stream, _) = streams[number - 1];
            let is_read = found.iter().filter(|row| row.0 == stream).all(|row| row.2);
            assert!(is_read || is_spoilt(number as u64), "segment {number} is sound");
        }
    }
}

#[test]
fn an_edit_whose_hash_is_mended_is_named_by_the_store_and_by_the_next_segment() {
    let (world, _) = three();
    let elsewhere = World::new();
    append(&elsewhere, IDS.driver(1), 0..2);
    archive(&elsewhere, &[(IDS.driver(1), 2)]);
    let folder = copy_of(world.state.borrow().folder.path());
    let forged = segment_file(elsewhere.state.borrow().folder.path(), 1);
    fs::copy(forged, segment_file(folder.path(), 1)).unwrap();
    assert_eq!(faults(folder.path()), [(1, "segment_replaced")]);
    let alone = verify_segments(&folder.path().join("archive")).unwrap();
    assert_eq!(codes(&alone), [(2, "segment_chain_broken")]);
}

#[test]
fn a_stream_whose_segment_is_gone_is_an_error_of_its_own_and_comes_back_with_the_file() {
    let (world, streams) = three();
    let folder = world.state.borrow().folder.path().to_owned();
    let (file, aside) = (segment_file(&folder, 2), folder.join("archive/aside"));
    fs::rename(&file, &aside).unwrap();
    world.kill();
    let error = load(&world, streams[1].0).unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Damaged);
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("000002.segment"), "{said}");
    assert_eq!(load(&world, streams[0].0).unwrap().commits.len(), 3);
    let folder = world.state.borrow().folder.path().to_owned();
    fs::rename(folder.join("archive/aside"), segment_file(&folder, 2)).unwrap();
    assert_eq!(load(&world, streams[1].0).unwrap().commits.len(), 3);
}

#[test]
fn a_stream_that_has_gone_on_is_not_moved_and_nothing_with_it() {
    let world = World::new();
    let streams = [(IDS.driver(1), 2), (IDS.driver(2), 2)];
    append(&world, streams[0].0, 0..2);
    append(&world, streams[1].0, 0..3);
    let error = world.database().archive(&moves(&streams), None).unwrap_err();
    assert_eq!(error.code(), "archive_moved");
    assert_eq!(in_log(&world), 5);
    assert_eq!(archive(&world, &[]), None);
    assert!(archive(&world, &[(streams[0].0, 2)]).is_some());
    assert_eq!(
        archive(&world, &[(streams[0].0, 2)]),
        None,
        "there is nothing left to move"
    );
}

#[test]
fn segments_may_lie_elsewhere_but_not_among_those_of_another_store() {
    let (world, other, place) = (World::new(), World::new(), empty_folder());
    let to = Some(place.path());
    for world in [&world, &other] {
        append(world, IDS.driver(1), 0..2);
    }
    let moved = moves(&[(IDS.driver(1), 2)]);
    assert!(world.database().archive(&moved, to).unwrap().is_some());
    let error = other.database().archive(&moved, to).unwrap_err();
    assert_eq!(error.code(), "archive_occupied");
    assert_eq!(in_log(&other), 2);
    world.kill();
    assert_eq!(load(&world, IDS.driver(1)).unwrap().commits.len(), 2);
    // Moved into the platform's own folder they are found as well.
    let folder = world.state.borrow().folder.path().to_owned();
    fs::create_dir(folder.join("archive")).unwrap();
    fs::rename(place.path().join("000001.segment"), segment_file(&folder, 1)).unwrap();
    assert_eq!(found(copy_of(&folder).path()).len(), 2);
}

#[test]
fn a_backup_knows_what_was_archived_and_finds_it_once_the_segments_are_beside() {
    let (world, streams) = three();
    let mut file = Vec::new();
    world.database().backup(&[], &mut file).unwrap();
    assert!(file.starts_with(b"Fiacre's backup, format 2\n"));
    let folder = empty_folder();
    restore(Cursor::new(&file), folder.path(), 1, &[]).unwrap();
    assert_eq!(faults(folder.path()).len(), 3);
    copy_into(
        &world.state.borrow().folder.path().join("archive"),
        &folder.path().join("archive"),
    );
    assert_eq!(faults(folder.path()), []);
    assert_eq!(found(folder.path()), whole(&streams));
}

#[test]
fn releases_before_archives_refuse_the_folder_once_it_has_one() {
    let world = World::new();
    let marker =
        |world: &World| fs::read_to_string(world.state.borrow().folder.path().join("db/fiacre")).unwrap();
    append(&world, IDS.driver(1), 0..1);
    assert_eq!(marker(&world), "Fiacre's embedded store, format 1\n");
    archive(&world, &[(IDS.driver(1), 1)]);
    assert_eq!(marker(&world), "Fiacre's embedded store, format 2\n");
}

/// How much of the disk a folder takes.
fn allocated_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let bytes = entries.map(|path| {
        if path.is_dir() {
            allocated_bytes(&path)
        } else {
            fs::metadata(&path).unwrap().blocks() * 512
        }
    });
    bytes.sum()
}

/// Beside the segments the database takes a small part of what it did, once it was opened again.
#[test]
fn a_folder_gives_its_room_back_once_it_is_archived() {
    const MIB: u64 = 1 << 20;
    let folder = empty_folder();
    let drivers: Vec<_> = (0..40).map(|number| IDS.driver(number)).collect();
    {
        let database = Database::open(folder.path()).unwrap();
        let time = Time::starting_at(AT);
        let store = database.event_store(Arc::new(time.clone()));
        for expected in 0..60 {
            let commits = drivers.iter().map(|stream| long_commit(*stream, expected));
            let answers = time.block_on(&database, store.append(commits.collect()));
            assert!(
                answers
                    .iter()
                    .all(|answer| matches!(answer, Appended::Applied(_)))
            );
        }
    }
    let before = allocated_bytes(folder.path());
    assert!(before > 10 * MIB, "{before}");
    {
        let database = Database::open(folder.path()).unwrap();
        let streams: Vec<_> = drivers.iter().map(|stream| (*stream, 60)).collect();
        database.archive(&moves(&streams), None).unwrap();
        database.compact().unwrap();
    }
    drop(Database::open(folder.path()).unwrap());
    let after = allocated_bytes(&folder.path().join("db"));
    let segments = allocated_bytes(&folder.path().join("archive"));
    assert!(
        after * 10 < before && segments < before,
        "{after} of {before} bytes are left, beside {segments}"
    );
    let at_rest = AtRest::open(folder.path(), &Options::default()).unwrap();
    let rows = at_rest.streams(Kept::Drivers).map(Result::unwrap);
    let read = rows.filter(|row| at_rest.decode(row, None).is_ok());
    assert_eq!(read.count(), 2_400);
}

/// The journal that may go is the one that was there: what was written behind it counts.
#[test]
fn what_is_written_after_a_compaction_is_there_and_the_note_is_gone() {
    let (world, streams) = three();
    let note = |world: &World| world.state.borrow().folder.path().join("db/settled");
    let is_noted = |world: &World| note(world).exists();
    let lengths = |world: &World| {
        let loaded = streams
            .iter()
            .map(|(stream, _)| load(world, *stream).unwrap().commits.len());
        loaded.collect::<Vec<_>>()
    };
    for head in 3_u32..6 {
        let expected = [head as usize + 1, head as usize + 1, 3];
        append(&world, streams[1].0, head..head + 1);
        world.database().compact().unwrap();
        assert!(is_noted(&world), "the journal may go");
        append(&world, streams[0].0, head..head + 1);
        for _ in 0..2 {
            world.kill();
            assert!(!is_noted(&world));
            assert_eq!(lengths(&world), expected);
            world.database().compact().unwrap();
        }
    }
    assert_eq!(faults(copy_of(world.state.borrow().folder.path()).path()), []);
    // A crash between the emptying and the note's removal leaves a note that fits no journal any more.
    append(&world, streams[2].0, 3..4);
    world.database().compact().unwrap();
    let noted = fs::read(note(&world)).unwrap();
    world.kill();
    append(&world, streams[2].0, 4..5);
    fs::write(note(&world), noted).unwrap();
    world.kill();
    assert!(!is_noted(&world));
    assert_eq!(lengths(&world), [6, 6, 5]);
}

/// A commit of many events.
fn long_commit(stream: StreamId, expected: u32) -> NewCommit {
    let commit = IDS.commit(stream, expected, expected.into());
    let events = commit.events.iter().cycle().take(250).cloned().collect();
    NewCommit { events, ..commit }
}

#[test]
fn the_tables_shrink_once_they_are_compacted() {
    let world = World::new();
    let streams: Vec<_> = (1..=200).map(|number| (IDS.driver(number), 20)).collect();
    for (stream, head) in &streams {
        append(&world, *stream, 0..*head);
    }
    let database = world.database();
    database.compact().unwrap();
    let tables = |database: &Database| database.core().tables.disk_bytes(Table::Commits);
    let before = tables(&database);
    archive(&world, &streams);
    database.compact().unwrap();
    assert!(
        tables(&database) * 10 < before,
        "{} of {before} bytes are left",
        tables(&database)
    );
}

/// The store has noted it when its name is taken: the streams are moved, and that is what is answered.
#[test]
fn a_segment_that_cannot_be_named_is_moved_all_the_same() {
    let world = World::new();
    let driver = IDS.driver(1);
    append(&world, driver, 0..4);
    let database = world.database();
    let taken = database.folder().join("archive/000001.segment");
    // It is begun, written, noted by the store, and named.
    let mut steps = 0;
    let moved = database.archive_in_steps(&moves(&[(driver, 4)]), None, |_| {
        steps += 1;
        if steps == 3 {
            fs::create_dir(&taken).unwrap();
        }
    });
    assert_eq!(moved.unwrap().map(|segment| segment.commits()), Some(4));
    assert_eq!(versions(&load(&world, driver).unwrap()), [1, 2, 3, 4]);
    fs::remove_dir(&taken).unwrap();
    drop(database);
    world.end();
    assert_eq!(versions(&load(&world, driver).unwrap()), [1, 2, 3, 4]);
    assert!(world.database().folder().join("archive/000001.segment").is_file());
}
