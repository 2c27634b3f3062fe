//! The suites hold for the reference models: what every planted bug is measured against.

mod event_store {
    use fiacre_conformance::Outcome;
    use fiacre_conformance::event_store::reference::ReferenceHarness;
    use fiacre_conformance::event_store::{Clause, run};

    fiacre_conformance::event_store_suite!(ReferenceHarness::new());

    #[test]
    fn the_reference_skips_nothing() {
        for &clause in Clause::ALL {
            assert_eq!(run(&ReferenceHarness::new(), clause), Ok(Outcome::Passed));
        }
    }
}
