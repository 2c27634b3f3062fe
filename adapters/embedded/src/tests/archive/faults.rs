//! What goes wrong while streams are moved, and with segments that lie there.

use super::super::world::{World, copy_of, empty_folder};
use super::{
    IDS, append, append_one, archive, codes, faults, found, load, moves, segment_file, three, whole,
};
use crate::archive::{SegmentDraft, Step, verify_segments};
use crate::database::Database;
use fiacre_domain::stream::Version;
use fiacre_ports::{Appended, PortErrorKind};
use std::fs;
use std::path::Path;

/// The segments of a folder, and those that are being written.
fn files(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The store's write may be on disk: then the segment is the only copy, and nothing writes over it.
#[test]
fn after_a_write_of_unknown_outcome_nothing_is_written_over() {
    let world = World::new();
    let streams = [(IDS.driver(1), 4), (IDS.driver(2), 3)];
    for (stream, head) in streams {
        append(&world, stream, 0..head);
    }
    let database = world.database();
    let lose_answer = |step| {
        if step == Step::Written {
            let lost = || Err(fjall::Error::Io(std::io::Error::other("EIO")));
            database.core().after_write.plant(lost);
        }
    };
    let error = database
        .archive_in_steps(&moves(&streams[..1]), None, lose_answer)
        .unwrap_err();
    assert_eq!(error.code(), "archive_unknown");
    let folder = world.state.borrow().folder.path().to_owned();
    let written = fs::read(segment_file(&folder, 1).with_extension("segment.new")).unwrap();
    for _ in 0..2 {
        let error = database.archive(&moves(&streams[1..]), None).unwrap_err();
        assert_eq!(error.code(), "archive_store");
    }
    world.kill();
    let folder = world.state.borrow().folder.path().to_owned();
    assert_eq!(fs::read(segment_file(&folder, 1)).unwrap(), written);
    assert_eq!(archive(&world, &streams[1..]).unwrap().number(), 2);
    assert_eq!(found(copy_of(&folder).path()), whole(&streams));
    assert_eq!(faults(copy_of(&folder).path()), []);
}

#[test]
fn a_whole_segment_without_a_name_that_another_store_may_have_noted_is_left() {
    let (world, other, place) = (World::new(), World::new(), empty_folder());
    append(&world, IDS.driver(1), 0..3);
    append(&other, IDS.driver(1), 0..2);
    let (moved, to) = (moves(&[(IDS.driver(1), 2)]), Some(place.path()));
    world
        .database()
        .archive(&moves(&[(IDS.driver(1), 3)]), to)
        .unwrap();
    let unnamed = place.path().join("000001.segment.new");
    fs::rename(place.path().join("000001.segment"), &unnamed).unwrap();
    let noted = fs::read(&unnamed).unwrap();
    let error = other.database().archive(&moved, to).unwrap_err();
    assert_eq!(error.code(), "archive_unnoted");
    assert!(error.to_string().contains("000001.segment.new"), "{error}");
    assert_eq!(fs::read(&unnamed).unwrap(), noted);
    // What was cut short was noted by nobody.
    fs::write(&unnamed, &noted[..noted.len() - 1]).unwrap();
    assert!(other.database().archive(&moved, to).unwrap().is_some());
    assert_eq!(files(place.path()), ["000001.segment"]);
}

#[test]
fn killed_at_any_step_of_a_move_elsewhere_asking_again_moves_what_was_not() {
    let (world, cold) = (World::new(), empty_folder());
    let streams = [(IDS.driver(1), 3), (IDS.driver(2), 2)];
    for (stream, head) in streams {
        append(&world, stream, 0..head);
    }
    let folder = world.state.borrow().folder.path().to_owned();
    let mut left = Vec::new();
    let note = |step| left.push((step, copy_of(&folder), copy_of(cold.path())));
    let moved = world
        .database()
        .archive_in_steps(&moves(&streams[..1]), Some(cold.path()), note);
    assert!(moved.unwrap().is_some());
    for (step, folder, cold) in left {
        let database = Database::open(folder.path()).unwrap();
        let again = database.archive(&moves(&streams[..1]), Some(cold.path()));
        let is_moved = matches!(step, Step::Noted | Step::Named);
        assert_eq!(again.unwrap().is_none(), is_moved, "{step:?}");
        let next = database.archive(&moves(&streams[1..]), Some(cold.path()));
        assert_eq!(next.unwrap().map(|segment| segment.number()), Some(2), "{step:?}");
        drop(database);
        assert_eq!(found(folder.path()), whole(&streams), "{step:?}");
        assert_eq!(faults(folder.path()), [], "{step:?}");
    }
}

/// Moved is moved: a name that cannot be given is given later.
#[test]
fn a_segment_that_cannot_get_its_name_is_found_and_named_by_the_next_move() {
    let (world, streams) = (World::new(), [(IDS.driver(1), 2), (IDS.driver(2), 2)]);
    for (stream, head) in streams {
        append(&world, stream, 0..head);
    }
    let folder = world.state.borrow().folder.path().join("archive");
    let in_the_way = folder.join("000001.segment");
    let occupy = |step| {
        if step == Step::Noted {
            fs::create_dir(&in_the_way).unwrap();
        }
    };
    let database = world.database();
    let moved = database.archive_in_steps(&moves(&streams[..1]), None, occupy);
    assert_eq!(moved.unwrap().unwrap().number(), 1);
    assert_eq!(load(&world, streams[0].0).unwrap().commits.len(), 2);
    fs::remove_dir(&in_the_way).unwrap();
    archive(&world, &streams[1..]);
    assert_eq!(files(&folder), ["000001.segment", "000002.segment"]);
}

#[test]
fn a_stream_that_is_named_twice_is_moved_once_and_a_segment_that_holds_one_twice_is_refused() {
    let world = World::new();
    let stream = (IDS.driver(1), 3);
    append(&world, stream.0, 0..3);
    let segment = archive(&world, &[stream, stream]).unwrap();
    assert_eq!((segment.streams(), segment.commits()), (1, 3));
    let folder = world.state.borrow().folder.path().to_owned();
    let commits = {
        let core = world.database();
        let core = core.core();
        core.archive
            .commits(&core.tables.moment(), stream.0, Version::EMPTY)
            .unwrap()
    };
    let mut twice = SegmentDraft::begin(1, None);
    for _ in 0..2 {
        twice.add(stream.0, Version::new(1), &commits).unwrap();
    }
    let (bytes, _) = twice.finish();
    fs::write(segment_file(&folder, 1), bytes).unwrap();
    assert_eq!(
        codes(&verify_segments(&folder.join("archive")).unwrap()),
        [(1, "segment_commit_broken")]
    );
}

#[test]
fn a_stray_file_of_any_number_is_one_finding_and_those_missing_before_it_are_another() {
    let (world, _) = three();
    let folder = world.state.borrow().folder.path().join("archive");
    fs::remove_file(folder.join("000002.segment")).unwrap();
    fs::write(folder.join("4294967295.segment"), "").unwrap();
    let checked = verify_segments(&folder).unwrap();
    assert_eq!(
        codes(&checked),
        [
            (2, "segment_missing"),
            (4, "segment_missing"),
            (u32::MAX, "segment_cut")
        ]
    );
    let said = checked[3].fault.as_ref().unwrap().to_string();
    assert!(said.contains("to 4294967294"), "{said}");
}

/// Another commit that is whole by itself, of the same length, is not what the stream ends in.
#[test]
fn a_commit_in_a_segment_that_was_replaced_by_another_is_not_read() {
    let (world, other) = (World::new(), World::new());
    let stream = (IDS.driver(1), 2);
    append(&world, stream.0, 0..2);
    append(&other, stream.0, 0..1);
    assert!(matches!(append_one(&other, stream.0, 1, 7), Appended::Applied(_)));
    for world in [&world, &other] {
        archive(world, &[stream]);
    }
    let file = |world: &World| segment_file(world.state.borrow().folder.path(), 1);
    let (mine, others) = (fs::read(file(&world)).unwrap(), fs::read(file(&other)).unwrap());
    assert_eq!(mine.len(), others.len());
    assert_ne!(mine, others);
    assert_eq!(load(&world, stream.0).unwrap().commits.len(), 2);
    fs::write(file(&world), &others).unwrap();
    assert_eq!(load(&world, stream.0).unwrap_err().kind(), PortErrorKind::Damaged);
    let folder = copy_of(world.state.borrow().folder.path());
    assert!(found(folder.path()).iter().all(|(_, _, is_read)| !is_read));
}
