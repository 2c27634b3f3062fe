//! The promises, in plain words of code: they look at logs and states, and know nothing of how those were decided.

use crate::gateway::{Gateway, Status};
use crate::ledger::Account;
use crate::orders::{DRIVERS, TRIPS};
use crate::world::World;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::{self, Dispatch};
use fiacre_domain::driver::Driver;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::{Hold, Payment, Purpose};
use fiacre_domain::saga;
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, Phase, Secured, Trip, TripEvent};

type Checked = Result<(), String>;

fn must(holds: bool, broken: impl Fn() -> String) -> Checked {
    if holds { Ok(()) } else { Err(broken()) }
}

/// One booking, with everything that its promises turn on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booking<'a> {
    pub(crate) id: TripId,
    pub(crate) trip: &'a Trip,
    pub(crate) search: &'a Dispatch,
    pub(crate) drivers: &'a [(DriverId, &'a Driver)],
    pub(crate) payment: &'a Payment,
    pub(crate) gateway: &'a Gateway,
    /// What the charge's events say.
    pub(crate) account: &'a Account,
}

/// Each trip's booking in turn.
fn each_booking(world: &World, mut check: impl FnMut(&Booking) -> Checked) -> Checked {
    let (nobody, no_search, no_charge) = (Trip::default(), Dispatch::default(), Payment::default());
    let drivers: Vec<_> = world.drivers.iter().map(|(id, driver)| (*id, driver)).collect();
    for id in TRIPS {
        check(&Booking {
            id,
            trip: world.trips.get(&id).unwrap_or(&nobody),
            search: world.dispatches.get(&id).unwrap_or(&no_search),
            drivers: &drivers,
            payment: world
                .payments
                .get(&(id, ChargeNumber::FARE))
                .unwrap_or(&no_charge),
            gateway: &world.gateway,
            account: &Account::of(world, id, ChargeNumber::FARE),
        })?;
    }
    Ok(())
}

/// Everything that must hold at every moment.
pub(crate) fn hold(world: &World) -> Checked {
    if let Some(finding) = world.findings.first() {
        return Err(finding.clone());
    }
    each_booking(world, |booking| {
        booking_holds(booking)?;
        confirmed_with_what_was(world, booking)?;
        nothing_after_the_end(world, booking.id)
    })?;
    for &(id, charge) in world.payments.keys() {
        money_adds_up((id, charge), &world.gateway, &Account::of(world, id, charge))?;
    }
    one_trip_a_driver(world)
}

fn charges(world: &World, trip: TripId) -> impl Iterator<Item = ChargeNumber> {
    let keys = world.payments.keys();
    keys.filter(move |(of, _)| *of == trip).map(|(_, charge)| *charge)
}

/// What must hold of one booking at every moment.
pub(crate) fn booking_holds(booking: &Booking) -> Checked {
    search_awaits_its_lock(booking)?;
    locked_and_known(booking)?;
    confirmed_with_both(booking)?;
    closed_with_nothing_alive(booking)?;
    money_adds_up((booking.id, ChargeNumber::FARE), booking.gateway, booking.account)?;
    money_rests_after_the_end(booking)
}

fn search_awaits_its_lock(booking: &Booking) -> Checked {
    let control = booking.search.control();
    let given_up = control.phase == dispatch::Phase::Exhausted;
    let awaited = control.lock(control.round).is_outstanding();
    must(!(given_up && awaited), || {
        format!("the search of {} gave up on a lock that was asked", booking.id)
    })
}

/// P2: whoever is on a trip in progress is locked to that trip, and a lock is known to the search that asked it.
fn locked_and_known(booking: &Booking) -> Checked {
    let (id, control) = (booking.id, booking.trip.control());
    if control.phase.is_in_progress() {
        let Some((driver, fence)) = booking.trip.driver() else {
            return Err(format!("P2: trip {id} is in progress without a driver"));
        };
        let state = booking.drivers.iter().find(|(known, _)| *known == driver);
        let (_, state) = state.ok_or("P2: no such driver")?;
        let locked = state.control().lock == Some((id, control.round)) && state.fence() == fence;
        must(locked, || {
            format!("P2: {driver} is on trip {id} without its lock")
        })?;
    }
    for (driver, state) in booking.drivers {
        let Some((_, round)) = state.control().lock.filter(|(trip, _)| *trip == id) else {
            continue;
        };
        must(booking.search.control().lock(round).is_outstanding(), || {
            format!("P2: nobody will release {driver} from trip {id}")
        })?;
    }
    Ok(())
}

