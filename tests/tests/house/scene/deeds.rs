//! What is done while a scene runs: by operators, agents and callees.

use std::collections::BTreeMap;
use std::time::Duration;

use ari_shell::http::{AgentVerb, Board, CampaignVerb};
use engine::agent::{AgentState, PauseCode};
use engine::campaign::CampaignState;
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
    ReadyAgent(u16),
    AcceptLead(u16),
    SkipLead(u16),
    /// The agent hangs up their phone.
    PhoneHangsUp(u16),
    /// An operator ends every live call.
    HangUpAll,
    /// More leads are imported while the shell runs.
    AddLeads(ByCode<u16>),
    /// The live customers' channels have the variables that their requests say.
    CompareVariables,
}

/// Performs all steps; gives what was not as the scene says.
pub(super) async fn perform(scene: &Scene, house: &House, pbx: &Pbx) -> Vec<String> {
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
            && self.over.is_none_or(|over| board.closed >= over)
            && self.campaign.is_none_or(|state| campaign.state == state)
            && self
                .agents
                .iter()
                .all(|(name, wanted)| state(name).is_some_and(|agent| agent.view.state == *wanted))
    }
}

impl Deed {
    async fn perform(&self, house: &House, pbx: &Pbx) -> Vec<String> {
        match self {
            Self::Start => campaign(house, CampaignVerb::Start).await,
            Self::Pause => campaign(house, CampaignVerb::Pause).await,
            Self::Drain => campaign(house, CampaignVerb::Drain).await,
            Self::Stop => campaign(house, CampaignVerb::Stop).await,
            Self::LogIn(number) => agent(house, *number, AgentVerb::LogIn).await,
            Self::LogOut(number) => agent(house, *number, AgentVerb::LogOut).await,
            Self::PauseAgent(number) => {
                let code = PauseCode::try_from("lunch".to_owned()).expect("lunch is a pause code");
                agent(house, *number, AgentVerb::Pause(code)).await;
            }
            Self::ReadyAgent(number) => agent(house, *number, AgentVerb::Ready).await,
            Self::AcceptLead(number) => agent(house, *number, AgentVerb::Accept).await,
            Self::SkipLead(number) => agent(house, *number, AgentVerb::Skip).await,
            Self::PhoneHangsUp(number) => pbx.hang_up_phone(*number).await,
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

async fn hang_up_all(house: &House) {
    let operator = house.operator().await;
    for request in house.requests().await {
        // Most of them have ended by themselves.
        let _ = operator.hang_up(request.attempt).await;
    }
}
