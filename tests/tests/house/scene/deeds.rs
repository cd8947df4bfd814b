//! What is done while a scene runs: by operators, agents and callees.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ari_shell::http::{AgentVerb, Board, CampaignVerb, Disposition, Moment};
use engine::agent::{AgentState, PauseCode};
use engine::campaign::CampaignState;
use engine::words::Micros;
use serde::Deserialize;
use tests::house::House;
use tests::pbx::Pbx;

use super::file::{ByCode, CAMPAIGN, Scene};
use super::times::Time;
use super::{LIMIT, laws, numbers};

/// One step: wait until it is so, then see whether so many calls have been placed, then do something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(default)]
    when: When,
    /// How many calls have reached the far end by then, from the beginning.
    placed: Option<usize>,
    #[serde(default, rename = "do")]
    deeds: Vec<Deed>,
}

/// What the screen has to show, and how long to wait after that.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    talking: Option<u32>,
    in_flight: Option<u32>,
    /// Callees whom nobody talks to.
    waiting: Option<u32>,
    /// Callees whom their agents have handed over.
    handed: Option<u32>,
    /// An agent who talks with whom they have called in.
    consulting: Option<u16>,
    /// Attempts that have their record, at least.
    over: Option<u64>,
    campaign: Option<CampaignState>,
    #[serde(default)]
    agents: BTreeMap<String, AgentState>,
    after: Option<Time>,
}

/// Something that is done. Agents are given by their number.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Start,
    Pause,
    Drain,
    Stop,
    LogIn(u16),
    LogOut(u16),
    PauseAgent(u16),
    /// A pause with that code.
    PauseAgentFor(u16, String),
    /// A pause with that code is refused, and the right ones are told.
    RefuseToPauseFor(u16, String),
    ReadyAgent(u16),
    /// An agent hands the callee over to whoever goes by that name, or calls that one in.
    Transfer(u16, String),
    Consult(u16, String),
    /// An agent leaves callee and other to each other, has all three talk, or goes back to the callee.
    Complete(u16),
    Join(u16),
    Back(u16),
    AcceptLead(u16),
    SkipLead(u16),
    /// An agent says what came of their call, by the code of a disposition.
    Dispose(u16, String),
    /// The same, and agrees on another call so much later.
    DisposeAndCallBack(u16, String, Time),
    /// The shell dies and is started again.
    Restart,
    /// The agent hangs up their phone.
    PhoneHangsUp(u16),
    /// The agent is there again and picks up from now on.
    PhoneIsPickedUp(u16),
    /// Keys are sent to whom agent 1 talks with.
    SendDigits(String),
    /// The conversation of an agent is recorded from now on, with silence, as it is, or not any more.
    StartRecording(u16),
    PauseRecording(u16),
    ResumeRecording(u16),
    StopRecording(u16),
    /// An operator ends every live call.
    HangUpAll,
    /// More leads are imported while the shell runs.
    AddLeads(ByCode<u16>),
    /// The live customers' channels have the variables that their requests say.
    CompareVariables,
}

/// Performs all steps; gives what was not as the scene says.
pub(super) async fn perform(scene: &Scene, house: &mut House, pbx: &Pbx) -> Vec<String> {
    let mut faults = Vec::new();
    for (nth, step) in scene.step.iter().enumerate() {
        house.until(LIMIT, &format!("at step {nth}: {:?}", step.when), |board| step.when.is_so(board)).await;
        tokio::time::sleep(step.when.after.map_or(Duration::ZERO, |after| after.0)).await;
        let placed = pbx.dialled().await.len();
        if step.placed.is_some_and(|expected| expected != placed) {
            faults.push(format!("step {nth}: {placed} calls were placed, not {:?}", step.placed));
        }
        for deed in &step.deeds {
            faults.extend(deed.perform(house, pbx).await);
        }
    }
    faults
}

impl When {
    fn is_so(&self, board: &Board) -> bool {
        let campaign = &board.campaigns[0].view;
        let state = |name: &String| board.agents.iter().find(|agent| agent.name == *name);
        self.talking.is_none_or(|talking| campaign.talking == talking)
            && self.in_flight.is_none_or(|in_flight| campaign.in_flight == in_flight)
            && self.waiting.is_none_or(|waiting| campaign.waiting == waiting)
            && self.handed.is_none_or(|handed| campaign.handed == handed)
            && self.consulting.is_none_or(|number| consults(board, number))
            && self.over.is_none_or(|over| board.closed >= over)
            && self.campaign.is_none_or(|state| campaign.state == state)
            && self
                .agents
                .iter()
                .all(|(name, wanted)| state(name).is_some_and(|agent| agent.view.state == *wanted))
    }
}

