//! Both loops by their clocks, and what agents and ghosts do to what they see.

use engine::agent::{AgentState, PauseCode};
use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::words::{AgentId, CampaignId, RequestId};

use super::seen::Counts;
use super::*;

const OPENING: Micros = Micros(1_000_000_000);

/// VICIdial's own defaults.
pub(super) const fn rules(method: Method) -> Rules {
    Rules {
        method,
        level: 1.0,
        max_level: 3.0,
        available_only: false,
        intensity: 0,
        target: 0,
        drop_limit: 3.0,
        opens: 9 * 60,
        latest: 2_100,
        dial_timeout: Span::secs(26),
        drop_call: Span::secs(5),
        calls_per_second: 5,
        ghost_lines: true,
        british: false,
    }
}

/// VICIdial with so many ready agents, and calls that ring until the test says otherwise.
struct Floor {
    baseline: Baseline,
    /// When each call was placed, in milliseconds after the opening; the first is attempt 1.
    placed: Vec<u64>,
}

impl Floor {
    fn open(rules: Rules, agents: u32) -> Self {
        Self::open_with(rules, None, agents)
    }

    fn open_with(rules: Rules, detection: Option<Detection>, agents: u32) -> Self {
        let mut floor = Self { baseline: Baseline::new(rules, detection, OPENING), placed: vec![] };
        let (request, campaign) = (RequestId(1), CampaignId(1));
        let starts = Command::NoteCampaign {
            request,
            campaign,
            state: CampaignState::Running,
            began: None,
            closes_at: None,
            paced: None,
        };
        floor.baseline.hears(OPENING, &starts, false);
        (1..=agents).for_each(|id| floor.agent(id, AgentState::Ready));
        floor
    }

    /// With every moment of its own until so many milliseconds after the opening, that one included.
    fn goes_on_until(&mut self, ms: u64) {
        while self.baseline.next() <= at(ms) {
            let now = self.baseline.next();
            if self.baseline.wakes(now) {
                self.placed.push(now.since(OPENING).0 / 1_000);
                self.baseline.seen.placed(now, AttemptId(self.placed.len() as u64));
            }
            assert!(self.baseline.next() > now, "its clock stands still");
        }
    }

    fn agent(&mut self, id: u32, state: AgentState) {
        self.stands(id, state, None, false);
    }

    fn stands(&mut self, id: u32, state: AgentState, paused: Option<PauseCode>, leaves: bool) {
        let (agent, since) = (AgentId(id), OPENING);
        let request = RequestId(1);
        let note =
            Command::NoteAgent { request, agent, session: None, state, since, paused, leaves, missed: None };
        self.baseline.hears(OPENING, &note, false);
    }

    fn answered(&mut self, ms: u64, attempt: u64) {
        self.baseline.seen.answered(at(ms), 0, AttemptId(attempt));
    }

    fn joined(&mut self, attempt: u64, agent: u32) {
        self.baseline.seen.joined(AttemptId(attempt), AgentId(agent));
        self.agent(agent, AgentState::OnCall);
    }

    fn over(&mut self, ms: u64, attempt: u64, result: CallResult) {
        self.baseline.seen.over((at(ms), 0), AttemptId(attempt), result, false);
    }

    /// The same of a machine that an agent has talked to.
    fn machine_is_over(&mut self, ms: u64, attempt: u64) {
        self.baseline.seen.over((at(ms), 0), AttemptId(attempt), CallResult::Connected, true);
    }

    fn level(&self) -> f64 {
        self.baseline.adapt.as_ref().expect("a method that adapts").level()
    }

    /// The day's calls and its drops in percent of its answers, as the log has them at that moment.
    fn log(&mut self, ms: u64) -> (u64, f64) {
        let figures = self.baseline.seen.log.figures(at(ms), 0);
        (figures.calls_today, figures.drops_today)
    }
}

fn at(ms: u64) -> Micros {
    OPENING + Span::millis(ms)
}

fn ratio(level: f64) -> Rules {
    Rules { level, ..rules(Method::Ratio) }
}

#[test]
fn a_pass_places_its_calls_one_by_one_and_is_blind_meanwhile() {
    let mut floor = Floor::open(ratio(2.0), 3);
    floor.goes_on_until(500);
    floor.over(500, 1, CallResult::Busy);
    floor.over(500, 2, CallResult::BadNumber);
    floor.goes_on_until(10_000);
    // Six calls at five a second, the sleep after the last of them, and 2.5 s.
    assert_eq!(floor.placed, [0, 200, 400, 600, 800, 1_000, 3_700, 3_900]);
}

