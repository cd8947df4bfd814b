//! A callee who is put through to somebody else: that one is called on a leg of their own, told who is coming, and both are
//! put into a bridge. Whatever comes of it, the callee goes on where they were. Here is all that a leg does, whoever asked
//! for it; what an agent may ask for stands in `desk`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a leg or answer that a fact does not concern stays as it is, whatever stages are added"
)]

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Engine, Link};
use crate::Command;
use crate::call::{
    AskedBy, Attempt, Dossier, Ending, Handover, Held, Next, Other, Transfer, TransferLog, TransferRequest,
    TransferStage as Stage, transfer_originate, transfer_request,
};
use crate::campaign::Campaign;
use crate::carrier::{Unfit, Verdict};
use crate::deadline::Wake;
use crate::event::{Failure, LegNews, Outcome, SaveRefusal, SeenLeg};
use crate::flow::{Destination, Input, Meanwhile, ShownCaller, TransferEnd, TransferRules};
use crate::pending::Purpose;
use crate::words::{AttemptId, Bridge, CarrierId, Cause, Leg, Micros, Number, TechCause, WHISPERS};

/// Why somebody cannot be called just now.
#[derive(Debug, Clone, Copy)]
enum Blocked {
    /// It may pass: at that moment, or whenever something changes.
    ForNow { again: Option<Micros> },
    /// There is no way, or none any more.
    ForGood,
}

impl Engine {
    /// A call flow wants somebody called, and the callee put through to them.
    pub(super) fn put_through(&mut self, id: AttemptId, rules: Arc<TransferRules>) {
        let whom = destination(&rules, self.dossier(id));
        let is_known = whom.is_some();
        let whom = whom.unwrap_or_else(|| rules.to.clone());
        self.begin_handover(id, rules, whom, None);
        if is_known {
            self.call_other(id);
        } else {
            self.handed_over(id, TransferEnd::Failed);
        }
    }

    /// Somebody is to be called for a callee.
    pub(super) fn begin_handover(
        &mut self,
        id: AttemptId,
        rules: Arc<TransferRules>,
        whom: Destination,
        by: Option<AskedBy>,
    ) {
        let way_by = self.now + rules.ring_timeout;
        self.dossier(id).handover = Some(Box::new(Handover::new(rules, whom, by, way_by)));
    }

    /// Calls whom the callee is to be put through to: through the next carrier with room, where a carrier is needed. A call flow
    /// waits for one, as long as they might ring.
    pub(super) fn call_other(&mut self, id: AttemptId) {
        match self.request_other(id) {
            Ok(request) => {
                self.waits_no_more(id);
                self.save_other(id, request);
            }
            Err(Blocked::ForNow { again }) => self.wait_for_way(id, again),
            Err(Blocked::ForGood) => self.no_way(id),
        }
    }

    /// Those who wait for a carrier with room look for one again: before anybody else is dialled, since a callee is on the line.
    pub(super) fn call_waiting_others(&mut self) {
        for id in self.transfers.waiting() {
            self.call_other(id);
        }
    }

    /// The callee hears meanwhile what they hear while somebody rings.
    fn wait_for_way(&mut self, id: AttemptId, again: Option<Micros>) {
        let handover = self.handover(id).expect("it is asked for by one");
        let until = handover.way_by;
        if handover.by.is_some() || until <= self.now {
            return self.no_way(id);
        }
        self.transfers.waits(id);
        let look_at = again.map_or(until, |again| core::cmp::Ord::min(again, until));
        self.deadlines.set(Wake::Transfer(id, 0), Some(look_at));
        self.calm(id);
    }

    fn waits_no_more(&mut self, id: AttemptId) {
        if self.transfers.waits_no_more(id) {
            self.deadlines.set(Wake::Transfer(id, 0), None);
        }
    }

    fn no_way(&mut self, id: AttemptId) {
        self.waits_no_more(id);
        self.handed_over(id, TransferEnd::Failed);
    }

    /// The request goes to the database; nobody is dialled before it is durable.
    fn save_other(&mut self, id: AttemptId, request: TransferRequest) {
        let setup = self.campaign(request.campaign).rules.setup_timeout;
        if let Some(carrier) = request.carrier {
            self.carriers.take(carrier, self.now);
        }
        let handover = self.handover(id).expect("it is asked for by one");
        handover.ordinal = request.ordinal;
        handover.tried.extend(request.carrier);
        let transfer = Transfer::new(request, Arc::clone(&handover.rules), setup);
        let (other, call) = ((id, transfer.request.ordinal), Arc::clone(&transfer.request));
        self.transfers.add(transfer);
        self.give(Purpose::SaveTransfer(other), |request| Command::SaveTransfer { request, transfer: call });
    }

