//! Quotes as JSON: read with their tariff, and recomputed from it.

use crate::JSON_VERSION;
use crate::civil;
use crate::error::WireError;
use crate::receipt::Versioned;
use crate::ride::{RideJson, SurgeJson};
use fiacre_domain::pricing::{Quote, Tariff};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuoteJson {
    version: u32,
    tariff: String,
    tariff_version: u32,
    currency: String,
    at: String,
    ride: RideJson,
    surge: SurgeJson,
    total: i64,
    hold: i64,
    driver_pay: i64,
}

/// A quote as JSON, indented, with a line break at its end.
pub fn quote_to_json(quote: &Quote) -> Result<String, WireError> {
    let tariff = quote.tariff();
    let json = QuoteJson {
        version: JSON_VERSION,
        tariff: tariff.id().to_string(),
        tariff_version: tariff.version(),
        currency: quote.currency().to_string(),
        at: civil::to_text(quote.at()),
        ride: RideJson::of(quote.ride()),
        surge: SurgeJson::of(quote.surge()),
        total: quote.total().minor(),
        hold: quote.hold().minor(),
        driver_pay: quote.driver_pay().minor(),
    };
    let mut text = serde_json::to_string_pretty(&json)?;
    text.push('\n');
    Ok(text)
}

/// A quote from JSON, priced again with `tariff`: its amounts must come out the same.
pub fn quote_from_json(text: &str, tariff: &Arc<Tariff>) -> Result<Quote, WireError> {
    Versioned::check(text)?;
    // The version was checked before.
    let QuoteJson {
        version: _,
        tariff: id,
        tariff_version,
        currency,
        at,
        ride,
        surge,
        total,
        hold,
        driver_pay,
    } = serde_json::from_str(text)?;
    let is_same = id == tariff.id().as_str()
        && tariff_version == tariff.version()
        && currency == tariff.currency().code();
    if !is_same {
        return Err(WireError::OtherTariff);
    }
    let quote = tariff.quote(
        &ride.into_domain()?,
        civil::from_text("at", &at)?,
        surge.into_domain()?,
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
