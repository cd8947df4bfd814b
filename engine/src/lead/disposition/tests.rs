use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec;

use super::*;
use crate::lead::{CompletionRule, Past};
use crate::words::Number;

const OVER: Micros = Micros(1_000_000_000);

const TALKED: Ended = Ended {
    result: CallResult::Connected,
    technical: false,
    talked: Span::secs(60),
    completed: true,
    at: OVER,
};

fn disposition(code: &str, human: bool, meaning: Meaning) -> Disposition {
    Disposition { code: code.to_string(), label: code.to_string(), human, meaning, retry: None }
}

fn decided(disposition: &Disposition, rules: &RetryRules, nth: u32) -> Fate {
    let number = Number::parse("15551234567").expect("a number");
    let made = Attempted { nth, number, alternates: &[], past: &Past::default() };
    disposition
        .decide(rules, made, &TALKED, Some(Micros(7)).filter(|_| disposition.meaning == Meaning::Callback))
        .fate
}

#[test]
fn each_meaning_has_its_fate() {
    let again = CompletionRule { least_talk: Span::ZERO, rule: RetryRule::fixed(1, Span::secs(9)) };
    let usual = RetryRules::default();
    let completing = RetryRules { completion: Some(again), ..RetryRules::default() };
    let own = Disposition {
        retry: Some(RetryRule::fixed(2, Span::secs(3))),
        ..disposition("own", true, Meaning::Open)
    };
    let table = [
        (disposition("talked", true, Meaning::Open), &usual, 1, Fate::Completed),
        (disposition("talked", true, Meaning::Open), &completing, 1, Fate::Retry(OVER + Span::secs(9))),
        (disposition("talked", true, Meaning::Open), &completing, 2, Fate::Completed),
        // As after an attempt that nobody answered.
        (disposition("machine", false, Meaning::Open), &usual, 1, Fate::Retry(OVER + Span::secs(3_600))),
        (disposition("machine", false, Meaning::Open), &usual, 4, Fate::Exhausted(WhyExhausted::Rule)),
        (own.clone(), &usual, 2, Fate::Retry(OVER + Span::secs(3))),
        (own.clone(), &usual, 3, Fate::Completed),
        (disposition("sold", true, Meaning::Completed), &completing, 1, Fate::Completed),
        (disposition("later", true, Meaning::Callback), &usual, 99, Fate::Retry(Micros(7))),
        (
            disposition("never", true, Meaning::DoNotCall { list: None }),
            &completing,
            1,
            Fate::Exhausted(WhyExhausted::DoNotCall),
        ),
        (
            disposition("wrong", false, Meaning::Unworkable),
            &usual,
            1,
            Fate::Exhausted(WhyExhausted::BadNumber),
        ),
    ];
    for (disposition, rules, nth, expected) in table {
        assert_eq!(decided(&disposition, rules, nth), expected, "{} after {nth}", disposition.code);
    }
}

#[test]
fn a_number_that_is_nobodys_gives_the_turn_to_the_leads_next_as_long_as_the_cap_allows() {
    let wrong = disposition("wrong", false, Meaning::Unworkable);
    let [mobile, office] =
        ["15551234567", "15557654321"].map(|number| Number::parse(number).expect("a number"));
    let rules = RetryRules::default();
    let past = |bad: &[(Number, u32)]| Past { bad: bad.to_vec(), ..Past::default() };
    let decided = |nth, alternates, bad: &[(Number, u32)]| {
        let made = Attempted { nth, number: mobile, alternates, past: &past(bad) };
        wrong.decide(&rules, made, &TALKED, None)
    };
    let (is_bad, was_bad) = ((mobile, rules.bad_after), (office, rules.bad_after));
    let next = Fate::Retry(OVER + rules.by_result[&CallResult::BadNumber].delay);
    for (nth, alternates, bad, fate, next_number, after) in [
        (1, &[office][..], &[][..], next, Some(office), past(&[is_bad])),
        (1, &[office], &[was_bad], Fate::Exhausted(WhyExhausted::BadNumber), None, past(&[was_bad, is_bad])),
        (rules.cap, &[office], &[], Fate::Exhausted(WhyExhausted::Cap), Some(office), past(&[is_bad])),
        (rules.cap, &[], &[], Fate::Exhausted(WhyExhausted::BadNumber), None, past(&[is_bad])),
        (1, &[], &[], Fate::Exhausted(WhyExhausted::BadNumber), None, past(&[is_bad])),
    ] {
        let expected = Decision { fate, next_number, past: after };
        assert_eq!(decided(nth, alternates, bad), expected);
    }
}

#[test]
fn a_rule_of_its_own_keeps_to_the_cap_that_all_share() {
    let own = Disposition {
        retry: Some(RetryRule::fixed(99, Span::secs(3))),
        ..disposition("own", false, Meaning::Open)
    };
    let rules = RetryRules { cap: 2, by_result: BTreeMap::new(), ..RetryRules::default() };
    assert_eq!(decided(&own, &rules, 1), Fate::Retry(OVER + Span::secs(3)));
    assert_eq!(decided(&own, &rules, 2), Fate::Exhausted(WhyExhausted::Cap));
}

#[test]
fn what_contradicts_itself_is_told() {
    let set = |list: Vec<Disposition>, default: &str| Dispositions {
        list,
        default: default.to_string(),
        demanded_within: None,
    };
    let open = || disposition("open", true, Meaning::Open);
    let retried = Disposition {
        retry: Some(RetryRule::fixed(1, Span::secs(1))),
        ..disposition("sold", true, Meaning::Completed)
    };
    let told = [
        set(vec![open()], "open"),
        set(vec![open()], "other"),
        set(vec![open(), open()], "open"),
        set(vec![open(), disposition("a\nb", true, Meaning::Open)], "open"),
        set(vec![open(), retried], "open"),
        set(vec![disposition("later", true, Meaning::Callback)], "later"),
    ]
    .map(|set| set.check().err().unwrap_or_else(|| "fine".to_string()));
    assert_eq!(
        told,
        [
            "fine",
            "the default \"other\" is none of them",
            "\"open\" is there twice",
            "\"a\\nb\" is no code: use 1 to 32 printable characters",
            "\"sold\" has a rule for trying again, and means that there is no need",
            "the default \"later\" would need a moment to call back at",
        ]
    );
}
