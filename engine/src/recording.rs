//! What is recorded of a conversation? Its takes, at most one of them at a time.
//!
//! A take is made of the callee's leg, by channels that listen to it: what the callee says, what the callee hears, or
//! both in one. They end with that leg, whatever becomes of this process, so that no take outlives its call; and callee
//! and agent stay joined as they would be if nobody listened.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::words::{AttemptId, Leg, Micros, Signature, Span};

/// What a campaign's owner decides about recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RecordingRules {
    /// Which conversations.
    pub which: Recorded,
    /// Whether callee and agent are kept apart, in two files: they end together and begin within some 50 ms of each other, as
    /// their channels are made one after the other.
    pub stereo: bool,
    /// How the files are written.
    pub format: Format,
}

/// Which conversations are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Recorded {
    /// Each, from its first moment to its last.
    All,
    /// Those for which somebody asks, while they ask.
    OnDemand,
}

/// How a file is written: what the shipped `modules.conf` lets Asterisk write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Format {
    /// Sixteen bits, 8 kHz, with a header.
    Wav,
    /// G.711 as in North America and Japan, without a header.
    Ulaw,
    /// G.711 as elsewhere, without a header.
    Alaw,
    /// GSM 06.10: a tenth of the size.
    Gsm,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wav, Self::Ulaw, Self::Alaw, Self::Gsm];

    /// As written in a configuration, and the ending of a file's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Ulaw => "ulaw",
            Self::Alaw => "alaw",
            Self::Gsm => "gsm",
        }
    }

    /// The media by which it is looked for before a campaign dials, as [`CampaignRules::sounds`] lists it.
    ///
    /// [`CampaignRules::sounds`]: crate::campaign::CampaignRules::sounds
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Wav => "recording:wav",
            Self::Ulaw => "recording:ulaw",
            Self::Alaw => "recording:alaw",
            Self::Gsm => "recording:gsm",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one file of a take holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Track {
    /// Both, mixed into one.
    Both,
    /// What the callee says.
    Callee,
    /// What the callee hears: the agent.
    Agent,
}

impl Track {
    /// The tracks of a take.
    #[must_use]
    pub const fn of(stereo: bool) -> &'static [Self] {
        if stereo { &[Self::Callee, Self::Agent] } else { &[Self::Both] }
    }

    /// What the names of its files end in.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::Callee => ".callee",
            Self::Agent => ".agent",
        }
    }

    /// Its bit among the tracks of a take.
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One take's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TakeId {
    /// The attempt.
    pub attempt: AttemptId,
    /// Which try of it, from 1.
    pub ordinal: u8,
    /// Which of the attempt's takes, from 1.
    pub nth: u16,
}

impl TakeId {
    /// The callee's leg, of which it is made.
    #[must_use]
    pub const fn leg(self) -> Leg {
        Leg::Customer { attempt: self.attempt, ordinal: self.ordinal }
    }
}

impl Signature {
    /// The name of a take, such as `rm1.t.42.1.1`: attempt, try and take. Never a telephone number. A file of a stereo
    /// take ends in `.callee` or `.agent` besides, see [`Self::track`].
    #[must_use]
    pub fn take(&self, TakeId { attempt, ordinal, nth }: TakeId) -> String {
        alloc::format!("{self}.t.{attempt}.{ordinal}.{nth}")
    }

    /// The name of one file of a take, and of the channel that listens for it.
    #[must_use]
    pub fn track(&self, take: TakeId, track: Track) -> String {
        self.take(take) + track.suffix()
    }

    /// The take and the track behind such a name, if it is ours.
    #[must_use]
    pub fn track_of(&self, name: &str) -> Option<(TakeId, Track)> {
        let mut parts = self.ours(name)?.strip_prefix("t.")?.split('.');
        let (attempt, ordinal, nth) = (parts.next()?, parts.next()?, parts.next()?);
        let id = TakeId {
            attempt: AttemptId(attempt.parse().ok()?),
            ordinal: ordinal.parse().ok()?,
            nth: nth.parse().ok()?,
        };
        let track = match parts.next() {
            None => Track::Both,
            Some("callee") => Track::Callee,
            Some("agent") => Track::Agent,
            Some(_) => return None,
        };
        // One way to write each, so that no two names lead to one file.
        (self.track(id, track) == name).then_some((id, track))
    }
}

/// What came of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TakeState {
    /// There is a recording.
    Kept,
    /// There is none, or not all of it.
    Failed,
    /// Whether it ever began was not told.
    Unknown,
}