    /// The request of the next leg, or what is in its way.
    fn request_other(&mut self, id: AttemptId) -> Result<TransferRequest, Blocked> {
        self.gate().lines_work().map_err(|refusal| Blocked::ForNow { again: refusal.again })?;
        let call = self.dossier(id);
        let others = call.others.checked_add(1).filter(|others| *others < WHISPERS);
        let others = others.ok_or(Blocked::ForGood)?;
        let handover = call.handover.as_deref().expect("it is asked for by one");
        let (number, carrier) = match handover.to {
            Destination::Number(number) => (Some(number), Some(self.next_carrier_to_other(id)?)),
            // There is one way to it.
            Destination::Endpoint(_) if handover.ordinal > 0 => return Err(Blocked::ForGood),
            Destination::Endpoint(_) => (None, None),
        };
        let Self { calls, campaigns, carriers, now, .. } = self;
        let call = calls.dossier_mut(id).expect("it was looked up just now");
        call.others = others;
        let campaign = campaigns.get(call.request.campaign);
        let rules = &campaign.expect("campaigns are checked when the engine is made").rules;
        let handover = call.handover.as_deref().expect("it was looked up just now");
        let shown = match &handover.rules.caller_id {
            ShownCaller::Own(number) => Some(number.clone()),
            ShownCaller::Callee => Some(alloc::format!("{}", call.request.number)),
            ShownCaller::Campaign => match (carrier, number) {
                (Some(carrier), Some(number)) => {
                    carriers.caller_id(carrier, rules.wanted(), number, &mut None, *now)
                }
                _ => rules.caller_id.clone(),
            },
        };
        let is_by_itself = carrier.is_some() && handover.rules.caller_id != ShownCaller::Campaign;
        if let Some(shown) = shown.as_deref().filter(|_| is_by_itself) {
            carriers.was_shown(shown, *now);
        }
        let carrier = carrier.map(|carrier| carriers.rules(carrier));
        Ok(transfer_request(rules, carrier, call, (&handover.to, &handover.rules), shown, *now))
    }

    /// The next carrier in rotation that has room, of those that were not tried already; else whether one may have room in time.
    fn next_carrier_to_other(&mut self, id: AttemptId) -> Result<CarrierId, Blocked> {
        let Self { calls, campaigns, carriers, now, .. } = self;
        let call = calls.get(id).and_then(Attempt::call).expect("whoever is put through is on a call");
        let Handover { tried, way_by, rules, .. } = call.handover.as_deref().expect("it is asked for by one");
        let campaign = campaigns.get_mut(call.request.campaign);
        let Campaign { rotation, rules: campaign, .. } =
            campaign.expect("campaigns are checked when the engine is made");
        let wanted = rules.wanted(campaign);
        let fit = |carrier| carriers.fit(carrier, wanted, *now);
        if let Some(carrier) = rotation.next(|carrier| !tried.contains(&carrier) && fit(carrier).is_ok()) {
            return Ok(carrier);
        }
        let untried = rotation.carriers().filter(|carrier| !tried.contains(carrier));
        let unfit = untried.filter_map(|carrier| fit(carrier).err());
        let passing: Vec<Unfit> = unfit.filter(|unfit| unfit.may_pass_by(*way_by)).collect();
        if passing.is_empty() {
            return Err(Blocked::ForGood);
        }
        Err(Blocked::ForNow { again: passing.into_iter().filter_map(Unfit::passes_at).min() })
    }

