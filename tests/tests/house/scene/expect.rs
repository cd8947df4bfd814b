//! What must come of a scene.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ari_shell::http::Board;
use engine::agent::AgentState;
use engine::amd::AmdLog;
use engine::campaign::CampaignState;
use engine::recording::TakeLog;
use serde::Deserialize;
use tests::house::Logged;
use tests::pbx::Dialled;

use super::Aftermath;
use super::file::ByCode;
use super::laws::canonical;
use super::times::Time;

/// What is left out is not looked at, unless it says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// The state that the campaign comes to.
    #[serde(default = "completed")]
    pub(super) campaign: CampaignState,
    /// For each code that was dialled, and no other, what may come of it or exactly how often what did.
    results: ByCode<Results>,
    /// How many attempts each number of a code has; 1 unless given.
    #[serde(default)]
    attempts: ByCode<usize>,
    /// The carriers that each attempt of a code was given to, in order.
    #[serde(default)]
    carriers: ByCode<Vec<String>>,
    /// The final responses in all calls to each number of a code, in order; 0 where there was none.
    #[serde(default)]
    responses: ByCode<Vec<u16>>,
    /// Every response by which a far end refused is on record with the call.
    #[serde(default)]
    responses_on_record: bool,
    /// Leads that have not come to their end; none unless given.
    #[serde(default)]
    waiting: i64,
    /// Calls answered in vain; none unless given.
    #[serde(default)]
    drops: usize,
    /// The agents' states at the end; all others are ready.
    #[serde(default)]
    agents: BTreeMap<String, AgentState>,
    /// Every dropped callee heard the message so soon after the answer.
    message_within: Option<Time>,
    /// Nobody else heard a sound before hanging up.
    #[serde(default)]
    only_the_dropped_hear_it: bool,
    /// How long every cancelled call rang: at least, at most.
    rings: Option<[Time; 2]>,
    /// How long from the call until the next one, or the attempt's end, for calls that never rang.
    set_up: Option<[Time; 2]>,
    /// The most calls that were ever in the air at once.
    at_once: Option<usize>,
    /// The least time between the end of a call and the next one.
    gap: Option<Time>,
    /// Every answered callee was called after an agent's phone had been picked up for it.
    #[serde(default)]
    agents_first: bool,
    /// The ways through the call flow that callees of a code took: each node with what came of it, and how it ended.
    #[serde(default)]
    pub(super) ways: ByCode<BTreeSet<String>>,
    /// The least time from an answer until callee and agent were together.
    joined_after: Option<Time>,
    /// The keys that each callee of a code heard; none unless given.
    #[serde(default)]
    keys: ByCode<String>,
    /// What came of each take of a conversation with callees of a code, in order; none unless given.
    #[serde(default)]
    takes: ByCode<Vec<String>>,
    /// Whom callees of a code were put through to, in order: each with what came of it.
    #[serde(default)]
    transfers: ByCode<Vec<String>>,
    /// The least time that callees of a code were on hold.
    #[serde(default)]
    held: ByCode<Time>,
    /// Who each callee of a code is taken for, and why; `none` where nobody came to say.
    #[serde(default)]
    verdicts: ByCode<BTreeSet<String>>,
    /// The message that is left on each machine of a code begins so long after the answer: at least, at most.
    #[serde(default)]
    left_after: ByCode<[Time; 2]>,
    /// What agents have said of the calls to numbers of a code, and how often; in brackets what nobody has said in time.
    #[serde(default)]
    dispositions: ByCode<BTreeMap<String, usize>>,
    /// The codes of each agent's pauses, in order.
    #[serde(default)]
    pauses: BTreeMap<String, Vec<String>>,
    /// Numbers on the house's do-not-call list; none unless given.
    #[serde(default)]
    barred: i64,
    /// What stands in front of every number dialled.
    #[serde(default)]
    prefix: String,
    /// The number that every callee sees.
    caller: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Results {
    Any(BTreeSet<String>),
    Exactly(BTreeMap<String, usize>),
}

fn completed() -> CampaignState {
    CampaignState::Completed
}

impl Expect {
    /// Whether the scene has come to its end.
    pub(super) fn is_reached(&self, board: &Board) -> bool {
        let state = |name: &String| self.agents.get(name).copied().unwrap_or(AgentState::Ready);
        board.campaigns.iter().all(|campaign| campaign.view.state == self.campaign)
            && board.opened == board.closed
            && board.agents.iter().all(|agent| agent.view.state == state(&agent.name))
    }

