//! Figures as people read them.

use fiacre_domain::money::Currency;
use fiacre_domain::time::{TimeOfDay, Weekday};

/// `12,345`.
pub(super) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// `1 driver`, `12,345 drivers`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(number))
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12,345.67`, without the currency's code.
pub(super) fn amount(minor: i128, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let decimals = usize::from(currency.exponent());
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// `89.7%` of a share of 1; a dash where there is none.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(dash, |share| format!("{:.1}%", share * 100.0))
}

/// The share that `part` is of `whole`.
pub(super) fn percent_of(part: u64, whole: u64) -> String {
    percent(crate::measures::quotient(part.into(), whole.into(), 4))
}

/// `46 s`, `3 min 30 s` or `1 h 3 min`; a dash where there is none.
pub(super) fn span(seconds: Option<u32>) -> String {
    seconds.map_or_else(dash, |seconds| {
        match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
            (0, 0, seconds) => format!("{seconds} s"),
            (0, minutes, 0) => format!("{minutes} min"),
            (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
            (hours, 0, _) => format!("{hours} h"),
            (hours, minutes, _) => format!("{hours} h {minutes} min"),
        }
    })
}

/// `3:30` minutes and seconds, or `1:03:30`, for tables; a dash where there is none.
pub(super) fn minutes(seconds: Option<u32>) -> String {
    seconds.map_or_else(dash, |seconds| {
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        }
    })
}

/// `2 h 20 min`, or `45 min`.
pub(super) fn hours(duration_ms: i64) -> String {
    let minutes = duration_ms.max(0) / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// `18:05`.
pub(super) fn clock(time: TimeOfDay) -> String {
    time.to_string().chars().take(5).collect()
}

/// `Friday`.
pub(super) const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// What stands where nothing was measured.
pub(super) fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(
            [0, 1, 1_000].map(|number| counted(number, "trip")),
            ["0 trips", "1 trip", "1,000 trips"]
        );
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (minor, currency, text) in [
            (0, Currency::USD, "0.00"),
            (5, Currency::USD, "0.05"),
            (-123_456_789, Currency::USD, "-1,234,567.89"),
            (12_345, Currency::JPY, "12,345"),
            (1_562, Currency::KWD, "1.562"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
    }

    #[test]
    fn durations_and_shares_read_naturally() {
        assert_eq!(minutes(Some(59)), "0:59");
        assert_eq!(
            [0, 46, 60, 221, 3_600, 3_790].map(|seconds| span(Some(seconds))),
            ["0 s", "46 s", "1 min", "3 min 41 s", "1 h", "1 h 3 min"]
        );
        assert_eq!(span(None), "–");
        assert_eq!(minutes(Some(3_661)), "1:01:01");
        assert_eq!(minutes(None), "–");
        assert_eq!(
            [hours(0), hours(3_600_000), hours(5_400_000)],
            ["0 min", "1 h", "1 h 30 min"]
        );
        assert_eq!([percent(Some(0.897)), percent(None)], ["89.7%", "–"]);
        assert_eq!(percent_of(1, 0), "–");
    }
}
