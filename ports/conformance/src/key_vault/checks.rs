//! The checks of key vaults.

use super::KeyVaultHarness;
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use crate::told::Told;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_ports::{Binding, KeyVault, SealingKey};
use std::sync::Arc;

type Vault = Arc<dyn KeyVault>;
type Keys = Vec<Option<SealingKey>>;

/// Which of them there are; keys are never shown.
fn shown(keys: &Keys) -> String {
    let there: Vec<_> = keys
        .iter()
        .map(|key| if key.is_some() { "a key" } else { "none" })
        .collect();
    there.join(", ")
}

/// Whether the keys are as expected; a failure shows only which there are.
fn expect_keys(what: &str, expected: &Keys, observed: &Keys) -> Check {
    expect(
        expected == observed,
        format!("{what}: the same keys, {}", shown(expected)),
        shown(observed),
    )
}

impl<H: KeyVaultHarness> Script<'_, H> {
    /// Binds trips to riders, by their numbers.
    fn bind(&self, vault: &Vault, pairs: &[(u64, u64)]) -> Check<Keys> {
        let ids = self.ids();
        let bindings: Vec<_> = pairs
            .iter()
            .map(|&(trip, rider)| Binding {
                trip: ids.trip(trip),
                rider: ids.rider(rider),
            })
            .collect();
        let lines: Vec<_> = pairs
            .iter()
            .map(|(trip, rider)| format!("trip {trip} to rider {rider}"))
            .collect();
        self.call(format!("bind {}", lines.join(", ")), shown, async || {
            vault.bind(&bindings).await
        })
    }

    fn keys(&self, vault: &Vault, trips: &[u64]) -> Check<Keys> {
        let wanted: Vec<TripId> = trips.iter().map(|&trip| self.ids().trip(trip)).collect();
        self.call(format!("keys of trips {}", trips.told()), shown, async || {
            vault.keys(&wanted).await
        })
    }

    fn forget(&self, vault: &Vault, rider: u64) -> Check<Option<Fingerprint>> {
        let subject = self.ids().rider(rider);
        self.call(
            format!("forget rider {rider}"),
            |print: &Option<Fingerprint>| print.told(),
            async || vault.forget(subject).await,
        )
    }
}

pub(super) fn key_stays<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    let bound = script.bind(&vault, &[(1, 1)])?;
    expect(
        bound.iter().all(Option::is_some),
        "a key for a bound trip",
        shown(&bound),
    )?;
    expect_keys("of the trip", &bound, &script.keys(&vault, &[1])?)?;
    expect_keys("bound again", &bound, &script.bind(&vault, &[(1, 1)])?)?;
    let other = script.harness().open();
    expect_keys("on another handle", &bound, &script.keys(&other, &[1])?)
}

pub(super) fn trips_have_keys_of_their_own<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    let keys = script.bind(&vault, &[(1, 1), (2, 1), (3, 2)])?;
    for (index, key) in keys.iter().enumerate() {
        let is_its_own = keys.iter().skip(index + 1).all(|other| other != key);
        expect(is_its_own, "three keys", "two trips with one key")?;
    }
    Ok(())
}

pub(super) fn unbound_has_no_key<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    script.bind(&vault, &[(1, 1)])?;
    expect_keys("never bound", &vec![None], &script.keys(&vault, &[2])?)
}

pub(super) fn forgotten_is_forgotten<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    let bound = script.bind(&vault, &[(1, 1), (2, 1), (3, 2), (4, 2)])?;
    script.note("rider 1 cancelled trip 3 before rider 2 ordered it");
    script.bind(&vault, &[(3, 1)])?;
    script.forget(&vault, 1)?;
    let expected = vec![None, None, None, bound.last().cloned().flatten()];
    expect_keys(
        "after rider 1 was forgotten",
        &expected,
        &script.keys(&vault, &[1, 2, 3, 4])?,
    )
}

pub(super) fn forgotten_trip_stays_forgotten<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    script.bind(&vault, &[(1, 1)])?;
    script.forget(&vault, 1)?;
    for rider in [1, 2] {
        expect_keys("bound again", &vec![None], &script.bind(&vault, &[(1, rider)])?)?;
    }
    expect_keys("of the trip", &vec![None], &script.keys(&vault, &[1])?)
}

pub(super) fn who_comes_back_is_new<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    script.bind(&vault, &[(1, 1)])?;
    let first = script.forget(&vault, 1)?;
    let again = script.bind(&vault, &[(2, 1)])?;
    expect(
        again.iter().all(Option::is_some),
        "a key for the new trip",
        shown(&again),
    )?;
    let second = script.forget(&vault, 1)?;
    expect(
        second.is_some() && first != second,
        "the fingerprint of another secret",
        second,
    )
}

pub(super) fn forgetting_again_says_the_same<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    expect_same("of nobody", &None, &script.forget(&vault, 9)?)?;
    script.bind(&vault, &[(1, 1)])?;
    let first = script.forget(&vault, 1)?;
    expect(first.is_some(), "a fingerprint", first)?;
    expect_same("again", &first, &script.forget(&vault, 1)?)
}

pub(super) fn answers_follow_the_requests<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    let bound = script.bind(&vault, &[(3, 1), (1, 2), (2, 1)])?;
    let [three, one, two] = bound.as_slice() else {
        return expect(false, "three answers", shown(&bound));
    };
    let expected = vec![one.clone(), None, three.clone(), two.clone(), one.clone()];
    let keys = script.keys(&vault, &[1, 9, 3, 2, 1])?;
    expect_keys("in the order of the trips", &expected, &keys)
}

pub(super) fn vault_survives_a_restart<H: KeyVaultHarness>(script: &Script<'_, H>) -> Check {
    let vault = script.harness().open();
    let bound = script.bind(&vault, &[(1, 1), (2, 2)])?;
    let print = script.forget(&vault, 1)?;
    drop(vault);
    script.note("the vault restarts");
    script.harness().restart();
    let vault = script.harness().open();
    let expected = vec![None, bound.last().cloned().flatten()];
    expect_keys("after the restart", &expected, &script.keys(&vault, &[1, 2])?)?;
    expect_keys("bound again", &vec![None], &script.bind(&vault, &[(1, 1)])?)?;
    expect_same("the fingerprint", &print, &script.forget(&vault, 1)?)
}
