//! Where the money came from, and whose it is now.

use super::Report;
use super::style::{Ink, Style};
use super::words::{amount, percent};
use crate::measures::quotient;
use fiacre_domain::ledger::Account;
use std::cmp::Reverse;
use std::fmt::Write as _;

const NAME_WIDTH: usize = 30;
const AMOUNT_WIDTH: usize = 16;
const BAR_WIDTH: usize = 40;

/// The ledger's balances as bars: debits are what came in or is owed to us, credits whose it is.
pub(super) fn draw(report: &Report, style: Style) -> String {
    let balances = || report.facts.accounts.iter().filter(|(_, minor)| *minor != 0);
    let mut from: Vec<(&Account, i128)> = balances()
        .filter(|(_, minor)| *minor > 0)
        .map(|(account, minor)| (account, *minor))
        .collect();
    let mut to: Vec<(&Account, i128)> = balances()
        .filter(|(_, minor)| *minor < 0)
        .map(|(account, minor)| (account, -*minor))
        .collect();
    let currency = report.money.currency;
    let title = style.paint(Ink::Strong, "Where the money came from, and where it went");
    let all: i128 = from.iter().map(|(_, minor)| minor).sum();
    if all == 0 {
        return format!("{title}: none moved.\n");
    }
    let mut page = format!("{title} (→), in {currency}\n");
    for (side, ink) in [(&mut from, Ink::Plain), (&mut to, Ink::Good)] {
        side.sort_by_key(|(account, minor)| (Reverse(*minor), **account));
        for (account, minor) in side {
            let room = style
                .columns()
                .saturating_sub(NAME_WIDTH + AMOUNT_WIDTH + 12)
                .min(BAR_WIDTH);
            let name = name(**account, ink == Ink::Good);
            let drawn = bar(*minor, all, room);
            let blank = " ".repeat(room.saturating_sub(drawn.chars().count()));
            let _ = writeln!(
                page,
                "  {name:<NAME_WIDTH$}{}{blank}{:>AMOUNT_WIDTH$} {:>7}",
                style.paint(ink, &drawn),
                amount(*minor, currency),
                percent(quotient(*minor, all, 4)),
            );
        }
    }
    page + &held(report, style)
}

fn held(report: &Report, style: Style) -> String {
    let money = &report.money;
    let held = [
        format!("{} put on hold", amount(money.authorised, money.currency)),
        format!("{} taken", amount(money.captured, money.currency)),
        format!("{} released", amount(money.released, money.currency)),
        format!("{} still on hold", amount(money.open, money.currency)),
    ];
    style.paragraph("Cards", &held) + &owed(report, style)
}

/// What riders have not paid: most of it is agreed on, and was never to be taken from a card.
fn owed(report: &Report, style: Style) -> String {
    let money = &report.money;
    let told = [
        ("billed to accounts", money.debt_on_account),
        ("owed by riders", money.debt - money.debt_on_account),
    ]
    .into_iter()
    .filter(|(_, minor)| *minor != 0)
    .map(|(what, minor)| format!("{} {what}", amount(minor, money.currency)))
    .collect::<Vec<_>>();
    if told.is_empty() {
        String::new()
    } else {
        style.paragraph("Unpaid", &told)
    }
}

/// What an account is called where the money came from, or where it went.
fn name(account: Account, is_payee: bool) -> String {
    let text = match account {
        Account::Clearing => "riders, by card",
        Account::DriverCash => "riders, in cash",
        Account::Debts => "riders, still to pay",
        Account::Rider if is_payee => "riders, to be given back",
        Account::Rider => "riders, not yet asked",
        Account::DriverPayable => "drivers",
        Account::Commission if is_payee => "the platform",
        Account::Commission => "the platform, added",
        Account::Tips => "drivers, as tips",
        Account::GatewayFees => "the payment company",
        Account::Rounding => "rounding",
        Account::Losses => "losses",
        Account::Tax(authority) => &format!("{authority}, a tax"),
        Account::Authority(authority) => &format!("{authority}, a public charge"),
        Account::Promotion(funder) => &format!("{funder}, a discount"),
    };
    let arrow = if is_payee { "→" } else { " " };
    format!("{arrow} {text}")
}

/// A bar of at most `room` characters, full at `max`; what is above zero shows.
pub(super) fn bar(value: i128, max: i128, room: usize) -> String {
    const BLOCKS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let full = i128::try_from(room).unwrap_or_default() * 8;
    let eighths = (value.clamp(0, max) * full / max.max(1)).max(i128::from(value > 0));
    let (whole, rest) = (usize::try_from(eighths / 8), usize::try_from(eighths % 8));
    "█".repeat(whole.unwrap_or_default()) + BLOCKS.get(rest.unwrap_or_default()).copied().unwrap_or_default()
}
