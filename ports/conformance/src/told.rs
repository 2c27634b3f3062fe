//! Says what was expected and what was seen in words: commits by stream@version and the names of their events, errors by
//! their text, times by the calendar. A report is read by the author of an adapter, who has never seen our structures.

use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, IntentId, PrincipalId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::money::Money;
use fiacre_domain::place::Place;
use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, TimerId, TimerKind, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::EndReason;
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{
    Appended, Basis, Body, Content, Delivery, GatewayError, IdempotencyKey, IntentStatus, IntentView, Loaded,
    Message, MessageId, NewCommit, OpenSearch, ParkReason, Parked, ParkingId, PortError, PortErrorKind,
    Published, QueueName, RawMessage, RefundStatus, RiderAction, Route, Settlement, Shard, Snapshot,
    SnapshotState, Ticket, Timer, TripView,
};
use std::sync::Arc;

/// What can be said in words.
pub(crate) trait Told {
    /// In one line.
    fn told(&self) -> String;
}

/// Members of a list, `[a, b]`; `nothing` for none.
pub(crate) fn list<T: Told>(members: impl IntoIterator<Item = T>) -> String {
    let members: Vec<_> = members.into_iter().map(|member| member.told()).collect();
    if members.is_empty() {
        return "nothing".to_owned();
    }
    format!("[{}]", members.join(", "))
}

/// Whose display is what a person reads.
macro_rules! displayed {
    ($($type:ty)*) => {
        $(impl Told for $type {
            fn told(&self) -> String {
                self.to_string()
            }
        })*
    };
}

displayed! {
    u8 u16 u32 u64 u128 usize i64 i128 str String Timestamp Millis Millimetres Money Version StreamId EventId Fingerprint CommandId
    DriverId IntentId PrincipalId RegionId TripId QueueName ParkingId IdempotencyKey PortError GatewayError
}

impl<T: Told + ?Sized> Told for &T {
    fn told(&self) -> String {
        (**self).told()
    }
}

impl<T: Told + ?Sized> Told for Arc<T> {
    fn told(&self) -> String {
        (**self).told()
    }
}

impl<T: Told> Told for [T] {
    fn told(&self) -> String {
        list(self)
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(&self) -> String {
        list(self)
    }
}

impl<T: Told, const N: usize> Told for [T; N] {
    fn told(&self) -> String {
        list(self)
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Told::told)
    }
}

impl<T: Told, E: Told> Told for Result<T, E> {
    fn told(&self) -> String {
        match self {
            Ok(value) => value.told(),
            Err(error) => error.told(),
        }
    }
}

impl<A: Told, B: Told> Told for (A, B) {
    fn told(&self) -> String {
        format!("{} with {}", self.0.told(), self.1.told())
    }
}

impl<A: Told, B: Told, C: Told> Told for (A, B, C) {
    fn told(&self) -> String {
        format!("{} with {} and {}", self.0.told(), self.1.told(), self.2.told())
    }
}

impl Told for bool {
    fn told(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }
}

impl Told for PortErrorKind {
    fn told(&self) -> String {
        match self {
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Invalid => "invalid",
            Self::Newer => "newer",
            Self::Damaged => "damaged",
        }
        .to_owned()
    }
}

impl Told for Shard {
    fn told(&self) -> String {
        let count = self.slots().count();
        let first = self.slots().next().unwrap_or_default();
        format!("the shard of {count} slots from {first}")
    }
}

/// `stream@version`.
pub(crate) fn place(stream: StreamId, version: Version) -> String {
    format!("{stream}@{version}")
}

/// Names of events, joined.
fn names<'e>(events: impl IntoIterator<Item = &'e Event>) -> String {
    let names: Vec<_> = events.into_iter().map(Event::name).collect();
    if names.is_empty() {
        return "no event".to_owned();
    }
    names.join(" + ")
}

impl Told for Ticket {
    fn told(&self) -> String {
        place(self.stream, self.version)
    }
}

