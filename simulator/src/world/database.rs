//! The database: the list, what has been saved and not closed, and how agents and campaign stand.
//!
//! It keeps what a later process needs and nothing of what is over, so that it does not grow with time. Where no process
//! follows, nobody asks how far anything has come.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use engine::agent::{AgentState, Missed, PauseCode};
use engine::call::{CallRequest, CallResult, CallSoFar, Record};
use engine::campaign::{CampaignRules, CampaignState};
use engine::lead::{Fate, Past, QueueItem};
use engine::pacing::{Paced, WindowCount};
use engine::words::{AgentId, AttemptId, CampaignId, LeadId, Micros, Number, QueueId, SessionId};
use engine::{Event, OpenAttempt, OpenCampaign, OpenSession, Outcome, SaveRefusal, Times};

use super::ById;

/// Everything that is durable.
#[derive(Debug)]
pub(crate) struct Database {
    /// How many leads have been fetched for the first time, and how many there are.
    fresh: u64,
    leads: Option<u64>,
    /// Leads that an engine holds, and those that it has given back or that are to be tried again.
    tried: ById<QueueId, Lead>,
    /// Those that are to be tried again, and those that were given back untried.
    again: Line,
    untried: Line,
    open: ById<AttemptId, Saved>,
    agents: BTreeMap<AgentId, Stands>,
    campaigns: BTreeMap<CampaignId, Course>,
    last_attempt: AttemptId,
    /// Who has answered, of the attempts that have their record.
    answers: Vec<Answer>,
    /// Whether later processes will ask who has answered, and how attempts, agents and campaigns stand.
    is_asked: bool,
}

/// When a lead is due that nobody has tried, and whose number may be called: the whole list is there before the first day.
const NEW: Micros = Micros(0);

/// Leads by the moment before which they are not to be tried.
type Line = BinaryHeap<Reverse<(Micros, QueueId)>>;

/// What is known of a lead that may be tried.
#[derive(Debug)]
struct Lead {
    attempts: u32,
    /// The moment before which it is not to be tried.
    due: Micros,
    /// The last attempt that has its record: what comes of it or of an earlier one comes twice, or too late.
    last: AttemptId,
    past: Past,
    /// When it was last dropped.
    dropped: Option<Micros>,
    /// Whether an engine holds it.
    is_claimed: bool,
}

/// How a campaign stands.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) state: CampaignState,
    pub(crate) began: Option<Micros>,
    pub(crate) closes_at: Option<Micros>,
    pub(crate) paced: Option<Paced>,
}

/// Somebody has answered.
#[derive(Debug, Clone, Copy)]
struct Answer {
    at: Micros,
    /// Whether a person did, as far as anybody can tell.
    is_persons: bool,
    is_dropped: bool,
    /// What else is to be counted as a drop, in thousandths of one: a machine that may have been a person.
    doubt: u64,
}

/// An attempt that has no record yet.
#[derive(Debug)]
struct Saved {
    request: Arc<CallRequest>,
    so_far: CallSoFar,
}

/// How an agent stands.
#[derive(Debug)]
pub(crate) struct Stands {
    pub(crate) session: Option<SessionId>,
    pub(crate) state: AgentState,
    pub(crate) paused: Option<PauseCode>,
    pub(crate) leaves: bool,
    pub(crate) missed: Option<Missed>,
}

