//! A database, as far as the engine can tell: what was written stays, and what only it can know it refuses.

use std::collections::{BTreeMap, BTreeSet};

use engine::agent::{AgentState, Missed, PauseCode};
use engine::call::{CallRequest, CallResult, CallSoFar, Debt, Disposed, Record, TransferLog};
use engine::campaign::CampaignState;
use engine::lead::{Barred, Callback, Fate, Past, QueueItem, WhyExhausted};
use engine::pacing::{Paced, WindowCount};
use engine::recording::{TakeId, TakeLog, TakeState};
use engine::words::{AgentId, AttemptId, CampaignId, LeadId, Leg, Micros, Milli, Number, QueueId, SessionId};
use engine::{Command, Config, Event, OpenAttempt, OpenCampaign, OpenSession, Outcome, SaveRefusal, Times};

/// Everything that is durable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Database {
    pub(crate) items: BTreeMap<QueueId, Row>,
    pub(crate) attempts: BTreeMap<AttemptId, Saved>,
    /// Legs to whom callees are put through that are written down.
    pub(crate) transfers: BTreeSet<Leg>,
    /// Texts that are to go out.
    pub(crate) texts: BTreeMap<(AttemptId, u16), String>,
    /// Whom nobody may call.
    pub(crate) barred: Vec<Barred>,
    /// Who had answered, none of them dropped, before the first process of the test began.
    earlier: u64,
    agents: BTreeMap<AgentId, Standing>,
    campaigns: BTreeMap<CampaignId, Stands>,
}

/// One queue item.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    campaign: CampaignId,
    pub(crate) item: QueueItem,
    due: Micros,
    pub(crate) claimed: bool,
    /// Whether its agent has still to say what came of the last call.
    pub(crate) awaits: bool,
    /// What that call was, where it had been agreed on.
    said_before: Option<Callback>,
    pub(crate) ended: Option<Fate>,
}

/// How an agent stands: their leg, their state, what they pause for and what they have missed.
type Standing = (Option<SessionId>, AgentState, Option<PauseCode>, bool, Option<Missed>);

/// How a campaign stands: its state, when it first ran, when it closes and what was changed of its pacing.
type Stands = (CampaignState, Option<Micros>, Option<Micros>, Option<Paced>);

/// One attempt.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    /// What was saved; `None` where only its record was ever written.
    pub(crate) request: Option<CallRequest>,
    /// What was noted last.
    so_far: CallSoFar,
    pub(crate) records: Vec<Record>,
    pub(crate) disposed: Vec<Disposed>,
}

impl Database {
    /// A lead and its place in the campaign, both under one id.
    pub(crate) fn add_lead(&mut self, campaign: CampaignId, id: u64, number: &str, due: Micros) {
        let item = QueueItem {
            id: QueueId(id),
            lead: LeadId(id),
            number: Number::parse(number).expect("a number"),
            alternates: vec![],
            attempts: 0,
            past: Past::default(),
            callback: None,
            note: None,
            attributes: vec![],
            zone: None,
            dropped: None,
        };
        self.items.insert(
            item.id,
            Row { campaign, item, due, claimed: false, awaits: false, said_before: None, ended: None },
        );
    }

    /// A call is agreed on, whatever has become of the lead before.
    pub(crate) fn agree(&mut self, id: u64, at: Micros, agent: Option<AgentId>) {
        let row = self.items.get_mut(&QueueId(id)).expect("the lead is there");
        (row.item.callback, row.item.note) = (Some(Callback { at, agent }), Some("ask for Eve".to_owned()));
        let is_open = |saved: &Saved| {
            saved.records.is_empty()
                && saved.request.as_ref().is_some_and(|request| request.queue == row.item.id)
        };
        if !row.awaits && !self.attempts.values().any(is_open) {
            (row.due, row.claimed, row.ended) = (at, false, None);
        }
    }

