//! What an attempt keeps through all its states, whichever it is in.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::originate::ATTRIBUTE;
use super::{CallSoFar, HoldSoFar, Visit};
use crate::amd::{AmdLog, Judge, Policy, Verdict};
use crate::call::{CallRequest, CallResult, Debt, Ending, Handover, Phase, Record, Said, TransferLog, Try};
use crate::event::{Failure, OpenAttempt, Times};
use crate::flow::{CallFlow, FlowLog, Known, Meanwhile, Run};
use crate::lead::{Attempted, Callback, Decision, Ended, QueueItem};
use crate::recording::{TakeId, Takes};
use crate::view::AgreedView;
use crate::words::{AgentId, AskId, CarrierId, Cause, Micros, Signature, Span, TechCause};

/// All that is kept of one attempt while it lives.
#[derive(Debug, Clone)]
pub(crate) struct Dossier {
    pub(crate) request: Arc<CallRequest>,
    /// The lead's attributes, for another try through another carrier; an adopted attempt has none and gets no other.
    pub(crate) attributes: Option<Vec<(String, String)>>,
    /// Whether the number was barred after the gate: it does not leave the house any more.
    pub(crate) barred: bool,
    /// The zone that the lead is in, where that is known.
    pub(crate) zone: Option<String>,
    /// When the number was dropped before, as far as the claim knew.
    pub(super) dropped_before: Option<Micros>,
    /// What to know before the call, where it was agreed on.
    note: Option<String>,
    pub(crate) tries: Vec<Try>,
    pub(crate) times: Times,
    /// The agent who was reserved for it beforehand, until they are gone.
    pub(crate) reserved: Option<AgentId>,
    /// Whom the callee was joined with last.
    pub(crate) agent: Option<AgentId>,
    /// Whether a conversation's bridge may exist.
    pub(crate) bridge: bool,
    /// Whether the callee is in that bridge. A join that failed may have brought them there, and the next one would not
    /// be told of it again.
    pub(super) customer_in: bool,
    /// Offers to agents that failed.
    pub(super) joins: u8,
    /// Until when the callee is offered to nobody, after too many of these.
    pub(super) rests_until: Option<Micros>,
    /// Whether pacing knows that no agent came in time.
    pub(crate) dropped: bool,
    /// The callee's way through the call flow, once they are in it.
    pub(crate) flow: Option<Box<Run>>,
    /// What an earlier process has noted of such a way. It has come to its end there.
    pub(super) flow_before: Option<Box<FlowLog>>,
    /// What is recorded of the conversation, once something is.
    pub(crate) takes: Option<Box<Takes>>,
    /// How the callee is being put through to somebody else, while they are.
    pub(crate) handover: Option<Box<Handover>>,
    /// What the callee hears who waits for an agent, where they hear anything.
    pub(crate) soothed: Option<Soothed>,
    /// What the callee may hear still, since its end could not be had: whoever joins them with somebody ends it first.
    pub(crate) lingers: Option<Meanwhile>,
    /// The room that the callee is in, or on the way into or out of, and how many there have been.
    pub(crate) visit: Option<Box<Visit>>,
    pub(crate) visits: u16,
    /// How many legs to others there have been, and what is on record of those that are over.
    pub(crate) others: u16,
    pub(crate) transfers: Vec<TransferLog>,
    /// How the callee stands on hold.
    pub(crate) hold: OnHold,
    /// What the agent has said of the call before it was over.
    pub(crate) said: Option<Box<Said>>,
    /// What the far end is said to have responded, where the dialplan told it and the end has not come yet.
    pub(crate) response: Option<TechCause>,
    /// Who is to be told that this is durable.
    pub(crate) asker: Option<AskId>,
    /// Whether it was answered in an earlier process: whatever flow the callee was in is lost.
    pub(crate) is_interrupted: bool,
    /// Whether its agent may have handed the callee over in an earlier process.
    pub(crate) may_be_alone: bool,
    /// How long the callee was left to others, which is no part of their time with agents.
    pub(super) elsewhere: Span,
    /// Whether talk was heard before the answer, where that is listened for.
    pub(crate) talks: bool,
    /// Whether what the callee said from the answer on may have been missed: it was found after a gap that it was answered, or had
    /// been before, or they talked when the gap began.
    pub(crate) is_unheard: bool,
    /// Who listens to the callee beside an agent, until there is a verdict.
    pub(crate) judge: Option<Box<Judge>>,
    /// Who is taken to have answered, once there is a verdict.
    pub(crate) amd: Option<Box<AmdLog>>,
    /// Whether it was answered and pacing was not told, since it may be a machine.
    pub(crate) is_untold: bool,
    pub(super) rules: Rules,
}

