//! Messages as queues on disk keep them: every command, every kind of event, and notices.

use crate::dice::Dice;
use crate::envelope::kept;
use crate::events::{self, brief, offer};
use crate::golden::{bytes, hex};
use crate::laws::KEY;
use crate::rides::{self, TARIFFS};
use fiacre_domain::dispatch::{self, OfferNumber, Proposal};
use fiacre_domain::driver::{self, ReleaseReason};
use fiacre_domain::id::{CommandId, WebhookId};
use fiacre_domain::payment::{self, Authorize, Collect, DeclineReason, SettlementBasis};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{ChargeNumber, EventId};
use fiacre_domain::trip::{
    self, AdjustReason, CancelReason, PaymentMethod, PaymentMethodId, RejectReason, StartCheck, StartProof,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{Body, Message, PaymentNotice};
use fiacre_wire::stored::{self, NoTariffs, Opening, People, Privacy, StoredError, StoredMessage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

fn of_trip(dice: &mut Dice) -> Vec<trip::Command> {
    use trip::Command as C;
    let (driver, fence, round, device) = (dice.driver(), dice.fence(), dice.small(), dice.device());
    let quote = rides::quote(dice);
    let reading = Arc::new(rides::reading(dice, &quote));
    vec![
        C::Request(rides::request(dice)),
        C::Reject {
            reason: RejectReason::Dropped,
        },
        C::NoteDriver { round, fence, driver },
        C::NotePayment {
            secured: dice.secured(),
        },
        C::LosePayment {
            authorization: dice.authorization(),
        },
        C::DeclinePayment,
        C::NoDriver { round },
        C::Expire,
        C::Withdraw { driver, fence },
        C::ArrivalOverdue { round },
        C::Cancel {
            by: dice.actor(),
            reason: CancelReason::Safety,
        },
        C::Arrive {
            driver,
            fence,
            distance_to_pick_up: Millimetres::new(dice.signed()),
            device,
        },
        C::NoShow { driver, fence },
        C::NoShowOverdue { round },
        C::Start {
            driver,
            fence,
            check: StartCheck::WrongCode,
            device,
        },
        C::Start {
            driver,
            fence,
            check: StartCheck::Proven(StartProof::Code),
            device,
        },
        C::ChangePlan {
            by: dice.actor(),
            plan: dice.plan(),
            quote: Arc::new(quote),
            quote_fingerprint: dice.print(),
        },
        C::Complete {
            fence,
            by: dice.actor(),
            reading,
            device,
        },
        C::RideOverdue,
        C::ClearLock,
        C::SettleMoney {
            outcome: dice.outcome(),
        },
        C::AdjustFare {
            reason: AdjustReason::Goodwill,
            receipt: Arc::new(rides::receipt(dice)),
        },
        C::Tip {
            rider: dice.principal(),
            amount: dice.money(),
        },
    ]
}

fn of_dispatch(dice: &mut Dice) -> Vec<dispatch::Command> {
    use dispatch::Command as C;
    let (driver, fence, round) = (dice.driver(), dice.fence(), dice.small());
    let number = OfferNumber(dice.short());
    let like = offer(dice);
    vec![
        C::Search {
            round,
            budget: Millis::new(dice.signed()),
            brief: brief(dice),
        },
        C::ChangeBrief { brief: brief(dice) },
        C::Pause,
        C::Resume,
        C::Propose(Proposal {
            round,
            driver,
            wave: dice.small(),
            expires_at: dice.at(),
            promised_pick_up_at: dice.at(),
            plan_revision: dice.short(),
            terms: like.terms,
            verdicts: like.verdicts,
        }),
        C::Accept {
            offer: number,
            driver,
        },
        C::Decline {
            offer: number,
            driver,
        },
        C::ExpireOffer { offer: number },
        C::LockGranted { driver, round, fence },
        C::LockRefused { driver, round },
        C::LockReleased { fence, driver },
        C::ReviewLock { driver, round, fence },
        C::SearchBudgetOver { round },
        C::End,
    ]
}

fn of_driver(dice: &mut Dice) -> Vec<driver::Command> {
    use driver::Command as C;
    vec![
        C::GoOnline {
            region: dice.slug(),
            capabilities: dice.capabilities(),
        },
        C::ChangeRegion { region: dice.slug() },
        C::GoOffline,
        C::Lock {
            trip: dice.trip(),
            round: dice.small(),
            epoch: dice.word(),
            review_at: dice.at(),
        },
        C::Release {
            trip: dice.trip(),
            fence: dice.fence(),
            reason: ReleaseReason::Reassigned,
        },
    ]
}

fn of_payment(dice: &mut Dice) -> Vec<payment::Command> {
    use payment::Command as C;
    let (authorization, amount) = (dice.authorization(), dice.money());
    let (refund, dispute, charge) = (dice.short(), dice.short(), dice.charge());
    vec![
        C::Authorize(Authorize {
            charge,
            payment: PaymentMethod::Hold {
                method: PaymentMethodId(dice.number()),
            },
            amount,
            budget: Millis::new(dice.signed()),
            action_budget: Millis::new(dice.signed()),
            epoch: dice.word(),
        }),
        C::RecordIntent {
            authorization,
            intent: dice.intent(),
        },
        C::RecordActionRequired { authorization },
        C::RecordAuthorized {
            authorization,
            amount,
            capture_before: dice.at(),
        },
        C::RecordCancelled {
            authorization,
            reason: DeclineReason::Issuer,
        },
        C::AbandonAuthorization { authorization },
        C::AskSettlement {
            charge,
            basis: SettlementBasis::Fee,
            due: dice.maybe(Dice::money),
        },
        C::RecordCaptured {
            authorization,
            captured: amount,
        },
        C::Correct {
            charge,
            correction: dice.correction(),
        },
        C::Collect(Collect {
            charge,
            revision: refund,
            due: amount,
            method: PaymentMethodId(dice.number()),
            budget: Millis::new(dice.signed()),
            action_budget: Millis::new(dice.signed()),
            epoch: dice.word(),
        }),
        C::RecordRefunded { refund },
        C::RecordRefundFailed { refund },
        C::SettleDebt { amount },
        C::WriteOffDebt { amount },
        C::OpenDispute { dispute, amount },
        C::MoveDisputeFunds {
            dispute,
            movement: refund,
            amount,
        },
        C::CloseDispute {
            dispute,
            won: dice.flag(),
        },
    ]
}

fn commands(dice: &mut Dice) -> Vec<Command> {
    let (trip, driver, charge) = (dice.trip(), dice.driver(), ChargeNumber(dice.short()));
    let trips = of_trip(dice)
        .into_iter()
        .map(|command| Command::Trip(trip, command));
    let mut commands: Vec<_> = trips.collect();
    let searches = of_dispatch(dice).into_iter();
    commands.extend(searches.map(|command| Command::Dispatch(trip, command)));
    commands.extend(
        of_driver(dice)
            .into_iter()
            .map(|command| Command::Driver(driver, command)),
    );
    let payments = of_payment(dice).into_iter();
    commands.extend(payments.map(|command| Command::Payment(trip, charge, command)));
    commands
}

/// A message of every kind.
fn messages(dice: &mut Dice) -> Vec<Message> {
    let mut bodies: Vec<_> = commands(dice)
        .into_iter()
        .map(|command| Body::Command {
            id: CommandId::from_u128(dice.number().into()),
            command,
        })
        .collect();
    for kind in stored::kinds() {
        bodies.push(Body::Event {
            id: EventId::new(dice.stream(), dice.version(), dice.short()),
            committed_at: dice.at(),
            event: events::event(kind.name, dice),
        });
    }
    bodies.push(Body::Notice(PaymentNotice {
        id: WebhookId::from_u128(dice.number().into()),
        intent: dice.intent(),
    }));
    let message = |body| Message {
        body,
        region: dice.slug(),
        trace: dice.maybe(Dice::trace),
        mandatory: dice.flag(),
    };
    bodies.into_iter().map(message).collect()
}

fn read(bytes: &[u8], opening: Opening<'_>) -> Result<Message, StoredError> {
    StoredMessage::read(bytes)?.into_message(opening)
}

#[test]
fn a_message_is_read_as_it_was_written() {
    let opening = Opening::new(&*TARIFFS).with_key(Some(&KEY));
    for seed in 0..24 {
        for message in messages(&mut Dice::new(seed)) {
            for privacy in [Privacy::Clear, Privacy::Sealed(&KEY)] {
                let bytes = stored::encode_message(&message, privacy).unwrap();
                let about = StoredMessage::read(&bytes).unwrap().stream();
                assert_eq!(about, stored::stream_of(&message));
                assert_eq!(read(&bytes, opening).unwrap(), message);
            }
        }
    }
}

#[test]
fn whoever_a_message_names_is_bound_and_sealed() {
    let mut dice = Dice::new(5);
    let trip = dice.trip();
    let rider = dice.principal();
    let request = Arc::new(rides::request_of(&mut dice, rider));
    let order = Message {
        body: Body::Command {
            id: CommandId::from_u128(1),
            command: Command::Trip(trip, trip::Command::Request(request)),
        },
        region: dice.slug(),
        trace: None,
        mandatory: true,
    };
    let people = People::of_message(&order);
    let bound: Vec<_> = people
        .bindings()
        .iter()
        .map(|binding| (binding.trip, binding.rider))
        .collect();
    assert_eq!((people.trip(), bound), (Some(trip), vec![(trip, rider)]));
    let sealed = stored::encode_message(&order, Privacy::Sealed(&KEY)).unwrap();
    let clear = rider.to_u128().to_be_bytes();
    assert!(!sealed.windows(clear.len()).any(|bytes| bytes == clear));
    assert_ne!(read(&sealed, Opening::new(&*TARIFFS)).unwrap(), order);
}

#[test]
fn damage_to_a_message_is_said() {
    let message = messages(&mut Dice::new(3)).remove(0);
    let bytes = stored::encode_message(&message, Privacy::Clear).unwrap();
    for at in (0..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        assert_eq!(
            StoredMessage::read(&damaged).unwrap_err().code(),
            "stored_damaged",
            "{at}"
        );
    }
    for length in 0..bytes.len().min(64) {
        assert_eq!(
            StoredMessage::read(&bytes[..length]).unwrap_err().code(),
            "stored_damaged"
        );
    }
}

/// What a message says, in a few digits: two fields that changed places would be written the same, and say something
/// else.
fn said(message: &Message) -> String {
    fiacre_wire::digest(format!("{message:?}").as_bytes()).to_string()
}

/// The name of what a message asks or tells.
fn name(message: &Message) -> String {
    let asked = |stream: &str, command: String| {
        let name = command.split(|letter: char| !letter.is_alphanumeric()).next();
        format!("{stream} {}", name.unwrap_or_default())
    };
    match &message.body {
        Body::Event { event, .. } => event.name().to_owned(),
        Body::Command { command, .. } => match command {
            Command::Trip(_, command) => asked("trip", format!("{command:?}")),
            Command::Dispatch(_, command) => asked("dispatch", format!("{command:?}")),
            Command::Driver(_, command) => asked("driver", format!("{command:?}")),
            Command::Payment(_, _, command) => asked("payment", format!("{command:?}")),
        },
        Body::Notice(_) => "notice".to_owned(),
    }
}

fn kept_as(message: &Message) -> Value {
    let sealed = stored::encode_message(message, Privacy::Sealed(&KEY)).unwrap();
    json!({
        "name": name(message),
        "clear": hex(&stored::encode_message(message, Privacy::Clear).unwrap()),
        "sealed": hex(&sealed),
        "read": said(message),
        "read_without_key": said(&read(&sealed, nobody()).unwrap()),
    })
}

/// Neither keys nor tariffs.
fn nobody() -> Opening<'static> {
    Opening::new(&NoTariffs).even_without_tariffs()
}

/// A queue on disk outlives the release that filled it. The file is never changed: a message of another shape gets
/// another.
#[test]
fn messages_are_read_for_ever() {
    let file = kept("messages-v1.json", || {
        let drawn = messages(&mut Dice::new(1));
        let without_tariffs = |message: &Message| {
            let bytes = stored::encode_message(message, Privacy::Clear).unwrap();
            kept_as(&read(&bytes, nobody()).unwrap())
        };
        drawn.iter().map(without_tariffs).collect()
    });
    let mut seen = BTreeSet::new();
    for kept in file.as_array().unwrap() {
        let keyed = nobody().with_key(Some(&KEY));
        let clear = read(&bytes(&kept["clear"]), nobody()).unwrap();
        assert_eq!(read(&bytes(&kept["sealed"]), keyed).unwrap(), clear);
        assert_eq!(kept_as(&clear), *kept);
        seen.insert(name(&clear));
    }
    let today: BTreeSet<_> = messages(&mut Dice::new(1)).iter().map(name).collect();
    assert_eq!(seen, today, "what is new goes into a file of its own");
}
