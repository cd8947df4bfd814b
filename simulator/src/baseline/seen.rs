//! What it sees: agents by their status, and its call records, which outlive calls that nobody answered.

use std::collections::BTreeMap;

use engine::Command;
use engine::agent::AgentState;
use engine::amd::{Detection, Policy};
use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::words::{AgentId, AttemptId, Leg, Micros, Span};

use super::Rules;
use super::log::Log;

/// Added to the time that a ghost line is held.
const GHOST_MARGIN: Span = Span::secs(7);
/// What was sent so long ago is given up, whatever it is.
const SENT_AT_MOST: Span = Span::secs(120);

/// Agents, call records, and the log of what became of them.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// How long after its dial an unanswered call holds its line; `None` frees it with the call.
    ghosts: Option<Span>,
    /// How machines are told from persons, if they are. Beside an agent it is the record that says for whom a message was.
    detection: Option<Detection>,
    running: bool,
    agents: BTreeMap<AgentId, Seat>,
    records: BTreeMap<AttemptId, CallRecord>,
    pub(super) log: Log,
}

/// An agent.
#[derive(Debug, Clone, Copy)]
struct Seat {
    state: AgentState,
    /// Whether they have asked for a break or to go home: in VICIdial they would be gone.
    leaves: bool,
    /// Whether a machine was on their last call, where that is over and not dispositioned yet.
    owes: Option<bool>,
}

/// A call that holds a line.
#[derive(Debug, Clone, Copy)]
struct CallRecord {
    placed: Micros,
    status: Status,
}

/// VICIdial's names: SENT, LIVE, XFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Placed, and not answered yet.
    Sent,
    /// Answered, and under AMD, or left a message for machines. To the loops it is a call that was sent.
    Screened,
    /// Not answered and over, but still counted as if it rang.
    Ghost { until: Micros },
    /// Answered, looking for an agent.
    Live,
    /// With an agent.
    WithAgent(AgentId),
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// Agents who wait for a call and mean to stay.
    pub(super) ready: u32,
    /// Agents who are logged in, whatever they do: in wrap-up and on a break too.
    pub(super) logged_in: u32,
    /// Calls that ring or are under AMD, and ghosts.
    pub(super) sent: u32,
    /// Calls that are answered and look for an agent.
    pub(super) live: u32,
    /// Calls that are with an agent.
    pub(super) with_agent: u32,
}

impl Seen {
    pub(super) fn new(rules: &Rules, detection: Option<Detection>) -> Self {
        let ghost = Span(GHOST_MARGIN.0 + rules.dial_timeout.0 + rules.drop_call.0);
        Self {
            ghosts: rules.ghost_lines.then_some(ghost),
            detection,
            running: false,
            agents: BTreeMap::new(),
            records: BTreeMap::new(),
            log: Log::new(rules.british),
        }
    }

    /// Whether the campaign is active.
    pub(super) const fn running(&self) -> bool {
        self.running
    }