/// How a callee stands on hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OnHold {
    /// Since when, where they are.
    pub(crate) since: Option<Micros>,
    /// How long they were before that.
    pub(super) total: Span,
    /// Whether the PBX is being asked to put them on hold, or to take them off it.
    pub(crate) asked: bool,
    /// Whether nobody can tell.
    pub(crate) unsure: bool,
    /// Whether they are to be taken off it as soon as that can be asked for.
    pub(crate) ends: bool,
}

impl OnHold {
    /// Whether they are, may be, or will be.
    pub(crate) const fn is_possible(&self) -> bool {
        self.since.is_some() || self.unsure || self.asked
    }

    /// Whether they are.
    pub(crate) const fn is_certain(&self) -> bool {
        self.since.is_some() && !self.unsure
    }

    /// Whether the PBX is to be asked to take them off it.
    pub(crate) const fn is_to_end(&self) -> bool {
        (self.unsure || self.ends) && !self.asked
    }

    /// What there is to be noted of it.
    pub(crate) fn so_far(&self) -> Option<HoldSoFar> {
        let so_far = HoldSoFar { since: self.since, total: self.total };
        Some(so_far).filter(|so_far| *so_far != HoldSoFar::default())
    }

    /// They are put on hold, or taken off it.
    pub(crate) fn set(&mut self, on: bool, now: Micros) {
        if let Some(since) = self.since.take() {
            self.total = self.total + now.since(since);
        }
        self.since = on.then_some(now);
    }
}

/// What a callee hears who waits for an agent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Soothed {
    pub(crate) meanwhile: Meanwhile,
    /// Until when an agent is waited for.
    pub(super) until: Micros,
    pub(crate) stage: Soothing,
    /// Whether it was asked for and may not have begun.
    pub(super) is_unheard: bool,
}

/// Whether they hear it. Whoever does is in the line of those who wait, and whose music begins or ends is in none: a join would
/// find it in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Soothing {
    Begins,
    Sounds,
    Ends,
}

/// The campaign's rules that an attempt lives by, as of its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) setup: Span,
    pub(crate) message_within: Span,
    pub(crate) talk: Span,
}

impl Dossier {
    pub(crate) fn new(request: CallRequest, item: QueueItem, rules: Rules) -> Self {
        let times = Times { created: request.created, ..Times::default() };
        Self {
            attributes: Some(item.attributes),
            zone: item.zone,
            dropped_before: item.dropped,
            note: item.note,
            ..Self::blank(request, times, rules)
        }
    }

    /// An attempt that an earlier process left open.
    pub(crate) fn adopted(open: OpenAttempt, rules: Rules, now: Micros) -> Self {
        let OpenAttempt { request, so_far, others } = open;
        let CallSoFar { times, agent, takes, said, flow, transfers, hold, amd } = so_far;
        let transfers: Vec<_> = transfers.into_iter().map(|log| log.let_go(now)).collect();
        let HoldSoFar { since, total } = hold.unwrap_or_default();
        let with_others = times.bridged.filter(|_| others > 0 && agent.is_some());
        let may_be_alone = with_others.is_some();
        // One that was refused has left nothing but what was noted of it.
        let others = transfers.iter().map(|log| log.ordinal).fold(others, u16::max);
        Self {
            agent,
            bridge: times.answered.is_some(),
            // Who hears the message was counted when it began.
            dropped: times.message.is_some(),
            takes: takes.map(Takes::taken_up),
            said,
            flow_before: flow,
            others,
            transfers,
            // An earlier process may have put the callee on hold.
            hold: OnHold {
                since,
                total,
                unsure: times.bridged.is_some(),
                ends: may_be_alone,
                ..OnHold::default()
            },
            is_interrupted: times.answered.is_some(),
            may_be_alone,
            amd,
            // Nobody knows how much of it they were with others.
            elsewhere: with_others.map_or(Span::ZERO, |bridged| now.since(bridged)),
            ..Self::blank(request, times, rules)
        }
    }

