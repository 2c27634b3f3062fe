//! Whether an order is let in: not while the services are so far behind that it would only be in the way of those before it.

use super::DeskError;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Bus, QueueName};
use std::sync::{Mutex, PoisonError};

/// For how long a look at the queues holds: an order costs no more than the bus.
const LOOK_HOLDS: Millis = Millis::from_secs(1);
/// When it is worth asking again: within it a queue that is just too long is worked off to four fifths or less.
const RETRY_AFTER: Millis = Millis::from_secs(10);

/// Lets orders in while no queue that they go through holds too much.
///
/// What was accepted goes on however long a queue is: cancellations, answers, arrivals and payments are never turned away. So what
/// is under way is finished first, and where more is asked for than can be served, as much is served as can be.
#[derive(Debug)]
pub struct Admission {
    queues: Vec<QueueName>,
    backlog_max: usize,
    look: Mutex<Option<Look>>,
}

/// The last look at the queues.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Timestamp,
    is_full: bool,
}

impl Look {
    /// Whether nobody has to look again yet. A look from after `now` was made before the clock went back: it holds no longer.
    fn holds(self, now: Timestamp) -> bool {
        self.at <= now && now < self.at.plus(LOOK_HOLDS)
    }
}

impl Admission {
    /// Lets orders in while in none of `queues` more than `backlog_max` messages wait.
    pub fn new(queues: impl IntoIterator<Item = QueueName>, backlog_max: usize) -> Self {
        Self {
            queues: queues.into_iter().collect(),
            backlog_max,
            look: Mutex::new(None),
        }
    }

    /// Whether an order may come in now.
    pub(super) async fn check(&self, bus: &dyn Bus, now: Timestamp) -> Result<(), DeskError> {
        let known = *self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = if let Some(look) = known.filter(|look| look.holds(now)) {
            look.is_full
        } else {
            let is_full = self.is_full(bus).await;
            *self.look.lock().unwrap_or_else(PoisonError::into_inner) = Some(Look { at: now, is_full });
            is_full
        };
        if is_full {
            return Err(DeskError::Busy {
                retry_after: RETRY_AFTER,
            });
        }
        Ok(())
    }

    /// A queue that nobody can count turns nobody away: whether the bus takes the order, it says itself.
    async fn is_full(&self, bus: &dyn Bus) -> bool {
        for queue in &self.queues {
            match bus.backlog(queue).await {
                Ok(backlog) if backlog > self.backlog_max => {
                    tracing::warn!(%queue, backlog, "too far behind: orders are turned away");
                    return true;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%queue, %error, "backlog not counted"),
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_holds_for_a_second_and_not_once_the_clock_went_back() {
        let at = Timestamp::from_ms(5_000);
        let look = Look { at, is_full: true };
        assert!(look.holds(at) && look.holds(Timestamp::from_ms(5_999)));
        assert!(!look.holds(Timestamp::from_ms(6_000)));
        assert!(!look.holds(Timestamp::from_ms(4_999)));
    }
}
