//! Whoever answers and finds no agent hears the message in time, whatever kept the agent away.

use std::collections::BTreeMap;
use std::time::Duration;

use tests::house::{House, Logged};
use tests::lab::CallLog;
use tests::lab::far_end::{Timings, number};
use tests::pbx::{MESSAGE, Pbx};

const LIMIT: Duration = Duration::from_secs(40);

/// 47 CFR 64.1200(a)(7): after the greeting of whoever was called.
const IN_TIME: Duration = Duration::from_secs(2);

/// As the far end's callees say it.
const GREETING: Duration = Duration::from_millis(600);

/// A campaign with an agent of its own, who can come to one of its callees at most.
struct Case {
    name: &'static str,
    carrier: &'static str,
    rules: &'static str,
    /// What its callees do.
    code: u16,
    callees: u16,
    dropped: usize,
    /// When the message is due, from the answer on.
    due: Duration,
}

/// Ten callees who answer in one moment, of whom the agent can take one.
const CROWD: Case = Case {
    name: "taken",
    carrier: "trunk-a",
    rules: "mode = \"ratio\"\nlevel = 10",
    code: 201,
    callees: 10,
    dropped: 9,
    due: IN_TIME,
};

/// One callee, whose agent hangs up while it rings.
const CUT_OFF: Case = Case {
    name: "cut-off",
    carrier: "trunk-a",
    rules: "mode = \"progressive\"",
    code: 200,
    callees: 1,
    dropped: 1,
    due: IN_TIME,
};

const CASES: [Case; 5] = [
    CROWD,
    Case { name: "taken-through-the-dialplan", carrier: "trunk-b", ..CROWD },
    Case {
        name: "taken-after-detection",
        rules: "mode = \"ratio\"\nlevel = 10\namd = \"gate\"",
        due: GREETING.saturating_add(IN_TIME),
        ..CROWD
    },
    Case {
        name: "taken-beside-detection",
        rules: "mode = \"ratio\"\nlevel = 10\namd = \"parallel\"",
        ..CROWD
    },
    CUT_OFF,
];

/// A case's campaign has the number of its agent, and of the first hundred of its callees.
fn callees(agent: u16, case: &Case) -> Vec<String> {
    (0..case.callees).map(|serial| number(case.code, 100 * agent + serial)).collect()
}

fn cases() -> impl Iterator<Item = (u16, &'static Case)> {
    (1..).zip(&CASES)
}

fn rules() -> String {
    let ways = ["trunk-a\"\ntrunk = \"trunk-a", "trunk-b\"\nlocal = \"from-campaign"];
    let carrier = |way| format!("[[carrier]]\nname = \"{way}\"\nchannels = 100\ncalls_per_second = 100\n");
    let campaign = |(agent, Case { name, carrier, rules, .. }): (u16, &Case)| {
        format!(
            "[[campaign]]\nname = \"{name}\"\ncarriers = [\"{carrier}\"]\n{rules}\nmessage = \"{MESSAGE}\"\n\
             talk_limit = \"10s\"\nwrap_up = \"0s\"\n\n\
             [[agent]]\nname = \"agent-{agent}\"\ncampaign = \"{name}\"\n"
        )
    };
    ways.map(carrier).concat() + &cases().map(campaign).collect::<String>()
}

/// What is wrong with the messages of one case.
fn faults(case: &Case, callees: &[String], calls: &[Logged], far_end: &[CallLog]) -> Vec<String> {
    let dropped =
        |number: &&String| calls.iter().any(|call| call.number == **number && call.result == "dropped");
    let wait = |number: &String| {
        let seen = far_end.iter().find(|call| call.number == *number)?;
        Some(seen.sound_at?.saturating_duration_since(seen.answered_at?))
    };
    let waits: BTreeMap<&String, Option<Duration>> =
        callees.iter().filter(dropped).map(|number| (number, wait(number))).collect();
    let latest = waits.values().flatten().max().copied().unwrap_or_default();
    tests::lab::say(&format!("{}: {} dropped, the last message after {latest:?}", case.name, waits.len()));
    let late = waits.iter().filter(|(_, wait)| wait.is_none_or(|wait| wait > case.due));
    let mut faults: Vec<String> = late
        .map(|(number, wait)| format!("{}: {number} heard the message after {wait:?}", case.name))
        .collect();
    if waits.len() != case.dropped {
        faults.push(format!("{}: {} dropped", case.name, waits.len()));
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_agent_hears_the_message_in_time_whatever_kept_the_agent_away() {
    if !tests::lab::ready() {
        return;
    }
    let timings = Timings { answer_after: Duration::from_secs(3), ..Timings::default() };
    let mut pbx = Pbx::real(timings, 5).await.expect("Asterisk starts");
    let mut house = House::furnish(&pbx.url(), &rules());
    for (agent, case) in cases() {
        house.import(case.name, callees(agent, case));
    }
    house.open().await;
    house.start().await;
    let (agent, case) = cases().last().expect("there are cases");
    let (callee, far_end) = (&callees(agent, case)[0], &pbx.lab().far_end);
    let rings = || far_end.call_to(callee).is_some_and(|call| call.ringing_at.is_some());
    assert!(tests::lab::until(LIMIT, rings).await, "{} does not ring: {}", case.name, house.log());
    pbx.hang_up_phone(agent).await;
    house.until_completed(LIMIT).await;

    let (calls, far_end) = (house.logged().await, pbx.lab().far_end.calls());
    let faults: Vec<String> =
        cases().flat_map(|(agent, case)| faults(case, &callees(agent, case), &calls, &far_end)).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{calls:#?}\n{}", house.log());
    house.close().await;
    assert_eq!(pbx.left().await, (0, 0));
}
