//! Load → decide → append.

use crate::stage::{Tape, applied, clock, error, loaded, region, store};
use fiacre_domain::driver::{Command as DriverCommand, DriverEvent};
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId, RegionId};
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{Cause, StreamId, Version};
use fiacre_ports::{Appended, Consistency, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind};
use fiacre_services::observer::{Decided, NoObserver, Observer};
use fiacre_services::recent::RecentStates;
use fiacre_services::state::State;
use fiacre_services::writer::{Job, Outcome, Writer};
use std::sync::{Arc, Mutex};

const ANN: DriverId = DriverId::from_u128(1);
const BOB: DriverId = DriverId::from_u128(2);

fn brooklyn() -> RegionId {
    "brooklyn".parse().unwrap()
}

fn job(number: u128, driver: DriverId, command: DriverCommand) -> Job {
    let cause = Cause::Command(CommandId::from_u128(number));
    Job::new(cause, region(), None, Command::Driver(driver, command))
}

fn go_online() -> DriverCommand {
    DriverCommand::GoOnline {
        region: region(),
        capabilities: Capabilities::new(4).unwrap(),
    }
}

fn online() -> Event {
    DriverEvent::Online {
        region: region(),
        capabilities: Capabilities::new(4).unwrap(),
    }
    .into()
}

fn nothing(request: &LoadRequest) -> Result<Loaded, PortError> {
    Ok(loaded(request.stream, vec![]))
}

fn run(
    jobs: Vec<Job>,
    load: impl Fn(&LoadRequest) -> Result<Loaded, PortError> + Send + 'static,
    append: impl FnMut(&NewCommit) -> Appended + Send + 'static,
) -> (Vec<Outcome>, Tape) {
    let tape = Tape::default();
    let store = Arc::new(store(&tape, load, append));
    let writer = Writer::new(store, Arc::new(clock(&tape)), Arc::new(NoObserver));
    (crate::stage::at_once(writer.run(jobs)), tape)
}

fn consistencies(tape: &Tape) -> Vec<Consistency> {
    tape.loads()
        .concat()
        .iter()
        .map(|request| request.consistency)
        .collect()
}

#[test]
fn jobs_of_one_stream_go_one_after_the_other_and_others_beside_them() {
    let move_over = DriverCommand::ChangeRegion { region: brooklyn() };
    let jobs = vec![
        job(1, ANN, go_online()),
        job(2, ANN, move_over),
        job(3, BOB, go_online()),
    ];
    let (outcomes, tape) = run(jobs, nothing, applied);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Committed(_))),
        "{outcomes:?}"
    );
    let waves: Vec<Vec<_>> = tape
        .appends()
        .iter()
        .map(|wave| {
            wave.iter()
                .map(|commit| (commit.stream, commit.expected.get()))
                .collect()
        })
        .collect();
    let (ann, bob) = (StreamId::Driver(ANN), StreamId::Driver(BOB));
    assert_eq!(waves, [vec![(ann, 0), (bob, 0)], vec![(ann, 1)]]);
    assert_eq!(tape.loads().len(), 1, "our own commit is the head");
}

#[test]
fn a_commit_that_loses_its_race_is_decided_anew_on_what_won() {
    let load = |request: &LoadRequest| {
        let won = match request.consistency {
            Consistency::Cached => vec![],
            Consistency::Linearizable => vec![vec![online()], vec![DriverEvent::Offline.into()]],
        };
        Ok(loaded(request.stream, won))
    };
    let append = |commit: &NewCommit| match commit.expected {
        Version::EMPTY => Appended::Conflict { head: None },
        _ => applied(commit),
    };
    let (outcomes, tape) = run(vec![job(1, ANN, go_online())], load, append);
    assert!(matches!(outcomes[..], [Outcome::Committed(_)]), "{outcomes:?}");
    assert_eq!(
        tape.appends().concat().last().map(|commit| commit.expected.get()),
        Some(2)
    );
    assert_eq!(
        consistencies(&tape),
        [Consistency::Cached, Consistency::Linearizable]
    );
}

#[test]
fn whoever_loses_every_race_gives_the_message_back() {
    let (outcomes, tape) = run(vec![job(1, ANN, go_online())], nothing, |_| Appended::Conflict {
        head: None,
    });
    assert!(matches!(outcomes[..], [Outcome::Unavailable(_)]), "{outcomes:?}");
    assert_eq!(tape.appends().len(), 17);
}