impl TakeState {
    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What is on record of one take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TakeLog {
    /// Its name. A stereo take is in two files, whose names end in `.callee` and `.agent` besides.
    pub name: String,
    /// What came of it.
    pub state: TakeState,
    /// Whether callee and agent are kept apart.
    #[cfg_attr(feature = "serde", serde(default))]
    pub stereo: bool,
    /// How it is written.
    pub format: Format,
    /// When it began, if it is known to have.
    pub began: Option<Micros>,
    /// How long it took by our clock, pauses among it, in milliseconds.
    pub took_ms: Option<u64>,
    /// How much of that is silence, since it was paused, in milliseconds.
    #[cfg_attr(feature = "serde", serde(default))]
    pub paused_ms: u64,
}

/// Everything that is recorded of one call. It is written down with the attempt while they talk, so that the next process goes
/// on with it: a take that is silent just now can be gone on with, and none is missing from the record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Takes {
    stereo: bool,
    format: Format,
    all: Vec<Take>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Take {
    stage: Stage,
    began: Option<Micros>,
    ended: Option<Micros>,
    /// Which of its tracks have ended, by their bits.
    ended_tracks: u8,
    paused_since: Option<Micros>,
    paused: Span,
    /// Whether it was to be silenced or gone on with, or may have been, and nobody knows whether it was.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    doubted: bool,
    /// When the PBX has last answered what was asked of it; nothing as long as it has not.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    answered: Option<Micros>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Stage {
    /// Asked for, or running.
    Live,
    /// Told to end.
    Ending,
    Over(TakeState),
}

/// Why a take cannot be begun, paused or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// There is one already, or it is paused already.
    Already,
    /// There is none, or it is not paused.
    Nothing,
    /// What was asked of it last is under way.
    UnderWay,
    /// The call has had as many as there are numbers for.
    UsedUp,
}

/// What a take that the PBX makes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was known to.
    Known,
    /// It is known only now that it has begun.
    News,
    /// It should be over.
    Over,
}

impl Takes {
    pub(crate) const fn new(stereo: bool, format: Format) -> Self {
        Self { stereo, format, all: Vec::new() }
    }

    /// Whether what is said and what is heard are kept apart in them.
    pub(crate) const fn are_stereo(&self) -> bool {
        self.stereo
    }

    /// How they are written.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// A further take begins: its number.
    pub(crate) fn begin(&mut self) -> Result<u16, NotNow> {
        if self.all.last().is_some_and(|take| !take.is_over()) {
            return Err(NotNow::Already);
        }
        if self.all.len() == usize::from(u16::MAX) {
            return Err(NotNow::UsedUp);
        }
        self.all.push(Take::ASKED_FOR);
        Ok(self.last())
    }

    /// The take that is under way is to end: its number.
    pub(crate) fn end(&mut self) -> Result<u16, NotNow> {
        let take = self.live()?;
        (take.stage, take.answered) = (Stage::Ending, None);
        Ok(self.last())
    }

