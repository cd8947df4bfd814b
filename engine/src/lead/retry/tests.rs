use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;

mod legacy;

const OPENING: Micros = Micros(0);

fn number(last: u8) -> Number {
    Number::parse(&format!("1555000{last:04}")).expect("a number")
}

/// A lead that is dialled as the rules say, the moment that it is due.
struct Lead<'a> {
    rules: &'a RetryRules,
    numbers: Vec<Number>,
    nth: u32,
    past: Past,
    now: Micros,
    /// The last decision, until the lead has come to its end.
    fate: Fate,
}

impl<'a> Lead<'a> {
    fn of(rules: &'a RetryRules, numbers: u8) -> Self {
        let numbers = (1..=numbers).map(number).collect();
        Self { rules, numbers, nth: 0, past: Past::default(), now: OPENING, fate: Fate::Retry(OPENING) }
    }

    fn is_dialled(&self) -> bool {
        matches!(self.fate, Fate::Retry(_))
    }

    /// One attempt more, which ends at once. The numbers stand in the order of their turns, as the database gives them.
    fn ends(&mut self, result: CallResult) -> &mut Self {
        let technical = matches!(result, CallResult::Congestion | CallResult::Technical);
        self.ends_as(Ended { result, technical, talked: Span::ZERO, completed: true, at: OPENING })
    }

    fn ends_as(&mut self, ended: Ended) -> &mut Self {
        let Fate::Retry(due) = self.fate else { panic!("it has come to its end: {:?}", self.fate) };
        self.now = due;
        self.nth += 1;
        let (&number, alternates) = self.numbers.split_first().expect("a number");
        let made = Attempted { nth: self.nth, number, alternates, past: &self.past };
        let decision = self.rules.decide(made, &Ended { at: self.now, ..ended });
        (self.past, self.fate) = (decision.past, decision.fate);
        if let Some(next) = decision.next_number {
            let place = self.numbers.iter().position(|number| *number == next).expect("one of its numbers");
            self.numbers.rotate_left(place);
        }
        self
    }

    /// It is given another round of attempts, as the store does it.
    fn is_recycled(&mut self) -> &mut Self {
        assert!(matches!(self.fate, Fate::Exhausted(_)), "it was reached, or waits: {:?}", self.fate);
        (self.past.recycled, self.past.technical) = (self.nth, 0);
        self.fate = Fate::Retry(self.now + Span(1));
        self
    }

    /// How long until it is dialled again and on which of its numbers, or how it came to its end.
    fn shown(&self) -> String {
        match self.fate {
            Fate::Retry(at) => {
                let number = self.numbers[0].to_string();
                format!("+{} s on ..{}", at.since(self.now).0 / 1_000_000, &number[number.len() - 1..])
            }
            Fate::Awaits { .. } => unreachable!("no rule waits for an agent"),
            Fate::Completed => String::from("completed"),
            Fate::Exhausted(why) => format!("exhausted ({why})"),
        }
    }
}

/// What is decided after each of these results in turn.
fn course(rules: &RetryRules, numbers: u8, results: &[CallResult]) -> String {
    let mut lead = Lead::of(rules, numbers);
    let lines: Vec<String> =
        results.iter().map(|&result| format!("{result}: {}", lead.ends(result).shown())).collect();
    lines.join("\n")
}