#[test]
fn a_call_that_nobody_answered_holds_its_line_until_its_ghost_is_given_up() {
    for (ghost_lines, result, expected) in [
        (true, CallResult::NoAnswer, vec![0, 40_200]),
        (true, CallResult::Congestion, vec![0, 40_200]),
        (true, CallResult::Busy, vec![0, 22_700]),
        (false, CallResult::NoAnswer, vec![0, 22_700]),
    ] {
        // Passes come at 2.7 s and each 2.5 s from there on; the ghost is there for 7 + 26 + 5 s.
        let mut floor = Floor::open(Rules { ghost_lines, ..ratio(1.0) }, 1);
        floor.goes_on_until(22_000);
        floor.over(22_000, 1, result);
        floor.goes_on_until(42_000);
        assert_eq!(floor.placed, expected, "{result}, ghosts: {ghost_lines}");
    }
}

#[test]
fn a_line_that_was_sent_two_minutes_ago_is_given_up_without_a_row_in_the_log() {
    for ends in [Some(CallResult::NoAnswer), None] {
        let mut floor = Floor::open(Rules { dial_timeout: Span::secs(200), ..ratio(1.0) }, 1);
        floor.goes_on_until(22_000);
        ends.iter().for_each(|result| floor.over(22_000, 1, *result));
        // Passes come at 2.7 s and each 2.5 s from there on.
        floor.goes_on_until(121_000);
        assert_eq!(floor.placed, [0, 120_200], "{ends:?}");
        assert_eq!(floor.log(121_000), (0, 0.0), "{ends:?}");
    }
}

#[test]
fn a_call_is_in_the_log_once_it_is_answered_or_its_line_is_given_up() {
    let mut floor = Floor::open(ratio(3.0), 1);
    floor.goes_on_until(1_000);
    floor.answered(1_000, 1);
    floor.over(1_000, 2, CallResult::NoAnswer);
    floor.over(1_000, 3, CallResult::Busy);
    assert_eq!(floor.log(1_000), (2, 0.0), "the ghost is not in it");
    floor.goes_on_until(41_000);
    assert_eq!(floor.log(41_000), (3, 0.0));
}

#[test]
fn a_conversation_is_an_answer_when_the_agent_has_dispositioned_it() {
    let mut floor = Floor::open(ratio(3.0), 1);
    floor.goes_on_until(1_000);
    (1..=3).for_each(|attempt| floor.answered(1_000, attempt));
    floor.joined(1, 1);
    floor.over(2_000, 2, CallResult::HungUpWaiting);
    floor.over(3_000, 3, CallResult::Dropped);
    assert_eq!(floor.log(3_000), (3, 100.0), "only what was dropped counts");
    floor.over(60_000, 1, CallResult::Connected);
    floor.agent(1, AgentState::WrapUp);
    assert_eq!(floor.log(60_000), (3, 100.0), "the agent is still at its work");
    floor.agent(1, AgentState::Ready);
    assert_eq!(floor.log(60_000), (3, 66.67));
}

#[test]
fn a_machine_is_no_answer_whether_it_was_screened_or_an_agent_has_said_so() {
    let mut floor = Floor::open(ratio(3.0), 1);
    floor.goes_on_until(1_000);
    (1..=3).for_each(|attempt| floor.answered(1_000, attempt));
    floor.over(2_000, 1, CallResult::Machine);
    assert_eq!(floor.log(2_000), (3, 0.0), "nobody was dropped");
    floor.joined(2, 1);
    floor.machine_is_over(3_000, 2);
    floor.agent(1, AgentState::Ready);
    floor.over(4_000, 3, CallResult::Dropped);
    assert_eq!(floor.log(4_000), (3, 100.0));
}

#[test]
fn a_call_under_amd_is_a_call_that_was_sent_until_there_is_a_verdict() {
    let gate = Detection::Gate { patience: Span::secs(8) };
    let mut floor = Floor::open_with(ratio(6.0), Some(gate), 1);
    floor.goes_on_until(1_000);
    (1..=6).for_each(|attempt| floor.answered(1_000, attempt));
    let counts = |floor: &Floor| {
        let Counts { sent, live, with_agent, .. } = floor.baseline.seen.counts();
        (sent, live, with_agent)
    };
    assert_eq!(counts(&floor), (6, 0, 0));
    floor.baseline.is_told(AttemptId(1), Policy::Connect);
    floor.baseline.is_told(AttemptId(2), Policy::HangUp);
    floor.baseline.is_told(AttemptId(3), Policy::Message);
    floor.joined(4, 1);
    assert_eq!(
        counts(&floor),
        (3, 1, 1),
        "a message is left on the third, and the dialer has not waited for the fourth"
    );
    floor.baseline.is_told(AttemptId(4), Policy::HangUp);
    floor.over(2_000, 3, CallResult::Machine);
    floor.over(2_000, 5, CallResult::HungUpWaiting);
    assert_eq!(counts(&floor), (1, 1, 1));
    assert_eq!(floor.log(2_000), (6, 0.0), "one has hung up before anybody looked for an agent");
    floor.over(3_000, 1, CallResult::Dropped);
    assert_eq!(floor.log(3_000), (6, 50.0));
}

