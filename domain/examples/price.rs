//! Prices a ride, settles what was driven, and lets a third party check the receipt.
//!
//! `cargo run -p fiacre-domain --example price`

use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    Charge, ChargeAmount, DecidedBy, Meter, Ride, Schedule, Segment, Span, Surge, Tariff, Weekdays, Window,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::{Millimetres, Millis};
use std::error::Error;
use std::io::{Write, stdout};
use std::sync::Arc;

/// New York in 2018: $2.50, then 50 cents for each fifth of a mile or slow minute; $1 more in the rush hour.
fn tariff() -> Result<Arc<Tariff>, Box<dyn Error>> {
    let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?;
    let meter = Meter::joint(
        Ratio::from(250),
        Ratio::ONE,
        vec![fifth.with_time(Ratio::from(60_000))?],
    )?;
    let evening = Span::new(
        Weekdays::MONDAY_TO_FRIDAY,
        TimeOfDay::new(16, 0, 0)?,
        TimeOfDay::new(20, 0, 0)?,
    )?;
    let mut schedule = Schedule::new(vec!["2018-07-04".parse()?])?;
    let rush = schedule.add(Window::new("rush".parse()?, DecidedBy::Start, vec![evening])?)?;
    let tariff = Tariff::new("nyc".parse()?, 1, Currency::USD, meter)
        .with_schedule(schedule)?
        .with_charge(Charge::surcharge("rush".parse()?, ChargeAmount::Once(100)).during(rush))?
        .with_charge(Charge::passed_to(
            "mta".parse()?,
            "mta".parse()?,
            ChargeAmount::Once(50),
        ))?;
    Ok(Arc::new(tariff))
}

fn main() -> Result<(), Box<dyn Error>> {
    let tariff = tariff()?;
    let at = "2018-07-03T17:00".parse()?;
    let ride = Ride::new(Millimetres::new(8_046_720), Millis::from_minutes(20));
    let quote = tariff.quote(&ride, at, Surge::NONE)?;
    let mut out = stdout().lock();
    writeln!(out, "quoted {}, at most {} is held", quote.total(), quote.hold())?;

    let mut recorder = quote.recorder(at)?;
    recorder.drive(Millimetres::new(8_046_720), Millis::from_minutes(15))?;
    recorder.drive(Millimetres::ZERO, Millis::from_minutes(5))?;
    let receipt = quote.settle(&recorder.finish()?)?;
    for line in receipt.lines() {
        writeln!(
            out,
            "  {:<22} {:>12}",
            line.kind().to_string(),
            line.amount().to_string()
        )?;
    }
    writeln!(out, "  {:<22} {:>12}", "total", receipt.total().to_string())?;

    receipt.verify(&tariff)?;
    writeln!(
        out,
        "recomputed from the tariff: every line is right; the driver earns {}",
        receipt.pay().total()
    )?;
    Ok(())
}
