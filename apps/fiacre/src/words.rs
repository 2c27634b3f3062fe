//! Counts and sums, as people read them.

use fiacre_domain::money::{Currency, Money};

/// How many of what: `1 finding`, `2 findings`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

/// A sum of minor units, in the way that its currency is written.
pub(crate) fn sum(minor: i128, currency: Currency) -> String {
    match i64::try_from(minor) {
        Ok(minor) => Money::new(minor, currency).to_string(),
        Err(_) => format!("{minor} minor units of {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        let told = [0, 1, 2].map(|count| counted(count, "finding"));
        assert_eq!(told, ["0 findings", "1 finding", "2 findings"]);
    }

    #[test]
    fn sums_have_the_decimals_of_their_currency_however_large() {
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(sum(0, Currency::USD), "0.00 USD");
        assert_eq!(sum(-5, yen), "-5 JPY");
        let beyond = i128::from(i64::MAX) + 1;
        assert_eq!(sum(beyond, yen), "9223372036854775808 minor units of JPY");
    }
}