/// P2: nobody is on two trips.
fn one_trip_a_driver(world: &World) -> Checked {
    for driver in DRIVERS {
        let in_progress = world
            .trips
            .values()
            .filter(|trip| trip.control().phase.is_in_progress());
        let trips = in_progress
            .filter(|trip| trip.driver().is_some_and(|(on, _)| on == driver))
            .count();
        must(trips <= 1, || format!("P2: {driver} is on {trips} trips"))?;
    }
    Ok(())
}

/// P3: confirmed as soon as requested, locked and secured.
fn confirmed_with_both(booking: &Booking) -> Checked {
    let control = booking.trip.control();
    let seeking = matches!(control.phase, Phase::Requested | Phase::Reassigning);
    let both = control.driver_noted && control.secured.is_some();
    must(!(seeking && both), || {
        format!("P3: trip {} has both and is not confirmed", booking.id)
    })
}

/// P3: what a confirmation says secures the trip is not known to be lost, and was.
pub(crate) fn secured_by(
    id: TripId,
    secured: Secured,
    lost: Option<AuthorizationNumber>,
    account: &Account,
) -> Checked {
    let (alive, was) = match secured {
        Secured::Waived => (true, account.waived),
        Secured::Authorized(number) => (
            lost < Some(number),
            account.authorizations.contains_key(&number.0),
        ),
    };
    must(alive, || {
        format!("P3: trip {id} was confirmed with a hold known to be lost")
    })?;
    must(was, || {
        format!("P3: trip {id} was confirmed with {secured:?}, which never was")
    })
}

fn confirmed_with_what_was(world: &World, &Booking { id, account, .. }: &Booking) -> Checked {
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
        if let Event::Trip(TripEvent::Confirmed { secured, .. }) = event {
            secured_by(id, *secured, lost, account)?;
        }
    }
    Ok(())
}

