//! Money: whole minor units of one ISO 4217 currency.
//!
//! ```
//! use fiacre_domain::money::{Currency, Money};
//! let usd: Currency = "USD".parse()?;
//! let fare = Money::new(1_780, usd);
//! assert_eq!(fare.to_string(), "17.80 USD");
//! assert_eq!(fare.checked_add(Money::new(220, usd))?, Money::new(2_000, usd));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::canonical::{Canonical, CanonicalBytes};
use crate::canonical_struct;
use crate::ratio::{Overflow, Ratio, Rounding};
use std::fmt;
use std::str::FromStr;

// ISO 4217, list one as published on 2026-01-01: BGN, ANG, SLL, ZWL, HRK and CUC have ended by then; XCG, SLE, ZWG and VED are in.
// Left out on purpose is what no rider pays with: funds (BOV CHE CHW CLF COU MXV USN UYI), units of account and of indexing
// (XAD XDR XSU XUA UYW), bond units (XBA XBB XBC XBD), metals (XAG XAU XPD XPT), and the codes for tests and for no currency
// (XTS XXX).

/// Active ISO 4217 codes with two decimals.
const TWO_DECIMALS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS \
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD \
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
/// Active ISO 4217 codes without decimals.
const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Active ISO 4217 codes with three decimals.
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";

/// An ISO 4217 currency with its exponent (the number of decimals of its minor unit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: Exponent,
}
canonical_struct!(Currency { code, exponent });

/// The decimals that a minor unit can have. Of the values of a byte only these three, so that no currency, and no amount,
/// takes no room of its own: open trips keep many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
enum Exponent {
    None = 0,
    Two = 2,
    Three = 3,
}

impl Canonical for Exponent {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        (*self as u8).write_canonical(out);
    }
}

impl Currency {
    /// Euro.
    pub const EUR: Self = Self {
        code: *b"EUR",
        exponent: Exponent::Two,
    };
    /// Pound sterling.
    pub const GBP: Self = Self {
        code: *b"GBP",
        exponent: Exponent::Two,
    };
    /// Indian rupee.
    pub const INR: Self = Self {
        code: *b"INR",
        exponent: Exponent::Two,
    };
    /// Yen.
    pub const JPY: Self = Self {
        code: *b"JPY",
        exponent: Exponent::None,
    };
    /// Kuwaiti dinar.
    pub const KWD: Self = Self {
        code: *b"KWD",
        exponent: Exponent::Three,
    };
    /// United States dollar.
    pub const USD: Self = Self {
        code: *b"USD",
        exponent: Exponent::Two,
    };

    /// The three capital letters.
    pub fn code(&self) -> &str {
        // Built from a `&str` of three ASCII letters only.
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// Decimals of the minor unit: 2 for cents, 0 for yen, 3 for fils.
    pub const fn exponent(self) -> u8 {
        self.exponent as u8
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    /// The currency of an ISO 4217 code in capitals, of those that people pay with: 155 as of January 2026. Funds, units of
    /// account, metals and test codes are not among them, nor is what has ended, such as BGN.
    ///
    /// # Errors
    ///
    /// `MoneyError::UnknownCurrency` where there is no such code, or it is not in capitals.
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        let bytes: [u8; 3] = code
            .as_bytes()
            .try_into()
            .map_err(|_| MoneyError::UnknownCurrency)?;
        [
            (TWO_DECIMALS, Exponent::Two),
            (NO_DECIMALS, Exponent::None),
            (THREE_DECIMALS, Exponent::Three),
        ]
        .into_iter()
        .find(|(codes, _)| codes.split_ascii_whitespace().any(|known| known == code))
        .map(|(_, exponent)| Self {
            code: bytes,
            exponent,
        })
        .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why money could not be made or combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyError {
    /// The code is not an active ISO 4217 currency in capitals.
    UnknownCurrency,
    /// Two amounts of different currencies met.
    CurrencyMismatch {
        /// The currency on the left.
        left: Currency,
        /// The currency on the right.
        right: Currency,
    },
    /// The amount does not fit 64 bits of minor units.
    Overflow,
}

impl MoneyError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCurrency => "money_unknown_currency",
            Self::CurrencyMismatch { .. } => "money_currency_mismatch",
            Self::Overflow => "money_overflow",
        }
    }
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCurrency => f.write_str(
                "failed to name the currency: use an active ISO 4217 code in capitals, such as USD; funds, units of account and metals are not among them",
            ),
            Self::CurrencyMismatch { left, right } => {
                write!(
                    f,
                    "failed to combine {left} with {right}: convert to one currency first"
                )
            }
            Self::Overflow => f.write_str("failed to add: the amount does not fit 64 bits of minor units"),
        }
    }
}

impl std::error::Error for MoneyError {}

impl From<Overflow> for MoneyError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// An amount in whole minor units; may be negative (a discount, a reversal).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Canonical for Money {
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        self.minor.write_canonical(out);
        self.currency.write_canonical(out);
    }
}

