//! Every single edit of a computed field of a receipt. Each struct is taken apart without `..`, so that a new field breaks the
//! build here until it is edited too.

use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{
    Basis, Computed, DeviationReason, Line, LineKind, LineTraits, Pay, PayKind, PayLine, Payee, Receipt,
    ReceiptParts,
};

fn more(amount: Money) -> Money {
    Money::new(amount.minor() + 1, amount.currency())
}

fn elsewhere(amount: Money) -> Money {
    Money::new(amount.minor(), Currency::USD)
}

/// Each edited receipt with the name of what was edited.
pub(crate) fn of(receipt: &Receipt) -> Vec<(String, Receipt)> {
    let ReceiptParts {
        tariff: _,
        version: _,
        currency: _,
        ride: _,
        at: _,
        surge: _,
        happened: _,
        computed,
    } = receipt.parts();
    let whole = |computed: Computed| {
        Receipt::from_parts(ReceiptParts {
            computed,
            ..receipt.parts().clone()
        })
    };
    let Computed {
        basis,
        quoted,
        metered,
        hold,
        lines,
        total,
        pay,
    } = computed;
    let base = || computed.clone();
    let mut edited: Vec<(String, Computed)> = vec![(
        "metered absent".into(),
        Computed {
            metered: match metered {
                Some(_) => None,
                None => Some(*total),
            },
            ..base()
        },
    )];
    for change in [more, elsewhere] {
        edited.push((
            "quoted".into(),
            Computed {
                quoted: change(*quoted),
                ..base()
            },
        ));
        edited.push((
            "hold".into(),
            Computed {
                hold: change(*hold),
                ..base()
            },
        ));
        edited.push((
            "total".into(),
            Computed {
                total: change(*total),
                ..base()
            },
        ));
        edited.extend(metered.map(|metered| {
            (
                "metered".into(),
                Computed {
                    metered: Some(change(metered)),
                    ..base()
                },
            )
        }));
        let pay_total = Pay::from_parts(pay.lines().to_vec(), change(pay.total()));
        edited.push((
            "pay total".into(),
            Computed {
                pay: pay_total,
                ..base()
            },
        ));
    }
    edited.extend(
        other_bases(*basis)
            .into_iter()
            .map(|basis| ("basis".into(), Computed { basis, ..base() })),
    );
    for (name, lines) in edited_lists(lines, other_lines) {
        edited.push((format!("line {name}"), Computed { lines, ..base() }));
    }
    for (name, lines) in edited_lists(pay.lines(), other_pay_lines) {
        edited.push((
            format!("pay line {name}"),
            Computed {
                pay: Pay::from_parts(lines, pay.total()),
                ..base()
            },
        ));
    }
    edited
        .into_iter()
        .map(|(name, computed)| (name, whole(computed)))
        .collect()
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

/// One item changed, dropped or doubled, or two neighbours that differ swapped.
fn edited_lists<T: Copy + PartialEq>(items: &[T], others: impl Fn(&T) -> Vec<T>) -> Vec<(String, Vec<T>)> {
    let mut lists = Vec::new();
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
