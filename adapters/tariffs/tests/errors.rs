//! Errors name the file, the line and the reason; nothing that is written makes the reader panic.

use fiacre_tariffs::{FILE_BYTES_MAX, TariffFileFault};
use std::fmt::Write;

/// A small tariff that is right. Each case below changes one thing in it.
const RIGHT: &str = r#"[tariff]
id = "small"
version = 1
currency = "USD"

[[zone]]
name = "airport"

[[window]]
name = "night"
spans = [{ from = "20:00", to = "06:00" }]

[meter]
initial = "2.50"
initial-units = 1
segments = [{ price = "0.50", distance = "1/5 mi", time = "60 s" }]

[[charge]]
name = "night"
amount = "0.50"
during = ["night"]

[[flat]]
name = "airport-flat"
from = ["airport"]
to = ["airport"]
price = "9.00"
charges = ["night"]
"#;

#[test]
fn the_small_tariff_is_right() {
    fiacre_tariffs::parse("small.toml", RIGHT).unwrap();
}

/// What is right, what is written instead, the code, and how the message begins.
const MISTAKES: [(&str, &str, &str, &str); 32] = [
    (
        "currency = \"USD\"",
        "currency = \"usd\"",
        "tariff_file_value",
        "small.toml:4:12: ",
    ),
    (
        "[[charge]]",
        "[[chrage]]",
        "tariff_file_unknown_field",
        "small.toml:18:3: unknown field `chrage`: did you mean `charge`?",
    ),
    (
        "amount = ",
        "ammount = ",
        "tariff_file_unknown_field",
        "small.toml:20:1: unknown field `ammount`: did you mean `amount`?",
    ),
    (
        "\"0.50\"\nduring",
        "0.5\nduring",
        "tariff_file_syntax",
        "small.toml:20:10: 0.5 without quotes is not exact",
    ),
    (
        "\"0.50\"\nduring",
        "\"0,50\"\nduring",
        "tariff_file_syntax",
        "small.toml:20:10: cannot read `0,50`: write an amount",
    ),
    (
        "\"0.50\"\nduring",
        "\"0.505\"\nduring",
        "tariff_file_value",
        "small.toml:20:10: the amount is finer than a minor unit of USD",
    ),
    (
        "\"0.50\"\nduring",
        "\"-1\"\nduring",
        "tariff_negative",
        "small.toml:20:10: charge amount must not be below zero",
    ),
    (
        "to = \"06:00\"",
        "to = \"20:00\"",
        "tariff_file_value",
        "small.toml:11:33: a span ends when it begins: leave out both",
    ),
    (
        "during = [\"night\"]",
        "during = [\"nihgt\"]",
        "tariff_file_unknown_name",
        "small.toml:21:11: there is no window `nihgt`: did you mean `night`?",
    ),
    (
        "from = [\"airport\"]",
        "from = [\"aeroport\"]",
        "tariff_file_unknown_name",
        "small.toml:25:9: there is no zone `aeroport`: did you mean `airport`?",
    ),
    (
        "charges = [\"night\"]",
        "charges = [\"rush\"]",
        "tariff_file_unknown_name",
        "small.toml:28:12: there is no charge `rush`",
    ),
    (
        "\"1/5 mi\"",
        "\"1/5 miles\"",
        "tariff_file_syntax",
        "small.toml:16:42: cannot read `1/5 miles`: write a distance",
    ),
    (
        "\"1/5 mi\"",
        "\"0 mi\"",
        "tariff_not_positive",
        "small.toml:16:42: unit distance must be above zero",
    ),
    (
        "to = \"06:00\"",
        "to = \"24:00\"",
        "tariff_file_value",
        "small.toml:11:33: `24:00` is no time of day: write it as",
    ),
    (
        "id = \"small\"",
        "id = \"Small Tariff\"",
        "tariff_file_value",
        "small.toml:2:6: ",
    ),
    (
        "version = 1\n",
        "",
        "tariff_file_syntax",
        "small.toml:1:1: missing field `version`",
    ),
    (
        "name = \"airport\"\n",
        "name = \"airport\"\n[[zone]]\nname = \"airport\"\n",
        "tariff_duplicate",
        "small.toml:9:8: zone `airport` is named twice",
    ),
    ("[meter]", "[meter", "tariff_file_syntax", "small.toml:13:"),
    (
        "version = 1",
        "version = 0",
        "tariff_file_value",
        "small.toml:3:11: there is no version 0: write 1",
    ),
    (
        "version = 1",
        "version = -1",
        "tariff_file_syntax",
        "small.toml:3:11: invalid value: integer `-1`: write a whole number from 0 to 4294967295",
    ),
    (
        "id = \"small\"",
        "id = 7",
        "tariff_file_syntax",
        "small.toml:2:6: invalid type: integer `7`: write text, in quotes",
    ),
    (
        "from = [\"airport\"]",
        "from = \"airport\"",
        "tariff_file_syntax",
        "small.toml:25:8: invalid type: string \"airport\": write a list, in square brackets",
    ),
    (
        "initial = \"2.50\"",
        "initial = \"-2.50\"",
        "tariff_negative",
        "small.toml:14:11: initial price must not be below zero",
    ),
    (
        "initial-units = 1",
        "initial-units = -1",
        "tariff_negative",
        "small.toml:15:17: initial units must not be below zero",
    ),
    (
        "time = \"60 s\" }",
        "time = \"60 s\" }, { from = \"0 m\", price = 1, distance = \"1 m\", time = \"1 s\" }",
        "tariff_out_of_order",
        "small.toml:16:69: segments must ascend",
    ),
    (
        "[{ price",
        "[{ from = \"1 m\", price",
        "tariff_out_of_order",
        "small.toml:16:13: segments must begin at zero",
    ),
    (
        "time = \"60 s\" }",
        "time = \"60 s\" }, { from = \"9 m\", price = 1, distance = \"1 m\" }",
        "tariff_missing",
        "small.toml:16:69: unit time is needed",
    ),
    (
        "price = \"9.00\"",
        "price = \"-9.00\"",
        "tariff_negative",
        "small.toml:27:9: flat price must not be below zero",
    ),
    (
        "[[charge]]",
        "[[charge]]\nname = \"night\"\namount = 1\n[[charge]]",
        "tariff_duplicate",
        "small.toml:22:8: charge `night` is named twice",
    ),
    (
        "[[flat]]",
        "[[tax]]\nname = \"vat\"\nauthority = \"city\"\nrate = \"900%\"\n[[flat]]",
        "tariff_too_large",
        "small.toml:26:8: tax rate is too large: give at most 100%",
    ),
    (
        "[[flat]]",
        "[surge]\nmin = \"2\"\nmax = \"1\"\n[[flat]]",
        "tariff_out_of_order",
        "small.toml:25:7: surge limits must ascend",
    ),
    (
        "currency = \"USD\"",
        "currency = \"KWD\"",
        "pricing_step_does_not_fit_gateway",
        "small.toml:4:12: an ordinary ride cannot be priced with it: the payment gateway takes only multiples of 10 minor units",
    ),
];

