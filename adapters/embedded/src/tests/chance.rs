//! Calls by chance, and kills between them: what was acknowledged is there, once, in order.

use super::world::World;
use fiacre_conformance::sample::Ids;
use fiacre_domain::saga::Service;
use fiacre_domain::spread::{GOLDEN_GAMMA, spread};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{Appended, Consistency, EventStore, LoadRequest, NewCommit, Scope, Ticket};
use std::collections::{BTreeMap, BTreeSet};

const IDS: Ids = Ids::new(31);
const STREAMS: u64 = 7;

/// Numbers by chance (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        spread(self.0) % limit
    }
}

/// What must be there.
#[derive(Default)]
struct Model {
    /// The causes of each stream's commits, in order.
    streams: BTreeMap<StreamId, Vec<u64>>,
    unpublished: BTreeSet<Ticket>,
}

impl Model {
    fn expected(&self, commit: &NewCommit, cause: u64) -> String {
        let known = self.streams.get(&commit.stream).map_or(&[][..], Vec::as_slice);
        match known.iter().position(|known| *known == cause) {
            Some(place) => format!("duplicate {}", place + 1),
            None if commit.expected.get() as usize != known.len() => format!("conflict {}", known.len()),
            None => format!("applied {}", known.len() + 1),
        }
    }

    fn note(&mut self, commit: &NewCommit, cause: u64, answer: &Appended) {
        if matches!(answer, Appended::Applied(_)) {
            self.streams.entry(commit.stream).or_default().push(cause);
            self.unpublished.insert(Ticket {
                stream: commit.stream,
                version: commit.expected.next(),
            });
        }
    }
}

fn said(answer: &Appended) -> String {
    match answer {
        Appended::Applied(version) => format!("applied {version}"),
        Appended::Duplicate(version) => format!("duplicate {version}"),
        Appended::Conflict { head } => format!("conflict {}", head.unwrap_or(Version::EMPTY)),
        Appended::Failed(error) => error.to_string(),
    }
}

/// A batch of one commit for each of some streams: most follow the head, some repeat a cause, some are stale.
fn batch(model: &Model, dice: &mut Dice, cause_next: &mut u64) -> Vec<(NewCommit, u64)> {
    let mut batch = Vec::new();
    for driver in 0..STREAMS {
        if dice.below(3) == 0 {
            continue;
        }
        let stream = IDS.driver(driver);
        let known = model.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let head = u32::try_from(known.len()).unwrap();
        let expected = if dice.below(8) == 0 {
            head.saturating_sub(1)
        } else {
            head
        };
        let repeated = known.get(usize::try_from(dice.below(400)).unwrap());
        let cause = repeated.copied().unwrap_or_else(|| {
            *cause_next += 1;
            *cause_next
        });
        batch.push((IDS.commit(stream, expected, cause), cause));
    }
    batch
}

fn append(world: &World, model: &mut Model, batch: &[(NewCommit, u64)]) {
    let database = world.database();
    let store = database.event_store(world.clock());
    let commits = batch.iter().map(|(commit, _)| commit.clone()).collect();
    let answers = world.time.block_on(&database, store.append(commits));
    for ((commit, cause), answer) in batch.iter().zip(answers) {
        assert_eq!(said(&answer), model.expected(commit, *cause), "{}", commit.stream);
        model.note(commit, *cause, &answer);
    }
}

/// Publishes some of what the feed gives: all of it must be unpublished, and nothing else is.
fn publish(world: &World, model: &mut Model, dice: &mut Dice) {
    let database = world.database();
    let store = database.event_store(world.clock());
    let now = fiacre_ports::Clock::now(&world.time);
    let fed = store.feed(Scope::of(Service::Driver), usize::MAX, now);
    let fed = world.time.block_on(&database, fed).unwrap();
    let tickets: BTreeSet<_> = fed.iter().map(|entry| entry.ticket).collect();
    assert!(
        model.unpublished.is_subset(&tickets),
        "something is never published"
    );
    let published: Vec<_> = tickets.into_iter().filter(|_| dice.below(4) > 0).collect();
    world
        .time
        .block_on(&database, store.mark_published(&published))
        .unwrap();
    for ticket in published {
        model.unpublished.remove(&ticket);
    }
}

fn check(world: &World, model: &Model) {
    let database = world.database();
    let store = database.event_store(world.clock());
    for (stream, causes) in &model.streams {
        let request = LoadRequest::whole(*stream, Consistency::Linearizable);
        let loaded = world
            .time
            .block_on(&database, store.load(&[request]))
            .remove(0)
            .unwrap();
        let found: Vec<_> = loaded.commits.iter().map(|commit| commit.cause).collect();
        let expected: Vec<_> = causes.iter().map(|cause| IDS.cause(*cause)).collect();
        assert_eq!(found, expected, "{stream}");
    }
}

#[test]
fn by_chance_and_kill_nothing_acknowledged_is_lost_or_doubled() {
    for seed in 0..3 {
        let (world, mut model, mut dice) = (World::new(), Model::default(), Dice(seed));
        let mut cause = 0;
        for _ in 0..220 {
            match dice.below(12) {
                0 => world.kill(),
                1 => world.end(),
                2 | 3 => publish(&world, &mut model, &mut dice),
                _ => {
                    let batch = batch(&model, &mut dice, &mut cause);
                    append(&world, &mut model, &batch);
                }
            }
        }
        check(&world, &model);
        let longest = model.streams.values().map(Vec::len).max();
        assert!(
            longest > Some(70),
            "no stream is long enough for its causes to stand in a table: {longest:?}"
        );
    }
}
