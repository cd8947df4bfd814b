//! Who answers: labelled sounds, played from the far end through SIP and RTP to a real Asterisk, and what was made of them.
//!
//! ```text
//! cargo build --release -p ari-shell && cargo bench -p tests --bench amd
//! cargo bench -p tests --bench amd -- tune        # looks for the judge's best rules, on other sounds
//! ```
//! The sounds of [`tests::lab::speech`] are made from a seed: the table is of one, the judge was tuned on another.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod tune;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use engine::amd::{AmdLog, Verdict};
use tests::figures::{Bounds, Spread, millis};
use tests::house::{House, Logged};
use tests::lab::far_end::{Timings, number};
use tests::lab::speech::{Kind, Sample, Speaker};
use tests::pbx::{MESSAGE, Pbx};

/// The sounds of the table, and those that the judge was tuned on.
const TOLD_SEED: u64 = 2_026;
const TUNED_SEED: u64 = 7;
/// Sounds of each kind.
const EACH: u16 = 40;
/// Both ways to tell; the name of one as an argument tries that one alone.
const MODES: [&str; 2] = ["gate", "parallel"];
/// Agents, each with a line that stands all day.
const AGENTS: u16 = 16;
/// What the project claims of an agent who is joined at once.
const P99_BELOW: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> ExitCode {
    if !tests::lab::ready() {
        return ExitCode::SUCCESS;
    }
    if std::env::args().any(|arg| arg == "tune") {
        tune::run(TUNED_SEED).await;
        return ExitCode::SUCCESS;
    }
    let samples = samples(TOLD_SEED);
    println!("Answering machine detection: {} sounds of {} kinds", samples.len(), Kind::ALL.len());
    let mut bounds = Bounds::default();
    let only = std::env::args().find(|arg| MODES.contains(&arg.as_str()));
    for mode in MODES.into_iter().filter(|mode| only.as_deref().is_none_or(|only| only == *mode)) {
        let calls =
            play(&samples, &format!("amd = {mode:?}\n[campaign.machines]\n{LEAVES}")).await.logged().await;
        tell(mode, &samples, &calls, &mut bounds);
    }
    bounds.end()
}

/// Machines are left a message, so that it shows when it begins.
const LEAVES: &str = "machine = \"message\"\nmessage = \"sound:ringmaster/safe-harbour\"\n";

/// The sounds by the number that says them. Persons hang up after a while, machines after a longer one.
fn samples(seed: u64) -> BTreeMap<String, Sample> {
    let mut speaker = Speaker::new(seed);
    let mut samples = BTreeMap::new();
    for serial in 0..EACH {
        for (place, kind) in (0..).zip(Kind::ALL) {
            let code = if kind.is_human() { 200 } else { 204 };
            samples.insert(number(code, serial * 10 + place), speaker.says(kind));
        }
    }
    samples
}

/// Has every number called once by a campaign with these rules, and gives the house back when that is done.
async fn play(samples: &BTreeMap<String, Sample>, rules: &str) -> House {
    let timings = Timings {
        answer_after: Duration::from_millis(300),
        talk_for: Duration::from_secs(7),
        said: samples.iter().map(|(number, sample)| (number.clone(), sample.sound.clone().into())).collect(),
        ..Timings::default()
    };
    let pbx = Pbx::real(timings, AGENTS).await.expect("Asterisk starts");
    let agents = (1..=AGENTS).map(|n| format!("[[agent]]\nname = \"agent-{n}\"\ncampaign = \"bench\"\n"));
    let agents: String = agents.collect();
    let mut house = House::furnish(
        &pbx.url(),
        &format!(
            "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\nchannels = 100\ncalls_per_second = 100\n{agents}\
             [[campaign]]\nname = \"bench\"\ncarriers = [\"trunk-a\"]\nwrap_up = \"0s\"\nmessage = {MESSAGE:?}\n{rules}"
        ),
    );
    house.import("bench", samples.keys().cloned());
    house.open().await;
    house.start().await;
    house.until_completed(Duration::from_secs(600)).await;
    house.close().await;
    house
}

/// The table of one mode, and its times.
fn tell(mode: &str, samples: &BTreeMap<String, Sample>, calls: &[Logged], bounds: &mut Bounds) {
    let heard: Vec<(&Sample, AmdLog)> =
        calls.iter().filter_map(|call| Some((samples.get(&call.number)?, call.amd?))).collect();
    println!("\n| {mode} | taken for a person | a machine | not sure | decided after: median | p99 |");
    println!("|---|---|---|---|---|---|");
    for kind in Kind::ALL {
        let of_kind = heard.iter().filter(|(sample, _)| sample.kind == kind);
        row(kind.name(), &of_kind.map(|(_, amd)| *amd).collect::<Vec<_>>());
    }
    row("all", &heard.iter().map(|(_, amd)| *amd).collect::<Vec<_>>());
    let wrong = |human: bool, verdict: Verdict| {
        heard.iter().filter(|(sample, amd)| sample.kind.is_human() == human && amd.verdict == verdict).count()
    };
    println!(
        "\n{} persons were taken for machines, {} machines for persons.",
        wrong(true, Verdict::Machine),
        wrong(false, Verdict::Human)
    );
    messages(&heard);
    bounds.hold(
        heard.len() == samples.len(),
        format!("{mode}: {} of {} have a verdict", heard.len(), samples.len()),
    );
    if mode == "parallel" {
        let joined = Spread::of(calls.iter().filter_map(Logged::answer_to_agent));
        println!("Answer to agent: {joined}");
        bounds.hold(joined.count == samples.len(), format!("{} of {} joined", joined.count, samples.len()));
        bounds.hold(joined.p99 < P99_BELOW, format!("the p99 of answer to agent is below {P99_BELOW:?}"));
    }
}

fn row(name: &str, heard: &[AmdLog]) {
    let of = |verdict| heard.iter().filter(|amd| amd.verdict == verdict).count();
    let (human, machine, not_sure) = (of(Verdict::Human), of(Verdict::Machine), of(Verdict::NotSure));
    let after = Spread::of(heard.iter().map(|amd| Duration::from_millis(amd.after_ms)));
    let [median, p99] = [after.p50, after.p99].map(millis);
    println!("| {name} | {human} | {machine} | {not_sure} | {median:.0} ms | {p99:.0} ms |");
}

/// When messages began, against the end of all that the machine had to say.
fn messages(heard: &[(&Sample, AmdLog)]) {
    let begun: Vec<(Duration, Duration)> = heard
        .iter()
        .filter(|(sample, _)| sample.kind == Kind::GreetingWithBeep)
        .filter_map(|(sample, amd)| Some((sample.ends, Duration::from_millis(amd.message_after_ms?))))
        .collect();
    let after: Vec<Duration> = begun.iter().filter_map(|(ends, began)| began.checked_sub(*ends)).collect();
    println!(
        "{} messages were left on machines with a tone, {} of them began after it: {}",
        begun.len(),
        after.len(),
        Spread::of(after)
    );
}
