//! The database: the list, what has been saved and not closed, and how agents and campaign stand.
//!
//! It keeps what a later process needs and nothing of what is over, so that it does not grow with time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use engine::agent::{AgentState, Missed, PauseCode};
use engine::call::{CallRequest, CallResult, Record};
use engine::campaign::{CampaignRules, CampaignState};
use engine::lead::{Fate, Past, QueueItem};
use engine::pacing::WindowCount;
use engine::words::{AgentId, AttemptId, CampaignId, LeadId, Micros, Number, QueueId, SessionId};
use engine::{Event, OpenAttempt, OpenCampaign, OpenSession, Outcome, SaveRefusal, Times};

/// Everything that is durable.
#[derive(Debug)]
pub(crate) struct Database {
    /// How many leads have been fetched for the first time, and how many there are.
    fresh: u64,
    leads: Option<u64>,
    /// Leads to be tried (again), with the attempts they have had: not before that moment.
    waiting: BinaryHeap<Reverse<(Micros, u64, u32)>>,
    /// What the attempts on a lead mean for the next, where they mean anything.
    pasts: BTreeMap<u64, Past>,
    /// When a lead was last dropped, where it is to be tried again.
    drops: BTreeMap<u64, Micros>,
    /// Leads that an engine holds, with the attempts they have had.
    claimed: BTreeMap<QueueId, u32>,
    open: BTreeMap<AttemptId, Saved>,
    /// Attempts whose record came before their intent, or twice.
    overtaken: BTreeSet<AttemptId>,
    agents: BTreeMap<AgentId, Stands>,
    campaigns: BTreeMap<CampaignId, Course>,
    last_attempt: AttemptId,
    /// Who has answered, of the attempts that have their record; only where a later process will ask.
    answers: Option<Vec<Answer>>,
}

/// How a campaign stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) state: CampaignState,
    pub(crate) began: Option<Micros>,
    pub(crate) closes_at: Option<Micros>,
}

/// Somebody has answered.
#[derive(Debug, Clone, Copy)]
struct Answer {
    at: Micros,
    is_dropped: bool,
}

/// An attempt that has no record yet.
#[derive(Debug)]
struct Saved {
    request: Arc<CallRequest>,
    times: Times,
    agent: Option<AgentId>,
}

/// How an agent stands.
#[derive(Debug)]
pub(crate) struct Stands {
    pub(crate) session: Option<SessionId>,
    pub(crate) state: AgentState,
    pub(crate) paused: Option<PauseCode>,
    pub(crate) missed: Option<Missed>,
}

impl Database {
    /// A list of so many leads, or without end. `restarts`: processes will ask who has answered.
    pub(crate) fn new(leads: Option<u64>, restarts: bool) -> Self {
        Self {
            fresh: 0,
            leads,
            waiting: BinaryHeap::new(),
            pasts: BTreeMap::new(),
            drops: BTreeMap::new(),
            claimed: BTreeMap::new(),
            open: BTreeMap::new(),
            overtaken: BTreeSet::new(),
            agents: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            last_attempt: AttemptId(0),
            answers: restarts.then(Vec::new),
        }
    }

    /// What was saved for an attempt that has no record yet.
    pub(crate) fn request(&self, attempt: AttemptId) -> Option<&CallRequest> {
        self.open.get(&attempt).map(|saved| &*saved.request)
    }

    /// The last attempt that was ever saved.
    pub(crate) const fn last_attempt(&self) -> AttemptId {
        self.last_attempt
    }

    /// Whether every attempt has its record.
    pub(crate) fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// Whoever is to be tried again by now, and then somebody new.
    pub(crate) fn fetch(&mut self, count: u32, now: Micros) -> Outcome {
        let mut items = Vec::with_capacity(count as usize);
        while items.len() < count as usize {
            let Some((lead, attempts)) = self.next(now) else { break };
            self.claimed.insert(QueueId(lead), attempts);
            let past = self.pasts.get(&lead).cloned().unwrap_or_default();
            items.push(item(lead, attempts, past, self.drops.get(&lead).copied()));
        }
        let next_due = self.waiting.peek().map(|Reverse((at, ..))| *at);
        Outcome::Fetched { items, next_due, next_callback: None }
    }

