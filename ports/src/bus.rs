//! Messages between processes: at least once, in no order that anyone may rely on.

use crate::error::PortError;
use crate::parking::{ParkReason, Parked, ParkingId};
use async_trait::async_trait;
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, IntentId, RegionId, WebhookId};
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::{EventId, TraceContext};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::fmt;
use std::sync::Arc;

/// A message's identity; a republished message keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageId {
    /// An event of the log.
    Event(EventId),
    /// A command.
    Command(CommandId),
    /// A notice from a payment gateway.
    Webhook(WebhookId),
}

/// A notice from a payment gateway, checked for its signature. A hint only: the intent is fetched and applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentNotice {
    /// Its identity at the gateway.
    pub id: WebhookId,
    /// The intent that it speaks of.
    pub intent: IntentId,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Something happened.
    Event {
        /// Its place in the log.
        id: EventId,
        /// When it was committed.
        committed_at: Timestamp,
        /// What.
        event: Event,
    },
    /// Someone asks for something.
    Command {
        /// The cause of what it leads to.
        id: CommandId,
        /// What is asked.
        command: Command,
    },
    /// A payment gateway says that something changed.
    Notice(PaymentNotice),
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it says.
    pub body: Body,
    /// The region whose queues carry it.
    pub region: RegionId,
    /// The request that it belongs to.
    pub trace: Option<Arc<TraceContext>>,
    /// Whether somebody must get it: then an unroutable message is [`Published::Returned`].
    pub mandatory: bool,
}

impl Message {
    /// Its identity.
    pub const fn id(&self) -> MessageId {
        match &self.body {
            Body::Event { id, .. } => MessageId::Event(*id),
            Body::Command { id, .. } => MessageId::Command(*id),
            Body::Notice(notice) => MessageId::Webhook(notice.id),
        }
    }

    /// What decides, with its region, which queues take it.
    pub const fn address(&self) -> Address {
        match &self.body {
            Body::Event { event, .. } => Address::Event(EventKind::of(event)),
            Body::Command { command, .. } => Address::Service(command.service()),
            Body::Notice(_) => Address::Payments,
        }
    }
}

/// What a message is for, within its region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// Whoever wants to hear of events of this kind.
    Event(EventKind),
    /// The service that owns the stream of a command.
    Service(Service),
    /// Whoever takes the payment gateway's notices.
    Payments,
}

impl Address {
    /// Whether a queue takes it that wants these kinds of events, the commands of that service, and notices or not: the rule of
    /// every bus, also for a binding whose names came from elsewhere than a [`QueueSpec`].
    pub fn is_taken(
        self,
        wants: impl FnOnce(EventKind) -> bool,
        commands_of: Option<Service>,
        notices: bool,
    ) -> bool {
        match self {
            Self::Event(kind) => wants(kind),
            Self::Service(service) => commands_of == Some(service),
            Self::Payments => notices,
        }
    }
}

/// What became of a published message.
#[derive(Debug)]
pub enum Published {
    /// The bus has it, durably, in every queue that it is for.
    Confirmed,
    /// It is mandatory and no queue takes it: it is nowhere.
    Returned,
    /// It may or may not have arrived, in some of its queues or in all: publish it again. So is a negative acknowledgement,
    /// which one queue may give and another not.
    OutcomeUnknown(PortError),
    /// The bus will never take it as it is, because it is too big or cannot be encoded: it is nowhere, and publishing it
    /// again changes nothing. The error is [`Invalid`](crate::PortErrorKind::Invalid).
    Refused(PortError),
}

/// Which kind of event: what queues are bound by. Stable within a release only; adapters name kinds by
/// [`Event::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKind(&'static str);

impl EventKind {
    /// The kind of `event`.
    pub const fn of(event: &Event) -> Self {
        Self(event.name())
    }

