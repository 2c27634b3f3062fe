//! The suite of [`KeyVault`](fiacre_ports::KeyVault).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, KeyVaultHarness};

crate::clause::clauses! {
    $ key_vault_suite for "a key vault" in key_vault over KeyVaultHarness;

    KeyStays kv_01_key_stays by checks::key_stays:
        "give a trip the same key ever after, on every handle, also where it is bound again";
    TripsHaveKeysOfTheirOwn kv_02_trips_have_keys_of_their_own by checks::trips_have_keys_of_their_own:
        "give every trip a key of its own, also those of one rider";
    UnboundHasNoKey kv_03_unbound_has_no_key by checks::unbound_has_no_key:
        "give no key to a trip that was never bound";
    ForgottenIsForgotten kv_04_forgotten_is_forgotten by checks::forgotten_is_forgotten:
        "leave no key of the trips that were ever bound to a person who is forgotten, and those of others as they are";
    ForgottenTripStaysForgotten kv_05_forgotten_trip_stays_forgotten by checks::forgotten_trip_stays_forgotten:
        "give no key to a forgotten trip that is bound again, to whomever";
    WhoComesBackIsNew kv_06_who_comes_back_is_new by checks::who_comes_back_is_new:
        "make a new secret for a forgotten person who comes back, for new trips alone";
    ForgettingAgainSaysTheSame kv_07_forgetting_again_says_the_same by checks::forgetting_again_says_the_same:
        "answer with the fingerprint of the secret, and a repetition with the same, and nothing for a person who is not known";
    AnswersFollowTheRequests kv_08_answers_follow_the_requests by checks::answers_follow_the_requests:
        "answer bindings and trips in their order";
    VaultSurvivesARestart kv_09_vault_survives_a_restart needs Restart by checks::vault_survives_a_restart:
        "keep keys over a restart, and who was forgotten";
}
