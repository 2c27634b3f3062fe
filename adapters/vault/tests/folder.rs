//! The folder: what a crash leaves, what is gone for ever, and whose it is.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_folder::{OpenError, PowerWatch};
use fiacre_ports::{Binding, KeyVault, SealingKey};
use fiacre_vault::{FolderVault, Said, VaultAtRest, VaultError};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// Two heads of 64 bytes.
const HEADS: usize = 128;

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the vault waits for nobody"),
    }
}

fn binding(trip: u128, rider: u128) -> Binding {
    Binding {
        trip: TripId::from_u128(trip),
        rider: PrincipalId::from_u128(rider),
    }
}

fn bind(vault: &FolderVault, trip: u128, rider: u128) -> Option<SealingKey> {
    now(vault.bind(&[binding(trip, rider)])).unwrap().remove(0)
}

fn key(vault: &FolderVault, trip: u128) -> Option<SealingKey> {
    now(vault.keys(&[TripId::from_u128(trip)])).unwrap().remove(0)
}

fn file(folder: &Path) -> PathBuf {
    folder.join("vault")
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn who_is_forgotten_is_in_no_byte_of_the_folder() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    let (mine, shared, other) = (
        bind(&vault, 1, 7).unwrap(),
        bind(&vault, 2, 7).unwrap(),
        bind(&vault, 3, 8).unwrap(),
    );
    assert_eq!(bind(&vault, 2, 8).as_ref(), Some(&shared));
    let before = std::fs::read(file(folder.path())).unwrap();
    assert!(holds(&before, mine.bytes()) && holds(&before, shared.bytes()));
    let secret = &before[HEADS + 17..HEADS + 49];
    let print = now(vault.forget(PrincipalId::from_u128(7))).unwrap().unwrap();
    assert_eq!(print, fiacre_wire::digest(secret));
    let after = std::fs::read(file(folder.path())).unwrap();
    for gone in [secret, mine.bytes(), shared.bytes()] {
        assert!(!holds(&after, gone));
    }
    assert!(holds(&after, other.bytes()));
    assert_eq!(after.len(), before.len(), "nothing is written beside it");
    // Nor which trips were theirs: only that they were forgotten.
    let rider = 7_u128.to_be_bytes();
    let named = after
        .windows(rider.len())
        .filter(|window| *window == rider)
        .count();
    assert_eq!(named, 1);
}

#[test]
fn whatever_a_crash_cuts_off_an_append_what_was_acknowledged_is_there() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    let kept = bind(&vault, 1, 7);
    let acknowledged = std::fs::read(file(folder.path())).unwrap();
    bind(&vault, 2, 8);
    drop(vault);
    let whole = std::fs::read(file(folder.path())).unwrap();
    for length in acknowledged.len()..=whole.len() {
        // The heads were written behind the entries, and are not there yet.
        let mut cut = whole[..length].to_vec();
        cut[..HEADS].copy_from_slice(&acknowledged[..HEADS]);
        std::fs::write(file(folder.path()), &cut).unwrap();
        let vault = FolderVault::open(folder.path()).unwrap();
        assert_eq!(key(&vault, 1), kept, "cut at {length}");
        let again = bind(&vault, 2, 8);
        drop(vault);
        let vault = FolderVault::open(folder.path()).unwrap();
        assert_eq!(
            (key(&vault, 1), key(&vault, 2)),
            (kept.clone(), again),
            "cut at {length}"
        );
    }
}

/// What a loss of power surely leaves of a vault; in memory, where the system has a place for that: a sync costs nothing there.
fn left(watch: &PowerWatch, folder: &TempDir) -> TempDir {
    let left = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    watch.lose_power(folder.path(), left.path()).unwrap();
    left
}

