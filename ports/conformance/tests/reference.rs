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
    clock_suite of clock;
    dispatch_board_suite of dispatch_board;
    event_store_suite of event_store;
    id_source_suite of id_source;
    key_vault_suite of key_vault;
    location_feed_suite of location_feed;
    payment_gateway_suite of payment_gateway;
    route_provider_suite of route_provider;
    seal_suite of seal;
    timers_suite of timers;
    trip_views_suite of trip_views;
}

/// The ports' documentation and the clauses name each other.
mod documentation {
    const PORTS: &str = concat!(
        include_str!("../../src/board.rs"),
        include_str!("../../src/bus.rs"),
        include_str!("../../src/clock.rs"),
        include_str!("../../src/event_store.rs"),
        include_str!("../../src/key_vault.rs"),
        include_str!("../../src/payment_gateway.rs"),
        include_str!("../../src/road.rs"),
        include_str!("../../src/seal.rs"),
        include_str!("../../src/timers.rs"),
        include_str!("../../src/views.rs"),
    );
    const README: &str = include_str!("../README.md");

    /// Names and sentences of every port's clauses.
    fn clauses() -> Vec<(&'static str, &'static str)> {
        let mut clauses = Vec::new();
        macro_rules! add {
            ($($port:ident)*) => {
                $(clauses.extend(
                    fiacre_conformance::$port::Clause::ALL
                        .iter()
                        .map(|clause| (clause.name(), clause.must())),
                );)*
            };
        }
        add!(bus clock dispatch_board event_store id_source key_vault location_feed payment_gateway route_provider seal timers trip_views);
        clauses
    }

    #[test]
    fn each_clause_stands_at_its_port() {
        let stands = |name: &str| PORTS.contains(&format!("`{name}`"));
        let missing: Vec<_> = clauses().into_iter().filter(|(name, _)| !stands(name)).collect();
        assert_eq!(missing, Vec::new());
    }

    #[test]
    fn the_readme_lists_each_clause() {
        let row = |(name, must): &(&str, &str)| format!("| `{name}` | {must} |");
        let missing: Vec<_> = clauses()
            .iter()
            .map(row)
            .filter(|row| !README.contains(row.as_str()))
            .collect();
        assert!(missing.is_empty(), "add to the README:\n{}", missing.join("\n"));
    }
}