    /// The database has answered for a leg.
    pub(super) fn transfer_saved(&mut self, other: Other, outcome: &Outcome) {
        let transfer = self.transfers.get(other).expect("it waits for this answer");
        let is_unwanted = transfer.stage == Stage::Unwanted;
        let leaves = !is_unwanted && outcome.is_done() && self.gate().lines_work().is_ok();
        match transfer.request.carrier {
            Some(carrier) if leaves => self.carriers.leaves(carrier, self.now),
            Some(carrier) => self.carriers.stays(carrier),
            None => {}
        }
        let unplaced = match outcome {
            _ if is_unwanted => return self.forget_other(other, Verdict::Untried),
            _ if leaves => return self.place_other(other),
            Outcome::Refused(SaveRefusal::DoNotCall) => return self.may_not_be_called(other),
            Outcome::Failed(failure) => *failure,
            _ => Failure::NotSent,
        };
        let transfer = self.transfers.get(other).expect("it was there just now");
        let ending = transfer.ending(None, None, Some(unplaced));
        self.other_is_over(other, &ending);
    }

    /// The request is durable: it is dialled, and the callee hears something meanwhile.
    fn place_other(&mut self, other: Other) {
        let now = self.now;
        self.change_other(other, |transfer| transfer.placed(now));
        let transfer = self.transfers.get(other).expect("it was there just now");
        let setup = self.campaign(transfer.request.campaign).rules.setup_timeout;
        let originate = transfer_originate(&transfer.request, setup);
        self.originate(originate);
        self.note(other.0);
        self.calm(other.0);
    }

    /// The number is on a do-not-call list: no other carrier makes that right.
    fn may_not_be_called(&mut self, (id, ordinal): Other) {
        let transfer = self.transfers.get((id, ordinal)).expect("it waits for this answer");
        let mut log = transfer.log(Some(TransferEnd::Failed), None, self.now);
        log.barred = true;
        self.forget_other((id, ordinal), Verdict::Untried);
        self.keep_log(id, log);
        self.handed_over(id, TransferEnd::Failed);
    }

    /// What the callee hears until they are put through. Whoever is on hold hears music already.
    pub(super) fn calm(&mut self, id: AttemptId) {
        let call = self.dossier(id);
        if call.hold.is_certain() || call.hold.asked {
            return;
        }
        let leg = call.request.leg();
        let Some(handover) = self.handover(id).filter(|handover| handover.may_be_calmed()) else { return };
        let meanwhile = handover.rules.meanwhile;
        if meanwhile != Meanwhile::Silence {
            handover.held = Held::Calming;
            self.give(Purpose::Calm(id), |request| Command::Calm { request, leg, meanwhile });
        }
    }

    /// Whoever waits and may hear nothing since it could not be begun is to hear it once more.
    pub(super) fn calm_once_more(&mut self, id: AttemptId) {
        let Some(handover) = self.handover(id).filter(|handover| handover.is_unheard) else { return };
        let (other, is_over) = ((id, handover.ordinal), handover.end.is_some());
        if !is_over && self.transfers.get(other).is_none_or(Transfer::is_awaited) {
            self.calm(id);
        }
    }

    /// The PBX has answered that the callee hears something, or not: then it is begun once more with the next survey, which comes
    /// soon.
    pub(super) fn calmed(&mut self, id: AttemptId, outcome: &Outcome) {
        let Some(handover) = self.handover(id).filter(|handover| handover.held == Held::Calming) else {
            return;
        };
        (handover.held, handover.is_unheard) = (Held::Calmed, !outcome.is_done());
        let other = (id, handover.ordinal);
        if !outcome.is_done() {
            self.deadlines.no_later(Wake::Survey, self.soon());
        }
        let waits = self.transfers.get(other).map(|transfer| transfer.stage);
        if let Some(Stage::Willing { .. }) = waits {
            self.join_other(other);
        }
        self.settle_handover(id);
    }

    /// The PBX has answered an originate of a leg.
    pub(super) fn other_placed(&mut self, other: Other, outcome: &Outcome) {
        let Outcome::Failed(failure) = outcome else { return };
        let Some(transfer) = self.transfers.get(other) else { return };
        match (transfer.stage, failure) {
            (Stage::Placing { .. }, failure) if failure.has_placed_nothing() => {
                let ending = transfer.ending(None, None, Some(*failure));
                self.other_is_over(other, &ending);
            }
            (Stage::Leaving { .. }, failure) if failure.has_placed_nothing() => {
                self.forget_other(other, Verdict::Untried);
            }
            // It may have been placed: its events will tell, and if none come, a look will.
            (_, failure) if failure.leaves_it_open() => {
                let leg = transfer.request.leg();
                self.look(leg);
            }
            _ => {}
        }
    }