#[test]
fn each_mistake_is_named_with_its_place_and_reason() {
    for (right, wrong, code, message) in MISTAKES {
        assert!(RIGHT.contains(right), "the case {wrong} changes nothing");
        let error = fiacre_tariffs::parse("small.toml", &RIGHT.replacen(right, wrong, 1)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("failed to read {message}")),
            "{error}\nexpected: {message}"
        );
        assert_eq!(error.code(), code, "{error}");
    }
}

/// The error says once what failed; the reasons say why, in words of the format.
#[test]
fn no_reason_says_again_what_failed_or_names_a_type() {
    for (right, wrong, ..) in MISTAKES {
        let error = fiacre_tariffs::parse("small.toml", &RIGHT.replacen(right, wrong, 1)).unwrap_err();
        let text = error.to_string();
        assert_eq!(text.matches("failed to").count(), 1, "{text}");
        for kind in ["expected u", "expected struct", "a sequence"] {
            assert!(!text.contains(kind), "{text}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_or_too_long_is_refused() {
    let error = fiacre_tariffs::load("no/such/tariff.toml".as_ref()).unwrap_err();
    assert_eq!(error.code(), "tariff_file_unreadable");
    let error = fiacre_tariffs::parse("long.toml", &"#".repeat(FILE_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(error.fault(), &TariffFileFault::TooLarge);
    let error = fiacre_tariffs::built_in("tokio").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to read tokio: there is no tariff `tokio`: did you mean `tokyo`?"
    );
}

#[test]
fn counts_are_limited() {
    let mut zones = RIGHT.to_owned();
    let mut charges = RIGHT.to_owned();
    for number in 0..70 {
        write!(zones, "[[zone]]\nname = \"zone-{number}\"\n").unwrap();
        write!(charges, "[[charge]]\nname = \"charge-{number}\"\namount = 1\n").unwrap();
    }
    for text in [zones, charges] {
        assert_eq!(
            fiacre_tariffs::parse("many.toml", &text).unwrap_err().code(),
            "tariff_too_many"
        );
    }
}

#[test]
fn no_cut_or_doubled_line_makes_the_reader_panic() {
    for name in fiacre_tariffs::built_in_names() {
        let text = fiacre_tariffs::built_in_text(name).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for line in 0..lines.len() {
            let without: Vec<&str> = lines[..line].iter().chain(&lines[line + 1..]).copied().collect();
            let doubled: Vec<&str> = lines[..=line].iter().chain(&lines[line..]).copied().collect();
            for text in [without.join("\n"), doubled.join("\n"), lines[..line].join("\n")] {
                if let Err(error) = fiacre_tariffs::parse(name, &text) {
                    assert!(!error.code().is_empty());
                }
            }
        }
    }
}

/// The example of the README is a tariff.
#[test]
fn the_documented_example_is_read() {
    let readme = include_str!("../README.md");
    let example = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let tariff = fiacre_tariffs::parse("README.md", example).unwrap();
    assert_eq!((tariff.id().as_str(), tariff.version()), ("example", 3));
}

/// Every field of the format is in the example, so that the documentation cannot fall behind.
#[test]
fn the_documented_example_has_every_field() {
    let readme = include_str!("../README.md");
    let format = include_str!("../src/file.rs");
    let fields = format
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub(crate) ")?.split_once(": "));
    for (field, _) in fields.filter(|(field, _)| !field.contains(' ')) {
        let written = field.trim_start_matches('_').replace('_', "-");
        assert!(readme.contains(&written), "`{written}` is not in README.md");
    }
}
