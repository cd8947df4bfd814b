//! How many events a second does the engine decide on one core, and how long does one decision take?
//!
//! A shift is played once against a world that answers at once, and what the engine heard is kept. Then fresh engines
//! hear the same again with nothing else in the loop: that is the engine alone. Beside it stands the bare loop that no
//! simulation can do without: as many moments through a binary heap. Last, each decision of predictive pacing is timed
//! on a floor where three hundred agents have three thousand calls ringing; it fails where one in a hundred takes
//! longer than 20 us.
//!
//! Whatever else the machine does, the engine needs so many instructions for an event: where valgrind is installed, an hour
//! of the smallest floor is counted by its callgrind.
//!
//! Run it as `cargo bench -p engine --bench engine_events [-- <agents> <hours> <times>]`.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_types, reason = "a bench is what the clock is for")]

mod house;
mod shift;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io::ErrorKind;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use engine::pacing::{DropWindow, Pacing, PredictiveRules, WindowSpan};
use engine::words::{Micros, Milli, Span};
use engine::{Config, Engine, Event};
use house::config;
use shift::{Chance, Shift};

const OPENING: Micros = Micros(1_700_000_000_000_000);

/// How often the engine alone hears a shift, unless told; the fastest counts.
const TIMES: u64 = 5;

/// Floors of so many agents, and for how many hours each is played.
const FLOORS: [(u64, u64); 3] = [(50, 8), (200, 2), (500, 1)];

/// The floor whose instructions are counted, and for how many hours it is played; the engine alone hears it once.
const COUNTED: [u64; 3] = [50, 1, 1];

/// Of a thousand callees so many answer: on an ordinary list, and on one where many must ring for each agent.
const ORDINARY: u64 = 300;
const FEW: u64 = 92;

/// What the engine alone is to do in a second, in millions of events.
const MILLIONS_A_SECOND: f64 = 3.0;

/// What a decision may take, where it takes longer than 99 others of 100.
const SLOWEST: Duration = Duration::from_micros(20);

/// The floor on which decisions are timed: so many agents, at least so many calls in flight, each of which rings so long,
/// for so many minutes.
const DECIDING: u64 = 300;
const IN_FLIGHT: u32 = 3_000;
const LONG_RING: Span = Span::secs(120);
const MINUTES: u32 = 120;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (agents, hours, times) = (arguments.next(), arguments.next(), arguments.next());
    let Some(agents) = agents else {
        FLOORS.into_iter().for_each(|(agents, hours)| measure(agents, hours, TIMES));
        count_instructions();
        return if decide() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    measure(agents, hours.unwrap_or(1), times.unwrap_or(TIMES));
    ExitCode::SUCCESS
}

fn measure(agents: u64, hours: u64, times: u64) {
    let config = config(agents, Pacing::Ratio { level: Milli(2_000) });
    let whole = Instant::now();
    let mut shift = Shift::open(&config, ORDINARY);
    shift.play(Span::secs(hours * 3_600));
    let whole = whole.elapsed();
    let events = shift.heard.len();
    let (closed, fastest) = (0..times)
        .map(|_| {
            let (engine, heard) = (fresh(&config), shift.heard.clone());
            engine_alone(engine, heard)
        })
        .min_by_key(|(_, took)| *took)
        .expect("it ran");
    assert_eq!(closed, shift.engine.view().closed, "the second hearing went another way than the first");
    let bare = bare_heap(events, shift.deepest);
    println!("{agents} agents, {hours} h: {events} events, {closed} calls");
    println!("  engine alone  {}", figures(fastest, events));
    println!("  whole loop    {}", figures(whole, events));
    println!("  bare heap     {}", figures(bare, events));
    let millions = events as f64 / fastest.as_secs_f64() / 1e6;
    println!(
        "  engine alone is {:.1} bare heaps; {MILLIONS_A_SECOND} million events a second: {}",
        fastest.as_secs_f64() / bare.as_secs_f64(),
        verdict(millions >= MILLIONS_A_SECOND),
    );
}

const fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

