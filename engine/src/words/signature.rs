//! How a dialer signs what it makes on its PBX.

use alloc::string::{String, ToString as _};
use core::fmt;

use super::{AgentId, AttemptId, Bridge, Leg, Node, SessionId};

/// How many digits a mark has.
const MARK: usize = 6;

/// What the id of every channel, bridge, playback and recording of ours begins with: the node, and the mark that the node has in
/// its database, such as `rm1.3fa9c2`.
///
/// Attempts are counted from 1 in each database, and recordings outlive it: two databases under one node's name are told apart
/// by their marks alone. A node that has worked with its database since before there were marks has none there, and goes on
/// to sign with its name only, so that the calls and recordings that it has made stay its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Signature(String);

/// A text that cannot be a [`Signature`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSignature(String);

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "{text:?} is no signature: use a node name, or one with a dot and {MARK} of 0-9 and a-f behind it"
        )
    }
}

impl core::error::Error for BadSignature {}

impl From<Node> for Signature {
    /// Without a mark.
    fn from(Node(name): Node) -> Self {
        Self(name)
    }
}

impl TryFrom<String> for Signature {
    type Error = BadSignature;
    fn try_from(text: String) -> Result<Self, BadSignature> {
        let (name, mark) =
            text.split_once('.').map_or((text.as_str(), None), |(name, mark)| (name, Some(mark)));
        let fits = Node::try_from(name.to_string()).is_ok() && mark.is_none_or(is_mark);
        if fits { Ok(Self(text)) } else { Err(BadSignature(text)) }
    }
}

