//! The search, as given, when, then.

use super::*;
use crate::decision::Aggregate;
use crate::driver::ReleaseReason;
use crate::fixture::{self, ANN, BOB, Cells, act, after, at_s, brief, fence};
use crate::matching::{Terms, Verdicts};
use crate::units::Millis;

const NOW: Timestamp = at_s(0);
/// The search budget of every round in these tests, from [`NOW`].
const BUDGET_OVER: Timestamp = at_s(120);
const CAT: DriverId = DriverId::from_u128(102);

fn search(round: u8) -> Command {
    Command::Search {
        round,
        budget: Millis::from_secs(120),
        brief: brief(),
    }
}

/// What to search for under the `revision`th change of plan.
fn changed(revision: u16) -> Arc<SearchBrief> {
    Arc::new(SearchBrief {
        plan: fixture::plan_with_stops(1),
        plan_revision: revision,
        driver_pay: fixture::usd(2_000),
        ..SearchBrief::clone(&brief())
    })
}

fn replan(revision: u16) -> Command {
    Command::ChangeBrief {
        brief: changed(revision),
    }
}

fn propose(round: u8, driver: DriverId) -> Command {
    Command::Propose(Proposal {
        plan_revision: 0,
        terms: Terms::default(),
        round,
        driver,
        wave: 0,
        expires_at: at_s(25),
        promised_pick_up_at: at_s(300),
        verdicts: Verdicts::new([]),
    })
}

const fn accept(offer: u16, driver: DriverId) -> Command {
    Command::Accept {
        offer: OfferNumber(offer),
        driver,
    }
}

const fn decline(offer: u16, driver: DriverId) -> Command {
    Command::Decline {
        offer: OfferNumber(offer),
        driver,
    }
}

const fn expire(offer: u16) -> Command {
    Command::ExpireOffer {
        offer: OfferNumber(offer),
    }
}

fn granted(round: u8, driver: DriverId) -> Command {
    Command::LockGranted {
        driver,
        round,
        fence: fence(1),
    }
}

fn refused(round: u8, driver: DriverId) -> Command {
    Command::LockRefused { driver, round }
}

fn released(driver: DriverId) -> Command {
    Command::LockReleased {
        fence: fence(1),
        driver,
    }
}

fn review(round: u8, driver: DriverId) -> Command {
    Command::ReviewLock {
        driver,
        round,
        fence: fence(1),
    }
}

const fn budget_over(round: u8) -> Command {
    Command::SearchBudgetOver { round }
}

fn given(commands: &[Command]) -> Dispatch {
    after(Dispatch::default(), commands, NOW)
}

/// Ann holds offer 1 and Bob offer 2 of round 0.
fn offered_and(commands: &[Command]) -> Dispatch {
    let offered = given(&[search(0), propose(0, ANN), propose(0, BOB)]);
    after(offered, commands, NOW)
}

/// Ann is assigned in round 0.
fn assigned_and(commands: &[Command]) -> Dispatch {
    let assigned = offered_and(&[accept(1, ANN), granted(0, ANN)]);
    after(assigned, commands, NOW)
}

fn answer_at(dispatch: &Dispatch, command: &Command, now: Timestamp) -> String {
    let answered = act(&mut dispatch.clone(), command, now).map_err(|refusal| refusal.code());
    fixture::answer(answered, DispatchEvent::name)
}

fn answer(dispatch: &Dispatch, command: &Command) -> String {
    answer_at(dispatch, command, NOW)
}

fn states() -> Vec<(&'static str, Dispatch)> {
    let asked = || offered_and(&[accept(1, ANN)]);
    let at_end = |dispatch, commands: &[Command]| {
        let exhausted = after(dispatch, &[budget_over(0)], BUDGET_OVER);
        after(exhausted, commands, NOW)
    };
    vec![
        ("absent", Dispatch::default()),
        ("searching", given(&[search(0)])),
        ("offered", offered_and(&[])),
        ("asked", asked()),
        ("paused", offered_and(&[Command::Pause])),
        ("paused-asked", after(asked(), &[Command::Pause], NOW)),
        ("assigned", assigned_and(&[])),
        ("exhausted", at_end(offered_and(&[]), &[])),
        ("next", assigned_and(&[search(1)])),
        ("next-asked", after(asked(), &[search(1)], NOW)),
        ("ending-asked", after(asked(), &[Command::End], NOW)),
        ("ending-held", assigned_and(&[Command::End])),
        ("closed", offered_and(&[Command::End])),
        ("tombstone", given(&[Command::End])),
    ]
}

