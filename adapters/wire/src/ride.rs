//! Rides, circumstances and surge as JSON.

use crate::error::WireError;
use crate::present::present;
use crate::text::Text;
use fiacre_domain::id::{AuthorityId, ExtraId, ZoneId};
use fiacre_domain::pricing::{Circumstances, Party, Ride, RidePart, Surge, SurgeInputs, SurgePolicy, Toll};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RideDto {
    distance_mm: i64,
    duration_ms: i64,
    #[serde(deserialize_with = "present")]
    slow_ms: Option<i64>,
    waiting_ms: i64,
    parts: Vec<RidePartDto>,
    circumstances: CircumstancesDto,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RidePartDto {
    zone: Text<ZoneId>,
    distance_mm: i64,
    duration_ms: i64,
}

impl RideDto {
    pub(crate) fn of(ride: &Ride) -> Self {
        let part = |part: &RidePart| RidePartDto {
            zone: Text::new(part.zone()),
            distance_mm: part.distance().get(),
            duration_ms: part.duration().get(),
        };
        Self {
            distance_mm: ride.distance().get(),
            duration_ms: ride.duration().get(),
            slow_ms: ride.slow().map(Millis::get),
            waiting_ms: ride.waiting().get(),
            parts: ride.parts().iter().map(part).collect(),
            circumstances: CircumstancesDto::of(ride.circumstances()),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Ride, WireError> {
        let Self {
            distance_mm,
            duration_ms,
            slow_ms,
            waiting_ms,
            parts,
            circumstances,
        } = self;
        let mut ride = Ride::new(Millimetres::new(distance_mm), Millis::new(duration_ms))
            .with_waiting(Millis::new(waiting_ms))
            .with_circumstances(
                circumstances
                    .into_domain()
                    .map_err(|error| error.within("circumstances"))?,
            );
        if let Some(slow_ms) = slow_ms {
            ride = ride.with_slow(Millis::new(slow_ms));
        }
        for RidePartDto {
            zone,
            distance_mm,
            duration_ms,
        } in parts
        {
            let zone = zone.take("parts")?;
            ride = ride.with_part(RidePart::new(
                zone,
                Millimetres::new(distance_mm),
                Millis::new(duration_ms),
            ));
        }
        Ok(ride)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CircumstancesDto {
    #[serde(deserialize_with = "present")]
    start: Option<Text<ZoneId>>,
    #[serde(deserialize_with = "present")]
    first_stop: Option<Text<ZoneId>>,
    #[serde(deserialize_with = "present")]
    end: Option<Text<ZoneId>>,
    stops: u16,
    holiday: bool,
    ages: Vec<u8>,
    via: Vec<Text<ZoneId>>,
    extras: Vec<Text<ExtraId>>,
    tolls: Vec<TollDto>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TollDto {
    authority: Text<AuthorityId>,
    amount: i64,
}

impl CircumstancesDto {
    pub(crate) fn of(circumstances: &Circumstances) -> Self {
        let toll = |toll: &Toll| TollDto {
            authority: Text::new(toll.authority()),
            amount: toll.amount_minor(),
        };
        Self {
            start: circumstances.start().map(Text::new),
            first_stop: circumstances.first_stop().map(Text::new),
            end: circumstances.end().map(Text::new),
            stops: circumstances.stops(),
            holiday: circumstances.is_holiday(),
            ages: circumstances.party().ages().to_vec(),
            via: circumstances.via().iter().copied().map(Text::new).collect(),
            extras: circumstances.extras().iter().copied().map(Text::new).collect(),
            tolls: circumstances.tolls().iter().map(toll).collect(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Circumstances, WireError> {
        let Self {
            start,
            first_stop,
            end,
            stops,
            holiday,
            ages,
            via,
            extras,
            tolls,
        } = self;
        let party = ages
            .into_iter()
            .try_fold(Party::adults(0)?, Party::with_age)
            .map_err(|error| WireError::refused("ages", error))?;
        let mut circumstances = Circumstances::new().with_stops(stops).with_party(party);
        if let Some(zone) = start {
            circumstances = circumstances.starting_in(zone.take("start")?);
        }
        if let Some(zone) = first_stop {
            circumstances = circumstances.stopping_first_in(zone.take("first_stop")?);
        }
        if let Some(zone) = end {
            circumstances = circumstances.ending_in(zone.take("end")?);
        }
        for zone in via {
            circumstances = circumstances.through(zone.take("via")?);
        }
        for extra in extras {
            circumstances = circumstances.with_extra(extra.take("extras")?);
        }
        for TollDto { authority, amount } in tolls {
            let toll = Toll::new(authority.take("tolls")?, amount)
                .map_err(|error| WireError::refused("tolls", error))?;
            circumstances = circumstances.with_toll(toll);
        }
        Ok(if holiday {
            circumstances.on_holiday()
        } else {
            circumstances
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgeDto {
    factor_bps: i32,
    #[serde(deserialize_with = "present")]
    basis: Option<SurgeBasisDto>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SurgeBasisDto {
    policy_version: u32,
    min_bps: i32,
    max_bps: i32,
    neutral_bps: i32,
    weight_bps: i32,
    step_bps: i32,
    #[serde(deserialize_with = "present")]
    zone: Option<Text<ZoneId>>,
    demand: u32,
    supply: u32,
}

impl SurgeDto {
    pub(crate) fn of(surge: &Surge) -> Self {
        let basis = surge.basis().map(|(policy, inputs)| {
            let SurgeInputs { zone, demand, supply } = inputs;
            SurgeBasisDto {
                policy_version: policy.version(),
                min_bps: policy.min().get(),
                max_bps: policy.max().get(),
                neutral_bps: policy.neutral().get(),
                weight_bps: policy.weight().get(),
                step_bps: policy.step().get(),
                zone: zone.map(Text::new),
                demand: *demand,
                supply: *supply,
            }
        });
        Self {
            factor_bps: surge.factor().get(),
            basis,
        }
    }

    pub(crate) fn into_domain(self) -> Result<Surge, WireError> {
        let Self { factor_bps, basis } = self;
        let basis = basis.map(SurgeBasisDto::into_domain).transpose()?;
        Ok(Surge::from_parts(BasisPoints::new(factor_bps), basis)?)
    }
}

impl SurgeBasisDto {
    fn into_domain(self) -> Result<(SurgePolicy, SurgeInputs), WireError> {
        let Self {
            policy_version,
            min_bps,
            max_bps,
            neutral_bps,
            weight_bps,
            step_bps,
            zone,
            demand,
            supply,
        } = self;
        let bps = BasisPoints::new;
        let policy = SurgePolicy::new(policy_version, bps(min_bps), bps(max_bps))
            .and_then(|policy| policy.with_response(bps(neutral_bps), bps(weight_bps), bps(step_bps)))
            .map_err(WireError::value)?;
        let zone = zone.map(|zone| zone.take("zone")).transpose()?;
        Ok((policy, SurgeInputs { zone, demand, supply }))
    }
}