    fn next(&mut self, now: Micros) -> Option<(u64, u32)> {
        if self.waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            return self.waiting.pop().map(|Reverse((_, lead, attempts))| (lead, attempts));
        }
        if self.leads.is_some_and(|leads| self.fresh >= leads) {
            return None;
        }
        self.fresh += 1;
        Some((self.fresh, 0))
    }

    pub(crate) fn save(&mut self, call: Arc<CallRequest>) -> Outcome {
        if self.overtaken.remove(&call.attempt) || !self.claimed.contains_key(&call.queue) {
            return Outcome::Refused(SaveRefusal::NotClaimed);
        }
        self.last_attempt = self.last_attempt.max(call.attempt);
        let times = Times { created: call.created, ..Times::default() };
        self.open.insert(call.attempt, Saved { request: call, times, agent: None });
        Outcome::Done
    }

    pub(crate) fn release(&mut self, items: &[QueueId], not_before: Micros) {
        for id in items {
            if let Some(attempts) = self.claimed.remove(id) {
                self.waiting.push(Reverse((not_before, id.0, attempts)));
            }
        }
    }

    pub(crate) fn note(&mut self, attempt: AttemptId, times: Times, agent: Option<AgentId>) {
        if let Some(saved) = self.open.get_mut(&attempt) {
            (saved.times, saved.agent) = (times, agent);
        }
    }

    /// A record may come again where its answer was lost; only the first one counts.
    pub(crate) fn record(&mut self, record: &Record) {
        self.last_attempt = self.last_attempt.max(record.attempt);
        match self.open.remove(&record.attempt) {
            None => drop(self.overtaken.insert(record.attempt)),
            Some(_) => {
                let answer = Answer::of(&record.times, record.result == CallResult::Dropped);
                self.answers.as_mut().into_iter().for_each(|answers| answers.extend(answer));
            }
        }
        if self.claimed.remove(&record.queue).is_none() {
            return;
        }
        if let Fate::Retry(at) = record.fate {
            self.waiting.push(Reverse((at, record.queue.0, record.nth)));
            if record.result == CallResult::Dropped {
                self.drops.extend(record.times.ended.map(|at| (record.queue.0, at)));
            }
        } else {
            self.drops.remove(&record.queue.0);
        }
        if record.past.is_blank() {
            self.pasts.remove(&record.queue.0);
        } else {
            self.pasts.insert(record.queue.0, record.past.clone());
        }
    }

    pub(crate) fn note_agent(&mut self, agent: AgentId, stands: Stands) {
        self.agents.insert(agent, stands);
    }

    pub(crate) fn note_campaign(&mut self, campaign: CampaignId, course: Course) {
        self.campaigns.insert(campaign, course);
    }

    /// What a new process of these rules is told; what the old one held and had not dialled can be fetched again.
    pub(crate) fn reopen(&mut self, now: Micros, rules: &CampaignRules) -> Event {
        let dialled: Vec<QueueId> = self.open.values().map(|saved| saved.request.queue).collect();
        let held: Vec<QueueId> = self.claimed.keys().copied().filter(|id| !dialled.contains(id)).collect();
        self.release(&held, now);
        let attempt = |saved: &Saved| OpenAttempt {
            request: (*saved.request).clone(),
            times: saved.times,
            agent: saved.agent,
            // The worlds have nobody who records or hands a callee over.
            takes: None,
            others: 0,
        };
        let at_work = |(_, stands): &(&AgentId, &Stands)| {
            stands.session.is_some() || stands.state != AgentState::Offline
        };
        let session = |(&agent, stands): (&AgentId, &Stands)| OpenSession {
            agent,
            session: stands.session,
            paused: stands.paused.clone(),
            missed: stands.missed,
        };
        let campaign = |(&id, &Course { state, began, closes_at }): (&CampaignId, &Course)| OpenCampaign {
            id,
            state,
            began,
            closes_at,
            counts: rules.windows(now, began).into_iter().map(|since| self.count(since)).collect(),
        };
        Event::Reopened {
            attempts: self.open.values().map(attempt).collect(),
            sessions: self.agents.iter().filter(at_work).map(session).collect(),
            campaigns: self.campaigns.iter().map(campaign).collect(),
            shown: Vec::new(),
            debts: Vec::new(),
        }
    }

    /// Who has answered since then.
    fn count(&self, since: Micros) -> WindowCount {
        let open = self.open.values().filter_map(|saved| Answer::of(&saved.times, false));
        let within = open.chain(self.answers.iter().flatten().copied()).filter(|answer| answer.at >= since);
        let none = WindowCount { since, answers: 0, drops: 0 };
        within.fold(none, |count, answer| WindowCount {
            since,
            answers: count.answers + 1,
            drops: count.drops + u64::from(answer.is_dropped),
        })
    }
}

impl Answer {
    /// Who hears the message was dropped, whatever comes of it.
    fn of(times: &Times, is_dropped: bool) -> Option<Self> {
        times.answered.map(|at| Self { at, is_dropped: is_dropped || times.message.is_some() })
    }
}

/// Below the number of the first lead: eleven digits, as North American numbers have.
const FIRST_NUMBER: u64 = 10_000_000_000;

fn item(lead: u64, attempts: u32, past: Past, dropped: Option<Micros>) -> QueueItem {
    QueueItem {
        id: QueueId(lead),
        lead: LeadId(lead),
        number: Number::parse(itoa::Buffer::new().format(FIRST_NUMBER + lead)).expect("eleven digits"),
        alternates: Vec::new(),
        attempts,
        past,
        callback: None,
        attributes: Vec::new(),
        zone: None,
        dropped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::world::floor::Floor;

    #[test]
    fn a_record_that_comes_again_takes_nothing_from_what_the_first_has_said_of_its_lead() {
        let preset = include_str!("../../scenarios/realistic-flat.toml");
        let text = preset.replace("\"progressive\"", "{ ratio = 4 }")
            + "\n[campaign.retry]\ncap = 3\ndropped = { up_to = 2, delay = 600 }\n";
        let world = scenario::read("a test", &text).expect("right").world();
        let records = Floor::watch(&world, 5).records;
        let dropped =
            records.iter().find(|record| record.result == CallResult::Dropped).expect("a drop in a day");
        let Fate::Retry(at) = dropped.fate else { panic!("{dropped:#?} is to be tried again") };
        let mut database = Database::new(None, false);
        database.fetch(u32::try_from(dropped.queue.0).expect("a day's leads"), Micros(0));
        database.record(dropped);
        database.record(dropped);
        let Outcome::Fetched { items, .. } = database.fetch(1, at) else { unreachable!("a fetch fetches") };
        assert_eq!(items.iter().map(|item| item.dropped).collect::<Vec<_>>(), [dropped.times.ended]);
    }
}