impl Told for Cause {
    fn told(&self) -> String {
        match self {
            Self::Event(id) => format!("event {id}"),
            Self::Command(id) => format!("command {id}"),
            Self::Timer(id) => format!("timer {}", id.told()),
            Self::Webhook(id) => format!("webhook {id}"),
        }
    }
}

impl Told for Commit {
    fn told(&self) -> String {
        let what = place(self.stream, self.version);
        let (events, cause) = (names(&*self.events), self.cause.told());
        let (at, region, trace) = (self.at, self.region, self.trace.told());
        format!("{what} {events} (by {cause}, at {at}, in {region}, trace {trace})")
    }
}

impl Told for NewCommit {
    fn told(&self) -> String {
        let Self { stream, expected, .. } = self;
        let (events, cause) = (names(&*self.events), self.cause.told());
        format!("{events} to {stream} after @{expected} by {cause}")
    }
}

impl Told for TraceContext {
    fn told(&self) -> String {
        let [first, ..] = self.trace_id;
        let [span, ..] = self.span_id;
        format!("{first:02x}…-{span:02x}…-{:02x}", self.flags)
    }
}

impl Told for Snapshot {
    fn told(&self) -> String {
        let of = match &*self.state {
            SnapshotState::Trip(_) => "a trip",
            SnapshotState::Dispatch(_) => "a search",
            SnapshotState::Driver(_) => "a driver",
            SnapshotState::Payment(_) => "a charge",
        };
        format!("the state of {of} at @{}", self.version)
    }
}

impl Told for Loaded {
    fn told(&self) -> String {
        let commits = list(
            self.commits
                .iter()
                .map(|commit| place(commit.stream, commit.version)),
        );
        let snapshot = self.snapshot.as_ref();
        let snapshot = snapshot.map_or_else(String::new, |snapshot| format!("{}, then ", snapshot.told()));
        format!("{snapshot}{commits} up to head @{}", self.head)
    }
}

impl Told for MessageId {
    fn told(&self) -> String {
        match self {
            Self::Event(id) => format!("event {id}"),
            Self::Command(id) => format!("command {id}"),
            Self::Webhook(id) => format!("notice {id}"),
        }
    }
}

impl Told for Message {
    fn told(&self) -> String {
        let what = match &self.body {
            Body::Event { id, event, .. } => {
                format!("{} {}", event.name(), place(id.stream(), id.version()))
            }
            Body::Command { id, command } => format!("a command to the {} ({id})", command.service().name()),
            Body::Notice(notice) => format!("notice {} of intent {}", notice.id, notice.intent),
        };
        let must = if self.mandatory { ", mandatory" } else { "" };
        format!("{what} (in {}, trace {}{must})", self.region, self.trace.told())
    }
}

impl Told for Delivery {
    fn told(&self) -> String {
        let again = if self.redelivered { ", redelivered" } else { "" };
        let id = self.message.id().told();
        format!("{id} (attempt {}{again})", self.attempt)
    }
}

impl Told for Appended {
    fn told(&self) -> String {
        match self {
            Self::Applied(version) => format!("applied at @{version}"),
            Self::Duplicate(version) => format!("duplicate of @{version}"),
            Self::Conflict { .. } => "conflict".to_owned(),
            Self::Failed(error) => error.told(),
        }
    }
}

impl Told for Published {
    fn told(&self) -> String {
        match self {
            Self::Confirmed => "confirmed".to_owned(),
            Self::Returned => "returned".to_owned(),
            Self::OutcomeUnknown(error) => format!("outcome unknown ({error})"),
            Self::Refused(error) => format!("refused ({error})"),
        }
    }
}

impl Told for Settlement {
    fn told(&self) -> String {
        match self {
            Self::Ack => "done".to_owned(),
            Self::RetryAfter { delay, code, .. } => format!("failed with {code}, again after {delay}"),
            Self::Return { delay } => format!("given back for {delay}"),
            Self::Park(reason) => format!("to be parked as {}", reason.told()),
        }
    }
}

