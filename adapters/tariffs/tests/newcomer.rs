//! What somebody who writes their own city's tariff gets wrong is refused where it stands, in words that say how to go on; what
//! can be read and cannot be meant is refused as well.

const CITY: &str = r#"[tariff]
id = "lyon"
version = 1
currency = "EUR"
minimum = "8.00"
cap = "100.00"
holidays = ["2026-01-01"]

[[zone]]
name = "centre"

[[zone]]
name = "airport"

[[window]]
name = "night"
spans = [{ days = ["mon", "tue"], from = "19:00", to = "07:00" }]

[meter]
initial = "2.30"
segments = [{ price = "0.10", distance = "57.5 m", time = "9.6 s" }]

[[multiplier]]
during = "night"
factor = "1.5"

[[charge]]
name = "airport"
amount = "3.00"
starting-in = ["airport"]

[[discount]]
name = "card"
share = "5%"

[[tax]]
name = "vat"
authority = "state"
rate = "10%"
included = true

[rounding]
total = { step = "0.10" }

[settlement]
up = "20%"
down = "10%"
cap = "50%"

[[cancellation]]
stages = ["assigned"]
faults = ["rider"]
share = "10%"

[pay]
version = 1
commission = "20%"
"#;

#[test]
fn the_city_is_right() {
    fiacre_tariffs::parse("lyon.toml", CITY).unwrap();
}

/// What is right, what is written instead, and how the message begins.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "minimum = \"8.00\"",
        "minimum = \"200\"",
        "6:7: cap is below the minimum",
    ),
    (
        "[rounding]",
        "[surge]\nmin = \"0\"\nmax = \"2\"\n[rounding]",
        "43:7: surge min must be above zero",
    ),
    (
        "[rounding]",
        "[surge]\nmin = \"1.2\"\nmax = \"2\"\n[rounding]",
        "44:7: surge limits leave no ride at its price: put 1 between them",
    ),
    (
        "57.5 m",
        "0.000001 m",
        "21:42: unit distance is too small to be meant: give at least 0.1 m",
    ),
    (
        "9.6 s",
        "0.0096 s",
        "21:59: unit time is too small to be meant: give at least 1 s",
    ),
    (
        "step = \"0.10\"",
        "step = \"0.03\"",
        "43:18: rounding step is none that amounts are rounded to: use 1, 2, 5 or 25",
    ),
    (
        "\"mon\", \"tue\"",
        "\"mon\", \"mon\"",
        "17:27: the day is named twice",
    ),
    (
        "\"mon\", \"tue\"",
        "\"monday\"",
        "17:20: cannot read `monday`: write one of `mon`, `tue`",
    ),
    (
        "share = \"5%\"",
        "share = \"150%\"",
        "34:9: discount share is too large: give at most 100%",
    ),
    (
        "rate = \"10%\"",
        "rate = \"10\"",
        "39:8: tax rate is too large: give at most 100% (ten per cent are 10%, or 0.1)",
    ),
    (
        "commission = \"20%\"",
        "commission = \"120%\"",
        "57:14: commission is too large: give at most 100%",
    ),
    (
        "name = \"centre\"",
        "name = \"centre\"\ninside = [\"centre\"]",
        "11:11: zone `centre` cannot lie inside itself",
    ),
    (
        "name = \"centre\"",
        "name = \"centre\"\ninside = [\"airport\"]",
        "11:11: zone `airport` stands further down: put it above",
    ),
    (
        "name = \"centre\"\n\n[[zone]]\nname = \"airport\"",
        "name = \"centre\"\ninside = [\"airport\"]\n[[zone]]\nname = \"airport\"\ninside = [\"centre\"]",
        "11:11: zones `centre` and `airport` lie inside each other: take one `inside` out",
    ),
    (
        "[[tax]]",
        "[[discount]]\nname = \"card\"\nshare = \"1%\"\n[[tax]]",
        "37:8: discount `card` is named twice: give each another name",
    ),
    (
        "\"EUR\"",
        "\"eur\"",
        "4:12: there is no currency `eur`: write \"EUR\"",
    ),
    (
        "\"EUR\"",
        "\"BGN\"",
        "4:12: there is no currency `BGN`: use an active ISO 4217 code",
    ),
    (
        "\"lyon\"",
        "\"Lyon 2026\"",
        "2:6: `Lyon 2026` is no name: use 1 to 22 characters out of a-z",
    ),
    (
        "57.5 m",
        "57,5 m",
        "21:42: cannot read `57,5 m`: write a distance such as",
    ),
    (
        "19:00",
        "7pm",
        "17:42: `7pm` is no time of day: write it as \"16:00\"",
    ),
    (
        "\"2026-01-01\"",
        "2026-01-01",
        "7:13: this is a table, or a date without quotes: write text, in quotes",
    ),
    (
        "\"2026-01-01\"",
        "\"2026-02-30\"",
        "7:13: `2026-02-30` is no date",
    ),
    (
        "\"2026-01-01\"",
        "\"2026-01-01\", \"2026-01-01\"",
        "7:27: `2026-01-01` is named twice",
    ),
    (
        "amount = \"3.00\"",
        "price = \"3.00\"",
        "29:1: unknown field `price`: there is `name`, `amount`, `per-stop`",
    ),
    (
        "amount = \"3.00\"",
        "amount = \"3.005\"",
        "29:10: the amount is finer than a minor unit of EUR: write at most 2 decimals",
    ),
    (
        "amount = \"3.00\"\n",
        "",
        "27:1: a charge needs exactly one of `amount`, `per-stop` and `per-passenger`",
    ),
    (
        "starting-in = [\"airport\"]",
        "during = [\"day\"]",
        "30:11: there is no window `day`: there is `night`",
    ),
    (
        "starting-in = [\"airport\"]",
        "during = []",
        "27:1: `during` names no window, so that this would never count",
    ),
    (
        "[[charge]]",
        "[charge]",
        "27:1: there may be several of it: write its name in double brackets, as in [[charge]]",
    ),
    (
        "[[charge]]",
        "[[charge]]\nname = \"p\"\nper-passenger = { first = 1, further = 1, youngest = 9, oldest = 3 }\n[[charge]]",
        "29:54: ages must ascend: the youngest is older than the oldest",
    ),
    (
        "[[multiplier]]",
        "[[multiplier]]\nduring = \"night\"\nfactor = 2\n[[multiplier]]",
        "27:10: `night` is named twice",
    ),
    (
        "up = \"20%\"",
        "up = \"80%\"",
        "46:6: settlement up reaches above the cap: raise the cap, or lower it",
    ),
    (
        "down = \"10%\"",
        "down = \"110%\"",
        "47:8: settlement down is too large: give at most 100%",
    ),
    (
        "stages = [\"assigned\"]",
        "stages = []",
        "50:1: a fee needs at least one of `stages`",
    ),
    (
        "stages = [\"assigned\"]",
        "stages = [\"assigned\", \"assigned\"]",
        "51:23: this stage and one of the faults have a fee already",
    ),
    (
        "time = \"9.6 s\" }]",
        "time = \"9.6 s\" }]\ntime = { price = \"0.30\", per = \"1 min\" }",
        "21:59: time has a price of its own below",
    ),
    (
        "time = \"9.6 s\" }]",
        "}]\ntime = { price = \"0.30\", per = \"1 min\", counts = \"slow\" }",
        "22:8: slow speed is missing: say below which speed",
    ),
    (
        "minimum = \"8.00\"",
        "minimum = \"8.00\"\nminimum = \"9.00\"",
        "6:1: this is written twice in one table",
    ),
    (
        "minimum = \"8.00\"",
        "gateway-step = \"0.25\"",
        "43:18: an ordinary ride cannot be priced with it: the payment gateway takes only multiples of 25 minor units",
    ),
];

