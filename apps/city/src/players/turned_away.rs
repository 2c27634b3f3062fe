//! Riders whom the desk turned away because too many wait: they ask again when they were told to, and at some time give up.

use super::Players;
use super::agenda::Action;
use super::habits::{ASKS_AGAIN_MAX, ASKS_LATE_MS_MAX, Draw, between};
use fiacre_domain::id::TripId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_services::desk::{Booking, Origin};
use std::sync::Arc;

/// What riders are counted by who were turned away for good: the code of
/// [`DeskError::Busy`](fiacre_services::desk::DeskError::Busy).
pub const TURNED_AWAY: &str = "desk_busy";

/// An order that no desk has taken yet.
#[derive(Debug)]
pub(super) struct Order {
    origin: Origin,
    booking: Booking,
    /// How often it was handed in.
    asked: u32,
    /// Whether it was turned away, and is handed in again later.
    is_waiting: bool,
}

impl Order {
    pub(super) const fn new(origin: Origin, booking: Booking) -> Self {
        Self {
            origin,
            booking,
            asked: 0,
            is_waiting: false,
        }
    }
}

impl Players {
    /// Hands an order in at the desk, for the first time or again: each time the same one, so that it makes one trip.
    pub(super) fn hand_in(&mut self, trip: TripId) {
        let Some(order) = self.orders.get_mut(&trip) else {
            return;
        };
        order.asked += 1;
        order.is_waiting = false;
        let (riders, origin) = (Arc::clone(&self.riders), order.origin.clone());
        let booking = order.booking.clone();
        self.calls.order(
            trip,
            async move { riders.book(origin, booking).await.map(|_| ()) },
        );
    }

    /// Hands an order in again, unless its rider has given up meanwhile.
    pub(super) fn order_again(&mut self, trip: TripId) {
        if !self.is_turned_away(trip) {
            return;
        }
        if self.rides.get(&trip).is_some_and(|ride| !ride.is_over) {
            self.hand_in(trip);
        } else {
            // A cancellation that came before the order has ended the trip: nobody asks for it any more.
            self.want_no_more(trip);
        }
    }

    /// Whether a rider who was turned away until `retry_after` asks again then: not for ever, and not when they want no car any
    /// more.
    pub(super) fn asks_again(&mut self, trip: TripId, retry_after: Millis, now: Timestamp) -> bool {
        let Some(ride) = self.rides.get(&trip) else {
            return false;
        };
        let Some(order) = self.orders.get_mut(&trip) else {
            return false;
        };
        let mut random = self
            .dice
            .of(Draw::Again, u64::from(ride.rider), u64::from(order.asked));
        let late = between(&mut random, 0, ASKS_LATE_MS_MAX);
        let again_at = now.plus(retry_after).plus(late);
        let is_too_late = order
            .booking
            .expires_at
            .is_some_and(|expires_at| expires_at <= again_at);
        if order.asked > ASKS_AGAIN_MAX || is_too_late {
            return false;
        }
        order.is_waiting = true;
        self.agenda.plan(again_at, Action::OrderAgain { trip });
        true
    }

    /// Whether the order was turned away and not handed in again yet: the platform has never heard of the trip.
    pub(super) fn is_turned_away(&self, trip: TripId) -> bool {
        self.orders.get(&trip).is_some_and(|order| order.is_waiting)
    }

    /// Asks no more, however often the rider would have: they were turned away.
    pub(super) fn want_no_more(&mut self, trip: TripId) {
        *self.shared().refused.entry(TURNED_AWAY).or_default() += 1;
        self.give_up(trip);
    }

    /// Forgets a ride that no desk has taken.
    pub(super) fn give_up(&mut self, trip: TripId) {
        self.orders.remove(&trip);
        let was_open = self.rides.get(&trip).is_some_and(|ride| !ride.is_over);
        if was_open {
            self.rides.remove(&trip);
            let mut shared = self.shared();
            shared.open = shared.open.saturating_sub(1);
        }
    }
}
