//! A fare's lines by payee, in words.

use fiacre_domain::money::Money;
use fiacre_domain::pricing::{Line, Payee};

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
