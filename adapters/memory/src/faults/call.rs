//! Where a fault can strike, and which can strike where.

use FaultKind::{
    CrashAfter, CrashBefore, Delay, Drop, Duplicate, FailAfter, FailBefore, LateCommit, Nack, Reorder,
    Returned, StaleRead,
};
use fiacre_domain::units::Millis;

/// A port, as a whole out of order during an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// The event store.
    EventStore,
    /// The bus, with its consumers.
    Bus,
    /// Timers.
    Timers,
    /// The dispatch board.
    Board,
    /// Views of trips.
    Views,
    /// Keys of personal data.
    Vault,
    /// Locations of drivers.
    Locations,
    /// Routes.
    Routes,
}

macro_rules! calls {
    ($($(#[$doc:meta])* $call:ident = $port:ident, $name:literal, $faults:expr;)*) => {
        /// A method of a port: where a fault can strike. An append and a publish are struck for each member of the batch,
        /// a load for each request; every other call as a whole.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Call {
            $($(#[$doc])* $call,)*
        }

        impl Call {
            /// Every call.
            pub const ALL: &'static [Self] = &[$(Self::$call,)*];

            /// The port that it belongs to.
            pub const fn port(self) -> Port {
                match self {
                    $(Self::$call => Port::$port,)*
                }
            }

            /// Its name, such as `event_store.append`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$call => $name,)*
                }
            }

            /// What an error says was being done; completes "failed to …".
            pub(crate) const fn doing(self) -> &'static str {
                match self {
                    $(Self::$call => concat!("call ", $name),)*
                }
            }

            /// The faults that can strike it.
            pub const fn faults(self) -> &'static [FaultKind] {
                match self {
                    $(Self::$call => $faults,)*
                }
            }
        }
    };
}

/// What any call that changes something can suffer.
const WRITE: &[FaultKind] = &[FailBefore, FailAfter, Delay, CrashBefore, CrashAfter];
/// What any call that only reads can suffer.
const READ: &[FaultKind] = &[FailBefore, Delay, CrashBefore, CrashAfter];

