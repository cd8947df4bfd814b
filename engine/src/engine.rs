//! Who hears it? One flat match from event to room, and the rooms that several wings share.
//!
//! The flows that cross wings have a file each: `amd` (is it a machine?), `aside` (hold and mute), `callbacks` (what was
//! agreed on), `conference` (rooms in which callees hear each other), `desk` (what agents have somebody else do), `queue` (what
//! callees hear who wait for an agent), `preview` (what agents see first), `dialling` (from a free agent to a placed call),
//! `digits` (keys that are
//! sent), `dispositions` (what agents say of their calls), `flows` (an answered callee in a call flow), `legs` (what the
//! callee's leg does), `transfers` (whom a callee is put through to), `seats` (what the agents do), `recording` (what is
//! kept of what they say), `recovery` (what is found after a gap), `wishes` (what people ask), `upkeep` (answers, silence
//! and deadlines).

mod amd;
mod aside;
mod callbacks;
mod conference;
mod config;
mod desk;
mod dialling;
mod digits;
mod dispositions;
mod flows;
mod legs;
mod preview;
mod queue;
mod recording;
mod recovery;
mod seats;
mod transfers;
mod upkeep;
mod wishes;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub use config::{BadConfig, Config};
use dispositions::Owing;

use crate::agent::Agents;
use crate::breaker::Breaker;
use crate::call::{Calls, Rooms, Transfers, Way};
use crate::campaign::{Campaign, CampaignState};
use crate::carrier::{Acceptance, Carriers, Rotation};
use crate::deadline::{Deadlines, Wake};
use crate::gate::{Gate, Reason};
use crate::lead::Atlas;
use crate::pending::{OptOut, Pending, Purpose};
use crate::roster::Roster;
use crate::view::{AgentView, CampaignView, View};
use crate::words::{AgentId, AttemptId, CampaignId, Leg, Micros, Number, QueueId, RequestId, Span, first_of};
use crate::{Command, Event, TextMessage};

/// How many failures in a row open the breaker over the PBX.
const PBX_FAILURES: u32 = 5;

/// When something that failed outright is tried again.
const RETRY_AFTER: Span = Span::secs(1);

/// How many events pass at least between two recounts of everything that is kept for speed, and how many for each
/// attempt that is open: a recount takes as long as there is to count, an event should not.
const AUDIT_EVERY: u64 = 4_096;
const AUDIT_EVENTS_PER_ATTEMPT: u64 = 16;

/// The dialer: events in, commands out. A clone goes on exactly as the original would.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
    now: Micros,
    rng: ChaCha8Rng,
    campaigns: Roster<CampaignId, Campaign>,
    agents: Agents,
    carriers: Carriers,
    calls: Calls,
    /// Legs to others whom callees are put through to.
    transfers: Transfers,
    /// Rooms that callees are in together.
    rooms: Rooms,
    /// Calls that are over and have no durable disposition yet, where one is owed.
    debts: BTreeMap<AttemptId, Owing>,
    pending: Pending,
    deadlines: Deadlines,
    pbx: Breaker,
    database: Breaker,
    link: Link,
    /// Whether the PBX's interface for managers answers, as far as is known.
    manager_answers: bool,
    closing: bool,
    sweep: Sweep,
    /// Queue items that could not be given back yet.
    unreleased: Vec<Unreleased>,
    /// Numbers of callees who have opted out that could not be written down yet.
    opt_outs: Vec<OptOut>,
    /// Texts that could not be handed on yet.
    texts: Vec<Arc<TextMessage>>,
    /// Attempts of which it could not be written down how far they have come, or was left for later.
    unnoted: BTreeSet<AttemptId>,
    /// Legs of which nobody could tell after a gap whether they still hear what is said to them: a survey soon asks again.
    unfound: BTreeSet<Leg>,
    /// Whether anything has changed that could let a campaign dial.
    dialable: bool,
    /// Campaigns in the order of their turns, as of the last look; kept so that no look needs memory of its own.
    turns: Vec<(u64, CampaignId)>,
    commands: VecDeque<Command>,
    next_attempt: u64,
    next_session: u64,
    opened: u64,
    closed: u64,
    /// Events since the last recount.
    unaudited: u64,
    stray: BTreeMap<String, u64>,
}

