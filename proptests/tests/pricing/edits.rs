//! Every single edit of a computed field of a receipt. Each public struct is taken apart without `..`, so that a new field
//! breaks the build here until it is edited too; of those with private fields, what a receipt prints of itself is compared
//! leaf by leaf.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{
    Basis, Computed, DeviationReason, Line, LineKind, LineTraits, Pay, PayKind, PayLine, Payee, Receipt,
    ReceiptParts, TariffEdition,
};

fn more(amount: Money) -> Money {
    Money::new(amount.minor() + 1, amount.currency())
}

fn elsewhere(amount: Money) -> Money {
    Money::new(amount.minor(), Currency::JPY)
}

/// Each edited receipt with the name of what was edited.
pub(crate) fn of(receipt: &Receipt) -> Vec<(String, Receipt)> {
    let ReceiptParts {
        tariff,
        currency: _,
        ride: _,
        at: _,
        surge: _,
        happened: _,
        computed,
    } = receipt.parts();
    let parts = || receipt.parts().clone();
    let named = [
        (
            "tariff",
            ReceiptParts {
                tariff: TariffEdition::new(
                    "another".parse().unwrap(),
                    tariff.version(),
                    tariff.fingerprint(),
                ),
                ..parts()
            },
        ),
        (
            "version",
            ReceiptParts {
                tariff: TariffEdition::new(tariff.tariff(), tariff.version() + 1, tariff.fingerprint()),
                ..parts()
            },
        ),
        (
            "fingerprint",
            ReceiptParts {
                tariff: TariffEdition::new(tariff.tariff(), tariff.version(), Fingerprint::new([0; 32])),
                ..parts()
            },
        ),
        (
            "currency",
            ReceiptParts {
                currency: Currency::JPY,
                ..parts()
            },
        ),
    ];
    let named = named.map(|(name, parts)| (name.to_owned(), parts));
    of_computed(computed)
        .into_iter()
        .map(|(name, computed)| (name, ReceiptParts { computed, ..parts() }))
        .chain(named)
        .map(|(name, parts)| (name, Receipt::from_parts(parts)))
        .collect()
}

fn of_computed(computed: &Computed) -> Vec<(String, Computed)> {
    let Computed {
        basis,
        quoted: _,
        metered,
        hold: _,
        lines,
        total,
        pay,
    } = computed;
    let mut all = Vec::new();
    let mut edit = |name: &str, change: &dyn Fn(&mut Computed)| {
        let mut edited = computed.clone();
        change(&mut edited);
        all.push((name.to_owned(), edited));
    };
    for change in [more, elsewhere] {
        edit("quoted", &|edited| edited.quoted = change(edited.quoted));
        edit("hold", &|edited| edited.hold = change(edited.hold));
        edit("total", &|edited| edited.total = change(edited.total));
        edit("pay total", &|edited| {
            edited.pay = Pay::from_parts(pay.lines().to_vec(), change(pay.total()));
        });
        if let Some(metered) = *metered {
            edit("metered", &|edited| edited.metered = Some(change(metered)));
        }
    }
    let otherwise = if metered.is_some() { None } else { Some(*total) };
    edit("metered or not", &|edited| edited.metered = otherwise);
    for basis in other_bases(*basis) {
        edit("basis", &|edited| edited.basis = basis);
    }
    let nothing = Money::zero(total.currency());
    let spare = Line::new(LineKind::Minimum, nothing, LineTraits::FARE);
    for (name, lines) in edited_lists(lines, spare, other_lines) {
        edit(&format!("line {name}"), &|edited| edited.lines.clone_from(&lines));
    }
    let spare = PayLine::new(PayKind::Base, nothing);
    for (name, lines) in edited_lists(pay.lines(), spare, other_pay_lines) {
        edit(&format!("pay line {name}"), &|edited| {
            edited.pay = Pay::from_parts(lines.clone(), pay.total());
        });
    }
    all
}

