//! Who owns these rules? The campaign: it composes the rules of the wings and has a state of its own.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::amd::AmdRules;
use crate::call::{CallResult, Way};
use crate::carrier::{Acceptance, Rotation, Wanted};
use crate::digits::QueuedDigits;
use crate::flow::{CallFlow, TransferRules};
use crate::gate::Reason;
use crate::lead::{Atlas, Calendar, Dispositions, Hopper, Hours, RetryRules};
use crate::pacing::{Paced, Pacer, Pacing, PacingChange, UnfitChange, WindowCount};
use crate::recording::RecordingRules;
use crate::roster::Roster;
use crate::words::{AskId, CampaignId, CarrierId, Micros, PoolId, Prefix, Span, first_of};
use crate::zone::Zone;

/// The shortest time that an unanswered leg must have alerted before we may end it: 15 s
/// (16 CFR 310.4(b)(4)(ii), 47 CFR 64.1200(a)(6)).
pub const RING_FLOOR: Span = Span::secs(15);

/// What a campaign's owner decides.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CampaignRules {
    /// The id that every row and variable carries.
    pub id: CampaignId,
    /// The name that operators use.
    pub name: String,
    /// How many lines to keep in the air.
    pub pacing: Pacing,
    /// Whose days and months are counted.
    #[cfg_attr(feature = "serde", serde(default))]
    pub zone: Zone,
    /// When it may dial, by the clocks of its zone; `None` at any hour.
    #[cfg_attr(feature = "serde", serde(default))]
    pub hours: Option<Hours>,
    /// When its callees may be called, by the clocks of every zone that they may be in; `None` at any hour.
    #[cfg_attr(feature = "serde", serde(default))]
    pub callee_hours: Option<Hours>,
    /// Whether it keeps to the hours of the callees' jurisdictions too.
    #[cfg_attr(feature = "serde", serde(default))]
    pub law: bool,
    /// Which carriers to use, in rotation by their weights.
    pub carriers: Vec<CarrierId>,
    /// The caller id shown, unless the carrier overrides it.
    pub caller_id: Option<String>,
    /// The pool of caller ids, where it has none of its own and the carrier has neither.
    #[cfg_attr(feature = "serde", serde(default))]
    pub caller_ids: Option<PoolId>,
    /// Put in front of the number before the carrier's own prefix is put in front of both.
    pub prefix: Prefix,
    /// The account that calls are charged to, passed on as a channel variable.
    pub account: Option<String>,
    /// How long a call may take until it alerts; 1 s to 120 s.
    pub setup_timeout: Span,
    /// How long it may then alert; [`RING_FLOOR`] to 120 s.
    pub ring_timeout: Span,
    /// How long a conversation may last; 10 s to 24 h.
    pub talk_limit: Span,
    /// How soon the message must start where no agent came; 1 ms to 2 s
    /// (47 CFR 64.1200(a)(7): two seconds after the greeting).
    pub message_within: Span,
    /// How long a callee's own greeting is taken to last; up to 5 s. [`Self::message_within`] counts from its end: both
    /// rules speak of the completed greeting (16 CFR 310.4(b)(1)(iv), 47 CFR 64.1200(a)(7)). Zero counts from the answer.
    #[cfg_attr(feature = "serde", serde(default))]
    pub greeting: Span,
    /// What a callee hears where no agent came, such as `sound:ringmaster/safe-harbour`.
    pub message: Option<String>,
    /// How long an agent has after a conversation, unless they end it sooner. Zero: none.
    pub wrap_up: Span,
    /// When and how often a lead is tried again.
    pub retry: RetryRules,
    /// How long a callback waits for the agent it was agreed with before anybody may call; up to 7 days. It counts from the time
    /// agreed on, or from when the campaign dials again where it did not then.
    #[cfg_attr(feature = "serde", serde(default))]
    pub callback_patience: Span,
    /// How long after a drop a number is dialled only with an agent reserved for it; up to 30 days, zero turns it off. The
    /// rule that it is for (Ofcom's statement of 2006 to 2010) asks for 72 hours.
    #[cfg_attr(feature = "serde", serde(default))]
    pub repeat_after_drop: Span,
    /// How many queue items to hold ready; 1 to 10,000. `None`: as many as were dialled within a minute of late, though 20 at
    /// least.
    pub hopper_size: Option<u32>,
    /// What an answered callee is taken through, before an agent or instead of one. Only with a pacing that reserves its
    /// agents, or with [`Pacing::Broadcast`]: all others count on an agent for each answer.
    #[cfg_attr(feature = "serde", serde(default))]
    pub flow: Option<Arc<CallFlow>>,
    /// Whether and how persons are told from machines; `None`: not at all.
    #[cfg_attr(feature = "serde", serde(default))]
    pub amd: Option<Arc<AmdRules>>,
    /// The keys that its calls are sent by themselves.
    #[cfg_attr(feature = "serde", serde(default))]
    pub digits: QueuedDigits,
    /// What is recorded of its conversations; `None`: nothing.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub recording: Option<RecordingRules>,
    /// What its agents may say of a call, which decides what becomes of the lead; without them [`Self::retry`] decides.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dispositions: Option<Arc<Dispositions>>,
    /// To whom its agents may hand their callees over, or whom they may bring in, by the names that agents use.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub transfers: BTreeMap<String, Arc<TransferRules>>,
}

