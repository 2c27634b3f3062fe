//! Metres and seconds as people write them: whole, or with up to three decimals, and exact.

use fiacre_domain::units::{Millimetres, Millis};

/// Metres, such as `8046` or `8046.72`.
pub(crate) fn metres(text: &str) -> Result<Millimetres, String> {
    thousandths(
        text,
        "metres, such as 8046 or 8046.72",
        "1,000,000,000 m (1,000,000 km)",
    )
    .map(Millimetres::new)
}

/// Seconds, such as `300` or `25.2`.
pub(crate) fn seconds(text: &str) -> Result<Millis, String> {
    thousandths(
        text,
        "seconds, such as 300 or 25.2",
        "10,000,000 s (about 115 days)",
    )
    .map(Millis::new)
}

/// Thousandths as people write them: whole, or with the decimals that they have.
pub(crate) fn written(thousandths: i64) -> String {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
}

/// Reads `what`, of which the rules price at most `limit`; what cannot even be read is told so, too.
fn thousandths(text: &str, what: &str, limit: &str) -> Result<i64, String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return Err(format!(
            "write a number of {what}: not negative, with at most three decimals"
        ));
    }
    format!("{whole}{decimals:0<3}")
        .parse()
        .map_err(|_| format!("it is too large; give at most {limit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in ["0", "8046.72", "0.001", "25.2", "300"] {
            assert_eq!(written(thousandths(text, "", "").unwrap()), text);
        }
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for (text, expected) in [
            ("0", Some(0)),
            ("8046.72", Some(8_046_720)),
            ("0.001", Some(1)),
            ("25.2", Some(25_200)),
            ("9223372036854775.807", Some(i64::MAX)),
            ("9223372036854775.808", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-5", None),
            ("+5", None),
            ("1e3", None),
            ("1.2345", None),
            ("1.2.3", None),
            ("٣", None),
        ] {
            assert_eq!(thousandths(text, "", "").ok(), expected, "{text}");
        }
    }
}
