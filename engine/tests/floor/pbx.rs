//! A telephone exchange, as far as the engine can tell one from Asterisk.

use std::collections::{BTreeMap, BTreeSet};

use engine::words::{AttemptId, Bridge, Cause, Leg, Span, TechCause};
use engine::{Command, Failure, LegNews, Outcome, SeenLeg};

/// What became of a command: its answer, and the news that follow.
pub(crate) type Deed = (Outcome, Vec<(Leg, LegNews)>);

/// The legs and bridges that exist.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pbx {
    pub(crate) legs: BTreeMap<Leg, Channel>,
    pub(crate) bridges: BTreeSet<Bridge>,
    /// Whether the campaigns' message is missing.
    pub(crate) no_media: bool,
    /// Every channel id that was ever used; none is used twice.
    used: BTreeSet<Leg>,
}

/// One leg.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Channel {
    pub(crate) up: bool,
    pub(crate) rings: bool,
    pub(crate) bridge: Option<Bridge>,
    /// Which sound it hears.
    pub(crate) sound: Option<u16>,
    /// Which recording is made of it.
    pub(crate) recording: Option<u16>,
}

impl Pbx {
    /// Does what it is told; `None` where the command is not for an exchange.
    pub(crate) fn carry_out(&mut self, command: &Command) -> Option<Deed> {
        Some(match command {
            Command::Originate { originate, .. } => self.originate(originate.leg),
            Command::HangUp { leg, .. } => self.hang_up(*leg),
            Command::Join { attempt, customer, agent, .. } => {
                self.bridge(&[*customer, *agent], Bridge::Conversation(*attempt))
            }
            Command::Hold { leg, .. } => self.bridge(&[*leg], Bridge::Hold),
            Command::Play { leg, nth, .. } => self.start(*leg, |channel| channel.sound = Some(*nth)),
            Command::StartRecording { leg, nth, .. } => {
                self.start(*leg, |channel| channel.recording = Some(*nth))
            }
            Command::StopPlaying { attempt, nth, .. } => self.stop(*attempt, |channel, leg| {
                let stopped = channel.sound.take_if(|sound| *sound == *nth)?;
                Some((leg, LegNews::Played { nth: stopped, whole: true }))
            }),
            Command::StopRecording { attempt, nth, .. } => self.stop(*attempt, |channel, leg| {
                let nth = channel.recording.take_if(|recording| *recording == *nth)?;
                Some((leg, LegNews::Recorded { nth, whole: true, length: Span::secs(2) }))
            }),
            Command::DropBridge { bridge, .. } => self.drop_bridge(*bridge),
            Command::Survey { .. } => {
                let legs = self.legs.keys().filter_map(|&leg| self.look(leg)).collect();
                (Outcome::Surveyed { legs, bridges: self.bridges.iter().copied().collect() }, vec![])
            }
            Command::Look { leg, .. } => (Outcome::Looked(self.look(*leg)), vec![]),
            Command::FindMedia { .. } if self.no_media => (Outcome::Failed(Failure::Gone), vec![]),
            Command::FindMedia { .. } => (Outcome::Done, vec![]),
            Command::Fetch { .. }
            | Command::Release { .. }
            | Command::Save { .. }
            | Command::Note { .. }
            | Command::Record { .. }
            | Command::NoteAgent { .. }
            | Command::NoteCampaign { .. }
            | Command::OptOut { .. }
            | Command::Reply { .. } => return None,
        })
    }

    /// The far end rings.
    pub(crate) fn ring(&mut self, leg: Leg) -> Vec<(Leg, LegNews)> {
        match self.legs.get_mut(&leg) {
            Some(channel) if !channel.up && !channel.rings => {
                channel.rings = true;
                vec![(leg, LegNews::Rang)]
            }
            Some(_) | None => vec![],
        }
    }

    /// The far end answers, and the channel comes under our command.
    pub(crate) fn answer(&mut self, leg: Leg) -> Vec<(Leg, LegNews)> {
        match self.legs.get_mut(&leg) {
            Some(channel) if !channel.up => {
                channel.up = true;
                vec![(leg, LegNews::Answered), (leg, LegNews::Entered)]
            }
            Some(_) | None => vec![],
        }
    }