    /// The leg did something.
    pub(super) fn other_news(&mut self, other: Other, news: LegNews) {
        let (leg, now) = (leg_of(other), self.now);
        let Some(transfer) = self.transfers.get(other) else { return self.stray_news(leg, news) };
        if let Some(carrier) = transfer.request.carrier.filter(|_| news.comes_through()) {
            let taken = transfer.request.created;
            self.went_through(carrier, taken);
        }
        match news {
            LegNews::Progressed | LegNews::Rang => self.change_other(other, |it| it.rang(now)),
            LegNews::Answered => self.change_other(other, |it| it.answered(now)),
            LegNews::Entered => self.go_on_with(other, |it| it.entered(now)),
            LegNews::Played { whole, .. } => self.go_on_with(other, |it| it.has_heard(whole, now)),
            LegNews::Pressed(key) => self.go_on_with(other, |it| it.pressed(key, now)),
            LegNews::Joined(bridge) => self.moved_in_transfer(other, leg, bridge, true),
            LegNews::Parted(bridge) => self.moved_in_transfer(other, leg, bridge, false),
            LegNews::Forwarded => self.decided(other, TransferEnd::Failed),
            // Nobody listens to, or records, whoever a callee is put through to.
            LegNews::Recorded { .. }
            | LegNews::TakeBegan { .. }
            | LegNews::TakeEnded { .. }
            | LegNews::Judged { .. }
            | LegNews::TalkBegan
            | LegNews::TalkEnded { .. } => {}
            LegNews::Responded(response) => self.change_other(other, |it| it.response = Some(response)),
            LegNews::Ended { cause, tech } => self.other_ended(other, Some(cause), tech),
        }
    }

    fn go_on_with(&mut self, other: Other, step: impl FnOnce(&mut Transfer) -> Next) {
        let mut next = Next::Nothing;
        self.change_other(other, |transfer| next = step(transfer));
        match next {
            Next::Nothing => {}
            Next::Whisper => self.whisper(other),
            Next::Hush => {
                let (attempt, nth) = (other.0, WHISPERS + other.1);
                self.give(Purpose::StopPlaying, |request| Command::StopPlaying { request, attempt, nth });
            }
            Next::Join => self.join_other(other),
        }
    }

    /// Tells them who is coming.
    fn whisper(&mut self, other: Other) {
        let ((attempt, ordinal), leg) = (other, leg_of(other));
        let rules = &self.handover(attempt).expect("who is called is called for a callee").rules;
        let media = rules.whisper.join(",");
        self.give(Purpose::Whisper(other), |request| Command::Play {
            request,
            attempt,
            nth: WHISPERS + ordinal,
            leg,
            media,
        });
    }

    /// The PBX has answered a whisper. One that cannot be played is left out.
    pub(super) fn whisper_answered(&mut self, other: Other, outcome: &Outcome) {
        let now = self.now;
        if matches!(outcome, Outcome::Failed(_)) && self.transfers.get(other).is_some() {
            self.go_on_with(other, |transfer| transfer.has_heard(true, now));
        }
    }

    /// Both into one bridge, unless what the callee hears has only just been asked for: it would begin in there.
    fn join_other(&mut self, other: Other) {
        let (id, now) = (other.0, self.now);
        let customer = self.dossier(id).request.leg();
        let handover = self.handover(id).expect("who is called is called for a callee");
        if handover.held == Held::Calming {
            return;
        }
        let (bridge, is_there) = (handover.bridge(other), handover.by.is_some());
        let hears = (handover.held == Held::Calmed).then_some(handover.rules.meanwhile);
        if !is_there {
            handover.held = Held::Bridged;
        }
        let meanwhile = hears.or(self.dossier(id).lingers.take()).unwrap_or(Meanwhile::Silence);
        self.change_other(other, |transfer| transfer.joins(is_there, now));
        self.give(Purpose::PutThrough(other), |request| Command::PutThrough {
            request,
            customer,
            other: leg_of(other),
            bridge,
            meanwhile,
        });
    }

    /// The PBX has answered that it put both into their bridge, or why not. Only the bridge's own events prove it, also where nobody
    /// can tell.
    pub(super) fn put_through_answered(&mut self, other: Other, outcome: &Outcome) {
        let joins = |transfer: &Transfer| matches!(transfer.stage, Stage::Joining { .. });
        if outcome.is_undone() && self.transfers.get(other).is_some_and(joins) {
            self.not_put_through(other);
        }
    }

