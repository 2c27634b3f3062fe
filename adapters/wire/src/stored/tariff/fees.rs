//! What is settled, charged for a cancellation and paid to drivers, from its shape.

use super::build::{name, refused, value};
use super::{FeeRuleDto, PayDto, PayRuleDto, RateCardDto, SettlementDto};
use crate::stored::error::StoredError;
use fiacre_domain::pricing::{
    CancellationMatrix, CancellationStageKind, Fault, FeeRule, PayPolicy, RateCard, SettlementPolicy,
};
use fiacre_domain::units::{BasisPoints, Millis};

impl SettlementDto {
    pub(super) fn build(self) -> Result<SettlementPolicy, StoredError> {
        let bps = BasisPoints::new;
        SettlementPolicy::new(
            bps(self.up_bps),
            bps(self.down_bps),
            bps(self.cap_bps),
            self.cap_fixed_minor,
        )
        .map_err(refused)
    }
}

impl FeeRuleDto {
    pub(super) fn build(self) -> Result<FeeRule, StoredError> {
        let Self {
            fixed_minor,
            share_bps,
            of,
            cap_minor,
            free_for_ms,
            rounding,
            driver_share_bps,
            payer,
        } = self;
        let of = name(of)?;
        let rule = FeeRule::new(fixed_minor)
            .and_then(|rule| rule.with_share(BasisPoints::new(share_bps), of))
            .and_then(|rule| rule.with_driver_share(BasisPoints::new(driver_share_bps)))
            .and_then(|rule| match cap_minor {
                Some(cap_minor) => rule.with_cap(cap_minor),
                None => Ok(rule),
            })
            .and_then(|rule| match free_for_ms {
                Some(free_for_ms) => rule.with_free_for(Millis::new(free_for_ms)),
                None => Ok(rule),
            })
            .map_err(refused)?;
        Ok(rule.with_rounding(rounding.build()?).paid_by(name(payer)?))
    }
}

pub(super) fn matrix(cells: [Option<FeeRuleDto>; 12]) -> Result<CancellationMatrix, StoredError> {
    use CancellationStageKind as Kind;
    let stages = [Kind::Searching, Kind::Assigned, Kind::Arrived, Kind::NoShow];
    let faults = [Fault::Rider, Fault::Driver, Fault::Platform];
    let places = stages
        .into_iter()
        .flat_map(|stage| faults.map(|fault| (stage, fault)));
    let mut matrix = CancellationMatrix::FREE;
    for ((stage, fault), cell) in places.zip(cells) {
        if let Some(rule) = cell {
            matrix = matrix.with(stage, fault, rule.build()?);
        }
    }
    Ok(matrix)
}

impl RateCardDto {
    pub(super) fn build(self) -> Result<RateCard, StoredError> {
        let Self {
            base_minor,
            distance_price,
            distance_unit_mm,
            time_price,
            time_unit_ms,
        } = self;
        let (distance_price, distance_unit_mm) = (value(distance_price)?, value(distance_unit_mm)?);
        let (time_price, time_unit_ms) = (value(time_price)?, value(time_unit_ms)?);
        RateCard::new(base_minor)
            .and_then(|card| card.with_distance(distance_price, distance_unit_mm))
            .and_then(|card| card.with_time(time_price, time_unit_ms))
            .map_err(refused)
    }
}

impl PayDto {
    pub(super) fn build(self) -> Result<PayPolicy, StoredError> {
        let Self {
            version,
            rule,
            floor,
            rounding,
        } = self;
        let policy = match rule {
            PayRuleDto::CommissionBps(share) => {
                PayPolicy::commission(version, BasisPoints::new(share)).map_err(refused)?
            }
            PayRuleDto::RateCard(card) => PayPolicy::rate_card(version, card.build()?),
        };
        let policy = policy.with_rounding(rounding.build()?);
        Ok(match floor {
            Some(floor) => policy.with_floor(floor.build()?),
            None => policy,
        })
    }
}