/// P4, and the same for a completed trip: closed means no lock, no hold, and what is captured or owed is what is due.
fn closed_with_nothing_alive(booking: &Booking) -> Checked {
    let Booking {
        id, trip, account, ..
    } = *booking;
    let control = trip.control();
    if !control.closed || trip.request().is_none() {
        return Ok(());
    }
    for (_, driver) in booking.drivers {
        let locked = driver.control().lock.is_some_and(|(locked, _)| locked == id);
        must(!locked, || format!("P4: trip {id} is closed and holds a driver"))?;
    }
    for intent in booking.gateway.intents(id, ChargeNumber::FARE) {
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
    must(outcome.debt_minor == account.debt_at_close, || {
        format!("P4: trip {id} owes what was not recorded")
    })
}

/// P5: each authorisation ends once, at most one is alive, one capture a charge, never more refunded than captured.
fn money_adds_up((trip, charge): (TripId, ChargeNumber), gateway: &Gateway, account: &Account) -> Checked {
    let id = StreamId::Payment(trip, charge);
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
    let at_gateway = gateway
        .intents(trip, charge)
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
fn money_rests_after_the_end(booking: &Booking) -> Checked {
    let afterwards = [
        "CorrectionAsked",
        "FurtherChargeAsked",
        "RefundStarted",
        "PaymentRefunded",
        "RefundFailed",
        "DebtRecorded",
        "DebtReduced",
        "CashReturned",
    ];
    let events = &booking.account.events_after_close;
    let late: Vec<_> = events.iter().filter(|name| !afterwards.contains(name)).collect();
    must(late.is_empty(), || {
        format!("{late:?} of {} after PaymentClosed", booking.id)
    })
}

/// A trip or a search that has ended goes on with nothing.
fn nothing_after_the_end(world: &World, id: TripId) -> Checked {
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
        // A receipt may be corrected, and a tip given, at any time.
        let later = ["FareAdjusted", "TripTipped"];
        let names: Vec<_> = events
            .map(Event::name)
            .filter(|name| !later.contains(name))
            .collect();
        let end = names.iter().position(|name| *name == last);
        must(end.is_none_or(|end| end + 1 == names.len()), || {
            format!("{stream} goes on after its end: {names:?}")
        })?;
    }
    Ok(())
}

/// Once every fact and every answer has arrived, and only time is to pass: nobody is locked for nothing, whoever has a
/// driver and a hold is on the way, and the gateway and the log agree on what a closed trip cost.
pub(crate) fn booking_rests(booking: &Booking) -> Checked {
    let (id, control) = (booking.id, booking.trip.control());
    let is_its = |driver: &&(DriverId, &Driver)| driver.1.control().lock.is_some_and(|(trip, _)| trip == id);
    for (driver, state) in booking.drivers.iter().filter(is_its) {
        let is_current = state.control().lock == Some((id, control.round));
        let wanted = !control.phase.is_ended() && is_current && control.driver_noted;
        must(wanted, || {
            format!("P2: {driver} is kept by trip {id}, which is {control:?}")
        })?;
    }
    let hold = booking.payment.control().hold;
    let secured = matches!(hold, Hold::Open | Hold::Waived(_));
    let seeking = matches!(control.phase, Phase::Requested | Phase::Reassigning);
    must(!(seeking && secured && control.driver_noted), || {
        format!("P3: trip {id} has a driver and {hold:?} and is not confirmed")
    })?;
    let told = booking.account.captured - booking.account.refunded;
    let kept = booking.gateway.kept_minor(id, ChargeNumber::FARE);
    must(!control.closed || kept == told, || {
        format!("P5: the gateway kept {kept} of {id}, the log says {told}")
    })
}

/// The same, of every booking.
pub(crate) fn at_rest(world: &World) -> Checked {
    each_booking(world, booking_rests)
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
                .iter()
                .find(|((of, _), charge)| *of == id && **charge != Payment::default());
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
        for charge in charges(world, id) {
            let payment = &world.payments[&(id, charge)];
            must(payment.is_at_rest(), || {
                format!("P1: charge {} of {id} is stuck: {payment:?}", charge.0)
            })?;
            let account = Account::of(world, id, charge);
            let (kept, told) = (
                world.gateway.kept_minor(id, charge),
                account.captured - account.refunded,
            );
            must(kept == told, || {
                format!("P5: the gateway kept {kept} of {id}, the log says {told}")
            })?;
        }
        fare_has_moved(world, id, trip)?;
        tips_are_gifts(world, id)?;
        let charge = |number| world.payments.get(&(id, number)).cloned().unwrap_or_default();
        must(saga::is_at_rest(trip, charge), || {
            format!("P1: trip {id} does not rest")
        })?;
    }
    for (id, driver) in &world.drivers {
        must(driver.control().lock.is_none(), || {
            format!("P1: {id} is never released")
        })?;
    }
    Ok(())
}

/// P4: what the rider has paid and owes, over the fare's charge and those that corrections added, is the latest receipt; but
/// for what the gateway could not give back.
fn fare_has_moved(world: &World, id: TripId, trip: &Trip) -> Checked {
    let Some(receipt) = trip.receipt() else {
        return Ok(());
    };
    let accounts = charges(world, id).map(|charge| Account::of(world, id, charge));
    let (mut moved, mut unreturned) = (0, 0);
    for account in accounts.filter(|account| account.purpose != Some(Purpose::Tip)) {
        moved += account.moved();
        unreturned += account.unreturned;
    }
    let above = moved - receipt.total().minor();
    must((0..=unreturned).contains(&above), || {
        format!("P4: trip {id} comes to {}, and {moved} moved", receipt.total())
    })
}

/// A tip is taken as it was given, or not at all; nobody owes it.
fn tips_are_gifts(world: &World, id: TripId) -> Checked {
    let events = world.log.get(&StreamId::Trip(id)).into_iter().flatten();
    for event in events.flat_map(|commit| &commit.events) {
        let Event::Trip(TripEvent::Tipped(tip)) = event else {
            continue;
        };
        let account = Account::of(world, id, tip.charge);
        let kept = account.captured - account.refunded;
        let fits = account.debt == 0 && (kept == 0 || kept == tip.amount.minor());
        must(fits || account.refunds_failed > 0, || {
            format!("P4: of a tip of {} for {id}, {kept} was taken", tip.amount)
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
    for (&(id, charge), payment) in &world.payments {
        let log = (world, StreamId::Payment(id, charge));
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