#[test]
fn each_mistake_is_refused_where_it_stands_with_what_to_do() {
    for (right, wrong, message) in MISTAKES {
        assert!(CITY.contains(right), "the case {wrong} changes nothing");
        let error = fiacre_tariffs::parse("lyon.toml", &CITY.replacen(right, wrong, 1)).unwrap_err();
        let text = error.to_string();
        let expected = format!("failed to read lyon.toml:{message}");
        assert!(text.starts_with(&expected), "{text}\nexpected: {expected}");
    }
}

#[test]
fn brackets_without_end_are_refused_in_words() {
    let text = format!("{CITY}deep = {}{}", "[".repeat(200), "]".repeat(200));
    let error = fiacre_tariffs::parse("lyon.toml", &text).unwrap_err().to_string();
    assert!(
        error.contains("brackets stand in brackets more deeply"),
        "{error}"
    );
}

#[test]
fn of_many_known_names_some_are_listed() {
    let zones = (0..50).fold(String::new(), |zones, n| {
        zones + &format!("[[zone]]\nname = \"zone-{n}\"\n")
    });
    let text = CITY.replacen("[[zone]]", &format!("{zones}[[zone]]"), 1);
    let text = text.replacen("[\"airport\"]", "[\"somewhere\"]", 1);
    let error = fiacre_tariffs::parse("lyon.toml", &text).unwrap_err().to_string();
    assert!(
        error.contains("there is no zone `somewhere`: there is `zone-0`, "),
        "{error}"
    );
    assert!(error.ends_with("`zone-29`, and 22 more"), "{error}");
}

/// Each is near to one that is refused, and meant.
#[test]
fn what_can_be_meant_is_read() {
    for (right, wrong) in [
        ("minimum = \"8.00\"", "minimum = \"100\""),
        ("[rounding]", "[surge]\nmin = \"0.5\"\nmax = \"1\"\n[rounding]"),
        ("57.5 m", "0.1 m"),
        ("step = \"0.10\"", "step = \"0.25\""),
        ("step = \"0.10\"", "step = \"0.05\""),
        ("share = \"5%\"", "share = \"100%\""),
        ("up = \"20%\"", "up = \"50%\""),
        (
            "[[charge]]",
            "[[area]]\nzone = \"airport\"\nfactor = 0\n[[charge]]",
        ),
    ] {
        let text = CITY.replacen(right, wrong, 1);
        assert_ne!(text, CITY);
        let read = fiacre_tariffs::parse("lyon.toml", &text);
        assert!(read.is_ok(), "{wrong}: {}", read.unwrap_err());
    }
    // Tokyo rounds to ten yen.
    let yen = CITY
        .replace("EUR", "JPY")
        .replace("\"0.10\"", "\"10\"")
        .replace("\"2.30\"", "\"500\"");
    assert!(fiacre_tariffs::parse("tokyo.toml", &yen).is_ok());
}
