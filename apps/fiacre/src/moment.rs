//! Times as people write them, and as `fiacre` itself shows them: with milliseconds too, and an hour of one digit.

use fiacre_domain::time::{CivilDate, CivilDateTime, TimeError, TimeOfDay, Timestamp};
use fiacre_domain::units::Millis;

/// A time of day, such as `17:00`, `5:00` or `17:00:30.250`.
pub(crate) fn time_of_day(text: &str) -> Result<TimeOfDay, TimeError> {
    let (whole, ms) = fraction(text).ok_or(TimeError::MalformedTimeOfDay)?;
    let time: TimeOfDay = match whole.split_once(':') {
        Some((hour, rest)) if hour.len() == 1 => format!("0{hour}:{rest}").parse()?,
        Some(_) | None => whole.parse()?,
    };
    TimeOfDay::from_ms(time.ms() + ms)
}

/// A local date and time, such as `2018-07-03T17:00` or `2018-07-03T17:00:30.250`.
pub(crate) fn local(text: &str) -> Result<CivilDateTime, TimeError> {
    let (whole, ms) = fraction(text).ok_or(TimeError::Malformed)?;
    let at: CivilDateTime = whole.parse()?;
    Ok(CivilDateTime::new(
        at.date(),
        TimeOfDay::from_ms(at.time().ms() + ms)?,
    ))
}

/// The same, as it is written: with milliseconds where there are any.
pub(crate) fn written(at: CivilDateTime) -> String {
    match at.time().ms() % 1_000 {
        0 => at.to_string(),
        ms => format!("{at}.{ms:03}"),
    }
}

/// A moment in UTC, with or without the `Z` at its end, or a date: its beginning.
pub(crate) fn utc(text: &str) -> Result<Timestamp, &'static str> {
    let civil = match text.parse::<CivilDate>() {
        Ok(date) => local(&format!("{date}T00:00")),
        Err(_) => local(text.strip_suffix('Z').unwrap_or(text)),
    };
    let civil =
        civil.map_err(|_| "write a date, or a moment, in UTC, such as 2018-06-09 or 2018-06-08T21:40:30Z")?;
    Ok(civil.to_timestamp(Millis::ZERO))
}

/// What stands before the decimals of a second, and these in milliseconds. Only seconds have decimals: one to three.
fn fraction(text: &str) -> Option<(&str, u32)> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return Some((text, 0));
    };
    let is_number = (1..=3).contains(&decimals.len()) && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || whole.matches(':').count() != 2 {
        return None;
    }
    Some((whole, format!("{decimals:0<3}").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_millisecond_or_refused() {
        for (text, ms) in [
            ("17:00", Some(61_200_000)),
            ("5:00", Some(18_000_000)),
            ("05:00", Some(18_000_000)),
            ("5:00:30", Some(18_030_000)),
            ("17:00:30.25", Some(61_230_250)),
            ("23:59:59.999", Some(86_399_999)),
            ("24:00", None),
            ("5", None),
            ("5:0", None),
            (":00", None),
            ("17:00.5", None),
            ("17:00:30.", None),
            ("17:00:30.2500", None),
            ("17:00:30.+1", None),
        ] {
            assert_eq!(time_of_day(text).ok().map(TimeOfDay::ms), ms, "{text}");
        }
    }

    #[test]
    fn a_local_time_is_written_as_it_was_read() {
        for text in ["2018-07-03T17:00:00", "2018-07-03T17:00:30.250"] {
            assert_eq!(written(local(text).unwrap()), text);
        }
        assert_eq!(local("2018-07-03T17:00:00.000"), local("2018-07-03T17:00"));
        assert_eq!(local("2018-07-03T17:00:60.5"), Err(TimeError::NoSuchTime));
        assert_eq!(local("2018-07-03T17:00:00.0000"), Err(TimeError::Malformed));
    }

    #[test]
    fn a_moment_is_read_as_it_is_shown_and_a_date_is_its_beginning() {
        for (text, ms) in [
            ("2018-06-08T21:01:44.100Z", Some(1_528_491_704_100)),
            ("2018-06-08T21:01Z", Some(1_528_491_660_000)),
            ("2018-06-08T21:01", Some(1_528_491_660_000)),
            ("2018-06-08", Some(1_528_416_000_000)),
            ("2018-06-08Z", None),
            ("2018-06-31", None),
            ("yesterday", None),
        ] {
            assert_eq!(utc(text).ok().map(Timestamp::ms), ms, "{text}");
        }
    }
}
