//! Lists that mostly stay at one.

/// Adds `item`. The room for four with which a list begins by itself would be most of what an audit holds of a trip: offers,
/// locks, assignments and notes mostly come once.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    make_room(list);
    list.push(item);
}

/// Makes room for one more; of a list that has grown long, for an eighth more.
pub(super) fn make_room<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 8).max(1));
    }
}
