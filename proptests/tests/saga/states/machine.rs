//! Five automata, one a place, by numbers: each state of a place, and what it does with each message, is worked out once.

use super::bits::{Bits, SIZE};
use super::bounds::Bounds;
use super::flaw::Flaw;
use super::local::{EARLY, Local, Outcome, Rules, decide};
use super::message::{Message, PLACES, Place, TRIP};
use super::money::Money;
use crate::orders::{self, DRIVERS};
use crate::promises::{self, Booking};
use fiacre_city::coverage::LIVING;
use fiacre_domain::dispatch::Dispatch;
use fiacre_domain::driver::Driver;
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{AuthorizationNumber, Secured, Trip, TripPolicy};
use std::rc::Rc;

/// Where every place is, and what is on its way between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) at: [u16; PLACES],
    pub(crate) sent: Bits,
}

/// What one place does.
#[derive(Debug)]
pub(crate) struct Move {
    pub(crate) what: String,
    to: u16,
    sends: Bits,
    /// Whether what arrived may arrive once more.
    stays: bool,
    /// Whether it happens by itself, sooner or later.
    pub(crate) fair: bool,
    finding: Option<String>,
    confirms: Option<(Secured, Option<AuthorizationNumber>)>,
}

type Moves = Rc<[Move]>;

/// The states of one place that were met so far.
#[derive(Debug, Default)]
struct Automaton {
    states: Vec<Local>,
    /// By state, then by message; people stand behind the last message.
    moves: Vec<Vec<Option<Moves>>>,
    /// By state: what can do something there, or later.
    hopes: Vec<Bits>,
}

const PEOPLE: usize = SIZE;

/// One booking, and all that can happen to it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) rules: Rules,
    pub(crate) messages: Vec<Message>,
    to_trip: Bits,
    automata: [Automaton; PLACES],
}

impl Machine {
    pub(crate) fn new(bounds: Bounds, flaw: Option<Flaw>) -> Self {
        Self {
            rules: Rules { bounds, flaw },
            messages: Vec::new(),
            to_trip: Bits::default(),
            automata: Default::default(),
        }
    }

    /// The order is on its way, every driver on duty.
    pub(crate) fn start(&mut self) -> State {
        let bounds = self.rules.bounds;
        let policy = TripPolicy {
            reassignments_max: bounds.reassignments,
            start_codes_max: bounds.codes,
            ..TripPolicy::default()
        };
        let order = orders::order_under(policy, TRIP, bounds.method, EARLY);
        let (driver, _) = decide(&Driver::default(), &orders::online(), EARLY).unwrap();
        let at = Place::ALL.map(|place| {
            let local = match place {
                Place::Trip => Local::Trip(Box::default()),
                Place::Search => Local::Search(Box::default()),
                Place::Driver(_) => Local::Driver(driver.clone()),
                Place::Money => Local::Money(Box::default()),
            };
            self.number(place, local)
        });
        let sent = Bits::default().with(self.message(Message::Order(order)));
        State { at, sent }
    }

    fn number(&mut self, place: Place, local: Local) -> u16 {
        let states = &self.automata[place.index()].states;
        let known = states.iter().position(|state| *state == local);
        let number = known.unwrap_or_else(|| {
            let works = |(_, message): &(usize, &Message)| self.works(place, &local, message);
            let works = self.messages.iter().enumerate().filter(works);
            let hopes = works.fold(Bits::default(), |hopes, (number, _)| hopes.with(number));
            let automaton = &mut self.automata[place.index()];
            automaton.hopes.push(hopes);
            automaton.states.push(local);
            automaton.states.len() - 1
        });
        u16::try_from(number).unwrap()
    }

    fn message(&mut self, message: Message) -> usize {
        let known = self.messages.iter().position(|known| *known == message);
        known.unwrap_or_else(|| {
            let (number, place) = (self.messages.len(), message.place());
            assert!(number < SIZE, "more messages than {SIZE}");
            for row in 0..self.automata[place.index()].states.len() {
                let automaton = &self.automata[place.index()];
                if self.works(place, &automaton.states[row], &message) {
                    self.automata[place.index()].hopes[row] = automaton.hopes[row].with(number);
                }
            }
            if place == Place::Trip {
                self.to_trip = self.to_trip.with(number);
            }
            self.messages.push(message);
            number
        })
    }

    fn works(&self, place: Place, local: &Local, message: &Message) -> bool {
        message.place() == place && !self.rules.arrives(local, message).is_empty()
    }

    fn local(&self, place: Place, state: &State) -> &Local {
        let index = place.index();
        &self.automata[index].states[usize::from(state.at[index])]
    }

    pub(crate) fn trip(&self, state: &State) -> &Trip {
        let Local::Trip(trip) = self.local(Place::Trip, state) else {
            unreachable!("trips are at their place")
        };
        trip
    }

    fn search(&self, state: &State) -> &Dispatch {
        let Local::Search(search) = self.local(Place::Search, state) else {
            unreachable!("searches are at their place")
        };
        search
    }

    fn driver(&self, which: usize, state: &State) -> &Driver {
        let Local::Driver(driver) = self.local(Place::Driver(which), state) else {
            unreachable!("drivers are at their places")
        };
        driver
    }

    fn money(&self, state: &State) -> &Money {
        let Local::Money(money) = self.local(Place::Money, state) else {
            unreachable!("money is at its place")
        };
        money
    }