impl CampaignRules {
    /// What it wants to be shown.
    pub(crate) const fn wanted(&self) -> Wanted<'_> {
        Wanted { caller_id: self.caller_id.as_ref(), pool: self.caller_ids }
    }

    /// Whether it is not known who has answered before there is a verdict.
    pub(crate) fn is_gated(&self) -> bool {
        self.amd.as_ref().is_some_and(|amd| amd.is_gate())
    }

    /// How long after a drop a number waits for an agent to be reserved; no time where every dial reserves one.
    const fn held_after_drop(&self) -> Span {
        if self.pacing.reserves() { Span::ZERO } else { self.repeat_after_drop }
    }

    /// How long an agent stays in wrap-up at most.
    pub(crate) fn longest_wrap_up(&self) -> Span {
        self.dispositions.as_ref().and_then(|set| set.demanded_within).unwrap_or(self.wrap_up)
    }

    /// Every sound that it may play, which the PBX must have before it dials, and the format in which the PBX must be able to
    /// record.
    pub fn sounds(&self) -> Vec<&str> {
        let message = self.message.as_deref();
        let left = self.amd.iter().filter_map(|amd| Some(amd.message.as_ref()?.sound.as_str()));
        let flow = self.flow.iter().flat_map(|flow| flow.sounds());
        let recording = self.recording.map(|rules| rules.format.media());
        let told = self.transfers.values().flat_map(|rules| rules.whisper.iter().map(String::as_str));
        let mut sounds: Vec<&str> = message.into_iter().collect();
        for sound in left.chain(flow).chain(told).chain(recording) {
            if !sounds.contains(&sound) {
                sounds.push(sound);
            }
        }
        sounds
    }

    /// The first moments of its drop windows, in the order of the rules: those which `now` lies in, of a campaign that
    /// began at `began` or begins now. Whoever has answered since then, and was dropped, counts in them.
    pub fn windows(&self, now: Micros, began: Option<Micros>) -> Vec<Micros> {
        let Pacing::Predictive(rules) = &self.pacing else { return Vec::new() };
        let began = began.unwrap_or(now);
        rules.windows.iter().map(|window| window.span.around(now, began, &self.zone).0).collect()
    }
}

/// A campaign's state, in the field's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CampaignState {
    /// Configured, never started or stopped for good; does not dial.
    Ready,
    /// Its sounds are being looked for; dials as soon as they are found.
    Starting,
    /// Dials.
    Running,
    /// Does not dial; live calls finish; can be resumed.
    Paused,
    /// Does not dial; becomes stopped when its live calls have finished.
    Draining,
    /// Does not dial.
    Stopped,
    /// Every lead has come to its end.
    Completed,
}

impl CampaignState {
    /// All of them, in the order in which a campaign mostly goes through them.
    pub const ALL: [Self; 7] = [
        Self::Ready,
        Self::Starting,
        Self::Running,
        Self::Paused,
        Self::Draining,
        Self::Stopped,
        Self::Completed,
    ];

    /// As stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
        }
    }
}

impl fmt::Display for CampaignState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One campaign at work.
#[derive(Debug, Clone)]
pub(crate) struct Campaign {
    pub(crate) rules: CampaignRules,
    pub(crate) state: CampaignState,
    pub(crate) hopper: Hopper,
    pub(crate) rotation: Rotation,
    ways: Roster<CarrierId, Way>,
    /// Whether the PBX places what it is given by these ways.
    pub(crate) accepted: Acceptance,
    pub(crate) pacer: Pacer,
    /// Its hours, where it has any.
    pub(crate) calendar: Option<Box<Calendar>>,
    /// When it may dial again that does not dial for its own or its callees' hours.
    pub(crate) opens_at: Option<Micros>,
    /// When it first ran.
    pub(crate) began: Option<Micros>,
    /// When somebody has started it last; what an earlier process was asked for is long ago.
    pub(crate) started_at: Micros,
    /// When it stops to dial by itself.
    pub(crate) closes_at: Option<Micros>,
    /// What was changed of its pacing since it was configured.
    pub(crate) change: Option<PacingChange>,
    /// When it asks again whether its do-not-call lists are new enough.
    pub(crate) registry_old_until: Option<Micros>,
    /// Who asked for the start that is under way; nobody where an earlier process ran it.
    pub(crate) starting_for: Option<AskId>,
    /// Which of its sounds is being looked for.
    pub(crate) looking: Option<usize>,
    /// Why it does not dial just now.
    pub(crate) reason: Option<Reason>,
    /// Leads that were skipped before they were dialled.
    pub(crate) skipped: u64,
    /// How often each reason kept it from dialling.
    pub(crate) refusals: BTreeMap<Reason, u64>,
    /// What its attempts have come to whose record is written.
    pub(crate) results: BTreeMap<CallResult, u64>,
    /// Whether its state is still to be written down.
    pub(crate) unnoted: bool,
    /// The attempt that it had a line for last; 0 where it had none yet.
    pub(crate) served: u64,
}

