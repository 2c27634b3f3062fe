//! One line a trip, for those who want to look at a day themselves.
//!
//! [`COLUMNS`] says what each field is. A field is empty where there is nothing to say. Fields are ids, names and numbers, so
//! that none needs quotes. Lines stand in the order in which nothing more came of the trips, tips included, the same in every
//! run of one seed.
//!
//! ```
//! use fiacre_city::trips_csv::TripsCsv;
//! use fiacre_domain::time::Timestamp;
//!
//! let (start, local_start) = (Timestamp::from_ms(1_529_100_000_000), "2018-06-15T18:00".parse()?);
//! let csv = TripsCsv::begin(Vec::new(), start, local_start)?;
//! assert!(csv.finish()?.starts_with(b"trip,requested_at,pickup_zone,"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::measures::{OrderRow, TripEnd, TripRow};
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::PaymentMethod;
use std::fmt::Display;
use std::io::{self, Write};

/// The columns, in order: the name in the header, and what stands there, with its unit.
pub const COLUMNS: [(&str, &str); 23] = [
    ("trip", "its id"),
    (
        "requested_at",
        "local time of the order's acceptance, `YYYY-MM-DDTHH:MM:SS.mmm`",
    ),
    (
        "pickup_zone",
        "the TLC's number of the zone where the ride begins",
    ),
    ("dropoff_zone", "the TLC's number of the zone where it ends"),
    ("distance_m", "metres, by the quote"),
    ("duration_s", "seconds, by the quote"),
    ("end", "`completed`, `failed`, `cancelled` or `rejected`"),
    ("reason", "why it ended without a ride"),
    ("cancelled_by", "`rider`, `driver`, `operator` or `timer`"),
    (
        "assign_s",
        "seconds from the order to the assignment of the driver who came",
    ),
    ("wait_s", "seconds from the order to the driver's arrival"),
    ("pickup_s", "seconds from that assignment to the arrival"),
    ("offers", "how many offers were made to drivers"),
    ("driver", "the driver's id"),
    ("tariff", "the tariff's id"),
    ("payment", "`hold` (by card), `cash` or `account`"),
    ("quoted", "the quote's total, in minor units (cents)"),
    ("fare", "what the ride cost, in minor units, without tips"),
    ("fee", "what a cancellation cost, in minor units"),
    ("captured", "taken of the fare or fee by card, in minor units"),
    (
        "debt",
        "still owed of it, or billed to an account, in minor units",
    ),
    ("cash", "paid of it in cash, in minor units"),
    ("tip", "taken by card as tips for the driver, in minor units"),
];

/// Writes trips as comma-separated lines.
#[derive(Debug)]
pub struct TripsCsv<W> {
    out: W,
    start: Timestamp,
    local_start: CivilDateTime,
}

impl<W: Write> TripsCsv<W> {
    /// Writes the header. Local times are counted from `local_start`, which is the local time at `start`. Give a buffered
    /// `out`: every line is a write of its own.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn begin(mut out: W, start: Timestamp, local_start: CivilDateTime) -> io::Result<Self> {
        writeln!(out, "{}", COLUMNS.map(|(name, _)| name).join(","))?;
        Ok(Self {
            out,
            start,
            local_start,
        })
    }

    /// Writes one trip.
    ///
    /// # Errors
    ///
    /// What the table is written to says.
    pub fn write(&mut self, row: &TripRow) -> io::Result<()> {
        let order = row.order.as_ref();
        let seconds = |ms: Option<u32>| ms.map(|ms| decimal(ms.into()));
        let cancelled_by = match row.end {
            TripEnd::Cancelled(by, _) => by.name(),
            TripEnd::Completed | TripEnd::Failed(_) | TripEnd::Rejected(_) => "",
        };
        writeln!(
            self.out,
            "{},{},{},{},{},{},{},{},{cancelled_by},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            row.trip,
            field(order.map(|order| self.local(order.requested_at))),
            field(order.and_then(|order| order.zones.pickup)),
            field(order.and_then(|order| order.zones.dropoff)),
            field(order.map(|order| decimal(order.distance.get()))),
            field(order.map(|order| decimal(order.duration.get()))),
            row.end.name(),
            row.end.reason(),
            field(seconds(row.assign_ms)),
            field(seconds(row.wait_ms)),
            field(seconds(row.pickup_ms)),
            row.offers,
            field(row.driver),
            field(order.map(|order| order.tariff)),
            field(order.map(payment)),
            field(order.map(|order| order.quoted_minor)),
            row.fare_minor,
            row.fee_minor,
            row.captured_minor,
            row.debt_minor,
            row.cash_minor,
            row.tips_minor,
        )
    }

    /// Flushes, and gives back what was written to.
    ///
    /// # Errors
    ///
    /// What the table is written to says.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn local(&self, at: Timestamp) -> String {
        let local = self.local_start.plus(at.since(self.start));
        local.map_or_else(String::new, |local| {
            format!(
                "{}T{}.{:03}",
                local.date(),
                local.time(),
                local.time().ms() % 1_000
            )
        })
    }
}

