//! Who is there to talk? All agents, and of each campaign who is ready, longest wait first.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Agent, AgentRules, AgentState, Engagement, Note, Phone};
use crate::lead::QueueItem;
use crate::pacing::Busy;
use crate::roster::Roster;
use crate::view::{AgentView, AgreedView, PreviewView};
use crate::words::{AgentId, CampaignId, Micros};

/// All agents, in the teams of their campaigns.
#[derive(Debug, Clone)]
pub(crate) struct Agents {
    all: Roster<AgentId, Agent>,
    teams: Roster<CampaignId, Team>,
}

/// What dialling asks of one campaign's agents. Kept for speed; [`Agents::audit`] holds it against a recount.
#[derive(Debug, Clone)]
struct Team {
    ready: BTreeSet<Turn>,
    /// What keeps each of them busy who will be ready again.
    busy: Roster<AgentId, Option<Busy>>,
    /// How many are on a call or in its work and will be ready again.
    returning: u32,
    /// How many phones are being called for a conversation.
    summoned: u32,
    /// How many of the ready have asked to leave.
    leaving: u32,
}

/// One campaign's agents, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    ready: usize,
    returning: u32,
    summoned: u32,
    leaving: u32,
}

/// A ready agent's place in the line: whoever is at hand comes first, and among them who has waited longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) reach: Reach,
    since: Micros,
    pub(crate) agent: AgentId,
}

/// How a ready agent is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Their leg is under our command: they can be joined at once.
    AtHand,
    /// Their phone is to be called first.
    ByPhone,
}

/// One agent's part in their team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    turn: Option<Turn>,
    is_returning: bool,
    is_summoned: bool,
    is_leaving: bool,
}

/// What an agent was before a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    part: Part,
    /// The state that was shown, and since when.
    pub(crate) shown: (AgentState, Micros),
}

/// What a change of an agent has led to.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Whether they mean something else to dialling now.
    pub(crate) part: bool,
    /// What is to be written down, if that has changed.
    pub(crate) note: Option<Note>,
}

impl Before {
    /// Whether they were busy and would have been ready again.
    pub(crate) const fn returns(&self) -> bool {
        self.part.is_returning
    }
}

impl Agent {
    fn preview_view(&self) -> Option<PreviewView> {
        let (Engagement::Previewing { until }, Some(lead)) = (self.engagement, &self.lead) else {
            return None;
        };
        Some(PreviewView {
            item: lead.id,
            lead: lead.lead,
            number: lead.number,
            attempts: lead.attempts,
            attributes: lead.attributes.clone(),
            agreed: AgreedView::of(lead.callback, lead.note.as_ref()),
            until,
        })
    }
}

impl Part {
    fn of(agent: &Agent) -> Self {
        let (state, since) = agent.shown;
        let turn = Turn { reach: agent.reach(), since, agent: agent.rules.id };
        Self {
            turn: (state == AgentState::Ready).then_some(turn),
            is_returning: agent.is_returning(),
            is_summoned: agent.is_summoned(),
            is_leaving: state == AgentState::Ready && agent.leaving.is_some(),
        }
    }
}

impl Team {
    fn new(members: impl Iterator<Item = AgentId>) -> Self {
        let busy = Roster::new(members.map(|id| (id, None)));
        Self { ready: BTreeSet::new(), busy, returning: 0, summoned: 0, leaving: 0 }
    }

    /// An agent's part has changed.
    fn update(&mut self, before: Part, after: Part) {
        if before.turn != after.turn {
            before.turn.map(|turn| self.ready.remove(&turn));
            after.turn.map(|turn| self.ready.insert(turn));
        }
        self.returning = self.returning + u32::from(after.is_returning) - u32::from(before.is_returning);
        self.summoned = self.summoned + u32::from(after.is_summoned) - u32::from(before.is_summoned);
        self.leaving = self.leaving + u32::from(after.is_leaving) - u32::from(before.is_leaving);
    }
}

impl Agents {
    pub(crate) fn new(
        campaigns: impl Iterator<Item = CampaignId>,
        rules: impl Iterator<Item = AgentRules>,
        now: Micros,
    ) -> Self {
        let all = Roster::new(rules.map(|rules| (rules.id, Agent::new(rules, now))));
        let of =
            |campaign| all.values().map(|agent| &agent.rules).filter(move |rules| rules.campaign == campaign);
        let team = |campaign| (campaign, Team::new(of(campaign).map(|rules| rules.id)));
        let teams = Roster::new(campaigns.map(team));
        Self { all, teams }
    }

