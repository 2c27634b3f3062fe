//! Every example of every help page runs as it is printed.

use crate::folder::{copy, empty_folder, vault_of};
use crate::{commands, fiacre, words};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The trip that examples name; whoever has a folder has other trips in it.
const TRIP: &str = "0163e134-7ec0-7000-8000-5025d0b9e6d1";

/// A few riders stand for Manhattan's: without optimisation it takes minutes. What an example says of either is left out.
const SMALL: &str = "fiacre city --demand 0.001 --drivers 10";

/// The lines of the examples of a help page, as a terminal of this width shows them; what is continued is one line.
fn examples(command: &str, columns: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .arg("help")
        .args(words(command))
        .env("COLUMNS", columns)
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let examples = help.split_once("\nExamples:\n").unwrap().1;
    let examples = examples.split("\n\n").next().unwrap().replace("\\\n", " ");
    examples.lines().map(|line| line.trim().to_owned()).collect()
}

fn run(line: &str, place: &Path) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_fiacre")).parent().unwrap();
    let path = std::env::join_paths([bin, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    Command::new("sh")
        .args(["-c", line])
        .current_dir(place)
        .env("PATH", path)
        .output()
        .unwrap()
}

/// What the reader of examples has: a tariff, a receipt, a platform's folder with its archive, and a backup of it.
struct Desk {
    place: TempDir,
    trip: String,
}

impl Desk {
    fn furnish() -> Self {
        let place = empty_folder();
        let at = |name: &str| place.path().join(name);
        let tariff = fiacre_tariffs::built_in_text("nyc-2018").unwrap();
        std::fs::write(at("my-city.toml"), tariff).unwrap();
        for line in [
            "fiacre quote --tariff nyc-2018 --distance-m 5000 --duration-s 900 --at 2018-07-03T17:00 --receipt receipt.json",
            &format!("{SMALL} --hours 0.5 --data data --ack-log accepted.txt"),
            "fiacre backup --data data friday.backup",
            "fiacre archive --data data --before 2018-06-08T21:30Z",
        ] {
            let output = run(line, place.path());
            assert!(output.status.success(), "{line}: {output:?}");
        }
        let list = fiacre(&words(&format!("trip list --data {}", at("data").display())));
        let list = String::from_utf8(list.stdout).unwrap();
        let trip = list.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
        Self { place, trip }
    }

    /// A desk for one help page, with everything on it but what its examples write themselves.
    fn for_page(&self, examples: &[String]) -> TempDir {
        let page = empty_folder();
        let has = |name: &str| (self.place.path().join(name), page.path().join(name));
        let writes = |example: &String, file: &str| {
            let is_noted =
                example.starts_with("fiacre city") && example.contains(&format!("--ack-log {file}"));
            is_noted || example.contains(&format!("--receipt {file}"))
        };
        for file in ["my-city.toml", "receipt.json", "accepted.txt", "friday.backup"] {
            if examples.iter().any(|example| writes(example, file)) {
                continue;
            }
            let (from, to) = has(file);
            std::fs::copy(from, to).unwrap();
        }
        let (from, to): (PathBuf, PathBuf) = has("data");
        copy(&from, &to);
        copy(&vault_of(&from), &vault_of(&to));
        page
    }

    /// As it is printed, but for what no two readers share.
    fn as_run(&self, example: &str) -> String {
        let example = example.replace(TRIP, &self.trip);
        match example.strip_prefix("fiacre city") {
            Some(options) => {
                let options = options.replace("--demand 2", "").replace("--drivers 9000", "");
                format!("{SMALL}{options}")
            }
            None => example,
        }
    }
}

#[test]
fn every_example_runs_as_printed_in_a_narrow_terminal_and_in_a_wide_one() {
    let desk = Desk::furnish();
    for command in commands() {
        let narrow = examples(&command, "80");
        let page = desk.for_page(&narrow);
        assert_eq!(narrow, examples(&command, "100"), "`fiacre help {command}`");
        for example in narrow {
            assert!(
                example.starts_with("fiacre "),
                "`fiacre help {command}`: {example}"
            );
            let output = run(&desk.as_run(&example), page.path());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "`fiacre help {command}`: {example}: {said}"
            );
        }
    }
}
