//! Proof that a batch is optimal, which anyone can check who knows the requests, the drivers and the policy.
//!
//! Nothing here is shared with the index of drivers, the search for candidates or the solver: who may have whom, and for how
//! much, is written down a second time in [`pairings`], as a definition to be read rather than to be fast.

mod pairings;

use super::{Market, Policy, Request, RouteEstimate, Supply};
use crate::id::{DriverId, TripId};
use crate::time::Timestamp;
use pairings::Pairings;
use std::collections::BTreeMap;
use std::fmt;

/// Who got whom, and the dual prices: what each trip and each driver is worth to the batch, in milliseconds.
///
/// With prices such that no pairing costs less than its trip's and its driver's price together, no trip's price is above the
/// unassigned cost and no driver's is above zero, no assignment can cost less than all prices together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    now: Timestamp,
    trips: BTreeMap<TripId, (Option<DriverId>, i64)>,
    drivers: BTreeMap<DriverId, i64>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFlaw {
    /// It is about another moment than the one asked for.
    OtherTime,
    /// It says nothing about a trip that was requested.
    TripMissing(TripId),
    /// It is about a trip that nobody requested.
    TripUnknown(TripId),
    /// A trip got a driver who is not among its candidates.
    NoSuchPairing(TripId),
    /// A driver got two trips.
    DriverShared(DriverId),
    /// The supply has a free driver twice: no batch of it can be proven.
    DriverKnownTwice(DriverId),
    /// A trip's price is above the unassigned cost, or above what a candidate costs less that driver's price.
    TripPriceTooHigh(TripId),
    /// A driver's price is above zero.
    DriverPriceAboveZero(DriverId),
    /// The assignment costs more than the prices add up to.
    Gap {
        /// What the assignment costs, in milliseconds.
        cost_ms: i128,
        /// What the prices prove as a lower bound, in milliseconds.
        bound_ms: i128,
    },
}

impl CertificateFlaw {
    /// The stable code of this flaw.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherTime => "certificate_other_time",
            Self::TripMissing(_) => "certificate_trip_missing",
            Self::TripUnknown(_) => "certificate_trip_unknown",
            Self::NoSuchPairing(_) => "certificate_no_such_pairing",
            Self::DriverShared(_) => "certificate_driver_shared",
            Self::DriverKnownTwice(_) => "certificate_driver_known_twice",
            Self::TripPriceTooHigh(_) => "certificate_trip_price_too_high",
            Self::DriverPriceAboveZero(_) => "certificate_driver_price_above_zero",
            Self::Gap { .. } => "certificate_gap",
        }
    }
}

impl fmt::Display for CertificateFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to prove the batch optimal: ")?;
        match self {
            Self::OtherTime => f.write_str("it was decided at another time"),
            Self::TripMissing(trip) => write!(f, "it says nothing about trip {trip}"),
            Self::TripUnknown(trip) => write!(f, "nobody requested trip {trip}"),
            Self::NoSuchPairing(trip) => write!(f, "the driver of trip {trip} is not among its candidates"),
            Self::DriverShared(driver) => write!(f, "driver {driver} got two trips"),
            Self::DriverKnownTwice(driver) => write!(f, "driver {driver} is in the supply twice"),
            Self::TripPriceTooHigh(trip) => write!(f, "the price of trip {trip} is above what it could pay"),
            Self::DriverPriceAboveZero(driver) => write!(f, "the price of driver {driver} is above zero"),
            Self::Gap { cost_ms, bound_ms } => {
                write!(f, "it costs {cost_ms} ms, the prices prove only {bound_ms} ms")
            }
        }
    }
}

impl std::error::Error for CertificateFlaw {}

impl Certificate {
    /// From elsewhere, to be verified: each trip with its driver and price, each driver with their price. A driver without a
    /// price has the price zero.
    pub fn new(
        now: Timestamp,
        trips: impl IntoIterator<Item = (TripId, Option<DriverId>, i64)>,
        drivers: impl IntoIterator<Item = (DriverId, i64)>,
    ) -> Self {
        Self {
            now,
            trips: trips
                .into_iter()
                .map(|(trip, driver, price)| (trip, (driver, price)))
                .collect(),
            drivers: drivers.into_iter().collect(),
        }
    }