    pub(crate) fn get(&self, id: AgentId) -> Option<&Agent> {
        self.all.get(id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = AgentId> + '_ {
        self.all.keys()
    }

    /// Changes an agent; [`Self::changed`] has to follow.
    #[must_use]
    pub(crate) fn change(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) -> Option<Before> {
        let agent = self.all.get_mut(id)?;
        let before = Before { part: Part::of(agent), shown: agent.shown };
        change(agent);
        Some(before)
    }

    /// Brings the team in line with what an agent has become at `now`.
    pub(crate) fn changed(&mut self, id: AgentId, before: Before, now: Micros) -> Option<Changed> {
        let agent = self.all.get_mut(id)?;
        agent.stand(now);
        let team = self.teams.get_mut(agent.rules.campaign).expect("agents are checked to have a campaign");
        let after = Part::of(agent);
        if after != before.part {
            team.update(before.part, after);
        }
        *team.busy.get_mut(id).expect("a team has a place for each of its agents") = agent.busy();
        let note = Note {
            session: agent.session(),
            state: agent.shown.0.on_record(),
            since: agent.recorded_since,
            paused: agent.pause_code().cloned(),
            leaves: agent.is_going_home(),
            missed: agent.missed,
        };
        let note = (agent.noted.as_ref() != Some(&note)).then(|| agent.noted.insert(note).clone());
        Some(Changed { part: after != before.part, note })
    }

    /// What was last noted could not be written and is to be noted again.
    pub(crate) fn forget_note(&mut self, id: AgentId) {
        if let Some(agent) = self.all.get_mut(id) {
            agent.noted = None;
        }
    }

    /// Whose turn it is among a campaign's ready agents.
    pub(crate) fn first_ready(&self, campaign: CampaignId) -> Option<Turn> {
        self.team(campaign).ready.first().copied()
    }

    /// A campaign's agents who are ready and have not asked to leave, in the order of their turns.
    pub(crate) fn free(&self, campaign: CampaignId) -> impl Iterator<Item = Turn> {
        let stays = |turn: &Turn| self.get(turn.agent).is_some_and(|agent| agent.leaving.is_none());
        self.team(campaign).ready.iter().copied().filter(stays)
    }

    /// How many agents are ready for a campaign.
    pub(crate) fn ready_count(&self, campaign: CampaignId) -> u32 {
        u32::try_from(self.team(campaign).ready.len()).unwrap_or(u32::MAX)
    }

    /// How many agents of a campaign are on a call or in its work and will be ready again.
    pub(crate) fn returning_count(&self, campaign: CampaignId) -> u32 {
        self.team(campaign).returning
    }

    /// What keeps those agents of a campaign busy who will be ready again.
    pub(crate) fn busy(&self, campaign: CampaignId) -> impl Iterator<Item = Busy> + Clone {
        self.team(campaign).busy.values().copied().flatten()
    }

    /// How many phones are being called for a conversation of a campaign.
    pub(crate) fn summoned_count(&self, campaign: CampaignId) -> u32 {
        self.team(campaign).summoned
    }

    /// Who of a campaign's agents looks at a lead.
    pub(crate) fn previewing(&self, campaign: CampaignId) -> impl Iterator<Item = (AgentId, &QueueItem)> {
        let theirs = self.all.values().filter(move |agent| agent.rules.campaign == campaign);
        theirs.filter_map(|agent| Some((agent.rules.id, agent.lead.as_deref()?)))
    }

    /// How many of a campaign's ready agents have asked to leave.
    pub(crate) fn leaving_count(&self, campaign: CampaignId) -> u32 {
        self.team(campaign).leaving
    }

    /// Which of a campaign's ready agents who have asked to leave has waited longest.
    pub(crate) fn first_leaving(&self, campaign: CampaignId) -> Option<AgentId> {
        let mut ready = self.team(campaign).ready.iter().map(|turn| turn.agent);
        ready.find(|&id| self.get(id).is_some_and(|agent| agent.leaving.is_some()))
    }

    fn team(&self, campaign: CampaignId) -> &Team {
        self.teams.get(campaign).expect("campaigns are checked when the engine is made")
    }

    /// Whether nobody has a leg any more.
    pub(crate) fn all_gone(&self) -> bool {
        self.all.values().all(|agent| matches!(agent.phone, Phone::None { recall: None }))
    }

    /// Whether everything about everybody is written down, once everybody has been told to go.
    pub(crate) fn all_noted(&self) -> bool {
        self.all.values().all(|agent| agent.noted.is_some())
    }

    /// Holds the teams against a recount.
    pub(crate) fn audit(&self) {
        let mut teams = Roster::new(self.teams.keys().map(|id| (id, Counts::default())));
        for agent in self.all.values() {
            let (campaign, part) = (agent.rules.campaign, Part::of(agent));
            let previews = matches!(agent.engagement, Engagement::Previewing { .. });
            assert_eq!(
                previews,
                agent.lead.is_some(),
                "agent {} and their lead have drifted",
                agent.rules.id
            );
            let in_line = |turn| self.team(campaign).ready.contains(&turn);
            assert!(part.turn.is_none_or(in_line), "agent {} is ready and not in the line", agent.rules.id);
            let kept = self.team(campaign).busy.get(agent.rules.id);
            assert_eq!(kept, Some(&agent.busy()), "what keeps agent {} busy has drifted", agent.rules.id);
            let counts = teams.get_mut(campaign).expect("agents are checked to have a campaign");
            counts.ready += usize::from(part.turn.is_some());
            counts.returning += u32::from(part.is_returning);
            counts.summoned += u32::from(part.is_summoned);
            counts.leaving += u32::from(part.is_leaving);
        }
        for (campaign, &Team { ref ready, returning, summoned, leaving, busy: _ }) in self.teams.iter() {
            let kept = Counts { ready: ready.len(), returning, summoned, leaving };
            assert_eq!(Some(&kept), teams.get(campaign), "the team of campaign {campaign} has drifted");
        }
    }

    pub(crate) fn view(&self) -> Vec<AgentView> {
        let view = |agent: &Agent| AgentView {
            id: agent.rules.id,
            state: agent.shown.0,
            since: agent.shown.1,
            leaving: agent.leaving.is_some(),
            logs_out: agent.is_going_home(),
            pause_code: agent.pause_code().cloned(),
            attempt: match agent.engagement {
                Engagement::Reserved(attempt) | Engagement::OnCall(attempt) => Some(attempt),
                Engagement::Free | Engagement::Previewing { .. } | Engagement::WrapUp { .. } => None,
            },
            held: None,
            muted: agent.mute.on,
            missed_rings: agent.missed.map_or(0, |missed| missed.in_a_row),
            consults: None,
            transfers: Vec::new(),
            owes: Vec::new(),
            preview: agent.preview_view(),
            agreed: None,
        };
        self.all.values().map(view).collect()
    }
}