/// Queue items to be given back, from when they are due, and who has skipped them.
type Unreleased = (Vec<QueueId>, Micros, Option<AgentId>);

/// The event stream from the PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    /// It stands, and what the PBX holds is being compared.
    Comparing {
        since: Micros,
    },
    Ready,
}

/// The last look of a closing floor for what is left of ours in the PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sweep {
    NotYet,
    /// Calls and agents are gone.
    Asked,
    /// And so is everything else.
    Done,
}

impl Engine {
    /// A new engine at `now`. `seed` decides all that is left to chance: so far the jitter of the breakers.
    ///
    /// # Errors
    /// [`BadConfig`] names the first field that cannot work.
    pub fn new(config: Config, seed: [u8; 32], now: Micros) -> Result<Self, BadConfig> {
        config.check()?;
        let carriers = Carriers::new(config.carriers.iter().cloned(), config.caller_ids.iter().cloned());
        let atlas = Arc::new(Atlas::from(&config.geography));
        let campaign = |rules: &crate::campaign::CampaignRules| {
            let weights = rules.carriers.iter().map(|&id| (id, carriers.rules(id).weight));
            let own = |id| carriers.rules(id).ring_timeout.unwrap_or(rules.ring_timeout);
            let ringing = rules.carriers.iter().map(|&id| own(id)).max().unwrap_or(rules.ring_timeout);
            let ways = rules.carriers.iter().map(|&id| (id, Way::new(rules, carriers.rules(id))));
            let (rotation, ways) = (Rotation::new(weights), Roster::new(ways));
            let accepted = Acceptance::new(rules.carriers.iter().map(|&id| carriers.rules(id)));
            (rules.id, Campaign::new(rules.clone(), rotation, ways, accepted, ringing, &atlas, now))
        };
        Ok(Self {
            now,
            rng: ChaCha8Rng::from_seed(seed),
            agents: Agents::new(
                config.campaigns.iter().map(|rules| rules.id),
                config.agents.iter().cloned(),
                now,
            ),
            campaigns: Roster::new(config.campaigns.iter().map(campaign)),
            carriers,
            calls: Calls::new(config.campaigns.iter().map(|rules| rules.id)),
            transfers: Transfers::default(),
            rooms: Rooms::default(),
            debts: BTreeMap::new(),
            pending: Pending::default(),
            deadlines: Deadlines::new(
                config.agents.iter().map(|rules| rules.id),
                config.campaigns.iter().map(|rules| rules.id),
            ),
            pbx: Breaker::new(PBX_FAILURES),
            database: Breaker::new(1),
            link: Link::Down,
            manager_answers: true,
            closing: false,
            sweep: Sweep::NotYet,
            unreleased: Vec::new(),
            opt_outs: Vec::new(),
            texts: Vec::new(),
            unnoted: BTreeSet::new(),
            unfound: BTreeSet::new(),
            dialable: false,
            turns: Vec::new(),
            commands: VecDeque::new(),
            next_attempt: config.next_attempt.0,
            next_session: config.next_session.0,
            opened: 0,
            closed: 0,
            unaudited: 0,
            stray: BTreeMap::new(),
            config,
        })
    }

