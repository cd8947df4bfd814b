//! Callees of every kind, and what the records must say of them.

use std::collections::BTreeMap;

use tests::house::Logged;
use tests::lab::far_end::number;
use tests::pbx::Dialled;

/// What there is of each kind: the code of the number, how many in each campaign, the results that are right, and the
/// final response that the far end must have sent.
pub(crate) const MIX: [(u16, u16, &[&str], Option<u16>); 14] = [
    (200, 52, &["connected"], Some(200)),
    (201, 4, &["connected"], Some(200)),
    (202, 8, &["connected"], Some(200)),
    // Whether the agent was there before the callee hung up is up to chance; both are true then.
    (203, 10, &["hung_up_waiting", "connected"], Some(200)),
    (180, 8, &["no_answer"], Some(487)),
    (100, 5, &["no_answer"], None),
    (486, 15, &["busy"], Some(486)),
    (404, 10, &["bad_number"], Some(404)),
    (480, 10, &["no_answer"], Some(480)),
    (503, 5, &["congestion"], Some(503)),
    (603, 6, &["rejected"], Some(603)),
    (608, 6, &["rejected"], Some(608)),
    (484, 5, &["bad_number"], Some(484)),
    (302, 6, &["rejected"], Some(302)),
];

/// The numbers of one campaign, well mixed: serials from `base` on.
pub(crate) fn numbers(base: u16) -> Vec<String> {
    let all: Vec<String> = MIX
        .iter()
        .flat_map(|(code, count, _, _)| (0..*count).map(move |serial| number(*code, base + serial)))
        .collect();
    // A stride that shares no factor with the length visits each once.
    let stride = (all.len() / 3..).find(|stride| gcd(*stride, all.len()) == 1).expect("there is one");
    (0..all.len()).map(|index| all[index * stride % all.len()].clone()).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The carriers and the two campaigns, one for each form of a customer's leg, and their agents.
pub(crate) fn rules(agents: u16, talk_limit: &str) -> String {
    let campaign = |name: &str, carrier: &str, route: &str| {
        format!(
            r#"
[[carrier]]
name = "{carrier}"
{route}
channels = 500
calls_per_second = 100
failures_to_rest = 1000

[[campaign]]
name = "{name}"
carriers = ["{carrier}"]
message = "{message}"
caller_id = "18005550100"
setup_timeout = "5s"
ring_timeout = "15s"
talk_limit = "{talk_limit}"
wrap_up = "0s"

[campaign.retry]
cap = 2
busy = {{ up_to = 1, delay = "3s" }}
no_answer = {{ up_to = 0 }}
bad_number = {{ up_to = 0 }}
congestion = {{ up_to = 0 }}
technical = {{ up_to = 0 }}
"#,
            message = tests::pbx::MESSAGE
        )
    };
    let mut rules = campaign("straight", "trunk-a", "trunk = \"trunk-a\"");
    rules += &campaign("local", "trunk-b", "local = \"from-campaign\"");
    for agent in 1..=agents {
        let campaign = if agent % 2 == 1 { "straight" } else { "local" };
        rules += &format!("[[agent]]\nname = \"agent-{agent}\"\ncampaign = \"{campaign}\"\n");
    }
    rules
}

/// What is not as the table says, one line each.
pub(crate) fn faults<'a>(calls: impl IntoIterator<Item = &'a Logged>) -> Vec<String> {
    let right = |call: &&Logged| {
        let row = MIX.iter().find(|(code, ..)| *code == call.code());
        !row.is_some_and(|(_, _, results, _)| results.contains(&call.result.as_str()))
    };
    calls.into_iter().filter(right).map(|call| format!("{}: {}", call.number, call.result)).collect()
}

/// How often each number was dialled, by our records.
pub(crate) fn attempts(calls: &[Logged]) -> BTreeMap<String, usize> {
    count(calls.iter().map(|call| call.number.clone()))
}

/// How often each number was dialled, by the far end's log.
pub(crate) fn invites(dialled: &[Dialled]) -> BTreeMap<String, usize> {
    count(dialled.iter().map(|call| call.number.clone()))
}

fn count(numbers: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts
}