    /// The PBX has answered what was asked of a take.
    pub(crate) fn answered(&mut self, now: Micros, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.answered = Some(now);
        }
    }

    /// A take that was told to end goes on, as far as anybody knows. Where it does not, its end is heard of, or it is found
    /// gone when it is told again.
    pub(crate) fn not_ended(&mut self, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.stage = Stage::Live;
        }
    }

    /// The take that is under way is to be silent, or not any more: its number.
    pub(crate) fn pause(&mut self, paused: bool) -> Result<u16, NotNow> {
        let take = self.live()?;
        match (paused, take.paused_since) {
            (true, Some(_)) if !take.doubted => Err(NotNow::Already),
            (false, None) if !take.doubted => Err(NotNow::Nothing),
            (true | false, _) => {
                take.answered = None;
                Ok(self.last())
            }
        }
    }

    /// Nobody knows whether a take is silent, or some of its tracks: it may be told either again.
    pub(crate) fn doubt(&mut self, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.doubted = true;
        }
    }

    /// A take is silent from now on, or not any more.
    pub(crate) fn paused(&mut self, now: Micros, nth: u16, paused: bool) {
        let Some(take) = self.open(nth) else { return };
        // What can be silenced runs.
        take.began.get_or_insert(now);
        take.doubted = false;
        if paused {
            take.paused_since.get_or_insert(now);
        } else {
            take.goes_on(now);
        }
    }

    /// A take, or one of its tracks, has begun.
    pub(crate) fn began(&mut self, now: Micros, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.began.get_or_insert(now);
        }
    }

    /// A track has ended. A take is over with the last of them; where one has failed it has failed as a whole.
    pub(crate) fn ended(&mut self, now: Micros, nth: u16, track: Track, whole: bool) {
        let tracks = Track::of(self.stereo).iter().fold(0, |bits, track| bits | track.bit());
        let Some(take) = self.open(nth) else { return };
        take.ended_tracks |= track.bit();
        if !whole {
            take.over(now, TakeState::Failed);
        } else if take.ended_tracks & tracks == tracks {
            take.is_gone(now);
        }
    }

    /// A take has come to nothing.
    pub(crate) fn failed(&mut self, now: Micros, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.over(now, TakeState::Failed);
        }
    }

    /// A take is not there any more, and nobody has heard its end.
    pub(crate) fn is_gone(&mut self, now: Micros, nth: u16) {
        if let Some(take) = self.open(nth) {
            take.is_gone(now);
        }
    }

    /// A process takes them up that an earlier one has begun. What that had asked for last, and was not told, nobody knows.
    pub(crate) fn taken_up(mut self: Box<Self>) -> Box<Self> {
        if let Some(take) = self.all.last_mut().filter(|take| !take.is_over()) {
            (take.stage, take.answered) = (Stage::Live, Some(Micros(0)));
            take.doubted = true;
        }
        self
    }

    /// The take under way, if a list that was asked for then has it wherever the PBX does: what has been asked of it since may not be
    /// in there.
    pub(crate) fn listed(&self, asked: Micros) -> Option<u16> {
        let take = self.all.last().filter(|take| !take.is_over())?;
        take.answered.filter(|answered| *answered < asked).map(|_| self.last())
    }

    /// Whether nobody knows whether the take under way has begun, though the PBX was asked for it and has answered.
    pub(crate) fn may_have_begun(&self) -> bool {
        self.all.last().is_some_and(|take| !take.is_over() && take.began.is_none() && take.answered.is_some())
    }

    /// The PBX makes a take: what that means.
    pub(crate) fn found(&mut self, now: Micros, nth: u16) -> Found {
        if let Some(take) = self.open(nth) {
            let is_new = take.began.is_none();
            take.began.get_or_insert(now);
            return if is_new { Found::News } else { Found::Known };
        }
        if nth <= self.last() {
            return Found::Over;
        }
        // The one before is asked for, or was only just: the next list tells more.
        if self.all.last().is_some_and(|take| !take.is_over()) {
            return Found::Known;
        }
        // Those before it have come and gone as well, and nobody has written that down.
        let lost = Take { stage: Stage::Over(TakeState::Unknown), ended: Some(now), ..Take::ASKED_FOR };
        self.all.resize(usize::from(nth) - 1, lost);
        self.all.push(Take { began: Some(now), answered: Some(now), doubted: true, ..Take::ASKED_FOR });
        Found::News
    }

    /// The callee's leg is gone, and what was under way with it.
    pub(crate) fn hung_up(&mut self, now: Micros) {
        self.is_gone(now, self.last());
    }

    /// What is on record of them, each under the name that its number gives.
    #[must_use]
    pub fn log(&self, name: impl Fn(u16) -> String) -> Vec<TakeLog> {
        let entry = |(nth, take): (u16, &Take)| TakeLog {
            name: name(nth),
            state: match take.stage {
                Stage::Over(state) => state,
                Stage::Live | Stage::Ending => TakeState::Unknown,
            },
            stereo: self.stereo,
            format: self.format,
            began: take.began,
            took_ms: take.began.zip(take.ended).map(|(began, ended)| ended.since(began).0 / 1_000),
            paused_ms: take.paused.0 / 1_000,
        };
        (1..=u16::MAX).zip(&self.all).map(entry).collect()
    }

    /// Since when the take that goes on is silent, where it is for certain.
    #[must_use]
    pub fn silent_since(&self) -> Option<Micros> {
        self.all.last().filter(|take| !take.is_over() && !take.doubted)?.paused_since
    }

    /// The number of the last take.
    fn last(&self) -> u16 {
        u16::try_from(self.all.len()).expect("no take begins without a number")
    }

    /// The take that is running, of which something may be asked.
    fn live(&mut self) -> Result<&mut Take, NotNow> {
        let take = self.all.last_mut().filter(|take| take.stage == Stage::Live).ok_or(NotNow::Nothing)?;
        if take.answered.is_some() { Ok(take) } else { Err(NotNow::UnderWay) }
    }

    /// A take that is not over.
    fn open(&mut self, nth: u16) -> Option<&mut Take> {
        let take = self.all.get_mut(usize::from(nth).checked_sub(1)?)?;
        (!take.is_over()).then_some(take)
    }
}

impl Take {
    /// One that is asked for, of which nothing more is known.
    const ASKED_FOR: Self = Self {
        stage: Stage::Live,
        began: None,
        ended: None,
        ended_tracks: 0,
        paused_since: None,
        paused: Span::ZERO,
        doubted: false,
        answered: None,
    };

    const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(_))
    }

    fn goes_on(&mut self, now: Micros) {
        if let Some(since) = self.paused_since.take() {
            self.paused = self.paused + now.since(since);
        }
    }

    fn is_gone(&mut self, now: Micros) {
        self.over(now, if self.began.is_some() { TakeState::Kept } else { TakeState::Unknown });
    }

    fn over(&mut self, now: Micros, state: TakeState) {
        self.goes_on(now);
        self.ended = Some(now);
        self.stage = Stage::Over(state);
    }
}

#[cfg(test)]
mod tests;
