//! Exact fractions: what amounts, rates and metered units are computed in before a stage rounds once.
//!
//! Every operation is checked; what leaves `i128` is [`Overflow`], never a wrapped or approximated value.
//!
//! ```
//! use fiacre_domain::ratio::Ratio;
//! let fifth_of_a_mile_mm = Ratio::new(1_609_344, 5)?;
//! let units = Ratio::from(8_046_720_i64).checked_div(fifth_of_a_mile_mm)?;
//! assert_eq!(units, Ratio::from(25_i64));
//! # Ok::<(), fiacre_domain::ratio::Overflow>(())
//! ```

use crate::canonical_struct;
use std::cmp::Ordering;
use std::fmt;

/// A computation left the range of an exact `i128` fraction, or divided by zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl Overflow {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "arithmetic_overflow"
    }
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "failed to compute exactly: the amounts or quantities are too large, or a divisor is zero",
        )
    }
}

impl std::error::Error for Overflow {}

/// How a fraction becomes a whole number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rounding {
    /// To the nearest; a tie goes away from zero (commercial rounding).
    HalfUp,
    /// To the nearest; a tie goes to the even neighbour (banker's rounding).
    HalfEven,
    /// Towards +∞.
    Ceiling,
    /// Towards −∞.
    Floor,
}
crate::canonical_enum!(Rounding { 0 = HalfUp, 1 = HalfEven, 2 = Ceiling, 3 = Floor });

/// An exact fraction in lowest terms with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}
canonical_struct!(Ratio {
    numerator,
    denominator
});

const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Some(narrow_a), Some(narrow_b)) = (narrow(a), narrow(b)) {
            return gcd_narrow(narrow_a, narrow_b) as u128;
        }
        (a, b) = (b, a % b);
    }
    a
}

#[expect(clippy::cast_possible_truncation, reason = "checked in the same line")]
const fn narrow(wide: u128) -> Option<u64> {
    if wide <= u64::MAX as u128 {
        Some(wide as u64)
    } else {
        None
    }
}

/// Nearly every pair fits 64 bits, where shifts (Stein's algorithm) cost a fraction of 128-bit divisions.
const fn gcd_narrow(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shared_twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            (a, b) = (b, a);
        }
        b -= a;
    }
    a << shared_twos
}

impl Ratio {
    /// 0.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
    /// 1.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// `numerator / denominator`; [`Overflow`] where the denominator is zero.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where the denominator is zero, or the fraction in lowest terms does not fit into 128 bits with its
    /// sign.
    pub const fn new(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if denominator == 0 {
            return Err(Overflow);
        }
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let (above, below) = (
            numerator.unsigned_abs() / divisor,
            denominator.unsigned_abs() / divisor,
        );
        if above > i128::MAX as u128 || below > i128::MAX as u128 {
            return Err(Overflow);
        }
        let (above, below) = (above.cast_signed(), below.cast_signed());
        let negative = (numerator < 0) != (denominator < 0);
        Ok(Self {
            numerator: if negative { -above } else { above },
            denominator: below,
        })
    }

