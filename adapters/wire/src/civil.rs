//! Local times as text, to the millisecond: `2018-07-03T10:00:00`, `2018-07-03T10:00:00.250`.

use fiacre_domain::time::{CivilDateTime, TimeError, TimeOfDay};

pub(crate) fn to_text(at: CivilDateTime) -> String {
    match at.time().ms() % 1_000 {
        0 => at.to_string(),
        ms => format!("{at}.{ms:03}"),
    }
}

pub(crate) fn from_text(text: &str) -> Result<CivilDateTime, String> {
    let why = |error: TimeError| error.to_string();
    let Some((seconds, fraction)) = text.split_once('.') else {
        return text.parse().map_err(why);
    };
    let whole: CivilDateTime = seconds.parse().map_err(why)?;
    let is_right =
        fraction.len() == 3 && fraction.bytes().all(|byte| byte.is_ascii_digit()) && fraction != "000";
    let ms: u32 = fraction
        .parse()
        .ok()
        .filter(|_| is_right)
        .ok_or("write milliseconds as three digits, not all zero")?;
    let time = TimeOfDay::from_ms(whole.time().ms() + ms).map_err(why)?;
    Ok(CivilDateTime::new(whole.date(), time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_has_one_text() {
        for text in [
            "2018-07-03T10:00:00",
            "2018-07-03T23:59:59.999",
            "2018-07-03T10:00:00.001",
        ] {
            assert_eq!(to_text(from_text(text).unwrap()), text);
        }
        for wrong in [
            "2018-07-03T10:00:00.",
            "2018-07-03T10:00:00.1",
            "2018-07-03T10:00:00.000",
            "2018-07-03T10:00:00.+12",
        ] {
            assert!(from_text(wrong).is_err(), "{wrong}");
        }
    }
}
