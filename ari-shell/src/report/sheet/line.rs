//! What is counted for one line.

use std::collections::BTreeMap;

use engine::agent::AgentState;
use engine::call::{CallResult, Record};
use engine::flow::{Step, StepOutcome};
use engine::words::Span;

/// How soon somebody has to be there for whoever answers.
const WITHIN: Span = Span::secs(2);

/// Everything counted for one campaign, carrier, agent or hour. Times are in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(super) attempts: u64,
    pub(super) dials: u64,
    pub(super) seizures: u64,
    pub(super) answered: u64,
    pub(super) connected: u64,
    /// Led through a call flow to its aim, or not.
    pub(super) completed: u64,
    pub(super) incomplete: u64,
    pub(super) dropped: u64,
    /// Taken for a machine or a fax, and what they count as of drops, in thousandths, since some may be persons.
    pub(super) machines: u64,
    pub(super) doubtful: u64,
    pub(super) left_early: u64,
    pub(super) left_late: u64,
    /// Answered, and led through a call flow in which they waited for no agent: by either law neither abandoned nor served.
    pub(super) led: u64,
    /// Answered, and abandoned as American law has it.
    pub(super) abandoned_us: u64,
    /// Answered, and abandoned as British rules have it; and those who were passed on in time.
    pub(super) abandoned_uk: u64,
    pub(super) passed_uk: u64,
    /// Answered calls with an end, and how long they lasted together.
    pub(super) ended: u64,
    pub(super) lasted: u64,
    pub(super) talk: u64,
    pub(super) wrap_up: u64,
    pub(super) ready: u64,
    /// At work: neither paused nor offline.
    pub(super) working: u64,
    pub(super) paused: u64,
    /// Of the pauses, those that are paid; and all that have a code, by it.
    pub(super) paid_pauses: u64,
    pub(super) pauses: BTreeMap<String, u64>,
    /// Rings that agents did not pick up.
    pub(super) missed_rings: u64,
    /// Calls whose callee was put on hold, and how long they all were.
    pub(super) held_calls: u64,
    pub(super) held: u64,
    /// Calls by what was said of them, and those of which it is still owed.
    pub(super) dispositions: BTreeMap<String, u64>,
    pub(super) owed: u64,
    /// Leads of the campaign, those of them that were tried, and those that are tried no more; at the time of counting.
    pub(super) loaded: u64,
    pub(super) tried: u64,
    pub(super) exhausted: u64,
}

/// How an answered call was served, by a deadline.
enum Served {
    /// Somebody was there in time.
    InTime,
    /// The callee left before the deadline.
    Left,
    /// A call flow was there for them, and no agent was to be.
    Led,
    /// Neither: abandoned.
    Abandoned,
}

impl Line {
    /// Counts an attempt whose record this is; `dialled` where a carrier had it, or may have had it. A callee's greeting is
    /// taken to last so long.
    pub(super) fn add_attempt(&mut self, record: &Record, dialled: bool, greeting: Span) {
        self.attempts += 1;
        self.dials += u64::from(dialled);
        match record.result {
            CallResult::Connected => self.connected += 1,
            CallResult::Completed => self.completed += 1,
            CallResult::Incomplete => self.incomplete += 1,
            CallResult::Dropped => self.dropped += 1,
            CallResult::HungUpWaiting if within(record, WITHIN) => self.left_early += 1,
            CallResult::HungUpWaiting => self.left_late += 1,
            CallResult::Machine | CallResult::Fax => {
                self.machines += 1;
                self.doubtful += record.amd.as_deref().map_or(0, |amd| u64::from(amd.drop_share));
                return;
            }
            // Nobody has answered: there is no more to count.
            CallResult::NoAnswer
            | CallResult::Busy
            | CallResult::Rejected
            | CallResult::Congestion
            | CallResult::BadNumber
            | CallResult::Technical
            | CallResult::Unknown => return,
        }
        self.answered += 1;
        self.held_calls += u64::from(record.held > Span::ZERO);
        self.held += record.held.0;
        if let Served::Abandoned = served(record, greeting) {
            self.abandoned_us += 1;
        }
        match served(record, Span::ZERO) {
            Served::InTime => self.passed_uk += 1,
            Served::Abandoned => self.abandoned_uk += 1,
            Served::Led => self.led += 1,
            Served::Left => {}
        }
        // A call that was lost from sight after its answer has no length.
        if let (Some(answered), Some(ended)) = (record.times.answered, record.times.ended)
            && ended >= answered
        {
            self.ended += 1;
            self.lasted += ended.0 - answered.0;
        }
    }

    /// Counts a call of which that was said, or nothing yet.
    pub(super) fn add_disposition(&mut self, code: Option<String>) {
        match code {
            Some(code) => *self.dispositions.entry(code).or_default() += 1,
            None => self.owed += 1,
        }
    }

    /// Counts so many tries that a carrier had, or may have had.
    pub(super) fn add_seizures(&mut self, tries: u64) {
        self.seizures += tries;
    }

    /// Counts so many microseconds of a pause with that code.
    pub(super) fn add_pause(&mut self, code: Option<&str>, is_paid: bool, micros: u64) {
        self.paused += micros;
        if is_paid {
            self.paid_pauses += micros;
        }
        if let Some(code) = code {
            *self.pauses.entry(code.to_owned()).or_default() += micros;
        }
    }

    /// Counts so many microseconds in which an agent stood so; for pauses see [`Self::add_pause`].
    pub(super) fn add_time(&mut self, state: AgentState, micros: u64) {
        match state {
            AgentState::OnCall => self.talk += micros,
            AgentState::WrapUp => self.wrap_up += micros,
            AgentState::Ready => self.ready += micros,
            AgentState::Offline
            | AgentState::Paused
            | AgentState::Previewing
            | AgentState::Reserved
            | AgentState::Ringing => {}
        }
        if !matches!(state, AgentState::Offline | AgentState::Paused) {
            self.working += micros;
        }
    }
}

/// How it was served, where a callee who has just answered is given so long for their greeting.
fn served(record: &Record, greeting: Span) -> Served {
    let waited = waited_in_flow(record);
    let asked = waited.map(|step| step.at);
    if asked.is_none() && matches!(record.result, CallResult::Completed | CallResult::Incomplete) {
        return Served::Led;
    }
    let at_the_answer = record.times.answered.map(|answered| answered + greeting);
    let Some(deadline) = asked.or(at_the_answer).map(|since| since + WITHIN) else {
        return Served::Abandoned;
    };
    let has_left = record.result == CallResult::HungUpWaiting || waited.is_some_and(is_left);
    let left = record.times.ended.filter(|_| has_left);
    match (record.times.bridged, left) {
        (Some(bridged), _) if bridged <= deadline => Served::InTime,
        (None, Some(left)) if left <= deadline => Served::Left,
        _ => Served::Abandoned,
    }
}

/// Where a call flow had its callee wait for an agent: at the first such place, since whoever waited there in vain was to be joined
/// like anybody else.
fn waited_in_flow(record: &Record) -> Option<&Step> {
    let steps = &record.flow.as_deref()?.steps;
    steps
        .iter()
        .find(|step| matches!(step.outcome, StepOutcome::Agent | StepOutcome::Nobody) || is_left(step))
}

/// Whether the callee hung up where they waited.
fn is_left(step: &Step) -> bool {
    step.outcome == StepOutcome::HungUpWaiting
}

/// Whether the call ended so soon after its answer.
fn within(record: &Record, span: Span) -> bool {
    let (answered, ended) = (record.times.answered, record.times.ended);
    answered.zip(ended).is_some_and(|(answered, ended)| ended <= answered + span)
}
