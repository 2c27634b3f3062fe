//! A region's fleet: which drivers are free, which searches wait, and every two seconds the batch that joins them.

mod config;
mod picture;
mod proposals;
mod rebuild;
mod watch;

pub use config::{FAN_OUT_MAX, FleetConfig, FleetConfigError, Matching};

use crate::backoff::{PAUSE, Patience};
use crate::inbox::{Ask, Inbox, Plan, Work};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::topology;
use crate::writer::Writer;
use async_trait::async_trait;
use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::matching::Matcher;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Body, Delivery, DispatchBoard, IdSource, LocationFeed, LocationReader, OpenSearch, PortError, Prefetch,
    RouteProvider, Settlement,
};
use picture::Picture;
use rebuild::{Rebuild, standing_of};
use std::sync::Arc;
use watch::Watch;

/// How many commits of the log are read in a turn while the board is rebuilt.
const REBUILD_PAGE: usize = 1_000;

/// What a matcher needs beside what every service needs.
#[derive(Clone)]
pub struct FleetPorts {
    /// What every service needs.
    pub service: ServicePorts,
    /// The open searches, for a matcher that starts anew.
    pub board: Arc<dyn DispatchBoard>,
    /// Where drivers are.
    pub locations: Arc<dyn LocationFeed>,
    /// New identities, for the proposals' causes.
    pub ids: Arc<dyn IdSource>,
    /// Ways by road, for what is promised.
    pub routes: Arc<dyn RouteProvider>,
}

impl std::fmt::Debug for FleetPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FleetPorts").finish_non_exhaustive()
    }
}

impl FleetPorts {
    /// Keeps the board, before anything is acknowledged: the picture dies with its matcher, the board does not.
    async fn post(
        &self,
        region: RegionId,
        opened: &[OpenSearch],
        closed: &[OpenSearch],
    ) -> Result<(), PortError> {
        if !opened.is_empty() {
            self.board.open(region, opened).await?;
        }
        if !closed.is_empty() {
            self.board.close(region, closed).await?;
        }
        Ok(())
    }
}

/// A matcher of one region. One is enough, and a second stands by: it keeps its picture of where drivers are, and takes over when
/// its queue's messages come to it. The lock's compare-and-set makes even two active ones safe.
pub struct Fleet {
    config: FleetConfig,
    ports: FleetPorts,
    inbox: Inbox,
    writer: Writer,
    picture: Picture,
    matcher: Matcher,
    watch: Watch,
    tick_at: Option<Timestamp>,
    /// The reading of the log, while the board is rebuilt.
    rebuild: Option<Rebuild>,
    /// What it reads of where drivers are.
    locations: Option<Box<dyn LocationReader>>,
    /// With the board and the locations.
    patience: Patience,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet")
            .field("region", &self.config.region())
            .finish_non_exhaustive()
    }
}

impl Fleet {
    /// A matcher with an empty picture, which takes up to `prefetch` messages at a time: its first turn reads the board.
    pub fn new(config: FleetConfig, ports: FleetPorts, prefetch: Prefetch) -> Self {
        let service = &ports.service;
        let queue = topology::matcher_queue(config.region());
        let inbox = Inbox::new(service.clone(), queue, prefetch);
        let (writer, patience) = (service.writer(), service.patience(inbox.name()));
        let picture = Picture::new(config.region(), config.area().clone(), config.fan_out());
        Self {
            watch: Watch::new(config.tick()),
            config,
            ports,
            inbox,
            writer,
            picture,
            matcher: Matcher::new(),
            tick_at: None,
            rebuild: None,
            locations: None,
            patience,
        }
    }

    fn now(&self) -> Timestamp {
        self.ports.service.clock.now()
    }

    /// A matcher that starts anew learns the open searches from the board, which it rebuilds where it was lost; drivers it
    /// learns from their first samples.
    async fn begin(&mut self) -> Result<Option<Timestamp>, PortError> {
        if !self.look().await? {
            self.rebuild().await?;
            return Ok(None);
        }
        let tick_at = self.now();
        self.tick_at = Some(tick_at);
        Ok(Some(tick_at))
    }

    /// Doubts what another matcher may have heard of, by the board's list; whether there is a board.
    async fn look(&mut self) -> Result<bool, PortError> {
        let Some(listed) = self.ports.board.list(self.config.region()).await? else {
            return Ok(false);
        };
        self.picture.doubt_all(listed);
        self.watch.looked(self.inbox.active(), self.now());
        Ok(true)
    }

