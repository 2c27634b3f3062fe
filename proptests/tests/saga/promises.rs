//! The promises, in plain words of code: they look at logs and states, and know nothing of how those were decided.

use crate::gateway::Status;
use crate::ledger::Account;
use crate::orders::{DRIVERS, TRIPS};
use crate::world::World;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::{self, Dispatch, LockState};
use fiacre_domain::driver::Driver;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::money::Money;
use fiacre_domain::payment::{Hold, Payment};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Phase, Secured, Trip, TripEvent};

type Checked = Result<(), String>;

fn must(holds: bool, broken: impl Fn() -> String) -> Checked {
    if holds { Ok(()) } else { Err(broken()) }
}

/// Everything that must hold at every moment.
pub(crate) fn hold(world: &World) -> Checked {
    if let Some(finding) = world.findings.first() {
        return Err(finding.clone());
    }
    one_trip_a_driver(world)?;
    for (id, search) in &world.dispatches {
        let control = search.control();
        let given_up = control.phase == dispatch::Phase::Exhausted;
        let awaited = control.lock(control.round).is_outstanding();
        must(!(given_up && awaited), || {
            format!("the search of {id} gave up on a lock that was asked")
        })?;
    }
    for (&id, trip) in &world.trips {
        let account = Account::of(world, id);
        confirmed_with_both(world, id, trip, &account)?;
        closed_with_nothing_alive(world, id, trip, &account)?;
        money_adds_up(world, id, &account)?;
        nothing_after_the_end(world, id, &account)?;
    }
    Ok(())
}

/// P2: whoever is on a trip in progress is locked to that trip alone, and a lock is known to the search that asked it.
fn one_trip_a_driver(world: &World) -> Checked {
    let in_progress = |trip: &Trip| trip.control().phase.is_in_progress();
    for (id, trip) in world.trips.iter().filter(|(_, trip)| in_progress(trip)) {
        let Some((driver, fence)) = trip.driver() else {
            return Err(format!("P2: trip {id} is in progress without a driver"));
        };
        let state = world.drivers.get(&driver).ok_or("P2: no such driver")?;
        let locked = state.control().lock == Some((*id, trip.control().round)) && state.fence() == fence;
        must(locked, || {
            format!("P2: {driver} is on trip {id} without its lock")
        })?;
    }
    for driver in DRIVERS {
        let on = world.trips.values().filter(|trip| in_progress(trip));
        let trips = on
            .filter(|trip| trip.driver().is_some_and(|(on, _)| on == driver))
            .count();
        must(trips <= 1, || format!("P2: {driver} is on {trips} trips"))?;
        let Some((trip, round)) = world
            .drivers
            .get(&driver)
            .and_then(|driver| driver.control().lock)
        else {
            continue;
        };
        let lock = world
            .dispatches
            .get(&trip)
            .map(|dispatch| dispatch.control().lock(round));
        let known = lock.is_some_and(LockState::is_outstanding);
        must(known, || {
            format!("P2: nobody will release {driver} from trip {trip}")
        })?;
    }
    Ok(())
}

/// P3: confirmed if and only if requested, locked and secured, at that very commit.
fn confirmed_with_both(world: &World, id: TripId, trip: &Trip, account: &Account) -> Checked {
    let control = trip.control();
    let seeking = matches!(control.phase, Phase::Requested | Phase::Reassigning);
    let both = control.driver_noted && control.secured.is_some();
    must(!(seeking && both), || {
        format!("P3: trip {id} has both and is not confirmed")
    })?;
    let mut lost = None;
    for event in world
        .log
        .get(&StreamId::Trip(id))
        .into_iter()
        .flatten()
        .flat_map(|commit| &commit.events)
    {
        if let Event::Trip(TripEvent::PaymentUnnoted { authorization }) = event {
            lost = lost.max(Some(*authorization));
        }
        let Event::Trip(TripEvent::Confirmed { secured, .. }) = event else {
            continue;
        };
        let (alive, was) = match secured {
            Secured::Waived => (true, account.waived),
            Secured::Authorized(number) => (
                lost < Some(*number),
                account.authorizations.contains_key(&number.0),
            ),
        };
        must(alive, || {
            format!("P3: trip {id} was confirmed with a hold known to be lost")
        })?;
        must(was, || {
            format!("P3: trip {id} was confirmed with {secured:?}, which never was")
        })?;
    }
    Ok(())
}