    /// Takes in one fact at `now`, and with it everything that has become due. Then poll the commands until there are
    /// none.
    ///
    /// # Panics
    /// If commands of the event before have not been polled, or `now` is earlier than before: both are errors of the
    /// caller that would break replay.
    pub fn handle(&mut self, now: Micros, event: Event) {
        assert!(self.commands.is_empty(), "all commands must be polled before the next event");
        assert!(now >= self.now, "time does not run backwards");
        // What it takes up begins at its first place again: where few are in use they stay near.
        self.commands.clear();
        self.now = now;
        match event {
            Event::Reopened { attempts, sessions, campaigns, shown, debts } => {
                shown.iter().for_each(|(caller_id, at)| self.carriers.was_shown(caller_id, *at));
                self.reopen(attempts, sessions, campaigns, debts);
            }
            Event::LinkUp => self.link_up(),
            Event::LinkLost => self.link_lost(),
            Event::Leg { leg, news } => self.leg_news(leg, news),
            Event::Settled { request, outcome } => self.settled(request, outcome),
            Event::Asked { ask, wish } => self.asked(ask, wish),
            Event::Carrier { carrier, reachable } => self.carrier_seen(carrier, reachable),
            Event::Manager { answers } => self.manager_seen(answers),
            Event::Foreign { kind, leg } => {
                self.count_stray(kind);
                if let Some(leg) = leg.filter(|&leg| self.knows(leg)) {
                    self.look_for_what_was_missed(leg);
                }
            }
            Event::Woke => {}
        }
        while let Some(wake) = self.due() {
            self.woke(wake);
        }
        self.dial();
        self.wind_up();
        self.unaudited += 1;
        if self.unaudited >= AUDIT_EVERY && self.unaudited >= self.calls.len() * AUDIT_EVENTS_PER_ATTEMPT {
            self.audit();
            self.unaudited = 0;
        }
    }

