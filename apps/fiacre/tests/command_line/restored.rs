//! A platform that was restored from an older backup, while the payment company went on: what the log has forgotten is named, and
//! nobody's money stays held for it.

use super::{exit, fiacre, words};
use crate::folder::{copy, empty_folder, vault_of};
use fiacre_city::demand::Multiplier;
use fiacre_city::keep::Folders;
use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityOptions, RunObserver, Venue};
use fiacre_domain::stream::Commit;
use fiacre_domain::units::Millis;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

struct Nobody;

impl RunObserver for Nobody {
    fn saw(&mut self, _commit: &Commit) {}

    fn drove(&mut self, _driven: Driven) {}
}

/// Plays in `data`; after so many minutes each it is copied, as if the machine had died just then.
fn play_and_copy(data: &Path, copies: [(Millis, &Path); 2]) {
    let options = CityOptions {
        from: "18:00".parse().unwrap(),
        length: Millis::from_minutes(12),
        demand: Multiplier::new(0.03).unwrap(),
        drivers: 200,
        ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap()))
    };
    let venue = Venue {
        folders: Some(Folders::new(data)),
        ..Venue::default()
    };
    let mut copies = copies.into_iter().peekable();
    let look = |moment: &run::Moment, _: &mut run::ObserverAccess<'_, Nobody>| {
        let played = moment.now.since(options.start());
        if let Some((_, to)) = copies.next_if(|(at, _)| *at <= played) {
            copy(data, to);
        }
    };
    run::play_at(&options, venue, Nobody, look).unwrap();
    assert!(copies.peek().is_none(), "it was played long enough");
}

fn resumed(data: &Path, vault: &Path, more: &str) -> (Option<i32>, Value) {
    let line = format!(
        "resume --data {} --vault {} --json{more}",
        data.display(),
        vault.display()
    );
    let output = fiacre(&words(&line));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{said}");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

/// Orphans of a fate, and the sums of what was held and captured, in cents.
fn orphans(answer: &Value, fate: &str) -> (usize, i64, i64) {
    let orphans = answer["orphans"].as_array().unwrap();
    let of_fate = orphans.iter().filter(|orphan| orphan["fate"] == fate);
    of_fate.fold((0, 0, 0), |(count, held, captured), orphan| {
        let minor = |name: &str| orphan[name].as_i64().unwrap();
        (count + 1, held + minor("held"), captured + minor("captured"))
    })
}

#[test]
fn what_a_restored_platform_has_forgotten_is_named_and_its_holds_are_released() {
    let place = empty_folder();
    let at = |name: &str| place.path().join(name);
    let (data, older, newer, again) = (at("data"), at("older"), at("newer"), at("again"));
    play_and_copy(
        &data,
        [
            (Millis::from_minutes(4), &older),
            (Millis::from_minutes(11), &newer),
        ],
    );
    for line in [
        format!("backup --data {} {}", older.display(), at("backup").display()),
        format!("restore {} --data {}", at("backup").display(), again.display()),
    ] {
        let (code, said) = exit(&words(&line));
        assert_eq!(code, 0, "{line}: {said}");
    }
    copy(&newer.join("sandbox-payments"), &again.join("sandbox-payments"));
    let vault = vault_of(&data);
    let reconciled = || exit(&words(&format!("audit reconcile {}", again.display())));
    assert_eq!(
        reconciled().0,
        2,
        "the company has payments that the log does not know"
    );

    let (code, answer) = resumed(&again, &vault, "");
    assert_eq!(code, Some(2), "captured money is left to people");
    let (released, held, _) = orphans(&answer, "released");
    assert!(released > 3 && held > 0, "{released} with {held} cents");
    let (kept, _, captured) = orphans(&answer, "kept");
    assert!(kept > 3 && captured > 0, "{kept} with {captured} cents");
    assert_eq!(orphans(&answer, "refused").0, 0);

    let (code, answer) = resumed(&again, &vault, " --give-back");
    assert_eq!(code, Some(0));
    assert_eq!(orphans(&answer, "given_back"), (kept, 0, captured));
    assert_eq!(orphans(&answer, "released").0, 0, "they were before");
    for line in [
        format!("audit reconcile {}", again.display()),
        format!("audit check {} --ended", again.display()),
    ] {
        let output = fiacre(&words(&line));
        let page = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{line}: {page}");
    }
    let (code, answer) = resumed(&again, &vault, "");
    assert_eq!((code, answer["commits"]["added"].as_u64()), (Some(0), Some(0)));
    assert!(answer["orphans"].as_array().unwrap().is_empty());
}
