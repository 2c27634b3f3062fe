//! How values are written: exact decimals and fractions, quantities with their unit, shares in per cent.

use fiacre_domain::pricing::{Speed, StageRounding};
use fiacre_domain::ratio::{Ratio, Rounding};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A value that is written as text (or, where it has no unit, as a whole number).
pub(crate) trait Written: Sized {
    /// How to write it, for errors.
    const HOW: &'static str;

    fn read(text: &str) -> Option<Self>;
}

/// Deserializes what is [`Written`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<T>(pub(crate) T);

impl<'de, T: Written> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor(PhantomData))
    }
}

struct ValueVisitor<T>(PhantomData<T>);

impl<T: Written> Visitor<'_> for ValueVisitor<T> {
    type Value = Value<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::HOW)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::read(text)
            .map(Value)
            .ok_or_else(|| E::custom(format!("cannot read `{text}`: write {}", T::HOW)))
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Self::Value, E> {
        self.visit_str(&whole.to_string())
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Self::Value, E> {
        Err(E::custom(format!(
            "{float} without quotes is not exact: write {}",
            T::HOW
        )))
    }
}

/// A number: `2`, `2.5`, `1/5` or `1096/255`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) Ratio);

impl Written for Number {
    const HOW: &'static str = "a number such as \"2\", \"2.5\" or \"1096/255\"";

    fn read(text: &str) -> Option<Self> {
        number(text).map(Self)
    }
}

/// An amount in major units: `2.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Ratio);

impl Written for Amount {
    const HOW: &'static str = "an amount in major units such as \"2.50\"";

    fn read(text: &str) -> Option<Self> {
        number(text).map(Self)
    }
}

/// A share: `5%`, or a multiple such as `1.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) Ratio);

impl Written for Share {
    const HOW: &'static str = "a share such as \"5%\" or \"1.5\"";

    fn read(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => number(percent.trim_end())?
                .checked_div(Ratio::from(100))
                .ok()
                .map(Self),
            None => number(text).map(Self),
        }
    }
}

/// A distance in millimetres: `255 m`, `1/5 mi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distance(pub(crate) Ratio);

impl Written for Distance {
    const HOW: &'static str = "a distance such as \"255 m\", \"4 km\" or \"1/5 mi\"";

    fn read(text: &str) -> Option<Self> {
        quantity(
            text,
            &[("mm", 1), ("m", 1_000), ("km", 1_000_000), ("mi", 1_609_344)],
        )
        .map(Self)
    }
}

/// A duration in milliseconds: `60 s`, `25.2 s`, `5 min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) Ratio);

impl Written for Duration {
    const HOW: &'static str = "a duration such as \"25.2 s\", \"5 min\" or \"1 h\"";

    fn read(text: &str) -> Option<Self> {
        quantity(
            text,
            &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)],
        )
        .map(Self)
    }
}

/// A speed: `12 mph`, `10 km/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Velocity(pub(crate) Speed);

impl Written for Velocity {
    const HOW: &'static str = "a speed such as \"10 km/h\" or \"12 mph\"";

    fn read(text: &str) -> Option<Self> {
        let mm_per_hour = quantity(text, &[("km/h", 1_000_000), ("mph", 1_609_344)])?;
        let whole = (mm_per_hour.denominator() == 1).then_some(mm_per_hour.numerator())?;
        Speed::from_mm_per_hour(i64::try_from(whole).ok()?).ok().map(Self)
    }
}

/// A rounding rule by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoundingName {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

impl RoundingName {
    pub(crate) const fn rule(self) -> Rounding {
        match self {
            Self::HalfUp => Rounding::HalfUp,
            Self::HalfEven => Rounding::HalfEven,
            Self::Up => Rounding::Ceiling,
            Self::Down => Rounding::Floor,
        }
    }
}

/// Nearest minor unit, ties up.
pub(crate) const MINOR_UNIT: StageRounding = StageRounding::MINOR_UNIT;

fn quantity(text: &str, units: &[(&str, i64)]) -> Option<Ratio> {
    let (count, unit) = text.rsplit_once(' ')?;
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number(count.trim_end())?.checked_mul(Ratio::from(*scale)).ok()
}

fn number(text: &str) -> Option<Ratio> {
    match text.split_once('/') {
        Some((above, below)) => decimal(above.trim_end())?
            .checked_div(decimal(below.trim_start())?)
            .ok(),
        None => decimal(text),
    }
}

/// An exact decimal of at most 18 digits.
fn decimal(text: &str) -> Option<Ratio> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let dangles = whole.is_empty() || digits.ends_with('.');
    if dangles || !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() > 18 {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let above: i128 = format!("{whole}{fraction}").parse().ok()?;
    Ratio::new(if negative { -above } else { above }, scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(above: i128, below: i128) -> Ratio {
        Ratio::new(above, below).unwrap()
    }

    #[test]
    fn values_are_read_exactly() {
        assert_eq!(Number::read("1096/255"), Some(Number(ratio(1096, 255))));
        assert_eq!(Amount::read("-2.50"), Some(Amount(ratio(-5, 2))));
        assert_eq!(Share::read("12.5 %"), Some(Share(ratio(1, 8))));
        assert_eq!(Distance::read("1/5 mi"), Some(Distance(ratio(1_609_344, 5))));
        assert_eq!(Duration::read("25.2 s"), Some(Duration(ratio(25_200, 1))));
        assert_eq!(
            Velocity::read("12 mph"),
            Some(Velocity(Speed::from_mph(12).unwrap()))
        );
    }

    #[test]
    fn what_is_not_a_value_is_refused() {
        for wrong in [
            "",
            ".",
            "1.",
            ".5",
            "1/0",
            "1e3",
            "0x10",
            "--1",
            "9999999999999999999",
            "1 000",
            "१",
        ] {
            assert_eq!(Number::read(wrong), None, "{wrong}");
        }
        for wrong in ["5", "5m", "5 metres", "m", " m"] {
            assert_eq!(Distance::read(wrong), None, "{wrong}");
        }
        assert_eq!(Velocity::read("0 km/h"), None);
    }
}