/// States that most rows treat alike.
const GROUPS: &[(&str, &str)] = &[
    ("offering", "offered paused"),
    ("asking", "asked paused-asked"),
    ("gone", "assigned exhausted"),
    ("later", "next next-asked"),
    ("ending", "ending-asked ending-held closed"),
];

/// Fact, when, → [(answer, states)]; in a state that a row does not name, the fact changes nothing and writes nothing.
#[rustfmt::skip]
fn table() -> Vec<(&'static str, Command, Timestamp, Cells)> {
    vec![
        ("new plan", replan(1), NOW, &[("OfferWithdrawn OfferWithdrawn SearchChanged", "offering"), ("OfferWithdrawn SearchChanged", "asking"), ("SearchChanged", "absent searching later")]),
        ("old plan", replan(0), NOW, &[("SearchChanged", "absent")]),
        ("search", search(0), NOW, &[("SearchStarted", "absent")]),
        ("search, next round", search(1), NOW, &[("OfferWithdrawn OfferWithdrawn SearchStarted", "offering"), ("OfferWithdrawn SearchStarted", "asking"), ("ReleaseAsked SearchStarted", "assigned"), ("SearchStarted", "absent searching exhausted")]),
        ("search, beyond the last round", search(8), NOW, &[]),
        ("pause", Command::Pause, NOW, &[("SearchPaused", "searching offered asked later")]),
        ("resume", Command::Resume, NOW, &[("SearchResumed", "paused paused-asked")]),
        ("propose", propose(0, CAT), NOW, &[("!dispatch_not_searching", "absent asking paused gone later ending tombstone"), ("OfferMade", "searching offered")]),
        ("propose one who has an offer", propose(0, ANN), NOW, &[("!dispatch_not_searching", "absent asking paused gone later ending tombstone"), ("OfferMade", "searching")]),
        ("propose for the next round", propose(1, CAT), NOW, &[("!dispatch_not_searching", "absent searching offering asking gone ending tombstone"), ("OfferMade", "later")]),
        ("Ann accepts", accept(1, ANN), NOW, &[("!dispatch_no_such_offer", "absent searching tombstone"), ("!dispatch_offer_gone", "gone next ending-held closed"), ("OfferAccepted", "offering")]),
        ("Bob accepts", accept(2, BOB), NOW, &[("!dispatch_no_such_offer", "absent searching tombstone"), ("!dispatch_offer_gone", "gone later ending"), ("!dispatch_offer_taken", "asking"), ("OfferAccepted", "offering")]),
        ("Bob accepts Ann's offer", accept(1, BOB), NOW, &[("!dispatch_no_such_offer", "absent searching offering asking next-asked ending-asked tombstone"), ("!dispatch_offer_gone", "gone next ending-held closed")]),
        ("Ann accepts no offer", accept(9, ANN), NOW, &[("!dispatch_no_such_offer", "absent searching offering asking gone later ending tombstone")]),
        ("Ann declines", decline(1, ANN), NOW, &[("!dispatch_no_such_offer", "absent searching tombstone"), ("!dispatch_offer_gone", "asking gone later ending"), ("OfferDeclined", "offering")]),
        ("Bob declines", decline(2, BOB), NOW, &[("!dispatch_no_such_offer", "absent searching tombstone"), ("!dispatch_offer_gone", "gone later ending"), ("OfferDeclined", "offering asking")]),
        ("Ann's offer expires", expire(1), at_s(25), &[("OfferExpired", "offering")]),
        ("Bob's offer expires", expire(2), at_s(25), &[("OfferExpired", "offering asking")]),
        ("Bob's offer expires too early", expire(2), NOW, &[("!dispatch_not_due_yet", "offering asking")]),
        ("Ann's lock", granted(0, ANN), NOW, &[("DriverAssigned OfferWithdrawn", "asking"), ("ReleaseAsked", "next-asked ending-asked")]),
        ("Bob's lock", granted(0, BOB), NOW, &[]),
        ("Ann's lock of the next round", granted(1, ANN), NOW, &[]),
        ("Ann's lock refused", refused(0, ANN), NOW, &[("OfferWithdrawn", "paused-asked next-asked"), ("OfferWithdrawn SearchResumed", "asked"), ("OfferWithdrawn DispatchClosed", "ending-asked")]),
        ("Ann's lock refused after the budget", refused(0, ANN), BUDGET_OVER, &[("OfferWithdrawn", "paused-asked next-asked"), ("OfferWithdrawn DispatchClosed", "ending-asked"), ("OfferWithdrawn OfferWithdrawn NoDriverFound", "asked")]),
        ("Bob's lock refused", refused(0, BOB), NOW, &[]),
        ("Ann's lock released", released(ANN), NOW, &[("ReleaseNoted", "next"), ("ReleaseNoted DispatchClosed", "ending-held")]),
        ("Bob's lock released", released(BOB), NOW, &[]),
        ("Ann's lock reviewed", review(0, ANN), NOW, &[("DriverAssigned OfferWithdrawn", "asking"), ("ReleaseAsked", "later ending-asked ending-held")]),
        ("budget over", budget_over(0), BUDGET_OVER, &[("NoDriverFound", "searching"), ("OfferWithdrawn OfferWithdrawn NoDriverFound", "offered")]),
        ("budget over too early", budget_over(0), NOW, &[("!dispatch_not_due_yet", "searching offered asked")]),
        ("the next round's budget over", budget_over(1), BUDGET_OVER, &[("NoDriverFound", "later")]),
        ("end", Command::End, NOW, &[("DispatchEnding", "later"), ("DispatchEnding DispatchClosed", "absent searching exhausted"), ("DispatchEnding ReleaseAsked", "assigned"), ("OfferWithdrawn DispatchEnding", "asking"), ("OfferWithdrawn OfferWithdrawn DispatchEnding DispatchClosed", "offering")]),
    ]
}

