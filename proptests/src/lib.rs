//! Laws that hold for every input, each checked over generated cases: one file in `tests` for each module of
//! `fiacre-domain`. Nothing here is meant to be depended on.