    /// The kind with this name; the name is one that [`Event::name`] gives.
    pub const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// The event's name in the log.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// A queue's name: lower-case words joined by dots, such as `trip-service.manhattan`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(String);

impl QueueName {
    /// The queue of `service` in `region`.
    pub fn of_service(service: Service, region: RegionId) -> Self {
        Self(format!("{}.{region}", service.name()))
    }

    /// A queue of `reader`, which belongs to no service: a view, an audit, a gateway.
    pub fn of_reader(reader: &str, region: RegionId) -> Self {
        Self(format!("{reader}.{region}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a queue is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKinds {
    /// These kinds only.
    Of(&'static [EventKind]),
    /// Every kind.
    All,
}

/// A queue, what it takes, and how often a message may fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name.
    pub name: QueueName,
    /// The region whose messages it takes.
    pub region: RegionId,
    /// The events that it takes.
    pub events: EventKinds,
    /// The service whose commands it takes, if any.
    pub commands_of: Option<Service>,
    /// Whether it takes the payment gateway's notices.
    pub notices: bool,
    /// Whether one of its consumers gets everything while it lives, and the others only stand by (`x-single-active-consumer` of
    /// RabbitMQ). A broker fixes it with the queue: another wish is another queue's name.
    pub single_active: bool,
    /// After how many failed attempts a message is parked (default 8).
    pub attempts_max: u32,
}

impl QueueSpec {
    /// Whether the queue takes messages of this region and address.
    pub fn takes(&self, region: RegionId, address: Address) -> bool {
        let wants = |kind| match self.events {
            EventKinds::All => true,
            EventKinds::Of(kinds) => kinds.contains(&kind),
        };
        self.region == region && address.is_taken(wants, self.commands_of, self.notices)
    }
}

/// How many deliveries a consumer may hold unsettled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefetch(pub u16);

impl Default for Prefetch {
    fn default() -> Self {
        Self(256)
    }
}

/// Stands for a delivery until it is settled; void once its consumer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u64);

/// A delivered message.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// To settle it by.
    pub tag: Tag,
    /// The message.
    pub message: Arc<Message>,
    /// Which attempt this is, from 1; counts [`Settlement::RetryAfter`] alone.
    pub attempt: u32,
    /// Whether it was delivered before and came back unsettled: a batch of these is taken one by one, so that a poison
    /// message that kills its consumer does not drag its neighbours along.
    pub redelivered: bool,
}

/// What a consumer says of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Done; its effect is committed.
    Ack,
    /// The message failed: try again after a while, and count the attempt. Past the queue's limit it is parked.
    RetryAfter {
        /// How long to wait at least.
        delay: Millis,
        /// The error's stable code, for the parking.
        code: String,
        /// The error's text, for the parking.
        text: String,
    },
    /// The consumer could not work (a store or a gateway is unavailable): deliver again after a while, count nothing.
    Return {
        /// How long to wait at least.
        delay: Millis,
    },
    /// Never again, until someone replays it.
    Park(ParkReason),
}

impl Settlement {
    /// The same, or [`Settlement::Park`] where a message that failed `failed` times before has used up its `attempts_max`
    /// attempts with this one.
    #[must_use]
    pub fn within(self, attempts_max: u32, failed: u32) -> Self {
        match self {
            Self::RetryAfter { code, text, .. } if failed.saturating_add(1) >= attempts_max => {
                Self::Park(ParkReason::AttemptsUsedUp { code, text })
            }
            Self::Ack | Self::RetryAfter { .. } | Self::Return { .. } | Self::Park(_) => self,
        }
    }
}

/// The way between processes.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Bus: Send + Sync {
    /// Makes sure that a queue exists and is bound; may be called at any time, again and again.
    ///
    /// - MUST keep what is in the queue (`bus_01_declaring_again_keeps_messages`).
    /// - MUST bind it to what the spec says, and to nothing else (`bus_14_queue_takes_what_it_is_bound_to`).
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError>;

