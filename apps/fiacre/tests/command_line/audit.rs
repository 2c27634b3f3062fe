//! `fiacre audit`: what is found decides the exit code.

use super::{FINDINGS, UNREADABLE, USAGE, exit, fiacre, json};
use fiacre_domain::driver::DriverEvent;
use fiacre_domain::id::{CommandId, DriverId, TripId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::stream::{Cause, ChargeNumber, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_domain::units::Millis;
use fiacre_embedded::Database;
use fiacre_memory::{SkewedClock, VirtualTime};
use fiacre_ports::{
    Appended, EventStore, IdempotencyKey, IntentRequest, NewCommit, Operation, PaymentGateway,
};
use fiacre_sandbox_payments::Sandbox;
use fiacre_sandbox_payments::methods::PM_OK;
use std::fs;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// A folder whose log holds one driver who went off duty, but never came on.
fn flawed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path()).unwrap();
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let store = database.event_store(Arc::new(SkewedClock::new(time, Millis::ZERO)));
    let commit = NewCommit {
        stream: StreamId::Driver(DriverId::from_u128(7)),
        expected: Version::EMPTY,
        cause: Cause::Command(CommandId::from_u128(1)),
        at: Timestamp::from_ms(0),
        region: "manhattan".parse().unwrap(),
        trace: None,
        events: [DriverEvent::Offline.into()].into(),
    };
    let mut call = pin!(store.append(vec![commit]));
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    database.sync();
    let answer = call.as_mut().poll(&mut context);
    assert!(matches!(&answer, Poll::Ready(answers) if matches!(answers[..], [Appended::Applied(_)])));
    folder
}

fn sound() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(Database::open(folder.path()).unwrap());
    folder
}

fn check(folder: &Path) -> String {
    format!("audit check {}", folder.display())
}

#[test]
fn a_sound_folder_is_clean() {
    let folder = sound();
    let answer = json(&check(folder.path()));
    assert_eq!(
        (&answer["error"], &answer["findings_count"]),
        (&serde_json::Value::Null, &0.into())
    );
    assert_eq!(exit(&super::words(&check(folder.path()))), (0, String::new()));
}

#[test]
fn a_finding_is_named_with_stream_and_version() {
    let folder = flawed();
    let output = fiacre(&super::words(&check(folder.path())));
    assert_eq!(output.status.code(), Some(FINDINGS));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("driver-00000000-0000-0000-0000-000000000007/1"),
        "{text}"
    );
    assert!(
        text.contains("1 commit, 1 event; 0 receipts recomputed"),
        "{text}"
    );
    let answer = json(&check(folder.path()));
    assert_eq!(answer["findings"][0]["code"], "audit_out_of_place");
    assert_eq!(answer["error"]["code"], "findings");
}

#[test]
fn an_acknowledged_trip_that_is_missing_is_a_finding() {
    let (folder, list) = (sound(), super::scratch("acknowledged.txt"));
    fs::write(&list, "00000000-0000-0000-0000-000000000009\n").unwrap();
    let line = format!("{} --ack-log {}", check(folder.path()), list.display());
    assert_eq!(
        json(&line)["acknowledged"]["missing"][0],
        "00000000-0000-0000-0000-000000000009"
    );
    let (code, complaint) = exit(&super::words(&line));
    assert_eq!(code, FINDINGS, "{complaint}");
}

#[test]
fn a_list_that_names_no_trips_is_bad_usage() {
    let (folder, list) = (sound(), super::scratch("no-list.txt"));
    fs::write(&list, "dear\n").unwrap();
    let line = format!("{} --ack-log {}", check(folder.path()), list.display());
    let (code, complaint) = exit(&super::words(&line));
    assert_eq!(code, USAGE);
    assert!(complaint.contains("line 1"), "{complaint}");
    let nowhere = format!("{} --ack-log nowhere.txt", check(folder.path()));
    assert_eq!(exit(&super::words(&nowhere)).0, USAGE);
    assert_eq!(exit(&["audit", "check"]).0, USAGE);
}

