//! Checks of what an append answers and leaves behind.

use super::EventStoreHarness;
use super::steps::{Answer, Store};
use crate::harness::Weather;
use crate::report::{Check, expect, expect_same};
use crate::script::{Script, side_by_side};
use crate::told::Told;
use fiacre_domain::stream::Version;
use fiacre_ports::{NewCommit, PortErrorKind};

pub(super) fn stale_version_conflicts<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let commits: Vec<_> = (0..3)
        .map(|number| ids.commit(stream, number, u64::from(number)))
        .collect();
    for commit in &commits {
        script.apply(&store, std::slice::from_ref(commit))?;
    }
    for stale in 0..3 {
        let cause = 10 + u64::from(stale);
        script.expect_append(&store, &ids.commit(stream, stale, cause), Answer::Conflict)?;
    }
    script.expect_stream(&store, stream, &commits)
}

pub(super) fn version_ahead_conflicts<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    script.expect_append(&store, &ids.commit(stream, 1, 1), Answer::Conflict)?;
    script.expect_stream(&store, stream, &[])?;
    let first = ids.commit(stream, 0, 2);
    script.apply(&store, std::slice::from_ref(&first))?;
    for ahead in [2, 5, u32::MAX] {
        let cause = 10 + u64::from(ahead);
        script.expect_append(&store, &ids.commit(stream, ahead, cause), Answer::Conflict)?;
    }
    script.expect_stream(&store, stream, &[first])
}

pub(super) fn duplicate_cause_is_no_commit<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let first = ids.commit(stream, 0, 1);
    script.apply(&store, std::slice::from_ref(&first))?;
    let mut other = ids.commit(stream, 1, 1);
    other.events = [ids.event(stream, 99)].into();
    script.expect_append(&store, &other, Answer::Duplicate(1))?;
    script.expect_stream(&store, stream, &[first])
}

pub(super) fn duplicate_beats_conflict<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let first = ids.commit(stream, 0, 1);
    script.apply(&store, std::slice::from_ref(&first))?;
    for wrong in [0, 7] {
        script.expect_append(&store, &ids.commit(stream, wrong, 1), Answer::Duplicate(1))?;
    }
    script.expect_stream(&store, stream, &[first])
}

/// Appends each commit in a call of its own, side by side, through two handles in turn; members that failed on the way are
/// repeated afterwards where that is legal.
fn append_side_by_side<H: EventStoreHarness>(
    script: &Script<'_, H>,
    handles: &[Store; 2],
    commits: &[NewCommit],
) -> Check<Vec<Answer>> {
    let harness = script.harness();
    harness.disturb();
    let [even, odd] = handles;
    let calls = commits
        .iter()
        .zip([even, odd].into_iter().cycle())
        .map(|(commit, store)| store.append(vec![commit.clone()]))
        .collect();
    let mut answers = Vec::new();
    for (commit, appended) in commits.iter().zip(harness.block_on(side_by_side(calls))) {
        let answer: Vec<_> = appended.iter().map(Answer::of).collect();
        script.note(format!(
            "side by side: append {} → {}",
            commit.told(),
            answer.told()
        ));
        expect_same("one answer to one commit", &1, &answer.len())?;
        let unsettled = matches!(
            answer.first(),
            Some(Answer::Failed(
                PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown
            ))
        );
        if unsettled && harness.weather() == Weather::Stormy {
            harness.heal();
            answers.extend(script.append(even, std::slice::from_ref(commit))?);
        } else {
            answers.extend(answer);
        }
    }
    Ok(answers)
}

pub(super) fn one_of_many_wins<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const ROUNDS: u32 = 3;
    let ids = script.ids();
    let handles = [script.open_store(), script.open_store()];
    let stream = ids.driver(1);
    let mut winners = Vec::new();
    for round in 0..ROUNDS {
        let rivals: Vec<_> = (0..8)
            .map(|rival| ids.commit(stream, round, u64::from(round) * 10 + rival))
            .collect();
        let answers = append_side_by_side(script, &handles, &rivals)?;
        let won = |answer: Answer| script.is_answer(Answer::Applied(round + 1), answer);
        let wins = answers.iter().filter(|&&answer| won(answer)).count();
        let losses = answers
            .iter()
            .filter(|&&answer| answer == Answer::Conflict)
            .count();
        expect(
            (wins, losses) == (1, rivals.len() - 1),
            format!(
                "one applied at @{} and {} in conflict",
                round + 1,
                rivals.len() - 1
            ),
            &answers,
        )?;
        let winner = rivals.into_iter().zip(answers).find(|&(_, answer)| won(answer));
        winners.extend(winner.map(|(commit, _)| commit));
    }
    let [store, _] = &handles;
    script.expect_stream(store, stream, &winners)
}

pub(super) fn same_cause_side_by_side_is_one_commit<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let handles = [script.open_store(), script.open_store()];
    let stream = ids.driver(1);
    let commit = ids.commit(stream, 0, 1);
    let copies = vec![commit.clone(); 6];
    let answers = append_side_by_side(script, &handles, &copies)?;
    let applied = answers
        .iter()
        .filter(|&&answer| answer == Answer::Applied(1))
        .count();
    let duplicate = answers
        .iter()
        .filter(|&&answer| answer == Answer::Duplicate(1))
        .count();
    // A repetition after a storm cannot tell its own first try from a rival's.
    let one = applied == 1 || script.harness().weather() == Weather::Stormy;
    expect(
        one && applied + duplicate == copies.len(),
        "one applied at @1, the others duplicates of it",
        &answers,
    )?;
    let [store, _] = &handles;
    script.expect_stream(store, stream, &[commit])
}