    /// How many there are of each.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for seat in self.agents.values() {
            counts.ready += u32::from(seat.state == AgentState::Ready && !seat.leaves);
            counts.logged_in += u32::from(seat.state != AgentState::Offline);
        }
        for record in self.records.values() {
            *match record.status {
                Status::Sent | Status::Screened | Status::Ghost { .. } => &mut counts.sent,
                Status::Live => &mut counts.live,
                Status::WithAgent(_) => &mut counts.with_agent,
            } += 1;
        }
        counts
    }

    /// Gives up the ghosts whose time has come, which only now are in the log, and what was sent too long ago, which never is.
    pub(super) fn sweep(&mut self, now: Micros, day: u64) {
        let Self { records, log, .. } = self;
        records.retain(|&attempt, record| match record.status {
            Status::Ghost { until } if until <= now => {
                log.logged(now, day, attempt);
                false
            }
            Status::Sent | Status::Screened | Status::Ghost { .. } => record.placed + SENT_AT_MOST >= now,
            Status::Live | Status::WithAgent(_) => true,
        });
    }

    /// The dialer does something, which says what has happened; `machine` is whether a machine is on that call.
    pub(super) fn hears(&mut self, now: Micros, day: u64, command: &Command, machine: bool) {
        match command {
            Command::Originate { originate, .. } => {
                if let Leg::Customer { attempt, .. } = originate.leg {
                    self.placed(now, attempt);
                }
            }
            Command::Note { attempt, so_far, .. } if so_far.times.answered.is_some() => {
                self.answered(now, day, *attempt);
            }
            Command::Join { attempt, agent: Leg::Agent { agent, .. }, .. } => self.joined(*attempt, *agent),
            // Nobody came, so the message is played: to VICIdial the call is dropped and over.
            Command::Play { attempt, .. } if self.is_for_a_person(*attempt) => self.dropped(day, *attempt),
            Command::Record { record, .. } => self.over((now, day), record.attempt, record.result, machine),
            Command::NoteAgent { agent, state, paused, leaves, .. } => {
                self.agent(day, *agent, *state, *leaves || paused.is_some());
            }
            Command::NoteCampaign { state, .. } => self.running = *state == CampaignState::Running,
            Command::Fetch { .. }
            | Command::Release { .. }
            | Command::Save { .. }
            | Command::Note { .. }
            | Command::Dispose { .. }
            | Command::HangUp { .. }
            | Command::Join { .. }
            | Command::Hold { .. }
            | Command::Detect { .. }
            | Command::Play { .. }
            | Command::Listen { .. }
            | Command::StopListening { .. }
            | Command::SetAside { .. }
            | Command::Mute { .. }
            | Command::StopPlaying { .. }
            | Command::FindPlayback { .. }
            | Command::StartRecording { .. }
            | Command::StopRecording { .. }
            | Command::FindRecording { .. }
            | Command::SendDigits { .. }
            | Command::BeginTake { .. }
            | Command::PauseTake { .. }
            | Command::EndTake { .. }
            | Command::OptOut { .. }
            | Command::SaveTransfer { .. }
            | Command::SendText { .. }
            | Command::Calm { .. }
            | Command::Hush { .. }
            | Command::PutThrough { .. }
            | Command::Confer { .. }
            | Command::TakeOut { .. }
            | Command::Announce { .. }
            | Command::DropBridge { .. }
            | Command::Survey { .. }
            | Command::Look { .. }
            | Command::FindMedia { .. }
            | Command::Reply { .. } => {}
        }
    }

    pub(super) fn placed(&mut self, now: Micros, attempt: AttemptId) {
        self.records.insert(attempt, CallRecord { placed: now, status: Status::Sent });
    }

    pub(super) fn answered(&mut self, now: Micros, day: u64, attempt: AttemptId) {
        if let Some(record) = self.records.get_mut(&attempt).filter(|record| record.status == Status::Sent) {
            let is_gate = matches!(self.detection, Some(Detection::Gate { .. }));
            record.status = if is_gate { Status::Screened } else { Status::Live };
            self.log.logged(now, day, attempt);
        }
    }

    /// Whether a message is for somebody who waits for an agent, and not for a machine.
    fn is_for_a_person(&self, attempt: AttemptId) -> bool {
        match self.detection {
            None => true,
            Some(Detection::Gate { .. }) => {
                self.records.get(&attempt).is_some_and(|record| record.status == Status::Live)
            }
            Some(Detection::Parallel(_)) => false,
        }
    }

    /// AMD has told who has answered, and this becomes of them. Whoever is hung up on is neither an answer nor a drop.
    pub(super) fn told(&mut self, attempt: AttemptId, policy: Policy) {
        let Some(record) = self.records.get_mut(&attempt) else { return };
        match policy {
            _ if record.status != Status::Screened => {}
            Policy::Connect => record.status = Status::Live,
            Policy::HangUp => drop(self.records.remove(&attempt)),
            Policy::Message => {}
        }
    }

    pub(super) fn joined(&mut self, attempt: AttemptId, agent: AgentId) {
        if let Some(record) = self.records.get_mut(&attempt) {
            record.status = Status::WithAgent(agent);
        }
        // On record they go on waiting until they talk.
        if let Some(seat) = self.agents.get_mut(&agent) {
            seat.state = AgentState::Reserved;
        }
    }

    pub(super) fn dropped(&mut self, day: u64, attempt: AttemptId) {
        if self.records.remove(&attempt).is_some() {
            self.log.dropped(day, attempt);
        }
    }

    /// A call has ended. One that nobody answered leaves a ghost, unless the network has said busy or no such number.
    pub(super) fn over(
        &mut self,
        (now, day): (Micros, u64),
        attempt: AttemptId,
        result: CallResult,
        machine: bool,
    ) {
        let Some(record) = self.records.get_mut(&attempt) else { return };
        match (record.status, result, self.ghosts) {
            (Status::WithAgent(agent), ..) => {
                self.records.remove(&attempt);
                self.owes_disposition(day, agent, machine);
            }
            // Hung up on as a machine, or left a message: neither an answer nor a drop, whoever it was.
            (Status::Live | Status::Screened, CallResult::Machine, _) => drop(self.records.remove(&attempt)),
            // Whoever hangs up before the routing script has begun is an answer, and no drop.
            (Status::Screened, result, _) if result != CallResult::Dropped => {
                self.records.remove(&attempt);
                self.log.dispositioned(day, machine);
            }
            // Whoever hangs up while they wait is dropped as well, however soon.
            (Status::Live | Status::Screened, ..) => self.dropped(day, attempt),
            (Status::Sent, CallResult::Busy | CallResult::BadNumber, _) | (Status::Sent, _, None) => {
                self.records.remove(&attempt);
                self.log.logged(now, day, attempt);
            }
            (Status::Sent, _, Some(held)) => record.status = Status::Ghost { until: record.placed + held },
            // The same end, written once more.
            (Status::Ghost { .. }, ..) => {}
        }
    }

    fn agent(&mut self, day: u64, agent: AgentId, state: AgentState, leaves: bool) {
        let seat = self.agents.entry(agent).or_insert(Seat { state, leaves, owes: None });
        (seat.state, seat.leaves) = (state, leaves);
        self.disposition(day, agent);
    }

    fn owes_disposition(&mut self, day: u64, agent: AgentId, machine: bool) {
        if let Some(seat) = self.agents.get_mut(&agent) {
            seat.owes = Some(machine);
        }
        self.disposition(day, agent);
    }

    /// Agents say what a call was with the end of its work.
    fn disposition(&mut self, day: u64, agent: AgentId) {
        let Some(seat) = self.agents.get_mut(&agent) else { return };
        if !matches!(seat.state, AgentState::OnCall | AgentState::WrapUp)
            && let Some(machine) = seat.owes.take()
        {
            self.log.dispositioned(day, machine);
        }
    }
}
