//! Events of older versions, made into those of today when they are read; what is stored is never rewritten.
//!
//! When the shape of an event changes, the old shape moves here under its version's name, with a function that makes
//! the next version of it. A reader lifts an event version by version, so each change is written once and never
//! touched again.

use super::error::StoredError;
use std::ops::Range;

/// One step: from the bytes of an event's version to those of the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upcaster {
    /// The event's name in the log.
    pub(crate) name: &'static str,
    /// The version that it takes.
    pub(crate) from: u8,
    /// Makes the next version; takes and gives the bytes of the whole event, its two numbers included.
    pub(crate) lift: fn(&[u8]) -> Result<Vec<u8>, StoredError>,
}

/// Every step. All events are still of version 1.
pub(crate) const UPCASTERS: &[Upcaster] = &[];

/// The event's bytes, lifted from the first of `versions` to its end.
pub(crate) fn lifted(
    name: &'static str,
    versions: Range<u8>,
    mut bytes: Vec<u8>,
    upcasters: &[Upcaster],
) -> Result<Vec<u8>, StoredError> {
    for from in versions {
        let step = upcasters
            .iter()
            .find(|upcaster| (upcaster.name, upcaster.from) == (name, from))
            .ok_or_else(|| StoredError::damaged(format!("{name} never had version {from}")))?;
        bytes = (step.lift)(&bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;
    use crate::stored::events::Record;
    use crate::stored::personal::Reading;
    use fiacre_domain::driver::DriverEvent;
    use fiacre_domain::event::Event;
    use fiacre_domain::requirements::Capabilities;
    use serde::{Deserialize, Serialize};

    /// DriverOnline as it never was: version 0 knew no capabilities, only whether the car has a ramp.
    #[derive(Debug, Serialize, Deserialize)]
    struct OnlineV0 {
        aggregate: u8,
        kind: u8,
        region: String,
        ramp: bool,
    }

    /// What version 0 held in other words: seats, then features by their numbers.
    #[derive(Debug, Serialize)]
    struct OnlineV1 {
        aggregate: u8,
        kind: u8,
        region: String,
        seats: u8,
        features: Vec<u8>,
    }

    fn lift(bytes: &[u8]) -> Result<Vec<u8>, StoredError> {
        let OnlineV0 {
            aggregate,
            kind,
            region,
            ramp,
        } = postcard::from_bytes(bytes)?;
        let features = if ramp { vec![0] } else { Vec::new() };
        Ok(postcard::to_allocvec(&OnlineV1 {
            aggregate,
            kind,
            region,
            seats: 4,
            features,
        })?)
    }

    const STEPS: &[Upcaster] = &[Upcaster {
        name: "DriverOnline",
        from: 0,
        lift,
    }];

    fn stored(version: u8) -> Record {
        let old = OnlineV0 {
            aggregate: 2,
            kind: 0,
            region: "manhattan".to_owned(),
            ramp: true,
        };
        Record::from_parts(version, Bytes(postcard::to_allocvec(&old).unwrap()))
    }

    #[test]
    fn an_older_version_is_lifted_when_it_is_read() {
        let event = stored(0).read(&Reading::NOWHERE, STEPS).unwrap();
        let capabilities = Capabilities::new(4).unwrap();
        let expected = DriverEvent::Online {
            region: "manhattan".parse().unwrap(),
            capabilities: capabilities.with(fiacre_domain::requirements::Feature::Wheelchair),
        };
        assert_eq!(event, Event::Driver(expected));
    }

    #[test]
    fn a_version_without_a_step_is_damage() {
        let error = stored(0).read(&Reading::NOWHERE, UPCASTERS).unwrap_err();
        assert!(
            error.to_string().contains("DriverOnline never had version 0"),
            "{error}"
        );
        assert_eq!(
            stored(1).read(&Reading::NOWHERE, STEPS).unwrap_err().code(),
            "stored_damaged"
        );
    }

    #[test]
    fn steps_are_taken_one_by_one() {
        let add = |from, lift| Upcaster {
            name: "Any",
            from,
            lift,
        };
        let steps = [
            add(2, |bytes| Ok([bytes, &[3]].concat())),
            add(1, |bytes| Ok([bytes, &[2]].concat())),
        ];
        assert_eq!(lifted("Any", 1..3, vec![1], &steps), Ok(vec![1, 2, 3]));
        assert_eq!(lifted("Any", 2..3, vec![1], &steps), Ok(vec![1, 3]));
        assert!(lifted("Other", 1..3, vec![1], &steps).is_err());
    }

    #[test]
    fn every_step_is_of_a_kind_and_ends_below_its_version() {
        for step in UPCASTERS {
            let kind = crate::stored::kinds().find(|kind| kind.name == step.name);
            assert!(kind.is_some_and(|kind| step.from < kind.version), "{step:?}");
        }
        for kind in crate::stored::kinds() {
            for from in 1..kind.version {
                assert!(
                    UPCASTERS
                        .iter()
                        .any(|step| (step.name, step.from) == (kind.name, from))
                );
            }
        }
    }

    /// Both numbers of an event are one byte each: what is told of a newer kind depends on it.
    #[test]
    fn numbers_of_kinds_stay_below_128() {
        assert!(
            crate::stored::events::AGGREGATES
                .iter()
                .all(|kinds| kinds.len() < 128)
        );
    }
}