impl Database {
    /// A list of so many leads, or without end. `restarts`: later processes will ask what came of it.
    pub(crate) fn new(leads: Option<u64>, restarts: bool) -> Self {
        Self {
            fresh: 0,
            leads,
            tried: ById::default(),
            again: Line::new(),
            untried: Line::new(),
            open: ById::default(),
            agents: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            last_attempt: AttemptId(0),
            answers: Vec::new(),
            is_asked: restarts,
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

    /// Whoever is to be tried again by now, and then whoever was not tried yet, each in the order in which they are due and by
    /// id.
    pub(crate) fn fetch(&mut self, count: u32, now: Micros) -> Outcome {
        let mut items = Vec::with_capacity(count as usize);
        while items.len() < count as usize {
            let Some(id) = self.next(now) else { break };
            let lead = self.tried.entry(id).or_insert_with(Lead::new);
            lead.is_claimed = true;
            items.push(item(id, lead));
        }
        let first = |line: &Line| line.peek().map(|&Reverse((at, _))| at);
        let next_due = first(&self.again).into_iter().chain(first(&self.untried)).min();
        Outcome::Fetched { items, next_due, next_callback: None }
    }

    fn next(&mut self, now: Micros) -> Option<QueueId> {
        first_due(&mut self.again, now)
            .or_else(|| first_due(&mut self.untried, NEW))
            .or_else(|| self.somebody_new())
            .or_else(|| first_due(&mut self.untried, now))
    }

    fn somebody_new(&mut self) -> Option<QueueId> {
        if self.leads.is_some_and(|leads| self.fresh >= leads) {
            return None;
        }
        self.fresh += 1;
        Some(QueueId(self.fresh))
    }

    pub(crate) fn save(&mut self, call: Arc<CallRequest>) -> Outcome {
        if self.claimed(call.queue).is_none_or(|lead| call.attempt <= lead.last) {
            return Outcome::Refused(SaveRefusal::NotClaimed);
        }
        self.last_attempt = self.last_attempt.max(call.attempt);
        let times = Times { created: call.created, ..Times::default() };
        let so_far = CallSoFar { times, ..CallSoFar::default() };
        self.open.insert(call.attempt, Saved { request: call, so_far });
        Outcome::Done
    }

    /// A lead that an engine holds.
    fn claimed(&mut self, id: QueueId) -> Option<&mut Lead> {
        self.tried.get_mut(&id).filter(|lead| lead.is_claimed)
    }

    /// They keep their places in the line, unless they are not to be tried for some time.
    pub(crate) fn release(&mut self, items: &[QueueId], not_before: Micros) {
        for &id in items {
            let Some(lead) = self.claimed(id) else { continue };
            lead.is_claimed = false;
            lead.due = lead.due.max(not_before);
            let (due, is_untried) = (lead.due, lead.attempts == 0);
            let line = if is_untried { &mut self.untried } else { &mut self.again };
            line.push(Reverse((due, id)));
        }
    }

    pub(crate) fn note(&mut self, attempt: AttemptId, so_far: &CallSoFar) {
        if self.is_asked
            && let Some(saved) = self.open.get_mut(&attempt)
        {
            saved.so_far.clone_from(so_far);
        }
    }

    /// A record may come again where its answer was lost, or before its intent; only the first one counts.
    pub(crate) fn record(&mut self, record: &Record) {
        self.last_attempt = self.last_attempt.max(record.attempt);
        let was_dropped = record.result == CallResult::Dropped;
        if self.open.remove(&record.attempt).is_some() && self.is_asked {
            self.answers.extend(Answer::of_record(record));
        }
        let Some(lead) = self.claimed(record.queue).filter(|lead| lead.last < record.attempt) else { return };
        let Fate::Retry(at) = record.fate else {
            self.tried.remove(&record.queue);
            return;
        };
        *lead = Lead {
            attempts: record.nth,
            due: at,
            last: record.attempt,
            past: record.past.clone(),
            dropped: record.times.ended.filter(|_| was_dropped).or(lead.dropped),
            is_claimed: false,
        };
        self.again.push(Reverse((at, record.queue)));
    }

    pub(crate) fn note_agent(&mut self, agent: AgentId, stands: Stands) {
        if self.is_asked {
            self.agents.insert(agent, stands);
        }
    }

    pub(crate) fn note_campaign(&mut self, campaign: CampaignId, course: Course) {
        if self.is_asked {
            self.campaigns.insert(campaign, course);
        }
    }

    /// What a new process of these rules is told; what the old one held and had not dialled can be fetched again.
    pub(crate) fn reopen(&mut self, now: Micros, rules: &CampaignRules) -> Event {
        let dialled: Vec<QueueId> = self.open.values().map(|saved| saved.request.queue).collect();
        let held = self.tried.iter().filter(|(id, lead)| lead.is_claimed && !dialled.contains(id));
        let held: Vec<QueueId> = held.map(|(&id, _)| id).collect();
        self.release(&held, NEW);
        let attempt = |saved: &Saved| OpenAttempt {
            request: (*saved.request).clone(),
            so_far: saved.so_far.clone(),
            // The worlds have nobody who hands a callee over.
            others: 0,
        };
        let at_work = |(_, stands): &(&AgentId, &Stands)| stands.state != AgentState::Offline;
        let session = |(&agent, stands): (&AgentId, &Stands)| OpenSession {
            agent,
            session: stands.session,
            paused: stands.paused.clone(),
            leaves: stands.leaves,
            missed: stands.missed,
        };
        let campaign =
            |(&id, &Course { state, began, closes_at, ref paced }): (&CampaignId, &Course)| OpenCampaign {
                id,
                state,
                began,
                closes_at,
                paced: paced.clone(),
                counts: rules.windows(now, began).into_iter().map(|since| self.count(since)).collect(),
            };
        let mut attempts: Vec<OpenAttempt> = self.open.values().map(attempt).collect();
        attempts.sort_unstable_by_key(|open| open.request.attempt);
        Event::Reopened {
            attempts,
            sessions: self.agents.iter().filter(at_work).map(session).collect(),
            campaigns: self.campaigns.iter().map(campaign).collect(),
            shown: Vec::new(),
            debts: Vec::new(),
        }
    }

    /// Who has answered since then.
    fn count(&self, since: Micros) -> WindowCount {
        let open = self.open.values().filter_map(|saved| Answer::of(&saved.so_far.times));
        let answers = || open.clone().chain(self.answers.iter().copied()).filter(|answer| answer.at >= since);
        let persons = answers().filter(|answer| answer.is_persons).count() as u64;
        let drops = answers().filter(|answer| answer.is_dropped).count() as u64;
        WindowCount::recounted(since, persons, drops, answers().map(|answer| answer.doubt).sum())
    }
}

/// Takes the first out of a line, if they are due by then.
fn first_due(line: &mut Line, by: Micros) -> Option<QueueId> {
    let first = line.peek_mut().filter(|first| first.0.0 <= by)?;
    let Reverse((_, id)) = PeekMut::pop(first);
    Some(id)
}

impl Lead {
    /// Nobody has tried it yet: attempts are counted from 1.
    fn new() -> Self {
        Self {
            attempts: 0,
            due: NEW,
            last: AttemptId(0),
            past: Past::default(),
            dropped: None,
            is_claimed: false,
        }
    }
}

impl Answer {
    /// Who hears the message was dropped, whatever comes of it.
    fn of(times: &Times) -> Option<Self> {
        let answer = |at| Self { at, is_persons: true, is_dropped: times.message.is_some(), doubt: 0 };
        times.answered.map(answer)
    }

    fn of_record(record: &Record) -> Option<Self> {
        let answer = Self::of(&record.times)?;
        Some(Self {
            is_persons: !matches!(record.result, CallResult::Machine | CallResult::Fax),
            is_dropped: answer.is_dropped || record.result == CallResult::Dropped,
            doubt: record.amd.as_ref().map_or(0, |amd| amd.drop_share.into()),
            ..answer
        })
    }
}

/// Below the number of the first lead: eleven digits, as North American numbers have.
const FIRST_NUMBER: u64 = 10_000_000_000;

fn item(id: QueueId, lead: &Lead) -> QueueItem {
    QueueItem {
        id,
        lead: LeadId(id.0),
        number: Number::parse(itoa::Buffer::new().format(FIRST_NUMBER + id.0)).expect("eleven digits"),
        alternates: Vec::new(),
        attempts: lead.attempts,
        past: lead.past.clone(),
        callback: None,
        note: None,
        attributes: Vec::new(),
        zone: None,
        dropped: lead.dropped,
    }
}

#[cfg(test)]
mod tests {
    use engine::words::Span;

    use super::*;
    use crate::scenario;
    use crate::world::floor::Floor;

    /// What was written of somebody who was dropped and is to be tried again, and from when on.
    fn a_drop() -> (Arc<Record>, Micros) {
        let preset = include_str!("../../scenarios/realistic-flat.toml");
        let text = preset.replace("\"progressive\"", "{ ratio = 4 }")
            + "\n[campaign.retry]\ncap = 3\ndropped = { up_to = 2, delay = 600 }\n";
        let world = scenario::read("a test", &text).expect("right").world();
        let mut records = Floor::watch(&world, 5).records.into_iter();
        let dropped = records.find(|record| record.result == CallResult::Dropped).expect("a drop in a day");
        let Fate::Retry(at) = dropped.fate else { panic!("{dropped:#?} is to be tried again") };
        (dropped, at)
    }

    /// A list whose last lead was dropped so, which is on record.
    fn after_a_drop() -> (Database, Arc<Record>, Micros) {
        let (dropped, at) = a_drop();
        let mut database = claimed_up_to(dropped.queue);
        database.record(&dropped);
        (database, dropped, at)
    }

    /// Holds a list that ends with a lead, all of it.
    fn claimed_up_to(last: QueueId) -> Database {
        let mut database = Database::new(Some(last.0), false);
        database.fetch(u32::try_from(last.0).expect("a day's leads"), Micros(0));
        database
    }

    fn fetched(database: &mut Database, now: Micros) -> Vec<QueueItem> {
        let Outcome::Fetched { items, .. } = database.fetch(1, now) else { unreachable!("a fetch fetches") };
        items
    }

    #[test]
    fn a_record_that_comes_again_takes_nothing_from_what_the_first_has_said_of_its_lead() {
        let (mut database, dropped, at) = after_a_drop();
        database.record(&dropped);
        let items = fetched(&mut database, at);
        assert_eq!(items.iter().map(|item| item.dropped).collect::<Vec<_>>(), [dropped.times.ended]);
    }

    #[test]
    fn in_the_morning_whoever_is_due_again_comes_before_those_who_were_given_back_untried_in_the_evening() {
        let (dropped, at) = a_drop();
        let mut database = Database::new(None, false);
        let claimed = u32::try_from(dropped.queue.0).expect("a day's leads") + 2;
        database.fetch(claimed, Micros(0));
        database.record(&dropped);
        let [one, other] = [1, 2].map(|further| QueueId(dropped.queue.0 + further));
        database.release(&[other], at + Span::secs(1));
        database.release(&[one], Micros(0));
        let mut order = || fetched(&mut database, at).iter().map(|item| item.id.0).collect::<Vec<_>>();
        let new = other.0 + 1;
        assert_eq!([order(), order(), order()], [[dropped.queue.0], [one.0], [new]]);
    }

    #[test]
    fn whoever_is_given_back_keeps_the_moment_at_which_they_are_due() {
        let (mut database, dropped, at) = after_a_drop();
        assert_eq!(fetched(&mut database, at).len(), 1);
        database.release(&[dropped.queue], Micros(0));
        assert_eq!(fetched(&mut database, at - Span::secs(1)), [], "they are due later");
        assert_eq!(fetched(&mut database, at).len(), 1);
    }

    #[test]
    fn a_record_that_comes_again_leaves_its_lead_to_whoever_has_claimed_it_since() {
        let (mut database, dropped, at) = after_a_drop();
        assert_eq!(fetched(&mut database, at).len(), 1);
        database.record(&dropped);
        assert_eq!(fetched(&mut database, at), [], "it was claimed already");
        database.release(&[dropped.queue], at);
        assert_eq!(fetched(&mut database, at).len(), 1);
    }
}