/// The leaves of what is computed, as the receipt prints them, that no edit of one item changes.
pub(crate) fn unedited(receipt: &Receipt) -> Vec<String> {
    let print = |receipt: &Receipt| format!("{:#?}", receipt.parts().computed);
    let printed = print(receipt);
    let lines: Vec<&str> = printed.lines().collect();
    let mut is_edited = vec![false; lines.len()];
    for (name, edited) in of(receipt) {
        // An item more or less says nothing of the fields in it.
        if name.ends_with("dropped") || name.ends_with("doubled") || name.ends_with("swapped") {
            continue;
        }
        let edited = print(&edited);
        let edited: Vec<&str> = edited.lines().collect();
        let alike = |(one, other): &(&&str, &&str)| one == other;
        let before = lines.iter().zip(&edited).take_while(alike).count();
        let after = lines
            .iter()
            .rev()
            .zip(edited.iter().rev())
            .take_while(alike)
            .count();
        let until = lines.len().saturating_sub(after);
        is_edited
            .iter_mut()
            .take(until)
            .skip(before)
            .for_each(|is_edited| *is_edited = true);
    }
    let is_leaf = |line: &str| line.chars().any(char::is_alphanumeric) && !line.ends_with(['{', '(', '[']);
    let unedited = lines
        .iter()
        .zip(is_edited)
        .filter(|(line, is_edited)| is_leaf(line) && !is_edited);
    unedited.map(|(line, _)| line.trim().to_owned()).collect()
}

fn other_bases(basis: Basis) -> Vec<Basis> {
    let reason = DeviationReason::Meter;
    let all = [
        Basis::Quoted,
        Basis::DetourNotCharged,
        Basis::Metered(reason),
        Basis::Capped(reason),
        Basis::Fee,
    ];
    let toll = [
        Basis::Metered(DeviationReason::Toll),
        Basis::Capped(DeviationReason::Toll),
    ];
    all.into_iter()
        .chain(toll)
        .filter(|other| *other != basis)
        .collect()
}

/// One item changed, dropped, doubled or added, or two neighbours that differ swapped.
fn edited_lists<T: Copy + PartialEq>(
    items: &[T],
    spare: T,
    others: impl Fn(&T) -> Vec<T>,
) -> Vec<(String, Vec<T>)> {
    let added = items.iter().copied().chain([spare]).collect();
    let mut lists = vec![("added".to_owned(), added)];
    for (index, item) in items.iter().enumerate() {
        for other in others(item) {
            let mut list = items.to_vec();
            list[index] = other;
            lists.push((format!("{index} changed"), list));
        }
        let mut dropped = items.to_vec();
        dropped.remove(index);
        lists.push((format!("{index} dropped"), dropped));
        let mut doubled = items.to_vec();
        doubled.insert(index, *item);
        lists.push((format!("{index} doubled"), doubled));
        if index + 1 < items.len() && items[index] != items[index + 1] {
            let mut swapped = items.to_vec();
            swapped.swap(index, index + 1);
            lists.push((format!("{index} swapped"), swapped));
        }
    }
    lists
}

fn other_lines(line: &Line) -> Vec<Line> {
    let (kind, amount, payee) = (line.kind(), line.amount(), line.payee());
    let flags = [
        line.is_surgeable(),
        line.is_commissionable(),
        line.is_taxable(),
        line.is_in_minimum(),
    ];
    let traits = |payee: Payee, [surged, commissioned, taxed, in_minimum]: [bool; 4]| {
        LineTraits::untouched(payee)
            .with_surge(surged)
            .with_commission(commissioned)
            .with_tax(taxed)
            .with_minimum(in_minimum)
    };
    let other_kind = if kind == LineKind::Cap {
        LineKind::Units
    } else {
        LineKind::Cap
    };
    let other_payee = if payee == Payee::Platform {
        Payee::Driver
    } else {
        Payee::Platform
    };
    let mut others = vec![
        Line::new(other_kind, amount, traits(payee, flags)),
        Line::new(kind, more(amount), traits(payee, flags)),
        Line::new(kind, elsewhere(amount), traits(payee, flags)),
        Line::new(kind, amount, traits(other_payee, flags)),
    ];
    for flag in 0..flags.len() {
        let mut flags = flags;
        flags[flag] = !flags[flag];
        others.push(Line::new(kind, amount, traits(payee, flags)));
    }
    others
}

fn other_pay_lines(line: &PayLine) -> Vec<PayLine> {
    let (kind, amount) = (line.kind(), line.amount());
    let other_kind = if kind == PayKind::Fares {
        PayKind::Floor
    } else {
        PayKind::Fares
    };
    vec![
        PayLine::new(other_kind, amount),
        PayLine::new(kind, more(amount)),
        PayLine::new(kind, elsewhere(amount)),
    ]
}
