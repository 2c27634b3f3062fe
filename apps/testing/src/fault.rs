//! What goes wrong next, in a word; everything else is at hand with [`Platform::faults`](crate::Platform::faults).

use fiacre_memory::{Call, FaultKind, Port};

/// What goes wrong with the next read or write at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing is written, and the caller is told so.
    BeforeWrite,
    /// It is written, and the caller is told that the outcome is unknown.
    AfterWrite,
    /// The caller dies before anything is written, and is begun anew.
    DiesBeforeWrite,
    /// The caller dies when it is written, before it knows, and is begun anew.
    DiesAfterWrite,
    /// Nothing can be read just now.
    AtRead,
}

impl Fault {
    pub(crate) const fn kind(self) -> FaultKind {
        match self {
            Self::BeforeWrite | Self::AtRead => FaultKind::FailBefore,
            Self::AfterWrite => FaultKind::FailAfter,
            Self::DiesBeforeWrite => FaultKind::CrashBefore,
            Self::DiesAfterWrite => FaultKind::CrashAfter,
        }
    }

    /// The call that it strikes.
    pub(crate) const fn call(self, port: Port) -> Call {
        match self {
            Self::AtRead => read(port),
            Self::BeforeWrite | Self::AfterWrite | Self::DiesBeforeWrite | Self::DiesAfterWrite => {
                write(port)
            }
        }
    }
}

const fn write(port: Port) -> Call {
    match port {
        Port::EventStore => Call::Append,
        Port::Bus => Call::Publish,
        Port::Timers => Call::Schedule,
        Port::Board => Call::OpenSearches,
        Port::Views => Call::PutViews,
        Port::Vault => Call::BindTrips,
        Port::Locations => Call::Report,
        Port::Routes => Call::Routes,
    }
}

const fn read(port: Port) -> Call {
    match port {
        Port::EventStore => Call::Load,
        Port::Bus => Call::Next,
        Port::Timers => Call::Due,
        Port::Board => Call::ListSearches,
        Port::Views => Call::GetViews,
        Port::Vault => Call::TripKeys,
        Port::Locations => Call::Drain,
        Port::Routes => Call::Routes,
    }
}
