//! The company's messenger, for where there is no web between it and the platform.

use crate::Sandbox;
use fiacre_domain::id::RegionId;
use fiacre_domain::units::Millis;
use fiacre_ports::{Body, Bus, Clock, Message, PaymentNotice, Published};
use std::sync::Arc;

/// How many notices are carried at a time.
const NOTICES_MAX: usize = 256;
/// How often notices are fetched.
const NOTICES_EVERY: Millis = Millis::from_secs(1);

/// Carries the company's notices to the bus, for ever, or until the company [cannot write](Sandbox::open) any more; a notice is
/// acknowledged once the bus has it.
pub async fn deliver_notices(
    company: Arc<Sandbox>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    region: RegionId,
) {
    loop {
        let now = clock.now();
        let notices = company.due_notices(now, NOTICES_MAX);
        let more = notices.len() == NOTICES_MAX;
        if !notices.is_empty() && !company.written().await {
            return;
        }
        let messages: Vec<Message> = notices.iter().map(|notice| message(*notice, region)).collect();
        for (notice, published) in notices.iter().zip(bus.publish(messages).await) {
            if matches!(published, Published::Confirmed) {
                company.acknowledge(notice.id);
            }
        }
        if !more {
            clock.wait_until(now.plus(NOTICES_EVERY)).await;
        }
    }
}

const fn message(notice: PaymentNotice, region: RegionId) -> Message {
    Message {
        body: Body::Notice(notice),
        region,
        trace: None,
        mandatory: true,
    }
}
