//! From what happened to one result: the rows measured on Asterisk 22, and every other combination besides.

use engine::Failure;
use engine::call::{Act, CallResult, Ending, Phase};
use engine::words::{Cause, TechCause};

const PHASES: [Phase; 8] = [
    Phase::Placed,
    Phase::Alerting,
    Phase::Answered,
    Phase::Machine,
    Phase::Fax,
    Phase::InFlow,
    Phase::FlowComplete,
    Phase::Bridged,
];

const ACTS: [Option<Act>; 15] = [
    None,
    Some(Act::RingTimeout),
    Some(Act::SetupTimeout),
    Some(Act::NoAgent),
    Some(Act::AgentEnded),
    Some(Act::TalkLimit),
    Some(Act::TransferOver),
    Some(Act::Operator),
    Some(Act::LinkLost),
    Some(Act::Forwarded),
    Some(Act::FlowOver),
    Some(Act::NoSound),
    Some(Act::FlowLost),
    Some(Act::Screened),
    Some(Act::MessageLeft),
];

const FAILURES: [Option<Failure>; 11] = [
    None,
    Some(Failure::Gone),
    Some(Failure::NotOurs),
    Some(Failure::WrongState),
    Some(Failure::Exists),
    Some(Failure::Unavailable),
    Some(Failure::NotSent),
    Some(Failure::OutcomeUnknown),
    Some(Failure::Database),
    Some(Failure::Rejected),
    Some(Failure::Silence),
];

fn told(phase: Phase, act: Option<Act>, cause: u16, tech: u16) -> Ending {
    let tech = (tech > 0).then_some(TechCause(tech));
    Ending { phase, act, cause: Some(Cause(cause)), tech, unplaced: None }
}

fn unplaced(failure: Failure) -> Ending {
    Ending { phase: Phase::Placed, act: None, cause: None, tech: None, unplaced: Some(failure) }
}

#[test]
fn each_sip_response_as_asterisk_shows_it_has_its_result() {
    for (tech, cause, result) in [
        (404, 1, CallResult::BadNumber),
        (604, 1, CallResult::BadNumber),
        (401, 21, CallResult::Technical),
        (407, 21, CallResult::Technical),
        (603, 21, CallResult::Rejected),
        (408, 18, CallResult::NoAnswer),
        (410, 22, CallResult::BadNumber),
        (480, 19, CallResult::NoAnswer),
        (484, 28, CallResult::BadNumber),
        (486, 17, CallResult::Busy),
        (600, 17, CallResult::Busy),
        (488, 58, CallResult::Technical),
        (500, 38, CallResult::Congestion),
        (502, 27, CallResult::Congestion),
        (503, 34, CallResult::Congestion),
        (504, 102, CallResult::Congestion),
        (607, 127, CallResult::Rejected),
        (608, 127, CallResult::Rejected),
        (400, 127, CallResult::Technical),
        (487, 127, CallResult::NoAnswer),
        (302, 0, CallResult::Rejected),
    ] {
        for phase in [Phase::Placed, Phase::Alerting] {
            assert_eq!(told(phase, None, cause, tech).result(), result, "{tech}/{cause} {phase:?}");
        }
    }
}

#[test]
fn each_cause_without_a_sip_response_has_its_result() {
    for (cause, result) in [
        (0, CallResult::Unknown),
        (1, CallResult::BadNumber),
        (3, CallResult::Congestion),
        (16, CallResult::NoAnswer),
        (17, CallResult::Busy),
        (18, CallResult::NoAnswer),
        (19, CallResult::NoAnswer),
        (20, CallResult::NoAnswer),
        (21, CallResult::Rejected),
        (22, CallResult::BadNumber),
        (27, CallResult::Congestion),
        (28, CallResult::BadNumber),
        (31, CallResult::NoAnswer),
        (34, CallResult::Congestion),
        (38, CallResult::Congestion),
        (58, CallResult::Technical),
        (102, CallResult::Congestion),
        (127, CallResult::Technical),
    ] {
        assert_eq!(told(Phase::Placed, None, cause, 0).result(), result, "{cause}");
    }
}

#[test]
fn the_trunk_refuses_us_before_it_rings_and_afterwards_the_callee_declines() {
    // By SIP, and through the dialplan, which passes a cause on.
    for (cause, tech) in [(21, 403), (29, 0)] {
        assert_eq!(told(Phase::Placed, None, cause, tech).result(), CallResult::Technical, "{cause}/{tech}");
        assert_eq!(told(Phase::Alerting, None, cause, tech).result(), CallResult::Rejected, "{cause}/{tech}");
    }
}

