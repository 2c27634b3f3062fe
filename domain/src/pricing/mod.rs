//! Pricing: a [`Tariff`] makes a [`Quote`] of a [`Ride`], a quote makes a [`Receipt`] of a [`MeterReading`], and anyone who
//! has the tariff can recompute the receipt.
//!
//! Amounts and units are exact fractions until a stage rounds, once; the differences are lines, so that the lines of a
//! receipt always sum to its total. The order of the stages is written down once, in `stages.rs`.
//!
//! # More never costs less
//!
//! A ride that goes on, by driving or waiting, never comes to less: neither what the meter shows nor what is settled. That
//! holds for every meter, window, rate area and flat, as long as what stands behind the meter keeps the order:
//! - what multiplies while the ride runs (windows decided by [`DecidedBy::Running`], areas) is at least 1, and the step that
//!   [`Stage::Multipliers`] rounds to goes into the meter's: that stage begins with the first of them, and rounds what was before;
//! - a discount rounds to the minor unit; one that looks at what the minimum or a surge below 1 looks at, looks at
//!   [`LineGroups::MINIMUM`] or [`LineGroups::SURGE`] too;
//! - an added tax is on the sum ([`TaxScope::Sum`]), and where there is a cap, every line before it is taxed;
//! - no charge is for rides that avoid a zone ([`Condition::avoiding`]).
//!
//! A quote for more distance, more time or more waiting is never lower if, beyond that, no price depends on when or where in
//! the ride a unit falls due: windows that multiply, scale or switch are decided by the start, no part of the ride is in a
//! rate area, and either
//! - there is one segment, and time apart from distance is [`TimeBasis::Elapsed`]; or
//! - slow time is known ([`Ride::with_slow`]), no flat ends at a stop, and where distance and time are joint, all segments
//!   have one price and one unit of time.
//!
//! `proptests/tests/pricing/order.rs` holds generated tariffs to both, and `exceptions.rs` beside it leaves out each condition
//! in turn, with the numbers of a ride that then costs less. Why there are conditions:
//! `docs/adr/0043-more-never-costs-less-under-conditions.md`.
//!
//! ```
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::pricing::{Charge, ChargeAmount, Meter, Ride, Segment, Surge, Tariff};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::{Millimetres, Millis};
//! use std::sync::Arc;
//!
//! // New York, 2018, without its windows: $2.50, then 50 cents for each fifth of a mile or slow minute.
//! let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! let tariff = Arc::new(
//!     Tariff::new("nyc".parse()?, 1, Currency::USD, meter)
//!         .with_charge(Charge::surcharge("improvement".parse()?, ChargeAmount::Once(30)))?
//!         .with_charge(Charge::passed_to("mta".parse()?, "mta".parse()?, ChargeAmount::Once(50)))?,
//! );
//!
//! // Five miles, five minutes of them standing still.
//! let ride = Ride::new(Millimetres::new(8_046_720), Millis::from_minutes(20)).with_slow(Millis::from_minutes(5));
//! let quote = tariff.quote(&ride, "2018-07-03T10:00".parse()?, Surge::NONE)?;
//! assert_eq!(quote.total().to_string(), "17.80 USD");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// An overflow is a typed error, or is shown not to happen where it is computed: never a wrong price.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod accepted;
mod cancellation;
mod charge;
mod coherence;
mod course;
mod discount;
mod edition;
mod error;
mod limits;
mod line;
mod meter;
mod party;
mod pay;
mod print;
mod publication;
mod quote;
mod reading;
mod receipt;
mod recorder;
mod replay;
mod ride;
mod segment;
mod settle;
mod settlement;
mod stage;
mod stages;
mod surge;
mod tariff;
mod tax;
mod waiting;
mod walk;
mod window;
mod zone;

pub use cancellation::{
    Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind, Fault, FeeBase, FeePayer,
    FeeRule,
};
pub use charge::{Charge, ChargeAmount, Condition, Flat};
pub use coherence::ReadingFlaw;
pub use discount::{Discount, LineGroups};
pub use edition::TariffEdition;
pub use error::{PricingError, TariffError, TariffFault};
pub use line::{Line, LineKind, LineTraits, Payee};
pub use meter::{Meter, SEGMENTS_MAX, SlowRule, Speed, TimeBasis, TimeRate, TimeRule, Units, UnitsEstimate};
pub use party::{AgeRange, PASSENGERS_MAX, Party};
pub use pay::{Pay, PayKind, PayLine, PayPolicy, PayRule, RateCard};
pub use publication::{Publication, TariffEvent};
pub use quote::{Quote, QuoteParts};
pub use reading::{DeviationReason, MeterReading, SLICES_MAX, Slice, SpeedBand};
pub use receipt::{Basis, Computed, Happened, Receipt, ReceiptField, ReceiptParts, VerifyError};
pub use recorder::Recorder;
pub use replay::Replay;
pub use ride::{CIRCUMSTANCES_MAX, Circumstances, Ride, RidePart, STOPS_MAX, Toll};
pub use segment::Segment;
pub use settlement::SettlementPolicy;
pub use stage::{RoundingPlan, Stage, StageRounding};
pub use surge::{SURGE_BPS_MAX, Surge, SurgeInputs, SurgePolicy};
pub use tariff::{AreaEffect, TARIFF_ENTRIES_MAX, Tariff};
pub use tax::{Tax, TaxMode, TaxScope};
pub use waiting::{Grace, Waiting, WaitingRate};
pub use window::{
    DecidedBy, HOLIDAYS_MAX, HolidayRule, SPANS_MAX, Schedule, Span, WINDOWS_MAX, Weekdays, Window, WindowSet,
};
pub use zone::{ZONES_MAX, ZoneSet, Zones};
