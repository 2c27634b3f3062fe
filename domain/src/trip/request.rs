//! An order as it was accepted, with everything that later decisions need frozen into it.

use crate::fingerprint::Fingerprint;
use crate::id::{PrincipalId, ProductId, RegionId, TripId};
use crate::place::Place;
use crate::pricing::Quote;
use crate::requirements::Requirements;
use crate::time::Timestamp;
use crate::units::Millis;
use crate::{canonical_enum, canonical_struct};
use std::fmt;
use std::sync::Arc;

/// A place that belongs to a person, and can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalPlace {
    /// Where it is.
    Known(Place),
    /// Forgotten on the person's demand.
    Erased,
}
canonical_enum!(PersonalPlace { 0 = Known(place), 1 = Erased });

impl PersonalPlace {
    /// Where it is, unless forgotten.
    pub const fn known(self) -> Option<Place> {
        match self {
            Self::Known(place) => Some(place),
            Self::Erased => None,
        }
    }
}

/// From where, by which stops, to where; a street hail may not know its destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalPlan {
    /// Where the rider waits.
    pub pick_up: PersonalPlace,
    /// Stops on the way, in order.
    pub stops: Vec<PersonalPlace>,
    /// Where to, if said.
    pub destination: Option<PersonalPlace>,
}
canonical_struct!(PersonalPlan {
    pick_up,
    stops,
    destination
});

/// How a trip is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentMethod {
    /// A hold on a card; the number names the rider's stored method at the gateway.
    Hold {
        /// The stored method.
        method: PaymentMethodId,
    },
    /// In cash, to the driver.
    Cash,
    /// Billed to an account.
    Account,
}
canonical_enum!(PaymentMethod { 0 = Hold { method }, 1 = Cash, 2 = Account });

/// A stored payment method at the gateway. Adapters map it to the gateway's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentMethodId(pub u64);
canonical_struct!(PaymentMethodId(number));

/// Budgets and limits of a trip, frozen at acceptance. There is no deadline across services: each side's budget runs from
/// its own first event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TripPolicy {
    /// How long a round of search may take (default 120 s).
    pub search_budget: Millis,
    /// How long an authorisation may take (default 120 s).
    pub authorization_budget: Millis,
    /// How much longer once the rider must act, for 3-D Secure (default 180 s).
    pub action_budget: Millis,
    /// How often another driver may be sought (default 3, at most 7).
    pub reassignments_max: u8,
    /// How many start codes may be tried (default 5).
    pub start_codes_max: u8,
    /// How long after the confirmation a driver who has not arrived counts as overdue (default 20 min).
    pub arrival_budget: Millis,
    /// How long a driver waits at the pick-up before a no-show (default 5 min).
    pub no_show_grace: Millis,
    /// How much longer the driver alone may report it, before the platform's own timer does (default 1 min).
    pub no_show_report: Millis,
    /// How long a ride may take before it is ended for an operator to look at (default 4 h).
    pub ride_budget: Millis,
}
canonical_struct!(TripPolicy {
    search_budget,
    authorization_budget,
    action_budget,
    reassignments_max,
    start_codes_max,
    arrival_budget,
    no_show_grace,
    no_show_report,
    ride_budget,
});

impl Default for TripPolicy {
    fn default() -> Self {
        Self {
            search_budget: Millis::from_secs(120),
            authorization_budget: Millis::from_secs(120),
            action_budget: Millis::from_secs(180),
            reassignments_max: 3,
            start_codes_max: 5,
            arrival_budget: Millis::from_minutes(20),
            no_show_grace: Millis::from_minutes(5),
            no_show_report: Millis::from_minutes(1),
            ride_budget: Millis::from_minutes(240),
        }
    }
}

/// The default time from acceptance to `expires_at`.
pub const ORDER_LIFETIME_DEFAULT: Millis = Millis::from_minutes(10);
/// The most stops that a plan may have.
pub const PLAN_STOPS_MAX: usize = 8;
/// The longest that any budget may be: a week.
pub const BUDGET_MAX: Millis = Millis::from_minutes(7 * 24 * 60);

/// Why an order cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// `expires_at` is not after `accepted_at`.
    ExpiresBeforeAccepted,
    /// More than [`PLAN_STOPS_MAX`] stops.
    TooManyStops,
    /// A budget of the policy is not above zero, or above [`BUDGET_MAX`], or a count is out of bounds.
    PolicyOutOfRange,
    /// Nobody travels.
    EmptyParty,
}

impl RequestError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ExpiresBeforeAccepted => "request_expires_before_accepted",
            Self::TooManyStops => "request_too_many_stops",
            Self::PolicyOutOfRange => "request_policy_out_of_range",
            Self::EmptyParty => "request_empty_party",
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiresBeforeAccepted => f.write_str("failed to order: expires_at must come after the acceptance"),
            Self::TooManyStops => write!(f, "failed to order: a plan has at most {PLAN_STOPS_MAX} stops"),
            Self::PolicyOutOfRange => f.write_str(
                "failed to order: budgets must lie between 1 ms and a week, reassignments within 0..=7, start codes within 1..=20",
            ),
            Self::EmptyParty => f.write_str("failed to order: at least one person must travel"),
        }
    }
}

impl std::error::Error for RequestError {}

/// An order as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TripRequest {
    trip: TripId,
    rider: PrincipalId,
    region: RegionId,
    accepted_at: Timestamp,
    expires_at: Timestamp,
    quote: Arc<Quote>,
    quote_fingerprint: Fingerprint,
    product: ProductId,
    requirements: Requirements,
    party_size: u8,
    plan: PersonalPlan,
    payment: PaymentMethod,
    pick_up_at: Option<Timestamp>,
    policy: Arc<TripPolicy>,
}
canonical_struct!(TripRequest {
    trip,
    rider,
    region,
    accepted_at,
    expires_at,
    quote,
    quote_fingerprint,
    product,
    requirements,
    party_size,
    plan,
    payment,
    pick_up_at,
    policy,
});

