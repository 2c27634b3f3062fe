//! A fare's lines by payee, in words.

use fiacre_domain::money::Money;
use fiacre_domain::pricing::{Line, LineKind, Payee, Stage};

/// Whose money it is.
pub(crate) fn payee_name(payee: Payee) -> String {
    match payee {
        Payee::Driver => "driver".to_owned(),
        Payee::Platform => "platform".to_owned(),
        Payee::Authority(id) => format!("authority {id}"),
        Payee::Funder(id) => format!("funder {id}"),
    }
}

/// Whose money it is, for programs: what they are, and their name where there are many such.
pub(crate) fn payee_codes(payee: Payee) -> (&'static str, Option<String>) {
    match payee {
        Payee::Driver => ("driver", None),
        Payee::Platform => ("platform", None),
        Payee::Authority(id) => ("authority", Some(id.to_string())),
        Payee::Funder(id) => ("funder", Some(id.to_string())),
    }
}

/// What a line is for, for programs: in the words of receipts, and the name that the tariff gives it, if any.
pub(crate) fn kind_codes(kind: LineKind) -> (&'static str, Option<String>) {
    match kind {
        LineKind::Initial => ("initial", None),
        LineKind::Units => ("units", None),
        LineKind::Time => ("time", None),
        LineKind::Waiting => ("waiting", None),
        LineKind::Flat(id) => ("flat", Some(id.to_string())),
        LineKind::Multiplier(id) => ("multiplier", Some(id.to_string())),
        LineKind::Area(id) => ("area", Some(id.to_string())),
        LineKind::Surcharge(id) => ("surcharge", Some(id.to_string())),
        LineKind::Minimum => ("minimum", None),
        LineKind::Surge => ("surge", None),
        LineKind::Cap => ("cap", None),
        LineKind::Discount(id) => ("discount", Some(id.to_string())),
        LineKind::Tax(id) => ("tax", Some(id.to_string())),
        LineKind::TaxIncluded(id) => ("tax_included", Some(id.to_string())),
        LineKind::PassThrough(id) => ("pass_through", Some(id.to_string())),
        LineKind::Toll(id) => ("toll", Some(id.to_string())),
        LineKind::SettlementCap => ("settlement_cap", None),
        LineKind::CancellationFee => ("cancellation_fee", None),
        LineKind::Rounding(stage) => ("rounding", Some(stage_code(stage).to_owned())),
        LineKind::Accepted => ("accepted", None),
    }
}

const fn stage_code(stage: Stage) -> &'static str {
    match stage {
        Stage::Meter => "meter",
        Stage::Multipliers => "multipliers",
        Stage::Surge => "surge",
        Stage::Total => "total",
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