    /// The next command.
    #[must_use]
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When to send [`Event::Woke`] at the latest, and why. Always later than the last event's time.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Micros, Wake)> {
        let answer = self.pending.next_overdue().map(|(at, request)| (at, Wake::Answer(request)));
        first_of(self.deadlines.next(), answer)
    }

    /// A deadline that has passed.
    fn due(&self) -> Option<Wake> {
        let is_due = |at: Option<Micros>| at.is_some_and(|at| at <= self.now);
        // Hardly any event finds one, and which of two is the first matters only then.
        if !is_due(self.deadlines.next_at()) && !is_due(self.pending.next_at()) {
            return None;
        }
        self.poll_timeout().map(|(_, wake)| wake)
    }

    /// Whether a floor that was asked to close has nothing left to do or to wait for.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        // Where the PBX cannot be asked and nothing of ours is known to be in it, nobody need wait for it.
        let swept = self.sweep == Sweep::Done || (self.sweep == Sweep::Asked && self.link == Link::Down);
        let gone = swept && self.calls.is_empty() && self.transfers.is_empty() && self.agents.all_gone();
        // What agents still have to say is asked of them by the next process.
        let said = self.debts.values().any(Owing::is_said);
        let written =
            self.unreleased.is_empty() && self.opt_outs.is_empty() && self.texts.is_empty() && !said;
        gone && self.pending.is_empty() && written && self.all_noted()
    }

    fn all_noted(&self) -> bool {
        self.agents.all_noted() && self.campaigns.values().all(|campaign| !campaign.unnoted)
    }

    /// The floor as it is.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            pbx: self.link == Link::Ready,
            breaker_until: self.gate().breaker,
            campaigns: self.campaigns.values().map(|campaign| self.campaign_view(campaign)).collect(),
            agents: self.agents_view(),
            carriers: self.carriers.view(self.now),
            opened: self.opened,
            closed: self.closed,
            stray: self.stray.clone(),
        }
    }

    /// Whether the hours of a campaign, of a number's callee and of their law let a call begin at `now`, or when they will.
    /// `zone` is the one that the lead has given, by its name in the configuration's geography.
    ///
    /// # Errors
    /// When they open, where they are closed.
    ///
    /// # Panics
    /// Where there is no such campaign.
    pub fn hours(
        &mut self,
        now: Micros,
        campaign: CampaignId,
        number: Number,
        zone: Option<&str>,
    ) -> Result<(), Micros> {
        let campaign = self.campaigns.get_mut(campaign).expect("the caller names a configured campaign");
        campaign.calendar.as_mut().map_or(Ok(()), |calendar| calendar.open_at(now, number, zone))
    }

    /// Holds everything that is kept for speed against a recount. Runs by itself every so often.
    ///
    /// # Panics
    /// If anything has drifted: a broken invariant of the engine's own.
    pub fn audit(&self) {
        self.agents.audit();
        let mut counted = self.calls.audit();
        self.transfers.count_lines(&mut counted);
        self.transfers.audit(self.calls.handovers());
        self.rooms.audit(self.calls.visits());
        for (carrier, kept) in self.carriers.lines() {
            let counted = counted.get(&carrier).copied().unwrap_or_default();
            assert_eq!(kept, counted, "the lines of carrier {carrier} have drifted");
        }
        let results = self.campaigns.values().flat_map(|campaign| campaign.results.values()).sum::<u64>();
        assert_eq!(results, self.closed, "the results of the attempts that are recorded have drifted");
    }

    fn agents_view(&self) -> Vec<AgentView> {
        let mut agents = self.agents.view();
        for owing in self.debts.values().filter(|owing| !owing.is_said()) {
            if let Some(agent) = agents.iter_mut().find(|agent| agent.id == owing.debt.agent) {
                let set = self.campaign(owing.debt.campaign).rules.dispositions.as_deref();
                agent.owes.push(owing.view(set));
            }
        }
        for agent in &mut agents {
            let Some(call) = agent.attempt.and_then(|id| self.calls.get(id)?.call()) else { continue };
            agent.agreed = call.agreed();
            agent.held = call.hold.since;
            agent.transfers.clone_from(&call.transfers);
            agent.consults = self.consult_view(call);
        }
        agents
    }

    fn campaign_view(&self, campaign: &Campaign) -> CampaignView {
        let counts = self.calls.counts(campaign.rules.id);
        CampaignView {
            id: campaign.rules.id,
            state: campaign.state,
            closes_at: campaign.closes_at,
            pacing: campaign.pacing(),
            configured: campaign.change.map(|_| campaign.rules.pacing.clone()),
            reason: campaign.reason,
            opens_at: campaign.opens_at.filter(|_| campaign.reason == Some(Reason::OutsideHours)),
            hopper: campaign.hopper.len(),
            in_flight: counts.in_flight(),
            waiting: counts.waiting(),
            talking: counts.talking(),
            handed: counts.handed(),
            skipped: campaign.skipped,
            refusals: campaign.refusals.clone(),
            results: campaign.results.clone(),
            windows: campaign.pacer.counts(),
            pace: campaign.pacer.pace(self.now),
        }
    }

    /// What the gate sees.
    fn gate(&self) -> Gate<'_> {
        let breakers = [&self.pbx, &self.database].into_iter();
        Gate {
            now: self.now,
            closing: self.closing,
            pbx_ready: self.link == Link::Ready,
            manager_answers: self.manager_answers,
            breaker: breaker_until(breakers, self.now),
            carriers: &self.carriers,
            calls: &self.calls,
            agents: &self.agents,
        }
    }

    /// Gives out a command whose answer is awaited until the engine's own deadline.
    fn give(&mut self, purpose: Purpose, command: impl FnOnce(RequestId) -> Command) {
        let patience =
            if purpose.is_for_database() { self.config.database_patience } else { self.config.pbx_patience };
        let request = self.pending.open(purpose, self.now + patience);
        self.commands.push_back(command(request));
    }

    fn set_campaign(&mut self, id: CampaignId, state: CampaignState) {
        let campaign = self.campaigns.get_mut(id).expect("the campaign was looked up before");
        if campaign.state == state {
            return;
        }
        match state {
            CampaignState::Running => campaign.runs(self.now),
            CampaignState::Ready
            | CampaignState::Starting
            | CampaignState::Paused
            | CampaignState::Draining
            | CampaignState::Stopped
            | CampaignState::Completed => campaign.state = state,
        }
        campaign.reason = None;
        self.note_campaign(id);
        self.dialable = true;
    }

    fn note_campaign(&mut self, id: CampaignId) {
        let campaign = self.campaigns.get_mut(id).expect("the campaign was looked up before");
        campaign.unnoted = false;
        let (state, began, closes_at) = (campaign.state, campaign.began, campaign.closes_at);
        let paced = campaign.paced();
        self.give(Purpose::NoteCampaign(id), |request| Command::NoteCampaign {
            request,
            campaign: id,
            state,
            began,
            closes_at,
            paced,
        });
    }

    fn count_stray(&mut self, kind: impl Into<String>) {
        *self.stray.entry(kind.into()).or_default() += 1;
    }
}

fn breaker_until<'a>(breakers: impl Iterator<Item = &'a Breaker>, now: Micros) -> Option<Micros> {
    breakers.filter_map(|breaker| breaker.open_until(now)).max()
}