fn field(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Thousandths as a decimal number.
fn decimal(thousandths: i64) -> String {
    let (whole, rest) = (
        thousandths.unsigned_abs() / 1_000,
        thousandths.unsigned_abs() % 1_000,
    );
    let sign = if thousandths < 0 { "-" } else { "" };
    format!("{sign}{whole}.{rest:03}")
}

const fn payment(order: &OrderRow) -> &'static str {
    match order.payment {
        PaymentMethod::Hold { .. } => "hold",
        PaymentMethod::Cash => "cash",
        PaymentMethod::Account => "account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{CancelledBy, ZoneNumbers};
    use fiacre_domain::id::{DriverId, TripId};
    use fiacre_domain::trip::{CancelReason, PaymentMethodId, RejectReason};
    use fiacre_domain::units::{Millimetres, Millis};

    fn lines(rows: &[TripRow]) -> Vec<String> {
        let local_start = "2018-06-15T23:00".parse().unwrap();
        let mut csv = TripsCsv::begin(Vec::new(), Timestamp::from_ms(5_000), local_start).unwrap();
        for row in rows {
            csv.write(row).unwrap();
        }
        let text = String::from_utf8(csv.finish().unwrap()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn row(end: TripEnd, order: Option<OrderRow>) -> TripRow {
        TripRow {
            trip: TripId::from_u128(1),
            end,
            order,
            assign_ms: order.map(|_| 2_050),
            wait_ms: None,
            pickup_ms: None,
            driver: order.map(|_| DriverId::from_u128(2)),
            offers: 3,
            fare_minor: 0,
            fee_minor: 500,
            captured_minor: 400,
            debt_minor: 100,
            cash_minor: 0,
            tips_minor: 250,
        }
    }

    #[test]
    fn a_line_has_as_many_fields_as_the_header_whatever_is_missing() {
        let order = OrderRow {
            // An hour and a half after the start: past midnight.
            requested_at: Timestamp::from_ms(5_000 + 5_400_250),
            zones: ZoneNumbers {
                pickup: Some(161),
                dropoff: None,
            },
            distance: Millimetres::new(4_000_007),
            duration: Millis::from_secs(720),
            quoted_minor: 1_725,
            tariff: "nyc-2018".parse().unwrap(),
            payment: PaymentMethod::Hold {
                method: PaymentMethodId(1),
            },
        };
        let cancelled = TripEnd::Cancelled(CancelledBy::Rider, CancelReason::WaitTooLong);
        let lines = lines(&[
            row(cancelled, Some(order)),
            row(TripEnd::Rejected(RejectReason::Expired), None),
        ]);
        assert_eq!(
            lines[1],
            "00000000-0000-0000-0000-000000000001,2018-06-16T00:30:00.250,161,,4000.007,720.000,cancelled,\
             wait_too_long,rider,2.050,,,3,00000000-0000-0000-0000-000000000002,nyc-2018,hold,1725,0,500,400,100,0,250"
        );
        assert_eq!(
            lines[2],
            "00000000-0000-0000-0000-000000000001,,,,,,rejected,expired,,,,,3,,,,,0,500,400,100,0,250"
        );
        let fields = |line: &String| line.split(',').count();
        assert_eq!(lines.iter().map(fields).collect::<Vec<_>>(), [COLUMNS.len(); 3]);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let local_start = "2018-06-15T23:00".parse().unwrap();
        let error = TripsCsv::begin(Full, Timestamp::from_ms(0), local_start)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn thousandths_keep_their_sign() {
        assert_eq!(
            [decimal(0), decimal(-1), decimal(12_345)],
            ["0.000", "-0.001", "12.345"]
        );
    }
}
