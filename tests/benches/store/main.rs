//! What it costs to keep calls, in SQLite and in PostgreSQL: claims out of a table of a million leads; intents, notes and
//! records through the store as the shell has it. Both databases are in a temporary folder, and both write to the disk before
//! they answer.
//!
//! ```text
//! cargo bench -p tests --bench store
//! ```
//! An intent here is all that is written of an answered call but its agent's states: the intent itself, whose caller
//! waits until it is durable, the note of the answer, the note of the talk, and the record. Three turns: callers who hand
//! in each command only when the one before is answered, so that every transaction has a single one; callers as the
//! shell's, who wait for their intents and records, as fast as they can; and the same at the pace of
//! [`PACED`] intents a second. Processor time is that of the whole process, the callers' own part among it; a server's is
//! not.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod call;
mod desk;

use std::process::ExitCode;
use std::time::Duration;

use tests::figures::{Bounds, Spread};
use tests::lab::postgres::Postgres;
use tests::lab::process;
use tokio::time::Instant;

use desk::{Desk, Manner};

/// Intents a second that the project claims to save.
const PACED: u32 = 2_000;
/// How soon all but one in a hundred of them are durable.
const P99_BELOW: Duration = Duration::from_millis(20);
/// Leads in the table that is claimed from.
const LEADS: usize = 1_000_000;
/// Of these, so many are claimed.
const CLAIMED: usize = 300_000;
/// Leads a second that the project claims to claim.
const CLAIMS_FROM: f64 = 20_000.0;
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
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bounds = Bounds::default();
    let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    keep("SQLite", file, &mut bounds).await;
    if let Some(server) = Postgres::start() {
        keep("PostgreSQL", |name| server.database(name), &mut bounds).await;
    }
    bounds.end()
}

/// Both measurements on one kind of database, each on one of its own.
async fn keep(kind: &str, url: impl Fn(&str) -> String, bounds: &mut Bounds) {
    let mut desk = Desk::furnish(&url("claims"), LEADS).await;
    let began = Instant::now();
    desk.claim(CLAIMED).await;
    let per_second = f64::from(u32::try_from(CLAIMED).expect("not so many")) / began.elapsed().as_secs_f64();
    println!("{kind:10} {CLAIMED} of {LEADS} leads claimed: {per_second:.0} leads/s");
    bounds.hold(per_second >= CLAIMS_FROM, format!("{kind}: {CLAIMS_FROM} leads a second are claimed"));

    let intents = TURNS.iter().map(|turn| turn.intents).sum();
    let mut desk = Desk::furnish(&url("intents"), intents).await;
    desk.claim(intents).await;
    let mut all = Vec::new();
    for turn in TURNS {
        let figures = measure(&desk, &turn).await;
        println!(
            "{kind:10} {:23} {:2} callers {:6.0} intents/s  save {}  CPU {:3.0} us an intent",
            turn.name, turn.callers, figures.per_second, figures.saved, figures.cpu
        );
        all.push(figures);
    }
    println!("{kind:10} together against alone: {:.2} of the processor time", all[1].cpu / all[0].cpu);
    let paced = &all[2];
    let held = paced.per_second >= 0.98 * f64::from(PACED);
    bounds.hold(held, format!("{kind}: {PACED} intents a second are saved"));
    bounds.hold(paced.saved.p99 < P99_BELOW, format!("{kind}: an intent is durable within {P99_BELOW:?}"));
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
