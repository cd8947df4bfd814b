//! From Asterisk's words to the engine's: one event in, at most one fact out.
//!
//! Nothing is decided here. What concerns no leg of ours becomes [`Event::Foreign`] and is counted by kind.

use std::collections::BTreeMap;

use engine::words::{Bridge, CarrierId, Cause, Key, Leg, Signature, Span, TechCause};
use engine::{Event, LegNews};

use super::amd;
use super::wire::{self, Body, ChannelState, DialStatus, Endpoint, EndpointState, Malformed, PlaybackState};

/// How our dialplan calls what it tells of a far end that has refused.
const FAR_END: &str = "far-end";

/// The endpoints that carriers go by, as technology and resource.
pub type Trunks = BTreeMap<(String, String), Vec<CarrierId>>;

/// Knows which channels, bridges and trunks are ours.
#[derive(Debug, Clone)]
pub struct Translator {
    signature: Signature,
    trunks: Trunks,
}

impl Translator {
    /// A translator for what is signed so; `trunks` names the endpoint of each carrier that has one.
    #[must_use]
    pub fn new(signature: Signature, trunks: Trunks) -> Self {
        Self { signature, trunks }
    }

    /// The endpoints whose state is worth hearing, as technology and resource.
    pub fn trunks(&self) -> impl Iterator<Item = &(String, String)> {
        self.trunks.keys()
    }

    /// The fact behind an event; `None` where a leg of ours did something that says nothing new.
    #[must_use]
    pub fn event(&self, event: &wire::Event) -> Option<Event> {
        match &event.body {
            Body::StasisStart { channel, args, .. } => self.news(channel, entered(args), event),
            Body::ChannelStateChange { channel } => self.news(channel, state_news(&channel.state)?, event),
            Body::Dial { peer, dialstatus, forward, .. } => self.dialled(peer, dialstatus, forward, event),
            Body::ChannelDestroyed { channel, cause, tech_cause, .. } => {
                self.news(channel, ended(*cause, *tech_cause), event)
            }
            Body::ChannelEnteredBridge { bridge, channel: Some(channel) } => {
                self.moved(channel, bridge, LegNews::Joined, event)
            }
            Body::ChannelLeftBridge { bridge, channel } => {
                self.moved(channel, bridge, LegNews::Parted, event)
            }
            Body::PlaybackFinished { playback } => self.played(playback, event),
            Body::ChannelDtmfReceived { channel, digit, .. } => {
                self.news(channel, LegNews::Pressed(key(digit)?), event)
            }
            Body::RecordingStarted { recording } => self.take_began(recording),
            Body::RecordingFinished { recording } => self.recorded(recording, true, event),
            Body::RecordingFailed { recording } => self.recorded(recording, false, event),
            Body::ChannelUserevent { channel: Some(channel), eventname, userevent }
                if eventname == FAR_END =>
            {
                self.responded(channel, userevent, event)
            }
            Body::StasisEnd { .. }
            | Body::ChannelHangupRequest { .. }
            | Body::BridgeDestroyed { .. }
            | Body::PlaybackStarted { .. }
            | Body::ChannelEnteredBridge { channel: None, .. } => None,
            Body::ChannelTalkingStarted { channel } => self.news(channel, LegNews::TalkBegan, event),
            Body::ChannelTalkingFinished { channel, duration } => {
                let lasted = duration.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
                self.news(channel, LegNews::TalkEnded { lasted: Span::millis(lasted) }, event)
            }
            Body::ChannelUserevent { .. }
            | Body::ChannelVarset { .. }
            | Body::ApplicationReplaced
            | Body::DeviceStateChanged { .. }
            | Body::EndpointStateChange { .. }
            | Body::Other => Some(foreign(&event.kind)),
        }
    }

    /// The fact that something came which could not be read, and the leg that it seems to be about.
    #[must_use]
    pub fn malformed(&self, malformed: &Malformed) -> Event {
        let kind = format!("malformed {}", malformed.kind.as_deref().unwrap_or("message"));
        Event::Foreign { kind, leg: malformed.channel.as_ref().and_then(|channel| self.leg(channel)) }
    }

    /// The facts in an endpoint's state: one for each carrier that goes by it.
    #[must_use]
    pub fn carriers(&self, endpoint: &Endpoint) -> Vec<Event> {
        let key = (endpoint.technology.clone(), endpoint.resource.clone());
        let reachable = endpoint.state != EndpointState::Offline;
        let carriers = self.trunks.get(&key).into_iter().flatten();
        carriers.map(|&carrier| Event::Carrier { carrier, reachable }).collect()
    }

