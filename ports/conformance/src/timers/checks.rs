//! The checks of timers.

use super::TimersHarness;
use crate::report::{Check, expect, expect_same};
use crate::sample::Ids;
use crate::script::{Script, both};
use crate::told::{Told, list};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{PortErrorKind, Scope, Shard, Timer, Timers};
use std::cell::RefCell;
use std::sync::Arc;

type Keeper = Arc<dyn Timers>;

const SHORT: Millis = Millis::new(200);
const LONG: Millis = Millis::new(600);

/// Timer `number`, due at `due_at`.
fn timer(ids: Ids, number: u32, due_at: Timestamp) -> Timer {
    Timer {
        id: TimerId {
            stream: ids.driver(1),
            version: Version::new(number),
            kind: TimerKind::LockReview(0),
        },
        due_at,
        region: ids.region(),
        trace: Some(ids.trace(1)),
    }
}

fn lines(timers: &[Timer]) -> String {
    list(
        timers
            .iter()
            .map(|timer| format!("{} at {}", timer.id.told(), timer.due_at)),
    )
}

fn ids_of(timers: &[Timer]) -> Vec<TimerId> {
    timers.iter().map(|timer| timer.id).collect()
}

impl<H: TimersHarness> Script<'_, H> {
    /// The moment `after` from now.
    fn moment(&self, after: Millis) -> Timestamp {
        self.harness().now().plus(after)
    }

    fn schedule(&self, keeper: &Keeper, timers: &[Timer]) -> Check {
        let what = format!("schedule {}", lines(timers));
        self.call(
            what,
            |()| "done".to_owned(),
            async || keeper.schedule(timers.to_vec()).await,
        )
    }

    fn due_of(&self, keeper: &Keeper, service: Service, max: usize, until: Timestamp) -> Check<Vec<Timer>> {
        let what = format!("due for {} (at most {max})", service.name());
        self.call(
            what,
            |due: &Vec<Timer>| lines(due),
            async || keeper.due(Scope::of(service), max, until).await,
        )
    }

    /// What is due within patience.
    fn due(&self, keeper: &Keeper, max: usize) -> Check<Vec<Timer>> {
        self.due_of(keeper, Service::Driver, max, self.patience())
    }

    fn done(&self, keeper: &Keeper, timers: &[Timer]) -> Check {
        let what = format!("done {}", lines(timers));
        self.call(what, |()| "done".to_owned(), async || keeper.done(timers).await)
    }

    fn expect_none_due(&self, keeper: &Keeper, until: Timestamp) -> Check {
        let due = self.due_of(keeper, Service::Driver, 10, until)?;
        expect(due.is_empty(), "no timer", lines(&due))
    }
}

pub(super) fn same_id_is_one_timer<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.harness().now();
    let [early, late] = [SHORT, LONG].map(|after| now.plus(after));
    // The first is moved later, the second earlier.
    script.schedule(&keeper, &[timer(ids, 1, early), timer(ids, 2, late)])?;
    let moved = [timer(ids, 2, early), timer(ids, 1, late)];
    script.schedule(&keeper, &moved)?;
    for expected in moved {
        let due = script.due(&keeper, 10)?;
        expect_same("the ids that are due", &vec![expected.id], &ids_of(&due))?;
        let now = script.harness().now();
        expect(
            now >= expected.due_at,
            format!("not before {}", expected.due_at),
            now,
        )?;
        script.done(&keeper, &due)?;
    }
    script.expect_none_due(&keeper, script.silence())
}

pub(super) fn never_early<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let keeper = script.harness().open();
    let late = timer(script.ids(), 1, script.moment(LONG));
    script.schedule(&keeper, std::slice::from_ref(&late))?;
    script.expect_none_due(&keeper, script.moment(SHORT))?;
    let due = script.due(&keeper, 10)?;
    let now = script.harness().now();
    expect_same("the ids that are due", &vec![late.id], &ids_of(&due))?;
    expect(now >= late.due_at, format!("not before {}", late.due_at), now)
}

pub(super) fn due_until_done<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let keeper = script.harness().open();
    let armed = timer(script.ids(), 1, script.moment(Millis::ZERO));
    script.schedule(&keeper, std::slice::from_ref(&armed))?;
    for _ in 0..3 {
        let due = script.due(&keeper, 10)?;
        expect_same("the ids that are due", &vec![armed.id], &ids_of(&due))?;
    }
    Ok(())
}

pub(super) fn done_is_gone<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.moment(Millis::ZERO);
    let timers = [timer(ids, 1, now), timer(ids, 2, now), timer(ids, 3, now)];
    script.schedule(&keeper, &timers)?;
    let [first, rest @ ..] = &timers;
    script.done(&keeper, rest)?;
    let due = script.due(&keeper, 10)?;
    expect_same("the ids that are due", &vec![first.id], &ids_of(&due))?;
    script.done(&keeper, &due)?;
    script.expect_none_due(&keeper, script.silence())
}

