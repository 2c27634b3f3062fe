//! The suite of [`RouteProvider`](fiacre_ports::RouteProvider).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, RouteProviderHarness};

crate::clause::clauses! {
    $ route_provider_suite for "a route provider" in route_provider over RouteProviderHarness;

    AnswersFollowThePairs rp_01_answers_follow_the_pairs by checks::answers_follow_the_pairs:
        "answer each pair once, in the order of the pairs, and the same pair alike";
    UnitsAreThePorts rp_02_units_are_the_ports by checks::units_are_the_ports:
        "give distances in millimetres and durations in milliseconds: between half and five times the straight line, at 1 to 70 m/s";
    FarIsNotNothing rp_03_far_is_not_nothing by checks::far_is_not_nothing:
        "answer a pair that no road joins with an error, or with a way that is at least half the straight line: never with a way from elsewhere";
    PairsFailAlone rp_04_pairs_fail_alone by checks::pairs_fail_alone:
        "judge each pair on its own: one that no road joins leaves the others as they are";
    NoPairsNoAnswers rp_05_no_pairs_no_answers by checks::no_pairs_no_answers:
        "answer no pairs with no answers";
    BasisIsSaid rp_06_basis_is_said by checks::basis_is_said:
        "say of each way whether it is measured or estimated, as its harness knows";
    StandingIsPartOfTheDuration rp_07_standing_is_part_of_the_duration by checks::standing_is_part_of_the_duration:
        "stand on a way for no longer than it takes, and for no less than nothing, or say that nobody knows";
    TurnsLieOnTheWay rp_08_turns_lie_on_the_way by checks::turns_lie_on_the_way:
        "turn at places of the way, in its order: straight from turn to turn is no longer than the way, but for a tenth and 200 m";
}
