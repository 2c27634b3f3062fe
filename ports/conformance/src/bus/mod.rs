//! The suite of [`Bus`](fiacre_ports::Bus) and [`Consumer`](fiacre_ports::Consumer).

pub mod broken;
mod harness;
mod parkings;
pub mod reference;
mod routes;
mod settlements;
mod steps;

pub use harness::{BusHarness, Capability};

crate::clause::clauses! {
    $ bus_suite for "a bus" in bus over BusHarness;

    DeclaringAgainKeepsMessages bus_01_declaring_again_keeps_messages by routes::declaring_again_keeps_messages:
        "keep what is in a queue that is declared again";
    ConfirmedIsDelivered bus_02_confirmed_is_delivered by routes::confirmed_is_delivered:
        "deliver a confirmed message as it was published, as its first attempt, also where nobody consumed when it came";
    EveryBoundQueueGetsIt bus_03_every_bound_queue_gets_it by routes::every_bound_queue_gets_it:
        "put a confirmed message into every queue that is bound to it";
    UnroutableIsReturned bus_04_unroutable_is_returned by routes::unroutable_is_returned:
        "answer `Returned` for a mandatory message that no queue takes, and `Confirmed` for one that nobody must get";
    PrefetchBoundsUnsettled bus_05_prefetch_bounds_unsettled by settlements::prefetch_bounds_unsettled:
        "hand a consumer no more than `prefetch` unsettled deliveries, nor more than `max` at once";
    DeathOfAConsumerRedelivers bus_06_death_of_a_consumer_redelivers by settlements::death_of_a_consumer_redelivers:
        "deliver again what a consumer held when it died, marked as redelivered, with no attempt counted";
    AcknowledgedIsGone bus_07_acknowledged_is_gone by settlements::acknowledged_is_gone:
        "forget an acknowledged message";
    RetryComesBackLater bus_08_retry_comes_back_later by settlements::retry_comes_back_later:
        "deliver a message to be retried again, not before its delay, with the attempt counted";
    ReturnCountsNothing bus_09_return_counts_nothing by settlements::return_counts_nothing:
        "deliver a returned message again, not before its delay, without counting an attempt, however often";
    ParkingKeepsTheReason bus_10_parking_keeps_the_reason by parkings::parking_keeps_the_reason:
        "park at once what is to be parked, with the message, its reason and its attempts, the last one included";
    AttemptsAreLimited bus_11_attempts_are_limited by parkings::attempts_are_limited:
        "park a message after `attempts_max` failed attempts, with the last error's code and text";
    ReplayDeliversAgain bus_12_replay_delivers_again by parkings::replay_delivers_again:
        "deliver a replayed message again to its queue alone, with its attempts forgotten";
    StaleTagIsIgnored bus_13_stale_tag_is_ignored by settlements::stale_tag_is_ignored:
        "ignore the tag of a delivery that is not held any more";
    QueueTakesWhatItIsBoundTo bus_14_queue_takes_what_it_is_bound_to by routes::queue_takes_what_it_is_bound_to:
        "put into a queue the events, commands and notices of its region that it is bound to, and no others";
    NextWaits bus_15_next_waits by routes::next_waits:
        "wait in `next` until there is a delivery, and give none only once `until` has come";
    ConsumersShareAQueue bus_16_consumers_share_a_queue by settlements::consumers_share_a_queue:
        "hand each message of a queue to one of its living consumers";
    DroppedIsGone bus_17_dropped_is_gone by parkings::dropped_is_gone:
        "forget a parked message that is dropped, and say of replay and drop whether it was there";
    AnswersFollowTheMessages bus_18_answers_follow_the_messages by routes::answers_follow_the_messages:
        "answer a batch in the order of its messages, each on its own";
    ParkingSparesNeighbours bus_19_parking_spares_neighbours by parkings::parking_spares_neighbours:
        "go on with the neighbours of a message that is parked";
    ConfirmedSurvivesACrash bus_20_confirmed_survives_a_crash needs Crash by routes::confirmed_survives_a_crash:
        "keep a confirmed message and its queue over a crash";
    ParkedSurvivesACrash bus_21_parked_survives_a_crash needs Crash by parkings::parked_survives_a_crash:
        "keep what is parked over a crash, with its reason";
    UnsettledSurvivesACrash bus_22_unsettled_survives_a_crash needs Crash by settlements::unsettled_survives_a_crash:
        "deliver again, marked as redelivered, what was held unsettled at a crash";
    UndecodableSparesNeighbours bus_23_undecodable_spares_neighbours needs Undecodable by parkings::undecodable_spares_neighbours:
        "set undecodable bytes aside and deliver what comes after them";
    CutVoidsTags bus_24_cut_voids_tags needs Cut by settlements::cut_voids_tags:
        "deliver again after a cut connection what was held unsettled, and ignore the tags from before";
    LostConfirmIsUnknown bus_25_lost_confirm_is_unknown needs LoseConfirm by routes::lost_confirm_is_unknown:
        "answer `OutcomeUnknown` where a message may have been taken";
    ParkedIsListedOldestFirst bus_26_parked_is_listed_oldest_first by parkings::parked_is_listed_oldest_first:
        "list what is parked oldest first, at most `max`";
    RetrySparesNeighbours bus_27_retry_spares_neighbours by settlements::retry_spares_neighbours:
        "deliver the neighbours of a message that waits for its retry, whatever their own delays";
    RefusedIsFinal bus_28_refused_is_final needs Refuse by parkings::refused_is_final:
        "answer `Refused` for a message that it can never take, deliver it to nobody, and take its neighbours";
    NewerIsHeld bus_29_newer_is_held needs Newer by parkings::newer_is_held:
        "hold what a newer release wrote, uncounted and not parked, deliver its neighbours, and itself after the upgrade";
    UndecodableIsParkedWhole bus_30_undecodable_is_parked_whole needs Undecodable by parkings::undecodable_is_parked_whole:
        "park undecodable bytes with their bytes and headers, and put them back on replay as they came";
    ParkedListGoesOn bus_31_parked_list_goes_on by parkings::parked_list_goes_on:
        "list what is parked page by page after a parking named, each once";
    ParkingsAreToldApart bus_32_parkings_are_told_apart by parkings::parkings_are_told_apart:
        "keep two parkings of one message apart: what is done to one leaves the other";
    BacklogIsWhatWaits bus_33_backlog_is_what_waits by settlements::backlog_is_what_waits:
        "count what waits in a queue for a consumer, and nothing that is held";
    WhatDoesNotWaitIsNoBacklog bus_34_what_does_not_wait_is_no_backlog by settlements::what_does_not_wait_is_no_backlog:
        "count nothing that waits for its retry, is acknowledged or parked";
    SingleActiveGetsAll bus_35_single_active_gets_all by settlements::single_active_gets_all:
        "hand everything to one consumer of a queue that has a single active one, and to another when that ends, with what it held";
    PutOffSurvivesACrash bus_36_put_off_survives_a_crash needs Crash by settlements::put_off_survives_a_crash:
        "deliver over a crash what waits for its retry, with its attempts, and what was returned, without one more";
}