    /// The numerator, in lowest terms.
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator, in lowest terms; at least 1.
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// Whether this is below zero.
    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// Whether this is zero.
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where it does not fit into 128 bits, in lowest terms or on the way there.
    pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == other.denominator {
            let sum = self.numerator.checked_add(other.numerator).ok_or(Overflow)?;
            if self.denominator == 1 {
                return Self::lowest(sum, 1);
            }
            return Self::new(sum, self.denominator);
        }
        let shared = gcd(self.denominator.unsigned_abs(), other.denominator.unsigned_abs()).cast_signed();
        let scale = other.denominator / shared;
        let left = self.numerator.checked_mul(scale).ok_or(Overflow)?;
        let right = other
            .numerator
            .checked_mul(self.denominator / shared)
            .ok_or(Overflow)?;
        let below = self.denominator.checked_mul(scale).ok_or(Overflow)?;
        Self::new(left.checked_add(right).ok_or(Overflow)?, below)
    }

    /// `self − other`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where it does not fit into 128 bits, in lowest terms or on the way there.
    pub fn checked_sub(self, other: Self) -> Result<Self, Overflow> {
        self.checked_add(other.negated())
    }

    /// `self × other`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where it does not fit into 128 bits, in lowest terms or on the way there.
    pub fn checked_mul(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == 1 && other.denominator == 1 {
            return Self::lowest(self.numerator.checked_mul(other.numerator).ok_or(Overflow)?, 1);
        }
        // What is divided out crosswise leaves nothing to be divided out of the product.
        let across = gcd(self.numerator.unsigned_abs(), other.denominator.unsigned_abs())
            .cast_signed()
            .max(1);
        let back = gcd(other.numerator.unsigned_abs(), self.denominator.unsigned_abs())
            .cast_signed()
            .max(1);
        let above = (self.numerator / across)
            .checked_mul(other.numerator / back)
            .ok_or(Overflow)?;
        let below = (self.denominator / back)
            .checked_mul(other.denominator / across)
            .ok_or(Overflow)?;
        Self::lowest(above, below)
    }

    /// `self ÷ other`; [`Overflow`] where `other` is zero.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where `other` is zero, or the quotient does not fit into 128 bits.
    pub fn checked_div(self, other: Self) -> Result<Self, Overflow> {
        if other.is_zero() {
            return Err(Overflow);
        }
        // `other` is in lowest terms, and so is its reciprocal: only the sign has to move up.
        self.checked_mul(Self {
            numerator: other.denominator * other.numerator.signum(),
            denominator: other.numerator.abs(),
        })
    }

    /// What is in lowest terms already, over a positive denominator; [`Overflow`] for the one value that has no opposite.
    const fn lowest(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if numerator == i128::MIN {
            return Err(Overflow);
        }
        Ok(Self {
            numerator,
            denominator,
        })
    }

    /// `−self`.
    #[must_use]
    pub const fn negated(self) -> Self {
        // `new` never stores i128::MIN.
        Self {
            numerator: -self.numerator,
            denominator: self.denominator,
        }
    }

    /// The largest whole number that is not above this.
    pub const fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The smallest whole number that is not below this.
    pub const fn ceil(self) -> i128 {
        -(-self.numerator).div_euclid(self.denominator)
    }

    /// The whole number that `rounding` picks.
    pub const fn round(self, rounding: Rounding) -> i128 {
        let floor = self.floor();
        let rest = self.numerator.rem_euclid(self.denominator);
        if rest == 0 {
            return floor;
        }
        // Compares 2·rest with the denominator without leaving i128.
        let other_half = self.denominator - rest;
        let up = match rounding {
            Rounding::Ceiling => true,
            Rounding::Floor => false,
            Rounding::HalfUp => rest > other_half || (rest == other_half && self.numerator > 0),
            Rounding::HalfEven => rest > other_half || (rest == other_half && floor % 2 != 0),
        };
        if up { floor + 1 } else { floor }
    }

    /// The multiple of `step` that `rounding` picks; [`Overflow`] where `step` is not above zero.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where `step` is not above zero, or the multiple does not fit into 64 bits.
    ///
    /// ```
    /// use fiacre_domain::ratio::{Ratio, Rounding};
    /// let amount = Ratio::new(7_065, 10)?;
    /// assert_eq!(amount.round_to_step(10, Rounding::HalfUp)?, 710);
    /// # Ok::<(), fiacre_domain::ratio::Overflow>(())
    /// ```
    pub fn round_to_step(self, step: i64, rounding: Rounding) -> Result<i64, Overflow> {
        if step <= 0 {
            return Err(Overflow);
        }
        let steps = self.checked_div(Self::from(step))?.round(rounding);
        let whole = steps.checked_mul(i128::from(step)).ok_or(Overflow)?;
        i64::try_from(whole).map_err(|_| Overflow)
    }

    /// The larger of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// The smaller of two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }
}

impl From<i64> for Ratio {
    fn from(whole: i64) -> Self {
        Self {
            numerator: i128::from(whole),
            denominator: 1,
        }
    }
}

