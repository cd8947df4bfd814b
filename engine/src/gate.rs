//! May *this* one be dialled *now*? The one door to a dial, and the only room that knows campaign, leads, carriers and
//! agents together. It answers with what to dial through and for whom, or with a reason.

use core::fmt;

use crate::agent::{Agents, Reach, Turn};
use crate::call::Calls;
use crate::campaign::{Campaign, CampaignState};
use crate::carrier::{Carriers, Unfit};
use crate::flow::TransferRules;
use crate::lead::QueueItem;
use crate::pacing::Pool;
use crate::words::{AgentId, CampaignId, CarrierId, Micros, first_of};

/// Why a dial did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reason {
    /// The campaign is not running.
    NotRunning,
    /// The event stream from the PBX is down, or what it holds has not been compared yet.
    PbxAway,
    /// The PBX's interface for managers does not answer, and it is to be watched.
    ManagerSilent,
    /// Errors from the PBX or the database opened the breaker.
    Breaker,
    /// Nobody is ready, or every ready agent has a line in the air already.
    NoAgents,
    /// The pacing has no dial due, whoever is ready: a broadcast's next one is yet to come, or an allotment is used up.
    NotDue,
    /// The campaign's own hours are over, or those of every lead that is due; or a call could not have rung out by then.
    OutsideHours,
    /// No lead is due.
    NoLeads,
    /// A do-not-call list that the campaign has to keep to is older than it may be.
    RegistryTooOld,
    /// The number is on a do-not-call list, or not on the allow-list.
    DoNotCall,
    /// The number has been called as often as it may be for now.
    TooOften,
    /// The number was dropped of late, so that it is dialled only with an agent reserved for it, and none can be spared.
    AfterDrop,
    /// The number is on a live call.
    NumberLive,
    /// The queue item has had all its attempts.
    CapReached,
    /// Every carrier of the campaign is out of service, or the PBX refuses what the campaign has by it.
    CarriersDown,
    /// Every caller id that could be shown has been shown as often as it may be for now.
    CallerIdsUsedUp,
    /// Every carrier has all its channels in use.
    CarriersFull,
    /// Every carrier has had its calls for this second.
    CarrierRate,
    /// The campaign dials ahead of its agents and has no message for an answer that nobody can take.
    NoMessage,
}

impl Reason {
    /// As counted and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRunning => "not_running",
            Self::PbxAway => "pbx_away",
            Self::ManagerSilent => "manager_silent",
            Self::Breaker => "breaker",
            Self::NoAgents => "no_agents",
            Self::NotDue => "not_due",
            Self::OutsideHours => "outside_hours",
            Self::NoLeads => "no_leads",
            Self::RegistryTooOld => "registry_too_old",
            Self::DoNotCall => "do_not_call",
            Self::TooOften => "too_often",
            Self::AfterDrop => "after_drop",
            Self::NumberLive => "number_live",
            Self::CapReached => "cap_reached",
            Self::CarriersDown => "carriers_down",
            Self::CallerIdsUsedUp => "caller_ids_used_up",
            Self::CarriersFull => "carriers_full",
            Self::CarrierRate => "carrier_rate",
            Self::NoMessage => "no_message",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the gate looks at. It changes nothing.
pub(crate) struct Gate<'a> {
    pub(crate) now: Micros,
    /// Whether the floor is closing: nothing new is dialled.
    pub(crate) closing: bool,
    /// Whether the event stream stands and what the PBX holds has been compared.
    pub(crate) pbx_ready: bool,
    /// Whether the PBX's interface for managers answers, as far as is known.
    pub(crate) manager_answers: bool,
    /// Until when a breaker is open.
    pub(crate) breaker: Option<Micros>,
    pub(crate) carriers: &'a Carriers,
    pub(crate) calls: &'a Calls,
    pub(crate) agents: &'a Agents,
}

/// What the gate says of a campaign before a lead is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Pick a lead and dial it, for this agent where one is to be reserved.
    Dial { agent: Option<AgentId> },
    /// Call this agent's phone first; the lead is dialled when they are there.
    Summon { agent: AgentId },
}

/// A refusal, and when to ask again if only time is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) again: Option<Micros>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, again: None }
    }
}

/// Why a lead may not be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// For good, as far as the engine can tell.
    For(Reason),
    /// Its hours are over until then.
    Until(Micros),
}

/// May this lead be dialled now?
pub(crate) fn open_to(
    campaign: &mut Campaign,
    calls: &Calls,
    now: Micros,
    item: &QueueItem,
) -> Result<(), Closed> {
    if item.callback.is_none() && item.charged() >= campaign.rules.retry.cap {
        return Err(Closed::For(Reason::CapReached));
    }
    if calls.is_live(item.number) {
        return Err(Closed::For(Reason::NumberLive));
    }
    let hours = campaign.calendar.as_mut();
    hours.map_or(Ok(()), |hours| hours.open_to(now, item)).map_err(Closed::Until)
}

/// Why a campaign has no lead to dial, and when it is worth asking again: it is the hours if they open before the next
/// lead is due, and the want of an agent to reserve if leads wait for nothing else.
pub(crate) fn without_leads(campaign: &Campaign) -> Refusal {
    let next_due = campaign.hopper.next_due();
    match campaign.opens_at {
        Some(opens_at) if next_due.is_none_or(|due| opens_at <= due) => {
            Refusal { reason: Reason::OutsideHours, again: Some(opens_at) }
        }
        Some(_) | None if campaign.hopper.holds_dropped() => {
            Refusal { reason: Reason::AfterDrop, again: next_due }
        }
        Some(_) | None => Refusal { reason: Reason::NoLeads, again: next_due },
    }
}

