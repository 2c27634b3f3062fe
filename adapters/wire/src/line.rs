//! Lines of receipts and of pay as JSON. Amounts are minor units of the receipt's currency.

use crate::error::WireError;
use crate::text::Text;
use fiacre_domain::id::{AuthorityId, ChargeId, FunderId, WindowId, ZoneId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{Line, LineKind, LineTraits, Pay, PayKind, PayLine, Payee, Stage};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent questions that each stage asks of a line"
)]
pub(crate) struct LineDto {
    kind: LineKindDto,
    amount: i64,
    payee: PayeeDto,
    surged: bool,
    commissioned: bool,
    taxed: bool,
    in_minimum: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineKindDto {
    Initial,
    Units,
    Time,
    Waiting,
    Flat(Text<ChargeId>),
    Multiplier(Text<WindowId>),
    Area(Text<ZoneId>),
    Surcharge(Text<ChargeId>),
    Minimum,
    Surge,
    Cap,
    Discount(Text<ChargeId>),
    Tax(Text<ChargeId>),
    TaxIncluded(Text<ChargeId>),
    PassThrough(Text<ChargeId>),
    Toll(Text<AuthorityId>),
    SettlementCap,
    CancellationFee,
    Rounding(StageDto),
    Accepted,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StageDto {
    Meter,
    Multipliers,
    Surge,
    Total,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayeeDto {
    Driver,
    Platform,
    Authority(Text<AuthorityId>),
    Funder(Text<FunderId>),
}

impl LineDto {
    pub(crate) fn of(line: &Line) -> Self {
        Self {
            kind: LineKindDto::of(line.kind()),
            amount: line.amount().minor(),
            payee: PayeeDto::of(line.payee()),
            surged: line.is_surgeable(),
            commissioned: line.is_commissionable(),
            taxed: line.is_taxable(),
            in_minimum: line.is_in_minimum(),
        }
    }

    pub(crate) fn into_domain(self, currency: Currency) -> Result<Line, WireError> {
        let Self {
            kind,
            amount,
            payee,
            surged,
            commissioned,
            taxed,
            in_minimum,
        } = self;
        let traits = LineTraits::untouched(payee.into_domain()?)
            .with_surge(surged)
            .with_commission(commissioned)
            .with_tax(taxed)
            .with_minimum(in_minimum);
        Ok(Line::new(
            kind.into_domain()?,
            Money::new(amount, currency),
            traits,
        ))
    }
}

impl LineKindDto {
    fn of(kind: LineKind) -> Self {
        match kind {
            LineKind::Initial => Self::Initial,
            LineKind::Units => Self::Units,
            LineKind::Time => Self::Time,
            LineKind::Waiting => Self::Waiting,
            LineKind::Flat(id) => Self::Flat(Text::new(id)),
            LineKind::Multiplier(id) => Self::Multiplier(Text::new(id)),
            LineKind::Area(id) => Self::Area(Text::new(id)),
            LineKind::Surcharge(id) => Self::Surcharge(Text::new(id)),
            LineKind::Minimum => Self::Minimum,
            LineKind::Surge => Self::Surge,
            LineKind::Cap => Self::Cap,
            LineKind::Discount(id) => Self::Discount(Text::new(id)),
            LineKind::Tax(id) => Self::Tax(Text::new(id)),
            LineKind::TaxIncluded(id) => Self::TaxIncluded(Text::new(id)),
            LineKind::PassThrough(id) => Self::PassThrough(Text::new(id)),
            LineKind::Toll(id) => Self::Toll(Text::new(id)),
            LineKind::SettlementCap => Self::SettlementCap,
            LineKind::CancellationFee => Self::CancellationFee,
            LineKind::Rounding(stage) => Self::Rounding(StageDto::of(stage)),
            LineKind::Accepted => Self::Accepted,
        }
    }

    fn into_domain(self) -> Result<LineKind, WireError> {
        Ok(match self {
            Self::Initial => LineKind::Initial,
            Self::Units => LineKind::Units,
            Self::Time => LineKind::Time,
            Self::Waiting => LineKind::Waiting,
            Self::Flat(id) => LineKind::Flat(id.take("flat")?),
            Self::Multiplier(id) => LineKind::Multiplier(id.take("multiplier")?),
            Self::Area(id) => LineKind::Area(id.take("area")?),
            Self::Surcharge(id) => LineKind::Surcharge(id.take("surcharge")?),
            Self::Minimum => LineKind::Minimum,
            Self::Surge => LineKind::Surge,
            Self::Cap => LineKind::Cap,
            Self::Discount(id) => LineKind::Discount(id.take("discount")?),
            Self::Tax(id) => LineKind::Tax(id.take("tax")?),
            Self::TaxIncluded(id) => LineKind::TaxIncluded(id.take("tax_included")?),
            Self::PassThrough(id) => LineKind::PassThrough(id.take("pass_through")?),
            Self::Toll(id) => LineKind::Toll(id.take("toll")?),
            Self::SettlementCap => LineKind::SettlementCap,
            Self::CancellationFee => LineKind::CancellationFee,
            Self::Rounding(stage) => LineKind::Rounding(stage.into_domain()),
            Self::Accepted => LineKind::Accepted,
        })
    }
}

impl StageDto {
    const fn of(stage: Stage) -> Self {
        match stage {
            Stage::Meter => Self::Meter,
            Stage::Multipliers => Self::Multipliers,
            Stage::Surge => Self::Surge,
            Stage::Total => Self::Total,
        }
    }

    const fn into_domain(self) -> Stage {
        match self {
            Self::Meter => Stage::Meter,
            Self::Multipliers => Stage::Multipliers,
            Self::Surge => Stage::Surge,
            Self::Total => Stage::Total,
        }
    }
}

impl PayeeDto {
    fn of(payee: Payee) -> Self {
        match payee {
            Payee::Driver => Self::Driver,
            Payee::Platform => Self::Platform,
            Payee::Authority(id) => Self::Authority(Text::new(id)),
            Payee::Funder(id) => Self::Funder(Text::new(id)),
        }
    }

    fn into_domain(self) -> Result<Payee, WireError> {
        Ok(match self {
            Self::Driver => Payee::Driver,
            Self::Platform => Payee::Platform,
            Self::Authority(id) => Payee::Authority(id.take("authority")?),
            Self::Funder(id) => Payee::Funder(id.take("funder")?),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayDto {
    lines: Vec<PayLineDto>,
    total: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayLineDto {
    kind: PayKindDto,
    amount: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayKindDto {
    Fares,
    Commission,
    Base,
    Distance,
    Time,
    Rounding,
    Floor,
    Accepted,
}

impl PayDto {
    pub(crate) fn of(pay: &Pay) -> Self {
        let line = |line: &PayLine| PayLineDto {
            kind: PayKindDto::of(line.kind()),
            amount: line.amount().minor(),
        };
        Self {
            lines: pay.lines().iter().map(line).collect(),
            total: pay.total().minor(),
        }
    }

    pub(crate) fn into_domain(self, currency: Currency) -> Pay {
        let Self { lines, total } = self;
        let line =
            |PayLineDto { kind, amount }| PayLine::new(kind.into_domain(), Money::new(amount, currency));
        Pay::from_parts(lines.into_iter().map(line).collect(), Money::new(total, currency))
    }
}

impl PayKindDto {
    const fn of(kind: PayKind) -> Self {
        match kind {
            PayKind::Fares => Self::Fares,
            PayKind::Commission => Self::Commission,
            PayKind::Base => Self::Base,
            PayKind::Distance => Self::Distance,
            PayKind::Time => Self::Time,
            PayKind::Rounding => Self::Rounding,
            PayKind::Floor => Self::Floor,
            PayKind::Accepted => Self::Accepted,
        }
    }

    const fn into_domain(self) -> PayKind {
        match self {
            Self::Fares => PayKind::Fares,
            Self::Commission => PayKind::Commission,
            Self::Base => PayKind::Base,
            Self::Distance => PayKind::Distance,
            Self::Time => PayKind::Time,
            Self::Rounding => PayKind::Rounding,
            Self::Floor => PayKind::Floor,
            Self::Accepted => PayKind::Accepted,
        }
    }
}