pub(super) fn batch_members_fail_alone<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let [stale, known, before, between, after] = [1, 2, 3, 4, 5].map(|number| ids.driver(number));
    let first = [ids.commit(stale, 0, 1), ids.commit(known, 0, 2)];
    script.apply(&store, &first)?;
    let batch = [
        ids.commit(before, 0, 11),
        ids.commit(stale, 0, 12),
        ids.commit(between, 0, 13),
        ids.commit(known, 0, 2),
        ids.commit(after, 0, 14),
    ];
    let expected = [
        Answer::Applied(1),
        Answer::Conflict,
        Answer::Applied(1),
        Answer::Duplicate(1),
        Answer::Applied(1),
    ];
    script.expect_appends(&store, &batch, &expected)?;
    for (stream, commit) in [stale, known].into_iter().zip(&first) {
        script.expect_stream(&store, stream, std::slice::from_ref(commit))?;
    }
    for commit in batch.iter().step_by(2) {
        script.expect_stream(&store, commit.stream, std::slice::from_ref(commit))?;
    }
    Ok(())
}

pub(super) fn retry_of_identical_commit_is_safe<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let [first, second] = [ids.commit(stream, 0, 1), ids.commit(stream, 1, 2)];
    script.apply(&store, std::slice::from_ref(&first))?;
    for later in [None, Some(&second)] {
        if let Some(commit) = later {
            script.apply(&store, std::slice::from_ref(commit))?;
        }
        script.expect_append(&store, &first, Answer::Duplicate(1))?;
    }
    script.expect_stream(&store, stream, &[first, second])
}

pub(super) fn malformed_commits_are_invalid<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let invalid = Answer::Failed(PortErrorKind::Invalid);
    let mut without_events = ids.commit(stream, 0, 1);
    without_events.events = [].into();
    script.expect_append(&store, &without_events, invalid)?;
    let twice = [ids.commit(stream, 0, 2), ids.commit(stream, 1, 3)];
    let answers = script.append(&store, &twice)?;
    expect_same("the answers", &vec![invalid, invalid], &answers)?;
    script.expect_stream(&store, stream, &[])
}

pub(super) fn lost_answer_is_unknown<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    let commit = ids.commit(stream, 0, 1);
    script.note("the next answer will be lost");
    script.harness().lose_next_answer();
    let lost = script.append_once(&store, std::slice::from_ref(&commit))?;
    let unknown = vec![Answer::Failed(PortErrorKind::OutcomeUnknown)];
    expect_same("the lost answer", &unknown, &lost)?;
    let again = script.append_once(&store, std::slice::from_ref(&commit))?;
    expect_same(
        "the answer to the repetition",
        &vec![Answer::Duplicate(1)],
        &again,
    )?;
    script.expect_stream(&store, stream, &[commit])
}

pub(super) fn inbox_is_kept<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const COMMITS: u32 = 40;
    let ids = script.ids();
    let store = script.open_store();
    let stream = ids.driver(1);
    for number in 0..COMMITS {
        script.apply(&store, &[ids.commit(stream, number, u64::from(number))])?;
    }
    for old in [0, 1, COMMITS / 2] {
        let commit = ids.commit(stream, old, u64::from(old));
        let answers = script.append(&store, std::slice::from_ref(&commit))?;
        let duplicate = answers
            .iter()
            .all(|answer| matches!(answer, Answer::Duplicate(_)));
        expect(duplicate, "Duplicate", &answers)?;
    }
    let head = script
        .load(&store, &[stream])?
        .iter()
        .map(|loaded| loaded.head)
        .max();
    expect_same("the head", &Some(Version::new(COMMITS)), &head)
}

pub(super) fn cause_counts_per_stream<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let store = script.open_store();
    let [one, other, third] = [ids.driver(1), ids.driver(2), ids.driver(3)];
    let batch = [ids.commit(one, 0, 1), ids.commit(other, 0, 1)];
    script.apply(&store, &batch)?;
    let alone = ids.commit(third, 0, 1);
    script.apply(&store, std::slice::from_ref(&alone))?;
    for commit in batch.iter().chain([&alone]) {
        script.expect_stream(&store, commit.stream, std::slice::from_ref(commit))?;
    }
    Ok(())
}

pub(super) fn batches_of_any_size_are_taken<H: EventStoreHarness>(script: &Script<'_, H>) -> Check {
    const COMMITS: u64 = 1_200;
    let ids = script.ids();
    let store = script.open_store();
    script.apply(&store, &[])?;
    let commits: Vec<_> = (0..COMMITS)
        .map(|number| ids.commit(ids.driver(number), 0, number))
        .collect();
    script.apply(&store, &commits)?;
    let streams: Vec<_> = commits.iter().map(|commit| commit.stream).collect();
    let loaded = script.load(&store, &streams)?;
    let missing = loaded.iter().filter(|loaded| loaded.head != Version::new(1));
    expect_same("streams without their commit", &0, &missing.count())
}