    /// Publishes messages; answers in their order.
    ///
    /// - MUST put a confirmed message into every queue bound to it, durably (`bus_02_confirmed_is_delivered`,
    ///   `bus_03_every_bound_queue_gets_it`, `bus_20_confirmed_survives_a_crash`).
    /// - MUST answer [`Published::Returned`] for a mandatory message that no queue takes
    ///   (`bus_04_unroutable_is_returned`).
    /// - MUST judge each message on its own (`bus_18_answers_follow_the_messages`).
    /// - MUST answer [`Published::OutcomeUnknown`] where a message may have been taken (`bus_25_lost_confirm_is_unknown`).
    /// - MUST answer [`Published::Refused`] for a message that it will never take, and take its neighbours
    ///   (`bus_28_refused_is_final`).
    async fn publish(&self, messages: Vec<Message>) -> Vec<Published>;

    /// Begins to consume a queue; several consumers of one queue share it, or stand by for the one that is active
    /// ([`QueueSpec::single_active`]). None is told that it has become the active one: its first delivery says so, and it is
    /// until it ends. A consumer whose connection was built anew may have lost its place: its [`next`](Consumer::next) fails.
    ///
    /// - MUST not hold more than `prefetch` unsettled deliveries (`bus_05_prefetch_bounds_unsettled`).
    /// - MUST hand each message to one of the queue's consumers (`bus_16_consumers_share_a_queue`).
    /// - MUST hand all to one of them where the queue has a single active one, and go on with another when that ends
    ///   (`bus_35_single_active_gets_all`).
    ///
    /// After an error of [`next`](Consumer::next) or [`settle`](Consumer::settle) a caller goes on with the consumer, or drops it and
    /// begins another: both must work once the connection is back, and the tags from before are void (`bus_24_cut_voids_tags`).
    /// An adapter whose consumers can end in silence watches over them, and lets `next` fail.
    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError>;

    /// How many messages wait in a queue for a consumer now, so that who lets work in knows how far behind it is done. Not
    /// counted is what consumers hold, what waits for its retry, and what is parked.
    ///
    /// - MUST count them; may be a little late (`bus_33_backlog_is_what_waits`).
    /// - MUST not count what does not wait for a consumer (`bus_34_what_does_not_wait_is_no_backlog`).
    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError>;

    /// Lists what is parked in a queue's parking after `after` (from the beginning without one), oldest first, at most `max`.
    ///
    /// - MUST do so (`bus_26_parked_is_listed_oldest_first`, `bus_31_parked_list_goes_on`), also after a crash
    ///   (`bus_21_parked_survives_a_crash`). A page shorter than `max` is the last.
    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError>;

    /// Puts what is parked back into its queue, with its attempts forgotten; answers for each, in their order, whether it was
    /// there. Safe to repeat after [`OutcomeUnknown`](crate::PortErrorKind::OutcomeUnknown): what is back is not there any
    /// more.
    ///
    /// - MUST deliver it again, to this queue alone (`bus_12_replay_delivers_again`), and put bytes back as they came
    ///   (`bus_30_undecodable_is_parked_whole`).
    /// - MUST take these parkings alone, also of a message that is parked twice (`bus_32_parkings_are_told_apart`).
    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError>;

    /// Drops what is parked for ever; answers for each, in their order, whether it was there. Only ever the effect of an
    /// audited command.
    ///
    /// - MUST forget it (`bus_17_dropped_is_gone`).
    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError>;
}

/// One consumer of a queue. Dropping it returns what it holds.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Consumer: Send {
    /// Up to `max` deliveries; waits until there is one or until `until`, then gives none.
    ///
    /// - MUST deliver again what a consumer held when it died, marked as redelivered
    ///   (`bus_06_death_of_a_consumer_redelivers`, `bus_22_unsettled_survives_a_crash`).
    /// - MUST wait for a delivery until `until` (`bus_15_next_waits`).
    /// - MUST park bytes that it cannot decode itself, at once and whole, and go on (`bus_23_undecodable_spares_neighbours`,
    ///   `bus_30_undecodable_is_parked_whole`): a consumer could only say the same of each, and bytes do not cross a port.
    /// - MUST hold what a newer release wrote: neither deliver it nor park it nor count it, look at it again after a while,
    ///   and go on (`bus_29_newer_is_held`). The adapter says so where its operators hear it.
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError>;

