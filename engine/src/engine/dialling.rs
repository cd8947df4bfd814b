//! From a free agent to a placed call: pacing, the gate, the intent, and only then the originate.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an attempt or answer that a fact does not concern stays as it is, whatever states are added"
)]

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Engine;
use crate::Command;
use crate::amd::Policy;
use crate::call::{
    Act, Attempt, CallRequest, CallResult, Closing, Dossier, Ending, Placing, Rules, Saving, Try,
    customer_originate,
};
use crate::campaign::{Campaign, CampaignState};
use crate::carrier::Verdict;
use crate::command::Originate;
use crate::deadline::Wake;
use crate::event::{Failure, Outcome, SaveRefusal};
use crate::gate::{self, Closed, Opening, Reason, Refusal};
use crate::lead::{Fate, QueueItem, WhyExhausted};
use crate::pacing::Predictive;
use crate::pending::Purpose;
use crate::words::{AgentId, AttemptId, Bridge, CampaignId, CarrierId, Micros, QueueId, Span, first_of};

/// How long a lead is left alone whose number is on a call, elsewhere in the house or for another lead.
pub(super) const NUMBER_BUSY: Span = Span::secs(30);

/// How long a campaign dials nothing whose do-not-call list was too old, before it is looked at again.
const REGISTRY_AGAIN: Span = Span::secs(60);

impl Engine {
    /// Dials for every campaign until the gate says no, if anything has happened that could make it say yes. The first is whichever
    /// has had no line for the longest: where campaigns share a carrier it may be the only one who gets one.
    pub(super) fn dial(&mut self) {
        if !core::mem::take(&mut self.dialable) {
            return;
        }
        self.call_waiting_others();
        let mut turns = core::mem::take(&mut self.turns);
        turns.clear();
        turns.extend(self.campaigns.values().map(|campaign| (campaign.served, campaign.rules.id)));
        turns.sort_unstable();
        for &(_, id) in &turns {
            self.let_go(id);
            self.look_at_clock(id);
            self.serve_waiting(id);
            self.fill_hopper(id);
            let before = self.next_attempt;
            self.call_back(id);
            self.look_at_pool(id);
            while self.dial_one(id) {}
            self.make_way(id);
            self.fill_hopper(id);
            self.complete(id);
            if self.next_attempt > before {
                self.campaign_mut(id).served = self.next_attempt;
            }
        }
        self.turns = turns;
        // What dialling itself has changed lets nobody dial more: a look without news would count its refusals again.
        self.dialable = false;
    }

    /// A moment has come that a campaign waited for: to dial or to fetch again, or to close.
    pub(super) fn campaign_due(&mut self, id: CampaignId) {
        self.dialable = true;
        // It has one deadline, and what was sooner has taken the place of what the database told.
        if let Some(at) = self.campaign(id).hopper.next_wake(self.now) {
            self.deadlines.no_later(Wake::Campaign(id), at);
        }
        let Some(closes_at) = self.campaign(id).closes_at else { return };
        if closes_at > self.now {
            return self.deadlines.no_later(Wake::Campaign(id), closes_at);
        }
        let state = self.campaign(id).state;
        if state == CampaignState::Completed {
            // It is remembered for leads that come later.
            return;
        }
        self.campaign_mut(id).closes_at = None;
        match state {
            CampaignState::Running | CampaignState::Starting => {
                self.pause(id).expect("what runs or starts can be paused");
            }
            _ => self.note_campaign(id),
        }
    }

    /// A campaign that is outside its own hours gives its leads back until they open.
    fn look_at_clock(&mut self, id: CampaignId) {
        let now = self.now;
        let campaign = self.campaign_mut(id);
        let Some(calendar) = &mut campaign.calendar else { return };
        campaign.opens_at = campaign.opens_at.filter(|&at| at > now);
        if let Err(opens_at) = calendar.open(now) {
            campaign.opens_at = Some(opens_at);
            let items = campaign.hopper.empty();
            self.release(items);
        }
    }