    /// The leg behind a channel.
    #[must_use]
    pub fn leg(&self, channel: &wire::ChannelId) -> Option<Leg> {
        self.signature.leg(channel.as_str())
    }

    /// The bridge of ours behind a bridge's id.
    #[must_use]
    pub fn bridge(&self, bridge: &wire::BridgeId) -> Option<Bridge> {
        self.signature.bridge_of(bridge.as_str())
    }

    fn news(&self, channel: &wire::Channel, news: LegNews, event: &wire::Event) -> Option<Event> {
        if let Some(leg) = self.leg(&channel.id) {
            return Some(Event::Leg { leg, news });
        }
        // A channel that listens to a leg: what is recorded of it tells all there is to know. Or what the dialplan holds of
        // one: the half that we hold tells the same.
        let id = channel.id.as_str();
        let is_told = self.signature.track_of(id).is_some() || self.signature.other_half_of(id).is_some();
        (!is_told).then(|| foreign(&event.kind))
    }

    /// Our dialplan tells it of the half that it holds. What is below 300 is no response to an end by.
    fn responded(
        &self,
        channel: &wire::Channel,
        told: &wire::UserEvent,
        event: &wire::Event,
    ) -> Option<Event> {
        let Some(leg) = self.signature.other_half_of(channel.id.as_str()) else {
            return Some(foreign(&event.kind));
        };
        let code = told.sip.parse().ok().filter(|code| (300..700).contains(code))?;
        Some(Event::Leg { leg, news: LegNews::Responded(TechCause(code)) })
    }

    fn dialled(
        &self,
        peer: &wire::Channel,
        status: &DialStatus,
        forward: &str,
        event: &wire::Event,
    ) -> Option<Event> {
        if !forward.is_empty() {
            return self.news(peer, LegNews::Forwarded, event);
        }
        let news = [(DialStatus::Ringing, LegNews::Rang), (DialStatus::Progress, LegNews::Progressed)];
        let (_, news) = news.into_iter().find(|(told, _)| told == status)?;
        self.news(peer, news, event)
    }

    fn moved(
        &self,
        channel: &wire::Channel,
        bridge: &wire::Bridge,
        news: impl Fn(Bridge) -> LegNews,
        event: &wire::Event,
    ) -> Option<Event> {
        match self.bridge(&bridge.id) {
            Some(bridge) => self.news(channel, news(bridge), event),
            None => Some(foreign(&event.kind)),
        }
    }

    /// Sounds are played to a customer's leg, which the playback's target names.
    fn played(&self, playback: &wire::Playback, event: &wire::Event) -> Option<Event> {
        if self.is_in_bridge(&playback.target_uri) {
            // What all in a room hear ends by itself, and nobody waits for it.
            return None;
        }
        let whole = playback.state == PlaybackState::Done;
        let ours = self.target(&playback.target_uri).zip(self.signature.playback_of(playback.id.as_str()));
        Some(match ours {
            Some((leg, (_, nth))) => Event::Leg { leg, news: LegNews::Played { nth, whole } },
            None => foreign(&event.kind),
        })
    }

    /// The end of a node's recording is told when it comes, and its beginning is of no use; a take may run for hours.
    fn take_began(&self, recording: &wire::LiveRecording) -> Option<Event> {
        let (take, _) = self.signature.track_of(recording.name.as_str())?;
        Some(Event::Leg { leg: take.leg(), news: LegNews::TakeBegan { nth: take.nth } })
    }

    /// Recordings are made of a customer's leg, likewise. One of silence alone is a recording, too.
    fn recorded(&self, recording: &wire::LiveRecording, whole: bool, event: &wire::Event) -> Option<Event> {
        if let Some((take, track)) = self.signature.track_of(recording.name.as_str()) {
            let news = LegNews::TakeEnded { nth: take.nth, track, whole };
            return Some(Event::Leg { leg: take.leg(), news });
        }
        let length = Span::secs(recording.duration.and_then(|secs| u64::try_from(secs).ok()).unwrap_or(0));
        let ours =
            self.target(&recording.target_uri).zip(self.signature.recording_of(recording.name.as_str()));
        Some(match ours {
            Some((leg, (_, nth))) => Event::Leg { leg, news: LegNews::Recorded { nth, whole, length } },
            None => foreign(&event.kind),
        })
    }