    /// They did not find together; the callee may be gone.
    fn not_put_through(&mut self, other: Other) {
        let customer = self.dossier(other.0).request.leg();
        self.decided(other, TransferEnd::Failed);
        self.look(customer);
    }

    /// The callee or the other entered or left a bridge; that of their transfer counts.
    pub(super) fn moved_in_transfer(&mut self, other: Other, leg: Leg, bridge: Bridge, is_in: bool) {
        if self.bridge_of(other) != Some(bridge) {
            return;
        }
        let (now, mut is_whole) = (self.now, false);
        self.change_other(other, |transfer| is_whole = transfer.moved(leg, is_in, now));
        if is_whole {
            self.came_in(other.0);
            self.note(other.0);
        }
    }

    /// The bridge of a leg whose callee is there.
    fn bridge_of(&self, other: Other) -> Option<Bridge> {
        let handover = self.calls.get(other.0)?.call()?.handover.as_deref()?;
        (handover.ordinal == other.1).then(|| handover.bridge(other))
    }

    /// The leg is gone, as told or as found.
    pub(super) fn other_ended(&mut self, other: Other, cause: Option<Cause>, tech: Option<TechCause>) {
        let Some(transfer) = self.transfers.get(other) else { return };
        let ending = transfer.ending(cause, tech.or(transfer.response), None);
        match transfer.stage {
            // It is not dialled yet: that was another leg of its name.
            Stage::Saving | Stage::Unwanted => self.count_stray("leg: ended before it was dialled"),
            Stage::Leaving { .. } if transfer.came_through() => self.forget_other(other, Verdict::Worked),
            Stage::Leaving { .. } => self.forget_other(other, Verdict::Unproven),
            _ => self.other_is_over(other, &ending),
        }
    }

    /// The leg has come to its end by itself: another carrier's turn, or the end of the transfer.
    fn other_is_over(&mut self, other: Other, ending: &Ending) {
        let transfer = self.transfers.get(other).expect("it was looked up just now");
        let end = transfer.ended(ending);
        let log = transfer.log(Some(end), Some(ending), self.now);
        let goes_on = ending.may_go_elsewhere() && transfer.request.carrier.is_some();
        self.forget_other(other, Verdict::of(ending));
        self.keep_log(other.0, log);
        if goes_on { self.call_other(other.0) } else { self.handed_over(other.0, end) }
    }

    /// It is decided what comes of the transfer, and the leg is still there.
    fn decided(&mut self, other: Other, end: TransferEnd) {
        let Some(transfer) = self.transfers.get(other) else { return };
        if matches!(transfer.stage, Stage::Leaving { .. } | Stage::Unwanted) {
            return;
        }
        let log = transfer.log(Some(end), None, self.now);
        self.let_other_go(other);
        self.keep_log(other.0, log);
        self.handed_over(other.0, end);
    }

    /// What is on record of a leg is kept until the callee's own record is written.
    fn keep_log(&mut self, id: AttemptId, log: TransferLog) {
        let call = self.dossier(id);
        let by = call.handover.as_ref().and_then(|handover| handover.by.clone());
        call.transfers.push(TransferLog { by, ..log });
        self.note(id);
    }

    /// What is on record of those who were called for a callee if nobody hears any more of the call.
    pub(super) fn transfers_so_far(&self, call: &Dossier) -> Vec<TransferLog> {
        let mut transfers = call.transfers.clone();
        if let Some(handover) = call.handover.as_deref()
            && transfers.iter().all(|log| log.ordinal != handover.ordinal)
        {
            let last = self.transfers.get((call.request.attempt, handover.ordinal));
            transfers.extend(last.map(|transfer| transfer.log_so_far(handover.by.clone())));
        }
        transfers
    }

