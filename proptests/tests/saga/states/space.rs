//! All states, breadth first.

use super::bits::Bits;
use super::machine::{Machine, State};
use super::message::{Message, Place};
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{CommandKind, Phase};
use hashbrown::HashTable;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Every state within the bounds, held to every promise.
#[derive(Debug, Default)]
pub(crate) struct Space {
    pub(crate) states: Vec<State>,
    /// The state that each was first reached from.
    from: Vec<u32>,
    numbers: HashTable<u32>,
    pub(crate) transitions: u64,
    /// The fair steps, backwards: to a state, from a state.
    fair: Vec<(u32, u32)>,
    heard: Heard,
}

impl Space {
    /// What was sent and does nothing when it comes may be lost for good; it may as well come again, but nothing may rely on
    /// that. What can never do anything any more is dropped, which is known once all states are: until then, this begins anew
    /// with what it has learnt.
    pub(crate) fn of(machine: &mut Machine) -> Result<Self, String> {
        loop {
            let mut space = Self::default();
            let is_whole = space.grow(machine)?;
            if is_whole && !machine.look_ahead() {
                space.everything_ends(machine)?;
                return Ok(space);
            }
        }
    }

    /// The cells of the saga's table that were met.
    pub(crate) const fn met(&self) -> &BTreeSet<(Phase, CommandKind)> {
        &self.heard.cells
    }

    fn add(&mut self, state: State, from: u32) -> u32 {
        let next = u32::try_from(self.states.len()).unwrap();
        let Self { states, numbers, .. } = self;
        let is_it = |number: &u32| states[*number as usize] == state;
        let entry = numbers.entry(hash(&state), is_it, |number| hash(&states[*number as usize]));
        let number = *entry.or_insert(next).get();
        if number == next {
            self.states.push(state);
            self.from.push(from);
        }
        number
    }

    /// Whether it grew to its end; it stops where it would have begun better with what it has learnt meanwhile.
    fn grow(&mut self, machine: &mut Machine) -> Result<bool, String> {
        let first = machine.start();
        self.add(machine.kept(first), 0);
        let mut look_at = 1 << 12;
        let mut next = 0;
        while let Some(&state) = self.states.get(next) {
            self.visit(machine, u32::try_from(next).unwrap(), &state)?;
            next += 1;
            if next == look_at {
                look_at *= 4;
                if machine.look_ahead() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn visit(&mut self, machine: &mut Machine, number: u32, state: &State) -> Result<(), String> {
        self.heard.note(machine, state);
        let (mut working, mut broken) = (Bits::default(), None);
        machine.steps(state, |machine, message, step, after| {
            working = message.map_or(working, |message| working.with(message));
            let held = machine.step_holds(state, step);
            broken = broken
                .take()
                .or_else(|| held.err().map(|finding| (finding, step.what.clone())));
            let after = self.add(machine.kept(after), number);
            self.transitions += 1;
            if step.fair {
                self.fair.push((after, number));
            }
        });
        if let Some((finding, what)) = broken {
            return Err(self.story(machine, number, &format!("{finding}, by {what}")));
        }
        let is_fact = |message| matches!(machine.messages[message], Message::Order(_) | Message::Fact(_));
        let at_rest = !working.iter().any(is_fact);
        machine
            .holds(state, at_rest)
            .map_err(|broken| self.story(machine, number, &broken))?;
        for idle in machine.hopes(state).minus(working).iter() {
            let sent = state.sent.without(idle);
            self.add(State { sent, ..*state }, number);
            self.transitions += 1;
        }
        Ok(())
    }

    /// P1: from every state, an end can be reached by what happens by itself.
    fn everything_ends(&mut self, machine: &mut Machine) -> Result<(), String> {
        self.fair.sort_unstable();
        let is_over = |state: &State| machine.trip(state).control().closed;
        let mut ends: Vec<bool> = self.states.iter().map(is_over).collect();
        let over = (0_u32..).zip(&ends).filter(|(_, ends)| **ends);
        let mut open: Vec<u32> = over.map(|(number, _)| number).collect();
        while let Some(number) = open.pop() {
            let first = self.fair.partition_point(|(to, _)| *to < number);
            for (_, from) in self.fair[first..].iter().take_while(|(to, _)| *to == number) {
                if !std::mem::replace(&mut ends[*from as usize], true) {
                    open.push(*from);
                }
            }
        }
        match ends.iter().position(|ends| !ends) {
            None => Ok(()),
            Some(stuck) => {
                let stuck = u32::try_from(stuck).unwrap();
                Err(self.story(machine, stuck, "P1: no end can be reached any more"))
            }
        }
    }

    /// What is broken, and a shortest way there.
    fn story(&self, machine: &mut Machine, mut number: u32, broken: &str) -> String {
        let mut way = vec![number];
        while number != 0 {
            number = self.from[number as usize];
            way.push(number);
        }
        way.reverse();
        let mut story = format!("{broken}; after:");
        for pair in way.windows(2) {
            let [before, after] = [pair[0], pair[1]].map(|number| self.states[number as usize]);
            let mut how = None;
            machine.steps(&before, |machine, _, step, reached| {
                if machine.kept(reached) == after {
                    how = Some(step.what.clone());
                }
            });
            let lost = || {
                before
                    .sent
                    .minus(after.sent)
                    .iter()
                    .next()
                    .map(|lost| format!("lost: {}", machine.named(lost)))
            };
            story = story + "\n  " + &how.or_else(lost).unwrap_or_default();
        }
        let left = way
            .last()
            .map_or(Bits::default(), |last| self.states[*last as usize].sent);
        let left: Vec<_> = left.iter().map(|message| machine.named(message)).collect();
        story + "\non its way: " + &left.join(", ")
    }
}

fn hash(state: &State) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(state)
}

/// Which messages were met at which steps of the trip.
#[derive(Debug, Default)]
struct Heard {
    trips: BTreeSet<u16>,
    by_phase: [Bits; Phase::ALL.len()],
    cells: BTreeSet<(Phase, CommandKind)>,
}

impl Heard {
    fn note(&mut self, machine: &Machine, state: &State) {
        let trip = machine.trip(state);
        let phase = trip.control().phase;
        if self.trips.insert(state.at[Place::Trip.index()]) {
            let asked = machine.rules.asked_of_trip(trip);
            self.cells
                .extend(asked.iter().map(|(command, _)| (phase, command.kind())));
        }
        let Some(known) = self.by_phase.get_mut(phase as usize) else {
            return;
        };
        for message in state.sent.minus(*known).iter() {
            *known = known.with(message);
            match &machine.messages[message] {
                // Whoever drops its message rejects the order.
                Message::Order(_) => {
                    self.cells
                        .extend([(phase, CommandKind::Request), (phase, CommandKind::Reject)]);
                }
                Message::Fact(Command::Trip(_, command)) | Message::Due(Command::Trip(_, command)) => {
                    self.cells.insert((phase, command.kind()));
                }
                Message::Fact(_) | Message::Due(_) | Message::Review(_) => {}
            }
        }
    }
}
