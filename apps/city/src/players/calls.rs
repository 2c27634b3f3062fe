//! What people ask of the desks at one moment: they ask side by side, and nobody waits for others' answers.

use fiacre_domain::id::TripId;
use fiacre_services::desk::DeskError;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

type Answer = Result<(), DeskError>;

/// Calls that are to be made, in order.
#[derive(Default)]
pub(super) struct Calls(Vec<Call>);

struct Call {
    /// The trip that it orders.
    orders: Option<TripId>,
    asked: Pin<Box<dyn Future<Output = Answer> + Send>>,
    answer: Option<Answer>,
}

impl Calls {
    /// Asks for something.
    pub(super) fn ask(&mut self, asked: impl Future<Output = Answer> + Send + 'static) {
        self.add(None, asked);
    }

    /// Orders a trip.
    pub(super) fn order(&mut self, trip: TripId, asked: impl Future<Output = Answer> + Send + 'static) {
        self.add(Some(trip), asked);
    }

    fn add(&mut self, orders: Option<TripId>, asked: impl Future<Output = Answer> + Send + 'static) {
        self.0.push(Call {
            orders,
            asked: Box::pin(asked),
            answer: None,
        });
    }

    /// Makes every call; gives, in their order, what each orders and how it was answered.
    pub(super) async fn answers(&mut self) -> Vec<(Option<TripId>, Answer)> {
        let mut calls = std::mem::take(&mut self.0);
        poll_fn(|context| {
            let mut is_over = true;
            for call in calls.iter_mut().filter(|call| call.answer.is_none()) {
                match call.asked.as_mut().poll(context) {
                    Poll::Ready(answer) => call.answer = Some(answer),
                    Poll::Pending => is_over = false,
                }
            }
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let answered = calls.into_iter();
        answered
            .filter_map(|call| Some((call.orders, call.answer?)))
            .collect()
    }
}