#[test]
fn agents_in_wrap_up_have_no_lines_but_are_logged_in() {
    let mut floor = Floor::open(ratio(1.0), 2);
    floor.agent(1, AgentState::WrapUp);
    floor.goes_on_until(5_000);
    assert_eq!(floor.placed.len(), 1);
    let counts = floor.baseline.seen.counts();
    assert_eq!((counts.ready, counts.logged_in, counts.sent), (1, 2, 1));
}

#[test]
fn agents_who_have_asked_to_leave_have_no_lines_though_the_dialer_keeps_them() {
    let mut floor = Floor::open(ratio(1.0), 3);
    let lunch = PauseCode::try_from("lunch".to_owned()).expect("a code");
    floor.stands(1, AgentState::Ready, Some(lunch), false);
    floor.stands(2, AgentState::Ready, None, true);
    floor.goes_on_until(5_000);
    assert_eq!(floor.placed.len(), 1);
    let counts = floor.baseline.seen.counts();
    assert_eq!((counts.ready, counts.logged_in), (1, 3));
}

#[test]
fn a_paused_campaign_places_nothing() {
    let mut floor = Floor::open(ratio(1.0), 2);
    let (request, campaign) = (RequestId(1), CampaignId(1));
    let pauses = Command::NoteCampaign {
        request,
        campaign,
        state: CampaignState::Paused,
        began: None,
        closes_at: None,
        paced: None,
    };
    floor.baseline.hears(OPENING, &pauses, false);
    floor.goes_on_until(10_000);
    assert!(floor.placed.is_empty());
}

#[test]
fn with_all_agents_ready_the_level_doubles_every_fifteen_seconds_up_to_its_highest() {
    let mut floor = Floor::open(rules(Method::HardLimit), 20);
    for (ms, level) in [(14_999, 1.0), (15_000, 2.0), (29_999, 2.0), (30_000, 3.0), (600_000, 3.0)] {
        floor.goes_on_until(ms);
        assert_eq!(floor.level(), level, "after {ms} ms");
    }
}

#[test]
fn the_level_goes_by_the_last_fifteen_seconds() {
    let mut floor = Floor::open(Rules { level: 2.0, ..rules(Method::HardLimit) }, 2);
    // One of two agents is ready for the first 10 of 16 samples, of which the last 15 count: 9 of 15.
    floor.agent(2, AgentState::WrapUp);
    floor.goes_on_until(9_500);
    floor.agent(1, AgentState::WrapUp);
    floor.goes_on_until(15_000);
    assert_eq!(floor.level(), 2.6);
}

#[test]
fn drops_brake_it_when_they_are_next_counted_once_a_minute() {
    let mut floor = Floor::open(rules(Method::HardLimit), 20);
    floor.goes_on_until(20_000);
    (1..=20).for_each(|attempt| floor.answered(20_000, attempt));
    (1..=20).for_each(|attempt| floor.over(20_000, attempt, CallResult::Dropped));
    floor.goes_on_until(40_000);
    (21..=60).for_each(|attempt| floor.over(40_000, attempt, CallResult::Busy));
    for (ms, level) in [(59_999, 3.0), (60_000, 1.0)] {
        floor.goes_on_until(ms);
        assert_eq!(floor.level(), level, "after {ms} ms");
    }
}

#[test]
fn the_servers_clock_goes_on_from_the_opening_and_its_day_ends_at_midnight() {
    let baseline = Baseline::new(rules(Method::Tapered), None, OPENING);
    let minutes = |minutes: u64| OPENING + Span::secs(60 * minutes);
    for (passed, clock, day) in [(0, 900, 0), (61, 1_001, 0), (899, 2_359, 0), (900, 0, 1)] {
        assert_eq!((baseline.clock(minutes(passed)), baseline.day(minutes(passed))), (clock, day));
    }
}