/// P4, and the same for a completed trip: closed means no lock, no hold, and what is captured or owed is what is due.
fn closed_with_nothing_alive(world: &World, id: TripId, trip: &Trip, account: &Account) -> Checked {
    let control = trip.control();
    if !control.closed || trip.request().is_none() {
        return Ok(());
    }
    for driver in world.drivers.values() {
        let locked = driver.control().lock.is_some_and(|(locked, _)| locked == id);
        must(!locked, || format!("P4: trip {id} is closed and holds a driver"))?;
    }
    for intent in world.gateway.intents(id) {
        must(intent.status != Status::Held, || {
            format!("P4: trip {id} is closed and money is held")
        })?;
    }
    must(account.open() == 0, || {
        format!("P4: trip {id} is closed with a hold open")
    })?;
    let due = trip.due().map_or(0, Money::minor);
    must(due == 0 || control.was_confirmed, || {
        format!("P4: trip {id} has a fee without a confirmation")
    })?;
    let outcome = account
        .closed
        .ok_or_else(|| format!("P4: trip {id} is closed before its money"))?;
    let paid = outcome.captured_minor + outcome.debt_minor + outcome.cash_minor;
    must(paid == due || account.refunds_failed > 0, || {
        format!("P4: trip {id} is due {due} and ended with {outcome:?}")
    })?;
    must(Some(outcome.captured_minor) == account.kept_at_close, || {
        format!(
            "P4: trip {id} kept {:?} and says {outcome:?}",
            account.kept_at_close
        )
    })?;
    must(outcome.debt_minor == account.debt, || {
        format!("P4: trip {id} owes what was not recorded")
    })
}

/// P5: each authorisation ends once, at most one is alive, one capture a charge, never more refunded than captured.
fn money_adds_up(world: &World, id: TripId, account: &Account) -> Checked {
    for (number, held) in &account.authorizations {
        let open = held.authorized - held.captured - held.released;
        let fits = held.ends <= 1 && open >= 0 && (held.ends == 0 || open == 0);
        must(fits, || format!("P5: authorisation {number} of {id}: {held:?}"))?;
    }
    let live = account
        .authorizations
        .values()
        .filter(|held| held.ends == 0 && held.authorized > 0);
    let live = live.count();
    must(live <= 1, || format!("P5: {live} holds of {id} at once"))?;
    let at_gateway = world
        .gateway
        .intents(id)
        .filter(|intent| intent.status == Status::Held)
        .count();
    must(at_gateway <= 1, || {
        format!("P5: {at_gateway} holds of {id} at the gateway")
    })?;
    // A hold is placed once, and once more where it is lost.
    let attempts = account.attempts;
    must(attempts <= 2, || {
        format!("P5: {attempts} attempts to hold money for {id}")
    })?;
    must(account.captures <= 1, || {
        format!("P5: {} captures of {id}", account.captures)
    })?;
    must(account.refunded <= account.captured, || {
        format!("P5: {id} refunded above what was captured")
    })
}

/// A cancellation that overtook its order ends nothing for anybody else.
fn is_before_order(event: &Event) -> bool {
    matches!(event, Event::Trip(TripEvent::Cancelled(cancelled)) if cancelled.is_before_order())
}

/// What has ended stays as it is: only money that comes back or is owed moves afterwards.
fn nothing_after_the_end(world: &World, id: TripId, account: &Account) -> Checked {
    let afterwards = ["RefundStarted", "PaymentRefunded", "RefundFailed"];
    let late: Vec<_> = account
        .events_after_close
        .iter()
        .filter(|name| !afterwards.contains(name))
        .collect();
    must(late.is_empty(), || {
        format!("{late:?} of {id} after PaymentClosed")
    })?;
    for (stream, last) in [
        (StreamId::Trip(id), "TripClosed"),
        (StreamId::Dispatch(id), "DispatchClosed"),
    ] {
        let events = world
            .log
            .get(&stream)
            .into_iter()
            .flatten()
            .filter(|commit| !commit.events.iter().any(is_before_order))
            .flat_map(|commit| &commit.events);
        let names: Vec<_> = events.map(Event::name).collect();
        let end = names.iter().position(|name| *name == last);
        must(end.is_none_or(|end| end + 1 == names.len()), || {
            format!("{stream} goes on after its end: {names:?}")
        })?;
    }
    Ok(())
}