    /// A leg's own deadline has passed, or that of a look for a carrier for the next one.
    pub(super) fn other_due(&mut self, other: Other) {
        let now = self.now;
        let Some(transfer) = self.transfers.get(other) else { return self.call_other(other.0) };
        if transfer.due().is_none_or(|at| at > now) {
            return self.change_other(other, |_| {});
        }
        let end = transfer.overdue();
        match transfer.stage {
            Stage::Whispering { .. } => self.go_on_with(other, |transfer| transfer.has_heard(true, now)),
            Stage::Willing { .. } => {
                let handover = self.handover(other.0).expect("who is called is called for a callee");
                // Whoever was not being calmed hears something else, which is not to be ended.
                if handover.held == Held::Calming {
                    handover.held = Held::Calmed;
                }
                self.join_other(other);
            }
            // They may be together, and nobody hears of it: what the PBX holds will tell.
            Stage::Joining { .. } if self.link != Link::Ready => {
                self.change_other(other, |transfer| transfer.puts_joining_off(now));
            }
            Stage::Joining { .. } => self.not_put_through(other),
            Stage::Leaving { .. } => {
                self.change_other(other, |transfer| transfer.look_later(now));
                self.look(leg_of(other));
            }
            _ => self.decided(other, end),
        }
    }

    /// What has come of a transfer. The callee goes on as soon as they are let go of.
    fn handed_over(&mut self, id: AttemptId, end: TransferEnd) {
        self.handover(id).expect("a transfer ends once").end = Some(end);
        self.settle_handover(id);
    }

    /// The PBX has answered that it ended what the callee heard, or not.
    pub(super) fn hushed(&mut self, id: AttemptId, outcome: &Outcome) {
        let heard = self.handover(id).filter(|handover| handover.held == Held::Released);
        if let Some(meanwhile) = heard.map(|handover| handover.rules.meanwhile).filter(|_| !outcome.is_done())
        {
            self.dossier(id).lingers = Some(meanwhile);
        }
        self.released_from(id);
    }

    /// The PBX has answered that it let go of the callee. Whatever it says, there is nothing more to wait for.
    pub(super) fn released_from(&mut self, id: AttemptId) {
        if let Some(handover) = self.handover(id).filter(|handover| handover.held == Held::Released) {
            handover.held = Held::Not;
            self.settle_handover(id);
        }
    }

    /// Lets go of a callee whose transfer is over, and then leads them on.
    fn settle_handover(&mut self, id: AttemptId) {
        let leg = self.dossier(id).request.leg();
        let Some(handover) = self.handover(id) else { return };
        let Some(end) = handover.end else { return };
        let (meanwhile, bridge) = (handover.rules.meanwhile, handover.bridge((id, handover.ordinal)));
        match handover.held {
            Held::Calming | Held::Released => {}
            Held::Calmed => {
                handover.held = Held::Released;
                self.give(Purpose::Hush(id), |request| Command::Hush { request, leg, meanwhile });
            }
            Held::Bridged => {
                handover.held = Held::Released;
                self.drop_bridge(bridge);
            }
            Held::Not => {
                let by = self.dossier(id).handover.take().and_then(|handover| handover.by);
                let Some(attempt) = self.take(id) else { return };
                match by {
                    None => self.flow_hears(id, attempt, Input::TransferOver(end)),
                    Some(_) => self.other_has_left(id, attempt, end),
                }
            }
        }
    }

    /// The callee is gone or going: whoever was called for them is let go at once.
    pub(super) fn forsake(&mut self, attempt: &mut Attempt) {
        let Some(call) = attempt.call_mut() else { return };
        let Some(handover) = call.handover.take() else { return };
        let other = (call.request.attempt, handover.ordinal);
        self.waits_no_more(other.0);
        if let Some(transfer) = self.transfers.get(other).filter(|_| handover.end.is_none()) {
            call.transfers.push(transfer.log_so_far(handover.by.clone()).let_go(self.now));
            self.let_other_go(other);
        }
        if handover.held == Held::Bridged {
            self.drop_bridge(handover.bridge(other));
        }
    }

    /// Nobody listens to the PBX: whoever answers now would be hung up on.
    pub(super) fn give_up_others(&mut self) {
        let unanswered = self.transfers.iter().filter(|(_, transfer)| transfer.is_unanswered());
        let others: Vec<Other> = unanswered.map(|(other, _)| other).collect();
        for other in others {
            self.decided(other, TransferEnd::Failed);
        }
    }

