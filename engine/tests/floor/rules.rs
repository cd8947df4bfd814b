//! What the house may decide, and what it is told where it decides something else.

use engine::agent::Seat;
use engine::call::CallResult;
use engine::lead::{CompletionRule, Growth, RetryRule};
use engine::pacing::{DropWindow, Pacing, PredictiveRules, PreviewEnd, PreviewRules, WindowSpan};
use engine::words::{CampaignId, CarrierId, Milli, Span};
use engine::{Config, Engine};

use crate::house::{self, OPENING};

fn problem(change: impl FnOnce(&mut Config)) -> String {
    let mut config = house::progressive(&["ann"]);
    change(&mut config);
    Engine::new(config, [0; 32], OPENING).err().map_or_else(|| "none".to_owned(), |bad| bad.to_string())
}

#[test]
fn the_house_of_the_tests_works() {
    assert_eq!(problem(|_| {}), "none");
}

fn predictive(drop_limit: u32, hours: u64, answer_rate: Option<u32>) -> Pacing {
    Pacing::Predictive(PredictiveRules {
        windows: vec![
            DropWindow { limit: Milli(30), span: WindowSpan::Day },
            DropWindow { limit: Milli(drop_limit), span: WindowSpan::Block(Span::secs(hours * 3_600)) },
        ],
        answer_rate: answer_rate.map(Milli),
        strict: false,
    })
}

