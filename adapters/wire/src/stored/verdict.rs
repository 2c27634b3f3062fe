//! Why an offer was made, and to whom none was.

use super::dto::{Dto, stored_enum, stored_struct};
use super::error::StoredError;
use super::personal::{Reading, Writing};
use crate::text::Text;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{Outcome, Terms, Verdict, VerdictCounts, Verdicts};
use serde::{Deserialize, Serialize};

stored_struct!(
    #[expect(clippy::struct_field_names, reason = "every term has the same unit")]
    TermsDto = Terms {
        travel_ms: i32,
        waiting_ms: i32,
        idle_ms: i32,
        acceptance_ms: i32,
        heading_ms: i32,
    }
);

stored_enum!(OutcomeDto = Outcome {
    Chosen { terms: TermsDto },
    Lost { terms: TermsDto, to: Text<TripId>, by_ms: i64 },
    Dearer { terms: TermsDto, by_ms: i64 },
    Busy,
    StaleLocation { age_ms: i64 },
    WrongCapability,
    Declined,
    TooFar { travel_ms: i64 },
});

stored_struct!(
    VerdictCountsDto = VerdictCounts {
        chosen: u32,
        lost: u32,
        dearer: u32,
        busy: u32,
        stale_location: u32,
        wrong_capability: u32,
        declined: u32,
        too_far: u32,
    }
);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictDto {
    driver: Text<DriverId>,
    outcome: OutcomeDto,
}

/// The verdicts that are listed, and the counts of the rest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictsDto {
    listed: Vec<VerdictDto>,
    rest: VerdictCountsDto,
}

impl Dto<Verdicts> for VerdictsDto {
    fn of(value: &Verdicts, writing: &mut Writing<'_>) -> Self {
        let verdict = |verdict: &Verdict| VerdictDto {
            driver: Text::new(verdict.driver()),
            outcome: Dto::of(&verdict.outcome(), writing),
        };
        Self {
            listed: value.listed().iter().map(verdict).collect(),
            rest: Dto::of(&value.rest(), writing),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<Verdicts, StoredError> {
        let Self { listed, rest } = self;
        if listed.len() > Verdicts::LISTED_MAX {
            return Err(StoredError::damaged(
                "more verdicts are listed than an offer carries",
            ));
        }
        let verdict = |VerdictDto { driver, outcome }| {
            Ok(Verdict::new(
                driver.take("driver")?,
                outcome.into_domain(reading)?,
            ))
        };
        let listed: Result<Vec<_>, StoredError> = listed.into_iter().map(verdict).collect();
        Ok(Verdicts::with_rest(listed?, rest.into_domain(reading)?))
    }
}