    /// Compares the legs with what the PBX holds.
    pub(super) fn compare_others(&mut self, seen: &BTreeMap<Leg, SeenLeg>, sent: Micros, after_gap: bool) {
        let is_placed = |transfer: &Transfer| transfer.times.placed.is_some();
        let placed = self.transfers.iter().filter(|(_, transfer)| is_placed(transfer));
        let placed: Vec<(Other, Micros)> =
            placed.filter_map(|(other, transfer)| Some((other, transfer.times.placed?))).collect();
        for (other, placed) in placed {
            match seen.get(&leg_of(other)) {
                None if placed >= sent => {}
                None => self.look(leg_of(other)),
                Some(leg) => self.compare_other(other, *leg, after_gap),
            }
            let Some(Stage::Joining { .. }) = self.transfers.get(other).map(|it| it.stage) else { continue };
            let customer = self.dossier(other.0).request.leg();
            if let Some(bridge) = seen.get(&customer).and_then(|seen| seen.bridge).filter(|_| after_gap) {
                self.moved_in_transfer(other, customer, bridge, true);
            }
        }
    }

    /// A leg that is there. That it rings may have been missed at any time, its answer after a gap, and with either everything that
    /// should follow.
    pub(super) fn compare_other(&mut self, other: Other, seen: SeenLeg, after_gap: bool) {
        match self.transfers.get(other).map(|transfer| transfer.stage) {
            Some(Stage::Leaving { .. }) => self.hang_up(seen.leg),
            Some(Stage::Placing { .. } | Stage::Ringing { .. } | Stage::Answered { .. })
                if after_gap && seen.up =>
            {
                self.other_news(other, LegNews::Entered);
            }
            Some(Stage::Placing { .. }) if seen.rings => self.other_news(other, LegNews::Rang),
            Some(Stage::Whispering { .. }) if self.is_to_be_found(seen.leg, after_gap) => {
                self.find_playback(seen.leg);
            }
            Some(Stage::Joining { .. }) if after_gap => {
                if let Some(bridge) = seen.bridge {
                    self.moved_in_transfer(other, seen.leg, bridge, true);
                }
            }
            _ => {}
        }
    }

    /// Whether a callee is, or may be, in a bridge of that leg's name with somebody.
    pub(super) fn has_use_for(&self, other: Other) -> bool {
        matches!(self.bridge_of(other), Some(Bridge::Transfer { .. }))
    }

    fn let_other_go(&mut self, other: Other) {
        let (now, mut is_there) = (self.now, false);
        self.change_other(other, |transfer| is_there = transfer.leaves(now));
        if is_there {
            self.hang_up(leg_of(other));
        }
    }

    /// The leg is gone, and its channel free.
    fn forget_other(&mut self, other: Other, verdict: Verdict) {
        let transfer = self.transfers.remove(other).expect("it was looked up just now");
        self.deadlines.set(Wake::Transfer(other.0, other.1), None);
        if let Some(carrier) = transfer.request.carrier {
            self.carriers.give_back(carrier, verdict, transfer.request.created, self.now);
        }
        if verdict.was_unseen() {
            self.nobody_saw_of_other(&transfer);
        }
        self.dialable = true;
    }

    /// What it would have shown was seen by nobody, and counts against no limit.
    fn nobody_saw_of_other(&mut self, transfer: &Transfer) {
        let TransferRequest { carrier, caller_id, created, .. } = &*transfer.request;
        if let (Some(_), Some(caller_id)) = (carrier, caller_id) {
            self.carriers.was_not_shown(caller_id, *created);
        }
    }

    /// Changes a leg, if it is there, and with it its deadline.
    fn change_other(&mut self, other: Other, change: impl FnOnce(&mut Transfer)) {
        if let Some(transfer) = self.transfers.get_mut(other) {
            change(transfer);
            let due = transfer.due();
            self.deadlines.set(Wake::Transfer(other.0, other.1), due);
        }
    }

    pub(super) fn dossier(&mut self, id: AttemptId) -> &mut Dossier {
        self.calls.dossier_mut(id).expect("whoever is put through, or is in a room, is on a call")
    }

    pub(super) fn handover(&mut self, id: AttemptId) -> Option<&mut Handover> {
        self.calls.dossier_mut(id)?.handover.as_deref_mut()
    }
}

/// To whom this lead is put through; `None` where what the lead has in place of a number is none.
pub(super) fn destination(rules: &TransferRules, call: &Dossier) -> Option<Destination> {
    let own = rules.to_attribute.as_deref().and_then(|name| call.attribute(name));
    match own.filter(|number| !number.is_empty()) {
        Some(number) => Number::parse(&number).ok().map(Destination::Number),
        None => Some(rules.to.clone()),
    }
}

const fn leg_of((attempt, ordinal): Other) -> Leg {
    Leg::Transfer { attempt, ordinal }
}
