//! Quotients for people: rounded as integers first, so that every platform prints the same digits.

/// `numerator` ÷ `denominator`, rounded half away from zero to `digits` decimals (at most 9); `None` where nothing is counted.
pub(crate) fn quotient(numerator: i128, denominator: i128, digits: u32) -> Option<f64> {
    if denominator == 0 {
        return None;
    }
    let scale = 10_i128.pow(digits.min(9));
    let doubled = numerator.saturating_mul(scale).saturating_mul(2) / denominator;
    let rounded = i128::midpoint(doubled, doubled.signum());
    Some(to_f64(rounded) / to_f64(scale))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures of a day stay below 2^53, and beyond it a figure for people may be rounded"
)]
const fn to_f64(value: i128) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::quotient;

    #[test]
    fn quotients_are_rounded_half_away_from_zero() {
        for (numerator, denominator, digits, expected) in [
            (1, 3, 4, Some(0.3333)),
            (2, 3, 4, Some(0.6667)),
            (1, 2, 0, Some(1.0)),
            (-1, 2, 0, Some(-1.0)),
            (-1, 3, 2, Some(-0.33)),
            (0, 5, 3, Some(0.0)),
            (7, 0, 3, None),
        ] {
            assert_eq!(quotient(numerator, denominator, digits), expected);
        }
    }
}