    /// What was agreed on is off, unless it is being done: the lead stands as its calls have left it that were no part of it.
    pub(crate) fn call_off(&mut self, id: u64, now: Micros) {
        let row = self.items.get_mut(&QueueId(id)).expect("the lead is there");
        let Some(callback) = row.item.callback else { return };
        let of_lead = |saved: &&Saved| saved.request.as_ref().is_some_and(|call| call.queue == row.item.id);
        let calls = || self.attempts.values().filter(of_lead);
        let open = calls().find(|saved| saved.records.is_empty());
        if open.is_some_and(|saved| saved.times().created >= callback.at) {
            return;
        }
        (row.item.callback, row.item.note) = (None, None);
        if row.awaits || open.is_some() {
            return;
        }
        let newest = calls().filter_map(Saved::outcome).max_by_key(|(created, ..)| *created);
        let decisive = calls().filter_map(Saved::outcome).filter(|(_, _, promised)| !promised);
        row.claimed = false;
        row.due = match newest {
            Some((_, Fate::Retry(at), _)) => at,
            Some((_, Fate::Awaits { .. } | Fate::Completed | Fate::Exhausted(_), _)) | None => now,
        };
        row.ended = match decisive.max_by_key(|(created, ..)| *created) {
            Some((_, fate @ (Fate::Completed | Fate::Exhausted(_)), _)) => Some(fate),
            Some((_, Fate::Retry(_) | Fate::Awaits { .. }, _)) | None => None,
        };
    }

    /// A lead has a zone of its own.
    pub(crate) fn lives_in(&mut self, id: u64, zone: &str) {
        self.items.get_mut(&QueueId(id)).expect("a lead").item.zone = Some(zone.to_owned());
    }

    /// So many people have answered earlier in the campaign's windows, and a process has to be told so.
    pub(crate) fn has_had(&mut self, answers: u64, campaign: CampaignId, now: Micros) {
        self.earlier = answers;
        self.campaigns.insert(campaign, (CampaignState::Ready, Some(now), None, None));
    }

    /// Does what it is told; `None` where the command is not for a database.
    pub(crate) fn carry_out(&mut self, command: &Command, now: Micros) -> Option<Outcome> {
        match command {
            Command::Fetch { campaign, count, cap, .. } => {
                return Some(self.fetch(*campaign, *count, *cap, now));
            }
            Command::Save { call, .. } => return Some(self.save(call)),
            Command::Release { items, not_before, .. } => self.release(items, *not_before),
            Command::Note { attempt, so_far, .. } => {
                if let Some(saved) = self.attempts.get_mut(attempt) {
                    saved.so_far.clone_from(so_far);
                }
            }
            Command::Record { record, .. } => self.record(record),
            Command::Dispose { disposed, .. } => self.dispose(disposed),
            Command::OptOut { number, .. } => self.barred.push(Barred::Number(*number)),
            Command::SendText { text, .. } => {
                self.texts.insert((text.attempt, text.nth), text.text.clone());
            }
            Command::SaveTransfer { transfer, .. } => {
                if transfer.number.is_some_and(|number| self.is_barred(number)) {
                    return Some(Outcome::Refused(SaveRefusal::DoNotCall));
                }
                self.transfers.insert(transfer.leg());
            }
            Command::NoteAgent { agent, session, state, paused, leaves, missed, .. } => {
                self.agents.insert(*agent, (*session, *state, paused.clone(), *leaves, *missed));
            }
            Command::NoteCampaign { campaign, state, began, closes_at, paced, .. } => {
                self.campaigns.insert(*campaign, (*state, *began, *closes_at, paced.clone()));
            }
            Command::Originate { .. }
            | Command::HangUp { .. }
            | Command::Join { .. }
            | Command::Hold { .. }
            | Command::SetAside { .. }
            | Command::Mute { .. }
            | Command::Play { .. }
            | Command::Detect { .. }
            | Command::Listen { .. }
            | Command::StopListening { .. }
            | Command::StopPlaying { .. }
            | Command::FindPlayback { .. }
            | Command::StartRecording { .. }
            | Command::StopRecording { .. }
            | Command::FindRecording { .. }
            | Command::SendDigits { .. }
            | Command::BeginTake { .. }
            | Command::PauseTake { .. }
            | Command::EndTake { .. }
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
            | Command::Reply { .. } => return None,
        }
        Some(Outcome::Done)
    }

    /// What a new process of that house is told; what the old one had claimed and not dialled is free again.
    pub(crate) fn reopen(&mut self, config: &Config, now: Micros) -> Event {
        let open = |saved: &&Saved| saved.records.is_empty();
        let attempts: Vec<OpenAttempt> =
            self.attempts.values().filter(open).filter_map(|saved| saved.reopened(&self.transfers)).collect();
        for row in self.items.values_mut() {
            row.claimed = attempts.iter().any(|open| open.request.queue == row.item.id);
        }
        let at_work = |(_, (_, state, ..)): &(&AgentId, &Standing)| *state != AgentState::Offline;
        let session = |(&agent, (session, _, paused, leaves, missed)): (&AgentId, &Standing)| OpenSession {
            agent,
            session: *session,
            paused: paused.clone(),
            leaves: *leaves,
            missed: *missed,
        };
        let campaign = |(&id, &(state, began, closes_at, ref paced)): (&CampaignId, &Stands)| {
            let rules =
                config.campaigns.iter().find(|rules| rules.id == id).expect("a campaign of the house");
            let counts = rules.windows(now, began).into_iter().map(|since| self.count(since)).collect();
            OpenCampaign { id, state, began, closes_at, paced: paced.clone(), counts }
        };
        Event::Reopened {
            attempts,
            sessions: self.agents.iter().filter(at_work).map(session).collect(),
            campaigns: self.campaigns.iter().map(campaign).collect(),
            shown: vec![],
            debts: self.attempts.values().filter_map(Saved::debt).collect(),
        }
    }