#[test]
fn a_cause_that_was_committed_before_is_done() {
    let (outcomes, _) = run(vec![job(1, ANN, go_online())], nothing, |_| {
        Appended::Duplicate(Version::new(1))
    });
    assert!(matches!(outcomes[..], [Outcome::Duplicate]), "{outcomes:?}");
}

#[test]
fn an_append_of_unknown_outcome_is_repeated_identically() {
    let unknown = || Appended::Failed(error(PortErrorKind::OutcomeUnknown));
    for (failures, end) in [(1, "committed"), (3, "committed"), (9, "given back")] {
        let mut left: usize = failures;
        // What others write meanwhile must not change it: the first may still land.
        let load = |request: &LoadRequest| {
            let seen = match request.consistency {
                Consistency::Cached => vec![],
                Consistency::Linearizable => vec![vec![online()]],
            };
            Ok(loaded(request.stream, seen))
        };
        let append = move |commit: &NewCommit| match left.checked_sub(1) {
            Some(fewer) => {
                left = fewer;
                unknown()
            }
            None => applied(commit),
        };
        let (outcomes, tape) = run(vec![job(1, ANN, go_online())], load, append);
        match (end, &outcomes[..]) {
            ("committed", [Outcome::Committed(_)]) | ("given back", [Outcome::Unavailable(_)]) => {}
            other => panic!("{other:?}"),
        }
        let commits = tape.appends().concat();
        assert_eq!(commits.len(), if failures == 9 { 4 } else { failures + 1 });
        assert!(
            commits.iter().all(|commit| Some(commit) == commits.first()),
            "{commits:?}"
        );
    }
}

#[test]
fn a_stream_that_cannot_be_loaded_holds_up_no_other() {
    for (kind, wanted) in [
        (PortErrorKind::Unavailable, "unavailable"),
        (PortErrorKind::OutcomeUnknown, "unavailable"),
        (PortErrorKind::Damaged, "failed"),
        (PortErrorKind::Invalid, "failed"),
    ] {
        let load = move |request: &LoadRequest| match request.stream {
            StreamId::Driver(ANN) => Err(error(kind)),
            _ => nothing(request),
        };
        let jobs = vec![
            job(1, ANN, go_online()),
            job(2, BOB, go_online()),
            job(3, ANN, go_online()),
        ];
        let (outcomes, tape) = run(jobs, load, applied);
        match (wanted, &outcomes[..]) {
            (
                "unavailable",
                [
                    Outcome::Unavailable(_),
                    Outcome::Committed(_),
                    Outcome::Unavailable(_),
                ],
            )
            | ("failed", [Outcome::Failed(_), Outcome::Committed(_), Outcome::Failed(_)]) => {}
            other => panic!("{kind:?}: {other:?}"),
        }
        assert_eq!(tape.appends().concat().len(), 1);
    }
}

#[test]
fn what_the_store_says_of_an_append_is_the_jobs_outcome() {
    let failing = |kind| {
        run(vec![job(1, ANN, go_online())], nothing, move |_| {
            Appended::Failed(error(kind))
        })
        .0
    };
    assert!(matches!(
        failing(PortErrorKind::Unavailable)[..],
        [Outcome::Unavailable(_)]
    ));
    assert!(matches!(
        failing(PortErrorKind::Invalid)[..],
        [Outcome::Failed(_)]
    ));
    assert!(matches!(
        failing(PortErrorKind::Damaged)[..],
        [Outcome::Failed(_)]
    ));
}