impl Gate<'_> {
    /// May this campaign dial one more, and for whom?
    pub(crate) fn open_for(&self, campaign: &Campaign) -> Result<Opening, Refusal> {
        self.may_run(campaign)?;
        let says_something = campaign.rules.message.is_some() || campaign.rules.flow.is_some();
        if !campaign.rules.pacing.reserves() && !says_something {
            return Err(Reason::NoMessage.into());
        }
        if let Some(until) = campaign.registry_old_until.filter(|&until| until > self.now) {
            return Err(Refusal { reason: Reason::RegistryTooOld, again: Some(until) });
        }
        if campaign.hopper.is_empty() {
            return Err(without_leads(campaign));
        }
        self.carrier_for_lead(campaign)?;
        self.agent_for(campaign)
    }

    /// May this campaign dial one more for an agent who can be spared, whatever its pacing says?
    pub(crate) fn opens_at_all(&self, campaign: &Campaign) -> Result<(), Refusal> {
        self.may_run(campaign)?;
        self.carrier_for_lead(campaign)
    }

    fn may_run(&self, campaign: &Campaign) -> Result<(), Refusal> {
        if campaign.state != CampaignState::Running || self.closing {
            return Err(Reason::NotRunning.into());
        }
        self.lines_work()
    }

    /// Is the way to the PBX and the database open at all?
    pub(crate) fn lines_work(&self) -> Result<(), Refusal> {
        if !self.pbx_ready {
            return Err(Reason::PbxAway.into());
        }
        if !self.manager_answers {
            return Err(Reason::ManagerSilent.into());
        }
        match self.breaker {
            Some(until) => Err(Refusal { reason: Reason::Breaker, again: Some(until) }),
            None => Ok(()),
        }
    }

    /// Is there a carrier of the campaign by which a number can be called just now to whom a callee is put through?
    pub(crate) fn way_out(&self, campaign: &Campaign, rules: &TransferRules) -> Result<(), Refusal> {
        self.lines_work()?;
        let wanted = rules.wanted(&campaign.rules);
        self.carrier_for(campaign, |carrier| self.carriers.fit(carrier, wanted, self.now))
    }

    /// What pacing may look at.
    pub(crate) fn pool(&self, campaign: CampaignId) -> Pool {
        let counts = self.calls.counts(campaign);
        Pool {
            ready: self.agents.ready_count(campaign) - self.agents.leaving_count(campaign),
            busy: self.agents.returning_count(campaign),
            in_flight: counts.unreserved(),
            waiting: counts.waiting(),
        }
    }

    fn carrier_for_lead(&self, campaign: &Campaign) -> Result<(), Refusal> {
        let wanted = Some(campaign.rules.wanted());
        self.carrier_for(campaign, |carrier| {
            campaign.accepted.fit(carrier, self.now)?;
            self.carriers.fit(carrier, wanted, self.now)
        })
    }

    /// Has any carrier of the campaign room? If not, the mildest reason is given, and whichever passes first is waited
    /// for.
    fn carrier_for(
        &self,
        campaign: &Campaign,
        fit: impl Fn(CarrierId) -> Result<(), Unfit>,
    ) -> Result<(), Refusal> {
        let mut nearest: Option<Unfit> = None;
        let mut again: Option<Micros> = None;
        for carrier in campaign.rotation.carriers() {
            match fit(carrier) {
                Ok(()) => return Ok(()),
                Err(unfit) => {
                    nearest = nearest.max(Some(unfit));
                    again = first_of(again, unfit.passes_at());
                }
            }
        }
        let reason = match nearest {
            Some(Unfit::Rate { .. }) => Reason::CarrierRate,
            Some(Unfit::CallerIds { .. }) => Reason::CallerIdsUsedUp,
            Some(Unfit::Full) => Reason::CarriersFull,
            Some(Unfit::Down { .. }) | None => Reason::CarriersDown,
        };
        Err(Refusal { reason, again })
    }

    /// Has pacing room for one more, and does it need an agent's phone first?
    fn agent_for(&self, campaign: &Campaign) -> Result<Opening, Refusal> {
        let id = campaign.rules.id;
        let pool = self.pool(id);
        if campaign.pacer.dials(self.now, pool) == 0 {
            let reason = if campaign.pacer.looks_at_agents() { Reason::NoAgents } else { Reason::NotDue };
            return Err(Refusal { reason, again: campaign.pacer.again(self.now, pool) });
        }
        if !campaign.rules.pacing.reserves() {
            return Ok(Opening::Dial { agent: None });
        }
        match self.agents.free(id).next() {
            Some(Turn { reach: Reach::AtHand, agent, .. }) => Ok(Opening::Dial { agent: Some(agent) }),
            Some(Turn { reach: Reach::ByPhone, agent, .. }) => self.phone_for(campaign, agent),
            None => Err(Reason::NoAgents.into()),
        }
    }

    /// An agent's phone is called for a lead that can be dialled, and no more phones than there are of those.
    fn phone_for(&self, campaign: &Campaign, agent: AgentId) -> Result<Opening, Refusal> {
        let summoned = self.agents.summoned_count(campaign.rules.id);
        if campaign.hopper.has_more_than(summoned, |number| !self.calls.is_live(number)) {
            Ok(Opening::Summon { agent })
        } else if summoned < campaign.hopper.len() {
            Err(Reason::NumberLive.into())
        } else {
            Err(Reason::NoAgents.into())
        }
    }
}
