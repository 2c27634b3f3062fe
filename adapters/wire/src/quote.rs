//! Quotes as JSON: read with their tariff, and recomputed from it.

use crate::error::WireError;
use crate::receipt::Versioned;
use crate::ride::{RideDto, SurgeDto};
use crate::text::Text;
use crate::{JSON_VERSION, json};
use fiacre_domain::id::TariffId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{Quote, Tariff};
use fiacre_domain::time::CivilDateTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuoteDto {
    version: u32,
    tariff: Text<TariffId>,
    tariff_version: u32,
    currency: Text<Currency>,
    at: Text<CivilDateTime>,
    ride: RideDto,
    surge: SurgeDto,
    total: i64,
    hold: i64,
    driver_pay: i64,
}

/// A quote as JSON, indented, with a line break at its end.
pub fn quote_to_json(quote: &Quote) -> Result<String, WireError> {
    let mut text = serde_json::to_string_pretty(&QuoteDto::of(quote))?;
    text.push('\n');
    Ok(text)
}

/// A quote from JSON, priced again with `tariff`: its amounts must come out the same.
pub fn quote_from_json(text: &str, tariff: &Arc<Tariff>) -> Result<Quote, WireError> {
    Versioned::check(text)?;
    json::read::<QuoteDto>(text)?.into_domain(tariff)
}

impl QuoteDto {
    pub(crate) fn of(quote: &Quote) -> Self {
        let tariff = quote.tariff();
        Self {
            version: JSON_VERSION,
            tariff: Text::new(tariff.id()),
            tariff_version: tariff.version(),
            currency: Text::new(quote.currency()),
            at: Text::new(quote.at()),
            ride: RideDto::of(quote.ride()),
            surge: SurgeDto::of(quote.surge()),
            total: quote.total().minor(),
            hold: quote.hold().minor(),
            driver_pay: quote.driver_pay().minor(),
        }
    }

    /// The name and version of the tariff that it must be priced with.
    pub(crate) fn tariff(&self) -> Result<(TariffId, u32), WireError> {
        Ok((self.tariff.clone().take("tariff")?, self.tariff_version))
    }

    pub(crate) fn into_domain(self, with: &Arc<Tariff>) -> Result<Quote, WireError> {
        let Self {
            version,
            tariff,
            tariff_version,
            currency,
            at,
            ride,
            surge,
            total,
            hold,
            driver_pay,
        } = self;
        Versioned::is_known(version)?;
        let is_same = tariff.value() == Ok(with.id())
            && tariff_version == with.version()
            && currency.value() == Ok(with.currency());
        if !is_same {
            return Err(WireError::OtherTariff);
        }
        let quote = with.quote(
            &ride.into_domain().map_err(|error| error.within("ride"))?,
            at.take("at")?,
            surge.into_domain().map_err(|error| error.within("surge"))?,
        )?;
        if (
            quote.total().minor(),
            quote.hold().minor(),
            quote.driver_pay().minor(),
        ) == (total, hold, driver_pay)
        {
            Ok(quote)
        } else {
            Err(WireError::QuoteDiffers)
        }
    }
}
