//! The checks of clocks.

use super::ClockHarness;
use crate::report::{Check, expect};
use crate::script::Script;
use fiacre_domain::units::Millis;

const SHORT: Millis = Millis::new(50);

pub(super) fn waits_until<H: ClockHarness>(script: &Script<'_, H>) -> Check {
    let clock = script.harness().open();
    let at = clock.now().plus(SHORT);
    script.harness().block_on(clock.wait_until(at));
    script.note(format!("wait for {SHORT}, until {at}"));
    let now = clock.now();
    expect(now >= at, format!("to show {at} or later"), now)
}

pub(super) fn past_is_now<H: ClockHarness>(script: &Script<'_, H>) -> Check {
    let clock = script.harness().open();
    let before = clock.now();
    for at in [before, before.plus(Millis::ZERO.saturating_sub(SHORT))] {
        script.harness().block_on(clock.wait_until(at));
        script.note(format!("wait until {at}, at {before}"));
    }
    let (now, soon) = (clock.now(), before.plus(script.harness().silence()));
    expect(now < soon, format!("to return before {soon}"), now)
}

pub(super) fn goes_on<H: ClockHarness>(script: &Script<'_, H>) -> Check {
    let clock = script.harness().open();
    let before = clock.now();
    script.harness().pass(SHORT);
    script.note(format!("{SHORT} pass"));
    let (now, end) = (clock.now(), before.plus(script.harness().patience()));
    let expected = format!("{SHORT} later than {before}, and before {end}");
    expect((before.plus(SHORT)..end).contains(&now), expected, now)
}