impl Told for ParkReason {
    fn told(&self) -> String {
        match self {
            Self::AttemptsUsedUp { code, text } => format!("attempts used up, at last by {code}: {text}"),
            Self::Refused { code, text } => format!("refused by {code}: {text}"),
            Self::Undecodable { text } => format!("undecodable: {text}"),
        }
    }
}

impl Told for RawMessage {
    fn told(&self) -> String {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        format!("{} bytes with headers {}", self.bytes.len(), list(headers))
    }
}

impl Told for Content {
    fn told(&self) -> String {
        match self {
            Self::Message(message) => message.told(),
            Self::Raw(raw) => raw.told(),
        }
    }
}

impl Told for Parked {
    fn told(&self) -> String {
        let Self {
            content,
            reason,
            attempts,
            ..
        } = self;
        let (content, reason) = (content.told(), reason.told());
        format!("{content}, after {attempts} attempt(s): {reason}")
    }
}

impl Told for TimerKind {
    fn told(&self) -> String {
        match self {
            Self::OrderExpires => "OrderExpires".to_owned(),
            Self::SearchBudget(round) => format!("SearchBudget of round {round}"),
            Self::OfferExpires(offer) => format!("OfferExpires of offer {offer}"),
            Self::AuthorizationBudget(number) => format!("AuthorizationBudget of authorisation {number}"),
            Self::ArrivalOverdue(round) => format!("ArrivalOverdue of round {round}"),
            Self::NoShow(round) => format!("NoShow of round {round}"),
            Self::TripOverdue => "TripOverdue".to_owned(),
            Self::LockReview(time) => format!("LockReview {time}"),
            Self::HoldExpires(number) => format!("HoldExpires of authorisation {number}"),
        }
    }
}

impl Told for TimerId {
    fn told(&self) -> String {
        format!("{} of {}", self.kind.told(), place(self.stream, self.version))
    }
}

impl Told for Timer {
    fn told(&self) -> String {
        let Self { due_at, region, .. } = self;
        let (id, trace) = (self.id.told(), self.trace.told());
        format!("{id} at {due_at} (in {region}, trace {trace})")
    }
}

impl Told for OpenSearch {
    fn told(&self) -> String {
        place(StreamId::Dispatch(self.trip), self.version)
    }
}

impl Told for Sample {
    fn told(&self) -> String {
        let place = self.place().told();
        format!(
            "sample {} of driver {} at {place}",
            self.sequence(),
            self.driver()
        )
    }
}

impl Told for Place {
    fn told(&self) -> String {
        let degrees = |e7: i32| f64::from(e7) / 1e7;
        format!(
            "{:.7},{:.7}",
            degrees(self.latitude_e7()),
            degrees(self.longitude_e7())
        )
    }
}

impl Told for Basis {
    fn told(&self) -> String {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
        }
        .to_owned()
    }
}

impl Told for Route {
    fn told(&self) -> String {
        let Self {
            distance,
            duration,
            standing,
            turns,
            basis,
        } = self;
        let standing = standing.map_or_else(String::new, |standing| format!(", standing for {standing}"));
        let turns: Vec<String> = turns.iter().map(ToString::to_string).collect();
        let by = if turns.is_empty() { "" } else { ", by " };
        format!(
            "{distance} in {duration}{standing}{by}{} ({})",
            turns.join(" and "),
            basis.told()
        )
    }
}

impl Told for IntentStatus {
    fn told(&self) -> String {
        match self {
            Self::RequiresConfirmation { declined: None } => "to be confirmed".to_owned(),
            Self::RequiresConfirmation {
                declined: Some(decline),
            } => format!("declined ({decline:?}), to be confirmed again"),
            Self::RequiresAction => "waiting for the rider".to_owned(),
            Self::Processing => "being worked on".to_owned(),
            Self::RequiresCapture {
                amount,
                capture_before,
            } => format!("holding {amount} until {capture_before}"),
            Self::Succeeded { captured } => format!("captured {captured}"),
            Self::Canceled => "cancelled".to_owned(),
        }
    }
}

