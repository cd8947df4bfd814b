//! The courses of another dialer's two retry budgets, those that we keep and those that we deliberately change. Its
//! failure retry stands here as one rule for every result, its completion retry as the rule of a conversation.

use super::*;

/// `maxretry` after 300 s for whatever did not work, `completion` after 900 s for whoever answered without an end in
/// sight. Legacy adds the two up; here the sum is the one cap.
fn rules(maxretry: u32, completion: u32) -> RetryRules {
    let unreached = CallResult::ALL.into_iter().filter(|result| !result.reached());
    let rule = CompletionRule { least_talk: Span::ZERO, rule: RetryRule::fixed(completion, Span::secs(900)) };
    RetryRules {
        cap: 1 + maxretry + completion,
        by_result: unreached.map(|result| (result, RetryRule::fixed(maxretry, Span::secs(300)))).collect(),
        completion: Some(rule),
        ..RetryRules::default()
    }
}

/// A person answered, and the call flow did not come to the step that completes it.
const INCOMPLETE: Ended = Ended {
    result: CallResult::Connected,
    technical: false,
    talked: Span::secs(60),
    completed: false,
    at: OPENING,
};

#[test]
fn kept_who_answers_without_completing_is_called_again_until_the_completion_retries_are_used_up() {
    let rules = rules(2, 2);
    let mut lead = Lead::of(&rules, 1);
    assert_eq!(lead.ends_as(INCOMPLETE).shown(), "+900 s on ..1");
    assert_eq!(lead.ends_as(INCOMPLETE).shown(), "+900 s on ..1");
    assert_eq!(lead.ends_as(INCOMPLETE).shown(), "completed");
    assert_eq!(lead.nth, 3);
}

#[test]
fn kept_a_completed_call_is_never_followed_by_another() {
    let rules = rules(2, 2);
    let completed = Ended { completed: true, ..INCOMPLETE };
    assert_eq!(Lead::of(&rules, 1).ends_as(completed).shown(), "completed");
}

#[test]
fn kept_a_busy_line_is_tried_again_twice_after_the_failure_interval() {
    insta::assert_snapshot!(course(&rules(2, 1), 1, &[CallResult::Busy; 3]), @"
    busy: +300 s on ..1
    busy: +300 s on ..1
    busy: exhausted (rule)
    ");
}

/// Legacy went on with a completion retry after 900 s, though nobody had ever answered: there was no call to complete.
#[test]
fn changed_a_number_that_never_answered_gets_no_completion_retry() {
    assert_eq!(Lead::of(&rules(0, 1), 1).ends(CallResult::Busy).shown(), "exhausted (rule)");
}

/// Legacy alternated between its two budgets for as long as either had something left. Here the completion retry is
/// asked only about the call that was answered, and the retries after it are those of a busy line.
#[test]
fn changed_busy_after_an_incomplete_call_follows_the_rule_of_busy_alone() {
    let rules = rules(3, 2);
    let mut lead = Lead::of(&rules, 1);
    assert_eq!(lead.ends_as(INCOMPLETE).shown(), "+900 s on ..1");
    assert_eq!(lead.ends(CallResult::Busy).shown(), "+300 s on ..1");
    assert_eq!(lead.ends(CallResult::Busy).shown(), "+300 s on ..1");
    assert_eq!(lead.ends(CallResult::Busy).shown(), "exhausted (rule)");
}

/// Legacy took its own limit on the length of a call for a failure and called again whoever had talked longest.
#[test]
fn changed_a_call_that_reached_its_longest_duration_was_answered_and_is_no_failure() {
    use crate::call::{Act, Ending, Phase};
    use crate::words::Cause;
    let ending = Ending {
        phase: Phase::Bridged,
        act: Some(Act::TalkLimit),
        cause: Some(Cause(16)),
        tech: None,
        unplaced: None,
    };
    let (result, technical) = (ending.result(), ending.is_technical());
    let rules = rules(1, 0);
    let ended = Ended { result, technical, talked: Span::secs(3_600), completed: true, at: OPENING };
    assert_eq!(Lead::of(&rules, 1).ends_as(ended).shown(), "completed");
}

/// Legacy decided once for each leg: a busy agent, or an agent who was given up while ringing, called the callee again,
/// and a transfer that worked made two follow-up calls at a time. Here an attempt is decided once, by what came of the
/// callee's leg; no leg of an agent has a part in [`Ended`].
#[test]
fn changed_what_the_agents_leg_does_never_calls_the_callee_again() {
    let rules = rules(1, 2);
    let completed = Ended { completed: true, ..INCOMPLETE };
    assert_eq!(Lead::of(&rules, 1).ends_as(completed).shown(), "completed", "then the transfer was busy");
    let mut lead = Lead::of(&rules, 1);
    lead.ends_as(INCOMPLETE);
    assert_eq!((lead.nth, lead.shown().as_str()), (1, "+900 s on ..1"), "one follow-up call, not two");
}

/// Legacy recorded a broken script or a database that was away as an answered call. Here trouble of ours before the phone
/// rang is a technical failure, which is tried again and costs the lead nothing.
#[test]
fn changed_trouble_of_ours_is_no_success_and_is_not_charged_to_the_lead() {
    let rules = rules(1, 0);
    let mut lead = Lead::of(&rules, 1);
    assert_eq!(lead.ends(CallResult::Technical).shown(), "+300 s on ..1");
    assert_eq!(lead.ends(CallResult::Busy).shown(), "+300 s on ..1");
    assert_eq!((lead.nth, lead.past.technical), (2, 1));
}