    /// Shows the pool to pacing that learns. Once for all dials of a moment: they change nothing but the calls in flight, and
    /// pacing hears of each.
    fn look_at_pool(&mut self, id: CampaignId) {
        let now = self.now;
        if self.campaign_mut(id).pacer.listener().is_none() {
            return;
        }
        let (until, pool) = (self.campaign_mut(id).dials_until(now), self.gate().pool(id));
        let Self { campaigns, agents, .. } = self;
        if let Some(pacer) = campaigns.get_mut(id).and_then(|campaign| campaign.pacer.listener()) {
            pacer.look(now, pool, until, agents.busy(id));
        }
    }

    /// One pass through the gate. Says whether another may follow.
    fn dial_one(&mut self, id: CampaignId) -> bool {
        let opening = self.gate().open_for(self.campaign(id));
        match opening {
            Ok(Opening::Dial { agent }) => match self.pick(id) {
                Ok(item) => {
                    self.campaign_mut(id).reason = None;
                    self.offer(id, item, agent);
                    true
                }
                Err(refusal) => self.refuse(id, refusal),
            },
            Ok(Opening::Summon { agent }) => {
                if !self.puts_off_closed(id) {
                    self.campaign_mut(id).reason = None;
                    self.call_agent(agent);
                }
                true
            }
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    pub(super) fn refuse(&mut self, id: CampaignId, refusal: Refusal) -> bool {
        if refusal.reason != Reason::NotRunning {
            self.campaign_mut(id).refused(refusal.reason);
        }
        if let Some(again) = refusal.again.filter(|&again| again > self.now) {
            self.deadlines.no_later(Wake::Campaign(id), again);
        }
        false
    }

    /// The first lead of the hopper that may be dialled. One that may never be is left out for good, one whose hours are
    /// over goes back until they open.
    fn pick(&mut self, id: CampaignId) -> Result<QueueItem, Refusal> {
        let Self { campaigns, calls, now, .. } = self;
        let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
        let mut later = Vec::new();
        let picked = loop {
            let Some(item) = campaign.hopper.take(|number| !calls.is_live(number)) else { break None };
            match gate::open_to(campaign, calls, *now, &item) {
                Ok(()) => {
                    campaign.hopper.is_dialled(*now);
                    break Some(item);
                }
                Err(Closed::For(reason)) => campaign.refused(reason),
                Err(Closed::Until(opens_at)) => later.push((opens_at, item)),
            }
        };
        self.put_off(id, later);
        picked.ok_or_else(|| self.why_none(id))
    }

    /// Leads whose number is on a call go back for a while where nothing else is held ready: others of the list may be dialled
    /// meanwhile. As long as the database has none they stay, and are dialled as soon as their number is free.
    fn make_way(&mut self, id: CampaignId) {
        let Self { campaigns, calls, now, .. } = self;
        let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
        if campaign.reason != Some(Reason::NumberLive) || !campaign.hopper.may_have_others(*now) {
            return;
        }
        let again = *now + NUMBER_BUSY;
        let later = campaign.hopper.put_off(|item| calls.is_live(item.number).then_some(again));
        self.come_again(id, later.into_iter());
    }

    /// Leads that are held ready outside their hours go back until these open: no phone is to be called for them. Says whether
    /// there were any.
    fn puts_off_closed(&mut self, id: CampaignId) -> bool {
        let now = self.now;
        let Campaign { calendar, hopper, .. } = self.campaign_mut(id);
        let Some(calendar) = calendar else { return false };
        let later = hopper.put_off(|item| calendar.open_to(now, item).err());
        let had_some = !later.is_empty();
        self.put_off(id, later);
        had_some
    }

    /// Leads go back until their hours open.
    pub(super) fn put_off(&mut self, id: CampaignId, later: Vec<(Micros, QueueItem)>) {
        let Some(first) = later.iter().map(|(opens_at, _)| *opens_at).min() else { return };
        let campaign = self.campaign_mut(id);
        campaign.refused(Reason::OutsideHours);
        campaign.opens_at = first_of(campaign.opens_at, Some(first));
        self.come_again(id, later.into_iter());
    }

    /// Leads go back, each to be due at its moment.
    pub(super) fn come_again(&mut self, id: CampaignId, items: impl Iterator<Item = (Micros, QueueItem)>) {
        let mut by_moment: BTreeMap<Micros, (bool, Vec<QueueId>)> = BTreeMap::new();
        for (at, item) in items {
            let (agreed, items) = by_moment.entry(at).or_default();
            *agreed |= item.callback.is_some();
            items.push(item.id);
        }
        for (at, (agreed, items)) in by_moment {
            self.due_again(id, at, agreed);
            self.release_until(at, items);
        }
    }

    /// Why no lead of the hopper may be dialled.
    fn why_none(&self, id: CampaignId) -> Refusal {
        let campaign = self.campaign(id);
        if campaign.hopper.is_empty() { gate::without_leads(campaign) } else { Reason::NumberLive.into() }
    }

    /// The gate has said yes: choose the carrier, reserve the agent, and save the intent.
    pub(super) fn launch(&mut self, id: CampaignId, mut item: QueueItem, agent: Option<AgentId>) {
        let carrier = self.next_carrier(id, |_| true).expect("the gate has seen a carrier with room");
        let attempt = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        let Self { campaigns, carriers, now, .. } = self;
        let campaign = campaigns.get(id).expect("campaigns are checked when the engine is made");
        let rules = &campaign.rules;
        let caller_id =
            carriers.caller_id(carrier, rules.wanted(), item.number, &mut item.past.caller_id, *now);
        let request = campaign.way(carrier).request(&item, caller_id, (attempt, 1), agent, *now);
        let nth = request.nth;
        let call = Box::new(Dossier::new(request, item, rules_of(rules)));
        match agent {
            Some(agent) => {
                self.reserve(agent, attempt);
                self.tell_pacer(id, |pacer, now| pacer.dialled(now, nth));
            }
            None => {
                let now = self.now;
                self.campaign_mut(id).pacer.dialled(now, nth);
            }
        }
        self.save(Saving::new(call));
    }

    /// The next carrier in rotation that has room, of those that were not tried already.
    pub(super) fn next_carrier(
        &mut self,
        id: CampaignId,
        untried: impl Fn(CarrierId) -> bool,
    ) -> Option<CarrierId> {
        let Self { campaigns, carriers, now, .. } = self;
        let campaign = campaigns.get_mut(id).expect("campaigns are checked when the engine is made");
        let Campaign { rotation, rules, accepted, .. } = campaign;
        let wanted = Some(rules.wanted());
        let is_fit =
            |carrier| accepted.fit(carrier, *now).is_ok() && carriers.fit(carrier, wanted, *now).is_ok();
        rotation.next(|carrier| untried(carrier) && is_fit(carrier))
    }

    /// The intent goes to the database; nothing is dialled before it is durable.
    fn save(&mut self, saving: Saving) {
        let request = &saving.call.request;
        let (attempt, call) = (request.attempt, Arc::clone(request));
        let (campaign, carrier, now) = (request.campaign, request.carrier, self.now);
        self.carriers.take(carrier, now);
        self.campaign_mut(campaign).accepted.used(carrier, now);
        self.put(attempt, Attempt::Saving(saving));
        self.give(Purpose::Save(attempt), |request| Command::Save { request, call });
    }

    /// The database has answered for an intent.
    pub(super) fn saved(&mut self, id: AttemptId, outcome: &Outcome) {
        let Some(Attempt::Saving(saving)) = self.take(id) else {
            unreachable!("only its own answer takes an attempt out of saving");
        };
        match outcome {
            Outcome::Done => self.place(id, saving),
            Outcome::Refused(refusal) => self.not_saved(saving, Some(*refusal)),
            Outcome::Failed(Failure::Database) => self.not_saved(saving, None),
            Outcome::Failed(_) | Outcome::Fetched { .. } | Outcome::Surveyed { .. } | Outcome::Looked(_) => {
                // It may have been written, so it must be closed in writing.
                self.count_opened(&saving.call.request);
                self.close_unplaced(id, Attempt::Saving(saving), Failure::NotSent);
            }
        }
    }

    /// The intent is durable: originate, unless the way has closed meanwhile.
    fn place(&mut self, id: AttemptId, saving: Saving) {
        self.count_opened(&saving.call.request);
        let request = &saving.call.request;
        let hours = self.campaign(request.campaign).calendar.as_ref();
        let open = hours
            .is_none_or(|hours| hours.still_open_to(self.now, request.number, saving.call.zone.as_deref()));
        let kept_in = saving.call.barred || self.has_lost_its_agent(request);
        if !open || kept_in || !self.takes_leads(request.campaign) || self.gate().lines_work().is_err() {
            return self.close_unplaced(id, Attempt::Saving(saving), Failure::NotSent);
        }
        let campaign = &self.campaign(request.campaign).rules;
        let originate = customer_originate(request, campaign.setup_timeout);
        self.carriers.leaves(request.carrier, self.now);
        let placing = saving.placed(self.now);
        self.put(id, Attempt::Placing(placing));
        self.originate(originate);
    }

    /// Whether the agent who was reserved for a call is gone: nobody could be promised to whoever answers it.
    fn has_lost_its_agent(&self, request: &CallRequest) -> bool {
        request.agent.is_some_and(|agent| !self.is_reserved_for(agent, request.attempt))
    }

    /// The one place from which calls leave the house.
    pub(super) fn originate(&mut self, originate: Originate) {
        let purpose = Purpose::Originate(originate.leg);
        let originate = Box::new(originate);
        self.give(purpose, |request| Command::Originate { request, originate });
    }

    /// Nothing was written: the attempt never was. The lead goes back to where it came from.
    fn not_saved(&mut self, saving: Saving, refusal: Option<SaveRefusal>) {
        let request = &saving.call.request;
        let (id, campaign) = (request.attempt, request.campaign);
        self.stays(request);
        let saving = match saving.undone() {
            // Only this try was refused; the attempt has a durable intent and must end in a record.
            Ok((placing, last)) => return self.close_after_try(id, placing, last),
            Err(saving) => saving,
        };
        self.calls.close(id);
        self.free_agent(saving.call.request.agent, id);
        let created = saving.call.times.created;
        let nth = saving.call.request.nth;
        self.tell_pacer(campaign, |pacer, now| pacer.unanswered(created, nth, now, false));
        match (refusal, saving.call.item()) {
            (None, Some(item)) if self.takes_leads(campaign) => {
                let now = self.now;
                self.campaign_mut(campaign).hopper.put_back(now, item);
            }
            (Some(SaveRefusal::Dropped { at }), Some(item)) if self.takes_leads(campaign) => {
                let now = self.now;
                let campaign = self.campaign_mut(campaign);
                campaign.refused(Reason::AfterDrop);
                campaign.hopper.put_back(now, QueueItem { dropped: Some(at), ..item });
            }
            (None, _) => self.release(alloc::vec![saving.call.request.queue]),
            (Some(refusal), _) => self.refused(&saving.call.request, refusal),
        }
        self.dialable = true;
    }

    /// The database knows why a lead may not be dialled, and perhaps when it may be.
    fn refused(&mut self, request: &CallRequest, refusal: SaveRefusal) {
        let (id, agreed) = (request.campaign, request.callback.is_some());
        let (reason, again) = match refusal {
            // Whoever holds it now may give it back.
            SaveRefusal::NotClaimed => return self.due_again(id, self.soon(), agreed),
            SaveRefusal::DoNotCall => return self.campaign_mut(id).refused(Reason::DoNotCall),
            SaveRefusal::NumberLive => (Reason::NumberLive, self.now + NUMBER_BUSY),
            SaveRefusal::Dropped { .. } => (Reason::AfterDrop, self.soon()),
            SaveRefusal::TooOften { until } => (Reason::TooOften, core::cmp::Ord::max(until, self.soon())),
            SaveRefusal::RegistryTooOld => {
                let again = self.now + REGISTRY_AGAIN;
                self.campaign_mut(id).registry_old_until = Some(again);
                (Reason::RegistryTooOld, again)
            }
        };
        self.campaign_mut(id).refused(reason);
        self.release_until(again, alloc::vec![request.queue]);
        self.due_again(id, again, agreed);
    }

    /// It ended with the last try that was made.
    fn close_after_try(&mut self, id: AttemptId, placing: Placing, last: Try) {
        let Try { cause, tech, unplaced, .. } = last;
        let attempt = Attempt::Placing(placing);
        let ending = attempt.ending(cause, tech, unplaced);
        self.conclude(id, attempt, ending);
    }

    /// The intent is durable and was never dialled.
    fn close_unplaced(&mut self, id: AttemptId, attempt: Attempt, failure: Failure) {
        let ending = attempt.ending(None, None, Some(failure));
        self.stays(&attempt.call().expect("it was being saved").request);
        self.conclude(id, attempt, ending);
    }

    /// What was to leave the house does not: its carrier has heard nothing of it.
    fn stays(&mut self, request: &CallRequest) {
        self.carriers.stays(request.carrier);
        self.carriers.give_back(request.carrier, Verdict::Untried, request.created, self.now);
        self.answered_for(request, None);
        self.nobody_saw(request);
    }

    /// What a try would have shown was seen by nobody: it came to nothing before any phone rang.
    fn nobody_saw(&mut self, request: &CallRequest) {
        if let Some(caller_id) = &request.caller_id {
            self.carriers.was_not_shown(caller_id, request.created);
        }
    }

    /// The PBX has answered an originate of a customer's leg.
    pub(super) fn placed(&mut self, id: AttemptId, ordinal: u8, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return self.is_placed(id, ordinal) };
        let Some(attempt) = self.take(id) else {
            return self.count_stray("placed: no such attempt");
        };
        let current = attempt.call().is_some_and(|call| call.request.ordinal == ordinal);
        match (attempt, failure) {
            (Attempt::Placing(placing), failure) if current && failure.has_placed_nothing() => {
                let attempt = Attempt::Placing(placing);
                let ending = attempt.ending(None, None, Some(*failure));
                self.over(id, attempt, ending);
            }
            // It may have been placed: its events will tell, and if none come, a look will.
            (attempt, failure) if current && failure.leaves_it_open() => {
                let leg = attempt.call().map(|call| call.request.leg());
                self.put(id, attempt);
                if let Some(leg) = leg {
                    self.look(leg);
                }
            }
            (attempt, _) => self.put(id, attempt),
        }
    }

    /// The PBX has a call: it does not refuse what the campaign has by that carrier.
    fn is_placed(&mut self, id: AttemptId, ordinal: u8) {
        let Some(call) = self.calls.get(id).and_then(Attempt::call) else { return };
        let CallRequest { campaign, carrier, created, .. } = *call.request;
        if call.request.ordinal == ordinal {
            self.dialable |= self.campaign_mut(campaign).accepted.placed(carrier, created);
        }
    }

    /// A try is over, or was never given to the PBX: what that says of whether it places such calls.
    fn answered_for(&mut self, request: &CallRequest, ending: Option<&Ending>) {
        let now = self.now;
        let accepted = &mut self.campaign_mut(request.campaign).accepted;
        accepted.came_back(request.carrier, ending, request.created, now);
    }

    /// A try has come to its end: another carrier's turn, or the attempt's own end.
    pub(super) fn over(&mut self, id: AttemptId, attempt: Attempt, ending: Ending) {
        let verdict = Verdict::of(&ending);
        self.release_channel(&attempt, verdict);
        self.answered_for(&attempt.call().expect("it was placed").request, Some(&ending));
        // Whatever becomes of the attempt, somebody may wait for the channel.
        self.dialable = true;
        if verdict.was_unseen() {
            self.nobody_saw(&attempt.call().expect("it was placed").request);
        }
        let attempt = match attempt {
            Attempt::Placing(placing) if ending.may_go_elsewhere() => {
                match self.try_again(placing, &ending) {
                    Ok(saving) => return self.save(saving),
                    Err(placing) => Attempt::Placing(placing),
                }
            }
            attempt => attempt,
        };
        self.conclude(id, attempt, ending);
    }

    /// Another try of the same attempt through a carrier that has not been tried, where there is one.
    fn try_again(&mut self, placing: Placing, ending: &Ending) -> Result<Saving, Placing> {
        let campaign = placing.call.request.campaign;
        let kept_in = placing.call.barred || self.has_lost_its_agent(&placing.call.request);
        if kept_in || self.gate().lines_work().is_err() || !self.takes_leads(campaign) {
            return Err(placing);
        }
        let Some(mut item) = placing.call.item() else { return Err(placing) };
        let now = self.now;
        if self
            .campaign_mut(campaign)
            .calendar
            .as_mut()
            .is_some_and(|hours| hours.open_to(now, &item).is_err())
        {
            return Err(placing);
        }
        let untried = |carrier| !placing.call.has_tried(carrier);
        let Some(carrier) = self.next_carrier(campaign, untried) else { return Err(placing) };
        let CallRequest { attempt, ordinal, agent, .. } = *placing.call.request;
        let ordinal = ordinal.checked_add(1).expect("fewer carriers than try numbers, as checked");
        let Self { campaigns, carriers, now, .. } = self;
        let campaign = campaigns.get(campaign).expect("campaigns are checked when the engine is made");
        let wanted = campaign.rules.wanted();
        let caller_id = carriers.caller_id(carrier, wanted, item.number, &mut item.past.caller_id, *now);
        let request = campaign.way(carrier).request(&item, caller_id, (attempt, ordinal), agent, *now);
        Ok(placing.try_again(ending, request))
    }

    /// The attempt has ended: free its agent, take down its bridge, write its record.
    fn conclude(&mut self, id: AttemptId, mut attempt: Attempt, ending: Ending) {
        self.part(&attempt);
        self.forsake(&mut attempt);
        self.leave_room_for_good(&mut attempt);
        if ending.result() == CallResult::Dropped {
            self.nobody_came(&mut attempt);
        }
        self.doubt(&mut attempt, &ending);
        self.tell_who_answered(&mut attempt, ending.result());
        let call = attempt.call().expect("a closing attempt is not concluded again");
        let bridge = call.bridge;
        let created = call.times.created;
        let answered = call.times.answered.is_some() && !call.is_untold;
        let (campaign, nth) = (call.request.campaign, call.request.nth);
        let result = ending.result();
        let ended = call.ended(&ending, self.now);
        let mut decision = self.campaign(campaign).rules.retry.decide(call.attempted(), &ended);
        if call.barred && matches!(decision.fate, Fate::Retry(_)) {
            decision.fate = Fate::Exhausted(WhyExhausted::DoNotCall);
            decision.next_number = None;
        }
        let (debt, barred) = (self.debt_of(call, &ended), call.barred);
        if let Some(debt) = &debt {
            decision.fate = Fate::Awaits { until: debt.until };
            decision.next_number = None;
        }
        let asker = attempt.call_mut().and_then(|call| call.asker.take());
        if !answered {
            let says_something = result.is_the_callees();
            self.tell_pacer(campaign, |pacer, now| pacer.unanswered(created, nth, now, says_something));
        }
        let closing = attempt.close(ending, decision, &self.config.signature, self.now);
        if bridge {
            self.drop_bridge(Bridge::Conversation(id));
        }
        self.write_record(id, closing);
        match debt {
            Some(debt) => self.owe(debt, asker, barred),
            None => self.granted(asker),
        }
        self.dialable = true;
    }

    /// The record goes to the database, and again until it is there.
    pub(super) fn write_record(&mut self, id: AttemptId, closing: Closing) {
        let record = Arc::clone(&closing.record);
        self.put(id, Attempt::Closing(Closing { again_at: None, ..closing }));
        self.give(Purpose::Record(id), |request| Command::Record { request, record });
    }

    /// Somebody answered whom nobody could take in time. Pacing learns of each once: as soon as it is certain, and at the
    /// latest with the record.
    pub(super) fn nobody_came(&mut self, attempt: &mut Attempt) {
        let is_drop = |call: &&mut Dossier| !call.dropped && !call.has_talked();
        let Some(call) = attempt.call_mut().filter(is_drop) else { return };
        let Some(answered) = call.times.answered.filter(|_| !call.is_machine()) else { return };
        call.dropped = true;
        self.tell_answer(call);
        let campaign = call.request.campaign;
        self.tell_pacer(campaign, |pacer, _| pacer.dropped(answered));
    }

    /// The end shows whether a person counts as having answered, as every recount has it: whoever has gone before it was known
    /// what they are does, and a machine does not that was to be connected and found no agent, or that a recount has found open.
    fn tell_who_answered(&mut self, attempt: &mut Attempt, result: CallResult) {
        let Some(call) = attempt.call_mut() else { return };
        let was_connected = call.amd.as_ref().is_some_and(|amd| amd.policy == Policy::Connect);
        let was_counted = was_connected || call.is_interrupted;
        match (result, call.times.answered) {
            (CallResult::Machine | CallResult::Fax, Some(answered)) if was_counted => {
                self.tell_pacer(call.request.campaign, |pacer, _| pacer.was_a_machine(answered));
            }
            (CallResult::Machine | CallResult::Fax, _) => {}
            _ => self.tell_answer(call),
        }
    }

    /// Tells the campaign's pacing what has happened, if it wants to hear.
    pub(super) fn tell_pacer(&mut self, id: CampaignId, what: impl FnOnce(&mut Predictive, Micros)) {
        let now = self.now;
        if let Some(pacer) = self.campaign_mut(id).pacer.listener() {
            what(pacer, now);
        }
    }

    fn release_channel(&mut self, attempt: &Attempt, verdict: Verdict) {
        let request = &attempt.call().expect("a closing attempt has no channel").request;
        self.carriers.give_back(request.carrier, verdict, request.created, self.now);
    }

    fn count_opened(&mut self, request: &CallRequest) {
        if request.ordinal == 1 {
            self.opened += 1;
        }
    }

    /// We end an attempt: the act is on record before the PBX is asked.
    pub(super) fn end(&mut self, id: AttemptId, mut attempt: Attempt, act: Act) {
        self.part(&attempt);
        self.forsake(&mut attempt);
        self.leave_room_for_good(&mut attempt);
        if act == Act::NoAgent {
            self.nobody_came(&mut attempt);
        }
        let leg = attempt.call().map(|call| call.request.leg());
        let attempt = attempt.end(act, self.now);
        self.put(id, attempt);
        if let Some(leg) = leg {
            self.hang_up(leg);
        }
    }

    fn fill_hopper(&mut self, id: CampaignId) {
        let now = self.now;
        let Some(count) = self.campaign(id).hopper.wants(now) else { return };
        if !self.takes_leads(id) || self.database.open_until(now).is_some() {
            return;
        }
        let campaign = self.campaign_mut(id);
        if campaign.calendar.as_mut().is_some_and(|hours| hours.open(now).is_err()) {
            return;
        }
        campaign.hopper.fetching();
        let cap = campaign.rules.retry.cap;
        let purpose = Purpose::Fetch { campaign: id, count };
        self.give(purpose, |request| Command::Fetch { request, campaign: id, count, cap });
    }

    /// The database has answered a fetch.
    pub(super) fn fetched(&mut self, id: CampaignId, asked: u32, outcome: Outcome) {
        let (wanted, now, soon) = (self.takes_leads(id), self.now, self.soon());
        let hopper = &mut self.campaign_mut(id).hopper;
        match outcome {
            Outcome::Fetched { items, next_due, next_callback } if wanted => {
                // What is due by now and did not come is not asked for again in a rush.
                let next_due = next_due.map(|at| if at > now { at } else { soon });
                let next_callback = next_callback.map(|at| if at > now { at } else { soon });
                hopper.fetched(now, items, asked, next_due);
                hopper.next_callback(next_callback);
                if let Some(at) = hopper.next_wake(now) {
                    self.deadlines.no_later(Wake::Campaign(id), at);
                }
            }
            Outcome::Fetched { items, .. } => {
                hopper.not_fetched();
                self.release(items.into_iter().map(|item| item.id).collect());
            }
            Outcome::Done
            | Outcome::Failed(_)
            | Outcome::Refused(_)
            | Outcome::Surveyed { .. }
            | Outcome::Looked(_) => hopper.not_fetched(),
        }
        self.dialable = true;
    }

    /// The answer to a fetch that was given up for silent. The items are claimed all the same, so they are dialled, or
    /// given back where the campaign has no use for them any more.
    pub(super) fn fetched_late(&mut self, id: CampaignId, items: Vec<QueueItem>) {
        if !items.is_empty() {
            self.has_leads_again(id);
        }
        if self.takes_leads(id) {
            let now = self.now;
            self.campaign_mut(id).hopper.came_late(now, items);
            self.dialable = true;
        } else {
            self.release(items.into_iter().map(|item| item.id).collect());
        }
    }

    /// A lead of the campaign is due at a moment that the hopper may not know of.
    pub(super) fn supplied(&mut self, id: CampaignId, at: Micros) {
        self.campaign_mut(id).hopper.supplied(at);
        self.deadlines.no_later(Wake::Campaign(id), core::cmp::Ord::max(at, self.now + Span(1)));
    }

    /// A lead that went back is due again then. One that was agreed on is asked for at that moment though the hopper is full.
    pub(super) fn due_again(&mut self, id: CampaignId, at: Micros, agreed: bool) {
        if agreed {
            self.campaign_mut(id).hopper.calls_back(at);
        }
        self.supplied(id, at);
    }

    /// A completed campaign has leads again: it goes on, unless its closing time has come meanwhile.
    pub(super) fn has_leads_again(&mut self, id: CampaignId) {
        let now = self.now;
        let campaign = self.campaign_mut(id);
        let is_closed = campaign.closes_at.is_some_and(|at| at <= now);
        if campaign.state == CampaignState::Completed && !self.closing {
            self.set_campaign(id, if is_closed { CampaignState::Paused } else { CampaignState::Running });
        }
    }

    /// Whether what is not answered yet is given up.
    pub(super) fn gives_up(&self, id: CampaignId) -> bool {
        self.campaign(id).state == CampaignState::Stopped || self.closing
    }

    /// Whether a campaign dials, and so has a use for leads.
    pub(super) fn takes_leads(&self, id: CampaignId) -> bool {
        self.campaign(id).state == CampaignState::Running && !self.closing
    }

    /// A campaign whose leads have all come to their end is completed.
    fn complete(&mut self, id: CampaignId) {
        let idle = self.calls.counts(id).open() == 0 && self.agents.previewing(id).next().is_none();
        // What becomes of a lead that waits for its agent's word is not known yet.
        let decided = self.debts.values().all(|owing| owing.debt.campaign != id);
        let campaign = self.campaign(id);
        if idle && decided && campaign.has_run_out() && !self.gives_back() {
            self.set_campaign(id, CampaignState::Completed);
        }
        if idle && self.campaign(id).state == CampaignState::Draining {
            self.set_campaign(id, CampaignState::Stopped);
        }
    }

    /// Whether leads are on their way back to the database, where they will wait again.
    fn gives_back(&self) -> bool {
        !self.unreleased.is_empty() || self.pending.gives_back()
    }

    pub(super) fn campaign(&self, id: CampaignId) -> &Campaign {
        self.campaigns.get(id).expect("campaigns are checked when the engine is made")
    }

    pub(super) fn campaign_mut(&mut self, id: CampaignId) -> &mut Campaign {
        self.campaigns.get_mut(id).expect("campaigns are checked when the engine is made")
    }
}

/// The rules of a campaign that an attempt lives by.
pub(super) const fn rules_of(campaign: &crate::campaign::CampaignRules) -> Rules {
    Rules {
        setup: campaign.setup_timeout,
        message_within: Span(campaign.greeting.0 + campaign.message_within.0),
        talk: campaign.talk_limit,
    }
}