/// A process that was killed leaves its keys and its forgetting in the system's memory; the next one answers from there.
#[test]
fn power_loss_after_a_kill_leaves_what_the_next_process_has_answered() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap().grouped();
    let kept = bind(&vault, 1, 7);
    bind(&vault, 2, 8);
    now(vault.forget(PrincipalId::from_u128(8))).unwrap();
    drop(vault);
    let watch = PowerWatch::begin();
    let vault = FolderVault::open(folder.path()).unwrap();
    let said = [1, 2].map(|trip| key(&vault, trip));
    let print = now(vault.forget(PrincipalId::from_u128(8))).unwrap();
    assert_eq!((&said, print.is_some()), (&[kept, None], true));
    let left = left(&watch, &folder);
    let vault = FolderVault::open_made(left.path()).unwrap();
    assert_eq!([1, 2].map(|trip| key(&vault, trip)), said);
    assert_eq!(now(vault.forget(PrincipalId::from_u128(8))).unwrap(), print);
}

/// Behind the last sync any byte may be the last that the disk has, and the last page may have others' bytes in it.
#[test]
fn power_loss_at_every_byte_past_the_last_sync_after_a_kill() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap().grouped();
    let kept = bind(&vault, 1, 7);
    drop(vault);
    let watch = PowerWatch::begin();
    let vault = FolderVault::open(folder.path()).unwrap().grouped();
    assert_eq!(key(&vault, 1), kept);
    let synced = watch.synced(&file(folder.path())).unwrap();
    bind(&vault, 2, 8);
    let written = std::fs::read(file(folder.path())).unwrap();
    assert!(written.len() > synced.len());
    let left = left(&watch, &folder);
    for length in synced.len()..written.len() {
        for torn in [None, Some(0), Some(0xa5)] {
            let mut bytes = written[..length].to_vec();
            if let Some(torn) = torn {
                bytes.resize(written.len(), torn);
            }
            std::fs::write(file(left.path()), bytes).unwrap();
            let vault = FolderVault::open_made(left.path()).unwrap();
            assert_eq!(key(&vault, 1), kept, "{length} bytes, then {torn:?}");
        }
    }
}

#[test]
fn power_loss_leaves_every_key_that_was_given_and_synced() {
    let place = TempDir::new().unwrap();
    let watch = PowerWatch::begin();
    let vault = FolderVault::open(place.path().join("a/keys")).unwrap();
    let alone = bind(&vault, 1, 7);
    let vault = vault.grouped();
    let grouped = bind(&vault, 2, 8);
    vault.sync().unwrap();
    let left = left(&watch, &place);
    let vault = FolderVault::open_made(left.path().join("a/keys")).unwrap();
    assert_eq!([key(&vault, 1), key(&vault, 2)], [alone, grouped]);
}

/// A crash between the keys and the person: they are forgotten again, to the end.
#[test]
fn a_forgetting_that_was_cut_short_is_done_again() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    bind(&vault, 1, 7);
    let before = std::fs::read(file(folder.path())).unwrap();
    let print = now(vault.forget(PrincipalId::from_u128(7))).unwrap();
    drop(vault);
    let mut half = before.clone();
    let after = std::fs::read(file(folder.path())).unwrap();
    // The second entry is the trip.
    half[HEADS + 64..HEADS + 128].copy_from_slice(&after[HEADS + 64..HEADS + 128]);
    std::fs::write(file(folder.path()), &half).unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    assert_eq!(key(&vault, 1), None);
    assert_eq!(now(vault.forget(PrincipalId::from_u128(7))).unwrap(), print);
    drop(vault);
    assert_eq!(std::fs::read(file(folder.path())).unwrap(), after);
}

/// Which keys of a group the disk has is said by the sync: the head counts them no sooner.
#[test]
fn keys_of_a_group_count_once_they_are_synced() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap().grouped();
    let heads = || std::fs::read(file(folder.path())).unwrap()[..HEADS].to_vec();
    let before = heads();
    let keys = [bind(&vault, 1, 7), bind(&vault, 2, 8)];
    assert_eq!(heads(), before, "nothing is promised yet");
    vault.sync().unwrap();
    let promised = heads();
    assert_ne!(promised, before);
    vault.sync().unwrap();
    assert_eq!(heads(), promised, "there was nothing to wait for");
    assert_eq!(vault.trips(), 2);
    drop(vault);
    let vault = FolderVault::open_made(folder.path()).unwrap();
    assert_eq!([key(&vault, 1), key(&vault, 2)], keys);
}

