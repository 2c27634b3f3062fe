//! Names that were meant: the nearest known one.

/// The known name with the fewest edits to `wanted`, if that is few enough to have been meant.
pub(crate) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let edits_max = if wanted.chars().count() < 4 { 1 } else { 2 };
    known
        .into_iter()
        .map(|name| (edits(wanted, name), name))
        .filter(|(edits, _)| *edits <= edits_max)
        .min()
        .map(|(_, name)| name.to_owned())
}

/// Levenshtein distance, one row at a time.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, left) in a.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((above_pair, right), before) in row.windows(2).zip(&b).zip(0..) {
            let (diagonal, above) = (above_pair[0], above_pair[1]);
            let kept = diagonal + usize::from(left != *right);
            let inserted: usize = next[before] + 1;
            next.push(kept.min(above + 1).min(inserted));
        }
        row = next;
    }
    row.last().copied().unwrap_or(a.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let known = ["charge", "flat", "meter"];
        assert_eq!(nearest("chrage", known).as_deref(), Some("charge"));
        assert_eq!(nearest("meters", known).as_deref(), Some("meter"));
        assert_eq!(nearest("weather", known), None);
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edits(a, b), count, "{a} {b}");
        }
    }
}