impl Money {
    /// `minor` minor units (cents, yen, fils) of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The exact amount in minor units, rounded once to a multiple of `step_minor`.
    ///
    /// # Errors
    ///
    /// `MoneyError::Overflow` where the amount leaves 64 bits, or `step_minor` is not above zero.
    pub fn rounded(
        exact_minor: Ratio,
        step_minor: i64,
        rounding: Rounding,
        currency: Currency,
    ) -> Result<Self, MoneyError> {
        Ok(Self::new(
            exact_minor.round_to_step(step_minor, rounding)?,
            currency,
        ))
    }

    /// The count of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether this is below nothing.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// `self + other`, both of one currency.
    ///
    /// # Errors
    ///
    /// `MoneyError::CurrencyMismatch` where they are not, `MoneyError::Overflow` where the sum leaves 64 bits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_add(other.minor)
            .map(|sum| Self::new(sum, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    /// `self − other`, both of one currency.
    ///
    /// # Errors
    ///
    /// `MoneyError::CurrencyMismatch` where they are not, `MoneyError::Overflow` where the rest leaves 64 bits.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_sub(other.minor)
            .map(|rest| Self::new(rest, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    ///
    /// `MoneyError::CurrencyMismatch` where they are of two currencies.
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if other.minor < self.minor { other } else { self })
    }

    /// The amount as an exact fraction of minor units.
    pub fn to_ratio(self) -> Ratio {
        Ratio::from(self.minor)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let width = usize::from(self.currency.exponent());
        if width == 0 {
            return write!(f, "{sign}{minor} {}", self.currency);
        }
        let scale = 10_u64.pow(u32::from(self.currency.exponent()));
        write!(
            f,
            "{sign}{}.{:0width$} {}",
            minor / scale,
            minor % scale,
            self.currency
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_amount_takes_no_room_of_its_own() {
        assert_eq!(size_of::<Option<Currency>>(), 4);
        assert_eq!(size_of::<Option<Money>>(), 16);
    }

    #[test]
    fn a_code_knows_its_decimals() {
        for (code, exponent) in [("USD", 2), ("JPY", 0), ("KWD", 3), ("INR", 2)] {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), exponent);
        }
        for wrong in ["usd", "US", "USDX", "", "ÄÖ"] {
            assert_eq!(
                wrong.parse::<Currency>(),
                Err(MoneyError::UnknownCurrency),
                "{wrong}"
            );
        }
        for known in [
            Currency::EUR,
            Currency::GBP,
            Currency::INR,
            Currency::JPY,
            Currency::KWD,
            Currency::USD,
        ] {
            assert_eq!(known.code().parse(), Ok(known));
        }
    }

    #[test]
    fn the_list_is_that_of_january_2026_without_what_nobody_pays_with() {
        let codes = [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS].map(str::split_ascii_whitespace);
        let codes: Vec<&str> = codes.into_iter().flatten().collect();
        let mut once = codes.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((codes.len(), once.len()), (155, 155));
        for new in ["XCG", "VED", "SLE", "ZWG"] {
            assert_eq!(new.parse::<Currency>().unwrap().exponent(), 2, "{new}");
        }
        let ended = ["BGN", "ANG", "SLL", "ZWL", "HRK", "CUC", "VEF"];
        let unpaid = [
            "XAU", "XAG", "XDR", "XUA", "XAD", "CHE", "CLF", "UYI", "UYW", "XTS", "XXX",
        ];
        for code in ended.into_iter().chain(unpaid) {
            assert_eq!(
                code.parse::<Currency>(),
                Err(MoneyError::UnknownCurrency),
                "{code}"
            );
        }
    }

    #[test]
    fn amounts_print_with_the_decimals_of_their_currency() {
        assert_eq!(Money::new(-5, Currency::USD).to_string(), "-0.05 USD");
        assert_eq!(Money::new(1_562, Currency::KWD).to_string(), "1.562 KWD");
        assert_eq!(Money::new(710, Currency::JPY).to_string(), "710 JPY");
        assert_eq!(
            Money::new(i64::MIN, Currency::JPY).to_string(),
            "-9223372036854775808 JPY"
        );
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let (dollar, yen) = (Money::new(1, Currency::USD), Money::new(1, Currency::JPY));
        assert_eq!(
            dollar.checked_add(yen).unwrap_err().code(),
            "money_currency_mismatch"
        );
        assert_eq!(
            dollar.checked_sub(yen).unwrap_err().code(),
            "money_currency_mismatch"
        );
        assert_eq!(dollar.min(yen).unwrap_err().code(), "money_currency_mismatch");
        assert_eq!(
            Money::new(i64::MAX, Currency::USD).checked_add(dollar),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            Money::new(i64::MIN, Currency::USD).checked_sub(dollar),
            Err(MoneyError::Overflow)
        );
    }
}