/// What an order must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The trip's id: its quote's id.
    pub trip: TripId,
    /// Who travels and pays.
    pub rider: PrincipalId,
    /// The region of the pick-up.
    pub region: RegionId,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The price.
    pub quote: Arc<Quote>,
    /// The price's fingerprint: it tells which price was accepted. That it was given for this trip is for its ticket to prove,
    /// before the order is taken.
    pub quote_fingerprint: Fingerprint,
    /// From where to where.
    pub plan: PersonalPlan,
    /// How it is paid.
    pub payment: PaymentMethod,
    /// The product asked for.
    pub product: ProductId,
}

impl TripRequest {
    /// An order for one person without special needs, open for [`ORDER_LIFETIME_DEFAULT`], under the default policy.
    ///
    /// # Errors
    ///
    /// `RequestError::TooManyStops` for more than [`PLAN_STOPS_MAX`].
    pub fn new(order: Order) -> Result<Self, RequestError> {
        let Order {
            trip,
            rider,
            region,
            accepted_at,
            quote,
            quote_fingerprint,
            plan,
            payment,
            product,
        } = order;
        if plan.stops.len() > PLAN_STOPS_MAX {
            return Err(RequestError::TooManyStops);
        }
        Ok(Self {
            trip,
            rider,
            region,
            accepted_at,
            expires_at: accepted_at.plus(ORDER_LIFETIME_DEFAULT),
            quote,
            quote_fingerprint,
            product,
            requirements: Requirements::ONE_SEAT,
            party_size: 1,
            plan,
            payment,
            pick_up_at: None,
            policy: Arc::default(),
        })
    }

    /// Open until `expires_at`.
    ///
    /// # Errors
    ///
    /// `RequestError::ExpiresBeforeAccepted` where that is not after it was accepted.
    pub fn with_expiry(mut self, expires_at: Timestamp) -> Result<Self, RequestError> {
        if expires_at <= self.accepted_at {
            return Err(RequestError::ExpiresBeforeAccepted);
        }
        self.expires_at = expires_at;
        Ok(self)
    }

    /// For a party of `party_size` with these needs.
    ///
    /// # Errors
    ///
    /// `RequestError::EmptyParty` for nobody.
    pub fn with_party(mut self, party_size: u8, requirements: Requirements) -> Result<Self, RequestError> {
        if party_size == 0 {
            return Err(RequestError::EmptyParty);
        }
        self.party_size = party_size;
        self.requirements = requirements;
        Ok(self)
    }

    /// Under this policy.
    ///
    /// # Errors
    ///
    /// `RequestError::PolicyOutOfRange` where a budget is not above zero and at most [`BUDGET_MAX`], there are more than
    /// 7 reassignments, or not 1 to 20 start codes.
    pub fn with_policy(mut self, policy: Arc<TripPolicy>) -> Result<Self, RequestError> {
        let budgets = [
            policy.search_budget,
            policy.authorization_budget,
            policy.action_budget,
            policy.arrival_budget,
            policy.no_show_grace,
            policy.no_show_report,
            policy.ride_budget,
        ];
        let budgets_fit = budgets
            .iter()
            .all(|budget| (Millis::new(1)..=BUDGET_MAX).contains(budget));
        if !budgets_fit || policy.reassignments_max > 7 || !(1..=20).contains(&policy.start_codes_max) {
            return Err(RequestError::PolicyOutOfRange);
        }
        self.policy = policy;
        Ok(self)
    }

    /// To be picked up at a time to come (stored; matching ahead of time is not part of this release).
    #[must_use]
    pub fn with_pick_up_at(mut self, pick_up_at: Timestamp) -> Self {
        self.pick_up_at = Some(pick_up_at);
        self
    }

    /// The trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// Who travels and pays.
    pub const fn rider(&self) -> PrincipalId {
        self.rider
    }

    /// The region of the pick-up.
    pub const fn region(&self) -> RegionId {
        self.region
    }

    /// When it was accepted.
    pub const fn accepted_at(&self) -> Timestamp {
        self.accepted_at
    }

    /// When it lapses if it is not confirmed.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The price.
    pub const fn quote(&self) -> &Arc<Quote> {
        &self.quote
    }

    /// The price's fingerprint.
    pub const fn quote_fingerprint(&self) -> &Fingerprint {
        &self.quote_fingerprint
    }

    /// The product asked for.
    pub const fn product(&self) -> ProductId {
        self.product
    }

    /// What driver and vehicle must be able to serve.
    pub const fn requirements(&self) -> Requirements {
        self.requirements
    }

    /// How many travel.
    pub const fn party_size(&self) -> u8 {
        self.party_size
    }

    /// From where to where.
    pub const fn plan(&self) -> &PersonalPlan {
        &self.plan
    }

    /// Whether the price is for so many people and stops as were ordered. That it is for these places, the desk that gave it
    /// answers for: a quote holds none.
    pub fn is_as_quoted(&self) -> bool {
        self.quote.is_for_party(self.party_size) && self.quote.is_for_stops(self.plan.stops.len())
    }

    /// How it is paid.
    pub const fn payment(&self) -> PaymentMethod {
        self.payment
    }

    /// When to be picked up, where not at once.
    pub const fn pick_up_at(&self) -> Option<Timestamp> {
        self.pick_up_at
    }

    /// Its budgets and limits.
    pub const fn policy(&self) -> &Arc<TripPolicy> {
        &self.policy
    }
}