/// No kind of id is written with so many such digits, so what follows a name is a mark or is none.
fn is_mark(text: &str) -> bool {
    text.len() == MARK && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        signature.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Signature {
    /// That of a node whose database has marked it so.
    ///
    /// # Errors
    /// [`BadSignature`] where the mark is not six of the digits `0`-`9` and `a`-`f`.
    pub fn marked(node: &Node, mark: &str) -> Result<Self, BadSignature> {
        Self::try_from(alloc::format!("{node}.{mark}"))
    }

    /// Whose it is.
    pub fn node(&self) -> Node {
        Node(self.0.split('.').next().unwrap_or_default().to_string())
    }

    /// Whoever has signed that id, if it begins as one of a dialer's does: with a mark, or without.
    pub fn of(id: &str) -> Option<Self> {
        let (name, rest) = id.split_once('.')?;
        let marked = rest.split('.').next().filter(|mark| is_mark(mark));
        let length = name.len() + marked.map_or(0, |mark| 1 + mark.len());
        Self::try_from(id[..length].to_string()).ok()
    }

    /// The channel id of a leg, such as `rm1.c.42.1`, `rm1.a.7.3` or `rm1.x.42.1`. None is the beginning of an id of another
    /// kind: Asterisk takes an id for used where that of a channel begins with it, also of one that listens for a take.
    pub fn channel(&self, leg: Leg) -> String {
        match leg {
            Leg::Customer { attempt, ordinal } => alloc::format!("{self}.c.{attempt}.{ordinal}"),
            Leg::Agent { agent, session } => alloc::format!("{self}.a.{agent}.{session}"),
            Leg::Transfer { attempt, ordinal } => alloc::format!("{self}.x.{attempt}.{ordinal}"),
        }
    }

    /// The leg behind a channel id, if the channel is ours.
    pub fn leg(&self, channel: &str) -> Option<Leg> {
        leg_named(self.ours(channel)?)
    }

    /// The id of the half that the dialplan has of a leg dialled through it, such as `rm1.o.c.42.1`.
    pub fn other_half(&self, leg: Leg) -> String {
        let channel = self.channel(leg);
        alloc::format!("{self}.o{}", &channel[self.0.len()..])
    }

    /// The leg whose other half has that channel id, if it is ours.
    pub fn other_half_of(&self, channel: &str) -> Option<Leg> {
        leg_named(self.ours(channel)?.strip_prefix("o.")?)
    }

    /// The id of a bridge, such as `rm1.hold`, `rm1.b.42`, `rm1.bt.42.1` or `rm1.bc.42.1`.
    pub fn bridge(&self, bridge: Bridge) -> String {
        match bridge {
            Bridge::Hold => alloc::format!("{self}.hold"),
            Bridge::Conversation(attempt) => alloc::format!("{self}.b.{attempt}"),
            Bridge::Transfer { attempt, ordinal } => alloc::format!("{self}.bt.{attempt}.{ordinal}"),
            Bridge::Conference { attempt, ordinal } => alloc::format!("{self}.bc.{attempt}.{ordinal}"),
        }
    }

    /// The bridge behind an id, if it is ours.
    pub fn bridge_of(&self, id: &str) -> Option<Bridge> {
        match self.ours(id)? {
            "hold" => Some(Bridge::Hold),
            other if other.starts_with("bt.") => {
                let (attempt, ordinal) = self.numbered(id, "bt.")?;
                Some(Bridge::Transfer { attempt, ordinal })
            }
            other if other.starts_with("bc.") => {
                let (attempt, ordinal) = self.numbered(id, "bc.")?;
                Some(Bridge::Conference { attempt, ordinal })
            }
            other => Some(Bridge::Conversation(AttemptId(other.strip_prefix("b.")?.parse().ok()?))),
        }
    }

    /// The id of a playback on a customer's leg, such as `rm1.m.42.0`: each attempt numbers its own, and 0 is the message.
    pub fn playback(&self, attempt: AttemptId, nth: u16) -> String {
        alloc::format!("{self}.m.{attempt}.{nth}")
    }

    /// The attempt and the number behind a playback's id, if it is ours.
    pub fn playback_of(&self, id: &str) -> Option<(AttemptId, u16)> {
        self.numbered(id, "m.")
    }

    /// The name of a recording of a customer's leg, such as `rm1.r.42.1`: each attempt numbers its own, from 1. The file is
    /// named like this, too.
    pub fn recording(&self, attempt: AttemptId, nth: u16) -> String {
        alloc::format!("{self}.r.{attempt}.{nth}")
    }

    /// The attempt and the number behind a recording's name, if it is ours.
    pub fn recording_of(&self, name: &str) -> Option<(AttemptId, u16)> {
        self.numbered(name, "r.")
    }

    fn numbered(&self, id: &str, kind: &str) -> Option<(AttemptId, u16)> {
        let (attempt, nth) = self.ours(id)?.strip_prefix(kind)?.split_once('.')?;
        Some((AttemptId(attempt.parse().ok()?), nth.parse().ok()?))
    }

    /// What follows the signature in an id of ours.
    pub(crate) fn ours<'a>(&self, id: &'a str) -> Option<&'a str> {
        id.strip_prefix(self.0.as_str())?.strip_prefix('.')
    }
}

