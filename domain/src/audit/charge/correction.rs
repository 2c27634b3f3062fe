//! Money after a ride's end, as the auditor sees it: corrections of a fare and charges beside it.

use super::Charge;
use crate::audit::few::Few;
use crate::audit::finding::{Flaw, Notes};
use crate::id::TripId;
use crate::money::Money;
use crate::payment::{Correction, FurtherCharge, Purpose};
use crate::stream::{ChargeNumber, StreamId, Version};

/// What a correction left on a charge.
#[derive(Debug, Default)]
pub(in crate::audit) struct Corrected {
    /// The last correction that the charge was told of, and what is due by it.
    revision: u16,
    due: Option<Money>,
    pub(in crate::audit) reduced_minor: i64,
    pub(in crate::audit) returned_minor: i64,
    /// What refunds that failed were to give back.
    pub(in crate::audit) failed_minor: i64,
    /// What other charges are to come to, and by which correction.
    shares: Few<Share>,
}

/// What another charge is to come to.
#[derive(Debug, Clone, Copy)]
struct Share {
    number: ChargeNumber,
    revision: u16,
    due: Money,
}

impl Corrected {
    pub(in crate::audit) fn correct(&mut self, correction: Correction) {
        self.revision = correction.revision;
        self.due = Some(correction.due);
    }

    pub(in crate::audit) fn share(&mut self, further: &FurtherCharge) {
        let share = Share {
            number: further.number,
            revision: further.revision,
            due: further.due,
        };
        match self.shares.iter_mut().find(|known| known.number == share.number) {
            Some(known) => *known = share,
            None => self.shares.push(share),
        }
    }
}

impl Charge {
    /// The last correction that the charge was told of; 0 where none was.
    pub(in crate::audit) fn revision(&self) -> u16 {
        self.corrected().map_or(0, |corrected| corrected.revision)
    }

    /// What the charge is to come to, with those beside it that it asked.
    fn level_minor(&self) -> i64 {
        let corrected = self.corrected().and_then(|corrected| corrected.due);
        corrected.or(self.end.due).map_or(0, Money::minor)
    }

    /// What was taken and not given back, is owed, or was owed and has been dealt with.
    fn moved_minor(&self) -> i64 {
        let (reduced_minor, returned_minor) = self.corrected().map_or((0, 0), |corrected| {
            (corrected.reduced_minor, corrected.returned_minor)
        });
        let cash_minor = self.end.outcome.as_ref().map_or(0, |outcome| outcome.cash_minor);
        self.kept_minor()
            .saturating_add(self.end.recorded_debt_minor)
            .saturating_add(cash_minor)
            .saturating_sub(reduced_minor)
            .saturating_sub(returned_minor)
    }

    /// What is not given back whatever the receipt says: refunds failed, or a debt was paid otherwise or given up.
    fn kept_for_good_minor(&self) -> i64 {
        let (failed_minor, reduced_minor) = self.corrected().map_or((0, 0), |corrected| {
            (corrected.failed_minor, corrected.reduced_minor)
        });
        self.end
            .recorded_debt_minor
            .saturating_sub(self.end.debt_minor)
            .saturating_sub(reduced_minor)
            .saturating_add(failed_minor)
    }

    /// What the driver holds in cash of this charge, in minor units.
    pub(in crate::audit) fn cash_minor(&self) -> i64 {
        let returned_minor = self.corrected().map_or(0, |corrected| corrected.returned_minor);
        let cash_minor = self.end.outcome.as_ref().map_or(0, |outcome| outcome.cash_minor);
        cash_minor.saturating_sub(returned_minor)
    }

    fn shares(&self) -> &[Share] {
        self.corrected().map_or(&[], |corrected| &corrected.shares)
    }
}

/// The fare's charge and those beside it.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct Charges<'a> {
    pub(in crate::audit) fare: &'a Charge,
    pub(in crate::audit) others: &'a [(ChargeNumber, Charge)],
}

impl<'a> Charges<'a> {
    fn of(self, purpose: Purpose) -> impl Iterator<Item = (ChargeNumber, &'a Charge)> {
        let others = self.others.iter();
        others.filter_map(move |(number, charge)| {
            (charge.purpose() == Some(purpose)).then_some((*number, charge))
        })
    }