    /// Who has answered since then, machines aside, and who of them was dropped: by the message, or by the record, and as
    /// many as machines may have been persons.
    pub(crate) fn count(&self, since: Micros) -> WindowCount {
        let is_machine = |record: &Record| matches!(record.result, CallResult::Machine | CallResult::Fax);
        let is_dropped = |saved: &&Saved| {
            let recorded = saved.records.iter().any(|record| record.result == CallResult::Dropped);
            recorded || saved.times().message.is_some()
        };
        let answered = |saved: &&Saved| saved.times().answered.is_some_and(|answered| answered >= since);
        let all = self.attempts.values().filter(answered);
        let answers = all.clone().filter(|saved| !saved.records.iter().any(is_machine)).count() as u64;
        let drops = all.clone().filter(is_dropped).count() as u64;
        let doubts = all.flat_map(|saved| &saved.records).filter_map(|record| record.amd.as_deref());
        let doubtful: u32 = doubts.map(|amd| amd.drop_share).sum();
        WindowCount {
            since,
            answers: self.earlier + answers,
            drops: drops + u64::from(doubtful / 1_000),
            doubtful: Milli(doubtful % 1_000),
        }
    }

    fn fetch(&mut self, campaign: CampaignId, count: u32, cap: u32, now: Micros) -> Outcome {
        let open = |row: &&mut Row| {
            row.campaign == campaign
                && !row.claimed
                && !row.awaits
                && row.ended.is_none()
                && (row.item.callback.is_some() || row.item.past.charged(row.item.attempts) < cap)
        };
        let mut items = vec![];
        for is_callback in [true, false] {
            let due = |row: &&mut Row| row.due <= now && row.item.callback.is_some() == is_callback;
            let left = count as usize - items.len();
            for row in self.items.values_mut().filter(open).filter(due).take(left) {
                row.claimed = true;
                items.push(row.item.clone());
            }
        }
        for item in &mut items {
            item.dropped = self.last_drop(item.number);
        }
        let callbacks = |row: &&mut Row| row.item.callback.is_some();
        let next_callback = self.items.values_mut().filter(open).filter(callbacks).map(|row| row.due).min();
        let next_callback = next_callback.into_iter().chain(self.agreed_in_a_call(campaign)).min();
        let next_due = self.items.values_mut().filter(open).map(|row| row.due).chain(next_callback).min();
        let next_due = next_due.filter(|_| items.len() < count as usize);
        Outcome::Fetched { items, next_due, next_callback }
    }

    /// When the next callback is due of those that were agreed on during a call that goes on yet, or that is not dispositioned.
    fn agreed_in_a_call(&self, campaign: CampaignId) -> Option<Micros> {
        let awaits = |call: &CallRequest| self.items.get(&call.queue).is_some_and(|row| row.awaits);
        let open = self.attempts.values().filter_map(|saved| Some((saved, saved.request.as_ref()?)));
        let open = open.filter(|(saved, call)| saved.records.is_empty() || awaits(call));
        let calls = open.map(|(_, call)| call).filter(|call| call.campaign == campaign);
        let agreed = calls.filter_map(|call| Some((call, self.items.get(&call.queue)?.item.callback?)));
        agreed.filter(|(call, callback)| callback.at > call.created).map(|(_, callback)| callback.at).min()
    }

    /// When a number was last dropped, as the records tell.
    pub(crate) fn last_drop(&self, number: Number) -> Option<Micros> {
        let records = self.attempts.values().flat_map(|saved| &saved.records);
        let is_drop = |record: &&Record| {
            record.number == number
                && (record.result == CallResult::Dropped || record.times.message.is_some())
        };
        records.filter(is_drop).filter_map(|record| record.times.ended).max()
    }