#[test]
fn each_result_has_its_own_rule_and_all_share_one_cap() {
    let rules = RetryRules { cap: 4, ..RetryRules::default() };
    insta::assert_snapshot!(course(&rules, 1, &[CallResult::Busy, CallResult::NoAnswer, CallResult::Busy, CallResult::Busy]), @"
    busy: +600 s on ..1
    no_answer: +3600 s on ..1
    busy: +600 s on ..1
    busy: exhausted (cap)
    ");
    insta::assert_snapshot!(course(&rules, 1, &[CallResult::NoAnswer; 4]), @"
    no_answer: +3600 s on ..1
    no_answer: +3600 s on ..1
    no_answer: +3600 s on ..1
    no_answer: exhausted (rule)
    ");
    for (result, end) in [
        (CallResult::Connected, "completed"),
        (CallResult::Unknown, "exhausted (rule)"),
        (CallResult::Dropped, "exhausted (rule)"),
    ] {
        assert_eq!(Lead::of(&rules, 1).ends(result).shown(), end, "{result}");
    }
}

#[test]
fn a_growing_delay_grows_by_its_factor_up_to_its_ceiling() {
    let growth = Growth { factor: Milli(1_500), at_most: Span::secs(300) };
    let rule = RetryRule { growth: Some(growth), ..RetryRule::fixed(99, Span::secs(100)) };
    let delays: Vec<u64> = (1..=5).map(|nth| rule.delay_after(nth).0 / 1_000_000).collect();
    assert_eq!(delays, [100, 150, 225, 300, 300]);
    assert_eq!(rule.delay_after(u32::MAX), Span::secs(300));
}

#[test]
fn technical_failures_have_a_budget_of_their_own_and_leave_the_cap_alone() {
    let rules = RetryRules { cap: 2, technical_cap: 4, ..RetryRules::default() };
    let results = [
        CallResult::Technical,
        CallResult::Congestion,
        CallResult::Busy,
        CallResult::Technical,
        CallResult::Busy,
    ];
    insta::assert_snapshot!(course(&rules, 1, &results), @"
    technical: +300 s on ..1
    congestion: +600 s on ..1
    busy: +600 s on ..1
    technical: +1200 s on ..1
    busy: exhausted (cap)
    ");
    insta::assert_snapshot!(course(&rules, 1, &[CallResult::Technical; 4]), @"
    technical: +300 s on ..1
    technical: +600 s on ..1
    technical: +1200 s on ..1
    technical: exhausted (technical)
    ");
}

#[test]
fn trouble_after_it_rang_has_bothered_somebody_and_counts_against_the_cap() {
    let rules = RetryRules { cap: 1, ..RetryRules::default() };
    let rang = Ended {
        result: CallResult::Congestion,
        technical: false,
        talked: Span::ZERO,
        completed: true,
        at: OPENING,
    };
    assert_eq!(Lead::of(&rules, 1).ends_as(rang).shown(), "exhausted (cap)");
}

/// Carriers report "unallocated" of numbers that merely did not answer, so that one such answer must not burn a lead.
#[test]
fn a_number_is_given_up_when_it_was_said_not_to_exist_twice_in_a_row() {
    let rules = RetryRules::default();
    let results = [CallResult::BadNumber, CallResult::NoAnswer, CallResult::BadNumber, CallResult::BadNumber];
    insta::assert_snapshot!(course(&rules, 1, &results), @"
    bad_number: +3600 s on ..1
    no_answer: +3600 s on ..1
    bad_number: +3600 s on ..1
    bad_number: exhausted (bad_number)
    ");
    let results = [CallResult::BadNumber, CallResult::Technical, CallResult::Unknown];
    assert_eq!(
        course(&rules, 1, &results),
        "bad_number: +3600 s on ..1\ntechnical: +300 s on ..1\nunknown: exhausted (rule)"
    );
    let at_once = RetryRules { bad_after: 1, ..RetryRules::default() };
    assert_eq!(Lead::of(&at_once, 1).ends(CallResult::BadNumber).shown(), "exhausted (bad_number)");
    let mut never = RetryRules::default();
    never.by_result.remove(&CallResult::BadNumber);
    assert_eq!(Lead::of(&never, 1).ends(CallResult::BadNumber).shown(), "exhausted (rule)");
}

#[test]
fn a_rule_may_move_on_to_the_leads_next_number_and_comes_back_to_the_first() {
    let mut rules = RetryRules::default();
    let busy = RetryRule { next_number: true, ..RetryRule::fixed(9, Span::secs(60)) };
    rules.by_result.insert(CallResult::Busy, busy);
    insta::assert_snapshot!(course(&rules, 3, &[CallResult::Busy, CallResult::Busy, CallResult::NoAnswer, CallResult::Busy, CallResult::Busy]), @"
    busy: +60 s on ..2
    busy: +60 s on ..3
    no_answer: +3600 s on ..3
    busy: +60 s on ..1
    busy: exhausted (cap)
    ");
}

#[test]
fn a_number_that_does_not_exist_is_passed_over_from_then_on() {
    let mut rules = RetryRules { bad_after: 1, cap: 9, ..RetryRules::default() };
    let next = RetryRule { next_number: true, ..RetryRule::fixed(9, Span::secs(60)) };
    rules.by_result.extend([(CallResult::Busy, next), (CallResult::BadNumber, next)]);
    let results = [
        CallResult::BadNumber,
        CallResult::Busy,
        CallResult::Busy,
        CallResult::BadNumber,
        CallResult::BadNumber,
    ];
    insta::assert_snapshot!(course(&rules, 3, &results), @"
    bad_number: +60 s on ..2
    busy: +60 s on ..3
    busy: +60 s on ..2
    bad_number: +60 s on ..3
    bad_number: exhausted (bad_number)
    ");
}

#[test]
fn a_number_that_was_found_bad_by_the_last_attempt_leaves_another_one_to_a_further_round() {
    let bad = |cap, bad_after| RetryRules { cap, bad_after, ..RetryRules::default() };
    for (rules, results, end, next) in [
        (bad(1, 1), &[CallResult::BadNumber][..], "exhausted (cap)", "..2"),
        (bad(2, 2), &[CallResult::BadNumber; 2], "exhausted (cap)", "..1"),
        (bad(3, 1), &[CallResult::Busy, CallResult::BadNumber, CallResult::Busy], "exhausted (cap)", "..2"),
    ] {
        let mut lead = Lead::of(&rules, 2);
        for &result in results {
            lead.ends(result);
        }
        assert_eq!(lead.shown(), end, "{results:?}");
        let shown = lead.is_recycled().shown();
        assert!(shown.ends_with(next), "{results:?}: {shown}");
    }
    let rules = bad(2, 1);
    let mut lead = Lead::of(&rules, 3);
    lead.ends(CallResult::BadNumber).ends(CallResult::BadNumber).is_recycled();
    assert_eq!(lead.ends(CallResult::Busy).shown(), "+600 s on ..3", "the others are still known to be bad");
    assert_eq!(lead.ends(CallResult::BadNumber).shown(), "exhausted (bad_number)", "and none is left");
}

#[test]
fn a_conversation_that_was_too_short_is_had_again_and_is_never_taken_for_unreached() {
    let completion =
        CompletionRule { least_talk: Span::secs(10), rule: RetryRule::fixed(1, Span::secs(900)) };
    let rules = RetryRules { completion: Some(completion), ..RetryRules::default() };
    let talked = |seconds| Ended {
        result: CallResult::Connected,
        technical: false,
        talked: Span::secs(seconds),
        completed: true,
        at: OPENING,
    };
    assert_eq!(Lead::of(&rules, 1).ends_as(talked(10)).shown(), "completed");
    let mut lead = Lead::of(&rules, 1);
    assert_eq!(lead.ends_as(talked(9)).shown(), "+900 s on ..1");
    assert_eq!(lead.ends_as(talked(9)).shown(), "completed", "the rule has no retry left");
    let busy = Lead::of(&rules, 1).ends(CallResult::Busy).shown();
    assert_eq!(busy, "+600 s on ..1", "nobody was talked to, so there is no call to complete");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(10_000))]

    /// Whatever comes of the attempts, in whatever order, and whatever the rules.
    #[test]
    fn no_lead_is_dialled_more_often_than_its_cap_and_its_technical_budget(
        caps in (1..=20_u32, 1..=10_u32, 1..=3_u32),
        rules in proptest::collection::btree_map(
            proptest::sample::select(CallResult::ALL.to_vec()),
            (0..=99_u32, 1..=7_776_000_u64, proptest::option::of(1_000..=10_000_u32), proptest::bool::ANY),
            0..10,
        ),
        completion in proptest::option::of(0..=99_u32),
        numbers in 1..=4_u8,
        ends in proptest::collection::vec((0..CallResult::ALL.len(), proptest::bool::ANY), 40),
    ) {
        let rule = |(up_to, seconds, factor, next_number): (u32, u64, Option<u32>, bool)| RetryRule {
            growth: factor.map(|factor| Growth { factor: Milli(factor), at_most: Span::secs(90 * 86_400) }),
            next_number,
            ..RetryRule::fixed(up_to, Span::secs(seconds))
        };
        let completion = completion.map(|up_to| CompletionRule {
            least_talk: Span::secs(10),
            rule: RetryRule::fixed(up_to, Span::secs(60)),
        });
        let (cap, technical_cap, bad_after) = caps;
        let by_result = rules.into_iter().map(|(result, of)| (result, rule(of))).collect();
        let rules = RetryRules { cap, technical_cap, bad_after, by_result, completion };
        let mut lead = Lead::of(&rules, numbers);
        let (mut charged, mut technical) = (0, 0);
        for (result, placed) in ends {
            if !lead.is_dialled() {
                break;
            }
            let result = CallResult::ALL[result];
            let is_technical = placed && matches!(result, CallResult::Congestion | CallResult::Technical);
            proptest::prop_assert!(lead.past.times_bad(lead.numbers[0]) < bad_after, "a number that does not exist");
            if is_technical { technical += 1 } else { charged += 1 }
            let before = lead.now;
            lead.ends_as(Ended { result, technical: is_technical, talked: Span::ZERO, completed: true, at: OPENING });
            if let Fate::Retry(due) = lead.fate {
                proptest::prop_assert!(due > before, "time goes on between two attempts");
                proptest::prop_assert!(due.since(lead.now) <= Span::secs(90 * 86_400));
            }
        }
        if let Fate::Exhausted(why) = lead.fate {
            let exists = lead.past.times_bad(lead.numbers[0]) < bad_after;
            proptest::prop_assert_eq!(exists, why != WhyExhausted::BadNumber, "what another round would dial");
        }
        proptest::prop_assert!(charged <= cap, "{charged} attempts at a cap of {cap}");
        proptest::prop_assert!(technical <= technical_cap, "{technical} at a budget of {technical_cap}");
        proptest::prop_assert!(!lead.is_dialled() || charged + technical < cap + technical_cap);
    }
}