/// Whether whom an agent has called in has come to them.
fn consults(board: &Board, number: u16) -> bool {
    let name = format!("agent-{number}");
    let agent = board.agents.iter().find(|agent| agent.name == name);
    let times = agent.and_then(|agent| agent.view.consults.as_ref()?.times);
    times.is_some_and(|times| times.joined.is_some())
}

impl Deed {
    async fn perform(&self, house: &mut House, pbx: &Pbx) -> Vec<String> {
        match self {
            Self::Start => campaign(house, CampaignVerb::Start).await,
            Self::Pause => campaign(house, CampaignVerb::Pause).await,
            Self::Drain => campaign(house, CampaignVerb::Drain).await,
            Self::Stop => campaign(house, CampaignVerb::Stop).await,
            Self::LogIn(number) => agent(house, *number, AgentVerb::LogIn).await,
            Self::LogOut(number) => agent(house, *number, AgentVerb::LogOut).await,
            Self::PauseAgent(number) => pause(house, *number, "lunch").await,
            Self::PauseAgentFor(number, code) => pause(house, *number, code).await,
            Self::RefuseToPauseFor(number, code) => return refused(house, *number, code),
            Self::ReadyAgent(number) => agent(house, *number, AgentVerb::Ready).await,
            Self::Transfer(number, to) => agent(house, *number, AgentVerb::Transfer(to.clone())).await,
            Self::Consult(number, to) => agent(house, *number, AgentVerb::Consult(to.clone())).await,
            Self::Complete(number) => agent(house, *number, AgentVerb::Complete).await,
            Self::Join(number) => agent(house, *number, AgentVerb::Join).await,
            Self::Back(number) => agent(house, *number, AgentVerb::Back).await,
            Self::AcceptLead(number) => agent(house, *number, AgentVerb::Accept).await,
            Self::SkipLead(number) => agent(house, *number, AgentVerb::Skip).await,
            Self::Dispose(number, code) => dispose(house, *number, code, None).await,
            Self::DisposeAndCallBack(number, code, after) => {
                dispose(house, *number, code, Some(after.0)).await;
            }
            Self::Restart => {
                house.kill();
                house.open().await;
            }
            Self::PhoneHangsUp(number) => pbx.hang_up_phone(*number).await,
            Self::PhoneIsPickedUp(number) => pbx.let_phone_be_picked_up(*number).await,
            Self::SendDigits(digits) => drop(house.must(&["dtmf", digits, "--agent", "agent-1"])),
            Self::StartRecording(number) => record(house, "start", *number),
            Self::PauseRecording(number) => record(house, "pause", *number),
            Self::ResumeRecording(number) => record(house, "resume", *number),
            Self::StopRecording(number) => record(house, "stop", *number),
            Self::HangUpAll => hang_up_all(house).await,
            // The import tells the running shell by itself.
            Self::AddLeads(leads) => house.import(CAMPAIGN, numbers(leads, 5_000)),
            Self::CompareVariables => return laws::strange_variables(house, pbx).await,
        }
        Vec::new()
    }
}

async fn campaign(house: &House, verb: CampaignVerb) {
    house.operator().await.campaign(CAMPAIGN, verb).await.expect("the campaign obeys");
}

async fn agent(house: &House, number: u16, verb: AgentVerb) {
    let name = format!("agent-{number}");
    house.operator().await.agent(&name, verb).await.expect("the agent is heard");
}

async fn pause(house: &House, number: u16, code: &str) {
    let code = PauseCode::try_from(code.to_owned()).expect("a pause code");
    agent(house, number, AgentVerb::Pause(code)).await;
}

fn refused(house: &House, number: u16, code: &str) -> Vec<String> {
    let (exit, _, said) = house.command(&["agent", "pause", &format!("agent-{number}"), "--code", code]);
    let right = exit == 1 && said.contains("there is no such pause code; there are ");
    if right { Vec::new() } else { vec![format!("a pause for {code} was not refused: {exit}, {said}")] }
}

fn record(house: &House, what: &str, number: u16) {
    house.must(&["recording", what, "--agent", &format!("agent-{number}")]);
}

async fn dispose(house: &House, number: u16, code: &str, call_back: Option<Duration>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let at =
        call_back.map(|after| Micros((now + after).as_micros().try_into().expect("it is not so late yet")));
    let (code, at) = (code.to_owned(), at.map(Moment));
    let said = Disposition { code, attempt: None, mine: at.is_some(), at, note: None };
    agent(house, number, AgentVerb::Dispose(said)).await;
}

async fn hang_up_all(house: &House) {
    for request in house.requests().await {
        let (code, out, err) = house.command(&["hangup", "--attempt", &request.attempt.to_string()]);
        // Most of them have ended by themselves.
        assert!(code == 0 || err.contains("no such live attempt"), "{out}{err}");
    }
}