#[test]
fn a_job_that_is_given_back_takes_along_what_comes_after_it_on_its_stream() {
    for (first, taken_along) in [
        (Appended::Failed(error(PortErrorKind::Unavailable)), true),
        (Appended::Failed(error(PortErrorKind::Newer)), true),
        (Appended::Failed(error(PortErrorKind::OutcomeUnknown)), true),
        (Appended::Conflict { head: None }, true),
        // What the store will never do is parked, and stops nothing.
        (Appended::Failed(error(PortErrorKind::Invalid)), false),
    ] {
        let case = format!("{first:?}");
        let append = move |commit: &NewCommit| match (&commit.cause, &first) {
            (Cause::Command(id), Appended::Failed(told)) if *id == CommandId::from_u128(1) => {
                Appended::Failed(error(told.kind()))
            }
            (Cause::Command(id), _) if *id == CommandId::from_u128(1) => Appended::Conflict { head: None },
            _ => applied(commit),
        };
        let jobs = vec![
            job(1, ANN, go_online()),
            job(2, ANN, go_online()),
            job(3, BOB, go_online()),
        ];
        let (outcomes, tape) = run(jobs, nothing, append);
        match (taken_along, &outcomes[..]) {
            (
                true,
                [
                    Outcome::Unavailable(_),
                    Outcome::Unavailable(_),
                    Outcome::Committed(_),
                ],
            )
            | (false, [Outcome::Failed(_), Outcome::Committed(_), Outcome::Committed(_)]) => {}
            other => panic!("{case}: {other:?}"),
        }
        let second = Cause::Command(CommandId::from_u128(2));
        let commits = tape.appends().concat();
        let tried = commits.iter().any(|commit| commit.cause == second);
        assert_eq!(tried, !taken_along, "{case}");
    }
}

/// Writes down what was committed, and on which state.
#[derive(Default)]
struct Heard(Mutex<Vec<(State, usize)>>);

impl Observer for Heard {
    fn decided(&self, before: &State, _commands: &[Command], decided: Decided<'_>) {
        if let Decided::Committed(events) = decided {
            self.0.lock().unwrap().push((before.clone(), events.len()));
        }
    }
}

#[test]
fn a_commit_that_was_applied_after_all_is_told_once() {
    let off_duty = State::empty(StreamId::Driver(ANN)).unwrap();
    for (unknown, then, told) in [
        (0, Appended::Applied(Version::new(1)), true),
        (0, Appended::Duplicate(Version::new(1)), false),
        (1, Appended::Applied(Version::new(1)), true),
        (1, Appended::Duplicate(Version::new(1)), true),
        (3, Appended::Duplicate(Version::new(1)), true),
        // The cause stands elsewhere: whoever committed it there has told it.
        (1, Appended::Duplicate(Version::new(2)), false),
    ] {
        let tape = Tape::default();
        let is_there = unknown > 0 && matches!(then, Appended::Duplicate(_));
        let load = move |request: &LoadRequest| {
            let seen = is_there && request.consistency == Consistency::Linearizable;
            Ok(loaded(
                request.stream,
                if seen { vec![vec![online()]] } else { vec![] },
            ))
        };
        let case = format!("{unknown} unknown, then {then:?}");
        let mut answers = (0..unknown)
            .map(|_| Appended::Failed(error(PortErrorKind::OutcomeUnknown)))
            .chain([then])
            .collect::<Vec<_>>()
            .into_iter();
        let store = Arc::new(store(&tape, load, move |_| answers.next().unwrap()));
        let heard = Arc::new(Heard::default());
        let writer = Writer::new(
            store,
            Arc::new(clock(&tape)),
            Arc::clone(&heard) as Arc<dyn Observer>,
        );
        let outcomes = crate::stage::at_once(writer.run(vec![job(1, ANN, go_online())]));
        assert_eq!(outcomes.len(), 1);
        let wanted: Vec<_> = told.then(|| (off_duty.clone(), 1)).into_iter().collect();
        assert_eq!(*heard.0.lock().unwrap(), wanted, "{case}");
    }
}

#[test]
fn nothing_to_do_is_believed_only_at_the_confirmed_head() {
    let on_duty = |request: &LoadRequest| Ok(loaded(request.stream, vec![vec![online()]]));
    let (outcomes, tape) = run(vec![job(1, ANN, go_online())], on_duty, applied);
    assert!(matches!(outcomes[..], [Outcome::Nothing]), "{outcomes:?}");
    assert_eq!(
        consistencies(&tape),
        [Consistency::Cached, Consistency::Linearizable]
    );
    let stale = |request: &LoadRequest| {
        let mut commits = vec![vec![online()]];
        if request.consistency == Consistency::Linearizable {
            commits.push(vec![DriverEvent::Offline.into()]);
        }
        Ok(loaded(request.stream, commits))
    };
    let (outcomes, tape) = run(vec![job(1, ANN, go_online())], stale, applied);
    assert!(matches!(outcomes[..], [Outcome::Committed(_)]), "{outcomes:?}");
    assert_eq!(tape.appended(), ["DriverOnline"]);
}

