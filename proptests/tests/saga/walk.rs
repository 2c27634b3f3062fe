//! What may happen next.

use crate::gateway::{Mood, Status};
use crate::orders::{self, DRIVERS, OPERATOR, RIDER, TRIPS};
use crate::world::{Slow, World};
use fiacre_domain::dispatch::{self, OfferNumber, Proposal};
use fiacre_domain::driver::{self, Fence};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::ChargeNumber;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    self, Actor, AdjustReason, CancelReason, DeviceFact, Phase, StartCheck, StartProof, Trip,
};
use fiacre_domain::units::{Millimetres, Millis};
use proptest::prelude::*;

/// One step of a walk. Numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A fact reaches a service for the first time.
    Deliver(u8),
    /// Any fact reaches every service, whether or not it did before.
    Repeat(u8),
    /// The next timer fires when it is due, or any timer at once.
    Timer { which: u8, at_once: bool },
    /// Time passes.
    Wait { seconds: u8 },
    /// An order, with a choice of payment.
    Order { trip: bool, method: u8 },
    /// Someone cancels.
    Cancel { trip: bool, by: u8 },
    /// The matcher proposes, for the present round or the one before.
    Propose { trip: bool, driver: u8, stale: bool },
    /// A driver answers an offer.
    Answer { trip: bool, offer: u8, yes: bool },
    /// The search stands still, or goes on.
    Pause { trip: bool, on: bool },
    /// The driver acts, or another with a fence that may be stale.
    Drive { trip: bool, act: Drive, stale: bool },
    /// The rider goes a shorter way, or the first one again.
    Plan { trip: bool, shorter: bool },
    /// A driver goes on or off duty.
    Duty { driver: u8, on: bool },
    /// The payment service makes the call that the charge wants.
    Call { trip: bool, charge: u8, mood: Mood },
    /// The intent changes by itself or by hand: the rider acts, the hold lapses, someone captures.
    Intent { trip: bool, charge: u8, change: Change },
    /// A webhook about an authorisation.
    Webhook {
        trip: bool,
        charge: u8,
        authorization: u8,
    },
    /// An answer of the gateway arrives late.
    Letter(u8),
    /// An agent corrects the fare to what so many kilometres cost.
    Adjust { trip: bool, kilometres: u8 },
    /// The rider gives something on top.
    Tip { trip: bool, cents: u8 },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Drive {
    /// Whatever comes next in a ride.
    Onward,
    Withdraw,
    Arrive,
    NoShow,
    Start,
    StartWrongly,
    Vouch,
    Complete,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    RiderActs,
    RiderFails,
    Lapses,
    CapturedByHand,
}

/// Draws from one number: unions of strategies cost more than the walks themselves.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u8) -> u8 {
        let sides = u64::from(sides);
        let drawn = u8::try_from(self.0 % sides).unwrap();
        self.0 /= sides;
        drawn
    }

    fn any(&mut self) -> u8 {
        self.below(u8::MAX)
    }

    /// Once in `times`.
    fn rarely(&mut self, times: u8) -> bool {
        self.below(times) == times - 1
    }

    /// The second trip comes into play less often: most of what can go wrong needs one only.
    fn trip(&mut self) -> bool {
        self.rarely(4)
    }

    fn mood(&mut self) -> Mood {
        match self.below(12) {
            0..7 => Mood::Willing,
            7 => Mood::Silent,
            8 => Mood::Late,
            9..11 => Mood::Unwilling,
            _ => Mood::Asking,
        }
    }

    fn drive(&mut self) -> Drive {
        match self.below(16) {
            0..8 => Drive::Onward,
            8 => Drive::Arrive,
            9..11 => Drive::Start,
            11 => Drive::Complete,
            12 => Drive::Withdraw,
            13 => Drive::NoShow,
            14 => Drive::StartWrongly,
            _ => Drive::Vouch,
        }
    }

    fn change(&mut self) -> Change {
        match self.below(8) {
            0..4 => Change::Lapses,
            4..6 => Change::RiderActs,
            6 => Change::RiderFails,
            _ => Change::CapturedByHand,
        }
    }
}