#[test]
fn every_fact_in_every_state() {
    let states = states();
    for (fact, command, now, cells) in table() {
        let actual: Vec<_> = states
            .iter()
            .map(|(state, dispatch)| format!("{state}: {}", answer_at(dispatch, &command, now)))
            .collect();
        assert_eq!(actual, fixture::expected(&states, GROUPS, cells), "{fact}");
    }
}

/// What a command does, it does once. Only a review asks anew for a release that is still awaited: that is its use.
#[test]
fn a_repeated_fact_changes_nothing() {
    for (state, dispatch) in states() {
        for (fact, command, now, _) in table() {
            let mut told = dispatch.clone();
            let first = act(&mut told, &command, now);
            let once = told.clone();
            let again = act(&mut told, &command, now);
            if first.is_ok() {
                let changed = again.is_ok_and(|events| !events.is_empty())
                    && !matches!(command, Command::ReviewLock { .. });
                assert!(!changed && told == once, "{fact} twice when {state}");
            }
        }
    }
}

#[test]
fn a_round_starts_with_its_budget_and_counts_its_own_offers() {
    let mut dispatch = given(&[
        search(0),
        propose(0, ANN),
        decline(1, ANN),
        propose(0, BOB),
        search(1),
    ]);
    assert_eq!(dispatch.budget_ends_at(), BUDGET_OVER);
    assert_eq!(dispatch.brief(), Some(&brief()));
    let mut dispatch = after(
        std::mem::take(&mut dispatch),
        &[propose(1, CAT), expire(3)],
        at_s(25),
    );
    let events = act(&mut dispatch, &budget_over(1), BUDGET_OVER).unwrap();
    let offers = OfferCounts {
        made: 1,
        expired: 1,
        ..OfferCounts::default()
    };
    let none = DispatchEvent::NoDriverFound { round: 1, offers };
    assert_eq!(events, [none]);
}

#[test]
fn whoever_declined_was_silent_or_gave_it_back_is_not_asked_again() {
    let declined = offered_and(&[decline(1, ANN)]);
    let silent = after(offered_and(&[]), &[expire(1)], at_s(25));
    let given_back = assigned_and(&[search(1)]);
    for dispatch in [declined, silent, given_back] {
        assert_eq!(dispatch.excluded(), [ANN]);
        let round = dispatch.control().round;
        assert_eq!(
            answer(&dispatch, &propose(round, ANN)),
            "!dispatch_driver_excluded"
        );
        assert_eq!(answer(&dispatch, &propose(round, CAT)), "OfferMade");
    }
}

/// A timer that came while the lock was awaited, by a clock that was then set back, used to be the last one.
#[test]
fn a_refused_lock_sets_the_budgets_timer_anew() {
    let mut dispatch = offered_and(&[accept(1, ANN)]);
    assert_eq!(answer_at(&dispatch, &budget_over(0), BUDGET_OVER), "-");
    let events = act(&mut dispatch, &refused(0, ANN), NOW).unwrap();
    let resumed = DispatchEvent::SearchResumed {
        round: 0,
        budget_ends_at: BUDGET_OVER,
    };
    assert_eq!(events.last(), Some(&resumed));
    assert_eq!(
        answer_at(&dispatch, &budget_over(0), BUDGET_OVER),
        "OfferWithdrawn NoDriverFound"
    );
}

