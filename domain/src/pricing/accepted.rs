//! What settles a quote that cannot be priced again: the amounts that were accepted, and no more lines than they need.

use super::line::{Line, LineKind, LineTraits, Payee};
use super::pay::{Pay, PayKind, PayLine};
use super::quote::Quoted;
use super::receipt::{Basis, Computed};
use crate::money::{Currency, Money};

/// The amounts of a quote, as they were accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) total: Money,
    pub(super) hold: Money,
    pub(super) driver_pay: Money,
}

impl Accepted {
    /// What a tariff comes to.
    pub(super) fn of(quoted: &Quoted, currency: Currency) -> Self {
        let money = |minor| Money::new(minor, currency);
        Self {
            total: money(quoted.priced.total_minor),
            hold: money(quoted.hold_minor),
            driver_pay: quoted.pay.total(),
        }
    }

    /// For a ride the quoted total, in one line: of whose money it is made nobody can say but for the driver's pay.
    pub(super) fn for_ride(self) -> Computed {
        let line = Line::new(
            LineKind::Accepted,
            self.total,
            LineTraits::untouched(Payee::Driver),
        );
        let pay = PayLine::new(PayKind::Accepted, self.driver_pay);
        Computed {
            basis: Basis::Quoted,
            quoted: self.total,
            metered: None,
            hold: self.hold,
            lines: Vec::from_iter((!self.total.is_zero()).then_some(line)),
            total: self.total,
            pay: Pay::from_parts(
                Vec::from_iter((!self.driver_pay.is_zero()).then_some(pay)),
                self.driver_pay,
            ),
        }
    }

    /// For a cancellation nothing.
    pub(super) fn for_cancellation(self) -> Computed {
        let nothing = Money::zero(self.total.currency());
        Computed {
            basis: Basis::Fee,
            quoted: self.total,
            metered: None,
            hold: self.hold,
            lines: Vec::new(),
            total: nothing,
            pay: Pay::from_parts(Vec::new(), nothing),
        }
    }
}