    /// Adds everything that is not as expected.
    pub(super) fn compare(&self, undialled: i64, barred: i64, aftermath: &mut Aftermath) {
        let Aftermath { calls, dialled, phones, faults } = aftermath;
        self.compare_records(calls, faults);
        self.compare_far_end(dialled, faults);
        self.compare_times(dialled, faults);
        if let Some(within) = self.message_within {
            hear_the_message(calls, dialled, within.0, self.only_the_dropped_hear_it, faults);
        }
        if self.agents_first {
            faults.extend(callees_before_agents(dialled, phones));
        }
        let drops = calls.iter().filter(|call| call.result == "dropped").count();
        if drops != self.drops {
            faults.push(format!("{drops} drops, not {}", self.drops));
        }
        for call in calls.iter().filter(|call| !call.way.is_empty()) {
            let right = self.ways.0.get(&call.code()).is_none_or(|ways| ways.contains(&call.way));
            if !right {
                faults.push(format!("{} took the way {:?}", call.number, call.way));
            }
        }
        if self.responses_on_record {
            faults.extend(refused_without_a_record(calls, dialled));
        }
        self.compare_takes(calls, faults);
        for call in calls.iter() {
            let waited = call.answer_to_agent();
            if self.joined_after.as_ref().zip(waited).is_some_and(|(least, waited)| waited < least.0) {
                faults.push(format!("{} was joined after {waited:?}", call.number));
            }
        }
        self.compare_transfers(calls, faults);
        calls.iter().for_each(|call| self.compare_detection(call, faults));
        if barred != self.barred {
            faults.push(format!("{barred} numbers are barred, not {}", self.barred));
        }
        if undialled != self.waiting {
            faults.push(format!("{undialled} leads wait, not {}", self.waiting));
        }
    }

    /// Also that nobody was put through of whom the scene does not say so.
    fn compare_transfers(&self, calls: &[Logged], faults: &mut Vec<String>) {
        for call in calls {
            let came = call.transfers.iter().map(|log| format!("{}: {}", log.endpoint, log.outcome()));
            let came: Vec<String> = came.collect();
            let wanted = self.transfers.0.get(&call.code()).map_or(&[][..], Vec::as_slice);
            if came != wanted {
                faults.push(format!("{} was put through to {came:?}, not {wanted:?}", call.number));
            }
            if self.held.0.get(&call.code()).is_some_and(|least| call.held < least.0) {
                faults.push(format!("{} was on hold for {:?}", call.number, call.held));
            }
        }
    }

    pub(super) fn compare_dispositions(&self, given: Vec<(String, String)>, faults: &mut Vec<String>) {
        let mut counts: BTreeMap<u16, BTreeMap<String, usize>> = BTreeMap::new();
        for (number, said) in given {
            *counts.entry(code_of(&number)).or_default().entry(said).or_default() += 1;
        }
        if counts != self.dispositions.0 {
            faults.push(format!("dispositions {counts:?}, not {:?}", self.dispositions.0));
        }
    }

    pub(super) fn compare_pauses(&self, pauses: Vec<(String, String)>, faults: &mut Vec<String>) {
        let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (agent, code) in pauses {
            codes.entry(agent).or_default().push(code);
        }
        if !self.pauses.is_empty() && codes != self.pauses {
            faults.push(format!("pauses {codes:?}, not {:?}", self.pauses));
        }
    }

    fn compare_records(&self, calls: &[Logged], faults: &mut Vec<String>) {
        for (code, counts) in tests::house::by_code(calls) {
            let right = match self.results.0.get(&code) {
                Some(Results::Any(allowed)) => counts.keys().all(|result| allowed.contains(result)),
                Some(Results::Exactly(exactly)) => *exactly == counts,
                None => false,
            };
            if !right {
                faults.push(format!("{code}: {counts:?}, not {:?}", self.results.0.get(&code)));
            }
        }
        for code in self.results.0.keys().filter(|code| calls.iter().all(|call| call.code() != **code)) {
            faults.push(format!("{code} was never dialled"));
        }
        let mut attempts: BTreeMap<&str, usize> = BTreeMap::new();
        for call in calls {
            *attempts.entry(&call.number).or_default() += 1;
            let expected = self.carriers.0.get(&call.code());
            if expected.is_some_and(|expected| *expected != call.dialled) {
                faults.push(format!("{} went through {:?}", call.number, call.dialled));
            }
        }
        for (number, count) in attempts {
            if count != self.attempts.0.get(&code_of(number)).copied().unwrap_or(1) {
                faults.push(format!("{number} was attempted {count} times"));
            }
        }
    }

