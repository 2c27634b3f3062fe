//! What the unit tests of the booking saga are written with: one rider, two drivers, one priced order, and a way to say
//! "after these commands, this one gives that".

use crate::decision::Aggregate;
use crate::dispatch::SearchBrief;
use crate::driver::Fence;
use crate::fingerprint::Fingerprint;
use crate::id::{DriverId, IntentId, PrincipalId, TripId};
use crate::money::{Currency, Money};
use crate::place::Place;
use crate::pricing::{
    CancellationMatrix, CancellationStageKind, Fault, FeeRule, Meter, MeterReading, Party, Quote, Receipt,
    Ride, Segment, Surge, Tariff,
};
use crate::ratio::Ratio;
use crate::requirements::Requirements;
use crate::time::Timestamp;
use crate::trip::{
    DeviceFact, Order, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, TripRequest,
};
use crate::units::{Millimetres, Millis};
use std::sync::Arc;

pub(crate) const TRIP: TripId = TripId::from_u128(1);
pub(crate) const OTHER_TRIP: TripId = TripId::from_u128(2);
pub(crate) const RIDER: PrincipalId = PrincipalId::from_u128(10);
pub(crate) const STRANGER: PrincipalId = PrincipalId::from_u128(11);
pub(crate) const OPERATOR: PrincipalId = PrincipalId::from_u128(12);
pub(crate) const ANN: DriverId = DriverId::from_u128(100);
pub(crate) const BOB: DriverId = DriverId::from_u128(101);
pub(crate) const INTENT: IntentId = IntentId::from_u128(1_000);
/// The fee of a rider who cancels on a driver under way, in cents.
pub(crate) const FEE_EN_ROUTE: i64 = 300;
/// The fee of a rider who does not come, in cents.
pub(crate) const FEE_NO_SHOW: i64 = 500;
pub(crate) const DEVICE: DeviceFact = DeviceFact {
    occurred_at: Timestamp::from_ms(0),
    sequence: 1,
};

pub(crate) const fn at_s(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1_000)
}

pub(crate) const fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}

/// The `count`th lock of some driver.
pub(crate) const fn fence(count: u32) -> Fence {
    Fence { epoch: 0, count }
}

/// $2.50, then 50 cents a fifth of a mile; a fee once a driver is on the way, when it is the rider's doing.
pub(crate) fn tariff(version: u32) -> Arc<Tariff> {
    let fifth = Segment::new(
        Millimetres::ZERO,
        Ratio::from(50),
        Ratio::new(1_609_344, 5).unwrap(),
    )
    .unwrap()
    .with_time(Ratio::from(60_000))
    .unwrap();
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth]).unwrap();
    let fee = |minor| FeeRule::new(minor).unwrap();
    let matrix = CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee(FEE_EN_ROUTE))
        .with(CancellationStageKind::Arrived, Fault::Rider, fee(400))
        .with(CancellationStageKind::NoShow, Fault::Rider, fee(FEE_NO_SHOW));
    Arc::new(Tariff::new("nyc".parse().unwrap(), version, Currency::USD, meter).with_cancellation(matrix))
}

/// A ride of `metres` without a stop.
pub(crate) fn quote_of(tariff: &Arc<Tariff>, metres: i64) -> Arc<Quote> {
    let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(10));
    Arc::new(
        tariff
            .quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE)
            .unwrap(),
    )
}

/// What a way by so many stops costs so many adults.
pub(crate) fn quote_for(metres: i64, stops: u16, adults: u8) -> Arc<Quote> {
    let ride = Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(10))
        .with_stops(stops)
        .with_party(Party::adults(adults).unwrap());
    let quoted = tariff(1).quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE);
    Arc::new(quoted.unwrap())
}

pub(crate) fn quote() -> Arc<Quote> {
    quote_of(&tariff(1), 8_046)
}

pub(crate) fn plan() -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(Place::from_e7(407_580_000, -739_855_000).unwrap()),
        stops: Vec::new(),
        destination: None,
    }
}

/// The same way, by `count` stops.
pub(crate) fn plan_with_stops(count: usize) -> PersonalPlan {
    PersonalPlan {
        stops: vec![PersonalPlace::Known(Place::from_e7(407_600_000, -739_800_000).unwrap()); count],
        ..plan()
    }
}

