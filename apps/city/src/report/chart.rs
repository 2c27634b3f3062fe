//! The day as columns of blocks.

use super::style::{Ink, Style};
use super::words;
use crate::measures::{QUARTER_MS, Quarter};
use fiacre_domain::time::TimeOfDay;
use std::fmt::Write as _;

const MARGIN: usize = 2;
/// A column wider than this reads as a wall.
const COLUMN_MAX: usize = 10;
/// So few quarter-hours are drawn as lines.
const LYING_MAX: usize = 6;
/// What stands in a line beside its bar.
const LYING_WORDS_WIDTH: usize = 49;
const ROWS_OF_RIDERS: u64 = 7;
const ROWS_OF_WAITS: u64 = 3;
/// The steps between labels of the time axis, in quarter-hours.
const LABEL_STEPS: [usize; 8] = [1, 2, 4, 8, 12, 24, 48, 96];
/// The room that a label takes: `18:00` and some space.
const LABEL_WIDTH: usize = 7;
const MS_PER_DAY: i64 = 86_400_000;

/// Quarter-hours drawn as columns.
pub(super) struct Chart {
    style: Style,
    from: TimeOfDay,
    columns: Vec<Quarter>,
    /// How many quarter-hours a column stands for.
    quarters: usize,
    /// How many characters a column is wide, the gap behind it included.
    width: usize,
}

impl Chart {
    pub(super) fn new(style: Style, from: TimeOfDay, series: &[Quarter]) -> Self {
        let room = style.columns() - MARGIN;
        let quarters = series.len().div_ceil(room).max(1);
        let columns: Vec<Quarter> = series
            .chunks(quarters)
            .map(|part| part.iter().copied().fold(Quarter::default(), Quarter::plus))
            .collect();
        let width = (room / columns.len().max(1)).clamp(1, COLUMN_MAX);
        Self {
            style,
            from,
            columns,
            quarters,
            width,
        }
    }

    /// How riders asked and rode, and how long they waited.
    pub(super) fn draw(&self) -> String {
        let asked_max = self
            .columns
            .iter()
            .map(|column| column.requested)
            .max()
            .unwrap_or_default();
        if asked_max == 0 {
            return "Nobody asked for a ride.\n".to_owned();
        }
        let waits = || {
            self.columns
                .iter()
                .map(|column| column.wait_sum_ms / i64::from(column.waits.max(1)))
        };
        if self.columns.len() <= LYING_MAX {
            return self.draw_lying(asked_max);
        }
        let wait_max_ms = waits().max().unwrap_or_default();
        let step = 15 * self.quarters;
        let highest = format!(", {step} min a column: up to {}", words::count(asked_max.into()));
        let mut page = self.title(&highest);
        let riders = self.columns.iter().map(|column| {
            let eighths = |riders: u32| eighths(riders.into(), asked_max.into(), ROWS_OF_RIDERS);
            Bar {
                solid: eighths(column.completed),
                all: eighths(column.requested),
            }
        });
        page.push_str(&self.bars(ROWS_OF_RIDERS, Ink::Good, &riders.collect::<Vec<_>>()));
        page.push_str(&self.axis());
        let wait_max_s = u32::try_from((wait_max_ms + 500) / 1_000).ok();
        let _ = writeln!(
            page,
            "How long they waited for a car on average: up to {}",
            words::span(wait_max_s)
        );
        let waits = waits().map(|wait_ms| {
            let height = eighths(wait_ms.unsigned_abs(), wait_max_ms.unsigned_abs(), ROWS_OF_WAITS);
            Bar {
                solid: height,
                all: height,
            }
        });
        page.push_str(&self.bars(ROWS_OF_WAITS, Ink::Plain, &waits.collect::<Vec<_>>()));
        page.push_str(&self.axis());
        page
    }

    /// What is drawn, and what its blocks mean.
    fn title(&self, highest: &str) -> String {
        format!(
            "{} by the time they asked{highest}  {} rode  {} did not\n",
            self.style.paint(Ink::Strong, "Riders"),
            self.style.paint(Ink::Good, "█"),
            self.style.paint(Ink::Poor, "░"),
        )
    }