#[test]
fn a_new_plan_is_offered_anew_also_to_those_who_were_asked() {
    let mut dispatch = offered_and(&[replan(1)]);
    assert_eq!(dispatch.excluded(), []);
    assert_eq!(
        answer(&dispatch, &propose(0, ANN)),
        "!dispatch_not_searching",
        "the old plan"
    );
    let Command::Propose(mut proposal) = propose(0, ANN) else {
        panic!("not a proposal")
    };
    proposal.plan_revision = 1;
    let events = act(&mut dispatch, &Command::Propose(proposal), NOW).unwrap();
    let [DispatchEvent::OfferMade(offer)] = &events[..] else {
        panic!("not an offer: {events:?}")
    };
    assert_eq!((offer.driver_pay, offer.plan_revision), (fixture::usd(2_000), 1));
}

#[test]
fn a_new_plan_that_overtakes_its_search_is_what_is_searched_for() {
    let dispatch = given(&[replan(2)]);
    assert_eq!(answer(&dispatch, &replan(1)), "-");
    let dispatch = after(dispatch, &[search(0)], NOW);
    assert_eq!(dispatch.brief(), Some(&changed(2)));
    assert_eq!(dispatch.control().phase, Phase::Searching);
}

#[test]
fn a_round_says_what_became_of_its_offers() {
    let asked = given(&[
        search(0),
        propose(0, ANN),
        decline(1, ANN),
        propose(0, BOB),
        accept(2, BOB),
        refused(0, BOB),
        propose(0, CAT),
        accept(3, CAT),
    ]);
    let mut dispatch = asked;
    let events = act(&mut dispatch, &refused(0, CAT), BUDGET_OVER).unwrap();
    let offers = OfferCounts {
        made: 3,
        declined: 1,
        expired: 0,
        lock_refused: 2,
    };
    let none = DispatchEvent::NoDriverFound { round: 0, offers };
    assert_eq!(events.last(), Some(&none));
}

#[test]
fn a_driver_whose_lock_was_refused_may_be_asked_again() {
    let dispatch = offered_and(&[accept(1, ANN), refused(0, ANN)]);
    assert_eq!(dispatch.control().lock(0), LockState::None);
    let dispatch = after(dispatch, &[propose(0, ANN), accept(3, ANN), granted(0, ANN)], NOW);
    let lock = GrantedLock {
        round: 0,
        driver: ANN,
        fence: fence(1),
    };
    assert_eq!(dispatch.assigned(), Some(lock));
}

#[test]
fn an_offer_carries_the_pay_of_the_brief_and_its_number() {
    let dispatch = offered_and(&[]);
    let numbers: Vec<_> = dispatch
        .open_offers()
        .iter()
        .map(|offer| (offer.number.0, offer.driver))
        .collect();
    assert_eq!(numbers, [(1, ANN), (2, BOB)]);
    let events = act(&mut dispatch.clone(), &propose(0, CAT), NOW).unwrap();
    assert!(
        matches!(&events[..], [DispatchEvent::OfferMade(offer)] if offer.driver_pay == brief().driver_pay)
    );
}

#[test]
fn offers_are_counted_up_to_their_limit() {
    let mut dispatch = given(&[search(0)]);
    let events = act(&mut dispatch, &propose(0, BOB), NOW).unwrap();
    let [DispatchEvent::OfferMade(offer)] = &events[..] else {
        panic!("not an offer: {events:?}")
    };
    let mut last = Offer::clone(offer);
    last.number = OfferNumber(u16::MAX);
    dispatch.evolve(&DispatchEvent::OfferMade(last.into()), NOW);
    assert_eq!(answer(&dispatch, &propose(0, CAT)), "!dispatch_not_searching");
}

#[test]
fn a_pause_keeps_what_is_left_of_the_budget() {
    let mut dispatch = given(&[search(0)]);
    let paused = act(&mut dispatch, &Command::Pause, at_s(100)).unwrap();
    assert_eq!(
        paused,
        [DispatchEvent::SearchPaused {
            round: 0,
            left_ms: 20_000
        }]
    );
    assert_eq!(answer_at(&dispatch, &budget_over(0), at_s(500)), "-");
    act(&mut dispatch, &Command::Resume, at_s(1_000)).unwrap();
    assert_eq!(dispatch.budget_ends_at(), at_s(1_020));
    let mut overrun = given(&[search(0)]);
    let paused = act(&mut overrun, &Command::Pause, at_s(500)).unwrap();
    assert_eq!(paused, [DispatchEvent::SearchPaused { round: 0, left_ms: 0 }]);
}

