//! How fast the shell dials, against the barest loop that does the same with Asterisk.
//!
//! ```text
//! cargo build --release -p ari-shell && cargo bench -p tests --bench speed
//! ```
//! Both sides dial the same numbers in the same run, in turns, each turn on an Asterisk started for it, with the same limit of calls in
//! flight, the same agents on hold, the same event filter and the same requests for each call. The shell has a
//! database besides, SQLite with `synchronous = FULL`, in which every intent is durable before its call is placed,
//! and a journal; the bare loop has nothing. Callees do what they do at once, so that the limit is the machine and
//! Asterisk on it, not their patience. Calls a second are counted from the far end's log, for both sides alike.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod bare;
mod shell;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::figures::{Bounds, Spread, median, steady_rate};
use tests::lab::CallLog;
use tests::lab::far_end::{self, Timings};
use tests::lab::process;
use tests::pbx::Pbx;

/// Turns of each side.
const ROUNDS: usize = 5;
/// The shell's share of the bare loop's speed that the project claims.
const SHARE: f64 = 0.9;

/// A kind of call to compare with.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    /// What the callee does ([`far_end`]).
    code: u16,
    /// Calls in a turn.
    calls: u16,
    /// Agents with standing lines.
    agents: u16,
    /// How many calls may be in flight for each agent. With 1 an agent is reserved for each call, and joined with it.
    level: u16,
}

impl Kind {
    /// Most calls in flight.
    const fn lines(self) -> u16 {
        self.agents * self.level
    }

    fn numbers(self) -> impl Iterator<Item = String> {
        (0..self.calls).map(move |serial| far_end::number(self.code, serial))
    }
}

const KINDS: [Kind; 2] = [
    Kind { name: "refused at once (486)", code: 486, calls: 3_000, agents: 6, level: 10 },
    Kind { name: "answered, joined with an agent, hung up", code: 200, calls: 1_500, agents: 60, level: 1 },
];

/// What one turn of one side has shown.
struct Turn {
    per_second: f64,
    /// From the originate to its INVITE at the far end.
    to_invite: Spread,
    /// The dialer's time on the processor, where it has a process of its own.
    dialer: Option<Duration>,
    asterisk: Duration,
}

/// When the originate of each number was begun.
type Placed = Vec<(String, Instant)>;

fn main() -> ExitCode {
    if !tests::lab::ready() {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut bounds = Bounds::default();
    for kind in KINDS {
        runtime.block_on(compare(kind, &mut bounds));
    }
    bounds.end()
}

async fn compare(kind: Kind, bounds: &mut Bounds) {
    println!("\n{}: {} calls a turn, at most {} in flight", kind.name, kind.calls, kind.lines());
    let (mut shell, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Whoever comes second would find a warmer machine, so they take turns in that; each has an Asterisk of its own.
        if round % 2 == 0 {
            shell.push(turn_of_shell(kind).await);
            bare.push(turn_of_bare(kind).await);
        } else {
            bare.push(turn_of_bare(kind).await);
            shell.push(turn_of_shell(kind).await);
        }
        let (ours, theirs) = (&shell[round], &bare[round]);
        println!(
            "  round {}: shell {:6.1}/s  bare {:6.1}/s  ratio {:.3}",
            round + 1,
            ours.per_second,
            theirs.per_second,
            ours.per_second / theirs.per_second
        );
    }
    tell("shell", &shell, kind);
    tell("bare", &bare, kind);
    let ratio = median(shell.iter().zip(&bare).map(|(ours, theirs)| ours.per_second / theirs.per_second));
    println!("  ratio: {ratio:.3} (median of the rounds')");
    bounds.hold(
        ratio >= SHARE,
        format!("{}: the shell dials {SHARE} times as fast, not {ratio:.3}", kind.name),
    );
}

/// Callees lose no time and say nothing.
fn timings() -> Timings {
    let at_once = Duration::ZERO;
    Timings {
        ring_after: at_once,
        answer_after: at_once,
        talk_for: Duration::from_millis(250),
        refuse_after: at_once,
        voice: tests::lab::Voice::Mute,
        ..Timings::default()
    }
}

async fn turn_of_shell(kind: Kind) -> Turn {
    let pbx = Pbx::real(timings(), kind.agents).await.expect("Asterisk starts");
    let before = Before::of(&pbx);
    let (placed, cpu) = shell::dial(&pbx, kind).await;
    before.turn(&pbx, kind, &placed, Some(cpu))
}

async fn turn_of_bare(kind: Kind) -> Turn {
    let pbx = Pbx::real(timings(), kind.agents).await.expect("Asterisk starts");
    let before = Before::of(&pbx);
    let placed = bare::dial(&pbx.url(), kind).await;
    before.turn(&pbx, kind, &placed, None)
}

/// How things stood before a turn.
struct Before {
    calls: usize,
    asterisk: Duration,
}

impl Before {
    fn of(pbx: &Pbx) -> Self {
        Self { calls: calls(pbx).len(), asterisk: asterisk(pbx) }
    }

    fn turn(&self, pbx: &Pbx, kind: Kind, placed: &Placed, dialer: Option<Duration>) -> Turn {
        let calls = calls(pbx).split_off(self.calls);
        assert_eq!(calls.len(), usize::from(kind.calls), "every number was dialled once");
        let first = calls.first().expect("there are calls").invited_at;
        let invited = calls.iter().map(|call| call.invited_at.duration_since(first)).collect();
        Turn {
            per_second: steady_rate(invited),
            to_invite: Spread::of(waits(placed, &calls)),
            dialer,
            asterisk: asterisk(pbx).saturating_sub(self.asterisk),
        }
    }
}

fn waits(placed: &Placed, calls: &[CallLog]) -> impl Iterator<Item = Duration> {
    let invited: std::collections::HashMap<&str, Instant> =
        calls.iter().map(|call| (call.number.as_str(), call.invited_at)).collect();
    placed.iter().map(move |(number, at)| invited[number.as_str()].saturating_duration_since(*at))
}

fn calls(pbx: &Pbx) -> Vec<CallLog> {
    match pbx {
        Pbx::Real(lab) => lab.far_end.calls(),
        Pbx::Simulated(_) => Vec::new(),
    }
}

fn asterisk(pbx: &Pbx) -> Duration {
    let pid = match pbx {
        Pbx::Real(lab) => lab.asterisk.pid(),
        Pbx::Simulated(_) => None,
    };
    pid.and_then(process::cpu).expect("Asterisk runs")
}

fn tell(side: &str, turns: &[Turn], kind: Kind) {
    let speeds = || turns.iter().map(|turn| turn.per_second);
    let (low, high) =
        speeds().fold((f64::MAX, 0.0_f64), |(low, high), speed| (low.min(speed), high.max(speed)));
    let each = |time: Duration| time.as_secs_f64() * 1_000.0 / f64::from(kind.calls);
    print!("  {side:5} {:6.1} calls/s ({low:.1} to {high:.1})", median(speeds()));
    let wait = |of: fn(&Spread) -> Duration| {
        median(turns.iter().map(|turn| of(&turn.to_invite).as_secs_f64() * 1_000.0))
    };
    print!("  originate to INVITE p50 {:.1} ms p99 {:.1} ms", wait(|wait| wait.p50), wait(|wait| wait.p99));
    print!("  CPU a call: Asterisk {:.2} ms", median(turns.iter().map(|turn| each(turn.asterisk))));
    if turns.iter().all(|turn| turn.dialer.is_some()) {
        print!(", dialer {:.2} ms", median(turns.iter().filter_map(|turn| turn.dialer).map(each)));
    }
    println!();
}
