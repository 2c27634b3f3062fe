//! Laws that hold for every input, each checked over generated cases: one file in `tests` for each module of
//! `fiacre-domain`. Nothing here is meant to be depended on.

/// The README's examples, which compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
