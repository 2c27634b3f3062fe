//! `fiacre tariff check`: what is fine, what has a fault, and what cannot be read at all.

use crate::{FINDINGS, USAGE, exit, json, scratch, text, words};
use serde_json::json;

fn file(name: &str, content: &str) -> String {
    let path = scratch(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn built_in_tariffs_are_fine_by_name_and_as_files() {
    for name in fiacre_tariffs::built_in_names() {
        let path = file(
            &format!("{name}.toml"),
            fiacre_tariffs::built_in_text(name).unwrap(),
        );
        assert!(text(&format!("tariff check {path}")).starts_with(&format!("{path} is fine: tariff ")));
        let (by_name, by_path) = (
            json(&format!("tariff check {name}")),
            json(&format!("tariff check {path}")),
        );
        assert_eq!(by_name["error"], json!(null));
        assert_eq!(by_name["tariff_fingerprint"], by_path["tariff_fingerprint"]);
    }
}

#[test]
fn what_a_quote_may_name_is_listed() {
    let tokyo = json("tariff check tokyo");
    assert_eq!(tokyo["extras"], json!(["pick-up"]));
    assert_eq!(tokyo["zones"], json!(["expressway"]));
    let told = text("tariff check tokyo");
    assert!(told.contains("\nzones expressway\nextras pick-up\n"), "{told}");
    assert!(!text("tariff check bengaluru-cab").contains("zones"));
}

#[test]
fn a_fault_is_found_with_its_place() {
    let path = file(
        "fault.toml",
        "[tariff]\nid = \"mine\"\nversion = 1\ncurrancy = \"EUR\"\n",
    );
    let fault = json(&format!("tariff check {path}"));
    let fault = &fault["error"];
    assert_eq!((&fault["line"], &fault["column"]), (&json!(4), &json!(1)));
    assert_eq!(fault["code"], json!("tariff_file_unknown_field"));
    let (code, said) = exit(&words(&format!("tariff check {path}")));
    assert_eq!(code, FINDINGS);
    assert!(
        said.contains("fault.toml:4:1: unknown field `currancy`: did you mean `currency`?"),
        "{said}"
    );
    let (code, _) = exit(&words(&format!(
        "quote --tariff {path} --distance-m 1 --duration-s 1 --at 2026-01-01T10:00"
    )));
    assert_eq!(code, USAGE, "for a quote it is bad configuration");
}

#[test]
fn empty_and_huge_files_have_a_fault() {
    let huge = format!("# {}\n", "x".repeat(fiacre_tariffs::FILE_BYTES_MAX));
    for (name, content) in [("empty.toml", ""), ("huge.toml", huge.as_str())] {
        let path = file(name, content);
        assert_eq!(
            exit(&words(&format!("tariff check {path}"))).0,
            FINDINGS,
            "{name}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_bad_usage() {
    let (code, said) = exit(&["tariff", "check", "nyc-2081"]);
    assert_eq!(code, USAGE);
    assert!(
        said.contains("nyc-2018"),
        "the message names what there is: {said}"
    );
}