impl Campaign {
    /// `ringing` is how long its calls ring at most, whichever carrier they go by.
    pub(crate) fn new(
        rules: CampaignRules,
        rotation: Rotation,
        ways: Roster<CarrierId, Way>,
        accepted: Acceptance,
        ringing: Span,
        atlas: &Arc<Atlas>,
        now: Micros,
    ) -> Self {
        let patience = Span(rules.greeting.0 + rules.message_within.0);
        Self {
            pacer: Pacer::new(&rules.pacing, patience, &rules.zone, now),
            hopper: Hopper::new(rules.hopper_size, rules.held_after_drop()),
            calendar: Calendar::new(&rules, ringing, atlas).map(Box::new),
            opens_at: None,
            registry_old_until: None,
            state: CampaignState::Ready,
            rotation,
            ways,
            accepted,
            began: None,
            started_at: Micros(0),
            closes_at: None,
            change: None,
            starting_for: None,
            looking: None,
            reason: None,
            skipped: 0,
            refusals: BTreeMap::new(),
            results: BTreeMap::new(),
            unnoted: false,
            served: 0,
            rules,
        }
    }

    /// Its way through one of its carriers.
    pub(crate) fn way(&self, carrier: CarrierId) -> &Way {
        self.ways.get(carrier).expect("a campaign has a way through each of its carriers")
    }

    /// It runs, perhaps for the first time.
    pub(crate) fn runs(&mut self, now: Micros) {
        self.state = CampaignState::Running;
        if self.began.is_none() {
            self.begins(now);
        }
    }

    /// It has first run at that moment, by which the blocks of its drop budget are counted.
    pub(crate) fn begins(&mut self, at: Micros) {
        self.began = Some(at);
        if let Some(pacer) = self.pacer.listener() {
            pacer.begins(at);
        }
    }

    /// It takes up what an earlier process left: the time to close, and what its drop windows had counted.
    pub(crate) fn goes_on(&mut self, closes_at: Option<Micros>, counts: &[WindowCount]) {
        self.closes_at = closes_at;
        if let Some(pacer) = self.pacer.listener() {
            pacer.goes_on(counts);
        }
    }

    /// Its pacing as it is in force.
    pub(crate) fn pacing(&self) -> Pacing {
        let as_changed = |change| self.rules.pacing.changed(change).expect("the change was made before");
        self.change.map_or_else(|| self.rules.pacing.clone(), as_changed)
    }

    /// It dials with that change from now on, or as configured again.
    pub(crate) fn paces(&mut self, change: Option<PacingChange>, now: Micros) -> Result<(), UnfitChange> {
        self.change = Paced::by(change, &self.rules.pacing)?.map(|paced| paced.change);
        let pacing = self.pacing();
        self.pacer.goes_by(&pacing, now);
        Ok(())
    }

    /// It takes up a change that an earlier process was asked for, unless its pacing is configured otherwise by now.
    pub(crate) fn paces_on(&mut self, paced: Option<&Paced>, now: Micros) {
        let still = paced.filter(|paced| paced.of(&self.rules.pacing).is_some());
        let change = still.map(|paced| paced.change);
        self.paces(change, now).expect("what comes of the change is known");
    }

    /// What is to survive the process of what was changed of its pacing.
    pub(crate) fn paced(&self) -> Option<Paced> {
        self.change.map(|change| Paced { from: self.rules.pacing.clone(), change })
    }

    /// When it stops to dial, where that is known: because it was asked to, or because its shift is over.
    pub(crate) fn dials_until(&mut self, now: Micros) -> Option<Micros> {
        let shift_ends = self.calendar.as_mut().and_then(|calendar| calendar.shift_ends(now));
        first_of(self.closes_at, shift_ends)
    }

    /// Whether it dials, and neither holds a lead nor knows of one that may come.
    pub(crate) fn has_run_out(&self) -> bool {
        self.state == CampaignState::Running && self.hopper.is_exhausted()
    }

    /// A dial was refused. A reason counts once for as long as it lasts.
    pub(crate) fn refused(&mut self, reason: Reason) {
        if self.reason != Some(reason) {
            *self.refusals.entry(reason).or_default() += 1;
        }
        self.reason = Some(reason);
    }
}
