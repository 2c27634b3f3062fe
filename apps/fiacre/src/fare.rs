//! The words for a fare's lines and payees.

use fiacre_domain::money::Money;
use fiacre_domain::pricing::{Line, LineKind, Payee, Stage};

/// What a line is for.
pub(crate) fn purpose(kind: LineKind) -> String {
    match kind {
        LineKind::Initial => "initial price".to_owned(),
        LineKind::Units => "distance and time".to_owned(),
        LineKind::Time => "time".to_owned(),
        LineKind::Waiting => "waiting".to_owned(),
        LineKind::Flat(id) => format!("flat {id}"),
        LineKind::Multiplier(id) => format!("multiplier {id}"),
        LineKind::Area(id) => format!("area {id}"),
        LineKind::Surcharge(id) => format!("surcharge {id}"),
        LineKind::Minimum => "up to the minimum".to_owned(),
        LineKind::Surge => "surge".to_owned(),
        LineKind::Cap => "above the highest price".to_owned(),
        LineKind::Discount(id) => format!("discount {id}"),
        LineKind::Tax(id) => format!("tax {id}"),
        LineKind::TaxIncluded(id) => format!("tax {id}, included above"),
        LineKind::PassThrough(id) => format!("charge {id}"),
        LineKind::Toll(id) => format!("toll {id}"),
        LineKind::SettlementCap => "above the hold".to_owned(),
        LineKind::CancellationFee => "cancellation fee".to_owned(),
        LineKind::Rounding(stage) => format!("rounding {}", stage_name(stage)),
    }
}

const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Meter => "the meter",
        Stage::Multipliers => "multipliers",
        Stage::Surge => "surge",
        Stage::Total => "the total",
    }
}

/// Whose money it is.
pub(crate) fn payee_name(payee: Payee) -> String {
    match payee {
        Payee::Driver => "driver".to_owned(),
        Payee::Platform => "platform".to_owned(),
        Payee::Authority(id) => format!("authority {id}"),
        Payee::Funder(id) => format!("funder {id}"),
    }
}

/// The lines of one payee, and their sum in minor units.
pub(crate) struct Share {
    pub(crate) payee: Payee,
    pub(crate) lines: Vec<Line>,
    pub(crate) sum_minor: i64,
}

/// Lines by payee, in the order in which payees first appear.
pub(crate) fn by_payee(lines: &[Line]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for line in lines {
        let minor = line.amount().minor();
        match shares.iter_mut().find(|share| share.payee == line.payee()) {
            Some(share) => {
                share.lines.push(*line);
                // The sum of all lines fits: it is the total.
                share.sum_minor = share.sum_minor.saturating_add(minor);
            }
            None => shares.push(Share {
                payee: line.payee(),
                lines: vec![*line],
                sum_minor: minor,
            }),
        }
    }
    shares
}

/// An amount without its currency, for a column that names it once.
pub(crate) fn amount(money: Money) -> String {
    let text = money.to_string();
    text.split_once(' ')
        .map_or(text.clone(), |(amount, _)| amount.to_owned())
}
