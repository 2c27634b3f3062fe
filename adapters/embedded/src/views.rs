//! Rows of trips on disk. Nothing of them is kept in memory.

use crate::bytes::{Malformed, Reader, Row};
use crate::database::{Core, Database};
use crate::draft::Draft;
use crate::tables::{ReadError, Table};
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, PrincipalId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{CancelReason, EndReason, FailReason, Phase, RejectReason};
use fiacre_ports::{PortError, TripView, TripViews};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

/// Trip views on disk; what was put is there when [`put`](TripViews::put) returns.
///
/// A row names its rider in the clear, whatever vault the database has, and no place: trips are found by rider. Who is forgotten in
/// the vault is to be [forgotten](Self::forget) here as well. Names stay in backups that were written before; the city, which
/// keeps no views, has none.
#[derive(Clone)]
pub struct EmbeddedViews {
    core: Arc<Core>,
}

impl EmbeddedViews {
    pub(crate) fn new(database: &Database) -> Self {
        Self {
            core: Arc::clone(database.core()),
        }
    }

    /// Takes a rider's name from the rows of their trips, which stay. The engine's files hold it until they are written anew:
    /// [`Database::compact`], and the next start. First forget the rider in the vault: a row that is loaded from the log after
    /// that names nobody.
    ///
    /// # Errors
    /// [`Unavailable`](fiacre_ports::PortErrorKind::Unavailable) where nothing was done,
    /// [`OutcomeUnknown`](fiacre_ports::PortErrorKind::OutcomeUnknown) where it cannot be said: either way it can be repeated.
    pub async fn forget(&self, rider: PrincipalId) -> Result<(), PortError> {
        const DOING: &str = "forget a rider in trip views";
        let written = self
            .core
            .join(move |core, draft| plan_forget(core, draft, rider))
            .await;
        let planned = written.map_err(|failure| failure.into_error(DOING))?;
        planned.map_err(|error| error.into_error(DOING))
    }
}

impl fmt::Debug for EmbeddedViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedViews").finish_non_exhaustive()
    }
}

/// The row of a trip, if there is one.
fn known(core: &Core, trip: TripId) -> Result<Option<TripView>, ReadError> {
    let row = core.tables.get(Table::Views, &key(trip))?;
    Ok(row.map(|row| read_view(trip, &row)).transpose()?)
}

fn plan_put(core: &Core, draft: &mut Draft, views: Vec<TripView>) -> Result<(), ReadError> {
    for view in views {
        let known = match draft.views.get(&view.trip) {
            Some(planned) => Some(*planned),
            None => known(core, view.trip)?,
        };
        if known.is_some_and(|known| known.version >= view.version) {
            continue;
        }
        let riders = (known.and_then(|known| known.rider), view.rider);
        if riders.0 != riders.1 {
            if let Some(rider) = riders.0 {
                draft.remove(Table::Riders, rider_key(rider, view.trip));
            }
            if let Some(rider) = riders.1 {
                draft.put(Table::Riders, rider_key(rider, view.trip), Vec::new());
            }
        }
        draft.put(Table::Views, key(view.trip), value(&view));
        draft.views.insert(view.trip, view);
    }
    Ok(())
}

fn plan_forget(core: &Core, draft: &mut Draft, rider: PrincipalId) -> Result<(), ReadError> {
    let written = of_rider(core, rider, None, usize::MAX)?;
    let (unwritten, planned) = (
        |view: &TripView| !draft.views.contains_key(&view.trip),
        draft.views.values().copied(),
    );
    let rows: Vec<_> = written.into_iter().filter(unwritten).chain(planned).collect();
    for view in rows.into_iter().filter(|view| view.rider == Some(rider)) {
        let nobodys = TripView { rider: None, ..view };
        draft.remove(Table::Riders, rider_key(rider, view.trip));
        draft.put(Table::Views, key(view.trip), value(&nobodys));
        draft.views.insert(view.trip, nobodys);
    }
    Ok(())
}

fn of_rider(
    core: &Core,
    rider: PrincipalId,
    after: Option<TripId>,
    max: usize,
) -> Result<Vec<TripView>, ReadError> {
    let first = rider_key(rider, TripId::from_u128(0));
    let last = rider_key(rider, after.unwrap_or(TripId::from_u128(u128::MAX)));
    let end = match after {
        Some(_) => Bound::Excluded(last.as_slice()),
        None => Bound::Included(last.as_slice()),
    };
    let rows = core
        .tables
        .range(Table::Riders, (Bound::Included(first.as_slice()), end));
    let mut views = Vec::new();
    for row in rows.rev().take(max) {
        let (key, _) = row?;
        let mut key = Reader::new(&key);
        key.u128()?;
        views.extend(known(core, key.trip()?)?);
    }
    Ok(views)
}

