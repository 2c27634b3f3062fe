//! The suite of [`PaymentGateway`](fiacre_ports::PaymentGateway).

mod amounts;
pub mod broken;
mod harness;
mod keys;
pub mod reference;
mod statuses;
mod steps;

pub use harness::{Capability, PaymentGatewayHarness};

crate::clause::clauses! {
    $ payment_gateway_suite for "a payment gateway" in payment_gateway over PaymentGatewayHarness;

    SameKeyIsOneEffect pg_01_same_key_is_one_effect by keys::same_key_is_one_effect:
        "do a call with one key once, and answer a repetition like the first";
    KeyOfAnotherRequestIsRefused pg_02_key_of_another_request_is_refused by keys::key_of_another_request_is_refused:
        "answer `KeyReused`, and do nothing, where a known key comes with another amount";
    AmountsAreConserved pg_03_amounts_are_conserved by amounts::amounts_are_conserved:
        "take at most what is held and give back at most what was taken, and refuse what is more or is not above zero";
    UnknownOutcomeIsReadable pg_04_unknown_outcome_is_readable needs LoseAnswers by keys::unknown_outcome_is_readable:
        "answer `OutcomeUnknown` where the call may have been done, and show by `get` and `list` what became of it";
    CancelledIsFinal pg_05_cancelled_is_final by statuses::cancelled_is_final:
        "answer `WrongStatus` to the confirmation and the capture of a cancelled intent, and hold nothing";
    CreatingMovesNoMoney pg_06_creating_moves_no_money by statuses::creating_moves_no_money:
        "create an intent as asked, with nothing held, and show it with its key";
    ConfirmingHolds pg_07_confirming_holds by statuses::confirming_holds:
        "hold the whole amount on confirmation, until a moment to come";
    CaptureIsFinal pg_08_capture_is_final by amounts::capture_is_final:
        "take part or all of a hold once: another capture answers `WrongStatus`";
    CapturedIsNotCancelled pg_09_captured_is_not_cancelled by statuses::captured_is_not_cancelled:
        "answer the cancellation of a captured intent with the intent as it stands";
    RefundsAddUp pg_10_refunds_add_up by amounts::refunds_add_up:
        "give back each refund of its own number, and count their sum";
    AbsentIsNotFound pg_11_absent_is_not_found by statuses::absent_is_not_found:
        "answer `NotFound` for an intent that was never created, whatever is asked of it";
    ListIsComplete pg_12_list_is_complete by statuses::list_is_complete:
        "list every intent once, in an order that stays the same, at most `max` a page, and say where the list ends";
    DeclineIsAnAnswer pg_13_decline_is_an_answer needs Decline by statuses::decline_is_an_answer:
        "answer a declined confirmation with the intent, which holds nothing and can be cancelled";
    SameKeySideBySideIsOneEffect pg_14_same_key_side_by_side_is_one_effect by keys::same_key_side_by_side_is_one_effect:
        "do calls with one key that arrive side by side once";
    RepetitionAfterATimeoutIsOneEffect pg_15_repetition_after_a_timeout_is_one_effect needs LoseAnswers by keys::repetition_after_a_timeout_is_one_effect:
        "do each operation once that is repeated with its key after its answer was lost";
    ChallengeHoldsNothing pg_16_challenge_holds_nothing needs Challenge by statuses::challenge_holds_nothing:
        "answer `RequiresAction` where the rider must act, with nothing held, and let such an intent be cancelled";
    CancelBeforeConfirmWins pg_17_cancel_before_confirm_wins by statuses::cancel_before_confirm_wins:
        "keep a hold from ever being placed that was cancelled before it was confirmed, also under a key that comes late and again";
    RefusedForGoodIsSaid pg_18_refused_for_good_is_said needs Refuse by statuses::refused_for_good_is_said:
        "answer `Refused`, not an error that may pass, to what it will never do, hold nothing, and let the intent be cancelled";
    AnsweredSurvivesACrash pg_19_answered_survives_a_crash needs Crash by keys::answered_survives_a_crash:
        "keep what it answered through a crash of the process that it lives in: intents, what was given back, and keys";
    ActionIsGivenWhileItIsAsked pg_20_action_is_given_while_it_is_asked needs Challenge by statuses::action_is_given_while_it_is_asked:
        "give what the rider needs in order to act while they must, and answer `WrongStatus` before and afterwards";
}
