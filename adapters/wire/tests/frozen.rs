//! What a release froze stays as it was; until the first one, version 1 may be written again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(
    dead_code,
    reason = "the files are written by the tests that know what they hold"
)]
mod golden_files;

use golden_files::{Bless, changed, folder, released};
use std::collections::BTreeMap;

#[test]
fn what_was_released_is_as_it_was() {
    let released = released();
    assert_eq!(changed(&released), Vec::<&str>::new());
    let changelog = std::fs::read_to_string(folder().join("../../../CHANGELOG.md")).unwrap();
    let releases = changelog.lines().filter(|line| line.starts_with("## "));
    let has_release = releases.clone().any(|line| line != "## Unreleased");
    assert_eq!(
        has_release,
        !released.is_empty(),
        "golden files freeze at the first release: list them in adapters/wire/golden/RELEASED"
    );
}

#[test]
fn a_released_file_that_changed_or_is_gone_is_found() {
    let name = "quote-v1.json".to_owned();
    let bytes = std::fs::read(folder().join(&name)).unwrap();
    let now = fiacre_wire::digest(&bytes).to_string();
    let list = |name: &str, hash: &str| BTreeMap::from([(name.to_owned(), hash.to_owned())]);
    assert!(changed(&list(&name, &now)).is_empty());
    assert_eq!(changed(&list(&name, &"0".repeat(64))), [&*name]);
    assert_eq!(changed(&list("gone-v1.json", &now)), ["gone-v1.json"]);
}

#[test]
fn a_blessing_never_writes_over_what_is_frozen() {
    for (bless, missing, there, frozen) in [
        (Bless::Nothing, false, false, false),
        (Bless::Missing, true, false, false),
        (Bless::Again, true, true, false),
    ] {
        assert_eq!(bless.writes(false, false), missing, "{bless:?}");
        assert_eq!(bless.writes(true, false), there, "{bless:?}");
        assert_eq!(bless.writes(true, true), frozen, "{bless:?}");
    }
}