    pub(crate) fn is_barred(&self, number: Number) -> bool {
        self.barred.iter().any(|barred| barred.has(number))
    }

    fn save(&mut self, call: &CallRequest) -> Outcome {
        if self.is_barred(call.number) {
            if let Some(row) = self.items.get_mut(&call.queue).filter(|row| row.claimed && call.ordinal == 1)
            {
                row.ended = Some(Fate::Exhausted(WhyExhausted::Rule));
            }
            return Outcome::Refused(SaveRefusal::DoNotCall);
        }
        let row = self.items.get(&call.queue);
        if row.is_none_or(|row| !row.claimed || row.ended.is_some()) {
            return Outcome::Refused(SaveRefusal::NotClaimed);
        }
        let live = |(id, saved): (&AttemptId, &Saved)| {
            let number = saved.request.as_ref().map(|request| request.number);
            *id != call.attempt && saved.records.is_empty() && number == Some(call.number)
        };
        if self.attempts.iter().any(live) {
            return Outcome::Refused(SaveRefusal::NumberLive);
        }
        let since = call.undropped_since.filter(|_| call.ordinal == 1);
        let drop = self.last_drop(call.number).filter(|&at| since.is_some_and(|since| at > since));
        if let Some(at) = drop {
            return Outcome::Refused(SaveRefusal::Dropped { at });
        }
        let row = self.items.get_mut(&call.queue).expect("it was there just now");
        row.item.attempts = row.item.attempts.max(call.nth);
        let saved = self.attempts.entry(call.attempt).or_insert_with(|| Saved::new(call.created));
        saved.request = Some(call.clone());
        Outcome::Done
    }

    fn release(&mut self, items: &[QueueId], not_before: Micros) {
        for id in items {
            if let Some(row) = self.items.get_mut(id) {
                row.claimed = false;
                row.due = row.due.max(not_before);
            }
        }
    }

    fn record(&mut self, record: &Record) {
        let saved = self.attempts.entry(record.attempt).or_insert_with(|| Saved::new(record.times.created));
        if saved.records.contains(record) {
            return;
        }
        saved.loses_nothing(record);
        saved.records.push(record.clone());
        let Some(row) = self.items.get_mut(&record.queue) else { return };
        row.claimed = false;
        row.item.attempts = row.item.attempts.max(record.nth);
        let is_new = row.item.callback.is_some_and(|callback| callback.at > record.times.created);
        row.item.past = record.past.clone();
        if matches!(record.fate, Fate::Awaits { .. }) {
            row.awaits = true;
            row.said_before = row.item.callback.filter(|_| !is_new);
            row.item.callback = row.item.callback.filter(|_| is_new);
            return;
        }
        if is_new {
            row.due = row.item.callback.expect("it is new").at;
            return;
        }
        row.item.callback = row.item.callback.filter(|_| record.promised);
        match record.fate {
            Fate::Retry(at) => row.waits_until(at),
            fate @ (Fate::Awaits { .. } | Fate::Completed | Fate::Exhausted(_)) => row.ended = Some(fate),
        }
    }

    fn dispose(&mut self, disposed: &Disposed) {
        let saved = self.attempts.get_mut(&disposed.attempt).expect("its record is there");
        if saved.disposed.contains(disposed) {
            return;
        }
        saved.disposed.push(disposed.clone());
        if disposed.bars {
            self.barred.push(Barred::Number(disposed.number));
        }
        let Some(row) = self.items.get_mut(&disposed.queue) else { return };
        row.awaits = false;
        row.item.past = disposed.past.clone();
        let before = row.said_before.take();
        row.item.callback = disposed.callback.or(row.item.callback);
        match (row.item.callback, disposed.fate) {
            (Some(callback), _) => row.due = callback.at,
            (None, Fate::Retry(at)) => {
                row.item.callback = before.filter(|_| disposed.promised);
                row.waits_until(at);
            }
            (None, fate) => row.ended = Some(fate),
        }
    }
}

impl Database {
    /// The takes that are written down.
    pub(crate) fn takes(&self) -> BTreeSet<TakeId> {
        self.attempts.iter().flat_map(|(&id, saved)| saved.takes(id)).map(|(take, _)| take).collect()
    }
}

impl Row {
    /// It waits until then, and so does what was agreed on.
    fn waits_until(&mut self, at: Micros) {
        self.due = at;
        self.item.callback = self.item.callback.map(|callback| Callback { at, ..callback });
    }
}