fn figures(took: Duration, events: usize) -> String {
    let ns = took.as_secs_f64() * 1e9 / events as f64;
    let ms = took.as_secs_f64() * 1e3;
    format!("{ms:8.1} ms  {ns:6.0} ns an event  {:5.2} million events a second", 1e3 / ns)
}

fn fresh(config: &Config) -> Engine {
    Engine::new(config.clone(), [7; 32], OPENING).expect("the rules work")
}

/// The engine and nothing else: every event in, every command out and away.
#[inline(never)]
fn engine_alone(mut engine: Engine, heard: Vec<(Micros, Event)>) -> (u64, Duration) {
    let began = Instant::now();
    for (now, event) in heard {
        engine.handle(now, event);
        while let Some(command) = engine.poll_command() {
            black_box(command);
        }
        black_box(engine.poll_timeout());
    }
    let took = began.elapsed();
    (engine.view().closed, took)
}

/// As many moments through a heap of the same depth.
#[inline(never)]
fn bare_heap(events: usize, depth: usize) -> Duration {
    let mut chance = Chance(1);
    let mut key = |now: u128, serial: usize| {
        (((now >> 64) + u128::from(chance.below(60_000_000))) << 64) | serial as u128
    };
    let mut heap: BinaryHeap<Reverse<u128>> = (0..depth).map(|serial| Reverse(key(0, serial))).collect();
    let began = Instant::now();
    for serial in 0..events {
        let Reverse(now) = heap.pop().expect("one comes for each that goes");
        heap.push(Reverse(key(now, serial)));
    }
    black_box(&heap);
    began.elapsed()
}

/// Prints how many instructions an event needs, as callgrind counts them in another process of this bench.
fn count_instructions() {
    let counted = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*engine_alone*", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("this bench is a file"))
        .args(COUNTED.map(|argument| argument.to_string()))
        .output();
    let output = match counted {
        Ok(output) => output,
        Err(missing) if missing.kind() == ErrorKind::NotFound => {
            return println!("instructions per event: not counted, valgrind is not installed");
        }
        Err(error) => panic!("valgrind: {error}"),
    };
    let (told, counted) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let number_after = |text: &str, words: &str| -> Option<u64> {
        text.split_once(words)?.1.split_whitespace().next()?.parse().ok()
    };
    let (events, instructions) = (number_after(&told, " h: "), number_after(&counted, "Collected : "));
    let (Some(events), Some(instructions)) = (events, instructions) else {
        panic!("valgrind counted nothing:\n{told}{counted}")
    };
    let [agents, hours, _] = COUNTED;
    println!("{agents} agents, {hours} h, under callgrind: {} instructions an event", instructions / events);
}

/// How long each decision takes where three hundred agents have ten calls ringing for each; says whether that holds.
///
/// Counted are the decisions of minutes that began and ended with so many calls in flight: before that pacing has to
/// learn how few answer.
fn decide() -> bool {
    let pacing = Pacing::Predictive(PredictiveRules {
        windows: vec![DropWindow { limit: Milli(30), span: WindowSpan::Block(Span::secs(24 * 3_600)) }],
        answer_rate: None,
        strict: false,
    });
    let mut config = config(DECIDING, pacing);
    config.campaigns[0].ring_timeout = LONG_RING;
    let mut shift = Shift::open(&config, FEW);
    let (mut took, mut counted) = (Vec::new(), 0);
    for _ in 0..MINUTES {
        let before = shift.in_flight();
        shift.play(Span::secs(60));
        let minute = shift.forget();
        if before.min(shift.in_flight()) >= IN_FLIGHT {
            took.extend(minute);
            counted += 1;
        }
    }
    assert!(counted > 0, "pacing never kept {IN_FLIGHT} calls in flight for a minute");
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let us = |took: Duration| took.as_secs_f64() * 1e6;
    println!(
        "predictive, {DECIDING} agents, at least {IN_FLIGHT} calls in flight: {} decisions in {counted} minutes",
        took.len()
    );
    let held = at(0.99) < SLOWEST;
    println!(
        "  p50 {:.2} us, p99 {:.2} us, p99.9 {:.2} us; p99 below {SLOWEST:?}: {}",
        us(at(0.5)),
        us(at(0.99)),
        us(at(0.999)),
        verdict(held)
    );
    held
}