/// Once every fact and every answer has arrived, and only time is to pass: nobody is locked for nothing, and whoever has
/// a driver and a hold is on the way.
pub(crate) fn at_rest(world: &World) -> Checked {
    for (id, driver) in &world.drivers {
        let Some((trip, round)) = driver.control().lock else {
            continue;
        };
        let control = world.trips.get(&trip).map(Trip::control).unwrap_or_default();
        let wanted = !control.phase.is_ended() && control.round == round && control.driver_noted;
        must(wanted, || {
            format!("P2: {id} is kept by trip {trip}, which is {control:?}")
        })?;
    }
    for (id, trip) in &world.trips {
        let control = trip.control();
        let hold = world.payments.get(id).map(|payment| payment.control().hold);
        let secured = matches!(hold, Some(Hold::Open | Hold::Waived(_)));
        let seeking = matches!(control.phase, Phase::Requested | Phase::Reassigning);
        must(!(seeking && secured && control.driver_noted), || {
            format!("P3: trip {id} has a driver and {hold:?} and is not confirmed")
        })?;
    }
    Ok(())
}

/// P1: once everything was handled, every trip, search and charge has come to its end, and the gateway agrees.
pub(crate) fn all_ended(world: &World) -> Checked {
    for id in TRIPS {
        let Some(trip) = world
            .trips
            .get(&id)
            .filter(|trip| trip.control().phase != Phase::Absent)
        else {
            continue;
        };
        must(trip.control().closed, || {
            format!("P1: trip {id} is stuck: {:?}", trip.control())
        })?;
        if trip.request().is_none() {
            let search = world
                .dispatches
                .get(&id)
                .filter(|search| **search != Dispatch::default());
            let charge = world
                .payments
                .get(&id)
                .filter(|charge| **charge != Payment::default());
            let is_begun = search.is_some() || charge.is_some();
            must(!is_begun, || {
                format!("P1: something was begun for {id}, which nobody ordered")
            })?;
            continue;
        }
        let search = world.dispatches.get(&id).map(|dispatch| dispatch.control().phase);
        must(search == Some(dispatch::Phase::Closed), || {
            format!("P1: the search of {id} is stuck: {search:?}")
        })?;
        let closed = world
            .payments
            .get(&id)
            .is_some_and(|payment| payment.control().closed);
        must(closed, || {
            format!("P1: the charge of {id} is stuck: {:?}", world.payments.get(&id))
        })?;
        let account = Account::of(world, id);
        let (kept, told) = (world.gateway.kept_minor(id), account.captured - account.refunded);
        must(kept == told, || {
            format!("P5: the gateway kept {kept} of {id}, the log says {told}")
        })?;
    }
    for (id, driver) in &world.drivers {
        must(driver.control().lock.is_none(), || {
            format!("P1: {id} is never released")
        })?;
    }
    Ok(())
}

/// P7: the log folds into the live state; and what the saga turns on depends on the events alone, not on when they were.
pub(crate) fn replays(world: &World) -> Checked {
    for (&id, trip) in &world.trips {
        let log = (world, StreamId::Trip(id));
        replay(
            log,
            trip,
            |event| {
                if let Event::Trip(event) = event {
                    Some(event)
                } else {
                    None
                }
            },
            Trip::control,
        )?;
    }
    for (&id, search) in &world.dispatches {
        let log = (world, StreamId::Dispatch(id));
        replay(
            log,
            search,
            |event| {
                if let Event::Dispatch(event) = event {
                    Some(event)
                } else {
                    None
                }
            },
            Dispatch::control,
        )?;
    }
    for (&id, driver) in &world.drivers {
        let log = (world, StreamId::Driver(id));
        replay(
            log,
            driver,
            |event| {
                if let Event::Driver(event) = event {
                    Some(event)
                } else {
                    None
                }
            },
            Driver::control,
        )?;
    }
    for (&id, payment) in &world.payments {
        let log = (world, StreamId::Payment(id, ChargeNumber::FARE));
        replay(
            log,
            payment,
            |event| {
                if let Event::Payment(event) = event {
                    Some(event)
                } else {
                    None
                }
            },
            Payment::control,
        )?;
    }
    Ok(())
}

fn replay<A: Aggregate + PartialEq, C: PartialEq>(
    (world, stream): (&World, StreamId),
    live: &A,
    own: fn(&Event) -> Option<&A::Event>,
    control: fn(&A) -> C,
) -> Checked
where
    A::Event: 'static,
{
    let (mut again, mut timeless) = (A::default(), A::default());
    for commit in world.log.get(&stream).into_iter().flatten() {
        for event in commit.events.iter().filter_map(own) {
            again.evolve(event, commit.at);
            timeless.evolve(event, Timestamp::default());
        }
    }
    must(again == *live, || format!("P7: {stream} does not replay"))?;
    must(control(&timeless) == control(live), || {
        format!("P7: {stream} turns on time")
    })
}
