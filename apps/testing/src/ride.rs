//! What a rider orders.

use fiacre_domain::id::ExtraId;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::Surge;
use fiacre_domain::requirements::Requirements;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan, TripPolicy};
use fiacre_domain::units::Millis;
use fiacre_sandbox_payments::methods::PM_OK;
use std::sync::Arc;

/// An order: from where to where, for whom, and how it is paid.
///
/// ```
/// use fiacre_testing::{Ride, payments, places};
/// let ride = Ride::new(places::TIMES_SQUARE, places::UNION_SQUARE)
///     .with_rider("ann")
///     .paid_with(payments::PM_3DS);
/// # let _ = ride;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ride {
    pub(crate) rider: String,
    pub(crate) plan: PersonalPlan,
    pub(crate) payment: PaymentMethod,
    pub(crate) party_size: u8,
    pub(crate) requirements: Requirements,
    pub(crate) policy: Arc<TripPolicy>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) extras: Vec<ExtraId>,
    pub(crate) waiting: Millis,
    pub(crate) surge: Surge,
}

impl Ride {
    /// One person, with one seat, from `pick_up` to `destination`; held from a payment method that works.
    pub fn new(pick_up: Place, destination: Place) -> Self {
        Self {
            rider: "rider".to_owned(),
            plan: PersonalPlan {
                pick_up: PersonalPlace::Known(pick_up),
                stops: Vec::new(),
                destination: Some(PersonalPlace::Known(destination)),
            },
            payment: PaymentMethod::Hold { method: PM_OK },
            party_size: 1,
            requirements: Requirements::ONE_SEAT,
            policy: Arc::default(),
            expires_at: None,
            extras: Vec::new(),
            waiting: Millis::ZERO,
            surge: Surge::NONE,
        }
    }

    /// By the rider of this name; the same name is the same person.
    #[must_use]
    pub fn with_rider(mut self, name: impl Into<String>) -> Self {
        self.rider = name.into();
        self
    }

    /// With one more stop on the way.
    #[must_use]
    pub fn with_stop(mut self, stop: Place) -> Self {
        self.plan.stops.push(PersonalPlace::Known(stop));
        self
    }

    /// Held from this method: one of [`payments`](crate::payments), which follow a script, or any other number, with which the
    /// payment company's policy plays.
    #[must_use]
    pub const fn paid_with(mut self, method: PaymentMethodId) -> Self {
        self.payment = PaymentMethod::Hold { method };
        self
    }

    /// Paid to the driver.
    #[must_use]
    pub const fn paid_in_cash(mut self) -> Self {
        self.payment = PaymentMethod::Cash;
        self
    }

    /// For so many people, who need what `requirements` says.
    #[must_use]
    pub const fn for_party(mut self, party_size: u8, requirements: Requirements) -> Self {
        self.party_size = party_size;
        self.requirements = requirements;
        self
    }

    /// With something that the tariff prices on request.
    #[must_use]
    pub fn with_extra(mut self, extra: ExtraId) -> Self {
        self.extras.push(extra);
        self
    }

    /// With so long a wait at the stops, in all.
    #[must_use]
    pub const fn with_waiting(mut self, waiting: Millis) -> Self {
        self.waiting = waiting;
        self
    }

    /// Priced where so much more is asked than usual.
    #[must_use]
    pub const fn with_surge(mut self, surge: Surge) -> Self {
        self.surge = surge;
        self
    }

    /// With other budgets and limits.
    #[must_use]
    pub fn with_policy(mut self, policy: TripPolicy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Lapses at this time if it is not confirmed; the default is ten minutes after it was ordered.
    #[must_use]
    pub const fn expiring_at(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }
}
