//! Quotes as JSON.

use crate::error::WireError;
use crate::receipt::Versioned;
use crate::ride::{RideDto, SurgeDto};
use crate::text::Text;
use crate::{JSON_VERSION, json};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TariffId;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{Quote, QuoteParts, Tariff, TariffEdition};
use fiacre_domain::time::CivilDateTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuoteDto {
    version: u32,
    tariff: Text<TariffId>,
    tariff_version: u32,
    tariff_fingerprint: Text<Fingerprint>,
    currency: Text<Currency>,
    at: Text<CivilDateTime>,
    ride: RideDto,
    surge: SurgeDto,
    total: i64,
    hold: i64,
    driver_pay: i64,
}

/// A quote as JSON, indented, with a line break at its end.
///
/// # Errors
/// [`WireError::Unwritable`], for nothing that the domain can make.
pub fn quote_to_json(quote: &Quote) -> Result<String, WireError> {
    let mut text = serde_json::to_string_pretty(&QuoteDto::of(quote))?;
    text.push('\n');
    Ok(text)
}

/// A quote from JSON, with its tariff: whoever sent it may have made it up, so its amounts must be what the tariff
/// makes of its ride today.
///
/// # Errors
/// Every [`WireError`]: the place of what is wrong, another tariff or another content of it, amounts that do not follow.
pub fn quote_from_json(text: &str, tariff: &Arc<Tariff>) -> Result<Quote, WireError> {
    Versioned::check(text)?;
    let quote = json::read::<QuoteDto>(text)?.into_domain()?;
    let quote = quote.with_tariff(Arc::clone(tariff))?;
    if quote.is_recomputable()? {
        Ok(quote)
    } else {
        Err(WireError::QuoteDiffers)
    }
}

impl QuoteDto {
    pub(crate) fn of(quote: &Quote) -> Self {
        let QuoteParts {
            tariff,
            currency,
            ride,
            at,
            surge,
            total_minor,
            hold_minor,
            driver_pay_minor,
        } = quote.parts();
        Self {
            version: JSON_VERSION,
            tariff: Text::new(tariff.tariff()),
            tariff_version: tariff.version(),
            tariff_fingerprint: Text::new(tariff.fingerprint()),
            currency: Text::new(currency),
            at: Text::new(at),
            ride: RideDto::of(&ride),
            surge: SurgeDto::of(&surge),
            total: total_minor,
            hold: hold_minor,
            driver_pay: driver_pay_minor,
        }
    }

    /// The quote, without its tariff: what was promised stands.
    pub(crate) fn into_domain(self) -> Result<Quote, WireError> {
        let Self {
            version,
            tariff,
            tariff_version,
            tariff_fingerprint,
            currency,
            at,
            ride,
            surge,
            total,
            hold,
            driver_pay,
        } = self;
        Versioned::is_known(version)?;
        let fingerprint = tariff_fingerprint.take("tariff_fingerprint")?;
        Ok(Quote::from_parts(QuoteParts {
            tariff: TariffEdition::new(tariff.take("tariff")?, tariff_version, fingerprint),
            currency: currency.take("currency")?,
            ride: ride.into_domain().map_err(|error| error.within("ride"))?,
            at: at.take("at")?,
            surge: surge.into_domain().map_err(|error| error.within("surge"))?,
            total_minor: total,
            hold_minor: hold,
            driver_pay_minor: driver_pay,
        })?)
    }
}
