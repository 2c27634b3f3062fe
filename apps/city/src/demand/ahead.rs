//! Drawing requests ahead: they are the same whoever draws them, and the city has better to do.

use super::{Demand, DemandPlan, Request};
use crate::manhattan::Manhattan;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::vec;

/// How many requests are drawn at a time: a few minutes of a busy evening.
const REQUESTS_A_PAGE: usize = 1_024;
/// How many pages may lie ready before the drawing waits.
const PAGES_READY_MAX: usize = 2;

/// The requests of a plan in time order, drawn on a thread of their own while those before them are played.
#[derive(Debug)]
pub(crate) struct Ahead {
    page: vec::IntoIter<Request>,
    pages: Receiver<Vec<Request>>,
    drawing: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Begins to draw `plan`; the drawing ends with the plan, or once nobody takes what is drawn.
    pub(crate) fn begin(demand: Demand, manhattan: Arc<Manhattan>, plan: DemandPlan) -> io::Result<Self> {
        let (ready, pages) = sync_channel(PAGES_READY_MAX);
        let draw = move || draw(&demand, &manhattan, plan, &ready);
        Ok(Self {
            page: vec::IntoIter::default(),
            pages,
            drawing: Some(Builder::new().name("demand".to_owned()).spawn(draw)?),
        })
    }
}

fn draw(demand: &Demand, manhattan: &Manhattan, plan: DemandPlan, ready: &SyncSender<Vec<Request>>) {
    let mut requests = demand.requests(manhattan, plan);
    loop {
        let page: Vec<Request> = requests.by_ref().take(REQUESTS_A_PAGE).collect();
        if page.is_empty() || ready.send(page).is_err() {
            return;
        }
    }
}

impl Iterator for Ahead {
    type Item = Request;

    /// A panic of the drawing goes on here: a day must not end early because nobody draws it any more.
    fn next(&mut self) -> Option<Request> {
        loop {
            if let Some(request) = self.page.next() {
                return Some(request);
            }
            let Ok(page) = self.pages.recv() else {
                if let Some(Err(panic)) = self.drawing.take().map(JoinHandle::join) {
                    resume_unwind(panic);
                }
                return None;
            };
            self.page = page.into_iter();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::time::{TimeOfDay, Weekday};
    use fiacre_domain::units::Millis;

    #[test]
    fn what_is_drawn_ahead_is_what_is_drawn_and_it_ends() {
        let (demand, manhattan) = (Demand::load().unwrap(), Arc::new(Manhattan::load().unwrap()));
        let evening = TimeOfDay::new(18, 0, 0).unwrap();
        let plan = DemandPlan::new(Weekday::Friday, evening, Millis::from_minutes(15)).unwrap();
        let drawn: Vec<Request> = demand.requests(&manhattan, plan.clone()).collect();
        assert!(drawn.len() > PAGES_READY_MAX * REQUESTS_A_PAGE, "{}", drawn.len());
        let mut ahead = Ahead::begin(demand, manhattan, plan).unwrap();
        assert!(ahead.by_ref().eq(drawn));
        assert_eq!(ahead.next(), None);
    }
}