    /// The moment that the batch was decided at.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Each trip with its driver and price, by trip.
    pub fn trips(&self) -> impl Iterator<Item = (TripId, Option<DriverId>, i64)> {
        self.trips
            .iter()
            .map(|(trip, (driver, price))| (*trip, *driver, *price))
    }

    /// Each driver with their price, by driver.
    pub fn drivers(&self) -> impl Iterator<Item = (DriverId, i64)> {
        self.drivers.iter().map(|(driver, price)| (*driver, *price))
    }

    /// Proves that no assignment of `requests` costs less than this one, and gives what it costs in milliseconds. The
    /// supply must be as it was when the batch was decided. Goes through all free drivers for each request, past every index,
    /// so that it takes time in proportion to requests × free drivers: a millisecond or so for a hundred requests among a
    /// thousand.
    ///
    /// # Errors
    ///
    /// The first [`CertificateFlaw`] that is found: the certificate is of other requests or another time, names a pairing
    /// that could not be made, or its prices do not prove the optimum; or the supply itself has somebody twice.
    pub fn verify(
        &self,
        requests: &[Request],
        supply: &Supply,
        policy: &Policy,
    ) -> Result<i128, CertificateFlaw> {
        self.verify_in(requests, &Market::new(supply, policy, self.now))
    }

    /// As [`Certificate::verify`], over the market's routes.
    ///
    /// # Errors
    ///
    /// As [`Certificate::verify`]; `CertificateFlaw::OtherTime` where the market is of another time.
    pub fn verify_in<R: RouteEstimate>(
        &self,
        requests: &[Request],
        market: &Market<'_, R>,
    ) -> Result<i128, CertificateFlaw> {
        if market.now() != self.now {
            return Err(CertificateFlaw::OtherTime);
        }
        if let Some((driver, _)) = self.drivers.iter().find(|(_, price)| **price > 0) {
            return Err(CertificateFlaw::DriverPriceAboveZero(*driver));
        }
        let mut requested: BTreeMap<TripId, &Request> = BTreeMap::new();
        for request in requests {
            let known = requested.entry(request.trip()).or_insert(request);
            *known = (*known).min(request);
        }
        if let Some(trip) = self.trips.keys().find(|trip| !requested.contains_key(trip)) {
            return Err(CertificateFlaw::TripUnknown(*trip));
        }
        let pairings = Pairings::new(market)?;
        let mut served = BTreeMap::new();
        let (mut cost_ms, mut bound_ms) = (0, self.drivers.values().copied().map(i128::from).sum());
        for (trip, request) in requested {
            let (driver, price) = self.trips.get(&trip).ok_or(CertificateFlaw::TripMissing(trip))?;
            if let Some(driver) = driver
                && served.insert(*driver, trip).is_some()
            {
                return Err(CertificateFlaw::DriverShared(*driver));
            }
            cost_ms += self.check_trip(request, *driver, *price, &pairings)?;
            bound_ms += i128::from(*price);
        }
        if cost_ms == bound_ms {
            Ok(cost_ms)
        } else {
            Err(CertificateFlaw::Gap { cost_ms, bound_ms })
        }
    }

    /// Checks one trip's price against all its pairings, and gives what its own costs.
    fn check_trip<R: RouteEstimate>(
        &self,
        request: &Request,
        driver: Option<DriverId>,
        price: i64,
        pairings: &Pairings<'_, R>,
    ) -> Result<i128, CertificateFlaw> {
        let unassigned = i128::from(pairings.unassigned_ms());
        let mut cost = driver.is_none().then_some(unassigned);
        let mut affordable = i128::from(price) <= unassigned;
        for (candidate, candidate_cost) in pairings.of(request) {
            let driver_price = self.drivers.get(&candidate).copied().unwrap_or(0);
            affordable &= i128::from(price) + i128::from(driver_price) <= candidate_cost;
            if Some(candidate) == driver {
                cost = Some(candidate_cost);
            }
        }
        if !affordable {
            return Err(CertificateFlaw::TripPriceTooHigh(request.trip()));
        }
        cost.ok_or(CertificateFlaw::NoSuchPairing(request.trip()))
    }
}

#[cfg(test)]
mod tests;
