//! Every state of one booking, within bounds that are printed.
//!
//! Trip, search, drivers and money are automata of their own: the real aggregates and the real reactions, at
//! [two times](local). They are joined by what is on its way between them, which comes in any order and as often as it
//! likes: what did something is stopped by the store's inbox when it comes again, what did nothing may come again or be lost.
//! People do what they like at any time. In every state the promises P2 to P5 must hold, and an end must be within reach (P1)
//! of what happens by itself, without anybody's help, and without anything that was lost.
//!
//! Left out, since it would change nothing here: drivers' shifts and other trips (whether a driver is free matters only while
//! a lock is decided, where both are tried), and tips, further charges, debts and disputes after the end.

mod bits;
mod bounds;
mod flaw;
mod local;
mod machine;
mod message;
mod money;
mod people;
mod space;

use crate::cells;
use bounds::Bounds;
use fiacre_city::coverage::LIVING;
use fiacre_domain::trip::{CommandKind, PaymentMethod, PaymentMethodId, Phase};
use flaw::Flaw;
use machine::Machine;
use space::Space;
use std::time::Instant;

/// As little as brings a trip to every cell of the saga's table: the second driver is for the second round.
const BY_CARD: Bounds = Bounds {
    method: PaymentMethod::Hold {
        method: PaymentMethodId(1),
    },
    drivers: 2,
    offers: 2,
    reassignments: 1,
    codes: 1,
    plan_changes: 0,
    corrections: 0,
    pauses: false,
    strangers: false,
    orders_again: false,
};

/// Everything that the search can meet with, and next to nothing of money.
const BY_CASH: Bounds = Bounds {
    method: PaymentMethod::Cash,
    codes: 2,
    plan_changes: 1,
    pauses: true,
    strangers: true,
    ..BY_CARD
};

/// As little as can be confirmed.
const ONE_OFFER: Bounds = Bounds {
    drivers: 1,
    offers: 1,
    reassignments: 0,
    ..BY_CARD
};

/// All states, with a line that says how many.
#[expect(
    clippy::print_stdout,
    clippy::panic,
    reason = "a helper of tests may do what tests do"
)]
fn enumerated(bounds: Bounds) -> Space {
    let begun = Instant::now();
    let mut machine = Machine::new(bounds, None);
    let space = Space::of(&mut machine).unwrap_or_else(|broken| panic!("{bounds}: {broken}"));
    let (states, transitions) = (space.states.len(), space.transitions);
    println!(
        "{bounds}: {states} states, {transitions} transitions, {:.1?}",
        begun.elapsed()
    );
    space
}

#[test]
fn every_state_of_a_booking_by_card_keeps_every_promise_and_reaches_every_cell() {
    let space = enumerated(BY_CARD);
    assert_eq!(cells::hold(space.met(), true), Ok(()));
    assert_eq!(cells::missed(space.met()), []);
}

#[test]
fn every_state_of_a_booking_by_cash_keeps_every_promise() {
    let space = enumerated(BY_CASH);
    assert_eq!(cells::hold(space.met(), true), Ok(()));
}

#[test]
fn every_state_of_a_booking_with_corrections_keeps_every_promise() {
    let space = enumerated(Bounds {
        corrections: 2,
        ..ONE_OFFER
    });
    assert_eq!(cells::hold(space.met(), true), Ok(()));
}

/// The desk sends each order once, under a trip of its own. Were it to send one again, a living trip would hear it, and nothing
/// would come of that.
#[test]
fn an_order_that_comes_again_changes_nothing() {
    let (once, again) = (
        ONE_OFFER,
        Bounds {
            orders_again: true,
            ..ONE_OFFER
        },
    );
    let (once, again) = (enumerated(once), enumerated(again));
    assert_eq!(cells::hold(once.met(), true), Ok(()));
    assert_eq!(again.states.len(), once.states.len());
    let mut heard: Vec<_> = again.met().difference(once.met()).copied().collect();
    heard.retain(|(phase, _)| LIVING.contains(phase));
    // Nobody reassigns here.
    let living = LIVING.into_iter().filter(|phase| *phase != Phase::Reassigning);
    let orders = [CommandKind::Request, CommandKind::Reject];
    let first: Vec<_> = living
        .flat_map(|phase| orders.map(|order| (phase, order)))
        .collect();
    assert_eq!(heard, first);
}

#[test]
fn every_canary_is_caught() {
    for (flaw, bounds, named) in [
        (Flaw::InboxForgotten, ONE_OFFER, "P2: nobody will release"),
        (
            Flaw::ReleaseForgotten,
            ONE_OFFER,
            "P2: 00000000-0000-0000-0000-000000000064 is kept",
        ),
        (
            Flaw::LockClearedTooEarly,
            ONE_OFFER,
            "P4: trip 00000000-0000-0000-0000-000000000001 is closed and holds",
        ),
        (
            Flaw::LockClearedByAnyRelease,
            BY_CARD,
            "P4: trip 00000000-0000-0000-0000-000000000001 is closed and holds",
        ),
        (
            Flaw::SearchForgotten,
            BY_CARD,
            "P2: 00000000-0000-0000-0000-000000000064 is kept",
        ),
        (
            Flaw::LockExpires,
            ONE_OFFER,
            "P2: 00000000-0000-0000-0000-000000000064 is on trip",
        ),
        (Flaw::VoidForgotten, ONE_OFFER, "P1: no end can be reached"),
        (
            Flaw::NoDriverAfterAll,
            ONE_OFFER,
            "no_driver_found came at confirmed",
        ),
    ] {
        let mut machine = Machine::new(bounds, Some(flaw));
        let found = Space::of(&mut machine).and_then(|space| cells::hold(space.met(), true));
        let found = found.expect_err(&format!("{flaw:?} is not found"));
        assert!(found.starts_with(named), "{flaw:?}: {found}");
    }
}

/// `just saga-states`
#[test]
#[ignore = "takes minutes and gigabytes: just saga-states"]
fn every_state_within_larger_bounds_keeps_every_promise() {
    enumerated(Bounds {
        strangers: true,
        corrections: 1,
        ..BY_CARD
    });
    enumerated(Bounds { offers: 3, ..BY_CARD });
}
