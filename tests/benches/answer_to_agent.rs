//! How long a callee waits for the agent, through the shell and a real Asterisk, for both forms of a customer's leg.
//!
//! ```text
//! cargo build --release -p ari-shell && cargo bench -p tests --bench answer_to_agent
//! ```
//! Two witnesses: our own record (from the answer as the shell heard it until both were in the bridge), and the callee
//! (from sending 200 until the first packet with the agent's voice came).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::process::ExitCode;
use std::time::Duration;

use tests::figures::{Bounds, Spread, millis, steady_rate};
use tests::house::{House, Logged};
use tests::lab::far_end::{Timings, number};
use tests::pbx::Pbx;

/// Agents, each with a line that stands all day.
const AGENTS: u16 = 10;
/// Answered calls for each form of leg.
const CALLS: u16 = 300;
/// The length of the phones' packets: the callee hears an agent with their next packet, half of this later on average.
const PTIME: Duration = Duration::from_millis(5);
/// What the project claims, whichever witness is asked.
const P50_BELOW: Duration = Duration::from_millis(10);
/// The same, of the slowest in a hundred.
const P99_BELOW: Duration = Duration::from_millis(50);
/// How the carrier takes the two forms of a leg.
const FORMS: [(&str, &str); 2] = [
    ("PJSIP/<number>@<trunk>", "trunk = \"trunk-a\""),
    ("Local/<number>@<context>", "local = \"from-campaign\""),
];

#[tokio::main]
async fn main() -> ExitCode {
    if !tests::lab::ready() {
        return ExitCode::SUCCESS;
    }
    println!(
        "Answer to agent: {AGENTS} agents with standing lines, progressive, {CALLS} answered calls a form"
    );
    let mut bounds = Bounds::default();
    for (form, route) in FORMS {
        measure(form, route, &mut bounds).await;
    }
    println!(
        "\nThe record goes from the answer to both parties' entry into the bridge. The callee's time has more in it: SIP \
         both ways,\nand the wait for the agent's next packet, up to {:.0} ms (the phones' packet time; {:.1} ms on \
         average; 20 and 10 in the field).",
        millis(PTIME),
        millis(PTIME) / 2.0
    );
    bounds.end()
}

async fn measure(form: &str, route: &str, bounds: &mut Bounds) {
    let pbx = Pbx::real(timings(), AGENTS).await.expect("Asterisk starts");
    let mut house = House::furnish(&pbx.url(), &rules(route));
    house.import("bench", (0..CALLS).map(|serial| number(200, serial)));
    house.open().await;
    house.start().await;
    house.until_completed(Duration::from_secs(180)).await;
    house.close().await;

    let calls = house.logged().await;
    let record = Spread::of(calls.iter().filter_map(Logged::answer_to_agent));
    let callee = Spread::of(pbx.dialled().await.iter().filter_map(|call| call.answer_to_agent));
    let answers = calls.iter().filter_map(|call| call.answered_at);
    let rate = steady_rate(
        answers.map(|at| Duration::from_micros(u64::try_from(at).expect("after 1970"))).collect(),
    );
    println!("\n{form}: {} calls at {rate:.1} answers/s", record.count);
    println!("  record  {record}");
    println!("  callee  {callee}");
    bounds.hold(record.count == usize::from(CALLS), format!("{form}: {} of {CALLS} joined", record.count));
    bounds.hold(callee.count == usize::from(CALLS), format!("{form}: {} of {CALLS} heard", callee.count));
    for (witness, waited) in [("record", record), ("callee", callee)] {
        bounds.hold(waited.p50 < P50_BELOW, format!("{form}: the {witness}'s p50 is below {P50_BELOW:?}"));
        bounds.hold(waited.p99 < P99_BELOW, format!("{form}: the {witness}'s p99 is below {P99_BELOW:?}"));
    }
}

/// A callee rings for 400 ms and talks for 500: about ten calls a second with ten agents.
fn timings() -> Timings {
    Timings {
        answer_after: Duration::from_millis(400),
        talk_for: Duration::from_millis(500),
        ptime: PTIME,
        ..Timings::default()
    }
}

fn rules(route: &str) -> String {
    let agents = (1..=AGENTS).map(|n| format!("[[agent]]\nname = \"agent-{n}\"\ncampaign = \"bench\"\n"));
    let agents: String = agents.collect();
    format!(
        "[[carrier]]\nname = \"trunk-a\"\n{route}\nchannels = 100\ncalls_per_second = 100\n\
         [[campaign]]\nname = \"bench\"\ncarriers = [\"trunk-a\"]\nwrap_up = \"0s\"\n{agents}"
    )
}