impl From<i32> for Ratio {
    fn from(whole: i32) -> Self {
        Self {
            numerator: i128::from(whole),
            denominator: 1,
        }
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    /// Exact for every pair: by continued fractions, since a cross product may leave `i128`.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let (mut left, mut right) = (
            (self.numerator, self.denominator),
            (other.numerator, other.denominator),
        );
        let mut swapped = false;
        loop {
            let (a, b) = (left.0.div_euclid(left.1), right.0.div_euclid(right.1));
            let (rest_a, rest_b) = (left.0.rem_euclid(left.1), right.0.rem_euclid(right.1));
            let order = match a.cmp(&b) {
                Ordering::Equal if rest_a != 0 && rest_b != 0 => {
                    // The larger remainder has the smaller reciprocal.
                    (left, right) = ((left.1, rest_a), (right.1, rest_b));
                    swapped = !swapped;
                    continue;
                }
                // Whoever has no remainder is less.
                Ordering::Equal => rest_a.cmp(&rest_b),
                Ordering::Less | Ordering::Greater => a.cmp(&b),
            };
            return if swapped { order.reverse() } else { order };
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: i128, denominator: i128) -> Ratio {
        Ratio::new(numerator, denominator).unwrap()
    }

    #[test]
    fn a_fraction_is_kept_in_lowest_terms_with_its_sign_above() {
        assert_eq!(ratio(6, -4), ratio(-3, 2));
        assert_eq!(ratio(0, -9), Ratio::ZERO);
        assert_eq!(Ratio::new(1, 0), Err(Overflow));
        assert_eq!(Ratio::new(i128::MIN, 1), Err(Overflow));
    }

    #[test]
    fn sums_products_and_quotients_are_in_lowest_terms_too() {
        for (a, b) in (-12..=12).flat_map(|a| (1..=12).map(move |b| (a, b))) {
            for (c, d) in (-12..=12).flat_map(|c| (1..=12).map(move |d| (c, d))) {
                let (left, right) = (ratio(a, b), ratio(c, d));
                assert_eq!(left.checked_add(right), Ratio::new(a * d + c * b, b * d));
                assert_eq!(left.checked_mul(right), Ratio::new(a * c, b * d));
                assert_eq!(left.checked_div(right), Ratio::new(a * d, b * c));
                assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
            }
        }
    }

    #[test]
    fn each_rounding_rule_decides_ties_its_own_way() {
        let cases = [
            (5, 2, Rounding::HalfUp, 3),
            (5, 2, Rounding::HalfEven, 2),
            (7, 2, Rounding::HalfEven, 4),
            (-5, 2, Rounding::HalfUp, -3),
            (-5, 2, Rounding::HalfEven, -2),
            (-7, 2, Rounding::HalfEven, -4),
            (1, 3, Rounding::Ceiling, 1),
            (-1, 3, Rounding::Ceiling, 0),
            (-1, 3, Rounding::Floor, -1),
            (4, 2, Rounding::Ceiling, 2),
        ];
        for (above, below, rounding, whole) in cases {
            assert_eq!(
                ratio(above, below).round(rounding),
                whole,
                "{above}/{below} {rounding:?}"
            );
        }
    }

    #[test]
    fn order_is_exact_where_a_cross_product_would_overflow() {
        let huge = i128::MAX;
        assert!(ratio(huge, huge - 1) > ratio(huge - 1, huge - 2).min(Ratio::ONE));
        assert!(ratio(huge - 1, huge) < Ratio::ONE);
        assert!(ratio(huge - 2, huge - 1) < ratio(huge - 1, huge));
        assert!(ratio(-1, 3) < ratio(-1, 4));
        assert!(ratio(1, 3) < ratio(1, 2));
    }

    #[test]
    fn overflow_is_an_error_and_reduction_avoids_it_where_it_can() {
        let huge = ratio(i128::MAX, 1);
        assert_eq!(huge.checked_mul(ratio(1, i128::MAX)), Ok(Ratio::ONE));
        assert_eq!(huge.checked_add(Ratio::ONE), Err(Overflow));
        assert_eq!(huge.checked_mul(ratio(2, 1)), Err(Overflow));
        assert_eq!(huge.negated().checked_sub(Ratio::ONE), Err(Overflow));
        assert_eq!(ratio(-(1 << 126), 1).checked_mul(ratio(2, 1)), Err(Overflow));
        assert_eq!(huge.round_to_step(1, Rounding::Floor), Err(Overflow));
        assert_eq!(Ratio::ONE.checked_div(Ratio::ZERO), Err(Overflow));
        assert_eq!(Ratio::ONE.round_to_step(0, Rounding::Floor), Err(Overflow));
    }
}