    fn other(self, number: ChargeNumber) -> Option<&'a Charge> {
        let mut others = self.others.iter();
        others
            .find(|(known, _)| *known == number)
            .map(|(_, charge)| charge)
    }

    /// Whether the charges have heard of every correction and tip, and nothing else has.
    pub(in crate::audit) fn have_heard(self, corrections: u16, tips: &[(ChargeNumber, Money)]) -> bool {
        let shares = self.fare.shares();
        self.fare.revision() == corrections
            && shares.iter().all(|share| {
                self.other(share.number)
                    .is_some_and(|charge| charge.revision() == share.revision)
            })
            && self
                .of(Purpose::Correction)
                .all(|(number, _)| shares.iter().any(|share| share.number == number))
            && tips.iter().all(|(number, _)| self.other(*number).is_some())
            && self
                .of(Purpose::Tip)
                .all(|(number, _)| tips.iter().any(|(known, _)| *known == number))
    }

    /// Compares the charges with what the trip says of them.
    pub(in crate::audit) fn judge(
        self,
        trip: TripId,
        (total, tips): (Option<Money>, &[(ChargeNumber, Money)]),
        notes: &mut Notes<'_>,
    ) {
        let have_ended =
            self.fare.is_closed() && self.of(Purpose::Correction).all(|(_, charge)| charge.is_closed());
        if let Some(total) = total.filter(|_| have_ended) {
            self.judge_fare(trip, total, notes);
        }
        self.judge_tips(trip, tips, notes);
    }

    /// When a trip's charges have ended: taken, less given back, and owed is what the receipt in force says.
    ///
    /// What could not be given back is the gateway's word, and a debt that was dealt with is not taken up again: neither is a
    /// flaw of the log.
    fn judge_fare(self, trip: TripId, total: Money, notes: &mut Notes<'_>) {
        let stream = |number| StreamId::Payment(trip, number);
        let (mut moved_minor, mut kept_minor) = (self.fare.moved_minor(), self.fare.kept_for_good_minor());
        for (_, charge) in self.of(Purpose::Correction) {
            moved_minor = moved_minor.saturating_add(charge.moved_minor());
            kept_minor = kept_minor.saturating_add(charge.kept_for_good_minor());
        }
        let total_minor = total.minor();
        if !(0..=kept_minor).contains(&moved_minor.saturating_sub(total_minor)) {
            let flaw = Flaw::FareNotMoved {
                total_minor,
                moved_minor,
            };
            return notes.add_at(stream(ChargeNumber::FARE), self.fare.tape.head(), flaw);
        }
        let fare = (ChargeNumber::FARE, total, Some(self.fare));
        let shares = self.fare.shares().iter();
        let shares = shares.map(|share| (share.number, share.due, self.other(share.number)));
        for (number, due, charge) in std::iter::once(fare).chain(shares) {
            let (due_minor, asked_minor) = (due.minor(), charge.map_or(0, Charge::level_minor));
            if due_minor != asked_minor {
                let flaw = Flaw::DueDiffers {
                    due_minor,
                    asked_minor,
                };
                let head = charge.map_or(Version::EMPTY, |charge| charge.tape.head());
                notes.add_at(stream(number), head, flaw);
            }
        }
    }

    /// Each tip that was given is asked for once, and none that was not.
    fn judge_tips(self, trip: TripId, tips: &[(ChargeNumber, Money)], notes: &mut Notes<'_>) {
        for (number, tip) in tips {
            let charge = self.other(*number);
            if charge.and_then(|charge| charge.end.due) != Some(*tip) {
                let head = charge.map_or(Version::EMPTY, |charge| charge.tape.head());
                notes.add_at(StreamId::Payment(trip, *number), head, Flaw::TipDiffers);
            }
        }
        for (number, charge) in self.of(Purpose::Tip) {
            if tips.iter().all(|(known, _)| *known != number) {
                notes.add_at(
                    StreamId::Payment(trip, number),
                    charge.tape.head(),
                    Flaw::TipDiffers,
                );
            }
        }
    }
}