/// In half of the walks, one kind of stream is slow.
pub(crate) fn slow() -> impl Strategy<Value = Option<Slow>> {
    (0_u8..6).prop_map(|choice| match choice {
        0 => Some(Slow::Searches),
        1 => Some(Slow::Payments),
        2 => Some(Slow::Trips),
        _ => None,
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    any::<u64>().prop_map(|number| {
        let mut dice = Dice(number);
        match dice.below(122) {
            0..40 => Step::Deliver(dice.any()),
            40..54 => Step::Call {
                trip: dice.trip(),
                charge: dice.below(12),
                mood: dice.mood(),
            },
            54..66 => Step::Propose {
                trip: dice.trip(),
                driver: dice.any(),
                stale: dice.rarely(10),
            },
            66..76 => Step::Answer {
                trip: dice.trip(),
                offer: dice.any(),
                yes: !dice.rarely(5),
            },
            76..86 => Step::Drive {
                trip: dice.trip(),
                act: dice.drive(),
                stale: dice.rarely(10),
            },
            86..92 => Step::Order {
                trip: dice.trip(),
                method: dice.any(),
            },
            92..95 => Step::Repeat(dice.any()),
            95..98 => Step::Webhook {
                trip: dice.trip(),
                charge: dice.below(12),
                authorization: dice.below(2),
            },
            98..101 => Step::Timer {
                which: dice.any(),
                at_once: dice.rarely(2),
            },
            101..107 => Step::Intent {
                trip: dice.trip(),
                charge: dice.below(12),
                change: dice.change(),
            },
            107..109 => Step::Wait {
                seconds: dice.below(90),
            },
            109 => Step::Cancel {
                trip: dice.trip(),
                by: dice.any(),
            },
            110 => Step::Pause {
                trip: dice.trip(),
                on: dice.rarely(2),
            },
            111 => Step::Duty {
                driver: dice.any(),
                on: !dice.rarely(3),
            },
            112..115 => Step::Letter(dice.any()),
            118 => Step::Plan {
                trip: dice.trip(),
                shorter: dice.rarely(2),
            },
            119 => Step::Tip {
                trip: dice.trip(),
                cents: dice.any(),
            },
            _ => Step::Adjust {
                trip: dice.trip(),
                kilometres: dice.below(12),
            },
        }
    })
}

fn trip_of(second: bool) -> TripId {
    TRIPS[usize::from(second)]
}

fn driver_of(choice: u8) -> DriverId {
    DRIVERS[usize::from(choice) % DRIVERS.len()]
}

impl World {
    pub(crate) fn step(&mut self, step: &Step) {
        match *step {
            Step::Deliver(choice) => self.deliver_new(usize::from(choice)),
            Step::Repeat(choice) => self.deliver_any(usize::from(choice)),
            Step::Timer { which, at_once } => self.fire(usize::from(which), at_once),
            Step::Wait { seconds } => self.now = self.now.plus(Millis::from_secs(i64::from(seconds))),
            Step::Order { trip, method } => {
                let request = orders::order(trip_of(trip), orders::method(method), self.ordered_at(method));
                let _ = self.person(&Command::Trip(trip_of(trip), trip::Command::Request(request)));
            }
            Step::Cancel { trip, by } => self.cancel(trip_of(trip), by),
            Step::Propose { trip, driver, stale } => self.propose(trip_of(trip), driver_of(driver), stale),
            Step::Answer { trip, offer, yes } => self.answer(trip_of(trip), offer, yes),
            Step::Pause { trip, on } => {
                let command = if on {
                    dispatch::Command::Pause
                } else {
                    dispatch::Command::Resume
                };
                let _ = self.person(&Command::Dispatch(trip_of(trip), command));
            }
            Step::Drive { trip, act, stale } => self.drive(trip_of(trip), act, stale),
            Step::Plan { trip, shorter } => {
                let command = trip::Command::ChangePlan {
                    by: Actor::Rider(RIDER),
                    plan: orders::plan(),
                    quote: orders::quote(shorter),
                    quote_fingerprint: Fingerprint::new([0; 32]),
                };
                let _ = self.person(&Command::Trip(trip_of(trip), command));
            }
            Step::Duty { driver, on } => {
                let command = if on {
                    orders::online()
                } else {
                    driver::Command::GoOffline
                };
                let _ = self.person(&Command::Driver(driver_of(driver), command));
            }
            Step::Call { trip, charge, mood } => {
                let charge = self.charge_of(trip_of(trip), charge);
                self.call(trip_of(trip), charge, mood);
            }
            Step::Intent { trip, charge, change } => {
                let charge = self.charge_of(trip_of(trip), charge);
                self.change_intent(trip_of(trip), charge, change);
            }
            Step::Webhook {
                trip,
                charge,
                authorization,
            } => {
                let charge = self.charge_of(trip_of(trip), charge);
                self.read_back((trip_of(trip), charge, authorization));
            }
            Step::Letter(which) => self.letter(usize::from(which)),
            Step::Adjust { trip, kilometres } => self.adjust(trip_of(trip), kilometres),
            Step::Tip { trip, cents } => {
                let command = trip::Command::Tip {
                    rider: RIDER,
                    amount: Money::new(i64::from(cents), Currency::USD),
                };
                let _ = self.person(&Command::Trip(trip_of(trip), command));
            }
        }
    }

    fn adjust(&mut self, trip: TripId, kilometres: u8) {
        let quote = self.trips.get(&trip).and_then(|trip| trip.quote().cloned());
        let quote = quote.unwrap_or_else(|| orders::quote(false));
        let command = trip::Command::AdjustFare {
            reason: AdjustReason::WrongReading,
            receipt: orders::receipt(&quote, i64::from(kilometres)),
        };
        let _ = self.person(&Command::Trip(trip, command));
    }

    /// One order in sixteen was under way for so long that it has expired.
    fn ordered_at(&self, choice: u8) -> Timestamp {
        let old = Millis::from_minutes(if choice / 16 == 7 { -10 } else { 0 });
        self.now.plus(old)
    }

    fn cancel(&mut self, trip: TripId, by: u8) {
        let assigned = self.trips.get(&trip).and_then(Trip::driver);
        let (by, reason) = match (by % 4, assigned) {
            (0, Some((driver, _))) => (Actor::Driver(driver), CancelReason::Other),
            (1, _) => (Actor::Operator(OPERATOR), CancelReason::Safety),
            (_, _) => (Actor::Rider(RIDER), CancelReason::ChangedPlans),
        };
        let _ = self.person(&Command::Trip(trip, trip::Command::Cancel { by, reason }));
    }

    fn propose(&mut self, trip: TripId, driver: DriverId, stale: bool) {
        let Some(dispatch) = self.dispatches.get(&trip) else {
            return;
        };
        let proposal = Proposal {
            round: dispatch.control().round.saturating_sub(u8::from(stale)),
            driver,
            wave: 0,
            expires_at: self.now.plus(Millis::from_secs(25)),
            promised_pick_up_at: self.now.plus(Millis::from_minutes(5)),
            plan_revision: dispatch.brief().map_or(0, |brief| brief.plan_revision),
            terms: Terms::default(),
            verdicts: Verdicts::new([]),
        };
        let _ = self.person(&Command::Dispatch(trip, dispatch::Command::Propose(proposal)));
    }

    fn answer(&mut self, trip: TripId, choice: u8, yes: bool) {
        let Some(dispatch) = self.dispatches.get(&trip) else {
            return;
        };
        let offers = dispatch.open_offers();
        let Some(offer) = usize::from(choice)
            .checked_rem(offers.len())
            .and_then(|place| offers.get(place))
        else {
            return;
        };
        let (offer, driver): (OfferNumber, DriverId) = (offer.number, offer.driver);
        let command = if yes {
            dispatch::Command::Accept { offer, driver }
        } else {
            dispatch::Command::Decline { offer, driver }
        };
        let _ = self.person(&Command::Dispatch(trip, command));
    }

    fn drive(&mut self, trip: TripId, act: Drive, stale: bool) {
        let noted = self.trips.get(&trip).and_then(Trip::driver);
        let (mut driver, mut fence) = noted.unwrap_or((DRIVERS[0], Fence { epoch: 0, count: 1 }));
        if stale {
            // Another driver, whose own lock may well have an equal fence.
            driver = driver_of(u8::from(driver == DRIVERS[0]));
            fence.count = 1;
        }
        let device = DeviceFact {
            occurred_at: self.now,
            sequence: 0,
        };
        let start = |check| trip::Command::Start {
            driver,
            fence,
            check,
            device,
        };
        let onward = match self.trips.get(&trip).map(|trip| trip.control().phase) {
            Some(Phase::Arrived) => Drive::Start,
            Some(Phase::Started) => Drive::Complete,
            Some(_) | None => Drive::Arrive,
        };
        let act = if matches!(act, Drive::Onward) { onward } else { act };
        let command = match act {
            Drive::Withdraw => trip::Command::Withdraw { driver, fence },
            Drive::Onward | Drive::Arrive => trip::Command::Arrive {
                driver,
                fence,
                distance_to_pick_up: Millimetres::ZERO,
                device,
            },
            Drive::NoShow => trip::Command::NoShow { driver, fence },
            Drive::Start => start(StartCheck::Proven(StartProof::Code)),
            Drive::StartWrongly => start(StartCheck::WrongCode),
            Drive::Vouch => start(StartCheck::Proven(StartProof::Operator(OPERATOR))),
            Drive::Complete => trip::Command::Complete {
                fence,
                by: Actor::Driver(driver),
                reading: orders::READING.clone(),
                device,
            },
        };
        if self.person(&Command::Trip(trip, command)) && noted != Some((driver, fence)) {
            self.findings.push(format!(
                "P2: {driver} acted on {trip} with a lock that is not its"
            ));
        }
    }

    fn change_intent(&mut self, trip: TripId, charge: ChargeNumber, change: Change) {
        let Some(payment) = self.payments.get(&(trip, charge)) else {
            return;
        };
        let key = (trip, charge, payment.authorization().0);
        let status = self
            .gateway
            .intent(key)
            .map(|intent| (intent.status, intent.amount));
        match (change, status) {
            (Change::RiderActs, Some((Status::NeedsAction, _))) => self.gateway.confirm(key, Mood::Willing),
            (Change::RiderFails, Some((Status::NeedsAction, _)))
            | (Change::Lapses, Some((Status::Held, _))) => {
                self.gateway.cancel(key);
                self.read_back(key);
            }
            (Change::CapturedByHand, Some((Status::Held, amount))) => self.gateway.capture(key, amount),
            (_, _) => {}
        }
    }
}
