//! The platform's ledger beside the payment company's own books: they are kept apart, and must come to the same cent.
//!
//! What was held is not compared: a hold may be placed and lost before the platform hears of it, and only the company knows of that
//! one. What is held in the end, what was taken and what was given back, both know.

use fiacre_domain::ledger::{Ledger, Movements};
use fiacre_domain::money::Currency;
use fiacre_sandbox_payments::Totals;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What both books know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Taken out of holds, before refunds.
    Captured,
    /// Given back after it was taken.
    Refunded,
    /// Held now.
    Open,
}

impl Figure {
    const ALL: [Self; 3] = [Self::Captured, Self::Refunded, Self::Open];

    const fn of_platform(self, moved: &Movements) -> i128 {
        match self {
            Self::Captured => moved.captured_minor,
            Self::Refunded => moved.refunded_minor,
            Self::Open => moved.open_minor,
        }
    }

    const fn of_company(self, totals: &Totals) -> i128 {
        match self {
            Self::Captured => totals.captured_minor,
            Self::Refunded => totals.refunded_minor,
            Self::Open => totals.open_minor,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Open => "still on hold",
        })
    }
}

/// A figure of one currency that is not the same in both books, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The currency.
    pub currency: Currency,
    /// The figure.
    pub figure: Figure,
    /// What the ledger comes to.
    pub platform_minor: i128,
    /// What the company's books come to.
    pub company_minor: i128,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            currency,
            figure,
            platform_minor,
            company_minor,
        } = self;
        let code = currency.code();
        write!(
            f,
            "{code} {figure}, in minor units: {platform_minor} by the ledger, {company_minor} by the payment company's books"
        )
    }
}

/// Every figure that differs, by currency.
pub fn differences(ledger: &Ledger, company: &BTreeMap<Currency, Totals>) -> Vec<Difference> {
    let currencies: BTreeSet<Currency> = ledger.currencies().chain(company.keys().copied()).collect();
    let of = |currency: Currency| {
        let moved = ledger.movements(currency);
        let totals = company.get(&currency).copied().unwrap_or_default();
        Figure::ALL.map(|figure| Difference {
            currency,
            figure,
            platform_minor: figure.of_platform(&moved),
            company_minor: figure.of_company(&totals),
        })
    };
    let all = currencies.into_iter().flat_map(of);
    all.filter(|found| found.platform_minor != found.company_minor)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_that_only_the_company_has_is_named() {
        let totals = Totals {
            authorised_minor: 9,
            captured_minor: 4,
            released_minor: 3,
            open_minor: 2,
            refunded_minor: 1,
            disputed_minor: 0,
        };
        let found = differences(&Ledger::default(), &BTreeMap::from([(Currency::USD, totals)]));
        let figures: Vec<_> = found
            .iter()
            .map(|found| (found.figure, found.platform_minor, found.company_minor))
            .collect();
        assert_eq!(
            figures,
            [
                (Figure::Captured, 0, 4),
                (Figure::Refunded, 0, 1),
                (Figure::Open, 0, 2)
            ]
        );
    }

    #[test]
    fn a_hold_that_came_and_went_unseen_is_no_difference() {
        let unseen = Totals {
            authorised_minor: 9,
            released_minor: 9,
            ..Totals::default()
        };
        let company = BTreeMap::from([(Currency::USD, unseen)]);
        assert_eq!(differences(&Ledger::default(), &company), []);
    }
}
