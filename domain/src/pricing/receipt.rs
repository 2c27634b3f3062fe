//! A receipt: what was asked, what happened, and what that comes to, so that anyone who has the tariff can recompute it.

use super::accepted::Accepted;
use super::cancellation::Cancellation;
use super::edition::TariffEdition;
use super::error::PricingError;
use super::line::Line;
use super::pay::{Pay, PayLine};
use super::quote::Quoted;
use super::reading::{DeviationReason, MeterReading};
use super::ride::Ride;
use super::settle::{Asked, computed_as_quoted, computed_for_cancellation, computed_for_reading};
use super::surge::Surge;
use super::tariff::Tariff;
use crate::id::TariffId;
use crate::money::{Currency, Money};
use crate::time::CivilDateTime;
use crate::{canonical_enum, canonical_struct};
use std::fmt;

/// What a receipt settles.
#[expect(
    clippy::large_enum_variant,
    reason = "most rides are driven, and a receipt has its place behind an `Arc` as it is"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The ride, as driven.
    Driven(MeterReading),
    /// A cancellation, or a rider who did not come.
    Cancelled(Cancellation),
    /// The ride, without a reading: a deadline ended it, and the quoted price stands.
    Unread,
    /// The ride, driven or not read, whose quote could not be priced again where it ended: what was accepted stands, in one line.
    UnpricedRide,
    /// A cancellation of such a quote: it is free, since nobody could say what it costs.
    UnpricedCancellation(Cancellation),
}
canonical_enum!(Happened {
    0 = Driven(reading),
    1 = Cancelled(cancellation),
    2 = Unread,
    3 = UnpricedRide,
    4 = UnpricedCancellation(cancellation),
});

/// Which price stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The quoted one: what was driven stayed inside the band.
    Quoted,
    /// The quoted one: the driver's detour is not charged.
    DetourNotCharged,
    /// The metered one.
    Metered(DeviationReason),
    /// The highest that the hold allows; the metered one is above it.
    Capped(DeviationReason),
    /// A fee.
    Fee,
}
canonical_enum!(Basis { 0 = Quoted, 1 = DetourNotCharged, 2 = Metered(reason), 3 = Capped(reason), 4 = Fee });

/// Everything in a receipt that follows from the rest of it and the tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// Which price stands.
    pub basis: Basis,
    /// The total of the quote.
    pub quoted: Money,
    /// The total by the meter; `None` for a fee.
    pub metered: Option<Money>,
    /// The most that this receipt could have come to.
    pub hold: Money,
    /// The lines, which sum to the total.
    pub lines: Vec<Line>,
    /// What the rider owes.
    pub total: Money,
    /// What the driver earns.
    pub pay: Pay,
}
canonical_struct!(Computed {
    basis,
    quoted,
    metered,
    hold,
    lines,
    total,
    pay
});

/// A receipt, as data: for those who store or send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptParts {
    /// The tariff that it was made with.
    pub tariff: TariffEdition,
    /// Its currency.
    pub currency: Currency,
    /// The ride as it was asked for.
    pub ride: Ride,
    /// The local time of the planned start.
    pub at: CivilDateTime,
    /// The surge of the quote.
    pub surge: Surge,
    /// What happened.
    pub happened: Happened,
    /// What it comes to.
    pub computed: Computed,
}
canonical_struct!(ReceiptParts {
    tariff,
    currency,
    ride,
    at,
    surge,
    happened,
    computed
});

/// What is owed for a ride or a cancellation, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    parts: ReceiptParts,
}
canonical_struct!(Receipt { parts });

impl Receipt {
    pub(super) fn new(
        Asked {
            tariff,
            ride,
            at,
            surge,
        }: Asked<'_>,
        happened: Happened,
        computed: Computed,
    ) -> Self {
        Self {
            parts: ReceiptParts {
                tariff: tariff.edition(),
                currency: tariff.currency(),
                ride: ride.clone(),
                at,
                surge: *surge,
                happened,
                computed,
            },
        }
    }

    /// A receipt as it was stored or sent. It is what someone claims, until [`Receipt::verify`] has recomputed it.
    pub const fn from_parts(parts: ReceiptParts) -> Self {
        Self { parts }
    }

    /// The receipt as data.
    pub const fn parts(&self) -> &ReceiptParts {
        &self.parts
    }

    /// What the rider owes; zero or more.
    pub const fn total(&self) -> Money {
        self.parts.computed.total
    }

    /// The lines, which sum to the total.
    pub fn lines(&self) -> &[Line] {
        &self.parts.computed.lines
    }

    /// Which price stands, and why.
    pub const fn basis(&self) -> Basis {
        self.parts.computed.basis
    }

    /// The total of the quote.
    pub const fn quoted(&self) -> Money {
        self.parts.computed.quoted
    }