#[test]
fn each_range_is_checked_and_named() {
    let day = Span::secs(24 * 3_600);
    let month = DropWindow { limit: Milli(50), span: WindowSpan::Month };
    let within = |windows| Pacing::Predictive(PredictiveRules { windows, answer_rate: None, strict: false });
    let preview = |time_limit, rest| {
        Pacing::Preview(PreviewRules { time_limit, then: PreviewEnd::Dial, may_skip: true, rest })
    };
    let rule = RetryRule::fixed;
    let growing = |factor, at_most| RetryRule {
        growth: Some(Growth { factor: Milli(factor), at_most }),
        ..rule(1, Span::secs(60))
    };
    let problems = [
        problem(|c| c.campaigns[0].setup_timeout = Span::millis(999)),
        problem(|c| c.campaigns[0].ring_timeout = Span::millis(14_999)),
        problem(|c| c.campaigns[0].talk_limit = day + Span(1_000)),
        problem(|c| c.campaigns[0].message_within = Span::millis(2_001)),
        problem(|c| c.campaigns[0].greeting = Span::millis(5_001)),
        problem(|c| c.campaigns[0].wrap_up = Span::secs(3_601)),
        problem(|c| c.campaigns[0].retry.cap = 0),
        problem(|c| c.campaigns[0].retry.by_result.extend([(CallResult::Busy, rule(100, day))])),
        problem(|c| c.campaigns[0].retry.by_result.extend([(CallResult::Busy, rule(3, Span::ZERO))])),
        problem(|c| c.campaigns[0].retry.by_result.extend([(CallResult::Busy, growing(999, day))])),
        problem(|c| {
            c.campaigns[0].retry.by_result.extend([(CallResult::Busy, growing(2_000, Span::secs(59)))])
        }),
        problem(|c| c.campaigns[0].retry.technical_cap = 101),
        problem(|c| c.campaigns[0].retry.bad_after = 0),
        problem(|c| {
            c.campaigns[0].retry.completion = Some(CompletionRule { least_talk: day, rule: rule(1, day) })
        }),
        problem(|c| {
            let completion = CompletionRule { least_talk: Span::ZERO, rule: rule(100, day) };
            c.campaigns[0].retry.completion = Some(completion);
        }),
        problem(|c| c.campaigns[0].repeat_after_drop = Span::secs(30 * 86_400 + 1)),
        problem(|c| c.campaigns[0].hopper_size = 10_001),
        problem(|c| c.campaigns[0].pacing = Pacing::Ratio { level: Milli(999) }),
        problem(|c| c.campaigns[0].pacing = preview(Span::ZERO, day)),
        problem(|c| c.campaigns[0].pacing = preview(Span::secs(60), Span(91 * day.0))),
        problem(|c| c.campaigns[0].pacing = Pacing::Broadcast { per_minute: 0 }),
        problem(|c| c.campaigns[0].pacing = Pacing::Broadcast { per_minute: 6_001 }),
        problem(|c| c.campaigns[0].pacing = predictive(101, 24, None)),
        problem(|c| c.campaigns[0].pacing = predictive(30, 0, None)),
        problem(|c| c.campaigns[0].pacing = predictive(30, 24, Some(1_001))),
        problem(|c| c.campaigns[0].pacing = within(vec![])),
        problem(|c| c.campaigns[0].pacing = within(vec![month; 9])),
        problem(|c| c.campaigns[0].carriers.push(CarrierId(9))),
        problem(|c| c.campaigns[0].carriers.push(CarrierId(1))),
        problem(|c| c.campaigns[0].carriers = vec![CarrierId(1); 201]),
        problem(|c| c.campaigns.push(c.campaigns[0].clone())),
        problem(|c| c.carriers.push(c.carriers[0].clone())),
        problem(|c| c.carriers[0].weight = 1_001),
        problem(|c| c.carriers[0].channels = 0),
        problem(|c| c.carriers[0].calls_per_second = 0),
        problem(|c| c.carriers[0].failures_to_rest = 0),
        problem(|c| c.carriers[0].rest = Span::ZERO),
        problem(|c| c.carriers[0].ring_timeout = Some(Span::secs(14))),
        problem(|c| c.agents.push(c.agents[0].clone())),
        problem(|c| c.agents[0].ring_timeout = Span::secs(121)),
        problem(|c| c.agents[0].campaign = CampaignId(9)),
        problem(|c| {
            c.campaigns[0].pacing = Pacing::Ratio { level: Milli(1_000) };
            c.agents[0].seat = Seat::PerCall;
        }),
        problem(|c| c.pbx_patience = Span::ZERO),
        problem(|c| c.database_patience = Span::secs(601)),
        problem(|c| c.survey_every = Span::millis(999)),
    ];
    insta::assert_snapshot!(problems.join("\n"), @r#"
    campaign "spring": setup_timeout: 999 ms is not between 1000 and 120000 ms
    campaign "spring": ring_timeout: 14999 ms is not between 15000 and 120000 ms
    campaign "spring": talk_limit: 86400001 ms is not between 10000 and 86400000 ms
    campaign "spring": message_within: 2001 ms is not between 1 and 2000 ms
    campaign "spring": greeting: 5001 ms is not between 0 and 5000 ms
    campaign "spring": wrap_up: 3601000 ms is not between 0 and 3600000 ms
    campaign "spring": retry.cap: 0 is not between 1 and 100
    campaign "spring": retry.busy.up_to: 100 is not between 0 and 99
    campaign "spring": retry.busy.delay: 0 ms is not between 1000 and 7776000000 ms
    campaign "spring": retry.busy.growth.factor (thousandths): 999 is not between 1000 and 10000
    campaign "spring": retry.busy.growth.at_most: 59000 ms is not between 60000 and 7776000000 ms
    campaign "spring": retry.technical_cap: 101 is not between 1 and 100
    campaign "spring": retry.bad_after: 0 is not between 1 and 9
    campaign "spring": retry.completion.least_talk: 86400000 ms is not between 0 and 3600000 ms
    campaign "spring": retry.completion.up_to: 100 is not between 0 and 99
    campaign "spring": repeat_after_drop: 2592001000 ms is not between 0 and 2592000000 ms
    campaign "spring": hopper_size: 10001 is not between 1 and 10000
    campaign "spring": level (thousandths): 999 is not between 1000 and 10000
    campaign "spring": time_limit: 0 ms is not between 1000 and 3600000 ms
    campaign "spring": rest: 7862400000 ms is not between 1000 and 7776000000 ms
    campaign "spring": per_minute: 0 is not between 1 and 6000
    campaign "spring": per_minute: 6001 is not between 1 and 6000
    campaign "spring": window.limit (thousandths): 101 is not between 1 and 100
    campaign "spring": window.span: 0 ms is not between 3600000 and 2678400000 ms
    campaign "spring": answer_rate (thousandths): 1001 is not between 1 and 1000
    campaign "spring": windows (how many): 0 is not between 1 and 8
    campaign "spring": windows (how many): 9 is not between 1 and 8
    campaign "spring": carriers: there is no carrier 9
    campaign "spring": carriers: 1 is there twice
    campaign "spring": carriers (how many): 201 is not between 0 and 200
    campaign: 1 is there twice
    carrier: 1 is there twice
    carrier "trunk-a": weight: 1001 is not between 1 and 1000
    carrier "trunk-a": channels: 0 is not between 1 and 100000
    carrier "trunk-a": calls_per_second: 0 is not between 1 and 10000
    carrier "trunk-a": failures_to_rest: 0 is not between 1 and 1000
    carrier "trunk-a": rest: 0 ms is not between 1000 and 3600000 ms
    carrier "trunk-a": ring_timeout: 14000 ms is not between 15000 and 120000 ms
    agent: 1 is there twice
    agent "ann": ring_timeout: 121000 ms is not between 1000 and 120000 ms
    agent "ann": campaign: there is no campaign 9
    agent "ann": seat: a phone that is called for each conversation needs a campaign that reserves its agents, such as a progressive one
    engine: pbx_patience: 0 ms is not between 1 and 600000 ms
    engine: database_patience: 601000 ms is not between 1 and 600000 ms
    engine: survey_every: 999 ms is not between 1000 and 3600000 ms
    "#);
}
