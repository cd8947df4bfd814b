//! What `simulator replay` prints, and its exit code.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{Replayed, Stopped, replay};

/// Replays a file and prints what came of it, as text or as one JSON object.
///
/// The exit code is 0 where the journal was replayed to its end, 1 where it diverged, 2 where it is no journal or
/// cannot be read.
///
/// # Errors
/// Those of `out`, and as text what is wrong with a file that is no journal or cannot be read.
pub fn run(file: &Path, json: bool, out: &mut impl Write) -> io::Result<ExitCode> {
    let outcome = File::open(file).map_err(Stopped::from).and_then(|file| replay(BufReader::new(file)));
    if json {
        writeln!(out, "{}", as_json(&outcome))?;
    } else {
        match &outcome {
            Ok(replayed) => print(replayed, out)?,
            // A finding, as it was asked for.
            Err(stopped @ Stopped::Diverged(_)) => writeln!(out, "{}: {stopped}", file.display())?,
            Err(stopped) => return Err(io::Error::other(format!("{}: {stopped}", file.display()))),
        }
    }
    Ok(match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(Stopped::Diverged(_)) => ExitCode::from(1),
        Err(Stopped::Foreign { .. } | Stopped::Endless { .. } | Stopped::Empty | Stopped::Unreadable(_)) => {
            ExitCode::from(2)
        }
    })
}

fn print(replayed: &Replayed, out: &mut impl Write) -> io::Result<()> {
    for segment in &replayed.segments {
        writeln!(
            out,
            "segment at line {}: {}, {}, digest {}, {}",
            segment.line,
            number(segment.events, "event"),
            number(segment.commands, "command"),
            segment.digest,
            segment.ended
        )?;
    }
    writeln!(
        out,
        "{}, {}, {}: all as written",
        number(replayed.segments.len() as u64, "segment"),
        number(replayed.events(), "event"),
        number(replayed.commands(), "command")
    )
}

/// So many of them: `1 event`, `2 events`.
fn number(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn as_json(outcome: &Result<Replayed, Stopped>) -> serde_json::Value {
    match outcome {
        Ok(replayed) => json!({
            "segments": replayed.segments,
            "events": replayed.events(),
            "commands": replayed.commands(),
        }),
        Err(Stopped::Diverged(divergence)) => json!({ "diverged": divergence }),
        Err(
            stopped @ (Stopped::Foreign { .. }
            | Stopped::Endless { .. }
            | Stopped::Empty
            | Stopped::Unreadable(_)),
        ) => {
            json!({ "unreadable": stopped.to_string() })
        }
    }
}
