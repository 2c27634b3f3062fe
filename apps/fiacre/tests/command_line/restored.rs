//! A platform that was restored from an older backup, while the payment company went on: what the log has forgotten is named, and
//! nobody's money stays held for it.

use super::{exit, fiacre, json, words};
use crate::folder::{copy, empty_folder, vault_of};
use fiacre_city::demand::Multiplier;
use fiacre_city::keep::Folders;
use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityOptions, RunObserver, Venue};
use fiacre_domain::driver::{DriverEvent, Fence};
use fiacre_domain::event::Event;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::units::Millis;
use fiacre_embedded::{AtRest, Kept, Options};
use serde_json::Value;
use std::collections::BTreeMap;
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

/// Every lock of a folder's drivers, by the place in their log.
fn fences(data: &Path) -> BTreeMap<(StreamId, Version), Fence> {
    let log = AtRest::open(data, &Options::default()).unwrap();
    let commits = log.streams(Kept::Drivers).map(|row| {
        let row = row.unwrap();
        log.decode(&row, None).unwrap()
    });
    let mut fences = BTreeMap::new();
    for commit in commits {
        for event in &*commit.events {
            if let Event::Driver(DriverEvent::Locked { fence, .. }) = event {
                fences.insert((commit.stream, commit.version), *fence);
            }
        }
    }
    fences
}

/// What `resume` says to people of a copy of the folder: it names each payment that its JSON names.
fn assert_each_is_named(page: &str, answer: &Value) {
    for orphan in answer["orphans"].as_array().unwrap() {
        let word = |name: &str| orphan[name].as_str().unwrap();
        let (payment, trip, fate) = (word("payment"), word("trip"), word("fate"));
        let mut lines = page.lines();
        assert!(
            lines.any(
                |line| line.contains(&format!("payment {payment} of trip {trip}: ")) && line.ends_with(fate)
            ),
            "{payment} is not named: {page}"
        );
    }
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

    let told = at("told");
    copy(&again, &told);
    let line = format!("resume --data {} --vault {}", told.display(), vault.display());
    let page = fiacre(&words(&line));
    assert_eq!(page.status.code(), Some(2));
    let (code, answer) = resumed(&again, &vault, "");
    assert_eq!(code, Some(2), "captured money is left to people");
    assert_each_is_named(&String::from_utf8_lossy(&page.stdout), &answer);
    let (released, held, _) = orphans(&answer, "released");
    assert!(released > 3 && held > 0, "{released} with {held} cents");
    let (kept, _, captured) = orphans(&answer, "kept");
    assert!(kept > 3 && captured > 0, "{kept} with {captured} cents");
    assert_eq!(orphans(&answer, "refused").0, 0);

    let (restored, seen) = (fences(&older), fences(&newer).into_values().max().unwrap());
    let made: Vec<Fence> = fences(&again)
        .into_iter()
        .filter_map(|(place, fence)| (!restored.contains_key(&place)).then_some(fence))
        .collect();
    assert!(made.iter().all(|fence| *fence > seen), "{made:?} after {seen}");
    let epoch = AtRest::open(&again, &Options::default()).unwrap().epoch();
    assert!(epoch > seen.epoch, "each lock from now on has epoch {epoch}");

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
    assert_settled_are_named(&again, (released, kept, captured));
    let (code, answer) = resumed(&again, &vault, "");
    assert_eq!((code, answer["commits"]["added"].as_u64()), (Some(0), Some(0)));
    assert!(answer["orphans"].as_array().unwrap().is_empty());
}

/// The books agree, and say which payments they agree without.
fn assert_settled_are_named(folder: &Path, (released, kept, captured): (usize, usize, i64)) {
    let books = json(&format!("audit reconcile {}", folder.display()));
    let settled = books["settled"].as_array().unwrap();
    let given_back: Vec<i64> = settled
        .iter()
        .filter_map(|payment| payment["given_back"].as_i64())
        .collect();
    assert_eq!(
        (given_back.len(), given_back.iter().sum()),
        (kept, captured),
        "{books}"
    );
    let of_holds = settled.iter().filter(|payment| payment["released"].is_i64());
    assert!(
        of_holds.count() >= released,
        "those that lapsed by themselves are over as well: {books}"
    );
    let page = fiacre(&words(&format!("audit reconcile {}", folder.display())));
    let page = String::from_utf8_lossy(&page.stdout);
    assert!(page.contains("settled   payment "), "{page}");
    for payment in settled.iter().take(50) {
        assert!(page.contains(payment["payment"].as_str().unwrap()), "{payment}");
    }
}