    /// Where nothing has happened yet but for those times.
    fn blank(request: CallRequest, times: Times, rules: Rules) -> Self {
        Self {
            reserved: request.agent,
            request: Arc::new(request),
            attributes: None,
            zone: None,
            dropped_before: None,
            note: None,
            barred: false,
            tries: Vec::new(),
            times,
            agent: None,
            bridge: false,
            customer_in: false,
            joins: 0,
            rests_until: None,
            dropped: false,
            flow: None,
            flow_before: None,
            takes: None,
            handover: None,
            soothed: None,
            lingers: None,
            visit: None,
            visits: 0,
            others: 0,
            transfers: Vec::new(),
            hold: OnHold::default(),
            said: None,
            asker: None,
            response: None,
            is_interrupted: false,
            is_unheard: false,
            may_be_alone: false,
            elsewhere: Span::ZERO,
            talks: false,
            judge: None,
            amd: None,
            is_untold: false,
            rules,
        }
    }

    pub(super) fn ring_timeout(&self) -> Span {
        Span::millis(self.request.ring_timeout_ms)
    }

    /// Until when they may talk with agents who have talked since that moment.
    pub(super) fn talks_until(&self, bridged: Micros) -> Micros {
        bridged + self.rules.talk + self.elsewhere
    }

    /// One of the lead's attributes, however its name is written. They are the call's variables, which outlive a process.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut variables = self.request.variables.iter();
        let is_it =
            |known: &str| known.strip_prefix(ATTRIBUTE).is_some_and(|known| known.eq_ignore_ascii_case(name));
        variables.find(|(known, _)| is_it(known)).map(|(_, value)| value)
    }

    /// What a flow's texts may be filled with.
    pub(super) fn known_to(&self, flow: &CallFlow) -> Known {
        let attributes = self.attributes.iter().flatten().filter(|(name, _)| flow.takes(name));
        Known { number: Some(self.request.number), attributes: attributes.cloned().collect() }
    }

    /// What was agreed on with the callee, where this is the call.
    pub(crate) fn agreed(&self) -> Option<AgreedView> {
        AgreedView::of(self.request.callback, self.note.as_ref())
    }

    /// The queue item as it was before this attempt.
    pub(crate) fn item(&self) -> Option<QueueItem> {
        self.attributes.as_ref().map(|attributes| QueueItem {
            id: self.request.queue,
            lead: self.request.lead,
            number: self.request.number,
            alternates: self.request.alternates.clone(),
            attempts: self.request.nth - 1,
            past: self.request.past.clone(),
            callback: self.request.callback,
            note: self.note.clone(),
            attributes: attributes.clone(),
            zone: self.zone.clone(),
            dropped: self.dropped_before,
        })
    }

    /// The queue item as this attempt found it.
    pub(crate) fn attempted(&self) -> Attempted<'_> {
        let CallRequest { nth, number, alternates, past, .. } = &*self.request;
        Attempted { nth: *nth, number: *number, alternates, past }
    }

    /// How it ended, for the rules for trying again. Who was in the call flow was talked to from the answer on.
    pub(crate) fn ended(&self, ending: &Ending, now: Micros) -> Ended {
        let result = ending.result();
        let began = if self.has_been_in_flow() { self.times.answered } else { self.times.bridged };
        Ended {
            result,
            technical: ending.is_technical(),
            talked: began.map_or(Span::ZERO, |began| now.since(began)),
            completed: result != CallResult::Incomplete,
            at: now,
        }
    }

    /// What the agent still has to say of the call that is over now; nobody where nobody talked.
    pub(crate) fn debt(&self, ended: &Ended, until: Micros) -> Option<Debt> {
        let CallRequest { attempt, campaign, queue, lead, number, nth, .. } = *self.request;
        Some(Debt {
            attempt,
            campaign,
            agent: self.agent?,
            queue,
            lead,
            number,
            alternates: self.request.alternates.clone(),
            nth,
            past: self.request.past.clone(),
            agreed: self.request.callback.is_some(),
            talked: ended.talked,
            ended: ended.at,
            until,
            said: self.said.clone(),
        })
    }

    /// Whether a carrier has had its try.
    pub(crate) fn has_tried(&self, carrier: CarrierId) -> bool {
        self.request.carrier == carrier || self.tries.iter().any(|tried| tried.carrier == carrier)
    }

    /// How far a call has come that was answered and is not joined: one of a machine is known to be that, unless it was
    /// connected all the same and an agent has talked with whoever it is.
    pub(super) fn answered_by(&self) -> Phase {
        if !self.is_screened() && self.has_talked() {
            return Phase::Bridged;
        }
        match self.amd.as_ref().map(|amd| amd.verdict) {
            Some(Verdict::Machine) => Phase::Machine,
            Some(Verdict::Fax) => Phase::Fax,
            Some(Verdict::Human | Verdict::NotSure) | None => Phase::Answered,
        }
    }

    /// The same of one that waits for an agent: a call flow that had come to its aim before has come to it for good.
    pub(super) fn waits_in(&self) -> Phase {
        if self.has_completed_flow() && !self.has_talked() { Phase::FlowComplete } else { self.answered_by() }
    }

    /// Whether the callee is or was in a call flow, here or in an earlier process.
    pub(super) const fn has_been_in_flow(&self) -> bool {
        self.flow.is_some() || self.flow_before.is_some()
    }

    /// Whether the callee's way through the call flow has come to its aim.
    pub(super) fn has_completed_flow(&self) -> bool {
        let now = self.flow.as_ref().is_some_and(|run| run.is_complete());
        now || self.flow_before.as_ref().is_some_and(|log| log.complete)
    }

    /// What is on record of the callee's way through the call flow if nobody hears any more of the call.
    pub(crate) fn flow_so_far(&self, now: Micros, signature: &Signature) -> Option<Box<FlowLog>> {
        let name = |nth| signature.recording(self.request.attempt, nth);
        let so_far = self.flow.as_ref().map(|run| Box::new(run.log_so_far(now, name)));
        so_far.or_else(|| self.flow_before.clone())
    }

    /// How far a call has come that is in its call flow.
    pub(super) fn in_flow(&self) -> Phase {
        if self.has_completed_flow() { Phase::FlowComplete } else { Phase::InFlow }
    }

    /// Whether, by what they are taken for, they are not to be connected.
    pub(crate) fn is_screened(&self) -> bool {
        self.amd.as_ref().is_some_and(|amd| amd.policy != Policy::Connect)
    }

    /// Whether a machine is taken to have answered.
    pub(crate) fn is_machine(&self) -> bool {
        matches!(self.answered_by(), Phase::Machine | Phase::Fax)
    }

    /// Whether the callee has talked with an agent, whoever is with them now.
    pub(crate) const fn has_talked(&self) -> bool {
        self.times.bridged.is_some() && self.agent.is_some()
    }

    /// Whether an agent whom they wait for is wanted by their call flow.
    pub(crate) const fn wants_agent_in_flow(&self) -> bool {
        self.flow.is_some() && !self.has_talked()
    }

    pub(super) fn end_try(
        &mut self,
        cause: Option<Cause>,
        tech: Option<TechCause>,
        unplaced: Option<Failure>,
    ) {
        let CallRequest { ordinal, carrier, .. } = *self.request;
        self.tries.push(Try { ordinal, carrier, cause, tech, unplaced });
    }

    pub(super) fn record(self, ending: Ending, decision: Decision, signature: &Signature) -> Record {
        let CallRequest { attempt, ordinal, campaign, queue, lead, number, nth, carrier, .. } = *self.request;
        let result = ending.result();
        let (agent, tries, times, transfers) = (self.agent, self.tries, self.times, self.transfers);
        let flow = self.flow.map(|run| Box::new(run.log(|nth| signature.recording(attempt, nth))));
        let flow = flow.or(self.flow_before);
        let name = |nth| signature.take(TakeId { attempt, ordinal, nth });
        let recordings = self.takes.map_or_else(Vec::new, |takes| takes.log(name));
        let Decision { fate, next_number, past } = decision;
        let held = self.hold.total;
        let was_agreed = self.request.callback.is_some();
        let promised = was_agreed && Callback::outlasts(result, ending.is_technical(), fate);
        Record {
            attempt,
            campaign,
            queue,
            lead,
            number,
            nth,
            carrier,
            agent,
            result,
            ending,
            tries,
            times,
            fate,
            next_number,
            past,
            promised,
            flow,
            recordings,
            transfers,
            amd: self.amd,
            held,
        }
    }
}
