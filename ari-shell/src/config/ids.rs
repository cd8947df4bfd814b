//! The configuration in the engine's words, names replaced by the ids that the database keeps for them.

use std::collections::BTreeMap;

use engine::agent::AgentRules;
use engine::campaign::CampaignRules;
use engine::carrier::CarrierRules;
use engine::lead::Geography;
use engine::words::{AgentId, AttemptId, CampaignId, CarrierId, SessionId, Signature, Span};
use engine::zone::{self, Zone};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use super::geography::{NUMBER_ZONES, geography};
use super::{Agent, Campaign, Carrier, Config, NumberList};
use crate::clock::Clock;
use crate::store::{Cap, ListRules, Names, PutOffBy, Registered, Store, StoreError};

/// Above the shell's own time-out for one request to the PBX, so that its answer comes first.
const PBX_PATIENCE: Span = Span::secs(15);

/// Above what a database takes that is merely busy.
const DATABASE_PATIENCE: Span = Span::secs(10);

/// How often to compare with the PBX although nothing seems amiss.
const SURVEY_EVERY: Span = Span::secs(60);

/// The ids of all that is configured, by name. A name keeps its id for good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// The campaigns.
    pub campaigns: BTreeMap<String, CampaignId>,
    /// The carriers.
    pub carriers: BTreeMap<String, CarrierId>,
    /// The agents.
    pub agents: BTreeMap<String, AgentId>,
}

impl Config {
    /// The configured database; `None` where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be opened.
    pub async fn store(&self, clock: Clock) -> Result<Option<Store>, StoreError> {
        Store::open_existing(self.database.url.expose_secret(), &self.node, clock).await
    }

    /// The ids of all that is configured. Who is new gets one. From now on campaigns keep to the lists and caps of this
    /// configuration.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub async fn register(&self, store: &Store) -> Result<Ids, StoreError> {
        let ids = self.ids(async |names| store.register(names).await).await?;
        let campaigns: Vec<CampaignId> =
            self.campaigns.iter().map(|campaign| ids.campaigns[&campaign.name]).collect();
        store.keep_lists(&campaigns, &self.list_rules(&campaigns)).await?;
        store.keep_caps(&campaigns, self.caps(&campaigns)).await?;
        Ok(ids)
    }

    /// Gives a configured campaign that is new an id, and writes down which lists and caps it keeps to; nothing else, since a
    /// shell may be running with another configuration.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn register_campaign(
        &self,
        store: &Store,
        campaign: &Campaign,
    ) -> Result<CampaignId, StoreError> {
        let names = Names { campaigns: &[&campaign.name], carriers: &[], agents: &[] };
        let id = store.register(names).await?.campaigns[0];
        store.add_lists(&self.lists_of(campaign, id)).await?;
        store.keep_caps(&[id], self.caps_of(campaign).map(|(area, cap)| (id, area, cap))).await?;
        Ok(id)
    }

    /// Gives a configured agent who is new an id. Their campaign has one.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn register_agent(&self, store: &Store, agent: &Agent) -> Result<AgentId, StoreError> {
        let names = Names { campaigns: &[], carriers: &[], agents: &[(&agent.name, &agent.campaign)] };
        Ok(store.register(names).await?.agents[0])
    }

    /// Sees to it that a configured list is there. How old it may be, and who keeps to it, stays as it is where it was there.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn register_list(&self, store: &Store, list: &NumberList) -> Result<(), StoreError> {
        store.add_lists(&[list_rules(list, Vec::new())]).await
    }

    /// The ids of all that is configured, and for who is new one that nobody has; nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] where the database fails.
    pub(crate) async fn known_ids(&self, store: &Store) -> Result<Ids, StoreError> {
        self.ids(async |names| store.known(names).await).await
    }

    /// All that is configured by the ids that its names are given.
    async fn ids(
        &self,
        give: impl AsyncFnOnce(Names<'_>) -> Result<Registered, StoreError>,
    ) -> Result<Ids, StoreError> {
        let campaigns: Vec<&str> = self.campaigns.iter().map(|campaign| campaign.name.as_str()).collect();
        let carriers: Vec<&str> = self.carriers.iter().map(|carrier| carrier.name.as_str()).collect();
        let agents: Vec<(&str, &str)> =
            self.agents.iter().map(|agent| (agent.name.as_str(), agent.campaign.as_str())).collect();
        let names = Names { campaigns: &campaigns, carriers: &carriers, agents: &agents };
        let ids = give(names).await?;
        let agents = agents.into_iter().map(|(name, _)| name);
        Ok(Ids {
            campaigns: campaigns.into_iter().map(str::to_owned).zip(ids.campaigns).collect(),
            carriers: carriers.into_iter().map(str::to_owned).zip(ids.carriers).collect(),
            agents: agents.map(str::to_owned).zip(ids.agents).collect(),
        })
    }

    /// The engine's configuration; it signs so what it makes on the PBX.
    ///
    /// # Panics
    /// Where `ids` lacks a configured name.
    #[must_use]
    pub fn engine(
        &self,
        ids: &Ids,
        signature: Signature,
        next_attempt: AttemptId,
        next_session: SessionId,
    ) -> engine::Config {
        engine::Config {
            signature,
            campaigns: self.campaigns.iter().map(|c| campaign(c, ids)).collect(),
            carriers: self.carriers.iter().map(|c| carrier(c, ids)).collect(),
            caller_ids: self.caller_ids.clone(),
            agents: self.agents.iter().map(|a| agent(a, ids)).collect(),
            pause_codes: self.pause_codes.iter().map(|rules| rules.code.clone()).collect(),
            geography: self.geography(),
            next_attempt,
            next_session,
            pbx_patience: PBX_PATIENCE,
            database_patience: DATABASE_PATIENCE,
            survey_every: SURVEY_EVERY,
        }
    }
}

