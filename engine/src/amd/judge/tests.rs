//! What the judge says of talk and silence: a table, and laws over any talk.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const RULES: JudgeRules = JudgeRules {
    initial_silence: Span::millis(2_500),
    greeting: Span::millis(1_500),
    after_greeting_silence: Span::millis(800),
    total: Span::millis(4_000),
    talk_silence: Span::millis(250),
    talk_level: 256,
};

const ANSWER: Micros = Micros(10_000_000);

fn at(ms: u64) -> Micros {
    ANSWER + Span::millis(ms)
}

/// What is said of somebody who talks in these stretches, in milliseconds after the answer, and when. That a stretch is
/// over is told when the silence after it has shown it; stretches that are nearer to each other are one.
fn judged(rules: JudgeRules, stretches: &[(u64, u64)]) -> (Verdict, VerdictCause, u64) {
    let mut judge = Judge::new(rules, ANSWER, false);
    let told = stretches.iter().flat_map(|&(from, until)| {
        [(at(from), None), (at(until) + rules.talk_silence, Some(Span::millis(until - from)))]
    });
    for (moment, lasted) in told {
        let due = judge.due();
        if due <= moment {
            let (verdict, cause) = judge.verdict(due).expect("it is due");
            return (verdict, cause, due.since(ANSWER).0 / 1_000);
        }
        match lasted {
            None => judge.talk_began(moment),
            Some(lasted) => judge.talk_ended(moment, lasted),
        }
        if let Some((verdict, cause)) = judge.verdict(moment) {
            return (verdict, cause, moment.since(ANSWER).0 / 1_000);
        }
    }
    let due = judge.due();
    let (verdict, cause) = judge.verdict(due).expect("it is due");
    (verdict, cause, due.since(ANSWER).0 / 1_000)
}

#[test]
fn a_short_word_and_silence_are_a_persons_and_everything_else_is_not() {
    use Verdict::{Human, Machine, NotSure};
    use VerdictCause::{InitialSilence, LongGreeting, ShortGreeting, TooLong};
    for (stretches, verdict, cause, ms) in [
        (&[(100, 600)][..], Human, ShortGreeting, 1_400),
        (&[(100, 400), (900, 1_300)], Human, ShortGreeting, 2_100),
        (&[(2_000, 2_400)], Human, ShortGreeting, 3_200),
        (&[(100, 1_590)], Human, ShortGreeting, 2_390),
        (&[(100, 1_601)], Machine, LongGreeting, 1_850),
        (&[(100, 9_000)], Machine, LongGreeting, 1_850),
        (&[(100, 1_000), (1_500, 2_500)], Machine, LongGreeting, 2_350),
        (&[], Machine, InitialSilence, 2_500),
        (&[(2_500, 3_000)], Machine, InitialSilence, 2_500),
        (&[(2_400, 3_100), (3_500, 3_900)], NotSure, TooLong, 4_000),
    ] {
        assert_eq!(judged(RULES, stretches), (verdict, cause, ms), "{stretches:?}");
    }
}

#[test]
fn talk_from_before_the_answer_counts_from_the_answer_on() {
    let mut judge = Judge::new(RULES, ANSWER, true);
    judge.talk_ended(at(650), Span::secs(9));
    assert_eq!(judge.quiet_since(), Some(at(400)));
    assert_eq!(judge.due(), at(1_200));
    // Its beginning may not have been told at all.
    let mut judge = Judge::new(RULES, ANSWER, false);
    judge.talk_ended(at(650), Span::secs(9));
    assert_eq!(
        (judge.due(), judge.verdict(at(1_200)).map(|(verdict, _)| verdict)),
        (at(1_200), Some(Verdict::Human))
    );
}

/// Stretches of talk with pauses that show.
fn stretches() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((260..3_000_u64, 1..3_000_u64), 0..8).prop_map(|pairs| {
        let mut now = 0;
        let stretch = |(pause, talk): (u64, u64)| {
            let from = now + pause;
            now = from + talk;
            (from, now)
        };
        pairs.into_iter().map(stretch).collect()
    })
}

proptest! {
    #[test]
    fn whatever_is_heard_there_is_a_verdict_in_time(stretches in stretches()) {
        let (_, _, ms) = judged(RULES, &stretches);
        prop_assert!(at(ms) <= ANSWER + RULES.total);
    }

    #[test]
    fn who_talks_longer_is_never_likelier_a_person(from in 0..2_000_u64, talk in 1..4_000_u64, more in 1..2_000_u64) {
        let verdict = |talk| judged(RULES, &[(from, from + talk)]).0;
        prop_assert!(verdict(talk) != Verdict::Machine || verdict(talk + more) != Verdict::Human);
    }

    #[test]
    fn a_longer_wait_for_silence_makes_nobody_a_person(stretches in stretches(), more in 1..2_000_u64) {
        let patient = JudgeRules {
            after_greeting_silence: RULES.after_greeting_silence + Span::millis(more),
            ..RULES
        };
        let is_human = |rules| judged(rules, &stretches).0 == Verdict::Human;
        prop_assert!(is_human(RULES) || !is_human(patient));
    }

    #[test]
    fn in_any_order_it_says_one_thing_or_waits_for_a_moment(
        told in prop::collection::vec((0..2_000_u64, prop::option::of(0..5_000_u64)), 0..30),
        talks: bool,
    ) {
        let mut judge = Judge::new(RULES, ANSWER, talks);
        let mut now = ANSWER;
        for (wait, lasted) in told {
            now = now + Span::millis(wait);
            match lasted {
                None => judge.talk_began(now),
                Some(lasted) => judge.talk_ended(now, Span::millis(lasted)),
            }
            prop_assert!(judge.verdict(now).is_some() || judge.due() > now);
            prop_assert!(judge.due() <= ANSWER + RULES.total);
        }
    }
}

#[test]
fn nobody_is_sure_of_whom_they_may_have_missed_whatever_was_heard_before_and_after() {
    let mut judge = Judge::new(RULES, ANSWER, false);
    judge.talk_began(at(100));
    judge.misses(at(900));
    judge.talk_ended(at(9_000), Span::secs(8));
    assert_eq!(judge.due(), at(900));
    assert_eq!(judge.verdict(at(900)), Some((Verdict::NotSure, VerdictCause::NoVerdict)));
    assert_eq!(judge.quiet_since(), Some(at(900)), "until they are heard to talk");
}
