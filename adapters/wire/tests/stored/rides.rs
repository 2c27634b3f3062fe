//! Tariffs, quotes, readings, receipts and orders.

use crate::dice::Dice;
use crate::rich;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    Cancellation, CancellationStage, Circumstances, DeviationReason, Fault, Meter, MeterReading, Party,
    Publication, Quote, Receipt, Ride, RidePart, Segment, Surge, SurgeInputs, SurgePolicy, Tariff, Toll,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::trip::{Order, PaymentMethod, PaymentMethodId, PlanChange, TripPolicy, TripRequest};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::sync::{Arc, LazyLock};

pub(crate) fn segment(from_mm: i64) -> Segment {
    Segment::new(
        Millimetres::new(from_mm),
        Ratio::from(50),
        Ratio::new(1_609_344, 5).unwrap(),
    )
    .and_then(|segment| segment.with_time(Ratio::from(60_000)))
    .unwrap()
}

/// A tariff of one meter.
fn plain() -> Tariff {
    let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![segment(0)]).unwrap();
    Tariff::new("plain".parse().unwrap(), 1, Currency::USD, meter)
}

pub(crate) static TARIFFS: LazyLock<Vec<Arc<Tariff>>> =
    LazyLock::new(|| vec![Arc::new(plain()), Arc::new(rich::tariff())]);

pub(crate) fn publication(dice: &mut Dice) -> Publication {
    let tariff = &TARIFFS[usize::from(dice.flag())];
    Publication::new(Arc::clone(tariff), dice.principal())
}

fn local(dice: &mut Dice) -> CivilDateTime {
    CivilDateTime::from_timestamp(dice.today(), Millis::ZERO).unwrap()
}

fn surge(dice: &mut Dice) -> Surge {
    if dice.flag() {
        return Surge::NONE;
    }
    let policy = SurgePolicy::new(dice.word(), BasisPoints::new(9_000), BasisPoints::new(20_000)).unwrap();
    let inputs = SurgeInputs {
        zone: dice.maybe(Dice::slug),
        demand: dice.word() % 100,
        supply: dice.word() % 100,
    };
    Surge::compute(policy, inputs)
}

fn circumstances(dice: &mut Dice) -> Circumstances {
    let ages = dice.list(4, Dice::small);
    let party = ages.into_iter().fold(Party::adults(1).unwrap(), |party, age| {
        party.with_age(age).unwrap()
    });
    let mut circumstances = Circumstances::new()
        .with_party(party)
        .with_stops(u16::from(dice.small() % 3));
    if let Some(zone) = dice.maybe(Dice::slug) {
        circumstances = circumstances.starting_in(zone);
    }
    if let Some(zone) = dice.maybe(Dice::slug) {
        circumstances = circumstances.stopping_first_in(zone).through(zone);
    }
    if dice.flag() {
        circumstances = circumstances.ending_in("airport".parse().unwrap()).on_holiday();
    }
    if dice.flag() {
        let toll = Toll::new(dice.slug(), i64::from(dice.short())).unwrap();
        circumstances = circumstances.with_extra(dice.slug()).with_toll(toll);
    }
    circumstances
}

pub(crate) fn quote(dice: &mut Dice) -> Quote {
    let tariff = &TARIFFS[usize::from(dice.flag())];
    let metres = i64::from(dice.short());
    let mut ride = Ride::new(
        Millimetres::from_metres(metres),
        Millis::from_secs(1 + i64::from(dice.short() % 7_200)),
    )
    .with_waiting(Millis::from_secs(i64::from(dice.small())))
    .with_circumstances(circumstances(dice));
    if dice.flag() {
        ride = ride.with_slow(Millis::from_secs(1));
    }
    if dice.flag() {
        let part = RidePart::new(
            dice.slug(),
            Millimetres::from_metres(metres / 2),
            Millis::new(500),
        );
        ride = ride.with_part(part);
    }
    tariff.quote(&ride, local(dice), surge(dice)).unwrap()
}

pub(crate) fn reading(dice: &mut Dice, quote: &Quote) -> MeterReading {
    let mut recorder = quote.recorder(quote.at()).unwrap();
    for _ in 0..=dice.below(12) {
        let distance = Millimetres::from_metres(i64::from(dice.short() % 3_000));
        let duration = Millis::from_secs(30 + i64::from(dice.short() % 600));
        recorder.drive(distance, duration).unwrap();
    }
    recorder.wait(Millis::from_secs(i64::from(dice.small()))).unwrap();
    let reading = recorder.finish().unwrap();
    match dice.below(3) {
        0 => reading.with_deviation(DeviationReason::Toll),
        1 => reading.with_deviation(DeviationReason::DriverDetour),
        _ => reading,
    }
}

pub(crate) fn receipt(dice: &mut Dice) -> Receipt {
    let quote = quote(dice);
    match dice.below(4) {
        0 => quote.settle_as_quoted(),
        1 => {
            let stage = match dice.below(4) {
                0 => CancellationStage::Searching,
                1 => CancellationStage::Assigned {
                    elapsed: Millis::from_secs(dice.short().into()),
                },
                2 => CancellationStage::Arrived {
                    waited: Millis::from_secs(dice.short().into()),
                },
                _ => CancellationStage::NoShow {
                    waited: Millis::from_secs(dice.short().into()),
                },
            };
            let fault = dice.one_of(&[Fault::Rider, Fault::Driver, Fault::Platform]);
            quote.cancel(&Cancellation::new(stage, fault))
        }
        _ => quote.settle(&reading(dice, &quote)),
    }
    .unwrap()
}

fn policy(dice: &mut Dice) -> TripPolicy {
    let mut budget = || Millis::new(1 + i64::try_from(dice.below(604_800_000)).unwrap());
    TripPolicy {
        search_budget: budget(),
        authorization_budget: budget(),
        action_budget: budget(),
        arrival_budget: budget(),
        no_show_grace: budget(),
        no_show_report: budget(),
        ride_budget: budget(),
        reassignments_max: dice.small() % 8,
        start_codes_max: 1 + dice.small() % 20,
    }
}

pub(crate) fn request_of(dice: &mut Dice, rider: PrincipalId) -> TripRequest {
    let accepted_at = dice.today();
    let order = Order {
        trip: dice.trip(),
        rider,
        region: dice.slug(),
        accepted_at,
        quote: Arc::new(quote(dice)),
        quote_fingerprint: dice.print(),
        plan: dice.plan(),
        payment: match dice.below(3) {
            0 => PaymentMethod::Cash,
            1 => PaymentMethod::Account,
            _ => PaymentMethod::Hold {
                method: PaymentMethodId(dice.number()),
            },
        },
        product: dice.slug(),
    };
    let mut request = TripRequest::new(order).unwrap();
    if dice.flag() {
        let expires_at = accepted_at.plus(Millis::new(1 + i64::from(dice.word())));
        request = request.with_expiry(expires_at).unwrap();
        request = request.with_policy(Arc::new(policy(dice))).unwrap();
        request = request
            .with_party(dice.small().max(1), dice.requirements())
            .unwrap();
        request = request.with_pick_up_at(dice.at());
    }
    request
}

pub(crate) fn request(dice: &mut Dice) -> Arc<TripRequest> {
    let rider = dice.principal();
    Arc::new(request_of(dice, rider))
}

pub(crate) fn change(dice: &mut Dice) -> Arc<PlanChange> {
    Arc::new(PlanChange {
        revision: dice.short(),
        by: dice.actor(),
        plan: dice.plan(),
        quote: Arc::new(quote(dice)),
        quote_fingerprint: Fingerprint::new([dice.small(); 32]),
        request: request(dice),
    })
}