    /// Settles deliveries. After [`Unavailable`](crate::PortErrorKind::Unavailable) none is settled and the tags stand; after
    /// any other error it is not known which are: what the consumer held and did not settle comes again, its tags are void.
    ///
    /// - MUST forget an acknowledged message (`bus_07_acknowledged_is_gone`).
    /// - MUST deliver again after the delay, with the attempt counted (`bus_08_retry_comes_back_later`), and not hold up
    ///   others meanwhile (`bus_27_retry_spares_neighbours`).
    /// - MUST deliver a returned message again after the delay, without counting (`bus_09_return_counts_nothing`).
    /// - MUST do both over a crash, though not to the delay (`bus_36_put_off_survives_a_crash`).
    /// - MUST park at once what is to be parked, and what has used up its attempts, with the reason, and go on with its
    ///   neighbours (`bus_10_parking_keeps_the_reason`, `bus_11_attempts_are_limited`,
    ///   `bus_19_parking_spares_neighbours`).
    /// - MUST ignore the tag of a delivery that is not held any more (`bus_13_stale_tag_is_ignored`,
    ///   `bus_24_cut_voids_tags`).
    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::id::IdError;

    #[test]
    fn a_queue_takes_what_it_is_bound_to_in_its_region() -> Result<(), IdError> {
        const KINDS: &[EventKind] = &[EventKind::named("TripRequested")];
        let (here, there): (RegionId, RegionId) = ("here".parse()?, "there".parse()?);
        let spec = QueueSpec {
            name: QueueName::of_service(Service::Trip, here),
            region: here,
            events: EventKinds::Of(KINDS),
            commands_of: Some(Service::Trip),
            notices: false,
            single_active: false,
            attempts_max: 8,
        };
        let all = QueueSpec {
            events: EventKinds::All,
            commands_of: None,
            notices: true,
            ..spec.clone()
        };
        for (address, is_in_spec, is_in_all) in [
            (Address::Event(EventKind::named("TripRequested")), true, true),
            (Address::Event(EventKind::named("TripClosed")), false, true),
            (Address::Service(Service::Trip), true, false),
            (Address::Service(Service::Driver), false, false),
            (Address::Payments, false, true),
        ] {
            let taken = (spec.takes(here, address), all.takes(here, address));
            assert_eq!(taken, (is_in_spec, is_in_all), "{address:?}");
            assert!(!spec.takes(there, address) && !all.takes(there, address));
        }
        Ok(())
    }

    #[test]
    fn the_last_attempt_parks_and_no_other() {
        let (code, text) = ("code".to_owned(), "text".to_owned());
        let retry = || Settlement::RetryAfter {
            delay: Millis::ZERO,
            code: code.clone(),
            text: text.clone(),
        };
        let parked = Settlement::Park(ParkReason::AttemptsUsedUp {
            code: code.clone(),
            text: text.clone(),
        });
        for (attempts_max, failed, expected) in [
            (3, 0, retry()),
            (3, 1, retry()),
            (3, 2, parked.clone()),
            (3, u32::MAX, parked.clone()),
            (0, 0, parked.clone()),
        ] {
            assert_eq!(
                retry().within(attempts_max, failed),
                expected,
                "{failed} of {attempts_max}"
            );
        }
        for other in [
            Settlement::Ack,
            Settlement::Return { delay: Millis::ZERO },
            parked,
        ] {
            assert_eq!(other.clone().within(1, 7), other);
        }
    }
}