    fn compare_detection(&self, call: &Logged, faults: &mut Vec<String>) {
        let name = |amd: AmdLog| format!("{} by {}", amd.verdict.name(), amd.cause.name());
        let verdict = call.amd.map_or_else(|| "none".to_owned(), name);
        if self.verdicts.0.get(&call.code()).is_some_and(|verdicts| !verdicts.contains(&verdict)) {
            faults.push(format!("{} was taken for {verdict}", call.number));
        }
        let left = call.amd.and_then(|amd| amd.message_after_ms).map(Duration::from_millis);
        let in_time = match (left, self.left_after.0.get(&call.code())) {
            (Some(left), Some([least, most])) => (least.0..=most.0).contains(&left),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !in_time {
            faults.push(format!("{} was left a message after {left:?}", call.number));
        }
    }

    fn compare_takes(&self, calls: &[Logged], faults: &mut Vec<String>) {
        for call in calls {
            let takes: Vec<String> = call.takes.iter().map(take).collect();
            if takes != self.takes.0.get(&call.code()).cloned().unwrap_or_default() {
                faults.push(format!("{} has the takes {takes:?}: {:?}", call.number, call.takes));
            }
        }
    }

    fn compare_far_end(&self, dialled: &[Dialled], faults: &mut Vec<String>) {
        let mut responses: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for call in dialled {
            responses.entry(canonical(&call.number)).or_default().push(call.response.unwrap_or(0));
            if call.number != format!("{}{}", self.prefix, canonical(&call.number)) {
                faults.push(format!("{} was dialled", call.number));
            }
            let keys = self.keys.0.get(&code_of(canonical(&call.number))).cloned().unwrap_or_default();
            if call.keys != keys {
                faults.push(format!("{} heard the keys {:?}, not {keys:?}", call.number, call.keys));
            }
            if self.caller.as_ref().is_some_and(|caller| *caller != call.caller) {
                faults.push(format!("{} was called by {}", call.number, call.caller));
            }
        }
        for (number, responses) in responses {
            let expected = self.responses.0.get(&code_of(number));
            if expected.is_some_and(|expected| *expected != responses) {
                faults.push(format!("{number} gave the responses {responses:?}"));
            }
        }
    }

    fn compare_times(&self, dialled: &[Dialled], faults: &mut Vec<String>) {
        if let Some([least, most]) = self.rings {
            for call in dialled.iter().filter(|call| call.response == Some(487)) {
                let rang = call.ended.zip(call.rang).map(|(ended, rang)| ended.saturating_sub(rang));
                if !rang.is_some_and(|rang| (least.0..=most.0).contains(&rang)) {
                    faults.push(format!("{} rang for {rang:?}", call.number));
                }
            }
        }
        if let Some([least, most]) = self.set_up {
            for pair in dialled.windows(2) {
                let between = pair[1].placed.saturating_sub(pair[0].placed);
                if !(least.0..=most.0).contains(&between) {
                    faults.push(format!("{} was given up after {between:?}", pair[0].number));
                }
            }
        }
        let most = dialled.iter().map(|call| in_the_air(dialled, call.placed)).max().unwrap_or(0);
        if self.at_once.is_some_and(|at_once| most != at_once) {
            faults.push(format!("{most} calls at once, not {:?}", self.at_once));
        }
        if let Some(gap) = self.gap {
            for pair in dialled.windows(2) {
                let between = pair[0].ended.map(|ended| pair[1].placed.saturating_sub(ended));
                if between.is_none_or(|between| between < gap.0) {
                    faults.push(format!("{} followed after {between:?}", pair[1].number));
                }
            }
        }
    }
}

/// What came of a take, with its silence in whole seconds.
fn take(take: &TakeLog) -> String {
    match take.paused_ms / 1_000 {
        0 => take.state.name().to_owned(),
        silent => format!("{}, {silent} s of it silent", take.state.name()),
    }
}

/// How many calls there were at that moment.
fn in_the_air(dialled: &[Dialled], at: Duration) -> usize {
    let there = |call: &&Dialled| call.placed <= at && call.ended.is_none_or(|ended| ended > at);
    dialled.iter().filter(there).count()
}

fn hear_the_message(
    calls: &[Logged],
    dialled: &[Dialled],
    within: Duration,
    nobody_else: bool,
    faults: &mut Vec<String>,
) {
    let dropped = |number: &str| calls.iter().any(|call| call.number == number && call.result == "dropped");
    for call in dialled {
        let wait = call.sound.zip(call.answered).map(|(sound, answered)| sound.saturating_sub(answered));
        let dropped = dropped(canonical(&call.number));
        if dropped && wait.is_none_or(|wait| wait > within) {
            faults.push(format!("{} heard the message after {wait:?}", call.number));
        }
        if !dropped && nobody_else && wait.is_some() {
            faults.push(format!("{} heard a message and was not dropped", call.number));
        }
    }
}

/// Callees whose call began before the phone of an agent had been picked up for it.
fn callees_before_agents(dialled: &[Dialled], phones: &[Vec<Dialled>]) -> Vec<String> {
    let ready = |call: &&Dialled| {
        let mut phones = phones.iter().flatten();
        !phones.any(|phone| {
            phone.answered.is_some_and(|answered| answered <= call.placed)
                && phone.ended.is_none_or(|ended| ended >= call.placed)
        })
    };
    dialled.iter().filter(ready).map(|call| format!("{} came before an agent", call.number)).collect()
}

/// What far ends refused by that no record has. Our own giving up is confirmed by 487, and no refusal.
fn refused_without_a_record(calls: &[Logged], dialled: &[Dialled]) -> Vec<String> {
    let refusals = dialled.iter().filter_map(|call| {
        let response = call.response.filter(|code| (400..700).contains(code) && *code != 487)?;
        Some((canonical(&call.number), u64::from(response)))
    });
    let is_on_record = |number: &str, response: u64| {
        calls.iter().any(|call| call.number == number && call.responses.contains(&response))
    };
    refusals
        .filter(|(number, response)| !is_on_record(number, *response))
        .map(|(number, response)| format!("{number} refused by {response}, which is not on record"))
        .collect()
}

fn code_of(number: &str) -> u16 {
    number.get(4..7).and_then(|code| code.parse().ok()).unwrap_or(0)
}