    /// Reads a page of the log; after the last, the board is complete.
    async fn rebuild(&mut self) -> Result<(), PortError> {
        let (region, ports) = (self.config.region(), &self.ports);
        let rebuild = self.rebuild.get_or_insert_default();
        let page = ports.service.store.scan(rebuild.cursor(), REBUILD_PAGE).await?;
        if let Some(open) = rebuild.take(region, page) {
            self.rebuild = None;
            tracing::info!(%region, open = open.len(), "the board was lost; restored from the log");
            ports.board.restore(region, &open).await?;
        }
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), PortError> {
        if self.watch.is_to_look(self.inbox.active(), self.now()) && !self.look().await? {
            // The next turn begins anew, and restores the board.
            self.tick_at = None;
            return Ok(());
        }
        let samples = match &mut self.locations {
            Some(reader) => reader.drain().await?,
            none => {
                let reader = self.ports.locations.subscribe(self.config.region()).await?;
                none.insert(reader).drain().await?
            }
        };
        self.picture.locate(&samples);
        let now = self.now();
        let over = self.picture.refresh(&self.writer, now).await;
        self.ports.post(self.config.region(), &[], &over).await?;
        if self.watch.may_act(self.inbox.active()) {
            self.propose(now).await;
        }
        Ok(())
    }

    async fn work(&mut self, until: Timestamp) -> Result<Turn, PortError> {
        let tick_at = match self.tick_at {
            Some(tick_at) => tick_at,
            None => match self.begin().await? {
                Some(tick_at) => tick_at,
                None => return Ok(Turn::Worked),
            },
        };
        let mut hearing = Hearing {
            region: self.config.region(),
            ports: &self.ports,
            picture: &mut self.picture,
        };
        let heard = self.inbox.turn(&mut hearing, tick_at.min(until)).await;
        let now = self.now();
        if now < tick_at {
            return Ok(heard);
        }
        // A matcher that fell behind does not catch up tick by tick.
        self.tick_at = Some(tick_at.plus(self.config.tick()).max(now.plus(Millis::new(1))));
        self.tick().await?;
        Ok(Turn::Worked)
    }
}

/// What is heard marks streams as changed; they are loaded at the tick, so no order of messages matters.
struct Hearing<'a> {
    region: RegionId,
    ports: &'a FleetPorts,
    picture: &'a mut Picture,
}

impl Work for Hearing<'_> {
    async fn plan(&mut self, batch: Vec<Delivery>, inbox: &mut Inbox) {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for delivery in &batch {
            match self.hear(delivery) {
                Some((search, true)) => opened.push(search),
                Some((search, false)) => closed.push(search),
                None => {}
            }
        }
        let posted = self.ports.post(self.region, &opened, &closed).await;
        if let Err(error) = &posted {
            tracing::warn!(region = %self.region, %error, "board not written; the messages come again");
        }
        let plan = |delivery| {
            let ask = if posted.is_ok() {
                Ask::Settle(Settlement::Ack)
            } else {
                Ask::Later(PAUSE)
            };
            (delivery, Plan::from(ask))
        };
        inbox.finish(batch.into_iter().map(plan).collect()).await;
    }
}

impl Hearing<'_> {
    /// The search that a message says is open, or is over.
    fn hear(&mut self, delivery: &Delivery) -> Option<(OpenSearch, bool)> {
        let Body::Event { id, event, .. } = &delivery.message.body else {
            return None;
        };
        match id.stream() {
            StreamId::Dispatch(trip) => {
                let Event::Dispatch(event) = event else {
                    return None;
                };
                self.picture.doubt_search(trip, delivery.message.trace.clone());
                let search = OpenSearch {
                    trip,
                    version: id.version(),
                };
                standing_of(event).map(|is_open| (search, is_open))
            }
            StreamId::Driver(driver) => {
                self.picture.doubt_driver(driver);
                None
            }
            StreamId::Trip(_) | StreamId::Payment(..) | StreamId::Ops(_) | StreamId::Tariff(_) => None,
        }
    }
}

#[async_trait]
impl Process for Fleet {
    fn name(&self) -> &str {
        self.inbox.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        if !self.patience.rest(until).await {
            return Turn::Idle;
        }
        match self.work(until).await {
            Ok(turn) => {
                self.patience.found();
                turn
            }
            Err(error) => {
                let rest_ms = self.patience.lost().get();
                tracing::warn!(region = %self.config.region(), %error, rest_ms, "matcher interrupted; tried again");
                Turn::Worked
            }
        }
    }
}