pub(super) fn done_can_be_armed_again<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let keeper = script.harness().open();
    let armed = timer(script.ids(), 1, script.moment(Millis::ZERO));
    for _ in 0..2 {
        script.schedule(&keeper, std::slice::from_ref(&armed))?;
        let due = script.due(&keeper, 10)?;
        expect_same("the ids that are due", &vec![armed.id], &ids_of(&due))?;
        script.done(&keeper, &due)?;
    }
    Ok(())
}

pub(super) fn done_spares_the_moved<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let given = timer(ids, 1, script.moment(Millis::ZERO));
    script.schedule(&keeper, std::slice::from_ref(&given))?;
    let due = script.due(&keeper, 10)?;
    let moved = timer(ids, 1, script.moment(LONG));
    script.schedule(&keeper, std::slice::from_ref(&moved))?;
    script.done(&keeper, &due)?;
    let due = script.due(&keeper, 10)?;
    expect_same("the ids that are due", &vec![moved.id], &ids_of(&due))
}

pub(super) fn due_waits<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let harness = script.harness();
    let keeper = harness.open();
    let until = script.silence();
    script.expect_none_due(&keeper, until)?;
    expect(
        harness.now() >= until,
        format!("to have waited until {until}"),
        harness.now(),
    )?;
    let armed = timer(script.ids(), 1, script.moment(SHORT));
    let until = script.patience();
    let due = RefCell::new(Vec::new());
    let wait = async {
        *due.borrow_mut() = keeper
            .due(Scope::of(Service::Driver), 10, until)
            .await
            .unwrap_or_default();
    };
    let schedule = async {
        // Whether it was scheduled shows in what is due.
        drop(keeper.schedule(vec![armed.clone()]).await);
    };
    harness.block_on(both(wait, schedule));
    script.note("wait in due while a timer is scheduled side by side");
    expect_same(
        "the ids that are due",
        &vec![armed.id],
        &ids_of(&due.into_inner()),
    )
}

pub(super) fn timers_are_of_one_service<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let (ids, keeper) = (script.ids(), script.harness().open());
    let now = script.moment(Millis::ZERO);
    let of = |stream| Timer {
        id: TimerId {
            stream,
            ..timer(ids, 1, now).id
        },
        ..timer(ids, 1, now)
    };
    // Of one version and kind, and most of them of one trip: nothing but their streams tells them apart.
    let trip = ids.trip(1);
    let streams = [
        StreamId::Trip(trip),
        StreamId::Dispatch(trip),
        ids.driver(1),
        ids.payment(1),
    ];
    let timers = streams.map(of);
    script.schedule(&keeper, &timers)?;
    let owned = |service| {
        let own = timers
            .iter()
            .filter(move |timer| Scope::of(service).covers(timer.id.stream));
        own.cloned().collect::<Vec<_>>()
    };
    let sorted = |due: &[Timer]| {
        let mut ids = ids_of(due);
        ids.sort_unstable();
        ids
    };
    for service in Service::ALL {
        let due = script.due_of(&keeper, service, 10, script.patience())?;
        expect_same("the ids that are due", &sorted(&owned(service)), &sorted(&due))?;
    }
    Ok(())
}

pub(super) fn nobodys_timer_is_refused<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let (ids, keeper) = (script.ids(), script.harness().open());
    let owned = timer(ids, 1, script.moment(Millis::ZERO));
    let nobodys = Timer {
        id: TimerId {
            stream: ids.nobodys(),
            ..owned.id
        },
        ..owned.clone()
    };
    let timers = [owned, nobodys];
    let answer = script.ask(
        format!("schedule {}", lines(&timers)),
        |()| "done".to_owned(),
        async || keeper.schedule(timers.to_vec()).await,
    );
    let refused = answer.is_err_and(|error| error.kind() == PortErrorKind::Invalid);
    expect(refused, "the call to be refused as Invalid", "another answer")?;
    script.expect_none_due(&keeper, script.silence())
}

pub(super) fn earliest_first<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.harness().now();
    let back = |ms: i64| Timestamp::from_ms(now.ms() - ms);
    let timers = [
        timer(ids, 1, back(10)),
        timer(ids, 2, back(30)),
        timer(ids, 3, back(20)),
    ];
    script.schedule(&keeper, &timers)?;
    let versions = |due: &[Timer]| due.iter().map(|timer| timer.id.version.get()).collect::<Vec<_>>();
    let all = script.due(&keeper, 10)?;
    expect_same("the versions, earliest first", &vec![2, 3, 1], &versions(&all))?;
    let two = script.due(&keeper, 2)?;
    expect_same("the two earliest versions", &vec![2, 3], &versions(&two))
}