#[test]
fn a_release_says_why() {
    let reason = |dispatch: &Dispatch, command: &Command| {
        let events = act(&mut dispatch.clone(), command, NOW).unwrap();
        let asked = events.iter().find_map(|event| {
            if let DispatchEvent::ReleaseAsked { reason, .. } = event {
                Some(*reason)
            } else {
                None
            }
        });
        asked.expect("a release")
    };
    let stale = offered_and(&[accept(1, ANN), search(1)]);
    let ending = offered_and(&[accept(1, ANN), Command::End]);
    assert_eq!(reason(&assigned_and(&[]), &search(1)), ReleaseReason::Reassigned);
    assert_eq!(
        reason(&assigned_and(&[]), &Command::End),
        ReleaseReason::TripEnded
    );
    assert_eq!(reason(&stale, &granted(0, ANN)), ReleaseReason::StaleRound);
    assert_eq!(reason(&ending, &granted(0, ANN)), ReleaseReason::TripEnded);
    let asked_again = [
        (assigned_and(&[search(1)]), ReleaseReason::Reassigned),
        (assigned_and(&[Command::End]), ReleaseReason::TripEnded),
    ];
    for (dispatch, why) in asked_again {
        assert_eq!(reason(&dispatch, &review(0, ANN)), why);
    }
}

#[test]
fn it_closes_only_when_the_locks_of_every_round_are_answered() {
    // Ann is held in round 0 and being released, Bob's lock of round 1 is asked.
    let two = assigned_and(&[search(1), propose(1, CAT), accept(3, CAT), Command::End]);
    assert_eq!(answer(&two, &refused(1, CAT)), "OfferWithdrawn");
    assert_eq!(answer(&two, &granted(1, CAT)), "ReleaseAsked");
    let one = after(two.clone(), &[refused(1, CAT)], NOW);
    assert_eq!(answer(&one, &released(ANN)), "ReleaseNoted DispatchClosed");
    let other = after(two, &[released(ANN)], NOW);
    assert_eq!(answer(&other, &refused(1, CAT)), "OfferWithdrawn DispatchClosed");
}

/// An older round's refused lock used to end the present round, whose own lock was asked, as "no driver found".
#[test]
fn a_refusal_to_an_older_round_does_not_end_the_present_one() {
    let dispatch = offered_and(&[accept(1, ANN), search(1), propose(1, CAT), accept(3, CAT)]);
    assert_eq!(
        answer_at(&dispatch, &refused(0, ANN), BUDGET_OVER),
        "OfferWithdrawn"
    );
    let dispatch = after(dispatch, &[refused(0, ANN)], BUDGET_OVER);
    assert_eq!(answer(&dispatch, &granted(1, CAT)), "DriverAssigned");
}

/// Only the store's inbox used to keep another driver's answer from being taken for the one that was awaited.
#[test]
fn an_answer_of_a_driver_who_was_not_asked_changes_nothing() {
    let ending = offered_and(&[accept(1, ANN), Command::End]);
    for stray in [granted(0, BOB), refused(0, BOB)] {
        assert_eq!(answer(&ending, &stray), "-");
    }
}

#[test]
fn a_round_that_cannot_be_has_no_lock() {
    let mut dispatch = Dispatch::default();
    assert_eq!(dispatch.control().lock(u8::MAX), LockState::None);
    let (round, fence, driver) = (u8::MAX, fence(1), ANN);
    dispatch.evolve(&DispatchEvent::DriverAssigned { round, fence, driver }, NOW);
    assert!(!dispatch.control().is_outstanding());
}

#[test]
fn every_refusal_says_what_it_is() {
    let refusals = [
        Refusal::NoSuchOffer,
        Refusal::OfferGone,
        Refusal::OfferTaken,
        Refusal::NotSearching,
        Refusal::DriverExcluded,
        Refusal::NotDueYet { due_at: NOW },
    ];
    let texts: std::collections::BTreeSet<_> = refusals.iter().map(Refusal::to_string).collect();
    let codes: std::collections::BTreeSet<_> = refusals.iter().map(Refusal::code).collect();
    assert_eq!((texts.len(), codes.len()), (refusals.len(), refusals.len()));
    assert!(texts.iter().all(|text| text.starts_with("failed to ")));
}
