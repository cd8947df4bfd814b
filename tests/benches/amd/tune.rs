//! The judge's best rules on some sounds: Asterisk is listened to once, and each set of rules judges what was told.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what was told of anything but talk, and what was judged rightly, does not count"
)]

use std::collections::BTreeMap;

use engine::amd::{Judge, JudgeRules, Verdict};
use engine::journal::{Line, decode};
use engine::words::{AttemptId, Leg, Micros, Span};
use engine::{Event, LegNews};
use tests::house::Logged;
use tests::lab::speech::Sample;

/// Rules under which nothing is said before all has been heard.
const PATIENT: &str = "amd = \"parallel\"\n[campaign.machines]\ninitial_silence = \"10s\"\ngreeting = \"10s\"\n\
                       after_greeting_silence = \"5s\"\ntotal = \"6s\"\n";

/// What a person who is taken for a machine costs, in machines that are taken for persons: who is hung up on is lost, while
/// an agent who gets a machine loses some seconds.
const PERSON: usize = 5;

/// One call: when it was answered, and what was told of its talk.
#[derive(Debug, Default)]
struct Heard {
    answered: Option<Micros>,
    told: Vec<(Micros, LegNews)>,
}

pub(super) async fn run(seed: u64) {
    let samples = super::samples(seed);
    let house = super::play(&samples, PATIENT).await;
    let calls = house.logged().await;
    let heard = heard(&std::fs::read(house.journal()).expect("there is a journal"));
    let calls: Vec<(&Sample, &Heard)> =
        calls.iter().filter_map(|call| pair(call, &samples, &heard)).collect();
    println!("{} of {} sounds were heard", calls.len(), samples.len());
    let mut tried: Vec<(usize, u64, JudgeRules, [usize; 4])> =
        grid().map(|rules| score(rules, &calls)).collect();
    tried.sort_by_key(|(cost, mean, ..)| (*cost, *mean));
    println!("persons as machines, persons not sure, machines as persons, machines not sure");
    for (cost, mean, rules, wrong) in tried.iter().take(20) {
        let ms = |span: Span| span.0 / 1_000;
        println!(
            "cost {cost}, {mean} ms in the mean: initial silence {}, greeting {}, silence after it {}, total {}: {wrong:?}",
            ms(rules.initial_silence),
            ms(rules.greeting),
            ms(rules.after_greeting_silence),
            ms(rules.total)
        );
    }
}

fn pair<'a>(
    call: &Logged,
    samples: &'a BTreeMap<String, Sample>,
    heard: &'a BTreeMap<AttemptId, Heard>,
) -> Option<(&'a Sample, &'a Heard)> {
    let attempt = AttemptId(u64::try_from(call.attempt).ok()?);
    Some((samples.get(&call.number)?, heard.get(&attempt)?))
}

/// What the journal tells of each call.
fn heard(journal: &[u8]) -> BTreeMap<AttemptId, Heard> {
    let mut calls: BTreeMap<AttemptId, Heard> = BTreeMap::new();
    for line in journal.split_inclusive(|byte| *byte == b'\n') {
        let Ok(Line::Event { at, event: Event::Leg { leg: Leg::Customer { attempt, .. }, news }, .. }) =
            decode(line)
        else {
            continue;
        };
        let heard = calls.entry(attempt).or_default();
        match news {
            LegNews::Answered => heard.answered = Some(at),
            LegNews::TalkBegan | LegNews::TalkEnded { .. } => heard.told.push((at, news)),
            _ => {}
        }
    }
    calls
}

fn grid() -> impl Iterator<Item = JudgeRules> {
    let usual = JudgeRules::default();
    let steps = |from: u64, to: u64, step: usize| (from..=to).step_by(step).map(Span::millis);
    steps(2_000, 3_500, 250).flat_map(move |initial_silence| {
        steps(900, 2_100, 100).flat_map(move |greeting| {
            steps(400, 1_500, 100).flat_map(move |after_greeting_silence| {
                steps(4_000, 6_000, 1_000).map(move |total| JudgeRules {
                    initial_silence,
                    greeting,
                    after_greeting_silence,
                    total,
                    ..usual
                })
            })
        })
    })
}

/// What the rules cost, how long they take in the mean, and whom they get wrong.
fn score(rules: JudgeRules, calls: &[(&Sample, &Heard)]) -> (usize, u64, JudgeRules, [usize; 4]) {
    let (mut wrong, mut sum) = ([0; 4], 0);
    for (sample, heard) in calls {
        let (verdict, after_ms) = judge(rules, heard);
        sum += after_ms;
        match (sample.kind.is_human(), verdict) {
            (true, Verdict::Machine) => wrong[0] += 1,
            (true, Verdict::NotSure) => wrong[1] += 1,
            (false, Verdict::Human) => wrong[2] += 1,
            (false, Verdict::NotSure) => wrong[3] += 1,
            _ => {}
        }
    }
    // Who may be either stays with the agent.
    let cost = wrong[0] * PERSON + wrong[2] + wrong[3];
    (cost, sum / (calls.len() as u64).max(1), rules, wrong)
}

/// What these rules make of a call, and after how many milliseconds.
fn judge(rules: JudgeRules, heard: &Heard) -> (Verdict, u64) {
    let answered = heard.answered.expect("a call that was heard was answered");
    let mut judge = Judge::new(rules, answered, false);
    for (at, news) in &heard.told {
        let due = judge.due();
        if due <= *at {
            break;
        }
        match news {
            LegNews::TalkBegan => judge.talk_began(*at),
            LegNews::TalkEnded { lasted } => judge.talk_ended(*at, *lasted),
            _ => {}
        }
        if let Some((verdict, _)) = judge.verdict(*at) {
            return (verdict, at.since(answered).0 / 1_000);
        }
    }
    let due = judge.due();
    let (verdict, _) = judge.verdict(due).expect("it is due");
    (verdict, due.since(answered).0 / 1_000)
}