impl Config {
    /// Who keeps to which lists of numbers; `ids` are those of the campaigns, in their order.
    fn list_rules(&self, ids: &[CampaignId]) -> Vec<ListRules<'_>> {
        let keepers = |list| {
            let keeps = |(campaign, id): (&Campaign, &CampaignId)| Some((*id, keeps(list, campaign)?));
            self.campaigns.iter().zip(ids).filter_map(keeps).collect()
        };
        self.number_lists.iter().map(|list| list_rules(list, keepers(list))).collect()
    }

    /// The lists that a campaign keeps to.
    pub(crate) fn lists_of(&self, campaign: &Campaign, id: CampaignId) -> Vec<ListRules<'_>> {
        let keeps = |list| Some(list_rules(list, vec![(id, keeps(list, campaign)?)]));
        self.number_lists.iter().filter_map(keeps).collect()
    }

    /// How often each campaign may call the numbers that begin so.
    pub(super) fn caps<'c>(
        &'c self,
        ids: &'c [CampaignId],
    ) -> impl Iterator<Item = (CampaignId, &'c str, &'c Cap)> {
        let campaigns = self.campaigns.iter().zip(ids);
        campaigns.flat_map(|(campaign, id)| self.caps_of(campaign).map(|(area, cap)| (*id, area, cap)))
    }

    /// How often a campaign may call the numbers that begin so: the house's caps for all of them, and those of each
    /// jurisdiction that it keeps to for whatever numbers are under it by now.
    pub(crate) fn caps_of<'c>(&'c self, campaign: &'c Campaign) -> impl Iterator<Item = (&'c str, &'c Cap)> {
        let house = self.frequency.iter().map(|cap| ("", cap));
        let laws = self.jurisdictions.iter().filter(|_| campaign.jurisdictions);
        house.chain(laws.flat_map(|law| {
            law.prefixes.iter().flat_map(|prefix| law.caps.iter().map(|cap| (prefix.as_str(), cap)))
        }))
    }

    /// By what rules each campaign's leads are put off: its hours and its callees', with all that says where these are, the caps,
    /// and how long a number waits for an agent after a drop.
    pub(crate) fn put_off_by<'c>(&'c self, ids: &'c Ids) -> impl Iterator<Item = PutOffBy> + 'c {
        let places = Sha256::new().chain_update(zone::edition()).chain_update(NUMBER_ZONES);
        self.campaigns.iter().map(move |campaign| {
            let Campaign { zone, hours, callee_hours, jurisdictions, .. } = campaign;
            let after_drop = campaign.kept_for_after_drop();
            let laws = self.jurisdictions.iter().filter(|_| *jurisdictions);
            let laws: Vec<_> = laws.map(|law| (&law.prefixes, &law.hours)).collect();
            let caps: Vec<_> = self.caps_of(campaign).collect();
            let rules = format!("{:?}", (zone, hours, callee_hours, laws, caps, after_drop));
            let digest = places.clone().chain_update(rules).finalize();
            PutOffBy { campaign: id(&ids.campaigns, &campaign.name), rules: hex::encode(digest) }
        })
    }

    /// What is known of the places of numbers; nothing where no campaign keeps to its callees' hours.
    fn geography(&self) -> Geography {
        let by_callees = |campaign: &Campaign| campaign.callee_hours.is_some() || campaign.jurisdictions;
        if self.campaigns.iter().any(by_callees) {
            geography(&self.jurisdictions)
        } else {
            Geography::default()
        }
    }
}

