//! Orders, and changes of their plans.

use super::dto::{Dto, stored_enum, stored_struct};
use super::error::StoredError;
use super::personal::{PlanDto, Reading, RiderDto, Writing};
use super::trip::ActorDto;
use super::value::SeatingDto;
use crate::present::present;
use crate::quote::QuoteDto;
use crate::text::Text;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{ProductId, RegionId, TripId};
use fiacre_domain::trip::{Order, PaymentMethod, PlanChange, TripPolicy, TripRequest};
use serde::{Deserialize, Serialize};

stored_enum!(PaymentMethodDto = PaymentMethod {
    Hold { method: u64 },
    Cash,
    Account,
});

stored_struct!(
    TripPolicyDto = TripPolicy {
        #[serde(rename = "search_budget_ms")]
        search_budget: i64,
        #[serde(rename = "authorization_budget_ms")]
        authorization_budget: i64,
        #[serde(rename = "action_budget_ms")]
        action_budget: i64,
        reassignments_max: u8,
        start_codes_max: u8,
        #[serde(rename = "arrival_budget_ms")]
        arrival_budget: i64,
        #[serde(rename = "no_show_grace_ms")]
        no_show_grace: i64,
        #[serde(rename = "no_show_report_ms")]
        no_show_report: i64,
        #[serde(rename = "ride_budget_ms")]
        ride_budget: i64,
    }
);

stored_struct!(PlanChangeDto = PlanChange {
    revision: u16,
    by: ActorDto,
    plan: PlanDto,
    quote: Box<QuoteDto>,
    quote_fingerprint: Text<Fingerprint>,
    request: Box<RequestDto>,
});

/// An order as it was accepted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestDto {
    trip: Text<TripId>,
    rider: RiderDto,
    region: Text<RegionId>,
    accepted_at_ms: i64,
    expires_at_ms: i64,
    quote: Box<QuoteDto>,
    quote_fingerprint: Text<Fingerprint>,
    product: Text<ProductId>,
    requirements: SeatingDto,
    party_size: u8,
    plan: PlanDto,
    payment: PaymentMethodDto,
    #[serde(deserialize_with = "present")]
    pick_up_at_ms: Option<i64>,
    policy: Box<TripPolicyDto>,
}

impl Dto<TripRequest> for RequestDto {
    fn of(value: &TripRequest, writing: &mut Writing<'_>) -> Self {
        Self {
            trip: Text::new(value.trip()),
            rider: Dto::of(&value.rider(), writing),
            region: Text::new(value.region()),
            accepted_at_ms: value.accepted_at().ms(),
            expires_at_ms: value.expires_at().ms(),
            quote: Dto::of(value.quote(), writing),
            quote_fingerprint: Text::new(*value.quote_fingerprint()),
            product: Text::new(value.product()),
            requirements: Dto::of(&value.requirements(), writing),
            party_size: value.party_size(),
            plan: Dto::of(value.plan(), writing),
            payment: Dto::of(&value.payment(), writing),
            pick_up_at_ms: Dto::of(&value.pick_up_at(), writing),
            policy: Dto::of(value.policy(), writing),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<TripRequest, StoredError> {
        let Self {
            trip,
            rider,
            region,
            accepted_at_ms,
            expires_at_ms,
            quote,
            quote_fingerprint,
            product,
            requirements,
            party_size,
            plan,
            payment,
            pick_up_at_ms,
            policy,
        } = self;
        let order = Order {
            trip: trip.take("trip")?,
            rider: rider
                .into_domain(reading)
                .map_err(|error| error.within("rider"))?,
            region: region.take("region")?,
            accepted_at: accepted_at_ms.into_domain(reading)?,
            quote: Dto::into_domain(quote, reading).map_err(|error: StoredError| error.within("quote"))?,
            quote_fingerprint: quote_fingerprint.take("quote_fingerprint")?,
            plan: plan.into_domain(reading).map_err(|error| error.within("plan"))?,
            payment: payment.into_domain(reading)?,
            product: product.take("product")?,
        };
        let expires_at = expires_at_ms.into_domain(reading)?;
        let needs = requirements.into_domain(reading)?;
        let policy = policy.into_domain(reading)?;
        let mut request = TripRequest::new(order)
            .and_then(|request| request.with_party(party_size, needs))
            .and_then(|request| request.with_policy(policy))
            .map_err(StoredError::damaged)?;
        if request.expires_at() != expires_at {
            request = request.with_expiry(expires_at).map_err(StoredError::damaged)?;
        }
        Ok(match pick_up_at_ms {
            Some(at) => request.with_pick_up_at(at.into_domain(reading)?),
            None => request,
        })
    }
}