pub(super) fn timers_of_one_moment_all_come<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let moment = script.moment(SHORT);
    let first = timer(ids, 1, moment);
    let with = |id: TimerId| Timer { id, ..first.clone() };
    let kind = |kind: TimerKind| with(TimerId { kind, ..first.id });
    let timers = [
        first.clone(),
        timer(ids, 2, moment),
        with(TimerId {
            stream: ids.driver(2),
            ..first.id
        }),
        kind(TimerKind::OrderExpires),
        kind(TimerKind::OfferExpires(1)),
        kind(TimerKind::OfferExpires(2)),
        kind(TimerKind::NoShow(1)),
        kind(TimerKind::SearchBudget(1)),
    ];
    script.schedule(&keeper, &timers)?;
    let mut came = Vec::new();
    while came.len() < timers.len() {
        let due = script.due(&keeper, 3)?;
        expect(!due.is_empty(), format!("{} timers in all", timers.len()), &came)?;
        came.extend(ids_of(&due));
        script.done(&keeper, &due)?;
    }
    came.sort_unstable();
    let mut expected = ids_of(&timers);
    expected.sort_unstable();
    expect_same("the ids that came, sorted", &expected, &came)
}

pub(super) fn timer_is_kept_whole<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.moment(Millis::ZERO);
    let plain = Timer {
        region: ids.elsewhere(),
        trace: None,
        ..timer(ids, 2, now)
    };
    for armed in [timer(ids, 1, now), plain] {
        script.schedule(&keeper, std::slice::from_ref(&armed))?;
        let due = script.due(&keeper, 10)?;
        expect_same("what is due", &vec![armed], &due)?;
        script.done(&keeper, &due)?;
    }
    Ok(())
}

/// One timer is due, one is to come, one is done; then `stops` happens.
fn survives<H: TimersHarness>(script: &Script<'_, H>, what: &str, stops: impl FnOnce(&H)) -> Check {
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.moment(Millis::ZERO);
    let later = script.moment(LONG);
    let timers = [timer(ids, 1, now), timer(ids, 2, later), timer(ids, 3, now)];
    script.schedule(&keeper, &timers)?;
    let [due, to_come, done] = &timers;
    script.done(&keeper, std::slice::from_ref(done))?;
    drop(keeper);
    script.note(what);
    stops(script.harness());
    let keeper = script.harness().open();
    for expected in [due, to_come] {
        let mut given = script.due(&keeper, 10)?;
        // A restart of a real server may take longer than the second timer needs.
        given.retain(|timer| timer.id != to_come.id || expected.id == to_come.id);
        // That a timer is done may be forgotten in a crash: it fires at least once.
        let forgotten: Vec<_> = given.extract_if(.., |timer| timer.id == done.id).collect();
        script.done(&keeper, &forgotten)?;
        expect_same("what is due", &vec![expected.clone()], &given)?;
        script.done(&keeper, &given)?;
    }
    Ok(())
}

pub(super) fn timers_survive_a_restart<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    survives(script, "the timers restart", H::restart)
}

pub(super) fn timers_survive_a_crash<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    survives(script, "the timers crash", H::crash)
}

pub(super) fn shards_divide_the_timers<H: TimersHarness>(script: &Script<'_, H>) -> Check {
    const SHARDS: u16 = 3;
    let ids = script.ids();
    let keeper = script.harness().open();
    let now = script.harness().now();
    let of_driver = |number: u64| Timer {
        id: TimerId {
            stream: ids.driver(number),
            ..timer(ids, 1, now).id
        },
        ..timer(ids, 1, now)
    };
    let timers: Vec<_> = (0..24).map(of_driver).collect();
    script.schedule(&keeper, &timers)?;
    for shard in (0..SHARDS).filter_map(|index| Shard::new(index, SHARDS).ok()) {
        let scope = Scope::of(Service::Driver).with_shard(shard);
        let until = script.silence();
        let due = script.call(
            format!("due for {}", shard.told()),
            |due: &Vec<Timer>| lines(due),
            async || keeper.due(scope, 100, until).await,
        )?;
        let mut seen = ids_of(&due);
        seen.sort_unstable();
        let own = timers.iter().filter(|timer| shard.covers(timer.id.stream));
        let mut expected: Vec<_> = own.map(|timer| timer.id).collect();
        expected.sort_unstable();
        expect_same(&format!("the timers of {}", shard.told()), &expected, &seen)?;
    }
    Ok(())
}
