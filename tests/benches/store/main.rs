//! What it costs to keep calls: intents, notes and records through the store as the shell has it, into SQLite with
//! `synchronous = FULL` in a temporary folder.
//!
//! ```text
//! cargo bench -p tests --bench store
//! ```
//! An intent here is all that is written of an answered call but its agent's states: the intent itself, whose caller
//! waits until it is durable, the note of the answer, the note of the talk, and the record. Three turns: callers who hand
//! in each command only when the one before is answered, so that every transaction has a single one; callers as the
//! shell's, who wait for their intents and records, as fast as they can; and the same at the pace of
//! [`PACED`] intents a second. Processor time is that of the whole process, the callers' own part among it.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod call;
mod desk;

use std::process::ExitCode;
use std::time::Duration;

use tests::figures::{Bounds, Spread};
use tests::lab::process;
use tokio::time::Instant;

use desk::{Desk, Manner};

/// Intents a second that the project claims to save.
const PACED: u32 = 2_000;
/// How soon all but one in a hundred of them are durable.
const P99_BELOW: Duration = Duration::from_millis(20);
/// Callers at a time, except in the first turn.
const CALLERS: usize = 60;

/// So many intents in one way.
struct Turn {
    name: &'static str,
    callers: usize,
    intents: usize,
    manner: Manner,
}

const TURNS: [Turn; 3] = [
    Turn { name: "each command alone", callers: 1, intents: 500, manner: Manner::OneByOne },
    Turn { name: "as fast as may be", callers: CALLERS, intents: 20_000, manner: Manner::AsTheShell },
    Turn { name: "2,000 intents a second", callers: CALLERS, intents: 20_000, manner: Manner::Paced(PACED) },
];

/// What a turn has shown.
struct Figures {
    per_second: f64,
    saved: Spread,
    /// Processor time, microseconds an intent.
    cpu: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let desk = Desk::furnish(TURNS.iter().map(|turn| turn.intents).sum()).await;
    let mut all = Vec::new();
    for turn in TURNS {
        let figures = measure(&desk, &turn).await;
        println!(
            "{:23} {:2} callers {:6.0} intents/s  save {}  CPU {:3.0} us an intent",
            turn.name, turn.callers, figures.per_second, figures.saved, figures.cpu
        );
        all.push(figures);
    }
    println!("together against alone: {:.2} of the processor time", all[1].cpu / all[0].cpu);
    let mut bounds = Bounds::default();
    let paced = &all[2];
    bounds.hold(paced.per_second >= 0.98 * f64::from(PACED), format!("{PACED} intents a second are saved"));
    bounds.hold(paced.saved.p99 < P99_BELOW, format!("an intent is durable within {P99_BELOW:?}"));
    bounds.end()
}

async fn measure(desk: &Desk, turn: &Turn) -> Figures {
    let cpu = || process::cpu(std::process::id()).expect("this process runs");
    let (began, before) = (Instant::now(), cpu());
    let saved = desk.dial(turn.callers, turn.intents, turn.manner).await;
    let (took, used) = (began.elapsed(), cpu() - before);
    assert_eq!(saved.len(), turn.intents, "every intent was saved");
    let intents = u32::try_from(turn.intents).expect("not so many");
    Figures {
        per_second: f64::from(intents) / took.as_secs_f64(),
        saved: Spread::of(saved),
        cpu: used.as_secs_f64() * 1_000_000.0 / f64::from(intents),
    }
}
