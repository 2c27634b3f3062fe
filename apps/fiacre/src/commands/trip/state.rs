//! Where a trip stands, in the words of programs; those for people are `fiacre_auditing`'s.

use fiacre_auditing::timeline::Standing;
use fiacre_domain::dispatch::Phase as SearchPhase;
use fiacre_domain::money::Money;
use fiacre_domain::payment::{Hold, Payment, Waiver};
use fiacre_domain::stream::ChargeNumber;
use serde_json::{Value, json};

pub(super) fn as_json(standing: &Standing) -> Value {
    let (trip, search) = (standing.trip.control(), standing.search.control());
    let charges = standing.charges.iter();
    json!({
        "trip": trip.phase.name(),
        "trip_closed": trip.closed,
        "search": search_code(search.phase),
        "search_round": search.round,
        "charges": charges.map(|(number, charge)| charge_as_json(*number, charge)).collect::<Vec<_>>(),
    })
}

fn charge_as_json(number: ChargeNumber, charge: &Payment) -> Value {
    let control = charge.control();
    let start = charge.start();
    json!({
        "charge": number.0,
        "state": hold_code(control.hold),
        "closed": control.closed,
        "currency": start.map(|start| start.amount.currency().code().to_owned()),
        "held": charge.held().map(Money::minor),
        "captured": charge.captured().map(Money::minor),
        "debt": charge.debt_minor(),
    })
}

const fn search_code(phase: SearchPhase) -> &'static str {
    match phase {
        SearchPhase::Absent => "absent",
        SearchPhase::Searching => "searching",
        SearchPhase::Paused => "paused",
        SearchPhase::Assigned => "assigned",
        SearchPhase::Exhausted => "exhausted",
        SearchPhase::Ending => "ending",
        SearchPhase::Closed => "closed",
    }
}

const fn hold_code(hold: Hold) -> &'static str {
    match hold {
        Hold::None => "not_asked",
        Hold::Waived(Waiver::Cash) => "waived_cash",
        Hold::Waived(Waiver::Account) => "waived_account",
        Hold::Waived(Waiver::NothingDue) => "waived_nothing_due",
        Hold::Pending => "pending",
        Hold::Created => "created",
        Hold::ActionRequired => "action_required",
        Hold::Open => "held",
        Hold::Captured => "captured",
        Hold::Ended => "ended",
    }
}
