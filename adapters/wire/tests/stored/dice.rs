//! Values drawn from a seed: with proptest's seeds every run draws others, and a failure names the seed.

use fiacre_domain::driver::Fence;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, IntentId, PrincipalId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{Charge, Correction, Purpose};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::{Capabilities, Feature, Requirements};
use fiacre_domain::spread::{GOLDEN_GAMMA, spread};
use fiacre_domain::stream::{
    Cause, ChargeNumber, EventId, StreamId, TimerId, TimerKind, TraceContext, Version,
};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    Actor, AuthorizationNumber, DeviceFact, MoneyOutcome, PersonalPlace, PersonalPlan, Secured,
};
use std::sync::Arc;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        spread(self.0)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    /// A number of any size: small ones as often as large ones.
    pub(crate) fn number(&mut self) -> u64 {
        let width = self.below(64);
        self.bits() >> width
    }

    pub(crate) fn signed(&mut self) -> i64 {
        self.number().cast_signed()
    }

    pub(crate) fn small(&mut self) -> u8 {
        self.number().to_be_bytes()[7]
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.small(), self.small()])
    }

    pub(crate) fn word(&mut self) -> u32 {
        u32::try_from(self.number() >> 32).unwrap()
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| draw(self))
    }

    pub(crate) fn list<T>(&mut self, count_max: u64, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(count_max + 1)).map(|_| draw(self)).collect()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, among: &[T]) -> T {
        among[usize::try_from(self.below(among.len() as u64)).unwrap()]
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    pub(crate) fn trip(&mut self) -> TripId {
        TripId::from_u128(self.wide())
    }

    pub(crate) fn driver(&mut self) -> DriverId {
        DriverId::from_u128(self.wide())
    }

    pub(crate) fn principal(&mut self) -> PrincipalId {
        PrincipalId::from_u128(self.wide())
    }

    pub(crate) fn intent(&mut self) -> IntentId {
        IntentId::from_u128(self.wide())
    }

    /// A name of 1 to 15 letters.
    pub(crate) fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789-_.";
        let length = 1 + self.below(15);
        let name: String = (0..length).map(|_| char::from(self.one_of(letters))).collect();
        name.parse().unwrap()
    }

    pub(crate) fn text(&mut self) -> String {
        let length = 1 + self.below(60);
        (0..length)
            .map(|_| self.one_of(&['a', 'é', '"', '\\', ' ', '🚕']))
            .collect()
    }

    pub(crate) fn print(&mut self) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes.fill_with(|| self.small());
        Fingerprint::new(bytes)
    }

    pub(crate) fn at(&mut self) -> Timestamp {
        Timestamp::from_ms(self.signed())
    }

    /// A time of this century.
    pub(crate) fn today(&mut self) -> Timestamp {
        Timestamp::from_ms(1_530_446_400_000 + i64::try_from(self.below(1 << 40)).unwrap())
    }

    pub(crate) fn currency(&mut self) -> Currency {
        self.one_of(&[Currency::USD, Currency::JPY, Currency::KWD, Currency::EUR])
    }

    pub(crate) fn money(&mut self) -> Money {
        Money::new(self.signed(), self.currency())
    }

    pub(crate) fn fence(&mut self) -> Fence {
        Fence {
            epoch: self.word(),
            count: self.word(),
        }
    }

    pub(crate) fn charge(&mut self) -> Charge {
        Charge {
            number: ChargeNumber(self.short()),
            purpose: self.one_of(&[Purpose::Fare, Purpose::Tip, Purpose::Debt, Purpose::Correction]),
        }
    }

    pub(crate) fn correction(&mut self) -> Correction {
        Correction {
            revision: self.short(),
            due: self.money(),
            further: ChargeNumber(self.short()),
        }
    }

    pub(crate) fn authorization(&mut self) -> AuthorizationNumber {
        AuthorizationNumber(self.small())
    }

    pub(crate) fn secured(&mut self) -> Secured {
        match self.maybe(Self::authorization) {
            Some(number) => Secured::Authorized(number),
            None => Secured::Waived,
        }
    }

    pub(crate) fn device(&mut self) -> DeviceFact {
        DeviceFact {
            occurred_at: self.at(),
            sequence: self.word(),
        }
    }

    pub(crate) fn actor(&mut self) -> Actor {
        match self.below(4) {
            0 => Actor::Rider(self.principal()),
            1 => Actor::Driver(self.driver()),
            2 => Actor::Operator(self.principal()),
            _ => Actor::Timer,
        }
    }

    pub(crate) fn outcome(&mut self) -> MoneyOutcome {
        MoneyOutcome {
            currency: self.maybe(Self::currency),
            captured_minor: self.signed(),
            debt_minor: self.signed(),
            cash_minor: self.signed(),
        }
    }

    fn features<T>(&mut self, none: T, with: impl Fn(T, Feature) -> T) -> T {
        Feature::ALL.into_iter().filter(|_| self.flag()).fold(none, with)
    }

    pub(crate) fn requirements(&mut self) -> Requirements {
        let seats = Requirements::new(self.small().max(1)).unwrap();
        self.features(seats, Requirements::with)
    }

    pub(crate) fn capabilities(&mut self) -> Capabilities {
        let seats = Capabilities::new(self.small()).unwrap_or(Capabilities::UNKNOWN);
        self.features(seats, Capabilities::with)
    }

    fn place(&mut self) -> PersonalPlace {
        let latitude = i32::try_from(self.below(1_800_000_000)).unwrap() - 900_000_000;
        let longitude = i32::try_from(self.below(2_100_000_000)).unwrap() - 1_050_000_000;
        match self.below(8) {
            0 => PersonalPlace::Erased,
            _ => PersonalPlace::Known(Place::from_e7(latitude, longitude).unwrap()),
        }
    }

    pub(crate) fn plan(&mut self) -> PersonalPlan {
        PersonalPlan {
            pick_up: self.place(),
            stops: self.list(8, Self::place),
            destination: self.maybe(Self::place),
        }
    }

    pub(crate) fn stream(&mut self) -> StreamId {
        match self.below(6) {
            0 => StreamId::Trip(self.trip()),
            1 => StreamId::Dispatch(self.trip()),
            2 => StreamId::Driver(self.driver()),
            3 => StreamId::Payment(self.trip(), ChargeNumber(self.short())),
            4 => StreamId::Ops(self.slug()),
            _ => StreamId::Tariff(self.slug()),
        }
    }

    pub(crate) fn version(&mut self) -> Version {
        Version::new(self.word())
    }

    fn timer(&mut self) -> TimerKind {
        match self.below(9) {
            0 => TimerKind::OrderExpires,
            1 => TimerKind::SearchBudget(self.small()),
            2 => TimerKind::OfferExpires(self.short()),
            3 => TimerKind::AuthorizationBudget(self.small()),
            4 => TimerKind::ArrivalOverdue(self.small()),
            5 => TimerKind::NoShow(self.small()),
            6 => TimerKind::TripOverdue,
            7 => TimerKind::LockReview(self.short()),
            _ => TimerKind::HoldExpires(self.small()),
        }
    }

    /// A cause of a commit of `stream`; often on a stream of the same trip.
    pub(crate) fn cause(&mut self, stream: StreamId) -> Cause {
        let beside = match (stream.trip(), self.below(4)) {
            (Some(trip), 0) => StreamId::Trip(trip),
            (Some(trip), 1) => StreamId::Dispatch(trip),
            (Some(trip), 2) => StreamId::Payment(trip, ChargeNumber(self.short())),
            (Some(_) | None, _) => self.stream(),
        };
        match self.below(4) {
            0 => Cause::Event(EventId::new(beside, self.version(), self.short())),
            1 => Cause::Command(CommandId::from_u128(self.wide())),
            2 => Cause::Timer(TimerId {
                stream: beside,
                version: self.version(),
                kind: self.timer(),
            }),
            _ => Cause::Webhook(WebhookId::from_u128(self.wide())),
        }
    }

    pub(crate) fn trace(&mut self) -> Arc<TraceContext> {
        let (mut trace_id, mut span_id) = ([0; 16], [0; 8]);
        trace_id.fill_with(|| self.small());
        span_id.fill_with(|| self.small());
        Arc::new(TraceContext {
            trace_id,
            span_id,
            flags: self.small(),
        })
    }
}
