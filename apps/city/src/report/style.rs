//! How wide a page is, and whether it has colours.

use std::fmt::Write as _;

/// The narrowest page that is laid out: a digest and its label fit; a narrower terminal wraps it.
pub const WIDTH_MIN: usize = 80;
/// The widest page: longer lines are harder to read, and a terminal's size says nothing about the reader.
pub const WIDTH_MAX: usize = 88;

/// How a page is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// How many columns there are; held within [`WIDTH_MIN`] and [`WIDTH_MAX`].
    pub width: usize,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    /// A heading or a headline number.
    Strong,
    /// What only guides the eye.
    Faint,
    /// Riders who rode.
    Good,
    /// Riders who did not.
    Poor,
    /// Something is broken.
    Bad,
}

impl Ink {
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Poor => Some("33"),
            Self::Bad => Some("1;31"),
        }
    }
}

impl Style {
    /// As many columns as are used.
    pub(super) fn columns(self) -> usize {
        self.width.clamp(WIDTH_MIN, WIDTH_MAX)
    }

    /// `text` in this ink. It may be as wide as before, but longer: measure first.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        match ink.code() {
            Some(code) if self.colour && !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Some(_) | None => text.to_owned(),
        }
    }

    /// A label, and `items` after it, wrapped between items and indented below each other.
    pub(super) fn paragraph(self, label: &str, items: &[String]) -> String {
        const INDENT: usize = 11;
        self.paint(Ink::Strong, &format!("{label:<INDENT$}")) + &self.flow(INDENT, items)
    }

    /// `items` from the column `indent` on, wrapped between items.
    pub(super) fn flow(self, indent: usize, items: &[String]) -> String {
        const SEPARATOR: &str = " · ";
        let (mut page, mut used) = (String::new(), indent);
        for (index, item) in items.iter().enumerate() {
            let width = visible_width(item);
            if index > 0 && used + 3 + width > self.columns() {
                let _ = write!(page, "\n{:indent$}", "");
                used = indent;
            } else if index > 0 {
                page.push_str(&self.paint(Ink::Faint, SEPARATOR));
                used += 3;
            }
            page.push_str(item);
            used += width;
        }
        page.push('\n');
        page
    }
}

/// How many columns `text` takes: its characters without colour codes.
pub(super) fn visible_width(text: &str) -> usize {
    let mut is_code = false;
    let shows = |character: &char| {
        let was_code = is_code;
        is_code = *character == '\u{1b}' || (is_code && *character != 'm');
        !was_code && !is_code
    };
    text.chars().filter(shows).count()
}

/// At most `width` characters of `text`, the last one an ellipsis where something is left out.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