#[test]
fn a_folder_that_cannot_be_read_is_told_from_one_with_findings() {
    type Spoil = fn(&Path) -> io::Result<()>;
    let cases: [(&str, Spoil); 4] = [
        ("nothing in it", |folder| fs::remove_dir_all(folder.join("db"))),
        ("newer release", |folder| {
            fs::write(folder.join("db/fiacre"), "Fiacre's embedded store, format 9\n")
        }),
        ("damaged", |folder| {
            fs::write(folder.join("db/0.jnl"), [1; 64]).and(fs::write(folder.join("db/1.jnl"), []))
        }),
        ("name a folder that Fiacre made", |folder| {
            fs::remove_dir_all(folder)
        }),
    ];
    for (said, spoil) in cases {
        let folder = flawed();
        spoil(folder.path()).unwrap();
        let (code, complaint) = exit(&super::words(&check(folder.path())));
        assert_eq!(code, UNREADABLE, "{said}: {complaint}");
        assert!(complaint.contains(said), "{said}: {complaint}");
    }
}

#[test]
fn a_folder_that_a_process_uses_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let _used = Database::open(folder.path()).unwrap();
    let (code, complaint) = exit(&super::words(&check(folder.path())));
    assert_eq!(code, UNREADABLE);
    assert!(
        complaint.contains(&format!("process {}", std::process::id())),
        "{complaint}"
    );
}

#[test]
fn trips_of_a_folder_without_any_are_told_as_such() {
    let folder = sound();
    let list = format!("trip list --data {}", folder.path().display());
    assert_eq!(super::text(&list), "no such trip\n");
    let explain = format!(
        "trip explain 00000000-0000-0000-0000-000000000009 --data {}",
        folder.path().display()
    );
    let (code, complaint) = exit(&super::words(&explain));
    assert_eq!(code, FINDINGS);
    assert!(complaint.contains("trip list"), "{complaint}");
}

/// What was once taken for something else: clean where nothing was looked at, no such trip where it had not begun, or never ended.
#[test]
fn what_was_not_looked_at_is_not_called_clean() {
    let folder = sound();
    let (data, empty) = (folder.path().display(), tempfile::tempdir().unwrap());
    let list = super::scratch("endless.txt");
    fs::write(&list, vec![b'x'; 100_000]).unwrap();
    for (line, code, named) in [
        (format!("audit check {data} {data}/."), USAGE, "usage_named_twice"),
        (
            format!("audit segments {}", empty.path().display()),
            UNREADABLE,
            "segments_absent",
        ),
        (
            format!("audit check {data} --ack-log {}", list.display()),
            USAGE,
            "ack_log_no_trip",
        ),
        (format!("trip list --data {data} --limit 0"), USAGE, "usage_value"),
        (
            format!("trip list --data {data} --limit -1"),
            USAGE,
            "usage_value",
        ),
        ("resume --data /dev/null".to_owned(), UNREADABLE, "run_note_io"),
        (
            "city --trips same --ack-log same".to_owned(),
            USAGE,
            "usage_named_twice",
        ),
    ] {
        assert_eq!(json(&line)["error"]["code"], named, "{line}");
        assert_eq!(exit(&super::words(&line)).0, code, "{line}");
    }
}

#[test]
fn what_names_no_trip_or_moment_is_bad_usage() {
    for line in [
        "trip explain nine --data data",
        "trip explain 00000000-0000-0000-0000-000000000009",
        "trip explain 00000000-0000-0000-0000-000000000009 --data data --at noon",
        "trip list --data data --state flying",
        "trip list --data data --since 2018-07-32",
    ] {
        let (code, complaint) = exit(&super::words(line));
        assert_eq!(code, USAGE, "{line}: {complaint}");
        assert!(!complaint.contains("local"), "moments are in UTC: {complaint}");
    }
    for line in [
        "trip list --data nowhere --since 2018-07-06T20:00Z",
        "trip list --data nowhere --since 2018-07-06",
        "trip explain 00000000-0000-0000-0000-000000000009 --data nowhere --at 2018-07-06",
        "trip explain 00000000-0000-0000-0000-000000000009 --data nowhere --at 2018-06-08T21:01:44.100Z",
    ] {
        assert_eq!(exit(&super::words(line)).0, UNREADABLE, "{line}");
    }
}

