//! `fiacre audit segments`: is an archive as it was written? For who has it without the platform.

use crate::answer::Answer;
use crate::failure::{AtRestFailure, Failure};
use clap::Args;
use fiacre_embedded::{CheckedSegment, SegmentFault, verify_segments};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre audit segments data/archive
  fiacre audit segments data/archive --json

Each segment is read to its end and held to its own hash, to the chains of the streams in it, and to the hash that the next one names. \
That the last ones are missing only the platform's folder knows: `fiacre audit check` asks it. The last hash stands for all before it: \
note it where nobody can change it.
Exit codes: 0 as they were written, 2 one is cut, edited, replaced, renamed or missing, 3 the folder cannot be read, or a newer release \
wrote a segment, 64 bad usage, 74 the answer cannot be written.")]
pub(crate) struct SegmentsArguments {
    /// The folder of the segments
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl SegmentsArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let checked = verify_segments(&self.folder);
        let checked = checked.map_err(|error| AtRestFailure::Segments(self.folder.clone(), error))?;
        if checked.is_empty() {
            return Err(AtRestFailure::NoSegments(self.folder).into());
        }
        if answer.is_json() {
            let segments: Vec<_> = checked.iter().map(segment_as_json).collect();
            answer.object(&json!({ "segments": segments }))?;
        } else {
            show(&checked, answer.words())?;
        }
        let faults: Vec<_> = checked
            .iter()
            .filter_map(|segment| segment.fault.as_ref())
            .collect();
        if faults
            .iter()
            .any(|fault| matches!(fault, SegmentFault::Newer { .. }))
        {
            return Err(AtRestFailure::NewerCommits.into());
        }
        match faults.len() {
            0 => Ok(()),
            faults => Err(Failure::Findings(faults as u64)),
        }
    }
}

/// A segment as audits show it.
pub(super) fn segment_as_json(checked: &CheckedSegment) -> Value {
    let segment = checked.segment;
    json!({
        "number": checked.number,
        "file": checked.file.display().to_string(),
        "sha256": segment.map(|segment| segment.hash().to_string()),
        "streams": segment.map(|segment| segment.streams()),
        "commits": segment.map(|segment| segment.commits()),
        "bytes": segment.map(|segment| segment.bytes()),
        "code": checked.fault.as_ref().map(SegmentFault::code),
    })
}

fn show(checked: &[CheckedSegment], out: &mut impl Write) -> io::Result<()> {
    for segment in checked {
        if let Some(fault) = &segment.fault {
            writeln!(
                out,
                "FINDING  {}  {fault}  [{}]",
                segment.file.display(),
                fault.code()
            )?;
        }
    }
    let sound = checked.iter().filter(|segment| segment.fault.is_none());
    let commits: u64 = sound
        .clone()
        .filter_map(|segment| Some(segment.segment?.commits()))
        .sum();
    writeln!(
        out,
        "archive  {} of {} segments as they were written, {commits} commits",
        sound.count(),
        checked.len()
    )?;
    if let Some(last) = checked.last().and_then(|last| last.segment) {
        writeln!(out, "last     {}  segment {}", last.hash(), last.number())?;
    }
    Ok(())
}
