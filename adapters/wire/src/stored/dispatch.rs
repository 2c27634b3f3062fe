//! What happens on `dispatch-{trip}`.

use super::driver::ReleaseReasonDto;
use super::dto::{stored_names, stored_struct};
use super::events::stored_events;
use super::personal::PlanDto;
use super::value::{FenceDto, MoneyDto, SeatingDto};
use super::verdict::{TermsDto, VerdictsDto};
use crate::text::Text;
use fiacre_domain::dispatch::{DispatchEvent, Offer, OfferCounts, SearchBrief, WithdrawReason};
use fiacre_domain::id::{DriverId, ProductId, RegionId};

stored_struct!(SearchBriefDto = SearchBrief {
    plan: PlanDto,
    plan_revision: u16,
    requirements: SeatingDto,
    product: Text<ProductId>,
    region: Text<RegionId>,
    #[serde(rename = "requested_at_ms")]
    requested_at: i64,
    driver_pay: MoneyDto,
});

stored_struct!(OfferDto = Offer {
    number: u16,
    driver: Text<DriverId>,
    round: u8,
    wave: u8,
    #[serde(rename = "expires_at_ms")]
    expires_at: i64,
    #[serde(rename = "promised_pick_up_at_ms")]
    promised_pick_up_at: i64,
    driver_pay: MoneyDto,
    plan_revision: u16,
    terms: TermsDto,
    verdicts: VerdictsDto,
});

stored_struct!(
    OfferCountsDto = OfferCounts {
        made: u16,
        declined: u16,
        expired: u16,
        lock_refused: u16
    }
);

stored_names!(
    WithdrawReasonDto = WithdrawReason {
        Taken,
        Cancelled,
        Superseded,
        LockRefused
    }
);

stored_events!(DispatchDto = DispatchEvent {
    "SearchStarted" 1: SearchStarted {
        round: u8,
        #[serde(rename = "budget_ends_at_ms")]
        budget_ends_at: i64,
        brief: Box<SearchBriefDto>,
    },
    "SearchPaused" 1: SearchPaused { round: u8, left_ms: i64 },
    "SearchResumed" 1: SearchResumed {
        round: u8,
        #[serde(rename = "budget_ends_at_ms")]
        budget_ends_at: i64,
    },
    "OfferMade" 1: OfferMade(offer: Box<OfferDto>),
    "OfferAccepted" 1: OfferAccepted { offer: u16, driver: Text<DriverId>, round: u8 },
    "OfferDeclined" 1: OfferDeclined { offer: u16, driver: Text<DriverId> },
    "OfferExpired" 1: OfferExpired { offer: u16, driver: Text<DriverId> },
    "OfferWithdrawn" 1: OfferWithdrawn { offer: u16, driver: Text<DriverId>, reason: WithdrawReasonDto },
    "DriverAssigned" 1: DriverAssigned { round: u8, fence: FenceDto, driver: Text<DriverId> },
    "ReleaseAsked" 1: ReleaseAsked {
        round: u8,
        fence: FenceDto,
        driver: Text<DriverId>,
        reason: ReleaseReasonDto,
    },
    "ReleaseNoted" 1: ReleaseNoted { round: u8, fence: FenceDto },
    "NoDriverFound" 1: NoDriverFound { round: u8, offers: OfferCountsDto },
    "DispatchEnding" 1: DispatchEnding,
    "DispatchClosed" 1: DispatchClosed,
    "SearchChanged" 1: SearchChanged { brief: Box<SearchBriefDto> },
});