/// The leg that what follows a signature names.
fn leg_named(name: &str) -> Option<Leg> {
    let mut parts = name.split('.');
    let leg = match (parts.next()?, parts.next()?, parts.next()?) {
        ("c", attempt, ordinal) => {
            Leg::Customer { attempt: AttemptId(attempt.parse().ok()?), ordinal: ordinal.parse().ok()? }
        }
        ("a", agent, session) => {
            Leg::Agent { agent: AgentId(agent.parse().ok()?), session: SessionId(session.parse().ok()?) }
        }
        ("x", attempt, ordinal) => {
            Leg::Transfer { attempt: AttemptId(attempt.parse().ok()?), ordinal: ordinal.parse().ok()? }
        }
        _ => return None,
    };
    parts.next().is_none().then_some(leg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        Signature::try_from(String::from(text)).expect("a signature")
    }

    #[test]
    fn a_signature_is_a_node_s_name_with_or_without_a_mark() {
        let node = Node::try_from(String::from("rm1")).expect("a node name");
        assert_eq!(Signature::from(node.clone()), signature("rm1"));
        assert_eq!(Signature::marked(&node, "3fa9c2"), Ok(signature("rm1.3fa9c2")));
        assert_eq!((signature("rm1").node(), signature("rm1.3fa9c2").node()), (node.clone(), node.clone()));
        for bad in
            ["", ".3fa9c2", "rm1.", "rm1.3fa9c", "rm1.3fa9c2a", "rm1.3FA9C2", "rm1.3fa9c2.", "Rm1.3fa9c2"]
        {
            assert_eq!(Signature::try_from(String::from(bad)), Err(BadSignature(String::from(bad))));
        }
        assert!(Signature::marked(&node, "c.42.1").is_err());
    }

    #[test]
    fn whoever_signed_an_id_is_seen_from_it() {
        for (id, by) in [
            ("rm1.3fa9c2.t.42.1.1", Some("rm1.3fa9c2")),
            ("rm1.t.42.1.1", Some("rm1")),
            ("rm1.3fa9c2", Some("rm1.3fa9c2")),
            ("Rm1.t.42.1.1", None),
            ("\u{e9}.3fa9c2.t.1.1.1", None),
            ("rm1", None),
        ] {
            assert_eq!(Signature::of(id), by.map(signature), "{id}");
        }
    }

    #[test]
    fn a_leg_is_found_again_by_its_channel_id_and_foreign_ids_are_nobodys() {
        for ours in [signature("rm1"), signature("rm1.3fa9c2")] {
            for leg in [
                Leg::Customer { attempt: AttemptId(42), ordinal: 2 },
                Leg::Agent { agent: AgentId(7), session: SessionId(9) },
                Leg::Transfer { attempt: AttemptId(42), ordinal: 300 },
            ] {
                assert_eq!(ours.leg(&ours.channel(leg)), Some(leg));
                let half = ours.other_half(leg);
                assert_eq!((ours.other_half_of(&half), ours.leg(&half)), (Some(leg), None), "{half}");
            }
            let put_through = Bridge::Transfer { attempt: AttemptId(42), ordinal: 300 };
            let room = Bridge::Conference { attempt: AttemptId(42), ordinal: 3 };
            for bridge in [Bridge::Hold, Bridge::Conversation(AttemptId(42)), put_through, room] {
                assert_eq!(ours.bridge_of(&ours.bridge(bridge)), Some(bridge));
            }
            let (playback, recording) = (ours.playback(AttemptId(42), 3), ours.recording(AttemptId(42), 3));
            assert_eq!(ours.playback_of(&playback), Some((AttemptId(42), 3)));
            assert_eq!(ours.recording_of(&recording), Some((AttemptId(42), 3)));
            assert_eq!(ours.recording_of(&playback), None, "one is not the other");
            for foreign in ["rm2.c.42.1", "c.42", "c.42.1.9", "c.x.1", "1700000000.12", ""] {
                assert_eq!(ours.leg(foreign), None, "{foreign}");
                assert_eq!(ours.leg(&alloc::format!("{ours}.{foreign}")), None, "{ours}.{foreign}");
            }
        }
    }

    #[test]
    fn what_one_database_s_node_has_made_is_not_another_s() {
        let names = [signature("rm1"), signature("rm1.3fa9c2"), signature("rm1.00beef")];
        let (attempt, leg) = (AttemptId(1), Leg::Customer { attempt: AttemptId(1), ordinal: 1 });
        for (ours, theirs) in names.iter().flat_map(|ours| names.iter().map(move |theirs| (ours, theirs))) {
            let same = ours == theirs;
            assert_eq!(ours.leg(&theirs.channel(leg)).is_some(), same, "{ours} and {theirs}");
            assert_eq!(ours.bridge_of(&theirs.bridge(Bridge::Hold)).is_some(), same, "{ours} and {theirs}");
            assert_eq!(
                ours.recording_of(&theirs.recording(attempt, 1)).is_some(),
                same,
                "{ours} and {theirs}"
            );
            assert_eq!(ours.playback_of(&theirs.playback(attempt, 1)).is_some(), same, "{ours} and {theirs}");
        }
    }
}