    fn is_in_bridge(&self, uri: &str) -> bool {
        uri.strip_prefix("bridge:").and_then(|bridge| self.signature.bridge_of(bridge)).is_some()
    }

    fn target(&self, uri: &str) -> Option<Leg> {
        uri.strip_prefix("channel:").and_then(|channel| self.signature.leg(channel))
    }
}

/// Anything but a key that a telephone has is news of nothing.
fn key(digit: &str) -> Option<Key> {
    let mut characters = digit.chars();
    Key::try_from(characters.next()?).ok().filter(|_| characters.next().is_none())
}

fn foreign(kind: &str) -> Event {
    Event::Foreign { kind: kind.to_owned(), leg: None }
}

/// A channel that comes back from the dialplan's context `amd` has its verdict with it.
fn entered(args: &[String]) -> LegNews {
    match args.split_first() {
        Some((amd, verdict)) if amd == "amd" => {
            let word = |nth: usize| verdict.get(nth).map_or("", String::as_str);
            amd::judged(word(0), word(1))
        }
        Some(_) | None => LegNews::Entered,
    }
}

/// Of all states only these two are news; how it ended is told by its end.
fn state_news(state: &ChannelState) -> Option<LegNews> {
    let news = [(ChannelState::Ringing, LegNews::Rang), (ChannelState::Up, LegNews::Answered)];
    news.into_iter().find(|(told, _)| told == state).map(|(_, news)| news)
}

/// A cause that is not told is 0, "unknown", as Asterisk itself has it.
fn ended(cause: Option<i64>, tech: Option<i64>) -> LegNews {
    let number = |value: i64| u16::try_from(value).ok();
    let cause = Cause(cause.and_then(number).unwrap_or(0));
    let tech = tech.and_then(number).filter(|&tech| tech != 0).map(TechCause);
    LegNews::Ended { cause, tech }
}

#[cfg(test)]
mod tests {
    use engine::words::AttemptId;

    use super::*;
    use crate::ari::wire::decode;

    #[test]
    fn what_the_dialplan_tells_of_its_half_is_what_the_far_end_of_our_leg_responded() {
        let translator =
            Translator::new(Signature::try_from("rm1".to_owned()).expect("a signature"), Trunks::new());
        let leg = Leg::Customer { attempt: AttemptId(42), ordinal: 1 };
        let responded = Some(Event::Leg { leg, news: LegNews::Responded(TechCause(486)) });
        let foreign = Some(Event::Foreign { kind: "ChannelUserevent".to_owned(), leg: None });
        for (channel, name, sip, told) in [
            ("rm1.o.c.42.1", "far-end", "486", responded),
            // A redirection, or a far end that has said nothing.
            ("rm1.o.c.42.1", "far-end", "100", None),
            ("rm1.o.c.42.1", "far-end", "", None),
            ("rm1.o.c.42.1", "another", "486", foreign.clone()),
            ("1700000000.7", "far-end", "486", foreign),
        ] {
            let text = format!(
                r#"{{"type":"ChannelUserevent","channel":{{"id":"{channel}"}},"eventname":"{name}","userevent":{{"sip":"{sip}"}}}}"#
            );
            let event = decode(&text).expect("it can be read");
            assert_eq!(translator.event(&event), told, "{text}");
        }
    }

    #[test]
    fn a_message_that_cannot_be_read_still_tells_whose_leg_it_is_about() {
        let translator =
            Translator::new(Signature::try_from("rm1".to_owned()).expect("a signature"), Trunks::new());
        let callee = Leg::Customer { attempt: AttemptId(42), ordinal: 1 };
        for (channel, leg) in [
            (r#"{"id":"rm1.c.42.1"}"#, Some(callee)),
            (r#"{"id":"1700000000.7"}"#, None),
            (r#""rm1.c.42.1""#, None),
        ] {
            // A key was pressed, and it is not said which.
            let text = format!(r#"{{"type":"ChannelDtmfReceived","channel":{channel}}}"#);
            let malformed = decode(&text).expect_err("it cannot be read");
            let kind = "malformed ChannelDtmfReceived".to_owned();
            assert_eq!(translator.malformed(&malformed), Event::Foreign { kind, leg }, "{text}");
        }
    }
}
