//! What a call is for.

use fiacre_domain::id::IntentId;
use fiacre_ports::IdempotencyKey;

/// What a call is for: repetitions of one errand count their faults together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Errand {
    Act(IdempotencyKey),
    Look(IntentId),
}