#[test]
fn what_we_did_ourselves_goes_before_what_the_exchange_makes_of_it() {
    // Our own time-out reads 19/480, and an answered call that we end may read 17/486.
    for (phase, act, cause, tech, result) in [
        (Phase::Alerting, Act::RingTimeout, 19, 480, CallResult::NoAnswer),
        (Phase::Placed, Act::SetupTimeout, 19, 480, CallResult::NoAnswer),
        (Phase::Alerting, Act::Operator, 17, 486, CallResult::NoAnswer),
        (Phase::Alerting, Act::LinkLost, 19, 480, CallResult::Technical),
        (Phase::Placed, Act::Forwarded, 0, 0, CallResult::Rejected),
        (Phase::Answered, Act::NoAgent, 17, 486, CallResult::Dropped),
        (Phase::Answered, Act::RingTimeout, 16, 0, CallResult::Dropped),
        (Phase::Answered, Act::LinkLost, 16, 0, CallResult::Dropped),
        (Phase::Bridged, Act::AgentEnded, 17, 486, CallResult::Connected),
        (Phase::Bridged, Act::TalkLimit, 16, 0, CallResult::Connected),
    ] {
        assert_eq!(told(phase, Some(act), cause, tech).result(), result, "{phase:?} {act:?}");
    }
}

#[test]
fn an_answered_call_that_ends_by_itself_was_hung_up_waiting_or_talked() {
    for cause in [0, 16, 17, 127] {
        assert_eq!(told(Phase::Answered, None, cause, 0).result(), CallResult::HungUpWaiting);
        assert_eq!(told(Phase::Bridged, None, cause, 0).result(), CallResult::Connected);
    }
}

#[test]
fn an_end_that_was_never_told_is_unknown_unless_they_talked() {
    for (phase, result) in PHASES.into_iter().zip([
        CallResult::Unknown,
        CallResult::Unknown,
        CallResult::Unknown,
        CallResult::Machine,
        CallResult::Fax,
        CallResult::Incomplete,
        CallResult::Completed,
        CallResult::Connected,
    ]) {
        let lost = Ending { phase, act: None, cause: None, tech: None, unplaced: None };
        assert_eq!(lost.result(), result, "{phase:?}");
    }
}

#[test]
fn only_what_the_carrier_did_before_it_rang_is_a_trunk_failure() {
    for (ending, expected) in [
        (told(Phase::Placed, None, 34, 503), true),
        (told(Phase::Placed, None, 38, 500), true),
        (told(Phase::Placed, None, 21, 401), true),
        (told(Phase::Placed, None, 21, 403), true),
        (told(Phase::Placed, None, 58, 488), true),
        (told(Phase::Placed, None, 34, 0), true),
        (told(Phase::Placed, None, 17, 486), false),
        (told(Phase::Placed, None, 21, 603), false),
        (told(Phase::Placed, None, 18, 408), false),
        (told(Phase::Placed, None, 0, 0), false),
        (told(Phase::Alerting, None, 34, 503), false),
        (told(Phase::Placed, Some(Act::SetupTimeout), 34, 503), false),
        (told(Phase::Answered, None, 34, 503), false),
        (unplaced(Failure::Unavailable), true),
        (unplaced(Failure::NotSent), false),
        (unplaced(Failure::Rejected), false),
        (unplaced(Failure::OutcomeUnknown), false),
    ] {
        assert_eq!(ending.is_trunk_failure(), expected, "{ending:?}");
    }
}

#[test]
fn every_combination_has_a_result_that_fits_how_far_it_came() {
    let techs = (0..=700).map(|tech| (tech > 0).then_some(TechCause(tech)));
    let techs: Vec<Option<TechCause>> = techs.step_by(7).chain([Some(TechCause(u16::MAX))]).collect();
    for (phase, act, unplaced) in combinations() {
        for cause in (0..=128).map(|cause| (cause < 128).then_some(Cause(cause))) {
            for &tech in &techs {
                let result = Ending { phase, act, cause, tech, unplaced }.result();
                let fits = match phase {
                    Phase::Bridged => result == CallResult::Connected,
                    Phase::FlowComplete => result == CallResult::Completed,
                    Phase::InFlow if act == Some(Act::NoSound) => result == CallResult::Technical,
                    Phase::InFlow => result == CallResult::Incomplete,
                    Phase::Answered => match (act, cause) {
                        (Some(_), _) => result == CallResult::Dropped,
                        (None, Some(_)) => result == CallResult::HungUpWaiting,
                        (None, None) => result == CallResult::Unknown,
                    },
                    Phase::Machine => result == CallResult::Machine,
                    Phase::Fax => result == CallResult::Fax,
                    Phase::Placed | Phase::Alerting => !result.answered(),
                };
                assert!(fits, "{phase:?} {act:?} {cause:?} {tech:?} {unplaced:?}: {result}");
            }
        }
    }
}

fn combinations() -> impl Iterator<Item = (Phase, Option<Act>, Option<Failure>)> {
    PHASES.into_iter().flat_map(|phase| {
        ACTS.into_iter().flat_map(move |act| FAILURES.into_iter().map(move |failure| (phase, act, failure)))
    })
}
