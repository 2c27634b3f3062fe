//! Lists that mostly stay at one.

/// Adds `item`. The room for four with which a list begins by itself would be most of what an audit holds of a trip: offers,
/// locks, assignments and notes mostly come once.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    list.reserve_exact(1);
    list.push(item);
}
