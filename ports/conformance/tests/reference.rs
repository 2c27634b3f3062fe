//! The suites hold for the reference models: what every planted bug is measured against.

macro_rules! suites {
    ($($suite:ident of $port:ident;)*) => {
        $(mod $port {
            use fiacre_conformance::Outcome;
            use fiacre_conformance::$port::reference::ReferenceHarness;
            use fiacre_conformance::$port::{Clause, run};

            fiacre_conformance::$suite!(ReferenceHarness::new());

            #[test]
            fn the_reference_skips_nothing() {
                for &clause in Clause::ALL {
                    assert_eq!(run(&ReferenceHarness::new(), clause), Ok(Outcome::Passed));
                }
            }
        })*
    };
}

suites! {
    bus_suite of bus;
    event_store_suite of event_store;
    timers_suite of timers;
}

/// The ports' documentation and the clauses name each other.
mod documentation {
    const PORTS: &str = concat!(
        include_str!("../../src/bus.rs"),
        include_str!("../../src/event_store.rs"),
    );

    #[test]
    fn each_clause_stands_at_its_port() {
        let names = fiacre_conformance::event_store::Clause::ALL
            .iter()
            .map(|clause| clause.name())
            .chain(
                fiacre_conformance::bus::Clause::ALL
                    .iter()
                    .map(|clause| clause.name()),
            );
        let missing: Vec<_> = names
            .filter(|name| !PORTS.contains(&format!("`{name}`")))
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
