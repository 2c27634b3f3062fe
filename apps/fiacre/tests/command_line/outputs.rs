//! Files that commands write never take another's place: an input's, or an earlier output's.

use crate::folder::empty_folder;
use crate::{USAGE, exit, json, words};
use std::fs;

const RIDE: &str = "--at 2018-07-03T17:00 --distance-m 5000 --duration-s 900";
const CITY: &str = "city --from 18:00 --hours 0.05 --demand 0.01 --drivers 20";

#[test]
fn an_output_is_never_written_over_a_file_that_is_there() {
    let place = empty_folder();
    let at = |name: &str| place.path().join(name).display().to_string();
    let tariff = fiacre_tariffs::built_in_text("nyc-2018").unwrap();
    fs::write(at("tariff.toml"), tariff).unwrap();
    fs::write(at("notes"), "dear").unwrap();
    let (own, other, data) = (at("tariff.toml"), at("notes"), at("data"));
    for line in [
        format!("quote --tariff {own} {RIDE} --receipt {own}"),
        format!("quote --tariff {own} {RIDE} --receipt {other}"),
        format!("{CITY} --tariff {own} --trips {own}"),
        format!("{CITY} --trips {other}"),
        format!("{CITY} --ack-log {other}"),
        format!("{CITY} --ack-log {} --trips {other}", at("accepted")),
        format!("{CITY} --data {data} --ack-log {own}"),
    ] {
        let (code, said) = exit(&words(&line));
        assert_eq!(code, USAGE, "{line}: {said}");
        assert!(said.contains("remove it, or name another file"), "{line}: {said}");
        assert_eq!(json(&line)["error"]["code"], "file_unwritten", "{line}");
        assert_eq!(fs::read_to_string(&own).unwrap(), tariff, "{line}");
        assert_eq!(fs::read_to_string(&other).unwrap(), "dear", "{line}");
    }
    let left: usize = fs::read_dir(place.path()).unwrap().count();
    assert_eq!(left, 2, "what is refused leaves nothing behind");
}

#[test]
fn one_file_by_two_names_is_not_two_outputs() {
    let place = empty_folder();
    fs::create_dir(place.path().join("by")).unwrap();
    let name = place.path().display();
    let line = format!("{CITY} --trips {name}/same --ack-log {name}/by/../same");
    assert_eq!(exit(&words(&line)).0, USAGE);
}

#[test]
fn a_city_that_is_refused_leaves_its_outputs_names_free() {
    let place = empty_folder();
    fs::create_dir(place.path().join("foreign")).unwrap();
    fs::write(place.path().join("foreign/letter.txt"), "Dear all").unwrap();
    let name = place.path().display();
    let outputs = format!("--trips {name}/trips.csv --ack-log {name}/accepted.txt");
    let (code, said) = exit(&words(&format!("{CITY} --data {name}/foreign {outputs}")));
    assert_ne!(code, 0, "{said}");
    let (code, said) = exit(&words(&format!("{CITY} --data {name}/data {outputs}")));
    assert_eq!(code, 0, "{said}");
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to() {
    let (code, said) = exit(&words(&format!(
        "quote --tariff nyc-2018 {RIDE} --receipt /dev/null"
    )));
    assert_eq!(code, 0, "{said}");
}