impl Told for RiderAction {
    fn told(&self) -> String {
        match self {
            Self::Redirect(_) => "a page for the rider",
            Self::ClientSecret(_) => "a secret for the rider's app",
        }
        .to_owned()
    }
}

impl Told for RefundStatus {
    fn told(&self) -> String {
        match self {
            Self::Succeeded => "given back",
            Self::Pending => "under way",
            Self::Failed => "cannot be given back",
        }
        .to_owned()
    }
}

impl Told for IntentView {
    fn told(&self) -> String {
        let Self {
            intent, key, amount, ..
        } = self;
        format!(
            "intent {intent} of {amount} under key {key}, {}",
            self.status.told()
        )
    }
}

/// What ended a trip.
fn why(reason: EndReason) -> String {
    match reason {
        EndReason::Rejected(reason) => format!("{reason:?}"),
        EndReason::Cancelled(reason) => format!("{reason:?}"),
        EndReason::Failed(reason) => format!("{reason:?}"),
    }
}

impl Told for TripView {
    fn told(&self) -> String {
        let Self {
            trip,
            version,
            phase,
            changed_at,
            ..
        } = self;
        let end = self
            .reason
            .map_or_else(String::new, |reason| format!(" ({})", why(reason)));
        let closed = if self.closed { ", closed" } else { "" };
        format!(
            "{} {}{end}{closed} (rider {}, driver {}, in {}, quoted {}, due {}, changed at {changed_at})",
            place(StreamId::Trip(*trip), *version),
            phase.name(),
            self.rider.told(),
            self.driver.told(),
            self.region,
            self.quoted.told(),
            self.due.told(),
        )
    }
}

/// The words of a text that look like a structure printed for who wrote it: `Some(3)`, `Commit {`, `"text"`.
#[cfg(test)]
pub(crate) fn structures_in(text: &str) -> Vec<&str> {
    let is_structure = |word: &&str| {
        let before_bracket = word
            .split_once('(')
            .map(|(name, _)| name.trim_start_matches(['[', '"']));
        let of_a_type = |name: &str| name.chars().next().is_some_and(char::is_uppercase);
        before_bracket.is_some_and(of_a_type) || word.contains(['{', '}', '"'])
    };
    text.split_whitespace().filter(is_structure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::expect_same;
    use crate::sample::Ids;

    #[test]
    fn structures_are_told_from_words() {
        let text =
            "one Applied at @1 (by command 7), 2 attempt(s): [Some(3), Ok(Err(4))] Commit { at: 5 } \"text\"";
        assert_eq!(
            structures_in(text),
            ["[Some(3),", "Ok(Err(4))]", "{", "}", "\"text\""]
        );
    }

    #[test]
    fn a_commit_is_told_by_place_and_events() {
        let ids = Ids::new(7);
        let told = ids.commit(ids.driver(1), 2, 3).into_commit().told();
        let expected = format!(
            "{}@3 LockRefused (by command {}",
            ids.driver(1),
            ids.command_id(3)
        );
        assert!(told.starts_with(&expected), "{told}");
        assert!(
            told.ends_with("at 2018-07-01T12:00:00.000Z, in r-00000007-a, trace 03…-03…-01)"),
            "{told}"
        );
    }

    #[test]
    fn what_differs_in_no_word_is_said_to_differ() {
        let ids = Ids::new(7);
        let [one, mut other] = [3, 3].map(|cause| ids.commit(ids.driver(1), 0, cause).into_commit());
        other.events = [ids.event(ids.driver(1), 9)].into();
        let observed = expect_same("the commit", &one, &other).map_err(|mismatch| mismatch.observed);
        assert_eq!(observed, Err(format!("{}, with other contents", one.told())));
    }
}