    /// The total by the meter; `None` for a fee.
    pub const fn metered(&self) -> Option<Money> {
        self.parts.computed.metered
    }

    /// What the driver earns, with its lines.
    pub const fn pay(&self) -> &Pay {
        &self.parts.computed.pay
    }

    /// What happened.
    pub const fn happened(&self) -> &Happened {
        &self.parts.happened
    }

    /// Which tariff it was priced with: its name, version and fingerprint.
    pub const fn edition(&self) -> TariffEdition {
        self.parts.tariff
    }

    /// Whether it was made without pricing anything, by [`Quote::settle_as_accepted`](super::Quote::settle_as_accepted) or
    /// [`Quote::cancel_unpriced`](super::Quote::cancel_unpriced).
    pub const fn is_unpriced(&self) -> bool {
        match self.happened() {
            Happened::UnpricedRide | Happened::UnpricedCancellation(_) => true,
            Happened::Driven(_) | Happened::Cancelled(_) | Happened::Unread => false,
        }
    }

    /// Whether an operator should look at it: the ride's reading never came, or nothing was priced.
    pub const fn is_flagged(&self) -> bool {
        match self.happened() {
            Happened::Unread | Happened::UnpricedRide | Happened::UnpricedCancellation(_) => true,
            Happened::Driven(_) | Happened::Cancelled(_) => false,
        }
    }

    /// The sum of some lines.
    ///
    /// # Errors
    ///
    /// `PricingError::Overflow` where the sum leaves 64 bits.
    pub fn sum_of(&self, wanted: impl Fn(&Line) -> bool) -> Result<Money, PricingError> {
        let mut sum = Money::zero(self.parts.currency);
        for line in self.lines().iter().filter(|line| wanted(line)) {
            sum = sum.checked_add(line.amount())?;
        }
        Ok(sum)
    }

    /// Whether `tariff` is the one that it was made with; then recomputes everything that follows from the ride, the surge, what
    /// happened and the tariff, and compares.
    ///
    /// Any single edit of a computed field is refused. What is not computed (who rode, how far the reading says) can be
    /// edited together with all that follows from it: against that there is a signature, in `fiacre-wire`.
    ///
    /// A receipt that was made [without pricing](Self::is_unpriced) verifies where the tariff comes to the amounts that were
    /// accepted. Where it does not, only the quote can tell: [`Quote::is_settled_by`](super::Quote::is_settled_by).
    ///
    /// # Errors
    ///
    /// `VerifyError::OtherTariff` where the name or version of `tariff` is not the receipt's, `OtherFingerprint` where its
    /// content is not, `NotPriceable` where it cannot price what happened (a reading under another content of it included),
    /// `Differs` with the first field that does not follow. Do not charge such a receipt. `Unpriced` where it was made without
    /// pricing and the tariff does not come to its amounts.
    pub fn verify(&self, tariff: &Tariff) -> Result<(), VerifyError> {
        let ReceiptParts {
            tariff: edition,
            currency,
            ride,
            at,
            surge,
            happened,
            computed,
        } = &self.parts;
        let (named, given) = (*edition, tariff.edition());
        let (id, version) = (edition.tariff(), edition.version());
        if !named.has_the_name_of(given) {
            return Err(VerifyError::OtherTariff { tariff: id, version });
        }
        if named != given {
            return Err(VerifyError::OtherFingerprint { tariff: id, version });
        }
        if *currency != tariff.currency() {
            return Err(VerifyError::Differs(ReceiptField::Currency));
        }
        let asked = Asked {
            tariff,
            ride,
            at: *at,
            surge,
        };
        let quoted = asked.quoted().map_err(VerifyError::NotPriceable);
        let expected = match happened {
            Happened::Driven(reading) => computed_for_reading(asked, quoted?, reading),
            Happened::Cancelled(cancellation) => computed_for_cancellation(asked, &quoted?, cancellation),
            Happened::Unread => Ok(computed_as_quoted(asked, quoted?)),
            Happened::UnpricedRide => {
                let accepted = accepted(quoted, *currency)?;
                return same_as_accepted(computed, &accepted.for_ride());
            }
            Happened::UnpricedCancellation(_) => {
                let accepted = accepted(quoted, *currency)?;
                return same_as_accepted(computed, &accepted.for_cancellation());
            }
        };
        compare(computed, &expected.map_err(VerifyError::NotPriceable)?)
    }
}

/// What was accepted, if the tariff comes to it still.
fn accepted(quoted: Result<Quoted, VerifyError>, currency: Currency) -> Result<Accepted, VerifyError> {
    quoted.map_or(Err(VerifyError::Unpriced), |quoted| {
        Ok(Accepted::of(&quoted, currency))
    })
}