impl Saved {
    /// The takes of an open call that are shown to go on, and whether it is shown that they are silent.
    pub(crate) fn shown_takes(&self, id: AttemptId) -> (Vec<TakeId>, bool) {
        let goes_on = |log: &TakeLog| log.state == TakeState::Unknown && log.began.is_some();
        let going_on = self.takes(id).into_iter().filter(|(_, log)| goes_on(log)).map(|(take, _)| take);
        let silent_since = self.so_far.takes.as_ref().and_then(|takes| takes.silent_since());
        (going_on.collect(), silent_since.is_some())
    }

    /// The takes of the attempt's conversation that are written down.
    fn takes(&self, id: AttemptId) -> Vec<(TakeId, TakeLog)> {
        let (Some(takes), Some(request)) = (&self.so_far.takes, &self.request) else { return vec![] };
        let take = |nth| TakeId { attempt: id, ordinal: request.ordinal, nth };
        (1..).map(take).zip(takes.log(|nth| nth.to_string())).collect()
    }

    fn new(created: Micros) -> Self {
        Self {
            request: None,
            so_far: CallSoFar { times: Times { created, ..Times::default() }, ..CallSoFar::default() },
            records: vec![],
            disposed: vec![],
        }
    }

    /// As its record tells them, or the notes where it has none yet.
    fn times(&self) -> Times {
        self.records.first().map_or(self.so_far.times, |record| record.times)
    }

    /// When it was begun, what has become of its lead, and whether it was to be what was agreed on and is still to be done. Whoever
    /// was talked to and disposed of has had it.
    fn outcome(&self) -> Option<(Micros, Fate, bool)> {
        let record = self.records.first()?;
        let fate = match self.disposed.first().map(|disposed| disposed.fate) {
            Some(Fate::Retry(_)) => Fate::Completed,
            Some(fate) => fate,
            None => record.fate,
        };
        Some((record.times.created, fate, record.promised))
    }

    /// What its agent still has to say.
    fn debt(&self) -> Option<Debt> {
        let (record, request) = (self.records.first()?, self.request.as_ref()?);
        let Fate::Awaits { until } = record.fate else { return None };
        let ended = record.times.ended?;
        self.disposed.is_empty().then(|| Debt {
            attempt: record.attempt,
            campaign: record.campaign,
            agent: record.agent.expect("somebody talked"),
            queue: record.queue,
            lead: record.lead,
            number: record.number,
            alternates: request.alternates.clone(),
            nth: record.nth,
            past: request.past.clone(),
            agreed: request.callback.is_some(),
            talked: ended.since(record.times.bridged.unwrap_or(ended)),
            ended,
            until,
            said: self.so_far.said.clone(),
        })
    }

    fn reopened(&self, transfers: &BTreeSet<Leg>) -> Option<OpenAttempt> {
        let request = self.request.clone()?;
        let ordinal = |leg: &Leg| match leg {
            Leg::Transfer { attempt, ordinal } if *attempt == request.attempt => Some(*ordinal),
            Leg::Transfer { .. } | Leg::Customer { .. } | Leg::Agent { .. } => None,
        };
        let others = transfers.iter().filter_map(ordinal).max().unwrap_or(0);
        Some(OpenAttempt { request, so_far: self.so_far.clone(), others })
    }

    /// Holds a record against what was noted before, whichever process writes it: each node that was passed is in it, each leg to
    /// somebody, all the time on hold, and who is taken to have answered. What was noted last of a flow is where the callee was then.
    fn loses_nothing(&self, record: &Record) {
        for noted in &self.so_far.transfers {
            let same =
                |log: &&TransferLog| log.ordinal == noted.ordinal && log.times.created == noted.times.created;
            let kept = record.transfers.iter().find(same);
            let as_it_was = kept.is_some_and(|log| noted.times.ended.is_none() || log == noted);
            assert!(as_it_was, "{noted:?} was noted, and {:?} is on record", record.transfers);
        }
        let held = self.so_far.hold.unwrap_or_default().total;
        assert!(record.held >= held, "{held:?} on hold were noted, and {:?} are on record", record.held);
        if let Some(noted) = &self.so_far.amd {
            let kept = record.amd.as_ref().map(|amd| (amd.verdict, amd.cause));
            assert_eq!(kept, Some((noted.verdict, noted.cause)), "who has answered is on record as noted");
        }
        let Some(noted) = &self.so_far.flow else { return };
        let passed = &noted.steps[..noted.steps.len() - 1];
        let kept = record.flow.as_ref().is_some_and(|flow| flow.steps.starts_with(passed));
        assert!(kept, "{:?} was noted, and {:?} is on record", noted, record.flow);
    }
}