fn key(trip: TripId) -> Vec<u8> {
    trip.to_u128().to_be_bytes().to_vec()
}

fn rider_key(rider: PrincipalId, trip: TripId) -> Vec<u8> {
    let mut row = Row::default();
    row.u128(rider.to_u128()).u128(trip.to_u128());
    row.into_vec()
}

const fn phase(phase: Phase) -> u8 {
    match phase {
        Phase::Absent => 0,
        Phase::Rejected => 1,
        Phase::Requested => 2,
        Phase::Reassigning => 3,
        Phase::Confirmed => 4,
        Phase::Arrived => 5,
        Phase::Started => 6,
        Phase::Completed => 7,
        Phase::Cancelled => 8,
        Phase::Failed => 9,
    }
}

const fn reason(reason: EndReason) -> u8 {
    match reason {
        EndReason::Rejected(RejectReason::Expired) => 0,
        EndReason::Rejected(RejectReason::PartyTooLarge) => 1,
        EndReason::Rejected(RejectReason::Dropped) => 2,
        EndReason::Cancelled(CancelReason::ChangedPlans) => 3,
        EndReason::Cancelled(CancelReason::WaitTooLong) => 4,
        EndReason::Cancelled(CancelReason::DriverAsked) => 5,
        EndReason::Cancelled(CancelReason::NoShow) => 6,
        EndReason::Cancelled(CancelReason::Safety) => 7,
        EndReason::Cancelled(CancelReason::Other) => 8,
        EndReason::Failed(FailReason::NoDriver) => 9,
        EndReason::Failed(FailReason::PaymentDeclined) => 10,
        EndReason::Failed(FailReason::Expired) => 11,
        EndReason::Failed(FailReason::ReassignmentsUsedUp) => 12,
        EndReason::Rejected(RejectReason::QuoteOfAnotherRide) => 13,
    }
}

fn read_reason(row: &mut Reader<'_>) -> Result<EndReason, Malformed> {
    let tag = row.u8()?;
    let mut all = EndReason::ALL.into_iter();
    all.find(|known| reason(*known) == tag).ok_or(Malformed)
}

fn money(row: &mut Row, money: Money) {
    row.i64(money.minor()).text(money.currency().code());
}

fn read_money(row: &mut Reader<'_>) -> Result<Money, Malformed> {
    let minor = row.i64()?;
    let currency = row.text()?.parse::<Currency>().map_err(|_| Malformed)?;
    Ok(Money::new(minor, currency))
}

fn value(view: &TripView) -> Vec<u8> {
    let TripView {
        trip: _,
        version,
        rider,
        region,
        phase: standing,
        reason: ended_for,
        driver,
        quoted,
        due,
        changed_at,
        closed,
        flagged,
    } = *view;
    let mut row = Row::default();
    row.version(version).region(region).u8(phase(standing));
    row.i64(changed_at.ms()).u8(closed.into()).u8(flagged.into());
    row.option(rider, |row, rider| {
        row.u128(rider.to_u128());
    });
    row.option(driver, |row, driver| {
        row.u128(driver.to_u128());
    });
    row.option(quoted, money).option(due, money);
    row.option(ended_for, |row, ended_for| {
        row.u8(reason(ended_for));
    });
    row.into_vec()
}

fn read_view(trip: TripId, value: &[u8]) -> Result<TripView, Malformed> {
    let mut row = Reader::new(value);
    let version = row.version()?;
    let region = row.region()?;
    let tag = row.u8()?;
    let standing = Phase::ALL.into_iter().find(|known| phase(*known) == tag);
    let view = TripView {
        trip,
        version,
        region,
        phase: standing.ok_or(Malformed)?,
        changed_at: Timestamp::from_ms(row.i64()?),
        closed: row.u8()? == 1,
        flagged: row.u8()? == 1,
        rider: row.option(|row| row.u128().map(PrincipalId::from_u128))?,
        driver: row.option(|row| row.u128().map(DriverId::from_u128))?,
        quoted: row.option(read_money)?,
        due: row.option(read_money)?,
        reason: row.option(read_reason)?,
    };
    row.end()?;
    Ok(view)
}

#[async_trait]
impl TripViews for EmbeddedViews {
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError> {
        const DOING: &str = "put trip views";
        if views.is_empty() {
            return Ok(());
        }
        let written = self
            .core
            .join(move |core, draft| plan_put(core, draft, views))
            .await;
        let planned = written.map_err(|failure| failure.into_error(DOING))?;
        planned.map_err(|error| error.into_error(DOING))
    }

    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        let rows = trips.iter().map(|trip| known(&self.core, *trip));
        let rows: Result<_, _> = rows.collect();
        rows.map_err(|error: ReadError| error.into_error("get trip views"))
    }

    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        of_rider(&self.core, rider, after, max).map_err(|error| error.into_error("list a rider's trips"))
    }
}