#[test]
fn of_a_stream_that_is_remembered_only_what_is_newer_is_loaded() {
    let tape = Tape::default();
    let (ann, bob) = (StreamId::Driver(ANN), StreamId::Driver(BOB));
    // That Ann went off duty is seen at the confirmed head alone; Bob is still on duty.
    let load = move |request: &LoadRequest| {
        let mut commits = vec![vec![online()]];
        if request.stream == ann && request.consistency == Consistency::Linearizable {
            commits.push(vec![DriverEvent::Offline.into()]);
        }
        Ok(loaded(request.stream, commits))
    };
    let store = Arc::new(store(&tape, load, applied));
    let recent = Arc::new(RecentStates::default());
    let writer = Writer::new(store, Arc::new(clock(&tape)), Arc::new(NoObserver)).with_recent(recent);
    let change = |number, driver| job(number, driver, DriverCommand::ChangeRegion { region: region() });
    let first = crate::stage::at_once(writer.run(vec![change(1, ANN), change(2, BOB)]));
    assert_eq!(first.len(), 2);
    let asked_before = tape.loads().len();
    let outcomes =
        crate::stage::at_once(writer.run(vec![job(3, ANN, go_online()), job(4, BOB, go_online())]));
    assert!(
        matches!(outcomes[..], [Outcome::Committed(_), Outcome::Nothing]),
        "{outcomes:?}"
    );
    let head = |_, loaded: Result<(&State, Version), PortError>| loaded.unwrap().1.get();
    let heads = crate::stage::at_once(writer.states(&[bob, ann, bob], head));
    assert_eq!(heads, [1, 3, 1]);
    let later = tape.loads().split_off(asked_before).concat();
    let known: Vec<_> = later
        .iter()
        .map(|request| (request.stream, request.after.get()))
        .collect();
    assert_eq!(known, [(bob, 1), (bob, 1), (ann, 3), (bob, 1)]);
}

/// A matcher may ask for a stream twice in one batch: it once forgot what it knew where the first answer failed.
#[test]
fn a_stream_that_stands_twice_in_a_batch_is_known_though_its_first_load_fails() {
    let (tape, bob) = (Tape::default(), StreamId::Driver(BOB));
    let loads = Mutex::new(0);
    // Answered, then failed, then answered: only what is newer than what is known, which is nothing.
    let load = move |request: &LoadRequest| {
        let mut loads = loads.lock().unwrap();
        *loads += 1;
        match (*loads, request.after) {
            (2, _) => Err(error(PortErrorKind::Unavailable)),
            (_, Version::EMPTY) => Ok(loaded(bob, vec![vec![online()]])),
            (_, head) => Ok(Loaded {
                head,
                ..loaded(bob, vec![])
            }),
        }
    };
    let store = Arc::new(store(&tape, load, applied));
    let writer = Writer::new(store, Arc::new(clock(&tape)), Arc::new(NoObserver));
    let seen = |_, seen: Result<(&State, Version), PortError>| {
        let (state, head) = seen.ok()?;
        Some((state.to_snapshot(), head.get()))
    };
    let known = crate::stage::at_once(writer.states(&[bob], seen)).remove(0);
    assert_eq!(known.as_ref().map(|(_, head)| *head), Some(1));
    let again = crate::stage::at_once(writer.states(&[bob, bob], seen));
    assert_eq!(again, [None, known]);
}

#[test]
fn a_refusal_is_believed_only_at_the_confirmed_head() {
    let command = DriverCommand::ChangeRegion { region: brooklyn() };
    let (outcomes, tape) = run(vec![job(1, ANN, command)], nothing, applied);
    let [Outcome::Refused(refusal)] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(refusal.code(), "driver_off_duty");
    assert_eq!(
        consistencies(&tape),
        [Consistency::Cached, Consistency::Linearizable]
    );
}

#[test]
fn a_stream_without_an_aggregate_is_never_written() {
    let mut strange = job(1, ANN, go_online());
    strange.stream = StreamId::Ops(region());
    let (outcomes, tape) = run(vec![strange], nothing, applied);
    assert!(matches!(outcomes[..], [Outcome::Failed(_)]), "{outcomes:?}");
    assert_eq!(tape.appends(), Vec::<Vec<NewCommit>>::new());
}