fn list_rules(list: &NumberList, campaigns: Vec<(CampaignId, bool)>) -> ListRules<'_> {
    ListRules { name: &list.name, max_age: list.max_age, campaigns }
}

/// Whether a campaign keeps to a list that allows, or to one that bars; `None` where it does not keep to it.
fn keeps(list: &NumberList, campaign: &Campaign) -> Option<bool> {
    let bars = list.everyone || campaign.do_not_call.contains(&list.name);
    // None does both: such a configuration is refused.
    (bars || campaign.call_only.contains(&list.name)).then_some(!bars)
}

fn campaign(campaign: &Campaign, ids: &Ids) -> CampaignRules {
    let carrier = |name: &String| id(&ids.carriers, name);
    CampaignRules {
        id: id(&ids.campaigns, &campaign.name),
        name: campaign.name.clone(),
        pacing: campaign.pacing.clone(),
        zone: Zone::named(&campaign.zone).expect("the zone was found when the configuration was read"),
        hours: campaign.hours.clone(),
        callee_hours: campaign.callee_hours.clone(),
        law: campaign.jurisdictions,
        carriers: campaign.carriers.iter().map(carrier).collect(),
        caller_id: campaign.caller_id.clone(),
        caller_ids: campaign.caller_ids,
        prefix: campaign.prefix.clone(),
        account: campaign.account.clone(),
        setup_timeout: campaign.setup_timeout,
        ring_timeout: campaign.ring_timeout,
        talk_limit: campaign.talk_limit,
        message_within: campaign.message_within,
        greeting: campaign.greeting,
        message: campaign.message.clone(),
        wrap_up: campaign.wrap_up,
        retry: campaign.retry.clone(),
        callback_patience: campaign.callback_patience,
        repeat_after_drop: campaign.repeat_after_drop,
        hopper_size: campaign.hopper_size,
        flow: campaign.flow.clone(),
        amd: campaign.amd.clone(),
        digits: campaign.digits.clone(),
        recording: campaign.recording,
        dispositions: campaign.dispositions.clone(),
        transfers: campaign.transfers.clone(),
    }
}

fn carrier(carrier: &Carrier, ids: &Ids) -> CarrierRules {
    CarrierRules {
        id: id(&ids.carriers, &carrier.name),
        name: carrier.name.clone(),
        route: carrier.route.clone(),
        weight: carrier.weight,
        channels: carrier.channels,
        calls_per_second: carrier.calls_per_second,
        prefix: carrier.prefix.clone(),
        caller_id: carrier.caller_id.clone(),
        caller_ids: carrier.caller_ids,
        ring_timeout: carrier.ring_timeout,
        digits: carrier.digits.clone(),
        variables: carrier.variables.clone().into_iter().collect(),
        failures_to_rest: carrier.failures_to_rest,
        rest: carrier.rest,
    }
}

fn agent(agent: &Agent, ids: &Ids) -> AgentRules {
    AgentRules {
        id: id(&ids.agents, &agent.name),
        name: agent.name.clone(),
        campaign: id(&ids.campaigns, &agent.campaign),
        endpoint: agent.endpoint.clone(),
        seat: agent.seat,
        ring_timeout: agent.ring_timeout,
        missed_rings: agent.missed_rings,
    }
}

fn id<Id: Copy>(ids: &BTreeMap<String, Id>, name: &str) -> Id {
    *ids.get(name).unwrap_or_else(|| panic!("the database gave no id to {name:?}, which is configured"))
}