calls! {
    /// `EventStore::load`, each request.
    Load = EventStore, "event_store.load", &[FailBefore, Delay, CrashBefore, CrashAfter, StaleRead];
    /// `EventStore::append`, each commit.
    Append = EventStore, "event_store.append", &[FailBefore, FailAfter, Delay, CrashBefore, CrashAfter, LateCommit];
    /// `EventStore::feed`.
    Feed = EventStore, "event_store.feed", READ;
    /// `EventStore::mark_published`.
    MarkPublished = EventStore, "event_store.mark_published", WRITE;
    /// `EventStore::hold`.
    Hold = EventStore, "event_store.hold", WRITE;
    /// `EventStore::save_snapshots`.
    SaveSnapshots = EventStore, "event_store.save_snapshots", WRITE;
    /// `EventStore::scan`.
    Scan = EventStore, "event_store.scan", READ;
    /// `Bus::declare`.
    Declare = Bus, "bus.declare", WRITE;
    /// `Bus::publish`, each message.
    Publish = Bus, "bus.publish",
        &[FailBefore, FailAfter, Delay, CrashBefore, CrashAfter, Duplicate, Reorder, Drop, Returned, Nack];
    /// `Bus::consume`.
    Consume = Bus, "bus.consume", READ;
    /// `Bus::backlog`.
    Backlog = Bus, "bus.backlog", READ;
    /// `Bus::parked`.
    Parked = Bus, "bus.parked", READ;
    /// `Bus::replay`.
    Replay = Bus, "bus.replay", WRITE;
    /// `Bus::drop_parked`.
    DropParked = Bus, "bus.drop_parked", WRITE;
    /// `Consumer::next`.
    Next = Bus, "consumer.next", READ;
    /// `Consumer::settle`; a failure after it voids what the consumer still holds, and that comes again.
    Settle = Bus, "consumer.settle", WRITE;
    /// `Timers::schedule`.
    Schedule = Timers, "timers.schedule", WRITE;
    /// `Timers::due`.
    Due = Timers, "timers.due", READ;
    /// `Timers::done`.
    Done = Timers, "timers.done", WRITE;
    /// `DispatchBoard::open`.
    OpenSearches = Board, "dispatch_board.open", WRITE;
    /// `DispatchBoard::close`.
    CloseSearches = Board, "dispatch_board.close", WRITE;
    /// `DispatchBoard::list`.
    ListSearches = Board, "dispatch_board.list", READ;
    /// `DispatchBoard::restore`.
    RestoreSearches = Board, "dispatch_board.restore", WRITE;
    /// `TripViews::put`.
    PutViews = Views, "trip_views.put", WRITE;
    /// `TripViews::get`.
    GetViews = Views, "trip_views.get", READ;
    /// `TripViews::of_rider`.
    ViewsOfRider = Views, "trip_views.of_rider", READ;
    /// `KeyVault::bind`.
    BindTrips = Vault, "key_vault.bind", WRITE;
    /// `KeyVault::keys`.
    TripKeys = Vault, "key_vault.keys", READ;
    /// `KeyVault::forget`.
    ForgetPerson = Vault, "key_vault.forget", WRITE;
    /// `LocationFeed::report`; a report can be lost without an error.
    Report = Locations, "location_feed.report", &[FailBefore, FailAfter, Delay, CrashBefore, CrashAfter, Drop];
    /// `LocationFeed::subscribe`.
    Subscribe = Locations, "location_feed.subscribe", READ;
    /// `LocationReader::drain`.
    Drain = Locations, "location_reader.drain", READ;
    /// `RouteProvider::routes`.
    Routes = Routes, "route_provider.routes", READ;
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Nothing is done, and the call says so: unavailable.
    FailBefore,
    /// It is done, and the call says that its outcome is unknown.
    FailAfter,
    /// It happens later: a call is slow, a published message takes its time to its queues.
    Delay,
    /// The caller dies before anything is done: the call never returns; see [`Faults::take_crash`](super::Faults::take_crash).
    CrashBefore,
    /// The caller dies when it is done and before it knows.
    CrashAfter,
    /// A published message comes twice.
    Duplicate,
    /// A published message overtakes others, or is overtaken.
    Reorder,
    /// A published message is nowhere, and the outcome is unknown; a report of locations is lost without a word.
    Drop,
    /// A cached load misses the newest commits.
    StaleRead,
    /// A commit is visible to the feed later than commits that came after it.
    LateCommit,
    /// A mandatory message comes back though a queue would take it; one that is not mandatory is dropped.
    Returned,
    /// Some of the queues have the message and some do not, and the outcome is unknown.
    Nack,
    /// The whole port is unavailable; set by [`Faults::outage`](super::Faults::outage) alone.
    Outage,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        FailBefore,
        FailAfter,
        Delay,
        CrashBefore,
        CrashAfter,
        Duplicate,
        Reorder,
        Drop,
        StaleRead,
        LateCommit,
        Returned,
        Nack,
        Self::Outage,
    ];

    /// Its name, such as `fail_after`.
    pub const fn name(self) -> &'static str {
        match self {
            FailBefore => "fail_before",
            FailAfter => "fail_after",
            Delay => "delay",
            CrashBefore => "crash_before",
            CrashAfter => "crash_after",
            Duplicate => "duplicate",
            Reorder => "reorder",
            Drop => "drop",
            StaleRead => "stale_read",
            LateCommit => "late_commit",
            Returned => "returned",
            Nack => "nack",
            Self::Outage => "outage",
        }
    }
}

/// A fault that strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For how long, of a [`FaultKind::Delay`] and a [`FaultKind::LateCommit`].
    pub delay: Millis,
    /// How many commits are missed, of a [`FaultKind::StaleRead`].
    pub commits: u32,
    /// Decides to where a [`FaultKind::Reorder`] moves a message, from the head at 0, and which queues a
    /// [`FaultKind::Nack`] leaves out: every other one at 0.
    pub salt: u64,
}

impl Fault {
    /// A fault of this kind; a delay or a late commit of a second, a stale read of one commit.
    pub const fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            delay: Millis::from_secs(1),
            commits: 1,
            salt: 0,
        }
    }

    /// With another delay.
    #[must_use]
    pub const fn with_delay(mut self, delay: Millis) -> Self {
        self.delay = delay;
        self
    }

    /// With another salt.
    #[must_use]
    pub const fn with_salt(mut self, salt: u64) -> Self {
        self.salt = salt;
        self
    }

    /// With another number of missed commits.
    #[must_use]
    pub const fn with_commits(mut self, commits: u32) -> Self {
        self.commits = commits;
        self
    }
}