pub(crate) fn order(payment: PaymentMethod) -> Order {
    Order {
        trip: TRIP,
        rider: RIDER,
        region: "manhattan".parse().unwrap(),
        accepted_at: at_s(0),
        quote: quote(),
        quote_fingerprint: Fingerprint::new([0; 32]),
        plan: plan(),
        payment,
        product: "taxi".parse().unwrap(),
    }
}

pub(crate) const CARD: PaymentMethod = PaymentMethod::Hold {
    method: PaymentMethodId(1),
};

/// An order of [`RIDER`], paid by card, accepted at 0 s.
pub(crate) fn request() -> Arc<TripRequest> {
    Arc::new(TripRequest::new(order(CARD)).unwrap())
}

/// What a driver records who drives as far as `quote` said.
pub(crate) fn reading(quote: &Quote) -> Arc<MeterReading> {
    let mut recorder = quote.recorder(quote.at()).unwrap();
    recorder
        .drive(quote.ride().distance(), quote.ride().duration())
        .unwrap();
    Arc::new(recorder.finish().unwrap())
}

/// What `quote` comes to where `metres` were driven.
pub(crate) fn receipt_of_drive(quote: &Quote, metres: i64) -> Arc<Receipt> {
    let mut recorder = quote.recorder(quote.at()).unwrap();
    recorder
        .drive(Millimetres::from_metres(metres), quote.ride().duration())
        .unwrap();
    Arc::new(quote.settle(&recorder.finish().unwrap()).unwrap())
}

pub(crate) fn receipt(quote: &Quote) -> Arc<Receipt> {
    Arc::new(quote.settle(&reading(quote)).unwrap())
}

pub(crate) fn brief() -> Arc<SearchBrief> {
    Arc::new(SearchBrief {
        plan: plan(),
        plan_revision: 0,
        requirements: Requirements::ONE_SEAT,
        product: "taxi".parse().unwrap(),
        region: "manhattan".parse().unwrap(),
        requested_at: at_s(0),
        driver_pay: usd(1_000),
    })
}

/// Decides `command` and folds what it leads to, as a store would.
pub(crate) fn act<A: Aggregate>(
    state: &mut A,
    command: &A::Command,
    now: Timestamp,
) -> Result<Vec<A::Event>, A::Refusal> {
    let events = state.decide(command, now)?.into_events();
    for event in &events {
        state.evolve(event, now);
    }
    Ok(events)
}

/// `state` after `commands`, all at `now`; none of them may be refused or change nothing.
pub(crate) fn after<A: Aggregate>(mut state: A, commands: &[A::Command], now: Timestamp) -> A {
    for command in commands {
        let events = act(&mut state, command, now).expect("a step that is not refused");
        assert!(!events.is_empty(), "a step of a test's past changed nothing");
    }
    state
}

/// A decision in a word: `-` for nothing, `!code` for a refusal, else the events' names.
pub(crate) fn answer<E>(answer: Result<Vec<E>, &'static str>, name: impl Fn(&E) -> &'static str) -> String {
    match answer {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(name).collect::<Vec<_>>().join(" "),
        Err(code) => format!("!{code}"),
    }
}

/// A row of a table: [(answer, the states that give it, or groups of them)].
pub(crate) type Cells = &'static [(&'static str, &'static str)];

/// What a row says of each state, in order; `-` where it names none.
pub(crate) fn expected<S>(
    states: &[(&'static str, S)],
    groups: &[(&str, &str)],
    cells: &[(&str, &str)],
) -> Vec<String> {
    let names = |words: &str, state: &str| {
        words.split(' ').any(|word| {
            let group = groups.iter().find(|(name, _)| *name == word);
            group
                .map_or(word, |(_, members)| *members)
                .split(' ')
                .any(|member| member == state)
        })
    };
    states
        .iter()
        .map(|(state, _)| {
            let answer = cells.iter().find(|(_, words)| names(words, state));
            format!("{state}: {}", answer.map_or("-", |(answer, _)| *answer))
        })
        .collect()
}