    /// A line for each quarter-hour: a few columns would be a wall.
    fn draw_lying(&self, asked_max: u32) -> String {
        let mut page = self.title("");
        let room = self.style.columns().saturating_sub(LYING_WORDS_WIDTH);
        let share = |riders: u32| {
            let scaled = u64::from(riders) * room as u64 / u64::from(asked_max.max(1));
            usize::try_from(scaled).unwrap_or(room)
        };
        for (quarter, column) in self.columns.iter().enumerate() {
            let (rode, all) = (share(column.completed), share(column.requested));
            // Whoever went without shows, be it only one.
            let rode = rode.saturating_sub(usize::from(column.unserved > 0 && rode == all));
            let mean_s = column.wait_mean_s().map(|seconds| format!("{seconds:.0} s"));
            let _ = writeln!(
                page,
                "  {}  {}{}{:blank$} {:>7} asked, waited {:>6} on average",
                self.clock(quarter),
                self.style.paint(Ink::Good, &"█".repeat(rode)),
                self.style.paint(Ink::Poor, &"░".repeat(all - rode)),
                "",
                words::count(column.requested.into()),
                mean_s.unwrap_or_else(words::dash),
                blank = room - all,
            );
        }
        page
    }

    fn bars(&self, rows: u64, ink: Ink, bars: &[Bar]) -> String {
        let mut page = String::new();
        for row in (0..rows).rev() {
            page.push_str(&" ".repeat(MARGIN));
            let mut line = String::new();
            let mut line_ink = ink;
            for bar in bars {
                let (block, block_ink) = bar.block(row, ink);
                if block_ink != line_ink && block != ' ' {
                    page.push_str(&self.style.paint(line_ink, &line));
                    line.clear();
                    line_ink = block_ink;
                }
                let solid = self.width - usize::from(self.width > 2);
                line.extend(std::iter::repeat_n(block, solid));
                line.extend(std::iter::repeat_n(' ', self.width - solid));
            }
            page.push_str(&self.style.paint(line_ink, line.trim_end()));
            page.truncate(page.trim_end_matches(' ').len());
            page.push('\n');
        }
        page
    }

    /// The time of day under every so many columns, at full steps.
    fn axis(&self) -> String {
        let fits = |step: &usize| step * self.width >= LABEL_WIDTH * self.quarters;
        let step = LABEL_STEPS
            .into_iter()
            .find(fits)
            .unwrap_or(self.columns.len().max(1) * self.quarters);
        let from_quarter = usize::try_from(i64::from(self.from.ms()) / QUARTER_MS).unwrap_or_default();
        let mut line = " ".repeat(MARGIN);
        for column in 0..self.columns.len() {
            let quarter = column * self.quarters;
            let at = MARGIN + column * self.width;
            let is_full = (from_quarter + quarter).is_multiple_of(step);
            if is_full && line.len() <= at && at + 5 <= self.style.columns() {
                let _ = write!(
                    line,
                    "{:width$}{}",
                    "",
                    self.clock(quarter),
                    width = at - line.len()
                );
            }
        }
        self.style.paint(Ink::Faint, &line) + "\n"
    }

    fn clock(&self, quarter: usize) -> String {
        let passed = i64::try_from(quarter)
            .unwrap_or_default()
            .saturating_mul(QUARTER_MS);
        let of_day = (i64::from(self.from.ms()) + passed % MS_PER_DAY) % MS_PER_DAY;
        let time = u32::try_from(of_day)
            .ok()
            .and_then(|ms| TimeOfDay::from_ms(ms).ok());
        time.map_or_else(words::dash, words::clock)
    }
}

/// A column's height in eighths of a row: the solid part, and all of it.
#[derive(Debug, Clone, Copy)]
struct Bar {
    solid: u64,
    all: u64,
}

impl Bar {
    /// What stands in `row`, from 0 at the bottom.
    fn block(self, row: u64, solid_ink: Ink) -> (char, Ink) {
        const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let below = row * 8;
        match self.solid.saturating_sub(below) {
            // Half a row and more is shown: a block can be one kind only.
            0 if self.all.saturating_sub(below) >= 4 => ('░', Ink::Poor),
            0 => (' ', solid_ink),
            height => {
                let index = usize::try_from(height.min(8) - 1).unwrap_or_default();
                (BLOCKS.get(index).copied().unwrap_or('█'), solid_ink)
            }
        }
    }
}

/// The height of `value` where `max` fills `rows`; what is above zero shows.
fn eighths(value: u64, max: u64, rows: u64) -> u64 {
    let height = (value * rows * 8 + max / 2) / max.max(1);
    height.max(u64::from(value > 0))
}