    /// A leg ends, whoever ended it.
    pub(crate) fn end(&mut self, leg: Leg, cause: u16, tech: Option<u16>) -> Vec<(Leg, LegNews)> {
        let Some(channel) = self.legs.remove(&leg) else { return vec![] };
        let parted = channel.bridge.map(|bridge| (leg, LegNews::Parted(bridge)));
        let ended = LegNews::Ended { cause: Cause(cause), tech: tech.map(TechCause) };
        parted.into_iter().chain([(leg, ended)]).collect()
    }

    /// Everything is gone, and nobody is told.
    pub(crate) fn restart(&mut self) {
        self.legs.clear();
        self.bridges.clear();
    }

    fn look(&self, leg: Leg) -> Option<SeenLeg> {
        self.legs.get(&leg).map(|channel| SeenLeg { leg, up: channel.up, bridge: channel.bridge })
    }

    fn originate(&mut self, leg: Leg) -> Deed {
        if !self.used.insert(leg) {
            return (Outcome::Failed(Failure::Exists), vec![]);
        }
        self.legs.insert(leg, Channel::default());
        (Outcome::Done, vec![])
    }

    fn hang_up(&mut self, leg: Leg) -> Deed {
        if !self.legs.contains_key(&leg) {
            return (Outcome::Failed(Failure::Gone), vec![]);
        }
        (Outcome::Done, self.end(leg, 16, None))
    }

    /// Begins something on a leg.
    fn start(&mut self, leg: Leg, begin: impl FnOnce(&mut Channel)) -> Deed {
        if let Some(failure) = self.must_be_up(leg) {
            return (Outcome::Failed(failure), vec![]);
        }
        begin(self.legs.get_mut(&leg).expect("it is up"));
        (Outcome::Done, vec![])
    }

    /// Ends something that was begun on a leg of an attempt.
    fn stop(
        &mut self,
        attempt: AttemptId,
        end: impl Fn(&mut Channel, Leg) -> Option<(Leg, LegNews)>,
    ) -> Deed {
        let theirs = |leg: &Leg| matches!(leg, Leg::Customer { attempt: id, .. } if *id == attempt);
        let mut legs = self.legs.iter_mut().filter(|(leg, _)| theirs(leg));
        match legs.find_map(|(leg, channel)| end(channel, *leg)) {
            Some(news) => (Outcome::Done, vec![news]),
            None => (Outcome::Failed(Failure::Gone), vec![]),
        }
    }

    /// What a leg hears, or what is recorded of it, comes to its end.
    pub(crate) fn finish(&mut self, leg: Leg, whole: bool) -> Vec<(Leg, LegNews)> {
        let Some(channel) = self.legs.get_mut(&leg) else { return vec![] };
        let news = match (channel.sound.take(), channel.recording.take()) {
            (Some(nth), _) => Some(LegNews::Played { nth, whole }),
            (None, Some(nth)) => Some(LegNews::Recorded { nth, whole, length: Span::secs(2) }),
            (None, None) => None,
        };
        news.map(|news| (leg, news)).into_iter().collect()
    }

    fn must_be_up(&self, leg: Leg) -> Option<Failure> {
        match self.legs.get(&leg) {
            None => Some(Failure::Gone),
            Some(channel) if !channel.up => Some(Failure::NotOurs),
            Some(_) => None,
        }
    }

    /// Puts legs into a bridge, out of the one they are in. One that is there already stays, without a word.
    fn bridge(&mut self, legs: &[Leg], bridge: Bridge) -> Deed {
        self.bridges.insert(bridge);
        if let Some(failure) = legs.iter().find_map(|&leg| self.must_be_up(leg)) {
            return (Outcome::Failed(failure), vec![]);
        }
        let mut news = vec![];
        for leg in legs {
            let channel = self.legs.get_mut(leg).expect("it is up");
            match channel.bridge.replace(bridge) {
                Some(before) if before == bridge => continue,
                Some(before) => news.push((*leg, LegNews::Parted(before))),
                None => {}
            }
            news.push((*leg, LegNews::Joined(bridge)));
        }
        (Outcome::Done, news)
    }

    fn drop_bridge(&mut self, bridge: Bridge) -> Deed {
        if !self.bridges.remove(&bridge) {
            return (Outcome::Failed(Failure::Gone), vec![]);
        }
        let mut news = vec![];
        for (leg, channel) in &mut self.legs {
            if channel.bridge == Some(bridge) {
                channel.bridge = None;
                news.push((*leg, LegNews::Parted(bridge)));
            }
        }
        (Outcome::Done, news)
    }
}