/// The folder of a payment company that nobody has asked anything of yet.
fn company(folder: &Path) {
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let clock = Arc::new(SkewedClock::new(time, Millis::ZERO));
    drop(Sandbox::open(folder, 7, clock).unwrap());
}

#[test]
fn books_without_an_entry_agree_and_the_companys_folder_stays_as_it_was() {
    let folder = sound();
    let place = folder.path().join("sandbox-payments");
    company(&place);
    let files = || {
        let entries = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = files();
    let answer = json(&format!("audit reconcile {}", folder.path().display()));
    assert_eq!(
        (&answer["error"], &answer["differences"]),
        (&serde_json::Value::Null, &serde_json::json!([]))
    );
    assert_eq!(files(), before);
    assert!(super::text(&format!("audit reconcile {}", folder.path().display())).contains("the books agree"));
}

#[test]
fn a_payment_that_the_log_does_not_name_is_a_difference() {
    let folder = sound();
    let place = folder.path().join("sandbox-payments");
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let sandbox = Sandbox::open(&place, 7, Arc::new(SkewedClock::new(time, Millis::ZERO))).unwrap();
    let key = IdempotencyKey {
        epoch: 0,
        trip: TripId::from_u128(9),
        charge: ChargeNumber::FARE,
        authorization: AuthorizationNumber(0),
        operation: Operation::Create,
    };
    let amount = Money::new(900, Currency::USD);
    let request = IntentRequest {
        key,
        amount,
        method: PM_OK,
    };
    let mut call = pin!(sandbox.create(request));
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_ready());
    let line = format!("audit reconcile {}", folder.path().display());
    assert_eq!(exit(&super::words(&line)).0, FINDINGS);
    let answer = json(&line);
    assert_eq!(answer["differences"][0]["code"], "payment_unknown_to_log");
    assert_eq!(
        answer["differences"][0]["trip"],
        "00000000-0000-0000-0000-000000000009"
    );
}

#[test]
fn books_that_cannot_be_read_are_told_from_books_that_differ() {
    let folder = flawed();
    let line = format!("audit reconcile {}", folder.path().display());
    let (code, complaint) = exit(&super::words(&line));
    assert_eq!(code, UNREADABLE);
    assert!(complaint.contains("--company"), "{complaint}");
    let place = folder.path().join("sandbox-payments");
    company(&place);
    fs::write(place.join("journal"), "dear").unwrap();
    assert_eq!(exit(&super::words(&line)).0, UNREADABLE);
}

#[test]
fn a_folder_comes_back_from_its_backup_with_a_higher_epoch() {
    let (folder, place) = (flawed(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("run.json"), "{}").unwrap();
    let (file, restored) = (place.path().join("friday.backup"), place.path().join("restored"));
    let backup = format!("backup --data {} {}", folder.path().display(), file.display());
    assert_eq!(json(&backup)["epoch"], 0);
    assert_eq!(exit(&super::words(&backup)).0, USAGE, "it takes no other's place");
    let restore = format!("restore {} --data {}", file.display(), restored.display());
    assert!(json(&restore)["epoch"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(
        json(&check(&restored))["findings"],
        json(&check(folder.path()))["findings"]
    );
    assert_eq!(fs::read_to_string(restored.join("run.json")).unwrap(), "{}");
    assert_eq!(exit(&super::words(&restore)).0, USAGE, "it is not empty");
}

#[test]
fn a_backup_that_is_not_as_it_was_written_cannot_be_read() {
    let (folder, place) = (flawed(), tempfile::tempdir().unwrap());
    let (file, restored) = (place.path().join("friday.backup"), place.path().join("restored"));
    json(&format!(
        "backup --data {} {}",
        folder.path().display(),
        file.display()
    ));
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    fs::write(&file, bytes).unwrap();
    let restore = format!("restore {} --data {}", file.display(), restored.display());
    let (code, complaint) = exit(&super::words(&restore));
    assert_eq!(code, UNREADABLE);
    assert!(
        complaint.contains("damaged") && !restored.join("db").exists(),
        "{complaint}"
    );
}
