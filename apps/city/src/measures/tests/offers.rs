//! What becomes of offers.

use super::*;

#[test]
fn offers_are_counted_by_what_became_of_them() {
    let (mut measures, trip, ann) = (measures(), id(1), driver(1));
    measures.trip(trip, 0, [request(trip, at_s(0))]);
    for number in 1..=4 {
        measures.search(trip, 1, [offer(number, ann, at_s(9))]);
    }
    let (first, second, third) = (OfferNumber(1), OfferNumber(2), OfferNumber(3));
    measures.search(
        trip,
        2,
        [DispatchEvent::OfferDeclined {
            offer: first,
            driver: ann,
        }],
    );
    measures.search(
        trip,
        3,
        [DispatchEvent::OfferExpired {
            offer: second,
            driver: ann,
        }],
    );
    let reason = WithdrawReason::Taken;
    measures.search(
        trip,
        4,
        [DispatchEvent::OfferWithdrawn {
            offer: third,
            driver: ann,
            reason,
        }],
    );
    measures.search(trip, 5, [accepted(4, ann)]);
    let expected = OfferCounts {
        made: 4,
        accepted: 1,
        declined: 1,
        expired: 1,
        withdrawn: 1,
    };
    assert_eq!(measures.offers(), expected);
    assert!(measures.promised.is_empty(), "answered offers are forgotten");
}