#[test]
fn a_vault_is_read_beside_who_uses_it_and_tells_the_forgotten_from_the_unknown() {
    let folder = TempDir::new().unwrap();
    let absent = folder.path().join("absent");
    assert_eq!(VaultAtRest::open(&absent).unwrap_err().code(), "folder_absent");
    assert_eq!(
        FolderVault::open_made(&absent).unwrap_err().code(),
        "folder_absent"
    );
    assert!(!absent.exists());
    let vault = FolderVault::open(folder.path()).unwrap();
    let kept = bind(&vault, 1, 7).unwrap();
    bind(&vault, 2, 8);
    now(vault.forget(PrincipalId::from_u128(8))).unwrap();
    let before = std::fs::read(file(folder.path())).unwrap();
    let at_rest = VaultAtRest::open(folder.path()).unwrap();
    let said = [1, 2, 3].map(|trip| at_rest.ask(TripId::from_u128(trip)));
    assert_eq!(said, [Said::Key(kept), Said::Forgotten, Said::Nothing]);
    assert_eq!(std::fs::read(file(folder.path())).unwrap(), before);
}

#[test]
fn a_vault_is_told_from_every_other_also_when_all_are_forgotten() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let vault = FolderVault::open(folder.path()).unwrap();
    assert_eq!((vault.identity(), vault.trips()), (None, 0));
    let identity = vault.identify().unwrap();
    assert_eq!(vault.identify().unwrap(), identity);
    assert_eq!(vault.trips(), 0, "an identity is no trip");
    now(vault.forget(PrincipalId::from_u128(0))).unwrap();
    drop(vault);
    let at_rest = VaultAtRest::open(folder.path()).unwrap();
    assert_eq!(at_rest.identity(), Some(identity));
    assert_ne!(
        FolderVault::open(other.path()).unwrap().identify().unwrap(),
        identity
    );
}

#[test]
fn one_process_at_a_time() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    let refused = FolderVault::open(folder.path()).unwrap_err();
    assert!(
        matches!(refused, VaultError::Folder(OpenError::InUse { .. })),
        "{refused}"
    );
    assert!(refused.to_string().contains("end that one first"), "{refused}");
    drop(vault);
    assert!(FolderVault::open(folder.path()).is_ok());
}

#[test]
fn what_is_no_vault_is_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("letters.txt"), "dear").unwrap();
    assert_eq!(
        FolderVault::open(folder.path()).unwrap_err().code(),
        "folder_foreign"
    );
    assert!(!file(folder.path()).exists());
    let occupied = folder.path().join("letters.txt");
    assert_eq!(FolderVault::open(occupied).unwrap_err().code(), "folder_io");
}

#[test]
fn damage_among_what_the_disk_had_is_named_and_what_is_newer_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let vault = FolderVault::open(folder.path()).unwrap();
    bind(&vault, 1, 7);
    drop(vault);
    let whole = std::fs::read(file(folder.path())).unwrap();
    let opened = |bytes: &[u8]| {
        std::fs::write(file(folder.path()), bytes).unwrap();
        let refused = FolderVault::open(folder.path()).map(drop);
        assert_eq!(
            std::fs::read(file(folder.path())).unwrap(),
            bytes,
            "nothing is changed"
        );
        refused.unwrap_err()
    };
    for at in HEADS..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        let entry = u64::try_from((at - HEADS) / 64).unwrap();
        let error = opened(&damaged);
        assert!(
            matches!(error, VaultError::Damaged { entry: found } if found == entry),
            "{error}"
        );
    }
    let mut headless = whole.clone();
    headless[..HEADS].fill(0);
    assert_eq!(opened(&headless).code(), "vault_damaged");
    let mut newer = whole;
    for head in [0, 64] {
        newer[head + 12] = 2;
        let check = fiacre_wire::digest(&newer[head..head + 49]);
        newer[head + 49..head + 64].copy_from_slice(&check.bytes()[..15]);
    }
    assert_eq!(opened(&newer).code(), "folder_newer");
}
