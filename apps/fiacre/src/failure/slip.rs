//! Slips of the hand: which name was meant.

/// The name out of `known` that a slip of the hand makes `typed` of: at most a third of its letters are wrong, missing or too
/// many. Of two as near, the first.
pub(super) fn nearest<'a>(typed: &str, known: &'a [String]) -> Option<&'a str> {
    let nearest = known.iter().min_by_key(|name| slips(typed, name))?;
    (slips(typed, nearest) * 3 <= typed.chars().count()).then_some(nearest)
}

/// How many letters must be put, dropped or changed to make one of the other (Levenshtein's distance).
fn slips(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (above, its) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal + usize::from(letter != *its);
            diagonal = *above;
            left = changed.min(left + 1).min(diagonal + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_from_either_side() {
        for (one, other, count) in [
            ("", "", 0),
            ("", "jfk", 3),
            ("jfk", "jkf", 2),
            ("congetion", "congestion", 1),
            ("south-of-06", "south-of-60", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(slips(one, other), count, "{one} {other}");
            assert_eq!(slips(other, one), count, "{other} {one}");
        }
    }

    #[test]
    fn a_name_is_meant_where_a_third_of_it_is_wrong_and_no_more() {
        let known = ["south-of-96", "south-of-60", "jfk"].map(str::to_owned);
        assert_eq!(nearest("soth-of-60", &known), Some("south-of-60"));
        assert_eq!(nearest("jfx", &known), Some("jfk"));
        assert_eq!(nearest("dog", &known), None);
        assert_eq!(nearest("dog", &[]), None);
    }
}
