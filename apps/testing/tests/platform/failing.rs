//! What a failed assertion says: where, what was expected, what happened, and the seed.

use crate::{booked, one_driver};
use fiacre_testing::{Phase, Platform, Port};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an assertion says, and whether it names the line that asked.
fn said(assertion: impl FnOnce()) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    *panicked.downcast::<String>().unwrap()
}

#[test]
fn a_wrong_state_prints_the_timeline_and_the_seed() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    let said = said(|| p.trip(trip).assert_state(Phase::Completed));
    for part in [
        "the trip is confirmed, expected completed",
        &format!("trip {trip}"),
        "TripRequested",
        "OfferMade 1 to ann",
        "OfferAccepted 1 of ann",
        "DriverLocked ann",
        "PaymentAuthorized",
        "TripConfirmed",
        "seed 7",
    ] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
    let (asked, confirmed) = (
        said.find("TripRequested").unwrap(),
        said.find("TripConfirmed").unwrap(),
    );
    assert!(asked < confirmed, "in the order in which it happened");
}

#[test]
fn each_assertion_can_fail() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    let (probe, audit) = (p.trip(trip), p.audit());
    for (what, said) in [
        ("expected closed", said(|| probe.assert_closed())),
        ("driver is ann, expected bob", said(|| probe.assert_driver("bob"))),
        (
            "happened 1 times, expected 2",
            said(|| probe.assert_count("OfferMade", 2)),
        ),
        ("0 minor units were captured", said(|| probe.assert_captured(1))),
        ("is not free", said(|| p.driver("ann").assert_free())),
        (
            "expected",
            said(|| p.driver("ann").assert_on(fiacre_domain::id::TripId::from_u128(1))),
        ),
        ("failed to find the driver bob", said(|| drop(p.driver("bob")))),
        (
            "the log ends, but the trip has not ended",
            said(|| audit.assert_over()),
        ),
        (
            "did not find audit_locked_twice",
            said(|| audit.assert_finds("audit_locked_twice")),
        ),
    ] {
        assert!(
            said.contains(what) && said.ends_with("seed 7"),
            "{what} in:\n{said}"
        );
    }
    audit.assert_finds("audit_never_ended");
    audit.assert_clean();
}

#[test]
fn a_fault_that_cannot_be_is_refused() {
    let mut p = Platform::in_memory().start();
    let no_write = said(|| p.fail_next(Port::Routes, fiacre_testing::Fault::AfterWrite));
    assert!(no_write.contains("cannot suffer"), "{no_write}");
    let no_death = said(|| p.fail_next_request(fiacre_testing::Fault::DiesBeforeWrite));
    assert!(
        no_death.contains("nothing that a death could interrupt"),
        "{no_death}"
    );
}
