//! Whom a callee is put through to, and how: the rules of a transfer, and what can come of one.

use alloc::string::String;
use core::ops::RangeInclusive;

use super::Sounds;
use crate::campaign::CampaignRules;
use crate::carrier::Wanted;
use crate::words::{Key, Label, Number, Span};

/// How long whom a callee is put through to may ring.
pub const TRANSFER_RING: RangeInclusive<Span> = Span::secs(5)..=Span::secs(120);
/// How long they may think about it.
pub const ACCEPT_WITHIN: RangeInclusive<Span> = Span::secs(1)..=Span::secs(60);
/// How long the two may talk.
pub const TRANSFER_TALK: RangeInclusive<Span> = Span::secs(10)..=Span::secs(4 * 3_600);

/// How a callee is put through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferRules {
    /// To whom.
    pub to: Destination,
    /// The attribute of a lead that names another number for this lead, where it has one. One that is no number puts
    /// nobody through.
    pub to_attribute: Option<String>,
    /// The number that they see.
    pub caller_id: ShownCaller,
    /// How long they may ring, counted from ringing: [`TRANSFER_RING`]. A call flow waits no longer than that for a carrier with
    /// room, before.
    pub ring_timeout: Span,
    /// What the callee hears meanwhile.
    pub meanwhile: Meanwhile,
    /// What they are told before the callee is put through, and the callee does not hear.
    pub whisper: Sounds,
    /// The key that they have to press then; without one whoever answers is put through.
    pub accept: Option<Accept>,
    /// How long the two may talk, from when they are put through: [`TRANSFER_TALK`]. Then the other is hung up on, and the
    /// callee goes on as after any talk.
    pub longest: Span,
    /// Whether their phone is told whose call it is, in headers of the call (`P-CallRequest-ID`, `P-Contact-ID` and, where the
    /// lead has an attribute `transfer_ref`, `P-Contact-Transfer-Ref`).
    pub screen_pop: bool,
}

impl TransferRules {
    /// The caller id that a campaign wants such a leg to show, where that is not settled here.
    pub(crate) fn wanted<'a>(&self, campaign: &'a CampaignRules) -> Option<Wanted<'a>> {
        match self.caller_id {
            ShownCaller::Campaign => Some(campaign.wanted()),
            ShownCaller::Callee | ShownCaller::Own(_) => None,
        }
    }

    /// How long a leg may live that is placed by them, from when it rings on.
    pub(crate) fn longest_leg(&self) -> Span {
        let thinks = self.accept.map_or(Span::ZERO, |accept| accept.within);
        self.ring_timeout + WHISPER_LIMIT + thinks + self.longest
    }
}

/// How long a whisper may last before it is taken to be over.
pub(crate) const WHISPER_LIMIT: Span = Span::secs(60);

/// To whom a callee is put through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Destination {
    /// A number, through the campaign's carriers and with their prefixes.
    Number(Number),
    /// An endpoint of the PBX, such as `PJSIP/reception`.
    Endpoint(String),
}

/// The number that somebody sees whom a callee is put through to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ShownCaller {
    /// What every call of the campaign shows; nothing to an endpoint of the PBX where the campaign has a pool.
    Campaign,
    /// The callee's own number.
    Callee,
    /// This one.
    Own(String),
}

/// What a callee hears while somebody is called or waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Meanwhile {
    /// Music on hold.
    Music,
    /// The tone of a telephone that rings.
    Ringback,
    /// Music on hold of that class.
    Class(Label),
    /// Nothing.
    #[default]
    Silence,
}

impl Meanwhile {
    /// Whether it is nothing at all.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        *self == Self::Silence
    }
}

/// How somebody agrees to take a callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Accept {
    /// By this key. Others mean nothing.
    pub key: Key,
    /// Within so much time after they were told: [`ACCEPT_WITHIN`].
    pub within: Span,
}

/// What came of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TransferEnd {
    /// They talked.
    Answered,
    /// The line was busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// The call was turned away, or the key was not pressed that it takes.
    Declined,
    /// There was no way to them, or it did not work.
    Failed,
}

impl TransferEnd {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 5] = [Self::Answered, Self::Busy, Self::NoAnswer, Self::Declined, Self::Failed];

    /// As the file names the way, and as shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}