fn same_as_accepted(claimed: &Computed, expected: &Computed) -> Result<(), VerifyError> {
    if claimed == expected {
        Ok(())
    } else {
        Err(VerifyError::Unpriced)
    }
}

fn compare(claimed: &Computed, expected: &Computed) -> Result<(), VerifyError> {
    let Computed {
        basis,
        quoted,
        metered,
        hold,
        lines,
        total,
        pay,
    } = claimed;
    let same = |is_same: bool, field| {
        if is_same {
            Ok(())
        } else {
            Err(VerifyError::Differs(field))
        }
    };
    same(*basis == expected.basis, ReceiptField::Basis)?;
    same(*quoted == expected.quoted, ReceiptField::Quoted)?;
    same(*metered == expected.metered, ReceiptField::Metered)?;
    same(*hold == expected.hold, ReceiptField::Hold)?;
    same(lines.len() == expected.lines.len(), ReceiptField::LineCount)?;
    for (index, (line, other)) in lines.iter().zip(&expected.lines).enumerate() {
        same(line == other, ReceiptField::Line(index))?;
    }
    same(*total == expected.total, ReceiptField::Total)?;
    same(
        pay.lines().len() == expected.pay.lines().len(),
        ReceiptField::PayLineCount,
    )?;
    let pay_lines: (&[PayLine], &[PayLine]) = (pay.lines(), expected.pay.lines());
    for (index, (line, other)) in pay_lines.0.iter().zip(pay_lines.1).enumerate() {
        same(line == other, ReceiptField::PayLine(index))?;
    }
    same(pay.total() == expected.pay.total(), ReceiptField::PayTotal)
}

/// A field of a receipt that is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptField {
    /// The currency.
    Currency,
    /// Which price stands.
    Basis,
    /// The quote's total.
    Quoted,
    /// The metered total.
    Metered,
    /// The hold.
    Hold,
    /// The number of lines.
    LineCount,
    /// A line, counted from 0.
    Line(usize),
    /// The total.
    Total,
    /// The number of lines of the driver's pay.
    PayLineCount,
    /// A line of the driver's pay, counted from 0.
    PayLine(usize),
    /// The driver's pay.
    PayTotal,
}

impl fmt::Display for ReceiptField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Currency => f.write_str("the currency"),
            Self::Basis => f.write_str("the basis"),
            Self::Quoted => f.write_str("the quoted total"),
            Self::Metered => f.write_str("the metered total"),
            Self::Hold => f.write_str("the hold"),
            Self::LineCount => f.write_str("the number of lines"),
            Self::Line(index) => write!(f, "line {}", index.saturating_add(1)),
            Self::Total => f.write_str("the total"),
            Self::PayLineCount => f.write_str("the number of lines of the driver's pay"),
            Self::PayLine(index) => write!(f, "line {} of the driver's pay", index.saturating_add(1)),
            Self::PayTotal => f.write_str("the total of the driver's pay"),
        }
    }
}

/// Why a receipt does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// It was made with another tariff or version.
    OtherTariff {
        /// The name of the one that it was made with.
        tariff: TariffId,
        /// Its version.
        version: u32,
    },
    /// It was made with a tariff of this name and version, but of another content.
    OtherFingerprint {
        /// The name of the one that it was made with.
        tariff: TariffId,
        /// Its version.
        version: u32,
    },
    /// What it claims to settle cannot be priced.
    NotPriceable(PricingError),
    /// A field is not what it must be.
    Differs(ReceiptField),
    /// It was made without pricing, of amounts that the tariff does not come to.
    Unpriced,
}

impl VerifyError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherTariff { .. } => "receipt_of_another_tariff",
            Self::OtherFingerprint { .. } => "receipt_of_another_fingerprint",
            Self::NotPriceable(_) => "receipt_not_priceable",
            Self::Differs(_) => "receipt_differs",
            Self::Unpriced => "receipt_unpriced",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to verify the receipt: ")?;
        match self {
            Self::OtherTariff { tariff, version } => {
                write!(
                    f,
                    "it was made with version {version} of tariff {tariff}; verify it with that one"
                )
            }
            Self::OtherFingerprint { tariff, version } => write!(
                f,
                "it was made with another content of version {version} of tariff {tariff}, as tariff_fingerprint says; verify it with the tariff as it was in force"
            ),
            Self::NotPriceable(error) => write!(f, "{error}"),
            Self::Differs(field) => write!(f, "{field} is not what the tariff makes of the ride"),
            Self::Unpriced => f.write_str(
                "it charges what was accepted, without lines, and the tariff comes to something else; compare it with the quote, and correct it by hand",
            ),
        }
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotPriceable(error) => Some(error),
            Self::OtherTariff { .. } | Self::OtherFingerprint { .. } | Self::Differs(_) | Self::Unpriced => {
                None
            }
        }
    }
}