    fn moves(&mut self, place: Place, at: u16, cause: usize) -> Moves {
        let (index, row) = (place.index(), usize::from(at));
        let known = self.automata[index]
            .moves
            .get(row)
            .and_then(|row| row.get(cause))
            .and_then(Option::as_ref);
        if let Some(moves) = known {
            return Rc::clone(moves);
        }
        let local = &self.automata[index].states[row];
        let outcomes = if cause == PEOPLE {
            let acts = |outcome: &Outcome| outcome.local != *local || !outcome.messages.is_empty();
            self.rules.people(local).into_iter().filter(acts).collect()
        } else {
            self.rules.arrives(local, &self.messages[cause])
        };
        let moves: Moves = outcomes
            .into_iter()
            .map(|outcome| self.numbered(place, outcome))
            .collect();
        let rows = &mut self.automata[index].moves;
        rows.resize_with(rows.len().max(row + 1), Vec::new);
        rows[row].resize(SIZE + 1, None);
        rows[row][cause] = Some(Rc::clone(&moves));
        moves
    }

    fn numbered(&mut self, place: Place, outcome: Outcome) -> Move {
        let mut sends = Bits::default();
        for message in outcome.messages {
            sends = sends.with(self.message(message));
        }
        Move {
            what: outcome.what,
            to: self.number(place, outcome.local),
            sends,
            stays: outcome.stays,
            fair: outcome.fair,
            finding: outcome.finding,
            confirms: outcome.confirms,
        }
    }

    /// Every next step of a state, with the message that it takes.
    pub(crate) fn steps(&mut self, state: &State, mut each: impl FnMut(&Self, Option<usize>, &Move, State)) {
        for place in Place::ALL {
            let at = state.at[place.index()];
            for step in self.moves(place, at, PEOPLE).iter() {
                each(self, None, step, after(*state, place, step));
            }
        }
        for message in state.sent.iter() {
            let place = self.messages[message].place();
            let at = state.at[place.index()];
            let again = self.rules.bounds.orders_again && matches!(self.messages[message], Message::Order(_));
            for step in self.moves(place, at, message).iter() {
                let mut before = *state;
                if !(step.stays || again) {
                    before.sent = before.sent.without(message);
                }
                each(self, Some(message), step, after(before, place, step));
            }
        }
    }

    /// A message, for people.
    pub(crate) fn named(&self, message: usize) -> String {
        match &self.messages[message] {
            Message::Order(_) => "the order".to_owned(),
            Message::Fact(Command::Trip(_, command)) => format!("trip: {}", command.kind().name()),
            Message::Due(Command::Trip(_, command)) => format!("trip's timer: {}", command.kind().name()),
            Message::Fact(command) | Message::Due(command) => format!("{command:.90?}"),
            Message::Review(driver) => format!("driver {driver}'s review"),
        }
    }

    /// What is on its way and can do something, at once or later.
    pub(crate) fn hopes(&self, state: &State) -> Bits {
        let hopes = state
            .at
            .iter()
            .zip(&self.automata)
            .map(|(at, automaton)| automaton.hopes[usize::from(*at)]);
        state.sent.shared(hopes.fold(Bits::default(), Bits::union))
    }

    /// Without what can never do anything any more; but a living trip hears that, too.
    pub(crate) fn kept(&self, state: State) -> State {
        let mut sent = self.hopes(&state);
        if LIVING.contains(&self.trip(&state).control().phase) {
            sent = sent.union(state.sent.shared(self.to_trip));
        }
        State { sent, ..state }
    }

    /// Looks further ahead, by the steps that each place has been seen to take. Whether that showed anything new.
    pub(crate) fn look_ahead(&mut self) -> bool {
        let mut is_new = false;
        for automaton in &mut self.automata {
            let mut is_stable = false;
            while !is_stable {
                is_stable = true;
                for (row, moves) in automaton.moves.iter().enumerate() {
                    for step in moves.iter().flatten().flat_map(|moves| moves.iter()) {
                        let more = automaton.hopes[row].union(automaton.hopes[usize::from(step.to)]);
                        is_stable &= more == automaton.hopes[row];
                        automaton.hopes[row] = more;
                    }
                }
                is_new |= !is_stable;
            }
        }
        is_new
    }

    /// Holds a state to what must hold at every moment; and, where all facts and answers have arrived, to what must then.
    pub(crate) fn holds(&self, state: &State, at_rest: bool) -> Result<(), String> {
        let money = self.money(state);
        let drivers = [0, 1].map(|which| (DRIVERS[which], self.driver(which, state)));
        let booking = Booking {
            id: TRIP,
            trip: self.trip(state),
            search: self.search(state),
            drivers: &drivers,
            payment: &money.payment,
            gateway: &money.gateway,
            account: &money.account,
        };
        promises::booking_holds(&booking)?;
        if at_rest && money.payment.next_call().is_none() {
            promises::booking_rests(&booking)?;
        }
        Ok(())
    }

    /// Holds a step to what must hold of it.
    pub(crate) fn step_holds(&self, state: &State, step: &Move) -> Result<(), String> {
        if let Some(finding) = &step.finding {
            return Err(finding.clone());
        }
        let account = &self.money(state).account;
        step.confirms.map_or(Ok(()), |(secured, lost)| {
            promises::secured_by(TRIP, secured, lost, account)
        })
    }
}

fn after(mut state: State, place: Place, step: &Move) -> State {
    state.at[place.index()] = step.to;
    state.sent = state.sent.union(step.sends);
    state
}
