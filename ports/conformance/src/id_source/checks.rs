//! The checks of identities.

use super::IdSourceHarness;
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use fiacre_domain::units::Millis;
use std::collections::BTreeSet;

pub(super) fn never_twice<H: IdSourceHarness>(script: &Script<'_, H>) -> Check {
    const EACH: usize = 2_000;
    let sources = [script.harness().open(), script.harness().open()];
    let (mut trips, mut commands) = (BTreeSet::new(), BTreeSet::new());
    for source in sources.iter().cycle().take(sources.len() * EACH) {
        trips.insert(source.trip_id());
        commands.insert(source.command_id());
    }
    script.note(format!("{EACH} trips and commands of two sources each"));
    let expected = (2 * EACH, 2 * EACH);
    expect_same("different ids", &expected, &(trips.len(), commands.len()))
}

pub(super) fn later_is_greater<H: IdSourceHarness>(script: &Script<'_, H>) -> Check {
    let sources = [script.harness().open(), script.harness().open()];
    let mut ids = Vec::new();
    for source in sources.iter().cycle().take(20) {
        ids.push(source.trip_id());
        script.harness().pass(Millis::new(5));
    }
    script.note("trips of two sources in turn, five milliseconds apart");
    expect(ids.is_sorted(), "each greater than those before", &ids)
}

pub(super) fn layout_is_version_7<H: IdSourceHarness>(script: &Script<'_, H>) -> Check {
    let source = script.harness().open();
    let before = script.harness().now();
    for bits in [source.trip_id().to_u128(), source.command_id().to_u128()] {
        script.note(format!("{bits:032x}"));
        let seen = (bits >> 76 & 0xf, bits >> 62 & 0b11);
        expect_same("version and variant", &(7, 0b10), &seen)?;
        let ms = i64::try_from(bits >> 80).unwrap_or(i64::MAX);
        let soon = before.plus(script.harness().patience()).ms();
        let timely = (before.ms()..=soon).contains(&ms);
        expect(timely, format!("the milliseconds of {before}"), ms)?;
    }
    Ok(())
}
